"""SQLite records against a dict: any sequence of operations gives the same answers and the same errors."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from foundation.records import Conflict, Kind, NotUnique, SqliteRecords

KINDS = (Kind("thing", indexed=("colour",), unique=("mark", ("a", "b"))), Kind("other", indexed=("colour",)))

keys = st.sampled_from(["a", "b", "c", "键", "z/1"])
kinds = st.sampled_from(["thing", "other"])
scalars = st.sampled_from([None, "", "1", 1, True, False, 0, "红"])
marks = st.one_of(st.none(), st.sampled_from(["x", "y"]))
values = st.fixed_dictionaries(
    {},
    optional={"colour": scalars, "mark": marks, "a": marks, "b": marks, "free": st.lists(st.integers(-5, 5))},
)
versions = st.one_of(st.none(), st.integers(0, 8))


class AgainstADict(RuleBasedStateMachine):
    """`model` maps (kind, key) to (version, value); `highest` is the highest version a key ever had."""

    def __init__(self) -> None:
        super().__init__()
        self.store = SqliteRecords(":memory:", KINDS)
        self.model: dict[tuple[str, str], tuple[int, dict[str, Any]]] = {}
        self.highest: dict[tuple[str, str], int] = {}

    def teardown(self) -> None:
        self.store.close()

    def _put(self, kind: str, key: str, value: dict[str, Any], seen: int | None) -> None:
        present, _ = self.model.get((kind, key), (None, {}))
        if present != seen:
            with pytest.raises(Conflict) as conflict:
                self.store.put(kind, key, value, if_version=seen)
            assert (conflict.value.expected, conflict.value.found) == (seen, present)
        elif self._collides(kind, key, value):
            with pytest.raises(NotUnique) as collision:
                self.store.put(kind, key, value, if_version=seen)
            assert (collision.value.kind, collision.value.field in ("mark", "a+b")) == (kind, True)
        else:
            stored = self.store.put(kind, key, value, if_version=seen)
            assert stored.version > self.highest.get((kind, key), 0)
            self.highest[kind, key] = stored.version
            self.model[kind, key] = (stored.version, value)

    def _collides(self, kind: str, key: str, value: dict[str, Any]) -> bool:
        if kind != "thing":
            return False
        others = [v for (k, name), (_, v) in self.model.items() if k == kind and name != key]
        return any(
            None not in (mine := [value.get(field) for field in fields])
            and any(mine == [other.get(field) for field in fields] for other in others)
            for fields in (("mark",), ("a", "b"))
        )

    @rule(kind=kinds, key=keys, value=values)
    def put_with_the_present_version(self, kind: str, key: str, value: dict[str, Any]) -> None:
        present = self.model.get((kind, key))
        self._put(kind, key, value, present[0] if present else None)

    @rule(kind=kinds, key=keys, value=values, seen=versions)
    def put_with_any_version(self, kind: str, key: str, value: dict[str, Any], seen: int | None) -> None:
        self._put(kind, key, value, seen)

    @rule(kind=kinds, key=keys, stale=st.booleans())
    def delete(self, kind: str, key: str, stale: bool) -> None:
        present = self.model.get((kind, key))
        seen = (present[0] if present else 1) + stale
        if present is None or stale:
            with pytest.raises(Conflict):
                self.store.delete(kind, key, if_version=seen)
        else:
            self.store.delete(kind, key, if_version=seen)
            del self.model[kind, key]

    @rule(kind=kinds, colour=scalars)
    def find(self, kind: str, colour: Any) -> None:
        expected = [
            name
            for (k, name), (_, value) in sorted(self.model.items())
            if k == kind and (type(value.get("colour")), value.get("colour")) == (type(colour), colour)
        ]
        assert [record.key for record in self.store.find(kind, colour=colour)] == expected

    @rule(kind=kinds, after=st.one_of(st.just(""), keys), limit=st.integers(1, 4))
    def scan(self, kind: str, after: str, limit: int) -> None:
        expected = sorted(name for k, name in self.model if k == kind and name > after)[:limit]
        assert [record.key for record in self.store.scan(kind, after=after, limit=limit)] == expected

    @invariant()
    def every_record_reads_as_the_model_has_it(self) -> None:
        for kind in ("thing", "other"):
            stored = {record.key: (record.version, record.value) for record in self.store.find(kind)}
            assert stored == {name: state for (k, name), state in self.model.items() if k == kind}


TestAgainstADict = AgainstADict.TestCase
TestAgainstADict.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
