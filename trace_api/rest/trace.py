"""Traces over HTTP: where something came from, where it went, and what is with it now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Any, Protocol

import orjson
from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from foundation.access import Caller
from foundation.epcis import instant
from foundation.gs1 import Gs1Error, canonical
from trace_api.deadline import Deadline
from trace_api.errors import NoSuchName, QueryParameterError
from trace_api.lineage import Cut, Lineage, MemoryFacts, State, TraceAnswer, TraceLimits
from trace_api.lineage.namesakes import bare_name
from trace_api.query.model import View
from trace_api.rest.http import ReadCaller, Service, accept_json, answer
from trace_api.service import TraceService, view_of

__all__ = ["router", "trace_json"]

Identifier = Annotated[
    str,
    Query(
        alias="id",
        max_length=2048,
        description="Digital Link, EPC URN or element string of an item, a lot or a container",
    ),
]
AsOf = Annotated[str | None, Query(max_length=40, description="ISO 8601 with an offset")]
MOST = TraceLimits()
DEFAULTS = TraceLimits(depth=MOST.depth, nodes=20_000, events=20_000)
"""Who needs more asks for it (maxNodes, maxEvents)."""
SECONDS = 10
"""So long a trace goes on; then it is cut and says so."""
LAST_SECONDS = 20.0
"""After so long a question that cannot be cut is given up."""
MOST_STATES = 200
NOTHING = "nothing is known of it, or nothing that you may see"

MaxDepth = Annotated[int, Query(ge=1, le=MOST.depth)]
MaxNodes = Annotated[int, Query(ge=1, le=MOST.nodes)]
MaxEvents = Annotated[int, Query(ge=1, le=MOST.events)]

router = APIRouter(prefix="/trace", tags=["trace"])


@dataclass(frozen=True, slots=True)
class _Clocks:
    """The two instants that a question is asked at, µs; None: now."""

    event_time: int | None = None
    record_time: int | None = None


def _asked_uri(id: Identifier) -> str:
    return _identifier(id)


def _asked_clocks(asOfEventTime: AsOf = None, asOfRecordTime: AsOf = None) -> _Clocks:
    return _Clocks(_time("asOfEventTime", asOfEventTime), _time("asOfRecordTime", asOfRecordTime))


def _asked_limits(
    maxDepth: MaxDepth = DEFAULTS.depth,
    maxNodes: MaxNodes = DEFAULTS.nodes,
    maxEvents: MaxEvents = DEFAULTS.events,
) -> TraceLimits:
    return TraceLimits(maxDepth, maxNodes, maxEvents, SECONDS)


Uri = Annotated[str, Depends(_asked_uri)]
Clocks = Annotated[_Clocks, Depends(_asked_clocks)]
Limits = Annotated[TraceLimits, Depends(_asked_limits)]


@router.get("/back", summary="Where it came from", dependencies=[Depends(accept_json)])
async def back(uri: Uri, caller: ReadCaller, service: Service, clocks: Clocks, limits: Limits) -> Response:
    """All that contributed to an item, lot or container, to its origins; what a limit cuts is said."""
    return await service.lanes.run(
        lambda: _traced(service, caller, uri, clocks, limits, lambda lineage: lineage.back)
    )


@router.get("/forward", summary="Where it went", dependencies=[Depends(accept_json)])
async def forward(uri: Uri, caller: ReadCaller, service: Service, clocks: Clocks, limits: Limits) -> Response:
    """All that it may have gone into, each with its last place; what a limit cuts is said."""
    return await service.lanes.run(
        lambda: _traced(service, caller, uri, clocks, limits, lambda lineage: lineage.forward)
    )


@router.get("/history", summary="What happened to it", dependencies=[Depends(accept_json)])
async def history(
    uri: Uri, caller: ReadCaller, service: Service, clocks: Clocks, maxEvents: MaxEvents = DEFAULTS.events
) -> Response:
    """The custody of one object: its own events and, while it was inside, those of its containers."""
    limits = TraceLimits(depth=DEFAULTS.depth, nodes=DEFAULTS.nodes, events=maxEvents)
    return await service.lanes.run(
        lambda: _traced(service, caller, uri, clocks, limits, lambda lineage: lineage.history)
    )


@router.get("/state", summary="Where they are, and what is said of them", dependencies=[Depends(accept_json)])
async def state(
    id: Annotated[list[str], Query(max_length=MOST_STATES, description="as for a trace; may be repeated")],
    caller: ReadCaller,
    service: Service,
    clocks: Clocks,
) -> Response:
    """The state of each object: place, holder, dispositions, containers, end of life.

    An object of which one may see nothing has the state of one that nobody ever named.
    """
    uris = [_identifier(text) for text in id]
    return await service.lanes.run(lambda: _states(service, caller, uris, clocks))


class _Ask(Protocol):
    """`Lineage.back`, `forward` or `history`."""

    def __call__(
        self,
        uri: str,
        *,
        as_of_event_time: int | None = None,
        as_of_record_time: int | None = None,
        limits: TraceLimits = ...,
    ) -> TraceAnswer: ...


def _traced(
    service: TraceService,
    caller: Caller,
    uri: str,
    asked: _Clocks,
    limits: TraceLimits,
    question: Callable[[Lineage], _Ask],
) -> Response:
    """The answer to one trace, from one state of the index.

    Raises:
        NoSuchName: the caller may see no event that names the object: this costs no trace, and cannot be told
            from an object that nobody ever named.
        QueryTooLarge: the time is spent.
    """
    view = view_of(caller)
    with service.reading() as position:
        if not service.index.sees(bare_name(uri), view):
            raise NoSuchName(NOTHING)
        ask = question(service.lineage(Deadline(LAST_SECONDS)))
        clocks: _Clocks | None = asked
        if asked != _Clocks() and not view.sees_all:
            whole = ask(uri, limits=replace(DEFAULTS, seconds=SECONDS))
            clocks = _known_clocks(service, whole, asked, view)
        if clocks is None:
            raise NoSuchName(NOTHING)
        found = ask(
            uri, as_of_event_time=clocks.event_time, as_of_record_time=clocks.record_time, limits=limits
        )
        shown = trace_json(found, service, view)
    return answer(orjson.dumps(shown), position=position)


def _states(service: TraceService, caller: Caller, uris: list[str], asked: _Clocks) -> Response:
    """The states of some objects, of as many as the time allows."""
    view = view_of(caller)
    with service.reading() as position:
        lineage = service.lineage(Deadline(LAST_SECONDS))
        enough = Deadline(SECONDS)
        states = []
        for uri in uris:
            if enough.passed():
                break
            states.append(_state(service, lineage, uri, asked, view).to_json())
    shown: dict[str, Any] = {"states": states}
    if left_out := uris[len(states) :]:
        shown["cut"] = [Cut("seconds", SECONDS, len(left_out), tuple(left_out)).to_json()]
    return answer(orjson.dumps(shown), position=position)


def _state(service: TraceService, lineage: Lineage, uri: str, asked: _Clocks, view: View) -> State:
    """The state of one object for one viewer."""
    clocks: _Clocks | None = asked
    if not service.index.sees(bare_name(uri), view):
        clocks = None
    elif asked != _Clocks() and not view.sees_all:
        clocks = _known_clocks(service, lineage.history(uri, limits=DEFAULTS), asked, view)
    if clocks is None:
        return Lineage(MemoryFacts()).state(uri)
    found = lineage.state(uri, as_of_event_time=clocks.event_time, as_of_record_time=clocks.record_time)
    seen: dict[int, bool] = {}

    def visible(place: int) -> bool:
        if place not in seen:
            seen[place] = bool(service.index.visible([place], view))
        return seen[place]

    return found.redacted(visible)


def _known_clocks(service: TraceService, whole: TraceAnswer, asked: _Clocks, view: View) -> _Clocks | None:
    """The clocks moved down to instants that the viewer knows, so that answers change at no others.

    Whoever could ask at every instant could find, by halving, when an event happened that he may not see. So
    an instant counts as the latest time of a visible event at or before it, among the events of the answer as
    of now; these times do not depend on the instant asked for.

    Args:
        whole: the answer as of now.

    Returns:
        None where no visible event is so early.
    """
    placed = {event.position: event for event in whole.events if event.position is not None}
    seen = [placed[position] for position in service.index.visible(list(placed), view)]
    moved = []
    for instant_asked, times in (
        (asked.event_time, [event.event_time for event in seen]),
        (asked.record_time, [event.record_time for event in seen]),
    ):
        earlier = [t for t in times if t is not None and instant_asked is not None and t <= instant_asked]
        if instant_asked is not None and not earlier:
            return None
        moved.append(max(earlier, default=None))
    return _Clocks(*moved)


def trace_json(found: TraceAnswer, service: TraceService, view: View) -> dict[str, Any]:
    """A trace as JSON for one viewer: hidden hops shown as hidden, every visible event with its proof's address.

    Raises:
        NoSuchName: nothing in the trace may be seen, or there is nothing.
    """
    positions = [event.position for event in found.events if event.position is not None]
    seen = service.index.visible(positions, view)
    if not seen:
        raise NoSuchName(NOTHING)
    shown = found.redacted(lambda position: position in seen).to_json()
    for event in shown["events"]:
        if event.get("position") is not None:
            event["proof"] = f"/log/proof/{event['position']}"
    return shown


def _identifier(text: str) -> str:
    try:
        return canonical(text)
    except Gs1Error as fault:
        raise QueryParameterError(f"id={text!r}: {fault}") from fault


def _time(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return instant(text)
    except ValueError as fault:
        raise QueryParameterError(f"{name}={text!r}: {fault}") from fault
