"""A payload is checked before it is printed, and read for people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labels import Label, LabelError, Symbol, check, data_titles, elements_of, human_readable

LINK = "https://id.gs1.org/01/09506000134352"


@pytest.mark.parametrize("symbol", list(Symbol))
@pytest.mark.parametrize(
    "payload",
    [
        "https://id.gs1.org/01/09506000134353",
        "https://example.com/milk",
        "urn:epc:id:sgtin:9506000.013435.1",
        "(01)09506000134353",
        "(01)0950600013435",
        "(01)09506000134352(17)271332",
        "(01)09506000134352(21)serié",
        "(10)LOT",
        "hello",
        "",
        "(01)09506000134352(21)" + "x" * 600,
        "https://id.gs1.org/01/09506000134352/21/" + "x" * 21,
    ],
)
def test_a_payload_that_breaks_a_rule_is_not_printed(symbol: Symbol, payload: str) -> None:
    with pytest.raises(LabelError):
        check(Label(symbol, payload))


def test_the_fault_is_quoted() -> None:
    with pytest.raises(LabelError, match="09506000134353"):
        check(Label(Symbol.QR, "https://id.gs1.org/01/09506000134353"))


def test_a_link_on_the_producers_own_host_is_printed_as_it_is() -> None:
    checked = check(Label(Symbol.QR, "https://trace.farm.example/p/01/09506000134352/21/7?lang=zh"))
    assert checked.content == "https://trace.farm.example/p/01/09506000134352/21/7?lang=zh"
    assert checked.identity.uri == f"{LINK}/21/7"


def test_a_short_gtin_in_a_link_is_filled_up_in_an_element_string() -> None:
    checked = check(Label(Symbol.DATAMATRIX, "https://a.example/01/9506000134352/10/L1"))
    assert checked.content == "[01]09506000134352[10]L1"


def test_an_sscc_can_be_printed() -> None:
    assert check(Label(Symbol.GS1_128, "(00)195060001343520007")).content == "[00]195060001343520007"


def test_human_readable_keeps_the_order_of_the_symbol() -> None:
    payload = "(01)09506000134352(17)271231(10)AB(21)7"
    assert human_readable(payload) == ("(01) 09506000134352", "(17) 271231", "(10) AB", "(21) 7")


@pytest.mark.parametrize(
    ("date", "year", "shown"),
    [
        ("271231", 2026, "2027-12-31"),
        ("270200", 2026, "2027-02"),
        ("760101", 2026, "2076-01-01"),
        ("770101", 2026, "1977-01-01"),
        ("250101", 2076, "2125-01-01"),
        ("270101", 2076, "2027-01-01"),
    ],
)
def test_the_century_of_a_date_slides_with_the_year(date: str, year: int, shown: str) -> None:
    assert data_titles(f"(01)09506000134352(17){date}", year=year) == ("GTIN 09506000134352", f"EXP {shown}")


def test_data_titles_are_those_of_the_standard() -> None:
    assert data_titles("(01)09506000134352(3103)000189(8008)23010112", year=2026) == (
        "GTIN 09506000134352",
        "NET KG 0.189",
        "(8008) 23010112",
    )


@pytest.mark.parametrize("text", ["a\nb", "a\x00", "\x1b[2J", "\ud800", "\u2028", "\ue000"])
def test_text_that_no_printer_has_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(LabelError, match=r"title: character \d+ \(U\+"):
        check(Label(Symbol.QR, LINK, text))
    with pytest.raises(LabelError, match=r"line 1: character \d+ \(U\+"):
        check(Label(Symbol.QR, LINK, "x", (text,)))


def test_text_is_limited() -> None:
    with pytest.raises(LabelError, match="title: at most 200 characters, not 201"):
        check(Label(Symbol.QR, LINK, "x" * 201))
    with pytest.raises(LabelError, match="at most 8 lines of text, not 9"):
        check(Label(Symbol.QR, LINK, "x", ("y",) * 9))
    with pytest.raises(LabelError, match="line 2: at most 120 characters"):
        check(Label(Symbol.QR, LINK, "x", ("y", "z" * 121)))


@given(st.text(max_size=60), st.sampled_from(Symbol))
def test_any_text_is_a_checked_label_or_a_label_error(text: str, symbol: Symbol) -> None:
    try:
        checked = check(Label(symbol, text))
    except LabelError:
        return
    assert elements_of(text) == checked.elements
