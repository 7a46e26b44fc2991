"""The RFC 6962 tree against known vectors and a naive recursive definition; its proofs, right and wrong."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import ProofError, UnknownPosition, merkle, verify_consistency, verify_inclusion
from ledger.native import kernels

# The leaves and the root that Certificate Transparency implementations test with (RFC 6962).
LEAVES = [
    bytes.fromhex(text)
    for text in [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
]
ROOT = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"

SIZES = st.integers(1, 600)


def naive_root(hashes: list[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1, word for word."""
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return sha256(b"\x01" + naive_root(hashes[:k]) + naive_root(hashes[k:])).digest()


def naive_path(index: int, hashes: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962 §2.1.1, word for word."""
    if len(hashes) == 1:
        return []
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    if index < k:
        return [*naive_path(index, hashes[:k]), naive_root(hashes[k:])]
    return [*naive_path(index - k, hashes[k:]), naive_root(hashes[:k])]


def naive_consistency(old: int, hashes: list[bytes], whole: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 6962 §2.1.2, word for word."""
    if old == len(hashes):
        return [] if whole else [naive_root(hashes)]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    if old <= k:
        return [*naive_consistency(old, hashes[:k], whole), naive_root(hashes[k:])]
    return [*naive_consistency(old - k, hashes[k:], False), naive_root(hashes[:k])]


def leaves(count: int) -> list[bytes]:
    return [merkle.leaf_hash(b"%d" % index) for index in range(count)]


def subtree_of(hashes: list[bytes]) -> merkle.Subtree:
    return lambda start, stop: naive_root(hashes[start:stop])


def test_the_known_root_of_eight_leaves() -> None:
    assert merkle.root([merkle.leaf_hash(leaf) for leaf in LEAVES]).hex() == ROOT


def test_the_known_roots_of_one_and_no_leaf() -> None:
    assert merkle.root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert merkle.root([merkle.leaf_hash(b"")]).hex() == (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    )


@given(st.integers(0, 300))
def test_the_root_is_that_of_the_recursive_definition(size: int) -> None:
    assert merkle.root(leaves(size)) == naive_root(leaves(size))


@given(st.lists(st.integers(0, 300), max_size=8))
def test_a_frontier_grown_in_any_steps_has_the_root_and_gives_the_tile_hashes(steps: list[int]) -> None:
    hashes = leaves(sum(steps))
    frontier = merkle.Frontier()
    levels: list[bytes] = [b""] * 3
    at = 0
    for step in steps:
        for level, found in enumerate(frontier.grow(hashes[at : at + step])):
            levels[level] += found
        at += step
    assert (frontier.size, frontier.root()) == (at, naive_root(hashes))
    assert levels[0] == b"".join(hashes)
    assert levels[1] == b"".join(naive_root(hashes[n : n + 256]) for n in range(0, at - 255, 256))


def test_two_levels_of_tiles_come_out_of_a_frontier() -> None:
    frontier = merkle.Frontier()
    hashes = leaves(17)
    found = frontier.grow(hashes, tile_height=2)
    assert [len(level) // 32 for level in found] == [17, 4, 1]
    assert found[2] == naive_root(hashes[:16])


@pytest.mark.skipif(kernels is None, reason="suyuan_native is not built or switched off")
@given(st.lists(st.integers(0, 40), min_size=1, max_size=6), st.integers(1, 8))
def test_the_kernel_grows_as_its_twin(steps: list[int], tile_height: int) -> None:
    one, other = merkle.Frontier(), merkle.Frontier()
    for step in steps:
        hashes = leaves(step)
        assert one.grow(hashes, tile_height) == other.grow_twin(hashes, tile_height)
        assert (one.size, one.peaks) == (other.size, other.peaks)


@given(st.integers(1, 256))
def test_packed_rows_are_the_rows(width: int) -> None:
    hashes = leaves(width)
    assert merkle.packed_levels(b"".join(hashes)) == [b"".join(row) for row in merkle.levels(hashes)]


@given(st.lists(st.binary(max_size=80)))
def test_leaf_hashes_are_those_of_each_leaf(data: list[bytes]) -> None:
    assert merkle.leaf_hashes(data) == [merkle.leaf_hash(leaf) for leaf in data]


@given(SIZES, st.data())
def test_inclusion_paths_are_those_of_the_definition_and_verify(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    hashes = leaves(size)
    path = merkle.inclusion_path(subtree_of(hashes), index, size)
    assert path == naive_path(index, hashes)
    verify_inclusion(hashes[index], index, size, path, naive_root(hashes))


@given(SIZES, st.data())
def test_consistency_proofs_are_those_of_the_definition_and_verify(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    hashes = leaves(size)
    path = merkle.consistency_path(subtree_of(hashes), old, size)
    assert path == (naive_consistency(old, hashes) if old < size else [])
    verify_consistency(old, size, naive_root(hashes[:old]), naive_root(hashes), path)


def test_every_proof_of_every_small_tree_verifies() -> None:
    for size in range(1, 34):
        hashes = leaves(size)
        root = naive_root(hashes)
        for index in range(size):
            path = merkle.inclusion_path(subtree_of(hashes), index, size)
            verify_inclusion(hashes[index], index, size, path, root)
            path = merkle.consistency_path(subtree_of(hashes), index, size)
            verify_consistency(index, size, naive_root(hashes[:index]), root, path)


@given(st.integers(2, 300), st.data())
def test_an_inclusion_proof_shows_nothing_else(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    hashes = leaves(size)
    path, root = naive_path(index, hashes), naive_root(hashes)
    other = data.draw(st.integers(0, size - 1).filter(lambda n: n != index))
    at = data.draw(st.integers(0, len(path) - 1))
    garbled = [*path[:at], bytes(32), *path[at + 1 :]]
    for leaf, where, proof in (
        (hashes[other], index, path),
        (hashes[index], other, path),
        (hashes[index], index, path[:-1]),
        (hashes[index], index, [*path, path[0]]),
        (hashes[index], index, garbled),
        (hashes[index], index, [*path[:at], path[at][:31], *path[at + 1 :]]),
        (hashes[index], size, path),
        (hashes[index], -1, path),
    ):
        with pytest.raises(ProofError):
            verify_inclusion(leaf, where, size, proof, root)


@given(st.integers(2, 300), st.data())
def test_a_consistency_proof_shows_nothing_else(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size - 1))
    hashes = leaves(size)
    path = naive_consistency(old, hashes)
    old_root, new_root = naive_root(hashes[:old]), naive_root(hashes)
    forked = naive_root([*hashes[: old - 1], bytes(32), *hashes[old:]])
    for first, second, proof in (
        (old_root, forked, path),
        (bytes(32), new_root, path),
        (old_root, new_root, path[:-1]),
        (old_root, new_root, [*path, path[0]]),
        (old_root, new_root, []),
    ):
        with pytest.raises(ProofError):
            verify_consistency(old, size, first, second, proof)


def test_nothing_needs_proving_from_nothing_or_between_equals() -> None:
    root = naive_root(leaves(5))
    verify_consistency(0, 5, merkle.EMPTY_ROOT, root, [])
    verify_consistency(5, 5, root, root, [])
    for old, old_root, path in ((0, root, []), (5, bytes(32), []), (0, merkle.EMPTY_ROOT, [root])):
        with pytest.raises(ProofError):
            verify_consistency(old, 5, old_root, root, path)
    with pytest.raises(ProofError):
        verify_consistency(6, 5, root, root, [])


def test_proofs_beyond_the_tree_are_not_made() -> None:
    subtree = subtree_of(leaves(5))
    for index in (-1, 5):
        with pytest.raises(UnknownPosition):
            merkle.inclusion_path(subtree, index, 5)
    with pytest.raises(UnknownPosition):
        merkle.consistency_path(subtree, 6, 5)
