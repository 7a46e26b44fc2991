"""Capture, event index, EPCIS query, lineage, and their REST interface."""

from trace_api.capture import Behaviour, Busy, Capture, CaptureResult, Outcome
from trace_api.errors import TraceApiError, ValidationFailed
from trace_api.projection import Follower, Projection, catch_up, settle
from trace_api.service import JOB_KIND, TraceService, view_of
from trace_api.statement import canonical_party, fact_of, indexed
from trace_api.store import EventIndex, IndexedEvent, MasterData, SqliteIndex

__all__ = [
    "JOB_KIND",
    "Behaviour",
    "Busy",
    "Capture",
    "CaptureResult",
    "EventIndex",
    "Follower",
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
    "settle",
    "view_of",
]
