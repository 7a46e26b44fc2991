"""What makers add to a tag report in Custom parameters, as far as it is understood.

Impinj (vendor 25882): the serialised TID, the phase, and the RSSI in hundredths of a dBm.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["IMPINJ", "Extras", "extras"]

IMPINJ = 25882
_IMPINJ_SERIALIZED_TID = 55
_IMPINJ_RF_PHASE_ANGLE = 56
_IMPINJ_PEAK_RSSI = 57


class Extras(NamedTuple):
    """TID bank, phase in degrees, RSSI in dBm; None where a reader does not tell."""

    tid: bytes | None = None
    phase: float | None = None
    rssi: float | None = None


def extras(custom: Iterable[tuple[int, int, bytes]]) -> Extras:
    """What the custom parameters (vendor, subtype, data) of one tag say; anything unknown or short is passed
    over.

    >>> extras([(25882, 56, bytes.fromhex("0400")), (25882, 57, bytes.fromhex("ec78"))])
    Extras(tid=None, phase=90.0, rssi=-50.0)
    """
    tid: bytes | None = None
    phase: float | None = None
    rssi: float | None = None
    for vendor, subtype, data in custom:
        if vendor != IMPINJ or len(data) < 2:
            continue
        if subtype == _IMPINJ_SERIALIZED_TID and len(data) == 2 + 2 * int.from_bytes(data[:2], "big"):
            tid = data[2:]
        elif subtype == _IMPINJ_RF_PHASE_ANGLE:
            phase = int.from_bytes(data[:2], "big") * 360.0 / 4096.0
        elif subtype == _IMPINJ_PEAK_RSSI:
            rssi = int.from_bytes(data[:2], "big", signed=True) / 100.0
    return Extras(tid, phase, rssi)
