"""A log in a temporary folder, a clock that the test turns, and statements to append."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import FileStorage, Kind, Log, Statement

ORIGIN = "trace.example/log"
PARTY = "https://id.gs1.org/417/9506000134352"


class TurnedClock:
    """A clock that stands still until it is turned."""

    def __init__(self) -> None:
        self.now = 1_760_000_000_000_000

    def __call__(self) -> int:
        return self.now


def event(serial: int, epcs: int = 1) -> bytes:
    """An ObjectEvent as JSON with `epcs` EPCs of its own."""
    listed = [f"urn:epc:id:sgtin:9506000.013435.{serial:05d}{each:03d}" for each in range(epcs)]
    stated = {"type": "ObjectEvent", "action": "OBSERVE", "bizStep": "shipping", "epcList": listed}
    return json.dumps(stated).encode()


def statement(serial: int, epcs: int = 1) -> Statement:
    return Statement(Kind.EVENT, event(serial, epcs), {"party": PARTY, "eventID": f"urn:uuid:{serial}"})


def statements(count: int, first: int = 0) -> list[Statement]:
    return [statement(first + index) for index in range(count)]


@pytest.fixture(scope="session")
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "log"


OpenLog = Callable[..., Log]


@pytest.fixture
def open_log(folder: Path, key: Ed25519PrivateKey, clock: TurnedClock) -> Iterator[OpenLog]:
    """Opens the log in `folder`; whatever is still open is closed at the end."""
    opened: list[Log] = []

    def open_it(**options: object) -> Log:
        log = Log.open(FileStorage(folder, **options), key, ORIGIN, clock)  # type: ignore[arg-type]
        opened.append(log)
        return log

    yield open_it
    for log in opened:
        log.close()


@pytest.fixture
def log(open_log: OpenLog) -> Log:
    return open_log()
