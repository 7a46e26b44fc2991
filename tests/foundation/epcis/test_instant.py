"""Instants: microseconds inside, ISO 8601 with an offset outside."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.epcis import instant, iso

offsets = st.one_of(
    st.just("Z"),
    st.builds("{}{:02d}:{:02d}".format, st.sampled_from("+-"), st.integers(0, 13), st.integers(0, 59)),
    st.sampled_from(["+14:00", "-14:00"]),
)


@given(st.integers(-2_000_000_000_000_000, 250_000_000_000_000_000), offsets)
def test_an_instant_written_in_any_zone_reads_as_itself(us: int, offset: str) -> None:
    assert instant(iso(us, offset)) == us


@given(st.datetimes(datetime(1901, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC)))
def test_an_instant_is_what_the_standard_library_computes(moment: datetime) -> None:
    whole = int(moment.replace(microsecond=0).timestamp())
    assert instant(moment.isoformat()) == whole * 1_000_000 + moment.microsecond


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1969-12-31T18:00:00-06:00", 0),
        ("1970-01-01t00:00:00.5z", 500_000),
        ("1970-01-01T00:00:00.0000019Z", 1),
        ("1970-01-01T00:00:00.123456789012345678Z", 123_456),
        ("1970-01-01T00:00:00-00:00", 0),
        ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
        ("2017-01-01T00:59:60+01:00", 1_483_228_800_000_000),
        ("2024-02-29T12:00:00Z", 1_709_208_000_000_000),
    ],
)
def test_a_time_with_offset_is_read(text: str, us: int) -> None:
    assert instant(text) == us


def test_fractions_below_the_microsecond_are_cut_not_rounded() -> None:
    assert instant("2024-05-01T10:00:00.9999999Z") == instant("2024-05-01T10:00:00.999999Z")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2024-05-01",
        "2024-05-01T10:00:00",
        "2024-05-01 10:00:00Z",
        "2024-05-01T10:00Z",
        "2024-05-01T24:00:00Z",
        "2024-05-01T10:60:00Z",
        "2024-05-01T10:00:61Z",
        "2024-05-01T10:00:60Z",
        "2024-02-30T10:00:00Z",
        "2023-02-29T10:00:00Z",
        "2024-05-01T10:00:00.Z",
        "2024-05-01T10:00:00+24:00",
        "2024-05-01T10:00:00+01:60",
        "2024-05-01T10:00:00+0100",
        "2024-05-01T10:00:00Z\n",
        "٢٠٢٤-05-01T10:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "1899-12-31T23:59:59Z",
    ],
)
def test_what_is_no_time_is_refused_with_the_text_quoted(text: str) -> None:
    with pytest.raises(ValueError, match="'"):
        instant(text)


def test_a_time_is_shown_with_microseconds_only_where_it_has_them() -> None:
    assert iso(1_583_316_030_123_000) == "2020-03-04T10:00:30.123Z"
    assert iso(1_583_316_030_123_456) == "2020-03-04T10:00:30.123456Z"
    assert iso(1_583_316_030_123_000, "-06:00") == "2020-03-04T04:00:30.123-06:00"


@pytest.mark.parametrize("offset", ["", "z", "+2:00", "+14:01", "+15:00", "02:00"])
def test_an_offset_of_another_form_is_refused(offset: str) -> None:
    with pytest.raises(ValueError, match="offset"):
        iso(0, offset)


def test_an_instant_beyond_all_calendars_is_refused() -> None:
    with pytest.raises(ValueError, match="years"):
        iso(10**20)
