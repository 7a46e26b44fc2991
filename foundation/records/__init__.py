"""Records: what people and machines arrange beside the world (tokens, orders, jobs, serials, subscriptions).

The third kind of state, next to the log and its projections: mutable, versioned, written only if unchanged,
backed up with the log.  A room declares its kinds (`Kind`); the installation opens one
store over all of them.

>>> records = SqliteRecords(":memory:", [Kind("order", indexed=("party",), unique=("number",))])
>>> order = records.put("order", "o1", {"party": "A", "number": 7}, if_version=None)
>>> records.put("order", "o2", {"party": "B", "number": 7}, if_version=None)
Traceback (most recent call last):
...
foundation.records.record.NotUnique: order: another record already has number = 7
>>> records.put("order", "o1", {"party": "A", "number": 8}, if_version=5)
Traceback (most recent call last):
...
foundation.records.record.Conflict: order 'o1': expected version 5, found version 1
"""

from .protocol import Records, change
from .record import (
    MAX_SCAN,
    BadRecord,
    Busy,
    Conflict,
    Kind,
    NotUnique,
    Record,
    RecordsError,
    Scalar,
    Schema,
)
from .sqlite import SqliteRecords

__all__ = [
    "MAX_SCAN",
    "BadRecord",
    "Busy",
    "Conflict",
    "Kind",
    "NotUnique",
    "Record",
    "Records",
    "RecordsError",
    "Scalar",
    "Schema",
    "SqliteRecords",
    "change",
]
