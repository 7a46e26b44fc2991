"""The tree as tiles: the C2SP tlog-tiles layout, 256 hashes wide and 8 levels high.

Tile (level, index) holds the hashes at height 8·level of the subtrees [index·256, …): full tiles never change
and can be cached for good; the last one of each level is partial and named by its width. An entry bundle is a
tile of headers, each behind its length.

>>> tile_path(0, 1_234_067), tile_path(1, 3, 17), bundle_path(1_234_067)
('tile/0/x001/x234/067', 'tile/1/003.p/17', 'tile/entries/x001/x234/067')
>>> parse_path("tile/1/003.p/17")
TilePath(level=1, index=3, width=17)
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock

from ledger import merkle
from ledger.errors import LedgerError, UnknownPosition
from ledger.merkle import HASH_BYTES

__all__ = [
    "TILE_HEIGHT",
    "TILE_WIDTH",
    "TilePath",
    "TileTree",
    "bundle_path",
    "decode_bundle",
    "encode_bundle",
    "parse_path",
    "tile_path",
    "tile_width",
]

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
MAX_LEVEL = 63
MAX_INDEX = (1 << 63) - 1

_PATH = re.compile(
    r"tile/(entries|0|[1-5][0-9]?|6[0-3]?|[7-9])/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?"
)

ReadHashes = Callable[[int, int, int], bytes]
"""(level, start, stop) -> the hashes [start, stop) at height 8·level, concatenated."""


@dataclass(frozen=True, slots=True)
class TilePath:
    """What a tile's path names: `level` is None for an entry bundle; `width` is 256 for a full tile."""

    level: int | None
    index: int
    width: int


def tile_path(level: int, index: int, width: int = TILE_WIDTH) -> str:
    """Return the path of a tile, partial where width < 256."""
    return f"tile/{level}/{_index_path(index)}{_partial(width)}"


def bundle_path(index: int, width: int = TILE_WIDTH) -> str:
    """Return the path of an entry bundle, partial where width < 256."""
    return f"tile/entries/{_index_path(index)}{_partial(width)}"


def parse_path(path: str) -> TilePath:
    """Read the path of a tile or an entry bundle; any other spelling than the layout's is a `LedgerError`."""
    match = _PATH.fullmatch(path) if len(path) < 80 else None
    if match is None:
        raise LedgerError(f"not a tile path: {path[:80]!r}")
    level, digits, partial = match.groups()
    index = int(digits.replace("x", "").replace("/", ""))
    width = int(partial) if partial else TILE_WIDTH
    if index > MAX_INDEX or _index_path(index) != digits or (partial and width >= TILE_WIDTH):
        raise LedgerError(f"not a tile path: {path[:80]!r}")
    return TilePath(None if level == "entries" else int(level), index, width)


def tile_width(level: int, index: int, size: int) -> int:
    """Return how many hashes tile (level, index) has in a tree of `size` leaves, 0 where there is none."""
    return max(0, min(TILE_WIDTH, (size >> (TILE_HEIGHT * level)) - index * TILE_WIDTH))


def encode_bundle(headers: Sequence[bytes]) -> bytes:
    """Return an entry bundle: each header behind its length as two bytes (C2SP tlog-tiles)."""
    return b"".join(len(header).to_bytes(2, "big") + header for header in headers)


def decode_bundle(data: bytes) -> list[bytes]:
    """Split an entry bundle into headers; raises `LedgerError` if lengths do not add up or are too many."""
    headers: list[bytes] = []
    at = 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if len(data) < at + 2 or len(data) < end:
            raise LedgerError(f"the entry bundle ends within its entry {len(headers)}")
        headers.append(data[at + 2 : end])
        at = end
        if len(headers) > TILE_WIDTH:
            raise LedgerError(f"an entry bundle has at most {TILE_WIDTH} entries")
    return headers


class TileTree:
    """Proofs and roots from stored tile hashes; the inner rows of recently used tiles are kept.

    Args:
        read: reads hashes of a level (see `ReadHashes`).
        kept_tiles: how many tiles to keep worked out, at most 17 kB each.
    """

    def __init__(self, read: ReadHashes, kept_tiles: int = 512) -> None:
        self._read = read
        self._kept_tiles = kept_tiles
        self._rows: OrderedDict[tuple[int, int, int], list[bytes]] = OrderedDict()
        self._lock = Lock()

    def root(self, size: int) -> bytes:
        """Return the root of the first `size` leaves."""
        return merkle.range_root(self._subtree(size), 0, size)

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """Return the audit path of a leaf in the tree of `size` leaves."""
        return merkle.inclusion_path(self._subtree(size), index, size)

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Return the proof that the tree of `old` leaves is a prefix of that of `new`."""
        return merkle.consistency_path(self._subtree(new), old, new)

    def peaks(self, size: int) -> list[bytes]:
        """Return the roots of the complete subtrees of the first `size` leaves, largest first."""
        subtree = self._subtree(size)
        return [subtree(*part) for part in merkle.complete_subtrees(0, size)]

    def _subtree(self, size: int) -> merkle.Subtree:
        def subtree(start: int, stop: int) -> bytes:
            level, height = divmod((stop - start).bit_length() - 1, TILE_HEIGHT)
            index, place = divmod(start >> (TILE_HEIGHT * level), TILE_WIDTH)
            at = (place >> height) * HASH_BYTES
            return self._tile_rows(level, index, size)[height][at : at + HASH_BYTES]

        return subtree

    def _tile_rows(self, level: int, index: int, size: int) -> list[bytes]:
        """Return the rows of a tile, from its hashes upwards, each concatenated."""
        width = tile_width(level, index, size)
        if width == 0:
            raise UnknownPosition(f"a tree of {size} leaves has no tile {index} at level {level}")
        # A partial tile is kept under its width: one tree of that width has exactly these hashes.
        key = level, index, width
        with self._lock:
            kept = self._rows.get(key)
            if kept is not None:
                self._rows.move_to_end(key)
                return kept
        start = index * TILE_WIDTH
        rows = merkle.packed_levels(self._read(level, start, start + width))
        with self._lock:
            self._rows[key] = rows
            while len(self._rows) > self._kept_tiles:
                self._rows.popitem(last=False)
        return rows


def _index_path(index: int) -> str:
    parts = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        parts.append(f"x{index % 1000:03d}")
    return "/".join(reversed(parts))


def _partial(width: int) -> str:
    if not 0 < width <= TILE_WIDTH:
        raise LedgerError(f"a tile has 1 to {TILE_WIDTH} hashes, not {width}")
    return "" if width == TILE_WIDTH else f".p/{width}"
