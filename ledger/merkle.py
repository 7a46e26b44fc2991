"""The Merkle tree of RFC 6962 §2.1 and RFC 9162 §2.1: hashing, growing, proving, and verifying.

Leaves and nodes are hashed under different prefixes, an odd node is promoted (never duplicated), and the
root of n leaves depends on nothing but their hashes in order. Verification stands apart from production and
needs nothing but SHA-256.

>>> root([leaf_hash(b"")]).hex()[:16]
'6e340b9cffb37a98'
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

from ledger.errors import ProofError, UnknownPosition
from ledger.native import kernels

__all__ = [
    "EMPTY_ROOT",
    "HASH_BYTES",
    "Frontier",
    "consistency_path",
    "inclusion_path",
    "leaf_hash",
    "leaf_hashes",
    "node_hash",
    "root",
    "root_of_consistency",
    "root_of_inclusion",
    "verify_consistency",
    "verify_inclusion",
]

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
"""Root of the tree without leaves (RFC 6962 §2.1)."""

Subtree = Callable[[int, int], bytes]
"""Root of the leaves [start, stop): start a multiple of the width, the width a power of two."""


Node = Callable[[bytes, bytes], bytes]
"""Hash of an inner node from its children."""


# Hashing


def leaf_hash(data: bytes) -> bytes:
    """Return SHA-256(0x00 || data), RFC 6962 §2.1."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x01 || left || right), RFC 6962 §2.1."""
    return sha256(b"\x01" + left + right).digest()


def root(hashes: Sequence[bytes]) -> bytes:
    """Return the Merkle tree hash over leaf hashes in order, RFC 6962 §2.1."""
    if not hashes:
        return EMPTY_ROOT
    return levels(hashes)[-1][0]


def leaf_hashes(leaves: Sequence[bytes]) -> list[bytes]:
    """Return the leaf hashes of many leaves."""
    if kernels is None:
        return [sha256(b"\x00" + leaf).digest() for leaf in leaves]
    hashes: list[bytes] = kernels.leaf_hashes(list(leaves))
    return hashes


def levels(hashes: Sequence[bytes]) -> list[list[bytes]]:
    """Return every row of the tree from the leaf hashes up to its root; an odd last node is promoted.

    Pairing row by row gives the same root as the recursive definition, since its split at the largest power
    of two leaves every complete subtree whole.
    """
    rows = [list(hashes)]
    while len(rows[-1]) > 1:
        row = rows[-1]
        upper = [node_hash(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)]
        if len(row) & 1:
            upper.append(row[-1])
        rows.append(upper)
    return rows


def packed_levels(hashes: bytes) -> list[bytes]:
    """Return the rows of `levels` for concatenated hashes, each row concatenated."""
    if kernels is None:
        parts = [hashes[i : i + HASH_BYTES] for i in range(0, len(hashes), HASH_BYTES)]
        return [b"".join(row) for row in levels(parts)]
    rows: list[bytes] = kernels.rows(hashes)
    return rows


class Frontier:
    """The right edge of a growing tree: the roots of its complete subtrees, largest first.

    Growing by one leaf costs one hash on average. Roots of complete subtrees of 256, 65 536, … leaves come
    out as they are finished: they are the hashes of the next levels of tiles.
    """

    __slots__ = ("_peaks", "size")

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self.size = size
        self._peaks = list(peaks)
        if len(self._peaks) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} peaks, not {len(self._peaks)}")

    def copy(self) -> Frontier:
        """Return a frontier that grows on its own."""
        return Frontier(self.size, self._peaks)

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """Roots of the complete subtrees, largest first."""
        return tuple(self._peaks)

    def grow(self, hashes: Sequence[bytes], tile_height: int = 8) -> list[bytes]:
        """Append leaf hashes.

        Returns:
            The hashes that became known at each level of tiles, concatenated: [0] the leaves given, [1] the
            roots of subtrees of 2**tile_height leaves that they completed, and so on to the last with any.
        """
        if kernels is None:
            return self.grow_twin(hashes, tile_height)
        peaks, found = kernels.grow(self.size, self._peaks, list(hashes), tile_height)
        self._peaks = peaks
        self.size += len(hashes)
        return list(found)

    def grow_twin(self, hashes: Sequence[bytes], tile_height: int = 8) -> list[bytes]:
        """The twin of the native kernel: the same as `grow`, in plain Python."""
        found: list[list[bytes]] = [[]]
        peaks = self._peaks
        size = self.size
        for leaf in hashes:
            found[0].append(leaf)
            merged = leaf
            height = 0
            while size >> height & 1:
                merged = sha256(b"\x01" + peaks.pop() + merged).digest()
                height += 1
                if height % tile_height == 0:
                    level = height // tile_height
                    if level == len(found):
                        found.append([])
                    found[level].append(merged)
            peaks.append(merged)
            size += 1
        self.size = size
        return [b"".join(level) for level in found]

    def root(self) -> bytes:
        """Return the root of the tree so far."""
        if not self._peaks:
            return EMPTY_ROOT
        result = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            result = node_hash(peak, result)
        return result


# Production (from the roots of complete subtrees, however they are stored)


def complete_subtrees(start: int, stop: int) -> list[tuple[int, int]]:
    """Split [start, stop), start on a boundary of the tree, into complete subtrees, left first."""
    parts = []
    while start < stop:
        width = 1 << ((stop - start).bit_length() - 1)
        parts.append((start, start + width))
        start += width
    return parts


def range_root(subtree: Subtree, start: int, stop: int) -> bytes:
    """Return the root over the leaves [start, stop) of one subtree of the tree (partial at its edge)."""
    if start == stop:
        return EMPTY_ROOT
    parts = complete_subtrees(start, stop)
    result = subtree(*parts[-1])
    for part in reversed(parts[:-1]):
        result = node_hash(subtree(*part), result)
    return result


def inclusion_path(subtree: Subtree, index: int, size: int) -> list[bytes]:
    """Return the audit path of leaf `index` in the tree of `size` leaves, lowest first (RFC 9162 §2.1.3.1).

    Raises:
        UnknownPosition: unless 0 <= index < size.
    """
    if not 0 <= index < size:
        raise UnknownPosition(f"a tree of {size} leaves has no leaf {index}")
    path = []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            path.append(range_root(subtree, middle, stop))
            stop = middle
        else:
            path.append(range_root(subtree, start, middle))
            start = middle
    return path[::-1]


def consistency_path(subtree: Subtree, old: int, new: int) -> list[bytes]:
    """Return the proof that the tree of `old` leaves is a prefix of that of `new` leaves (RFC 9162 §2.1.4.1).

    Raises:
        UnknownPosition: unless 0 <= old <= new. Nothing needs proving from 0 or between equals: empty.
    """
    if not 0 <= old <= new:
        raise UnknownPosition(f"a tree of {old} leaves is no prefix of one of {new}")
    if old in (0, new):
        return []
    path = []
    start, stop = 0, new
    whole = True  # whether [start, stop) is still a left edge, whose root the verifier of `old` knows
    while old != stop:
        middle = start + _split(stop - start)
        if old <= middle:
            path.append(range_root(subtree, middle, stop))
            stop = middle
        else:
            path.append(range_root(subtree, start, middle))
            start = middle
            whole = False
    if not whole:
        path.append(range_root(subtree, start, stop))
    return path[::-1]


def _split(width: int) -> int:
    """Return the largest power of two below `width` (RFC 6962 §2.1)."""
    return 1 << ((width - 1).bit_length() - 1)


# Verification


def root_of_inclusion(
    leaf: bytes, index: int, size: int, path: Sequence[bytes], node: Node = node_hash
) -> bytes:
    """Return the root that an audit path leads to (RFC 9162 §2.1.3.2).

    `node` hashes two children; a tree of the same shape with other prefixes passes its own.

    Raises:
        ProofError: the index is not in the tree, or the path has not the length that index and size demand.
    """
    if not 0 <= index < size:
        raise ProofError(f"a tree of {size} leaves has no leaf {index}")
    first, last = index, size - 1
    result = leaf
    for step in path:
        if len(step) != HASH_BYTES:
            raise ProofError(f"a hash in an inclusion proof has {len(step)} bytes, not {HASH_BYTES}")
        if last == 0:
            raise ProofError(f"the inclusion proof is longer than leaf {index} of {size} needs")
        if first & 1 or first == last:
            result = node(step, result)
            while not first & 1 and first:
                first >>= 1
                last >>= 1
        else:
            result = node(result, step)
        first >>= 1
        last >>= 1
    if last:
        raise ProofError(f"the inclusion proof is shorter than leaf {index} of {size} needs")
    return result


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], expected_root: bytes) -> None:
    """Check that `leaf` stands at `index` in the tree with this root; raises `ProofError` if not."""
    if root_of_inclusion(leaf, index, size, path) != expected_root:
        raise ProofError(f"the inclusion proof of leaf {index} does not lead to the root of {size} leaves")


def root_of_consistency(old: int, new: int, old_root: bytes, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the roots (old, new) that a consistency proof leads to (RFC 9162 §2.1.4.2).

    Raises:
        ProofError: the sizes are not 0 < old < new, or the path has not the length that they demand.
    """
    if not 0 < old < new:
        raise ProofError(f"no proof leads from {old} to {new} leaves")
    if any(len(step) != HASH_BYTES for step in path):
        raise ProofError(f"a hash in a consistency proof has not {HASH_BYTES} bytes")
    steps = list(path)
    if old & (old - 1) == 0:
        steps.insert(0, old_root)
    if not steps:
        raise ProofError("the consistency proof is empty")
    first, last = old - 1, new - 1
    while first & 1:
        first >>= 1
        last >>= 1
    from_old = from_new = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise ProofError(f"the consistency proof is longer than {old} to {new} leaves need")
        if first & 1 or first == last:
            from_old = node_hash(step, from_old)
            from_new = node_hash(step, from_new)
            while not first & 1 and first:
                first >>= 1
                last >>= 1
        else:
            from_new = node_hash(from_new, step)
        first >>= 1
        last >>= 1
    if last:
        raise ProofError(f"the consistency proof is shorter than {old} to {new} leaves need")
    return from_old, from_new


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> None:
    """Check that the tree of `old` leaves is a prefix of that of `new` leaves; raises `ProofError` if not."""
    if not 0 <= old <= new:
        raise ProofError(f"a tree of {old} leaves is no prefix of one of {new}")
    if old in (0, new):
        if path:
            raise ProofError(f"a consistency proof from {old} to {new} leaves must be empty")
        known = EMPTY_ROOT if old == 0 else new_root
        if old_root != known:
            raise ProofError(f"the roots of {old} and {new} leaves are not consistent")
        return
    from_old, from_new = root_of_consistency(old, new, old_root, path)
    if from_old != old_root:
        raise ProofError(f"the consistency proof does not lead to the root of {old} leaves")
    if from_new != new_root:
        raise ProofError(f"the consistency proof does not lead to the root of {new} leaves")
