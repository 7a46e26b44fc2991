"""A time budget for one question: facts that are not given any more when it is spent."""

from __future__ import annotations

import time
from collections.abc import Sequence

from trace_api.errors import QueryTooLarge
from trace_api.lineage import Fact, Facts

__all__ = ["Deadline", "FactsInTime"]


class Deadline:
    """An instant until which a question may be worked on.

    Args:
        seconds: from now.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def passed(self) -> bool:
        """Whether the time is spent."""
        return time.monotonic() > self._end

    def check(self) -> None:
        """Raises `QueryTooLarge` when the time is spent."""
        if self.passed():
            raise QueryTooLarge(
                f"this question takes longer than {self.seconds:g} s; ask for less (maxDepth, maxNodes, fewer ids)"
            )


class FactsInTime:
    """The facts of an index, for a question with a time budget."""

    def __init__(self, facts: Facts, deadline: Deadline) -> None:
        self._facts = facts
        self._deadline = deadline

    def of_object(self, uri: str) -> Sequence[Fact]:
        self._deadline.check()
        return self._facts.of_object(uri)

    def of_lot_members(self, lot: str) -> Sequence[str]:
        self._deadline.check()
        return self._facts.of_lot_members(lot)

    def of_transformation(self, transformation_id: str) -> Sequence[Fact]:
        self._deadline.check()
        return self._facts.of_transformation(transformation_id)

    def of_event_id(self, event_id: str) -> Sequence[Fact]:
        self._deadline.check()
        return self._facts.of_event_id(event_id)

    def of_content_hash(self, content_hash: str) -> Sequence[Fact]:
        self._deadline.check()
        return self._facts.of_content_hash(content_hash)
