"""GS1 company prefixes: how long one is, where it stands in a key, and whose key it is.

The length is looked up in the prefix table that comes with biip (GS1's GCP length table); it is loaded at the
first question. The table cannot know every prefix; where it is silent the answer is None.
"""

from __future__ import annotations

from functools import lru_cache

from foundation.gs1.identity import Identity
from foundation.gs1.keys import Gs1Error, is_digits

__all__ = ["company_prefix_digits", "company_prefix_length", "is_restricted_circulation", "stands_under"]

# The keys that have one digit (indicator, extension or a fixed zero) in front of the company prefix.
_BEHIND_ONE_DIGIT = ("00", "01", "8003", "8006")


def company_prefix_digits(identity: Identity) -> str | None:
    """The key from the first digit of its company prefix on; None where the identity has no GS1 key."""
    if not identity.elements:
        return None
    ai, key = identity.elements[0]
    return key[1:] if ai in _BEHIND_ONE_DIGIT else key


def company_prefix_length(identity: Identity) -> int | None:
    """Digits of the company prefix: as the URN gave it, else looked up; None where unknown."""
    if identity.company_prefix_length is not None:
        return identity.company_prefix_length
    digits = company_prefix_digits(identity)
    if digits is None:
        return None
    if identity.gtin and digits.startswith("00000"):
        # A GTIN-8: its GS1-8 prefix of 3 digits behind five zeros counts as the prefix (Tag Data Standard,
        # GTIN-8 as SGTIN); restricted circulation numbers, which begin with 0 or 2, have none.
        return None if digits[5] in "02" else 8
    return looked_up_length(digits[:12])


@lru_cache(maxsize=1 << 14)
def looked_up_length(digits: str) -> int | None:
    """The length of the company prefix that leads these digits, 6 to 12, or None.

    >>> looked_up_length("401234500000")
    7
    """
    leading = digits[: next((at for at, digit in enumerate(digits) if not is_digits(digit)), len(digits))]
    if not leading:
        return None
    # Imported at the first use: the table takes 0.2 s and 25 MB.
    from biip.gs1_prefixes import GS1CompanyPrefix

    found = GS1CompanyPrefix.extract(leading)
    if found is None or not 6 <= len(found.value) <= min(12, len(leading)):
        return None
    return len(found.value)


def stands_under(identity: Identity, prefix: str) -> bool:
    """Whether the key of this identity begins with this company prefix.

    Raises:
        Gs1Error: the prefix is not 4 to 12 digits.
    """
    if not 4 <= len(prefix) <= 12 or not is_digits(prefix):
        raise Gs1Error(prefix, "a company prefix has 4 to 12 digits")
    if identity.company_prefix_length is not None and identity.company_prefix_length < len(prefix):
        return False
    digits = company_prefix_digits(identity)
    return digits is not None and digits.startswith(prefix)


def is_restricted_circulation(gtin: str) -> bool:
    """Whether a GTIN is a restricted circulation number, unique within a company or region only.

    GS1 prefixes 02, 04 and 20 to 29; GTIN-8 that begin with 0 or 2 (General Specifications, section 1.4).

    Args:
        gtin: 14 digits.

    >>> is_restricted_circulation("02112345678900"), is_restricted_circulation("09506000134352")
    (True, False)
    """
    if gtin.startswith("000000"):
        return gtin[6] in "02"
    return gtin[1:3] in ("02", "04") or gtin[1] == "2"
