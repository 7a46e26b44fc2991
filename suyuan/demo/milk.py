"""The infant formula chain: farms → dairy → powder lots, mixed → cans → cases → pallets → depot → shop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from foundation.epcis import iso
from labels import Serials, Style
from suyuan.demo.organisation import ZONE, Organisation, StationPlan, master_data
from suyuan.demo.world import PARTIES, PRODUCTS, SITES, sscc

__all__ = [
    "BAD_MILK",
    "DAY",
    "HOUR",
    "MILK_STATIONS",
    "Milk",
    "at_site",
    "day",
    "play_milk",
    "stamp",
    "transfer",
]

HOUR = 3_600_000_000
DAY = 24 * HOUR
CANS_A_CASE = 12
CASES_A_LOT = 4
LOTS = ("F2601", "F2602", "F2603")
BAD_MILK = PRODUCTS["milk-plateau"].lot("P-0412")

MILK_STATIONS: Mapping[str, Sequence[StationPlan]] = {
    "dairy": (
        StationPlan("canning", "canning", "commissioning", action="ADD", disposition="active"),
        StationPlan(
            "packing",
            "canning",
            "packing",
            "AggregationEvent",
            "ADD",
            disposition="in_progress",
            parent="sscc",
        ),
        StationPlan("dispatch", "dairy-dock", "shipping", disposition="in_transit"),
    ),
    "depot": (
        StationPlan("goods-in", "depot", "receiving", disposition="in_progress"),
        StationPlan("goods-out", "depot", "shipping", disposition="in_transit"),
    ),
    "shop": (
        StationPlan("back-door", "shop", "receiving", disposition="in_progress"),
        StationPlan("unpacking", "shop", "unpacking", "AggregationEvent", "DELETE", parent="sscc"),
        StationPlan("till", "shop", "retail_selling", action="DELETE", disposition="retail_sold"),
    ),
}


@dataclass(frozen=True, slots=True)
class Milk:
    """What was played, for the checks.

    Attributes:
        cans: Digital Links of the cans by formula lot number.
        pallets: SSCCs.
        in_shop: cases that went to the shop and were unpacked there.
        sold: the can that was sold.
    """

    cans: dict[str, list[str]]
    pallets: list[str]
    in_shop: list[str]
    sold: str

    @property
    def affected(self) -> set[str]:
        """The cans that bad milk may have reached, worked out from how the lots were mixed."""
        return {*self.cans["F2602"], *self.cans["F2603"]}


def stamp(when: int) -> dict[str, Any]:
    """When it happened, as EPCIS states it."""
    return {"eventTime": iso(when), "eventTimeZoneOffset": ZONE}


def day(when: int) -> str:
    """The date on the site's calendar."""
    return iso(when + 8 * HOUR)[:10]


def at_site(site: str) -> dict[str, Any]:
    """Where it happened."""
    return {"readPoint": {"id": SITES[site].uri}, "bizLocation": {"id": SITES[site].uri}}


def transfer(source: str, destination: str) -> dict[str, Any]:
    """Who hands over to whom."""
    return {
        "sourceList": [{"type": "possessing_party", "source": PARTIES[source].id}],
        "destinationList": [{"type": "possessing_party", "destination": PARTIES[destination].id}],
    }


def amount(uri: str, kilograms: float) -> dict[str, Any]:
    """So many kilograms of a lot."""
    return {"epcClass": uri, "quantity": kilograms, "uom": "KGM"}


async def play_milk(world: Mapping[str, Organisation], serials: Serials, begin: int) -> Milk:
    """Play the chain from the morning's milking to the shop's till; `begin` is µs UTC."""
    dairy, depot, shop = world["dairy"], world["depot"], world["shop"]
    for organisation in (depot, shop):
        await organisation.capture(header=master_data(organisation.key))
    await _farms(world, begin)
    powder = await _drying(dairy, begin + DAY)
    cans, cases = await _canning(dairy, serials, powder, begin + 2 * DAY)
    pallets = await _pallets(dairy, cases, begin + 3 * DAY)
    when = begin + 4 * DAY
    await dairy.read("dispatch", pallets, when, extra=transfer("dairy", "depot"))
    await dairy.sent()
    await depot.read("goods-in", pallets, when + 20 * HOUR, extra=transfer("dairy", "depot"))
    await depot.read("goods-out", pallets[:1], when + 44 * HOUR, extra=transfer("depot", "shop"))
    await depot.sent()
    when += 3 * DAY
    await shop.read("back-door", pallets[:1], when, extra=transfer("depot", "shop"))
    await shop.read("unpacking", pallets[:1], when + HOUR)
    in_shop = cases[:6]
    for case in in_shop[:2]:
        await shop.read("unpacking", [case], when + 2 * HOUR)
    sold = cans["F2601"][0]
    await shop.read("till", [sold], when + 6 * HOUR)
    await shop.sent()
    return Milk(cans, pallets, in_shop, sold)


async def _farms(world: Mapping[str, Organisation], when: int) -> None:
    """Each farm states its milking, and hands the milk to the dairy."""
    for number, (farm, product, lot, kilograms) in enumerate(
        (
            ("dawn", "milk-dawn", "D-0412", 4200.0),
            ("green", "milk-green", "G-0412", 3100.0),
            ("plateau", "milk-plateau", "P-0412", 2600.0),
        )
    ):
        milk = amount(PRODUCTS[product].lot(lot), kilograms)
        at = when + number * HOUR // 2
        await world[farm].capture(
            {"type": "ObjectEvent", "action": "ADD", "bizStep": "creating_class_instance", "disposition": "active"}
            | stamp(at) | at_site(farm) | {"quantityList": [milk]},
            {"type": "ObjectEvent", "action": "OBSERVE", "bizStep": "shipping", "disposition": "in_transit"}
            | stamp(at + HOUR) | at_site(farm) | transfer(farm, "dairy") | {"quantityList": [milk]},
            header=master_data(farm),
        )  # fmt: skip
        await world["dairy"].capture(
            {"type": "ObjectEvent", "action": "OBSERVE", "bizStep": "receiving", "disposition": "in_progress"}
            | stamp(at + 5 * HOUR) | at_site("dryer") | transfer(farm, "dairy") | {"quantityList": [milk]}
        )  # fmt: skip


async def _drying(dairy: Organisation, when: int) -> tuple[str, str]:
    """Two powder lots: one of Dawn's and Green's milk, one of Dawn's and Plateau's."""
    first, second = PRODUCTS["powder"].lot("B-101"), PRODUCTS["powder"].lot("B-102")
    dawn, green = PRODUCTS["milk-dawn"].lot("D-0412"), PRODUCTS["milk-green"].lot("G-0412")

    def dried(inputs: Sequence[dict[str, Any]], output: dict[str, Any], at: int) -> dict[str, Any]:
        return (
            {"type": "TransformationEvent", "bizStep": "commissioning", "disposition": "active"}
            | stamp(at) | at_site("dryer") | {"inputQuantityList": list(inputs), "outputQuantityList": [output]}
        )  # fmt: skip

    to_canning = {"quantityList": [amount(first, 60.0), amount(second, 60.0)]}
    await dairy.capture(
        dried([amount(dawn, 2200.0), amount(green, 3100.0)], amount(first, 640.0), when),
        dried([amount(dawn, 2000.0), amount(BAD_MILK, 2600.0)], amount(second, 555.0), when + 6 * HOUR),
        {"type": "ObjectEvent", "action": "OBSERVE", "bizStep": "shipping", "disposition": "in_transit"}
        | stamp(when + 12 * HOUR) | at_site("dryer") | to_canning,
        {"type": "ObjectEvent", "action": "OBSERVE", "bizStep": "receiving", "disposition": "in_progress"}
        | stamp(when + 13 * HOUR) | at_site("canning") | to_canning,
        header=master_data("dairy"),
    )  # fmt: skip
    return first, second


async def _canning(
    dairy: Organisation, serials: Serials, powder: tuple[str, str], when: int
) -> tuple[dict[str, list[str]], list[str]]:
    """Three formula lots; every can gets a tag and a serial, every twelve cans a case."""
    first, second = powder
    formula = PRODUCTS["formula"]
    mixes = {
        "F2601": [amount(first, 40.0)],
        "F2602": [amount(first, 20.0), amount(second, 20.0)],
        "F2603": [amount(second, 40.0)],
    }
    cans: dict[str, list[str]] = {}
    cases: list[str] = []
    for number, lot in enumerate(LOTS):
        at = when + number * 4 * HOUR
        await dairy.capture(
            {"type": "TransformationEvent", "bizStep": "commissioning", "disposition": "active"}
            | stamp(at) | at_site("canning")
            # How many cans it becomes is told by the cans themselves, each commissioned as one of this lot.
            | {"inputQuantityList": mixes[lot], "outputQuantityList": [{"epcClass": formula.lot(lot)}]}
        )  # fmt: skip
        ilmd = {
            "cbvmda:lotNumber": lot,
            "cbvmda:productionDate": day(at),
            "cbvmda:itemExpirationDate": day(at + 730 * DAY),
        }
        block = iter(serials.reserve(formula.gtin, CANS_A_CASE * CASES_A_LOT, Style.NUMERIC))
        for case_number in range(CASES_A_LOT):
            filled = [formula.item(int(next(block))) for _ in range(CANS_A_CASE)]
            at += HOUR // 4
            await dairy.read("canning", filled, at, ilmd=ilmd)
            case = sscc("9521001", 1000 + number * 100 + case_number)
            await dairy.read("packing", [*filled, case], at + HOUR // 12)
            cans.setdefault(lot, []).extend(filled)
            cases.append(case)
    return cans, cases


async def _pallets(dairy: Organisation, cases: Sequence[str], when: int) -> list[str]:
    """Two pallets of six cases: F2601 with half of F2602, and the other half with F2603."""
    pallets = [sscc("9521001", 2001, extension=3), sscc("9521001", 2002, extension=3)]
    for number, pallet in enumerate(pallets):
        stacked = list(cases[number * 6 :][:6])
        await dairy.capture(
            {
                "type": "AggregationEvent", "action": "ADD", "bizStep": "packing", "disposition": "in_progress",
                "parentID": pallet, "childEPCs": stacked,
            }
            | stamp(when + number * HOUR) | at_site("dairy-dock")
        )  # fmt: skip
    return pallets
