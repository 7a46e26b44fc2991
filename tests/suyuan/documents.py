"""Small EPCIS documents for the tests of the wiring room."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
GTIN = "https://id.gs1.org/01/09521001000116"
LOT = f"{GTIN}/10/L1"
ITEM = f"{GTIN}/21/1"
CASE = "https://id.gs1.org/00/195210010000010006"
LINE = "https://id.gs1.org/414/9521001000024"
TILL = "https://id.gs1.org/414/9521003000015"
BEGIN = datetime(2026, 5, 1, 8, tzinfo=UTC)


def at(hours: float) -> str:
    """An instant so many hours after the beginning."""
    return (BEGIN + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def event(hours: float = 0, *epcs: str, **fields: Any) -> dict[str, Any]:
    """An ObjectEvent OBSERVE; `fields` replace or add, None takes away."""
    made: dict[str, Any] = {
        "type": "ObjectEvent",
        "eventTime": at(hours),
        "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE",
        "bizStep": "storing",
        "epcList": list(epcs) or [ITEM],
        "readPoint": {"id": LINE},
        "bizLocation": {"id": LINE},
    }
    made.update(fields)
    return {name: value for name, value in made.items() if value is not None}


def commissioned(hours: float = 0, *epcs: str, lot: str | None = "L1", **fields: Any) -> dict[str, Any]:
    """The making of items, of a lot."""
    stated = {"action": "ADD", "bizStep": "commissioning", "disposition": "active", **fields}
    ilmd = {**stated.pop("ilmd", {})}
    if lot is not None:
        ilmd["cbvmda:lotNumber"] = lot
    return event(hours, *epcs, **stated, **({"ilmd": ilmd} if ilmd else {}))


def sold(hours: float = 48, *epcs: str, **fields: Any) -> dict[str, Any]:
    """The till."""
    stated = {"action": "DELETE", "bizStep": "retail_selling", "disposition": "retail_sold", **fields}
    return event(hours, *epcs, **stated)


def of_lot(hours: float, lot: str = LOT, **fields: Any) -> dict[str, Any]:
    """Something said of a lot."""
    return event(hours, epcList=None, quantityList=[{"epcClass": lot}], **fields)


def packed(hours: float, parent: str, *children: str, **fields: Any) -> dict[str, Any]:
    """Children put into a parent."""
    stated = {"type": "AggregationEvent", "action": "ADD", "bizStep": "packing", **fields}
    return event(hours, epcList=None, parentID=parent, childEPCs=list(children), **stated)


def declared_wrong(original: dict[str, Any]) -> dict[str, Any]:
    """The error declaration of an event that had an eventID."""
    declaration = {"declarationTime": at(900), "reason": "incorrect_data"}
    return {**original, "errorDeclaration": declaration}


def master_data(**elements: dict[str, Any]) -> dict[str, Any]:
    """The header of a document that tells of products (`gtin_…`) and places; keys are shown for reading only."""
    vocabularies = [
        {
            "type": f"urn:epcglobal:epcis:vtype:{kind}",
            "vocabularyElementList": [
                {
                    "id": element["id"],
                    "attributes": [
                        {"id": name if ":" in name else f"cbvmda:{name}", "attribute": value}
                        for name, value in element.items()
                        if name != "id"
                    ],
                }
                for element in elements.values()
                if ("/414/" in element["id"]) == (kind == "BusinessLocation")
            ],
        }
        for kind in ("BusinessLocation", "EPCClass")
    ]
    present = [vocabulary for vocabulary in vocabularies if vocabulary["vocabularyElementList"]]
    return {"epcisHeader": {"epcisMasterData": {"vocabularyList": present}}}


def document(*events: dict[str, Any], **fields: Any) -> bytes:
    """An EPCISDocument of these events."""
    return json.dumps(
        {
            "@context": [CONTEXT, {"suyuan": "https://suyuan.example/terms/"}],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": at(0),
            **fields,
            "epcisBody": {"eventList": list(events)},
        },
        indent=1,
    ).encode()


def bare(one: dict[str, Any]) -> bytes:
    """One event by itself, as POST /epcis/events takes it."""
    return json.dumps({"@context": [CONTEXT], **one}).encode()
