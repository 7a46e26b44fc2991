"""Rule 17 on random histories: what only hidden events tell is nowhere in an answer, and no hop is cut."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from trace_api.lineage import Lineage, MemoryFacts, Quantity, TraceAnswer
from trace_api.lineage.facts import names_of

from .worlds import World, item, lot, pieces, sscc

ITEMS = [item(f"leak-{n}-end") for n in range(4)]
BOXES = [sscc(number) for number in (41, 42, 43)]
BATCHES = [lot(f"batch-{n}-end", 9) for n in range(2)]
OPAQUE = "urn:x:opaque:thing"
EVERYTHING = [*ITEMS, *BOXES, *BATCHES, OPAQUE]
VERBS = ("pack", "pack", "pack", "unpack", "empty", "look", "see", "make", "member", "end", "lot", "declare")


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Anything at all; every event has a party, a place and a step of its own, so that a leak shows."""
    world = World()
    for number in range(draw(st.integers(2, 9))):
        verb = draw(st.sampled_from(VERBS))
        at = draw(st.integers(0, 5))
        own: dict[str, Any] = {
            "party": draw(st.sampled_from(["urn:x:party:common", f"urn:x:party:own-{number}-end"])),
            "biz_location": f"urn:x:place:own-{number}-end",
            "biz_step": draw(
                st.sampled_from(["receiving", "shipping", "retail_selling", f"urn:x:step:{number}-end"])
            ),
            "destinations": (("possessing_party", f"urn:x:party:to-{number}-end"),),
        }
        box = draw(st.sampled_from(BOXES))
        some = draw(st.lists(st.sampled_from([*ITEMS, *BOXES, OPAQUE]), min_size=1, max_size=2, unique=True))
        batch = pieces(draw(st.sampled_from([*BATCHES, OPAQUE])), draw(st.sampled_from([None, 2, 77])))
        if verb == "pack":
            world.pack(box, some, at, **own)
        elif verb == "unpack":
            world.unpack(box, some, at, **own)
        elif verb == "empty":
            world.unpack(box, [], at, **own)
        elif verb == "look":
            world.seen_in(box, some, at, **own)
        elif verb == "see":
            world.see(some, at, **own)
        elif verb == "make":
            inputs: list[str | Quantity] = [*some[:1], *([batch] if draw(st.booleans()) else [])]
            world.make(inputs, [draw(st.sampled_from([*ITEMS, *BATCHES]))], at, **own)
        elif verb == "member":
            world.commission(ITEMS[:2], at, lots=((ITEMS[0], BATCHES[0]), (ITEMS[1], BATCHES[0])), **own)
        elif verb == "end":
            world.end(some, at, **own)
        elif verb == "lot":
            world.pack(box, [], at, quantities=(batch,), **own)
        elif world.facts:
            original = draw(st.sampled_from(world.facts))
            if original.declaration is None:
                world.declare(original, party=draw(st.sampled_from([None, f"urn:x:party:own-{number}-end"])))
    return world


def words(value: Any) -> set[str]:
    """Every URI-like word in a value's whole text."""
    return set(re.findall(r"[^\s'\"(),;\[\]{}]+", value))


@settings(max_examples=70, deadline=None)
@given(world=worlds(), seed=st.integers(0, 2**9 - 1))
def test_nothing_that_only_hidden_events_tell_is_in_a_redacted_answer(world: World, seed: int) -> None:
    hidden = [fact for fact in world.facts if seed >> (fact.position % 9) & 1]
    shown = [fact for fact in world.facts if fact not in hidden]
    positions = {fact.position for fact in hidden}
    known: set[str] = set()
    secrets: set[str] = set()
    for facts, names in ((shown, known), (hidden, secrets)):
        for fact in facts:
            classes = (*fact.quantities, *fact.input_quantities, *fact.output_quantities)
            names |= names_of(fact) | {f"{quantity.epc_class}#class" for quantity in classes}
            names |= {fact.event_id, fact.party, fact.biz_location or "", fact.biz_step or ""}
            names |= {party for _, party in fact.destinations}
    secrets -= known
    lineage = Lineage(MemoryFacts(world.facts))

    def visible(position: int) -> bool:
        return position not in positions

    def check(value: Any, root: str) -> None:
        text = json.dumps(value.to_json()) + repr(value)
        for word in words(text):
            bare = word.rstrip(":.")
            assert bare == root or bare not in secrets, (bare, text)

    for root in EVERYTHING:
        check(lineage.state(root).redacted(visible), root)
        for whole in (lineage.back(root), lineage.forward(root), lineage.history(root)):
            seen = whole.redacted(visible)
            check(seen, root)
            not_cut(whole, seen)
            for node in seen.nodes:
                if not node.hidden:
                    check(seen.state(node.uri), root)


def not_cut(whole: TraceAnswer, seen: TraceAnswer) -> None:
    """As many nodes, edges and events, joined in the same way."""
    assert len(seen.nodes) == len(whole.nodes)
    assert len(seen.events) == len(whole.events)
    names = {before.uri: after.uri for before, after in zip(whole.nodes, seen.nodes, strict=True)}
    assert len(set(names.values())) == len(names)
    joined = [
        ([names[uri] for uri in edge.sources], [names[uri] for uri in edge.targets]) for edge in whole.edges
    ]
    assert [(list(edge.sources), list(edge.targets)) for edge in seen.edges] == joined
