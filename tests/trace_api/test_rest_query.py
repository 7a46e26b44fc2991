"""GET /epcis/events: parameters, paging that stays right, and nothing that the caller may not see."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.datastructures import URL

from tests.trace_api.conftest import SHOP, Site
from tests.trace_api.documents import CASE, GTIN, HALL, document, observed
from trace_api.errors import QueryParameterError
from trace_api.query import Field, Op, read_parameters

EVENTS = "/epcis/events"


def listed(answered: Any) -> list[dict[str, Any]]:
    assert answered.status_code == 200, answered.text
    body = answered.json()
    assert body["type"] == "EPCISQueryDocument"
    found: list[dict[str, Any]] = body["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    return found


@pytest.fixture
def filled(site: Site) -> Site:
    site.post(
        "dairy",
        "/epcis/capture",
        document(
            observed(f"{GTIN}/21/1", f"{GTIN}/21/2", action="ADD", bizStep="commissioning"),
            observed(
                None,
                type="AggregationEvent", action="ADD", bizStep="packing", epcList=None,
                parentID=CASE, childEPCs=[f"{GTIN}/21/1", f"{GTIN}/21/2"], eventTime="2026-05-01T09:00:00Z",
            ),
            observed(
                CASE, bizStep="shipping", disposition="in_transit",
                eventTime="2026-05-01T10:00:00.500Z",
                destinationList=[{"type": "possessing_party", "destination": SHOP.id}],
                bizTransactionList=[{"type": "po", "bizTransaction": "urn:x:po:1"}],
            ),
            {
                "type": "TransformationEvent", "eventTime": "2026-04-30T08:00:00Z", "eventTimeZoneOffset": "+08:00",
                "transformationID": "urn:x:t:1",
                "inputQuantityList": [{"epcClass": f"{GTIN}/10/IN", "quantity": 1.5, "uom": "KGM"}],
                "outputQuantityList": [{"epcClass": f"{GTIN}/10/OUT", "quantity": 1, "uom": "KGM"}],
            },
        ),
    )  # fmt: skip
    return site


@pytest.mark.parametrize(
    ("parameters", "positions"),
    [
        ({}, [0, 1, 2, 3]),
        ({"eventType": "AggregationEvent"}, [1]),
        ({"eventType": "AggregationEvent,TransformationEvent"}, [1, 3]),
        ({"GE_eventTime": "2026-05-01T09:00:00Z"}, [1, 2]),
        ({"LT_eventTime": "2026-05-01T17:00:00+08:00"}, [0, 3]),
        ({"EQ_action": "ADD"}, [0, 1]),
        ({"EQ_bizStep": "shipping"}, [2]),
        ({"EQ_bizStep": "https://ref.gs1.org/cbv/BizStep-shipping"}, [2]),
        ({"EQ_bizStep": ["shipping", "packing"]}, [1, 2]),
        ({"EQ_disposition": "urn:epcglobal:cbv:disp:in_transit"}, [2]),
        ({"EQ_bizLocation": HALL}, [0, 1, 2]),
        ({"EQ_bizLocation": "https://other.example/414/9521001000024"}, [0, 1, 2]),
        ({"EQ_transformationID": "urn:x:t:1"}, [3]),
        ({"MATCH_epc": f"{GTIN}/21/1"}, [0, 1]),
        ({"MATCH_epc": "urn:epc:id:sgtin:9521001.000011.1"}, [0, 1]),
        ({"MATCH_epc": "(01)09521001000116(21)2"}, [0, 1]),
        ({"MATCH_epc": "urn:epc:idpat:sgtin:9521001.000011.*"}, [0, 1]),
        ({"MATCH_epc": f"{GTIN}/21/9"}, []),
        ({"MATCH_epc": CASE}, [2]),
        ({"MATCH_parentID": CASE}, [1]),
        ({"MATCH_anyEPC": CASE}, [1, 2]),
        ({"MATCH_inputEPCClass": f"{GTIN}/10/IN"}, [3]),
        ({"MATCH_outputEPCClass": f"{GTIN}/10/IN"}, []),
        ({"MATCH_anyEPCClass": f"{GTIN}/10/IN,{GTIN}/10/OUT"}, [3]),
        ({"EQ_destination_possessing_party": SHOP.id}, [2]),
        ({"EQ_destination_urn:epcglobal:cbv:sdt:possessing_party": "urn:epc:id:pgln:9521003.00000"}, [2]),
        ({"EQ_bizTransaction_po": "urn:x:po:1"}, [2]),
        ({"EXISTS_errorDeclaration": "true"}, []),
        ({"orderBy": "eventTime"}, [2, 1, 0, 3]),
        ({"orderBy": "eventTime", "orderDirection": "ASC"}, [3, 0, 1, 2]),
        ({"orderBy": "eventTime", "eventCountLimit": "2"}, [2, 1]),
        ({"EQ_action": "ADD", "EQ_bizStep": "packing"}, [1]),
    ],
)
def test_each_parameter_finds_what_it_should(
    filled: Site, parameters: dict[str, Any], positions: list[int]
) -> None:
    found = [
        event["bizStep"] if "bizStep" in event else event["type"]
        for event in listed(filled.get("regulator", EVENTS, **parameters))
    ]
    steps = ["commissioning", "packing", "shipping", "TransformationEvent"]
    assert found == [steps[position] for position in positions]


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"EQ_bisStep": "shipping"}, "EQ_bisStep"),
        ({"eventType": "ObjectEvents"}, "ObjectEvents"),
        ({"EQ_action": "SHIPPED"}, "SHIPPED"),
        ({"GE_eventTime": "not-a-date"}, "GE_eventTime"),
        ({"GE_eventTime": "2026-05-01T09:00:00"}, "GE_eventTime"),
        ({"orderBy": "colour"}, "orderBy"),
        ({"orderDirection": "SIDEWAYS"}, "orderDirection"),
        ({"eventCountLimit": "1"}, "orderBy"),
        ({"orderBy": "eventTime", "eventCountLimit": "1", "maxEventCount": "1"}, "exclude"),
        ({"maxEventCount": "-1"}, "maxEventCount"),
        ({"MATCH_epc": ""}, "empty"),
        ({"nextPageToken": "abc"}, "nextPageToken"),
        ({"MATCH_epc": ",".join(f"urn:x:{n}" for n in range(1001))}, "1001"),
    ],
)
def test_a_wrong_parameter_is_named(filled: Site, parameters: dict[str, str], named: str) -> None:
    refused = filled.get("regulator", EVENTS, **parameters)
    assert refused.status_code == 400, refused.text
    assert refused.json()["type"] == "epcisException:QueryParameterException"
    assert named in refused.json()["detail"]


def test_more_than_max_event_count_is_too_large(filled: Site) -> None:
    assert len(listed(filled.get("regulator", EVENTS, maxEventCount="4"))) == 4
    refused = filled.get("regulator", EVENTS, maxEventCount="3")
    assert refused.status_code == 413
    assert refused.json()["type"] == "epcisException:QueryTooLargeException"


def test_everybody_sees_their_own_events_and_those_that_name_them(filled: Site) -> None:
    assert len(listed(filled.get("dairy", EVENTS))) == 4
    [event] = listed(filled.get("shop", EVENTS))
    assert event["bizStep"] == "shipping"
    assert listed(filled.get("farm", EVENTS)) == []
    assert filled.client.get(EVENTS).status_code == 401
    hidden = listed(filled.get("dairy", EVENTS))[0]["eventID"]
    assert filled.get("shop", f"{EVENTS}/{hidden}").status_code == 404


def test_an_event_is_given_back_as_it_was_received(site: Site) -> None:
    event = observed(**{"ext:mass": "x", "eventID": "urn:uuid:1"})
    text = document(event).replace(
        b'"ext:mass": "x"', b'"ext:mass": 1.50000000000000000001, "recordTime": "2001-01-01T00:00:00Z"'
    )
    text = text.replace(b'context.jsonld"]', b'context.jsonld", {"ext": "https://ext.example/"}]')
    assert site.post("dairy", "/epcis/capture", text).status_code == 202
    answered = site.get("dairy", f"{EVENTS}/urn:uuid:1")
    assert b'"ext:mass":1.50000000000000000001' in answered.content
    [shown] = listed(answered)
    assert shown["recordTime"].startswith("2026-05-28")  # the server's, not the client's


def test_an_event_with_a_hash_for_an_id_is_found_however_the_link_is_encoded(site: Site) -> None:
    site.post("dairy", "/epcis/capture", document(observed()))
    [event] = listed(site.get("dairy", EVENTS))
    from urllib.parse import quote

    for address in (quote(event["eventID"], safe=""), event["eventID"]):
        assert [e["eventID"] for e in listed(site.get_raw("dairy", f"{EVENTS}/{address}"))] == [
            event["eventID"]
        ]


def test_pages_follow_each_other_while_events_arrive(site: Site) -> None:
    for n in range(7):
        site.post(
            "dairy",
            "/epcis/capture",
            document(observed(f"{GTIN}/21/{n}", eventTime=f"2026-05-01T0{n}:00:00Z")),
        )
    seen: list[str] = []
    answered = site.get("dairy", EVENTS, perPage="3", orderBy="eventTime")
    while True:
        seen += [event["epcList"][0][-1] for event in listed(answered)]
        link = answered.headers.get("link")
        if link is None:
            break
        assert link.endswith('; rel="next"')
        site.post(
            "dairy",
            "/epcis/capture",
            document(observed(f"{GTIN}/21/9{len(seen)}", eventTime="2026-05-01T03:30:00Z")),
        )
        answered = site.client.get(link[1 : link.index(">")], headers=site.as_("dairy"))
    assert seen == list("6543210")


def test_a_paging_token_is_of_one_query_one_caller_and_this_server(filled: Site) -> None:
    answered = filled.get("regulator", EVENTS, perPage="2")
    token = URL(answered.headers["link"][1:].partition(">")[0]).query.partition("nextPageToken=")[2]
    assert len(listed(filled.get("regulator", EVENTS, perPage="2", nextPageToken=token))) == 2
    for place in range(0, len(token), 7):
        wrong = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert filled.get("regulator", EVENTS, perPage="2", nextPageToken=wrong).status_code == 400
    assert filled.get("dairy", EVENTS, perPage="2", nextPageToken=token).status_code == 400
    other = filled.get("regulator", EVENTS, perPage="2", EQ_action="ADD", nextPageToken=token)
    assert other.status_code == 400


def test_a_reader_may_demand_a_log_position(filled: Site) -> None:
    headers = {**filled.as_("dairy"), "Suyuan-Min-Log-Position": "4"}
    assert filled.client.get(EVENTS, headers=headers).headers["suyuan-log-position"] == "4"
    behind = filled.client.get(EVENTS, headers={**headers, "Suyuan-Min-Log-Position": "5"})
    assert behind.status_code == 503
    assert behind.json()["position"] == 4


def test_only_json_is_answered(filled: Site) -> None:
    refused = filled.client.get(EVENTS, headers={**filled.as_("dairy"), "Accept": "application/xml"})
    assert refused.status_code == 406


def test_a_comma_inside_an_identifier_does_not_split_it() -> None:
    [term] = read_parameters([("MATCH_anyEPCClass", "urn:x:a,b,urn:x:c")]).terms
    assert term.values == ("urn:x:a,b", "urn:x:c")
    assert (term.field, term.op) == (Field.MATCH, Op.IN)


def test_a_parameter_given_twice_that_takes_one_value_is_refused() -> None:
    with pytest.raises(QueryParameterError, match="2 times"):
        read_parameters([("GE_eventTime", "2026-05-01T09:00:00Z")] * 2)
