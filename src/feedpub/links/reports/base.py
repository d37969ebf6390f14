"""What a format of reports is, and how texts of others are shown in all of them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from ...display import escape_for_terminal
from ...redaction import hide_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from ..result import Link, LinkReport, Mention


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFormat:
    """A format of reports. The table of them holds no code: other commands need no more than their names.

    Args:
        name: On the command line.
        module: The module that writes it, relative to `feedpub.links.reports`: its `write` returns the lines.
        is_for_programs: It is written in UTF-8, whatever the encoding of the terminal is.
        has_line_per_link: It is written while links are checked: the module has `format_link`, which returns a line.
        may_annotate: Its lines may be annotations of GitHub Actions.
    """

    name: str
    module: str
    is_for_programs: bool = False
    has_line_per_link: bool = False
    may_annotate: bool = False

    def write(self, report: LinkReport) -> Iterator[str]:
        """Return the lines of a report."""
        lines: Iterator[str] = self._load_module().write_report(report)
        return lines

    def write_link(self, link: Link) -> str:
        """Return the line of one link, of a format that has one for each."""
        line: str = self._load_module().format_link(link)
        return line

    def _load_module(self) -> ModuleType:
        return import_module(self.module, __package__)


def escape_text(text: str) -> str:
    """Return text of others without secrets, as one line in which no terminal finds anything to obey."""
    return escape_for_terminal(hide_secrets(text))


def format_mention(mention: Mention) -> str:
    """Return where a link was written: its file, or else the id of its entry, and its line."""
    return f"{mention.path or mention.entry}{f':{mention.line}' if mention.line else ''}"
