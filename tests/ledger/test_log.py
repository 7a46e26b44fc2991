"""Appending: whole batches, durable, signed, in order, from many threads, and what happens when it fails."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import (
    FileStorage,
    Kind,
    LedgerError,
    Log,
    LogClosed,
    LogFailed,
    LogLocked,
    NoteError,
    Statement,
    StatementError,
    StorageError,
    UnknownPosition,
    fsck,
    merkle,
    open_note,
    tiles,
    verify_consistency,
    verify_inclusion,
)
from tests.ledger.conftest import ORIGIN, OpenLog, TurnedClock, event, statement, statements


def sound(folder: Path, log: Log) -> bool:
    report = fsck(FileStorage(folder), log.verifier_key())
    assert report.findings == []
    return report.checked == log.size


def test_a_new_log_has_a_signed_checkpoint_over_nothing(log: Log) -> None:
    checkpoint = open_note(log.checkpoint(), [log.verifier_key()]).checkpoint
    assert (checkpoint.origin, checkpoint.size, checkpoint.root) == (ORIGIN, 0, merkle.EMPTY_ROOT)
    assert list(log.entries()) == []


def test_what_is_appended_is_read_back_word_for_word(log: Log, clock: TurnedClock) -> None:
    given = [
        Statement(Kind.EVENT, b'{ "a" : 1.50 }', {"party": "urn:x", "n": [1, None]}, b"sig"),
        Statement(Kind.MASTER_DATA, b'{"b":[]}'),
        Statement(Kind.RECALL, '{"原因":"召回"}'.encode(), {}),
    ]
    receipt = log.append(given, batch_id=b"0123456789abcdef")
    assert (receipt.first, receipt.count, receipt.record_time) == (0, 3, clock.now)
    assert [entry.statement() for entry in log.entries()] == given
    assert [entry.header.batch_index for entry in log.entries()] == [0, 1, 2]
    assert {entry.header.batch_id for entry in log.entries()} == {b"0123456789abcdef"}
    assert receipt.checkpoint == log.checkpoint()


def test_every_append_signs_a_checkpoint_over_all_entries(log: Log) -> None:
    for count in (1, 16, 3):
        receipt = log.append(statements(count))
        checkpoint = open_note(receipt.checkpoint, [log.verifier_key()]).checkpoint
        leaves = [merkle.leaf_hash(entry.header.encode()) for entry in log.entries()]
        assert (checkpoint.size, checkpoint.root) == (len(leaves), merkle.root(leaves))


def test_the_log_goes_on_where_it_stopped(open_log: OpenLog, folder: Path) -> None:
    log = open_log()
    log.append(statements(300))
    log.close()
    log = open_log()
    assert log.size == 300
    assert log.append(statements(5)).first == 300
    assert [entry.position for entry in log.entries(298)] == [298, 299, 300, 301, 302, 303, 304]
    assert sound(folder, log)


def test_record_time_never_decreases_even_if_the_clock_does(open_log: OpenLog, clock: TurnedClock) -> None:
    log = open_log()
    late = log.append([statement(0)]).record_time
    clock.now -= 5_000_000
    assert log.append([statement(1)]).record_time == late
    log.close()
    log = open_log()
    assert log.append([statement(2)]).record_time == late
    clock.now = late + 1
    assert log.append([statement(3)]).record_time == late + 1


def test_a_batch_with_one_bad_statement_is_refused_whole(log: Log) -> None:
    log.append(statements(2))
    before = log.checkpoint()
    for bad in (b'{"a":1,"a":2}', b"[]", b'{"a":', b"\xff"):
        with pytest.raises(StatementError):
            log.append([statement(3), Statement(Kind.EVENT, bad), statement(4)])
    with pytest.raises(StatementError, match="meta"):
        log.append([Statement(Kind.EVENT, b"{}", {"x": object()})])
    assert (log.size, log.checkpoint()) == (2, before)


def test_empty_batches_odd_batch_ids_and_bare_erasures_are_refused(log: Log) -> None:
    with pytest.raises(StatementError, match="1 to 65536"):
        log.append([])
    with pytest.raises(StatementError, match="16 bytes"):
        log.append([statement(0)], batch_id=b"short")
    with pytest.raises(StatementError, match="erase"):
        log.append([Statement(Kind.ERASURE, b'{"erases":0}')])
    assert log.size == 0


def test_positions_beyond_the_log_are_refused(log: Log) -> None:
    log.append(statements(3))
    for position in (-1, 3):
        with pytest.raises(UnknownPosition):
            log.entry(position)
    for ask in (
        lambda: list(log.entries(2, 9)),
        lambda: log.inclusion(0, 4),
        lambda: log.inclusion(2, 2),
        lambda: log.consistency(3, 2),
        lambda: log.root(4),
        lambda: log.tile(0, 0, 4),
        lambda: log.tile(0, 1, 1),
        lambda: log.tile(-1, 0, 1),
        lambda: log.entry_bundle(0, 4),
    ):
        with pytest.raises(UnknownPosition):
            ask()


def test_inclusion_and_consistency_verify_against_the_checkpoints(log: Log) -> None:
    held = []
    for size in (1, 7, 255, 1, 300):
        log.append(statements(size))
        held.append(open_note(log.checkpoint(), [log.verifier_key()]).checkpoint)
    newest = held[-1]
    for old in held:
        path = log.consistency(old.size, newest.size)
        verify_consistency(old.size, newest.size, old.root, newest.root, path)
        for position in (0, old.size // 2, old.size - 1):
            leaf = merkle.leaf_hash(log.entry(position).header.encode())
            verify_inclusion(leaf, position, old.size, log.inclusion(position, old.size), old.root)


def test_tiles_and_bundles_are_enough_to_recompute_the_root(log: Log) -> None:
    log.append(statements(600))
    headers = [
        header
        for path in ("tile/entries/000", "tile/entries/001", "tile/entries/002.p/88")
        for header in tiles.decode_bundle(log.resource(path))
    ]
    leaves = [merkle.leaf_hash(header) for header in headers]
    assert merkle.root(leaves) == log.root()
    assert log.resource("tile/0/001") == b"".join(leaves[256:512])
    assert log.resource("tile/0/002.p/88") == b"".join(leaves[512:])
    assert log.resource("tile/1/000.p/2") == merkle.root(leaves[:256]) + merkle.root(leaves[256:512])
    assert log.resource("checkpoint") == log.checkpoint()


def test_tiles_reveal_no_business_data(log: Log) -> None:
    log.append(statements(300))
    public = log.entry_bundle(0) + log.tile(0, 0) + log.checkpoint()
    assert b"urn:" not in public
    assert b"sgtin" not in public


def test_equal_statements_have_unequal_commitments(log: Log) -> None:
    log.append([statement(1), statement(1)])
    first, second = log.entries()
    assert first.header.commitment != second.header.commitment


def test_appends_of_many_threads_are_each_whole_and_share_commits(log: Log, folder: Path) -> None:
    def work(thread: int) -> list[tuple[int, int, bytes]]:
        found = []
        for turn in range(15):
            receipt = log.append(statements(3, thread * 1000 + turn * 10))
            found.append((receipt.first, thread * 1000 + turn * 10, receipt.checkpoint))
        return found

    with ThreadPoolExecutor(8) as pool:
        receipts = [receipt for found in pool.map(work, range(8)) for receipt in found]
    assert log.size == 8 * 15 * 3
    for first, serial, _ in receipts:
        assert [entry.statement() for entry in log.entries(first, first + 3)] == statements(3, serial)
    assert len({checkpoint for _, _, checkpoint in receipts}) < len(receipts)
    assert sound(folder, log)


def test_readers_in_other_threads_see_only_what_is_committed(log: Log) -> None:
    wrong: list[object] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            size = log.size
            if size:
                entry = log.entry(size - 1)
                bundle = log.bundle(size - 1, ["/type"])
                if entry.position != size - 1 or bundle.position != size - 1:
                    wrong.append(entry)

    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(read) for _ in range(2)]
        for turn in range(60):
            log.append(statements(7, turn * 10))
        done.set()
        for each in running:
            each.result()
    assert wrong == []


def test_a_second_writer_is_told_who_holds_the_log(
    open_log: OpenLog, key: Ed25519PrivateKey, folder: Path
) -> None:
    open_log(url="http://localhost:8080")
    with pytest.raises(LogLocked, match=f"process {os.getpid()} at http://localhost:8080"):
        Log.open(FileStorage(folder), key, ORIGIN, lambda: 0)


def test_a_writer_in_another_process_is_named_and_its_death_frees_the_log(
    open_log: OpenLog, key: Ed25519PrivateKey, folder: Path
) -> None:
    folder.mkdir()
    script = (
        "import sys\nfrom pathlib import Path\nfrom ledger.storage.lock import FolderLock\n"
        "lock = FolderLock(Path(sys.argv[1]) / 'lock')\nprint('held', flush=True)\nsys.stdin.read()\n"
    )
    root = Path(__file__).resolve().parents[2]
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(folder)],
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        with pytest.raises(LogLocked, match=f"process {child.pid}"):
            open_log()
    finally:
        child.kill()
        child.communicate()
    assert open_log().append([statement(0)]).first == 0


def test_a_log_of_another_key_or_name_is_not_opened(
    open_log: OpenLog, folder: Path, key: Ed25519PrivateKey
) -> None:
    open_log().close()
    for other, origin in ((Ed25519PrivateKey.generate(), ORIGIN), (key, "other.example/log")):
        with pytest.raises(NoteError, match=r"not .* under this key"):
            Log.open(FileStorage(folder), other, origin, lambda: 0)
    assert open_log().size == 0


def test_a_closed_log_says_so(log: Log) -> None:
    log.append([statement(0)])
    log.close()
    with pytest.raises(LogClosed):
        log.append([statement(1)])
    with pytest.raises(LedgerError):
        log.entry(0)


def test_a_full_disk_leaves_the_log_as_it_was_and_usable(
    log: Log, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.append(statements(2))
    before = log.checkpoint(), sorted((p.name, p.stat().st_size) for p in folder.rglob("*") if p.is_file())
    real = os.pwrite
    room = [700]

    def short_pwrite(file: int, data: bytes, at: int) -> int:
        if room[0] <= 0:
            raise OSError(28, "No space left on device")
        written = real(file, bytes(data)[: room[0]], at)
        room[0] -= written
        return written

    for left in (0, 1, 300, 700, 1500):
        room[0] = left
        monkeypatch.setattr(os, "pwrite", short_pwrite)
        with pytest.raises(StorageError, match="No space left"):
            log.append(statements(8))
        monkeypatch.undo()
        after = log.checkpoint(), sorted((p.name, p.stat().st_size) for p in folder.rglob("*") if p.is_file())
        assert after == before
    assert log.append(statements(3)).first == 2
    assert sound(folder, log)


def test_no_room_for_the_checkpoint_takes_the_entries_back(
    log: Log, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.append(statements(2))
    before = log.checkpoint()

    def failing_write(file: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", failing_write)
    with pytest.raises(StorageError, match="checkpoint cannot be written"):
        log.append(statements(8))
    monkeypatch.undo()
    assert (log.size, log.checkpoint()) == (2, before)
    assert log.append(statements(3)).first == 2
    assert sound(folder, log)


@pytest.mark.parametrize("failing", ["fdatasync", "replace", "folder"])
def test_an_unknown_outcome_stops_the_writer_until_it_is_opened_again(
    open_log: OpenLog, folder: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    log = open_log()
    log.append(statements(2))

    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        if failing == "fdatasync":
            patch.setattr(os, "fdatasync", fail)
        elif failing == "replace":
            patch.setattr(Path, "replace", fail)
        else:
            patch.setattr("ledger.storage.files.sync_folder", fail)
        with pytest.raises(LogFailed):
            log.append(statements(3))
    with pytest.raises(LogFailed, match="opened again"):
        log.append(statements(3))
    assert [entry.position for entry in log.entries()] == [0, 1]
    log.close()
    log = open_log()
    assert log.size == (5 if failing == "folder" else 2)  # the renaming had happened
    log.append(statements(3))
    assert sound(folder, log)


def test_a_paused_writer_cannot_replace_the_checkpoint_of_another(log: Log, folder: Path) -> None:
    log.append(statements(2))
    stale = (folder / "checkpoint").read_bytes()
    log.append(statements(2))
    (folder / "checkpoint").write_bytes(stale)  # as if another process had written
    with pytest.raises(LogFailed, match="another writer"):
        log.append(statements(2))
    assert (folder / "checkpoint").read_bytes() == stale


def test_a_failing_clock_fails_the_append_and_nothing_else(
    open_log: OpenLog, folder: Path, key: Ed25519PrivateKey
) -> None:
    answers: list[int] = []
    log = Log.open(FileStorage(folder), key, ORIGIN, lambda: answers.pop())
    with pytest.raises(IndexError):
        log.append([statement(0)])
    answers.append(7)
    assert log.append([statement(0)]).record_time == 7
    log.close()


def test_segments_follow_one_another(open_log: OpenLog, folder: Path) -> None:
    log = open_log(segment_bytes=3000)
    for turn in range(20):
        log.append(statements(4, turn * 10))
    assert len(list((folder / "segments").iterdir())) > 5
    assert [entry.position for entry in log.entries()] == list(range(80))
    assert log.entry(41).statement() == statement(101)
    log.close()
    log = open_log(segment_bytes=3000)
    assert sound(folder, log)


def test_a_large_event_and_a_large_batch_go_through(log: Log, folder: Path) -> None:
    log.append([statement(1, epcs=20_000)])
    log.append(statements(3000))
    assert log.entry(0).statement().received == event(1, 20_000)
    assert sound(folder, log)
