"""Proof bundles: what one hands out so that anybody can check, offline, a few values of one entry.

The chain that a verifier walks, every step of it computed from the bundle alone:

1. each disclosed (path, value) under its own salt leads to the commitment of the entry,
2. the header holds that commitment, with kind and record time,
3. the header's leaf hash leads to the root of the tree,
4. the checkpoint gives that root, signed by the log's key, which the verifier has pinned.

Keys are never taken from the bundle. The JSON has exactly one spelling (compact, members in the order below),
so that no byte of it can be changed without notice.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ledger import merkle
from ledger.checkpoint import MAX_NOTE_BYTES, NoteVerifier, Signed, decode_base64, open_note
from ledger.commitment import DisclosedPair, commitment_of_pair
from ledger.entry import Header, Kind
from ledger.errors import LedgerError, NoteError, ProofError

__all__ = ["ProofBundle", "Verified", "verify_bundle"]

BUNDLE_TYPE = "suyuan-proof"
BUNDLE_VERSION = 1
MAX_BUNDLE_BYTES = 8 * 1024 * 1024
MAX_DISCLOSED = 20_000
MAX_PATH_HASHES = 64

_MEMBERS = ("type", "version", "position", "header", "pairCount", "pairs", "inclusion", "checkpoint")
_PAIR_MEMBERS = ("index", "path", "value", "salt", "proof")
_SCALAR = re.compile(
    r'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*"'
    r"|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null|\[\]|\{\}"
)
_KIND_WORDS = {
    Kind.EVENT: "an event",
    Kind.MASTER_DATA: "master data",
    Kind.MEMBER: "a statement about a member",
    Kind.RECALL: "a recall",
    Kind.ERASURE: "an erasure",
}


@dataclass(frozen=True, slots=True)
class ProofBundle:
    """A proof as it is handed out; nothing in it has been checked yet.

    Args:
        position: place of the entry in the log.
        header: its encoded header.
        pair_count: how many values the entry has in all.
        pairs: the disclosed ones, ascending by index.
        inclusion: hashes from the header's leaf to the root, lowest first.
        checkpoint: the signed note.
    """

    position: int
    header: bytes
    pair_count: int
    pairs: tuple[DisclosedPair, ...]
    inclusion: tuple[bytes, ...]
    checkpoint: bytes

    def to_json(self) -> bytes:
        """Return the one spelling of this bundle as JSON."""
        pairs = [
            {
                "index": pair.index,
                "path": pair.path,
                "value": pair.value,
                "salt": _text(pair.salt),
                "proof": [_text(step) for step in pair.audit_path],
            }
            for pair in self.pairs
        ]
        values: tuple[Any, ...] = (
            BUNDLE_TYPE,
            BUNDLE_VERSION,
            self.position,
            _text(self.header),
            self.pair_count,
            pairs,
            [_text(step) for step in self.inclusion],
            self.checkpoint.decode("utf-8"),
        )
        bundle = dict(zip(_MEMBERS, values, strict=True))
        return json.dumps(bundle, ensure_ascii=False, separators=(",", ":")).encode("utf-8")

    @classmethod
    def from_json(cls, data: bytes) -> ProofBundle:
        """Read a bundle from anywhere.

        Raises:
            ProofError: too large, not JSON, of an unknown version, or not in its one spelling.
        """
        if len(data) > MAX_BUNDLE_BYTES:
            raise ProofError(f"a proof bundle has at most {MAX_BUNDLE_BYTES} bytes, not {len(data)}")
        try:
            read = json.loads(data.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise ProofError(f"the proof bundle is not JSON: {error}") from None
        members = _object(read, _MEMBERS, "the proof bundle")
        if members["type"] != BUNDLE_TYPE or members["version"] != BUNDLE_VERSION:
            raise ProofError(
                f"not a {BUNDLE_TYPE} of version {BUNDLE_VERSION} but"
                f" {str(members['type'])[:40]!r} {str(members['version'])[:40]!r}"
            )
        pairs = _list(members["pairs"], MAX_DISCLOSED, "pairs")
        try:
            bundle = cls(
                _integer(members["position"], "position"),
                _bytes(members["header"], "header"),
                _integer(members["pairCount"], "pairCount"),
                tuple(_pair(pair, at) for at, pair in enumerate(pairs)),
                _hashes(members["inclusion"], "inclusion"),
                _string(members["checkpoint"], MAX_NOTE_BYTES, "checkpoint").encode("utf-8"),
            )
            spelled = bundle.to_json()
        except UnicodeEncodeError:
            raise ProofError("the proof bundle holds a lone surrogate") from None
        if spelled != data:
            raise ProofError("the proof bundle is not in its one spelling (compact JSON, members in order)")
        return bundle


@dataclass(frozen=True, slots=True)
class Verified:
    """What a bundle was found to show.

    Args:
        origin: the log.
        size: number of entries under its checkpoint.
        position: place of the entry.
        kind: what it states.
        record_time: since when the log holds it, microseconds UTC since 1970, as the log says.
        pairs: the disclosed (path, JSON text of the value).
        pair_count: how many values the entry has in all.
        witnesses: (name, seconds since 1970) of the known witnesses that cosigned the checkpoint.
        cosigners: names of further known keys that signed it.
        words: all of this in a sentence.
    """

    origin: str
    size: int
    position: int
    kind: Kind
    record_time: int
    pairs: tuple[tuple[str, str], ...]
    pair_count: int
    witnesses: tuple[tuple[str, int], ...]
    cosigners: tuple[str, ...]
    words: str

    def value(self, path: str) -> Any:
        """Return the disclosed value at a path, None where it is not disclosed."""
        for known, text in self.pairs:
            if known == path:
                return json.loads(text)
        return None

    @property
    def party(self) -> str | None:
        """The party whose statement it is, if disclosed."""
        party = self.value("#/party")
        return party if isinstance(party, str) else None


def verify_bundle(
    bundle: bytes, trusted_keys: Iterable[str | NoteVerifier], *, witnesses_needed: int = 0
) -> Verified:
    """Check a proof bundle against pinned keys, offline.

    Args:
        bundle: the JSON, from anywhere.
        trusted_keys: verifier keys: the log's own, and those of members and witnesses.
        witnesses_needed: how many known witnesses or cosigners must have signed besides the log.

    Returns:
        What it shows.

    Raises:
        ProofError: the step that failed, and how.
    """
    read = ProofBundle.from_json(bundle)
    try:
        signed = open_note(read.checkpoint, trusted_keys)
        header = Header.decode(read.header)
    except (NoteError, LedgerError) as error:
        raise ProofError(str(error)) from error
    others = len({name for name, _ in signed.witnesses} | set(signed.cosigners))
    if others < witnesses_needed:
        raise ProofError(f"{witnesses_needed} known witnesses must have signed the checkpoint, {others} have")
    merkle.verify_inclusion(
        merkle.leaf_hash(read.header),
        read.position,
        signed.checkpoint.size,
        read.inclusion,
        signed.checkpoint.root,
    )
    _check_pairs(read, header)
    pairs = tuple((pair.path, pair.value) for pair in read.pairs)
    return Verified(
        origin=signed.checkpoint.origin,
        size=signed.checkpoint.size,
        position=read.position,
        kind=header.kind,
        record_time=header.record_time,
        pairs=pairs,
        pair_count=read.pair_count,
        witnesses=signed.witnesses,
        cosigners=signed.cosigners,
        words=_words(read, header, signed, pairs),
    )


def _check_pairs(bundle: ProofBundle, header: Header) -> None:
    if not bundle.pairs:
        raise ProofError("the proof bundle discloses nothing")
    before = -1
    seen: set[str] = set()
    for pair in bundle.pairs:
        if pair.index <= before or pair.path in seen:
            raise ProofError(f"the disclosed pairs are not ascending and distinct at {pair.path!r}")
        before = pair.index
        seen.add(pair.path)
        if not _SCALAR.fullmatch(pair.value):
            raise ProofError(f"the value at {pair.path!r} is not the JSON text of a scalar")
        if commitment_of_pair(pair, bundle.pair_count) != header.commitment:
            raise ProofError(f"the value at {pair.path!r} does not lead to the commitment of the entry")


def _words(bundle: ProofBundle, header: Header, signed: Signed, pairs: Sequence[tuple[str, str]]) -> str:
    party = next((json.loads(value) for path, value in pairs if path == "#/party"), None)
    by = f"by {party}" if isinstance(party, str) else "by a party that is not disclosed"
    sentence = (
        f"The log {signed.checkpoint.origin} holds {_KIND_WORDS[header.kind]} {by}"
        f" since {_instant(header.record_time)} (entry {bundle.position} of {signed.checkpoint.size})."
    )
    confirmers = [f"{name} at {_instant(time * 1_000_000)}" for name, time in signed.witnesses]
    confirmers += signed.cosigners
    if confirmers:
        sentence += f" This state of the log is cosigned by {', '.join(confirmers)}."
    shown = "; ".join(f"{path} is {value}" for path, value in pairs)
    return f"{sentence} Of the {bundle.pair_count} values of this statement, {len(pairs)} are shown: {shown}."


def _instant(us: int) -> str:
    try:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)).strftime(
            "%Y-%m-%dT%H:%M:%S.%fZ"
        )
    except OverflowError:
        raise ProofError(f"the time {us} is beyond the calendar") from None


# Reading what may be hostile


def _object(read: object, members: Sequence[str], what: str) -> dict[str, Any]:
    if not isinstance(read, dict) or tuple(read) != tuple(members):
        raise ProofError(f"{what} must be an object with exactly the members {', '.join(members)}")
    return read


def _list(read: object, limit: int, what: str) -> list[Any]:
    if not isinstance(read, list) or len(read) > limit:
        raise ProofError(f"{what!r} must be a list of at most {limit}")
    return read


def _integer(read: object, what: str) -> int:
    if not isinstance(read, int) or isinstance(read, bool) or not 0 <= read < 1 << 63:
        raise ProofError(f"{what!r} must be a whole number below 2^63")
    return read


def _string(read: object, limit: int, what: str) -> str:
    if not isinstance(read, str) or len(read) > limit:
        raise ProofError(f"{what!r} must be a text of at most {limit} characters")
    return read


def _bytes(read: object, what: str) -> bytes:
    try:
        return decode_base64(_string(read, 4096, what), repr(what))
    except NoteError as error:
        raise ProofError(str(error)) from error


def _hashes(read: object, what: str) -> tuple[bytes, ...]:
    hashes = tuple(_bytes(step, what) for step in _list(read, MAX_PATH_HASHES, what))
    if any(len(step) != merkle.HASH_BYTES for step in hashes):
        raise ProofError(f"every hash in {what!r} must have {merkle.HASH_BYTES} bytes")
    return hashes


def _pair(read: object, at: int) -> DisclosedPair:
    members = _object(read, _PAIR_MEMBERS, f"pair {at}")
    salt = _bytes(members["salt"], "salt")
    index = _integer(members["index"], "index")
    if len(salt) != 32 or index >= 1 << 32:
        raise ProofError(f"pair {at} must have a salt of 32 bytes and an index below 2^32")
    return DisclosedPair(
        index,
        _string(members["path"], MAX_BUNDLE_BYTES, "path"),
        _string(members["value"], MAX_BUNDLE_BYTES, "value"),
        salt,
        _hashes(members["proof"], "proof"),
    )


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
