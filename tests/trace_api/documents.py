"""Small EPCIS documents for the tests of this room."""

from __future__ import annotations

import json
from typing import Any

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
GTIN = "https://id.gs1.org/01/09521001000116"
CASE = "https://id.gs1.org/00/195210010000010006"
HALL = "https://id.gs1.org/414/9521001000024"


def observed(*epcs: str, **fields: Any) -> dict[str, Any]:
    """An ObjectEvent OBSERVE; `fields` replace or add, None takes away."""
    event: dict[str, Any] = {
        "type": "ObjectEvent",
        "eventTime": "2026-05-01T08:00:00.000Z",
        "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE",
        "bizStep": "storing",
        "epcList": list(epcs) or [f"{GTIN}/21/1"],
        "bizLocation": {"id": HALL},
    }
    event.update(fields)
    return {name: value for name, value in event.items() if value is not None}


def document(*events: dict[str, Any], **fields: Any) -> bytes:
    """An EPCISDocument of these events."""
    return json.dumps(
        {
            "@context": [CONTEXT],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-05-01T08:00:00Z",
            **fields,
            "epcisBody": {"eventList": list(events)},
        }
    ).encode()


def bare(event: dict[str, Any]) -> bytes:
    """One event by itself, as POST /epcis/events takes it."""
    return json.dumps({"@context": [CONTEXT], **event}).encode()
