"""What the public sees: the Digital Link resolver, the verdict on an item, and the pages behind its code.

`suyuan` implements `Evidence` over trace, stock and log, and includes `router(service)`; this room turns
evidence into a verdict and shows it, in Chinese and English, as HTML and JSON.
"""

from __future__ import annotations

from public_query.evidence import (
    Anomaly,
    AnomalyKind,
    ChainStep,
    Commissioning,
    Dispute,
    DisputeKind,
    Ended,
    EndKind,
    Evidence,
    Origin,
    Product,
    ProductEvidence,
    Proof,
    Recall,
    Sale,
    SaleKind,
    Site,
    Versioned,
)
from public_query.gathering import BusyError
from public_query.pages import as_json
from public_query.resolver import BadCodeError, PublicQueryError, linkset, page_path, read_code, read_path
from public_query.router import router
from public_query.subject import MOST_STEPS, Subject, public_part, subject_of
from public_query.verdict import PRECEDENCE, Outcome, Reason, Verdict, decide
from public_query.words import WORDS

__all__ = [
    "MOST_STEPS",
    "PRECEDENCE",
    "WORDS",
    "Anomaly",
    "AnomalyKind",
    "BadCodeError",
    "BusyError",
    "ChainStep",
    "Commissioning",
    "Dispute",
    "DisputeKind",
    "EndKind",
    "Ended",
    "Evidence",
    "Origin",
    "Outcome",
    "Product",
    "ProductEvidence",
    "Proof",
    "PublicQueryError",
    "Reason",
    "Recall",
    "Sale",
    "SaleKind",
    "Site",
    "Subject",
    "Verdict",
    "Versioned",
    "as_json",
    "decide",
    "linkset",
    "page_path",
    "public_part",
    "read_code",
    "read_path",
    "router",
    "subject_of",
]
