"""What the routes of this room share: who calls, how a body is read, how answers are given."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, TypeAlias

from fastapi import Depends, Header, Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from foundation.access import Caller, Role, Unauthenticated
from foundation.web import ProblemRule, preferred
from trace_api import errors
from trace_api.errors import (
    CaptureLimitExceeded,
    Forbidden,
    NotAcceptable,
    RequestTimeout,
    TraceApiError,
    Unauthorized,
    UnsupportedMediaType,
)
from trace_api.service import TraceService

__all__ = [
    "CapturingParty",
    "MinPosition",
    "ReadCaller",
    "accept_json",
    "answer",
    "problem_rules",
    "read_body",
    "service_of",
]

POSITION_HEADER = "Suyuan-Log-Position"
MIN_POSITION_HEADER = "Suyuan-Min-Log-Position"
JSON_TYPES = ("application/json", "application/ld+json")
BODY_SECONDS = 60.0
"""Within so long a whole body must have come."""


def service_of(request: Request) -> TraceService:
    """The node that answers, as the wiring put it on the application."""
    service: TraceService = request.app.state.trace_service
    return service


Service: TypeAlias = Annotated[TraceService, Depends(service_of)]


def _caller(request: Request, service: Service) -> Caller:
    """The party and role behind the bearer token (RFC 6750 §2.1).

    Raises:
        Unauthorized: none was given, or it is not valid; which of the two is not said.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthorized("an Authorization header with a bearer token is needed")
    try:
        return service.register.authenticate(token.strip())
    except Unauthenticated as fault:
        raise Unauthorized("the bearer token is not valid") from fault


MinPosition: TypeAlias = Annotated[int | None, Header(alias=MIN_POSITION_HEADER, ge=0)]


async def _reader(request: Request, service: Service, min_position: MinPosition = None) -> Caller:
    """A caller who reads; a demanded log position is waited for.

    Raises:
        Forbidden: the token is the public's, which reads the public pages only.
        Behind: the demanded position is not there, or not in time.
    """
    caller = await run_in_threadpool(_caller, request, service)
    if caller.role is Role.public:
        raise Forbidden("a token of the public opens nothing here; the public pages need none")
    await service.settled(min_position)
    return caller


ReadCaller: TypeAlias = Annotated[Caller, Depends(_reader)]


def _capturing_party(request: Request, service: Service) -> str:
    """The party for which the caller may capture.

    Raises:
        Forbidden: the token only reads, or acts for no party.
    """
    caller = _caller(request, service)
    if not caller.may_write or caller.party is None:
        raise Forbidden("this token may not capture: it only reads, or acts for no party")
    return caller.party


CapturingParty: TypeAlias = Annotated[str, Depends(_capturing_party)]


async def read_body(request: Request, limit: int) -> bytes:
    """The body of a JSON request, refused as soon as it is seen to be too large.

    Raises:
        UnsupportedMediaType: the body is not announced as JSON.
        CaptureLimitExceeded: more than `limit` bytes are announced or sent.
        RequestTimeout: the body did not come in time, or the client left.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in JSON_TYPES:
        raise UnsupportedMediaType(
            f"Content-Type {media_type or 'is missing'}: application/json or application/ld+json is expected"
        )
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limit:
        raise _too_large(limit)
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise _too_large(limit)
    except TimeoutError:
        raise RequestTimeout(f"the body did not come within {BODY_SECONDS:g} s; nothing was kept") from None
    except ClientDisconnect:
        raise RequestTimeout("the client left before its body had come; nothing was kept") from None
    return bytes(body)


def _too_large(limit: int) -> CaptureLimitExceeded:
    return CaptureLimitExceeded(
        f"the body is larger than {limit} bytes; split the document", extra={"maxBytes": limit}
    )


def accept_json(request: Request) -> None:
    """Refuse a client that takes no JSON.

    Raises:
        NotAcceptable: its Accept header names other types only, or these with the weight 0.
    """
    if preferred(request.headers.get("accept"), JSON_TYPES) is None:
        raise NotAcceptable("this server answers with application/json or application/ld+json")


def answer(
    content: bytes,
    *,
    status: int = 200,
    position: int | None = None,
    headers: Sequence[tuple[str, str]] = (),
    media_type: str = "application/json",
) -> Response:
    """Ready bytes as an answer that caches keep to themselves, with the log position it reflects."""
    response = Response(content, status, media_type=media_type)
    response.headers["GS1-EPCIS-Version"] = "2.0.0"
    response.headers["GS1-CBV-Version"] = "2.0.0"
    response.headers["Cache-Control"] = "private, no-store"
    if position is not None:
        response.headers[POSITION_HEADER] = str(position)
    for name, value in headers:
        response.headers.append(name, value)
    return response


def problem_rules() -> list[ProblemRule]:
    """How this room's exceptions are told to clients, one rule for each class."""
    families: list[type[TraceApiError]] = [TraceApiError, *_subclasses(TraceApiError)]
    return [
        ProblemRule(
            family,
            status=family.status,
            title=family.title,
            type=family.problem_type,
            detail=lambda fault: fault.detail,
            extensions=lambda fault: fault.extra,
            headers=HEADERS.get(family),
        )
        for family in families
    ]


HEADERS: dict[type[TraceApiError], Callable[[Exception], Mapping[str, str]]] = {
    errors.Unauthorized: lambda _: {"WWW-Authenticate": 'Bearer realm="suyuan"'},
    errors.RequestTimeout: lambda _: {"Connection": "close"},  # what comes of the body later is not read
    errors.Behind: lambda _: {"Retry-After": "1"},
    errors.Overloaded: lambda _: {"Retry-After": "5"},
}


def _subclasses(family: type[TraceApiError]) -> list[type[TraceApiError]]:
    found: list[type[TraceApiError]] = []
    for subclass in family.__subclasses__():
        found += [subclass, *_subclasses(subclass)]
    return found
