"""The resolver over HTTP: syntax, levels, the linkset, redirects and CORS."""

from __future__ import annotations

import re
from pathlib import Path

import jsonschema_rs
import orjson
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from public_query import BadCodeError, page_path, read_code, read_path
from public_query.resolver import KEYS
from tests.public_query.cases import GTIN, FakeService, identity, item
from tests.public_query.conftest import BROWSER_ACCEPT

LINKSET = {"Accept": "application/linkset+json"}
VOC = "https://ref.gs1.org/voc/"

PATHS = [
    "/00/106141412345678908",
    f"/01/{GTIN}",
    f"/01/{GTIN}/10/A1",
    f"/01/{GTIN}/22/V1/10/A1/21/7",
    f"/01/{GTIN}/21/a%2Fb%25c",
    f"/01/{GTIN}/235/TPX1",
    "/253/9506000134352DOC1",
    "/255/9506000134352123",
    "/401/9506000134352A",
    "/402/95060001343520000",
    "/414/9506000134352",
    "/414/9506000134352/254/A1",
    "/417/9506000134352",
    "/8003/09506000134352A1",
    "/8004/9506000134352A1",
    "/8006/095060001343520102/21/7",
    "/8010/9506000134352-1/8011/5",
    "/8017/950600013435200008",
    "/8018/950600013435200008",
]

WRONG = [
    ("/01/06901234000017", "check digit"),
    ("/01/069012340000", ""),
    ("/01/0690123400001X", ""),
    (f"/01/{GTIN}/foo", ""),
    (f"/01/{GTIN}/21", ""),
    (f"/01/{GTIN}/21/7/10/A1", "order"),
    (f"/01/{GTIN}/21/{'9' * 21}", ""),
    (f"/01/{GTIN}/21/%E4%B8%AD", ""),
    (f"/01/{GTIN}/21/%", ""),
    (f"/01/{GTIN}/99/x", ""),
    (f"/01/x/01/{GTIN}", "more than one key"),
    (f"/01/{GTIN}/01/{GTIN}", "more than one key"),
    (f"/01/x/y/01/{GTIN}", "no value"),
    (f"/01/{GTIN}/21/7/01/{GTIN}/21/7", "more than one key"),
    ("/01", ""),
    ("/01/", ""),
    ("/00/106141412345678909", "check digit"),
    ("/414/9506000134352/21/1", ""),
    (f"/01/{GTIN}/21/{'a' * 3000}", "longer"),
]


@pytest.mark.parametrize("path", PATHS)
def test_every_key_is_resolved_for_browsers_programs_and_linkset_readers(
    path: str, client: TestClient, service: FakeService
) -> None:
    page = client.get(path, headers={"Accept": BROWSER_ACCEPT})
    assert page.status_code == 200, page.text
    assert page.headers["content-type"].startswith("text/html")
    answer = client.get(path, headers={"Accept": "application/json"})
    assert answer.json()["identity"] == identity(path).uri
    links = client.get(path, headers=LINKSET)
    assert links.headers["content-type"] == "application/linkset+json"
    assert all(asked == identity(path) for asked in service.asked)


@pytest.mark.parametrize(("path", "rule"), WRONG)
@pytest.mark.parametrize("prefix", ["", "/verify"])
def test_bad_syntax_is_400_and_quotes_what_is_wrong(
    prefix: str, path: str, rule: str, client: TestClient, service: FakeService
) -> None:
    answer = client.get(prefix + path, headers={"Accept": "application/json"})
    assert answer.status_code == 400
    body = answer.json()
    assert body["type"] == "urn:suyuan:problem:bad-code"
    assert body["rule"]
    assert rule in body["rule"]
    page = client.get(prefix + path, headers={"Accept": BROWSER_ACCEPT})
    assert page.status_code == 400
    assert "This code cannot be read" in page.text
    assert 'name="code"' in page.text
    assert client.get(prefix + path, headers=LINKSET).status_code == 400
    assert service.asked == []


def test_a_wrong_check_digit_is_explained_in_chinese(browser: TestClient) -> None:
    page = browser.get("/01/06901234000017/21/1", headers={"Accept-Language": "zh"})
    assert page.status_code == 400
    assert "/01/06901234000017/21/1" in page.text
    assert "末位校验码应为 6，读到的是 7" in page.text


@pytest.mark.parametrize("path", PATHS)
def test_slashes_at_the_end_are_borne(path: str, client: TestClient) -> None:
    assert read_path(path + "/") == read_path(path)
    assert client.get(path + "/", headers={"Accept": BROWSER_ACCEPT}).status_code == 200


def test_a_slash_within_a_serial_is_not_a_separator(client: TestClient, service: FakeService) -> None:
    client.get(f"/01/{GTIN}/21/a%2F10%2Fb", headers={"Accept": BROWSER_ACCEPT})
    assert service.asked[0].serial == "a/10/b"


def test_who_asks_for_nothing_better_is_redirected_to_the_one_default_link(client: TestClient) -> None:
    answer = client.get(item("genuine") + "?a=1&b=%E4%B8%AD")
    assert answer.status_code == 307
    assert answer.headers["location"] == f"/verify{item('genuine')}?a=1&b=%E4%B8%AD"
    assert 'rel="linkset"' in answer.headers["link"]
    followed = client.get(answer.headers["location"])
    assert followed.status_code == 200


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("schema_name", ["gs1-linkset-schema.json", "linkset-schema.json"])
def test_every_linkset_keeps_the_official_schema(
    path: str, schema_name: str, client: TestClient, shared: Path
) -> None:
    schema = orjson.loads((shared / "gs1" / "linkset" / schema_name).read_bytes())
    validator = jsonschema_rs.validator_for(schema)
    # itemDescription is GS1's own member, which the plain RFC schema does not list.
    for request in (
        {"headers": LINKSET},
        {"params": {"linkType": "linkset"}},
        {"params": {"linkType": "all"}},
    ):
        body = client.get(path, **request).json()  # type: ignore[arg-type]
        if schema_name == "linkset-schema.json":
            for context in body["linkset"]:
                del context["itemDescription"]
        errors = [error.message for error in validator.iter_errors(body)]
        assert errors == []


def test_the_schema_used_here_refuses_its_own_bad_examples(shared: Path) -> None:
    schema = orjson.loads((shared / "gs1" / "linkset" / "gs1-linkset-schema.json").read_bytes())
    validator = jsonschema_rs.validator_for(schema)
    folder = shared / "gs1" / "linkset"
    assert validator.is_valid(orjson.loads((folder / "valid-gs1-example.json").read_bytes()))
    assert not validator.is_valid(orjson.loads((folder / "invalid-gs1-example.json").read_bytes()))


@pytest.mark.parametrize("path", PATHS)
def test_a_linkset_has_every_level_and_one_default_link_without_optional_attributes(
    path: str, client: TestClient
) -> None:
    contexts = client.get(path, headers=LINKSET).json()["linkset"]
    defaults = [context[VOC + "defaultLink"] for context in contexts if VOC + "defaultLink" in context]
    assert len(defaults) == 1
    assert len(defaults[0]) == 1
    assert set(defaults[0][0]) == {"href", "title"}
    described = {
        link["href"].partition("#")[0]
        for context in contexts
        for name, links in context.items()
        if name.startswith(VOC) and name != VOC + "defaultLink"
        for link in links
    }
    assert defaults[0][0]["href"] in described, "the default is described by a type of its own as well"
    assert [context["anchor"] for context in contexts] == sorted(
        {context["anchor"] for context in contexts}, key=len, reverse=True
    )
    assert contexts[0]["anchor"] == "https://id.gs1.org" + path


def test_levels_walk_up_from_serial_to_lot_to_variant_to_product() -> None:
    named = read_path(f"/01/{GTIN}/22/V1/10/A1/21/7")
    assert [level.path for level in named.levels] == [
        f"/01/{GTIN}/22/V1/10/A1/21/7",
        f"/01/{GTIN}/22/V1/10/A1",
        f"/01/{GTIN}/22/V1",
        f"/01/{GTIN}",
    ]


def test_every_link_type_used_is_one_of_gs1s(client: TestClient, shared: Path) -> None:
    official = orjson.loads((shared / "gs1" / "linktypes_v1.16.json").read_bytes())["linktypes"]
    for path in PATHS:
        for context in client.get(path, headers=LINKSET).json()["linkset"]:
            for name in context.keys() - {"anchor", "itemDescription"}:
                assert "gs1:" + name.removeprefix(VOC) in official


@pytest.mark.parametrize(
    ("link_type", "target"),
    [
        ("gs1:pip", ""),
        ("gs1:traceability", "#chain"),
        ("https://gs1.org/voc/recallStatus", "#verdict"),
        ("https://ref.gs1.org/voc/pip", ""),
        ("gs1:defaultLink", ""),
    ],
)
def test_a_link_type_that_is_there_is_redirected_to(link_type: str, target: str, client: TestClient) -> None:
    answer = client.get(item("genuine"), params={"linkType": link_type}, headers={"Accept": BROWSER_ACCEPT})
    assert answer.status_code == 307
    address, _, fragment = answer.headers["location"].partition("#")
    assert address.startswith(f"/verify{item('genuine')}?linkType=")
    assert fragment == target.removeprefix("#")


def test_a_link_type_that_is_not_there_is_404(client: TestClient) -> None:
    answer = client.get(item("genuine"), params={"linkType": "gs1:recipeInfo"})
    assert answer.status_code == 404
    assert answer.json()["available"] == ["pip", "recallStatus", "traceability"]


@pytest.mark.parametrize("path", PATHS)
def test_head_answers_as_get_does_without_a_body(path: str, client: TestClient) -> None:
    for headers in ({"Accept": BROWSER_ACCEPT}, LINKSET, {"Accept": "*/*"}):
        head, get = client.head(path, headers=headers), client.get(path, headers=headers)
        assert head.status_code == get.status_code
        assert head.headers.get("content-type") == get.headers.get("content-type")
        assert head.headers["link"] == get.headers["link"]
        assert head.content == b""


def test_options_and_cors_let_other_sites_resolve(client: TestClient) -> None:
    answer = client.options(item("genuine"))
    assert answer.status_code == 204
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    assert answer.headers["access-control-allow-origin"] == "*"
    for path in (item("genuine"), "/01/1"):
        assert client.get(path, headers=LINKSET).headers["access-control-allow-origin"] == "*"


def test_the_description_file_names_every_key_and_a_context_that_is_there(client: TestClient) -> None:
    described = client.get("/.well-known/gs1resolver").json()
    assert described["resolverRoot"] == "https://suyuan.example"
    assert set(described["supportedPrimaryKeys"]) == set(KEYS)
    context = client.get(described["jsonLdContextLocation"])
    assert context.headers["content-type"] == "application/ld+json"
    assert context.json()["@context"]["anchor"] == "@id"


def test_the_keys_are_those_of_the_official_syntax_dictionary(shared: Path) -> None:
    lines = (shared / "gs1" / "gs1-syntax-dictionary.txt").read_text(encoding="utf-8").splitlines()
    official = {line.split()[0] for line in lines if re.match(r"\d", line) and "dlpkey" in line}
    assert set(KEYS) == official


@given(st.text(st.characters(codec="ascii"), max_size=60))
def test_any_path_names_something_or_is_refused(tail: str) -> None:
    try:
        named = read_path(f"/01/{GTIN}/21/{tail}")
    except BadCodeError as error:
        said = error.rule
    else:
        said = "the same, normalised" if read_path(named.path) == named else ""
    assert said


@pytest.mark.parametrize("path", PATHS)
def test_the_page_of_an_identity_names_that_identity(path: str) -> None:
    found = identity(path)
    back = page_path(found)
    assert back is not None
    assert identity(back).uri == found.uri
    assert identity(back).lot == found.lot


@pytest.mark.parametrize(
    "typed",
    [
        f"https://id.gs1.org/01/{GTIN}/21/7",
        f"http://example.com/some/stem/01/{GTIN}/21/7?x=1",
        f"/01/{GTIN}/21/7",
        f"(01){GTIN}(21)7",
        f"（０１）{GTIN}（21）7",
        " (01) 0690 1234 0000 16 \n(21) 7\u3000",
        f"01{GTIN}217",
    ],
)
def test_every_way_of_typing_a_code_is_read_alike(typed: str) -> None:
    assert read_code(typed).uri == f"https://id.gs1.org/01/{GTIN}/21/7"


@pytest.mark.parametrize("typed", ["", "   ", "hello", "(01)123", "x" * 3000, "\x00"])
def test_what_is_no_code_is_refused_with_a_rule(typed: str) -> None:
    with pytest.raises(BadCodeError) as refused:
        read_code(typed)
    assert refused.value.rule
