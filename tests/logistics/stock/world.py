"""A few words for writing histories of goods: each call is one event, in the order in which it is captured.

Times are plain seconds. Containment comes from the real lineage over the same facts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from foundation.gs1 import check_digit
from logistics.stock import Balance, Stock, StockProjection
from trace_api import IndexedEvent
from trace_api.lineage import Containment, Declaration, Fact, Lineage, MemoryFacts, Quantity

SECOND = 1_000_000


def place(number: int) -> str:
    digits = f"9506000{number:05}"
    return f"https://id.gs1.org/414/{digits}{check_digit(digits)}"


def pallet(number: int) -> str:
    digits = f"19506000{number:09}"
    return f"https://id.gs1.org/00/{digits}{check_digit(digits)}"


def tote(number: int) -> str:
    digits = "950600001234"
    return f"https://id.gs1.org/8003/0{digits}{check_digit(digits)}{number}"


GTIN = "https://id.gs1.org/01/09506000134352"
FACTORY, WAREHOUSE, HOSPITAL = place(1), place(2), place(3)
SUPPLIER = "https://id.gs1.org/417/9506000000003"


def can(number: int) -> str:
    return f"{GTIN}/21/{number}"


def lot(name: str) -> str:
    return f"{GTIN}/10/{name}"


def of(epc_class: str, value: str | int | None, uom: str | None = None) -> Quantity:
    return Quantity(epc_class, None if value is None else Decimal(value), uom)


class GrowingLineage:
    """The lineage over an index to which facts are added as they are captured."""

    def __init__(self) -> None:
        self.facts = MemoryFacts()
        self.asked = 0

    def contents(
        self, container: str, at: int | None = None, *, deep: bool = False
    ) -> tuple[Containment, ...]:
        self.asked += 1
        return Lineage(self.facts).contents(container, at, deep=deep)


class World:
    """Facts as they were captured; every method returns the fact it added."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []

    def event(self, kind: str, at: float, *named: str | Quantity, **fields: Any) -> Fact:
        event_id = fields.pop("event_id", None)
        fields.setdefault("epcs", tuple(one for one in named if isinstance(one, str)))
        fields.setdefault("quantities", tuple(one for one in named if isinstance(one, Quantity)))
        party = fields.pop("party", SUPPLIER)
        content_hash = hashlib.sha256(repr((kind, at, sorted(fields.items()))).encode()).hexdigest()
        fact = Fact(
            position=len(self.facts),
            event_id=event_id or f"urn:uuid:{len(self.facts):04}",
            id_given=True,
            content_hash=content_hash,
            body_digest=content_hash.encode(),
            party=party,
            record_time=len(self.facts),
            event_time=int(at * SECOND),
            type=kind,
            **fields,
        )
        self.facts.append(fact)
        return fact

    def make(
        self, at: float, site: str, *named: str | Quantity, of_lot: str | None = None, **more: Any
    ) -> Fact:
        lots = tuple((uri, of_lot) for uri in named if isinstance(uri, str)) if of_lot else ()
        return self.event("ObjectEvent", at, *named, action="ADD", biz_location=site, lots=lots, **more)

    def see(
        self, at: float, step: str | None, site: str | None, *named: str | Quantity, **fields: Any
    ) -> Fact:
        where = (
            "read_point"
            if step in ("shipping", "departing", "consigning", "void_shipping")
            else "biz_location"
        )
        fields.setdefault(where, site)
        return self.event("ObjectEvent", at, *named, action="OBSERVE", biz_step=step, **fields)

    def ship(self, at: float, site: str, *named: str | Quantity, **fields: Any) -> Fact:
        return self.see(at, "shipping", site, *named, **fields)

    def receive(self, at: float, site: str, *named: str | Quantity, **fields: Any) -> Fact:
        return self.see(at, "receiving", site, *named, **fields)

    def end(self, at: float, step: str | None, site: str, *named: str | Quantity, **fields: Any) -> Fact:
        return self.event(
            "ObjectEvent", at, *named, action="DELETE", biz_step=step, biz_location=site, **fields
        )

    def pack(self, at: float, parent: str, *named: str | Quantity, **fields: Any) -> Fact:
        fields.setdefault("biz_step", "packing")
        return self.event("AggregationEvent", at, *named, action="ADD", parent=parent, **fields)

    def unpack(self, at: float, parent: str, *named: str | Quantity, **fields: Any) -> Fact:
        fields.setdefault("biz_step", "unpacking")
        return self.event("AggregationEvent", at, *named, action="DELETE", parent=parent, **fields)

    def transform(
        self,
        at: float,
        site: str,
        inputs: Sequence[str | Quantity],
        outputs: Sequence[str | Quantity],
        **more: Any,
    ) -> Fact:
        return self.event(
            "TransformationEvent",
            at,
            biz_location=site,
            inputs=tuple(one for one in inputs if isinstance(one, str)),
            input_quantities=tuple(one for one in inputs if isinstance(one, Quantity)),
            outputs=tuple(one for one in outputs if isinstance(one, str)),
            output_quantities=tuple(one for one in outputs if isinstance(one, Quantity)),
            **more,
        )

    def declare(self, original: Fact, *, party: str | None = None) -> Fact:
        """An error declaration: every field of the original repeated, with an errorDeclaration block."""
        digest = f"declared {len(self.facts)}".encode()
        return self.add(
            replace(
                original,
                party=party or original.party,
                body_digest=digest,
                declaration=Declaration(digest, 0, "did_not_occur"),
            )
        )

    def add(self, fact: Fact) -> Fact:
        fact = replace(fact, position=len(self.facts), record_time=len(self.facts))
        self.facts.append(fact)
        return fact

    @property
    def stock(self) -> Stock:
        """The stock after everything was captured at once."""
        return projected(self.facts).stock


def projected(
    facts: Sequence[Fact], *, chunk: int | None = None, path: Path | str = ":memory:"
) -> StockProjection:
    """A projection that has applied these facts in this order of capture, so many at a time."""
    lineage = GrowingLineage()
    projection = StockProjection(path, lineage)
    follow(projection, lineage, facts, chunk=chunk)
    return projection


def follow(
    projection: StockProjection, lineage: GrowingLineage, facts: Sequence[Fact], *, chunk: int | None = None
) -> None:
    captured = recaptured(facts)
    chunk = chunk or max(1, len(captured))
    for first in range(0, len(captured), chunk):
        some = captured[first : first + chunk]
        for fact in some:
            lineage.facts.add(fact)
        projection.apply(first, [IndexedEvent(fact) for fact in some], b"root of %d" % (first + len(some)))


def recaptured(facts: Sequence[Fact]) -> list[Fact]:
    """The same facts as captured in this order."""
    return [replace(fact, position=n, record_time=10**15 + n) for n, fact in enumerate(facts)]


def standing(stock: Stock) -> dict[tuple[str, str], Decimal]:
    """(site, status) -> quantity, over all lots."""
    found: dict[tuple[str, str], Decimal] = {}
    for level in stock.levels():
        key = (level.site, level.status)
        found[key] = found.get(key, Decimal(0)) + level.quantity
    return found


def accounts(stock: Stock) -> dict[str, Decimal]:
    """Account -> quantity over all sites and lots."""
    found: dict[str, Decimal] = {}
    for balance in stock.balances():
        name = str(balance.account)
        found[name] = found.get(name, Decimal(0)) + balance.quantity
    return {name: quantity for name, quantity in found.items() if quantity}


def sums(stock: Stock) -> dict[tuple[str, str | None, str | None], Decimal]:
    """(class, lot, unit) -> sum over all accounts."""
    found: dict[tuple[str, str | None, str | None], Decimal] = {}
    balance: Balance
    for balance in stock.balances():
        key = (balance.gtin, balance.lot, balance.uom)
        found[key] = found.get(key, Decimal(0)) + balance.quantity
    return found
