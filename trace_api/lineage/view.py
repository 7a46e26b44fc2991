"""One question's view of the facts: per object, what is known of it, sorted in the order of the world.

A `View` belongs to one question (one pair of clocks). It fetches the facts of an object once and sorts
them into a `Dossier` by the role the object plays in them; everything above asks the view only.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from .answer import Anomaly, AnomalyKind, EdgeKind
from .facts import Fact
from .levels import Level, is_bare_class, is_lot_key, is_place
from .namesakes import class_name
from .order import MOVES, Phase, moment, phase_of, tie_break
from .validity import KnownFacts, Standing

COMPLETENESS_INFERRED = "completeness_inferred"
"""CBV 2.0 disposition: the listed children were not seen but taken to be there."""

KIND_OF = {"AggregationEvent": EdgeKind.CONTAINMENT, "AssociationEvent": EdgeKind.ASSOCIATION}


class Names:
    """The objects one fact names, by role, as sets (an event may list thousands)."""

    __slots__ = ("children", "classes", "inputs", "lots", "members", "outputs")

    def __init__(self, fact: Fact) -> None:
        self.classes = frozenset(quantity.epc_class for quantity in fact.quantities)
        self.children = self.classes.union(fact.epcs)
        input_classes = frozenset(quantity.epc_class for quantity in fact.input_quantities)
        output_classes = frozenset(quantity.epc_class for quantity in fact.output_quantities)
        self.inputs = input_classes.union(fact.inputs)
        self.outputs = output_classes.union(fact.outputs)
        self.classes |= input_classes | output_classes
        self.lots: defaultdict[str, list[str]] = defaultdict(list)
        self.members: defaultdict[str, list[str]] = defaultdict(list)
        for instance, lot in fact.lots:
            if not is_bare_class(lot):  # rule 6: a GTIN alone is never lineage
                self.lots[instance].append(lot)
                self.members[lot].append(instance)


@dataclass(slots=True)
class Seen:
    """A fact as it concerns one object."""

    point: int
    """The moment, by the phase of the object's role."""
    phase: Phase
    fact: Fact
    as_parent: bool
    only_lot: bool
    """The fact names the object only as the lot of its instances."""
    standing: Standing


@dataclass
class Dossier:
    """Everything known of one object, by role; live facts in world order."""

    uri: str
    level: Level
    shown: list[Seen] = field(default_factory=list)
    """Live facts, void ones and declarations, in world order; duplicates left out."""
    live: list[Seen] = field(default_factory=list)
    as_child: dict[EdgeKind, list[Fact]] = field(default_factory=lambda: defaultdict(list))
    as_parent: dict[EdgeKind, list[Fact]] = field(default_factory=lambda: defaultdict(list))
    inputs: list[Fact] = field(default_factory=list)
    outputs: list[Fact] = field(default_factory=list)
    listed: list[Fact] = field(default_factory=list)
    """ObjectEvents and TransactionEvents about it."""
    lots: dict[str, list[Fact]] = field(default_factory=lambda: defaultdict(list))
    members: dict[str, list[Fact]] = field(default_factory=lambda: defaultdict(list))
    anomalies: list[Anomaly] = field(default_factory=list)

    @cached_property
    def emptied(self) -> dict[EdgeKind, list[Fact]]:
        """DELETEs with both child lists empty, which end all of their kind (rule 3), by time."""
        return {
            kind: [
                fact for fact in facts if fact.action == "DELETE" and not fact.epcs and not fact.quantities
            ]
            for kind, facts in self.as_parent.items()
        }

    @cached_property
    def ended(self) -> list[Fact]:
        """ObjectEvents DELETE: its ends of life (rule 19), by time."""
        return [fact for fact in self.listed if fact.type == "ObjectEvent" and fact.action == "DELETE"]

    def first_emptied(self, kind: EdgeKind, after: int) -> list[Fact]:
        """The parent-wide DELETEs at the first instant later than `after` (µs) that has one."""
        return _first(self.emptied.get(kind, []), after, bisect_right)

    def first_ended(self, since: int) -> list[Fact]:
        """The decommissionings at the first instant at or after `since` (µs)."""
        return _first(self.ended, since, bisect_left)


def _first(facts: list[Fact], time: int, bisect: Callable[..., int]) -> list[Fact]:
    at = bisect(facts, time, key=lambda fact: fact.event_time)
    if at == len(facts):
        return []
    until = bisect_right(facts, facts[at].event_time, key=lambda fact: fact.event_time)
    return facts[at:until]


class View:
    """The facts as one question sees them; every dossier is built once."""

    def __init__(self, known: KnownFacts) -> None:
        self.known = known
        self._dossiers: dict[str, Dossier] = {}
        self._names: dict[int, Names] = {}

    def names(self, fact: Fact) -> Names:
        """The names in a fact as sets, built once."""
        found = self._names.get(fact.position)
        if found is None:
            found = self._names[fact.position] = Names(fact)
        return found

    def of(self, uri: str) -> Dossier:
        """What is known of one object."""
        found = self._dossiers.get(uri)
        if found is None:
            found = self._dossiers[uri] = self._build(uri)
        return found

    def _build(self, uri: str) -> Dossier:
        facts = self.known.of_object(uri)
        dossier = Dossier(uri, self._level(uri, facts))
        for fact in facts:
            standing = self.known.standing(fact)
            if standing is Standing.DUPLICATE:
                continue
            dossier.shown.append(self._seen(uri, fact, standing))
            if standing is Standing.DECLARATION:
                dossier.anomalies.extend(self.known.anomalies(fact))
            elif standing is Standing.LIVE and (duplicates := self.known.duplicates(fact)):
                dossier.anomalies.append(_duplicate(uri, fact, duplicates))
        dossier.shown.sort(key=lambda seen: (seen.point, tie_break(seen.fact), seen.fact.position))
        dossier.live = [seen for seen in dossier.shown if seen.standing is Standing.LIVE]
        for seen in dossier.live:
            self._file(dossier, seen.fact)
        name = self.known.captured_name(uri)
        if self.known.is_both(name):
            message = f"{name} stands both for an instance and for a class: the class is {class_name(name)}"
            uses = self.known.uses_of_name(name)
            dossier.anomalies.append(anomaly(AnomalyKind.INSTANCE_AND_CLASS, uri, message, uses))
        return dossier

    def _seen(self, uri: str, fact: Fact, standing: Standing) -> Seen:
        names = self.names(fact)
        listed = fact.parent == uri or uri in names.children or uri in names.inputs or uri in names.outputs
        is_output = fact.type == "TransformationEvent" and (uri in names.outputs or not listed)
        phase = phase_of(fact, uri, is_output=is_output)
        point = moment(fact.event_time, phase)
        return Seen(point, phase, fact, fact.parent == uri, not listed, standing)

    def _file(self, dossier: Dossier, fact: Fact) -> None:
        uri, names = dossier.uri, self.names(fact)
        if fact.type in MOVES:
            kind = KIND_OF[fact.type]
            if fact.parent == uri:
                dossier.as_parent[kind].append(fact)
            if uri in names.children:
                dossier.as_child[kind].append(fact)
        elif fact.type == "TransformationEvent":
            if uri in names.inputs:
                dossier.inputs.append(fact)
            if uri in names.outputs:
                dossier.outputs.append(fact)
        elif uri in names.children or fact.parent == uri:
            dossier.listed.append(fact)
        for lot in names.lots.get(uri, ()):
            dossier.lots[lot].append(fact)
        for instance in names.members.get(uri, ()):
            dossier.members[instance].append(fact)

    def _level(self, uri: str, facts: list[Fact]) -> Level:
        if is_bare_class(uri):
            return Level.CLASS
        if is_lot_key(uri):
            return Level.LOT
        if is_place(uri):
            return Level.PLACE
        if uri.startswith("https://id.gs1.org/"):
            return Level.INSTANCE
        # No GS1 key tells: instance or class by the field it stands in.
        if any(uri in self.names(fact).classes or uri in self.names(fact).members for fact in facts):
            return Level.LOT
        return Level.INSTANCE


def anomaly(kind: AnomalyKind, uri: str, message: str, facts: list[Fact]) -> Anomaly:
    """An anomaly with its evidence, in an order that capture does not change."""
    return Anomaly(kind, uri, message, event_ids_of(facts), positions_of(facts))


def event_ids_of(facts: list[Fact]) -> tuple[str, ...]:
    """The event ids of some facts, sorted, each once."""
    return tuple(sorted({fact.event_id for fact in facts}))


def positions_of(facts: list[Fact]) -> tuple[int, ...]:
    """The log positions of some facts, sorted, each once."""
    return tuple(sorted({fact.position for fact in facts}))


def _duplicate(uri: str, fact: Fact, positions: tuple[int, ...]) -> Anomaly:
    return Anomaly(
        AnomalyKind.DUPLICATE_CONTENT,
        uri,
        "the same content was captured again under another id; it counts once",
        (fact.event_id,),
        tuple(sorted((fact.position, *positions))),
    )
