"""What those who run a node ask it: whether it works (/healthz), and its figures (/metrics). Open to all.

Both tell sizes and counts and nothing of what the events say.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any

import orjson
from fastapi import APIRouter
from starlette.responses import Response

from suyuan.node import Node

__all__ = ["Health", "operation_router", "resident_bytes"]

PATIENCE_SECONDS = 5.0
"""How long a projection may be behind the log before the node counts as degraded."""
PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8"


class Lag:
    """Tells when something has not reached in time what it follows, from looks taken now and then.

    Args:
        clock: seconds that never run backwards.

    >>> now = [0.0]
    >>> lag = Lag(lambda: now[0])
    >>> lag.late(goal=10, reached=8)
    False
    >>> now[0] = 6.0
    >>> lag.late(goal=90, reached=12)  # it is behind, but it has passed 10
    False
    >>> now[0] = 20.0
    >>> lag.late(goal=95, reached=12)  # 90 was there 14 s ago
    True
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._mark: tuple[int, float] | None = None
        self._lock = Lock()

    def late(self, goal: int, reached: int) -> bool:
        """Whether a goal seen more than `PATIENCE_SECONDS` ago is not reached yet."""
        now = self._clock()
        with self._lock:
            if self._mark is None or reached >= self._mark[0]:
                self._mark = (goal, now)
                return False
            return now - self._mark[1] > PATIENCE_SECONDS


class Health:
    """Whether a node does its work: the writer runs, and index and stock keep up with the log."""

    def __init__(self, node: Node, clock: Callable[[], float] = time.monotonic) -> None:
        self._node = node
        self._index, self._stock = Lag(clock), Lag(clock)

    def faults(self) -> tuple[list[str], bool]:
        """What is amiss, in words; and whether the node can serve all the same (only its stock is late)."""
        node = self._node
        size, index, stock = node.log.size, node.index.position, node.stock.position
        found = []
        capture = node.service.capture
        if capture is not None and not capture.running:
            found.append("the writer is not running")
        if self._index.late(size, index):
            found.append(f"the index is at {index} of {size} log entries")
        serves = not found
        if self._stock.late(index, stock):
            found.append(f"the stock is at {stock} of {index} log entries")
        return found, serves


def operation_router(node: Node) -> APIRouter:
    """/healthz and /metrics of a node; they take no thread from the requests, and answer however many wait."""
    router = APIRouter(tags=["operation"])
    health = Health(node)

    @router.get("/healthz", summary="Whether the node serves, and how far its log and projections are")
    async def healthz() -> Response:
        """ "ok", or "degraded" with what is amiss; 503 where the node cannot serve, not where its stock is late."""
        return await asyncio.to_thread(state_of)

    @router.get("/metrics", summary="Figures for Prometheus")
    async def metrics() -> Response:
        """Prometheus text exposition format 0.0.4."""
        return await asyncio.to_thread(figures)

    def state_of() -> Response:
        faults, serves = health.faults()
        state: dict[str, Any] = {
            "status": "degraded" if faults else "ok",
            "logSize": node.log.size,
            "indexPosition": node.index.position,
            "stockPosition": node.stock.position,
        }
        if faults:
            state["faults"] = faults
        return Response(
            orjson.dumps(state),
            200 if serves else 503,
            media_type="application/json",
            headers={"Cache-Control": "no-store"},
        )

    def figures() -> Response:
        lines: list[str] = []

        def figure(name: str, kind: str, words: str, values: dict[str, float]) -> None:
            lines.extend((f"# HELP suyuan_{name} {words}", f"# TYPE suyuan_{name} {kind}"))
            lines.extend(f"suyuan_{name}{label} {value:.16g}" for label, value in values.items())

        figure("log_entries", "gauge", "Entries in the log.", {"": node.log.size})
        figure(
            "projection_position",
            "gauge",
            "Log entries that a projection has applied.",
            {'{projection="index"}': node.index.position, '{projection="stock"}': node.stock.position},
        )
        capture = node.service.capture
        if capture is not None:
            figure(
                "events_total",
                "counter",
                "Events of capture requests since the start, by what became of them.",
                {f'{{status="{status}"}}': count for status, count in sorted(capture.tally().items())},
            )
        figure("up", "gauge", "1 where the node does its work.", {"": int(health.faults()[1])})
        resident = resident_bytes()
        if resident is not None:
            figure("resident_memory_bytes", "gauge", "Resident memory of the process.", {"": resident})
        return Response(
            "\n".join(lines) + "\n", media_type=PROMETHEUS_TEXT, headers={"Cache-Control": "no-store"}
        )

    return router


def resident_bytes() -> int | None:
    """Resident memory of this process, where the system tells it."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
