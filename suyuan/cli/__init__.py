"""The command line: `suyuan COMMAND`. Every command that answers also speaks JSON (`--json`)."""

from __future__ import annotations

import sys
from typing import NoReturn

import typer

from foundation.access import AccessError
from foundation.epcis import EpcisError
from foundation.gs1 import Gs1Error
from foundation.records import RecordsError
from labels import LabelError
from ledger import LedgerError, LogLocked
from logistics import LogisticsError
from readers import ReadersError
from suyuan.bench import BenchError
from suyuan.cli import bench, capture, demo, labels, log, parties, readers, serve, stock, trace, verify
from suyuan.cli.shell import CommandError, console, escape
from suyuan.demo.organisation import DemoFault
from suyuan.node import ProjectionUnavailable, ProjectionUnusable
from suyuan.settings import SettingsError
from trace_api import TraceApiError

__all__ = ["app", "main"]

EXPECTED = (
    AccessError,
    BenchError,
    CommandError,
    DemoFault,
    EpcisError,
    Gs1Error,
    LabelError,
    LedgerError,
    LogisticsError,
    ProjectionUnavailable,
    ProjectionUnusable,
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
app.add_typer(bench.app, name="bench")


def main() -> None:
    """Run the command line; what was expected to go wrong ends with one clear line and exit code 1."""
    try:
        app()
    except BrokenPipeError:
        sys.exit(1)
    except LogLocked as fault:
        _tell(f"{fault}; go through it (--url and --token), or end it first")
    except EXPECTED as fault:
        _tell(str(fault))
    except OSError as fault:  # a file or folder that cannot be made, read or written
        name = f"{fault.filename}: " if fault.filename else ""
        _tell(f"{name}{fault.strerror or fault}")


def _tell(message: str) -> NoReturn:
    console.print(f"[bold red]error:[/] {escape(message)}", highlight=False, soft_wrap=True)
    sys.exit(1)
