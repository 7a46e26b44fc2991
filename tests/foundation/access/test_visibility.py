"""Who may see what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.access import PUBLIC, Caller, Role, Visibility, visible

FARM = "https://id.gs1.org/417/9506000140445"
SHOP = "https://id.gs1.org/417/0614141123452"
DAIRY = "https://id.gs1.org/417/9506000134352"

PARTY_ROLES = (Role.producer, Role.carrier, Role.warehouse, Role.pharmacy, Role.retailer)
parties = st.sampled_from([FARM, SHOP, DAIRY])
callers = st.builds(Caller, st.one_of(st.none(), parties), st.sampled_from(Role))
facts = st.builds(Visibility, parties, st.frozensets(parties))


@pytest.mark.parametrize("role", PARTY_ROLES)
def test_a_party_sees_what_it_captured_and_what_names_it(role: Role) -> None:
    assert visible(Caller(FARM, role), Visibility(FARM))
    assert visible(Caller(SHOP, role), Visibility(FARM, frozenset({SHOP})))
    assert not visible(Caller(DAIRY, role), Visibility(FARM, frozenset({SHOP})))


@pytest.mark.parametrize("role", [Role.regulator, Role.auditor, Role.operator])
def test_authorities_and_operators_see_everything(role: Role) -> None:
    assert visible(Caller(None, role), Visibility(FARM))


@pytest.mark.parametrize("party", [None, FARM])
def test_the_public_sees_nothing_here(party: str | None) -> None:
    assert not visible(Caller(party, Role.public), Visibility(FARM, frozenset({FARM})))


@given(callers, callers, facts)
def test_callers_of_one_viewer_class_see_the_same(one: Caller, other: Caller, seen: Visibility) -> None:
    if one.viewer_class == other.viewer_class:
        assert visible(one, seen) == visible(other, seen)


@given(callers, facts, parties)
def test_naming_one_more_party_never_takes_a_right_away(caller: Caller, seen: Visibility, party: str) -> None:
    more = Visibility(seen.party, seen.named | {party})
    assert visible(caller, more) >= visible(caller, seen)


def test_only_the_auditor_and_the_public_may_not_write() -> None:
    assert {role for role in Role if not Caller(FARM, role).may_write} == {Role.auditor, Role.public}
    assert PUBLIC.viewer_class == "public"
