"""Rules 2 to 4 and 10 to 12, traps T1 to T4, T10, T11, T14, T18, T23, T28: containment of instances."""

from __future__ import annotations

import pytest

from trace_api.lineage import AnomalyKind, EdgeKind, Lineage

from .worlds import World, item, lot, pieces, place, sensor, sscc, tote

A, B, P, P1, P2 = sscc(1), sscc(2), sscc(10), sscc(11), sscc(12)
C, C1, C2 = sscc(100), sscc(101), sscc(102)
T = tote(1)
a, b, c, d = item("a"), item("b"), item("c"), item("d")
HERE, THERE, ELSEWHERE = place(1), place(2), place(3)


# --- reused carriers (rule 12) -------------------------------------------------------------------------


@pytest.mark.parametrize("listed", [True, False], ids=["listed", "empty"])
@pytest.mark.parametrize("step", [10, 4], ids=["pauses", "back to back"])
def test_a_tote_reused_200_times_gives_seven_events(listed: bool, step: int) -> None:
    world = World()
    for turn in range(200):
        start = turn * step
        load = [item(f"{turn}-{n}") for n in range(10)]
        world.commission(load, start)
        world.pack(T, load, start + 1)
        world.see([T], start + 2, biz_step="shipping")
        world.see([T], start + 3, biz_step="receiving")
        world.unpack(T, load if listed else [], start + 5)
        world.see(load, start + 6, biz_step="storing")
        world.end([load[3]], start + 7, biz_step="retail_selling")
        # Back to back (step 4): the next filling is packed at start + 5, the instant of the unpacking,
        # while the next load was commissioned at start + 4.
    lineage = world.lineage()
    steps = ["commissioning", None, "shipping", "receiving", None, "storing", "retail_selling"]
    for turn in (0, 77, 199):
        history = lineage.history(item(f"{turn}-3"))
        assert [event.biz_step for event in history.events] == steps
        assert history.anomalies == ()
    assert {held.child for held in lineage.contents(T, 1003 * step)} == set()


@pytest.mark.parametrize("days", [25, 396])
def test_contents_of_two_fillings_of_one_sscc_never_meet(days: int) -> None:
    day = 86_400_000_000
    world = World()
    world.pack(P, [a], 0)
    first = world.see([P], day, biz_step="shipping")
    world.unpack(P, [], 2 * day)
    world.pack(P, [b], days * day)
    second = world.see([P], (days + 1) * day, biz_step="shipping")
    # T14
    assert second.event_id not in world.event_ids(a)
    assert first.event_id not in world.event_ids(b)
    assert world.back(a) == {P: "certain"}
    assert world.back(b) == {P: "certain"}
    assert world.inside(P, day) == {a}
    assert world.inside(P) == {b}
    assert world.kinds(a) == world.kinds(b) == world.kinds(P) == set()


def test_a_pallet_reused_while_the_case_stays_packed_leaves_the_case_alone() -> None:
    world = World()
    world.pack(C, [c], 1)
    world.pack(T, [C], 2)
    inside = world.see([T], 3, biz_step="shipping")
    world.unpack(T, [], 4)
    world.pack(T, [C2], 5)
    world.pack(C2, [d], 0)
    outside = world.see([T], 6, biz_step="shipping")
    world.unpack(T, [C2], 7)
    world.pack(T, [C], 8)
    again = world.see([T], 9, biz_step="receiving")
    ids = world.event_ids(c)
    assert inside.event_id in ids
    assert again.event_id in ids
    assert outside.event_id not in ids
    assert world.intervals(c) == [(C, 1, None, False)]
    assert world.inside(T, 6, deep=True) == {C2, d}
    assert world.inside(T, deep=True) == {C, c}
    # Back of c: its case and, through it, the tote; never the other filling.
    assert world.back(c) == {C: "certain", T: "certain"}
    assert world.back(d) == {C2: "certain", T: "certain"}


# --- five levels (rule 4) ------------------------------------------------------------------------------


def test_an_item_taken_out_in_the_middle_does_not_follow_the_vehicle() -> None:
    container, vehicle = tote(7), tote(8)
    world = World()
    world.pack(C, [a, b], 1)
    world.pack(P, [C], 2)
    world.pack(container, [P], 3)
    world.pack(vehicle, [container], 4)
    together = world.see([vehicle], 5, biz_location=HERE, biz_step="departing")
    out = world.unpack(C, [a], 6, biz_location=HERE)
    apart = world.see([vehicle], 7, biz_location=THERE, biz_step="arriving")
    # T4
    assert together.event_id in world.event_ids(a)
    assert together.event_id in world.event_ids(b)
    assert apart.event_id not in world.event_ids(a)
    assert apart.event_id in world.event_ids(b)
    assert world.event_ids(a)[-1] == out.event_id
    assert world.ask(lambda lineage: lineage.state(a).place) == HERE
    assert world.ask(lambda lineage: lineage.state(b).place) == THERE
    chain = world.ask(lambda lineage: [(held.parent, held.depth) for held in lineage.containers(b)])
    assert chain == [(C, 1), (P, 2), (container, 3), (vehicle, 4)]
    assert world.ask(lambda lineage: lineage.containers(a)) == ()
    assert world.inside(vehicle, deep=True) == {container, P, C, b}
    assert world.inside(vehicle) == {container}


def test_where_and_when_are_inherited_only_while_inside_at_every_level() -> None:
    world = World()
    world.see([P], 1, biz_location=HERE)
    world.pack(C, [a], 2)
    world.see([P], 3, biz_location=HERE)
    world.pack(P, [C], 4)
    held = world.see([P], 5, biz_location=THERE)
    world.unpack(P, [C], 6)
    world.see([P], 7, biz_location=ELSEWHERE)
    ids = world.event_ids(a)
    assert held.event_id in ids
    assert len(ids) == 4  # both packings, the sighting within, the unpacking of the case
    at = world.ask(lambda lineage: {t: lineage.state(a, as_of_event_time=t).place for t in (3, 5, 7)})
    assert at[3] is None
    assert at[5] == THERE
    assert at[7] != ELSEWHERE
    inherited = world.ask(
        lambda lineage: [e.inherited_from for e in lineage.history(a).events if e.event_id == held.event_id]
    )
    assert inherited == [P]


# --- OBSERVE (rule 2) ----------------------------------------------------------------------------------


def test_observe_neither_opens_nor_closes_and_may_be_partial() -> None:
    world = World()
    world.pack(P, [a, b], 1)
    world.seen_in(P, [a], 3)
    world.seen_in(None, [b], 4)
    assert world.inside(P, 5) == {a, b}
    assert world.intervals(a) == [(P, 1, None, False)]
    assert world.intervals(b) == [(P, 1, None, False)]
    assert world.kinds(a) == world.kinds(b) == set()


def test_observe_of_a_child_that_is_not_open_is_inferred_containment_at_that_instant() -> None:
    world = World()
    world.seen_in(P, [c], 3)
    assert world.intervals(c) == [(P, 3, 3, True)]
    assert world.inside(P, 4) == set()
    assert world.back(c) == {P: "inferred"}
    same = world.see([P], 3, biz_step="storing")
    after = world.see([P], 4, biz_step="storing")
    ids = world.event_ids(c)
    assert same.event_id in ids
    assert after.event_id not in ids


@pytest.mark.parametrize("where", [None, HERE])
def test_observe_of_a_child_open_elsewhere_does_not_close_it_there(where: str | None) -> None:
    world = World()
    world.pack(A, [c], 1, biz_location=HERE)
    world.seen_in(B, [c], 3, biz_location=where)
    # "OBSERVE neither opens nor closes": two readings that contradict each other, so an anomaly.
    assert world.intervals(c) == [(A, 1, None, False), (B, 3, 3, True)]
    assert world.inside(A) == {c}
    assert world.inside(B) == set()
    assert world.kinds(c) == {AnomalyKind.DOUBLE_CONTAINMENT}
    assert world.forward(A) == {c: "certain"}
    assert world.forward(B) == {c: "inferred"}


def test_observe_in_another_container_at_another_place_is_a_missing_unpack() -> None:
    world = World()
    world.pack(A, [c, d], 1, biz_location=HERE)
    world.seen_in(B, [c], 3, biz_location=THERE)
    # Rule 10: seen without its container at another place; rule 2: no new interval but the instant.
    assert world.intervals(c) == [(A, 1, 3, True), (B, 3, 3, True)]
    assert world.inside(A) == {d}
    assert AnomalyKind.MISSING_UNPACK in world.kinds(c)


def test_observe_of_a_child_together_with_its_container_changes_nothing() -> None:
    world = World()
    world.pack(A, [c], 1, biz_location=HERE)
    world.seen_in(B, [A, c], 3, biz_location=THERE)
    assert (A, 1, None, False) in world.intervals(c)
    assert AnomalyKind.MISSING_UNPACK not in world.kinds(c)


def test_observe_in_the_container_of_its_container_is_no_anomaly() -> None:
    world = World()
    world.pack(C, [c], 1, biz_location=HERE)
    world.pack(P, [C], 2, biz_location=HERE)
    world.seen_in(P, [c], 3, biz_location=THERE)
    assert world.intervals(c) == [(C, 1, None, False)]
    assert world.kinds(c) == set()


def test_listed_children_with_completeness_inferred_were_not_seen() -> None:
    world = World()
    world.pack(A, [c], 1, biz_location=HERE)
    world.unpack(A, [c], 2, biz_location=HERE)
    world.pack(B, [c], 3, biz_location=HERE)
    world.seen_in(A, [c], 5, disposition="completeness_inferred", biz_location=THERE)
    # T28: c is in B, no clone, and was not seen at the other place.
    assert world.inside(B) == {c}
    assert (B, 3, None, False) in world.intervals(c)
    assert world.kinds(c) == set()
    assert world.ask(lambda lineage: lineage.state(c).place) == HERE


def test_completeness_inferred_keeps_an_open_interval_open() -> None:
    world = World()
    world.pack(A, [c], 1, biz_location=HERE)
    world.pack(B, [c], 3, biz_location=HERE)
    world.seen_in(A, [c], 5, disposition="completeness_inferred")
    # The double containment stays one; the unseen child is no evidence for A.
    assert world.intervals(c) == [(A, 1, 3, True), (B, 3, None, False)]
    assert world.kinds(c) == {AnomalyKind.DOUBLE_CONTAINMENT}


# --- empty DELETE, association and aggregation (rule 3) ------------------------------------------------


def test_an_empty_delete_ends_every_aggregation_of_the_parent() -> None:
    world = World()
    world.pack(P, [a, b], 1, quantities=(pieces(lot("L"), 10),))
    world.pack(P, [c], 2)
    world.unpack(P, [], 3)
    world.pack(P, [d], 4)
    # T2
    assert world.inside(P, 2) == {a, b, c, lot("L")}
    assert world.inside(P, 3) == set()
    assert world.inside(P) == {d}
    for child in (a, b):
        assert world.intervals(child) == [(P, 1, 3, False)]
    assert world.intervals(c) == [(P, 2, 3, False)]


def test_unpacking_a_tray_keeps_its_sensor_until_the_association_ends() -> None:
    world = World()
    probe = sensor(1)
    world.attach(T, [probe], 1)
    world.pack(T, [a], 2)
    world.unpack(T, [], 3)
    # T3
    assert world.inside(T, 2) == {probe, a}
    assert world.inside(T, 3) == {probe}
    world.detach(T, [], 5)
    assert world.inside(T, 4) == {probe}
    assert world.inside(T, 5) == set()
    assert world.intervals(probe, EdgeKind.ASSOCIATION) == [(T, 1, 5, False)]


def test_an_empty_association_delete_keeps_the_aggregations() -> None:
    world = World()
    probe = sensor(1)
    world.attach(T, [probe], 1)
    world.pack(T, [a], 2)
    world.detach(T, [], 3)
    assert world.inside(T) == {a}


def test_a_listed_delete_of_one_kind_leaves_the_other_kind_of_the_same_child() -> None:
    world = World()
    probe = sensor(1)
    world.attach(T, [probe], 1)
    world.pack(T, [probe], 2)
    world.unpack(T, [probe], 3)
    assert world.intervals(probe) == [(T, 2, 3, False)]
    assert world.intervals(probe, EdgeKind.ASSOCIATION) == [(T, 1, None, False)]


def test_packing_does_not_end_an_association() -> None:
    world = World()
    probe = sensor(1)
    world.attach(P, [probe], 1)
    world.pack(C, [probe], 2)
    assert world.intervals(probe, EdgeKind.ASSOCIATION) == [(P, 1, None, False)]
    assert world.intervals(probe) == [(C, 2, None, False)]
    assert world.kinds(probe) == set()


def test_an_association_parent_may_be_a_location() -> None:
    world = World()
    probe, other = sensor(1), sensor(2)
    world.attach(HERE, [probe, other], 1)
    world.detach(HERE, [probe], 2)
    # T18
    assert world.inside(HERE, 1) == {probe, other}
    assert world.inside(HERE, 2) == {other}
    world.detach(HERE, [], 3)
    assert world.inside(HERE, 3) == set()
    assert world.intervals(other, EdgeKind.ASSOCIATION) == [(HERE, 1, 3, False)]


def test_a_delete_of_a_child_never_packed_is_flagged_and_contains_nothing() -> None:
    world = World()
    world.unpack(P, [c], 3)
    # It tells that c was in P until 3, never that it is there afterwards.
    assert world.intervals(c) == [(P, 3, 3, True)]
    assert world.inside(P, 2) == world.inside(P, 3) == set()
    assert AnomalyKind.UNPACKED_NOT_PACKED in world.kinds(c)


def test_adding_again_what_is_open_changes_nothing() -> None:
    world = World()
    world.pack(P, [c], 1)
    world.pack(P, [c, d], 3)
    world.unpack(P, [c], 5)
    assert world.inside(P, 4) == {c, d}
    assert world.inside(P, 5) == {d}
    assert {(parent, end) for parent, _, end, _ in world.intervals(c)} == {(P, 5)}
    assert world.kinds(c) == set()


def test_the_parent_of_a_transaction_event_is_never_a_container() -> None:
    world = World()
    world.event("TransactionEvent", 3, action="ADD", parent=P, epcs=(c,))
    assert world.inside(P) == set()
    assert world.intervals(c) == []
    assert world.back(c) == {}
    assert world.forward(P) == {}


# --- missing unpack (rule 10) --------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["retail_selling", "dispensing", "destroying"])
@pytest.mark.parametrize("action", ["OBSERVE", "DELETE"])
def test_a_sale_a_dispensing_or_a_destruction_ends_the_containment_as_inferred(
    step: str, action: str
) -> None:
    world = World()
    world.pack(P, [c, d], 1)
    last = world.event("ObjectEvent", 5, action=action, epcs=(c,), biz_step=step)
    later = world.see([P], 6, biz_location=HERE)
    # T10
    assert world.intervals(c) == [(P, 1, 5, True)]
    assert world.intervals(d) == [(P, 1, None, False)]
    assert world.event_ids(c)[-1] == last.event_id
    assert later.event_id not in world.event_ids(c)
    assert AnomalyKind.MISSING_UNPACK in world.kinds(c)
    assert world.forward(P) == {c: "inferred", d: "certain"}


def test_use_as_an_input_ends_the_containment_as_inferred() -> None:
    world = World()
    world.pack(P, [c], 1)
    world.make([c], [d], 5)
    assert world.intervals(c) == [(P, 1, 5, True)]


def test_decommissioning_ends_the_containment_of_the_thing_and_of_what_is_directly_in_it() -> None:
    world = World()
    world.pack(C, [c], 1)
    world.pack(P, [C], 2)
    world.end([P], 5, biz_step="decommissioning")
    assert world.intervals(C) == [(P, 2, 5, True)]
    assert world.intervals(c) == [(C, 1, None, False)]
    world.end([C], 7, biz_step="decommissioning")
    assert world.intervals(c) == [(C, 1, 7, True)]


def test_a_decommissioned_item_is_in_nothing() -> None:
    world = World()
    world.pack(P, [c], 1)
    world.end([c], 5, biz_step="decommissioning")
    assert world.inside(P, 5) == set()
    assert world.intervals(c) == [(P, 1, 5, True)]


def test_seen_alone_at_another_place_ends_the_containment() -> None:
    world = World()
    world.pack(P, [c, d], 1, read_point=HERE, biz_location=HERE)
    world.see([c], 5, read_point=THERE, biz_location=THERE)
    assert world.intervals(c) == [(P, 1, 5, True)]
    assert world.inside(P) == {d}
    assert AnomalyKind.MISSING_UNPACK in world.kinds(c)


def test_seen_alone_at_the_place_of_its_container_or_at_no_place_changes_nothing() -> None:
    world = World()
    world.pack(P, [c], 1, read_point=HERE, biz_location=HERE)
    world.see([c], 5, read_point=HERE, biz_location=HERE)
    world.see([c], 6)
    world.see([P], 7, read_point=THERE, biz_location=THERE)
    world.see([c], 8, read_point=THERE, biz_location=THERE)
    assert world.intervals(c) == [(P, 1, None, False)]
    assert world.kinds(c) == set()


def test_seen_together_with_its_container_at_another_place_changes_nothing() -> None:
    world = World()
    world.pack(P, [c], 1, read_point=HERE, biz_location=HERE)
    world.see([P, c], 5, read_point=THERE, biz_location=THERE)
    assert world.intervals(c) == [(P, 1, None, False)]


def test_seen_at_another_place_with_completeness_inferred_is_no_trigger() -> None:
    world = World()
    world.pack(P, [c], 1, read_point=HERE, biz_location=HERE)
    world.seen_in(B, [c], 5, read_point=THERE, biz_location=THERE, disposition="completeness_inferred")
    assert (P, 1, None, False) in world.intervals(c)
    assert world.kinds(c) == set()


# --- double containment (rule 11) ----------------------------------------------------------------------


def test_one_sgtin_in_two_pallets_ends_in_the_first_as_inferred() -> None:
    world = World()
    world.pack(A, [c, d], 1)
    world.pack(B, [c], 5)
    # T11
    assert world.intervals(c) == [(A, 1, 5, True), (B, 5, None, False)]
    assert world.inside(A, 4) == {c, d}
    assert world.inside(A, 5) == {d}
    assert world.inside(B) == {c}
    assert AnomalyKind.DOUBLE_CONTAINMENT in world.kinds(c)
    assert AnomalyKind.SUSPECTED_CLONE not in world.kinds(c)
    assert world.forward(A) == {c: "inferred", d: "certain"}
    assert world.forward(B) == {c: "certain"}


def test_later_evidence_in_the_first_container_makes_both_intervals_stand() -> None:
    world = World()
    world.pack(A, [c], 1)
    world.pack(B, [c], 5)
    world.seen_in(A, [c], 8)
    assert {(parent, start, end) for parent, start, end, _ in world.intervals(c)} == {
        (A, 1, None),
        (B, 5, None),
    }
    assert AnomalyKind.SUSPECTED_CLONE in world.kinds(c)
    assert world.inside(A) == {c}
    assert world.inside(B) == {c}


def test_a_late_unpacking_from_the_first_container_is_evidence_too() -> None:
    world = World()
    world.pack(A, [c], 1)
    world.pack(B, [c], 5)
    world.unpack(A, [c], 8)
    # It was in A until 8: both intervals stand, A [1, 8] and B [5, ...).
    assert [(parent, start, end) for parent, start, end, _ in world.intervals(c)] == [(A, 1, 8), (B, 5, None)]
    assert AnomalyKind.SUSPECTED_CLONE in world.kinds(c)
    assert world.inside(B, 8) == {c}
    assert world.inside(A, 8) == set()
    # As of 7 the evidence of 8 has not happened yet.
    assert world.inside(A, 7) == set()


def test_back_in_the_first_container_after_an_unpacking_from_the_second_is_no_clone() -> None:
    world = World()
    world.pack(A, [c], 1)
    world.pack(B, [c], 5)
    world.unpack(B, [c], 7)
    world.pack(A, [c], 8)
    assert world.intervals(c) == [(A, 1, 5, True), (A, 8, None, False), (B, 5, 7, False)]
    assert world.kinds(c) == {AnomalyKind.DOUBLE_CONTAINMENT}


def test_packing_into_an_ancestor_of_the_container_is_no_anomaly() -> None:
    world = World()
    world.pack(C, [c], 1)
    world.pack(P, [C], 2)
    world.pack(P, [c], 3)
    assert world.kinds(c) == set()
    assert world.inside(C) == {c}
    world.unpack(P, [], 5)
    # T23: c is still in C, C is out of P.
    assert world.inside(C) == {c}
    assert world.inside(P, deep=True) == set()
    assert world.kinds(c) == set()
    assert world.kinds(C) == set()


def test_packing_into_a_former_ancestor_is_double_containment() -> None:
    world = World()
    world.pack(C, [c], 1)
    world.pack(P, [C], 2)
    world.unpack(P, [C], 3)
    world.pack(P, [c], 4)
    assert world.intervals(c) == sorted([(C, 1, 4, True), (P, 4, None, False)])
    assert AnomalyKind.DOUBLE_CONTAINMENT in world.kinds(c)


def test_a_lot_in_two_pallets_is_no_anomaly() -> None:
    world = World()
    world.pack(A, [], 1, quantities=(pieces(lot("L"), 5),))
    world.pack(B, [], 2, quantities=(pieces(lot("L"), 5),))
    assert world.kinds(lot("L")) == set()
    assert world.inside(A) == {lot("L")} == world.inside(B)


# --- cycles (rule 13) ----------------------------------------------------------------------------------


def test_a_container_in_itself_is_flagged_and_ends_the_walk() -> None:
    world = World()
    world.pack(P, [P, c], 1)
    assert AnomalyKind.SELF_CONTAINMENT in world.kinds(P)
    assert world.back(c) == {P: "certain"}
    assert world.inside(P, deep=True) == {c}


def test_containers_in_a_ring_end_the_walk() -> None:
    world = World()
    world.pack(A, [B], 1)
    world.pack(B, [P], 2)
    world.pack(P, [A], 3)
    world.pack(A, [c], 4)

    def question(lineage: Lineage) -> set[str]:
        return {held.child for held in lineage.contents(A, deep=True)}

    assert world.ask(question) >= {B, P, c}
    assert set(world.back(c)) == {A, B, P}
    assert {"suspected_clone", "double_containment"}.isdisjoint(kind.value for kind in world.kinds(c))
