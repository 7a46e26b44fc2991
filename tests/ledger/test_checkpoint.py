"""Signed notes: spelled as C2SP has it, verified against pinned keys only, hostile ones refused in words."""

from __future__ import annotations

import base64
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ledger import Checkpoint, NoteError, NoteSigner, NoteVerifier, cosign, open_note
from ledger.checkpoint import sign_checkpoint

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
ORIGIN = "trace.example/log"
SIGNER = NoteSigner(ORIGIN, KEY)
CHECKPOINT = Checkpoint(ORIGIN, 3, sha256(b"root").digest())
NOTE = sign_checkpoint(CHECKPOINT, SIGNER)

# The published example of Go's golang.org/x/mod/sumdb/note (also in the C2SP page on signed notes).
PETERNEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETERNEUMANN_TEXT = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
)
PETERNEUMANN_SIGNATURE = (
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
)


def test_a_published_signature_of_another_implementation_verifies() -> None:
    verifier = NoteVerifier.parse(PETERNEUMANN)
    raw = base64.b64decode(PETERNEUMANN_SIGNATURE)
    assert raw[:4] == verifier.key_id
    assert verifier.check(PETERNEUMANN_TEXT, raw[4:]) == 0
    with pytest.raises(NoteError, match="wrong"):
        verifier.check(PETERNEUMANN_TEXT + "\n", raw[4:])


def test_the_note_is_text_empty_line_and_signature() -> None:
    text, _, signature = NOTE.decode().partition("\n\n")
    assert text.split("\n") == [ORIGIN, "3", base64.b64encode(CHECKPOINT.root).decode()]
    assert signature.startswith(f"\u2014 {ORIGIN} ")
    assert signature.endswith("\n")


def test_the_key_id_is_that_of_the_signed_note_specification() -> None:
    public = KEY.public_key().public_bytes_raw()
    expected = sha256(ORIGIN.encode() + b"\n\x01" + public).digest()[:4]
    assert SIGNER.key_id == expected
    assert SIGNER.verifier_key() == (
        f"{ORIGIN}+{expected.hex()}+{base64.b64encode(bytes([1]) + public).decode()}"
    )


def test_a_signed_checkpoint_opens_under_the_pinned_key() -> None:
    signed = open_note(NOTE, [SIGNER.verifier_key()])
    assert signed.checkpoint == CHECKPOINT
    assert (signed.log_key, signed.witnesses, signed.cosigners) == (ORIGIN, (), ())


def test_extension_lines_are_kept() -> None:
    extended = Checkpoint(ORIGIN, 3, CHECKPOINT.root, ("epoch 7",))
    assert open_note(sign_checkpoint(extended, SIGNER), [SIGNER.verifier_key()]).checkpoint == extended


def test_without_the_logs_own_key_nothing_opens() -> None:
    rival = NoteSigner(ORIGIN, OTHER)
    for trusted in ([], [rival.verifier_key()], [NoteSigner("other", KEY).verifier_key()]):
        with pytest.raises(NoteError, match="not signed by a trusted key"):
            open_note(NOTE, trusted)


def test_a_trusted_key_of_another_name_does_not_speak_for_the_log() -> None:
    member = NoteSigner("member.example", OTHER)
    text = CHECKPOINT.text()
    note = f"{text}\n{member.signature_line(text)}".encode()
    with pytest.raises(NoteError, match="not signed by a trusted key of that log"):
        open_note(note, [member.verifier_key()])
    both = NOTE + member.signature_line(text).encode()
    assert open_note(both, [member.verifier_key(), SIGNER.verifier_key()]).cosigners == ("member.example",)


def test_a_signature_under_a_known_key_id_that_is_wrong_refuses_the_note() -> None:
    other_text = Checkpoint(ORIGIN, 4, CHECKPOINT.root).text()
    note = f"{other_text}\n{SIGNER.signature_line(CHECKPOINT.text())}".encode()
    with pytest.raises(NoteError, match="is wrong"):
        open_note(note, [SIGNER.verifier_key()])


def test_unknown_signatures_are_passed_over() -> None:
    stranger = NoteSigner("stranger.example", OTHER)
    note = NOTE + stranger.signature_line(CHECKPOINT.text()).encode()
    assert open_note(note, [SIGNER.verifier_key()]).cosigners == ()


def test_a_witness_cosigns_with_its_time() -> None:
    note, witness_key = cosign(NOTE, "witness.example", OTHER, 1_760_000_000)
    signed = open_note(note, [SIGNER.verifier_key(), witness_key])
    assert signed.witnesses == (("witness.example", 1_760_000_000),)
    assert NoteVerifier.parse(witness_key).algorithm == 4


def test_the_time_of_a_cosignature_is_signed_too() -> None:
    note, witness_key = cosign(NOTE, "witness.example", OTHER, 1_760_000_000)
    line = note.decode().rstrip("\n").rsplit(" ", 1)
    raw = bytearray(base64.b64decode(line[1]))
    raw[11] ^= 1
    forged = f"{line[0]} {base64.b64encode(bytes(raw)).decode()}\n".encode()
    with pytest.raises(NoteError, match="is wrong"):
        open_note(forged, [SIGNER.verifier_key(), witness_key])


@given(st.integers(0, len(NOTE) * 8 - 1))
def test_no_bit_of_a_note_can_be_changed(bit: int) -> None:
    forged = bytearray(NOTE)
    forged[bit // 8] ^= 1 << bit % 8
    with pytest.raises(NoteError):
        open_note(bytes(forged), [SIGNER.verifier_key()])


def _note(text: str, signatures: str | None = None) -> bytes:
    return f"{text}\n{SIGNER.signature_line(text) if signatures is None else signatures}".encode()


ROOT = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    ("note", "message"),
    [
        (b"", "signature lines"),
        (b"\xff", "UTF-8"),
        (b"x" * 70_000, "longer than"),
        (_note(f"{ORIGIN}\n03\n{ROOT}\n"), "decimal number"),
        (_note(f"{ORIGIN}\n-3\n{ROOT}\n"), "decimal number"),
        (_note(f"{ORIGIN}\n{'9' * 20}\n{ROOT}\n"), "decimal number"),
        (_note(f"{ORIGIN}\n3\n{ROOT[:-1]}\n"), "base64"),
        (_note(f"{ORIGIN}\n3\n{ROOT[:-2]}B=\n"), "canonical base64"),
        (_note(f"{ORIGIN}\n3\nAAAA\n"), "32 bytes"),
        (_note(f"{ORIGIN}\n3\n"), "a size and a root"),
        (_note(f"\n3\n{ROOT}\n"), "origin"),
        (_note(f"{ORIGIN}\n3\n{ROOT}\n\tx\n"), "control character"),
        (_note(f"{ORIGIN}\n3\n{ROOT}\n", ""), "1 to 64 signatures"),
        (_note(f"{ORIGIN}\n3\n{ROOT}\n", "- a AAAA\n"), "signature line"),
        (_note(f"{ORIGIN}\n3\n{ROOT}\n", "\u2014 a AAAA\n"), "key id"),
        (_note(f"{ORIGIN}\n3\n{ROOT}\n", "\u2014 a+b AAAAAAAA\n"), "key name"),
        (_note(f"{ORIGIN}\n3\n{ROOT}\n", "\u2014 a AAAAAAAA\n" * 65), "1 to 64 signatures"),
        (NOTE[:-1], "each ended by a newline"),
    ],
)
def test_malformed_notes_are_refused_in_words(note: bytes, message: str) -> None:
    with pytest.raises(NoteError, match=message):
        open_note(note, [SIGNER.verifier_key()])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "key name"),
        ("a b+00000000+AAAA", "key name"),
        (f"{ORIGIN}+XYZ+AAAA", "8 hexadecimal digits"),
        (PETERNEUMANN.replace("c74f20a3", "c74f20a4"), "has the id c74f20a3"),
        (PETERNEUMANN[:-4], "neither Ed25519"),
        (f"{ORIGIN}+00000000+{base64.b64encode(bytes([2]) + bytes(32)).decode()}", "neither Ed25519"),
        (f"{ORIGIN}+00000000+!!", "base64"),
    ],
)
def test_malformed_verifier_keys_are_refused_in_words(text: str, message: str) -> None:
    with pytest.raises(NoteError, match=message):
        NoteVerifier.parse(text)


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")))
def test_anything_at_all_is_a_note_error_and_nothing_worse(note: bytes) -> None:
    with pytest.raises(NoteError):
        open_note(note, [SIGNER.verifier_key()])
