"""What the public's pages are told, gathered from lineage, master data, party register and log.

Here the wiring room decides what a stranger may see: the product, the places and times of its way, who made it
and whether the number was theirs to give, recalls and sales; no quantities, no documents, and of the parties
only the names of those that handled it.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import date
from urllib.parse import quote

from foundation.access import Party, Role
from foundation.epcis import Event, master_data, read_event
from foundation.gs1 import Identity, Level
from foundation.web import Text, same
from public_query import (
    Anomaly,
    AnomalyKind,
    ChainStep,
    Commissioning,
    Origin,
    Product,
    ProductEvidence,
    Proof,
    Recall,
    Sale,
    SaleKind,
)
from trace_api import TraceService
from trace_api.lineage import AnomalyKind as Contradiction
from trace_api.lineage import EdgeKind, EventRef, Fact, Lineage, Quantity, TraceAnswer, TraceLimits

__all__ = ["PublicEvidence"]

# Contradictions of the lineage that speak for a copied code; the others are bookkeeping and not the public's.
SPEAKS_FOR_A_COPY = {
    Contradiction.SUSPECTED_CLONE: AnomalyKind.TWO_PLACES,
    Contradiction.SEEN_AFTER_END: AnomalyKind.SEEN_AFTER_END,
}
SALES = {
    "retail_selling": SaleKind.SOLD,
    "retail_sold": SaleKind.SOLD,
    "dispensing": SaleKind.DISPENSED,
    "dispensed": SaleKind.DISPENSED,
}
LABELS = {
    "netContent": Text(zh="净含量", en="Net content"),
    "storageHandling": Text(zh="储存条件", en="Storage"),
    "registration": Text(zh="批准文号", en="Registration"),
    "countryOfOrigin": Text(zh="原产国", en="Country of origin"),
    "regulatedProductName": Text(zh="通用名", en="Regulated name"),
}
ORIGIN_LIMITS = TraceLimits(depth=30, nodes=2000, events=5000)
MOST_ORIGINS = 30


class PublicEvidence:
    """Fills `public_query.Evidence` from one node."""

    def __init__(self, service: TraceService, base_url: str) -> None:
        self._service = service
        self._base_url = base_url

    def evidence(self, identity: Identity) -> ProductEvidence:
        """All that is publicly known about one identity now."""
        lineage = self._service.lineage()
        uri = identity.uri
        product_uri = identity.class_uri or uri
        item = identity.level is Level.INSTANCE
        found = lineage.history(uri) if identity.level in (Level.INSTANCE, Level.LOT) else None
        events = [event for event in found.events if _stands(event)] if found else []
        if identity.level is Level.LOT:
            events = self._of_the_lot(events, uri)
        own = [event for event in events if event.inherited_from is None]
        makers = [event for event in own if self._makes(event, uri)]
        lot_uri = self._lot(uri) if item else (uri if identity.level is Level.LOT else None)
        described = self._described(makers, lot_uri)
        return ProductEvidence(
            identity=identity,
            checked_at=self._service.clock(),
            product=self._product(product_uri),
            producer=self._producer(product_uri),
            lot=None if lot_uri is None else lot_uri.rpartition("/10/")[2] or None,
            lot_uri=lot_uri,
            serial=identity.serial,
            production_date=_date(described, "productionDate"),
            expiry_date=_date(described, "itemExpirationDate"),
            best_before=_date(described, "bestBeforeDate"),
            commissionings=tuple(self._commissioning(event, uri) for event in makers),
            recalls=tuple(self._recalls(lineage, [uri, *([lot_uri] if item and lot_uri else [])])),
            sales=tuple(_sales(own)) if item else (),
            anomalies=tuple(_anomalies(found, makers, own)) if found and item else (),
            chain=tuple(self._step(event) for event in events),
            origins=tuple(self._origins(lineage.back(uri, limits=ORIGIN_LIMITS))) if found else (),
            proof=self._proof(uri, makers),
        )

    # -- what was stated ----------------------------------------------------------------------------

    def _makes(self, event: EventRef, uri: str) -> bool:
        """Whether an event brings the identity into being: commissioning, or the output of a transformation."""
        if event.type == "ObjectEvent":
            return event.action == "ADD"
        fact = self._fact(event)
        if event.type != "TransformationEvent" or fact is None:
            return False
        return uri in fact.outputs or any(quantity.epc_class == uri for quantity in fact.output_quantities)

    def _of_the_lot(self, events: list[EventRef], lot: str) -> list[EventRef]:
        """What happened to a lot as such; the making of its items only where nothing else tells of the lot."""
        named = [event for event in events if event.inherited_from is not None or self._names(event, lot)]
        return named or events[:1]

    def _names(self, event: EventRef, uri: str) -> bool:
        """Whether an event names a class itself, rather than through the items it puts into it."""
        fact = self._fact(event)
        listed = () if fact is None else (*fact.quantities, *fact.input_quantities, *fact.output_quantities)
        return any(quantity.epc_class == uri for quantity in listed)

    def _fact(self, event: EventRef) -> Fact | None:
        return None if event.position is None else self._service.index.fact(event.position)

    def _lot(self, uri: str) -> str | None:
        """The lot that the item's own maker states; a stranger's statement of another lot does not count."""
        stated = [
            (fact, lot)
            for fact in self._service.index.facts.of_object(uri)
            for instance, lot in fact.lots
            if instance == uri and fact.declaration is None
        ]
        owner = self._service.register.owner_of(uri)
        stated.sort(key=lambda pair: (owner is None or pair[0].party != owner.id, pair[0].event_time))
        return stated[0][1] if stated else None

    def _described(self, makers: Iterable[EventRef], lot_uri: str | None) -> list[Event]:
        """The events whose ILMD describes the item: its making, and that of its lot."""
        positions = [event.position for event in makers if event.position is not None]
        if lot_uri is not None:
            facts = self._service.index.facts.of_object(lot_uri)
            positions += [fact.position for fact in facts if any(q.epc_class == lot_uri for q in _made(fact))]
        events = []
        for position in dict.fromkeys(positions):
            entry = self._service.log.entry(position)
            if not entry.erased:
                statement = entry.statement()
                events.append(read_event(statement.received, statement.meta["context"]))
        return events

    def _commissioning(self, event: EventRef, uri: str) -> Commissioning:
        owner = self._service.register.owner_of(uri)
        return Commissioning(
            event_id=event.event_id or "",
            time=event.event_time or 0,
            party=self._party_name(event.party),
            owner_of_prefix=owner is not None and owner.id == event.party,
        )

    def _recalls(self, lineage: Lineage, uris: list[str]) -> Iterable[Recall]:
        """Recalls that stand, stated by the owner of the number or by an authority; nobody else can recall."""
        for uri in uris:
            if "recalled" not in {*_said(lineage, uri)}:
                continue
            facts = self._service.index.facts.of_object(uri)
            for fact in sorted(facts, key=lambda stated: -stated.event_time):
                says = fact.disposition == "recalled" or "recalled" in fact.persistent_set
                if says and fact.declaration is None and self._may_recall(fact.party, uri):
                    yield Recall(
                        event_id=fact.event_id,
                        time=fact.event_time,
                        issuer=self._party_name(fact.party),
                        reason=Text(zh="该批次已被召回", en="This lot is recalled")
                        if "/10/" in uri
                        else Text(zh="该产品已被召回", en="This item is recalled"),
                        advice=Text(
                            zh="请勿使用，保留产品并联系购买处或生产企业。",
                            en="Do not use it. Keep it, and contact the shop or the producer.",
                        ),
                    )
                    break

    def _may_recall(self, party_id: str, uri: str) -> bool:
        owner = self._service.register.owner_of(uri)
        if owner is not None and owner.id == party_id:
            return True
        party = self._service.register.party(party_id)
        return party is not None and Role.regulator in party.roles

    # -- names --------------------------------------------------------------------------------------

    def _stated(self, uri: str) -> dict[str, str]:
        """Master data of an identifier: the owner's word before anyone else's, newer before older."""
        owner = self._service.register.owner_of(uri)
        statements = self._service.index.master_data(uri)
        statements.sort(key=lambda stated: (owner is not None and stated.party == owner.id, stated.position))
        merged: dict[str, str] = {}
        for statement in statements:
            merged.update({k: v for k, v in statement.attributes.items() if isinstance(v, str) and v})
        return merged

    def _product(self, uri: str) -> Product | None:
        stated = self._stated(uri)
        name = stated.get("descriptionShort") or stated.get("regulatedProductName")
        if not name:
            return None
        brand = stated.get("brandName")
        return Product(
            name=Text(zh=stated.get("suyuan:descriptionShortZh", name), en=name),
            brand=Text(zh=stated.get("suyuan:brandNameZh", brand), en=brand) if brand else None,
            attributes=tuple((LABELS[key], _both(value)) for key, value in stated.items() if key in LABELS),
        )

    def _producer(self, uri: str) -> Text | None:
        owner = self._service.register.owner_of(uri)
        return None if owner is None else _name_of(owner)

    def _party_name(self, party_id: str | None) -> Text:
        party = None if party_id is None else self._service.register.party(party_id)
        return Text(zh="未登记的参与方", en="An unregistered party") if party is None else _name_of(party)

    def _place(self, uri: str | None) -> tuple[Text | None, Text | None]:
        stated = {} if uri is None else self._stated(uri)
        name, city = stated.get("name"), stated.get("city")
        return (
            Text(zh=stated.get("suyuan:nameZh", name), en=name) if name else None,
            Text(zh=stated.get("suyuan:cityZh", city), en=city) if city else None,
        )

    # -- the way, the origins, the proof ------------------------------------------------------------

    def _step(self, event: EventRef) -> ChainStep:
        place, city = self._place(event.biz_location or event.read_point)
        return ChainStep(
            time=event.event_time or 0,
            step=event.biz_step or event.type or "",
            event_id=event.event_id or "",
            place=place,
            city=city,
            party=self._party_name(event.party),
            in_container=event.inherited_from is not None,
            position=event.position,
        )

    def _origins(self, trace: TraceAnswer) -> Iterable[Origin]:
        """The lots at the beginning: used in a transformation, and the output of none."""
        made = {uri for edge in trace.edges if edge.kind is EdgeKind.TRANSFORMATION for uri in edge.targets}
        used = {uri for edge in trace.edges if edge.kind is EdgeKind.TRANSFORMATION for uri in edge.sources}
        for uri in sorted(used - made)[:MOST_ORIGINS]:
            facts = sorted(self._service.index.facts.of_object(uri), key=lambda fact: fact.event_time)
            place, city = self._place(next((f.biz_location for f in facts if f.biz_location), None))
            product_uri, _, lot = uri.partition("/10/")
            product = self._product(product_uri) if lot else self._product(uri)
            yield Origin(name=product.name if product else same(uri), lot=lot or None, place=place, city=city)

    def _proof(self, uri: str, makers: list[EventRef]) -> Proof | None:
        position = next((event.position for event in makers if event.position is not None), None)
        if position is None:
            return None
        log = self._service.log
        size = log.size
        return Proof(
            position=position,
            origin=log.origin,
            size=size,
            root_hash=base64.b64encode(log.root(size)).decode(),
            url=f"{self._base_url}/verify/proof?id={quote(uri, safe='')}",
            record_time=log.entry(position).header.record_time,
        )

    def proof_position(self, identity: Identity) -> int | None:
        """Where the log states the making of an item or lot, None where it does not."""
        found = self._service.lineage().history(identity.uri)
        events = [event for event in found.events if _stands(event) and event.inherited_from is None]
        if identity.level is Level.LOT:
            events = self._of_the_lot(events, identity.uri)
        makers = [event for event in events if self._makes(event, identity.uri)]
        return next((event.position for event in makers if event.position is not None), None)


def _stands(event: EventRef) -> bool:
    """Whether an event states anything: it is neither void nor an error declaration."""
    return not (event.void or event.declares_error or event.hidden)


def _said(lineage: Lineage, uri: str) -> Iterable[str]:
    state = lineage.state(uri)
    yield from state.persistent_dispositions
    if state.disposition is not None:
        yield state.disposition


def _made(fact: Fact) -> tuple[Quantity, ...]:
    if fact.type == "ObjectEvent" and fact.action == "ADD":
        return fact.quantities
    return fact.output_quantities


def _sales(own: Iterable[EventRef]) -> Iterable[Sale]:
    """Sales and dispensings that no later return took back, oldest first."""
    standing: list[Sale] = []
    for event in own:
        kind = SALES.get(event.biz_step or "") or SALES.get(event.disposition or "")
        if kind is not None:
            standing.append(Sale(event.event_id or "", event.event_time or 0, kind))
        elif event.biz_step == "returning" or event.disposition == "returned":
            standing.clear()
    return standing


def _anomalies(found: TraceAnswer, makers: list[EventRef], own: list[EventRef]) -> Iterable[Anomaly]:
    times = {event.event_id: event.event_time or 0 for event in found.events}
    for contradiction in found.anomalies:
        kind = SPEAKS_FOR_A_COPY.get(contradiction.kind)
        if kind is not None:
            known = [times[event_id] for event_id in contradiction.event_ids if event_id in times]
            yield Anomaly(kind, max(known, default=0), contradiction.event_ids)
    commissioned = [event for event in makers if event.type == "ObjectEvent"]
    if len(commissioned) > 1:
        ids = tuple(event.event_id or "" for event in commissioned)
        yield Anomaly(AnomalyKind.DOUBLE_COMMISSIONING, commissioned[-1].event_time or 0, ids)
    if makers:
        begin = min(event.event_time or 0 for event in makers)
        early = [event for event in own if (event.event_time or 0) < begin]
        if early:
            ids = tuple(event.event_id or "" for event in early)
            yield Anomaly(AnomalyKind.SEEN_BEFORE_START, early[0].event_time or 0, ids)


def _date(events: Iterable[Event], attribute: str) -> date | None:
    """The first date that one of the events states for an ILMD attribute."""
    for event in events:
        value = master_data(event.ilmd, attribute)
        if isinstance(value, str):
            try:
                return date.fromisoformat(value[:10])
            except ValueError:
                continue
    return None


def _both(value: str) -> Text:
    """`English / 中文` gives each language its own; anything else is the same in both."""
    english, slash, chinese = value.partition(" / ")
    return Text(zh=chinese, en=english) if slash else same(value)


def _name_of(party: Party) -> Text:
    return Text(zh=party.name_zh or party.name, en=party.name)
