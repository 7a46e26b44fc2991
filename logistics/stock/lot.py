"""The book of one lot or class: amounts without serials, double entry. Pure.

Amounts have no identity, so an event says how much moved and between which sites; several reports of one
movement must not count twice:

Invariants
1. The balances of each unit over all accounts add up to zero.
2. No balance of a physical account is negative: what is missing comes from suspense, and is reported.
3. Reports of one departure by several steps (shipping, departing) count as the largest of them, per site and
   unit; so do reports of one arrival (receiving, arriving).
4. An amount inside a carrier follows the carrier: once that stands where an event puts it, nothing moves.
5. "Stands at" (storing, accepting) without another origin only tops the site up to the amount stated.
6. A status stays with the amount it was said of; what is sound moves first, what is held is destroyed first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from logistics.stock.account import ENDS, PHYSICAL, Account, Place, Posting, Reason, Shortfall
from logistics.stock.condition import AVAILABLE, SOUND, Condition
from logistics.stock.postings import UNKNOWN_SITE, Verb

__all__ = ["Amount", "LotBook", "usable"]

ZERO = Decimal(0)
LARGEST = Decimal(10) ** 18
SMALLEST_EXPONENT = -12

TRANSIT: Final[Place] = (Account.TRANSIT, "")

Slot = tuple[Account, str, Condition, str]
"""Account, site, condition, unit."""
Order = Callable[[Condition], tuple[bool, bool]]
"""Ranks conditions: the lower goes first."""


def usable(amount: Decimal | None) -> bool:
    """Whether an amount can be added up exactly: not negative, below 10^18, at most 12 decimals."""
    if amount is None or not amount.is_finite():
        return False
    exponent = amount.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= SMALLEST_EXPONENT and ZERO <= amount < LARGEST


@dataclass(frozen=True, slots=True)
class Amount:
    """How much of the lot an event concerns.

    Attributes:
        quantity: in `uom`; None where unknown.
        uom: UN/ECE unit, "" for pieces; units are never mixed.
        holder: the carrier directly around it where the event named a carrier, "" where it named the amount.
    """

    quantity: Decimal | None
    uom: str = ""
    holder: str = ""


class LotBook:
    """Balances of one lot, and what tells repeated reports apart; postings are entered in world order."""

    def __init__(self) -> None:
        self._balances: dict[Slot, Decimal] = {}
        self._reports: dict[tuple[str, str, str, str], Decimal] = {}
        """(departure or arrival, site, unit, step) -> amount reported so far."""
        self._loads: dict[tuple[str, str], tuple[Place | None, Condition]] = {}
        """(carrier, unit) -> where its load was last put, and what was said of its condition."""
        self.shortfalls: list[Shortfall] = []

    def enter(self, posting: Posting, amount: Amount) -> None:
        """Enter what one event did to one amount."""
        if not usable(amount.quantity):
            self._enter_unknown(posting, amount)
        elif amount.holder:
            self._enter_load(posting, amount, amount.quantity or ZERO)
        else:
            self._enter_amount(posting, amount.uom, amount.quantity or ZERO)

    def counts(self) -> dict[tuple[Account, str, str, str], Decimal]:
        """(account, site, status, unit) -> balance; zeros left out."""
        found: dict[tuple[Account, str, str, str], Decimal] = {}
        for (account, site, condition, uom), quantity in self._balances.items():
            status = condition.status if account in PHYSICAL else AVAILABLE
            key = (account, site, status, uom)
            found[key] = found.get(key, ZERO) + quantity
        return {key: quantity for key, quantity in found.items() if quantity}

    # -- amounts named by the event itself --------------------------------------------------------

    def _enter_amount(self, posting: Posting, uom: str, quantity: Decimal) -> None:
        verb = posting.verb
        site: Place = (Account.SITE, posting.site)
        origin = self._origin(posting.origin, uom)
        if verb is Verb.CREATE:
            self._add((Account.SUPPLY, "", SOUND, uom), -quantity)
            self._put(posting, site, SOUND, uom, quantity)
        elif verb is Verb.DEPART:
            fresh = self._report("departure", origin[1], uom, posting.step, quantity)
            self._move(posting, [origin], TRANSIT, uom, fresh)
            self._note(posting, [TRANSIT], uom, quantity - fresh)
        elif verb is Verb.UNDEPART:
            self._withdraw("departure", posting.origin, uom, quantity)
            self._move(posting, [TRANSIT], (Account.SITE, posting.origin), uom, quantity)
        elif verb is Verb.ARRIVE:
            fresh = self._report("arrival", posting.site, uom, posting.step, quantity)
            self._move(posting, [TRANSIT], site, uom, fresh)
            self._note(posting, [site], uom, quantity - fresh)
        elif verb is Verb.RETURN:
            self._move(posting, [TRANSIT, (Account.CONSUMED, "")], site, uom, quantity)
        elif verb is Verb.STAND:
            self._stand(posting, uom, quantity)
        elif verb in ENDS:
            self._move(posting, [origin], (ENDS[verb], ""), uom, quantity)
        else:
            self._note(posting, self._places(posting.site, uom), uom, quantity)

    def _stand(self, posting: Posting, uom: str, quantity: Decimal) -> None:
        site: Place = (Account.SITE, posting.site)
        if posting.origin not in (UNKNOWN_SITE, posting.site):
            self._move(posting, [(Account.SITE, posting.origin), TRANSIT], site, uom, quantity)
            return
        missing = max(ZERO, quantity - self._held(site, uom))  # invariant 5
        self._note(posting, [site], uom, quantity - missing)
        self._move(posting, [TRANSIT], site, uom, missing)

    def _origin(self, site: str, uom: str) -> Place:
        """The site that amounts leave; where the event tells none, the only one that holds any."""
        if site == UNKNOWN_SITE:
            holding = [place for place in self._places(site, uom) if place[0] is Account.SITE]
            if len(holding) == 1:
                return holding[0]
        return (Account.SITE, site)

    # -- amounts inside a carrier that the event names --------------------------------------------

    def _enter_load(self, posting: Posting, amount: Amount, quantity: Decimal) -> None:
        verb, uom, load = posting.verb, amount.uom, (amount.holder, amount.uom)
        here, condition = self._loads.get(load, (None, SOUND))
        after = condition.after(posting.change)
        target = self._target_of_load(posting, here)
        if here is None and verb is Verb.STAND and target and self._held(target, uom) >= quantity:
            here = target  # it was packed where it stands
        if target is None or here == target:  # invariant 4
            places = [here] if here is not None else self._places(posting.site, uom)
            if after != condition:
                self._note(posting, places, uom, quantity, _like(condition))
        else:
            sources = self._sources_of_load(posting, here, uom)
            self._move(posting, sources, target, uom, quantity, _like(condition))
        self._loads[load] = (target or here, after)

    def _target_of_load(self, posting: Posting, here: Place | None) -> Place | None:
        verb = posting.verb
        if verb is Verb.DEPART:
            return TRANSIT
        if verb is Verb.UNDEPART:
            at_site = here is not None and here[0] is Account.SITE
            return here if at_site else (Account.SITE, posting.origin)
        if verb in ENDS:
            return (ENDS[verb], "")
        return None if verb is Verb.NOTE else (Account.SITE, posting.site)

    def _sources_of_load(self, posting: Posting, here: Place | None, uom: str) -> list[Place]:
        verb = posting.verb
        at_site = [here] if here is not None and here[0] is Account.SITE else []
        origin = self._origin(posting.origin, uom)
        if verb is Verb.DEPART:
            sources = [origin, *at_site]
        elif verb in ENDS:
            sources = [TRANSIT] if here == TRANSIT else [*at_site, origin]
        elif verb is Verb.RETURN:
            sources = [*at_site, TRANSIT, (Account.CONSUMED, "")]
        else:
            sources = [*at_site, TRANSIT]
        return list(dict.fromkeys(sources))

    # -- entries ----------------------------------------------------------------------------------

    def _enter_unknown(self, posting: Posting, amount: Amount) -> None:
        """An unknown amount is neither 0 nor 1 (lineage rule 3): it moves nothing, a status holds for all."""
        places = self._places(posting.site, amount.uom)
        self._note(posting, places, amount.uom, None)
        if posting.verb is not Verb.NOTE:
            target: Place = (Account.SITE, posting.site)
            if posting.verb is Verb.DEPART:
                target = TRANSIT
            elif posting.verb in ENDS:
                target = (ENDS[posting.verb], "")
            self.shortfalls.append(
                Shortfall(posting.position, Reason.AMOUNT_UNKNOWN, target, None, amount.uom)
            )

    def _report(self, what: str, site: str, uom: str, step: str, quantity: Decimal) -> Decimal:
        """By how much this report exceeds what other steps reported of the same movement (invariant 3)."""
        before = self._reported(what, site, uom)
        key = (what, site, uom, step)
        self._reports[key] = self._reports.get(key, ZERO) + quantity
        return self._reported(what, site, uom) - before

    def _reported(self, what: str, site: str, uom: str) -> Decimal:
        steps = (amount for key, amount in self._reports.items() if key[:3] == (what, site, uom))
        return max(steps, default=ZERO)

    def _withdraw(self, what: str, site: str, uom: str, quantity: Decimal) -> None:
        for key, amount in self._reports.items():
            if key[:3] == (what, site, uom):
                self._reports[key] = max(ZERO, amount - quantity)

    def _move(
        self,
        posting: Posting,
        sources: Sequence[Place],
        target: Place,
        uom: str,
        quantity: Decimal,
        order: Order | None = None,
    ) -> None:
        """Move an amount between accounts, from the sources in turn and then from suspense (invariant 2)."""
        for source in sources:
            for slot, part in self._take(source, uom, quantity, order or _moving(posting)):
                self._add(slot, -part)
                self._put(posting, target, slot[2], uom, part)
                quantity -= part
        if quantity > ZERO:
            self._add((Account.SUSPENSE, "", SOUND, uom), -quantity)
            self._put(posting, target, SOUND, uom, quantity)
            self.shortfalls.append(Shortfall(posting.position, Reason.SHORTFALL, target, quantity, uom))

    def _note(
        self,
        posting: Posting,
        places: Sequence[Place],
        uom: str,
        quantity: Decimal | None,
        order: Order | None = None,
    ) -> None:
        """Change the status of an amount (None: all) where it stands."""
        if not posting.change:
            return
        for place in places:
            for slot, part in self._take(place, uom, quantity, order or _noting(posting)):
                self._add(slot, -part)
                self._put(posting, place, slot[2], uom, part)
                quantity = None if quantity is None else quantity - part

    def _take(
        self, place: Place, uom: str, quantity: Decimal | None, order: Order
    ) -> list[tuple[Slot, Decimal]]:
        """Which slots of a place give an amount (None: everything), those of the least order first."""
        slots = [
            slot for slot, held in self._balances.items() if self._is_in(slot, place, uom) and held > ZERO
        ]
        slots.sort(key=lambda slot: (order(slot[2]), slot[2]))
        found: list[tuple[Slot, Decimal]] = []
        for slot in slots:
            part = self._balances[slot] if quantity is None else min(self._balances[slot], quantity)
            if part > ZERO:
                found.append((slot, part))
                quantity = None if quantity is None else quantity - part
        return found

    def _is_in(self, slot: Slot, place: Place, uom: str) -> bool:
        return slot[0] is place[0] and slot[1] == place[1] and slot[3] == uom

    def _held(self, place: Place, uom: str) -> Decimal:
        return sum((held for slot, held in self._balances.items() if self._is_in(slot, place, uom)), ZERO)

    def _places(self, site: str, uom: str) -> list[Place]:
        """The site, or all physical places that hold any where the event names none."""
        if site != UNKNOWN_SITE:
            return [(Account.SITE, site)]
        return sorted(
            {
                slot[:2]
                for slot, held in self._balances.items()
                if slot[0] in PHYSICAL and slot[3] == uom and held
            }
        )

    def _put(self, posting: Posting, place: Place, condition: Condition, uom: str, quantity: Decimal) -> None:
        kept = condition.after(posting.change) if place[0] in PHYSICAL else SOUND
        self._add((*place, kept, uom), quantity)

    def _add(self, slot: Slot, quantity: Decimal) -> None:
        total = self._balances.get(slot, ZERO) + quantity
        if total:
            self._balances[slot] = total
        else:
            self._balances.pop(slot, None)

    # -- kept between applications ----------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        """The book as JSON-able data; shortfalls are kept elsewhere."""
        return {
            "balances": [
                [str(account), site, condition.persistent, condition.disposition, uom, format(quantity, "f")]
                for (account, site, condition, uom), quantity in self._balances.items()
            ],
            "reports": [[*key, format(amount, "f")] for key, amount in self._reports.items()],
            "loads": [
                [*key, place, condition.persistent, condition.disposition]
                for key, (place, condition) in self._loads.items()
            ],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> LotBook:
        """The book that `to_json` gave."""
        book = cls()
        for account, site, persistent, disposition, uom, quantity in data["balances"]:
            slot = (Account(account), site, Condition(tuple(persistent), disposition), uom)
            book._balances[slot] = Decimal(quantity)
        for what, site, uom, step, amount in data["reports"]:
            book._reports[what, site, uom, step] = Decimal(amount)
        for carrier, uom, place, persistent, disposition in data["loads"]:
            stands = None if place is None else (Account(place[0]), str(place[1]))
            book._loads[carrier, uom] = (stands, Condition(tuple(persistent), disposition))
        return book


# -- invariant 6: which part of an amount an event is about ----------------------------------------------


def _moving(posting: Posting) -> Order:
    """What the event's own status fits, then what is sound; for destruction, what is held."""
    held_first = posting.verb is Verb.DESTROY

    def order(condition: Condition) -> tuple[bool, bool]:
        unlike = condition.after(posting.change) != condition
        return unlike, (condition.status == AVAILABLE) == held_first

    return order


def _noting(posting: Posting) -> Order:
    """A statement by itself is news: of what has not the status yet. Beside a movement it is a repeat."""
    news = posting.verb is Verb.NOTE

    def order(condition: Condition) -> tuple[bool, bool]:
        changed = condition.after(posting.change) != condition
        return changed != news, condition.status != AVAILABLE

    return order


def _like(known: Condition) -> Order:
    """A carrier's load is of the condition that was stated of the carrier."""
    return lambda condition: (condition != known, condition.status != AVAILABLE)
