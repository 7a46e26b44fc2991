"""Prefixed names of fields, and what a JSON-LD `@context` says about their prefixes.

Only prefixes written in the context itself count beside those of the GS1 context: a URL in it is never
fetched and defines nothing. A field whose prefix nobody defines keeps its name as written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foundation.epcis.uri import is_uri
from foundation.epcis.vocabulary import PREFIXES

__all__ = ["Namespaces"]


class Namespaces:
    """The prefixes in force at one place of a document.

    Attributes:
        known: prefix -> namespace, those of the GS1 context among them.
        own: the same without what the GS1 context says anyway.

    >>> names = Namespaces().within([{"example": "https://ns.example.com/epcis/"}])
    >>> names.expanded("example:myField"), names.expanded("cbvmda:lotNumber"), names.expanded("other:x")
    ('{https://ns.example.com/epcis/}myField', '{urn:epcglobal:cbv:mda:}lotNumber', 'other:x')
    """

    __slots__ = ("known", "own")

    def __init__(self, own: Mapping[str, str] | None = None) -> None:
        self.own: Mapping[str, str] = dict(own or {})
        self.known: Mapping[str, str] = {**PREFIXES, **self.own}

    def within(self, context: Any) -> Namespaces:
        """The prefixes inside an object with this `@context`; a later definition of one prefix wins."""
        found: dict[str, str] = {}
        for part in context if isinstance(context, list) else [context]:
            if isinstance(part, dict):
                for prefix, value in part.items():
                    namespace = value.get("@id") if isinstance(value, dict) else value
                    if _is_prefix(prefix) and isinstance(namespace, str) and is_uri(namespace):
                        found[prefix] = namespace
        if not found:
            return self
        merged = {**self.known, **found}
        return Namespaces(
            {prefix: space for prefix, space in merged.items() if PREFIXES.get(prefix) != space}
        )

    def expanded(self, name: str) -> str:
        """`{namespace}local` for a prefixed name; any other name, and an unknown prefix, as it is."""
        prefix, colon, local = name.partition(":")
        if not colon or local.startswith("//"):  # JSON-LD 1.1 §4.1.5: "://" marks an absolute IRI
            return name
        namespace = self.known.get(prefix)
        return name if namespace is None else f"{{{namespace}}}{local}"


def _is_prefix(text: str) -> bool:
    """Whether a key of a context can be a prefix: no keyword, no blank node, no name with a colon."""
    return bool(text) and text != "_" and not text.startswith("@") and ":" not in text
