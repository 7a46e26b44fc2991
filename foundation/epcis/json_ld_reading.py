"""JSON-LD objects (the JSON/JSON-LD binding of EPCIS 2.0) read as events.

A value that `validation` found valid is supposed. The tables that say which JSON name is which
attribute are used for writing too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

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
)
from foundation.epcis.instant import instant
from foundation.epcis.namespaces import Namespaces
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

__all__ = ["from_json_ld"]

Json = Mapping[str, Any]


def from_json_ld(value: Json, namespaces: Namespaces) -> Event:
    """The event that a valid JSON-LD object describes.

    Args:
        value: the object, numbers with a fraction as Decimal.
        namespaces: the prefixes in force around it; those of its own `@context` are added.
    """
    names = namespaces.within(value["@context"]) if "@context" in value else namespaces
    found: dict[str, Any] = {}
    others: dict[str, Any] = {}
    fields = BUSINESS if value["type"] in _TYPES else EVENT
    for name, inner in value.items():
        known = fields.get(name)
        if known is not None:
            found[known[0]] = known[1](inner)
            continue
        reader = _READERS.get(name) if fields is BUSINESS or name in _IN_EVERY_EVENT else None
        if reader is not None:
            reader(found, inner, names)
        elif name != "@context":
            others[name] = inner
    if others:
        found["extensions"] = _fields(others, names)
    found["context"] = names.own
    return Event(**found)


def _decimal(value: int | Decimal) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(value)


def _same(value: Any) -> Any:
    return value


# JSON name -> attribute and conversion, in the order in which they are written.
Conversion = Callable[[Any], Any]
METADATA: Final[Mapping[str, tuple[str, Conversion]]] = {
    "time": ("time", instant),
    "startTime": ("start_time", instant),
    "endTime": ("end_time", instant),
    "deviceID": ("device_id", _same),
    "deviceMetadata": ("device_metadata", _same),
    "rawData": ("raw_data", _same),
    "dataProcessingMethod": ("data_processing_method", _same),
    "bizRules": ("biz_rules", _same),
}
REPORT: Final[Mapping[str, tuple[str, Conversion]]] = {
    "type": ("type", MEASUREMENT_TYPE.word),
    "exception": ("exception", SENSOR_ALERT_TYPE.word),
    "deviceID": ("device_id", _same),
    "deviceMetadata": ("device_metadata", _same),
    "rawData": ("raw_data", _same),
    "dataProcessingMethod": ("data_processing_method", _same),
    "time": ("time", instant),
    "microorganism": ("microorganism", _same),
    "chemicalSubstance": ("chemical_substance", _same),
    "value": ("value", _decimal),
    "component": ("component", COMPONENT.word),
    "stringValue": ("string_value", _same),
    "booleanValue": ("boolean_value", _same),
    "hexBinaryValue": ("hex_binary_value", _same),
    "uriValue": ("uri_value", _same),
    "minValue": ("min_value", _decimal),
    "maxValue": ("max_value", _decimal),
    "meanValue": ("mean_value", _decimal),
    "sDev": ("s_dev", _decimal),
    "percRank": ("perc_rank", _decimal),
    "percValue": ("perc_value", _decimal),
    "uom": ("uom", _same),
    "bizRules": ("biz_rules", _same),
    "coordinateReferenceSystem": ("coordinate_reference_system", _same),
}
EVENT: Final[Mapping[str, tuple[str, Conversion]]] = {
    "type": ("type", _same),
    "eventID": ("event_id", _same),
    "eventTime": ("event_time", instant),
    "recordTime": ("record_time", instant),
    "eventTimeZoneOffset": ("event_time_zone_offset", _same),
}
BUSINESS: Final[Mapping[str, tuple[str, Conversion]]] = {
    **EVENT,
    "action": ("action", Action),
    "parentID": ("parent_id", _same),
    "epcList": ("epc_list", tuple),
    "childEPCs": ("child_epcs", tuple),
    "inputEPCList": ("input_epc_list", tuple),
    "outputEPCList": ("output_epc_list", tuple),
    "transformationID": ("transformation_id", _same),
    "bizStep": ("biz_step", BIZ_STEP.word),
    "disposition": ("disposition", DISPOSITION.word),
}
QUANTITIES: Final[Mapping[str, str]] = {
    "quantityList": "quantity_list",
    "childQuantityList": "child_quantity_list",
    "inputQuantityList": "input_quantity_list",
    "outputQuantityList": "output_quantity_list",
}
_TYPES: Final = frozenset(EventType)
_IN_EVERY_EVENT: Final = frozenset({"certificationInfo", "errorDeclaration"})


def _fields(value: Json, names: Namespaces) -> Fields:
    """Fields of other namespaces, all names expanded; one name spelled twice holds both values."""
    found: dict[str, Any] = {}
    for name, inner in value.items():
        full = names.expanded(name)
        content = _extension(inner, names)
        if full in found:
            before = found[full] if isinstance(found[full], list) else [found[full]]
            content = [*before, *(content if isinstance(content, list) else [content])]
        found[full] = content
    return found


def _extension(value: Any, names: Namespaces) -> Any:
    if isinstance(value, dict):
        return _fields(value, names)
    if isinstance(value, list):
        return [_extension(item, names) for item in value]
    return value


def _part(value: Json, known: Mapping[str, tuple[str, Conversion]], names: Namespaces) -> dict[str, Any]:
    """The attributes of a part of an event, its extensions among them."""
    found: dict[str, Any] = {}
    others: dict[str, Any] = {}
    for name, inner in value.items():
        entry = known.get(name)
        if entry is None:
            others[name] = inner
        else:
            found[entry[0]] = entry[1](inner)
    if others:
        found["extensions"] = _fields(others, names)
    return found


def _sensor_element(value: Json, names: Namespaces) -> SensorElement:
    metadata = value.get("sensorMetadata")
    others = {name: inner for name, inner in value.items() if name not in ("sensorMetadata", "sensorReport")}
    return SensorElement(
        None if metadata is None else SensorMetadata(**_part(metadata, METADATA, names)),
        tuple(SensorReport(**_part(report, REPORT, names)) for report in value["sensorReport"]),
        _fields(others, names),
    )


def _error_declaration(value: Json, names: Namespaces) -> ErrorDeclaration:
    own = ("declarationTime", "reason", "correctiveEventIDs")
    reason = value.get("reason")
    return ErrorDeclaration(
        instant(value["declarationTime"]),
        None if reason is None else ERROR_REASON.word(reason),
        tuple(value.get("correctiveEventIDs", ())),
        _fields({name: inner for name, inner in value.items() if name not in own}, names),
    )


def _quantity(value: Json) -> QuantityElement:
    amount = value.get("quantity")
    return QuantityElement(value["epcClass"], None if amount is None else _decimal(amount), value.get("uom"))


_Reader = Callable[[dict[str, Any], Any, Namespaces], None]


def _read_quantities(attribute: str) -> _Reader:
    def read(found: dict[str, Any], value: Any, _names: Namespaces) -> None:
        found[attribute] = tuple(map(_quantity, value))

    return read


def _read_place(attribute: str) -> _Reader:
    def read(found: dict[str, Any], value: Any, names: Namespaces) -> None:
        found[attribute] = value["id"]
        if len(value) > 1:
            others = {name: inner for name, inner in value.items() if name != "id"}
            found[f"{attribute}_extensions"] = _fields(others, names)

    return read


def _read_certification(found: dict[str, Any], value: Any, _names: Namespaces) -> None:
    found["certification_info"] = (value,) if isinstance(value, str) else tuple(value)


def _read_error_declaration(found: dict[str, Any], value: Any, names: Namespaces) -> None:
    found["error_declaration"] = _error_declaration(value, names)


def _read_persistent(found: dict[str, Any], value: Any, _names: Namespaces) -> None:
    found["persistent_disposition"] = PersistentDisposition(
        tuple(map(DISPOSITION.word, value.get("set", ()))),
        tuple(map(DISPOSITION.word, value.get("unset", ()))),
    )


def _read_transactions(found: dict[str, Any], value: Any, _names: Namespaces) -> None:
    found["biz_transactions"] = tuple(
        BizTransaction(
            one["bizTransaction"], BIZ_TRANSACTION_TYPE.word(one["type"]) if "type" in one else None
        )
        for one in value
    )


def _read_sources(found: dict[str, Any], value: Any, _names: Namespaces) -> None:
    found["sources"] = tuple(Source(SOURCE_DEST_TYPE.word(one["type"]), one["source"]) for one in value)


def _read_destinations(found: dict[str, Any], value: Any, _names: Namespaces) -> None:
    found["destinations"] = tuple(
        Destination(SOURCE_DEST_TYPE.word(one["type"]), one["destination"]) for one in value
    )


def _read_sensors(found: dict[str, Any], value: Any, names: Namespaces) -> None:
    found["sensor_elements"] = tuple(_sensor_element(one, names) for one in value)


def _read_ilmd(found: dict[str, Any], value: Any, names: Namespaces) -> None:
    found["ilmd"] = _fields(value, names)


_READERS: Final[Mapping[str, _Reader]] = {
    **{name: _read_quantities(attribute) for name, attribute in QUANTITIES.items()},
    "readPoint": _read_place("read_point"),
    "bizLocation": _read_place("biz_location"),
    "bizTransactionList": _read_transactions,
    "sourceList": _read_sources,
    "destinationList": _read_destinations,
    "sensorElementList": _read_sensors,
    "persistentDisposition": _read_persistent,
    "ilmd": _read_ilmd,
    "certificationInfo": _read_certification,
    "errorDeclaration": _read_error_declaration,
}
