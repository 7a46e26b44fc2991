"""POST /epcis/capture and /epcis/events: who may, what is answered, what bad input meets."""

from __future__ import annotations

import json

import pytest

from tests.trace_api.conftest import Site
from tests.trace_api.documents import CASE, GTIN, bare, document, observed

CAPTURE = "/epcis/capture"
ID = "urn:uuid:00000000-0000-4000-8000-0000000000aa"


def test_a_capture_is_accepted_and_its_job_says_what_became_of_it(site: Site) -> None:
    answered = site.post("dairy", CAPTURE, document(observed(), observed(CASE)))
    assert answered.status_code == 202
    assert answered.headers["suyuan-log-position"] == "2"
    job = site.get("dairy", answered.headers["location"]).json()
    assert (job["running"], job["success"], job["errors"]) == (False, True, [])
    assert job["events"]["captured"] == 2


def test_a_job_with_a_bad_event_names_the_place_of_the_fault(site: Site) -> None:
    body = document(observed(), observed(eventTime="2026-05-01T08:00:00"))
    answered = site.post("dairy", CAPTURE, body, **{"GS1-Capture-Error-Behaviour": "proceed"})
    job = site.get("dairy", answered.headers["location"]).json()
    assert (job["success"], job["captureErrorBehaviour"]) == (False, "proceed")
    assert job["events"] == {"captured": 1, "duplicate": 0, "refused": 1, "left_out": 0}
    [error] = job["errors"]
    assert error["pointer"] == "/epcisBody/eventList/1/eventTime"
    assert error["eventIndex"] == 1


def test_a_job_is_shown_to_its_party_and_to_those_who_see_all(site: Site) -> None:
    location = site.post("dairy", CAPTURE, document(observed())).headers["location"]
    assert site.get("shop", location).status_code == 404
    assert site.get("regulator", location).status_code == 200
    assert site.client.get(location).status_code == 401


@pytest.mark.parametrize("path", [CAPTURE, "/epcis/events"])
def test_nothing_is_captured_without_a_token_that_may(site: Site, path: str) -> None:
    body = document(observed()) if path == CAPTURE else bare(observed())
    headers = {"Content-Type": "application/json"}
    without = site.client.post(path, content=body, headers=headers)
    assert without.status_code == 401
    assert without.headers["www-authenticate"].startswith("Bearer")
    assert without.json()["type"] == "epcisException:SecurityException"
    wrong = site.client.post(
        path, content=body, headers={**headers, "Authorization": "Bearer sy_" + "A" * 43}
    )
    assert wrong.status_code == 401
    assert site.post("auditor", path, body).status_code == 403
    assert site.post("regulator", path, body).status_code == 403
    assert site.bench.log.size == 0


def test_a_revoked_token_captures_nothing_more(site: Site) -> None:
    assert site.post("dairy", CAPTURE, document(observed())).status_code == 202
    caller = site.register.authenticate(site.tokens["dairy"])
    assert caller.token_id is not None
    site.register.revoke(caller.token_id)
    assert site.post("dairy", CAPTURE, document(observed(CASE))).status_code == 401


def test_one_event_is_captured_at_once_and_a_repeat_is_a_conflict(site: Site) -> None:
    first = site.post("dairy", "/epcis/events", bare(observed(eventID=ID)))
    assert first.status_code == 201
    assert first.json() == {"eventID": ID}
    assert site.get("dairy", first.headers["location"]).status_code == 200
    again = site.post("dairy", "/epcis/events", bare(observed(eventID=ID)))
    assert again.status_code == 409
    assert again.json()["type"] == "epcisException:ResourceAlreadyExistsException"
    other = site.post("dairy", "/epcis/events", bare(observed(eventID=ID, bizStep="shipping")))
    assert other.status_code == 409
    assert "other content" in other.json()["detail"]
    assert site.bench.log.size == 1


def test_one_bad_event_is_refused_with_its_faults(site: Site) -> None:
    refused = site.post("dairy", "/epcis/events", bare(observed(action="CREATE")))
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"] == "/action"
    whole = site.post("dairy", "/epcis/events", document(observed()))
    assert whole.status_code == 400
    assert "bare event" in whole.json()["detail"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "JSON"),
        (b"{", "line 1"),
        (b"\xff\xfe", "UTF-8"),
        (b"[" * 100_000, "nest"),
        (b'{"type":"EPCISDocument","type":"EPCISDocument"}', "twice"),
        (json.dumps({"type": "EPCISDocument"}).encode(), "@context"),
    ],
)
def test_what_is_no_document_is_refused_whole(site: Site, body: bytes, said: str) -> None:
    refused = site.post("dairy", CAPTURE, body)
    assert refused.status_code == 400
    problem = refused.json()
    assert problem["type"] == "epcisException:ValidationException"
    assert problem["errors"]
    assert said in json.dumps(problem)
    assert site.bench.log.size == 0


def test_an_announced_200_megabyte_body_is_refused_before_it_is_sent(site: Site) -> None:
    refused = site.client.post(
        CAPTURE,
        content=b"{}",
        headers={**site.as_("dairy"), "Content-Type": "application/json", "Content-Length": str(200 << 20)},
    )
    assert refused.status_code == 413
    assert refused.json()["type"] == "epcisException:CaptureLimitExceededException"


def test_a_body_that_grows_beyond_the_limit_is_refused_while_it_comes(site: Site) -> None:
    def chunks():  # type: ignore[no-untyped-def]
        for _ in range(200):
            yield b" " * (1 << 20)

    refused = site.client.post(
        CAPTURE, content=chunks(), headers={**site.as_("dairy"), "Content-Type": "application/json"}
    )
    assert refused.status_code == 413
    assert site.bench.log.size == 0


def test_another_media_type_is_not_taken(site: Site) -> None:
    refused = site.client.post(
        CAPTURE, content=b"<x/>", headers={**site.as_("dairy"), "Content-Type": "application/xml"}
    )
    assert refused.status_code == 415


def test_an_unknown_context_is_never_fetched(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("a connection was made because of a document")

    body = json.loads(document(observed(**{"ext:colour": "red"})))
    body["@context"] += ["https://unknown.example/context.jsonld", {"ext": "https://ext.example/"}]
    monkeypatch.setattr(socket, "getaddrinfo", forbidden)
    answered = site.post("dairy", CAPTURE, json.dumps(body).encode())
    assert answered.status_code == 202
    assert site.get("dairy", answered.headers["location"]).json()["success"]
    [shown] = site.get("dairy", "/epcis/events").json()["epcisBody"]["queryResults"]["resultsBody"][
        "eventList"
    ]
    assert shown["ext:colour"] == "red"
    assert {"ext": "https://ext.example/"} in shown["@context"]


def test_a_stranger_may_name_a_serial_that_is_not_his_and_is_told_so_by_nobody(site: Site) -> None:
    # A captured event is a fact; that the shop does not own the dairy's prefix is judged where it is shown.
    event = observed(f"{GTIN}/21/1", action="ADD", bizStep="commissioning")
    assert site.post("shop", CAPTURE, document(event)).status_code == 202
