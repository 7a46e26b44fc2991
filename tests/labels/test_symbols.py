"""The modules of a symbol, against an independent encoder and an independent decoder."""

from __future__ import annotations

import re

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from labels import LabelError, Matrix, Symbol, encode, svg
from labels.symbols import pdf_path

LINK = "https://id.gs1.org/01/09506000134352/10/ABC123/21/"


def picture(matrix: Matrix, scale: int = 4) -> Image.Image:
    """The matrix drawn by plain loops, quiet zone included."""
    height = 60 if matrix.linear else matrix.rows
    edge = matrix.quiet
    image = Image.new("L", (matrix.columns + 2 * edge, height + 2 * edge), 255)
    for y in range(height):
        for x, dark in enumerate(matrix.lines[0 if matrix.linear else y]):
            if dark:
                image.putpixel((x + edge, y + edge), 0)
    return image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)


@settings(max_examples=20, deadline=None)
@given(st.text("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", min_size=1, max_size=20), st.sampled_from("LMQH"))
def test_both_qr_encoders_make_a_code_that_reads_the_same(serial: str, level: str) -> None:
    for encoder in ("zxing-cpp", "qrcode"):
        matrix = encode(Symbol.QR, LINK + serial, correction=level, qr_encoder=encoder)  # type: ignore[arg-type]
        found = zxingcpp.read_barcode(picture(matrix))
        assert found is not None
        assert (found.text, found.symbology_identifier, found.ec_level) == (LINK + serial, "]Q1", level)


def test_both_qr_encoders_need_the_same_version() -> None:
    ours = encode(Symbol.QR, LINK + "SN00001")
    twin = encode(Symbol.QR, LINK + "SN00001", qr_encoder="qrcode")
    assert ours.columns == twin.columns == ours.rows
    assert twin.quiet == 4


@pytest.mark.parametrize("symbol", [Symbol.DATAMATRIX, Symbol.GS1_128])
def test_a_gs1_symbol_begins_with_fnc1_and_separates_with_it(symbol: Symbol) -> None:
    found = zxingcpp.read_barcode(picture(encode(symbol, "[01]09506000134352[10]AB[21]7")))
    assert found is not None
    assert found.content_type is zxingcpp.ContentType.GS1
    assert found.bytes == b"010950600013435210AB\x1d217"


def test_a_datamatrix_is_square() -> None:
    for length in range(1, 21):
        matrix = encode(Symbol.DATAMATRIX, f"[01]09506000134352[21]{'7' * length}")
        assert matrix.rows == matrix.columns


@pytest.mark.parametrize("symbol", list(Symbol))
def test_the_path_covers_the_dark_modules_and_no_other(symbol: Symbol) -> None:
    matrix = encode(symbol, LINK if symbol is Symbol.QR else "[01]09506000134352[10]AB[21]7")
    drawn = [bytearray(matrix.columns) for _ in matrix.lines]
    for x, y, width in re.findall(r"(\d+) (\d+) (\d+) 1 re", pdf_path(matrix)):
        for place in range(int(x), int(x) + int(width)):
            drawn[int(y)][place] += 1
    assert tuple(map(bytes, drawn)) == matrix.lines


def test_an_svg_has_the_quiet_zone_and_no_foreign_content() -> None:
    matrix = encode(Symbol.QR, LINK + "<script>".replace("<", "%3C").replace(">", "%3E"))
    text = svg(matrix)
    side = matrix.columns + 8
    assert text.startswith(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}"')
    assert "script" not in text
    assert text.count("M") - 1 == sum(len(re.findall(b"\x01+", line)) for line in matrix.lines)


def test_an_svg_of_bars_has_their_height() -> None:
    matrix = encode(Symbol.GS1_128, "[00]195060001343520007")
    assert f'viewBox="0 0 {matrix.columns + 20} 40"' in svg(matrix, bar_height=40)


@pytest.mark.parametrize("encoder", ["zxing-cpp", "qrcode"])
def test_content_that_is_too_long_is_a_label_error(encoder: str) -> None:
    with pytest.raises(LabelError, match="cannot be encoded as qr"):
        encode(Symbol.QR, "x" * 5000, qr_encoder=encoder)  # type: ignore[arg-type]


@pytest.mark.parametrize("symbol", [Symbol.DATAMATRIX, Symbol.GS1_128])
def test_content_that_is_no_element_string_is_a_label_error(symbol: Symbol) -> None:
    with pytest.raises(LabelError, match=f"cannot be encoded as {symbol}"):
        encode(symbol, "hello")
