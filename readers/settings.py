"""The settings file of the readers' service: one TOML file, every mistake told with its key and line.

[site]
timeZone = "Asia/Shanghai"

[capture]
url = "http://127.0.0.1:8000"
tokenFile = "readers.token"        # or tokenVariable = "SUYUAN_TOKEN"

[outbox]
path = "outbox.sqlite"

[[reader]]
id = "dock-1"
kind = "llrp"
host = "192.0.2.17"
start = "immediate"                # immediate, start, on_demand

[[station]]
…                                  # see `context`
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from readers.context import Station, read_station, read_zone
from readers.errors import SettingsError
from readers.llrp.client import LlrpSettings
from readers.llrp.rospec import Inventory, StartMode
from readers.toml_table import Table, read_toml

__all__ = [
    "CaptureSettings",
    "OutboxSettings",
    "ReaderSettings",
    "Settings",
    "load_settings",
    "parse_settings",
]


@dataclass(frozen=True, slots=True)
class CaptureSettings:
    """Where events go. `batch`: events a request; the token is read when the service starts."""

    url: str
    token_file: Path | None = None
    token_variable: str | None = None
    batch: int = 100

    def token(self) -> str | None:
        """The bearer token; raises `SettingsError` where a source is named and gives none."""
        if self.token_file is not None:
            try:
                found = self.token_file.read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise SettingsError("capture.tokenFile", f"cannot be read: {error}") from error
            if not found:
                raise SettingsError("capture.tokenFile", f"{self.token_file} is empty")
            return found
        if self.token_variable is not None:
            found = os.environ.get(self.token_variable, "")
            if not found:
                raise SettingsError("capture.tokenVariable", f"{self.token_variable} is not set")
            return found
        return None


@dataclass(frozen=True, slots=True)
class OutboxSettings:
    """The outbox file and its bound in bytes."""

    path: Path
    most_bytes: int = 256 << 20


@dataclass(frozen=True, slots=True)
class ReaderSettings:
    """One reader and how it is reached."""

    id: str
    llrp: LlrpSettings


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the service needs."""

    readers: tuple[ReaderSettings, ...]
    stations: tuple[Station, ...]
    capture: CaptureSettings
    outbox: OutboxSettings


def load_settings(path: Path) -> Settings:
    """Read a settings file; files it names are relative to it."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError("", f"cannot be read: {error}", file=str(path)) from error
    return parse_settings(text, folder=path.parent, file=str(path))


def parse_settings(text: str, *, folder: Path, file: str | None = None) -> Settings:
    """Settings from TOML text; raises `SettingsError`. `folder`: what relative paths are relative to."""
    root = read_toml(text, file=file)
    zone_table = root.table("site")
    zone = read_zone(zone_table)
    if zone_table is not None:
        zone_table.done()
    readers: dict[str, ReaderSettings] = {}
    for table in root.tables("reader"):
        reader = _reader(table)
        if reader.id in readers:
            raise table.error("id", f"there are two readers {reader.id!r}")
        readers[reader.id] = reader
    stations: dict[str, Station] = {}
    for table in root.tables("station"):
        station = read_station(table, zone, frozenset(readers))
        if station.name in stations:
            raise table.error("name", f"there are two stations {station.name!r}")
        stations[station.name] = station
    capture = _capture(root, folder)
    outbox = _outbox(root.table("outbox"), folder)
    root.done()
    return Settings(tuple(readers.values()), tuple(stations.values()), capture, outbox)


def _reader(table: Table) -> ReaderSettings:
    name = table.text("id", "the reader's id")
    table.choice("kind", ("llrp",), "llrp")
    antennas: list[object] = table.take("antennas", list, "a list of antenna numbers", [])
    for antenna in antennas:
        if not isinstance(antenna, int) or isinstance(antenna, bool) or not 1 <= antenna <= 0xFFFF:
            raise table.error("antennas", f"expected antenna numbers from 1, got {antenna!r}")
    inventory = Inventory(
        start=StartMode(table.choice("start", list(StartMode), StartMode.IMMEDIATE)),
        antennas=tuple(antenna for antenna in antennas if isinstance(antenna, int)),
        report_every=table.whole("reportEvery", 0, 0xFFFF, 1),
        session=_optional_whole(table, "session", 0, 3),
        population=table.whole("population", 1, 0xFFFF, 32),
        mode=_optional_whole(table, "mode", 0, 0xFFFF),
        transmit_power=_optional_whole(table, "transmitPower", 0, 0xFFFF),
    )
    settings = LlrpSettings(
        host=table.text("host", "a host name or address"),
        port=table.whole("port", 1, 65_535, 5084),
        inventory=inventory,
        keepalive=table.seconds("keepalive", 0.05, 600, 5.0),
        protocol="auto" if table.choice("protocol", ("1.0.1", "auto"), "1.0.1") == "auto" else "1.0.1",
    )
    table.done()
    return ReaderSettings(name, settings)


def _optional_whole(table: Table, key: str, low: int, high: int) -> int | None:
    return None if table.optional(key, int, "a whole number") is None else table.whole(key, low, high)


def _capture(root: Table, folder: Path) -> CaptureSettings:
    table = root.table("capture")
    if table is None:
        raise root.error("capture", "is missing; expected a table with the url of the capture interface")
    url = table.text("url", "the URL of the service")
    if not url.startswith(("http://", "https://")):
        raise table.error("url", f"expected an http(s) URL, got {url!r}")
    file = table.optional("tokenFile", str, "a file with the bearer token")
    variable = table.optional("tokenVariable", str, "the name of an environment variable")
    if file and variable:
        raise table.error("tokenVariable", "give either tokenFile or tokenVariable")
    settings = CaptureSettings(
        url=url,
        token_file=folder / file if file else None,
        token_variable=variable or None,
        batch=table.whole("batch", 1, 10_000, 100),
    )
    table.done()
    return settings


def _outbox(table: Table | None, folder: Path) -> OutboxSettings:
    if table is None:
        return OutboxSettings(folder / "outbox.sqlite")
    settings = OutboxSettings(
        path=folder / table.text("path", "a file", "outbox.sqlite"),
        most_bytes=table.whole("mostMebibytes", 1, 1 << 20, 256) << 20,
    )
    table.done()
    return settings
