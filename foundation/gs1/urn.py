"""EPC URNs: pure identities, lots, classes, patterns and tag URIs, to elements and back.

    urn:epc:id:sgtin:4012345.011111.987        an instance
    urn:epc:class:lgtin:4012345.011111.L1      a lot
    urn:epc:idpat:sgtin:4012345.011111.*       a class: every serial component is `*`
    urn:epc:idpat:sgtin:4012345.*.*            any other pattern stays a URN
    urn:epc:tag:sgtin-96:3.4012345.011111.987  the identity on a tag; its filter value is dropped

A URN divides a key into company prefix and reference and leaves the check digit out; the elements have the
whole key. The grammar is that of the Tag Data Standard, sections 6 and 10 to 13. Global identifiers without a
Digital Link (GID, USDOD, ADI, BIC, IMOVN) stay URNs.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from foundation.gs1.identity import Elements, Identity, Level, identity_of
from foundation.gs1.keys import (
    MAX_TEXT,
    Gs1Error,
    check_digit,
    is_digits,
    percent_decode,
    urn_escape,
)

__all__ = ["parse_urn", "urn_of"]

_FORM = re.compile(r"(?i:urn:epc:)([a-z]+):([a-z0-9-]+):(.*)", re.DOTALL)
_KEPT = re.compile(r"(?i:urn:epc:)(?:raw|pat):[\x21-\x7e]+")
# Characters that stand for themselves in an EPC URI; the others of the sets 82 and 39 are escaped.
_NOT_IN_COMPONENT = re.compile(r"%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9!'()*+,\-.:;=_%]")
_TAG_SCHEME = re.compile(
    r"(sgtin-(?:96|198)|sscc-96|sgln-(?:96|195)|grai-(?:96|170)|giai-(?:96|202)|gsrn-96|gsrnp-96"
    r"|gdti-(?:96|113|174)|cpi-(?:96|var)|sgcn-96|itip-(?:110|212)|gid-96|usdod-96|adi-var)"
)


@dataclass(frozen=True, slots=True)
class _Scheme:
    """How one EPC scheme is written: the names of its components, and its elements."""

    components: tuple[str, ...]
    elements: Callable[[tuple[str, ...], str], Elements]
    serials: int
    """How many components at the end may all be `*` to make a class."""
    as_class: Callable[[tuple[str, ...], str], Elements] | None = None


def _together(scheme: str, prefix: str, reference: str, digits: int, whole: str) -> None:
    """Company prefix and reference are digits, and together of the scheme's length."""
    if not 6 <= len(prefix) <= 12 or not is_digits(prefix):
        raise Gs1Error(whole, f"{scheme}: a company prefix has 6 to 12 digits, found {prefix[:40]!r}")
    if len(prefix) + len(reference) != digits or not (is_digits(reference) or reference == ""):
        raise Gs1Error(
            whole,
            f"{scheme}: behind the company prefix {prefix} there must be a reference of "
            f"{digits - len(prefix)} digits, found {reference[:40]!r}",
        )


def _gtin(scheme: str, prefix: str, item: str, whole: str) -> str:
    _together(scheme, prefix, item, 13, whole)
    body = item[0] + prefix + item[1:]
    return f"{body}{check_digit(body)}"


def _trade_item(scheme: str, ai: str, parts: tuple[str, ...], whole: str) -> Elements:
    gtin = ("01", _gtin(scheme, parts[0], parts[1], whole))
    return (gtin, (ai, parts[2])) if ai else (gtin,)


def _itip(serial: bool, parts: tuple[str, ...], whole: str) -> Elements:
    for name, digits in (("piece", parts[2]), ("total", parts[3])):
        if len(digits) != 2 or not is_digits(digits):
            raise Gs1Error(whole, f"itip: the {name} has two digits, found {digits[:40]!r}")
    item = ("8006", _gtin("itip", parts[0], parts[1], whole) + parts[2] + parts[3])
    return (item, ("21", parts[4])) if serial else (item,)


def _sscc(parts: tuple[str, ...], whole: str) -> Elements:
    prefix, reference = parts
    _together("sscc", prefix, reference, 17, whole)
    body = reference[0] + prefix + reference[1:]
    return (("00", f"{body}{check_digit(body)}"),)


def _numbered(scheme: str, ai: str, digits: int, parts: tuple[str, ...], whole: str) -> Elements:
    _together(scheme, parts[0], parts[1], digits, whole)
    body = parts[0] + parts[1]
    return ((ai, f"{body}{check_digit(body)}"),)


def _tailed(scheme: str, ai: str, lead: str, tail: bool, parts: tuple[str, ...], whole: str) -> Elements:
    ((_, key),) = _numbered(scheme, ai, 12, parts, whole)
    if tail and not parts[2]:
        raise Gs1Error(whole, f"{scheme}: the serial is empty")
    return ((ai, lead + key + (parts[2] if tail else "")),)


def _sgln(parts: tuple[str, ...], whole: str) -> Elements:
    return (*_numbered("sgln", "414", 12, parts, whole), ("254", parts[2]))


def _prefixed(scheme: str, ai: str, parts: tuple[str, ...], whole: str) -> Elements:
    prefix, reference = parts[:2]
    if not 6 <= len(prefix) <= 12 or not is_digits(prefix) or not reference:
        raise Gs1Error(whole, f"{scheme}: a company prefix of 6 to 12 digits and a reference are needed")
    return ((ai, prefix + reference),)


def _cpi(serial: bool, parts: tuple[str, ...], whole: str) -> Elements:
    part = _prefixed("cpi", "8010", parts, whole)
    return (*part, ("8011", parts[2])) if serial else part


_ITEM = ("company prefix", "item reference", "serial")
_SCHEMES: dict[str, _Scheme] = {
    "sgtin": _Scheme(_ITEM, partial(_trade_item, "sgtin", "21"), 1, partial(_trade_item, "sgtin", "")),
    "upui": _Scheme(_ITEM, partial(_trade_item, "upui", "235"), 1, partial(_trade_item, "upui", "")),
    "itip": _Scheme(
        ("company prefix", "item reference", "piece", "total", "serial"),
        partial(_itip, True),
        1,
        partial(_itip, False),
    ),
    "sscc": _Scheme(("company prefix", "serial reference"), _sscc, 1),
    "sgln": _Scheme(("company prefix", "location reference", "extension"), _sgln, 1),
    "pgln": _Scheme(("company prefix", "party reference"), partial(_numbered, "pgln", "417", 12), 1),
    "grai": _Scheme(
        ("company prefix", "asset type", "serial"),
        partial(_tailed, "grai", "8003", "0", True),
        1,
        partial(_tailed, "grai", "8003", "0", False),
    ),
    "gdti": _Scheme(
        ("company prefix", "document type", "serial"),
        partial(_tailed, "gdti", "253", "", True),
        1,
        partial(_tailed, "gdti", "253", "", False),
    ),
    "sgcn": _Scheme(
        ("company prefix", "coupon reference", "serial"),
        partial(_tailed, "sgcn", "255", "", True),
        1,
        partial(_tailed, "sgcn", "255", "", False),
    ),
    "giai": _Scheme(("company prefix", "asset reference"), partial(_prefixed, "giai", "8004"), 1),
    "gsrn": _Scheme(("company prefix", "service reference"), partial(_numbered, "gsrn", "8018", 17), 1),
    "gsrnp": _Scheme(("company prefix", "service reference"), partial(_numbered, "gsrnp", "8017", 17), 1),
    "ginc": _Scheme(("company prefix", "consignment reference"), partial(_prefixed, "ginc", "401"), 1),
    "gsin": _Scheme(("company prefix", "shipper reference"), partial(_numbered, "gsin", "402", 16), 1),
    "cpi": _Scheme(
        ("company prefix", "component part reference", "serial"), partial(_cpi, True), 1, partial(_cpi, False)
    ),
}
_LGTIN = _Scheme(("company prefix", "item reference", "lot"), partial(_trade_item, "lgtin", "10"), 1)


def parse_urn(text: str) -> Identity:
    """The identity that an EPC URN names.

    Args:
        text: a URN that begins with `urn:epc:` (these two words in any case, the rest in lower case).

    Returns:
        An identity with a Digital Link where the scheme has one; the URN itself, its escapes in upper case,
        for GID, USDOD, ADI, BIC, IMOVN and for patterns; `urn:epc:raw:` and `urn:epc:pat:` as they are.

    Raises:
        Gs1Error: an unknown scheme, a component missing, or a value that breaks its rule.

    >>> parse_urn("urn:epc:id:sgln:4012345.00005.0").uri
    'https://id.gs1.org/414/4012345000054'
    """
    if len(text) > MAX_TEXT:
        raise Gs1Error(text, f"an identifier has at most {MAX_TEXT} characters, this has {len(text)}")
    if _KEPT.fullmatch(text):
        return Identity("opaque", Level.OTHER, text)
    match = _FORM.fullmatch(text)
    if match is None:
        raise Gs1Error(text, "an EPC URN is written urn:epc:KIND:SCHEME:VALUE, kind and scheme in lower case")
    kind, scheme, body = match.groups()
    if kind == "id":
        return _identity(scheme, body, text)
    if kind == "class":
        if scheme != "lgtin":
            raise Gs1Error(text, f"the class scheme must be lgtin, it is {scheme!r}")
        return _keyed(_LGTIN, "lgtin", body, text)
    if kind == "idpat":
        return _pattern(scheme, body, text)
    if kind == "tag":
        return _tag(scheme, body, text)
    raise Gs1Error(text, f"an EPC URN is of kind id, class, idpat, tag, raw or pat, not {kind!r}")


def _identity(scheme: str, body: str, whole: str) -> Identity:
    if known := _SCHEMES.get(scheme):
        return _keyed(known, scheme, body, whole)
    if check := _WITHOUT_LINK.get(scheme):
        return Identity(scheme, Level.INSTANCE, f"urn:epc:id:{scheme}:{check(body, whole)}")
    raise Gs1Error(whole, f"{scheme!r} is not an EPC scheme")


def _split(names: tuple[str, ...], scheme: str, body: str, whole: str) -> tuple[str, ...]:
    """The components, still escaped; the last may hold dots of its own."""
    parts = tuple(body.split(".", len(names) - 1))
    if len(parts) != len(names):
        raise Gs1Error(
            whole, f"{scheme} has the components {', '.join(names)}, found {len(parts)} of {len(names)}"
        )
    if wrong := _NOT_IN_COMPONENT.search(body):
        raise Gs1Error(whole, f"{scheme}: {wrong[0]!r} cannot stand in an EPC URI; it is escaped as %XX")
    return parts


def _keyed(known: _Scheme, scheme: str, body: str, whole: str) -> Identity:
    parts = _split(known.components, scheme, body, whole)
    # All but the last component, and a CPI's second, are digits and hold no escape.
    decoded = tuple(percent_decode(part, whole) for part in parts)
    return identity_of(known.elements(decoded, whole), whole, len(parts[0]))


def _pattern(scheme: str, body: str, whole: str) -> Identity:
    known = _LGTIN if scheme == "lgtin" else _SCHEMES.get(scheme)
    if known is None:
        if scheme not in _WITHOUT_LINK:
            raise Gs1Error(whole, f"{scheme!r} is not an EPC scheme")
        return Identity(scheme, Level.CLASS, f"urn:epc:idpat:{scheme}:{body}")
    parts = _split(known.components, scheme, body, whole)
    wild = [part == "*" for part in parts]
    if known.as_class and wild == [False] * (len(parts) - 1) + [True]:
        decoded = tuple(percent_decode(part, whole) for part in parts[:-1])
        return identity_of(known.as_class(decoded, whole), whole, len(parts[0]))
    if sorted(wild) != wild:
        raise Gs1Error(whole, "in a pattern every component behind a '*' must be '*'")
    if not any(wild):
        known.elements(tuple(percent_decode(part, whole) for part in parts), whole)
    elif not all(wild) and (not 6 <= len(parts[0]) <= 12 or not is_digits(parts[0])):
        raise Gs1Error(whole, f"{scheme}: a company prefix has 6 to 12 digits, found {parts[0][:40]!r}")
    escaped = ".".join(part if part == "*" else urn_escape(percent_decode(part, whole)) for part in parts)
    return Identity(scheme, Level.CLASS, f"urn:epc:idpat:{scheme}:{escaped}")


def _tag(scheme: str, body: str, whole: str) -> Identity:
    if not _TAG_SCHEME.fullmatch(scheme):
        raise Gs1Error(whole, f"{scheme!r} is not a tag encoding that has a tag URI")
    name = scheme.rpartition("-")[0]
    if name == "gid":  # the one tag encoding without a filter value
        return _identity(name, body, whole)
    filter_value, dot, rest = body.partition(".")
    most = 15 if name == "usdod" else 63 if name == "adi" else 7
    if not dot or not is_digits(filter_value) or len(filter_value) > 2 or int(filter_value) > most:
        raise Gs1Error(
            whole, f"a tag URI begins with a filter value 0 to {most}, found {filter_value[:40]!r}"
        )
    return _identity(name, rest, whole)


# Schemes without a Digital Link: each check returns the body in its canonical writing.


def _number(text: str, bits: int, name: str, whole: str) -> str:
    if not is_digits(text) or len(text) > 12 or (text[0] == "0" and text != "0") or int(text) >> bits:
        raise Gs1Error(
            whole, f"the {name} must be a number below 2^{bits} without leading zero, found {text[:40]!r}"
        )
    return text


def _gid(body: str, whole: str) -> str:
    parts = body.split(".")
    if len(parts) != 3:
        raise Gs1Error(whole, f"gid has the components manager, class, serial; found {len(parts)} of 3")
    names = (("manager number", 28), ("object class", 24), ("serial", 36))
    return ".".join(_number(part, bits, name, whole) for part, (name, bits) in zip(parts, names, strict=True))


def _cage(text: str, whole: str) -> str:
    if not re.fullmatch("[0-9A-HJ-NP-Z]{5,6}", text):
        raise Gs1Error(whole, f"a CAGE code or DODAAC has 5 or 6 of 0-9 A-Z but I and O, found {text[:40]!r}")
    return text


def _usdod(body: str, whole: str) -> str:
    cage, _, serial = body.partition(".")
    return f"{_cage(cage, whole)}.{_number(serial, 36, 'serial', whole)}"


def _adi(body: str, whole: str) -> str:
    parts = [percent_decode(part, whole) for part in body.split(".")]
    if len(parts) != 3:
        raise Gs1Error(
            whole, f"adi has the components CAGE code, part number, serial; found {len(parts)} of 3"
        )
    cage, part, serial = parts
    if part and (len(part) > 32 or not re.fullmatch("[A-Z0-9/-]+", part)):
        raise Gs1Error(whole, f"a part number has up to 32 of A-Z 0-9 - /, found {part[:40]!r}")
    if not 1 <= len(serial) <= 30 or not re.fullmatch("#?[A-Z0-9/-]+", serial):
        raise Gs1Error(
            whole, f"a serial has up to 30 of A-Z 0-9 - / behind an optional #, found {serial[:40]!r}"
        )
    if not part and serial.startswith("#"):
        raise Gs1Error(whole, "a serial with # is unique within a part number, which is empty here")
    return f"{_cage(cage, whole)}.{urn_escape(part)}.{urn_escape(serial)}"


def _bic(body: str, whole: str) -> str:
    if not re.fullmatch("[A-Z]{3}[UJZ][0-9]{7}", body):
        raise Gs1Error(whole, "a container code has 3 letters, U, J or Z, and 7 digits (ISO 6346)")
    # ISO 6346: letters count from 10 and leave out the multiples of 11.
    values = [int(c) if c.isdigit() else (v := ord(c) - 55) + (v - 1) // 10 for c in body[:10]]
    expected = sum(value << place for place, value in enumerate(values)) % 11 % 10
    if expected != int(body[10]):
        raise Gs1Error(whole, f"the check digit of this container code must be {expected}, it is {body[10]}")
    return body


def _imovn(body: str, whole: str) -> str:
    if len(body) != 7 or not is_digits(body):
        raise Gs1Error(whole, f"an IMO vessel number has 7 digits, found {body[:40]!r}")
    expected = sum(int(digit) * weight for digit, weight in zip(body, range(7, 1, -1), strict=False)) % 10
    if expected != int(body[6]):
        raise Gs1Error(whole, f"the check digit of this vessel number must be {expected}, it is {body[6]}")
    return body


_WITHOUT_LINK: dict[str, Callable[[str, str], str]] = {
    "gid": _gid,
    "usdod": _usdod,
    "adi": _adi,
    "bic": _bic,
    "imovn": _imovn,
}


def urn_of(identity: Identity, company_prefix_length: int) -> str | None:
    """The URN of an identity under a company prefix of so many digits; None where it has no URN.

    No URN have: lots of an ITIP, model numbers, payment slips, service relation instances (8019), places and
    assets with an importer index (7040), and keys too short for the company prefix.

    >>> urn_of(parse_urn("urn:epc:idpat:grai:4012345.66666.*"), 7)
    'urn:epc:idpat:grai:4012345.66666.*'
    """
    length = company_prefix_length
    if not identity.elements or not 6 <= length <= 12:
        return identity.uri if not identity.elements else None
    ai, key = identity.elements[0]
    qualifier, value = identity.elements[1] if len(identity.elements) > 1 else ("", "")
    kind, scheme, serial = "id", identity.scheme, urn_escape(value)
    if ai in ("01", "8006"):
        item = f"{key[1 : length + 1]}.{key[0]}{key[length + 1 : 13]}"
        if ai == "8006":
            item = f"{item}.{key[14:16]}.{key[16:]}"
            if qualifier == "10":
                return None
        if qualifier == "10":
            return f"urn:epc:class:lgtin:{item}.{serial}"
        kind = "id" if qualifier else "idpat"
        scheme = "sgtin" if scheme == "gtin" else scheme
        return f"urn:epc:{kind}:{scheme}:{item}.{serial or '*'}"
    if qualifier in ("7040", "8019", "8020"):
        return None
    if ai == "00":
        return f"urn:epc:id:sscc:{key[1 : length + 1]}.{key[0]}{key[length + 1 : 17]}"
    if ai == "414":
        return f"urn:epc:id:sgln:{key[:length]}.{key[length:12]}.{serial or '0'}"
    if ai in ("417", "402", "8017", "8018"):
        return f"urn:epc:id:{scheme}:{key[:length]}.{key[length:-1]}"
    if ai in ("253", "255", "8003"):
        key = key[1:] if ai == "8003" else key
        tail = key[13:]
        kind = "id" if tail else "idpat"
        return f"urn:epc:{kind}:{scheme}:{key[:length]}.{key[length:12]}.{urn_escape(tail) or '*'}"
    if ai in ("401", "8004", "8010") and len(key) > length and is_digits(key[:length]):
        reference = f"{key[:length]}.{urn_escape(key[length:])}"
        if ai != "8010":
            return f"urn:epc:id:{scheme}:{reference}"
        return f"urn:epc:{'id' if qualifier else 'idpat'}:cpi:{reference}.{serial or '*'}"
    return None
