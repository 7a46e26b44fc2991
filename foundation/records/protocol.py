"""The protocol behind which the records are kept: SQLite now, MongoDB with the same declarations.

Five operations, each atomic on one record; whoever needs more than one record arranges his writes so that
every prefix of them is sound.  Versions make lost updates impossible: a writer names the version he has seen,
and a version is never used twice for one key, not even after deletion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from .record import Conflict, Record, Scalar


class Records(Protocol):
    """Where records are kept; every method may be called from any thread.

    Raises (all methods): `BadRecord` for an undeclared kind or field or an unusable key or value, `Busy` when
    another writer held the store too long.
    """

    def get(self, kind: str, key: str) -> Record | None:
        """The record under (kind, key), or None."""

    def put(self, kind: str, key: str, value: dict[str, Any], *, if_version: int | None) -> Record:
        """Write the whole value, durably, if the record is still as the writer has seen it.

        Args:
            if_version: the version seen; None: the record must be absent.

        Returns:
            The record as stored, with its new version.

        Raises:
            Conflict: the record has another version, is absent, or (None) is present.
            NotUnique: another record has the same values in fields declared unique.
        """

    def delete(self, kind: str, key: str, *, if_version: int) -> None:
        """Delete the record if it is still as the writer has seen it.

        Raises:
            Conflict: it has another version or is absent.
        """

    def find(self, kind: str, /, **equals: Scalar) -> Iterator[Record]:
        """The records whose indexed fields have these values, in the order of their keys.

        None matches null and absent.  The answer is read in pages while it is consumed: a record changed
        meanwhile is seen in its old or its new state, never twice.
        """

    def scan(self, kind: str, *, after: str = "", limit: int = 100) -> list[Record]:
        """Up to `limit` (at most 1000) records with key > `after`, in the order of their keys."""


def change(
    records: Records,
    kind: str,
    key: str,
    to: Callable[[dict[str, Any] | None], dict[str, Any]],
    *,
    attempts: int = 100,
) -> Record:
    """Read, decide, write if unchanged; again while others were faster.

    Args:
        to: gives the new value from the present one (None: absent); it may be called several times, and what
            it raises ends the attempt.
        attempts: how often to try before the conflict is passed on.

    Returns:
        The record as stored.

    Raises:
        Conflict: after the last attempt.
    """
    for attempt in range(1, attempts + 1):
        seen = records.get(kind, key)
        value = to(None if seen is None else seen.value)
        try:
            return records.put(kind, key, value, if_version=None if seen is None else seen.version)
        except Conflict:
            if attempt == attempts:
                raise
    raise ValueError(f"attempts must be at least 1, not {attempts}")
