"""What those who run a node rely on: health, figures, a quick end, files that are theirs alone, and locks."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import stat
import time
from pathlib import Path

import pytest

from suyuan.node import Node, ProjectionUnavailable
from suyuan.operation import Lag
from suyuan.settings import Settings
from tests.suyuan.conftest import PARTIES, World
from tests.suyuan.documents import LINE, commissioned, document, event
from tests.suyuan.test_server_process import start

DEMAND = "Suyuan-Min-Log-Position"


# -- health and figures ------------------------------------------------------------------------------


def test_a_sound_node_is_ok_and_says_how_far_it_is(world: World) -> None:
    world.capture("dairy", commissioned())
    answer = world.client.get("/healthz")
    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["status"], shown["logSize"], shown["indexPosition"]) == ("ok", 1, 1)


def test_a_node_whose_writer_has_ended_is_degraded(world: World) -> None:
    world.node.writer.stop()
    answer = world.client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["status"] == "degraded"
    assert answer.json()["faults"] == ["the writer is not running"]
    assert "suyuan_up 0" in world.client.get("/metrics").text


def test_a_node_whose_index_stays_behind_is_degraded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.capture("dairy", commissioned())
    monkeypatch.setattr("suyuan.operation.PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(type(world.node.index), "position", property(lambda _: 0))
    assert world.client.get("/healthz").status_code == 200  # just now it may be so
    time.sleep(0.1)
    answer = world.client.get("/healthz")
    assert answer.status_code == 503
    assert "the index is at 0 of 1 log entries" in answer.json()["faults"]


def test_who_is_always_a_little_behind_is_not_late() -> None:
    now = [0.0]
    lag = Lag(lambda: now[0])
    for step in range(100):
        now[0] = float(step)
        assert not lag.late(goal=10 * step + 10, reached=10 * step)


def test_figures_are_given_as_prometheus_reads_them(world: World) -> None:
    world.capture("dairy", commissioned())
    headers = {"Content-Type": "application/json", **world.as_("dairy")}
    bad = document({**event(1), "action": "NO"})
    assert world.client.post("/epcis/capture", content=bad, headers=headers).status_code == 202
    answer = world.client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    assert all(re.fullmatch(r"# (HELP|TYPE) \w+ .+|\w+(\{\w+=\"\w+\"\})? [0-9.e+]+", line) for line in lines)
    figures = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert figures["suyuan_log_entries"] == "1"
    assert figures['suyuan_projection_position{projection="index"}'] == "1"
    assert figures['suyuan_events_total{status="captured"}'] == "1"
    assert figures['suyuan_events_total{status="refused"}'] == "1"
    assert float(figures["suyuan_resident_memory_bytes"]) > 10_000_000
    assert figures["suyuan_up"] == "1"


# -- stock -------------------------------------------------------------------------------------------


def test_stock_is_given_at_the_position_that_the_reader_demands(world: World) -> None:
    for number in range(20):
        world.capture("dairy", commissioned(number, f"https://id.gs1.org/01/09521001000116/21/{number}"))
        size = world.node.log.size
        answer = world.client.get("/stock", headers={**world.as_("dairy"), DEMAND: str(size)})
        assert answer.status_code == 200
        assert answer.json()["position"] >= size
        assert [level["quantity"] for level in answer.json()["levels"] if level["site"] == LINE] == [
            str(number + 1)
        ]
    beyond = world.client.get("/stock", headers={**world.as_("dairy"), DEMAND: "1000"})
    assert beyond.status_code == 503


def test_stock_that_does_not_get_there_says_where_it_is(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.capture("dairy", commissioned())
    monkeypatch.setattr(type(world.node.stock), "position", property(lambda _: 0))
    monkeypatch.setattr(world.node.service.waiting, "_seconds", 0.05)
    answer = world.client.get("/stock", headers={**world.as_("dairy"), DEMAND: "1"})
    assert answer.status_code == 503
    assert answer.json()["position"] == 0
    assert "the stock is at 0" in answer.json()["detail"]


def test_the_stock_follows_the_index_and_never_runs_ahead_of_it(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    index, wake = type(world.node.index), world.node.writer._on_commit
    apply = index.apply
    assert wake is not None

    def slowly(*given: object) -> None:
        wake(0)  # the log has grown, the index has not: the stock must not go on now
        time.sleep(0.05)
        apply(*given)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index, "apply", slowly)
        for number in range(5):
            world.capture("dairy", commissioned(number, f"https://id.gs1.org/01/09521001000116/21/{number}"))
    headers = {**world.as_("dairy"), DEMAND: str(world.node.log.size)}
    assert world.client.get("/stock", headers=headers).status_code == 200
    assert not [record for record in caplog.records if "stopped at" in record.message]


# -- files -------------------------------------------------------------------------------------------


def test_a_data_folder_is_its_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    before = os.umask(0o022)
    try:
        with Node.open(Settings(data=folder)):
            modes = {
                each.name: stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir() if each.is_file()
            }
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    private = {name: mode for name, mode in modes.items() if "sqlite" in name}
    assert {"index.sqlite", "stock.sqlite", "records.sqlite"} <= set(private)
    assert set(private.values()) == {0o600}


@pytest.mark.parametrize("name", ["index.sqlite", "stock.sqlite"])
def test_a_projection_that_another_process_has_locked_is_never_deleted(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data"
    with Node.open(Settings(data=folder)):
        pass
    monkeypatch.setattr("trace_api.store.connections.BUSY_SECONDS", 0.05)
    inode = (folder / name).stat().st_ino
    other = sqlite3.connect(folder / name, isolation_level=None)
    other.execute("PRAGMA locking_mode=EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(ProjectionUnavailable, match=name):
        Node.open(Settings(data=folder))
    other.close()
    assert (folder / name).stat().st_ino == inode
    with Node.open(Settings(data=folder)):  # nor is the log still held
        assert (folder / name).stat().st_ino == inode


@pytest.mark.parametrize("name", ["index.sqlite", "stock.sqlite"])
@pytest.mark.parametrize("content", [b"not a database at all" * 300, None])
def test_a_damaged_projection_is_built_anew(tmp_path: Path, name: str, content: bytes | None) -> None:
    folder = tmp_path / "data"
    with Node.open(Settings(data=folder)) as node:
        node.writer.capture(document(commissioned()), "https://id.gs1.org/417/9521001000000")
    if content is None:
        other = sqlite3.connect(folder / name)
        other.execute("PRAGMA user_version=99")
        other.close()
    else:
        (folder / name).write_bytes(content)
    with Node.open(Settings(data=folder)) as node:
        assert node.index.position == 1
        assert [level.quantity for level in node.stock.levels()] == [1]


# -- the end -----------------------------------------------------------------------------------------


def test_a_half_sent_upload_does_not_keep_the_server_from_ending(data: Path) -> None:
    with Node.open(Settings(data=data)) as node:
        node.register.add_party(PARTIES["dairy"])
        token = node.register.issue_token(PARTIES["dairy"].id, "producer")
    server = start(data)
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as upload:
        upload.sendall(
            f"POST /epcis/capture HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n".encode()
            + b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
        )
        time.sleep(0.3)
        begun = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(30)
        assert time.monotonic() - begun < 15
    assert (data / "log" / "lock").read_bytes() == b""
