"""The answer to a trace: nodes, edges with their evidence, events in world order, and what is missing.

Nothing here computes lineage. An answer is a value: it can be turned into JSON (`to_json`) or into what
one viewer may see (`redacted`), where a hidden hop is shown as hidden and never cut (rule 17).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import IntEnum, StrEnum
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .state import State


class LineageError(ValueError):
    """A question the lineage cannot take, such as a limit below one."""


class Certainty(IntEnum):
    """How far an answer can be relied on (rule 15); the stronger is the greater."""

    INFERRED = 0
    """An ending or a containment that nobody stated (rules 2, 10, 11)."""
    POSSIBLE = 1
    """Several inputs, a transformationID, or an amount of a lot without membership."""
    CERTAIN = 2
    """Stated containment, membership, a transformation with a single input."""


class Direction(StrEnum):
    BACK = "back"
    FORWARD = "forward"
    HISTORY = "history"


class EdgeKind(StrEnum):
    CONTAINMENT = "containment"
    ASSOCIATION = "association"
    MEMBERSHIP = "membership"
    TRANSFORMATION = "transformation"


class AnomalyKind(StrEnum):
    """What contradicts something else; an anomaly never changes what was captured."""

    STRANGER_DECLARATION = "stranger_declaration"
    DUPLICATE_CONTENT = "duplicate_content"
    DOUBLE_CONTAINMENT = "double_containment"
    SUSPECTED_CLONE = "suspected_clone"
    MISSING_UNPACK = "missing_unpack"
    UNPACKED_NOT_PACKED = "unpacked_not_packed"
    UNPACKED_MORE_THAN_PACKED = "unpacked_more_than_packed"
    SELF_CONTAINMENT = "self_containment"
    SEEN_AFTER_END = "seen_after_end"
    SHIPPED_AFTER_USE = "shipped_after_use"
    SET_AND_UNSET = "set_and_unset"
    CHAIN_BROKEN = "chain_broken"
    CLASS_ONLY = "class_only"
    INSTANCE_AND_CLASS = "instance_and_class"
    MORE_USED_THAN_MADE = "more_used_than_made"


@dataclass(frozen=True, slots=True, order=True)
class Anomaly:
    """One contradiction: what kind, about which object, in words, and the events that show it."""

    kind: AnomalyKind
    uri: str
    message: str
    event_ids: tuple[str, ...] = ()
    positions: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind.value,
            "uri": self.uri,
            "message": self.message,
            "eventIDs": list(self.event_ids),
            "positions": list(self.positions),
        }


@dataclass(frozen=True, slots=True)
class EventRef:
    """One event of an answer; of a hidden one nothing is told but that it stands at this place."""

    position: int | None
    event_id: str | None
    event_time: int | None
    """µs"""
    record_time: int | None
    type: str | None
    action: str | None = None
    biz_step: str | None = None
    disposition: str | None = None
    read_point: str | None = None
    biz_location: str | None = None
    party: str | None = None
    inherited_from: str | None = None
    """The container through which the event holds for the object (rule 4); None: named itself."""
    void: bool = False
    """Voided by a declaration of its own party (rule 8): shown, states nothing."""
    declares_error: bool = False
    """Is itself an error declaration: shown, states nothing."""
    duplicates: tuple[int, ...] = ()
    """Positions of the same content under other ids: kept, counted once."""
    hidden: bool = False

    def to_json(self) -> dict[str, Any]:
        if self.hidden:
            return {"hidden": True}
        answer: dict[str, Any] = {
            "position": self.position,
            "eventID": self.event_id,
            "eventTime": iso(self.event_time),
            "recordTime": iso(self.record_time),
            "type": self.type,
            "action": self.action,
            "bizStep": self.biz_step,
            "disposition": self.disposition,
            "readPoint": self.read_point,
            "bizLocation": self.biz_location,
            "party": self.party,
            "inheritedFrom": self.inherited_from,
        }
        if self.void:
            answer["void"] = True
        if self.declares_error:
            answer["declaresError"] = True
        if self.duplicates:
            answer["duplicates"] = list(self.duplicates)
        return answer


HIDDEN_EVENT: Final = EventRef(None, None, None, None, None, hidden=True)


@dataclass(frozen=True, slots=True)
class Node:
    """One object that the trace reached."""

    uri: str
    level: str
    """instance, lot, class or place."""
    certainty: Certainty
    depth: int
    """Hops from the root, by the shortest way."""
    carrier: bool = False
    """Reached only because it holds an affected object now; not itself affected."""
    positions: tuple[int, ...] = ()
    """Events of this answer that name it."""
    hidden: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            "uri": self.uri,
            "level": self.level,
            "certainty": self.certainty.name.lower(),
            "depth": self.depth,
            "carrier": self.carrier,
            **({"hidden": True} if self.hidden else {}),
        }


@dataclass(frozen=True, slots=True)
class Edge:
    """One link, always from upstream to downstream: container to content, lot to item, input to output.

    A transformation is one edge from all of its reached inputs to all of its reached outputs.
    """

    kind: EdgeKind
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    certainty: Certainty
    start: int | None = None
    """µs; None: since ever."""
    end: int | None = None
    """µs; None: still so."""
    event_ids: tuple[str, ...] = ()
    positions: tuple[int, ...] = ()
    """The evidence: every edge can be proven in the log (rule 18)."""
    reason: str | None = None
    """Why the link or its ending is inferred."""
    hidden: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind.value,
            "from": list(self.sources),
            "to": list(self.targets),
            "certainty": self.certainty.name.lower(),
            "start": iso(self.start),
            "end": iso(self.end),
            "evidence": {"eventIDs": list(self.event_ids), "positions": list(self.positions)},
            **({"reason": self.reason} if self.reason else {}),
            **({"hidden": True} if self.hidden else {}),
        }


@dataclass(frozen=True, slots=True)
class Containment:
    """An object inside (or attached to) another one, over an interval."""

    parent: str
    child: str
    kind: EdgeKind
    start: int | None
    """µs"""
    end: int | None
    """µs; None: still inside."""
    certainty: Certainty
    depth: int = 1
    amounts: tuple[tuple[str | None, Decimal], ...] = ()
    """Of a class: (unit, amount) at the moment asked for; empty where unknown."""
    amount_known: bool = True
    reason: str | None = None
    """Why it is inferred."""
    event_ids: tuple[str, ...] = ()
    positions: tuple[int, ...] = ()
    hidden: bool = False

    def to_json(self) -> dict[str, Any]:
        answer: dict[str, Any] = {
            "parent": self.parent,
            "child": self.child,
            "kind": self.kind.value,
            "start": iso(self.start),
            "end": iso(self.end),
            "certainty": self.certainty.name.lower(),
            "depth": self.depth,
            "evidence": {"eventIDs": list(self.event_ids), "positions": list(self.positions)},
        }
        if self.amounts or not self.amount_known:
            answer["amounts"] = [{"uom": uom, "amount": str(amount)} for uom, amount in self.amounts]
            answer["amountKnown"] = self.amount_known
        if self.reason:
            answer["reason"] = self.reason
        if self.hidden:
            answer["hidden"] = True
        return answer


@dataclass(frozen=True, slots=True)
class Unaccounted:
    """An amount whose whereabouts no event tells: what was made and not used, or put in and not got out."""

    subject: str
    """The lot, or the event id or transformationID of a transformation."""
    uom: str | None
    amount: Decimal
    reason: str
    """remaining (of a lot), loss or gain (of a transformation)."""
    positions: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "subject": self.subject,
            "uom": self.uom,
            "amount": str(self.amount),
            "reason": self.reason,
            "positions": list(self.positions),
        }


@dataclass(frozen=True, slots=True)
class TraceLimits:
    """How far a trace goes; what a limit cuts is reported in `TraceAnswer.cut`."""

    depth: int = 1000
    nodes: int = 1_000_000
    events: int = 1_000_000
    seconds: int | None = None
    """After so long the walk of `back` and `forward` goes no further; None: it may take any time."""
    clock: Callable[[], float] = field(default=monotonic, repr=False, compare=False)
    """Seconds that never run backwards."""

    def __post_init__(self) -> None:
        for name in ("depth", "nodes", "events"):
            if getattr(self, name) < 1:
                raise LineageError(f"trace limit {name} must be at least 1, not {getattr(self, name)}")


@dataclass(frozen=True, slots=True)
class Cut:
    """What one limit left out: how many at least, and at which objects the trace would go on."""

    limit: str
    value: int
    count: int
    at: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {"limit": self.limit, "value": self.value, "count": self.count, "at": list(self.at)}


@dataclass(frozen=True, slots=True)
class TraceAnswer:
    """Everything a trace found, in an order that does not depend on the order of capture."""

    root: str
    direction: Direction
    nodes: tuple[Node, ...]
    """The root first, then by depth and name."""
    edges: tuple[Edge, ...]
    events: tuple[EventRef, ...]
    """In world order."""
    anomalies: tuple[Anomaly, ...]
    unaccounted: tuple[Unaccounted, ...]
    cut: tuple[Cut, ...]
    as_of_event_time: int | None = None
    as_of_record_time: int | None = None
    state_of: Callable[[str], State] | None = field(default=None, repr=False, compare=False)

    def reached(self, certainty: Certainty) -> frozenset[str]:
        """The objects reached with exactly this certainty, without the root and mere carriers."""
        return frozenset(node.uri for node in self.affected() if node.certainty is certainty)

    def affected(self) -> Iterator[Node]:
        """The nodes without the root and without those that only carry an affected object now."""
        return (node for node in self.nodes[1:] if not node.carrier)

    @property
    def certain(self) -> frozenset[str]:
        return self.reached(Certainty.CERTAIN)

    @property
    def possible(self) -> frozenset[str]:
        return self.reached(Certainty.POSSIBLE)

    @property
    def inferred(self) -> frozenset[str]:
        return self.reached(Certainty.INFERRED)

    @property
    def carriers(self) -> frozenset[str]:
        """Containers that hold an affected object now and were not themselves affected."""
        return frozenset(node.uri for node in self.nodes if node.carrier)

    def state(self, uri: str) -> State:
        """The present state of one node, derived when asked for.

        Raises:
            LineageError: `uri` is no node of this answer, or is hidden from this viewer.
        """
        if self.state_of is None or not any(node.uri == uri and not node.hidden for node in self.nodes):
            raise LineageError(f"no visible node {uri!r} in this answer")
        return self.state_of(uri)

    def redacted(self, visible: Callable[[int], bool]) -> TraceAnswer:
        """What a viewer may see, where `visible(position)` tells which events he may (rule 17)."""
        from .redaction import redact_trace  # it builds answers, so it cannot be imported first

        return redact_trace(self, visible)

    def to_json(self) -> dict[str, Any]:
        """The answer as JSON values, instants in ISO 8601."""
        return {
            "root": self.root,
            "direction": self.direction.value,
            "asOfEventTime": iso(self.as_of_event_time),
            "asOfRecordTime": iso(self.as_of_record_time),
            "nodes": [node.to_json() for node in self.nodes],
            "edges": [edge.to_json() for edge in self.edges],
            "events": [event.to_json() for event in self.events],
            "anomalies": [anomaly.to_json() for anomaly in self.anomalies],
            "unaccounted": [amount.to_json() for amount in self.unaccounted],
            "cut": [cut.to_json() for cut in self.cut],
        }


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def iso(us: int | None) -> str | None:
    """An instant in ISO 8601, UTC, to the millisecond (to the microsecond where it has any).

    >>> iso(1_500_000)
    '1970-01-01T00:00:01.500Z'
    """
    if us is None:
        return None
    precision = "microseconds" if us % 1000 else "milliseconds"
    return (_EPOCH + timedelta(microseconds=us)).replace(tzinfo=None).isoformat(timespec=precision) + "Z"
