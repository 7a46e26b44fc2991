"""The public's proof: a bundle for what the public page shows of one item, and nothing of its siblings."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from foundation.gs1 import Level, parse
from foundation.web import RateLimiter, limited
from suyuan.public import PublicEvidence
from trace_api import TraceService
from trace_api.errors import NoSuchName
from trace_api.rest import paths_of

__all__ = ["proof_router"]


def proof_router(service: TraceService, evidence: PublicEvidence, limiter: RateLimiter) -> APIRouter:
    """GET /verify/proof?id=…, open to everyone."""
    router = APIRouter(tags=["public"], dependencies=[Depends(limited(limiter))])

    @router.get("/verify/proof", summary="The proof behind a verdict, to be checked offline")
    def proof(
        id: Annotated[str, Query(max_length=2048, description="the item or lot, in any form")],
    ) -> Response:
        """A bundle that proves who stated the making of this item, when and where, since when."""
        identity = parse(id)
        position = None
        if identity.level in (Level.INSTANCE, Level.LOT):
            position = evidence.proof_position(identity)
        if position is None:
            raise NoSuchName("nobody stated the making of this; there is nothing to prove")
        paths = paths_of(service.log.pairs(position), [identity.uri])
        bundle = service.log.bundle(position, paths).to_json()
        name = f"suyuan-proof-{position}.json"
        return Response(
            bundle,
            media_type="application/json",
            headers={
                "Content-Disposition": f'attachment; filename="{name}"',
                "Cache-Control": "no-cache",
                "Access-Control-Allow-Origin": "*",
            },
        )

    return router
