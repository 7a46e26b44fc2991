"""How fast the embedded log is: appending, proving, verifying, checking; with the native kernels and without.

    pytest bench/test_ledger.py --benchmark-only

A round of `append` is one batch of 1, 16, 256 or 1024 statements, durable and under a signed checkpoint when
it returns; entries per second are the size over the mean. The large statements are events of 65 EPCs, about
3.3 kB; the small ones have one EPC, 340 bytes.
"""

from __future__ import annotations

import json
import random
import shutil
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import FileStorage, Kind, Log, Statement, commitment, fsck, merkle, verify_bundle
from ledger.native import kernels

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ORIGIN = "trace.example/log"
ENTRIES = 100_000


def statement(serial: int, epcs: int) -> Statement:
    """An event as an ERP or a reader sends it, with what capture decides about it."""
    stated = {
        "type": "ObjectEvent",
        "eventTime": "2026-01-01T00:00:00.000Z",
        "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE",
        "bizStep": "shipping",
        "disposition": "in_transit",
        "readPoint": {"id": "https://id.gs1.org/414/9506000134352/254/1"},
        "epcList": [f"urn:epc:id:sgtin:9506000.013435.{serial:07d}{each:03d}" for each in range(epcs)],
    }
    meta = {"party": "https://id.gs1.org/417/9506000134352", "eventID": f"urn:uuid:{serial:032x}"}
    return Statement(Kind.EVENT, json.dumps(stated).encode(), meta)


SMALL = [statement(serial, 1) for serial in range(1024)]
LARGE = [statement(serial, 65) for serial in range(1024)]


def now() -> int:
    return time.time_ns() // 1000


@pytest.fixture(params=["native", "twin"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Runs a benchmark with the native kernels and with their Python twins."""
    if request.param == "twin":
        # The package exports a function `flatten`, which hides the module of that name.
        for module in (commitment, merkle, import_module("ledger.flatten")):
            monkeypatch.setattr(module, "kernels", None)
    elif kernels is None:
        pytest.skip("suyuan_native is not built or switched off")
    return str(request.param)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    with Log.open(FileStorage(tmp_path / "log"), KEY, ORIGIN, now) as opened:
        yield opened
    shutil.rmtree(tmp_path / "log")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Log]:
    """A log of 100,000 small entries and 1,024 large ones."""
    folder = tmp_path_factory.mktemp("filled")
    with Log.open(FileStorage(folder / "log"), KEY, ORIGIN, now) as opened:
        while opened.size < ENTRIES:
            opened.append(SMALL)
        opened.append(LARGE)
        yield opened
    shutil.rmtree(folder)


@pytest.mark.parametrize("size", [1, 16, 256, 1024])
@pytest.mark.parametrize("kind", ["small", "large"])
def test_append(benchmark: Any, log: Log, way: str, kind: str, size: int) -> None:
    batch = (SMALL if kind == "small" else LARGE)[:size]
    benchmark.pedantic(log.append, (batch,), rounds=max(5, min(200, 10_000 // size)), warmup_rounds=1)
    benchmark.extra_info["entries_per_s"] = round(size / benchmark.stats.stats.mean)


def test_commitments_of_65_epcs(benchmark: Any, way: str) -> None:
    bodies = [commitment.Body(bytes(32), each.received, each.meta_json()) for each in LARGE[:256]]
    benchmark(commitment.body_commitments, bodies)
    benchmark.extra_info["statements_per_s"] = round(256 / benchmark.stats.stats.mean)


def test_inclusion_warm(benchmark: Any, filled: Log) -> None:
    benchmark(filled.inclusion, filled.size // 3)


def test_inclusion_at_random(benchmark: Any, filled: Log) -> None:
    chance = random.Random(1)
    benchmark(lambda: filled.inclusion(chance.randrange(filled.size)))


def test_inclusion_cold(benchmark: Any, filled: Log, way: str) -> None:
    def forget() -> None:
        filled._tree._rows.clear()

    benchmark.pedantic(filled.inclusion, (filled.size // 3,), setup=forget, rounds=200)


def test_bundle_of_one_item_of_65(benchmark: Any, filled: Log, way: str) -> None:
    benchmark(filled.bundle, filled.size - 7, ["/epcList/17", "#/party"])


def test_verify_bundle(benchmark: Any, filled: Log) -> None:
    bundle = filled.bundle(filled.size - 7, ["/epcList/17", "#/party"]).to_json()
    trusted = [filled.verifier_key()]
    benchmark(verify_bundle, bundle, trusted)


def test_entries(benchmark: Any, filled: Log) -> None:
    benchmark.pedantic(lambda: sum(1 for _ in filled.entries(0, 50_000)), rounds=3)
    benchmark.extra_info["entries_per_s"] = round(50_000 / benchmark.stats.stats.mean)


def test_entry_at_random(benchmark: Any, filled: Log) -> None:
    chance = random.Random(1)
    benchmark(lambda: filled.entry(chance.randrange(filled.size)))


def test_fsck(benchmark: Any, filled: Log, way: str) -> None:
    assert isinstance(filled._storage, FileStorage)
    folder = filled._storage.folder
    report = benchmark.pedantic(lambda: fsck(FileStorage(folder), filled.verifier_key()), rounds=1)
    assert report.sound
    benchmark.extra_info["entries_per_s"] = round(report.size / benchmark.stats.stats.mean)


def test_open_for_writing(benchmark: Any, log: Log, tmp_path: Path) -> None:
    while log.size < 20_000:
        log.append(SMALL)
    log.close()
    benchmark.pedantic(
        lambda: Log.open(FileStorage(tmp_path / "log"), KEY, ORIGIN, now).close(), rounds=5, warmup_rounds=1
    )
