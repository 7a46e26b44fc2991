"""The table of Application Identifiers agrees with GS1's own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from foundation.gs1 import APPLICATION_IDENTIFIERS, KEY_QUALIFIERS, Gs1Error
from foundation.gs1.application_identifiers import check_value

# Checks against lists that others keep, or on coupons; the table leaves them out and says so.
LEFT_OUT = {
    "iso3166", "iso3166999", "iso3166alpha2", "iso4217", "iso5218", "iban", "importeridx", "packagetype",
    "mediatype", "latitude", "longitude", "posinseqslash", "couponcode", "couponposoffer",
}  # fmt: skip


def dictionary(shared: Path) -> dict[str, tuple[str, str, str]]:
    """Every Application Identifier of the dictionary, with its flags, format and attributes."""
    found = {}
    for line in (shared / "gs1" / "gs1-syntax-dictionary.txt").read_text(encoding="utf-8").splitlines():
        head = line.split("#")[0].rstrip()
        if not head:
            continue
        match = re.fullmatch(r"([0-9]+)(?:-([0-9]+))?\s+([*?]*)\s*((?:\[?[NXYZ][0-9.]+\]?\S*\s*)+)(.*)", head)
        assert match, line
        first, last, flags, written, attributes = match.groups()
        for number in range(int(first), int(last or first) + 1):
            found[str(number).zfill(len(first))] = (flags, " ".join(written.split()), attributes)
    return found


def without_lists(written: str) -> str:
    return re.sub(r",([a-z0-9]+)", lambda check: "" if check[1] in LEFT_OUT else check[0], written)


def test_every_format_is_that_of_the_syntax_dictionary(shared: Path) -> None:
    theirs = dictionary(shared)
    assert len(theirs) > 500
    assert {ai: entry.format for ai, entry in APPLICATION_IDENTIFIERS.items()} == {
        ai: without_lists(written) for ai, (_, written, _) in theirs.items()
    }


def test_predefined_lengths_are_those_of_the_syntax_dictionary(shared: Path) -> None:
    for ai, (flags, _, _) in dictionary(shared).items():
        assert (APPLICATION_IDENTIFIERS[ai].predefined_length is not None) == ("*" in flags), ai


def test_data_attributes_are_those_of_the_syntax_dictionary(shared: Path) -> None:
    for ai, (flags, _, _) in dictionary(shared).items():
        assert APPLICATION_IDENTIFIERS[ai].data_attribute == ("?" in flags), ai


def test_keys_and_qualifiers_are_those_of_the_syntax_dictionary(shared: Path) -> None:
    theirs = {}
    for ai, (_, _, attributes) in dictionary(shared).items():
        if match := re.search(r"\bdlpkey(?:=(\S+))?", attributes):
            alternatives = match[1].split("|") if match[1] else [""]
            theirs[ai] = tuple(tuple(filter(None, each.split(","))) for each in alternatives)
    assert theirs == KEY_QUALIFIERS


@pytest.mark.parametrize(
    ("ai", "value"),
    [
        ("00", "095201234567891235"), ("17", "220630"), ("17", "240229"), ("17", "220600"),
        ("8006", "093123456789070102"),
        ("8003", "095211411234545678"), ("253", "9521141123454"), ("8011", "0"),
        ("8013", "1987654Ad4X4bL5ttr2310c2K"),
        ("4331", "000012-"), ("4331", "000012"), ("7003", "2212312359"), ("8200", "https://example.com/?a=1"),
    ],
)  # fmt: skip
def test_good_values_pass(ai: str, value: str) -> None:
    check_value(ai, value, value)


@pytest.mark.parametrize(
    ("ai", "value", "says"),
    [
        ("00", "095201234567891236", "check digit of 095201234567891236 must be 5"),
        ("01", "0952012345678", "has 13 characters"),
        ("10", "", "has 0 characters"),
        ("10", "x" * 21, "has 21 characters"),
        ("21", "ab cd", "' ' at place 3 is not among GS1 character set 82"),
        ("21", "价", "not among GS1 character set 82"),
        ("8010", "9521141a", "'a' at place 8 is not among GS1 character set 39"),
        ("8010", "95A", "must begin with a company prefix"),
        ("17", "221301", "must be a date"),
        ("17", "220231", "must be a date"),
        ("7006", "220200", "must be a date"),
        ("7003", "2212312460", "must be a time"),
        ("8003", "195211411234545678", "first digit must be 0"),
        ("8006", "093123456789070302", "piece number"),
        ("8006", "093123456789070002", "piece number"),
        ("8011", "012", "must not begin with 0"),
        ("8013", "1987654Ad4X4bL5ttr2310c2L", "check pair"),
        ("01", "0952012345678८", "is not among digits"),
        ("9999", "1", "is not an Application Identifier"),
    ],
)
def test_a_bad_value_is_refused_with_the_rule_it_breaks(ai: str, value: str, says: str) -> None:
    with pytest.raises(Gs1Error) as caught:
        check_value(ai, value, "the whole input")
    assert says in caught.value.rule
    assert str(caught.value).startswith("'the whole input': ")
