"""Sealed statements: what can be refused is refused when they are sealed, never when they are written."""

from __future__ import annotations

import pytest

from ledger import Kind, Log, Statement, StatementError, seal
from tests.ledger.conftest import statement


def test_batches_of_sealed_statements_are_appended_one_behind_the_other(log: Log) -> None:
    batches = [seal([statement(0), statement(1)]), seal([statement(2)])]
    first, second = log.append_batches(batches)
    assert (first.first, first.count, second.first, second.count) == (0, 2, 2, 1)
    assert [entry.statement() for entry in log.entries()] == [statement(n) for n in range(3)]
    assert [entry.header.commitment for entry in log.entries()] == [
        each.commitment for batch in batches for each in batch
    ]


def test_each_statement_is_sealed_under_its_own_salt() -> None:
    sealed = seal([statement(0)] * 8)
    assert len({each.commitment for each in sealed}) == len({each.body for each in sealed}) == 8


@pytest.mark.parametrize(
    "bad",
    [
        Statement(Kind.EVENT, b"[]"),
        Statement(Kind.EVENT, b'{"a": 1, "a": 2}'),
        Statement(Kind.EVENT, b"{}", {"x": object()}),
        Statement(Kind.EVENT, b"{}", {"x": "y" * 2_000_000}),
        Statement(Kind.EVENT, b"{}", {"x" * 3000: 1}),
        Statement(Kind.ERASURE, b'{"erases":0}'),
    ],
    ids=["no object", "name twice", "meta no JSON", "meta too large", "path too long", "erasure"],
)
def test_what_the_log_would_refuse_cannot_be_sealed(bad: Statement) -> None:
    with pytest.raises(StatementError):
        seal([statement(0), bad])


def test_nothing_sealed_is_no_batch(log: Log) -> None:
    assert seal([]) == []
    with pytest.raises(StatementError, match="1 to 65536"):
        log.append_batches([[]])
    assert log.size == 0
