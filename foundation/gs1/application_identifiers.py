"""The GS1 Application Identifiers: what each may hold, and which of them make a GS1 key.

The table is written in the notation of the GS1 Barcode Syntax Dictionary: `N6` six digits, `X..20` one to
twenty characters of set 82, `Y` of set 39, `Z` base64url, `[…]` a piece that may be absent, and after a comma
the checks on that piece. Checks against lists that others keep (countries, currencies, banks, coupons, media
types) are left out. Rules on which Application Identifiers need each other are not applied either: they hold
over all the symbols on an item, not over one scan.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from foundation.gs1.keys import (
    CSET_39,
    CSET_64,
    CSET_82,
    CSET_NAMES,
    Gs1Error,
    check_character_pair,
    check_digit,
    is_digits,
)

__all__ = ["APPLICATION_IDENTIFIERS", "KEY_QUALIFIERS", "ApplicationIdentifier", "check_value"]

_FORMATS = """
00               N18,csum,gcppos2
01-03            N14,csum,gcppos2
10 21 22         X..20
11-13 15-17      N6,yymmd0
20               N2
235              X..28
240 241 250 251  X..30
242              N..6
243 254 420      X..20
253              N13,csum,gcppos1 [X..17]
255              N13,csum,gcppos1 [N..12]
30 37            N..8
310n-316n 320n-337n 340n-357n 360n-369n  N6
3900-3909 3920-3929  N..15
3910-3919 3930-3939  N3 N..15
3940-3943        N4
3950-3955        N6
400 403          X..30
401              X..30,gcppos1
402              N17,csum,gcppos1
410-417          N13,csum,gcppos1
421              N3 X..9
422 424 426      N3
423 425          N3 [N3] [N3] [N3] [N3]
427              X..3
4300 4301 4310 4311 4320  X..35,pcenc
4302-4306 4312-4316       X..70,pcenc
4307 4317        X2
4308 4319        X..30
4309             N10 N10
4318             X..20
4321-4323        N1,yesno
4324 4325        N6,yymmd0 N4,hhmi
4326             N6,yymmdd
4330-4333        N6 [X1],hyphen
7001             N13
7002             X..30
7003             N6,yymmdd N4,hhmi
7004             N..4
7005             X..12
7006             N6,yymmdd
7007             N6,yymmdd [N6],yymmdd
7008             X..3
7009             X..10
7010             X..2
7011             N6,yymmdd [N4],hhmi
7020-7022        X..20
7023             X..30,gcppos1
7030-7039        N3 X..27
7040             N1 X1 X1 X1
7041             X..4
710-717          X..20
7230-7239        X2 X..28
7240             X..20
7241             N2
7242             X..25
7250             N8,yyyymmdd
7251             N8,yyyymmdd N4,hhmi
7252             N1
7253 7254 7259   X..40,pcenc
7255             X..10
7256             X..90,pcenc
7257             X..70,pcenc
7258             X3
8001             N4,nonzero N5,nonzero N3,nonzero N1,winding N1
8002 8012        X..20
8003             N1,zero N13,csum,gcppos1 [X..16]
8004             X..30,gcppos1
8005             N6
8006 8026        N14,csum,gcppos2 N4,pieceoftotal
8007             X..34
8008             N6,yymmdd N2,hh [N2],mi [N2],ss
8009             X..50
8010             Y..30,gcppos1
8011             N..12,nozeroprefix
8013             X..25,csumalpha,gcppos1
8014             X..25,csumalpha,gcppos1,hasnondigit
8017 8018        N18,csum,gcppos1
8019             N..10
8020             X..25
8030             Z..90
8040 8041        N15
8042             N32
8043             N18 [N..2]
8110 8112        X..70
8111             N4
8200             X..70
90               X..30
91-99            X..90
"""

KEY_QUALIFIERS: dict[str, tuple[tuple[str, ...], ...]] = {
    "00": ((),),
    "01": (("22", "10", "21"), ("235",)),
    "253": ((),),
    "255": ((),),
    "401": ((),),
    "402": ((),),
    "414": (("254",), ("7040",)),
    "415": (("8020",),),
    "417": (("7040",),),
    "8003": ((),),
    "8004": (("7040",),),
    "8006": (("22", "10", "21"),),
    "8010": (("8011",),),
    "8013": ((),),
    "8017": (("8019",),),
    "8018": (("8019",),),
}
"""Each primary key of a Digital Link, with the qualifiers that may follow it, in order, as alternatives."""

_SETS = {"N": "0-9", "X": CSET_82, "Y": CSET_39, "Z": CSET_64}
_PIECE = re.compile(r"(\[?)([NXYZ])(\.\.)?([0-9]+)\]?((?:,[a-z0-9]+)*)")


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of a value: its character set, length and checks."""

    characters: str
    shortest: int
    longest: int
    optional: bool
    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ApplicationIdentifier:
    """What one Application Identifier may hold."""

    ai: str
    format: str
    """In the notation of the syntax dictionary, for messages."""
    pieces: tuple[Piece, ...]
    pattern: re.Pattern[str]
    """One group a piece."""
    predefined_length: int | None
    """The length of the value where no separator is needed behind it, else None."""
    data_attribute: bool
    """May it stand in the query of a Digital Link?"""

    @property
    def longest(self) -> int:
        """The longest value, in characters."""
        return sum(piece.longest for piece in self.pieces)


def _month_and_day(text: str, *, day_zero: bool) -> bool:
    month, day = int(text[2:4]), int(text[4:6])
    # A century does not change the month lengths but for 1900 and 2100; 2000 was a leap year.
    leap = int(text[:2]) % 4 == 0
    days = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    return 1 <= month <= 12 and (0 if day_zero else 1) <= day <= days[month - 1]


def _pair(text: str) -> str:
    return check_character_pair(text[:-2]) if len(text) > 2 else ""


_CHECKS: dict[str, tuple[Callable[[str], bool], Callable[[str], str]]] = {
    "csum": (
        lambda v: check_digit(v[:-1]) == int(v[-1]),
        lambda v: f"the check digit of {v} must be {check_digit(v[:-1])}, it is {v[-1]}",
    ),
    "csumalpha": (
        lambda v: len(v) > 2 and _pair(v) == v[-2:],
        lambda v: f"the check pair of {v} must be {_pair(v) or 'two characters behind the model number'}",
    ),
    "gcppos1": (
        lambda v: is_digits(v[:4]) and len(v) >= 4,
        lambda v: f"{v} must begin with a company prefix",
    ),
    "gcppos2": (lambda v: is_digits(v[1:5]), lambda v: f"{v} must have a company prefix from its 2nd digit"),
    "yymmd0": (
        lambda v: _month_and_day(v, day_zero=True),
        lambda v: f"{v} must be a date YYMMDD (DD may be 00)",
    ),
    "yymmdd": (lambda v: _month_and_day(v, day_zero=False), lambda v: f"{v} must be a date YYMMDD"),
    "yyyymmdd": (lambda v: _month_and_day(v[2:], day_zero=False), lambda v: f"{v} must be a date YYYYMMDD"),
    "hhmi": (lambda v: v[:2] < "24" and v[2:] < "60", lambda v: f"{v} must be a time HHMM"),
    "hh": (lambda v: v < "24", lambda v: f"{v} must be an hour 00-23"),
    "mi": (lambda v: v < "60", lambda v: f"{v} must be a minute 00-59"),
    "ss": (lambda v: v < "60", lambda v: f"{v} must be a second 00-59"),
    "zero": (lambda v: v == "0", lambda v: f"the first digit must be 0, it is {v}"),
    "nonzero": (lambda v: int(v) > 0, lambda v: f"{v} must not be zero"),
    "nozeroprefix": (lambda v: v == "0" or v[0] != "0", lambda v: f"{v} must not begin with 0"),
    "pieceoftotal": (
        lambda v: 0 < int(v[:2]) <= int(v[2:]),
        lambda v: f"{v} must be a piece number from 01 and a total that is not smaller",
    ),
    "yesno": (lambda v: v in "01", lambda v: f"{v} must be 0 or 1"),
    "winding": (lambda v: v in "019", lambda v: f"the winding direction {v} must be 0, 1 or 9"),
    "hyphen": (lambda v: v == "-", lambda v: f"{v} must be '-' or absent"),
    "hasnondigit": (lambda v: not v.isdigit(), lambda v: f"{v} must have a character that is no digit"),
    "pcenc": (
        lambda v: re.search("%(?![0-9A-Fa-f]{2})", v) is None,
        lambda v: f"'%' in {v} must be followed by two hex digits",
    ),
}


def _pieces(text: str) -> tuple[Piece, ...]:
    pieces = []
    for optional, characters, up_to, length, checks in _PIECE.findall(text):
        shortest = 1 if up_to else int(length)
        pieces.append(Piece(characters, shortest, int(length), bool(optional), tuple(checks.split(",")[1:])))
    return tuple(pieces)


def _expand(names: str) -> list[str]:
    found: list[str] = []
    for name in names.split():
        first, _, last = name.partition("-")
        scaled = first.endswith("n")  # 310n: n is the number of decimals, 0 to 5
        numbers = range(int(first.rstrip("n")), int((last or first).rstrip("n")) + 1)
        for number in numbers:
            text = str(number).zfill(len(first) - scaled)
            found += [f"{text}{decimals}" for decimals in range(6)] if scaled else [text]
    return found


_NOT_DATA_ATTRIBUTES = frozenset(_expand("03 21-22 235 254 7040-7041 8011 8014 8019-8020 8040-8043 8200"))
# General Specifications, figure 7.8.4-2: the first two digits of those that need no separator behind them.
_PREDEFINED = frozenset(_expand("00-04 11-20 31-36 41"))


def _table() -> dict[str, ApplicationIdentifier]:
    table = {}
    for line in _FORMATS.strip().splitlines():
        names, written = re.split(r"\s+(?=[NXYZ])", line, maxsplit=1)
        pieces = _pieces(written)
        pattern = re.compile(
            "".join(
                f"([{_SETS[p.characters]}]{{{p.shortest},{p.longest}}}){'?' if p.optional else ''}"
                for p in pieces
            )
        )
        for ai in _expand(names):
            fixed = sum(p.longest for p in pieces) if ai[:2] in _PREDEFINED else None
            attribute = ai not in _NOT_DATA_ATTRIBUTES
            table[ai] = ApplicationIdentifier(ai, written, pieces, pattern, fixed, attribute)
    return table


APPLICATION_IDENTIFIERS: dict[str, ApplicationIdentifier] = _table()
"""Every Application Identifier by its digits."""

AI_LENGTHS: dict[str, int] = {ai[:2]: len(ai) for ai in APPLICATION_IDENTIFIERS}
"""The length of an Application Identifier by its first two digits."""


def check_value(ai: str, value: str, whole: str) -> None:
    """Check that a value may stand behind an Application Identifier.

    Args:
        ai: two to four digits.
        value: the data, decoded.
        whole: the input it was found in, for the message.

    Raises:
        Gs1Error: the Application Identifier is unknown, or the value breaks its format or one of its checks.
    """
    entry = APPLICATION_IDENTIFIERS.get(ai)
    if entry is None:
        raise Gs1Error(whole, f"({ai}) is not an Application Identifier")
    match = entry.pattern.fullmatch(value)
    if match is None:
        raise Gs1Error(whole, f"({ai}) must be {entry.format}: {_misfit(entry, value)}")
    for piece, text in zip(entry.pieces, match.groups(), strict=True):
        if text is not None:
            for name in piece.checks:
                holds, says = _CHECKS[name]
                if not holds(text):
                    raise Gs1Error(whole, f"({ai}) {says(text)}")


def _misfit(entry: ApplicationIdentifier, value: str) -> str:
    """Why a value does not have the format: the first wrong character, or its length."""
    at = 0
    for piece in entry.pieces:
        allowed = re.compile(f"[{_SETS[piece.characters]}]")
        for offset, character in enumerate(value[at : at + piece.longest]):
            if not allowed.match(character):
                place = at + offset + 1
                return f"{character!r} at place {place} is not among {CSET_NAMES[piece.characters]}"
        at += piece.longest
    return f"{value[:100]!r} has {len(value)} characters"
