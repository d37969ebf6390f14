"""Write Atom and RSS with feedgen. Only this module knows feedgen, and works around its faults.

A document is an empty feed, written by feedgen's FeedGenerator, with one fragment per entry. feedgen's FeedEntry writes
a template of a fragment once; the texts of a common entry are put into it. feedgen is imported on first use, since a
build in which nothing has changed does not need it (45 ms). Faults of feedgen 1.0.0 and what is done about them:

* Entry links lose `rel`, `type`, `hreflang` and `title`, because a lint fix shadowed the loop variable
  (lkiesow/python-feedgen issue 135): Atom entries get no links from feedgen; ours are inserted as text.
* `content` is written before `summary`, and must not be empty in Atom: a placeholder is written and removed again.
* The `link` of the channel is the last link with any relation: RSS gets one link only, the others from an extension.
* `lastBuildDate` and `pubDate` call `setlocale` for the whole process, which is not thread-safe: we write both.
* `updated` and `lastBuildDate` default to the current time: they are always set, or removed.
* Authors without e-mail are missing in RSS: we write `dc:creator`. In Atom, `email` precedes `uri`, which is harmless.
* `description()` writes Atom content, and `summary()` sets the description in RSS: each format has its own FeedEntry.
"""

from __future__ import annotations

import functools
import re
from datetime import UTC, datetime
from html import escape, unescape
from typing import TYPE_CHECKING, Any

from ..formats import ATOM, RSS
from ..iri import encode_iri, to_uri
from .feed_links import is_archive_document, iterate_feed_links
from .xml_text import (
    ATOM_NS,
    HISTORY_NS,
    clean_line,
    format_rfc822_date,
    looks_like_html,
    round_date,
    use_hexadecimal_references,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ..model import Category, Enclosure, Entry, Feed, Person
    from ..model.extensions import Extension
    from .entry_parts import EntryParts

_PLACEHOLDER = b'<content src="-"/>'
_NAME = "feedpub"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def write_atom_entry(entry: Entry, parts: EntryParts) -> str:
    """Write the elements of an Atom entry that feedgen knows, without the tags of the entry and without `published`."""
    summary = entry.summary if entry.summary.strip() else ""
    if _NEEDS_FEEDGEN.search(f"{parts.id}{parts.title}") or "\r" in summary or looks_like_html(summary):
        text = _write_atom_with_feedgen(parts.id, parts.title, round_date(entry.updated), summary)
    else:
        text = _make_atom_template(has_summary=bool(summary)) % {
            "id": parts.id,
            "title": parts.title,
            "updated": parts.updated,
            "text": _escape_text(summary),
        }
    if not (entry.categories or entry.rights):
        return text
    rights = _write_atom_element(None, entry.rights) if entry.rights else ""
    return f"{text}{''.join(map(_write_atom_element, entry.categories))}{rights}"


def write_rss_item(entry: Entry, parts: EntryParts, description: str) -> str:
    """Write the elements of an RSS item that feedgen knows, without the tags of the item.

    Args:
        entry: The entry; the caller writes its link, dates, authors and content.
        parts: Its parts.
        description: HTML of the description; empty for none.
    """
    title = parts.title if entry.has_title or not description else ""  # RSS requires one of the two
    if not title or _NEEDS_FEEDGEN.search(f"{parts.id}{title}") or "\r" in description:
        text = _write_rss_with_feedgen(parts.id, title, description)
    else:
        text = _make_rss_template(has_description=bool(description)) % {
            "id": parts.id,
            "title": title,
            "text": _escape_text(description),
        }
    if not (entry.categories or entry.enclosures):
        return text
    enclosure = (
        _write_rss_element(None, entry.enclosures[0]) if entry.enclosures else ""
    )  # only one (best-practices profile)
    return f"{text}{''.join(map(_write_rss_element, entry.categories))}{enclosure}"


# Characters that feedgen escapes, or that make a text HTML. For entries without them the template is used.
_NEEDS_FEEDGEN = re.compile(r"[&<>\r]")
_SOME_DATE = datetime(2000, 1, 1, tzinfo=UTC)


@functools.cache
def _make_atom_template(*, has_summary: bool) -> str:
    template = _write_atom_with_feedgen("%(id)s", "%(title)s", _SOME_DATE, "%(text)s" if has_summary else "")
    return template.replace(_SOME_DATE.isoformat(), "%(updated)s")


@functools.cache
def _make_rss_template(*, has_description: bool) -> str:
    return _write_rss_with_feedgen("%(id)s", "%(title)s", "%(text)s" if has_description else "")


def _escape_text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@functools.lru_cache(maxsize=1024)
def _write_atom_element(category: Category | None, rights: str | None = None) -> str:
    """Write one element that follows the summary. It is cached, since many entries have the same."""
    categories = (category,) if category else ()
    return _write_atom_with_feedgen("-", "-", _SOME_DATE, "", categories, rights).removeprefix(
        _write_atom_with_feedgen("-", "-", _SOME_DATE, "")
    )


@functools.lru_cache(maxsize=1024)
def _write_rss_element(category: Category | None, enclosure: Enclosure | None = None) -> str:
    categories, enclosures = (category,) if category else (), (enclosure,) if enclosure else ()
    return _write_rss_with_feedgen("-", "-", "", categories, enclosures).removeprefix(
        _write_rss_with_feedgen("-", "-", "")
    )


def _write_atom_with_feedgen(
    entry_id: str,
    title: str,
    updated: datetime,
    summary: str,
    categories: tuple[Category, ...] = (),
    rights: str | None = None,
) -> str:
    from feedgen.entry import FeedEntry

    feed_entry = FeedEntry()
    feed_entry.id(entry_id)
    feed_entry.title(title)
    feed_entry.updated(updated)
    feed_entry.content(src="-")
    if looks_like_html(summary):
        feed_entry.summary(escape(summary, quote=False), type="html")
    elif summary:
        feed_entry.summary(summary)
    if rights:
        feed_entry.rights(rights)
    for category in categories:
        feed_entry.category(_make_category(category))
    data = _serialise_children(feed_entry.atom_entry(extensions=False)).replace(_PLACEHOLDER, b"", 1)
    return _mark_html_texts(data).decode()


def _write_rss_with_feedgen(
    entry_id: str,
    title: str,
    description: str,
    categories: tuple[Category, ...] = (),
    enclosures: tuple[Enclosure, ...] = (),
) -> str:
    from feedgen.entry import FeedEntry

    feed_entry = FeedEntry()
    feed_entry.id(entry_id)
    if title:
        feed_entry.title(title)
    if description:
        feed_entry.description(description)
    for category in categories:
        feed_entry.category(_make_category(category))
    for enclosure in enclosures:
        feed_entry.enclosure(to_uri(enclosure.url), str(enclosure.length), enclosure.type)
    return _use_hexadecimal_references(
        _serialise_children(feed_entry.rss_entry(extensions=False)), _PLAIN_TEXTS_OF_ITEM
    ).decode()


def write_empty_atom_feed(feed: Feed, namespaces: Mapping[str, str]) -> bytes:
    """Write an Atom feed without its entries.

    Args:
        feed: The feed; its entries are not used.
        namespaces: Prefix → namespace, for its extensions and for the fragments that are inserted later.
    """
    generator = _make_generator(feed)
    generator.link(href=to_uri(feed.link), rel="alternate", type="text/html", hreflang=feed.language)
    for attributes in iterate_feed_links(feed, ATOM):
        generator.link(**attributes)
    for author in feed.authors:
        generator.author({name: value for name, value in _iterate_person_fields(author) if value})
    if feed.rights:
        generator.rights(feed.rights)
    if feed.subtitle:
        generator.subtitle(feed.subtitle)
    if feed.icon:
        generator.icon(to_uri(feed.icon))
    generator.generator(_NAME)
    _register_extension(generator, namespaces, lambda root: None, is_archive_document(feed))
    root, _ = generator._create_atom()
    if is_archive_document(feed):
        _append_element(root, f"{{{HISTORY_NS}}}archive")
    _append_extensions(root, feed.extensions)
    return _mark_html_texts(_serialise_element(root))


def write_empty_rss_channel(feed: Feed, namespaces: Mapping[str, str]) -> bytes:
    """Write an RSS channel without its items; for the arguments see `write_empty_atom_feed`."""
    generator = _make_generator(feed)
    generator.link(href=to_uri(feed.link))
    generator.description(feed.subtitle or feed.title)
    generator.copyright(feed.rights)
    generator.generator(_NAME)
    generator.docs("https://www.rssboard.org/rss-specification")
    if feed.icon:
        generator.image(url=to_uri(feed.icon), title=clean_line(feed.title), link=to_uri(feed.link))
    # feedgen has no public way to avoid setlocale, or to leave out this date.
    generator._FeedGenerator__rss_lastBuildDate = None

    def complete_channel(root: Any) -> None:
        root.set(_XML_LANG, feed.language)  # for browsers and their CSS, as `language` is for feed readers
        channel = root[0]
        _append_element(channel, "lastBuildDate").text = format_rfc822_date(round_date(feed.updated))
        for attributes in iterate_feed_links(feed, RSS):
            _append_element(channel, f"{{{ATOM_NS}}}link", attributes)
        if is_archive_document(feed):
            _append_element(channel, f"{{{HISTORY_NS}}}archive")
        _append_extensions(channel, feed.extensions)

    _register_extension(generator, namespaces, complete_channel, is_archive_document(feed))
    root, _ = generator._create_rss()
    return _use_hexadecimal_references(_serialise_element(root), _PLAIN_TEXTS_OF_CHANNEL)


def _make_generator(feed: Feed) -> Any:
    from feedgen.feed import FeedGenerator

    generator = FeedGenerator()
    generator.id(encode_iri(feed.id))
    generator.title(clean_line(feed.title))
    generator.updated(round_date(feed.updated))
    generator.language(feed.language)
    return generator


def _register_extension(
    generator: Any, namespaces: Mapping[str, str], complete_root: Callable[[Any], None], is_archive: bool
) -> None:
    from feedgen.ext.base import BaseExtension

    class Extension(BaseExtension):  # type: ignore[misc]  # feedgen has no types
        def extend_ns(self) -> Mapping[str, str]:
            return {**namespaces, "fh": HISTORY_NS} if is_archive else namespaces

        def extend_atom(self, feed: Any) -> Any:
            return feed

        def extend_rss(self, feed: Any) -> Any:
            complete_root(feed)
            return feed

    generator.register_extension(_NAME, Extension, None)


def _append_element(parent: Any, name: str, attributes: Mapping[str, str] | None = None) -> Any:
    element = parent.makeelement(name, attributes)
    parent.append(element)
    return element


def _append_extensions(parent: Any, extensions: Iterable[Extension]) -> None:
    for extension in extensions:
        element = _append_element(parent, f"{{{extension.namespace}}}{extension.name}", extension.attributes)
        element.text = extension.text or None
        _append_extensions(element, extension.children)


def _iterate_person_fields(author: Person) -> Iterable[tuple[str, str | None]]:
    yield "name", clean_line(author.name)
    yield "uri", to_uri(author.uri) if author.uri else None
    yield "email", author.email


def _make_category(category: Category) -> dict[str, str]:
    values = {
        "term": category.term,
        "scheme": encode_iri(category.scheme) if category.scheme else None,
        "label": clean_line(category.label) if category.label else None,
    }
    return {name: value for name, value in values.items() if value}


def _serialise_children(element: Any) -> bytes:
    data = _serialise_element(element)
    return data[data.index(b">") + 1 : data.rindex(b"<")]


def _serialise_element(element: Any) -> bytes:
    from lxml import etree

    data: bytes = etree.tostring(element, encoding="UTF-8", xml_declaration=False)
    return data


def _use_hexadecimal_references(data: bytes, plain_texts: re.Pattern[bytes]) -> bytes:
    """Apply `xml_text.use_hexadecimal_references` to the plain texts of RSS."""
    return plain_texts.sub(lambda match: use_hexadecimal_references(match.group().decode()).encode(), data)


_PLAIN_TEXTS_OF_CHANNEL = re.compile(rb'<(?:title|description|copyright)>[^<]*&[^<]*| title="[^"]*&[^"]*"')
_PLAIN_TEXTS_OF_ITEM = re.compile(rb"<(?:title|category)\b[^>]*>[^<]*&[^<]*")


def _mark_html_texts(data: bytes) -> bytes:
    """Escape titles, subtitles and rights that look like HTML once more, and give them `type="html"`.

    With `type="text"` validators warn about them, and some readers remove what they take for tags.
    """
    return _ESCAPED_TEXTS.sub(_mark_html_text, data)


_ESCAPED_TEXTS = re.compile(rb"<(title|subtitle|rights)>([^<]*&(?:lt|amp);[^<]*)</")


def _mark_html_text(match: re.Match[bytes]) -> bytes:
    name, value = match[1], match[2]
    if not looks_like_html(unescape(value.decode())):
        return match.group()
    return b'<%s type="html">%s</' % (name, value.replace(b"&", b"&amp;"))
