"""The command line: `suyuan COMMAND`. Every command that answers also speaks JSON (`--json`)."""

from __future__ import annotations

import sys

import typer

from foundation.access import AccessError
from foundation.epcis import EpcisError
from foundation.gs1 import Gs1Error
from foundation.records import RecordsError
from labels import LabelError
from ledger import LedgerError
from logistics import LogisticsError
from readers import ReadersError
from suyuan.cli import capture, demo, labels, log, parties, readers, serve, stock, trace, verify
from suyuan.cli.shell import CommandError, console
from suyuan.settings import SettingsError
from trace_api import TraceApiError

__all__ = ["app", "main"]

EXPECTED = (
    AccessError,
    CommandError,
    EpcisError,
    Gs1Error,
    LabelError,
    LedgerError,
    LogisticsError,
    ReadersError,
    RecordsError,
    SettingsError,
    TraceApiError,
)

app = typer.Typer(
    name="suyuan",
    help="溯源: RFID traceability and logistics for food and drugs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.command("capture")(capture.capture)
app.add_typer(trace.app, name="trace")
app.command("verify")(verify.verify)
app.add_typer(log.app, name="log")
app.add_typer(readers.app, name="readers")
app.add_typer(labels.app, name="labels")
app.command("stock")(stock.stock)
app.add_typer(parties.party_app, name="party")
app.add_typer(parties.token_app, name="token")


def main() -> None:
    """Run the command line; what was expected to go wrong ends with one clear line and exit code 1."""
    try:
        app()
    except EXPECTED as fault:
        console.print(f"[bold red]error:[/] {_escape(str(fault))}", highlight=False, soft_wrap=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(1)


def _escape(text: str) -> str:
    return text.replace("[", r"\[")
