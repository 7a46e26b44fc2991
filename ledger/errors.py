"""The one exception family of the ledger: every refusal and every fault is a `LedgerError`.

A caller that maps errors to answers needs three questions only: was the input bad (`StatementError`,
`UnknownPosition`, `UnknownPath`, `ProofError`), is the log busy or closed (`LogLocked`, `LogClosed`,
`LogFailed`), or is what is stored not what was written (`CorruptLog`, `UnknownFormat`)?
"""

# Some names say the state that stands in the way (LogLocked, BodyErased) rather than end in "Error".

from __future__ import annotations

from pathlib import Path

__all__ = [
    "BodyErased",
    "CorruptLog",
    "LedgerError",
    "LogClosed",
    "LogFailed",
    "LogLocked",
    "NoteError",
    "ProofError",
    "StatementError",
    "StorageError",
    "UnknownFormat",
    "UnknownPath",
    "UnknownPosition",
]


class LedgerError(Exception):
    """Anything the ledger refuses or finds wrong."""


class StatementError(LedgerError, ValueError):
    """A statement that cannot be appended; `offset` is the byte where its JSON breaks a rule, if it does."""

    def __init__(self, message: str, offset: int | None = None) -> None:
        super().__init__(message if offset is None else f"{message} (at byte {offset})")
        self.offset = offset


class UnknownFormat(LedgerError, ValueError):
    """A header, body or frame of a version or kind that this program does not know."""


class UnknownPosition(LedgerError, LookupError):
    """A position, range or tree size beyond what the log holds."""


class UnknownPath(LedgerError, LookupError):
    """A field path that the statement does not have."""


class BodyErased(LedgerError):
    """The body of this entry was erased by a logged erasure; its header stays."""


class NoteError(LedgerError, ValueError):
    """A checkpoint, signed note or verifier key that is malformed or not signed by the key asked for."""


class ProofError(LedgerError, ValueError):
    """A proof that does not show what it claims, with the precise step that failed."""


class StorageError(LedgerError):
    """The storage refused an operation; nothing was committed."""


class LogLocked(StorageError):
    """Another writer holds the log."""


class LogClosed(StorageError):
    """The log was closed, or is not open for writing."""


class LogFailed(StorageError):
    """An earlier commit has an unknown outcome: open the log again before writing more."""


class CorruptLog(LedgerError):
    """What is stored is not what was written; `file` and `offset` say where, where that is known."""

    def __init__(self, message: str, file: Path | None = None, offset: int | None = None) -> None:
        where = "" if file is None else f"{file}" + ("" if offset is None else f" at byte {offset}") + ": "
        super().__init__(where + message)
        self.file = file
        self.offset = offset
