"""What a simulated reader says: the parameters of its answers, events and reports."""

from __future__ import annotations

from dataclasses import dataclass

from readers.llrp.codec import BitString, Parameter
from readers.llrp.tables import ConnectionStatus, StatusCode

__all__ = ["Sighting", "capabilities", "connection_attempt", "llrp_status", "tag_report"]

_EPC_96 = 12


@dataclass(slots=True)
class Sighting:
    """A tag at an antenna since the last report; times in the reader's µs, `rssi` in dBm."""

    epc: bytes
    antenna: int
    rssi: int
    first: int
    last: int
    count: int = 1


def tag_report(sighting: Sighting, rospec_id: int, selector: Parameter | None, *, uptime: bool) -> Parameter:
    """The TagReportData of a sighting, with the contents that the client selected."""
    kind = "Uptime" if uptime else "UTC"
    epc = sighting.epc
    if len(epc) == _EPC_96:
        first = Parameter("EPC_96", {"EPC": epc})
    else:
        first = Parameter("EPCData", {"EPC": BitString(8 * len(epc), epc)})
    candidates = (
        ("EnableROSpecID", "ROSpecID", "ROSpecID", rospec_id),
        ("EnableAntennaID", "AntennaID", "AntennaID", sighting.antenna),
        ("EnablePeakRSSI", "PeakRSSI", "PeakRSSI", sighting.rssi),
        ("EnableChannelIndex", "ChannelIndex", "ChannelIndex", 1),
        ("EnableFirstSeenTimestamp", f"FirstSeenTimestamp{kind}", "Microseconds", sighting.first),
        ("EnableLastSeenTimestamp", f"LastSeenTimestamp{kind}", "Microseconds", sighting.last),
        ("EnableTagSeenCount", "TagSeenCount", "TagCount", min(0xFFFF, sighting.count)),
    )
    chosen = (
        Parameter(name, {label: value})
        for switch, name, label, value in candidates
        if selector is None or selector[switch]
    )
    return Parameter("TagReportData", parameters=(first, *chosen))


def connection_attempt(status: ConnectionStatus) -> Parameter:
    """The event with which a reader greets, or sends away."""
    return Parameter("ConnectionAttemptEvent", {"Status": int(status)})


def llrp_status(status: StatusCode, text: str = "") -> Parameter:
    """The LLRPStatus of an answer."""
    return Parameter("LLRPStatus", {"StatusCode": int(status), "ErrorDescription": text})


def capabilities(reader_id: str, antennas: int, has_clock: bool) -> tuple[Parameter, ...]:
    """What GET_READER_CAPABILITIES answers beside its status."""
    numbers = range(1, antennas + 1)
    general = Parameter(
        "GeneralDeviceCapabilities",
        {
            "MaxNumberOfAntennaSupported": antennas,
            "CanSetAntennaProperties": 0,
            "HasUTCClockCapability": int(has_clock),
            "DeviceManufacturerName": 0,
            "ModelName": 0,
            "ReaderFirmwareVersion": f"simulated {reader_id}",
        },
        (
            Parameter("ReceiveSensitivityTableEntry", {"Index": 1, "ReceiveSensitivityValue": 0}),
            Parameter("GPIOCapabilities", {"NumGPIs": 0, "NumGPOs": 0}),
            *(Parameter("PerAntennaAirProtocol", {"AntennaID": n, "ProtocolID": b"\1"}) for n in numbers),
        ),
    )
    llrp = Parameter(
        "LLRPCapabilities",
        {
            "CanDoRFSurvey": 0,
            "CanReportBufferFillWarning": 0,
            "SupportsClientRequestOpSpec": 0,
            "CanDoTagInventoryStateAwareSingulation": 0,
            "SupportsEventAndReportHolding": 0,
            "MaxNumPriorityLevelsSupported": 1,
            "ClientRequestOpSpecTimeout": 0,
            "MaxNumROSpecs": 0,
            "MaxNumSpecsPerROSpec": 1,
            "MaxNumInventoryParameterSpecsPerAISpec": 1,
            "MaxNumAccessSpecs": 1,
            "MaxNumOpSpecsPerAccessSpec": 1,
        },
    )
    return general, llrp
