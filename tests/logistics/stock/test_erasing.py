"""Erased events: the stock is as if they had never been captured, before and after it is built anew."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logistics.stock import StockProjection
from trace_api import Erased, Indexed, IndexedEvent
from trace_api.lineage import Fact, MemoryFacts

from .test_order import histories
from .world import (
    FACTORY,
    HOSPITAL,
    GrowingLineage,
    World,
    accounts,
    can,
    lot,
    of,
    pallet,
    recaptured,
    standing,
)

D = Decimal


@pytest.fixture
def world() -> World:
    return World()


def told(projection: StockProjection) -> Any:
    """Everything that the stock tells, and every name that it keeps."""
    stock = projection.stock
    names = {row[0] for row in projection._tables.rows("SELECT uri FROM object")}
    return stock.levels(), stock.balances(), stock.mismatches(), names


def applied(
    entries: list[Indexed], *, chunk: int = 1, path: Path | str = ":memory:", ahead: bool = False
) -> StockProjection:
    """A projection that has applied entries; `ahead`: the lineage knows all of them from the beginning."""
    lineage = GrowingLineage()
    projection = StockProjection(path, lineage)
    for first in range(0, len(entries), chunk):
        stop = first + chunk
        lineage.facts = MemoryFacts(remaining(entries if ahead else entries[:stop]))
        some = entries[first:stop]
        projection.apply(first, some, b"root of %d" % (first + len(some)))
    return projection


def remaining(entries: list[Indexed]) -> list[Fact]:
    erased = {entry.position for entry in entries if isinstance(entry, Erased)}
    return [e.fact for e in entries if isinstance(e, IndexedEvent) and e.fact.position not in erased]


def rebuilt(entries: list[Indexed]) -> StockProjection:
    """What a log gives whose erased bodies are gone."""
    erased = {entry.position for entry in entries if isinstance(entry, Erased)}
    bare: list[Indexed] = [None if n in erased else entry for n, entry in enumerate(entries)]
    return applied(bare, chunk=max(1, len(bare)))


def log_of(facts: list[Fact], *erased: int) -> list[Indexed]:
    return [*(IndexedEvent(fact) for fact in recaptured(facts)), *(Erased(position) for position in erased)]


def test_an_erased_event_leaves_no_trace_in_the_stock(world: World) -> None:
    world.make(1, FACTORY, can(1), of(lot("A"), 10), of_lot=lot("A"))
    projection = applied(log_of(world.facts, 0))
    assert told(projection) == ([], [], [], set())
    assert projection.stock.sites() == []
    assert projection.stock.account(can(1)) is None
    assert projection.position == 2


def test_what_followed_an_erased_event_is_folded_anew(world: World) -> None:
    world.make(1, FACTORY, can(1), can(2), of(lot("A"), 10))
    world.ship(2, FACTORY, can(1), of(lot("A"), 4))
    world.receive(3, HOSPITAL, can(1), of(lot("A"), 4))
    stock = applied(log_of(world.facts, 1)).stock
    assert standing(stock) == {(FACTORY, "available"): D(11), (HOSPITAL, "available"): D(5)}
    assert accounts(stock)["suspense"] == D(-4)


def test_contents_leave_the_carrier_whose_packing_is_erased(world: World) -> None:
    world.make(1, FACTORY, can(1), of(lot("A"), 60))
    world.pack(2, pallet(1), can(1), of(lot("A"), 60))
    world.ship(3, FACTORY, pallet(1))
    assert standing(applied(log_of(world.facts)).stock) == {}
    assert standing(applied(log_of(world.facts, 1)).stock) == {(FACTORY, "available"): D(61)}


def test_the_twin_of_an_erased_event_counts_in_its_place(world: World) -> None:
    world.make(1, FACTORY, of(lot("A"), 10))
    shipped = world.ship(2, FACTORY, of(lot("A"), 4))
    world.add(replace(shipped, event_id="urn:uuid:twin"))
    assert accounts(applied(log_of(world.facts, 1)).stock)["transit"] == D(4)
    assert "transit" not in accounts(applied(log_of(world.facts, 1, 2)).stock)


def test_an_event_counts_again_when_its_error_declaration_is_erased(world: World) -> None:
    world.make(1, FACTORY, can(1))
    world.declare(world.facts[0])
    assert standing(applied(log_of(world.facts)).stock) == {}
    assert standing(applied(log_of(world.facts, 1)).stock) == {(FACTORY, "available"): D(1)}


def test_an_erased_recall_of_a_lot_holds_no_more(world: World) -> None:
    world.make(1, FACTORY, of(lot("A"), 10))
    world.see(2, None, None, of(lot("A"), None), persistent_set=("recalled",))
    assert standing(applied(log_of(world.facts)).stock) == {(FACTORY, "recalled"): D(10)}
    assert standing(applied(log_of(world.facts, 1)).stock) == {(FACTORY, "available"): D(10)}


def test_an_entry_that_was_erased_before_it_was_applied_is_passed_over(world: World) -> None:
    projection = applied([None, Erased(0), Erased(17)])
    assert told(projection) == ([], [], [], set())
    assert projection.position == 3


def test_erased_names_leave_the_file(world: World, tmp_path: Path) -> None:
    world.make(1, FACTORY, can(1), can(777333), of(lot("A"), 5), of_lot=lot("A"))
    world.make(2, HOSPITAL, can(1), of_lot=lot("B"))
    path = tmp_path / "stock.sqlite"
    projection = applied(log_of(world.facts), path=path)
    assert any(b"777333" in file.read_bytes() for file in tmp_path.iterdir())
    projection.apply(2, [Erased(0)], b"root of 3")
    assert not any(b"777333" in file.read_bytes() for file in tmp_path.iterdir())
    projection.close()


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    histories(),
    st.randoms(use_true_random=False),
    st.integers(1, 5),
    st.integers(1, 3),
    st.booleans(),
)
def test_erasing_gives_the_same_before_and_after_a_rebuild(
    facts: list[Fact], chance: random.Random, chunk: int, erasures: int, ahead: bool
) -> None:
    captured: list[Fact | int] = list(facts)
    chance.shuffle(captured)
    entries: list[Indexed] = []
    places: list[int] = []
    for fact in captured:
        assert isinstance(fact, Fact)
        places.append(len(entries))
        entries.append(IndexedEvent(replace(fact, position=len(entries))))
        if erasures and chance.random() < 0.4:
            erasures -= 1
            entries.append(Erased(chance.choice(places)))
    live = applied(entries, chunk=chunk, ahead=ahead)
    anew = rebuilt(entries)
    assert told(live) == told(anew)
    live.close()
    anew.close()
