"""Rule 9: any order of capture gives the same answer, for everything known now."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from trace_api.lineage import Fact

from .histories import lineage_of, recaptured, without_positions
from .random_histories import CARRIERS, ITEMS, LOTS, aggregations, declared, lots, mixtures, transformations


def everything(facts: list[Fact]) -> dict[str, Any]:
    """Every question about every object, without log positions."""
    lineage = lineage_of(facts)
    answers: dict[str, Any] = {}
    for uri in (*ITEMS, *CARRIERS, *LOTS, "made"):
        answers[f"back {uri}"] = lineage.back(uri).to_json()
        answers[f"forward {uri}"] = lineage.forward(uri).to_json()
        answers[f"history {uri}"] = lineage.history(uri).to_json()
        answers[f"state {uri}"] = lineage.state(uri).to_json()
        answers[f"balance {uri}"] = lineage.mass_balance(uri).to_json()
        answers[f"contents {uri}"] = [one.to_json() for one in lineage.contents(uri, deep=True)]
    return without_positions(answers)


histories = st.one_of(aggregations(places=True), transformations(), lots(), mixtures(), declared())


@given(histories, st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_any_order_of_capture_gives_the_same_answers(facts: list[Fact], shuffle: Any) -> None:
    expected = everything(recaptured(facts))
    for _ in range(2):
        shuffle.shuffle(facts)
        assert everything(recaptured(facts)) == expected


@given(histories)
@settings(max_examples=60, deadline=None)
def test_what_happens_later_does_not_change_what_was_known_as_of_an_event_time(facts: list[Fact]) -> None:
    as_of = 3_000_000
    early = lineage_of([fact for fact in facts if fact.event_time <= as_of])
    whole = lineage_of(facts)
    for uri in (*ITEMS, *CARRIERS, *LOTS):
        assert whole.back(uri, as_of_event_time=as_of).nodes == early.back(uri, as_of_event_time=as_of).nodes
        assert whole.contents(uri, as_of) == early.contents(uri, as_of)
