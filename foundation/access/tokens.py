"""Bearer tokens: 256 random bits, shown once, stored as their hash.

A token is `sy_` and 43 base64url characters.  The store holds its SHA-256 (the token is random, so a plain
hash cannot be searched), who it stands for, until when, and in which hour it was last used.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from foundation.records import Conflict, Kind, Record, Records, RecordsError

from .party import AccessError, Role, Unauthenticated

TOKEN_KIND = Kind("token", indexed=("party",), unique=("hash",))
MAX_NOTE = 500
LAST_USED_GRAIN = 3_600_000_000
"""Last use is noted once an hour: a bound on writes, and no log of a person's day."""

_TOKEN = re.compile(r"sy_[A-Za-z0-9_-]{43}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of an issued token (never the token itself).  Instants in µs since 1970 UTC."""

    id: str
    party: str | None
    role: Role
    note: str
    issued: int
    expires: int | None
    revoked: int | None
    last_used: int | None

    def reason_against(self, now: int) -> str | None:
        """Why it is not valid at `now`: "revoked", "expired" or None."""
        if self.revoked is not None:
            return "revoked"
        return "expired" if self.expires is not None and now >= self.expires else None


def new_secret() -> str:
    """A fresh token text."""
    return "sy_" + base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()


def new_token_id() -> str:
    """A fresh public name for a token; says nothing about it."""
    return f"tk{secrets.token_hex(6)}"


def token_hash(bearer: str) -> str:
    """SHA-256 of the token text in hexadecimal.

    Raises:
        Unauthenticated: the text is not of a token's form.
    """
    if not isinstance(bearer, str) or not _TOKEN.fullmatch(bearer):
        raise Unauthenticated("form")
    return hashlib.sha256(bearer.encode("ascii")).hexdigest()


def store(records: Records, token: Token, digest: str) -> None:
    """Write a new token under its id."""
    records.put(TOKEN_KIND.name, token.id, _to_value(token, digest), if_version=None)


def by_hash(records: Records, digest: str) -> Token | None:
    """The token with this hash, valid or not."""
    for record in records.find(TOKEN_KIND.name, hash=digest):
        if hmac.compare_digest(record.value["hash"], digest):
            return from_record(record)
    return None


def from_record(record: Record) -> Token:
    """The token a record stands for."""
    value = record.value
    return Token(
        record.key,
        value["party"],
        Role(value["role"]),
        value["note"],
        value["issued"],
        value["expires"],
        value["revoked"],
        value["last_used"],
    )


def revoke(records: Records, token_id: str, now: int) -> None:
    """Mark the token as revoked; a second time changes nothing.

    Raises:
        AccessError: there is no such token.
    """
    while True:
        record = records.get(TOKEN_KIND.name, token_id) if token_id else None
        if record is None:
            raise AccessError(f"there is no token {token_id!r}")
        if record.value["revoked"] is not None:
            return
        try:
            records.put(
                TOKEN_KIND.name, token_id, {**record.value, "revoked": now}, if_version=record.version
            )
        except Conflict:
            continue
        return


def note_use(records: Records, token: Token, now: int) -> None:
    """Note the hour of use; gives way to any other writer, for nothing depends on it."""
    hour = now - now % LAST_USED_GRAIN
    if token.last_used is not None and token.last_used >= hour:
        return
    try:
        record = records.get(TOKEN_KIND.name, token.id)
        if record is not None:
            records.put(
                TOKEN_KIND.name, token.id, {**record.value, "last_used": hour}, if_version=record.version
            )
    except RecordsError:
        return


def _to_value(token: Token, digest: str) -> dict[str, str | int | None]:
    return {
        "hash": digest,
        "party": token.party,
        "role": str(token.role),
        "note": token.note,
        "issued": token.issued,
        "expires": token.expires,
        "revoked": token.revoked,
        "last_used": token.last_used,
    }
