"""The segment files of a log: the entries in frames, one file after another, written only at the end.

A segment is named by the position of its first entry and begins with that position again. A group of entries
never spans two segments; a new one is begun when the last has grown beyond its limit.
"""

from __future__ import annotations

import os
import re
import struct
from bisect import bisect_right
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from zlib import crc32

from ledger.errors import CorruptLog
from ledger.storage.descriptor import Descriptor

__all__ = ["SEGMENT_HEAD_BYTES", "Segment", "Segments"]

_HEAD = struct.Struct(">8sQ")
_CRC = struct.Struct(">I")
_MAGIC = b"SUYUAN\x00\x01"
_NAME = re.compile(r"([0-9]{20})\.seg")
_KEPT_OPEN = 64

SEGMENT_HEAD_BYTES = _HEAD.size + _CRC.size


@dataclass(frozen=True, slots=True)
class Segment:
    """One file: `first` is the position of its first entry."""

    first: int
    path: Path


class Segments:
    """The segments in a folder; reads are safe beside one writer, in this process or another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._list: list[Segment] = []
        self._firsts: list[int] = []
        self._open: OrderedDict[int, Descriptor] = OrderedDict()
        self._lock = Lock()
        self.refresh()

    def refresh(self) -> None:
        """Look again which segments there are."""
        found = []
        for path in self.folder.iterdir():
            match = _NAME.fullmatch(path.name)
            if match:
                found.append(Segment(int(match.group(1)), path))
        self._set(sorted(found, key=lambda segment: segment.first))

    def all(self) -> list[Segment]:
        """Return the segments in order."""
        return self._list

    def last(self) -> Segment | None:
        """Return the segment that is written to, None in an empty log."""
        return self._list[-1] if self._list else None

    def of(self, position: int) -> Segment:
        """Return the segment that holds an entry; raises `CorruptLog` if none can."""
        segments, firsts = self._list, self._firsts
        at = bisect_right(firsts, position) - 1
        if at < 0 or at >= len(segments):
            raise CorruptLog(f"no segment holds entry {position}", self.folder)
        return segments[at]

    def next_first(self, segment: Segment) -> int | None:
        """Return the first position of the segment after this one, None for the last."""
        at = bisect_right(self._firsts, segment.first)
        return self._firsts[at] if at < len(self._firsts) else None

    def read(self, segment: Segment, start: int, length: int) -> bytes:
        """Return up to `length` bytes of a segment from offset `start`."""
        return self._descriptor(segment).read(length, start)

    def begin(self, first: int) -> Segment:
        """Make the segment whose first entry is `first`, durably."""
        segment = Segment(first, self.folder / f"{first:020d}.seg")
        head = _HEAD.pack(_MAGIC, first)
        file = os.open(segment.path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.write(file, head + _CRC.pack(crc32(head)))
            os.fsync(file)
        except OSError:
            segment.path.unlink()
            raise
        finally:
            os.close(file)
        sync_folder(self.folder)
        self._set([*self._list, segment])
        return segment

    def check_head(self, segment: Segment) -> None:
        """Check the head of a segment; raises `CorruptLog` if it is not that of this segment."""
        head = self.read(segment, 0, SEGMENT_HEAD_BYTES)
        if len(head) < SEGMENT_HEAD_BYTES:
            raise CorruptLog("the head of the segment is cut off", segment.path, 0)
        magic, first = _HEAD.unpack_from(head)
        if magic != _MAGIC:
            raise CorruptLog("the segment has an unknown format", segment.path, 0)
        if _CRC.unpack_from(head, _HEAD.size)[0] != crc32(head[: _HEAD.size]) or first != segment.first:
            raise CorruptLog("the head of the segment fails its checksum or name", segment.path, 0)

    def write(self, segment: Segment, at: int, data: bytes) -> None:
        """Write bytes into a segment."""
        self._descriptor(segment).write(data, at)

    def truncate(self, segment: Segment, length: int) -> None:
        """Cut a segment to `length` bytes."""
        descriptor = self._descriptor(segment)
        os.ftruncate(descriptor.number, length)

    def length(self, segment: Segment) -> int:
        """Return the length of a segment in bytes."""
        return self._descriptor(segment).length()

    def sync(self, segment: Segment) -> None:
        """Make a segment durable."""
        descriptor = self._descriptor(segment)
        os.fdatasync(descriptor.number)

    def remove(self, segment: Segment) -> None:
        """Delete a segment (nothing in it was ever committed)."""
        segment.path.unlink()
        with self._lock:
            self._open.pop(segment.first, None)
        self._set([other for other in self._list if other is not segment])
        sync_folder(self.folder)

    def close(self) -> None:
        """Let go of the files."""
        with self._lock:
            self._open.clear()

    def _set(self, segments: list[Segment]) -> None:
        self._firsts = [segment.first for segment in segments]
        self._list = segments

    def _descriptor(self, segment: Segment) -> Descriptor:
        with self._lock:
            kept = self._open.get(segment.first)
            if kept is None:
                # A reader may not be allowed to write; opening for both is tried first.
                try:
                    kept = Descriptor(segment.path, os.O_RDWR)
                except PermissionError:
                    kept = Descriptor(segment.path, os.O_RDONLY)
                self._open[segment.first] = kept
                while len(self._open) > _KEPT_OPEN:
                    self._open.popitem(last=False)
            else:
                self._open.move_to_end(segment.first)
            return kept


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)
