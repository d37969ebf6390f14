"""Dates of HTTP (RFC 9110, 5.6.7)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

_DAYS: Final = "Mon Tue Wed Thu Fri Sat Sun".split()
_MONTHS: Final = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_TIME: Final = r"(?P<time>\d\d:\d\d:\d\d)"
_FORMATS: Final = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        rf"[A-Z][a-z]{{2}}, (?P<day>\d\d) (?P<month>\w{{3}}) (?P<year>\d{{4}}) {_TIME} GMT",  # IMF-fixdate
        rf"[A-Z][a-z]{{5,8}}, (?P<day>\d\d)-(?P<month>\w{{3}})-(?P<year>\d\d) {_TIME} GMT",  # RFC 850
        rf"[A-Z][a-z]{{2}} (?P<month>\w{{3}}) (?P<day>[ \d]\d) {_TIME} (?P<year>\d{{4}})",  # asctime
    )
)


def format_http_date(moment: datetime) -> str:
    """Return a date as HTTP writes it (IMF-fixdate), in English in every locale."""
    moment = moment.astimezone(UTC)
    day, month = _DAYS[moment.weekday()], _MONTHS[moment.month - 1]
    return f"{day}, {moment.day:02} {month} {moment.year:04} {moment:%H:%M:%S} GMT"


def parse_http_date(text: str, now: datetime) -> datetime | None:
    """Return the date that a text stands for in one of the three formats of HTTP; None if it is in none of them."""
    match = next((match for pattern in _FORMATS if (match := pattern.fullmatch(text))), None)
    if not match or match["month"] not in _MONTHS:
        return None
    year, month, day = int(match["year"]), _MONTHS.index(match["month"]) + 1, int(match["day"])
    hour, minute, second = (int(part) for part in match["time"].split(":"))
    if len(match["year"]) == 2:
        now = now.astimezone(UTC)
        year += now.year // 100 * 100
        latest = (now.year + 50, now.month, now.day, now.hour, now.minute, now.second)
        if (year, month, day, hour, minute, second) > latest:  # "appears to be more than 50 years in the future"
            year -= 100
    try:
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)  # 60 is a leap second
    except ValueError:
        return None
