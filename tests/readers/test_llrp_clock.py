"""Reader clocks: whatever a reader believes, a tag is never seen in the future, and seldom late."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from readers.llrp.clock import ClockOffset

HOUR = 3_600_000_000
_DELAYS = st.lists(st.tuples(st.integers(0, 5_000_000), st.integers(0, 2_000_000)), min_size=1, max_size=50)


@given(st.integers(-50 * 365 * 24 * HOUR, 50 * 365 * 24 * HOUR), _DELAYS)
def test_the_offset_is_the_true_one_and_at_most_the_least_delay_more(
    offset: int, steps: list[tuple[int, int]]
) -> None:
    clock, now = ClockOffset(), 60 * 365 * 24 * HOUR
    for pause, delay in steps:
        now += pause
        clock.observe(now - delay - offset, now)
        assert offset <= clock.offset
        assert now - delay - offset + clock.offset <= now  # not in the future
    least = min(delay for _, delay in steps)
    drift = sum(pause for pause, _ in steps) * 200 // 1_000_000 + len(steps)
    assert clock.offset <= offset + least + drift


def test_a_clock_that_is_right_within_the_tolerance_is_left_alone() -> None:
    clock = ClockOffset(tolerance=100_000)
    clock.observe(HOUR, HOUR + 80_000)
    assert clock.offset == 0
    clock.observe(2 * HOUR + 150_000, 2 * HOUR)
    assert clock.offset == -150_000


def test_a_clock_that_loses_time_is_followed() -> None:
    clock = ClockOffset()
    for minute in range(24 * 60):
        now = HOUR + minute * 60_000_000
        clock.observe(now - minute * 60_000_000 * 100 // 1_000_000 - 3_000, now)  # 100 ppm slow
    lost = 1439 * 60_000_000 * 100 // 1_000_000
    assert lost <= clock.offset <= lost + 20_000


def test_a_clock_that_is_set_is_followed_at_once_both_ways() -> None:
    clock = ClockOffset()
    clock.observe(0, 10 * HOUR)
    clock.observe(10 * HOUR + 1000, 10 * HOUR + 2000)  # NTP answered
    assert clock.offset == 1000
    clock.observe(0, 10 * HOUR + 3000)  # and it was switched off and on
    assert clock.offset == 10 * HOUR + 3000
