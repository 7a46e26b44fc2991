"""Tokens: issued once, stored hashed, expired, revoked, cached without outliving a second."""

from __future__ import annotations

import base64
import hashlib
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from foundation.access import KINDS, PUBLIC, AccessError, Caller, Party, Register, Role, Unauthenticated
from foundation.records import Record, Records, SqliteRecords

FARM = "https://id.gs1.org/417/9506000140445"
SHOP = "https://id.gs1.org/417/0614141123452"
HOUR = 3_600_000_000


@dataclass
class Clock:
    """Wall clock in µs and a monotonic clock in seconds that a test moves by hand."""

    now: int = 500_000 * HOUR
    seconds: float = 100.0

    def wall(self) -> int:
        return self.now

    def monotonic(self) -> float:
        return self.seconds


@dataclass
class Desk:
    path: Path | str = ":memory:"
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.records = SqliteRecords(self.path, KINDS)
        self.register = Register(self.records, self.clock.wall, self.clock.monotonic)
        self.register.add_party(Party(FARM, "Farm", "", ("9506000",), (Role.producer, Role.carrier)))


def test_a_token_stands_for_its_party_and_role() -> None:
    reg = Desk().register
    caller = reg.authenticate(reg.issue_token(FARM, Role.producer))
    assert (caller.party, caller.role) == (FARM, Role.producer)
    assert [token.id for token in reg.tokens()] == [caller.token_id]


def test_a_token_is_recognisable_and_carries_256_random_bits() -> None:
    reg = Desk().register
    issued = {reg.issue_token(FARM, Role.producer) for _ in range(20)}
    assert len(issued) == 20
    for token in issued:
        assert token.startswith("sy_")
        assert len(base64.urlsafe_b64decode(token[3:] + "=")) == 32


def test_the_store_holds_the_hash_and_never_the_token(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "r")
    token = desk.register.issue_token(FARM, Role.producer)
    desk.register.authenticate(token)
    desk.records.close()
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert hashlib.sha256(token.encode()).hexdigest().encode() in stored
    assert token.encode() not in stored
    assert token[3:].encode() not in stored


@pytest.mark.parametrize(
    "bearer",
    [
        None,
        "",
        "sy_",
        "sy_" + "A" * 42,
        "sy_" + "A" * 44,
        "sy_" + "é" * 43,
        "sx_" + "A" * 43,
        "x" * 100_000,
        "\ud800",
        "sy_" + "A" * 43 + "\n",
    ],
)
def test_no_text_that_is_no_token_gets_in(bearer: str | None) -> None:
    with pytest.raises(Unauthenticated, match=r"^the bearer token is missing or not valid$"):
        Desk().register.authenticate(bearer)


def test_every_refusal_reads_the_same_outside_and_differs_in_the_log() -> None:
    desk = Desk()
    revoked = desk.register.issue_token(FARM, Role.producer)
    desk.register.revoke(desk.register.authenticate(revoked).token_id or "")
    expired = desk.register.issue_token(FARM, Role.producer, expires=desk.clock.now + 1)
    desk.clock.now += 1
    reasons, messages = [], set()
    for bearer in ("nonsense", "sy_" + 43 * "A", revoked, expired):
        with pytest.raises(Unauthenticated) as caught:
            desk.register.authenticate(bearer)
        reasons.append(caught.value.reason)
        messages.add(str(caught.value))
    assert reasons == ["form", "unknown", "revoked", "expired"]
    assert len(messages) == 1


def test_a_token_expires_to_the_microsecond_even_while_cached() -> None:
    desk = Desk()
    token = desk.register.issue_token(FARM, Role.producer, expires=desk.clock.now + 10)
    desk.clock.now += 9
    assert desk.register.authenticate(token).party == FARM
    desk.clock.now += 1
    with pytest.raises(Unauthenticated):
        desk.register.authenticate(token)


def test_a_revoked_token_is_void_at_once_where_it_was_revoked() -> None:
    reg = Desk().register
    token, other = reg.issue_token(FARM, Role.producer), reg.issue_token(FARM, Role.carrier)
    caller = reg.authenticate(token)
    assert caller.token_id is not None
    reg.revoke(caller.token_id)
    reg.revoke(caller.token_id)
    with pytest.raises(Unauthenticated):
        reg.authenticate(token)
    assert reg.authenticate(other).role is Role.carrier


def test_a_revocation_in_another_process_is_honoured_within_a_second(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "r")
    there = Register(SqliteRecords(tmp_path / "r", KINDS))
    token = desk.register.issue_token(FARM, Role.producer)
    caller = desk.register.authenticate(token)
    there.revoke(caller.token_id or "")
    desk.clock.seconds += 1.0
    with pytest.raises(Unauthenticated):
        desk.register.authenticate(token)


def test_an_authentication_under_way_does_not_outlive_a_revocation() -> None:
    desk = Desk()
    reached, go_on = threading.Event(), threading.Event()

    class Slow(SqliteRecords):
        def find(self, kind: str, /, **equals: object):  # type: ignore[no-untyped-def]
            found = list(desk.records.find(kind, **equals))  # type: ignore[arg-type]
            reached.set()
            assert go_on.wait(10)
            return iter(found)

    token = desk.register.issue_token(FARM, Role.producer)
    token_id = next(desk.register.tokens()).id
    slow = Slow.__new__(Slow)
    slow.get, slow.put = desk.records.get, desk.records.put  # type: ignore[method-assign]
    register = Register(slow, desk.clock.wall, desk.clock.monotonic)
    thread = threading.Thread(target=lambda: register.authenticate(token))
    thread.start()
    assert reached.wait(10)
    register.revoke(token_id)
    go_on.set()
    thread.join()
    with pytest.raises(Unauthenticated):
        register.authenticate(token)


class Counting:
    """Records that count what they are asked for."""

    def __init__(self, inner: Records) -> None:
        self.inner, self.finds, self.puts = inner, 0, 0

    def get(self, kind: str, key: str) -> Record | None:
        return self.inner.get(kind, key)

    def put(self, *args: object, **named: object) -> Record:
        self.puts += 1
        return self.inner.put(*args, **named)  # type: ignore[arg-type]

    def find(self, kind: str, /, **equals: object):  # type: ignore[no-untyped-def]
        self.finds += 1
        return self.inner.find(kind, **equals)  # type: ignore[arg-type]


def test_the_hot_path_asks_the_store_once_in_half_a_second() -> None:
    desk = Desk()
    token = desk.register.issue_token(FARM, Role.producer)
    counting = Counting(desk.records)
    register = Register(counting, desk.clock.wall, desk.clock.monotonic)  # type: ignore[arg-type]
    for _ in range(100):
        register.authenticate(token)
    assert counting.finds == 1
    desk.clock.seconds += 0.6
    register.authenticate(token)
    assert counting.finds == 2


def test_last_use_is_noted_by_the_hour_and_written_once_an_hour() -> None:
    desk = Desk()
    token = desk.register.issue_token(FARM, Role.producer)
    assert next(desk.register.tokens()).last_used is None
    counting = Counting(desk.records)
    register = Register(counting, desk.clock.wall, desk.clock.monotonic)  # type: ignore[arg-type]
    desk.clock.now += 1234
    for _ in range(10):
        desk.clock.seconds += 1
        register.authenticate(token)
    assert counting.puts == 1
    assert next(desk.register.tokens()).last_used == 500_000 * HOUR
    desk.clock.now += HOUR
    desk.clock.seconds += 1
    register.authenticate(token)
    assert next(desk.register.tokens()).last_used == 500_001 * HOUR


def test_a_token_needs_a_registered_party_that_has_the_role() -> None:
    reg = Desk().register
    with pytest.raises(AccessError, match=f"party {SHOP} is not in the register"):
        reg.issue_token(SHOP, Role.retailer)
    with pytest.raises(AccessError, match="does not have the role pharmacy; its roles: producer, carrier"):
        reg.issue_token(FARM, Role.pharmacy)
    with pytest.raises(AccessError, match="a token for the role carrier needs a party"):
        reg.issue_token(None, Role.carrier)
    with pytest.raises(AccessError, match="'king' is not a valid Role"):
        reg.issue_token(FARM, "king")
    assert list(reg.tokens()) == []


def test_an_authority_may_stand_outside_the_register() -> None:
    reg = Desk().register
    caller = reg.authenticate(reg.issue_token(None, Role.regulator, "provincial authority"))
    assert (caller.party, caller.sees_all) == (None, True)


def test_a_token_that_is_void_from_the_start_is_refused() -> None:
    desk = Desk()
    with pytest.raises(AccessError, match="is of no use"):
        desk.register.issue_token(FARM, Role.producer, expires=desk.clock.now)


def test_tokens_are_listed_by_party_with_their_notes() -> None:
    reg = Desk().register
    reg.issue_token(FARM, Role.producer, "线 1")
    reg.issue_token(None, Role.auditor)
    (token,) = reg.tokens(FARM)
    assert (token.note, token.role, token.revoked) == ("线 1", Role.producer, None)
    assert len(list(reg.tokens())) == 2
    with pytest.raises(AccessError, match="at most 500 characters"):
        reg.issue_token(FARM, Role.producer, "x" * 501)


@pytest.mark.parametrize("token_id", ["", "tk000000000000"])
def test_revoking_an_unknown_token_is_an_error(token_id: str) -> None:
    with pytest.raises(AccessError, match="there is no token"):
        Desk().register.revoke(token_id)


def test_the_public_caller_has_neither_party_nor_token() -> None:
    assert Caller(None, Role.public) == PUBLIC
    assert not PUBLIC.may_write
