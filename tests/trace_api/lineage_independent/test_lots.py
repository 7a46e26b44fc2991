"""Rule 6 and traps T12 and T29: instance, lot and class."""

from __future__ import annotations

import pytest

from .worlds import World, item, lot, pieces, sscc

s1, s2, s3 = item("s1"), item("s2"), item("s3")
L, M, X, Y = lot("L"), lot("M", 2), lot("X", 3), lot("Y", 4)
P, P2 = sscc(1), sscc(2)


def members(world: World, at: int = 0) -> None:
    world.commission([s1, s2], at, lots=((s1, L), (s2, L)))


def test_forward_of_a_lot_reaches_its_items_and_what_it_went_into() -> None:
    world = World()
    members(world)
    world.make([pieces(L, 4)], [M], 5)
    # T29
    assert world.forward(L) == {s1: "certain", s2: "certain", M: "certain"}
    assert world.forward(s1) == {M: "possible"}
    assert world.forward(s2) == {M: "possible"}


def test_what_came_of_a_lot_with_another_input_is_possible() -> None:
    world = World()
    members(world)
    world.make([pieces(L, 4), pieces(X, 1)], [M], 5)
    assert world.forward(L) == {s1: "certain", s2: "certain", M: "possible"}
    assert world.forward(s1) == {M: "possible"}


def test_item_to_lot_gives_the_history_of_the_lot_never_its_other_items() -> None:
    world = World()
    world.make([X], [L], 1)
    world.commission([s1, s2], 2, lots=((s1, L), (s2, L)))
    assert world.back(s1) == {L: "certain", X: "certain"}
    assert world.forward(X) == {L: "certain", s1: "certain", s2: "certain"}


def test_standing_in_one_list_implies_no_membership() -> None:
    world = World()
    world.commission([s1], 1, quantities=(pieces(L, 10),))
    world.pack(P, [s1], 2, quantities=(pieces(L, 10),))
    world.make([s1], [s3], 3)
    assert L not in world.back(s1)
    assert s1 not in world.forward(L)


def test_use_of_an_item_is_not_use_of_its_lot() -> None:
    world = World()
    members(world)
    world.make([s1], [M], 5)
    assert world.forward(s1) == {M: "certain"}
    # s2 is no input; its lot was not used as a lot.
    assert world.forward(s2) == {}
    assert world.forward(L) == {s1: "certain", s2: "certain", M: "certain"}
    assert world.back(M) == {s1: "certain", L: "certain"}


def test_the_outputs_of_a_transformation_may_assert_their_lot() -> None:
    world = World()
    world.make([X], [s1, s2], 5, lots=((s1, L), (s2, L)))
    assert world.back(s1) == {X: "certain", L: "certain"}
    assert world.forward(L) == {s1: "certain", s2: "certain"}
    assert world.forward(X) == {s1: "certain", s2: "certain"}


def test_membership_read_from_any_event_counts_in_every_capture_order() -> None:
    world = World()
    world.commission([s1], 1)
    world.see([s1], 9, lots=((s1, L),))
    world.make([pieces(L, 4)], [M], 5)
    assert world.forward(L) == {s1: "certain", M: "certain"}
    assert world.back(s1) == {L: "certain"}


def test_a_voided_event_asserts_no_membership() -> None:
    world = World()
    wrong = world.commission([s1], 1, lots=((s1, L),))
    world.commission([s1], 1, lots=((s1, M),))
    world.declare(wrong)
    assert world.forward(L) == {}
    assert world.back(s1) == {M: "certain"}
    assert world.forward(M) == {s1: "certain"}


def test_a_lot_packed_by_amount_does_not_bring_its_items_into_the_container() -> None:
    world = World()
    members(world)
    world.pack(P, [], 5, quantities=(pieces(L, 2),))
    assert world.inside(P, deep=True) == {L}
    assert world.intervals(s1) == []


def test_forward_of_a_lot_knows_the_containers_that_hold_its_items_and_amounts_now() -> None:
    world = World()
    members(world)
    world.pack(P, [s1], 5)
    world.pack(P2, [], 5, quantities=(pieces(L, 2),))
    assert world.forward(L) == {s1: "certain", s2: "certain"}
    assert world.ask(lambda lineage: lineage.forward(L).carriers) == {P, P2}


def test_an_opaque_lot_is_a_lot() -> None:
    world = World()
    opaque = "urn:gdst:example:lot:1"
    world.make([pieces(opaque, 4)], [M], 5)
    assert world.forward(opaque) == {M: "certain"}


@pytest.mark.parametrize("late", [True, False])
def test_a_late_lot_event_reaches_the_items(late: bool) -> None:
    world = World()
    world.commission([s1], 2, lots=((s1, L),), recorded=1)
    world.make([X], [L], 1, recorded=50)
    known = 60 if late else 49
    assert world.back(s1, as_of_record_time=known) == (
        {L: "certain", X: "certain"} if late else {L: "certain"}
    )
