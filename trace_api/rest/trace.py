"""Traces over HTTP: where something came from, where it went, and what is with it now."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from foundation.epcis import instant
from foundation.gs1 import Gs1Error, canonical
from trace_api.errors import NoSuchName, QueryParameterError
from trace_api.lineage import TraceAnswer, TraceLimits
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
DEFAULTS = TraceLimits()
MOST_STATES = 200

router = APIRouter(prefix="/trace", tags=["trace"])


@router.get("/back", summary="Where it came from")
def back(
    id: Identifier,
    request: Request,
    caller: ReadCaller,
    service: Service,
    asOfEventTime: AsOf = None,
    asOfRecordTime: AsOf = None,
    maxDepth: Annotated[int, Query(ge=1, le=DEFAULTS.depth)] = DEFAULTS.depth,
    maxNodes: Annotated[int, Query(ge=1, le=DEFAULTS.nodes)] = DEFAULTS.nodes,
    maxEvents: Annotated[int, Query(ge=1, le=DEFAULTS.events)] = DEFAULTS.events,
) -> Response:
    """All that contributed to an item, lot or container, to its origins; what a limit cuts is said."""
    accept_json(request)
    limits = TraceLimits(depth=maxDepth, nodes=maxNodes, events=maxEvents)
    position = service.index.position
    found = service.lineage().back(
        _identifier(id),
        as_of_event_time=_time("asOfEventTime", asOfEventTime),
        as_of_record_time=_time("asOfRecordTime", asOfRecordTime),
        limits=limits,
    )
    return answer(orjson.dumps(trace_json(found, service, view_of(caller))), position=position)


@router.get("/forward", summary="Where it went")
def forward(
    id: Identifier,
    request: Request,
    caller: ReadCaller,
    service: Service,
    asOfEventTime: AsOf = None,
    asOfRecordTime: AsOf = None,
    maxDepth: Annotated[int, Query(ge=1, le=DEFAULTS.depth)] = DEFAULTS.depth,
    maxNodes: Annotated[int, Query(ge=1, le=DEFAULTS.nodes)] = DEFAULTS.nodes,
    maxEvents: Annotated[int, Query(ge=1, le=DEFAULTS.events)] = DEFAULTS.events,
) -> Response:
    """All that it may have gone into, each with its last place; what a limit cuts is said."""
    accept_json(request)
    limits = TraceLimits(depth=maxDepth, nodes=maxNodes, events=maxEvents)
    position = service.index.position
    found = service.lineage().forward(
        _identifier(id),
        as_of_event_time=_time("asOfEventTime", asOfEventTime),
        as_of_record_time=_time("asOfRecordTime", asOfRecordTime),
        limits=limits,
    )
    return answer(orjson.dumps(trace_json(found, service, view_of(caller))), position=position)


@router.get("/history", summary="What happened to it")
def history(
    id: Identifier,
    request: Request,
    caller: ReadCaller,
    service: Service,
    asOfEventTime: AsOf = None,
    asOfRecordTime: AsOf = None,
) -> Response:
    """The custody of one object: its own events and, while it was inside, those of its containers."""
    accept_json(request)
    position = service.index.position
    found = service.lineage().history(
        _identifier(id),
        as_of_event_time=_time("asOfEventTime", asOfEventTime),
        as_of_record_time=_time("asOfRecordTime", asOfRecordTime),
    )
    return answer(orjson.dumps(trace_json(found, service, view_of(caller))), position=position)


@router.get("/state", summary="Where they are, and what is said of them")
def state(
    id: Annotated[list[str], Query(max_length=MOST_STATES, description="as for a trace; may be repeated")],
    request: Request,
    caller: ReadCaller,
    service: Service,
    asOfEventTime: AsOf = None,
    asOfRecordTime: AsOf = None,
) -> Response:
    """The state of each object: place, holder, dispositions, containers, end of life."""
    accept_json(request)
    position = service.index.position
    lineage = service.lineage()
    view = view_of(caller)
    at = _time("asOfEventTime", asOfEventTime)
    known = _time("asOfRecordTime", asOfRecordTime)
    states = []
    for text in id:
        found = lineage.state(_identifier(text), as_of_event_time=at, as_of_record_time=known)
        seen: dict[int, bool] = {}

        def visible(place: int, seen: dict[int, bool] = seen) -> bool:
            if place not in seen:
                seen[place] = bool(service.index.visible([place], view))
            return seen[place]

        states.append(found.redacted(visible).to_json())
    return answer(orjson.dumps({"states": states}), position=position)


def trace_json(found: TraceAnswer, service: TraceService, view: Any) -> dict[str, Any]:
    """A trace as JSON for one viewer: hidden hops shown as hidden, every visible event with its proof's address.

    Raises:
        NoSuchName: nothing in the trace may be seen, or there is nothing.
    """
    positions = [event.position for event in found.events if event.position is not None]
    seen = service.index.visible(positions, view)
    if not seen:
        raise NoSuchName("nothing is known of it, or nothing that you may see")
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
