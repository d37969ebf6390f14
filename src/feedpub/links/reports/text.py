"""Reports for people, also by mail."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from .base import escape_text, format_mention
from .grouping import GROUPS, Finding, count_links, find_findings, find_reason, summarise_report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..result import LinkReport

NETWORK_IS_DOWN: Final = "The network of this computer is down, so no failure in this run counts."
USUAL_REASON: Final = "moved permanently"  # of links that have moved: the title of the group says the same
_MOST_MENTIONS: Final = 3


def write_report(report: LinkReport) -> Iterator[str]:
    """Yield the lines of a report."""
    for problem in report.problems:
        yield from str(problem).split("\n")
        yield ""
    if report.network_down:
        yield NETWORK_IS_DOWN
    for group, findings in groupby(find_findings(report), key=lambda finding: finding.group):
        listed = list(findings)
        yield f"{GROUPS[group]} ({sum(len(finding.links) for finding in listed)})"
        for finding in listed:
            yield f"  {describe_finding(finding)}"
            if mentions := _describe_mentions(finding):
                yield f"      {mentions}"
    yield summarise_report(report)


def describe_finding(finding: Finding) -> str:
    """Return a finding in one line."""
    if finding.host:
        return f"{escape_text(finding.host)}: all {count_links(len(finding.links))} ({escape_text(finding.reason)})"
    (link,) = finding.links
    target = f" -> {escape_text(link.final_url)}" if link.status == "moved" else ""
    reason = find_reason(link)
    return f"{escape_text(link.url)}{target}" + (
        f" ({escape_text(reason)})" if reason and reason != USUAL_REASON else ""
    )


def _describe_mentions(finding: Finding) -> str:
    names = list(dict.fromkeys(map(format_mention, finding.mentions)))
    more = f" and {len(names) - _MOST_MENTIONS} more" if len(names) > _MOST_MENTIONS else ""
    return f"{', '.join(map(escape_text, names[:_MOST_MENTIONS]))}{more}"
