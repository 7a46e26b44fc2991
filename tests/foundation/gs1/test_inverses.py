"""All forms of one object give one canonical value, and every form comes back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.gs1 import (
    canonical,
    parse,
    parse_element_string,
    read_digital_link,
    to_digital_link,
    to_element_string,
    to_urn,
)

from .forms import URNS

STEMS = st.sampled_from(
    [
        "http://id.gs1.org",
        "HTTPS://ID.GS1.ORG",
        "https://Brand.Example",
        "https://brand.example:8443/some/stem",
        "https://brand.example/00",
        "https://192.0.2.1/01/00",
    ]
)


def prefix_length(urn: str) -> int:
    return len(urn.split(":")[4].split(".")[0])


@pytest.mark.parametrize("scheme", URNS)
def test_urn_to_canonical_to_urn(scheme: str) -> None:
    @given(URNS[scheme])
    def holds(urn: str) -> None:
        identity = parse(urn)
        assert identity.company_prefix_length == prefix_length(urn)
        assert to_urn(identity) == urn
        assert to_urn(identity.uri, company_prefix_length=prefix_length(urn)) == urn

    holds()


@pytest.mark.parametrize("scheme", URNS)
def test_digital_link_to_element_string_and_back(scheme: str) -> None:
    @given(URNS[scheme])
    def holds(urn: str) -> None:
        identity = parse(urn)
        for form in (
            to_element_string(identity),
            to_element_string(identity, brackets="[]"),
            "\x1d" + to_element_string(identity, raw=True),
            "]d2" + to_element_string(identity, raw=True),
        ):
            assert parse_element_string(form) == identity.elements
            assert parse(form) == identity

    holds()


@pytest.mark.parametrize("scheme", URNS)
def test_any_host_stem_and_query_give_the_same_link(scheme: str) -> None:
    @given(URNS[scheme], STEMS, st.sampled_from(["", "/", "?17=220630", "?linkType=gs1:pip#x"]))
    def holds(urn: str, stem: str, tail: str) -> None:
        identity = parse(urn)
        written = to_digital_link(identity, stem=stem) + tail
        assert canonical(written) == identity.uri == canonical(urn)
        assert read_digital_link(written).elements == identity.elements

    holds()


@pytest.mark.parametrize("scheme", URNS)
def test_escapes_in_any_case_and_where_none_are_needed_give_the_same_link(scheme: str) -> None:
    @given(URNS[scheme])
    def holds(urn: str) -> None:
        identity = parse(urn)
        wordy = "".join(
            f"/{ai}/" + "".join(f"%{ord(c):02x}" for c in value) for ai, value in identity.elements
        )
        assert canonical(f"https://a.example{wordy}") == identity.uri

    holds()


@given(st.from_regex(r"[0-9]{6,12}", fullmatch=True), st.integers(0, 10**7))
def test_a_gtin_of_any_length_gives_one_class(start: str, serial: int) -> None:
    from foundation.gs1 import check_digit

    for length in (7, 11, 12):
        body = start.zfill(12)[-length:]
        short = f"{body}{check_digit(body)}"
        forms = {short.zfill(width) for width in (8, 12, 13, 14) if width >= len(short)}
        assert {canonical(form) for form in forms} == {f"https://id.gs1.org/01/{short.zfill(14)}"}
        links = {canonical(f"https://a.example/01/{form}/21/{serial}") for form in forms}
        assert links == {f"https://id.gs1.org/01/{short.zfill(14)}/21/{serial}"}
