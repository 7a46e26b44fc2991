"""The stock file: few connections whatever threads come, one state for one question, its owner's alone."""

from __future__ import annotations

import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from logistics import StockUnavailable, StockUnusable
from logistics.stock import Stock
from logistics.stock.tables import READERS, Tables


def set_size(tables: Tables, size: int) -> None:
    tables.write.execute("INSERT OR REPLACE INTO state VALUES ('built_from', ?)", (f'[{size},""]'.encode(),))


@pytest.mark.parametrize("name", ["stock.sqlite", ":memory:"])
def test_threads_that_end_leave_no_connections_behind(tmp_path: Path, name: str) -> None:
    tables = Tables(name if name == ":memory:" else tmp_path / name)
    set_size(tables, 7)
    seen: list[int] = []
    for _ in range(5):
        threads = [threading.Thread(target=lambda: seen.append(tables.built_from()[0])) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert seen == [7] * 100
    assert tables._readers.open <= READERS
    tables.close()
    with pytest.raises(sqlite3.ProgrammingError):
        tables.built_from()


def test_a_question_is_answered_from_one_state(tmp_path: Path) -> None:
    tables = Tables(tmp_path / "stock.sqlite")
    set_size(tables, 1)
    stock = Stock(tables)
    with stock.snapshot() as position:
        set_size(tables, 2)
        assert (position, stock.position) == (1, 1)
    assert stock.position == 2
    tables.close()


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    tables = Tables(tmp_path / "stock.sqlite")
    set_size(tables, 1)
    assert {stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()} == {0o600}
    tables.close()


def test_a_locked_file_is_unavailable_a_missing_one_unusable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "stock.sqlite"
    Tables(path).close()
    monkeypatch.setattr("trace_api.store.connections.BUSY_SECONDS", 0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA locking_mode=EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StockUnavailable, match=r"stock\.sqlite cannot be opened now"):
        Tables(path)
    other.close()
    Tables(path).close()
    with pytest.raises(StockUnusable, match="not there"):
        Stock(tmp_path / "none.sqlite")
