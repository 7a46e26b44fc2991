"""Which way is taken: the native kernels where built, the twins where the environment asks for them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = "from ledger.native import kernels; print(None if kernels is None else kernels.__name__)"


def chosen(asked: str | None) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "SUYUAN_NATIVE"}
    if asked is not None:
        environment["SUYUAN_NATIVE"] = asked
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, env=environment, capture_output=True, check=True
    )
    return ran.stdout.decode().strip()


def test_the_environment_forces_the_twins() -> None:
    assert chosen("0") == "None"


def test_the_kernels_are_used_where_they_are_built() -> None:
    pytest.importorskip("suyuan_native")
    assert chosen(None) == "suyuan_native"
