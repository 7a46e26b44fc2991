"""The verdict on one identity: a pure function of the evidence.

Rules, the first that applies decides; every finding is told all the same:

1. RECALLED: an open recall covers it.
2. SUSPECT: only a party that does not own the number's company prefix recorded making it, its way contradicts
   itself, it was sold more than once, or the code states another lot than the one on record.
3. UNKNOWN: nothing on record, or one item that nobody recorded making. Never called fake.
4. ENDED: its own chain states that it left use (destroyed, stolen, used up…) other than by being sold.
5. EXPIRED: its expiry date has passed at the site.
6. SOLD: recorded once as sold or dispensed; a caution in neutral words.
7. GENUINE: one item, made by the owner of the number, and nothing above applies.
8. BATCH_ONLY: the code names a product or a lot, not one item: no verdict on an item.

A code that names no product at all (a shipping unit, a place…) is NOT_A_PRODUCT, whatever is recorded.

So for one item GENUINE, SOLD, EXPIRED and ENDED are reached only where the number's owner recorded making it.
What strangers say beside the owner is told as a remark; it neither helps nor harms.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, tzinfo
from enum import StrEnum
from typing import Any

from foundation.gs1 import Level
from foundation.web import Language, Text
from public_query.evidence import AnomalyKind, DisputeKind, EndKind, ProductEvidence, SaleKind
from public_query.moment import day, day_text
from public_query.subject import Subject, subject_of
from public_query.words import WORDS


class Outcome(StrEnum):
    """What the page says in large letters."""

    GENUINE = "genuine"
    RECALLED = "recalled"
    ENDED = "ended"
    EXPIRED = "expired"
    SOLD = "sold"
    SUSPECT = "suspect"
    UNKNOWN = "unknown"
    BATCH_ONLY = "batch_only"
    NOT_A_PRODUCT = "not_a_product"


PRECEDENCE = (
    Outcome.RECALLED,
    Outcome.SUSPECT,
    Outcome.UNKNOWN,
    Outcome.ENDED,
    Outcome.EXPIRED,
    Outcome.SOLD,
    Outcome.GENUINE,
    Outcome.BATCH_ONLY,
    Outcome.NOT_A_PRODUCT,
)


@dataclass(frozen=True, slots=True)
class Reason:
    """One finding: its code for machines, its words for people, and the events it rests on.

    `speaks_for` is the outcome this finding leads to; None for a remark that changes nothing.
    """

    code: str
    text: Text
    speaks_for: Outcome | None = None
    event_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome, its words, and all findings, the deciding ones first."""

    outcome: Outcome
    heading: Text
    lead: Text
    reasons: tuple[Reason, ...]

    @property
    def event_ids(self) -> tuple[str, ...]:
        """The events the verdict rests on, each once."""
        return tuple(dict.fromkeys(event for reason in self.reasons for event in reason.event_ids))


def decide(evidence: ProductEvidence, zone: tzinfo) -> Verdict:
    """The verdict on what the evidence says.

    Args:
        evidence: what is known; `checked_at` is the moment judged at.
        zone: the site's time zone, in which "today" is meant (expiry is a date).
    """
    subject = subject_of(evidence.identity)
    if subject is not Subject.PRODUCT:
        return _not_a_product(evidence, subject)
    findings = [
        *_recalled(evidence, zone),
        *_suspect(evidence, zone),
        *_unknown(evidence),
        *_ended(evidence, zone),
        *_dates(evidence, day(evidence.checked_at, zone)),
        *_sold(evidence, zone),
        *_made(evidence, zone),
    ]
    reached = {finding.speaks_for for finding in findings}
    outcome = next((each for each in PRECEDENCE if each in reached), Outcome.BATCH_ONLY)
    rank = {each: place for place, each in enumerate(PRECEDENCE)}
    ordered = sorted(findings, key=lambda each: rank[each.speaks_for] if each.speaks_for else len(rank))
    if outcome is Outcome.GENUINE:
        ordered += [_reason("no_recall"), _reason("no_contradiction"), _reason("not_sold")]
    return Verdict(
        outcome=outcome,
        heading=WORDS.pair(_heading_key(outcome, evidence)),
        lead=_lead(outcome, evidence, zone),
        reasons=(*ordered, *_disputed(evidence)),
    )


def _not_a_product(evidence: ProductEvidence, subject: Subject) -> Verdict:
    """No verdict: which kind of code it is, and of a place or party whether its owner published its name."""
    if subject in (Subject.PLACE, Subject.PARTY):
        code = "published_by_owner" if evidence.site else "nothing_published"
        heading = f"verdict.not_a_product.{subject.value}"
    else:
        code, heading = f"key.{subject.value}", "verdict.not_a_product"
    return Verdict(
        outcome=Outcome.NOT_A_PRODUCT,
        heading=WORDS.pair(heading),
        lead=WORDS.pair(f"lead.not_a_product.{subject.value}"),
        reasons=(_reason(code, Outcome.NOT_A_PRODUCT),),
    )


def _reason(
    code: str, speaks_for: Outcome | None = None, event_ids: tuple[str, ...] = (), **values: Any
) -> Reason:
    return Reason(code, _fill(f"reason.{code}", **values), speaks_for, event_ids)


def _fill(key: str, **values: date | Text | str | int) -> Text:
    """A text with its places filled, each value in the language of the text around it."""
    pair = WORDS.pair(key)
    texts = {name: day_text(value) if isinstance(value, date) else value for name, value in values.items()}

    def spoken(language: Language) -> str:
        return pair.in_language(language).format(
            **{
                name: value.in_language(language) if isinstance(value, Text) else value
                for name, value in texts.items()
            }
        )

    return Text(zh=spoken(Language.ZH), en=spoken(Language.EN))


def _recalled(evidence: ProductEvidence, zone: tzinfo) -> list[Reason]:
    return [
        _reason(
            "recalled",
            Outcome.RECALLED,
            (recall.event_id,),
            issuer=recall.issuer,
            date=day(recall.time, zone),
        )
        for recall in evidence.recalls
    ]


def _suspect(evidence: ProductEvidence, zone: tzinfo) -> list[Reason]:
    found = [
        _reason("made_by_stranger", Outcome.SUSPECT, (made.event_id,), party=made.party)
        for made in evidence.commissionings
        if not _owner_made(evidence)
    ]
    found += [
        _reason(anomaly.kind.value, Outcome.SUSPECT, anomaly.event_ids, date=day(anomaly.time, zone))
        for anomaly in evidence.anomalies
        if anomaly.kind is not AnomalyKind.OTHER
    ]
    found += [
        _reason("other_contradiction", Outcome.SUSPECT, anomaly.event_ids)
        for anomaly in evidence.anomalies
        if anomaly.kind is AnomalyKind.OTHER
    ]
    if len(evidence.sales) > 1:
        events = tuple(sale.event_id for sale in evidence.sales)
        found.append(_reason("sold_repeatedly", Outcome.SUSPECT, events, count=len(evidence.sales)))
    stated = evidence.identity.lot
    if stated is not None and evidence.lot_uri is not None and stated != evidence.lot_uri:
        found.append(_reason("other_lot", Outcome.SUSPECT))
    return found


def _unknown(evidence: ProductEvidence) -> list[Reason]:
    item = evidence.identity.level is Level.INSTANCE
    if not (evidence.itself_on_record if item else evidence.on_record):
        return [_reason("only_outsiders" if evidence.disputed else "no_record", Outcome.UNKNOWN)]
    if item and not evidence.commissionings:
        return [_reason("never_made", Outcome.UNKNOWN)]
    return []


def _ended(evidence: ProductEvidence, zone: tzinfo) -> list[Reason]:
    ended = evidence.ended
    if ended is None:
        return []
    code = f"ended.{ended.kind.value}"
    return [_reason(code, Outcome.ENDED, (ended.event_id,), date=day(ended.time, zone))]


def _dates(evidence: ProductEvidence, today: date) -> list[Reason]:
    found = []
    if evidence.expiry_date is not None and evidence.expiry_date < today:
        found.append(_reason("expired", Outcome.EXPIRED, date=evidence.expiry_date))
    if evidence.best_before is not None and evidence.best_before < today:
        found.append(_reason("best_before_passed", date=evidence.best_before))
    return found


def _sold(evidence: ProductEvidence, zone: tzinfo) -> list[Reason]:
    if len(evidence.sales) != 1 or evidence.identity.level is not Level.INSTANCE:
        return []
    (sale,) = evidence.sales
    code = "dispensed_once" if sale.kind is SaleKind.DISPENSED else "sold_once"
    return [_reason(code, Outcome.SOLD, (sale.event_id,), date=day(sale.time, zone))]


def _made(evidence: ProductEvidence, zone: tzinfo) -> list[Reason]:
    speaks_for = Outcome.GENUINE if evidence.identity.level is Level.INSTANCE else None
    return [
        _reason("made_by_owner", speaks_for, (made.event_id,), party=made.party, date=day(made.time, zone))
        for made in evidence.commissionings
        if made.owner_of_prefix
    ]


def _owner_made(evidence: ProductEvidence) -> bool:
    return any(made.owner_of_prefix for made in evidence.commissionings)


def _disputed(evidence: ProductEvidence) -> list[Reason]:
    """Remarks on what was said by those who have no say, each kind once; they speak for no outcome."""
    counts = dict.fromkeys(DisputeKind, 0)
    for dispute in evidence.disputed:
        counts[dispute.code] += max(dispute.count, 0)
    if not counts[DisputeKind.MADE_BY_ANOTHER] and _owner_made(evidence):
        counts[DisputeKind.MADE_BY_ANOTHER] = sum(
            not made.owner_of_prefix for made in evidence.commissionings
        )
    return [
        Reason(kind.value, _fill(f"reason.{kind.value}{'' if count == 1 else '.many'}", count=count))
        for kind, count in counts.items()
        if count
    ]


def _heading_key(outcome: Outcome, evidence: ProductEvidence) -> str:
    if outcome is Outcome.BATCH_ONLY:
        return f"verdict.batch_only.{_batch(evidence)}"
    if outcome is Outcome.SOLD and evidence.sales[0].kind is SaleKind.DISPENSED:
        return "verdict.dispensed"
    return f"verdict.{outcome.value}"


def _batch(evidence: ProductEvidence) -> str:
    return "lot" if evidence.identity.level is Level.LOT else "product"


def _lead(outcome: Outcome, evidence: ProductEvidence, zone: tzinfo) -> Text:
    if outcome is Outcome.BATCH_ONLY:
        return WORDS.pair(f"lead.batch_only.{_batch(evidence)}")
    if outcome is Outcome.ENDED and evidence.ended is not None:
        stolen = ".stolen" if evidence.ended.kind is EndKind.STOLEN else ""
        return _fill(f"lead.ended{stolen}", date=day(evidence.ended.time, zone))
    if outcome is Outcome.SOLD:
        (sale,) = evidence.sales
        return _fill(f"lead.{sale.kind.value}", date=day(sale.time, zone))
    if outcome is Outcome.EXPIRED and evidence.expiry_date is not None:
        return _fill("lead.expired", date=evidence.expiry_date)
    if outcome is Outcome.RECALLED and evidence.identity.level is Level.INSTANCE:
        return WORDS.pair("lead.recalled")
    if outcome is Outcome.RECALLED:
        return WORDS.pair("lead.recalled.batch")
    if outcome is Outcome.SUSPECT and not _owner_made(evidence):
        return WORDS.pair("lead.suspect.stranger" if evidence.commissionings else "lead.suspect")
    return WORDS.pair(f"lead.{outcome.value}")
