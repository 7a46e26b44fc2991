"""What is wrong with a document or an event, where, and by which rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["EpcisError", "Issue", "Limits"]


@dataclass(frozen=True, slots=True)
class Issue:
    """One fault, with its place in the document.

    `pointer` is a JSON Pointer (RFC 6901) into the received document; `line` and `column` count from 1
    and show where the event (or the broken text) starts. An `error` makes the event unusable, a
    `warning` is kept beside a usable one.
    """

    pointer: str
    message: str
    rule: str
    severity: Literal["error", "warning"] = "error"
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        place = f" (line {self.line}, column {self.column})" if self.line is not None else ""
        return f"{self.pointer or '/'}: {self.message} [{self.rule}]{place}"


class EpcisError(ValueError):
    """The document as a whole cannot be used; `issues` says why, at least one of them an error."""

    def __init__(self, issues: Sequence[Issue]) -> None:
        self.issues = tuple(issues)
        super().__init__("; ".join(str(issue) for issue in self.issues[:5]))


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a document may ask of the reader before it is refused.

    `max_bytes` is checked before anything is parsed, `max_depth` and `max_containers` (arrays and
    objects, which cost much memory for two bytes of text) before anything is nested;
    `max_text` counts the characters of one string, `max_digits` the digits of one number,
    `max_issues` how many faults of one event are listed.
    """

    max_bytes: int = 32 * 1024 * 1024
    max_depth: int = 32
    max_containers: int = 2_000_000
    max_events: int = 50_000
    max_epcs_per_event: int = 20_000
    max_text: int = 64 * 1024
    max_digits: int = 40
    max_issues: int = 100
