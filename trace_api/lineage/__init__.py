"""Lineage: where a thing came from, what became of it, and where it is, derived from commuting facts.

`Lineage(facts)` answers; `facts` is any index with the five methods of `Facts`. Read `order` (what comes
first), `validity` (what counts), `namesakes` (what an opaque name stands for), `judgement` (what opens and
closes a containment), `transformation`, `membership`, `inheritance` (what holds for contents), `trace`,
`state` and `balance`, in this order: each lists the rules it keeps.
"""

from __future__ import annotations

from .answer import (
    Anomaly,
    AnomalyKind,
    Certainty,
    Containment,
    Cut,
    Direction,
    Edge,
    EdgeKind,
    EventRef,
    LineageError,
    Node,
    TraceAnswer,
    TraceLimits,
    Unaccounted,
)
from .balance import MassBalance, MassLine, SiteFlow
from .facts import Declaration, Fact, Facts, MemoryFacts, Quantity
from .levels import Level, is_bare_class
from .lineage import Lineage
from .state import EndOfLife, Sighting, State
from .validity import Delegate

__all__ = [
    "Anomaly",
    "AnomalyKind",
    "Certainty",
    "Containment",
    "Cut",
    "Declaration",
    "Delegate",
    "Direction",
    "Edge",
    "EdgeKind",
    "EndOfLife",
    "EventRef",
    "Fact",
    "Facts",
    "Level",
    "Lineage",
    "LineageError",
    "MassBalance",
    "MassLine",
    "MemoryFacts",
    "Node",
    "Quantity",
    "Sighting",
    "SiteFlow",
    "State",
    "TraceAnswer",
    "TraceLimits",
    "Unaccounted",
    "is_bare_class",
]
