"""Rule 8, traps T7, T8, T25, T26, T30: error declarations and duplicates."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from trace_api.lineage import AnomalyKind, Lineage

from .worlds import CARRIER, PRODUCER, STRANGER, World, item, lot, pieces, sscc

A, B = sscc(1), sscc(2)
c, d = item("c"), item("d")


def anomalies(world: World, uri: str, **options: Any) -> set[AnomalyKind]:
    return world.ask(lambda lineage: {found.kind for found in lineage.history(uri).anomalies}, **options)


def test_a_packing_that_did_not_occur_contains_nothing_but_stays_shown() -> None:
    world = World()
    packed = world.pack(A, [c], 1)
    world.declare(packed)
    # T7
    assert world.intervals(c) == []
    assert world.inside(A) == set()
    assert world.back(c) == {}
    shown = world.ask(
        lambda lineage: sorted((e.event_id, e.void, e.declares_error) for e in lineage.history(c).events)
    )
    # Queries return both.
    assert shown == [(packed.event_id, False, True), (packed.event_id, True, False)]
    assert anomalies(world, c) == set()


def test_a_corrective_event_that_comes_first_stands_alone() -> None:
    world = World()
    world.pack(B, [c], 1, event_id="urn:uuid:right")
    wrong = world.pack(A, [c], 1, event_id="urn:uuid:wrong")
    world.declare(wrong, reason="incorrect_data", corrected_by=("urn:uuid:right",))
    # T8, in every capture order.
    assert world.intervals(c) == [(B, 1, None, False)]
    assert world.kinds(c) == set()


def test_a_correction_that_never_comes_changes_nothing() -> None:
    world = World()
    wrong = world.pack(A, [c], 1)
    world.declare(wrong, reason="incorrect_data", corrected_by=("urn:uuid:never",))
    assert world.intervals(c) == []
    assert world.kinds(c) == set()


def test_voiding_an_unpacking_opens_the_interval_again() -> None:
    world = World()
    world.pack(A, [c, d], 1)
    one = world.unpack(A, [c], 5)
    everything = world.unpack(A, [], 7)
    assert world.intervals(c) == [(A, 1, 5, False)]
    world.declare(one)
    assert world.intervals(c) == [(A, 1, 7, False)]
    world.declare(everything)
    assert world.intervals(c) == [(A, 1, None, False)]
    assert world.inside(A) == {c, d}


def test_voiding_the_second_packing_takes_the_double_containment_away() -> None:
    world = World()
    world.pack(A, [c], 1)
    second = world.pack(B, [c], 5)
    world.declare(second)
    assert world.intervals(c) == [(A, 1, None, False)]
    assert world.kinds(c) == set()


def test_a_declaration_counts_from_its_record_time_never_from_its_declaration_time() -> None:
    world = World()
    packed = world.pack(A, [c], 1, recorded=10)
    world.declare(packed, recorded=30, declared_at=20)
    # T25
    for known, inside in ((9, set()), (10, {c}), (25, {c}), (29, {c}), (30, set()), (99, set())):
        held = world.ask(
            lambda lineage, known=known: {h.child for h in lineage.contents(A, as_of_record_time=known)}  # type: ignore[misc]
        )
        assert held == inside, known


def test_a_declaration_captured_before_its_event_voids_it() -> None:
    world = World()
    packed = world.pack(A, [c], 1, recorded=50)
    world.declare(packed, recorded=30)
    assert world.inside(A) == set()
    assert world.intervals(c) == []


def test_an_orphan_declaration_asserts_nothing() -> None:
    world = World()
    packed = world.pack(A, [c], 1)
    world.declare(packed)
    world.facts.pop(0)
    lineage = Lineage(world_facts(world))
    assert lineage.contents(A) == ()
    assert lineage.containers(c) == ()
    assert [node.uri for node in lineage.back(c).nodes] == [c]


def world_facts(world: World) -> Any:
    from trace_api.lineage import MemoryFacts

    return MemoryFacts(world.facts)


def test_a_stranger_voids_nothing_and_raises_an_alarm() -> None:
    world = World()
    packed = world.pack(A, [c], 1)
    world.declare(packed, party=STRANGER)
    # T30, in every order of capture (the declaration first as well).
    assert world.inside(A) == {c}
    assert anomalies(world, c) == {AnomalyKind.STRANGER_DECLARATION}


def test_a_delegate_of_the_capturing_party_voids() -> None:
    world = World()
    packed = world.pack(A, [c], 1, party=PRODUCER)
    world.declare(packed, party=CARRIER)

    def delegate(declaring: str, capturing: str) -> bool:
        return (declaring, capturing) == (CARRIER, PRODUCER)

    assert world.ask(lambda lineage: lineage.contents(A), delegate=delegate) == ()
    assert anomalies(world, c, delegate=delegate) == set()
    assert world.inside(A) == {c}


def test_the_right_party_voids_what_a_stranger_declared_before() -> None:
    world = World()
    packed = world.pack(A, [c], 1, recorded=1)
    world.declare(packed, party=STRANGER, recorded=5, digest=b"stranger")
    world.declare(packed, recorded=9, digest=b"own")
    held = [{h.child for h in world.lineage().contents(A, as_of_record_time=known)} for known in (4, 8, 9)]
    assert held == [{c}, {c}, set()]
    assert AnomalyKind.STRANGER_DECLARATION in anomalies(world, c)


def test_a_declaration_of_a_declaration_is_no_reinstatement() -> None:
    world = World()
    packed = world.pack(A, [c], 1)
    first = world.declare(packed, digest=b"first")
    world.declare(first, digest=b"second")
    assert world.inside(A) == set()
    assert anomalies(world, c) == set()


def test_an_event_without_an_id_stays_void_when_it_is_captured_again() -> None:
    world = World()
    packed = world.pack(A, [c], 1, minted=True)
    world.declare(packed)
    assert world.inside(A) == set()
    # T26: again without an id: a duplicate, still void.
    world.pack(A, [c], 1, minted=True)
    assert world.inside(A) == set()
    # With a new id: live, once.
    world.pack(A, [c], 1, event_id="urn:uuid:new")
    assert world.inside(A) == {c}
    assert world.intervals(c) == [(A, 1, None, False)]


def test_a_declaration_without_an_id_does_not_void_an_event_captured_with_one() -> None:
    world = World()
    world.pack(A, [c], 1, event_id="urn:uuid:own")
    unnamed = World().pack(A, [c], 1, minted=True)
    world.declare(unnamed)
    assert world.inside(A) == {c}


def test_a_declaration_with_an_id_voids_only_the_event_of_that_id() -> None:
    world = World()
    first = world.pack(A, [], 1, quantities=(pieces(lot("L"), 60),), event_id="urn:uuid:one")
    world.pack(A, [], 1, quantities=(pieces(lot("L"), 60),), event_id="urn:uuid:two")
    world.pack(A, [], 1, quantities=(pieces(lot("L"), 60),), minted=True)
    world.declare(first)
    # The others with the same content stand, and are counted once.
    held = world.ask(lambda lineage: [one.amounts for one in lineage.contents(A)])
    assert held == [((None, Decimal(60)),)]


def test_a_declaration_that_names_the_minted_id_voids_the_event() -> None:
    world = World()
    packed = world.pack(A, [c], 1, minted=True)
    world.declare(packed, id_given=True)
    assert world.inside(A) == set()


def test_the_duplicate_declared_wrong_leaves_the_original() -> None:
    world = World()
    world.pack(A, [c], 1, event_id="urn:uuid:one")
    second = world.pack(A, [c], 1, event_id="urn:uuid:two")
    assert AnomalyKind.DUPLICATE_CONTENT in anomalies(world, c)
    world.declare(second)
    assert world.inside(A) == {c}
    assert world.intervals(c) == [(A, 1, None, False)]


def test_both_duplicates_declared_wrong_leave_nothing() -> None:
    world = World()
    first = world.pack(A, [c], 1, event_id="urn:uuid:one")
    second = world.pack(A, [c], 1, event_id="urn:uuid:two")
    world.declare(first)
    world.declare(second)
    assert world.inside(A) == set()


def test_duplicates_are_shown_as_one_event() -> None:
    world = World()
    world.pack(A, [c], 1, event_id="urn:uuid:one")
    world.pack(A, [c], 1, event_id="urn:uuid:two")
    live = world.ask(lambda lineage: len([e for e in lineage.history(c).events if not e.void]))
    assert live == 1
    assert world.kinds(c) == {AnomalyKind.DUPLICATE_CONTENT}


def test_the_duplicate_is_none_before_it_is_known() -> None:
    world = World()
    world.pack(A, [c], 1, event_id="urn:uuid:one", recorded=10)
    world.pack(A, [c], 1, event_id="urn:uuid:two", recorded=20)
    found = world.ask(lambda lineage: lineage.history(c, as_of_record_time=15).anomalies)
    assert found == ()


def test_a_void_transformation_links_nothing_and_a_void_part_leaves_the_rest() -> None:
    world = World()
    world.make([c], [], 1, "urn:x:t")
    part = world.make([d], [], 2, "urn:x:t")
    world.make([], [item("o")], 3, "urn:x:t")
    world.declare(part)
    assert world.back(item("o")) == {c: "possible"}
    assert world.forward(d) == {}


def test_a_void_second_input_still_leaves_a_single_input_certain() -> None:
    world = World()
    wrong = world.make([c, d], [item("o")], 1)
    world.make([c], [item("o")], 1)
    world.declare(wrong)
    assert world.back(item("o")) == {c: "certain"}


@pytest.mark.parametrize("voided", ["end", "use", "sale", "sighting"])
def test_a_void_trigger_ends_no_interval(voided: str) -> None:
    world = World()
    world.pack(A, [c], 1, read_point="urn:x:here", biz_location="urn:x:here")
    trigger = {
        "end": lambda: world.end([A], 5, biz_step="decommissioning"),
        "use": lambda: world.make([c], [d], 5),
        "sale": lambda: world.end([c], 5, biz_step="retail_selling"),
        "sighting": lambda: world.see([c], 5, read_point="urn:x:there", biz_location="urn:x:there"),
    }[voided]()
    assert world.intervals(c) == [(A, 1, 5, True)]
    world.declare(trigger)
    assert world.intervals(c) == [(A, 1, None, False)]
    assert world.kinds(c) == set()


def test_a_void_decommissioning_ends_no_life() -> None:
    world = World()
    ended = world.end([c], 5, biz_step="decommissioning")
    world.see([c], 8)
    assert AnomalyKind.SEEN_AFTER_END in world.kinds(c)
    world.declare(ended)
    assert world.kinds(c) == set()
    assert world.ask(lambda lineage: lineage.state(c).end_of_life) is None
