"""A trace that takes too long goes no further, keeps what it has, and says where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

from trace_api.lineage import Fact, Lineage, MemoryFacts, TraceLimits


def chain(length: int) -> MemoryFacts:
    """urn:x:0 was made into urn:x:1, that into urn:x:2, …"""
    return MemoryFacts(
        Fact(
            n, f"e{n}", True, f"h{n}", bytes([n]), "urn:p", n, n, "TransformationEvent",
            inputs=(f"urn:x:{n}",), outputs=(f"urn:x:{n + 1}",),
        )
        for n in range(length)
    )  # fmt: skip


def ticking() -> Callable[[], float]:
    """A clock that goes on by a second each time it is looked at."""
    ticks: Iterator[int] = count()
    return lambda: float(next(ticks))


def test_the_walk_stops_when_the_time_is_spent_and_tells_where() -> None:
    limits = TraceLimits(seconds=4, clock=ticking())
    found = Lineage(chain(20)).forward("urn:x:0", limits=limits)
    reached = len(found.nodes)
    assert 3 <= reached <= 6
    [cut] = found.cut
    assert (cut.limit, cut.value, cut.count) == ("seconds", 4, len(cut.at))
    assert f"urn:x:{reached - 1}" in cut.at  # from here it would go on


def test_back_stops_too() -> None:
    found = Lineage(chain(20)).back("urn:x:20", limits=TraceLimits(seconds=4, clock=ticking()))
    assert len(found.nodes) < 8
    assert [cut.limit for cut in found.cut] == ["seconds"]


def test_with_time_enough_nothing_is_cut() -> None:
    whole = Lineage(chain(20)).forward("urn:x:0")
    timed = Lineage(chain(20)).forward("urn:x:0", limits=TraceLimits(seconds=3600))
    assert timed == whole
    assert timed.cut == ()
