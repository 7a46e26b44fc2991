"""The capture pipeline: validate → canonical → hash → seal → append → project → answer.

All that can be wrong with an event, down to what the log would refuse, is found in the thread of its request:
what reaches the writer is sealed, so one bad event can never fail the group that it would be written with.
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
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from foundation.epcis import CapturedEvent, Document, EpcisError, Event, Issue, Limits, read_json
from ledger import MAX_BATCH_ENTRIES, Log, Receipt, Sealed, StatementError, seal
from trace_api.duplicates import judge
from trace_api.errors import CaptureLimitExceeded, TraceApiError, ValidationFailed
from trace_api.projection import catch_up, settle
from trace_api.report import CaptureResult, Outcome, issue_json
from trace_api.statement import (
    ContextTooLarge,
    Prepared,
    erasure_meta,
    indexed,
    indexed_event,
    kept_context,
    master_data_statement,
    prepare,
)
from trace_api.store.protocol import EventIndex, Indexed, Known

__all__ = ["Behaviour", "Busy", "Capture", "WriterStopped"]

GROUP_EVENTS = 4096
GROUP_REQUESTS = 256
WAITING_REQUESTS = 2000
LOG_ENTRY = "limits of a log entry"
LONGEST_EVENT_ID = 2048

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


@dataclass(slots=True)
class _Candidate:
    """An event of a request on its way through the writer."""

    captured: CapturedEvent
    prepared: Prepared | None
    issues: list[Issue] = field(default_factory=list)
    sealed: Sealed | None = None
    status: Literal["captured", "duplicate", "refused", "left_out"] = "refused"
    position: int | None = None


@dataclass(slots=True)
class _Erasure:
    """An entry to be erased, on its way through the writer."""

    position: int
    reason: str
    by: str | None
    done: Future[Receipt] = field(default_factory=Future)


@dataclass(slots=True)
class _Request:
    candidates: list[_Candidate]
    master_data: list[Sealed]
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
        self._queue: queue.Queue[_Request | _Erasure | None] = queue.Queue(WAITING_REQUESTS)
        self._left: deque[_Erasure | None] = deque()  # taken from the queue while a group was gathered
        self._state = threading.Lock()
        self._running = False
        self._thread = threading.Thread(target=self._run, name="suyuan-writer", daemon=True)
        self._tally: Counter[str] = Counter(captured=0, duplicate=0, refused=0, left_out=0)

    @property
    def running(self) -> bool:
        """Whether requests are taken and written."""
        return self._running and self._thread.is_alive()

    def tally(self) -> dict[str, int]:
        """How many events there were of each `Outcome.status` since the start."""
        return dict(self._tally)

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
            CaptureLimitExceeded: more events and master data than one batch of the log takes.
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
        weight = len(document.events) + sum(1 for _ in _elements(document))
        if weight > MAX_BATCH_ENTRIES:
            raise CaptureLimitExceeded(
                f"{weight} events and master data elements; one request takes {MAX_BATCH_ENTRIES}"
            )
        try:
            context = kept_context(document.context)
        except ContextTooLarge as fault:
            issue = Issue("/@context", str(fault), LOG_ENTRY)
            raise ValidationFailed(str(issue), extra={"errors": [issue_json(issue)]}) from fault
        candidates = [_candidate(captured, document, context, party) for captured in document.events]
        _seal_events(candidates)
        request = _Request(candidates, _sealed_master_data(document, party), behaviour)
        self._enqueue(request)
        return request.done

    def erase(self, position: int, reason: str, *, by: str | None = None) -> Receipt:
        """Erase the body of a log entry for good, and wait until the index knows it no more (contract 13).

        The entry that says so keeps the eventID and the capturing party, so that the party's statement is not
        captured again.

        Args:
            position: which entry.
            reason: why, kept in the log for good.
            by: who asked for it or on what ground, kept with it.

        Raises:
            UnknownPosition, BodyErased, StatementError: it cannot be erased; nothing was.
            StorageError: as `ledger.Log.erase`.
            Busy, WriterStopped: try again later; nothing was erased.
        """
        erasure = _Erasure(position, reason, by)
        self._enqueue(erasure)
        return erasure.done.result()

    def _enqueue(self, work: _Request | _Erasure) -> None:
        with self._state:
            if not self._running:
                raise WriterStopped("the writer is not running")
            try:
                self._queue.put_nowait(work)
            except queue.Full:
                raise Busy(f"{WAITING_REQUESTS} requests are waiting; try again in a second") from None

    # -- in the writer thread -----------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            group = self._next_group()
            if group is None:
                return
            if isinstance(group, _Erasure):
                self._carry_out(group)
                continue
            if not group:
                continue
            try:
                self._commit(group)
            except BaseException as fault:
                logger.exception("a group of %d requests was not captured", len(group))
                for request in group:
                    if not request.done.done():
                        request.done.set_exception(fault)

    def _next_group(self) -> list[_Request] | _Erasure | None:
        """Wait for a request, then take along what else waits, up to an erasure; None when it is time to stop."""
        first = self._left.popleft() if self._left else self._queue.get()
        if not isinstance(first, _Request):
            return first
        group, weight = [first], first.weight
        while weight < GROUP_EVENTS and len(group) < GROUP_REQUESTS:
            try:
                request = self._queue.get_nowait()
            except queue.Empty:
                break
            if not isinstance(request, _Request):
                self._left.append(request)  # after this group
                break
            group.append(request)
            weight += request.weight
        # From here on a caller that has gone away can no longer take its request back.
        return [request for request in group if request.done.set_running_or_notify_cancel()]

    def _carry_out(self, erasure: _Erasure) -> None:
        if not erasure.done.set_running_or_notify_cancel():
            return
        try:
            catch_up(self._index, self._log, indexed)
            meta: dict[str, Any] = {}
            if 0 <= erasure.position < self._log.size:
                entry = self._log.entry(erasure.position)
                meta = {} if entry.erased else erasure_meta(entry)
            if erasure.by is not None:
                meta["by"] = erasure.by
            receipt = self._log.erase(erasure.position, erasure.reason, meta)
            try:
                catch_up(self._index, self._log, indexed)
            except Exception:
                logger.exception("the index did not take the erasure of %d; it will", erasure.position)
            if self._on_commit is not None:
                self._on_commit(self._log.size)
            erasure.done.set_result(receipt)
        except BaseException as fault:
            erasure.done.set_exception(fault)

    def _commit(self, group: list[_Request]) -> None:
        """Judge, append and index one group; then answer."""
        catch_up(self._index, self._log, indexed)  # after a failure of the index, else nothing to do
        ids = [c.prepared.known.event_id for r in group for c in r.candidates if c.prepared is not None]
        known = self._index.known(list(dict.fromkeys(ids)))
        first = self._log.size
        batches: list[list[Sealed]] = []
        appended: list[_Request] = []
        slot = first
        for request in group:
            batch = self._judge(request, known, slot)
            if batch:
                batches.append(batch)
                appended.append(request)
                slot += len(batch)
        if batches:
            receipts = self._log.append_batches(batches)
            if receipts[0].first != first:  # something else, such as an erasure, was appended in between
                _shift(group, first, receipts[0].first - first)
            self._project(list(zip(appended, receipts, strict=True)))
        for request in group:
            self._tally.update(candidate.status for candidate in request.candidates)
            request.done.set_result(_result(request, self._log.size))
        if batches and self._on_commit is not None:
            self._on_commit(self._log.size)

    def _judge(self, request: _Request, known: dict[str, list[Known]], slot: int) -> list[Sealed]:
        """Decide each event's fate and place; the statements to append, none when rolled back.

        `known` grows by what this request brings, so that later requests of the group see it in flight.
        """
        fresh: dict[str, list[Known]] = {}
        statements = list(request.master_data)
        for candidate in request.candidates:
            if candidate.prepared is None or candidate.sealed is None:
                continue
            key = candidate.prepared.known
            verdict = judge(key, [*known.get(key.event_id, ()), *fresh.get(key.event_id, ())])
            candidate.status = verdict.status
            candidate.position = verdict.position
            candidate.issues += [
                Issue(candidate.captured.pointer + "/eventID", text, "duplicate eventID", severity)
                for severity, text in verdict.remarks
            ]
            if verdict.status == "captured":
                candidate.position = slot + len(statements)
                fresh.setdefault(key.event_id, []).append(key.at(candidate.position))
                statements.append(candidate.sealed)
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
        for event_id, keys in fresh.items():
            known.setdefault(event_id, []).extend(keys)
        return statements

    def _project(self, appended: list[tuple[_Request, Receipt]]) -> None:
        """Put what was appended into the index.

        The events are durable already: if this fails, the request has succeeded all the same, and the index
        catches up from the log before the next group.
        """
        first, last = appended[0][1], appended[-1][1]
        try:
            if self._index.position == first.first:
                rows = [row for request, receipt in appended for row in self._rows(request, receipt)]
                self._index.apply(first.first, rows, self._log.root(last.first + last.count))
            catch_up(self._index, self._log, indexed)  # what others appended
        except Exception:
            logger.exception("the event index did not take entries from %d; it will catch up", first.first)

    def _rows(self, request: _Request, receipt: Receipt) -> list[Indexed]:
        start = receipt.first
        events = start + len(request.master_data)
        rows = [indexed(entry) for entry in self._log.entries(start, events)] if events > start else []
        for candidate in request.candidates:
            if candidate.status == "captured" and candidate.prepared is not None:
                rows.append(indexed_event(candidate.prepared, start + len(rows), receipt.record_time))
        return rows


def _shift(group: list[_Request], first: int, by: int) -> None:
    """Correct the places of what this group appends, which were counted from `first`."""
    for request in group:
        for candidate in request.candidates:
            if candidate.position is not None and candidate.position >= first:
                candidate.position += by


def _candidate(captured: CapturedEvent, document: Document, context: Any, party: str) -> _Candidate:
    event: Event | None = captured.event
    issues = list(captured.issues)
    if event is None or any(issue.severity == "error" for issue in issues):
        return _Candidate(captured, None, issues)
    if event.event_id is not None and len(event.event_id) > LONGEST_EVENT_ID:
        message = f"{len(event.event_id)} characters; an eventID may have {LONGEST_EVENT_ID}"
        issues.append(Issue(captured.pointer + "/eventID", message, LOG_ENTRY))
        return _Candidate(captured, None, issues)
    prepared = prepare(event, captured.received, context, party, ignored=document.ignored)
    return _Candidate(captured, prepared, issues)


def _seal_events(candidates: Sequence[_Candidate]) -> None:
    """Seal the good events, all at one go; one that the log would refuse becomes a refused one."""
    good = [(c, c.prepared.statement) for c in candidates if c.prepared is not None]
    try:
        for (candidate, _), sealed in zip(good, seal([statement for _, statement in good]), strict=True):
            candidate.sealed = sealed
    except StatementError:
        for candidate, statement in good:
            try:
                [candidate.sealed] = seal([statement])
            except StatementError as fault:
                candidate.issues.append(Issue(candidate.captured.pointer, str(fault), LOG_ENTRY))
                candidate.prepared = None


def _elements(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    """The vocabulary elements of a document, each with its vocabulary."""
    for vocabulary in document.master_data:
        for element in vocabulary.get("vocabularyElementList") or ():
            yield str(vocabulary.get("type", "")), element


def _sealed_master_data(document: Document, party: str) -> list[Sealed]:
    """The vocabulary elements of a document; `ValidationFailed` if the log would refuse one."""
    try:
        return seal([master_data_statement(kind, element, party) for kind, element in _elements(document)])
    except StatementError as fault:
        issue = Issue("/epcisHeader/epcisMasterData", str(fault), LOG_ENTRY)
        raise ValidationFailed(str(issue), extra={"errors": [issue_json(issue)]}) from fault


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
