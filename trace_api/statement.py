"""A captured event on its way into the log, and on its way out of it again.

`event_statement` fixes at capture all that is decided there (contract 3): the received bytes, the eventID, the
capturing party, the digests. `indexed` reads a log entry back into what the projections need; it recomputes
nothing that was decided.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from foundation.epcis import Event, EventType, QuantityElement, event_hash, master_data, read_event
from foundation.gs1 import Gs1Error, Level, canonical_or_opaque, parse
from ledger import Entry, Kind, Statement
from trace_api.lineage import Declaration, Fact, Quantity
from trace_api.store.protocol import IndexedEvent, Known, MasterData

__all__ = [
    "Prepared",
    "canonical_party",
    "declaration_digest",
    "event_statement",
    "indexed",
    "indexed_event",
    "master_data_statement",
    "prepare",
]

PARTY_TYPES = ("owning_party", "possessing_party")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A valid event with everything that is decided about it before it is appended.

    Attributes:
        event: as read.
        known: its key (eventID, party, declaration) and digests, as the index will keep them.
        statement: what goes into the log.
    """

    event: Event
    known: Known
    statement: Statement


def prepare(
    event: Event, received: bytes, context: Any, party: str, *, ignored: frozenset[str] = frozenset()
) -> Prepared:
    """Decide eventID and digests of a valid event.

    Args:
        event: as read from `received`.
        received: the exact bytes of the event in the captured document.
        context: the document's @context, without which its extensions could not be read again.
        party: canonical identifier of the capturing party.
        ignored: fields that the document wants left out of the hash.
    """
    content_hash = event_hash(event, ignored=ignored)
    event_id = event.event_id or content_hash
    content = json.loads(received, parse_float=str)
    declared = declaration_digest(content)
    for decided_elsewhere in ("recordTime", "eventID", "errorDeclaration"):
        content.pop(decided_elsewhere, None)
    known = Known(-1, event_id, party, content_hash, _digest(content), declared)
    return Prepared(event, known, event_statement(known, received, context))


def event_statement(known: Known, received: bytes, context: Any) -> Statement:
    """The log statement of an event."""
    meta: dict[str, Any] = {
        "eventID": known.event_id,
        "party": known.party,
        "hash": known.content_hash,
        "digest": known.body_digest.hex(),
        "context": context,
    }
    if known.declaration is not None:
        meta["declaration"] = known.declaration.hex()
    return Statement(Kind.EVENT, received, meta)


def master_data_statement(vocabulary: str, element: dict[str, Any], party: str) -> Statement:
    """The log statement of one vocabulary element (EPCIS 2.0 §9.5, epcisMasterData)."""
    body = json.dumps(element, ensure_ascii=False, separators=(",", ":")).encode()
    return Statement(Kind.MASTER_DATA, body, {"party": party, "vocabulary": vocabulary})


def declaration_digest(event: dict[str, Any]) -> bytes | None:
    """Digest of the errorDeclaration block, which with the eventID is the key of an entry (contract 6)."""
    block = event.get("errorDeclaration")
    return None if block is None else _digest(block)


def _digest(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()


# -- from the log ---------------------------------------------------------------------------------------


def indexed(entry: Entry) -> IndexedEvent | MasterData | None:
    """What a log entry means to the event index; None for kinds that it does not keep and erased bodies."""
    if entry.erased or entry.header.kind not in (Kind.EVENT, Kind.MASTER_DATA):
        return None
    statement = entry.statement()
    if entry.header.kind is Kind.MASTER_DATA:
        return _master_data(entry.position, statement)
    meta = statement.meta
    event = read_event(statement.received, meta["context"])
    known = Known(
        entry.position,
        meta["eventID"],
        meta["party"],
        meta["hash"],
        bytes.fromhex(meta["digest"]),
        bytes.fromhex(meta["declaration"]) if "declaration" in meta else None,
    )
    return _row(event, known, entry.position, entry.header.record_time)


def indexed_event(prepared: Prepared, position: int, record_time: int) -> IndexedEvent:
    """The same as `indexed` gives for the entry that was just appended, without reading it back."""
    return _row(prepared.event, prepared.known, position, record_time)


def _row(event: Event, known: Known, position: int, record_time: int) -> IndexedEvent:
    fact = fact_of(event, known, position=position, record_time=record_time)
    transfer = (*fact.sources, *fact.destinations)
    named = tuple(dict.fromkeys(party for kind, party in transfer if kind in PARTY_TYPES))
    return IndexedEvent(fact, tuple(_attributes(event, fact)), named)


def fact_of(event: Event, known: Known, *, position: int, record_time: int) -> Fact:
    """The lineage's view of an event: identifiers canonical, classes apart from instances."""
    epcs, more = _instances(event.epc_list or event.child_epcs)
    inputs, more_inputs = _instances(event.input_epc_list)
    outputs, more_outputs = _instances(event.output_epc_list)
    declared = event.error_declaration
    persistent = event.persistent_disposition
    return Fact(
        position=position,
        event_id=known.event_id,
        id_given=event.event_id is not None,
        content_hash=known.content_hash,
        body_digest=known.body_digest,
        party=known.party,
        record_time=record_time,
        event_time=event.event_time,
        type=str(event.type),
        action=None if event.action is None else str(event.action),
        parent=None if event.parent_id is None else _name(event.parent_id),
        epcs=epcs,
        quantities=(*_amounts(event.quantity_list or event.child_quantity_list), *more),
        inputs=inputs,
        input_quantities=(*_amounts(event.input_quantity_list), *more_inputs),
        outputs=outputs,
        output_quantities=(*_amounts(event.output_quantity_list), *more_outputs),
        transformation_id=event.transformation_id,
        lots=tuple(dict.fromkeys(_lots(event, epcs, outputs))),
        biz_step=event.biz_step,
        disposition=event.disposition,
        persistent_set=() if persistent is None else tuple(persistent.set),
        persistent_unset=() if persistent is None else tuple(persistent.unset),
        read_point=None if event.read_point is None else _name(event.read_point),
        biz_location=None if event.biz_location is None else _name(event.biz_location),
        sources=tuple((source.type, _name(source.id)) for source in event.sources),
        destinations=tuple((destination.type, _name(destination.id)) for destination in event.destinations),
        declaration=None
        if declared is None or known.declaration is None
        else Declaration(
            known.declaration,
            declared.declaration_time,
            declared.reason,
            tuple(declared.corrective_event_ids),
        ),
    )


@lru_cache(maxsize=200_000)
def _identity(text: str) -> tuple[str, bool, str | None]:
    """(canonical form, is a class or lot, lot that the identifier carried beside its serial)."""
    try:
        identity = parse(text)
    except Gs1Error:
        return canonical_or_opaque(text)[0], False, None
    return identity.uri, identity.level in (Level.CLASS, Level.LOT), identity.lot


def _name(text: str) -> str:
    return canonical_or_opaque(text)[0]


def canonical_party(text: str) -> str:
    """The canonical form of a party identifier: PGLN and GLN in any spelling give the 417 Digital Link.

    >>> canonical_party("urn:epc:id:pgln:4012345.00001")
    'https://id.gs1.org/417/4012345000016'
    """
    return _name(text)


def _instances(epcs: Sequence[str]) -> tuple[tuple[str, ...], tuple[Quantity, ...]]:
    """Instances of a list; a class among them is treated as the class it is (lineage rule 3)."""
    instances: dict[str, None] = {}
    classes: list[Quantity] = []
    for text in epcs:
        uri, is_class, _ = _identity(text)
        if is_class:
            classes.append(Quantity(uri, None, None))
        else:
            instances[uri] = None
    return tuple(instances), tuple(classes)


def _amounts(elements: Sequence[QuantityElement]) -> tuple[Quantity, ...]:
    return tuple(Quantity(_name(element.epc_class), element.quantity, element.uom) for element in elements)


def _lots(event: Event, epcs: Sequence[str], outputs: Sequence[str]) -> Iterable[tuple[str, str]]:
    """Lot memberships this event asserts (lineage rule 6)."""
    for text in (*event.epc_list, *event.child_epcs, *event.input_epc_list, *event.output_epc_list):
        uri, _, lot = _identity(text)
        if lot is not None:
            yield uri, lot
    if event.type == EventType.OBJECT and event.action == "ADD":
        described = epcs
    elif event.type == EventType.TRANSFORMATION:
        described = outputs
    else:
        return
    number = master_data(event.ilmd, "lotNumber") or event.ilmd.get("{https://gs1.org/voc/}hasBatchLotNumber")
    if not isinstance(number, str) or not number:
        return
    for uri in described:
        item, serial, _ = uri.partition("/21/")
        if serial and item.startswith("https://id.gs1.org/01/"):
            lot, fault = canonical_or_opaque(f"{item}/10/{quote(number, safe='')}")
            if fault is None:
                yield uri, lot


def _attributes(event: Event, fact: Fact) -> Iterable[tuple[str, str]]:
    """Named values that queries ask for beyond the columns."""
    for transaction in event.biz_transactions:
        yield f"bizTransaction:{transaction.type or ''}", transaction.id
    for kind, party in fact.sources:
        yield f"source:{kind}", party
    for kind, party in fact.destinations:
        yield f"destination:{kind}", party
    for word in fact.persistent_set:
        yield "persistentDisposition:set", word
    for word in fact.persistent_unset:
        yield "persistentDisposition:unset", word
    if fact.declaration is not None:
        if fact.declaration.reason is not None:
            yield "errorReason", fact.declaration.reason
        for event_id in fact.declaration.corrective_event_ids:
            yield "correctiveEventID", event_id


def _master_data(position: int, statement: Statement) -> MasterData:
    element = json.loads(statement.received)
    attributes: dict[str, Any] = {}
    for attribute in element.get("attributes") or ():
        attributes[_attribute_name(str(attribute.get("id", "")))] = attribute.get("attribute")
    meta = statement.meta
    return MasterData(
        position, meta["party"], meta["vocabulary"], _name(str(element.get("id", ""))), attributes
    )


def _attribute_name(text: str) -> str:
    """CBV attribute names in any spelling give their bare word; others stay whole (CBV 2.0 §9)."""
    for prefix in ("urn:epcglobal:cbv:mda#", "urn:epcglobal:cbv:mda:", "cbvmda:", "https://ref.gs1.org/cbv/"):
        if text.startswith(prefix):
            return text[len(prefix) :]
    return text
