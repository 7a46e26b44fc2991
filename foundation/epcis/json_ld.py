"""Events written as JSON-LD objects (the JSON/JSON-LD binding of EPCIS 2.0).

What is written stands alone, with its own `@context`; read again, it equals the event.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import count
from typing import Any, Final

import orjson

from foundation.epcis.event import ErrorDeclaration, Event, EventType, Fields, QuantityElement, SensorElement
from foundation.epcis.instant import instant, iso
from foundation.epcis.json_ld_reading import BUSINESS, METADATA, QUANTITIES, REPORT, Conversion
from foundation.epcis.uri import is_uri
from foundation.epcis.vocabulary import PREFIXES

__all__ = ["CONTEXT", "to_json", "to_json_ld"]

CONTEXT: Final = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
"""The address of the GS1 context, as documents name it."""


def to_json_ld(event: Event) -> dict[str, Any]:
    """Write an event as a JSON-LD object with its own `@context`.

    Times are written in UTC, standard vocabulary values as bare words, identifiers as received. Numbers
    stay `Decimal` where JSON would lose digits: `to_json` writes them exactly. A namespace that no
    prefix of the event's context names gets one (`ns1`, `ns2`…).

    >>> to_json_ld(Event("ObjectEvent", 0, "+00:00", read_point="geo:47.5,11.1"))["readPoint"]
    {'id': 'geo:47.5,11.1'}
    """
    prefixes = _Prefixes(event.context)
    body = _written_event(event, prefixes)
    context: Any = CONTEXT if not prefixes.used else [CONTEXT, prefixes.used]
    return {"@context": context, **body}


def to_json(value: Any) -> bytes:
    """JSON text of a value in which numbers may be Decimal; their digits are written as they are.

    >>> to_json({"quantity": Decimal("1.50")})
    b'{"quantity":1.50}'
    """
    return orjson.dumps(value, default=_exact)


def _exact(value: Any) -> orjson.Fragment:
    if isinstance(value, Decimal) and value.is_finite():
        return orjson.Fragment(str(value))
    raise TypeError(f"{type(value).__name__} has no JSON form")


class _Prefixes:
    """The prefixes that one event is written with; keeps those in use for its `@context`."""

    def __init__(self, context: Mapping[str, str]) -> None:
        self.used: dict[str, str] = dict(context)
        self._by_namespace = {space: prefix for prefix, space in PREFIXES.items() if prefix not in context}
        self._by_namespace.update({space: prefix for prefix, space in context.items()})

    def name(self, full: str) -> str:
        """The CURIE of `{namespace}local`; another name as it is."""
        namespace, brace, local = full[1:].partition("}")
        if not (full.startswith("{") and brace and is_uri(namespace)):
            return full
        prefix = self._by_namespace.get(namespace)
        if prefix is None:
            prefix = next(name for name in map("ns{}".format, count(1)) if name not in self.used)
            self.used[prefix] = namespace
            self._by_namespace[namespace] = prefix
        return f"{prefix}:{local}"

    def fields(self, fields: Fields) -> dict[str, Any]:
        return {self.name(full): self.value(value) for full, value in fields.items()}

    def value(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return self.fields(value)
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        if isinstance(value, Decimal | int) and not isinstance(value, bool):
            return _number(value)
        return value


def _number(value: Decimal | int) -> int | Decimal:
    """An int where all JSON readers agree on it, else the Decimal itself."""
    whole = int(value) if -(2**53) < value < 2**53 else None
    return whole if whole is not None and whole == value else Decimal(value)


def _written(part: Any, known: Mapping[str, tuple[str, Conversion]], prefixes: _Prefixes) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for name, (attribute, conversion) in known.items():
        value = getattr(part, attribute)
        if value is not None:
            body[name] = iso(value) if conversion is instant else _plain(value)
    body.update(prefixes.fields(part.extensions))
    return body


def _plain(value: Any) -> Any:
    return _number(value) if isinstance(value, Decimal) else value


def _written_event(event: Event, prefixes: _Prefixes) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for name, (attribute, conversion) in BUSINESS.items():
        value = getattr(event, attribute)
        if value is None or value == ():
            continue
        if conversion is instant:
            body[name] = iso(value)
        else:
            body[name] = list(value) if isinstance(value, tuple) else str(value)
    for name, attribute in QUANTITIES.items():
        if elements := getattr(event, attribute):
            body[name] = [_written_quantity(element) for element in elements]
    if event.persistent_disposition is not None:
        both = {"set": event.persistent_disposition.set, "unset": event.persistent_disposition.unset}
        body["persistentDisposition"] = {name: list(values) for name, values in both.items() if values}
    for name, place, others in (
        ("readPoint", event.read_point, event.read_point_extensions),
        ("bizLocation", event.biz_location, event.biz_location_extensions),
    ):
        if place is not None:
            body[name] = {"id": place, **prefixes.fields(others)}
    if event.biz_transactions:
        body["bizTransactionList"] = [
            ({} if one.type is None else {"type": one.type}) | {"bizTransaction": one.id}
            for one in event.biz_transactions
        ]
    if event.sources:
        body["sourceList"] = [{"type": one.type, "source": one.id} for one in event.sources]
    if event.destinations:
        body["destinationList"] = [{"type": one.type, "destination": one.id} for one in event.destinations]
    if event.sensor_elements:
        body["sensorElementList"] = [_written_sensor(element, prefixes) for element in event.sensor_elements]
    if event.ilmd:
        body["ilmd"] = prefixes.fields(event.ilmd)
    if event.certification_info:
        body["certificationInfo"] = _one_or_many(event.certification_info)
    if event.error_declaration is not None:
        body["errorDeclaration"] = _written_declaration(event.error_declaration, prefixes)
    if not (event.epc_list or event.quantity_list) and event.type in (
        EventType.OBJECT,
        EventType.TRANSACTION,
    ):
        body["epcList"] = []  # the schema wants one of the two lists, be it empty
    body.update(prefixes.fields(event.extensions))
    return body


def _one_or_many(values: Sequence[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)


def _written_quantity(element: QuantityElement) -> dict[str, Any]:
    body: dict[str, Any] = {"epcClass": element.epc_class}
    if element.quantity is not None:
        body["quantity"] = _number(element.quantity)
    if element.uom is not None:
        body["uom"] = element.uom
    return body


def _written_sensor(element: SensorElement, prefixes: _Prefixes) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if element.metadata is not None:
        body["sensorMetadata"] = _written(element.metadata, METADATA, prefixes)
    body["sensorReport"] = [_written(report, REPORT, prefixes) for report in element.reports]
    body.update(prefixes.fields(element.extensions))
    return body


def _written_declaration(declaration: ErrorDeclaration, prefixes: _Prefixes) -> dict[str, Any]:
    body: dict[str, Any] = {"declarationTime": iso(declaration.declaration_time)}
    if declaration.reason is not None:
        body["reason"] = declaration.reason
    if declaration.corrective_event_ids:
        body["correctiveEventIDs"] = list(declaration.corrective_event_ids)
    body.update(prefixes.fields(declaration.extensions))
    return body
