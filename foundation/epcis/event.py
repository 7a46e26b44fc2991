"""The five event types of EPCIS 2.0 as plain values, whatever binding they came in.

An `Event` says what was captured and nothing more: identifiers stand as received, standard
vocabulary values stand as their short CBV word (`shipping`), every other vocabulary value as the URI
received, instants are microseconds UTC, numbers are `Decimal`. A list that is absent and one that is
empty are the same empty tuple (the standard gives them one meaning).

Fields of other namespaces are `Fields`: a mapping from `{namespace}name` to a JSON value whose inner
keys are resolved in the same way. A name whose prefix no context defines keeps its CURIE.

Clauses: EPCIS 2.0, the core event types module.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

__all__ = [
    "Action",
    "BizTransaction",
    "Destination",
    "ErrorDeclaration",
    "Event",
    "EventType",
    "Fields",
    "PersistentDisposition",
    "QuantityElement",
    "SensorElement",
    "SensorMetadata",
    "SensorReport",
    "Source",
    "master_data",
]

Fields = Mapping[str, Any]
"""`{namespace}name` -> None, bool, int, Decimal, str, list of these, or again such a mapping."""


class EventType(StrEnum):
    """The event types of EPCIS 2.0 event types; any other type is an extension and named by a URI."""

    OBJECT = "ObjectEvent"
    AGGREGATION = "AggregationEvent"
    TRANSACTION = "TransactionEvent"
    TRANSFORMATION = "TransformationEvent"
    ASSOCIATION = "AssociationEvent"


class Action(StrEnum):
    """What the event does to the relation it names (EPCIS 2.0 Action)."""

    ADD = "ADD"
    OBSERVE = "OBSERVE"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True)
class QuantityElement:
    """An amount of a class; without `quantity` the amount is unknown (EPCIS 2.0 QuantityElement)."""

    epc_class: str
    quantity: Decimal | None = None
    uom: str | None = None


@dataclass(frozen=True, slots=True)
class BizTransaction:
    """A business transaction and, where given, its type (EPCIS 2.0 BusinessTransaction)."""

    id: str
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a business transfer starts: a party or a place (EPCIS 2.0 Source and Destination)."""

    type: str
    id: str


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a business transfer ends: a party or a place (EPCIS 2.0 Source and Destination)."""

    type: str
    id: str


@dataclass(frozen=True, slots=True)
class PersistentDisposition:
    """Dispositions that hold until they are unset (EPCIS 2.0 PersistentDisposition)."""

    set: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ErrorDeclaration:
    """Says that an earlier event was wrong; the event repeats all its fields (EPCIS 2.0 ErrorDeclaration)."""

    declaration_time: int
    reason: str | None = None
    corrective_event_ids: tuple[str, ...] = ()
    extensions: Fields = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class SensorMetadata:
    """What holds for all reports of one sensor element (EPCIS 2.0 SensorMetadata)."""

    time: int | None = None
    start_time: int | None = None
    end_time: int | None = None
    device_id: str | None = None
    device_metadata: str | None = None
    raw_data: str | None = None
    data_processing_method: str | None = None
    biz_rules: str | None = None
    extensions: Fields = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class SensorReport:
    """One measured, computed or judged value (EPCIS 2.0 SensorReport)."""

    type: str | None = None
    exception: str | None = None
    device_id: str | None = None
    device_metadata: str | None = None
    raw_data: str | None = None
    data_processing_method: str | None = None
    time: int | None = None
    microorganism: str | None = None
    chemical_substance: str | None = None
    value: Decimal | None = None
    component: str | None = None
    string_value: str | None = None
    boolean_value: bool | None = None
    hex_binary_value: str | None = None
    uri_value: str | None = None
    min_value: Decimal | None = None
    max_value: Decimal | None = None
    mean_value: Decimal | None = None
    s_dev: Decimal | None = None
    perc_rank: Decimal | None = None
    perc_value: Decimal | None = None
    uom: str | None = None
    biz_rules: str | None = None
    coordinate_reference_system: str | None = None
    extensions: Fields = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class SensorElement:
    """Reports that share one set of metadata (EPCIS 2.0 SensorElement)."""

    metadata: SensorMetadata | None = None
    reports: tuple[SensorReport, ...] = ()
    extensions: Fields = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Event:
    """One EPCIS event; fields that its type does not have are empty.

    Times are microseconds UTC since 1970; `event_time_zone_offset` is carried and never applied.
    `epc_list` and `quantity_list` belong to object and transaction events, `child_epcs` and
    `child_quantity_list` to aggregations and associations, the inputs and outputs to transformations.
    `context` holds the prefixes the event was written with (beyond those of the GS1 context); it is a
    matter of spelling and takes no part in equality. Clause: EPCIS 2.0 event types.
    """

    type: str
    event_time: int
    event_time_zone_offset: str
    record_time: int | None = None
    event_id: str | None = None
    action: Action | None = None
    parent_id: str | None = None
    epc_list: tuple[str, ...] = ()
    child_epcs: tuple[str, ...] = ()
    quantity_list: tuple[QuantityElement, ...] = ()
    child_quantity_list: tuple[QuantityElement, ...] = ()
    input_epc_list: tuple[str, ...] = ()
    output_epc_list: tuple[str, ...] = ()
    input_quantity_list: tuple[QuantityElement, ...] = ()
    output_quantity_list: tuple[QuantityElement, ...] = ()
    transformation_id: str | None = None
    biz_step: str | None = None
    disposition: str | None = None
    persistent_disposition: PersistentDisposition | None = None
    read_point: str | None = None
    read_point_extensions: Fields = field(default_factory=dict, hash=False)
    biz_location: str | None = None
    biz_location_extensions: Fields = field(default_factory=dict, hash=False)
    biz_transactions: tuple[BizTransaction, ...] = ()
    sources: tuple[Source, ...] = ()
    destinations: tuple[Destination, ...] = ()
    sensor_elements: tuple[SensorElement, ...] = ()
    ilmd: Fields = field(default_factory=dict, hash=False)
    certification_info: tuple[str, ...] = ()
    error_declaration: ErrorDeclaration | None = None
    extensions: Fields = field(default_factory=dict, hash=False)
    context: Mapping[str, str] = field(default_factory=dict, hash=False, compare=False)


def master_data(fields: Fields, name: str) -> Any | None:
    """The CBV master data attribute `name` (`lotNumber`, `itemExpirationDate`…) of an ILMD or extension.

    The JSON-LD context ends the namespace with a colon, the XML binding does not; both are found.

    >>> master_data({"{urn:epcglobal:cbv:mda:}lotNumber": "L1"}, "lotNumber")
    'L1'
    """
    value = fields.get(f"{{urn:epcglobal:cbv:mda:}}{name}")
    return fields.get(f"{{urn:epcglobal:cbv:mda}}{name}") if value is None else value
