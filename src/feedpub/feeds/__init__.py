"""Write a feed as bytes: Atom (RFC 4287), RSS 2.0 and JSON Feed 1.1.

Start reading with `write_feed` here and with `atom`. Each format in the table `formats.FORMATS` is written by one
module that is a `FormatModule`. They share `entry_parts`, `feed_links`, `xml_text`, `extensions` and `feedgen_writer`.
"""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING, Protocol, cast

from ..formats import ATOM, JSON, RSS
from ..model import Feed
from ..model.extensions import collect_namespaces
from ..rendering.content import find_note_language
from ..rendering.renderer import Renderer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..formats import FeedFormat
    from ..rendering.rendered_entry import RenderedEntry

__all__ = ["FormatModule", "to_atom", "to_json", "to_rss", "write_document", "write_entry", "write_feed"]


class FormatModule(Protocol):
    """The functions of a module that writes a format."""

    def write_entry(self, rendered: RenderedEntry, feed: Feed) -> tuple[bytes, ...]:
        """Write one entry as it is in a document, in pieces that are joined.

        Return a single piece if the format needs a separator between entries. The result may depend only on the entry
        and on the authors, the language and the `reference_links` of the feed: all feeds that have these in common
        share it.
        """

    def write_document(self, feed: Feed, entries: Iterable[bytes], namespaces: Mapping[str, str]) -> bytes:
        """Write a document with entries that `write_entry` has written; `feed.entries` is not used.

        `namespaces` are those of all `Extension` values in the document, by prefix. The root of an XML document has to
        declare them.
        """


@functools.cache
def _import_module(name: str) -> FormatModule:
    return cast("FormatModule", importlib.import_module(name, __name__))


def write_entry(rendered: RenderedEntry, feed: Feed, feed_format: FeedFormat) -> tuple[bytes, ...]:
    """Write one entry as it is in a document of a feed, in pieces; `write_document` joins entries to a document."""
    return _import_module(feed_format.module).write_entry(rendered, feed)


def write_document(
    feed: Feed, entries: Iterable[bytes], feed_format: FeedFormat, namespaces: Mapping[str, str] | None = None
) -> bytes:
    """Write a document of entries that are already written.

    Args:
        feed: The feed; its entries are not used.
        entries: The entries in their order, as `write_entry` wrote them.
        feed_format: The format of the entries.
        namespaces: Prefix → namespace of the extensions of the entries.
    """
    declared = collect_namespaces(feed.extensions, namespaces)
    return _import_module(feed_format.module).write_document(feed, entries, declared)


def write_feed(feed: Feed, feed_format: FeedFormat, renderer: Renderer | None = None) -> bytes:
    """Write a feed in any format.

    Args:
        feed: The feed with its entries.
        feed_format: One of `feed_formats`. It also has the media type and the usual file name.
        renderer: A cache of rendered entries. Pass the same one to write several formats or feeds of the same entries.

    Returns:
        The document in UTF-8.

    Raises:
        FieldError: Neither an entry nor the feed has an author, and the format requires one (Atom: RFC 4287, section
            4.2.1); or the HTML of an entry is too large (see `render`).
        TypeError: `feed` is not a Feed.
    """
    if not isinstance(feed, Feed):
        raise TypeError(f"expected a Feed, not {type(feed).__name__}; site.feed(language) returns one")
    extensions = (extension for entry in feed.entries for extension in entry.extensions)
    entries = _write_entries(feed, feed_format, renderer or Renderer())
    return write_document(feed, entries, feed_format, collect_namespaces(extensions))


def _write_entries(feed: Feed, feed_format: FeedFormat, renderer: Renderer) -> list[bytes]:
    """Write the entries of a feed in pieces, each entry once for all feeds that show it in the same way."""
    pieces: list[bytes] = []
    for entry in feed.entries:
        rendered = renderer.render(entry)
        authors = () if entry.authors else feed.authors
        key = (feed_format.name, feed.reference_links, authors, find_note_language(entry, feed.language))
        pieces += rendered.get_cached(key, functools.partial(write_entry, rendered, feed, feed_format))
    return pieces


def to_atom(feed: Feed, renderer: Renderer | None = None) -> bytes:
    """Write a feed as an Atom document (RFC 4287).

    Every entry has one ``alternate`` link, its own page. Translations and references are ``related`` links, the source
    is the ``via`` link.

    Args:
        feed: The feed with its entries.
        renderer: A cache of rendered entries; see `write_feed`.

    Returns:
        The document in UTF-8.

    Raises:
        FieldError: Neither an entry nor the feed has an author (RFC 4287, section 4.2.1), or the HTML of an entry is
            too large (see `render`).
    """
    return write_feed(feed, ATOM, renderer)


def to_rss(feed: Feed, renderer: Renderer | None = None) -> bytes:
    """Write a feed as an RSS 2.0 document.

    The summary is the ``description`` and the content is ``content:encoded``. Without a summary, the content is the
    ``description``, since every item should have one. Authors are ``dc:creator``, because RSS's own ``author`` requires
    an e-mail address. References, source and translations, for which RSS has no elements, are ``atom:link``.

    Args:
        feed: The feed with its entries.
        renderer: A cache of rendered entries; see `write_feed`.

    Returns:
        The document in UTF-8.

    Raises:
        FieldError: The HTML of an entry is too large (see `render`).
    """
    return write_feed(feed, RSS, renderer)


def to_json(feed: Feed, renderer: Renderer | None = None) -> bytes:
    """Write a feed as a JSON Feed 1.1 document.

    References, translations and neighbours of an entry are in the extension object ``_feedpub``.

    Args:
        feed: The feed with its entries.
        renderer: A cache of rendered entries; see `write_feed`.

    Returns:
        The document in UTF-8.

    Raises:
        FieldError: The HTML of an entry is too large (see `render`).
    """
    return write_feed(feed, JSON, renderer)
