"""Identities: what a GS1 key names, and its one canonical form.

Every form of a key (URN, Digital Link, element string, tag) is first taken apart into its *elements*, pairs
of Application Identifier and value in Digital Link order; `identity_of` turns them into an `Identity`.
The canonical form is the Digital Link URI on id.gs1.org that the CBV event hash uses: the finest level that
is named, and no more (CBV 2.0 section 8.9).

>>> found = identity_of((("01", "09506000134352"), ("10", "L1"), ("21", "7/8")), "an example")
>>> found.uri
'https://id.gs1.org/01/09506000134352/21/7%2F8'
>>> found.lot
'https://id.gs1.org/01/09506000134352/10/L1'
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from foundation.gs1.application_identifiers import KEY_QUALIFIERS, check_value
from foundation.gs1.keys import Gs1Error, gtin14, is_digits, percent_encode

__all__ = ["Elements", "Identity", "Level", "identity_of"]

STEM = "https://id.gs1.org"

Elements = tuple[tuple[str, str], ...]
"""Pairs of Application Identifier and value: the key first, then its qualifiers."""


class Level(StrEnum):
    """What kind of thing an identity names."""

    INSTANCE = "instance"
    LOT = "lot"
    CLASS = "class"
    PLACE = "place"
    PARTY = "party"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Identity:
    """What an identifier names, whatever form it came in; equal for every form of the same key."""

    scheme: str
    """The EPC scheme ("sgtin", "sscc", …), "gtin" and "lgtin" for their classes and lots, or "opaque"."""
    level: Level
    uri: str
    """The canonical form."""
    lot: str | None = None
    """The canonical lot, where the form carried a lot beside the serial (the serial form drops it)."""
    elements: Elements = ()
    """What the canonical Digital Link holds; empty for a URN without a Digital Link and for opaque URIs."""
    company_prefix_length: int | None = field(default=None, compare=False)
    """Digits of the GS1 company prefix, known where the form was a URN or a tag."""

    def value(self, ai: str) -> str | None:
        """The value of one Application Identifier of the canonical Digital Link."""
        for name, value in self.elements:
            if name == ai:
                return value
        return None

    @property
    def key(self) -> str:
        """The Application Identifier of the key ("01", "00", …); empty where there is none."""
        return self.elements[0][0] if self.elements else ""

    @property
    def gtin(self) -> str | None:
        """The 14 digits of the GTIN (also of an ITIP)."""
        return self.value("01") or (self.value("8006") or "")[:14] or None

    @property
    def lot_number(self) -> str | None:
        """The batch or lot number of a lot."""
        return self.value("10")

    @property
    def serial(self) -> str | None:
        """The serial of an instance: behind 21, 235, 254 or 8011, or the tail of a GRAI, GDTI or GCN."""
        if not self.elements:
            return None
        ai, value = self.elements[-1]
        if ai in ("21", "235", "254", "8011"):
            return value
        return value[_CLASS_LENGTHS[ai] :] or None if ai in _CLASS_LENGTHS else None

    @property
    def class_uri(self) -> str | None:
        """The canonical class above an instance or lot (GTIN, GRAI type, …); of a class, the class itself."""
        if self.level is Level.CLASS:
            return self.uri
        if self.level not in (Level.INSTANCE, Level.LOT) or not self.elements:
            return None
        ai, value = self.elements[0]
        if ai in ("01", "8006", "8010"):
            return digital_link(((ai, value),))
        return digital_link(((ai, value[: _CLASS_LENGTHS[ai]]),)) if ai in _CLASS_LENGTHS else None


# Digits of the class part of keys that carry their serial in the same value.
_CLASS_LENGTHS = {"253": 13, "255": 13, "8003": 14}

_PLAIN: dict[str, tuple[str, Level]] = {
    "00": ("sscc", Level.INSTANCE),
    "401": ("ginc", Level.INSTANCE),
    "402": ("gsin", Level.INSTANCE),
    "414": ("sgln", Level.PLACE),
    "415": ("payment_slip", Level.OTHER),
    "417": ("pgln", Level.PARTY),
    "8004": ("giai", Level.INSTANCE),
    "8013": ("gmn", Level.CLASS),
    "8017": ("gsrnp", Level.INSTANCE),
    "8018": ("gsrn", Level.INSTANCE),
}
_TAILED = {"253": "gdti", "255": "sgcn", "8003": "grai"}


def digital_link(elements: Elements, stem: str = STEM) -> str:
    """The Digital Link path of key and qualifiers on a stem, percent-encoded."""
    return stem + "".join(f"/{ai}/{percent_encode(value)}" for ai, value in elements)


def check_elements(elements: Elements, whole: str) -> None:
    """Check a key with its qualifiers: values, and that the qualifiers belong to the key, in order.

    Raises:
        Gs1Error: says which element breaks which rule.
    """
    key = elements[0][0]
    alternatives = KEY_QUALIFIERS.get(key)
    if alternatives is None:
        raise Gs1Error(whole, f"({key}) is not a primary key")
    for ai, value in elements:
        check_value(ai, value, whole)
    qualifiers = tuple(ai for ai, _ in elements[1:])
    if qualifiers and not any(_in_order(qualifiers, allowed) for allowed in alternatives):
        wanted = " or ".join(", ".join(f"({ai})" for ai in allowed) or "none" for allowed in alternatives)
        found = ", ".join(f"({ai})" for ai in qualifiers)
        raise Gs1Error(whole, f"({key}) takes the qualifiers {wanted} in this order, found {found}")


def _in_order(qualifiers: tuple[str, ...], allowed: tuple[str, ...]) -> bool:
    remaining = iter(allowed)
    return all(ai in remaining for ai in qualifiers)


def identity_of(elements: Elements, whole: str, company_prefix_length: int | None = None) -> Identity:
    """The identity that a key and its qualifiers name.

    Args:
        elements: key first, then its qualifiers in Digital Link order; the GTIN may have 8, 12 or 13 digits.
        whole: the input they came from, for messages.
        company_prefix_length: digits of the company prefix where known.

    Raises:
        Gs1Error: an element breaks its rule, or the qualifiers do not belong to the key.
    """
    key, value = elements[0]
    if key == "01" and len(value) in (8, 12, 13) and is_digits(value):
        try:
            value = gtin14(value)
        except Gs1Error as error:
            raise Gs1Error(whole, error.rule) from None
        elements = ((key, value), *elements[1:])
    check_elements(elements, whole)
    head = elements[:1]
    found = dict(elements[1:])
    lot: str | None = None
    if key in ("01", "8006"):
        level = Level.INSTANCE
        if "21" in found:
            scheme, kept = ("sgtin" if key == "01" else "itip"), (*head, ("21", found["21"]))
            lot = digital_link((*head, ("10", found["10"]))) if "10" in found else None
        elif "235" in found:
            scheme, kept = "upui", (*head, ("235", found["235"]))
        elif "10" in found:
            scheme, level = ("lgtin" if key == "01" else "itip"), Level.LOT
            kept = (*head, ("10", found["10"]))
        else:
            # A consumer product variant (22) is a label of the GTIN, no identity in EPCIS (CBV 2.0 §8.9).
            scheme, level, kept = ("gtin" if key == "01" else "itip"), Level.CLASS, head
    elif key in _TAILED:
        scheme, kept = _TAILED[key], head
        level = Level.INSTANCE if len(value) > _CLASS_LENGTHS[key] else Level.CLASS
    elif key == "8010":
        scheme, kept = "cpi", elements
        level = Level.INSTANCE if "8011" in found else Level.CLASS
    else:
        scheme, level = _PLAIN[key]
        # An extension of 0 means the place itself (Tag Data Standard, SGLN).
        kept = head if found.get("254") == "0" else elements
        if key == "415" and "8020" not in found:
            raise Gs1Error(whole, "(415) is a key only with the payment reference (8020)")
    return Identity(scheme, level, digital_link(kept), lot, kept, company_prefix_length)
