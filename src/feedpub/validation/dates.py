"""Checks of dates: RFC 3339 in Atom and JSON Feed, RFC 822 in RSS, W3CDTF in Dublin Core."""

from __future__ import annotations

import functools
import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

from .faults import Fault, quote

EARLIEST_YEAR: Final = 1980  # no feed is older, but many have a date that a program could not read, such as 1970-01-01
_TOLERANCE: Final = timedelta(days=1)  # a date of today, written with another zone

_RFC3339 = re.compile(
    r"""
    (?P<date> \d{4}-\d{2}-\d{2} )
    T (?P<hour> \d{2} ) : (?P<minute> \d{2} ) : (?P<second> \d{2} ) (?P<fraction> \.\d{1,30} )?
    (?: Z | [+-] (?P<zone_hour> \d{2} ) : (?P<zone_minute> \d{2} ) )
    """,
    re.VERBOSE | re.ASCII,
)
_W3CDTF = re.compile(
    r"""
    (?P<date> \d{4} (?: -\d{2} (?: -\d{2} )? )? )
    (?: T (?P<hour> \d{2} ) : (?P<minute> \d{2} ) (?: : (?P<second> \d{2} ) (?: \.\d{1,30} )? )?
        (?: Z | [+-] (?P<zone_hour> \d{2} ) : (?P<zone_minute> \d{2} ) ) )?
    """,
    re.VERBOSE | re.ASCII,
)


def check_rfc3339(value: str) -> Fault | None:
    """Check a date of Atom (RFC 3339, section 5.6; RFC 4287, section 3.3)."""
    if parse_rfc3339(value):
        return None
    match = _RFC3339.fullmatch(value)
    if match is None:
        return "E321", f"{quote(value)} is not a date like 2026-02-01T09:00:00Z{_explain_date(value)}"
    reason = _check_numbers(match)
    return ("E321", f"{quote(value)} is not a date: {reason}") if reason else None


def check_w3c_date(value: str) -> Fault | None:
    """Check a date of Dublin Core: a year, a month, a day, or a time with a zone."""
    match = _W3CDTF.fullmatch(value)
    if match is None:
        return "E321", f"{quote(value)} is not a date like 2026-02-01 or 2026-02-01T09:00:00Z"
    reason = _check_numbers(match)
    return ("E321", f"{quote(value)} is not a date: {reason}") if reason else None


@functools.lru_cache(maxsize=1_000)
def parse_rfc3339(value: str) -> datetime | None:
    """Return a date of Atom; None if it is not one."""
    if not _RFC3339.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def _explain_date(value: str) -> str:
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return ": it has no time"
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,30})?)?", value):
        return ": it has no zone"
    if re.fullmatch(r"\d{4}-\d{2}-\d{2} .{1,60}", value):
        return ": write T between date and time"
    return ""


def _check_numbers(match: re.Match[str]) -> str:
    """Return which number of a date is out of its range; empty if none is."""
    parts = [int(part) for part in match["date"].split("-")]
    try:
        date(*[*parts, 1, 1][:3])
    except ValueError as error:
        return str(error)
    limits = (("hour", 23), ("minute", 59), ("second", 60), ("zone_hour", 23), ("zone_minute", 59))
    for name, most in limits:
        if match[name] and int(match[name]) > most:
            return f"the {name.replace('_', ' ')} is {match[name]}"
    return ""


_MONTHS: Final = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_WEEKDAYS: Final = "Mon Tue Wed Thu Fri Sat Sun".split()
_ZONE_HOURS: Final = {
    "UT": 0, "GMT": 0, "Z": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip
# What all readers can read: RFC 5322 with a year of four digits, and the zones of RFC 822 that they know.
_RFC822 = re.compile(
    rf"""
    (?: (?P<weekday> {"|".join(_WEEKDAYS)} ) ,[ ] )?
    (?P<day> \d{{1,2}} ) [ ] (?P<month> {"|".join(_MONTHS)} ) [ ] (?P<year> \d{{4}} ) [ ]
    (?P<hour> \d{{2}} ) : (?P<minute> \d{{2}} ) (?: : (?P<second> \d{{2}} ) )? [ ]
    (?P<zone> [+-]\d{{4}} | {"|".join(_ZONE_HOURS)} )
    """,
    re.VERBOSE | re.ASCII,
)
# What RFC 822 allows beside: years of two digits, military zones, any case, more or no white space.
_LOOSE_RFC822 = re.compile(
    rf"""
    (?: (?: {"|".join(_WEEKDAYS)} ) \s{{0,9}} , \s{{0,9}} )?
    \d{{1,2}} \s{{1,9}} (?: {"|".join(_MONTHS)} ) \s{{1,9}} \d{{2}} (?: \d{{2}} )? \s{{1,9}}
    \d{{2}} : \d{{2}} (?: : \d{{2}} )? \s{{1,9}} (?: [+-]?\d{{4}} | {"|".join(_ZONE_HOURS)} | [A-IK-Z] )?
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_COMMENT = re.compile(r"\([^()]{0,200}\)")


def check_rfc822(value: str) -> Fault | None:
    """Check a date of RSS (RFC 822, with years of four digits)."""
    match = _RFC822.fullmatch(value)
    if match is None:
        if _LOOSE_RFC822.fullmatch(_remove_comments(value)):
            return "W505", f"{quote(value)} is read in different ways, or not at all"
        return "E505", f"{quote(value)} is not a date like Sun, 01 Feb 2026 09:00:00 +0000"
    moment = parse_rfc822(value)
    if moment is None:
        return "E505", f"{quote(value)} is not a date: {_describe_impossible(match)}"
    day = date(int(match["year"]), _MONTHS.index(match["month"]) + 1, int(match["day"]))
    weekday = _WEEKDAYS[day.weekday()]
    if match["weekday"] and match["weekday"] != weekday:
        return "E506", f"{day} is a {weekday}, not a {match['weekday']}"
    if match["zone"][0] in "+-" and match["zone"][3:] not in ("00", "30", "45"):
        return "W505", f"no zone is {match['zone']} from Greenwich"
    return None


def _remove_comments(value: str) -> str:
    """Return a date without the comments in parentheses (RFC 822, section 3.4.3)."""
    if len(value) > 200 or "(" not in value:
        return value.strip()
    value = re.sub(r"\\.", "", value)
    for _ in range(5):  # within each other
        value = _COMMENT.sub(" ", value)
    return value.strip()


@functools.lru_cache(maxsize=1_000)
def parse_rfc822(value: str) -> datetime | None:
    """Return a date of RSS; None if it is not one."""
    match = _RFC822.fullmatch(value)
    if match is None:
        return None
    zone = match["zone"]
    hours, minutes = (int(zone[:3]), int(zone[0] + zone[3:])) if zone[0] in "+-" else (_ZONE_HOURS[zone], 0)
    try:
        local = datetime(
            int(match["year"]), _MONTHS.index(match["month"]) + 1, int(match["day"]),
            int(match["hour"]), int(match["minute"]), min(int(match["second"] or 0), 59), tzinfo=UTC,
        )  # fmt: skip
        return local - timedelta(hours=hours, minutes=minutes) if abs(hours) < 24 and abs(minutes) < 60 else None
    except (ValueError, OverflowError):
        return None


def _describe_impossible(match: re.Match[str]) -> str:
    try:
        date(int(match["year"]), _MONTHS.index(match["month"]) + 1, int(match["day"]))
    except ValueError as error:
        return str(error)
    return "hour, minute, second or zone is out of range"


def find_implausible(moment: datetime | None, now: datetime) -> str:
    """Return why a date is probably not meant; empty if it may be."""
    if moment is None:
        return ""
    if moment.year < EARLIEST_YEAR:
        return f"is before {EARLIEST_YEAR}"
    return "is in the future" if moment > now + _TOLERANCE else ""
