"""Every posting rule by name, with balances worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from logistics.stock import Account, Reason, Verb, movements
from trace_api.lineage import Fact

from .world import FACTORY, HOSPITAL, WAREHOUSE, World, accounts, can, lot, of, pallet, standing, tote

D = Decimal


@pytest.fixture
def world() -> World:
    return World()


def test_commissioning_posts_from_supply_to_the_site(world: World) -> None:
    world.make(1, FACTORY, can(1), can(2), of_lot=lot("A"))
    assert [(level.site, level.lot, level.quantity, level.items_seen) for level in world.stock.levels()] == [
        (FACTORY, lot("A"), D(2), 2)
    ]
    assert accounts(world.stock) == {"site": D(2), "supply": D(-2)}


def test_an_item_without_a_known_lot_counts_of_its_gtin(world: World) -> None:
    world.make(1, FACTORY, can(1))
    assert [(level.gtin, level.lot) for level in world.stock.levels()] == [(can(1).split("/21/")[0], None)]


def test_commissioning_without_a_location_posts_to_the_site_of_the_read_point(world: World) -> None:
    world.event("ObjectEvent", 1, can(1), action="ADD", read_point=f"{FACTORY}/254/gate-7")
    assert standing(world.stock) == {(FACTORY, "available"): D(1)}


def test_commissioning_nowhere_posts_to_the_unknown_site(world: World) -> None:
    world.event("ObjectEvent", 1, can(1), action="ADD")
    assert standing(world.stock) == {("", "available"): D(1)}


def test_a_transformation_consumes_the_stated_amount_and_supplies_its_outputs(world: World) -> None:
    world.make(1, FACTORY, of(lot("MILK"), 1000, "KGM"))
    world.transform(2, FACTORY, [of(lot("MILK"), 400, "KGM")], [can(1), can(2)])
    by_unit = {level.uom: level.quantity for level in world.stock.levels()}
    assert by_unit == {"KGM": D(600), None: D(2)}
    consumed = [b for b in world.stock.balances() if b.account is Account.CONSUMED]
    assert [(b.quantity, b.uom) for b in consumed] == [(D(400), "KGM")]
    assert world.stock.mismatches() == []


def test_an_item_used_as_input_is_consumed_and_a_second_use_adds_nothing(world: World) -> None:
    world.make(1, FACTORY, can(1))
    world.transform(2, FACTORY, [can(1)], [can(2)])
    world.transform(3, FACTORY, [can(1)], [can(3)])
    assert accounts(world.stock) == {"supply": D(-3), "consumed": D(1), "site": D(2)}
    assert world.stock.mismatches() == []


def test_an_item_that_goes_in_and_comes_out_of_one_transformation_stays_in_stock(world: World) -> None:
    world.make(1, FACTORY, can(1), can(2))
    world.transform(2, FACTORY, [can(1), can(2)], [can(1)])
    assert accounts(world.stock) == {"supply": D(-2), "site": D(1), "consumed": D(1)}
    assert world.stock.account(can(1)).account is Account.SITE  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("step", "account"),
    [
        ("dispensing", "consumed"),
        ("retail_selling", "consumed"),
        ("destroying", "destroyed"),
        ("sampling", "destroyed"),
        ("decommissioning", "decommissioned"),
        ("https://acme.example/scrapped", "decommissioned"),
        (None, "decommissioned"),
    ],
)
def test_a_delete_ends_items_and_amounts_in_the_account_of_its_step(
    world: World, step: str | None, account: str
) -> None:
    world.make(1, HOSPITAL, can(1), can(2), of(lot("A"), 10))
    world.end(2, step, HOSPITAL, can(1), of(lot("A"), 4))
    assert accounts(world.stock) == {"supply": D(-12), "site": D(7), account: D(5)}


def test_a_partly_dispensed_pack_stays(world: World) -> None:
    world.make(1, HOSPITAL, can(1))
    world.end(2, "dispensing", HOSPITAL, can(1), disposition="partially_dispensed")
    assert standing(world.stock) == {(HOSPITAL, "available"): D(1)}


def test_a_sale_that_is_only_observed_as_sold_consumes(world: World) -> None:
    world.make(1, HOSPITAL, can(1), can(2))
    world.see(2, "retail_selling", HOSPITAL, can(1), disposition="retail_sold")
    world.see(3, "retail_selling", HOSPITAL, can(2))
    assert accounts(world.stock) == {"supply": D(-2), "consumed": D(1), "site": D(1)}


@pytest.mark.parametrize("step", ["shipping", "departing", "consigning"])
def test_a_departure_posts_to_transit(world: World, step: str) -> None:
    world.make(1, FACTORY, can(1), of(lot("A"), 10))
    world.see(2, step, FACTORY, can(1), of(lot("A"), 4))
    assert accounts(world.stock) == {"supply": D(-11), "transit": D(5), "site": D(6)}


def test_several_reports_of_one_departure_count_once(world: World) -> None:
    world.make(1, FACTORY, can(1), of(lot("A"), 10))
    world.ship(2, FACTORY, can(1), of(lot("A"), 4))
    world.see(3, "departing", FACTORY, can(1), of(lot("A"), 4))
    assert accounts(world.stock) == {"supply": D(-11), "transit": D(5), "site": D(6)}


def test_two_shipments_of_one_lot_are_two(world: World) -> None:
    world.make(1, FACTORY, of(lot("A"), 10))
    world.ship(2, FACTORY, of(lot("A"), 4))
    world.ship(3, FACTORY, of(lot("A"), 4))
    assert accounts(world.stock) == {"supply": D(-10), "transit": D(8), "site": D(2)}


def test_a_void_shipping_takes_the_goods_back_to_the_site_they_left(world: World) -> None:
    world.make(1, FACTORY, can(1), of(lot("A"), 10))
    world.ship(2, FACTORY, can(1), of(lot("A"), 4))
    world.see(3, "void_shipping", FACTORY, can(1), of(lot("A"), 4))
    assert standing(world.stock) == {(FACTORY, "available"): D(11)}
    world.see(4, "departing", FACTORY, of(lot("A"), 4))
    assert accounts(world.stock) == {"supply": D(-11), "site": D(7), "transit": D(4)}
    assert world.stock.mismatches() == []


@pytest.mark.parametrize("step", ["receiving", "arriving"])
def test_an_arrival_posts_from_transit_to_the_site(world: World, step: str) -> None:
    world.make(1, FACTORY, can(1), of(lot("A"), 10))
    world.ship(2, FACTORY, can(1), of(lot("A"), 4))
    world.see(3, step, HOSPITAL, can(1), of(lot("A"), 4))
    assert standing(world.stock) == {(FACTORY, "available"): D(6), (HOSPITAL, "available"): D(5)}
    assert world.stock.mismatches() == []


def test_receiving_twice_is_once(world: World) -> None:
    world.make(1, FACTORY, can(1), of(lot("A"), 10))
    world.ship(2, FACTORY, can(1), of(lot("A"), 10))
    world.see(3, "arriving", HOSPITAL, can(1), of(lot("A"), 10))
    world.receive(4, HOSPITAL, can(1), of(lot("A"), 10))
    world.receive(5, HOSPITAL, can(1))
    assert standing(world.stock) == {(HOSPITAL, "available"): D(11)}
    assert world.stock.mismatches() == []


def test_an_item_received_without_having_been_shipped_moves_from_where_it_was(world: World) -> None:
    world.make(1, FACTORY, can(1))
    world.receive(3, HOSPITAL, can(1))
    assert standing(world.stock) == {(HOSPITAL, "available"): D(1)}
    assert world.stock.mismatches() == []


def test_an_item_shipped_on_without_having_been_received_stays_in_transit(world: World) -> None:
    world.make(1, FACTORY, can(1))
    world.ship(2, FACTORY, can(1))
    world.ship(4, WAREHOUSE, can(1))
    world.receive(5, HOSPITAL, can(1))
    assert standing(world.stock) == {(HOSPITAL, "available"): D(1)}
    assert world.stock.mismatches() == []


def test_a_missing_receiving_of_an_amount_shows_as_a_mismatch_and_nothing_goes_negative(world: World) -> None:
    world.make(1, FACTORY, of(lot("A"), 10))
    world.ship(2, FACTORY, of(lot("A"), 10))
    shipped_on = world.ship(4, WAREHOUSE, of(lot("A"), 8))
    world.receive(5, HOSPITAL, of(lot("A"), 8))
    assert accounts(world.stock) == {"supply": D(-10), "suspense": D(-8), "transit": D(10), "site": D(8)}
    [mismatch] = world.stock.mismatches()
    assert (mismatch.position, mismatch.reason) == (shipped_on.position, Reason.SHORTFALL)
    assert (mismatch.account, mismatch.quantity) == (Account.TRANSIT, D(8))
    world.receive(3, WAREHOUSE, of(lot("A"), 10))  # the missing event, late
    assert standing(world.stock) == {(WAREHOUSE, "available"): D(2), (HOSPITAL, "available"): D(8)}
    assert world.stock.mismatches() == []


def test_goods_that_nobody_commissioned_come_from_suspense(world: World) -> None:
    received = world.receive(3, HOSPITAL, can(1), can(2), of(lot("A"), 5))
    assert accounts(world.stock) == {"site": D(7), "suspense": D(-7)}
    found = {(one.position, one.lot, one.quantity) for one in world.stock.mismatches()}
    assert found == {(received.position, None, D(2)), (received.position, lot("A"), D(5))}


def test_a_commissioning_stated_after_the_first_receiving_makes_suspense_good(world: World) -> None:
    world.receive(3, HOSPITAL, can(1))
    world.make(4, FACTORY, can(1))
    assert accounts(world.stock) == {"site": D(1), "supply": D(-1)}
    assert standing(world.stock) == {(HOSPITAL, "available"): D(1)}
    assert world.stock.mismatches() == []


def test_an_item_commissioned_twice_counts_once_and_is_reported(world: World) -> None:
    world.make(1, FACTORY, can(1))
    again = world.make(2, WAREHOUSE, can(1))
    assert standing(world.stock) == {(WAREHOUSE, "available"): D(1)}
    assert [(m.position, m.reason) for m in world.stock.mismatches()] == [
        (again.position, Reason.COMMISSIONED_TWICE)
    ]


def test_an_identifier_may_be_commissioned_anew_after_decommissioning(world: World) -> None:
    world.make(1, FACTORY, can(1))
    world.end(2, "decommissioning", FACTORY, can(1))
    world.make(3, WAREHOUSE, can(1))
    assert accounts(world.stock) == {"supply": D(-2), "decommissioned": D(1), "site": D(1)}
    assert world.stock.mismatches() == []


def test_dispensing_one_item_twice_is_a_mismatch(world: World) -> None:
    world.make(1, HOSPITAL, can(1))
    world.end(2, "dispensing", HOSPITAL, can(1))
    second = world.end(3, "dispensing", WAREHOUSE, can(1))
    assert accounts(world.stock) == {"supply": D(-1), "suspense": D(-1), "consumed": D(2)}
    assert [m.position for m in world.stock.mismatches()] == [second.position]


def test_decommissioning_what_was_consumed_changes_nothing(world: World) -> None:
    world.make(1, HOSPITAL, can(1))
    world.end(2, "dispensing", HOSPITAL, can(1))
    world.end(3, "decommissioning", HOSPITAL, can(1))
    assert accounts(world.stock) == {"supply": D(-1), "consumed": D(1)}
    assert world.stock.mismatches() == []


@pytest.mark.parametrize(
    "returning",
    [
        {"biz_step": "urn:epcglobal:cbv:bizstep:returning"},
        {"biz_step": "returning"},
        {"biz_step": "receiving", "disposition": "returned"},
        {"biz_step": "accepting", "disposition": "returned"},
    ],
)
def test_a_return_accepted_at_the_seller_comes_back_from_consumed(
    world: World, returning: dict[str, str]
) -> None:
    world.make(1, HOSPITAL, can(1), of(lot("A"), 10))
    world.end(2, "retail_selling", HOSPITAL, can(1), of(lot("A"), 4))
    world.event(
        "ObjectEvent", 3, can(1), of(lot("A"), 3), action="OBSERVE", biz_location=HOSPITAL, **returning
    )
    assert accounts(world.stock) == {"supply": D(-11), "site": D(10), "consumed": D(1)}
    assert world.stock.mismatches() == []


def test_shipping_what_is_destroyed_is_kept_and_flagged(world: World) -> None:
    world.make(1, HOSPITAL, can(1))
    world.end(2, "destroying", HOSPITAL, can(1))
    world.ship(3, HOSPITAL, can(1))
    assert accounts(world.stock) == {
        "supply": D(-1), "destroyed": D(1), "suspense": D(-1), "transit": D(1),
    }  # fmt: skip
    assert [m.reason for m in world.stock.mismatches()] == [Reason.SHORTFALL]


@pytest.mark.parametrize("step", ["accepting", "storing", "stocking", "picking", "staging_outbound"])
def test_goods_stand_where_the_bin_is_and_a_bin_is_inside_its_site(world: World, step: str) -> None:
    world.make(1, FACTORY, can(1), of(lot("A"), 10))
    world.see(2, step, f"{FACTORY}/254/shelf-3", can(1), of(lot("A"), 4))
    assert standing(world.stock) == {(FACTORY, "available"): D(11)}
    world.ship(3, FACTORY, can(1), of(lot("A"), 10))
    world.see(4, step, HOSPITAL, can(1), of(lot("A"), 10))
    assert standing(world.stock) == {(HOSPITAL, "available"): D(11)}
    assert world.stock.mismatches() == []


def test_storing_from_another_site_moves_the_amount(world: World) -> None:
    world.make(1, WAREHOUSE, of(lot("A"), 10))
    world.make(2, HOSPITAL, of(lot("A"), 5))
    world.see(3, "storing", HOSPITAL, of(lot("A"), 4), sources=(("location", WAREHOUSE),))
    assert standing(world.stock) == {(WAREHOUSE, "available"): D(6), (HOSPITAL, "available"): D(9)}


def test_accepting_without_a_location_changes_the_party_not_the_place(world: World) -> None:
    world.make(1, FACTORY, can(1), of(lot("A"), 10))
    world.see(2, "accepting", None, can(1), of(lot("A"), 10))
    assert standing(world.stock) == {(FACTORY, "available"): D(11)}
    assert world.stock.mismatches() == []


@pytest.mark.parametrize(
    "step",
    ["cycle_counting", "stock_taking", "sensor_reporting", "inspecting", "https://acme.example/seen", None],
)
def test_observations_are_not_postings(world: World, step: str | None) -> None:
    world.make(1, FACTORY, can(1), of(lot("A"), 10))
    world.see(2, step, WAREHOUSE, can(1), can(2), of(lot("A"), 4))
    assert standing(world.stock) == {(FACTORY, "available"): D(11)}
    assert world.stock.mismatches() == []


@pytest.mark.parametrize("step", ["packing", "loading"])
def test_packing_and_loading_concern_containment_only(world: World, step: str) -> None:
    world.make(1, FACTORY, can(1), of(lot("A"), 10))
    world.pack(2, pallet(1), can(1), of(lot("A"), 4), biz_step=step, biz_location=WAREHOUSE)
    world.unpack(3, pallet(1), can(1), of(lot("A"), 4), biz_location=HOSPITAL)
    assert standing(world.stock) == {(FACTORY, "available"): D(11)}


def test_logistic_units_and_returnable_assets_never_post(world: World) -> None:
    world.make(1, FACTORY, pallet(1), tote(1), of(tote(1)[:-1], 3))
    world.ship(2, FACTORY, pallet(1), tote(1))
    world.receive(3, HOSPITAL, pallet(1), tote(1))
    world.end(4, None, HOSPITAL, pallet(1), tote(1))
    assert world.stock.balances() == []
    assert world.stock.account(pallet(1)) is None


def test_units_are_never_mixed(world: World) -> None:
    world.make(1, FACTORY, of(lot("A"), 10), of(lot("A"), "2.5", "KGM"))
    world.ship(2, FACTORY, of(lot("A"), 3, "KGM"))
    found = {(b.account, b.uom): b.quantity for b in world.stock.balances()}
    assert found == {
        (Account.SUPPLY, None): D(-10), (Account.SITE, None): D(10),
        (Account.SUPPLY, "KGM"): D("-2.5"), (Account.TRANSIT, "KGM"): D(3),
        (Account.SUSPENSE, "KGM"): D("-0.5"),
    }  # fmt: skip


@pytest.mark.parametrize("value", [None, "1E+400", "0.0000000000001", "NaN"])
def test_an_amount_that_is_unknown_or_no_usable_number_moves_nothing_and_is_reported(
    world: World, value: str | None
) -> None:
    world.make(1, FACTORY, of(lot("A"), 10))
    shipped = world.ship(2, FACTORY, of(lot("A"), value))
    assert accounts(world.stock) == {"supply": D(-10), "site": D(10)}
    assert [(m.position, m.reason, m.quantity) for m in world.stock.mismatches()] == [
        (shipped.position, Reason.AMOUNT_UNKNOWN, None)
    ]


def test_serialised_and_unserialised_pieces_of_a_lot_add_up(world: World) -> None:
    world.make(1, FACTORY, can(1), can(2), of_lot=lot("A"))
    world.make(2, FACTORY, of(lot("A"), 40))
    [level] = world.stock.levels(lot=lot("A"))
    assert (level.quantity, level.items_seen) == (D(42), 2)


def test_a_transaction_event_moves_and_never_commissions(world: World) -> None:
    world.make(1, FACTORY, can(1))
    world.event("TransactionEvent", 2, can(1), action="ADD", biz_step="shipping", read_point=FACTORY)
    world.event("TransactionEvent", 3, can(2), action="ADD", biz_location=FACTORY)
    world.event("TransactionEvent", 4, can(1), action="DELETE")
    assert accounts(world.stock) == {"supply": D(-1), "transit": D(1)}


def test_an_association_event_concerns_no_stock(world: World) -> None:
    world.make(1, FACTORY, can(1))
    attached = world.event(
        "AssociationEvent",
        2,
        can(1),
        action="ADD",
        parent=tote(1),
        biz_step="shipping",
        disposition="damaged",
    )
    assert movements(attached) == ()
    assert standing(world.stock) == {(FACTORY, "available"): D(1)}


def test_what_happened_is_told_as_values(world: World) -> None:
    fact: Fact = world.ship(2, FACTORY, can(1), of(lot("A"), 4), biz_location=f"{WAREHOUSE}/254/2")
    [movement] = movements(fact)
    assert (movement.verb, movement.origin, movement.site) == (Verb.DEPART, FACTORY, WAREHOUSE)
    assert (movement.things, movement.amounts) == ((can(1),), (of(lot("A"), 4),))
