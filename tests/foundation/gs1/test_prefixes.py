"""Company prefixes: their length, and whose key it is."""

from __future__ import annotations

import pytest

from foundation.gs1 import (
    Gs1Error,
    company_prefix_length,
    company_prefix_matches,
    is_restricted_circulation,
    parse,
    to_urn,
)


def test_a_urn_knows_its_company_prefix_and_a_link_is_looked_up() -> None:
    assert company_prefix_length(parse("urn:epc:id:sgtin:401234.5011111.987")) == 6
    assert company_prefix_length(parse("https://id.gs1.org/01/04012345111118/21/987")) == 7


@pytest.mark.parametrize(
    "link",
    [
        "https://id.gs1.org/414/2000000000008",  # restricted circulation has no company prefix
        "https://id.gs1.org/8004/2000A",
        "https://id.gs1.org/8013/1987654Ad4X4bL5ttr2310c2K",  # model numbers have no URN
        "https://id.gs1.org/8006/040123451234560102/10/L",
        "https://id.gs1.org/8018/952114112345678906/8019/1",
        "https://id.gs1.org/414/9521141123454/7040/1ABC",
        "https://id.gs1.org/8004/4012345",  # nothing behind the company prefix
    ],
)
def test_without_a_known_prefix_or_a_urn_the_digital_link_is_returned(link: str) -> None:
    assert to_urn(link) == link


def test_a_given_length_wins_over_the_lookup() -> None:
    link = "https://id.gs1.org/01/04012345111118/21/987"
    assert to_urn(link, company_prefix_length=9) == "urn:epc:id:sgtin:401234511.0111.987"
    with pytest.raises(Gs1Error, match="6 to 12"):
        to_urn(link, company_prefix_length=5)


def test_a_gtin_8_has_its_gs1_8_prefix_behind_five_zeros() -> None:
    assert to_urn("96385074") == "urn:epc:idpat:sgtin:00000963.08507.*"
    assert parse(to_urn("96385074")).uri == "https://id.gs1.org/01/00000096385074"
    assert to_urn("(01)00000020000004(21)1") == "https://id.gs1.org/01/00000020000004/21/1"


@pytest.mark.parametrize(
    ("gtin", "restricted"),
    [
        ("02112345678900", True),
        ("00200000000004", True),
        ("00400000000008", True),
        ("00000020000004", True),
        ("00000001234565", True),
        ("00000096385074", False),
        ("09506000134352", False),
        ("24012345111112", False),
    ],
)
def test_restricted_circulation_numbers_are_known(gtin: str, restricted: bool) -> None:
    assert is_restricted_circulation(gtin) is restricted


@pytest.mark.parametrize(
    "uri",
    [
        "https://id.gs1.org/01/04012345111118/21/987",
        "urn:epc:id:sgtin:4012345.911111.987",
        "https://id.gs1.org/00/340123451111111111",
        "https://id.gs1.org/8003/04012345000221334455",
        "https://id.gs1.org/414/4012345000054",
        "https://id.gs1.org/8004/4012345ABC345",
        "https://id.gs1.org/253/4012345000092PO-4711",
    ],
)
def test_a_key_stands_under_its_company_prefix(uri: str) -> None:
    assert company_prefix_matches(uri, "4012345")
    assert not company_prefix_matches(uri, "4012346")


def test_a_urn_with_a_shorter_company_prefix_is_not_under_a_longer_one() -> None:
    assert not company_prefix_matches("urn:epc:id:sgtin:401234.5011111.987", "4012345")
    assert company_prefix_matches("urn:epc:id:sgtin:4012345.011111.987", "401234")


def test_what_has_no_gs1_key_stands_under_no_prefix() -> None:
    assert not company_prefix_matches("urn:uuid:1", "4012345")
    with pytest.raises(Gs1Error, match="4 to 12 digits"):
        company_prefix_matches("urn:uuid:1", "40-12345")
