"""An installed application: problems, headers, static files and the shell, over HTTP."""

from __future__ import annotations

import gzip
import re

import jinja2
import orjson
import pytest
from fastapi import Depends, FastAPI, HTTPException
from fastapi.testclient import TestClient
from starlette.responses import Response

from foundation.web import (
    ASSETS,
    PROBLEM_JSON,
    SHELL_WORDS,
    Language,
    Pages,
    Problem,
    ProblemRule,
    Problems,
    RateLimitedError,
    RateLimiter,
    install_web,
    limited,
    problem,
)

BROWSER = {"Accept": "text/html,*/*;q=0.8"}


class RoomError(Exception):
    """A family with a rule."""


class WorseRoomError(RoomError):
    """A member of the family without a rule of its own."""


class ForeignError(Exception):
    """A family without a rule."""


@pytest.fixture
def client() -> TestClient:
    app = FastAPI()
    rule = ProblemRule(
        RoomError,
        status=409,
        title="The room refused",
        type="urn:example:refused",
        extensions=lambda error: {"pointer": "/a/3", "status": 200},
    )
    install_web(app, [rule])
    tight = limited(RateLimiter(per_second=0.5, burst=2, clock=lambda: 0.0))

    @app.get("/refused")
    def refused() -> None:
        raise WorseRoomError("no room for <b>this</b>")

    @app.get("/broken")
    def broken() -> None:
        raise ForeignError("secret path /etc/shadow")

    @app.get("/typed")
    def typed(n: int) -> int:
        return n

    @app.get("/denied")
    def denied() -> None:
        raise HTTPException(403, "not yours", headers={"X-Why": "because"})

    @app.get("/own-policy")
    def own_policy() -> Response:
        return Response(headers={"Content-Security-Policy": "default-src *"})

    @app.get("/direct")
    def direct() -> Response:
        return problem(418, detail="short and stout", spout="left")

    @app.get("/tight", dependencies=[Depends(tight)])
    def tight_route() -> str:
        return "ok"

    return TestClient(app, raise_server_exceptions=False)


def test_a_rooms_error_answers_as_its_rule_says_and_extensions_never_override_the_standard(
    client: TestClient,
) -> None:
    answer = client.get("/refused")
    assert answer.status_code == 409
    assert answer.headers["content-type"] == PROBLEM_JSON
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "type": "urn:example:refused",
        "title": "The room refused",
        "status": 409,
        "detail": "no room for <b>this</b>",
        "pointer": "/a/3",
    }


def test_an_unknown_error_answers_500_and_leaks_nothing(client: TestClient) -> None:
    for accept in ("*/*", "text/html"):
        answer = client.get("/broken", headers={"Accept": accept})
        assert answer.status_code == 500
        assert "secret" not in answer.text
        assert "shadow" not in answer.text
        assert "ForeignError" not in answer.text
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert client.get("/broken").json() == {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
    }


def test_wrong_parameters_are_named_without_echoing_them(client: TestClient) -> None:
    answer = client.get("/typed", params={"n": "<evil>"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["where"] == "query.n"
    assert "evil" not in answer.text


def test_http_exceptions_and_unknown_paths_are_problems_with_their_headers(client: TestClient) -> None:
    denied = client.get("/denied")
    assert (denied.status_code, denied.headers["x-why"]) == (403, "because")
    assert denied.json()["detail"] == "not yours"
    missing = client.get("/nothing/here")
    assert missing.json() == {"type": "about:blank", "title": "Not Found", "status": 404}
    assert client.post("/typed").status_code == 405


def test_a_problem_made_by_hand_carries_its_members(client: TestClient) -> None:
    answer = client.get("/direct")
    assert answer.status_code == 418
    assert answer.json()["spout"] == "left"


def test_a_browser_gets_the_problem_as_a_page_in_its_language_and_escaped(client: TestClient) -> None:
    page = client.get("/refused", headers={**BROWSER, "Accept-Language": "zh-CN"})
    assert page.status_code == 409
    assert page.headers["content-type"].startswith("text/html")
    assert '<html lang="zh-Hans">' in page.text
    assert "请求未能完成" in page.text
    assert "&lt;b&gt;this&lt;/b&gt;" in page.text
    assert "<b>this" not in page.text
    english = client.get("/nothing", headers=BROWSER)
    assert english.status_code == 404
    assert "There is nothing here" in english.text


def test_an_empty_bucket_answers_429_with_the_time_to_wait(client: TestClient) -> None:
    assert [client.get("/tight").status_code for _ in range(3)] == [200, 200, 429]
    refused = client.get("/tight")
    assert refused.headers["retry-after"] == "2"
    assert refused.json()["title"] == "Too many requests"
    page = client.get("/tight", headers={**BROWSER, "Accept-Language": "zh"})
    assert "查询太频繁" in page.text


def test_every_answer_has_the_security_headers_unless_a_route_set_its_own(client: TestClient) -> None:
    for path in ("/nothing", "/refused", "/broken", "/tight", ASSETS.url("suyuan.css")):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["x-frame-options"] == "DENY"
    assert client.get("/own-policy").headers["content-security-policy"] == "default-src *"


def test_static_files_are_cached_for_good_under_a_name_that_holds_their_hash(client: TestClient) -> None:
    address = ASSETS.url("suyuan.css")
    assert re.fullmatch(r"/static/suyuan\.[0-9a-f]{12}\.css", address)
    answer = client.get(address)
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-encoding"] == "gzip"
    plain = client.get(address, headers={"Accept-Encoding": "identity"})
    assert plain.content == answer.content
    assert client.head(address).status_code == 200
    wrong = re.sub(r"[0-9a-f]{12}", "0" * 12, address)
    for path in (wrong, "/static/suyuan.css", "/static/../words.py", "/static/%2e%2e%2fwords.py"):
        assert client.get(path).status_code == 404


def test_an_asset_that_does_not_exist_cannot_be_named() -> None:
    with pytest.raises(KeyError):
        ASSETS.url("missing.css")


def test_the_stylesheet_asks_no_other_host_and_loads_no_font(client: TestClient) -> None:
    sheet = client.get(ASSETS.url("suyuan.css")).text
    assert "url(" not in sheet
    assert "@import" not in sheet
    assert "@font-face" not in sheet
    for font in ("PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC"):
        assert font in sheet


def test_gzip_gives_the_same_bytes(client: TestClient) -> None:
    with client.stream("GET", ASSETS.url("mark.svg")) as answer:
        raw = b"".join(answer.iter_raw())
    assert b"<svg" in gzip.decompress(raw)


def test_the_switch_keeps_the_page_and_choosing_a_language_is_remembered(client: TestClient) -> None:
    page = client.get("/nothing?a=1&lang=zh", headers=BROWSER)
    assert 'href="?a=1&amp;lang=en"' in page.text
    assert "suyuan_lang=zh" in page.headers["set-cookie"]
    assert "set-cookie" not in client.get("/nothing?lang=xx", headers=BROWSER).headers
    again = client.get("/nothing", headers={**BROWSER, "Accept-Language": "en"})
    assert '<html lang="zh-Hans">' in again.text
    assert again.headers["content-language"] == "zh-Hans"
    assert "Cookie" in again.headers["vary"]


def test_no_path_can_turn_the_switch_into_a_link_to_another_host(client: TestClient) -> None:
    page = client.get("http://testserver//evil.example/%22%3E", headers=BROWSER)
    assert page.status_code == 404
    assert "evil.example" not in page.text


def test_a_template_that_misses_a_value_fails_instead_of_showing_nothing() -> None:
    with pytest.raises(jinja2.UndefinedError):
        Pages(SHELL_WORDS).html("problem.html", Language.EN)


def test_a_family_can_have_one_rule_only_and_the_web_rooms_own_are_taken() -> None:
    register = Problems([ProblemRule(RoomError, 400, "a")])
    with pytest.raises(ValueError, match="already"):
        register.add(ProblemRule(RoomError, 400, "b"))
    with pytest.raises(ValueError, match="web room"):
        register.add(ProblemRule(Exception, 500, "all"))


def test_the_most_specific_rule_decides() -> None:
    register = Problems([ProblemRule(RoomError, 400, "family"), ProblemRule(WorseRoomError, 410, "member")])
    assert register.of(WorseRoomError("x")).status == 410
    assert register.of(RoomError("x")).title == "family"
    assert register.of(RateLimitedError(1)).status == 500


def test_a_problem_with_a_strange_status_still_has_a_title() -> None:
    assert Problem(status=499).as_dict()["title"] == "Error"
    assert orjson.loads(bytes(Problem(status=404).response().body))["title"] == "Not Found"
