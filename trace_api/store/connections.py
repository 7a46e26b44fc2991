"""SQLite connections for reading: a bounded number, lent to threads and taken back.

A thread that asks again while it holds one gets the same. `snapshot` pins one in a read transaction, so that
everything asked meanwhile is of one state. How many threads come and go does not matter: no thread owns a
connection, so an ended one leaves no file descriptor and no page cache behind.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from trace_api.errors import Overloaded

__all__ = [
    "READER_CACHE_KIB",
    "Readers",
    "connect",
    "connect_reader",
    "is_damage",
    "private_file",
    "shredding",
]

READER_CACHE_KIB = 8192
"""Page cache of one reading connection; the pages of the operating system stand behind it."""
WAIT_SECONDS = 30.0
BUSY_SECONDS = 30.0
"""How long a connection waits for a lock that another process holds."""


def connect(uri: str, cache_kib: int) -> sqlite3.Connection:
    """A connection that any thread may use, without transactions of its own making.

    Args:
        uri: `file:…` address of the database.
        cache_kib: its page cache.
    """
    connection = sqlite3.connect(
        uri,
        uri=True,
        check_same_thread=False,
        isolation_level=None,
        timeout=BUSY_SECONDS,
        cached_statements=256,
    )
    connection.execute(f"PRAGMA cache_size=-{cache_kib}")
    return connection


def connect_reader(uri: str, *, shared_memory: bool) -> sqlite3.Connection:
    """A connection that cannot write; one of a shared in-memory database does not wait for its writer."""
    connection = connect(uri, READER_CACHE_KIB)
    connection.execute("PRAGMA query_only=1")
    if shared_memory:
        connection.execute("PRAGMA read_uncommitted=1")
    return connection


class Readers:
    """Reading connections of one database.

    Args:
        connect: opens one, ready for reading from any thread.
        most: so many are open at most; who comes when all are lent waits.
        snapshots: whether a read transaction keeps its state while others write; a shared in-memory database
            cannot, and gives what is committed.
        wait_seconds: how long one waits at most.
    """

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        most: int,
        *,
        snapshots: bool = True,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self._connect = connect
        self._most = most
        self._snapshots = snapshots
        self._wait_seconds = wait_seconds
        self._idle: list[sqlite3.Connection] = []
        self._open = 0
        self._closed = False
        self._changed = threading.Condition()
        self._local = threading.local()

    @property
    def held(self) -> bool:
        """Whether the calling thread holds a connection now."""
        return getattr(self._local, "connection", None) is not None

    @property
    def open(self) -> int:
        """Connections open now."""
        return self._open

    @contextmanager
    def lent(self) -> Iterator[sqlite3.Connection]:
        """A connection for the calling thread; fetch all rows before it goes back.

        Raises:
            Overloaded: all were lent for too long.
            sqlite3.ProgrammingError: the database was closed.
        """
        held: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if held is not None:
            yield held
            return
        connection = self._take()
        self._local.connection = connection
        try:
            yield connection
        finally:
            self._local.connection = None
            self._give(connection)

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """As `lent`; until the end, everything that this thread asks is of the state at the first question."""
        with self.lent() as connection:
            if not self._snapshots or connection.in_transaction:
                yield connection
                return
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("COMMIT")

    def close(self) -> None:
        """Close what is idle now, and what is lent when it comes back."""
        with self._changed:
            self._closed = True
            for connection in self._idle:
                connection.close()
            self._open -= len(self._idle)
            self._idle.clear()
            self._changed.notify_all()

    def _take(self) -> sqlite3.Connection:
        with self._changed:
            free = self._changed.wait_for(
                lambda: self._closed or self._idle or self._open < self._most, self._wait_seconds
            )
            if self._closed:
                raise sqlite3.ProgrammingError("Cannot operate on a closed database.")
            if not free:
                raise Overloaded("too many questions are being answered; try again in a while")
            if self._idle:
                return self._idle.pop()
            connection = self._connect()
            self._open += 1
            return connection

    def _give(self, connection: sqlite3.Connection) -> None:
        with self._changed:
            if (
                self._closed or connection.in_transaction
            ):  # one that could not end its transaction is of no use
                connection.close()
                self._open -= 1
            else:
                self._idle.append(connection)
            self._changed.notify()


def is_damage(fault: sqlite3.Error) -> bool:
    """Whether a file is damaged or no database; False for what passes, such as a lock of another process."""
    code = getattr(fault, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


SHREDDING_WAIT_MS = 2000


@contextmanager
def shredding(connection: sqlite3.Connection, wanted: bool) -> Iterator[sqlite3.Connection]:
    """Where wanted, what is deleted inside is overwritten in the file, and the write-ahead log emptied after it.

    Where readers hold an older state for longer than two seconds, the write-ahead log keeps it until it is next
    written from its beginning.
    """
    if not wanted:
        yield connection
        return
    connection.execute("PRAGMA secure_delete=1").fetchall()
    try:
        yield connection
        (patience,) = connection.execute("PRAGMA busy_timeout").fetchone()
        connection.execute(f"PRAGMA busy_timeout={SHREDDING_WAIT_MS}").fetchall()
        with suppress(sqlite3.OperationalError):  # it was committed, whatever becomes of this
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        connection.execute(f"PRAGMA busy_timeout={patience}").fetchall()
    finally:
        connection.execute("PRAGMA secure_delete=0").fetchall()


def private_file(path: Path) -> None:
    """Make a file that only its owner may read, or make it so; SQLite gives its -wal and -shm the same mode.

    Raises:
        OSError: it cannot be made; a file of another owner is left as it is.
    """
    # One that is there is never opened here: closing it again would drop this process's locks on it.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    for each in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        try:
            each.chmod(0o600)
        except (FileNotFoundError, PermissionError):
            continue
