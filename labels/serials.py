"""Serial numbers: blocks reserved by compare-and-set, never handed out twice.

A GTIN has one counter and one style, kept in records.  A reservation moves the counter, durably, before a
serial leaves; a crash in between loses numbers and repeats none.  The serials themselves are not stored: the
n-th serial is a function of the GTIN's record, so a block can be printed again.

- `NUMERIC`: the counter itself, 1, 2, 3, …
- `RANDOM`: twenty characters that look random (EU 2016/161 Article 4: at most 20 characters, from a
  deterministic or non-deterministic randomisation algorithm, guessed with less than one chance in ten
  thousand).  The counter is enciphered under a key of its own for each GTIN: a permutation of 100 bits, so
  no two are equal, and nothing is learnt from the serials seen so far.
- `RANDOM_NUMERIC`: the same over 38 bits as a decimal number, which fits the serial of an SGTIN-96 tag.
  After n serials a guess hits with n chances in 2**38: one in ten thousand is reached at 27 million.

Whoever reads the records can compute serials to come: they are to be kept like a key.

>>> from foundation.records import SqliteRecords
>>> serials = Serials(SqliteRecords(":memory:", KINDS))
>>> list(serials.reserve("09506000134352", 3, Style.NUMERIC))
['1', '2', '3']
>>> list(serials.reserve("9506000134352", 2, Style.NUMERIC))
['4', '5']
>>> [len(serial) for serial in serials.reserve("09506000134369", 2)]
[20, 20]
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from foundation.gs1 import Gs1Error, gtin14
from foundation.records import Kind, Records, change

from .label import LabelError

SERIAL_KIND = Kind("serial_counter")
KINDS = (SERIAL_KIND,)
"""The kinds of record this room needs in the installation's schema."""

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""32 characters without 0, 1, I and O, which people confuse."""
MAX_BLOCK = 1_000_000
TAG_SERIAL_BITS = 38
"""Bits of the serial in an SGTIN-96 (Tag Data Standard)."""

_RANDOM_BITS = 100
_ROUNDS = 10


class Style(StrEnum):
    """How the serials of a GTIN look."""

    NUMERIC = "numeric"
    RANDOM = "random"
    RANDOM_NUMERIC = "random-numeric"


_BITS = {Style.NUMERIC: TAG_SERIAL_BITS, Style.RANDOM: _RANDOM_BITS, Style.RANDOM_NUMERIC: TAG_SERIAL_BITS}


@dataclass(frozen=True, slots=True)
class SerialBlock:
    """Serials that belong to whoever reserved them; iterate for the texts.

    Args:
        gtin: GTIN-14.
        style: how they look.
        first: number of the first one, counted from 1 for the GTIN.
        count: how many.
    """

    gtin: str
    style: Style
    first: int
    count: int
    key: bytes = field(repr=False)

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[str]:
        for n in range(self.first, self.first + self.count):
            yield serial(self.style, self.key, n)


class Serials:
    """The serial counters of an installation over records (whose schema holds `KINDS`).

    Args:
        records: the store.
        random_bytes: source of the keys.
    """

    def __init__(self, records: Records, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._records = records
        self._random_bytes = random_bytes

    def reserve(self, gtin: str, count: int, style: Style = Style.RANDOM) -> SerialBlock:
        """Reserve the next serials of a GTIN; nobody else gets any of them.

        Args:
            gtin: 8, 12, 13 or 14 digits.
            count: 1 to 1,000,000.
            style: the same for all serials of a GTIN.

        Raises:
            LabelError: not a GTIN, a bad count, another style than before, or the numbers are used up.
        """
        gtin = _gtin(gtin)
        if not 1 <= count <= MAX_BLOCK:
            raise LabelError(f"a block has 1 to {MAX_BLOCK} serials, not {count}")
        fresh = self._random_bytes(32).hex()

        def next_value(seen: dict[str, Any] | None) -> dict[str, Any]:
            value = seen or {"style": str(style), "next": 1, "key": fresh}
            if value["style"] != style:
                # Two styles of one GTIN could meet in one text.
                raise LabelError(f"the serials of {gtin} are {value['style']}, not {style}")
            if value["next"] + count > 1 << min(_BITS[style], 62):
                raise LabelError(f"{gtin} has no {count} serials left (the next is number {value['next']})")
            return {**value, "next": value["next"] + count}

        stored = change(self._records, SERIAL_KIND.name, gtin, next_value, attempts=10_000).value
        return SerialBlock(gtin, style, stored["next"] - count, count, bytes.fromhex(stored["key"]))

    def block(self, gtin: str, first: int, count: int) -> SerialBlock:
        """A block reserved earlier, to print it again.

        Raises:
            LabelError: these numbers were never reserved.
        """
        gtin = _gtin(gtin)
        record = self._records.get(SERIAL_KIND.name, gtin)
        reserved = 1 if record is None else record.value["next"]
        if record is None or first < 1 or count < 1 or first + count > reserved:
            raise LabelError(
                f"{gtin}: numbers {first} to {first + count - 1} were not reserved (the next is {reserved})"
            )
        key = bytes.fromhex(record.value["key"])
        return SerialBlock(gtin, Style(record.value["style"]), first, count, key)


def serial(style: Style, key: bytes, n: int) -> str:
    """The n-th serial of a GTIN with this key.

    >>> serial(Style.NUMERIC, b"", 12), len(serial(Style.RANDOM, b"k", 12))
    ('12', 20)
    """
    if style is Style.NUMERIC:
        return str(n)
    value = permute(key, n, _BITS[style])
    if style is Style.RANDOM_NUMERIC:
        return str(value)
    return "".join(ALPHABET[value >> shift & 31] for shift in range(_RANDOM_BITS - 5, -1, -5))


def permute(key: bytes, value: int, bits: int) -> int:
    """A permutation of the numbers below 2**bits that is not told from a random one without the key.

    A Feistel network whose rounds are keyed BLAKE2b (Luby and Rackoff 1988), ten of them
    as in the FF1 of NIST SP 800-38G.

    Args:
        key: up to 64 bytes.
        value: 0 to 2**bits - 1.
        bits: even, at most 128.
    """
    half = bits // 2
    mask = (1 << half) - 1
    left, right = value >> half, value & mask
    for step in range(_ROUNDS):
        mixed = hashlib.blake2b(
            right.to_bytes(8), digest_size=8, key=key, salt=bytes((bits, step)), person=b"suyuan serial"
        ).digest()
        left, right = right, left ^ (int.from_bytes(mixed) & mask)
    return left << half | right


def _gtin(text: str) -> str:
    try:
        return gtin14(text)
    except Gs1Error as error:
        raise LabelError(f"serials are per GTIN: {error}") from None
