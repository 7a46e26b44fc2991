"""Traces of the plain-Python lineage over the SQLite index, beside recursive SQL over plain tables.

    pytest bench/test_lineage.py --benchmark-only

A round traces 20 items of a food chain of 10,000 items, or recalls one lot; `traces_per_s` and `items_per_s`
are in the extra info.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from foundation.epcis import read_json
from suyuan.bench import World, documents, make_world
from suyuan.bench.sql_lineage import SqlLineage
from suyuan.bench.workload import PARTY, drawing
from trace_api import SqliteIndex
from trace_api.lineage import Lineage
from trace_api.statement import indexed_event, prepare

TRACES = 20


@dataclass
class Filled:
    world: World
    lineage: Lineage
    sql: SqlLineage

    def asked(self) -> list[str]:
        chance = drawing()
        return [chance.choice(self.world.items) for _ in range(TRACES)]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    folder: Path = tmp_path_factory.mktemp("lineage")
    world, rows = make_world(10_000), []
    for document in map(read_json, documents(world.events, 64)):
        for captured in document.events:
            assert captured.event is not None
            made = prepare(captured.event, captured.received, document.context, PARTY)
            rows.append(indexed_event(made, len(rows), 1))
    index, sql = SqliteIndex(folder / "index.sqlite"), SqlLineage(folder / "plain.sqlite")
    index.apply(0, rows, b"")
    sql.build([row.fact for row in rows])
    yield Filled(world, Lineage(index.facts), sql)
    index.close()
    sql.close()


@pytest.mark.parametrize("question", ["back", "history", "state"])
def test_the_twin(benchmark: Any, filled: Filled, question: str) -> None:
    ask = getattr(filled.lineage, question)
    benchmark.pedantic(lambda: [ask(uri) for uri in filled.asked()], rounds=5, warmup_rounds=1)
    benchmark.extra_info["traces_per_s"] = round(TRACES / benchmark.stats.stats.median)


def test_the_twin_recalls_a_lot(benchmark: Any, filled: Filled) -> None:
    lot = filled.world.farm_lots[0]
    found = benchmark.pedantic(lambda: filled.lineage.forward(lot), rounds=2)
    items = sum("/21/" in node.uri for node in found.nodes)
    benchmark.extra_info["items_per_s"] = round(items / benchmark.stats.stats.median)


@pytest.mark.parametrize("question", ["trace", "custody"])
def test_baseline_recursive_sql(benchmark: Any, filled: Filled, question: str) -> None:
    ask = getattr(filled.sql, question)
    benchmark.pedantic(lambda: [ask(uri) for uri in filled.asked()], rounds=20, warmup_rounds=1)
    benchmark.extra_info["traces_per_s"] = round(TRACES / benchmark.stats.stats.median)


def test_baseline_recall_in_sql(benchmark: Any, filled: Filled) -> None:
    found = benchmark.pedantic(lambda: filled.sql.recall(filled.world.farm_lots[0]), rounds=5)
    benchmark.extra_info["items_per_s"] = round(len(found) / benchmark.stats.stats.median)
