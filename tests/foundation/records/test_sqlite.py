"""The SQLite implementation: conformance, on disk and in memory, and what is its own."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foundation.records import (
    BadRecord,
    Busy,
    Kind,
    Records,
    RecordsError,
    Schema,
    SqliteRecords,
    change,
)

from .conformance import KINDS, RecordsConformance


class TestSqliteInAFile(RecordsConformance):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Records]:
        with SqliteRecords(tmp_path / "records.sqlite", KINDS) as records:
            yield records


class TestSqliteInMemory(RecordsConformance):
    @pytest.fixture
    def store(self) -> Iterator[Records]:
        with SqliteRecords(":memory:", KINDS) as records:
            yield records


def _count(path: str, times: int) -> None:
    with SqliteRecords(path, KINDS) as records:
        for _ in range(times):
            change(
                records,
                "counter",
                "c",
                lambda value: {"n": (value or {"n": 0})["n"] + 1},
                attempts=100_000,
            )


def test_two_processes_counting_by_compare_and_set_lose_nothing(tmp_path: Path) -> None:
    path = str(tmp_path / "records.sqlite")
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_count, args=(path, 100)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    with SqliteRecords(path, KINDS) as records:
        assert [record.value for record in records.find("counter")] == [{"n": 200}]


def _open(path: str, gate: Any) -> None:
    for number in range(40):
        gate.wait(30)
        with SqliteRecords(f"{path}{number}", KINDS) as records:
            records.put("job", f"{os.getpid()}", {}, if_version=None)


def test_processes_that_open_a_new_file_at_once_all_get_in(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(3)
    workers = [context.Process(target=_open, args=(str(tmp_path / "r"), gate)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    for number in range(40):
        with SqliteRecords(tmp_path / f"r{number}", KINDS) as records:
            assert len(records.scan("job")) == 3


def test_records_are_there_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    with SqliteRecords(path, KINDS) as records:
        made = records.put("job", "j", {"state": "a"}, if_version=None)
    with SqliteRecords(path, KINDS) as records:
        assert records.get("job", "j") == made


def test_the_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    with SqliteRecords(path, KINDS):
        for file in tmp_path.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_commits_are_synced_and_readers_do_not_wait_for_a_writer(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    with SqliteRecords(path, KINDS, busy_seconds=0.05) as records:
        records.put("job", "j", {}, if_version=None)
        assert records._writer.execute("PRAGMA synchronous").fetchone() == (2,)
        assert records._writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        assert records.get("job", "j") is not None
        with pytest.raises(Busy):
            records.put("job", "k", {}, if_version=None)
        other.execute("ROLLBACK")
        other.close()
        assert records.put("job", "k", {}, if_version=None).key == "k"


def test_an_indexed_question_uses_its_index(tmp_path: Path) -> None:
    with SqliteRecords(tmp_path / "records.sqlite", KINDS) as records:
        plans = {}
        for kind, field in (("job", "state"), ("member", "mail"), ("serial", "gtin")):
            rows = records._reader.execute(
                f"EXPLAIN QUERY PLAN SELECT key, version, value FROM \"{kind}\" WHERE key > '' "
                f"AND json_extract(value, '$.{field}') IS ? ORDER BY key LIMIT 200",
                ("x",),
            ).fetchall()
            plans[kind] = rows[0][3]
        assert "i.job.state" in plans["job"]
        assert "u.member.mail" in plans["member"]
        assert "u.serial.gtin+serial" in plans["serial"]


def test_a_field_declared_later_is_found_in_old_records(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    with SqliteRecords(path, [Kind("job", indexed=("state",))]) as records:
        records.put("job", "j", {"state": "a", "town": "Wuhan"}, if_version=None)
    with SqliteRecords(path, [Kind("job", indexed=("town",))]) as records:
        assert [record.key for record in records.find("job", town="Wuhan")] == ["j"]
        with pytest.raises(BadRecord):
            records.find("job", state="a")


def test_a_new_unique_constraint_over_shared_values_is_refused_at_opening(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    with SqliteRecords(path, [Kind("job")]) as records:
        records.put("job", "1", {"number": 5}, if_version=None)
        records.put("job", "2", {"number": 5}, if_version=None)
    with pytest.raises(RecordsError, match="records of kind 'job' already share values of number"):
        SqliteRecords(path, [Kind("job", unique=("number",))])
    with SqliteRecords(path, [Kind("job")]) as records:
        assert len(records.scan("job")) == 2


def test_a_dropped_unique_constraint_binds_no_longer(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    with SqliteRecords(path, [Kind("job", unique=("number",))]) as records:
        records.put("job", "1", {"number": 5}, if_version=None)
    with SqliteRecords(path, [Kind("job")]) as records:
        assert records.put("job", "2", {"number": 5}, if_version=None).version == 1


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    path.write_bytes(b"not a database, but long enough to be read as one" * 20)
    with pytest.raises(RecordsError, match="cannot be opened as records"):
        SqliteRecords(path, KINDS)


def test_a_file_of_a_newer_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    with SqliteRecords(path, KINDS) as records:
        records._writer.execute("PRAGMA user_version = 99")
    with pytest.raises(RecordsError, match="is of format 99"):
        SqliteRecords(path, KINDS)


def test_a_store_carried_into_a_forked_process_refuses_to_work(tmp_path: Path) -> None:
    with SqliteRecords(tmp_path / "records.sqlite", KINDS) as records:
        records._pid = os.getpid() + 1
        with pytest.raises(RecordsError, match="open it anew after a fork"):
            records.get("job", "j")


def test_a_backup_holds_everything_and_overwrites_nothing(tmp_path: Path) -> None:
    with SqliteRecords(tmp_path / "records.sqlite", KINDS) as records:
        made = records.put("job", "j", {"state": "a"}, if_version=None)
        records.backup(tmp_path / "copy.sqlite")
        with pytest.raises(RecordsError, match="a backup never overwrites"):
            records.backup(tmp_path / "copy.sqlite")
    with SqliteRecords(tmp_path / "copy.sqlite", KINDS) as copy:
        assert list(copy.find("job", state="a")) == [made]


def test_a_value_limit_can_be_set(tmp_path: Path) -> None:
    with SqliteRecords(":memory:", KINDS, max_value_bytes=20) as records:
        records.put("job", "j", {"a": "0123456789"}, if_version=None)
        with pytest.raises(BadRecord, match="takes 22 bytes, at most 20"):
            records.put("job", "k", {"a": "01234567890123"}, if_version=None)


def test_two_different_declarations_of_a_kind_are_refused() -> None:
    with pytest.raises(BadRecord, match="'job' is declared twice, differently"):
        Schema((Kind("job"), Kind("job", indexed=("state",))))


@pytest.mark.parametrize("name", ["", "Job", 'a"; DROP TABLE x', "a.b", "x" * 64])
def test_a_kind_name_is_a_plain_word(name: str) -> None:
    with pytest.raises(BadRecord):
        Kind(name)


@pytest.mark.parametrize("field", ["", "a.b", "$x", "a'b", "1a"])
def test_a_field_name_is_a_plain_word(field: str) -> None:
    with pytest.raises(BadRecord):
        Kind("job", indexed=(field,))
    with pytest.raises(BadRecord):
        Kind("job", unique=(("a", field),))
