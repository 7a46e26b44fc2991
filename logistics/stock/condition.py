"""The status of goods: which statements of events keep them from being sold or used.

Persistent dispositions are set and unset one by one; at one event set beats unset (lineage rule 16). A plain
disposition stands until another one speaks of the condition of the goods: `in_transit` or `in_progress` does
not make a recalled box sellable again, `sellable_accessible` does.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["AVAILABLE", "SOUND", "Change", "Condition", "together"]

AVAILABLE = "available"
"""The status of goods that nothing is said against."""

# CBV 2.0 §7.2: dispositions that bar goods from sale or use, and those that say they are fit for it.
HOLDING = frozenset(
    (
        "damaged", "expired", "needs_replacement", "no_pedigree_match", "non_conformant",
        "non_sellable_other", "recalled", "stolen", "unavailable",
    )
)  # fmt: skip
RELEASING = frozenset(("active", "available", "conformant", "sellable_accessible", "sellable_not_accessible"))


@dataclass(frozen=True, slots=True)
class Change:
    """What one event says of the condition of what it names.

    Attributes:
        set, unset: persistent dispositions, holding ones only.
        disposition: a holding one, "" where the event releases, None where it says nothing.
    """

    set: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()
    disposition: str | None = None

    @classmethod
    def of(
        cls, disposition: str | None, persistent_set: tuple[str, ...], persistent_unset: tuple[str, ...]
    ) -> Change:
        """The change that dispositions of an event make; words that concern no stock are passed over."""
        said: str | None = None
        if disposition in HOLDING:
            said = disposition
        elif disposition in RELEASING:
            said = ""
        return cls(
            tuple(word for word in persistent_set if word in HOLDING),
            tuple(word for word in persistent_unset if word in HOLDING),
            said,
        )

    def __bool__(self) -> bool:
        return bool(self.set or self.unset) or self.disposition is not None


@dataclass(frozen=True, slots=True, order=True)
class Condition:
    """The condition of goods: persistent dispositions in alphabetical order, and the plain one ("": none)."""

    persistent: tuple[str, ...] = ()
    disposition: str = ""

    def after(self, change: Change) -> Condition:
        """The condition after an event.

        >>> Condition().after(Change(set=("recalled",))).status
        'recalled'
        """
        if not change:
            return self
        kept = set(self.persistent).difference(change.unset).union(change.set)
        plain = self.disposition if change.disposition is None else change.disposition
        return Condition(tuple(sorted(kept)), plain)

    @property
    def status(self) -> str:
        """One word, or several joined by "+" in alphabetical order; `AVAILABLE` where nothing holds."""
        words = {*self.persistent, self.disposition} - {""}
        return "+".join(sorted(words)) or AVAILABLE


def together(*statuses: str) -> str:
    """One status for all that is said: of goods themselves, and of their lot as such.

    >>> together("damaged", "recalled"), together("available", "recalled"), together("available")
    ('damaged+recalled', 'recalled', 'available')
    """
    words = {word for status in statuses for word in status.split("+")} - {AVAILABLE}
    return "+".join(sorted(words)) or AVAILABLE


SOUND = Condition()
"""Nothing is said against the goods."""
