"""Connections for reading: bounded, whatever threads come and go; and caches bounded by weight."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trace_api.test_store import FULL, fact
from trace_api.errors import Overloaded
from trace_api.store import IndexedEvent, IndexUnavailable, IndexUnusable, SqliteIndex
from trace_api.store.connections import Readers
from trace_api.store.sqlite import BRIEF_READERS, READERS
from trace_api.store.weighed import Weighed


def descriptors(path: Path) -> int:
    """How many descriptors of this process are of a file and what stands beside it."""
    found = 0
    for each in Path("/proc/self/fd").iterdir():
        try:
            found += str(each.readlink()).startswith(str(path))
        except OSError:
            continue
    return found


@pytest.mark.parametrize("name", ["index.sqlite", ":memory:"])
def test_threads_that_end_leave_no_connections_behind(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    index = SqliteIndex(name if name == ":memory:" else path)
    index.apply(0, [IndexedEvent(FULL)], b"r")
    wrong: list[object] = []

    def ask() -> None:
        if index.position != 1 or list(index.facts.of_object(FULL.epcs[0])) != [FULL]:
            wrong.append("another answer")

    for _ in range(10):
        threads = [threading.Thread(target=ask) for _ in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong
    assert index._readers.open <= READERS
    assert index._brief.open <= BRIEF_READERS
    if name != ":memory:":
        assert descriptors(path) <= 3 * (1 + READERS + BRIEF_READERS)
    index.close()
    assert descriptors(path) == 0


def test_a_snapshot_stays_while_others_write(tmp_path: Path) -> None:
    index = SqliteIndex(tmp_path / "index.sqlite")
    index.apply(0, [IndexedEvent(fact(0, epcs=("urn:x:a",)))], b"r1")
    with index.snapshot() as position:
        index.apply(1, [IndexedEvent(fact(1, epcs=("urn:x:a",)))], b"r2")
        assert position == index.position == 1
        assert [found.position for found in index.facts.of_object("urn:x:a")] == [0]
        with index.snapshot() as within:
            assert within == 1
        elsewhere: list[int] = []
        thread = threading.Thread(target=lambda: elsewhere.append(index.position))
        thread.start()
        thread.join()
        assert elsewhere == [2]
    assert index.position == 2
    assert len(index.facts.of_object("urn:x:a")) == 2
    index.close()


def test_who_finds_all_connections_lent_waits_and_is_told_in_the_end(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    readers = Readers(lambda: sqlite3.connect(path, check_same_thread=False), 2, wait_seconds=0.05)
    told: list[str] = []

    def ask() -> None:
        try:
            with readers.lent() as connection:
                told.append(str(connection.execute("SELECT 1").fetchone()[0]))
        except Overloaded as fault:
            told.append(str(fault.status))

    def elsewhere() -> None:
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()

    first, second = threading.Event(), threading.Event()

    def hold() -> None:
        with readers.lent():
            first.set()
            second.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    first.wait(10)
    with readers.lent():
        ask()  # this thread holds one already
        elsewhere()
    elsewhere()
    second.set()
    holder.join()
    assert told == ["1", "503", "1"]
    assert readers.open == 2
    readers.close()
    assert readers.open == 0
    with pytest.raises(sqlite3.ProgrammingError), readers.lent():
        pass


def test_where_the_index_is_can_be_asked_while_long_questions_hold_every_connection(tmp_path: Path) -> None:
    index = SqliteIndex(tmp_path / "index.sqlite")
    index.apply(0, [IndexedEvent(FULL)], b"r")
    leave, holding = threading.Event(), threading.Barrier(READERS + 1)

    def long_question() -> None:
        with index.snapshot():
            holding.wait(10)
            leave.wait(10)

    threads = [threading.Thread(target=long_question) for _ in range(READERS)]
    for thread in threads:
        thread.start()
    holding.wait(10)
    assert index.position == 1
    assert list(index.known([FULL.event_id])) == [FULL.event_id]
    index.apply(1, [None], b"r2")  # nor does the writer wait for them
    assert index.position == 2
    leave.set()
    for thread in threads:
        thread.join()
    index.close()


# -- files -------------------------------------------------------------------------------------------


def test_an_index_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    path.touch(0o644)
    before = os.umask(0)
    try:
        index = SqliteIndex(path)
        index.apply(0, [IndexedEvent(FULL)], b"r")
    finally:
        os.umask(before)
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
    assert set(modes) >= {"index.sqlite", "index.sqlite-wal"}
    assert set(modes.values()) == {0o600}
    index.close()


def test_a_locked_index_is_unavailable_and_not_unusable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "index.sqlite"
    index = SqliteIndex(path)
    index.apply(0, [IndexedEvent(FULL)], b"r")
    index.close()
    monkeypatch.setattr("trace_api.store.connections.BUSY_SECONDS", 0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA locking_mode=EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    for read_only in (False, True):
        with pytest.raises(IndexUnavailable, match=r"index\.sqlite cannot be opened now"):
            SqliteIndex(path, read_only=read_only)
    other.close()
    again = SqliteIndex(path)
    assert again.fact(0) == FULL
    again.close()


def test_another_format_and_a_missing_file_are_unusable(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE something (x)")
    other.execute("PRAGMA user_version=99")
    other.close()
    with pytest.raises(IndexUnusable, match="format 99"):
        SqliteIndex(path)
    with pytest.raises(IndexUnusable, match="not there"):
        SqliteIndex(tmp_path / "none.sqlite", read_only=True)


# -- weights -----------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 200)), max_size=60), st.integers(1, 500))
def test_a_cache_never_holds_more_than_its_weight_and_gives_what_was_put(
    puts: list[tuple[int, int]], most: int
) -> None:
    cache: Weighed[int, bytes] = Weighed(most, len)
    first: dict[int, bytes] = {}
    for key, size in puts:
        value = first.setdefault(key, bytes(size))
        cache.put({key: value})
        assert cache.weight <= most
        assert all(found is first[k] for k, found in cache.get(range(10)).items())
    kept = cache.get(range(10))
    assert cache.weight == sum(max(1, len(value)) for value in kept.values())


def test_a_few_events_of_many_items_do_not_fill_the_memory(tmp_path: Path) -> None:
    index = SqliteIndex(tmp_path / "index.sqlite")
    index._facts._facts = Weighed(10_000, index._facts._facts._weigh)
    index._facts._uris = Weighed(100_000, index._facts._uris._weigh)
    large = [IndexedEvent(fact(p, epcs=tuple(f"urn:x:{p}:{n}" for n in range(1000)))) for p in range(40)]
    index.apply(0, large, b"r")
    for position in range(40):
        found = index.fact(position)
        assert found is not None
        assert found.epcs[999] == f"urn:x:{position}:999"
    assert 1000 < index._facts._facts.weight <= 10_000
    assert 0 < index._facts._uris.weight <= 100_000
    index.close()
