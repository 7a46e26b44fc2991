"""Small documents for tests that are about one thing in them."""

from __future__ import annotations

from typing import Any

import orjson

from foundation.epcis import CapturedEvent, Event, Issue, read_json

CONTEXT = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"example": "https://ns.example.com/epcis/"},
]
OBJECT: dict[str, Any] = {
    "type": "ObjectEvent",
    "eventTime": "2024-05-01T10:00:00.000+02:00",
    "eventTimeZoneOffset": "+02:00",
    "action": "OBSERVE",
    "bizStep": "shipping",
    "epcList": ["urn:epc:id:sgtin:4012345.011111.9876"],
}
AGGREGATION: dict[str, Any] = {
    "type": "AggregationEvent",
    "eventTime": "2024-05-01T10:00:00.000+02:00",
    "eventTimeZoneOffset": "+02:00",
    "action": "ADD",
    "parentID": "urn:epc:id:sscc:4012345.0000000111",
    "childEPCs": ["urn:epc:id:sgtin:4012345.011111.9876"],
}


def body(*events: Any) -> bytes:
    """An EPCISDocument of these events."""
    return orjson.dumps(
        {
            "@context": CONTEXT,
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2024-05-01T10:00:00Z",
            "epcisBody": {"eventList": list(events)},
        }
    )


def captured(event: Any) -> CapturedEvent:
    """What becomes of one event in a document."""
    (one,) = read_json(body(event)).events
    return one


def event_of(value: dict[str, Any]) -> Event:
    """The event, which must be valid."""
    one = captured(value)
    assert one.event is not None, [str(issue) for issue in one.issues]
    return one.event


def errors(value: Any) -> list[Issue]:
    """The errors of an event, which must be refused."""
    one = captured(value)
    assert one.event is None
    return [issue for issue in one.issues if issue.severity == "error"]


def warnings(value: Any) -> list[Issue]:
    """The warnings of an event, which must be kept."""
    one = captured(value)
    assert one.event is not None, [str(issue) for issue in one.issues]
    return list(one.issues)
