"""Erasures: body and salt are gone from the disk, the header and the proofs stay, a crash changes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ledger import (
    BodyErased,
    FileStorage,
    Kind,
    Log,
    StatementError,
    StorageError,
    UnknownPosition,
    fsck,
    merkle,
    open_note,
    verify_inclusion,
)
from ledger.storage.frames import erasing_overwrite
from tests.ledger.conftest import OpenLog, statement, statements

SECRET = b"sgtin:9506000.013435.00777000"


def test_an_erased_body_is_gone_from_every_file(log: Log, folder: Path) -> None:
    log.append([statement(1), statement(777), statement(2)])
    salt = log.entry(1).salt
    receipt = log.erase(1, "patient's request", {"party": "urn:x"})
    assert (receipt.first, receipt.count) == (3, 1)
    for file in folder.rglob("*"):
        if file.is_file():
            assert SECRET not in file.read_bytes()
            assert salt not in file.read_bytes()
    assert log.entry(1).erased
    with pytest.raises(BodyErased, match="entry 1"):
        log.entry(1).statement()
    assert [entry.erased for entry in log.entries()] == [False, True, False, False]


def test_the_erasure_itself_is_an_entry_that_says_what_and_why(log: Log) -> None:
    log.append(statements(2))
    log.erase(0, "order 17/2026", {"party": "urn:x"})
    entry = log.entry(2)
    assert entry.header.kind is Kind.ERASURE
    assert json.loads(entry.statement().received) == {"erases": 0, "reason": "order 17/2026"}
    assert entry.statement().meta == {"party": "urn:x"}


def test_an_erased_entry_stays_in_the_tree(log: Log) -> None:
    log.append(statements(5))
    header = log.entry(3).header
    log.erase(3, "x")
    assert log.entry(3).header == header
    checkpoint = open_note(log.checkpoint(), [log.verifier_key()]).checkpoint
    verify_inclusion(merkle.leaf_hash(header.encode()), 3, checkpoint.size, log.inclusion(3), checkpoint.root)


def test_fsck_accepts_a_logged_erasure(open_log: OpenLog, folder: Path) -> None:
    log = open_log()
    log.append(statements(5))
    log.erase(3, "x")
    log.close()
    report = fsck(FileStorage(folder), log.verifier_key())
    assert (report.findings, report.erased) == ([], 1)
    log = open_log()
    assert log.entry(3).erased
    log.append(statements(2))
    assert fsck(FileStorage(folder), log.verifier_key()).sound


def test_what_cannot_be_erased(log: Log) -> None:
    log.append(statements(2))
    log.erase(0, "x")
    with pytest.raises(BodyErased, match="before"):
        log.erase(0, "again")
    with pytest.raises(StatementError, match="is an erasure"):
        log.erase(2, "hide the erasure")
    with pytest.raises(UnknownPosition):
        log.erase(3, "x")
    assert log.size == 3


def test_a_writer_that_dies_before_overwriting_is_completed_by_the_next(
    open_log: OpenLog, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_log()
    log.append([statement(777)])

    def die(*_: object) -> None:
        raise StorageError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(FileStorage, "erase", die)
        with pytest.raises(StorageError, match="power cut"):
            log.erase(0, "x")
    assert not log.entry(0).erased
    log.close()
    log = open_log()
    assert log.entry(0).erased
    assert not (folder / "erasing").exists()
    assert all(SECRET not in file.read_bytes() for file in (folder / "segments").iterdir())
    assert fsck(FileStorage(folder), log.verifier_key()).erased == 1


@pytest.mark.parametrize("kept", [1, 5, 6, 40])
def test_a_body_overwritten_in_part_is_completed_by_the_next_writer(
    open_log: OpenLog, folder: Path, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    log = open_log()
    log.append([statement(777), statement(5)])
    (segment,) = (folder / "segments").iterdir()

    def tear(storage: FileStorage, position: int) -> None:
        whole = segment.read_bytes()
        at, zeros = erasing_overwrite(whole[20:])
        segment.write_bytes(whole[: 20 + at] + zeros[:kept] + whole[20 + at + kept :])
        raise StorageError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(FileStorage, "erase", tear)
        with pytest.raises(StorageError, match="power cut"):
            log.erase(0, "x")
    assert log.entry(0).erased  # readers meanwhile see it as erased
    log.close()
    log = open_log()
    assert log.entry(0).erased
    assert log.entry(1).statement() == statement(5)
    assert fsck(FileStorage(folder), log.verifier_key()).findings == []


def test_an_erasure_that_was_not_committed_erases_nothing(
    open_log: OpenLog, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_log()
    log.append([statement(777)])

    def refuse(*_: object) -> None:
        raise StorageError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(FileStorage, "stage", refuse)
        with pytest.raises(StorageError, match="no room"):
            log.erase(0, "x")
    assert not (folder / "erasing").exists()
    # and even where the note of it stayed behind and another entry took its place
    (folder / "erasing").write_text('{"erased": 0, "by": 1}')
    log.append([statement(5)])
    log.close()
    log = open_log()
    assert log.entry(0).statement() == statement(777)
    assert not (folder / "erasing").exists()
