"""The REST interface of this room; `install` puts it on an application."""

from __future__ import annotations

from fastapi import FastAPI

from foundation.web import RateLimiter
from trace_api.rest import capture, events, log, trace
from trace_api.rest.http import problem_rules
from trace_api.rest.log import paths_of, tile_limiter
from trace_api.rest.trace import trace_json
from trace_api.service import TraceService

__all__ = ["install", "paths_of", "problem_rules", "trace_json"]


def install(app: FastAPI, service: TraceService, *, tiles: RateLimiter | None = None) -> None:
    """Add /epcis, /trace and /log to an application, answered by this node.

    Args:
        tiles: how much of the log's public part one client may ask for.
    """
    app.state.trace_service = service
    app.state.tile_limiter = tiles or tile_limiter()
    for module in (capture, events, trace, log):
        app.include_router(module.router)
