"""The frame around one entry in a segment file, and the scan over a whole segment.

    magic "\\xf5\\x01"  2   and version of the frame
    header length      2
    body length        4
    position           8   so that an offset that has gone astray is noticed
    CRC-32             4   of all of the above and the header
    header
    state              1   0x42 'B': body present; 0x45 'E': erased, the body is zeros
    CRC-32             4   of the body as it was written
    body

Integers are big-endian. Lengths are protected by the first CRC, so that damage to a body does not lose what
follows it. The state byte stands outside of both: erasing overwrites it, the CRC and the body in place.
"""

from __future__ import annotations

import struct
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from zlib import crc32

from ledger.errors import CorruptLog
from ledger.storage.protocol import Stored

__all__ = ["FRAME_OVERHEAD", "Frame", "encode_frame", "erasing_overwrite", "parse_frame", "scan"]

_MAGIC = b"\xf5\x01"
_HEAD = struct.Struct(">2sHIQ")
_CRC = struct.Struct(">I")
_STATE = struct.Struct(">BI")
_PRESENT = 0x42
_ERASED = 0x45

FRAME_OVERHEAD = _HEAD.size + _CRC.size + _STATE.size
MAX_BODY_BYTES = 64 * 1024 * 1024
_SCAN_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Frame:
    """One entry found in a segment: where its frame begins and ends, and what it holds."""

    start: int
    stop: int
    entry: Stored


def encode_frame(position: int, header: bytes, body: bytes) -> bytes:
    """Return the frame of one entry."""
    head = _HEAD.pack(_MAGIC, len(header), len(body), position)
    return b"".join(
        (
            head,
            _CRC.pack(crc32(header, crc32(head))),
            header,
            _STATE.pack(_PRESENT, crc32(body)),
            body,
        )
    )


def frame_length(head: bytes) -> int | None:
    """Return the length of a frame from its first bytes; None if they are too few or no frame."""
    if len(head) < _HEAD.size:
        return None
    magic, header_bytes, body_bytes, _ = _HEAD.unpack_from(head)
    if magic != _MAGIC or body_bytes > MAX_BODY_BYTES:
        return None
    length: int = FRAME_OVERHEAD + header_bytes + body_bytes
    return length


def parse_frame(data: bytes, at: int, position: int, file: Path, base: int, *, bodies: bool = True) -> Frame:
    """Read the frame of `position` at `data[at:]`.

    Args:
        data: bytes of a segment file.
        at: where in them the frame begins.
        position: which entry must stand there.
        file: the segment, for the error.
        base: offset in the file of `data[0]`.
        bodies: whether to check and take the body; without, `entry.body` is b"" where it is present.

    Raises:
        CorruptLog: what stands there is not this entry's frame as it was written.
    """
    start = base + at
    if len(data) - at < FRAME_OVERHEAD:
        raise CorruptLog(f"the frame of entry {position} is cut off", file, start)
    magic, header_bytes, body_bytes, found = _HEAD.unpack_from(data, at)
    if magic != _MAGIC:
        raise CorruptLog(f"no frame of entry {position} begins here", file, start)
    header_at = at + _HEAD.size + _CRC.size
    state_at = header_at + header_bytes
    body_at = state_at + _STATE.size
    stop = body_at + body_bytes
    if len(data) < stop:
        raise CorruptLog(f"the frame of entry {position} is cut off or its length damaged", file, start)
    header = data[header_at:state_at]
    (expected,) = _CRC.unpack_from(data, at + _HEAD.size)
    if crc32(header, crc32(data[at : at + _HEAD.size])) != expected:
        raise CorruptLog(f"the header of entry {position} fails its checksum", file, start)
    if found != position:
        raise CorruptLog(f"entry {found} stands where entry {position} belongs", file, start)
    state, body_crc = _STATE.unpack_from(data, state_at)
    body: bytes | None = None
    if state == _PRESENT:
        body = data[body_at:stop] if bodies else b""
        if bodies and crc32(body) != body_crc:
            raise CorruptLog(f"the body of entry {position} fails its checksum", file, base + body_at)
    elif state != _ERASED:
        raise CorruptLog(f"entry {position} has the unknown state {state:#04x}", file, base + state_at)
    elif bodies and data.count(0, body_at, stop) != body_bytes:
        raise CorruptLog(f"the body of entry {position} is erased in part only", file, base + body_at)
    return Frame(start, base + stop, Stored(position, header, body))


def erasing_overwrite(frame: bytes) -> tuple[int, bytes]:
    """Return (offset in the frame, bytes) whose writing erases the body and keeps the frame whole."""
    _, header_bytes, body_bytes, _ = _HEAD.unpack_from(frame)
    at = _HEAD.size + _CRC.size + header_bytes
    return at, _STATE.pack(_ERASED, 0) + bytes(body_bytes)


def scan(
    source: BinaryIO, start: int, position: int, file: Path, *, unchecked: Container[int] = ()
) -> Iterator[Frame]:
    """Yield the frames of a segment from `start` on, the first being that of `position`.

    Args:
        source: the segment file, opened unbuffered or buffered.
        start: offset of the first frame.
        position: the entry that must stand there.
        file: the segment, for errors.
        unchecked: positions whose bodies are not looked at (an erasure of them is under way).

    Raises:
        CorruptLog: at the first frame that is not whole, naming file and offset.
    """
    source.seek(start)
    base, data, at = start, b"", 0
    while True:
        for _ in range(2):  # first until the lengths are known, then until the frame is whole
            missing = (frame_length(data[at : at + _HEAD.size]) or _HEAD.size) - (len(data) - at)
            if missing <= 0:
                break
            more = source.read(max(missing, _SCAN_BYTES))
            base, data, at = base + at, data[at:] + more, 0
        if at == len(data):
            return
        frame = parse_frame(data, at, position, file, base, bodies=position not in unchecked)
        yield frame
        at = frame.stop - base
        position += 1
