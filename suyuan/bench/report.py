"""What a benchmark answers: the machine, the sizes, the figures, and the baselines of the same run."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from ledger.native import kernels

__all__ = ["BenchError", "Report", "machine", "percentile", "rate", "repeated", "seconds"]


class BenchError(Exception):
    """A benchmark could not be run; the message says what was missing."""


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of one benchmark.

    Attributes:
        bench: its name.
        sizes: what was measured with: counts, and words on what the figures mean.
        figures: the measured values; a name ends in its unit.
        baselines: the same work done by something else, in the same run.
        machine: what it ran on, and how busy that was at the end.
    """

    bench: str
    sizes: Mapping[str, int | float | str]
    figures: Mapping[str, float]
    baselines: Mapping[str, float] = field(default_factory=dict)
    machine: Mapping[str, Any] = field(default_factory=lambda: machine())

    def to_json(self) -> dict[str, Any]:
        """The report as one JSON object, figures to four significant digits."""
        return {
            "bench": self.bench,
            "machine": dict(self.machine),
            "sizes": dict(self.sizes),
            "figures": {key: _significant(value) for key, value in self.figures.items()},
            "baselines": {key: _significant(value) for key, value in self.baselines.items()},
        }


def machine() -> dict[str, Any]:
    """What the figures depend on; the load average shows whether others were at work meanwhile."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count() or 1,
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "native_kernels": kernels is not None,
        "load_average": round(os.getloadavg()[0], 2),
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unknown")


def _significant(value: float) -> float:
    return float(f"{value:.4g}")


def seconds(work: Callable[[], object]) -> float:
    """How long it takes, by the wall clock."""
    begun = perf_counter()
    work()
    return perf_counter() - begun


def repeated(rounds: int, work: Callable[[], float]) -> float:
    """The median of what `work` measures: a neighbour's burst of work does not move it."""
    return median(work() for _ in range(rounds))


def rate(count: int, taken: float) -> float:
    """How many in a second."""
    return count / taken


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that `percent` of the values do not exceed (nearest rank).

    >>> percentile([4, 1, 3, 2], 50), percentile([4, 1, 3, 2], 99)
    (2, 4)
    """
    ordered = sorted(values)
    return ordered[max(1, ceil(len(ordered) * percent / 100)) - 1]
