"""Instants: ISO 8601 with an offset at the edges, microseconds UTC since 1970 inside.

The standard's type is xsd:dateTimeStamp as RFC 3339 spells it: the offset is mandatory, fractions may
have any number of digits (those below the microsecond are cut, never rounded, so that a time read
twice is the same time). Years run from 1900 to 9998: outside of them a clock is wrong. A leap second
(`23:59:60Z`) is read as the first instant of the next minute, as POSIX time does.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final

__all__ = ["instant", "iso"]

_TIME: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,40}))?(?:[Zz]|([+-])(\d\d):(\d\d))",
    re.ASCII,
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_OFFSET: Final = re.compile(r"([+-])(0\d|1[0-3]):([0-5]\d)|([+-])14:00", re.ASCII)
_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 9998


@lru_cache(maxsize=4096)
def _day(year: int, month: int, day: int) -> int:
    return date(year, month, day).toordinal() - _EPOCH_DAY


def instant(text: str) -> int:
    """The instant that an ISO 8601 time with an offset names.

    Args:
        text: an RFC 3339 time; fractions below the microsecond are cut.
    Returns:
        Microseconds UTC since 1970.
    Raises:
        ValueError: no offset, not a time, or a year outside 1900 to 9998; the message quotes the text.

    >>> instant("2020-03-04T11:00:30.0005009+01:00")
    1583316030000500
    """
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:60]!r} is no time with an offset such as 2024-05-01T12:00:00.000+02:00")
    year, month, day, hour, minute, second = map(int, found.group(1, 2, 3, 4, 5, 6))
    fraction, sign, offset_hour, offset_minute = found.group(7, 8, 9, 10)
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise ValueError(f"{text[:60]!r}: the year must lie between {_FIRST_YEAR} and {_LAST_YEAR}")
    if hour > 23 or minute > 59 or second > 60:
        raise ValueError(f"{text[:60]!r}: there is no such time of day")
    try:
        days = _day(year, month, day)
    except ValueError:
        raise ValueError(f"{text[:60]!r}: there is no such day") from None
    minutes = days * 1440 + hour * 60 + minute
    if sign is not None:
        if int(offset_hour) > 23 or int(offset_minute) > 59:
            raise ValueError(f"{text[:60]!r}: there is no such offset")
        shift = int(offset_hour) * 60 + int(offset_minute)
        minutes += -shift if sign == "+" else shift
    if second == 60 and minutes % 1440 != 1439:
        raise ValueError(f"{text[:60]!r}: a leap second stands at 23:59:60 UTC only")
    micro = int(fraction[:6].ljust(6, "0")) if fraction else 0
    return (minutes * 60 + second) * 1_000_000 + micro


def iso(us: int, offset: str = "Z") -> str:
    """Write an instant as ISO 8601, with milliseconds, or microseconds where there are any.

    Args:
        us: microseconds UTC since 1970.
        offset: "Z" or an EPCIS eventTimeZoneOffset such as "+02:00", in which the time is shown.
    Raises:
        ValueError: an offset of another form, or an instant outside the years 1900 to 9998.

    >>> iso(1583316030000500, "+01:00")
    '2020-03-04T11:00:30.000500+01:00'
    >>> iso(0)
    '1970-01-01T00:00:00.000Z'
    """
    shift = timedelta()
    if offset != "Z":
        found = _OFFSET.fullmatch(offset)
        if found is None:
            raise ValueError(f"{offset!r} is no time zone offset such as +02:00")
        hours, minutes = (14, 0) if found.group(4) else (int(found.group(2)), int(found.group(3)))
        shift = timedelta(hours=hours, minutes=minutes)
        if offset[0] == "-":
            shift = -shift
    try:
        local = _EPOCH + timedelta(microseconds=us) + shift
    except OverflowError:
        raise ValueError(f"{us} µs lies outside the years {_FIRST_YEAR} to {_LAST_YEAR}") from None
    unit = "milliseconds" if us % 1000 == 0 else "microseconds"
    return local.replace(tzinfo=None).isoformat(timespec=unit) + offset
