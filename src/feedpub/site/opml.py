"""Lists of feeds as OPML 2.0 (https://opml.org/spec2.opml), to subscribe to all of them at once."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from ..feeds.xml_text import quote_attribute
from ..formats import PREFERRED
from ..language import get_autonym, isolate_bidi
from .marks import OPML_MARK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..model import Config, Feed


def to_opml(config: Config, feeds: Sequence[Feed]) -> bytes:
    """Return the list of a site's feeds, each named once.

    The list is flat: readers create a folder for each group, and a folder with a single feed is a nuisance.

    Args:
        config: Has the title and the owner.
        feeds: One per language.
    """
    return _write_document(config, feeds, [f"    {_make_outline(feed)}" for feed in feeds])


def to_category_opml(config: Config, feeds: Sequence[Feed], categories: Mapping[str, Sequence[Feed]]) -> bytes:
    """Return the list of the feeds of categories, grouped by language.

    It leaves out the feeds of languages: anyone who subscribes to both kinds gets each article several times.

    Args:
        config: Has the title and the owner.
        feeds: One per language.
        categories: Language → the feeds of its categories.
    """
    outlines: list[str] = []
    for language_feed in feeds:
        if category_feeds := categories.get(language_feed.language):
            outlines.append(f"    <outline text={quote_attribute(get_autonym(language_feed.language))}>")
            outlines += [f"      {_make_outline(feed)}" for feed in category_feeds]
            outlines.append("    </outline>")
    return _write_document(config, feeds, outlines)


def _write_document(config: Config, feeds: Sequence[Feed], outlines: Sequence[str]) -> bytes:
    """Return an OPML document.

    It has no dates, which would depend on the clock. It has no `docs` element and no titles of groups: OPML 2.0 allows
    them, but the W3C validator does not.
    """
    head, body = "\n".join(_list_head_lines(config, feeds)), "\n".join(outlines)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{OPML_MARK.decode()}\n<opml version="2.0">\n'
        f"  <head>\n{head}\n  </head>\n  <body>\n{body}\n  </body>\n</opml>\n"
    ).encode()


def _list_head_lines(config: Config, feeds: Sequence[Feed]) -> Iterator[str]:
    title = feeds[0].title if feeds else config.title.get(config.default_language) or config.base_url
    yield f"    <title>{escape(isolate_bidi(title), quote=False)}</title>"
    if config.author:
        yield f"    <ownerName>{escape(isolate_bidi(config.author.name), quote=False)}</ownerName>"
        if config.author.email:
            yield f"    <ownerEmail>{escape(config.author.email, quote=False)}</ownerEmail>"
        if config.author.uri:
            yield f"    <ownerId>{escape(config.author.uri, quote=False)}</ownerId>"


def _make_outline(feed: Feed) -> str:
    values = {
        "type": "rss",  # OPML's word for any feed
        "text": isolate_bidi(feed.title),
        "title": isolate_bidi(feed.title),
        "description": isolate_bidi(feed.subtitle),
        "language": feed.language,
        "htmlUrl": feed.link,
        "xmlUrl": feed.addresses[PREFERRED.name],
    }
    return f"<outline {' '.join(f'{name}={quote_attribute(value)}' for name, value in values.items() if value)}/>"
