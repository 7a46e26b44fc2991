"""Rules 1 and 9, traps T9, T15, T17, T20: two clocks, equal instants, any order of capture."""

from __future__ import annotations

import pytest

from trace_api.lineage import AnomalyKind, Certainty

from .worlds import World, item, lot, sscc, tote

A, B, T = sscc(1), sscc(2), tote(1)
a, b, c = item("a"), item("b"), item("c")


def test_unpack_and_pack_at_one_instant_is_a_move_without_anomaly() -> None:
    world = World()
    world.pack(A, [c], 1)
    world.unpack(A, [c], 5)
    world.pack(B, [c], 5)
    # DELETE closes what was open before 5, then ADD opens: A [1, 5] and B [5, ...), both stated.
    assert world.intervals(c) == [(A, 1, 5, False), (B, 5, None, False)]
    assert world.inside(A, 5) == set()
    assert world.inside(B, 5) == {c}
    assert world.inside(A, 4) == {c}
    assert world.kinds(c) == set()


def test_an_emptied_and_refilled_tote_holds_the_new_load() -> None:
    world = World()
    world.pack(T, [a], 1)
    world.unpack(T, [], 5)
    world.pack(T, [b], 5)
    # T20: T = {b} in every capture order.
    assert world.inside(T, 5) == {b}
    assert world.inside(T) == {b}
    assert world.inside(T, 4) == {a}
    assert world.intervals(a) == [(T, 1, 5, False)]
    assert world.intervals(b) == [(T, 5, None, False)]


def test_an_item_emptied_out_and_put_back_at_one_instant_is_inside_afterwards() -> None:
    world = World()
    world.pack(T, [a], 1)
    world.unpack(T, [a], 5)
    world.pack(T, [a], 5)
    # Open before 5: the DELETE closes the old interval, the ADD opens a new one.
    assert world.inside(T, 5) == {a}
    assert world.kinds(a) == set()
    assert world.intervals(a) == [(T, 1, 5, False), (T, 5, None, False)]


def test_a_delete_that_lists_a_child_not_open_before_closes_the_new_interval_at_length_zero() -> None:
    world = World()
    world.pack(T, [a], 5)
    world.unpack(T, [a], 5)
    assert world.intervals(a) == [(T, 5, 5, False)]
    assert world.inside(T, 5) == set()
    assert world.kinds(a) == set()


@pytest.mark.parametrize("hashes", [("ni:1", "ni:2"), ("ni:2", "ni:1")])
def test_packed_and_unpacked_in_one_and_packed_in_another_at_one_instant_is_a_move(
    hashes: tuple[str, str],
) -> None:
    world = World()
    world.pack(A, [c], 5, content_hash=hashes[0])
    world.unpack(A, [c], 5)
    world.pack(B, [c], 5, content_hash=hashes[1])
    # The DELETE states the end in A, so nothing is inferred, whichever ADD has the greater hash.
    assert (A, 5, 5, False) in world.intervals(c)
    assert AnomalyKind.MISSING_UNPACK not in world.kinds(c)
    if hashes[0] < hashes[1]:
        assert world.intervals(c) == [(A, 5, 5, False), (B, 5, None, False)]
        assert world.kinds(c) == set()


def test_an_empty_delete_never_closes_an_add_of_its_own_instant() -> None:
    world = World()
    world.unpack(T, [], 5)
    world.pack(T, [a], 5)
    assert world.intervals(a) == [(T, 5, None, False)]
    world.unpack(T, [], 6)
    assert world.intervals(a) == [(T, 5, 6, False)]


def test_listed_and_empty_deletes_at_the_instant_of_a_refill_act_each_in_its_own_way() -> None:
    world = World()
    world.pack(T, [a], 1)
    world.unpack(T, [], 5)
    world.unpack(T, [b], 5)
    world.pack(T, [b, c], 5)
    # a was open: closed at 5. b was not open before 5 and is listed: zero length. c stays.
    assert world.inside(T, 5) == {c}
    assert world.intervals(a) == [(T, 1, 5, False)]
    assert world.intervals(b) == [(T, 5, 5, False)]
    assert world.intervals(c) == [(T, 5, None, False)]


def test_a_whole_life_in_one_instant_is_no_contradiction() -> None:
    world = World()
    world.pack(T, [a], 1)
    world.commission([c], 5)
    world.unpack(T, [], 5)
    world.pack(T, [c], 5)
    world.make([c], [b], 5)
    world.end([c], 5, biz_step="destroying")
    # Commissioned, (T emptied of a), packed in T, used as input (ends the containment as inferred),
    # ended last.
    assert world.intervals(c) == [(T, 5, 5, True)]
    assert world.inside(T, 5) == set()
    assert world.forward(c) == {b: "certain"}
    assert AnomalyKind.SEEN_AFTER_END not in world.kinds(c)
    end = world.ask(lambda lineage: lineage.state(c).end_of_life.event_time)  # type: ignore[union-attr]
    assert end == 5


def test_unpacking_comes_before_use_as_an_input_at_the_same_instant() -> None:
    world = World()
    world.pack(A, [c], 1)
    world.make([c], [b], 5)
    world.unpack(A, [c], 5)
    assert world.intervals(c) == [(A, 1, 5, False)]
    assert world.kinds(c) == set()


def test_an_output_packed_at_its_own_instant_is_no_contradiction() -> None:
    world = World()
    world.commission([a], 1)
    world.make([a], [b], 5)
    world.pack(A, [b], 5)
    assert world.inside(A, 5) == {b}
    assert world.kinds(b) == set()
    assert world.back(b) == {A: "certain", a: "certain"}


def test_the_order_of_two_adds_at_one_instant_is_that_of_their_hashes() -> None:
    for first, second in (("ni:1", "ni:2"), ("ni:2", "ni:1")):
        world = World()
        world.pack(A, [c], 5, content_hash=first)
        world.pack(B, [c], 5, content_hash=second)
        # The greater hash comes last and holds the item.
        last, before = (B, A) if second > first else (A, B)
        assert world.inside(last, 5) == {c}
        assert world.inside(before, 5) == set()
        assert set(world.intervals(c)) == {(before, 5, 5, True), (last, 5, None, False)}
        assert world.kinds(c) >= {AnomalyKind.DOUBLE_CONTAINMENT}


def test_a_late_delete_matches_an_add_captured_after_it() -> None:
    world = World()
    world.unpack(A, [c], 5, recorded=10)
    world.pack(A, [c], 1, recorded=20)
    # T9; as of record 15 only the DELETE is known.
    assert world.intervals(c) == [(A, 1, 5, False)]
    early = world.ask(lambda lineage: lineage.contents(A, 3, as_of_record_time=15))
    assert early == ()
    assert [held.child for held in world.lineage().contents(A, 3, as_of_record_time=20)] == [c]


def test_a_late_delete_opens_no_double_containment_afterwards() -> None:
    world = World()
    world.pack(A, [c], 1, recorded=1)
    world.pack(B, [c], 5, recorded=5)
    world.unpack(A, [c], 4, recorded=50)
    # As of 49 the unpacking is missing (inferred end at 5); afterwards all is stated.
    before = world.lineage().history(c, as_of_record_time=49)
    ends = {(edge.sources[0], edge.end): edge.reason for edge in before.edges}
    assert ends[(A, 5)] is not None
    assert AnomalyKind.DOUBLE_CONTAINMENT in {found.kind for found in before.anomalies}
    assert world.intervals(c) == [(A, 1, 4, False), (B, 5, None, False)]
    assert world.kinds(c) == set()


def test_an_event_known_later_is_not_in_the_answer_of_before() -> None:
    world = World()
    first = world.commission([c], 1, recorded=1)
    late = world.see([c], 2, recorded=100, biz_location="urn:x:store")
    seen = world.see([c], 3, recorded=3)
    # T17
    assert world.event_ids(c, as_of_record_time=99) == [first.event_id, seen.event_id]
    assert world.event_ids(c, as_of_record_time=100) == [first.event_id, late.event_id, seen.event_id]
    assert world.event_ids(c) == [first.event_id, late.event_id, seen.event_id]
    assert world.ask(lambda lineage: lineage.state(c, as_of_record_time=99).last_known) is None


def test_what_happens_later_is_left_out_and_the_instant_itself_is_in() -> None:
    world = World()
    world.pack(A, [c], 1)
    world.unpack(A, [c], 5)
    world.make([c], [b], 7)
    for at, inside in ((0, set()), (1, {c}), (4, {c}), (5, set())):
        assert world.inside(A, at) == inside
    assert world.forward(c, as_of_event_time=6) == {}
    assert world.forward(c, as_of_event_time=7) == {b: "certain"}
    assert world.back(b, as_of_event_time=6) == {}
    history = world.ask(
        lambda lineage: [(edge.start, edge.end) for edge in lineage.history(c, as_of_event_time=3).edges]
    )
    assert history == [(1, None)]


def test_observations_at_the_opening_and_at_the_closing_instant_belong_to_the_interval() -> None:
    world = World()
    packed = world.pack(A, [c], 2)
    at_open = world.see([A], 2, biz_step="storing")
    world.see([A], 1, biz_step="storing")
    at_close = world.see([A], 6, biz_step="shipping")
    world.see([A], 7, biz_step="shipping")
    unpacked = world.unpack(A, [c], 6)
    assert set(world.event_ids(c)) == {
        packed.event_id,
        at_open.event_id,
        at_close.event_id,
        unpacked.event_id,
    }


def test_equal_instants_chain_transformations() -> None:
    world = World()
    world.make([lot("X")], [lot("Y")], 5)
    world.make([lot("Y")], [lot("Z")], 5)
    # Rule 13: used at or before the output.
    assert world.forward(lot("X")) == {lot("Y"): "certain", lot("Z"): "certain"}
    assert world.back(lot("Z")) == {lot("Y"): "certain", lot("X"): "certain"}
    assert world.lineage().back(lot("Z")).nodes[1].certainty is Certainty.CERTAIN
