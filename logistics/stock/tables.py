"""The stock file: one SQLite database beside the log, thrown away and built anew at will (contract 7).

    object(id, uri, is_class)      dictionary; what stands as instance and as class is two (contract 1)
    event(position, ..., live)     what each event says of stock, and whether it counts (lineage rule 8)
    touch(object, time, ...)       which movement (part) of which event concerns an object: named by the event
                                   itself (holder 0) or inside a carrier that it named
    relation(child, parent, ...)   who was ever packed where: whose contents a late event may change
    membership(instance, lot, ...) lots of items, as events assert them
    folded(object, vector, ...)    the fold of each item or lot: what it adds to the balances
    level(id, account, site, ...)  balances: the sum of all folds
    mismatch(object, ...)          what did not fit

One connection writes; every reading thread has its own.
"""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from uuid import uuid4

import orjson

from logistics.errors import StockUnusable

__all__ = ["Tables"]

FORMAT = 1

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
TABLES = ("object", "event", "touch", "relation", "membership", "folded", "level", "mismatch", "state")


class Tables:
    """The stock file with its connections.

    Args:
        path: the file; ":memory:" for one that lives with the process.
        read_only: open for reading beside a running writer.

    Raises:
        StockUnusable: the file is no stock file of this format.
    """

    def __init__(self, path: Path | str, *, read_only: bool = False) -> None:
        self._memory = str(path) == ":memory:"
        self._uri = (
            f"file:suyuan-stock-{uuid4()}?mode=memory&cache=shared"
            if self._memory
            else Path(path).absolute().as_uri() + ("?mode=ro" if read_only else "")
        )
        self._read_only = read_only
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._opening = threading.Lock()
        try:
            self.write = self._connect()
            self._prepare()
        except sqlite3.DatabaseError as fault:
            self.close()
            raise StockUnusable(f"{path} is not a usable stock file: {fault}") from fault

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._uri,
            uri=True,
            check_same_thread=False,
            isolation_level=None,
            timeout=30,
            cached_statements=256,
        )
        connection.execute("PRAGMA cache_size=-65536")
        with self._opening:
            self._open.append(connection)
        return connection

    def _prepare(self) -> None:
        if not self._read_only and not self._memory:
            self.write.execute("PRAGMA journal_mode=WAL")
            self.write.execute("PRAGMA synchronous=NORMAL")
        version = self.write.execute("PRAGMA user_version").fetchone()[0]
        if version == FORMAT:
            return
        tables = self.write.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if tables or self._read_only:
            raise sqlite3.DatabaseError(f"format {version}, this program reads format {FORMAT}")
        self.write.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version={FORMAT}; COMMIT;")

    def reader(self) -> sqlite3.Connection:
        """This thread's own connection for reading."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._connect()
            connection.execute("PRAGMA query_only=1")
            if self._memory:
                connection.execute("PRAGMA read_uncommitted=1")
            self._local.connection = connection
        return connection

    def built_from(self) -> tuple[int, bytes]:
        """The log size and root hash last applied; (0, b"") for an empty file."""
        row = self.reader().execute("SELECT value FROM state WHERE key = 'built_from'").fetchone()
        if row is None:
            return 0, b""
        size, root = orjson.loads(row[0])
        return size, bytes.fromhex(root)

    def clear(self) -> None:
        """Forget everything."""
        self.write.execute("BEGIN IMMEDIATE")
        for table in TABLES:
            self.write.execute(f"DELETE FROM {table}")
        self.write.execute("COMMIT")

    def close(self) -> None:
        """Close every connection."""
        with self._opening:
            for connection in self._open:
                connection.close()
            self._open.clear()
