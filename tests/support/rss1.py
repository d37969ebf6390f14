"""Feed → RSS 1.0 (https://web.resource.org/rss/1.0/spec), as anybody would add it; its row is in `rss1_row`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from feedpub.feeds.entry_parts import get_entry_parts
from feedpub.feeds.extensions import write_extensions
from feedpub.feeds.feed_links import iterate_feed_links
from feedpub.feeds.xml_text import escape_text, quote_attribute, quote_url, round_date
from support.rss1_row import ROW

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from feedpub import Feed
    from feedpub.rendering.rendered_entry import RenderedEntry

_NAMESPACES: Final = {
    "xmlns": "http://purl.org/rss/1.0/",
    "xmlns:rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xmlns:admin": "http://webns.net/mvcb/",
    "xmlns:atom": "http://www.w3.org/2005/Atom",
    "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
    "xmlns:dc": "http://purl.org/dc/elements/1.1/",
}
_ABOUT: Final = re.compile(rb'<item rdf:about=("[^"]*")')


def write_entry(rendered: RenderedEntry, feed: Feed) -> tuple[bytes, ...]:
    entry, parts = rendered.entry, get_entry_parts(rendered, feed)
    creators = "".join(
        f"<dc:creator>{escape_text(author.name)}</dc:creator>" for author in entry.authors or feed.authors
    )
    head = (
        f"<item rdf:about={quote_attribute(parts.link)}><title>{escape_text(parts.title)}</title>"
        f"<link>{escape_text(parts.link)}</link>"
        f"{creators}<dc:date>{parts.published}</dc:date><dc:language>{entry.language}</dc:language>"
        f"{write_extensions(entry.extensions)}<content:encoded>"
    )
    return head.encode(), parts.content, b"</content:encoded></item>\n"


def write_document(feed: Feed, entries: Iterable[bytes], namespaces: Mapping[str, str]) -> bytes:
    items = b"".join(entries)
    declared = _NAMESPACES | {f"xmlns:{prefix}": namespace for prefix, namespace in namespaces.items()}
    names = "".join(f" {name}={quote_attribute(namespace)}" for name, namespace in declared.items())
    links = ""
    for values in iterate_feed_links(feed, ROW):
        links += f"<atom:link {' '.join(f'{name}={quote_attribute(value)}' for name, value in values.items())}/>"
    order = "".join(f"<rdf:li rdf:resource={about.decode()}/>" for about in _ABOUT.findall(items))
    head = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF{names}>\n'
        f"<channel rdf:about={quote_url(feed.addresses[ROW.name])}><title>{escape_text(feed.title)}</title>"
        f"<link>{escape_text(feed.link)}</link><description>{escape_text(feed.subtitle or feed.title)}</description>"
        f"<dc:date>{round_date(feed.updated).isoformat()}</dc:date>{ROW.generator_mark.decode()}{links}"
        f"<items><rdf:Seq>{order}</rdf:Seq></items></channel>\n"
    )
    return head.encode() + items + b"</rdf:RDF>\n"
