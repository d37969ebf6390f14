"""Reports for programs: one line of JSON per link, as soon as its result is known."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from ...display import format_json
from ...redaction import hide_secrets
from ..result import Mention

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ..result import Link, LinkReport

_MENTION_FIELDS: Final = tuple(field.name for field in fields(Mention))


def link_values(link: Link) -> dict[str, Any]:
    """Return the JSON object of a link, without secrets."""
    url, incident = hide_secrets(link.url), link.incident
    return {
        "url": url,
        "status": link.status,
        "state": link.state,
        "code": link.code,
        "reason": hide_secrets(link.reason) if link.reason else "",
        "final_url": url if link.final_url == link.url else hide_secrets(link.final_url),
        "chain": [{"code": redirect.code, "url": hide_secrets(redirect.url)} for redirect in link.chain],
        "found_in": [{name: getattr(mention, name) for name in _MENTION_FIELDS} for mention in link.found_in],
        "checked": _format_moment(link.checked),
        "remembered": link.remembered,
        "change": link.change,
        "accepted": link.accepted,
        "accepted_why": hide_secrets(link.accepted_why) if link.accepted_why else "",
        "incident": incident
        and {
            "number": incident.number,
            "opened": _format_moment(incident.opened),
            "closed": _format_moment(incident.closed),
            "outcome": incident.outcome,
        },
    }


def _format_moment(moment: datetime | None) -> str | None:
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z" if moment else None


def format_link(link: Link) -> str:
    """Return a link as one line of JSON."""
    return format_json(link_values(link))


def write_report(report: LinkReport) -> Iterator[str]:
    """Return the lines of a report."""
    return map(format_link, report.links)
