"""Facts commute: order of capture, late events, error declarations, repeats (contract 8, lineage rule 9)."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trace_api.lineage import Fact

from .world import (
    FACTORY,
    HOSPITAL,
    WAREHOUSE,
    World,
    accounts,
    can,
    lot,
    of,
    pallet,
    projected,
    standing,
    sums,
    tote,
)

D = Decimal


@pytest.fixture
def world() -> World:
    return World()


def answers(facts: list[Fact], *, chunk: int | None = None) -> Any:
    """Everything that the stock tells, mismatches by the event that shows them."""
    projection = projected(facts, chunk=chunk)
    stock = projection.stock
    mismatches = sorted(
        repr(replace(one, position=0)) + facts[one.position].event_id for one in stock.mismatches()
    )
    found = (stock.levels(), stock.balances(), mismatches)
    projection.close()
    return found


def test_a_late_packing_moves_what_was_packed_with_the_pallet(world: World) -> None:
    world.make(1, FACTORY, can(1), of(lot("A"), 60))
    world.ship(3, FACTORY, pallet(1))
    world.receive(4, HOSPITAL, pallet(1))
    assert standing(world.stock) == {(FACTORY, "available"): D(61)}
    world.pack(2, pallet(1), can(1), of(lot("A"), 60))
    stock = projected(world.facts, chunk=1).stock
    assert standing(stock) == {(HOSPITAL, "available"): D(61)}
    assert stock.mismatches() == []


def test_a_late_unpacking_leaves_behind_what_was_unpacked(world: World) -> None:
    world.make(1, FACTORY, can(1), can(2))
    world.pack(2, pallet(1), can(1), can(2))
    world.ship(4, FACTORY, pallet(1))
    world.unpack(3, pallet(1), can(1))
    stock = projected(world.facts, chunk=1).stock
    assert accounts(stock) == {"supply": D(-2), "site": D(1), "transit": D(1)}


def test_a_late_nesting_moves_the_cases_contents_with_the_pallet(world: World) -> None:
    world.make(1, FACTORY, can(1))
    world.pack(2, tote(1), can(1))
    world.ship(4, FACTORY, pallet(1))
    world.pack(3, pallet(1), tote(1))
    assert accounts(projected(world.facts, chunk=1).stock) == {"supply": D(-1), "transit": D(1)}


def test_a_late_lot_moves_the_item_from_its_gtin_to_its_lot(world: World) -> None:
    world.receive(2, HOSPITAL, can(1))
    world.make(1, FACTORY, can(1), of_lot=lot("A"))
    [level] = projected(world.facts, chunk=1).stock.levels()
    assert (level.site, level.lot, level.items_seen) == (HOSPITAL, lot("A"), 1)


def test_a_declared_error_is_dropped_and_what_followed_is_folded_anew(world: World) -> None:
    world.make(1, FACTORY, can(1), of(lot("A"), 10))
    wrong = world.ship(2, FACTORY, can(1), of(lot("A"), 4))
    world.declare(wrong)
    assert standing(projected(world.facts, chunk=1).stock) == {(FACTORY, "available"): D(11)}
    assert standing(projected(world.facts[::-1], chunk=1).stock) == {(FACTORY, "available"): D(11)}


def test_a_packing_declared_wrong_takes_the_contents_off_the_pallet(world: World) -> None:
    world.make(1, FACTORY, can(1))
    wrong = world.pack(2, pallet(1), can(1))
    world.ship(3, FACTORY, pallet(1))
    world.declare(wrong)
    assert standing(projected(world.facts, chunk=1).stock) == {(FACTORY, "available"): D(1)}


def test_a_declaration_by_a_stranger_drops_nothing(world: World) -> None:
    world.make(1, FACTORY, can(1))
    shipped = world.ship(2, FACTORY, can(1))
    world.declare(shipped, party="https://id.gs1.org/417/4012345000016")
    assert accounts(projected(world.facts, chunk=1).stock) == {"supply": D(-1), "transit": D(1)}


def test_the_same_content_under_another_id_counts_once(world: World) -> None:
    world.make(1, FACTORY, of(lot("A"), 10))
    shipped = world.ship(2, FACTORY, of(lot("A"), 4))
    twin = world.add(replace(shipped, event_id="urn:uuid:twin"))
    assert accounts(projected(world.facts, chunk=1).stock)["transit"] == D(4)
    world.declare(shipped)
    assert accounts(projected(world.facts, chunk=1).stock)["transit"] == D(4)
    world.declare(twin)
    assert accounts(projected(world.facts, chunk=1).stock) == {"supply": D(-10), "site": D(10)}


def test_the_book_of_a_lot_goes_on_and_starts_again_when_something_earlier_changes(world: World) -> None:
    world.make(1, FACTORY, of(lot("A"), 100))
    for n in range(10):
        world.ship(10 + n, FACTORY, of(lot("A"), 5))
        world.receive(30 + n, HOSPITAL, of(lot("A"), 5))
    world.make(2, FACTORY, of(lot("A"), 7))
    in_steps = projected(world.facts, chunk=1).stock
    assert standing(in_steps) == {(FACTORY, "available"): D(57), (HOSPITAL, "available"): D(50)}
    assert in_steps.mismatches() == []
    assert in_steps.balances() == world.stock.balances()


ITEMS = [can(n) for n in range(4)]
CARRIERS = [pallet(1), pallet(2), tote(1)]
SITES = [FACTORY, WAREHOUSE, HOSPITAL]
STEPS = [
    "shipping", "departing", "void_shipping", "receiving", "arriving", "accepting", "storing", "inspecting",
]  # fmt: skip
LIFTED: list[dict[str, Any]] = [
    {"persistent_unset": ("recalled",)},
    {"disposition": "sellable_accessible"},
]


@st.composite
def histories(draw: st.DrawFn) -> list[Fact]:
    """Whatever may happen to a few goods and carriers, contradictions and declarations of error included."""
    world = World()
    for _ in range(draw(st.integers(2, 10))):
        at = draw(st.integers(0, 12))
        site = draw(st.sampled_from(SITES))
        things = draw(st.lists(st.sampled_from(ITEMS + CARRIERS), max_size=3, unique=True))
        some: list[Any] = [*things]
        if draw(st.booleans()):
            value, uom = draw(st.sampled_from([(5, None), (8, None), ("2.5", "KGM"), (None, None)]))
            some.append(of(lot(draw(st.sampled_from("AB"))), value, uom))
        kind = draw(st.sampled_from(["make", "see", "end", "pack", "unpack", "transform", "say"]))
        status = draw(
            st.sampled_from([{}, {}, {"persistent_set": ("recalled",)}, {"disposition": "damaged"}, *LIFTED])
        )
        if kind == "make":
            world.make(at, site, *some, of_lot=draw(st.sampled_from([None, lot("A")])))
        elif kind == "see":
            world.see(at, draw(st.sampled_from(STEPS)), site, *some, **status)
        elif kind == "say":  # of a lot as such
            world.see(at, "inspecting", site, of(lot(draw(st.sampled_from("AB"))), None), **status)
        elif kind == "end":
            world.end(at, draw(st.sampled_from(["dispensing", "destroying", None])), site, *some)
        elif kind in ("pack", "unpack"):
            parent = draw(st.sampled_from(CARRIERS))
            inside = [one for one in some if one != parent]
            if kind == "unpack" or inside:
                getattr(world, kind)(at, parent, *inside)
        else:
            outputs = draw(st.lists(st.sampled_from(ITEMS), max_size=2, unique=True))
            world.transform(at, site, some, outputs)
    for fact in draw(st.lists(st.sampled_from(world.facts), max_size=2)) if world.facts else ():
        world.declare(fact)
    return world.facts


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), st.randoms(use_true_random=False), st.integers(1, 4))
def test_any_order_of_capture_gives_the_same_stock(
    facts: list[Fact], chance: random.Random, chunk: int
) -> None:
    shuffled = list(facts)
    chance.shuffle(shuffled)
    assert answers(shuffled, chunk=chunk) == answers(facts)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories())
def test_accounts_add_up_to_zero_and_no_physical_account_is_negative(facts: list[Fact]) -> None:
    projection = projected(facts)
    stock = projection.stock
    assert set(sums(stock).values()) <= {D(0)}
    assert all(b.quantity > 0 for b in stock.balances() if b.account in ("site", "transit"))
    projection.close()
