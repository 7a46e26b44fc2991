"""EPCIS 2.0 events: the model, the JSON-LD binding, validation, the canonical hash; functions on values.

>>> document = read_json(b'{"@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",'
...     b'"type": "ObjectEvent", "eventTime": "2024-05-01T10:00:00Z", "eventTimeZoneOffset": "+00:00",'
...     b'"action": "OBSERVE", "bizStep": "shipping", "epcList": ["urn:epc:id:sscc:4012345.0000000111"]}')
>>> event = document.events[0].event
>>> event.biz_step, event.epc_list
('shipping', ('urn:epc:id:sscc:4012345.0000000111',))
"""

from __future__ import annotations

from foundation.epcis.document import CapturedEvent, Document, read_event, read_json
from foundation.epcis.event import (
    Action,
    BizTransaction,
    Destination,
    ErrorDeclaration,
    Event,
    EventType,
    Fields,
    PersistentDisposition,
    QuantityElement,
    SensorElement,
    SensorMetadata,
    SensorReport,
    Source,
    master_data,
)
from foundation.epcis.event_hash import event_hash, prehash
from foundation.epcis.instant import instant, iso
from foundation.epcis.issue import EpcisError, Issue, Limits
from foundation.epcis.json_ld import CONTEXT, to_json, to_json_ld

__all__ = [
    "CONTEXT",
    "Action",
    "BizTransaction",
    "CapturedEvent",
    "Destination",
    "Document",
    "EpcisError",
    "ErrorDeclaration",
    "Event",
    "EventType",
    "Fields",
    "Issue",
    "Limits",
    "PersistentDisposition",
    "QuantityElement",
    "SensorElement",
    "SensorMetadata",
    "SensorReport",
    "Source",
    "event_hash",
    "instant",
    "iso",
    "master_data",
    "prehash",
    "read_event",
    "read_json",
    "to_json",
    "to_json_ld",
]
