"""The stock as a projection: position, repeats, faults, rebuilding, following the log (contract 7)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from logistics import ContainmentBehind, LogisticsError, StockGap, StockUnusable
from logistics.stock import Stock, StockProjection
from trace_api import IndexedEvent, MasterData, SqliteIndex, catch_up, settle
from trace_api.lineage import Lineage, MemoryFacts

from .world import (
    FACTORY,
    HOSPITAL,
    GrowingLineage,
    World,
    can,
    follow,
    lot,
    of,
    pallet,
    projected,
    recaptured,
    standing,
)

D = Decimal


@pytest.fixture
def world() -> World:
    world = World()
    world.make(1, FACTORY, can(1), can(2), of_lot=lot("A"))
    world.make(1, FACTORY, of(lot("A"), 60))
    world.pack(2, pallet(1), can(1), of(lot("A"), 60))
    world.ship(3, FACTORY, pallet(1))
    world.receive(4, HOSPITAL, pallet(1))
    return world


AT_THE_END = {(FACTORY, "available"): D(1), (HOSPITAL, "available"): D(61)}


class FakeLog:
    """A log of facts."""

    def __init__(self, world: World) -> None:
        self.facts = recaptured(world.facts)

    @property
    def size(self) -> int:
        return len(self.facts)

    def root(self, size: int | None = None) -> bytes:
        return b"root of %d" % (self.size if size is None else size)

    def entries(self, start: int, stop: int | None = None) -> Iterator[Any]:
        return iter([SimpleNamespace(fact=fact) for fact in self.facts[start:stop]])


def event_of(entry: Any) -> IndexedEvent:
    return IndexedEvent(entry.fact)


def test_it_follows_a_log_and_knows_what_it_was_built_from(world: World, tmp_path: Path) -> None:
    log = FakeLog(world)
    projection = StockProjection(tmp_path / "stock.sqlite", Lineage(MemoryFacts(log.facts)))
    assert projection.built_from() == (0, b"")
    assert catch_up(projection, log, event_of) == 5
    assert projection.built_from() == (5, b"root of 5")
    assert standing(projection.stock) == AT_THE_END
    projection.close()
    again = StockProjection(tmp_path / "stock.sqlite", Lineage(MemoryFacts(log.facts)))
    assert again.position == 5
    assert standing(again.stock) == AT_THE_END
    again.close()


def test_entries_applied_before_are_passed_over(world: World) -> None:
    projection = projected(world.facts)
    events = [IndexedEvent(fact) for fact in recaptured(world.facts)]
    projection.apply(0, events, b"root of 5")
    projection.apply(2, events[2:], b"root of 5")
    assert projection.position == 5
    assert standing(projection.stock) == AT_THE_END


def test_a_gap_is_refused(world: World) -> None:
    projection = projected(world.facts)
    with pytest.raises(StockGap, match="the stock is at 5; entries from 7"):
        projection.apply(7, [], b"root")


def test_entries_that_are_no_events_only_move_the_position() -> None:
    projection = projected([])
    projection.apply(0, [None, MasterData(1, "p", "v", "id", {})], b"root")
    assert projection.built_from() == (2, b"root")
    assert projection.stock.levels() == []


def test_it_waits_for_the_lineage(world: World) -> None:
    facts = recaptured(world.facts)
    known = 3
    projection = StockProjection(":memory:", Lineage(MemoryFacts(facts)), reached=lambda: known)
    with pytest.raises(ContainmentBehind, match="up to 5 are to be applied, the lineage knows 3"):
        projection.apply(0, [IndexedEvent(fact) for fact in facts], b"root of 5")
    assert projection.position == 0
    known = 5
    projection.apply(0, [IndexedEvent(fact) for fact in facts], b"root of 5")
    assert standing(projection.stock) == AT_THE_END


def test_a_lineage_that_is_ahead_leads_to_the_same_stock(world: World) -> None:
    facts = recaptured([world.facts[n] for n in (3, 0, 4, 2, 1)])
    projection = StockProjection(":memory:", Lineage(MemoryFacts(facts)))
    for fact in facts:
        projection.apply(fact.position, [IndexedEvent(fact)], b"root")
    assert projection.stock.balances() == projected(world.facts).stock.balances()


class Breaks(GrowingLineage):
    """A lineage that fails when it is asked for the n-th time."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at

    def contents(self, container: str, at: int | None = None, *, deep: bool = False) -> Any:
        if self.asked == self.at:
            self.at = -1
            raise RuntimeError("the index went away")
        return super().contents(container, at, deep=deep)


@pytest.mark.parametrize("at", [0, 1])
def test_a_fault_in_the_middle_leaves_position_and_stock_as_they_were(
    world: World, tmp_path: Path, at: int
) -> None:
    lineage = Breaks(at)
    projection = StockProjection(tmp_path / "stock.sqlite", lineage)
    follow(projection, lineage, world.facts[:2])
    before = projection.stock.balances()
    events = [IndexedEvent(fact) for fact in recaptured(world.facts)[2:]]
    for event in events:
        lineage.facts.add(event.fact)
    with pytest.raises(RuntimeError, match="the index went away"):
        projection.apply(2, events, b"root of 5")
    assert projection.built_from() == (2, b"root of 2")
    assert projection.stock.balances() == before
    projection.apply(2, events, b"root of 5")
    assert standing(projection.stock) == AT_THE_END
    projection.close()


def test_rebuilding_gives_the_same(world: World) -> None:
    log = FakeLog(world)
    projection = StockProjection(":memory:", Lineage(MemoryFacts(log.facts)))
    for fact in log.facts:
        projection.apply(fact.position, [IndexedEvent(fact)], log.root(fact.position + 1))
    before = (projection.stock.levels(), projection.stock.balances(), projection.stock.mismatches())
    projection.clear()
    assert projection.built_from() == (0, b"")
    assert projection.stock.balances() == []
    catch_up(projection, log, event_of)
    assert before == (projection.stock.levels(), projection.stock.balances(), projection.stock.mismatches())


def test_stock_of_another_log_is_cleared(world: World) -> None:
    log = FakeLog(world)
    projection = projected(world.facts)
    assert not settle(projection, log)
    log.facts.pop()
    assert settle(projection, log)
    assert projection.position == 0


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "stock.sqlite"
    path.write_bytes(b"this is no database, and much too long to be taken for an empty one" * 20)
    with pytest.raises(StockUnusable, match="not a usable stock file"):
        StockProjection(path, GrowingLineage())
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE something (a)")
    with pytest.raises(LogisticsError, match="format 0, this program reads format 2"):
        StockProjection(other, GrowingLineage())


def test_the_file_can_be_read_beside_the_writer(world: World, tmp_path: Path) -> None:
    path = tmp_path / "stock.sqlite"
    projection = projected(world.facts[:4], path=path)
    reader = Stock(path)
    assert reader.position == 4
    assert standing(reader) == {(FACTORY, "available"): D(1)}
    projection.apply(4, [IndexedEvent(recaptured(world.facts)[4])], b"root of 5")
    reader.close()
    projection.close()


def test_it_works_over_the_embedded_event_index(world: World) -> None:
    index = SqliteIndex(":memory:")
    projection = StockProjection(":memory:", Lineage(index.facts), reached=lambda: index.position)
    for fact in recaptured(world.facts):
        event = IndexedEvent(fact)
        index.apply(fact.position, [event], b"root")
        projection.apply(fact.position, [event], b"root")
    assert standing(projection.stock) == AT_THE_END
    projection.close()
    index.close()
