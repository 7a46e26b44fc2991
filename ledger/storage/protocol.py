"""What a storage of the log must do: keep entries and tree hashes by position, and commit by one
compare-and-set.

A writer stages a group of entries (`stage`), which nobody sees, and then replaces the one checkpoint
(`commit`): that replacement is the commit. It succeeds only if the checkpoint is still the one the writer saw
last, so that a writer that was paused while another took over can never sign a rival tree. Each opening for
writing is a new epoch; a storage without exclusive access keys what it stages by (epoch, position), so that
what an old writer still stages cannot be mistaken for what was committed.

Readers see the entries below the size of the checkpoint they hold, and nothing of them ever changes, except
that the body of an erased entry disappears.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

__all__ = ["Committed", "Group", "Storage", "Stored"]


@dataclass(frozen=True, slots=True)
class Committed:
    """The committed state: `size` entries and the signed `checkpoint` (a note) over them."""

    size: int
    checkpoint: bytes


@dataclass(frozen=True, slots=True)
class Group:
    """Entries to be committed together.

    Args:
        first: position of the first.
        headers: encoded headers.
        bodies: encoded bodies, as many.
        hashes: for each level of tiles the hashes that the entries complete, concatenated (32 bytes each).
    """

    first: int
    headers: Sequence[bytes]
    bodies: Sequence[bytes]
    hashes: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Stored:
    """One entry as stored; `body` is None where it was erased."""

    position: int
    header: bytes
    body: bytes | None


class Storage(Protocol):
    """A place that keeps one log. Every method raises a `LedgerError`: nothing else gets out."""

    def acquire(self) -> Committed | None:
        """Open for writing: exclude other writers, discard what was staged and never committed.

        Returns:
            What is committed, None for a new log.

        Raises:
            LogLocked: another writer holds the log.
            CorruptLog: what was committed is not there as it was written.
        """

    def committed(self) -> Committed | None:
        """Return the state last committed, durably, by any process; None where there is no log yet."""

    def stage(self, group: Group) -> None:
        """Write a group behind what is committed, visible to nobody; on any error nothing is staged."""

    def commit(self, expected: Committed | None, new: Committed) -> None:
        """Make what was staged durable and replace the checkpoint, if it is still `expected`.

        Raises:
            StorageError: it was not, or the storage refused; nothing is committed and nothing staged.
            LogFailed: whether it is committed is unknown; this writer must stop.
        """

    def rollback(self) -> None:
        """Discard what was staged."""

    def read(self, start: int, stop: int) -> Iterator[Stored]:
        """Yield the entries [start, stop), all committed, in order."""

    def hashes(self, level: int, start: int, stop: int) -> bytes:
        """Return the tile hashes [start, stop) of a level, concatenated."""

    def intend_erasure(self, erased: int, by: int) -> None:
        """Note durably that the entry `by`, about to be committed, erases the body of `erased`.

        Should this process die before `erase` is done, the next writer finds the note and completes it.
        """

    def pending_erasure(self) -> tuple[int, int] | None:
        """Return (erased, by) of an erasure noted and not completed."""

    def erase(self, position: int) -> None:
        """Overwrite a body, durably and for good; the header stays. Forgets the note of it."""

    def forget_erasure(self) -> None:
        """Drop the note of an erasure whose entry was not committed."""

    def close(self) -> None:
        """Release what is held; a writer's exclusion too."""
