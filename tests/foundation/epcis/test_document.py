"""Reading documents: exact slices and places, and hostile bodies."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation.epcis import (
    EpcisError,
    Issue,
    Limits,
    event_hash,
    instant,
    read_event,
    read_json,
    to_json,
    to_json_ld,
)
from tests.foundation.epcis.bodies import AGGREGATION, CONTEXT, OBJECT, body
from tests.foundation.epcis.event_strategies import events
from tests.foundation.epcis.schema_oracle import NAMES, VALUES, documents, load, verdict

HEAD = (
    b'{"@context": {"example": "https://ns.example.com/epcis/"}, "type": "ObjectEvent",'
    b'"eventTime": "2024-05-01T10:00:00Z", "eventTimeZoneOffset": "+00:00", "action": "OBSERVE",'
    b'"epcList": []'
)


def refused(data: bytes, limits: Limits | None = None) -> Issue:
    """The first reason for which a body is refused as a whole."""
    with pytest.raises(EpcisError) as caught:
        read_json(data, limits or Limits())
    return caught.value.issues[0]


# --- what is read ---


def test_every_event_keeps_the_very_bytes_it_came_in(shared: Path) -> None:
    for path in documents(shared):
        data = path.read_bytes()
        if not verdict(data)[0]:
            continue
        document, at = read_json(data), 0
        for one in document.events:
            at = data.index(one.received, at)
            assert json.loads(one.received) == _at(load(path), one.pointer)
            at += len(one.received)


def _at(value: Any, pointer: str) -> Any:
    for step in pointer.split("/")[1:]:
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def test_bytes_beyond_ascii_and_odd_spacing_are_kept_as_they_are() -> None:
    event = json.dumps({**OBJECT, "example:note": "溯源 — 😀"}, ensure_ascii=False, indent=3)
    text = body().decode().replace('"eventList":[]', f'"eventList": [\n  {event} ,\t{event}\n]')
    document = read_json(text.encode())
    assert [one.received for one in document.events] == [event.encode(), event.encode()]
    assert document.events[1].event == document.events[0].event


def test_line_and_column_show_where_an_event_starts() -> None:
    broken = '{"type": "ObjectEvent"}'
    good = json.dumps(OBJECT)
    text = body().decode().replace('"eventList":[]', f'"eventList":[\n{good},\n  "溯源",  {broken}]')
    document = read_json(text.encode())
    assert [one.issues[0].line for one in document.events[1:]] == [3, 3]
    assert [one.issues[0].column for one in document.events[1:]] == [3, 10]


def test_the_order_of_members_in_a_document_does_not_matter() -> None:
    value = json.loads(body({**OBJECT, "example:x": 1}))
    turned = dict(reversed(value.items()))
    first, second = read_json(json.dumps(value).encode()), read_json(json.dumps(turned).encode())
    assert first.events[0].event == second.events[0].event
    assert second.kind == "EPCISDocument"


def test_a_document_tells_its_frame() -> None:
    document = read_json(body(OBJECT, AGGREGATION))
    assert document.kind == "EPCISDocument"
    assert document.context == CONTEXT
    assert document.namespaces["example"] == "https://ns.example.com/epcis/"
    assert document.creation_date == instant("2024-05-01T10:00:00Z")
    assert document.schema_version == "2.0"
    assert [one.pointer for one in document.events] == ["/epcisBody/eventList/0", "/epcisBody/eventList/1"]


def test_a_bare_event_is_a_document_of_one() -> None:
    data = b"\n  " + HEAD + b', "example:x": 1.50}  '
    document = read_json(data)
    (one,) = document.events
    assert document.kind == "event"
    assert one.received == data.strip()
    assert one.pointer == ""
    assert one.event is not None
    assert one.event.extensions == {"{https://ns.example.com/epcis/}x": Decimal("1.50")}


def test_a_bare_event_needs_its_context() -> None:
    assert "@context is missing" in refused(json.dumps(OBJECT).encode()).message


def test_a_query_document_is_read_with_header_and_master_data(shared: Path) -> None:
    document = read_json((shared / "epcis/seafood/events.jsonld").read_bytes())
    assert document.kind == "EPCISQueryDocument"
    assert len(document.events) > 10
    assert all(one.event is not None for one in document.events)
    assert document.events[2].pointer == "/epcisBody/queryResults/resultsBody/eventList/2"
    assert all("type" in vocabulary for vocabulary in document.master_data)


def test_master_data_of_the_header_comes_raw() -> None:
    value = json.loads(body(OBJECT))
    places = {
        "type": "urn:epcglobal:epcis:vtype:BusinessLocation",
        "vocabularyElementList": [{"id": "urn:x:y"}],
    }
    value["epcisHeader"] = {"epcisMasterData": {"vocabularyList": [places]}}
    assert read_json(json.dumps(value).encode()).master_data == [places]


def test_a_decoy_list_beside_the_event_list_is_no_event_list() -> None:
    value = json.loads(body(OBJECT))
    value["epcisBody"]["example:more"] = [OBJECT, OBJECT]
    value["epcisBody"]["queryResults"] = {"resultsBody": {"eventList": [1, 2, 3]}}
    assert len(read_json(json.dumps(value).encode()).events) == 1
    value["epcisBody/eventList"] = [1, 2, 3]
    assert refused(json.dumps(value).encode()).pointer == "/epcisBody~1eventList"


def test_what_the_log_holds_is_read_with_the_context_it_came_with() -> None:
    document = read_json(body({**OBJECT, "example:x": {"example:y": 1}}))
    (one,) = document.events
    again = read_event(one.received, document.context)
    assert again == one.event
    assert again.context == {"example": "https://ns.example.com/epcis/"}
    assert event_hash(again) == event_hash(one.event)


def test_what_was_accepted_under_wider_limits_can_be_read_again() -> None:
    many = [f"urn:epc:id:sgtin:4012345.011111.{n}" for n in range(20)]
    wide = read_json(body({**OBJECT, "epcList": many, "example:text": "x" * 200_000}), Limits(max_text=10**6))
    assert read_event(wide.events[0].received, wide.context) == wide.events[0].event


def test_broken_bytes_are_no_event() -> None:
    for received in (b"", b"{}", b"[]", b'{"type": "ObjectEvent"}', HEAD, HEAD + b"} {}"):
        with pytest.raises(EpcisError):
            read_event(received)


def test_a_byte_order_mark_is_passed_over() -> None:
    document = read_json(b"\xef\xbb\xbf" + HEAD + b"}")
    assert document.events[0].received == HEAD + b"}"


def test_an_unknown_context_url_defines_nothing_and_is_never_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_socket(*_: object, **__: object) -> None:
        raise AssertionError("a document must not cause network access")

    monkeypatch.setattr("socket.socket", no_socket)
    data = HEAD.replace(b'{"example": "https://ns.example.com/epcis/"}', b'["http://localhost:1/c.jsonld"]')
    (one,) = read_json(data + b', "example:x": 1}').events
    assert one.event is not None
    assert one.event.extensions == {"example:x": 1}


def test_the_fields_to_ignore_in_hashes_are_told_with_their_namespace() -> None:
    value = json.loads(body(OBJECT))
    value["example:ignoreFields"] = ["example:hash", "example:captureID", 5]
    space = "{https://ns.example.com/epcis/}"
    assert read_json(json.dumps(value).encode()).ignored == {f"{space}hash", f"{space}captureID"}


# --- hostile bodies ---


def test_a_body_of_200_megabytes_is_refused_before_it_is_parsed() -> None:
    data = b"[" * 200_000_000
    start = time.perf_counter()
    assert "bytes, allowed are" in refused(data).message
    assert time.perf_counter() - start < 0.5


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        HEAD + b', "example:deep": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        HEAD + b', "example:deep": ' + b'{"\\"]": ' * 5_000 + b"1" + b"}" * 5_000 + b"}",
        HEAD + b', "example:decoy]]]]": ["]]]]]\\"]]]]", ' + b"[" * 100 + b"]" * 100 + b"]}",
    ],
)
def test_deep_nesting_is_refused_without_nesting(data: bytes) -> None:
    issue = refused(data)
    assert "deep, allowed are" in issue.message
    assert issue.rule == "limit"


def test_brackets_in_text_do_not_count_as_nesting() -> None:
    data = HEAD + b', "example:text": "' + b'[{\\"[[{' * 1000 + b'", "example:more": "\\\\"}'
    assert read_json(data).events[0].event is not None


def test_millions_of_empty_arrays_are_refused_before_they_are_made() -> None:
    data = HEAD + b', "example:x": [' + b"[]," * 2_100_000 + b"1]}"
    assert "arrays and objects, allowed are 2000000" in refused(data).message


def test_no_limit_is_wide_enough_to_exhaust_the_stack() -> None:
    data = HEAD + b', "example:deep": ' + b"[" * 5_000 + b"]" * 5_000 + b"}"
    assert "allowed are 128" in refused(data, Limits(max_depth=10**6)).message


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (b"NaN", "NaN is no JSON number"),
        (b"[-Infinity]", "-Infinity is no JSON number"),
        (b"1" * 5000, "more digits than"),
        (b"0." + b"1" * 5000, "more digits than"),
        (b"1e999999999", "more digits than"),
        (b"1e-999999999", "more digits than"),
        (b"1e99999999999999999999999", "more digits than"),
        (b'{"a": 1, "b": 2, "a": 1}', "'a' stands in one object twice"),
        (b'"\\ud800"', "half of a surrogate pair"),
        (b'"\\udc00\\ud800 "', "half of a surrogate pair"),
        (b'[{"\\udfff": 1}]', "half of a surrogate pair"),
    ],
)
def test_what_json_does_not_have_makes_the_document_unusable(value: bytes, says: str) -> None:
    in_list = body().replace(
        b'"eventList":[]', b'"eventList":[{"a":1},\n ' + HEAD + b', "x:y": ' + value + b"}]"
    )
    issue = refused(in_list)
    assert says in issue.message
    assert issue.pointer == "/epcisBody/eventList/1"
    assert (issue.line, issue.column) == (2, 2)
    assert says in refused(b'{"x": ' + value + b"}").message


def test_a_pair_of_surrogates_is_a_character() -> None:
    (one,) = read_json(HEAD + b', "example:x": "\\ud83d\\ude00"}').events
    assert one.event is not None
    assert one.event.extensions == {"{https://ns.example.com/epcis/}x": "\U0001f600"}


@pytest.mark.parametrize("path", [b'"type"', b'"epcisBody"', b'"eventList"'])
def test_a_name_twice_on_the_way_to_the_events_is_refused(path: bytes) -> None:
    data = body(OBJECT)
    doubled = data.replace(path + b":", path + b":null," + path + b":", 1)
    assert "twice" in refused(doubled).message


@pytest.mark.parametrize(
    ("data", "line", "column"),
    [
        (b"", 1, 1),
        (b"   \n ", 2, 2),
        (b"null", 1, 1),
        (b"[]", 1, 1),
        (b'"x"', 1, 1),
        (b"{", 1, 2),
        (b"{,}", 1, 2),
        (b'{"a" 1}', 1, 6),
        (b'{"a": 1,}', 1, 9),
        (b'{"a": 1} x', 1, 10),
        (b'{\n "a": tru}', 2, 7),
        (b'{"a": "\x01"}', 1, 8),
        (b"{\"a\": '1'}", 1, 7),
        (b'{"epcisBody": {"eventList": [1 2]}}', 1, 32),
        (b'{"epcisBody": {"eventList": [1,]}}', 1, 32),
        (b'{"epcisBody": {"eventList": [1', 1, 31),
        (b'{"a": 01}', 1, 8),
    ],
)
def test_broken_json_is_refused_with_its_place(data: bytes, line: int, column: int) -> None:
    issue = refused(data)
    assert (issue.line, issue.column) == (line, column), issue
    assert "8259" in issue.rule


@pytest.mark.parametrize(
    ("data", "line", "column"),
    [(b"\xff", 1, 1), ('{"溯": "'.encode() + b"\xc3(", 1, 8), (b'{\n"\xed\xa0\x80"}', 2, 2), (b"{\0}", 1, 2)],
)
def test_what_is_no_utf8_is_refused_with_its_place(data: bytes, line: int, column: int) -> None:
    issue = refused(data)
    assert (issue.line, issue.column) == (line, column)


def test_utf16_is_refused() -> None:
    assert refused(body(OBJECT).decode().encode("utf-16")).severity == "error"


def test_too_many_events_are_refused() -> None:
    assert "more than 2 events" in refused(body(OBJECT, OBJECT, OBJECT), Limits(max_events=2)).message


def test_too_many_items_and_too_long_a_text_refuse_their_event_only() -> None:
    limits = Limits(max_epcs_per_event=3, max_text=100)
    many = {**OBJECT, "epcList": [f"urn:x:{n}" for n in range(4)]}
    long = {**OBJECT, "epcList": ["urn:x:" + "1" * 100]}
    document = read_json(body(many, long, OBJECT), limits)
    assert [one.event is None for one in document.events] == [True, True, False]
    assert [one.issues[0].rule for one in document.events[:2]] == ["limit", "limit"]


def test_very_many_broken_events_cost_little() -> None:
    data = body(*[{"epcList": [1, 2, 3]}] * 20_000)
    start = time.perf_counter()
    document = read_json(data)
    assert time.perf_counter() - start < 5
    assert sum(len(one.issues) for one in document.events) < 40_000
    assert all(one.event is None for one in document.events)


def test_an_error_names_its_first_reasons_and_keeps_all() -> None:
    with pytest.raises(EpcisError, match="must be an array") as caught:
        read_json(body().replace(b"[]", b"7"))
    assert isinstance(caught.value, ValueError)
    assert caught.value.issues[0].pointer == "/epcisBody/eventList"


# --- anything at all ---

words = st.sampled_from([*NAMES, "eventList", "epcisBody", "eventTime", "sensorReport", "set", "attributes"])
anything: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=8),
        words,
        st.sampled_from(VALUES),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(words | st.text(max_size=4), inner)),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(anything)
def test_any_json_value_is_read_or_refused_and_nothing_else(value: Any) -> None:
    for data in (json.dumps(value).encode(), _as_event_list(value)):
        try:
            document = read_json(data)
        except EpcisError:
            pass
        else:
            assert all(one.event is not None or one.issues for one in document.events)


def _as_event_list(value: Any) -> bytes:
    return body().replace(b'"eventList":[]', b'"eventList":[' + json.dumps(value).encode() + b"]")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from([OBJECT, AGGREGATION]), words, anything)
def test_any_value_in_any_field_is_read_or_refused(event: dict[str, Any], name: str, value: Any) -> None:
    try:
        (one,) = read_json(_as_event_list({**event, name: value})).events
    except EpcisError:
        return  # numbers that JSON does not have
    if one.event is not None:
        assert event_hash(one.event).startswith("ni:///sha-256;")


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 10**6))
def test_any_bytes_anywhere_in_a_document_are_read_or_refused(noise: bytes, place: int) -> None:
    data = body(OBJECT, AGGREGATION)
    at = place % len(data)
    for broken in (noise, data[:at] + noise + data[at + len(noise) :], data[:at]):
        with suppress(EpcisError):
            read_json(broken)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(events(), max_size=3))
def test_events_are_told_apart_whatever_they_hold(many: list[Any]) -> None:
    texts = [to_json(to_json_ld(event)) for event in many]
    data = body().replace(b'"eventList":[]', b'"eventList":[' + b" ,\n".join(texts) + b"]")
    assert [one.received for one in read_json(data).events] == texts
