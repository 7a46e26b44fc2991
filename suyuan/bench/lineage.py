"""Lineage: the index is built, items are traced, a lot is recalled; beside recursive SQL over plain tables.

This is the plain-Python twin of the lineage over the SQLite event index: the specification and the fallback,
not the native core. The baseline is what one would write without it: tables of containments (with the times
from and to, worked out beforehand, so that a late event would have to be mended in), of lots and of events,
and one recursive query. It judges nothing: no corrections, no ties, no certainty, no contradictions.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import quote

from foundation.epcis import read_json
from suyuan.bench.report import BenchError, Report, percentile, rate, repeated, seconds
from suyuan.bench.server import Asked, load, prepared, serving
from suyuan.bench.sql_lineage import SqlLineage
from suyuan.bench.workload import PARTY, documents, drawing, make_world, named
from trace_api import IndexedEvent, SqliteIndex
from trace_api.lineage import Lineage, TraceAnswer
from trace_api.statement import indexed_event, prepare

__all__ = ["run"]

GROUP = 256
BATCH = 64


def run(
    folder: Path,
    *,
    items: int = 20_000,
    traces: int = 200,
    rounds: int = 3,
    states: int = 2000,
    cold: int = 20,
) -> Report:
    """Measure.

    Args:
        folder: where to put the index; on the disk that is meant.
        items: size of the workload.
        traces: of items drawn at random, each asked once, in process and over HTTP.
        rounds: of building and recalling; the median counts.
        states: of how many recalled items the last place is asked.
        cold: traces with the index file put out of the system's cache.
    """
    world, chance = make_world(items), drawing()
    bodies = documents(world.events, BATCH)
    edges = sum(len(named(event)) for event in world.events)
    entries = _entries(bodies)
    asked = [chance.choice(world.items) for _ in range(traces)]
    with tempfile.TemporaryDirectory(dir=folder) as name:
        place = Path(name)
        built = [_build(place / f"index-{n}.sqlite", entries) for n in range(rounds)]
        path = place / "index-0.sqlite"
        cold_traces = [_cold(path, uri) for uri in asked[:cold]]
        index = SqliteIndex(path)
        lineage = Lineage(index.facts)
        lot = world.farm_lots[0]
        lineage.back(asked[0])
        full, nodes, events = _traces(lineage.back, asked)
        custody, containers, custody_events = _traces(lineage.history, asked)
        recalled = _recalled(lineage, lot)
        recall = repeated(rounds, lambda: seconds(partial(lineage.forward, lot)))
        some = recalled[:states]
        each_state = seconds(lambda: [lineage.state(uri) for uri in some]) / len(some)
        index.close()
        sql = SqlLineage(place / "plain.sqlite")
        sql_built = seconds(lambda: sql.build([entry.fact for entry in entries]))
        sql_full = [seconds(partial(sql.trace, uri)) for uri in asked]
        sql_custody = [seconds(partial(sql.custody, uri)) for uri in asked]
        sql_places = sql.recall(lot)
        sql_recall = repeated(rounds, lambda: seconds(partial(sql.recall, lot)))
        sql.close()
        if set(recalled) != set(sql_places):
            raise BenchError(f"a recall of {lot} found {len(recalled)} items, in SQL {len(sql_places)}")
        index_bytes, sql_bytes = path.stat().st_size, (place / "plain.sqlite").stat().st_size
    return Report(
        "lineage",
        {
            "implementation": "the plain-Python twin over the SQLite event index (no native core yet)",
            "items": items,
            "events": len(world.events),
            "edges": edges,
            "traces": traces,
            "nodes_per_full_trace": nodes,
            "events_per_full_trace": events,
            "containers_per_custody_trace": containers - 1,
            "events_per_custody_trace": custody_events,
            "recalled_items": len(recalled),
            "rounds": rounds,
        },
        {
            "build_edges_per_s": rate(edges, percentile(built, 50)),
            "bytes_per_edge": index_bytes / edges,
            "full_trace_p50_us": percentile(full, 50) * 1e6,
            "full_trace_p99_us": percentile(full, 99) * 1e6,
            "custody_trace_p50_us": percentile(custody, 50) * 1e6,
            "custody_trace_p99_us": percentile(custody, 99) * 1e6,
            "http_trace_p50_us": _http_trace_p50(folder, bodies, asked) * 1e6,
            "cold_trace_p50_us": percentile(cold_traces, 50) * 1e6,
            "recall_items_per_s": 1 / (recall / len(recalled) + each_state),
            "recall_uris_per_s": rate(len(recalled), recall),
        },
        {
            "sqlite_build_edges_per_s": rate(edges, sql_built),
            "sqlite_bytes_per_edge": sql_bytes / edges,
            "sqlite_full_trace_p50_us": percentile(sql_full, 50) * 1e6,
            "sqlite_full_trace_p99_us": percentile(sql_full, 99) * 1e6,
            "sqlite_custody_trace_p50_us": percentile(sql_custody, 50) * 1e6,
            "sqlite_recall_items_per_s": rate(len(sql_places), sql_recall),
        },
    )


def _entries(bodies: Sequence[bytes]) -> list[IndexedEvent]:
    """What the capture pipeline would hand to the index."""
    read = [(document, event) for document in map(read_json, bodies) for event in document.events]
    entries = []
    for position, (document, captured) in enumerate(read):
        assert captured.event is not None
        made = prepare(captured.event, captured.received, document.context, PARTY)
        entries.append(indexed_event(made, position, captured.event.event_time))
    return entries


def _build(path: Path, entries: Sequence[IndexedEvent]) -> float:
    index = SqliteIndex(path)

    def build() -> None:
        for first in range(0, len(entries), GROUP):
            index.apply(first, entries[first : first + GROUP], b"")

    taken = seconds(build)
    index.close()
    return taken


def _traces(ask: Callable[[str], TraceAnswer], uris: Sequence[str]) -> tuple[list[float], int, int]:
    """Seconds of each, and the medians of nodes and events in the answers."""
    taken, nodes, events = [], [], []
    for uri in uris:
        taken.append(seconds(partial(ask, uri)))
        found = ask(uri)
        nodes.append(len(found.nodes))
        events.append(len(found.events))
    return taken, round(percentile(nodes, 50)), round(percentile(events, 50))


def _cold(path: Path, uri: str) -> float:
    """A trace after the file was closed and put out of the system's cache."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    index = SqliteIndex(path)
    try:
        lineage = Lineage(index.facts)
        return seconds(lambda: lineage.back(uri))
    finally:
        index.close()


def _recalled(lineage: Lineage, lot: str) -> list[str]:
    """The items that a lot may have gone into."""
    return [node.uri for node in lineage.forward(lot).nodes if "/21/" in node.uri]


def _http_trace_p50(folder: Path, bodies: Sequence[bytes], uris: Sequence[str]) -> float:
    with tempfile.TemporaryDirectory(dir=folder) as name:
        headers = {"Authorization": prepared(Path(name), bodies)["regulator"]}
        asked = [Asked("GET", f"/trace/back?id={quote(uri, safe='')}", headers) for uri in uris]
        with serving(Path(name)) as port:
            load(port, asked[:5], 1)
            return percentile(load(port, asked, 1).latencies, 50)
