"""The definition of a report format, and functions that all formats use to show untrusted text."""

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
    """A report format. Its module is loaded when a report is written: other commands need only the name.

    Args:
        name: Of the option ``--format``.
        module: Relative to `feedpub.links.reports`; its function `write_report` yields the lines of a report.
        is_for_programs: Whether it is written in UTF-8 as it is, whatever the terminal is. Nothing escapes it
            afterwards: the module alone must make addresses, reasons and file names harmless.
        has_line_per_link: Whether it is streamed: a line is written as soon as a link is checked. The function
            `format_link` of the module returns that line.
        may_annotate: Whether its lines may be annotations of GitHub Actions.
    """

    name: str
    module: str
    is_for_programs: bool = False
    has_line_per_link: bool = False
    may_annotate: bool = False

    def write(self, report: LinkReport) -> Iterator[str]:
        """Return an iterator over the lines of a report."""
        lines: Iterator[str] = self._load_module().write_report(report)
        return lines

    def write_link(self, link: Link) -> str:
        """Return the line of a link, of a format with a line per link."""
        line: str = self._load_module().format_link(link)
        return line

    def _load_module(self) -> ModuleType:
        return import_module(self.module, __package__)


def escape_text(text: str) -> str:
    """Return untrusted text without secrets, as one line without control characters for terminals."""
    return escape_for_terminal(hide_secrets(text))


def format_mention(mention: Mention) -> str:
    """Return where a link was written: its file, or else the id of its entry, and its line. It is not escaped."""
    return f"{mention.path or mention.entry}{f':{mention.line}' if mention.line else ''}"
