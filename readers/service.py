"""The readers at work: reads become read cycles, read cycles become events, events reach the capture
interface.

    drivers ─► stations (collection, context) ─► outbox ─► sender ─► POST /epcis/capture

Each reader's batches go to every station that looks through one of its antennas. A station runs one read
cycle at a time: when asked (`await service.station("dock-1").cycle()`, for gates, people and orders), or by
itself when the first new tag comes into the field (`trigger = "continuous"`). The event is on disk when the
cycle returns; sending it is the sender's business, and a capture interface that is away for days is no
trouble to a station.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import httpx

from readers.backoff import Backoff
from readers.capture import CaptureClient
from readers.collection import CycleResult, Departures, ReadCycle
from readers.context import Built, LeftOut, Station, Trigger, build_event, mint_event_id
from readers.driver import Clock, Driver, Health, TagRead, system_clock
from readers.errors import OutboxError, ReadersError, ReaderUnavailable, StationError
from readers.llrp.client import LlrpDriver
from readers.outbox import Outbox
from readers.settings import Settings

__all__ = ["CycleReport", "ReaderService", "ServiceHealth", "StationRunner"]

log = logging.getLogger(__name__)

_HELD_BATCHES = 10_000


@dataclass(frozen=True, slots=True)
class CycleReport:
    """What a read cycle of a station came to."""

    station: str
    result: CycleResult
    events: tuple[dict[str, Any], ...]
    left_out: tuple[LeftOut, ...]
    problem: str | None


@dataclass(frozen=True, slots=True)
class ServiceHealth:
    """How the service is doing: its readers, and what waits in the outbox."""

    readers: tuple[Health, ...]
    waiting: int
    set_aside: int
    oldest_waiting: int | None
    """When the oldest waiting event was put, UTC µs."""
    captured: int
    last_send_error: str | None
    reads_dropped: int
    """Reads that drivers and stations had to throw away."""
    problems: tuple[str, ...]
    """The latest things that went wrong at stations."""


class StationRunner:
    """One station at work."""

    def __init__(
        self,
        station: Station,
        drivers: Sequence[Driver],
        outbox: Outbox,
        clock: Clock,
        on_report: Callable[[CycleReport], None],
        mint: Callable[[], str] = mint_event_id,
    ) -> None:
        self.station = station
        self.last: CycleReport | None = None
        """The latest cycle, with the tags that were left out."""
        self.dropped = 0
        """Reads thrown away, oldest first, because the station did not keep up (a full outbox stops it)."""
        self._drivers, self._outbox, self._clock = drivers, outbox, clock
        self._on_report, self._mint = on_report, mint
        self._lock = asyncio.Lock()
        self._arrived: deque[tuple[int, list[TagRead]]] = deque(maxlen=_HELD_BATCHES)
        self._news = asyncio.Event()
        self._open = False
        self._departures = Departures(station.away)

    def take(self, batch: Sequence[TagRead]) -> None:
        """Reads of one of the station's readers have arrived; those of other antennas are not looked at."""
        continuous = self.station.trigger is Trigger.CONTINUOUS
        if not (self._open or continuous):
            return
        station, now = self.station, self._clock()
        reads = [read for read in batch if station.sees(read.reader, read.antenna)]
        if continuous:
            reads = self._departures.pass_new(reads, now)
        if reads:
            if len(self._arrived) == _HELD_BATCHES:
                self.dropped += len(self._arrived[0][1])
            self._arrived.append((now, reads))
            self._news.set()

    async def cycle(
        self,
        *,
        event_time: int | None = None,
        ilmd: Mapping[str, Any] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> tuple[dict[str, Any], ...]:
        """Read now, and put what was seen into the outbox as an event.

        Args: `event_time` UTC µs, the end of the cycle where None; `ilmd` (commissioning) and `extra` fields
        (bizTransactionList, destinationList, …) of this event.
        Returns the events that are in the outbox now, none where nothing fitting was read: `last` says why.
        Raises `StationError` when none of the station's readers is connected, `OutboxFull` when the event
        cannot be kept.
        """
        if self.station.trigger is Trigger.CONTINUOUS:
            raise StationError(f"station {self.station.name!r} runs its cycles by itself")
        async with self._lock:
            if not any(driver.health().connected for driver in self._drivers):
                states = "; ".join(
                    f"{d.reader}: {d.health().last_error or d.health().state}" for d in self._drivers
                )
                raise StationError(f"station {self.station.name!r}: no reader is connected ({states})")
            began: list[Driver] = []
            self._arrived.clear()
            cycle = ReadCycle(self.station.cycle, self._clock())
            self._open = True
            try:
                for driver in self._drivers:
                    with contextlib.suppress(ReaderUnavailable):
                        await driver.begin()
                        began.append(driver)
                if not began:
                    raise StationError(f"station {self.station.name!r}: no reader began to read")
                result = await self._gather(cycle)
            finally:
                self._open = False
                for driver in began:
                    with contextlib.suppress(ReadersError):
                        await driver.end()
            when = result.closed if event_time is None else event_time
            built = build_event(self.station, result, when, event_id=self._mint(), ilmd=ilmd, extra=extra)
            return await self._keep(result, built)

    async def watch(self) -> None:
        """Run cycles whenever something new comes into the field, until cancelled (continuous stations)."""
        # Such a cycle opens with a read that has come, and so was taken before; what is old was sorted out.
        spec = replace(self.station.cycle, slack=self.station.cycle.duration)
        while True:
            while not self._arrived:
                self._news.clear()
                await self._news.wait()
            async with self._lock:
                if not self._arrived:
                    continue
                result = await self._gather(ReadCycle(spec, self._arrived[0][0]))
                built = build_event(self.station, result, result.closed, event_id=self._mint())
                pause = Backoff(0.5, 30.0)
                while True:
                    try:
                        await self._keep(result, built)
                        break
                    except (
                        OutboxError
                    ) as error:  # the event is not given up: the station waits until it is kept
                        self._report(result, (), (), f"station {self.station.name!r}: {error}")
                        await asyncio.sleep(pause.next())

    async def _gather(self, cycle: ReadCycle) -> CycleResult:
        while True:
            while self._arrived:
                at, reads = self._arrived.popleft()
                cycle.add(reads, at)
            now = self._clock()
            if cycle.over(now) is not None:
                return cycle.result(now)
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.001, (cycle.ends - now) / 1_000_000)):
                    await self._news.wait()

    async def _keep(self, result: CycleResult, built: Built) -> tuple[dict[str, Any], ...]:
        events = () if built.event is None else (built.event,)
        if events:
            await asyncio.to_thread(self._outbox.put, events)
        self._report(result, events, built.left_out, built.problem)
        return events

    def _report(
        self,
        result: CycleResult,
        events: tuple[dict[str, Any], ...],
        left_out: tuple[LeftOut, ...],
        problem: str | None,
    ) -> None:
        self.last = CycleReport(self.station.name, result, events, left_out, problem)
        self._on_report(self.last)


class ReaderService:
    """All readers and stations of a settings file.

    Args: `settings`; `drivers` by reader id, in place of those the settings describe; `http` the client to
    send with; `on_report` is told of every read cycle; `send_every` the longest pause of the sender in
    seconds.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        drivers: Mapping[str, Driver] | None = None,
        http: httpx.AsyncClient | None = None,
        clock: Clock = system_clock,
        on_report: Callable[[CycleReport], None] | None = None,
        send_every: float = 5.0,
    ) -> None:
        self._settings, self._clock, self._send_every = settings, clock, send_every
        self._told = on_report
        given = drivers or {}
        self._drivers: dict[str, Driver] = {
            one.id: given.get(one.id) or LlrpDriver(one.id, one.llrp, clock=clock) for one in settings.readers
        }
        self.outbox = Outbox(settings.outbox.path, most_bytes=settings.outbox.most_bytes, clock=clock)
        self._capture = CaptureClient(settings.capture.url, settings.capture.token(), http=http, clock=clock)
        self._problems: deque[str] = deque(maxlen=50)
        self._stations = {
            station.name: StationRunner(
                station,
                [self._drivers[place.reader] for place in station.places],
                self.outbox,
                clock,
                self._on_report,
            )
            for station in settings.stations
        }
        self._tasks: list[asyncio.Task[None]] = []
        self._put = asyncio.Event()
        self._captured = 0
        self._last_send_error: str | None = None
        self._retry_after = 0.0
        self._sending = asyncio.Lock()

    def station(self, name: str) -> StationRunner:
        """A station by its name; raises `StationError` for one that is not in the settings."""
        try:
            return self._stations[name]
        except KeyError:
            known = ", ".join(self._stations) or "none"
            raise StationError(f"there is no station {name!r}; known are {known}") from None

    @property
    def drivers(self) -> Mapping[str, Driver]:
        """The drivers by reader id."""
        return self._drivers

    async def start(self) -> None:
        """Start drivers, stations and the sender; returns at once."""
        for driver in self._drivers.values():
            await driver.start()
            self._tasks.append(
                asyncio.create_task(self._distribute(driver), name=f"reads of {driver.reader}")
            )
        for runner in self._stations.values():
            if runner.station.trigger is Trigger.CONTINUOUS:
                self._tasks.append(asyncio.create_task(runner.watch(), name=f"station {runner.station.name}"))
        self._tasks.append(asyncio.create_task(self._send_always(), name="sender"))

    async def stop(self) -> None:
        """Stop reading and sending; what was not sent stays in the outbox."""
        for driver in self._drivers.values():
            await driver.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        await self._capture.close()
        self.outbox.close()

    async def __aenter__(self) -> ReaderService:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def health(self) -> ServiceHealth:
        """How readers, outbox and sender are doing."""
        return ServiceHealth(
            readers=tuple(driver.health() for driver in self._drivers.values()),
            waiting=self.outbox.waiting(),
            set_aside=self.outbox.set_aside_count(),
            oldest_waiting=self.outbox.oldest(),
            captured=self._captured,
            last_send_error=self._last_send_error,
            reads_dropped=sum(driver.health().tags_dropped for driver in self._drivers.values())
            + sum(runner.dropped for runner in self._stations.values()),
            problems=tuple(self._problems),
        )

    async def ready(self, wait: float = 10.0) -> None:
        """Wait until every reader is connected; raises `ReaderUnavailable` after `wait` seconds."""
        deadline = asyncio.get_running_loop().time() + wait
        while missing := [health for d in self._drivers.values() if not (health := d.health()).connected]:
            if asyncio.get_running_loop().time() > deadline:
                states = "; ".join(
                    f"{health.reader}: {health.last_error or health.state}" for health in missing
                )
                raise ReaderUnavailable(f"not connected after {wait:g} s: {states}")
            await asyncio.sleep(0.02)

    async def flush(self, wait: float = 30.0) -> None:
        """Wait until nothing waits in the outbox; raises `ReadersError` after `wait` seconds."""
        try:
            async with asyncio.timeout(wait):
                while self.outbox.waiting():
                    if not await self.send_once():
                        await asyncio.sleep(0.05)
        except TimeoutError:
            reason = self._last_send_error or "no answer yet"
            raise ReadersError(
                f"{self.outbox.waiting()} events still wait after {wait:g} s: {reason}"
            ) from None

    async def send_once(self) -> int:
        """Send one batch of the outbox; returns how many events are settled (captured or set aside)."""
        async with self._sending:
            leased = await asyncio.to_thread(self.outbox.lease, self._settings.capture.batch, 120.0)
            if not leased:
                return 0
            try:
                sent = await self._capture.send(leased)
            except BaseException:
                self.outbox.release([event.event_id for event in leased])
                raise
            self._last_send_error = next(iter(sent.again.values()), None)
            self._retry_after = sent.retry_after or 0.0
            await asyncio.to_thread(self.outbox.ack, sent.captured)
            self._captured += len(sent.captured)
            for event_id, reason in sent.refused.items():
                await asyncio.to_thread(self.outbox.set_aside, event_id, reason)
                self._problem(
                    f"event {event_id} was refused by the capture interface and set aside: {reason}"
                )
            self.outbox.release(list(sent.again))
            return len(sent.captured) + len(sent.refused)

    async def _send_always(self) -> None:
        pause = Backoff(0.2, self._send_every)
        while True:
            self._put.clear()
            try:
                settled = await self.send_once()
            except Exception as error:  # a fault here must not end the sending of all that is to come
                self._last_send_error, settled = f"{type(error).__name__}: {error}", 0
                log.exception("sender")
            if settled:
                pause.reset()
                continue
            if self._last_send_error:
                log.warning("sender: %s", self._last_send_error)
                await asyncio.sleep(max(pause.next(), self._retry_after))
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._send_every):
                    await self._put.wait()

    async def _distribute(self, driver: Driver) -> None:
        runners = [
            runner
            for runner in self._stations.values()
            if any(place.reader == driver.reader for place in runner.station.places)
        ]
        async for batch in driver.batches():
            for runner in runners:
                runner.take(batch)

    def _on_report(self, report: CycleReport) -> None:
        if report.events:
            self._put.set()
        if report.problem:
            self._problem(report.problem)
        for tag in report.left_out:
            self._problem(f"station {report.station!r}: tag {tag.epc.hex().upper()} left out: {tag.reason}")
        if self._told is not None:
            self._told(report)

    def _problem(self, text: str) -> None:
        log.warning("%s", text)
        self._problems.append(text)
