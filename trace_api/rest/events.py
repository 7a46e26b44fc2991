"""Queries over HTTP: GET /epcis/events and /epcis/events/{eventID} (EPCIS 2.0 §12.7)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from trace_api.errors import NoSuchName, QueryParameterError, QueryTooLarge
from trace_api.query.model import EventQuery, Field, Op, Page, Term
from trace_api.query.parameters import LARGEST_PAGE, PAGING, read_paging, read_parameters
from trace_api.rest.http import ReadCaller, Service, accept_json, answer
from trace_api.rest.rendering import event_document, event_json
from trace_api.service import TraceService, view_of
from trace_api.store.protocol import Match

__all__ = ["router"]

PAGE_BYTES = 8 * 1024 * 1024
"""A page ends before so many bytes of events, with at least one on it."""
TAG_BYTES = 16

router = APIRouter(prefix="/epcis", tags=["query"])


@router.get("/events", summary="Query events")
def events(
    request: Request,
    caller: ReadCaller,
    service: Service,
    _size: Annotated[str | None, Query(alias="perPage", description=f"1 to {LARGEST_PAGE}")] = None,
    _token: Annotated[str | None, Query(alias="nextPageToken", description="from the Link header")] = None,
) -> Response:
    """Events that satisfy the SimpleEventQuery parameters and that the caller may see, page by page."""
    accept_json(request)
    given = request.query_params.multi_items()
    query = read_parameters(given)
    size, token = read_paging(given)
    view = view_of(caller)
    digest = _digest(query, caller.viewer_class)
    with service.reading() as position:
        if token is None:
            page = Page(size, position)
        else:
            page = replace(_read_token(token, service.page_key, digest), size=size)
        if query.max_event_count is not None and token is None:
            found = service.index.count(query, view, page.below, query.max_event_count + 1)
            if found > query.max_event_count:
                raise QueryTooLarge(f"more than {query.max_event_count} events match (maxEventCount)")
        matches = service.index.find(query, view, page)
        shown = _shown(service, matches[:size])
    kept = [(name, value) for name, value in given if name not in PAGING]
    following = _following(query, page, matches, len(shown), kept, service.page_key, digest)
    body = event_document([event for event in shown if event], created=service.clock())
    return answer(body, position=page.below, headers=following)


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
    with service.reading() as below:
        page = Page(LARGEST_PAGE, below)
        matches = service.index.find(query, view_of(caller), page)
        if not matches:
            raise NoSuchName("there is no such event, or you may not see it")
        shown = _shown(service, matches[:LARGEST_PAGE])
    digest = _digest(query, caller.viewer_class)
    kept = [("EQ_eventID", wanted)]
    following = _following(query, page, matches, len(shown), kept, service.page_key, digest)
    body = event_document([event for event in shown if event], created=service.clock())
    return answer(body, position=below, headers=following)


def _shown(service: TraceService, matches: Sequence[Match]) -> list[bytes]:
    """The first of these events, as many as a page may hold; b"" for one that was erased."""
    shown: list[bytes] = []
    octets = 0
    for match in matches:
        entry = service.log.entry(match.position)
        event = b"" if entry.erased else event_json(entry)
        octets += len(event)
        if shown and octets > PAGE_BYTES:
            break
        shown.append(event)
    return shown


def _following(
    query: EventQuery,
    page: Page,
    matches: Sequence[Match],
    shown: int,
    kept: Sequence[tuple[str, str]],
    key: bytes,
    digest: str,
) -> list[tuple[str, str]]:
    """The Link header to the next page, where there is one.

    Args:
        matches: as the index found them, with the one too many.
        shown: how many of them stand on this page.
        kept: the parameters of the query.
    """
    if len(matches) <= shown:
        return []
    last = matches[shown - 1]
    following = Page(page.size, page.below, (last.sort, last.position), page.given + shown)
    if query.event_count_limit is not None and following.given >= query.event_count_limit:
        return []
    token = _write_token(following, key, digest)
    address = urlencode([*kept, ("perPage", str(page.size)), ("nextPageToken", token)])
    return [("Link", f'</epcis/events?{address}>; rel="next"')]


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
