"""A reader made of software: speaks LLRP over TCP, keeps ROSpecs, and sees the tags a scenario puts in its
field.

It is what demonstrations and tests connect to in place of hardware, and nothing in it knows the client. It
does what a reader does: one client at a time, ROSpecs with their states, start and stop triggers, reports
after N tags or at the end, the contents a client selected, keepalives, and LLRPStatus errors for what makes
no sense.

    sim = LlrpSimulator(reader_id="dock-1")
    port = await sim.start()
    sim.present([encode_tag("https://id.gs1.org/01/09506000134352/21/1")], antenna=2)

It can also be told to misbehave: `drop_connection()`, `go_silent()`, `refuse(request, status)`, a wrong clock
or no clock at all, and a pause between reads.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count

from readers.driver import Clock, system_clock
from readers.errors import LlrpError, ReadersError
from readers.llrp.codec import Framer, Message, Parameter, Value, decode, encode
from readers.llrp.simulated import Sighting, capabilities, connection_attempt, llrp_status, tag_report
from readers.llrp.tables import RESPONSES, ConnectionStatus, StartTrigger, StatusCode, StopTrigger

__all__ = ["LlrpSimulator"]

_TAGS_A_REPORT = 200


@dataclass(frozen=True, slots=True)
class _Tag:
    epc: bytes
    antenna: int
    rssi: int


@dataclass(slots=True)
class _Spec:
    """A ROSpec and where it stands."""

    parameter: Parameter
    active: bool = False
    enabled: bool = False
    task: asyncio.Task[None] | None = None
    seen: dict[tuple[bytes, int], Sighting] = field(default_factory=dict)
    """Since the last report."""

    @property
    def number(self) -> int:
        return self.parameter.number("ROSpecID")

    def inside(self, *names: str) -> Parameter | None:
        found: Parameter | None = self.parameter
        for name in names:
            found = found.find(name) if found is not None else None
        return found


class LlrpSimulator:
    """A simulated reader.

    Args: `host`, `port` to listen on (0: any free port); `reader_id` its name in messages; `antennas` how
    many it has; `round_seconds` the time of one inventory round, in which every tag of the field is read
    once; `clock_error` µs by which its clock is wrong, None for a reader without a clock, which counts from
    its start.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        reader_id: str = "simulator",
        *,
        antennas: int = 4,
        round_seconds: float = 0.02,
        clock: Clock = system_clock,
        clock_error: int | None = 0,
    ) -> None:
        self.host, self.port, self.reader_id = host, port, reader_id
        self.round_seconds = round_seconds
        self.clock_error = clock_error
        self.keepalives_sent = self.keepalives_acknowledged = 0
        self.tags_reported = self.reports_sent = self.clients_accepted = 0
        self.requests: list[str] = []
        """Names of the latest requests, for tests of what a client asks for."""
        self._antennas = antennas
        self._clock, self._started = clock, clock()
        self._field: dict[tuple[bytes, int], _Tag] = {}
        self._server: asyncio.Server | None = None
        self._client: _Connection | None = None
        self._silent = False
        self._refusals: dict[str, StatusCode] = {}
        self.specs: dict[int, _Spec] = {}

    # -- the scenario
    # -----------------------------------------------------------------------------------------

    def present(self, epcs: Iterable[bytes], antenna: int = 1, rssi: int = -50) -> None:
        """Put tags into the field of an antenna (EPC bank without PC word, whole bytes; `rssi` in dBm)."""
        if not 1 <= antenna <= self._antennas:
            raise ReadersError(f"the simulated reader has antennas 1 to {self._antennas}, not {antenna}")
        for epc in epcs:
            if not 1 <= len(epc) <= 62:
                raise ReadersError(f"an EPC has 1 to 62 bytes, got {len(epc)}")
            self._field[epc, antenna] = _Tag(epc, antenna, max(-128, min(127, rssi)))

    def withdraw(self, epcs: Iterable[bytes]) -> None:
        """Take tags out of the field of every antenna."""
        gone = set(epcs)
        self._field = {key: tag for key, tag in self._field.items() if tag.epc not in gone}

    def clear(self) -> None:
        """Nothing is in the field any more."""
        self._field.clear()

    def drop_connection(self) -> None:
        """Break the connection of the client, as a cut cable does once it is noticed."""
        if self._client is not None:
            self._client.writer.transport.abort()

    def go_silent(self) -> None:
        """Keep the connection open and say nothing more, as a half-open one: until `speak()`."""
        self._silent = True

    def speak(self) -> None:
        """The end of `go_silent()`, for new connections too."""
        self._silent = False

    def refuse(self, request: str, status: StatusCode = StatusCode.R_DeviceError) -> None:
        """Answer this request with an error from now on; M_Success takes it back."""
        self._refusals[request] = status

    @property
    def connected(self) -> bool:
        """Is a client connected?"""
        return self._client is not None

    # -- the reader
    # -------------------------------------------------------------------------------------------

    async def start(self) -> int:
        """Listen; returns the port."""
        self._server = await asyncio.start_server(self._accept, self.host, self.port)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self.port

    async def stop(self) -> None:
        """Stop reading, close the connection, stop listening."""
        self._stop_all()
        if self._server is not None:
            self._server.close()
        self.drop_connection()
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = _Connection(self, reader, writer)
        if self._client is not None:  # LLRP: one client at a time
            connection.event(
                connection_attempt(ConnectionStatus.Failed_A_Client_Initiated_Connection_Already_Exists)
            )
            self._client.event(connection_attempt(ConnectionStatus.Another_Connection_Attempted))
            with contextlib.suppress(OSError):
                await writer.drain()
            writer.close()
            return
        self._client = connection
        self.clients_accepted += 1
        connection.event(connection_attempt(ConnectionStatus.Success))
        try:
            await connection.serve()
        finally:
            self._client = None
            self._stop_all()
            writer.transport.abort()

    def now(self) -> Parameter:
        """The reader's time as a parameter."""
        return Parameter(
            "Uptime" if self.clock_error is None else "UTCTimestamp", {"Microseconds": self._time()}
        )

    def _time(self) -> int:
        """UTC, or the time since its start where the reader has no clock."""
        return self._clock() + (-self._started if self.clock_error is None else self.clock_error)

    def handle(self, request: Message) -> Message | None:
        """The answer to a request, its effect done; None where LLRP has no answer."""
        self.requests = [*self.requests[-99:], request.name]
        if request.name not in RESPONSES:
            if request.name == "KEEPALIVE_ACK":
                self.keepalives_acknowledged += 1
            elif request.name == "GET_REPORT":
                for spec in self.specs.values():
                    self._report(spec)
            elif request.name not in ("ENABLE_EVENTS_AND_REPORTS", "CUSTOM_MESSAGE"):
                return Message(
                    "ERROR_MESSAGE", request.id, {}, (llrp_status(StatusCode.M_UnsupportedMessage),)
                )
            return None
        fields: dict[str, Value] = {}
        parameters: tuple[Parameter, ...] = ()
        status, text = self._refusals.get(request.name, StatusCode.M_Success), "as told"
        if status is StatusCode.M_Success:
            try:
                fields, parameters = self._obey(request)
                text = ""
            except _RefusedError as refused:
                status, text = refused.status, str(refused)
        if request.name == "GET_SUPPORTED_VERSION":
            fields = {"CurrentVersion": 1, "SupportedVersion": 2}
        return Message(RESPONSES[request.name], request.id, fields, (llrp_status(status, text), *parameters))

    def _obey(self, request: Message) -> tuple[dict[str, Value], tuple[Parameter, ...]]:
        match request.name:
            case "GET_READER_CAPABILITIES":
                return {}, capabilities(self.reader_id, self._antennas, self.clock_error is not None)
            case "SET_READER_CONFIG":
                keepalive = request.find("KeepaliveSpec")
                if keepalive is not None and self._client is not None:
                    period = (
                        keepalive.number("PeriodicTriggerValue")
                        if keepalive["KeepaliveTriggerType"] == 1
                        else 0
                    )
                    self._client.keep_alive(period / 1000)
            case "ADD_ROSPEC":
                self._add(request.find("ROSpec"))
            case "GET_ROSPECS":
                return {}, tuple(spec.parameter for spec in self.specs.values())
            case "DELETE_ROSPEC" | "ENABLE_ROSPEC" | "DISABLE_ROSPEC" | "START_ROSPEC" | "STOP_ROSPEC":
                self._change(request.name, request.number("ROSpecID"))
            case "SET_PROTOCOL_VERSION":
                if request.number("ProtocolVersion") not in (1, 2):
                    raise _RefusedError(StatusCode.M_UnsupportedVersion, "LLRP 1.0.1 and 1.1 are spoken here")
            case "CLOSE_CONNECTION":
                self._stop_all()
            case _:  # access specifications and the reading back of settings: nothing is there to be told
                pass
        return {}, ()

    def _add(self, parameter: Parameter | None) -> None:
        if parameter is None:
            raise _RefusedError(StatusCode.M_MissingParameter, "ADD_ROSPEC holds no ROSpec")
        spec = _Spec(parameter)
        if spec.number == 0 or spec.number in self.specs:
            raise _RefusedError(StatusCode.M_FieldError, f"ROSpecID {spec.number} is zero or in use")
        if spec.inside("ROBoundarySpec", "ROSpecStartTrigger") is None or spec.inside("AISpec") is None:
            raise _RefusedError(
                StatusCode.P_MissingParameter, "a ROSpec needs a ROBoundarySpec and an AISpec"
            )
        antennas = spec.parameter.find("AISpec")
        numbers = antennas["AntennaIDs"] if antennas is not None else ()
        if not isinstance(numbers, tuple) or any(
            not 0 <= int(number) <= self._antennas for number in numbers
        ):
            raise _RefusedError(
                StatusCode.A_OutOfRange, f"antennas {numbers!r}: this reader has {self._antennas}"
            )
        start = spec.inside("ROBoundarySpec", "ROSpecStartTrigger")
        stops = (
            spec.inside("ROBoundarySpec", "ROSpecStopTrigger"),
            spec.inside("AISpec", "AISpecStopTrigger"),
        )
        if start is None or start["ROSpecStartTriggerType"] not in (
            StartTrigger.Null,
            StartTrigger.Immediate,
        ):
            raise _RefusedError(StatusCode.P_UnsupportedParameter, "start triggers here: null and immediate")
        for stop, name in zip(stops, ("ROSpecStopTriggerType", "AISpecStopTriggerType"), strict=True):
            if stop is not None and stop[name] not in (StopTrigger.Null, StopTrigger.Duration):
                raise _RefusedError(
                    StatusCode.P_UnsupportedParameter, "stop triggers here: null and duration"
                )
        self.specs[spec.number] = spec

    def _change(self, request: str, number: int) -> None:
        if number == 0 and request in ("DELETE_ROSPEC", "ENABLE_ROSPEC", "DISABLE_ROSPEC"):  # 0: all of them
            chosen = list(self.specs.values())
        elif number in self.specs:
            chosen = [self.specs[number]]
        else:
            raise _RefusedError(StatusCode.M_FieldError, f"there is no ROSpec {number}")
        for spec in chosen:
            if request == "ENABLE_ROSPEC":
                spec.enabled = True
                trigger = spec.inside("ROBoundarySpec", "ROSpecStartTrigger")
                if trigger is not None and trigger["ROSpecStartTriggerType"] == StartTrigger.Immediate:
                    self._begin(spec)
            elif request == "START_ROSPEC":
                if not spec.enabled:
                    raise _RefusedError(StatusCode.M_FieldError, f"ROSpec {spec.number} is not enabled")
                self._begin(spec)
            else:
                self._stop(spec)
                if request != "STOP_ROSPEC":
                    spec.enabled = False
                if request == "DELETE_ROSPEC":
                    del self.specs[spec.number]

    def _stop_all(self) -> None:
        for spec in self.specs.values():
            self._stop(spec)
            spec.enabled = False
        self.specs.clear()

    # -- reading
    # ----------------------------------------------------------------------------------------------

    def _begin(self, spec: _Spec) -> None:
        if not spec.active:
            spec.active = True
            spec.task = asyncio.get_running_loop().create_task(self._read(spec))

    def _stop(self, spec: _Spec) -> None:
        if spec.active:
            spec.active = False
            self._report(spec)  # the end of a ROSpec is a report trigger, whatever N is
        if spec.task is not None:
            spec.task.cancel()
            spec.task = None

    async def _read(self, spec: _Spec) -> None:
        """Inventory rounds until stopped, or until the duration of the stop trigger is over."""
        stop, antennas_stop = (
            spec.inside("ROBoundarySpec", "ROSpecStopTrigger"),
            spec.inside("AISpec", "AISpecStopTrigger"),
        )
        loop = asyncio.get_running_loop()
        durations: list[int] = []
        if stop is not None and stop["ROSpecStopTriggerType"] == StopTrigger.Duration:
            durations.append(stop.number("DurationTriggerValue"))
        if antennas_stop is not None and antennas_stop["AISpecStopTriggerType"] == StopTrigger.Duration:
            durations.append(antennas_stop.number("DurationTrigger"))
        until = loop.time() + min(durations) / 1000 if durations else None
        aispec, report = spec.inside("AISpec"), spec.inside("ROReportSpec")
        numbers = aispec["AntennaIDs"] if aispec is not None else (0,)
        antennas = set(numbers) if isinstance(numbers, tuple) else {0}
        every = report.number("N") if report is not None and report["ROReportTrigger"] != 0 else 0
        while until is None or loop.time() < until:
            for tag in list(self._field.values()):
                if 0 in antennas or tag.antenna in antennas:
                    self._see(spec, tag)
                    if every and len(spec.seen) >= every:
                        self._report(spec)
            await asyncio.sleep(self.round_seconds)
        spec.task = None
        self._stop(spec)

    def _see(self, spec: _Spec, tag: _Tag) -> None:
        now = self._time()
        before = spec.seen.get((tag.epc, tag.antenna))
        if before is None:
            spec.seen[tag.epc, tag.antenna] = Sighting(tag.epc, tag.antenna, tag.rssi, now, now)
        else:
            before.last = now
            before.count += 1

    def _report(self, spec: _Spec) -> None:
        selector = spec.inside("ROReportSpec", "TagReportContentSelector")
        uptime = self.clock_error is None
        tags = [tag_report(one, spec.number, selector, uptime=uptime) for one in spec.seen.values()]
        spec.seen.clear()
        for start in range(0, len(tags), _TAGS_A_REPORT):
            part = tuple(tags[start : start + _TAGS_A_REPORT])
            if self._client is not None and self._client.send(Message("RO_ACCESS_REPORT", parameters=part)):
                self.reports_sent += 1
                self.tags_reported += len(part)

    @property
    def silent(self) -> bool:
        """Has it been told to say nothing?"""
        return self._silent


class _RefusedError(ReadersError):
    def __init__(self, status: StatusCode, text: str) -> None:
        super().__init__(text)
        self.status = status


class _Connection:
    """The reader's side of one connection."""

    def __init__(
        self, sim: LlrpSimulator, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.writer = writer
        self._sim, self._reader = sim, reader
        self._ids = count(1)
        self._keepalive: asyncio.Task[None] | None = None
        self._version = 1

    def event(self, event: Parameter) -> None:
        data = Parameter("ReaderEventNotificationData", parameters=(self._sim.now(), event))
        self.send(Message("READER_EVENT_NOTIFICATION", parameters=(data,)))

    def send(self, message: Message) -> bool:
        """Write a message; False where the reader is silent or the client is gone."""
        if self._sim.silent or self.writer.transport.is_closing():
            return False
        number = message.id or next(self._ids)
        self.writer.write(
            encode(Message(message.name, number, message.fields, message.parameters, self._version))
        )
        return True

    def keep_alive(self, period: float) -> None:
        if self._keepalive is not None:
            self._keepalive.cancel()
            self._keepalive = None
        if period > 0:
            self._keepalive = asyncio.get_running_loop().create_task(self._keep_alive(period))

    async def _keep_alive(self, period: float) -> None:
        while True:
            await asyncio.sleep(period)
            if self.send(Message("KEEPALIVE")):
                self._sim.keepalives_sent += 1

    async def serve(self) -> None:
        """Answer requests until the client closes, breaks off, or sends what is no LLRP."""
        framer = Framer()
        try:
            while data := await self._reader.read(1 << 16):
                for frame in framer.feed(data):
                    request = decode(frame)
                    self._version = request.version
                    answer = self._sim.handle(request)
                    if answer is not None:
                        self.send(answer)
                    if request.name == "SET_PROTOCOL_VERSION":
                        self._version = request.number("ProtocolVersion")
                    if request.name == "CLOSE_CONNECTION":
                        await self.writer.drain()
                        self.writer.close()
                        return
                await self.writer.drain()
        except (OSError, LlrpError):
            return
        finally:
            self.keep_alive(0)
