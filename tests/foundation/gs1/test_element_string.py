"""Element strings: bracketed, raw, as a scanner sends them."""

from __future__ import annotations

import pytest

from foundation.gs1 import Gs1Error, element_string, parse, parse_element_string, to_element_string

ELEMENTS = (("01", "09506000134352"), ("10", "L1"), ("17", "220630"), ("21", "7"))


@pytest.mark.parametrize(
    "text",
    [
        "(01)09506000134352(10)L1(17)220630(21)7",
        "[01]09506000134352[10]L1[17]220630[21]7",
        "010950600013435210L1\x1d17220630217",
        "\x1d010950600013435210L1\x1d17220630217",
        "\x1d010950600013435210L1\x1d17220630217\x1d",
        "010950600013435210L1\x1d17220630\x1d217",
        "^010950600013435210L1^17220630217",
        "]C1010950600013435210L1\x1d17220630217",
        "]d2010950600013435210L1\x1d17220630217",
        "]Q3010950600013435210L1\x1d17220630217",
        "]e0010950600013435210L1\x1d17220630217",
        "]J1010950600013435210L1\x1d17220630217",
    ],
)
def test_every_writing_has_the_same_elements(text: str) -> None:
    assert parse_element_string(text) == ELEMENTS
    identity = parse(text)
    assert identity.uri == "https://id.gs1.org/01/09506000134352/21/7"
    assert identity.lot == "https://id.gs1.org/01/09506000134352/10/L1"


def test_elements_are_written_with_the_separators_they_need() -> None:
    assert element_string(ELEMENTS, raw=True) == "010950600013435210L1\x1d17220630217"
    assert element_string(ELEMENTS) == "(01)09506000134352(10)L1(17)220630(21)7"
    assert element_string(ELEMENTS, brackets="[]") == "[01]09506000134352[10]L1[17]220630[21]7"
    with pytest.raises(ValueError, match="brackets"):
        element_string(ELEMENTS, brackets="{}")


def test_a_bracket_within_a_value_is_no_application_identifier() -> None:
    elements = (("01", "09506000134352"), ("21", "7(10)8"))
    written = element_string(elements)
    assert written == "(01)09506000134352(21)7\\(10)8"
    assert parse_element_string(written) == elements
    assert parse_element_string(element_string(elements, brackets="[]")) == elements
    assert parse_element_string("(01)09506000134352(21)a(b)(7)") == (elements[0], ("21", "a(b)(7)"))


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("9506000134352", "01/09506000134352"),
        ("96385074", "01/00000096385074"),
        ("614141123452", "01/00614141123452"),
        ("09506000134352", "01/09506000134352"),
        ("]E09506000134352", "01/09506000134352"),
        ("]E496385074", "01/00000096385074"),
        ("]Q1https://a.example/01/09506000134352", "01/09506000134352"),
        ("]d1https://a.example/01/09506000134352", "01/09506000134352"),
        ("(00)095201234567891235", "00/095201234567891235"),
        ("(00)095201234567891235(02)09506000134352(37)12(10)L1", "00/095201234567891235"),
        ("(414)9521141123454(254)A", "414/9521141123454/254/A"),
        ("(415)9521141123454(8020)A", "415/9521141123454/8020/A"),
        ("(415)9521141123454(01)09506000134352", "01/09506000134352"),
        ("(8018)952114112345678906(8019)1", "8018/952114112345678906/8019/1"),
        ("(8010)952114198765(8011)12345", "8010/952114198765/8011/12345"),
        ("(8006)095211411234540102(21)981", "8006/095211411234540102/21/981"),
        ("(01)09506000134352(310)3", None),
        ("(01)09506000134352(3103)000195", "01/09506000134352"),
        ("(01)09506000134352(01)09506000134352", "01/09506000134352"),
    ],
)
def test_what_is_scanned_names_its_key(text: str, uri: str | None) -> None:
    if uri is None:
        with pytest.raises(Gs1Error):
            parse(text)
    else:
        assert parse(text).uri == f"https://id.gs1.org/{uri}"


def test_an_extended_gtin_keeps_its_lot_beside_it() -> None:
    identity = parse("(01)12345678901231(235)XYZ(10)BATCH")
    assert identity.uri == "https://id.gs1.org/01/12345678901231/235/XYZ"
    assert identity.lot == "https://id.gs1.org/01/12345678901231/10/BATCH"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "neither a GS1 form"),
        ("pallet 7", "neither a GS1 form"),
        ("12345", "8, 12, 13 or 14 digits, this has 5"),
        ("9506000134353", "check digit"),
        ("１２３４５６７０", "no Application Identifier"),
        ("(01)09506000134353", "(01) the check digit of 09506000134353 must be 2, it is 3"),
        ("(10)12345", "no primary key"),
        ("(01)09506000134352(01)12345678901231", "stands twice with different values"),
        ("(9", "begins with an Application Identifier"),
        ("(05)123", "begins with an Application Identifier"),
        ("(01)09506000134352(21)価", "character set 82"),
        ("^01095060001343522", "no Application Identifier begins with '2'"),
        ("0109506000134352\x1d\x1d21", "no Application Identifier"),
        ("01095060001343", "check digit"),
        ("]C1", "empty"),
        ("]C10112312312312333^10ABC", "no Application Identifier"),
        ("]C1(01)09506000134352", "no brackets"),
        ("]X9foo", "does not announce"),
        ("]", "no Application Identifier"),
        ("]E01234", "announces 13 digits"),
        ("]E49638507a", "digits 0-9"),
        ("]Q1]Q1]Q1https://a.example/01/09506000134352", "more than one symbology"),
        ("(01)09506000134352" + "(99)A" * 200, "at most 100"),
        ("0109506000134352" + "99A\x1d" * 200, "at most 100"),
        ("(01)" + "1" * 5000, "at most 4096"),
    ],
)
def test_a_malformed_element_string_is_refused_with_the_rule_it_breaks(text: str, says: str) -> None:
    with pytest.raises(Gs1Error) as caught:
        parse(text)
    assert says in caught.value.rule


def test_what_has_no_application_identifiers_has_no_element_string() -> None:
    with pytest.raises(Gs1Error, match="no element string"):
        to_element_string("urn:epc:id:gid:1.2.3")
    assert to_element_string("urn:epc:id:sgln:4012345.00005.0") == "(414)4012345000054"
    assert to_element_string("urn:epc:id:upui:1234567.098765.7", raw=True) == "01012345679876512357"
