"""Small histories written as one line an event, asked in several orders of capture.

`World` collects events; `World.ask(question)` builds a lineage over them in several capture orders, demands
that the answer is the same each time (rule 9) and returns it. Times are bare integers; a record time is
given only where a test is about the second clock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any, TypeVar

from trace_api.lineage import (
    AnomalyKind,
    Containment,
    Declaration,
    Direction,
    EdgeKind,
    Fact,
    Lineage,
    MemoryFacts,
    Quantity,
    TraceAnswer,
)

T = TypeVar("T")

HOST = "https://id.gs1.org"
PRODUCER = f"{HOST}/417/9506000100008"
CARRIER = f"{HOST}/417/9506000100015"
PHARMACY = f"{HOST}/417/9506000100022"
STRANGER = f"{HOST}/417/9506000199999"


def _checked(digits: str) -> str:
    total = sum(int(digit) * (3 if index % 2 == 0 else 1) for index, digit in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def gtin(product: int = 1) -> str:
    return f"{HOST}/01/{_checked(f'0950600{product:06d}')}"


def item(serial: object, product: int = 1) -> str:
    return f"{gtin(product)}/21/{serial}"


def lot(name: object, product: int = 1) -> str:
    return f"{gtin(product)}/10/{name}"


def sscc(number: int) -> str:
    return f"{HOST}/00/{_checked(f'0950600{number:010d}')}"


def tote(number: int) -> str:
    return f"{HOST}/8003/0{_checked('950600010000')}T{number}"


def sensor(number: int) -> str:
    return f"{HOST}/8004/9506000S{number}"


def place(number: int) -> str:
    return f"{HOST}/414/{_checked(f'9506000{number:05d}')}"


def kg(uri: str, amount: object) -> Quantity:
    return Quantity(uri, None if amount is None else Decimal(str(amount)), "KGM")


def pieces(uri: str, amount: object = None) -> Quantity:
    return Quantity(uri, None if amount is None else Decimal(str(amount)))


class World:
    """Events in the order written; `ask` permutes the capture."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self._timed: set[int] = set()

    def event(
        self,
        event_type: str,
        at: int,
        *,
        event_id: str | None = None,
        recorded: int | None = None,
        party: str = PRODUCER,
        content_hash: str | None = None,
        minted: bool = False,
        **fields: Any,
    ) -> Fact:
        content = repr((event_type, at, sorted(fields.items())))
        digest = content_hash or "ni:///sha-256;" + hashlib.sha256(content.encode()).hexdigest()
        number = len(self.facts)
        fact = Fact(
            position=number,
            event_id=digest if minted else event_id or f"urn:uuid:event-{number}",
            id_given=not minted,
            content_hash=digest,
            body_digest=hashlib.sha256(f"{content}{event_id}".encode()).digest(),
            party=party,
            record_time=1_000_000 + number if recorded is None else recorded,
            event_time=at,
            type=event_type,
            **fields,
        )
        return self._keep(fact, recorded)

    def _keep(self, fact: Fact, recorded: int | None) -> Fact:
        if recorded is not None:
            self._timed.add(fact.position)
        self.facts.append(fact)
        return fact

    def pack(self, parent: str, children: Sequence[str] = (), at: int = 0, **fields: Any) -> Fact:
        return self._group("AggregationEvent", "ADD", parent, children, at, fields)

    def unpack(self, parent: str, children: Sequence[str] = (), at: int = 0, **fields: Any) -> Fact:
        return self._group("AggregationEvent", "DELETE", parent, children, at, fields)

    def seen_in(self, parent: str | None, children: Sequence[str] = (), at: int = 0, **fields: Any) -> Fact:
        return self._group("AggregationEvent", "OBSERVE", parent, children, at, fields)

    def attach(self, parent: str, children: Sequence[str] = (), at: int = 0, **fields: Any) -> Fact:
        return self._group("AssociationEvent", "ADD", parent, children, at, fields)

    def detach(self, parent: str, children: Sequence[str] = (), at: int = 0, **fields: Any) -> Fact:
        return self._group("AssociationEvent", "DELETE", parent, children, at, fields)

    def _group(
        self,
        event_type: str,
        action: str,
        parent: str | None,
        children: Sequence[str],
        at: int,
        fields: dict[str, Any],
    ) -> Fact:
        return self.event(event_type, at, action=action, parent=parent, epcs=tuple(children), **fields)

    def commission(self, epcs: Sequence[str], at: int, **fields: Any) -> Fact:
        fields.setdefault("biz_step", "commissioning")
        return self.event("ObjectEvent", at, action="ADD", epcs=tuple(epcs), **fields)

    def see(self, epcs: Sequence[str], at: int, **fields: Any) -> Fact:
        return self.event("ObjectEvent", at, action="OBSERVE", epcs=tuple(epcs), **fields)

    def end(self, epcs: Sequence[str], at: int, **fields: Any) -> Fact:
        return self.event("ObjectEvent", at, action="DELETE", epcs=tuple(epcs), **fields)

    def make(
        self,
        inputs: Sequence[str | Quantity],
        outputs: Sequence[str | Quantity],
        at: int,
        together: str | None = None,
        **fields: Any,
    ) -> Fact:
        """A transformation; lots are turned into quantities of unknown amount."""

        def split(listed: Sequence[str | Quantity]) -> tuple[tuple[str, ...], tuple[Quantity, ...]]:
            amounts = [pieces(one) if isinstance(one, str) else one for one in listed if _is_class(one)]
            return tuple(one for one in listed if isinstance(one, str) and not _is_class(one)), tuple(amounts)

        used, used_amounts = split(inputs)
        made, made_amounts = split(outputs)
        return self.event(
            "TransformationEvent",
            at,
            inputs=used,
            input_quantities=used_amounts,
            outputs=made,
            output_quantities=made_amounts,
            transformation_id=together,
            **fields,
        )

    def declare(
        self,
        original: Fact,
        *,
        recorded: int | None = None,
        party: str | None = None,
        digest: bytes = b"d1",
        declared_at: int = 0,
        reason: str = "did_not_occur",
        corrected_by: tuple[str, ...] = (),
        **changes: Any,
    ) -> Fact:
        """The declaration repeats every field of the original, the event id included."""
        number = len(self.facts)
        declaration = Declaration(digest, declared_at, reason, corrected_by)
        fact = replace(
            original,
            position=number,
            record_time=1_000_000 + number if recorded is None else recorded,
            party=party or original.party,
            body_digest=original.body_digest + digest,
            declaration=declaration,
            **changes,
        )
        return self._keep(fact, recorded)

    def lineage(self, **options: Any) -> Lineage:
        """Captured in the order written."""
        return Lineage(MemoryFacts(self.facts), **options)

    def ask(self, question: Callable[[Lineage], T], **options: Any) -> T:
        """The answer, the same in every capture order tried."""
        answer = question(self.lineage(**options))
        indexes = list(range(len(self.facts)))
        orders = [indexes[::-1], *(Random(seed).sample(indexes, len(indexes)) for seed in range(4))]
        for order in orders:
            captured = [
                fact
                if fact.position in self._timed
                else replace(fact, position=place, record_time=1_000_000 + place)
                for place, fact in enumerate(self.facts[index] for index in order)
            ]
            captured = [replace(fact, position=place) for place, fact in enumerate(captured)]
            again = question(Lineage(MemoryFacts(captured), **options))
            assert again == answer, f"captured in the order {order}"
        return answer

    def intervals(self, child: str, kind: EdgeKind = EdgeKind.CONTAINMENT) -> list[Interval]:
        return self.ask(lambda lineage: intervals(lineage, child, kind))

    def inside(self, parent: str, at: int | None = None, deep: bool = False) -> set[str]:
        return self.ask(lambda lineage: {held.child for held in lineage.contents(parent, at, deep=deep)})

    def forward(self, uri: str, **options: Any) -> dict[str, str]:
        return self.ask(lambda lineage: reached(lineage.forward(uri, **options)))

    def back(self, uri: str, **options: Any) -> dict[str, str]:
        return self.ask(lambda lineage: reached(lineage.back(uri, **options)))

    def kinds(self, uri: str) -> set[AnomalyKind]:
        """The kinds of anomalies that the history and the state of one object report."""

        def question(lineage: Lineage) -> set[AnomalyKind]:
            found = {*lineage.history(uri).anomalies, *lineage.state(uri).anomalies}
            return {anomaly.kind for anomaly in found}

        return self.ask(question)

    def event_ids(self, uri: str, **options: Any) -> list[str | None]:
        """The events of the custody of one object, in world order."""
        return self.ask(lambda lineage: [event.event_id for event in lineage.history(uri, **options).events])


Interval = tuple[str, int | None, int | None, bool]
"""Parent, start, end, whether the interval or its end is inferred."""


def _is_class(one: str | Quantity) -> bool:
    return isinstance(one, Quantity) or "/10/" in one


def intervals(lineage: Lineage, child: str, kind: EdgeKind = EdgeKind.CONTAINMENT) -> list[Interval]:
    answer = lineage.history(child)
    assert_proven(answer)
    return sorted(
        (edge.sources[0], edge.start, edge.end, edge.reason is not None)
        for edge in answer.edges
        if edge.kind is kind and edge.targets == (child,)
    )


def reached(answer: TraceAnswer) -> dict[str, str]:
    """Node to certainty, without the root and mere carriers."""
    assert_proven(answer)
    assert answer.nodes[0].uri == answer.root
    assert len({node.uri for node in answer.nodes}) == len(answer.nodes), "one node an object"
    return {node.uri: node.certainty.name.lower() for node in answer.affected()}


def assert_proven(answer: TraceAnswer) -> None:
    """Rule 18: every edge names its events, and a trace holds each of them.

    A history is the custody of one object: an edge further up may have begun before the object came in.
    """
    told = {event.event_id for event in answer.events}
    for edge in answer.edges:
        assert edge.event_ids, edge
        assert edge.positions, edge
        if not answer.cut and answer.direction is not Direction.HISTORY:
            assert told.issuperset(edge.event_ids), edge


def amounts(held: Sequence[Containment]) -> dict[str, tuple[dict[str | None, Decimal], bool]]:
    return {one.child: (dict(one.amounts), one.amount_known) for one in held}
