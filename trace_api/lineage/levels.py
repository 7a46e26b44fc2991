"""What the form of a canonical identifier tells: bare class, lot, logistic unit, returnable asset, site.

The lineage treats identifiers as opaque but for these questions. A class without lot or serial, such as
a GTIN alone, is never lineage (rule 6); a class that is no GS1 key counts as a lot.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import Final


class Level(StrEnum):
    """How much of the world one identifier names."""

    INSTANCE = "instance"
    LOT = "lot"
    CLASS = "class"
    PLACE = "place"


_HOST: Final = r"https://id\.gs1\.org"
# GTIN (01) and ITIP (8006) without lot (10), serial (21) or third-party serial (235); GRAI (8003), GDTI
# (253) and GCN (255) without the serial that follows the check digit; CPI (8010) without serial (8011).
_BARE_CLASS: Final = re.compile(
    rf"(?:{_HOST}/(?:(?:01|8006)/\d+(?!.*/(?:10|21|235)/).*|8003/\d{{14}}|253/\d{{13}}|255/\d{{13}}"
    r"|8010/[^/]+)|urn:epc:idpat:.*)\Z",
    re.DOTALL,
)
_LOT: Final = re.compile(rf"{_HOST}/(?:01|8006)/\d+/(?:[^/]+/[^/]+/)*?10/[^/]+\Z")
_SSCC: Final = re.compile(rf"{_HOST}/00/\d{{18}}\Z")
_RETURNABLE: Final = re.compile(rf"{_HOST}/(?:8003|8004)/.+\Z")
_PLACE: Final = re.compile(rf"(?:{_HOST}/414/|geo:)")
_SITE: Final = re.compile(rf"({_HOST}/414/\d{{13}})(?:/254/[^/]+)?\Z")


@lru_cache(maxsize=65536)
def is_bare_class(uri: str) -> bool:
    """Whether `uri` is a class without lot or serial.

    >>> is_bare_class("https://id.gs1.org/01/09506000134352")
    True
    >>> is_bare_class("https://id.gs1.org/01/09506000134352/10/A1")
    False
    """
    return _BARE_CLASS.match(uri) is not None


@lru_cache(maxsize=65536)
def is_lot_key(uri: str) -> bool:
    """Whether the form of `uri` alone says that it is a lot (an LGTIN)."""
    return _LOT.match(uri) is not None


def is_class_key(uri: str) -> bool:
    """Whether the form of `uri` alone says that it is no instance."""
    return is_bare_class(uri) or is_lot_key(uri)


def is_sscc(uri: str) -> bool:
    """Whether `uri` is a serial shipping container code."""
    return _SSCC.match(uri) is not None


def is_returnable(uri: str) -> bool:
    """Whether `uri` is an asset (GRAI, GIAI), which keeps its key from filling to filling."""
    return _RETURNABLE.match(uri) is not None


def is_place(uri: str) -> bool:
    """Whether the form of `uri` says that it is a location."""
    return _PLACE.match(uri) is not None


def site(place: str) -> str:
    """The site of a place: an SGLN without its extension (254), any other place itself."""
    match = _SITE.match(place)
    return match.group(1) if match else place
