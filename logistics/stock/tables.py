"""The stock file: one SQLite database beside the log, thrown away and built anew at will (contract 7).

    object(id, uri, is_class)      dictionary; what stands as instance and as class is two (contract 1)
    event(position, ..., live)     what each event says of stock, and whether it counts (lineage rule 8)
    touch(object, time, ...)       which movement (part) of which event concerns an object: named by the event
                                   itself (holder 0) or inside a carrier that it named
    relation(child, parent, ...)   who was ever packed where: whose contents a late event may change
    membership(instance, lot, ...) lots of items, as events assert them
    lot_statement(lot, position)   events that speak of a lot as such
    lot_condition(lot, status)     what follows from them, where anything is said against the lot
    folded(object, vector, ...)    the fold of each item or lot: what it adds to the balances
    level(id, account, site, ...)  balances: the sum of all folds
    mismatch(object, ...)          what did not fit

One connection writes; a bounded number of others is lent to readers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson

from logistics.errors import StockUnavailable, StockUnusable
from trace_api.store.connections import Readers, connect, connect_reader, is_damage, private_file

__all__ = ["Tables"]

FORMAT = 2
READERS = 4
WRITER_CACHE_KIB = 65_536

SCHEMA = """
CREATE TABLE state (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;
CREATE TABLE object (id INTEGER PRIMARY KEY, uri TEXT NOT NULL, is_class INTEGER NOT NULL,
  UNIQUE (uri, is_class));
CREATE TABLE event (
  position INTEGER PRIMARY KEY, event_time INTEGER NOT NULL, event_id TEXT NOT NULL,
  id_given INTEGER NOT NULL, content_hash TEXT NOT NULL, body_digest BLOB NOT NULL,
  party TEXT NOT NULL, declares INTEGER NOT NULL, live INTEGER NOT NULL, postings BLOB NOT NULL
);
CREATE INDEX event_by_time ON event (event_time);
CREATE INDEX event_by_id ON event (event_id);
CREATE INDEX event_by_hash ON event (content_hash);
CREATE TABLE touch (
  object INTEGER, time INTEGER, position INTEGER, part INTEGER, holder INTEGER, uom TEXT, quantity TEXT,
  PRIMARY KEY (object, time, position, part, holder, uom)
) WITHOUT ROWID;
CREATE INDEX touch_by_position ON touch (position, part);
CREATE TABLE relation (child INTEGER, parent INTEGER, position INTEGER,
  PRIMARY KEY (child, parent, position)) WITHOUT ROWID;
CREATE INDEX relation_by_parent ON relation (parent, child);
CREATE INDEX relation_by_position ON relation (position);
CREATE TABLE membership (instance INTEGER, time INTEGER, lot TEXT, position INTEGER,
  PRIMARY KEY (instance, time, lot, position)) WITHOUT ROWID;
CREATE INDEX membership_by_position ON membership (position);
CREATE TABLE lot_statement (lot TEXT, position INTEGER, phase INTEGER, said BLOB NOT NULL,
  PRIMARY KEY (lot, position, phase)) WITHOUT ROWID;
CREATE INDEX lot_statement_by_position ON lot_statement (position);
CREATE TABLE lot_condition (lot TEXT PRIMARY KEY, status TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE folded (object INTEGER PRIMARY KEY, present INTEGER, vector BLOB NOT NULL, book BLOB,
  last INTEGER);
CREATE TABLE level (
  id INTEGER PRIMARY KEY, account TEXT NOT NULL, site TEXT NOT NULL, gtin TEXT NOT NULL, lot TEXT NOT NULL,
  status TEXT NOT NULL, uom TEXT NOT NULL, quantity TEXT NOT NULL, items INTEGER NOT NULL,
  UNIQUE (account, site, gtin, lot, status, uom)
);
CREATE INDEX level_by_gtin ON level (gtin, lot);
CREATE TABLE mismatch (object INTEGER, number INTEGER, position INTEGER NOT NULL, reason TEXT NOT NULL,
  level INTEGER NOT NULL, quantity TEXT, PRIMARY KEY (object, number)) WITHOUT ROWID;
"""
TABLES = (
    "object", "event", "touch", "relation", "membership", "lot_statement", "lot_condition", "folded", "level",
    "mismatch", "state",
)  # fmt: skip


class _OtherFormat(Exception):
    """The file was made by another program, or another version of this one."""


class Tables:
    """The stock file with its connections.

    Args:
        path: the file; ":memory:" for one that lives with the process.
        read_only: open for reading beside a running writer.

    Raises:
        StockUnusable: the file is no stock file of this format, is damaged, or (to be read only) is not there.
        StockUnavailable: it cannot be opened now; another process may have locked it.
    """

    def __init__(self, path: Path | str, *, read_only: bool = False) -> None:
        self._memory = str(path) == ":memory:"
        self._uri = (
            f"file:suyuan-stock-{uuid4()}?mode=memory&cache=shared"
            if self._memory
            else Path(path).absolute().as_uri() + ("?mode=ro" if read_only else "")
        )
        self._read_only = read_only
        self._readers = Readers(self._connect_reader, READERS, snapshots=not self._memory)
        if not self._memory:
            if not read_only:
                private_file(Path(path))
            elif not Path(path).exists():
                raise StockUnusable(f"{path} is not there")
        try:
            self.write = connect(self._uri, WRITER_CACHE_KIB)
            try:
                self._prepare()
            except BaseException:
                self.write.close()
                raise
        except (_OtherFormat, sqlite3.Error) as fault:
            if isinstance(fault, _OtherFormat) or is_damage(fault):
                raise StockUnusable(f"{path} is not a usable stock file: {fault}") from fault
            raise StockUnavailable(f"{path} cannot be opened now: {fault}") from fault

    def _connect_reader(self) -> sqlite3.Connection:
        return connect_reader(self._uri, shared_memory=self._memory)

    def _prepare(self) -> None:
        if not self._read_only and not self._memory:
            self.write.execute("PRAGMA journal_mode=WAL")
            self.write.execute("PRAGMA synchronous=NORMAL")
        version = self.write.execute("PRAGMA user_version").fetchone()[0]
        if version == FORMAT:
            return
        tables = self.write.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if tables or self._read_only:
            raise _OtherFormat(f"format {version}, this program reads format {FORMAT}")
        self.write.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version={FORMAT}; COMMIT;")

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a SELECT, from any thread."""
        with self._readers.lent() as connection:
            return connection.execute(sql, values).fetchall()

    def snapshot(self) -> AbstractContextManager[object]:
        """One state for all that the calling thread asks inside."""
        return self._readers.snapshot()

    def built_from(self) -> tuple[int, bytes]:
        """The log size and root hash last applied; (0, b"") for an empty file."""
        rows = self.rows("SELECT value FROM state WHERE key = 'built_from'")
        if not rows:
            return 0, b""
        size, root = orjson.loads(rows[0][0])
        return size, bytes.fromhex(root)

    def clear(self) -> None:
        """Forget everything."""
        self.write.execute("BEGIN IMMEDIATE")
        for table in TABLES:
            self.write.execute(f"DELETE FROM {table}")
        self.write.execute("COMMIT")

    def close(self) -> None:
        """Close every connection; one that is lent, when it comes back."""
        self._readers.close()
        self.write.close()
