"""Rules 16 and 19, trap T19: present state and ends of life."""

from __future__ import annotations

from typing import Any

import pytest

from trace_api.lineage import AnomalyKind, State

from .worlds import CARRIER, PHARMACY, PRODUCER, World, item, place, sscc

P, C = sscc(1), sscc(2)
c, d = item("c"), item("d")
HERE, THERE = place(1), place(2)
POSSESSING, OWNING = "possessing_party", "owning_party"


def state(world: World, uri: str, **options: Any) -> State:
    """The state in the order written; `same` compares the parts that no capture order may change."""

    def same(found: State) -> Any:
        return (
            found.place,
            found.holder,
            found.owner,
            found.intended_holder,
            found.disposition,
            found.persistent_dispositions,
            found.used_as_input,
            found.end_of_life and found.end_of_life.event_time,
            {anomaly.kind for anomaly in found.anomalies},
        )

    world.ask(lambda lineage: same(lineage.state(uri, **options)))
    return world.lineage().state(uri, **options)


def test_an_omitted_disposition_leaves_it_unchanged() -> None:
    world = World()
    world.see([c], 1, disposition="in_progress")
    world.see([c], 2)
    assert state(world, c).disposition == "in_progress"
    world.see([c], 3, disposition="recalled")
    assert state(world, c).disposition == "recalled"
    assert state(world, c, as_of_event_time=2).disposition == "in_progress"


def test_an_omitted_biz_location_makes_the_place_unknown_and_shows_the_last_known_apart() -> None:
    world = World()
    world.see([c], 1, biz_location=HERE)
    world.see([c], 2, read_point=THERE)
    found = state(world, c)
    assert found.place is None
    assert found.last_known is not None
    assert found.last_known.biz_location == HERE
    assert found.last_observed is not None
    assert found.last_observed.read_point == THERE


def test_persistent_dispositions_are_set_and_unset_independently() -> None:
    world = World()
    world.see([c], 1, persistent_set=("completeness_verified", "conformant"), disposition="active")
    world.see([c], 2, persistent_unset=("conformant",))
    world.see([c], 3, disposition="in_transit")
    found = state(world, c)
    assert set(found.persistent_dispositions) == {"completeness_verified"}
    assert found.disposition == "in_transit"
    world.see([c], 4, persistent_set=("conformant",))
    assert set(state(world, c).persistent_dispositions) == {"completeness_verified", "conformant"}


def test_at_equal_times_set_beats_unset_with_an_anomaly() -> None:
    for first, second in (("ni:1", "ni:2"), ("ni:2", "ni:1")):
        world = World()
        world.see([c], 1, persistent_set=("conformant",), content_hash=first)
        world.see([c], 1, persistent_unset=("conformant",), content_hash=second)
        found = state(world, c)
        assert found.persistent_dispositions == ("conformant",)
        assert {anomaly.kind for anomaly in found.anomalies} == {AnomalyKind.SET_AND_UNSET}


def test_one_value_both_set_and_unset_in_one_event_is_set() -> None:
    world = World()
    world.see([c], 1, persistent_set=("conformant",), persistent_unset=("conformant",))
    assert state(world, c).persistent_dispositions == ("conformant",)


def test_the_disposition_and_place_of_a_transformation_are_its_outputs() -> None:
    world = World()
    world.see([c], 1, disposition="in_progress", biz_location=HERE)
    world.make([c], [d], 2, disposition="active", biz_location=THERE)
    used, made = state(world, c), state(world, d)
    # For the input the event tells no bizLocation, so its place is unknown and the last known stays.
    assert (used.disposition, used.place) == ("in_progress", None)
    assert used.last_known is not None
    assert used.last_known.biz_location == HERE
    assert used.used_as_input
    assert (made.disposition, made.place) == ("active", THERE)
    assert not made.used_as_input


def test_the_holder_changes_at_receiving_not_at_shipping() -> None:
    world = World()
    world.commission([c], 0, biz_location=HERE)
    before = state(world, c).holder
    fields: dict[str, Any] = {
        "sources": ((POSSESSING, PRODUCER),),
        "destinations": ((POSSESSING, PHARMACY), (OWNING, CARRIER)),
    }
    world.see([c], 1, biz_step="shipping", **fields)
    shipped = state(world, c)
    assert shipped.holder != PHARMACY
    assert before in (None, PRODUCER)
    assert shipped.holder in (None, PRODUCER)
    assert shipped.owner != CARRIER
    assert shipped.intended_holder == PHARMACY
    world.see([c], 2, biz_step="receiving", party=PHARMACY, **fields)
    received = state(world, c)
    assert (received.holder, received.owner, received.intended_holder) == (PHARMACY, CARRIER, None)


def test_accepting_changes_the_holder_and_owner_and_holder_are_apart() -> None:
    world = World()
    world.see([c], 1, biz_step="accepting", destinations=((POSSESSING, CARRIER), (OWNING, PHARMACY)))
    found = state(world, c)
    assert (found.holder, found.owner) == (CARRIER, PHARMACY)
    world.see([c], 2, biz_step="accepting", destinations=((OWNING, PRODUCER),), party=CARRIER)
    found = state(world, c)
    # No possessing party is named: whoever captured the acceptance has it.
    assert (found.holder, found.owner) == (CARRIER, PRODUCER)


def test_an_item_in_a_pallet_has_its_place_and_holder_only_while_inside() -> None:
    world = World()
    world.pack(C, [c, d], 1, biz_location=HERE)
    world.pack(P, [C], 2, biz_location=HERE)
    world.see(
        [P],
        3,
        biz_step="receiving",
        biz_location=THERE,
        destinations=((POSSESSING, PHARMACY),),
        party=PHARMACY,
    )
    assert (state(world, c).place, state(world, c).holder) == (THERE, PHARMACY)
    world.unpack(C, [c], 4, biz_location=THERE)
    world.see([P], 5, biz_step="receiving", biz_location=HERE, destinations=((POSSESSING, CARRIER),))
    assert (state(world, c).place, state(world, c).holder) == (THERE, PHARMACY)
    assert (state(world, d).place, state(world, d).holder) == (HERE, CARRIER)
    assert [held.parent for held in state(world, d).containers] == [C, P]
    assert state(world, c).containers == ()


def test_the_instant_of_recall_gives_the_present_place_of_each_output() -> None:
    world = World()
    world.make([d], [c], 1, biz_location=HERE)
    world.pack(P, [c], 2, biz_location=HERE)
    world.see([P], 3, biz_location=THERE)
    assert world.ask(lambda lineage: lineage.forward(d).state(c).place) == THERE


def test_decommissioning_ends_a_life_and_what_is_seen_later_is_kept_and_flagged() -> None:
    world = World()
    world.commission([c], 1)
    ended = world.end([c], 5, biz_step="decommissioning")
    after = world.see([c], 9, biz_location=THERE)
    # T19
    found = state(world, c)
    assert found.end_of_life is not None
    assert found.end_of_life.event_id == ended.event_id
    assert {anomaly.kind for anomaly in found.anomalies} == {AnomalyKind.SEEN_AFTER_END}
    assert world.event_ids(c)[-1] == after.event_id
    assert AnomalyKind.SEEN_AFTER_END not in world.kinds(d)


def test_a_thing_commissioned_anew_lives_again() -> None:
    world = World()
    world.commission([c], 1)
    world.pack(P, [c], 2)
    world.end([c], 5, biz_step="decommissioning")
    world.commission([c], 10)
    world.see([c], 12)
    found = state(world, c)
    assert found.end_of_life is None
    assert AnomalyKind.SEEN_AFTER_END not in world.kinds(c)
    assert world.inside(P) == set()
    assert state(world, c, as_of_event_time=7).end_of_life is not None
    world.end([c], 15, biz_step="decommissioning")
    assert state(world, c).end_of_life is not None
    assert state(world, c).end_of_life.event_time == 15  # type: ignore[union-attr]


def test_seen_between_two_lives_is_flagged() -> None:
    world = World()
    world.commission([c], 1)
    world.end([c], 5, biz_step="decommissioning")
    world.see([c], 7)
    world.commission([c], 10)
    assert world.kinds(c) == {AnomalyKind.SEEN_AFTER_END}


def test_commissioned_and_decommissioned_at_one_instant_ends_dead() -> None:
    world = World()
    world.end([c], 5, biz_step="decommissioning")
    world.commission([c], 5)
    # Commissioning first, decommissioning last.
    assert state(world, c).end_of_life is not None
    assert AnomalyKind.SEEN_AFTER_END not in world.kinds(c)


@pytest.mark.parametrize("how", ["packed", "through its container"])
def test_what_reaches_a_sold_item_later_is_flagged(how: str) -> None:
    world = World()
    world.pack(P, [c], 1, biz_location=HERE)
    world.end([c], 5, biz_step="retail_selling", biz_location=HERE)
    if how == "packed":
        world.pack(C, [c], 9, biz_location=THERE)
        assert AnomalyKind.SEEN_AFTER_END in world.kinds(c)
    else:
        world.see([P], 9, biz_location=THERE)
        # Sold means no longer inside: the pallet's later travel is not the item's.
        assert AnomalyKind.SEEN_AFTER_END not in world.kinds(c)
        assert state(world, c).place != THERE


def test_a_sold_item_seen_elsewhere_is_flagged_and_kept() -> None:
    world = World()
    world.commission([c], 1, biz_location=HERE)
    world.end([c], 5, biz_step="retail_selling", biz_location=HERE)
    again = world.see([c], 9, biz_location=THERE, biz_step="inspecting")
    assert AnomalyKind.SEEN_AFTER_END in world.kinds(c)
    assert world.event_ids(c)[-1] == again.event_id
    assert state(world, c).end_of_life is not None


def test_a_shipment_after_use_is_a_warning_and_another_use_is_none() -> None:
    world = World()
    world.make([c], [d], 1)
    world.make([c], [item("e")], 2)
    assert world.kinds(c) == set()
    world.see([c], 5, biz_step="shipping")
    assert world.kinds(c) == {AnomalyKind.SHIPPED_AFTER_USE}


def test_a_shipment_before_use_is_no_warning() -> None:
    world = World()
    world.see([c], 1, biz_step="shipping")
    world.make([c], [d], 5)
    assert world.kinds(c) == set()


def test_a_decommissioned_input_still_has_its_outputs() -> None:
    world = World()
    world.make([c], [d], 5)
    world.end([c], 5, biz_step="destroying")
    assert world.forward(c) == {d: "certain"}
    assert world.back(d) == {c: "certain"}
    assert world.kinds(c) == set()
