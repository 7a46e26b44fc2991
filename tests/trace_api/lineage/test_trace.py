"""Traces: duality, limits, redaction, and the rules that the traps do not reach."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trace_api.lineage import AnomalyKind, Certainty, Fact, LineageError, TraceLimits

from .histories import History, amount, kinds, lineage_of
from .random_histories import CARRIERS, ITEMS, LOTS, aggregations, lots, mixtures, transformations

GTIN = "https://id.gs1.org/01/09506000134352"


def both_ways(facts: list[Fact]) -> tuple[dict[tuple[str, str], Certainty], dict[tuple[str, str], Certainty]]:
    """(upstream, downstream) pairs with their certainty, as told by back and by forward."""
    lineage = lineage_of(facts)
    uris = (*ITEMS, *CARRIERS, *LOTS, "made")
    back = {(node.uri, uri): node.certainty for uri in uris for node in lineage.back(uri).nodes}
    forward = {(uri, node.uri): node.certainty for uri in uris for node in lineage.forward(uri).nodes}
    return back, forward


@given(st.one_of(aggregations(places=True), transformations(), lots(), mixtures()))
@settings(max_examples=120, deadline=None)
def test_back_and_forward_are_two_directions_of_one_relation(facts: list[Fact]) -> None:
    """x in back(y) iff y in forward(x), carriers included.

    Two exceptions, both of rule 6: forward from an item follows the class-level uses of its lots, and back
    from those uses names the lot and never its items; back from a lot follows the transformations that made
    its items, and forward from their inputs names the items and never the lot. Both are left out here by
    taking lineages in which no item has a lot.
    """
    back, forward = both_ways([fact for fact in facts if not fact.lots])
    assert back.keys() == forward.keys()
    # A thing both affected and a carrier is told as affected; back it is told by the stronger of the two.
    assert all(back[pair] >= forward[pair] for pair in back)


@given(transformations())
@settings(max_examples=80, deadline=None)
def test_both_directions_are_equally_certain(facts: list[Fact]) -> None:
    back, forward = both_ways(facts)
    assert back == forward


@given(lots())
@settings(max_examples=60, deadline=None)
def test_with_memberships_forward_adds_only_what_rule_6_adds(facts: list[Fact]) -> None:
    lineage = lineage_of(facts)
    uris = (*ITEMS, *CARRIERS, *LOTS)
    back = {(node.uri, uri) for uri in uris for node in lineage.back(uri).nodes}
    forward = {(uri, node.uri) for uri in uris for node in lineage.forward(uri).nodes}
    assert back <= forward
    for source, _target in forward - back:
        # An item reached (or asked for) whose lot was used as a class.
        assert source not in LOTS or any(fact.lots for fact in facts)


def test_siblings_are_never_in_a_back_trace() -> None:
    history = History()
    history.make(0, "a", "b")
    history.pack(1, "P", "a", "b")
    history.transform(2, ["a"], ["x", "y"])
    assert history.lineage.back("x").certain | history.lineage.back("x").inferred == {"a", "P"}


def test_the_trace_of_a_pallet_begins_with_what_it_holds_now() -> None:
    history = History()
    lot = f"{GTIN}/10/L"
    history.make(0, "old")
    history.make(0, "new", lots=(("new", lot),))
    history.pack(1, "case", "old")
    history.unpack(2, "case")
    history.pack(3, "case", "new")
    history.pack(4, "pallet", "case")
    assert history.lineage.back("pallet").certain == {"case", "new", lot}
    assert history.lineage.back("case", as_of_event_time=1_000_000).certain == {"old"}
    forward = history.lineage.forward(lot)
    assert (forward.certain, forward.carriers) == ({"new"}, {"case", "pallet"})


def test_the_state_of_each_recalled_item_is_at_hand() -> None:
    history = History()
    lot, store = f"{GTIN}/10/L", "https://id.gs1.org/414/9506000134369"
    history.make(0, "a", lots=(("a", lot),), biz_location="urn:plant")
    history.pack(1, "P", "a", biz_location="urn:plant")
    history.see(2, "P", biz_step="receiving", biz_location=store, party="urn:party:shop")
    state = history.lineage.forward(lot).state("a")
    assert (state.place, state.holder) == (store, "urn:party:shop")
    assert [one.parent for one in state.containers] == ["P"]
    with pytest.raises(LineageError, match="no visible node"):
        history.lineage.forward(lot).state("elsewhere")


def test_a_lot_whose_items_a_transformation_made_leads_back_to_its_inputs() -> None:
    history = History()
    lot = f"{GTIN}/10/L"
    history.transform(1, ["milk"], ["a", "b"], lots=(("a", lot), ("b", lot)))
    assert history.lineage.back(lot).certain == {"milk"}


def test_two_unrelated_object_events_link_nothing_and_the_chain_is_reported_as_broken() -> None:
    history = History()
    history.make(0, "old")
    history.end(5, "old", biz_step="decommissioning")
    history.make(5, "new", biz_step="repackaging")
    back, forward = history.lineage.back("new"), history.lineage.forward("old")
    assert [node.uri for node in back.nodes] == ["new"]
    assert kinds(back.anomalies) == [AnomalyKind.CHAIN_BROKEN]
    assert [node.uri for node in forward.nodes] == ["old"]
    assert kinds(forward.anomalies) == [AnomalyKind.CHAIN_BROKEN]


def test_limits_report_what_they_cut() -> None:
    history = History()
    for step in range(6):
        history.transform(step, [f"n{step}"], [f"n{step + 1}", f"side{step}"])
    whole = history.lineage.forward("n0")
    assert (len(whole.nodes), whole.cut) == (13, ())
    shallow = history.lineage.forward("n0", limits=TraceLimits(depth=2))
    assert {node.uri for node in shallow.nodes} == {"n0", "n1", "side0", "n2", "side1"}
    assert [(cut.limit, cut.value, cut.count, cut.at) for cut in shallow.cut] == [("depth", 2, 2, ("n2",))]
    few = history.lineage.forward("n0", limits=TraceLimits(nodes=4))
    assert len(few.nodes) == 4
    assert [(cut.limit, cut.value) for cut in few.cut] == [("nodes", 4)]
    short = history.lineage.forward("n0", limits=TraceLimits(events=2))
    assert len(short.events) == 2
    assert [(cut.limit, cut.count) for cut in short.cut] == [("events", 4)]
    assert [event.event_time for event in short.events] == [0, 1_000_000]
    with pytest.raises(LineageError, match="depth must be at least 1"):
        TraceLimits(depth=0)


def test_a_depth_that_just_suffices_cuts_nothing() -> None:
    history = History()
    history.transform(1, ["a"], ["b"])
    history.transform(2, ["b"], ["c"])
    assert history.lineage.forward("a", limits=TraceLimits(depth=2)).cut == ()


def test_a_hidden_hop_is_hidden_and_never_cut() -> None:
    history = History()
    history.transform(1, ["farm"], ["mill"], read_point="urn:secret")
    hidden = history.transform(2, ["mill"], ["dough"], read_point="urn:secret")
    also_hidden = history.transform(3, ["dough"], ["bread"], party="urn:party:secret")
    shown = history.transform(4, ["bread"], ["toast"])
    secret = {hidden.position, also_hidden.position}
    answer = history.lineage.back("toast").redacted(lambda position: position not in secret)
    assert [event.hidden for event in answer.events] == [False, True, True, False]
    assert [node.uri for node in answer.nodes] == ["toast", "bread", "hidden:1", "mill", "farm"]
    # The chain still holds together through the stand-in name.
    links = {(edge.sources[0], edge.targets[0]) for edge in answer.edges}
    assert links == {("farm", "mill"), ("mill", "hidden:1"), ("hidden:1", "bread"), ("bread", "toast")}
    text = json.dumps(answer.to_json())
    for word in ("dough", hidden.event_id, "urn:party:secret"):
        assert word not in text
    assert shown.event_id in text
    with pytest.raises(LineageError):
        answer.state("hidden:1")
    assert answer.state("bread").hidden


def test_redaction_with_everything_visible_changes_nothing() -> None:
    history = History()
    history.make(0, "a")
    history.pack(1, "P", "a", biz_location="urn:x")
    answer = history.lineage.back("a")
    assert answer.redacted(lambda _position: True) == answer
    state = history.lineage.state("a")
    assert state.redacted(lambda _position: True) == state


@given(mixtures(), st.sets(st.integers(0, 8)))
@settings(max_examples=40, deadline=None)
def test_redaction_shows_no_hidden_position_and_keeps_the_shape(facts: list[Fact], secret: set[int]) -> None:
    lineage = lineage_of(facts)
    for uri in (*ITEMS, *LOTS):
        for answer in (lineage.back(uri), lineage.forward(uri), lineage.history(uri)):
            shown = answer.redacted(lambda position: position not in secret)
            assert [len(shown.nodes), len(shown.edges), len(shown.events)] == [
                len(answer.nodes),
                len(answer.edges),
                len(answer.events),
            ]
            told = {event.position for event in shown.events}
            for part in (*shown.nodes, *shown.edges, *shown.anomalies, *shown.unaccounted):
                told.update(part.positions)
            assert told.isdisjoint(secret)


def test_an_answer_is_ready_for_json_with_iso_times() -> None:
    history = History()
    history.make(0, quantities=(amount(f"{GTIN}/10/L", "1.50", "KGM"),))
    answer = history.lineage.forward(f"{GTIN}/10/L", as_of_event_time=10_000_000)
    value = json.loads(json.dumps(answer.to_json()))
    assert value["asOfEventTime"] == "1970-01-01T00:00:10.000Z"
    assert value["events"][0]["eventTime"] == "1970-01-01T00:00:00.000Z"
    assert value["unaccounted"][0]["amount"] == "1.50"
    assert value["nodes"][0] == {
        "uri": f"{GTIN}/10/L",
        "level": "lot",
        "certainty": Certainty.CERTAIN.name.lower(),
        "depth": 0,
        "carrier": False,
    }
