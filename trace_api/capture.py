"""The capture pipeline: validate → canonical → hash → append → project → answer.

One writer thread appends. It takes what waits — many requests — as one group: one fsync, one signed checkpoint
(contract 5). A request is appended whole or not at all (`rollback`), or event by event with a report
(`proceed`). Success means: durable in the log, and in the event index.

A repeat of what is known is success without effect; the same eventID with other content is refused
(contract 6). The writer judges against the index and against what is in flight in the same group.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from foundation.epcis import CapturedEvent, Document, EpcisError, Event, Issue, Limits, read_json
from ledger import Log, Statement, StatementError, flatten
from trace_api.errors import TraceApiError, ValidationFailed
from trace_api.projection import catch_up, settle
from trace_api.statement import Prepared, indexed, indexed_event, master_data_statement, prepare
from trace_api.store.protocol import EventIndex, IndexedEvent, Known, MasterData

__all__ = ["Behaviour", "Busy", "Capture", "CaptureResult", "Outcome", "WriterStopped"]

GROUP_EVENTS = 4096
GROUP_REQUESTS = 256
WAITING_REQUESTS = 2000

logger = logging.getLogger(__name__)


class Busy(TraceApiError):
    """More captures wait than the writer can take; nothing of this request was kept."""

    status = 503
    title = "The server has too much to write"


class WriterStopped(TraceApiError):
    """The writer is not running; nothing of this request was kept."""

    status = 503
    title = "The server is shutting down"


class Behaviour(StrEnum):
    """GS1-Capture-Error-Behaviour (EPCIS 2.0 §12.6.2): what one bad event does to the others."""

    ROLLBACK = "rollback"
    PROCEED = "proceed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one event of a request.

    Attributes:
        index: its place in the eventList, from 0.
        status: captured, duplicate (known before, no effect), refused, or left_out (good, but its request
            was rolled back).
        position: log position where it stands, None if it is not in the log.
        issues: errors that made it refused, and warnings.
    """

    index: int
    pointer: str
    status: Literal["captured", "duplicate", "refused", "left_out"]
    event_id: str | None = None
    position: int | None = None
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class CaptureResult:
    """The answer to one request.

    Attributes:
        success: every event is in the log.
        position: log size after this request; a reader that demands it sees the request's effects.
    """

    success: bool
    position: int
    outcomes: tuple[Outcome, ...]

    @property
    def captured(self) -> int:
        return sum(outcome.status == "captured" for outcome in self.outcomes)


@dataclass(slots=True)
class _Candidate:
    """An event of a request on its way through the writer."""

    captured: CapturedEvent
    prepared: Prepared | None
    issues: list[Issue] = field(default_factory=list)
    status: Literal["captured", "duplicate", "refused", "left_out"] = "refused"
    position: int | None = None


@dataclass(slots=True)
class _Request:
    candidates: list[_Candidate]
    master_data: list[Statement]
    behaviour: Behaviour
    done: Future[CaptureResult] = field(default_factory=Future)

    @property
    def weight(self) -> int:
        return len(self.candidates) + len(self.master_data)


class Capture:
    """Takes documents into the log and the index; the only writer of its data folder.

    Args:
        log: opened for writing.
        index: the event index; brought up to the log before anything is taken.
        on_commit: called with the log size after each group, from the writer thread.
        limits: what a document may ask for.
    """

    def __init__(
        self,
        log: Log,
        index: EventIndex,
        *,
        on_commit: Callable[[int], None] | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self._log = log
        self._index = index
        self._on_commit = on_commit
        self._queue: queue.Queue[_Request | None] = queue.Queue(WAITING_REQUESTS)
        self._state = threading.Lock()
        self._running = False
        self._thread = threading.Thread(target=self._run, name="suyuan-writer", daemon=True)

    def start(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Bring the index up to the log, then begin to take requests.

        Args:
            progress: told (done, total) entries while the index catches up.
        """
        settle(self._index, self._log)
        catch_up(self._index, self._log, indexed, progress=progress)
        self._running = True
        self._thread.start()

    def stop(self) -> None:
        """Finish what waits, then end the writer."""
        with self._state:
            if not self._running:
                return
            self._running = False
        self._queue.put(None)
        self._thread.join()

    # -- in the request's own thread ----------------------------------------------------------------

    def capture(self, data: bytes, party: str, behaviour: Behaviour = Behaviour.ROLLBACK) -> CaptureResult:
        """Read, validate and append a document, and wait until it is durable and indexed.

        Args:
            data: an EPCISDocument, EPCISQueryDocument or one bare event, JSON-LD.
            party: canonical identifier of the capturing party.

        Raises:
            ValidationFailed: the document as a whole cannot be used; `extra["errors"]` has the issues.
            Busy, WriterStopped: try again later; nothing was kept.
        """
        return self.submit(data, party, behaviour).result()

    def submit(self, data: bytes, party: str, behaviour: Behaviour) -> Future[CaptureResult]:
        """As `capture`, but does not wait: the future is done when the request is durable and indexed."""
        try:
            document = read_json(data, self.limits)
        except EpcisError as fault:
            raise ValidationFailed(
                str(fault), extra={"errors": [issue_json(issue) for issue in fault.issues]}
            ) from fault
        return self.submit_document(document, party, behaviour)

    def submit_document(self, document: Document, party: str, behaviour: Behaviour) -> Future[CaptureResult]:
        """As `submit`, for a document that was read already."""
        candidates = [_candidate(captured, document, party) for captured in document.events]
        statements = [
            master_data_statement(str(vocabulary.get("type", "")), element, party)
            for vocabulary in document.master_data
            for element in vocabulary.get("vocabularyElementList") or ()
        ]
        request = _Request(candidates, statements, behaviour)
        with self._state:
            if not self._running:
                raise WriterStopped("the writer is not running")
            try:
                self._queue.put_nowait(request)
            except queue.Full:
                raise Busy(f"{WAITING_REQUESTS} requests are waiting; try again in a second") from None
        return request.done

    # -- in the writer thread -----------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            group = self._next_group()
            if group is None:
                return
            try:
                self._commit(group)
            except BaseException as fault:
                logger.exception("a group of %d requests was not captured", len(group))
                for request in group:
                    if not request.done.done():
                        request.done.set_exception(fault)

    def _next_group(self) -> list[_Request] | None:
        """Wait for a request, then take along what else waits; None when it is time to stop."""
        first = self._queue.get()
        if first is None:
            return None
        group, weight = [first], first.weight
        while weight < GROUP_EVENTS and len(group) < GROUP_REQUESTS:
            try:
                request = self._queue.get_nowait()
            except queue.Empty:
                break
            if request is None:
                self._queue.put(None)  # stop after this group
                break
            group.append(request)
            weight += request.weight
        return group

    def _commit(self, group: list[_Request]) -> None:
        """Judge, append and index one group; then answer."""
        catch_up(self._index, self._log, indexed)  # after a failure of the index, else nothing to do
        ids = [c.prepared.known.event_id for r in group for c in r.candidates if c.prepared is not None]
        known = self._index.known(list(dict.fromkeys(ids)))
        first = self._log.size
        batches: list[list[Statement]] = []
        slot = first
        for request in group:
            batch = self._judge(request, known, slot)
            if batch:
                batches.append(batch)
                slot += len(batch)
        if batches:
            receipts = self._log.append_batches(batches)
            if receipts[0].first != first:  # something else, such as an erasure, was appended in between
                _shift(group, first, receipts[0].first - first)
            self._project(group, receipts[0].first, slot - first, receipts[0].record_time)
        for request in group:
            request.done.set_result(_result(request, self._log.size))
        if batches and self._on_commit is not None:
            self._on_commit(self._log.size)

    def _judge(self, request: _Request, known: dict[str, list[Known]], slot: int) -> list[Statement]:
        """Decide each event's fate and place; the statements to append, none when rolled back.

        `known` grows by what this request brings, so that later requests of the group see it in flight.
        """
        fresh: list[Known] = []
        statements = list(request.master_data)
        for candidate in request.candidates:
            prepared = candidate.prepared
            if prepared is None:
                continue
            key = prepared.known
            verdict = judge(
                key, [*known.get(key.event_id, ()), *(k for k in fresh if k.event_id == key.event_id)]
            )
            candidate.status = verdict.status
            candidate.position = verdict.position
            candidate.issues += [
                Issue(candidate.captured.pointer + "/eventID", text, "duplicate eventID", severity)
                for severity, text in verdict.remarks
            ]
            if verdict.status == "captured":
                candidate.position = slot + len(statements)
                fresh.append(key.at(candidate.position))
                statements.append(prepared.statement)
        refused = any(candidate.status == "refused" for candidate in request.candidates)
        if refused and request.behaviour is Behaviour.ROLLBACK:
            for candidate in request.candidates:
                if candidate.status == "captured" or (
                    candidate.status == "duplicate"
                    and candidate.position is not None
                    and candidate.position >= slot
                ):
                    candidate.status, candidate.position = "left_out", None
            request.master_data = []
            return []
        for key in fresh:
            known.setdefault(key.event_id, []).append(key)
        return statements

    def _project(self, group: list[_Request], first: int, count: int, record_time: int) -> None:
        """Put what was appended into the index.

        The events are durable already: if this fails, the request has succeeded all the same, and the index
        catches up from the log before the next group.
        """
        try:
            if self._index.position == first:
                self._index.apply(first, self._rows(group, first, record_time), self._log.root(first + count))
            catch_up(self._index, self._log, indexed)  # what others appended
        except Exception:
            logger.exception("the event index did not take entries from %d; it will catch up", first)

    def _rows(
        self, group: list[_Request], first: int, record_time: int
    ) -> list[IndexedEvent | MasterData | None]:
        rows: list[IndexedEvent | MasterData | None] = []
        for request in group:
            if request.master_data:
                start = first + len(rows)
                stop = start + len(request.master_data)
                rows += [indexed(entry) for entry in self._log.entries(start, stop)]
            for candidate in request.candidates:
                if candidate.status == "captured" and candidate.prepared is not None:
                    rows.append(indexed_event(candidate.prepared, first + len(rows), record_time))
        return rows


def _shift(group: list[_Request], first: int, by: int) -> None:
    """Correct the places of what this group appends, which were counted from `first`."""
    for request in group:
        for candidate in request.candidates:
            if candidate.position is not None and candidate.position >= first:
                candidate.position += by


@dataclass(frozen=True, slots=True)
class _Verdict:
    status: Literal["captured", "duplicate", "refused"]
    position: int | None = None
    remarks: tuple[tuple[Literal["error", "warning"], str], ...] = ()


def judge(new: Known, existing: Sequence[Known]) -> _Verdict:
    """New, repeat or contradiction (contract 6).

    The key of an entry is (eventID, errorDeclaration); a declaration is moreover its party's own word, so a
    stranger's can neither block nor pre-empt another's.
    """
    for other in existing:
        same_content = new.content_hash == other.content_hash
        if new.declaration is not None:
            if other.party != new.party:
                continue
            if not same_content:
                return _refused(
                    f"the error declaration does not repeat the event captured as {new.event_id} at log"
                    f" position {other.position} (EPCIS 2.0 §7.4.1.2: all fields are repeated)"
                )
            if other.declaration == new.declaration:
                return _Verdict("duplicate", other.position)
            continue
        if other.declaration is not None:
            if other.party == new.party and not same_content:
                return _refused(
                    f"an error declaration captured before (log position {other.position}) repeats"
                    f" {new.event_id} with other content"
                )
            continue
        if not same_content:
            return _refused(
                f"eventID {new.event_id} was captured before with other content (log position {other.position})"
            )
        remarks: list[tuple[Literal["error", "warning"], str]] = []
        if other.party != new.party:
            remarks.append(("warning", "this event was captured before by another party"))
        if other.body_digest != new.body_digest:
            remarks.append(("warning", "known in another spelling; the first capture is kept"))
        return _Verdict("duplicate", other.position, tuple(remarks))
    return _Verdict("captured")


def _refused(text: str) -> _Verdict:
    return _Verdict("refused", None, (("error", text),))


def _candidate(captured: CapturedEvent, document: Document, party: str) -> _Candidate:
    event: Event | None = captured.event
    issues = list(captured.issues)
    if event is None or any(issue.severity == "error" for issue in issues):
        return _Candidate(captured, None, issues)
    try:
        flatten(captured.received)  # what the log would refuse must not fail the group it is appended with
    except StatementError as fault:
        issues.append(Issue(captured.pointer, str(fault), "limits of a log entry"))
        return _Candidate(captured, None, issues)
    prepared = prepare(event, captured.received, document.context, party, ignored=document.ignored)
    return _Candidate(captured, prepared, issues)


def _result(request: _Request, size: int) -> CaptureResult:
    outcomes = tuple(
        Outcome(
            candidate.captured.index,
            candidate.captured.pointer,
            candidate.status,
            None if candidate.prepared is None else candidate.prepared.known.event_id,
            candidate.position,
            tuple(candidate.issues),
        )
        for candidate in request.candidates
    )
    success = all(outcome.status in ("captured", "duplicate") for outcome in outcomes)
    return CaptureResult(success, size, outcomes)


def issue_json(issue: Issue) -> dict[str, object]:
    """An issue as it stands in answers and job reports."""
    shown: dict[str, object] = {
        "pointer": issue.pointer,
        "message": issue.message,
        "rule": issue.rule,
        "severity": issue.severity,
    }
    if issue.line is not None:
        shown["line"], shown["column"] = issue.line, issue.column
    return shown
