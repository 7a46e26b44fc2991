"""Our verdict on a document is that of the official JSON schema 2.0.1, save for named exceptions."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tests.foundation.epcis.schema_oracle import (
    as_the_schema_takes_it,
    documents,
    dump,
    is_deliberate,
    load,
    mutated,
    verdict,
)


@pytest.fixture(scope="module")
def schema(shared: Path) -> Any:
    text = load(shared / "epcis/schema/epcis-json-schema-2.0.1.json")
    return jsonschema_rs.validator_for(text, validate_formats=True)


def test_every_shared_document_gets_the_verdict_of_the_schema(shared: Path, schema: Any) -> None:
    paths = documents(shared)
    verdicts = {True: 0, False: 0}
    for path in paths:
        expected = schema.is_valid(as_the_schema_takes_it(load(path)))
        accepted, issues = verdict(path.read_bytes())
        assert accepted == expected, (path.name, [str(issue) for issue in issues])
        verdicts[accepted] += 1
    assert verdicts[True] > 60
    assert verdicts[False] > 15


def test_every_fault_of_a_refused_document_has_pointer_message_rule_and_place(shared: Path) -> None:
    for path in documents(shared):
        accepted, issues = verdict(path.read_bytes())
        if not accepted:
            faults = [issue for issue in issues if issue.severity == "error"]
            assert faults, path.name
            for issue in faults:
                assert issue.message, path.name
                assert issue.rule, path.name
                assert issue.line is not None, path.name
                assert issue.line >= 1
                assert issue.column is not None
                assert issue.pointer == "" or issue.pointer.startswith("/")


def _compare(schema: Any, original: Any, chance: random.Random, rounds: int) -> tuple[int, int]:
    refused = deliberate = 0
    for _ in range(rounds):
        value = mutated(original, chance)
        data = dump(value)
        expected = schema.is_valid(value) if isinstance(value, dict) else False
        accepted, issues = verdict(data)
        refused += not expected
        if accepted and not expected:
            assert schema.is_valid(as_the_schema_takes_it(value)), data.decode()
            deliberate += 1
        elif expected and not accepted:
            errors = [issue for issue in issues if issue.severity == "error"]
            assert all(is_deliberate(issue) for issue in errors), ([str(e) for e in errors], data.decode())
            deliberate += 1
    return refused, deliberate


@pytest.mark.parametrize("seed", range(4))
def test_a_single_change_to_a_valid_document_gets_the_verdict_of_the_schema(
    shared: Path, schema: Any, seed: int
) -> None:
    chance = random.Random(seed)
    refused = total = 0
    for path in documents(shared):
        original = load(path)
        if schema.is_valid(as_the_schema_takes_it(original)):
            rounds = 10 if path.stat().st_size < 20_000 else 3
            refused += _compare(schema, original, chance, rounds)[0]
            total += rounds
    assert 0.2 < refused / total < 0.9


@pytest.mark.slow
def test_very_many_single_changes_get_the_verdict_of_the_schema(shared: Path, schema: Any) -> None:
    chance = random.Random(20240501)
    for path in documents(shared):
        original = load(path)
        if schema.is_valid(as_the_schema_takes_it(original)):
            _compare(schema, original, chance, 300)
