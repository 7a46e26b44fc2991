"""Rate limits: one token bucket per client, in bounded memory, with a clock that is passed in.

The bucket is kept as a single instant, the time at which it would be full again (the generic cell rate
algorithm, the token bucket's equal): a client whose instant lies in the past is as good as unknown, so
forgetting it loses nothing.

>>> now = [0.0]
>>> limiter = RateLimiter(per_second=1, burst=2, clock=lambda: now[0])
>>> [limiter.take("a") for _ in range(3)]
[0.0, 0.0, 1.0]
>>> now[0] = 1.0
>>> limiter.take("a")
0.0
"""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from threading import Lock
from time import monotonic

from starlette.requests import Request

from foundation.web.problem import ProblemRule


class RateLimitedError(Exception):
    """The client must wait; `retry_after` in seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"Too many requests. Try again in {math.ceil(retry_after)} s.")
        self.retry_after = retry_after


RATE_LIMITED = ProblemRule(
    RateLimitedError,
    status=429,
    title="Too many requests",
    headers=lambda error: {"Retry-After": str(math.ceil(error.retry_after))},
)


class RateLimiter:
    """Token buckets by key.

    Args:
        per_second: tokens that flow in a second.
        burst: tokens a full bucket holds; a client may spend them at once.
        clock: seconds that never run backwards.
        most_clients: buckets kept; beyond that the least recently used is forgotten, which is the fullest.
    """

    def __init__(
        self,
        *,
        per_second: float,
        burst: float,
        clock: Callable[[], float] = monotonic,
        most_clients: int = 100_000,
    ) -> None:
        if per_second <= 0 or burst < 1 or most_clients < 1:
            raise ValueError("per_second must be above 0, burst and most_clients at least 1")
        self._interval = 1 / per_second
        self._tolerance = burst / per_second
        self._clock = clock
        self._most_clients = most_clients
        self._full_at: OrderedDict[str, float] = OrderedDict()
        self._lock = Lock()

    def take(self, key: str, cost: float = 1.0) -> float:
        """Takes `cost` tokens; 0.0 when granted, else the seconds to wait and nothing is taken."""
        with self._lock:
            now = self._clock()
            full_at = max(self._full_at.get(key, now), now) + cost * self._interval
            wait = full_at - now - self._tolerance
            if wait > 1e-9:  # rounding must not refuse the last token of a burst
                return wait
            self._full_at[key] = full_at
            self._full_at.move_to_end(key)
            if len(self._full_at) > self._most_clients:
                self._full_at.popitem(last=False)
            return 0.0

    @property
    def clients(self) -> int:
        """Buckets kept at present."""
        return len(self._full_at)


def client_key(request: Request) -> str:
    """The client's address as a key: IPv4 whole, IPv6 by its /64, which is what one subscriber holds.

    Forwarded headers are not read here: the ASGI server rewrites the client for proxies it trusts.
    """
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host[:64]
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.IPv6Address(int(address) >> 64 << 64)) + "/64"
    return str(address)


def limited(
    limiter: RateLimiter, *, key: Callable[[Request], str] = client_key
) -> Callable[[Request], Awaitable[None]]:
    """A FastAPI dependency that raises `RateLimitedError` where the client's bucket is empty."""

    async def check(request: Request) -> None:
        wait = limiter.take(key(request))
        if wait > 0:
            raise RateLimitedError(wait)

    return check
