"""Captured events on their way out: what was received, byte for byte, with recordTime and eventID put in."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import orjson

from foundation.epcis import iso
from ledger import Entry

__all__ = ["GS1_CONTEXT", "event_document", "event_json"]

GS1_CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
STANDARD_CONTEXTS = frozenset(
    {
        GS1_CONTEXT,
        "https://ref.gs1.org/standards/epcis/epcis-context.jsonld",
        "https://ref.gs1.org/standards/epcis/2.0.1/epcis-context.jsonld",
    }
)
SPACE = re.compile(r"[ \t\r\n]*")
DECODER = json.JSONDecoder()


def event_json(entry: Entry) -> bytes:
    """One event as JSON-LD: every member as received, recordTime and eventID as decided at capture.

    Members are copied as text, so that numbers keep their digits. An event of a document with further
    contexts carries them in its own @context.
    """
    statement = entry.statement()
    members = _members(statement.received.decode())
    meta = statement.meta
    members["eventID"] = json.dumps(meta["eventID"])
    members["recordTime"] = json.dumps(iso(entry.header.record_time))
    contexts = [c for c in _list(meta["context"]) if not (isinstance(c, str) and c in STANDARD_CONTEXTS)]
    if contexts:
        merged = [*contexts, *_list(json.loads(members.get("@context", "null")))]
        members["@context"] = json.dumps(merged, ensure_ascii=False, separators=(",", ":"))
    return ("{" + ",".join(f"{json.dumps(name)}:{text}" for name, text in members.items()) + "}").encode()


def _list(context: Any) -> list[Any]:
    """A JSON-LD @context as the list that it means."""
    if context is None:
        return []
    return context if isinstance(context, list) else [context]


def event_document(events: Sequence[bytes], *, created: int, query_name: str = "SimpleEventQuery") -> bytes:
    """An EPCISQueryDocument over ready events (EPCIS 2.0 §12.7).

    Args:
        events: JSON-LD of each.
        created: µs UTC.
    """
    head = {
        "@context": [GS1_CONTEXT],
        "type": "EPCISQueryDocument",
        "schemaVersion": "2.0",
        "creationDate": iso(created),
    }
    results = {
        "queryName": query_name,
        "resultsBody": {"eventList": [orjson.Fragment(event) for event in events]},
    }
    return orjson.dumps({**head, "epcisBody": {"queryResults": results}})


def _members(text: str) -> dict[str, str]:
    """The members of a JSON object, each value as its text; `text` is known to be valid JSON."""

    def skip(at: int) -> int:
        found = SPACE.match(text, at)
        return at if found is None else found.end()

    members: dict[str, str] = {}
    at = skip(skip(0) + 1)  # past the opening brace
    while text[at] != "}":
        name, at = DECODER.raw_decode(text, at)
        start = skip(skip(at) + 1)  # past the colon
        _, end = DECODER.raw_decode(text, start)
        members[name] = text[start:end]
        at = skip(end)
        if text[at] == ",":
            at = skip(at + 1)
    return members
