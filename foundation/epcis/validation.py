"""What makes a JSON value a valid EPCIS 2.0 event.

The verdict is that of the EPCIS 2.0.1 JSON schema, formats included, with all faults listed and each
with its place and rule. Where we decide otherwise, it is on purpose:

stricter (SHALLs of the standard that the schema misses, and things no clock or scale says)
  - a quantity that is not above zero, an SGTIN with serial as epcClass (EPCIS 2.0 QuantityElement)
  - an AggregationEvent ADD or DELETE without parentID (AggregationEvent)
  - persistentDisposition of any shape on aggregations, associations and transactions (PersistentDisposition)
  - years outside 1900 to 9998, text and lists beyond the limits
laxer
  - epcisHeader in an EPCISQueryDocument, which the XML schema allows and real documents carry

Malformed GS1 identifiers are warnings: what was captured is a fact, the identifier is kept as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from foundation.epcis.event import Action, EventType
from foundation.epcis.identifiers import check_identifiers
from foundation.epcis.rules import (
    CBV_RESERVED,
    VOC_RESERVED,
    Field,
    Report,
    boolean,
    context,
    extension_name,
    kind_of,
    list_of,
    number,
    object_of,
    pattern,
    quoted,
    text,
    time,
    uri,
    uris,
    word,
)
from foundation.epcis.uri import is_uri
from foundation.epcis.vocabulary import (
    BIZ_STEP,
    BIZ_TRANSACTION_TYPE,
    COMPONENT,
    DISPOSITION,
    ERROR_REASON,
    MEASUREMENT_TYPE,
    SENSOR_ALERT_TYPE,
    SOURCE_DEST_TYPE,
)

__all__ = ["check_event"]

_OFFSET: Final = re.compile(r"[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00)", re.ASCII)
_UOM: Final = re.compile(r"[A-Z0-9]{2,3}", re.ASCII)
_HEX: Final = re.compile(r"[A-Fa-f0-9]+", re.ASCII)


def check_event(report: Report, event: Any, *, identifiers: bool = True) -> None:
    """Report everything wrong with the JSON value of one event.

    Args:
        report: collects the faults; `report.failed` says whether the event is unusable.
        event: the value, numbers with a fraction read as Decimal.
        identifiers: whether GS1 identifiers are examined too (not needed for what was captured before).
    """
    if not isinstance(event, dict):
        report.error("", f"an event must be an object, not {kind_of(event)}", "EPCIS 2.0 event types")
        return
    kind = event.get("type")
    if not isinstance(kind, str):
        message = "type is missing" if "type" not in event else f"type must be text, not {kind_of(kind)}"
        report.error("/type" if "type" in event else "", message, "EPCIS 2.0 EPCISEvent")
        return
    fields = _EVENT_FIELDS.get(kind)
    if fields is None:
        _extended_event(report, kind, event)
        return
    for name, value in event.items():
        rule = fields.get(name)
        if rule is not None:
            rule(report, "/" + name, value)
        else:
            extension_name(report, "", name, f"{kind} has no field {quoted(name)}")
    for name in _REQUIRED[kind]:
        if name not in event:
            report.error("", f"{name} is missing", _CLAUSE[kind])
    _WHOLE[kind](report, event)
    if identifiers:
        check_identifiers(report, event)


# --- the fields that events share -------------------------------------------------------------------

_ACTIONS: Final = frozenset(Action)


def _action(report: Report, at: str, value: Any) -> None:
    if not isinstance(value, str) or value not in _ACTIONS:
        shown = quoted(value) if isinstance(value, str) else kind_of(value)
        report.error(at, f"must be ADD, OBSERVE or DELETE, not {shown}", "EPCIS 2.0 Action")


_biz_step: Final = word(BIZ_STEP, CBV_RESERVED)
_disposition: Final = word(DISPOSITION, CBV_RESERVED)
_party_type: Final = word(SOURCE_DEST_TYPE, CBV_RESERVED)


def _quantity_above_zero(report: Report, at: str, value: Any) -> None:
    number(report, at, value)
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and value <= 0:
        report.error(at, f"a quantity must be above zero, not {value}", "EPCIS 2.0 QuantityElement")


_quantity_fields: Final = object_of(
    {
        "epcClass": uri,
        "quantity": _quantity_above_zero,
        "uom": pattern(_UOM, "a unit of two or three capitals or digits", "UN/CEFACT Recommendation 20"),
    },
    ("epcClass",),
    "EPCIS 2.0 QuantityElement",
    others="none",
)


def _quantity(report: Report, at: str, value: Any) -> None:
    _quantity_fields(report, at, value)
    if not isinstance(value, dict):
        return
    amount, unit = value.get("quantity"), value.get("uom")
    if unit is not None and amount is None:
        report.warning(at, "a unit without a quantity", "EPCIS 2.0 QuantityElement")
    if unit is None and isinstance(amount, Decimal) and amount != amount.to_integral_value():
        report.warning(at, f"a quantity of {amount} without a unit", "EPCIS 2.0 QuantityElement")


def _certification_info(report: Report, at: str, value: Any) -> None:
    if isinstance(value, list):
        uris(unique=False)(report, at, value)
    else:
        uri(report, at, value)


_error_declaration_fields: Final = object_of(
    {
        "declarationTime": time,
        "reason": word(ERROR_REASON, CBV_RESERVED),
        "correctiveEventIDs": uris(unique=False),
    },
    ("declarationTime",),
    "EPCIS 2.0 ErrorDeclaration",
    others="uri",
)


def _error_declaration(report: Report, at: str, value: Any) -> None:
    _error_declaration_fields(report, at, value)
    if not isinstance(value, dict):
        return
    reason = value.get("reason")
    if (
        isinstance(reason, str)
        and ERROR_REASON.word(reason) == "did_not_occur"
        and value.get("correctiveEventIDs")
    ):
        report.warning(at, "an event that did not occur has no corrective events", "CBV 2.0 error reasons")


_persistent_fields: Final = object_of(
    {
        "set": list_of(_disposition, least=1, unique=True),
        "unset": list_of(_disposition, least=1, unique=True),
    },
    (),
    "EPCIS 2.0 PersistentDisposition",
    others="none",
)


def _persistent_disposition(report: Report, at: str, value: Any) -> None:
    _persistent_fields(report, at, value)
    if not isinstance(value, dict):
        return
    if "set" not in value and "unset" not in value:
        report.error(at, "neither set nor unset is given", "EPCIS 2.0 PersistentDisposition")
    both = [v for v in _dispositions(value.get("set")) if v in _dispositions(value.get("unset"))]
    if both:
        report.warning(at, f"{quoted(both[0])} is both set and unset", "EPCIS 2.0 PersistentDisposition")


def _dispositions(value: Any) -> list[str]:
    return [DISPOSITION.word(v) for v in value if isinstance(v, str)] if isinstance(value, list) else []


_place: Final = object_of({"id": uri}, ("id",), "EPCIS 2.0 ReadPoint and BusinessLocation", others="any")
_biz_transaction: Final = object_of(
    {"type": word(BIZ_TRANSACTION_TYPE, CBV_RESERVED), "bizTransaction": uri},
    ("bizTransaction",),
    "EPCIS 2.0 BusinessTransaction",
    others="none",
)
_source: Final = object_of(
    {"type": _party_type, "source": uri},
    ("type", "source"),
    "EPCIS 2.0 Source and Destination",
    others="none",
)
_destination: Final = object_of(
    {"type": _party_type, "destination": uri},
    ("type", "destination"),
    "EPCIS 2.0 Source and Destination",
    others="none",
)
_sensor_metadata: Final = object_of(
    {
        "time": time,
        "startTime": time,
        "endTime": time,
        "deviceID": uri,
        "deviceMetadata": uri,
        "rawData": uri,
        "dataProcessingMethod": uri,
        "bizRules": uri,
    },
    (),
    "EPCIS 2.0 SensorMetadata",
    others="uri",
)
_sensor_report: Final = object_of(
    {
        "type": word(MEASUREMENT_TYPE, VOC_RESERVED),
        "exception": word(SENSOR_ALERT_TYPE, VOC_RESERVED),
        "component": word(COMPONENT, CBV_RESERVED),
        "time": time,
        "stringValue": text,
        "booleanValue": boolean,
        "hexBinaryValue": pattern(_HEX, "hexadecimal digits", "EPCIS 2.0 SensorReport"),
        "uom": text,
        **dict.fromkeys(
            (
                "deviceID",
                "deviceMetadata",
                "rawData",
                "dataProcessingMethod",
                "bizRules",
                "microorganism",
                "chemicalSubstance",
                "coordinateReferenceSystem",
                "uriValue",
            ),
            uri,
        ),
        **dict.fromkeys(
            ("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue"),
            number,
        ),
    },
    ("type",),
    "EPCIS 2.0 SensorReport",
    others="uri",
)
_sensor_element: Final = object_of(
    {"sensorMetadata": _sensor_metadata, "sensorReport": list_of(_sensor_report, least=1)},
    ("sensorReport",),
    "EPCIS 2.0 SensorElement",
    others="uri",
)


def _ilmd(report: Report, at: str, value: Any) -> None:
    if not isinstance(value, dict):
        report.error(at, f"must be an object, not {kind_of(value)}", "EPCIS 2.0 ILMD")
        return
    for name in value:
        extension_name(report, at, name, f"master data has no field {quoted(name)}")


# --- the event types --------------------------------------------------------------------------------

_COMMON: Final[Mapping[str, Field]] = {
    "@context": context,
    "type": text,
    "eventTime": time,
    "recordTime": time,
    "eventTimeZoneOffset": pattern(_OFFSET, "a time zone offset such as +02:00", "EPCIS 2.0 EPCISEvent"),
    "eventID": uri,
    "certificationInfo": _certification_info,
    "errorDeclaration": _error_declaration,
}
_BUSINESS: Final[Mapping[str, Field]] = {
    **_COMMON,
    "bizStep": _biz_step,
    "disposition": _disposition,
    "persistentDisposition": _persistent_disposition,
    "readPoint": _place,
    "bizLocation": _place,
    "bizTransactionList": list_of(_biz_transaction),
    "sourceList": list_of(_source),
    "destinationList": list_of(_destination),
    "sensorElementList": list_of(_sensor_element),
}
_CHILDREN: Final[Mapping[str, Field]] = {
    **_BUSINESS,
    "action": _action,
    "parentID": uri,
    "childEPCs": uris(unique=False),
    "childQuantityList": list_of(_quantity),
}
_EVENT_FIELDS: Final[Mapping[str, Mapping[str, Field]]] = {
    EventType.OBJECT: {
        **_BUSINESS,
        "action": _action,
        "epcList": uris(unique=True),
        "quantityList": list_of(_quantity),
        "ilmd": _ilmd,
    },
    EventType.AGGREGATION: _CHILDREN,
    EventType.ASSOCIATION: _CHILDREN,
    EventType.TRANSACTION: {
        **_BUSINESS,
        "action": _action,
        "parentID": uri,
        "epcList": uris(unique=False),
        "quantityList": list_of(_quantity),
        "bizTransactionList": list_of(_biz_transaction, least=1),
    },
    EventType.TRANSFORMATION: {
        **_BUSINESS,
        "inputEPCList": uris(unique=True),
        "outputEPCList": uris(unique=True),
        "inputQuantityList": list_of(_quantity),
        "outputQuantityList": list_of(_quantity),
        "transformationID": uri,
        "ilmd": _ilmd,
    },
}
_WHEN: Final = ("eventTime", "eventTimeZoneOffset")
_REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    EventType.OBJECT: (*_WHEN, "action"),
    EventType.AGGREGATION: (*_WHEN, "action"),
    EventType.ASSOCIATION: (*_WHEN, "action", "parentID"),
    EventType.TRANSACTION: (*_WHEN, "action", "bizTransactionList"),
    EventType.TRANSFORMATION: _WHEN,
}
_CLAUSE: Final[Mapping[str, str]] = {
    EventType.OBJECT: "EPCIS 2.0 ObjectEvent",
    EventType.AGGREGATION: "EPCIS 2.0 AggregationEvent",
    EventType.TRANSACTION: "EPCIS 2.0 TransactionEvent",
    EventType.TRANSFORMATION: "EPCIS 2.0 TransformationEvent",
    EventType.ASSOCIATION: "EPCIS 2.0 AssociationEvent",
}


def _some(event: Mapping[str, Any], *names: str) -> bool:
    return any(bool(event.get(name)) for name in names)


def _whole_object(report: Report, event: Mapping[str, Any]) -> None:
    if not (
        "epcList" in event
        or _some(event, "quantityList")
        or (_some(event, "sensorElementList") and "readPoint" in event)
    ):
        report.error(
            "",
            "an ObjectEvent needs an epcList, a quantityList, or sensor elements with a readPoint",
            _CLAUSE[EventType.OBJECT],
        )
    if "ilmd" in event and event.get("action") in (Action.OBSERVE, Action.DELETE):
        report.error(
            "/ilmd", "master data may stand in an event with action ADD only", "EPCIS 2.0 ObjectEvent"
        )


def _whole_children(report: Report, event: Mapping[str, Any]) -> None:
    kind = event["type"]
    action = event.get("action")
    if action in (Action.ADD, Action.OBSERVE) and not _some(event, "childEPCs", "childQuantityList"):
        report.error("", f"an {kind} {action} needs childEPCs or a childQuantityList", _CLAUSE[kind])
    # The schema demands parentID of associations only; the standard of aggregations too.
    if kind == EventType.AGGREGATION and action in (Action.ADD, Action.DELETE) and "parentID" not in event:
        report.error(
            "", f"parentID is missing; only action OBSERVE goes without, not {action}", _CLAUSE[kind]
        )


def _whole_transaction(report: Report, event: Mapping[str, Any]) -> None:
    if (
        "epcList" not in event
        and not _some(event, "quantityList")
        and event.get("action") in (Action.ADD, Action.OBSERVE)
    ):
        report.error(
            "",
            "a TransactionEvent needs an epcList or a quantityList unless its action is DELETE",
            _CLAUSE[EventType.TRANSACTION],
        )


def _whole_transformation(report: Report, event: Mapping[str, Any]) -> None:
    inputs = _some(event, "inputEPCList", "inputQuantityList")
    outputs = _some(event, "outputEPCList", "outputQuantityList")
    if "transformationID" in event:
        if not (inputs or outputs):
            report.error(
                "", "a TransformationEvent needs inputs or outputs", _CLAUSE[EventType.TRANSFORMATION]
            )
    elif not (inputs and outputs):
        report.error(
            "",
            "a TransformationEvent without transformationID needs inputs and outputs",
            _CLAUSE[EventType.TRANSFORMATION],
        )


_WHOLE: Final[Mapping[str, Callable[[Report, Mapping[str, Any]], None]]] = {
    EventType.OBJECT: _whole_object,
    EventType.AGGREGATION: _whole_children,
    EventType.ASSOCIATION: _whole_children,
    EventType.TRANSACTION: _whole_transaction,
    EventType.TRANSFORMATION: _whole_transformation,
}


def _extended_event(report: Report, kind: str, event: Mapping[str, Any]) -> None:
    """An event type of another namespace: named by a URI, its own fields are its own affair."""
    if not is_uri(kind):
        names = ", ".join(EventType)
        report.error("/type", f"{quoted(kind)} is none of {names}, nor a URI", "EPCIS 2.0 event types")
    for name, field in _COMMON.items():
        if name in event:
            field(report, "/" + name, event[name])
    for name in _WHEN:
        if name not in event:
            report.error("", f"{name} is missing", "EPCIS 2.0 EPCISEvent")
