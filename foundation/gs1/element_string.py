"""GS1 element strings: what a barcode holds, bracketed for people or raw with separators.

    (01)09506000134352(10)L1(21)7        bracketed; `[01]…` too; a "(" within a value is written `\\(`
    ]d2010950600013435210L1<GS>217       as a scanner sends it: symbology identifier, FNC1 as GS (\\x1d)
    ^010950600013435210L1^217            the same with `^` for FNC1, as people write it

General Specifications, section 7.8: values of predefined length need no separator behind them; all others end
at a separator or at the end.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from foundation.gs1.application_identifiers import AI_LENGTHS, APPLICATION_IDENTIFIERS, check_value
from foundation.gs1.digital_link import divide
from foundation.gs1.identity import Elements, Identity, digital_link, identity_of
from foundation.gs1.keys import MAX_TEXT, Gs1Error, gtin14

__all__ = ["GS", "element_string", "identity_of_elements", "parse_element_string"]

GS = "\x1d"
"""The separator that a scanner sends for FNC1."""

_SYMBOLOGIES_WITH_ELEMENTS = ("]C1", "]d2", "]e0", "]Q3", "]J1")
_BRACKETED_AI = re.compile(r"(?<!\\)\(([0-9]{2,4})\)")
_SQUARE_AI = re.compile(r"\[([0-9]{2,4})\]")
_MAX_ELEMENTS = 100


def strip_symbology(text: str) -> tuple[str, str]:
    """The symbology identifier that a scanner puts in front (ISO/IEC 15424), and the data behind it."""
    return (text[:3], text[3:]) if len(text) >= 3 and text[0] == "]" else ("", text)


def parse_element_string(text: str) -> Elements:
    """The elements of an element string, in the order written.

    Args:
        text: bracketed, or raw with GS for FNC1 (or `^`, if one leads); a GS1 symbology identifier may lead.

    Returns:
        Pairs of Application Identifier and value.

    Raises:
        Gs1Error: an unknown Application Identifier, a value that breaks its format, or nothing at all.

    >>> parse_element_string("]C1010950600013435210L1\\x1d17220630")
    (('01', '09506000134352'), ('10', 'L1'), ('17', '220630'))
    """
    if len(text) > MAX_TEXT:
        raise Gs1Error(text, f"an element string has at most {MAX_TEXT} characters, this has {len(text)}")
    symbology, data = strip_symbology(text)
    if symbology and symbology not in _SYMBOLOGIES_WITH_ELEMENTS:
        raise Gs1Error(text, f"{symbology} does not announce GS1 element strings")
    if data.startswith(("(", "[")):
        if symbology:
            raise Gs1Error(text, "behind a symbology identifier there are no brackets")
        elements = _bracketed(data)
    elif data.startswith("^") and not symbology:
        elements = _raw(data[1:], "^", text)
    else:
        elements = _raw(data.removeprefix(GS), GS, text)
    for ai, value in elements:
        check_value(ai, value, text)
    return elements


def _bracketed(text: str) -> Elements:
    square = text[0] == "["
    # "(10)" within a value is data where 10 is no Application Identifier, and wherever it is written "\(10)".
    marks = [
        mark
        for mark in (_SQUARE_AI if square else _BRACKETED_AI).finditer(text)
        if AI_LENGTHS.get(mark[1][:2]) == len(mark[1])
    ]
    if not marks or marks[0].start() != 0:
        raise Gs1Error(text, "an element string begins with an Application Identifier in brackets")
    if len(marks) > _MAX_ELEMENTS:
        raise Gs1Error(text, f"an element string has at most {_MAX_ELEMENTS} elements, this has {len(marks)}")
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    values = (text[mark.end() : end] for mark, end in zip(marks, ends, strict=True))
    return tuple(
        (mark[1], value if square else value.replace("\\(", "("))
        for mark, value in zip(marks, values, strict=True)
    )


def _raw(data: str, separator: str, whole: str) -> Elements:
    elements: list[tuple[str, str]] = []
    at, end = 0, len(data)
    while at < end:
        length = AI_LENGTHS.get(data[at : at + 2])
        entry = APPLICATION_IDENTIFIERS.get(data[at : at + length]) if length else None
        if entry is None:
            raise Gs1Error(
                whole, f"no Application Identifier begins with {data[at : at + 4]!r} at place {at + 1}"
            )
        at += len(entry.ai)
        stop = data.find(separator, at)
        stop = end if stop < 0 else stop
        if entry.predefined_length is not None:
            stop = min(stop, at + entry.predefined_length)
        elements.append((entry.ai, data[at:stop]))
        at = stop + 1 if data.startswith(separator, stop) else stop
        if len(elements) > _MAX_ELEMENTS:
            raise Gs1Error(whole, f"an element string has at most {_MAX_ELEMENTS} elements")
    if not elements:
        raise Gs1Error(whole, "the element string is empty")
    return tuple(elements)


def identity_of_elements(elements: Sequence[tuple[str, str]], whole: str) -> Identity:
    """The identity that the elements of one symbol name: the first primary key with its qualifiers.

    Raises:
        Gs1Error: there is no primary key, or one Application Identifier has two values.
    """
    path, rest = divide(elements, whole)
    identity = identity_of(path, whole)
    lot = dict(rest).get("10") if identity.scheme == "upui" else None
    if lot is None:
        return identity
    # Behind (235) a Digital Link has no place for the lot; a symbol may carry both.
    return replace(identity, lot=digital_link((*path[:1], ("10", lot))))


def identity_of_ean(symbology: str, data: str, whole: str) -> Identity:
    """The GTIN that an EAN or UPC symbol holds: `]E0` with 13 digits, `]E4` with 8."""
    digits = 8 if symbology == "]E4" else 13
    if len(data) != digits:
        raise Gs1Error(whole, f"{symbology} announces {digits} digits, found {len(data)}")
    try:
        return identity_of((("01", gtin14(data)),), whole)
    except Gs1Error as error:
        raise Gs1Error(whole, error.rule) from None


def element_string(elements: Sequence[tuple[str, str]], *, raw: bool = False, brackets: str = "()") -> str:
    """The element string of these elements.

    Args:
        elements: pairs of Application Identifier and value; they are checked.
        raw: as a symbol holds it, with GS behind values that need a separator (and none in front).
        brackets: "()" or "[]" around the Application Identifiers.

    Raises:
        Gs1Error: a value breaks its format.
        ValueError: other brackets.

    >>> element_string([("01", "09506000134352"), ("21", "7(10)")])
    '(01)09506000134352(21)7\\\\(10)'
    """
    if brackets not in ("()", "[]"):
        raise ValueError(f"brackets are '()' or '[]', not {brackets!r}")
    opening, closing = brackets[0], brackets[1]
    written: list[str] = []
    whole = "".join(f"({ai}){value}" for ai, value in elements)
    for place, (ai, value) in enumerate(elements):
        check_value(ai, value, whole)
        if raw:
            last = place == len(elements) - 1
            fixed = APPLICATION_IDENTIFIERS[ai].predefined_length is not None
            written.append(f"{ai}{value}" if last or fixed else f"{ai}{value}{GS}")
        else:
            shown = value.replace("(", "\\(") if opening == "(" else value
            written.append(f"{opening}{ai}{closing}{shown}")
    return "".join(written)
