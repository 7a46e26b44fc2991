"""`suyuan serve`: the server on one data folder."""

from __future__ import annotations

from typing import Annotated

import typer
import uvicorn

from suyuan.app import create_app
from suyuan.cli.shell import Config, Data, console
from suyuan.node import Node
from suyuan.settings import load

__all__ = ["serve"]


def serve(
    data: Data = None,
    config: Config = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    public_url: Annotated[
        str | None, typer.Option(help="Address under which people reach this server.")
    ] = None,
) -> None:
    """Serve capture, queries, traces, the log and the public's pages, until interrupted."""
    settings = load(config, data=data, host=host, port=port, public_url=public_url)
    node = Node.open(settings, progress=console)
    console.print(
        f"Suyuan serves {settings.data} at [bold]{settings.base_url}[/] ({node.log.size} log entries). Ctrl-C ends it."
    )
    uvicorn.run(
        create_app(node), host=settings.host, port=settings.port, log_level="warning", access_log=False
    )
