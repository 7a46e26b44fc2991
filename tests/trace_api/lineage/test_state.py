"""Present state: place, holder, dispositions, life; what is inherited and what is not."""

from __future__ import annotations

from decimal import Decimal

from .histories import History, amount, kinds

PLANT, STORE = "https://id.gs1.org/414/9506000134352", "https://id.gs1.org/414/9506000134369"
GROWER, SHOP, BANK = "urn:party:grower", "urn:party:shop", "urn:party:bank"


def test_an_omitted_location_is_unknown_and_the_last_known_is_shown_apart() -> None:
    history = History()
    history.make(1, "a", biz_location=PLANT, disposition="active")
    history.see(2, "a", read_point=f"{PLANT}/254/door", biz_step="shipping")
    state = history.lineage.state("a")
    assert state.place is None
    assert state.last_observed is not None
    assert state.last_observed.read_point == f"{PLANT}/254/door"
    assert state.last_known is not None
    assert (state.last_known.biz_location, state.last_known.event_time) == (PLANT, 1_000_000)
    assert state.disposition == "active"  # omitted: unchanged


def test_where_and_when_are_inherited_only_while_inside() -> None:
    history = History()
    history.make(1, "a", biz_location=PLANT, disposition="active")
    history.pack(2, "P", "a", biz_location=PLANT)
    history.see(3, "P", biz_location=STORE, disposition="in_transit")
    state = history.lineage.state("a")
    assert state.place == STORE
    assert state.last_observed is not None
    assert state.last_observed.inherited_from == "P"
    assert (state.disposition, state.container_disposition) == ("active", "in_transit")
    history.unpack(4, "P", "a", biz_location=STORE)
    history.see(5, "P", biz_location=PLANT)
    assert history.lineage.state("a").place == STORE


def test_the_holder_changes_at_receiving_and_not_at_shipping() -> None:
    history = History()
    to_shop = (("possessing_party", SHOP), ("owning_party", BANK))
    history.make(1, "a", party=GROWER)
    history.pack(2, "P", "a", party=GROWER)
    history.see(3, "P", biz_step="shipping", party=GROWER, destinations=to_shop)
    shipped = history.lineage.state("a")
    assert (shipped.holder, shipped.owner, shipped.intended_holder) == (GROWER, None, SHOP)
    history.see(4, "P", biz_step="receiving", party=SHOP, destinations=to_shop)
    received = history.lineage.state("a")
    assert (received.holder, received.owner, received.intended_holder) == (SHOP, BANK, None)


def test_persistent_dispositions_are_set_and_unset_independently() -> None:
    history = History()
    history.see(1, "a", persistent_set=("completeness_verified", "needs_replacement"))
    history.see(2, "a", persistent_unset=("needs_replacement",), disposition="active")
    assert history.lineage.state("a").persistent_dispositions == ("completeness_verified",)
    assert history.lineage.state("a").anomalies == ()
    history.see(3, "a", persistent_set=("recalled",), persistent_unset=("recalled",))
    state = history.lineage.state("a")
    assert state.persistent_dispositions == ("completeness_verified", "recalled")
    assert kinds(state.anomalies) == ["set_and_unset"]


def test_a_transformations_disposition_and_location_are_its_outputs() -> None:
    history = History()
    history.make(1, "in", disposition="active", biz_location=PLANT)
    history.transform(2, ["in"], ["out"], disposition="sellable_accessible", biz_location=STORE)
    used, made = history.lineage.state("in"), history.lineage.state("out")
    assert (used.disposition, used.place, used.used_as_input) == ("active", None, True)
    assert (made.disposition, made.place, made.used_as_input) == ("sellable_accessible", STORE, False)


def test_state_as_of_both_clocks() -> None:
    history = History()
    history.make(1, "a", biz_location=PLANT, recorded=1)
    history.see(5, "a", biz_location=STORE, recorded=20)
    assert history.lineage.state("a").place == STORE
    assert history.lineage.state("a", as_of_event_time=4_000_000).place == PLANT
    assert history.lineage.state("a", as_of_record_time=19_000_000).place == PLANT


def test_an_unknown_object_has_an_empty_state() -> None:
    state = History().lineage.state("urn:nothing")
    assert (state.place, state.holder, state.containers, state.anomalies) == (None, None, (), ())


def test_the_mass_balance_tells_each_site_and_unit_apart() -> None:
    lot = "https://id.gs1.org/01/09506000134352/10/L"
    history = History()
    history.make(1, quantities=(amount(lot, 100, "KGM"), amount(lot, 5)), biz_location=PLANT)
    history.see(2, quantities=(amount(lot, 60, "KGM"),), biz_step="shipping", read_point=f"{PLANT}/254/dock")
    history.see(3, quantities=(amount(lot, 55, "KGM"),), biz_step="receiving", biz_location=STORE)
    history.see(4, quantities=(amount(lot, 20, "KGM"),), biz_step="retail_selling", biz_location=STORE)
    balance = history.lineage.mass_balance(lot)
    assert [(line.uom, line.made, line.used, line.removed, line.remaining) for line in balance.lines] == [
        (None, 5, 0, 0, 5),
        ("KGM", 100, 0, 20, 80),
    ]
    assert [(flow.site, flow.uom, flow.incoming, flow.outgoing) for flow in balance.sites] == [
        (PLANT, None, Decimal(5), Decimal(0)),
        (PLANT, "KGM", Decimal(100), Decimal(60)),
        (STORE, "KGM", Decimal(55), Decimal(20)),
    ]
    assert balance.exact


def test_a_missing_amount_makes_the_balance_inexact_and_more_used_than_made_is_an_anomaly() -> None:
    lot = "urn:lot:x"
    history = History()
    history.make(1, quantities=(amount(lot, 10, "KGM"),))
    history.transform(2, [amount(lot, 12, "KGM")], [amount("urn:lot:y", 12, "KGM")])
    assert kinds(history.lineage.mass_balance(lot).anomalies) == ["more_used_than_made"]
    history.transform(3, [amount(lot)], ["z"])
    balance = history.lineage.mass_balance(lot)
    assert (balance.exact, balance.unaccounted) == (False, ())


def test_cases_of_one_product_are_not_balanced_against_cases_of_another() -> None:
    history = History()
    history.transform(1, [amount("urn:lot:heads", 150, "CS")], [amount("urn:lot:bags", 2000, "CS")])
    history.transform(2, [amount("urn:lot:milk", 100, "LTR")], [amount("urn:lot:cream", 90, "LTR")])
    assert history.lineage.forward("urn:lot:heads").unaccounted[0].reason == "remaining"
    assert [one.reason for one in history.lineage.mass_balance("urn:lot:heads").unaccounted] == []
    assert [one.amount for one in history.lineage.mass_balance("urn:lot:milk").unaccounted] == [Decimal(10)]
