"""Reports as annotations of GitHub Actions (https://docs.github.com/actions, "workflow commands")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ...display import format_annotation
from ...redaction import hide_secrets
from .base import escape_text, format_mention
from .grouping import Finding, count_links, find_findings, find_reason, summarise_report
from .text import NETWORK_IS_DOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..result import LinkReport

# GitHub shows 10 errors and 10 warnings of a step, and drops the others (docs.github.com, "Limits on annotations").
_MOST_ANNOTATIONS: Final = 10
_TITLES: Final = {
    "died": "dead link", "dead": "dead link", "moved": "moved link", "failing": "failing link",
    "suspect": "link needs review",
}  # fmt: skip
_ERRORS: Final = ("died", "dead")


def write_report(report: LinkReport) -> Iterator[str]:
    """Yield the lines of a report."""
    if report.network_down:
        yield format_annotation("warning", NETWORK_IS_DOWN)
    for problem in report.problems:
        yield format_annotation(
            "warning", f"{problem.message} ({problem.hint})", title=f"{problem.code} {problem.title}",
            file=problem.path, line=problem.line, column=problem.column,
        )  # fmt: skip
    findings = [finding for finding in find_findings(report) if finding.group in _TITLES]
    for severity in ("error", "warning"):
        chosen = [finding for finding in findings if (finding.group in _ERRORS) == (severity == "error")]
        taken = (bool(report.network_down) + len(report.problems)) if severity == "warning" else 0
        yield from _write_annotations(severity, chosen, _MOST_ANNOTATIONS - taken)
    yield summarise_report(report)


def _write_annotations(severity: str, findings: list[Finding], most: int) -> Iterator[str]:
    """Yield annotations; those that GitHub would drop become lines of the log."""
    number = len(findings) if len(findings) <= most else max(most - 1, 0)
    for finding in findings[:number]:
        mention = finding.mentions[0] if finding.mentions else None
        yield format_annotation(
            severity, _describe_finding(finding), title=_TITLES[finding.group],
            file=mention.path if mention else "", line=(mention.line or 1) if mention and mention.path else 0,
            column=mention.column if mention else 0,
        )  # fmt: skip
    if remaining := findings[number:]:
        yield format_annotation(severity, f"and {len(remaining)} more: see the log of this step")
        for finding in remaining:
            where = f" in {escape_text(format_mention(finding.mentions[0]))}" if finding.mentions else ""
            yield f"{severity}: {_TITLES[finding.group]}: {escape_text(_describe_finding(finding))}{where}"


def _describe_finding(finding: Finding) -> str:
    others = len(finding.mentions) - 1
    more = f" (also in {others} other {'place' if others == 1 else 'places'})" if others > 0 else ""
    if finding.host:
        return f"{finding.host}: all {count_links(len(finding.links))}: {hide_secrets(finding.reason)}{more}"
    (link,) = finding.links
    if link.status == "moved" and not link.broken:
        return f"{hide_secrets(link.url)}, now at {hide_secrets(link.final_url)}{more}"
    return f"{hide_secrets(link.url)}: {hide_secrets(find_reason(link))}{more}"
