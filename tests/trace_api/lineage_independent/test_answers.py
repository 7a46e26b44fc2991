"""Rules 15, 17 and 18: limits are reported, a hidden hop is shown and leaks nothing, every edge is proven."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from trace_api.lineage import (
    Declaration,
    EdgeKind,
    Fact,
    LineageError,
    TraceAnswer,
    TraceLimits,
)

from .worlds import CARRIER, STRANGER, World, item, kg, lot, place, sscc

A, B, C = sscc(1), sscc(2), sscc(3)
W, X, Y, Z = (lot(name, number) for number, name in enumerate("WXYZ", 1))
a, b, c = item("a"), item("b"), item("c")


def chain() -> World:
    world = World()
    world.make([W], [X], 1)
    world.make([X], [Y], 2)
    world.make([Y], [Z], 3)
    return world


# --- limits --------------------------------------------------------------------------------------------


def test_a_depth_limit_is_reported_with_where_the_trace_would_go_on() -> None:
    answer = chain().ask(lambda lineage: lineage.forward(W, limits=TraceLimits(depth=1)).cut)
    (cut,) = answer
    assert (cut.limit, cut.value, cut.count) == ("depth", 1, 1)
    assert cut.at == (X,)


def test_a_depth_limit_that_cuts_nothing_is_not_reported() -> None:
    world = chain()
    assert world.ask(lambda lineage: lineage.forward(W, limits=TraceLimits(depth=3)).cut) == ()
    assert world.ask(lambda lineage: lineage.back(Z, limits=TraceLimits(depth=3)).cut) == ()
    assert world.forward(W, limits=TraceLimits(depth=3)) == dict.fromkeys((X, Y, Z), "certain")


@pytest.mark.parametrize("nodes", [1, 2, 3])
def test_a_node_limit_is_reported(nodes: int) -> None:
    answer = chain().lineage().back(Z, limits=TraceLimits(nodes=nodes))
    assert len(answer.nodes) <= nodes
    assert [(cut.limit, cut.value) for cut in answer.cut] == [("nodes", nodes)]
    assert answer.cut[0].count >= 1


def test_a_node_limit_that_cuts_nothing_is_not_reported() -> None:
    answer = chain().lineage().back(Z, limits=TraceLimits(nodes=4))
    assert len(answer.nodes) == 4
    assert answer.cut == ()


@pytest.mark.parametrize("events", [1, 2])
def test_an_event_limit_is_reported(events: int) -> None:
    for answer in (
        chain().lineage().back(Z, limits=TraceLimits(events=events)),
        chain().lineage().forward(W, limits=TraceLimits(events=events)),
    ):
        assert len(answer.events) <= events
        assert [cut.limit for cut in answer.cut] == ["events"]


def test_an_event_limit_on_a_history_is_reported() -> None:
    world = World()
    for at in range(5):
        world.see([a], at)
    answer = world.lineage().history(a, limits=TraceLimits(events=3))
    assert len(answer.events) == 3
    assert [(cut.limit, cut.value, cut.count) for cut in answer.cut] == [("events", 3, 2)]
    assert world.lineage().history(a, limits=TraceLimits(events=5)).cut == ()


def test_a_depth_limit_on_containers_is_reported() -> None:
    world = World()
    world.pack(A, [a], 1)
    world.pack(B, [A], 2)
    world.pack(C, [B], 3)
    answer = world.lineage().back(a, limits=TraceLimits(depth=1))
    assert {node.uri for node in answer.nodes} == {a, A}
    assert [cut.limit for cut in answer.cut] == ["depth"]
    history = world.lineage().history(a, limits=TraceLimits(depth=1))
    assert {node.uri for node in history.nodes} == {a, A}
    assert [(cut.limit, cut.value, cut.count, cut.at) for cut in history.cut] == [("depth", 1, 2, (A,))]
    assert world.lineage().history(a, limits=TraceLimits(depth=3)).cut == ()


def test_a_node_limit_on_a_history_is_reported() -> None:
    world = World()
    world.pack(A, [a], 1)
    world.pack(B, [A], 2)
    world.pack(C, [B], 3)
    for nodes, names, at in ((1, {a}, (a,)), (2, {a, A}, (A,)), (3, {a, A, B}, (B,))):
        history = world.lineage().history(a, limits=TraceLimits(nodes=nodes))
        assert {node.uri for node in history.nodes} == names
        assert [(cut.limit, cut.value, cut.count, cut.at) for cut in history.cut] == [
            ("nodes", nodes, 4 - nodes, at)
        ]
    assert world.lineage().history(a, limits=TraceLimits(nodes=4)).cut == ()


def test_a_limit_below_one_is_refused() -> None:
    for name in ("depth", "nodes", "events"):
        with pytest.raises(LineageError):
            TraceLimits(**{name: 0})


# --- redaction (rule 17) -------------------------------------------------------------------------------

SECRET_PARTY = "https://id.gs1.org/417/9506000777773"
SECRET_PLACE = place(777)


def told(answer: TraceAnswer) -> str:
    """Everything a viewer could read of an answer: its JSON and its whole value."""
    return json.dumps(answer.to_json()) + repr(answer)


def all_but(*hidden: Fact) -> Callable[[int], bool]:
    positions = {fact.position for fact in hidden}
    return lambda position: position not in positions


def test_a_hidden_hop_is_shown_as_hidden_and_never_cut() -> None:
    world = World()
    world.make([W], [X], 1)
    first = world.make([X], [Y], 2, party=SECRET_PARTY, biz_location=SECRET_PLACE)
    second = world.make([Y], [Z], 3, party=SECRET_PARTY, biz_location=SECRET_PLACE)
    whole = world.lineage().back(Z)
    seen = whole.redacted(all_but(first, second))
    # Z <- (hidden) <- X <- W: only the hidden events name Y; W made X in sight.
    assert len(seen.nodes) == len(whole.nodes)
    assert len(seen.edges) == len(whole.edges)
    assert len(seen.events) == len(whole.events)
    assert [node.hidden for node in seen.nodes] == [False, True, False, False]
    assert {node.uri for node in seen.nodes if not node.hidden} == {Z, X, W}
    assert sum(edge.hidden for edge in seen.edges) == 2
    assert sum(event.hidden for event in seen.events) == 2
    words = told(seen)
    for secret in (Y, first.event_id, second.event_id, SECRET_PARTY, SECRET_PLACE):
        assert secret not in words
        assert secret in told(whole)


def test_a_hidden_node_keeps_the_chain_connected() -> None:
    world = World()
    world.make([W], [X], 1)
    hidden = [world.make([X], [Y], 2), world.make([Y], [Z], 3)]
    seen = world.lineage().forward(W).redacted(all_but(*hidden))
    links = {(source, target) for edge in seen.edges for source in edge.sources for target in edge.targets}
    reach, more = {W}, {W}
    while more:
        more = {target for source, target in links if source in more} - reach
        reach |= more
    assert len(reach) == 4
    assert Z not in reach
    assert X in reach


def test_positions_of_hidden_events_are_nowhere() -> None:
    world = World()
    for _ in range(5000):
        world.see([item("noise")], 0)
    first = world.make([W], [X], 1)
    hidden = world.make([X], [Y], 2)
    assert hidden.position > 4000
    seen = world.lineage().forward(W).redacted(all_but(hidden))
    assert str(hidden.position) not in told(seen).replace(str(hidden.record_time), "")
    assert str(hidden.record_time) not in told(seen)
    assert str(first.position) in told(seen)


def test_hidden_anomalies_duplicates_and_declarations_leak_nothing() -> None:
    world = World()
    world.pack(A, [a], 1)
    double = world.pack(B, [a], 5, party=SECRET_PARTY)
    ended = world.end([a], 7, biz_step="destroying", party=SECRET_PARTY)
    after = world.see([a], 9, party=SECRET_PARTY)
    wrong = world.declare(after, party=STRANGER)
    lineage = world.lineage()
    for whole in (lineage.history(a), lineage.back(a), lineage.forward(A), lineage.forward(a)):
        seen = whole.redacted(all_but(double, ended, after, wrong))
        words = told(seen)
        for secret in (B, SECRET_PARTY, STRANGER, double.event_id, ended.event_id, after.event_id):
            assert secret not in words, secret
        assert "destroying" not in words


def test_unaccounted_amounts_of_hidden_events_leak_nothing() -> None:
    world = World()
    world.event("ObjectEvent", 0, action="ADD", quantities=(kg(X, 1000),), biz_step="commissioning")
    hidden = world.make([kg(X, 777)], [kg(Y, 123)], 5)
    lineage = world.lineage()
    for whole in (lineage.forward(X), lineage.back(Y)):
        seen = whole.redacted(all_but(hidden))
        words = told(seen)
        if whole.root == X:
            assert Y not in words
            assert X in words
        assert hidden.event_id not in words
        assert "654" not in words
        assert "223" not in words


def test_a_second_capture_by_another_party_hides_no_event_from_who_may_see_the_first() -> None:
    for own_id, other_id in (("urn:uuid:1", "urn:uuid:2"), ("urn:uuid:2", "urn:uuid:1")):
        world = World()
        own = world.make([a], [b], 5, event_id=own_id)
        other = world.make([a], [b], 5, event_id=other_id, party=SECRET_PARTY)
        for answer in (world.lineage().back(b), world.lineage().forward(a), world.lineage().history(b)):
            seen = answer.redacted(all_but(other))
            (event,) = (event for event in seen.events if not event.hidden)
            assert (event.hidden, event.position, event.event_time) == (False, own.position, 5)
            assert not any(node.hidden for node in seen.nodes)
            assert {edge.positions for edge in seen.edges if not edge.hidden} <= {(own.position,)}
            for secret in (other_id, SECRET_PARTY):
                assert secret not in told(seen)
            hidden = answer.redacted(all_but(own, other))
            assert all(event.hidden for event in hidden.events)


def test_cuts_name_no_hidden_object() -> None:
    world = World()
    hidden = [world.make([W], [X], 1), world.make([X], [Y], 2), world.make([Y], [Z], 3)]
    whole = world.lineage().forward(W, limits=TraceLimits(depth=2))
    assert whole.cut[0].at == (Y,)
    seen = whole.redacted(all_but(*hidden))
    assert Y not in told(seen)
    assert [(cut.limit, cut.count) for cut in seen.cut] == [("depth", 1)]


def test_a_hidden_ending_is_not_told() -> None:
    world = World()
    world.pack(A, [a], 1)
    hidden = world.make([a], [b], 123_456_789, party=SECRET_PARTY)
    for whole in (world.lineage().history(a), world.lineage().forward(A)):
        words = told(whole.redacted(all_but(hidden)))
        assert b not in words
        assert "123456789" not in words
        assert "02:03.456" not in words  # 123.456789 s in ISO 8601


def test_a_hidden_declaration_leaks_nothing_of_itself() -> None:
    world = World()
    packed = world.pack(A, [a], 1)
    wrong = world.declare(packed, party=CARRIER, digest=b"x")
    assert isinstance(wrong.declaration, Declaration)
    whole = world.lineage().history(a)
    words = told(whole.redacted(all_but(wrong)))
    assert CARRIER not in words
    assert packed.event_id in words


def test_a_hidden_state_leaks_nothing() -> None:
    world = World()
    world.see([a], 1, biz_location=place(1), disposition="in_progress")
    hidden = world.see(
        [a],
        5,
        biz_location=SECRET_PLACE,
        disposition="recalled",
        biz_step="receiving",
        destinations=(("possessing_party", SECRET_PARTY),),
        party=SECRET_PARTY,
        persistent_set=("conformant",),
    )
    boxed = world.pack(B, [a], 6)
    whole = world.lineage().state(a)
    assert (whole.place, whole.holder) == (None, SECRET_PARTY) or whole.holder == SECRET_PARTY
    seen = whole.redacted(all_but(hidden, boxed))
    words = json.dumps(seen.to_json()) + repr(seen)
    for secret in (SECRET_PLACE, SECRET_PARTY, "recalled", "conformant", B, hidden.event_id):
        assert secret not in words, secret
    assert seen.hidden
    traced = world.lineage().forward(a).redacted(all_but(hidden, boxed)).state(a)
    assert SECRET_PLACE not in repr(traced)


def test_hidden_containers_of_a_state_are_shown_as_hidden_by_no_name() -> None:
    world = World()
    packing = [world.pack(A, [a], 1), world.pack(B, [A], 2), world.pack(C, [B], 3)]
    whole = world.lineage().state(a)
    assert [held.parent for held in whole.containers] == [A, B, C]
    seen = whole.redacted(all_but(*packing))
    assert len(seen.containers) == 3
    assert all(held.hidden for held in seen.containers)
    words = json.dumps(seen.to_json()) + repr(seen)
    for secret in (A, B, C):
        assert secret not in words
    # The chain still holds together: each hidden container is in the next.
    assert [held.parent for held in seen.containers[:2]] == [held.child for held in seen.containers[1:]]
    outer = whole.redacted(all_but(packing[0]))
    assert [held.parent for held in outer.containers] == [A, B, C]
    assert [held.hidden for held in outer.containers] == [True, False, False]


def test_visible_evidence_of_an_ending_does_not_name_the_hidden_container() -> None:
    world = World()
    first = world.pack(A, [a], 1)
    world.pack(B, [a], 5)
    again = world.seen_in(A, [a], 8)
    # A clone: both intervals stand; the packing in B is evidence of what happened to the one in A.
    whole = world.lineage().state(a)
    assert {held.parent for held in whole.containers} == {A, B}
    seen = whole.redacted(all_but(first, again))
    assert A not in json.dumps(seen.to_json()) + repr(seen)
    assert len(seen.containers) == 2


def test_an_anomaly_names_only_what_its_evidence_names() -> None:
    world = World()
    world.pack(A, [a], 1)
    world.pack(B, [a], 5)
    hidden = world.pack(C, [a], 7)
    world.seen_in(A, [a], 8)
    lineage = world.lineage()
    assert C in told(lineage.history(a))
    for answer in (lineage.history(a), lineage.back(a), lineage.forward(A)):
        assert C not in told(answer.redacted(all_but(hidden)))


def test_the_root_of_an_answer_whose_events_are_all_hidden_stays() -> None:
    world = World()
    hidden = world.pack(A, [a], 1)
    seen = world.lineage().history(a).redacted(all_but(hidden))
    assert seen.root == a
    assert A not in told(seen)


# --- evidence (rule 18) and sets (rule 15) -------------------------------------------------------------


def test_every_edge_names_exactly_the_events_that_state_it() -> None:
    world = World()
    made = world.make([W], [X], 1)
    member = world.commission([a], 2, lots=((a, X),))
    packed = world.pack(A, [a], 3)
    world.see([A], 4)
    unpacked = world.unpack(A, [], 5)
    edges = {edge.kind: set(edge.event_ids) for edge in world.lineage().back(a).edges}
    assert edges == {
        EdgeKind.TRANSFORMATION: {made.event_id},
        EdgeKind.MEMBERSHIP: {member.event_id},
        EdgeKind.CONTAINMENT: {packed.event_id, unpacked.event_id},
    }


def test_an_inferred_end_names_the_event_that_tells_it() -> None:
    world = World()
    packed = world.pack(A, [a], 1)
    sold = world.end([a], 5, biz_step="retail_selling")
    (edge,) = world.lineage().history(a).edges
    assert set(edge.event_ids) == {packed.event_id, sold.event_id}


def test_a_recall_tells_certain_possible_and_inferred_apart() -> None:
    world = World()
    world.make([W], [X], 1)
    world.commission([a, b], 2, lots=((a, X), (b, X)))
    world.make([X, Y], [Z], 3)
    world.pack(A, [a], 4)
    world.pack(B, [a], 5)
    answer = world.lineage().forward(W)
    assert answer.certain == {X, a, b}
    assert answer.possible == {Z}
    assert answer.carriers == {B}
    # From the container that lost the item without an unpacking: inferred.
    assert world.lineage().forward(A).inferred == {a}


def test_contents_of_an_affected_container_are_reached_through_all_levels() -> None:
    world = World()
    world.pack(A, [a, b, c], 1)
    world.unpack(A, [c], 2)
    world.pack(B, [A], 3)
    world.unpack(A, [b], 4)
    world.unpack(B, [A], 5)
    world.pack(A, [item("later")], 6)
    world.pack(B, [sscc(9)], 7)
    # Forward of a container: whatever was in it while it was (b left later; c left before; "later" came
    # into A after it left B). Back of a container begins with what it holds now.
    assert world.forward(B) == dict.fromkeys((A, a, b, sscc(9)), "certain")
    assert world.back(B) == {sscc(9): "certain"}
