"""Content negotiation reads any header without failing and keeps to RFC 9110."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from foundation.web import HTML, JSON, preferred, wants_html, wants_json

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
LINKSET = "application/linkset+json"


def request_with(accept: str | None, query: str = "") -> Request:
    headers = [] if accept is None else [(b"accept", accept.encode("latin-1"))]
    return Request({"type": "http", "query_string": query.encode(), "headers": headers})


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, HTML),
        ("", HTML),
        ("*/*", HTML),
        (BROWSER, HTML),
        ("application/json", JSON),
        ("application/*", JSON),
        ("application/linkset+json", LINKSET),
        ("application/linkset+json;q=0.5, application/json;q=0.4", LINKSET),
        ("text/html;q=0.1, application/json", JSON),
        ("text/html;q=0, */*", JSON),
        ("TEXT/HTML", HTML),
        ("image/png", None),
        ("text/html;q=2", None),
    ],
)
def test_the_most_specific_range_decides(accept: str | None, expected: str | None) -> None:
    assert preferred(accept, (HTML, JSON, LINKSET)) == expected


@given(st.text())
def test_any_header_is_answered_with_one_of_the_offers_or_none(accept: str) -> None:
    assert preferred(accept, (HTML, JSON)) in (HTML, JSON, None)


@pytest.mark.parametrize(
    ("accept", "query", "html", "json"),
    [
        (BROWSER, "", True, False),
        (BROWSER, "format=json", False, True),
        ("*/*", "", False, False),
        (None, "", False, False),
        ("application/json", "", False, True),
    ],
)
def test_only_who_names_html_gets_pages_for_errors(
    accept: str | None, query: str, html: bool, json: bool
) -> None:
    assert wants_html(request_with(accept, query)) is html
    assert wants_json(request_with(accept, query)) is json
