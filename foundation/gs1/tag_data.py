"""The 96-bit EPC tag encodings, both ways: SGTIN-96, SSCC-96, SGLN-96, GRAI-96 and GIAI-96.

    header 8 | filter 3 | partition 3 | company prefix | reference | serial   (Tag Data Standard, section 14)

The partition says how many digits the company prefix has, so a tag, like a URN and unlike a Digital Link,
knows it. The whole EPC is handled as one integer. What 96 bits cannot hold (a serial that is no number, has
a leading zero or is too large) is refused with the bound.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from foundation.gs1.canonical import parse
from foundation.gs1.identity import STEM, Identity, Level
from foundation.gs1.keys import Gs1Error, check_digit, is_digits
from foundation.gs1.prefixes import company_prefix_length as known_length

__all__ = ["Tag", "decode_tag", "encode_tag"]

_BITS = 96
_MOST_BYTES = 62  # an EPC bank has at most 31 words of 16 bits behind its PC word
_PREFIX_BITS = (40, 37, 34, 30, 27, 24, 20)  # by partition; the prefix has 12 - partition digits
_HEX = re.compile("(?:[0-9A-Fa-f]{2})*")
_PLAIN_URN = re.compile(
    r"urn:epc:id:(sgtin|sscc|sgln|grai|giai):([0-9]{6,12})\.([0-9]{0,19})(?:\.(0|[1-9][0-9]{0,12}))?"
)
_SGTIN_LINK = re.compile(r"https://id\.gs1\.org/01/([0-9]{14})/21/(0|[1-9][0-9]{0,11})")
_SERIAL_LIMIT = 1 << 38

# Headers that a reader meets and this page does not decode (Tag Data Standard, table of EPC header values).
_OTHER_HEADERS = {
    0x2C: "GDTI-96",
    0x2D: "GSRN-96",
    0x2E: "GSRNP-96",
    0x2F: "USDOD-96",
    0x35: "GID-96",
    0x36: "SGTIN-198",
    0x37: "GRAI-170",
    0x38: "GIAI-202",
    0x39: "SGLN-195",
    0x3B: "ADI-var",
    0x3C: "CPI-96",
    0x3D: "CPI-var",
    0x3E: "GDTI-174",
    0x3F: "SGCN-96",
    0x40: "ITIP-110",
    0x41: "ITIP-212",
    0xF7: "SGTIN+",
    0xFB: "DSGTIN+",
}


@dataclass(frozen=True, slots=True)
class Tag:
    """What an EPC tag says."""

    scheme: str
    """The encoding, such as "sgtin-96"."""
    filter_value: int
    """0 to 7: what kind of object it is on, for fast selection; no part of the identity."""
    urn: str
    """The tag URI, `urn:epc:tag:…`."""
    identity: Identity


@dataclass(frozen=True, slots=True)
class _Row:
    """One partition of one encoding."""

    prefix_digits: int
    prefix_shift: int
    prefix_mask: int
    reference_digits: int
    reference_shift: int
    reference_mask: int


@dataclass(frozen=True, slots=True)
class _Layout:
    """One encoding: its header, its partitions and the bits of its serial."""

    scheme: str
    header: int
    rows: tuple[_Row, ...]
    tail_bits: int
    read: Callable[[str, str, int], tuple[str, Identity]]
    """Prefix, reference and tail to the body of the URN and the identity."""


def _rows(reference_bits: tuple[int, ...], reference_digits: int, tail_bits: int) -> tuple[_Row, ...]:
    """The partition table; the reference of partition p has `reference_digits + p` digits."""
    return tuple(
        _Row(
            12 - partition,
            tail_bits + bits,
            (1 << prefix_bits) - 1,
            reference_digits + partition,
            tail_bits,
            (1 << bits) - 1,
        )
        for partition, (prefix_bits, bits) in enumerate(zip(_PREFIX_BITS, reference_bits, strict=True))
    )


def _read_sgtin(prefix: str, item: str, serial: int) -> tuple[str, Identity]:
    body = item[0] + prefix + item[1:]
    gtin, tail = f"{body}{check_digit(body)}", str(serial)
    uri = f"{STEM}/01/{gtin}/21/{tail}"
    elements = (("01", gtin), ("21", tail))
    identity = Identity("sgtin", Level.INSTANCE, uri, None, elements, len(prefix))
    return f"{prefix}.{item}.{tail}", identity


def _read_sscc(prefix: str, reference: str, reserved: int) -> tuple[str, Identity]:
    if reserved:
        raise ValueError("the last 24 bits of an SSCC-96 are reserved and zero")
    body = reference[0] + prefix + reference[1:]
    key = f"{body}{check_digit(body)}"
    identity = Identity("sscc", Level.INSTANCE, f"{STEM}/00/{key}", None, (("00", key),), len(prefix))
    return f"{prefix}.{reference}", identity


def _read_sgln(prefix: str, location: str, extension: int) -> tuple[str, Identity]:
    body = prefix + location
    key = ("414", f"{body}{check_digit(body)}")
    elements = (key, ("254", str(extension))) if extension else (key,)
    uri = f"{STEM}/414/{key[1]}" + (f"/254/{extension}" if extension else "")
    return f"{prefix}.{location}.{extension}", Identity("sgln", Level.PLACE, uri, None, elements, len(prefix))


def _read_grai(prefix: str, asset_type: str, serial: int) -> tuple[str, Identity]:
    body = prefix + asset_type
    key = f"0{body}{check_digit(body)}{serial}"
    identity = Identity("grai", Level.INSTANCE, f"{STEM}/8003/{key}", None, (("8003", key),), len(prefix))
    return f"{prefix}.{asset_type}.{serial}", identity


def _read_giai(prefix: str, reference: str, _: int) -> tuple[str, Identity]:
    plain = reference.lstrip("0") or "0"
    key = prefix + plain
    identity = Identity("giai", Level.INSTANCE, f"{STEM}/8004/{key}", None, (("8004", key),), len(prefix))
    return f"{prefix}.{plain}", identity


_LAYOUTS: dict[str, _Layout] = {
    layout.scheme: layout
    for layout in (
        _Layout("sgtin-96", 0x30, _rows((4, 7, 10, 14, 17, 20, 24), 1, 38), 38, _read_sgtin),
        _Layout("sscc-96", 0x31, _rows((18, 21, 24, 28, 31, 34, 38), 5, 24), 24, _read_sscc),
        _Layout("sgln-96", 0x32, _rows((1, 4, 7, 11, 14, 17, 21), 0, 41), 41, _read_sgln),
        _Layout("grai-96", 0x33, _rows((4, 7, 10, 14, 17, 20, 24), 0, 38), 38, _read_grai),
        _Layout("giai-96", 0x34, _rows((42, 45, 48, 52, 55, 58, 62), 13, 0), 0, _read_giai),
    )
}
_BY_HEADER = {layout.header: layout for layout in _LAYOUTS.values()}


def decode_tag(data: bytes | str) -> Tag:
    """The identity that the EPC of a tag encodes.

    Args:
        data: the EPC bank behind its PC word, as bytes or hex digits: 12 bytes, and zeros behind them.

    Raises:
        Gs1Error: too short, an encoding that is not among the five, or a field out of its range.

    >>> decode_tag("3074257BF7194E4000001A85").urn
    'urn:epc:tag:sgtin-96:3.0614141.812345.6789'
    """
    if isinstance(data, str):
        if not _HEX.fullmatch(data):
            raise Gs1Error(data, "an EPC is written in pairs of hex digits")
        data = bytes.fromhex(data)
    layout = _BY_HEADER.get(data[0]) if len(data) == 12 else None
    if layout is None:
        return _decode_unusual(data)
    value = int.from_bytes(data)
    partition = value >> 82 & 7
    if partition == 7:
        raise Gs1Error(data.hex().upper(), "the partition must be 0 to 6, it is 7")
    row = layout.rows[partition]
    prefix = f"{value >> row.prefix_shift & row.prefix_mask:0{row.prefix_digits}d}"
    digits = row.reference_digits
    number = value >> row.reference_shift & row.reference_mask
    reference = f"{number:0{digits}d}" if digits else ""
    if len(prefix) != row.prefix_digits or len(reference) != digits or (not digits and number):
        raise Gs1Error(
            data.hex().upper(),
            f"{layout.scheme}, partition {partition}: the company prefix is below 10^{row.prefix_digits} "
            f"and the reference below 10^{digits}, here they are {int(prefix)} and {number}",
        )
    filter_value = value >> 85 & 7
    try:
        body, identity = layout.read(prefix, reference, value & ((1 << layout.tail_bits) - 1))
    except ValueError as error:
        raise Gs1Error(data.hex().upper(), str(error)) from None
    return Tag(layout.scheme, filter_value, f"urn:epc:tag:{layout.scheme}:{filter_value}.{body}", identity)


def _decode_unusual(data: bytes) -> Tag:
    """An EPC that is not 12 bytes of a known encoding: padded with zeros, or refused with the reason."""
    shown = data[:_MOST_BYTES].hex().upper()
    if not data or len(data) > _MOST_BYTES:
        raise Gs1Error(shown, f"an EPC has 1 to {_MOST_BYTES} bytes, this has {len(data)}")
    if data[0] not in _BY_HEADER:
        name = _OTHER_HEADERS.get(data[0])
        known = ", ".join(f"{layout.header:02X} {layout.scheme}" for layout in _LAYOUTS.values())
        raise Gs1Error(shown, f"header {data[0]:02X}{f' ({name})' if name else ''} is none of {known}")
    if len(data) < 12:
        raise Gs1Error(shown, f"a 96-bit EPC has 12 bytes, this has {len(data)}")
    if any(data[12:]):
        raise Gs1Error(shown, "behind the 12 bytes of a 96-bit EPC there are zeros only")
    return decode_tag(data[:12])


def encode_tag(
    uri: str, *, scheme: str = "auto", filter_value: int = 1, company_prefix_length: int | None = None
) -> bytes:
    """The 96-bit EPC of an identity.

    Args:
        uri: any form of an SGTIN, SSCC, SGLN, GRAI or GIAI.
        scheme: "auto", or the encoding that is wanted ("sgtin-96", …).
        filter_value: 0 to 7.
        company_prefix_length: digits, 6 to 12; None: as the form gives it, else looked up.

    Returns:
        12 bytes.

    Raises:
        Gs1Error: another kind of identity, an unknown company prefix, or a value that 96 bits cannot hold.

    >>> encode_tag("urn:epc:id:sgtin:0614141.812345.6789", filter_value=3).hex().upper()
    '3074257BF7194E4000001A85'
    """
    if not 0 <= filter_value <= 7:
        raise Gs1Error(uri, f"a filter value is 0 to 7, not {filter_value}")
    if scheme == "auto" and company_prefix_length is None and (match := _PLAIN_URN.fullmatch(uri)):
        if epc := _encode_plain_urn(match, filter_value):
            return epc
    elif scheme == "auto" and (match := _SGTIN_LINK.fullmatch(uri)):
        serial = int(match[2])
        if serial < _SERIAL_LIMIT:
            return (_gtin_head(match[1], filter_value, company_prefix_length) | serial).to_bytes(12)
    identity = parse(uri)
    wanted = f"{identity.scheme}-96" if scheme == "auto" else scheme
    if wanted not in _LAYOUTS:
        raise Gs1Error(uri, f"{wanted} is none of the encodings {', '.join(_LAYOUTS)}")
    layout = _LAYOUTS[wanted]
    if wanted != f"{identity.scheme}-96" or identity.level is Level.CLASS:
        raise Gs1Error(
            uri, f"{wanted} holds an instance of its own key, this is a {identity.scheme} {identity.level}"
        )
    prefix, reference, tail = _fields(layout, identity, _prefix_length(identity, company_prefix_length), uri)
    return _encode(layout, filter_value, prefix, reference, tail).to_bytes(12)


def _prefix_length(identity: Identity, given: int | None) -> int:
    length = given if given is not None else known_length(identity)
    if length is None:
        raise Gs1Error(identity.uri, "the company prefix is unknown; a tag needs the number of its digits")
    if not 6 <= length <= 12:
        raise Gs1Error(identity.uri, f"a company prefix has 6 to 12 digits, not {length}")
    return length


def _number(digits: str, bits: int, name: str, scheme: str, whole: str) -> int:
    """A serial as the number that the encoding holds; the digits must come back the same."""
    if not is_digits(digits):
        raise Gs1Error(whole, f"{scheme} holds a {name} of digits only, found {digits!r}")
    if digits[0] == "0" and digits != "0":
        raise Gs1Error(whole, f"{scheme} cannot hold a {name} with a leading zero, found {digits!r}")
    if (number := int(digits)) >> bits:
        raise Gs1Error(
            whole, f"{scheme} holds a {name} up to {(1 << bits) - 1} (2^{bits} - 1), found {digits}"
        )
    return number


def _fields(layout: _Layout, identity: Identity, length: int, whole: str) -> tuple[str, int, int]:
    """Company prefix, reference and serial of an identity, as the layout wants them."""
    key = identity.elements[0][1]
    scheme = layout.scheme
    if scheme == "sgtin-96":
        serial = _number(identity.elements[1][1], 38, "serial", scheme, whole)
        return key[1 : length + 1], int(key[0] + key[length + 1 : 13]), serial
    if scheme == "sscc-96":
        return key[1 : length + 1], int(key[0] + key[length + 1 : 17]), 0
    if scheme == "sgln-96":
        if any(ai == "7040" for ai, _ in identity.elements):
            raise Gs1Error(whole, "sgln-96 holds an extension (254), not an importer index (7040)")
        extension = _number(identity.serial or "0", 41, "extension", scheme, whole)
        return key[:length], int(key[length:12] or "0"), extension
    if scheme == "grai-96":
        serial = _number(key[14:], 38, "serial", scheme, whole)
        return key[1 : length + 1], int(key[length + 1 : 13] or "0"), serial
    if len(key) <= length or not is_digits(key[:length]):
        raise Gs1Error(whole, f"giai-96 needs an asset reference behind a company prefix of {length} digits")
    bits = layout.rows[12 - length].reference_mask.bit_length()
    return key[:length], _number(key[length:], bits, "asset reference", scheme, whole), 0


def _encode(layout: _Layout, filter_value: int, prefix: str, reference: int, tail: int) -> int:
    partition = 12 - len(prefix)
    row = layout.rows[partition]
    head = layout.header << 6 | filter_value << 3 | partition
    return head << 82 | int(prefix) << row.prefix_shift | reference << row.reference_shift | tail


def _encode_plain_urn(match: re.Match[str], filter_value: int) -> bytes | None:
    """A URN of digits without the long way over its identity; None where a field does not fit."""
    scheme, prefix, reference, serial = match.groups(default="")
    layout = _LAYOUTS[f"{scheme}-96"]
    row = layout.rows[12 - len(prefix)]
    number, tail = int(reference or "0"), int(serial or "0")
    if scheme == "giai":
        fits = not serial and number <= row.reference_mask and str(number) == reference
    else:
        # An SSCC has no serial behind its reference; all the others have one.
        fits = len(reference) == row.reference_digits and (scheme == "sscc") == (not serial)
    if not fits or tail >> layout.tail_bits:
        return None
    return _encode(layout, filter_value, prefix, number, tail).to_bytes(12)


@lru_cache(maxsize=1 << 12)
def _gtin_head(gtin: str, filter_value: int, company_prefix_length: int | None) -> int:
    """All of an SGTIN-96 but the serial, from the GTIN of a Digital Link."""
    identity = parse(f"{STEM}/01/{gtin}")
    length = _prefix_length(identity, company_prefix_length)
    item = int(gtin[0] + gtin[length + 1 : 13])
    return _encode(_LAYOUTS["sgtin-96"], filter_value, gtin[1 : length + 1], item, 0)
