"""What the REST routes and the other rooms share of one node: its log, index, capture, register and records."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from foundation.access import Caller, Register
from foundation.records import Kind, Records
from ledger import Entry, LogReader
from trace_api.capture import Capture
from trace_api.errors import Behind, Gone, NoSuchName
from trace_api.lineage import Lineage
from trace_api.query.model import View
from trace_api.store.protocol import EventIndex

__all__ = ["JOB_KIND", "TraceService", "view_of"]

JOB_KIND = Kind("capture_job", indexed=("party",))
"""The kind of record in which capture jobs are kept."""

WAIT_SECONDS = 5.0


def now_us() -> int:
    """The present instant in microseconds UTC since 1970."""
    return time.time_ns() // 1000


def view_of(caller: Caller) -> View:
    """The visibility filter of a caller (contract 12)."""
    return View(caller.sees_all, caller.party)


@dataclass(frozen=True, slots=True)
class TraceService:
    """One node's traceability.

    Attributes:
        log: the log as this process reads it.
        index: the event index.
        register: parties and tokens.
        records: for capture jobs; its schema holds `JOB_KIND`.
        page_key: secret that signs paging tokens.
        capture: takes new events; None on a read-only follower.
        clock: present instant in µs UTC.
    """

    log: LogReader
    index: EventIndex
    register: Register
    records: Records
    page_key: bytes
    capture: Capture | None = None
    clock: Callable[[], int] = now_us

    def lineage(self) -> Lineage:
        """A lineage over everything indexed now."""
        return Lineage(self.index.facts)

    def demand(self, position: int | None, timeout: float = WAIT_SECONDS) -> None:
        """Wait until the index holds the log up to `position`.

        Raises:
            Behind: it did not get there in time; the answer says where it is.
        """
        if position is None:
            return
        deadline = time.monotonic() + timeout
        while (reached := self.index.position) < position:
            if time.monotonic() > deadline:
                raise Behind(
                    f"log position {position} was asked for, the index is at {reached}",
                    extra={"position": reached},
                )
            time.sleep(0.01)

    def visible_entry(self, position: int, caller: Caller) -> Entry:
        """A log entry, if the caller may see it.

        Raises:
            NoSuchName: there is none, or the caller may not know of it: the two cannot be told apart.
            Gone: its body was erased.
        """
        if not 0 <= position < self.log.size or position not in self.index.visible(
            [position], view_of(caller)
        ):
            raise NoSuchName(f"there is no entry {position} that you may see")
        entry = self.log.entry(position)
        if entry.erased:
            raise Gone(f"the body of entry {position} was erased")
        return entry
