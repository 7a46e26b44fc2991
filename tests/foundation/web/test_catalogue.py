"""The catalogue: both languages always, no missing key, nothing unescaped, and the choice of a language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from foundation.web import (
    SHELL_TEMPLATES,
    SHELL_WORDS,
    Catalogue,
    Language,
    MissingTextError,
    Text,
    language_of,
    placeholders,
    same,
)


def request_with(query: str = "", **headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Request({"type": "http", "query_string": query.encode(), "headers": raw})


def test_every_shell_text_says_something_in_both_languages_with_the_same_places() -> None:
    for key in SHELL_WORDS:
        pair = SHELL_WORDS.pair(key)
        assert pair.zh.strip(), key
        assert pair.en.strip(), key
        assert placeholders(pair.zh) == placeholders(pair.en), key
        assert re.search(r"[\u4e00-\u9fff]", pair.zh), f"{key} is not Chinese"


def test_every_literal_key_of_the_shell_templates_is_in_the_catalogue() -> None:
    keys = {
        key
        for template in Path(SHELL_TEMPLATES).glob("*.html")
        for key in re.findall(r"""\bt\(\s*["']([\w.]+)["']\s*[,)]""", template.read_text(encoding="utf-8"))
    }
    assert keys
    assert keys <= set(SHELL_WORDS)


def test_a_missing_key_raises() -> None:
    with pytest.raises(MissingTextError, match=r"no text 'no\.such'"):
        SHELL_WORDS.text("no.such", Language.EN)
    with pytest.raises(MissingTextError):
        SHELL_WORDS.plain("no.such", Language.ZH)


def test_an_unfilled_place_raises() -> None:
    words = Catalogue({"a": Text(zh="{n} 个", en="{n} of them")})
    with pytest.raises(KeyError):
        words.text("a", Language.EN, other=1)


def test_two_catalogues_with_one_key_cannot_be_joined() -> None:
    with pytest.raises(ValueError, match=r"shell\.name"):
        SHELL_WORDS | Catalogue({"shell.name": same("x")})


@given(st.text())
def test_filled_values_are_escaped_and_plain_texts_are_not(value: str) -> None:
    words = Catalogue({"a": Text(zh="<{v}>", en="<{v}>")})
    told = str(words.text("a", Language.EN, v=value))
    assert told.startswith("&lt;")
    assert "<" not in told
    assert ">" not in told
    assert words.plain("a", Language.EN, v=value) == f"<{value}>"


def test_a_name_known_in_one_language_is_borrowed_and_marked_with_its_own() -> None:
    name = Text(zh="青岚", en="")
    assert name.in_language(Language.EN) == "青岚"
    assert name.language_of(Language.EN) is Language.ZH
    assert name.language_of(Language.ZH) is Language.ZH
    assert not Text(zh="", en="")


@pytest.mark.parametrize(
    ("query", "headers", "expected"),
    [
        ("lang=zh", {"accept_language": "en", "cookie": "suyuan_lang=en"}, Language.ZH),
        ("lang=en", {"accept_language": "zh"}, Language.EN),
        ("lang=xx", {"cookie": "suyuan_lang=zh"}, Language.ZH),
        ("", {"cookie": "suyuan_lang=zh", "accept_language": "en"}, Language.ZH),
        ("", {"accept_language": "zh-CN,zh;q=0.9,en;q=0.8"}, Language.ZH),
        ("", {"accept_language": "de-DE, en;q=0.5, zh-TW;q=0.7"}, Language.ZH),
        ("", {"accept_language": "zh;q=0, en;q=0.1"}, Language.EN),
        ("", {"accept_language": "fr"}, Language.EN),
        ("", {"accept_language": ";;;q=nan,,zh;q=abc"}, Language.EN),
        ("", {}, Language.EN),
    ],
)
def test_the_language_is_the_querys_then_the_cookies_then_the_browsers(
    query: str, headers: dict[str, str], expected: Language
) -> None:
    assert language_of(request_with(query, **headers)) is expected
