"""Absolute URIs (RFC 3986), as the JSON schema's format "uri" understands them."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address
from typing import Final

__all__ = ["is_uri", "plain_uri"]

plain_uri: Final = re.compile(
    r"(?:urn:|https?://[A-Za-z0-9\-.]+/)[A-Za-z0-9\-._~!$&'()*+,;=:@/]*+", re.ASCII
).fullmatch
"""Matches the usual identifiers, several times faster than the full grammar; for the long lists."""

_CHAR: Final = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})"
_USER: Final = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:]|%[0-9A-Fa-f]{2})"
_NAME: Final = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})"
_URI: Final = re.compile(
    rf"[A-Za-z][A-Za-z0-9+\-.]*:"
    rf"(?://(?:{_USER}*+@)?(?:\[(?P<literal>[0-9A-Fa-fv:.]+)\]|{_NAME}*+)(?::[0-9]*)?(?=[/?#]|\Z)|(?!//))"
    rf"{_CHAR}*+(?:\?(?:{_CHAR}|\?)*+)?(?:\#(?:{_CHAR}|\?)*+)?",
    re.ASCII,
)
_FUTURE: Final = re.compile(r"v[0-9A-Fa-f]+\.[A-Za-z0-9\-._~!$&'()*+,;=:]+", re.ASCII)


def is_uri(text: str) -> bool:
    """Whether `text` is an absolute URI: a scheme, then only characters that RFC 3986 §3 allows.

    >>> is_uri("urn:epc:id:sscc:4012345.0000000111"), is_uri("shipping"), is_uri("http://a b/")
    (True, False, False)
    """
    if plain_uri(text) is not None:
        return True
    found = _URI.fullmatch(text)
    if found is None:
        return False
    literal = found["literal"]
    if literal is None or _FUTURE.fullmatch(literal):
        return True
    try:
        IPv6Address(literal)
    except AddressValueError:
        return False
    return True
