"""Feeds → OPML 2.0 (https://opml.org/spec2.opml), to subscribe to all of them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..model import Config, Feed


def to_opml(config: Config, feeds: Sequence[Feed]) -> bytes:
    """Write a list of feeds, one per language; by the Atom address, lest a reader subscribes to everything twice."""
    title = config.title.get(config.default_language) or config.base_url
    outlines = "\n".join(f"    <outline {_attributes(feed)}/>" for feed in feeds)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n'
        f"  <head>\n    <title>{escape(title)}</title>\n  </head>\n"
        f"  <body>\n{outlines}\n  </body>\n</opml>\n"
    ).encode()


def _attributes(feed: Feed) -> str:
    values = {
        "type": "rss",  # OPML's word for any feed
        "text": feed.title,
        "title": feed.title,
        "description": feed.subtitle,
        "language": feed.language,
        "htmlUrl": feed.link,
        "xmlUrl": feed.addresses["atom"],
    }
    return " ".join(f"{name}={quoteattr(value)}" for name, value in values.items() if value)
