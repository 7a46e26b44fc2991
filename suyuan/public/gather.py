"""What the public's pages are told, gathered from lineage, master data, party register and log.

Here the wiring room decides what a stranger may see: the product, the places and times of its way, who made it
and whether the number was theirs to give, recalls and sales; no quantities, no documents, and nothing of shipping
units and other things that are no products. Who may say what is decided in `trust`.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from urllib.parse import quote

from foundation.epcis import Event, read_event
from foundation.gs1 import Identity, Level
from foundation.web import Text, same
from public_query import (
    MOST_STEPS,
    ChainStep,
    Commissioning,
    Dispute,
    DisputeKind,
    Origin,
    ProductEvidence,
    Proof,
    Recall,
    Site,
    Subject,
    subject_of,
)
from suyuan.public.names import Names, lot_number
from suyuan.public.statements import (
    anomalies,
    end_of,
    first_date,
    lot_of,
    makes,
    names_class,
    recall_of,
    sales,
    stands,
)
from suyuan.public.trust import MOST_FACTS, Chain, PublicFacts
from trace_api import TraceService
from trace_api.lineage import EdgeKind, EventRef, Fact, Lineage, TraceLimits
from trace_api.query import Role as In
from trace_api.store import IndexedFacts

__all__ = ["PublicEvidence"]

MOST_ORIGINS = 30
ORIGIN_LIMITS = TraceLimits(depth=30, nodes=500, events=1000)
CLASS_ROLES = (In.QUANTITY, In.INPUT_QUANTITY, In.OUTPUT_QUANTITY)


class PublicEvidence:
    """Fills `public_query.Evidence` from one node.

    Args:
        service: the node.
        base_url: its public address.
    """

    def __init__(self, service: TraceService, base_url: str) -> None:
        self._service = service
        self._base_url = base_url
        self._names = Names(service.index, service.register)

    def version(self) -> int:
        """The log position that answers rest on now."""
        return self._service.index.position

    def evidence(self, identity: Identity) -> ProductEvidence:
        """All that is publicly known about one identity now, from one state of the index."""
        with self._service.reading():
            return self._evidence(identity)

    def _evidence(self, identity: Identity) -> ProductEvidence:
        if identity.level in (Level.PLACE, Level.PARTY):
            return self._place_or_party(identity)
        if subject_of(identity) is not Subject.PRODUCT:
            return ProductEvidence(identity=identity, checked_at=self._service.clock())
        story = self._story(identity)
        uri, item = identity.uri, identity.level is Level.INSTANCE
        lot_uri = uri if identity.level is Level.LOT else None
        if item:
            lot_uri = lot_of(story.facts(story.own), uri, story.chain.owner)
        product_uri = identity.class_uri or uri
        described = self._described(story, lot_uri)
        shown = story.events[-MOST_STEPS:]
        return ProductEvidence(
            identity=identity,
            checked_at=self._service.clock(),
            product=self._names.product(product_uri, story.maker),
            producer=self._names.producer(product_uri),
            lot=lot_number(lot_uri),
            lot_uri=lot_uri,
            serial=identity.serial,
            production_date=first_date(described, "productionDate"),
            expiry_date=first_date(described, "itemExpirationDate"),
            best_before=first_date(described, "bestBeforeDate"),
            commissionings=tuple(self._commissioning(event, story) for event in story.makers),
            recalls=tuple(self._recalls(uri, lot_uri, product_uri)),
            sales=sales(story.own, story.may_take_back) if item else (),
            ended=end_of(story.own_of_chain, story.fact, uri) if item else None,
            anomalies=story.anomalies if item else (),
            disputed=tuple(story.disputes(self._service.clock())),
            chain=tuple(self._step(event) for event in shown),
            chain_left_out=len(story.events) - len(shown) + story.unread,
            origins=tuple(self._origins(story)),
            proof=self._proof(story),
        )

    def proof_position(self, identity: Identity) -> int | None:
        """Where the log states the making of an item or lot, None where it does not."""
        if subject_of(identity) is not Subject.PRODUCT or identity.level not in (Level.INSTANCE, Level.LOT):
            return None
        with self._service.reading():
            return self._making(self._story(identity))

    def _story(self, identity: Identity) -> Story:
        known = self._service.index.facts
        return Story(known, Chain(known, self._service.register, identity.uri), identity)

    def _place_or_party(self, identity: Identity) -> ProductEvidence:
        """Places and parties as their owner names them; a party of the register is named there."""
        name, city = self._names.place(identity.uri)
        if name is None and self._service.register.party(identity.uri) is not None:
            name = self._names.party(identity.uri)
        site = None if name is None else Site(name, city)
        return ProductEvidence(identity=identity, checked_at=self._service.clock(), site=site)

    # -- parts --------------------------------------------------------------------------------------

    def _described(self, story: Story, lot_uri: str | None) -> list[Event]:
        """The events whose ILMD describes it: its making, then that of its lot, by the owner of the number."""
        facts = [fact for fact in story.facts(story.makers) if story.chain.owner in (None, fact.party)]
        if lot_uri is not None and lot_uri != story.uri:
            about, _ = self._service.index.facts.some_of_object(lot_uri, MOST_FACTS, roles=CLASS_ROLES)
            made = [
                fact for fact in about if makes(fact, lot_uri) and story.chain.owner in (None, fact.party)
            ]
            facts += self._live(lot_uri, made) if made else []
        events = []
        for position in dict.fromkeys(fact.position for fact in facts):
            entry = self._service.log.entry(position)
            if not entry.erased:
                statement = entry.statement()
                events.append(read_event(statement.received, statement.meta["context"]))
        return events

    def _live(self, uri: str, facts: list[Fact]) -> list[Fact]:
        """Those of the statements about a class that were not declared errors, in world order."""
        wanted = {fact.position for fact in facts}
        only = PublicFacts(
            self._service.index.facts, uri, lambda fact: fact.position in wanted or bool(fact.declaration)
        )
        history = Lineage(only).history(uri)
        positions = [event.position for event in history.events if stands(event) and event.position in wanted]
        return self._service.index.facts.at([position for position in positions if position is not None])

    def _commissioning(self, event: EventRef, story: Story) -> Commissioning:
        return Commissioning(
            event_id=event.event_id or "",
            time=event.event_time or 0,
            party=self._names.party(event.party),
            owner_of_prefix=story.chain.owner is not None and event.party == story.chain.owner,
        )

    def _recalls(self, uri: str, lot_uri: str | None, product_uri: str) -> Iterable[Recall]:
        """Recalls of the item, its lot or its product that stand, by the owner of the number or an authority."""
        index, register = self._service.index.facts, self._service.register
        for one in dict.fromkeys(one for one in (uri, lot_uri, product_uri) if one is not None):
            chain = Chain(index, register, one, alone=True)
            roles = () if one == uri and "/21/" in uri else CLASS_ROLES
            about, _ = index.some_of_object(one, MOST_FACTS, roles=roles)
            speaks = [
                f for f in about if chain.is_of_chain(f.party) and chain.counts(f) and not f.declaration
            ]
            fact = recall_of(self._live(one, speaks)) if speaks else None
            if fact is not None:
                yield Recall(
                    event_id=fact.event_id,
                    time=fact.event_time,
                    issuer=self._names.party(fact.party),
                    reason=REASONS["item" if "/21/" in one else "lot" if "/10/" in one else "product"],
                    advice=ADVICE,
                )

    def _step(self, event: EventRef) -> ChainStep:
        place, city = self._names.place(event.biz_location or event.read_point, event.party)
        return ChainStep(
            time=event.event_time or 0,
            step=event.biz_step or event.type or "",
            event_id=event.event_id or "",
            place=place,
            city=city,
            party=self._names.party(event.party),
            in_container=event.inherited_from is not None,
            position=event.position,
        )

    def _origins(self, story: Story) -> Iterable[Origin]:
        """The lots at the beginning: used in a transformation that counts, and the output of none."""
        trace = story.lineage.back(story.uri, limits=ORIGIN_LIMITS)
        edges = [edge for edge in trace.edges if edge.kind is EdgeKind.TRANSFORMATION]
        made = {uri for edge in edges for uri in edge.targets}
        used = {uri for edge in edges for uri in edge.sources}
        for uri in sorted(used - made)[:MOST_ORIGINS]:
            about, _ = self._service.index.facts.some_of_object(uri, 50, roles=CLASS_ROLES)
            making = next((fact for fact in about if makes(fact, uri)), None)
            speaker = None if making is None else making.party
            place, city = self._names.place(None if making is None else making.biz_location, speaker)
            product_uri, _, lot = uri.partition("/10/")
            product = self._names.product(product_uri if lot else uri, speaker)
            yield Origin(
                product.name if product else same(uri), lot_number(uri) if lot else None, place, city
            )

    def _making(self, story: Story) -> int | None:
        """Where the making stands in the log, the owner's statement before any other; erased ones prove nothing."""
        facts = sorted(story.facts(story.makers), key=lambda fact: fact.party != story.chain.owner)
        return next((f.position for f in facts if not self._service.log.entry(f.position).erased), None)

    def _proof(self, story: Story) -> Proof | None:
        position = self._making(story)
        if position is None:
            return None
        log = self._service.log
        size = log.size
        return Proof(
            position=position,
            origin=log.origin,
            size=size,
            root_hash=base64.b64encode(log.root(size)).decode(),
            url=f"{self._base_url}/verify/proof?id={quote(story.uri, safe='')}",
            record_time=log.entry(position).header.record_time,
        )


class Story:
    """What counts of one identity's history.

    Attributes:
        events: in world order, each standing and by a party of the chain, or a sale.
        own: those that name the identity itself.
        makers: those that bring it into being; the owner's alone where there are any.
    """

    def __init__(self, known: IndexedFacts, chain: Chain, identity: Identity) -> None:
        self.uri = identity.uri
        self.chain = chain
        self._known = known
        self._counting = chain.facts()
        self.lineage = Lineage(self._counting)
        history = self.lineage.history(self.uri)
        standing = [event for event in history.events if stands(event)]
        if identity.level is Level.LOT:
            standing = self._of_the_lot(standing)
        self.events = [event for event in standing if self._is_shown(event)]
        self._sightings = len(standing) - len(self.events)
        self.own = [event for event in standing if event.inherited_from is None]
        self.own_of_chain = [event for event in self.own if self._is_shown(event)]
        made = [e for e in self.own if (fact := self.fact(e)) is not None and makes(fact, self.uri)]
        by_owner = [event for event in made if event.party == chain.owner]
        self.makers = by_owner or made
        self.maker = self.makers[0].party if self.makers else None
        times = {event.event_id: event.event_time or 0 for event in history.events}
        self.anomalies = anomalies(history.anomalies, times, self.makers, self.own_of_chain)

    @property
    def unread(self) -> int:
        """Events that were too many to read."""
        return self._counting.unread

    def fact(self, event: EventRef) -> Fact | None:
        """The statement behind an event."""
        found = [] if event.position is None else self._known.at([event.position])
        return found[0] if found else None

    def facts(self, events: Iterable[EventRef]) -> list[Fact]:
        """The statements behind events, in their order."""
        return [fact for event in events if (fact := self.fact(event)) is not None]

    def may_take_back(self, returner: str | None, seller: str | None) -> bool:
        """A return counts where the seller or the chain states it."""
        return returner == seller or (returner is not None and self.chain.is_of_chain(returner))

    def disputes(self, now: int) -> Iterable[Dispute]:
        """What others said, which does not count."""
        left_out = [fact for fact in self._known.at(sorted(self._counting.left_out)) if self.uri in fact.epcs]
        makings = [fact for fact in left_out if fact.type == "ObjectEvent" and fact.action == "ADD"]
        if makings:
            yield Dispute(DisputeKind.MADE_BY_ANOTHER, min(now, makings[0].event_time), len(makings))
        others = len(left_out) - len(makings) + self._sightings
        if others:
            yield Dispute(DisputeKind.STATEMENTS_LEFT_OUT, now, others)

    def _is_shown(self, event: EventRef) -> bool:
        """The steps of the chain's own parties, sales, and the making where nobody owns the number."""
        of_chain = event.party is not None and self.chain.is_of_chain(event.party)
        return of_chain or self.chain.owner is None or event.biz_step in ("retail_selling", "dispensing")

    def _of_the_lot(self, events: list[EventRef]) -> list[EventRef]:
        """What happened to a lot as such; the making of its items only where nothing else tells of the lot."""
        named = [
            event
            for event in events
            if event.inherited_from is not None
            or ((fact := self.fact(event)) is not None and names_class(fact, self.uri))
        ]
        return named or events[:1]


REASONS = {
    "item": Text(zh="该产品已被召回", en="This item is recalled"),
    "lot": Text(zh="该批次已被召回", en="This lot is recalled"),
    "product": Text(zh="该品种已被召回", en="This product is recalled"),
}
ADVICE = Text(
    zh="请勿使用，保留产品并联系购买处或生产企业。",
    en="Do not use it. Keep it, and contact the shop or the producer.",
)
