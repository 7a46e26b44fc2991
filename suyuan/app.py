"""The web application of a node: every room's routes, problems and pages on one FastAPI."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI

from foundation.epcis import EpcisError
from foundation.gs1 import Gs1Error
from foundation.web import ProblemRule, RateLimiter, install_web
from ledger import BodyErased, LedgerError, StorageError
from logistics import problem_rules as stock_problem_rules
from logistics.stock import MaySee
from logistics.stock import router as stock_router
from public_query import router as public_router
from suyuan.node import Node
from suyuan.operation import operation_router
from suyuan.proofs import proof_router
from suyuan.public import PublicEvidence
from trace_api.report import issue_json
from trace_api.rest import install, problem_rules
from trace_api.rest.http import MinPosition, ReadCaller, Service

__all__ = ["create_app"]


def create_app(node: Node, *, close: bool = True) -> FastAPI:
    """The application over an open node.

    Args:
        close: close the node when the application shuts down.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        if close:
            node.close()

    app = FastAPI(
        title="Suyuan",
        summary="Traceability of food and drugs on one verifiable log of EPCIS 2.0 events",
        version="0.1.0",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    install_web(
        app,
        [
            *problem_rules(),
            *stock_problem_rules(),
            ProblemRule(LedgerError, status=500, title="The log could not answer", detail=lambda _: None),
            ProblemRule(StorageError, status=503, title="The log cannot be written", detail=lambda _: None),
            ProblemRule(BodyErased, status=410, title="This entry's body was erased"),
            ProblemRule(Gs1Error, status=400, title="Not a GS1 identifier"),
            ProblemRule(
                EpcisError,
                status=400,
                title="The captured data is not valid EPCIS",
                type="epcisException:ValidationException",
                extensions=lambda fault: {"errors": [issue_json(issue) for issue in fault.issues]},
            ),
        ],
    )
    install(app, node.service)
    app.include_router(stock_router(lambda: node.stock, _responsible(node)))
    app.include_router(operation_router(node))
    limiter = RateLimiter(per_second=node.settings.public_rate, burst=node.settings.public_rate * 10)
    evidence = PublicEvidence(node.service, node.settings.base_url)
    app.include_router(proof_router(node.service, evidence, limiter))
    base_url = node.settings.public_url or None
    app.include_router(
        public_router(
            evidence,
            zone=node.settings.zone,
            limiter=limiter,
            base_url=base_url,
            clock=node.service.clock,
        )
    )
    return app


def _responsible(node: Node) -> Callable[..., Awaitable[MaySee]]:
    """Whose stock a caller sees: the sites whose GLN stands under a company prefix of its party."""

    async def responsible(caller: ReadCaller, service: Service, position: MinPosition = None) -> MaySee:
        if position is not None:  # the index is there already; the stock follows it
            await service.waiting.until(lambda: node.stock.position, position, "the stock")

        def may_see(site: str) -> bool:
            if caller.sees_all:
                return True
            owner = service.register.owner_of(site)
            return owner is not None and owner.id == caller.party

        return may_see

    return responsible
