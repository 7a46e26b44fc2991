"""Records in one SQLite file: WAL, every commit on disk, shared by threads and processes.

Each kind is a table (key, version, value as JSON text).  Declared fields become indexes over
`json_extract(value, '$.field')`, so SQLite itself keeps them and a changed declaration only adds or drops an
index.  Two connections: readers never wait for a writer's fsync.
"""

from __future__ import annotations

import os
import re
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from .record import (
    MAX_SCAN,
    MAX_VALUE_BYTES,
    BadRecord,
    Busy,
    Conflict,
    Kind,
    NotUnique,
    Record,
    RecordsError,
    Scalar,
    Schema,
    check_scalar,
    checked_key,
    encoded,
    same_scalar,
    schema_of,
)

_FORMAT = 1
_PAGE = 200
_FAILED_INDEX = re.compile(r"UNIQUE constraint failed: index '(.+)'")


class SqliteRecords:
    """Records in one SQLite file.

    Args:
        path: the file, created readable by its owner only; ":memory:" for a store that ends with the object.
        schema: the kinds of this installation.
        max_value_bytes: limit of one value as JSON text.
        busy_seconds: how long a writer waits for another process.

    Raises:
        RecordsError: the file is no records file, is of a newer format, or breaks a newly declared unique
            constraint.

    >>> records = SqliteRecords(":memory:", [Kind("job", indexed=("state",))])
    >>> made = records.put("job", "j1", {"state": "waiting"}, if_version=None)
    >>> records.put("job", "j1", {"state": "running"}, if_version=made.version).version
    2
    >>> [record.key for record in records.find("job", state="running")]
    ['j1']
    """

    def __init__(
        self,
        path: Path | str,
        schema: Schema | Iterable[Kind],
        *,
        max_value_bytes: int = MAX_VALUE_BYTES,
        busy_seconds: float = 10.0,
    ) -> None:
        self.schema = schema_of(schema)
        self.path = str(path)
        self._kinds = {kind.name: kind for kind in self.schema.kinds}
        self._max_value_bytes = max_value_bytes
        self._pid = os.getpid()
        self._constraints = {
            _index_name("u", kind.name, fields): fields
            for kind in self.schema.kinds
            for fields in kind.constraints
        }
        memory = self.path == ":memory:"
        if not memory:
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        self._writer = _connect(self.path, busy_seconds)
        self._writing = threading.Lock()
        self._reader, self._reading = self._writer, self._writing
        try:
            self._prepare()
            if not memory:
                self._reader, self._reading = _connect(self.path, busy_seconds), threading.Lock()
        except BaseException:
            self._writer.close()
            raise

    def close(self) -> None:
        """Close the file; the object is of no use afterwards."""
        with self._writing:
            self._writer.close()
        if self._reader is not self._writer:
            with self._reading:
                self._reader.close()

    def __enter__(self) -> SqliteRecords:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def get(self, kind: str, key: str) -> Record | None:
        """See `Records.get`."""
        table = self._kind(kind).name
        key = checked_key(kind, key)
        with self._reading, self._errors():
            row = self._reader.execute(
                f'SELECT version, value FROM "{table}" WHERE key = ?',
                (key,),
            ).fetchone()
        return None if row is None else Record(kind, key, orjson.loads(row[1]), row[0])

    def put(self, kind: str, key: str, value: dict[str, Any], *, if_version: int | None) -> Record:
        """See `Records.put`; durable (fsync) on return."""
        declared = self._kind(kind)
        key = checked_key(kind, key)
        text = encoded(declared, value, self._max_value_bytes)
        with self._transaction() as connection:
            found = self._version(connection, kind, key)
            if found != if_version:
                raise Conflict(kind, key, if_version, found)
            try:
                version = self._write(connection, kind, key, text.decode(), found)
            except sqlite3.IntegrityError as error:
                raise self._not_unique(declared, value, error) from None
        return Record(kind, key, orjson.loads(text), version)

    def delete(self, kind: str, key: str, *, if_version: int) -> None:
        """See `Records.delete`."""
        table = self._kind(kind).name
        key = checked_key(kind, key)
        with self._transaction() as connection:
            found = self._version(connection, kind, key)
            if found is None or found != if_version:
                raise Conflict(kind, key, if_version, found)
            connection.execute(f'DELETE FROM "{table}" WHERE key = ?', (key,))
            # A key made again starts above every version that was deleted, so an old version never fits it.
            connection.execute('UPDATE ".kinds" SET floor = max(floor, ?) WHERE name = ?', (found, kind))

    def find(self, kind: str, /, **equals: Scalar) -> Iterator[Record]:
        """See `Records.find`."""
        declared = self._kind(kind)
        for field, wanted in equals.items():
            if field not in declared.findable:
                known = ", ".join(sorted(declared.findable)) or "none"
                raise BadRecord(f"{kind}: field {field!r} is not declared for find; declared: {known}")
            check_scalar(kind, field, wanted)
        return self._found(declared, equals)

    def scan(self, kind: str, *, after: str = "", limit: int = 100) -> list[Record]:
        """See `Records.scan`."""
        if not 1 <= limit <= MAX_SCAN:
            raise BadRecord(f"{kind}: limit is 1 to {MAX_SCAN}, not {limit}")
        return self._page(self._kind(kind), {}, checked_key(kind, after) if after else "", limit)

    def backup(self, to: Path) -> None:
        """Write a consistent copy to a new file while others go on reading and writing.

        Raises:
            RecordsError: the file exists, or cannot be written.
        """
        if to.exists():
            raise RecordsError(f"{to} exists; a backup never overwrites")
        with self._reading, self._errors():
            self._reader.execute("VACUUM INTO ?", (str(to),))

    def _found(self, kind: Kind, equals: dict[str, Scalar]) -> Iterator[Record]:
        after = ""
        while True:
            page = self._page(kind, equals, after, _PAGE)
            for record in page:
                # SQLite's booleans are integers; ours are not.
                if all(same_scalar(record.value.get(field), wanted) for field, wanted in equals.items()):
                    yield record
            if len(page) < _PAGE:
                return
            after = page[-1].key

    def _page(self, kind: Kind, equals: dict[str, Scalar], after: str, limit: int) -> list[Record]:
        conditions = "".join(f" AND {_extract(field)} IS ?" for field in equals)
        with self._reading, self._errors():
            rows = self._reader.execute(
                f'SELECT key, version, value FROM "{kind.name}" WHERE key > ?{conditions} '
                "ORDER BY key LIMIT ?",
                (after, *equals.values(), limit),
            ).fetchall()
        return [Record(kind.name, key, orjson.loads(value), version) for key, version, value in rows]

    def _kind(self, name: str) -> Kind:
        if os.getpid() != self._pid:
            raise RecordsError(f"{self.path} was opened by process {self._pid}; open it anew after a fork")
        kind = self._kinds.get(name)
        return self.schema.kind(name) if kind is None else kind

    def _version(self, connection: sqlite3.Connection, kind: str, key: str) -> int | None:
        row = connection.execute(f'SELECT version FROM "{kind}" WHERE key = ?', (key,)).fetchone()
        return None if row is None else int(row[0])

    def _write(
        self, connection: sqlite3.Connection, kind: str, key: str, text: str, found: int | None
    ) -> int:
        if found is not None:
            connection.execute(
                f'UPDATE "{kind}" SET version = ?, value = ? WHERE key = ?',
                (found + 1, text, key),
            )
            return found + 1
        (floor,) = connection.execute('SELECT floor FROM ".kinds" WHERE name = ?', (kind,)).fetchone()
        connection.execute(
            f'INSERT INTO "{kind}" (key, version, value) VALUES (?, ?, ?)',
            (key, floor + 1, text),
        )
        return int(floor) + 1

    def _not_unique(self, kind: Kind, value: dict[str, Any], error: sqlite3.IntegrityError) -> RecordsError:
        failed = _FAILED_INDEX.search(str(error))
        fields = self._constraints.get(failed[1]) if failed else None
        if fields is None:
            return RecordsError(f"{kind.name}: {error}")
        values = tuple(value.get(field) for field in fields)
        return NotUnique(kind.name, "+".join(fields), values[0] if len(fields) == 1 else values)

    def _prepare(self) -> None:
        with self._transaction() as connection:
            (found,) = connection.execute("PRAGMA user_version").fetchone()
            if found > _FORMAT:
                raise RecordsError(f"{self.path} is of format {found}; this version reads up to {_FORMAT}")
            connection.execute(f"PRAGMA user_version = {_FORMAT}")
            connection.execute(
                'CREATE TABLE IF NOT EXISTS ".kinds" (name TEXT PRIMARY KEY, floor INTEGER NOT NULL)'
            )
            for kind in self.schema.kinds:
                connection.execute('INSERT OR IGNORE INTO ".kinds" VALUES (?, 0)', (kind.name,))
                connection.execute(
                    f'CREATE TABLE IF NOT EXISTS "{kind.name}" '
                    "(key TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, value TEXT NOT NULL)"
                )
                self._prepare_indexes(connection, kind)

    def _prepare_indexes(self, connection: sqlite3.Connection, kind: Kind) -> None:
        wanted: dict[str, tuple[str, tuple[str, ...]]] = {
            _index_name("i", kind.name, (field,)): ("", (field,)) for field in kind.indexed
        }
        wanted |= {_index_name("u", kind.name, fields): ("UNIQUE", fields) for fields in kind.constraints}
        present = {
            name
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL",
                (kind.name,),
            )
        }
        for name in present - wanted.keys():
            connection.execute(f'DROP INDEX "{name}"')
        for name in wanted.keys() - present:
            unique, fields = wanted[name]
            # Unique constraints hold the values alone; the others also the key, the order of the answer.
            columns = ", ".join(_extract(field) for field in fields) + ("" if unique else ", key")
            try:
                connection.execute(f'CREATE {unique} INDEX "{name}" ON "{kind.name}" ({columns})')
            except sqlite3.IntegrityError:
                raise RecordsError(
                    f"{self.path}: records of kind {kind.name!r} already share values of {'+'.join(fields)}, "
                    "now declared unique"
                ) from None

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._writing, self._errors():
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise Busy(f"{self.path}: another writer holds the records ({error})") from None
            raise RecordsError(f"{self.path}: {error}") from error
        except sqlite3.Error as error:
            raise RecordsError(f"{self.path}: {error}") from error


def _connect(path: str, busy_seconds: float) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(
            path, timeout=busy_seconds, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        if path != ":memory:":
            _use_wal(connection, busy_seconds)
        connection.execute("PRAGMA synchronous = FULL")
    except sqlite3.Error as error:
        raise RecordsError(f"{path}: cannot be opened as records: {error}") from error
    return connection


def _use_wal(connection: sqlite3.Connection, busy_seconds: float) -> None:
    """Switch to WAL; SQLite does not wait where two processes open a new file at once, so this does."""
    deadline = time.monotonic() + busy_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.005)
        else:
            return


def _extract(field: str) -> str:
    return f"json_extract(value, '$.{field}')"


def _index_name(sort: str, kind: str, fields: tuple[str, ...]) -> str:
    return f"{sort}.{kind}.{'+'.join(fields)}"
