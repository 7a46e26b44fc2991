"""The check of a whole log from outside: every byte of it against every claim it makes.

- the checkpoint is signed by the pinned key,
- every entry is there, whole, of a known version and kind; record times never decrease,
- every body leads to the commitment in its header,
- the headers lead to the tile hashes and to the root of the checkpoint,
- a body is missing exactly where an erasure says so.

It reads through the storage like any other reader, needs no lock and no private key, goes on behind what it
finds wrong, and uses bounded memory whatever the length of the log (erased positions apart).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from ledger import merkle
from ledger.checkpoint import NoteVerifier, open_note
from ledger.commitment import body_commitments
from ledger.entry import Body, Entry, Header, Kind
from ledger.erasure import erased_position
from ledger.errors import CorruptLog, LedgerError, NoteError, StatementError, StorageError, UnknownFormat
from ledger.storage.protocol import Storage, Stored

__all__ = ["Finding", "Report", "What", "fsck"]

CHUNK = 1024
MAX_FINDINGS = 1000


class What(StrEnum):
    """What kind of thing is wrong."""

    CHECKPOINT = "checkpoint"
    ENTRY = "entry"
    FORMAT = "format"
    RECORD_TIME = "record-time"
    BATCH = "batch"
    COMMITMENT = "commitment"
    TILE = "tile"
    ROOT = "root"
    ERASURE = "erasure"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: `position` is the entry it was found at, None for the log as a whole."""

    position: int | None
    what: What
    message: str


@dataclass(slots=True)
class Report:
    """What a check found.

    Args:
        size: entries under the checkpoint.
        checked: entries that could be read.
        erased: how many bodies are erased, as logged.
        findings: what is wrong, at most 1000; empty for a sound log.
        dropped: how many findings there were beyond those.
    """

    size: int = 0
    checked: int = 0
    erased: int = 0
    findings: list[Finding] = field(default_factory=list)
    dropped: int = 0

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def add(self, position: int | None, what: What, message: str) -> None:
        """Note something wrong."""
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(Finding(position, what, message))
        else:
            self.dropped += 1


def fsck(
    storage: Storage, verifier: str | NoteVerifier, progress: Callable[[int, int], None] | None = None
) -> Report:
    """Check a whole log.

    Args:
        storage: where it is kept; not opened for writing.
        verifier: the log's pinned public key.
        progress: called with (entries done, entries in all) now and then.

    Raises:
        StorageError: the storage cannot be read at all. What is wrong with the log is reported, not raised.
    """
    report = Report()
    try:
        state = storage.committed()
    except CorruptLog as error:
        report.add(None, What.CHECKPOINT, str(error))
        return report
    if state is None:
        report.add(None, What.CHECKPOINT, "there is no checkpoint")
        return report
    report.size = state.size
    check = _Check(storage, report)
    for start in range(0, state.size, CHUNK):
        stop = min(state.size, start + CHUNK)
        check.chunk(start, stop)
        if progress is not None:
            progress(stop, state.size)
    check.erasures()
    try:
        checkpoint = open_note(state.checkpoint, [verifier]).checkpoint
    except NoteError as error:
        report.add(None, What.CHECKPOINT, str(error))
        return report
    if check.frontier is not None and check.frontier.root() != checkpoint.root:
        report.add(None, What.ROOT, f"the {state.size} headers do not have the root of the checkpoint")
    return report


class _Check:
    """What is carried from one stretch of entries to the next."""

    def __init__(self, storage: Storage, report: Report) -> None:
        self._storage = storage
        self._report = report
        self.frontier: merkle.Frontier | None = merkle.Frontier()
        self._last_time = 0
        self._last_batch: tuple[bytes, int] | None = None
        self._missing: set[int] = set()
        self._named: dict[int, int] = {}

    def chunk(self, start: int, stop: int) -> None:
        """Check the entries [start, stop)."""
        leaves = []
        bodies: list[tuple[int, bytes, Body]] = []
        for stored in self._each(start, stop):
            self._report.checked += 1
            leaves.append(merkle.leaf_hash(stored.header))
            header = self._header(stored)
            if header is None:
                continue
            if stored.body is None:
                self._missing.add(stored.position)
                continue
            try:
                body = Body.decode(stored.body)
            except UnknownFormat as error:
                self._report.add(stored.position, What.FORMAT, str(error))
                continue
            bodies.append((stored.position, header.commitment, body))
            if header.kind is Kind.ERASURE:
                self._erasure(Entry(stored.position, header, stored.body))
        self._commitments(bodies)
        self._tree(start, stop, leaves)

    def _each(self, start: int, stop: int) -> Iterator[Stored]:
        """Yield what can be read of [start, stop); the rest becomes findings."""
        try:
            whole = list(self._storage.read(start, stop))
        except (CorruptLog, StorageError):
            whole = []  # entry by entry, to say which
        yield from whole
        for position in range(start, start if whole else stop):
            try:
                yield from list(self._storage.read(position, position + 1))
            except (CorruptLog, StorageError) as error:
                self._report.add(position, What.ENTRY, str(error))
                self._last_batch = None

    def _header(self, stored: Stored) -> Header | None:
        position = stored.position
        try:
            header = Header.decode(stored.header)
        except UnknownFormat as error:
            self._report.add(position, What.FORMAT, str(error))
            self._last_batch = None
            return None
        if header.record_time < self._last_time:
            self._report.add(
                position,
                What.RECORD_TIME,
                f"its record time {header.record_time} is before the {self._last_time} of an entry before it",
            )
        self._last_time = max(self._last_time, header.record_time)
        last = self._last_batch
        expected = last[1] + 1 if last is not None and last[0] == header.batch_id else 0
        if header.batch_index != expected and (last is not None or position == 0):
            self._report.add(
                position, What.BATCH, f"its index in its batch is {header.batch_index}, not {expected}"
            )
        self._last_batch = header.batch_id, header.batch_index
        return header

    def _commitments(self, bodies: list[tuple[int, bytes, Body]]) -> None:
        try:
            roots: list[bytes | None] = list(body_commitments([body for _, _, body in bodies]))
        except StatementError:
            roots = [self._commitment(position, body) for position, _, body in bodies]
        for (position, commitment, _), root in zip(bodies, roots, strict=True):
            if root is not None and root != commitment:
                self._report.add(
                    position, What.COMMITMENT, "its body does not lead to the commitment in its header"
                )

    def _commitment(self, position: int, body: Body) -> bytes | None:
        try:
            return body_commitments([body])[0]
        except StatementError as error:
            self._report.add(position, What.COMMITMENT, f"its body cannot be committed to: {error}")
            return None

    def _tree(self, start: int, stop: int, leaves: list[bytes]) -> None:
        if self.frontier is None or len(leaves) != stop - start:
            self.frontier = None  # a header is missing: the tree cannot be worked out from here on
            return
        for level, hashes in enumerate(self.frontier.grow(leaves)):
            first = start >> (8 * level)
            try:
                stored = self._storage.hashes(level, first, first + len(hashes) // merkle.HASH_BYTES)
            except LedgerError as error:
                self._report.add(start, What.TILE, f"level {level}: {error}")
                continue
            if stored != hashes:
                self._report.add(start, What.TILE, f"tile hashes of level {level} from {first} on are wrong")

    def _erasure(self, entry: Entry) -> None:
        try:
            self._named[erased_position(entry)] = entry.position
        except (LedgerError, ValueError) as error:
            self._report.add(entry.position, What.ERASURE, str(error))

    def erasures(self) -> None:
        """Compare what is missing with what is logged as erased."""
        for position in sorted(self._missing - self._named.keys()):
            self._report.add(position, What.ERASURE, "its body is missing and no entry erases it")
        for position in sorted(self._named.keys() - self._missing):
            by = self._named[position]
            self._report.add(position, What.ERASURE, f"entry {by} erases its body, and it is still there")
        self._report.erased = len(self._missing & self._named.keys())
