"""Choose and group the links that a report shows; the links of a host that is down are one finding."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ...iri import find_host

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..result import Link, LinkReport, Mention

# Group → its title, in the order of the report.
GROUPS: Final = {
    "died": "Newly dead: replace or remove these links",
    "dead": "Dead: replace or remove these links",
    "recovered": "Recovered",
    "moved": "Moved permanently: update these addresses",
    "failing": "Failing: reported as dead if this continues",
    "suspect": "Needs review: perhaps not the page that you linked to",
}
FEWEST_LINKS_OF_OUTAGE: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of a report: a link, or all links of a host that is down.

    Args:
        group: A key of `GROUPS`.
        links: One link, or all links of the host.
        host: The host that is down; empty for a single link.
    """

    group: str
    links: Sequence[Link]
    host: str = ""

    @property
    def mentions(self) -> list[Mention]:
        """Where the links were written."""
        return list(dict.fromkeys(mention for link in self.links for mention in link.found_in))

    @property
    def reason(self) -> str:
        """What is wrong with the link, or with most links of the host."""
        counted = Counter(map(find_reason, self.links)).most_common()
        return counted[0][0] if len(counted) == 1 else f"most: {counted[0][0]}"


def find_reason(link: Link) -> str:
    """Return what is wrong with a link; for a dead link that was not found dead in its last check, why it died."""
    return link.incident.reason if link.broken and link.incident and link.status != "dead" else link.reason


def find_findings(report: LinkReport) -> list[Finding]:
    """Return the links that need attention, by group; in each group the latest deaths first, then by address."""
    hosts = _find_outages(report.links)
    findings = []
    for link in report.links:
        group = find_group(link)
        if group and not (link.broken and find_host(link.url) in hosts):
            findings.append(Finding(group=group, links=(link,)))
    for host, links in hosts.items():
        group = "died" if any(link.change == "died" for link in links) else "dead"
        findings.append(Finding(group=group, links=links, host=host))
    order = {group: rank for rank, group in enumerate(GROUPS)}
    return sorted(findings, key=lambda finding: (order[finding.group], *_find_sort_key(finding)))


def find_group(link: Link) -> str:
    """Return the group of a link; empty if it needs no attention."""
    if link.broken:
        return "died" if link.change == "died" else "dead"
    if link.change == "recovered":
        return "recovered"
    if link.accepted:
        return ""
    if link.status in ("moved", "suspect"):
        return link.status
    if link.state == "failing":
        return "failing"
    return "suspect" if link.status == "ok" and link.reason else ""  # such as a redirect from https to http


def _find_sort_key(finding: Finding) -> tuple[int, str]:
    """Return a key that puts new deaths first, by day, so that the order of responses within a run does not matter."""
    days = [link.incident.opened.toordinal() for link in finding.links if link.incident]
    return -max(days, default=0), finding.host or finding.links[0].url


def _find_outages(links: Iterable[Link]) -> dict[str, list[Link]]:
    """Return the hosts whose links are all dead, and these links; accepted and unchecked links are ignored."""
    by_host: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        if link.status not in (None, "skipped") and not link.accepted and (host := find_host(link.url)):
            by_host[host].append(link)
    return {
        host: links
        for host, links in by_host.items()
        if len(links) >= FEWEST_LINKS_OF_OUTAGE and all(link.broken for link in links)
    }


def summarise_report(report: LinkReport) -> str:
    """Return in one line how many links have each status, and how many of them were checked in this run."""
    counted = Counter(map(_describe_state, report.links)).most_common()
    counts = [f"{number} {name}" for name, number in counted]
    accepted = sum(link.accepted for link in report.links)
    if accepted:
        counts.append(f"{accepted} accepted")
    number = len(report.links)
    parts = [f"{count_links(number)}: {', '.join(counts)}" if number else "no links"]
    from_earlier = sum(link.remembered and link.status is not None for link in report.links)
    if report.not_asked:
        parts.append(f"{report.not_asked} not checked: the time for this run was over")
    elif number and from_earlier == number:
        parts.append("all of these results are from earlier checks")
    elif from_earlier == 1:
        parts.append("1 of these results is from an earlier check")
    elif from_earlier:
        parts.append(f"{from_earlier} of these results are from earlier checks")
    return "; ".join(parts)


def count_links(number: int) -> str:
    """Return a number of links, such as '1 link' or '2 links'."""
    return "1 link" if number == 1 else f"{number} links"


def _describe_state(link: Link) -> str:
    """Return the word for a link in the summary: one that has failed only now is not dead yet."""
    if link.state == "dead":
        return "dead"
    return "failing" if link.status == "dead" else link.status or "never checked"
