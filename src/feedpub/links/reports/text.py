"""Reports for people."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from .base import as_shown, place_name
from .grouping import GROUPS, Finding, count_links, find_findings, find_reason, summarise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..result import LinkReport

NETWORK_IS_DOWN: Final = "Our own network is down: no failure in this run counts."
USUAL_REASON: Final = "moved for good"  # of a link that has moved: its group says so
_MOST_PLACES: Final = 3


def write(report: LinkReport) -> Iterator[str]:
    """Return the lines of a report."""
    for problem in report.problems:
        yield from str(problem).split("\n")
        yield ""
    if report.network_down:
        yield NETWORK_IS_DOWN
    for group, findings in groupby(find_findings(report), key=lambda finding: finding.group):
        listed = list(findings)
        yield f"{GROUPS[group]} ({sum(len(finding.links) for finding in listed)})"
        for finding in listed:
            yield f"  {describe(finding)}"
            if places := _describe_places(finding):
                yield f"      {places}"
    yield summarise(report)


def describe(finding: Finding) -> str:
    """Return a finding in one line."""
    if finding.host:
        return f"{as_shown(finding.host)}: all {count_links(len(finding.links))} ({as_shown(finding.reason)})"
    (link,) = finding.links
    target = f" -> {as_shown(link.final_url)}" if link.status == "moved" else ""
    reason = find_reason(link)
    return f"{as_shown(link.url)}{target}" + (f" ({as_shown(reason)})" if reason and reason != USUAL_REASON else "")


def _describe_places(finding: Finding) -> str:
    names = list(dict.fromkeys(map(place_name, finding.places)))
    more = f" and {len(names) - _MOST_PLACES} more" if len(names) > _MOST_PLACES else ""
    return f"{', '.join(map(as_shown, names[:_MOST_PLACES]))}{more}"
