"""The HTTP routes of this room: the resolver's paths, the verification pages, and the way in.

    app.include_router(router(service, zone=ZoneInfo("Asia/Shanghai")))

`service` gathers the evidence (see `public_query.evidence.Evidence`); everything else is decided here and in
the pure modules. Each route answers HTML to browsers and JSON to programs, and is rate-limited by client; of
all clients together only so many are answered at once (see `public_query.gathering`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, tzinfo
from time import time_ns
from typing import Any
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Depends
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from foundation.gs1 import Identity
from foundation.web import (
    HTML,
    JSON,
    Language,
    RateLimiter,
    language_of,
    limited,
    preferred,
    problem,
    wants_html,
    wants_json,
)
from public_query.evidence import Evidence
from public_query.gathering import BusyError, Gathering
from public_query.pages import PAGES, as_json, breakable, item_page
from public_query.resolver import (
    KEYS,
    LINKSET_CONTEXT,
    LINKSET_JSON,
    BadCodeError,
    Named,
    description_file,
    link_header,
    link_type_name,
    linkset,
    page_path,
    read_code,
    read_path,
    target,
)
from public_query.subject import Subject, subject_of

METHODS = ["GET", "HEAD"]


class _KeyConvertor(StringConvertor):
    """A path segment that is one of the primary keys: one route for all of them, not one for each."""

    regex = "|".join(KEYS)


register_url_convertor("gs1_key", _KeyConvertor())

BAD_CODE = "urn:suyuan:problem:bad-code"
BUSY = "urn:suyuan:problem:busy"
# A verdict is of the moment: it may be kept by nobody but the reader, and asked anew each time.
_FRESH = {"Cache-Control": "private, no-cache", "X-Robots-Tag": "noindex"}
_OPEN = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Link"}


def _wall_clock() -> int:
    return time_ns() // 1000


def router(
    service: Evidence,
    *,
    zone: tzinfo = UTC,
    limiter: RateLimiter | None = None,
    base_url: str | None = None,
    threaded: bool = True,
    clock: Callable[[], int] = _wall_clock,
    at_once: int = 8,
    patience: float = 5.0,
) -> APIRouter:
    """The public's routes.

    Args:
        service: gathers the evidence on an identity; one that has `version()` is asked less often.
        zone: the site's time zone, in which dates are judged and instants shown.
        limiter: token buckets by client; by default 5 a second and 60 at once.
        base_url: this server's public address for absolute links; by default as the client addressed it.
        threaded: call the service in a worker thread; False where it answers from memory within microseconds.
        clock: the present instant in µs UTC, the same that the service judges by.
        at_once: identities whose evidence is gathered at the same time.
        patience: seconds that others wait for their turn before they are answered 503.
    """
    gathering = Gathering(
        service, zone=zone, clock=clock, threaded=threaded, at_once=at_once, patience=patience
    )
    room = _Routes(gathering, zone, base_url.rstrip("/") if base_url else None)
    guard = Depends(limited(RateLimiter(per_second=5, burst=60) if limiter is None else limiter))
    api = APIRouter(tags=["public"])
    for path in ("/{key:gs1_key}", "/{key:gs1_key}/{rest:path}"):
        api.add_api_route(path, room.resolve, methods=METHODS, dependencies=[guard], include_in_schema=False)
        api.add_api_route(path, room.options, methods=["OPTIONS"], include_in_schema=False)
        api.add_api_route(
            "/verify" + path, room.verify, methods=METHODS, dependencies=[guard], include_in_schema=False
        )
    api.add_api_route(
        "/verify",
        room.verify_any,
        methods=["GET"],
        dependencies=[guard],
        summary="The verdict on any identifier: ?id=, in any form",
    )
    api.add_api_route(
        "/verify", room.verify_any, methods=["HEAD"], dependencies=[guard], include_in_schema=False
    )
    for path in ("/", "/scan"):
        api.add_api_route(path, room.scan, methods=METHODS, dependencies=[guard], include_in_schema=False)
    api.add_api_route("/.well-known/gs1resolver", room.description, methods=METHODS, include_in_schema=False)
    api.add_api_route(
        "/.well-known/linkset-context.jsonld", room.context, methods=METHODS, include_in_schema=False
    )
    return api


class _Routes:
    def __init__(self, gathering: Gathering, zone: tzinfo, base_url: str | None) -> None:
        self._gathering = gathering
        self._zone = zone
        self._base_url = base_url

    # The resolver

    async def resolve(self, request: Request) -> Response:
        """GET a Digital Link: the page for browsers, else JSON, the linkset, or the link asked for."""
        try:
            named = read_path(_raw_path(request))
        except BadCodeError as bad:
            return _refuse(request, bad, _OPEN)
        base = self._base(request)
        headers = {**_OPEN, "Link": link_header(named, base)}
        link_type = request.query_params.get("linkType")
        accepted = preferred(request.headers.get("accept"), (HTML, JSON, LINKSET_JSON))
        if link_type in ("linkset", "all") or (link_type is None and accepted == LINKSET_JSON):
            return await self._linkset(request, named, base, headers)
        if link_type is not None:
            return self._redirect(named, link_type, request.url.query, headers)
        if wants_html(request) or wants_json(request):
            return await self._answer(request, named.identity, headers)
        # Nothing in the request speaks for a better match: to the default link (Resolver 1.2).
        address = target(self._base_url or "", named.levels[0], query=request.url.query)
        return RedirectResponse(address, 307, headers=headers)

    async def options(self) -> Response:
        """The methods of a Digital Link, and leave for pages of other sites to read it."""
        allowed = "GET, HEAD, OPTIONS"
        return Response(
            status_code=204,
            headers={
                "Allow": allowed,
                "Access-Control-Allow-Origin": "*",
                "Access-Control-Allow-Methods": allowed,
                "Access-Control-Allow-Headers": "Accept, Accept-Language",
                "Access-Control-Max-Age": "86400",
            },
        )

    async def _linkset(
        self, request: Request, named: Named, base: str, headers: Mapping[str, str]
    ) -> Response:
        try:
            evidence, verdict = await self._gathering.answer(named.identity)
        except BusyError as busy:
            return _turn_away(request, busy, named.identity, headers)
        description = named.path
        if evidence.product is not None:
            description = evidence.product.name.en or evidence.product.name.zh
        elif subject_of(named.identity) is not Subject.PRODUCT:
            description = (evidence.site.name.in_language(Language.EN) if evidence.site else "") or (
                verdict.heading.en
            )
        body = orjson.dumps(linkset(named, base, description))
        return Response(body, media_type=LINKSET_JSON, headers={**headers, **_FRESH, "Vary": "Accept"})

    def _redirect(self, named: Named, link_type: str, query: str, headers: Mapping[str, str]) -> Response:
        """To the link asked for; a relative address where the public one is not known for sure."""
        base = self._base_url or ""
        if link_type_name(link_type) == "defaultLink":
            return RedirectResponse(target(base, named.levels[0], query=query), 307, headers=dict(headers))
        found = named.find(link_type)
        if found is None:
            return problem(
                404,
                "No link of that type",
                detail=f"Nothing at this level or above has a link of type {link_type[:200]!r}.",
                headers=headers,
                available=sorted({link.link_type for level in named.levels for link in level.links}),
            )
        level, link = found
        return RedirectResponse(target(base, level, link, query), 307, headers=dict(headers))

    async def description(self, request: Request) -> Response:
        """The resolver description file."""
        return Response(orjson.dumps(description_file(self._base(request))), media_type=JSON, headers=_OPEN)

    async def context(self) -> Response:
        """The JSON-LD context of the linksets."""
        return Response(orjson.dumps(LINKSET_CONTEXT), media_type="application/ld+json", headers=_OPEN)

    # The pages

    async def verify(self, request: Request) -> Response:
        """The page about what a Digital Link names."""
        try:
            named = read_path(_raw_path(request).removeprefix("/verify"))
        except BadCodeError as bad:
            return _refuse(request, bad)
        return await self._answer(request, named.identity, {"Link": link_header(named, self._base(request))})

    async def verify_any(self, request: Request) -> Response:
        """The page about any identifier; one that has a Digital Link is sent on to its own address."""
        try:
            identity = read_code(request.query_params.get("id", ""))
        except BadCodeError as bad:
            return _refuse(request, bad)
        if page_path(identity) is not None:
            return RedirectResponse(_address(request, identity, dropped="id"), 307)
        return await self._answer(request, identity, {})

    async def scan(self, request: Request) -> Response:
        """The way in: a form, and with `?code=` the way on to the page about that code."""
        code = request.query_params.get("code")
        if code is None:
            return PAGES.render(request, "home.html", headers={"Cache-Control": "no-cache"}, code="")
        try:
            identity = read_code(code)
        except BadCodeError as bad:
            return _refuse(request, bad, typed=code)
        return RedirectResponse(_address(request, identity, dropped="code"), 303)

    async def _answer(self, request: Request, identity: Identity, headers: Mapping[str, str]) -> Response:
        try:
            evidence, verdict = await self._gathering.answer(identity)
        except BusyError as busy:
            return _turn_away(request, busy, identity, headers)
        headers = {**_FRESH, **headers}
        if wants_json(request):
            body = orjson.dumps(as_json(evidence, verdict), option=orjson.OPT_INDENT_2)
            return Response(
                body, media_type=JSON, headers={**headers, "Vary": "Accept, Accept-Language, Cookie"}
            )
        language = language_of(request)
        return PAGES.render(
            request,
            "item.html",
            language=language,
            headers=headers,
            **item_page(evidence, verdict, self._zone, language),
        )

    def _base(self, request: Request) -> str:
        return self._base_url or str(request.base_url).rstrip("/")


def _raw_path(request: Request) -> str:
    """The path as it was sent: decoding it first would make a slash within a serial a separator."""
    raw: bytes | None = request.scope.get("raw_path")
    path = raw.decode("latin-1") if raw is not None else request.url.path
    return path.partition("?")[0].removeprefix(request.scope.get("root_path", ""))


def _address(request: Request, identity: Identity, *, dropped: str) -> str:
    """The page about an identity, what else the query held passed on."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != dropped]
    path = page_path(identity)
    if path is None:
        return "/verify?" + urlencode([("id", identity.uri), *kept])
    return f"/verify{path}" + (f"?{urlencode(kept)}" if kept else "")


def _turn_away(request: Request, busy: BusyError, identity: Identity, headers: Mapping[str, str]) -> Response:
    """503, when to come again, and that this says nothing about the item."""
    headers = {
        **headers,
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex",
        "Retry-After": str(busy.retry_after),
    }
    if not wants_html(request):
        return problem(
            503,
            "Too many are asking at once",
            type=BUSY,
            detail=str(busy),
            headers=headers,
            code=identity.uri,
        )
    return PAGES.render(
        request,
        "busy.html",
        status=503,
        headers=headers,
        code=breakable(identity.uri),
        again=f"?{request.url.query}",
    )


def _refuse(
    request: Request, bad: BadCodeError, headers: Mapping[str, str] | None = None, typed: str | None = None
) -> Response:
    """400 with what was read and the rule it breaks: a page for people, a problem for programs."""
    if not wants_html(request):
        members: dict[str, Any] = {"input": bad.text, "rule": bad.rule}
        return problem(
            400, "The code cannot be read", type=BAD_CODE, detail=str(bad), headers=headers, **members
        )
    return PAGES.render(
        request,
        "bad_code.html",
        status=400,
        headers={"Cache-Control": "no-store", **(headers or {})},
        bad=bad,
        code=bad.text if typed is None else typed[:2048],
    )
