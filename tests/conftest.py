"""Fixtures that every room's tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The external test material; a test that needs it is skipped, with a reason, where it is absent."""
    path = (ROOT / os.environ.get("SUYUAN_SHARED", "../shared")).resolve()
    if not (path / "data").is_dir():
        pytest.skip(f"external test material not found at {path} (set SUYUAN_SHARED)")
    return path / "data"
