"""What a read means: stations, and the EPCIS event of a read cycle.

A reader says "these tags, this antenna". A `Station` adds what the business knows: where that antenna stands,
what is done there, and to what end. Stations are data, a TOML table each, with the standard's names:

    [site]
    timeZone = "Asia/Shanghai"

    [[station]]
    name = "packing-1"
    reads = [{ reader = "dock-1", antennas = [1, 2] }]
    type = "AggregationEvent"
    action = "ADD"
    parent = ["sscc"]                      # the scheme of the tag that is the parent
    bizStep = "packing"
    disposition = "in_progress"
    readPoint = "https://id.gs1.org/414/9521141123454/254/5678"
    bizLocation = "https://id.gs1.org/414/9521141123454"

`build_event` is a pure function of station, read cycle, time and event id. It never loses a tag in silence:
what cannot stand in the event is in `Built.left_out`, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from foundation.epcis import iso
from foundation.epcis.vocabulary import (
    BIZ_STEP,
    BIZ_TRANSACTION_TYPE,
    DISPOSITION,
    SOURCE_DEST_TYPE,
    Vocabulary,
)
from foundation.gs1 import Gs1Error, Identity, Level, decode_tag, parse
from readers.collection import CycleResult, CycleSpec
from readers.toml_table import Table

__all__ = [
    "Built",
    "LeftOut",
    "Place",
    "Station",
    "Trigger",
    "build_event",
    "mint_event_id",
    "read_station",
    "read_zone",
]


_STANDARD = ("urn:epcglobal:cbv:", "https://ref.gs1.org/cbv/", "cbv:")


class Trigger(StrEnum):
    """What opens a read cycle at a station."""

    DEMAND = "demand"
    """Somebody asks for it: a gate, a person, an order."""
    CONTINUOUS = "continuous"
    """The first tag that comes into the field."""


@dataclass(frozen=True, slots=True)
class Place:
    """A reader, and those of its antennas that look at the station (none named: all)."""

    reader: str
    antennas: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Station:
    """One place where tags are read for one purpose: the business context of its events."""

    name: str
    places: tuple[Place, ...]
    type: str
    action: str
    time_zone: ZoneInfo
    biz_step: str | None = None
    disposition: str | None = None
    read_point: str | None = None
    biz_location: str | None = None
    parent_schemes: frozenset[str] = frozenset()
    biz_transactions: tuple[Mapping[str, str], ...] = ()
    sources: tuple[Mapping[str, str], ...] = ()
    destinations: tuple[Mapping[str, str], ...] = ()
    ilmd: Mapping[str, Any] = field(default_factory=dict)
    trigger: Trigger = Trigger.DEMAND
    cycle: CycleSpec = field(default_factory=CycleSpec)
    away: int = 30_000_000
    """µs after which a tag that was seen counts as gone (continuous stations)."""

    def sees(self, reader: str, antenna: int) -> bool:
        """Does this antenna belong to the station?"""
        return any(
            place.reader == reader and (not place.antennas or antenna in place.antennas)
            for place in self.places
        )


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A tag that was read and does not stand in the event."""

    epc: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Built:
    """The event of a read cycle, or None with the problem in words; and the tags that are not in it."""

    event: dict[str, Any] | None
    left_out: tuple[LeftOut, ...] = ()
    problem: str | None = None


def mint_event_id() -> str:
    """A new event id, made before the event goes anywhere so that sending it twice is the same event."""
    return uuid4().urn


@lru_cache(maxsize=1 << 16)
def _identify(epc: bytes) -> Identity | str:
    """The instance that a tag names, or why it names none."""
    try:
        identity = decode_tag(epc).identity
    except Gs1Error as error:
        return f"the tag does not decode: {error}"
    if identity.level is not Level.INSTANCE:
        return f"the tag names a {identity.level.value}, not a thing: {identity.uri}"
    return identity


def build_event(
    station: Station,
    result: CycleResult,
    event_time: int,
    *,
    event_id: str,
    ilmd: Mapping[str, Any] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Built:
    """The EPCIS 2.0 JSON-LD event of a read cycle.

    Args: `event_time` UTC µs; `event_id` a URI minted before; `ilmd` instance/lot master data of this cycle,
    over those of the station; `extra` further fields of this event (bizTransactionList, destinationList, …),
    over those of the station.
    Identifiers are canonical Digital Links. An empty cycle, a packing without exactly one parent, or one
    without children makes no event.
    """
    identities: dict[str, Identity] = {}
    left_out: list[LeftOut] = []
    for tag in result.tags:
        found = _identify(tag.epc)
        if isinstance(found, str):
            left_out.append(LeftOut(tag.epc, found))
        else:
            identities.setdefault(found.uri, found)
    event: dict[str, Any] = {
        "type": station.type,
        "eventID": event_id,
        "eventTime": iso(event_time),
        "eventTimeZoneOffset": _offset(station.time_zone, event_time),
        "action": station.action,
    }

    def no_event(problem: str) -> Built:
        return Built(None, tuple(left_out), f"station {station.name!r}: {problem}")

    if not identities:
        return no_event("no tag was read that names a thing")
    if station.type == "AggregationEvent":
        parents = [uri for uri, identity in identities.items() if identity.scheme in station.parent_schemes]
        children = [uri for uri in identities if uri not in parents]
        if len(parents) != 1:
            schemes = " or ".join(sorted(station.parent_schemes))
            seen = ", ".join(parents) or "none"
            return no_event(f"exactly one {schemes} is to be read as the parent, seen: {seen}")
        if (
            not children and station.action != "DELETE"
        ):  # DELETE without children: all of them (EPCIS 2.0 §7.4.3)
            return no_event(f"nothing was read beside the parent {parents[0]}")
        event["parentID"] = parents[0]
        event["childEPCs"] = children
    else:
        event["epcList"] = list(identities)
    for name, value in (
        ("bizStep", station.biz_step),
        ("disposition", station.disposition),
        ("readPoint", station.read_point and {"id": station.read_point}),
        ("bizLocation", station.biz_location and {"id": station.biz_location}),
        ("bizTransactionList", [dict(entry) for entry in station.biz_transactions]),
        ("sourceList", [dict(entry) for entry in station.sources]),
        ("destinationList", [dict(entry) for entry in station.destinations]),
    ):
        if value:
            event[name] = value
    data = {**station.ilmd, **(ilmd or {})}
    if data:
        if (
            station.type != "ObjectEvent" or station.action != "ADD"
        ):  # EPCIS 2.0 §7.4.2: ilmd at commissioning only
            return no_event("ilmd belongs to an ObjectEvent with action ADD")
        event["ilmd"] = data
    for name, value in (extra or {}).items():
        if name in ("type", "eventID", "epcList", "parentID", "childEPCs"):
            return no_event(f"{name} is decided by the station and the tags, not given")
        event[name] = value
    return Built(event, tuple(left_out))


def _offset(zone: ZoneInfo, event_time: int) -> str:
    """eventTimeZoneOffset: the site's offset from UTC at that time."""
    instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=event_time)
    offset = instant.astimezone(zone).utcoffset() or timedelta()
    minutes = round(offset.total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


# -- reading stations from a file
# ---------------------------------------------------------------------------------


def read_zone(site: Table | None, key: str = "timeZone") -> ZoneInfo:
    """The site's time zone (IANA name), UTC where no site is given."""
    if site is None:
        return ZoneInfo("UTC")
    name = site.text(key, "an IANA time zone such as Asia/Shanghai", "UTC")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise site.error(key, f"expected an IANA time zone such as Asia/Shanghai, got {name!r}") from None


def read_station(table: Table, zone: ZoneInfo, readers: frozenset[str]) -> Station:
    """A station of a settings file; raises `SettingsError` with key and line.

    `readers`: the ids that the file defines.
    """
    name = table.text("name", "the station's name")
    kind = table.choice("type", ("ObjectEvent", "AggregationEvent"))
    action = table.choice("action", ("ADD", "OBSERVE", "DELETE"), "OBSERVE")
    parents = frozenset(table.texts("parent", "schemes such as sscc or grai"))
    if kind == "AggregationEvent" and not parents:
        parents = frozenset({"sscc"})
    if kind != "AggregationEvent" and parents:
        raise table.error("parent", "belongs to an AggregationEvent")
    ilmd_table = table.table("ilmd")
    ilmd = ilmd_table.everything() if ilmd_table is not None else {}
    if ilmd and (kind, action) != ("ObjectEvent", "ADD"):
        raise table.error("ilmd", "belongs to an ObjectEvent with action ADD")
    for key in ilmd:
        if ":" not in key:
            raise table.error("ilmd", f"{key!r} needs a prefix, such as cbvmda:lotNumber")
    station = Station(
        name=name,
        places=_places(table, readers),
        type=kind,
        action=action,
        time_zone=zone,
        biz_step=_word(table, "bizStep", BIZ_STEP),
        disposition=_word(table, "disposition", DISPOSITION),
        read_point=table.parsed("readPoint", _place_uri, "a GLN as Digital Link or URN, or another URI"),
        biz_location=table.parsed("bizLocation", _place_uri, "a GLN as Digital Link or URN, or another URI"),
        parent_schemes=parents,
        biz_transactions=_typed(table, "bizTransaction", "bizTransaction", BIZ_TRANSACTION_TYPE),
        sources=_typed(table, "source", "source", SOURCE_DEST_TYPE),
        destinations=_typed(table, "destination", "destination", SOURCE_DEST_TYPE),
        ilmd=ilmd,
        trigger=Trigger(table.choice("trigger", list(Trigger), Trigger.DEMAND)),
        cycle=_cycle(table.table("cycle")),
        away=round(table.seconds("away", 0.1, 86_400, 30.0) * 1_000_000),
    )
    table.done()
    return station


def _places(table: Table, readers: frozenset[str]) -> tuple[Place, ...]:
    places: list[Place] = []
    for place in table.tables("reads"):
        reader = place.text("reader", "the id of a reader")
        if reader not in readers:
            raise place.error(
                "reader", f"no reader is called {reader!r}; known are {', '.join(sorted(readers))}"
            )
        antennas: list[object] = place.take("antennas", list, "a list of antenna numbers", [])
        for antenna in antennas:
            if not isinstance(antenna, int) or isinstance(antenna, bool) or not 1 <= antenna <= 0xFFFF:
                raise place.error("antennas", f"expected antenna numbers from 1, got {antenna!r}")
        place.done()
        places.append(Place(reader, frozenset(n for n in antennas if isinstance(n, int))))
    if not places:
        raise table.error(
            "reads", "is missing; expected where the station reads, [{ reader = …, antennas = […] }]"
        )
    return tuple(places)


def _word(table: Table, key: str, vocabulary: Vocabulary) -> str | None:
    def known(text: str) -> str:
        word = vocabulary.word(text)
        if word in vocabulary.words:
            return word
        if ":" in word and not word.startswith(_STANDARD):  # a company's own, not a misspelt one of the CBV
            return word
        raise ValueError(f"{text!r} is neither a word of the CBV nor a URI")

    return table.parsed(key, known, f"a {vocabulary.name} of the CBV, or a URI")


def _place_uri(text: str) -> str:
    identity = parse(text)
    if identity.level not in (Level.PLACE, Level.OTHER) and identity.scheme != "opaque":
        raise ValueError(f"{text!r} names a {identity.level.value}, not a place")
    return identity.uri


def _typed(table: Table, key: str, label: str, vocabulary: Vocabulary) -> tuple[Mapping[str, str], ...]:
    """Entries of bizTransactionList, sourceList, destinationList: a type and an id."""
    entries: list[Mapping[str, str]] = []
    for entry in table.tables(key):
        kind = _word(entry, "type", vocabulary)
        uri = entry.parsed("id", lambda text: parse(text).uri, "an identifier as URI")
        if uri is None:
            raise entry.error("id", "is missing; expected an identifier as URI")
        entry.done()
        entries.append({"type": kind, label: uri} if kind else {label: uri})
    return tuple(entries)


def _cycle(table: Table | None) -> CycleSpec:
    if table is None:
        return CycleSpec()
    duration = table.seconds("duration", 0.01, 3600, 10.0)
    stable = table.seconds("stableSet", 0, 600, 1.0)
    include = frozenset(table.texts("include", "schemes such as sgtin or sscc"))
    rssi = table.optional("weakestRssi", (int, float), "dBm")
    most = table.whole("mostTags", 1, 1_000_000, 20_000)
    table.done()
    return CycleSpec(
        duration=round(duration * 1_000_000),
        stable_set=round(stable * 1_000_000) or None,  # 0: wait for the duration
        include=include,
        weakest_rssi=None if rssi is None else float(rssi),
        most_tags=most,
    )
