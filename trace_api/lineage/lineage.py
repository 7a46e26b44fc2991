"""Lineage: the questions, each answered from the facts as they are known at two clocks (rules 1 to 19).

>>> from trace_api.lineage import Fact, Lineage, MemoryFacts
>>> made = Fact(0, "e0", True, "h0", b"", "urn:p", 1, 1, "ObjectEvent", "ADD", epcs=("urn:item",))
>>> packed = Fact(
...     1, "e1", True, "h1", b"", "urn:p", 2, 2, "AggregationEvent", "ADD", "urn:box", ("urn:item",)
... )
>>> [node.uri for node in Lineage(MemoryFacts([packed, made])).back("urn:item").nodes]
['urn:item', 'urn:box']
"""

from __future__ import annotations

from .amounts import AmountInterval
from .answer import (
    Anomaly,
    AnomalyKind,
    Certainty,
    Containment,
    Cut,
    Direction,
    EdgeKind,
    LineageError,
    Node,
    TraceAnswer,
    TraceLimits,
)
from .assembly import Assembly, Events, containment_edge
from .balance import MassBalance, mass_balance
from .containment import KINDS, Containments
from .facts import Facts
from .inheritance import Span, holds_within, spans_above, within
from .levels import is_bare_class
from .order import ALWAYS, end_of, instant_of, tie_break
from .state import State, derive_state, life_of
from .timeline import Interval
from .trace import Walk
from .transformation import Transformations
from .validity import Delegate, KnownFacts, no_delegates
from .view import View, event_ids_of, positions_of

DEFAULT_LIMITS = TraceLimits()


class Lineage:
    """Where a thing came from, what became of it, where it is: derived from facts at the time of asking.

    Args:
        facts: the index that holds the facts.
        delegate: whether one party may declare errors in the events of another (rule 8); by default nobody.
    """

    def __init__(self, facts: Facts, *, delegate: Delegate = no_delegates) -> None:
        self._facts = facts
        self._delegate = delegate

    def back(
        self,
        uri: str,
        *,
        as_of_event_time: int | None = None,
        as_of_record_time: int | None = None,
        limits: TraceLimits = DEFAULT_LIMITS,
    ) -> TraceAnswer:
        """Everything `uri` came from, and the containers it was in meanwhile, without siblings (rule 14).

        The trace of a container begins with what it holds at `as_of_event_time`.

        Args:
            uri: canonical identifier of an instance, a container or a lot.
            as_of_event_time: µs; what happened later is left out; None: now.
            as_of_record_time: µs; what was captured later is left out; None: now.
            limits: how far to go; what they cut is in the answer.
        """
        question = _Question(self._facts, self._delegate, as_of_event_time, as_of_record_time)
        return question.trace(uri, Direction.BACK, limits)

    def forward(
        self,
        uri: str,
        *,
        as_of_event_time: int | None = None,
        as_of_record_time: int | None = None,
        limits: TraceLimits = DEFAULT_LIMITS,
    ) -> TraceAnswer:
        """Everything that may be affected by `uri` (rules 14, 15), and the containers that hold it now.

        Arguments as for `back`; `answer.state(node)` gives the present place and holder of each output.
        """
        question = _Question(self._facts, self._delegate, as_of_event_time, as_of_record_time)
        return question.trace(uri, Direction.FORWARD, limits)

    def history(
        self,
        uri: str,
        *,
        as_of_event_time: int | None = None,
        as_of_record_time: int | None = None,
        limits: TraceLimits = DEFAULT_LIMITS,
    ) -> TraceAnswer:
        """The custody of one object: its own events and those of its containers while inside (rule 4).

        Arguments as for `back`. The nodes are the object and its containers, the events in world order.
        """
        question = _Question(self._facts, self._delegate, as_of_event_time, as_of_record_time)
        return question.history(uri, limits)

    def contents(
        self,
        container: str,
        at: int | None = None,
        *,
        deep: bool = False,
        as_of_record_time: int | None = None,
    ) -> tuple[Containment, ...]:
        """What is in (or attached to) `container` after everything that happened at `at`.

        Args:
            container: canonical identifier.
            at: µs; None: now.
            deep: through any depth, the direct contents first.
            as_of_record_time: µs; what was captured later is left out; None: now.
        """
        return _Question(self._facts, self._delegate, at, as_of_record_time).contents(container, deep=deep)

    def containers(
        self, uri: str, at: int | None = None, *, as_of_record_time: int | None = None
    ) -> tuple[Containment, ...]:
        """What `uri` is in (or attached to) after everything that happened at `at` (µs), nearest first."""
        return _Question(self._facts, self._delegate, at, as_of_record_time).containers(uri)

    def state(
        self, uri: str, *, as_of_event_time: int | None = None, as_of_record_time: int | None = None
    ) -> State:
        """The present state of one object (rules 16, 19); arguments as for `back`."""
        return _Question(self._facts, self._delegate, as_of_event_time, as_of_record_time).state(uri)

    def mass_balance(
        self, lot: str, *, as_of_event_time: int | None = None, as_of_record_time: int | None = None
    ) -> MassBalance:
        """What of a lot was made, used, removed and remains, per unit and site (rules 6, 15)."""
        question = _Question(self._facts, self._delegate, as_of_event_time, as_of_record_time)
        return question.mass_balance(lot)


class _Question:
    """One question at one pair of clocks: facts are fetched and judged once for it."""

    def __init__(
        self,
        facts: Facts,
        delegate: Delegate,
        as_of_event_time: int | None,
        as_of_record_time: int | None,
    ) -> None:
        for name, clock in (("event", as_of_event_time), ("record", as_of_record_time)):
            if clock is not None and not isinstance(clock, int):
                raise LineageError(f"as of {name} time must be microseconds, not {clock!r}")
        self._event_time = as_of_event_time
        self._record_time = as_of_record_time
        self._now = end_of(as_of_event_time)
        self._view = View(KnownFacts(facts, as_of_event_time, as_of_record_time, delegate))
        self._containments = Containments(self._view)
        self._transformations = Transformations(self._view)

    def trace(self, root: str, direction: Direction, limits: TraceLimits) -> TraceAnswer:
        if is_bare_class(root):
            return self._no_lineage(root, direction)
        walk = Walk(self._view, self._containments, self._transformations, limits, self._now)
        forward = direction is Direction.FORWARD
        if forward:
            walk.forward(root)
        else:
            walk.back(root)
        parts = Assembly(self._view, self._containments, self._transformations, walk, root, forward=forward)
        events, cut = parts.events(limits)
        return TraceAnswer(
            root,
            direction,
            parts.nodes(),
            parts.edges,
            events,
            parts.anomalies(),
            parts.unaccounted(),
            (*walk.cuts(), *cut),
            self._event_time,
            self._record_time,
            self.state,
        )

    def history(self, uri: str, limits: TraceLimits) -> TraceAnswer:
        spans, cut = within(self._spans(uri), limits)
        events = Events(self._view)
        points: dict[int, int] = {}
        for seen in self._view.of(uri).shown:
            events.add(seen.fact)
            points[seen.fact.position] = seen.point
        for span in spans:
            for seen in self._view.of(span.container).shown:
                if not seen.only_lot and holds_within(seen, span.low, span.high):
                    events.add(seen.fact, (span.depth, span.container))
                    points.setdefault(seen.fact.position, seen.point)
        ordered = sorted(
            events.facts(),
            key=lambda fact: (points[fact.position], tie_break(fact), fact.position),
        )
        told = events.positions()
        nodes: dict[str, Node] = {}
        for each, depth, certainty in [
            (uri, 0, Certainty.CERTAIN),
            *((span.container, span.depth, span.certainty) for span in spans),
        ]:
            known = nodes.get(each)
            named = {seen.fact.position for seen in self._view.of(each).shown} & told
            nodes[each] = Node(
                each,
                self._view.of(each).level.value,
                certainty if known is None else max(certainty, known.certainty),
                depth if known is None else known.depth,
                positions=tuple(sorted(named)),
            )
        edges = {
            (span.interval.kind, span.interval.parent, span.interval.child, span.interval.start): (
                containment_edge(span.interval, span.interval.certainty)
            )
            for span in spans
        }
        left_out = len(ordered) - limits.events
        if left_out > 0:
            cut.append(Cut("events", limits.events, left_out))
        return TraceAnswer(
            uri,
            Direction.HISTORY,
            tuple(sorted(nodes.values(), key=lambda node: (node.depth, node.uri))),
            tuple(edges[key] for key in sorted(edges)),
            tuple(events.refs(ordered[: limits.events])),
            self._anomalies(uri),
            (),
            tuple(cut),
            self._event_time,
            self._record_time,
            self.state,
        )

    def contents(self, container: str, *, deep: bool) -> tuple[Containment, ...]:
        found: list[Containment] = []
        seen = {container}
        level, depth = [container], 0
        while level:
            depth += 1
            here = sorted(
                (
                    self._containment(interval, depth)
                    for parent in level
                    for kind in KINDS
                    for interval in self._containments.inside(parent, kind, self._now, self._now)
                ),
                key=_by_names,
            )
            found += here
            level = sorted({one.child for one in here if one.child not in seen}) if deep else []
            seen.update(level)
        return tuple(found)

    def containers(self, uri: str) -> tuple[Containment, ...]:
        found: list[Containment] = []
        seen = {uri}
        level, depth = [uri], 0
        while level:
            depth += 1
            here = sorted(
                (
                    self._containment(interval, depth)
                    for child in level
                    for kind in KINDS
                    for interval in self._containments.intervals(child, kind)
                    if interval.overlaps(self._now, self._now)
                ),
                key=_by_names,
            )
            found += here
            level = sorted({one.parent for one in here if one.parent not in seen})
            seen.update(level)
        return tuple(found)

    def state(self, uri: str) -> State:
        anomalies = self._containments.anomalies(uri)
        return derive_state(self._view, uri, self._spans(uri), self.containers(uri), anomalies)

    def mass_balance(self, lot: str) -> MassBalance:
        return mass_balance(self._view, self._transformations, lot)

    def _spans(self, uri: str) -> list[Span]:
        return spans_above(self._containments, uri, ALWAYS, self._now)

    def _anomalies(self, uri: str) -> tuple[Anomaly, ...]:
        dossier = self._view.of(uri)
        every = {*dossier.anomalies, *self._containments.anomalies(uri), *life_of(dossier).anomalies}
        return tuple(sorted(every))

    def _containment(self, interval: Interval, depth: int) -> Containment:
        amounts, known = interval.amount_at(self._now) if isinstance(interval, AmountInterval) else ({}, True)
        return Containment(
            interval.parent,
            interval.child,
            interval.kind,
            instant_of(interval.start),
            instant_of(interval.end),
            interval.certainty,
            depth,
            tuple(sorted(amounts.items(), key=lambda pair: pair[0] or "")),
            known,
            interval.reason,
            event_ids_of(interval.evidence),
            positions_of(interval.evidence),
        )

    def _no_lineage(self, root: str, direction: Direction) -> TraceAnswer:
        """Rule 6: a GTIN alone is never lineage."""
        message = "a class without lot or serial has no lineage; ask for a lot or an item"
        return TraceAnswer(
            root,
            direction,
            (Node(root, "class", Certainty.CERTAIN, 0),),
            (),
            (),
            (Anomaly(AnomalyKind.CLASS_ONLY, root, message),),
            (),
            (),
            self._event_time,
            self._record_time,
            self.state,
        )


def _by_names(containment: Containment) -> tuple[str, str, EdgeKind, int]:
    return (containment.parent, containment.child, containment.kind, containment.start or 0)
