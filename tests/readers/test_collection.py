"""Read cycles: what was there, told from hundreds of reads; nothing here looks at a clock."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers import CycleEnd, CycleSpec, Departures, ReadCycle, TagRead

from .running import sgtin, sscc

MS = 1000
SPEC = CycleSpec(duration=5_000 * MS, stable_set=500 * MS)


def read(serial: int, at: int, antenna: int = 1, rssi: float = -50.0, reader: str = "dock") -> TagRead:
    return TagRead(reader, antenna, sgtin(serial), rssi, at, at)


def test_a_tag_read_a_hundred_times_is_one_tag_with_its_first_time() -> None:
    cycle = ReadCycle(SPEC, 0)
    for at in range(100):
        cycle.add([read(1, at * MS, antenna=1 + at % 2, rssi=-60 + at % 7)], at * MS)
    [tag] = cycle.result(100 * MS).tags
    assert (tag.first_seen, tag.last_seen, tag.count) == (0, 99 * MS, 100)
    assert tag.places == {("dock", 1), ("dock", 2)}
    assert tag.strongest_rssi == -54


def test_a_pallet_is_complete_when_no_new_tag_came_for_the_stable_set_time() -> None:
    cycle = ReadCycle(SPEC, 0)
    assert cycle.over(4_999 * MS) is None  # an empty gate is not a complete pallet
    cycle.add([read(1, 100 * MS)], 100 * MS)
    cycle.add([read(2, 550 * MS)], 550 * MS)
    cycle.add([read(1, 1_000 * MS)], 1_000 * MS)  # seen again: nothing new
    assert cycle.ends == 1_050 * MS
    assert cycle.over(1_049 * MS) is None
    assert cycle.over(1_050 * MS) is CycleEnd.STABLE_SET


def test_a_cycle_ends_with_its_duration_however_many_tags_come() -> None:
    cycle = ReadCycle(SPEC, 0)
    for at in range(0, 5_000, 400):
        cycle.add([read(at, at * MS)], at * MS)
    assert cycle.over(5_000 * MS) is CycleEnd.DURATION


def test_without_a_stable_set_only_the_duration_ends_a_cycle() -> None:
    cycle = ReadCycle(CycleSpec(duration=5_000 * MS, stable_set=None), 0)
    cycle.add([read(1, 0)], 0)
    assert cycle.ends == 5_000 * MS


def test_a_full_cycle_ends_and_counts_what_it_no_longer_takes() -> None:
    cycle = ReadCycle(CycleSpec(most_tags=2), 0)
    assert cycle.add([read(serial, 0) for serial in range(5)], 0) == 2
    assert cycle.over(0) is CycleEnd.FULL
    assert cycle.result(0).passed_over == 3


def test_only_included_schemes_are_let_in_but_a_tag_nobody_can_read_is_not_lost() -> None:
    cycle = ReadCycle(CycleSpec(include=frozenset({"sscc"})), 0)
    broken = b"\x00" + bytes(11)
    reads = [TagRead("dock", 1, epc, None, 0, 0) for epc in (sgtin(1), sscc(1), broken)]
    cycle.add(reads, 0)
    assert {tag.epc for tag in cycle.result(0).tags} == {sscc(1), broken}


def test_faint_reads_are_passed_over() -> None:
    cycle = ReadCycle(CycleSpec(weakest_rssi=-60.0), 0)
    cycle.add([read(1, 0, rssi=-61.0), read(2, 0, rssi=-60.0)], 0)
    result = cycle.result(0)
    assert [tag.epc for tag in result.tags] == [sgtin(2)]
    assert result.passed_over == 1


def test_reads_from_before_the_gate_opened_do_not_count() -> None:
    for slack, counted in ((0, {sgtin(3)}), (250 * MS, {sgtin(2), sgtin(3)})):
        cycle = ReadCycle(replace(SPEC, slack=slack), 10_000 * MS)
        cycle.add([read(1, 9_000 * MS), read(2, 9_900 * MS), read(3, 10_000 * MS)], 10_001 * MS)
        assert {tag.epc for tag in cycle.result(10_001 * MS).tags} == counted


@given(
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 900), st.integers(1, 3)), max_size=40), st.randoms()
)
def test_the_result_does_not_depend_on_the_order_in_which_reads_of_a_batch_come(
    seen: list[tuple[int, int, int]], random: object
) -> None:
    reads = [read(serial, at * MS, antenna) for serial, at, antenna in seen]
    shuffled = list(reads)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    results = []
    for order in (reads, shuffled):
        cycle = ReadCycle(SPEC, 0)
        cycle.add(order, 900 * MS)
        results.append(cycle.result(2_000 * MS))
    assert results[0] == results[1]
    assert {tag.epc for tag in results[0].tags} == {one.epc for one in reads}


def test_a_tag_left_standing_in_a_gate_is_let_through_once() -> None:
    window = Departures(away=1_000 * MS)
    passed = [len(window.pass_new([read(1, at)], at)) for at in range(0, 10_000 * MS, 500 * MS)]
    assert sum(passed) == 1
    assert len(window.pass_new([read(1, 0)], 20_000 * MS)) == 1


def test_a_tag_is_let_through_at_each_antenna() -> None:
    window = Departures(away=1_000 * MS)
    assert len(window.pass_new([read(1, 0, 1), read(1, 0, 2), read(1, 0, 1)], 0)) == 2


def test_the_memory_of_a_gate_is_bounded() -> None:
    window = Departures(away=10**12, most=100)
    for serial in range(500):
        window.pass_new([TagRead("dock", 1, serial.to_bytes(12, "big"))], serial)
    assert len(window._seen) == 100
    assert window.pass_new([TagRead("dock", 1, (499).to_bytes(12, "big"))], 500) == []


def test_a_cycle_that_could_never_end_is_not_made() -> None:
    with pytest.raises(ValueError, match="positive"):
        CycleSpec(duration=0)
