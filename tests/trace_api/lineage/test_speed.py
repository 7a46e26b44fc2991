"""Sanity of speed: a custody trace is quick, a recall of many items is linear, long chains do not recurse."""

from __future__ import annotations

import time

import pytest

from trace_api.lineage import Lineage, TraceLimits

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


def test_a_full_trace_of_a_hundred_events_takes_milliseconds() -> None:
    lineage = chain(90).lineage
    answer = lineage.back("item")
    assert len(answer.events) == 104
    best = min(_seconds(lineage, "item") for _ in range(7))
    assert best < 0.03  # about 7 ms on a shared machine; most real traces have a fifth of these nodes


def _seconds(lineage: Lineage, uri: str) -> float:
    start = time.perf_counter()
    lineage.back(uri)
    return time.perf_counter() - start


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
    seconds = []
    for items in (2_400, 9_600):
        lineage = recall(items).lineage
        start = time.perf_counter()
        answer = lineage.forward(LOT)
        seconds.append(time.perf_counter() - start)
        assert len(answer.certain) == items
    assert seconds[1] < 12 * seconds[0]  # four times the items; squares would be sixteen


@pytest.mark.slow
def test_a_recall_of_a_hundred_thousand_items_ends() -> None:
    answer = recall(100_000).lineage.forward(LOT)
    assert len(answer.certain) == 100_000
