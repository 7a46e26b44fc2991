"""What a code names, and so how much of what is known of it the public is shown.

The public is answered about products. Of shipping units, assets, documents and service relations a stranger
learns what kind of code it is and nothing else, not even whether anything is recorded of it; of places and
organisations the name and city that the owner of the number published.

>>> from foundation.gs1 import parse
>>> subject_of(parse("(00)106141412345678908"))
<Subject.SHIPPING_UNIT: 'shipping_unit'>
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from foundation.gs1 import Identity
from public_query.evidence import ProductEvidence

MOST_STEPS = 200
"""Steps of a chain that one answer holds; older ones are counted and not shown."""


class Subject(StrEnum):
    """What kind of thing a code names."""

    PRODUCT = "product"  # a product class, a lot or an item of it
    PLACE = "place"
    PARTY = "party"
    SHIPPING_UNIT = "shipping_unit"
    SHIPMENT = "shipment"
    ASSET = "asset"
    DOCUMENT = "document"
    RELATION = "relation"
    OTHER = "other"  # no GS1 key that is given to products

    @property
    def open(self) -> bool:
        """Whether the public is told anything that is recorded about it."""
        return self in (Subject.PRODUCT, Subject.PLACE, Subject.PARTY)


# By primary key, where there is one: what is not listed here is no product.
_BY_KEY = {
    "01": Subject.PRODUCT,
    "8006": Subject.PRODUCT,
    "8010": Subject.PRODUCT,
    "8013": Subject.PRODUCT,
    "414": Subject.PLACE,
    "417": Subject.PARTY,
    "00": Subject.SHIPPING_UNIT,
    "401": Subject.SHIPMENT,
    "402": Subject.SHIPMENT,
    "8003": Subject.ASSET,
    "8004": Subject.ASSET,
    "253": Subject.DOCUMENT,
    "255": Subject.DOCUMENT,
    "415": Subject.DOCUMENT,
    "8017": Subject.RELATION,
    "8018": Subject.RELATION,
}
# Identifiers without a Digital Link: freight containers and vessels.
_BY_SCHEME = {"bic": Subject.ASSET, "imovn": Subject.ASSET}


def subject_of(identity: Identity) -> Subject:
    """What kind of thing an identity names; `OTHER` for what GS1 has no key for."""
    return _BY_KEY.get(identity.key) or _BY_SCHEME.get(identity.scheme, Subject.OTHER)


def public_part(evidence: ProductEvidence) -> ProductEvidence:
    """The evidence without what the public is not shown of such a code, its chain cut to the latest steps."""
    subject = subject_of(evidence.identity)
    if subject is not Subject.PRODUCT:
        site = evidence.site if subject.open else None
        return ProductEvidence(evidence.identity, evidence.checked_at, site=site)
    cut = len(evidence.chain) - MOST_STEPS
    if cut <= 0:
        return evidence
    return replace(evidence, chain=evidence.chain[cut:], chain_left_out=evidence.chain_left_out + cut)
