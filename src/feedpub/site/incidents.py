"""The incidents of links as a feed: who maintains a site hears of dead links in a reader."""

from __future__ import annotations

import os
from hashlib import blake2b
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .. import iri
from ..errors import ConfigError, Problem
from ..feeds import to_atom, to_rss
from ..files import check_target, read_file, remove_leftovers, write_file
from ..language import get_words
from ..links.reports.base import as_shown, place_name
from ..model import Entry, Feed, Person
from ..redaction import hide_secrets
from .marks import BEGINNING_BYTES, has_mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..links.result import Incident, Link, LinkReport, Outcome
    from ..model import Site

MOST: Final = 100  # incidents in a feed, newest first
# Outcome of an incident → the text of the catalogue that is its title.
_TITLES: Final[Mapping[Outcome | None, str]] = {
    None: "dead_link", "recovered": "link_is_back", "removed": "link_is_removed",
}  # fmt: skip


def make_incident_feed(site: Site, report: LinkReport) -> Feed:
    """Make a feed of the dead links of a site: an entry for each, updated when the link works again or is removed.

    In the site's first language. What gives access, such as a password in an address, is hidden.

    Args:
        site: Its authority is the start of all ids (RFC 4151).
        report: Of `check_links` or `report_links`, with a history: others know no incidents.
    """
    config, language = site.config, site.config.default_language
    labels = get_words(language)
    links = {link.url: link for link in report.links}
    own = site.feed(language)
    return Feed(
        id=f"tag:{config.authority}:links",
        language=language,
        title=labels["dead_links"].format(title=own.title),
        link=config.base_url,
        entries=tuple(
            _entry(config.authority, language, labels, one, links.get(one.url))
            for one in report.incidents[:MOST]
        ),
        authors=own.authors or (Person(name=own.title),),
    )  # fmt: skip


def write_incident_feed(site: Site, report: LinkReport, folder: str | os.PathLike[str]) -> tuple[str, ...]:
    """Write the feed of `make_incident_feed` as ``atom.xml`` and ``rss.xml``; return the files that have changed.

    Raises:
        ConfigError: One of the two is a feed of something else; nothing is written.
        OSError: A file cannot be written.
    """
    feed, place = make_incident_feed(site, report), os.fspath(folder)
    _refuse_other_feeds(place, feed.id)
    files = {"atom.xml": to_atom(feed), "rss.xml": to_rss(feed)}
    changed = tuple(os.path.join(place, name) for name, data in files.items() if write_file(place, name, data))
    remove_leftovers(place)
    return changed


def _refuse_other_feeds(place: str, feed_id: str) -> None:
    for name in ("atom.xml", "rss.xml"):
        if check_target(place, name) is None:
            continue
        is_ours = has_mark(place, name)
        if is_ours and name == "atom.xml":  # not the feed of articles; RSS has no id
            is_ours = f"<id>{feed_id}</id>".encode() in read_file(place, name, first=BEGINNING_BYTES)
        if not is_ours:
            message = "is not a feed of dead links of this site, and feedpub writes one there"
            hint = "choose a folder of its own with --feed, or remove the file"
            raise ConfigError([Problem(code="E014", path=Path(place, name).as_posix(), message=message, hint=hint)])


def _entry(authority: str, language: str, labels: Mapping[str, str], incident: Incident, link: Link | None) -> Entry:
    shown_url = as_shown(incident.url)
    key = blake2b(f"{incident.url} {incident.opened.timestamp()}".encode(), digest_size=8).hexdigest()
    url = iri.resolve_url("", hide_secrets(incident.url)) or ""
    url = iri.to_uri(url) if not iri.find_url_fault(url) else f"https://{authority.partition(',')[0]}/"
    lines = [
        f'<a href="{escape(url)}">{escape(shown_url)}</a>',
        f"<code>{escape(as_shown(incident.reason))}</code>",
    ]
    if link and link.found_in:
        where = labels["list_separator"].join(map(place_name, link.found_in))
        lines.append(escape(labels["found_in"].format(places=as_shown(where))))
    if link and link.accepted_why:
        lines.append(escape(as_shown(link.accepted_why)))
    return Entry(
        id=f"tag:{authority}:links/{key}",
        language=language,
        title=labels[_TITLES[incident.outcome]].format(url=shown_url),
        link=url,
        published=incident.opened,
        updated=incident.closed or incident.opened,
        body="".join(f"<p>{line}</p>" for line in lines),
    )
