"""The facts a lineage is derived from: captured events, reduced to what moves, joins and transforms.

The lineage core never sees JSON. The event index turns every captured event into one `Fact`, with
identifiers in canonical form and times in microseconds UTC, and answers the five questions of `Facts`.
Facts commute: nothing in them depends on the order in which they were captured except `position` and
`record_time`, and no rule of the lineage reads `position`.

Public names: `Quantity`, `Declaration`, `Fact`, `Facts` (what the lineage asks of an index) and
`MemoryFacts` (an index over a list, for tests and small inputs).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount of a class: `amount` None means unknown, never 0 or 1; `uom` None means pieces."""

    epc_class: str
    """Canonical class or lot URI."""
    amount: Decimal | None = None
    uom: str | None = None
    """UN/ECE Recommendation 20 code, such as KGM."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """The errorDeclaration block of an event (EPCIS 2.0 §7.4.1.2)."""

    digest: bytes
    """Digest of the block: with the event id it is the key of a log entry."""
    declaration_time: int
    """The client's word, µs: shown, never trusted."""
    reason: str | None = None
    corrective_event_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """One captured event as the lineage sees it: canonical identifiers, µs, decimals."""

    position: int
    """Position in the log: evidence, never an order."""
    event_id: str
    id_given: bool
    """Whether the client gave the id (else it was minted from the hash)."""
    content_hash: str
    """CBV hash of the event; it ignores eventID, recordTime and errorDeclaration."""
    body_digest: bytes
    party: str
    """The capturing party."""
    record_time: int
    event_time: int
    type: str
    action: str | None = None
    parent: str | None = None
    epcs: tuple[str, ...] = ()
    """epcList or childEPCs."""
    quantities: tuple[Quantity, ...] = ()
    """quantityList or childQuantityList."""
    inputs: tuple[str, ...] = ()
    input_quantities: tuple[Quantity, ...] = ()
    outputs: tuple[str, ...] = ()
    output_quantities: tuple[Quantity, ...] = ()
    transformation_id: str | None = None
    lots: tuple[tuple[str, str], ...] = ()
    """(instance, lot) memberships that this event asserts."""
    biz_step: str | None = None
    disposition: str | None = None
    persistent_set: tuple[str, ...] = ()
    persistent_unset: tuple[str, ...] = ()
    read_point: str | None = None
    biz_location: str | None = None
    sources: tuple[tuple[str, str], ...] = ()
    """(type, id)"""
    destinations: tuple[tuple[str, str], ...] = ()
    """(type, id)"""
    declaration: Declaration | None = None
    """Set where this event is an error declaration."""


class Facts(Protocol):
    """What the lineage asks of an index; every answer may come in any order."""

    def of_object(self, uri: str) -> Sequence[Fact]:
        """Every event naming `uri` in any role: parent, epc, class, input, output, lot membership."""

    def of_lot_members(self, lot: str) -> Sequence[str]:
        """Instances that some event asserts to be of this lot."""

    def of_transformation(self, transformation_id: str) -> Sequence[Fact]:
        """Every event that carries this transformationID."""

    def of_event_id(self, event_id: str) -> Sequence[Fact]:
        """The event with this id and its declarations."""

    def of_content_hash(self, content_hash: str) -> Sequence[Fact]:
        """Every event, and every declaration, with this content."""


def names_of(fact: Fact) -> frozenset[str]:
    """Every object that `fact` names, in whatever role."""
    names = {*fact.epcs, *fact.inputs, *fact.outputs}
    for listed in (fact.quantities, fact.input_quantities, fact.output_quantities):
        names.update(quantity.epc_class for quantity in listed)
    for instance, lot in fact.lots:
        names.add(instance)
        names.add(lot)
    if fact.parent is not None:
        names.add(fact.parent)
    return frozenset(names)


class MemoryFacts:
    """An index over facts held in memory.

    >>> fact = Fact(0, "urn:uuid:1", True, "ni:1", b"1", "urn:p", 5, 4, "ObjectEvent", "ADD", epcs=("urn:a",))
    >>> [found.position for found in MemoryFacts([fact]).of_object("urn:a")]
    [0]
    """

    def __init__(self, facts: Iterable[Fact] = ()) -> None:
        self._objects: defaultdict[str, list[Fact]] = defaultdict(list)
        self._members: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._transformations: defaultdict[str, list[Fact]] = defaultdict(list)
        self._event_ids: defaultdict[str, list[Fact]] = defaultdict(list)
        self._hashes: defaultdict[str, list[Fact]] = defaultdict(list)
        for fact in facts:
            self.add(fact)

    def add(self, fact: Fact) -> None:
        """Index one more fact."""
        for name in names_of(fact):
            self._objects[name].append(fact)
        for instance, lot in fact.lots:
            self._members[lot][instance] = None
        if fact.transformation_id is not None:
            self._transformations[fact.transformation_id].append(fact)
        self._event_ids[fact.event_id].append(fact)
        self._hashes[fact.content_hash].append(fact)

    def of_object(self, uri: str) -> Sequence[Fact]:
        return self._objects.get(uri, ())

    def of_lot_members(self, lot: str) -> Sequence[str]:
        return tuple(self._members.get(lot, ()))

    def of_transformation(self, transformation_id: str) -> Sequence[Fact]:
        return self._transformations.get(transformation_id, ())

    def of_event_id(self, event_id: str) -> Sequence[Fact]:
        return self._event_ids.get(event_id, ())

    def of_content_hash(self, content_hash: str) -> Sequence[Fact]:
        return self._hashes.get(content_hash, ())
