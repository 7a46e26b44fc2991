"""What an event does to the contents of the carriers it names: asked of the lineage, kept until that changes.

An event may change who was inside what from its own time on: it packs, unpacks, shows a thing elsewhere, or
ends it. Those earlier captured events that name a carrier it may concern, at that time or later, are asked
again (contract 8). Which carriers it may concern is read from `relation`, who was ever packed where: the
things it names, all they ever held, and every carrier above any of these. That is more than needed and never
less; in a stream that is in order there are no later events, and nothing is asked again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from decimal import Decimal

from logistics.stock.containment import CONTAINMENT, Containment, Content
from logistics.stock.lot import usable
from logistics.stock.numbers import Numbers, chunks
from logistics.stock.postings import Movement
from trace_api.lineage import Fact

__all__ = ["Carriers", "store_relations", "store_touches"]

Amount = tuple[int, int, str]
"""(object, holder, unit)"""


def store_touches(write: sqlite3.Connection, numbers: Numbers, fact: Fact, moves: Iterable[Movement]) -> None:
    """Store which things and amounts an event itself names."""
    rows: list[tuple[int, int, int, int, int, str, str | None]] = []
    for part, movement in enumerate(moves):
        rows += [
            (numbers.of(uri), fact.event_time, fact.position, part, 0, "", None) for uri in movement.things
        ]
        amounts: dict[tuple[int, str], Decimal | None] = {}
        for quantity in movement.amounts:
            key = (numbers.of(quantity.epc_class, is_class=True), quantity.uom or "")
            amounts[key] = _sum(
                amounts.get(key, Decimal(0)), quantity.amount if usable(quantity.amount) else None
            )
        rows += [
            (number, fact.event_time, fact.position, part, 0, uom, _text(amount))
            for (number, uom), amount in amounts.items()
        ]
    write.executemany("INSERT INTO touch VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def store_relations(write: sqlite3.Connection, numbers: Numbers, fact: Fact) -> None:
    """Store which children an AggregationEvent names with their parent."""
    if fact.type != "AggregationEvent" or fact.parent is None:
        return
    parent = numbers.of(fact.parent)
    children = {numbers.of(uri) for uri in fact.epcs}
    children |= {numbers.of(quantity.epc_class, is_class=True) for quantity in fact.quantities}
    rows = [(child, parent, fact.position) for child in children or {parent}]
    write.executemany("INSERT INTO relation VALUES (?, ?, ?)", rows)


class Carriers:
    """Keeps `touch` right for what events did to contents.

    Args:
        write: the writer's connection, inside a transaction.
        containment: the lineage, knowing at least all that is being applied.
    """

    def __init__(self, write: sqlite3.Connection, numbers: Numbers, containment: Containment) -> None:
        self._write = write
        self._numbers = numbers
        self._containment = containment

    def concerned(self, position: int, latest: int) -> set[int]:
        """Earlier captured events whose contents an event may have changed.

        Args:
            position: of the event that began to count or ceased to.
            latest: event time of the latest event captured before; nothing can follow a later one.
        """
        write = self._write
        time = write.execute("SELECT event_time FROM event WHERE position = ?", (position,)).fetchone()[0]
        if time > latest:
            return set()
        named = {
            row[0]
            for row in write.execute(
                "SELECT object FROM touch WHERE position = ? AND holder = 0", (position,)
            )
        }
        relations = write.execute(
            "SELECT child, parent FROM relation WHERE position = ?", (position,)
        ).fetchall()
        named.update(number for relation in relations for number in relation)
        carriers = self._closure(self._closure(named, below=True), below=False)
        found: set[int] = set()
        for some in chunks(carriers):
            marks = ",".join("?" * len(some))
            found.update(
                row[0]
                for row in write.execute(
                    f"SELECT position FROM touch WHERE object IN ({marks}) AND time >= ? AND holder = 0",
                    [*some, time],
                )
            )
        return found

    def _closure(self, numbers: set[int], *, below: bool) -> set[int]:
        """Objects with all that they ever held (below) or that ever held them, through any depth."""
        give, by = ("child", "parent") if below else ("parent", "child")
        found, fresh = set(numbers), set(numbers)
        while fresh:
            reached: set[int] = set()
            for some in chunks(fresh):
                marks = ",".join("?" * len(some))
                rows = self._write.execute(
                    f"SELECT DISTINCT {give} FROM relation WHERE {by} IN ({marks})",
                    some,
                )
                reached.update(row[0] for row in rows)
            fresh = reached - found
            found |= fresh
        return found

    def ask(self, position: int, parts: Mapping[int, bool]) -> set[int]:
        """Ask the lineage what an event's carriers held, and store it.

        Args:
            parts: those that also happen to contents, and whether each ends the carriers themselves.

        Returns:
            Objects for which the answer differs from the one stored before.
        """
        time = self._write.execute("SELECT event_time FROM event WHERE position = ?", (position,)).fetchone()[
            0
        ]
        changed: set[int] = set()
        for part, ends in parts.items():
            changed |= self._ask(position, part, time, ends=ends)
        return changed

    def _ask(self, position: int, part: int, time: int, *, ends: bool) -> set[int]:
        write = self._write
        known: dict[Amount, str | None] = {}
        direct: set[int] = set()
        for number, holder, uom, quantity in write.execute(
            "SELECT object, holder, uom, quantity FROM touch WHERE position = ? AND part = ?",
            (position, part),
        ):
            if holder:
                known[number, holder, uom] = quantity
            else:
                direct.add(number)
        found = self._contents(direct, time, ends=ends)
        if found == known:
            return set()
        gone = [key for key in known if key not in found]
        fresh = [key for key, quantity in found.items() if key not in known or known[key] != quantity]
        write.executemany(
            "DELETE FROM touch WHERE object = ? AND time = ? AND position = ? AND part = ? AND holder = ?"
            " AND uom = ?",
            [(number, time, position, part, holder, uom) for number, holder, uom in gone],
        )
        write.executemany(
            "INSERT OR REPLACE INTO touch VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (number, time, position, part, holder, uom, found[number, holder, uom])
                for number, holder, uom in fresh
            ],
        )
        return {key[0] for key in (*gone, *fresh)}

    def _contents(self, direct: set[int], time: int, *, ends: bool) -> dict[Amount, str | None]:
        """(object, holder, unit) -> amount of everything inside the carriers among some objects."""
        carriers: set[int] = set()
        for some in chunks(direct):
            marks = ",".join("?" * len(some))
            rows = self._write.execute(
                f"SELECT DISTINCT parent FROM relation WHERE parent IN ({marks})",
                some,
            )
            carriers.update(row[0] for row in rows)
        found: dict[Amount, str | None] = {}
        for uri, _ in self._numbers.names(carriers).values():
            for content in self._held(uri, time, ends=ends):
                holder = self._numbers.of(content.parent)
                is_class = bool(content.amounts) or not content.amount_known
                number = self._numbers.of(content.child, is_class=is_class)
                if not is_class and number in direct:
                    continue  # the event names it itself
                for uom, amount in content.amounts:
                    found.setdefault((number, holder, uom or ""), _text(amount))
                if not content.amounts:
                    found.setdefault((number, holder, ""), None)
        return found

    def _held(self, carrier: str, time: int, *, ends: bool) -> list[Content]:
        """What a carrier holds at an instant, and what leaves it at that very instant (lineage rule 1)."""
        held = list(self._containment.contents(carrier, at=time, deep=True))
        same_time = self._write.execute(
            "SELECT count(*) FROM event WHERE event_time = ?", (time,)
        ).fetchone()[0]
        if ends or same_time > 1:
            held = [*self._containment.contents(carrier, at=time - 1, deep=True), *held]
        return [content for content in held if content.kind == CONTAINMENT]


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one + other


def _text(amount: Decimal | None) -> str | None:
    return str(amount) if amount is not None and usable(amount) else None
