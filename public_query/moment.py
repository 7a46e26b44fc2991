"""Instants and dates in words that people read, in the reader's language and the site's time zone.

>>> from datetime import date, timezone
>>> spoken_day(date(2026, 3, 1), Language.EN), spoken_day(date(2026, 3, 1), Language.ZH)
('1 March 2026', '2026年3月1日')
>>> spoken_time(0, timezone.utc, Language.EN)
'1 January 1970, 00:00'
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo

from foundation.web import Language, Text

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)


def instant(us: int) -> datetime:
    """The UTC datetime of microseconds since 1970, exactly."""
    return _EPOCH + timedelta(microseconds=us)


def iso(us: int) -> str:
    """ISO 8601 in UTC with milliseconds, as machines read it."""
    return instant(us).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def day(us: int, zone: tzinfo) -> date:
    """The calendar day of an instant at the site."""
    return instant(us).astimezone(zone).date()


def spoken_day(when: date, language: Language) -> str:
    """A date in words."""
    if language is Language.ZH:
        return f"{when.year}年{when.month}月{when.day}日"
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"


def spoken_time(us: int, zone: tzinfo, language: Language) -> str:
    """An instant in words, to the minute."""
    local = instant(us).astimezone(zone)
    comma = " " if language is Language.ZH else ", "
    return f"{spoken_day(local.date(), language)}{comma}{local:%H:%M}"


def day_text(when: date) -> Text:
    """A date in both languages."""
    return Text(zh=spoken_day(when, Language.ZH), en=spoken_day(when, Language.EN))


def zone_name(us: int, zone: tzinfo) -> str:
    """The zone's offset at that instant, such as ``UTC+08:00``."""
    offset = instant(us).astimezone(zone).utcoffset() or timedelta(0)
    minutes = int(offset.total_seconds() // 60)
    if not minutes:
        return "UTC"
    sign = "+" if minutes > 0 else "-"
    return f"UTC{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
