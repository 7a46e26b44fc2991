"""Statements about a lot as such: a recall names the lot and no amount, and holds for all of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from logistics.stock import AVAILABLE, Account, StockProjection
from trace_api.lineage import Quantity

from .test_projection import FakeLog, event_of
from .world import (
    FACTORY,
    GTIN,
    HOSPITAL,
    WAREHOUSE,
    GrowingLineage,
    World,
    can,
    follow,
    lot,
    of,
    pallet,
    projected,
    standing,
    sums,
)

D = Decimal
A, B = lot("A"), lot("B")


@pytest.fixture
def world() -> World:
    """Items and amounts of lot A at two sites and on the way, and some of lot B."""
    world = World()
    world.make(1, FACTORY, can(1), can(2), can(3), of_lot=A)
    world.make(1, FACTORY, of(A, 100), of(A, "2.5", "KGM"), of(B, 7))
    world.make(1, FACTORY, can(9), of_lot=B)
    world.ship(2, FACTORY, can(1), of(A, 40))
    world.receive(3, HOSPITAL, can(1), of(A, 30))
    world.ship(3, FACTORY, can(2))
    return world


def recall(world: World, at: float, **fields: Any) -> None:
    world.see(at, None, None, of(A, None), **(fields or {"persistent_set": ("recalled",)}))


@pytest.mark.parametrize("said", [{"persistent_set": ("recalled",)}, {"disposition": "recalled"}])
def test_a_recall_of_a_lot_shows_on_its_items_and_amounts_everywhere(
    world: World, said: dict[str, Any]
) -> None:
    recall(world, 4, **said)
    stock = world.stock
    told = [(one.site, one.lot, one.status, one.quantity, one.uom, one.items_seen) for one in stock.levels()]
    assert told == [
        (FACTORY, A, "recalled", D(61), None, 1),
        (FACTORY, A, "recalled", D("2.5"), "KGM", 0),
        (FACTORY, B, AVAILABLE, D(8), None, 1),
        (HOSPITAL, A, "recalled", D(31), None, 1),
    ]
    one, on_the_way, other = (stock.account(can(n)) for n in (1, 2, 9))
    assert one is not None
    assert on_the_way is not None
    assert other is not None
    assert (one.status, on_the_way.account, on_the_way.status) == ("recalled", Account.TRANSIT, "recalled")
    assert other.status == AVAILABLE
    assert {b.status for b in stock.balances(lot=A) if b.account in ("site", "transit")} == {"recalled"}
    assert set(sums(stock).values()) == {D(0)}
    assert stock.mismatches() == []


@pytest.mark.parametrize("said", [{"persistent_set": ("recalled",)}, {"disposition": "recalled"}])
@pytest.mark.parametrize("step", ["holding", "storing", "receiving"])
def test_a_lot_is_recalled_as_a_whole_whatever_else_the_event_reports_and_where(
    world: World, step: str, said: dict[str, Any]
) -> None:
    world.see(4, step, WAREHOUSE, Quantity(A), **said)
    assert {one.status for one in world.stock.levels(lot=A)} == {"recalled"}
    recall(world, 5, persistent_unset=("recalled",), disposition="sellable_accessible")
    assert {one.status for one in world.stock.levels()} == {AVAILABLE}


def test_what_is_made_or_moved_after_the_recall_is_recalled_too(world: World) -> None:
    recall(world, 4)
    world.make(5, WAREHOUSE, can(4), of(A, 3), of_lot=A)
    world.receive(6, WAREHOUSE, can(2))
    assert {one.status for one in world.stock.levels(lot=A)} == {"recalled"}


@pytest.mark.parametrize(
    ("said", "lifted"),
    [
        ({"persistent_set": ("recalled",)}, {"persistent_unset": ("recalled",)}),
        ({"disposition": "recalled"}, {"disposition": "sellable_accessible"}),
    ],
)
def test_a_recall_is_lifted_at_the_level_of_the_lot_and_in_the_order_of_the_world(
    world: World, said: dict[str, Any], lifted: dict[str, Any]
) -> None:
    recall(world, 5, **lifted)
    recall(world, 4, **said)
    assert {one.status for one in projected(world.facts, chunk=1).stock.levels()} == {AVAILABLE}
    recall(world, 6, **said)
    assert {one.status for one in projected(world.facts, chunk=1).stock.levels(lot=A)} == {"recalled"}


def test_a_release_of_one_item_or_amount_does_not_lift_the_recall_of_its_lot(world: World) -> None:
    recall(world, 4)
    world.see(5, "inspecting", HOSPITAL, can(1), of(A, 30), persistent_unset=("recalled",))
    world.see(5, "inspecting", HOSPITAL, can(1), disposition="sellable_accessible")
    assert {one.status for one in world.stock.levels(lot=A)} == {"recalled"}


def test_the_lots_and_the_goods_own_statuses_are_told_together(world: World) -> None:
    world.see(4, "inspecting", HOSPITAL, can(1), of(A, 5), disposition="damaged")
    recall(world, 5)
    assert standing(world.stock) == {
        (FACTORY, "recalled"): D("63.5"),
        (FACTORY, AVAILABLE): D(8),
        (HOSPITAL, "damaged+recalled"): D(6),
        (HOSPITAL, "recalled"): D(25),
    }
    world.see(6, "inspecting", HOSPITAL, of(A, 25), persistent_set=("recalled",))
    assert standing(world.stock)[HOSPITAL, "recalled"] == D(25)  # told of the amount and of its lot: once


def test_a_declared_error_takes_the_recall_back(world: World) -> None:
    recall(world, 4)
    world.declare(world.facts[-1])
    assert {one.status for one in projected(world.facts, chunk=1).stock.levels()} == {AVAILABLE}
    assert {one.status for one in projected(world.facts[::-1], chunk=1).stock.levels()} == {AVAILABLE}


def test_an_item_whose_lot_is_told_late_is_recalled_with_it() -> None:
    world = World()
    world.receive(3, HOSPITAL, can(1))
    recall(world, 4)
    assert standing(world.stock) == {(HOSPITAL, AVAILABLE): D(1)}
    world.make(1, FACTORY, can(1), of_lot=A)
    assert standing(projected(world.facts, chunk=1).stock) == {(HOSPITAL, "recalled"): D(1)}


def test_an_unknown_amount_that_moves_or_is_unpacked_speaks_of_itself_alone(world: World) -> None:
    world.receive(4, HOSPITAL, of(A, None), disposition="damaged")
    world.unpack(4, pallet(1), of(A, None), disposition="damaged", biz_location=WAREHOUSE)
    assert standing(world.stock)[FACTORY, AVAILABLE] == D("71.5")
    recall(world, 5)
    assert standing(world.stock)[HOSPITAL, "damaged+recalled"] == D(30)
    recall(world, 6, persistent_unset=("recalled",), disposition="recalled")
    world.receive(7, HOSPITAL, of(A, None), disposition="sellable_accessible")
    assert {one.status for one in world.stock.levels(lot=A)} == {"recalled"}


def test_a_class_without_a_lot_is_no_lot(world: World) -> None:
    world.see(4, None, None, of(GTIN, None), persistent_set=("recalled",))
    assert {one.status for one in world.stock.levels()} == {AVAILABLE}


def test_rebuilding_gives_the_same_conditions(world: World) -> None:
    recall(world, 4)
    lineage = GrowingLineage()
    projection = StockProjection(":memory:", lineage)
    follow(projection, lineage, world.facts, chunk=1)
    before = (projection.stock.levels(), projection.stock.balances())
    projection.clear()
    assert projection.stock.levels() == []
    log = FakeLog(world)
    projection.apply(0, [event_of(entry) for entry in log.entries(0)], log.root())
    assert (projection.stock.levels(), projection.stock.balances()) == before


@pytest.mark.parametrize("size", [1, 2, 3])
def test_pages_hold_every_level_once_where_statuses_fall_together(world: World, size: int) -> None:
    for n, word in enumerate(("damaged", "expired", "recalled", "stolen")):
        world.see(4, "inspecting", FACTORY, of(A, 10 + n), of(A, "0.1", "KGM"), persistent_set=(word,))
    recall(world, 5, persistent_set=("damaged", "recalled"))
    stock = world.stock
    whole = stock.levels()
    assert len({(one.site, one.lot, one.status, one.uom) for one in whole}) == len(whole) == 8
    paged = []
    while more := stock.levels(after=paged[-1] if paged else None, limit=size):
        assert len(more) <= size
        paged += more
    assert paged == whole
