"""The REST interface of this room; `install` puts it on an application."""

from __future__ import annotations

from fastapi import FastAPI

from trace_api.rest import capture, events, log, trace
from trace_api.rest.http import problem_rules
from trace_api.rest.log import paths_of
from trace_api.rest.trace import trace_json
from trace_api.service import TraceService

__all__ = ["install", "paths_of", "problem_rules", "trace_json"]


def install(app: FastAPI, service: TraceService) -> None:
    """Add /epcis, /trace and /log to an application, answered by this node."""
    app.state.trace_service = service
    for module in (capture, events, trace, log):
        app.include_router(module.router)
