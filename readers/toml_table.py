"""Reading a TOML file with errors that name the key and its line.

`Table` takes one key after the other, checks each value, and at the end complains of keys nobody asked for,
so that a mistyped key is an error and not a silent default. `tomllib` keeps no lines; they are found again in
the text, which works for keys written on a line of their own and falls back to the line of their table.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from readers.errors import SettingsError

__all__ = ["Table", "read_toml"]

T = TypeVar("T")
Path_ = tuple[str | int, ...]

_MOST_BYTES = 4 << 20
_HEADER = re.compile(r"\s*(\[\[?)([^\[\]]+)\]\]?\s*(?:#.*)?$")
_KEY = re.compile(
    r"""\s*((?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+))*)\s*="""
)
_PART = re.compile(r""""([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+)""")


def read_toml(text: str, *, file: str | None = None) -> Table:
    """The root table of a TOML document; raises `SettingsError` with the line where it is no TOML."""
    if len(text) > _MOST_BYTES:
        raise SettingsError("", f"a settings file has at most {_MOST_BYTES} characters", file=file)
    try:
        values = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        found = re.search(r"\(at line (\d+)", str(error))
        line = int(found.group(1)) if found else None
        raise SettingsError("", f"no TOML: {error}", line=line, file=file) from None
    return Table(values, (), _lines(text), file)


def _parts(dotted: str) -> list[str]:
    return [next(part for part in found.groups() if part is not None) for found in _PART.finditer(dotted)]


def _lines(text: str) -> dict[Path_, int]:
    """Path of each key -> its line; elements of arrays of tables are counted."""
    lines: dict[Path_, int] = {}
    counts: dict[Path_, int] = {}
    at: Path_ = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            parts = _parts(header.group(2))
            path: Path_ = ()
            for part in parts[:-1]:
                path += (part,)
                if path in counts:
                    path += (counts[path],)
            path += (parts[-1],) if parts else ()
            if header.group(1) == "[[":
                counts[path] = counts.get(path, -1) + 1
                path += (counts[path],)
            at = path
            lines.setdefault(at, number)
        elif key := _KEY.match(line):
            lines.setdefault((*at, *_parts(key.group(1))), number)
    return lines


class Table:
    """One table of a TOML document; each `take…` checks one key."""

    def __init__(
        self, values: Mapping[str, Any], path: Path_, lines: Mapping[Path_, int], file: str | None
    ) -> None:
        self._values, self._path, self._lines, self._file = dict(values), path, lines, file
        self._taken: set[str] = set()

    def error(self, key: str, message: str) -> SettingsError:
        """An error at a key of this table."""
        path: Path_ = (*self._path, key) if key else self._path
        name = ""
        for part in path:
            name += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if name else part
        line, at = None, path
        while line is None and at:
            line, at = self._lines.get(at), at[:-1]
        return SettingsError(name, message, line=line, file=self._file)

    def take(self, key: str, kind: type[T] | tuple[type[T], ...], what: str, default: T | None = None) -> T:
        """The value of a key; `what` says in words what is expected. Without a default it is required."""
        self._taken.add(key)
        if key not in self._values:
            if default is None:
                raise self.error(key, f"is missing; expected {what}")
            return default
        value = self._values[key]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.error(key, f"expected {what}, got {value!r}")
        return value

    def optional(self, key: str, kind: type[T] | tuple[type[T], ...], what: str) -> T | None:
        """As `take`, None where the key is absent."""
        self._taken.add(key)
        return self.take(key, kind, what) if key in self._values else None

    def text(self, key: str, what: str, default: str | None = None) -> str:
        """A text that is not empty."""
        value = self.take(key, str, what, default)
        if not value:
            raise self.error(key, f"expected {what}, got an empty text")
        return value

    def choice(self, key: str, choices: Iterable[str], default: str | None = None) -> str:
        """One of several words."""
        known = list(choices)
        what = "one of " + ", ".join(known)
        value = self.take(key, str, what, default)
        if value not in known:
            raise self.error(key, f"expected {what}, got {value!r}")
        return value

    def whole(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """An integer in a range."""
        what = f"a whole number {low} to {high}"
        value = self.take(key, int, what, default)
        if not low <= value <= high:
            raise self.error(key, f"expected {what}, got {value!r}")
        return value

    def seconds(self, key: str, low: float, high: float, default: float | None = None) -> float:
        """A time in seconds, in a range."""
        what = f"seconds, {low:g} to {high:g}"
        value = self.take(key, (int, float), what, default)
        if not low <= value <= high:
            raise self.error(key, f"expected {what}, got {value!r}")
        return float(value)

    def texts(self, key: str, what: str) -> tuple[str, ...]:
        """A list of texts; empty where the key is absent."""
        values: list[object] = self.take(key, list, f"a list of {what}", [])
        for value in values:
            if not isinstance(value, str) or not value:
                raise self.error(key, f"expected a list of {what}, got {value!r} in it")
        return tuple(value for value in values if isinstance(value, str))

    def parsed(self, key: str, parse: Callable[[str], T], what: str) -> T | None:
        """A text that `parse` understands; its ValueError becomes an error at this key."""
        text = self.optional(key, str, what)
        if text is None:
            return None
        try:
            return parse(text)
        except ValueError as error:
            raise self.error(key, f"expected {what}: {error}") from None

    def table(self, key: str) -> Table | None:
        """A table inside, None where it is absent."""
        value = self.optional(key, dict, "a table")
        return None if value is None else Table(value, (*self._path, key), self._lines, self._file)

    def tables(self, key: str) -> list[Table]:
        """An array of tables; empty where it is absent."""
        values: list[object] = self.take(key, list, "tables", [])
        found: list[Table] = []
        for index, value in enumerate(values):
            if not isinstance(value, dict):
                raise self.error(key, f"expected tables, got {value!r}")
            found.append(Table(value, (*self._path, key, index), self._lines, self._file))
        return found

    def everything(self) -> dict[str, Any]:
        """The values as they are: for tables whose keys are free."""
        self._taken |= set(self._values)
        return dict(self._values)

    def done(self) -> None:
        """Raise `SettingsError` for a key nobody asked for."""
        for key in self._values:
            if key not in self._taken:
                known = ", ".join(sorted(self._taken)) or "nothing"
                raise self.error(key, f"is not known here; known are {known}")
