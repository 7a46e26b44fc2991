"""The baseline of the lineage benchmark: plain tables and recursive SQL.

inside(child, parent, low, high)   containments with their times, worked out when the tables are filled
made(output, input)                lots and what they were made of
member(lot, item)                  items of a lot
named(object, time, event, place)  which events name an object
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

from trace_api.lineage import Fact

__all__ = ["SqlLineage"]

NEVER = 2**62

SCHEMA = """
CREATE TABLE object (id INTEGER PRIMARY KEY, uri TEXT NOT NULL UNIQUE);
CREATE TABLE inside (child INTEGER, parent INTEGER, low INTEGER, high INTEGER,
  PRIMARY KEY (child, low, parent)) WITHOUT ROWID;
CREATE TABLE made (output INTEGER, input INTEGER, PRIMARY KEY (output, input)) WITHOUT ROWID;
CREATE INDEX used ON made (input, output);
CREATE TABLE member (lot INTEGER, item INTEGER, PRIMARY KEY (lot, item)) WITHOUT ROWID;
CREATE INDEX lot_of ON member (item, lot);
CREATE TABLE named (object INTEGER, time INTEGER, event INTEGER, place TEXT,
  PRIMARY KEY (object, time, event)) WITHOUT ROWID;
"""

CUSTODY = f"""
WITH RECURSIVE reached (object, low, high) AS (
  SELECT id, 0, {NEVER} FROM object WHERE uri = ?
  UNION
  SELECT i.parent, max(r.low, i.low), min(r.high, i.high) FROM reached r JOIN inside i ON i.child = r.object
    WHERE i.low <= r.high AND i.high >= r.low)
SELECT DISTINCT n.event FROM reached r JOIN named n ON n.object = r.object AND n.time BETWEEN r.low AND r.high
"""
TRACE = f"""
WITH RECURSIVE reached (object, low, high) AS (
  SELECT id, 0, {NEVER} FROM object WHERE uri = ?
  UNION
  SELECT i.parent, max(r.low, i.low), min(r.high, i.high) FROM reached r JOIN inside i ON i.child = r.object
    WHERE i.low <= r.high AND i.high >= r.low
  UNION
  SELECT m.lot, 0, {NEVER} FROM reached r JOIN member m ON m.item = r.object
  UNION
  SELECT m.input, 0, {NEVER} FROM reached r JOIN made m ON m.output = r.object)
SELECT DISTINCT n.event FROM reached r JOIN named n ON n.object = r.object AND n.time BETWEEN r.low AND r.high
"""
RECALL = """
WITH RECURSIVE lots (lot) AS (
  SELECT id FROM object WHERE uri = ?
  UNION
  SELECT m.output FROM lots l JOIN made m ON m.input = l.lot)
SELECT o.uri, (SELECT n.place FROM named n WHERE n.object = o.id ORDER BY n.time DESC LIMIT 1)
FROM lots l JOIN member m ON m.lot = l.lot JOIN object o ON o.id = m.item
"""


class SqlLineage:
    """The tables, and the three questions."""

    def __init__(self, path: Path) -> None:
        self._store = sqlite3.connect(path, isolation_level=None)
        self._store.execute("PRAGMA synchronous=NORMAL")
        self._store.execute("PRAGMA cache_size=-65536")
        self._store.executescript(SCHEMA)

    def build(self, facts: Sequence[Fact]) -> None:
        """Fill the tables at one go, sorted, from all facts."""
        numbers = {uri: n for n, uri in enumerate(dict.fromkeys(u for f in facts for u in _names(f)), 1)}
        self._store.execute("BEGIN")
        write = self._store.executemany
        write("INSERT INTO object VALUES (?, ?)", ((n, uri) for uri, n in numbers.items()))
        write(
            "INSERT OR IGNORE INTO inside VALUES (?, ?, ?, ?)",
            ((numbers[child], numbers[parent], low, high) for child, parent, low, high in _inside(facts)),
        )
        write(
            "INSERT OR IGNORE INTO made VALUES (?, ?)",
            (
                (numbers[made.epc_class], numbers[used.epc_class])
                for fact in facts
                for made in fact.output_quantities
                for used in fact.input_quantities
            ),
        )
        lots = sorted((numbers[lot], numbers[item]) for fact in facts for item, lot in fact.lots)
        write("INSERT OR IGNORE INTO member VALUES (?, ?)", lots)
        rows = sorted(
            (numbers[uri], fact.event_time, fact.position, fact.biz_location)
            for fact in facts
            for uri in _names(fact)
        )
        write("INSERT OR IGNORE INTO named VALUES (?, ?, ?, ?)", rows)
        self._store.execute("COMMIT")

    def trace(self, uri: str) -> list[int]:
        """Events of an item, of its containers meanwhile, and of all lots that it came of."""
        return [row[0] for row in self._store.execute(TRACE, (uri,))]

    def custody(self, uri: str) -> list[int]:
        """Events of an item and of its containers meanwhile."""
        return [row[0] for row in self._store.execute(CUSTODY, (uri,))]

    def recall(self, lot: str) -> dict[str, str | None]:
        """The items that a lot went into, with the place of the last event that names each."""
        return dict(self._store.execute(RECALL, (lot,)).fetchall())

    def close(self) -> None:
        """Close the file."""
        self._store.close()


def _names(fact: Fact) -> Iterable[str]:
    """The objects of a fact; an item's lot by membership is in a table of its own."""
    if fact.parent is not None:
        yield fact.parent
    yield from fact.epcs
    for quantities in (fact.quantities, fact.input_quantities, fact.output_quantities):
        for quantity in quantities:
            yield quantity.epc_class


def _inside(facts: Iterable[Fact]) -> Iterable[tuple[str, str, int, int]]:
    """(child, parent, from, to) of every containment, by the time of the events."""
    open_since: dict[tuple[str, str], int] = {}
    containing = [fact for fact in facts if fact.type == "AggregationEvent" and fact.parent is not None]
    for fact in sorted(containing, key=lambda fact: fact.event_time):
        for child in fact.epcs:
            pair = (child, fact.parent or "")
            if fact.action == "ADD":
                open_since[pair] = fact.event_time
            elif fact.action == "DELETE" and pair in open_since:
                yield (*pair, open_since.pop(pair), fact.event_time)
    for (child, parent), low in open_since.items():
        yield child, parent, low, NEVER
