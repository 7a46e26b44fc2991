"""Reading the stock: how much of which lot is where, where one item is, and what does not add up."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from itertools import groupby, islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

from foundation.gs1 import Gs1Error, canonical
from logistics.errors import BadStockQuery
from logistics.stock.account import PHYSICAL, Account, Reason
from logistics.stock.condition import AVAILABLE, together
from logistics.stock.goods import class_goods
from logistics.stock.tables import Tables
from trace_api.lineage.levels import site as site_of

__all__ = ["Balance", "ItemAccount", "Mismatch", "Stock", "StockLevel", "site_key"]

EXACT = Context(prec=60)
COLUMNS = "l.site, l.gtin, l.lot, l.status, l.uom"
LEVELS = "level l LEFT JOIN lot_condition c ON c.lot = l.lot"
"""Balances, each with what is said against its lot as such."""
PORTION = 64


@dataclass(frozen=True, slots=True)
class StockLevel:
    """How much of one lot stands at one site in one status.

    Attributes:
        site: canonical location without its extension; "" where events named no place.
        gtin: canonical class, such as https://id.gs1.org/01/09506000134352.
        lot: canonical lot, None where it is not known.
        status: "available", or what is said against the goods and against their lot as such, words joined
            by "+".
        quantity: in `uom`; serialised items count one each.
        uom: UN/ECE unit, None for pieces; units are never mixed.
        items_seen: how many of the pieces are known by their serial.
    """

    site: str
    gtin: str
    lot: str | None
    status: str
    quantity: Decimal
    uom: str | None
    items_seen: int


@dataclass(frozen=True, slots=True)
class Balance:
    """One account of the double entry; those of one lot and unit add up to zero."""

    account: Account
    site: str
    gtin: str
    lot: str | None
    status: str
    quantity: Decimal
    uom: str | None


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One event that does not fit what is known of some goods.

    Attributes:
        position: log position of the event.
        account, site: where the goods were put nevertheless.
        quantity: how much; None where the event itself does not tell.
    """

    position: int
    reason: Reason
    account: Account
    site: str
    gtin: str
    lot: str | None
    quantity: Decimal | None
    uom: str | None


@dataclass(frozen=True, slots=True)
class ItemAccount:
    """Where one item is.

    Attributes:
        status: as in `StockLevel`; "available" where the item is in no physical account.
    """

    item: str
    account: Account
    site: str
    gtin: str
    lot: str | None
    status: str


class Stock:
    """The stock for reading, from any thread.

    Args:
        tables: the stock file, or its path to open it beside the running writer.

    Raises:
        StockUnusable: the file is no stock file of this format.
    """

    def __init__(self, tables: Tables | Path) -> None:
        self._tables = Tables(tables, read_only=True) if isinstance(tables, Path) else tables

    @property
    def position(self) -> int:
        """Log entries that these answers rest on."""
        return self._tables.built_from()[0]

    @contextmanager
    def snapshot(self) -> Iterator[int]:
        """One state of the stock for all that this thread asks inside; gives the position of that state."""
        with self._tables.snapshot():
            yield self.position

    def sites(self) -> list[str]:
        """Every site that ever held stock, in order."""
        rows = self._rows("SELECT DISTINCT site FROM level WHERE account = ? ORDER BY site", [Account.SITE])
        return [row[0] for row in rows]

    def levels(
        self,
        site: str | Collection[str] | None = None,
        gtin: str | None = None,
        lot: str | None = None,
        *,
        after: StockLevel | None = None,
        limit: int | None = None,
    ) -> list[StockLevel]:
        """What stands at sites, by site, class, lot, status and unit.

        Args:
            site: one location or several, in any form of the identifier; None for all.
            gtin: a GTIN or another class, in any form.
            lot: a lot in any form ("(01)09506000134352(10)A1"), or with `gtin` its lot number alone.
            after: the last level of the page before.
            limit: at most so many.

        Raises:
            BadStockQuery: an identifier is malformed.
        """
        sites = None if site is None else [site] if isinstance(site, str) else list(site)
        wanted = _goods(gtin, lot)
        found: list[StockLevel] = []
        with self._tables.snapshot(), localcontext(EXACT):
            for one in [None] if sites is None else sorted({site_key(text) for text in sites}):
                left = None if limit is None else limit - len(found)
                if left is not None and left <= 0:
                    break
                if one is None or after is None or one >= after.site:
                    found += self._levels(one, wanted, after, left)
        return found

    def _levels(
        self,
        site: str | None,
        wanted: tuple[str | None, str | None],
        after: StockLevel | None,
        limit: int | None,
    ) -> list[StockLevel]:
        conditions, values = ["l.account = ?", "l.quantity <> '0'"], [str(Account.SITE)]
        for column, value in zip(("site", "gtin", "lot"), (site, *wanted), strict=True):
            if value is not None:
                conditions.append(f"l.{column} = ?")
                values.append(value)
        if after is not None:  # from its lot on, for a status told may be in several rows
            conditions.append("(l.site, l.gtin, l.lot) >= (?, ?, ?)")
            values += [after.site, after.gtin, after.lot or ""]
        portion = None if limit is None else limit + PORTION
        told = _told(self._portions(" AND ".join(conditions), values, portion))
        return list(islice((one for one in told if after is None or _place(one) > _place(after)), limit))

    def _portions(self, condition: str, values: list[str], portion: int | None) -> Iterator[tuple[Any, ...]]:
        """The rows of levels in order, so many at a time (None: all at once)."""
        more: list[str] = []
        while True:
            rows = self._rows(
                f"SELECT {COLUMNS}, l.quantity, l.items, c.status FROM {LEVELS} WHERE {condition}"
                + (f" AND ({COLUMNS}) > (?, ?, ?, ?, ?)" if more else "")
                + f" ORDER BY {COLUMNS} LIMIT ?",
                [*values, *more, -1 if portion is None else portion],
            )
            yield from rows
            if portion is None or len(rows) < portion:
                return
            more = list(rows[-1][:5])

    def balances(self, gtin: str | None = None, lot: str | None = None) -> list[Balance]:
        """All accounts of some goods, as `levels` takes them; by account.

        Raises:
            BadStockQuery: an identifier is malformed.
        """
        conditions, values = ["l.quantity <> '0'"], []
        for column, value in zip(("gtin", "lot"), _goods(gtin, lot), strict=True):
            if value is not None:
                conditions.append(f"l.{column} = ?")
                values.append(value)
        rows = self._rows(
            f"SELECT l.account, {COLUMNS}, l.quantity, c.status FROM {LEVELS} WHERE {' AND '.join(conditions)}",
            values,
        )
        found: dict[tuple[str, ...], Decimal] = {}
        with localcontext(EXACT):
            for account, site, gtin_, lot_, status, uom, quantity, of_lot in rows:
                told = together(status, of_lot or AVAILABLE) if account in PHYSICAL else status
                key = (account, site, gtin_, lot_, told, uom)
                found[key] = found.get(key, Decimal(0)) + Decimal(quantity)
        return [
            Balance(Account(account), site, gtin_, lot_ or None, status, quantity, uom or None)
            for (account, site, gtin_, lot_, status, uom), quantity in sorted(found.items())
        ]

    def mismatches(self) -> list[Mismatch]:
        """What did not fit, by the goods and the event; items of one event and lot are added up."""
        rows = self._rows(
            "SELECT m.position, m.reason, l.account, l.site, l.gtin, l.lot, l.uom, m.quantity"
            " FROM mismatch m JOIN level l ON l.id = m.level"
            " ORDER BY l.gtin, l.lot, l.uom, m.position, m.reason, l.account, l.site",
            [],
        )
        found: dict[tuple[Any, ...], Decimal | None] = {}
        with localcontext(EXACT):
            for *key, quantity in rows:
                before = found.get(tuple(key), Decimal(0))
                found[tuple(key)] = None if quantity is None or before is None else before + Decimal(quantity)
        return [
            Mismatch(
                position, Reason(reason), Account(account), site, gtin, lot or None, quantity, uom or None
            )
            for (position, reason, account, site, gtin, lot, uom), quantity in found.items()
        ]

    def account(self, item: str) -> ItemAccount | None:
        """Where one item is, None where no event moved it or it never counts as stock (an SSCC).

        Args:
            item: in any form of the identifier.

        Raises:
            BadStockQuery: the identifier is malformed.
        """
        uri = _canonical("item", item)
        rows = self._rows(
            "SELECT l.account, l.site, l.gtin, l.lot, l.status, c.status FROM object o"
            " JOIN folded f ON f.object = o.id JOIN level l ON l.id = f.present"
            " LEFT JOIN lot_condition c ON c.lot = l.lot"
            " WHERE o.uri = ? AND o.is_class = 0",
            [uri],
        )
        for account, site, gtin, lot, status, of_lot in rows:
            told = together(status, of_lot or AVAILABLE) if account in PHYSICAL else status
            return ItemAccount(uri, Account(account), site, gtin, lot or None, told)
        return None

    def _rows(self, sql: str, values: list[str] | list[Any]) -> list[tuple[Any, ...]]:
        return self._tables.rows(sql, values)

    def close(self) -> None:
        """Let go of the file."""
        self._tables.close()


def _told(rows: Iterator[tuple[Any, ...]]) -> Iterator[StockLevel]:
    """Levels by what is said of the goods and of their lot as such, in order.

    Args:
        rows: site, class, lot, status, unit, quantity, items and the lot's status, in order.
    """
    for (site, gtin, lot), some in groupby(rows, key=lambda row: row[:3]):
        sums: dict[tuple[str, str], tuple[Decimal, int]] = {}
        for _, _, _, status, uom, quantity, items, of_lot in some:
            key = (together(status, of_lot or AVAILABLE), uom)
            before, seen = sums.get(key, (Decimal(0), 0))
            sums[key] = (before + Decimal(quantity), seen + items)
        for (status, uom), (total, seen) in sorted(sums.items()):
            yield StockLevel(site, gtin, lot or None, status, total, uom or None, seen)


def _place(level: StockLevel) -> tuple[str, str, str, str, str]:
    return level.site, level.gtin, level.lot or "", level.status, level.uom or ""


def site_key(text: str) -> str:
    """The site of a location in any form: its canonical identifier without the GLN extension.

    >>> site_key("urn:epc:id:sgln:4012345.00001.7")
    'https://id.gs1.org/414/4012345000016'

    Raises:
        BadStockQuery: the identifier is malformed.
    """
    return site_of(_canonical("site", text))


def _goods(gtin: str | None, lot: str | None) -> tuple[str | None, str | None]:
    """(class, lot) that a question is about, canonical."""
    if gtin is not None:
        gtin = _canonical("gtin", gtin)
    if lot is None:
        return gtin, None
    if gtin is not None and "/" not in lot and not lot.startswith("("):
        lot = f"{gtin}/10/{quote(lot, safe='')}"
    uri = _canonical("lot", lot)
    goods = class_goods(uri)
    if goods is None or (goods.lot is None and gtin is None):
        raise BadStockQuery(f"lot={lot!r} names no lot; a lot number alone needs its gtin")
    return gtin, goods.lot or ""


def _canonical(name: str, text: str) -> str:
    if not text:
        return text
    try:
        return canonical(text)
    except Gs1Error as fault:
        raise BadStockQuery(f"{name}={text!r}: {fault}") from fault
