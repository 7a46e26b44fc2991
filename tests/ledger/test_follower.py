"""Followers: safe reading beside the writer, and no belief in a log that goes back or is rewritten."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import (
    CorruptLog,
    FileStorage,
    LedgerError,
    Log,
    NoteError,
    ReadOnlyLog,
    StorageError,
    UnknownPosition,
    verifier_key,
    verify_bundle,
)
from tests.ledger.conftest import ORIGIN, OpenLog, statements

ROOT = Path(__file__).resolve().parents[2]


def test_a_follower_sees_what_was_committed_when_it_looked(log: Log, folder: Path) -> None:
    log.append(statements(3))
    follower = ReadOnlyLog.open(FileStorage(folder), log.verifier_key())
    log.append(statements(300, 10))
    assert follower.size == 3
    with pytest.raises(UnknownPosition):
        follower.entry(3)
    assert follower.refresh() == 303
    assert list(follower.entries()) == list(log.entries())
    assert follower.checkpoint() == log.checkpoint()
    verify_bundle(follower.bundle(200, ["/type"]).to_json(), [log.verifier_key()])
    follower.close()


def test_a_follower_follows_into_new_segments(open_log: OpenLog, folder: Path) -> None:
    log = open_log(segment_bytes=2000)
    log.append(statements(2))
    follower = ReadOnlyLog.open(FileStorage(folder), log.verifier_key())
    for turn in range(10):
        log.append(statements(3, turn * 10))
        assert follower.refresh() == log.size
        assert list(follower.entries()) == list(log.entries())
    follower.close()


def test_there_is_nothing_to_follow_before_the_writer_started(folder: Path, key: Ed25519PrivateKey) -> None:
    with pytest.raises(LedgerError, match="no log here yet"):
        ReadOnlyLog.open(FileStorage(folder), verifier_key(key, ORIGIN))


def test_a_follower_pins_the_key(log: Log, folder: Path) -> None:
    with pytest.raises(NoteError):
        ReadOnlyLog.open(FileStorage(folder), verifier_key(Ed25519PrivateKey.generate(), ORIGIN))


def test_a_follower_cannot_append(log: Log, folder: Path) -> None:
    storage = FileStorage(folder)
    assert storage.committed() is not None
    with pytest.raises(StorageError, match="not open for writing"):
        storage.rollback() or storage.erase(0)


def test_a_log_that_goes_back_is_not_believed(log: Log, folder: Path, tmp_path: Path) -> None:
    log.append(statements(3))
    old = (folder / "checkpoint").read_bytes()
    log.append(statements(3))
    follower = ReadOnlyLog.open(FileStorage(folder), log.verifier_key())
    (folder / "checkpoint").write_bytes(old)
    with pytest.raises(CorruptLog, match="went back from 6 to 3"):
        follower.refresh()
    assert follower.size == 6
    follower.close()


def test_a_log_rewritten_under_its_own_key_is_not_believed(
    open_log: OpenLog, folder: Path, key: Ed25519PrivateKey, tmp_path: Path
) -> None:
    log = open_log()
    log.append(statements(300))
    log.close()
    rival_folder = tmp_path / "rival"
    with Log.open(FileStorage(rival_folder), key, ORIGIN, lambda: 1) as rival:
        rival.append(statements(400, 5000))
    follower = ReadOnlyLog.open(FileStorage(folder), log.verifier_key())
    follower.inclusion(7)
    for name in ("segments", "tree", "checkpoint"):
        target = folder / name
        shutil.rmtree(target) if target.is_dir() else target.unlink()
        (shutil.copytree if (rival_folder / name).is_dir() else shutil.copy)(rival_folder / name, target)
    # The rival's files are others than the follower holds open, so it opens them anew.
    again = ReadOnlyLog.open(FileStorage(folder), log.verifier_key())
    again._state = follower._state
    with pytest.raises(CorruptLog, match="was rewritten: its first 300 entries"):
        again.refresh()
    follower.close()
    again.close()


FOLLOW = """
import sys
from pathlib import Path
from ledger import FileStorage, ReadOnlyLog, verify_bundle
log = ReadOnlyLog.open(FileStorage(Path(sys.argv[1])), sys.argv[2])
print("ready", flush=True)
seen = 0
while seen < int(sys.argv[3]):
    size = log.refresh()
    for entry in log.entries(seen, size):
        assert entry.statement().meta["eventID"] == f"urn:uuid:{entry.position}", entry
    if size > seen:
        verify_bundle(log.bundle(size - 1, ["/type"]).to_json(), [sys.argv[2]])
    seen = size
print("saw", seen, flush=True)
"""


def test_a_follower_in_another_process_reads_while_the_writer_writes(open_log: OpenLog, folder: Path) -> None:
    log = open_log(segment_bytes=20_000)
    total = 3000
    child = subprocess.Popen(
        [sys.executable, "-c", FOLLOW, str(folder), log.verifier_key(), str(total)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    while log.size < total:
        log.append(statements(20, log.size))
    out, err = child.communicate(timeout=60)
    assert (out, err.decode()) == (b"saw %d\n" % total, "")
