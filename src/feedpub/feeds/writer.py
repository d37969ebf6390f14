"""feedgen, and the cures for its faults: the only module that knows it.

Feeds are written as a shell (feedgen's FeedGenerator without entries) and one fragment per entry. feedgen's FeedEntry
writes a template of it once, into which each usual entry's texts are put. It is imported at first use, since a build in
which nothing changed does not need it (45 ms). What feedgen 1.0.0 gets wrong, and what is done about it here:

* Entry links lose `rel`, `type`, `hreflang` and `title`: a lint fix shadowed the loop variable
  (lkiesow/python-feedgen issue 135). No link is given to Atom entries; ours are spliced in as text.
* `content` is written before `summary`, and must not be empty for Atom: a placeholder is cut out again.
* The channel's `link` is the last link of any relation: RSS gets one link only, the others through an extension.
* `lastBuildDate` and `pubDate` call `setlocale` for the whole process, which is not thread-safe: both are ours.
* `updated` and `lastBuildDate` default to now: always set, or taken away.
* Authors without e-mail vanish from RSS: `dc:creator` is ours. In Atom an author's `email` precedes `uri`: harmless.
* `description()` writes Atom content, `summary()` sets RSS's description: each format gets a FeedEntry of its own.
"""

from __future__ import annotations

import functools
import re
from datetime import UTC, datetime
from html import escape, unescape
from typing import TYPE_CHECKING, Any

from ..formats import ATOM, RSS
from ..iri import encode_iri, to_uri
from . import markup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ..model import Category, Enclosure, Entry, Feed, Person
    from ..model.extensions import Extension
    from .markup import Parts

_PLACEHOLDER = b'<content src="-"/>'
_NAME = "feedpub"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def atom_entry(entry: Entry, parts: Parts) -> str:
    """Return what feedgen writes of an Atom entry, without the entry's own tags; `published` is left to the caller."""
    summary = entry.summary if entry.summary.strip() else ""
    if _ODD.search(f"{parts.id}{parts.title}") or "\r" in summary or markup.looks_like_html(summary):
        start = _atom(parts.id, parts.title, markup.moment(entry.updated), summary)
    else:
        start = _atom_template(has_summary=bool(summary)) % {
            "id": parts.id,
            "title": parts.title,
            "updated": parts.updated,
            "text": _escaped(summary),
        }
    if not (entry.categories or entry.rights):
        return start
    rights = _rest_of_atom(None, entry.rights) if entry.rights else ""
    return f"{start}{''.join(map(_rest_of_atom, entry.categories))}{rights}"


def rss_item(entry: Entry, parts: Parts, description: str) -> str:
    """Return what feedgen writes of an RSS item, without the item's own tags.

    Args:
        entry: Its link, dates, authors and content are left to the caller.
        parts: What formats share of it.
        description: HTML.
    """
    title = parts.title if entry.has_title or not description else ""  # RSS asks for one of the two
    if not title or _ODD.search(f"{parts.id}{title}") or "\r" in description:
        start = _rss(parts.id, title, description)
    else:
        start = _rss_template(has_description=bool(description)) % {
            "id": parts.id,
            "title": title,
            "text": _escaped(description),
        }
    if not (entry.categories or entry.enclosures):
        return start
    enclosure = _rest_of_rss(None, entry.enclosures[0]) if entry.enclosures else ""  # best-practices profile: one
    return f"{start}{''.join(map(_rest_of_rss, entry.categories))}{enclosure}"


# What is escaped, or marked as HTML. Entries without it are what feedgen wrote once, with other texts in their places.
_ODD = re.compile(r"[&<>\r]")
_SOME_DATE = datetime(2000, 1, 1, tzinfo=UTC)


@functools.cache
def _atom_template(*, has_summary: bool) -> str:
    written = _atom("%(id)s", "%(title)s", _SOME_DATE, "%(text)s" if has_summary else "")
    return written.replace(_SOME_DATE.isoformat(), "%(updated)s")


@functools.cache
def _rss_template(*, has_description: bool) -> str:
    return _rss("%(id)s", "%(title)s", "%(text)s" if has_description else "")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@functools.lru_cache(maxsize=1024)
def _rest_of_atom(category: Category | None, rights: str | None = None) -> str:
    """Return one element that follows the summary: entries have them in common."""
    categories = (category,) if category else ()
    return _atom("-", "-", _SOME_DATE, "", categories, rights).removeprefix(_atom("-", "-", _SOME_DATE, ""))


@functools.lru_cache(maxsize=1024)
def _rest_of_rss(category: Category | None, enclosure: Enclosure | None = None) -> str:
    categories, enclosures = (category,) if category else (), (enclosure,) if enclosure else ()
    return _rss("-", "-", "", categories, enclosures).removeprefix(_rss("-", "-", ""))


def _atom(
    identity: str,
    title: str,
    updated: datetime,
    summary: str,
    categories: tuple[Category, ...] = (),
    rights: str | None = None,
) -> str:
    from feedgen.entry import FeedEntry

    written = FeedEntry()
    written.id(identity)
    written.title(title)
    written.updated(updated)
    written.content(src="-")
    if markup.looks_like_html(summary):
        written.summary(escape(summary, quote=False), type="html")
    elif summary:
        written.summary(summary)
    if rights:
        written.rights(rights)
    for category in categories:
        written.category(_category(category))
    data = _inner(written.atom_entry(extensions=False)).replace(_PLACEHOLDER, b"", 1)
    return _html_texts(data).decode()


def _rss(
    identity: str,
    title: str,
    description: str,
    categories: tuple[Category, ...] = (),
    enclosures: tuple[Enclosure, ...] = (),
) -> str:
    from feedgen.entry import FeedEntry

    written = FeedEntry()
    written.id(identity)
    if title:
        written.title(title)
    if description:
        written.description(description)
    for category in categories:
        written.category(_category(category))
    for enclosure in enclosures:
        written.enclosure(to_uri(enclosure.url), str(enclosure.length), enclosure.type)
    return _hexadecimal(_inner(written.rss_entry(extensions=False)), _PLAIN_IN_ITEM).decode()


def atom_shell(feed: Feed, extra: Mapping[str, str]) -> bytes:
    """Return an Atom feed without entries.

    Args:
        feed: Its entries are not looked at.
        extra: Prefix → namespace, for its extensions and the fragments that come into it.
    """
    shell = _shell(feed)
    shell.link(href=to_uri(feed.link), rel="alternate", type="text/html", hreflang=feed.language)
    for attributes in markup.feed_links(feed, ATOM):
        shell.link(**attributes)
    for author in feed.authors:
        shell.author({name: value for name, value in _person(author) if value})
    if feed.rights:
        shell.rights(feed.rights)
    if feed.subtitle:
        shell.subtitle(feed.subtitle)
    if feed.icon:
        shell.icon(to_uri(feed.icon))
    shell.generator(_NAME)
    _extend(shell, extra, lambda root: None, markup.is_archive(feed))
    root, _ = shell._create_atom()
    if markup.is_archive(feed):
        _append(root, f"{{{markup.HISTORY_NS}}}archive")
    _append_extensions(root, feed.extensions)
    return _html_texts(_serialised(root))


def rss_shell(feed: Feed, extra: Mapping[str, str]) -> bytes:
    """Return an RSS channel without items; arguments as for `atom_shell`."""
    shell = _shell(feed)
    shell.link(href=to_uri(feed.link))
    shell.description(feed.subtitle or feed.title)
    shell.copyright(feed.rights)
    shell.generator(_NAME)
    shell.docs("https://www.rssboard.org/rss-specification")
    if feed.icon:
        shell.image(url=to_uri(feed.icon), title=markup.one_line(feed.title), link=to_uri(feed.link))
    # No public way leads around setlocale, nor to a channel without this date.
    shell._FeedGenerator__rss_lastBuildDate = None

    def complete(root: Any) -> None:
        root.set(_XML_LANG, feed.language)  # tells browsers and their CSS what `language` tells feed readers
        channel = root[0]
        _append(channel, "lastBuildDate").text = markup.rfc822(markup.moment(feed.updated))
        for attributes in markup.feed_links(feed, RSS):
            _append(channel, f"{{{markup.ATOM_NS}}}link", attributes)
        if markup.is_archive(feed):
            _append(channel, f"{{{markup.HISTORY_NS}}}archive")
        _append_extensions(channel, feed.extensions)

    _extend(shell, extra, complete, markup.is_archive(feed))
    root, _ = shell._create_rss()
    return _hexadecimal(_serialised(root), _PLAIN_IN_CHANNEL)


def _shell(feed: Feed) -> Any:
    from feedgen.feed import FeedGenerator

    shell = FeedGenerator()
    shell.id(encode_iri(feed.id))
    shell.title(markup.one_line(feed.title))
    shell.updated(markup.moment(feed.updated))
    shell.language(feed.language)
    return shell


def _extend(shell: Any, namespaces: Mapping[str, str], complete: Callable[[Any], None], is_archive: bool) -> None:
    from feedgen.ext.base import BaseExtension

    class Extension(BaseExtension):  # type: ignore[misc]  # feedgen has no types
        def extend_ns(self) -> Mapping[str, str]:
            return {**namespaces, "fh": markup.HISTORY_NS} if is_archive else namespaces

        def extend_atom(self, feed: Any) -> Any:
            return feed

        def extend_rss(self, feed: Any) -> Any:
            complete(feed)
            return feed

    shell.register_extension(_NAME, Extension, None)


def _append(parent: Any, name: str, attributes: Mapping[str, str] | None = None) -> Any:
    element = parent.makeelement(name, attributes)
    parent.append(element)
    return element


def _append_extensions(parent: Any, extensions: Iterable[Extension]) -> None:
    for one in extensions:
        element = _append(parent, f"{{{one.namespace}}}{one.name}", one.attributes)
        element.text = one.text or None
        _append_extensions(element, one.children)


def _person(author: Person) -> Iterable[tuple[str, str | None]]:
    yield "name", markup.one_line(author.name)
    yield "uri", to_uri(author.uri) if author.uri else None
    yield "email", author.email


def _category(category: Category) -> dict[str, str]:
    values = {
        "term": category.term,
        "scheme": encode_iri(category.scheme) if category.scheme else None,
        "label": markup.one_line(category.label) if category.label else None,
    }
    return {name: value for name, value in values.items() if value}


def _inner(element: Any) -> bytes:
    data = _serialised(element)
    return data[data.index(b">") + 1 : data.rindex(b"<")]


def _serialised(element: Any) -> bytes:
    from lxml import etree

    data: bytes = etree.tostring(element, encoding="UTF-8", xml_declaration=False)
    return data


def _hexadecimal(data: bytes, plain_texts: re.Pattern[bytes]) -> bytes:
    """Write the plain texts of RSS as `markup.hexadecimal` does."""
    return plain_texts.sub(lambda found: markup.hexadecimal(found.group().decode()).encode(), data)


_PLAIN_IN_CHANNEL = re.compile(rb'<(?:title|description|copyright)>[^<]*&[^<]*| title="[^"]*&[^"]*"')
_PLAIN_IN_ITEM = re.compile(rb"<(?:title|category)\b[^>]*>[^<]*&[^<]*")


def _html_texts(data: bytes) -> bytes:
    """Mark titles and the like that look like HTML: escaped once more, `type="html"`.

    As `text` they draw a warning, and some readers eat what they take for tags.
    """
    return _TEXTS.sub(_marked, data)


_TEXTS = re.compile(rb"<(title|subtitle|rights)>([^<]*&(?:lt|amp);[^<]*)</")


def _marked(found: re.Match[bytes]) -> bytes:
    name, value = found[1], found[2]
    if not markup.looks_like_html(unescape(value.decode())):
        return found.group()
    return b'<%s type="html">%s</' % (name, value.replace(b"&", b"&amp;"))
