"""`suyuan stock`: what is where, as the log says."""

from __future__ import annotations

from typing import Annotated

import typer

from logistics.stock import level_json, site_key
from suyuan.cli.shell import AsJson, Config, Data, escape, out, print_json, table
from suyuan.node import Node
from suyuan.settings import load

__all__ = ["stock"]


def stock(
    site: Annotated[str | None, typer.Option(help="One site: GLN (414) in any form.")] = None,
    gtin: Annotated[str | None, typer.Option(help="One product.")] = None,
    lot: Annotated[str | None, typer.Option(help="One lot, by its identifier.")] = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Stock levels by site, product and lot."""
    with Node.follow(load(config, data=data)) as node:
        levels = node.stock.levels(None if site is None else [site_key(site)], gtin, lot)
    if as_json:
        print_json([level_json(level) for level in levels])
        return
    shown = table("site", "product", "lot", "status", "quantity", "")
    for level in levels:
        cells = (level.site, level.gtin, level.lot or "–", level.status)
        shown.add_row(*map(escape, cells), format(level.quantity, "f"), escape(level.uom or ""))
    out.print(shown)
