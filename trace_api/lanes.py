"""Threads of their own for long questions, so that captures and short questions never wait behind them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from trace_api.errors import Overloaded

__all__ = ["Lanes"]

T = TypeVar("T")


class Lanes:
    """A few threads, and a bounded number of those who wait for one; used from one event loop.

    Args:
        threads: questions worked on at once.
        most: questions worked on or waiting; who comes then is refused.
    """

    def __init__(self, threads: int = 4, most: int = 64) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="suyuan-question")
        self._most = most
        self._now = 0

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` gives, from a thread of these; no other thread is held meanwhile.

        Raises:
            Overloaded: too many questions wait already.
        """
        if self._now >= self._most:
            raise Overloaded(f"{self._now} long questions wait already; try again in a while")
        self._now += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, work)
        finally:
            self._now -= 1
