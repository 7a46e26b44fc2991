"""Serials are never handed out twice: to threads, to processes, after crashes, in any style."""

from __future__ import annotations

import itertools
import multiprocessing
import sqlite3
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.gs1 import decode_tag, encode_tag
from foundation.records import SqliteRecords
from labels import KINDS, LabelError, Serials, Style
from labels.serials import ALPHABET, permute

GTIN = "09506000134352"
OTHER = "09506000134369"


def serials() -> Serials:
    return Serials(SqliteRecords(":memory:", KINDS))


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(Style),
    st.lists(st.tuples(st.sampled_from([GTIN, OTHER]), st.integers(1, 40)), max_size=12),
)
def test_no_sequence_of_reservations_repeats_a_serial(
    style: Style, reservations: list[tuple[str, int]]
) -> None:
    desk = serials()
    seen: dict[str, list[str]] = {GTIN: [], OTHER: []}
    for gtin, count in reservations:
        block = desk.reserve(gtin, count, style)
        assert len(block) == count
        seen[gtin] += block
    for issued in seen.values():
        assert len(set(issued)) == len(issued)


def test_threads_reserving_at_once_get_different_serials(tmp_path: Path) -> None:
    desk = Serials(SqliteRecords(tmp_path / "r", KINDS))
    issued: list[str] = []

    def work() -> None:
        for _ in range(20):
            issued.extend(desk.reserve(GTIN, 7))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(issued) == 560
    assert len(set(issued)) == 560


def _reserve(path: str, blocks: int, out: multiprocessing.Queue[list[str]]) -> None:
    with SqliteRecords(path, KINDS) as records:
        desk = Serials(records)
        out.put([serial for _ in range(blocks) for serial in desk.reserve(GTIN, 5)])


def test_processes_reserving_at_once_get_different_serials(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    out: multiprocessing.Queue[list[str]] = context.Queue()
    workers = [context.Process(target=_reserve, args=(str(tmp_path / "r"), 40, out)) for _ in range(2)]
    for worker in workers:
        worker.start()
    issued = [serial for _ in workers for serial in out.get(timeout=60)]
    for worker in workers:
        worker.join(60)
    assert len(issued) == 400
    assert len(set(issued)) == 400


def test_a_reservation_is_on_disk_before_its_serials_are_seen(tmp_path: Path) -> None:
    desk = Serials(SqliteRecords(tmp_path / "r", KINDS))
    desk.reserve(GTIN, 10, Style.NUMERIC)
    other = sqlite3.connect(tmp_path / "r")
    (value,) = other.execute('SELECT value FROM "serial_counter"').fetchone()
    other.close()
    assert '"next":11' in value


def test_a_random_serial_has_twenty_characters_that_people_do_not_confuse() -> None:
    issued = list(serials().reserve(GTIN, 500))
    assert all(len(serial) == 20 and set(serial) <= set(ALPHABET) for serial in issued)
    assert not set("01IO") & set(ALPHABET)
    assert len(set(ALPHABET)) == 32


def test_random_serials_show_no_order() -> None:
    """Every place takes every character, and the numbers neither rise nor fall."""
    issued = list(serials().reserve(GTIN, 2000))
    for place in range(20):
        counts = [sum(serial[place] == character for serial in issued) for character in ALPHABET]
        assert min(counts) > 25
        assert max(counts) < 110
    ranks = sorted(range(len(issued)), key=issued.__getitem__)
    rises = sum(a < b for a, b in itertools.pairwise(ranks))
    assert 800 < rises < 1200


def test_serials_of_two_gtins_and_of_two_installations_differ() -> None:
    desk = serials()
    one, two, there = desk.reserve(GTIN, 100), desk.reserve(OTHER, 100), serials().reserve(GTIN, 100)
    assert len({*one, *two, *there}) == 300


def test_a_numeric_random_serial_fits_a_tag_of_96_bits() -> None:
    for serial in serials().reserve(GTIN, 200, Style.RANDOM_NUMERIC):
        assert str(int(serial)) == serial
        uri = f"https://id.gs1.org/01/{GTIN}/21/{serial}"
        assert decode_tag(encode_tag(uri, company_prefix_length=7)).identity.uri == uri


def test_a_block_can_be_printed_again_and_an_unreserved_one_not() -> None:
    desk = serials()
    desk.reserve(GTIN, 3)
    block = desk.reserve(GTIN, 5)
    assert list(desk.block(GTIN, block.first, 5)) == list(block)
    for first, count in ((5, 5), (0, 2), (1, 0), (9, 1)):
        with pytest.raises(LabelError, match="were not reserved"):
            desk.block(GTIN, first, count)
    with pytest.raises(LabelError, match="were not reserved"):
        desk.block(OTHER, 1, 1)


def test_one_gtin_keeps_one_style() -> None:
    desk = serials()
    desk.reserve(GTIN, 1, Style.NUMERIC)
    with pytest.raises(LabelError, match=f"the serials of {GTIN} are numeric, not random"):
        desk.reserve(GTIN, 1, Style.RANDOM)


def test_numbers_that_are_used_up_are_refused_whole() -> None:
    records = SqliteRecords(":memory:", KINDS)
    desk = Serials(records)
    desk.reserve(GTIN, 1, Style.NUMERIC)
    record = records.get("serial_counter", GTIN)
    assert record is not None
    records.put("serial_counter", GTIN, {**record.value, "next": 2**38 - 2}, if_version=record.version)
    with pytest.raises(LabelError, match=f"{GTIN} has no 3 serials left"):
        desk.reserve(GTIN, 3, Style.NUMERIC)
    assert list(desk.reserve(GTIN, 2, Style.NUMERIC)) == [str(2**38 - 2), str(2**38 - 1)]


@pytest.mark.parametrize("count", [0, -1, 1_000_001])
def test_a_block_is_bounded(count: int) -> None:
    with pytest.raises(LabelError, match="1 to 1000000 serials"):
        serials().reserve(GTIN, count)


@pytest.mark.parametrize("gtin", ["", "09506000134353", "x", "https://id.gs1.org/01/09506000134352"])
def test_serials_are_per_gtin(gtin: str) -> None:
    with pytest.raises(LabelError, match="serials are per GTIN"):
        serials().reserve(gtin, 1)


def test_the_key_does_not_show_in_the_repr_of_a_block() -> None:
    block = serials().reserve(GTIN, 1)
    assert block.key.hex() not in repr(block)
    assert repr(block.key) not in repr(block)


@pytest.mark.parametrize("bits", [2, 4, 8, 12])
def test_the_permutation_meets_every_number_once(bits: int) -> None:
    assert sorted(permute(b"key", value, bits) for value in range(1 << bits)) == list(range(1 << bits))


@given(st.binary(max_size=64), st.integers(0, 2**100 - 1), st.integers(0, 99))
def test_a_neighbour_is_permuted_to_somewhere_else(key: bytes, value: int, bit: int) -> None:
    one, other = permute(key, value, 100), permute(key, value ^ 1 << bit, 100)
    assert 0 <= one < 1 << 100
    assert bin(one ^ other).count("1") > 15
