"""A real `suyuan serve` on a real port: killed at any instant, beside other commands, and told of revocations."""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from foundation.access import Role
from suyuan.node import Node
from suyuan.settings import Settings
from tests.suyuan.conftest import PARTIES, run
from tests.suyuan.documents import GTIN, ITEM, at, bare, commissioned, document, event

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Server:
    process: subprocess.Popen[str]
    url: str

    def client(self, token: str | None = None) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=20)


def start(data: Path, *more: str) -> Server:
    """`suyuan serve` on a port of its own choice, up when this returns."""
    process = subprocess.Popen(
        [sys.executable, "-m", "suyuan", "serve", "--data", str(data), "--port", "0", *more],
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        found = re.search(r" at (http://\S+) \(", said)
        if found is not None:
            threading.Thread(target=process.stderr.read, daemon=True).start()  # it must never fill its pipe
            return Server(process, found[1])
    raise AssertionError(f"the server ended: {said}")


@contextmanager
def serving(data: Path, *more: str) -> Iterator[Server]:
    server = start(data, *more)
    try:
        yield server
    finally:
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(30) is not None


@pytest.fixture
def token(data: Path) -> str:
    """The dairy's token on a fresh data folder."""
    with Node.open(Settings(data=data)) as node:
        node.register.add_party(PARTIES["dairy"])
        return node.register.issue_token(PARTIES["dairy"].id, Role.producer)


def taken(client: httpx.Client, *events: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(
        "/epcis/capture", content=document(*events), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 202, answer.text
    job: dict[str, Any] = client.get(answer.headers["location"]).json()
    return job


def test_a_second_writer_on_the_folder_is_told_who_holds_it_and_what_to_do(
    data: Path, token: str, tmp_path: Path
) -> None:
    (tmp_path / "d.json").write_bytes(document(commissioned()))
    with serving(data) as server:
        for command in (
            ("serve", "--port", "0"), ("capture", str(tmp_path / "d.json")), ("log", "rebuild"),
        ):  # fmt: skip
            ran = run(*command, "--data", data)
            assert (ran.code, ran.out) == (1, "")
            assert f"process {server.process.pid} at {server.url}" in ran.err
            assert "--url" in ran.err
        # And that way works.
        ran = run("capture", tmp_path / "d.json", "--url", server.url, "--token", token, "--json")
        assert ran.code == 0, ran.err
        assert ran.json[0]["events"] == {"captured": 1}
        ran = run("capture", tmp_path / "d.json", "--url", server.url, "--token", "sy_" + 43 * "A")
        assert ran.code == 1
        assert "401" in ran.err
        # Commands that only read work beside the server, and see what it took.
        assert run("log", "verify", "--data", data).out == "sound: 1 entries\n"
        assert run("log", "prove", "0", "--data", data).code == 0
        local = run("trace", "back", ITEM, "--data", data, "--json")
        remote = run("trace", "back", ITEM, "--url", server.url, "--token", token, "--json")
        assert (local.code, local.json) == (0, remote.json)
        assert run("token", "list", "--data", data).code == 0
        deadline = time.monotonic() + 5
        while not run("stock", "--data", data, "--json").json and time.monotonic() < deadline:
            time.sleep(0.05)
        assert run("stock", "--data", data, "--json").json[0]["quantity"] == "1"
        revoked = run("token", "list", "--data", data, "--json").json[0]["id"]
        with server.client(token) as client:
            assert client.get("/stock").status_code == 200
            assert run("token", "revoke", revoked, "--data", data).code == 0
            time.sleep(1.0)
            assert client.get("/stock").status_code == 401
    assert run("log", "rebuild", "--data", data).code == 0


def test_a_taken_port_is_told_before_anything_is_opened(data: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ran = run("serve", "--data", data, "--port", str(port))
        assert (ran.code, ran.out) == (1, "")
        assert f"127.0.0.1 port {port} cannot be listened on" in ran.err
        assert "--port" in ran.err
    assert not data.exists()
    assert run("serve", "--data", data, "--host", "no.such.host.invalid", "--port", "0").code == 1


def test_a_server_that_is_asked_to_end_finishes_what_it_has_begun(data: Path, token: str) -> None:
    with serving(data) as server:
        with server.client(token) as client:
            assert taken(client, commissioned())["success"]
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(30)
    assert (data / "log" / "lock").read_bytes() == b""  # let go of, not torn away
    assert run("log", "verify", "--data", data).code == 0
    assert run("stock", "--data", data, "--json").json[0]["quantity"] == "1"


class Outbox(threading.Thread):
    """A client that mints its eventIDs, keeps what is not acknowledged, and sends it again after a crash."""

    def __init__(self, number: int, token: str) -> None:
        super().__init__(daemon=True)
        self.number, self.token, self.url = number, token, ""
        self.made: dict[str, dict[str, Any]] = {}
        self.acknowledged: dict[str, int] = {}
        self.waiting: list[str] = []
        self.halted = threading.Event()
        self.ended = threading.Event()
        self.wrong: list[str] = []
        self.chance = random.Random(number)

    def run(self) -> None:
        while not self.ended.is_set():
            if self.halted.is_set() or not self.url:
                time.sleep(0.005)
                continue
            try:
                with httpx.Client(base_url=self.url, timeout=10) as client:
                    client.headers["Authorization"] = f"Bearer {self.token}"
                    while not self.halted.is_set() and not self.ended.is_set():
                        self.send(client)
            except httpx.HTTPError:
                time.sleep(0.02)

    def send(self, client: httpx.Client) -> None:
        while len(self.waiting) < 3:
            serial = len(self.made)
            name = f"urn:uuid:{self.number:08x}-0000-4000-8000-{serial:012x}"
            item = f"{GTIN}/21/{self.number}-{serial}"
            self.made[name] = {**commissioned(serial / 1000, item), "eventID": name}
            self.waiting.append(name)
        batch = self.waiting[: self.chance.randint(1, 3)]
        headers = {"Content-Type": "application/json"}
        if len(batch) == 1:
            answer = client.post("/epcis/events", content=bare(self.made[batch[0]]), headers=headers)
            fine = answer.status_code in (201, 409)
        else:
            body = document(*(self.made[name] for name in batch))
            answer = client.post("/epcis/capture", content=body, headers=headers)
            fine = answer.status_code == 202
        if not fine:
            if answer.status_code != 503:
                self.wrong.append(f"{answer.status_code} {answer.text[:200]}")
            return
        for name in batch:
            self.acknowledged[name] = int(answer.headers.get("Suyuan-Log-Position", 0))
            self.waiting.remove(name)


@pytest.mark.slow
def test_killed_at_any_instant_nothing_acknowledged_is_lost_and_a_resend_makes_nothing_twice(
    data: Path, token: str
) -> None:
    chance = random.Random(20261122)
    outboxes = [Outbox(number, token) for number in range(1, 5)]
    for outbox in outboxes:
        outbox.start()
    for _ in range(8):
        server = start(data)
        for outbox in outboxes:
            outbox.url = server.url
            outbox.halted.clear()
        before = sum(len(outbox.acknowledged) for outbox in outboxes)
        deadline = time.monotonic() + 20
        while (
            sum(len(outbox.acknowledged) for outbox in outboxes) < before + 4 and time.monotonic() < deadline
        ):
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.7))
        server.process.kill()
        server.process.wait()
        for outbox in outboxes:
            outbox.halted.set()
        assert run("log", "verify", "--data", data).code == 0
        missing = {n for o in outboxes for n in o.acknowledged} - set(names(data))
        assert not missing
    with serving(data) as server:  # the last time: everything that waits gets through
        for outbox in outboxes:
            outbox.url = server.url
            outbox.halted.clear()
        time.sleep(1.0)
        for outbox in outboxes:
            outbox.ended.set()
            outbox.join(30)
            assert not outbox.is_alive()
            assert not outbox.wrong
        with server.client(token) as client:
            for outbox in outboxes:  # a client that lost its memory sends everything again
                everything = list(outbox.made.values())
                for first in range(0, len(everything), 200):
                    assert taken(client, *everything[first : first + 200])["success"]
            position = client.get("/healthz").json()
            assert position["logSize"] == position["indexPosition"]
    made = {name for outbox in outboxes for name in outbox.made}
    assert len(made) > 60
    kept = names(data)
    assert len(kept) == len(set(kept))
    assert set(kept) == made
    assert run("log", "verify", "--data", data).code == 0
    stock = run("stock", "--data", data, "--json").json
    assert [level["quantity"] for level in stock] == [str(len(made))]
    before = (stock, run("trace", "forward", f"{GTIN}/10/L1", "--data", data, "--json").json)
    assert run("log", "rebuild", "--data", data).code == 0
    after = run("stock", "--data", data, "--json").json
    assert (after, run("trace", "forward", f"{GTIN}/10/L1", "--data", data, "--json").json) == before


def names(data: Path) -> list[str]:
    """The eventIDs in the log, in its order."""
    with Node.open(Settings(data=data)) as node:
        return [entry.statement().meta["eventID"] for entry in node.log.entries(0, node.log.size)]


@pytest.mark.slow
def test_many_clients_at_once_get_all_their_events_in_and_readers_see_what_they_wrote(
    data: Path, token: str
) -> None:
    rounds, clients = 15, 6
    wrong: list[str] = []

    def work(number: int, server: Server) -> None:
        with server.client(token) as client:
            for round_ in range(rounds):
                item = f"{GTIN}/21/{number}.{round_}"
                answer = client.post(
                    "/epcis/events",
                    content=bare(commissioned(round_, item)),
                    headers={"Content-Type": "application/json"},
                )
                position = answer.headers.get("Suyuan-Log-Position", "")
                seen = client.get(
                    "/trace/history", params={"id": item}, headers={"Suyuan-Min-Log-Position": position}
                )
                if answer.status_code != 201 or len(seen.json().get("events", ())) != 1:
                    wrong.append(f"{answer.status_code} {seen.text[:200]}")

    with serving(data) as server:
        threads = [threading.Thread(target=work, args=(number, server)) for number in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
    assert not wrong
    assert run("log", "verify", "--data", data).out == f"sound: {rounds * clients} entries\n"


@pytest.mark.slow
def test_a_200_mb_body_is_refused_by_the_real_server_and_it_serves_on(data: Path, token: str) -> None:
    with serving(data) as server, server.client(token) as client:
        headers = {"Content-Type": "application/json"}

        def chunks() -> Iterator[bytes]:
            for _ in range(200):
                yield b" " * 1024 * 1024

        with suppress(httpx.HTTPError):  # it may close the connection while we still send
            assert client.post("/epcis/capture", content=chunks(), headers=headers).status_code == 413
        assert taken(client, event(0, ITEM))["success"]
        memory = Path(f"/proc/{server.process.pid}/status").read_text()
        peak = int(re.search(r"VmHWM:\s+(\d+) kB", memory)[1])  # type: ignore[index]
        assert peak < 400_000, f"{peak} kB"
        assert client.get("/trace/history", params={"id": ITEM, "asOfEventTime": at(1)}).status_code == 200
