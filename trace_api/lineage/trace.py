"""Back to the origin and forward to everything affected (rules 5, 6, 13, 14, 15).

A trace walks outward level by level. A node is reached with a label: how certain, and over which span of
moments. Outside a transformationID a way must go forward in time, so a label tells what may still follow:

back      `high` bounds the makings that may count; [low, high] the containers and events that hold for it
forward   `low` bounds the uses that may count; [low, high] the contents it may have passed to

Invariants
1. A node is expanded again when it is reached with a label no earlier one covers, never otherwise: a plain
   visited set would drop results for lots (rule 13).
2. Containment passes on only the time both were together (rule 4), a transformation opens time anew.
3. Back never goes from a container, a lot or a transformation to anything else that came out of it
   (rule 14), except that the trace of a container begins with what it holds now.
4. From an item, forward follows the class-level uses of its lot as possible, and never goes to the lot
   itself, so never to its other items (rule 6).
5. A class that is no lot is never lineage; the chain is reported as broken there (rule 6).
6. The containers that hold an affected object now are shown as carriers and not followed (rule 14).
7. Levels are walked in the order of names, so that what a limit cuts does not depend on capture order (what
   the limit on time cuts, depends on the machine).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from .answer import Certainty, Cut, EdgeKind, TraceLimits
from .containment import KINDS, Containments
from .facts import Fact
from .levels import Level, is_bare_class
from .membership import lots_of, members_of
from .order import ALWAYS, NEVER
from .timeline import Interval
from .transformation import HyperEdge, Transformations
from .view import View


class Label(NamedTuple):
    """How a node was reached."""

    certainty: Certainty
    low: int
    high: int
    inherited: bool = False
    """As a container, whose events hold for its contents."""
    unpacks: bool = False
    """As the root, or as what the root holds now: its own contents follow (back only)."""

    def covers(self, other: Label) -> bool:
        """Whether everything that follows from `other` follows from this."""
        return (
            self.certainty >= other.certainty
            and self.low <= other.low
            and self.high >= other.high
            and self.inherited <= other.inherited
            and self.unpacks >= other.unpacks
        )


@dataclass(eq=False)
class Passage:
    """A hyper-edge on the way, the strongest certainty it was entered with, and from where."""

    edge: HyperEdge
    entered: Certainty | None = None
    direct: set[str] = field(default_factory=set)
    by_lot: dict[str, set[str]] = field(default_factory=dict)
    """Forward: item to its lots that were used here."""
    for_lot: set[str] = field(default_factory=set)
    """Back: lots whose items were made here."""


class Walk:
    """What a trace has reached so far; `back` and `forward` fill it."""

    def __init__(
        self,
        view: View,
        containments: Containments,
        transformations: Transformations,
        limits: TraceLimits,
        now: int,
    ) -> None:
        self._view = view
        self._containments = containments
        self._transformations = transformations
        self._limits = limits
        self._now = now
        """The moment that counts as the present: the end of as_of_event_time."""
        self.labels: dict[str, list[Label]] = {}
        self.depths: dict[str, int] = {}
        self.carriers: dict[str, tuple[int, Certainty]] = {}
        self.held: dict[tuple[EdgeKind, str, str, int], Interval] = {}
        self.memberships: dict[tuple[str, str], list[Fact]] = {}
        self.passages: dict[int, Passage] = {}
        self.broken: dict[str, list[Fact]] = {}
        """Classes that are no lineage, with the events that would have led on."""
        self._depth = 0
        self._next: dict[str, list[Label]] = {}
        self._cut_by_depth: tuple[set[str], set[str]] = (set(), set())
        self._cut_by_nodes: tuple[set[str], set[str]] = (set(), set())
        """(what was left out, where the trace would go on)"""
        self._cut_by_time: set[str] = set()
        """Reached, and not followed or not looked for in containers any more."""
        self._end = None if limits.seconds is None else limits.clock() + limits.seconds

    def back(self, root: str) -> None:
        """Walk upstream from `root`."""
        self._walk(root, Label(Certainty.CERTAIN, ALWAYS, self._now, unpacks=True), forward=False)

    def forward(self, root: str) -> None:
        """Walk downstream from `root`, then look where everything affected is held now."""
        self._walk(root, Label(Certainty.CERTAIN, ALWAYS, NEVER), forward=True)
        self._find_carriers()

    def certainty(self, uri: str) -> Certainty:
        """The strongest way a node was reached."""
        return max(label.certainty for label in self.labels[uri])

    def cuts(self) -> list[Cut]:
        """What the limits on depth, nodes and time left out."""
        found = []
        for limit, value, (left_out, at) in (
            ("depth", self._limits.depth, self._cut_by_depth),
            ("nodes", self._limits.nodes, self._cut_by_nodes),
        ):
            if left_out:
                found.append(Cut(limit, value, len(left_out), tuple(sorted(at))))
        if self._cut_by_time and self._limits.seconds is not None:
            at = self._cut_by_time
            found.append(Cut("seconds", self._limits.seconds, len(at), tuple(sorted(at))))
        return found

    def _out_of_time(self) -> bool:
        return self._end is not None and self._limits.clock() > self._end

    def _walk(self, root: str, label: Label, *, forward: bool) -> None:
        expand = self._expand_forward if forward else self._expand_back
        self.labels[root] = [label]
        self.depths[root] = 0
        level = {root: [label]}
        while level:
            self._next = {}
            for uri in sorted(level):
                if self._out_of_time():
                    self._cut_by_time.add(uri)
                    continue
                for reached in level[uri]:
                    expand(uri, reached)
            level = self._next
            self._depth += 1

    def _reach(self, uri: str, label: Label, via: str, evidence: list[Fact]) -> bool:
        """Note that `uri` is reached; False where it is not to be followed."""
        if is_bare_class(uri):  # invariant 5
            self.broken.setdefault(uri, []).extend(evidence)
            return False
        known = self.labels.get(uri)
        if known is not None and any(earlier.covers(label) for earlier in known):  # invariant 1
            return True
        if self._depth >= self._limits.depth:
            self._cut_by_depth[0].add(uri)
            self._cut_by_depth[1].add(via)
            return known is not None
        if known is None:
            if len(self.labels) >= self._limits.nodes:
                self._cut_by_nodes[0].add(uri)
                self._cut_by_nodes[1].add(via)
                return False
            known = self.labels[uri] = []
            self.depths[uri] = self._depth + 1
        known[:] = [earlier for earlier in known if not label.covers(earlier)]
        known.append(label)
        coming = self._next.setdefault(uri, [])
        coming[:] = [earlier for earlier in coming if not label.covers(earlier)]
        coming.append(label)
        return True

    def _expand_back(self, uri: str, label: Label) -> None:
        for kind in KINDS:
            for interval in self._containments.intervals(uri, kind):
                if interval.overlaps(label.low, label.high):
                    held = Label(
                        min(label.certainty, self.weight(interval)),
                        max(label.low, interval.start),
                        min(label.high, interval.end),
                        inherited=True,
                    )
                    if self._reach(interval.parent, held, uri, interval.evidence):
                        self._hold(interval)
        for edge in self._transformations.making(uri):
            if edge.outputs[uri] <= label.high:
                self._enter(edge, uri, label.certainty, forward=False).direct.add(uri)
        for lot, facts in sorted(lots_of(self._view, uri).items()):
            if self._reach(lot, label._replace(unpacks=False), uri, facts):
                self.memberships[lot, uri] = facts
        if label.unpacks:  # invariant 3
            self._unpack(uri, label)

    def _unpack(self, uri: str, label: Label) -> None:
        """Back from the root: what it holds now; of a lot, what its items were made from."""
        for interval in self._containments.inside(uri, EdgeKind.CONTAINMENT, self._now, self._now):
            certainty = min(label.certainty, self.weight(interval))
            content = Label(certainty, ALWAYS, self._now, unpacks=True)
            if self._reach(interval.child, content, uri, interval.evidence):
                self._hold(interval)
        if self._depth > 0 or self._view.of(uri).level is not Level.LOT:
            return
        for edge in self._transformations.making_items_of(uri):
            self._enter(edge, uri, label.certainty, forward=False).for_lot.add(uri)

    def _expand_forward(self, uri: str, label: Label) -> None:
        for kind in KINDS:
            for interval in self._containments.inside(uri, kind, label.low, label.high):
                passed = Label(
                    min(label.certainty, self.weight(interval)),
                    max(label.low, interval.start),
                    min(label.high, interval.end),
                )
                if self._reach(interval.child, passed, uri, interval.evidence):
                    self._hold(interval)
        for edge in self._transformations.using(uri):
            if edge.inputs[uri] >= label.low:
                self._enter(edge, uri, label.certainty, forward=True).direct.add(uri)
        if self._view.of(uri).level is Level.LOT:
            for item, facts in sorted(members_of(self._view, uri).items()):
                if self._reach(item, label, uri, facts):
                    self.memberships[uri, item] = facts
            return
        for lot in sorted(lots_of(self._view, uri)):  # invariant 4
            for edge in self._transformations.using(lot):
                if edge.inputs[lot] >= label.low:
                    certainty = min(label.certainty, Certainty.POSSIBLE)
                    passage = self._enter(edge, uri, certainty, forward=True)
                    passage.by_lot.setdefault(uri, set()).add(lot)

    def _enter(self, edge: HyperEdge, uri: str, certainty: Certainty, *, forward: bool) -> Passage:
        """Go through a hyper-edge once for each strength it is entered with, whatever the way in."""
        passage = self.passages.get(id(edge))
        if passage is None:
            passage = self.passages[id(edge)] = Passage(edge)
        certainty = min(certainty, edge.certainty)
        if passage.entered is not None and passage.entered >= certainty:
            return passage
        passage.entered = certainty
        if forward:
            for output, made in sorted(edge.outputs.items()):
                self._reach(output, Label(certainty, made, NEVER), uri, edge.facts)
        else:
            for used, at in sorted(edge.inputs.items()):
                self._reach(used, Label(certainty, ALWAYS, at), uri, edge.facts)
        return passage

    def weight(self, interval: Interval) -> Certainty:
        """How much a containment lets pass: of a lot, which units were inside is not known (rule 15)."""
        if self._view.of(interval.child).level is Level.LOT:
            return min(interval.certainty, Certainty.POSSIBLE)
        return interval.certainty

    def _hold(self, interval: Interval) -> None:
        self.held[interval.kind, interval.parent, interval.child, interval.start] = interval

    def _find_carriers(self) -> None:
        """Invariant 6: the chain of containers above everything affected, at the present moment."""
        waiting: dict[int, dict[str, Certainty]] = {}
        for uri in sorted(self.labels):
            waiting.setdefault(self.depths[uri], {})[uri] = self.certainty(uri)
        while waiting:
            depth = min(waiting)
            for uri, certainty in sorted(waiting.pop(depth).items()):
                if self._out_of_time():
                    self._cut_by_time.add(uri)
                    continue
                for interval in self._holding(uri):
                    strength = min(certainty, self.weight(interval))
                    parent = interval.parent
                    if parent in self.labels or is_bare_class(parent):
                        continue
                    known = self.carriers.get(parent)
                    if known is None and not self._room_for_carrier(parent, uri, depth):
                        continue
                    self._hold(interval)
                    if known is None or known[1] < strength:
                        self.carriers[parent] = (known[0] if known else depth + 1, strength)
                        waiting.setdefault(depth + 1, {})[parent] = strength

    def _holding(self, uri: str) -> Iterable[Interval]:
        return (
            interval
            for interval in self._containments.intervals(uri, EdgeKind.CONTAINMENT)
            if interval.overlaps(self._now, self._now)
        )

    def _room_for_carrier(self, parent: str, via: str, depth: int) -> bool:
        if depth >= self._limits.depth:
            self._cut_by_depth[0].add(parent)
            self._cut_by_depth[1].add(via)
            return False
        if len(self.labels) + len(self.carriers) >= self._limits.nodes:
            self._cut_by_nodes[0].add(parent)
            self._cut_by_nodes[1].add(via)
            return False
        return True
