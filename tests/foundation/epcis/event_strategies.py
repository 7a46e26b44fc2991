"""Hypothesis strategies for events of every type, with every field and extensions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from foundation.epcis import (
    Action,
    BizTransaction,
    Destination,
    ErrorDeclaration,
    Event,
    EventType,
    PersistentDisposition,
    QuantityElement,
    SensorElement,
    SensorMetadata,
    SensorReport,
    Source,
)
from foundation.epcis.vocabulary import (
    BIZ_STEP,
    BIZ_TRANSACTION_TYPE,
    COMPONENT,
    DISPOSITION,
    ERROR_REASON,
    MEASUREMENT_TYPE,
    SENSOR_ALERT_TYPE,
    SOURCE_DEST_TYPE,
    Vocabulary,
)

CONTEXT = {"example": "https://ns.example.com/epcis/", "own": "urn:example:own:"}
NAMESPACES = [*CONTEXT.values(), "urn:epcglobal:cbv:mda:", "https://gs1.org/voc/"]

times = st.integers(min_value=-2_000_000_000_000_000, max_value=200_000_000_000_000_000)
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
numbers = st.one_of(
    st.decimals(min_value=-(10**12), max_value=10**12, places=3, allow_nan=False),
    st.decimals(min_value=Decimal("0.000000001"), max_value=1, allow_nan=False, places=9),
    st.integers(-(10**20), 10**20).map(Decimal),
)
amounts = st.decimals(min_value=Decimal("0.001"), max_value=10**9, places=3, allow_nan=False)
serials = st.text("ABCabc0123456789-", min_size=1, max_size=12)
things = st.one_of(
    serials.map("urn:epc:id:sgtin:4012345.011111.{}".format),
    serials.map("https://id.gs1.org/01/04012345111118/21/{}".format),
    st.integers(0, 10**9).map("urn:epc:id:sscc:4012345.{:010d}".format),
    serials.map("urn:gdst:example.org:product:instance:{}".format),
)
classes = st.one_of(
    serials.map("urn:epc:class:lgtin:4012345.011111.{}".format),
    st.just("https://id.gs1.org/01/04012345111118"),
    serials.map("urn:gdst:example.org:product:lot:{}".format),
)
places = st.one_of(
    st.just("urn:epc:id:sgln:4012345.00001.0"),
    st.just("https://id.gs1.org/414/4012345000115"),
    st.just("geo:47.5,11.1"),
)
uris = st.one_of(things, places, st.just("https://example.com/x?y=1#z"))


def words(vocabulary: Vocabulary) -> st.SearchStrategy[str]:
    return st.one_of(st.sampled_from(list(vocabulary.words)), st.just("https://example.com/voc/own"))


names = st.builds(
    "{{{}}}{}".format, st.sampled_from(NAMESPACES), st.text("abcXYZ019_", min_size=1, max_size=6)
)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**6), 10**6), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=3)),
    max_leaves=5,
)
fields = st.dictionaries(names, json_values, max_size=3)


def tuples_of(items: st.SearchStrategy[Any], **size: Any) -> st.SearchStrategy[Any]:
    return st.lists(items, **({"max_size": 3} | size)).map(tuple)


optional = st.none()
quantities = tuples_of(
    st.builds(
        QuantityElement, classes, st.one_of(optional, amounts), st.sampled_from([None, "KGM", "LTR", "C62"])
    )
)
reports = st.builds(
    SensorReport,
    type=words(MEASUREMENT_TYPE),
    exception=st.one_of(optional, words(SENSOR_ALERT_TYPE)),
    device_id=st.one_of(optional, uris),
    raw_data=st.one_of(optional, uris),
    time=st.one_of(optional, times),
    chemical_substance=st.one_of(optional, uris),
    value=st.one_of(optional, numbers),
    component=st.one_of(optional, words(COMPONENT)),
    string_value=st.one_of(optional, texts),
    boolean_value=st.one_of(optional, st.booleans()),
    hex_binary_value=st.sampled_from([None, "f0F0"]),
    uri_value=st.one_of(optional, uris),
    max_value=st.one_of(optional, numbers),
    perc_rank=st.one_of(optional, numbers),
    uom=st.sampled_from([None, "CEL", "A93"]),
    biz_rules=st.one_of(optional, uris),
    coordinate_reference_system=st.one_of(optional, uris),
    extensions=fields,
)
elements = st.builds(
    SensorElement,
    st.one_of(
        optional,
        st.builds(
            SensorMetadata,
            time=st.one_of(optional, times),
            start_time=st.one_of(optional, times),
            device_id=st.one_of(optional, uris),
            biz_rules=st.one_of(optional, uris),
            extensions=fields,
        ),
    ),
    tuples_of(reports, min_size=1),
    fields,
)
lasting = st.builds(
    PersistentDisposition,
    tuples_of(words(DISPOSITION), min_size=1, unique=True),
    tuples_of(words(DISPOSITION), unique=True),
)
declarations = st.builds(
    ErrorDeclaration, times, st.one_of(optional, words(ERROR_REASON)), tuples_of(uris), fields
)


@st.composite
def events(draw: st.DrawFn) -> Event:
    """A valid event of any of the five types."""
    kind = draw(st.sampled_from(list(EventType)))
    own: dict[str, Any] = {}
    unique = {"unique": True}
    if kind is EventType.OBJECT:
        own = {"epc_list": draw(tuples_of(things, **unique)), "quantity_list": draw(quantities)}
    elif kind is EventType.TRANSACTION:
        own = {"epc_list": draw(tuples_of(things)), "parent_id": draw(st.one_of(optional, things))}
    elif kind is EventType.TRANSFORMATION:
        own = {
            "input_epc_list": draw(tuples_of(things, min_size=1, unique=True)),
            "input_quantity_list": draw(quantities),
            "output_epc_list": draw(tuples_of(things, min_size=1, unique=True)),
            "output_quantity_list": draw(quantities),
            "transformation_id": draw(st.one_of(optional, uris)),
            "ilmd": draw(fields),
        }
    else:
        own = {
            "parent_id": draw(things),
            "child_epcs": draw(tuples_of(things, min_size=1)),
            "child_quantity_list": draw(quantities),
        }
    if kind is not EventType.TRANSFORMATION:
        own["action"] = draw(st.sampled_from(list(Action)))
    if own.get("action") is Action.ADD and kind is EventType.OBJECT:
        own["ilmd"] = draw(fields)
    least = 1 if kind is EventType.TRANSACTION else 0
    types = st.one_of(optional, words(BIZ_TRANSACTION_TYPE))
    return Event(
        type=kind.value,
        event_time=draw(times),
        event_time_zone_offset=draw(st.sampled_from(["+00:00", "+02:00", "-06:00", "+14:00"])),
        record_time=draw(st.one_of(optional, times)),
        event_id=draw(st.one_of(optional, uris)),
        biz_step=draw(st.one_of(optional, words(BIZ_STEP))),
        disposition=draw(st.one_of(optional, words(DISPOSITION))),
        persistent_disposition=draw(st.one_of(optional, lasting)),
        read_point=draw(places),
        read_point_extensions=draw(fields),
        biz_location=draw(places),
        biz_location_extensions=draw(fields),
        biz_transactions=draw(tuples_of(st.builds(BizTransaction, uris, types), min_size=least)),
        sources=draw(tuples_of(st.builds(Source, words(SOURCE_DEST_TYPE), uris))),
        destinations=draw(tuples_of(st.builds(Destination, words(SOURCE_DEST_TYPE), uris))),
        sensor_elements=draw(tuples_of(elements, max_size=2)),
        certification_info=draw(tuples_of(uris)),
        error_declaration=draw(st.one_of(optional, declarations)),
        extensions=draw(fields),
        context=CONTEXT,
        **own,
    )
