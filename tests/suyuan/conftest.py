"""A node in a temporary folder with its whole application, and the command line as its users call it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from foundation.access import Party, Register, Role
from foundation.records import SqliteRecords
from suyuan.app import create_app
from suyuan.cli import main
from suyuan.node import RECORD_KINDS, Node
from suyuan.settings import Settings
from tests.suyuan.documents import document
from trace_api import Behaviour, CaptureResult

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "en"}

PARTIES = {
    "farm": Party("https://id.gs1.org/417/9521101000009", "Farm", "农场", ("9521101",), (Role.producer,)),
    "dairy": Party("https://id.gs1.org/417/9521001000000", "Dairy", "乳业", ("9521001",), (Role.producer,)),
    "depot": Party("https://id.gs1.org/417/9521002000009", "Depot", "仓库", ("9521002",), (Role.warehouse,)),
    "shop": Party("https://id.gs1.org/417/9521003000008", "Shop", "商店", ("9521003",), (Role.retailer,)),
    "forger": Party("https://id.gs1.org/417/9521009000002", "Forger", "", ("9521009",), (Role.producer,)),
    "authority": Party("https://id.gs1.org/417/9521008000003", "Authority", "监管", (), (Role.regulator,)),
}


@dataclass
class World:
    """A node with its application, a client, and a token for everybody."""

    node: Node
    client: TestClient
    tokens: dict[str, str] = field(default_factory=dict)

    def capture(self, who: str, *events: dict[str, Any], **document_fields: Any) -> CaptureResult:
        """What a party states; every event of it must be taken."""
        body = document(*events, **document_fields)
        result = self.node.writer.capture(body, PARTIES[who].id, Behaviour.ROLLBACK)
        assert result.success, [issue for outcome in result.outcomes for issue in outcome.issues]
        return result

    def as_(self, who: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[who]}"}

    def get(self, who: str | None, path: str, **params: Any) -> Response:
        return self.client.get(path, params=params, headers=self.as_(who) if who else {})

    def page(self, uri: str) -> dict[str, Any]:
        """The public page of an identity, as JSON."""
        answer = self.client.get(
            uri.removeprefix("https://id.gs1.org"), headers={"Accept": "application/json"}
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def html(self, uri: str) -> str:
        answer = self.client.get(uri.removeprefix("https://id.gs1.org"), headers=BROWSER)
        assert answer.status_code == 200
        return answer.text

    def outcome(self, uri: str) -> str:
        """The verdict that the public is given."""
        return self.page(uri)["verdict"]["outcome"]


@cache
def registered() -> tuple[bytes, dict[str, str]]:
    """A file of records with everybody's tokens, and the tokens; made once, for it takes many commits."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "records.sqlite"
        records = SqliteRecords(file, RECORD_KINDS)
        register, tokens = Register(records), {}
        for name, party in PARTIES.items():
            register.add_party(party)
            tokens[name] = register.issue_token(party.id, party.roles[0])
        tokens["regulator"] = register.issue_token(None, Role.regulator)
        tokens["auditor"] = register.issue_token(None, Role.auditor)
        records.close()
        return file.read_bytes(), tokens


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[World]:
    """A world on a folder."""
    settings = Settings(data=folder, public_rate=10_000, time_zone="Asia/Shanghai")
    folder.mkdir()
    content, tokens = registered()
    (folder / "records.sqlite").write_bytes(content)
    with Node.open(settings) as node:
        app = create_app(node, close=False)
        with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
            yield World(node, client, tokens)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world of its own for one test."""
    with opened(tmp_path / "data") as world:
        yield world


@pytest.fixture(scope="module")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world for all tests of a module that do not mind each other."""
    with opened(tmp_path_factory.mktemp("world") / "data") as world:
        yield world


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def run(*args: str | Path) -> Ran:
    """`suyuan ARGS` in this process: exit code, standard output, standard error."""
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
    before, code = sys.argv, 0
    sys.argv = ["suyuan", *map(str, args)]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    finally:
        sys.argv = before
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode())
    return Ran(code, *texts)


@pytest.fixture(autouse=True, scope="session")
def no_settings_from_outside() -> Iterator[None]:
    """Settings of the one who runs the tests are none of theirs."""
    with pytest.MonkeyPatch.context() as environment:
        for name in list(os.environ):
            if name.startswith("SUYUAN_") and name not in ("SUYUAN_SHARED", "SUYUAN_NATIVE"):
                environment.delenv(name)
        yield


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The name of a data folder that is not there yet."""
    return tmp_path / "data"


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
