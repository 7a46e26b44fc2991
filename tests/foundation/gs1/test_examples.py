"""The examples in the docstrings run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import foundation.gs1

MODULES = [
    "foundation.gs1",
    *(f"foundation.gs1.{m.name}" for m in pkgutil.iter_modules(foundation.gs1.__path__)),
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_give_what_they_say(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
