"""The check from outside finds each kind of damage, at its position, and goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import FileStorage, Group, Header, Kind, Log, Report, What, fsck, merkle, verifier_key
from ledger.checkpoint import Checkpoint, NoteSigner, sign_checkpoint
from ledger.commitment import body_commitments
from ledger.entry import Body
from ledger.storage import Committed
from ledger.storage.frames import erasing_overwrite
from tests.ledger.conftest import ORIGIN, OpenLog, event, statements


@pytest.fixture
def grown(open_log: OpenLog, folder: Path) -> tuple[Path, str]:
    log = open_log(segment_bytes=30_000)
    for turn in range(4):
        log.append(statements(80, turn * 100))
    log.close()
    return folder, log.verifier_key()


def found(report: Report) -> set[tuple[int | None, What]]:
    return {(finding.position, finding.what) for finding in report.findings}


def test_a_sound_log_has_no_findings_and_progress_is_told(grown: tuple[Path, str]) -> None:
    told: list[tuple[int, int]] = []
    report = fsck(FileStorage(grown[0]), grown[1], lambda done, total: told.append((done, total)))
    assert (report.size, report.checked, report.sound) == (320, 320, True)
    assert told[-1] == (320, 320)


def test_a_log_is_checked_while_its_writer_runs(log: Log, folder: Path) -> None:
    log.append(statements(10))
    assert fsck(FileStorage(folder), log.verifier_key()).sound


def test_another_key_is_a_finding(grown: tuple[Path, str]) -> None:
    other = verifier_key(Ed25519PrivateKey.generate(), ORIGIN)
    assert found(fsck(FileStorage(grown[0]), other)) == {(None, What.CHECKPOINT)}


def test_a_missing_log_is_a_finding(tmp_path: Path, grown: tuple[Path, str]) -> None:
    assert found(fsck(FileStorage(tmp_path / "none"), grown[1])) == {(None, What.CHECKPOINT)}


def test_a_garbled_body_is_found_at_its_position_and_the_rest_is_checked(grown: tuple[Path, str]) -> None:
    folder, key = grown
    segment = sorted((folder / "segments").iterdir())[0]
    data = segment.read_bytes()
    at = data.index(b"sgtin:9506000.013435.00007000")
    segment.write_bytes(data[:at] + b"X" + data[at + 1 :])
    report = fsck(FileStorage(folder), key)
    assert found(report) == {(7, What.ENTRY)}
    assert report.checked == 319
    assert segment.name in report.findings[0].message


@pytest.mark.parametrize(("level", "position"), [("level0", 256), ("level1", 0)])
def test_a_garbled_tile_is_found(grown: tuple[Path, str], level: str, position: int) -> None:
    folder, key = grown
    column = folder / "tree" / level
    data = bytearray(column.read_bytes())
    data[-1] ^= 1
    column.write_bytes(bytes(data))
    report = fsck(FileStorage(folder), key)
    assert {what for _, what in found(report)} == {What.TILE}


def test_a_lost_column_is_found(grown: tuple[Path, str]) -> None:
    folder, key = grown
    (folder / "tree" / "level1").unlink()
    assert {what for _, what in found(fsck(FileStorage(folder), key))} == {What.TILE}


def test_a_body_missing_without_an_erasure_is_found(grown: tuple[Path, str]) -> None:
    folder, key = grown
    segment = sorted((folder / "segments").iterdir())[0]
    data = segment.read_bytes()
    at, zeros = erasing_overwrite(data[20:])
    segment.write_bytes(data[: 20 + at] + zeros + data[20 + at + len(zeros) :])
    report = fsck(FileStorage(folder), key)
    assert found(report) == {(0, What.ERASURE)}
    assert "no entry erases it" in report.findings[0].message


def _log_of(folder: Path, entries: list[tuple[Header, bytes]], key: Ed25519PrivateKey) -> Report:
    """Write entries as a dishonest writer could, under a true signature, and check them."""
    storage = FileStorage(folder)
    signer = NoteSigner(ORIGIN, key)
    storage.acquire()
    empty = Committed(0, sign_checkpoint(Checkpoint(ORIGIN, 0, merkle.EMPTY_ROOT), signer))
    storage.commit(None, empty)
    headers = [header.encode() for header, _ in entries]
    frontier = merkle.Frontier()
    hashes = frontier.grow(merkle.leaf_hashes(headers))
    storage.stage(Group(0, headers, [body for _, body in entries], hashes))
    note = sign_checkpoint(Checkpoint(ORIGIN, len(headers), frontier.root()), signer)
    storage.commit(empty, Committed(len(headers), note))
    storage.close()
    return fsck(FileStorage(folder), signer.verifier_key())


def _entry(
    index: int, time: int = 5, received: bytes | None = None, kind: Kind = Kind.EVENT
) -> tuple[Header, bytes]:
    body = Body(bytes([index]) * 32, received or event(index), b"{}")
    (commitment,) = body_commitments([body])
    return Header(1, kind, time, bytes(16), index, commitment), body.encode()


def test_what_a_dishonest_writer_signs_is_found(folder: Path, key: Ed25519PrivateKey) -> None:
    good = [_entry(0), _entry(1), _entry(2)]
    swapped = [(good[0][0], good[0][1]), (good[1][0], good[2][1]), good[2]]
    assert found(_log_of(folder / "a", swapped, key)) == {(1, What.COMMITMENT)}
    assert found(_log_of(folder / "b", [_entry(0, 9), _entry(1, 8), _entry(2, 9)], key)) == {
        (1, What.RECORD_TIME)
    }
    assert found(_log_of(folder / "c", [_entry(0), _entry(2)], key)) == {(1, What.BATCH)}
    assert found(_log_of(folder / "d", [_entry(0), (good[1][0], b"\x07junk")], key)) == {(1, What.FORMAT)}
    not_json = Body(bytes(32), b"{", b"{}").encode()
    assert found(_log_of(folder / "e", [_entry(0), (good[1][0], not_json)], key)) == {(1, What.COMMITMENT)}


def test_an_erasure_whose_body_is_still_there_is_found(folder: Path, key: Ed25519PrivateKey) -> None:
    entries = [_entry(0), _entry(1, received=b'{"erases":0}', kind=Kind.ERASURE)]
    report = _log_of(folder, entries, key)
    assert found(report) == {(0, What.ERASURE)}
    assert "still there" in report.findings[0].message


@pytest.mark.parametrize(
    "stated", [b'{"erases":1}', b'{"erases":7}', b'{"erases":"0"}', b'{"erases":true}', b"{}"]
)
def test_an_erasure_that_names_no_earlier_entry_is_found(
    folder: Path, key: Ed25519PrivateKey, stated: bytes
) -> None:
    entries = [_entry(0), _entry(1, received=stated, kind=Kind.ERASURE)]
    assert found(_log_of(folder, entries, key)) == {(1, What.ERASURE)}


def test_a_checkpoint_over_another_tree_is_found(grown: tuple[Path, str], key: Ed25519PrivateKey) -> None:
    folder, verifier = grown
    forged = sign_checkpoint(Checkpoint(ORIGIN, 320, bytes(32)), NoteSigner(ORIGIN, key))
    (folder / "checkpoint").write_bytes(forged)
    assert found(fsck(FileStorage(folder), verifier)) == {(None, What.ROOT)}
