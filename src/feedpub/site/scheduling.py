"""Entries that are published later than the moment for which a site is built."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from ..errors import ConfigError, Problem

# Until here, nothing is scheduled.
LAST_MOMENT: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledEntry:
    """An entry that is published later.

    Args:
        key: The article's name.
        language: Its language.
        published: When it comes out; a translation does not come out before its original.
    """

    key: str
    language: str
    published: datetime


def read_until(until: datetime | str | None, timezone: str) -> datetime:
    """Return the moment until which entries are shown.

    Args:
        until: An aware moment, or a date as front matter has it; now, if not given.
        timezone: IANA name, for a date without offset.

    Raises:
        ConfigError: It is a text that is not a date.
        ValueError: It has no time zone.
    """
    if until is None:
        return datetime.now(UTC)
    if isinstance(until, datetime):
        if until.tzinfo is None:
            raise ValueError("until has no time zone; write datetime(…, tzinfo=UTC)")
        return until
    from ..entries.dates import ISO_HINT, parse_date  # most builds are of now

    try:
        return parse_date(until.strip(), timezone)
    except ValueError as error:
        raise ConfigError([Problem(code="E015", message=f"{until}: {error}", hint=ISO_HINT)]) from None
