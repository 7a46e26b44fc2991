"""Any form of an identifier to the one it stands for: `parse`, `canonical`, and the forms back.

    urn:epc:id:sgtin:9506000.013435.7  ┐
    https://shop.example/01/9506…/21/7 ├─ canonical ─► https://id.gs1.org/01/09506000134352/21/7
    (01)09506000134352(21)7            ┘

An absolute URI that is no GS1 form is legal EPCIS and stays as it is ("opaque"). A text that claims to be a
GS1 form and breaks its rule raises `Gs1Error`; so does a text that is no absolute URI at all.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from foundation.gs1.digital_link import identity_of_link
from foundation.gs1.element_string import (
    element_string,
    identity_of_ean,
    identity_of_elements,
    parse_element_string,
    strip_symbology,
)
from foundation.gs1.identity import STEM, Identity, Level, digital_link, identity_of
from foundation.gs1.keys import MAX_TEXT, Gs1Error, check_digit, is_digits
from foundation.gs1.prefixes import company_prefix_length as known_length
from foundation.gs1.prefixes import stands_under
from foundation.gs1.urn import parse_urn, urn_of

__all__ = [
    "canonical",
    "canonical_or_opaque",
    "company_prefix_matches",
    "parse",
    "to_digital_link",
    "to_element_string",
    "to_urn",
]

_ABSOLUTE_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x20\x7f<>\"{}|\\^`]+")
_BLANKS = " \t\r\n"
_SYMBOLOGIES_WITH_PLAIN_DATA = ("]Q1", "]d1", "]J0", "]Q0", "]d0", "]C0")

# The forms that fill event logs, with serials that need no escape. What they do not match takes the long way.
_SGTIN_URN = re.compile(r"urn:epc:id:sgtin:([0-9]{6,12}\.[0-9]{1,7})\.([A-Za-z0-9._-]{1,20})")
_SSCC_URN = re.compile(r"urn:epc:id:sscc:([0-9]{6,12})\.([0-9])([0-9]{4,10})")
_LGTIN_URN = re.compile(r"urn:epc:class:lgtin:([0-9]{6,12}\.[0-9]{1,7})\.([A-Za-z0-9._-]{1,20})")
_GTIN_LINK = re.compile(r"https://id\.gs1\.org/01/([0-9]{14})(?:/(?:21|10)/[A-Za-z0-9._-]{1,20})?")
_SSCC_LINK = re.compile(r"https://id\.gs1\.org/00/([0-9]{18})")


def parse(text: str, *, field: Literal["instance", "class"] | None = None) -> Identity:
    """The identity that a text names, whatever form it has.

    Args:
        text: an EPC URN, a Digital Link on any host, an element string (bracketed, or raw with FNC1), what a
            scanner sends with its symbology identifier, the digits of a GTIN, or any absolute URI.
        field: the kind of field the text stands in; it decides the level of an opaque URI.

    Returns:
        The identity; its `uri` is the canonical form.

    Raises:
        Gs1Error: the text claims to be a GS1 form and breaks its rule, or is no absolute URI either.

    >>> parse("(01)09506000134352(10)L1(21)7").uri
    'https://id.gs1.org/01/09506000134352/21/7'
    >>> parse("urn:gdst:example.org:lot:7", field="class").level
    <Level.CLASS: 'class'>
    """
    identity = _gs1_form(text.strip(_BLANKS))
    if identity.scheme == "opaque" and field is not None:
        level = Level.INSTANCE if field == "instance" else Level.CLASS
        return Identity("opaque", level, identity.uri)
    return identity


def _gs1_form(text: str) -> Identity:
    if text[:8].lower() == "urn:epc:":
        return parse_urn(text)
    if text.startswith(("(", "[", "\x1d", "^")):
        return identity_of_elements(parse_element_string(text), text)
    if text.startswith("]"):
        return _scanned(text)
    if text[:1].isdigit():
        return _digits_first(text)
    if len(text) <= MAX_TEXT and _ABSOLUTE_URI.fullmatch(text):
        if text[:4].lower() == "http" and (identity := identity_of_link(text)):
            return identity
        return Identity("opaque", Level.OTHER, text)
    if len(text) > MAX_TEXT:
        raise Gs1Error(text, f"an identifier has at most {MAX_TEXT} characters, this has {len(text)}")
    raise Gs1Error(
        text, "neither a GS1 form (EPC URN, Digital Link, element string, GTIN) nor an absolute URI"
    )


def _scanned(text: str) -> Identity:
    symbology, data = strip_symbology(text)
    if symbology in ("]E0", "]E4"):
        return identity_of_ean(symbology, data, text)
    if symbology in _SYMBOLOGIES_WITH_PLAIN_DATA:
        if data.startswith("]"):
            raise Gs1Error(text, "there is more than one symbology identifier")
        return _gs1_form(data)
    return identity_of_elements(parse_element_string(text), text)


def _digits_first(text: str) -> Identity:
    if is_digits(text) and len(text) in (8, 12, 13, 14):
        return identity_of((("01", text),), text)
    if is_digits(text) and len(text) < 16:
        raise Gs1Error(text, f"a GTIN has 8, 12, 13 or 14 digits, this has {len(text)}")
    return identity_of_elements(parse_element_string(text), text)


def canonical(text: str) -> str:
    """The canonical form of an identifier: what `parse` gives as `uri`, fast and cached.

    Args:
        text: as for `parse`.

    Raises:
        Gs1Error: as `parse`.

    >>> canonical("urn:epc:id:sscc:4012345.3111111111")
    'https://id.gs1.org/00/340123451111111111'
    """
    return _remembered(text) if len(text) <= _LONGEST_REMEMBERED else parse(text).uri


def _canonical(text: str) -> str:
    if text.startswith("urn:epc:"):
        if match := _SGTIN_URN.fullmatch(text):
            if stem := _gtin_stem(match[1]):
                return f"{stem}/21/{match[2]}"
        elif match := _SSCC_URN.fullmatch(text):
            prefix, extension, serial = match.groups()
            body = extension + prefix + serial
            if len(body) == 17:
                return f"https://id.gs1.org/00/{body}{check_digit(body)}"
        elif (match := _LGTIN_URN.fullmatch(text)) and (stem := _gtin_stem(match[1])):
            return f"{stem}/10/{match[2]}"
    elif match := _GTIN_LINK.fullmatch(text):
        if _is_gtin(match[1]):
            return text
    elif (match := _SSCC_LINK.fullmatch(text)) and check_digit(match[1][:17]) == int(match[1][17]):
        return text
    return parse(text).uri


# 20 MB at the most: a long text from outside must not fill the memory of the cache.
_LONGEST_REMEMBERED = 160
_remembered = lru_cache(maxsize=1 << 16)(_canonical)


@lru_cache(maxsize=1 << 14)
def _gtin_stem(prefix_and_item: str) -> str:
    """The Digital Link of the GTIN behind `prefix.item`; empty where the two have not 13 digits together."""
    prefix, item = prefix_and_item.split(".")
    if len(prefix_and_item) != 14:
        return ""
    body = item[0] + prefix + item[1:]
    return f"https://id.gs1.org/01/{body}{check_digit(body)}"


@lru_cache(maxsize=1 << 14)
def _is_gtin(digits: str) -> bool:
    # The long way has the last word on GTINs whose company prefix is not digits; 14 digits always have one.
    return check_digit(digits[:13]) == int(digits[13])


def canonical_or_opaque(text: str) -> tuple[str, Gs1Error | None]:
    """The canonical form, or the text as it is with the fault: a captured event is a fact and is kept.

    >>> canonical_or_opaque("urn:epc:id:sgtin:1.2.3")[0]
    'urn:epc:id:sgtin:1.2.3'
    """
    try:
        return canonical(text), None
    except Gs1Error as error:
        return text, error


def _read(source: str | Identity) -> Identity:
    return source if isinstance(source, Identity) else parse(source)


def to_urn(source: str | Identity, *, company_prefix_length: int | None = None) -> str:
    """The EPC URN of an identity; the Digital Link where there is none or the company prefix is unknown.

    Args:
        source: any form, or an identity.
        company_prefix_length: digits, 6 to 12; None: as the form gave it, else looked up.

    Raises:
        Gs1Error: the text is malformed, or the length is not 6 to 12.

    >>> to_urn("https://id.gs1.org/01/04012345111118/21/987")
    'urn:epc:id:sgtin:4012345.011111.987'
    """
    identity = _read(source)
    if company_prefix_length is not None and not 6 <= company_prefix_length <= 12:
        raise Gs1Error(identity.uri, f"a company prefix has 6 to 12 digits, not {company_prefix_length}")
    length = company_prefix_length or known_length(identity)
    if length is None:
        return identity.uri
    return urn_of(identity, length) or identity.uri


def to_digital_link(source: str | Identity, *, stem: str = STEM) -> str:
    """The Digital Link of an identity on a stem; the URI as it is where there is none.

    Args:
        source: any form, or an identity.
        stem: scheme and host, and a path where wanted, without a slash at its end.

    >>> to_digital_link("urn:epc:id:sgtin:4012345.011111.987", stem="https://qr.example/p")
    'https://qr.example/p/01/04012345111118/21/987'
    """
    identity = _read(source)
    return digital_link(identity.elements, stem.rstrip("/")) if identity.elements else identity.uri


def to_element_string(source: str | Identity, *, raw: bool = False, brackets: str = "()") -> str:
    """The element string of an identity.

    Args:
        source: any form, or an identity.
        raw: as a symbol holds it, GS (\\x1d) for FNC1; else with brackets.
        brackets: "()" or "[]".

    Raises:
        Gs1Error: the identity has no Application Identifiers (GID, a pattern, an opaque URI).

    >>> to_element_string("urn:epc:id:sgtin:4012345.011111.987")
    '(01)04012345111118(21)987'
    """
    identity = _read(source)
    if not identity.elements:
        raise Gs1Error(identity.uri, "this identifier has no Application Identifiers, thus no element string")
    return element_string(identity.elements, raw=raw, brackets=brackets)


def company_prefix_matches(uri: str, prefix: str) -> bool:
    """Whether the GS1 key in an identifier stands under a GS1 company prefix.

    Args:
        uri: any form.
        prefix: 4 to 12 digits.

    Raises:
        Gs1Error: the identifier is malformed, or the prefix is not 4 to 12 digits.

    >>> company_prefix_matches("https://id.gs1.org/00/340123451111111111", "4012345")
    True
    """
    return stands_under(parse(uri), prefix)
