"""What a read means: settings files with errors that name key and line, and events built from read cycles."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from foundation.epcis import read_json
from foundation.gs1 import encode_tag
from readers import CycleEnd, CycleResult, SeenTag, Settings, SettingsError, build_event, parse_settings
from readers.context import Station

from .running import sgtin, sscc

HEAD = """\
[site]
timeZone = "Asia/Shanghai"

[capture]
url = "http://127.0.0.1:8000"

[[reader]]
id = "dock-1"
host = "192.0.2.17"

"""
PACKING = """\
[[station]]
name = "packing-1"
reads = [{ reader = "dock-1", antennas = [1, 2] }]
type = "AggregationEvent"
action = "ADD"
bizStep = "urn:epcglobal:cbv:bizstep:packing"
disposition = "in_progress"
readPoint = "urn:epc:id:sgln:9521141.12345.5678"
bizLocation = "https://id.gs1.org/414/9521141123454"
"""
COMMISSIONING = """\
[[station]]
name = "line-1"
reads = [{ reader = "dock-1" }]
type = "ObjectEvent"
action = "ADD"
bizStep = "commissioning"
disposition = "active"
readPoint = "https://id.gs1.org/414/9521141123454"
[station.ilmd]
"cbvmda:lotNumber" = "L-7"
"""
SHIPPING = """\
[[station]]
name = "gate-1"
reads = [{ reader = "dock-1", antennas = [3] }]
type = "ObjectEvent"
bizStep = "shipping"
disposition = "in_transit"
readPoint = "https://id.gs1.org/414/9521141123454"
[[station.bizTransaction]]
type = "po"
id = "urn:epcglobal:cbv:bt:9521141123454:PO-1"
[[station.destination]]
type = "owning_party"
id = "https://id.gs1.org/417/9521141123454"
"""
NOW = 1_714_557_600_000_000  # 2024-05-01T10:00:00Z
ID = "urn:uuid:7c0e9a5e-7d1c-4d3a-9f0e-0d5f3c1b2a00"


def load(text: str) -> Settings:
    return parse_settings(text, folder=Path("/nowhere"), file="readers.toml")


def station(text: str) -> Station:
    return load(HEAD + text).stations[0]


def cycle(*epcs: bytes) -> CycleResult:
    tags = tuple(
        SeenTag(epc, NOW + n, NOW + n, 1, frozenset({("dock-1", 1)}), -50.0) for n, epc in enumerate(epcs)
    )
    return CycleResult(NOW, NOW + 1_000_000, CycleEnd.STABLE_SET, tags)


def test_packing_makes_an_aggregation_of_the_children_under_the_pallet_read_with_them() -> None:
    built = build_event(station(PACKING), cycle(sgtin(1), sscc(1), sgtin(2)), NOW, event_id=ID)
    assert built.event == {
        "type": "AggregationEvent",
        "eventID": ID,
        "eventTime": "2024-05-01T10:00:00.000Z",
        "eventTimeZoneOffset": "+08:00",
        "action": "ADD",
        "parentID": "https://id.gs1.org/00/095060001340000017",
        "childEPCs": [
            "https://id.gs1.org/01/09506000134352/21/1",
            "https://id.gs1.org/01/09506000134352/21/2",
        ],
        "bizStep": "packing",
        "disposition": "in_progress",
        "readPoint": {"id": "https://id.gs1.org/414/9521141123454/254/5678"},
        "bizLocation": {"id": "https://id.gs1.org/414/9521141123454"},
    }
    assert built.left_out == ()


@pytest.mark.parametrize(
    ("epcs", "problem"),
    [
        ([], "no tag was read"),
        ([sgtin(1)], "exactly one sscc is to be read as the parent, seen: none"),
        ([sgtin(1), sscc(1), sscc(2)], "exactly one sscc"),
        ([sscc(1)], "nothing was read beside the parent"),
    ],
)
def test_a_packing_that_is_not_clear_makes_no_event_and_says_why(epcs: list[bytes], problem: str) -> None:
    built = build_event(station(PACKING), cycle(*epcs), NOW, event_id=ID)
    assert built.event is None
    assert problem in (built.problem or "")
    assert "packing-1" in (built.problem or "")


def test_unpacking_all_needs_the_pallet_only() -> None:
    unpacking = replace(station(PACKING), action="DELETE")
    built = build_event(unpacking, cycle(sscc(1)), NOW, event_id=ID)
    assert built.event is not None
    assert built.event["childEPCs"] == []


def test_commissioning_carries_the_lot_of_the_station_or_of_the_order() -> None:
    line = station(COMMISSIONING)
    built = build_event(line, cycle(sgtin(1)), NOW, event_id=ID)
    assert built.event is not None
    assert built.event["ilmd"] == {"cbvmda:lotNumber": "L-7"}
    today = {"cbvmda:lotNumber": "L-8", "cbvmda:itemExpirationDate": "2025-01-01"}
    built = build_event(line, cycle(sgtin(1)), NOW, event_id=ID, ilmd=today)
    assert built.event is not None
    assert built.event["ilmd"] == today


def test_a_shipment_names_order_and_new_owner() -> None:
    built = build_event(station(SHIPPING), cycle(sscc(1)), NOW, event_id=ID)
    assert built.event is not None
    assert built.event["bizTransactionList"] == [
        {"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:9521141123454:PO-1"}
    ]
    assert built.event["destinationList"] == [
        {"type": "owning_party", "destination": "https://id.gs1.org/417/9521141123454"}
    ]
    other = [{"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:9521141123454:PO-2"}]
    built = build_event(
        station(SHIPPING), cycle(sscc(1)), NOW, event_id=ID, extra={"bizTransactionList": other}
    )
    assert built.event is not None
    assert built.event["bizTransactionList"] == other


def test_ilmd_outside_commissioning_and_fields_of_the_tags_are_refused() -> None:
    gate = station(SHIPPING)
    assert "ilmd" in (build_event(gate, cycle(sscc(1)), NOW, event_id=ID, ilmd={"cbvmda:x": 1}).problem or "")
    assert "epcList" in (
        build_event(gate, cycle(sscc(1)), NOW, event_id=ID, extra={"epcList": []}).problem or ""
    )


def test_a_tag_that_names_nothing_is_reported_and_stays_out_of_the_event() -> None:
    place = encode_tag("https://id.gs1.org/414/9521141123454/254/5678", company_prefix_length=7)
    broken = b"\x00" * 12
    built = build_event(station(SHIPPING), cycle(sgtin(1), place, broken), NOW, event_id=ID)
    assert built.event is not None
    assert built.event["epcList"] == ["https://id.gs1.org/01/09506000134352/21/1"]
    reasons = {left.epc: left.reason for left in built.left_out}
    assert "names a place" in reasons[place]
    assert "does not decode" in reasons[broken]


def test_the_same_cycle_gives_the_same_event() -> None:
    calls = [build_event(station(PACKING), cycle(sgtin(1), sscc(1)), NOW, event_id=ID) for _ in range(2)]
    assert calls[0] == calls[1]


@pytest.mark.parametrize(
    ("zone", "instant", "offset"),
    [
        ("Europe/Berlin", 1_714_557_600_000_000, "+02:00"),
        ("Europe/Berlin", 1_704_103_200_000_000, "+01:00"),
        ("America/St_Johns", 1_704_103_200_000_000, "-03:30"),
        ("UTC", 1_704_103_200_000_000, "+00:00"),
    ],
)
def test_the_offset_is_that_of_the_site_on_that_day(zone: str, instant: int, offset: str) -> None:
    place = load(HEAD.replace("Asia/Shanghai", zone) + SHIPPING).stations[0]
    built = build_event(place, cycle(sscc(1)), instant, event_id=ID)
    assert built.event is not None
    assert built.event["eventTimeZoneOffset"] == offset


@pytest.mark.parametrize("text", [PACKING, COMMISSIONING, SHIPPING])
def test_the_events_keep_the_official_schema(text: str, shared: Path) -> None:
    validator = _schema(shared)
    built = build_event(station(text), cycle(sgtin(1), sscc(1)), NOW, event_id=ID)
    document = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2024-05-01T10:00:00Z",
        "epcisBody": {"eventList": [built.event]},
    }
    read = read_json(json.dumps(document).encode()).events[0]
    assert read.issues == ()
    assert read.event is not None
    assert read.event.event_id == ID
    errors = [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(document)]
    assert errors == []


def _schema(shared: Path) -> Any:
    import jsonschema_rs

    [path] = sorted((shared / "epcis" / "schema").glob("epcis-json-schema*.json"))[:1] or [None]
    if path is None:
        pytest.skip("the EPCIS JSON schema is not among the test material")
    return jsonschema_rs.validator_for(json.loads(path.read_text()))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[capture]\nurl = "http://x"\n[[reader]\n', r"line 3: no TOML"),
        (HEAD + PACKING.replace("bizStep", "bizstep"), r"line 16: station\[1\].bizstep: is not known here"),
        (HEAD + PACKING.replace("bizstep:packing", "bizstep:paking"), r"line 16: station\[1\].bizStep"),
        (HEAD + PACKING + SHIPPING.replace('"shipping"', '"shiping"'), r"line 24: station\[2\].*'shiping'"),
        (HEAD + PACKING.replace('reader = "dock-1"', 'reader = "dock-9"'), r"line 13: .*known are dock-1"),
        (HEAD + PACKING.replace("9521141123454", "9521141123455"), r"line 19: station\[1\].bizLocation"),
        (HEAD + PACKING.replace("[1, 2]", "[0]"), r"line 13: .*antenna numbers from 1, got 0"),
        (HEAD + PACKING.replace('"ADD"', '"PACK"'), r"line 15: .*one of ADD, OBSERVE, DELETE, got 'PACK'"),
        (HEAD + PACKING.replace("AggregationEvent", "AssociationEvent"), r"line 14: station\[1\].type"),
        (HEAD + COMMISSIONING.replace("cbvmda:lotNumber", "lotNumber"), r"line 19: .*ilmd: .*prefix"),
        (HEAD + COMMISSIONING.replace('action = "ADD"', 'action = "OBSERVE"'), r"ilmd: belongs to"),
        (HEAD + SHIPPING + SHIPPING, r"station\[2\].name: there are two stations 'gate-1'"),
        (HEAD.replace("Asia/Shanghai", "Asia/Shangai"), r"line 2: site.timeZone"),
        (HEAD.replace('"http:', '"ftp:'), r"line 5: capture.url"),
        (HEAD.replace('host = "192.0.2.17"', ""), r"line 7: reader\[1\].host: is missing"),
        (HEAD + "port = 99999\n", r"line 11: reader\[1\].port: expected a whole number 1 to 65535"),
        (HEAD + "[colour]\n", r"line 11: colour: is not known here"),
        ("", "capture: is missing"),
    ],
)
def test_a_mistake_in_the_settings_is_told_with_key_and_line(text: str, complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint) as caught:
        load(text)
    assert str(caught.value).startswith("readers.toml")


def test_a_token_is_read_from_a_file_or_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "token").write_text("secret-1\n")
    with_file = HEAD.replace("[[reader]]", 'tokenFile = "token"\n\n[[reader]]')
    assert parse_settings(with_file, folder=tmp_path).capture.token() == "secret-1"
    with_variable = HEAD.replace("[[reader]]", 'tokenVariable = "A_TOKEN"\n\n[[reader]]')
    settings = parse_settings(with_variable, folder=tmp_path)
    with pytest.raises(SettingsError, match="A_TOKEN is not set"):
        settings.capture.token()
    monkeypatch.setenv("A_TOKEN", "secret-2")
    assert settings.capture.token() == "secret-2"
