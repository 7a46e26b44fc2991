"""Content negotiation: what a client would rather have (RFC 9110 §12.5.1), read from hostile headers.

Every page also answers JSON at the same address: `?format=json`, or an `Accept` that prefers it.

>>> preferred("text/html,application/xhtml+xml,*/*;q=0.8", ("application/json", "text/html"))
'text/html'
>>> preferred("*/*", ("text/html", "application/json"))
'text/html'
>>> preferred("image/png", ("text/html",)) is None
True
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request

JSON = "application/json"
HTML = "text/html"
_LONGEST_HEADER = 2048
_MOST_RANGES = 32


def weighted(header: str) -> list[tuple[str, float]]:
    """The members of an Accept-like header in lower case, each with its weight from 0 to 1.

    Parameters other than `q` are dropped; a weight that cannot be read counts as 0; of an overlong header
    only the beginning is read.
    """
    members: list[tuple[str, float]] = []
    for part in header[:_LONGEST_HEADER].split(",")[:_MOST_RANGES]:
        name, *parameters = (piece.strip() for piece in part.lower().split(";"))
        if not name:
            continue
        weight = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                weight = _weight(parameter[2:])
        members.append((name, weight))
    return members


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return weight if 0.0 <= weight <= 1.0 else 0.0  # also refuses nan


def _quality(members: Sequence[tuple[str, float]], offer: str) -> float:
    """The weight of the most specific range that covers the offer (RFC 9110 §12.5.1)."""
    main = offer.partition("/")[0]
    found: dict[str, float] = dict(reversed(members))
    for media_range in (offer, f"{main}/*", "*/*"):
        if media_range in found:
            return found[media_range]
    return 0.0


def preferred(accept: str | None, offers: Sequence[str]) -> str | None:
    """The offer the client would rather have, or None where it accepts none of them.

    Args:
        accept: the header's value; None or empty accepts everything.
        offers: media types in the server's own order of preference, which decides between equals.
    """
    members = weighted(accept or "")
    if not members:
        return offers[0] if offers else None
    best = max(offers, key=lambda offer: _quality(members, offer), default=None)
    return best if best is not None and _quality(members, best) > 0 else None


def wants_json(request: Request) -> bool:
    """True for `?format=json`, or where `Accept` names JSON before HTML."""
    if request.query_params.get("format") == "json":
        return True
    return preferred(request.headers.get("accept"), (HTML, JSON)) == JSON


def wants_html(request: Request) -> bool:
    """True only for a client that names HTML itself (a browser): programs get their error as JSON."""
    if request.query_params.get("format") == "json":
        return False
    accept = request.headers.get("accept")
    named = any(name in (HTML, "application/xhtml+xml") for name, weight in weighted(accept or "") if weight)
    return named and preferred(accept, (HTML, JSON)) == HTML
