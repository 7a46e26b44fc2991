"""The query model: what a SimpleEventQuery asks, free of how it was written and of the store that answers.

A query is a conjunction of terms (EPCIS 2.0 §8.2.7.1: all parameters are ANDed, the values of one are ORed).
`parameters` reads terms from URL parameters; each store compiles them to its own language.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

__all__ = ["EventQuery", "Field", "Op", "Page", "Pattern", "Role", "Term", "View"]


class Role(StrEnum):
    """The list of an event in which an identifier stands."""

    PARENT = "parent"
    EPC = "epc"
    QUANTITY = "quantity"
    INPUT = "input"
    INPUT_QUANTITY = "input_quantity"
    OUTPUT = "output"
    OUTPUT_QUANTITY = "output_quantity"


class Field(StrEnum):
    """What a term looks at. `ATTRIBUTE` terms name theirs in `Term.name`, `MATCH` terms their roles."""

    EVENT_TYPE = "type"
    EVENT_TIME = "event_time"
    RECORD_TIME = "record_time"
    ACTION = "action"
    BIZ_STEP = "biz_step"
    DISPOSITION = "disposition"
    READ_POINT = "read_point"
    BIZ_LOCATION = "biz_location"
    TRANSFORMATION_ID = "transformation_id"
    EVENT_ID = "event_id"
    IS_DECLARATION = "declaration"
    MATCH = "match"
    ATTRIBUTE = "attribute"


class Op(StrEnum):
    IN = "in"
    GE = "ge"
    LT = "lt"
    EXISTS = "exists"


@dataclass(frozen=True, slots=True)
class Pattern:
    """All identifiers whose canonical form begins with `prefix` (an EPC pure-identity pattern, TDS 2.0 §8)."""

    prefix: str


Value: TypeAlias = str | int | Pattern


@dataclass(frozen=True, slots=True)
class Term:
    """One condition: `field` `op` any of `values`."""

    field: Field
    op: Op
    values: tuple[Value, ...]
    roles: tuple[Role, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """Who looks: the visibility filter that is part of every query, before paging and counting (contract 12).

    Attributes:
        sees_all: a regulator, auditor or operator.
        party: otherwise, the party whose own events and events naming it are shown; None sees nothing.
    """

    sees_all: bool
    party: str | None = None


@dataclass(frozen=True, slots=True)
class EventQuery:
    """A SimpleEventQuery.

    Attributes:
        terms: all must hold.
        order_by: EVENT_TIME or RECORD_TIME; None promises no order (and is answered in log order).
        descending: EPCIS default is DESC.
        event_count_limit: no more than so many events in all (needs order_by).
        max_event_count: refuse when more match.
    """

    terms: tuple[Term, ...] = ()
    order_by: Field | None = None
    descending: bool = True
    event_count_limit: int | None = None
    max_event_count: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Where a page begins, by key and not by count, so that it stays right while events arrive.

    Attributes:
        size: events on a page.
        below: log position that the first page saw; later events are not part of this result.
        after: sort value and position of the last event given, None on the first page.
        given: events given on earlier pages.
    """

    size: int
    below: int
    after: tuple[int, int] | None = None
    given: int = 0
