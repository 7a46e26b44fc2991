"""Erasures: entries that state whose body was removed, and why.

The body and its salt go; the header, its commitment and its place in the tree stay. Without the salt the
commitment tells nothing about what it was made from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ledger.entry import Entry, Kind, Statement
from ledger.errors import CorruptLog

__all__ = ["erased_position", "erasure_statement"]


def erasure_statement(position: int, reason: str, meta: Mapping[str, Any]) -> Statement:
    """Return the statement that the body of the entry at `position` is erased for `reason`."""
    text = json.dumps({"erases": position, "reason": reason}, ensure_ascii=False, separators=(",", ":"))
    return Statement(Kind.ERASURE, text.encode("utf-8"), meta)


def erased_position(entry: Entry) -> int:
    """Return the position whose body this entry erases; raises `CorruptLog` if it names none before it."""
    stated = json.loads(entry.opened().received)
    position = stated.get("erases") if isinstance(stated, dict) else None
    if not isinstance(position, int) or isinstance(position, bool) or not 0 <= position < entry.position:
        raise CorruptLog(f"entry {entry.position} is an erasure that names no earlier entry: {position!r}")
    return position
