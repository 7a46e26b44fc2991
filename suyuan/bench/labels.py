"""Labels a second on A4 sheets, each with its symbol and the text beneath, as PDF.

The baselines make the same sheets of the same texts in the usual ways: `qrcode` draws rasters that are placed
on the page, reportlab draws with its own QrCodeWidget.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from itertools import count, islice
from pathlib import Path

import qrcode
from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from labels import A4_3X8, Label, Symbol, human_readable, sheet
from suyuan.bench.report import Report, rate, repeated, seconds

__all__ = ["run"]

LINK = "https://id.gs1.org/01/09521001000116/10/ABC123/21/SN{:06}"
A_SHEET = 24


def run(_: Path, *, sheets: int = 10, rounds: int = 5) -> Report:
    """Measure.

    Args:
        _: the folder that others write to; the PDF stays in memory.
        sheets: of 24 labels, no label like another.
        rounds: the median counts.
    """
    amount, payloads = sheets * A_SHEET, map(LINK.format, count(1))

    def labels_per_s(symbol: Symbol) -> float:
        def job() -> float:
            labels = [Label(symbol, payload, "Milk 250 mL") for payload in islice(payloads, amount)]
            return seconds(lambda: sheet(labels, A4_3X8, io.BytesIO()))

        job()  # fonts are read once
        return rate(amount, repeated(rounds, job))

    def drawn_per_s(draw: Callable[[Canvas, str, float, float], None]) -> float:
        return rate(
            A_SHEET, repeated(2, lambda: seconds(lambda: _plain_sheet(draw, islice(payloads, A_SHEET))))
        )

    return Report(
        "labels",
        {"labels": amount, "labels_per_sheet": A_SHEET, "rounds": rounds, "payload": LINK.format(1)},
        {
            "datamatrix_labels_per_s": labels_per_s(Symbol.DATAMATRIX),
            "qr_labels_per_s": labels_per_s(Symbol.QR),
        },
        {
            "qrcode_labels_per_s": drawn_per_s(_qrcode_raster),
            "reportlab_labels_per_s": drawn_per_s(_reportlab_widget),
        },
    )


def _plain_sheet(draw: Callable[[Canvas, str, float, float], None], payloads: Iterable[str]) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    canvas.setFont("Helvetica", 7)
    for number, payload in enumerate(payloads):
        row, column = divmod(number, 3)
        x, y = 22 + column * 187, A4[1] - 120 - row * 96
        draw(canvas, payload, x, y)
        _write(canvas, human_readable(payload), x + 90, y + 60)
    canvas.save()
    return out.getvalue()


def _write(canvas: Canvas, lines: Sequence[str], x: float, y: float) -> None:
    for number, text in enumerate(lines):
        canvas.drawString(x, y - 10 * number, text)


def _qrcode_raster(canvas: Canvas, payload: str, x: float, y: float) -> None:
    picture = io.BytesIO()
    qrcode.make(payload).save(picture)
    picture.seek(0)
    canvas.drawImage(ImageReader(picture), x, y, 80, 80)


def _reportlab_widget(canvas: Canvas, payload: str, x: float, y: float) -> None:
    drawing = Drawing(80, 80)
    drawing.add(QrCodeWidget(payload, barLevel="M", barWidth=80, barHeight=80))
    renderPDF.draw(drawing, canvas, x, y)
