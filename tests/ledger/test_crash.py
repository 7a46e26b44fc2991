"""A writer killed at random instants, many times over: what it acknowledged is there, whole."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import FileStorage, Log, create_key, fsck, open_note, verify_consistency
from tests.ledger.conftest import ORIGIN

ROOT = Path(__file__).resolve().parents[2]

WRITER = """
import random, sys, time
from pathlib import Path
from ledger import FileStorage, Kind, Log, Statement, load_key
from tests.ledger.conftest import event
folder, key, seed = Path(sys.argv[1]), load_key(Path(sys.argv[2])), int(sys.argv[3])
chance = random.Random(seed)
storage = FileStorage(folder, segment_bytes=60_000)
log = Log.open(storage, key, "trace.example/log", lambda: time.time_ns() // 1000)
print("open", log.size, flush=True)
while True:
    first, count = log.size, chance.choice([1, 3, 20, 150])
    if chance.random() < 0.1 and first > 5:
        position = chance.randrange(first)
        entry = log.entry(position)
        if not entry.erased and entry.header.kind is Kind.EVENT:
            log.erase(position, "chance")
            print("erased", position, flush=True)
        continue
    meta = {"party": "urn:x", "first": first, "count": count}
    receipt = log.append([Statement(Kind.EVENT, event(first + n, 5), meta) for n in range(count)])
    print("acknowledged", receipt.first, receipt.count, flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_a_writer_killed_at_random_instants_loses_nothing_it_acknowledged(tmp_path: Path, seed: int) -> None:
    folder, key_file = tmp_path / "log", tmp_path / "key.pem"
    key = create_key(key_file)
    chance = random.Random(seed)
    acknowledged: dict[int, int] = {}
    erased: set[int] = set()
    checkpoint = None
    for turn in range(25):
        child = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder), str(key_file), str(seed * 1000 + turn)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        assert child.stdout is not None
        assert child.stdout.readline().startswith(b"open")
        time.sleep(chance.random() * 0.15)
        os.kill(child.pid, signal.SIGKILL)
        out, _ = child.communicate()
        for line in out.decode().splitlines(keepends=True):
            if not line.endswith("\n"):
                continue  # the kill may cut the last report short; the log may know more than we were told
            word, *numbers = line.split()
            if word == "acknowledged":
                acknowledged[int(numbers[0])] = int(numbers[1])
            else:
                erased.add(int(numbers[0]))
        checkpoint = _check(folder, key, acknowledged, erased, checkpoint)
    assert len(acknowledged) > 25


def _check(
    folder: Path,
    key: Ed25519PrivateKey,
    acknowledged: dict[int, int],
    erased: set[int],
    checkpoint: bytes | None,
) -> bytes:
    """Open the log as the next writer does, and hold it against what was acknowledged and seen before."""
    with Log.open(
        FileStorage(folder, segment_bytes=60_000), key, ORIGIN, lambda: time.time_ns() // 1000
    ) as log:
        report = fsck(FileStorage(folder), log.verifier_key())
        assert report.findings == []
        assert report.checked == log.size
        entries = list(log.entries())
        for first, count in acknowledged.items():
            assert first + count <= log.size
            for entry in entries[first : first + count]:
                assert entry.erased or entry.statement().meta["first"] == first
        assert all(entries[position].erased for position in erased)
        batches: dict[bytes, int] = {}
        for entry in entries:
            batches[entry.header.batch_id] = batches.get(entry.header.batch_id, 0) + 1
        for entry in entries:
            if not entry.erased and "count" in entry.statement().meta:
                assert batches[entry.header.batch_id] == entry.statement().meta["count"]
        if checkpoint is not None:
            old = open_note(checkpoint, [log.verifier_key()]).checkpoint
            path = log.consistency(old.size)
            verify_consistency(old.size, log.size, old.root, log.root(), path)
        return log.checkpoint()
