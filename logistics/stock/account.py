"""Accounts of the double entry, and what an event does to one thing as the folds read it.

Physical accounts are `site` and `transit`; none of them ever goes negative. The others are virtual: `supply`
is where goods come from, `consumed`, `destroyed` and `decommissioned` where they end, and `suspense` stands
for what no event explains. The balances of one lot over all accounts add up to zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from logistics.stock.condition import Change
from logistics.stock.postings import Verb

__all__ = ["ENDS", "PHYSICAL", "Account", "Place", "Posting", "Reason", "Shortfall"]


class Account(StrEnum):
    """Where goods are, came from or went."""

    SITE = "site"
    TRANSIT = "transit"
    SUPPLY = "supply"
    CONSUMED = "consumed"
    DESTROYED = "destroyed"
    DECOMMISSIONED = "decommissioned"
    SUSPENSE = "suspense"


PHYSICAL: Final = (Account.SITE, Account.TRANSIT)
ENDS: Final = {
    Verb.CONSUME: Account.CONSUMED,
    Verb.USE: Account.CONSUMED,
    Verb.DESTROY: Account.DESTROYED,
    Verb.DECOMMISSION: Account.DECOMMISSIONED,
}
"""The account in which a verb ends goods."""

Place = tuple[Account, str]
"""An account, and the site for `Account.SITE` ("" for all others)."""


class Reason(StrEnum):
    """Why an event does not fit what is known of the goods."""

    SHORTFALL = "shortfall"
    """More was moved than was there: the difference came from suspense."""
    COMMISSIONED_TWICE = "commissioned_twice"
    """The item was in stock already; it counts once."""
    AMOUNT_UNKNOWN = "amount_unknown"
    """An amount of a class is missing or no usable number: nothing was posted."""


@dataclass(frozen=True, slots=True)
class Shortfall:
    """One misfit: at which event, why, in which account it shows, how much (None: unknown) in which unit."""

    position: int
    reason: Reason
    place: Place
    quantity: Decimal | None
    uom: str = ""


@dataclass(frozen=True, slots=True)
class Posting:
    """One movement as the folds read it; the things themselves are known to the caller.

    Attributes:
        key: its place in the order of the world (lineage rule 1): time, phase, hash, digest, id.
        position: log position of the event, as evidence only.
    """

    key: tuple[int, int, str, bytes, str]
    position: int
    verb: Verb
    step: str
    origin: str
    site: str
    change: Change
