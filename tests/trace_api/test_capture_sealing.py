"""What the log would refuse is refused in its own request, and never fails the group it would be written with."""

from __future__ import annotations

import json

import pytest

from tests.trace_api.conftest import DAIRY, Bench
from tests.trace_api.documents import GTIN, document, observed
from trace_api import Behaviour, ValidationFailed, capture
from trace_api.errors import CaptureLimitExceeded

BAD_NAME = "ex:" + "n" * 3000
"""A member name too long for a path of the log."""


def taken(bench: Bench, body: bytes) -> bool:
    """Whether a request succeeds; it may be refused before it waits, or by its outcomes."""
    try:
        return bench.capture.capture(body, DAIRY.id).success
    except ValidationFailed:
        return False


def test_an_event_that_the_log_would_refuse_leaves_the_others_of_its_document(bench: Bench) -> None:
    body = document(observed(), observed(f"{GTIN}/21/2", **{BAD_NAME: "1"}), observed(f"{GTIN}/21/3"))
    result = bench.capture.capture(body, DAIRY.id, Behaviour.PROCEED)
    assert [outcome.status for outcome in result.outcomes] == ["captured", "refused", "captured"]
    [issue] = [issue for issue in result.outcomes[1].issues if issue.severity == "error"]
    assert (issue.pointer, issue.rule) == ("/epcisBody/eventList/1", "limits of a log entry")
    assert bench.log.size == bench.index.position == 2


def test_a_context_too_large_for_the_log_fails_its_own_request_only(bench: Bench) -> None:
    too_large = json.loads(document(observed()))
    too_large["@context"] = [{f"p{n}": "https://example.org/" + "x" * 1000} for n in range(1200)]
    assert not taken(bench, json.dumps(too_large).encode())
    assert taken(bench, document(observed(f"{GTIN}/21/2")))
    assert bench.log.size == 1


def test_master_data_that_the_log_would_refuse_fails_its_own_request_only(bench: Bench) -> None:
    body = json.loads(document(observed()))
    attribute = {"id": "cbvmda:name", "attribute": {BAD_NAME: "1"}}
    element = {"id": "urn:epc:id:sgln:9521001.00001.0", "attributes": [attribute]}
    body["epcisHeader"] = {
        "epcisMasterData": {
            "vocabularyList": [
                {"type": "urn:epcglobal:epcis:vtype:BusinessLocation", "vocabularyElementList": [element]}
            ]
        }
    }
    with pytest.raises(ValidationFailed, match="epcisMasterData"):
        bench.capture.capture(json.dumps(body).encode(), DAIRY.id)
    assert bench.capture.capture(document(observed()), DAIRY.id).success
    assert bench.log.size == 1


def test_more_events_than_a_batch_of_the_log_takes_are_refused_before_anything_waits(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture, "MAX_BATCH_ENTRIES", 2)
    with pytest.raises(CaptureLimitExceeded, match="3 events"):
        bench.capture.capture(document(*(observed(f"{GTIN}/21/{n}") for n in range(3))), DAIRY.id)
    assert bench.log.size == 0
