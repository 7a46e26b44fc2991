"""The examples in the docstrings run."""

from __future__ import annotations

import doctest
import importlib

import pytest


@pytest.mark.parametrize("name", ["catalogue", "negotiation", "problem", "rate_limit"])
def test_the_examples_of_a_module_run(name: str) -> None:
    outcome = doctest.testmod(importlib.import_module(f"foundation.web.{name}"))
    assert outcome.attempted > 0
    assert outcome.failed == 0
