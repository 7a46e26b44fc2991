"""Parties, their prefixes, and which of them owns a key."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.access import KINDS, AccessError, Party, Register, Role, check_party_id, prefix_digits
from foundation.records import SqliteRecords

FARM = "https://id.gs1.org/417/9506000140445"
DAIRY = "https://id.gs1.org/417/9506000134352"
SHOP = "https://id.gs1.org/417/0614141123452"


def register() -> Register:
    return Register(SqliteRecords(":memory:", KINDS))


def test_a_party_reads_back_as_it_was_entered() -> None:
    reg = register()
    farm = Party(FARM, "Green Farm", "绿色农场", ("9506000", "69012345"), (Role.producer, Role.carrier))
    reg.add_party(farm)
    assert reg.party(FARM) == farm
    assert reg.party(DAIRY) is None


def test_parties_come_in_the_order_of_their_ids() -> None:
    reg = register()
    for party in (FARM, SHOP, DAIRY):
        reg.add_party(Party(party, "x"))
    assert [party.id for party in reg.parties()] == [SHOP, DAIRY, FARM]


def test_the_longest_registered_prefix_owns_the_key() -> None:
    reg = register()
    reg.add_party(Party(FARM, "Farm", "", ("9506000",)))
    reg.add_party(Party(DAIRY, "Dairy", "", ("950600013",)))
    for key, owner in (("09506000134352", DAIRY), ("09506000999996", FARM), ("09507000134351", None)):
        found = reg.owner_of(key)
        assert (found.id if found else None) == owner


@pytest.mark.parametrize(
    "key",
    [
        "09506000134352",
        "19506000134359",
        "9506000134352",
        "https://id.gs1.org/01/09506000134352",
        "https://id.gs1.org/01/09506000134352/10/ABC/21/%2F123",
        "https://id.gs1.org/01/19506000134359/21/1",
        "https://id.gs1.org/00/195060001343520005",
        "195060001343520005",
        "https://id.gs1.org/414/9506000134352/254/1",
        "https://id.gs1.org/8003/09506000134352AB",
        "https://id.gs1.org/8004/9506000ASSET",
        "https://id.gs1.org/8018/950600012345678910",
    ],
)
def test_the_prefix_is_found_in_every_form_of_key(key: str) -> None:
    reg = register()
    reg.add_party(Party(FARM, "Farm", "", ("9506000",)))
    owner = reg.owner_of(key)
    assert owner is not None
    assert owner.id == FARM


def test_a_upc_of_twelve_digits_lacks_the_leading_zero_of_its_prefix() -> None:
    reg = register()
    reg.add_party(Party(SHOP, "Shop", "", ("0614141",)))
    owner = reg.owner_of("614141123452")
    assert owner is not None
    assert owner.id == SHOP


@pytest.mark.parametrize(
    "key",
    [
        "",
        "950",
        "12345670",
        "00000012345670",
        "urn:uuid:1",
        "https://example.com/01/09506000134352",
        "x" * 10_000,
        "٠٩٥٠٦٠٠٠١٣٤٣٥٢",
        "https://id.gs1.org/01/",
    ],
)
def test_a_key_without_a_company_prefix_has_no_owner(key: str) -> None:
    reg = register()
    reg.add_party(Party(FARM, "Farm", "", ("9506", "0000", "1234")))
    assert reg.owner_of(key) is None


@given(st.text())
def test_no_text_breaks_the_search_for_a_prefix(text: str) -> None:
    digits = prefix_digits(text)
    assert digits is None or (digits.isdecimal() and len(digits) >= 4)


def test_a_prefix_belongs_to_one_party_and_a_refused_entry_changes_nothing() -> None:
    reg = register()
    reg.add_party(Party(FARM, "Farm", "", ("9506000",)))
    with pytest.raises(AccessError, match=f"company prefix 9506000 belongs to {FARM}, not to {DAIRY}"):
        reg.add_party(Party(DAIRY, "Dairy", "", ("69012345", "9506000")))
    assert reg.party(DAIRY) is None
    reg.add_party(Party(SHOP, "Shop", "", ("69012345",)))


def test_an_entry_again_replaces_names_roles_and_prefixes() -> None:
    reg = register()
    reg.add_party(Party(FARM, "Farm", "", ("9506000", "9506111"), (Role.producer,)))
    reg.add_party(Party(FARM, "Farm Ltd", "农场", ("9506111",), (Role.carrier,)))
    assert reg.party(FARM) == Party(FARM, "Farm Ltd", "农场", ("9506111",), (Role.carrier,))
    assert reg.owner_of("09506000134352") is None
    reg.add_party(Party(DAIRY, "Dairy", "", ("9506000",)))
    owner = reg.owner_of("09506000134352")
    assert owner is not None
    assert owner.id == DAIRY


def test_a_party_entered_by_another_process_is_seen_within_a_second(tmp_path: Path) -> None:
    now = [100.0]
    here = Register(SqliteRecords(tmp_path / "r", KINDS), monotonic=lambda: now[0])
    there = Register(SqliteRecords(tmp_path / "r", KINDS))
    assert here.party(FARM) is None
    there.add_party(Party(FARM, "Farm", "", ("9506000",)))
    now[0] += 1.0
    assert here.party(FARM) is not None
    assert here.owner_of("09506000134352") is not None


@pytest.mark.parametrize(
    ("party_id", "message"),
    [
        ("https://id.gs1.org/417/9506000140446", "check digit 5 expected"),
        ("https://id.gs1.org/414/9506000140445", "and 13 digits expected"),
        ("https://id.gs1.org/417/950600014044", "and 13 digits expected"),
        ("https://id.gs1.org/417/9506000140445/", "and 13 digits expected"),
        ("https://id.gs1.org/417/950600014044٥", "and 13 digits expected"),
        ("http://id.gs1.org/417/9506000140445", "and 13 digits expected"),
        ("9506000140445", "and 13 digits expected"),
        ("", "and 13 digits expected"),
    ],
)
def test_a_party_id_that_is_not_canonical_is_refused(party_id: str, message: str) -> None:
    with pytest.raises(AccessError, match=message):
        check_party_id(party_id)


@pytest.mark.parametrize("digit", range(10))
def test_exactly_one_check_digit_is_right(digit: int) -> None:
    party_id = f"https://id.gs1.org/417/950600014044{digit}"
    if digit == 5:
        assert check_party_id(party_id) == party_id
    else:
        with pytest.raises(AccessError, match="check digit 5"):
            check_party_id(party_id)


@pytest.mark.parametrize("prefix", ["", "950", "9506000134352", "95O6000", "9506000 ", "٩٥٠٦"])
def test_a_company_prefix_is_four_to_twelve_digits(prefix: str) -> None:
    with pytest.raises(AccessError, match="is not 4 to 12 digits"):
        Party(FARM, "Farm", "", (prefix,))


@pytest.mark.parametrize("name", ["", "  ", "x" * 201])
def test_a_party_has_a_name_of_sane_length(name: str) -> None:
    with pytest.raises(AccessError, match="a name of 1 to 200 characters"):
        Party(FARM, name)


def test_an_unknown_role_is_refused() -> None:
    with pytest.raises(AccessError, match="'king' is not a valid Role"):
        Party(FARM, "Farm", "", (), ("king",))  # type: ignore[arg-type]
