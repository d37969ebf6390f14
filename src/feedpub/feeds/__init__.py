"""Feed → bytes: Atom (RFC 4287), RSS 2.0 and JSON Feed 1.1.

`formats.FORMATS` says which formats there are; each is written by a module here that is a `Writer`, such as `atom`.
"""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING, Protocol, cast

from ..formats import ATOM, JSON, RSS
from ..model.extensions import collect_namespaces
from ..rendering.renderer import Renderer
from .markup import fragments

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..formats import FeedFormat
    from ..model import Feed
    from ..rendering.renderer import RenderedEntry

__all__ = ["Writer", "to_atom", "to_json", "to_rss", "write_document", "write_entry", "write_feed"]


class Writer(Protocol):
    """What the module of a format has."""

    def write_entry(self, rendered: RenderedEntry, feed: Feed) -> tuple[bytes, ...]:
        """Return an entry as it stands in a document, in pieces; in one, if something goes between entries.

        Of the feed, only authors, language and `reference_links` may show in it: all feeds that have these in common
        share what is written.
        """

    def write_document(self, feed: Feed, entries: Iterable[bytes], namespaces: Mapping[str, str]) -> bytes:
        """Return a document with the entries that `write_entry` wrote; those of the feed itself are not looked at.

        `namespaces` are those of all `Extension` values in it, by prefix: the root of an XML document declares them.
        """


@functools.cache
def _import_writer(module: str) -> Writer:
    return cast("Writer", importlib.import_module(module, __name__))


def write_entry(rendered: RenderedEntry, feed: Feed, form: FeedFormat) -> tuple[bytes, ...]:
    """Write one entry, as it stands in a document of that feed, in pieces; `write_document` makes documents of them."""
    return _import_writer(form.module).write_entry(rendered, feed)


def write_document(
    feed: Feed, entries: Iterable[bytes], form: FeedFormat, namespaces: Mapping[str, str] | None = None
) -> bytes:
    """Make a document of entries that are written, in their order; the feed's own entries are not looked at.

    Args:
        feed: All but its entries.
        entries: As `write_entry` wrote them.
        form: The format that they are written in.
        namespaces: Prefix → namespace of their extensions.
    """
    return _import_writer(form.module).write_document(feed, entries, collect_namespaces(feed.extensions, namespaces))


def write_feed(feed: Feed, form: FeedFormat, renderer: Renderer | None = None) -> bytes:
    """Write a feed in any format, UTF-8.

    Args:
        feed: With the entries to write.
        form: One of `feed_formats`; it also tells the media type and the usual file name.
        renderer: Give the same one to write several formats or feeds of the same entries: each is rendered once.

    Raises:
        FieldError: An entry has no author, nor has the feed, and the format needs one (Atom: RFC 4287, section 4.2.1).
    """
    written = fragments(feed, form.name, _import_writer(form.module).write_entry, renderer or Renderer())
    return write_document(
        feed, written, form, collect_namespaces(one for entry in feed.entries for one in entry.extensions)
    )


def to_atom(feed: Feed, renderer: Renderer | None = None) -> bytes:
    """Write a feed as an Atom document (RFC 4287), UTF-8.

    Every entry has one `alternate` link, its own page; translations and references are `related`, the source `via`.

    Raises:
        FieldError: An entry has no author, nor has the feed (RFC 4287, section 4.2.1).
    """
    return write_feed(feed, ATOM, renderer)


def to_rss(feed: Feed, renderer: Renderer | None = None) -> bytes:
    """Write a feed as an RSS 2.0 document, UTF-8.

    The summary is the `description`, the whole content `content:encoded`; without summary the content is the
    `description`, since an item should have one. Authors are `dc:creator` (RSS's own `author` needs an e-mail
    address), and what RSS has no words for (references, source, translations) is `atom:link`.
    """
    return write_feed(feed, RSS, renderer)


def to_json(feed: Feed, renderer: Renderer | None = None) -> bytes:
    """Write a feed as a JSON Feed 1.1 document, UTF-8; references and translations stand in ``_feedpub``."""
    return write_feed(feed, JSON, renderer)
