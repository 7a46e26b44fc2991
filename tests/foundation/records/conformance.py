"""What every implementation of `Records` must do; subclass it and give the fixture `store`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from foundation.records import (
    BadRecord,
    Conflict,
    Kind,
    NotUnique,
    Records,
    change,
)

KINDS = (
    Kind("job", indexed=("state", "party", "urgent", "tries")),
    Kind("serial", unique=(("gtin", "serial"),)),
    Kind("member", indexed=("town",), unique=("mail",)),
    Kind("counter"),
)


class RecordsConformance:
    """The behaviour of the protocol, statement by statement."""

    def test_an_absent_record_is_none(self, store: Records) -> None:
        assert store.get("job", "j") is None

    def test_a_record_reads_back_as_it_was_put(self, store: Records) -> None:
        value = {
            "state": "等待",
            "tries": -3,
            "nested": [{"a": [1.5, None, True, ""]}, []],
            "big": 2**63 - 1,
            "e": "\u0000",
        }
        put = store.put("job", "键/1", value, if_version=None)
        got = store.get("job", "键/1")
        assert got == put
        assert got is not None
        assert (got.kind, got.key, got.value) == ("job", "键/1", value)

    def test_kinds_do_not_see_each_other(self, store: Records) -> None:
        store.put("job", "k", {"state": "a"}, if_version=None)
        assert store.get("counter", "k") is None
        assert store.scan("counter") == []

    def test_a_reader_cannot_change_the_store_through_its_copy(self, store: Records) -> None:
        given: dict[str, Any] = {"list": [1]}
        store.put("counter", "k", given, if_version=None).value["list"].append(2)
        given["list"].append(3)
        got = store.get("counter", "k")
        assert got is not None
        assert got.value == {"list": [1]}

    def test_put_if_absent_is_refused_on_a_present_record(self, store: Records) -> None:
        first = store.put("job", "j", {"n": 1}, if_version=None)
        with pytest.raises(Conflict, match=f"job 'j': expected no record, found version {first.version}"):
            store.put("job", "j", {"n": 2}, if_version=None)
        assert store.get("job", "j") == first

    def test_a_stale_writer_learns_both_versions_and_changes_nothing(self, store: Records) -> None:
        first = store.put("job", "j", {"n": 1}, if_version=None)
        second = store.put("job", "j", {"n": 2}, if_version=first.version)
        with pytest.raises(Conflict) as caught:
            store.put("job", "j", {"n": 3}, if_version=first.version)
        assert (caught.value.expected, caught.value.found) == (first.version, second.version)
        assert store.get("job", "j") == second

    def test_a_write_to_a_deleted_record_is_a_conflict(self, store: Records) -> None:
        made = store.put("job", "j", {}, if_version=None)
        store.delete("job", "j", if_version=made.version)
        with pytest.raises(Conflict, match="found no record"):
            store.put("job", "j", {}, if_version=made.version)

    def test_versions_rise_even_over_a_deletion(self, store: Records) -> None:
        versions = []
        for _ in range(3):
            made = store.put("job", "j", {}, if_version=None)
            again = store.put("job", "j", {"n": 1}, if_version=made.version)
            store.delete("job", "j", if_version=again.version)
            versions += [made.version, again.version]
        assert versions == sorted(set(versions))

    def test_a_stale_or_absent_deletion_is_a_conflict(self, store: Records) -> None:
        made = store.put("job", "j", {}, if_version=None)
        with pytest.raises(Conflict):
            store.delete("job", "j", if_version=made.version + 1)
        store.delete("job", "j", if_version=made.version)
        with pytest.raises(Conflict):
            store.delete("job", "j", if_version=made.version)

    def test_find_answers_by_indexed_fields_in_key_order(self, store: Records) -> None:
        for number in range(450):
            store.put("job", f"{number:03}", {"state": "ab"[number % 2], "party": "p"}, if_version=None)
        found = [record.key for record in store.find("job", state="a", party="p")]
        assert found == [f"{number:03}" for number in range(0, 450, 2)]

    def test_find_without_a_condition_gives_all(self, store: Records) -> None:
        for key in ("b", "a", "é", "中", "Z"):
            store.put("job", key, {}, if_version=None)
        assert [record.key for record in store.find("job")] == ["Z", "a", "b", "é", "中"]

    def test_find_null_matches_null_and_absent(self, store: Records) -> None:
        store.put("job", "1", {"state": None}, if_version=None)
        store.put("job", "2", {}, if_version=None)
        store.put("job", "3", {"state": ""}, if_version=None)
        assert [record.key for record in store.find("job", state=None)] == ["1", "2"]

    def test_find_tells_text_number_and_truth_apart(self, store: Records) -> None:
        for key, value in (("text", "1"), ("number", 1), ("truth", True)):
            store.put("job", key, {"urgent": value}, if_version=None)
        assert [record.key for record in store.find("job", urgent="1")] == ["text"]
        assert [record.key for record in store.find("job", urgent=1)] == ["number"]
        assert [record.key for record in store.find("job", urgent=True)] == ["truth"]

    def test_find_sees_a_changed_field_at_once(self, store: Records) -> None:
        made = store.put("job", "j", {"state": "a"}, if_version=None)
        store.put("job", "j", {"state": "b"}, if_version=made.version)
        assert list(store.find("job", state="a")) == []
        assert [record.key for record in store.find("job", state="b")] == ["j"]

    def test_find_survives_changes_while_it_is_consumed(self, store: Records) -> None:
        for number in range(500):
            store.put("job", f"{number:03}", {"state": "a"}, if_version=None)
        seen = []
        for record in store.find("job", state="a"):
            seen.append(record.key)
            store.delete("job", record.key, if_version=record.version)
        assert seen == [f"{number:03}" for number in range(500)]

    def test_find_by_an_undeclared_field_is_refused(self, store: Records) -> None:
        with pytest.raises(BadRecord, match="'colour' is not declared for find; declared: party, state"):
            store.find("job", colour="red")

    def test_scan_pages_through_all_keys_without_repetition(self, store: Records) -> None:
        keys = sorted(f"{number * 7919 % 101:x}-é" for number in range(101))
        for key in reversed(keys):
            store.put("counter", key, {}, if_version=None)
        seen: list[str] = []
        while page := store.scan("counter", after=seen[-1] if seen else "", limit=10):
            assert len(page) <= 10
            seen += [record.key for record in page]
        assert seen == keys

    @pytest.mark.parametrize("limit", [0, -1, 1001])
    def test_a_scan_is_bounded(self, store: Records, limit: int) -> None:
        with pytest.raises(BadRecord, match="limit is 1 to 1000"):
            store.scan("job", limit=limit)

    def test_a_unique_field_names_kind_field_and_value(self, store: Records) -> None:
        store.put("member", "1", {"mail": "a@b"}, if_version=None)
        with pytest.raises(NotUnique) as caught:
            store.put("member", "2", {"mail": "a@b"}, if_version=None)
        assert (caught.value.kind, caught.value.field, caught.value.value) == ("member", "mail", "a@b")
        assert store.get("member", "2") is None

    def test_an_update_is_held_to_uniqueness_too(self, store: Records) -> None:
        store.put("member", "1", {"mail": "a@b"}, if_version=None)
        second = store.put("member", "2", {"mail": "c@d"}, if_version=None)
        with pytest.raises(NotUnique):
            store.put("member", "2", {"mail": "a@b"}, if_version=second.version)
        assert store.get("member", "2") == second

    def test_a_record_may_be_rewritten_with_its_own_unique_value(self, store: Records) -> None:
        first = store.put("member", "1", {"mail": "a@b"}, if_version=None)
        assert store.put("member", "1", {"mail": "a@b", "n": 1}, if_version=first.version).value["n"] == 1

    def test_a_unique_value_is_free_again_after_deletion(self, store: Records) -> None:
        first = store.put("member", "1", {"mail": "a@b"}, if_version=None)
        store.delete("member", "1", if_version=first.version)
        assert store.put("member", "2", {"mail": "a@b"}, if_version=None).key == "2"

    def test_absent_unique_values_do_not_collide(self, store: Records) -> None:
        store.put("member", "1", {"mail": None}, if_version=None)
        store.put("member", "2", {}, if_version=None)
        store.put("serial", "1", {"gtin": "g"}, if_version=None)
        store.put("serial", "2", {"gtin": "g"}, if_version=None)
        assert [record.key for record in store.find("member", mail=None)] == ["1", "2"]

    def test_a_compound_constraint_is_over_the_combination(self, store: Records) -> None:
        store.put("serial", "1", {"gtin": "g", "serial": "s"}, if_version=None)
        store.put("serial", "2", {"gtin": "g", "serial": "t"}, if_version=None)
        with pytest.raises(
            NotUnique, match=r"serial: another record already has gtin\+serial = \('g', 's'\)"
        ):
            store.put("serial", "3", {"gtin": "g", "serial": "s"}, if_version=None)

    def test_a_conflict_is_told_before_a_collision(self, store: Records) -> None:
        store.put("member", "1", {"mail": "a@b"}, if_version=None)
        store.put("member", "2", {"mail": "c@d"}, if_version=None)
        with pytest.raises(Conflict):
            store.put("member", "2", {"mail": "a@b"}, if_version=None)

    @pytest.mark.parametrize(
        ("value", "place"),
        [
            ({"a": {"b": [1, {2}]}}, "/a/b/1"),
            ({"a": float("nan")}, "/a: nan"),
            ({"a": 2**63}, "/a: an integer of more than 64 bits"),
            ({"a": {1: 2}}, "/a: the name 1 is not text"),
            ({"a": (1,)}, "/a: tuple is no JSON value"),
            ({"a": "\ud800"}, "/a: lone surrogate at character 0"),
            ({"state": ["x"]}, "/state is indexed"),
            ({"state": "a\0b"}, "/state is indexed"),
            ({"state": "x" * 1025}, "at most 1024 characters"),
            ([], "a value is a dict, not list"),
            ({"a": "x" * (1 << 20)}, "at most 1048576 are allowed"),
        ],
    )
    def test_a_value_that_would_not_read_back_is_refused_with_its_place(
        self, store: Records, value: Any, place: str
    ) -> None:
        with pytest.raises(BadRecord) as caught:
            store.put("job", "j", value, if_version=None)
        assert place in str(caught.value)
        assert store.get("job", "j") is None

    def test_a_deep_value_is_refused(self, store: Records) -> None:
        value: dict[str, Any] = {}
        for _ in range(5000):
            value = {"a": value}
        with pytest.raises(BadRecord, match="nested deeper than 32"):
            store.put("job", "j", value, if_version=None)

    @pytest.mark.parametrize("key", ["", "x" * 513, "a\0b", "\ud800", 7])
    def test_a_bad_key_is_refused(self, store: Records, key: Any) -> None:
        with pytest.raises(BadRecord):
            store.put("job", key, {}, if_version=None)

    def test_an_undeclared_kind_is_refused(self, store: Records) -> None:
        with pytest.raises(BadRecord, match="no kind 'colour' is declared"):
            store.get("colour", "k")

    def test_change_makes_or_alters(self, store: Records) -> None:
        def more(value: dict[str, Any] | None) -> dict[str, Any]:
            return {"n": (value or {"n": 0})["n"] + 1}

        assert change(store, "counter", "c", more).value == {"n": 1}
        assert change(store, "counter", "c", more).value == {"n": 2}

    def test_change_gives_up_after_its_attempts(self, store: Records) -> None:
        def interrupted(value: dict[str, Any] | None) -> dict[str, Any]:
            count = (value or {"n": 0})["n"] + 1
            seen = store.get("counter", "c")
            store.put("counter", "c", {"n": count}, if_version=seen.version if seen else None)
            return {"n": count}

        with pytest.raises(Conflict):
            change(store, "counter", "c", interrupted, attempts=3)
        got = store.get("counter", "c")
        assert got is not None
        assert got.value == {"n": 3}

    def test_threads_counting_by_compare_and_set_lose_nothing(self, store: Records) -> None:
        def count() -> None:
            for _ in range(25):
                change(
                    store,
                    "counter",
                    "c",
                    lambda value: {"n": (value or {"n": 0})["n"] + 1},
                    attempts=10_000,
                )

        run_in_threads(count, 6)
        got = store.get("counter", "c")
        assert got is not None
        assert got.value == {"n": 150}

    def test_of_threads_claiming_one_unique_value_one_wins(self, store: Records) -> None:
        won: list[int] = []
        ready = threading.Barrier(6)
        names = iter(range(6))

        def claim() -> None:
            me = next(names)
            ready.wait()
            try:
                store.put("member", f"m{me}", {"mail": "the@one"}, if_version=None)
            except NotUnique:
                return
            won.append(me)

        run_in_threads(claim, 6)
        assert len(won) == 1
        assert [record.key for record in store.find("member", mail="the@one")] == [f"m{won[0]}"]


def run_in_threads(work: Callable[[], None], count: int) -> None:
    """Run `work` in `count` threads at once and pass on the first error."""
    errors: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
