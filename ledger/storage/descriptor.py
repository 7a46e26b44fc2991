"""File descriptors that close when nobody reads through them any more.

Readers in other threads may be within a read when a file is let go; closing it under them could hand its
number to another file. So whoever uses one holds a reference, and the last reference closes it.
"""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["Descriptor"]


class Descriptor:
    """An open file; `number` is its descriptor, valid as long as this object is referred to."""

    __slots__ = ("number",)

    def __init__(self, path: Path, flags: int) -> None:
        self.number = -1
        self.number = os.open(path, flags | os.O_CLOEXEC, 0o600)

    def __del__(self) -> None:
        if self.number >= 0:
            os.close(self.number)

    def read(self, length: int, at: int) -> bytes:
        """Return up to `length` bytes from offset `at`."""
        return os.pread(self.number, length, at)

    def write(self, data: bytes, at: int) -> None:
        """Write all of `data` at offset `at`."""
        view = memoryview(data)
        while view:
            written = os.pwrite(self.number, view, at)
            at += written
            view = view[written:]

    def length(self) -> int:
        """Return the length of the file in bytes."""
        return os.fstat(self.number).st_size
