"""A food chain to measure with: the same events for the same size and seed, in the order in which they arrive.

farms → plant (lots blended, a few ingredients shared by many lots) → items commissioned 240 at a time, 1 % of
them rejected → 60 to a case, 30 cases to a pallet → national and regional depot → cases moved to reusable roll
cages, 12 to a cage → stores → sales of items drawn at random. One event in twenty arrives up to 20 days late.

A million items are about 57,000 events and 3.8 million mentions of an object, some 65 to an event; an item was
in three containers and has fourteen events of custody.

>>> world = make_world(600)
>>> len(world.events) == len(make_world(600).events), world.items[0]
(True, 'https://id.gs1.org/01/09521001000116/21/1')
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

from foundation.epcis import iso
from foundation.gs1 import canonical

__all__ = ["PARTY", "World", "documents", "drawing", "make_world", "named"]

PARTY = "https://id.gs1.org/417/9521001000000"
"""Who captures every event."""

BATCH_ITEMS, CASE_ITEMS, PALLET_CASES, CAGE_CASES = 240, 60, 30, 12
LOT_ITEMS = 48 * BATCH_ITEMS
SHARED_INGREDIENTS, SHARED_FOR_LOTS, FARM_LOTS_A_BLEND = 5, 10, 4
REGIONS, STORES_A_REGION = 4, 10
REJECTED, SOLD, SALE_ITEMS, LATE = 0.01, 0.72, 100, 0.05

SECOND = 1_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND
BEGIN = 1_767_225_600 * SECOND  # 2026-01-01

ITEM = "urn:epc:id:sgtin:9521001.000011.{}"
SSCC = "urn:epc:id:sscc:9521001.{:010d}"
CAGE = "urn:epc:id:grai:9521001.00012.{}"
LOT = "urn:epc:class:lgtin:9521001.0{:05d}.{}"
PLACE = "urn:epc:id:sgln:9521001.{:05d}.0"

PRODUCT, BLEND, FARM, INGREDIENT = 11, 21, 31, 41
PLANT, NATIONAL, REGIONAL, STORE, FIELD = 100, 200, 300, 400, 900


@dataclass(frozen=True, slots=True)
class World:
    """What happened, and what one can ask about it.

    Attributes:
        events: bare EPCIS events in JSON, in the order in which they arrive.
        items: canonical URIs of items that reached a store.
        farm_lots: canonical URIs of lots at the beginning, of which products were made.
    """

    events: Sequence[bytes]
    items: Sequence[str]
    farm_lots: Sequence[str]


def make_world(items: int, seed: int = 1) -> World:
    """Play the chain until `items` items were commissioned.

    Args:
        items: at least 1.
        seed: other seeds give other sales, rejects and delays.
    """
    chain = _Chain(drawing(seed))
    for first in range(0, items, BATCH_ITEMS):
        chain.commission(first, min(first + BATCH_ITEMS, items))
    chain.finish()
    chain.arrived.sort(key=lambda pair: pair[0])
    return World(
        [event for _, event in chain.arrived],
        [canonical(item) for item in chain.delivered],
        [canonical(lot) for lot in chain.farm_lots],
    )


def drawing(seed: int = 1) -> random.Random:
    """Draws the same in every run."""
    return random.Random(seed)  # noqa: S311 - nothing is kept secret by it


def documents(events: Sequence[bytes], size: int) -> list[bytes]:
    """EPCIS documents of `size` events each (the last may have fewer)."""
    head = (
        b'{"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],'
        b'"type":"EPCISDocument","schemaVersion":"2.0","creationDate":"2026-01-01T00:00:00Z",'
        b'"epcisBody":{"eventList":['
    )
    return [head + b",".join(events[start : start + size]) + b"]}}" for start in range(0, len(events), size)]


@dataclass
class _Chain:
    """Everything that is under way; each step takes what is full and passes it on."""

    chance: random.Random
    arrived: list[tuple[int, bytes]] = field(default_factory=list)
    delivered: list[str] = field(default_factory=list)
    farm_lots: list[str] = field(default_factory=list)
    loose: list[str] = field(default_factory=list)
    cases: dict[str, list[str]] = field(default_factory=dict)
    at_plant: list[str] = field(default_factory=list)
    at_depot: list[list[str]] = field(default_factory=lambda: [[] for _ in range(REGIONS)])
    shelves: dict[int, list[str]] = field(default_factory=dict)
    free_cages: deque[tuple[int, str]] = field(default_factory=deque)
    numbers: dict[str, int] = field(default_factory=dict)
    now: int = BEGIN + 30 * DAY

    # -- making ---------------------------------------------------------------------------------------

    def commission(self, first: int, stop: int) -> None:
        """One batch of items: commissioned under its lot, a few rejected, the others packed."""
        lot_number, self.now = first // LOT_ITEMS, self.now + 10 * MINUTE
        lot = LOT.format(PRODUCT, lot_number)
        if first % LOT_ITEMS == 0:
            self._make_lot(lot_number, lot)
        items = [ITEM.format(number) for number in range(first + 1, stop + 1)]
        self._tell(
            self.now, "ObjectEvent", "ADD", "commissioning", "active", PLANT,
            epcList=items, ilmd={"cbvmda:lotNumber": str(lot_number)},
        )  # fmt: skip
        rejected = {item for item in items if self.chance.random() < REJECTED}
        if rejected:
            listed = [item for item in items if item in rejected]
            self._tell(self.now + MINUTE, "ObjectEvent", "DELETE", "decommissioning", "inactive", PLANT,
                       epcList=listed)  # fmt: skip
        self.loose += [item for item in items if item not in rejected]
        self._pack(CASE_ITEMS)

    def _make_lot(self, number: int, lot: str) -> None:
        """The product lot from two blends and the shared ingredients; each blend is in two product lots."""
        for blend in {number, number + 1} if number == 0 else {number + 1}:
            self._make_blend(blend)
        generation, fresh = divmod(number, SHARED_FOR_LOTS)
        ingredients = [LOT.format(INGREDIENT + each, generation) for each in range(SHARED_INGREDIENTS)]
        if fresh == 0:
            for each in ingredients:
                self._supply(each, FIELD + 50, self.now - 20 * DAY)
        inputs = [LOT.format(BLEND, number), LOT.format(BLEND, number + 1), *ingredients]
        self._transform(self.now - HOUR, inputs, lot)

    def _make_blend(self, number: int) -> None:
        """A blend of four farm lots, the last of which is also in the next blend."""
        step = FARM_LOTS_A_BLEND - 1
        lots = [LOT.format(FARM, each) for each in range(number * step, number * step + FARM_LOTS_A_BLEND)]
        for place, lot in enumerate(lots):
            if lot not in self.farm_lots:
                self._supply(lot, FIELD + place, self.now - 10 * DAY)
                self.farm_lots.append(lot)
        blend = LOT.format(BLEND, number)
        self._transform(self.now - 2 * DAY, lots, blend)
        self._lot_event(self.now - DAY, blend, "inspecting", PLANT)

    def _supply(self, lot: str, origin: int, when: int) -> None:
        self._tell(when, "ObjectEvent", "ADD", "commissioning", "active", origin, quantityList=[_some(lot)])
        for hours, step, place in (
            (4, "shipping", origin), (20, "receiving", PLANT), (22, "inspecting", PLANT), (23, "storing", PLANT),
        ):  # fmt: skip
            self._lot_event(when + hours * HOUR, lot, step, place)

    def _lot_event(self, when: int, lot: str, step: str, place: int) -> None:
        moving = "in_transit" if step == "shipping" else "in_progress"
        self._tell(when, "ObjectEvent", "OBSERVE", step, moving, place, quantityList=[_some(lot)])

    def _transform(self, when: int, inputs: Sequence[str], output: str) -> None:
        self._tell(
            when, "TransformationEvent", None, "creating_class_instance", "active", PLANT,
            inputQuantityList=[_some(lot) for lot in inputs], outputQuantityList=[_some(output)],
        )  # fmt: skip

    # -- packing and moving ---------------------------------------------------------------------------

    def _pack(self, least: int) -> None:
        while self.loose and len(self.loose) >= least:
            items, self.loose = self.loose[:CASE_ITEMS], self.loose[CASE_ITEMS:]
            case = SSCC.format(self._next("sscc"))
            self._contain(self.now + 5 * MINUTE, "ADD", "packing", PLANT, case, items)
            self.cases[case] = items
            self.at_plant.append(case)
            if len(self.at_plant) == PALLET_CASES:
                self._pallet()

    def _pallet(self) -> None:
        """A pallet of what stands at the plant, by the national depot to a region, and apart there."""
        cases, self.at_plant = self.at_plant, []
        pallet, region = SSCC.format(self._next("sscc")), self._next("pallet") % REGIONS
        depot, when = REGIONAL + region, self.now + HOUR
        self._contain(when, "ADD", "packing", PLANT, pallet, cases)
        self._move(when + HOUR, PLANT, NATIONAL, pallet)
        self._move(when + 2 * DAY, NATIONAL, depot, pallet)
        self._contain(when + 4 * DAY, "DELETE", "unpacking", depot, pallet, cases)
        waiting = self.at_depot[region]
        waiting += cases
        while len(waiting) >= CAGE_CASES:
            self._cage(region, [waiting.pop(0) for _ in range(CAGE_CASES)], when + 5 * DAY)

    def _cage(self, region: int, cases: list[str], when: int) -> None:
        """Cases on a roll cage to a store, where they are opened and a part of the shelf is sold."""
        store = STORE + region * STORES_A_REGION + self.chance.randrange(STORES_A_REGION)
        if self.free_cages and self.free_cages[0][0] < when:
            _, cage = self.free_cages.popleft()
        else:
            cage = CAGE.format(self._next("cage"))
        self._contain(when, "ADD", "loading", REGIONAL + region, cage, cases)
        self._move(when + HOUR, REGIONAL + region, store, cage)
        self._contain(when + DAY, "DELETE", "unloading", store, cage, cases)
        self.free_cages.append((when + 2 * DAY, cage))
        shelf = self.shelves.setdefault(store, [])
        arrived = 0
        for case in cases:
            items = self.cases.pop(case)
            self._contain(when + DAY + HOUR, "DELETE", "unpacking", store, case, items)
            shelf += items
            self.delivered += items
            arrived += len(items)
        self._sell(store, shelf, round(arrived * SOLD), when + 2 * DAY)

    def _sell(self, store: int, shelf: list[str], wanted: int, when: int) -> None:
        self.chance.shuffle(shelf)
        for first in range(0, wanted, SALE_ITEMS):
            sold = [shelf.pop() for _ in range(min(SALE_ITEMS, wanted - first))]
            moment = when + self.chance.randrange(20 * DAY)
            self._tell(moment, "ObjectEvent", "OBSERVE", "retail_selling", "retail_sold", store, epcList=sold)

    def finish(self) -> None:
        """Send on what is left in part-filled cases, pallets and cages."""
        self._pack(1)
        if self.at_plant:
            self._pallet()
        for region, waiting in enumerate(self.at_depot):
            if waiting:
                self._cage(region, waiting, self.now + 6 * DAY)
        self.at_depot = [[] for _ in range(REGIONS)]

    # -- telling --------------------------------------------------------------------------------------

    def _contain(
        self, when: int, action: str, step: str, place: int, parent: str, children: list[str]
    ) -> None:
        self._tell(when, "AggregationEvent", action, step, "in_progress", place,
                   parentID=parent, childEPCs=children)  # fmt: skip

    def _move(self, when: int, origin: int, target: int, unit: str) -> None:
        order = {"type": "desadv", "bizTransaction": f"urn:example:desadv:{self._next('desadv')}"}
        for moment, step, disposition, place in (
            (when, "shipping", "in_transit", origin),
            (when + 20 * HOUR, "receiving", "in_progress", target),
        ):
            self._tell(moment, "ObjectEvent", "OBSERVE", step, disposition, place,
                       epcList=[unit], bizTransactionList=[order])  # fmt: skip

    def _tell(
        self, when: int, kind: str, action: str | None, step: str, disposition: str, place: int, **more: Any
    ) -> None:
        event = {
            "type": kind,
            "eventID": f"urn:uuid:{UUID(int=self.chance.getrandbits(128), version=4)}",
            "eventTime": iso(when),
            "eventTimeZoneOffset": "+08:00",
            "bizStep": step,
            "disposition": disposition,
            "readPoint": {"id": PLACE.format(place)},
            "bizLocation": {"id": PLACE.format(place)},
            **({} if action is None else {"action": action}),
            **more,
        }
        late = self.chance.random() < LATE
        arrival = when + self.chance.randrange(20 * DAY if late else MINUTE)
        self.arrived.append((arrival, orjson.dumps(event)))

    def _next(self, what: str) -> int:
        self.numbers[what] = self.numbers.get(what, 0) + 1
        return self.numbers[what]


def _some(lot: str) -> dict[str, Any]:
    return {"epcClass": lot, "quantity": 1000, "uom": "KGM"}


def named(event: bytes | dict[str, Any]) -> list[str]:
    """The objects that an event of the workload names, each as often as it is named."""
    stated: dict[str, Any] = orjson.loads(event) if isinstance(event, bytes) else event
    found: list[str] = [stated["parentID"]] if "parentID" in stated else []
    for listed in ("epcList", "childEPCs"):
        found += stated.get(listed, ())
    for listed in ("quantityList", "inputQuantityList", "outputQuantityList"):
        found += [element["epcClass"] for element in stated.get(listed, ())]
    return found
