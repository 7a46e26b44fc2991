"""What the standard demands beyond the schema, what is accepted with a warning, and how faults are told."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from foundation.epcis import Action, EpcisError, EventType, Limits, instant, master_data, read_json
from tests.foundation.epcis.bodies import AGGREGATION, OBJECT, body, captured, errors, event_of, warnings

LOT = "urn:epc:class:lgtin:4012345.011111.L1"
ITEM = "urn:epc:id:sgtin:4012345.011111.9876"


def with_quantity(**element: Any) -> dict[str, Any]:
    return {**OBJECT, "quantityList": [{"epcClass": LOT, **element}]}


# --- refused although the schema accepts ---


@pytest.mark.parametrize("amount", [0, -1, -0.5])
def test_a_quantity_not_above_zero_is_refused(amount: float) -> None:
    (fault,) = errors(with_quantity(quantity=amount, uom="KGM"))
    assert fault.pointer == "/epcisBody/eventList/0/quantityList/0/quantity"
    assert "above zero" in fault.message
    assert "QuantityElement" in fault.rule


@pytest.mark.parametrize("item", [ITEM, "https://example.com/01/04012345111118/10/L1/21/9876"])
def test_a_serialised_item_is_no_class(item: str) -> None:
    (fault,) = errors({**OBJECT, "quantityList": [{"epcClass": item, "quantity": 1}]})
    assert fault.pointer.endswith("/quantityList/0/epcClass")


@pytest.mark.parametrize("action", ["ADD", "DELETE"])
def test_an_aggregation_that_adds_or_deletes_names_its_parent(action: str) -> None:
    (fault,) = errors({k: v for k, v in AGGREGATION.items() if k != "parentID"} | {"action": action})
    assert "parentID is missing" in fault.message


def test_an_aggregation_may_be_observed_without_parent() -> None:
    event = event_of({k: v for k, v in AGGREGATION.items() if k != "parentID"} | {"action": "OBSERVE"})
    assert event.parent_id is None


@pytest.mark.parametrize("time", ["2024-05-01T10:00:00", "0001-01-01T00:00:00Z", "2024-05-01"])
def test_a_time_without_offset_or_of_no_sane_year_is_refused(time: str) -> None:
    (fault,) = errors({**OBJECT, "eventTime": time})
    assert fault.pointer.endswith("/eventTime")
    assert time in fault.message


def test_a_persistent_disposition_is_checked_on_every_event_type() -> None:
    assert errors({**AGGREGATION, "persistentDisposition": 5})
    assert errors({**AGGREGATION, "persistentDisposition": {"set": ["no such word"]}})
    event = event_of({**AGGREGATION, "persistentDisposition": {"set": ["recalled"]}})
    assert event.persistent_disposition is not None
    assert event.persistent_disposition.set == ("recalled",)


def test_a_quantity_of_very_many_digits_is_judged_too() -> None:
    data = body({**OBJECT, "quantityList": [{"epcClass": LOT, "quantity": 1}]}).replace(
        b'"quantity":1', b'"quantity":1.5e39'
    )
    (one,) = read_json(data).events
    assert one.event is not None
    assert one.event.quantity_list[0].quantity == Decimal("1.5e39")
    assert one.issues == ()


# --- accepted ---


def test_a_delete_without_children_is_accepted() -> None:
    event = event_of({**AGGREGATION, "action": "DELETE", "childEPCs": []})
    assert event.action is Action.DELETE
    assert event.child_epcs == ()
    event_of({k: v for k, v in AGGREGATION.items() if k != "childEPCs"} | {"action": "DELETE"})


@pytest.mark.parametrize(
    ("change", "pointer", "says"),
    [
        (with_quantity(quantity=1.5), "/quantityList/0", "without a unit"),
        (with_quantity(uom="KGM"), "/quantityList/0", "without a quantity"),
        ({**OBJECT, "epcList": [LOT]}, "/epcList/0", "names a class"),
        ({**OBJECT, "epcList": ["urn:epc:idpat:sgtin:4012345.011111.*"]}, "/epcList/0", "names a class"),
        ({**AGGREGATION, "parentID": LOT}, "/parentID", "names a class"),
        (
            {
                **OBJECT,
                "errorDeclaration": {
                    "declarationTime": "2024-05-02T00:00:00Z",
                    "reason": "cbv:ER-did_not_occur",
                    "correctiveEventIDs": ["urn:uuid:1"],
                },
            },
            "/errorDeclaration",
            "no corrective events",
        ),
        (
            {**OBJECT, "persistentDisposition": {"set": ["recalled"], "unset": ["cbv:Disp-recalled"]}},
            "/persistentDisposition",
            "both set and unset",
        ),
        (
            {**OBJECT, "quantityList": [{"epcClass": "urn:epc:id:sscc:4012345.0000000111", "quantity": 1}]},
            "/quantityList/0/epcClass",
            "names an instance",
        ),
    ],
)
def test_what_is_odd_is_kept_with_a_warning(change: dict[str, Any], pointer: str, says: str) -> None:
    (warning,) = warnings(change)
    assert warning.severity == "warning"
    assert warning.pointer == f"/epcisBody/eventList/0{pointer}"
    assert says in warning.message


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"epcList": ["urn:epc:id:sgtin:4012345.11.9876"]}, "/epcList/0"),
        ({"epcList": [ITEM, "https://id.gs1.org/01/04012345111119/21/1"]}, "/epcList/1"),
        ({"readPoint": {"id": "urn:epc:id:sgln:4012345.1.0"}}, "/readPoint/id"),
        ({"bizLocation": {"id": "https://id.gs1.org/414/4012345000116"}}, "/bizLocation/id"),
        (
            {"sourceList": [{"type": "owning_party", "source": "urn:epc:id:pgln:4012345.1"}]},
            "/sourceList/0/source",
        ),
        ({"quantityList": [{"epcClass": "urn:epc:class:lgtin:1.2.x"}]}, "/quantityList/0/epcClass"),
    ],
)
def test_a_malformed_gs1_identifier_is_kept_as_it_is(change: dict[str, Any], pointer: str) -> None:
    (warning,) = warnings({**OBJECT, **change})
    assert warning.pointer.endswith(pointer)
    assert "kept as it is" in warning.message


def test_identifiers_that_are_no_gs1_keys_are_legal() -> None:
    things = ["urn:gdst:example.org:product:lot:7", "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66"]
    assert warnings({**OBJECT, "epcList": things}) == []


def test_a_list_of_certificates_and_a_single_one_are_the_same_field() -> None:
    one = "https://example.org/certificate/1"
    assert event_of({**OBJECT, "certificationInfo": one}).certification_info == (one,)
    assert event_of({**OBJECT, "certificationInfo": [one]}).certification_info == (one,)


# --- fields of other namespaces ---


def test_extensions_are_resolved_to_their_namespace_however_deep() -> None:
    event = event_of({**OBJECT, "example:a": {"example:b": [{"cbvmda:lotNumber": "L1"}], "plain": None}})
    space = "{https://ns.example.com/epcis/}"
    inner = {f"{space}b": [{"{urn:epcglobal:cbv:mda:}lotNumber": "L1"}], "plain": None}
    assert event.extensions == {f"{space}a": inner}


def test_a_prefix_that_nobody_defines_is_kept_with_a_warning() -> None:
    one = captured({**OBJECT, "unknown:field": 1})
    assert one.event is not None
    assert one.event.extensions == {"unknown:field": 1}
    (warning,) = one.issues
    assert "'unknown'" in warning.message


def test_a_name_that_is_a_uri_needs_no_prefix() -> None:
    assert warnings({**OBJECT, "https://example.com/field": 1, "urn:example:field": 2}) == []


def test_an_event_may_bring_its_own_prefixes() -> None:
    event = event_of({**OBJECT, "@context": {"mine": "https://mine.example/"}, "mine:x": 1, "example:y": 2})
    assert set(event.extensions) == {"{https://mine.example/}x", "{https://ns.example.com/epcis/}y"}


def test_a_field_without_prefix_is_refused() -> None:
    (fault,) = errors({**OBJECT, "note": "x"})
    assert fault.pointer == "/epcisBody/eventList/0/note"
    assert "prefix:name" in fault.message


def test_master_data_of_a_lot_is_found_with_the_namespace_of_json_and_of_xml() -> None:
    event = event_of({**OBJECT, "action": "ADD", "ilmd": {"cbvmda:lotNumber": "L1"}})
    assert master_data(event.ilmd, "lotNumber") == "L1"
    assert master_data({"{urn:epcglobal:cbv:mda}lotNumber": "L2"}, "lotNumber") == "L2"
    assert master_data({}, "lotNumber") is None


def test_an_event_type_of_another_namespace_keeps_its_fields_as_extensions() -> None:
    event = event_of(
        {
            "type": "example:Ripening",
            "eventTime": "2024-05-01T10:00:00Z",
            "eventTimeZoneOffset": "+00:00",
            "epcList": 5,
            "example:stage": "soft",
        }
    )
    assert event.type == "example:Ripening"
    assert event.event_time == instant("2024-05-01T10:00:00Z")
    assert event.epc_list == ()
    assert event.extensions == {"epcList": 5, "{https://ns.example.com/epcis/}stage": "soft"}


# --- how faults are told ---


def test_all_faults_of_an_event_are_told_at_once() -> None:
    faults = errors({"type": "ObjectEvent", "action": "SEEN", "epcList": ["no uri", 5], "foo/bar~": 1})
    pointers = {fault.pointer.removeprefix("/epcisBody/eventList/0") for fault in faults}
    assert pointers == {"/action", "/epcList/0", "/epcList/1", "/foo~1bar~0", ""}
    assert {"eventTime is missing", "eventTimeZoneOffset is missing"} <= {fault.message for fault in faults}


def test_a_broken_event_leaves_the_others_usable() -> None:
    document = read_json(body(OBJECT, 7, {**OBJECT, "action": None}, AGGREGATION))
    assert [one.event is None for one in document.events] == [False, True, True, False]
    assert [one.index for one in document.events] == [0, 1, 2, 3]
    assert document.events[3].event is not None
    assert document.events[3].event.type == EventType.AGGREGATION


@pytest.mark.parametrize("value", [None, True, 5, 1.5, "x", [], [OBJECT], {}, {"type": None}, {"type": "x"}])
def test_what_is_no_event_is_an_issue_of_its_own(value: Any) -> None:
    faults = errors(value)
    assert all(fault.pointer.startswith("/epcisBody/eventList/0") for fault in faults)


def test_an_issue_reads_as_one_line_with_its_place() -> None:
    (fault,) = errors({**OBJECT, "action": "SEEN"})
    text = str(fault)
    assert text.startswith("/epcisBody/eventList/0/action: must be ADD, OBSERVE or DELETE, not 'SEEN'")
    assert "line 1, column" in text


def test_a_document_lists_all_faults_of_its_envelope() -> None:
    with pytest.raises(EpcisError) as caught:
        read_json(
            b'{"type": "EPCISDocument", "schemaVersion": "two", "epcisBody": {"eventList": {}}, "x": 1}'
        )
    pointers = {issue.pointer for issue in caught.value.issues}
    assert pointers == {"", "/schemaVersion", "/epcisBody/eventList", "/x"}


def test_the_number_of_faults_told_is_limited() -> None:
    limits = Limits(max_issues=5)
    data = body({**OBJECT, "epcList": ["no uri"] * 1000})
    (one,) = read_json(data, limits).events
    assert one.event is None
    assert len(one.issues) == 5


def test_warnings_never_hide_that_an_event_is_refused() -> None:
    odd = [f"urn:epc:class:lgtin:4012345.011111.{n}" for n in range(300)]
    one = captured({**OBJECT, "epcList": odd, "zz": 1})
    assert one.event is None
    assert any(issue.severity == "error" for issue in one.issues)
