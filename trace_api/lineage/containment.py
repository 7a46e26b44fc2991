"""Containment as intervals (rules 2, 3, 4, 7, 9 to 12), derived per child and never updated in place.

`judgement.py` decides what each instant does to a child and `amounts.py` counts lots; this file answers
which intervals an object has and what was in a container. Deciding an instant may need the intervals of
other objects *before* it. Each timeline is therefore judged by a generator that yields what it must know
first, and `_run` keeps the waiting ones on a list, so chains may be of any length.
"""

from __future__ import annotations

from .amounts import AmountInterval, amount_intervals
from .answer import Anomaly, EdgeKind
from .judgement import Judge, Needs
from .levels import Level
from .order import NEVER, Phase, moment
from .timeline import Interval, Timeline
from .view import View

KINDS = (EdgeKind.CONTAINMENT, EdgeKind.ASSOCIATION)


class Containments:
    """The containment intervals of every object, as one view of the facts tells them."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._timelines: dict[tuple[str, EdgeKind], Timeline] = {}
        self._amounts: dict[tuple[str, EdgeKind], tuple[list[AmountInterval], list[Anomaly]]] = {}
        self._judge_of = Judge(view, self._timeline)
        self._candidates: dict[tuple[str, EdgeKind], dict[str, list[tuple[int, int]]]] = {}

    def intervals(self, child: str, kind: EdgeKind) -> list[Interval]:
        """Every interval of `child` in whatever parent, by start."""
        if self._is_amount(child):
            return list(self._amount(child, kind)[0])
        return self._complete(child, kind).intervals

    def anomalies(self, child: str) -> list[Anomaly]:
        """What contradicts itself in the containments of `child`."""
        found: list[Anomaly] = []
        for kind in KINDS:
            if self._is_amount(child):
                found += self._amount(child, kind)[1]
            else:
                found += self._complete(child, kind).anomalies
        return found

    def inside(self, parent: str, kind: EdgeKind, low: int, high: int) -> list[Interval]:
        """The intervals of every child in `parent` that have a moment in [low, high], by child."""
        found: list[Interval] = []
        for child, spans in self._candidates_of(parent, kind).items():
            if any(start <= high and end >= low for start, end in spans):
                found += [
                    interval
                    for interval in self.intervals(child, kind)
                    if interval.parent == parent and interval.overlaps(low, high)
                ]
        return sorted(found, key=lambda interval: (interval.child, interval.start, interval.end))

    def _is_amount(self, uri: str) -> bool:
        return self._view.of(uri).level in (Level.LOT, Level.CLASS)

    def _amount(self, child: str, kind: EdgeKind) -> tuple[list[AmountInterval], list[Anomaly]]:
        key = (child, kind)
        if key not in self._amounts:
            self._amounts[key] = amount_intervals(self._view, child, kind)
        return self._amounts[key]

    def _timeline(self, uri: str, kind: EdgeKind) -> Timeline:
        found = self._timelines.get((uri, kind))
        if found is None:
            found = self._timelines[uri, kind] = Timeline(self._view, uri, kind)
        return found

    def _complete(self, uri: str, kind: EdgeKind) -> Timeline:
        timeline = self._timeline(uri, kind)
        if timeline.progress < NEVER:
            self._run(timeline, NEVER)
        return timeline

    def _candidates_of(self, parent: str, kind: EdgeKind) -> dict[str, list[tuple[int, int]]]:
        """Per child, spans that cover every interval it can have in `parent`; inference only shortens."""
        key = (parent, kind)
        if key not in self._candidates:
            self._candidates[key] = self._stated_spans(parent, kind)
        return self._candidates[key]

    def _stated_spans(self, parent: str, kind: EdgeKind) -> dict[str, list[tuple[int, int]]]:
        view = self._view
        spans: dict[str, list[tuple[int, int]]] = {}
        opened: dict[str, int] = {}
        for fact in view.of(parent).as_parent.get(kind, ()):
            first, last = moment(fact.event_time, Phase.ORIGIN), moment(fact.event_time, Phase.AFTER)
            children = view.names(fact).children
            if not children and fact.action == "DELETE":
                for child in [child for child, start in opened.items() if start < first]:
                    spans.setdefault(child, []).append((opened.pop(child), last))
            for child in children:
                if child == parent:
                    continue
                if fact.action == "ADD":
                    opened.setdefault(child, first)
                    continue
                spans.setdefault(child, []).append((first, last))
                if fact.action == "DELETE" and child not in view.names(fact).classes and child in opened:
                    start = opened[child]
                    if start < first:
                        del opened[child]
                        spans[child].append((start, last))
        for child, start in opened.items():
            spans.setdefault(child, []).append((start, NEVER))
        return spans

    def _run(self, timeline: Timeline, until: int) -> None:
        """Judge a timeline up to before `until`, and first whatever that rests on."""
        waiting = [self._judge(timeline, until)]
        while waiting:
            try:
                uri, time = next(waiting[-1])
            except StopIteration:
                waiting.pop()
            else:
                # Needs only ever look back in time, so a timeline never waits for itself.
                waiting.append(self._judge(self._timeline(uri, timeline.kind), time))

    def _judge(self, timeline: Timeline, until: int) -> Needs[None]:
        while timeline.progress < until:
            time = timeline.progress
            instant = timeline.at(time)
            if instant is not None:
                yield from self._judge_of.step(timeline, time, instant)
            timeline.next += 1
        if until == NEVER:
            timeline.intervals.sort(key=lambda interval: (interval.start, interval.end, interval.parent))
