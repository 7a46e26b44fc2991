"""What one viewer may see of an answer (rule 17): a hidden hop is shown as hidden, never cut.

Access is decided after reachability. An event the viewer may not see keeps its place in the order and
tells nothing; an amount that rests on such events is left out. An object that only such events name gets a
stand-in name (`hidden:1`, …), the same in every part of the answer, so that the chain through it still
holds together. Times that only hidden evidence tells are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .answer import (
    HIDDEN_EVENT,
    Anomaly,
    Containment,
    Cut,
    Edge,
    EventRef,
    LineageError,
    Node,
    TraceAnswer,
)
from .state import Sighting, State

Visible = Callable[[int], bool]


def redact_trace(answer: TraceAnswer, visible: Visible) -> TraceAnswer:
    """A trace with everything hidden that only invisible events tell."""
    names = _Names(answer, visible)
    state_of = answer.state_of

    def state(uri: str) -> State:
        if state_of is None or uri not in names.shown:
            raise LineageError(f"no visible node {uri!r} in this answer")
        return state_of(uri).redacted(visible)

    return replace(
        answer,
        nodes=tuple(_node(node, visible, names) for node in answer.nodes),
        edges=tuple(_edge(edge, visible, names) for edge in answer.edges),
        events=tuple(_event(event, visible, names) for event in answer.events),
        anomalies=tuple(_anomaly(found, visible, names) for found in answer.anomalies),
        unaccounted=tuple(amount for amount in answer.unaccounted if all(map(visible, amount.positions))),
        cut=tuple(_cut(cut, names) for cut in answer.cut),
        state_of=None if state_of is None else state,
    )


def redact_state(state: State, visible: Visible) -> State:
    """A state with every field left out that an invisible event tells; it is then marked hidden."""
    told = dict(state.evidence)

    def may(name: str) -> bool:
        return all(map(visible, told.get(name, ())))

    names = _Holders(state, visible)
    end = state.end_of_life
    shown = replace(
        state,
        place=state.place if may("place") else None,
        last_observed=_sighting(state.last_observed, visible),
        last_known=_sighting(state.last_known, visible),
        holder=state.holder if may("holder") else None,
        owner=state.owner if may("owner") else None,
        intended_holder=state.intended_holder if may("intended_holder") else None,
        disposition=state.disposition if may("disposition") else None,
        container_disposition=state.container_disposition if may("container_disposition") else None,
        persistent_dispositions=state.persistent_dispositions if may("persistent_dispositions") else (),
        containers=tuple(_containment(containment, visible, names) for containment in state.containers),
        end_of_life=end if end is not None and visible(end.position) else None,
        used_as_input=state.used_as_input and may("used_as_input"),
        anomalies=tuple(found for found in state.anomalies if all(map(visible, found.positions))),
        evidence=tuple((name, positions) for name, positions in state.evidence if may(name)),
    )
    return shown if shown == state else replace(shown, hidden=True)


class _Names:
    """Which objects the viewer may know by name, and stand-ins for the others."""

    def __init__(self, answer: TraceAnswer, visible: Visible) -> None:
        self.shown = {
            node.uri for node in answer.nodes if node.uri == answer.root or any(map(visible, node.positions))
        }
        self.objects = {node.uri for node in answer.nodes}
        self._stand_ins: dict[str, str] = {}
        for node in answer.nodes:
            self.of(node.uri)

    def of(self, uri: str) -> str:
        if uri in self.shown:
            return uri
        return self._stand_ins.setdefault(uri, f"hidden:{len(self._stand_ins) + 1}")


def _event(event: EventRef, visible: Visible, names: _Names) -> EventRef:
    if event.position is None or not visible(event.position):
        return HIDDEN_EVENT
    inherited = None if event.inherited_from is None else names.of(event.inherited_from)
    return replace(event, inherited_from=inherited, duplicates=tuple(filter(visible, event.duplicates)))


def _node(node: Node, visible: Visible, names: _Names) -> Node:
    uri = names.of(node.uri)
    positions = tuple(filter(visible, node.positions))
    if uri == node.uri:
        return replace(node, positions=positions)
    return replace(node, uri=uri, positions=positions, hidden=True)


def _edge(edge: Edge, visible: Visible, names: _Names) -> Edge:
    sources, targets = tuple(map(names.of, edge.sources)), tuple(map(names.of, edge.targets))
    if all(map(visible, edge.positions)):
        return replace(edge, sources=sources, targets=targets)
    return Edge(
        edge.kind,
        sources,
        targets,
        edge.certainty,
        positions=tuple(filter(visible, edge.positions)),
        hidden=True,
    )


def _anomaly(found: Anomaly, visible: Visible, names: _Names) -> Anomaly:
    if all(map(visible, found.positions)):
        return found
    positions = tuple(filter(visible, found.positions))
    uri = names.of(found.uri) if found.uri in names.objects else "hidden"
    return Anomaly(found.kind, uri, "shown in part: not all evidence may be seen", (), positions)


def _cut(cut: Cut, names: _Names) -> Cut:
    return replace(cut, at=tuple(map(names.of, cut.at)))


class _Holders:
    """Which containers of a state the viewer may know: those that some evidence he sees surely names.

    Evidence of an ending need not name the container, so a containment must be seen whole.
    """

    def __init__(self, state: State, visible: Visible) -> None:
        whole = [held for held in state.containers if all(map(visible, held.positions))]
        self._shown = {state.uri, *(held.parent for held in whole), *(held.child for held in whole)}
        for sighting in (state.last_observed, state.last_known):
            if sighting is not None and sighting.inherited_from is not None and visible(sighting.position):
                self._shown.add(sighting.inherited_from)
        self._stand_ins: dict[str, str] = {}

    def of(self, uri: str) -> str:
        if uri in self._shown:
            return uri
        return self._stand_ins.setdefault(uri, f"hidden:{len(self._stand_ins) + 1}")


def _sighting(sighting: Sighting | None, visible: Visible) -> Sighting | None:
    return sighting if sighting is None or visible(sighting.position) else None


def _containment(containment: Containment, visible: Visible, names: _Holders) -> Containment:
    if all(map(visible, containment.positions)):
        return containment
    positions = tuple(filter(visible, containment.positions))
    return Containment(
        names.of(containment.parent),
        names.of(containment.child),
        containment.kind,
        None,
        None,
        containment.certainty,
        containment.depth,
        positions=positions,
        hidden=True,
    )
