"""Torn writes and damage: nothing acknowledged is lost, nothing half-written stays, damage is named."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import CorruptLog, FileStorage, LedgerError, Log, fsck
from tests.ledger.conftest import ORIGIN, OpenLog, statements


@pytest.fixture
def reopen(key: Ed25519PrivateKey) -> Iterator[OpenLog]:
    opened: list[Log] = []

    def open_it(folder: Path) -> Log:
        log = Log.open(FileStorage(folder, segment_bytes=4000), key, ORIGIN, lambda: 1)
        opened.append(log)
        return log

    yield open_it
    for log in opened:
        log.close()


@pytest.fixture
def grown(folder: Path, tmp_path: Path, reopen: OpenLog) -> tuple[Path, Path, int, int]:
    """(log, segment, where the last batch begins in it, where it ends) after two batches."""
    log = reopen(folder)
    log.append(statements(3))
    (segment,) = (folder / "segments").iterdir()
    start = segment.stat().st_size
    shutil.copy(folder / "checkpoint", tmp_path / "checkpoint-of-the-first")
    log.append(statements(2, 10))
    end = segment.stat().st_size
    log.close()
    return folder, segment, start, end


def test_a_batch_cut_anywhere_before_its_commit_is_dropped_whole(
    grown: tuple[Path, Path, int, int], tmp_path: Path, reopen: OpenLog
) -> None:
    folder, segment, start, end = grown
    whole = segment.read_bytes()
    shutil.copy(tmp_path / "checkpoint-of-the-first", folder / "checkpoint")
    for cut in range(start, end + 1):
        segment.write_bytes(whole[:cut])
        log = reopen(folder)
        assert log.size == 3
        assert [entry.statement() for entry in log.entries()] == statements(3)
        log.close()
        assert segment.stat().st_size == start


def test_a_batch_garbled_anywhere_before_its_commit_is_dropped_whole(
    grown: tuple[Path, Path, int, int], tmp_path: Path, reopen: OpenLog
) -> None:
    folder, segment, start, end = grown
    whole = segment.read_bytes()
    shutil.copy(tmp_path / "checkpoint-of-the-first", folder / "checkpoint")
    for at in range(start, end):
        segment.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        log = reopen(folder)
        assert log.size == 3
        log.close()
        assert segment.stat().st_size == start


def test_a_log_goes_on_after_a_torn_batch(
    grown: tuple[Path, Path, int, int], tmp_path: Path, reopen: OpenLog
) -> None:
    folder, segment, start, end = grown
    shutil.copy(tmp_path / "checkpoint-of-the-first", folder / "checkpoint")
    segment.write_bytes(segment.read_bytes()[: (start + end) // 2])
    log = reopen(folder)
    assert log.append(statements(4, 20)).first == 3
    assert fsck(FileStorage(folder), log.verifier_key()).sound


def test_a_committed_batch_cut_anywhere_is_an_error_that_names_file_and_offset(
    grown: tuple[Path, Path, int, int], reopen: OpenLog
) -> None:
    folder, segment, start, end = grown
    whole = segment.read_bytes()
    for cut in range(start, end):
        segment.write_bytes(whole[:cut])
        with pytest.raises(CorruptLog, match=segment.name) as damage:
            reopen(folder)
        assert damage.value.file == segment
        assert damage.value.offset is not None
        assert start <= damage.value.offset <= cut
        assert segment.read_bytes() == whole[:cut]  # nothing is mended in silence


def test_a_committed_batch_garbled_anywhere_is_an_error_that_names_file_and_offset(
    grown: tuple[Path, Path, int, int], reopen: OpenLog
) -> None:
    folder, segment, start, end = grown
    whole = segment.read_bytes()
    for at in range(start, end):
        damaged = whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]
        segment.write_bytes(damaged)
        with pytest.raises(CorruptLog, match=f"{segment.name} at byte") as damage:
            reopen(folder)
        assert damage.value.file == segment
        assert segment.read_bytes() == damaged


def test_a_flipped_bit_in_the_segment_head_is_noticed(
    grown: tuple[Path, Path, int, int], reopen: OpenLog
) -> None:
    folder, segment, _, _ = grown
    whole = segment.read_bytes()
    for at in range(20):
        segment.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(CorruptLog, match=segment.name):
            reopen(folder)


def test_a_damaged_checkpoint_is_an_error_not_a_new_log(
    grown: tuple[Path, Path, int, int], reopen: OpenLog
) -> None:
    folder, segment, _, _ = grown
    note = (folder / "checkpoint").read_bytes()
    size = segment.stat().st_size
    for at in range(len(note)):
        (folder / "checkpoint").write_bytes(note[:at] + bytes([note[at] ^ 1]) + note[at + 1 :])
        with pytest.raises(LedgerError):
            reopen(folder)
    (folder / "checkpoint").unlink()
    with pytest.raises(CorruptLog, match="no checkpoint"):
        reopen(folder)
    assert segment.stat().st_size == size


def test_lost_segments_are_an_error(grown: tuple[Path, Path, int, int], reopen: OpenLog) -> None:
    folder, segment, _, _ = grown
    segment.unlink()
    with pytest.raises(CorruptLog, match="missing"):
        reopen(folder)


@pytest.fixture
def long(folder: Path, reopen: OpenLog) -> tuple[Path, Log]:
    """A closed log of several segments and more than one tile."""
    log = reopen(folder)
    for turn in range(30):
        log.append(statements(10, turn * 10))
    log.close()
    return folder, log


@pytest.mark.parametrize("name", ["offsets", "level0", "level1"])
@pytest.mark.parametrize("damage", ["lost", "emptied", "cut", "garbled"])
def test_columns_are_rebuilt_from_the_segments(
    long: tuple[Path, Log], reopen: OpenLog, name: str, damage: str
) -> None:
    folder, log = long
    column = folder / "tree" / name
    data = column.read_bytes()
    if damage == "lost":
        column.unlink()
    else:
        column.write_bytes(
            {"emptied": b"", "cut": data[: len(data) // 2], "garbled": bytes(len(data))}[damage]
        )
    log = reopen(folder)
    if (name, damage) != ("offsets", "garbled"):
        assert column.read_bytes() == data
        assert fsck(FileStorage(folder), log.verifier_key()).sound


def test_wrong_offsets_are_noticed_when_they_are_used(long: tuple[Path, Log], reopen: OpenLog) -> None:
    folder, log = long
    column = folder / "tree" / "offsets"
    data = bytearray(column.read_bytes())
    data[12 * 5 : 12 * 6] = b"\xff" * 12
    column.write_bytes(bytes(data))
    log = reopen(folder)
    with pytest.raises(CorruptLog, match="offsets"):
        list(log.entries())
    assert {finding.position for finding in fsck(FileStorage(folder), log.verifier_key()).findings} == {5}


def test_a_segment_begun_and_never_committed_is_dropped(long: tuple[Path, Log], reopen: OpenLog) -> None:
    folder, _ = long
    for content in (b"", b"half a he", b"x" * 500):
        stray = folder / "segments" / f"{300:020d}.seg"
        stray.write_bytes(content)
        log = reopen(folder)
        assert log.size == 300
        assert not stray.exists()
        log.close()


def test_a_checkpoint_older_than_a_whole_segment_is_an_error(long: tuple[Path, Log], reopen: OpenLog) -> None:
    folder, log = long
    old = log.size - 100
    text = (folder / "checkpoint").read_text().replace("\n300\n", f"\n{old}\n")
    (folder / "checkpoint").write_text(text)
    with pytest.raises(CorruptLog, match="behind the 200 entries"):
        reopen(folder)


def test_a_segment_that_is_missing_between_others_is_noticed(long: tuple[Path, Log], reopen: OpenLog) -> None:
    folder, log = long
    second = sorted((folder / "segments").iterdir())[1]
    second.unlink()
    log = reopen(folder)  # the columns of closed segments are taken on trust
    with pytest.raises(CorruptLog):
        list(log.entries())
    log.close()
    shutil.rmtree(folder / "tree")
    with pytest.raises(CorruptLog, match="ends before entry"):
        reopen(folder)


def test_leftovers_of_a_writer_that_died_are_cleared(long: tuple[Path, Log], reopen: OpenLog) -> None:
    folder, _ = long
    (folder / "checkpoint.new").write_bytes(b"half a che")
    log = reopen(folder)
    assert not (folder / "checkpoint.new").exists()
    assert log.size == 300
