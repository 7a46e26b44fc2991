"""Signed checkpoints: C2SP signed notes over (origin, size, root), and the keys that sign and verify them.

    trace.example/log                            origin, also the name of the log's key
    3                                            size of the tree
    CSUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I= root, base64
                                                 (empty line)
    — trace.example/log <base64>                 one line per signature: key id (4 bytes) and signature

A verifier key is the string "name+key id in hex+base64(algorithm || public key)". Algorithm 1 is Ed25519 over
the text of the note; 4 is a witness' cosignature/v1, Ed25519 over the text behind a line that gives its time.

Notes come from outside: their size, lines and signatures are limited, and every number and base64 text has
exactly one spelling. Signatures of keys that the verifier does not know are passed over, as the specification
says; a signature that names a known key and is wrong refuses the whole note.

Sources: C2SP signed-note, tlog-checkpoint, tlog-cosignature.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ledger.errors import NoteError

__all__ = [
    "Checkpoint",
    "NoteSigner",
    "NoteVerifier",
    "Signed",
    "cosign",
    "decode_base64",
    "open_note",
    "read_unverified",
    "sign_checkpoint",
]

MAX_NOTE_BYTES = 64 * 1024
MAX_SIGNATURES = 64
MAX_NAME_BYTES = 255
ED25519 = 1
COSIGNATURE = 4

_DASH = "\u2014"
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself: `size` entries under the Merkle root `root` (32 bytes), as `origin`."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the text that is signed (C2SP tlog-checkpoint)."""
        lines = [self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions]
        return "\n".join(lines) + "\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read the text of a note as a checkpoint.

        Raises:
            NoteError: a line is missing or malformed.
        """
        if not text.endswith("\n"):
            raise NoteError("the text of a checkpoint must end with a newline")
        origin, *lines = text[:-1].split("\n")
        if not origin:
            raise NoteError("a checkpoint begins with the origin of its log")
        if len(lines) < 2 or not all(lines):
            raise NoteError("a checkpoint has an origin, a size and a root, and no empty line")
        if not _SIZE.fullmatch(lines[0]):
            raise NoteError(f"the size of a checkpoint is a decimal number, not {lines[0][:40]!r}")
        root = decode_base64(lines[1], "the root of a checkpoint")
        if len(root) != 32:
            raise NoteError(f"the root of a checkpoint has 32 bytes, not {len(root)}")
        return cls(origin, int(lines[0]), root, tuple(lines[2:]))


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint whose signatures were verified.

    Args:
        checkpoint: what was signed.
        log_key: name of the log's key (equal to the origin).
        witnesses: (name, time) of each cosignature by a known witness; time in seconds since 1970.
        cosigners: names of further known Ed25519 keys that signed.
    """

    checkpoint: Checkpoint
    log_key: str
    witnesses: tuple[tuple[str, int], ...] = ()
    cosigners: tuple[str, ...] = ()


class NoteSigner:
    """Signs notes as `name` with an Ed25519 key."""

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        self.name = _checked_name(name)
        self._key = key
        self._public = key.public_key().public_bytes_raw()
        self.key_id = _key_id(name, ED25519, self._public)

    def signature_line(self, text: str) -> str:
        """Return the signature line over the text of a note."""
        signature = self._key.sign(text.encode("utf-8"))
        return f"{_DASH} {self.name} {base64.b64encode(self.key_id + signature).decode()}\n"

    def verifier_key(self) -> str:
        """Return the public key as the string that others pin."""
        return _key_text(self.name, ED25519, self._public)


@dataclass(frozen=True, slots=True)
class NoteVerifier:
    """A pinned public key.

    Args:
        name: name of the key; for a log's own key its origin.
        key_id: 4 bytes that signature lines carry.
        algorithm: 1 Ed25519, 4 witness cosignature.
        public_key: 32 raw bytes.
    """

    name: str
    key_id: bytes
    algorithm: int
    public_key: bytes

    @classmethod
    def parse(cls, text: str) -> NoteVerifier:
        """Read "name+key id+base64"; raises `NoteError` if it is malformed or the key id is not its own."""
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        _checked_name(name)
        if not re.fullmatch(r"[0-9a-f]{8}", key_id):
            raise NoteError(f"the key id of a verifier key is 8 hexadecimal digits, not {key_id[:40]!r}")
        raw = decode_base64(encoded, "the key in a verifier key")
        if len(raw) != 33 or raw[0] not in (ED25519, COSIGNATURE):
            raise NoteError(f"the verifier key of {name!r} is neither Ed25519 nor a cosignature key")
        expected = _key_id(name, raw[0], raw[1:])
        if expected.hex() != key_id:
            raise NoteError(f"the verifier key of {name!r} has the id {expected.hex()}, not {key_id}")
        return cls(name, expected, raw[0], raw[1:])

    def __str__(self) -> str:
        return _key_text(self.name, self.algorithm, self.public_key)

    def check(self, text: str, signature: bytes) -> int:
        """Verify what follows the key id in a signature line.

        Returns:
            The time of a cosignature in seconds since 1970, 0 for a plain signature.

        Raises:
            NoteError: the signature is not this key's over this text.
        """
        time = 0
        message = text.encode("utf-8")
        if self.algorithm == COSIGNATURE:
            if len(signature) != 72:
                raise NoteError(f"the cosignature of {self.name!r} has {len(signature)} bytes, not 72")
            time = int.from_bytes(signature[:8], "big")
            message, signature = _cosigned(time, text), signature[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except InvalidSignature:
            raise NoteError(f"the signature of {self.name!r} is wrong") from None
        return time


def sign_checkpoint(checkpoint: Checkpoint, signer: NoteSigner) -> bytes:
    """Return the signed note of a checkpoint."""
    text = checkpoint.text()
    return f"{text}\n{signer.signature_line(text)}".encode()


def cosign(note: bytes, name: str, key: Ed25519PrivateKey, time: int) -> tuple[bytes, str]:
    """Add a witness' cosignature/v1 to a note.

    Args:
        note: a signed note; whether it may be cosigned is for the witness to decide first.
        name: name of the witness.
        key: its Ed25519 key.
        time: seconds since 1970.

    Returns:
        The note with one more line, and the witness' verifier key.
    """
    text, _ = _split(note)
    public = key.public_key().public_bytes_raw()
    signature = key.sign(_cosigned(time, text))
    line = _key_id(_checked_name(name), COSIGNATURE, public) + time.to_bytes(8, "big") + signature
    signed = note + f"{_DASH} {name} {base64.b64encode(line).decode()}\n".encode()
    return signed, _key_text(name, COSIGNATURE, public)


def open_note(note: bytes, trusted: Iterable[str | NoteVerifier]) -> Signed:
    """Verify a signed checkpoint against pinned keys.

    Args:
        note: the signed note, from anywhere.
        trusted: verifier keys. That of the log itself must be among them (its name is the origin).

    Raises:
        NoteError: malformed, not signed by the log's key, or with a wrong signature of a known key.
    """
    keys = [key if isinstance(key, NoteVerifier) else NoteVerifier.parse(key) for key in trusted]
    text, lines = _split(note)
    checkpoint = Checkpoint.parse(text)
    log_key = None
    witnesses: dict[str, int] = {}
    cosigners: list[str] = []
    for name, key_id, signature in lines:
        for key in keys:
            if key.name != name or key.key_id != key_id:
                continue
            time = key.check(text, signature)
            if key.algorithm == COSIGNATURE:
                witnesses[name] = time
            elif name == checkpoint.origin:
                log_key = name
            elif name not in cosigners:
                cosigners.append(name)
            break
    if log_key is None:
        raise NoteError(f"the checkpoint of {checkpoint.origin!r} is not signed by a trusted key of that log")
    return Signed(checkpoint, log_key, tuple(witnesses.items()), tuple(cosigners))


def read_unverified(note: bytes) -> Checkpoint:
    """Read a note without verifying a signature: for what one has written oneself."""
    return Checkpoint.parse(_split(note)[0])


def decode_base64(text: str, what: str) -> bytes:
    """Decode base64 that has exactly one spelling; raises `NoteError` naming `what`."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteError(f"{what} is not base64: {text[:40]!r}") from None
    if base64.b64encode(raw).decode() != text:
        raise NoteError(f"{what} is not canonical base64: {text[:40]!r}")
    return raw


def _split(note: bytes) -> tuple[str, Sequence[tuple[str, bytes, bytes]]]:
    """Split a note into its text and (name, key id, signature) lines (C2SP signed-note)."""
    if len(note) > MAX_NOTE_BYTES:
        raise NoteError(f"a note of {len(note)} bytes is longer than {MAX_NOTE_BYTES}")
    try:
        decoded = note.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NoteError(f"a note is UTF-8, broken at byte {error.start}") from None
    if any(ord(char) < 0x20 and char != "\n" for char in decoded):
        raise NoteError("a note has no control character but the newline")
    at = decoded.rfind("\n\n")
    if at < 0 or not decoded.endswith("\n"):
        raise NoteError("a note is a text, an empty line and signature lines, each ended by a newline")
    signatures = decoded[at + 2 : -1].split("\n") if at + 2 < len(decoded) else []
    if not 0 < len(signatures) <= MAX_SIGNATURES:
        raise NoteError(f"a note has 1 to {MAX_SIGNATURES} signatures, not {len(signatures)}")
    return decoded[: at + 1], [_signature_line(line) for line in signatures]


def _signature_line(line: str) -> tuple[str, bytes, bytes]:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != _DASH:
        raise NoteError(f"a signature line reads '{_DASH} name base64', not {line[:60]!r}")
    raw = decode_base64(parts[2], "a signature")
    if len(raw) < 5:
        raise NoteError("a signature line holds a key id of 4 bytes and a signature")
    return _checked_name(parts[1]), raw[:4], raw[4:]


def _checked_name(name: str) -> str:
    if not name or "+" in name or any(char.isspace() or ord(char) < 0x20 for char in name):
        raise NoteError(f"a key name has neither space nor plus sign and is not empty: {name[:60]!r}")
    if len(name.encode("utf-8", "replace")) > MAX_NAME_BYTES:
        raise NoteError(f"a key name has at most {MAX_NAME_BYTES} bytes")
    return name


def _key_id(name: str, algorithm: int, public_key: bytes) -> bytes:
    return sha256(name.encode("utf-8") + b"\n" + bytes([algorithm]) + public_key).digest()[:4]


def _key_text(name: str, algorithm: int, public_key: bytes) -> str:
    encoded = base64.b64encode(bytes([algorithm]) + public_key).decode()
    return f"{name}+{_key_id(name, algorithm, public_key).hex()}+{encoded}"


def _cosigned(time: int, text: str) -> bytes:
    """What a witness signs (C2SP tlog-cosignature, cosignature/v1)."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()
