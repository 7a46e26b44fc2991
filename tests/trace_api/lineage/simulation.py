"""Containment of small histories by brute force: the whole world stepped from instant to instant.

Written to disagree with the product where it can: one state for all objects, no per-child derivation, no
intervals; only the rules. It knows instances in containers (AggregationEvents), sales, inputs and ends of
life, and answers which child was in which parent after each instant.
"""

from __future__ import annotations

from collections.abc import Sequence

from trace_api.lineage import Fact

Pair = tuple[str, str]
"""(child, parent)"""


def simulate(facts: Sequence[Fact]) -> dict[int, set[Pair]]:
    """After each event time, who is in what."""
    world = _World()
    for time in sorted({fact.event_time for fact in facts}):
        now = [fact for fact in facts if fact.event_time == time]
        world.step(time, sorted(now, key=lambda fact: (fact.content_hash, fact.body_digest)))
    return world.after


class _World:
    def __init__(self) -> None:
        self.open: set[Pair] = set()
        self.after: dict[int, set[Pair]] = {}
        self.displaced: dict[Pair, int] = {}
        """Left as inferred because packed elsewhere, at this time."""
        self.emptied: dict[str, list[int]] = {}
        self.ended: dict[str, list[int]] = {}
        """Times at which a parent was emptied, and ended."""

    def step(self, time: int, facts: list[Fact]) -> None:
        moves = [fact for fact in facts if fact.type == "AggregationEvent"]
        adds = [(c, f.parent) for f in moves if f.action == "ADD" for c in f.epcs if c != f.parent]
        deletes = {(c, f.parent) for f in moves if f.action == "DELETE" for c in f.epcs if c != f.parent}
        empty = {f.parent for f in moves if f.action == "DELETE" and not f.epcs}
        looks = [(c, f.parent) for f in moves if f.action == "OBSERVE" for c in f.epcs if c != f.parent]
        before = set(self.open)
        for parent in empty:
            self.emptied.setdefault(parent, []).append(time)
        gone = {pair for pair in before if pair in deletes or pair[1] in empty}
        # What stands within the instant: what was not unpacked, and everything packed in it.
        graph = (before - gone) | set(adds)
        self.open -= gone
        for pair in sorted(deletes - before - set(adds)):
            self._evidence(pair, time, {p for c, p in before if c == pair[0]}, opens=False)
        fresh: set[Pair] = set()
        for child, parent in adds:  # in the order of hashes
            if (child, parent) in self.open:
                continue
            others = {p for c, p in self.open if c == child and (c, p) not in deletes - before}
            if not self._evidence((child, parent), time, others, opens=True):
                for other in others:
                    above = parent in _above(other, graph)
                    level = (child, other) in fresh and other in _above(parent, graph)
                    if not above and not level:
                        self._displace((child, other), time)
            self.open.add((child, parent))
            fresh.add((child, parent))
        self.open -= deletes & fresh - before
        present = before | self.open | set(adds)
        for child, parent in looks:
            mine = {p for c, p in present if c == child}
            if parent in mine or (child, parent) in self.open:
                continue
            if any(parent in _above(p, graph) for p in mine):
                continue
            others = {p for c, p in self.open if c == child}
            self._evidence((child, parent), time, others, opens=True)  # else it neither opens nor closes
        for fact in facts:
            if fact.type == "TransformationEvent":
                self.open -= {pair for pair in self.open if pair[0] in fact.inputs}
            if fact.type == "ObjectEvent" and fact.biz_step == "retail_selling":
                self.open -= {
                    (c, p)
                    for c, p in self.open
                    if c in fact.epcs and not ({p, *_above(p, graph)} - {c}) & set(fact.epcs)
                }
        for fact in facts:
            if fact.type == "ObjectEvent" and fact.action == "DELETE":
                for uri in fact.epcs:
                    self.ended.setdefault(uri, []).append(time)
                    self.open -= {pair for pair in self.open if uri in pair}
        self.after[time] = set(self.open)

    def _displace(self, pair: Pair, time: int) -> None:
        self.open.discard(pair)
        self.displaced[pair] = time

    def _evidence(self, pair: Pair, time: int, others: set[str], *, opens: bool) -> bool:
        """Evidence of a child in a container it was displaced from, while another holds it: both stand."""
        left = self.displaced.get(pair)
        if left is None or not others - {pair[1]}:
            return False
        del self.displaced[pair]
        was_emptied = any(left < at <= time for at in self.emptied.get(pair[1], []))
        was_ended = any(left <= at <= time for at in self.ended.get(pair[1], []))
        if opens and not was_emptied and not was_ended:
            self.open.add(pair)
        return True


def _above(uri: str, graph: set[Pair]) -> set[str]:
    found: set[str] = set()
    waiting = [uri]
    while waiting:
        at = waiting.pop()
        for child, parent in graph:
            if child == at and parent not in found:
                found.add(parent)
                waiting.append(parent)
    return found
