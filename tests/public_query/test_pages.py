"""The pages over HTTP: what they say in each language, what they never let through, and their JSON twin."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from foundation.web import Language, RateLimiter
from public_query import (
    MOST_STEPS,
    Outcome,
    ProductEvidence,
    as_json,
    decide,
    public_part,
    router,
)
from public_query.pages import PAGES as PAGES_OF_ROOM
from public_query.pages import item_page
from tests.public_query.cases import (
    BEIJING,
    CAPSULE_CHAIN,
    DEPOT,
    DESTROYED,
    DISPUTES,
    GTIN,
    HOSTILE,
    RECALL,
    TEA_GTIN,
    FakeService,
    evidence_of,
    identity,
    item,
)
from tests.public_query.conftest import BROWSER_ACCEPT, application

SAID = [
    ("genuine", "正品", "Genuine"),
    ("recalled", "已召回", "Recalled"),
    ("expired", "已过期", "Expired"),
    ("sold", "已售出", "Already sold"),
    ("dispensed", "已发药", "Already dispensed"),
    ("suspect", "存疑", "Doubtful"),
    ("stranger", "存疑", "Doubtful"),
    ("nobody", "查无记录", "No record"),
    ("ended", "已退出流通", "Taken out of use"),
    ("disputed", "正品", "Genuine"),
]


SSCC = "/00/106141412345678908"


class Outline(HTMLParser):
    """What a reader of the page's structure meets: headings, landmarks, ids, and references between them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.references: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        for name, value in attrs:
            self.attributes.append((name, value or ""))
            if name == "id":
                self.ids.append(value or "")
            if name in ("aria-labelledby", "aria-describedby", "for"):
                self.references.append(value or "")


@pytest.mark.parametrize(("serial", "zh", "en"), SAID)
def test_the_verdict_is_the_first_heading_in_the_readers_language(
    serial: str, zh: str, en: str, browser: TestClient
) -> None:
    for wanted, said, tag in (("zh", zh, "zh-Hans"), ("en", en, "en")):
        page = browser.get(item(serial), params={"lang": wanted})
        assert page.status_code == 200
        assert f'<html lang="{tag}">' in page.text
        heading = re.search(r"<h1[^>]*>([^<]*)</h1>", page.text)
        assert heading is not None
        assert heading[1] == said
        assert f"<title>{said}" in page.text


PAGES = ["/", "/scan", item("genuine"), item("recalled"), item("nobody"), item("tea", TEA_GTIN), "/01/1",
         f"/01/{GTIN}/10/A260302", item("hostile"), item("ended"), item("disputed"), item("long"),
         item("crowd"), SSCC, "/414/9506000134352", "/scan?code=", "/verify?id=urn:uuid:1"]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_has_landmarks_one_main_heading_and_no_dangling_reference(
    path: str, language: str, browser: TestClient
) -> None:
    html = browser.get(path, headers={"Accept-Language": language}).text
    outline = Outline(html)
    assert [outline.tags.count(tag) for tag in ("header", "main", "footer")][1:] == [1, 1]
    assert outline.headings.count(1) == 1
    assert all(
        after - before <= 1 for before, after in zip(outline.headings, outline.headings[1:], strict=False)
    )
    assert len(outline.ids) == len(set(outline.ids))
    assert set(outline.references) <= set(outline.ids)
    assert {"skip", "brand"} <= {value for name, value in outline.attributes if name == "class"}
    assert html.count('hreflang="zh-Hans"') == html.count('hreflang="en"') == 1


@pytest.mark.parametrize("path", PAGES)
def test_no_page_holds_inline_script_style_or_another_host(path: str, browser: TestClient) -> None:
    outline = Outline(browser.get(path).text)
    assert "script" not in outline.tags
    assert "style" not in outline.tags
    for name, value in outline.attributes:
        assert name != "style"
        assert not name.startswith("on")
        if name in ("href", "src", "action"):
            assert re.match(r"/(?!/)|\?|#", value), value


def test_hostile_text_from_the_chain_is_shown_and_never_run(browser: TestClient) -> None:
    for language in ("zh", "en"):
        html = browser.get(item("hostile"), params={"lang": language}).text
        assert "<script" not in html
        assert "<img" not in html
        assert html.count("&lt;script&gt;alert") >= 12


@pytest.mark.parametrize(
    "path", ["/scan?code={}", "/verify?id={}", "/verify?id=urn:x:1&x={}", "/01/{}", "/verify/01/{}"]
)
def test_hostile_text_from_the_address_is_shown_and_never_run(path: str, browser: TestClient) -> None:
    html = browser.get(path.format(HOSTILE)).text
    assert "<script" not in html
    assert "<img" not in html
    assert "onerror=alert(1)>" not in html


def test_a_proof_address_can_never_be_a_script(browser: TestClient) -> None:
    html = browser.get(item("genuine")).text
    assert 'href="/verify/proof/4001" download' in html


def test_the_page_shows_product_chain_origins_and_proof(browser: TestClient) -> None:
    html = browser.get(item("tea", TEA_GTIN), params={"lang": "zh"}).text
    for said in ("云雾高山绿茶", "T2604", "2026年4月4日", "2027年10月3日", "生产赋码", "松谷茶园", "F-0403",
                 "log.qinglan.example/suyuan", "suyuan verify FILE --trust KEYS", "下载证明"):  # fmt: skip
        assert said in html, said
    assert html.count("<li>") >= 5


def test_instants_are_shown_in_the_sites_zone_and_written_in_utc_for_machines(browser: TestClient) -> None:
    html = browser.get(item("genuine"), params={"lang": "en"}).text
    assert '<time datetime="2026-03-05T23:30:00.000Z">6 March 2026, 07:30</time>' in html
    assert "Checked 20 May 2026, 14:30 (UTC+08:00)" in html


def test_a_hop_that_may_not_be_shown_is_shown_as_hidden(browser: TestClient) -> None:
    html = browser.get(item("genuine"), params={"lang": "zh"}).text
    assert "参与方未公开" in html
    assert html.count('class="chain-step"') == 6


def test_steps_that_are_left_out_are_counted_at_their_place(browser: TestClient, client: TestClient) -> None:
    html = browser.get(item("long"), params={"lang": "en"}).text
    assert "37 earlier steps are not shown" in html
    assert "From its making until now, 41 steps; these are the latest 4." in html
    assert html.index("37 earlier steps") < html.index('class="chain-step"')
    assert client.get(item("long"), params={"format": "json"}).json()["chainLeftOut"] == 37
    assert "earlier" not in browser.get(item("genuine"), params={"lang": "en"}).text


def test_never_more_than_200_steps_are_rendered_and_the_latest_stay() -> None:
    steps = tuple(replace(CAPSULE_CHAIN[0], position=place) for place in range(1_000))
    long = evidence_of(identity(item("long")), chain=steps, chain_left_out=5)
    html = PAGES_OF_ROOM.html(
        "item.html", Language.EN, **item_page(long, decide(long, BEIJING), BEIJING, Language.EN)
    )
    assert html.count('class="chain-step"') == MOST_STEPS == 200
    assert "805 earlier steps are not shown" in html
    body = as_json(long, decide(long, BEIJING))
    assert (len(body["chain"]), body["chainLeftOut"]) == (200, 805)
    assert body["chain"][-1]["position"] == 999
    one = replace(long, chain=steps[:201], chain_left_out=0)
    assert "1 earlier step is not shown" in PAGES_OF_ROOM.html(
        "item.html", Language.EN, **item_page(one, decide(one, BEIJING), BEIJING, Language.EN)
    )


def test_what_is_taken_out_of_use_says_what_shop_and_buyer_do(
    browser: TestClient, client: TestClient
) -> None:
    html = browser.get(item("ended"), params={"lang": "en"}).text
    assert "It was recorded as destroyed on 15 May 2026." in html
    assert "A shop must not sell it." in html
    assert "tone-gone" in html
    assert "警方" in browser.get(item("stolen"), params={"lang": "zh"}).text
    body = client.get(item("ended"), params={"format": "json"}).json()
    assert body["verdict"]["outcome"] == "ended"
    assert body["ended"] == {
        "kind": "destroyed",
        "time": "2026-05-15T07:45:00.000Z",
        "eventID": "urn:uuid:5b6f1c3a-0031-4d7e-9a51-6a1d2f0e7c31",
    }


def test_remarks_on_outsiders_are_neutral(browser: TestClient, client: TestClient) -> None:
    html = browser.get(item("disputed"), params={"lang": "en"}).text
    remark = re.search(r'<li class="reason-(\w+)">(?:(?!</li>).)*Another company', html, re.DOTALL)
    assert remark is not None
    assert remark[1] == "quiet"
    body = client.get(item("disputed"), params={"format": "json"}).json()
    assert body["disputed"][1] == {
        "code": "statements_left_out",
        "time": "2026-05-02T08:00:00.000Z",
        "count": 3,
    }


def test_a_shipping_units_page_says_its_kind_and_asks_nothing(
    browser: TestClient, client: TestClient, service: FakeService
) -> None:
    for path in (SSCC, "/verify" + SSCC, "/8004/9506000134352A1", "/253/9506000134352DOC1"):
        html = browser.get(path, params={"lang": "en"}).text
        assert "Not a product code" in html
        assert "shown only to those who handle it" in html
        for absent in ('id="chain"', 'id="proof"', 'id="product"', "Checked", "GMT"):
            assert absent not in html, absent
        body = client.get(path, params={"format": "json"}).json()
        assert set(body) == {"identity", "level", "subject", "checkedAt", "verdict"}
        assert body["verdict"]["outcome"] == "not_a_product"
    for path in (SSCC, "/8004/9506000134352A1", "/253/9506000134352DOC1"):
        links = client.get(path, headers={"Accept": "application/linkset+json"}).json()["linkset"][0]
        assert links["itemDescription"] == "Not a product code"
        assert not any("traceability" in name or "recall" in name for name in links)
        assert client.get(path, params={"linkType": "gs1:traceability"}).status_code == 404
    assert "运输单元" in browser.get(SSCC, params={"lang": "zh"}).text
    assert service.asked == [], "what nobody asks for cannot leak, not even by how long it takes"


def test_the_room_itself_shows_nothing_of_a_shipping_unit_whatever_it_is_given() -> None:
    told = evidence_of(identity(SSCC), recalls=(RECALL,), site=DEPOT, ended=DESTROYED, disputed=DISPUTES)
    assert public_part(told) == ProductEvidence(identity(SSCC), told.checked_at)
    assert set(as_json(told, decide(told, BEIJING))) == {
        "identity",
        "level",
        "subject",
        "checkedAt",
        "verdict",
    }


@pytest.mark.parametrize("key", ["414", "417"])
def test_places_and_parties_show_the_name_and_city_their_owner_published(
    key: str, browser: TestClient, client: TestClient
) -> None:
    path = f"/{key}/9506000134352"
    html = browser.get(path, params={"lang": "zh"}).text
    assert "华东医药物流中心" in html
    assert "上海" in html
    body = client.get(path, params={"format": "json"}).json()
    assert body["name"]["en"] == "East China drug logistics centre"
    assert body["city"]["en"] == "Shanghai"
    links = client.get(path, headers={"Accept": "application/linkset+json"}).json()["linkset"][0]
    assert links["itemDescription"] == "East China drug logistics centre"
    told = evidence_of(identity(path), site=DEPOT)
    assert public_part(told) == ProductEvidence(identity(path), told.checked_at, site=DEPOT)


def test_a_place_of_which_nothing_is_published_says_so(browser: TestClient) -> None:
    html = browser.get("/414/9506000134352/254/A1", params={"lang": "en"}).text
    assert "has published no name for it here" in html
    assert "East China" not in html


def test_when_too_many_ask_the_page_is_calm_and_says_when_to_come_again(
    browser: TestClient, client: TestClient
) -> None:
    for path in (item("crowd"), "/verify" + item("crowd")):
        page = browser.get(path, params={"lang": "en"})
        assert page.status_code == 503
        assert page.headers["retry-after"] == "5"
        assert page.headers["cache-control"] == "no-store"
        assert "This says nothing about your item" in page.text
        assert 'href="?lang=en"' in page.text
        for headers in ({"Accept": "application/json"}, {"Accept": "application/linkset+json"}):
            if path.startswith("/verify"):
                headers = {"Accept": "application/json"}
            answer = client.get(path, headers=headers)
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "5"
            assert answer.json()["type"] == "urn:suyuan:problem:busy"


def test_a_recall_notice_says_what_to_do(browser: TestClient) -> None:
    html = browser.get(item("recalled"), params={"lang": "zh"}).text
    assert "召回公告" in html
    assert "停止服用" in html
    assert html.index("召回公告") < html.index("依据")


def test_an_unknown_item_gets_advice_and_no_empty_sections(browser: TestClient) -> None:
    html = browser.get(item("nobody"), params={"lang": "zh"}).text
    assert "查无记录不等于假货" in html
    for absent in ("一路走来", "原料来源", "如何自己核验", "召回公告"):
        assert absent not in html


def test_the_same_address_answers_json_with_the_same_verdict(client: TestClient) -> None:
    for path in (item("recalled"), "/verify" + item("recalled")):
        for request in ({"params": {"format": "json"}}, {"headers": {"Accept": "application/json"}}):
            body = client.get(path, **request).json()  # type: ignore[arg-type]
            assert body["verdict"]["outcome"] == Outcome.RECALLED
            assert body["verdict"]["heading"] == {"zh": "已召回", "en": "Recalled"}
            assert body["verdict"]["reasons"][0]["eventIDs"] == [
                "urn:uuid:5b6f1c3a-0021-4d7e-9a51-6a1d2f0e7c21"
            ]
            assert body["chain"][0]["time"] == "2026-03-02T01:12:00.000Z"
            assert body["chain"][3] == {
                "time": "2026-03-06T14:10:00.000Z",
                "bizStep": "transporting",
                "inContainer": True,
                "eventID": "urn:uuid:5b6f1c3a-0004-4d7e-9a51-6a1d2f0e7c04",
                "position": 4004,
            }
            assert body["expiryDate"] == "2028-03-01"
            assert body["proof"]["checkpoint"]["size"] == 18204


def test_json_of_the_unknown_leaves_out_what_is_not_known(client: TestClient) -> None:
    body = client.get(item("nobody"), params={"format": "json"}).json()
    assert set(body) == {"identity", "level", "checkedAt", "verdict"}
    assert body["verdict"]["outcome"] == "unknown"


def test_verdicts_are_kept_by_no_cache_and_by_no_search_engine(client: TestClient) -> None:
    for headers in ({"Accept": BROWSER_ACCEPT}, {"Accept": "application/json"}):
        answer = client.get(item("genuine"), headers=headers)
        assert answer.headers["cache-control"] == "private, no-cache"
        assert answer.headers["x-robots-tag"] == "noindex"
        assert "Accept" in answer.headers["vary"]


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        (f"(01){GTIN}(10)A260302(21)7", f"/verify/01/{GTIN}/10/A260302/21/7"),
        (f"https://shop.example/01/{GTIN}/21/a%2Fb", f"/verify/01/{GTIN}/21/a%2Fb"),
        (GTIN[1:], f"/verify/01/{GTIN}"),
        ("urn:uuid:5b6f1c3a-0001-4d7e-9a51-6a1d2f0e7c01",
         "/verify?id=urn%3Auuid%3A5b6f1c3a-0001-4d7e-9a51-6a1d2f0e7c01"),
        ("urn:epc:id:gid:952056.2718.1414", "/verify?id=urn%3Aepc%3Aid%3Agid%3A952056.2718.1414"),
    ],
)  # fmt: skip
def test_a_typed_code_leads_to_the_page_about_it(typed: str, address: str, browser: TestClient) -> None:
    answer = browser.get("/scan", params={"code": typed})
    assert answer.status_code == 303
    assert answer.headers["location"] == address
    assert browser.get(address).status_code == 200


def test_the_language_chosen_on_the_form_stays(browser: TestClient) -> None:
    answer = browser.get("/scan", params={"code": GTIN, "lang": "zh"})
    assert answer.headers["location"].endswith("?lang=zh")


def test_any_form_of_an_identifier_is_sent_to_its_own_page(client: TestClient) -> None:
    answer = client.get("/verify", params={"id": "urn:epc:id:sgtin:690123.4000001.7", "format": "json"})
    assert answer.status_code == 307
    assert re.fullmatch(r"/verify/01/\d{14}/21/7\?format=json", answer.headers["location"])


def test_a_code_that_cannot_be_read_comes_back_in_the_form(browser: TestClient) -> None:
    page = browser.get("/scan", params={"code": "(01)06901234000017(21)7"})
    assert page.status_code == 400
    assert 'value="(01)06901234000017(21)7"' in page.text
    assert 'aria-invalid="true"' in page.text


def test_nothing_typed_asks_for_a_code(browser: TestClient) -> None:
    page = browser.get("/scan?code=%20", headers={"Accept-Language": "zh"})
    assert page.status_code == 400
    assert "请先输入编码" in page.text


@pytest.mark.parametrize(
    "path", ["/", "/scan", item("genuine"), "/verify" + item("genuine"), "/verify?id=urn:uuid:1"]
)
def test_public_pages_are_rate_limited_by_client(path: str) -> None:
    limiter = RateLimiter(per_second=1, burst=2, clock=lambda: 0.0)
    client = TestClient(application(FakeService(), limiter), headers={"Accept": BROWSER_ACCEPT})
    assert [client.get(path).status_code for _ in range(3)] == [200, 200, 429]
    assert client.get(path).headers["retry-after"] == "1"


def test_head_of_a_page_has_its_headers_and_no_body(browser: TestClient) -> None:
    for path in ("/", "/scan", "/verify" + item("genuine"), "/verify?id=urn:uuid:1"):
        head = browser.head(path)
        assert head.status_code == 200
        assert head.content == b""
        assert int(head.headers["content-length"]) > 1000


def test_a_failing_service_answers_500_and_leaks_nothing() -> None:
    class Broken:
        def evidence(self, identity: object) -> object:
            raise RuntimeError("the secret place of the log")

    client = TestClient(application(Broken()), raise_server_exceptions=False)  # type: ignore[arg-type]
    answer = client.get("/verify" + item("genuine"), headers={"Accept": BROWSER_ACCEPT})
    assert answer.status_code == 500
    assert "secret" not in answer.text


@pytest.mark.parametrize("threaded", [True, False])
def test_a_known_public_address_is_used_in_every_absolute_link(threaded: bool) -> None:
    app = FastAPI()
    app.include_router(router(FakeService(), base_url="https://id.suyuan.example/", threaded=threaded))
    client = TestClient(app, base_url="http://10.0.0.7:8000", follow_redirects=False)
    answer = client.get(item("genuine"))
    assert answer.headers["location"] == f"https://id.suyuan.example/verify{item('genuine')}"
    assert "10.0.0.7" not in answer.headers["link"]
    body = client.get(item("genuine"), headers={"Accept": "application/linkset+json"}).text
    assert "10.0.0.7" not in body
    assert client.get("/.well-known/gs1resolver").json()["resolverRoot"] == "https://id.suyuan.example"
