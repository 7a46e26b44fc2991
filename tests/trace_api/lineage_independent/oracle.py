"""A second lineage, plain and slow, written from the rules alone: the oracle of the random histories.

It steps through the instants of a history one by one and keeps what is open (containment), or tries every
state a trace can be in (reachability). It knows no lots of items, no quantities, no declarations and no
nested re-packing of one child into an ancestor.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from trace_api.lineage import Fact

CERTAIN, POSSIBLE = "certain", "possible"


@dataclass
class Contained:
    """What the steps found: closed and open intervals of every child, and what is inside at each instant."""

    intervals: set[tuple[str, str, int, int | None, bool]] = field(default_factory=set)
    """(child, parent, start, end, inferred end)"""
    inside: dict[int, set[tuple[str, str]]] = field(default_factory=dict)
    """After everything of an instant: (parent, child)."""


def contain(facts: Sequence[Fact]) -> Contained:
    """Step through the instants; the phases within one are those of rule 1."""
    found = Contained()
    open_since: dict[tuple[str, str], int] = {}  # (parent, child)

    def close(pair: tuple[str, str], at: int, inferred: bool) -> None:
        parent, child = pair
        found.intervals.add((child, parent, open_since.pop(pair), at, inferred))

    for now in sorted({fact.event_time for fact in facts}):
        today = sorted((fact for fact in facts if fact.event_time == now), key=lambda fact: fact.content_hash)
        before = set(open_since)
        boxes = [fact for fact in today if fact.type == "AggregationEvent" and fact.parent]
        listed = {
            (str(fact.parent), child) for fact in boxes if fact.action == "DELETE" for child in fact.epcs
        }
        emptied = {fact.parent for fact in boxes if fact.action == "DELETE" and not fact.epcs}
        # A DELETE of a child that is not inside is evidence of that instant, as an OBSERVE would be.
        added = {(str(fact.parent), child) for fact in boxes if fact.action == "ADD" for child in fact.epcs}
        for parent, child in listed - before - added:
            found.intervals.add((child, parent, now, now, True))
        # 1. A DELETE closes what was open before now.
        for pair in before:
            if pair in listed or pair[0] in emptied:
                close(pair, now, inferred=False)
        # 2. The ADDs of now open, in the order of the hashes; what is open elsewhere ends as inferred.
        for fact in (fact for fact in boxes if fact.action == "ADD"):
            for child in fact.epcs:
                pair = (str(fact.parent), child)
                if pair in open_since:
                    continue
                # What a DELETE of this instant closes is unpacked, so it is not left by inference.
                for other in [other for other in open_since if other[1] == child]:
                    close(other, now, inferred=True)
                open_since[pair] = now
                # A DELETE that lists a child not open before now closes its new interval: length 0.
                if pair in listed - before:
                    close(pair, now, inferred=False)
        # 3. Use as an input comes after unpacking, decommissioning last.
        gone = {child for fact in today if fact.type == "TransformationEvent" for child in fact.inputs}
        ended = {
            one
            for fact in today
            if fact.type == "ObjectEvent" and fact.action == "DELETE"
            for one in fact.epcs
        }
        for pair in list(open_since):
            if pair[1] in gone or pair[1] in ended or pair[0] in ended:
                close(pair, now, inferred=True)
        found.inside[now] = set(open_since)
    for (parent, child), start in open_since.items():
        found.intervals.add((child, parent, start, None, False))
    return found


def reach(facts: Sequence[Fact], root: str, *, forward: bool) -> dict[str, str]:
    """Every object reached from `root`, at its best certainty, by trying every (object, instant, certainty).

    Forward, the instant is the earliest use that counts; back, the latest making that counts.
    """
    together: dict[str, list[Fact]] = {}
    alone: list[Fact] = []
    for fact in facts:
        if fact.transformation_id is None:
            alone.append(fact)
        else:
            together.setdefault(fact.transformation_id, []).append(fact)

    def steps(uri: str, bound: float) -> Iterable[tuple[str, float, str]]:
        def counts(time: int) -> bool:
            return time >= bound if forward else time <= bound

        for fact in alone:
            near, far = (fact.inputs, fact.outputs) if forward else (fact.outputs, fact.inputs)
            if uri in near and counts(fact.event_time):
                sure = CERTAIN if len(set(fact.inputs)) == 1 else POSSIBLE
                for other in far:
                    yield other, fact.event_time, sure
        for events in together.values():
            touched = any(
                uri in (fact.inputs if forward else fact.outputs) and counts(fact.event_time)
                for fact in events
            )
            if touched:
                for fact in events:
                    for other in fact.outputs if forward else fact.inputs:
                        yield other, fact.event_time, POSSIBLE

    first = (root, float("-inf") if forward else float("inf"), CERTAIN)
    states, waiting = {first}, [first]
    while waiting:
        uri, bound, certainty = waiting.pop()
        for other, time, sure in steps(uri, bound):
            state = (other, time, CERTAIN if certainty == sure == CERTAIN else POSSIBLE)
            if state not in states:
                states.add(state)
                waiting.append(state)
    best: dict[str, str] = {}
    for uri, _, certainty in sorted(states, key=lambda state: state[2], reverse=True):
        best[uri] = certainty  # "certain" sorts before "possible", so it comes last and wins
    best.pop(root, None)
    return best
