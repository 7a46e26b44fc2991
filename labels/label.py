"""A label: what is printed on one item, and the check that its payload is right before it is printed.

A wrong symbol on ten thousand packs is expensive: the payload is parsed by the rules of GS1 (check digits,
lengths, characters, dates) and turned into the form its symbol wants, whichever of the two forms it came in.

>>> label = Label(Symbol.DATAMATRIX, "https://id.gs1.org/01/09506000134352/10/ABC123?17=271231", "有机牛奶")
>>> checked = check(label)
>>> checked.content
'[01]09506000134352[10]ABC123[17]271231'
>>> checked.identity.uri
'https://id.gs1.org/01/09506000134352/10/ABC123'
>>> human_readable(label.payload)
('(01) 09506000134352', '(10) ABC123', '(17) 271231')
>>> data_titles(label.payload, year=2026)
('GTIN 09506000134352', 'LOT ABC123', 'EXP 2027-12-31')
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from foundation.gs1 import (
    Elements,
    Gs1Error,
    Identity,
    element_string,
    gtin14,
    link_of_elements,
    parse,
    parse_element_string,
    read_digital_link,
)

MAX_PAYLOAD = 500
MAX_TITLE = 200
MAX_LINES = 8
MAX_LINE = 120

STEM = "https://id.gs1.org"

# Data titles of the Application Identifiers that stand on labels (GS1 General Specifications §3.2).
_TITLES = {
    "00": "SSCC", "01": "GTIN", "02": "CONTENT", "10": "LOT", "11": "PROD", "13": "PACK", "15": "BEST BEFORE",
    "16": "SELL BY", "17": "EXP", "21": "SN", "37": "COUNT", "235": "TPX", "253": "GDTI", "240": "ADD ID",
    "310": "NET KG", "400": "PO", "414": "LOC", "417": "PARTY", "8003": "GRAI", "8004": "GIAI",
    "8006": "ITIP", "8017": "GSRN-P", "8018": "GSRN", "8010": "CPID",
}  # fmt: skip
_DATES = {"11", "12", "13", "15", "16", "17"}


class LabelError(ValueError):
    """A label, layout or serial cannot be made as asked; the message names what and why."""


class Symbol(StrEnum):
    """The symbol on a label."""

    QR = "qr"
    """QR Code that holds a Digital Link URI."""
    DATAMATRIX = "datamatrix"
    """GS1 DataMatrix (symbology identifier ]d2)."""
    GS1_128 = "gs1-128"
    """GS1-128 (symbology identifier ]C1)."""


@dataclass(frozen=True, slots=True)
class Label:
    """One label.

    Args:
        symbol: which symbol carries the payload.
        payload: a Digital Link URI or an element string; either is turned into what the symbol wants.
        title: name of the product, any script the fonts have.
        lines: text beneath, None for the payload in human-readable form.
    """

    symbol: Symbol
    payload: str
    title: str = ""
    lines: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """A label whose payload and text hold.

    Args:
        identity: what the symbol names.
        elements: all Application Identifiers with their values, in the order of the payload.
        content: what the symbol encodes: a URI (QR), or an element string with the Application Identifiers in
            square brackets.
        lines: the text lines.
    """

    label: Label
    identity: Identity
    elements: Elements
    content: str
    lines: tuple[str, ...]


def check(label: Label) -> Checked:
    """The label with its payload parsed, or the reason why it must not be printed.

    Raises:
        LabelError: the payload breaks a rule of GS1 or names no GS1 key, or a text is too long or holds
            control characters.
    """
    elements = elements_of(label.payload)
    try:
        if label.symbol is Symbol.QR:
            content = label.payload if _is_link(label.payload) else link_of_elements(elements, stem=STEM)
        else:
            content = element_string(elements, brackets="[]")
        identity = parse(label.payload)
    except Gs1Error as error:
        raise LabelError(f"payload: {error}") from None
    lines = _human_readable(elements) if label.lines is None else label.lines
    if len(lines) > MAX_LINES:
        raise LabelError(f"a label has at most {MAX_LINES} lines of text, not {len(lines)}")
    _check_text("title", label.title, MAX_TITLE)
    for number, line in enumerate(lines, 1):
        _check_text(f"line {number}", line, MAX_LINE)
    return Checked(label, identity, elements, content, lines)


def elements_of(payload: str) -> Elements:
    """The Application Identifiers and values of a Digital Link or element string.

    Raises:
        LabelError: it is neither, or breaks a rule of GS1.
    """
    if len(payload) > MAX_PAYLOAD:
        raise LabelError(f"a payload has at most {MAX_PAYLOAD} characters, not {len(payload)}")
    try:
        if not _is_link(payload):
            return parse_element_string(payload)
        link = read_digital_link(payload)
        (ai, value), *qualifiers = link.elements
        return ((ai, gtin14(value) if ai == "01" else value), *qualifiers, *link.attributes)
    except Gs1Error as error:
        raise LabelError(f"payload: {error}") from None


def human_readable(payload: str) -> tuple[str, ...]:
    """The human-readable interpretation: every AI in brackets (General Specifications §4.14).

    Raises:
        LabelError: the payload breaks a rule of GS1.
    """
    return _human_readable(elements_of(payload))


def data_titles(payload: str, *, year: int) -> tuple[str, ...]:
    """The payload as text for people: data titles, and dates as ISO 8601.

    Args:
        year: the present year, which decides the century of two-digit years (General Specifications §7.12).

    Raises:
        LabelError: the payload breaks a rule of GS1.
    """
    lines = []
    for ai, value in elements_of(payload):
        title = _TITLES.get(ai) or _TITLES.get(ai[:3], f"({ai})")
        if ai in _DATES:
            value = _iso_date(value, year)
        elif ai[:3] == "310" and len(ai) == 4:
            value = _decimal(value, int(ai[3]))
        lines.append(f"{title} {value}")
    return tuple(lines)


def _is_link(payload: str) -> bool:
    return payload[:8].lower().startswith(("http://", "https://"))


def _human_readable(elements: Elements) -> tuple[str, ...]:
    return tuple(f"({ai}) {value}" for ai, value in elements)


def _iso_date(value: str, year: int) -> str:
    century, two_digits = year - year % 100, int(value[:2])
    if two_digits - year % 100 >= 51:
        century -= 100
    elif two_digits - year % 100 <= -50:
        century += 100
    month = f"{century + two_digits}-{value[2:4]}"
    # Day 00 stands for the whole month.
    return month if value[4:6] == "00" else f"{month}-{value[4:6]}"


def _decimal(digits: str, places: int) -> str:
    if not places:
        return str(int(digits))
    return f"{int(digits[:-places] or '0')}.{digits[-places:]}"


def _check_text(name: str, text: str, limit: int) -> None:
    if len(text) > limit:
        raise LabelError(f"{name}: at most {limit} characters, not {len(text)}")
    for place, character in enumerate(text, 1):
        if unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp"):
            raise LabelError(f"{name}: character {place} (U+{ord(character):04X}) cannot be printed")
