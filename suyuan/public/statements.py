"""What counting statements say of an item: its making, its lot and dates, sales, ends, contradictions, recalls.

Functions on values: events in world order as the lineage gives them, and the facts behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from foundation.epcis import Event, master_data
from public_query import Anomaly, AnomalyKind, Ended, EndKind, Sale, SaleKind
from trace_api.lineage import Anomaly as Contradiction
from trace_api.lineage import AnomalyKind as ContradictionKind
from trace_api.lineage import EventRef, Fact

__all__ = [
    "anomalies",
    "end_of",
    "first_date",
    "lot_of",
    "makes",
    "names_class",
    "recall_of",
    "sales",
    "stands",
]

# Contradictions of the lineage that speak for a copied code; the others are bookkeeping and not the public's.
SPEAKS_FOR_A_COPY = {
    ContradictionKind.SUSPECTED_CLONE: AnomalyKind.TWO_PLACES,
    ContradictionKind.SEEN_AFTER_END: AnomalyKind.SEEN_AFTER_END,
}
SALES = {
    "retail_selling": SaleKind.SOLD,
    "retail_sold": SaleKind.SOLD,
    "dispensing": SaleKind.DISPENSED,
    "dispensed": SaleKind.DISPENSED,
}
USABLE = frozenset({"active", "available", "sellable_accessible", "sellable_not_accessible", "conformant"})
ENDS = {
    "destroyed": EndKind.DESTROYED,
    "disposed": EndKind.DESTROYED,
    "stolen": EndKind.STOLEN,
    "damaged": EndKind.DAMAGED,
    "expired": EndKind.EXPIRED_STATED,
    "inactive": EndKind.DECOMMISSIONED,
    "non_sellable_other": EndKind.OTHER,
}
END_STEPS = {
    "destroying": EndKind.DESTROYED,
    "decommissioning": EndKind.DECOMMISSIONED,
    "killing": EndKind.DECOMMISSIONED,
    "sampling": EndKind.USED_UP,
}


def stands(event: EventRef) -> bool:
    """Whether an event states anything: it is neither void nor an error declaration."""
    return not (event.void or event.declares_error or event.hidden)


def makes(fact: Fact, uri: str) -> bool:
    """Whether an event brings an identity into being: commissioning, or the output of a transformation."""
    if fact.type == "ObjectEvent" and fact.action == "ADD":
        return uri in fact.epcs or names_class(fact, uri) or any(lot == uri for _, lot in fact.lots)
    if fact.type != "TransformationEvent":
        return False
    return uri in fact.outputs or any(quantity.epc_class == uri for quantity in fact.output_quantities)


def names_class(fact: Fact, uri: str) -> bool:
    """Whether an event names a class itself, rather than through the items it puts into it."""
    listed = (*fact.quantities, *fact.input_quantities, *fact.output_quantities)
    return any(quantity.epc_class == uri for quantity in listed)


def lot_of(facts: Iterable[Fact], uri: str, owner: str | None) -> str | None:
    """The lot of an item by the owner's word; where nobody owns the number, by the first word."""
    said = (lot for fact in facts if owner in (None, fact.party) for item, lot in fact.lots if item == uri)
    return next(said, None)


def first_date(events: Iterable[Event], attribute: str) -> date | None:
    """The first date that one of the events states for an ILMD attribute."""
    for event in events:
        value = master_data(event.ilmd, attribute)
        if isinstance(value, str):
            try:
                return date.fromisoformat(value[:10])
            except ValueError:
                continue
    return None


def sales(
    own: Iterable[EventRef], may_take_back: Callable[[str | None, str | None], bool]
) -> tuple[Sale, ...]:
    """Sales and dispensings that no later return took back, oldest first.

    A disposition alone tells of a sale that was not recorded, or of one that was: it counts once, and so do
    two reports of one sale by one party. A pack that is dispensed in parts is dispensed once.

    Args:
        may_take_back: (party of the return, party of the sale) -> whether the return counts.
    """
    standing: list[tuple[Sale, str | None]] = []
    for event in own:
        sold = SALES.get(event.biz_step or "")
        kind = sold or SALES.get(event.disposition or "")
        if kind is not None:
            again = sold is not None and event.disposition != "partially_dispensed"
            if again or not standing:
                standing.append((Sale(event.event_id or "", event.event_time or 0, kind), event.party))
        elif event.disposition == "returned" and standing and may_take_back(event.party, standing[-1][1]):
            standing.clear()
    return tuple(sale for sale, _ in standing)


def end_of(own: Sequence[EventRef], facts: Callable[[EventRef], Fact | None], uri: str) -> Ended | None:
    """The last word on whether an item was taken out of use other than by a sale; None while it is in use."""
    ended: Ended | None = None
    for event in own:
        kind = END_STEPS.get(event.biz_step or "") or ENDS.get(event.disposition or "")
        fact = facts(event)
        if kind is None and fact is not None and uri in fact.inputs:
            kind = EndKind.USED_UP
        if kind is None and event.action == "DELETE" and event.type == "ObjectEvent":
            kind = None if event.biz_step in SALES else EndKind.DECOMMISSIONED
        if kind is not None:
            ended = Ended(event.event_id or "", event.event_time or 0, kind)
        elif event.disposition in USABLE or (event.type == "ObjectEvent" and event.action == "ADD"):
            ended = None
    return ended


def anomalies(
    found: Iterable[Contradiction],
    times: dict[str | None, int],
    makers: Sequence[EventRef],
    own: Sequence[EventRef],
) -> tuple[Anomaly, ...]:
    """Contradictions that speak for a copied code."""
    told: list[Anomaly] = []
    for contradiction in found:
        kind = SPEAKS_FOR_A_COPY.get(contradiction.kind)
        if kind is not None:
            known = [times[event_id] for event_id in contradiction.event_ids if event_id in times]
            told.append(Anomaly(kind, max(known, default=0), contradiction.event_ids))
    commissioned = [event for event in makers if event.type == "ObjectEvent"]
    if len(commissioned) > 1:
        ids = tuple(event.event_id or "" for event in commissioned)
        told.append(Anomaly(AnomalyKind.DOUBLE_COMMISSIONING, commissioned[-1].event_time or 0, ids))
    if makers:
        begin = min(event.event_time or 0 for event in makers)
        early = [event for event in own if (event.event_time or 0) < begin]
        if early:
            ids = tuple(event.event_id or "" for event in early)
            told.append(Anomaly(AnomalyKind.SEEN_BEFORE_START, early[0].event_time or 0, ids))
    return tuple(told)


def recall_of(facts: Iterable[Fact]) -> Fact | None:
    """The statement that recalls an identifier, of those that may recall it, in world order.

    A persistent disposition holds until it is unset; a plain one until one of those who may recall says that
    the goods can be used.
    """
    recall: Fact | None = None
    for fact in facts:
        persists = recall is not None and "recalled" in recall.persistent_set
        if "recalled" in fact.persistent_unset or (fact.disposition in USABLE and not persists):
            recall = None
        if "recalled" in fact.persistent_set or (fact.disposition == "recalled" and not persists):
            recall = fact
    return recall
