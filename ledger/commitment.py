"""The salted commitment to a body, from which single fields can be disclosed and proven without their
siblings.

A body is flattened into pairs (`ledger.flatten`): first those of what was received, then those of the meta
under "#", then "@signature" (hexadecimal, as a JSON string) if the batch was signed. Over them stands a
Merkle tree:

    salt_i     = HMAC-SHA-256(body salt, 0x13 || i as 4 bytes || path_i)
    leaf_i     = SHA-256(0x10 || salt_i || length of path_i as 4 bytes || path_i || value_i)
    node       = SHA-256(0x11 || left || right), in the shape of RFC 6962 §2.1
    commitment = SHA-256(0x12 || number of pairs as 4 bytes || root of the tree)

with paths and values in UTF-8 and integers big-endian. The prefixes keep the four uses of the hash, and the
tree of the log (0x00, 0x01), apart. To disclose a pair one hands out its own salt: the salts of the others do
not follow from it, so their leaf hashes in the path cannot be guessed, nor compared between events. What a
verifier learns besides the pair is how many pairs there are, and at which index this one stands.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from ledger import merkle
from ledger.entry import SALT_BYTES, Body
from ledger.errors import LedgerError, ProofError, UnknownPath
from ledger.flatten import flatten, flatten_text
from ledger.native import kernels

__all__ = [
    "DisclosedPair",
    "body_commitments",
    "commitment_of_pair",
    "commitment_root",
    "disclose",
    "pair_hash",
    "pair_salt",
    "pairs_of_body",
]

Pairs = Sequence[tuple[str, str]]

_LEAF, _NODE, _ROOT, _SALT = b"\x10", b"\x11", b"\x12", b"\x13"


@dataclass(frozen=True, slots=True)
class DisclosedPair:
    """One field of a statement with what proves it.

    Args:
        index: place among the pairs of the body.
        path: JSON Pointer in what was received ("/epcList/3"), or in the meta behind "#" ("#/party").
        value: JSON text of the scalar as received.
        salt: its own salt, 32 bytes.
        audit_path: hashes from its leaf to the root over the pairs, lowest first.
    """

    index: int
    path: str
    value: str
    salt: bytes
    audit_path: tuple[bytes, ...]


# The specification, which is also the twin of the native kernels


def pair_salt(salt: bytes, index: int, path: str) -> bytes:
    """Return the salt of one pair, derived from the salt of the body (RFC 2104)."""
    return hmac.digest(salt, _SALT + index.to_bytes(4, "big") + path.encode("utf-8"), "sha256")


def pair_hash(salt_of_pair: bytes, path: str, value: str) -> bytes:
    """Return the leaf hash of one pair."""
    where = path.encode("utf-8")
    return sha256(
        _LEAF + salt_of_pair + len(where).to_bytes(4, "big") + where + value.encode("utf-8")
    ).digest()


def pair_hashes_twin(salt: bytes, paths: Sequence[str], values: Sequence[str]) -> list[bytes]:
    """Return the leaf hashes of the pairs (paths[i], values[i])."""
    if len(salt) != SALT_BYTES:
        raise ValueError("the salt must have 32 bytes")
    if len(paths) != len(values) or not paths:
        raise ValueError("as many paths as values, and at least one")
    return [
        pair_hash(pair_salt(salt, index, path), path, value)
        for index, (path, value) in enumerate(zip(paths, values, strict=True))
    ]


def pair_node(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node over pairs."""
    return sha256(_NODE + left + right).digest()


def bound(count: int, tree_root: bytes) -> bytes:
    """Return the commitment: the root over the pairs bound to their number."""
    return sha256(_ROOT + count.to_bytes(4, "big") + tree_root).digest()


def commitment_root_twin(salt: bytes, paths: Sequence[str], values: Sequence[str]) -> bytes:
    """The twin of the native kernel: the same as `commitment_root`, in plain Python."""
    row = pair_hashes_twin(salt, paths, values)
    return bound(len(row), _rows(row)[-1][0])


def body_commitments_twin(bodies: Sequence[Body]) -> list[bytes]:
    """The twin of the native kernel: the same as `body_commitments`, in plain Python."""
    roots = []
    for body in bodies:
        paths, values = zip(*_pairs(body, twin=True), strict=True)
        roots.append(commitment_root_twin(body.salt, paths, values))
    return roots


def _rows(hashes: Sequence[bytes]) -> list[list[bytes]]:
    rows = [list(hashes)]
    while len(rows[-1]) > 1:
        row = rows[-1]
        upper = [pair_node(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)]
        if len(row) & 1:
            upper.append(row[-1])
        rows.append(upper)
    return rows


def _pairs(body: Body, *, twin: bool = False) -> list[tuple[str, str]]:
    read = flatten_text if twin else flatten
    pairs = read(body.received, "") + read(body.meta, "#")
    if body.signature:
        pairs.append(("@signature", f'"{body.signature.hex()}"'))
    return pairs


# What the rest of the ledger calls: native where it is built


def commitment_root(salt: bytes, paths: Sequence[str], values: Sequence[str]) -> bytes:
    """Return the commitment to the pairs (paths[i], values[i]) under a 32-byte salt.

    Raises:
        ValueError: a salt of another length, no pairs, or not as many paths as values.
    """
    if kernels is None:
        return commitment_root_twin(salt, paths, values)
    root: bytes = kernels.commitment_root(salt, list(paths), list(values))
    return root


def body_commitments(bodies: Sequence[Body]) -> list[bytes]:
    """Return the commitments to whole bodies, in order.

    Raises:
        StatementError: what was received, or its meta, cannot be flattened.
    """
    if kernels is None:
        return body_commitments_twin(bodies)
    parts = [(body.salt, body.received, body.meta, body.signature) for body in bodies]
    try:
        roots: list[bytes] = kernels.body_commitments(parts)
    except ValueError as refusal:
        body_commitments_twin(bodies)  # words the refusal
        raise LedgerError(f"the native kernel refused what its twin accepts: {refusal}") from refusal
    return roots


def pairs_of_body(body: Body) -> list[tuple[str, str]]:
    """Return every (path, value) of a body in the order of its commitment."""
    return _pairs(body)


def disclose(body: Body, wanted: Sequence[str]) -> tuple[int, list[DisclosedPair]]:
    """Return the number of pairs of a body and, for each path wanted, its pair with what proves it.

    Raises:
        UnknownPath: the body has no value at a path.
    """
    pairs = _pairs(body)
    paths = [path for path, _ in pairs]
    places = {path: index for index, path in enumerate(paths)}
    for path in wanted:
        if path not in places:
            raise UnknownPath(f"the statement has no value at {path!r}")
    values = [value for _, value in pairs]
    hashes = kernels.pair_hashes if kernels is not None else pair_hashes_twin
    rows = _rows(hashes(body.salt, paths, values))
    disclosed = [
        DisclosedPair(
            index,
            paths[index],
            values[index],
            pair_salt(body.salt, index, paths[index]),
            tuple(_audit_path(rows, index)),
        )
        for index in sorted({places[path] for path in wanted})
    ]
    return len(pairs), disclosed


def _audit_path(rows: Sequence[Sequence[bytes]], index: int) -> list[bytes]:
    path = []
    for row in rows[:-1]:
        sibling = index ^ 1
        if sibling < len(row):  # else promoted: no sibling on this row
            path.append(row[sibling])
        index >>= 1
    return path


# Verification (needs nothing but the pair)


def commitment_of_pair(pair: DisclosedPair, count: int) -> bytes:
    """Return the commitment that a disclosed pair leads to, among `count` pairs.

    Raises:
        ProofError: the index, or the length of the audit path, does not fit the count.
    """
    leaf = pair_hash(pair.salt, pair.path, pair.value)
    if not 0 <= pair.index < count:
        raise ProofError(f"the pair {pair.path!r} stands at {pair.index} of {count} pairs")
    root = merkle.root_of_inclusion(leaf, pair.index, count, pair.audit_path, node=pair_node)
    return bound(count, root)
