"""Reports of link checks: one module per format, and the table of the formats.

To add a format, add a module and a row of `REPORT_FORMATS`. `base` says what a module must define, `grouping` finds
the links that need attention. Addresses, reasons and file names are untrusted: each format must escape them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .base import ReportFormat

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..result import Link, LinkReport

REPORT_FORMATS: Final = (
    ReportFormat(name="text", module=".text"),
    ReportFormat(name="json", module=".json", is_for_programs=True),
    ReportFormat(name="jsonl", module=".jsonl", is_for_programs=True, has_line_per_link=True),
    ReportFormat(name="github", module=".github", may_annotate=True),
    ReportFormat(name="markdown", module=".markdown"),
)


def report_formats() -> Mapping[str, ReportFormat]:
    """Return the report formats by name; the first is the default."""
    return {report_format.name: report_format for report_format in REPORT_FORMATS}


def format_link(link: Link) -> str:
    """Return a link as one line of JSON."""
    return report_formats()["jsonl"].write_link(link)


def format_report(report: LinkReport, report_format: str = "text") -> str:
    """Return a report as text.

    Args:
        report: Of `check_links` or `report_links`.
        report_format: ``text`` for people; ``json`` and ``jsonl`` for programs; ``github`` for annotations of GitHub
            Actions; ``markdown`` for an issue that is kept up to date: the text only changes when a link does.

    Raises:
        KeyError: There is no such format.
    """
    return "".join(f"{line}\n" for line in report_formats()[report_format].write(report))
