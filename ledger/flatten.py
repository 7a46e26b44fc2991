"""The purely syntactic flattening of a JSON object into (field path, value) pairs.

Every scalar becomes one pair: its JSON Pointer (RFC 6901) and its JSON text exactly as received, so that 1.50
stays 1.50 and a spelling is never changed. An empty array or object is a pair too ("[]", "{}"), so that
nothing said is left out. The order is that of the text.

What would be ambiguous is refused: a member name given twice in one object (RFC 8259 §4 leaves its meaning
open, and a holder could disclose whichever he likes), a lone surrogate in a member name, anything that is not
strict RFC 8259 JSON in UTF-8. Depth, number of values and length of paths are limited.

>>> flatten_text(b'{"epcList": ["a", "b"], "amount": 1.50, "none": {}}')
[('/epcList/0', '"a"'), ('/epcList/1', '"b"'), ('/amount', '1.50'), ('/none', '{}')]
"""

from __future__ import annotations

import json
import re

from ledger.errors import LedgerError, StatementError
from ledger.native import kernels

__all__ = ["MAX_DEPTH", "MAX_PAIRS", "MAX_PATH_BYTES", "flatten", "flatten_text", "pointer_token"]

MAX_DEPTH = 64
"""Containers within containers, the outermost counted."""
MAX_PAIRS = 200_000
MAX_PATH_BYTES = 2048

_SPACE = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*"')
_NUMBER_OR_WORD = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null")


def flatten(text: bytes, root: str = "") -> list[tuple[str, str]]:
    """Return the pairs of a JSON object, its paths beginning with `root`.

    Args:
        text: one JSON object in UTF-8.
        root: put before every path ("" for what was received, "#" for the meta).

    Raises:
        StatementError: the text is not such an object, with the byte at which it breaks the rule.
    """
    if kernels is None:
        return flatten_text(text, root)
    try:
        pairs: list[tuple[str, str]] = kernels.flatten(text, root)
    except ValueError as refusal:
        flatten_text(text, root)  # words the refusal
        raise LedgerError(f"the native kernel refused what its twin accepts: {refusal}") from refusal
    return pairs


def flatten_text(text: bytes, root: str = "") -> list[tuple[str, str]]:
    """The twin of the native kernel: the same as `flatten`, in plain Python."""
    try:
        decoded = text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise StatementError(f"a statement must be UTF-8: {error.reason}", error.start) from None
    walk = _Walk(decoded)
    at = walk.space(0)
    if decoded[at : at + 1] != "{":
        raise walk.refusal("a statement must be one JSON object", at)
    at = walk.space(walk.object(at, root, 1))
    if at != len(decoded):
        raise walk.refusal("there is text after the JSON object", at)
    return walk.pairs


def pointer_token(name: str) -> str:
    """Return a member name as a JSON Pointer reference token (RFC 6901 §3)."""
    return name.replace("~", "~0").replace("/", "~1")


class _Walk:
    """One pass over a text; every method takes an offset in characters and returns the one it stopped at."""

    __slots__ = ("pairs", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.pairs: list[tuple[str, str]] = []

    def refusal(self, message: str, at: int) -> StatementError:
        return StatementError(message, len(self.text[:at].encode("utf-8")))

    def space(self, at: int) -> int:
        match = _SPACE.match(self.text, at)
        return match.end() if match else at

    def pair(self, path: str, value: str, at: int) -> None:
        if len(self.pairs) == MAX_PAIRS:
            raise self.refusal(f"a statement must not have more than {MAX_PAIRS} values", at)
        self.pairs.append((path, value))

    def checked_path(self, path: str, at: int) -> str:
        # No character takes more than 4 bytes, so a short path need not be encoded to be measured.
        if len(path) * 4 > MAX_PATH_BYTES and len(path.encode("utf-8")) > MAX_PATH_BYTES:
            raise self.refusal(f"a field path must not be longer than {MAX_PATH_BYTES} bytes", at)
        return path

    def value(self, at: int, path: str, depth: int) -> int:
        first = self.text[at : at + 1]
        if first == "{":
            return self.object(at, path, depth)
        if first == "[":
            return self.array(at, path, depth)
        match = (_STRING if first == '"' else _NUMBER_OR_WORD).match(self.text, at)
        if match is None:
            raise self.refusal("no JSON value stands here", at)
        self.pair(path, match.group(), at)
        return match.end()

    def name(self, at: int) -> tuple[str, int]:
        match = _STRING.match(self.text, at)
        if match is None:
            raise self.refusal("a member name in quotes must stand here", at)
        name = match.group()[1:-1]
        if "\\" in name:
            name = json.loads(match.group())
            try:
                name.encode("utf-8")
            except UnicodeEncodeError:
                raise self.refusal("a member name holds a lone surrogate", at) from None
        return name, match.end()

    def object(self, at: int, path: str, depth: int) -> int:
        self.check_depth(at, depth)
        at = self.space(at + 1)
        if self.text[at : at + 1] == "}":
            self.pair(path, "{}", at)
            return at + 1
        names: set[str] = set()
        while True:
            start = at
            name, at = self.name(at)
            below = self.checked_path(f"{path}/{pointer_token(name)}", start)
            if name in names:
                raise self.refusal(f"the member {name!r} is given twice in one object", start)
            names.add(name)
            at = self.space(at)
            if self.text[at : at + 1] != ":":
                raise self.refusal("a colon must follow the member name", at)
            at = self.space(self.value(self.space(at + 1), below, depth + 1))
            following = self.text[at : at + 1]
            if following == "}":
                return at + 1
            if following != ",":
                raise self.refusal("a comma or the end of the object must stand here", at)
            at = self.space(at + 1)

    def array(self, at: int, path: str, depth: int) -> int:
        self.check_depth(at, depth)
        at = self.space(at + 1)
        if self.text[at : at + 1] == "]":
            self.pair(path, "[]", at)
            return at + 1
        index = 0
        while True:
            below = self.checked_path(f"{path}/{index}", at)
            at = self.space(self.value(at, below, depth + 1))
            following = self.text[at : at + 1]
            if following == "]":
                return at + 1
            if following != ",":
                raise self.refusal("a comma or the end of the array must stand here", at)
            at = self.space(at + 1)
            index += 1

    def check_depth(self, at: int, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise self.refusal(f"a statement must not be nested deeper than {MAX_DEPTH}", at)
