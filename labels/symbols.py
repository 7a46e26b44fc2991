"""Symbols as modules: what is dark, free of any unit or medium.

zxing-cpp encodes all three.  It checks neither check digits nor dates, so what comes here has been through
`labels.label.check`.  For QR there is a twin, the `qrcode` package: slower by an order of magnitude, and the
oracle of the tests.

>>> matrix = encode(Symbol.DATAMATRIX, "[01]09506000134352[21]1")
>>> matrix.columns, matrix.lines[0][:5], matrix.quiet
(16, b'\\x01\\x00\\x01\\x00\\x01', 1)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import qrcode
import zxingcpp
from qrcode.exceptions import DataOverflowError

from .label import LabelError, Symbol

_DARK = re.compile(rb"\x01+")
_TO_DARK = bytes.maketrans(b"\x00\xff", b"\x01\x00")

# Modules of quiet zone on each side: ISO/IEC 18004, ISO/IEC 16022, ISO/IEC 15417.
_QUIET = {Symbol.QR: 4, Symbol.DATAMATRIX: 1, Symbol.GS1_128: 10}

Correction = Literal["L", "M", "Q", "H"]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The modules of one symbol, without its quiet zone.

    Args:
        lines: one bytes object a line of modules, 1 is dark; a linear symbol has one line, of any height.
        quiet: modules of quiet zone needed (left and right only, for a linear symbol).
    """

    symbol: Symbol
    lines: tuple[bytes, ...]
    quiet: int

    @property
    def columns(self) -> int:
        """Modules across."""
        return len(self.lines[0])

    @property
    def rows(self) -> int:
        """Modules down; 1 for a linear symbol."""
        return len(self.lines)

    @property
    def linear(self) -> bool:
        """Is it bars, whose height is free?"""
        return self.symbol is Symbol.GS1_128


def encode(
    symbol: Symbol,
    content: str,
    *,
    correction: Correction = "M",
    qr_encoder: Literal["zxing-cpp", "qrcode"] = "zxing-cpp",
) -> Matrix:
    """The modules of a symbol.

    Args:
        symbol: which.
        content: a URI for QR, an element string with square brackets for the others (`Checked.content`).
        correction: error correction level of a QR code; the others have one of their own.
        qr_encoder: which package encodes QR codes.

    Raises:
        LabelError: the content does not fit the symbol.
    """
    if symbol is Symbol.QR and qr_encoder == "qrcode":
        return Matrix(symbol, _qr_of_qrcode(content, correction), _QUIET[symbol])
    try:
        if symbol is Symbol.QR:
            barcode = zxingcpp.create_barcode(content, zxingcpp.BarcodeFormat.QRCode, ec_level=correction)
        elif symbol is Symbol.DATAMATRIX:
            barcode = zxingcpp.create_barcode(
                content, zxingcpp.BarcodeFormat.DataMatrix, gs1=True, force_square=True
            )
        else:
            barcode = zxingcpp.create_barcode(content, zxingcpp.BarcodeFormat.Code128, gs1=True)
    except (ValueError, RuntimeError) as error:
        raise LabelError(f"{content!r} cannot be encoded as {symbol}: {error}") from None
    image: Any = barcode.to_image(scale=1, add_quiet_zones=False)
    view = memoryview(image)
    height, width = view.shape or (0, 0)
    pixels = view.tobytes().translate(_TO_DARK)
    if symbol is Symbol.GS1_128:
        height = 1
    lines = tuple(pixels[start : start + width] for start in range(0, height * width, width))
    return Matrix(symbol, lines, _QUIET[symbol])


def pdf_path(matrix: Matrix) -> str:
    """The dark modules as PDF rectangles in units of one module, first line on top, y downwards.

    One path: rectangles that touch leave no hairline when they are filled together.
    """
    return "".join(_runs(line).replace("y", str(row)) for row, line in enumerate(matrix.lines) if _runs(line))


def svg(matrix: Matrix, *, bar_height: int = 60) -> str:
    """The symbol with its quiet zone as an SVG image in units of one module.

    Args:
        bar_height: height of a linear symbol, in modules.
    """
    height = bar_height if matrix.linear else 1
    margin = 0 if matrix.linear else matrix.quiet
    path = "".join(
        f"M{matrix.quiet + run.start()} {margin + row * height}h{len(run[0])}v{height}h-{len(run[0])}z"
        for row, line in enumerate(matrix.lines)
        for run in _DARK.finditer(line)
    )
    size = f"{matrix.columns + 2 * matrix.quiet} {matrix.rows * height + 2 * margin}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{size.replace(" ", "v")}H0z"/><path d="{path}"/></svg>'
    )


@lru_cache(maxsize=8192)
def _runs(line: bytes) -> str:
    return "".join(f"{run.start()} y {run.end() - run.start()} 1 re\n" for run in _DARK.finditer(line))


def _qr_of_qrcode(content: str, correction: Correction) -> tuple[bytes, ...]:
    levels = {
        "L": qrcode.constants.ERROR_CORRECT_L,
        "M": qrcode.constants.ERROR_CORRECT_M,
        "Q": qrcode.constants.ERROR_CORRECT_Q,
        "H": qrcode.constants.ERROR_CORRECT_H,
    }
    code: Any = qrcode.QRCode(error_correction=levels[correction], border=0)
    try:
        code.add_data(content, optimize=0)
        code.make(fit=True)
    except (ValueError, DataOverflowError) as error:
        raise LabelError(f"{content!r} cannot be encoded as qr: {error}") from None
    return tuple(bytes(map(bool, line)) for line in code.modules)
