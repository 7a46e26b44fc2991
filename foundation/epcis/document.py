"""EPCIS documents in JSON: bytes in, events out, each with the exact bytes it was received in.

How a document is read:
1. Size, then encoding, then depth are checked; nothing is parsed, let alone nested, before.
2. The objects around the events are walked by hand (`_Walk`), so that every event's slice, line and
   column are known; each event and every other value is parsed by the JSON library at one go.
3. The envelope is validated. What is wrong with it, or with the JSON text anywhere, makes the document
   unusable: `EpcisError`.
4. Each event is validated and built. What is wrong with one leaves the others untouched: it is a
   `CapturedEvent` without `event`, with its issues.

No URL in a document is ever fetched.
"""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import accumulate
from typing import Any, Final, Literal, cast

from foundation.epcis.envelope import check_envelope
from foundation.epcis.event import Event
from foundation.epcis.instant import instant
from foundation.epcis.issue import EpcisError, Issue, Limits
from foundation.epcis.json_ld_reading import from_json_ld
from foundation.epcis.namespaces import Namespaces
from foundation.epcis.rules import Report, escaped
from foundation.epcis.validation import check_event

__all__ = ["CapturedEvent", "Document", "read_event", "read_json"]

_DEEPEST: Final = 128
"""No limit allows more: the JSON library recurses, and the interpreter's stack is not ours alone."""

_DEFAULT: Final = Limits()
_ONCE_ACCEPTED: Final = Limits(
    max_bytes=2**31, max_depth=_DEEPEST, max_epcs_per_event=2**31, max_text=2**31, max_digits=4000
)


@dataclass(frozen=True, slots=True)
class CapturedEvent:
    """One item of a document's event list.

    `received` is its exact slice of the document; `event` is None where an issue is an error.
    """

    index: int
    pointer: str
    received: bytes
    event: Event | None
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """An EPCIS document, query document or bare event.

    `context` is the raw JSON value of `@context` (to be kept with each event: `read_event` needs it),
    `namespaces` the prefixes in force, `master_data` the raw items of the header's (or the query
    results') `vocabularyList`, `ignored` the expanded names of the fields that the document wants left
    out of the hash of its events (`…:ignoreFields`), `issues` warnings about the document itself.
    """

    kind: Literal["EPCISDocument", "EPCISQueryDocument", "event"]
    context: Any
    namespaces: Mapping[str, str]
    creation_date: int | None
    schema_version: str | None
    master_data: list[dict[str, Any]]
    events: list[CapturedEvent]
    ignored: frozenset[str] = frozenset()
    issues: tuple[Issue, ...] = ()


def read_json(data: bytes, limits: Limits = _DEFAULT) -> Document:
    """Read an EPCIS document, an EPCIS query document or a single bare event.

    Args:
        data: the body as received, UTF-8; a byte order mark is passed over (RFC 8259 §8.1).
        limits: what it may ask for.
    Returns:
        The document, its events in the order of the list, good and bad.
    Raises:
        EpcisError: the document as a whole cannot be used: too large, no JSON, duplicate names, numbers
            or text that JSON does not have, or a faulty envelope; each issue with its place.

    Clause: EPCIS 2.0, the JSON/JSON-LD binding.
    """
    walk = _Walk(_checked_text(data, limits), limits)
    top, spans = walk.document()
    kind = top.get("type")
    shell = Report("", limits, place=walk.place(walk.start))
    check_envelope(shell, top)
    if shell.failed:
        raise EpcisError(shell.issues)
    names = Namespaces().within(top.get("@context"))
    if kind in ("EPCISDocument", "EPCISQueryDocument"):
        body = (
            top["epcisBody"] if kind == "EPCISDocument" else top["epcisBody"]["queryResults"]["resultsBody"]
        )
        values, wanted = body["eventList"], _LISTS[kind]
        spans = [span for span in spans if span.list == wanted]
    else:
        kind, values, spans = "event", [top], [_Span("", walk.start, walk.end)]
    return Document(
        kind=cast(Literal["EPCISDocument", "EPCISQueryDocument", "event"], kind),
        context=top.get("@context"),
        namespaces=names.known,
        creation_date=instant(top["creationDate"]) if kind != "event" and "creationDate" in top else None,
        schema_version=top.get("schemaVersion") if kind != "event" else None,
        master_data=_master_data(top) if kind != "event" else [],
        events=list(_captured(walk, values, spans, names, limits)),
        ignored=_ignored(top, names) if kind != "event" else frozenset(),
        issues=tuple(shell.issues),
    )


def read_event(received: bytes, context: Any = None) -> Event:
    """Read again the bytes of one captured event.

    Args:
        received: the slice that `CapturedEvent.received` held.
        context: the raw `@context` value of the document it came in (`Document.context`).
    Raises:
        EpcisError: the bytes are no valid event.
    """
    walk = _Walk(_checked_text(received, _ONCE_ACCEPTED), _ONCE_ACCEPTED)
    value = walk.value("")
    walk.finish()
    report = Report("", _ONCE_ACCEPTED)
    check_event(report, value, identifiers=False)
    if report.failed:
        raise EpcisError(report.issues)
    return from_json_ld(value, Namespaces().within(context))


def _captured(
    walk: _Walk, values: list[Any], spans: list[_Span], names: Namespaces, limits: Limits
) -> Iterator[CapturedEvent]:
    told = 0
    for index, (value, span) in enumerate(zip(values, spans, strict=True)):
        pointer = f"{span.list}/{index}" if span.list else ""
        own = value.get("@context") if isinstance(value, dict) else None
        inner = names.within(own) if own is not None else names
        # A document may have very many faults: after the first thousands each event tells its first only.
        room = limits.max_issues if told < _TELLING else 1
        report = Report(pointer, limits, namespaces=inner.known, room=room)
        check_event(report, value)
        event = None if report.failed else from_json_ld(value, names)
        if report.issues:
            told += len(report.issues)
            place = walk.place(span.start)
            report.issues = [_placed(issue, place) for issue in report.issues]
        yield CapturedEvent(index, pointer, walk.slice(span), event, tuple(report.issues))


_TELLING: Final = 10_000


def _placed(issue: Issue, place: tuple[int, int]) -> Issue:
    return Issue(issue.pointer, issue.message, issue.rule, issue.severity, *place)


def _master_data(top: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    header = top.get("epcisHeader")
    master = header.get("epcisMasterData") if isinstance(header, dict) else None
    if isinstance(master, dict):
        found += master.get("vocabularyList", [])
    results = top["epcisBody"].get("queryResults") if isinstance(top.get("epcisBody"), dict) else None
    if top.get("type") == "EPCISQueryDocument" and isinstance(results, dict):
        found += results["resultsBody"].get("vocabularyList", [])
    return found


def _ignored(top: Mapping[str, Any], names: Namespaces) -> frozenset[str]:
    """The names that a repository adds on its own and does not want hashed: `prefix:ignoreFields`."""
    results = top["epcisBody"].get("queryResults")
    found: set[str] = set()
    for place in (top, results if isinstance(results, dict) else {}):
        for name, value in place.items():
            if name.endswith(":ignoreFields") and isinstance(value, list):
                found.update(names.expanded(item) for item in value if isinstance(item, str))
    return frozenset(found)


# --- text -------------------------------------------------------------------------------------------

_STEP: Final = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
_NO_BRACKET: Final = bytes(byte for byte in range(256) if byte not in b"[]{}")
_ESCAPE: Final = re.compile(rb"\\.", re.DOTALL)
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")


def _checked_text(data: bytes, limits: Limits) -> str:
    """The text of a body within the limits of size and depth."""
    if len(data) > limits.max_bytes:
        raise _unusable(f"{len(data)} bytes, allowed are {limits.max_bytes}", "limit")
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as fault:
        before = data[: fault.start].decode("utf-8")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        message = f"the bytes at offset {fault.start} are not UTF-8 ({fault.reason})"
        raise _unusable(message, "RFC 8259 §8.1", line, column) from None
    most = min(limits.max_depth, _DEEPEST)
    depth, containers = _nesting(data)
    if depth > most:
        raise _unusable(f"nested {depth} deep, allowed are {most}", "limit")
    if containers > limits.max_containers:
        message = f"{containers} arrays and objects, allowed are {limits.max_containers}"
        raise _unusable(message, "limit")
    return text


def _nesting(data: bytes) -> tuple[int, int]:
    """How deep arrays and objects nest and how many there are, without nesting anything.

    Up to the first place where the text is no JSON, every bracket outside of strings is counted as a
    JSON parser would; so no parser goes deeper than this before it stops.
    """
    if b"\\" in data:
        data = _ESCAPE.sub(b"", data)
    outside = b"".join(data.split(b'"')[::2])
    steps = array("b", outside.translate(_STEP, _NO_BRACKET))
    return max(accumulate(steps), default=0), (len(steps) + 1) // 2


def _unusable(message: str, rule: str, line: int | None = None, column: int | None = None) -> EpcisError:
    return EpcisError([Issue("", message, rule, "error", line, column)])


# --- the walk ---------------------------------------------------------------------------------------

_LISTS: Final = {
    "EPCISDocument": "/epcisBody/eventList",
    "EPCISQueryDocument": "/epcisBody/queryResults/resultsBody/eventList",
    "event": "",
}
_DESCENT: Final = frozenset(
    {"", "/epcisBody", "/epcisBody/queryResults", "/epcisBody/queryResults/resultsBody"}
)
_SPACE: Final = re.compile(r"[ \t\n\r]*")


@dataclass(frozen=True, slots=True)
class _Span:
    """Where one item of an event list stands in the text."""

    list: str
    start: int
    end: int


class _Walk:
    """One pass over the text of a document, noting where its events stand."""

    def __init__(self, text: str, limits: Limits) -> None:
        self.text = text
        self.start = self.end = 0
        self._at = 0
        self._limits = limits
        self._ascii = text.isascii()
        self._surrogates = _SURROGATE.search(text) is not None
        self._spans: list[_Span] = []
        self._known = (0, 1, 0)  # a place, its line, where that line starts
        self._faults: list[str] = []
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_float=self._fraction,
            parse_int=self._integer,
            parse_constant=self._constant,
        )

    def document(self) -> tuple[dict[str, Any], list[_Span]]:
        """The top-level object, and the spans of everything in an event list."""
        self._skip()
        if self._peek() != "{":
            raise self._broken("a document must be a JSON object")
        self.start = self._at
        top = self._walk("")
        self.end = self._at
        self.finish()
        return cast(dict[str, Any], top), self._spans

    def finish(self) -> None:
        """Nothing but white space may follow."""
        self._skip()
        if self._at != len(self.text):
            raise self._broken("there is more text after the end of the document")

    def slice(self, span: _Span) -> bytes:
        """The received bytes of a span."""
        return self.text[span.start : span.end].encode("ascii" if self._ascii else "utf-8")

    def place(self, at: int) -> tuple[int, int]:
        """Line and column of a place, both from 1; cheap when asked in rising order."""
        before, line, begin = self._known if self._known[0] <= at else (0, 1, 0)
        line += self.text.count("\n", before, at)
        newline = self.text.rfind("\n", before, at)
        begin = newline + 1 if newline >= 0 else begin
        self._known = (at, line, begin)
        return line, at - begin + 1

    def value(self, pointer: str) -> Any:
        """Parse one whole value where the walk stands."""
        self._skip()
        start = self._at
        try:
            value, self._at = self._decoder.raw_decode(self.text, start)
        except json.JSONDecodeError as fault:
            raise self._broken(fault.msg, fault.pos) from None
        except RecursionError:
            raise self._broken("nested too deep", start) from None
        if self._surrogates and not self._faults:
            self._check_surrogates(value)
        if self._faults:
            line, column = self.place(start)
            rule = "RFC 8259; RFC 7493"
            raise EpcisError(
                [Issue(pointer, fault, rule, "error", line, column) for fault in self._faults[:20]]
            )
        return value

    def _walk(self, pointer: str) -> Any:
        """A value whose members are of interest: an object on the way to the events, or their list."""
        self._skip()
        opening = self._peek()
        if opening == "{" and pointer in _DESCENT:
            return self._members(pointer)
        if opening == "[" and pointer in _LISTS.values():
            return self._items(pointer)
        return self.value(pointer)

    def _members(self, pointer: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self._at += 1
        self._skip()
        if self._peek() == "}":
            self._at += 1
            return found
        while True:
            self._skip()
            place = self._at
            if self._peek() != '"':
                raise self._broken("expected the name of a member in double quotes")
            name = cast(str, self.value(pointer))
            if name in found:
                raise self._broken(f"the name {name[:80]!r} stands in one object twice", place)
            self._expect(":")
            found[name] = self._walk(f"{pointer}/{escaped(name)}")
            self._skip()
            if self._peek() == "}":
                self._at += 1
                return found
            self._expect(",")

    def _items(self, pointer: str) -> list[Any]:
        found: list[Any] = []
        self._at += 1
        self._skip()
        if self._peek() == "]":
            self._at += 1
            return found
        while True:
            self._skip()
            start = self._at
            found.append(self.value(f"{pointer}/{len(found)}"))
            self._spans.append(_Span(pointer, start, self._at))
            if len(found) > self._limits.max_events:
                raise self._broken(f"more than {self._limits.max_events} events", start, "limit")
            self._skip()
            if self._peek() == "]":
                self._at += 1
                return found
            self._expect(",")

    def _skip(self) -> None:
        self._at = cast(re.Match[str], _SPACE.match(self.text, self._at)).end()

    def _peek(self) -> str:
        return self.text[self._at : self._at + 1]

    def _expect(self, character: str) -> None:
        self._skip()
        if self._peek() != character:
            raise self._broken(f"expected {character!r}")
        self._at += 1

    def _broken(self, message: str, at: int | None = None, rule: str = "RFC 8259") -> EpcisError:
        return _unusable(message, rule, *self.place(self._at if at is None else at))

    # What the JSON library lets through and JSON does not, is noted and told after the value.

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            seen: set[str] = set()
            for name, _ in pairs:
                if name in seen:
                    self._faults.append(f"the name {name[:80]!r} stands in one object twice")
                seen.add(name)
        return found

    def _fraction(self, text: str) -> Decimal:
        most = self._limits.max_digits
        try:
            number = Decimal(text if len(text) <= most + 8 else "NaN")
        except InvalidOperation:  # an exponent beyond all bounds
            number = Decimal("NaN")
        if not number.is_finite() or not -most <= number.adjusted() <= most:
            self._faults.append(f"the number {text[:60]} has more digits than {most}")
            return Decimal(0)
        return number

    def _integer(self, text: str) -> int:
        if len(text) > self._limits.max_digits + 1:
            self._faults.append(f"the number {text[:60]} has more digits than {self._limits.max_digits}")
            return 0
        return int(text)

    def _constant(self, text: str) -> None:
        self._faults.append(f"{text} is no JSON number")

    def _check_surrogates(self, value: Any) -> None:
        stack = [value]
        while stack:
            item = stack.pop()
            if isinstance(item, str):
                try:
                    item.encode("utf-8")
                except UnicodeEncodeError:
                    self._faults.append("text with half of a surrogate pair")
            elif isinstance(item, list):
                stack += item
            elif isinstance(item, dict):
                stack += item
                stack += item.values()
