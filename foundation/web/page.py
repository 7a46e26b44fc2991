"""Pages: Jinja2 templates within the common shell, in the reader's language.

A room brings its templates and its words; the shell brings the frame, the stylesheet and the language switch.
Within a template: `t("key", name=value)` gives a text, `say(text)` a `Text` from outside in the reader's
language, `asset("suyuan.css")` the address of a static file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from foundation.web.assets import ASSETS, Assets
from foundation.web.catalogue import LANGUAGE_COOKIE, Catalogue, Language, Text, language_of
from foundation.web.words import SHELL_WORDS

SHELL_TEMPLATES = Path(__file__).parent / "templates"
_ONE_YEAR = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class LanguageChoice:
    """One entry of the language switch; `href` keeps the page and changes only the language."""

    language: Language
    href: str
    current: bool


class Pages:
    """Renders one room's templates.

    Args:
        words: the room's own texts; the shell's are added.
        folders: the room's template folders, searched before the shell's.
        assets: the static files that templates may name.
    """

    def __init__(self, words: Catalogue, *folders: Path, assets: Assets = ASSETS) -> None:
        self.words = words | SHELL_WORDS if words is not SHELL_WORDS else words
        self.environment = Environment(
            loader=FileSystemLoader([*folders, SHELL_TEMPLATES]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self.environment.globals["asset"] = assets.url
        self.environment.globals["Language"] = Language
        self.environment.globals["words"] = self.words

    def render(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        language: Language | None = None,
        headers: Mapping[str, str] | None = None,
        **context: Any,
    ) -> HTMLResponse:
        """The page as a response in the reader's language.

        Sets the language cookie when `?lang=` chose one, and `Vary` on all that decided the answer.

        Raises:
            MissingTextError: the template asks for a text that no catalogue holds.
            jinja2.UndefinedError: the template asks for a value it was not given.
        """
        spoken = language or language_of(request)
        html = self.html(
            template,
            spoken,
            choices=_choices(request, spoken),
            json_href=_same_page(request, "format", "json"),
            **context,
        )
        response = HTMLResponse(html, status_code=status)
        response.headers["Content-Language"] = spoken.tag
        response.headers["Vary"] = "Accept, Accept-Language, Cookie"
        for name, value in (headers or {}).items():
            response.headers[name] = value
        if request.query_params.get("lang") == spoken.value:
            response.set_cookie(
                LANGUAGE_COOKIE, spoken.value, max_age=_ONE_YEAR, samesite="lax", httponly=True
            )
        return response

    def html(self, template: str, language: Language, **context: Any) -> str:
        """The page's text alone, for tests and for pages that are written to a file."""
        return self.environment.get_template(template).render(
            t=partial(_told, self.words, language),
            say=partial(_said, language),
            language=language,
            **{"choices": (), "json_href": "", **context},
        )


def _told(words: Catalogue, language: Language, key: str, **values: Any) -> str:
    return words.text(key, language, **values)


def _said(language: Language, text: Text) -> str:
    return text.in_language(language)


def _choices(request: Request, spoken: Language) -> tuple[LanguageChoice, ...]:
    return tuple(
        LanguageChoice(language, _same_page(request, "lang", language.value), language is spoken)
        for language in Language
    )


def _same_page(request: Request, changed: str, value: str) -> str:
    """A query-only reference: it keeps the path, whatever that holds, and cannot lead to another host."""
    kept = [(name, held) for name, held in request.query_params.multi_items() if name != changed]
    return "?" + urlencode([*kept, (changed, value)])


SHELL_PAGES = Pages(SHELL_WORDS)
