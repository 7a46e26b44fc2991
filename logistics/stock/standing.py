"""Which stored events count: the lineage's own judgement (rule 8), put to the rows that it concerns.

A new event can change the standing of others: a declaration voids its event, a twin of the same content
counts once, and a voided twin lets the other one count.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

from trace_api.lineage import Declaration, Fact, MemoryFacts
from trace_api.lineage.validity import Delegate, KnownFacts, Standing

__all__ = ["identity", "restand"]

COLUMNS = "position, event_time, event_id, id_given, content_hash, body_digest, party, declares, live"
DECLARED = Declaration(b"", 0)


def restand(write: sqlite3.Connection, fact: Fact, delegate: Delegate) -> list[int]:
    """Judge what an event concerns that was newly stored (itself included) or removed.

    Returns:
        Log positions of events that begin to count or cease to, in order.
    """
    rows = _rows(write, "content_hash", [fact.content_hash])
    rows |= _rows(write, "event_id", [fact.event_id])
    if rows.keys() - {fact.position}:
        rows |= _rows(write, "content_hash", {row[4] for row in rows.values()})
        rows |= _rows(write, "event_id", {row[2] for row in rows.values()})
    facts = {position: _identity(row) for position, row in rows.items()}
    known = KnownFacts(MemoryFacts(facts.values()), None, None, delegate)
    concerned = {fact.content_hash} | {
        other.content_hash for other in facts.values() if _same_id(other, fact)
    }
    changed: list[int] = []
    for position, stored in sorted(facts.items()):
        if stored.content_hash not in concerned:
            continue  # its twins are not all here
        live = known.standing(stored) is Standing.LIVE
        if live != bool(rows[position][8]):
            write.execute("UPDATE event SET live = ? WHERE position = ?", (live, position))
            changed.append(position)
    return changed


def identity(write: sqlite3.Connection, position: int) -> Fact | None:
    """As much of a stored event as its standing depends on; None where there is none at this position."""
    row = write.execute(f"SELECT {COLUMNS} FROM event WHERE position = ?", (position,)).fetchone()
    return None if row is None else _identity(row)


def _same_id(one: Fact, other: Fact) -> bool:
    return one.event_id == other.event_id


def _rows(write: sqlite3.Connection, column: str, values: Iterable[str]) -> dict[int, tuple[Any, ...]]:
    found: dict[int, tuple[Any, ...]] = {}
    for value in values:
        for row in write.execute(f"SELECT {COLUMNS} FROM event WHERE {column} = ?", (value,)):
            found[row[0]] = row
    return found


def _identity(row: tuple[Any, ...]) -> Fact:
    """As much of an event as its standing depends on."""
    position, event_time, event_id, id_given, content_hash, body_digest, party, declares, _ = row
    return Fact(
        position=position,
        event_id=event_id,
        id_given=bool(id_given),
        content_hash=content_hash,
        body_digest=body_digest,
        party=party,
        record_time=0,
        event_time=event_time,
        type="",
        declaration=DECLARED if declares else None,
    )
