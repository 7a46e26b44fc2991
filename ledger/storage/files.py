"""The log in a folder of plain files: the embedded default.

    checkpoint          the signed checkpoint: replacing it is the commit
    segments/N.seg      the entries in frames, N the position of the first: the truth
    tree/offsets        where each entry's frame begins and how long it is   } rebuilt from the
    tree/levelK         the tile hashes at height 8·K                        } segments at need
    lock                held by the one writer
    erasing             an erasure noted and not yet completed

The life of a group: its frames are written behind the last entry and made durable; then the new checkpoint is
written to a file of its own, made durable, and renamed over the old one; then the folder is made durable.
Whoever dies in between leaves the old checkpoint and some bytes behind it, which the next writer drops.
Whatever is damaged before the checkpoint is an error that names file and offset, never repaired in silence.

A reader in another process holds the size of the checkpoint it read. It makes the folder durable itself
before it believes a new checkpoint: a crash could otherwise take back what the reader has already told
others.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from ledger.checkpoint import MAX_NOTE_BYTES, read_unverified
from ledger.errors import CorruptLog, LedgerError, LogClosed, LogFailed, StorageError
from ledger.storage.columns import Column
from ledger.storage.frames import FRAME_OVERHEAD, encode_frame, erasing_overwrite, parse_frame
from ledger.storage.lock import FolderLock
from ledger.storage.protocol import Committed, Group, Stored
from ledger.storage.recovery import recover
from ledger.storage.segments import SEGMENT_HEAD_BYTES, Segment, Segments, sync_folder

__all__ = ["FileStorage"]

_PLACE = struct.Struct(">QI")
_CHUNK_BYTES = 4 * 1024 * 1024
_CHUNK_ENTRIES = 1024

Result = TypeVar("Result")


class FileStorage:
    """Keeps one log in a folder (see `ledger.storage.protocol.Storage`).

    Args:
        folder: the data folder of the log; made by the first writer.
        url: where this writer can be reached, told to others who find the log locked.
        segment_bytes: size from which a new segment is begun.
    """

    def __init__(
        self, folder: Path, *, url: str | None = None, segment_bytes: int = 64 * 1024 * 1024
    ) -> None:
        self.folder = folder
        self._url = url
        self._segment_bytes = segment_bytes
        self._lock: FolderLock | None = None
        self._state: Committed | None = None
        self._segments: Segments | None = None
        self._columns: dict[str, Column] = {}
        self._end = 0  # of what is committed, in the last segment
        self._staged: Group | None = None

    # Writing

    def acquire(self) -> Committed | None:
        """Lock the folder and recover; see `Storage.acquire`."""
        if self._lock is not None:
            raise StorageError(f"{self.folder} is already open for writing here")
        _guarded("the folder cannot be made", lambda: self._make_folders())
        self._lock = FolderLock(self.folder / "lock", self._url)
        try:
            return _guarded("the log cannot be opened", self._recover)
        except BaseException:
            self.close()
            raise

    def _make_folders(self) -> None:
        for folder in (self.folder, self.folder / "segments", self.folder / "tree"):
            if not folder.is_dir():
                folder.mkdir(mode=0o700, parents=True)
                sync_folder(folder.parent)

    def _recover(self) -> Committed | None:
        (self.folder / "checkpoint.new").unlink(missing_ok=True)
        self._drop_files()
        state = self._read_checkpoint()
        segments = Segments(self.folder / "segments")
        pending = self.pending_erasure()
        unchecked = () if pending is None else (pending[0],)
        self._end = recover(segments, self._column, self._levels(), state, self.folder, unchecked)
        self._segments, self._state = segments, state
        return state

    def stage(self, group: Group) -> None:
        """Write a group behind what is committed; see `Storage.stage`."""
        segments = self._writable()
        size = self._state.size if self._state else 0
        if self._staged is not None or group.first != size:
            raise StorageError(f"a group at {group.first} cannot be staged behind {size} entries")
        self._staged = group
        try:
            segment = self._segment_for(segments, group.first)
            frames = [
                encode_frame(group.first + index, header, body)
                for index, (header, body) in enumerate(zip(group.headers, group.bodies, strict=True))
            ]
            places = bytearray()
            at = self._end
            for frame in frames:
                places += _PLACE.pack(at, len(frame))
                at += len(frame)
            segments.write(segment, self._end, b"".join(frames))
            self._column("offsets").write(group.first, bytes(places))
            for level, hashes in enumerate(group.hashes):
                self._column(f"level{level}").write(group.first >> (8 * level), hashes)
        except OSError as error:
            self.rollback()
            raise StorageError(f"the entries cannot be written to {self.folder}: {error}") from error
        except BaseException:
            self.rollback()
            raise

    def _segment_for(self, segments: Segments, first: int) -> Segment:
        """Return the segment to write to; a full one is followed by a new one."""
        last = segments.last()
        if last is not None and self._end < self._segment_bytes:
            return last
        # What recovery takes on trust, the columns of the segments before the last, must be durable first.
        for column in self._columns.values():
            column.sync()
        sync_folder(self.folder / "tree")
        segment = segments.begin(first)
        self._end = SEGMENT_HEAD_BYTES
        return segment

    def commit(self, expected: Committed | None, new: Committed) -> None:
        """Make the staged group durable and replace the checkpoint; see `Storage.commit`."""
        segments = self._writable()
        try:
            current = self._read_checkpoint()
        except LedgerError:
            self.rollback()
            raise
        if current != expected or self._state != expected:
            # Nothing is taken back here: the files may be the other writer's by now.
            raise LogFailed(f"the checkpoint in {self.folder} was replaced by another writer")
        end = self._end
        last = segments.last()
        if self._staged is not None and last is not None:
            end = segments.length(last)
            try:
                segments.sync(last)
            except OSError as error:
                # After a failed fsync nobody can say which pages reached the disk.
                raise LogFailed(f"entries could not be made durable in {last.path}: {error}") from error
        fresh = self.folder / "checkpoint.new"
        try:
            _write_durably(fresh, new.checkpoint)
        except OSError as error:
            self.rollback()
            raise StorageError(f"the checkpoint cannot be written to {fresh}: {error}") from error
        try:
            fresh.replace(self.folder / "checkpoint")
            sync_folder(self.folder)
        except OSError as error:
            raise LogFailed(f"whether {self.folder}/checkpoint was replaced is unknown: {error}") from error
        self._end = end
        self._state = new
        self._staged = None

    def rollback(self) -> None:
        """Discard the staged group; see `Storage.rollback`."""
        if self._staged is None:
            return
        first = self._staged.first
        self._staged = None
        try:
            segments = self._writable()
            last = segments.last()
            if last is not None:
                segments.truncate(last, self._end)
            for name, column in self._columns.items():
                column.truncate(first if name == "offsets" else first >> (8 * int(name[5:])))
        except OSError as error:
            raise LogFailed(f"what was staged in {self.folder} cannot be taken back: {error}") from error

    # Reading

    def committed(self) -> Committed | None:
        """Return the committed state; see `Storage.committed`."""
        if self._lock is not None:
            return self._state
        return _guarded("the log cannot be read", self._refresh)

    def _refresh(self) -> Committed | None:
        state = self._read_checkpoint()
        if state is not None and state != self._state:
            sync_folder(self.folder)
            if self._segments is None:
                self._segments = Segments(self.folder / "segments")
            else:
                self._segments.refresh()
            self._state = state
        return self._state

    def read(self, start: int, stop: int) -> Iterator[Stored]:
        """Yield committed entries; see `Storage.read`."""
        segments = self._readable(stop)
        while start < stop:
            segment = segments.of(start)
            until = min(stop, start + _CHUNK_ENTRIES, segments.next_first(segment) or stop)
            places = self._column("offsets").read(start, until)
            low = high = _PLACE.unpack_from(places)[0]
            ends: list[int] = []
            for position, (at, length) in enumerate(_PLACE.iter_unpack(places), start):
                if at != high or length < FRAME_OVERHEAD:
                    raise self._misplaced(position)
                if ends and at + length - low > _CHUNK_BYTES:
                    break
                high = at + length
                ends.append(high)
            if not SEGMENT_HEAD_BYTES <= low < high <= segments.length(segment):
                raise self._misplaced(start)
            data = segments.read(segment, low, high - low)
            at = 0
            for position, end in enumerate(ends, start):
                yield self._stored(data, at, position, segment, low)
                at = end - low
            start += len(ends)

    def _misplaced(self, position: int) -> CorruptLog:
        return CorruptLog(
            f"the place of entry {position} is damaged (without this file, opening for writing rebuilds it)",
            self._column("offsets").path,
            position * _PLACE.size,
        )

    def _stored(self, data: bytes, at: int, position: int, segment: Segment, base: int) -> Stored:
        try:
            return parse_frame(data, at, position, segment.path, base).entry
        except CorruptLog:
            # The one change that happens to a committed frame is an erasure; it may be under way.
            pending = self.pending_erasure()
            if pending is None or pending[0] != position:
                fresh = self._segments_now().read(segment, base + at, len(data) - at)
                return parse_frame(fresh, 0, position, segment.path, base + at).entry
            header = parse_frame(data, at, position, segment.path, base, bodies=False).entry.header
            return Stored(position, header, None)

    def hashes(self, level: int, start: int, stop: int) -> bytes:
        """Return tile hashes; see `Storage.hashes`."""
        self._segments_now()
        return _guarded("the tree cannot be read", lambda: self._column(f"level{level}").read(start, stop))

    # Erasing

    def intend_erasure(self, erased: int, by: int) -> None:
        """Note an erasure about to be committed; see `Storage.intend_erasure`."""
        self._writable()

        def note() -> None:
            fresh = self.folder / "erasing.new"
            _write_durably(fresh, json.dumps({"erased": erased, "by": by}).encode())
            fresh.replace(self.folder / "erasing")
            sync_folder(self.folder)

        _guarded("the erasure cannot be noted", note)

    def pending_erasure(self) -> tuple[int, int] | None:
        """Return an erasure not completed; see `Storage.pending_erasure`."""
        path = self.folder / "erasing"
        try:
            noted = json.loads(path.read_bytes())
            return int(noted["erased"]), int(noted["by"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CorruptLog(f"the note of an erasure cannot be read: {error}", path) from error

    def erase(self, position: int) -> None:
        """Overwrite a body; see `Storage.erase`."""
        segments = self._writable()

        def overwrite() -> None:
            self._readable(position + 1)
            segment = segments.of(position)
            start, length = _PLACE.unpack(self._column("offsets").read(position, position + 1))
            frame = segments.read(segment, start, length)
            parse_frame(frame, 0, position, segment.path, start, bodies=False)
            at, zeros = erasing_overwrite(frame)
            segments.write(segment, start + at, zeros)
            segments.sync(segment)

        _guarded("the body cannot be overwritten", overwrite)
        self.forget_erasure()

    def forget_erasure(self) -> None:
        """Drop the note of an erasure; see `Storage.forget_erasure`."""

        def drop() -> None:
            (self.folder / "erasing").unlink(missing_ok=True)
            sync_folder(self.folder)

        _guarded("the note of an erasure cannot be dropped", drop)

    def close(self) -> None:
        """Close the files and release the lock; see `Storage.close`."""
        self._drop_files()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    # Parts

    def _drop_files(self) -> None:
        if self._segments is not None:
            self._segments.close()
        self._segments, self._columns, self._state, self._staged = None, {}, None, None

    def _read_checkpoint(self) -> Committed | None:
        path = self.folder / "checkpoint"
        try:
            with path.open("rb") as file:
                note = file.read(MAX_NOTE_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageError(f"{path} cannot be read: {error}") from error
        if self._state is not None and note == self._state.checkpoint:
            return self._state
        try:
            return Committed(read_unverified(note).size, note)
        except LedgerError as error:
            raise CorruptLog(f"the checkpoint is damaged: {error}", path, 0) from error

    def _column(self, name: str) -> Column:
        column = self._columns.get(name)
        if column is None:
            width = _PLACE.size if name == "offsets" else 32
            path = self.folder / "tree" / name
            try:
                column = Column(path, width, writable=self._lock is not None)
            except FileNotFoundError:
                raise CorruptLog("the file is missing", path) from None
            column = self._columns.setdefault(name, column)
        return column

    def _levels(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "tree").glob("level*"))

    def _writable(self) -> Segments:
        if self._lock is None or self._segments is None:
            raise LogClosed(f"{self.folder} is not open for writing")
        return self._segments

    def _segments_now(self) -> Segments:
        if self._segments is None:
            raise LogClosed(f"{self.folder} is not open")
        return self._segments

    def _readable(self, stop: int) -> Segments:
        segments = self._segments_now()
        if self._state is None or stop > self._state.size:
            size = self._state.size if self._state else 0
            raise StorageError(f"entry {stop - 1} is not among the {size} committed")
        return segments


def _write_durably(path: Path, data: bytes) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(file, view) :]
        os.fsync(file)
    finally:
        os.close(file)


def _guarded(what: str, work: Callable[[], Result]) -> Result:
    try:
        return work()
    except OSError as error:
        raise StorageError(f"{what}: {error}") from error
