"""A report in words: for people, for programs, for GitHub. What is shown of links is data: it can do nothing."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final, Literal

from ..display import escape_for_terminal, format_annotation, format_json
from ..iri import find_host
from ..redaction import hide_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from .result import Link, LinkReport

ReportForm = Literal["text", "json", "github", "markdown"]

_MOST_PLACES: Final = 3  # of one link, in reports for people
_MOST_PLACES_OF_AN_ITEM: Final = 20  # likewise in Markdown
_LONGEST_MARKDOWN_CHARACTERS: Final = 60_000  # GitHub takes no issue of more than 65,536
_USUAL: Final = "moved for good"  # of a link that has moved: its group says so
_OUTAGE_LINKS: Final = 3  # dead ones of a host that has no other: one line for all of them


def shown(text: str) -> str:
    """Return text without secrets, as `escape_for_terminal` writes it."""
    return escape_for_terminal(hide_secrets(text))


def has_news(report: LinkReport) -> bool:
    """Tell whether something has changed since the last run, or could not be checked."""
    return report.network_down or any(link.change for link in report.links)


def format_link(link: Link) -> str:
    """Return a link as one line of JSON."""
    return format_json(_values(link))


def format_report(report: LinkReport, form: ReportForm = "text") -> str:
    """Return a report.

    Args:
        report: Of `check_links` or `report_links`.
        form: ``text`` for people; ``json`` for programs; ``github`` for annotations of GitHub Actions; ``markdown`` for
            an issue that is kept up to date: the same text as long as nothing changes.
    """
    write = {"text": _text, "json": _json, "github": _github, "markdown": _markdown}[form]
    return "".join(f"{line}\n" for line in write(report))


def _values(link: Link) -> dict[str, Any]:
    incident = link.incident
    return {
        "url": hide_secrets(link.url),
        "status": link.status,
        "state": link.state,
        "code": link.code,
        "reason": hide_secrets(link.reason),
        "final_url": hide_secrets(link.final_url),
        "chain": [{"code": redirect.code, "url": hide_secrets(redirect.url)} for redirect in link.chain],
        "found_in": [
            {"path": place.path, "line": place.line, "column": place.column, "entry": place.entry}
            for place in link.found_in
        ],
        "checked": _moment(link.checked),
        "remembered": link.remembered,
        "change": link.change,
        "accepted": link.accepted,
        "incident": incident
        and {"number": incident.number, "opened": _moment(incident.opened), "closed": _moment(incident.closed)},
    }


def _moment(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if moment else None


def _json(report: LinkReport) -> Iterator[str]:
    links = [_values(link) for link in report.links]
    values = {"schema": 1, "network_down": report.network_down, "summary": dict(report.summary), "links": links}
    yield format_json(values, indent=2)


_GROUPS: Final = (
    ("died", "Newly dead"),
    ("dead", "Dead"),
    ("recovered", "Well again"),
    ("moved", "Moved for good: write the new address"),
    ("failing", "Failing: dead if this lasts"),
    ("suspect", "To be looked at by somebody"),
)


def _group(link: Link) -> str:
    if link.broken:
        return "died" if link.change == "died" else "dead"
    if link.change == "recovered":
        return "recovered"
    if link.status in ("moved", "suspect"):
        return link.status
    if link.state == "failing":
        return "failing"
    return "suspect" if link.status == "ok" and link.reason else ""  # such as from https to http


def _grouped(report: LinkReport) -> Iterator[tuple[str, list[Link]]]:
    """Yield the groups that somebody should look at, newest deaths first."""
    groups: dict[str, list[Link]] = defaultdict(list)
    for link in report.links:
        groups[_group(link)].append(link)
    for name, title in _GROUPS:
        if groups[name]:
            yield title, sorted(groups[name], key=_newest)


def _newest(link: Link) -> tuple[int, str]:
    """Put new deaths first, by day: which of two links of a run answered first is of no interest."""
    return (-link.incident.opened.toordinal() if link.incident else 0, link.url)


def _text(report: LinkReport) -> Iterator[str]:
    if report.network_down:
        yield "Our own network is down: nothing that failed counts."
    for title, links in _grouped(report):
        yield f"{title} ({len(links)})"
        for line in _lines(report, links):
            yield f"  {line}"
    yield _summary(report)


def _lines(report: LinkReport, links: Sequence[Link]) -> Iterator[str]:
    down = _hosts_down(report.links)
    broken: dict[str, list[Link]] = defaultdict(list)  # by host
    for link in links:
        if link.broken:
            broken[find_host(link.url)].append(link)
    told: set[str] = set()
    for link in links:
        host = find_host(link.url)
        if host in down and link.broken:
            if host not in told:
                told.add(host)
                dead = broken[host]
                yield f"{shown(host)}: all {len(dead)} links ({shown(link.reason)}){_places(dead)}"
            continue
        target = f" -> {shown(link.final_url)}" if link.status == "moved" else ""
        why = _why(link)
        reason = f" ({shown(why)})" if why and why != _USUAL else ""
        yield f"{shown(link.url)}{target}{reason}{_places([link])}"


def _why(link: Link) -> str:
    """Say what is wrong with a link; of a dead one that tells nothing for now, what killed it."""
    return link.incident.reason if link.broken and link.incident and link.status != "dead" else link.reason


def _hosts_down(links: Iterable[Link]) -> set[str]:
    """Return the hosts that all links of are dead."""
    by_host: dict[str, list[bool]] = defaultdict(list)
    for link in links:
        if link.status not in (None, "skipped") and (host := find_host(link.url)):
            by_host[host].append(link.broken)
    return {host for host, broken in by_host.items() if len(broken) >= _OUTAGE_LINKS and all(broken)}


def _places(links: Iterable[Link]) -> str:
    places = [place for link in links for place in link.found_in]
    names = list(
        dict.fromkeys(f"{place.path or place.entry}{f':{place.line}' if place.line else ''}" for place in places)
    )
    more = f" and {len(names) - _MOST_PLACES} more" if len(names) > _MOST_PLACES else ""
    return f"\n      {', '.join(map(shown, names[:_MOST_PLACES]))}{more}" if names else ""


def _summary(report: LinkReport) -> str:
    counted = Counter(_said(link) for link in report.links).most_common()
    counts = [f"{number} {name}" for name, number in counted]
    kept = sum(link.remembered and link.status is not None for link in report.links)
    accepted = sum(link.accepted for link in report.links)
    if accepted:
        counts.append(f"{accepted} accepted")
    links = "1 link" if len(report.links) == 1 else f"{len(report.links)} links"
    said = f"{links}: {', '.join(counts)}" if counts else "no links"
    if kept == len(report.links):
        return f"{said}; nothing was asked" if kept else said
    return f"{said}; {kept} not asked, as they were not due" if kept else said


def _said(link: Link) -> str:
    """Say how a link is: one that has failed is not dead yet."""
    if link.state == "dead":
        return "dead"
    return "failing" if link.status == "dead" else link.status or "never checked"


def _github(report: LinkReport) -> Iterator[str]:
    """Write workflow commands (https://docs.github.com/actions, "workflow commands")."""
    for link in report.links:
        name = "dead" if link.broken else "moved" if link.status == "moved" else "suspect"
        if name == "suspect" and link.status != "suspect" and _group(link) != "suspect":
            continue
        level = "error" if link.broken else "warning"
        target = (
            f", now at {hide_secrets(link.final_url)}" if link.status == "moved" else f": {hide_secrets(_why(link))}"
        )
        message = f"{hide_secrets(link.url)}{target}"
        for place in link.found_in:
            yield format_annotation(
                level, message, title=f"link {name}", file=place.path, line=place.line or 1, column=place.column
            )
        if not link.found_in:
            yield format_annotation(level, message)
    yield _summary(report)


def _markdown(report: LinkReport) -> Iterator[str]:
    if report.network_down:
        yield "Our own network was down: nothing that failed counts.\n"
    groups: dict[str, list[Link]] = defaultdict(list)
    for link in report.links:
        groups[_group(link)].append(link)
    # What is new today is not new tomorrow: the text must not change for that.
    groups["dead"] += groups.pop("died", [])
    empty = True
    left = _LONGEST_MARKDOWN_CHARACTERS
    for name, title in _GROUPS:
        links = sorted(groups.get(name, []), key=lambda link: link.url)
        if not links or name == "recovered":
            continue
        empty = False
        yield f"## {title}\n"
        for number, link in enumerate(links):
            item = _write_item(link)
            left -= len(item) + 1
            if left < 0:
                yield f"- and {len(links) - number} more"
                break
            yield item
        yield ""
    if empty and not report.network_down:
        well = all(link.status and not link.accepted for link in report.links)
        yield "All links are well." if well else "Nothing is known that somebody should do."


def _write_item(link: Link) -> str:
    target = f" → {_code(link.final_url)}" if link.status == "moved" else f": {_quote_reason(_why(link))}"
    places = dict.fromkeys((place.path, place.line) for place in link.found_in)
    shown_places = list(places)[:_MOST_PLACES_OF_AN_ITEM]
    where = "".join(f"\n  - {_code(f'{path}:{line}' if line else path)}" for path, line in shown_places)
    more = f"\n  - and {len(places) - len(shown_places)} more" if len(places) > len(shown_places) else ""
    return f"- {_code(link.url)}{target}{where}{more}"


def _code(text: str) -> str:
    """Write text as a code span, in which nothing is markup (CommonMark, section 6.1)."""
    text = shown(text)
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if "`" in text else ""
    return f"{fence}{pad}{text}{pad}{fence}"


# Words of ours; all else may be those of a server, and GitHub finds `@names`, `#1` and addresses in escaped text, too.
_OUR_WORDS: Final = re.compile(r"[A-Za-z0-9 ,;()']*", re.ASCII)


def _quote_reason(text: str) -> str:
    return text if _OUR_WORDS.fullmatch(text) else _code(text)
