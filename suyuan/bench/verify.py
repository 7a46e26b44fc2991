"""The public's verification page over HTTP, of items with a whole chain behind them.

Every page is made anew: history, origins, verdict, and the way to its proof. The baseline is `/healthz` of the
same server under the same load: what HTTP and the load tool alone take.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from suyuan.bench.report import Report, percentile, rate
from suyuan.bench.server import Asked, load, prepared, serving
from suyuan.bench.workload import documents, drawing, make_world

__all__ = ["run"]

HTML = {"Accept": "text/html", "Accept-Language": "en"}
BATCH = 64


def run(folder: Path, *, items: int = 5000, pages: int = 1500, connections: int = 2) -> Report:
    """Measure.

    Args:
        folder: where to put the node's data.
        items: size of the workload that the node holds.
        pages: asked for, each of an item drawn at random.
        connections: at once.
    """
    world, chance = make_world(items), drawing()
    asked = [Asked("GET", _page(chance.choice(world.items)), HTML) for _ in range(pages)]
    floor = [Asked("GET", "/healthz", {})] * pages
    with tempfile.TemporaryDirectory(dir=folder) as name:
        prepared(Path(name), documents(world.events, BATCH))
        with serving(Path(name)) as port:
            load(port, asked[: max(1, pages // 10)], connections)  # what is read once is read now
            measured = load(port, asked, connections)
            bare = load(port, floor, connections)
    return Report(
        "verify",
        {
            "items": items,
            "events": len(world.events),
            "pages": pages,
            "connections": connections,
            "load_tool_cpu_percent": round(100 * measured.tool_cpu),
        },
        {
            "pages_per_s": rate(pages, measured.seconds),
            "page_p50_ms": percentile(measured.latencies, 50) * 1e3,
            "page_p99_ms": percentile(measured.latencies, 99) * 1e3,
        },
        {"healthz_per_s": rate(pages, bare.seconds)},
    )


def _page(uri: str) -> str:
    return "/verify" + uri.removeprefix("https://id.gs1.org")
