"""`suyuan labels …`: reserve serials and print labels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from foundation.gs1 import encode_tag, gtin14
from foundation.records import SqliteRecords
from labels import LAYOUTS, Label, SerialBlock, Serials, Style, Symbol, ZplLayout, sheet, zpl
from suyuan.cli.shell import CommandError, Config, Data, console
from suyuan.node import RECORD_KINDS
from suyuan.settings import Settings, load

__all__ = ["app"]

app = typer.Typer(help="Serials and labels: PDF sheets, ZPL with RFID.", no_args_is_help=True)


@app.command("sheet")
def sheet_(
    gtin: Annotated[str, typer.Argument(help="GTIN-8, -12, -13 or -14.")],
    count: Annotated[int, typer.Argument(min=1, max=1_000_000, help="How many labels.")],
    to: Annotated[Path, typer.Option("--out", "-o", help="The PDF to write.")] = Path("labels.pdf"),
    symbol: Annotated[Symbol, typer.Option(help="What carries the code.")] = Symbol.QR,
    layout: Annotated[str, typer.Option(help=f"One of: {', '.join(LAYOUTS)}.")] = "A4, 3 x 8",
    lot: Annotated[str | None, typer.Option(help="Lot number, printed and in the code.")] = None,
    title: Annotated[str, typer.Option(help="Product name, Chinese or English.")] = "",
    style: Annotated[Style, typer.Option(help="How serials look; fixed for a GTIN.")] = Style.RANDOM,
    data: Data = None,
    config: Config = None,
) -> None:
    """Reserve new serials of a GTIN and print a label for each; no serial is ever given twice."""
    settings = load(config, data=data)
    if layout not in LAYOUTS:
        raise CommandError(f"there is no layout {layout!r}; known are: {', '.join(LAYOUTS)}")
    with _written(to) as out:
        block = _reserve(settings, gtin, count, style)
        printed = sheet(
            _labels(settings, block, symbol, lot, title), LAYOUTS[layout], out, title=title or "Labels"
        )
    console.print(
        f"{to}: {printed.labels} labels on {printed.pages} pages",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )


@app.command("zpl")
def zpl_(
    gtin: Annotated[str, typer.Argument(help="GTIN-8, -12, -13 or -14.")],
    count: Annotated[int, typer.Argument(min=1, max=100_000, help="How many labels.")],
    prefix_length: Annotated[
        int, typer.Option(min=6, max=12, help="Digits of the GS1 company prefix, for the tag.")
    ],
    to: Annotated[
        Path, typer.Option("--out", "-o", help="The ZPL to write; send it to the printer as it is.")
    ] = Path("labels.zpl"),
    width: Annotated[float, typer.Option(help="Label width in mm.")] = 50.0,
    height: Annotated[float, typer.Option(help="Label height in mm.")] = 30.0,
    dpi: Annotated[int, typer.Option(help="Dots an inch of the print head.")] = 203,
    title: Annotated[str, typer.Option(help="Product name.")] = "",
    data: Data = None,
    config: Config = None,
) -> None:
    """ZPL labels that print a DataMatrix and write the same serial into the RFID tag (SGTIN-96)."""
    settings = load(config, data=data)
    layout = ZplLayout(width, height, dpi)
    with _written(to) as out:
        block = _reserve(settings, gtin, count, Style.NUMERIC)
        for label, serial in zip(
            _labels(settings, block, Symbol.DATAMATRIX, None, title), block, strict=True
        ):
            uri = f"https://id.gs1.org/01/{block.gtin}/21/{serial}"
            out.write(zpl(label, layout, epc=encode_tag(uri, company_prefix_length=prefix_length)))
    console.print(f"{to}: {count} labels", highlight=False, markup=False, soft_wrap=True)


@contextmanager
def _written(to: Path) -> Iterator[BinaryIO]:
    """A file that is whole or not there; opened before serials are reserved, for those are gone for good."""
    part = to.with_name(to.name + ".part")
    try:
        with part.open("wb") as out:
            yield out
        part.replace(to)
    finally:
        part.unlink(missing_ok=True)


def _reserve(settings: Settings, gtin: str, count: int, style: Style) -> SerialBlock:
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    records = SqliteRecords(settings.data / "records.sqlite", RECORD_KINDS)
    try:
        return Serials(records).reserve(gtin14(gtin), count, style)
    finally:
        records.close()


def _labels(
    settings: Settings, block: SerialBlock, symbol: Symbol, lot: str | None, title: str
) -> Iterator[Label]:
    for serial in block:
        elements = f"(01){block.gtin}" + (f"(10){lot}" if lot else "") + f"(21){serial}"
        path = f"/01/{block.gtin}" + (f"/10/{lot}" if lot else "") + f"/21/{serial}"
        payload = settings.base_url + path if symbol is Symbol.QR else elements
        yield Label(symbol, payload, title)
