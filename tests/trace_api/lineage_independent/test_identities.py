"""Rules 5, 6 and 8, trap T12, from captured JSON: one object in any spelling is one node; lots; opaque names."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from foundation.epcis import read_json
from trace_api.lineage import AnomalyKind, Fact, Lineage, MemoryFacts
from trace_api.statement import indexed_event, prepare

from .worlds import reached

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
GTIN = "https://id.gs1.org/01/09506000134352"
OTHER = "https://id.gs1.org/01/09506000134369"
S1, S2 = f"{GTIN}/21/1", f"{GTIN}/21/2"


def event(event_type: str, second: int, **fields: Any) -> dict[str, Any]:
    return {
        "type": event_type,
        "eventTime": f"2026-01-01T00:00:{second:02}Z",
        "eventTimeZoneOffset": "+00:00",
        **fields,
    }


def facts_of(*events: dict[str, Any]) -> list[Fact]:
    """The facts of events as the capture pipeline states them."""
    facts = []
    for position, content in enumerate(events):
        document = {
            "@context": [CONTEXT],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-01-01T00:00:00Z",
            "epcisBody": {"eventList": [content]},
        }
        read = read_json(json.dumps(document).encode())
        (captured,) = read.events
        assert captured.event is not None, captured.issues
        assert not [issue for issue in captured.issues if issue.severity == "error"], captured.issues
        prepared = prepare(
            captured.event, captured.received, read.context, "https://id.gs1.org/417/9506000100008"
        )
        facts.append(indexed_event(prepared, position, position).fact)
    return facts


def lineage_of(*events: dict[str, Any]) -> Lineage:
    return Lineage(MemoryFacts(facts_of(*events)))


def test_one_item_in_every_spelling_is_one_node_along_the_chain() -> None:
    urn, short = "urn:epc:id:sgtin:9506000.013435.1", "https://id.gs1.org/01/9506000134352/21/1"
    link = "https://example.com/some/path/01/09506000134352/21/1"
    pallet_urn, pallet_link = (
        "urn:epc:id:sscc:9506000.1000000000",
        "https://id.gs1.org/00/195060000000000005",
    )
    lineage = lineage_of(
        event("ObjectEvent", 1, action="ADD", epcList=[urn], bizStep="commissioning"),
        event("AggregationEvent", 2, action="ADD", parentID=pallet_urn, childEPCs=[link]),
        event("ObjectEvent", 3, action="OBSERVE", epcList=[pallet_link], bizStep="shipping"),
        event("AggregationEvent", 4, action="DELETE", parentID=pallet_link, childEPCs=[short]),
        event("TransformationEvent", 5, inputEPCList=[urn], outputEPCList=[f"{OTHER}/21/X"]),
        event("ObjectEvent", 6, action="OBSERVE", epcList=["urn:epc:id:sgtin:9506000.013436.X"]),
    )
    # T12
    assert len(lineage.history(S1).events) == 5
    assert reached(lineage.forward(S1)) == {f"{OTHER}/21/X": "certain"}
    back = reached(lineage.back(f"{OTHER}/21/X"))
    assert back[S1] == "certain"
    assert set(back) == {S1, pallet_link}
    assert len(lineage.history(f"{OTHER}/21/X").events) == 2


def test_a_lot_in_every_spelling_is_one_node() -> None:
    lineage = lineage_of(
        event(
            "ObjectEvent",
            1,
            action="ADD",
            quantityList=[{"epcClass": "urn:epc:class:lgtin:9506000.013435.L", "quantity": 9}],
        ),
        event(
            "TransformationEvent",
            2,
            inputQuantityList=[{"epcClass": f"{GTIN}/10/L", "quantity": 4}],
            outputQuantityList=[{"epcClass": f"{OTHER}/10/M", "quantity": 4}],
        ),
    )
    assert reached(lineage.back(f"{OTHER}/10/M")) == {f"{GTIN}/10/L": "certain"}
    assert len(lineage.history(f"{GTIN}/10/L").events) == 2


def test_a_lot_number_in_the_ilmd_makes_the_items_of_its_own_gtin_members() -> None:
    lineage = lineage_of(
        event(
            "ObjectEvent",
            1,
            action="ADD",
            epcList=[S1, S2, f"{OTHER}/21/3"],
            ilmd={"cbvmda:lotNumber": "L"},
        ),
    )
    assert reached(lineage.forward(f"{GTIN}/10/L")) == {S1: "certain", S2: "certain"}
    assert reached(lineage.forward(f"{OTHER}/10/L")) == {f"{OTHER}/21/3": "certain"}
    assert reached(lineage.back(S1)) == {f"{GTIN}/10/L": "certain"}


def test_the_ilmd_of_outputs_says_nothing_of_the_inputs() -> None:
    lineage = lineage_of(
        event(
            "TransformationEvent",
            1,
            inputEPCList=[S1],
            outputEPCList=[S2],
            ilmd={"cbvmda:lotNumber": "L"},
        ),
    )
    assert reached(lineage.forward(f"{GTIN}/10/L")) == {S2: "certain"}


def test_a_digital_link_with_lot_and_serial_asserts_membership_in_any_event() -> None:
    lineage = lineage_of(
        event("ObjectEvent", 1, action="OBSERVE", epcList=[f"{GTIN}/10/L/21/1"]),
        event("ObjectEvent", 2, action="OBSERVE", epcList=[S1], bizStep="storing"),
    )
    assert reached(lineage.back(S1)) == {f"{GTIN}/10/L": "certain"}
    assert reached(lineage.forward(f"{GTIN}/10/L")) == {S1: "certain"}
    assert len(lineage.history(S1).events) == 2


def test_equal_lists_are_no_membership() -> None:
    lineage = lineage_of(
        event(
            "ObjectEvent",
            1,
            action="ADD",
            epcList=[S1],
            quantityList=[{"epcClass": f"{GTIN}/10/L", "quantity": 1}],
        ),
    )
    assert reached(lineage.back(S1)) == {}
    assert reached(lineage.forward(f"{GTIN}/10/L")) == {}


def test_a_time_zone_offset_never_shifts_the_instant() -> None:
    east = event("ObjectEvent", 1, action="OBSERVE", epcList=[S1])
    east["eventTime"], east["eventTimeZoneOffset"] = "2026-01-01T08:00:01+08:00", "+08:00"
    west = event("ObjectEvent", 1, action="OBSERVE", epcList=[S2])
    west["eventTimeZoneOffset"] = "-05:00"
    first, second = facts_of(east, west)
    assert first.event_time == second.event_time


def test_a_declaration_without_an_id_voids_what_was_captured_without_one() -> None:
    pack = event(
        "AggregationEvent",
        1,
        action="ADD",
        parentID="https://id.gs1.org/00/195060000000000005",
        childEPCs=[S1],
    )
    declared = {
        **pack,
        "errorDeclaration": {"declarationTime": "2026-01-01T00:00:09Z", "reason": "did_not_occur"},
    }
    assert reached(lineage_of(pack).back(S1)) != {}
    assert reached(lineage_of(pack, declared).back(S1)) == {}
    assert reached(lineage_of(declared, pack).back(S1)) == {}
    assert reached(lineage_of(declared, {**pack, "eventID": "urn:uuid:own"}).back(S1)) != {}


def test_the_parent_of_a_transaction_is_no_container() -> None:
    pallet = "https://id.gs1.org/00/195060000000000005"
    lineage = lineage_of(
        event(
            "TransactionEvent",
            1,
            action="ADD",
            parentID=pallet,
            epcList=[S1],
            bizTransactionList=[{"type": "po", "bizTransaction": "urn:x:po:1"}],
        ),
    )
    assert lineage.contents(pallet) == ()
    assert reached(lineage.back(S1)) == {}


# --- opaque identifiers (contract 1) -------------------------------------------------------------------

TUNA = "urn:gdst:example.org:product:tuna"
BOX = "urn:x:box:1"


def test_an_opaque_name_in_both_fields_is_two_nodes_and_an_anomaly() -> None:
    lineage = lineage_of(
        event("AggregationEvent", 1, action="ADD", parentID=BOX, childEPCs=[TUNA]),
        event(
            "TransformationEvent",
            2,
            inputQuantityList=[{"epcClass": TUNA, "quantity": 4, "uom": "KGM"}],
            outputEPCList=[S1],
        ),
        event("TransformationEvent", 3, inputEPCList=[TUNA], outputEPCList=[S2]),
    )
    as_class = f"{TUNA}#class"
    assert reached(lineage.forward(TUNA)) == {S2: "certain"}
    assert reached(lineage.forward(as_class)) == {S1: "certain"}
    assert reached(lineage.back(S1)) == {as_class: "certain"}
    assert reached(lineage.back(S2)) == {TUNA: "certain", BOX: "inferred"}
    assert lineage.state(TUNA).level == "instance"
    assert lineage.state(as_class).level == "lot"
    for name in (TUNA, as_class):
        kinds = {found.kind for found in lineage.history(name).anomalies}
        assert AnomalyKind.INSTANCE_AND_CLASS in kinds
    assert [(line.uom, line.used) for line in lineage.mass_balance(as_class).lines] == [("KGM", Decimal(4))]
    assert lineage.mass_balance(TUNA).lines == ()


def test_an_opaque_class_packed_beside_its_namesake_is_an_amount_of_its_own() -> None:
    lineage = lineage_of(
        event(
            "AggregationEvent",
            1,
            action="ADD",
            parentID=BOX,
            childEPCs=[TUNA],
            childQuantityList=[{"epcClass": TUNA, "quantity": 4}],
        ),
        event("AggregationEvent", 2, action="DELETE", parentID=BOX, childEPCs=[TUNA]),
    )
    (left,) = lineage.contents(BOX)
    assert left.child == f"{TUNA}#class"
    assert [str(amount) for _, amount in left.amounts] == ["4"]


def test_an_opaque_class_alone_keeps_its_name_as_it_is() -> None:
    lineage = lineage_of(
        event(
            "TransformationEvent",
            2,
            inputQuantityList=[{"epcClass": TUNA, "quantity": 4, "uom": "KGM"}],
            outputEPCList=[S1],
        ),
    )
    assert reached(lineage.back(S1)) == {TUNA: "certain"}
    assert lineage.state(TUNA).level == "lot"
    assert lineage.history(TUNA).anomalies == ()


def test_before_the_second_use_is_known_there_is_one_node() -> None:
    facts = facts_of(
        event(
            "TransformationEvent",
            1,
            inputQuantityList=[{"epcClass": TUNA, "quantity": 4}],
            outputEPCList=[S1],
        ),
        event("ObjectEvent", 2, action="OBSERVE", epcList=[TUNA]),
    )
    lineage = Lineage(MemoryFacts(facts))
    assert reached(lineage.back(S1, as_of_record_time=0)) == {TUNA: "certain"}
    assert reached(lineage.back(S1)) == {f"{TUNA}#class": "certain"}
    reverse = Lineage(MemoryFacts(facts[::-1]))
    assert reached(reverse.back(S1)) == {f"{TUNA}#class": "certain"}


def test_a_captured_name_that_looks_like_a_class_of_ours_is_its_own_object() -> None:
    lookalike = f"{TUNA}#class"
    lineage = lineage_of(
        event("TransformationEvent", 1, inputEPCList=[lookalike], outputEPCList=[S1]),
        event("ObjectEvent", 2, action="OBSERVE", epcList=[TUNA]),
    )
    assert reached(lineage.forward(lookalike)) == {S1: "certain"}
    assert lineage.history(lookalike).anomalies == ()
    assert reached(lineage.forward(TUNA)) == {}
