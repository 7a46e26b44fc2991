"""The embedded event index: one SQLite file beside the log.

It keeps query columns, the objects an event names, and log positions; never the bodies (contract 7).

    object(id, uri)                  dictionary: canonical identifier <-> small number
    event(position, …, members)      query columns; `members` lists the objects by role, in the event's order
    posting(object, position, roles) which events name an object, and in which roles (a bit each)
    lot_member(lot, instance)        instances asserted to be of a lot
    attribute(name, value, position) further things that queries ask for
    named(party, position)           source and destination parties, for visibility
    master_data(id, position, …)     what parties stated about identifiers

One connection writes (the writer thread's); every reading thread has its own. The write-ahead log is not
synced at each commit: after a power cut the index is at an earlier position and catches up from the log.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson

from trace_api.lineage import Fact, Facts
from trace_api.query.model import EventQuery, Page, Role, View
from trace_api.store.protocol import IndexedEvent, Known, MasterData, Match
from trace_api.store.sqlite_facts import SqliteFacts
from trace_api.store.sqlite_query import ROLE_BIT, compile_query, compile_view

__all__ = ["IndexUnusable", "SqliteIndex"]

FORMAT = 1
DICTIONARY_CACHE = 200_000
PARAMETERS = 900  # SQLite's oldest limit on parameters of one statement is 999

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
"""


class IndexUnusable(Exception):
    """The index file is of another format or damaged; it can be deleted and is rebuilt from the log."""


class SqliteIndex:
    """The event index in one SQLite file, or in memory.

    Args:
        path: the file; ":memory:" for an index that lives with the process.
        read_only: open for reading beside a running writer.

    Raises:
        IndexUnusable: the file is no index of this format.
    """

    def __init__(self, path: Path | str, *, read_only: bool = False) -> None:
        self._memory = str(path) == ":memory:"
        self._path = f"file:suyuan-{uuid4().hex}?mode=memory&cache=shared" if self._memory else str(path)
        self._read_only = read_only
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._opening = threading.Lock()
        self._ids: OrderedDict[str, int] = OrderedDict()
        try:
            self._writer = self._connect()
            self._prepare()
        except sqlite3.DatabaseError as fault:
            self.close()
            raise IndexUnusable(f"{path} is not a usable event index: {fault}") from fault
        self._facts = SqliteFacts(self._reader)

    def _connect(self) -> sqlite3.Connection:
        if self._memory:
            uri = self._path
        else:
            uri = Path(self._path).absolute().as_uri() + ("?mode=ro" if self._read_only else "")
        connection = sqlite3.connect(
            uri, uri=True, check_same_thread=False, isolation_level=None, timeout=30, cached_statements=256
        )
        with self._opening:
            self._open.append(connection)
        connection.execute("PRAGMA cache_size=-65536")
        if not self._memory:
            connection.execute("PRAGMA mmap_size=268435456")
        return connection

    def _reader(self) -> sqlite3.Connection:
        """This thread's own connection for reading."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._connect()
            connection.execute("PRAGMA query_only=1")
            if self._memory:
                connection.execute("PRAGMA read_uncommitted=1")
            self._local.connection = connection
        return connection

    def _prepare(self) -> None:
        if not self._read_only and not self._memory:
            self._writer.execute("PRAGMA journal_mode=WAL")
            self._writer.execute("PRAGMA synchronous=NORMAL")
        version = self._writer.execute("PRAGMA user_version").fetchone()[0]
        tables = self._writer.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if version == FORMAT:
            return
        if tables or self._read_only:
            raise sqlite3.DatabaseError(f"format {version}, this program reads format {FORMAT}")
        self._writer.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version={FORMAT}; COMMIT;")

    # -- the projection ---------------------------------------------------------------------------

    @property
    def position(self) -> int:
        """Log entries applied so far."""
        return self.built_from()[0]

    def built_from(self) -> tuple[int, bytes]:
        """The log size and root hash last applied; (0, b"") for an empty index."""
        row = self._reader().execute("SELECT value FROM state WHERE key = 'built_from'").fetchone()
        if row is None:
            return 0, b""
        size, root = orjson.loads(row[0])
        return size, bytes.fromhex(root)

    def apply(self, first: int, entries: Sequence[IndexedEvent | MasterData | None], root: bytes) -> None:
        """Take log entries from `first` on; see `EventIndex.apply`."""
        done = self.position
        if first > done:
            raise ValueError(f"the index is at {done}; entries from {first} would leave a gap")
        fresh = entries[done - first :]
        if not fresh:
            return
        write = self._writer
        write.execute("BEGIN IMMEDIATE")
        try:
            for position, entry in enumerate(fresh, start=done):
                if isinstance(entry, IndexedEvent):
                    self._write_event(write, entry)
                elif entry is not None:
                    write.execute(
                        "INSERT INTO master_data VALUES (?, ?, ?, ?, ?)",
                        (entry.id, position, entry.party, entry.vocabulary, orjson.dumps(entry.attributes)),
                    )
            state = orjson.dumps([first + len(entries), root.hex()])
            write.execute("INSERT OR REPLACE INTO state VALUES ('built_from', ?)", (state,))
            write.execute("COMMIT")
        except BaseException:
            write.execute("ROLLBACK")
            self._ids.clear()  # it may hold numbers that were never committed
            raise

    def _write_event(self, write: sqlite3.Connection, entry: IndexedEvent) -> None:
        fact = entry.fact
        number = self._number
        roles: dict[int, int] = {}

        def named(uri: str, bit: int) -> int:
            object_id = number(write, uri)
            roles[object_id] = roles.get(object_id, 0) | bit
            return object_id

        def amounts(role: Role) -> list[list[Any]]:
            return [
                [named(q.epc_class, ROLE_BIT[role]), None if q.amount is None else str(q.amount), q.uom]
                for q in getattr(fact, QUANTITY_FIELD[role])
            ]

        members = [
            None if fact.parent is None else named(fact.parent, ROLE_BIT[Role.PARENT]),
            [named(uri, ROLE_BIT[Role.EPC]) for uri in fact.epcs],
            amounts(Role.QUANTITY),
            [named(uri, ROLE_BIT[Role.INPUT]) for uri in fact.inputs],
            amounts(Role.INPUT_QUANTITY),
            [named(uri, ROLE_BIT[Role.OUTPUT]) for uri in fact.outputs],
            amounts(Role.OUTPUT_QUANTITY),
        ]
        lots = [[number(write, instance), named(lot, 0)] for instance, lot in fact.lots]
        details = [fact.persistent_set, fact.persistent_unset, fact.sources, fact.destinations, lots]
        declaration = fact.declaration
        write.execute(
            "INSERT INTO event VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                fact.position, fact.event_id, fact.id_given, fact.content_hash, fact.body_digest, fact.party,
                fact.record_time, fact.event_time, fact.type, fact.action, fact.biz_step, fact.disposition,
                fact.read_point, fact.biz_location, fact.transformation_id,
                None if declaration is None else orjson.dumps(
                    [declaration.declaration_time, declaration.reason, declaration.corrective_event_ids]
                ),
                None if declaration is None else declaration.digest,
                orjson.dumps(members), orjson.dumps(details) if any(details) else None,
            ),
        )  # fmt: skip
        position = fact.position
        write.executemany(
            "INSERT INTO posting VALUES (?, ?, ?)",
            [(number, position, bits) for number, bits in roles.items()],
        )
        if lots:
            write.executemany(
                "INSERT OR IGNORE INTO lot_member VALUES (?, ?)", [(lot, inst) for inst, lot in lots]
            )
        if entry.attributes:
            write.executemany(
                "INSERT OR IGNORE INTO attribute VALUES (?, ?, ?)",
                [(name, value, position) for name, value in entry.attributes],
            )
        if entry.named:
            write.executemany(
                "INSERT OR IGNORE INTO named VALUES (?, ?)", [(party, position) for party in entry.named]
            )

    def _number(self, write: sqlite3.Connection, uri: str) -> int:
        """The dictionary's number of an identifier, given now if it is new."""
        number = self._ids.get(uri)
        if number is not None:
            return number
        row = write.execute("SELECT id FROM object WHERE uri = ?", (uri,)).fetchone()
        if row is None:
            number = write.execute("INSERT INTO object (uri) VALUES (?)", (uri,)).lastrowid
            assert number is not None
        else:
            number = int(row[0])
        self._ids[uri] = number
        if len(self._ids) > DICTIONARY_CACHE:
            self._ids.popitem(last=False)
        return number

    def clear(self) -> None:
        """Forget everything; the next apply begins at 0."""
        write = self._writer
        tables = ("object", "event", "posting", "lot_member", "attribute", "named", "master_data", "state")
        write.execute("BEGIN IMMEDIATE")
        for table in tables:
            write.execute(f"DELETE FROM {table}")
        write.execute("COMMIT")
        self._ids.clear()
        self._facts.forget()

    # -- reading ----------------------------------------------------------------------------------

    @property
    def facts(self) -> Facts:
        """The events as the lineage reads them."""
        return self._facts

    def fact(self, position: int) -> Fact | None:
        """The fact at a log position, None where the entry is no event."""
        found = self._facts.at([position])
        return found[0] if found else None

    def known(self, event_ids: Sequence[str]) -> dict[str, list[Known]]:
        """Entries that carry one of these eventIDs."""
        found: dict[str, list[Known]] = {}
        for start in range(0, len(event_ids), PARAMETERS):
            some = event_ids[start : start + PARAMETERS]
            marks = ",".join("?" * len(some))
            for row in self._reader().execute(
                "SELECT position, event_id, party, content_hash, body_digest, declaration_digest"
                f" FROM event WHERE event_id IN ({marks}) ORDER BY position",
                some,
            ):
                known = Known(*row)
                found.setdefault(known.event_id, []).append(known)
        return found

    def find(self, query: EventQuery, view: View, page: Page) -> list[Match]:
        """One page of matches, and one more where there is a next page; see `EventIndex.find`."""
        sql, values = compile_query(query, view, page)
        return [Match(position, sort) for position, sort in self._reader().execute(sql, values)]

    def count(self, query: EventQuery, view: View, below: int, limit: int) -> int:
        """How many events match, counted no further than `limit`."""
        sql, values = compile_query(query, view, Page(limit, below))
        row = self._reader().execute(f"SELECT count(*) FROM ({sql})", values).fetchone()
        return min(int(row[0]), limit)

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
            seen.update(row[0] for row in self._reader().execute(sql, [*some, *values]))
        return seen

    def master_data(self, id: str) -> list[MasterData]:
        """What was stated about an identifier, newest last."""
        rows = self._reader().execute(
            "SELECT position, party, vocabulary, id, attributes FROM master_data WHERE id = ? ORDER BY position",
            (id,),
        )
        return [MasterData(p, party, voc, key, orjson.loads(attrs)) for p, party, voc, key, attrs in rows]

    def objects(self, prefix: str, limit: int) -> Iterator[str]:
        """Known object identifiers that begin with a prefix, in order."""
        rows = self._reader().execute(
            "SELECT uri FROM object WHERE uri >= ? AND uri < ? ORDER BY uri LIMIT ?",
            (prefix, prefix + "\U0010ffff", limit),
        )
        return (row[0] for row in rows.fetchall())

    def close(self) -> None:
        """Close every connection."""
        with self._opening:
            for connection in self._open:
                connection.close()
            self._open.clear()


QUANTITY_FIELD = {
    Role.QUANTITY: "quantities",
    Role.INPUT_QUANTITY: "input_quantities",
    Role.OUTPUT_QUANTITY: "output_quantities",
}
