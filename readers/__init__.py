"""Readers: from tags in a field to EPCIS events at the capture interface.

drivers (LLRP) ─► collection (read cycles) ─► context (what it means) ─► outbox (on disk) ─► capture (HTTP)
"""

from __future__ import annotations

from readers.capture import CaptureClient, Sent
from readers.collection import CycleEnd, CycleResult, CycleSpec, Departures, ReadCycle, SeenTag
from readers.context import Built, LeftOut, Place, Station, Trigger, build_event, mint_event_id
from readers.driver import Driver, Health, State, TagRead, tag_reads
from readers.errors import (
    CaptureError,
    LlrpError,
    LlrpRefused,
    OutboxError,
    OutboxFull,
    ReadersError,
    ReaderUnavailable,
    SettingsError,
    StationError,
)
from readers.llrp.client import LlrpDriver, LlrpSettings
from readers.llrp.rospec import Inventory, StartMode
from readers.llrp.simulator import LlrpSimulator
from readers.outbox import Leased, Outbox, SetAside
from readers.service import CycleReport, ReaderService, ServiceHealth, StationRunner
from readers.settings import (
    CaptureSettings,
    OutboxSettings,
    ReaderSettings,
    Settings,
    load_settings,
    parse_settings,
)

__all__ = [
    "Built",
    "CaptureClient",
    "CaptureError",
    "CaptureSettings",
    "CycleEnd",
    "CycleReport",
    "CycleResult",
    "CycleSpec",
    "Departures",
    "Driver",
    "Health",
    "Inventory",
    "Leased",
    "LeftOut",
    "LlrpDriver",
    "LlrpError",
    "LlrpRefused",
    "LlrpSettings",
    "LlrpSimulator",
    "Outbox",
    "OutboxError",
    "OutboxFull",
    "OutboxSettings",
    "Place",
    "ReadCycle",
    "ReaderService",
    "ReaderSettings",
    "ReaderUnavailable",
    "ReadersError",
    "SeenTag",
    "Sent",
    "ServiceHealth",
    "SetAside",
    "Settings",
    "SettingsError",
    "StartMode",
    "State",
    "Station",
    "StationError",
    "StationRunner",
    "TagRead",
    "Trigger",
    "build_event",
    "load_settings",
    "mint_event_id",
    "parse_settings",
    "tag_reads",
]
