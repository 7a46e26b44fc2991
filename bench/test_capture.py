"""Events a second through the capture pipeline and each of its stages.

    pytest bench/test_capture.py --benchmark-only

A round captures the documents of a small food chain, 64 events each with some 60 EPCs, into a fresh log and
index; `events_per_s` is in the extra info.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from foundation.epcis import CapturedEvent, Document, event_hash, read_json
from ledger import FileStorage, Log, load_or_create_key, seal
from suyuan.bench import documents, make_world
from suyuan.bench.workload import PARTY
from trace_api import Behaviour, Capture, SqliteIndex
from trace_api.service import now_us
from trace_api.statement import Prepared, indexed_event, prepare

EVENTS = make_world(10_000).events
BODIES = documents(EVENTS, 64)


def _rate(benchmark: Any) -> None:
    benchmark.extra_info["events_per_s"] = round(len(EVENTS) / benchmark.stats.stats.median)


@pytest.fixture(scope="module")
def read() -> list[tuple[Document, CapturedEvent]]:
    return [(document, event) for document in map(read_json, BODIES) for event in document.events]


@pytest.fixture(scope="module")
def ready(read: list[tuple[Document, CapturedEvent]]) -> list[Prepared]:
    return [prepare(e.event, e.received, d.context, PARTY) for d, e in read if e.event is not None]


@pytest.fixture
def captures(tmp_path: Path) -> Iterator[Any]:
    """Makes fresh pipelines, and ends them."""
    opened: list[tuple[Capture, SqliteIndex, Log]] = []

    def fresh() -> tuple[tuple[Capture], dict[str, Any]]:
        folder = tmp_path / str(len(opened))
        folder.mkdir()
        log = Log.open(FileStorage(folder / "log"), load_or_create_key(folder / "key"), "bench/log", now_us)
        index = SqliteIndex(folder / "index.sqlite")
        capture = Capture(log, index)
        capture.start()
        opened.append((capture, index, log))
        return (capture,), {}

    yield fresh
    for capture, index, log in opened:
        capture.stop()
        index.close()
        log.close()


def test_the_whole_pipeline(benchmark: Any, captures: Any) -> None:
    def work(capture: Capture) -> None:
        waiting = [capture.submit(body, PARTY, Behaviour.ROLLBACK) for body in BODIES]
        assert all(future.result().success for future in waiting)

    benchmark.pedantic(work, setup=captures, rounds=5)
    _rate(benchmark)


def test_one_document_after_the_other(benchmark: Any, captures: Any) -> None:
    def work(capture: Capture) -> None:
        assert all(capture.capture(body, PARTY).success for body in BODIES)

    benchmark.pedantic(work, setup=captures, rounds=5)
    _rate(benchmark)


def test_reading_and_validating(benchmark: Any) -> None:
    benchmark.pedantic(lambda: [read_json(body) for body in BODIES], rounds=5)
    _rate(benchmark)


def test_hashing(benchmark: Any, read: list[tuple[Document, CapturedEvent]]) -> None:
    events = [captured.event for _, captured in read if captured.event is not None]
    benchmark.pedantic(lambda: [event_hash(event) for event in events], rounds=5)
    _rate(benchmark)


def test_sealing(benchmark: Any, ready: list[Prepared]) -> None:
    benchmark.pedantic(lambda: seal([each.statement for each in ready]), rounds=5)
    _rate(benchmark)


def test_rows_of_the_index(benchmark: Any, ready: list[Prepared]) -> None:
    benchmark.pedantic(lambda: [indexed_event(each, n, 1) for n, each in enumerate(ready)], rounds=5)
    _rate(benchmark)


def test_writing_the_index(benchmark: Any, ready: list[Prepared], tmp_path: Path) -> None:
    rows, numbers = [indexed_event(each, n, 1) for n, each in enumerate(ready)], count()
    opened: list[SqliteIndex] = []

    def fresh() -> tuple[tuple[SqliteIndex], dict[str, Any]]:
        opened.append(SqliteIndex(tmp_path / f"{next(numbers)}.sqlite"))
        return (opened[-1],), {}

    benchmark.pedantic(lambda index: index.apply(0, rows, b""), setup=fresh, rounds=5)
    _rate(benchmark)
    for index in opened:
        index.close()
