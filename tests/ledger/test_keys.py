"""The log's key on disk: for its owner alone, never overwritten."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ledger import LedgerError, NoteVerifier, create_key, load_key, load_or_create_key, verifier_key


def test_a_key_file_has_mode_0600_and_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    made = create_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_key(path).private_bytes_raw() == made.private_bytes_raw()
    assert load_or_create_key(path).private_bytes_raw() == made.private_bytes_raw()


def test_a_key_is_made_where_there_is_none(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    made = load_or_create_key(path)
    assert load_key(path).private_bytes_raw() == made.private_bytes_raw()


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    create_key(tmp_path / "key.pem")
    with pytest.raises(LedgerError, match="never overwritten"):
        create_key(tmp_path / "key.pem")


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    create_key(path)
    path.chmod(0o640)
    with pytest.raises(LedgerError, match="0640"):
        load_key(path)


@pytest.mark.parametrize("text", [b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_what_is_no_key_is_refused(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(text)
    path.chmod(0o600)
    with pytest.raises(LedgerError, match="no private key"):
        load_key(path)


def test_a_key_of_another_algorithm_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    other = generate_private_key(SECP256R1())
    path.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    path.chmod(0o600)
    with pytest.raises(LedgerError, match="not Ed25519"):
        load_key(path)


def test_a_missing_key_is_a_ledger_error(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="cannot be read"):
        load_key(tmp_path / "none.pem")


def test_the_public_key_is_exported_as_others_pin_it(tmp_path: Path) -> None:
    key = create_key(tmp_path / "key.pem")
    verifier = NoteVerifier.parse(verifier_key(key, "trace.example/log"))
    assert (verifier.name, verifier.public_key) == ("trace.example/log", key.public_key().public_bytes_raw())
