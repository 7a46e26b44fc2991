"""Rule 3 (class-level containment is an amount) and traps T16 and T24."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from trace_api.lineage import AnomalyKind

from .worlds import World, amounts, item, kg, lot, pieces, sscc

P, P1, P2 = sscc(1), sscc(2), sscc(3)
L, M = lot("L"), lot("M")
a, b = item("a"), item("b")


def held(world: World, parent: str, at: int | None = None) -> dict[str, Any]:
    return world.ask(lambda lineage: amounts(lineage.contents(parent, at)))


def test_a_lot_in_two_pallets_keeps_an_amount_in_each() -> None:
    world = World()
    world.pack(P1, [], 1, quantities=(pieces(L, 60),))
    world.pack(P2, [], 2, quantities=(pieces(L, 40),))
    world.unpack(P1, [], 3, quantities=(pieces(L, 25),))
    # T24: 35 and 40.
    assert held(world, P1) == {L: ({None: Decimal(35)}, True)}
    assert held(world, P2) == {L: ({None: Decimal(40)}, True)}
    assert held(world, P1, 2) == {L: ({None: Decimal(60)}, True)}
    assert world.kinds(L) == set()


def test_amounts_add_up_and_are_gone_at_zero() -> None:
    world = World()
    world.pack(P, [], 1, quantities=(pieces(L, 10),))
    world.pack(P, [], 2, quantities=(pieces(L, 5),))
    world.unpack(P, [], 3, quantities=(pieces(L, 15),))
    assert held(world, P, 2) == {L: ({None: Decimal(15)}, True)}
    assert held(world, P, 3) == {}
    assert world.kinds(L) == set()


def test_an_absent_amount_is_unknown_not_zero_and_not_one() -> None:
    world = World()
    world.pack(P, [], 1, quantities=(pieces(L),))
    assert held(world, P)[L][1] is False
    world.unpack(P, [], 2, quantities=(pieces(L, 3),))
    # Unknown less 3 is unknown: perhaps some is left.
    assert held(world, P)[L][1] is False
    assert AnomalyKind.UNPACKED_MORE_THAN_PACKED not in world.kinds(L)
    world.unpack(P, [], 4)
    assert held(world, P) == {}


def test_an_unknown_amount_taken_out_leaves_an_unknown_amount() -> None:
    world = World()
    world.pack(P, [], 1, quantities=(pieces(L, 10),))
    world.unpack(P, [], 2, quantities=(pieces(L),))
    inside = held(world, P)
    assert L in inside
    assert inside[L][1] is False


def test_units_are_kept_apart() -> None:
    world = World()
    world.pack(P, [], 1, quantities=(kg(L, 10), pieces(L, 3)))
    world.unpack(P, [], 2, quantities=(kg(L, 4),))
    assert held(world, P) == {L: ({None: Decimal(3), "KGM": Decimal(6)}, True)}


def test_more_taken_out_than_put_in_is_flagged() -> None:
    world = World()
    world.pack(P, [], 1, quantities=(pieces(L, 10),))
    world.unpack(P, [], 2, quantities=(pieces(L, 12),))
    assert AnomalyKind.UNPACKED_MORE_THAN_PACKED in world.kinds(L)


def test_an_amount_taken_out_where_none_was_packed_is_flagged_and_is_not_inside() -> None:
    world = World()
    world.unpack(P, [], 3, quantities=(pieces(L, 12),))
    assert held(world, P, 3) == held(world, P, 2) == {}
    assert world.kinds(L) == {AnomalyKind.UNPACKED_NOT_PACKED}


def test_a_lot_packed_beside_serialised_items_is_not_their_lot() -> None:
    world = World()
    world.pack(P, [a, b], 1, quantities=(pieces(L, 10),))
    # T16: three things in the pallet, no membership between them.
    assert world.inside(P) == {a, b, L}
    assert held(world, P)[L] == ({None: Decimal(10)}, True)
    assert world.back(a) == {P: "certain"}
    assert world.forward(L) == {}
    # Of a lot only some units were in P, and which they are is not known (rule 15).
    assert world.forward(P) == {a: "certain", b: "certain", L: "possible"}
    world.unpack(P, [a], 2)
    assert world.inside(P) == {b, L}


def test_a_parent_wide_delete_ends_instances_and_classes_and_the_next_filling_counts_anew() -> None:
    world = World()
    world.pack(P, [a], 1, quantities=(pieces(L, 10), pieces(M)))
    world.pack(P, [], 2, quantities=(pieces(L, 5),))
    world.unpack(P, [], 5)
    world.pack(P, [b], 6, quantities=(pieces(L, 7),))
    assert held(world, P, 5) == {}
    assert set(held(world, P)) == {b, L}
    assert held(world, P)[L] == ({None: Decimal(7)}, True)
    assert world.kinds(L) == world.kinds(M) == set()


def test_emptying_and_refilling_at_one_instant_keeps_only_the_new_amount() -> None:
    world = World()
    world.pack(P, [], 1, quantities=(pieces(L, 10),))
    world.unpack(P, [], 5)
    world.pack(P, [], 5, quantities=(pieces(L, 4),))
    assert held(world, P, 5)[L] == ({None: Decimal(4)}, True)
    assert held(world, P, 4)[L] == ({None: Decimal(10)}, True)


def test_aggregated_and_associated_amounts_are_apart() -> None:
    world = World()
    world.attach(P, [], 1, quantities=(pieces(L, 2),))
    world.pack(P, [], 1, quantities=(pieces(L, 10),))
    world.unpack(P, [], 5)
    assert held(world, P) == {L: ({None: Decimal(2)}, True)}


def test_a_missing_unpack_ends_no_amount() -> None:
    world = World()
    world.pack(P, [], 1, quantities=(pieces(L, 10),))
    world.make([pieces(L, 4)], [M], 3)
    world.event("ObjectEvent", 4, action="OBSERVE", quantities=(pieces(L, 1),), biz_step="retail_selling")
    # Rule 10 is for instances only.
    assert held(world, P)[L] == ({None: Decimal(10)}, True)
    assert AnomalyKind.MISSING_UNPACK not in world.kinds(L)


def test_the_same_content_under_two_ids_is_counted_once() -> None:
    world = World()
    world.pack(P, [], 1, quantities=(pieces(L, 60),), event_id="urn:uuid:one")
    world.pack(P, [], 1, quantities=(pieces(L, 60),), event_id="urn:uuid:two")
    assert held(world, P) == {L: ({None: Decimal(60)}, True)}
    assert AnomalyKind.DUPLICATE_CONTENT in world.kinds(L)
