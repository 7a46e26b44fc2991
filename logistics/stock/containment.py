"""What stock asks of the lineage: who was inside a carrier (contract 8). Stock derives none itself."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

__all__ = ["CONTAINMENT", "Containment", "Content"]

CONTAINMENT = "containment"
"""The kind of what is inside; attached things (sensors) are of another kind and do not concern stock."""


class Content(Protocol):
    """One thing inside a carrier, as `trace_api.lineage.Containment` tells it."""

    @property
    def parent(self) -> str:
        """The carrier directly around it."""

    @property
    def child(self) -> str:
        """The item, carrier, lot or class inside."""

    @property
    def kind(self) -> str:
        """`CONTAINMENT`, or another relation."""

    @property
    def amounts(self) -> tuple[tuple[str | None, Decimal], ...]:
        """Of a lot or class: (unit, amount) at the instant asked for; empty for an instance."""

    @property
    def amount_known(self) -> bool:
        """False for a lot or class of which some unknown amount is inside."""


class Containment(Protocol):
    """The contents of carriers; a `trace_api.lineage.Lineage` over the event index is one."""

    def contents(self, container: str, at: int | None = None, *, deep: bool = False) -> Sequence[Content]:
        """What is inside a carrier after everything that happened at an instant.

        Args:
            container: canonical identifier.
            at: instant, µs UTC. The answer rests on what happened up to then, in whatever order it was
                captured, and on nothing that happened later.
            deep: through any depth.
        """
