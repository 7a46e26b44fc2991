"""The public's pages: templates and what they show, as HTML and as JSON at the same address."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from foundation.web import Pages
from public_query.pages.answer import as_json
from public_query.pages.item import breakable, item_page
from public_query.words import WORDS

PAGES = Pages(WORDS, Path(__file__).parent / "templates")

# The signs never change: drawn once, not once for each line of each page.
_signs: Any = PAGES.environment.get_template("icons.html").module
PAGES.environment.globals["outcome_icons"] = {name: _signs.outcome(name) for name in _signs.OUTCOME_ICONS}
PAGES.environment.globals["line_icons"] = {name: _signs.line(name) for name in _signs.LINE_ICONS}

__all__ = ["PAGES", "as_json", "breakable", "item_page"]
