"""Sanity of work: a trace makes few calls, a recall of many items linearly many, long chains do not recurse.

Speed is measured in `bench/`; here calls are counted, which are the same on every machine.
"""

from __future__ import annotations

import cProfile
import pstats
from collections.abc import Callable

import pytest

from trace_api.lineage import TraceLimits

from .histories import History

LOT = "https://id.gs1.org/01/09506000134352/10/L"


def chain(lots: int) -> History:
    """An item of a lot at the end of a chain of lots, and its way through three containers."""
    history = History()
    for step in range(lots):
        history.transform(step, [f"{LOT}{step}"], [f"{LOT}{step + 1}"], biz_location="urn:plant")
        history.see(step, biz_step="shipping", read_point="urn:dock", persistent_set=(str(step),))
    history.make(lots, "item", lots=(("item", f"{LOT}{lots}"),))
    history.pack(lots + 1, "case", "item")
    history.pack(lots + 2, "pallet", "case")
    history.pack(lots + 3, "truck", "pallet")
    for step in range(10):
        history.see(lots + 4 + step, "truck", read_point=f"geo:{step},1")
    return history


def calls(work: Callable[[], object]) -> int:
    """How many functions some work calls."""
    profile = cProfile.Profile()
    profile.runcall(work)
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]


def test_a_full_trace_of_a_hundred_events_makes_some_hundred_calls_an_event() -> None:
    lineage = chain(90).lineage
    answer = lineage.back("item")
    assert len(answer.events) == 104
    assert calls(lambda: lineage.back("item")) < 400 * 104


def test_a_chain_of_ten_thousand_lots_does_not_recurse() -> None:
    history = History()
    for step in range(10_000):
        history.transform(step, [f"{LOT}{step}"], [f"{LOT}{step + 1}"])
    answer = history.lineage.back(f"{LOT}10000", limits=TraceLimits(depth=20_000))
    assert len(answer.nodes) == 10_001


def recall(items: int) -> History:
    """A lot of items made 240 at a time, packed in cases of 60 on pallets of 30 cases."""
    history = History()
    names = [f"https://id.gs1.org/01/09506000134352/21/{n}" for n in range(items)]
    for start in range(0, items, 240):
        batch = names[start : start + 240]
        history.make(start, *batch, lots=tuple((name, LOT) for name in batch))
    cases = [f"case{n}" for n in range(0, items, 60)]
    for n, case in enumerate(cases):
        history.pack(items + n, case, *names[n * 60 : n * 60 + 60])
    for n in range(0, len(cases), 30):
        history.pack(2 * items + n, f"pallet{n}", *cases[n : n + 30])
    return history


def test_a_recall_grows_with_the_items_and_not_with_their_square() -> None:
    made = []
    for items in (1_200, 4_800):
        lineage = recall(items).lineage
        made.append(calls(lambda lineage=lineage: lineage.forward(LOT)))  # type: ignore[misc]
        assert len(lineage.forward(LOT).certain) == items
    assert made[1] < 5 * made[0]  # four times the items; squares would be sixteen


@pytest.mark.slow
def test_a_recall_of_a_hundred_thousand_items_ends() -> None:
    answer = recall(100_000).lineage.forward(LOT)
    assert len(answer.certain) == 100_000
