"""Parse the dates of entries: ISO 8601, and other forms that can mean only one moment. Nothing is guessed."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from datetime import timezone as fixed_zone
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import tzinfo

ISO_HINT: Final = "write an ISO date, e.g. 2026-02-01 or 2026-02-01T09:00:00+08:00"
# These patterns are compiled when they are first needed: most dates have the usual form.
_ISO: Final = (
    r"(?P<day>(\d{4})-?(\d{2})-?(\d{2}))(?:[Tt ] *(?P<clock>\d{2}(?::?\d{2}){0,2}(?:[.,]\d+)?)"
    r"(?: *(?P<offset>[Zz]|[+-]\d{2}(?::?\d{2})?))?)?"
)
_NUMERIC_DAY: Final = r"(\d{1,4})\s*[./年년-]\s*(\d{1,2})\s*[./月월-]\s*(\d{1,4})(?!\d)\s*[日일]?"
_NAMED_MONTH: Final = (
    r"(?:\b[^\W\d_]{3,10},? )?(?:\b(?P<before>\d{1,2})(?:st|nd|rd|th|er)?\.?(?: de)?[ -])?"
    r"\b(?P<month>[^\W\d_]{3,10})\.?,?(?: de)?[ -](?:(?P<after>\d{1,2})(?:st|nd|rd|th)?,? )?(?P<year>\d{4})\b"
)
# Forms of other programs that can mean only one moment: year first, or as in e-mail (RFC 2822, section 3.3).
_YEAR_FIRST: Final = (
    r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})"
    r"(?:[Tt ](?P<hour>\d{1,2}):(?P<rest>\d{2}(?::\d{2}(?:[.,]\d+)?)?)(?: ?(?P<offset>Z|UTC|GMT|[+-]\d{2}:?\d{2}))?)?"
)
_E_MAIL: Final = (
    r"(?:(?P<weekday>[A-Z][a-z]{2}), ?)?(?P<day>\d{1,2}) (?P<month>[A-Z][a-z]{2}) (?P<year>\d{4})"
    r" (?P<hour>\d{1,2}):(?P<rest>\d{2}(?::\d{2})?) (?P<offset>UT|UTC|GMT|Z|[+-]\d{4})(?: \([A-Za-z]+\))?"
)
_LACKS_ZEROS: Final = r"\d{4}([-/.])(?:\d\1|\d\d\1\d(?!\d))"
_WEEKDAYS: Final = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_MONTHS = "January February March April May June July August September October November December".split()
# The first letters of the months in English, German, French, Spanish, Portuguese, Italian, Dutch and Russian.
_STARTS_OF_MONTHS: Final = (
    "jan jän ene gen янв", "feb fév fev фев", "mar mär maa mrt мар", "apr avr abr апр", "may mai mag mei мая май",
    "jun juin giu июн", "jul juil lug июл", "aug aoû aou ago авг", "sep set сен", "oct okt out ott окт", "nov ноя",
    "dec dez déc dic дек",
)  # fmt: skip
_ZONE_AFTER_TIME: Final = r"\d{4}-\d{2}-\d{2}[Tt ][\d:.]+ ?([A-Z]{2,5}|[A-Za-z]+/[A-Za-z_]+)"
_ISO_DAY: Final = r"\d{4}-\d{2}-\d{2}(?!\d)"
_LONGEST_NAME_CHARACTERS: Final = 100  # gettz asks the file system
# Names beside the zones on some machines: the zone of the machine, and zones that count leap seconds.
_NOT_ZONES: Final = frozenset(["localtime", "posixrules", "posix", "right", "Factory"])
_IANA_NAME: Final = r"[A-Za-z]\w*(?:/[\w+-]+)*"


def parse_date(text: str, timezone: str) -> datetime:
    """Parse a date, or a date and time.

    Args:
        text: ISO 8601 (``2026-02-01``, ``2026-02-01T09:00:00+08:00``; a space may replace the T), or another form
            that can mean only one moment: ``2026/02/01 9:00 UTC``, ``Sun, 01 Feb 2026 09:00:00 +0800``.
        timezone: The IANA name of the time zone for dates without offset.

    Returns:
        The moment with a fixed offset, which does not change when the rules of the zone change.

    Raises:
        ValueError: The text is not such a date; the message says how it could be read.
    """
    moment = read_usual_date(text)
    if moment and type(moment.tzinfo) is fixed_zone and 1 < moment.year < 9999:
        return moment  # this form has only offsets of whole minutes
    moment = moment or read_any_date(" ".join(text.split()))
    return _fix_offset(moment if moment.tzinfo else moment.replace(tzinfo=find_time_zone(timezone)))


def read_usual_date(text: str) -> datetime | None:
    """Parse the form that nearly all dates have; return None for any other text."""
    try:
        return datetime.fromisoformat(text) if _USUAL.fullmatch(text) else None
    except ValueError:
        return None


_USUAL = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:[0-5]\d)?)?", re.ASCII)


def read_any_date(text: str) -> datetime:
    """Parse the other forms of ISO 8601, and forms that can mean only one moment.

    Raises:
        ValueError: The text is not such a date.
    """
    from dateutil.parser import isoparse  # takes 20 ms to load

    iso_text = text
    if other_form := re.fullmatch(_YEAR_FIRST, text, re.ASCII) or re.fullmatch(_E_MAIL, text, re.ASCII):
        iso_text = _write_iso_text(other_form) or text
    match = re.fullmatch(_ISO, iso_text, re.ASCII)
    if not match:
        raise ValueError(_describe_unread_date(text))
    clock = f"T{match['clock']}{(match['offset'] or '').upper()}" if match["clock"] else ""
    try:
        moment = isoparse(match["day"] + clock)
    except ValueError:
        raise ValueError(_describe_missing_date(match)) from None
    weekday = other_form.groupdict().get("weekday") if other_form else None
    if weekday and not _WEEKDAYS[moment.weekday()].startswith(weekday):
        raise ValueError(f"{_format_day(moment, with_year=True)} is a {_WEEKDAYS[moment.weekday()]}")
    return moment


def _write_iso_text(match: re.Match[str]) -> str | None:
    """Return a date of another form in ISO 8601; None if its month is not an English name."""
    month = match["month"]
    if not month.isdecimal():
        number = next((number for number, name in enumerate(_MONTHS, start=1) if name[:3] == month), 0)
        if not number:
            return None
        month = str(number)
    day = f"{match['year']}-{int(month):02}-{int(match['day']):02}"
    if not match["hour"]:
        return day
    offset = match["offset"] or ""
    return f"{day}T{int(match['hour']):02}:{match['rest']}{'Z' if offset.isalpha() else offset}"


def lacks_zeros(text: str) -> bool:
    """Return True for a date such as 2026-2-1, which can mean only one day, but which few programs can read."""
    return re.match(_LACKS_ZEROS, text.strip(), re.ASCII) is not None


@lru_cache(maxsize=16)
def find_time_zone(name: str) -> tzinfo:
    """Return a time zone by its IANA name.

    Raises:
        ValueError: There is no such zone. Paths, rules such as ``EST5``, and names that only this machine has are
            not names of zones.
    """
    if name == "UTC":
        return UTC
    from dateutil import tz

    is_name = re.fullmatch(_IANA_NAME, name, re.ASCII) and len(name) <= _LONGEST_NAME_CHARACTERS
    time_zone = tz.gettz(name) if is_name and name.partition("/")[0] not in _NOT_ZONES else None
    if time_zone is None or isinstance(time_zone, (tz.tzlocal, tz.tzstr)):
        raise ValueError(f"{name!r} is not the IANA name of a time zone, such as Asia/Shanghai")
    return time_zone


def _fix_offset(moment: datetime) -> datetime:
    if not 1 < moment.year < 9999:
        try:
            moment.astimezone(UTC)
        except OverflowError:
            raise ValueError("is outside the years 1 to 9999 in UTC") from None
    # In the 19th century offsets from UTC had seconds, which feeds cannot express.
    minutes = round((moment.utcoffset() or timedelta()).total_seconds() / 60)
    return moment.replace(tzinfo=fixed_zone(timedelta(minutes=minutes)) if minutes else UTC)


def _describe_missing_date(match: re.Match[str]) -> str:
    """Return which part of a well-formed date does not exist."""
    year, month, day = int(match[2]), int(match[3]), int(match[4])
    if not year or not 1 <= month <= 12:
        return f"there is no month {month}" if year else "there is no year 0"
    if _make_day(year, month, day):
        return f"there is no time {match['clock']}{match['offset'] or ''}"
    return f"there is no {day} {_MONTHS[month - 1]}" + (f" {year}" if (month, day) == (2, 29) else "")


def _describe_unread_date(text: str) -> str:
    """Return how a text that is not an ISO date could be read."""
    if suffix := re.fullmatch(_ZONE_AFTER_TIME, text, re.ASCII):
        return f"{suffix[1]} is not an offset such as +08:00"
    if suffix := re.match(_ISO_DAY, text, re.ASCII):
        return f"{text[suffix.end() :][:40]!r} after the day is not a time such as T09:00:00+08:00"
    readings = find_days(text, is_whole=False)
    if readings:
        one_year = len({reading.year for reading in readings}) == 1 < len(readings)
        return f"could be {' or '.join(_format_day(reading, with_year=not one_year) for reading in readings)}"
    return "is not an ISO date"


def find_days(text: str, *, is_whole: bool) -> list[date]:
    """Return the days that a text might mean, the likeliest first.

    Args:
        text: A day as people write it; years of two digits belong to this century.
        is_whole: The whole text must be a day, with a year of four digits.
    """
    find = re.fullmatch if is_whole else re.search
    candidates: list[tuple[int, int, int]] = []
    if named := find(_NAMED_MONTH, text, re.IGNORECASE):
        day = named["before"] or named["after"]
        candidates = [(int(named["year"]), _find_month(named["month"].casefold()), int(day or 0))]
    elif numeric := (re.fullmatch if is_whole else re.match)(_NUMERIC_DAY, text, re.ASCII):
        first, second, third = (int(part) for part in numeric.groups())
        if len(numeric[1]) > 2:  # 2026/2/1
            candidates = [(first, second, third)]
        elif len(numeric[3]) > 2:
            candidates = [(third, second, first), (third, first, second)]
        elif not is_whole:
            candidates = [(2000 + third, second, first), (2000 + third, first, second)]
            if first > 12:  # 26/2/1
                candidates.append((2000 + first, second, third))
    return list(dict.fromkeys(day for candidate in candidates if (day := _make_day(*candidate))))


def _find_month(name: str) -> int:
    """Return the number of the month with a name; 0 if there is none."""
    numbered = enumerate(_STARTS_OF_MONTHS, start=1)
    return next((number for number, starts in numbered if name.startswith(tuple(starts.split()))), 0)


def _make_day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _format_day(day: date, *, with_year: bool) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]}" + (f" {day.year}" if with_year else "")
