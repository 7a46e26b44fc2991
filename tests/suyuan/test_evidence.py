"""What the public is told of hand-made histories: the verdict and its evidence, through the whole node."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ledger import verify_bundle
from tests.suyuan.conftest import BROWSER, PARTIES, World
from tests.suyuan.documents import (
    CASE,
    GTIN,
    ITEM,
    LINE,
    LOT,
    TILL,
    commissioned,
    declared_wrong,
    event,
    master_data,
    of_lot,
    packed,
    sold,
)

MILK = "https://id.gs1.org/01/09521101000016/10/M1"
RECALLED = {"disposition": "recalled", "persistentDisposition": {"set": ["recalled"]}, "bizStep": "holding"}
LIFTED = {"persistentDisposition": {"unset": ["recalled"]}, "bizStep": "inspecting"}


def day(ahead: int) -> str:
    """A date so many days from today."""
    return (datetime.now(UTC) + timedelta(days=ahead)).date().isoformat()


def handed_to(party: str) -> dict[str, Any]:
    """A shipment that names who it goes to."""
    return {"destinationList": [{"type": "possessing_party", "destination": PARTIES[party].id}]}


def codes(world: World, uri: str = ITEM) -> set[str]:
    return {reason["code"] for reason in world.page(uri)["verdict"]["reasons"]}


# -- making ------------------------------------------------------------------------------------------


def test_an_item_that_the_owner_of_its_number_made_is_genuine(world: World) -> None:
    world.capture("dairy", commissioned())
    page = world.page(ITEM)
    assert page["verdict"]["outcome"] == "genuine"
    assert page["producer"]["en"] == "Dairy"
    assert (page["lot"], page["serial"]) == ("L1", "1")
    assert "made_by_owner" in codes(world)


def test_an_item_that_a_stranger_made_is_never_genuine(world: World) -> None:
    world.capture("forger", commissioned())
    assert world.outcome(ITEM) in ("suspect", "unknown")
    world.capture("shop", sold())
    assert world.outcome(ITEM) in ("suspect", "unknown")


def test_a_stranger_who_repeats_the_making_does_not_take_the_owners_away(world: World) -> None:
    world.capture("dairy", commissioned())
    world.capture("forger", commissioned(-3, lot="L9", ilmd={"cbvmda:itemExpirationDate": day(900)}))
    page = world.page(ITEM)
    assert "made_by_owner" in codes(world)
    assert page["lot"] == "L1"
    assert page["proof"]["position"] == 0


@pytest.mark.parametrize("stranger_first", [True, False])
def test_a_stranger_who_copies_the_owners_statement_word_for_word_takes_nothing_from_it(
    world: World, stranger_first: bool
) -> None:
    stated = [
        ("forger", "urn:uuid:00000000-0000-0000-0000-000000000001"),
        ("dairy", "urn:uuid:f0000000-0000-0000-0000-000000000002"),
    ]
    for who, name in stated if stranger_first else reversed(stated):
        world.capture(who, {**commissioned(), "eventID": name})
    page = world.page(ITEM)
    assert page["verdict"]["outcome"] == "genuine"
    # The proof that the page offers is of the owner's own statement.
    entry = world.node.log.entry(page["proof"]["position"]).statement()
    assert entry.meta["party"] == PARTIES["dairy"].id


def test_an_item_nobody_made_is_unknown(world: World) -> None:
    assert world.outcome(ITEM) == "unknown"
    world.capture("shop", event(5))
    assert world.outcome(ITEM) == "unknown"


def test_an_item_whose_making_was_declared_an_error_is_not_genuine(world: World) -> None:
    made = {**commissioned(), "eventID": "urn:uuid:00000000-0000-0000-0000-00000000000a"}
    world.capture("dairy", made)
    assert world.outcome(ITEM) == "genuine"
    world.capture("dairy", declared_wrong(made))
    page = world.page(ITEM)
    assert page["verdict"]["outcome"] == "unknown"
    assert "proof" not in page


def test_a_stranger_cannot_declare_the_making_an_error(world: World) -> None:
    made = {**commissioned(), "eventID": "urn:uuid:00000000-0000-0000-0000-00000000000a"}
    world.capture("dairy", made)
    world.capture("forger", declared_wrong(made))
    assert world.outcome(ITEM) == "genuine"


def test_items_made_by_a_transformation_are_genuine(world: World) -> None:
    world.capture(
        "dairy",
        event(
            0, epcList=None, action=None, type="TransformationEvent", bizStep="commissioning",
            inputQuantityList=[{"epcClass": MILK, "quantity": 5, "uom": "KGM"}], outputEPCList=[ITEM],
        ),
    )  # fmt: skip
    assert world.outcome(ITEM) == "genuine"


# -- sales -------------------------------------------------------------------------------------------


def test_a_sold_item_is_sold_and_sold_twice_is_suspect(world: World) -> None:
    world.capture("dairy", commissioned())
    world.capture("shop", sold(48))
    assert world.outcome(ITEM) == "sold"
    world.capture("shop", sold(50, action="OBSERVE"))
    assert world.outcome(ITEM) == "suspect"
    assert "sold_repeatedly" in codes(world)


def test_the_same_sale_captured_twice_is_one_sale(world: World) -> None:
    world.capture("dairy", commissioned())
    for _ in range(2):
        world.capture("shop", sold(48))
    assert world.outcome(ITEM) == "sold"


def test_an_item_that_came_back_is_genuine_again_and_can_be_sold_again(world: World) -> None:
    world.capture("dairy", commissioned())
    world.capture("shop", sold(48, action="OBSERVE"))
    world.capture("shop", event(60, bizStep="receiving", disposition="returned"))
    assert world.outcome(ITEM) == "genuine"
    world.capture("shop", sold(72))
    assert world.outcome(ITEM) == "sold"


def test_an_event_after_the_sale_that_still_says_sold_is_no_second_sale(world: World) -> None:
    world.capture("dairy", commissioned())
    world.capture("shop", sold(48, action="OBSERVE"))
    world.capture("shop", event(50, bizStep="shipping", disposition="retail_sold"))
    assert world.outcome(ITEM) == "sold"


def test_a_dispensed_item_is_dispensed(world: World) -> None:
    world.capture("dairy", commissioned())
    world.capture("shop", event(48, action="DELETE", bizStep="dispensing", disposition="dispensed"))
    page = world.page(ITEM)
    assert page["verdict"]["outcome"] == "sold"
    assert "dispensed" in page["verdict"]["heading"]["en"].lower()


def test_a_pack_dispensed_in_parts_is_not_suspect(world: World) -> None:
    world.capture("dairy", commissioned())
    for hours in (48, 72, 96):
        world.capture("shop", event(hours, bizStep="dispensing", disposition="partially_dispensed"))
    assert world.outcome(ITEM) == "sold"


def test_an_item_seen_after_its_end_is_suspect(world: World) -> None:
    world.capture("dairy", commissioned(), event(10, bizStep="shipping", **handed_to("shop")))
    world.capture("shop", event(48, action="DELETE", bizStep="destroying", disposition="destroyed"))
    world.capture("shop", event(50))
    assert world.outcome(ITEM) == "suspect"


def test_an_item_seen_before_it_was_made_is_suspect(world: World) -> None:
    world.capture("dairy", commissioned(24), event(2))
    assert world.outcome(ITEM) == "suspect"


# -- recalls -----------------------------------------------------------------------------------------


def test_a_lot_recalled_by_the_owner_of_its_number_is_recalled_item_by_item(world: World) -> None:
    other = f"{GTIN}/21/2"
    world.capture("dairy", commissioned(), commissioned(1, other, lot="L2"))
    world.capture("dairy", of_lot(90, **RECALLED))
    assert world.outcome(ITEM) == "recalled"
    assert world.outcome(LOT) == "recalled"
    assert world.outcome(other) == "genuine"
    assert world.page(ITEM)["recalls"][0]["issuer"]["en"] == "Dairy"


@pytest.mark.parametrize("stranger", ["shop", "forger"])
def test_a_stranger_cannot_recall(world: World, stranger: str) -> None:
    world.capture("dairy", commissioned())
    world.capture(stranger, of_lot(90, **RECALLED), event(91, **RECALLED))
    assert world.outcome(ITEM) == "genuine"
    assert "recalls" not in world.page(ITEM)


def test_a_regulator_can_recall(world: World) -> None:
    world.capture("dairy", commissioned())
    world.capture("authority", of_lot(90, **RECALLED))
    page = world.page(ITEM)
    assert page["verdict"]["outcome"] == "recalled"
    assert page["recalls"][0]["issuer"]["en"] == "Authority"


@pytest.mark.parametrize("who", ["dairy", "authority"])
def test_a_recall_is_lifted_by_unsetting_it(world: World, who: str) -> None:
    world.capture("dairy", commissioned())
    world.capture("dairy", of_lot(90, **RECALLED))
    world.capture(who, of_lot(99, **LIFTED))
    assert world.outcome(ITEM) == "genuine"
    world.capture("dairy", of_lot(105, **RECALLED))
    assert world.outcome(ITEM) == "recalled"


def test_a_stranger_cannot_lift_a_recall(world: World) -> None:
    world.capture("dairy", commissioned())
    world.capture("dairy", of_lot(90, disposition="recalled"))
    world.capture("forger", of_lot(99, **LIFTED), of_lot(100, disposition="sellable_accessible"))
    assert world.outcome(ITEM) == "recalled"


def test_a_recall_outlives_the_goods_way_back(world: World) -> None:
    world.capture("dairy", commissioned())
    world.capture("dairy", of_lot(90, disposition="recalled"))
    world.capture("dairy", of_lot(95, bizStep="shipping", disposition="in_transit"))
    assert world.outcome(ITEM) == "recalled"


def test_a_recall_declared_an_error_no_longer_stands(world: World) -> None:
    recall = {**of_lot(90, **RECALLED), "eventID": "urn:uuid:00000000-0000-0000-0000-00000000000b"}
    world.capture("dairy", commissioned())
    world.capture("dairy", recall)
    assert world.outcome(ITEM) == "recalled"
    world.capture("dairy", declared_wrong(recall))
    assert world.outcome(ITEM) == "genuine"


def test_one_item_can_be_recalled_alone(world: World) -> None:
    world.capture("dairy", commissioned(0, ITEM, f"{GTIN}/21/2"))
    world.capture("dairy", event(90, **RECALLED))
    assert world.outcome(ITEM) == "recalled"
    assert world.outcome(f"{GTIN}/21/2") == "genuine"


def test_a_recall_follows_the_corrected_lot_not_the_one_declared_wrong(world: World) -> None:
    wrong = {**commissioned(lot="L1"), "eventID": "urn:uuid:00000000-0000-0000-0000-00000000000c"}
    world.capture("dairy", wrong)
    world.capture("dairy", declared_wrong(wrong), commissioned(lot="L2"))
    assert world.page(ITEM)["lot"] == "L2"
    world.capture("dairy", of_lot(90, LOT, **RECALLED))
    assert world.outcome(ITEM) == "genuine"
    world.capture("dairy", of_lot(91, f"{GTIN}/10/L2", **RECALLED))
    assert world.outcome(ITEM) == "recalled"


def test_a_stranger_cannot_put_an_item_into_another_lot(world: World) -> None:
    world.capture("forger", event(-5, f"{GTIN}/10/L9/21/1"))
    world.capture("dairy", commissioned(-10, lot="L1"))
    assert world.page(ITEM)["lot"] == "L1"


# -- dates -------------------------------------------------------------------------------------------


def test_an_expired_item_is_expired_and_one_that_expires_tomorrow_is_not(world: World) -> None:
    world.capture(
        "dairy",
        commissioned(0, f"{GTIN}/21/1", ilmd={"cbvmda:itemExpirationDate": day(-2)}),
        commissioned(1, f"{GTIN}/21/2", ilmd={"cbvmda:itemExpirationDate": day(2)}),
    )
    assert world.outcome(f"{GTIN}/21/1") == "expired"
    assert world.outcome(f"{GTIN}/21/2") == "genuine"
    assert world.page(f"{GTIN}/21/2")["expiryDate"] == day(2)


def test_the_lots_own_making_gives_its_items_their_dates_but_a_stranger_does_not(world: World) -> None:
    made = {"action": "ADD", "bizStep": "creating_class_instance"}
    world.capture("forger", of_lot(-9, **made, ilmd={"cbvmda:itemExpirationDate": day(900)}))
    world.capture("dairy", of_lot(-8, **made, ilmd={"cbvmda:itemExpirationDate": day(-3)}))
    world.capture("dairy", commissioned())
    page = world.page(ITEM)
    assert page["expiryDate"] == day(-3)
    assert page["verdict"]["outcome"] == "expired"


# -- levels ------------------------------------------------------------------------------------------


def test_a_lot_page_gives_no_verdict_on_an_item(world: World) -> None:
    world.capture("dairy", of_lot(0, action="ADD", bizStep="creating_class_instance"))
    page = world.page(LOT)
    assert page["verdict"]["outcome"] == "batch_only"
    assert page["lot"] == "L1"
    assert world.outcome(GTIN) in ("batch_only", "unknown")


def test_a_lot_number_with_a_slash_is_shown_as_it_is_printed(world: World) -> None:
    world.capture("dairy", commissioned(lot="A/1"))
    assert world.page(ITEM)["lot"] == "A/1"


def test_a_code_that_states_another_lot_than_the_makers_is_suspect(world: World) -> None:
    world.capture("dairy", commissioned())
    assert world.outcome(f"{GTIN}/10/L1/21/1") == "genuine"
    assert world.outcome(f"{GTIN}/10/L7/21/1") == "suspect"


# -- names, places, origins ---------------------------------------------------------------------------


def test_product_and_places_are_named_by_their_owner_before_any_stranger(world: World) -> None:
    product = {"id": GTIN, "descriptionShort": "Formula", "brandName": "Clearwater"}
    hall = {"id": LINE, "name": "Line 1", "city": "Hohhot"}
    world.capture("dairy", commissioned(), **master_data(gtin=product, hall=hall))
    lie = master_data(
        gtin={"id": GTIN, "descriptionShort": "Poison", "netContent": "800 g"},
        hall={"id": LINE, "name": "Lie"},
    )
    world.capture("forger", event(3, f"{GTIN}/21/77"), **lie)
    page = world.page(ITEM)
    assert page["product"]["name"]["en"] == "Formula"
    assert page["product"]["brand"]["en"] == "Clearwater"
    assert page["chain"][0]["place"]["en"] == "Line 1"
    assert page["chain"][0]["city"]["en"] == "Hohhot"


def test_the_chain_tells_the_way_inside_containers(world: World) -> None:
    world.capture("dairy", commissioned(), packed(1, CASE, ITEM), event(2, CASE, bizStep="shipping"))
    world.capture("depot", event(20, CASE, bizStep="receiving"))
    chain = world.page(ITEM)["chain"]
    assert [step["bizStep"] for step in chain] == ["commissioning", "packing", "shipping", "receiving"]
    assert [step.get("inContainer", False) for step in chain] == [False, False, True, True]
    assert [step["party"]["en"] for step in chain] == ["Dairy", "Dairy", "Dairy", "Depot"]


def test_the_origins_are_the_lots_at_the_beginning(world: World) -> None:
    farm = "https://id.gs1.org/414/9521101000016"
    milk = {"id": MILK.partition("/10/")[0], "descriptionShort": "Raw milk"}
    parlour = {"id": farm, "name": "Parlour", "city": "Baotou"}
    here = {"readPoint": {"id": farm}, "bizLocation": {"id": farm}}
    world.capture(
        "farm",
        of_lot(-48, MILK, action="ADD", bizStep="creating_class_instance", **here),
        **master_data(milk=milk, parlour=parlour),
    )
    world.capture(
        "dairy",
        event(
            -10, epcList=None, action=None, type="TransformationEvent",
            inputQuantityList=[{"epcClass": MILK, "quantity": 5, "uom": "KGM"}],
            outputQuantityList=[{"epcClass": LOT}],
        ),
        commissioned(),
    )  # fmt: skip
    assert world.page(ITEM)["origins"] == [
        {
            "name": {"zh": "Raw milk", "en": "Raw milk"},
            "lot": "M1",
            "place": {"zh": "Parlour", "en": "Parlour"},
            "city": {"zh": "Baotou", "en": "Baotou"},
        }
    ]


def test_the_proof_names_the_log_position_and_can_be_checked_with_the_logs_key_alone(world: World) -> None:
    sibling = f"{GTIN}/21/2222"
    world.capture("farm", event(-3, f"{GTIN}/21/9"))
    world.capture("dairy", commissioned(0, ITEM, sibling))
    proof = world.page(ITEM)["proof"]
    assert proof["position"] == 1
    answer = world.get(None, "/verify/proof", id=ITEM)
    verified = verify_bundle(answer.content, [world.node.log.verifier_key()])
    assert verified.position == 1
    assert f'"{ITEM}"' in [value for _, value in verified.pairs]
    assert b"2222" not in answer.content


def test_an_erased_making_gives_no_proof_and_no_server_error(world: World) -> None:
    world.capture("dairy", commissioned())
    world.node.log.erase(0, "asked for")
    assert world.client.get(
        ITEM.removeprefix("https://id.gs1.org"), headers={"Accept": "application/json"}
    ).is_success
    assert world.get(None, "/verify/proof", id=ITEM).status_code == 404


def test_hostile_names_are_shown_as_text(world: World) -> None:
    attack = '"><script>alert(1)</script>{{7*7}}<img src=x onerror=alert(1)>'
    product = {"id": GTIN, "descriptionShort": attack, "brandName": attack, "netContent": attack}
    here = {"id": LINE, "name": attack, "city": attack}
    world.capture(
        "dairy",
        commissioned(lot="<b>&1"),
        event(4, bizStep="https://x.example/a%3Cscript%3E"),
        **master_data(p=product, l=here),
    )
    html = world.html(ITEM)
    assert "&lt;script&gt;alert(1)" in html
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert "<b>&1" not in html
    assert "49<img" not in html


def test_the_page_says_nothing_of_quantities_and_documents(world: World) -> None:
    order = "urn:epcglobal:cbv:bt:9521003000008:PO-SECRET-77"
    world.capture(
        "dairy",
        commissioned(),
        event(
            5, bizStep="shipping", bizTransactionList=[{"type": "po", "bizTransaction": order}],
            quantityList=[{"epcClass": LOT, "quantity": 4711.25, "uom": "KGM"}],
        ),
    )  # fmt: skip
    for shown in (world.html(ITEM), str(world.page(ITEM)), str(world.page(LOT))):
        assert "SECRET" not in shown
        assert "4711" not in shown


def test_things_without_a_history_have_a_page_and_no_error(world: World) -> None:
    things = (
        GTIN,
        LINE,
        PARTIES["shop"].id,
        "https://id.gs1.org/8004/9521001A7",
        TILL,
        CASE,
        "urn:uuid:" + 36 * "0",
    )
    for text in things:
        for headers in ({"Accept": "application/json"}, BROWSER):
            answer = world.client.get("/verify", params={"id": text}, headers=headers, follow_redirects=True)
            assert answer.status_code == 200, (text, answer.text[:200])
