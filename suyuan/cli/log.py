"""`suyuan log …`: checkpoint, proofs, the check of everything, erasures, and the rebuilding of projections."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from foundation.epcis import iso
from foundation.gs1 import canonical
from ledger import Entry, FileStorage, fsck
from suyuan.cli.shell import AsJson, CommandError, Config, Data, console, escape, out, print_json
from suyuan.node import PROJECTIONS, Node, log_key, remove_projection
from suyuan.settings import load
from trace_api.rest import paths_of

__all__ = ["app"]

app = typer.Typer(help="The log: what it holds, proven and checked.", no_args_is_help=True)


@app.command("key")
def key(data: Data = None, config: Config = None) -> None:
    """The log's public key, to be pinned by those who verify."""
    out.print(log_key(load(config, data=data)), highlight=False, markup=False, soft_wrap=True)


@app.command("checkpoint")
def checkpoint(data: Data = None, config: Config = None) -> None:
    """The newest signed checkpoint."""
    with Node.follow(load(config, data=data)) as node:
        out.print(node.log.checkpoint().decode(), highlight=False, markup=False, soft_wrap=True, end="")


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
        console.print(
            f"{to}: {len(bundle)} bytes, {len(paths)} values disclosed", markup=False, soft_wrap=True
        )


@app.command("verify")
def verify(data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """Check the whole log: every body, commitment, hash and time, against the signed checkpoint."""
    settings = load(config, data=data)
    with Progress(console=console, transient=True, disable=as_json or not console.is_terminal) as bar:
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
            out.print(
                f"[red]{finding.what}[/] {escape(place + finding.message)}", highlight=False, soft_wrap=True
            )
    if not report.sound:
        raise typer.Exit(1)


@app.command("erase")
def erase(
    position: Annotated[int, typer.Argument(min=0, help="Log position of the entry.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the log for good, so without personal data.")],
    by: Annotated[str | None, typer.Option(help="Who asked for it, or on what ground; kept too.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Erase the body of one entry for good, by an entry that says so; index and stock forget it too."""
    if not reason.strip():
        raise CommandError("--reason: an erasure needs one")
    settings = load(config, data=data)
    if not (settings.data / "log").is_dir():
        raise CommandError(f"there is no log in {settings.data}")
    with Node.open(settings, progress=console) as node:
        if not yes:
            console.print(_named(node.log.entry(position)), markup=False, highlight=False, soft_wrap=True)
            typer.confirm("Erase it for good?", abort=True, err=True)
        receipt = node.writer.erase(position, reason, by=by)
    if as_json:
        print_json({"erased": position, "by": receipt.first, "recordTime": iso(receipt.record_time)})
    else:
        out.print(f"erased entry {position}; entry {receipt.first} says so", highlight=False)


def _named(entry: Entry) -> str:
    """An entry in one line, for who is asked whether to erase it; raises `BodyErased` where it was."""
    meta = entry.statement().meta
    told = ", ".join(str(meta[name]) for name in ("eventID", "vocabulary", "party") if name in meta)
    kind = entry.header.kind.name.lower().replace("_", " ")
    return f"entry {entry.position}: {kind}, captured {iso(entry.header.record_time)}" + (
        f" ({told})" if told else ""
    )


@app.command("rebuild")
def rebuild(data: Data = None, config: Config = None) -> None:
    """Throw the projections (event index, stock) away and build them anew from the log."""
    settings = load(config, data=data)
    if not (settings.data / "log").is_dir():
        raise CommandError(f"there is no log in {settings.data}")
    with Node.locked(settings):
        for name in PROJECTIONS:
            remove_projection(settings.data / name)
    with Node.open(settings, progress=console) as node:
        out.print(f"rebuilt from {node.log.size} log entries", highlight=False)
