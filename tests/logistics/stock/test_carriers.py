"""What happens to a carrier happens to its contents at that time, through any depth."""

from __future__ import annotations

import cProfile
import pstats
from decimal import Decimal

import pytest

from logistics.stock import Account
from trace_api import IndexedEvent

from .world import (
    FACTORY,
    HOSPITAL,
    WAREHOUSE,
    GrowingLineage,
    World,
    accounts,
    can,
    follow,
    lot,
    of,
    pallet,
    projected,
    standing,
    tote,
)

D = Decimal


@pytest.fixture
def world() -> World:
    return World()


def test_a_pallet_shipped_and_received_moves_all_its_cans(world: World) -> None:
    cans = [can(n) for n in range(50)]
    world.make(1, FACTORY, *cans, of_lot=lot("A"))
    world.pack(2, pallet(1), *cans[:40])
    world.ship(3, FACTORY, pallet(1))
    assert accounts(world.stock) == {"supply": D(-50), "site": D(10), "transit": D(40)}
    world.receive(4, HOSPITAL, pallet(1))
    levels = [(level.site, level.lot, level.items_seen) for level in world.stock.levels()]
    assert levels == [(FACTORY, lot("A"), 10), (HOSPITAL, lot("A"), 40)]
    assert world.stock.mismatches() == []


def test_contents_move_through_any_depth(world: World) -> None:
    world.make(1, FACTORY, can(1), of(lot("A"), 60))
    world.pack(2, tote(1), can(1), of(lot("A"), 60))
    world.pack(3, pallet(1), tote(1))
    world.pack(4, pallet(2), pallet(1))
    world.ship(5, FACTORY, pallet(2))
    world.receive(6, HOSPITAL, pallet(2))
    assert standing(world.stock) == {(HOSPITAL, "available"): D(61)}
    assert world.stock.mismatches() == []


def test_an_item_taken_out_before_shipping_stays(world: World) -> None:
    world.make(1, FACTORY, can(1), can(2))
    world.pack(2, pallet(1), can(1), can(2))
    world.unpack(3, pallet(1), can(1))
    world.ship(4, FACTORY, pallet(1))
    assert accounts(world.stock) == {"supply": D(-2), "site": D(1), "transit": D(1)}
    assert world.stock.account(can(1)).account is Account.SITE  # type: ignore[union-attr]


def test_what_is_unpacked_at_the_very_instant_of_the_receiving_is_received(world: World) -> None:
    world.make(1, FACTORY, can(1))
    world.pack(2, pallet(1), can(1))
    world.ship(3, FACTORY, pallet(1))
    world.receive(4, HOSPITAL, pallet(1))
    world.unpack(4, pallet(1))
    assert standing(world.stock) == {(HOSPITAL, "available"): D(1)}


def test_a_tote_used_again_moves_its_present_load_only(world: World) -> None:
    for trip in range(5):
        at = trip * 10
        world.make(at, FACTORY, can(trip), of(lot("A"), 6))
        world.pack(at + 1, tote(1), can(trip), of(lot("A"), 6))
        world.ship(at + 2, FACTORY, tote(1))
        world.receive(at + 3, HOSPITAL, tote(1))
        world.unpack(at + 4, tote(1))
        world.ship(at + 5, HOSPITAL, tote(1))
        world.receive(at + 6, FACTORY, tote(1))
    assert standing(world.stock) == {(HOSPITAL, "available"): D(35)}
    assert world.stock.mismatches() == []


def test_amounts_on_a_pallet_arrive_once_however_often_it_is_received(world: World) -> None:
    world.make(1, FACTORY, of(lot("A"), 60))
    world.pack(2, tote(1), of(lot("A"), 60))
    world.pack(3, pallet(1), tote(1))
    world.ship(4, FACTORY, pallet(1))
    world.receive(5, HOSPITAL, pallet(1))
    world.receive(6, HOSPITAL, tote(1))
    world.see(7, "arriving", HOSPITAL, pallet(1))
    assert standing(world.stock) == {(HOSPITAL, "available"): D(60)}
    assert world.stock.mismatches() == []


def test_parts_of_a_lot_on_two_pallets_go_their_own_ways(world: World) -> None:
    world.make(1, FACTORY, of(lot("A"), 100))
    world.pack(2, pallet(1), of(lot("A"), 60))
    world.pack(2, pallet(2), of(lot("A"), 40))
    world.ship(3, FACTORY, pallet(1), pallet(2))
    world.receive(4, HOSPITAL, pallet(1))
    world.receive(4, WAREHOUSE, pallet(2))
    assert standing(world.stock) == {(HOSPITAL, "available"): D(60), (WAREHOUSE, "available"): D(40)}


def test_a_void_shipping_brings_the_pallet_back(world: World) -> None:
    world.make(1, FACTORY, can(1), of(lot("A"), 60))
    world.pack(2, pallet(1), can(1), of(lot("A"), 60))
    world.ship(3, FACTORY, pallet(1))
    world.see(4, "void_shipping", FACTORY, pallet(1))
    assert standing(world.stock) == {(FACTORY, "available"): D(61)}


def test_dispensing_a_carrier_consumes_what_is_in_it(world: World) -> None:
    world.make(1, HOSPITAL, can(1), of(lot("A"), 6))
    world.pack(2, pallet(1), can(1), of(lot("A"), 6))
    world.end(3, "dispensing", HOSPITAL, pallet(1))
    assert accounts(world.stock) == {"supply": D(-7), "consumed": D(7)}


def test_decommissioning_the_number_of_a_pallet_leaves_its_contents_in_stock(world: World) -> None:
    world.make(1, HOSPITAL, can(1))
    world.pack(2, pallet(1), can(1))
    world.end(3, "decommissioning", HOSPITAL, pallet(1))
    assert standing(world.stock) == {(HOSPITAL, "available"): D(1)}


def test_a_pallet_as_input_is_used_with_its_contents(world: World) -> None:
    world.make(1, FACTORY, can(1), of(lot("A"), 6))
    world.pack(2, pallet(1), can(1), of(lot("A"), 6))
    world.transform(3, FACTORY, [pallet(1)], [of(lot("B"), 2)])
    assert accounts(world.stock) == {"supply": D(-9), "consumed": D(7), "site": D(2)}


def test_shipping_reported_while_packing_moves_the_parent_with_all_it_holds_once(world: World) -> None:
    world.make(1, FACTORY, can(1), can(2), of(lot("A"), 60))
    world.pack(2, pallet(1), can(1))
    world.pack(3, pallet(1), can(2), of(lot("A"), 60), biz_step="shipping", read_point=FACTORY)
    assert accounts(world.stock) == {"supply": D(-62), "transit": D(62)}


def test_an_item_named_beside_its_pallet_moves_once(world: World) -> None:
    world.make(1, FACTORY, can(1), can(2))
    world.pack(2, pallet(1), can(1), can(2))
    world.ship(3, FACTORY, pallet(1), can(1))
    assert accounts(world.stock) == {"supply": D(-2), "transit": D(2)}


def test_a_sensor_attached_to_a_pallet_is_not_among_its_goods(world: World) -> None:
    world.make(1, FACTORY, can(1), can(9))
    world.pack(2, pallet(1), can(1))
    world.event("AssociationEvent", 2, can(9), action="ADD", parent=pallet(1))
    world.ship(3, FACTORY, pallet(1))
    assert accounts(world.stock) == {"supply": D(-2), "site": D(1), "transit": D(1)}


def test_a_stream_in_order_asks_the_lineage_once_for_each_movement_of_a_carrier(world: World) -> None:
    world.make(1, FACTORY, *[can(n) for n in range(20)])
    for n in range(20):
        world.pack(2 + n, pallet(1), can(n))
    world.ship(30, FACTORY, pallet(1))
    world.receive(40, HOSPITAL, pallet(1))
    for n in range(20):
        world.unpack(50 + n, pallet(1), can(n))
    lineage = GrowingLineage()
    projection = projected([])
    projection._containment = lineage
    follow(projection, lineage, world.facts, chunk=1)
    assert lineage.asked == 2
    assert standing(projection.stock) == {(HOSPITAL, "available"): D(20)}


def test_a_pallet_of_2500_moves_with_some_hundred_calls_a_can(world: World) -> None:
    cans = [can(n) for n in range(2500)]
    world.make(1, FACTORY, *cans, of_lot=lot("A"))
    for case in range(50):
        some = cans[case * 50 : case * 50 + 50]
        world.pack(2, pallet(100 + case), *some)
    world.pack(3, pallet(1), *[pallet(100 + case) for case in range(50)])
    lineage = GrowingLineage()
    projection = projected([])
    projection._containment = lineage
    follow(projection, lineage, world.facts)
    shipped = world.ship(4, FACTORY, pallet(1))
    lineage.facts.add(shipped)
    profile = cProfile.Profile()
    profile.runcall(projection.apply, shipped.position, [IndexedEvent(shipped)], b"root")
    assert pstats.Stats(profile).total_calls < 300 * 2500  # type: ignore[attr-defined]
    assert accounts(projection.stock) == {"supply": D(-2500), "transit": D(2500)}
