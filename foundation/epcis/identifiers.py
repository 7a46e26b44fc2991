"""The GS1 identifiers of an event: those that break their own rules, and those of the wrong level.

Nearly all findings are warnings. A captured event is a fact: a malformed identifier is kept as it is
and opaque from then on, a class in a list of instances is the class it is. Only a serialised item in
the place of a class is refused: its quantity would count one thing many times.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foundation.epcis.rules import Report, quoted
from foundation.epcis.uri import is_uri
from foundation.gs1 import Gs1Error, Level, canonical, canonical_or_opaque, parse

__all__ = ["check_identifiers"]

_GTIN: Final = "https://id.gs1.org/01/"
_SSCC: Final = "https://id.gs1.org/00/"
_INSTANCES: Final = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
_CLASSES: Final = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")
_CLASS_LEVELS: Final = (Level.CLASS, Level.LOT)


def check_identifiers(report: Report, event: Mapping[str, Any]) -> None:
    """GS1 identifiers that break their own rules, and those of the wrong level for their field."""
    for name in _INSTANCES:
        value = event.get(name)
        if type(value) is list:
            for index, text in enumerate(value):
                if type(text) is str:
                    _instance(report, name, index, text)
    if type(parent := event.get("parentID")) is str:
        _instance(report, "parentID", None, parent)
    for name in _CLASSES:
        value = event.get(name)
        if type(value) is list:
            for index, element in enumerate(value):
                if type(element) is dict and isinstance(element.get("epcClass"), str):
                    _class(report, f"/{name}/{index}/epcClass", element["epcClass"])
    for name in ("readPoint", "bizLocation"):
        value = event.get(name)
        if type(value) is dict:
            _well_formed(report, f"/{name}/id", value.get("id"))
    for name, key in (("sourceList", "source"), ("destinationList", "destination")):
        value = event.get(name)
        if type(value) is list:
            for index, element in enumerate(value):
                if type(element) is dict:
                    _well_formed(report, f"/{name}/{index}/{key}", element.get(key))


def _well_formed(report: Report, at: str, text: Any) -> str | None:
    """The canonical form of an identifier; a malformed one is reported and has none."""
    if not isinstance(text, str) or not is_uri(text):
        return None  # a fault already reported
    uri, fault = canonical_or_opaque(text)
    if fault is not None:
        report.warning(at, f"{fault}; kept as it is, as an opaque identifier", "GS1 General Specifications")
        return None
    return uri


def _instance(report: Report, name: str, index: int | None, text: str) -> None:
    try:
        uri = canonical(text)
    except Gs1Error:
        uri = ""
    if uri.startswith(_SSCC) or (uri.startswith(_GTIN) and "/21/" in uri):
        return  # surely one thing: nearly all are
    at = f"/{name}" if index is None else f"/{name}/{index}"
    if _well_formed(report, at, text) is not None and parse(uri).level in _CLASS_LEVELS:
        message = f"{quoted(text)} names a class; it is treated as the class it is"
        report.warning(at, message, "EPCIS 2.0 epcList")


def _class(report: Report, at: str, text: str) -> None:
    uri = _well_formed(report, at, text)
    if uri is None:
        return
    if uri.startswith(_GTIN):
        if "/21/" in uri:
            message = f"{quoted(text)} is one serialised item, not a class of items"
            report.error(at, message, "EPCIS 2.0 QuantityElement")
    elif parse(uri).level == Level.INSTANCE:
        report.warning(at, f"{quoted(text)} names an instance, not a class", "EPCIS 2.0 QuantityElement")
