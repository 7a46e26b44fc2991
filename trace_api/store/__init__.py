"""Event indexes: the protocol, and the embedded one."""

from trace_api.store.protocol import (
    Erased,
    EventIndex,
    Indexed,
    IndexedEvent,
    IndexedFacts,
    Known,
    MasterData,
    Match,
)
from trace_api.store.sqlite import IndexUnavailable, IndexUnusable, SqliteIndex

__all__ = [
    "Erased",
    "EventIndex",
    "IndexUnavailable",
    "IndexUnusable",
    "Indexed",
    "IndexedEvent",
    "IndexedFacts",
    "Known",
    "MasterData",
    "Match",
    "SqliteIndex",
]
