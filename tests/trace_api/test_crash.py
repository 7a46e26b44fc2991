"""Killed at any instant: what was acknowledged is there, nothing is half there, and it opens by itself."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ledger import FileStorage, fsck
from tests.trace_api.conftest import Bench
from tests.trace_api.documents import GTIN

CHILD = """
import sys, itertools
from pathlib import Path
from tests.trace_api.conftest import DAIRY, Bench
from tests.trace_api.documents import GTIN, document, observed

bench = Bench(Path(sys.argv[1])).open()
for n in itertools.count(int(sys.argv[2])):
    events = [observed(f"{GTIN}/21/{n}{k}") for k in range(1 + n % 5)]
    result = bench.capture.capture(document(*events), DAIRY.id)
    assert result.success
    for k, outcome in enumerate(result.outcomes):
        print(outcome.position, f"{n}{k}", flush=True)
"""


@pytest.mark.slow
def test_killed_during_capture_nothing_acknowledged_is_lost_and_nothing_half_written_kept(
    tmp_path: Path,
) -> None:
    root = Path(__file__).resolve().parents[2]
    chance = random.Random(20260501)
    acknowledged: dict[int, str] = {}
    for round_ in range(25):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(tmp_path), str(10_000 * (round_ + 1))],
            stdout=subprocess.PIPE,
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root)},
        )
        assert child.stdout is not None
        first = child.stdout.readline()
        time.sleep(chance.uniform(0, 0.25))
        os.kill(child.pid, signal.SIGKILL)
        rest = child.stdout.read().splitlines(keepends=True)
        child.wait()
        for line in (first, *rest):
            if line.endswith(b"\n"):
                position, serial = line.split()
                acknowledged[int(position)] = serial.decode()
    assert len(acknowledged) > 200
    bench = Bench(tmp_path).open()
    try:
        assert bench.index.position == bench.log.size
        for position, serial in acknowledged.items():
            fact = bench.index.fact(position)
            assert fact is not None
            assert fact.epcs == (f"{GTIN}/21/{serial}",)
            assert serial.encode() in bench.log.entry(position).statement().received
        # Whole requests: events of one request stand together, none of it is missing.
        by_request: dict[str, int] = {}
        for position in range(bench.log.size):
            request = bench.index.fact(position).epcs[0].rpartition("/")[2][:-1]
            by_request[request] = by_request.get(request, 0) + 1
        assert all(count == 1 + int(request) % 5 for request, count in by_request.items())
        key = bench.log.verifier_key()
    finally:
        bench.close()
    report = fsck(FileStorage(tmp_path / "log"), key)
    assert report.sound, report.findings
