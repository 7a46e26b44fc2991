"""Fonts for labels: Chinese that is embedded, or a clear refusal.

reportlab embeds and subsets TrueType outlines only.  The fonts looked for are those of Debian's packages
fonts-wqy-microhei and fonts-wqy-zenhei (and their like on other systems).  Where none is found, Latin text is
set in Helvetica, and any other text raises a `LabelError` that names the package: an empty box in place of a
drug's name is worse than no label, and the CID fonts that a viewer would have to bring are not on a printer.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from .label import LabelError

WANTED = "fonts-wqy-microhei"

KNOWN: tuple[tuple[Path, int], ...] = (
    (Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"), 0),
    (Path("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc"), 0),
    (Path("/usr/share/fonts/truetype/arphic/uming.ttc"), 0),
    (Path("/usr/share/fonts/wqy-microhei/wqy-microhei.ttc"), 0),
    (Path("/usr/share/fonts/wenquanyi/wqy-microhei/wqy-microhei.ttc"), 0),
    (Path("C:/Windows/Fonts/msyh.ttc"), 0),
    (Path("C:/Windows/Fonts/simsun.ttc"), 0),
)
"""Where fonts are looked for: file, and index in the collection; an earlier one is preferred."""

HELVETICA = "Helvetica"

Run = tuple[Any, str]
"""A TTFont, or None for Helvetica, and the text set in it."""

_reading = threading.Lock()


class Fonts:
    """The fonts of a print job, tried in order for every character; safe to share between threads.

    Args:
        faces: TrueType files, each with the index of the face in a collection (0 for a single font). A file
            is read when a character is not in those before it: each takes tens of megabytes of memory.
    """

    def __init__(self, faces: Iterable[tuple[Path, int]] = ()) -> None:
        self._faces = tuple(faces)
        self._loaded: list[Any] = []
        self._loading = threading.Lock()
        self._runs = lru_cache(maxsize=4096)(self._split)

    @classmethod
    def installed(cls) -> Fonts:
        """The known fonts that this machine has; they are loaded once a process."""
        return _installed()

    def runs(self, text: str) -> tuple[Run, ...]:
        """The text in pieces, each with a font that has all its characters.

        Raises:
            LabelError: no font has a character.
        """
        return self._runs(text)

    def width(self, text: str, size: float) -> float:
        """The width of a text in points.

        Raises:
            LabelError: no font has a character.
        """
        return sum(
            float(stringWidth(piece, HELVETICA, size) if font is None else font.stringWidth(piece, size))
            for font, piece in self._runs(text)
        )

    def wrap(self, text: str, size: float, width: float) -> tuple[str, ...]:
        """The text broken into lines no wider than `width` points, between words or Chinese characters.

        A word that is wider than a line is broken anywhere.
        """
        return _wrap(self, text, size, width)

    def _fonts(self) -> Iterator[Any]:
        """The fonts in order, loaded as they are asked for.

        Raises:
            LabelError: a file is no font that can be embedded.
        """
        for number, (path, index) in enumerate(self._faces):
            if number >= len(self._loaded):
                with self._loading:
                    if number >= len(self._loaded):
                        self._loaded.append(_load(path, index))
            yield self._loaded[number]

    def _split(self, text: str) -> tuple[Run, ...]:
        for font in self._fonts():
            if all(_has(font, character) for character in text):
                return ((font, text),) if text else ()
        runs: list[tuple[Any, list[str]]] = []
        for character in text:
            font = self._font_of(character)
            if runs and runs[-1][0] is font:
                runs[-1][1].append(character)
            else:
                runs.append((font, [character]))
        return tuple((font, "".join(characters)) for font, characters in runs)

    def _font_of(self, character: str) -> Any:
        for font in self._fonts():
            if _has(font, character):
                return font
        if not self._faces and _in_helvetica(character):
            return None
        known = ", ".join(path.stem for path, _ in self._faces) or "Helvetica (Latin only)"
        raise LabelError(
            f"no font has {character!r} (U+{ord(character):04X}); at hand: {known}. "
            f"Install Debian's package {WANTED} (or fonts-wqy-zenhei), or name a TrueType font"
        )


@lru_cache(maxsize=1)
def _installed() -> Fonts:
    return Fonts([(path, index) for path, index in KNOWN if path.is_file()])


def embed(fonts: Sequence[Any], document: Any) -> None:
    """Let reportlab make the objects of every font used in a document (one at a time: it shares a file)."""
    with _reading:
        for font in fonts:
            font.addObjects(document)


def _load(path: Path, index: int) -> Any:
    try:
        return TTFont(path.stem, str(path), subfontIndex=index)
    except (TTFError, OSError) as error:
        raise LabelError(f"{path} is no TrueType font that can be embedded: {error}") from None


def _has(font: Any, character: str) -> bool:
    # Reportlab sets a no-break space as a space.
    return character == "\xa0" or bool(font.face.charToGlyph.get(ord(character)))


def _in_helvetica(character: str) -> bool:
    try:
        character.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


@lru_cache(maxsize=4096)
def _wrap(fonts: Fonts, text: str, size: float, width: float) -> tuple[str, ...]:
    lines, line = [], ""
    for word in _words(text):
        if fonts.width(line + word.rstrip(), size) <= width:
            line += word
            continue
        if line.strip():
            lines.append(line.rstrip())
        line = word.lstrip()
        while fonts.width(line.rstrip(), size) > width and len(line) > 1:
            fitting = 1
            while fonts.width(line[: fitting + 1], size) <= width:
                fitting += 1
            lines.append(line[:fitting])
            line = line[fitting:]
    if line.strip():
        lines.append(line.rstrip())
    return tuple(lines)


# Closing marks stay with the character before them, opening ones with the one behind.
_CLOSING = "，。、；：！？）》】」』”’％%"
_OPENING = "（《【「『“‘"


def _words(text: str) -> list[str]:
    words: list[str] = []
    for character in text:
        wide = ord(character) >= 0x2E80
        previous = words[-1][-1] if words else " "
        joined = (
            character in _CLOSING
            or character == " "
            or previous in _OPENING
            or not (wide or ord(previous) >= 0x2E80 or previous == " ")
        )
        if joined and words:
            words[-1] += character
        else:
            words.append(character)
    return words
