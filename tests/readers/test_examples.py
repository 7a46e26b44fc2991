"""The examples in the docstrings of this room run."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest


@pytest.mark.parametrize(
    "name",
    ["backoff", "collection", "llrp.clock", "llrp.codec", "llrp.reports", "llrp.vendors"],
)
def test_the_examples_of_a_module_are_true(name: str) -> None:
    result = doctest.testmod(import_module(f"readers.{name}"))
    assert result.attempted > 0
    assert result.failed == 0
