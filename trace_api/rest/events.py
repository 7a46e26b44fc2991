"""Queries over HTTP: GET /epcis/events and /epcis/events/{eventID} (EPCIS 2.0 §12.7)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from trace_api.errors import NoSuchName, QueryParameterError, QueryTooLarge
from trace_api.query.model import EventQuery, Field, Op, Page, Term
from trace_api.query.parameters import PAGING, read_parameters
from trace_api.rest.http import ReadCaller, Service, accept_json, answer
from trace_api.rest.rendering import event_document, event_json
from trace_api.service import TraceService, view_of

__all__ = ["router"]

DEFAULT_PAGE = 30
LARGEST_PAGE = 1000
TAG_BYTES = 16

router = APIRouter(prefix="/epcis", tags=["query"])


@router.get("/events", summary="Query events")
def events(
    request: Request,
    caller: ReadCaller,
    service: Service,
    per_page: Annotated[int, Query(alias="perPage", ge=1, le=LARGEST_PAGE)] = DEFAULT_PAGE,
    token: Annotated[str | None, Query(alias="nextPageToken", max_length=1000)] = None,
) -> Response:
    """Events that satisfy the SimpleEventQuery parameters and that the caller may see, page by page."""
    accept_json(request)
    given = request.query_params.multi_items()
    query = read_parameters(given)
    view = view_of(caller)
    digest = _digest(query, caller.viewer_class)
    if token is None:
        page = Page(per_page, service.index.position)
    else:
        page = replace(_read_token(token, service.page_key, digest), size=per_page)
    if query.max_event_count is not None and token is None:
        found = service.index.count(query, view, page.below, query.max_event_count + 1)
        if found > query.max_event_count:
            raise QueryTooLarge(f"more than {query.max_event_count} events match (maxEventCount)")
    matches = service.index.find(query, view, page)
    shown = matches[:per_page]
    headers = []
    if len(matches) > per_page:
        last = shown[-1]
        following = Page(per_page, page.below, (last.sort, last.position), page.given + len(shown))
        if query.event_count_limit is None or following.given < query.event_count_limit:
            kept = [(name, value) for name, value in given if name not in PAGING]
            next_token = _write_token(following, service.page_key, digest)
            address = urlencode([*kept, ("perPage", str(per_page)), ("nextPageToken", next_token)])
            headers.append(("Link", f'<{request.url.path}?{address}>; rel="next"'))
    body = _document(service, [match.position for match in shown])
    return answer(body, position=page.below, headers=headers)


@router.get("/events/{event_id:path}", summary="One event, with its error declarations")
def event(event_id: str, request: Request, caller: ReadCaller, service: Service) -> Response:
    """The event of this eventID, and the error declarations made of it."""
    accept_json(request)
    if len(event_id) > 2048:
        raise NoSuchName("there is no such event")
    # A hash eventID ends in ?ver=CBV2.0; sent without percent-encoding, that arrives as a query string.
    version = request.query_params.get("ver")
    wanted = event_id if version is None else f"{event_id}?ver={version}"
    query = EventQuery((Term(Field.EVENT_ID, Op.IN, (wanted,)),))
    below = service.index.position
    matches = service.index.find(query, view_of(caller), Page(LARGEST_PAGE, below))
    if not matches:
        raise NoSuchName("there is no such event, or you may not see it")
    return answer(_document(service, [match.position for match in matches]), position=below)


def _document(service: TraceService, positions: list[int]) -> bytes:
    entries = (service.log.entry(position) for position in positions)
    return event_document(
        [event_json(entry) for entry in entries if not entry.erased], created=service.clock()
    )


def _digest(query: EventQuery, viewer: str) -> str:
    """Binds a token to its query and viewer: it cannot be used with another."""
    return hashlib.sha256(repr((query, viewer)).encode()).hexdigest()[:16]


def _write_token(page: Page, key: bytes, digest: str) -> str:
    text = json.dumps([page.below, page.after, page.given, digest], separators=(",", ":")).encode()
    tag = hmac.digest(key, text, "sha256")[:TAG_BYTES]
    return base64.urlsafe_b64encode(tag + text).rstrip(b"=").decode()


def _read_token(token: str, key: bytes, digest: str) -> Page:
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raw = b""
    tag, text = raw[:TAG_BYTES], raw[TAG_BYTES:]
    canonical = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    if canonical != token or not hmac.compare_digest(tag, hmac.digest(key, text, "sha256")[:TAG_BYTES]):
        raise QueryParameterError("nextPageToken is not one that this server gave")
    below, after, given, bound_to = json.loads(text)
    if bound_to != digest:
        raise QueryParameterError("nextPageToken belongs to another query or caller")
    return Page(0, below, (after[0], after[1]), given)
