"""The examples in the room's docstrings run, and the room is as fast as it must be."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import time
from typing import Any

import pytest

import foundation.epcis
from foundation.epcis import event_hash, read_json
from tests.foundation.epcis.bodies import OBJECT, body

MODULES = [
    "foundation.epcis",
    *(f"foundation.epcis.{m.name}" for m in pkgutil.iter_modules(foundation.epcis.__path__)),
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_run(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_every_public_name_is_there() -> None:
    for name in foundation.epcis.__all__:
        assert hasattr(foundation.epcis, name)


def _events_of_50_items(count: int, first: int) -> list[dict[str, Any]]:
    return [
        {
            **OBJECT,
            "eventID": f"urn:uuid:{number:032x}",
            "readPoint": {"id": "urn:epc:id:sgln:4012345.00001.0"},
            "bizTransactionList": [{"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:4012345000009:1"}],
            "epcList": [f"urn:epc:id:sgtin:4012345.011111.{number * 50 + item}" for item in range(50)],
        }
        for number in range(first, first + count)
    ]


@pytest.mark.slow
def test_thousands_of_events_a_second_are_read_validated_and_hashed() -> None:
    reading = hashing = float("inf")
    for run in range(5):
        data = body(*_events_of_50_items(1000, run * 1000))  # never the same item twice: no cache helps
        start = time.process_time()
        document = read_json(data)
        middle = time.process_time()
        for one in document.events:
            assert one.event is not None
            event_hash(one.event)
        end = time.process_time()
        reading, hashing = min(reading, middle - start), min(hashing, end - middle)
    assert 1000 / reading > 3_000  # 6,000 to 8,000 on a quiet core of 2024
    assert 1000 / hashing > 5_000  # 25,000 to 35,000
