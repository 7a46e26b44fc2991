"""Labels a second: every symbol with its text, beside the plain ways to make a sheet, in one run.

    pytest bench/test_labels.py --benchmark-only -p no:randomly

Each round makes a job of 240 different labels on A4 sheets of 24; `labels_per_s` is in the extra info.  The
baselines draw the same payloads and texts: `qrcode` as raster images placed by reportlab, and reportlab's own
QrCodeWidget.
"""

from __future__ import annotations

import io
from typing import Any

import pytest
import qrcode
from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from labels import A4_2X7, A4_3X8, Label, SheetLayout, Symbol, human_readable, sheet
from labels.fonts import KNOWN

COUNT = 240
BASELINE_COUNT = 24
LINK = "https://id.gs1.org/01/09506000134352/10/ABC123/21/SN{:06}"
SHORT = "(01)09506000134352(10)AB{:04}"
TITLE = "有机纯牛奶 250 mL" if any(path.is_file() for path, _ in KNOWN) else "Organic Milk 250 mL"


def _labels(symbol: Symbol, first: int) -> list[Label]:
    payload = SHORT if symbol is Symbol.GS1_128 else LINK
    return [Label(symbol, payload.format(number % 10_000), TITLE) for number in range(first, first + COUNT)]


@pytest.mark.parametrize(
    ("symbol", "layout"),
    [(Symbol.DATAMATRIX, A4_3X8), (Symbol.QR, A4_3X8), (Symbol.GS1_128, A4_2X7)],
    ids=["datamatrix", "qr", "gs1-128"],
)
def test_sheet(benchmark: Any, symbol: Symbol, layout: SheetLayout) -> None:
    sheet(_labels(symbol, 0), layout, io.BytesIO())
    firsts = iter(range(COUNT, 10**9, COUNT))

    def job() -> tuple[tuple[Any, ...], dict[str, Any]]:
        return (_labels(symbol, next(firsts)), layout, io.BytesIO()), {}

    benchmark.pedantic(sheet, setup=job, rounds=8)
    benchmark.extra_info["labels_per_s"] = round(COUNT / benchmark.stats.stats.median)


def _place(number: int) -> tuple[float, float]:
    row, column = divmod(number, 3)
    return 22 + column * 187, A4[1] - 120 - row * 96


def _with_text(canvas: Canvas, x: float, y: float, payload: str) -> None:
    for line, text in enumerate(human_readable(payload)):
        canvas.drawString(x + 90, y + 60 - 10 * line, text)


def _qrcode_raster(payloads: list[str]) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    canvas.setFont("Helvetica", 7)
    for number, payload in enumerate(payloads):
        x, y = _place(number)
        picture = io.BytesIO()
        qrcode.make(payload).save(picture)
        picture.seek(0)
        canvas.drawImage(ImageReader(picture), x, y, 80, 80)
        _with_text(canvas, x, y, payload)
    canvas.save()
    return out.getvalue()


def _reportlab_widget(payloads: list[str]) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    canvas.setFont("Helvetica", 7)
    for number, payload in enumerate(payloads):
        x, y = _place(number)
        drawing = Drawing(80, 80)
        drawing.add(QrCodeWidget(payload, barLevel="M", barWidth=80, barHeight=80))
        renderPDF.draw(drawing, canvas, x, y)
        _with_text(canvas, x, y, payload)
    canvas.save()
    return out.getvalue()


@pytest.mark.parametrize(
    "make", [_qrcode_raster, _reportlab_widget], ids=["qrcode-raster", "reportlab-widget"]
)
def test_baseline(benchmark: Any, make: Any) -> None:
    payloads = [LINK.format(number) for number in range(BASELINE_COUNT)]
    benchmark.pedantic(make, args=(payloads,), rounds=2)
    benchmark.extra_info["labels_per_s"] = round(BASELINE_COUNT / benchmark.stats.stats.median)
