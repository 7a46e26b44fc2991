"""The log: durable appends a second by batch size, proofs, verification, and the audit from outside.

A statement is an event of the workload with some 65 EPCs; an append has salted it, committed to each of its
values, and put it durably under a signed checkpoint before it returns. The baseline commits the same JSON,
without salt, tree or signature, to a SQLite file.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import FileStorage, Kind, Log, ReadOnlyLog, Statement, fsck, verify_bundle
from suyuan.bench.report import BenchError, Report, percentile, rate, repeated, seconds
from suyuan.bench.workload import PARTY, drawing, make_world, named
from trace_api.service import now_us

__all__ = ["run"]

BATCHES = (1, 16, 256, 1024)
LEAST_APPENDS = 5
ORIGIN = "bench/log"


def run(folder: Path, *, entries: int = 20_000, proofs: int = 2000, rounds: int = 3) -> Report:
    """Measure.

    Args:
        folder: where to put the logs; on the disk that is meant.
        entries: in the log that is proven from and audited.
        proofs: of each kind.
        rounds: of each append and of the audit; the median counts.
    """
    events = [event for event in make_world(20_000).events if 60 <= len(named(event)) <= 70]
    statements = [
        Statement(Kind.EVENT, event, {"party": PARTY, "eventID": orjson.loads(event)["eventID"]})
        for event in events
    ]
    figures = {}
    for size in BATCHES:
        taken = repeated(rounds, partial(_append, folder, statements, size))
        figures[f"append_{size}_per_s"] = rate(size, taken)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        place, key = Path(name) / "log", Ed25519PrivateKey.generate()
        with Log.open(FileStorage(place), key, ORIGIN, now_us) as log:
            while log.size < entries:
                log.append(statements[: min(1024, entries - log.size)])
            verifier = log.verifier_key()
        figures |= _proofs(place, verifier, proofs)
        audit = repeated(rounds, lambda: seconds(partial(_audit, place, verifier)))
        figures["audit_entries_per_s"] = rate(entries, audit)
    baselines = {
        f"sqlite_append_{size}_per_s": rate(size, repeated(rounds, partial(_sqlite, folder, events, size)))
        for size in (1, 256)
    }
    sizes = {
        "entries": entries,
        "epcs_per_entry": round(sum(len(named(event)) for event in events) / len(events), 1),
        "bytes_per_entry": round(sum(map(len, events)) / len(events)),
        "proofs": proofs,
        "rounds": rounds,
    }
    return Report("ledger", sizes, figures, baselines)


def _appends(size: int) -> int:
    """So many appends that one fsync more or less does not decide."""
    return max(LEAST_APPENDS, min(100, 2048 // size))


def _append(folder: Path, statements: Sequence[Statement], size: int) -> float:
    """Seconds of one append of `size` statements, on average over some."""
    batch = [statements[n % len(statements)] for n in range(size)]
    with tempfile.TemporaryDirectory(dir=folder) as name:
        key = Ed25519PrivateKey.generate()
        with Log.open(FileStorage(Path(name) / "log"), key, ORIGIN, now_us) as log:
            log.append(batch)
            count = _appends(size)
            return seconds(lambda: [log.append(batch) for _ in range(count)]) / count


def _proofs(place: Path, verifier: str, count: int) -> dict[str, float]:
    """Inclusion proofs at random places of a log just opened, whole bundles for one item, and their check."""
    chance = drawing()
    log = ReadOnlyLog.open(FileStorage(place), verifier)
    try:
        positions = [chance.randrange(log.size) for _ in range(count)]
        inclusion = [seconds(partial(log.inclusion, position)) for position in positions]
        making, bundles = [], []
        for position in positions[: max(1, count // 10)]:
            begun = time.perf_counter()
            bundle = log.bundle(position, ["/eventTime", "#/party"])
            making.append(time.perf_counter() - begun)
            bundles.append(bundle.to_json())
    finally:
        log.close()
    verify = [seconds(partial(verify_bundle, made, [verifier])) for made in bundles]
    return {
        "proof_p50_us": percentile(inclusion, 50) * 1e6,
        "proof_p99_ms": percentile(inclusion, 99) * 1e3,
        "bundle_p99_ms": percentile(making, 99) * 1e3,
        "verify_p50_us": percentile(verify, 50) * 1e6,
    }


def _audit(place: Path, verifier: str) -> None:
    if not fsck(FileStorage(place), verifier).sound:
        raise BenchError("the log that was just written does not stand its audit")


def _sqlite(folder: Path, events: Sequence[bytes], size: int) -> float:
    """Seconds of one durable commit of `size` rows."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        store = sqlite3.connect(Path(name) / "events.sqlite", isolation_level=None)
        store.execute("PRAGMA journal_mode=WAL")
        store.execute("PRAGMA synchronous=FULL")
        store.execute("CREATE TABLE event (id INTEGER PRIMARY KEY, body BLOB)")
        rows = [(events[n % len(events)],) for n in range(size)]

        def append() -> None:
            store.execute("BEGIN")
            store.executemany("INSERT INTO event (body) VALUES (?)", rows)
            store.execute("COMMIT")

        try:
            count = _appends(size)
            return sum(seconds(append) for _ in range(count)) / count
        finally:
            store.close()
