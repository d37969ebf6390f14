"""Site → published folder."""

from __future__ import annotations

import os
import re
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from ..errors import ConfigError, Problem
from ..feeds import to_atom, to_json, to_rss
from ..model import FILE_NAMES, FORMATS, Site
from .opml import to_opml
from .pages import Pages
from .publish import publish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ..model import Category, Entry, Feed, Format

_RENDERERS: Mapping[Format, Callable[[Feed], bytes]] = {"atom": to_atom, "rss": to_rss, "json": to_json}


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildResult:
    """Say what a build did.

    Args:
        output: The published folder, as the caller named it.
        written: Files that are new or changed, relative to it, with ``/`` between folders.
        kept: Files that held these bytes already, and were not touched.
    """

    output: str
    written: tuple[str, ...]
    kept: tuple[str, ...]


def build(site: Site, output: str | os.PathLike[str] = "public") -> BuildResult:
    """Write feeds, pages and OPML of a site into a folder.

    The bytes depend on the site alone: not on clock, time zone, locale or machine. Each file is replaced in one step,
    pages before the feeds that link to them; a build that dies leaves every file whole, old or new.

    Raises:
        ConfigError: The output folder is the entries folder, or holds it.
        OSError: A file cannot be written.
    """
    folder = Path(output)
    _refuse_entries(site, folder)
    written: list[str] = []
    kept: list[str] = []
    for name, data in _files(site):
        (written if publish(folder / name, data) else kept).append(name)
    return BuildResult(output=os.fspath(output), written=tuple(written), kept=tuple(kept))


def _refuse_entries(site: Site, folder: Path) -> None:
    entries = Path(site.folder).resolve() if site.folder else None
    output = folder.resolve()
    if entries and (output in (entries, *entries.parents) or entries in output.parents):
        message = "the published folder may not be the entries folder, nor hold it, nor stand in it"
        raise ConfigError([Problem(code="E007", path=str(folder), message=message, hint="choose another --output")])


def _files(site: Site) -> Iterator[tuple[str, bytes]]:
    """Yield the files, those that others link to first."""
    pages = Pages(site)
    feeds = [site.feed(language) for language in site.config.languages]
    yield "style.css", pages.style()
    yield "feed.css", pages.feed_style()
    if site.config.pages and not site.config.permalink:
        for article in site.articles:
            for language, entry in article.entries.items():
                yield f"{language}/{article.key}/index.html", pages.article(article, entry)
    for feed in feeds:
        home = f"{feed.language}/"
        for subject in _category_feeds(site, feed):
            place = home + unquote(subject.link.removeprefix(feed.link))
            yield from _set(place, subject, pages.category(subject, feed))
        yield from _set(home, feed, pages.language(feed))
    yield "feeds.opml", to_opml(site.config, feeds)
    yield "index.html", pages.landing(feeds)


def _set(place: str, feed: Feed, page: bytes) -> Iterator[tuple[str, bytes]]:
    yield f"{place}index.html", page
    for form in FORMATS:
        yield place + FILE_NAMES[form], _RENDERERS[form](feed)


def _folder(category: Category) -> str:
    """Return a category's name in addresses: ``Open source`` → ``open-source``; C++ and C# stay apart."""
    name = "-".join(unicodedata.normalize("NFC", category.term).casefold().split())
    return re.sub(r"[/\\\x00-\x1f]", "-", name).lstrip(".") or "-"


def _category_feeds(site: Site, feed: Feed) -> Iterator[Feed]:
    if not site.config.categories:
        return
    subjects: dict[str, tuple[str, list[Entry]]] = {}
    for entry in feed.entries:
        for category in entry.categories:
            _, entries = subjects.setdefault(_folder(category), (category.label or category.term, []))
            if entry not in entries[-1:]:
                entries.append(entry)
    for name, (label, entries) in sorted(subjects.items()):
        home = f"{feed.link}category/{quote(name)}/"
        yield replace(
            feed,
            id=f"{feed.id}/category/{quote(name)}",
            title=f"{feed.title}: {label}",
            link=home,
            entries=tuple(entries),
            updated=max(entry.updated for entry in entries),
            addresses={form: home + FILE_NAMES[form] for form in FORMATS},
            siblings=(),
            stylesheet="../../../feed.css",
        )
