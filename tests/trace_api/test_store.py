"""The embedded event index: idempotent, durable position, the same facts out as went in."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trace_api.lineage import Declaration, Fact, Quantity
from trace_api.query import EventQuery, Field, Op, Page, Pattern, Role, Term, View
from trace_api.store import IndexedEvent, IndexUnusable, MasterData, SqliteIndex

EVERYONE = View(sees_all=True)
GTIN = "https://id.gs1.org/01/09521001000116"
FARM, SHOP, STRANGER = (
    f"https://id.gs1.org/417/{gln}" for gln in ("9521101000009", "9521003000008", "9521009000002")
)


def fact(position: int, **given: object) -> Fact:
    values: dict[str, object] = {
        "event_id": f"urn:uuid:{position}",
        "id_given": True,
        "content_hash": f"ni:///sha-256;{position}",
        "body_digest": bytes([position]),
        "party": FARM,
        "record_time": 1_000 + position,
        "event_time": 500 - position,
        "type": "ObjectEvent",
        "action": "OBSERVE",
    }
    return Fact(position, **{**values, **given})  # type: ignore[arg-type]


@pytest.fixture
def index(tmp_path: Path) -> SqliteIndex:
    return SqliteIndex(tmp_path / "index.sqlite")


FULL = fact(
    0,
    action="ADD",
    parent="https://id.gs1.org/00/195210010000000019",
    epcs=(f"{GTIN}/21/2", f"{GTIN}/21/1"),
    quantities=(Quantity(f"{GTIN}/10/L1", Decimal("1.50"), "KGM"), Quantity(GTIN, None, None)),
    inputs=(f"{GTIN}/21/9",),
    input_quantities=(Quantity(f"{GTIN}/10/IN", Decimal(3), None),),
    outputs=(f"{GTIN}/21/8",),
    output_quantities=(Quantity(f"{GTIN}/10/OUT", Decimal("0.001"), "TNE"),),
    transformation_id="urn:x:t1",
    lots=((f"{GTIN}/21/1", f"{GTIN}/10/L1"), (f"{GTIN}/21/2", f"{GTIN}/10/L1")),
    biz_step="packing",
    disposition="in_progress",
    persistent_set=("recalled",),
    persistent_unset=("available",),
    read_point="urn:x:gate",
    biz_location="urn:x:hall",
    sources=(("owning_party", FARM),),
    destinations=(("possessing_party", SHOP),),
    declaration=Declaration(b"\x01" * 32, 77, "did_not_occur", ("urn:uuid:c",)),
)


def test_a_fact_comes_out_as_it_went_in(index: SqliteIndex) -> None:
    index.apply(0, [IndexedEvent(FULL)], b"r")
    assert index.fact(0) == FULL
    assert index.fact(1) is None


def test_every_object_in_any_role_finds_its_event(index: SqliteIndex) -> None:
    index.apply(0, [IndexedEvent(FULL)], b"r")
    named = [FULL.parent, *FULL.epcs, *FULL.inputs, *FULL.outputs, f"{GTIN}/10/L1", f"{GTIN}/10/IN", GTIN]
    for uri in named:
        assert list(index.facts.of_object(str(uri))) == [FULL], uri
    assert list(index.facts.of_object("urn:x:other")) == []
    assert set(index.facts.of_lot_members(f"{GTIN}/10/L1")) == {f"{GTIN}/21/1", f"{GTIN}/21/2"}
    assert list(index.facts.of_transformation("urn:x:t1")) == [FULL]
    assert list(index.facts.of_event_id("urn:uuid:0")) == [FULL]
    assert list(index.facts.of_content_hash("ni:///sha-256;0")) == [FULL]


def test_applying_again_changes_nothing_and_a_gap_is_refused(index: SqliteIndex) -> None:
    entries = [IndexedEvent(fact(0, epcs=("urn:x:a",))), None, IndexedEvent(fact(2, epcs=("urn:x:a",)))]
    index.apply(0, entries, b"r3")
    index.apply(0, entries, b"r3")
    assert index.position == 3
    assert len(index.facts.of_object("urn:x:a")) == 2
    with pytest.raises(ValueError, match="gap"):
        index.apply(5, [None], b"r6")
    index.apply(1, [None, entries[2], IndexedEvent(fact(3, epcs=("urn:x:a",)))], b"r4")
    assert index.built_from() == (4, b"r4")
    assert len(index.facts.of_object("urn:x:a")) == 3


def test_a_failed_apply_leaves_the_index_as_it_was(index: SqliteIndex) -> None:
    index.apply(0, [IndexedEvent(fact(0, epcs=("urn:x:a",)))], b"r1")
    twice = fact(0, epcs=("urn:x:new",))  # position 0 again: the primary key refuses it
    with pytest.raises(Exception, match="UNIQUE"):
        index.apply(1, [IndexedEvent(fact(1, epcs=("urn:x:b",))), IndexedEvent(twice)], b"r3")
    assert index.position == 1
    assert list(index.facts.of_object("urn:x:b")) == []
    index.apply(1, [IndexedEvent(fact(1, epcs=("urn:x:b", "urn:x:new")))], b"r2")
    assert [f.position for f in index.facts.of_object("urn:x:new")] == [1]


def test_the_position_and_the_data_survive_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    first = SqliteIndex(path)
    first.apply(0, [IndexedEvent(FULL)], b"root")
    first.close()
    second = SqliteIndex(path)
    assert second.built_from() == (1, b"root")
    assert second.fact(0) == FULL
    second.clear()
    assert second.built_from() == (0, b"")
    assert list(second.facts.of_object(FULL.epcs[0])) == []


def test_a_file_that_is_no_index_is_named(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    path.write_bytes(b"not a database, but long enough to look at" * 100)
    with pytest.raises(IndexUnusable, match=r"index\.sqlite"):
        SqliteIndex(path)


def test_a_reader_beside_the_writer_sees_what_is_committed(tmp_path: Path) -> None:
    writer = SqliteIndex(tmp_path / "index.sqlite")
    reader = SqliteIndex(tmp_path / "index.sqlite", read_only=True)
    assert reader.position == 0
    writer.apply(0, [IndexedEvent(FULL)], b"root")
    assert reader.position == 1
    assert reader.fact(0) == FULL


def positions(index: SqliteIndex, query: EventQuery, view: View = EVERYONE, size: int = 100) -> list[int]:
    return [match.position for match in index.find(query, view, Page(size, index.position))]


def test_a_viewer_finds_its_own_events_and_those_that_name_it(index: SqliteIndex) -> None:
    index.apply(
        0,
        [
            IndexedEvent(fact(0)),
            IndexedEvent(fact(1), named=(SHOP,)),
            IndexedEvent(fact(2, party=SHOP)),
        ],
        b"r",
    )
    assert positions(index, EventQuery()) == [0, 1, 2]
    assert positions(index, EventQuery(), View(False, FARM)) == [0, 1]
    assert positions(index, EventQuery(), View(False, SHOP)) == [1, 2]
    assert positions(index, EventQuery(), View(False, STRANGER)) == []
    assert positions(index, EventQuery(), View(False, None)) == []
    assert index.count(EventQuery(), View(False, SHOP), 3, 10) == 2
    assert index.visible([0, 1, 2], View(False, SHOP)) == {1, 2}


def test_matches_look_only_at_the_roles_asked_for(index: SqliteIndex) -> None:
    index.apply(0, [IndexedEvent(FULL)], b"r")

    def found(uri: str, *roles: Role) -> bool:
        return bool(positions(index, EventQuery((Term(Field.MATCH, Op.IN, (uri,), roles),))))

    assert found(FULL.epcs[0], Role.EPC)
    assert not found(FULL.epcs[0], Role.PARENT, Role.INPUT)
    assert found(str(FULL.parent), Role.EPC, Role.PARENT)
    assert found(f"{GTIN}/10/IN", Role.INPUT_QUANTITY)
    assert not found(f"{GTIN}/10/IN", Role.QUANTITY)
    pattern = Term(Field.MATCH, Op.IN, (Pattern(f"{GTIN}/21/"),), (Role.EPC,))
    assert positions(index, EventQuery((pattern,))) == [0]
    other = Term(Field.MATCH, Op.IN, (Pattern("https://id.gs1.org/01/09521001000109/21/"),), (Role.EPC,))
    assert positions(index, EventQuery((other,))) == []


@settings(max_examples=40, deadline=None)
@given(
    times=st.lists(st.integers(0, 5), min_size=1, max_size=30),
    size=st.integers(1, 7),
    descending=st.booleans(),
    late=st.integers(0, 5),
)
def test_pages_hold_every_event_once_and_none_that_came_later(
    times: list[int], size: int, descending: bool, late: int
) -> None:
    index = SqliteIndex(":memory:")
    index.apply(0, [IndexedEvent(fact(p, event_time=t)) for p, t in enumerate(times)], b"r")
    query = EventQuery(order_by=Field.EVENT_TIME, descending=descending)
    page = Page(size, index.position)
    seen: list[int] = []
    while True:
        matches = index.find(query, EVERYONE, page)
        seen += [match.position for match in matches[:size]]
        if len(matches) <= size:
            break
        last = matches[size - 1]
        page = Page(size, page.below, (last.sort, last.position), page.given + size)
        index.apply(index.position, [IndexedEvent(fact(index.position, event_time=late))], b"x")
    expected = sorted(range(len(times)), key=lambda p: (times[p], p), reverse=descending)
    assert seen == expected
    index.close()


def test_an_event_count_limit_ends_the_answer(index: SqliteIndex) -> None:
    index.apply(0, [IndexedEvent(fact(p, event_time=p)) for p in range(10)], b"r")
    query = EventQuery(order_by=Field.EVENT_TIME, event_count_limit=3)
    assert positions(index, query) == [9, 8, 7]


def test_master_data_is_kept_by_identifier_newest_last(index: SqliteIndex) -> None:
    index.apply(
        0,
        [
            MasterData(0, FARM, "urn:epcglobal:epcis:vtype:EPCClass", GTIN, {"descriptionShort": "Milk"}),
            MasterData(1, SHOP, "urn:epcglobal:epcis:vtype:EPCClass", GTIN, {"descriptionShort": "Mylk"}),
        ],
        b"r",
    )
    assert [stated.attributes["descriptionShort"] for stated in index.master_data(GTIN)] == ["Milk", "Mylk"]
    assert index.master_data("urn:x:none") == []
