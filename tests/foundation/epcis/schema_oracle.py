"""The official JSON schema as oracle, and the named places where our verdict differs on purpose."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from foundation.epcis import EpcisError, Issue, read_json

STRICTER = {
    "a quantity that is not above zero": ("a quantity must be above zero", "QuantityElement"),
    "one serialised item as a class": ("is one serialised item", "QuantityElement"),
    "an aggregation without its parent": ("parentID is missing; only action OBSERVE", "AggregationEvent"),
    "persistentDisposition on the event types that the schema forgot": ("", "persistentDisposition"),
    "a year in which nobody captured events": ("the year must lie between", ""),
}
"""Where the schema accepts and we refuse: what our message says, where it points or which rule it cites."""


def verdict(data: bytes) -> tuple[bool, list[Issue]]:
    """Whether we accept every event of a document, and all issues."""
    try:
        document = read_json(data)
    except EpcisError as error:
        return False, list(error.issues)
    issues = [issue for captured in document.events for issue in captured.issues]
    return all(captured.event is not None for captured in document.events), issues


def is_deliberate(issue: Issue) -> bool:
    """Whether an error is one that we report and the schema does not."""
    return any(
        message in issue.message and (place in issue.rule or place in issue.pointer)
        for message, place in STRICTER.values()
    )


def documents(shared: Path) -> list[Path]:
    """Every JSON document of the external material."""
    root = shared / "epcis"
    folders = ("documents/2.0/EPCIS/JSON", "fsma204/epcis", "seafood", "hash")
    return sorted(
        path
        for folder in folders
        for path in (root / folder).rglob("*.json*")
        if path.name != "expected.json"
    )


VALUES: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    1,
    1.5,
    "",
    " ",
    "x",
    "shipping",
    "in_transit",
    "po",
    "location",
    "ADD",
    "OBSERVE",
    "DELETE",
    "observe",
    "KGM",
    "kg",
    "Temperature",
    "+02:00",
    "+2:00",
    "2020-02-30T00:00:00Z",
    "2021-01-01T00:00:00Z",
    "2021-01-01T00:00:00",
    "0001-01-01T00:00:00Z",
    "ex:y",
    "urn:epcglobal:cbv:bizstep:shipping",
    "https://ref.gs1.org/cbv/BizStep-shipping",
    "https://gs1.org/voc/Temperature",
    "https://ns.gs1.org/cbv/Disp-x",
    "http://a b/",
    "urn:epc:id:sgtin:4012345.011111.9876",
    "https://id.gs1.org/01/04012345111118/21/9876",
    "ObjectEvent",
    "AggregationEvent",
    "TransactionEvent",
    "TransformationEvent",
    "AssociationEvent",
    "EPCISDocument",
    "EPCISQueryDocument",
    "example:OwnEvent",
    [],
    {},
    [[]],
    [{}],
    [1],
    ["x"],
    ["ex:y"],
    ["ex:y", "ex:y"],
    [None],
    {"x": 1},
    {"id": "ex:y"},
    {"id": 5},
    {"set": ["recalled"]},
    {"set": []},
    {"unset": 1},
    {"ex:y": {"deep": [1, {"er": None}]}},
    [{"epcClass": "ex:y"}],
    [{"epcClass": "ex:y", "quantity": 0}],
    [{"epcClass": "urn:epc:id:sgtin:4012345.011111.9876"}],
    [{"sensorReport": [{"type": "Temperature"}]}],
]
NAMES = [
    "foo", "ex:foo", "epcList", "childEPCs", "parentID", "quantityList", "childQuantityList",
    "inputEPCList", "outputQuantityList", "transformationID", "ilmd", "action", "bizStep", "disposition",
    "persistentDisposition", "readPoint", "sourceList", "uom", "value", "sensorElementList",
    "errorDeclaration", "certificationInfo", "recordTime", "eventID", "@context", "type", "id", "reason",
    "sender", "epcisHeader", "creationDate", "a b", "",
]  # fmt: skip


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) of a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in list(inner):
        yield value, key
        yield from _places(item)


def mutated(value: Any, chance: random.Random) -> Any:
    """A copy with one random change: a member deleted, replaced, added, renamed or repeated."""
    changed = copy.deepcopy(value)
    container, key = chance.choice(list(_places(changed)))
    action = chance.randrange(5)
    if action == 0:
        del container[key]
    elif action == 1:
        container[key] = copy.deepcopy(chance.choice(VALUES))
    elif action == 2 and isinstance(container, dict):
        container[chance.choice(NAMES)] = copy.deepcopy(chance.choice(VALUES))
    elif action == 3 and isinstance(container, dict):
        container[chance.choice(NAMES)] = container.pop(key)
    elif isinstance(container, list):
        container.append(copy.deepcopy(container[key]))
    else:
        container[key] = copy.deepcopy(chance.choice(VALUES))
    return changed


def as_the_schema_takes_it(value: Any) -> Any:
    """A document without what the schema refuses and we deliberately do not: a query document's header (the XML
    schema has it), and remarks around the events (`_comment…`: real documents carry them)."""
    if not isinstance(value, dict) or value.get("type") not in ("EPCISDocument", "EPCISQueryDocument"):
        return value
    left_out = {name for name in value if name.startswith("_") and ":" not in name}
    if value["type"] == "EPCISQueryDocument":
        left_out.add("epcisHeader")
    return {name: item for name, item in value.items() if name not in left_out}


def load(path: Path) -> Any:
    return json.loads(path.read_bytes())


def dump(value: Any) -> bytes:
    return orjson.dumps(value)
