"""What the item page shows: its signs, its facts and the names of the steps, in the reader's language."""

from __future__ import annotations

from datetime import tzinfo
from functools import partial
from typing import Any

from markupsafe import Markup, escape

from foundation.web import Language, Text
from public_query.evidence import EndKind, ProductEvidence
from public_query.moment import day, iso, spoken_day, spoken_time, zone_name
from public_query.subject import Subject, public_part, subject_of
from public_query.verdict import Outcome, Reason, Verdict
from public_query.words import WORDS

# Colour never speaks alone: each tone comes with an icon of its own shape and with words.
TONES = {
    Outcome.GENUINE: "good",
    Outcome.RECALLED: "bad",
    Outcome.SUSPECT: "warn",
    Outcome.ENDED: "gone",
    Outcome.EXPIRED: "late",
    Outcome.SOLD: "info",
    Outcome.UNKNOWN: "quiet",
    Outcome.BATCH_ONLY: "plain",
    Outcome.NOT_A_PRODUCT: "aside",
}
_SIGNS = {
    Outcome.GENUINE: ("good", "check"),
    Outcome.RECALLED: ("bad", "stop"),
    Outcome.SUSPECT: ("warn", "warn"),
    Outcome.ENDED: ("gone", "away"),
    Outcome.EXPIRED: ("late", "clock"),
    Outcome.SOLD: ("info", "tag"),
    Outcome.UNKNOWN: ("quiet", "question"),
    Outcome.NOT_A_PRODUCT: ("aside", "note"),
}
_ADVISED = (Outcome.UNKNOWN, Outcome.SUSPECT, Outcome.ENDED, Outcome.NOT_A_PRODUCT)
_REMARKS = {
    "best_before_passed": ("late", "clock"),
    "made_by_another": ("quiet", "note"),
    "statements_left_out": ("quiet", "note"),
}
# The sign of a code that names no product tells what it names.
_SUBJECT_SIGNS = {
    Subject.PLACE: "place",
    Subject.PARTY: "party",
    Subject.DOCUMENT: "document",
    Subject.RELATION: "document",
    Subject.OTHER: "code",
}


def sign_of(reason: Reason) -> tuple[str, str]:
    """The tone and icon in front of a reason; a remark that changes nothing was checked and is well."""
    if reason.speaks_for is None:
        return _REMARKS.get(reason.code, ("good", "check"))
    return _SIGNS[reason.speaks_for]


def step_name(step: str, language: Language) -> str:
    """A business step in words; a participant's own step is shown by the last part of its URI."""
    key = f"step.{step}"
    if key in WORDS:
        return WORDS.plain(key, language)
    return step.rstrip("/").rpartition("/")[2].rpartition(":")[2].rpartition("#")[2] or step


def breakable(address: str) -> Markup:
    """An address that a narrow screen may break behind its slashes; copying it gives no extra character."""
    return escape(address).replace("/", Markup("/<wbr>"))


def facts_of(evidence: ProductEvidence, language: Language) -> list[tuple[str, str, str]]:
    """The product's facts as (label, value, language tag of the value or empty), absent ones left out."""
    product = evidence.product

    def said(key: str, text: Text | None) -> list[tuple[str, str, str]]:
        if not text:
            return []
        return [(WORDS.plain(key, language), text.in_language(language), text.language_of(language).tag)]

    facts = said("page.brand", product.brand if product else None) + said("page.producer", evidence.producer)
    for key, value in (
        ("page.lot", evidence.lot),
        ("page.serial", evidence.serial),
        ("page.production_date", evidence.production_date and spoken_day(evidence.production_date, language)),
        ("page.expiry_date", evidence.expiry_date and spoken_day(evidence.expiry_date, language)),
        ("page.best_before", evidence.best_before and spoken_day(evidence.best_before, language)),
    ):
        if value:
            facts.append((WORDS.plain(key, language), value, ""))
    for label, text in product.attributes if product else ():
        facts.append(
            (label.in_language(language), text.in_language(language), text.language_of(language).tag)
        )
    return facts


def _advice(evidence: ProductEvidence, verdict: Verdict) -> str | None:
    """The key of what the reader can do; None where the page says enough."""
    if verdict.outcome not in _ADVISED:
        return None
    key = f"advice.{verdict.outcome.value}"
    if verdict.outcome is Outcome.ENDED and evidence.ended and evidence.ended.kind is EndKind.STOLEN:
        return key + ".stolen"
    if verdict.outcome is Outcome.NOT_A_PRODUCT and subject_of(evidence.identity).open:
        return key + ".open"
    return key


def _sign(evidence: ProductEvidence, verdict: Verdict) -> str:
    """The name of the large sign beside the heading."""
    if verdict.outcome is Outcome.NOT_A_PRODUCT:
        return _SUBJECT_SIGNS.get(subject_of(evidence.identity), "unit")
    return verdict.outcome.value


def item_page(
    evidence: ProductEvidence, verdict: Verdict, zone: tzinfo, language: Language
) -> dict[str, Any]:
    """The values the template `item.html` is filled with."""
    evidence = public_part(evidence)
    product, site = evidence.product, evidence.site
    return {
        "evidence": evidence,
        "verdict": verdict,
        "named": product.name if product else site.name if site else None,
        "asked": subject_of(evidence.identity).open,
        "sign": _sign(evidence, verdict),
        "advice": _advice(evidence, verdict),
        "tone": TONES[verdict.outcome],
        "facts": facts_of(evidence, language),
        "sign_of": sign_of,
        "step_name": partial(step_name, language=language),
        "moment": partial(spoken_time, zone=zone, language=language),
        "on": lambda us: spoken_day(day(us, zone), language),
        "breakable": breakable,
        "iso": iso,
        "zone": zone_name(evidence.checked_at, zone),
    }
