"""The flattening of JSON: syntactic, complete, strict; and the native kernel does what its twin does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger import StatementError
from ledger.flatten import MAX_DEPTH, MAX_PAIRS, MAX_PATH_BYTES, flatten_text, pointer_token
from ledger.native import kernels

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)
OBJECTS = st.dictionaries(TEXT, VALUES, max_size=5)

native = pytest.mark.skipif(kernels is None, reason="suyuan_native is not built or switched off")


def naive(value: Any, path: str = "") -> list[tuple[str, Any]]:
    """The definition on values, for what has one spelling."""
    if isinstance(value, dict) and value:
        return [pair for name in value for pair in naive(value[name], f"{path}/{pointer_token(name)}")]
    if isinstance(value, list) and value:
        return [pair for index, each in enumerate(value) for pair in naive(each, f"{path}/{index}")]
    return [(path, value)]


@given(OBJECTS, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_every_scalar_is_one_pair_under_its_json_pointer(
    value: dict[str, Any], indent: int | str | None, ascii_only: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode()
    pairs = [(path, json.loads(spelled)) for path, spelled in flatten_text(text)]
    assert pairs == naive(value)


def test_numbers_and_strings_keep_their_spelling() -> None:
    text = b'{"a": 1.50, "b": -0, "c": 1E+2, "d": "\\u0041", "e": 12345678901234567890.12345678901234567890}'
    assert [value for _, value in flatten_text(text)] == [
        "1.50",
        "-0",
        "1E+2",
        '"\\u0041"',
        "12345678901234567890.12345678901234567890",
    ]


def test_names_are_escaped_as_in_rfc_6901() -> None:
    assert flatten_text(b'{"a/b": 1, "m~n": 2, "": 3, "\\u0065\\/": 4}') == [
        ("/a~1b", "1"),
        ("/m~0n", "2"),
        ("/", "3"),
        ("/e~1", "4"),
    ]


def test_empty_containers_are_pairs_too() -> None:
    assert flatten_text(b'{"a": [ ], "b": [{ }]}') == [("/a", "[]"), ("/b/0", "{}")]
    assert flatten_text(b" { } ", "#") == [("#", "{}")]


REFUSED = [
    (b"", "one JSON object"),
    (b"[1]", "one JSON object"),
    (b'{"a":1} x', "after the JSON object"),
    (b'{"a":1,"a":2}', "'a' is given twice"),
    (b'{"a":1,"\\u0061":2}', "'a' is given twice"),
    (b'{"a":{"b":1,"b":2}}', "'b' is given twice"),
    (b'{"\\ud800":1}', "lone surrogate"),
    (b'{"\\udc00\\ud800":1}', "lone surrogate"),
    (b'{"a":NaN}', "no JSON value"),
    (b'{"a":01}', "comma or the end of the object"),
    (b'{"a":1.}', "comma or the end of the object"),
    (b'{"a":+1}', "no JSON value"),
    (b'{"a":"\x01"}', "no JSON value"),
    (b'{"a":"\\x"}', "no JSON value"),
    (b'{"a":[1,]}', "no JSON value"),
    (b'{"a":1,}', "member name"),
    (b'{"a" 1}', "colon"),
    (b'{"a":\xff}', "UTF-8"),
    (b'\xef\xbb\xbf{"a":1}', "one JSON object"),
    (b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1), "nested deeper"),
    (b'{"a":' + b"[" * 100_000, "nested deeper"),
    (b'{"' + b"x" * (MAX_PATH_BYTES + 1) + b'":1}', "path"),
    (b'{"a":[' + b"1," * MAX_PAIRS + b"1]}", "more than"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED, ids=lambda value: repr(value)[:24])
def test_what_is_ambiguous_malformed_or_too_large_is_refused_in_words(text: bytes, message: str) -> None:
    with pytest.raises(StatementError, match=message) as refusal:
        flatten_text(text)
    assert refusal.value.offset is not None


def test_a_refusal_names_the_byte_not_the_character() -> None:
    with pytest.raises(StatementError) as refusal:
        flatten_text('{"溯源": !}'.encode())
    assert refusal.value.offset == len('{"溯源": '.encode())


@native
@pytest.mark.parametrize("text", [text for text, _ in REFUSED], ids=lambda value: repr(value)[:24])
def test_the_kernel_refuses_what_its_twin_refuses(text: bytes) -> None:
    with pytest.raises(ValueError):
        kernels.flatten(text, "")  # type: ignore[union-attr]


@native
@given(OBJECTS, st.sampled_from([None, 1, "\t"]), st.booleans(), st.sampled_from(["", "#"]))
def test_the_kernel_flattens_as_its_twin(
    value: dict[str, Any], indent: int | str | None, ascii_only: bool, root: str
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode()
    assert kernels.flatten(text, root) == flatten_text(text, root)  # type: ignore[union-attr]


PIECES = st.lists(
    st.sampled_from(
        [
            b"{",
            b"}",
            b"[",
            b"]",
            b",",
            b":",
            b'"',
            b'"a"',
            b'"b"',
            b"1",
            b"-",
            b"0",
            b".5",
            b"e1",
            b"true",
            b"nul",
            b"null",
            b" ",
            b"\n",
            b"\\",
            b"\\u00",
            b"\\ud83d",
            b"\\ude00",
            b"\xc3",
            b"\xa9",
            b"/",
            b"~",
            b"\x00",
        ]
    ),
    max_size=14,
).map(b"".join)


@native
@given(PIECES.map(lambda inner: b'{"k":' + inner + b"}") | PIECES | PIECES.map(lambda n: b'{"' + n + b'":1}'))
@example(b'{"\\ud83d\\ude00":1}')
@example(b'{"\\ud83d\\\\ude00":1}')
@example(b'{"\\ud83dx":1}')
def test_kernel_and_twin_agree_on_broken_texts_too(text: bytes) -> None:
    try:
        expected: list[tuple[str, str]] | None = flatten_text(text)
    except StatementError:
        expected = None
    try:
        found = kernels.flatten(text, "")  # type: ignore[union-attr]
    except ValueError:
        found = None
    assert found == expected


@native
def test_objects_with_many_members_find_a_name_given_twice_too() -> None:
    members = [f'"n{index}":{index}' for index in range(100)]
    text = ("{" + ",".join(members) + "}").encode()
    assert kernels.flatten(text, "") == flatten_text(text)  # type: ignore[union-attr]
    twice = ("{" + ",".join([*members, '"n3":0']) + "}").encode()
    with pytest.raises(ValueError):
        kernels.flatten(twice, "")  # type: ignore[union-attr]
