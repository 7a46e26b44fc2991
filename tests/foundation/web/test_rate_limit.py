"""The rate limiter is a token bucket, in bounded memory, whatever the clock and the clients do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from foundation.web import RateLimiter, client_key


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_granted_and_then_the_rate() -> None:
    clock = Clock()
    limiter = RateLimiter(per_second=2, burst=5, clock=clock)
    assert [limiter.take("a") for _ in range(5)] == [0.0] * 5
    assert limiter.take("a") == pytest.approx(0.5)
    clock.now += 0.5
    assert limiter.take("a") == 0.0
    assert limiter.take("a") > 0


def test_clients_do_not_share_a_bucket() -> None:
    limiter = RateLimiter(per_second=1, burst=1, clock=Clock())
    assert limiter.take("a") == 0.0
    assert limiter.take("a") > 0
    assert limiter.take("b") == 0.0


def test_a_refused_request_takes_nothing() -> None:
    clock = Clock()
    limiter = RateLimiter(per_second=1, burst=1, clock=clock)
    limiter.take("a")
    for _ in range(100):
        assert limiter.take("a") > 0
    clock.now += 1.0
    assert limiter.take("a") == 0.0


def test_a_million_clients_take_no_more_memory_than_allowed() -> None:
    limiter = RateLimiter(per_second=1, burst=1, clock=Clock(), most_clients=50)
    for number in range(1_000):
        limiter.take(str(number))
    assert limiter.clients == 50


@given(
    steps=st.lists(st.tuples(st.floats(0, 5), st.integers(1, 3)), max_size=60),
    rate=st.floats(0.1, 20),
    burst=st.integers(3, 20),
)
def test_it_grants_exactly_what_a_plain_token_bucket_grants(
    steps: list[tuple[float, int]], rate: float, burst: int
) -> None:
    clock = Clock()
    limiter = RateLimiter(per_second=rate, burst=burst, clock=clock)
    tokens, last = float(burst), clock.now
    for wait, cost in steps:
        clock.now += wait
        tokens = min(float(burst), tokens + (clock.now - last) * rate)
        last = clock.now
        granted = limiter.take("a", cost) == 0.0
        if abs(tokens - cost) > 1e-6:  # rounding may go either way at the very edge
            assert granted == (tokens > cost)
        if granted:
            tokens -= cost


@pytest.mark.parametrize("wrong", [{"per_second": 0}, {"burst": 0.5}, {"most_clients": 0}])
def test_senseless_limits_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="per_second"):
        RateLimiter(**{"per_second": 1, "burst": 1, **wrong})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("testclient", "testclient"),
    ],
)
def test_a_client_is_an_ipv4_address_or_an_ipv6_subscriber(host: str, key: str) -> None:
    assert client_key(Request({"type": "http", "client": (host, 1), "headers": []})) == key


def test_a_client_without_an_address_shares_one_bucket() -> None:
    assert client_key(Request({"type": "http", "client": None, "headers": []})) == ""
