"""What was rendered is decoded again: PDF, raster at printer resolutions, another reader, the identity."""

from __future__ import annotations

import gc
import io
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.gs1 import element_string, parse
from labels import A4_2X7, A4_3X8, A4_5X13, Fonts, Label, LabelError, SheetLayout, Symbol, roll, sheet
from labels.fonts import KNOWN

CHINESE_FONT = any(path.is_file() for path, _ in KNOWN)
needs_chinese = pytest.mark.skipif(
    not CHINESE_FONT, reason="no Chinese font: install fonts-wqy-microhei and fonts-wqy-zenhei"
)
MILK = "有机牛奶 Milk" if CHINESE_FONT else "Organic Milk"
LINK = "https://id.gs1.org/01/09506000134352/10/ABC123/21/SN{:05}?17=271231"
SHORT = "(01)09506000134352(10)AB{:03}"
IDENTIFIERS = {Symbol.QR: "]Q1", Symbol.DATAMATRIX: "]d2", Symbol.GS1_128: "]C1"}


def pdf(labels: list[Label], layout: SheetLayout, **named: Any) -> bytes:
    out = io.BytesIO()
    sheet(labels, layout, out, **named)
    return out.getvalue()


def scans(data: bytes, dpi: int, page: int = 0) -> list[Any]:
    document = pypdfium2.PdfDocument(data)
    try:
        image = document[page].render(scale=dpi / 72).to_pil().convert("L")
    finally:
        document.close()
    return sorted(zxingcpp.read_barcodes(image), key=lambda found: found.text)


def text_of(data: bytes, page: int = 0) -> str:
    document = pypdfium2.PdfDocument(data)
    try:
        return str(document[page].get_textpage().get_text_range())
    finally:
        document.close()


@pytest.mark.parametrize("dpi", [203, 300, 600])
@pytest.mark.parametrize(
    ("symbol", "payload", "layout"),
    [
        (Symbol.QR, LINK, A4_3X8),
        (Symbol.DATAMATRIX, LINK, A4_5X13),
        (Symbol.GS1_128, SHORT, A4_2X7),
        (Symbol.QR, LINK, roll(50, 30)),
        (Symbol.DATAMATRIX, LINK, roll(40, 20)),
        (Symbol.GS1_128, SHORT, roll(90, 30)),
    ],
    ids=["qr-a4", "datamatrix-a4", "gs1-128-a4", "qr-roll", "datamatrix-roll", "gs1-128-roll"],
)
def test_what_is_printed_at_a_resolution_reads_back_as_the_same_identity(
    symbol: Symbol, payload: str, layout: SheetLayout, dpi: int
) -> None:
    payloads = [payload.format(number) for number in (1, 77)]
    data = pdf([Label(symbol, text, MILK) for text in payloads], replace(layout, dpi=dpi))
    pages = 1 if layout.rows > 1 else 2
    found = [scan for page in range(pages) for scan in scans(data, dpi, page)]
    assert [scan.symbology_identifier for scan in found] == [IDENTIFIERS[symbol]] * 2
    assert sorted(parse(scan.text).uri for scan in found) == sorted(parse(text).uri for text in payloads)


def test_every_label_of_a_full_sheet_reads() -> None:
    payloads = [LINK.format(number) for number in range(65)]
    data = pdf([Label(Symbol.DATAMATRIX, text, "Amoxicillin 250 mg") for text in payloads], A4_5X13)
    assert {parse(scan.text).uri for scan in scans(data, 300)} == {parse(text).uri for text in payloads}


def test_a_datamatrix_keeps_every_application_identifier_of_the_link() -> None:
    (scan,) = scans(pdf([Label(Symbol.DATAMATRIX, LINK.format(1))], A4_3X8), 300)
    assert scan.bytes == b"010950600013435210ABC123\x1d21SN00001\x1d17271231"


def test_an_element_string_on_a_qr_label_becomes_a_digital_link() -> None:
    (scan,) = scans(pdf([Label(Symbol.QR, "(01)09506000134352(17)271231(21)7/8")], A4_3X8), 300)
    assert scan.text == "https://id.gs1.org/01/09506000134352/21/7%2F8?17=271231"


def test_brackets_in_a_value_survive() -> None:
    payload = element_string([("01", "09506000134352"), ("21", "a(10)b")], brackets="[]")
    (scan,) = scans(pdf([Label(Symbol.DATAMATRIX, payload)], A4_3X8), 300)
    assert scan.bytes == b"010950600013435221a(10)b"


@settings(max_examples=25, deadline=None)
@given(
    st.text("!\"%&'()*+,-./0123456789:;<=>?ABCXYZ_abcxyz", min_size=1, max_size=20), st.sampled_from(Symbol)
)
def test_any_serial_of_character_set_82_reads_back(serial: str, symbol: Symbol) -> None:
    payload = element_string([("01", "09506000134352"), ("21", serial)], brackets="[]")
    wide = SheetLayout("wide", 210, 60, 1, 1, 200, 50)
    (scan,) = scans(pdf([Label(symbol, payload, "x")], wide), 300)
    if symbol is Symbol.QR:
        assert parse(scan.text).serial == serial
    else:
        assert scan.bytes == b"0109506000134352" + b"21" + serial.encode()


@pytest.mark.parametrize("dpi", [203, 300, 600])
@pytest.mark.parametrize("symbol", list(Symbol))
def test_every_module_is_a_whole_number_of_printer_dots(symbol: Symbol, dpi: int) -> None:
    layout = roll(90, 40, dpi=dpi)
    data = pdf([Label(symbol, SHORT.format(1), lines=())], layout)
    document = pypdfium2.PdfDocument(data)
    image = document[0].render(scale=dpi / 72).to_pil().convert("L")
    document.close()
    assert image.size == (round(90 * dpi / 25.4), round(40 * dpi / 25.4))
    # Only text is grey, and there is none: every edge falls between two dots.
    assert [value for _, value in image.getcolors() if 3 < value < 252] == []


@needs_chinese
def test_chinese_is_embedded_and_reads_back_as_text() -> None:
    data = pdf([Label(Symbol.QR, LINK.format(1), "有机纯牛奶", ("批号 ABC123", "有效期 2027-12-31"))], A4_3X8)
    text = text_of(data)
    for piece in ("有机纯牛奶", "批号 ABC123", "有效期 2027-12-31"):
        assert piece in text
    assert b"/FontFile2" in data
    assert b"STSong" not in data


@needs_chinese
def test_a_rare_character_is_taken_from_the_font_that_has_it() -> None:
    fonts = Fonts.installed()

    def first_font_has(character: str) -> bool:
        try:
            return fonts.runs(character)[0][0] is fonts.runs("药")[0][0]
        except LabelError:
            return True

    rare = next((chr(code) for code in range(0x2E80, 0x9FFF) if not first_font_has(chr(code))), None)
    if rare is None:
        pytest.skip("only one Chinese font is installed")
    assert "药" + rare in text_of(pdf([Label(Symbol.QR, LINK.format(1), "药" + rare)], A4_3X8))


def test_without_a_chinese_font_the_package_is_named_instead_of_boxes_printed() -> None:
    label = Label(Symbol.QR, LINK.format(1), "有机牛奶")
    with pytest.raises(LabelError, match=r"label 1: no font has '有' \(U\+6709\).*fonts-wqy-microhei"):
        pdf([label], A4_3X8, fonts=Fonts())


def test_without_any_font_latin_text_is_set_in_helvetica() -> None:
    data = pdf([Label(Symbol.QR, LINK.format(1), "Crème brûlée 4 × 100 g")], A4_3X8, fonts=Fonts())
    assert "Crème brûlée 4 × 100 g" in text_of(data)
    assert [scan.symbology_identifier for scan in scans(data, 300)] == ["]Q1"]


def test_a_character_that_no_font_has_is_refused() -> None:
    with pytest.raises(LabelError, match=r"U\+1F95B"):
        pdf([Label(Symbol.QR, LINK.format(1), "Milk \U0001f95b")], A4_3X8)


def test_the_payload_stands_beside_the_symbol_in_readable_form() -> None:
    text = text_of(pdf([Label(Symbol.DATAMATRIX, LINK.format(7))], A4_3X8))
    assert text.split("\r\n") == ["(01) 09506000134352", "(10) ABC123", "(21) SN00007", "(17) 271231"]


@needs_chinese
def test_a_long_title_is_cut_with_an_ellipsis_and_identifiers_never() -> None:
    serial = "ABCDEFGHJKLMNPQRSTUV"
    payload = f"(01)09506000134352(21){serial}"
    text = text_of(pdf([Label(Symbol.DATAMATRIX, payload, "阿莫西林胶囊" * 30)], A4_5X13))
    assert "…" in text
    assert serial in text.replace("\r\n", "")


def test_text_that_does_not_fit_is_an_error_not_an_overlap() -> None:
    with pytest.raises(LabelError, match="8 lines of text do not fit"):
        pdf([Label(Symbol.QR, LINK.format(1), "Milk", ("x" * 100,) * 8)], A4_5X13)


def test_a_symbol_that_does_not_fit_names_both_sizes() -> None:
    payload = "(01)09506000134352(17)271231(10)ABCDEFGHJKLMNPQRSTUV(21)ABCDEFGHJKLMNPQRSTUV"
    with pytest.raises(
        LabelError, match=r"the gs1-128 symbol has \d+ modules .* needs .* mm at 300 dpi; there are 35.7 mm"
    ):
        pdf([Label(Symbol.GS1_128, payload)], A4_5X13)


def test_labels_flow_over_pages_after_those_already_used() -> None:
    layout = replace(A4_3X8, used=20)
    labels = [Label(Symbol.DATAMATRIX, LINK.format(number)) for number in range(30)]
    out = io.BytesIO()
    printed = sheet(labels, layout, out)
    assert (printed.labels, printed.pages) == (30, 3)
    assert [len(scans(out.getvalue(), 300, page)) for page in range(3)] == [4, 24, 2]


def test_a_bad_label_is_named_by_its_number() -> None:
    labels = [Label(Symbol.QR, LINK.format(1)), Label(Symbol.QR, "https://id.gs1.org/01/09506000134353")]
    with pytest.raises(LabelError, match=r"label 2: payload: .*09506000134353"):
        pdf(labels, A4_3X8)


def test_no_label_is_an_error() -> None:
    with pytest.raises(LabelError, match="no label to print"):
        pdf([], A4_3X8)


def test_the_same_job_gives_the_same_bytes() -> None:
    labels = [Label(Symbol.QR, LINK.format(number), MILK) for number in range(3)]
    assert pdf(labels, A4_3X8) == pdf(labels, A4_3X8)


def test_a_long_job_keeps_nothing_but_offsets() -> None:
    class Sink(io.RawIOBase):
        size = 0

        def write(self, data: Any) -> int:
            self.size += len(data)
            return len(data)

    held: dict[int, int] = {}

    def job(count: int) -> Iterator[Label]:
        # One payload: the caches of bounded size are full with the first label.
        for number in range(count):
            if number in (count // 10, count - 1):
                gc.collect()
                held[number] = tracemalloc.get_traced_memory()[0]
            yield Label(Symbol.DATAMATRIX, "(01)09506000134352(21)1", MILK)

    sheet(job(10), roll(40, 20), Sink())  # type: ignore[arg-type]
    sink = Sink()
    tracemalloc.start()
    try:
        sheet(job(2000), roll(40, 20), sink)  # type: ignore[arg-type]
    finally:
        tracemalloc.stop()
    assert sink.size > 1_000_000
    # Two offsets of 8 bytes a page, in an array that grows by leaps.
    assert held[1999] - held[200] < 100_000


def test_a_document_of_many_pages_has_a_page_tree_that_readers_follow() -> None:
    out = io.BytesIO()
    sheet([Label(Symbol.QR, LINK.format(1), lines=())] * 600, roll(30, 30), out)
    document = pypdfium2.PdfDocument(out.getvalue())
    assert len(document) == 600
    document.close()
    assert len(scans(out.getvalue(), 203, 599)) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"columns": 4},
        {"rows": 9},
        {"columns": 0},
        {"used": 24},
        {"used": -1},
        {"dpi": 50},
        {"label_width": 0.0},
        {"page_width": float("nan")},
    ],
)
def test_a_layout_that_cannot_be_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(LabelError, match="layout A4, 3 x 8"):
        replace(A4_3X8, **change)


def test_the_writer_leaves_a_place_in_the_stream_as_the_start() -> None:
    """A PDF written behind other bytes counts its offsets from its own first byte."""
    out = io.BytesIO(b"head")
    out.seek(4)
    sheet([Label(Symbol.QR, LINK.format(1))], A4_3X8, out)
    assert len(scans(out.getvalue()[4:], 300)) == 1
