r"""Labels in ZPL II, with the RFID tag in the label written by the printer.

Whatever comes from outside stands in `^FD` behind `^FH\`: every character that ZPL could take for a command
(`^`, `~`, the indicator itself) and everything beyond ASCII is written as `\hh`, so that a product name
cannot close its field.  FNC1 is `_1` in a DataMatrix (`@1` where the data hold `_`), `>8` in GS1-128.

>>> from foundation.gs1 import encode_tag
>>> label = Label(Symbol.DATAMATRIX, "(01)09506000134352(21)7", "Milk ^XZ")
>>> print(zpl(label, ZplLayout(50, 30), epc=encode_tag(label.payload, company_prefix_length=7)).decode())
^XA
^CI28
^PW400
^LL240
^RS8,,,3,P
^RFW,H^FD30364433400D1EC000000007^FS
^FO19,64^BXN,7,200,,,,_,1^FH\^FD_10109506000134352217^FS
^FO147,74^A0N,30,30^FH\^FDMilk \5EXZ^FS
^FO147,111^A0N,22,22^FH\^FD(01) 09506000134352^FS
^FO147,138^A0N,22,22^FH\^FD(21) 7^FS
^PQ1
^XZ
<BLANKLINE>
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from foundation.gs1 import GS, Gs1Error, decode_tag, element_string

from .label import Checked, Label, LabelError, Symbol, check
from .symbols import Matrix, encode

INCH = 25.4
MAX_COPIES = 10_000

_FONT = re.compile(r"[A-Z0-9]|[A-Z]:[A-Z0-9_]{1,16}\.(TTF|TTE|FNT)", re.ASCII)
_PLAIN = re.compile(r"[^\x20-\x7e]|[\^~\\]")
_RESOLUTIONS = (152, 203, 300, 600)
_TITLE_LINES = 2


@dataclass(frozen=True, slots=True)
class ZplLayout:
    """One label on a Zebra printer.

    Args:
        width, height: of the label, mm.
        dpi: of the print head: 152, 203, 300 or 600.
        font: "0" (the built-in scalable font, Latin only), or a font stored on the printer such as
            "E:SIMSUN.TTF"; needed for Chinese.
        padding: kept free inside the label, mm.

    Raises:
        LabelError: a value is out of its range.
    """

    width: float
    height: float
    dpi: int = 203
    font: str = "0"
    padding: float = 1.5

    def __post_init__(self) -> None:
        if self.dpi not in _RESOLUTIONS:
            raise LabelError(f"a print head has {_RESOLUTIONS} dpi, not {self.dpi}")
        if not (10 <= self.width <= 500 and 5 <= self.height <= 1000 and 0 <= self.padding < 5):
            raise LabelError("a label measures 10 to 500 by 5 to 1000 mm, with less than 5 mm of padding")
        if not _FONT.fullmatch(self.font):
            raise LabelError(f"font {self.font!r}: one letter or digit, or like E:SIMSUN.TTF")

    def dots(self, length: float) -> int:
        """A length in mm as whole dots."""
        return round(length * self.dpi / INCH)


def zpl(
    label: Label,
    layout: ZplLayout,
    *,
    epc: bytes | str | None = None,
    copies: int = 1,
    attempts: int = 3,
) -> bytes:
    """One label as a ZPL format.

    Args:
        label: what stands on it.
        layout: where.
        epc: 96 bits for the tag in the label, as bytes or 24 hex digits; None: the tag is left alone.
        copies: how many; 1 only where a tag is written, for two tags must not carry one EPC.
        attempts: labels the printer may spend on tags that cannot be written (it prints VOID on them) before
            it pauses, 1 to 10.

    Returns:
        ASCII, from ^XA to ^XZ and a line end.

    Raises:
        LabelError: the label is not printable (see `check`), the EPC names something else than the symbol, or
            a number is out of its range.
    """
    checked = check(label)
    if not 1 <= copies <= MAX_COPIES or not 1 <= attempts <= 10:
        raise LabelError(f"1 to {MAX_COPIES} copies and 1 to 10 attempts, not {copies} and {attempts}")
    lines = ["^XA", "^CI28", f"^PW{layout.dots(layout.width)}", f"^LL{layout.dots(layout.height)}"]
    if epc is not None:
        if copies != 1:
            raise LabelError("a label whose tag is written is printed once: each tag has its own EPC")
        lines += [f"^RS8,,,{attempts},P", f"^RFW,H^FD{_epc(epc, checked)}^FS"]
    lines += _linear(checked, layout) if label.symbol is Symbol.GS1_128 else _square(checked, layout)
    lines += [f"^PQ{copies}", "^XZ", ""]
    return "\n".join(lines).encode("ascii")


def _epc(epc: bytes | str, checked: Checked) -> str:
    try:
        tag = decode_tag(epc)
    except Gs1Error as error:
        raise LabelError(f"EPC: {error}") from None
    if tag.identity.uri != checked.identity.uri:
        raise LabelError(f"the EPC names {tag.identity.uri}, the symbol {checked.identity.uri}")
    digits = epc.hex() if isinstance(epc, bytes) else epc
    if len(digits) != 24:
        raise LabelError(f"an EPC of 96 bits has 24 hex digits, not {len(digits)}")
    return digits.upper()


def _square(checked: Checked, layout: ZplLayout) -> list[str]:
    matrix = encode(checked.label.symbol, checked.content)
    pad = layout.dots(layout.padding)
    width, height = layout.dots(layout.width) - 2 * pad, layout.dots(layout.height) - 2 * pad
    modules = matrix.columns + 2 * matrix.quiet
    dots = _module(layout, modules, min(height, width // 2), 1.0)
    quiet = matrix.quiet * dots
    top = pad + (height - modules * dots) // 2
    lines = [_symbol(checked, matrix, pad + quiet, top + quiet, dots)]
    left = pad + modules * dots + max(0, layout.dots(2) - quiet)
    return lines + _texts(checked, layout, left, pad, layout.dots(layout.width) - pad - left, height)


def _linear(checked: Checked, layout: ZplLayout) -> list[str]:
    if re.search(r"[() >]", "".join(value for _, value in checked.elements)):
        # ^BC in mode D strips brackets and spaces and reads > as an escape.
        raise LabelError(f"{checked.content}: brackets and > in a value cannot be printed as GS1-128 by ZPL")
    matrix = encode(Symbol.GS1_128, checked.content)
    pad = layout.dots(layout.padding)
    width, height = layout.dots(layout.width) - 2 * pad, layout.dots(layout.height) - 2 * pad
    dots = _module(layout, matrix.columns + 2 * matrix.quiet, width, 0.5)
    bars = height // 2
    data = element_string(checked.elements, raw=True).replace(GS, ">8")
    left = pad + (width - matrix.columns * dots) // 2
    symbol = f"^FO{left},{pad}^BY{dots}^BCN,{bars},N,N,N,D{_field(data)}"
    return [symbol, *_texts(checked, layout, pad, pad + bars, width, height - bars)]


def _module(layout: ZplLayout, modules: int, room: int, largest: float) -> int:
    dots = min(room // modules, int(largest * layout.dpi / INCH))
    least = max(2, -int(-0.25 * layout.dpi / INCH // 1))
    if dots < least:
        raise LabelError(f"the symbol needs {modules * least} dots and has {room}; take a larger label")
    return dots


def _symbol(checked: Checked, matrix: Matrix, left: int, top: int, dots: int) -> str:
    if matrix.symbol is Symbol.QR:
        # QA: error correction as in ^BQ (M), character mode chosen by the printer.
        return f"^FO{left},{top}^BQN,2,{min(dots, 10)}{_field('MA,' + checked.content)}"
    data = element_string(checked.elements, raw=True)
    # The escape character of ^BX is one that the data lacks; @ is in no character set of GS1.
    escape = "@" if "_" in data else "_"
    data = f"{GS}{data}".replace(GS, f"{escape}1")
    return f"^FO{left},{top}^BXN,{dots},200,,,,{escape},1{_field(data)}"


def _texts(checked: Checked, layout: ZplLayout, left: int, top: int, width: int, height: int) -> list[str]:
    title_size, size = layout.dots(3.75), layout.dots(2.75)
    while True:
        titles = _wrapped(checked.label.title, title_size, width)
        if len(titles) > _TITLE_LINES:
            titles = [*titles[: _TITLE_LINES - 1], titles[_TITLE_LINES - 1][:-1] + "..."]
        lines = [piece for line in checked.lines for piece in _wrapped(line, size, width)]
        used = len(titles) * title_size * 5 // 4 + len(lines) * size * 5 // 4
        if used <= height:
            break
        title_size, size = title_size * 9 // 10, size * 9 // 10
        if size < layout.dots(1.5):
            raise LabelError(f"{len(checked.lines)} lines of text do not fit the label")
    y = top + (height - used) // 2
    drawn = []
    for text, dots in [(piece, title_size) for piece in titles] + [(piece, size) for piece in lines]:
        drawn.append(f"^FO{left},{y}{_font(layout, text, dots)}{_field(text)}")
        y += dots * 5 // 4
    return drawn


def _font(layout: ZplLayout, text: str, dots: int) -> str:
    if len(layout.font) > 1:
        return f"^A@N,{dots},{dots},{layout.font}"
    for character in text:
        if ord(character) > 0xFF:
            raise LabelError(
                f"{character!r} is not in the printer's built-in font; store one on the printer and name it, "
                "for example font='E:SIMSUN.TTF'"
            )
    return f"^A{layout.font}N,{dots},{dots}"


def _wrapped(text: str, size: int, width: int) -> list[str]:
    """Lines by estimated width: half an em for Latin, an em for Chinese."""
    lines, line, used = [], "", 0.0
    for word in re.findall(r"[\u2e80-\uffff]|[^\s\u2e80-\uffff]+\s*|\s+", text):
        for piece in [word] if _em(word) * size <= width else list(word):
            if line and used + _em(piece.rstrip()) * size > width:
                lines.append(line.rstrip())
                line, used = "", 0.0
            line += piece
            used += _em(piece) * size
    return [*lines, line.rstrip()] if line.strip() else lines


def _em(text: str) -> float:
    return sum(1.0 if ord(character) >= 0x2E80 else 0.55 for character in text)


def _field(data: str) -> str:
    return r"^FH\^FD" + _PLAIN.sub(_hex, data) + "^FS"


def _hex(found: re.Match[str]) -> str:
    return "".join(f"\\{byte:02X}" for byte in found[0].encode())
