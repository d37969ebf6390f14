"""feedgen, and the cures for its faults: the only module that knows it.

Feeds are written as a shell (feedgen's FeedGenerator without entries) and one fragment per entry (feedgen's FeedEntry),
serialised once. What feedgen 1.0.0 gets wrong, and what is done about it here:

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

import re
from html import escape, unescape
from typing import TYPE_CHECKING, Any

from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from ..iri import to_uri
from . import markup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ..model import Category, Entry, Feed, Person

_PLACEHOLDER = b'<content src="-"/>'
_NAME = "feedpub"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def atom_entry(entry: Entry) -> bytes:
    """Return what feedgen writes of an Atom entry, without the entry's own tags; `published` is left to the caller."""
    written = FeedEntry()
    written.id(markup.uri(entry.id))
    written.title(markup.one_line(entry.title))
    written.updated(markup.moment(entry.updated))
    written.content(src="-")
    if entry.summary.strip():
        if markup.looks_like_html(entry.summary):
            written.summary(escape(entry.summary, quote=False), type="html")
        else:
            written.summary(entry.summary)
    if entry.rights:
        written.rights(entry.rights)
    for category in entry.categories:
        written.category(_category(category))
    data = _inner(written.atom_entry(extensions=False)).replace(_PLACEHOLDER, b"", 1)
    return _html_texts(data)


def rss_item(entry: Entry, description: str) -> bytes:
    """Return what feedgen writes of an RSS item, without the item's own tags.

    Args:
        entry: Its link, dates, authors and content are left to the caller.
        description: HTML.
    """
    written = FeedEntry()
    written.id(markup.uri(entry.id))
    written.title(markup.one_line(entry.title))
    if description:
        written.description(description)
    for category in entry.categories:
        written.category(_category(category))
    for enclosure in entry.enclosures[:1]:  # RSS best-practices profile: one
        written.enclosure(to_uri(enclosure.url), str(enclosure.length), enclosure.type)
    return _hexadecimal(_inner(written.rss_entry(extensions=False)), _PLAIN_IN_ITEM)


def atom_shell(feed: Feed, extra: Mapping[str, str]) -> bytes:
    """Return an Atom feed without entries.

    Args:
        feed: Its entries are not looked at.
        extra: Prefix → namespace, for the fragments that come into it.
    """
    shell = _shell(feed)
    shell.link(href=to_uri(feed.link), rel="alternate", type="text/html", hreflang=feed.language)
    for attributes in markup.feed_links(feed, "atom"):
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
        root.append(root.makeelement(f"{{{markup.HISTORY_NS}}}archive"))
    return _html_texts(etree.tostring(root, encoding="UTF-8", xml_declaration=False))


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
        etree.SubElement(channel, "lastBuildDate").text = markup.rfc822(markup.moment(feed.updated))
        for attributes in markup.feed_links(feed, "rss"):
            etree.SubElement(channel, f"{{{markup.ATOM_NS}}}link", attributes)
        if markup.is_archive(feed):
            etree.SubElement(channel, f"{{{markup.HISTORY_NS}}}archive")

    _extend(shell, extra, complete, markup.is_archive(feed))
    root, _ = shell._create_rss()
    return _hexadecimal(etree.tostring(root, encoding="UTF-8", xml_declaration=False), _PLAIN_IN_CHANNEL)


def _shell(feed: Feed) -> Any:
    shell = FeedGenerator()
    shell.id(markup.uri(feed.id))
    shell.title(markup.one_line(feed.title))
    shell.updated(markup.moment(feed.updated))
    shell.language(feed.language)
    return shell


def _extend(shell: Any, namespaces: Mapping[str, str], complete: Callable[[Any], None], is_archive: bool) -> None:
    class Extension(BaseExtension):  # type: ignore[misc]  # feedgen has no types
        def extend_ns(self) -> Mapping[str, str]:
            return {**namespaces, "fh": markup.HISTORY_NS} if is_archive else namespaces

        def extend_atom(self, feed: Any) -> Any:
            return feed

        def extend_rss(self, feed: Any) -> Any:
            complete(feed)
            return feed

    shell.register_extension(_NAME, Extension, None)


def _person(author: Person) -> Iterable[tuple[str, str | None]]:
    yield "name", markup.one_line(author.name)
    yield "uri", to_uri(author.uri) if author.uri else None
    yield "email", author.email


def _category(category: Category) -> dict[str, str]:
    values = {
        "term": category.term,
        "scheme": markup.uri(category.scheme) if category.scheme else None,
        "label": markup.one_line(category.label) if category.label else None,
    }
    return {name: value for name, value in values.items() if value}


def _inner(element: Any) -> bytes:
    data: bytes = etree.tostring(element, encoding="UTF-8", xml_declaration=False)
    return data[data.index(b">") + 1 : data.rindex(b"<")]


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
