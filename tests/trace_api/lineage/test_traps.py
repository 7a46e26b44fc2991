"""The thirty traps of lineage, each with its answer worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import islice, pairwise, permutations

from trace_api.lineage import Certainty, EdgeKind, MemoryFacts
from trace_api.lineage.lineage import Lineage

from .histories import SECOND, History, amount, holders, inside, kinds, lineage_of, recaptured

DAY = 86_400
ITEM = "https://id.gs1.org/01/09506000134352/21/{}"
LOT = "https://id.gs1.org/01/09506000134352/10/L"
GTIN = "https://id.gs1.org/01/09506000134352"
SSCC = "https://id.gs1.org/00/10950600013435{:04}"
TOTE = "https://id.gs1.org/8003/09506000134352T1"
PLANT = "https://id.gs1.org/414/9506000134352"
STORE = "https://id.gs1.org/414/9506000134369"


def ids(answer: object) -> list[str]:
    return [event.event_id for event in answer.events]  # type: ignore[attr-defined]


def test_t01_a_tote_reused_200_times_gives_seven_events() -> None:
    history = History()
    # Each filling: packed, shipped, received, unpacked; each item: made, put on the shelf, sold.
    for filling in range(200):
        start = filling * 100
        items = [ITEM.format(f"{filling}-{n}") for n in range(10)]
        for item in items:
            history.make(start, item)
        history.pack(start + 1, TOTE, *items, read_point=PLANT)
        history.see(start + 2, TOTE, biz_step="shipping", read_point=PLANT)
        history.see(start + 3, TOTE, biz_step="receiving", read_point=STORE, biz_location=STORE)
        history.unpack(start + 4, TOTE, *items, read_point=STORE)
        for item in items:
            history.see(start + 5, item, biz_step="stocking", biz_location=STORE)
            history.see(start + 6, item, biz_step="retail_selling", biz_location=STORE)
    item = ITEM.format("57-3")
    answer = history.lineage.history(item)
    # made, packed, shipped (inherited), received (inherited), unpacked, shelved, sold: seven.
    assert [event.biz_step for event in answer.events] == [
        None,
        None,
        "shipping",
        "receiving",
        None,
        "stocking",
        "retail_selling",
    ]
    assert [event.inherited_from for event in answer.events].count(TOTE) == 2
    back = history.lineage.back(item)
    assert len(back.events) == 7
    assert {node.uri for node in back.nodes} == {item, TOTE}


def test_t02_an_empty_delete_ends_every_aggregation_of_its_parent() -> None:
    history = History()
    history.pack(1, "P", "a", "b")
    history.pack(2, "P", "c", quantities=(amount(LOT, 5),))
    history.unpack(3, "P")
    history.pack(4, "P", "d")
    assert inside(history.lineage, "P", 2) == {"a", "b", "c", LOT}
    assert inside(history.lineage, "P", 3) == set()
    assert inside(history.lineage, "P") == {"d"}


def test_t03_an_empty_aggregation_delete_keeps_the_sensor_of_the_tray() -> None:
    history = History()
    history.attach(1, "tray", "sensor")
    history.pack(2, "tray", "a", "b")
    history.unpack(3, "tray")
    left = history.lineage.contents("tray")
    assert [(one.child, one.kind) for one in left] == [("sensor", EdgeKind.ASSOCIATION)]
    history.detach(4, "tray")
    assert history.lineage.contents("tray") == ()


def test_t04_an_item_is_taken_out_in_the_middle_of_five_levels() -> None:
    history = History()
    chain = ["item", "pack", "case", "pallet", "container", "vessel"]
    history.make(1, "item", "other")
    history.pack(2, "pack", "item", "other")
    for level, (child, parent) in enumerate(pairwise(chain[1:])):
        history.pack(3 + level, parent, child)
    on_sea = history.see(10, "vessel", read_point="geo:1,1")
    out = history.unpack(20, "pack", "item")
    ashore = history.see(30, "vessel", read_point="geo:2,2")
    assert holders(history.lineage, "item", 10) == chain[1:]
    assert holders(history.lineage, "item") == []
    assert holders(history.lineage, "other") == chain[1:]
    answer = history.lineage.history("item")
    # made; packed; four packings of what it is in; the vessel at sea; taken out. Not the vessel ashore.
    assert len(answer.events) == 8
    assert on_sea.event_id in ids(answer)
    assert out.event_id in ids(answer)
    assert ashore.event_id not in ids(answer)
    assert ashore.event_id in ids(history.lineage.history("other"))
    assert history.lineage.back("item").certain == set(chain[1:])


def test_t05_a_transformation_told_in_three_parts_captured_in_reverse() -> None:
    parts = History()
    parts.transform(1, ["I1"], [], transformation_id="urn:x:1")
    parts.transform(2, ["I2"], [], transformation_id="urn:x:1")
    parts.transform(3, [], ["O1", "O2"], transformation_id="urn:x:1")
    lineage = lineage_of(recaptured(reversed(parts.facts)))
    # One hyper-edge: both inputs to both outputs, possible because of the transformationID.
    assert lineage.back("O1").possible == {"I1", "I2"}
    assert lineage.back("O2").possible == {"I1", "I2"}
    assert lineage.forward("I2").possible == {"O1", "O2"}
    (edge,) = lineage.forward("I1").edges
    assert (edge.sources, edge.targets, len(edge.event_ids)) == (("I1",), ("O1", "O2"), 3)


def test_t06_forty_kilograms_of_a_thousand_are_unaccounted() -> None:
    outputs = [amount(f"{GTIN}/10/O{n}", 137, "KGM") for n in range(6)]
    outputs.append(amount(f"{GTIN}/10/O6", 138, "KGM"))  # 6 * 137 + 138 = 960
    whole = History()
    whole.make(1, quantities=(amount(LOT, 1000, "KGM"),))
    event = whole.transform(2, [amount(LOT, 1000, "KGM")], outputs)
    # Everything of the lot went in, 960 kg came out: the transformation lost 40.
    answer = whole.lineage.forward(LOT)
    assert len(answer.certain) == 7
    lost = [one for one in answer.unaccounted if one.reason == "loss"]
    assert [(one.subject, one.uom, one.amount) for one in lost] == [(event.event_id, "KGM", Decimal(40))]
    assert whole.lineage.mass_balance(LOT).lines[0].remaining == 0

    bit_by_bit = History()
    bit_by_bit.make(1, quantities=(amount(LOT, 1000, "KGM"),))
    for n, output in enumerate(outputs):
        bit_by_bit.transform(2 + n, [amount(LOT, output.amount, "KGM")], [output])
    # Seven uses of 960 kg in all leave 40 of the lot itself.
    unaccounted = bit_by_bit.lineage.mass_balance(LOT).unaccounted
    assert [(one.subject, one.uom, one.amount, one.reason) for one in unaccounted] == [
        (LOT, "KGM", Decimal(40), "remaining")
    ]


def test_t07_a_packing_that_did_not_occur_never_held_anything() -> None:
    history = History()
    history.make(1, "a")
    packed = history.pack(2, "P", "a")
    history.see(3, "P", read_point=STORE)
    assert holders(history.lineage, "a") == ["P"]
    history.declare(packed, recorded=4)
    assert holders(history.lineage, "a") == []
    answer = history.lineage.back("a")
    assert [node.uri for node in answer.nodes] == ["a"]
    # The original and its declaration are shown, and state nothing; P at the store is not a's history.
    assert [(event.void, event.declares_error) for event in answer.events] == [
        (False, False),
        (True, False),
        (False, True),
    ]


def test_t08_a_corrective_event_may_arrive_before_the_wrong_one() -> None:
    history = History()
    right = history.pack(2, "Q", "a", recorded=5)
    wrong = history.pack(2, "P", "a", recorded=6)
    history.declare(wrong, recorded=7, reason="incorrect_data", corrective=(right.event_id,))
    assert holders(history.lineage, "a") == ["Q"]
    assert history.lineage.state("a").anomalies == ()


def test_t09_a_delete_captured_before_its_add_matches() -> None:
    history = History()
    history.unpack(5, "P", "a", recorded=6)
    history.pack(2, "P", "a", recorded=9)
    (edge,) = history.lineage.back("a").edges
    assert (edge.start, edge.end, edge.certainty) == (2 * SECOND, 5 * SECOND, Certainty.CERTAIN)
    assert inside(history.lineage, "P", 4) == {"a"}
    assert inside(history.lineage, "P", 5) == set()
    # While only the DELETE was known, a was in P at that instant, inferred.
    early = history.lineage.back("a", as_of_record_time=8 * SECOND)
    assert early.inferred == {"P"}
    assert kinds(early.anomalies)[:1] == ["chain_broken"]
    assert "unpacked_not_packed" in kinds(early.anomalies)


def test_t10_a_sale_without_unpacking_ends_the_containment_as_inferred() -> None:
    history = History()
    history.make(1, "a", "b")
    history.pack(2, "P", "a", "b")
    sold = history.see(5, "a", biz_step="retail_selling", disposition="retail_sold")
    later = history.see(9, "P", read_point=STORE)
    assert inside(history.lineage, "P") == {"b"}
    (edge,) = history.lineage.back("a").edges
    assert (edge.end, edge.certainty) == (5 * SECOND, Certainty.INFERRED)
    assert history.lineage.forward("P").inferred == {"a"}
    assert history.lineage.forward("P").certain == {"b"}
    assert ids(history.lineage.history("a"))[-1] == sold.event_id
    assert later.event_id in ids(history.lineage.history("b"))
    assert kinds(history.lineage.state("a").anomalies) == ["missing_unpack"]


def test_t11_one_item_in_two_pallets_is_a_double_containment() -> None:
    history = History()
    a, first, second = ITEM.format(1), SSCC.format(1), SSCC.format(2)
    history.pack(1, first, a)
    history.pack(2, second, a)
    # It left the first at the packing into the second: inferred, with an anomaly.
    assert holders(history.lineage, a) == [second]
    assert kinds(history.lineage.state(a).anomalies) == ["double_containment"]
    assert history.lineage.forward(first).inferred == {a}
    assert history.lineage.forward(second).certain == {a}
    # Seen in the first again while the second holds it: both stand, suspected clone.
    history.look(3, first, a)
    assert set(holders(history.lineage, a)) == {first, second}
    assert kinds(history.lineage.state(a).anomalies) == ["double_containment", "suspected_clone"]
    assert history.lineage.forward(first).certain == {a}


def test_t12_forms_of_one_identifier_are_one_node_and_a_gtin_is_none() -> None:
    # Forms are mapped to one URI before they come here: what the lineage owes is that a chain holds over
    # events that used different forms, and that the class they share never joins two items.
    history = History()
    history.make(1, ITEM.format("x"), lots=((ITEM.format("x"), LOT),))
    history.make(1, ITEM.format("y"), lots=((ITEM.format("y"), f"{GTIN}/10/M"),))
    history.see(2, quantities=(amount(GTIN, 7),))
    history.transform(3, [ITEM.format("x")], [ITEM.format("z")])
    history.transform(4, [amount(GTIN, 3)], ["mixed"])
    assert history.lineage.back(ITEM.format("z")).certain == {ITEM.format("x"), LOT}
    assert history.lineage.forward(LOT).certain == {ITEM.format("x"), ITEM.format("z")}
    mixed = history.lineage.back("mixed")
    assert [node.uri for node in mixed.nodes] == ["mixed"]
    assert kinds(mixed.anomalies) == ["class_only"]
    whole = history.lineage.forward(GTIN)
    assert (len(whole.nodes), whole.events, kinds(whole.anomalies)) == (1, (), ["class_only"])


def test_t13_a_rework_cycle_ends_and_time_is_respected_in_it() -> None:
    history = History()
    history.transform(1, ["raw"], ["A"])
    history.transform(2, ["A"], ["B"])
    history.transform(3, ["B", "extra"], ["A"])  # rework
    history.transform(4, ["A"], ["C"])
    assert history.lineage.back("C").reached(Certainty.CERTAIN) == {"A", "raw"}
    assert history.lineage.back("C").possible == {"B", "extra"}
    # B at 2 was made before the rework, so extra never went into it.
    assert history.lineage.back("B", as_of_event_time=2 * SECOND).certain == {"A", "raw"}
    assert history.lineage.forward("extra").possible == {"A", "C"}
    boxes = History()
    boxes.pack(1, "A", "A")
    boxes.pack(2, "B", "A")
    boxes.pack(3, "A", "B")
    assert boxes.lineage.back("A").certain == {"B"}
    assert boxes.lineage.forward("A").certain == {"B"}
    assert "self_containment" in kinds(boxes.lineage.state("A").anomalies)


def test_t14_an_sscc_reused_after_25_days_and_after_13_months() -> None:
    history = History()
    sscc = SSCC.format(7)
    for days, item in ((0, "a"), (25, "b"), (25 + 396, "c")):
        history.make(days * DAY, item)
        history.pack(days * DAY + 1, sscc, item)
        history.see(days * DAY + 2, sscc, biz_step="shipping")
        history.unpack(days * DAY + 3, sscc)
    for item in "abc":
        answer = history.lineage.back(item)
        # made, packed, shipped, unpacked by the empty DELETE: four of twelve.
        assert len(answer.events) == 4
        assert answer.certain == {sscc}
    assert history.lineage.forward("a").carriers == set()


def test_t15_at_one_instant_made_then_unpacked_then_packed_then_ended() -> None:
    history = History()
    history.transform(5, ["i"], ["o"])
    history.pack(5, "P", "o")
    history.pack(3, "A", "i", "m")
    history.unpack(5, "A", "i", "m")
    history.pack(5, "B", "m")  # unpack A and pack B at one instant is a move
    seen = history.see(5, "A")
    history.end(5, "i")
    for order in islice(permutations(history.facts), 0, None, 11):
        lineage = lineage_of(recaptured(order))
        assert holders(lineage, "o") == ["P"]
        assert holders(lineage, "m") == ["B"]
        assert holders(lineage, "i") == []
        state = lineage.state("i")
        assert state.end_of_life is not None
        assert state.anomalies == ()
        # A was observed at exactly the closing instant: that belongs to what was in it.
        assert seen.event_id in ids(lineage.history("m"))


def test_t15_a_load_packed_and_unpacked_within_one_instant_has_no_length() -> None:
    history = History()
    history.pack(5, "P", "a")
    history.unpack(5, "P", "a")
    for order in permutations(history.facts):
        lineage = lineage_of(recaptured(order))
        assert holders(lineage, "a") == []
        (edge,) = lineage.back("a").edges
        assert (edge.start, edge.end, edge.certainty) == (5 * SECOND, 5 * SECOND, Certainty.CERTAIN)


def test_t16_a_lot_packed_beside_serialised_items() -> None:
    history = History()
    items = (ITEM.format(1), ITEM.format(2))
    history.pack(1, SSCC.format(1), *items, quantities=(amount(LOT, 10),))
    found = history.lineage.contents(SSCC.format(1))
    assert {one.child: one.amounts for one in found} == {
        items[0]: (),
        items[1]: (),
        LOT: ((None, Decimal(10)),),
    }
    # Standing in one event's lists is no membership: neither is the other's lineage.
    assert LOT not in {node.uri for node in history.lineage.back(items[0]).nodes}
    assert history.lineage.forward(LOT).certain == set()
    history.unpack(2, SSCC.format(1), items[0], quantities=(amount(LOT, 4),))
    found = history.lineage.contents(SSCC.format(1))
    assert {one.child: one.amounts for one in found} == {items[1]: (), LOT: ((None, Decimal(6)),)}
    history.unpack(3, SSCC.format(1))
    assert history.lineage.contents(SSCC.format(1)) == ()


def test_t17_as_of_a_record_time_before_a_late_event() -> None:
    history = History()
    history.make(1, "a", recorded=1)
    history.pack(2, "P", "a", recorded=2)
    history.unpack(3, "P", "a", recorded=50)  # happened at 3, captured at 50
    assert [one.parent for one in history.lineage.containers("a", as_of_record_time=49 * SECOND)] == ["P"]
    assert history.lineage.containers("a", as_of_record_time=50 * SECOND) == ()
    assert len(history.lineage.back("a", as_of_record_time=49 * SECOND).events) == 2
    assert len(history.lineage.back("a", as_of_event_time=2 * SECOND).events) == 2
    assert len(history.lineage.back("a").events) == 3


def test_t18_an_asset_is_associated_to_a_location() -> None:
    history = History()
    history.attach(1, PLANT, "freezer")
    history.attach(2, "freezer", "sensor")
    assert holders(history.lineage, "sensor") == ["freezer", PLANT]
    history.unpack(3, PLANT)  # an empty Aggregation DELETE does not touch it
    assert inside(history.lineage, PLANT) == {"freezer"}
    history.detach(4, PLANT)
    assert inside(history.lineage, PLANT) == set()
    assert holders(history.lineage, "sensor") == ["freezer"]


def test_t19_an_instance_seen_after_decommissioning_is_kept_and_flagged() -> None:
    history = History()
    history.make(1, "a")
    history.end(5, "a", biz_step="decommissioning")
    ghost = history.see(8, "a", biz_location=STORE)
    state = history.lineage.state("a")
    assert state.end_of_life is not None
    assert state.end_of_life.event_time == 5 * SECOND
    assert kinds(state.anomalies) == ["seen_after_end"]
    assert ids(history.lineage.history("a"))[-1] == ghost.event_id
    history.make(7, "a")  # the identifier is given anew before the sighting: nothing is wrong
    assert history.lineage.state("a").end_of_life is None
    assert history.lineage.state("a").anomalies == ()


def test_t20_a_tote_emptied_and_refilled_in_one_second_holds_the_new_load() -> None:
    history = History()
    history.pack(1, "T", "a")
    history.unpack(5, "T")
    history.pack(5, "T", "b")
    history.see(5, "T", read_point=PLANT)
    history.see(9, "T", read_point=STORE)
    for order in permutations(history.facts):
        lineage = lineage_of(recaptured(order))
        assert inside(lineage, "T") == {"b"}
        assert inside(lineage, "T", 5) == {"b"}
        # packed, unpacked, observed at the closing instant; not the new load's packing, nor the store.
        assert len(lineage.history("a").events) == 3
        # packed, observed at the opening instant, the store; not the old load's unpacking.
        assert len(lineage.history("b").events) == 3


def test_t21_a_wider_time_bound_expands_a_lot_again() -> None:
    history = History()
    history.transform(5, ["X"], ["L"])
    history.transform(8, ["X"], ["Y"])
    history.transform(10, ["Y"], ["L"])
    history.transform(7, ["L"], ["M"])
    for order in permutations(history.facts):
        answer = lineage_of(recaptured(order)).forward("X")
        assert answer.certain == {"L", "Y", "M"}
        assert lineage_of(recaptured(order)).forward("Y").certain == {"L"}
        assert lineage_of(recaptured(order)).back("M").certain == {"L", "X"}


def test_t22_inside_one_transformation_id_time_does_not_count() -> None:
    history = History()
    history.transform(0, ["I1"], [], transformation_id="urn:t")
    history.transform(1, [], ["O1"], transformation_id="urn:t")
    history.transform(3, ["I2"], [], transformation_id="urn:t")
    history.transform(4, [], ["O2"], transformation_id="urn:t")
    for order in permutations(history.facts):
        lineage = lineage_of(recaptured(order))
        assert lineage.back("O1").possible == {"I1", "I2"}
        assert lineage.forward("I2").possible == {"O1", "O2"}


def test_t23_packing_into_an_ancestor_of_the_container_is_no_anomaly() -> None:
    history = History()
    history.pack(1, "C", "c")
    history.pack(2, "P", "C")
    history.pack(3, "P", "c")
    assert history.lineage.state("c").anomalies == ()
    assert set(holders(history.lineage, "c")) == {"C", "P"}
    history.unpack(4, "P")
    for order in permutations(history.facts):
        lineage = lineage_of(recaptured(order))
        assert holders(lineage, "c") == ["C"]
        assert lineage.state("c").anomalies == ()


def test_t24_a_lot_in_two_pallets_is_an_amount_in_each() -> None:
    history = History()
    history.pack(1, "P1", quantities=(amount(LOT, 60),))
    history.pack(2, "P2", quantities=(amount(LOT, 40),))
    history.unpack(3, "P1", quantities=(amount(LOT, 25),))
    for order in permutations(history.facts):
        lineage = lineage_of(recaptured(order))
        (one,), (other,) = lineage.contents("P1"), lineage.contents("P2")
        assert one.amounts == ((None, Decimal(35)),)
        assert other.amounts == ((None, Decimal(40)),)
        assert lineage.state(LOT).anomalies == ()


def test_t25_a_declaration_voids_from_its_record_time_on() -> None:
    history = History()
    packed = history.pack(1, "P", "a", recorded=10)
    history.declare(packed, recorded=30, declared=20)
    as_of = {at: history.lineage.containers("a", as_of_record_time=at * SECOND) for at in (25, 30)}
    assert [one.parent for one in as_of[25]] == ["P"]
    assert as_of[30] == ()
    early = History()
    early.declare(packed, recorded=5)
    assert early.lineage.containers("a") == ()
    early.add(replace(packed, record_time=10 * SECOND))
    assert early.lineage.containers("a") == ()


def test_t26_a_wrongly_declared_event_lives_again_only_under_a_new_id() -> None:
    history = History()
    packed = history.pack(1, "P", "a", recorded=1)
    minted = replace(packed, event_id=f"ni:///sha-256;{packed.content_hash}?ver=CBV2.0", id_given=False)
    history = History()
    history.add(minted)
    history.declare(minted, recorded=2)
    assert history.lineage.containers("a") == ()
    history.add(replace(minted, record_time=3 * SECOND))  # again without an id: the same event
    assert history.lineage.containers("a") == ()
    history.add(replace(minted, record_time=4 * SECOND, event_id="urn:uuid:new", id_given=True))
    (held,) = history.lineage.containers("a")
    assert held.event_ids == ("urn:uuid:new",)
    history.add(replace(minted, record_time=5 * SECOND, event_id="urn:uuid:newer", id_given=True))
    (held,) = history.lineage.containers("a")
    assert held.event_ids == ("urn:uuid:new",)  # counted once
    assert kinds(history.lineage.state("a").anomalies) == ["duplicate_content"]


def test_t27_a_drum_used_twice_goes_into_both() -> None:
    history = History()
    history.make(0, "d")
    history.transform(1, ["d"], ["A"])
    history.transform(5, ["d"], ["B"])
    assert history.lineage.forward("d").certain == {"A", "B"}
    assert history.lineage.state("d").anomalies == ()
    history.see(9, "d", biz_step="shipping")
    assert kinds(history.lineage.state("d").anomalies) == ["shipped_after_use"]


def test_t28_a_completeness_inferred_child_was_not_seen() -> None:
    history = History()
    history.pack(1, "A", "c", biz_location=PLANT)
    history.unpack(2, "A", "c", biz_location=PLANT)
    history.pack(3, "B", "c", biz_location=PLANT)
    history.look(4, "A", "c", disposition="completeness_inferred", biz_location=STORE)
    assert holders(history.lineage, "c") == ["B"]
    state = history.lineage.state("c")
    assert state.anomalies == ()
    assert state.place == PLANT
    history.look(5, "A", "c", biz_location=STORE)  # this one saw it, and not where B is
    assert holders(history.lineage, "c") == []
    assert kinds(history.lineage.state("c").anomalies) == ["missing_unpack"]


def test_t29_a_lot_used_as_a_class_is_possible_for_its_items() -> None:
    s1, s2 = ITEM.format(1), ITEM.format(2)
    history = History()
    history.make(1, s1, s2, lots=((s1, LOT), (s2, LOT)))
    history.transform(2, [amount(LOT, 4)], ["M"])
    forward = history.lineage.forward(LOT)
    assert forward.certain == {s1, s2, "M"}
    item = history.lineage.forward(s1)
    assert (item.certain, item.possible, item.inferred) == (set(), {"M"}, set())
    assert history.lineage.back(s1).certain == {LOT}
    assert history.lineage.back("M").certain == {LOT}
    history.transform(3, [amount(LOT, 4), "other"], ["N"])
    assert history.lineage.forward(LOT).possible == {"N"}


def test_t30_a_declaration_by_a_stranger_voids_nothing() -> None:
    history = History()
    packed = history.pack(1, "P", "a", party="urn:party:owner")
    history.declare(packed, recorded=2, party="urn:party:stranger")
    assert holders(history.lineage, "a") == ["P"]
    assert kinds(history.lineage.state("a").anomalies) == ["stranger_declaration"]
    delegated = Lineage(
        MemoryFacts(history.facts),
        delegate=lambda declaring, capturing: (
            (declaring, capturing) == ("urn:party:stranger", "urn:party:owner")
        ),
    )
    assert delegated.containers("a") == ()
    assert delegated.state("a").anomalies == ()
