"""Reports as the text of an issue that is kept up to date; the text only changes when a link does."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Final

from .base import escape_text, format_mention
from .grouping import GROUPS, Finding, count_links, find_findings, find_reason
from .text import NETWORK_IS_DOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..result import LinkReport

# GitHub takes no issue of more than 65,536 characters.
LONGEST_CHARACTERS: Final = 60_000
_RESERVED_CHARACTERS: Final = 1_000  # for headings, and for lines that say how many more there are
_MOST_MENTIONS: Final = 20  # of one finding


def write_report(report: LinkReport) -> Iterator[str]:
    """Yield the lines of a report."""
    if report.network_down:
        yield f"{NETWORK_IS_DOWN}\n"
    # The text must not change from one day to the next only because news of the first day are no news on the second.
    sections = [
        (GROUPS[group], sorted(map(_write_item, findings)))
        for group, findings in groupby(_without_news(report), key=lambda finding: finding.group)
    ]
    if report.problems:
        items = [
            f"- {_format_code(f'{problem.path}:{problem.line}')}: {problem.code} {_format_code(problem.message)},"
            f" {_format_code(problem.hint)}"
            for problem in report.problems
        ]
        sections.append((report.problems[0].title.capitalize(), items))
    characters_left = LONGEST_CHARACTERS - _RESERVED_CHARACTERS
    for title, items in sections:
        yield f"## {title}\n"
        for number, item in enumerate(items):
            characters_left -= len(item) + 1
            if characters_left < 0:
                yield f"- and {len(items) - number} more"
                break
            yield item
        yield ""
    if not sections and not report.network_down:
        yield _describe_success(report)


def _without_news(report: LinkReport) -> Iterable[Finding]:
    findings = [
        Finding(group="dead", links=finding.links, host=finding.host) if finding.group == "died" else finding
        for finding in find_findings(report)
    ]
    return (finding for finding in findings if finding.group != "recovered")


def _describe_success(report: LinkReport) -> str:
    if not report.links:
        return "There are no links to check."
    is_praised = all(link.status and not link.accepted for link in report.links)
    return "All links work." if is_praised else "No link needs attention."


def _write_item(finding: Finding) -> str:
    names = list(dict.fromkeys(map(format_mention, finding.mentions)))
    where = "".join(f"\n  - {_format_code(name)}" for name in names[:_MOST_MENTIONS])
    more = f"\n  - and {len(names) - _MOST_MENTIONS} more" if len(names) > _MOST_MENTIONS else ""
    if finding.host:
        links = count_links(len(finding.links))
        return f"- {_format_code(finding.host)}: all {links} ({_quote_reason(finding.reason)}){where}{more}"
    (link,) = finding.links
    target = f" → {_format_code(link.final_url)}" if link.status == "moved" else f": {_quote_reason(find_reason(link))}"
    return f"- {_format_code(link.url)}{target}{where}{more}"


def _format_code(text: str) -> str:
    """Write text as a code span, in which nothing is markup (CommonMark, section 6.1)."""
    text = escape_text(text)
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if "`" in text else ""
    return f"{fence}{pad}{text}{pad}{fence}"


# Reasons in our own words. Other text may come from a server, and GitHub links `@names`, `#1` and addresses even in
# escaped text.
_OUR_WORDS: Final = re.compile(r"[A-Za-z0-9 ,;:()']*", re.ASCII)


def _quote_reason(text: str) -> str:
    return text if _OUR_WORDS.fullmatch(text) else _format_code(text)
