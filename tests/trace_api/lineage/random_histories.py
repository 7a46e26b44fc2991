"""Hypothesis strategies for small histories of several kinds, with many equal instants."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from trace_api.lineage import Fact

from .histories import History, amount

ITEMS = ("a", "b", "c")
CARRIERS = ("P", "Q", "R")
LOTS = tuple(f"https://id.gs1.org/01/09506000134352/10/{name}" for name in "LMN")
PLACES = ("urn:place:1", "urn:place:2", None)

_time = st.integers(0, 6)
_some_items = st.lists(st.sampled_from(ITEMS + CARRIERS), min_size=1, max_size=3, unique=True)


@st.composite
def _move(draw: st.DrawFn, places: bool) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    word = draw(st.sampled_from(("pack",) * 4 + ("unpack", "unpack", "empty", "look", "sell", "use", "end")))
    at = draw(_time)
    fields: dict[str, Any] = {}
    if places:
        fields["biz_location"] = draw(st.sampled_from(PLACES))
    if word in ("pack", "unpack", "look"):
        return word, (at, draw(st.sampled_from(CARRIERS)), *draw(_some_items)), fields
    if word == "empty":
        return "unpack", (at, draw(st.sampled_from(CARRIERS))), fields
    if word == "sell":
        fields["biz_step"] = draw(st.sampled_from(("retail_selling", "shipping", "receiving")))
        return "see", (at, *draw(_some_items)), fields
    if word == "use":
        return "transform", (at, [draw(st.sampled_from(ITEMS))], ["made"]), fields
    return "end", (at, draw(st.sampled_from(ITEMS + CARRIERS))), fields


def _written(words: list[tuple[str, tuple[Any, ...], dict[str, Any]]]) -> list[Fact]:
    history = History()
    for number, (word, arguments, fields) in enumerate(words):
        # A distinct field keeps every event's content its own: duplicates have tests of their own.
        getattr(history, word)(*arguments, **fields, persistent_set=(f"n{number}",))
    return history.facts


def aggregations(*, places: bool = False, most: int = 9) -> st.SearchStrategy[list[Fact]]:
    """Items and carriers packed, unpacked, seen, sold, used and ended; carriers reused and nested."""
    return st.lists(_move(places), min_size=1, max_size=most).map(_written)


@st.composite
def _transformation(draw: st.DrawFn) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    things = st.lists(
        st.one_of(
            st.sampled_from(ITEMS),
            st.builds(amount, st.sampled_from(LOTS), st.integers(1, 5), st.just("KGM")),
        ),
        min_size=0,
        max_size=2,
    )
    fields: dict[str, Any] = {}
    shared = draw(st.sampled_from((None, None, "urn:t:1", "urn:t:2")))
    if shared is not None:
        fields["transformation_id"] = shared
    return "transform", (draw(_time), draw(things), draw(things)), fields


@st.composite
def _lot_event(draw: st.DrawFn) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    at, lot = draw(_time), draw(st.sampled_from(LOTS))
    quantity = amount(lot, draw(st.sampled_from((None, 1, 2, 5))))
    carrier = draw(st.sampled_from(CARRIERS))
    word = draw(st.sampled_from(("make", "item", "pack", "unpack", "empty", "use", "look")))
    if word == "make":
        return "make", (at,), {"quantities": (quantity,)}
    if word == "item":
        item = draw(st.sampled_from(ITEMS))
        return "make", (at, item), {"lots": ((item, lot),)}
    if word == "use":
        return "transform", (at, [quantity], [draw(st.sampled_from(ITEMS + LOTS[1:]))]), {}
    if word == "empty":
        return "unpack", (at, carrier), {}
    return word, (at, carrier), {"quantities": (quantity,)}


def transformations() -> st.SearchStrategy[list[Fact]]:
    """Transformation graphs with cycles, shared transformationIDs and equal instants."""
    return st.lists(_transformation(), min_size=1, max_size=7).map(_written)


def lots() -> st.SearchStrategy[list[Fact]]:
    """Lots made, serialised, packed, unpacked and used as classes."""
    return st.lists(_lot_event(), min_size=1, max_size=8).map(_written)


def mixtures() -> st.SearchStrategy[list[Fact]]:
    """Everything together."""
    word = st.one_of(_move(True), _transformation(), _lot_event())
    return st.lists(word, min_size=2, max_size=9).map(_written)


@st.composite
def declared(draw: st.DrawFn) -> list[Fact]:
    """A mixture in which some events are declared errors, by their own party or by another."""
    history = History()
    for fact in draw(mixtures()):
        history.add(fact)
    for fact in list(history.facts):
        verdict = draw(st.sampled_from(("fine", "fine", "error", "stranger", "twice")))
        if verdict == "fine":
            continue
        party = "urn:party:other" if verdict == "stranger" else None
        history.declare(fact, recorded=9, party=party)
        if verdict == "twice":
            history.declare(fact, recorded=9, reason="incorrect_data")
    return history.facts
