"""The lineage over the embedded index answers as it does over the facts themselves, however they came in."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from itertools import cycle
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from trace_api.lineage import Fact, Lineage, MemoryFacts
from trace_api.store import SqliteIndex
from trace_api.store.protocol import IndexedEvent

from .lineage.random_histories import CARRIERS, ITEMS, LOTS, declared, lots, mixtures, transformations

NAMES = (*ITEMS, *CARRIERS, *LOTS, "made")


def fill(index: SqliteIndex, facts: Sequence[Fact], sizes: Sequence[int]) -> None:
    """Apply the facts in chunks of these sizes, over and over."""
    first = 0
    for size in cycle(sizes):
        chunk = [IndexedEvent(fact) for fact in facts[first : first + size]]
        if not chunk:
            return
        index.apply(first, chunk, bytes([first % 256]) * 32)
        first += len(chunk)


def answers(lineage: Lineage, uri: str, **clocks: Any) -> Any:
    """Everything the lineage tells of one object, positions included."""
    at = clocks.get("as_of_event_time")
    known = clocks.get("as_of_record_time")
    return (
        lineage.back(uri, **clocks).to_json(),
        lineage.forward(uri, **clocks).to_json(),
        lineage.history(uri, **clocks).to_json(),
        lineage.state(uri, **clocks).to_json(),
        [held.to_json() for held in lineage.contents(uri, at, deep=True, as_of_record_time=known)],
        [held.to_json() for held in lineage.containers(uri, at, as_of_record_time=known)],
        lineage.mass_balance(uri, **clocks).to_json(),
    )


def assert_same(facts: Sequence[Fact], sizes: Sequence[int]) -> None:
    with closing(SqliteIndex(":memory:")) as index:
        fill(index, facts, sizes)
        assert index.position == len(facts)
        over_memory, over_index = Lineage(MemoryFacts(facts)), Lineage(index.facts)
        for uri in NAMES:
            assert answers(over_index, uri) == answers(over_memory, uri)
        for clocks in ({"as_of_event_time": 3_000_000}, {"as_of_record_time": 4_000_000}):
            for uri in (*ITEMS, LOTS[0], CARRIERS[0]):
                assert answers(over_index, uri, **clocks) == answers(over_memory, uri, **clocks)


CHUNKS = st.lists(st.integers(1, 5), min_size=1, max_size=4)


@given(facts=mixtures(), sizes=CHUNKS)
@settings(max_examples=40, deadline=None)
def test_mixed_histories_answer_alike_over_index_and_memory(facts: list[Fact], sizes: list[int]) -> None:
    assert_same(facts, sizes)


@given(facts=declared(), sizes=CHUNKS)
@settings(max_examples=40, deadline=None)
def test_histories_with_error_declarations_answer_alike(facts: list[Fact], sizes: list[int]) -> None:
    assert_same(facts, sizes)


@given(facts=st.one_of(lots(), transformations()), sizes=CHUNKS)
@settings(max_examples=40, deadline=None)
def test_lots_and_transformations_answer_alike(facts: list[Fact], sizes: list[int]) -> None:
    assert_same(facts, sizes)


@given(facts=mixtures(), cut=st.integers(0, 8))
@settings(max_examples=25, deadline=None)
def test_an_index_that_grows_answers_for_what_it_holds(facts: list[Fact], cut: int) -> None:
    with closing(SqliteIndex(":memory:")) as index:
        fill(index, facts[:cut], [3])
        for uri in NAMES:  # asked before the rest comes, so whatever is cached is old
            assert answers(Lineage(index.facts), uri) == answers(Lineage(MemoryFacts(facts[:cut])), uri)
        rest = [IndexedEvent(fact) for fact in facts[cut:]]
        if rest:
            index.apply(len(facts[:cut]), rest, bytes(32))
        for uri in NAMES:
            assert answers(Lineage(index.facts), uri) == answers(Lineage(MemoryFacts(facts)), uri)


def test_entries_that_are_applied_again_change_nothing() -> None:
    fact = Fact(0, "urn:e:0", True, "ni:0", b"0", "urn:p", 5, 4, "AggregationEvent", "ADD", "P", ("a",))
    facts = [fact, replace(fact, position=1, event_id="urn:e:1", content_hash="ni:1", action="DELETE")]
    with closing(SqliteIndex(":memory:")) as index:
        fill(index, facts, [2])
        index.apply(0, [IndexedEvent(each) for each in facts], bytes(32))
        assert len(index.facts.of_object("a")) == 2
        assert answers(Lineage(index.facts), "a") == answers(Lineage(MemoryFacts(facts)), "a")
