"""`suyuan capture FILE…`: take EPCIS documents into the log."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from foundation.epcis import Limits
from suyuan.cli.shell import AsJson, CommandError, Config, Data, Remote, Token, Url, console, out, print_json
from suyuan.node import LOCAL_PARTY, Node
from suyuan.settings import load
from trace_api import Behaviour, CaptureResult, ValidationFailed, canonical_party
from trace_api.capture import issue_json

__all__ = ["capture"]

SHOWN_ISSUES = 20


def capture(
    files: Annotated[list[Path], typer.Argument(help="EPCIS 2.0 JSON-LD documents, or single events.")],
    data: Data = None,
    config: Config = None,
    url: Url = None,
    token: Token = None,
    party: Annotated[
        str | None, typer.Option(help="Capturing party (PGLN or GLN) when taking files into the data folder.")
    ] = None,
    proceed: Annotated[
        bool, typer.Option("--proceed", help="Keep the good events of a document that has bad ones.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take EPCIS documents into the log; each is taken whole or not at all, unless --proceed."""
    behaviour = Behaviour.PROCEED if proceed else Behaviour.ROLLBACK
    reports: list[dict[str, Any]] = []
    if url is not None:
        remote = Remote(url, token)
        reports = [_send(remote, file, behaviour) for file in files]
    else:
        captor = canonical_party(party) if party else LOCAL_PARTY
        with Node.open(load(config, data=data), progress=console) as node:
            reports = [_take(node, file, captor, behaviour) for file in files]
    if as_json:
        print_json(reports)
    else:
        _show(reports)
    if not all(report["success"] for report in reports):
        raise typer.Exit(1)


def _read(file: Path) -> bytes:
    limit = Limits().max_bytes
    try:
        size = file.stat().st_size
        if size > limit:
            raise CommandError(f"{file} has {size} bytes; a document may have {limit}: split it")
        return file.read_bytes()
    except OSError as fault:
        raise CommandError(f"{file}: {fault.strerror}") from fault


def _take(node: Node, file: Path, party: str, behaviour: Behaviour) -> dict[str, Any]:
    body = _read(file)
    try:
        result = node.writer.capture(body, party, behaviour)
    except ValidationFailed as fault:
        return {"file": str(file), "success": False, "events": {}, "issues": fault.extra["errors"]}
    return _report(file, result)


def _report(file: Path, result: CaptureResult) -> dict[str, Any]:
    counts: dict[str, int] = {}
    for outcome in result.outcomes:
        counts[outcome.status] = counts.get(outcome.status, 0) + 1
    issues = [issue_json(issue) for outcome in result.outcomes for issue in outcome.issues]
    return {
        "file": str(file),
        "success": result.success,
        "events": counts,
        "logPosition": result.position,
        "issues": issues,
    }


def _send(remote: Remote, file: Path, behaviour: Behaviour) -> dict[str, Any]:
    headers = {"Content-Type": "application/ld+json", "GS1-Capture-Error-Behaviour": behaviour}
    answered = remote.post("/epcis/capture", _read(file), headers)
    job: dict[str, Any] = remote.get(answered.headers["location"])
    while job["running"]:
        time.sleep(0.2)
        job = remote.get(answered.headers["location"])
    return {
        "file": str(file),
        "success": job["success"],
        "events": {status: count for status, count in job["events"].items() if count},
        "logPosition": job["logPosition"],
        "issues": [*job["errors"], *job["warnings"]],
    }


def _show(reports: list[dict[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("file", "", "events"):
        table.add_column(heading, overflow="fold")
    for report in reports:
        counts = ", ".join(
            f"{count} {status.replace('_', ' ')}" for status, count in report["events"].items()
        )
        mark = "[green]taken[/]" if report["success"] else "[bold red]refused[/]"
        table.add_row(report["file"], mark, counts or "–")
    out.print(table)
    for report in reports:
        for issue in report["issues"][:SHOWN_ISSUES]:
            place = f" (line {issue['line']}, column {issue['column']})" if "line" in issue else ""
            colour = "red" if issue["severity"] == "error" else "yellow"
            out.print(
                f"[{colour}]{issue['severity']}[/] {report['file']}{place} {issue['pointer']}: {issue['message']}",
                highlight=False,
                soft_wrap=True,
            )
        if len(report["issues"]) > SHOWN_ISSUES:
            out.print(f"… and {len(report['issues']) - SHOWN_ISSUES} more (all with --json)")
