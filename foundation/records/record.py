"""What a record is, how its kinds are declared, and what can go wrong with it.

A record is a JSON object under (kind, key) with a version.  A `Kind` declares, once and for every
implementation, which top-level fields can be asked for and which must be unique; a `Schema` is the kinds of
one installation, put together from what the rooms declare.

>>> schema = Schema((Kind("job", indexed=("state",)), Kind("serial", unique=(("gtin", "serial"),))))
>>> schema.kind("serial").unique
(('gtin', 'serial'),)
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

Scalar = str | int | bool | None

MAX_VALUE_BYTES = 1 << 20
MAX_KEY_CHARACTERS = 512
MAX_INDEXED_CHARACTERS = 1024
MAX_DEPTH = 32
MAX_SCAN = 1000

_KIND = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")


class RecordsError(Exception):
    """A record could not be read or written as asked; the base of this room's errors."""


class Conflict(RecordsError):
    """The record is not in the state the writer has seen.

    `expected` and `found` are versions; None stands for "absent".
    """

    def __init__(self, kind: str, key: str, expected: int | None, found: int | None) -> None:
        self.kind, self.key, self.expected, self.found = kind, key, expected, found
        super().__init__(f"{kind} {key!r}: expected {_version(expected)}, found {_version(found)}")


class NotUnique(RecordsError):
    """Another record of the kind already has this value in a field declared unique.

    `field` joins the names of a compound constraint with "+"; `value` is then the tuple of values.
    """

    def __init__(self, kind: str, field: str, value: Any) -> None:
        self.kind, self.field, self.value = kind, field, value
        super().__init__(f"{kind}: another record already has {field} = {value!r}")


class BadRecord(RecordsError):
    """A kind, key or value breaks the declaration or a limit; the message names the place."""


class Busy(RecordsError):
    """The store stayed locked by another writer for longer than the waiting time."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record as read: a copy of its value, and the version to name when changing it."""

    kind: str
    key: str
    value: dict[str, Any]
    version: int


@dataclass(frozen=True, slots=True)
class Kind:
    """The declaration of one kind of record.

    Args:
        name: lower-case word, also the name of the table or collection.
        indexed: top-level fields that `find` accepts; their values are scalars (text, integer, boolean,
            null).
        unique: fields, or tuples of fields, no two records may share the values of. A record in which one of
            the fields is absent or null is not constrained. Unique single fields can be asked for by `find`.

    Raises:
        BadRecord: a name is not of the permitted characters.
    """

    name: str
    indexed: tuple[str, ...] = ()
    unique: tuple[str | tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        if not _KIND.fullmatch(self.name):
            raise BadRecord(f"kind {self.name!r}: lower-case letters, digits, '-' and '_' only, 63 at most")
        for field in self.fields:
            if not _FIELD.fullmatch(field):
                raise BadRecord(f"kind {self.name!r}: field {field!r}: letters, digits and '_' only")
        if any(not fields for fields in self.constraints):
            raise BadRecord(f"kind {self.name!r}: a unique constraint over no field")

    @property
    def constraints(self) -> tuple[tuple[str, ...], ...]:
        """The unique constraints, each as the tuple of its fields."""
        return tuple((unique,) if isinstance(unique, str) else tuple(unique) for unique in self.unique)

    @property
    def findable(self) -> frozenset[str]:
        """The fields `find` accepts."""
        return frozenset(self.indexed) | {fields[0] for fields in self.constraints}

    @property
    def fields(self) -> frozenset[str]:
        """Every field that is indexed in some way, hence scalar."""
        return frozenset(self.indexed).union(*self.constraints)


@dataclass(frozen=True, slots=True)
class Schema:
    """The kinds of one installation; two declarations of one name must be equal."""

    kinds: tuple[Kind, ...]

    def __post_init__(self) -> None:
        seen: dict[str, Kind] = {}
        for kind in self.kinds:
            if seen.setdefault(kind.name, kind) != kind:
                raise BadRecord(f"kind {kind.name!r} is declared twice, differently")
        object.__setattr__(self, "kinds", tuple(seen.values()))

    def kind(self, name: str) -> Kind:
        """The declaration of `name`.

        Raises:
            BadRecord: no such kind is declared.
        """
        for kind in self.kinds:
            if kind.name == name:
                return kind
        raise BadRecord(f"no kind {name!r} is declared; there are {', '.join(k.name for k in self.kinds)}")


def schema_of(declared: Schema | Iterable[Kind]) -> Schema:
    """A schema from itself or from any kinds.

    >>> schema_of([Kind("job"), Kind("job")]).kinds
    (Kind(name='job', indexed=(), unique=()),)
    """
    return declared if isinstance(declared, Schema) else Schema(tuple(declared))


def checked_key(kind: str, key: object) -> str:
    """`key` if it is usable as a key.

    Raises:
        BadRecord: it is no text, is empty or too long, or holds U+0000 or a lone surrogate.
    """
    if not isinstance(key, str) or not 0 < len(key) <= MAX_KEY_CHARACTERS:
        raise BadRecord(f"{kind}: a key is text of 1 to {MAX_KEY_CHARACTERS} characters, not {_shown(key)}")
    _check_text(kind, "key", key)
    if "\0" in key:
        raise BadRecord(f"{kind}: the key {_shown(key)} holds U+0000")
    return key


def encoded(kind: Kind, value: object, max_bytes: int = MAX_VALUE_BYTES) -> bytes:
    """The value as JSON text that reads back as an equal value.

    Args:
        kind: declaration the indexed fields are checked against.
        value: a dict of text, integers of 64 bits, finite floats, booleans, null, lists and dicts.
        max_bytes: limit of the JSON text, in bytes.

    Raises:
        BadRecord: the value is not that, is nested deeper than 32, or is too large; the message gives the
            JSON Pointer of the place.
    """
    if not isinstance(value, dict):
        raise BadRecord(f"{kind.name}: a value is a dict, not {type(value).__name__}")
    _check_json(kind.name, "", value, 1)
    for field in kind.fields:
        check_scalar(kind.name, field, value.get(field))
    text = orjson.dumps(value)
    if len(text) > max_bytes:
        raise BadRecord(f"{kind.name}: the value takes {len(text)} bytes, at most {max_bytes} are allowed")
    return text


def check_scalar(kind: str, field: str, value: object) -> None:
    """Refuse what an index cannot hold: anything but text, 64-bit integer, boolean or null.

    Raises:
        BadRecord: naming the field.
    """
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, int):
        _check_integer(kind, f"/{field}", value)
    elif not isinstance(value, str):
        raise BadRecord(f"{kind}: /{field} is indexed: text, integer, boolean or null, not {_shown(value)}")
    else:
        _check_text(kind, f"/{field}", value)
        if "\0" in value or len(value) > MAX_INDEXED_CHARACTERS:
            raise BadRecord(
                f"{kind}: /{field} is indexed: at most {MAX_INDEXED_CHARACTERS} characters and no U+0000, "
                f"not {_shown(value)}"
            )


def same_scalar(left: object, right: object) -> bool:
    """Equal as JSON scalars: true is not 1."""
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def _check_json(kind: str, pointer: str, value: object, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise BadRecord(f"{kind}: {pointer} is nested deeper than {MAX_DEPTH}")
    if isinstance(value, dict):
        for name, item in value.items():
            if type(name) is not str:
                raise BadRecord(f"{kind}: {pointer}: the name {_shown(name)} is not text")
            _check_text(kind, f"{pointer}: name", name)
            _check_json(kind, f"{pointer}/{name}", item, depth + 1)
    elif type(value) is list:
        for index, item in enumerate(value):
            _check_json(kind, f"{pointer}/{index}", item, depth + 1)
    elif isinstance(value, str):
        _check_text(kind, pointer, value)
    elif value is None or type(value) is bool:
        return
    elif type(value) is int:
        _check_integer(kind, pointer, value)
    elif type(value) is float:
        if not math.isfinite(value):
            raise BadRecord(f"{kind}: {pointer}: {value} is no JSON number")
    else:
        raise BadRecord(f"{kind}: {pointer}: {type(value).__name__} is no JSON value: {_shown(value)}")


def _check_integer(kind: str, pointer: str, value: int) -> None:
    if not -(1 << 63) <= value < 1 << 63:
        raise BadRecord(f"{kind}: {pointer}: an integer of more than 64 bits; keep it as text")


def _check_text(kind: str, pointer: str, value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise BadRecord(f"{kind}: {pointer}: lone surrogate at character {error.start}") from None


def _version(version: int | None) -> str:
    return "no record" if version is None else f"version {version}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
