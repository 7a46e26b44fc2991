"""What makes the JSON object around the events a valid EPCIS document, query document or bare event.

Clauses: EPCIS 2.0 EPCISDocument, EPCISQueryDocument, EPCISHeader.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from foundation.epcis.rules import (
    Field,
    Report,
    context,
    kind_of,
    list_of,
    object_of,
    pattern,
    text,
    time,
    uri,
    uris,
)

__all__ = ["check_envelope"]

_VERSION: Final = re.compile(r"[0-9]+(?:\.[0-9]+)*", re.ASCII)


def _events(report: Report, at: str, value: Any) -> None:
    if not isinstance(value, list):
        report.error(at, f"must be an array, not {kind_of(value)}", "EPCIS 2.0 EPCISDocument")


def _exactly(word: str) -> Field:
    def check(report: Report, at: str, value: Any) -> None:
        if value != word:
            report.error(at, f"must be {word!r}", "EPCIS 2.0 EPCISDocument")

    return check


def _attribute_value(report: Report, at: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str | dict):
        report.error(
            at,
            f"must be text, a number or an object, not {kind_of(value)}",
            "EPCIS 2.0 EPCISHeader and master data",
        )


_MASTER_DATA_RULE: Final = "EPCIS 2.0 EPCISHeader and master data"
_attribute: Final = object_of(
    {"id": uri, "attribute": _attribute_value}, ("id",), _MASTER_DATA_RULE, others="any"
)
_vocabulary_element: Final = object_of(
    {"id": uri, "attributes": list_of(_attribute), "children": uris(unique=False)},
    ("id",),
    _MASTER_DATA_RULE,
    others="any",
)
_vocabulary: Final = object_of(
    {"type": uri, "vocabularyElementList": list_of(_vocabulary_element)},
    ("type",),
    _MASTER_DATA_RULE,
    others="any",
)
_vocabulary_list: Final = list_of(_vocabulary)
_header: Final = object_of(
    {"epcisMasterData": object_of({"vocabularyList": _vocabulary_list}, (), _MASTER_DATA_RULE, others="any")},
    (),
    _MASTER_DATA_RULE,
    others="uri",
)
_SHELL: Final[Mapping[str, Field]] = {
    "@context": context,
    "id": uri,
    "schemaVersion": pattern(_VERSION, "a version such as 2.0", "EPCIS 2.0 EPCISDocument"),
    "creationDate": time,
    "epcisHeader": _header,
}
_DOCUMENTS: Final[Mapping[str, Field]] = {
    "EPCISDocument": object_of(
        {
            **_SHELL,
            "type": _exactly("EPCISDocument"),
            "instanceIdentifier": text,
            "sender": text,
            "receiver": text,
            "epcisBody": object_of(
                {"eventList": _events}, ("eventList",), "EPCIS 2.0 EPCISDocument", others="any"
            ),
        },
        ("@context", "type", "schemaVersion", "creationDate", "epcisBody"),
        "EPCIS 2.0 EPCISDocument",
        others="uri",
        comments=True,
    ),
    "EPCISQueryDocument": object_of(
        {
            **_SHELL,  # epcisHeader: in the XML schema and in real documents, though not in the JSON schema
            "type": _exactly("EPCISQueryDocument"),
            "epcisBody": object_of(
                {
                    "queryResults": object_of(
                        {
                            "queryName": text,
                            "subscriptionID": text,
                            "resultsBody": object_of(
                                {"eventList": _events, "vocabularyList": _vocabulary_list},
                                ("eventList",),
                                "EPCIS 2.0 EPCISQueryDocument",
                                others="uri",
                            ),
                        },
                        ("queryName", "resultsBody"),
                        "EPCIS 2.0 EPCISQueryDocument",
                        others="uri",
                    )
                },
                ("queryResults",),
                "EPCIS 2.0 EPCISQueryDocument",
                others="uri",
            ),
        },
        ("@context", "type", "epcisBody"),
        "EPCIS 2.0 EPCISQueryDocument",
        others="uri",
        comments=True,
    ),
}


def check_envelope(report: Report, document: Mapping[str, Any]) -> None:
    """Report what is wrong with a document around its events, or that a bare event has no `@context`.

    Args:
        report: collects the faults.
        document: the top-level object; its events may be left out of `eventList`.
    """
    kind = document.get("type")
    shell = _DOCUMENTS.get(kind) if isinstance(kind, str) else None
    if shell is not None:
        shell(report, "", document)
    elif "@context" not in document:
        report.error(
            "", "@context is missing", "EPCIS 2.0.1 JSON schema required-ld-context; JSON-LD 1.1 §3.1"
        )
