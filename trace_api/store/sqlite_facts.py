"""The embedded index as the lineage reads it: facts put together from rows, each once, kept while there is room.

Facts never change (the log is append-only), so a cached one is right until it is erased; the lists of positions
do grow and are asked for every time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

import orjson

from trace_api.lineage import Declaration, Fact, Quantity
from trace_api.query.model import Role
from trace_api.store.sqlite_query import ROLE_BIT
from trace_api.store.weighed import Weighed

__all__ = ["SqliteFacts"]

FACT_CACHE = 1_000_000
"""Identifiers in the facts that are kept, an event itself counting as ten: some 150 MB at most."""
URI_CACHE = 32 * 1024 * 1024
"""Characters of the identifiers that are kept, each counting for 60 more."""
PARAMETERS = 900

COLUMNS = (
    "position, event_id, id_given, content_hash, body_digest, party, record_time, event_time, type, action,"
    " biz_step, disposition, read_point, biz_location, transformation_id, declaration, declaration_digest,"
    " members, details"
)


class SqliteFacts:
    """`trace_api.lineage.Facts` over the tables of `sqlite`.

    Args:
        rows: all rows that a SELECT with its values gives, asked through the calling thread's connection.
    """

    def __init__(self, rows: Callable[[str, Sequence[Any]], list[tuple[Any, ...]]]) -> None:
        self._rows = rows
        self._facts: Weighed[int, Fact] = Weighed(FACT_CACHE, _weight)
        self._uris: Weighed[int, str] = Weighed(URI_CACHE, lambda uri: 60 + len(uri))

        self._erased: set[int] = set()

    def drop(self, positions: Iterable[int], numbers: Iterable[int]) -> None:
        """Never tell these facts again, whatever older state a reader still holds, nor keep these names."""
        self._erased.update(positions)
        self._facts.drop(self._erased)
        self._uris.drop(numbers)

    def forget(self) -> None:
        """Drop what is cached, after the index was cleared."""
        self._facts.clear()
        self._uris.clear()
        self._erased.clear()

    def of_object(self, uri: str) -> Sequence[Fact]:
        """Every event that names the object in any role."""
        return self._select(
            "SELECT p.position FROM posting p JOIN object o ON o.id = p.object WHERE o.uri = ?", uri
        )

    def some_of_object(
        self, uri: str, limit: int, *, roles: Sequence[Role] = (), naming: str | None = None
    ) -> tuple[list[Fact], int]:
        """At most `limit` events that name an object, the first and the last captured; and how many there are.

        Args:
            roles: only where it stands in one of these lists; membership in a lot alone is none of them.
            naming: only events that name this object too.
        """
        condition = "p.object = (SELECT id FROM object WHERE uri = ?)"
        values: list[Any] = [uri]
        if roles:
            condition += " AND p.roles & ?"
            values.append(sum({ROLE_BIT[role] for role in roles}))
        if naming is not None:
            condition += (
                " AND EXISTS (SELECT 1 FROM posting q WHERE q.position = p.position"
                " AND q.object = (SELECT id FROM object WHERE uri = ?))"
            )
            values.append(naming)
        select = self._rows
        total = int(select(f"SELECT count(*) FROM posting p WHERE {condition}", values)[0][0])
        chosen = f"SELECT p.position FROM posting p WHERE {condition} ORDER BY p.position"
        first = limit if total <= limit else limit - limit // 2
        positions = [row[0] for row in select(f"{chosen} LIMIT ?", [*values, first])]
        if total > limit:
            positions += [row[0] for row in select(f"{chosen} DESC LIMIT ?", [*values, limit // 2])]
        return self.at(positions), total

    def of_lot_members(self, lot: str) -> Sequence[str]:
        """Instances asserted to be of this lot."""
        rows = self._rows(
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
        return self.at([row[0] for row in self._rows(sql, (value,))])

    def at(self, positions: Iterable[int]) -> list[Fact]:
        """The facts at these log positions; positions that hold no event give nothing."""
        wanted = [position for position in positions if position not in self._erased]
        have = self._facts.get(wanted)
        missing = [p for p in wanted if p not in have]
        for start in range(0, len(missing), PARAMETERS):
            some = missing[start : start + PARAMETERS]
            marks = ",".join("?" * len(some))
            rows = self._rows(f"SELECT {COLUMNS} FROM event WHERE position IN ({marks})", some)
            read = {fact.position: fact for fact in self._assemble(rows)}
            self._facts.put(read)
            have.update(read)
        return [have[p] for p in wanted if p in have and p not in self._erased]

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
        known = self._uris.get(numbers)
        missing = [n for n in numbers if n not in known]
        for start in range(0, len(missing), PARAMETERS):
            some = missing[start : start + PARAMETERS]
            marks = ",".join("?" * len(some))
            read = dict(self._rows(f"SELECT id, uri FROM object WHERE id IN ({marks})", some))
            self._uris.put(read)
            known.update(read)
        return known


def _weight(fact: Fact) -> int:
    """How much a fact holds: its identifiers, and something for the event itself."""
    listed = (
        fact.epcs,
        fact.quantities,
        fact.inputs,
        fact.input_quantities,
        fact.outputs,
        fact.output_quantities,
    )
    return 10 + sum(map(len, listed)) + 2 * len(fact.lots)


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
