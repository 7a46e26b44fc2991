"""Parties: who takes part, under which GS1 company prefixes, in which roles.

A party is named by the Digital Link URI of its party GLN (AI 417).  This room knows the form of a GLN
and of a company prefix, and nothing else about GS1 keys.

>>> Party("https://id.gs1.org/417/9506000140445", "Green Farm", "绿色农场", ("9506000",)).gln
'9506000140445'
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

PARTY_URI = "https://id.gs1.org/417/"
MAX_NAME = 200
MAX_PREFIXES = 1000

_GLN = re.compile(r"[0-9]{13}", re.ASCII)
_PREFIX = re.compile(r"[0-9]{4,12}", re.ASCII)
_KEY_URI = re.compile(r"https://id\.gs1\.org/(\d{2,4})/([0-9]{5,18})(?:[^0-9].*)?", re.ASCII | re.DOTALL)

# Where the company prefix starts in the keys whose first digit is something else (GS1 General Specifications
# §3: indicator digit of the GTIN, extension digit of the SSCC, leading zero of the GRAI).
_LEADING_DIGIT = {"00", "01", "02", "03", "8003", "8006", "8026"}


class AccessError(Exception):
    """A party, token or right is not as asked for; the base of this room's errors."""


class Unauthenticated(AccessError):
    """The bearer token does not stand for anyone; the message never says why.

    `reason` is for the operator's log only: "form", "unknown", "revoked" or "expired".
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__("the bearer token is missing or not valid")


class Role(StrEnum):
    """In which capacity a caller acts."""

    producer = "producer"
    carrier = "carrier"
    warehouse = "warehouse"
    pharmacy = "pharmacy"
    retailer = "retailer"
    regulator = "regulator"
    auditor = "auditor"
    public = "public"
    operator = "operator"


@dataclass(frozen=True, slots=True)
class Party:
    """A taker of part: its canonical identity, its names, its company prefixes, its roles.

    Args:
        id: canonical party URI, https://id.gs1.org/417/ and a GLN of 13 digits with its check digit.
        name: English (or only) name.
        name_zh: Chinese name, may be empty.
        company_prefixes: GS1 company prefixes it owns, 4 to 12 digits each.
        roles: roles its tokens may carry.

    Raises:
        AccessError: any of these is not of that form.
    """

    id: str
    name: str
    name_zh: str = ""
    company_prefixes: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()

    def __post_init__(self) -> None:
        check_party_id(self.id)
        if not self.name.strip() or len(self.name) > MAX_NAME or len(self.name_zh) > MAX_NAME:
            raise AccessError(f"party {self.id}: a name of 1 to {MAX_NAME} characters is needed")
        if len(self.company_prefixes) > MAX_PREFIXES:
            raise AccessError(f"party {self.id}: more than {MAX_PREFIXES} company prefixes")
        for prefix in self.company_prefixes:
            if not _PREFIX.fullmatch(prefix):
                raise AccessError(f"party {self.id}: company prefix {prefix!r} is not 4 to 12 digits")
        object.__setattr__(self, "company_prefixes", tuple(dict.fromkeys(self.company_prefixes)))
        try:
            object.__setattr__(self, "roles", tuple(dict.fromkeys(Role(role) for role in self.roles)))
        except ValueError as error:
            raise AccessError(f"party {self.id}: {error}") from None

    @property
    def gln(self) -> str:
        """The 13 digits of its GLN."""
        return self.id.removeprefix(PARTY_URI)

    def to_value(self) -> dict[str, Any]:
        """The party as a JSON object."""
        return {
            "name": self.name,
            "name_zh": self.name_zh,
            "company_prefixes": list(self.company_prefixes),
            "roles": [str(role) for role in self.roles],
        }

    @classmethod
    def from_value(cls, party_id: str, value: dict[str, Any]) -> Party:
        """The inverse of `to_value`."""
        return cls(
            party_id,
            value["name"],
            value["name_zh"],
            tuple(value["company_prefixes"]),
            tuple(Role(role) for role in value["roles"]),
        )


def check_party_id(party_id: str) -> str:
    """The party id itself, if it is the canonical URI of a GLN.

    Raises:
        AccessError: another form, or a wrong check digit (GS1 General Specifications §7.9.1).

    >>> check_party_id("https://id.gs1.org/417/9506000140446")
    Traceback (most recent call last):
    ...
    foundation.access.party.AccessError: party 'https://id.gs1.org/417/9506000140446': check digit 5 expected
    """
    gln = party_id.removeprefix(PARTY_URI)
    if gln == party_id or not _GLN.fullmatch(gln):
        raise AccessError(f"party {party_id!r}: {PARTY_URI} and 13 digits expected")
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(gln[:12]))
    expected = -weighted % 10
    if int(gln[12]) != expected:
        raise AccessError(f"party {party_id!r}: check digit {expected} expected")
    return party_id


def prefix_digits(key: str) -> str | None:
    """The digits of a GS1 key from its company prefix on.

    Args:
        key: a canonical URI on id.gs1.org, or bare digits: 14 (GTIN, GRAI) and 18 (SSCC) start with a digit
            before the prefix; 12 (UPC) lack a leading zero; 13 start with the prefix.

    Returns:
        At least 4 digits, or None where the key has no company prefix that can be found (GTIN-8, other URIs,
        keys that are no GS1 keys).

    >>> prefix_digits("09506000134352"), prefix_digits("https://id.gs1.org/00/195060001343520005")
    ('9506000134352', '95060001343520005')
    """
    application_identifier = None
    if not key.isdecimal() or not key.isascii():
        match = _KEY_URI.fullmatch(key)
        if match is None:
            return None
        application_identifier, key = match[1], match[2]
        if application_identifier in _LEADING_DIGIT:
            key = key[1:]
    elif len(key) == 12:
        key = f"0{key}"
    elif len(key) in (14, 18):
        key = key[1:]
    elif len(key) == 8:
        return None
    # A GTIN-8 in fourteen digits stands under a GS1-8 prefix, which is no company's.
    return None if len(key) < 4 or key.startswith("00000") else key
