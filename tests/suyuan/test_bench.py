"""`suyuan bench NAME --json`: one JSON form, the promised keys, every figure measured."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from foundation.epcis import read_json
from suyuan.bench import Report, capture, documents, labels, ledger, lineage, llrp, make_world, tds, verify
from suyuan.bench.report import percentile
from suyuan.bench.sql_lineage import SqlLineage
from suyuan.bench.workload import PARTY, named
from suyuan.cli import app
from trace_api.lineage import Lineage, MemoryFacts
from trace_api.statement import indexed_event, prepare

CASES: dict[str, tuple[Callable[[Path], Report], set[str], set[str]]] = {
    "tds": (partial(tds.run, tags=50, rounds=1), {"decode_per_s", "encode_per_s"}, set()),
    "llrp": (
        partial(llrp.run, reports=2, rounds=1),
        {"decode_tags_per_s"},
        {"general_codec_tags_per_s"},
    ),
    "labels": (
        partial(labels.run, sheets=1, rounds=1),
        {"datamatrix_labels_per_s", "qr_labels_per_s"},
        {"qrcode_labels_per_s", "reportlab_labels_per_s"},
    ),
    "ledger": (
        partial(ledger.run, entries=50, proofs=10, rounds=1),
        {f"append_{size}_per_s" for size in (1, 16, 256, 1024)}
        | {"proof_p99_ms", "verify_p50_us", "audit_entries_per_s"},
        {"sqlite_append_1_per_s"},
    ),
    "capture": (
        partial(capture.run, items=240, rounds=1, connections=2),
        {"events_per_s", "epcs_per_s", "http_events_per_s"},
        {"sqlite_append_events_per_s"},
    ),
    "verify": (partial(verify.run, items=240, pages=6), {"pages_per_s", "page_p99_ms"}, {"healthz_per_s"}),
    "lineage": (
        partial(lineage.run, items=240, traces=3, rounds=1, states=5, cold=1),
        {"build_edges_per_s", "bytes_per_edge", "full_trace_p50_us", "full_trace_p99_us"}
        | {"custody_trace_p50_us", "custody_trace_p99_us", "http_trace_p50_us", "cold_trace_p50_us"}
        | {"recall_items_per_s", "recall_uris_per_s"},
        {"sqlite_full_trace_p50_us", "sqlite_recall_items_per_s"},
    ),
}
WITH_A_SERVER = {"capture", "verify", "lineage"}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow if name in WITH_A_SERVER | {"labels", "ledger"} else ())
        for name in CASES
    ],
)
def test_a_benchmark_measures_what_it_promises(name: str, tmp_path: Path) -> None:
    run, figures, baselines = CASES[name]
    said = orjson.loads(orjson.dumps(run(tmp_path).to_json()))
    assert set(said) == {"bench", "machine", "sizes", "figures", "baselines"}
    assert said["bench"] == name
    assert said["machine"]["cores"] >= 1
    assert figures <= set(said["figures"])
    assert baselines <= set(said["baselines"])
    assert all(value > 0 for value in [*said["figures"].values(), *said["baselines"].values()])
    assert list(tmp_path.iterdir()) == []


def _json(*arguments: str) -> Any:
    answer = CliRunner().invoke(app, ["bench", *arguments])
    assert answer.exit_code == 0, answer.output
    return orjson.loads(answer.stdout)


def test_the_command_speaks_json() -> None:
    said = _json("tds", "--tags", "50", "--rounds", "1", "--json")
    assert said["bench"] == "tds"
    assert said["sizes"]["tags"] == 50


def test_the_command_shows_a_table_without_json() -> None:
    answer = CliRunner().invoke(app, ["bench", "llrp", "--reports", "1", "--rounds", "1"])
    assert answer.exit_code == 0
    assert "decode_tags_per_s" in answer.stdout
    assert "general_codec_tags_per_s" in answer.stdout


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_all_of_them_run_one_after_the_other(tmp_path: Path) -> None:
    said = _json("all", "--quick", "--json", "--folder", str(tmp_path))
    assert said["bench"] == "all"
    assert {report["bench"] for report in said["reports"]} == set(CASES)


# -- the workload ------------------------------------------------------------------------------------------


def test_the_workload_is_the_same_for_the_same_size_and_seed() -> None:
    assert make_world(3000) == make_world(3000)
    assert make_world(3000).events != make_world(3000, seed=2).events


def test_the_workload_has_the_shape_it_claims() -> None:
    world = make_world(20_000)
    mentions = sum(len(named(event)) for event in world.events)
    assert 55 < mentions / len(world.events) < 75
    assert 3.5 < mentions / 20_000 < 4.1
    assert 0.985 < len(world.items) / 20_000 < 0.995


def test_every_event_of_the_workload_is_valid_epcis() -> None:
    for body in documents(make_world(3000).events, 64):
        document = read_json(body)
        assert [issue for event in document.events for issue in event.issues] == []


def test_an_item_of_the_workload_was_in_three_containers_and_a_recall_finds_it(tmp_path: Path) -> None:
    world = make_world(1000)
    facts = []
    for document in map(read_json, documents(world.events, 64)):
        for captured in document.events:
            assert captured.event is not None
            prepared = prepare(captured.event, captured.received, document.context, PARTY)
            facts.append(indexed_event(prepared, len(facts), 1).fact)
    index = Lineage(MemoryFacts(facts))
    item, lot = world.items[0], world.farm_lots[0]
    assert len(index.history(item).nodes) == 4
    assert len(index.back(item).nodes) > 15
    sql = SqlLineage(tmp_path / "plain.sqlite")
    sql.build(facts)
    recalled = {node.uri for node in index.forward(lot).nodes if "/21/" in node.uri}
    assert recalled == set(sql.recall(lot))
    assert set(world.items) <= recalled
    assert {event.position for event in index.history(item).events} == set(sql.custody(item))
    sql.close()


def test_a_percentile_is_one_of_the_values() -> None:
    assert percentile([5.0], 99) == 5.0
    assert percentile(list(range(1, 101)), 99) == 99
    assert percentile(list(range(1, 101)), 50) == 50
