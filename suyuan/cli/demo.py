"""`suyuan demo`: see the product do its work, from the antenna to the public's verdict."""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from ledger import CorruptLog
from suyuan.cli.serve import listen, server
from suyuan.cli.shell import CommandError, console, out
from suyuan.demo.checks import Check
from suyuan.demo.play import play
from suyuan.node import Node
from suyuan.settings import Settings, load

__all__ = ["demo"]

MARKER = "this-is-a-suyuan-demo"


def demo(
    data: Annotated[
        Path, typer.Option("--data", help="Data folder of the demo; an earlier demo's is replaced.")
    ] = Path("demo-data"),
    port: Annotated[int, typer.Option(help="Port to serve on.")] = 8080,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Keep serving after the checks.")] = True,
) -> None:
    """Start a server, play two supply chains through it with simulated readers, and ask it questions."""
    begun = time.monotonic()
    wanted = load(
        data=data.resolve(),
        host="127.0.0.1",
        port=port,
        origin="suyuan.demo/log",
        time_zone="Asia/Shanghai",
        public_rate=200.0,
    )
    listener, settings = listen(wanted)  # before anything is deleted
    _refresh(settings)
    node = Node.open(settings, serving=True)
    (settings.data / "log.pub").write_text(node.log.verifier_key() + "\n")
    with listener, _Server(node, listener) as url:
        out.print(f"\n[bold]Suyuan 溯源[/]  serving {settings.data} at [bold]{url}[/]\n")
        checks = asyncio.run(
            play(node, url, say=lambda step: out.print(f"[dim]▸ {step}[/]", highlight=False), show=_show)
        )
        held = all(check.held for check in checks)
        seconds = time.monotonic() - begun
        verdict = "[bold green]every check held[/]" if held else "[bold red]a check did not hold[/]"
        out.print(f"\n{verdict}: {len(checks)} checks, {node.log.size} log entries, {seconds:.0f} s")
        if held and serve:
            _addresses(url, checks)
            _wait()
    if not held:
        raise typer.Exit(1)


def _refresh(settings: Settings) -> None:
    """An empty folder marked as a demo's; one that holds anything else, or is in use, is left alone.

    Raises:
        LogLocked: an earlier demo still runs on it.
    """
    folder = settings.data
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARKER).exists():
            raise CommandError(f"{folder} holds something that is no demo; choose another --data")
        with suppress(CorruptLog, FileNotFoundError), Node.locked(settings):
            pass
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / MARKER).write_text("suyuan demo may delete this folder\n")


def _show(check: Check) -> None:
    mark = "[bold green]✓[/]" if check.held else "[bold red]✗[/]"
    out.print(f"\n{mark} [bold]{check.title}[/]", highlight=False)
    for line in check.lines:
        out.print(f"    {line}", highlight=False, soft_wrap=True)


def _addresses(url: str, checks: Sequence[Check]) -> None:
    pages = [line for check in checks for line in check.lines if line.startswith(url)]
    out.print("\nOpen in a browser, or on a phone in the same network with --public-url:")
    for address in [f"{url}/", *dict.fromkeys(pages), f"{url}/log/checkpoint"]:
        out.print(f"  {address}", highlight=False, soft_wrap=True)
    out.print("Ctrl-C ends it.")


def _wait() -> None:
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
    console.print("ending")


class _Server:
    """uvicorn in a thread of this process, up before the context is entered and down after it is left."""

    def __init__(self, node: Node, listener: socket.socket) -> None:
        self._server = server(node)
        self._url = node.settings.base_url
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name="suyuan-server", daemon=True
        )

    def __enter__(self) -> str:
        self._thread.start()
        deadline = time.monotonic() + 20
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise CommandError(f"{self._url} cannot be served; the messages above say why")
            time.sleep(0.02)
        return self._url

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=20)
