"""`suyuan capture FILE…`: take EPCIS documents into the log."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from foundation.epcis import Limits
from foundation.gs1 import canonical
from suyuan.cli.shell import (
    AsJson,
    Config,
    Data,
    Remote,
    Token,
    Url,
    console,
    escape,
    out,
    print_json,
    table,
)
from suyuan.node import LOCAL_PARTY, Node
from suyuan.settings import load
from trace_api import Behaviour, CaptureResult, ValidationFailed
from trace_api.report import issue_json

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
        reports = [_attempt(file, partial(_send, remote, file, behaviour)) for file in files]
    else:
        captor = _captor(party)
        with Node.open(load(config, data=data), progress=console) as node:
            reports = [_attempt(file, partial(_take, node, file, captor, behaviour)) for file in files]
    if as_json:
        print_json(reports)
    else:
        _show(reports)
    if not all(report["success"] for report in reports):
        raise typer.Exit(1)


def _captor(party: str | None) -> str:
    """The canonical party; thirteen bare digits are its GLN, not a GTIN."""
    if party is None:
        return LOCAL_PARTY
    return canonical(f"https://id.gs1.org/417/{party}" if party.isdigit() else party)


class _Unreadable(Exception):
    """A file that cannot be taken; the others of the command still are."""


def _attempt(file: Path, take: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The report on one file, whatever became of it: what was taken before it must not go untold."""
    try:
        return take()
    except _Unreadable as fault:
        issue = {"pointer": "", "message": str(fault), "rule": "a readable file", "severity": "error"}
        return {"file": str(file), "success": False, "events": {}, "issues": [issue]}


def _read(file: Path) -> bytes:
    limit = Limits().max_bytes
    try:
        with file.open("rb") as opened:
            size = os.fstat(opened.fileno()).st_size
            if size <= limit:
                body = opened.read(limit + 1)  # a pipe or a growing file does not tell its size
                size = max(size, len(body))
    except OSError as fault:
        raise _Unreadable(fault.strerror or str(fault)) from fault
    if size > limit:
        raise _Unreadable(f"the file has {size} bytes; a document may have {limit}: split it")
    return body


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
    shown = table("file", "", "events")
    for report in reports:
        counts = ", ".join(
            f"{count} {status.replace('_', ' ')}" for status, count in report["events"].items()
        )
        mark = "[green]taken[/]" if report["success"] else "[bold red]refused[/]"
        shown.add_row(escape(report["file"]), mark, counts or "–")
    out.print(shown)
    for report in reports:
        for issue in report["issues"][:SHOWN_ISSUES]:
            place = f" (line {issue['line']}, column {issue['column']})" if "line" in issue else ""
            where = f"{report['file']}{place}" + (f" {issue['pointer']}" if issue["pointer"] else "")
            colour = "red" if issue["severity"] == "error" else "yellow"
            out.print(
                f"[{colour}]{issue['severity']}[/] {escape(where)}: {escape(issue['message'])}",
                highlight=False,
                soft_wrap=True,
            )
        if len(report["issues"]) > SHOWN_ISSUES:
            out.print(f"… and {len(report['issues']) - SHOWN_ISSUES} more (all with --json)")
