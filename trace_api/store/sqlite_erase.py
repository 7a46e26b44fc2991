"""Erased statements leave the index: rows, postings, and every name that only they stated (contract 13).

What stays is a tombstone: which eventID of which party stood there, as the erasure's own entry tells it, so that
the statement is not captured again. Attributes and named parties are found by reading those tables through, for
an erasure is rare and an index for it would be paid by every capture.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from trace_api.store.protocol import Erased

__all__ = ["LAST_OBJECT", "erase"]

LAST_OBJECT = "last_object"
"""State: the greatest number that the dictionary ever gave; an erased name's number is not given again."""


def erase(write: sqlite3.Connection, erasures: Sequence[Erased]) -> dict[str, int]:
    """Remove what stood at log positions, within the caller's transaction.

    Returns:
        Identifiers that left the dictionary, with the numbers that they had.
    """
    gone: dict[str, int] = {}
    write.execute(
        "INSERT OR REPLACE INTO state SELECT ?1, max(coalesce((SELECT max(id) FROM object), 0),"
        " coalesce((SELECT value FROM state WHERE key = ?1), 0))",
        (LAST_OBJECT,),
    )
    for erased in erasures:
        gone |= _event(write, erased.position)
        write.execute("DELETE FROM master_data WHERE position = ?", (erased.position,))
        if erased.event_id is not None and erased.party is not None:
            write.execute(
                "INSERT OR REPLACE INTO erased VALUES (?, ?, ?, ?)",
                (erased.position, erased.event_id, erased.party, erased.declaration),
            )
    return gone


def _event(write: sqlite3.Connection, position: int) -> dict[str, int]:
    row = write.execute("SELECT members, details FROM event WHERE position = ?", (position,)).fetchone()
    if row is None:
        return {}
    lots = _lots(row[1])
    numbers = _named(orjson.loads(row[0])) | {number for pair in lots for number in pair}
    for table in ("event", "attribute", "named"):
        write.execute(f"DELETE FROM {table} WHERE position = ?", (position,))
    write.executemany(
        "DELETE FROM posting WHERE object = ? AND position = ?", [(number, position) for number in numbers]
    )
    _memberships(write, lots)
    return _names(write, numbers)


def _named(members: list[Any]) -> set[int]:
    """The numbers of all objects that stand in an event's lists."""
    parent, epcs, quantities, inputs, input_quantities, outputs, output_quantities = members
    numbers = {*epcs, *inputs, *outputs}
    numbers.update(row[0] for group in (quantities, input_quantities, output_quantities) for row in group)
    return numbers if parent is None else {*numbers, parent}


def _lots(details: bytes | None) -> set[tuple[int, int]]:
    """The (instance, lot) memberships that an event asserts."""
    return set() if details is None else {(instance, lot) for instance, lot in orjson.loads(details)[4]}


def _memberships(write: sqlite3.Connection, pairs: Iterable[tuple[int, int]]) -> None:
    """Remove the memberships that no other event asserts."""
    asserted: dict[int, set[tuple[int, int]]] = {}
    for instance, lot in pairs:
        others = write.execute(
            "SELECT i.position, e.details FROM posting i"
            " JOIN posting l ON l.object = ? AND l.position = i.position"
            " JOIN event e ON e.position = i.position WHERE i.object = ?",
            (lot, instance),
        )
        for position, details in others:
            if position not in asserted:
                asserted[position] = _lots(details)
            if (instance, lot) in asserted[position]:
                break
        else:
            write.execute("DELETE FROM lot_member WHERE lot = ? AND instance = ?", (lot, instance))


def _names(write: sqlite3.Connection, numbers: set[int]) -> dict[str, int]:
    """Remove from the dictionary what no event names any more."""
    gone: dict[str, int] = {}
    for number in numbers:
        if write.execute("SELECT 1 FROM posting WHERE object = ? LIMIT 1", (number,)).fetchone() is None:
            (uri,) = write.execute("SELECT uri FROM object WHERE id = ?", (number,)).fetchone()
            write.execute("DELETE FROM object WHERE id = ?", (number,))
            gone[uri] = number
    return gone
