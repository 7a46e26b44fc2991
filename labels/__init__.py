"""Labels: QR, GS1 DataMatrix and GS1-128 on sheets and rolls, ZPL with RFID, serials never given twice."""

from .fonts import Fonts
from .label import Checked, Label, LabelError, Symbol, check, data_titles, elements_of, human_readable
from .serials import KINDS, SERIAL_KIND, SerialBlock, Serials, Style
from .sheets import A4_2X7, A4_3X8, A4_5X13, LAYOUTS, Printed, SheetLayout, roll, sheet
from .symbols import Matrix, encode, svg
from .zpl import ZplLayout, zpl

__all__ = [
    "A4_2X7",
    "A4_3X8",
    "A4_5X13",
    "KINDS",
    "LAYOUTS",
    "SERIAL_KIND",
    "Checked",
    "Fonts",
    "Label",
    "LabelError",
    "Matrix",
    "Printed",
    "SerialBlock",
    "Serials",
    "SheetLayout",
    "Style",
    "Symbol",
    "ZplLayout",
    "check",
    "data_titles",
    "elements_of",
    "encode",
    "human_readable",
    "roll",
    "sheet",
    "svg",
    "zpl",
]
