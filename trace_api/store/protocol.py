"""What the capture pipeline, the queries and the lineage ask of an event index (contract 7).

The index is a projection of the log: `apply` is idempotent by position, `position` is durable with the data,
and an index that is ahead of its log, or was built from another log, is thrown away and built anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

from trace_api.lineage import Fact, Facts
from trace_api.query.model import EventQuery, Page, Role, View

__all__ = [
    "Erased",
    "EventIndex",
    "Indexed",
    "IndexedEvent",
    "IndexedFacts",
    "Known",
    "MasterData",
    "Match",
]


@dataclass(frozen=True, slots=True)
class IndexedEvent:
    """One event as the index keeps it: the lineage's fact, and the columns that only queries use.

    Attributes:
        fact: identifiers, times and relations, canonical.
        attributes: (name, value) pairs such as ("bizTransaction:po", "urn:…"), as stated.
        named: source and destination parties, for visibility (contract 12).
    """

    fact: Fact
    attributes: tuple[tuple[str, str], ...] = ()
    named: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MasterData:
    """One master data statement: a vocabulary element with its attributes, as one party stated it."""

    position: int
    party: str
    vocabulary: str
    id: str
    attributes: dict[str, str]


@dataclass(frozen=True, slots=True)
class Erased:
    """A logged erasure: what stood at a log position is to be known no more (contract 13).

    All of it comes from the erasure's own entry, for the erased body is gone when a projection is built anew.

    Attributes:
        position: of the erased entry.
        event_id, party: of the erased event; None where it was no event, or the erasure does not tell.
        declaration: digest of its errorDeclaration, where it was an error declaration.
    """

    position: int
    event_id: str | None = None
    party: str | None = None
    declaration: bytes | None = None


Indexed: TypeAlias = IndexedEvent | MasterData | Erased | None
"""What one log entry means to a projection; None where it means nothing."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an eventID, to tell a repeat from a contradiction (contract 6).

    Attributes:
        erased: it was captured and is erased: of its content nothing is known.
    """

    position: int
    event_id: str
    party: str
    content_hash: str
    body_digest: bytes
    declaration: bytes | None
    erased: bool = False

    def at(self, position: int) -> Known:
        """The same, standing at a log position."""
        return replace(self, position=position)


@dataclass(frozen=True, slots=True)
class Match:
    """One event of a query's answer: its log position and the value it was sorted by."""

    position: int
    sort: int


class IndexedFacts(Facts, Protocol):
    """The facts of an index: what the lineage asks, and bounded questions for those who must not read all."""

    def at(self, positions: Iterable[int]) -> list[Fact]:
        """The facts at these log positions; positions that hold no event give nothing."""

    def some_of_object(
        self, uri: str, limit: int, *, roles: Sequence[Role] = (), naming: str | None = None
    ) -> tuple[list[Fact], int]:
        """At most `limit` events that name an object, the first and the last captured; and how many there are.

        Args:
            roles: only where it stands in one of these lists; membership in a lot alone is none of them.
            naming: only events that name this object too.
        """


class EventIndex(Protocol):
    """An index of the log's events."""

    @property
    def position(self) -> int:
        """Log entries applied so far: entries 0 … position-1 are in the index."""

    @property
    def facts(self) -> IndexedFacts:
        """The events as the lineage reads them."""

    def apply(self, first: int, entries: Sequence[Indexed], root: bytes) -> None:
        """Take entries first, first+1, …; those below `position` are passed over. All or nothing.

        Args:
            first: log position of entries[0]; at most `position`.
            entries: what each entry means to the index, None for kinds it does not keep.
            root: root hash of the log tree of first+len(entries) leaves, kept to recognise the log.
        """

    def built_from(self) -> tuple[int, bytes]:
        """The log size and root hash last applied, to compare with the log at start."""

    def clear(self) -> None:
        """Forget everything; the next apply begins at 0."""

    def known(self, event_ids: Sequence[str]) -> dict[str, list[Known]]:
        """Entries that carry one of these eventIDs, and those that did and are erased."""

    def fact(self, position: int) -> Fact | None:
        """The fact at a log position, None where the entry is no event."""

    def find(self, query: EventQuery, view: View, page: Page) -> list[Match]:
        """At most page.size + 1 matches after page.after; the one too many says that there is a next page."""

    def count(self, query: EventQuery, view: View, below: int, limit: int) -> int:
        """How many events match, counted no further than `limit`."""

    def visible(self, positions: Sequence[int], view: View) -> set[int]:
        """Those of the positions that the viewer may see."""

    def sees(self, uri: str, view: View) -> bool:
        """Whether some event that names an object in any role may be seen by the viewer."""

    def snapshot(self) -> AbstractContextManager[int]:
        """One state of the index for all that the calling thread asks inside, whatever is applied meanwhile.

        Gives the position of that state. Leave it soon: while it lasts, others may have to wait.
        """

    def master_data(self, id: str) -> list[MasterData]:
        """What was stated about an identifier, newest last."""

    def objects(self, prefix: str, limit: int) -> Iterator[str]:
        """Known object identifiers that begin with a prefix, in order."""

    def close(self) -> None:
        """Let go of files and connections."""
