"""The log's Ed25519 key on disk: PKCS #8 in PEM, readable by its owner only."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ledger.checkpoint import NoteSigner
from ledger.errors import LedgerError

__all__ = ["create_key", "load_key", "load_or_create_key", "verifier_key"]


def create_key(path: Path) -> Ed25519PrivateKey:
    """Make a key and write it to a new file of mode 0600, durably; a file that exists is a `LedgerError`."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    # Whole or not at all: a crash must not leave an empty key beside which a log is then begun.
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(file, "wb") as out:
            os.fchmod(out.fileno(), 0o600)
            out.write(pem)
            out.flush()
            os.fsync(out.fileno())
        os.link(part, path)
    except FileExistsError:
        raise LedgerError(f"{path} exists: a log's key is never overwritten") from None
    finally:
        part.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return key


def load_key(path: Path) -> Ed25519PrivateKey:
    """Read a key; raises `LedgerError` if it is none, or if others than its owner may read it."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        pem = path.read_bytes()
    except OSError as error:
        raise LedgerError(f"the log's key cannot be read: {error}") from error
    if mode & 0o077:
        raise LedgerError(f"{path} has mode {mode:04o}: a log's key is for its owner alone (chmod 600)")
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise LedgerError(f"{path} holds no private key in PEM: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise LedgerError(f"{path} holds a key that is not Ed25519")
    return key


def load_or_create_key(path: Path) -> Ed25519PrivateKey:
    """Read the key at `path`, or make it where there is no file yet."""
    return load_key(path) if path.exists() else create_key(path)


def verifier_key(key: Ed25519PrivateKey, origin: str) -> str:
    """Return the public key as the string that verifiers pin: "origin+key id+base64"."""
    return NoteSigner(origin, key).verifier_key()
