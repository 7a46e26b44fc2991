"""The answer to a capture: what became of each event, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from foundation.epcis import Issue

__all__ = ["CaptureResult", "Outcome", "issue_json"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one event of a request.

    Attributes:
        index: its place in the eventList, from 0.
        status: captured, duplicate (known before, no effect), refused, or left_out (good, but its request
            was rolled back).
        position: log position where it stands, None if it is not in the log.
        issues: errors that made it refused, and warnings.
    """

    index: int
    pointer: str
    status: Literal["captured", "duplicate", "refused", "left_out"]
    event_id: str | None = None
    position: int | None = None
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class CaptureResult:
    """The answer to one request.

    Attributes:
        success: every event is in the log.
        position: log size after this request; a reader that demands it sees the request's effects.
    """

    success: bool
    position: int
    outcomes: tuple[Outcome, ...]

    @property
    def captured(self) -> int:
        return sum(outcome.status == "captured" for outcome in self.outcomes)


def issue_json(issue: Issue) -> dict[str, object]:
    """An issue as it stands in answers and job reports."""
    shown: dict[str, object] = {
        "pointer": issue.pointer,
        "message": issue.message,
        "rule": issue.rule,
        "severity": issue.severity,
    }
    if issue.line is not None:
        shown["line"], shown["column"] = issue.line, issue.column
    return shown
