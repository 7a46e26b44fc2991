"""What the commands share: options, the console, how an answer is printed, and a client for a running server."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import httpx
import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

__all__ = [
    "AsJson",
    "CommandError",
    "Config",
    "Data",
    "Remote",
    "Token",
    "Url",
    "console",
    "escape",
    "out",
    "print_json",
    "table",
]

console = Console(stderr=True)
"""For people who watch: progress and errors."""
out = Console(width=None if sys.stdout is not None and sys.stdout.isatty() else 10_000)
"""For answers; what another program reads is not broken into lines. Text that is not ours goes through
`escape`, for a bracket in it would be read as markup."""


def table(*headings: str) -> Table:
    """A table without lines, in which a long identifier goes on in the next line and is never cut."""
    made = Table(box=None, pad_edge=False)
    for heading in headings:
        made.add_column(heading, overflow="fold")
    return made


class CommandError(Exception):
    """A command cannot do what was asked; the message says what to do."""


Data: TypeAlias = Annotated[
    Path | None, typer.Option("--data", help="Data folder (SUYUAN_DATA; default ./suyuan-data).")
]
Config: TypeAlias = Annotated[Path | None, typer.Option("--config", help="Settings as a TOML file.")]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]
Url: TypeAlias = Annotated[
    str | None,
    typer.Option("--url", envvar="SUYUAN_URL", help="Ask a running server instead of the data folder."),
]
Token: TypeAlias = Annotated[
    str | None, typer.Option("--token", envvar="SUYUAN_TOKEN", help="Bearer token for --url.")
]


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    sys.stdout.flush()


class Remote:
    """A running server, as the commands with --url use it.

    Raises:
        CommandError: the server cannot be reached, or refuses; its own words are passed on.
    """

    def __init__(self, url: str, token: str | None) -> None:
        if token and not (token.isascii() and token.isprintable()):
            raise CommandError("a token has only letters, digits, - and _; this is none")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            self._client = httpx.Client(base_url=url, headers=headers, timeout=120)
        except httpx.InvalidURL as fault:
            raise CommandError(f"--url {url}: {fault}") from fault

    def get(self, path: str, params: dict[str, Any] | None = None) -> Any:
        """The JSON answer of a GET."""
        given = {name: value for name, value in (params or {}).items() if value is not None}
        return self._checked(self._send("GET", path, params=given)).json()

    def post(self, path: str, content: bytes, headers: dict[str, str]) -> httpx.Response:
        """The answer of a POST that succeeded."""
        return self._checked(self._send("POST", path, content=content, headers=headers))

    def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            return self._client.request(method, path, **request)
        except (httpx.HTTPError, httpx.InvalidURL) as fault:
            raise CommandError(f"{self._client.base_url} cannot be reached: {fault}") from fault

    @staticmethod
    def _checked(response: httpx.Response) -> httpx.Response:
        if response.is_success:
            return response
        try:
            problem = response.json()
            text = problem.get("detail") or problem.get("title") or response.text
        except ValueError:
            text = response.text[:500]
        raise CommandError(f"{response.status_code} {response.request.url.path}: {text}")
