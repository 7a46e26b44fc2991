"""What can open or close the containments of one child, instant by instant, before any of it is judged.

A `Timeline` gathers, over all parents the child was ever named in and over their parent-wide DELETEs and
ends of life, everything that happened at each instant (rules 2, 3, 9). `containment.py` judges it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .answer import Anomaly, AnomalyKind, Certainty, EdgeKind
from .facts import Fact
from .levels import Level
from .order import NEVER, Phase, moment, tie_break
from .places import sees
from .view import Dossier, View, anomaly

ENDING_STEPS = frozenset({"retail_selling", "dispensing", "destroying"})
ENDING_DISPOSITIONS = frozenset({"retail_sold", "dispensed", "destroyed"})


@dataclass(slots=True)
class Interval:
    """A child in one parent, from moment to moment; both ends belong to it."""

    parent: str
    child: str
    kind: EdgeKind
    start: int
    end: int = NEVER
    certainty: Certainty = Certainty.CERTAIN
    reason: str | None = None
    evidence: list[Fact] = field(default_factory=list)
    withdrawn: list[tuple[int, int]] = field(default_factory=list)
    """Inferred endings that later evidence withdrew: (that ending, the moment of the evidence)."""

    def end_as_known_before(self, point: int) -> int:
        """The end as the events before `point` alone tell it: a later withdrawal is not yet known."""
        for ending, known_since in self.withdrawn:
            if point <= known_since:
                return ending
        return self.end

    def overlaps(self, low: int, high: int) -> bool:
        """Whether any moment of the interval lies in [low, high]."""
        return self.start <= high and self.end >= low


@dataclass(slots=True)
class Instant:
    """What happened to one child's containments at one event time, by phase."""

    deletes: dict[str, list[Fact]] = field(default_factory=dict)
    """DELETEs that list the child, by parent."""
    emptied: dict[str, list[Fact]] = field(default_factory=dict)
    """Parent-wide DELETEs, by parent."""
    adds: list[Fact] = field(default_factory=list)
    seen_in: list[Fact] = field(default_factory=list)
    """OBSERVEs that saw the child in a parent."""
    left: list[Fact] = field(default_factory=list)
    """Used, sold, dispensed, destroyed, or seen by itself (rule 10)."""
    parent_ended: dict[str, list[Fact]] = field(default_factory=dict)
    ended: list[Fact] = field(default_factory=list)


class Timeline:
    """The instants of one child and what has been judged of them so far."""

    def __init__(self, view: View, uri: str, kind: EdgeKind) -> None:
        self.uri = uri
        self.kind = kind
        self.intervals: list[Interval] = []
        self.open: dict[str, Interval] = {}
        self.displaced: dict[str, Interval] = {}
        """Last interval in each parent that ended as inferred because the child came to be elsewhere."""
        self.anomalies: list[Anomaly] = []
        self.next = 0
        self._instants: dict[int, Instant] = {}
        dossier = view.of(uri)
        self.is_instance = dossier.level is Level.INSTANCE
        self._gather_moves(view, dossier)
        if self._instants and self.is_instance:
            self._gather_ends(view, dossier)
        self.times: Sequence[int] = sorted(self._instants)

    def at(self, time: int) -> Instant | None:
        """What happened at one event time (µs)."""
        return self._instants.get(time)

    @property
    def progress(self) -> int:
        """Every instant before this time (µs) has been judged."""
        return self.times[self.next] if self.next < len(self.times) else NEVER

    def parents_before(self, time: int) -> set[str]:
        """The parents the child was in just before the instant `time`, by what was known then."""
        point = moment(time, Phase.ORIGIN)
        return {
            interval.parent
            for interval in self.intervals
            if interval.start < point and interval.end_as_known_before(point) >= point
        }

    def parents_within(self, time: int) -> set[str]:
        """The parents the child is in within the instant `time`: what is left after unpacking, and ADDs."""
        parents = self.parents_before(time)
        instant = self.at(time)
        if instant is not None:
            parents -= instant.deletes.keys() | instant.emptied.keys()
            parents.update(fact.parent for fact in instant.adds if fact.parent is not None)
        return parents

    def _instant(self, time: int) -> Instant:
        found = self._instants.get(time)
        if found is None:
            found = self._instants[time] = Instant()
        return found

    def _gather_moves(self, view: View, dossier: Dossier) -> None:
        mentions: dict[str, set[int]] = {}
        for fact in dossier.as_child.get(self.kind, ()):
            parent, time = fact.parent, fact.event_time
            if parent is None:
                continue  # rule 2: only an OBSERVE may lack its parent; it says nothing of containment
            if parent == self.uri:
                message = "an event packs it into itself; it is ignored as containment"
                self.anomalies.append(anomaly(AnomalyKind.SELF_CONTAINMENT, self.uri, message, [fact]))
                continue
            if fact.action == "ADD":
                self._instant(time).adds.append(fact)
            elif fact.action == "DELETE":
                self._instant(time).deletes.setdefault(parent, []).append(fact)
            elif sees(fact, self.uri, view.names(fact)):
                self._instant(time).seen_in.append(fact)
            else:
                continue
            mentions.setdefault(parent, set()).add(time)
        for parent, times in mentions.items():
            self._gather_parent(view.of(parent), times)

    def _gather_parent(self, parent: Dossier, times: set[int]) -> None:
        """The first parent-wide ending after each mention is all that can matter to this child."""
        for time in times:
            for fact in parent.first_emptied(self.kind, time):
                _once(self._instant(fact.event_time).emptied.setdefault(parent.uri, []), fact)
            # Rule 3: an empty DELETE of the mention's own instant ends what was open before it.
            for fact in parent.first_emptied(self.kind, time - 1):
                if fact.event_time == time:
                    _once(self._instant(time).emptied.setdefault(parent.uri, []), fact)
            if self.is_instance:
                for fact in parent.first_ended(time):
                    _once(self._instant(fact.event_time).parent_ended.setdefault(parent.uri, []), fact)

    def _gather_ends(self, view: View, dossier: Dossier) -> None:
        for fact in dossier.ended:
            self._instant(fact.event_time).ended.append(fact)
        if self.kind is not EdgeKind.CONTAINMENT:
            return
        for fact in dossier.inputs:
            self._instant(fact.event_time).left.append(fact)
        for fact in dossier.listed:
            if fact.type == "ObjectEvent" and fact.action in ("ADD", "DELETE"):
                continue  # its making and its end are no sightings
            if sees(fact, self.uri, view.names(fact)):
                self._instant(fact.event_time).left.append(fact)


def _once(facts: list[Fact], fact: Fact) -> None:
    if all(fact.position != known.position for known in facts):
        facts.append(fact)


def is_end_of_use(fact: Fact) -> bool:
    """Whether an event sells, dispenses or destroys what it lists (rule 10)."""
    return fact.biz_step in ENDING_STEPS or fact.disposition in ENDING_DISPOSITIONS


def in_order(facts: list[Fact]) -> list[Fact]:
    """Events of one phase of one instant, by hash and digest."""
    return sorted(facts, key=tie_break) if len(facts) > 1 else facts
