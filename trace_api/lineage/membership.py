"""Which instances are of which lot (rule 6): only what an event asserts, never standing in one list.

Lot to item is certain. Item to lot gives the lot's history, never its other items.
"""

from __future__ import annotations

from .facts import Fact
from .view import View


def lots_of(view: View, instance: str) -> dict[str, list[Fact]]:
    """The lots that live events assert for an instance, with those events."""
    return view.of(instance).lots


def members_of(view: View, lot: str) -> dict[str, list[Fact]]:
    """The instances that live events assert to be of a lot, with those events."""
    members = dict(view.of(lot).members)
    # An index may know members whose events it does not file under the lot.
    for instance in view.known.of_lot_members(lot):
        if instance not in members and (evidence := view.of(instance).lots.get(lot)):
            members[instance] = evidence
    return members
