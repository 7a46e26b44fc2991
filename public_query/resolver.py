"""The resolver's pure part: from a Digital Link path to an identity, its levels and its links.

GS1-Conformant Resolver 1.2: bad syntax is refused; the linkset (RFC 9264) holds the links of every level
from the one asked for up to the primary key; exactly one link is the default, and it carries nothing but
its target and title; each other link names its type, title, languages and media type.

>>> named = read_path("/01/09506000134352/10/A1/21/7")
>>> [level.path for level in named.levels]
['/01/09506000134352/10/A1/21/7', '/01/09506000134352/10/A1', '/01/09506000134352']
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from foundation.gs1 import Gs1Error, Identity, parse
from foundation.web import Language, Text
from public_query.subject import Subject, subject_of
from public_query.words import WORDS

STEM = "https://id.gs1.org"
VOCABULARY = "https://ref.gs1.org/voc/"
LINKSET_JSON = "application/linkset+json"

KEYS = (
    "00", "01", "253", "255", "401", "402", "414", "415", "417",
    "8003", "8004", "8006", "8010", "8013", "8017", "8018",
)  # fmt: skip
"""The primary keys a path may start with (GS1 syntax dictionary, ``dlpkey``)."""

LONGEST_CODE = 2048
_OLDER_VOCABULARIES = ("gs1:", "https://gs1.org/voc/", "https://www.gs1.org/voc/", "http://gs1.org/voc/")
_BLANKS = str.maketrans("", "", " \t\r\n\u00a0\u3000\u200b\ufeff")  # never U+001D: it separates elements
# Chinese keyboards write brackets, digits and slashes in full width; every GS1 character has a narrow form.
_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}


_NOT_IN_A_PATH = re.compile(r"[^A-Za-z0-9\-._~!$&'()*+,;=:@%/]")  # RFC 3986 §3.3, pchar
_OFTEN_BROKEN = (
    (re.compile(r"check digit of .*must be (?P<right>\d), it is (?P<found>\d)"), "bad.rule.check_digit"),
    (re.compile(r"a GTIN has 8, 12, 13 or 14 digits, this has (?P<found>\d+)"), "bad.rule.gtin_length"),
)


class PublicQueryError(Exception):
    """The family of this room's errors."""


class BadCodeError(PublicQueryError):
    """A code that breaks a rule: `text` is what was read, `rule` says which."""

    def __init__(self, text: str, rule: str) -> None:
        super().__init__(f"{text!r}: {rule}")
        self.text = text
        self.rule = rule

    @property
    def rule_text(self) -> Text:
        """The rule in both languages where it is one people often break; else in English alone."""
        for pattern, key in _OFTEN_BROKEN:
            found = pattern.search(self.rule)
            if found is not None:
                return Text(zh=WORDS.plain(key, Language.ZH, **found.groupdict()), en=self.rule)
        return Text(zh="", en=self.rule)


@dataclass(frozen=True, slots=True)
class Link:
    """One typed link; `fragment` is a place on this server's page about the level."""

    link_type: str  # without prefix: "pip"
    fragment: str = ""


_LINKS = {
    Subject.PRODUCT: (Link("pip"), Link("traceability", "chain"), Link("recallStatus", "verdict")),
    Subject.PLACE: (Link("locationInfo"),),
    Subject.PARTY: (Link("registryEntry"),),
}


@dataclass(frozen=True, slots=True)
class PathLevel:
    """One level of a Digital Link: its normalised path and the links that hold there."""

    path: str
    links: tuple[Link, ...]

    @property
    def anchor(self) -> str:
        """The subject of its links: the uncompressed Digital Link."""
        return STEM + self.path


@dataclass(frozen=True, slots=True)
class Named:
    """What a path names: the identity, and its levels from the finest up to the primary key."""

    identity: Identity
    levels: tuple[PathLevel, ...]

    @property
    def path(self) -> str:
        """The normalised path of the level asked for."""
        return self.levels[0].path

    def find(self, link_type: str) -> tuple[PathLevel, Link] | None:
        """The nearest link of that type, walking up the levels; None where no level has one."""
        wanted = link_type_name(link_type)
        for level in self.levels:
            for link in level.links:
                if link.link_type == wanted:
                    return level, link
        return None


def link_type_name(link_type: str) -> str:
    """The bare name of a GS1 link type, however it was written; a foreign one is returned as it is.

    >>> link_type_name("gs1:pip"), link_type_name("https://ref.gs1.org/voc/pip")
    ('pip', 'pip')
    """
    for prefix in (VOCABULARY, *_OLDER_VOCABULARIES):
        if link_type.startswith(prefix):
            return link_type[len(prefix) :]
    return link_type


def read_path(raw_path: str) -> Named:
    """What a Digital Link path on this server names.

    Args:
        raw_path: the path as it was sent, percent-encoded, beginning with a key; a slash at the end is borne.

    Raises:
        BadCodeError: syntax, an unknown key or qualifier, a wrong order, length or check digit.
    """
    if len(raw_path) > LONGEST_CODE:
        raise BadCodeError(raw_path[:80] + "…", f"longer than {LONGEST_CODE} characters")
    stranger = _NOT_IN_A_PATH.search(raw_path)
    if stranger is not None:
        rule = f"{stranger[0]!r} at place {stranger.start() + 1} cannot stand in a path"
        raise BadCodeError(raw_path, rule)
    trimmed = raw_path.rstrip("/")
    segments = trimmed.split("/")[1:]
    if len(segments) % 2 or len(segments) < 2:
        raise BadCodeError(unquote(raw_path), f"({unquote(segments[-1])}) has no value")
    if any(ai in KEYS for ai in segments[2::2]):
        # Elsewhere a stem may stand before the key; on this server a path begins with it.
        raise BadCodeError(unquote(trimmed), "there is more than one key")
    identity = _parse(STEM + trimmed)
    if not identity.elements:
        raise BadCodeError(unquote(trimmed), "not a GS1 Digital Link path")
    qualifiers = [(segments[place], unquote(segments[place + 1])) for place in range(2, len(segments) - 1, 2)]
    elements = [identity.elements[0], *qualifiers]
    paths = [
        "".join(f"/{ai}/{quote(value, safe='')}" for ai, value in elements[:count])
        for count in range(len(elements), 0, -1)
    ]
    return Named(identity, tuple(PathLevel(path, _links(identity)) for path in paths))


def read_code(text: str) -> Identity:
    """The identity in a code that a person typed or pasted: any form of GS1 key, or another absolute URI.

    Blanks are dropped, full-width characters narrowed, and a bare path of this resolver is completed.

    Raises:
        BadCodeError: quotes what was read and says what is wrong with it.
    """
    if len(text) > LONGEST_CODE:
        raise BadCodeError(text[:80] + "…", f"longer than {LONGEST_CODE} characters")
    code = text.translate(_NARROW).translate(_BLANKS)
    if not code:
        raise BadCodeError("", "empty")
    is_path = code.startswith("/") and code.split("/")[1] in KEYS
    return _parse(STEM + code if is_path else code)


def _parse(text: str) -> Identity:
    try:
        return parse(text)
    except Gs1Error as error:
        raise BadCodeError(unquote(text.removeprefix(STEM)), error.rule) from error


def page_path(identity: Identity) -> str | None:
    """The path of the page about an identity on this server; None for one without a Digital Link.

    A lot stated beside the serial stays in the path, so that the page can compare it with the lot on record.
    """
    if not identity.uri.startswith(STEM + "/"):
        return None
    path = identity.uri.removeprefix(STEM)
    if identity.lot is not None:
        serial = path.rpartition("/21/")[2]
        path = f"{identity.lot.removeprefix(STEM)}/21/{serial}"
    return path


def _links(identity: Identity) -> tuple[Link, ...]:
    """The links each level has: the descriptive ones; the default is added for the level asked for."""
    return _LINKS.get(subject_of(identity), (Link("backgroundInfo"),))


def target(base: str, level: PathLevel, link: Link | None = None, query: str = "") -> str:
    """The absolute address a link leads to, the query string of the request passed on."""
    address = f"{base}/verify{level.path}"
    if query:
        address += "?" + query
    return f"{address}#{link.fragment}" if link is not None and link.fragment else address


def linkset(named: Named, base: str, description: str) -> dict[str, Any]:
    """The linkset of a path as RFC 9264 JSON: every level an anchor, one default link in all.

    Args:
        base: this server's address without a slash at the end.
        description: what is identified, in words (`itemDescription`).
    """
    contexts: list[dict[str, Any]] = []
    for place, level in enumerate(named.levels):
        context: dict[str, Any] = {"anchor": level.anchor, "itemDescription": description}
        if place == 0:
            title = WORDS.plain("link.defaultLink", Language.EN)
            # The default link has no optional attributes (Resolver 1.2).
            context[f"{VOCABULARY}defaultLink"] = [{"href": target(base, level), "title": title}]
        for link in level.links:
            context[VOCABULARY + link.link_type] = [
                {
                    "href": target(base, level, link),
                    "title": WORDS.plain(f"link.{link.link_type}", Language.EN),
                    "hreflang": [language.value for language in Language],
                    "type": "text/html",
                }
            ]
        contexts.append(context)
    return {"linkset": contexts}


def link_header(named: Named, base: str) -> str:
    """The Link header of every answer about a path: its linkset, default link and JSON-LD context."""
    return ", ".join(_link_values(named, base))


def _link_values(named: Named, base: str) -> Iterator[str]:
    yield f'<{base}{named.path}?linkType=linkset>; rel="linkset"; type="{LINKSET_JSON}"'
    yield f'<{target(base, named.levels[0])}>; rel="{VOCABULARY}defaultLink"; type="text/html"'
    yield f'<{base}/.well-known/linkset-context.jsonld>; rel="http://www.w3.org/ns/json-ld#context"; ' + (
        'type="application/ld+json"'
    )


def description_file(base: str) -> dict[str, Any]:
    """The resolver description at `/.well-known/gs1resolver`: only what this resolver really does."""
    return {
        "name": "Suyuan",
        "resolverRoot": base,
        "supportedPrimaryKeys": list(KEYS),
        "supportedLinkType": [{"namespace": VOCABULARY, "prefix": "gs1:"}],
        "linkTypeDefaultCanBeLinkset": False,
        "jsonLdContextLocation": f"{base}/.well-known/linkset-context.jsonld",
    }


LINKSET_CONTEXT: dict[str, Any] = {
    "@context": {
        "@vocab": "http://www.iana.org/assignments/relation/",
        "gs1": VOCABULARY,
        "dcterms": "http://purl.org/dc/terms/",
        "linkset": "@graph",
        "anchor": "@id",
        "href": "@id",
        "itemDescription": "http://www.w3.org/2000/01/rdf-schema#comment",
        "title": "dcterms:title",
        "hreflang": {"@id": "dcterms:language", "@container": "@set"},
        "type": "dcterms:format",
    }
}
"""How the linkset reads as JSON-LD."""
