"""Erased events leave the stock: what they stated goes, and what rested on it is derived anew (contract 13).

Afterwards the stock is as if the event had never been captured. So it is when it is built anew, for the body of
the event is no longer in the log.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from logistics.stock.carriers import Carriers
from logistics.stock.goods import class_goods, item_class
from logistics.stock.numbers import Numbers, chunks
from logistics.stock.standing import identity, restand
from logistics.stock.whole_lot import WholeLots
from trace_api.lineage.validity import Delegate

__all__ = ["Removed", "remove", "sweep"]


@dataclass(frozen=True, slots=True)
class Removed:
    """What an erased event leaves to be derived anew.

    Attributes:
        time: event time (µs) of the event.
        objects: items, carriers, lots and classes that it named or moved.
        lots: lots of whose condition as such it spoke.
        concerned: events whose contents it may have changed.
        changed: events that begin to count without it, or cease to.
    """

    time: int
    objects: frozenset[int]
    lots: frozenset[str]
    concerned: frozenset[int]
    changed: tuple[int, ...]


def remove(
    write: sqlite3.Connection, position: int, carriers: Carriers, lots: WholeLots, delegate: Delegate
) -> Removed | None:
    """Remove an event with all that it stated; None where the stock holds none at this log position."""
    row = write.execute("SELECT event_time, live FROM event WHERE position = ?", (position,)).fetchone()
    fact = identity(write, position)
    if row is None or fact is None:
        return None
    time, live = row
    named = write.execute(
        "SELECT object FROM touch WHERE position = ?1 UNION SELECT instance FROM membership WHERE position = ?1"
        " UNION SELECT child FROM relation WHERE position = ?1"
        " UNION SELECT parent FROM relation WHERE position = ?1",
        (position,),
    ).fetchall()
    spoken_of = lots.stated_at(position)
    (latest,) = write.execute("SELECT max(event_time) FROM event").fetchone()
    concerned = carriers.concerned(position, latest) if live else set()
    for table in ("touch", "relation", "membership", "lot_statement", "event"):
        write.execute(f"DELETE FROM {table} WHERE position = ?", (position,))
    changed = restand(write, fact, delegate)
    return Removed(
        time,
        frozenset(row[0] for row in named),
        frozenset(spoken_of),
        frozenset(concerned - {position}),
        tuple(changed),
    )


def sweep(write: sqlite3.Connection, numbers: Numbers, objects: frozenset[int]) -> None:
    """Remove the names of objects that no event names any more, and their balances that are zero.

    Every contribution to one balance has the same sign, so none stands behind a zero.
    """
    classes: set[str] = set()
    for some in chunks(objects):
        for uri, is_class in numbers.names(some).values():
            goods = class_goods(uri) if is_class else None
            gtin = goods.gtin if goods is not None else None if is_class else item_class(uri)
            if gtin is not None:
                classes.add(gtin)
        marks = ",".join("?" * len(some))
        unnamed = [
            row[0]
            for row in write.execute(
                f"SELECT id FROM object WHERE id IN ({marks})"
                " AND NOT EXISTS (SELECT 1 FROM touch WHERE object = id)"
                " AND NOT EXISTS (SELECT 1 FROM membership WHERE instance = id)"
                " AND NOT EXISTS (SELECT 1 FROM relation WHERE child = id)"
                " AND NOT EXISTS (SELECT 1 FROM relation WHERE parent = id)",
                some,
            )
        ]
        for table, column in (("folded", "object"), ("mismatch", "object"), ("object", "id")):
            write.executemany(f"DELETE FROM {table} WHERE {column} = ?", [(number,) for number in unnamed])
    for gtin in classes:
        write.execute(
            "DELETE FROM level WHERE gtin = ? AND quantity = '0' AND items = 0"
            " AND NOT EXISTS (SELECT 1 FROM mismatch WHERE mismatch.level = level.id)",
            (gtin,),
        )
    numbers.forget()
