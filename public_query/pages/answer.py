"""The page's content as JSON: the same facts, both languages, at the same address."""

from __future__ import annotations

from typing import Any

from foundation.web import Text
from public_query.evidence import ProductEvidence
from public_query.moment import iso
from public_query.subject import Subject, public_part, subject_of
from public_query.verdict import Verdict


def as_json(evidence: ProductEvidence, verdict: Verdict) -> dict[str, Any]:
    """The verdict and what the public is shown of its evidence as a JSON value.

    Instants are in UTC; absent facts are left out.
    """
    evidence = public_part(evidence)
    subject = subject_of(evidence.identity)
    return _present(
        {
            "identity": evidence.identity.uri,
            "level": evidence.identity.level.value,
            "subject": None if subject is Subject.PRODUCT else subject.value,
            "checkedAt": iso(evidence.checked_at),
            "verdict": {
                "outcome": verdict.outcome.value,
                "heading": _text(verdict.heading),
                "lead": _text(verdict.lead),
                "reasons": [
                    _present(
                        {
                            "code": reason.code,
                            "text": _text(reason.text),
                            "eventIDs": list(reason.event_ids),
                        }
                    )
                    for reason in verdict.reasons
                ],
            },
            "name": _text(evidence.site.name) if evidence.site else None,
            "city": _text(evidence.site.city) if evidence.site else None,
            "product": _product(evidence),
            "producer": _text(evidence.producer),
            "lot": evidence.lot,
            "serial": evidence.serial,
            "productionDate": evidence.production_date and evidence.production_date.isoformat(),
            "expiryDate": evidence.expiry_date and evidence.expiry_date.isoformat(),
            "bestBefore": evidence.best_before and evidence.best_before.isoformat(),
            "recalls": [
                _present(
                    {
                        "time": iso(recall.time),
                        "issuer": _text(recall.issuer),
                        "reason": _text(recall.reason),
                        "advice": _text(recall.advice),
                        "eventID": recall.event_id,
                    }
                )
                for recall in evidence.recalls
            ],
            "ended": _ended(evidence),
            "disputed": [
                {"code": dispute.code.value, "time": iso(dispute.time), "count": dispute.count}
                for dispute in evidence.disputed
            ],
            "chainLeftOut": evidence.chain_left_out or None,
            "chain": [
                _present(
                    {
                        "time": iso(step.time),
                        "bizStep": step.step,
                        "place": _text(step.place),
                        "city": _text(step.city),
                        "party": _text(step.party),
                        "inContainer": step.in_container or None,
                        "eventID": step.event_id,
                        "position": step.position,
                    }
                )
                for step in evidence.chain
            ],
            "origins": [
                _present(
                    {
                        "name": _text(origin.name),
                        "lot": origin.lot,
                        "place": _text(origin.place),
                        "city": _text(origin.city),
                    }
                )
                for origin in evidence.origins
            ],
            "proof": _proof(evidence),
        }
    )


def _text(text: Text | None) -> dict[str, str] | None:
    if text is None:
        return None
    return {language: value for language, value in (("zh", text.zh), ("en", text.en)) if value}


def _product(evidence: ProductEvidence) -> dict[str, Any] | None:
    product = evidence.product
    if product is None:
        return None
    return _present(
        {
            "name": _text(product.name),
            "brand": _text(product.brand),
            "attributes": [
                {"label": _text(label), "value": _text(value)} for label, value in product.attributes
            ],
        }
    )


def _ended(evidence: ProductEvidence) -> dict[str, Any] | None:
    ended = evidence.ended
    if ended is None:
        return None
    return {"kind": ended.kind.value, "time": iso(ended.time), "eventID": ended.event_id}


def _proof(evidence: ProductEvidence) -> dict[str, Any] | None:
    proof = evidence.proof
    if proof is None:
        return None
    return _present(
        {
            "position": proof.position,
            "recordTime": None if proof.record_time is None else iso(proof.record_time),
            "checkpoint": {"origin": proof.origin, "size": proof.size, "rootHash": proof.root_hash},
            "cosigners": list(proof.cosigners),
            "url": proof.url,
        }
    )


def _present(value: dict[str, Any]) -> dict[str, Any]:
    return {name: member for name, member in value.items() if member is not None and member != []}
