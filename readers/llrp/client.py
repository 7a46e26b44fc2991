"""The driver of an LLRP reader: connect, set up, read, and connect again when the connection is lost.

What happens on every connection, each step answered before the next:

1. the reader's READER_EVENT_NOTIFICATION with a ConnectionAttemptEvent: accepted, or busy with another client
2. GET_SUPPORTED_VERSION and SET_PROTOCOL_VERSION, where the settings ask for LLRP 1.1
3. GET_READER_CAPABILITIES
4. SET_READER_CONFIG: keepalives, the events worth hearing of
5. DELETE_ROSPEC 0 (what an earlier client left), ADD_ROSPEC, ENABLE_ROSPEC, and START_ROSPEC where it is
wanted
6. ENABLE_EVENTS_AND_REPORTS

A lost connection is tried again after a pause that begins under a second and doubles (`Backoff`); a
connection that dies without a word is noticed within two keepalive periods.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from readers.backoff import Backoff
from readers.driver import Clock, Health, ReadQueue, State, TagRead, system_clock
from readers.errors import LlrpError, LlrpRefused, ReadersError, ReaderUnavailable
from readers.llrp.clock import ClockOffset
from readers.llrp.codec import Limits, Message, Parameter
from readers.llrp.reports import ReportDecoder, TagReport
from readers.llrp.rospec import Inventory, StartMode, keepalive_spec, notification_spec
from readers.llrp.session import Session
from readers.llrp.tables import ConnectionStatus
from readers.llrp.vendors import extras

__all__ = ["LlrpDriver", "LlrpSettings"]

log = logging.getLogger(__name__)

_TRUSTED_CLOCK = 100_000  # µs


@dataclass(frozen=True, slots=True)
class LlrpSettings:
    """Where a reader is and how it is used; times in seconds.

    `protocol`: "1.0.1" speaks it without asking, as every reader understands it; "auto" negotiates LLRP 1.1.
    """

    host: str
    port: int = 5084
    inventory: Inventory = field(default_factory=Inventory)
    keepalive: float = 5.0
    connect_timeout: float = 5.0
    answer_timeout: float = 5.0
    first_pause: float = 0.5
    longest_pause: float = 30.0
    protocol: Literal["1.0.1", "auto"] = "1.0.1"
    queue: int = 100_000
    """Reads held for a consumer that is slow."""
    limits: Limits = field(default_factory=Limits)


class LlrpDriver:
    """One LLRP reader as a `Driver`."""

    def __init__(
        self,
        reader: str,
        settings: LlrpSettings,
        *,
        clock: Clock = system_clock,
        backoff: Backoff | None = None,
    ) -> None:
        self._id = reader
        self._settings = settings
        self._clock = clock
        self._backoff = backoff or Backoff(settings.first_pause, settings.longest_pause)
        self._queue = ReadQueue(settings.queue)
        self._task: asyncio.Task[None] | None = None
        self._session: Session | None = None
        self._state = State.STOPPED
        self._demand = 0
        self._demand_lock = asyncio.Lock()
        self._ready = asyncio.Event()
        self._decoder = ReportDecoder()
        self._utc, self._uptime = ClockOffset(_TRUSTED_CLOCK), ClockOffset()
        self._uptime_used = False
        self._connected_since: int | None = None
        self._last_heard: int | None = None
        self._last_keepalive: int | None = None
        self._connections = self._failures = self._tags = 0
        self._last_error: str | None = None
        self._description: str | None = None

    # -- the driver protocol
    # ----------------------------------------------------------------------------------

    @property
    def reader(self) -> str:
        """The reader's id in the settings."""
        return self._id

    async def start(self) -> None:
        """Begin connecting in the background; a driver is started once."""
        if self._task is not None:
            raise ReadersError(f"reader {self._id!r} is started already")
        self._task = asyncio.create_task(self._run(), name=f"llrp {self._id}")

    async def stop(self) -> None:
        """Take the ROSpec back, close the connection as LLRP wants it, and end `batches()`."""
        session = self._session
        if session is not None and self._ready.is_set():
            with contextlib.suppress(ReadersError, OSError):
                wait = min(2.0, self._settings.answer_timeout)
                rospec = {"ROSpecID": self._settings.inventory.rospec_id}
                await session.request("DELETE_ROSPEC", rospec, wait=wait, checked=False)
                await session.request("CLOSE_CONNECTION", wait=wait, checked=False)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._state = State.STOPPED
        self._queue.close()

    async def connected(self, wait: float) -> None:
        """Wait until the reader is set up; raises `ReaderUnavailable` after `wait` seconds."""
        try:
            async with asyncio.timeout(wait):
                await self._ready.wait()
        except TimeoutError:
            reason = self._last_error or "no answer yet"
            raise ReaderUnavailable(f"reader {self._id!r} is not connected: {reason}") from None

    async def begin(self) -> None:
        """Read from now on, where the reader reads on demand; calls are counted and each wants its `end()`.

        Raises `ReaderUnavailable` when the reader is not connected, `LlrpRefused` when it does not want to.
        """
        session = self._session
        if session is None or not self._ready.is_set():
            raise ReaderUnavailable(
                f"reader {self._id!r} is not connected: {self._last_error or 'no answer yet'}"
            )
        async with self._demand_lock:
            if self._demand == 0 and self._settings.inventory.start is StartMode.ON_DEMAND:
                await self._rospec(session, "START_ROSPEC")
            self._demand += 1

    async def end(self) -> None:
        """Stop reading when every `begin()` has found its end; a reader that is gone has stopped already."""
        async with self._demand_lock:
            self._demand = max(0, self._demand - 1)
            session = self._session
            if session is None or self._demand or self._settings.inventory.start is not StartMode.ON_DEMAND:
                return
            with contextlib.suppress(ReaderUnavailable):
                await self._rospec(session, "STOP_ROSPEC")

    def batches(self) -> AsyncIterator[Sequence[TagRead]]:
        """What was read, a report at a time, until `stop()`; one consumer."""
        return self._queue.batches()

    def health(self) -> Health:
        """How the connection stands now."""
        clock = self._uptime if self._uptime_used else self._utc
        return Health(
            reader=self._id,
            state=self._state,
            connected=self._state is State.CONNECTED,
            connected_since=self._connected_since,
            last_heard=self._last_heard,
            last_keepalive=self._last_keepalive,
            connections=self._connections,
            failures=self._failures,
            tags_read=self._tags,
            tags_dropped=self._queue.dropped,
            clock_offset=clock.offset,
            last_error=self._last_error,
            description=self._description,
        )

    # -- connecting
    # -------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        while True:
            self._state = State.CONNECTING
            try:
                await self._connection()
            except (ReadersError, OSError) as error:
                self._last_error = str(error) or type(error).__name__
            except Exception as error:  # a fault of ours with one message must not end the driver
                self._last_error = f"{type(error).__name__}: {error}"
                log.exception("reader %s", self._id)
            self._failures += 1
            self._state = State.WAITING
            pause = self._backoff.next()
            log.warning("reader %s: %s; again in %.1f s", self._id, self._last_error, pause)
            await asyncio.sleep(pause)

    async def _connection(self) -> None:
        settings = self._settings
        try:
            async with asyncio.timeout(settings.connect_timeout):
                streams = await asyncio.open_connection(settings.host, settings.port)
        except TimeoutError:
            raise ReaderUnavailable(f"no connection within {settings.connect_timeout:g} s") from None
        self._utc, self._uptime, self._uptime_used = ClockOffset(_TRUSTED_CLOCK), ClockOffset(), False
        self._decoder = ReportDecoder()
        greeting: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

        def on_message(message: Message) -> None:
            if message.name == "READER_EVENT_NOTIFICATION":
                self._observe_event(message)
                if not greeting.done():
                    greeting.set_result(message)

        session = Session(
            *streams,
            on_report=self._on_report,
            on_message=on_message,
            on_heard=self._on_heard,
            limits=settings.limits,
        )
        listening = asyncio.create_task(session.listen())
        try:
            await asyncio.wait(
                (listening, greeting), timeout=settings.connect_timeout, return_when="FIRST_COMPLETED"
            )
            if greeting.done():
                _check_greeting(greeting.result())
                self._session = session
                await self._set_up(session)
                self._connected()
            elif not listening.done():
                raise ReaderUnavailable(f"the reader did not greet within {settings.connect_timeout:g} s")
            await listening
        finally:
            self._session = None
            self._ready.clear()
            self._connected_since = None
            listening.cancel()
            await session.close()
            await asyncio.gather(listening, return_exceptions=True)

    def _connected(self) -> None:
        self._state = State.CONNECTED
        self._connected_since = self._clock()
        self._connections += 1
        self._last_error = None
        self._ready.set()
        log.info("reader %s: connected (%s)", self._id, self._description)

    async def _set_up(self, session: Session) -> None:
        settings, wait = self._settings, self._settings.answer_timeout
        if settings.protocol == "auto":
            await self._negotiate(session)
        answer = await session.request("GET_READER_CAPABILITIES", {"RequestedData": 0}, wait=wait)
        self._description = _describe(answer)
        await session.request(
            "SET_READER_CONFIG",
            {"ResetToFactoryDefault": 0},
            (notification_spec(), keepalive_spec(max(1, round(settings.keepalive * 1000)))),
            wait=wait,
        )
        session.watch(settings.keepalive)
        await session.request("DELETE_ROSPEC", {"ROSpecID": 0}, wait=wait)
        await session.request("ADD_ROSPEC", parameters=(settings.inventory.rospec(),), wait=wait)
        await self._rospec(session, "ENABLE_ROSPEC")
        wanted = settings.inventory.start is StartMode.ON_DEMAND and self._demand > 0
        if settings.inventory.start is StartMode.START or wanted:
            await self._rospec(session, "START_ROSPEC")
        session.send("ENABLE_EVENTS_AND_REPORTS")

    async def _negotiate(self, session: Session) -> None:
        """LLRP 1.1: both messages carry version 2; a 1.0.1 reader answers M_UnsupportedVersion."""
        session.version = 2
        wait = self._settings.answer_timeout
        try:
            answer = await session.request("GET_SUPPORTED_VERSION", wait=wait)
            session.version = min(2, answer.number("SupportedVersion"))
            if answer.number("CurrentVersion") != session.version:
                fields = {"ProtocolVersion": session.version}
                version, session.version = session.version, 2
                await session.request("SET_PROTOCOL_VERSION", fields, wait=wait)
                session.version = version
        except LlrpRefused:
            session.version = 1

    async def _rospec(self, session: Session, request: str) -> None:
        fields = {"ROSpecID": self._settings.inventory.rospec_id}
        await session.request(request, fields, wait=self._settings.answer_timeout)

    # -- what comes from the reader
    # ---------------------------------------------------------------------------

    def _on_heard(self, is_keepalive: bool) -> None:
        self._last_heard = self._clock()
        if is_keepalive:
            self._last_keepalive = self._last_heard
            self._backoff.reset()  # not at once on connecting: some readers accept and drop, again and again

    def _observe_event(self, message: Message) -> None:
        data = message.find("ReaderEventNotificationData")
        if data is None:
            return
        now = self._clock()
        if (stamp := data.find("UTCTimestamp")) is not None:
            self._utc.observe(stamp.number("Microseconds"), now)
        if (stamp := data.find("Uptime")) is not None:
            self._uptime_used = True
            self._uptime.observe(stamp.number("Microseconds"), now)
        for event in data.parameters:
            if text := _trouble(event):
                self._last_error = text
                log.warning("reader %s: %s", self._id, text)

    def _on_report(self, frame: bytes) -> None:
        try:
            tags = self._decoder.decode(frame)
        except (
            LlrpError
        ) as error:  # the frames around it are sound: one bad report is not worth the connection
            self._last_error = f"a report could not be read: {error}"
            log.warning("reader %s: %s", self._id, self._last_error)
            return
        if tags:
            self._tags += len(tags)
            self._queue.put(self._reads(tags, self._clock()))

    def _reads(self, tags: list[TagReport], now: int) -> list[TagRead]:
        utc = [
            tag.last_utc or tag.first_utc
            for tag in tags
            if tag.first_utc is not None or tag.last_utc is not None
        ]
        if utc:
            self._utc.observe(max(filter(None, utc), default=0), now)
        else:
            uptime = [stamp for tag in tags if (stamp := tag.last_uptime or tag.first_uptime) is not None]
            if uptime:
                self._uptime_used = True
                self._uptime.observe(max(uptime), now)
        utc_offset, uptime_offset = self._utc.offset, self._uptime.offset
        reads: list[TagRead] = []
        for tag in tags:
            first, last, offset = tag.first_utc, tag.last_utc, utc_offset
            if first is None and last is None:
                first, last, offset = tag.first_uptime, tag.last_uptime, uptime_offset
            last_seen = now if last is None and first is None else min(now, (last or first or 0) + offset)
            first_seen = last_seen if first is None else min(last_seen, first + offset)
            extra = extras(tag.custom) if tag.custom else None
            rssi: float | None = tag.rssi
            if extra is not None and extra.rssi is not None:
                rssi = extra.rssi
            reads.append(
                TagRead(
                    self._id,
                    tag.antenna or 0,
                    tag.epc,
                    rssi,
                    first_seen,
                    last_seen,
                    tag.seen_count or 1,
                    tag.channel,
                    extra.tid if extra else None,
                    extra.phase if extra else None,
                    tag.custom,
                )
            )
        return reads


def _check_greeting(message: Message) -> None:
    data = message.find("ReaderEventNotificationData")
    event = data.find("ConnectionAttemptEvent") if data is not None else None
    if event is None:
        raise LlrpError("the reader's first event is no ConnectionAttemptEvent")
    status = event.number("Status")
    if status != ConnectionStatus.Success:
        known = status in {int(member) for member in ConnectionStatus}
        name = ConnectionStatus(status).name if known else f"status {status}"
        raise ReaderUnavailable(f"the reader does not accept the connection: {name}")


def _trouble(event: Parameter) -> str | None:
    match event.name:
        case "ReaderExceptionEvent":
            return f"the reader reports an exception: {event.text('Message')}"
        case "ReportBufferOverflowErrorEvent":
            return "the reader's report buffer overflowed: reads are lost"
        case "ReportBufferLevelWarningEvent":
            return f"the reader's report buffer is {event.number('ReportBufferPercentageFull')} % full"
        case "AntennaEvent" if event["EventType"] == 0:
            return f"antenna {event.number('AntennaID')} was disconnected"
        case _:
            return None


def _describe(capabilities: Message) -> str | None:
    general = capabilities.find("GeneralDeviceCapabilities")
    if general is None:
        return None
    return (
        f"maker {general.number('DeviceManufacturerName')}, model {general.number('ModelName')}, "
        f"firmware {general.text('ReaderFirmwareVersion')}, "
        f"{general.number('MaxNumberOfAntennaSupported')} antennas"
    )
