"""The log over HTTP: checkpoint and tiles for anyone (C2SP tlog-tiles), proofs and bodies for those entitled.

Headers and tiles reveal no business data (contract 3), so they are public: that is what lets others verify
and mirror the log. A proof or a body is given to whoever may see the event.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from foundation.epcis import iso
from foundation.gs1 import Gs1Error, canonical, canonical_or_opaque
from foundation.web import RateLimiter, limited
from ledger import CorruptLog, LedgerError, StorageError
from trace_api.errors import NoSuchName, QueryParameterError
from trace_api.rest.http import ReadCaller, Service, answer

__all__ = ["paths_of", "router"]

IMMUTABLE = "public, max-age=31536000, immutable"
# What a proof shows of an event when nothing else is asked for: who said what, when and where.
ALWAYS = (
    "/type", "/action", "/eventTime", "/eventTimeZoneOffset", "/bizStep", "/disposition",
    "/readPoint/id", "/bizLocation/id", "#/eventID", "#/party",
)  # fmt: skip

router = APIRouter(prefix="/log", tags=["log"])


def tile_limiter() -> RateLimiter:
    """What one client may ask of tiles and consistency proofs, unless the wiring decides otherwise."""
    return RateLimiter(per_second=50, burst=1000)


async def _limited(request: Request) -> None:
    limiter: RateLimiter = request.app.state.tile_limiter
    await limited(limiter)(request)


OPEN_TO_ALL = [Depends(_limited)]


@router.get("/checkpoint", summary="The latest signed checkpoint")
def checkpoint(service: Service) -> Response:
    """The signed tree head as a C2SP signed note: origin, size, root hash, signatures."""
    return Response(
        service.log.checkpoint(),
        media_type="text/plain; charset=utf-8",
        headers={"Cache-Control": "no-cache"},
    )


@router.get(
    "/tile/{address:path}",
    dependencies=OPEN_TO_ALL,
    summary="A tile of the Merkle tree, or a bundle of entry headers",
)
def tile(address: str, service: Service) -> Response:
    """Up to 256 hashes of a level (`0/x001/067`) or entry headers (`entries/000.p/5`); never changes."""
    try:
        content = service.log.resource(f"tile/{address}")
    except (CorruptLog, StorageError):
        raise  # it has, or had, such a tile
    except LedgerError as fault:
        raise NoSuchName(f"the log has no such tile: {fault}") from fault
    return Response(content, media_type="application/octet-stream", headers={"Cache-Control": IMMUTABLE})


@router.get("/consistency", dependencies=OPEN_TO_ALL, summary="Proof that the log only grew")
def consistency(
    service: Service, old: Annotated[int, Query(ge=0)], new: Annotated[int | None, Query(ge=0)] = None
) -> Response:
    """The consistency proof between two sizes (RFC 9162 §2.1.4), hashes in base64."""
    size = service.log.size if new is None else new
    if not old <= size <= service.log.size:
        raise QueryParameterError(f"old={old}, new={size}: the log holds {service.log.size} entries")
    hashes = [base64.b64encode(one).decode() for one in service.log.consistency(old, size)]
    return answer(orjson.dumps({"old": old, "new": size, "proof": hashes}))


@router.get("/proof/{position}", summary="A proof bundle for one event")
def proof(
    position: int,
    caller: ReadCaller,
    service: Service,
    epc: Annotated[list[str] | None, Query(max_length=100, description="disclose these identifiers")] = None,
    path: Annotated[list[str] | None, Query(max_length=100, description="disclose these fields")] = None,
) -> Response:
    """A bundle that proves the named facts of one event offline, and reveals nothing of the others."""
    service.visible_entry(position, caller)
    paths = paths_of(service.log.pairs(position), epc or [], path)
    bundle = service.log.bundle(position, paths)
    name = f"suyuan-proof-{position}.json"
    return answer(bundle.to_json(), headers=[("Content-Disposition", f'attachment; filename="{name}"')])


def paths_of(
    known: Sequence[tuple[str, str]], epcs: Sequence[str], asked: Sequence[str] | None = None
) -> list[str]:
    """The paths to disclose: those asked for (or who, what, when, where), and where the identifiers stand.

    Args:
        known: every (path, JSON text) of the entry.
        epcs: identifiers in any form.

    Raises:
        QueryParameterError: an identifier or path does not stand in this event.
    """
    pairs = dict(known)
    paths = [path for path in ALWAYS if path in pairs] if asked is None else list(asked)
    for path in paths:
        if path not in pairs:
            raise QueryParameterError(f"path={path!r}: this event has no such field")
    for text in epcs:
        try:
            wanted = canonical(text)
        except Gs1Error as fault:
            raise QueryParameterError(f"epc={text!r}: {fault}") from fault
        where = [
            path
            for path, value in pairs.items()
            if path.startswith("/") and value[:1] == '"' and _same(orjson.loads(value), wanted)
        ]
        if not where:
            raise QueryParameterError(f"epc={text!r} does not stand in this event")
        paths += where
    return list(dict.fromkeys(paths))


def _same(text: str, wanted: str) -> bool:
    return text == wanted or (":" in text and canonical_or_opaque(text)[0] == wanted)


@router.get("/body/{position}", summary="The body of an entry, for those entitled")
def body(position: int, caller: ReadCaller, service: Service) -> Response:
    """What was received, what was decided at capture, and the header, of an entry the caller may see."""
    entry = service.visible_entry(position, caller)
    statement = entry.statement()
    shown = {
        "position": position,
        "recordTime": iso(entry.header.record_time),
        "header": base64.b64encode(entry.header.encode()).decode(),
        "meta": statement.meta,
        "received": base64.b64encode(statement.received).decode(),
    }
    return answer(orjson.dumps(shown))
