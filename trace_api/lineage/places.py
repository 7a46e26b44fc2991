"""Where an event saw an object, and whether two sightings are at different places (rules 10 and 16)."""

from __future__ import annotations

from dataclasses import dataclass

from .facts import Fact
from .levels import site
from .view import COMPLETENESS_INFERRED, Names


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """A place as one event tells it: where it was read, and where it is from then on."""

    read_point: str | None
    biz_location: str | None

    @property
    def place(self) -> str | None:
        """The business location; where it is omitted, the read point."""
        return self.biz_location or self.read_point


def sees(fact: Fact, uri: str, names: Names) -> bool:
    """Whether the event observed the object itself: a child of a completeness_inferred one was not seen."""
    return not (fact.disposition == COMPLETENESS_INFERRED and uri in names.children and fact.parent != uri)


def whereabouts(fact: Fact, uri: str, names: Names) -> Whereabouts | None:
    """Where the event saw the object; None where it tells no place or did not see it."""
    if not sees(fact, uri, names):
        return None
    biz_location = fact.biz_location
    # EPCIS 2.0 §7.4.6: bizLocation of a transformation is where its outputs are.
    if fact.type == "TransformationEvent" and uri in names.inputs and uri not in names.outputs:
        biz_location = None
    if biz_location is None and fact.read_point is None:
        return None
    return Whereabouts(fact.read_point, biz_location)


def elsewhere(one: Whereabouts, other: Whereabouts) -> bool:
    """Whether two sightings contradict each other in place: two doors of one site do not."""
    if one.biz_location is not None and other.biz_location is not None:
        return _apart(one.biz_location, other.biz_location)
    if one.read_point is not None and other.read_point is not None:
        return site(one.read_point) != site(other.read_point)
    if one.place is None or other.place is None:
        return False
    return site(one.place) != site(other.place)


def _apart(one: str, other: str) -> bool:
    if site(one) != site(other):
        return True
    # A site names every place in it: only two extensions (254) tell rooms apart.
    return one != other and site(one) != one and site(other) != other
