"""Rules for single JSON values, and how rules for objects and lists are made of them.

A rule is a function of a report, a JSON Pointer and a value: it reports what is wrong and goes on, so
that all faults are found in one pass. The tables of fields that use them are in `validation` (events)
and `envelope` (documents).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, Literal

from foundation.epcis.instant import instant
from foundation.epcis.issue import Issue, Limits
from foundation.epcis.uri import is_uri, plain_uri
from foundation.epcis.vocabulary import Vocabulary

__all__ = ["Field", "Report"]

Field = Callable[["Report", str, Any], None]
"""A rule for one value: reports under the pointer what is wrong with it."""

CBV_RESERVED: Final = ("urn:epcglobal:cbv", "http://ns.gs1.org/cbv/", "https://ns.gs1.org/cbv/")
VOC_RESERVED: Final = (
    "http://gs1.org/voc/",
    "https://gs1.org/voc/",
    "http://www.gs1.org/voc/",
    "https://www.gs1.org/voc/",
)
_SCHEMES: Final = frozenset({"http", "https", "urn", "ni", "tag", "did", "geo", "mailto", "data", "info"})


class Report:
    """The faults found so far, at most `limits.max_issues` of them.

    `base` is the pointer of the thing under examination; `place` its line and column.
    """

    __slots__ = ("base", "failed", "issues", "limits", "namespaces", "place", "room")

    def __init__(
        self,
        base: str,
        limits: Limits,
        *,
        place: tuple[int | None, int | None] = (None, None),
        namespaces: Mapping[str, str] | None = None,
        room: int | None = None,
    ) -> None:
        self.base = base
        self.limits = limits
        self.place = place
        self.namespaces = namespaces
        self.room = limits.max_issues if room is None else room
        self.issues: list[Issue] = []
        self.failed = False

    def add(self, pointer: str, message: str, rule: str, severity: Literal["error", "warning"]) -> None:
        """Note a fault; beyond the room for them only an event's first error is kept."""
        if len(self.issues) < self.room or (severity == "error" and not self.failed):
            self.issues.append(Issue(self.base + pointer, message, rule, severity, *self.place))
        if severity == "error":
            self.failed = True

    def error(self, pointer: str, message: str, rule: str) -> None:
        """Note what makes the thing unusable."""
        self.add(pointer, message, rule, "error")

    def warning(self, pointer: str, message: str, rule: str) -> None:
        """Note what is kept beside a usable thing."""
        self.add(pointer, message, rule, "warning")


# --- values -----------------------------------------------------------------------------------------


def kind_of(value: Any) -> str:
    """What a JSON value is, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | Decimal | float):
        return "a number"
    names: dict[type, str] = {str: "text", list: "an array", dict: "an object"}
    return names.get(type(value), type(value).__name__)


def escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def quoted(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")


def text(report: Report, at: str, value: Any) -> None:
    if not isinstance(value, str):
        report.error(at, f"must be text, not {kind_of(value)}", "EPCIS 2.0.1 JSON schema")
    elif len(value) > report.limits.max_text:
        report.error(at, f"{len(value)} characters of text, allowed are {report.limits.max_text}", "limit")


def uri(report: Report, at: str, value: Any) -> None:
    if not isinstance(value, str):
        report.error(at, f"must be a URI, not {kind_of(value)}", "EPCIS 2.0.1 JSON schema; RFC 3986")
    elif not is_uri(value):
        report.error(at, f"{quoted(value)} is not an absolute URI", "RFC 3986 §3")
    elif len(value) > report.limits.max_text:
        report.error(at, f"{len(value)} characters of text, allowed are {report.limits.max_text}", "limit")


def time(report: Report, at: str, value: Any) -> None:
    if not isinstance(value, str):
        report.error(at, f"must be a time, not {kind_of(value)}", "EPCIS 2.0 dateTimeStamp")
        return
    try:
        instant(value)
    except ValueError as fault:
        report.error(at, str(fault), "EPCIS 2.0 dateTimeStamp; RFC 3339")


def number(report: Report, at: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        report.error(at, f"must be a number, not {kind_of(value)}", "EPCIS 2.0.1 JSON schema")


def boolean(report: Report, at: str, value: Any) -> None:
    if not isinstance(value, bool):
        report.error(at, f"must be true or false, not {kind_of(value)}", "EPCIS 2.0 SensorReport")


def pattern(pattern: re.Pattern[str], what: str, rule: str) -> Field:
    def check(report: Report, at: str, value: Any) -> None:
        if not isinstance(value, str):
            report.error(at, f"must be {what}, not {kind_of(value)}", rule)
        elif pattern.fullmatch(value) is None:
            report.error(at, f"{quoted(value)} is not {what}", rule)

    return check


def word(vocabulary: Vocabulary, reserved: tuple[str, ...]) -> Field:
    """A standard word, or a URI outside the namespaces reserved for the standard's own."""
    words = vocabulary.words
    name = vocabulary.name

    def check(report: Report, at: str, value: Any) -> None:
        if not isinstance(value, str):
            report.error(at, f"must be a {name}, not {kind_of(value)}", "CBV 2.0 standard vocabularies")
        elif value in words:
            return
        elif not is_uri(value):
            report.error(
                at, f"{quoted(value)} is neither a standard {name} nor a URI", "CBV 2.0 standard vocabularies"
            )
        elif value.startswith(reserved):
            word = vocabulary.word(value)
            hint = f"; write {word!r}" if word in words else ""
            report.error(
                at,
                f"{quoted(value)} stands in the standard's own namespace{hint}",
                "CBV 2.0 standard vocabularies",
            )
        elif len(value) > report.limits.max_text:
            report.error(at, f"{len(value)} characters of text", "limit")

    return check


def _array(report: Report, at: str, value: Any) -> bool:
    if not isinstance(value, list):
        report.error(at, f"must be an array, not {kind_of(value)}", "EPCIS 2.0 event types")
        return False
    if len(value) > report.limits.max_epcs_per_event:
        most = report.limits.max_epcs_per_event
        report.error(at, f"{len(value)} items in one list, allowed are {most}", "limit")
        return False
    return True


def list_of(item: Field, *, least: int = 0, unique: bool = False) -> Field:
    def check(report: Report, at: str, value: Any) -> None:
        if not _array(report, at, value):
            return
        if len(value) < least:
            report.error(at, f"must have at least {least} item", "EPCIS 2.0 event types")
        for index, one in enumerate(value):
            item(report, f"{at}/{index}", one)
        if unique:
            _unique(report, at, value)

    return check


def _unique(report: Report, at: str, value: list[Any]) -> None:
    try:
        if len(set(value)) == len(value):
            return
    except TypeError:
        pass  # an item that is no text at all: a fault of its own
    seen: set[str] = set()
    for index, item in enumerate(value):
        if isinstance(item, str):
            if item in seen:
                report.error(
                    f"{at}/{index}", f"{quoted(item)} stands in the list twice", "EPCIS 2.0 event types"
                )
            seen.add(item)


def uris(*, unique: bool) -> Field:
    """A list of identifiers: the long lists of an event, hence without a call for each item."""

    def check(report: Report, at: str, value: Any) -> None:
        if not _array(report, at, value):
            return
        longest = report.limits.max_text
        for index, one in enumerate(value):
            if type(one) is not str or not (plain_uri(one) or is_uri(one)) or len(one) > longest:
                uri(report, f"{at}/{index}", one)
        if unique:
            _unique(report, at, value)

    return check


def object_of(
    fields: Mapping[str, Field],
    required: tuple[str, ...],
    rule: str,
    *,
    others: Literal["uri", "none", "any"],
    comments: bool = False,
) -> Field:
    """An object with these fields; `others` says which further names may stand in it.

    `comments`: names that begin with an underscore, by which people write remarks into JSON, are passed over
    with a warning: no @context gives them a meaning, so JSON-LD drops them too.
    """

    def check(report: Report, at: str, value: Any) -> None:
        if not isinstance(value, dict):
            report.error(at, f"must be an object, not {kind_of(value)}", rule)
            return
        for name, inner in value.items():
            field = fields.get(name)
            if field is not None:
                field(report, f"{at}/{name}", inner)
            elif comments and name.startswith("_") and ":" not in name:
                report.warning(
                    f"{at}/{escaped(name)}", "is a remark and is passed over", "JSON-LD 1.1 §4.1.2"
                )
            elif others == "none":
                report.error(f"{at}/{escaped(name)}", f"there is no field {quoted(name)} here", rule)
            elif others == "uri":
                extension_name(report, at, name, f"there is no field {quoted(name)} here")
        for name in required:
            if name not in value:
                report.error(at, f"{name} is missing", rule)

    return check


def extension_name(report: Report, at: str, name: str, otherwise: str) -> None:
    """A field of another namespace is named by a CURIE or a URI (EPCIS 2.0 extensions)."""
    if not is_uri(name):
        report.error(
            f"{at}/{escaped(name)}",
            f"{otherwise}; a field of your own is named prefix:name",
            "EPCIS 2.0 extensions",
        )
        return
    prefix, _, local = name.partition(":")
    known = report.namespaces
    if known is None or prefix in known or local.startswith("//") or prefix.lower() in _SCHEMES:
        return
    report.warning(
        f"{at}/{escaped(name)}",
        f"no @context defines the prefix {quoted(prefix)}; the name is kept as it is",
        "JSON-LD 1.1 §4.1.5",
    )


def context(report: Report, at: str, value: Any) -> None:
    if isinstance(value, dict):
        return
    if isinstance(value, str):
        uri(report, at, value)
        return
    if not isinstance(value, list):
        report.error(
            at, f"must be a URI, an object or an array of these, not {kind_of(value)}", "JSON-LD 1.1 §3.1"
        )
        return
    seen: set[Any] = set()
    for index, part in enumerate(value):
        if not isinstance(part, dict):
            uri(report, f"{at}/{index}", part)
        if isinstance(part, dict | str):
            frozen = _frozen(part)
            if frozen in seen:
                report.error(
                    f"{at}/{index}", "stands in the context twice", "EPCIS 2.0.1 JSON schema @context"
                )
            seen.add(frozen)


def _frozen(value: Any) -> Any:
    """A hashable form in which two values are equal exactly where their JSON is."""
    if isinstance(value, dict):
        return frozenset((name, _frozen(inner)) for name, inner in value.items())
    if isinstance(value, list):
        return tuple(map(_frozen, value))
    return (bool, value) if isinstance(value, bool) else value
