"""GET /stock: what stands at the sites that the caller is responsible for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from logistics.errors import BadStockQuery
from logistics.stock.levels import Stock, StockLevel, site_key

__all__ = ["MaySee", "level_json", "router"]

MaySee = Callable[[str], bool]
"""Whether the caller is responsible for a site, given as its canonical location."""

Identifier = Annotated[str | None, Query(max_length=2048)]


def router(stock: Callable[[], Stock], viewer: Callable[..., MaySee | Awaitable[MaySee]]) -> APIRouter:
    """The routes of this room over one stock.

    Args:
        stock: gives the stock when a request comes.
        viewer: a FastAPI dependency that authenticates the caller (and refuses, by raising), waits until the
            stock is where he demands it, and gives what he may see.
    """
    routes = APIRouter(prefix="/stock", tags=["stock"])

    @routes.get("", summary="Stock by site and lot")
    def levels(
        may_see: MaySee = Depends(viewer),  # noqa: B008 — an annotation could not name a local dependency
        site: Identifier = None,
        gtin: Identifier = None,
        lot: Identifier = None,
        after: Annotated[str | None, Query(max_length=8192, description="`next` of the page before")] = None,
        limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
    ) -> Response:
        """Quantities per site, class, lot, status and unit, at the sites that the caller may see."""
        source = stock()
        with source.snapshot() as position:
            seen = [place for place in source.sites() if may_see(place)]
            places = seen if site is None else [place for place in seen if place == site_key(site)]
            found = source.levels(places, gtin, lot, after=_cursor(after), limit=limit + 1)
        body: dict[str, Any] = {
            "position": position,
            "levels": [level_json(level) for level in found[:limit]],
        }
        if len(found) > limit:
            last = found[limit - 1]
            key = [last.site, last.gtin, last.lot or "", last.status, last.uom or ""]
            body["next"] = orjson.dumps(key).decode()
        response = Response(orjson.dumps(body), media_type="application/json")
        response.headers["Cache-Control"] = "private, no-store"
        response.headers["Suyuan-Log-Position"] = str(position)
        return response

    return routes


def level_json(level: StockLevel) -> dict[str, Any]:
    """A level as JSON; the quantity is text, so that no reader makes a float of it."""
    return {
        "site": level.site,
        "gtin": level.gtin,
        "lot": level.lot,
        "status": level.status,
        "quantity": format(level.quantity, "f"),
        "uom": level.uom,
        "itemsSeen": level.items_seen,
    }


def _cursor(text: str | None) -> StockLevel | None:
    if text is None:
        return None
    try:
        parts = orjson.loads(text)
    except orjson.JSONDecodeError:
        parts = None
    if not isinstance(parts, list) or len(parts) != 5 or not all(isinstance(part, str) for part in parts):
        raise BadStockQuery(f"after={text!r} is not the `next` of an earlier answer")
    site, gtin, lot, status, uom = parts
    return StockLevel(site, gtin, lot or None, status, Decimal(0), uom or None, 0)
