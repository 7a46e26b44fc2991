"""Capture, event index, EPCIS query, lineage, and their REST interface."""

from trace_api.capture import Behaviour, Busy, Capture
from trace_api.errors import TraceApiError, ValidationFailed
from trace_api.projection import Follower, Projection, catch_up, settle
from trace_api.report import CaptureResult, Outcome, issue_json
from trace_api.service import JOB_KIND, TraceService, view_of
from trace_api.statement import canonical_party, fact_of, indexed
from trace_api.store import Erased, EventIndex, Indexed, IndexedEvent, MasterData, SqliteIndex

__all__ = [
    "JOB_KIND",
    "Behaviour",
    "Busy",
    "Capture",
    "CaptureResult",
    "Erased",
    "EventIndex",
    "Follower",
    "Indexed",
    "IndexedEvent",
    "MasterData",
    "Outcome",
    "Projection",
    "SqliteIndex",
    "TraceApiError",
    "TraceService",
    "ValidationFailed",
    "canonical_party",
    "catch_up",
    "fact_of",
    "indexed",
    "issue_json",
    "settle",
    "view_of",
]
