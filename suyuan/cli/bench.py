"""`suyuan bench NAME`: measure this machine, beside what else one could use, in one run."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from suyuan.bench import Report, capture, labels, ledger, lineage, llrp, machine, tds, verify
from suyuan.cli.shell import AsJson, CommandError, console, escape, out, print_json, table

__all__ = ["app"]

app = typer.Typer(
    help="Benchmarks: every figure is measured in the run, its baselines too.", no_args_is_help=True
)

Run: TypeAlias = Callable[..., Report]

QUICK: Mapping[str, tuple[Run, Mapping[str, int]]] = {
    "tds": (tds.run, {"tags": 10_000, "rounds": 3}),
    "llrp": (llrp.run, {"reports": 100, "rounds": 3}),
    "labels": (labels.run, {"sheets": 4, "rounds": 3}),
    "ledger": (ledger.run, {"entries": 5000, "proofs": 1000, "rounds": 3}),
    "capture": (capture.run, {"items": 20_000, "rounds": 3}),
    "verify": (verify.run, {"items": 2000, "pages": 300}),
    "lineage": (lineage.run, {"items": 10_000, "traces": 50, "rounds": 1, "states": 200, "cold": 5}),
}
"""Every benchmark with the sizes of `all --quick`; without --quick they have their own."""

Work: TypeAlias = Annotated[
    Path,
    typer.Option(
        "--folder", help="Where to put what is written, on the disk that is meant; removed afterwards."
    ),
]
Items: TypeAlias = Annotated[int, typer.Option(min=1, max=10_000_000, help="Items of the workload.")]
Rounds: TypeAlias = Annotated[int, typer.Option(min=1, max=1000, help="Repetitions; the median counts.")]
Connections: TypeAlias = Annotated[int, typer.Option(min=1, max=256, help="Connections at once.")]
HERE = Path()


@app.command("capture")
def capture_(
    items: Items = 40_000,
    batch: Annotated[int, typer.Option(min=1, max=10_000, help="Events a document.")] = 64,
    rounds: Rounds = 3,
    connections: Connections = 4,
    folder: Work = HERE,
    as_json: AsJson = False,
) -> None:
    """Events a second through the whole capture pipeline, in process and over HTTP."""
    sizes = {"items": items, "batch": batch, "rounds": rounds, "connections": connections}
    _answer(_measured("capture", capture.run, folder, sizes), as_json)


@app.command("ledger")
def ledger_(
    entries: Annotated[int, typer.Option(min=1, max=10_000_000, help="Entries to prove and audit.")] = 20_000,
    proofs: Annotated[int, typer.Option(min=1, max=1_000_000, help="Proofs to make.")] = 2000,
    rounds: Rounds = 3,
    folder: Work = HERE,
    as_json: AsJson = False,
) -> None:
    """Durable appends by batch size, proofs, their verification, and the audit from outside."""
    sizes = {"entries": entries, "proofs": proofs, "rounds": rounds}
    _answer(_measured("ledger", ledger.run, folder, sizes), as_json)


@app.command("lineage")
def lineage_(
    items: Items = 20_000,
    traces: Annotated[int, typer.Option(min=1, max=1_000_000, help="Items to trace.")] = 200,
    rounds: Rounds = 3,
    folder: Work = HERE,
    as_json: AsJson = False,
) -> None:
    """Traces and recalls of the plain-Python lineage, beside recursive SQL over plain tables."""
    sizes = {"items": items, "traces": traces, "rounds": rounds}
    _answer(_measured("lineage", lineage.run, folder, sizes), as_json)


@app.command("tds")
def tds_(
    tags: Annotated[int, typer.Option(min=1, max=10_000_000, help="Different tags.")] = 20_000,
    rounds: Rounds = 5,
    as_json: AsJson = False,
) -> None:
    """Tags decoded and encoded a second (Tag Data Standard)."""
    _answer(_measured("tds", tds.run, HERE, {"tags": tags, "rounds": rounds}), as_json)


@app.command("llrp")
def llrp_(
    reports: Annotated[int, typer.Option(min=1, max=100_000, help="Reports of 100 tags.")] = 200,
    rounds: Rounds = 5,
    as_json: AsJson = False,
) -> None:
    """Tags a second through the LLRP decoder."""
    _answer(_measured("llrp", llrp.run, HERE, {"reports": reports, "rounds": rounds}), as_json)


@app.command("labels")
def labels_(
    sheets: Annotated[int, typer.Option(min=1, max=10_000, help="Sheets of 24 labels.")] = 10,
    rounds: Rounds = 5,
    as_json: AsJson = False,
) -> None:
    """Labels a second on sheets, beside qrcode and reportlab."""
    _answer(_measured("labels", labels.run, HERE, {"sheets": sheets, "rounds": rounds}), as_json)


@app.command("verify")
def verify_(
    items: Items = 5000,
    pages: Annotated[int, typer.Option(min=1, max=1_000_000, help="Pages to ask for.")] = 1500,
    connections: Connections = 2,
    folder: Work = HERE,
    as_json: AsJson = False,
) -> None:
    """The public's verification pages a second over HTTP."""
    sizes = {"items": items, "pages": pages, "connections": connections}
    _answer(_measured("verify", verify.run, folder, sizes), as_json)


@app.command("all")
def all_(
    quick: Annotated[bool, typer.Option("--quick", help="Small sizes: under five minutes.")] = False,
    folder: Work = HERE,
    as_json: AsJson = False,
) -> None:
    """Every benchmark, one after the other."""
    reports = []
    for name, (run, small) in QUICK.items():
        reports.append(_measured(name, run, folder, small if quick else {}))
        if not as_json:
            _table(reports[-1])
    if as_json:
        print_json(
            {"bench": "all", "machine": machine(), "reports": [report.to_json() for report in reports]}
        )


def _measured(name: str, run: Run, folder: Path, sizes: Mapping[str, int]) -> Report:
    """Run one in a folder of its own, which is removed."""
    if not folder.is_dir():
        raise CommandError(f"{folder} is no folder")
    with (
        console.status(f"measuring {name} …"),
        tempfile.TemporaryDirectory(prefix="suyuan-bench-", dir=folder.resolve()) as own,
    ):
        return run(Path(own), **sizes)


def _answer(report: Report, as_json: bool) -> None:
    if as_json:
        print_json(report.to_json())
    else:
        _table(report)


def _table(report: Report) -> None:
    shown: dict[str, Any] = report.to_json()
    kind = shown["machine"]
    rows = table(f"suyuan bench {report.bench}", "measured", "baseline")
    for column in rows.columns[1:]:
        column.justify = "right"
    for key, value in shown["figures"].items():
        rows.add_row(key, f"{value:,.10g}", "")
    for key, value in shown["baselines"].items():
        rows.add_row(key, "", f"{value:,.10g}")
    out.print(rows)
    sizes = ", ".join(f"{key} {value}" for key, value in shown["sizes"].items())
    words = (
        f"{kind['cpu']}, {kind['cores']} cores, Python {kind['python']}, load average {kind['load_average']}"
    )
    out.print(f"[dim]{escape(sizes)}\n{escape(words)}[/]\n", highlight=False, soft_wrap=True)
