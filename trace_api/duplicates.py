"""Repeats and contradictions: what an event is beside those of its eventID that are known (contract 6). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from trace_api.store.protocol import Known

__all__ = ["Verdict", "judge"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of an event.

    Attributes:
        position: where the repeated event stands in the log.
        remarks: (severity, words) for the report.
    """

    status: Literal["captured", "duplicate", "refused"]
    position: int | None = None
    remarks: tuple[tuple[Literal["error", "warning"], str], ...] = ()


def judge(new: Known, existing: Sequence[Known]) -> Verdict:
    """New, repeat or contradiction (contract 6).

    The key of an entry is (party, eventID, errorDeclaration). A statement is its party's own word: what a
    stranger has captured under an eventID neither blocks nor stands for what its owner captures, and its
    being there is not told.
    """
    for other in existing:
        if other.party != new.party or other.erased:
            continue
        same_content = new.content_hash == other.content_hash
        if new.declaration is not None:
            if not same_content:
                return _refused(
                    f"the error declaration does not repeat the event captured as {new.event_id} at log"
                    f" position {other.position} (EPCIS 2.0 §7.4.1.2: all fields are repeated)"
                )
            if other.declaration == new.declaration:
                return Verdict("duplicate", other.position)
            continue
        if other.declaration is not None:
            if not same_content:
                return _refused(
                    f"an error declaration captured before (log position {other.position}) repeats"
                    f" {new.event_id} with other content"
                )
            continue
        if not same_content:
            return _refused(
                f"eventID {new.event_id} was captured before with other content (log position {other.position})"
            )
        remarks: list[tuple[Literal["error", "warning"], str]] = []
        if other.body_digest != new.body_digest:
            remarks.append(("warning", "known in another spelling; the first capture is kept"))
        return Verdict("duplicate", other.position, tuple(remarks))
    for other in existing:  # what erased a declaration keeps it away, and not its event
        if other.party == new.party and other.erased and other.declaration in (None, new.declaration):
            return _refused(
                f"{new.event_id} was erased (log position {other.position}) and is not captured again"
            )
    return Verdict("captured")


def _refused(text: str) -> Verdict:
    return Verdict("refused", None, (("error", text),))
