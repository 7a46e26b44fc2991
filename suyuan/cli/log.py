"""`suyuan log …`: checkpoint, proofs, the check of everything, and the rebuilding of projections."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from foundation.gs1 import canonical
from ledger import FileStorage, fsck
from suyuan.cli.shell import AsJson, CommandError, Config, Data, console, out, print_json
from suyuan.node import PROJECTIONS, Node, log_key
from suyuan.settings import load
from trace_api.rest import paths_of

__all__ = ["app"]

app = typer.Typer(help="The log: what it holds, proven and checked.", no_args_is_help=True)


@app.command("key")
def key(data: Data = None, config: Config = None) -> None:
    """The log's public key, to be pinned by those who verify."""
    out.print(log_key(load(config, data=data)), highlight=False, soft_wrap=True)


@app.command("checkpoint")
def checkpoint(data: Data = None, config: Config = None) -> None:
    """The newest signed checkpoint."""
    with Node.follow(load(config, data=data)) as node:
        out.print(node.log.checkpoint().decode(), highlight=False, soft_wrap=True, end="")


@app.command("prove")
def prove(
    position: Annotated[int, typer.Argument(min=0, help="Log position of the event.")],
    epc: Annotated[list[str] | None, typer.Option(help="Disclose this identifier; may be repeated.")] = None,
    path: Annotated[list[str] | None, typer.Option(help="Disclose this field, such as /bizStep.")] = None,
    to: Annotated[Path | None, typer.Option("--out", "-o", help="Write the bundle to this file.")] = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """A proof bundle for one event: what is named is disclosed and proven, nothing else is revealed."""
    with Node.follow(load(config, data=data)) as node:
        paths = paths_of(node.log.pairs(position), [canonical(one) for one in epc or []], path)
        bundle = node.log.bundle(position, paths).to_json()
    if to is None:
        out.print(bundle.decode(), highlight=False, soft_wrap=True, markup=False)
    else:
        to.write_bytes(bundle)
        console.print(f"{to}: {len(bundle)} bytes, {len(paths)} values disclosed")


@app.command("verify")
def verify(data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """Check the whole log: every body, commitment, hash and time, against the signed checkpoint."""
    settings = load(config, data=data)
    with Progress(console=console, transient=True, disable=as_json) as bar:
        task = bar.add_task("checking the log", total=None)
        report = fsck(
            FileStorage(settings.data / "log"),
            log_key(settings),
            lambda done, total: bar.update(task, completed=done, total=total),
        )
    if as_json:
        print_json(
            {
                "sound": report.sound,
                "size": report.size,
                "findings": [
                    {"position": finding.position, "what": finding.what, "message": finding.message}
                    for finding in report.findings
                ],
            }
        )
    elif report.sound:
        out.print(f"[bold green]sound[/]: {report.size} entries", highlight=False)
    else:
        for finding in report.findings:
            place = "" if finding.position is None else f"entry {finding.position}: "
            out.print(f"[red]{finding.what}[/] {place}{finding.message}", highlight=False, soft_wrap=True)
    if not report.sound:
        raise typer.Exit(1)


@app.command("rebuild")
def rebuild(data: Data = None, config: Config = None) -> None:
    """Throw the projections (event index, stock) away and build them anew from the log."""
    settings = load(config, data=data)
    if not (settings.data / "log").is_dir():
        raise CommandError(f"there is no log in {settings.data}")
    with Node.locked(settings):
        for name in PROJECTIONS:
            for suffix in ("", "-wal", "-shm"):
                (settings.data / f"{name}{suffix}").unlink(missing_ok=True)
    with Node.open(settings, progress=console) as node:
        out.print(f"rebuilt from {node.log.size} log entries", highlight=False)
