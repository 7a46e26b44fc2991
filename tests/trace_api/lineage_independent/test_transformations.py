"""Rules 5, 7, 13 and 14, traps T5, T13, T21, T22, T27: transformations, repacking, cycles, siblings."""

from __future__ import annotations

from decimal import Decimal

from trace_api.lineage import AnomalyKind

from .worlds import World, item, kg, lot, pieces, sscc

I1, I2, O1, O2 = (item(name) for name in ("I1", "I2", "O1", "O2"))
L, M, N, X, Y, Z = (lot(name) for name in "LMNXYZ")
A, B = sscc(1), sscc(2)
BATCH = "urn:x:batch:1"


def test_every_input_may_have_contributed_to_every_output() -> None:
    world = World()
    world.make([I1, I2], [O1, O2], 5)
    assert world.forward(I1) == {O1: "possible", O2: "possible"}
    assert world.back(O2) == {I1: "possible", I2: "possible"}


def test_a_single_input_is_certain_for_every_output() -> None:
    world = World()
    world.make([I1], [O1, O2], 5)
    assert world.forward(I1) == {O1: "certain", O2: "certain"}
    assert world.back(O1) == {I1: "certain"}


def test_a_trace_back_never_holds_the_other_outputs_and_forward_holds_all() -> None:
    world = World()
    world.make([L], [O1, O2], 5)
    world.make([O1], [Z], 6)
    assert world.back(Z) == {O1: "certain", L: "certain"}
    assert world.forward(L) == {O1: "certain", O2: "certain", Z: "certain"}


def test_three_partial_events_of_one_transformation_are_one_edge() -> None:
    world = World()
    world.make([I1], [], 1, BATCH)
    world.make([I2], [O1], 2, BATCH)
    world.make([], [O2], 3, BATCH)
    # T5 (World asks in reverse too): all inputs to all outputs.
    assert world.forward(I1) == {O1: "possible", O2: "possible"}
    assert world.forward(I2) == {O1: "possible", O2: "possible"}
    assert world.back(O1) == {I1: "possible", I2: "possible"}
    assert world.back(O2) == {I1: "possible", I2: "possible"}


def test_no_time_filter_inside_a_transformation_id() -> None:
    world = World()
    world.make([I1], [], 0, BATCH)
    world.make([], [O1], 1, BATCH)
    world.make([I2], [], 3, BATCH)
    world.make([], [O2], 4, BATCH)
    # T22
    assert world.back(O1) == {I1: "possible", I2: "possible"}
    assert world.forward(I2) == {O1: "possible", O2: "possible"}


def test_outside_the_transformation_id_time_counts_again() -> None:
    world = World()
    world.make([L], [], 5, BATCH)
    world.make([], [M], 1, BATCH)
    world.make([M], [N], 3)
    world.make([M], [Z], 0)
    world.make([X], [L], 5)
    world.make([Y], [L], 6)
    # L used at 5 inside the batch; M came out at 1: used at 3 (affected) and at 0 (before it came out).
    assert world.forward(L) == {M: "possible", N: "possible"}
    # Back of N: M at 3 <- batch (out at 1) <- L used at 5 <- X made at 5; Y made L later than its use.
    assert world.back(N) == {M: "certain", L: "possible", X: "possible"}


def test_without_the_id_nothing_links_events_that_carry_only_one_side() -> None:
    world = World()
    world.make([I1], [], 1)
    world.make([], [O1], 2)
    assert world.forward(I1) == {}
    assert world.back(O1) == {}


def test_two_transformation_ids_are_two_edges() -> None:
    world = World()
    world.make([I1], [], 1, BATCH)
    world.make([], [O2], 2, "urn:x:batch:2")
    assert world.forward(I1) == {}


def test_a_late_event_extends_a_transformation() -> None:
    world = World()
    world.make([I1], [O1], 1, BATCH, recorded=10)
    world.make([I2], [], 0, BATCH, recorded=50)
    assert world.back(O1, as_of_record_time=49) == {I1: "possible"}
    assert world.back(O1) == {I1: "possible", I2: "possible"}


def test_as_of_event_time_leaves_out_the_later_part_of_a_transformation() -> None:
    world = World()
    world.make([I1], [O1], 1, BATCH)
    world.make([I2], [O2], 9, BATCH)
    assert world.back(O1, as_of_event_time=5) == {I1: "possible"}
    assert world.forward(I1, as_of_event_time=5) == {O1: "possible"}


def test_a_rework_cycle_ends() -> None:
    world = World()
    world.make([I1], [O1], 1)
    world.make([O1], [I1], 2)
    world.make([I1], [O1], 3)
    # T13
    assert world.forward(I1) == {O1: "certain"}
    assert world.forward(O1) == {I1: "certain"}
    assert world.back(O1) == {I1: "certain"}
    assert world.back(I1) == {O1: "certain"}


def test_an_object_that_is_its_own_input_ends_the_walk() -> None:
    world = World()
    world.make([L], [L], 1)
    world.make([X, L], [L], 2)
    world.make([L], [M], 3)
    assert world.forward(X) == {L: "possible", M: "possible"}
    assert set(world.back(M)) == {L, X}


def test_a_rework_cycle_reaches_what_entered_in_between() -> None:
    world = World()
    world.make([L], [M], 1)
    world.make([X], [M], 2)
    world.make([M], [L], 3)
    world.make([L], [Z], 4)
    # back(M): the output of 1 and 2. L entered M at 1; what made L at 3 is after its use at 1, but L at 3
    # is M's own output. back(Z): L by 4 <- M by 3 <- L by 1, X by 2.
    assert world.back(Z) == {L: "certain", M: "certain", X: "certain"}
    assert world.back(M) == {L: "certain", X: "certain"}
    assert world.forward(X) == {M: "certain", L: "certain", Z: "certain"}


def test_an_edge_respects_time() -> None:
    world = World()
    world.make([L], [M], 5)
    world.make([X], [L], 10)
    assert world.back(M) == {L: "certain"}
    assert world.forward(X) == {L: "certain"}


def test_a_node_reached_again_with_a_wider_bound_is_expanded_again() -> None:
    world = World()
    world.make([X], [L], 5)
    world.make([X], [Y], 8)
    world.make([Y], [L], 10)
    world.make([L], [M], 7)
    # T21: M used L of 5; by way of Y alone (10) it would be missed.
    assert world.forward(X) == {L: "certain", Y: "certain", M: "certain"}
    # Back: M used L at 7, so only X; Y went into L at 10.
    assert world.back(M) == {L: "certain", X: "certain"}
    assert world.back(L) == {X: "certain", Y: "certain"}


def test_a_wider_bound_counts_through_a_chain_of_lots() -> None:
    world = World()
    # Long way round reaches N early, short way late: X -> N at 20; X -> L at 1 -> M at 2 -> N at 3 -> Z at 4.
    world.make([X], [N], 20)
    world.make([X], [L], 1)
    world.make([L], [M], 2)
    world.make([M], [N], 3)
    world.make([N], [Z], 4)
    assert world.forward(X) == dict.fromkeys((N, L, M, Z), "certain")


def test_a_stronger_way_with_a_narrower_bound_does_not_hide_a_weaker_wider_one() -> None:
    world = World()
    # X -> L certain at 10; X, Y -> L possible at 5; L -> M at 7: M only by the possible way.
    world.make([X], [L], 10)
    world.make([X, Y], [L], 5)
    world.make([L], [M], 7)
    assert world.forward(X) == {L: "certain", M: "possible"}
    assert world.back(M) == {L: "certain", X: "possible", Y: "possible"}


def test_a_drum_used_twice_is_no_anomaly() -> None:
    world = World()
    drum, first, second = item("drum"), item("A"), item("B")
    world.commission([drum], 0)
    world.make([drum], [first], 1)
    world.make([drum], [second], 5)
    # T27
    assert world.forward(drum) == {first: "certain", second: "certain"}
    assert world.kinds(drum) == set()


def test_repacking_by_unpack_and_pack_and_by_transformation_give_the_same_ancestry() -> None:
    by_hand = World()
    by_hand.make([X], [I1], 1)
    by_hand.pack(A, [I1], 2)
    by_hand.unpack(A, [I1], 3)
    by_hand.pack(B, [I1], 3)
    assert by_hand.back(I1) == {X: "certain", A: "certain", B: "certain"}
    assert by_hand.forward(X) == {I1: "certain"}
    by_transformation = World()
    by_transformation.make([X], [I1], 1)
    by_transformation.make([I1], [O1], 3)
    by_transformation.pack(B, [O1], 3)
    assert by_transformation.back(O1) == {I1: "certain", X: "certain", B: "certain"}
    assert by_transformation.forward(X) == {I1: "certain", O1: "certain"}


def test_unrelated_decommissioning_and_commissioning_link_nothing_and_break_the_chain() -> None:
    world = World()
    world.make([X], [I1], 1)
    world.end([I1], 5, biz_step="decommissioning")
    world.commission([O1], 5)
    assert world.back(O1) == {}
    assert world.forward(X) == {I1: "certain"}
    broken = world.ask(lambda lineage: {found.kind for found in lineage.forward(X).anomalies})
    assert AnomalyKind.CHAIN_BROKEN in broken


def test_trace_back_of_an_item_never_holds_its_siblings_in_the_case() -> None:
    world = World()
    world.commission([I1, I2], 0)
    world.pack(A, [I1, I2], 1)
    assert world.back(I1) == {A: "certain"}
    assert world.forward(I1) == {}
    carriers = world.ask(lambda lineage: lineage.forward(I1).carriers)
    assert carriers == {A}


def test_a_gtin_alone_is_never_lineage() -> None:
    world = World()
    bare = "https://id.gs1.org/01/09506000134352"
    world.make([pieces(bare, 5), I1], [O1], 1)
    world.make([I2], [pieces(bare, 5)], 0)
    assert I2 not in world.back(O1)
    assert bare not in world.back(O1)
    assert world.forward(bare) == {}
    assert world.back(bare) == {}
    kinds = world.ask(lambda lineage: {found.kind for found in lineage.forward(bare).anomalies})
    assert kinds == {AnomalyKind.CLASS_ONLY}


def test_a_thousand_kilograms_into_seven_outputs_leave_forty_unaccounted() -> None:
    world = World()
    outputs = [kg(lot(f"out{n}"), amount) for n, amount in enumerate((200, 200, 150, 150, 100, 100, 60))]
    world.make([kg(L, 1000)], outputs, 5)
    # T6: 960 of 1000.
    told = world.ask(
        lambda lineage: [(one.uom, one.amount, one.reason) for one in lineage.forward(L).unaccounted]
    )
    assert ("KGM", 40, "loss") in [(uom, int(amount), reason) for uom, amount, reason in told]
    assert len(world.forward(L)) == 7


def test_what_was_made_of_a_lot_and_not_used_is_unaccounted() -> None:
    world = World()
    world.event("ObjectEvent", 0, action="ADD", quantities=(kg(L, 1000),), biz_step="commissioning")
    for n in range(6):
        world.make([kg(L, 160)], [kg(lot(f"out{n}"), 160)], 1 + n)
    # Six times 160 = 960: 40 remain of the lot.
    told = world.ask(
        lambda lineage: [(one.subject, one.uom, one.amount) for one in lineage.forward(L).unaccounted]
    )
    assert (L, "KGM", 40) in [(subject, uom, int(amount)) for subject, uom, amount in told]
    line = world.ask(lambda lineage: lineage.mass_balance(L).lines)
    assert [(one.uom, one.made, one.used, one.remaining) for one in line] == [
        ("KGM", Decimal(1000), Decimal(960), Decimal(40))
    ]


def test_a_lot_is_not_consumed_by_one_use() -> None:
    world = World()
    world.make([kg(L, 10)], [M], 1)
    world.make([kg(L, 10)], [N], 2)
    assert world.forward(L) == {M: "certain", N: "certain"}
    assert world.kinds(L) == set()
