"""The canonical hash of an event (CBV 2.0 §8.9), independent of the binding the event came in.

Two events that say the same in other words hash alike: identifiers in any GS1 form, vocabulary in any
spelling, times in any zone, lists in any order, numbers with or without trailing zeros, XML or JSON.

What is hashed is one string without separators, `name=value` for `name=value`:
1. `eventType`, then the fields in the order of the standard's table, down to bizLocation and the sensor
   elements. Inside of a list the parts are sorted as strings.
2. The rest, sorted as strings: bizTransactionList, destinationList, sourceList, ilmd and the fields of
   other namespaces as `{namespace}name=value`. (The table places the first three before the sensor
   elements; the hashes published with the standard's reference implementation have them here, and an
   identity that others cannot recompute would be of no use.)
3. eventID, recordTime, errorDeclaration and comments take no part.

Times are rounded to the millisecond, half to even, and the rounding carries. Text is taken as text even
where it looks like a number: lot `007` is not lot `7`.

The hash is no identity of what was received: times that differ below a millisecond, or a Digital Link
with and without a lot beside its serial number, hash alike.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from foundation.epcis.event import Event, Fields, QuantityElement, SensorElement, SensorMetadata, SensorReport
from foundation.epcis.instant import iso
from foundation.epcis.vocabulary import (
    BIZ_STEP,
    BIZ_TRANSACTION_TYPE,
    COMPONENT,
    DISPOSITION,
    MEASUREMENT_TYPE,
    PREFIXES,
    SENSOR_ALERT_TYPE,
    SOURCE_DEST_TYPE,
)
from foundation.gs1 import canonical_or_opaque

__all__ = ["event_hash", "prehash"]

_COMMENTS: Final = frozenset({"comment", f"{{{PREFIXES['rdfs']}}}comment"})
_CLAIMS_GS1: Final = ("urn:epc:", "http://", "https://")
_CBV_URNS: Final = (
    (BIZ_STEP, "urn:epcglobal:cbv:bizstep:"),
    (DISPOSITION, "urn:epcglobal:cbv:disp:"),
    (BIZ_TRANSACTION_TYPE, "urn:epcglobal:cbv:btt:"),
    (SOURCE_DEST_TYPE, "urn:epcglobal:cbv:sdt:"),
)


def event_hash(event: Event, *, ignored: Collection[str] = ()) -> str:
    """The hash that names an event which brought no eventID of its own.

    Args:
        event: any event.
        ignored: `{namespace}name` of fields that take no part (`Document.ignored`).
    Returns:
        `ni:///sha-256;…?ver=CBV2.0`, the digest in hexadecimal.

    Clause: CBV 2.0 §8.9.
    """
    digest = hashlib.sha256(prehash(event, ignored=ignored).encode("utf-8")).hexdigest()
    return f"ni:///sha-256;{digest}?ver=CBV2.0"


def prehash(event: Event, *, ignored: Collection[str] = ()) -> str:
    """The string of which `event_hash` is the digest, for comparison with what others compute."""
    skipped = _COMMENTS.union(ignored) if ignored else _COMMENTS
    parts = [
        f"eventType={event.type}eventTime={_time(event.event_time)}",
        f"eventTimeZoneOffset={event.event_time_zone_offset}",
        *sorted(f"certificationInfo={_uri(uri)}" for uri in event.certification_info),
        _epcs("epcList", event.epc_list),
        _named("parentID", event.parent_id, _uri),
        _epcs("inputEPCList", event.input_epc_list),
        _epcs("childEPCs", event.child_epcs),
        _quantities("quantityList", event.quantity_list),
        _quantities("childQuantityList", event.child_quantity_list),
        _quantities("inputQuantityList", event.input_quantity_list),
        _epcs("outputEPCList", event.output_epc_list),
        _quantities("outputQuantityList", event.output_quantity_list),
        _named("action", event.action, str),
        _named("transformationID", event.transformation_id, _uri),
        _named("bizStep", event.biz_step, BIZ_STEP.uri),
        _named("disposition", event.disposition, DISPOSITION.uri),
    ]
    if (lasting := event.persistent_disposition) is not None and (lasting.set or lasting.unset):
        parts.append("persistentDisposition")
        parts += sorted(f"set={DISPOSITION.uri(value)}" for value in lasting.set)
        parts += sorted(f"unset={DISPOSITION.uri(value)}" for value in lasting.unset)
    parts.append(_place("readPoint", event.read_point, event.read_point_extensions, skipped))
    parts.append(_place("bizLocation", event.biz_location, event.biz_location_extensions, skipped))
    if event.sensor_elements:
        parts.append("sensorElementList")
        parts += sorted(_sensor_element(element, skipped) for element in event.sensor_elements)
    parts += sorted(_rest(event, skipped))
    return "".join(parts)


def _rest(event: Event, skipped: Collection[str]) -> Iterable[str]:
    """What the table leaves to be sorted as strings."""
    if event.biz_transactions:
        yield _list(
            "bizTransactionList",
            (
                _named("type", one.type, BIZ_TRANSACTION_TYPE.uri) + f"bizTransaction={_uri(one.id)}"
                for one in event.biz_transactions
            ),
        )
    if event.destinations:
        yield _list(
            "destinationList",
            (
                f"type={SOURCE_DEST_TYPE.uri(one.type)}destination={_uri(one.id)}"
                for one in event.destinations
            ),
        )
    if event.sources:
        yield _list(
            "sourceList",
            (f"type={SOURCE_DEST_TYPE.uri(one.type)}source={_uri(one.id)}" for one in event.sources),
        )
    if event.ilmd:
        yield "ilmd" + _fields(event.ilmd, skipped)
    yield from _field_strings(event.extensions, skipped)
    if rules := _rules_of_reports(event.sensor_elements):
        yield rules


def _rules_of_reports(elements: Sequence[SensorElement]) -> str:
    """bizRules of sensor reports: the table orders them in metadata only, so they are of the rest."""
    found = []
    for element in elements:
        rules = [
            f"sensorReportbizRules={_uri(r.biz_rules)}" for r in element.reports if r.biz_rules is not None
        ]
        if rules:
            found.append("sensorElement" + "".join(sorted(rules)))
    return "sensorElementList" + "".join(sorted(found)) if found else ""


# --- values -----------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _time(us: int) -> str:
    """UTC in milliseconds; CBV 2.0 §8.9, half to even as the reference implementation rounds."""
    whole, rest = divmod(us, 1000)
    if rest > 500 or (rest == 500 and whole % 2):
        whole += 1
    return iso(whole * 1000)


def _number(value: Decimal | int) -> str:
    """Digits without exponent, leading or trailing zeros (CBV 2.0 §8.9)."""
    if isinstance(value, int):
        return str(value)
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _uri(text: str) -> str:
    """An identifier in its canonical form (CBV 2.0 §8.9: GS1 keys as Digital Links on id.gs1.org)."""
    if text.startswith(_CLAIMS_GS1):
        return canonical_or_opaque(text)[0]
    return _any_uri(text)


def _any_uri(text: str) -> str:
    """What a value of an extension means, should it be an identifier or a standard vocabulary value."""
    if text.startswith(_CLAIMS_GS1):
        return canonical_or_opaque(text)[0]
    if text.startswith("urn:epcglobal:cbv:"):
        for vocabulary, urn in _CBV_URNS:
            if text.startswith(urn):
                return vocabulary.uri(text)
    elif text.startswith(("cbv:", "gs1:")):
        prefix, _, rest = text.partition(":")
        return PREFIXES[prefix] + rest
    return text


# --- parts ------------------------------------------------------------------------------------------


def _named(name: str, value: str | None, form: Callable[[str], str]) -> str:
    return "" if value is None else f"{name}={form(value)}"


def _list(name: str, items: Iterable[str]) -> str:
    return name + "".join(sorted(items))


def _epcs(name: str, uris: Sequence[str]) -> str:
    if not uris:
        return ""
    ordered = sorted([_uri(uri) for uri in uris])
    return f"{name}epc=" + "epc=".join(ordered)


def _quantities(name: str, elements: Sequence[QuantityElement]) -> str:
    return _list(name, map(_quantity, elements)) if elements else ""


def _quantity(element: QuantityElement) -> str:
    text = f"quantityElementepcClass={_uri(element.epc_class)}"
    if element.quantity is not None:
        text += f"quantity={_number(element.quantity)}"
    return text if element.uom is None else f"{text}uom={element.uom}"


def _place(name: str, place: str | None, extensions: Fields, skipped: Collection[str]) -> str:
    return "" if place is None else f"{name}id={_uri(place)}{_fields(extensions, skipped)}"


# The fields of sensor data in the order of the table: name, attribute, form.
_METADATA: Final[Sequence[tuple[str, str, Callable[[Any], str]]]] = (
    ("time=", "time", _time),
    ("startTime=", "start_time", _time),
    ("endTime=", "end_time", _time),
    ("deviceID=", "device_id", _uri),
    ("deviceMetadata=", "device_metadata", _uri),
    ("rawData=", "raw_data", _uri),
    ("dataProcessingMethod=", "data_processing_method", _uri),
    ("bizRules=", "biz_rules", _uri),
)
_REPORT: Final[Sequence[tuple[str, str, Callable[[Any], str]]]] = (
    ("type=", "type", MEASUREMENT_TYPE.uri),
    ("exception=", "exception", SENSOR_ALERT_TYPE.uri),
    ("deviceID=", "device_id", _uri),
    ("deviceMetadata=", "device_metadata", _uri),
    ("rawData=", "raw_data", _uri),
    ("dataProcessingMethod=", "data_processing_method", _uri),
    ("time=", "time", _time),
    ("microorganism=", "microorganism", _uri),
    ("chemicalSubstance=", "chemical_substance", _uri),
    ("value=", "value", _number),
    ("component=", "component", COMPONENT.uri),
    ("stringValue=", "string_value", str.strip),
    ("booleanValue=", "boolean_value", lambda value: "true" if value else "false"),
    ("hexBinaryValue=", "hex_binary_value", str),
    ("uriValue=", "uri_value", _uri),
    ("minValue=", "min_value", _number),
    ("maxValue=", "max_value", _number),
    ("meanValue=", "mean_value", _number),
    ("sDev=", "s_dev", _number),
    ("percRank=", "perc_rank", _number),
    ("percValue=", "perc_value", _number),
    ("uom=", "uom", str.strip),
    ("coordinateReferenceSystem=", "coordinate_reference_system", _uri),
)


def _sensor_element(element: SensorElement, skipped: Collection[str]) -> str:
    metadata = "" if element.metadata is None else _measured(element.metadata, _METADATA, skipped)
    reports = sorted(f"sensorReport{_measured(report, _REPORT, skipped)}" for report in element.reports)
    return (
        "sensorElement"
        + (f"sensorMetadata{metadata}" if metadata else "")
        + "".join(reports)
        + _fields(element.extensions, skipped)
    )


def _measured(
    part: SensorMetadata | SensorReport,
    table: Sequence[tuple[str, str, Callable[[Any], str]]],
    skipped: Collection[str],
) -> str:
    text = ""
    for name, attribute, form in table:
        value = getattr(part, attribute)
        if value is not None:
            text += name + form(value)
    return text + _fields(part.extensions, skipped) if part.extensions else text


def _fields(fields: Fields, skipped: Collection[str]) -> str:
    return "".join(sorted(_field_strings(fields, skipped))) if fields else ""


def _field_strings(fields: Fields, skipped: Collection[str]) -> Iterable[str]:
    """Fields of other namespaces; one with several values stands once for each."""
    for name, value in fields.items():
        if name not in skipped:
            yield from _field(name, value, skipped)


def _field(name: str, value: Any, skipped: Collection[str]) -> Iterable[str]:
    if isinstance(value, list | tuple):
        for item in value:
            yield from _field(name, item, skipped)
    elif isinstance(value, Mapping):
        yield name + _fields(value, skipped)
    else:
        text = _scalar(value)
        yield f"{name}={text}" if text else name


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return _any_uri(value.strip())
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return _number(value)
