"""The canonical hash: equal to the published ones, and equal for what means the same."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation.epcis import (
    Document,
    ErrorDeclaration,
    Event,
    QuantityElement,
    SensorElement,
    SensorReport,
    event_hash,
    instant,
    prehash,
    read_json,
)
from tests.foundation.epcis.bodies import OBJECT, event_of
from tests.foundation.epcis.event_strategies import events


def hashes(document: Document) -> list[str]:
    return [event_hash(one.event, ignored=document.ignored) for one in document.events if one.event]


@pytest.fixture(scope="module")
def published(shared: Path) -> list[tuple[Path, dict[str, Any]]]:
    folder = shared / "epcis/hash"
    expected = json.loads((folder / "expected.json").read_bytes())
    return [(folder / one["document"], one) for one in expected if not one["document"].endswith(".xml")]


def test_every_published_hash_of_a_json_document_is_computed(published: list[Any]) -> None:
    assert len(published) == 13
    for path, expected in published:
        assert hashes(read_json(path.read_bytes())) == expected["hashes"], path.name


def test_every_published_string_before_hashing_is_computed(published: list[Any]) -> None:
    compared = 0
    for path, expected in published:
        document = read_json(path.read_bytes())
        ours = [prehash(one.event, ignored=document.ignored) for one in document.events if one.event]
        for text, theirs, digest in zip(ours, expected["prehashes"] or [], expected["hashes"], strict=False):
            # Two of the published strings are of other events than the hashes beside them.
            if hashlib.sha256(theirs.encode()).hexdigest() in digest:
                assert text == theirs, path.name
                compared += 1
    assert compared == 28


def test_sets_that_must_hash_alike_do(shared: Path) -> None:
    paths = sorted((shared / "epcis/hash/equal").glob("*.json"))
    assert paths
    for path in paths:
        found = hashes(read_json(path.read_bytes()))
        assert len(found) > 1
        assert len(set(found)) == 1, path.name


def test_the_order_in_which_documents_are_hashed_changes_nothing(published: list[Any]) -> None:
    forth = [hashes(read_json(path.read_bytes())) for path, _ in published]
    back = [hashes(read_json(path.read_bytes())) for path, _ in reversed(published)]
    assert forth == back[::-1]


@pytest.mark.parametrize(
    ("time", "hashed"),
    [
        ("2024-05-01T10:00:00Z", "2024-05-01T10:00:00.000Z"),
        ("2024-05-01T12:00:00+02:00", "2024-05-01T10:00:00.000Z"),
        ("2024-05-01T10:00:00.1234Z", "2024-05-01T10:00:00.123Z"),
        ("2024-05-01T10:00:00.1236Z", "2024-05-01T10:00:00.124Z"),
        ("2024-05-01T10:00:00.0005Z", "2024-05-01T10:00:00.000Z"),
        ("2024-05-01T10:00:00.0015Z", "2024-05-01T10:00:00.002Z"),
        ("2024-12-31T23:59:59.9995Z", "2025-01-01T00:00:00.000Z"),
        ("2024-12-31T23:59:59.999501Z", "2025-01-01T00:00:00.000Z"),
        ("2024-12-31T23:59:59.999999Z", "2025-01-01T00:00:00.000Z"),
        ("2024-12-31T23:59:59.9994Z", "2024-12-31T23:59:59.999Z"),
        ("1969-12-31T23:59:59.9996Z", "1970-01-01T00:00:00.000Z"),
    ],
)
def test_times_are_rounded_to_the_millisecond_and_the_rounding_carries(time: str, hashed: str) -> None:
    assert f"eventTime={hashed}eventTimeZone" in prehash(event_of({**OBJECT, "eventTime": time}))


def test_identity_record_time_error_declaration_and_comments_take_no_part() -> None:
    event = event_of(OBJECT)
    declaration = ErrorDeclaration(instant("2024-05-02T00:00:00Z"), "incorrect_data")
    comment = "{http://www.w3.org/2000/01/rdf-schema#}comment"
    twin = replace(
        event, event_id="urn:x:y", record_time=5, error_declaration=declaration, extensions={comment: "seen"}
    )
    assert event_hash(twin) == event_hash(event)


def test_a_nested_comment_takes_no_part_either() -> None:
    plain = event_of({**OBJECT, "example:a": {"example:b": 1}})
    told = event_of({**OBJECT, "example:a": {"example:b": 1, "rdfs:comment": "x"}})
    assert event_hash(told) == event_hash(plain)


def test_fields_that_the_repository_wants_ignored_take_no_part() -> None:
    event = event_of({**OBJECT, "example:hash": "x"})
    assert event_hash(event) != event_hash(event_of(OBJECT))
    assert event_hash(event, ignored={"{https://ns.example.com/epcis/}hash"}) == event_hash(event_of(OBJECT))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("urn:epc:id:sgtin:4012345.011111.9876", "https://id.gs1.org/01/04012345111118/21/9876"),
        ("urn:epc:id:sgtin:4012345.011111.9876", "https://example.com/01/04012345111118/21/9876"),
        ("urn:epc:id:sscc:4012345.0000000111", "https://example.org/x/00/040123450000001112"),
    ],
)
def test_urn_and_digital_link_on_any_host_hash_alike(one: str, other: str) -> None:
    assert event_hash(event_of({**OBJECT, "epcList": [one]})) == event_hash(
        event_of({**OBJECT, "epcList": [other]})
    )


def test_numbers_hash_by_value() -> None:
    def weighed(amount: str, value: str) -> str:
        report = SensorReport("Temperature", value=Decimal(value))
        return event_hash(
            replace(
                event_of(OBJECT),
                quantity_list=(QuantityElement("urn:x:y", Decimal(amount), "KGM"),),
                sensor_elements=(SensorElement(None, (report,)),),
            )
        )

    assert weighed("26", "0.1") == weighed("26.0", "0.1000") == weighed("2.6E+1", "1E-1")
    assert weighed("26", "0") == weighed("26", "-0.0")
    assert weighed("26", "0.1") != weighed("26.01", "0.1")


def test_text_that_looks_like_a_number_stays_text() -> None:
    one, other = ({**OBJECT, "example:lot": lot} for lot in ("007", "7"))
    assert event_hash(event_of(one)) != event_hash(event_of(other))


def test_sensor_rules_that_the_table_forgets_take_part() -> None:
    report = {"type": "Temperature", "value": 3, "bizRules": "https://id.gs1.org/253/4012345000054987"}
    event = event_of({**OBJECT, "sensorElementList": [{"sensorReport": [report]}]})
    assert prehash(event).endswith(
        "sensorElementListsensorElementsensorReporttype=https://gs1.org/voc/Temperaturevalue=3"
        "sensorElementListsensorElementsensorReportbizRules=https://id.gs1.org/253/4012345000054987"
    )


def _shuffled(event: Event, chance: Any) -> Event:
    def mixed(items: Any) -> Any:
        return tuple(chance.sample(list(items), len(items)))

    return replace(
        event,
        epc_list=mixed(event.epc_list),
        child_epcs=mixed(event.child_epcs),
        quantity_list=mixed(event.quantity_list),
        child_quantity_list=mixed(event.child_quantity_list),
        input_epc_list=mixed(event.input_epc_list),
        output_quantity_list=mixed(event.output_quantity_list),
        biz_transactions=mixed(event.biz_transactions),
        sources=mixed(event.sources),
        destinations=mixed(event.destinations),
        sensor_elements=tuple(
            replace(element, reports=mixed(element.reports)) for element in mixed(event.sensor_elements)
        ),
        certification_info=mixed(event.certification_info),
        extensions=dict(mixed(event.extensions.items())),
        ilmd=dict(mixed(event.ilmd.items())),
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(events(), st.randoms(use_true_random=False))
def test_the_order_of_lists_and_fields_does_not_matter(event: Event, chance: Any) -> None:
    assert prehash(_shuffled(event, chance)) == prehash(event)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(events(), st.integers(1_000, 10**12))
def test_another_millisecond_is_another_event(event: Event, later: int) -> None:
    assert event_hash(replace(event, event_time=event.event_time + later)) != event_hash(event)
