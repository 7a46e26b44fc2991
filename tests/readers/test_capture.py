"""Sending to the capture interface: what becomes of each event, whatever server and network do."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest

from foundation.epcis import iso
from readers import CaptureClient, CaptureError, Leased, Sent

from .running import run

URL = "https://trace.example/service"


def leased(*numbers: int) -> list[Leased]:
    return [Leased(f"urn:uuid:{n}", json.dumps({"eventID": f"urn:uuid:{n}"}).encode(), 0) for n in numbers]


class Server:
    """A capture interface: refuses the events in `bad`, answers jobs after `polls` questions."""

    def __init__(self, bad: Sequence[int] = (), polls: int = 0, **answers: Any) -> None:
        self.bad = {f"urn:uuid:{n}" for n in bad}
        self.polls, self.answers = polls, answers
        self.requests: list[httpx.Request] = []
        self.captured: list[str] = []
        self.jobs: dict[str, dict[str, Any]] = {}
        self.left: dict[str, int] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.method == "GET":
            job = request.url.path.rsplit("/", 1)[-1]
            self.left[job] -= 1
            running = self.left[job] >= 0
            return httpx.Response(200, json={**self.jobs[job], "running": running})
        document = json.loads(request.content)
        ids = [one["eventID"] for one in document["epcisBody"]["eventList"]]
        wrong = [one for one in ids if one in self.bad]
        self.captured += [one for one in ids if one not in self.bad]
        job = str(len(self.jobs))
        errors = [{"type": "epcisException:ValidationException", "title": f"{one} is bad"} for one in wrong]
        self.jobs[job] = {"success": not wrong, "errors": self.answers.get("errors", errors)}
        self.left[job] = self.polls
        location = self.answers.get("location", "/service/epcis/capture/{}").format(job)
        return httpx.Response(202, headers={"Location": location})


def send(handler: Callable[[httpx.Request], httpx.Response], events: list[Leased], **more: Any) -> Sent:
    found: list[Sent] = []

    async def scenario() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(handler)) as http:
            client = CaptureClient(URL, "secret", http=http, clock=lambda: 0, **more)
            found.append(await client.send(events))

    run(scenario())
    return found[0]


def test_a_batch_is_one_document_and_its_job_is_followed_to_the_end() -> None:
    server = Server(polls=2)
    sent = send(server, leased(1, 2, 3))
    assert sent.captured == ["urn:uuid:1", "urn:uuid:2", "urn:uuid:3"]
    assert (sent.refused, sent.again) == ({}, {})
    post, *polls = server.requests
    assert str(post.url) == "https://trace.example/service/epcis/capture"
    assert post.headers["Authorization"] == "Bearer secret"
    assert post.headers["GS1-Capture-Error-Behaviour"] == "proceed"
    document = json.loads(post.content)
    assert (document["type"], document["schemaVersion"], document["creationDate"]) == (
        "EPCISDocument",
        "2.0",
        iso(0),
    )
    assert len(polls) == 3


@pytest.mark.parametrize("bad", [(3,), (0, 9), (4, 5, 6), tuple(range(10))])
def test_the_events_at_fault_are_found_and_all_others_captured(bad: tuple[int, ...]) -> None:
    server = Server(bad=bad)
    sent = send(server, leased(*range(10)))
    assert set(sent.refused) == {f"urn:uuid:{n}" for n in bad}
    assert all("is bad" in reason for reason in sent.refused.values())
    assert set(sent.captured) == {f"urn:uuid:{n}" for n in range(10) if n not in bad}
    assert sent.again == {}


def test_events_that_the_job_names_are_refused_and_the_others_sent_again_at_once() -> None:
    class Naming(Server):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            if request.method == "POST":
                ids = [one["eventID"] for one in json.loads(request.content)["epcisBody"]["eventList"]]
                wrong = sorted(self.bad.intersection(ids))[:2]  # a list of errors that is cut short
                self.answers["errors"] = [{"eventID": one, "message": "no such bizStep"} for one in wrong]
            return super().__call__(request)

    server = Naming(bad=(1, 4, 7))
    sent = send(server, leased(*range(10)))
    assert set(sent.refused) == {"urn:uuid:1", "urn:uuid:4", "urn:uuid:7"}
    assert set(sent.refused.values()) == {"no such bizStep"}
    assert set(sent.captured) == {f"urn:uuid:{n}" for n in range(10)} - set(sent.refused)
    assert sum(request.method == "POST" for request in server.requests) == 3


def test_a_document_too_large_is_halved_until_it_is_taken() -> None:
    server = Server()

    def small(request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and len(json.loads(request.content)["epcisBody"]["eventList"]) > 2:
            return httpx.Response(
                413, json={"type": "epcisException:CaptureLimitExceededException", "title": "large"}
            )
        return server(request)

    assert len(send(small, leased(*range(9))).captured) == 9


@pytest.mark.parametrize("status", [401, 403, 404, 415, 429, 500, 503])
def test_what_is_not_the_fault_of_the_events_is_tried_again(status: int) -> None:
    sent = send(lambda _: httpx.Response(status, headers={"Retry-After": "7"}), leased(1, 2))
    assert set(sent.again) == {"urn:uuid:1", "urn:uuid:2"}
    assert f"HTTP {status}" in sent.again["urn:uuid:1"]
    assert sent.retry_after == 7


def test_a_network_that_is_down_is_tried_again() -> None:
    def down(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route", request=request)

    assert "no route" in send(down, leased(1)).again["urn:uuid:1"]


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(202),
        httpx.Response(202, headers={"Location": "/service/epcis/capture/gone"}),
    ],
)
def test_a_job_that_cannot_be_followed_leaves_its_events_for_another_time(answer: httpx.Response) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return answer if request.method == "POST" else httpx.Response(404)

    assert list(send(handler, leased(1)).again) == ["urn:uuid:1"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"running": true}'])
def test_a_job_that_makes_no_sense_or_does_not_end_leaves_its_events_for_another_time(body: bytes) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(202, headers={"Location": "/service/epcis/capture/1"})
        return httpx.Response(200, content=body)

    assert list(send(handler, leased(1), job_wait=0.05).again) == ["urn:uuid:1"]


def test_a_job_that_failed_inside_the_server_is_tried_again() -> None:
    server = Server(bad=(1,), errors=[{"type": "epcisException:ImplementationException", "status": 500}])
    sent = send(server, leased(1))
    assert (list(sent.again), sent.refused) == (["urn:uuid:1"], {})


def test_the_token_is_not_sent_to_another_host_that_a_location_names() -> None:
    server = Server(location="https://evil.example/service/epcis/capture/{}")
    assert send(server, leased(1)).captured == ["urn:uuid:1"]
    assert {request.url.host for request in server.requests} == {"trace.example"}


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(CaptureError, match="http"):
        CaptureClient("trace.example")
