"""How long to wait before trying again."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["Backoff"]


@dataclass(slots=True)
class Backoff:
    """Pauses that double from `first` to `longest` seconds, each shortened at random by up to half.

    The jitter keeps a hall full of readers from knocking at the same instant after a power cut.

    >>> pause = Backoff(first=0.5, longest=3.0, chance=lambda: 0.0)
    >>> [pause.next() for _ in range(5)]
    [0.5, 1.0, 2.0, 3.0, 3.0]
    """

    first: float = 0.5
    longest: float = 30.0
    chance: Callable[[], float] = random.random
    _step: int = field(default=0, init=False)

    def next(self) -> float:
        """Seconds to wait now; the next answer is longer."""
        span = min(self.longest, self.first * 2.0 ** min(self._step, 32))
        self._step += 1
        return span * (1.0 - 0.5 * self.chance())

    def reset(self) -> None:
        """It worked: begin anew."""
        self._step = 0
