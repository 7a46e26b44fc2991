"""Class-level containment is an amount (rule 3): ADD adds, DELETE subtracts, an absent quantity is unknown.

A lot in two containers is normal (rule 11), so each container is counted by itself. At one instant a
DELETE takes from what was there before, then from what is added at that instant (rule 1).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from .answer import Anomaly, AnomalyKind, Certainty, EdgeKind
from .facts import Fact
from .order import Phase, moment
from .places import sees
from .timeline import Interval
from .view import View, anomaly

Units = dict[str | None, Decimal]
"""Amounts by unit of measure; None is pieces."""


@dataclass(slots=True)
class AmountInterval(Interval):
    """Some of a class in one parent, while any of it may be there."""

    steps: list[tuple[int, Units, bool]] = field(default_factory=list)
    """(from this moment on, amounts by unit, whether they are known)"""

    def amount_at(self, point: int) -> tuple[Units, bool]:
        """The amounts at a moment and whether they are known."""
        now: tuple[Units, bool] = ({}, False)
        for since, units, known in self.steps:
            if since > point:
                break
            now = (units, known)
        return now


@dataclass(slots=True)
class _Flow:
    """What one instant does to a class in one parent."""

    adds: list[Fact] = field(default_factory=list)
    deletes: list[Fact] = field(default_factory=list)
    emptied: list[Fact] = field(default_factory=list)
    seen: list[Fact] = field(default_factory=list)


def amount_intervals(view: View, uri: str, kind: EdgeKind) -> tuple[list[AmountInterval], list[Anomaly]]:
    """The intervals of a lot or class in every parent, and what does not add up."""
    parents: defaultdict[str, defaultdict[int, _Flow]] = defaultdict(lambda: defaultdict(_Flow))
    for fact in view.of(uri).as_child.get(kind, ()):
        if fact.parent is None or fact.parent == uri:
            continue
        flow = parents[fact.parent][fact.event_time]
        if fact.action == "ADD":
            flow.adds.append(fact)
        elif fact.action == "DELETE":
            flow.deletes.append(fact)
        elif sees(fact, uri, view.names(fact)):
            flow.seen.append(fact)
    intervals: list[AmountInterval] = []
    anomalies: list[Anomaly] = []
    for parent, flows in parents.items():
        for fact in view.of(parent).emptied.get(kind, ()):
            flows[fact.event_time].emptied.append(fact)
        count = _Count(uri, parent, kind)
        for time in sorted(flows):
            count.step(time, flows[time])
        intervals += count.intervals
        anomalies += count.anomalies
    intervals.sort(key=lambda interval: (interval.start, interval.end, interval.parent))
    return intervals, sorted(anomalies)


def stated(facts: list[Fact], uri: str) -> tuple[Units, bool]:
    """What some events say of the amount of a class in their lists, by unit, and whether all of them do."""
    units: Units = {}
    known = True
    for fact in facts:
        amounts = [quantity for quantity in fact.quantities if quantity.epc_class == uri]
        if not amounts:
            known = False  # a class identifier in an epcList: treated as the class it is, of unknown amount
        for quantity in amounts:
            if quantity.amount is None:
                known = False
            else:
                units[quantity.uom] = units.get(quantity.uom, Decimal(0)) + quantity.amount
    return units, known


class _Count:
    """The running amount of one class in one parent."""

    def __init__(self, uri: str, parent: str, kind: EdgeKind) -> None:
        self.uri, self.parent, self.kind = uri, parent, kind
        self.intervals: list[AmountInterval] = []
        self.anomalies: list[Anomaly] = []
        self.open: AmountInterval | None = None
        self.units: Units = {}
        self.known = True

    def step(self, time: int, flow: _Flow) -> None:
        deleted, deleted_known = stated(flow.deletes, self.uri)
        was_open = self.open
        over = deleted
        if was_open is not None:
            over = self._take(time, flow, deleted, deleted_known)
        elif flow.deletes and not flow.adds:
            reason = "unpacked from it without having been packed"
            self._glimpse(time, flow.deletes, reason, Phase.UNPACK)
            self._report(AnomalyKind.UNPACKED_NOT_PACKED, "unpacked where none was packed", flow.deletes)
            return
        if flow.adds:
            self._add(time, flow, over, deleted_known or was_open is not None)
        elif any(over.values()) and was_open is not None:
            self._report(AnomalyKind.UNPACKED_MORE_THAN_PACKED, "more unpacked than packed", flow.deletes)
        if flow.seen and was_open is None and not flow.adds:
            self._glimpse(time, flow.seen, "seen in it without having been packed")

    def _take(self, time: int, flow: _Flow, deleted: Units, deleted_known: bool) -> Units:
        """Take from what was there before; return what a DELETE took beyond it."""
        interval = self.open
        if interval is None or not (flow.deletes or flow.emptied):
            return {}
        over: Units = {}
        for uom, amount in deleted.items():
            left = self.units.get(uom, Decimal(0)) - amount
            if left < 0 and self.known:
                over[uom] = -left
            self.units = {**self.units, uom: max(left, Decimal(0))}
        self.known = self.known and deleted_known
        interval.evidence += flow.deletes + flow.emptied
        if flow.emptied or (self.known and not any(self.units.values())):
            interval.end = moment(time, Phase.UNPACK)
            self.open, self.units, self.known = None, {}, True
        else:
            if not self.known:
                # An unknown amount went out: some may be left, or none.
                interval.certainty, interval.reason = Certainty.POSSIBLE, "an unknown amount was unpacked"
            interval.steps.append((moment(time, Phase.UNPACK), dict(self.units), self.known))
        return over

    def _add(self, time: int, flow: _Flow, over: Units, over_known: bool) -> None:
        added, added_known = stated(flow.adds, self.uri)
        interval = self.open
        if interval is None:
            interval = AmountInterval(self.parent, self.uri, self.kind, moment(time, Phase.PACK))
            self.intervals.append(interval)
            self.open = interval
        interval.evidence += flow.adds
        units = dict(self.units)
        for uom, amount in added.items():
            units[uom] = units.get(uom, Decimal(0)) + amount
        self.known = self.known and added_known and over_known
        short = False
        for uom, amount in over.items():
            left = units.get(uom, Decimal(0)) - amount
            short = short or left < 0
            units[uom] = max(left, Decimal(0))
        if short and self.known:
            self._report(AnomalyKind.UNPACKED_MORE_THAN_PACKED, "more unpacked than packed", flow.deletes)
        self.units = units
        interval.steps.append((moment(time, Phase.PACK), dict(units), self.known))
        if self.known and not any(units.values()):
            interval.end = moment(time, Phase.UNPACK_NEW)  # rule 1: a load of no length
            interval.evidence += flow.deletes
            self.open, self.units, self.known = None, {}, True

    def _glimpse(self, time: int, facts: list[Fact], reason: str, until: Phase = Phase.AFTER) -> None:
        start, end = moment(time, Phase.ORIGIN), moment(time, until)
        units, known = stated(facts, self.uri)
        self.intervals.append(
            AmountInterval(
                self.parent,
                self.uri,
                self.kind,
                start,
                end,
                Certainty.INFERRED,
                reason,
                list(facts),
                steps=[(start, units, known)],
            )
        )

    def _report(self, kind: AnomalyKind, message: str, facts: list[Fact]) -> None:
        self.anomalies.append(anomaly(kind, self.uri, f"{self.parent}: {message}", facts))
