"""Event indexes: the protocol, and the embedded one."""

from trace_api.store.protocol import EventIndex, IndexedEvent, Known, MasterData, Match
from trace_api.store.sqlite import IndexUnusable, SqliteIndex

__all__ = ["EventIndex", "IndexUnusable", "IndexedEvent", "Known", "MasterData", "Match", "SqliteIndex"]
