"""What is said of a lot as such: an event that names a lot without an amount speaks of its whole condition.

A recall names the lot and no amount. It holds for every item and amount of the lot, wherever it is and whenever
it was made, until the lot as such is released. So it is kept beside the balances and joined when they are read:
a recall of a million items writes one row.

| event that names a lot without an amount | of the whole lot | of what stands at the site |
|---|---|---|
| moves nothing | everything it says | – |
| moves it (a delivery of an amount that is not told) | persistent dispositions, `recalled` | any other disposition |
| AggregationEvent, DELETE: the amount in the carrier, the amount that ends | – | everything it says |
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import orjson

from logistics.stock.condition import AVAILABLE, SOUND, Change
from logistics.stock.goods import class_goods
from logistics.stock.postings import Movement, Verb
from trace_api.lineage import Fact

__all__ = ["LotStatement", "WholeLots", "told_apart"]

RECALLED = "recalled"
"""The disposition that concerns a lot whatever else is reported with it."""


@dataclass(frozen=True, slots=True)
class LotStatement:
    """What one event says of a lot as such.

    Attributes:
        lot: canonical lot.
        phase: place within the instant (lineage rule 1).
        change: of the lot's condition.
    """

    lot: str
    phase: int
    change: Change


def told_apart(
    fact: Fact, moves: Sequence[Movement]
) -> tuple[tuple[Movement, ...], tuple[LotStatement, ...]]:
    """Tell what an event says of lots as such from what it says of amounts.

    Args:
        fact: the event.
        moves: what it does to stock.

    Returns:
        Its movements without that, and its statements about lots.
    """
    if fact.type == "AggregationEvent" or fact.action == "DELETE":
        return tuple(moves), ()
    kept: list[Movement] = []
    statements: list[LotStatement] = []
    for movement in moves:
        if not movement.change:
            kept.append(movement)
            continue
        said, rest = _split(movement)
        as_such = tuple(each for each in movement.amounts if each.amount is None and _is_lot(each.epc_class))
        if not said or not as_such:
            kept.append(movement)
            continue
        lots = dict.fromkeys(each.epc_class for each in as_such)
        statements += [LotStatement(lot, movement.phase, said) for lot in lots]
        others = tuple(each for each in movement.amounts if each not in as_such)
        kept.append(replace(movement, amounts=others))
        if movement.verb is not Verb.NOTE:
            kept.append(replace(movement, things=(), amounts=as_such, change=rest, inherited=False))
    return tuple(kept), tuple(statements)


def _split(movement: Movement) -> tuple[Change, Change]:
    """What a movement says of a lot as such, and what of an amount of it that it does not tell."""
    change = movement.change
    if movement.verb is Verb.NOTE:
        return change, Change()
    if change.disposition == RECALLED:
        return change, Change()
    return Change(change.set, change.unset), Change(disposition=change.disposition)


def _is_lot(uri: str) -> bool:
    goods = class_goods(uri)
    return goods is not None and goods.lot is not None


class WholeLots:
    """Keeps the statements about lots, and the condition of each lot that follows from them in world order.

    Args:
        write: the writer's connection, inside a transaction.
    """

    def __init__(self, write: sqlite3.Connection) -> None:
        self._write = write

    def store(self, position: int, statements: Iterable[LotStatement]) -> None:
        """Store what an event says of lots."""
        self._write.executemany(
            "INSERT INTO lot_statement VALUES (?, ?, ?, ?)",
            [
                (
                    each.lot,
                    position,
                    each.phase,
                    orjson.dumps([each.change.set, each.change.unset, each.change.disposition]),
                )
                for each in statements
            ],
        )

    def stated_at(self, position: int) -> set[str]:
        """The lots of which a stored event speaks."""
        rows = self._write.execute("SELECT lot FROM lot_statement WHERE position = ?", (position,))
        return {row[0] for row in rows}

    def fold(self, lots: Iterable[str]) -> None:
        """Derive the conditions of lots anew from the events that count."""
        for lot in sorted(lots):
            condition = SOUND
            for (said,) in self._write.execute(
                "SELECT s.said FROM lot_statement s JOIN event e ON e.position = s.position"
                " WHERE s.lot = ? AND e.live"
                " ORDER BY e.event_time, s.phase, e.content_hash, e.body_digest, e.event_id",
                (lot,),
            ):
                persistent, lifted, disposition = orjson.loads(said)
                condition = condition.after(Change(tuple(persistent), tuple(lifted), disposition))
            self._write.execute("DELETE FROM lot_condition WHERE lot = ?", (lot,))
            if condition.status != AVAILABLE:
                self._write.execute("INSERT INTO lot_condition VALUES (?, ?)", (lot, condition.status))
