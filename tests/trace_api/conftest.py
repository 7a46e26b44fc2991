"""A node in a temporary folder: log, index, register, and the REST interface over them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from foundation.access import KINDS, Party, Register, Role
from foundation.records import SqliteRecords
from foundation.web import install_web
from ledger import FileStorage, Log, load_or_create_key
from trace_api import JOB_KIND, Capture, SqliteIndex, TraceService
from trace_api.rest import install, problem_rules


@dataclass
class Clock:
    """A clock that stands still until it is told otherwise."""

    now: int = 1_780_000_000_000_000

    def __call__(self) -> int:
        return self.now


@dataclass
class Bench:
    """Everything a test of this room touches."""

    folder: Path
    clock: Clock = field(default_factory=Clock)
    opened: bool = False

    def open(self) -> Bench:
        self.log = Log.open(
            FileStorage(self.folder / "log"), load_or_create_key(self.folder / "key"), "test/log", self.clock
        )
        self.index = SqliteIndex(self.folder / "index.sqlite")
        self.capture = Capture(self.log, self.index)
        self.capture.start()
        self.opened = True
        return self

    def close(self) -> None:
        if self.opened:
            self.capture.stop()
            self.index.close()
            self.log.close()
            self.opened = False

    def reopen(self) -> Bench:
        self.close()
        return self.open()


FARM = Party("https://id.gs1.org/417/9521101000009", "Farm", "农场", ("9521101",), (Role.producer,))
DAIRY = Party("https://id.gs1.org/417/9521001000000", "Dairy", "乳业", ("9521001",), (Role.producer,))
SHOP = Party("https://id.gs1.org/417/9521003000008", "Shop", "商店", ("9521003",), (Role.retailer,))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path).open()
    yield bench
    bench.close()


@dataclass
class Site:
    """The REST interface with one client for each caller."""

    bench: Bench
    register: Register
    service: TraceService
    client: TestClient
    tokens: dict[str, str]

    def as_(self, who: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[who]}"}

    def post(self, who: str, path: str, body: bytes, **headers: str):  # type: ignore[no-untyped-def]
        sent = {"Content-Type": "application/json", **self.as_(who), **headers}
        return self.client.post(path, content=body, headers=sent)

    def get(self, who: str, path: str, **params):  # type: ignore[no-untyped-def]
        return self.client.get(path, params=params, headers=self.as_(who))

    def get_raw(self, who: str, address: str):  # type: ignore[no-untyped-def]
        """A GET whose address is taken as it stands."""
        return self.client.get(address, headers=self.as_(who))


@pytest.fixture
def site(bench: Bench) -> Iterator[Site]:
    records = SqliteRecords(bench.folder / "records.sqlite", (*KINDS, JOB_KIND))
    register = Register(records)
    tokens = {}
    for name, party in (("farm", FARM), ("dairy", DAIRY), ("shop", SHOP)):
        register.add_party(party)
        tokens[name] = register.issue_token(party.id, party.roles[0])
    tokens["regulator"] = register.issue_token(None, Role.regulator)
    tokens["auditor"] = register.issue_token(None, Role.auditor)
    service = TraceService(bench.log, bench.index, register, records, b"k" * 32, bench.capture, bench.clock)
    app = FastAPI()
    install_web(app, problem_rules())
    install(app, service)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Site(bench, register, service, client, tokens)
    records.close()
