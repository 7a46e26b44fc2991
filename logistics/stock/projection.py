"""Stock as a projection of the log: what happened is stored, balances are derived (contracts 7 and 8).

`apply` stores each event's movements, lets the lineage say what its carriers held, and folds anew the items
and lots it concerns, in the order of the world. A late event, an error declaration or an erasure does the same
for what it changes, so any order of capture gives the same balances. All of one `apply` is one transaction.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from decimal import Context, localcontext
from pathlib import Path

import orjson

from logistics.errors import ContainmentBehind, StockGap
from logistics.stock.carriers import Carriers, store_relations, store_touches
from logistics.stock.containment import Containment
from logistics.stock.erasing import Removed, remove, sweep
from logistics.stock.folds import Folds, encode_postings, inherited_parts
from logistics.stock.levels import Stock
from logistics.stock.numbers import Numbers
from logistics.stock.postings import movements
from logistics.stock.standing import restand
from logistics.stock.tables import Tables
from logistics.stock.whole_lot import WholeLots, told_apart
from trace_api import Erased, Indexed, IndexedEvent
from trace_api.lineage import Fact
from trace_api.lineage.validity import Delegate, no_delegates
from trace_api.store.connections import shredding

__all__ = ["StockProjection"]

EXACT = Context(prec=60)
"""Sums of usable amounts are never rounded."""


class StockProjection:
    """Stock in one SQLite file; a `trace_api.Projection` of indexed events.

    Args:
        path: the file; ":memory:" for one that lives with the process.
        containment: the lineage over everything captured; asked only while applying.
        reached: log entries that the containment knows of; None where it is never behind this projection.
        delegate: who may declare errors for whom (lineage rule 8), as for the lineage.

    Raises:
        StockUnusable: the file is no stock file of this format.
    """

    def __init__(
        self,
        path: Path | str,
        containment: Containment,
        *,
        reached: Callable[[], int] | None = None,
        delegate: Delegate = no_delegates,
    ) -> None:
        self._tables = Tables(path)
        self._containment = containment
        self._reached = reached
        self._delegate = delegate
        self._numbers = Numbers(self._tables.write)
        self._writing = threading.Lock()
        self.stock = Stock(self._tables)
        """The same stock for reading, from any thread."""

    @property
    def position(self) -> int:
        """Log entries applied so far."""
        return self._tables.built_from()[0]

    def built_from(self) -> tuple[int, bytes]:
        """The log size and root hash last applied; (0, b"") for an empty file."""
        return self._tables.built_from()

    def apply(self, first: int, entries: Sequence[Indexed], root: bytes) -> None:
        """Take log entries first, first+1, ...; those below `position` are passed over. All or nothing.

        Args:
            first: log position of entries[0]; at most `position`.
            entries: what each entry means; only events and erasures concern stock.
            root: root hash of the log tree of first+len(entries) leaves, kept to recognise the log.

        Raises:
            StockGap: `first` is above `position`.
            ContainmentBehind: the lineage does not know these entries yet; try again when it does.
        """
        with self._writing, localcontext(EXACT):
            done, end = self.position, first + len(entries)
            if first > done:
                raise StockGap(f"the stock is at {done}; entries from {first} would leave a gap")
            if end <= done:
                return
            if self._reached is not None and (known := self._reached()) < end:
                raise ContainmentBehind(f"entries up to {end} are to be applied, the lineage knows {known}")
            fresh = entries[done - first :]
            with shredding(self._tables.write, any(isinstance(entry, Erased) for entry in fresh)) as write:
                write.execute("BEGIN IMMEDIATE")
                try:
                    self._take(fresh)
                    state = orjson.dumps([end, root.hex()])
                    write.execute("INSERT OR REPLACE INTO state VALUES ('built_from', ?)", (state,))
                    write.execute("COMMIT")
                except BaseException:
                    write.execute("ROLLBACK")
                    self._numbers.forget()
                    raise

    def _take(self, entries: Sequence[Indexed]) -> None:
        write = self._tables.write
        latest = write.execute("SELECT max(event_time) FROM event").fetchone()[0]
        carriers = Carriers(write, self._numbers, self._containment)
        lots = WholeLots(write)
        changed: dict[int, None] = {}
        removed: list[Removed] = []
        for entry in entries:
            if isinstance(entry, IndexedEvent):
                self._store(entry.fact, lots)
                changed.update(dict.fromkeys(restand(write, entry.fact, self._delegate)))
            elif isinstance(entry, Erased):
                gone = remove(write, entry.position, carriers, lots, self._delegate)
                if gone is not None:
                    removed.append(gone)
                    changed.pop(entry.position, None)
                    changed.update(dict.fromkeys(gone.changed))
        dirty: dict[int, int] = {}
        asked = dict(changed)
        if latest is not None:
            for position in changed:
                asked.update(dict.fromkeys(sorted(carriers.concerned(position, latest))))
        for gone in removed:
            asked.update(dict.fromkeys(sorted(gone.concerned)))
            for number in gone.objects:
                dirty[number] = min(gone.time, dirty.get(number, gone.time))
        for position in asked:
            row = write.execute(
                "SELECT event_time, live, postings FROM event WHERE position = ?", (position,)
            ).fetchone()
            if row is None:
                continue  # erased meanwhile
            time, live, postings = row
            touched = carriers.ask(position, inherited_parts(postings)) if live else set()
            if position in changed:
                touched.update(self._touched(position))
            for number in touched:
                dirty[number] = min(time, dirty.get(number, time))
        Folds(write, self._numbers).fold(dirty)
        spoken_of = {lot for position in changed for lot in lots.stated_at(position)}
        lots.fold(spoken_of.union(*(gone.lots for gone in removed)))
        if removed:
            sweep(write, self._numbers, frozenset().union(*(gone.objects for gone in removed)))

    def _store(self, fact: Fact, lots: WholeLots) -> None:
        """Store an event; an error declaration repeats its event and states nothing itself (rule 8)."""
        write = self._tables.write
        moves, statements = told_apart(fact, () if fact.declaration is not None else movements(fact))
        write.execute(
            "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?)",
            (
                fact.position, fact.event_time, fact.event_id, fact.id_given, fact.content_hash,
                fact.body_digest, fact.party, fact.declaration is not None, encode_postings(moves),
            ),
        )  # fmt: skip
        if fact.declaration is not None:
            return
        store_touches(write, self._numbers, fact, moves)
        store_relations(write, self._numbers, fact)
        lots.store(fact.position, statements)
        write.executemany(
            "INSERT INTO membership VALUES (?, ?, ?, ?)",
            [(self._numbers.of(item), fact.event_time, lot, fact.position) for item, lot in set(fact.lots)],
        )

    def _touched(self, position: int) -> set[int]:
        rows = self._tables.write.execute(
            "SELECT object FROM touch WHERE position = ?"
            " UNION SELECT instance FROM membership WHERE position = ?",
            (position, position),
        )
        return {row[0] for row in rows}

    def clear(self) -> None:
        """Forget everything; the next apply begins at 0."""
        with self._writing:
            self._tables.clear()
            self._numbers.forget()

    def close(self) -> None:
        """Let go of the file."""
        self._tables.close()
