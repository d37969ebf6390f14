"""Incidents as a feed: the maintainer of a site learns about dead links in a feed reader."""

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
from ..links.reports.base import escape_text, format_mention
from ..model import Entry, Feed, Person
from ..redaction import hide_secrets
from .marks import BEGINNING_BYTES, has_mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..links.result import Incident, Link, LinkReport, Outcome
    from ..model import Site

MOST_INCIDENTS: Final = 100  # in a feed, newest first
_FILE_NAMES: Final = ("atom.xml", "rss.xml")
# The outcome of an incident → the text of the catalogue that is the title of its entry.
_TITLES: Final[Mapping[Outcome | None, str]] = {
    None: "dead_link", "recovered": "link_is_back", "removed": "link_is_removed",
}  # fmt: skip


def make_incident_feed(site: Site, report: LinkReport) -> Feed:
    """Return a feed of the dead links of a site: an entry for each, updated when the link works again or is removed.

    It is in the default language of the site. Secrets, such as a password in an address, are hidden.

    Args:
        site: Its authority is the start of all ids (RFC 4151).
        report: Of `check_links` or `report_links`, with a history: without one there are no incidents.
    """
    config, language = site.config, site.config.default_language
    words = get_words(language)
    links = {link.url: link for link in report.links}
    site_feed = site.feed(language)
    return Feed(
        id=f"tag:{config.authority}:links",
        language=language,
        title=words["dead_links"].format(title=site_feed.title),
        link=config.base_url,
        entries=tuple(
            _make_entry(config.authority, language, words, incident, links.get(incident.url))
            for incident in report.incidents[:MOST_INCIDENTS]
        ),
        authors=site_feed.authors or (Person(name=site_feed.title),),
    )


def write_incident_feed(site: Site, report: LinkReport, folder: str | os.PathLike[str]) -> tuple[str, ...]:
    """Write the feed of `make_incident_feed` as ``atom.xml`` and ``rss.xml``; return the files that have changed.

    Raises:
        ConfigError: One of the two is another feed or another file; nothing is written.
        OSError: A file cannot be written.
    """
    feed, output = make_incident_feed(site, report), os.fspath(folder)
    _refuse_other_files(output, feed.id)
    documents = dict(zip(_FILE_NAMES, (to_atom(feed), to_rss(feed)), strict=True))
    changed = tuple(os.path.join(output, name) for name, data in documents.items() if write_file(output, name, data))
    remove_leftovers(output)
    return changed


def _refuse_other_files(output: str, feed_id: str) -> None:
    for name in _FILE_NAMES:
        if check_target(output, name) is None:
            continue
        is_incident_feed = has_mark(output, name)
        if is_incident_feed and name == "atom.xml":  # it could be the feed of articles; RSS has no id to tell
            is_incident_feed = f"<id>{feed_id}</id>".encode() in read_file(output, name, first=BEGINNING_BYTES)
        if not is_incident_feed:
            message = "is not the feed of dead links of this site, so feedpub does not replace it"
            hint = "choose another folder with --feed, or remove the file"
            path = Path(output, name).as_posix()
            raise ConfigError([Problem(code="E014", path=path, message=message, hint=hint)])


def _make_entry(
    authority: str, language: str, words: Mapping[str, str], incident: Incident, link: Link | None
) -> Entry:
    display_url = escape_text(incident.url)
    key = blake2b(f"{incident.url} {incident.opened.timestamp()}".encode(), digest_size=8).hexdigest()
    url = iri.resolve_url("", hide_secrets(incident.url)) or ""
    url = iri.to_uri(url) if not iri.find_url_fault(url) else f"https://{authority.partition(',')[0]}/"
    lines = [
        f'<a href="{escape(url)}">{escape(display_url)}</a>',
        f"<code>{escape(escape_text(incident.reason))}</code>",
    ]
    if link and link.found_in:
        places = words["list_separator"].join(map(format_mention, link.found_in))
        lines.append(escape(words["found_in"].format(places=escape_text(places))))
    if link and link.accepted_why:
        lines.append(escape(escape_text(link.accepted_why)))
    return Entry(
        id=f"tag:{authority}:links/{key}",
        language=language,
        title=words[_TITLES[incident.outcome]].format(url=display_url),
        link=url,
        published=incident.opened,
        updated=incident.closed or incident.opened,
        body="".join(f"<p>{line}</p>" for line in lines),
    )
