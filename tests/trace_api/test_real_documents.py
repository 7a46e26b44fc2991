"""Documents of others: every one that follows the standard is taken, the others are refused at their fault, and
the chains in them lead where one sees by eye that they lead."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tests.trace_api.conftest import DAIRY, Bench
from trace_api import Behaviour, ValidationFailed
from trace_api.lineage import Lineage
from trace_api.report import issue_json

VALID = (
    "epcis/documents/2.0/EPCIS/JSON/Capture/Documents",
    "epcis/documents/2.0/EPCIS/JSON/Capture/Events",
    "epcis/documents/2.0/EPCIS/JSON/Query",
    "epcis/fsma204/epcis",
    "epcis/seafood",
)
INVALID = (
    "epcis/documents/2.0/EPCIS/JSON/Capture/Invalid",
    "epcis/documents/2.0/EPCIS/JSON/Query/Invalid",
)


def files(shared: Path, folders: tuple[str, ...]) -> list[Path]:
    found = [
        path
        for folder in folders
        for path in sorted((shared / folder).iterdir())
        if path.suffix in (".json", ".jsonld")
    ]
    assert found
    return found


def follows_the_standard(schema: Any, path: Path) -> bool:
    """By the official schema, save for what it misses: remarks at the top, the header of query documents."""
    document = json.loads(path.read_bytes())
    for name in [name for name in document if name.startswith("_comment")]:
        del document[name]
    if document["type"] == "EPCISQueryDocument":
        document.pop("epcisHeader", None)
    return bool(schema.is_valid(document))


def test_every_document_that_follows_the_standard_is_taken(
    shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = json.loads((shared / "epcis/schema/epcis-json-schema-2.0.1.json").read_text())
    schema = jsonschema_rs.validator_for(text, validate_formats=True)
    paths = [path for path in files(shared, VALID) if follows_the_standard(schema, path)]
    assert len(paths) >= 55
    for path in paths:
        bench = Bench(tmp_path_factory.mktemp("one")).open()
        try:
            result = bench.capture.capture(path.read_bytes(), DAIRY.id)
            problems = [
                str(issue) for o in result.outcomes for issue in o.issues if issue.severity == "error"
            ]
            assert result.success, (path.name, problems)
            assert result.outcomes
            for outcome in result.outcomes:
                assert outcome.position is not None
                json.loads(bench.log.entry(outcome.position).statement().received)
        finally:
            bench.close()


def test_every_invalid_document_is_refused_at_its_fault(shared: Path, bench: Bench) -> None:
    for path in files(shared, INVALID):
        faults = [fault for fault in _faults(bench, path.read_bytes()) if fault["severity"] == "error"]
        assert faults, path.name
        assert all(fault["message"] and fault["rule"] and fault["line"] for fault in faults), path.name
        assert bench.log.size == 0, path.name


def _faults(bench: Bench, body: bytes) -> list[dict[str, Any]]:
    """What is said against a document, whether as a whole or event by event."""
    try:
        result = bench.capture.capture(body, DAIRY.id)
    except ValidationFailed as refused:
        errors: list[dict[str, Any]] = refused.extra["errors"]
        return errors
    assert not result.success
    return [issue_json(issue) for outcome in result.outcomes for issue in outcome.issues]


@pytest.mark.parametrize(
    ("name", "pointers"),
    [
        ("ObjectEvent_with_invalid_action.json", {"/epcisBody/eventList/0/action"}),
        ("ObjectEvent_with_quantity_as_text.json", {"/epcisBody/eventList/0/quantityList/0/quantity"}),
        ("ObjectEvent_with_non_standard_bizStep_in_second_event.json", {"/epcisBody/eventList/1/bizStep"}),
    ],
)
def test_the_fault_is_named_where_it_stands(
    shared: Path, bench: Bench, name: str, pointers: set[str]
) -> None:
    body = (shared / INVALID[0] / name).read_bytes()
    result = bench.capture.capture(body, DAIRY.id)
    faults = {i.pointer for o in result.outcomes for i in o.issues if i.severity == "error"}
    assert faults == pointers


RAW = "https://id.gs1.org/01/00860009999923/10/ABC1234"  # harvested on the farm
CASES = "https://id.gs1.org/01/10860009999920/10/ABC1234"  # packed from it
OTHER = "https://id.gs1.org/01/10860009998022/10/DEF2345"  # the other ingredient, of unknown origin
SALAD = "https://id.gs1.org/01/10860009998039/10/SALAD-20260420-A"
FARM = "https://id.gs1.org/414/0860009999060"


@pytest.fixture
def produce(shared: Path, bench: Bench) -> Lineage:
    folder = shared / "epcis/fsma204/epcis"
    order = ("harvest", "cooling", "initial-packing", "first-land-based-receiver", "shipping", "receiving")
    for step in (*order, "transformation"):
        bench.capture.capture((folder / f"{step}-cte.jsonld").read_bytes(), DAIRY.id, Behaviour.PROCEED)
    return Lineage(bench.index.facts)


def test_the_salad_leads_back_to_the_harvest_lot_and_the_farm(produce: Lineage) -> None:
    # By eye: the salad is made of cases ABC1234 and of DEF2345; the cases were packed from raw lot ABC1234
    # (initial packing, and once more in the shipper's file); the raw lot was harvested at the farm's GLN.
    answer = produce.back(SALAD)
    lots = {node.uri for node in answer.nodes if node.level == "lot"}
    assert lots == {SALAD, CASES, OTHER, RAW}
    assert answer.possible >= {CASES, OTHER, RAW}  # two ingredients: neither is certain to be in a given bowl
    harvest = [e for e in answer.events if e.biz_step == "creating_class_instance" and e.biz_location == FARM]
    assert harvest
    assert harvest[0].event_time == min(e.event_time for e in answer.events if e.action == "ADD")


def test_the_harvest_lot_leads_forward_to_the_salad_and_the_shipped_pallet(produce: Lineage) -> None:
    answer = produce.forward(RAW)
    assert {CASES, SALAD} <= {node.uri for node in answer.nodes}
    assert OTHER not in {node.uri for node in answer.nodes}


def test_the_shippers_and_the_receivers_file_contradict_each_other_under_one_event_id(
    shared: Path, bench: Bench
) -> None:
    # Both carry urn:uuid:4898a223…, one with 250 pounds in, one with 25000: the second is refused (contract 6).
    folder = shared / "epcis/fsma204/epcis"
    assert bench.capture.capture((folder / "shipping-cte.jsonld").read_bytes(), DAIRY.id).success
    result = bench.capture.capture(
        (folder / "receiving-cte.jsonld").read_bytes(), DAIRY.id, Behaviour.PROCEED
    )
    assert [outcome.status for outcome in result.outcomes] == ["refused", "captured"]
    assert "other content" in str(result.outcomes[0].issues[-1])


LOT = "urn:gdst:example.org:product:lot:class:"
CAN, MIX = f"{LOT}processor.2.v1-0122-2022", f"{LOT}processor.10.commingle-01232022"
FARMED, WILD = f"{LOT}fishfarm.1.farmed-tuna-01192022", f"{LOT}fisherman01.tuna.v1-0122-2022"
FEED, FRY = f"{LOT}feedmill.1.ff11252021", f"{LOT}hatchery.1.tf12012021"


@pytest.fixture
def tuna(shared: Path, bench: Bench) -> Lineage:
    assert bench.capture.capture((shared / "epcis/seafood/events.jsonld").read_bytes(), DAIRY.id).success
    return Lineage(bench.index.facts)


def test_the_canned_tuna_leads_back_to_hatchery_and_vessel(tuna: Lineage) -> None:
    # By eye: cans ← commingled ← farmed tuna and wild tuna; farmed ← feed and fry (hatchery); wild: the vessel.
    answer = tuna.back(CAN)
    assert {node.uri for node in answer.nodes if node.level == "lot"} == {CAN, MIX, FARMED, WILD, FEED, FRY}
    # The mix is the cans' only input, but that event carries a transformationID: later events of it may add more.
    assert answer.possible >= {MIX, FARMED, WILD, FEED, FRY}
    places = {event.biz_location for event in answer.events}
    assert "urn:gdst:example.org:location:loc:hatchery.1" in places
    fishing = [event for event in answer.events if event.biz_step == "urn:gdst:bizStep:fishingEvent"]
    assert [event.biz_location for event in fishing] == ["https://id.gs1.org/414/0860003130315"]


def test_the_fry_lead_forward_to_the_cans_and_the_vessels_catch_is_not_among_them(tuna: Lineage) -> None:
    answer = tuna.forward(FRY)
    found = {node.uri for node in answer.nodes}
    assert {FARMED, MIX, CAN} <= found
    assert WILD not in found
    assert FEED not in found


def test_each_filling_of_the_reused_sscc_is_its_own(tuna: Lineage) -> None:
    # One SSCC number, packed 2022-09-29, emptied 2022-10-06, packed again 2022-10-31, emptied 2022-11-03.
    sscc = "urn:epc:id:sscc:08600031303.0003"  # not of an SSCC's length: kept as it is, opaque
    from foundation.epcis import instant

    inside = [
        len(tuna.contents(sscc, at=instant(f"2022-{day}T00:00:00Z")))
        for day in ("10-01", "10-10", "11-01", "11-10")
    ]
    assert inside == [1, 0, 1, 0]
