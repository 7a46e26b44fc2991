"""What the REST routes and the other rooms share of one node: its log, index, capture, register and records."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from foundation.access import Caller, Register, Role
from foundation.records import Kind, Records
from ledger import Entry, LogReader, ReadOnlyLog
from trace_api.capture import Capture
from trace_api.deadline import Deadline, FactsInTime
from trace_api.errors import Behind, Gone, NoSuchName
from trace_api.lanes import Lanes
from trace_api.lineage import Lineage
from trace_api.query.model import View
from trace_api.store.protocol import EventIndex
from trace_api.waiting import Waiting

__all__ = ["JOB_KIND", "TraceService", "view_of"]

JOB_KIND = Kind("capture_job", indexed=("party",))
"""The kind of record in which capture jobs are kept."""


def now_us() -> int:
    """The present instant in microseconds UTC since 1970."""
    return time.time_ns() // 1000


def view_of(caller: Caller) -> View:
    """The visibility filter of a caller (contract 12)."""
    return View(caller.sees_all, None if caller.role is Role.public else caller.party)


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
        waiting: where readers wait for a log position that they demand.
        lanes: where long questions are worked on.
    """

    log: LogReader
    index: EventIndex
    register: Register
    records: Records
    page_key: bytes
    capture: Capture | None = None
    clock: Callable[[], int] = now_us
    waiting: Waiting = field(default_factory=Waiting)
    lanes: Lanes = field(default_factory=Lanes)

    def lineage(self, deadline: Deadline | None = None) -> Lineage:
        """A lineage over everything indexed now; inside `reading`, over that state.

        Args:
            deadline: after it the lineage gives no more answers, but raises `QueryTooLarge`.
        """
        return Lineage(self.index.facts if deadline is None else FactsInTime(self.index.facts, deadline))

    @contextmanager
    def reading(self) -> Iterator[int]:
        """One state of the index for one question of the calling thread; gives its log position.

        The log that this process holds reaches at least as far: a follower reads on where it must.

        Raises:
            Behind: the log is behind the index, which was built from another one.
        """
        with self.index.snapshot() as position:
            if self._log_size(position) < position:
                raise Behind(f"the index is at {position}, the log at {self.log.size}")
            yield position

    async def settled(self, position: int | None) -> None:
        """Return when the index holds the log up to `position`; no thread is held meanwhile.

        Raises:
            Behind: the log does not hold so much, or the index did not get there in time; says where it is.
        """
        if position is None:
            return
        if position > self.log.size and position > await asyncio.to_thread(self._log_size, position):
            reached = await asyncio.to_thread(lambda: self.index.position)
            raise Behind(
                f"log position {position} was asked for, the log holds {self.log.size} entries",
                extra={"position": reached},
            )
        await self.waiting.until(lambda: self.index.position, position)

    def _log_size(self, wanted: int) -> int:
        """The size of the log, read on from the writer's where less than `wanted` is held."""
        if wanted > self.log.size and isinstance(self.log, ReadOnlyLog):
            return self.log.refresh()
        return self.log.size

    def visible_entry(self, position: int, caller: Caller) -> Entry:
        """A log entry, if the caller may see it.

        Raises:
            NoSuchName: there is none, or the caller may not know of it: the two cannot be told apart.
            Gone: its body was erased.
        """
        with self.reading() as reached:
            if not 0 <= position < reached or position not in self.index.visible([position], view_of(caller)):
                raise NoSuchName(f"there is no entry {position} that you may see")
        entry = self.log.entry(position)
        if entry.erased:
            raise Gone(f"the body of entry {position} was erased")
        return entry
