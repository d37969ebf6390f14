"""Dates of entries: ISO 8601, nothing else, and nothing guessed."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from dateutil import tz
from dateutil.parser import isoparse

if TYPE_CHECKING:
    from datetime import tzinfo

ISO_HINT: Final = "write an ISO date, e.g. 2026-02-01 or 2026-02-01T09:00:00+08:00"
_FULL_DATE = re.compile(r"\d{4}-?\d{2}-?\d{2}(?:[T ].+)?")
_NUMERIC = re.compile(r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})")
_MONTHS = (
    "January February March April May June July August September October November December".split()
)


def parse_date(text: str, timezone: str) -> datetime:
    """Read an ISO 8601 date, or date and time; without offset it is in the given time zone.

    Args:
        text: ``2026-02-01``, ``2026-02-01T09:00:00+08:00``; a space may stand for the T.
        timezone: IANA name.

    Raises:
        ValueError: It is none; the message tells how it could be read, for people who wrote it another way.
    """
    given = text.strip()
    try:
        if not _FULL_DATE.fullmatch(given):
            raise ValueError(given)
        moment = isoparse(re.sub(r"^(\d{4}-?\d{2}-?\d{2}) +", r"\1T", given).replace(" ", ""))
    except ValueError:
        raise ValueError(_readings(given)) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=_zone(timezone))


@lru_cache(maxsize=16)
def _zone(name: str) -> tzinfo:
    zone = tz.gettz(name)
    if zone is None:
        raise ValueError(f"{name} is not a known time zone")
    return zone


def _readings(text: str) -> str:
    found = _NUMERIC.fullmatch(text)
    if not found:
        return "is not an ISO date"
    first, second, third = (int(part) for part in found.groups())
    if first > 31:  # 2026/2/1
        candidates = [(first, second, third)]
    else:
        year = third if third > 99 else 2000 + third
        candidates = [(year, second, first), (year, first, second)]
    readings = list(dict.fromkeys(reading for date in candidates if (reading := _reading(*date))))
    return f"could be {' or '.join(readings)}" if readings else "is not a date of any calendar page"


def _reading(year: int, month: int, day: int) -> str | None:
    try:
        datetime(year, month, day)  # noqa: DTZ001  # only asks whether there is such a day
    except ValueError:
        return None
    return f"{day} {_MONTHS[month - 1]}" + (f" {year}" if year < 1000 else "")
