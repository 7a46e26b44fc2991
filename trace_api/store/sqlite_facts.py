"""The embedded index as the lineage reads it: facts put together from rows, each once, kept while there is room.

Facts never change (the log is append-only), so a cached one is always right; the lists of positions do grow
and are asked for every time.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

import orjson

from trace_api.lineage import Declaration, Fact, Quantity

__all__ = ["SqliteFacts"]

FACT_CACHE = 50_000
URI_CACHE = 500_000
PARAMETERS = 900

COLUMNS = (
    "position, event_id, id_given, content_hash, body_digest, party, record_time, event_time, type, action,"
    " biz_step, disposition, read_point, biz_location, transformation_id, declaration, declaration_digest,"
    " members, details"
)


class SqliteFacts:
    """`trace_api.lineage.Facts` over the tables of `sqlite`.

    Args:
        reader: gives the calling thread's connection.
    """

    def __init__(self, reader: Callable[[], sqlite3.Connection]) -> None:
        self._reader = reader
        self._facts: OrderedDict[int, Fact] = OrderedDict()
        self._uris: dict[int, str] = {}
        self._lock = threading.Lock()

    def forget(self) -> None:
        """Drop what is cached, after the index was cleared."""
        with self._lock:
            self._facts.clear()
            self._uris.clear()

    def of_object(self, uri: str) -> Sequence[Fact]:
        """Every event that names the object in any role."""
        return self._select(
            "SELECT p.position FROM posting p JOIN object o ON o.id = p.object WHERE o.uri = ?", uri
        )

    def of_lot_members(self, lot: str) -> Sequence[str]:
        """Instances asserted to be of this lot."""
        rows = self._reader().execute(
            "SELECT i.uri FROM lot_member m JOIN object l ON l.id = m.lot JOIN object i ON i.id = m.instance"
            " WHERE l.uri = ? ORDER BY i.id",
            (lot,),
        )
        return [row[0] for row in rows]

    def of_transformation(self, transformation_id: str) -> Sequence[Fact]:
        """The events of one transformationID."""
        return self._select("SELECT position FROM event WHERE transformation_id = ?", transformation_id)

    def of_event_id(self, event_id: str) -> Sequence[Fact]:
        """The event and its error declarations."""
        return self._select("SELECT position FROM event WHERE event_id = ?", event_id)

    def of_content_hash(self, content_hash: str) -> Sequence[Fact]:
        """Events of the same content by the CBV hash."""
        return self._select("SELECT position FROM event WHERE content_hash = ?", content_hash)

    def _select(self, sql: str, value: str) -> list[Fact]:
        return self.at([row[0] for row in self._reader().execute(sql, (value,))])

    def at(self, positions: Iterable[int]) -> list[Fact]:
        """The facts at these log positions; positions that hold no event give nothing."""
        wanted = list(positions)
        with self._lock:
            have = {p: fact for p in wanted if (fact := self._facts.get(p)) is not None}
        missing = [p for p in wanted if p not in have]
        for start in range(0, len(missing), PARAMETERS):
            some = missing[start : start + PARAMETERS]
            marks = ",".join("?" * len(some))
            rows = self._reader().execute(
                f"SELECT {COLUMNS} FROM event WHERE position IN ({marks})",
                some,
            )
            have.update((fact.position, fact) for fact in self._assemble(rows.fetchall()))
        with self._lock:
            for position in missing:
                if position in have:
                    self._facts[position] = have[position]
            while len(self._facts) > FACT_CACHE:
                self._facts.popitem(last=False)
        return [have[p] for p in wanted if p in have]

    def _assemble(self, rows: Sequence[tuple[Any, ...]]) -> list[Fact]:
        parsed = [(row, orjson.loads(row[17]), orjson.loads(row[18]) if row[18] else None) for row in rows]
        wanted: set[int] = set()
        for _, (parent, epcs, quantities, inputs, input_q, outputs, output_q), details in parsed:
            wanted.update(epcs, inputs, outputs)
            wanted.update(q[0] for group in (quantities, input_q, output_q) for q in group)
            if parent is not None:
                wanted.add(parent)
            if details:
                wanted.update(number for pair in details[4] for number in pair)
        uri = self._names(wanted)
        return [_fact(row, members, details or [[], [], [], [], []], uri) for row, members, details in parsed]

    def _names(self, numbers: set[int]) -> dict[int, str]:
        """Dictionary numbers -> identifiers."""
        with self._lock:
            known = {n: name for n in numbers if (name := self._uris.get(n)) is not None}
        missing = [n for n in numbers if n not in known]
        for start in range(0, len(missing), PARAMETERS):
            some = missing[start : start + PARAMETERS]
            marks = ",".join("?" * len(some))
            rows = self._reader().execute(f"SELECT id, uri FROM object WHERE id IN ({marks})", some)
            known.update(rows.fetchall())
        with self._lock:
            if len(self._uris) > URI_CACHE:
                self._uris.clear()
            self._uris.update(known)
        return known


def _fact(row: tuple[Any, ...], members: list[Any], details: list[Any], uri: dict[int, str]) -> Fact:
    parent, epcs, quantities, inputs, input_q, outputs, output_q = members
    persistent_set, persistent_unset, sources, destinations, lots = details

    def amounts(group: list[list[Any]]) -> tuple[Quantity, ...]:
        return tuple(
            Quantity(uri[number], None if amount is None else Decimal(amount), uom)
            for number, amount, uom in group
        )

    declaration = None
    if row[15] is not None:
        declared_at, reason, corrective = orjson.loads(row[15])
        declaration = Declaration(row[16], declared_at, reason, tuple(corrective))
    return Fact(
        position=row[0],
        event_id=row[1],
        id_given=bool(row[2]),
        content_hash=row[3],
        body_digest=row[4],
        party=row[5],
        record_time=row[6],
        event_time=row[7],
        type=row[8],
        action=row[9],
        biz_step=row[10],
        disposition=row[11],
        read_point=row[12],
        biz_location=row[13],
        transformation_id=row[14],
        declaration=declaration,
        parent=None if parent is None else uri[parent],
        epcs=tuple(uri[n] for n in epcs),
        quantities=amounts(quantities),
        inputs=tuple(uri[n] for n in inputs),
        input_quantities=amounts(input_q),
        outputs=tuple(uri[n] for n in outputs),
        output_quantities=amounts(output_q),
        lots=tuple((uri[instance], uri[lot]) for instance, lot in lots),
        persistent_set=tuple(persistent_set),
        persistent_unset=tuple(persistent_unset),
        sources=tuple((kind, party) for kind, party in sources),
        destinations=tuple((kind, party) for kind, party in destinations),
    )
