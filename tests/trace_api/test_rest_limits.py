"""What one client may cost the others, and what nobody learns by asking cleverly."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from fastapi import FastAPI
from httpx import ASGITransport

from foundation.access import Role
from foundation.web import RateLimiter
from ledger import CorruptLog
from tests.trace_api.conftest import SHOP, Site
from tests.trace_api.documents import CASE, GTIN, HALL, document, observed
from trace_api.waiting import Waiting

EVENTS = "/epcis/events"
ITEM = f"{GTIN}/21/1"
DEMAND = "Suyuan-Min-Log-Position"


def listed(answered: Any) -> list[dict[str, Any]]:
    assert answered.status_code == 200, answered.text
    found: list[dict[str, Any]] = answered.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    return found


def app_of(site: Site) -> FastAPI:
    app = site.client.app
    assert isinstance(app, FastAPI)
    return app


def pages(site: Site, who: str, answered: Any) -> Iterator[Any]:
    """This page and all that follow."""
    while True:
        yield answered
        following = answered.links.get("next")
        if following is None:
            return
        answered = site.get_raw(who, following["url"])


# -- waiting for a position --------------------------------------------------------------------------


def test_a_position_beyond_the_log_is_refused_at_once(site: Site) -> None:
    site.post("dairy", "/epcis/capture", document(observed()))
    begun = time.monotonic()
    for _ in range(20):
        answered = site.client.get(EVENTS, headers={**site.as_("dairy"), DEMAND: "999999999"})
        assert answered.status_code == 503
        assert answered.json()["position"] == 1
        assert "999999999" in answered.json()["detail"]
    assert time.monotonic() - begun < 3


def test_those_who_wait_hold_no_thread_and_are_only_so_many(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.post("dairy", "/epcis/capture", document(observed()))
    index = type(site.bench.index)
    real = index.position.fget  # type: ignore[attr-defined]
    behind = True
    monkeypatch.setattr(index, "position", property(lambda self: 0 if behind else real(self)))
    waiting = site.service.waiting
    monkeypatch.setattr(waiting, "_most", 60)
    headers = {**site.as_("dairy"), DEMAND: "1"}

    async def crowd() -> list[httpx.Response]:
        import asyncio

        nonlocal behind
        transport = ASGITransport(app_of(site), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://t", timeout=30) as client:
            waiters = [asyncio.ensure_future(client.get(EVENTS, headers=headers)) for _ in range(100)]
            while waiting._now < 60:
                await asyncio.sleep(0.01)
            begun = time.monotonic()
            other = await client.get("/log/checkpoint")  # a route that needs a thread of the pool
            assert other.status_code == 200
            assert time.monotonic() - begun < 2
            behind = False
            return list(await asyncio.gather(*waiters))

    with start_blocking_portal() as portal:
        answers = portal.call(crowd)
    told = [answer.status_code for answer in answers]
    assert told.count(503) == 40
    assert told.count(200) == 60
    assert waiting._now == 0


def test_nobody_waits_for_long(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.post("dairy", "/epcis/capture", document(observed()))
    monkeypatch.setattr(type(site.bench.index), "position", property(lambda _: 0))
    monkeypatch.setattr(site.service.waiting, "_seconds", 0.1)
    answered = site.client.get(EVENTS, headers={**site.as_("dairy"), DEMAND: "1"})
    assert answered.status_code == 503
    assert answered.json()["position"] == 0
    assert answered.headers["retry-after"] == "1"


def test_who_waits_is_let_go_when_the_position_is_reached() -> None:
    import asyncio

    steps = iter([0, 0, 1, 2, 3])
    asyncio.run(Waiting().until(lambda: next(steps), 3))
    assert next(steps, "all were taken") == "all were taken"


# -- one question, one state -------------------------------------------------------------------------


def test_the_position_of_an_answer_and_its_events_are_of_one_state(site: Site) -> None:
    ended = threading.Event()
    wrong: list[str] = []

    def write() -> None:
        for number in range(150):
            site.bench.capture.capture(
                document(observed(ITEM, eventTime=f"2026-05-01T08:{number // 60:02}:{number % 60:02}Z")),
                SHOP.id,
            )
        ended.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not ended.is_set():
        for path, params in (
            (EVENTS, {"perPage": "1000", "MATCH_epc": ITEM}),
            ("/trace/history", {"id": ITEM}),
        ):
            answered = site.get("shop", path, **params)
            if answered.status_code == 404:
                continue  # nothing yet
            body = answered.json()
            found = listed(answered) if path == EVENTS else body["events"]
            if len(found) != int(answered.headers["suyuan-log-position"]):
                wrong.append(f"{path}: {len(found)} at {answered.headers['suyuan-log-position']}")
    writer.join()
    assert wrong == []


# -- pages by bytes ----------------------------------------------------------------------------------


def test_a_page_ends_before_it_has_too_many_bytes_and_the_next_goes_on_from_there(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trace_api.rest.events.PAGE_BYTES", 5_000)
    context = {"ext": "https://ext.example/"}
    sizes = [10, 3_000, 1_500, 9_000, 20, 30, 4_000, 4_000, 9_000]
    for number, size in enumerate(sizes):
        event = observed(f"{GTIN}/21/{number}", **{"ext:note": "x" * size})
        body = json.loads(document(event))
        body["@context"].append(context)
        assert site.post("dairy", "/epcis/capture", json.dumps(body).encode()).status_code == 202
    for parameters in ({}, {"orderBy": "eventTime"}, {"perPage": "2"}):
        first = site.get("dairy", EVENTS, **parameters)
        seen, weights = [], []
        for page in pages(site, "dairy", first):
            found = listed(page)
            assert found
            seen += [event["epcList"][0].rpartition("/")[2] for event in found]
            if len(found) > 1:
                weights.append(len(page.content))
        assert sorted(seen, key=int) == [str(n) for n in range(len(sizes))]
        assert max(weights) < 6_500


def test_declarations_of_one_event_are_paged_too(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trace_api.rest.events.PAGE_BYTES", 900)
    name = "urn:uuid:00000000-0000-4000-8000-0000000000aa"
    event = observed(eventID=name)
    declared = [
        {
            **event,
            "errorDeclaration": {"declarationTime": f"2026-05-02T08:00:{n:02}Z", "reason": "did_not_occur"},
        }
        for n in range(4)
    ]
    assert site.post("dairy", "/epcis/capture", document(event, *declared)).status_code == 202
    first = site.get("dairy", f"{EVENTS}/{name}")
    assert len(listed(first)) < 5
    assert sum(len(listed(page)) for page in pages(site, "dairy", first)) == 5


# -- what may not be known ---------------------------------------------------------------------------


@pytest.fixture
def chained(site: Site) -> Site:
    """The dairy makes an item, packs it at 09:00 and unpacks it at 11:00; the shop sees shipping and receiving."""
    hidden = {"bizLocation": {"id": HALL}}
    packing = {"type": "AggregationEvent", "epcList": None, "parentID": CASE, "childEPCs": [ITEM], **hidden}
    handed = {"destinationList": [{"type": "possessing_party", "destination": SHOP.id}]}
    made = observed(ITEM, action="ADD", bizStep="commissioning", eventTime="2026-05-01T08:00:00Z", **handed)
    packed = observed(**packing, action="ADD", bizStep="packing", eventTime="2026-05-01T09:00:00Z")
    unpacked = observed(**packing, action="DELETE", bizStep="unpacking", eventTime="2026-05-01T11:00:00Z")
    site.post("dairy", "/epcis/capture", document(made, packed))
    site.bench.clock.now += 3_600_000_000
    site.post("dairy", "/epcis/capture", document(unpacked))
    site.bench.clock.now += 3_600_000_000
    sold = observed(ITEM, bizStep="retail_selling", eventTime="2026-05-01T13:00:00Z", bizLocation=None)
    site.post("shop", "/epcis/capture", document(sold))
    return site


@pytest.mark.parametrize("path", ["/trace/back", "/trace/forward", "/trace/history", "/trace/state"])
def test_a_hidden_object_cannot_be_told_from_one_that_nobody_named(chained: Site, path: str) -> None:
    unknown = "https://id.gs1.org/00/195210010000010105"
    at = {"asOfEventTime": "2026-05-01T10:00:00Z"}
    for extra in ({}, at):
        for who in ("shop", "farm"):
            there = chained.get(who, path, id=CASE, **extra)
            nowhere = chained.get(who, path, id=unknown, **extra)
            assert there.status_code == nowhere.status_code == (200 if path == "/trace/state" else 404)
            assert there.text.replace(CASE, "") == nowhere.text.replace(unknown, "")
    assert chained.get("dairy", path, id=CASE).status_code == 200


def test_what_one_may_see_nothing_of_costs_no_trace(chained: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("facts were read for somebody who may see none of them")

    for name in ("of_object", "at"):
        monkeypatch.setattr(type(chained.bench.index.facts), name, never)
    for path in ("/trace/back", "/trace/forward", "/trace/history"):
        assert chained.get("farm", path, id=ITEM).status_code == 404
    assert chained.get("farm", "/trace/state", id=ITEM).status_code == 200


@pytest.mark.parametrize("path", ["/trace/back", "/trace/history", "/trace/state"])
@pytest.mark.parametrize("clock", ["asOfEventTime", "asOfRecordTime"])
def test_the_time_of_a_hidden_event_cannot_be_found_by_halving(chained: Site, path: str, clock: str) -> None:
    whole = chained.get("regulator", "/trace/history", id=ITEM).json()["events"]
    visible = {event["position"] for event in chained.get("shop", "/trace/history", id=ITEM).json()["events"]
               if not event.get("hidden")}  # fmt: skip
    assert visible == {0, 3}
    own = "eventTime" if clock == "asOfEventTime" else "recordTime"
    times = {event["position"]: event[own] for event in whole}
    answers: dict[str, list[int]] = {}
    from foundation.epcis import instant, iso

    begin, end = instant(times[0]), instant(times[3])
    for step in range(-2, 27):
        at = begin + (end - begin) * step // 24
        answered = chained.get("shop", path, id=ITEM, **{clock: iso(at)})
        answers.setdefault(answered.text, []).append(at)
    spans = sorted((min(ats), max(ats)) for ats in answers.values())
    assert len(spans) == 3  # before it was made, from then on, and from the selling on
    assert [span[0] for span in spans][1:] == [begin, end]
    # Those who see all ask at any instant.
    seen = {
        chained.get("regulator", path, id=ITEM, **{clock: iso(begin + (end - begin) * step // 24)}).text
        for step in range(25)
    }
    assert len(seen) >= 3


def test_a_token_of_the_public_opens_nothing(chained: Site) -> None:
    token = chained.register.issue_token(None, Role.public)
    headers = {"Authorization": f"Bearer {token}"}
    for path in (
        EVENTS, f"{EVENTS}/urn:x", "/epcis/capture/x", f"/trace/back?id={ITEM}", f"/trace/forward?id={ITEM}",
        f"/trace/history?id={ITEM}", f"/trace/state?id={ITEM}", "/log/proof/0", "/log/body/0",
    ):  # fmt: skip
        answered = chained.client.get(path, headers=headers)
        assert answered.status_code == 403, path
        assert answered.json()["type"] == "epcisException:SecurityException"


# -- bounds on work ----------------------------------------------------------------------------------


def test_a_trace_that_takes_too_long_is_cut_and_says_so(
    chained: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = chained.get("dairy", "/trace/back", id=ITEM).json()
    assert whole["cut"] == []
    monkeypatch.setattr("trace_api.rest.trace.SECONDS", -1)
    for path in ("/trace/back", "/trace/forward"):
        answered = chained.get("dairy", path, id=ITEM)
        assert answered.status_code == 200
        assert answered.json()["cut"] == [{"limit": "seconds", "value": -1, "count": 1, "at": [ITEM]}]
        assert len(answered.json()["nodes"]) == 1
    answered = chained.get("dairy", "/trace/state", id=[ITEM, CASE])
    assert answered.json() == {
        "states": [],
        "cut": [{"limit": "seconds", "value": -1, "count": 2, "at": [ITEM, CASE]}],
    }


def test_a_question_that_cannot_be_cut_is_given_up(chained: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trace_api.rest.trace.LAST_SECONDS", -1.0)
    for path in ("/trace/history", "/trace/state", "/trace/back"):
        refused = chained.get("dairy", path, id=ITEM)
        assert refused.status_code == 413
        assert refused.json()["type"] == "epcisException:QueryTooLargeException"


def test_long_questions_hold_up_no_short_ones_and_only_so_many_wait(
    chained: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncio

    free = threading.Event()
    facts = type(chained.bench.index.facts)
    real = facts.of_object

    def slow(self: Any, uri: str) -> Any:
        free.wait(20)
        return real(self, uri)

    monkeypatch.setattr(facts, "of_object", slow)
    headers = chained.as_("dairy")

    async def crowd() -> list[httpx.Response]:
        transport = ASGITransport(app_of(chained), raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://t", timeout=30, headers=headers
        ) as client:
            asked = [asyncio.ensure_future(client.get(f"/trace/back?id={ITEM}")) for _ in range(80)]
            while chained.service.lanes._now < 64:
                await asyncio.sleep(0.01)
            begun = time.monotonic()
            assert (await client.get(EVENTS)).status_code == 200
            sent = {"Content-Type": "application/json"}
            taken = await client.post("/epcis/capture", content=document(observed(CASE)), headers=sent)
            assert taken.status_code == 202
            assert time.monotonic() - begun < 2
            free.set()
            return list(await asyncio.gather(*asked))

    with start_blocking_portal() as portal:
        answers = portal.call(crowd)
    told = [answer.status_code for answer in answers]
    assert (told.count(200), told.count(503)) == (64, 16)


def test_limits_of_a_trace_stand_in_the_interface_description(site: Site) -> None:
    described = site.client.get("/openapi.json").json()["paths"]["/trace/forward"]["get"]["parameters"]
    defaults = {one["name"]: one["schema"].get("default") for one in described}
    assert (defaults["maxNodes"], defaults["maxEvents"]) == (20_000, 20_000)


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"MATCH_epc": [f"urn:epc:idpat:sgtin:9521001.{n:06}.*" for n in range(1000)]}, "1000 idpat patterns"),
        ({"MATCH_epc": [f"urn:epc:idpat:sgtin:9521001.{n:06}.*" for n in range(51)]}, "takes 50"),
        ({f"EQ_source_t{n}": "urn:x:1" for n in range(101)}, "101 query parameters"),
        ({f"EQ_source_t{n}": ",".join(["u:1"] * 900) for n in range(6)}, "5400 values"),
        ({"perPage": "0"}, "perPage"),
        ({"perPage": "many"}, "perPage"),
        ({"perPage": "1001"}, "perPage"),
        ({"perPage": ["1", "2"]}, "perPage"),
        ({"perPage": ""}, "perPage"),
        ({"nextPageToken": ""}, "nextPageToken"),
        ({"nextPageToken": "x" * 1001}, "nextPageToken"),
        ({"EXISTS_errorDeclaration": "false"}, "EXISTS_errorDeclaration"),
        ({"EXISTS_errorDeclaration": "yes"}, "EXISTS_errorDeclaration"),
    ],
)  # fmt: skip
def test_what_asks_too_much_or_in_the_wrong_form_is_named(
    site: Site, parameters: dict[str, Any], named: str
) -> None:
    refused = site.get("regulator", EVENTS, **parameters)
    assert refused.status_code == 400, refused.text
    assert refused.json()["type"] == "epcisException:QueryParameterException"
    assert named in refused.json()["detail"]


def test_fifty_patterns_and_a_thousand_values_are_answered(site: Site) -> None:
    site.post("dairy", "/epcis/capture", document(observed(ITEM)))
    patterns = [f"urn:epc:idpat:sgtin:9521001.{n:06}.*" for n in range(11, 61)]
    assert len(listed(site.get("regulator", EVENTS, MATCH_epc=patterns))) == 1
    values = ",".join([ITEM, *(f"{GTIN}/21/x{n}" for n in range(999))])
    assert len(listed(site.get("regulator", EVENTS, MATCH_epc=values))) == 1


@pytest.mark.parametrize("word", ["true", "null", "", "1"])
def test_error_declarations_are_asked_for_without_a_value(site: Site, word: str) -> None:
    event = observed(eventID="urn:uuid:00000000-0000-4000-8000-0000000000aa")
    declared = {**event, "errorDeclaration": {"declarationTime": "2026-05-02T08:00:00Z"}}
    site.post("dairy", "/epcis/capture", document(event, declared))
    assert len(listed(site.get("dairy", EVENTS, EXISTS_errorDeclaration=word))) == 1


# -- HTTP --------------------------------------------------------------------------------------------


def test_head_is_answered_like_get_without_content(chained: Site) -> None:
    for path in (EVENTS, f"/trace/back?id={ITEM}", "/log/checkpoint", "/log/proof/3"):
        got = chained.client.get(path, headers=chained.as_("shop"))
        head = chained.client.head(path, headers=chained.as_("shop"))
        assert head.status_code == got.status_code == 200
        assert head.content == b""
        assert head.headers["content-type"] == got.headers["content-type"]
        assert int(head.headers["content-length"]) > 0
    assert chained.client.head(EVENTS).status_code == 401
    assert chained.client.head("/epcis/capture", headers=chained.as_("shop")).status_code == 405


def test_an_unknown_error_behaviour_is_refused_with_the_known_ones(site: Site) -> None:
    refused = site.post(
        "dairy", "/epcis/capture", document(observed()), **{"GS1-Capture-Error-Behaviour": "ignore"}
    )
    assert refused.status_code == 400
    assert refused.json()["type"] == "epcisException:ValidationException"
    assert "rollback or proceed" in refused.json()["detail"]
    assert site.bench.log.size == 0


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/json;q=0", 406),
        ("application/json;q=0, application/ld+json;q=0.000", 406),
        ("application/xml, application/json;q=0, */*;q=0", 406),
        ("application/json;q=0, application/ld+json", 200),
        ("application/xml, */*;q=0.1", 200),
        ("application/*", 200),
        ("", 200),
    ],
)
def test_the_weights_of_accept_count(site: Site, accept: str, status: int) -> None:
    assert site.client.get(EVENTS, headers={**site.as_("dairy"), "Accept": accept}).status_code == status


def test_a_body_must_come_in_time(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trace_api.rest.http.BODY_SECONDS", 0.1)

    async def dripping() -> Any:
        import asyncio

        yield b"{"
        await asyncio.sleep(30)
        yield b"}"

    async def post() -> httpx.Response:
        # `ASGITransport` hands the body on piece by piece.
        async with httpx.AsyncClient(transport=ASGITransport(app_of(site)), base_url="http://t") as client:
            headers = {"Content-Type": "application/json", **site.as_("dairy")}
            return await client.post("/epcis/capture", content=dripping(), headers=headers)

    begun = time.monotonic()
    with start_blocking_portal() as portal:
        answered = portal.call(post)
    assert answered.status_code == 408
    assert answered.headers["connection"] == "close"
    assert time.monotonic() - begun < 5


def test_tiles_and_consistency_proofs_are_given_to_one_client_in_measure(site: Site) -> None:
    site.post("dairy", "/epcis/capture", document(observed()))
    app_of(site).state.tile_limiter = RateLimiter(per_second=0.001, burst=3)
    told = [
        site.client.get(path).status_code
        for path in (
            "/log/tile/0/000.p/1",
            "/log/consistency?old=0",
            "/log/tile/0/000.p/1",
            "/log/tile/0/000.p/1",
        )
    ]
    assert told == [200, 200, 200, 429]
    assert site.client.get("/log/checkpoint").status_code == 200


def test_a_damaged_log_is_not_told_as_a_missing_tile(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(_: object, path: str) -> bytes:
        raise CorruptLog(f"{path} is not as it was written")

    monkeypatch.setattr(type(site.bench.log), "resource", damaged)
    assert site.client.get("/log/tile/0/000").status_code == 500


# -- a reader beside the writer ----------------------------------------------------------------------


def test_a_follower_never_shows_a_position_that_its_log_does_not_hold(site: Site) -> None:
    from ledger import FileStorage, ReadOnlyLog
    from trace_api import SqliteIndex, TraceService

    site.post("dairy", "/epcis/capture", document(observed(ITEM)))
    folder = site.bench.folder
    log = ReadOnlyLog.open(FileStorage(folder / "log"), site.bench.log.verifier_key())
    index = SqliteIndex(folder / "index.sqlite", read_only=True)
    follower = TraceService(log, index, site.register, site.service.records, b"k" * 32)
    site.post("dairy", "/epcis/capture", document(observed(CASE)))
    assert log.size == 1
    with follower.reading() as position:
        assert position == 2
        assert log.size >= position
    caller = site.register.authenticate(site.tokens["dairy"])
    site.post("dairy", "/epcis/capture", document(observed(f"{GTIN}/21/2")))
    assert follower.visible_entry(2, caller).position == 2
    index.close()
    log.close()
