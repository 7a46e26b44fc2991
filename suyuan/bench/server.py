"""A server in a process of its own, and a load tool that asks it over kept-alive connections.

The server is the application of `suyuan serve` on uvicorn, with log, index, records and every route, but without
the stock projection, which would take its own share of the processor while others are measured.

The load tool is plain `http.client` in threads of this process: on a small machine it takes a share of the
processor that is missing to the server, so every answer of `load` says how much.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import uvicorn

from foundation.access import Party, Role
from foundation.records import SqliteRecords
from ledger import FileStorage, Log, load_or_create_key
from logistics.stock import StockProjection
from suyuan.app import create_app
from suyuan.bench.report import BenchError
from suyuan.bench.workload import PARTY
from suyuan.node import RECORD_KINDS, Node
from suyuan.settings import Settings
from trace_api import Behaviour, Capture, SqliteIndex
from trace_api.lineage import Lineage
from trace_api.service import now_us

__all__ = ["Asked", "Load", "load", "prepared", "serving"]

STARTING_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of a load."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes | None = None
    expected: int = 200


@dataclass(frozen=True, slots=True)
class Load:
    """What came of a load.

    Attributes:
        latencies: seconds of each request.
        seconds: of them all, by the wall clock.
        tool_cpu: processor time of this process, as a share of one core.
    """

    latencies: Sequence[float]
    seconds: float
    tool_cpu: float


def prepared(folder: Path, documents: Sequence[bytes] = ()) -> dict[str, str]:
    """Make a data folder with the workload's party, its token and these documents.

    Returns:
        Headers with the bearer token of the party ("producer") and of a regulator ("regulator").
    """
    with _node(_settings(folder)) as node:
        node.register.add_party(Party(PARTY, "Dairy", "乳业", ("9521001",), (Role.producer,)))
        waiting = [node.writer.submit(body, PARTY, Behaviour.ROLLBACK) for body in documents]
        if not all(future.result().success for future in waiting):
            raise BenchError("the events of the workload were not captured")
        return {
            "producer": f"Bearer {node.register.issue_token(PARTY, Role.producer, note='bench')}",
            "regulator": f"Bearer {node.register.issue_token(None, Role.regulator, note='bench')}",
        }


@contextmanager
def serving(folder: Path) -> Iterator[int]:
    """The application on a data folder in a child process; gives its port.

    Raises:
        BenchError: it did not come up.
    """
    port = _free_port()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SUYUAN_") or k == "SUYUAN_NATIVE"}
    command = [sys.executable, "-m", "suyuan.bench.server", str(folder), str(port)]
    with (folder / "server.txt").open("w+b") as told:
        child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command, env=environment, stdin=subprocess.DEVNULL, stdout=told, stderr=told
        )
        try:
            _await(child, port, Path(told.name))
            yield port
        finally:
            child.terminate()
            try:
                child.wait(timeout=30)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _settings(folder: Path, port: int = 0) -> Settings:
    return Settings(data=folder, port=port, origin="bench/log", public_rate=1e6)


def _node(settings: Settings) -> Node:
    """A node open for writing, as `Node.open` makes it, but nothing follows for the stock."""
    folder = settings.data
    storage = FileStorage(folder / "log", url=None)
    log = Log.open(storage, load_or_create_key(folder / "log.key"), settings.origin, now_us)
    index = SqliteIndex(folder / "index.sqlite")
    stock = StockProjection(folder / "stock.sqlite", Lineage(index.facts), reached=lambda: index.position)
    records = SqliteRecords(folder / "records.sqlite", RECORD_KINDS)
    writer = Capture(log, index)
    writer.start()
    return Node(settings, log, index, records, stock.stock, writer, (writer.stop, stock.close))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(child: subprocess.Popen[bytes], port: int, told: Path) -> None:
    deadline = time.monotonic() + STARTING_SECONDS
    while child.poll() is None and time.monotonic() < deadline:
        try:
            _ask(HTTPConnection("127.0.0.1", port, timeout=5), Asked("GET", "/log/checkpoint", {}))
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise BenchError(f"the server did not come up: {told.read_text(errors='replace')[-2000:]}")


def load(port: int, requests: Sequence[Asked], connections: int) -> Load:
    """Ask all of them, each connection one after the other; a closed loop.

    Raises:
        BenchError: an answer was not the expected one.
    """
    begun, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(connections) as pool:
        parts = list(pool.map(lambda k: _worker(port, requests[k::connections]), range(connections)))
    taken = time.perf_counter() - begun
    share = (time.process_time() - cpu) / taken
    return Load([latency for part in parts for latency in part], taken, share)


def _worker(port: int, requests: Sequence[Asked]) -> list[float]:
    connection = HTTPConnection("127.0.0.1", port, timeout=120)
    latencies = []
    try:
        for asked in requests:
            begun = time.perf_counter()
            _ask(connection, asked)
            latencies.append(time.perf_counter() - begun)
    finally:
        connection.close()
    return latencies


def _ask(connection: HTTPConnection, asked: Asked) -> None:
    connection.request(asked.method, asked.path, asked.body, asked.headers)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != asked.expected:
        raise BenchError(f"{asked.method} {asked.path} gave {answer.status}: {text[:300]!r}")


def main() -> None:
    """The child process: serve the folder given on the port given until told to end."""
    settings = _settings(Path(sys.argv[1]), int(sys.argv[2]))
    uvicorn.run(create_app(_node(settings)), port=settings.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
