"""Opening the files of a log for writing: back to the last checkpoint, or a clear error.

Every frame of the last segment is read and checked, the columns of that stretch are made to say what the
frames say, and the root over everything is compared with the checkpoint. The columns of the segments before
were made durable when those were closed, and are taken as they are if the root agrees; otherwise, or if they
are missing, all are rebuilt from the segments. What stands behind the checkpoint was never committed and is
cut off.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Container, Iterable, Sequence
from pathlib import Path

from ledger import merkle
from ledger.checkpoint import read_unverified
from ledger.errors import CorruptLog
from ledger.storage.columns import Column
from ledger.storage.frames import scan
from ledger.storage.protocol import Committed
from ledger.storage.segments import SEGMENT_HEAD_BYTES, Segment, Segments
from ledger.tiles import TileTree

__all__ = ["recover"]

_PLACE = struct.Struct(">QI")
_CHUNK = 4096

OpenColumn = Callable[[str], Column]


def recover(
    segments: Segments,
    column: OpenColumn,
    levels: Sequence[str],
    state: Committed | None,
    folder: Path,
    unchecked: Container[int],
) -> int:
    """Bring the files of a log to what its checkpoint says.

    Args:
        segments: the segment files.
        column: opens a column file by name.
        levels: names of the level columns there are.
        state: what is committed, None for a new log.
        folder: the folder of the log, for errors.
        unchecked: positions whose body is being erased.

    Returns:
        The offset in the last segment at which the next group begins.

    Raises:
        CorruptLog: what was committed is not there as it was written.
    """
    if state is None:
        if segments.last() is not None:
            raise CorruptLog("there are segments and no checkpoint", folder / "checkpoint")
        return SEGMENT_HEAD_BYTES
    expected = read_unverified(state.checkpoint).root
    last = segments.last()
    if last is not None and last.first >= state.size:
        if last.first > state.size:
            raise CorruptLog(
                f"the segment begins behind the {state.size} entries of the checkpoint", last.path
            )
        segments.remove(last)  # begun for a group that was never committed
        last = segments.last()
    if last is None:
        if state.size:
            raise CorruptLog(f"the segments of {state.size} entries are missing", segments.folder)
        return SEGMENT_HEAD_BYTES
    columns = _Columns(column)
    end = None
    if columns.hold(last.first):
        end = columns.follow(segments, [last], state.size, unchecked)
    if end is None or columns.frontier.root() != expected:
        columns = _Columns(column)
        end = columns.follow(segments, segments.all(), state.size, unchecked)
        if columns.frontier.root() != expected:
            raise CorruptLog(
                f"the entries do not have the root that the checkpoint gives for {state.size}",
                segments.folder,
            )
    if segments.length(last) > end:
        segments.truncate(last, end)
        segments.sync(last)
    for name in levels:
        column(name).truncate(state.size >> (8 * int(name[5:])))
    column("offsets").truncate(state.size)
    return end


class _Columns:
    """The column files as they follow from frames read in order."""

    def __init__(self, column: OpenColumn) -> None:
        self._column = column
        self.frontier = merkle.Frontier()

    def hold(self, size: int) -> bool:
        """Take over the columns for the first `size` entries, if they are long enough."""
        try:
            if len(self._column("offsets")) < size:
                return False
            tree = TileTree(lambda level, start, stop: self._column(f"level{level}").read(start, stop))
            self.frontier = merkle.Frontier(size, tree.peaks(size))
        except CorruptLog:
            return False
        return True

    def follow(
        self, segments: Segments, chosen: Iterable[Segment], size: int, unchecked: Container[int]
    ) -> int:
        """Read segments up to `size` entries and set the columns right; returns where the last entry ends."""
        end = SEGMENT_HEAD_BYTES
        for segment in chosen:
            if segment.first != self.frontier.size:
                raise CorruptLog(
                    f"the segment does not begin with entry {self.frontier.size}", segment.path, 0
                )
            segments.check_head(segment)
            end = self._follow_one(segment, min(size, segments.next_first(segment) or size), unchecked)
        return end

    def _follow_one(self, segment: Segment, stop: int, unchecked: Container[int]) -> int:
        places = bytearray()
        leaves: list[bytes] = []
        end = SEGMENT_HEAD_BYTES
        position = segment.first
        with segment.path.open("rb", buffering=0) as source:
            for frame in scan(source, SEGMENT_HEAD_BYTES, position, segment.path, unchecked=unchecked):
                places += _PLACE.pack(frame.start, frame.stop - frame.start)
                leaves.append(merkle.leaf_hash(frame.entry.header))
                end = frame.stop
                position += 1
                if len(leaves) == _CHUNK or position == stop:
                    self._store(bytes(places), leaves)
                    places, leaves = bytearray(), []
                if position == stop:
                    return end
        raise CorruptLog(f"the segment ends before entry {position} of {stop}", segment.path, end)

    def _store(self, places: bytes, leaves: list[bytes]) -> None:
        first = self.frontier.size
        self._column("offsets").restore(first, places)
        for level, hashes in enumerate(self.frontier.grow(leaves)):
            self._column(f"level{level}").restore(first >> (8 * level), hashes)
