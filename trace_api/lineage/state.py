"""Present state (rules 16 and 19): where an object is, who holds it, what is said of it, whether it lives.

Invariants
1. An omitted disposition changes nothing; an omitted bizLocation makes the place unknown, and the last
   known one is shown apart.
2. Persistent dispositions are set and unset independently; at equal event times set beats unset, with an
   anomaly.
3. A transformation's disposition and bizLocation are its outputs'.
4. The holder changes at receiving or accepting, never at shipping: a destination only intends.
5. Where and when, and who received it, are inherited from containers while inside (rule 4); a disposition
   is not: that of a container which is newer than the object's own is shown apart.
6. ObjectEvent DELETE ends an instance until it is commissioned anew; what comes after its end is kept and
   flagged. Use as an input may be in part: another use is no anomaly, a later shipment is a warning.
7. A child of a completeness_inferred event was not seen there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .answer import Anomaly, AnomalyKind, Containment, iso
from .facts import Fact
from .inheritance import Span, holds_within
from .levels import Level
from .order import Phase, tie_break
from .places import sees, whereabouts
from .view import COMPLETENESS_INFERRED, Dossier, Seen, View, anomaly, positions_of

CHANGES_HOLDER = frozenset({"receiving", "accepting"})
SHIPS = frozenset({"shipping", "departing"})


@dataclass(frozen=True, slots=True)
class Sighting:
    """One observation of an object, by itself or through a container."""

    event_time: int
    """µs"""
    read_point: str | None
    biz_location: str | None
    position: int
    event_id: str
    inherited_from: str | None = None

    @property
    def place(self) -> str | None:
        """The business location; where it is omitted, the read point."""
        return self.biz_location or self.read_point

    def to_json(self) -> dict[str, Any]:
        return {
            "eventTime": iso(self.event_time),
            "readPoint": self.read_point,
            "bizLocation": self.biz_location,
            "position": self.position,
            "eventID": self.event_id,
            "inheritedFrom": self.inherited_from,
        }


@dataclass(frozen=True, slots=True)
class EndOfLife:
    """The ObjectEvent DELETE that ended an instance."""

    event_time: int
    """µs"""
    biz_step: str | None
    position: int
    event_id: str

    def to_json(self) -> dict[str, Any]:
        return {
            "eventTime": iso(self.event_time),
            "bizStep": self.biz_step,
            "position": self.position,
            "eventID": self.event_id,
        }


@dataclass(frozen=True, slots=True)
class State:
    """What is known of one object at the two clocks asked for."""

    uri: str
    level: str
    place: str | None = None
    """Where it is presumed to be: the bizLocation of its last observation; None: unknown."""
    last_observed: Sighting | None = None
    """The last observation that tells any place."""
    last_known: Sighting | None = None
    """The last observation that tells a bizLocation."""
    holder: str | None = None
    """The party that possesses it."""
    owner: str | None = None
    """The owning party, where a receiving or accepting event names one."""
    intended_holder: str | None = None
    """The destination of a shipment that nobody has received yet."""
    disposition: str | None = None
    container_disposition: str | None = None
    """Of a container that holds it, where newer than its own."""
    persistent_dispositions: tuple[str, ...] = ()
    containers: tuple[Containment, ...] = ()
    """What it is in, the direct ones first."""
    end_of_life: EndOfLife | None = None
    used_as_input: bool = False
    """In a transformation, wholly or in part."""
    anomalies: tuple[Anomaly, ...] = ()
    evidence: tuple[tuple[str, tuple[int, ...]], ...] = ()
    """Field name to the log positions of the events that tell it."""
    hidden: bool = False
    """Some of it is not shown to this viewer."""

    def redacted(self, visible: Callable[[int], bool]) -> State:
        """What a viewer may see of the state, where `visible(position)` tells which events he may."""
        from .redaction import redact_state  # it builds states, so it cannot be imported first

        return redact_state(self, visible)

    def to_json(self) -> dict[str, Any]:
        """The state as JSON values, instants in ISO 8601."""
        return {
            "uri": self.uri,
            "level": self.level,
            "place": self.place,
            "lastObserved": self.last_observed.to_json() if self.last_observed else None,
            "lastKnown": self.last_known.to_json() if self.last_known else None,
            "holder": self.holder,
            "owner": self.owner,
            "intendedHolder": self.intended_holder,
            "disposition": self.disposition,
            "containerDisposition": self.container_disposition,
            "persistentDispositions": list(self.persistent_dispositions),
            "containers": [containment.to_json() for containment in self.containers],
            "endOfLife": self.end_of_life.to_json() if self.end_of_life else None,
            "usedAsInput": self.used_as_input,
            "anomalies": [found.to_json() for found in self.anomalies],
            "evidence": {name: list(positions) for name, positions in self.evidence},
            **({"hidden": True} if self.hidden else {}),
        }


@dataclass(frozen=True, slots=True)
class Observed:
    """A live event that holds for an object, and the container through which it does."""

    seen: Seen
    container: str | None


def observations(view: View, uri: str, spans: list[Span]) -> list[Observed]:
    """Every live event that holds for an object, its own and those of its containers, in world order."""
    found = {seen.fact.position: Observed(seen, None) for seen in view.of(uri).live}
    for span in spans:
        for seen in view.of(span.container).live:
            if seen.fact.position not in found and holds_within(seen, span.low, span.high):
                found[seen.fact.position] = Observed(seen, span.container)
    return sorted(found.values(), key=lambda observed: (observed.seen.point, tie_break(observed.seen.fact)))


def derive_state(
    view: View, uri: str, spans: list[Span], containers: tuple[Containment, ...], anomalies: list[Anomaly]
) -> State:
    """Fold everything that holds for an object, in world order, into its present state."""
    dossier = view.of(uri)
    fold = _Fold(view, uri)
    for observed in observations(view, uri, spans):
        fold.take(observed)
    life = life_of(dossier)
    persistent, conflicts, told_by = persistent_dispositions(dossier)
    if told_by:
        fold.told["persistent_dispositions"] = told_by
    if dossier.inputs:
        fold.told["used_as_input"] = positions_of(dossier.inputs)
    return State(
        uri,
        dossier.level.value,
        fold.place,
        fold.last_observed,
        fold.last_known,
        fold.holder,
        fold.owner,
        fold.intended,
        fold.disposition,
        fold.container_disposition,
        persistent,
        containers,
        life.end,
        bool(dossier.inputs),
        tuple(sorted({*anomalies, *dossier.anomalies, *life.anomalies, *conflicts})),
        tuple(sorted(fold.told.items())),
    )


@dataclass(frozen=True, slots=True)
class Life:
    """The end of an instance, and what contradicts it (invariant 6)."""

    end: EndOfLife | None
    anomalies: tuple[Anomaly, ...]


def life_of(dossier: Dossier) -> Life:
    """Follow the events that name an instance itself from its making to its end."""
    end: EndOfLife | None = None
    used = False
    anomalies: list[Anomaly] = []
    for seen in dossier.live if dossier.level is Level.INSTANCE else ():
        fact = seen.fact
        if seen.phase is Phase.DECOMMISSION:
            if end is None:
                end = EndOfLife(fact.event_time, fact.biz_step, fact.position, fact.event_id)
        elif seen.phase is Phase.ORIGIN:
            end, used = None, False
        elif end is not None:
            message = "named by an event after its end of life"
            anomalies.append(anomaly(AnomalyKind.SEEN_AFTER_END, dossier.uri, message, [fact]))
        elif used and fact.biz_step in SHIPS:
            message = "shipped after it was used as an input of a transformation"
            anomalies.append(anomaly(AnomalyKind.SHIPPED_AFTER_USE, dossier.uri, message, [fact]))
        used = used or seen.phase is Phase.INPUT
    return Life(end, tuple(anomalies))


def persistent_dispositions(dossier: Dossier) -> tuple[tuple[str, ...], list[Anomaly], tuple[int, ...]]:
    """What persistent dispositions are in force, what is set and unset at once (invariant 2), evidence."""
    changes: dict[str, dict[bool, Fact]] = {}
    for seen in dossier.live:
        fact = seen.fact
        if seen.phase is Phase.INPUT or (fact.disposition == COMPLETENESS_INFERRED and not seen.as_parent):
            continue
        for value in fact.persistent_unset:
            changes.setdefault(value, {})[False] = fact
        for value in fact.persistent_set:
            changes.setdefault(value, {})[True] = fact
    in_force: list[str] = []
    conflicts: list[Anomaly] = []
    told_by: list[Fact] = []
    for value, change in changes.items():
        put, taken = change.get(True), change.get(False)
        if put is not None and (taken is None or put.event_time >= taken.event_time):
            in_force.append(value)
            told_by.append(put)
        if put is not None and taken is not None and put.event_time == taken.event_time:
            message = f"persistent disposition {value} is set and unset at one time; it counts as set"
            conflicts.append(anomaly(AnomalyKind.SET_AND_UNSET, dossier.uri, message, [put, taken]))
    return tuple(sorted(in_force)), conflicts, positions_of(told_by)


class _Fold:
    """The state so far; `take` adds the next event in world order."""

    def __init__(self, view: View, uri: str) -> None:
        self._view = view
        self._uri = uri
        self.place: str | None = None
        self.last_observed: Sighting | None = None
        self.last_known: Sighting | None = None
        self.holder: str | None = None
        self.owner: str | None = None
        self.intended: str | None = None
        self.disposition: str | None = None
        self.container_disposition: str | None = None
        self.told: dict[str, tuple[int, ...]] = {}

    def take(self, observed: Observed) -> None:
        seen, fact = observed.seen, observed.seen.fact
        subject = observed.container or self._uri
        if seen.only_lot or not sees(fact, subject, self._view.names(fact)):  # invariant 7
            return
        if seen.phase is not Phase.INPUT:  # invariant 3
            self._dispose(fact, own=observed.container is None)
        self._locate(observed, subject)
        self._hold(fact)

    def _dispose(self, fact: Fact, *, own: bool) -> None:
        if fact.disposition is None or fact.disposition == COMPLETENESS_INFERRED:
            return
        if own:
            self.disposition, self.container_disposition = fact.disposition, None
            self._tell("disposition", fact)
        else:  # invariant 5
            self.container_disposition = fact.disposition
            self._tell("container_disposition", fact)

    def _locate(self, observed: Observed, subject: str) -> None:
        fact = observed.seen.fact
        where = whereabouts(fact, subject, self._view.names(fact))
        self.place = where.biz_location if where is not None else None  # invariant 1
        self._tell("place", fact)
        if where is None:
            return
        sighting = Sighting(
            fact.event_time,
            where.read_point,
            where.biz_location,
            fact.position,
            fact.event_id,
            observed.container,
        )
        self.last_observed = sighting
        if where.biz_location is not None:
            self.last_known = sighting

    def _hold(self, fact: Fact) -> None:
        """Invariant 4."""
        possessing = _party(fact.destinations, "possessing_party")
        owning = _party(fact.destinations, "owning_party")
        if fact.biz_step in CHANGES_HOLDER:
            self.holder = possessing or fact.party
            self._tell("holder", fact)
            if owning is not None:
                self.owner = owning
                self._tell("owner", fact)
            self.intended = None
        elif self.holder is None:
            self.holder = _party(fact.sources, "possessing_party") or fact.party
            self._tell("holder", fact)
        if fact.biz_step in SHIPS and (intended := possessing or owning) is not None:
            self.intended = intended
            self._tell("intended_holder", fact)

    def _tell(self, name: str, fact: Fact) -> None:
        self.told[name] = (fact.position,)


def _party(listed: tuple[tuple[str, str], ...], kind: str) -> str | None:
    """The first party of one type: `possessing_party`, or any URI that ends in it."""
    parties = sorted(
        party for name, party in listed if name == kind or name.endswith((f":{kind}", f"-{kind}"))
    )
    return parties[0] if parties else None
