"""The ledger: one append-only, verifiable log of statements, its proofs, and its check from outside.

>>> import tempfile
>>> from pathlib import Path
>>> folder = Path(tempfile.mkdtemp())
>>> key = create_key(folder / "key.pem")
>>> def clock() -> int:
...     return 1_700_000_000_000_000
>>> with Log.open(FileStorage(folder / "log"), key, "trace.example/log", clock) as log:
...     first = log.append([Statement(Kind.EVENT, b'{"type": "ObjectEvent"}', {"party": "urn:a"})]).first
...     proof = log.bundle(first, ["/type", "#/party"]).to_json()
>>> verify_bundle(proof, [verifier_key(key, "trace.example/log")]).party
'urn:a'

What a reader, a witness or a regulator needs to check a log without trusting it: `verify_bundle`,
`verify_inclusion`, `verify_consistency`, `open_note`, `fsck`.
"""

from __future__ import annotations

from ledger.checkpoint import Checkpoint, NoteSigner, NoteVerifier, Signed, cosign, open_note
from ledger.commitment import DisclosedPair, commitment_root
from ledger.entry import Body, Entry, Header, Kind, Statement
from ledger.erasure import erased_position
from ledger.errors import (
    BodyErased,
    CorruptLog,
    LedgerError,
    LogClosed,
    LogFailed,
    LogLocked,
    NoteError,
    ProofError,
    StatementError,
    StorageError,
    UnknownFormat,
    UnknownPath,
    UnknownPosition,
)
from ledger.flatten import flatten
from ledger.fsck import Finding, Report, What, fsck
from ledger.keys import create_key, load_key, load_or_create_key, verifier_key
from ledger.log import MAX_BATCH_ENTRIES, Clock, Log, Receipt, Sealed, seal
from ledger.merkle import leaf_hash, verify_consistency, verify_inclusion
from ledger.proof import ProofBundle, Verified, verify_bundle
from ledger.reader import LogReader, ReadOnlyLog
from ledger.storage import Committed, FileStorage, Group, Storage, Stored

__all__ = [
    "MAX_BATCH_ENTRIES",
    "Body",
    "BodyErased",
    "Checkpoint",
    "Clock",
    "Committed",
    "CorruptLog",
    "DisclosedPair",
    "Entry",
    "FileStorage",
    "Finding",
    "Group",
    "Header",
    "Kind",
    "LedgerError",
    "Log",
    "LogClosed",
    "LogFailed",
    "LogLocked",
    "LogReader",
    "NoteError",
    "NoteSigner",
    "NoteVerifier",
    "ProofBundle",
    "ProofError",
    "ReadOnlyLog",
    "Receipt",
    "Report",
    "Sealed",
    "Signed",
    "Statement",
    "StatementError",
    "Storage",
    "StorageError",
    "Stored",
    "UnknownFormat",
    "UnknownPath",
    "UnknownPosition",
    "Verified",
    "What",
    "commitment_root",
    "cosign",
    "create_key",
    "erased_position",
    "flatten",
    "fsck",
    "leaf_hash",
    "load_key",
    "load_or_create_key",
    "open_note",
    "seal",
    "verifier_key",
    "verify_bundle",
    "verify_consistency",
    "verify_inclusion",
]
