"""What the public's pages are told about one identity: values that the wiring room fills in.

Only what a stranger may see belongs here: the names of the places and parties of the item's own chain, no
quantities, no document numbers, no partners beside the chain. A hop that may not be shown is there all the
same, without its names. What the code's kind forbids to show is left out later (`public_query.subject`).

Instants are microseconds UTC since 1970; dates (expiry, best before) stay dates.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol, runtime_checkable

from foundation.gs1 import Identity
from foundation.web import Text


@dataclass(frozen=True, slots=True)
class Product:
    """Master data of the product class, as its producer published it."""

    name: Text
    brand: Text | None = None
    attributes: tuple[tuple[Text, Text], ...] = ()  # (label, value): strength, ingredients, storage…


@dataclass(frozen=True, slots=True)
class Commissioning:
    """One record of the item's (or lot's) making: who wrote it, and whether the number is theirs to issue."""

    event_id: str
    time: int
    party: Text
    owner_of_prefix: bool  # the party owns the key's GS1 company prefix, by the party register (contract 9)


class SaleKind(StrEnum):
    """How an item reached its last holder."""

    SOLD = "sold"
    DISPENSED = "dispensed"


@dataclass(frozen=True, slots=True)
class Sale:
    """A sale or dispensing that stands: one that a recorded return took back is left out."""

    event_id: str
    time: int
    kind: SaleKind = SaleKind.SOLD


class EndKind(StrEnum):
    """How an item left use; the value is the end of the reason's code."""

    DESTROYED = "destroyed"
    DECOMMISSIONED = "decommissioned"
    STOLEN = "stolen"
    USED_UP = "used_up"  # an ingredient or part of something else
    DAMAGED = "damaged"
    EXPIRED_STATED = "expired_stated"  # stated by an event, whatever its expiry date says
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Ended:
    """The item's own chain states that it can no longer be used.

    A number that ended because the item was sold or dispensed is a `Sale`, not an end.
    """

    event_id: str
    time: int
    kind: EndKind = EndKind.OTHER


class DisputeKind(StrEnum):
    """What was said of an item by those who have no say in it; the value is also the remark's code."""

    MADE_BY_ANOTHER = "made_by_another"  # its making, by a company that does not own the number
    STATEMENTS_LEFT_OUT = "statements_left_out"  # by companies outside its chain


@dataclass(frozen=True, slots=True)
class Dispute:
    """Statements that are kept in the log and not counted here: told, and without effect on the verdict."""

    code: DisputeKind
    time: int  # of the latest
    count: int = 1


@dataclass(frozen=True, slots=True)
class Site:
    """A place or an organisation as the owner of its number published it; what others say of it is not here."""

    name: Text
    city: Text | None = None


@dataclass(frozen=True, slots=True)
class Recall:
    """An open recall that covers this identity."""

    event_id: str
    time: int
    issuer: Text
    reason: Text
    advice: Text | None = None  # what a person who holds the product should do


class AnomalyKind(StrEnum):
    """Contradictions that speak for a copied code; the value is also the reason's code."""

    TWO_PLACES = "two_places"  # seen in two places at once, or faster than anything travels
    DOUBLE_COMMISSIONING = "double_commissioning"  # made twice under one number
    SEEN_AFTER_END = "seen_after_end"  # seen after decommissioning, destruction or consumption
    SEEN_BEFORE_START = "seen_before_start"  # seen before it was made
    SCANNED_WIDELY = "scanned_widely"  # the public scanned this one code in too many places
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One contradiction, with the events it rests on (none for those found in public scans)."""

    kind: AnomalyKind
    time: int
    event_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChainStep:
    """One hop of the item's way; `party` or `place` None where the participant is not disclosed."""

    time: int
    step: str  # CBV bizStep word ("shipping"), or a URI of the participant's own
    event_id: str
    place: Text | None = None
    city: Text | None = None
    party: Text | None = None
    in_container: bool = False  # the event named the carton or pallet the item travelled in
    position: int | None = None  # in the log


@dataclass(frozen=True, slots=True)
class Origin:
    """A raw material that went in: its name, its lot and the farm or plant it came from, where disclosed."""

    name: Text
    lot: str | None = None
    place: Text | None = None
    city: Text | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """Where the record stands in the log, and where its proof can be fetched."""

    position: int
    origin: str  # the log's name, the first line of its checkpoint
    size: int  # entries under the checkpoint
    root_hash: str  # base64, as in the checkpoint
    url: str  # of the proof bundle, on this server
    record_time: int | None = None
    cosigners: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProductEvidence:
    """All that is publicly known about one identity at one moment."""

    identity: Identity
    checked_at: int
    product: Product | None = None
    producer: Text | None = None
    lot: str | None = None
    lot_uri: str | None = None  # canonical LGTIN of the lot on record
    serial: str | None = None
    production_date: date | None = None
    expiry_date: date | None = None  # AI 17: not to be used after this day
    best_before: date | None = None  # AI 15: quality, not safety
    commissionings: tuple[Commissioning, ...] = ()
    recalls: tuple[Recall, ...] = ()
    sales: tuple[Sale, ...] = ()
    anomalies: tuple[Anomaly, ...] = ()
    chain: tuple[ChainStep, ...] = ()  # oldest first
    origins: tuple[Origin, ...] = ()
    proof: Proof | None = None
    ended: Ended | None = None
    disputed: tuple[Dispute, ...] = ()
    chain_left_out: int = 0  # steps before those in `chain`
    site: Site | None = None  # of a place (414) or party (417)

    @property
    def on_record(self) -> bool:
        """Whether the log says anything at all about this identity or its class."""
        return bool(self.product or self.itself_on_record)

    @property
    def itself_on_record(self) -> bool:
        """Whether any event is about this very identity: a product's description says nothing of one item."""
        return bool(self.commissionings or self.chain or self.recalls or self.sales or self.ended)


class Evidence(Protocol):
    """What this room needs from the others; the wiring room implements it over trace, stock and log."""

    def evidence(self, identity: Identity) -> ProductEvidence:
        """Gathers the evidence. Called in a worker thread unless the router is told otherwise.

        An identity that nobody ever recorded gives evidence without content, never an error.
        """
        ...


@runtime_checkable
class Versioned(Protocol):
    """A service that can tell whether its answers may have changed: those of one version may be kept a while."""

    def version(self) -> int:
        """The log position its index has reached. Called on the event loop for each request: it must not wait."""
        ...
