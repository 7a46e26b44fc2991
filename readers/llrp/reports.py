"""The fast path: tag reports read without building parameters.

A reader writes every TagReportData of a report with the same parameters in the same order and of the same
sizes. So the first one is walked, and its shape is kept as one `struct` in which constants (types, lengths,
vendor numbers) and values alternate; every next one is unpacked in a single call and checked by comparing its
constants. Where the comparison fails, the walk is done again. The shape is learnt from hostile bytes too, so
shapes are bounded in number, and a shape can only be applied where the lengths of the frame allow it.

The general codec reads the same bytes to the same values; the tests hold the two against each other.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from readers.errors import LlrpError
from readers.llrp.codec import HEADER_SIZE

__all__ = ["ReportDecoder", "TagReport"]


class TagReport(NamedTuple):
    """One TagReportData as the reader sent it; times in the reader's microseconds, None where it is not
    reported."""

    epc: bytes
    antenna: int | None
    rssi: int | None
    """dBm, whole (PeakRSSI)."""
    first_utc: int | None
    last_utc: int | None
    first_uptime: int | None
    last_uptime: int | None
    seen_count: int | None
    channel: int | None
    rospec: int | None
    pc: int | None
    custom: tuple[tuple[int, int, bytes], ...]
    """Custom parameters: (vendor, subtype, data)."""


# TV parameters of TagReportData: type -> (struct code, bytes, field of TagReport)
_TV: dict[int, tuple[str, int, str | None]] = {
    1: ("H", 2, "antenna"),
    2: ("Q", 8, "first_utc"),
    3: ("Q", 8, "first_uptime"),
    4: ("Q", 8, "last_utc"),
    5: ("Q", 8, "last_uptime"),
    6: ("b", 1, "rssi"),
    7: ("H", 2, "channel"),
    8: ("H", 2, "seen_count"),
    9: ("I", 4, "rospec"),
    10: ("H", 2, None),  # InventoryParameterSpecID
    11: ("H", 2, None),  # C1G2_CRC
    12: ("H", 2, "pc"),
    13: ("12s", 12, "epc"),
    14: ("H", 2, None),  # SpecIndex
    16: ("I", 4, None),  # AccessSpecID
    18: ("I", 4, None),  # C1G2SingulationDetails
    19: ("H", 2, None),  # C1G2_XPC_W1
    20: ("H", 2, None),  # C1G2_XPC_W2
}
_TAG_REPORT_DATA, _EPC_DATA, _CUSTOM = 240, 241, 1023
_MOST_SHAPES = 64


class _Shape:
    """How one TagReportData of a certain make-up lies in memory: constant, value, constant, value, …"""

    __slots__ = ("constants", "customs", "pick", "unpacker")

    def __init__(
        self,
        code: str,
        sample: bytes | memoryview,
        places: dict[str, int],
        customs: Sequence[tuple[int, int]],
    ) -> None:
        self.unpacker = struct.Struct(code)
        self.constants = self.unpacker.unpack(sample)[0::2]
        # Two values are appended to those unpacked: None for what is not reported, and the custom parameters.
        count = len(self.constants)
        self.pick = itemgetter(*(places.get(name, count + (name == "custom")) for name in TagReport._fields))
        self.customs = tuple(customs)

    def custom(self, values: tuple[Any, ...]) -> tuple[tuple[int, int, bytes], ...]:
        return tuple(
            (vendor, int.from_bytes(values[place][:4], "big"), values[place][4:])
            for place, vendor in self.customs
        )


class ReportDecoder:
    """Reads the tags of RO_ACCESS_REPORT frames; it remembers shapes, so keep one for each connection.

    >>> frame = bytes.fromhex("043d0000001e00000001" "00f00014" "8d3074257bf7194e4000001a85" "810001")
    >>> [tag] = ReportDecoder().decode(frame)
    >>> tag.epc.hex(), tag.antenna, tag.rssi
    ('3074257bf7194e4000001a85', 1, None)
    """

    def __init__(self) -> None:
        self._shapes: dict[int, _Shape] = {}  # by the length of the TagReportData: the last make-up seen

    def decode(self, frame: bytes) -> list[TagReport]:
        """The tags of one report, in order; parameters beside TagReportData are passed over.

        Raises `LlrpError` with the offset in the frame for bytes that are no RO_ACCESS_REPORT.
        """
        end = len(frame)
        if end < HEADER_SIZE or (frame[0] << 8 | frame[1]) & 0x3FF != 61:
            raise LlrpError("not a RO_ACCESS_REPORT", offset=0)
        reports: list[TagReport] = []
        append, make, view = reports.append, TagReport._make, memoryview(frame)
        at = HEADER_SIZE
        while at < end:
            length = _tlv_length(frame, at, end)
            if (frame[at] << 8 | frame[at + 1]) & 0x3FF != _TAG_REPORT_DATA:
                at += length
                continue
            shape = self._shapes.get(length) or self._learn(view, at, length)
            start, whole = at, (end - at) // length * length
            constants, pick, customs = shape.constants, shape.pick, shape.customs
            for values in shape.unpacker.iter_unpack(view[at : at + whole]):
                if values[0::2] != constants:
                    break
                found = values[1::2]
                append(make(pick((*found, None, shape.custom(found) if customs else ()))))
                at += length
            if at == start:  # the shape remembered for this length is not the one met
                self._learn(view, at, length)
        return reports

    def _learn(self, view: memoryview, start: int, length: int) -> _Shape:
        """Walk one TagReportData and remember its shape, which fits it by construction."""
        code, at, end = [">4s0s"], start + 4, start + length
        places: dict[str, int] = {}
        customs: list[tuple[int, int]] = []
        while at < end:
            place = len(code)
            if view[at] & 0x80:
                letter, size, name = _TV.get(view[at] & 0x7F, (f"{end - at - 1}s", end - at - 1, None))
                if at + 1 + size > end:
                    raise LlrpError(f"parameter {view[at] & 0x7F} is cut short", offset=at)
                code.append("B" + letter)
                at += 1 + size
            else:
                size = _tlv_length(view, at, end)
                number, name = (view[at] << 8 | view[at + 1]) & 0x3FF, None
                if number == _EPC_DATA:
                    bits = view[at + 4] << 8 | view[at + 5] if size >= 6 else -1
                    content = (bits + 7) // 8
                    if bits < 0 or 6 + content > size:
                        raise LlrpError(f"EPCData of {size} bytes cannot hold {bits} bits", offset=at)
                    code.append(f"6s{content}s{size - 6 - content}s0s")
                    code.append("")  # two pairs: the EPC, and whatever is behind it
                    name = "epc"
                elif number == _CUSTOM:
                    if size < 12:
                        raise LlrpError(f"a Custom parameter has at least 12 bytes, got {size}", offset=at)
                    customs.append((place, int.from_bytes(view[at + 4 : at + 8], "big")))
                    code.append(f"8s{size - 8}s")
                else:
                    code.append(f"4s{size - 4}s")
                at += size
            if name is not None:
                places.setdefault(name, place)
        if "epc" not in places:
            raise LlrpError("TagReportData holds no EPC", offset=start)
        if len(self._shapes) >= _MOST_SHAPES:
            self._shapes.clear()
        # `code` has one entry a pair, so that places count values.
        shape = _Shape("".join(code), view[start:end], places, customs)
        self._shapes[length] = shape
        return shape


def _tlv_length(data: bytes | memoryview, at: int, end: int) -> int:
    if at + 4 > end:
        raise LlrpError(f"a TLV parameter has at least 4 bytes, {end - at} left", offset=at)
    length = data[at + 2] << 8 | data[at + 3]
    if data[at] & 0x80 or length < 4 or at + length > end:
        raise LlrpError(f"parameter length {length}, expected a TLV of 4 to {end - at} bytes", offset=at)
    return length
