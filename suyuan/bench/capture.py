"""Events a second through the whole capture pipeline, in process and over HTTP.

In process: documents of the workload are read, validated, hashed, sealed, appended under signed checkpoints
and indexed; a document counts when its future is done. Over HTTP: the same documents to `POST /epcis/capture`
of a real server, which also keeps its stock projection up.

The baselines put the same JSON into a SQLite file, one durable commit a document: as it is (nothing can be
found in it), and with a row for each object that an event names, which is the least that a trace needs.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import orjson

from ledger import FileStorage, Log, load_or_create_key
from suyuan.bench.report import BenchError, Report, percentile, rate, repeated, seconds
from suyuan.bench.server import Asked, load, prepared, serving
from suyuan.bench.workload import PARTY, documents, make_world, named
from trace_api import Behaviour, Capture, SqliteIndex
from trace_api.service import now_us

__all__ = ["run"]


def run(
    folder: Path, *, items: int = 40_000, batch: int = 64, rounds: int = 3, connections: int = 4
) -> Report:
    """Measure.

    Args:
        folder: where to put what is written; on the disk that is meant.
        items: size of the workload.
        batch: events a document.
        rounds: of the in-process measurement; the median counts.
        connections: at once over HTTP.
    """
    events = make_world(items).events
    bodies = documents(events, batch)
    epcs = sum(len(named(event)) for event in events)
    measured = [_in_process(folder, bodies) for _ in range(rounds)]
    taken = percentile([wall for wall, _ in measured], 50)
    over_http, latencies, tool = _over_http(folder, bodies, connections)
    return Report(
        "capture",
        {
            "items": items,
            "events": len(events),
            "epcs_per_event": round(epcs / len(events), 1),
            "events_per_document": batch,
            "rounds": rounds,
            "connections": connections,
            "load_tool_cpu_percent": round(100 * tool),
        },
        {
            "events_per_s": rate(len(events), taken),
            "epcs_per_s": rate(epcs, taken),
            "cpu_us_per_event": percentile([cpu for _, cpu in measured], 50) / len(events) * 1e6,
            "http_events_per_s": rate(len(events), over_http),
            "http_document_p99_ms": percentile(latencies, 99) * 1e3,
        },
        {
            "sqlite_append_events_per_s": rate(
                len(events), repeated(rounds, lambda: _sqlite(folder, events, batch, indexed=False))
            ),
            "sqlite_indexed_append_events_per_s": rate(
                len(events), repeated(rounds, lambda: _sqlite(folder, events, batch, indexed=True))
            ),
        },
    )


def _in_process(folder: Path, bodies: Sequence[bytes]) -> tuple[float, float]:
    """Seconds by the wall clock and of the processor, for all documents, in a fresh log and index."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        place = Path(name)
        log = Log.open(FileStorage(place / "log"), load_or_create_key(place / "key"), "bench/log", now_us)
        index = SqliteIndex(place / "index.sqlite")
        capture = Capture(log, index)
        capture.start()
        try:
            wall, cpu = time.perf_counter(), time.process_time()
            waiting = [capture.submit(body, PARTY, Behaviour.ROLLBACK) for body in bodies]
            done = [future.result().success for future in waiting]
            taken = time.perf_counter() - wall, time.process_time() - cpu
        finally:
            capture.stop()
            index.close()
            log.close()
        if not all(done):
            raise BenchError("the events of the workload were not captured")
        return taken


def _over_http(
    folder: Path, bodies: Sequence[bytes], connections: int
) -> tuple[float, Sequence[float], float]:
    with tempfile.TemporaryDirectory(dir=folder) as name:
        headers = {
            "Authorization": prepared(Path(name))["producer"],
            "Content-Type": "application/ld+json",
        }
        asked = [Asked("POST", "/epcis/capture", headers, body, 202) for body in bodies]
        with serving(Path(name)) as port:
            done = load(port, asked, connections)
    return done.seconds, done.latencies, done.tool_cpu


def _sqlite(folder: Path, events: Sequence[bytes], batch: int, *, indexed: bool) -> float:
    with tempfile.TemporaryDirectory(dir=folder) as name:
        store = sqlite3.connect(Path(name) / "events.sqlite", isolation_level=None)
        store.execute("PRAGMA journal_mode=WAL")
        store.execute("PRAGMA synchronous=FULL")
        store.execute("CREATE TABLE event (id INTEGER PRIMARY KEY, body BLOB)")
        store.execute("CREATE TABLE object (uri TEXT, event INTEGER, PRIMARY KEY (uri, event)) WITHOUT ROWID")

        def append() -> None:
            for first in range(0, len(events), batch):
                some = list(enumerate(events[first : first + batch], start=first))
                store.execute("BEGIN")
                store.executemany("INSERT INTO event VALUES (?, ?)", some)
                if indexed:
                    rows = [(uri, number) for number, event in some for uri in named(orjson.loads(event))]
                    store.executemany("INSERT OR IGNORE INTO object VALUES (?, ?)", rows)
                store.execute("COMMIT")

        try:
            return seconds(append)
        finally:
            store.close()
