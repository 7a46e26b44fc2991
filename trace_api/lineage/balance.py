"""Mass balance (rules 6 and 15): a lot flows, it is not consumed by one use.

Per lot and unit: what was made, used in transformations and removed, what remains, and what came to and
left each site. Per transformation: what went in against what came out. Amounts of different units are
never added up, and an absent amount makes a balance inexact, never zero.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .answer import Anomaly, AnomalyKind, Unaccounted
from .facts import Fact, Quantity
from .levels import site
from .membership import members_of
from .transformation import HyperEdge, Transformations
from .view import View, anomaly, positions_of

MEASURED = frozenset(
    {
        "KGM",
        "GRM",
        "MGM",
        "TNE",
        "DTN",
        "LBR",
        "ONZ",
        "STN",
        "LTN",
        "LTR",
        "MLT",
        "HLT",
        "DMQ",
        "MTQ",
        "GLL",
        "GLI",
    }
)
"""UN/ECE Recommendation 20 codes of mass and volume: what is counted (pieces, cases) of one product says
nothing of how many of another come out."""
REMOVING_STEPS = frozenset({"retail_selling", "dispensing"})


@dataclass(frozen=True, slots=True)
class MassLine:
    """The balance of one lot in one unit; `uom` None is pieces."""

    uom: str | None
    made: Decimal | None
    """None: no event tells its making."""
    used: Decimal
    removed: Decimal
    """Sold, dispensed, destroyed."""

    @property
    def remaining(self) -> Decimal | None:
        """Made and not used or removed; negative where more was used than made."""
        return None if self.made is None else self.made - self.used - self.removed

    def to_json(self) -> dict[str, Any]:
        return {
            "uom": self.uom,
            "made": _text(self.made),
            "used": str(self.used),
            "removed": str(self.removed),
            "remaining": _text(self.remaining),
        }


@dataclass(frozen=True, slots=True)
class SiteFlow:
    """What of a lot came to a site (made or received there) and left it (shipped, used, removed)."""

    site: str
    uom: str | None
    incoming: Decimal
    outgoing: Decimal

    def to_json(self) -> dict[str, Any]:
        return {
            "site": self.site,
            "uom": self.uom,
            "in": str(self.incoming),
            "out": str(self.outgoing),
            "balance": str(self.incoming - self.outgoing),
        }


@dataclass(frozen=True, slots=True)
class MassBalance:
    """Where the mass of a lot went."""

    lot: str
    lines: tuple[MassLine, ...]
    sites: tuple[SiteFlow, ...]
    members: int
    """Serialised items of the lot; no amount tells how much of it they are."""
    exact: bool
    """False where an event names the lot without an amount."""
    unaccounted: tuple[Unaccounted, ...]
    anomalies: tuple[Anomaly, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "lot": self.lot,
            "lines": [line.to_json() for line in self.lines],
            "sites": [flow.to_json() for flow in self.sites],
            "members": self.members,
            "exact": self.exact,
            "unaccounted": [amount.to_json() for amount in self.unaccounted],
            "anomalies": [found.to_json() for found in self.anomalies],
        }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


class _Sum:
    """Amounts by key, and whether every one of them was told."""

    def __init__(self) -> None:
        self.amounts: dict[str | None, Decimal] = {}
        self.exact = True

    def add(self, quantities: Iterable[Quantity], uri: str | None = None) -> None:
        for quantity in quantities:
            if uri is not None and quantity.epc_class != uri:
                continue
            if quantity.amount is None:
                self.exact = False
            else:
                self.amounts[quantity.uom] = self.of(quantity.uom) + quantity.amount

    def of(self, uom: str | None) -> Decimal:
        return self.amounts.get(uom, Decimal(0))


def mass_balance(view: View, transformations: Transformations, lot: str) -> MassBalance:
    """The balance of one lot and of the transformations it takes part in."""
    dossier = view.of(lot)
    made, used, removed = _Sum(), _Sum(), _Sum()
    sites: dict[tuple[str, str | None], tuple[Decimal, Decimal]] = {}

    def flow(fact: Fact, quantities: Iterable[Quantity], total: _Sum | None, *, inwards: bool) -> None:
        part = _Sum()
        part.add(quantities, lot)
        if total is not None:
            total.add(quantities, lot)
        place = fact.biz_location or fact.read_point
        if fact.biz_step == "shipping":
            place = fact.read_point or fact.biz_location
        if place is None:
            return
        for uom, amount in part.amounts.items():
            incoming, outgoing = sites.get((site(place), uom), (Decimal(0), Decimal(0)))
            moved = (incoming + amount, outgoing) if inwards else (incoming, outgoing + amount)
            sites[site(place), uom] = moved

    for fact in dossier.outputs:
        flow(fact, fact.output_quantities, made, inwards=True)
    for fact in dossier.inputs:
        flow(fact, fact.input_quantities, used, inwards=False)
    for fact in dossier.listed:
        if fact.type == "ObjectEvent" and fact.action == "ADD":
            flow(fact, fact.quantities, made, inwards=True)
        elif (fact.type == "ObjectEvent" and fact.action == "DELETE") or fact.biz_step in REMOVING_STEPS:
            flow(fact, fact.quantities, removed, inwards=False)
        elif fact.biz_step == "receiving":
            flow(fact, fact.quantities, None, inwards=True)
        elif fact.biz_step == "shipping":
            flow(fact, fact.quantities, None, inwards=False)

    units = sorted({*made.amounts, *used.amounts, *removed.amounts}, key=lambda uom: uom or "")
    was_made = bool(made.amounts) or not made.exact
    lines = tuple(
        MassLine(uom, made.of(uom) if was_made else None, used.of(uom), removed.of(uom)) for uom in units
    )
    exact = made.exact and used.exact and removed.exact
    evidence = [seen.fact for seen in dossier.live]
    unaccounted: list[Unaccounted] = []
    anomalies: list[Anomaly] = []
    for line in lines:
        remaining = line.remaining
        if remaining is None or not exact:
            continue
        if remaining > 0:
            unaccounted.append(Unaccounted(lot, line.uom, remaining, "remaining", positions_of(evidence)))
        elif remaining < 0:
            message = f"{-remaining} {line.uom or 'pieces'} more used than made"
            anomalies.append(anomaly(AnomalyKind.MORE_USED_THAN_MADE, lot, message, evidence))
    edges = {id(edge): edge for edge in (*transformations.making(lot), *transformations.using(lot))}
    for edge in edges.values():
        unaccounted += losses(edge)
    return MassBalance(
        lot,
        lines,
        tuple(
            SiteFlow(place, uom, *sites[place, uom])
            for place, uom in sorted(sites, key=lambda key: (key[0], key[1] or ""))
        ),
        len(members_of(view, lot)),
        exact,
        tuple(sorted(unaccounted, key=by_subject)),
        tuple(sorted(anomalies)),
    )


def by_subject(amount: Unaccounted) -> tuple[str, str, str]:
    """Sort key of unaccounted amounts."""
    return (amount.subject, amount.uom or "", amount.reason)


def losses(edge: HyperEdge) -> list[Unaccounted]:
    """What went into a transformation and did not come out, where both sides are told in one measured unit.

    Anything listed without an amount, serialised items among them, makes the difference unknown.
    """
    inputs, outputs = _Sum(), _Sum()
    for fact in edge.facts:
        if fact.inputs or fact.outputs:
            return []
        inputs.add(fact.input_quantities)
        outputs.add(fact.output_quantities)
    if not (
        inputs.exact and outputs.exact and inputs.amounts and inputs.amounts.keys() == outputs.amounts.keys()
    ):
        return []
    if len(inputs.amounts) != 1 or not MEASURED.issuperset(uom or "" for uom in inputs.amounts):
        return []
    ((uom, put_in),) = inputs.amounts.items()
    difference = put_in - outputs.of(uom)
    if difference == 0:
        return []
    reason = "loss" if difference > 0 else "gain"
    return [Unaccounted(edge.key, uom, abs(difference), reason, positions_of(edge.facts))]
