"""The embedded event index: one SQLite file beside the log.

It keeps query columns, the objects an event names, and log positions; never the bodies (contract 7).

    object(id, uri)                  dictionary: canonical identifier <-> small number
    event(position, …, members)      query columns; `members` lists the objects by role, in the event's order
    posting(object, position, roles) which events name an object, and in which roles (a bit each)
    lot_member(lot, instance)        instances asserted to be of a lot
    attribute(name, value, position) further things that queries ask for
    named(party, position)           source and destination parties, for visibility
    master_data(id, position, …)     what parties stated about identifiers
    erased(position, event_id, …)    tombstones: which events stood there and are erased

One connection writes (the writer thread's); a bounded number of others is lent to readers (`connections`).
The write-ahead log is not synced at each commit: after a power cut the index is at an earlier position and
catches up from the log.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson

from trace_api.lineage import Fact
from trace_api.query.model import EventQuery, Page, View
from trace_api.store.connections import (
    Readers,
    connect,
    connect_reader,
    is_damage,
    private_file,
    shredding,
)
from trace_api.store.protocol import Erased, Indexed, IndexedEvent, IndexedFacts, Known, MasterData, Match
from trace_api.store.sqlite_erase import erase
from trace_api.store.sqlite_facts import SqliteFacts
from trace_api.store.sqlite_query import compile_query, compile_view
from trace_api.store.sqlite_write import EventWriter

__all__ = ["IndexUnavailable", "IndexUnusable", "SqliteIndex"]

FORMAT = 2
PARAMETERS = 900  # SQLite's oldest limit on parameters of one statement is 999
CHECKPOINT_PAGES = 8192  # 32 MiB: a page that many commits touch is copied into the file once
READERS = 8
BRIEF_READERS = 2
WRITER_CACHE_KIB = 65_536
MMAP_BYTES = 64 * 1024 * 1024

SCHEMA = """
CREATE TABLE state (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;
CREATE TABLE object (id INTEGER PRIMARY KEY, uri TEXT NOT NULL UNIQUE);
CREATE TABLE event (
  position INTEGER PRIMARY KEY, event_id TEXT NOT NULL, id_given INTEGER NOT NULL,
  content_hash TEXT NOT NULL, body_digest BLOB NOT NULL, party TEXT NOT NULL,
  record_time INTEGER NOT NULL, event_time INTEGER NOT NULL,
  type TEXT NOT NULL, action TEXT, biz_step TEXT, disposition TEXT,
  read_point TEXT, biz_location TEXT, transformation_id TEXT,
  declaration BLOB, declaration_digest BLOB, members BLOB NOT NULL, details BLOB
);
CREATE INDEX event_by_id ON event (event_id);
CREATE INDEX event_by_hash ON event (content_hash);
CREATE INDEX event_by_time ON event (event_time, position);
CREATE INDEX event_by_record_time ON event (record_time, position);
CREATE INDEX event_by_step ON event (biz_step, position);
CREATE INDEX event_by_location ON event (biz_location, position) WHERE biz_location IS NOT NULL;
CREATE INDEX event_by_read_point ON event (read_point, position) WHERE read_point IS NOT NULL;
CREATE INDEX event_by_transformation ON event (transformation_id) WHERE transformation_id IS NOT NULL;
CREATE INDEX event_by_party ON event (party, position);
CREATE TABLE posting (object INTEGER, position INTEGER, roles INTEGER NOT NULL,
  PRIMARY KEY (object, position)) WITHOUT ROWID;
CREATE TABLE lot_member (lot INTEGER, instance INTEGER, PRIMARY KEY (lot, instance)) WITHOUT ROWID;
CREATE TABLE attribute (name TEXT, value TEXT, position INTEGER,
  PRIMARY KEY (name, value, position)) WITHOUT ROWID;
CREATE TABLE named (party TEXT, position INTEGER, PRIMARY KEY (party, position)) WITHOUT ROWID;
CREATE TABLE master_data (id TEXT, position INTEGER, party TEXT NOT NULL, vocabulary TEXT NOT NULL,
  attributes BLOB NOT NULL, PRIMARY KEY (id, position)) WITHOUT ROWID;
CREATE TABLE erased (position INTEGER PRIMARY KEY, event_id TEXT NOT NULL, party TEXT NOT NULL,
  declaration BLOB);
CREATE INDEX erased_by_id ON erased (event_id);
"""
TABLES = (
    "object", "event", "posting", "lot_member", "attribute", "named", "master_data", "erased", "state",
)  # fmt: skip


class IndexUnusable(Exception):
    """The index file is of another format or damaged; it can be deleted and is rebuilt from the log."""


class IndexUnavailable(Exception):
    """The index file cannot be opened now, for a reason that may pass; nothing is wrong with what it holds."""


class _OtherFormat(Exception):
    """The file was made by another program, or another version of this one."""


class SqliteIndex:
    """The event index in one SQLite file, or in memory.

    Args:
        path: the file; ":memory:" for an index that lives with the process.
        read_only: open for reading beside a running writer.

    Raises:
        IndexUnusable: the file is no index of this format, is damaged, or (to be read only) is not there.
        IndexUnavailable: it cannot be opened now; another process may have locked it.
    """

    def __init__(self, path: Path | str, *, read_only: bool = False) -> None:
        self._memory = str(path) == ":memory:"
        self._uri = (
            f"file:suyuan-{uuid4().hex}?mode=memory&cache=shared"
            if self._memory
            else Path(path).absolute().as_uri() + ("?mode=ro" if read_only else "")
        )
        self._read_only = read_only
        self._readers = Readers(self._connect_reader, READERS, snapshots=not self._memory)
        self._brief = Readers(self._connect_reader, BRIEF_READERS)
        if not self._memory:
            if not read_only:
                private_file(Path(path))
            elif not Path(path).exists():
                raise IndexUnusable(f"{path} is not there")
        try:
            self._writer = self._mapped(connect(self._uri, WRITER_CACHE_KIB))
            try:
                self._prepare()
            except BaseException:
                self._writer.close()
                raise
        except (_OtherFormat, sqlite3.Error) as fault:
            if isinstance(fault, _OtherFormat) or is_damage(fault):
                raise IndexUnusable(f"{path} is not a usable event index: {fault}") from fault
            raise IndexUnavailable(f"{path} cannot be opened now: {fault}") from fault
        self._events = EventWriter(self._writer)
        self._facts = SqliteFacts(self._rows)

    def _mapped(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        if not self._memory:
            connection.execute(f"PRAGMA mmap_size={MMAP_BYTES}")
        return connection

    def _connect_reader(self) -> sqlite3.Connection:
        return self._mapped(connect_reader(self._uri, shared_memory=self._memory))

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a SELECT, through the connection that this thread holds or one lent for it."""
        with self._readers.lent() as connection:
            return connection.execute(sql, values).fetchall()

    def _brief_rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """As `_rows`, for what must never wait behind long questions: the writer's, and where the index is."""
        with (self._readers if self._readers.held else self._brief).lent() as connection:
            return connection.execute(sql, values).fetchall()

    def _prepare(self) -> None:
        if not self._read_only and not self._memory:
            self._writer.execute("PRAGMA journal_mode=WAL")
            self._writer.execute("PRAGMA synchronous=NORMAL")
            self._writer.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
        version = self._writer.execute("PRAGMA user_version").fetchone()[0]
        tables = self._writer.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if version == FORMAT:
            return
        if tables or self._read_only:
            raise _OtherFormat(f"format {version}, this program reads format {FORMAT}")
        self._writer.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version={FORMAT}; COMMIT;")

    # -- the projection ---------------------------------------------------------------------------

    @property
    def position(self) -> int:
        """Log entries applied so far."""
        return self.built_from()[0]

    def built_from(self) -> tuple[int, bytes]:
        """The log size and root hash last applied; (0, b"") for an empty index."""
        rows = self._brief_rows("SELECT value FROM state WHERE key = 'built_from'")
        if not rows:
            return 0, b""
        size, root = orjson.loads(rows[0][0])
        return size, bytes.fromhex(root)

    def apply(self, first: int, entries: Sequence[Indexed], root: bytes) -> None:
        """Take log entries from `first` on; see `EventIndex.apply`."""
        done = self.position
        if first > done:
            raise ValueError(f"the index is at {done}; entries from {first} would leave a gap")
        fresh = entries[done - first :]
        if not fresh:
            return
        erased = [entry for entry in fresh if isinstance(entry, Erased)]
        with shredding(self._writer, bool(erased)):
            self._apply(fresh, done, erased, orjson.dumps([first + len(entries), root.hex()]))

    def _apply(self, fresh: Sequence[Indexed], done: int, erased: Sequence[Erased], state: bytes) -> None:
        write = self._writer
        gone: dict[str, int] = {}
        write.execute("BEGIN IMMEDIATE")
        try:
            self._events.events(entry for entry in fresh if isinstance(entry, IndexedEvent))
            write.executemany(
                "INSERT INTO master_data VALUES (?, ?, ?, ?, ?)",
                (
                    (entry.id, position, entry.party, entry.vocabulary, orjson.dumps(entry.attributes))
                    for position, entry in enumerate(fresh, start=done)
                    if isinstance(entry, MasterData)
                ),
            )
            if erased:
                gone = erase(write, erased)
            write.execute("INSERT OR REPLACE INTO state VALUES ('built_from', ?)", (state,))
            write.execute("COMMIT")
        except BaseException:
            write.execute("ROLLBACK")
            self._events.forget()  # it may hold numbers that were never committed
            raise
        self._events.drop(gone)
        self._facts.drop([each.position for each in erased], gone.values())

    def clear(self) -> None:
        """Forget everything; the next apply begins at 0."""
        write = self._writer
        write.execute("BEGIN IMMEDIATE")
        for table in TABLES:
            write.execute(f"DELETE FROM {table}")
        write.execute("COMMIT")
        self._events.forget()
        self._facts.forget()

    # -- reading ----------------------------------------------------------------------------------

    @contextmanager
    def snapshot(self) -> Iterator[int]:
        """One state for all that this thread asks inside; gives its position. See `EventIndex.snapshot`."""
        with self._readers.snapshot():
            yield self.position

    @property
    def facts(self) -> IndexedFacts:
        """The events as the lineage reads them."""
        return self._facts

    def fact(self, position: int) -> Fact | None:
        """The fact at a log position, None where the entry is no event."""
        found = self._facts.at([position])
        return found[0] if found else None

    def known(self, event_ids: Sequence[str]) -> dict[str, list[Known]]:
        """Entries that carry one of these eventIDs, and those that did and are erased."""
        found: dict[str, list[Known]] = {}
        for start in range(0, len(event_ids), PARAMETERS):
            some = event_ids[start : start + PARAMETERS]
            marks = ",".join("?" * len(some))
            for row in self._brief_rows(
                "SELECT position, event_id, party, content_hash, body_digest, declaration_digest"
                f" FROM event WHERE event_id IN ({marks}) ORDER BY position",
                some,
            ):
                known = Known(*row)
                found.setdefault(known.event_id, []).append(known)
            for position, event_id, party, declaration in self._brief_rows(
                "SELECT position, event_id, party, declaration FROM erased"
                f" WHERE event_id IN ({marks}) ORDER BY position",
                some,
            ):
                known = Known(position, event_id, party, "", b"", declaration, erased=True)
                found.setdefault(event_id, []).append(known)
        return found

    def find(self, query: EventQuery, view: View, page: Page) -> list[Match]:
        """One page of matches, and one more where there is a next page; see `EventIndex.find`."""
        sql, values = compile_query(query, view, page)
        return [Match(position, sort) for position, sort in self._rows(sql, values)]

    def count(self, query: EventQuery, view: View, below: int, limit: int) -> int:
        """How many events match, counted no further than `limit`."""
        sql, values = compile_query(query, view, Page(limit, below))
        return min(int(self._rows(f"SELECT count(*) FROM ({sql})", values)[0][0]), limit)

    def visible(self, positions: Sequence[int], view: View) -> set[int]:
        """Those of the positions that the viewer may see."""
        if view.sees_all:
            return set(positions)
        condition, values = compile_view(view)
        seen: set[int] = set()
        for start in range(0, len(positions), PARAMETERS):
            some = positions[start : start + PARAMETERS]
            marks = ",".join("?" * len(some))
            sql = f"SELECT e.position FROM event e WHERE e.position IN ({marks}) AND {condition}"
            seen.update(row[0] for row in self._rows(sql, [*some, *values]))
        return seen

    def sees(self, uri: str, view: View) -> bool:
        """Whether some event that names an object in any role may be seen by the viewer."""
        condition, values = compile_view(view)
        sql = (
            "SELECT 1 FROM posting p JOIN event e ON e.position = p.position"
            f" WHERE p.object = (SELECT id FROM object WHERE uri = ?) AND {condition} LIMIT 1"
        )
        return bool(self._rows(sql, [uri, *values]))

    def master_data(self, id: str) -> list[MasterData]:
        """What was stated about an identifier, newest last."""
        rows = self._rows(
            "SELECT position, party, vocabulary, id, attributes FROM master_data WHERE id = ? ORDER BY position",
            (id,),
        )
        return [MasterData(p, party, voc, key, orjson.loads(attrs)) for p, party, voc, key, attrs in rows]

    def objects(self, prefix: str, limit: int) -> Iterator[str]:
        """Known object identifiers that begin with a prefix, in order."""
        rows = self._rows(
            "SELECT uri FROM object WHERE uri >= ? AND uri < ? ORDER BY uri LIMIT ?",
            (prefix, prefix + "\U0010ffff", limit),
        )
        return (row[0] for row in rows)

    def close(self) -> None:
        """Close every connection; one that is lent, when it comes back."""
        self._readers.close()
        self._brief.close()
        self._writer.close()
