"""`suyuan serve`: the server on one data folder."""

from __future__ import annotations

import socket
from typing import Annotated

import typer
import uvicorn

from suyuan.app import create_app
from suyuan.cli.shell import CommandError, Config, Data, console, escape
from suyuan.node import Node
from suyuan.settings import Settings, load

__all__ = ["listen", "serve", "server"]

END_SECONDS = 5
"""How long requests may go on after the server was told to end."""
KEEP_ALIVE_SECONDS = 15
MOST_AT_ONCE = 500
"""Connections at once; further ones are told 503. Below the usual limit of 1024 descriptors of a process."""


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
    listener, settings = listen(settings)
    with listener:
        node = Node.open(settings, progress=console, serving=True)
        # The application closes the node when it is told to end: uvicorn raises the signal anew after that.
        where = f"{escape(str(settings.data))} at [bold]{escape(settings.base_url)}[/]"
        console.print(f"Suyuan serves {where} ({node.log.size} log entries). Ctrl-C ends it.", soft_wrap=True)
        server(node).run(sockets=[listener])


def server(node: Node) -> uvicorn.Server:
    """The HTTP server over an open node, within limits that no client can stretch."""
    config = uvicorn.Config(
        create_app(node),
        log_level="warning",
        access_log=False,
        limit_concurrency=MOST_AT_ONCE,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=END_SECONDS,
    )
    return uvicorn.Server(config)


def listen(settings: Settings) -> tuple[socket.socket, Settings]:
    """A listening socket, and the settings with the port that it has (port 0 takes a free one).

    Raises:
        CommandError: the address cannot be listened on; nothing has been opened yet.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as fault:
        raise CommandError(
            f"{settings.host} port {settings.port} cannot be listened on: {fault.strerror or fault};"
            " choose another with --port or --host"
        ) from fault
    return listener, settings.model_copy(update={"port": listener.getsockname()[1]})
