"""`suyuan trace back|forward ID`: where something came from, and where it went."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import typer
from rich.tree import Tree

from foundation.epcis import instant
from foundation.gs1 import canonical
from suyuan.cli.shell import (
    AsJson,
    CommandError,
    Config,
    Data,
    Remote,
    Token,
    Url,
    escape,
    out,
    print_json,
    table,
)
from suyuan.node import Node
from suyuan.settings import load
from trace_api.lineage import TraceLimits
from trace_api.query import View
from trace_api.rest import trace_json

__all__ = ["app", "print_trace"]

app = typer.Typer(help="Reconstruct the chain of an item, a lot or a container.", no_args_is_help=True)

Id: TypeAlias = Annotated[str, typer.Argument(help="Digital Link, EPC URN, element string or any URI.")]
AsOf: TypeAlias = Annotated[
    str | None, typer.Option("--as-of", help="As the world was then: ISO 8601 with an offset.")
]
Known: TypeAlias = Annotated[
    str | None, typer.Option("--as-known", help="As the log knew it then: ISO 8601 with an offset.")
]
Depth: TypeAlias = Annotated[int | None, typer.Option("--max-depth", min=1, help="Hops to go at most.")]
Nodes: TypeAlias = Annotated[int | None, typer.Option("--max-nodes", min=1, help="Objects to reach at most.")]

SHOWN = 40


@app.command("back")
def back(
    id: Id,
    data: Data = None,
    config: Config = None,
    url: Url = None,
    token: Token = None,
    as_of: AsOf = None,
    as_known: Known = None,
    max_depth: Depth = None,
    max_nodes: Nodes = None,
    as_json: AsJson = False,
) -> None:
    """All that contributed to it, to its origins."""
    _answer("back", id, data, config, url, token, as_of, as_known, max_depth, max_nodes, as_json)


@app.command("forward")
def forward(
    id: Id,
    data: Data = None,
    config: Config = None,
    url: Url = None,
    token: Token = None,
    as_of: AsOf = None,
    as_known: Known = None,
    max_depth: Depth = None,
    max_nodes: Nodes = None,
    as_json: AsJson = False,
) -> None:
    """All that it may have gone into."""
    _answer("forward", id, data, config, url, token, as_of, as_known, max_depth, max_nodes, as_json)


def _answer(
    direction: str,
    id: str,
    data: Data,
    config: Config,
    url: str | None,
    token: str | None,
    as_of: str | None,
    as_known: str | None,
    max_depth: int | None,
    max_nodes: int | None,
    as_json: bool,
) -> None:
    if url is not None:
        asked = {
            "id": id,
            "asOfEventTime": as_of,
            "asOfRecordTime": as_known,
            "maxDepth": max_depth,
            "maxNodes": max_nodes,
        }
        shown = Remote(url, token).get(f"/trace/{direction}", asked)
    else:
        shown = _local(direction, id, data, config, as_of, as_known, max_depth, max_nodes)
    if as_json:
        print_json(shown)
    else:
        print_trace(shown)


def _local(
    direction: str,
    id: str,
    data: Data,
    config: Config,
    as_of: str | None,
    as_known: str | None,
    max_depth: int | None,
    max_nodes: int | None,
) -> dict[str, Any]:
    most = TraceLimits()
    limits = TraceLimits(max_depth or most.depth, max_nodes or most.nodes)
    settings = load(config, data=data)
    with Node.follow(settings) as node:
        at, known = _instant("--as-of", as_of), _instant("--as-known", as_known)
        with node.service.reading():
            lineage = node.service.lineage()
            ask = lineage.back if direction == "back" else lineage.forward
            found = ask(canonical(id), as_of_event_time=at, as_of_record_time=known, limits=limits)
            return trace_json(found, node.service, View(sees_all=True))


def _instant(option: str, text: str | None) -> int | None:
    try:
        return None if text is None else instant(text)
    except ValueError as fault:
        raise CommandError(f"{option} {text}: {fault}") from fault


def print_trace(shown: dict[str, Any]) -> None:
    """A trace for people: what was reached by distance, the events in order, what is amiss."""
    colour = {"certain": "green", "possible": "yellow", "inferred": "magenta"}
    words = "came from" if shown["direction"] == "back" else "went into"
    nodes = shown["nodes"][1:]
    tree = Tree(f"[bold]{escape(shown['root'])}[/] {words} {len(nodes)} objects", highlight=False)
    for node in nodes[:SHOWN]:
        name = "(hidden)" if node.get("hidden") else escape(node["uri"])
        tree.add(
            f"{'· ' * (node['depth'] - 1)}{name}  [{colour[node['certainty']]}]{node['certainty']}[/] {node['level']}",
            highlight=False,
        )
    if len(nodes) > SHOWN:
        tree.add(f"… and {len(nodes) - SHOWN} more (all with --json)")
    out.print(tree, soft_wrap=True)
    steps = table("event time", "step", "place", "by", "log")
    for event in shown["events"][:SHOWN]:
        if event.get("hidden"):
            steps.add_row("(hidden)", "", "", "", "")
            continue
        step = event["bizStep"] or event["type"]
        note = " (void)" if event.get("void") else ""
        place = event["bizLocation"] or event["readPoint"] or "–"
        cells = (event["eventTime"], step + note, place, event["party"], str(event["position"]))
        steps.add_row(*map(escape, cells))
    out.print(steps)
    if len(shown["events"]) > SHOWN:
        out.print(f"… and {len(shown['events']) - SHOWN} more events")
    for anomaly in shown["anomalies"][:SHOWN]:
        words = anomaly["message"]
        text = words if anomaly["uri"] in words else f"{anomaly['uri']}: {words}"
        out.print(f"[yellow]anomaly[/] {escape(text)}", highlight=False, soft_wrap=True)
    for amount in shown["unaccounted"][:SHOWN]:
        text = f"{amount['amount']} {amount['uom'] or ''} of {amount['subject']}: {amount['reason']}"
        out.print(f"[yellow]unaccounted[/] {escape(text)}", highlight=False, soft_wrap=True)
    for cut in shown["cut"]:
        out.print(
            f"[bold yellow]cut[/] at {cut['limit']} = {cut['value']}: at least {cut['count']} left out",
            highlight=False,
        )
