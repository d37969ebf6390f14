"""The outbound links of a site: each address that its feeds publish, and where it was written (its mentions)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..iri import parse_url
from ..model import Mention
from ..rendering.addresses import find_addresses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model import Site


def find_outbound_links(site: Site) -> dict[str, tuple[Mention, ...]]:
    """Return the http(s) addresses that a site's feeds publish, and where each was written.

    The site's own pages and its WebSub hub are left out: they are not outbound links.

    Raises:
        FieldError: An entry made in memory cannot be rendered; see `render`.
    """
    base = _without_scheme(site.config.base_url)
    settings = dict(_list_settings_links(site))
    pages = {_without_scheme(entry.link) for article in site.articles for entry in article.entries.values()}
    mentions_of: dict[str, dict[tuple[str, int, int], Mention]] = {}
    for url, mention in (*settings.items(), *_list_article_links(site)):
        address = _without_scheme(url)
        is_in_settings = mention.line == 0 and mention.entry and url in settings
        if address and address not in pages and not is_in_settings and not f"{address}/".startswith(base):
            # A value that a translation takes from its original has the same mention, and is listed once.
            mentions_of.setdefault(url, {}).setdefault((mention.path, mention.line, mention.column), mention)
    pairs = [(url, tuple(sorted(mentions.values(), key=_find_sort_key))) for url, mentions in mentions_of.items()]
    return dict(sorted(pairs, key=lambda pair: _find_sort_key(pair[1][0])))


def _list_settings_links(site: Site) -> Iterator[tuple[str, Mention]]:
    mention = Mention(path=os.path.join(site.folder, "feedpub.toml") if site.folder else "")
    author = site.config.author
    for url in (author.uri if author else None, site.config.icon):
        if url:
            yield url, mention


def _list_article_links(site: Site) -> Iterator[tuple[str, Mention]]:
    for article in site.articles:
        mentions_of = article.find_mentions()
        for language, entry in article.entries.items():
            unknown_line = (Mention(path=article.paths.get(language, ""), entry=entry.id),)
            for url in dict.fromkeys(find_addresses(entry)):
                mentions = [mention for mention in mentions_of.get(url, ()) if mention.entry == entry.id]
                for mention in mentions or unknown_line:
                    yield url, mention


def _without_scheme(url: str) -> str:
    """Return an http(s) address without its scheme, as browsers write it; empty for other addresses."""
    parsed = parse_url(url)
    return parsed.href.partition("://")[2] if parsed and parsed.protocol in ("http:", "https:") else ""


def _find_sort_key(mention: Mention) -> tuple[str, int, int, str]:
    return mention.path, mention.line, mention.column, mention.entry
