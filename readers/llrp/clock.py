"""What to add to a reader's clock to get UTC.

Readers keep poor time: some have no clock but count microseconds since they were switched on, some stand in
1970 until NTP answers, some drift by seconds a day. What is known is only this: a time the reader states has
passed when the message arrives, so `arrival - stated` is the offset plus a delay that is never negative. The
least of these differences is the best estimate. As clocks drift, an old difference loses weight: it may grow
by the greatest drift a crystal shows.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ClockOffset"]

_DRIFT = 200  # parts per million: worse than any reader's crystal
_STEP = 600_000_000  # µs: a report is never delayed this long, so the reader's clock was set back


@dataclass(slots=True)
class ClockOffset:
    """Estimates one clock of one connection.

    `tolerance` µs: an offset within it is taken for network delay and the reader's clock is trusted as it is.
    Use 0 for a clock that counts from an arbitrary start.

    >>> clock = ClockOffset(tolerance=100_000)
    >>> clock.observe(1_000, 3_600_001_000); clock.offset   # an hour slow
    3600000000
    >>> clock.observe(2_000, 3_600_001_500); clock.offset   # this one came sooner
    3599999500
    """

    tolerance: int = 0
    _least: int | None = None
    _since: int = 0

    def observe(self, stated: int, arrived: int) -> None:
        """A message that arrived at `arrived` (UTC µs) states the reader's time `stated` (µs)."""
        difference = arrived - stated
        if self._least is None or difference - self._least > _STEP:
            self._least, self._since = difference, arrived
            return
        grown = self._least + max(0, arrived - self._since) * _DRIFT // 1_000_000
        self._least, self._since = min(difference, grown), arrived

    @property
    def offset(self) -> int:
        """Microseconds to add to the reader's clock; 0 before anything was observed."""
        least = self._least or 0
        return 0 if abs(least) <= self.tolerance else least
