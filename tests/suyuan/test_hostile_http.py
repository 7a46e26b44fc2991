"""Bad input over HTTP: a precise refusal each time, never a server error, and nothing kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation.epcis import Limits
from tests.suyuan.conftest import BROWSER, World
from tests.suyuan.documents import CASE, GTIN, ITEM, LINE, LOT, commissioned, document, event, of_lot, packed
from tests.suyuan.test_access import FILLED, routes

FUZZ = settings(
    max_examples=150,
    deadline=timedelta(seconds=5),
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def filled(shared_world: World) -> World:
    world = shared_world
    world.capture(
        "dairy", commissioned(), packed(1, CASE, ITEM), of_lot(2), event(3, CASE, bizStep="shipping")
    )
    return world


def post(world: World, body: Any, path: str = "/epcis/capture", **headers: str) -> Any:
    sent = {"Content-Type": "application/json", **world.as_("dairy"), **headers}
    return world.client.post(path, content=body, headers=sent)


def refused(answer: Any, *codes: int) -> None:
    """A problem with one of these codes, that says what is wrong."""
    assert answer.status_code in (codes or range(400, 500)), (answer.status_code, answer.text[:300])
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem.get("detail") or problem["title"]


@pytest.mark.parametrize("path", ["/epcis/capture", "/epcis/events"])
def test_a_body_of_200_mb_is_refused_before_it_is_read(filled: World, path: str) -> None:
    def chunks() -> Iterator[bytes]:  # a length that is not announced: refused where the limit is passed
        for _ in range(33):
            yield b" " * 1024 * 1024

    refused(post(filled, b"{}", path, **{"Content-Length": str(200 * 1024 * 1024)}), 413)
    refused(post(filled, chunks(), path), 413)


def test_a_body_without_a_media_type_or_with_another_is_refused(filled: World) -> None:
    refused(post(filled, document(commissioned()), **{"Content-Type": "text/csv"}), 415)
    refused(post(filled, document(commissioned()), **{"Content-Type": ""}), 415)
    refused(post(filled, b"<x/>", **{"Content-Type": "application/xml"}), 415)


@pytest.mark.parametrize(
    "body",
    [
        b"", b" ", b"null", b"[]", b"{}", b"1", b'"x"', b"{", b"\xff\xfe", b"\x00", b'{"type":"EPCISDocument"}',
        b"[" * 100_000, b'{"a":' * 50_000 + b"1" + b"}" * 50_000, document() + b"x",
        document(commissioned(lot="\ud800")), document(commissioned()).replace(b"L1", b"\xc3\x28"),
        document({"type": "ObjectEvent"}), document({}),
        b'{"type":"ObjectEvent","eventTime":' + b"9" * 100_000 + b"}",
        document(event(0, quantityList=[{"epcClass": LOT, "quantity": 1e400}])).replace(b"Infinity", b"1e999"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/epcis/capture", "/epcis/events"])
def test_a_body_that_is_no_document_is_refused_with_what_is_wrong(
    filled: World, body: bytes, path: str
) -> None:
    before = filled.node.log.size
    answer = post(filled, body, path)
    if answer.status_code == 202:  # the document can be read, and its job tells what is wrong with its events
        job = filled.get("dairy", answer.headers["location"]).json()
        assert not job["success"] or not sum(job["events"].values())
    else:
        refused(answer, 400, 413)
    assert filled.node.log.size == before


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=20)
    | st.sampled_from([ITEM, LOT, "urn:epc:id:sgtin:1.2", "2026-01-01T00:00:00Z", "ADD", "cbvmda:name", GTIN, "x:y"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["id", "type", "attributes", "attribute", "children", "@context", "isA", ""]), inner, max_size=4
    ),
    max_leaves=8,
)  # fmt: skip
MEMBERS = [
    "epcList", "quantityList", "bizStep", "disposition", "readPoint", "bizLocation", "bizTransactionList",
    "sourceList", "destinationList", "sensorElementList", "persistentDisposition", "ilmd", "errorDeclaration",
    "eventID", "eventTime", "eventTimeZoneOffset", "recordTime", "certificationInfo", "type", "action",
    "parentID", "childEPCs", "@context", "suyuan:x", "transformationID", "hash",
]  # fmt: skip


@given(changes=st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=3))
@FUZZ
def test_an_event_with_any_members_whatever_is_taken_or_refused_and_the_writer_goes_on(
    filled: World, changes: dict[str, Any]
) -> None:
    answer = post(filled, document({**commissioned(), **changes}))
    assert answer.status_code in (202, 400, 413), answer.text[:300]
    still_works(filled)


@given(vocabulary=JSON, elements=JSON, vocabularies=JSON, choice=st.integers(0, 2))
@FUZZ
def test_any_master_data_whatever_is_taken_or_refused_and_the_writer_goes_on(
    filled: World, vocabulary: Any, elements: Any, vocabularies: Any, choice: int
) -> None:
    shapes = (
        vocabularies,
        [{"type": vocabulary, "vocabularyElementList": elements}],
        [
            {
                "type": "urn:epcglobal:epcis:vtype:EPCClass",
                "vocabularyElementList": [{"id": GTIN, "attributes": elements}],
            }
        ],
    )
    header = {"epcisHeader": {"epcisMasterData": {"vocabularyList": shapes[choice]}}}
    answer = post(filled, document(**header))
    assert answer.status_code in (202, 400, 413), answer.text[:300]
    still_works(filled)


def still_works(world: World) -> None:
    """The index follows the log, and pages and traces still answer."""
    assert world.node.index.position == world.node.log.size
    assert world.get("regulator", "/trace/history", id=ITEM).status_code == 200
    assert world.get(None, ITEM.removeprefix("https://id.gs1.org")).status_code in (200, 307)


WORDS = st.text(max_size=30) | st.sampled_from(
    ["", "0", "-1", "1" * 30, "1e9", "NaN", "true", "\x00", "../..", "%", "%zz", "\r\nX: y", "[]", "{}", "null",
     "2026-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59.999999Z", ITEM, LOT, CASE, LINE,
     "(01)09521001000116(21)1", "(01)09521001000117", "urn:epc:id:sgtin:9521001.00011.1", "urn:epc:idpat:sgtin:*.*.*",
     "x" * 3000, "💊", "\ud7ff\u0000", "AND", "'; DROP TABLE event;--", "ObjectEvent", "shipping"]
)  # fmt: skip
NAMES = st.sampled_from(
    ["id", "asOfEventTime", "asOfRecordTime", "maxDepth", "maxNodes", "maxEvents", "perPage", "nextPageToken",
     "eventType", "GE_eventTime", "LT_eventTime", "EQ_bizStep", "EQ_action", "MATCH_epc", "MATCH_anyEPC",
     "MATCH_anyEPCClass", "EQ_bizLocation", "WD_readPoint", "EQ_quantity", "GT_quantity", "orderBy",
     "orderDirection", "eventCountLimit", "maxEventCount", "EQ_bizTransaction_po", "EXISTS_errorDeclaration",
     "EQ_ILMD_x", "HASATTR_bizLocation", "EQATTR_bizLocation_x", "EQ_INNER_x", "site", "gtin", "lot", "after", "limit",
     "epc", "path", "old", "new", "linkType", "code", "lang", "ver", "EQ_eventID", "EQ_error", "GE_recordTime", "EQ_"]
) | st.text(max_size=10)  # fmt: skip
PATHS = [
    "/epcis/events", "/trace/back", "/trace/forward", "/trace/history", "/trace/state", "/stock", "/log/proof/0",
    "/log/body/0", "/log/consistency", "/verify", "/verify/proof", "/scan", "/", "/01/09521001000116/21/1",
    "/verify/01/09521001000116/21/1", "/epcis/events/urn:uuid:1", "/epcis/capture/x", "/healthz", "/log/checkpoint",
]  # fmt: skip


@given(path=st.sampled_from(PATHS), query=st.lists(st.tuples(NAMES, WORDS), max_size=4), html=st.booleans())
@FUZZ
def test_no_query_parameters_make_a_server_error(
    filled: World, path: str, query: list[tuple[str, str]], html: bool
) -> None:
    headers = {**filled.as_("regulator"), **(BROWSER if html else {})}
    answer = filled.client.get(path, params=[(n, clean(v)) for n, v in query], headers=headers)
    assert answer.status_code < 500, (path, query, answer.text[:300])


@given(path=st.sampled_from(PATHS), raw=st.binary(max_size=40))
@FUZZ
def test_no_bytes_in_a_query_make_a_server_error(filled: World, path: str, raw: bytes) -> None:
    text = "".join(
        f"%{byte:02x}" if byte < 33 or byte > 126 or byte in b'#"<>' else chr(byte) for byte in raw
    )
    answer = filled.client.get(f"{path}?id={text}&{text}", headers=filled.as_("regulator"))
    assert answer.status_code < 500, (path, text, answer.text[:300])


@given(method=st.sampled_from(["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"]), data=st.data())
@FUZZ
def test_no_path_makes_a_server_error(filled: World, method: str, data: st.DataObject) -> None:
    templates = sorted({path for _, path in routes(filled)})
    path = data.draw(st.sampled_from([*templates, "/x", "/static/x"]))
    for hole in (*FILLED, "{key:gs1_key}", "{rest:path}", "{path:path}"):
        word = data.draw(
            WORDS | st.sampled_from(["01", "00", "414", "09521001000116/21/1", "/", "..%2f..", "0/x001/067"])
        )
        path = path.replace(hole, quote(clean(word), safe="/%" if data.draw(st.booleans()) else "/"), 1)
    answer = filled.client.request(method, path, headers=filled.as_("dairy"))
    assert answer.status_code < 500, (method, path, answer.text[:300])
    if method == "HEAD":
        assert not answer.content


def clean(text: str) -> str:
    """What a client can encode at all."""
    return text.encode("utf-8", "replace").decode()


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "A" * 1000,
        "A" * 5000,
        "====",
        "é",
        "../..",
        "W10",
        "bnVsbA",
        "e30",
        "\x00",
        "eyJhIjoxfQ" * 20,
    ],
)
def test_an_absurd_paging_token_is_a_wrong_parameter(filled: World, token: str) -> None:
    refused(filled.get("regulator", "/epcis/events", nextPageToken=token), 400)


@pytest.mark.parametrize(
    "after",
    [
        "x",
        "[]",
        "[1,2,3,4,5]",
        "{}",
        "[" * 5000,
        '["a","b","c","d"]',
        "null",
        "1e999",
        '["\\ud800","","","",""]',
    ],
)
def test_an_absurd_stock_cursor_is_a_wrong_question(filled: World, after: str) -> None:
    refused(filled.get("regulator", "/stock", after=after), 400)


@pytest.mark.parametrize("name", ["site", "gtin", "lot"])
def test_a_malformed_identifier_asked_of_the_stock_is_a_wrong_question(filled: World, name: str) -> None:
    answer = filled.get("regulator", "/stock", **{name: "(01)09521001000117(10)L1"})
    refused(answer, 400)
    assert "check digit" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/trace/back", {}), ("/trace/back", {"id": "x" * 3000}), ("/trace/back", {"id": ITEM, "maxDepth": "0"}),
        ("/trace/back", {"id": ITEM, "maxNodes": "many"}), ("/trace/back", {"id": ITEM, "asOfEventTime": "yesterday"}),
        ("/trace/back", {"id": ITEM, "asOfRecordTime": "2026-05-01T08:00:00"}), ("/trace/state", {"id": ["x"] * 300}),
        ("/trace/forward", {"id": "(01)09521001000117(21)1"}), ("/log/consistency", {"old": "-1"}),
        ("/log/consistency", {"old": "5", "new": "999999999999999999999"}), ("/log/proof/x", {}),
        ("/log/proof/-1", {}), ("/log/body/99999999999999999999999", {}), ("/log/proof/0", {"path": "/nothing"}),
        ("/log/proof/0", {"epc": "hello"}), ("/epcis/events", {"perPage": "0"}), ("/epcis/events", {"perPage": "1001"}),
        ("/epcis/events", {"EQ_nothing": "x"}), ("/epcis/events", {"GE_eventTime": "soon"}), ("/stock", {"limit": "0"}),
        ("/epcis/capture/" + "x" * 500, {}), ("/epcis/events/" + "x" * 3000, {}),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_told_by_name(filled: World, path: str, query: dict[str, Any]) -> None:
    answer = filled.client.get(path, params=query, headers=filled.as_("regulator"))
    refused(answer, 400, 404)


def test_the_rule_and_the_input_are_quoted_when_an_identifier_is_malformed(filled: World) -> None:
    detail = filled.get("regulator", "/trace/back", id="(01)09521001000117(21)1").json()["detail"]
    assert "(01)09521001000117(21)1" in detail
    assert "must be 6, it is 7" in detail


@pytest.mark.parametrize(
    "address",
    [
        "../../log.key", "..%2f..%2flog.key", "%2e%2e/%2e%2e/log.key", "....//log.key", "/etc/passwd", "%00",
        "0/../../../records.sqlite", "entries/../../log.key", "0/000\x00", "0/x001/../../log.key", "-1/000", "0/-01",
        "0/000.p/0", "0/000.p/257", "0/000.p/99999999999999999999", "99/000", "0/" + "x999/" * 500 + "999", "a" * 4000,
    ],
)  # fmt: skip
def test_no_tile_address_leaves_the_tree(filled: World, address: str) -> None:
    answer = filled.client.get("/log/tile/" + address.replace("\x00", "%00"))
    assert answer.status_code in (400, 404), answer.status_code
    secret = (filled.node.settings.data / "log.key").read_bytes()
    assert secret not in answer.content


@pytest.mark.parametrize("address", ["../app.py", "..%2f..%2fsettings.py", "%2e%2e/x", "%00"])
def test_static_files_stay_in_their_folder(filled: World, address: str) -> None:
    assert filled.client.get("/static/" + address).status_code in (404, 405)


def test_no_input_reaches_a_header_as_a_line_of_its_own(filled: World) -> None:
    attack = "x%0d%0aSet-Cookie:%20a=b"
    places = [
        f"/epcis/events?perPage=1&EQ_bizStep={attack}", f"/scan?code={attack}",
        f"/verify?id=urn:x:{attack}&next={attack}",
        f"/01/09521001000116/21/{attack}", f"/01/09521001000116?linkType={attack}&{attack}={attack}",
        f"/epcis/capture/{attack}", f"/epcis/events/{attack}", f"/log/proof/0?epc={attack}",
        f"/verify/proof?id={attack}",
        f"/verify/01/09521001000116?x={attack}",
    ]  # fmt: skip
    for where in places:
        answer = filled.client.get(where, headers=filled.as_("regulator"))
        assert answer.status_code < 500, where
        assert "set-cookie" not in answer.headers, where
        for value in answer.headers.values():
            assert "\r" not in value
            assert "\n" not in value


def test_redirects_stay_on_this_server(filled: World) -> None:
    for where in (
        "//evil.example",
        "/scan?code=https://evil.example/x",
        "/scan?code=//evil.example",
        "/verify//evil.example",
    ):
        answer = filled.client.get(where, headers=BROWSER)
        target = answer.headers.get("location", "/")
        assert target.startswith("/"), (where, target)
        assert not target.startswith("//"), (where, target)


@pytest.mark.parametrize("path", PATHS)
def test_head_and_options_are_answered_or_refused_without_a_body_of_data(filled: World, path: str) -> None:
    for method in ("HEAD", "OPTIONS", "TRACE", "PUT"):
        answer = filled.client.request(method, path)
        assert answer.status_code < 500
        assert b"9521001" not in answer.content


def test_a_wrong_error_behaviour_header_is_refused(filled: World) -> None:
    before = filled.node.log.size
    answer = post(filled, document(commissioned()), **{"GS1-Capture-Error-Behaviour": "maybe"})
    refused(answer, 400)
    assert filled.node.log.size == before


@pytest.mark.parametrize("value", ["x", "-1", "1e3", pytest.param("9" * 40, marks=pytest.mark.slow)])
def test_a_demanded_position_that_cannot_come_is_refused_in_time(filled: World, value: str) -> None:
    headers = {**filled.as_("dairy"), "Suyuan-Min-Log-Position": value}
    answer = filled.client.get("/trace/history", params={"id": ITEM}, headers=headers)
    refused(answer, 400, 503)


def test_a_document_of_too_many_events_is_refused_whole(filled: World) -> None:
    before = filled.node.log.size
    many = json.dumps(["x"] * (Limits().max_events + 1)).encode()
    body = document().replace(b'"eventList": []', b'"eventList": ' + many)
    refused(post(filled, body), 400, 413)
    assert filled.node.log.size == before
