"""ZPL: the tag, the symbol and the text say the same, and no text becomes a command."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.gs1 import GS, element_string, encode_tag, parse_element_string
from labels import Label, LabelError, Symbol, ZplLayout, zpl

PAYLOAD = "(01)09506000134352(17)271231(10)AB-1(21)7"
SMALL = ZplLayout(60, 40)
WIDE = ZplLayout(120, 40)
CHINESE = ZplLayout(60, 40, font="E:SIMSUN.TTF")


def commands(data: bytes) -> list[tuple[str, str]]:
    """A ZPL format as a printer takes it apart: a command begins at every ^ or ~."""
    text = data.decode("ascii").replace("\n", "")
    return [(found[:3], found[3:]) for found in re.split(r"(?=[\^~])", text) if found]


def fields(data: bytes) -> list[str]:
    """The field data behind ^FH\\, hexadecimal escapes undone."""
    found = []
    parts = commands(data)
    for (name, value), (following, text) in itertools.pairwise(parts):
        if (name, following) == ("^FH", "^FD"):
            assert value == "\\"
            escaped = re.sub(rb"\\([0-9A-F]{2})", lambda m: bytes([int(m[1], 16)]), text.encode())
            found.append(escaped.decode())
    return found


def test_a_label_is_one_format_of_the_printers_size() -> None:
    parts = commands(zpl(Label(Symbol.DATAMATRIX, PAYLOAD, "Milk"), ZplLayout(50.8, 25.4)))
    assert parts[0] == ("^XA", "")
    assert parts[-1] == ("^XZ", "")
    assert ("^PW", "406") in parts
    assert ("^LL", "203") in parts
    assert ("^CI", "28") in parts


def test_the_datamatrix_holds_the_element_string_with_fnc1() -> None:
    data = zpl(Label(Symbol.DATAMATRIX, PAYLOAD, "Milk"), SMALL)
    assert re.search(rb"\^BXN,\d+,200,,,,_,1\^FH", data)
    assert fields(data)[0] == "_10109506000134352" + "17271231" + "10AB-1" + "_1" + "217"


@given(st.text("!\"%&'()*+,-./012789:;<=>?AZ_az", min_size=1, max_size=20))
def test_any_serial_is_carried_whole_by_a_datamatrix(serial: str) -> None:
    payload = element_string([("01", "09506000134352"), ("10", "_1"), ("21", serial)], brackets="[]")
    data = zpl(Label(Symbol.DATAMATRIX, payload, lines=()), SMALL)
    escape = re.search(rb"\^BXN,\d+,200,,,,(.),1", data)
    assert escape is not None
    assert escape[1] == b"@"
    raw = fields(data)[0].replace("@1", GS)
    assert parse_element_string(raw[1:]) == (("01", "09506000134352"), ("10", "_1"), ("21", serial))


def test_gs1_128_marks_the_end_of_a_value_of_free_length() -> None:
    data = zpl(Label(Symbol.GS1_128, "(01)09506000134352(10)AB-1(21)7", "Milk"), WIDE)
    assert re.search(rb"\^BY\d+\^BCN,\d+,N,N,N,D\^FH", data)
    assert fields(data)[0] == "010950600013435210AB-1>8217"


@pytest.mark.parametrize("serial", ["a(b", "a)b", "a>8b"])
def test_a_value_that_zpl_would_change_is_not_printed_as_gs1_128(serial: str) -> None:
    payload = element_string([("01", "09506000134352"), ("21", serial)], brackets="[]")
    with pytest.raises(LabelError, match="cannot be printed as GS1-128 by ZPL"):
        zpl(Label(Symbol.GS1_128, payload), WIDE)


def test_a_qr_code_holds_the_link() -> None:
    link = "https://id.gs1.org/01/09506000134352/21/7"
    data = zpl(Label(Symbol.QR, link, "Milk"), SMALL)
    assert fields(data)[0] == "MA," + link


def test_the_tag_is_written_as_hexadecimal() -> None:
    payload = "(01)09506000134352(21)7"
    epc = encode_tag(payload, company_prefix_length=7)
    for given_as in (epc, epc.hex(), epc.hex().upper()):
        data = zpl(Label(Symbol.DATAMATRIX, payload, "Milk"), SMALL, epc=given_as, attempts=5)
        assert f"^RFW,H^FD{epc.hex().upper()}^FS".encode() in data
        assert b"^RS8,,,5,P" in data


def test_a_label_without_an_epc_leaves_the_tag_alone() -> None:
    data = zpl(Label(Symbol.DATAMATRIX, PAYLOAD, "Milk"), SMALL)
    assert b"^RF" not in data
    assert b"^RS" not in data


def test_a_tag_that_names_another_item_is_refused() -> None:
    epc = encode_tag("(01)09506000134352(21)8", company_prefix_length=7)
    with pytest.raises(LabelError, match=r"the EPC names .*/21/8, the symbol .*/21/7"):
        zpl(Label(Symbol.DATAMATRIX, PAYLOAD), SMALL, epc=epc)


@pytest.mark.parametrize("epc", ["", "30", "zz" * 12, b"", "^XZ", "00" * 12, "FF" * 13])
def test_an_epc_that_is_none_is_refused(epc: str | bytes) -> None:
    with pytest.raises(LabelError):
        zpl(Label(Symbol.DATAMATRIX, PAYLOAD), SMALL, epc=epc)


def test_two_tags_never_get_one_epc() -> None:
    epc = encode_tag("(01)09506000134352(21)7", company_prefix_length=7)
    with pytest.raises(LabelError, match="is printed once"):
        zpl(Label(Symbol.DATAMATRIX, PAYLOAD), SMALL, epc=epc, copies=2)
    assert b"^PQ2" in zpl(Label(Symbol.DATAMATRIX, PAYLOAD), SMALL, copies=2)


NAMES = {command for command, _ in commands(zpl(Label(Symbol.DATAMATRIX, PAYLOAD, "Milk"), CHINESE))}


@given(
    st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]) | st.sampled_from("^~\\_,<>&"), max_size=40)
)
def test_no_title_becomes_a_command(title: str) -> None:
    data = zpl(Label(Symbol.DATAMATRIX, PAYLOAD, title, ("x",)), CHINESE)
    assert {command for command, _ in commands(data)} <= NAMES
    assert len(fields(data)) >= 2
    shown = "".join(fields(data)[1:-1]).removesuffix("...")
    assert "".join(title.split()).startswith("".join(shown.split()))


def test_a_title_with_commands_in_it_is_printed_as_text() -> None:
    data = zpl(Label(Symbol.DATAMATRIX, PAYLOAD, "A^XZ~JA\\5E"), SMALL)
    assert "A^XZ~JA\\5E" in fields(data)
    assert data.count(b"^XZ") == 1
    assert b"~" not in data


def test_chinese_needs_a_font_on_the_printer() -> None:
    label = Label(Symbol.DATAMATRIX, PAYLOAD, "有机牛奶")
    with pytest.raises(LabelError, match="'有' is not in the printer's built-in font"):
        zpl(label, SMALL)
    data = zpl(label, CHINESE)
    assert b",E:SIMSUN.TTF^FH" in data
    assert "有机牛奶" in fields(data)


@pytest.mark.parametrize(
    ("width", "height", "dpi", "font", "padding"),
    [
        (5, 30, 203, "0", 1),
        (50, 2000, 203, "0", 1),
        (50, 30, 250, "0", 1),
        (50, 30, 203, "E:X^XZ.TTF", 1),
        (50, 30, 203, "", 1),
        (50, 30, 203, "0", 9),
    ],
)
def test_a_layout_that_cannot_be_is_refused(
    width: float, height: float, dpi: int, font: str, padding: float
) -> None:
    with pytest.raises(LabelError):
        ZplLayout(width, height, dpi, font, padding)


def test_a_symbol_or_text_that_does_not_fit_is_refused() -> None:
    with pytest.raises(LabelError, match="take a larger label"):
        zpl(Label(Symbol.GS1_128, PAYLOAD), ZplLayout(30, 20))
    with pytest.raises(LabelError, match="do not fit the label"):
        zpl(Label(Symbol.DATAMATRIX, PAYLOAD, "", ("x" * 120,) * 8), ZplLayout(30, 20))


@pytest.mark.parametrize("attempts", [0, 11])
def test_attempts_are_bounded(attempts: int) -> None:
    with pytest.raises(LabelError, match="1 to 10 attempts"):
        zpl(Label(Symbol.DATAMATRIX, PAYLOAD), SMALL, attempts=attempts)
