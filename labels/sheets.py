"""Label sheets and label rolls as PDF: vector symbols on the printer's dots, text beside them.

Everything that carries data is a whole number of printer dots: the size of a module and the place of a
symbol, counted from the top left corner of the page.  A module of 0.33 mm on a 203 dpi printer would be 2.64
dots wide, some 2 and some 3, and does not read.

>>> import io
>>> label = Label(Symbol.QR, "https://id.gs1.org/01/09506000134352/21/1", "Organic Milk 1 L")
>>> out = io.BytesIO()
>>> sheet([label] * 30, A4_3X8, out)
Printed(labels=30, pages=2)
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO

from .fonts import Fonts
from .label import Checked, Label, LabelError, Symbol, check
from .pdf import PdfWriter, number
from .symbols import Matrix, encode, pdf_path

MM = 72 / 25.4
INCH = 25.4

_TITLE_LINES = 3
_TITLE_SCALES = (1.0, 0.92, 0.84, 0.76)
_SMALLEST_TEXT = 4.0
_GAP = 2.0
"""Between symbol and text, mm."""


@dataclass(frozen=True, slots=True)
class SheetLayout:
    """Where labels stand on a page; lengths in mm.

    Args:
        name: for people.
        page_width, page_height: of the page.
        columns, rows: labels across and down.
        label_width, label_height: of one label.
        left, top: of the first label, from the page's top left corner.
        gap_x, gap_y: between labels.
        padding: kept free inside each label.
        dpi: dots an inch of the printer; modules are whole dots.
        smallest_module, largest_module: limits of a module; the symbol tables of the General Specifications
            (§5.12.3) begin near 0.25 mm.
        used: labels already taken from the first page.
        outlines: draw the edges of the labels (for proofs on plain paper).

    Raises:
        LabelError: the labels do not fit the page, or a length is not sane.
    """

    name: str
    page_width: float
    page_height: float
    columns: int
    rows: int
    label_width: float
    label_height: float
    left: float = 0.0
    top: float = 0.0
    gap_x: float = 0.0
    gap_y: float = 0.0
    padding: float = 2.0
    dpi: int = 300
    smallest_module: float = 0.25
    largest_module: float = 0.75
    used: int = 0
    outlines: bool = False

    def __post_init__(self) -> None:
        lengths = (self.page_width, self.page_height, self.label_width, self.label_height)
        if not all(5 <= length <= 2000 for length in lengths):
            raise LabelError(f"layout {self.name}: pages and labels measure 5 to 2000 mm")
        if not (self.columns >= 1 and self.rows >= 1 and 100 <= self.dpi <= 2400):
            raise LabelError(f"layout {self.name}: at least one label, and 100 to 2400 dpi")
        if not 0 <= self.used < self.columns * self.rows:
            raise LabelError(f"layout {self.name}: {self.used} of {self.columns * self.rows} labels used")
        right = self.left + self.columns * self.label_width + (self.columns - 1) * self.gap_x
        bottom = self.top + self.rows * self.label_height + (self.rows - 1) * self.gap_y
        if right > self.page_width + 0.05 or bottom > self.page_height + 0.05:
            raise LabelError(
                f"layout {self.name}: the labels reach {right:.1f} x {bottom:.1f} mm, "
                f"the page measures {self.page_width:.1f} x {self.page_height:.1f} mm"
            )


def roll(width: float, height: float, *, dpi: int = 203, padding: float = 1.5) -> SheetLayout:
    """Single labels off a roll: one label a page, rounded to whole printer dots (lengths in mm)."""
    width, height = (round(length * dpi / INCH) * INCH / dpi for length in (width, height))
    return SheetLayout(
        f"roll {width:.0f} x {height:.0f}", width, height, 1, 1, width, height, padding=padding, dpi=dpi
    )


A4_3X8 = SheetLayout("A4, 3 x 8", 210, 297, 3, 8, 63.5, 33.9, left=7.25, top=12.9, gap_x=2.5)
"""24 labels of 63.5 x 33.9 mm."""
A4_2X7 = SheetLayout("A4, 2 x 7", 210, 297, 2, 7, 99.1, 38.1, left=4.65, top=15.15, gap_x=2.5)
"""14 labels of 99.1 x 38.1 mm: wide enough for GS1-128 with GTIN and lot."""
A4_5X13 = SheetLayout("A4, 5 x 13", 210, 297, 5, 13, 38.1, 21.2, left=4.75, top=10.7, gap_x=2.5, padding=1.2)
"""65 labels of 38.1 x 21.2 mm."""
LAYOUTS = {layout.name: layout for layout in (A4_3X8, A4_2X7, A4_5X13)}


@dataclass(frozen=True, slots=True)
class Printed:
    """What a job came to."""

    labels: int
    pages: int


def sheet(
    labels: Iterable[Label],
    layout: SheetLayout,
    out: BinaryIO,
    *,
    fonts: Fonts | None = None,
    title: str = "Labels",
) -> Printed:
    """Write labels as a PDF, page by page in bounded memory.

    Args:
        labels: any number of them, taken one at a time.
        layout: where they stand.
        out: where the PDF is written.
        fonts: what text is set in; None for those installed.
        title: of the document.

    Returns:
        How many labels and pages were written.

    Raises:
        LabelError: a label cannot be printed (its number, counted from 1, is named), or there is none. What
            was written until then is not a complete PDF.
    """
    fonts = Fonts.installed() if fonts is None else fonts
    writer = PdfWriter(out, _points(layout.page_width), _points(layout.page_height), fonts, title)
    a_page = layout.columns * layout.rows
    count, place, content = 0, layout.used, _frame(layout)
    for label in labels:
        if place == a_page:
            writer.page("".join(content))
            place, content = 0, _frame(layout)
        try:
            content.append(_draw(writer, fonts, layout, check(label), place))
        except LabelError as error:
            raise LabelError(f"label {count + 1}: {error}") from None
        place += 1
        count += 1
    if not count:
        raise LabelError("there is no label to print")
    writer.page("".join(content))
    writer.close()
    return Printed(count, writer.pages)


def _points(length: float) -> float:
    """The length of a page side in points, a hair less: a viewer rounds up to whole dots."""
    return round(length * MM - 0.001, 4)


@dataclass(frozen=True, slots=True)
class _Box:
    """A rectangle in mm from the page's top left corner."""

    left: float
    top: float
    width: float
    height: float


def _frame(layout: SheetLayout) -> list[str]:
    if not layout.outlines:
        return []
    boxes = (_cell(layout, place) for place in range(layout.columns * layout.rows))
    edges = "".join(
        f"{number(box.left * MM)} {number((layout.page_height - box.top - box.height) * MM)} "
        f"{number(box.width * MM)} {number(box.height * MM)} re\n"
        for box in boxes
    )
    return [f"q 0.75 G 0.3 w\n{edges}S Q\n"]


def _cell(layout: SheetLayout, place: int) -> _Box:
    row, column = divmod(place, layout.columns)
    return _Box(
        layout.left + column * (layout.label_width + layout.gap_x),
        layout.top + row * (layout.label_height + layout.gap_y),
        layout.label_width,
        layout.label_height,
    )


def _draw(writer: PdfWriter, fonts: Fonts, layout: SheetLayout, checked: Checked, place: int) -> str:
    cell, pad = _cell(layout, place), layout.padding
    inner = _Box(cell.left + pad, cell.top + pad, cell.width - 2 * pad, cell.height - 2 * pad)
    matrix = encode(checked.label.symbol, checked.content)
    if matrix.linear:
        return _draw_linear(writer, fonts, layout, checked, matrix, inner)
    has_text = bool(checked.label.title or checked.lines)
    most = min(inner.height, inner.width * 0.5 if has_text else inner.width)
    dots = _module_dots(layout, matrix.columns + 2 * matrix.quiet, most, checked.label.symbol)
    module = dots * INCH / layout.dpi
    quiet = matrix.quiet * module
    side = matrix.columns * module + 2 * quiet
    top = inner.top + (inner.height - side) / 2
    drawn = _symbol(layout, matrix, dots, inner.left + quiet, top + quiet, module)
    if has_text:
        # The quiet zone of a QR code is space enough; a DataMatrix has next to none.
        left = inner.left + side + max(0.0, _GAP - quiet)
        column = _Box(left, inner.top, inner.left + inner.width - left, inner.height)
        drawn += _text(writer, fonts, layout, checked.label.title, checked.lines, column)
    return drawn


def _draw_linear(
    writer: PdfWriter, fonts: Fonts, layout: SheetLayout, checked: Checked, matrix: Matrix, inner: _Box
) -> str:
    dots = _module_dots(layout, matrix.columns + 2 * matrix.quiet, inner.width, Symbol.GS1_128)
    module = dots * INCH / layout.dpi
    width = matrix.columns * module
    head = f"{checked.label.title}"
    foot = "   ".join(checked.lines)
    # Title above, bars, human-readable text beneath: the bars take what the text leaves.
    title_size, line_size = _sizes(layout)
    head_height = (title_size * 1.35 / MM) if head else 0.0
    foot_lines = _balanced(fonts, checked.lines, line_size, inner.width * MM) if foot else ()
    foot_height = len(foot_lines) * line_size * 1.25 / MM + 0.6
    bars = inner.height - head_height - foot_height
    # General Specifications §5.12.3.2 asks for 12.7 mm or more where space permits; 5 mm is what still scans.
    if bars < 5:
        raise LabelError(f"{bars:.1f} mm remain for the bars of GS1-128, at least 5 mm are needed")
    bars = min(bars, 25.0)
    left = inner.left + (inner.width - width) / 2
    drawn = _symbol(layout, matrix, dots, left, inner.top + head_height, bars)
    if head:
        head = _shortened(fonts, head, title_size, inner.width * MM)
        y = (layout.page_height - inner.top) * MM - title_size * 0.95
        drawn += writer.text(head, title_size, inner.left * MM, y, bold=True)
    y = (layout.page_height - inner.top - head_height - bars - 0.6) * MM - line_size * 0.9
    for line in foot_lines:
        x = (inner.left + inner.width / 2) * MM - fonts.width(line, line_size) / 2
        drawn += writer.text(line, line_size, x, y)
        y -= line_size * 1.25
    return drawn


def _module_dots(layout: SheetLayout, modules: int, room: float, symbol: Symbol) -> int:
    """The largest whole number of dots a module can have in `room` mm."""
    dot = INCH / layout.dpi
    dots = min(math.floor(room / modules / dot + 1e-9), math.floor(layout.largest_module / dot + 1e-9))
    least = max(1, math.ceil(layout.smallest_module / dot - 1e-9))
    if dots < least:
        raise LabelError(
            f"the {symbol} symbol has {modules} modules with its quiet zone and needs "
            f"{modules * least * dot:.1f} mm at {layout.dpi} dpi; there are {room:.1f} mm"
        )
    return dots


def _symbol(
    layout: SheetLayout, matrix: Matrix, dots: int, left: float, top: float, line_height: float
) -> str:
    point = 72 / layout.dpi
    x = round(left * layout.dpi / INCH) * point
    y = _points(layout.page_height) - round(top * layout.dpi / INCH) * point
    down = round(line_height * layout.dpi / INCH) * point
    return f"q {number(dots * point)} 0 0 {number(-down)} {number(x)} {number(y)} cm\n{pdf_path(matrix)}f Q\n"


def _sizes(layout: SheetLayout) -> tuple[float, float]:
    """Font sizes in points for title and lines, by the height of the label."""
    title = min(11.0, max(6.0, layout.label_height * 0.27))
    return title, min(8.0, max(5.0, layout.label_height * 0.2))


def _text(
    writer: PdfWriter, fonts: Fonts, layout: SheetLayout, title: str, lines: tuple[str, ...], box: _Box
) -> str:
    width, height = box.width * MM, box.height * MM
    if width <= 0:
        raise LabelError("no room for text beside the symbol")
    title_size, titles, line_size, wrapped = _set(fonts, title, lines, width, height, *_sizes(layout))
    used = len(titles) * title_size * 1.25 + len(wrapped) * line_size * 1.3 + (2 if titles and wrapped else 0)
    x = box.left * MM
    y = (layout.page_height - box.top) * MM - (height - used) / 2
    drawn = []
    for piece in titles:
        drawn.append(writer.text(piece, title_size, x, y - title_size, bold=True))
        y -= title_size * 1.25
    y -= 2 if titles and wrapped else 0
    for piece in wrapped:
        drawn.append(writer.text(piece, line_size, x, y - line_size))
        y -= line_size * 1.3
    return "".join(drawn)


def _set(
    fonts: Fonts,
    title: str,
    lines: tuple[str, ...],
    width: float,
    height: float,
    title_size: float,
    line_size: float,
) -> tuple[float, tuple[str, ...], float, tuple[str, ...]]:
    """Sizes and broken lines that fit; identifiers are never cut, a title may end in an ellipsis."""
    scale = 1.0
    while True:
        large, small = title_size * scale, line_size * scale
        large, titles = _title_lines(fonts, title, large, width) if title else (large, ())
        wrapped = tuple(piece for line in lines for piece in fonts.wrap(line, small, width))
        if len(titles) * large * 1.25 + len(wrapped) * small * 1.3 + 2 <= height:
            return large, titles, small, wrapped
        scale *= 0.93
        if small * 0.93 < _SMALLEST_TEXT:
            raise LabelError(
                f"{len(lines)} lines of text do not fit {width / MM:.1f} x {height / MM:.1f} mm "
                f"at {_SMALLEST_TEXT} pt or more"
            )


@lru_cache(maxsize=1024)
def _title_lines(fonts: Fonts, title: str, size: float, width: float) -> tuple[float, tuple[str, ...]]:
    """The title's size and lines: a little smaller where that saves a line, cut where even that is long."""
    lines, size = min(
        ((fonts.wrap(title, size * scale, width), size * scale) for scale in _TITLE_SCALES),
        key=lambda tried: (len(tried[0]), -tried[1]),
    )
    if len(lines) > _TITLE_LINES:
        kept, end = lines[: _TITLE_LINES - 1], 0
        for line in kept:
            end = title.index(line, end) + len(line)
        lines = (*kept, _shortened(fonts, title[end:].lstrip(), size, width))
    return size, lines


def _shortened(fonts: Fonts, text: str, size: float, width: float) -> str:
    if fonts.width(text, size) <= width:
        return text
    while text and fonts.width(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def _balanced(fonts: Fonts, lines: tuple[str, ...], size: float, width: float) -> tuple[str, ...]:
    """Lines set side by side as far as they fit."""
    rows: list[str] = []
    for line in lines:
        if rows and fonts.width(f"{rows[-1]}   {line}", size) <= width:
            rows[-1] = f"{rows[-1]}   {line}"
        else:
            rows.extend(fonts.wrap(line, size, width))
    return tuple(rows)
