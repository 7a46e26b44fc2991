"""A captured event on its way into the log, and on its way out of it again.

`event_statement` fixes at capture all that is decided there (contract 3): the received bytes, the eventID, the
capturing party, the digests. `indexed` reads a log entry back into what the projections need; it recomputes
nothing that was decided.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import orjson

from foundation.epcis import Event, EventType, QuantityElement, event_hash, master_data, read_event, to_json
from foundation.gs1 import Level, canonical_or_opaque, parse
from ledger import Entry, Kind, Statement, erased_position
from trace_api.lineage import Declaration, Fact, Quantity
from trace_api.store.protocol import Erased, Indexed, IndexedEvent, Known, MasterData

__all__ = [
    "Prepared",
    "canonical_party",
    "declaration_digest",
    "erasure_meta",
    "event_statement",
    "indexed",
    "indexed_event",
    "master_data_statement",
    "prepare",
]

PARTY_TYPES = ("owning_party", "possessing_party")
INSTANCE_URNS = ("urn:epc:id:sgtin:", "urn:epc:id:sscc:")
ITEM_LINK = re.compile(r"https://id\.gs1\.org/(?:00/|01/[0-9]{14}/21/)")


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


MAX_CONTEXT = 16 * 1024


class ContextTooLarge(ValueError):
    """A document's @context is kept with every event of it, so it is bounded."""


def kept_context(context: Any) -> Any:
    """A document's @context as it is kept with its events: plain JSON.

    Raises:
        ContextTooLarge: it takes more than 16 KiB of JSON.
    """
    text = _json_text(context)
    if len(text) > MAX_CONTEXT:
        raise ContextTooLarge(f"the @context takes {len(text)} bytes; allowed are {MAX_CONTEXT}")
    return json.loads(text)


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
    return Statement(Kind.MASTER_DATA, _json_text(element), {"party": party, "vocabulary": vocabulary})


def _json_text(value: Any) -> bytes:
    """JSON of a value as it was read, its numbers digit for digit, whatever their length."""
    try:
        return to_json(value)
    except TypeError:  # an integer beyond 64 bits
        return to_json(_with_wide_numbers(value))


def _with_wide_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_wide_numbers(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_wide_numbers(inner) for inner in value]
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


def declaration_digest(event: dict[str, Any]) -> bytes | None:
    """Digest of the errorDeclaration block, which with the eventID is the key of an entry (contract 6)."""
    block = event.get("errorDeclaration")
    return None if block is None else _digest(block)


def _digest(value: Any) -> bytes:
    try:
        text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # an integer beyond 64 bits
        text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    return hashlib.sha256(text).digest()


# -- from the log ---------------------------------------------------------------------------------------


def indexed(entry: Entry) -> Indexed:
    """What a log entry means to the projections; None for kinds that they do not keep and erased bodies."""
    if entry.erased or entry.header.kind not in (Kind.EVENT, Kind.MASTER_DATA, Kind.ERASURE):
        return None
    statement = entry.statement()
    if entry.header.kind is Kind.ERASURE:
        return _erased(erased_position(entry), statement.meta)
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


def erasure_meta(entry: Entry) -> dict[str, Any]:
    """What an erasure keeps of the entry it erases: enough to know the event again should it come back."""
    meta = entry.statement().meta
    kept = ("eventID", "party", "declaration") if entry.header.kind is Kind.EVENT else ()
    return {name: meta[name] for name in kept if name in meta}


def _erased(position: int, meta: Mapping[str, Any]) -> Erased:
    event_id, party, declaration = meta.get("eventID"), meta.get("party"), meta.get("declaration")
    if not isinstance(event_id, str) or not isinstance(party, str):
        return Erased(position)  # of no event, or logged without telling which
    return Erased(position, event_id, party, None if declaration is None else bytes.fromhex(declaration))


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
    uri, fault = canonical_or_opaque(text)
    if fault is not None or text.startswith(INSTANCE_URNS) or (uri == text and ITEM_LINK.match(uri)):
        return uri, False, None  # nearly every EPC; the others are taken apart
    identity = parse(text)
    return uri, identity.level in (Level.CLASS, Level.LOT), identity.lot


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
    identities = [_identity(text) for text in epcs]
    instances = dict.fromkeys([uri for uri, is_class, _ in identities if not is_class])
    return tuple(instances), tuple([Quantity(uri) for uri, is_class, _ in identities if is_class])


def _amounts(elements: Sequence[QuantityElement]) -> tuple[Quantity, ...]:
    return tuple(Quantity(_name(element.epc_class), element.quantity, element.uom) for element in elements)


def _lots(event: Event, epcs: Sequence[str], outputs: Sequence[str]) -> Iterable[tuple[str, str]]:
    """Lot memberships this event asserts (lineage rule 6)."""
    mentioned = (*event.epc_list, *event.child_epcs, *event.input_epc_list, *event.output_epc_list)
    yield from [(uri, carried) for uri, _, carried in map(_identity, mentioned) if carried is not None]
    if event.type == EventType.OBJECT and event.action == "ADD":
        described = epcs
    elif event.type == EventType.TRANSFORMATION:
        described = outputs
    else:
        return
    number = master_data(event.ilmd, "lotNumber") or event.ilmd.get("{https://gs1.org/voc/}hasBatchLotNumber")
    if not isinstance(number, str) or not number:
        return
    lot_of: dict[str, str | None] = {}  # of each GTIN; most often there is only one
    for uri in described:
        item, serial, _ = uri.partition("/21/")
        if not serial or not item.startswith("https://id.gs1.org/01/"):
            continue
        if item not in lot_of:
            named, fault = canonical_or_opaque(f"{item}/10/{quote(number, safe='')}")
            lot_of[item] = named if fault is None else None
        lot = lot_of[item]
        if lot is not None:
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
    element = json.loads(statement.received, parse_float=Decimal)
    attributes: dict[str, str] = {}
    for attribute in element.get("attributes") or ():
        value = attribute.get("attribute")
        text = value if isinstance(value, str) else _json_text(value).decode()
        attributes[_attribute_name(str(attribute.get("id", "")))] = text
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
