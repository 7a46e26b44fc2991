"""Events on their way to the capture interface, kept on disk until it has them.

The life of an event here:

1. `put`: it is written and synced before `put` returns; from then on a power cut does not lose it.
2. `lease`: a sender takes the oldest ones for a while. If it gives no word, the lease runs out and they are
given
   again. Leases live in memory: after a restart every event waits again.
3. `ack`: the capture interface has them; they are gone. Sending twice does no harm, because the event id was
   minted before the event came here (at least once here, once in the log).
4. or `set_aside`: the capture interface refuses this very event; it is kept apart with the reason, for
people.

The disk it takes is bounded. A full outbox says so (`OutboxFull`) and takes nothing more; it never drops the
oldest, and what it holds can still be sent, acknowledged and set aside.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from readers.driver import Clock, system_clock
from readers.errors import OutboxError, OutboxFull

__all__ = ["Leased", "Outbox", "SetAside"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS waiting (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL UNIQUE,
    event BLOB NOT NULL,
    put_at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS set_aside (
    event_id TEXT PRIMARY KEY,
    event BLOB NOT NULL,
    put_at INTEGER NOT NULL,
    set_aside_at INTEGER NOT NULL,
    reason TEXT NOT NULL
);
"""
_PAGE = 4096
_ROOM_TO_MOVE = 2048  # pages beyond the bound of `put`, so that a full outbox can still set events aside
_ROW = 150  # bytes of a row and its index entry beside the event, generously
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Leased:
    """An event taken for sending: its JSON as bytes, and how often it was taken before."""

    event_id: str
    event: bytes
    attempts: int


@dataclass(frozen=True, slots=True)
class SetAside:
    """An event the capture interface refuses, and why; times in UTC microseconds."""

    event_id: str
    event: bytes
    put_at: int
    set_aside_at: int
    reason: str


class Outbox:
    """The outbox in one SQLite file; safe to use from several threads of one process.

    Args: `path` of the file, or ":memory:"; `most_bytes` on disk, at least 1 MiB.
    Raises `OutboxError` for a file that is no outbox.
    """

    def __init__(self, path: Path | str, *, most_bytes: int = 256 << 20, clock: Clock = system_clock) -> None:
        if most_bytes < 1 << 20:
            raise OutboxError(f"an outbox needs at least 1 MiB, got {most_bytes} bytes")
        self._path, self._clock, self._most = str(path), clock, most_bytes
        self._lock = threading.Lock()
        self._leases: dict[str, int] = {}
        self._attempts: dict[str, int] = {}
        try:
            self._db = sqlite3.connect(
                self._path, isolation_level=None, check_same_thread=False, timeout=10.0
            )
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute(f"PRAGMA journal_size_limit = {4 << 20}")
            self._db.execute(f"PRAGMA max_page_count = {most_bytes // _PAGE + _ROOM_TO_MOVE}")
            [version] = self._db.execute("PRAGMA user_version").fetchone()
            if version not in (0, _VERSION):
                raise OutboxError(
                    f"{self._path} is an outbox of version {version}, this program knows {_VERSION}"
                )
            self._db.executescript(_SCHEMA)
            self._db.execute(f"PRAGMA user_version = {_VERSION}")
        except sqlite3.Error as error:
            raise OutboxError(f"{self._path} cannot be used as an outbox: {error}") from error

    def put(self, events: Sequence[Mapping[str, Any]]) -> int:
        """Keep events, all or none; durable when it returns. Returns how many were not held before.

        Each needs an `eventID`. The same id with the same content has no effect.
        Raises `OutboxFull` when the bound is reached, `OutboxError` for an event without id or an id held
        with another content; nothing is put then.
        """
        rows: list[tuple[str, bytes, int]] = []
        for event in events:
            event_id = event.get("eventID")
            if not isinstance(event_id, str) or not event_id:
                raise OutboxError("an event needs its eventID before it is put")
            rows.append((event_id, orjson.dumps(event), self._clock()))
        new = 0
        with self._writing() as db:
            if self._used() + sum(len(row[1]) + len(row[0]) + _ROW for row in rows) > self._most:
                raise OutboxFull(
                    f"the outbox is full ({self._most} bytes, {self._path}): the capture interface has "
                    "taken too little for too long; nothing was put, nothing was dropped"
                )
            for row in rows:
                held = db.execute(
                    "SELECT event FROM waiting WHERE event_id = ?1 UNION ALL "
                    "SELECT event FROM set_aside WHERE event_id = ?1",
                    row[:1],
                ).fetchone()
                if held is None:
                    db.execute("INSERT INTO waiting (event_id, event, put_at) VALUES (?, ?, ?)", row)
                    new += 1
                elif held[0] != row[1]:
                    raise OutboxError(f"event {row[0]} is held with another content")
        return new

    def lease(self, limit: int = 100, seconds: float = 60.0) -> list[Leased]:
        """The oldest events nobody has taken, oldest first, for `seconds`; then they are given again."""
        now = self._clock()
        with self._lock:
            self._leases = {event_id: until for event_id, until in self._leases.items() if until > now}
            rows = self._db.execute(
                "SELECT event_id, event FROM waiting ORDER BY position LIMIT ?", (limit + len(self._leases),)
            ).fetchall()
            free = [row for row in rows if row[0] not in self._leases][:limit]
            leased = [Leased(event_id, event, self._attempts.get(event_id, 0)) for event_id, event in free]
            until = now + int(seconds * 1_000_000)
            for one in leased:
                self._leases[one.event_id] = until
                self._attempts[one.event_id] = one.attempts + 1
        return leased

    def ack(self, event_ids: Sequence[str]) -> int:
        """The capture interface has these; returns how many were held."""
        with self._writing() as db:
            before = db.total_changes
            db.executemany("DELETE FROM waiting WHERE event_id = ?", [(event_id,) for event_id in event_ids])
            held = db.total_changes - before
        self._forget(event_ids)
        return held

    def release(self, event_ids: Sequence[str]) -> None:
        """Give leased events back: they may be taken again at once."""
        with self._lock:
            for event_id in event_ids:
                self._leases.pop(event_id, None)

    def set_aside(self, event_id: str, reason: str) -> None:
        """The capture interface refuses this event: keep it apart, with the reason (cut at 2000)."""
        with self._writing() as db:
            db.execute(
                "INSERT OR IGNORE INTO set_aside SELECT event_id, event, put_at, ?, ? FROM waiting "
                "WHERE event_id = ?",
                (self._clock(), reason[:2000], event_id),
            )
            db.execute("DELETE FROM waiting WHERE event_id = ?", (event_id,))
        self._forget([event_id])

    def retry(self, event_id: str) -> bool:
        """Put an event that was set aside back in the queue, as the newest; False where there is none."""
        with self._writing() as db:
            moved = db.execute(
                "INSERT INTO waiting (event_id, event, put_at) "
                "SELECT event_id, event, put_at FROM set_aside WHERE event_id = ?",
                (event_id,),
            ).rowcount
            db.execute("DELETE FROM set_aside WHERE event_id = ?", (event_id,))
            return moved > 0

    def waiting(self) -> int:
        """How many events wait to be captured."""
        return self._count("waiting")

    def set_aside_count(self) -> int:
        """How many events were refused."""
        return self._count("set_aside")

    def refused(self, limit: int = 100) -> list[SetAside]:
        """The events set aside, latest first."""
        with self._lock:
            rows = self._db.execute(
                "SELECT event_id, event, put_at, set_aside_at, reason FROM set_aside "
                "ORDER BY set_aside_at DESC, event_id LIMIT ?",
                (limit,),
            ).fetchall()
        return [SetAside(*row) for row in rows]

    def oldest(self) -> int | None:
        """When the oldest waiting event was put (UTC µs), None where nothing waits."""
        with self._lock:
            [instant] = self._db.execute("SELECT MIN(put_at) FROM waiting").fetchone()
        return None if instant is None else int(instant)

    def close(self) -> None:
        """Give the file back."""
        with self._lock:
            self._db.close()

    def _forget(self, event_ids: Sequence[str]) -> None:
        with self._lock:
            for event_id in event_ids:
                self._leases.pop(event_id, None)
                self._attempts.pop(event_id, None)

    def _used(self) -> int:
        [pages] = self._db.execute("PRAGMA page_count").fetchone()
        [free] = self._db.execute("PRAGMA freelist_count").fetchone()
        return (int(pages) - int(free)) * _PAGE

    def _count(self, table: str) -> int:
        with self._lock:
            [number] = self._db.execute(f"SELECT COUNT(*) FROM {table}").fetchone()
        return int(number)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, taken back whole when anything fails."""
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    yield self._db
                    self._db.execute("COMMIT")
                except BaseException:
                    if self._db.in_transaction:
                        self._db.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise OutboxError(f"outbox {self._path}: {error}") from error
