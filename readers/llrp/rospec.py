"""What a reader is told to do: one ROSpec that reads all tags in the field and reports each as it is seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from readers.llrp.codec import Parameter
from readers.llrp.tables import NotificationEvent, StartTrigger, StopTrigger

__all__ = ["Inventory", "StartMode", "keepalive_spec", "notification_spec"]

_UPON_N_TAGS_OR_END_OF_ROSPEC = 2
_CLASS_1_GEN_2 = 1


class StartMode(StrEnum):
    """When a reader begins to read. All three occur in the field."""

    IMMEDIATE = "immediate"
    """The ROSpec starts by itself when it is enabled."""
    START = "start"
    """Some readers want START_ROSPEC; it is sent as soon as the ROSpec is enabled."""
    ON_DEMAND = "on_demand"
    """START_ROSPEC and STOP_ROSPEC are sent for every read cycle: the reader is silent in between."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """How tags are to be read.

    `antennas`: numbers from 1, none for all. `report_every`: tags a report, 0 for one report at the end.
    `session` 0 to 3, `population` expected tags: EPC Gen 2 singulation. `mode` and `transmit_power` are
    indexes in the reader's own capability tables, None for its defaults.
    """

    rospec_id: int = 1
    start: StartMode = StartMode.IMMEDIATE
    antennas: Sequence[int] = ()
    report_every: int = 1
    session: int | None = None
    population: int = 32
    mode: int | None = None
    transmit_power: int | None = None

    def rospec(self) -> Parameter:
        """The ROSpec parameter."""
        trigger = StartTrigger.Immediate if self.start is StartMode.IMMEDIATE else StartTrigger.Null
        boundary = Parameter(
            "ROBoundarySpec",
            parameters=(
                Parameter("ROSpecStartTrigger", {"ROSpecStartTriggerType": int(trigger)}),
                Parameter(
                    "ROSpecStopTrigger",
                    {"ROSpecStopTriggerType": int(StopTrigger.Null), "DurationTriggerValue": 0},
                ),
            ),
        )
        antennas = Parameter(
            "AISpec",
            {"AntennaIDs": tuple(self.antennas) or (0,)},  # 0: all antennas
            (
                Parameter(
                    "AISpecStopTrigger",
                    {"AISpecStopTriggerType": int(StopTrigger.Null), "DurationTrigger": 0},
                ),
                Parameter(
                    "InventoryParameterSpec",
                    {"InventoryParameterSpecID": 1, "ProtocolID": _CLASS_1_GEN_2},
                    self._antenna_configuration(),
                ),
            ),
        )
        report = Parameter(
            "ROReportSpec",
            {"ROReportTrigger": _UPON_N_TAGS_OR_END_OF_ROSPEC, "N": self.report_every},
            (_CONTENT,),
        )
        fields = {"ROSpecID": self.rospec_id, "Priority": 0, "CurrentState": 0}
        return Parameter("ROSpec", fields, (boundary, antennas, report))

    def _antenna_configuration(self) -> tuple[Parameter, ...]:
        inside: list[Parameter] = []
        if self.transmit_power is not None:
            power = {"HopTableID": 1, "ChannelIndex": 1, "TransmitPower": self.transmit_power}
            inside.append(Parameter("RFTransmitter", power))
        command: list[Parameter] = []
        if self.mode is not None:
            command.append(Parameter("C1G2RFControl", {"ModeIndex": self.mode, "Tari": 0}))
        if self.session is not None:
            singulation = {"Session": self.session, "TagPopulation": self.population, "TagTransitTime": 0}
            command.append(Parameter("C1G2SingulationControl", singulation))
        if command:
            inside.append(Parameter("C1G2InventoryCommand", {"TagInventoryStateAware": 0}, tuple(command)))
        if not inside:
            return ()
        return tuple(
            Parameter("AntennaConfiguration", {"AntennaID": antenna}, tuple(inside))
            for antenna in self.antennas or (0,)
        )


_CONTENT = Parameter(
    "TagReportContentSelector",
    {
        "EnableROSpecID": 0,
        "EnableSpecIndex": 0,
        "EnableInventoryParameterSpecID": 0,
        "EnableAntennaID": 1,
        "EnableChannelIndex": 1,
        "EnablePeakRSSI": 1,
        "EnableFirstSeenTimestamp": 1,
        "EnableLastSeenTimestamp": 1,
        "EnableTagSeenCount": 1,
        "EnableAccessSpecID": 0,
    },
)


def keepalive_spec(period_ms: int) -> Parameter:
    """KEEPALIVE every `period_ms` milliseconds."""
    return Parameter("KeepaliveSpec", {"KeepaliveTriggerType": 1, "PeriodicTriggerValue": period_ms})


def notification_spec() -> Parameter:
    """The events worth hearing of: the buffer fills, the reader is in trouble, an antenna comes or goes."""
    wanted = (
        NotificationEvent.Report_Buffer_Fill_Warning,
        NotificationEvent.Reader_Exception_Event,
        NotificationEvent.Antenna_Event,
    )
    states = (
        Parameter("EventNotificationState", {"EventType": int(event), "NotificationState": 1})
        for event in wanted
    )
    return Parameter("ReaderEventNotificationSpec", parameters=tuple(states))
