"""Reading the stock, in process and over HTTP."""

from __future__ import annotations

import doctest
import importlib
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any

import pytest
from fastapi import FastAPI, Header, HTTPException
from fastapi.testclient import TestClient

from foundation.web import install_problems
from logistics import BadStockQuery, problem_rules
from logistics.stock import Account, ItemAccount, MaySee, Stock, router, site_key

from .world import FACTORY, GTIN, HOSPITAL, WAREHOUSE, World, can, lot, of, pallet

D = Decimal


@pytest.fixture
def stock() -> Stock:
    world = World()
    world.make(1, FACTORY, can(1), can(2), of_lot=lot("A"))
    world.make(1, FACTORY, of(lot("B"), "1.50", "KGM"), of("urn:acme:flour", 9))
    world.receive(2, HOSPITAL, of(lot("B"), "0.5", "KGM"))
    world.end(3, "dispensing", FACTORY, can(2))
    return world.stock


def test_levels_by_site_lot_and_class_in_any_form(stock: Stock) -> None:
    assert len(stock.levels()) == 4
    assert [level.site for level in stock.levels(site="urn:epc:id:sgln:9506000.00003.0")] == [HOSPITAL]
    assert [level.quantity for level in stock.levels(site=f"{FACTORY}/254/bin-9", lot=lot("A"))] == [D(1)]
    assert {level.lot for level in stock.levels(gtin="9506000134352")} == {lot("A"), lot("B")}
    assert [level.quantity for level in stock.levels(lot="(01)09506000134352(10)B")] == [D("1.5"), D("0.5")]
    assert [level.site for level in stock.levels(gtin=GTIN, lot="A")] == [FACTORY]
    assert [level.quantity for level in stock.levels(gtin="urn:acme:flour")] == [D(9)]
    assert stock.levels(site=WAREHOUSE) == []
    assert stock.levels(site=[]) == []
    assert stock.sites() == [FACTORY, HOSPITAL]


@pytest.mark.parametrize(
    "question",
    [{"gtin": "09506000134353"}, {"lot": "A"}, {"site": "https://id.gs1.org/414/1"}, {"lot": GTIN}],
)
def test_a_malformed_question_is_refused(stock: Stock, question: dict[str, str]) -> None:
    with pytest.raises(BadStockQuery):
        stock.levels(**question)


def test_levels_come_in_pages(stock: Stock) -> None:
    for sites in (None, [HOSPITAL, FACTORY]):
        paged, after = [], None
        while page := stock.levels(sites, after=after, limit=1):
            paged += page
            after = page[-1]
        assert paged == stock.levels()


def test_the_account_of_an_item(stock: Stock) -> None:
    assert stock.account("urn:epc:id:sgtin:9506000.013435.1") == ItemAccount(
        can(1), Account.SITE, FACTORY, GTIN, lot("A"), "available"
    )
    consumed = stock.account(can(2))
    assert consumed is not None
    assert consumed.account is Account.CONSUMED
    assert stock.account(can(7)) is None
    assert stock.account(pallet(1)) is None


def test_balances_of_one_lot_tell_all_accounts(stock: Stock) -> None:
    found = {str(b.account): b.quantity for b in stock.balances(lot=lot("B"))}
    assert found == {"site": D("0.5"), "supply": D("-1.5"), "suspense": D("-0.5")}


@pytest.fixture
def client(stock: Stock) -> Iterator[TestClient]:
    def viewer(authorization: Annotated[str | None, Header()] = None) -> MaySee:
        if authorization is None:
            raise HTTPException(401)
        return lambda site: authorization == "all" or site == authorization

    app = FastAPI()
    app.include_router(router(lambda: stock, viewer))
    install_problems(app, problem_rules())
    with TestClient(app) as client:
        yield client


def get(client: TestClient, who: str | None, **params: Any) -> Any:
    response = client.get("/stock", params=params, headers={} if who is None else {"authorization": who})
    return response.json() if response.status_code == 200 else response.status_code


def test_a_caller_sees_the_sites_he_is_responsible_for(client: TestClient) -> None:
    answer = get(client, HOSPITAL)
    assert answer == {
        "position": 4,
        "levels": [
            {
                "site": HOSPITAL, "gtin": GTIN, "lot": lot("B"), "status": "available",
                "quantity": "0.5", "uom": "KGM", "itemsSeen": 0,
            }
        ],
    }  # fmt: skip
    assert get(client, HOSPITAL, site=FACTORY) == {"position": 4, "levels": []}
    assert get(client, WAREHOUSE)["levels"] == []
    assert len(get(client, "all", site="urn:epc:id:sgln:9506000.00001.9")["levels"]) == 3
    assert get(client, None) == 401


def test_pages_over_http_follow_next(client: TestClient) -> None:
    whole, found, after = get(client, "all")["levels"], [], {}
    while True:
        answer = get(client, "all", limit=1, **after)
        found += answer["levels"]
        if "next" not in answer:
            break
        after = {"after": answer["next"]}
    assert found == whole
    assert len(found) == 4


@pytest.mark.parametrize(
    "question",
    [
        {"after": "x"},
        {"after": "[1,2,3,4,5]"},
        {"after": '["a"]'},
        {"after": "{}"},
        {"gtin": "09506000134353"},
    ],
)
def test_a_wrong_question_over_http_is_a_problem_in_words(
    client: TestClient, question: dict[str, str]
) -> None:
    response = client.get("/stock", params=question, headers={"authorization": "all"})
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    [value] = question.values()
    assert response.json()["title"] == "The question about stock is wrong"
    assert repr(value) in response.json()["detail"]


def test_a_bin_belongs_to_its_site() -> None:
    assert site_key(f"{HOSPITAL}/254/ward-7") == HOSPITAL
    assert site_key("geo:52.1,4.3") == "geo:52.1,4.3"


@pytest.mark.parametrize("name", ["goods", "condition", "levels"])
def test_the_examples_in_the_documentation_hold(name: str) -> None:
    outcome = doctest.testmod(importlib.import_module(f"logistics.stock.{name}"))
    assert outcome.attempted > 0
    assert outcome.failed == 0
