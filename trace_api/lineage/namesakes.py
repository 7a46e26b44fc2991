"""An opaque name that stands both for an instance and for a class is two objects (contract 1).

A GS1 key tells what it names. A name that is no GS1 key is an instance or a class by the field it stands in;
where known live events use it in both, the class is called `name#class`, and the bare name is the
instance. What is called so rests on the facts known at the clocks of a question alone.

>>> class_name("urn:x:tuna"), bare_name("urn:x:tuna#class")
('urn:x:tuna#class', 'urn:x:tuna')
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from .facts import Fact, Quantity

_MARK: Final = "#class"
_GS1: Final = "https://id.gs1.org/"


def is_gs1(uri: str) -> bool:
    """Whether a canonical name is a GS1 key, which tells itself what it names."""
    return uri.startswith(_GS1)


def class_name(uri: str) -> str:
    """The class, where `uri` names an instance too."""
    return uri + _MARK


def bare_name(uri: str) -> str:
    """The name that a class of that kind was captured under; any other name itself."""
    return uri.removesuffix(_MARK)


def names_both(uri: str, facts: Iterable[Fact]) -> bool:
    """Whether some of the facts use the name for an instance and some for a class."""
    as_instance = as_class = False
    for fact in facts:
        as_instance = as_instance or _is_instance_in(uri, fact)
        as_class = as_class or uri in _opaque_classes(fact)
        if as_instance and as_class:
            return True
    return False


def told_apart(fact: Fact, is_both: Callable[[str], bool]) -> Fact:
    """The fact with every class called by its own name that shares its captured one with an instance."""
    both = {uri for uri in _opaque_classes(fact) if is_both(uri)}
    if not both:
        return fact

    def own(uri: str) -> str:
        return class_name(uri) if uri in both else uri

    def amounts(listed: tuple[Quantity, ...]) -> tuple[Quantity, ...]:
        return tuple(replace(quantity, epc_class=own(quantity.epc_class)) for quantity in listed)

    return replace(
        fact,
        quantities=amounts(fact.quantities),
        input_quantities=amounts(fact.input_quantities),
        output_quantities=amounts(fact.output_quantities),
        lots=tuple((instance, own(lot)) for instance, lot in fact.lots),
    )


def _opaque_classes(fact: Fact) -> set[str]:
    """The classes of a fact that are no GS1 keys; most facts have none."""
    found = {lot for _, lot in fact.lots if not is_gs1(lot)}
    for listed in (fact.quantities, fact.input_quantities, fact.output_quantities):
        found.update(quantity.epc_class for quantity in listed if not is_gs1(quantity.epc_class))
    return found


def _is_instance_in(uri: str, fact: Fact) -> bool:
    return (
        uri == fact.parent
        or uri in fact.epcs
        or uri in fact.inputs
        or uri in fact.outputs
        or any(uri == instance for instance, _ in fact.lots)
    )
