"""Folding what changed: the old fold of an item or lot is taken out of the balances, the new one put in.

An item is folded from its first event on; items that share all their events (the cases of a pallet) are
folded once. The book of a lot is kept, and goes on from where it was as long as nothing earlier changed.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import orjson

from logistics.stock.account import ENDS, Account, Posting, Shortfall
from logistics.stock.condition import AVAILABLE, Change
from logistics.stock.goods import Goods, class_goods, item_class
from logistics.stock.item import ItemFold, fold_item
from logistics.stock.lot import Amount, LotBook
from logistics.stock.numbers import LevelKey, Numbers, chunks
from logistics.stock.postings import Movement, Verb

__all__ = ["Folds", "encode_postings", "inherited_parts"]

ZERO = Decimal(0)
Story = tuple[tuple[int, int], ...]
"""(position, part) of each movement that concerns an item."""
Vector = tuple[int | None, bytes]
"""Number of the balance in which an item is, and JSON of [[number of a balance, pieces], ...]."""


def encode_postings(movements: tuple[Movement, ...]) -> bytes:
    """The movements of an event as the stock file keeps them; the things themselves stand in `touch`."""
    return orjson.dumps(
        [
            [
                str(move.verb), move.step, move.origin, move.site, move.phase, move.inherited,
                move.change.set, move.change.unset, move.change.disposition,
            ]
            for move in movements
        ]
    )  # fmt: skip


def inherited_parts(postings: bytes) -> dict[int, bool]:
    """The parts of an event that also happen to contents, and whether each ends the carriers themselves."""
    return {part: move[0] in ENDS for part, move in enumerate(orjson.loads(postings)) if move[5]}


@dataclass(slots=True)
class _Delta:
    """What one application adds to the balances: number of a balance -> (quantity, items)."""

    quantity: defaultdict[int, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    items: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))


class Folds:
    """Folds items and lots anew and keeps the balances.

    Args:
        write: the writer's connection, inside a transaction.
    """

    def __init__(self, write: sqlite3.Connection, numbers: Numbers) -> None:
        self._write = write
        self._numbers = numbers
        self._delta = _Delta()
        self._postings: dict[int, list[Posting] | None] = {}
        self._folded: dict[Story, ItemFold] = {}
        self._vectors: dict[tuple[Story, Goods], Vector] = {}

    def fold(self, dirty: Mapping[int, int]) -> None:
        """Fold objects anew.

        Args:
            dirty: number of an object -> event time (µs) of the earliest change.
        """
        for some in chunks(dirty):
            names = self._numbers.names(some)
            items: dict[int, str] = {}
            for number, (uri, is_class) in names.items():
                if is_class:
                    goods = class_goods(uri)
                    if goods is not None:
                        self._fold_lot(number, goods, dirty[number])
                elif (gtin := item_class(uri)) is not None:
                    items[number] = gtin
            if items:
                self._fold_items(items)
        self._write_levels()

    # -- items ------------------------------------------------------------------------------------

    def _fold_items(self, items: Mapping[int, str]) -> None:
        marks = ",".join("?" * len(items))
        stories: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        for number, position, part in self._write.execute(
            f"SELECT DISTINCT object, position, part FROM touch WHERE object IN ({marks})",
            [*items],
        ):
            stories[number].append((position, part))
        self._load({position for story in stories.values() for position, _ in story})
        lots = self._lots(items)
        old = self._old(items)
        rows: list[tuple[int, int | None, bytes]] = []
        shortfalls: list[tuple[int, int, int, str, int, str | None]] = []
        for number, gtin in items.items():
            goods = Goods(gtin, lots.get(number))
            story = self._in_order(stories[number])
            present, vector = self._vector(story, goods)
            if old.get(number) != vector:
                self._count(old.get(number), -1)
                self._count(vector, 1)
            rows.append((number, present, vector))
            misfits = self._folded[story].shortfalls
            shortfalls += [(number, *self._misfit(n, one, goods)) for n, one in enumerate(misfits)]
        self._write.executemany(
            "INSERT OR REPLACE INTO folded (object, present, vector) VALUES (?, ?, ?)", rows
        )
        self._write.execute(f"DELETE FROM mismatch WHERE object IN ({marks})", [*items])
        self._write.executemany("INSERT INTO mismatch VALUES (?, ?, ?, ?, ?, ?)", shortfalls)

    def _in_order(self, story: list[tuple[int, int]]) -> Story:
        """A story in the order of the world, without the events that do not count."""
        placed = [
            (postings[part].key, position, part)
            for position, part in story
            if (postings := self._postings[position]) is not None
        ]
        placed.sort()
        return tuple((position, part) for _, position, part in placed)

    def _vector(self, story: Story, goods: Goods) -> Vector:
        found = self._vectors.get((story, goods))
        if found is None:
            fold = self._folded.get(story)
            if fold is None:
                fold = self._folded[story] = fold_item(self._posting(step) for step in story)
            level = self._numbers.level
            present = None
            if fold.present is not None:
                account, site = fold.present
                present = level(_key(account, site, goods, fold.status, ""))
            counts = sorted(
                (level(_key(account, site, goods, status, "")), count)
                for (account, site, status), count in fold.counts.items()
            )
            found = self._vectors[story, goods] = (present, orjson.dumps(counts))
        return found

    def _posting(self, step: tuple[int, int]) -> Posting:
        postings = self._postings[step[0]]
        if postings is None:
            raise LookupError(f"event {step[0]} does not count, so no story holds it")
        return postings[step[1]]

    def _lots(self, items: Mapping[int, str]) -> dict[int, str]:
        """The lot of each item: the one asserted first in the world."""
        marks = ",".join("?" * len(items))
        found: dict[int, str] = {}
        for number, lot in self._write.execute(
            "SELECT m.instance, m.lot FROM membership m JOIN event e ON e.position = m.position"
            f" WHERE e.live AND m.instance IN ({marks})"
            " ORDER BY m.instance, m.time, m.lot",
            [*items],
        ):
            goods = class_goods(lot)
            if goods is not None and goods.lot is not None:
                found.setdefault(number, lot)
        return found

    def _old(self, items: Mapping[int, str]) -> dict[int, bytes]:
        marks = ",".join("?" * len(items))
        return dict(
            self._write.execute(f"SELECT object, vector FROM folded WHERE object IN ({marks})", [*items])
        )

    def _count(self, vector: bytes | None, sign: int) -> None:
        if vector is not None:
            for level, count in orjson.loads(vector):
                self._delta.quantity[level] += sign * count
                self._delta.items[level] += sign * count

    # -- lots -------------------------------------------------------------------------------------

    def _fold_lot(self, number: int, goods: Goods, since: int) -> None:
        write = self._write
        row = write.execute("SELECT vector, book, last FROM folded WHERE object = ?", (number,)).fetchone()
        old: dict[int, str] = dict(orjson.loads(row[0])) if row is not None else {}
        if row is not None and row[2] is not None and row[2] < since:
            book, last, misfits = LotBook.from_json(orjson.loads(row[1])), row[2], None
        else:
            book, last, misfits = LotBook(), None, 0
        rows = write.execute(
            "SELECT t.time, t.position, t.part, t.uom, t.quantity, o.uri FROM touch t"
            " LEFT JOIN object o ON o.id = t.holder WHERE t.object = ? AND t.time > ? ORDER BY t.time",
            (number, -(1 << 63) if last is None else last),
        ).fetchall()
        self._load({row[1] for row in rows})
        entries: list[tuple[Posting, Amount]] = []
        for time, position, part, uom, quantity, holder in rows:
            last = time
            if (postings := self._postings[position]) is not None:
                amount = Amount(None if quantity is None else Decimal(quantity), uom, holder or "")
                entries.append((postings[part], amount))
        entries.sort(key=lambda entry: (entry[0].key, entry[1].holder, entry[1].uom))
        for posting, amount in entries:
            book.enter(posting, amount)
        vector = {
            self._numbers.level(_key(account, site, goods, status, uom)): format(quantity, "f")
            for (account, site, status, uom), quantity in book.counts().items()
        }
        for level, quantity in old.items():
            self._delta.quantity[level] -= Decimal(quantity)
        for level, quantity in vector.items():
            self._delta.quantity[level] += Decimal(quantity)
        write.execute(
            "INSERT OR REPLACE INTO folded VALUES (?, NULL, ?, ?, ?)",
            (number, orjson.dumps(sorted(vector.items())), orjson.dumps(book.to_json()), last),
        )
        if misfits is None:
            known = write.execute("SELECT max(number) FROM mismatch WHERE object = ?", (number,)).fetchone()[
                0
            ]
            misfits = 0 if known is None else known + 1
        else:
            write.execute("DELETE FROM mismatch WHERE object = ?", (number,))
        write.executemany(
            "INSERT INTO mismatch VALUES (?, ?, ?, ?, ?, ?)",
            [(number, *self._misfit(misfits + n, one, goods)) for n, one in enumerate(book.shortfalls)],
        )

    # -- shared -----------------------------------------------------------------------------------

    def _misfit(self, number: int, misfit: Shortfall, goods: Goods) -> tuple[int, int, str, int, str | None]:
        account, site = misfit.place
        level = self._numbers.level(_key(account, site, goods, AVAILABLE, misfit.uom))
        quantity = None if misfit.quantity is None else format(misfit.quantity, "f")
        return number, misfit.position, str(misfit.reason), level, quantity

    def _load(self, positions: set[int]) -> None:
        """The postings of events; None for those that do not count."""
        for some in chunks(positions - self._postings.keys()):
            marks = ",".join("?" * len(some))
            for row in self._write.execute(
                "SELECT position, live, postings, event_time, content_hash, body_digest, event_id"
                f" FROM event WHERE position IN ({marks})",
                some,
            ):
                self._postings[row[0]] = _decode(row) if row[1] else None

    def _write_levels(self) -> None:
        changes: list[tuple[str, int, int]] = []
        for level, quantity in self._delta.quantity.items():
            items = self._delta.items.get(level, 0)
            if quantity or items:
                row = self._write.execute(
                    "SELECT quantity, items FROM level WHERE id = ?", (level,)
                ).fetchone()
                changes.append((_plain(Decimal(row[0]) + quantity), row[1] + items, level))
        self._write.executemany("UPDATE level SET quantity = ?, items = ? WHERE id = ?", changes)


def _plain(quantity: Decimal) -> str:
    """One text for one number: no exponent, no trailing zeros."""
    return format(quantity.normalize(), "f") if quantity else "0"


def _key(account: Account, site: str, goods: Goods, status: str, uom: str) -> LevelKey:
    return LevelKey(str(account), site, goods.gtin, goods.lot or "", status, uom)


def _decode(row: tuple[Any, ...]) -> list[Posting]:
    position, _, postings, time, content_hash, body_digest, event_id = row
    return [
        Posting(
            (time, phase, content_hash, body_digest, event_id),
            position,
            Verb(verb),
            step,
            origin,
            site,
            Change(tuple(set_), tuple(unset), disposition),
        )
        for verb, step, origin, site, phase, _inherited, set_, unset, disposition in orjson.loads(postings)
    ]
