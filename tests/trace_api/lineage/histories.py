"""A few words for writing histories: each call is one captured event, captured in the order written.

Times are in plain seconds and stand for instants; `recorded` defaults to the event time.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from trace_api.lineage import Declaration, Fact, Lineage, MemoryFacts, Quantity

SECOND = 1_000_000


def amount(epc_class: str, value: int | str | None = None, uom: str | None = None) -> Quantity:
    return Quantity(epc_class, None if value is None else Decimal(value), uom)


class History:
    """Facts as they were captured; every method returns the fact it added."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self._ids = itertools.count(1)

    @property
    def lineage(self) -> Lineage:
        return Lineage(MemoryFacts(self.facts))

    def event(self, kind: str, at: float, **fields: Any) -> Fact:
        recorded = fields.pop("recorded", at)
        event_id = fields.pop("event_id", None)
        party = fields.pop("party", "urn:party:1")
        content = repr((kind, at, sorted(fields.items())))
        content_hash = hashlib.sha256(content.encode()).hexdigest()
        fact = Fact(
            position=len(self.facts),
            event_id=event_id or f"urn:uuid:{next(self._ids):04}",
            id_given=True,
            content_hash=content_hash,
            body_digest=content_hash.encode(),
            party=party,
            record_time=int(recorded * SECOND),
            event_time=int(at * SECOND),
            type=kind,
            **fields,
        )
        self.facts.append(fact)
        return fact

    def add(self, fact: Fact) -> Fact:
        """Capture a fact made elsewhere, at the next position."""
        fact = replace(fact, position=len(self.facts))
        self.facts.append(fact)
        return fact

    def make(self, at: float, *epcs: str, **fields: Any) -> Fact:
        return self.event("ObjectEvent", at, action="ADD", epcs=epcs, **fields)

    def see(self, at: float, *epcs: str, **fields: Any) -> Fact:
        return self.event("ObjectEvent", at, action="OBSERVE", epcs=epcs, **fields)

    def end(self, at: float, *epcs: str, **fields: Any) -> Fact:
        return self.event("ObjectEvent", at, action="DELETE", epcs=epcs, **fields)

    def pack(self, at: float, parent: str, *children: str, **fields: Any) -> Fact:
        return self.event("AggregationEvent", at, action="ADD", parent=parent, epcs=children, **fields)

    def unpack(self, at: float, parent: str, *children: str, **fields: Any) -> Fact:
        return self.event("AggregationEvent", at, action="DELETE", parent=parent, epcs=children, **fields)

    def look(self, at: float, parent: str | None, *children: str, **fields: Any) -> Fact:
        return self.event("AggregationEvent", at, action="OBSERVE", parent=parent, epcs=children, **fields)

    def attach(self, at: float, parent: str, *children: str, **fields: Any) -> Fact:
        return self.event("AssociationEvent", at, action="ADD", parent=parent, epcs=children, **fields)

    def detach(self, at: float, parent: str, *children: str, **fields: Any) -> Fact:
        return self.event("AssociationEvent", at, action="DELETE", parent=parent, epcs=children, **fields)

    def transform(
        self, at: float, inputs: Sequence[str | Quantity], outputs: Sequence[str | Quantity], **fields: Any
    ) -> Fact:
        return self.event(
            "TransformationEvent",
            at,
            inputs=tuple(one for one in inputs if isinstance(one, str)),
            input_quantities=tuple(one for one in inputs if isinstance(one, Quantity)),
            outputs=tuple(one for one in outputs if isinstance(one, str)),
            output_quantities=tuple(one for one in outputs if isinstance(one, Quantity)),
            **fields,
        )

    def declare(
        self,
        original: Fact,
        *,
        recorded: float,
        reason: str = "did_not_occur",
        declared: float | None = None,
        party: str | None = None,
        corrective: tuple[str, ...] = (),
    ) -> Fact:
        """An error declaration: every field of the original repeated, with an errorDeclaration block."""
        declared = recorded if declared is None else declared
        digest = repr((reason, declared, corrective)).encode()
        return self.add(
            replace(
                original,
                party=party or original.party,
                record_time=int(recorded * SECOND),
                body_digest=digest,
                declaration=Declaration(digest, int(declared * SECOND), reason, corrective),
            )
        )


def recaptured(facts: Iterable[Fact]) -> list[Fact]:
    """The same facts as captured in this order: positions and record times follow it."""
    return [replace(fact, position=n, record_time=10**15 + n) for n, fact in enumerate(facts)]


def lineage_of(facts: Iterable[Fact]) -> Lineage:
    return Lineage(MemoryFacts(facts))


def inside(lineage: Lineage, container: str, at: float | None = None) -> set[str]:
    """The children in a container after everything that happened at `at`."""
    found = lineage.contents(container, None if at is None else int(at * SECOND))
    return {containment.child for containment in found}


def holders(lineage: Lineage, uri: str, at: float | None = None) -> list[str]:
    """The containers of an object, nearest first."""
    found = lineage.containers(uri, None if at is None else int(at * SECOND))
    return [containment.parent for containment in found]


def kinds(anomalies: Iterable[Any]) -> list[str]:
    return [anomaly.kind.value for anomaly in anomalies]


def without_positions(value: Any) -> Any:
    """A JSON answer without what the order of capture decides: log positions and record times."""
    if isinstance(value, dict):
        return {
            key: without_positions(each)
            for key, each in value.items()
            if key not in ("position", "positions", "recordTime", "duplicates", "evidence")
        }
    if isinstance(value, list):
        return [without_positions(each) for each in value]
    return value
