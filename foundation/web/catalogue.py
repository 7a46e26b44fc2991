"""Translations: a typed catalogue of texts that exist in Chinese and English, and the choice of a language.

A text cannot be written in one language only; a key that is not in the catalogue raises `MissingTextError`.

>>> words = Catalogue({"hello": Text(zh="你好，{name}", en="Hello, {name}")})
>>> str(words.text("hello", Language.EN, name="<Li>"))
'Hello, &lt;Li&gt;'
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from markupsafe import Markup, escape
from starlette.requests import Request

from foundation.web.negotiation import weighted

LANGUAGE_COOKIE = "suyuan_lang"


class Language(StrEnum):
    """The languages every page speaks; the value is what `?lang=` and the cookie hold."""

    ZH = "zh"
    EN = "en"

    @property
    def tag(self) -> str:
        """The BCP 47 tag for `lang` attributes and Content-Language."""
        return "zh-Hans" if self is Language.ZH else "en"

    @property
    def own_name(self) -> str:
        """The language's name in that language, for the switch."""
        return "中文" if self is Language.ZH else "English"


_BY_VALUE = {language.value: language for language in Language}


class MissingTextError(LookupError):
    """A page asked for a text that no catalogue holds."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text in both languages; `{name}` marks a place to fill."""

    zh: str
    en: str

    def in_language(self, language: Language) -> str:
        """The text in that language, or in the other where this one is empty (names from outside)."""
        first, second = (self.zh, self.en) if language is Language.ZH else (self.en, self.zh)
        return first or second

    def language_of(self, language: Language) -> Language:
        """The language in which `in_language` answers, for the `lang` attribute of a borrowed name."""
        has_own = self.zh if language is Language.ZH else self.en
        if has_own:
            return language
        return Language.EN if language is Language.ZH else Language.ZH

    def __bool__(self) -> bool:
        return bool(self.zh or self.en)


def same(text: str) -> Text:
    """A name that is written alike in both languages (a brand, a number)."""
    return Text(zh=text, en=text)


def placeholders(text: str) -> frozenset[str]:
    """The names in braces that a text wants filled."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name)


class Catalogue:
    """Texts by key. Rooms bring their own and lay them over the shell's with `|`."""

    def __init__(self, texts: Mapping[str, Text]) -> None:
        self._texts = dict(texts)
        self._marked = {
            (key, language): escape(text.in_language(language))
            for key, text in self._texts.items()
            for language in Language
        }

    def text(self, key: str, language: Language, **values: Any) -> Markup:
        """The text, escaped for HTML, its places filled with escaped values.

        Raises:
            MissingTextError: no such key.
            KeyError: a place was left unfilled.
        """
        try:
            marked = self._marked[key, language]
        except KeyError:
            raise MissingTextError(f"no text {key!r} in the catalogue") from None
        return marked.format(**values) if values else marked

    def plain(self, key: str, language: Language, **values: Any) -> str:
        """The text without any escaping, for JSON and for attributes that Jinja escapes itself."""
        try:
            text = self._texts[key].in_language(language)
        except KeyError:
            raise MissingTextError(f"no text {key!r} in the catalogue") from None
        return text.format(**values) if values else text

    def pair(self, key: str) -> Text:
        """The text in both languages."""
        try:
            return self._texts[key]
        except KeyError:
            raise MissingTextError(f"no text {key!r} in the catalogue") from None

    def __contains__(self, key: object) -> bool:
        return key in self._texts

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __or__(self, other: Catalogue) -> Catalogue:
        clash = self._texts.keys() & other._texts.keys()
        if clash:
            raise ValueError(f"both catalogues hold {', '.join(sorted(clash))}")
        return Catalogue(self._texts | other._texts)


def language_of(request: Request) -> Language:
    """The language to answer in: `?lang=`, then the cookie, then Accept-Language, then English."""
    for wish in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        language = _language(wish or "")
        if language is not None:
            return language
    ranges = sorted(weighted(request.headers.get("accept-language", "")), key=lambda member: -member[1])
    for name, weight in ranges:
        language = _language(name.partition("-")[0])
        if language is not None and weight > 0:
            return language
    return Language.EN


def _language(text: str) -> Language | None:
    return _BY_VALUE.get(text)
