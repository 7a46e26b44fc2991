"""The log: one writer appends whole batches, durably, under a signed checkpoint each.

The life of a batch:
1. its statements are sealed (flattened and committed to, each under a fresh salt) in the caller's thread:
   whatever can be wrong with a statement is found here, before it can fail the group it is written with;
2. it queues up; whoever holds the pen takes everything that waits (group commit);
3. the group gets its positions and its record time, its headers grow the tree, the new checkpoint is signed;
4. the storage makes all of it durable and replaces the checkpoint: the commit;
5. every caller of the group gets its receipt.

A failure before 4 leaves the log at the checkpoint before, ready for more. If the outcome of 4 is unknown,
the log refuses further writes until it is opened again, which finds out.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from types import TracebackType
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import merkle
from ledger.checkpoint import Checkpoint, NoteSigner, NoteVerifier, open_note, sign_checkpoint
from ledger.commitment import body_commitments
from ledger.entry import (
    BATCH_ID_BYTES,
    MAX_RECEIVED_BYTES,
    MAX_SIGNATURE_BYTES,
    SALT_BYTES,
    Body,
    Header,
    Kind,
    Statement,
)
from ledger.erasure import erased_position, erasure_statement
from ledger.errors import BodyErased, LedgerError, LogClosed, LogFailed, NoteError, StatementError
from ledger.reader import LogReader
from ledger.storage.protocol import Committed, Group, Storage

__all__ = ["MAX_BATCH_ENTRIES", "Clock", "Log", "Receipt", "Sealed", "seal"]

Clock = Callable[[], int]
"""Returns the present time in microseconds UTC since 1970."""

MAX_BATCH_ENTRIES = 65_536
MAX_BATCH_BYTES = 256 * 1024 * 1024
MAX_GROUP_ENTRIES = 8_192
MAX_GROUP_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an append became.

    Args:
        first: position of the first statement; the others follow it without a gap.
        count: how many.
        record_time: microseconds UTC since 1970, the same for the batch.
        checkpoint: the signed note that first covers the batch.
        batch_id: 16 bytes that the headers carry.
    """

    first: int
    count: int
    record_time: int
    checkpoint: bytes
    batch_id: bytes


@dataclass(frozen=True, slots=True)
class Sealed:
    """A statement under its own salt and commitment, ready to be appended, once; made by `seal`.

    Args:
        kind: what is stated.
        body: the bytes that the storage keeps.
        commitment: 32 bytes that the header carries.
    """

    kind: Kind
    body: bytes
    commitment: bytes


class _Batch:
    """Statements ready to be written, and what became of them."""

    __slots__ = ("batch_id", "error", "octets", "receipt", "sealed")

    def __init__(self, sealed: Sequence[Sealed], batch_id: bytes) -> None:
        self.sealed = sealed
        self.octets = sum(len(each.body) for each in sealed)
        self.batch_id = batch_id
        self.receipt: Receipt | None = None
        self.error: BaseException | None = None

    @property
    def settled(self) -> bool:
        return self.receipt is not None or self.error is not None


class Log(LogReader):
    """A log open for appending. Every method may be called from any thread."""

    def __init__(
        self, storage: Storage, state: Committed, signer: NoteSigner, verifier: NoteVerifier, clock: Clock
    ) -> None:
        super().__init__(storage, state, verifier)
        self._signer = signer
        self._clock = clock
        self._frontier = merkle.Frontier(state.size, self._tree.peaks(state.size))
        self._last_time = self.entry(state.size - 1).header.record_time if state.size else 0
        self._pen = Lock()
        self._gathering = Lock()
        self._queue: deque[_Batch] = deque()
        self._failed: str | None = None
        self._closed = False

    @classmethod
    def open(cls, storage: Storage, signer: Ed25519PrivateKey, origin: str, clock: Clock) -> Log:
        """Open a log for writing, making it where there is none.

        Args:
            storage: where it is kept.
            signer: the log's own key (`ledger.load_or_create_key`).
            origin: the log's name for good, such as "trace.example/log"; first line of every checkpoint.
            clock: the present time in microseconds.

        Raises:
            LogLocked: another writer holds it.
            CorruptLog: what was committed is not there as it was written.
            NoteError: the log there has another origin or key.
        """
        note_signer = NoteSigner(origin, signer)
        verifier = NoteVerifier.parse(note_signer.verifier_key())
        state = storage.acquire()
        try:
            if state is None:
                empty = Checkpoint(origin, 0, merkle.EMPTY_ROOT)
                state = Committed(0, sign_checkpoint(empty, note_signer))
                storage.commit(None, state)
            try:
                open_note(state.checkpoint, [verifier])
            except NoteError as error:
                raise NoteError(f"the log there is not {origin!r} under this key: {error}") from error
            log = cls(storage, state, note_signer, verifier, clock)
            log._complete_erasure()
        except BaseException:
            storage.close()
            raise
        return log

    # Appending

    def append(self, statements: Sequence[Statement], batch_id: bytes | None = None) -> Receipt:
        """Append a whole batch or nothing; returns when it is durable.

        Batches of several threads that wait at once share one commit.

        Args:
            statements: at least one; erasures go through `erase`.
            batch_id: 16 bytes, random if not given.

        Raises:
            StatementError: a statement cannot be appended; nothing was.
            StorageError: the storage refused; nothing was appended, one may try again.
            LogFailed: the outcome is unknown; open the log again.
        """
        return self._append([_batch(seal(statements), batch_id)])[0]

    def append_batches(self, batches: Sequence[Sequence[Sealed]]) -> list[Receipt]:
        """Append several batches, each whole, one behind the other without a gap, in as few commits as go.

        For a caller that has gathered the requests of many; each statement was sealed by itself, so that
        none can fail the others here. If the storage refuses midway, the batches of the commits before it
        stay.

        Raises:
            As `append`; `StatementError` only for a batch with nothing or too much in it.
        """
        return self._append([_batch(sealed, None) for sealed in batches])

    def _append(self, batches: Sequence[_Batch]) -> list[Receipt]:
        self._check_open()
        with self._gathering:  # the batches of one call stand together in the queue
            self._queue.extend(batches)
        with self._pen:
            while not all(batch.settled for batch in batches):
                self._write(self._next_group())
        return [_result(batch) for batch in batches]

    def erase(self, position: int, reason: str, meta: Mapping[str, Any] | None = None) -> Receipt:
        """Erase the body and salt of an entry for good, by an entry that says so; the header stays.

        Args:
            position: which entry; not an erasure itself.
            reason: why, kept in the log.
            meta: facts to keep with it (who asked, on what ground).

        Raises:
            UnknownPosition: there is no such entry.
            BodyErased: it was erased before.
            StatementError: the entry is an erasure.
            StorageError: the erasure is not logged; or it is, the overwriting failed, and the next opening of
                the log completes it.
        """
        self._check_open()
        batch = _batch(_seal([erasure_statement(position, reason, meta or {})]), None)
        with self._pen:
            target = self.entry(position)
            if target.erased:
                raise BodyErased(f"the body of entry {position} was erased before")
            if target.header.kind is Kind.ERASURE:
                raise StatementError(f"entry {position} is an erasure and cannot be erased")
            self._check_open()
            self._storage.intend_erasure(position, self.size)
            self._write([batch])
            if batch.error is not None:
                if self._failed is None:
                    self._storage.forget_erasure()
                raise batch.error
            self._storage.erase(position)
        return _result(batch)

    def close(self) -> None:
        """Wait for the group that is being written, then let go of the storage."""
        with self._pen:
            self._closed = True
            while self._queue:
                self._queue.popleft().error = LogClosed("the log was closed")
            self._storage.close()

    def __enter__(self) -> Log:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # Parts

    def _next_group(self) -> list[_Batch]:
        """Take what waits, in order, up to the limits of one commit."""
        group = [self._queue.popleft()]
        entries, octets = len(group[0].sealed), group[0].octets
        while self._queue:
            entries += len(self._queue[0].sealed)
            octets += self._queue[0].octets
            if entries > MAX_GROUP_ENTRIES or octets > MAX_GROUP_BYTES:
                break
            group.append(self._queue.popleft())
        return group

    def _write(self, group: Sequence[_Batch]) -> None:
        """Commit a group; every batch of it is settled afterwards."""
        try:
            self._check_open()
            self._commit(group)
        except BaseException as error:
            told = (
                error if isinstance(error, Exception) else LogFailed(f"a commit was interrupted: {error!r}")
            )
            for batch in group:
                batch.error = told
            if told is not error:
                raise

    def _commit(self, group: Sequence[_Batch]) -> None:
        before = self._state
        now = max(self._clock(), self._last_time)
        headers = [
            Header(1, each.kind, now, batch.batch_id, index, each.commitment).encode()
            for batch in group
            for index, each in enumerate(batch.sealed)
        ]
        frontier = self._frontier.copy()
        hashes = frontier.grow(merkle.leaf_hashes(headers))
        checkpoint = Checkpoint(self.origin, frontier.size, frontier.root())
        state = Committed(frontier.size, sign_checkpoint(checkpoint, self._signer))
        bodies = [each.body for batch in group for each in batch.sealed]
        staged = False
        try:
            self._storage.stage(Group(before.size, headers, bodies, hashes))
            staged = True
            self._storage.commit(before, state)
        except LogFailed as error:
            self._failed = str(error)
            raise
        except LedgerError:
            raise  # the storage has taken everything back
        except BaseException as error:
            if staged:
                self._failed = f"a commit was interrupted: {error!r}"
            raise
        self._frontier, self._last_time, self._state = frontier, now, state
        first = before.size
        for batch in group:
            batch.receipt = Receipt(first, len(batch.sealed), now, state.checkpoint, batch.batch_id)
            first += len(batch.sealed)

    def _complete_erasure(self) -> None:
        """Do what a writer that died between logging an erasure and overwriting the body left undone."""
        pending = self._storage.pending_erasure()
        if pending is None:
            return
        erased, by = pending
        logged = by < self.size and self.entry(by).header.kind is Kind.ERASURE
        if logged and erased_position(self.entry(by)) == erased:
            self._storage.erase(erased)
        else:
            self._storage.forget_erasure()

    def _check_open(self) -> None:
        if self._closed:
            raise LogClosed("the log was closed")
        if self._failed is not None:
            raise LogFailed(f"the log takes no more writes until it is opened again: {self._failed}")


def seal(statements: Sequence[Statement]) -> list[Sealed]:
    """Salt statements and commit to them, so that nothing about them can be refused any more.

    Args:
        statements: in order; erasures go through `Log.erase`.

    Returns:
        One for each. It holds a fresh salt and is appended once: two entries must not share a salt.

    Raises:
        StatementError: one of them cannot be appended; says why.
    """
    if any(statement.kind is Kind.ERASURE for statement in statements):
        raise StatementError("an erasure is appended by erase(), which also erases")
    return _seal(statements)


def _seal(statements: Sequence[Statement]) -> list[Sealed]:
    salts = os.urandom(SALT_BYTES * len(statements))
    bodies = []
    for index, statement in enumerate(statements):
        if len(statement.received) > MAX_RECEIVED_BYTES or len(statement.signature) > MAX_SIGNATURE_BYTES:
            raise StatementError(
                f"statement {index} of the batch is larger than {MAX_RECEIVED_BYTES} bytes,"
                f" or its signature than {MAX_SIGNATURE_BYTES}"
            )
        salt = salts[index * SALT_BYTES : (index + 1) * SALT_BYTES]
        bodies.append(Body(salt, statement.received, statement.meta_json(), statement.signature))
    return [
        Sealed(statement.kind, body.encode(), commitment)
        for statement, body, commitment in zip(statements, bodies, body_commitments(bodies), strict=True)
    ]


def _batch(sealed: Sequence[Sealed], batch_id: bytes | None) -> _Batch:
    """What is appended together; raises `StatementError` for nothing, or too much."""
    if not 0 < len(sealed) <= MAX_BATCH_ENTRIES:
        raise StatementError(f"a batch has 1 to {MAX_BATCH_ENTRIES} statements, not {len(sealed)}")
    chosen = os.urandom(BATCH_ID_BYTES) if batch_id is None else batch_id
    if len(chosen) != BATCH_ID_BYTES:
        raise StatementError(f"a batch id has {BATCH_ID_BYTES} bytes, not {len(chosen)}")
    batch = _Batch(sealed, chosen)
    if batch.octets > MAX_BATCH_BYTES:
        raise StatementError(f"a batch of {batch.octets} bytes is larger than {MAX_BATCH_BYTES}")
    return batch


def _result(batch: _Batch) -> Receipt:
    if batch.error is not None:
        raise batch.error
    if batch.receipt is None:
        raise LogFailed("the batch was neither committed nor refused")
    return batch.receipt
