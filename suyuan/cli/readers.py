"""`suyuan readers list|run`: the readers of a settings file."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from pathlib import Path
from typing import Annotated

import typer

from foundation.epcis import iso
from readers import CycleReport, ReaderService, load_settings
from suyuan.cli.shell import AsJson, console, escape, out, print_json, table

__all__ = ["app"]

app = typer.Typer(help="Readers: drivers, stations and the outbox.", no_args_is_help=True)

SITE_FILE = Annotated[Path, typer.Argument(help="The site's TOML file.", exists=True, dir_okay=False)]


@app.command("list")
def list_readers(file: SITE_FILE, as_json: AsJson = False) -> None:
    """Check a site's file, and try to reach its readers."""
    settings = load_settings(file)

    async def look() -> list[dict[str, object]]:
        async with ReaderService(settings) as service:
            for _ in range(30):
                if all(driver.health().connected for driver in service.drivers.values()):
                    break
                await asyncio.sleep(0.1)
            return [
                {
                    "reader": health.reader,
                    "state": str(health.state),
                    "description": health.description,
                    "error": health.last_error,
                    "stations": [
                        s.name for s in settings.stations if any(p.reader == health.reader for p in s.places)
                    ],
                }
                for health in (driver.health() for driver in service.drivers.values())
            ]

    found = asyncio.run(look())
    if as_json:
        print_json(found)
        return
    shown = table("reader", "state", "what it is", "stations", "error")
    for reader in found:
        stations = reader["stations"]
        assert isinstance(stations, list)
        cells = (
            str(reader["reader"]),
            str(reader["state"]),
            str(reader["description"] or "–"),
            ", ".join(stations),
            str(reader["error"] or ""),
        )
        shown.add_row(*map(escape, cells))
    out.print(shown)


@app.command("run")
def run(file: SITE_FILE) -> None:
    """Run a site's readers: reads become events, events reach the capture interface, until interrupted."""
    settings = load_settings(file)

    def told(report: CycleReport) -> None:
        for event in report.events:
            things = len(event.get("epcList") or event.get("childEPCs") or ())
            out.print(
                f"{event['eventTime']} {report.station}: {event.get('bizStep') or event['type']}, {things} tags",
                markup=False,
            )
        for left in report.left_out:
            out.print(
                f"{report.station}: {left.epc.hex()} left out: {left.reason}",
                style="yellow",
                markup=False,
                highlight=False,
            )
        if report.problem:
            out.print(f"{report.station}: {report.problem}", style="yellow", markup=False, highlight=False)

    async def serve() -> None:
        ended = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        async with ReaderService(settings, on_report=told) as service:
            console.print(
                f"{len(settings.readers)} readers, {len(settings.stations)} stations; Ctrl-C ends it"
            )
            while not ended.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(ended.wait(), 30)
                health = service.health()
                if health.waiting:
                    since = iso(health.oldest_waiting) if health.oldest_waiting else "–"
                    console.print(
                        f"{health.waiting} events wait since {since}: {health.last_send_error or 'sending'}",
                        markup=False,
                    )

    asyncio.run(serve())
