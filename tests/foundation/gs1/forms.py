"""Hypothesis strategies for keys in their URN forms."""

from __future__ import annotations

from hypothesis import strategies as st

from foundation.gs1.keys import urn_escape

SET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
SET_39 = "#-/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = "0123456789"


def digits(length: int) -> st.SearchStrategy[str]:
    """Exactly so many digits."""
    return st.text(DIGITS, min_size=length, max_size=length)


def free(longest: int, alphabet: str = SET_82) -> st.SearchStrategy[str]:
    """One to so many characters of a set, escaped for a URN."""
    return st.text(alphabet, min_size=1, max_size=longest).map(urn_escape)


def numbers(longest: int) -> st.SearchStrategy[str]:
    """A number of at most so many digits, without leading zero."""
    return st.integers(0, 10**longest - 1).map(str)


@st.composite
def prefix_and_reference(draw: st.DrawFn, total: int) -> str:
    """`prefix.reference` with so many digits together; the reference of 12 may be empty."""
    length = draw(st.integers(6, 12))
    return f"{draw(digits(length))}.{draw(digits(total - length))}"


@st.composite
def piece_of_total(draw: st.DrawFn) -> str:
    """`piece.total` of an ITIP."""
    total = draw(st.integers(1, 99))
    return f"{draw(st.integers(1, total)):02d}.{total:02d}"


@st.composite
def prefix_and_free(draw: st.DrawFn, alphabet: str = SET_82) -> str:
    """`prefix.reference` with a reference that fills at most 30 characters with the prefix."""
    length = draw(st.integers(6, 12))
    return f"{draw(digits(length))}.{draw(free(30 - length, alphabet))}"


def joined(kind: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """`kind` and the parts with dots between."""
    return st.tuples(*parts).map(lambda drawn: f"urn:epc:{kind}:" + ".".join(drawn))


SGLN_EXTENSION = st.just("0") | free(20)

URNS: dict[str, st.SearchStrategy[str]] = {
    "sgtin": joined("id:sgtin", prefix_and_reference(13), free(20)),
    "lgtin": joined("class:lgtin", prefix_and_reference(13), free(20)),
    "gtin": joined("idpat:sgtin", prefix_and_reference(13), st.just("*")),
    "upui": joined("id:upui", prefix_and_reference(13), free(28)),
    "itip": joined("id:itip", prefix_and_reference(13), piece_of_total(), free(20)),
    "itip class": joined("idpat:itip", prefix_and_reference(13), piece_of_total(), st.just("*")),
    "sscc": joined("id:sscc", prefix_and_reference(17)),
    "sgln": joined("id:sgln", prefix_and_reference(12), SGLN_EXTENSION),
    "pgln": joined("id:pgln", prefix_and_reference(12)),
    "grai": joined("id:grai", prefix_and_reference(12), free(16)),
    "grai class": joined("idpat:grai", prefix_and_reference(12), st.just("*")),
    "gdti": joined("id:gdti", prefix_and_reference(12), free(17)),
    "gdti class": joined("idpat:gdti", prefix_and_reference(12), st.just("*")),
    "sgcn": joined("id:sgcn", prefix_and_reference(12), st.text(DIGITS, min_size=1, max_size=12)),
    "sgcn class": joined("idpat:sgcn", prefix_and_reference(12), st.just("*")),
    "giai": joined("id:giai", prefix_and_free()),
    "ginc": joined("id:ginc", prefix_and_free()),
    "gsin": joined("id:gsin", prefix_and_reference(16)),
    "gsrn": joined("id:gsrn", prefix_and_reference(17)),
    "gsrnp": joined("id:gsrnp", prefix_and_reference(17)),
    "cpi": joined("id:cpi", prefix_and_free(SET_39), numbers(12)),
    "cpi class": joined("idpat:cpi", prefix_and_free(SET_39), st.just("*")),
}
"""A strategy for the URNs of every scheme that has a Digital Link."""
