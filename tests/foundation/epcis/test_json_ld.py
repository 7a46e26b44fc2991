"""Writing an event as JSON-LD and reading it again gives the same event."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings

from foundation.epcis import (
    Action,
    Event,
    EventType,
    QuantityElement,
    event_hash,
    read_event,
    read_json,
    to_json,
    to_json_ld,
)
from tests.foundation.epcis.event_strategies import events
from tests.foundation.epcis.schema_oracle import documents, load, verdict

OBSERVED = Event(EventType.OBJECT.value, 0, "+00:00", action=Action.OBSERVE)


def again(event: Event) -> Event:
    return read_event(to_json(to_json_ld(event)))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(events())
def test_what_is_written_reads_as_the_same_event(event: Event) -> None:
    (captured,) = read_json(to_json(to_json_ld(event))).events
    assert captured.event == event, captured.issues
    assert captured.event.context == event.context
    assert event_hash(captured.event) == event_hash(event)


def test_every_event_of_the_shared_documents_survives_writing_and_reading(shared: Path) -> None:
    text = load(shared / "epcis/schema/epcis-json-schema-2.0.1.json")
    schema = jsonschema_rs.validator_for(text, validate_formats=True)
    seen = 0
    for path in documents(shared):
        if not verdict(path.read_bytes())[0]:
            continue
        for captured in read_json(path.read_bytes()).events:
            assert captured.event is not None
            written = to_json(to_json_ld(captured.event))
            assert read_event(written) == captured.event, path.name
            value = json.loads(written)
            assert schema.is_valid(value), (path.name, [error.message for error in schema.iter_errors(value)])
            seen += 1
    assert seen > 120


def test_the_stored_bytes_of_an_event_read_as_what_was_captured(shared: Path) -> None:
    for path in documents(shared):
        if verdict(path.read_bytes())[0]:
            document = read_json(path.read_bytes())
            for captured in document.events:
                assert read_event(captured.received, document.context) == captured.event, path.name


def test_digits_of_a_quantity_are_kept() -> None:
    amount = Decimal("12345678901234567890.123456789012345678")
    event = replace(OBSERVED, quantity_list=(QuantityElement("urn:x:y", amount, "KGM"),))
    assert b'"quantity":12345678901234567890.123456789012345678' in to_json(to_json_ld(event))
    assert again(event).quantity_list[0].quantity == amount


def test_microseconds_are_kept() -> None:
    assert again(replace(OBSERVED, event_time=1_700_000_000_000_001)).event_time == 1_700_000_000_000_001


def test_an_event_without_objects_is_written_with_an_empty_list() -> None:
    assert to_json_ld(OBSERVED)["epcList"] == []
    assert again(OBSERVED) == OBSERVED


def test_a_namespace_without_prefix_gets_one() -> None:
    event = replace(OBSERVED, extensions={"{https://ns.example.com/epcis/}myField": 1})
    written = to_json_ld(event)
    assert written["ns1:myField"] == 1
    assert written["@context"][1] == {"ns1": "https://ns.example.com/epcis/"}
    assert again(event) == event


def test_json_has_no_form_for_what_is_no_json() -> None:
    with pytest.raises(TypeError):
        to_json({"x": Decimal("NaN")})
    with pytest.raises(TypeError):
        to_json({"x": object()})


def test_two_prefixes_of_one_namespace_give_one_field_with_both_values() -> None:
    (captured,) = read_json(
        b'{"@context": {"a": "https://schema.org/", "b": "https://schema.org/"}, "type": "ObjectEvent",'
        b'"eventTime": "2024-05-01T10:00:00Z", "eventTimeZoneOffset": "+00:00", "action": "OBSERVE",'
        b'"epcList": [], "a:mpn": "1", "b:mpn": ["2", "3"]}'
    ).events
    assert captured.event is not None
    assert captured.event.extensions == {"{https://schema.org/}mpn": ["1", "2", "3"]}
    assert again(captured.event) == captured.event
