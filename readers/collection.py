"""From a stream of reads to the set of tags that were there: the read cycle (after GS1 ALE 1.1).

A reader reports the same tag dozens of times a second. A `ReadCycle` gathers reads from the moment it is
opened and ends

- when its duration is over, or
- when no new tag has come for a while ("stable set"), which is how a pallet passing a gate is told to be
complete;

and its result is the set of distinct EPCs with the time each was first seen. A `Departures` window stands in
front of cycles that open by themselves: a tag that stays in the field is let through once, and again only
after it has been away.

Nothing here looks at a clock: every step is given the time, so the same reads give the same result. Times are
UTC microseconds.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from foundation.gs1 import Gs1Error, decode_tag
from readers.driver import TagRead

__all__ = ["CycleEnd", "CycleResult", "CycleSpec", "Departures", "ReadCycle", "SeenTag", "scheme_of"]


@lru_cache(maxsize=1 << 16)
def scheme_of(epc: bytes) -> str | None:
    """The GS1 scheme of a tag ("sgtin", "sscc", …), or None where it does not decode."""
    try:
        return decode_tag(epc).identity.scheme
    except Gs1Error:
        return None


@dataclass(frozen=True, slots=True)
class CycleSpec:
    """When a read cycle ends, and what it lets in.

    `duration` µs from its opening at the latest; `stable_set` µs without a new tag, None to wait for the
    duration; the stable set is judged only once a tag was seen (an empty gate is not a complete pallet).
    `include`: schemes let in, none for all. A tag that does not decode is always let in: it is to be
    reported, not lost. `weakest_rssi` dBm: fainter reads are passed over, None for all.
    `slack` µs: how long before the opening a read may have been taken; 0, so that what is still on its way of
    the pallet before does not count to this one (a tag that stays is read again).
    `most_tags`: the cycle ends when so many are in it.
    """

    duration: int = 10_000_000
    stable_set: int | None = 1_000_000
    include: frozenset[str] = frozenset()
    weakest_rssi: float | None = None
    slack: int = 0
    most_tags: int = 20_000

    def __post_init__(self) -> None:
        if (
            self.duration <= 0
            or (self.stable_set is not None and self.stable_set <= 0)
            or self.most_tags <= 0
        ):
            raise ValueError("a read cycle needs a positive duration, stable set and number of tags")


class CycleEnd(StrEnum):
    """Why a read cycle ended."""

    STABLE_SET = "stable set"
    DURATION = "duration"
    FULL = "full"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class SeenTag:
    """One tag of a cycle: when it was seen, how often, where, and how strongly (dBm)."""

    epc: bytes
    first_seen: int
    last_seen: int
    count: int
    places: frozenset[tuple[str, int]]
    """(reader, antenna)."""
    strongest_rssi: float | None


@dataclass(frozen=True, slots=True)
class CycleResult:
    """The distinct tags of a read cycle, by the time they were first seen."""

    opened: int
    closed: int
    end: CycleEnd
    tags: tuple[SeenTag, ...]
    passed_over: int = 0
    """Reads that the cycle did not let in: other schemes, too faint, or taken before it was opened."""


@dataclass(slots=True)
class _Tally:
    first_seen: int
    last_seen: int
    count: int
    places: set[tuple[str, int]]
    rssi: float | None


@dataclass(slots=True)
class ReadCycle:
    """Gathers the reads of one cycle, opened at `opened`.

    >>> cycle = ReadCycle(CycleSpec(duration=5_000_000, stable_set=500_000), opened=0)
    >>> cycle.add([TagRead("dock", 1, bytes(12), -50.0, 100_000, 100_000)], 100_000)
    1
    >>> cycle.ends
    600000
    >>> cycle.over(600_000)
    <CycleEnd.STABLE_SET: 'stable set'>
    """

    spec: CycleSpec
    opened: int
    scheme: Callable[[bytes], str | None] = scheme_of
    passed_over: int = field(default=0, init=False)
    _tags: dict[bytes, _Tally] = field(default_factory=dict, init=False)
    _newest: int | None = field(default=None, init=False)
    """When the latest new tag arrived."""

    def add(self, reads: Iterable[TagRead], now: int) -> int:
        """Take reads that arrived at `now`; returns how many tags are new to the cycle."""
        spec, new = self.spec, 0
        for read in reads:
            tally = self._tags.get(read.epc)
            if (
                read.last_seen < self.opened - spec.slack
                or (spec.weakest_rssi is not None and read.rssi is not None and read.rssi < spec.weakest_rssi)
                or (tally is None and (len(self._tags) >= spec.most_tags or not self._included(read.epc)))
            ):
                self.passed_over += 1
                continue
            if tally is None:
                first = max(read.first_seen, self.opened - spec.slack)
                place = {(read.reader, read.antenna)}
                self._tags[read.epc] = _Tally(first, read.last_seen, read.seen_count, place, read.rssi)
                new += 1
                continue
            tally.first_seen = min(tally.first_seen, max(read.first_seen, self.opened - spec.slack))
            tally.last_seen = max(tally.last_seen, read.last_seen)
            tally.count += read.seen_count
            tally.places.add((read.reader, read.antenna))
            if read.rssi is not None and (tally.rssi is None or read.rssi > tally.rssi):
                tally.rssi = read.rssi
        if new:
            self._newest = now
        return new

    def _included(self, epc: bytes) -> bool:
        if not self.spec.include:
            return True
        scheme = self.scheme(epc)
        return scheme is None or scheme in self.spec.include

    @property
    def ends(self) -> int:
        """When the cycle will be over if no new tag comes."""
        latest = self.opened + self.spec.duration
        if self._newest is None or self.spec.stable_set is None:
            return latest
        return min(latest, self._newest + self.spec.stable_set)

    def over(self, now: int) -> CycleEnd | None:
        """Why the cycle is over at `now`, or None while it is not."""
        if len(self._tags) >= self.spec.most_tags:
            return CycleEnd.FULL
        if now >= self.opened + self.spec.duration:
            return CycleEnd.DURATION
        return CycleEnd.STABLE_SET if now >= self.ends else None

    def result(self, now: int) -> CycleResult:
        """What was there, the cycle being closed at `now`."""
        tags = sorted(
            (
                SeenTag(
                    epc, tally.first_seen, tally.last_seen, tally.count, frozenset(tally.places), tally.rssi
                )
                for epc, tally in self._tags.items()
            ),
            key=lambda tag: (tag.first_seen, tag.epc),
        )
        return CycleResult(self.opened, now, self.over(now) or CycleEnd.CLOSED, tuple(tags), self.passed_over)


@dataclass(slots=True)
class Departures:
    """Lets each (EPC, antenna) through once while it stays in the field.

    A read is let through when its tag was not seen at its antenna for `away` µs. Every read counts as seeing
    it, so a tag left standing in a gate stays quiet. At most `most` pairs are remembered, the longest unseen
    forgotten first.

    >>> window = Departures(away=1_000_000)
    >>> read = TagRead("dock", 1, bytes(12))
    >>> [len(window.pass_new([read], now)) for now in (0, 900_000, 1_800_000, 2_800_000)]
    [1, 0, 0, 1]
    """

    away: int
    most: int = 200_000
    _seen: OrderedDict[tuple[str, int, bytes], int] = field(default_factory=OrderedDict, init=False)

    def pass_new(self, reads: Sequence[TagRead], now: int) -> list[TagRead]:
        """The reads that arrived at `now` and are new to the field."""
        seen, passed = self._seen, []
        for read in reads:
            key = (read.reader, read.antenna, read.epc)
            before = seen.get(key)
            if before is None or now - before >= self.away:
                passed.append(read)
            seen[key] = now
            seen.move_to_end(key)
        while seen and (len(seen) > self.most or now - next(iter(seen.values())) >= self.away):
            seen.popitem(last=False)
        return passed
