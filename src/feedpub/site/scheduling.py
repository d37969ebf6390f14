"""Entries that are published later than the moment for which a site is built."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from ..errors import ConfigError, Problem

# Until this moment, nothing is scheduled.
LAST_MOMENT: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledEntry:
    """An entry that is published later than the moment of a build.

    Args:
        key: The name of its article.
        language: Its language.
        published: When it is published; a translation is not published before its original.
    """

    key: str
    language: str
    published: datetime


def read_until(until: datetime | str | None, timezone: str) -> datetime:
    """Return the moment until which entries are shown.

    Args:
        until: An aware datetime, or a date as in front matter; the default is now.
        timezone: The IANA name of a time zone, for a date without offset.

    Raises:
        ConfigError: `until` is a text that is not a date.
        ValueError: `until` is a datetime without time zone.
    """
    if until is None:
        return datetime.now(UTC)
    if isinstance(until, datetime):
        if until.tzinfo is None:
            raise ValueError("until has no time zone; write datetime(…, tzinfo=UTC)")
        return until
    from ..entries.dates import ISO_HINT, parse_date  # few builds need it

    try:
        return parse_date(until.strip(), timezone)
    except ValueError as error:
        raise ConfigError([Problem(code="E015", message=f"{until}: {error}", hint=ISO_HINT)]) from None
