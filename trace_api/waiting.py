"""Readers who demand a log position wait here: no thread is held, few wait at once, nobody waits long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from trace_api.errors import Behind

__all__ = ["Waiting"]

FIRST_PAUSE = 0.005
LONGEST_PAUSE = 0.1


class Waiting:
    """A place for those who wait; used from one event loop.

    Args:
        most: so many wait at once at most; who comes then is refused.
        seconds: how long one waits at most.
    """

    def __init__(self, most: int = 64, seconds: float = 5.0) -> None:
        self._most = most
        self._seconds = seconds
        self._now = 0

    async def until(self, reached: Callable[[], int], position: int, what: str = "the index") -> None:
        """Return when `reached()` is at `position` or beyond; it is asked in another thread now and then.

        Raises:
            Behind: it did not get there in time, or too many wait already; `extra` says where it is.
        """
        at = await asyncio.to_thread(reached)
        if at >= position:
            return
        if self._now >= self._most:
            raise _behind(what, position, at)
        self._now += 1
        try:
            deadline = time.monotonic() + self._seconds
            pause = FIRST_PAUSE
            while (at := await asyncio.to_thread(reached)) < position:
                if time.monotonic() > deadline:
                    raise _behind(what, position, at)
                await asyncio.sleep(pause)
                pause = min(LONGEST_PAUSE, pause * 1.5)
        finally:
            self._now -= 1


def _behind(what: str, position: int, at: int) -> Behind:
    return Behind(f"log position {position} was asked for, {what} is at {at}", extra={"position": at})
