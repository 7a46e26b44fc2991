"""Column files: fixed-width records by number, such as the hashes of one level of tiles.

They repeat in quick reach what the segments hold, and are rebuilt from them when they are lost; so a commit
does not wait for them to be durable.
"""

from __future__ import annotations

import os
from pathlib import Path

from ledger.errors import CorruptLog
from ledger.storage.descriptor import Descriptor

__all__ = ["Column"]


class Column:
    """A file of records of `width` bytes; reads are safe beside one writer, in this process or another."""

    __slots__ = ("_file", "path", "width")

    def __init__(self, path: Path, width: int, *, writable: bool) -> None:
        self.path = path
        self.width = width
        self._file = Descriptor(path, os.O_RDWR | os.O_CREAT if writable else os.O_RDONLY)

    def __len__(self) -> int:
        return self._file.length() // self.width

    def read(self, start: int, stop: int) -> bytes:
        """Return the records [start, stop), concatenated; raises `CorruptLog` if there are not that many."""
        wanted = (stop - start) * self.width
        data = self._file.read(wanted, start * self.width)
        if len(data) != wanted:
            raise CorruptLog(f"records {start} to {stop} are missing", self.path, start * self.width)
        return data

    def write(self, start: int, records: bytes) -> None:
        """Write records from number `start` on."""
        self._file.write(records, start * self.width)

    def restore(self, start: int, records: bytes) -> None:
        """Write only if other bytes stand there, so that readers in other processes are not disturbed."""
        if self._file.read(len(records), start * self.width) != records:
            self.write(start, records)

    def truncate(self, count: int) -> None:
        """Drop the records from number `count` on."""
        if self._file.length() > count * self.width:
            os.ftruncate(self._file.number, count * self.width)

    def sync(self) -> None:
        """Make the file durable."""
        os.fsync(self._file.number)
