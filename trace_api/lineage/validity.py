"""Which events count (rule 8), at the two clocks of a question (rule 1).

Invariants
1. An event recorded after `as_of_record_time`, or that happened after `as_of_event_time`, is not known.
2. An error declaration asserts nothing itself.
3. An event is void where a declaration of its capturing party (or that party's delegate) is known: by
   eventID; a declaration without one matches events captured without one, by content hash.
4. The declarationTime is never read; a declaration known before its event waits for it.
5. A declaration of a declaration is another declaration, never a reinstatement.
6. A declaration by anyone else voids nothing and is an anomaly.
7. Same content under another id, by the same party, is kept and counts once: the least (event id, digest)
   stands for all. A void event does not count, so its live twin does. What another party states in the same
   words is its own statement: it neither stands for the first nor keeps it alive.
8. Known facts call a class by a name of its own where an instance has the same one (see `namesakes`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from .answer import Anomaly, AnomalyKind
from .facts import Fact, Facts, names_of
from .namesakes import bare_name, is_gs1, names_both, told_apart

Delegate = Callable[[str, str], bool]
"""`delegate(declaring party, capturing party)`: may the first declare errors for the second?"""


def no_delegates(_declaring: str, _capturing: str) -> bool:
    """Nobody declares errors for another."""
    return False


class Standing(Enum):
    """What an event counts for."""

    LIVE = auto()
    VOID = auto()
    DECLARATION = auto()
    DUPLICATE = auto()


@dataclass(frozen=True, slots=True)
class Twins:
    """Live events of one content: the one that stands for all, and the log positions of the others."""

    chosen: Fact
    others: tuple[int, ...]


class KnownFacts:
    """The facts known at two clocks, each with its standing; an object's facts are fetched once."""

    def __init__(
        self,
        facts: Facts,
        as_of_event_time: int | None,
        as_of_record_time: int | None,
        delegate: Delegate = no_delegates,
    ) -> None:
        self._facts = facts
        self._event_time = as_of_event_time
        self._record_time = as_of_record_time
        self._delegate = delegate
        self._twins: dict[tuple[str, str], Twins | None] = {}
        self._void: dict[int, bool] = {}
        self._both: dict[str, bool] = {}
        self._apart: dict[int, Fact] = {}

    def of_object(self, uri: str) -> list[Fact]:
        """Every known fact naming `uri`, whatever it counts for."""
        name = self.captured_name(uri)
        found = self._known(self._facts.of_object(name))
        return [fact for fact in found if uri in names_of(fact)] if self.is_both(name) else found

    def of_lot_members(self, lot: str) -> Sequence[str]:
        return self._facts.of_lot_members(self.captured_name(lot))

    def captured_name(self, uri: str) -> str:
        """What events call an object (invariant 8)."""
        name = bare_name(uri)
        return name if name == uri or self.is_both(name) else uri

    def is_both(self, name: str) -> bool:
        """Whether a name as captured stands for an instance and for a class."""
        if is_gs1(name):
            return False
        if name not in self._both:
            self._both[name] = names_both(name, self.uses_of_name(name))
        return self._both[name]

    def uses_of_name(self, name: str) -> list[Fact]:
        """The known events, none of them void, that use a name as captured for whatever it stands for."""
        facts = self._at_clocks(self._facts.of_object(name))
        return [fact for fact in facts if fact.declaration is None and not self._is_void(fact)]

    def of_transformation(self, transformation_id: str) -> list[Fact]:
        """The live facts that share a transformationID."""
        found = self._known(self._facts.of_transformation(transformation_id))
        return [fact for fact in found if self.standing(fact) is Standing.LIVE]

    def standing(self, fact: Fact) -> Standing:
        """What a known fact counts for."""
        if fact.declaration is not None:  # invariant 2
            return Standing.DECLARATION
        if self._is_void(fact):
            return Standing.VOID
        twins = self.twins(fact)
        return (
            Standing.LIVE if twins is None or twins.chosen.position == fact.position else Standing.DUPLICATE
        )

    def twins(self, fact: Fact) -> Twins | None:
        """The live events with the content and of the party of `fact`; None where none is live."""
        key = fact.content_hash, fact.party
        if key not in self._twins:
            live = sorted(
                (
                    twin
                    for twin in self._known(self._facts.of_content_hash(fact.content_hash))
                    if twin.party == fact.party and twin.declaration is None and not self._is_void(twin)
                ),
                key=lambda twin: (twin.event_id, twin.body_digest, twin.position),  # invariant 7
            )
            self._twins[key] = (
                Twins(live[0], tuple(sorted(twin.position for twin in live[1:]))) if live else None
            )
        return self._twins[key]

    def duplicates(self, fact: Fact) -> tuple[int, ...]:
        """Positions of the other live events with the content of `fact`."""
        if fact.declaration is not None or self._is_void(fact):
            return ()
        twins = self.twins(fact)
        return twins.others if twins is not None else ()

    def anomalies(self, fact: Fact) -> list[Anomaly]:
        """What is wrong with the standing of one fact itself."""
        if fact.declaration is None:
            return []
        strangers = [
            original
            for original in self._declared_by(fact)
            if not self._may_declare(fact.party, original.party)
        ]
        return [
            Anomaly(
                AnomalyKind.STRANGER_DECLARATION,
                fact.event_id,
                f"{fact.party} declared an error in an event of {original.party}; it voids nothing",
                (original.event_id,),
                tuple(sorted((fact.position, original.position))),
            )
            for original in strangers
        ]

    def _known(self, facts: Sequence[Fact]) -> list[Fact]:
        known = []
        for fact in self._at_clocks(facts):
            apart = self._apart.get(fact.position)
            if apart is None:
                apart = self._apart[fact.position] = told_apart(fact, self.is_both)
            known.append(apart)
        return known

    def _at_clocks(self, facts: Sequence[Fact]) -> list[Fact]:
        event_time, record_time = self._event_time, self._record_time
        return [
            fact
            for fact in facts
            if (record_time is None or fact.record_time <= record_time)
            and (event_time is None or fact.event_time <= event_time)
        ]

    def _is_void(self, fact: Fact) -> bool:
        if fact.position not in self._void:
            self._void[fact.position] = any(
                self._may_declare(declaration.party, fact.party)
                for declaration in self._declarations_of(fact)
            )
        return self._void[fact.position]

    def _declarations_of(self, fact: Fact) -> list[Fact]:
        by_id = [
            found
            for found in self._recorded(self._facts.of_event_id(fact.event_id))
            if found.declaration is not None and found.id_given
        ]
        if fact.id_given:
            return by_id
        return by_id + [
            found
            for found in self._recorded(self._facts.of_content_hash(fact.content_hash))
            if found.declaration is not None and not found.id_given
        ]

    def _declared_by(self, declaration: Fact) -> list[Fact]:
        if declaration.id_given:
            found = self._facts.of_event_id(declaration.event_id)
        else:
            found = [
                fact for fact in self._facts.of_content_hash(declaration.content_hash) if not fact.id_given
            ]
        return [fact for fact in self._recorded(found) if fact.declaration is None]

    def _recorded(self, facts: Sequence[Fact]) -> list[Fact]:
        """By record time alone: a declaration counts by when it was known (invariants 3 and 4)."""
        record_time = self._record_time
        return [fact for fact in facts if record_time is None or fact.record_time <= record_time]

    def _may_declare(self, declaring: str, capturing: str) -> bool:
        return declaring == capturing or self._delegate(declaring, capturing)
