"""The capture pipeline: durable and indexed or not at all, repeats without effect, contradictions refused."""

from __future__ import annotations

import itertools
import json
import threading
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.trace_api.conftest import DAIRY, FARM, SHOP, Bench
from tests.trace_api.documents import GTIN, document, observed
from trace_api import Behaviour, ValidationFailed
from trace_api.capture import WriterStopped
from trace_api.lineage import Lineage
from trace_api.query import EventQuery, Page, View

ALL = View(sees_all=True)
SERIALS = itertools.count(10**5)


def statuses(
    bench: Bench, body: bytes, party: str = DAIRY.id, behaviour: Behaviour = Behaviour.ROLLBACK
) -> list[str]:
    return [outcome.status for outcome in bench.capture.capture(body, party, behaviour).outcomes]


def declared(event: dict[str, Any], **block: Any) -> dict[str, Any]:
    return event | {
        "errorDeclaration": {"declarationTime": "2026-05-02T08:00:00Z", "reason": "did_not_occur", **block}
    }


def test_a_captured_event_is_in_the_log_word_for_word_and_in_the_index(bench: Bench) -> None:
    event = observed(f"{GTIN}/21/7", eventID="urn:uuid:00000000-0000-4000-8000-000000000001")
    result = bench.capture.capture(document(event), DAIRY.id)
    assert result.success
    assert result.position == bench.log.size == 1
    outcome = result.outcomes[0]
    assert (outcome.status, outcome.position, outcome.event_id) == ("captured", 0, event["eventID"])
    statement = bench.log.entry(0).statement()
    assert json.loads(statement.received) == event
    assert statement.meta["party"] == DAIRY.id
    [fact] = bench.index.facts.of_object(f"{GTIN}/21/7")
    assert fact.party == DAIRY.id
    assert fact.record_time == bench.log.entry(0).header.record_time == bench.clock.now


def test_an_event_without_an_id_gets_the_cbv_hash_as_its_id(bench: Bench) -> None:
    [outcome] = bench.capture.capture(document(observed()), DAIRY.id).outcomes
    assert outcome.event_id is not None
    assert outcome.event_id.startswith("ni:///sha-256;")
    assert outcome.event_id.endswith("?ver=CBV2.0")


def test_rollback_keeps_nothing_of_a_document_with_one_bad_event(bench: Bench) -> None:
    body = document(observed(), observed(action="CREATE"))
    result = bench.capture.capture(body, DAIRY.id)
    assert [o.status for o in result.outcomes] == ["left_out", "refused"]
    assert not result.success
    assert bench.log.size == bench.index.position == 0
    [issue] = [i for i in result.outcomes[1].issues if i.severity == "error"]
    assert issue.pointer == "/epcisBody/eventList/1/action"


def test_proceed_keeps_the_good_events_and_reports_the_bad_ones(bench: Bench) -> None:
    body = document(observed(), observed(action="CREATE"), observed(f"{GTIN}/21/2"))
    assert statuses(bench, body, behaviour=Behaviour.PROCEED) == ["captured", "refused", "captured"]
    assert bench.log.size == 2


def test_a_repeat_is_success_without_effect(bench: Bench) -> None:
    body = document(observed(), observed(f"{GTIN}/21/2"))
    assert statuses(bench, body) == ["captured", "captured"]
    again = bench.capture.capture(body, DAIRY.id)
    assert again.success
    assert [(o.status, o.position) for o in again.outcomes] == [("duplicate", 0), ("duplicate", 1)]
    assert bench.log.size == 2


def test_a_batch_with_one_known_event_adds_only_the_new_one(bench: Bench) -> None:
    bench.capture.capture(document(observed()), DAIRY.id)
    assert statuses(bench, document(observed(), observed(f"{GTIN}/21/2"))) == ["duplicate", "captured"]
    assert bench.log.size == 2


def test_one_event_twice_in_one_document_is_kept_once(bench: Bench) -> None:
    assert statuses(bench, document(observed(), observed())) == ["captured", "duplicate"]
    assert bench.log.size == 1


def test_the_same_id_with_other_content_is_refused(bench: Bench) -> None:
    same = {"eventID": "urn:uuid:00000000-0000-4000-8000-000000000002"}
    assert statuses(bench, document(observed(**same))) == ["captured"]
    result = bench.capture.capture(document(observed(bizStep="shipping", **same)), DAIRY.id)
    assert [o.status for o in result.outcomes] == ["refused"]
    assert "other content" in str(result.outcomes[0].issues[-1])
    assert bench.log.size == 1


def test_the_same_id_with_other_content_within_one_document_rolls_it_back(bench: Bench) -> None:
    same = {"eventID": "urn:uuid:00000000-0000-4000-8000-000000000003"}
    body = document(observed(**same), observed(bizStep="shipping", **same))
    assert statuses(bench, body) == ["left_out", "refused"]
    assert bench.log.size == 0


def test_another_spelling_of_the_same_event_is_a_repeat_with_a_warning(bench: Bench) -> None:
    fields = {"eventID": "urn:uuid:00000000-0000-4000-8000-000000000004"}
    bench.capture.capture(document(observed("urn:epc:id:sgtin:9521001.000011.5", **fields)), DAIRY.id)
    result = bench.capture.capture(document(observed(f"{GTIN}/21/5", **fields)), DAIRY.id)
    assert result.outcomes[0].status == "duplicate"
    assert any("another spelling" in str(issue) for issue in result.outcomes[0].issues)
    assert bench.log.size == 1


def test_the_same_content_under_another_id_is_kept(bench: Bench) -> None:
    ids = [f"urn:uuid:00000000-0000-4000-8000-00000000001{n}" for n in range(2)]
    assert statuses(bench, document(*(observed(eventID=one) for one in ids))) == ["captured", "captured"]
    facts = bench.index.facts.of_object(f"{GTIN}/21/1")
    assert len({fact.content_hash for fact in facts}) == 1


def test_an_error_declaration_is_kept_beside_its_event_and_repeated_without_effect(bench: Bench) -> None:
    event = observed(eventID="urn:uuid:00000000-0000-4000-8000-000000000005")
    assert statuses(bench, document(event, declared(event))) == ["captured", "captured"]
    assert statuses(bench, document(declared(event))) == ["duplicate"]
    assert statuses(bench, document(declared(event, reason="incorrect_data"))) == ["captured"]
    assert [f.declaration is not None for f in bench.index.facts.of_event_id(event["eventID"])] == [
        False,
        True,
        True,
    ]


def test_a_strangers_declaration_is_kept_and_blocks_nobody(bench: Bench) -> None:
    event = observed(eventID="urn:uuid:00000000-0000-4000-8000-000000000006")
    assert statuses(bench, document(declared(event)), SHOP.id) == ["captured"]
    assert statuses(bench, document(event), DAIRY.id) == ["captured"]
    assert statuses(bench, document(declared(event)), DAIRY.id) == ["captured"]
    assert bench.log.size == 3


def test_a_declaration_that_does_not_repeat_the_event_is_refused(bench: Bench) -> None:
    event = observed(eventID="urn:uuid:00000000-0000-4000-8000-000000000007")
    bench.capture.capture(document(event), DAIRY.id)
    other = declared(event | {"bizStep": "shipping"})
    assert statuses(bench, document(other)) == ["refused"]


def test_a_wrong_check_digit_in_an_event_is_kept_as_it_is_with_a_warning(bench: Bench) -> None:
    wrong = "https://id.gs1.org/01/09521001000117/21/1"
    result = bench.capture.capture(document(observed(wrong)), DAIRY.id)
    assert result.success
    assert any("check digit" in str(issue) for issue in result.outcomes[0].issues)
    assert len(bench.index.facts.of_object(wrong)) == 1


def test_a_document_that_is_no_epcis_is_refused_with_the_position(bench: Bench) -> None:
    with pytest.raises(ValidationFailed) as refused:
        bench.capture.capture(b'{"type": "EPCISDocument"', DAIRY.id)
    [error] = refused.value.extra["errors"]
    assert error["line"] == 1
    assert bench.log.size == 0


def test_an_endless_event_id_is_refused(bench: Bench) -> None:
    assert statuses(bench, document(observed(eventID="urn:x:" + "n" * 3000))) == ["refused"]


def test_what_the_log_cannot_hold_is_refused_alone_and_harms_no_other_request(bench: Bench) -> None:
    endless = observed(f"{GTIN}/21/3", **{"https://ext.example/" + "n" * 3000: "x"})
    result = bench.capture.capture(document(observed(), endless), DAIRY.id, Behaviour.PROCEED)
    assert [o.status for o in result.outcomes] == ["captured", "refused"]
    assert "2048 bytes" in str(result.outcomes[1].issues[-1])
    assert bench.log.size == 1


def test_master_data_of_the_header_is_stated_in_the_log(bench: Bench) -> None:
    element = {"id": GTIN, "attributes": [{"id": "cbvmda:descriptionShort", "attribute": "Formula"}]}
    header = {
        "epcisMasterData": {
            "vocabularyList": [
                {"type": "urn:epcglobal:epcis:vtype:EPCClass", "vocabularyElementList": [element]}
            ]
        }
    }
    assert bench.capture.capture(document(observed(), epcisHeader=header), DAIRY.id).success
    [stated] = bench.index.master_data(GTIN)
    assert (stated.party, stated.attributes) == (DAIRY.id, {"descriptionShort": "Formula"})
    assert bench.log.size == 2


def test_many_requests_at_once_all_get_their_own_answer(bench: Bench) -> None:
    results: dict[int, Any] = {}

    def send(number: int) -> None:
        events = [observed(f"{GTIN}/21/{number}{n}") for n in range(3)]
        results[number] = bench.capture.capture(document(*events), DAIRY.id)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    positions = [o.position for r in results.values() for o in r.outcomes]
    assert sorted(p for p in positions if p is not None) == list(range(72))
    for number, result in results.items():
        for n, outcome in enumerate(result.outcomes):
            received = bench.log.entry(outcome.position).statement().received
            assert json.loads(received)["epcList"] == [f"{GTIN}/21/{number}{n}"]
            assert bench.index.fact(outcome.position).epcs == (f"{GTIN}/21/{number}{n}",)


def test_the_index_is_built_anew_from_the_log_and_gives_the_same_answers(bench: Bench) -> None:
    bodies = [
        document(observed(f"{GTIN}/21/{n}", bizStep=step))
        for n, step in enumerate(("storing", "shipping", "x:y"))
    ]
    for body in bodies[:2]:
        bench.capture.capture(body, FARM.id)
    event = observed(eventID="urn:uuid:00000000-0000-4000-8000-000000000008")
    bench.capture.capture(document(event, declared(event)), DAIRY.id)
    before = [bench.index.fact(position) for position in range(bench.log.size)]
    bench.close()
    for file in bench.folder.glob("index.sqlite*"):
        file.unlink()
    bench.open()
    assert [bench.index.fact(position) for position in range(bench.log.size)] == before


def test_an_index_ahead_of_its_log_is_thrown_away(
    bench: Bench, tmp_path_factory: pytest.TempPathFactory
) -> None:
    bench.capture.capture(document(observed()), DAIRY.id)
    other = Bench(tmp_path_factory.mktemp("other")).open()
    for n in range(3):
        other.capture.capture(document(observed(f"{GTIN}/21/{n + 10}")), DAIRY.id)
    other.close()
    bench.close()
    for file in bench.folder.glob("index.sqlite*"):
        file.unlink()
    (bench.folder / "index.sqlite").write_bytes((other.folder / "index.sqlite").read_bytes())
    bench.open()
    assert bench.index.position == 1
    assert list(bench.index.facts.of_object(f"{GTIN}/21/10")) == []


def test_after_a_failure_of_the_index_the_next_group_catches_up(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(bench.index, "apply", broken)
        assert bench.capture.capture(document(observed()), DAIRY.id).success  # durable in the log
    assert bench.index.position == 0
    assert statuses(bench, document(observed())) == ["duplicate"]
    assert bench.index.position == 1


def test_a_stopped_writer_says_so(bench: Bench) -> None:
    bench.capture.stop()
    with pytest.raises(WriterStopped):
        bench.capture.capture(document(observed()), DAIRY.id)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_way_of_sending_the_same_events_leaves_each_in_the_log_once(
    bench: Bench, data: st.DataObject
) -> None:
    serial = next(SERIALS) * 10  # the log goes on from example to example
    events = [observed(f"{GTIN}/21/{serial + n}") for n in range(4)]
    sends = data.draw(
        st.lists(st.lists(st.sampled_from(events), min_size=1, max_size=5), min_size=1, max_size=6)
    )
    before = bench.log.size
    for send in sends:
        assert bench.capture.capture(document(*send), DAIRY.id).success
    distinct = {event["epcList"][0] for send in sends for event in send}
    assert bench.log.size - before == len(distinct)
    for uri in distinct:
        assert len(bench.index.facts.of_object(uri)) == 1
    found = bench.index.find(EventQuery(), ALL, Page(100_000, bench.index.position))
    assert len(found) == bench.log.size


def test_what_a_stranger_captured_under_an_id_blocks_nobody_and_is_not_told(bench: Bench) -> None:
    mine = observed(eventID="urn:uuid:00000000-0000-4000-8000-000000000020")
    assert statuses(bench, document(mine), SHOP.id) == ["captured"]
    assert statuses(bench, document(mine), DAIRY.id) == [
        "captured"
    ]  # the same words are still its own statement
    other = document(mine | {"bizStep": "shipping"})
    result = bench.capture.capture(other, FARM.id)
    assert [o.status for o in result.outcomes] == ["captured"]
    assert result.outcomes[0].issues == ()
    assert bench.log.size == 3


def test_a_stranger_who_repeats_ones_words_cannot_keep_them_alive(bench: Bench) -> None:
    mine = observed(f"{GTIN}/21/4", eventID="urn:uuid:z")
    bench.capture.capture(document(mine), DAIRY.id)
    bench.capture.capture(document(mine | {"eventID": "urn:uuid:a"}), SHOP.id)
    bench.capture.capture(document(declared(mine)), DAIRY.id)
    history = Lineage(bench.index.facts).history(f"{GTIN}/21/4")
    assert {(event.party, event.void) for event in history.events if not event.declares_error} == {
        (DAIRY.id, True),
        (SHOP.id, False),
    }


@pytest.mark.parametrize("value", [123456789012345678901, 1.5, {"a": [1, None]}, "text"])
def test_master_data_of_any_json_kind_is_kept_and_stops_nothing(bench: Bench, value: Any) -> None:
    element = {"id": GTIN, "attributes": [{"id": "cbvmda:netWeight", "attribute": value}]}
    header = {
        "epcisMasterData": {
            "vocabularyList": [
                {"type": "urn:epcglobal:epcis:vtype:EPCClass", "vocabularyElementList": [element]}
            ]
        }
    }
    assert bench.capture.capture(document(epcisHeader=header), DAIRY.id).success
    [stated] = bench.index.master_data(GTIN)
    kept = stated.attributes["netWeight"]
    assert kept == value if isinstance(value, str) else json.loads(kept) == value
    assert statuses(bench, document(observed())) == ["captured"]
    bench.reopen()
    assert bench.index.position == bench.log.size


def test_a_context_with_a_version_number_is_kept(bench: Bench) -> None:
    body = json.loads(document(observed()))
    body["@context"] += [{"@version": 1.1, "ext": "https://ext.example/"}]
    assert statuses(bench, json.dumps(body).encode()) == ["captured"]
    bench.reopen()


def test_a_context_that_would_be_kept_thousands_of_times_is_bounded(bench: Bench) -> None:
    body = json.loads(document(observed()))
    body["@context"] += [{f"p{n}": "https://ext.example/" + "x" * 100 for n in range(200)}]
    with pytest.raises(ValidationFailed, match="@context"):
        bench.capture.capture(json.dumps(body).encode(), DAIRY.id)


def test_a_caller_that_has_gone_away_spoils_nothing_for_the_others(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    append = bench.log.append_batches

    def slow(batches: Any) -> Any:
        begun.set()
        go_on.wait(10)
        return append(batches)

    monkeypatch.setattr(bench.log, "append_batches", slow)
    first = bench.capture.submit(document(observed()), DAIRY.id, Behaviour.ROLLBACK)
    assert begun.wait(10)
    gone = bench.capture.submit(document(observed(f"{GTIN}/21/8")), DAIRY.id, Behaviour.ROLLBACK)
    last = bench.capture.submit(document(observed(f"{GTIN}/21/9")), DAIRY.id, Behaviour.ROLLBACK)
    assert gone.cancel()
    assert not first.cancel()
    go_on.set()
    assert first.result(10).success
    assert last.result(10).success
    assert bench.log.size == 2


def test_requests_of_one_group_in_two_commits_are_indexed_with_their_own_times(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    append = bench.log.append_batches

    def one_by_one(batches: Any) -> Any:
        begun.set()
        go_on.wait(10)
        receipts = []
        for batch in batches:
            bench.clock.now += 1_000
            receipts += append([batch])
        return receipts

    monkeypatch.setattr(bench.log, "append_batches", one_by_one)
    futures = []
    for n in range(4):
        futures.append(
            bench.capture.submit(document(observed(f"{GTIN}/21/{n}")), DAIRY.id, Behaviour.ROLLBACK)
        )
        begun.wait(10)
    go_on.set()
    assert all(future.result(10).success for future in futures)
    for position in range(4):
        fact = bench.index.fact(position)
        assert fact is not None
        assert fact.record_time == bench.log.entry(position).header.record_time
