"""A PDF written forwards: every page leaves as it is drawn; what stays in memory is one offset an object.

reportlab keeps a whole document in memory until it is saved, too much for a million labels.  Here it makes
the font objects (subsets, encodings, widths), and this file writes them, the pages and the page tree.  The
objects are numbered by reportlab's own counter, so its references hold.  (ISO 32000-1 §7.5.)
"""

from __future__ import annotations

import zlib
from array import array
from typing import Any, BinaryIO

from reportlab.pdfbase import pdfdoc

from .fonts import HELVETICA, Fonts, embed
from .label import LabelError

_PAGES_A_NODE = 256
_LARGEST_OFFSET = 9_999_999_999
_FONTS = 1
"""Object 1 is the font dictionary, the first that reportlab numbers."""


class PdfWriter:
    """One PDF with pages of one size.

    Args:
        out: where it is written, from the present place on; never read nor sought.
        width: page width in points (1/72 inch).
        height: page height in points.
        fonts: what texts are set in.
        title: of the document.
    """

    def __init__(self, out: BinaryIO, width: float, height: float, fonts: Fonts, title: str = "") -> None:
        self._out = out
        self._size = f"[0 0 {number(width)} {number(height)}]"
        self._fonts = fonts
        self._title = title
        self._written = 0
        self._offsets = array("Q", [0])
        self._document: Any = pdfdoc.PDFDocument(compression=1, invariant=1)
        self._catalog, self._root, self._info = self._new(), self._new(), self._new()
        self._node = self._new()
        self._nodes: list[tuple[int, int]] = []
        self._kids: list[int] = []
        self.pages = 0
        # The second line tells transfer programs that the file is binary (ISO 32000-1 §7.5.2).
        self._write(b"%PDF-1.4\n%\xe6\xba\xaf\xe6\xba\x90\n")

    def text(self, text: str, size: float, x: float, y: float, *, bold: bool = False) -> str:
        """The operators that set one line of text.

        Args:
            size: of the font, in points.
            x: left end, in points from the left.
            y: baseline, in points from below.
            bold: thicken the outlines.

        Raises:
            LabelError: no font has a character.
        """
        parts = [f"BT {number(x)} {number(y)} Td"]
        if bold:
            parts.append(f"2 Tr {number(size / 36)} w")
        for font, piece in self._fonts.runs(text):
            if font is None:
                name = self._document.getInternalFontName(HELVETICA)
                parts.append(f"{name} {number(size)} Tf <{piece.encode('cp1252').hex()}> Tj")
                continue
            for subset, codes in font.splitString(piece, self._document):
                name = font.getSubsetInternalName(subset, self._document)
                parts.append(f"{name} {number(size)} Tf <{codes.hex()}> Tj")
        parts.append("0 Tr ET\n" if bold else "ET\n")
        return " ".join(parts)

    def page(self, content: str) -> None:
        """Write one page; `content` is its operators."""
        stream, page = self._new(), self._new()
        data = zlib.compress(content.encode("ascii"), 6)
        self._object(stream, b"<</Length %d/Filter/FlateDecode>>stream\n" % len(data) + data + b"\nendstream")
        self._object(
            page,
            f"<</Type/Page/Parent {self._node} 0 R/MediaBox{self._size}/Contents {stream} 0 R"
            f"/Resources<</Font {_FONTS} 0 R>>>>".encode(),
        )
        self._kids.append(page)
        self.pages += 1
        if len(self._kids) == _PAGES_A_NODE:
            self._close_node()
            self._node = self._new()

    def close(self) -> None:
        """Write the fonts, the page tree and the cross-reference table; only then is the PDF complete."""
        if self._kids:
            self._close_node()
        embed(list(self._document.delayedFonts), self._document)
        self._write_reportlab_objects()
        kids = " ".join(f"{node} 0 R" for node, _ in self._nodes)
        self._object(self._root, f"<</Type/Pages/Count {self.pages}/Kids[{kids}]>>".encode())
        self._object(self._catalog, b"<</Type/Catalog/Pages %d 0 R>>" % self._root)
        title = ("\ufeff" + self._title).encode("utf-16-be").hex()
        self._object(self._info, f"<</Producer(Suyuan)/Title<{title}>>>".encode())
        self._trailer()

    def _new(self) -> int:
        self._document.objectcounter += 1
        return int(self._document.objectcounter)

    def _close_node(self) -> None:
        kids = " ".join(f"{page} 0 R" for page in self._kids)
        self._object(
            self._node,
            f"<</Type/Pages/Parent {self._root} 0 R/Count {len(self._kids)}/Kids[{kids}]>>".encode(),
        )
        self._nodes.append((self._node, len(self._kids)))
        self._kids = []

    def _write_reportlab_objects(self) -> None:
        done: set[int] = set()
        # Formatting an object may register further ones.
        while waiting := [n for n in self._document.numberToId if n not in done]:
            for n in waiting:
                made = self._document.idToObject[self._document.numberToId[n]]
                self._object(n, pdfdoc.format(made, self._document, toplevel=1))
                done.add(n)

    def _object(self, n: int, body: bytes) -> None:
        if self._written > _LARGEST_OFFSET:
            raise LabelError("a PDF has at most 10 GB; print in several jobs")
        while len(self._offsets) <= n:
            self._offsets.append(0)
        self._offsets[n] = self._written
        self._write(b"%d 0 obj\n" % n + body + b"\nendobj\n")

    def _trailer(self) -> None:
        start, size = self._written, len(self._offsets)
        self._write(b"xref\n0 %d\n0000000000 65535 f \n" % size)
        for first in range(1, size, 4096):
            self._write(
                b"".join(
                    b"%010d 00000 n \n" % offset if offset else b"0000000000 00000 f \n"
                    for offset in self._offsets[first : first + 4096]
                )
            )
        self._write(
            b"trailer\n<</Size %d/Root %d 0 R/Info %d 0 R>>\nstartxref\n%d\n%%%%EOF\n"
            % (size, self._catalog, self._info, start)
        )

    def _write(self, data: bytes) -> None:
        self._out.write(data)
        self._written += len(data)


def number(value: float) -> str:
    """A number as PDF writes it, to a hundred-thousandth.

    >>> number(8.50), number(-0.1234567), number(3.0)
    ('8.5', '-0.12346', '3')
    """
    return f"{value:.5f}".rstrip("0").rstrip(".")
