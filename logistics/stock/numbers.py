"""Small numbers for identifiers and balances, as the stock file keeps them; the writer's own cache."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Collection, Iterator
from itertools import islice
from typing import NamedTuple

__all__ = ["LevelKey", "Numbers", "chunks"]

CACHE = 200_000
PARAMETERS = 900  # SQLite's oldest limit on parameters of one statement is 999


class LevelKey(NamedTuple):
    """What one balance is of; "" where there is no site, lot or unit."""

    account: str
    site: str
    gtin: str
    lot: str
    status: str
    uom: str


def chunks(numbers: Collection[int]) -> Iterator[list[int]]:
    """Numbers in portions that fit one SQL statement."""
    rest = iter(numbers)
    while some := list(islice(rest, PARAMETERS)):
        yield some


class Numbers:
    """Identifiers <-> numbers of `object`, balances -> numbers of `level`, given when first seen.

    Args:
        write: the writer's connection, inside a transaction.
    """

    def __init__(self, write: sqlite3.Connection) -> None:
        self._write = write
        self._objects: OrderedDict[tuple[str, bool], int] = OrderedDict()
        self._names: OrderedDict[int, tuple[str, bool]] = OrderedDict()
        self._levels: dict[LevelKey, int] = {}

    def forget(self) -> None:
        """Drop what is cached: it may hold numbers that were never committed."""
        self._objects.clear()
        self._names.clear()
        self._levels.clear()

    def of(self, uri: str, *, is_class: bool = False) -> int:
        """The number of an identifier."""
        key = (uri, is_class)
        number = self._objects.get(key)
        if number is None:
            row = self._write.execute("SELECT id FROM object WHERE uri = ? AND is_class = ?", key).fetchone()
            if row is None:
                given = self._write.execute("INSERT INTO object (uri, is_class) VALUES (?, ?)", key).lastrowid
                number = _given(given)
            else:
                number = int(row[0])
            self._objects[key] = number
            if len(self._objects) > CACHE:
                self._objects.popitem(last=False)
        return number

    def names(self, numbers: Collection[int]) -> dict[int, tuple[str, bool]]:
        """(identifier, whether it is a class) of each number."""
        found = {number: name for number in numbers if (name := self._names.get(number)) is not None}
        for some in chunks([number for number in numbers if number not in found]):
            marks = ",".join("?" * len(some))
            rows = self._write.execute(f"SELECT id, uri, is_class FROM object WHERE id IN ({marks})", some)
            for number, uri, is_class in rows:
                found[number] = self._names[number] = (uri, bool(is_class))
        while len(self._names) > CACHE:
            self._names.popitem(last=False)
        return found

    def level(self, key: LevelKey) -> int:
        """The number of a balance; a new one is zero."""
        number = self._levels.get(key)
        if number is None:
            row = self._write.execute(
                "SELECT id FROM level WHERE account = ? AND site = ? AND gtin = ? AND lot = ? AND status = ?"
                " AND uom = ?",
                key,
            ).fetchone()
            if row is None:
                given = self._write.execute(
                    "INSERT INTO level (account, site, gtin, lot, status, uom, quantity, items)"
                    " VALUES (?, ?, ?, ?, ?, ?, '0', 0)",
                    key,
                ).lastrowid
                number = _given(given)
            else:
                number = int(row[0])
            if len(self._levels) > CACHE:
                self._levels.clear()
            self._levels[key] = number
        return number


def _given(row_id: int | None) -> int:
    if row_id is None:
        raise LookupError("SQLite gave no number to a row it inserted")
    return row_id
