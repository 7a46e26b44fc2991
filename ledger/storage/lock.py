"""The exclusive lock of a data folder: one writer at a time, and a clear name of who holds it.

The kernel drops the lock when its process dies, however it dies; the text in the file only tells others whom
to ask.
"""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path

from ledger.errors import LogLocked, StorageError

__all__ = ["FolderLock"]


class FolderLock:
    """Holds `path` locked from construction to `release`.

    Args:
        path: the lock file, made if it is not there.
        url: where the holder can be reached, told to others who try.

    Raises:
        LogLocked: another process, or another object of this one, holds it.
    """

    def __init__(self, path: Path, url: str | None = None) -> None:
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StorageError(f"the lock {path} cannot be opened: {error}") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = _holder(os.pread(self._file, 4096, 0))
            os.close(self._file)
            if not isinstance(error, BlockingIOError):
                raise StorageError(f"the lock {path} cannot be taken: {error}") from error
            raise LogLocked(f"{path.parent} is being written to by {holder}") from None
        text = json.dumps({"pid": os.getpid(), "url": url}).encode()
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, text, 0)

    def release(self) -> None:
        """Let others in; the file stays."""
        os.ftruncate(self._file, 0)
        os.close(self._file)


def _holder(text: bytes) -> str:
    try:
        told = json.loads(text)
        pid, url = int(told["pid"]), told.get("url")
    except (ValueError, TypeError, KeyError, AttributeError):
        return "another process"
    return f"process {pid}" + (f" at {url}" if url else "")
