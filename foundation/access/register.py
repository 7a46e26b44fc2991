"""The register: parties and their prefixes, tokens and whom they stand for.

Kept in records, read from memory.  What another process changes is seen here within `CACHE_SECONDS`; what
this process changes, at once.

- Parties: one counter record moves with every change; the parties are read anew only when it has moved.
- Tokens: an answer of `authenticate` is reused for at most `CACHE_SECONDS`, counted from before the store was
  asked, so a revocation is honoured within that time.  Refusals are never cached.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from foundation.records import Conflict, Kind, Records, change

from . import tokens
from .party import AccessError, Party, Role, Unauthenticated, check_party_id, prefix_digits
from .tokens import TOKEN_KIND, Token
from .visibility import Caller

PARTY_KIND = Kind("party")
PREFIX_KIND = Kind("company_prefix", indexed=("party",))
CHANGES_KIND = Kind("register_change")
KINDS = (PARTY_KIND, PREFIX_KIND, CHANGES_KIND, TOKEN_KIND)
"""The kinds of record this room needs in the installation's schema."""

CACHE_SECONDS = 0.5
CACHED_TOKENS = 10_000

_CHANGES = "parties"
_OUTSIDE_THE_REGISTER = frozenset({Role.regulator, Role.auditor, Role.operator, Role.public})


def _now() -> int:
    return time.time_ns() // 1000


@dataclass(frozen=True, slots=True)
class _Parties:
    changes: int = -1
    by_id: dict[str, Party] = field(default_factory=dict)
    by_prefix: dict[str, str] = field(default_factory=dict)


class Register:
    """Parties and tokens over records (whose schema holds `KINDS`).

    Args:
        records: the store.
        clock: present instant, µs since 1970 UTC.
        monotonic: seconds of a clock that is never set back; ages the caches.
    """

    def __init__(
        self,
        records: Records,
        clock: Callable[[], int] = _now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._records = records
        self._clock = clock
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._parties = _Parties()
        self._parties_until = float("-inf")
        self._callers: dict[str, tuple[float, int | None, Caller]] = {}

    # Parties

    def add_party(self, party: Party) -> Party:
        """Enter a party, or give a known one new names, prefixes and roles.

        Returns:
            The party.

        Raises:
            AccessError: one of the prefixes belongs to another party; nothing is changed.
        """
        claimed: list[str] = []
        try:
            for prefix in party.company_prefixes:
                if self._claim(prefix, party.id):
                    claimed.append(prefix)
        except AccessError:
            for prefix in claimed:
                self._release(prefix, party.id)
            raise
        # A prefix is claimed before the party names it and released after: no moment has two owners.
        change(self._records, PARTY_KIND.name, party.id, lambda _: party.to_value())
        for record in list(self._records.find(PREFIX_KIND.name, party=party.id)):
            if record.key not in party.company_prefixes:
                self._release(record.key, party.id)
        self._changed()
        return party

    def party(self, party_id: str) -> Party | None:
        """The party with this canonical URI, or None."""
        return self._current().by_id.get(party_id)

    def parties(self) -> tuple[Party, ...]:
        """All parties in the order of their ids."""
        return tuple(self._current().by_id.values())

    def owner_of(self, key: str) -> Party | None:
        """The party under whose company prefix a GS1 key stands: the longest registered prefix decides.

        Args:
            key: canonical URI on id.gs1.org, or digits (see `prefix_digits`): GTIN-14 09506000134352.

        Returns:
            The party, or None where no registered prefix fits.
        """
        digits = prefix_digits(key)
        if digits is None:
            return None
        parties = self._current()
        for length in range(min(12, len(digits)), 3, -1):
            owner = parties.by_prefix.get(digits[:length])
            if owner is not None:
                return parties.by_id[owner]
        return None

    # Tokens

    def issue_token(
        self, party: str | None, role: Role | str, note: str = "", expires: int | None = None
    ) -> str:
        """A new token; this is the only time it can be read.

        Args:
            party: canonical URI of a registered party; None only for regulator, auditor, operator, public.
            role: one of the party's roles.
            note: for the one who administers tokens, at most 500 characters.
            expires: µs since 1970 UTC from which on it is void; None: never.

        Returns:
            The token text, `sy_` and 43 characters.

        Raises:
            AccessError: party, role, note or expiry are not so.
        """
        try:
            role = Role(role)
        except ValueError as error:
            raise AccessError(str(error)) from None
        now = self._clock()
        if len(note) > tokens.MAX_NOTE:
            raise AccessError(f"a note has at most {tokens.MAX_NOTE} characters, not {len(note)}")
        if expires is not None and expires <= now:
            raise AccessError(f"a token that expired at {expires} µs is of no use (now {now} µs)")
        self._check_role(party, role)
        secret = tokens.new_secret()
        token = Token(tokens.new_token_id(), party, role, note, now, expires, None, None)
        tokens.store(self._records, token, tokens.token_hash(secret))
        return secret

    def tokens(self, party: str | None = None) -> Iterator[Token]:
        """The tokens issued, valid or not: all, or one party's."""
        equals = {} if party is None else {"party": check_party_id(party)}
        for record in self._records.find(TOKEN_KIND.name, **equals):
            yield tokens.from_record(record)

    def revoke(self, token_id: str) -> None:
        """Make a token void, everywhere within a second; a second time changes nothing.

        Args:
            token_id: its public name (`Caller.token_id`, `Token.id`), not the token.

        Raises:
            AccessError: there is no such token.
        """
        tokens.revoke(self._records, token_id, self._clock())
        with self._lock:
            # Emptied, and replaced: a concurrent authenticate that read before the revocation writes into the
            # dictionary it took, not into this one.
            self._callers = {}

    def authenticate(self, bearer: str | None) -> Caller:
        """For whom a bearer token stands.

        Args:
            bearer: the token text of the Authorization header, without the word "Bearer".

        Raises:
            Unauthenticated: always with the same message, whatever is wrong.
        """
        digest = tokens.token_hash(bearer or "")
        callers = self._callers
        asked, now = self._monotonic(), self._clock()
        cached = callers.get(digest)
        if cached is not None and asked < cached[0] and (cached[1] is None or now < cached[1]):
            return cached[2]
        token = tokens.by_hash(self._records, digest)
        reason = "unknown" if token is None else token.reason_against(now)
        if token is None or reason is not None:
            callers.pop(digest, None)
            raise Unauthenticated(reason or "unknown")
        caller = Caller(token.party, token.role, token.id)
        with self._lock:
            if len(callers) >= CACHED_TOKENS:
                callers.clear()
            callers[digest] = (asked + CACHE_SECONDS, token.expires, caller)
        tokens.note_use(self._records, token, now)
        return caller

    def _check_role(self, party_id: str | None, role: Role) -> None:
        if party_id is None:
            if role not in _OUTSIDE_THE_REGISTER:
                raise AccessError(f"a token for the role {role} needs a party")
            return
        record = self._records.get(PARTY_KIND.name, check_party_id(party_id))
        if record is None:
            raise AccessError(f"party {party_id} is not in the register")
        if role not in record.value["roles"]:
            roles = ", ".join(record.value["roles"]) or "none"
            raise AccessError(f"party {party_id} does not have the role {role}; its roles: {roles}")

    def _claim(self, prefix: str, party_id: str) -> bool:
        try:
            self._records.put(PREFIX_KIND.name, prefix, {"party": party_id}, if_version=None)
        except Conflict:
            record = self._records.get(PREFIX_KIND.name, prefix)
            if record is None:
                return self._claim(prefix, party_id)
            if record.value["party"] != party_id:
                raise AccessError(
                    f"company prefix {prefix} belongs to {record.value['party']}, not to {party_id}"
                ) from None
            return False
        return True

    def _release(self, prefix: str, party_id: str) -> None:
        record = self._records.get(PREFIX_KIND.name, prefix)
        if record is not None and record.value["party"] == party_id:
            self._records.delete(PREFIX_KIND.name, prefix, if_version=record.version)

    def _changed(self) -> None:
        change(
            self._records,
            CHANGES_KIND.name,
            _CHANGES,
            lambda seen: {"count": (seen or {"count": 0})["count"] + 1},
        )
        with self._lock:
            self._parties_until = float("-inf")

    def _current(self) -> _Parties:
        if self._monotonic() < self._parties_until:
            return self._parties
        with self._lock:
            asked = self._monotonic()
            record = self._records.get(CHANGES_KIND.name, _CHANGES)
            changes = 0 if record is None else record.version
            if changes != self._parties.changes:
                self._parties = self._read(changes)
            self._parties_until = asked + CACHE_SECONDS
            return self._parties

    def _read(self, changes: int) -> _Parties:
        by_id = {
            record.key: Party.from_value(record.key, record.value)
            for record in self._records.find(PARTY_KIND.name)
        }
        by_prefix = {prefix: party.id for party in by_id.values() for prefix in party.company_prefixes}
        return _Parties(changes, by_id, by_prefix)
