"""What one instant does to the containments of one child (rules 2, 3, 7, 9 to 12).

Invariants, each checked where its number stands in the code
1. An AggregationEvent (AssociationEvent) ADD opens, DELETE closes; an empty DELETE closes all of its own
   kind for its parent, but never an ADD of its own instant (rules 1, 3).
2. An OBSERVE neither opens nor closes. One of a child that is not inside is an inferred containment at
   that instant (rule 2), an anomaly where another container holds the child; so is a DELETE of a child
   that is not inside, up to the unpacking, always with an anomaly.
3. An instance packed elsewhere leaves its former container as inferred, with an anomaly (rule 11), unless
   the new one is an ancestor of the former, or the second number of the same unit.
4. Later evidence that it is in the former container while the other still holds it withdraws that ending:
   both intervals stand, suspected clone (rule 11).
5. An instance used, sold, dispensed, destroyed, or seen at another place without its container (by
   itself or in another container) leaves its containers as inferred; so does one whose container, or
   which itself, is decommissioned (rule 10).
6. Lots obey none of 3 to 5: their containment is an amount (see `amounts`).
7. What is decided at an instant rests on earlier instants and on what is stated at that instant only, so
   the intervals of a child depend on the facts and on nothing else (rule 9).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import TypeVar

from .answer import AnomalyKind, Certainty, EdgeKind
from .facts import Fact
from .levels import is_returnable, is_sscc
from .order import ALWAYS, NEVER, Phase, TieBreak, instant_of, moment, tie_break
from .places import Whereabouts, elsewhere, whereabouts
from .timeline import Instant, Interval, Timeline, in_order, is_end_of_use
from .view import View, anomaly

Answer = TypeVar("Answer")
Needs = Generator[tuple[str, int], None, Answer]
"""Yields (object, time): that object's timeline must be judged up to before that time."""


class Judge:
    """Decides instants; `timeline_of(object, kind)` gives the timelines it shares with its caller."""

    def __init__(self, view: View, timeline_of: Callable[[str, EdgeKind], Timeline]) -> None:
        self._view = view
        self._timeline_of = timeline_of

    def step(self, timeline: Timeline, time: int, instant: Instant) -> Needs[None]:
        """Judge one instant of a timeline whose earlier instants are judged."""
        before = dict(timeline.open)
        self._unpack(timeline, time, instant, before)
        yield from self._pack(timeline, time, instant, before)
        yield from self._observe(timeline, time, instant, before)
        yield from self._leave(timeline, time, instant)
        self._end(timeline, time, instant)

    def _unpack(self, line: Timeline, time: int, instant: Instant, before: dict[str, Interval]) -> None:
        packed = {fact.parent for fact in instant.adds}
        for parent in sorted(instant.deletes.keys() | instant.emptied.keys()):
            listed = instant.deletes.get(parent, [])
            interval = line.open.pop(parent, None)
            if interval is not None:  # invariant 1
                interval.end = moment(time, Phase.UNPACK)
                interval.evidence += listed + instant.emptied.get(parent, [])
            elif not listed or parent in packed:
                continue
            elif self._clone(line, parent, time, listed, others=before.keys() - {parent}):
                if parent in line.open:
                    line.open.pop(parent).end = moment(time, Phase.UNPACK)
                else:
                    self._glimpse(
                        line, parent, time, listed, "unpacked from it after it was emptied", Phase.UNPACK
                    )
            else:  # invariant 2
                reason = "unpacked from it without having been packed"
                self._glimpse(line, parent, time, listed, reason, Phase.UNPACK)
                message = f"unpacked from {parent}, where it was not"
                line.anomalies.append(anomaly(AnomalyKind.UNPACKED_NOT_PACKED, line.uri, message, listed))

    def _pack(self, line: Timeline, time: int, instant: Instant, before: dict[str, Interval]) -> Needs[None]:
        closed_at_once = instant.deletes.keys() - before.keys()
        for fact in in_order(instant.adds):
            parent = fact.parent
            if parent is None:
                continue
            if parent in line.open:
                line.open[parent].evidence.append(fact)
                continue
            others = line.open.keys() - {parent} - closed_at_once  # those are unpacked at this instant
            if self._exclusive(line) and not self._clone(line, parent, time, [fact], others=others):
                yield from self._displace(line, parent, time, fact, sorted(others))
            if parent not in line.open:
                opened = Interval(parent, line.uri, line.kind, moment(time, Phase.PACK), evidence=[fact])
                line.open[parent] = opened
                line.intervals.append(opened)
        for parent in sorted(closed_at_once & line.open.keys()):  # rule 1: a load of no length
            interval = line.open.pop(parent)
            interval.end = moment(time, Phase.UNPACK_NEW)
            interval.evidence += instant.deletes[parent]

    def _observe(
        self, line: Timeline, time: int, instant: Instant, before: dict[str, Interval]
    ) -> Needs[None]:
        present = before.keys() | line.open.keys() | {fact.parent for fact in instant.adds}
        for fact in in_order(instant.seen_in):
            parent = fact.parent
            if parent is None or parent in present or parent in line.open:
                continue
            above = yield from self._ancestors(present, line.kind, time)
            if parent in above:
                continue  # inside it, through another container
            others = line.open.keys() - {parent}
            clone = self._exclusive(line) and self._clone(line, parent, time, [fact], others=others)
            if parent in line.open:
                continue
            self._glimpse(line, parent, time, [fact], "seen in it without having been packed")  # invariant 2
            if self._exclusive(line) and not clone:
                yield from self._contradict(line, parent, time, fact, sorted(others))

    def _contradict(
        self, line: Timeline, parent: str, time: int, fact: Fact, others: list[str]
    ) -> Needs[None]:
        """Seen in `parent` while others hold it: one left at another place is left as inferred (rule 10)."""
        for other in others:
            if other in (yield from self._ancestors([parent], line.kind, time)):
                continue  # the container it is seen in is in the other
            place = yield from self._apart_from(line, other, time, fact)
            if place is not None:
                reason = f"seen in {parent} at {place}"
                self._infer_end(line, other, moment(time, Phase.OBSERVE), fact, reason)
                continue
            message = f"in {other} and, without being packed there, seen in {parent}"
            evidence = [*line.open[other].evidence, fact]
            line.anomalies.append(anomaly(AnomalyKind.DOUBLE_CONTAINMENT, line.uri, message, evidence))

    def _leave(self, line: Timeline, time: int, instant: Instant) -> Needs[None]:
        """Invariant 5: rule 10, what the instance was seen or used for by itself."""
        for fact in in_order(instant.left):
            if not line.open:
                return
            is_input = fact.type == "TransformationEvent"
            for parent in sorted(line.open):
                if is_input:
                    self._infer_end(line, parent, moment(time, Phase.INPUT), fact, "used as an input")
                    continue
                if is_end_of_use(fact):
                    if (yield from self._together(line, parent, time, fact)):
                        continue
                    reason = f"{fact.biz_step or fact.disposition} by itself"
                else:
                    place = yield from self._apart_from(line, parent, time, fact)
                    if place is None:
                        continue
                    reason = f"seen alone at {place}"
                self._infer_end(line, parent, moment(time, Phase.OBSERVE), fact, reason)

    def _together(self, line: Timeline, parent: str, time: int, fact: Fact) -> Needs[bool]:
        """Whether an event names the instance together with what holds it."""
        # Listed by itself it is alone; among others, one of them may be what holds it.
        listed = self._view.names(fact).children
        if len(listed) > 1:
            above = yield from self._ancestors([parent], line.kind, time)
            above.add(parent)
            above.discard(line.uri)  # in a cycle it is above itself
        else:
            above = {parent}
        return not listed.isdisjoint(above)

    def _apart_from(self, line: Timeline, parent: str, time: int, fact: Fact) -> Needs[str | None]:
        """The place where an event saw the instance alone, if `parent` was last seen at another."""
        if (yield from self._together(line, parent, time, fact)):
            return None
        seen = whereabouts(fact, line.uri, self._view.names(fact))
        if seen is None:
            return None
        held = yield from self._last_whereabouts(parent, line.kind, time)
        return seen.place if held is not None and elsewhere(seen, held) else None

    def _end(self, line: Timeline, time: int, instant: Instant) -> None:
        """Invariant 5: the end of its container, or its own, takes it out."""
        at = moment(time, Phase.DECOMMISSION)
        for parent in sorted(instant.parent_ended.keys() & line.open.keys()):
            self._infer_end(
                line, parent, at, in_order(instant.parent_ended[parent])[0], "its container ended"
            )
        for fact in in_order(instant.ended)[:1]:
            for parent in sorted(line.open):
                self._infer_end(line, parent, at, fact, "ended itself")

    def _exclusive(self, line: Timeline) -> bool:
        """Whether an object can be in one such parent only: an instance, in containers."""
        return line.is_instance and line.kind is EdgeKind.CONTAINMENT  # invariant 6

    def _infer_end(self, line: Timeline, parent: str, at: int, fact: Fact, reason: str) -> None:
        interval = line.open.pop(parent)
        self._close_as_inferred(interval, at, fact, reason)
        message = f"left {parent} without being unpacked: {reason}"
        line.anomalies.append(anomaly(AnomalyKind.MISSING_UNPACK, line.uri, message, interval.evidence))

    def _close_as_inferred(self, interval: Interval, at: int, fact: Fact, reason: str) -> None:
        interval.end = at
        interval.certainty = Certainty.INFERRED
        interval.reason = reason
        interval.evidence.append(fact)

    def _glimpse(
        self,
        line: Timeline,
        parent: str,
        time: int,
        facts: list[Fact],
        reason: str,
        until: Phase = Phase.AFTER,
    ) -> None:
        start, end = moment(time, Phase.ORIGIN), moment(time, until)
        line.intervals.append(
            Interval(parent, line.uri, line.kind, start, end, Certainty.INFERRED, reason, list(facts))
        )

    def _displace(self, line: Timeline, parent: str, time: int, fact: Fact, others: list[str]) -> Needs[None]:
        """Invariant 3: being put into `parent` takes the instance out of the others."""
        for other in others:
            if parent in (yield from self._ancestors([other], line.kind, time)):
                continue
            interval = line.open[other]
            # Of one instant: neither comes after the other, so either may be the outer.
            unordered = interval.start >= moment(time, Phase.ORIGIN)
            if unordered and other in (yield from self._ancestors([parent], line.kind, time)):
                continue
            if self._second_number(other, parent, fact):
                continue
            del line.open[other]
            line.displaced[other] = interval
            at = moment(
                time, Phase.UNPACK if interval.start < moment(time, Phase.UNPACK) else Phase.UNPACK_NEW
            )
            self._close_as_inferred(interval, at, fact, f"packed into {parent}")
            message = f"in {other} and, without being unpacked, in {parent}"
            line.anomalies.append(
                anomaly(AnomalyKind.DOUBLE_CONTAINMENT, line.uri, message, interval.evidence)
            )

    def _clone(
        self, line: Timeline, parent: str, time: int, facts: list[Fact], others: Iterable[str]
    ) -> bool:
        """Invariant 4: whether `facts` put the instance back into a container it was taken to have left."""
        displaced = line.displaced.get(parent)
        others = sorted(others)
        if displaced is None or not others:
            return False
        del line.displaced[parent]
        message = f"in {parent} and in {', '.join(others)} at once: suspected clone"
        # What holds it now is named, so its packing is evidence too.
        latest = {interval.parent: interval for interval in line.intervals}
        holding = [fact for other in others if other in latest for fact in latest[other].evidence]
        evidence = displaced.evidence + holding + facts
        line.anomalies.append(anomaly(AnomalyKind.SUSPECTED_CLONE, line.uri, message, evidence))
        left = instant_of(displaced.end) or 0
        dossier = self._view.of(parent)
        closings = dossier.first_emptied(line.kind, left) + dossier.first_ended(left)
        if all(fact.event_time > time for fact in closings):
            displaced.withdrawn.append((displaced.end, moment(time, Phase.ORIGIN)))
            displaced.end, displaced.certainty, displaced.reason = NEVER, Certainty.CERTAIN, None
            displaced.evidence += facts
            line.open[parent] = displaced
        return True

    def _second_number(self, former: str, new: str, fact: Fact) -> bool:
        """Rule 11: a unit gets its SSCC beside another number when its whole load is packed under it.

        The numbers must be of two sorts, one an SSCC and neither a returnable asset, the new one empty
        before, the loads equal, and the places not apart.
        """
        if is_sscc(former) == is_sscc(new) or is_returnable(former) or is_returnable(new):
            return False
        time = fact.event_time
        load = self._stated_load(former, time)
        if load != self._view.names(fact).children or self._stated_load(new, time):
            return False
        packing = [
            seen for seen in self._view.of(former).as_parent[EdgeKind.CONTAINMENT] if seen.action == "ADD"
        ]
        there = [
            whereabouts(seen, former, self._view.names(seen)) for seen in packing if seen.event_time <= time
        ]
        here = whereabouts(fact, new, self._view.names(fact))
        return here is None or not there or there[-1] is None or not elsewhere(here, there[-1])

    def _stated_load(self, parent: str, time: int) -> frozenset[str]:
        """What ADDs and DELETEs alone say is in `parent` just before the instant `time`."""
        load: set[str] = set()
        for fact in self._view.of(parent).as_parent.get(EdgeKind.CONTAINMENT, ()):
            if fact.event_time >= time:
                break
            children = self._view.names(fact).children
            if fact.action == "ADD":
                load |= children
            elif fact.action == "DELETE":
                load = load - children if children else set()
        return frozenset(load)

    def _ancestors(self, of: Iterable[str | None], kind: EdgeKind, time: int) -> Needs[set[str]]:
        """All containers above some objects within one instant (invariant 7)."""
        found: set[str] = set()
        waiting = [uri for uri in of if uri is not None]
        seen = set(waiting)
        while waiting:
            line = self._timeline_of(waiting.pop(), kind)
            if line.progress < time:
                yield line.uri, time
            for parent in line.parents_within(time):
                found.add(parent)
                if parent not in seen:
                    seen.add(parent)
                    waiting.append(parent)
        return found

    def _last_whereabouts(self, uri: str, kind: EdgeKind, time: int) -> Needs[Whereabouts | None]:
        """Where an object was last seen up to an instant, by itself or through its containers (rule 4)."""
        best: tuple[int, TieBreak] | None = None
        found: Whereabouts | None = None
        waiting = [(uri, ALWAYS, moment(time, Phase.AFTER))]
        done: dict[str, list[tuple[int, int]]] = {}
        while waiting:
            holder, low, high = waiting.pop()
            if any(a <= low and b >= high for a, b in done.setdefault(holder, [])):
                continue
            done[holder].append((low, high))
            for seen in reversed(self._view.of(holder).live):
                if seen.point < low or (best is not None and (seen.point, tie_break(seen.fact)) <= best):
                    break
                if seen.point <= high:
                    place = whereabouts(seen.fact, holder, self._view.names(seen.fact))
                    if place is not None:
                        best, found = (seen.point, tie_break(seen.fact)), place
                        break
            line = self._timeline_of(holder, kind)
            if line.progress < time:
                yield holder, time
            waiting += self._held(line, low, high, time)
        return found

    def _held(self, line: Timeline, low: int, high: int, time: int) -> list[tuple[str, int, int]]:
        """The containers of an object over a span, up to an instant, by what was known before it."""
        point = moment(time, Phase.ORIGIN)
        held = []
        for interval in line.intervals:
            if interval.start < point:
                start = max(low, interval.start)
                end = min(high, interval.end_as_known_before(point))
                if end >= point and (instant := line.at(time)) is not None:
                    closed = interval.parent in instant.deletes or interval.parent in instant.emptied
                    end = min(end, moment(time, Phase.UNPACK)) if closed else high
                if start <= end:
                    held.append((interval.parent, start, end))
        instant = line.at(time)
        for fact in instant.adds if instant is not None else ():
            if fact.parent is not None:
                held.append((fact.parent, moment(time, Phase.PACK), high))
        return held
