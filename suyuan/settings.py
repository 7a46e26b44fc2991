"""Settings: the command line, the environment `SUYUAN_…`, a TOML file; the first that says something wins.

SUYUAN_DATA=/var/lib/suyuan  SUYUAN_PORT=8080  suyuan serve
suyuan serve --config /etc/suyuan.toml
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["Settings", "SettingsError", "load"]


class SettingsError(Exception):
    """A setting is missing or wrong; the message says which and what is expected."""


class Settings(BaseSettings):
    """What an installation decides.

    Attributes:
        data: folder that holds everything of the embedded default.
        host: address to listen on.
        port: TCP port to listen on.
        public_url: address under which people reach this server; stands in labels and links.
        origin: name of the log in its checkpoints; fixed once the log exists (C2SP tlog-checkpoint).
        store: the event index: `sqlite:///` in the data folder.
        finality: what gives the log finality beyond its own signature: none.
        time_zone: IANA zone in which dates are judged and times are shown to the public.
        public_rate: page views a second allowed to one address, with bursts of ten times as many.
    """

    model_config = SettingsConfigDict(env_prefix="SUYUAN_", extra="forbid", frozen=True)

    data: Path = Path("suyuan-data")
    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    public_url: str = ""
    origin: str = Field("suyuan.local/log", pattern=r"^[^\s+]{1,200}$")
    store: str = "sqlite:///"
    finality: str = "none"
    time_zone: str = "UTC"
    public_rate: float = Field(5.0, gt=0)

    @field_validator("data")
    @classmethod
    def _data(cls, value: Path) -> Path:
        if value.exists() and not value.is_dir():
            raise ValueError(f"{value} is a file; a data folder is wanted")
        return value

    @field_validator("time_zone")
    @classmethod
    def _time_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{value!r} is no IANA time zone, such as Asia/Shanghai") from None
        return value

    @field_validator("store")
    @classmethod
    def _store(cls, value: str) -> str:
        if value != "sqlite:///":
            raise ValueError("this version keeps its index in the data folder: sqlite:///")
        return value

    @field_validator("finality")
    @classmethod
    def _finality(cls, value: str) -> str:
        if value != "none":
            raise ValueError("this version has no finality beyond the log's own signature: none")
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def base_url(self) -> str:
        """Where people reach this server, without a slash at the end."""
        host = f"[{self.host}]" if ":" in self.host else self.host  # an IPv6 address (RFC 3986 §3.2.2)
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")


def load(config: Path | None = None, **given: Any) -> Settings:
    """Read the settings.

    Args:
        config: a TOML file; its keys are the names of `Settings`.
        given: values from the command line; None means not given.

    Raises:
        SettingsError: a file that cannot be read, an unknown key, or a value out of range.
    """
    values: dict[str, Any] = {}
    if config is not None:
        try:
            values = tomllib.loads(config.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
            raise SettingsError(f"{config}: {fault}") from fault
        environment = {
            name[len("SUYUAN_") :].lower() for name in os.environ if name.upper().startswith("SUYUAN_")
        }
        values = {name: value for name, value in values.items() if name not in environment}
    values.update({name: value for name, value in given.items() if value is not None})
    try:
        return Settings(**values)
    except ValidationError as fault:
        lines = [
            f"{'.'.join(str(part) for part in error['loc'])}: {error['msg']}" for error in fault.errors()
        ]
        raise SettingsError("; ".join(lines)) from fault
