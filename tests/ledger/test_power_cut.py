"""What a power cut leaves: only what was durable. Simulated by keeping of each file what was last synced."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import FileStorage, Kind, Log, ReadOnlyLog, fsck
from tests.ledger.conftest import ORIGIN, OpenLog, statements


class Disk:
    """Remembers, per file, the bytes at its last sync; `folders` are the folders synced since last asked."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.durable: dict[int, bytes] = {}
        self.steps: list[str] = []
        for name in ("fsync", "fdatasync"):
            patch.setattr(os, name, self._wrap(getattr(os, name)))
        replace = Path.replace

        def noted_replace(source: Path, target: Path) -> Path:
            self.steps.append(f"replace {target.name}")
            return replace(source, target)

        patch.setattr(Path, "replace", noted_replace)

    def _wrap(self, real: object) -> object:
        def sync(file: int) -> None:
            real(file)  # type: ignore[operator]
            path = Path(f"/proc/self/fd/{file}").readlink()
            self.steps.append(f"sync {path.name}")
            if not path.is_dir():
                state = os.fstat(file)
                self.durable[state.st_ino] = path.read_bytes()

        return sync

    def after_the_cut(self, folder: Path, target: Path, chance: random.Random) -> None:
        """Write to `target` what of `folder` outlives a power cut now: unsynced bytes may, or may not."""
        for path in folder.rglob("*"):
            if path.is_file():
                copy = target / path.relative_to(folder)
                copy.parent.mkdir(parents=True, exist_ok=True)
                state = path.stat()
                # The length may have reached the disk where the bytes have not: they read as zeros.
                kept = self.durable.get(state.st_ino, b"")[: state.st_size]
                lost = kept.ljust(state.st_size, b"\x00")
                copy.write_bytes(chance.choice([lost, path.read_bytes()]))


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


def test_entries_are_durable_before_the_checkpoint_and_the_checkpoint_before_success(
    disk: Disk, open_log: OpenLog
) -> None:
    log = open_log()
    log.append(statements(2))
    disk.steps.clear()
    log.append(statements(2))
    assert disk.steps == [
        f"sync {0:020d}.seg",
        "sync checkpoint.new",
        "replace checkpoint",
        "sync log",
    ]


def test_a_follower_makes_a_checkpoint_durable_before_it_believes_it(
    disk: Disk, log: Log, folder: Path
) -> None:
    follower = ReadOnlyLog.open(FileStorage(folder), log.verifier_key())
    log.append(statements(2))
    disk.steps.clear()
    follower.refresh()
    assert disk.steps == ["sync log"]
    follower.refresh()
    assert disk.steps == ["sync log"]  # nothing new, nothing to do


def test_everything_acknowledged_outlives_a_power_cut(
    disk: Disk, open_log: OpenLog, folder: Path, tmp_path: Path, key: Ed25519PrivateKey
) -> None:
    chance = random.Random(1)
    log = open_log(segment_bytes=9_000)
    survived = tmp_path / "survived"
    for turn in range(40):
        log.append(statements(chance.choice([1, 3, 30]), turn * 100))
        if turn % 9 == 8:
            position = chance.randrange(log.size)
            if not log.entry(position).erased and log.entry(position).header.kind is Kind.EVENT:
                log.erase(position, "chance")
        if turn % 4 != 3:
            continue
        disk.after_the_cut(folder, survived, chance)
        with Log.open(FileStorage(survived), key, ORIGIN, lambda: 1) as after:
            assert after.checkpoint() == log.checkpoint()
            assert list(after.entries()) == list(log.entries())
            assert fsck(FileStorage(survived), log.verifier_key()).findings == []
        shutil.rmtree(survived)
