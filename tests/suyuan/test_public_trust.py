"""Whose word counts on the public's pages: a stranger can neither discredit nor embellish what is not theirs,
and no page costs more than it may."""

from __future__ import annotations

from typing import Any

import pytest

from suyuan.public import gather, trust
from tests.suyuan.conftest import PARTIES, World
from tests.suyuan.documents import (
    CASE,
    GTIN,
    ITEM,
    LOT,
    at,
    commissioned,
    event,
    master_data,
    of_lot,
    packed,
    sold,
)

MILK = "https://id.gs1.org/01/09521101000016/10/M1"
MELAMINE = "https://id.gs1.org/01/09521009000012/10/BAD"
RECALLED = {"disposition": "recalled", "persistentDisposition": {"set": ["recalled"]}, "bizStep": "holding"}


def to(party: str) -> dict[str, Any]:
    """A shipment that names who it goes to."""
    return {
        "bizStep": "shipping",
        "destinationList": [{"type": "possessing_party", "destination": PARTIES[party].id}],
    }


def codes(world: World, uri: str = ITEM) -> set[str]:
    return {reason["code"] for reason in world.page(uri)["verdict"]["reasons"]}


# -- recalls -----------------------------------------------------------------------------------------


def test_a_recall_that_a_stranger_lifts_in_advance_stands_all_the_same(world: World) -> None:
    lifted = of_lot(0, persistentDisposition={"unset": ["recalled"]}, eventTime="2090-01-01T00:00:00Z")
    world.capture("forger", lifted)
    world.capture("dairy", commissioned(), of_lot(90, **RECALLED))
    assert world.outcome(ITEM) == "recalled"


def test_whoever_receives_recalled_goods_does_not_lift_the_recall(world: World) -> None:
    world.capture("dairy", commissioned(), of_lot(90, disposition="recalled", bizStep="holding"))
    world.capture("shop", of_lot(95, bizStep="receiving", disposition="in_progress"))
    world.capture("shop", of_lot(96, bizStep="stocking", disposition="sellable_accessible"))
    assert world.outcome(ITEM) == "recalled"


def test_a_recall_of_the_whole_product_covers_every_item(world: World) -> None:
    world.capture("dairy", commissioned())
    world.capture("dairy", event(90, epcList=None, quantityList=[{"epcClass": GTIN}], **RECALLED))
    assert world.outcome(ITEM) == "recalled"


# -- ends --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "end",
    [
        {"action": "DELETE", "bizStep": "destroying", "disposition": "destroyed"},
        {"action": "DELETE", "bizStep": "decommissioning", "disposition": "inactive"},
        {"disposition": "stolen"},
        {"disposition": "expired"},
    ],
)
def test_what_its_own_chain_took_out_of_use_is_not_genuine_any_more(
    world: World, end: dict[str, Any]
) -> None:
    world.capture("dairy", commissioned(), event(30, **end))
    assert world.outcome(ITEM) == "ended"


def test_what_went_into_another_product_is_ended(world: World) -> None:
    used = event(
        30, epcList=None, action=None, type="TransformationEvent", inputEPCList=[ITEM],
        outputEPCList=[f"{GTIN}/21/900"],
    )  # fmt: skip
    world.capture("dairy", commissioned(), used)
    assert world.outcome(ITEM) == "ended"


def test_a_stranger_cannot_end_an_item(world: World) -> None:
    world.capture("dairy", commissioned())
    world.capture("forger", event(30, action="DELETE", bizStep="destroying", disposition="destroyed"))
    world.capture("dairy", event(40))
    assert world.outcome(ITEM) == "genuine"
    assert "statements_left_out" in codes(world)


def test_a_stolen_item_that_was_found_is_genuine_again(world: World) -> None:
    world.capture("dairy", commissioned(), event(30, disposition="stolen"))
    world.capture("dairy", event(40, disposition="active"))
    assert world.outcome(ITEM) == "genuine"


# -- strangers ---------------------------------------------------------------------------------------


def test_a_stranger_who_states_the_making_too_is_a_remark_and_no_suspicion(world: World) -> None:
    world.capture("dairy", commissioned())
    world.capture("forger", commissioned(3))
    assert world.outcome(ITEM) == "genuine"
    assert "made_by_another" in codes(world)


def test_what_a_stranger_packs_into_its_own_case_stays_in_its_own(world: World) -> None:
    world.capture("dairy", commissioned(), packed(1, CASE, ITEM), event(5, CASE, **to("depot")))
    world.capture("forger", packed(2, "https://id.gs1.org/00/195210090000000015", ITEM))
    world.capture("depot", event(20, CASE, bizStep="receiving"))
    page = world.page(ITEM)
    assert page["verdict"]["outcome"] == "genuine"
    assert [step["bizStep"] for step in page["chain"]] == [
        "commissioning",
        "packing",
        "shipping",
        "receiving",
    ]
    assert "Forger" not in str(page)


def test_the_chain_grows_with_whom_it_names_and_with_who_receives_what_was_sent_to_nobody(
    world: World,
) -> None:
    world.capture("dairy", commissioned(), packed(1, CASE, ITEM), event(5, CASE, **to("depot")))
    world.capture("depot", event(20, CASE, bizStep="receiving"), event(30, CASE, bizStep="shipping"))
    world.capture("shop", event(44, CASE, bizStep="receiving"))
    world.capture("shop", packed(45, CASE, action="DELETE", bizStep="unpacking"))
    parties = [step["party"]["en"] for step in world.page(ITEM)["chain"]]
    assert parties == ["Dairy", "Dairy", "Dairy", "Depot", "Depot", "Shop", "Shop"]


def test_a_sale_counts_wherever_it_happens_and_only_who_sold_takes_it_back(world: World) -> None:
    world.capture("dairy", commissioned())
    world.capture("shop", sold(48, action="OBSERVE"))
    world.capture("forger", event(50, disposition="returned", bizStep="receiving"))
    assert world.outcome(ITEM) == "sold"
    world.capture("shop", event(52, disposition="returned", bizStep="receiving"))
    assert world.outcome(ITEM) == "genuine"


def test_nobody_but_the_owner_of_a_number_names_it(world: World) -> None:
    lie = {
        "id": GTIN,
        "suyuan:descriptionShortZh": "有毒",
        "descriptionShort": "Poison",
        "registration": "X1",
    }
    world.capture("forger", event(3, f"{GTIN}/21/77"), **master_data(gtin=lie))
    world.capture("dairy", commissioned())
    assert "Poison" not in str(world.page(ITEM))
    world.capture("dairy", event(4), **master_data(gtin={"id": GTIN, "descriptionShort": "Formula"}))
    page = world.page(ITEM)
    assert page["product"]["name"] == {"zh": "Formula", "en": "Formula"}
    assert "X1" not in str(page)


def test_a_stranger_cannot_put_an_ingredient_into_anothers_transformation(world: World) -> None:
    shared = {"transformationID": "urn:x:t:1", "type": "TransformationEvent", "epcList": None, "action": None}
    world.capture(
        "dairy",
        event(
            -9, **shared, inputQuantityList=[{"epcClass": MILK, "quantity": 5, "uom": "KGM"}],
            outputQuantityList=[{"epcClass": LOT}],
        ),
        commissioned(),
    )  # fmt: skip
    poison = [{"epcClass": MELAMINE, "quantity": 1, "uom": "KGM"}]
    world.capture("forger", event(-9, **shared, inputQuantityList=poison))
    assert [origin["lot"] for origin in world.page(ITEM)["origins"]] == ["M1"]


def test_a_statement_dated_far_ahead_is_left_out(world: World) -> None:
    world.capture("dairy", commissioned())
    world.capture("shop", sold(0, eventTime="2090-01-01T00:00:00Z"))
    assert world.outcome(ITEM) == "genuine"


# -- what is nobody's business --------------------------------------------------------------------------


@pytest.mark.parametrize("uri", [CASE, "https://id.gs1.org/8003/095210010000171"])
def test_shipping_units_and_assets_tell_the_public_nothing_of_their_way(world: World, uri: str) -> None:
    world.capture("dairy", commissioned(), packed(1, uri, ITEM), event(5, uri, **to("depot")))
    shown = str(world.page(uri)) + world.html(uri)
    for secret in ("Dairy", "Depot", ITEM, at(5)[:10]):
        assert secret not in shown
    assert world.get(None, "/verify/proof", id=uri).status_code == 404


# -- bounds ------------------------------------------------------------------------------------------


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trust, "MOST_FACTS", 12)
    monkeypatch.setattr(gather, "MOST_FACTS", 12)
    monkeypatch.setattr(gather, "MOST_STEPS", 6)


@pytest.mark.usefixtures("small_pages")
def test_a_tote_with_a_long_life_costs_no_more_than_what_concerns_the_item(world: World) -> None:
    tote = "https://id.gs1.org/8003/095210010000172"
    for n in range(30):
        world.capture(
            "dairy", packed(n, tote, f"{GTIN}/21/{n + 100}"), packed(n + 0.5, tote, action="DELETE")
        )
    world.capture("dairy", commissioned(98), packed(99, tote, ITEM), event(100, tote, **to("depot")))
    steps = [step["bizStep"] for step in world.page(ITEM)["chain"]]
    assert steps[:2] == ["commissioning", "packing"]
    assert world.outcome(ITEM) == "genuine"


@pytest.mark.usefixtures("small_pages")
def test_a_long_history_is_cut_and_the_page_says_so(world: World) -> None:
    world.capture("dairy", commissioned(), *(event(n + 1) for n in range(40)))
    page = world.page(ITEM)
    assert page["verdict"]["outcome"] == "genuine"  # the oldest are read, the making among them
    assert len(page["chain"]) == 6
    assert page["chainLeftOut"] == 35


@pytest.mark.usefixtures("small_pages")
def test_a_lot_of_very_many_single_items_is_read_by_what_names_the_lot(world: World) -> None:
    for n in range(30):
        world.capture("dairy", commissioned(n, f"{GTIN}/21/{n + 1}"))
    world.capture("dairy", of_lot(90, **RECALLED))
    assert world.outcome(LOT) == "recalled"
    assert world.outcome(ITEM) == "recalled"
