"""Statuses: what is said against goods, of items, amounts and whole carriers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from .world import FACTORY, HOSPITAL, World, accounts, can, lot, of, pallet, standing

D = Decimal


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("word", ["recalled", "expired", "damaged", "non_conformant"])
def test_a_persistent_disposition_is_set_and_unset(world: World, word: str) -> None:
    world.make(1, FACTORY, can(1), can(2))
    world.see(2, "inspecting", FACTORY, can(1), persistent_set=(word,))
    assert standing(world.stock) == {(FACTORY, word): D(1), (FACTORY, "available"): D(1)}
    world.see(3, "inspecting", FACTORY, can(1), persistent_unset=(word,))
    assert standing(world.stock) == {(FACTORY, "available"): D(2)}


def test_set_beats_unset_at_one_event(world: World) -> None:
    world.make(1, FACTORY, can(1))
    world.see(2, None, FACTORY, can(1), persistent_set=("recalled",), persistent_unset=("recalled",))
    assert standing(world.stock) == {(FACTORY, "recalled"): D(1)}


def test_several_statuses_are_told_together(world: World) -> None:
    world.make(1, FACTORY, can(1))
    world.see(2, None, FACTORY, can(1), persistent_set=("recalled",))
    world.see(3, None, FACTORY, can(1), disposition="damaged")
    assert standing(world.stock) == {(FACTORY, "damaged+recalled"): D(1)}


def test_a_plain_disposition_holds_until_one_that_releases(world: World) -> None:
    world.make(1, FACTORY, can(1))
    world.see(2, "inspecting", FACTORY, can(1), disposition="damaged")
    world.ship(3, FACTORY, can(1), disposition="in_transit")
    world.receive(4, HOSPITAL, can(1), disposition="in_progress")
    assert standing(world.stock) == {(HOSPITAL, "damaged"): D(1)}
    world.see(5, "inspecting", HOSPITAL, can(1), disposition="sellable_accessible")
    assert standing(world.stock) == {(HOSPITAL, "available"): D(1)}


def test_the_status_of_a_pallet_is_that_of_its_contents(world: World) -> None:
    world.make(1, FACTORY, can(1), can(2), of(lot("A"), 100))
    world.pack(2, pallet(1), can(1), of(lot("A"), 60))
    world.ship(3, FACTORY, pallet(1), persistent_set=("recalled",))
    world.receive(4, HOSPITAL, pallet(1))
    assert standing(world.stock) == {(FACTORY, "available"): D(41), (HOSPITAL, "recalled"): D(61)}


def test_two_pallets_of_one_lot_are_recalled_one_after_the_other(world: World) -> None:
    world.make(1, FACTORY, of(lot("A"), 100))
    world.pack(2, pallet(1), of(lot("A"), 60))
    world.pack(2, pallet(2), of(lot("A"), 40))
    for at in (3, 4):
        world.see(at, None, FACTORY, pallet(1), persistent_set=("recalled",))
    assert standing(world.stock) == {(FACTORY, "available"): D(40), (FACTORY, "recalled"): D(60)}
    world.see(5, None, FACTORY, pallet(2), persistent_set=("recalled",))
    assert standing(world.stock) == {(FACTORY, "recalled"): D(100)}


def test_part_of_a_lot_is_damaged_and_what_is_sound_is_shipped_first(world: World) -> None:
    world.make(1, FACTORY, of(lot("A"), 10))
    world.see(2, "inspecting", FACTORY, of(lot("A"), 3), disposition="damaged")
    world.ship(3, FACTORY, of(lot("A"), 7))
    assert standing(world.stock) == {(FACTORY, "damaged"): D(3)}


def test_what_is_held_is_destroyed_first(world: World) -> None:
    world.make(1, FACTORY, of(lot("A"), 10))
    world.see(2, "inspecting", FACTORY, of(lot("A"), 3), disposition="damaged")
    world.end(3, "destroying", FACTORY, of(lot("A"), 3))
    assert standing(world.stock) == {(FACTORY, "available"): D(7)}
    assert accounts(world.stock) == {"supply": D(-10), "destroyed": D(3), "site": D(7)}


def test_a_status_of_an_unknown_amount_holds_for_all_at_the_site(world: World) -> None:
    world.make(1, FACTORY, of(lot("A"), 10))
    world.see(2, None, FACTORY, of(lot("A"), None), persistent_set=("recalled",))
    assert standing(world.stock) == {(FACTORY, "recalled"): D(10)}
    assert world.stock.mismatches() == []


def test_a_repeated_damage_report_is_news_and_adds_up(world: World) -> None:
    world.make(1, FACTORY, of(lot("A"), 10))
    world.see(2, "inspecting", FACTORY, of(lot("A"), 3), disposition="damaged")
    world.see(3, "inspecting", FACTORY, of(lot("A"), 2), disposition="damaged")
    assert standing(world.stock) == {(FACTORY, "damaged"): D(5), (FACTORY, "available"): D(5)}


def test_the_disposition_of_a_transformation_is_that_of_its_outputs(world: World) -> None:
    world.make(1, FACTORY, can(1))
    world.transform(2, FACTORY, [can(1)], [can(2)], disposition="non_conformant")
    assert standing(world.stock) == {(FACTORY, "non_conformant"): D(1)}
    assert world.stock.mismatches() == []


def test_what_is_commissioned_anew_starts_sound(world: World) -> None:
    world.make(1, FACTORY, can(1))
    world.see(2, None, FACTORY, can(1), persistent_set=("damaged",))
    world.end(3, None, FACTORY, can(1))
    world.make(4, FACTORY, can(1))
    assert standing(world.stock) == {(FACTORY, "available"): D(1)}
