"""What GS1 keys are made of: check digits, check characters, character sets, GTIN forms, escapes.

Everything here is about a piece of text with no meaning attached yet; `application_identifiers` says which
piece belongs to which key. Each rule that is broken raises `Gs1Error`, which quotes the text and the rule.
"""

from __future__ import annotations

import re
from urllib.parse import quote

__all__ = ["Gs1Error", "check_character_pair", "check_digit", "gtin14", "has_check_digit"]

MAX_TEXT = 4096
"""Longest text read as an identifier, in characters; the longest GS1 key has 30, the rest is for URLs."""

_QUOTED = 120
_DIGITS = re.compile("[0-9]+")
_UNRESERVED = re.compile("[A-Za-z0-9._~-]*")
_BROKEN_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")
_URN_ESCAPED = re.compile('["%&/<>?#]')

# GS1 General Specifications, figures 7.11-1 to 7.11-3: the members as the inside of a regular expression.
CSET_82 = r"!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z"
CSET_39 = r"#\-/0-9A-Z"
CSET_64 = r"A-Za-z0-9\-_="
CSET_NAMES = {
    "N": "digits",
    "X": "GS1 character set 82",
    "Y": "GS1 character set 39",
    "Z": "base64url characters",
}

_ORDER_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
_ORDER_32 = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_VALUE_82 = {character: value for value, character in enumerate(_ORDER_82)}
_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83)


class Gs1Error(ValueError):
    """A text that claims to be a GS1 form and breaks its rule.

    >>> str(Gs1Error("09506000134353", "the check digit must be 2"))
    "'09506000134353': the check digit must be 2"
    """

    text: str
    """The input, whole."""
    rule: str
    """The rule that is broken, with what was expected and what was found."""

    def __init__(self, text: str, rule: str) -> None:
        super().__init__(text, rule)
        self.text = text
        self.rule = rule

    def __str__(self) -> str:
        shown = self.text if len(self.text) <= _QUOTED else self.text[:_QUOTED] + "…"
        return f"{shown!r}: {self.rule}"


def is_digits(text: str) -> bool:
    """Whether the text is one or more ASCII digits (`str.isdigit` also takes other scripts' digits)."""
    return text.isascii() and text.isdigit()


def check_digit(digits: str) -> int:
    """The GS1 check digit that belongs behind these digits (General Specifications, section 7.9.1).

    Args:
        digits: the key without its check digit, at least one ASCII digit.

    Raises:
        Gs1Error: there is something other than digits in it.

    >>> check_digit("0950600013435")
    2
    """
    if not is_digits(digits):
        raise Gs1Error(digits, "a check digit is computed over digits 0-9 only")
    values = digits.encode()
    # Weights 3, 1, 3, 1, … from the right; ASCII "0" is 48, and 3*48 and 48 are taken off afterwards.
    heavy, light = values[::-2], values[-2::-2]
    return (48 * (3 * len(heavy) + len(light)) - 3 * sum(heavy) - sum(light)) % 10


def has_check_digit(digits: str) -> bool:
    """Whether the last of these digits is the check digit of the others."""
    return check_digit(digits[:-1]) == int(digits[-1])


def check_character_pair(text: str) -> str:
    """The two check characters of a Global Model Number (General Specifications, section 7.9.5).

    Args:
        text: the model number without its pair, up to 23 characters of set 82.

    Raises:
        Gs1Error: the text is longer, empty, or has a character outside the set.

    >>> check_character_pair("1987654Ad4X4bL5ttr2310c")
    '2K'
    """
    if not 0 < len(text) <= len(_PRIMES):
        raise Gs1Error(text, f"a model number has 1 to {len(_PRIMES)} characters before its check pair")
    total = 0
    for prime, character in zip(_PRIMES, reversed(text), strict=False):
        value = _VALUE_82.get(character)
        if value is None:
            raise Gs1Error(text, f"{character!r} is not in GS1 character set 82")
        total += prime * value
    total %= 1021
    return _ORDER_32[total >> 5] + _ORDER_32[total & 31]


def gtin14(text: str) -> str:
    """A GTIN-8, -12, -13 or -14 as 14 digits, its check digit verified.

    Args:
        text: the digits of the GTIN.

    Raises:
        Gs1Error: another length, something other than digits, or a wrong check digit.

    >>> gtin14("9506000134352"), gtin14("96385074")
    ('09506000134352', '00000096385074')
    """
    if not is_digits(text):
        raise Gs1Error(text, "a GTIN has digits 0-9 only")
    if len(text) not in (8, 12, 13, 14):
        raise Gs1Error(text, f"a GTIN has 8, 12, 13 or 14 digits, this has {len(text)}")
    expected = check_digit(text[:-1])
    if expected != int(text[-1]):
        raise Gs1Error(text, f"the check digit of this GTIN must be {expected}, it is {text[-1]}")
    return text.zfill(14)


def percent_encode(value: str) -> str:
    """A value for a Digital Link path: only letters, digits and `- . _ ~` stand for themselves.

    GS1 Digital Link: URI syntax, section on percent-encoding of reserved characters; upper-case hex digits.

    >>> percent_encode("32a/b(1)")
    '32a%2Fb%281%29'
    """
    return value if _UNRESERVED.fullmatch(value) else quote(value, safe="")


def percent_decode(text: str, whole: str) -> str:
    """The value behind a percent-encoded piece of `whole`; ASCII only, as every GS1 character set is."""
    if "%" not in text:
        return text
    if broken := _BROKEN_ESCAPE.search(text):
        raise Gs1Error(whole, f"'%' must be followed by two hex digits, not {text[broken.end() :][:2]!r}")
    first, *rest = text.split("%")
    decoded = first + "".join(chr(int(piece[:2], 16)) + piece[2:] for piece in rest)
    if not decoded.isascii():
        raise Gs1Error(whole, "an escaped byte above %7F is in no GS1 character set")
    return decoded


def urn_escape(value: str) -> str:
    """A value as a component of an EPC URI (Tag Data Standard, table of characters in URIs).

    >>> urn_escape("32a/b(1)")
    '32a%2Fb(1)'
    """
    return _URN_ESCAPED.sub(lambda found: f"%{ord(found[0]):02X}", value)
