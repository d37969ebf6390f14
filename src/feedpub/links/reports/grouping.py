"""What people are told first: links in groups, and a host that is gone as one of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ...iri import find_host

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..result import Link, LinkReport, Mention

# Group → its title, in the order in which they are shown.
GROUPS: Final = {
    "died": "Newly dead",
    "dead": "Dead",
    "recovered": "Recovered",
    "moved": "Moved permanently: update the address",
    "failing": "Failing: reported as dead if this continues",
    "suspect": "Needs review",
}
FEWEST_LINKS_OF_OUTAGE: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of a report: a link, or all links of a host that is gone.

    Args:
        group: As in `GROUPS`.
        links: One, or all dead links of the host.
        host: Of an outage; else empty.
    """

    group: str
    links: Sequence[Link]
    host: str = ""

    @property
    def mentions(self) -> list[Mention]:
        """Where the links stand."""
        return list(dict.fromkeys(mention for link in self.links for mention in link.found_in))

    @property
    def reason(self) -> str:
        """What is wrong; of a host, what is wrong with most of its links."""
        counted = Counter(map(find_reason, self.links)).most_common()
        return counted[0][0] if len(counted) == 1 else f"most: {counted[0][0]}"


def find_reason(link: Link) -> str:
    """Return what is wrong with a link; of a dead one that tells nothing for now, what killed it."""
    return link.incident.reason if link.broken and link.incident and link.status != "dead" else link.reason


def find_findings(report: LinkReport) -> list[Finding]:
    """Return what somebody should look at, by group; in each of them newest deaths first, then by address."""
    hosts = _find_outages(report.links)
    findings = []
    for link in report.links:
        group = find_group(link)
        if group and not (link.broken and find_host(link.url) in hosts):
            findings.append(Finding(group=group, links=(link,)))
    for host, links in hosts.items():
        group = "died" if any(link.change == "died" for link in links) else "dead"
        findings.append(Finding(group=group, links=links, host=host))
    order = {group: mention for mention, group in enumerate(GROUPS)}
    return sorted(findings, key=lambda finding: (order[finding.group], *_find_sort_key(finding)))


def find_group(link: Link) -> str:
    """Return the group of a link; empty if nobody needs to look at it."""
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
    return "suspect" if link.status == "ok" and link.reason else ""  # such as from https to http


def _find_sort_key(finding: Finding) -> tuple[int, str]:
    """Put new deaths first, by day: which of two links of a run answered first is of no interest."""
    days = [link.incident.opened.toordinal() for link in finding.links if link.incident]
    return -max(days, default=0), finding.host or finding.links[0].url


def _find_outages(links: Iterable[Link]) -> dict[str, list[Link]]:
    """Return the hosts of which all links are dead, and these links; accepted and unknown ones do not count."""
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
    """Return how many links there are of each kind, in one line."""
    counted = Counter(map(_describe_state, report.links)).most_common()
    counts = [f"{number} {name}" for name, number in counted]
    accepted = sum(link.accepted for link in report.links)
    if accepted:
        counts.append(f"{accepted} accepted")
    number = len(report.links)
    parts = [f"{count_links(number)}: {', '.join(counts)}" if number else "no links"]
    not_due = sum(link.remembered and link.status is not None for link in report.links)
    if report.not_asked:
        parts.append(f"{report.not_asked} not asked: the time for this run was over")
    elif number and not_due == number:
        parts.append("nothing was asked")
    elif not_due:
        parts.append(f"{not_due} not asked, as they were not due")
    return "; ".join(parts)


def count_links(number: int) -> str:
    """Return a number of links in words."""
    return "1 link" if number == 1 else f"{number} links"


def _describe_state(link: Link) -> str:
    """Return how a link is: one that has failed is not dead yet."""
    if link.state == "dead":
        return "dead"
    return "failing" if link.status == "dead" else link.status or "never checked"
