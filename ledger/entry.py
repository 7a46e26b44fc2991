"""What one entry of the log is made of: a public header, a private body, and the statement it carries.

The header is all that the Merkle tree, the tiles and the witnesses ever see: 62 bytes that say which
format, which kind, when, in which batch, and a salted commitment to the body. It reveals no business data.
The body holds what was received, byte for byte, what was decided at capture (`meta`), the secret salt of
the commitment, and the producer's signature over the batch if there is one. Nothing in it is ever recomputed.

Both carry a version byte and are read by version, so that old entries stay readable for good.

>>> header = Header(1, Kind.EVENT, 1_700_000_000_000_000, bytes(16), 0, bytes(32))
>>> Header.decode(header.encode()) == header, len(header.encode())
(True, 62)
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import orjson

from ledger.errors import BodyErased, StatementError, UnknownFormat

__all__ = ["HEADER_BYTES", "SALT_BYTES", "Body", "Entry", "Header", "Kind", "Statement"]

BATCH_ID_BYTES = 16
COMMITMENT_BYTES = 32
SALT_BYTES = 32
MAX_RECEIVED_BYTES = 16 * 1024 * 1024
MAX_META_BYTES = 1024 * 1024
MAX_SIGNATURE_BYTES = 64 * 1024

_HEADER_1 = struct.Struct(">BBQ16sI32s")
_BODY_1 = struct.Struct(">B32sIII")
HEADER_BYTES = _HEADER_1.size
"""Length of a header of version 1."""


class Kind(IntEnum):
    """What an entry states. The numbers are written to the log: never reuse one."""

    EVENT = 1
    MASTER_DATA = 2
    MEMBER = 3
    RECALL = 4
    ERASURE = 5


@dataclass(frozen=True, slots=True)
class Statement:
    """What is appended: a JSON object as it was received, and what the capture decided about it.

    Args:
        kind: what is stated.
        received: one JSON object (RFC 8259, UTF-8), the verbatim slice of what was received.
        meta: facts decided at capture and never recomputed (eventID, party, context, hash, …); JSON-able.
        signature: the producer's signature over the batch, empty where there is none.
    """

    kind: Kind
    received: bytes
    meta: Mapping[str, Any] = field(default_factory=dict)
    signature: bytes = b""

    def meta_json(self) -> bytes:
        """Return `meta` as compact JSON, the form in which it is committed to and kept.

        Raises:
            StatementError: `meta` is no JSON object, or holds what JSON cannot say.
        """
        try:
            text = orjson.dumps(
                dict(self.meta),
                option=orjson.OPT_PASSTHROUGH_DATACLASS
                | orjson.OPT_PASSTHROUGH_DATETIME
                | orjson.OPT_PASSTHROUGH_SUBCLASS,
            )
        except (TypeError, ValueError) as error:
            raise StatementError(f"the meta of a statement must be JSON: {error}") from error
        if len(text) > MAX_META_BYTES:
            raise StatementError(
                f"the meta of a statement takes {len(text)} bytes, more than {MAX_META_BYTES}"
            )
        return text


@dataclass(frozen=True, slots=True)
class Header:
    """The public part of an entry, the bytes that the Merkle tree holds.

    Args:
        version: format version of these bytes, 1 so far.
        kind: what the entry states.
        record_time: microseconds UTC since 1970; never decreases with the position.
        batch_id: 16 bytes shared by the entries of one append.
        batch_index: place in that batch, from 0.
        commitment: 32-byte salted commitment to the body (`ledger.commitment`).
    """

    version: int
    kind: Kind
    record_time: int
    batch_id: bytes
    batch_index: int
    commitment: bytes

    def encode(self) -> bytes:
        """Return the bytes whose RFC 6962 leaf hash stands in the tree."""
        if self.version != 1:
            raise UnknownFormat(f"entry header version {self.version} cannot be written; known: 1")
        if len(self.batch_id) != BATCH_ID_BYTES or len(self.commitment) != COMMITMENT_BYTES:
            raise StatementError("a header needs a batch id of 16 bytes and a commitment of 32 bytes")
        return _HEADER_1.pack(
            1, self.kind, self.record_time, self.batch_id, self.batch_index, self.commitment
        )

    @classmethod
    def decode(cls, data: bytes) -> Header:
        """Read a header of any known version.

        Raises:
            UnknownFormat: the version or the kind is not known, or the length is not that version's.
        """
        version = data[0] if data else None
        if version != 1:
            raise UnknownFormat(f"entry header of version {version} is not known to this program (known: 1)")
        if len(data) != _HEADER_1.size:
            raise UnknownFormat(f"entry header of version 1 has {_HEADER_1.size} bytes, not {len(data)}")
        _, kind, record_time, batch_id, batch_index, commitment = _HEADER_1.unpack(data)
        try:
            known = Kind(kind)
        except ValueError:
            names = ", ".join(f"{each.value} {each.name}" for each in Kind)
            raise UnknownFormat(
                f"entry of kind {kind} is not known to this program (known: {names})"
            ) from None
        return cls(version, known, record_time, batch_id, batch_index, commitment)


@dataclass(frozen=True, slots=True)
class Body:
    """The private part of an entry: what was received, what was decided, and the salt that hides it.

    Args:
        salt: 32 secret random bytes; without them the commitment says nothing.
        received: the JSON object as received.
        meta: compact JSON of what was decided at capture.
        signature: the producer's signature over the batch, or empty.
        version: format version, 1 so far.
    """

    salt: bytes
    received: bytes
    meta: bytes
    signature: bytes = b""
    version: int = 1

    def encode(self) -> bytes:
        """Return the bytes that the storage keeps."""
        if self.version != 1:
            raise UnknownFormat(f"entry body version {self.version} cannot be written; known: 1")
        if len(self.salt) != SALT_BYTES:
            raise StatementError(f"a body needs a salt of {SALT_BYTES} bytes")
        sizes = len(self.received), len(self.meta), len(self.signature)
        return b"".join((_BODY_1.pack(1, self.salt, *sizes), self.received, self.meta, self.signature))

    @classmethod
    def decode(cls, data: bytes) -> Body:
        """Read a body of any known version.

        Raises:
            UnknownFormat: the version is not known, or the lengths do not add up.
        """
        version = data[0] if data else None
        if version != 1:
            raise UnknownFormat(f"entry body of version {version} is not known to this program (known: 1)")
        if len(data) < _BODY_1.size:
            raise UnknownFormat(f"entry body of {len(data)} bytes is shorter than its fixed part")
        _, salt, received, meta, signature = _BODY_1.unpack_from(data)
        if len(data) != _BODY_1.size + received + meta + signature:
            raise UnknownFormat(f"the lengths in an entry body do not add up to its {len(data)} bytes")
        after_received = _BODY_1.size + received
        after_meta = after_received + meta
        return cls(
            salt, data[_BODY_1.size : after_received], data[after_received:after_meta], data[after_meta:]
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as the log holds it.

    Args:
        position: place in the log, from 0.
        header: the public part.
        body: the private part as stored; empty where it was erased.
    """

    position: int
    header: Header
    body: bytes

    @property
    def erased(self) -> bool:
        """Whether the body was erased: only the header is left."""
        return not self.body

    def opened(self) -> Body:
        """Return the body read by its version; raises `BodyErased` where it was erased."""
        if not self.body:
            raise BodyErased(f"the body of entry {self.position} was erased")
        return Body.decode(self.body)

    @property
    def salt(self) -> bytes:
        """The secret salt of the commitment (32 bytes)."""
        return self.opened().salt

    def statement(self) -> Statement:
        """Return the statement as it was appended; raises `BodyErased` where it was erased."""
        body = self.opened()
        return Statement(self.header.kind, body.received, orjson.loads(body.meta), body.signature)
