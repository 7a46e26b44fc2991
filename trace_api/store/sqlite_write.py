"""Index rows, put together for many events and written table by table.

Everything here is for speed without another meaning: identifiers are looked up in the dictionary many at a
time, and rows go to SQLite sorted by key, so that each page of a B-tree is touched once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

import orjson

from trace_api.lineage import Fact, Quantity
from trace_api.query.model import Role
from trace_api.store.protocol import IndexedEvent
from trace_api.store.sqlite_erase import LAST_OBJECT
from trace_api.store.sqlite_query import ROLE_BIT

__all__ = ["EventWriter"]

DICTIONARY_CACHE = 200_000
PARAMETERS = 900  # SQLite's oldest limit on parameters of one statement is 999
SLICE = 512

PARENT, EPC, QUANTITY = ROLE_BIT[Role.PARENT], ROLE_BIT[Role.EPC], ROLE_BIT[Role.QUANTITY]
INPUT, INPUT_QUANTITY = ROLE_BIT[Role.INPUT], ROLE_BIT[Role.INPUT_QUANTITY]
OUTPUT, OUTPUT_QUANTITY = ROLE_BIT[Role.OUTPUT], ROLE_BIT[Role.OUTPUT_QUANTITY]


class EventWriter:
    """Writes events through one connection, within its caller's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._write = connection
        self._ids: dict[str, int] = {}

    def forget(self) -> None:
        """Drop the remembered dictionary: the transaction was rolled back, or the tables were cleared."""
        self._ids.clear()

    def drop(self, names: Iterable[str]) -> None:
        """Drop names that have left the dictionary."""
        for name in names:
            self._ids.pop(name, None)

    def events(self, events: Iterable[IndexedEvent]) -> None:
        """Write events in the order of their positions, a bounded number at a time."""
        rest = iter(events)
        while some := list(islice(rest, SLICE)):
            self._slice(some)

    def _slice(self, events: Sequence[IndexedEvent]) -> None:
        numbers = self._numbers([name for event in events for name in _names(event.fact)])
        rows, postings, lots = [], [], []
        for event in events:
            fact = event.fact
            row, roles, members = _rows(fact, numbers)
            rows.append(row)
            postings += [(number, fact.position, bits) for number, bits in roles.items()]
            lots += members
        write = self._write.executemany
        write("INSERT INTO event VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", rows)
        write("INSERT INTO posting VALUES (?, ?, ?)", sorted(postings))
        write("INSERT OR IGNORE INTO lot_member VALUES (?, ?)", sorted(lots))
        write(
            "INSERT OR IGNORE INTO attribute VALUES (?, ?, ?)",
            [(name, value, each.fact.position) for each in events for name, value in each.attributes],
        )
        write(
            "INSERT OR IGNORE INTO named VALUES (?, ?)",
            [(party, each.fact.position) for each in events for party in each.named],
        )

    def _numbers(self, names: Iterable[str]) -> dict[str, int]:
        """The dictionary's numbers of identifiers; new ones get the next numbers, in order of first sight."""
        found: dict[str, int] = {}
        unknown: list[str] = []
        for name in dict.fromkeys(names):
            number = self._ids.get(name)
            if number is None:
                unknown.append(name)
            else:
                found[name] = number
        stored: dict[str, int] = {}
        for start in range(0, len(unknown), PARAMETERS):
            some = unknown[start : start + PARAMETERS]
            marks = ",".join("?" * len(some))
            stored.update(self._write.execute(f"SELECT uri, id FROM object WHERE uri IN ({marks})", some))
        fresh = [name for name in unknown if name not in stored]
        if fresh:
            (last,) = self._write.execute(
                "SELECT max(coalesce((SELECT max(id) FROM object), 0),"
                " coalesce((SELECT value FROM state WHERE key = ?), 0))",
                (LAST_OBJECT,),
            ).fetchone()
            numbered = list(enumerate(fresh, last + 1))
            self._write.executemany("INSERT INTO object VALUES (?, ?)", numbered)
            stored.update((name, number) for number, name in numbered)
        self._remember(stored)
        found.update(stored)
        return found

    def _remember(self, numbers: dict[str, int]) -> None:
        self._ids.update(numbers)
        excess = len(self._ids) - DICTIONARY_CACHE
        if excess > 0:
            for name in list(islice(self._ids, excess)):
                del self._ids[name]


def _names(fact: Fact) -> list[str]:
    """Every object that a fact names, in the order in which it names them."""
    names = [] if fact.parent is None else [fact.parent]
    names += fact.epcs
    names += [quantity.epc_class for quantity in fact.quantities]
    names += fact.inputs
    names += [quantity.epc_class for quantity in fact.input_quantities]
    names += fact.outputs
    names += [quantity.epc_class for quantity in fact.output_quantities]
    for pair in fact.lots:
        names += pair
    return names


def _rows(
    fact: Fact, numbers: dict[str, int]
) -> tuple[tuple[Any, ...], dict[int, int], list[tuple[int, int]]]:
    """The row of `event`, the roles of each object, and the (lot, instance) memberships."""
    roles: dict[int, int] = {}

    def named(uris: Sequence[str], bit: int) -> list[int]:
        ids = [numbers[uri] for uri in uris]
        if roles:
            for number in ids:
                roles[number] = roles.get(number, 0) | bit
        else:
            roles.update(dict.fromkeys(ids, bit))
        return ids

    def amounts(quantities: Sequence[Quantity], bit: int) -> list[list[Any]]:
        ids = named([each.epc_class for each in quantities], bit)
        return [
            [number, None if each.amount is None else str(each.amount), each.uom]
            for number, each in zip(ids, quantities, strict=True)
        ]

    members = [
        None if fact.parent is None else named((fact.parent,), PARENT)[0],
        named(fact.epcs, EPC),
        amounts(fact.quantities, QUANTITY),
        named(fact.inputs, INPUT),
        amounts(fact.input_quantities, INPUT_QUANTITY),
        named(fact.outputs, OUTPUT),
        amounts(fact.output_quantities, OUTPUT_QUANTITY),
    ]
    named([lot for _, lot in fact.lots], 0)
    lots = [[numbers[instance], numbers[lot]] for instance, lot in fact.lots]
    details = [fact.persistent_set, fact.persistent_unset, fact.sources, fact.destinations, lots]
    declaration = fact.declaration
    row = (
        fact.position, fact.event_id, fact.id_given, fact.content_hash, fact.body_digest, fact.party,
        fact.record_time, fact.event_time, fact.type, fact.action, fact.biz_step, fact.disposition,
        fact.read_point, fact.biz_location, fact.transformation_id,
        None if declaration is None else orjson.dumps(
            [declaration.declaration_time, declaration.reason, declaration.corrective_event_ids]
        ),
        None if declaration is None else declaration.digest,
        orjson.dumps(members), orjson.dumps(details) if any(details) else None,
    )  # fmt: skip
    return row, roles, [(lot, instance) for instance, lot in lots]
