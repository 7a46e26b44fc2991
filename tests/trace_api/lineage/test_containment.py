"""Containment: against a brute-force simulation, and case by case where inference begins."""

from __future__ import annotations

from hypothesis import given, settings

from trace_api.lineage import Certainty, Fact

from .histories import History, amount, holders, inside, kinds, lineage_of
from .random_histories import CARRIERS, ITEMS, aggregations
from .simulation import simulate

PLANT, STORE = "https://id.gs1.org/414/9506000134352", "https://id.gs1.org/414/9506000134369"
SSCC = "https://id.gs1.org/00/109506000134350001"


@given(aggregations(most=12))
@settings(max_examples=300, deadline=None)
def test_intervals_agree_with_a_world_stepped_in_time(facts: list[Fact]) -> None:
    lineage = lineage_of(facts)
    for time, expected in simulate(facts).items():
        found = {
            (one.child, one.parent)
            for parent in CARRIERS
            for one in lineage.contents(parent, time)
            if not (one.certainty is Certainty.INFERRED and one.start == one.end == time)  # only glimpsed
        }
        assert found == expected


@given(aggregations(most=12))
@settings(max_examples=80, deadline=None)
def test_containers_and_contents_are_two_views_of_one_relation(facts: list[Fact]) -> None:
    lineage = lineage_of(facts)
    for time in (None, *sorted({fact.event_time for fact in facts})):
        up = {
            (one.parent, one.child, one.start, one.end)
            for child in ITEMS + CARRIERS
            for one in lineage.containers(child, time)
        }
        down = {
            (one.parent, one.child, one.start, one.end)
            for parent in CARRIERS
            for one in lineage.contents(parent, time)
        }
        assert up == down


def test_an_observe_neither_opens_nor_closes() -> None:
    history = History()
    history.pack(1, "P", "a", "b")
    history.look(2, "P", "a")  # partial: b is not thereby gone
    assert inside(history.lineage, "P") == {"a", "b"}
    history.look(3, "P", "x")
    assert inside(history.lineage, "P", 3) == {"a", "b", "x"}
    assert inside(history.lineage, "P") == {"a", "b"}
    (edge,) = history.lineage.back("x").edges
    assert (edge.start, edge.end, edge.certainty) == (3_000_000, 3_000_000, Certainty.INFERRED)
    history.look(4, None, "a")
    assert holders(history.lineage, "a") == ["P"]


def test_seen_alone_at_another_place_is_a_missing_unpack() -> None:
    history = History()
    history.pack(1, "P", "a", "b", biz_location=PLANT)
    history.see(2, "a", biz_location=f"{PLANT}/254/room")  # the same site
    assert holders(history.lineage, "a") == ["P"]
    history.see(3, "a", biz_location=STORE)
    assert holders(history.lineage, "a") == []
    assert inside(history.lineage, "P") == {"b"}
    assert kinds(history.lineage.state("a").anomalies) == ["missing_unpack"]


def test_seen_where_its_pallet_was_carried_is_no_missing_unpack() -> None:
    history = History()
    history.pack(1, "case", "a", biz_location=PLANT)
    history.pack(2, "pallet", "case", biz_location=PLANT)
    history.see(3, "pallet", biz_location=STORE)
    history.see(4, "a", biz_location=STORE)
    assert holders(history.lineage, "a") == ["case", "pallet"]
    history.see(5, "a", "case", biz_location=PLANT)  # with its case, so not alone; the case is, though
    assert holders(history.lineage, "a") == ["case"]


def test_a_chain_of_sightings_of_any_length_is_judged_without_recursion() -> None:
    history = History()
    depth = 1200
    for level in range(depth):
        history.pack(level, f"box{level + 1}", f"box{level}", biz_location=PLANT)
        # Seen from the outside in, each alone at the store: where its container is, the level above tells.
        history.see(2 * depth - level, f"box{level}", biz_location=STORE)
    # The first to be seen there left the outermost box at the plant; the others stay in theirs.
    assert holders(history.lineage, "box0") == [f"box{level}" for level in range(1, depth)]


def test_a_licence_plate_and_then_its_sscc_are_one_unit() -> None:
    history = History()
    history.pack(1, "urn:plate:7", "a", "b", biz_location=PLANT)
    history.pack(2, SSCC, "a", "b", biz_location=PLANT)
    assert set(holders(history.lineage, "a")) == {"urn:plate:7", SSCC}
    assert history.lineage.state("a").anomalies == ()
    other = History()
    other.pack(1, "urn:plate:7", "a", "b", biz_location=PLANT)
    other.pack(2, SSCC, "a", biz_location=PLANT)  # not the whole load: another unit
    assert holders(other.lineage, "a") == [SSCC]
    assert kinds(other.lineage.state("a").anomalies) == ["double_containment"]


def test_the_end_of_a_container_takes_its_contents_out() -> None:
    history = History()
    history.pack(1, "P", "a", quantities=(amount("urn:lot:1", 5),))
    history.end(2, "P")
    assert inside(history.lineage, "P") == {"urn:lot:1"}  # instances only
    assert kinds(history.lineage.state("a").anomalies) == ["missing_unpack"]


def test_moving_back_after_an_explicit_unpack_is_no_clone() -> None:
    history = History()
    history.pack(1, "A", "c")
    history.pack(2, "B", "c")
    history.unpack(3, "B", "c")
    history.pack(4, "A", "c")
    assert holders(history.lineage, "c") == ["A"]
    assert kinds(history.lineage.state("c").anomalies) == ["double_containment"]


def test_an_unknown_amount_taken_out_leaves_an_unknown_amount() -> None:
    lot = "urn:lot:1"
    history = History()
    history.pack(1, "P", quantities=(amount(lot, 5, "KGM"),))
    history.unpack(2, "P", quantities=(amount(lot),))
    (one,) = history.lineage.contents("P")
    assert (one.amount_known, one.certainty) == (False, Certainty.POSSIBLE)
    history.unpack(3, "P")
    assert history.lineage.contents("P") == ()


def test_more_unpacked_than_packed_is_an_anomaly_and_never_negative() -> None:
    lot = "urn:lot:1"
    history = History()
    history.pack(1, "P", quantities=(amount(lot, 5),))
    history.unpack(2, "P", quantities=(amount(lot, 7),))
    assert history.lineage.contents("P") == ()
    assert kinds(history.lineage.state(lot).anomalies) == ["unpacked_more_than_packed"]


def test_a_transaction_parent_is_never_a_container() -> None:
    history = History()
    history.event("TransactionEvent", 1, action="ADD", parent="P", epcs=("a",))
    assert history.lineage.containers("a") == ()
    assert history.lineage.contents("P") == ()
