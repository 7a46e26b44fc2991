"""GS1 Digital Link URIs: a key in the path of a web address, on any host.

    https://id.gs1.org/01/09506000134352/21/123          canonical
    https://brand.example/x/01/9506000134352/21/123?17=220630&linkType=gs1:pip     the same item

Two readers: `identity_of_link` asks only what is named and leaves the query alone; `read_digital_link` is the
strict reading of a whole link, attributes included, for those who print or resolve links. Compressed links
and the old key names (`/gtin/…`) are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from foundation.gs1.application_identifiers import APPLICATION_IDENTIFIERS, KEY_QUALIFIERS, check_value
from foundation.gs1.identity import STEM, Elements, Identity, check_elements, digital_link, identity_of
from foundation.gs1.keys import MAX_TEXT, Gs1Error, percent_decode, percent_encode

__all__ = ["DigitalLink", "identity_of_link", "link_of_elements", "read_digital_link"]

# A host name (as an IRI too) or an address, with a port or not (RFC 3986 section 3.2).
_LINK = re.compile(
    r"(?i:https?)://(?P<host>(?:[A-Za-z0-9._~-]|[^\x00-\x7f])+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{0,5}))?"
    r"(?P<path>/[^?#]*)(?:\?(?P<query>[^#]*))?(?:#.*)?"
)
_LEGAL = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")
_MAX_SEGMENTS = 64
# Keys without a check digit say little on a host that is not GS1's: there a whole company prefix must lead.
_NO_CHECK_DIGIT = ("401", "8004", "8010")
_COMPANY_PREFIX = re.compile("[0-9]{6}")


@dataclass(frozen=True, slots=True)
class DigitalLink:
    """A Digital Link as it is written."""

    host: str
    """In lower case, without the port."""
    prefix: tuple[str, ...]
    """Path segments before the key."""
    elements: Elements
    """The key and its qualifiers, in order."""
    attributes: Elements
    """Application Identifiers in the query."""
    parameters: tuple[tuple[str, str], ...]
    """What else is in the query, as written (`linkType` and the like)."""
    identity: Identity


def identity_of_link(text: str) -> Identity | None:
    """The identity that a web address names as a Digital Link; its query and fragment are not looked at.

    Args:
        text: an http or https URI.

    Returns:
        The identity, or None where the address is no Digital Link. On another host than id.gs1.org an address
        is a Digital Link only if everything holds, check digit included.

    Raises:
        Gs1Error: on id.gs1.org, a key or qualifier that breaks its rule.

    >>> identity_of_link("http://shop.example/p/01/9506000134352?17=220630").uri
    'https://id.gs1.org/01/09506000134352'
    >>> identity_of_link("https://shop.example/01/09506000134353") is None
    True
    """
    match = _LINK.fullmatch(text) if len(text) <= MAX_TEXT else None
    if match is None:
        return None
    ours = match["host"].lower() == "id.gs1.org"
    try:
        found = _key_in_path(match["path"], text)
        if found is None:
            return None
        _, elements = found
        identity = identity_of(elements, text)
    except Gs1Error:
        if ours:
            raise
        return None
    key, value = elements[0]
    if not ours and key in _NO_CHECK_DIGIT and not _COMPANY_PREFIX.match(value):
        return None
    return identity


def read_digital_link(text: str) -> DigitalLink:
    """A Digital Link taken apart strictly, query included.

    Args:
        text: an http or https URI.

    Raises:
        Gs1Error: no key in the path, a character that no URI has, a key, qualifier or attribute that breaks
            its rule, one that stands twice, or a qualifier in the query.

    >>> read_digital_link("https://a/x/01/09506000134352/10/A%2FB?17=220630&s=1").attributes
    (('17', '220630'),)
    """
    if len(text) > MAX_TEXT:
        raise Gs1Error(text, f"a Digital Link has at most {MAX_TEXT} characters, this has {len(text)}")
    legal = _LEGAL.match(text)
    if legal is None or legal.end() != len(text):
        at = legal.end() if legal else 0
        raise Gs1Error(text, f"{text[at]!r} at place {at + 1} cannot stand in a URI")
    match = _LINK.fullmatch(text)
    if match is None:
        raise Gs1Error(text, "a Digital Link is an http or https URI with a host and a path")
    found = _key_in_path(match["path"], text)
    if found is None:
        raise Gs1Error(text, "there is no GS1 key in the path")
    prefix, elements = found
    identity = identity_of(elements, text)
    attributes, parameters = _query(match["query"] or "", elements, text)
    return DigitalLink(match["host"].lower(), prefix, elements, attributes, parameters, identity)


def _key_in_path(path: str, whole: str) -> tuple[tuple[str, ...], Elements] | None:
    """The segments before the key, and the elements; the key is sought from the end, in steps of a pair."""
    segments = path.rstrip("/").split("/")[1:]
    if len(segments) > _MAX_SEGMENTS:
        return None
    for at in range(len(segments) - 2, -1, -2):
        if segments[at] in KEY_QUALIFIERS:
            names, values = segments[at::2], segments[at + 1 :: 2]
            pairs = zip(names, values, strict=True)
            return tuple(segments[:at]), tuple((ai, percent_decode(value, whole)) for ai, value in pairs)
    if segments and segments[0] in APPLICATION_IDENTIFIERS and len(segments) > 1:
        raise Gs1Error(whole, "the path has Application Identifiers and no primary key with a value")
    return None


def _query(query: str, elements: Elements, whole: str) -> tuple[Elements, tuple[tuple[str, str], ...]]:
    path = {ai for ai, _ in elements}
    alternatives = KEY_QUALIFIERS[elements[0][0]]
    chosen = [allowed for allowed in alternatives if path.intersection(allowed)] or alternatives
    qualifiers = {ai for allowed in chosen for ai in allowed}
    attributes: dict[str, str] = {}
    parameters: list[tuple[str, str]] = []
    for part in filter(None, re.split("[&;]", query)):
        name, equals, value = part.partition("=")
        if not equals or not (name.isascii() and name.isdigit()):
            parameters.append((name, value))
            continue
        entry = APPLICATION_IDENTIFIERS.get(name)
        if entry is None:
            raise Gs1Error(whole, f"({name}) in the query is not an Application Identifier")
        if name in path or name in attributes:
            raise Gs1Error(whole, f"({name}) stands twice")
        if name in qualifiers:
            raise Gs1Error(whole, f"({name}) belongs in the path, behind ({elements[0][0]})")
        if not entry.data_attribute:
            raise Gs1Error(whole, f"({name}) cannot stand in the query of a Digital Link")
        decoded = percent_decode(value.replace("+", "%20"), whole)
        check_value(name, decoded, whole)
        attributes[name] = decoded
    return tuple(attributes.items()), tuple(parameters)


def divide(elements: Iterable[tuple[str, str]], whole: str) -> tuple[Elements, Elements]:
    """Elements in any order as key with qualifiers, in Digital Link order, and the rest.

    The key is the first primary key among them; of alternative qualifiers, the first alternative with one
    present is taken.

    Raises:
        Gs1Error: one Application Identifier with two values, or no primary key.
    """
    found: dict[str, str] = {}
    for ai, value in elements:
        if found.setdefault(ai, value) != value:
            raise Gs1Error(whole, f"({ai}) stands twice with different values")
    for key in found:
        # 415 is a key only with its payment reference; (8020) without it is refused where it is built.
        if key in KEY_QUALIFIERS and (key != "415" or "8020" in found):
            break
    else:
        raise Gs1Error(whole, "there is no primary key such as (00), (01), (414) or (8003)")
    alternatives = KEY_QUALIFIERS[key]
    if key == "01" and "235" in found and "21" not in found:
        allowed: tuple[str, ...] = ("235",)
    else:
        allowed = next((each for each in alternatives if any(ai in found for ai in each)), alternatives[0])
    chosen = (key, *(ai for ai in allowed if ai in found))
    rest = tuple((ai, value) for ai, value in found.items() if ai not in chosen)
    return tuple((ai, found[ai]) for ai in chosen), rest


def link_of_elements(elements: Sequence[tuple[str, str]], *, stem: str = STEM) -> str:
    """A Digital Link that carries all these elements: key and qualifiers in the path, the rest as query.

    Args:
        elements: pairs of Application Identifier and value, in any order.
        stem: the host and path before the key, without a slash at its end.

    Raises:
        Gs1Error: no key, a value that breaks its rule, or an element that a Digital Link cannot carry.

    >>> link_of_elements([("10", "L/1"), ("17", "220630"), ("01", "09506000134352")], stem="https://a.example")
    'https://a.example/01/09506000134352/10/L%2F1?17=220630'
    """
    whole = "".join(f"({ai}){value}" for ai, value in elements)
    path, rest = divide(elements, whole)
    check_elements(path, whole)
    qualifiers = {ai for allowed in KEY_QUALIFIERS[path[0][0]] for ai in allowed}
    for ai, value in rest:
        check_value(ai, value, whole)
        if ai in qualifiers or not APPLICATION_IDENTIFIERS[ai].data_attribute:
            raise Gs1Error(whole, f"({ai}) cannot stand in the query of a Digital Link behind ({path[0][0]})")
    # Those of predefined length first, as the GS1 syntax engine writes them.
    ordered = sorted(rest, key=lambda each: APPLICATION_IDENTIFIERS[each[0]].predefined_length is None)
    query = "&".join(f"{ai}={percent_encode(value)}" for ai, value in ordered)
    return digital_link(path, stem.rstrip("/")) + (f"?{query}" if query else "")
