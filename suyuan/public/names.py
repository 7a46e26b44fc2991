"""Names for the public: of products, places and parties, in both languages, by those who may give them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from urllib.parse import unquote

from foundation.access import Party
from foundation.web import Text, same
from public_query import Product
from suyuan.public.trust import Registry
from trace_api import MasterData

__all__ = ["Names", "lot_number"]

ATTRIBUTES = {
    "netContent": Text(zh="净含量", en="Net content"),
    "storageHandling": Text(zh="储存条件", en="Storage"),
    "registration": Text(zh="批准文号", en="Registration"),
    "countryOfOrigin": Text(zh="原产国", en="Country of origin"),
    "regulatedProductName": Text(zh="通用名", en="Regulated name"),
}
UNREGISTERED = Text(zh="未登记的参与方", en="An unregistered party")


class Statements(Protocol):
    """Where master data is looked up."""

    def master_data(self, id: str) -> Sequence[MasterData]:
        """What was stated about an identifier, newest last."""


class Names:
    """Master data, as far as the public may rely on it.

    The owner of a number (party register) names it, and nobody else; of a number that nobody registered, the
    party in whose event it stands.
    """

    def __init__(self, statements: Statements, register: Registry) -> None:
        self._statements = statements
        self._register = register

    def product(self, uri: str, speaker: str | None = None) -> Product | None:
        """A product class, None where nobody who may has described it."""
        stated = self._stated(uri, speaker)
        name = stated.get("descriptionShort") or stated.get("regulatedProductName")
        if not name:
            return None
        brand = stated.get("brandName")
        return Product(
            name=Text(zh=stated.get("suyuan:descriptionShortZh", name), en=name),
            brand=Text(zh=stated.get("suyuan:brandNameZh", brand), en=brand) if brand else None,
            attributes=tuple(
                (label, _both(stated[key])) for key, label in ATTRIBUTES.items() if key in stated
            ),
        )

    def place(self, uri: str | None, speaker: str | None = None) -> tuple[Text | None, Text | None]:
        """Name and city of a location."""
        stated = {} if uri is None else self._stated(uri, speaker)
        name, city = stated.get("name"), stated.get("city")
        return (
            Text(zh=stated.get("suyuan:nameZh", name), en=name) if name else None,
            Text(zh=stated.get("suyuan:cityZh", city), en=city) if city else None,
        )

    def producer(self, uri: str) -> Text | None:
        """The owner of the number."""
        owner = self._register.owner_of(uri)
        return None if owner is None else _name_of(owner)

    def party(self, party_id: str | None) -> Text:
        """A party of the register."""
        party = None if party_id is None else self._register.party(party_id)
        return UNREGISTERED if party is None else _name_of(party)

    def _stated(self, uri: str, speaker: str | None) -> dict[str, str]:
        owner = self._register.owner_of(uri)
        author = speaker if owner is None else owner.id
        merged: dict[str, str] = {}
        for statement in self._statements.master_data(uri):
            if statement.party == author:
                merged.update({k: v for k, v in statement.attributes.items() if isinstance(v, str) and v})
        return merged


def lot_number(lot_uri: str | None) -> str | None:
    """The lot number as it is printed.

    >>> lot_number("https://id.gs1.org/01/09506000134352/10/A%2F1")
    'A/1'
    """
    return None if lot_uri is None else unquote(lot_uri.rpartition("/10/")[2]) or None


def _both(value: str) -> Text:
    """`English / 中文` gives each language its own; anything else is the same in both."""
    english, slash, chinese = value.partition(" / ")
    return Text(zh=chinese, en=english) if slash else same(value)


def _name_of(party: Party) -> Text:
    return Text(zh=party.name_zh or party.name, en=party.name)
