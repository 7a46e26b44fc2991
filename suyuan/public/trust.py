"""Who may say what to the public about an item.

A captured event is a fact whoever stated it (contract 9), but a stranger's word must not decide what the
public is told of somebody else's product. For one item the public pages therefore rest on

- the owner of its number (party register): its making, its lot, its dates, its names;
- the parties of its chain: whom a party of the chain names as the other side of a transfer, and who receives
  it after a shipment that names nobody. They alone pack, unpack, transform and end it;
- retailers and pharmacies, for sales and dispensings, which are counted wherever they happen: a copied code
  shows itself by being sold twice;
- everybody, for mere sightings: a copied code also shows itself by being seen in two places.

What is left out is counted, and the page says so. Events dated after they were recorded are left out: they
would outlive every later statement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from foundation.access import Party, Role
from trace_api.lineage import Fact, Lineage
from trace_api.query import Role as In
from trace_api.store import IndexedFacts

__all__ = ["MOST_FACTS", "Chain", "PublicFacts", "Registry"]

MOST_FACTS = 2_000
"""Events that one page reads of one object: of a longer history the oldest and the newest."""

FEW_FACTS = 20

CLOCKS_APART = 86_400_000_000
"""µs by which an event may be dated after its recording: a reader's clock may be wrong by a time zone."""

TRANSFER = ("owning_party", "possessing_party")
SHIPS = ("shipping", "departing", "consigning")
RECEIVES = ("receiving", "arriving", "accepting")
SALES = ("retail_selling", "dispensing")
MOST_ROUNDS = 40


class Registry(Protocol):
    """The party register, as far as it is asked here."""

    def owner_of(self, key: str) -> Party | None: ...

    def party(self, party_id: str) -> Party | None: ...


class PublicFacts:
    """`trace_api.lineage.Facts` reduced to what counts for one item, and bounded.

    Args:
        index: the event index.
        root: the item or lot in question.
        counts: whether a statement counts.
    """

    def __init__(self, index: IndexedFacts, root: str, counts: Callable[[Fact], bool]) -> None:
        self._index = index
        self._root = root
        self._counts = counts
        self.left_out: set[int] = set()
        """Log positions of statements that do not count."""
        self.unread = 0
        """Events of the root beyond `MOST_FACTS`."""

    def of_object(self, uri: str) -> Sequence[Fact]:
        if "/10/" in uri and "/21/" not in uri:  # a lot as such; its single items are no part of a page
            found, total = self._index.some_of_object(uri, MOST_FACTS, roles=tuple(In))
            if not found and uri == self._root:  # nothing but its items tells of it
                found, total = self._index.some_of_object(uri, FEW_FACTS)[0], 0
        else:
            found, total = self._index.some_of_object(uri, MOST_FACTS)
        if total > len(found):
            if uri == self._root:
                self.unread = total - len(found)
            else:  # a carrier with a long life: what concerns the item
                found, _ = self._index.some_of_object(uri, MOST_FACTS, naming=self._root)
        return self._kept(found)

    def of_lot_members(self, lot: str) -> Sequence[str]:  # noqa: ARG002 — the protocol's
        return ()

    def of_transformation(self, transformation_id: str) -> Sequence[Fact]:
        return self._kept(self._index.of_transformation(transformation_id)[:MOST_FACTS])

    def of_event_id(self, event_id: str) -> Sequence[Fact]:
        return self._index.of_event_id(event_id)

    def of_content_hash(self, content_hash: str) -> Sequence[Fact]:
        return self._kept(self._index.of_content_hash(content_hash))

    def _kept(self, facts: Iterable[Fact]) -> list[Fact]:
        kept = []
        for fact in facts:
            if self._counts(fact):
                kept.append(fact)
            else:
                self.left_out.add(fact.position)
        return kept


class Chain:
    """The parties of one item's chain, and the statements that count for it.

    Args:
        index: the event index.
        register: parties, their prefixes and roles.
        uri: the item or lot.
        alone: the owner alone, without the parties it hands over to.
    """

    def __init__(self, index: IndexedFacts, register: Registry, uri: str, *, alone: bool = False) -> None:
        self._index = index
        self._register = register
        self._uri = uri
        owner = register.owner_of(uri)
        self.owner = None if owner is None else owner.id
        self.parties: set[str] = set() if owner is None else {owner.id}
        if not alone:
            self._grow()

    def facts(self) -> PublicFacts:
        """What counts, for a lineage."""
        return PublicFacts(self._index, self._uri, self.counts)

    def counts(self, fact: Fact) -> bool:
        """Whether a statement counts for this item; see the module."""
        if fact.event_time > fact.record_time + CLOCKS_APART:
            return False
        if fact.declaration is not None or self.is_of_chain(fact.party):
            return True
        if fact.type in ("ObjectEvent", "TransactionEvent") and fact.action == "OBSERVE":
            return True
        if fact.action == "DELETE" and fact.biz_step in SALES:
            return self._has_role(fact.party, Role.retailer, Role.pharmacy)
        if fact.type == "ObjectEvent" and fact.action == "ADD":
            return self._speaks_for((*fact.epcs, *(q.epc_class for q in fact.quantities)), fact.party)
        if fact.type == "TransformationEvent":
            made = (*fact.outputs, *(q.epc_class for q in fact.output_quantities))
            return self._speaks_for(made, fact.party)
        return False

    def is_of_chain(self, party: str) -> bool:
        """Whether a party belongs to the chain, or is an authority."""
        return party in self.parties or self._has_role(party, Role.regulator)

    def _speaks_for(self, made: Iterable[str], party: str) -> bool:
        """Whether a party may state the making of these: it owns one of the numbers, or nobody owns any."""
        owners = [self._register.owner_of(uri) for uri in made]
        registered = [owner.id for owner in owners if owner is not None]
        return party in registered or (bool(owners) and not registered)

    def _has_role(self, party_id: str, *roles: Role) -> bool:
        party = self._register.party(party_id)
        return party is not None and any(role in party.roles for role in roles)

    def _grow(self) -> None:
        """Follow the transfers from party to party until nobody new comes in."""
        for _ in range(MOST_ROUNDS):
            before = len(self.parties)
            open_shipment = False
            history = Lineage(self.facts()).history(self._uri)
            positions = [event.position for event in history.events if event.position is not None]
            for fact in self._index.at(positions):
                if fact.party in self.parties:
                    named = {who for kind, who in (*fact.destinations, *fact.sources) if kind in TRANSFER}
                    self.parties |= {who for who in named if self._register.party(who) is not None}
                    if fact.biz_step in SHIPS:
                        open_shipment = not any(kind in TRANSFER for kind, _ in fact.destinations)
                elif open_shipment and fact.biz_step in RECEIVES:
                    self.parties.add(fact.party)
                    open_shipment = False
            if len(self.parties) == before:
                return
