"""What was observed on a container holds for its contents, but only while they are inside (rule 4).

`spans_above` follows an object up through every container it was in, through any depth, and narrows the
span of time at each step to the time both were together; `holds_within` tells whether an event of the
container falls into the span. So contents of different fillings of a reused carrier never meet (rule 12).
`within` keeps the spans that the limits of a question allow, and tells what they cut.
"""

from __future__ import annotations

from dataclasses import dataclass

from .answer import Certainty, Cut, TraceLimits
from .containment import KINDS, Containments
from .levels import is_bare_class
from .order import PHASES, Phase
from .timeline import Interval
from .view import Seen


@dataclass(frozen=True, slots=True)
class Span:
    """A container of an object over the time they were together."""

    container: str
    low: int
    high: int
    depth: int
    certainty: Certainty
    interval: Interval
    """The last containment on the way up."""


def holds_within(seen: Seen, low: int, high: int) -> bool:
    """Whether an event of an object falls into a span.

    Observations at exactly its first or last instant belong to it; what packs, unpacks, makes, uses or
    ends the object then is judged by its phase (rule 1).
    """
    if seen.phase is Phase.OBSERVE:
        return low // PHASES <= seen.fact.event_time <= high // PHASES
    return low <= seen.point <= high


def spans_above(containments: Containments, uri: str, low: int, high: int) -> list[Span]:
    """Every containment above `uri` over [low, high], direct ones first; cycles end by themselves.

    A container may be there over several spans, of either kind; it is followed further up only for what
    no wider span of it has told already.
    """
    found: list[Span] = []
    done: dict[str, list[tuple[int, int, Certainty]]] = {}
    level = [(uri, low, high, Certainty.CERTAIN)]
    depth = 0
    while level:
        depth += 1
        above: list[Span] = []
        for child, start, end, certainty in level:
            for kind in KINDS:
                for interval in containments.intervals(child, kind):
                    if interval.overlaps(start, end) and not is_bare_class(interval.parent):
                        above.append(
                            Span(
                                interval.parent,
                                max(start, interval.start),
                                min(end, interval.end),
                                depth,
                                min(certainty, interval.certainty),
                                interval,
                            )
                        )
        above.sort(key=lambda span: (-span.certainty, span.low, -span.high, span.container))
        level = []
        for span in above:
            if span.container == uri:
                continue
            found.append(span)
            known = done.setdefault(span.container, [])
            if any(a <= span.low and b >= span.high and c >= span.certainty for a, b, c in known):
                continue  # rule 13: only a wider span is worth another visit
            known.append((span.low, span.high, span.certainty))
            level.append((span.container, span.low, span.high, span.certainty))
    return found


def within(spans: list[Span], limits: TraceLimits) -> tuple[list[Span], list[Cut]]:
    """The spans that limits on depth and nodes leave, nearest containers first, and what they cut."""
    cuts: list[Cut] = []
    deep = [span for span in spans if span.depth > limits.depth]
    if deep:
        spans = [span for span in spans if span.depth <= limits.depth]
        cuts.append(_cut("depth", limits.depth, deep, {span.container for span in spans}))
    nearest = {span.container: span.depth for span in reversed(spans)}
    if len(nearest) >= limits.nodes:  # the object itself is a node
        ranked = sorted(nearest, key=lambda container: (nearest[container], container))
        kept = set(ranked[: limits.nodes - 1])
        beyond = [span for span in spans if span.container not in kept]
        spans = [span for span in spans if span.container in kept]
        cuts.append(_cut("nodes", limits.nodes, beyond, kept))
    return spans, cuts


def _cut(limit: str, value: int, left_out: list[Span], kept: set[str]) -> Cut:
    beyond = {span.container for span in left_out}
    at = {span.interval.child for span in left_out} - (beyond - kept)
    return Cut(limit, value, len(beyond), tuple(sorted(at)))
