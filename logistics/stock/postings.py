"""What one event does to stock: by type and action first, then by bizStep. Pure.

| event | posting |
|---|---|
| ObjectEvent ADD | supply -> site |
| TransformationEvent | outputs: supply -> site; inputs: site -> consumed |
| ObjectEvent DELETE, dispensing or retail_selling | -> consumed; partially_dispensed: the remainder stays |
| ObjectEvent DELETE, destroying or sampling | -> destroyed |
| any other ObjectEvent DELETE | -> decommissioned (the identifier is gone) |
| shipping, departing, consigning | -> transit; void_shipping takes it back |
| receiving, arriving | present account -> site; a repeat changes nothing |
| returning, or receiving and accepting as returned | consumed -> site |
| accepting, storing, stocking, picking, staging_outbound | stands at bizLocation |
| retail_selling, dispensing observed as retail_sold, dispensed | -> consumed |
| everything else (packing, loading, cycle_counting, sensor_reporting, ...) | status only |

Steps count in ObjectEvents, TransactionEvents and AggregationEvents that OBSERVE or ADD; an AssociationEvent
concerns sensors and assets, never stock. Any event may change the status of what it names.

A site is a location without its GLN extension: shelves and doors (254) are inside their site.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from logistics.stock.condition import Change
from trace_api.lineage import Fact, Quantity
from trace_api.lineage.levels import site as site_of
from trace_api.lineage.order import Phase, phase_of

__all__ = ["UNKNOWN_SITE", "Movement", "Verb", "movements"]

UNKNOWN_SITE: Final = ""
"""The site of an event that names no place."""


class Verb(StrEnum):
    """What happens to goods in one movement."""

    CREATE = "create"
    DEPART = "depart"
    UNDEPART = "undepart"
    ARRIVE = "arrive"
    RETURN = "return"
    STAND = "stand"
    CONSUME = "consume"
    USE = "use"
    """Consumed as an input, perhaps in part: using it again is no contradiction (lineage rule 19)."""
    DESTROY = "destroy"
    DECOMMISSION = "decommission"
    NOTE = "note"
    """Moves nothing; may change the status."""


@dataclass(frozen=True, slots=True)
class Movement:
    """What happened to some things at one event.

    Attributes:
        verb: what happened.
        step: bizStep, "" where there is none: shipping and departing are two reports of one departure.
        origin: site that amounts leave, where the event tells.
        site: site where things are afterwards.
        phase: place within the instant (lineage rule 1).
        change: of the status.
        inherited: whether it also happens to what the things hold, through any depth.
        things: instances it names: items and carriers.
        amounts: classes and lots with their amounts.
    """

    verb: Verb
    step: str
    origin: str
    site: str
    phase: int
    change: Change
    inherited: bool
    things: tuple[str, ...]
    amounts: tuple[Quantity, ...]


STEPS: Final = {
    "shipping": Verb.DEPART,
    "departing": Verb.DEPART,
    "consigning": Verb.DEPART,
    "void_shipping": Verb.UNDEPART,
    "receiving": Verb.ARRIVE,
    "arriving": Verb.ARRIVE,
    "returning": Verb.RETURN,
    "accepting": Verb.STAND,
    "storing": Verb.STAND,
    "stocking": Verb.STAND,
    "picking": Verb.STAND,
    "staging_outbound": Verb.STAND,
}
# "returning" is no word of the CBV 2.0 list, so it comes as its sender spelled it.
OLD_SPELLINGS: Final = {
    "urn:epcglobal:cbv:bizstep:returning": "returning",
    "https://ref.gs1.org/cbv/BizStep-returning": "returning",
}
SALES: Final = ("dispensing", "retail_selling")
DESTRUCTIONS: Final = ("destroying", "sampling")
STEP_TYPES: Final = ("ObjectEvent", "TransactionEvent", "AggregationEvent")


def movements(fact: Fact) -> tuple[Movement, ...]:
    """What an event does to stock.

    Args:
        fact: a captured event; whether it counts (lineage rule 8) is not judged here.

    Returns:
        Up to three movements of a transformation (made, reworked, used), at most one of any other event.
    """
    if fact.type == "TransformationEvent":
        return _transformation(fact)
    if fact.type == "AggregationEvent":
        return _aggregation(fact)
    if fact.type not in STEP_TYPES:
        return ()
    verb = _verb(fact)
    # Commissioning a carrier or ending its identifier says nothing of what it holds.
    inherited = verb not in (Verb.CREATE, Verb.DECOMMISSION)
    return (_movement(fact, verb, fact.epcs, fact.quantities, phase_of(fact), inherited=inherited),)


def _verb(fact: Fact) -> Verb:
    step = _step(fact)
    if fact.type == "ObjectEvent":
        if fact.action == "ADD":
            return Verb.CREATE
        if fact.action == "DELETE":
            return _ending(fact, step)
        if step in SALES and fact.disposition in ("dispensed", "retail_sold"):
            return Verb.CONSUME
    return _moving(fact, step)


def _ending(fact: Fact, step: str) -> Verb:
    if step in SALES:
        return Verb.NOTE if fact.disposition == "partially_dispensed" else Verb.CONSUME
    return Verb.DESTROY if step in DESTRUCTIONS else Verb.DECOMMISSION


def _moving(fact: Fact, step: str) -> Verb:
    verb = STEPS.get(step, Verb.NOTE)
    if fact.disposition == "returned" and (verb is Verb.ARRIVE or step == "accepting"):
        return Verb.RETURN
    if verb is Verb.STAND and fact.biz_location is None:
        return Verb.NOTE  # only a bizLocation says where it stands afterwards
    return verb


def _step(fact: Fact) -> str:
    step = fact.biz_step or ""
    return OLD_SPELLINGS.get(step, step)


def _transformation(fact: Fact) -> tuple[Movement, ...]:
    # What goes in and comes out under one identifier was worked on: it stays in stock.
    reworked = set(fact.inputs) & set(fact.outputs)
    made = tuple(uri for uri in fact.outputs if uri not in reworked)
    used = tuple(uri for uri in fact.inputs if uri not in reworked)
    found: list[Movement] = []
    phase = phase_of(fact, is_output=True)
    if made or fact.output_quantities:
        found.append(_movement(fact, Verb.CREATE, made, fact.output_quantities, phase, inherited=False))
    if reworked:
        kept = tuple(uri for uri in fact.outputs if uri in reworked)
        found.append(_movement(fact, Verb.STAND, kept, (), phase, inherited=False))
    if used or fact.input_quantities:
        found.append(
            Movement(
                Verb.USE,
                _step(fact),
                _departure_site(fact),
                _arrival_site(fact),
                int(Phase.INPUT),
                Change(),  # a transformation's disposition is its outputs' (lineage rule 16)
                True,
                used,
                fact.input_quantities,
            )
        )
    return tuple(found)


def _aggregation(fact: Fact) -> tuple[Movement, ...]:
    """A movement reported while packing or while looking at a packed carrier.

    The amounts inside the carrier are known from what it holds; listing them again would count them twice.
    """
    verb = _moving(fact, _step(fact))
    if verb is Verb.NOTE and not _change(fact):
        return ()
    listed = bool(fact.epcs or fact.quantities)
    things, amounts = fact.epcs, fact.quantities
    if fact.parent is not None and not (fact.action == "DELETE" and listed):
        things, amounts = (fact.parent, *fact.epcs), ()
    return (_movement(fact, verb, things, amounts, phase_of(fact), inherited=True),)


def _movement(
    fact: Fact,
    verb: Verb,
    things: Sequence[str],
    amounts: Sequence[Quantity],
    phase: int,
    *,
    inherited: bool,
) -> Movement:
    change = _change(fact)
    return Movement(
        verb,
        _step(fact),
        _departure_site(fact),
        _arrival_site(fact),
        int(phase),
        change,
        inherited and (verb is not Verb.NOTE or bool(change)),
        tuple(dict.fromkeys(things)),
        tuple(amounts),
    )


def _change(fact: Fact) -> Change:
    return Change.of(fact.disposition, fact.persistent_set, fact.persistent_unset)


def _departure_site(fact: Fact) -> str:
    return _first_site(_locations(fact.sources), fact.read_point, fact.biz_location)


def _arrival_site(fact: Fact) -> str:
    return _first_site((), fact.biz_location, fact.read_point, *_locations(fact.destinations))


def _locations(transfers: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """The places among sources or destinations; parties are no places (contract 1)."""
    return tuple(place for kind, place in transfers if kind == "location")


def _first_site(first: Sequence[str], *places: str | None) -> str:
    for place in (*first, *places):
        if place is not None:
            return site_of(place)
    return UNKNOWN_SITE
