"""Erasing through the writer: the index forgets, the statement does not come back, a rebuild answers the same."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger import BodyErased, FileStorage, StatementError, UnknownPosition, fsck
from tests.trace_api.conftest import DAIRY, SHOP, Bench, Site
from tests.trace_api.documents import CASE, GTIN, document, observed
from tests.trace_api.test_store import FULL, fact
from trace_api import Erased, Indexed, IndexedEvent, MasterData, SqliteIndex, catch_up, indexed
from trace_api.capture import WriterStopped
from trace_api.lineage import Quantity
from trace_api.query import EventQuery, Page, View

ALL = View(sees_all=True)
ITEM, OTHER, LOT = f"{GTIN}/21/777333", f"{GTIN}/21/2", f"{GTIN}/10/L1"
ID = "urn:uuid:00000000-0000-4000-8000-00000000000a"


def made(*epcs: str, **fields: Any) -> dict[str, Any]:
    return observed(*epcs, action="ADD", bizStep="commissioning", ilmd={"cbvmda:lotNumber": "L1"}, **fields)


def take(bench: Bench, *events: dict[str, Any], party: str = DAIRY.id) -> list[str]:
    return [outcome.status for outcome in bench.capture.capture(document(*events), party).outcomes]


def told(index: SqliteIndex) -> Any:
    """Everything that an index tells, and every row that it keeps but the dictionary's numbers."""
    positions = [match.position for match in index.find(EventQuery(), ALL, Page(1000, index.position))]
    facts = index.facts.at(positions)
    names = list(index.objects("", 10_000))
    return (
        facts,
        names,
        {name: sorted(index.facts.of_lot_members(name)) for name in names},
        {name: [each.position for each in index.facts.of_object(name)] for name in names},
        index.known([each.event_id for each in facts] + [ID]),
        sorted(index._rows("SELECT * FROM attribute")),
        sorted(index._rows("SELECT * FROM named")),
        sorted(index._rows("SELECT * FROM erased")),
        sorted(index._rows("SELECT position, party, vocabulary, id FROM master_data")),
        index.built_from(),
    )


def rebuilt(bench: Bench) -> Any:
    """What an index tells that is built anew from the log."""
    index = SqliteIndex(":memory:")
    catch_up(index, bench.log, indexed)
    answers = told(index)
    index.close()
    return answers


def test_an_erased_event_is_known_no_more_and_what_others_state_stays(bench: Bench) -> None:
    take(bench, made(ITEM, OTHER, eventID=ID), made(OTHER, eventTime="2026-05-02T08:00:00Z"), observed(OTHER))
    assert bench.index.fact(0) is not None
    receipt = bench.capture.erase(0, "court order 17/2026", by="data protection officer")
    assert (receipt.first, bench.index.position, bench.log.size) == (3, 4, 4)
    assert bench.index.fact(0) is None
    assert list(bench.index.facts.of_object(ITEM)) == []
    assert list(bench.index.facts.of_event_id(ID)) == []
    assert list(bench.index.objects("", 100)) == [LOT, OTHER]
    assert list(bench.index.facts.of_lot_members(LOT)) == [OTHER]
    assert [each.position for each in bench.index.facts.of_object(OTHER)] == [1, 2]
    entry = bench.log.entry(3).statement()
    assert json.loads(entry.received) == {"erases": 0, "reason": "court order 17/2026"}
    assert entry.meta == {"eventID": ID, "party": DAIRY.id, "by": "data protection officer"}
    assert told(bench.index) == rebuilt(bench)


def test_erased_names_leave_the_files(bench: Bench) -> None:
    take(bench, made(ITEM), observed(OTHER))
    files = [path for path in bench.folder.rglob("*") if path.is_file()]
    assert any(b"777333" in path.read_bytes() for path in files if path.name.startswith("index"))
    bench.capture.erase(0, "asked for")
    assert not [path for path in bench.folder.rglob("*") if path.is_file() and b"777333" in path.read_bytes()]


def test_an_erased_event_is_not_captured_again_by_its_party_before_or_after_a_rebuild(bench: Bench) -> None:
    take(bench, observed(ITEM, eventID=ID), observed(OTHER))
    bench.capture.erase(0, "asked for")
    bench.capture.erase(1, "its eventID is its hash")

    def judged() -> None:
        result = bench.capture.capture(document(observed(ITEM, eventID=ID)), DAIRY.id)
        [outcome] = result.outcomes
        assert (outcome.status, outcome.position) == ("refused", None)
        assert "was erased" in outcome.issues[0].message
        declared = {"declarationTime": "2026-05-02T08:00:00Z", "reason": "did_not_occur"}
        assert take(bench, observed(ITEM, eventID=ID, errorDeclaration=declared)) == ["refused"]
        assert take(bench, observed(CASE, eventID=ID)) == ["refused"]
        assert take(bench, observed(OTHER)) == ["refused"]

    judged()
    bench.close()
    (bench.folder / "index.sqlite").unlink()
    bench.open()
    judged()
    assert take(bench, observed(ITEM, eventID=ID), party=SHOP.id) == ["captured"]


def test_erasing_a_declaration_keeps_that_declaration_away_and_not_its_event(bench: Bench) -> None:
    event = observed(ITEM, eventID=ID)
    first, second = (
        event | {"errorDeclaration": {"declarationTime": f"2026-05-0{day}T08:00:00Z"}} for day in (2, 3)
    )
    assert take(bench, event, first) == ["captured", "captured"]
    bench.capture.erase(1, "names a patient")
    assert take(bench, event) == ["duplicate"]
    assert take(bench, first) == ["refused"]
    assert take(bench, second) == ["captured"]
    assert told(bench.index) == rebuilt(bench)


def test_master_data_is_erased_too_and_may_be_stated_anew(bench: Bench) -> None:
    element = {"id": GTIN, "attributes": [{"id": "cbvmda:descriptionShort", "attribute": "Milk"}]}
    vocabulary = {"type": "urn:epcglobal:epcis:vtype:EPCClass", "vocabularyElementList": [element]}
    header = {"epcisMasterData": {"vocabularyList": [vocabulary]}}
    body = document(observed(), epcisHeader=header)
    bench.capture.capture(body, DAIRY.id)
    assert len(bench.index.master_data(GTIN)) == 1
    bench.capture.erase(0, "asked for")
    assert bench.index.master_data(GTIN) == []
    assert told(bench.index) == rebuilt(bench)
    bench.capture.capture(body, DAIRY.id)
    assert len(bench.index.master_data(GTIN)) == 1


def test_what_cannot_be_erased_is_told_and_the_writer_goes_on(bench: Bench) -> None:
    take(bench, observed(ITEM))
    bench.capture.erase(0, "asked for")
    for position, fault in (
        (0, BodyErased),
        (1, StatementError),
        (2, UnknownPosition),
        (-1, UnknownPosition),
    ):
        with pytest.raises(fault):
            bench.capture.erase(position, "again")
    assert bench.log.size == bench.index.position == 2
    assert take(bench, observed(OTHER)) == ["captured"]
    bench.capture.stop()
    with pytest.raises(WriterStopped):
        bench.capture.erase(2, "too late")


def test_an_erasure_that_waits_with_captures_keeps_its_place(bench: Bench) -> None:
    take(bench, observed(ITEM, eventID=ID))
    started = bench.capture.submit(
        document(*(observed(f"{GTIN}/21/{n}") for n in range(300))), DAIRY.id, "rollback"
    )  # type: ignore[arg-type]
    receipt = bench.capture.erase(0, "asked for")
    after = bench.capture.capture(document(observed(CASE)), DAIRY.id)
    assert started.result().success
    assert receipt.first == 301
    assert (after.outcomes[0].status, after.outcomes[0].position) == ("captured", 302)
    bench.capture.stop()
    assert fsck(FileStorage(bench.folder / "log"), bench.log.verifier_key()).erased == 1


@pytest.mark.parametrize("behind", ["before the event", "before the erasure"])
def test_an_index_that_missed_the_erasure_catches_up_to_the_same(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, behind: str
) -> None:
    """The process dies after the erasure is in the log and before it is in the index."""

    def die(*_: object) -> None:
        raise OSError("the disk went away")

    if behind == "before the erasure":
        take(bench, made(ITEM, eventID=ID), observed(OTHER))
    with monkeypatch.context() as patch:
        patch.setattr(SqliteIndex, "_apply", die)
        if behind == "before the event":
            take(bench, made(ITEM, eventID=ID), observed(OTHER))
            bench.log.erase(0, "asked for", {"eventID": ID, "party": DAIRY.id})
        else:
            bench.capture.erase(0, "asked for")
        assert bench.index.position < bench.log.size
        bench.capture.stop()
    bench.reopen()
    assert bench.index.position == bench.log.size == 3
    assert bench.index.fact(0) is None
    assert take(bench, made(ITEM, eventID=ID)) == ["refused"]
    assert told(bench.index) == rebuilt(bench)


def test_an_erasure_by_another_way_than_the_writer_removes_the_event_all_the_same(bench: Bench) -> None:
    take(bench, observed(ITEM, eventID=ID))
    bench.log.erase(0, "asked for", {"by": "somebody"})
    assert take(bench, observed(OTHER)) == ["captured"]
    assert bench.index.fact(0) is None
    assert told(bench.index) == rebuilt(bench)
    assert take(bench, observed(ITEM, eventID=ID)) == ["captured"]  # for the log does not tell what it was


def test_a_number_of_the_dictionary_is_not_given_twice() -> None:
    index = SqliteIndex(":memory:")
    index.apply(0, [IndexedEvent(fact(0, epcs=("urn:x:a",))), IndexedEvent(fact(1, epcs=("urn:x:b",)))], b"r")
    assert index.facts.at([1])[0].epcs == ("urn:x:b",)
    index.apply(2, [Erased(1), IndexedEvent(fact(3, epcs=("urn:x:c",)))], b"r")
    index.apply(4, [Erased(3), Erased(0)], b"r")
    index.apply(6, [IndexedEvent(fact(6, epcs=("urn:x:d", "urn:x:a")))], b"r")
    assert index.facts.at(range(10)) == [fact(6, epcs=("urn:x:d", "urn:x:a"))]
    assert min(row[0] for row in index._rows("SELECT id FROM object")) > 3
    index.close()


def test_a_reader_of_an_older_state_brings_nothing_back(tmp_path: Path) -> None:
    index = SqliteIndex(tmp_path / "index.sqlite")
    index.apply(0, [IndexedEvent(FULL)], b"r")
    with index.snapshot():
        assert index.fact(0) is not None
        index.apply(1, [Erased(0)], b"r2")
        assert list(index.facts.of_object(FULL.epcs[0])) == []
    assert index.fact(0) is None
    index.close()


OBJECTS = ["urn:x:a", "urn:x:b", "urn:x:c"]
LOTS = ["urn:x:lot1", "urn:x:lot2"]


@st.composite
def entries(draw: st.DrawFn) -> list[Indexed]:
    made: list[Indexed] = []
    for position in range(draw(st.integers(1, 12))):
        kind = draw(st.sampled_from(["event", "event", "master data", "erasure"]))
        if kind == "erasure" and position:
            erased = draw(st.integers(0, position - 1))
            made.append(Erased(erased, f"urn:uuid:{erased}", "p") if draw(st.booleans()) else Erased(erased))
        elif kind == "master data":
            made.append(MasterData(position, "p", "v", draw(st.sampled_from(OBJECTS)), {}))
        else:
            epcs = tuple(draw(st.lists(st.sampled_from(OBJECTS), unique=True)))
            event = fact(
                position,
                epcs=epcs,
                quantities=(Quantity(LOTS[0], Decimal(2)),) if draw(st.booleans()) else (),
                lots=tuple((epc, draw(st.sampled_from(LOTS))) for epc in epcs),
            )
            made.append(IndexedEvent(event, (("bizTransaction:po", "x"),), ("urn:x:party",)))
    return made


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(entries(), st.integers(1, 4))
def test_any_history_with_erasures_gives_the_same_before_and_after_a_rebuild(
    history: list[Indexed], chunk: int
) -> None:
    live, anew = SqliteIndex(":memory:"), SqliteIndex(":memory:")
    for first in range(0, len(history), chunk):
        live.apply(first, history[first : first + chunk], b"r")
    erased = {entry.position for entry in history if isinstance(entry, Erased)}
    anew.apply(
        0, [None if n in erased and not isinstance(e, Erased) else e for n, e in enumerate(history)], b"r"
    )
    assert told(live) == told(anew)
    live.close()
    anew.close()


def test_queries_and_traces_answer_without_the_erased(site: Site) -> None:
    site.post("dairy", "/epcis/capture", document(made(ITEM, eventID=ID), observed(ITEM, OTHER)))
    site.bench.capture.erase(0, "asked for")
    for who in ("dairy", "regulator"):
        events = site.get(who, "/epcis/events").json()["epcisBody"]["queryResults"]["resultsBody"][
            "eventList"
        ]
        assert [event["epcList"] for event in events] == [[ITEM, OTHER]]
        assert site.get(who, f"/epcis/events/{ID}").status_code == 404
        assert site.get(who, "/trace/back", id=ITEM).is_success
    assert site.get("dairy", "/log/body/0").status_code == 404
    assert site.get("regulator", "/log/body/0").status_code == 410
    assert site.get("regulator", "/log/body/2").is_success


def test_queries_answer_while_an_entry_is_erased_and_the_index_does_not_know_yet(site: Site) -> None:
    site.post("dairy", "/epcis/capture", document(made(ITEM, eventID=ID), observed(OTHER)))
    site.bench.log.erase(0, "asked for")
    answer = site.get("dairy", "/epcis/events")
    assert len(answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]) == 1
    assert site.get("dairy", f"/epcis/events/{ID}").is_success
    assert site.get("dairy", "/trace/back", id=ITEM).is_success
    assert site.get("dairy", "/log/body/0").status_code == 410
