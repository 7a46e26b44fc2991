"""A projection that rests on another one follows that one, not the log."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import pytest

from ledger import Entry
from tests.trace_api.conftest import DAIRY, Bench
from tests.trace_api.documents import GTIN, document, observed
from trace_api import Follower


class Positions:
    """A projection that keeps the positions it was given."""

    def __init__(self) -> None:
        self.taken: list[int] = []

    def built_from(self) -> tuple[int, bytes]:
        return len(self.taken), b""

    def apply(self, first: int, entries: Sequence[int], root: bytes) -> None:
        assert first == len(self.taken)
        self.taken += entries

    def clear(self) -> None:
        self.taken.clear()


def position(entry: Entry) -> int:
    return entry.position


def until(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 5
    while not true() and time.monotonic() < deadline:
        time.sleep(0.005)
    return true()


def test_it_goes_no_further_than_it_may(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trace_api.projection.LOOK_SECONDS", 0.02)
    events = [observed(f"{GTIN}/21/{n}") for n in range(5)]
    bench.capture.capture(document(*events), DAIRY.id)
    reached = 2
    projection = Positions()
    follower = Follower("test", projection, bench.log, position, upto=lambda: reached)
    follower.start()
    assert projection.taken == [0, 1]
    follower.notify()
    assert not follower.wait(3, 0.1)
    assert projection.taken == [0, 1]
    reached = 4
    follower.notify()
    assert follower.wait(4, 5)
    reached = 5  # it is not told, and sees it all the same
    assert until(lambda: projection.taken == [0, 1, 2, 3, 4])
    reached = 99
    follower.notify()
    assert not follower.wait(6, 0.1)  # nor beyond the log
    follower.stop()
