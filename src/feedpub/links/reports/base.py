"""What a format of reports is, and how texts of others are shown in all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...display import escape_for_terminal
from ...redaction import hide_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..result import Link, LinkReport, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFormat:
    """A format of reports.

    Args:
        name: On the command line.
        write: Returns the lines of a report.
        write_link: Returns the line of one link, for a format that is written while links are checked; None if the
            report is written at the end.
        is_for_programs: It is written in UTF-8, whatever the encoding of the terminal is.
        may_annotate: Its lines may be annotations of GitHub Actions.
    """

    name: str
    write: Callable[[LinkReport], Iterator[str]]
    write_link: Callable[[Link], str] | None = None
    is_for_programs: bool = False
    may_annotate: bool = False


def as_shown(text: str) -> str:
    """Return text of others without secrets, as one line in which no terminal finds anything to obey."""
    return escape_for_terminal(hide_secrets(text))


def place_name(place: Place) -> str:
    """Return where a link stands: its file, or else its entry, and its line."""
    return f"{place.path or place.entry}{f':{place.line}' if place.line else ''}"
