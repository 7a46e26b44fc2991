"""The story of one item, folded: a serialised thing is in exactly one account at a time. Pure.

Invariants
1. The counts of an item over all accounts add up to zero.
2. It is at most once in a physical account.
3. What arrives, departs or ends without being there comes from suspense, and that is reported.
4. A commissioning that the world order puts behind such a posting explains it: suspense is made good.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from logistics.stock.account import ENDS, PHYSICAL, Account, Place, Posting, Reason, Shortfall
from logistics.stock.condition import AVAILABLE, SOUND
from logistics.stock.postings import UNKNOWN_SITE, Verb

__all__ = ["ItemFold", "fold_item"]

TRANSIT: Place = (Account.TRANSIT, "")
ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class ItemFold:
    """Where an item is after its postings.

    Attributes:
        present: its account and site, None if no posting moved it.
        status: of its condition, while it is in a physical account.
        counts: (account, site, status) -> pieces, adding up to zero; zeros left out.
        shortfalls: what did not fit.
    """

    present: Place | None
    status: str
    counts: dict[tuple[Account, str, str], int]
    shortfalls: tuple[Shortfall, ...]


def fold_item(postings: Iterable[Posting]) -> ItemFold:
    """Fold the postings of one item.

    Args:
        postings: in world order, each once.
    """
    story = _Story()
    for posting in postings:
        story.tell(posting)
    return story.end()


class _Story:
    def __init__(self) -> None:
        self.present: Place | None = None
        self.left = UNKNOWN_SITE  # the site it departed from
        self.condition = SOUND
        self.counts: Counter[Account] = Counter()
        self.unexplained: Shortfall | None = None  # how the present life came from suspense
        self.shortfalls: list[Shortfall] = []

    def tell(self, posting: Posting) -> None:
        verb = posting.verb
        if verb is Verb.CREATE:
            self._create(posting)
        elif verb is Verb.DEPART:
            self._depart(posting)
        elif verb is Verb.UNDEPART:
            self._undepart(posting)
        elif verb in (Verb.ARRIVE, Verb.RETURN, Verb.STAND):
            self._arrive(posting)
        elif verb in ENDS:
            self._end_of_use(posting)
        self.condition = self.condition.after(posting.change)

    def end(self) -> ItemFold:
        counts: Counter[tuple[Account, str, str]] = Counter()
        for account, count in self.counts.items():
            counts[account, "", AVAILABLE] += count
        status = AVAILABLE
        if self.present is not None:
            account, site = self.present
            if account in PHYSICAL:
                status = self.condition.status
            counts[account, site, status] += 1
        return ItemFold(
            self.present,
            status,
            {place: count for place, count in counts.items() if count},
            tuple(self.shortfalls),
        )

    @property
    def account(self) -> Account | None:
        return None if self.present is None else self.present[0]

    def _create(self, posting: Posting) -> None:
        if self.account not in PHYSICAL:
            self._begin(Account.SUPPLY, (Account.SITE, posting.site))
        elif self.unexplained is not None:  # invariant 4
            self.counts[Account.SUSPENSE] += 1
            self.counts[Account.SUPPLY] -= 1
            self.shortfalls.remove(self.unexplained)
            self.unexplained = None
        else:
            place = (Account.SITE, posting.site)
            self.shortfalls.append(Shortfall(posting.position, Reason.COMMISSIONED_TWICE, place, ONE))
            self.present = place

    def _depart(self, posting: Posting) -> None:
        if self.account is Account.TRANSIT:
            return
        if self.present is not None and self.account is Account.SITE:
            self.left = self.present[1]
            self.present = TRANSIT
        else:
            self.left = posting.origin
            self._unexplained(posting, TRANSIT)

    def _undepart(self, posting: Posting) -> None:
        if self.account is Account.TRANSIT:
            self.present = (Account.SITE, self.left or posting.origin)
        elif self.account is not Account.SITE:
            self._unexplained(posting, (Account.SITE, posting.origin))

    def _arrive(self, posting: Posting) -> None:
        place = (Account.SITE, posting.site)
        returned = self.account is Account.CONSUMED and posting.verb is not Verb.STAND
        if self.account is Account.SITE and posting.site == UNKNOWN_SITE:
            return  # a repeat that does not say where
        if self.account in PHYSICAL or returned:
            self.present = place
        else:
            self._unexplained(posting, place)

    def _end_of_use(self, posting: Posting) -> None:
        account, verb = ENDS[posting.verb], posting.verb
        if self.account in PHYSICAL:
            self.present = (account, "")
        elif self.account is None:
            self._unexplained(posting, (account, ""))
        elif verb is Verb.DECOMMISSION or (verb is not Verb.CONSUME and self.account is account):
            return  # the identifier of what ended goes; a second use or destruction adds nothing
        elif verb is Verb.DESTROY and self.account is Account.CONSUMED:
            self.present = (account, "")
        else:
            self._unexplained(posting, (account, ""))

    def _begin(self, source: Account, place: Place) -> None:
        """A new life of the identifier; what ended before stays where it ended."""
        if self.present is not None:
            self.counts[self.present[0]] += 1
        self.counts[source] -= 1
        self.present = place
        self.condition = SOUND
        self.unexplained = None

    def _unexplained(self, posting: Posting, place: Place) -> None:
        condition = self.condition
        self._begin(Account.SUSPENSE, place)
        self.condition = condition  # a status stated before the thing was known is about the thing
        self.unexplained = Shortfall(posting.position, Reason.SHORTFALL, place, ONE)
        self.shortfalls.append(self.unexplained)
