"""Random small histories: the lineage and the plain oracle agree on containment and on reachability."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from trace_api.lineage import Lineage, MemoryFacts

from .oracle import contain, reach
from .worlds import World, intervals, item, reached, sscc

ITEMS = [item(name) for name in "abc"]
CASES = [sscc(number) for number in (1, 2)]
PALLETS = [sscc(number) for number in (11, 12)]
TIMES = st.integers(0, 6)

# (verb, time, parent, children): items only go into cases and cases only onto pallets.
LEVELS = st.sampled_from([(CASES, ITEMS), (CASES, ITEMS), (PALLETS, CASES)])


@st.composite
def packings(draw: st.DrawFn) -> World:
    world = World()
    for _ in range(draw(st.integers(1, 9))):
        verb = draw(st.sampled_from(["pack", "pack", "pack", "unpack", "empty", "use", "end"]))
        at = draw(TIMES)
        parents, children = draw(LEVELS)
        parent = draw(st.sampled_from(parents))
        some = draw(st.lists(st.sampled_from(children), min_size=1, max_size=2, unique=True))
        if verb == "pack":
            world.pack(parent, some, at)
        elif verb == "unpack":
            world.unpack(parent, some, at)
        elif verb == "empty":
            world.unpack(parent, [], at)
        elif verb == "use":
            world.make(some[:1], [item(f"made{len(world.facts)}")], at)
        else:
            world.end([draw(st.sampled_from([*some, parent]))], at, biz_step="decommissioning")
    return _once_each(world)


def _once_each(world: World) -> World:
    """Without second captures of one content, which are counted once, as the oracle does not know."""
    seen: set[str] = set()
    kept = World()
    for fact in world.facts:
        if fact.content_hash not in seen:
            seen.add(fact.content_hash)
            kept.facts.append(fact)
    return kept


def _unambiguous(world: World) -> bool:
    """No carrier is named again for a child that left it by inference (that would be a suspected clone)."""
    left: dict[tuple[str, str], int] = {}
    for child, parent, _, end, inferred in contain(world.facts).intervals:
        if inferred and end is not None:
            left[parent, child] = min(end, left.get((parent, child), end))
    for fact in world.facts:
        if fact.type == "AggregationEvent":
            for child in fact.epcs:
                end = left.get((str(fact.parent), child))
                if end is not None and fact.event_time >= end:
                    return False
    return True


@settings(max_examples=120, deadline=None)
@given(world=packings().filter(_unambiguous), order=st.randoms(use_true_random=False))
def test_containment_agrees_with_the_steps_of_the_oracle(world: World, order: object) -> None:
    expected = contain(world.facts)
    facts = list(world.facts)
    order.shuffle(facts)  # type: ignore[attr-defined]
    lineage = Lineage(MemoryFacts(facts))
    for child in (*ITEMS, *CASES):
        wanted = sorted(
            (parent, start, end, inferred)
            for one, parent, start, end, inferred in expected.intervals
            if one == child
        )
        found = sorted(intervals(lineage, child), key=str)
        assert found == sorted(wanted, key=str), child
    for now, inside in expected.inside.items():
        for parent in (*CASES, *PALLETS):
            assert {held.child for held in lineage.contents(parent, now)} == {
                child for one, child in inside if one == parent
            }
            reachable: set[str] = set()
            frontier = {parent}
            while frontier:
                frontier = {child for one, child in inside if one in frontier} - reachable
                reachable |= frontier
            assert {held.child for held in lineage.contents(parent, now, deep=True)} == reachable
        for child in (*ITEMS, *CASES):
            direct = {held.parent for held in lineage.containers(child, now) if held.depth == 1}
            assert direct == {one for one, inner in inside if inner == child}


NODES = [item(name, 2) for name in "abcde"]


@st.composite
def transformations(draw: st.DrawFn) -> World:
    world = World()
    for _ in range(draw(st.integers(1, 8))):
        inputs = draw(st.lists(st.sampled_from(NODES), max_size=2, unique=True))
        outputs = draw(st.lists(st.sampled_from(NODES), max_size=2, unique=True))
        together = draw(st.sampled_from([None, None, "urn:x:one", "urn:x:two"]))
        if inputs or outputs:
            world.make(inputs, outputs, draw(TIMES), together)
    return _once_each(world)


@settings(max_examples=100, deadline=None)
@given(world=transformations(), order=st.randoms(use_true_random=False))
def test_reachability_agrees_with_the_oracle(world: World, order: object) -> None:
    facts = list(world.facts)
    order.shuffle(facts)  # type: ignore[attr-defined]
    lineage = Lineage(MemoryFacts(facts))
    for node in NODES:
        assert reached(lineage.forward(node)) == reach(world.facts, node, forward=True)
        assert reached(lineage.back(node)) == reach(world.facts, node, forward=False)
        for at in (2, 4):
            known = [fact for fact in world.facts if fact.event_time <= at]
            assert reached(lineage.forward(node, as_of_event_time=at)) == reach(known, node, forward=True)
            assert reached(lineage.back(node, as_of_event_time=at)) == reach(known, node, forward=False)
