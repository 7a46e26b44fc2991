"""The vaccine chain: plant → cold-chain depot → hospital pharmacy → ward."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from foundation.epcis import iso
from labels import Serials, Style
from suyuan.demo.milk import DAY, HOUR, at_site, day, stamp, transfer
from suyuan.demo.organisation import Organisation, StationPlan, master_data
from suyuan.demo.world import PRODUCTS, sscc

__all__ = ["VACCINE_STATIONS", "Vaccine", "play_vaccine"]

LOT = "V26-07"
CARTONS = 3
VIALS_A_CARTON = 10

VACCINE_STATIONS: Mapping[str, Sequence[StationPlan]] = {
    "plant": (
        StationPlan("filling", "plant", "commissioning", action="ADD", disposition="active"),
        StationPlan(
            "packing", "plant", "packing", "AggregationEvent", "ADD", disposition="in_progress", parent="sscc"
        ),
        StationPlan("dispatch", "plant-dock", "shipping", disposition="in_transit"),
    ),
    "coldchain": (
        StationPlan("goods-in", "cold-depot", "receiving", disposition="in_progress"),
        StationPlan("goods-out", "cold-depot", "shipping", disposition="in_transit"),
    ),
    "hospital": (
        StationPlan("goods-in", "pharmacy", "receiving", disposition="in_progress"),
        StationPlan("unpacking", "pharmacy", "unpacking", "AggregationEvent", "DELETE", parent="sscc"),
        StationPlan("ward-cupboard", "ward", "storing", disposition="sellable_not_accessible"),
        StationPlan("bedside", "ward", "dispensing", action="DELETE", disposition="dispensed"),
    ),
}


@dataclass(frozen=True, slots=True)
class Vaccine:
    """What was played, for the checks."""

    vials: list[str]
    on_ward: list[str]
    dispensed: str


async def play_vaccine(world: Mapping[str, Organisation], serials: Serials, begin: int) -> Vaccine:
    """Play the chain from the filling line to the bedside; `begin` is µs UTC."""
    plant, cold, hospital = world["plant"], world["coldchain"], world["hospital"]
    product = PRODUCTS["vaccine"]
    for organisation in (plant, cold, hospital):
        await organisation.capture(header=master_data(organisation.key))
    ilmd = {
        "cbvmda:lotNumber": LOT,
        "cbvmda:productionDate": day(begin),
        "cbvmda:itemExpirationDate": day(begin + 365 * DAY),
    }
    block = iter(serials.reserve(product.gtin, CARTONS * VIALS_A_CARTON, Style.NUMERIC))
    vials = [product.item(int(next(block))) for _ in range(CARTONS * VIALS_A_CARTON)]
    cartons = [sscc("9521004", 501 + number) for number in range(CARTONS)]
    for number, carton in enumerate(cartons):
        inside = vials[number * VIALS_A_CARTON :][:VIALS_A_CARTON]
        when = begin + number * HOUR
        await plant.read("filling", inside, when, ilmd=ilmd)
        await plant.read("packing", [*inside, carton], when + HOUR // 4)
    when = begin + DAY
    await plant.read("dispatch", cartons, when, extra=transfer("plant", "coldchain"))
    await plant.sent()
    await cold.read("goods-in", cartons, when + 5 * HOUR, extra=transfer("plant", "coldchain"))
    await cold.capture(_temperature(cartons, when + 5 * HOUR, when + 29 * HOUR))
    await cold.read("goods-out", cartons[:2], when + 30 * HOUR, extra=transfer("coldchain", "hospital"))
    await cold.sent()
    when = begin + 3 * DAY
    await hospital.read("goods-in", cartons[:2], when, extra=transfer("coldchain", "hospital"))
    await hospital.read("unpacking", cartons[:1], when + HOUR)
    on_ward = vials[:4]
    await hospital.read("ward-cupboard", on_ward, when + 4 * HOUR)
    await hospital.read("bedside", on_ward[:1], when + 26 * HOUR)
    await hospital.sent()
    return Vaccine(vials, on_ward, on_ward[0])


def _temperature(cartons: Sequence[str], start: int, end: int) -> dict[str, object]:
    """A day in the cold store: minimum, mean and maximum as the logger reports them."""
    report = {"type": "Temperature", "uom": "CEL", "minValue": 3.1, "meanValue": 4.6, "maxValue": 6.4}
    metadata = {
        "startTime": iso(start),
        "endTime": iso(end),
        "deviceID": "https://id.gs1.org/8004/9521005LOGGER17",
    }
    return (
        {"type": "ObjectEvent", "action": "OBSERVE", "bizStep": "sensor_reporting", "epcList": list(cartons)}
        | stamp(end)
        | at_site("cold-depot")
        | {"sensorElementList": [{"sensorMetadata": metadata, "sensorReport": [report]}]}
    )
