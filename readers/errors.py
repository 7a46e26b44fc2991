"""The one exception family of the readers' room.

Everything that can go wrong between a tag and the capture interface is a `ReadersError`:
what a reader sent (`LlrpError`), what a settings file says (`SettingsError`), what a station read
(`StationError`), what the outbox can take (`OutboxError`), what the capture interface answered
(`CaptureError`).
"""

from __future__ import annotations

__all__ = [
    "CaptureError",
    "LlrpError",
    "LlrpRefused",
    "OutboxError",
    "OutboxFull",
    "ReaderUnavailable",
    "ReadersError",
    "SettingsError",
    "StationError",
]


class ReadersError(Exception):
    """Any failure of this room."""


class LlrpError(ReadersError):
    """Bytes that are not LLRP, or values that LLRP cannot carry.

    `offset` is the place in the frame (decoding) in bytes, or None.
    """

    def __init__(self, message: str, *, offset: int | None = None) -> None:
        super().__init__(message if offset is None else f"{message} (at byte {offset})")
        self.offset = offset


class LlrpRefused(LlrpError):
    """The reader understood a request and refused it (an LLRPStatus other than M_Success)."""

    def __init__(self, request: str, status: str, description: str) -> None:
        super().__init__(f"{request} refused: {status}" + (f": {description}" if description else ""))
        self.request = request
        self.status = status
        self.description = description


class ReaderUnavailable(ReadersError):
    """The reader is not connected, or went away while something was asked of it."""


class SettingsError(ReadersError):
    """A settings file that cannot be used: says which key, on which line where it can be told, and what was
    expected."""

    def __init__(self, key: str, message: str, *, line: int | None = None, file: str | None = None) -> None:
        place = ":".join(part for part in (file, None if line is None else f"line {line}") if part)
        super().__init__(f"{place + ': ' if place else ''}{key + ': ' if key else ''}{message}")
        self.key = key
        self.line = line


class StationError(ReadersError):
    """A station is not known, or a read cycle at it cannot be run."""


class OutboxError(ReadersError):
    """The outbox cannot take or give an event."""


class OutboxFull(OutboxError):
    """The outbox has reached its bound: nothing was put, nothing already held was dropped."""


class CaptureError(ReadersError):
    """The capture interface could not be used as it is set up (address, token, media type)."""
