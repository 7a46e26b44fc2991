"""From what a walk has reached to an answer: nodes, edges, events in world order, anomalies, cuts.

The answer is sorted by what was captured, never by when, so two captures of the same facts in different
orders give equal answers but for the log positions they cite.
"""

from __future__ import annotations

from collections.abc import Iterable

from .answer import (
    Anomaly,
    AnomalyKind,
    Certainty,
    Cut,
    Edge,
    EdgeKind,
    EventRef,
    Node,
    TraceLimits,
    Unaccounted,
)
from .balance import by_subject, losses, mass_balance
from .containment import Containments
from .facts import Fact
from .inheritance import holds_within
from .levels import Level
from .order import NEVER, Phase, instant_of, world_order
from .state import life_of
from .timeline import Interval
from .trace import Passage, Walk
from .transformation import Transformations
from .validity import Standing
from .view import Seen, View, anomaly, event_ids_of, positions_of

RENAMING_STEPS = frozenset({"repackaging", "assembling", "disassembling", "replacing"})
"""A thing commissioned or ended in these was, or goes on as, another thing that ObjectEvents do not name."""
ENDING_NAMES_ONLY = RENAMING_STEPS | {"decommissioning", "removing", None}


class Events:
    """The events of an answer, each once, with the container through which it holds."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._facts: dict[int, Fact] = {}
        self._inherited: dict[int, tuple[int, str] | None] = {}

    def add(self, fact: Fact, inherited_from: tuple[int, str] | None = None) -> None:
        """Add one event; named itself beats inherited, the nearest container beats the others."""
        position = fact.position
        if position not in self._facts:
            self._facts[position] = fact
            self._inherited[position] = inherited_from
            return
        known = self._inherited[position]
        if known is not None and (inherited_from is None or inherited_from < known):
            self._inherited[position] = inherited_from

    def positions(self) -> set[int]:
        return set(self._facts)

    def facts(self) -> list[Fact]:
        return list(self._facts.values())

    def refs(self, ordered: Iterable[Fact]) -> list[EventRef]:
        """References to some of the events, in the order given."""
        return [self._ref(fact) for fact in ordered]

    def _ref(self, fact: Fact) -> EventRef:
        known = self._view.known
        standing = known.standing(fact)
        inherited = self._inherited[fact.position]
        return EventRef(
            fact.position,
            fact.event_id,
            fact.event_time,
            fact.record_time,
            fact.type,
            fact.action,
            fact.biz_step,
            fact.disposition,
            fact.read_point,
            fact.biz_location,
            fact.party,
            None if inherited is None else inherited[1],
            void=standing is Standing.VOID,
            declares_error=standing is Standing.DECLARATION,
            duplicates=known.duplicates(fact),
        )


def containment_edge(interval: Interval, certainty: Certainty) -> Edge:
    """A containment as an edge from container to content."""
    return Edge(
        interval.kind,
        (interval.parent,),
        (interval.child,),
        certainty,
        instant_of(interval.start),
        instant_of(interval.end),
        event_ids_of(interval.evidence),
        positions_of(interval.evidence),
        interval.reason,
    )


class Assembly:
    """Turns one walk into the parts of an answer."""

    def __init__(
        self,
        view: View,
        containments: Containments,
        transformations: Transformations,
        walk: Walk,
        root: str,
        *,
        forward: bool,
    ) -> None:
        self._view = view
        self._containments = containments
        self._transformations = transformations
        self._walk = walk
        self._root = root
        self._forward = forward
        self._events = Events(view)
        self.edges = self._edges()
        self._gather_events()

    def events(self, limits: TraceLimits) -> tuple[tuple[EventRef, ...], list[Cut]]:
        """The events in world order, and what the limit on them cut."""
        ordered = sorted(self._events.facts(), key=lambda fact: (world_order(fact), fact.position))
        shown = self._events.refs(ordered[: limits.events])
        left_out = len(ordered) - len(shown)
        return tuple(shown), [Cut("events", limits.events, left_out)] if left_out else []

    def nodes(self) -> tuple[Node, ...]:
        """The root first, then by depth and name; carriers among them."""
        told = self._events.positions()
        found = [(self._walk.depths[uri], uri, self._walk.certainty(uri), False) for uri in self._walk.labels]
        found += [(depth, uri, certainty, True) for uri, (depth, certainty) in self._walk.carriers.items()]
        return tuple(
            Node(
                uri,
                self._view.of(uri).level.value,
                certainty,
                depth,
                carrier,
                tuple(sorted({seen.fact.position for seen in self._view.of(uri).shown} & told)),
            )
            for depth, uri, certainty, carrier in sorted(found)
        )

    def anomalies(self) -> tuple[Anomaly, ...]:
        """Every anomaly of a reached object that an event of this answer shows, and every broken chain."""
        told = self._events.positions()
        found: set[Anomaly] = set()
        for uri in self._walk.labels:
            dossier = self._view.of(uri)
            every = (*dossier.anomalies, *self._containments.anomalies(uri), *life_of(dossier).anomalies)
            found.update(each for each in every if uri == self._root or not told.isdisjoint(each.positions))
            found.update(self._broken(uri))
        for uri, facts in self._walk.broken.items():
            message = "known by its class only, without lot or serial: the chain cannot be followed"
            found.add(anomaly(AnomalyKind.CLASS_ONLY, uri, message, facts))
        return tuple(sorted(found))

    def unaccounted(self) -> tuple[Unaccounted, ...]:
        """What the transformations on the way lost and, forward, what remains of every lot reached."""
        found: set[Unaccounted] = set()
        for passage in self._walk.passages.values():
            found.update(losses(passage.edge))
        for uri in self._walk.labels:
            if (self._forward or uri == self._root) and self._view.of(uri).level is Level.LOT:
                balance = mass_balance(self._view, self._transformations, uri)
                found.update(amount for amount in balance.unaccounted if amount.subject == uri)
        return tuple(sorted(found, key=by_subject))

    def _edges(self) -> tuple[Edge, ...]:
        walk = self._walk
        reached = walk.labels.keys() | walk.carriers.keys()
        edges = [
            containment_edge(interval, walk.weight(interval))
            for interval in walk.held.values()
            if interval.parent in reached and interval.child in reached
        ]
        for (lot, item), facts in walk.memberships.items():
            if lot in reached and item in reached:
                ids, positions = event_ids_of(facts), positions_of(facts)
                edges.append(
                    Edge(EdgeKind.MEMBERSHIP, (lot,), (item,), Certainty.CERTAIN, None, None, ids, positions)
                )
        for passage in walk.passages.values():
            edges += self._transformation_edges(passage)
        return tuple(
            sorted(
                edges,
                key=lambda edge: (
                    edge.kind,
                    edge.sources,
                    edge.targets,
                    edge.start or 0,
                    edge.event_ids,
                    edge.certainty,
                ),
            )
        )

    def _transformation_edges(self, passage: Passage) -> list[Edge]:
        labels, edge = self._walk.labels.keys(), passage.edge
        found: list[Edge] = []
        if self._forward:
            targets = edge.outputs.keys() & labels
            # An item whose lot was used is told by the lot where the lot itself is on the way.
            by_lot = {item for item, lots in passage.by_lot.items() if lots.isdisjoint(labels)}
            found.append(self._edge(passage, passage.direct, targets, edge.certainty))
            found.append(self._edge(passage, by_lot - passage.direct, targets, Certainty.POSSIBLE))
        else:
            sources = edge.inputs.keys() & labels
            found.append(self._edge(passage, sources, passage.direct | passage.for_lot, edge.certainty))
        return [made for made in found if made.sources and made.targets]

    def _edge(
        self, passage: Passage, sources: Iterable[str], targets: Iterable[str], certainty: Certainty
    ) -> Edge:
        facts = passage.edge.facts
        times = [fact.event_time for fact in facts]
        return Edge(
            EdgeKind.TRANSFORMATION,
            tuple(sorted(sources)),
            tuple(sorted(targets)),
            certainty,
            min(times),
            max(times),
            event_ids_of(facts),
            positions_of(facts),
        )

    def _gather_events(self) -> None:
        for uri, labels in self._walk.labels.items():
            depth = self._walk.depths[uri]
            for seen in self._view.of(uri).shown:
                if seen.only_lot and uri != self._root:
                    continue  # rule 6: an item's lot gives no other item's making
                holding = [label for label in labels if self._holds(seen, label.low, label.high)]
                if holding:
                    inherited = all(label.inherited for label in holding)
                    self._events.add(seen.fact, (depth, uri) if inherited else None)
        # Rule 18: every edge names its events, so they are in the answer.
        for interval in self._walk.held.values():
            self._add_evidence(interval.evidence)
        for facts in self._walk.memberships.values():
            self._add_evidence(facts)
        for passage in self._walk.passages.values():
            self._add_evidence(passage.edge.facts)

    def _holds(self, seen: Seen, low: int, high: int) -> bool:
        return holds_within(seen, low, NEVER if self._forward else high)

    def _add_evidence(self, facts: Iterable[Fact]) -> None:
        told = self._events
        for fact in facts:
            told.add(fact, self._through(fact))

    def _through(self, fact: Fact) -> tuple[int, str] | None:
        """Evidence on containers alone (a parent-wide DELETE) holds through that container."""
        parent = fact.parent
        if self._forward or parent is None or parent == self._root or fact.epcs or fact.quantities:
            return None
        return (self._walk.depths.get(parent, 0), parent)

    def _broken(self, uri: str) -> list[Anomaly]:
        """Rule 7: ObjectEvents that end one identifier and begin another link nothing."""
        dossier = self._view.of(uri)
        if dossier.as_parent or dossier.level not in (Level.INSTANCE, Level.LOT):
            return []  # a container's own making is seldom told and breaks no chain
        if self._forward:
            if dossier.inputs:
                return []
            ends = [
                seen.fact
                for seen in dossier.live
                if seen.phase is Phase.DECOMMISSION and seen.fact.biz_step in ENDING_NAMES_ONLY
            ]
            message = "its identifier ended here; no event tells what became of the thing"
        else:
            begins = [seen.fact for seen in dossier.live if seen.phase is Phase.ORIGIN]
            ends = [fact for fact in begins if fact.type == "ObjectEvent" and fact.biz_step in RENAMING_STEPS]
            message = "it was made from something that no event names"
            if not begins and not dossier.lots:
                ends = [seen.fact for seen in dossier.live[:1]]
                message = "no event tells its making"
        return [anomaly(AnomalyKind.CHAIN_BROKEN, uri, message, ends)] if ends else []
