"""The benchmarks behind `suyuan bench`: every figure is measured in the run, beside what else one could use.

One file a benchmark, each with `run(folder, …) -> Report`; `report` says on which machine and in which form,
`workload` is the food chain they measure with, `server` a server in a process of its own.
"""

from __future__ import annotations

from suyuan.bench import capture, labels, ledger, lineage, llrp, tds, verify
from suyuan.bench.report import BenchError, Report, machine
from suyuan.bench.workload import World, documents, make_world

__all__ = [
    "BenchError",
    "Report",
    "World",
    "capture",
    "documents",
    "labels",
    "ledger",
    "lineage",
    "llrp",
    "machine",
    "make_world",
    "tds",
    "verify",
]
