"""What a canonical identifier counts as in stock: an item, an amount of a lot or class, or nothing.

Trade items count: an instance of a GTIN (SGTIN, UPUI), an ITIP or a CPI counts as one piece of its class, and
of its lot where that is known. A lot or class of a quantity list counts with its amount. Logistic units
(SSCC), returnable and individual assets (GRAI, GIAI), documents, persons, places and instances that are no
GS1 key never post themselves: what happens to them happens to what they hold.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from foundation.gs1 import Gs1Error, Level, parse

__all__ = ["Goods", "class_goods", "item_class"]

STOCK_KEYS = ("01", "8006", "8010")


class Goods(NamedTuple):
    """What a balance is of: a class of trade item, and one lot of it where the lot is known."""

    gtin: str
    """Canonical class, such as https://id.gs1.org/01/09506000134352; a class that is no GS1 key, as it is."""
    lot: str | None
    """Canonical lot, such as https://id.gs1.org/01/09506000134352/10/A1."""


@lru_cache(maxsize=100_000)
def item_class(uri: str) -> str | None:
    """The class that one instance counts of, None for what never posts itself.

    >>> item_class("https://id.gs1.org/01/09506000134352/21/7")
    'https://id.gs1.org/01/09506000134352'
    >>> item_class("https://id.gs1.org/00/106141412345678908") is None
    True
    """
    try:
        identity = parse(uri)
    except Gs1Error:
        return None
    if identity.level is not Level.INSTANCE or identity.key not in STOCK_KEYS:
        return None
    return identity.class_uri


@lru_cache(maxsize=20_000)
def class_goods(uri: str) -> Goods | None:
    """What an entry of a quantity list counts as, None for classes of assets and documents.

    >>> class_goods("https://id.gs1.org/01/09506000134352/10/A1").gtin
    'https://id.gs1.org/01/09506000134352'
    """
    try:
        identity = parse(uri)
    except Gs1Error:
        return Goods(uri, None)
    if identity.elements and identity.key not in STOCK_KEYS:
        return None
    if identity.level is Level.LOT:
        return Goods(identity.class_uri or uri, uri)
    return Goods(uri, None)
