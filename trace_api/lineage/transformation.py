"""Transformations as hyper-edges (rule 5): every input may have contributed to every output.

Invariants
1. Events that share a transformationID are one hyper-edge: all inputs of all of them to all outputs of all
   of them, with no time filter inside it; late events extend it.
2. Without the id an event is a hyper-edge by itself.
3. It is certain where it has a single input and no transformationID, else possible (rule 15). A class
   that is no lineage (a GTIN alone) counts as an input all the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .answer import Certainty
from .facts import Fact
from .order import Phase, moment, world_order
from .view import View


@dataclass(eq=False)
class HyperEdge:
    """All inputs and outputs of one transformation, each with its moments."""

    key: str
    """The transformationID, else the event id."""
    facts: list[Fact]
    certainty: Certainty
    inputs: dict[str, int] = field(default_factory=dict)
    """Object to the last moment it was an input."""
    outputs: dict[str, int] = field(default_factory=dict)
    """Object to the first moment it was an output."""


class Transformations:
    """The hyper-edges of a view, each built once."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._edges: dict[tuple[bool, str], HyperEdge] = {}

    def using(self, uri: str) -> list[HyperEdge]:
        """The hyper-edges that have `uri` as an input."""
        return self._of(self._view.of(uri).inputs)

    def making(self, uri: str) -> list[HyperEdge]:
        """The hyper-edges that have `uri` as an output."""
        return self._of(self._view.of(uri).outputs)

    def making_items_of(self, lot: str) -> list[HyperEdge]:
        """The hyper-edges whose outputs some event asserts to be items of `lot`."""
        return self._of(
            seen.fact
            for seen in self._view.of(lot).live
            if seen.only_lot and seen.fact.type == "TransformationEvent"
        )

    def _of(self, facts: Iterable[Fact]) -> list[HyperEdge]:
        found: dict[int, HyperEdge] = {}
        for fact in facts:
            shared = fact.transformation_id is not None
            key = (shared, fact.transformation_id or fact.event_id)
            edge = self._edges.get(key)
            if edge is None:
                edge = self._edges[key] = self._build(fact)
            found[id(edge)] = edge
        return list(found.values())

    def _build(self, fact: Fact) -> HyperEdge:
        shared = fact.transformation_id
        facts = [fact]
        if shared is not None:
            facts = [
                found
                for found in self._view.known.of_transformation(shared)
                if found.type == "TransformationEvent"
            ]
            facts.sort(key=world_order)
        edge = HyperEdge(shared or fact.event_id, facts, Certainty.POSSIBLE)
        for part in facts:
            names = self._view.names(part)
            used, made = moment(part.event_time, Phase.INPUT), moment(part.event_time, Phase.ORIGIN)
            for uri in names.inputs:
                edge.inputs[uri] = max(used, edge.inputs.get(uri, used))
            for uri in names.outputs:
                edge.outputs[uri] = min(made, edge.outputs.get(uri, made))
        if shared is None and len(edge.inputs) == 1:
            edge.certainty = Certainty.CERTAIN  # invariant 3
        return edge
