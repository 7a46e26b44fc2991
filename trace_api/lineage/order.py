"""The order of the world (rule 1): what comes first when two things happen at one instant.

Event time is in microseconds; within one instant the world has phases. A moment is both in one integer,
`event_time * 8 + phase`, so that an interval closed by an unpacking at t ends *before* one opened by a
packing at t, however the two were captured. Neither record time nor log position is ever looked at.

Invariants
1. Transformation outputs and commissioning come first.
2. A DELETE closes what was open before t; the ADDs at t open after it.
3. A DELETE that lists a child which was not open before t closes that child's new interval.
4. Observations come after packing; those at exactly the opening or closing instant belong to an interval.
5. Transformation inputs come after unpacking (and after packing: a vessel is filled, then used).
6. Decommissioning comes last.
7. Two events of one phase are told apart by event hash, then body digest.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from .facts import Fact

PHASES: Final = 8
"""Moments within one instant."""
NEVER: Final = 1 << 80
"""A moment after every event."""
ALWAYS: Final = -(1 << 80)
"""A moment before every event."""


class Phase(IntEnum):
    """The phases of one instant, in the order of the world."""

    ORIGIN = 0
    UNPACK = 1
    PACK = 2
    UNPACK_NEW = 3
    OBSERVE = 4
    INPUT = 5
    DECOMMISSION = 6
    AFTER = 7


def moment(event_time: int, phase: Phase) -> int:
    """The moment of `phase` within the instant `event_time` (µs)."""
    return event_time * PHASES + phase


def instant_of(point: int) -> int | None:
    """The instant (µs) a moment lies in; None for the two ends of time."""
    if point >= NEVER or point <= ALWAYS:
        return None
    return point // PHASES


def end_of(event_time: int | None) -> int:
    """The last moment of an instant; None is the end of time."""
    return NEVER if event_time is None else moment(event_time, Phase.AFTER)


MOVES: Final = frozenset({"AggregationEvent", "AssociationEvent"})


def phase_of(fact: Fact, uri: str | None = None, *, is_output: bool = False) -> Phase:
    """The phase of an event, for one object it names; for no object in particular without `uri`."""
    if fact.type == "TransformationEvent":
        # An output begins with it, an input ends in it; of the event as a whole: after the unpacking.
        if is_output:
            return Phase.ORIGIN
        return Phase.INPUT if uri is not None else Phase.UNPACK
    if fact.type in MOVES:
        if fact.action == "ADD":
            return Phase.PACK
        return Phase.UNPACK if fact.action == "DELETE" else Phase.OBSERVE
    if fact.type == "ObjectEvent":
        if fact.action == "ADD":
            return Phase.ORIGIN
        return Phase.DECOMMISSION if fact.action == "DELETE" else Phase.OBSERVE
    return Phase.OBSERVE


TieBreak = tuple[str, bool, bytes, str]


def tie_break(fact: Fact) -> TieBreak:
    """Sort key of events of one phase of one instant: hash, digest (event ids differ only in duplicates).

    A declaration has the hash of its event and follows it.
    """
    return (fact.content_hash, fact.declaration is not None, fact.body_digest, fact.event_id)


def world_order(fact: Fact) -> tuple[int, int, bool, TieBreak]:
    """Sort key of whole events: event time, phase, a transformation after the unpacking, hash, digest."""
    return (fact.event_time, phase_of(fact), fact.type == "TransformationEvent", tie_break(fact))
