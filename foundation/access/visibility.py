"""Who may see what: callers, and the visibility facts stored with every captured event.

The rule in its simplest true form: a party sees what it captured and what names it as source or destination;
regulator, auditor and operator see everything; the public sees nothing here (what it learns, it learns from
the public pages).
"""

from __future__ import annotations

from dataclasses import dataclass

from .party import Role

_SEES_ALL = frozenset({Role.regulator, Role.auditor, Role.operator})
_READS_ONLY = frozenset({Role.auditor, Role.public})


@dataclass(frozen=True, slots=True)
class Caller:
    """For whom a request acts.

    Args:
        party: canonical party URI; None for the public and for authorities outside the register.
        role: the capacity the token was issued for.
        token_id: public name of the token; None for a request without one.
    """

    party: str | None
    role: Role
    token_id: str | None = None

    @property
    def may_write(self) -> bool:
        """May it capture, order, recall at all?  Auditors and the public only read."""
        return self.role not in _READS_ONLY

    @property
    def sees_all(self) -> bool:
        """Is every event visible to it?"""
        return self.role in _SEES_ALL

    @property
    def viewer_class(self) -> str:
        """Key for caches: two callers of one class see the same.

        >>> Caller("https://id.gs1.org/417/9506000140445", Role.carrier).viewer_class
        'party:https://id.gs1.org/417/9506000140445'
        >>> Caller(None, Role.auditor).viewer_class, PUBLIC.viewer_class
        ('all', 'public')
        """
        if self.sees_all:
            return "all"
        if self.role is Role.public or self.party is None:
            return "public"
        return f"party:{self.party}"


PUBLIC = Caller(None, Role.public)
"""The caller of a request without a token."""


@dataclass(frozen=True, slots=True)
class Visibility:
    """The visibility facts of one event.

    Args:
        party: canonical URI of the party that captured it.
        named: canonical URIs of the parties in its source and destination lists.
    """

    party: str
    named: frozenset[str] = frozenset()


def visible(caller: Caller, facts: Visibility) -> bool:
    """May the caller see the event with these facts?

    >>> farm, shop = "https://id.gs1.org/417/9506000140445", "https://id.gs1.org/417/9506000140452"
    >>> visible(Caller(shop, Role.retailer), Visibility(farm)), visible(PUBLIC, Visibility(farm))
    (False, False)
    >>> visible(Caller(shop, Role.retailer), Visibility(farm, frozenset({shop})))
    True
    """
    if caller.sees_all:
        return True
    if caller.party is None or caller.role is Role.public:
        return False
    return caller.party == facts.party or caller.party in facts.named
