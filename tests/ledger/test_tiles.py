"""The tlog-tiles layout: paths, widths, bundles, and proofs worked out from tiles."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import LedgerError, merkle, tiles
from tests.ledger.test_merkle import leaves, naive_consistency, naive_path, naive_root


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (tiles.tile_path(0, 0), "tile/0/000"),
        (tiles.tile_path(0, 1_234_067), "tile/0/x001/x234/067"),
        (tiles.tile_path(2, 5, 17), "tile/2/005.p/17"),
        (tiles.bundle_path(999), "tile/entries/999"),
        (tiles.bundle_path(1000, 255), "tile/entries/x001/000.p/255"),
    ],
)
def test_paths_are_spelled_as_c2sp_tlog_tiles_has_it(path: str, expected: str) -> None:
    assert path == expected


@given(st.none() | st.integers(0, 63), st.integers(0, 2**62), st.integers(1, 256))
def test_a_path_reads_back(level: int | None, index: int, width: int) -> None:
    path = tiles.bundle_path(index, width) if level is None else tiles.tile_path(level, index, width)
    assert tiles.parse_path(path) == tiles.TilePath(level, index, width)


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0",
        "tile/0/x000/001",
        "tile/64/000",
        "tile/00/000",
        "tile/0/001.p/256",
        "tile/0/001.p/0",
        "tile/0/001.p/07",
        "tile/0/x001/x234",
        "tile/-1/000",
        "tile/0/000/",
        "tile/0/../000",
        "/tile/0/000",
        "",
        "tile/entries/000.p",
        "tile/0/" + "x999/" * 40 + "999",
    ],
)
def test_any_other_spelling_is_refused(path: str) -> None:
    with pytest.raises(LedgerError, match="not a tile path"):
        tiles.parse_path(path)


@given(st.lists(st.binary(max_size=70), max_size=256))
def test_a_bundle_splits_into_its_headers(headers: list[bytes]) -> None:
    assert tiles.decode_bundle(tiles.encode_bundle(headers)) == headers


@pytest.mark.parametrize("data", [b"\x00", b"\x00\x02a", b"\x00\x01a\x00", b"\x00\x00" * 257])
def test_a_broken_bundle_is_refused(data: bytes) -> None:
    with pytest.raises(LedgerError, match="bundle"):
        tiles.decode_bundle(data)


HASHES = leaves(66_100)
LEVELS = merkle.Frontier().grow(HASHES)


def read(level: int, start: int, stop: int) -> bytes:
    found = LEVELS[level][start * 32 : stop * 32]
    assert len(found) == (stop - start) * 32
    return found


TREE = tiles.TileTree(read, kept_tiles=3)
SMALL = st.integers(1, 900)


@given(SMALL, st.data())
def test_proofs_from_tiles_are_those_of_the_definition(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    assert TREE.root(size) == naive_root(HASHES[:size])
    assert TREE.inclusion(index, size) == naive_path(index, HASHES[:size])
    if index:
        assert TREE.consistency(index, size) == naive_consistency(index, HASHES[:size])


@settings(max_examples=25)
@given(st.integers(65_500, 66_100), st.data())
def test_proofs_over_three_levels_of_tiles_verify(size: int, data: st.DataObject) -> None:
    root = TREE.root(size)
    index = data.draw(st.integers(0, size - 1))
    merkle.verify_inclusion(HASHES[index], index, size, TREE.inclusion(index, size), root)
    old = data.draw(st.integers(1, size))
    merkle.verify_consistency(old, size, TREE.root(old), root, TREE.consistency(old, size))


def test_tile_widths_follow_from_the_size_alone() -> None:
    assert tiles.tile_width(0, 0, 0) == 0
    assert [tiles.tile_width(0, n, 300) for n in (0, 1, 2)] == [256, 44, 0]
    assert [tiles.tile_width(1, n, 65_536 + 256) for n in (0, 1, 2)] == [256, 1, 0]
    assert tiles.tile_width(2, 0, 65_536) == 1
