"""A small site of pages for tests: three languages, one of them written from right to left."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import feedpub
from feedpub import Article, Category, Config, Enclosure, Entry, Feed, Person, Reference
from feedpub.rendering.rendered_entry import RenderedEntry
from feedpub.site.opml import to_category_opml, to_opml
from feedpub.site.pages import NEIGHBOURS_PLACEHOLDER, Pages
from feedpub.site.theme import Theme
from support.sample_feeds import BASE, TITLES, digest_en, digest_zh_hans, entry, feed, right_to_left

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SUBTITLES = {"en": "Articles, summed up", "zh-Hans": "文摘，附来源", "ar": "مقالات موجزة"}
HOMES = {
    tag: feed(tag, subtitle=SUBTITLES[tag], rights="CC BY 4.0", stylesheet="../feed.css")
    for tag in ("en", "zh-Hans", "ar")
}
CONFIG = Config(base_url=BASE, authority="example.org,2026", languages=tuple(HOMES), title=TITLES)
CATEGORY = feed(
    "en",
    title="The Digest: Travel",
    link=f"{BASE}en/category/travel/",
    addresses={"atom": f"{BASE}en/category/travel/atom.xml"},
)


def make_pages(folder: str = "", **settings: Any) -> Pages:
    """Make the pages of the sample site, with other settings perhaps."""
    return _make_pages(folder, **settings) if folder or settings else _make_plain_pages()


@functools.cache
def _make_plain_pages() -> Pages:
    return _make_pages("")


def _make_pages(folder: str, **settings: Any) -> Pages:
    config = replace(CONFIG, **settings)
    return Pages(config, {tag: HOMES[tag] for tag in config.languages}, Theme(folder))


def make_article(*entries: Entry, original: str = "en") -> Article:
    """Make an article of entries."""
    return Article(key="night-trains", entries={entry.language: entry for entry in entries}, original=original)


class ListedArticle(NamedTuple):
    """Name an article in a list."""

    title: str
    link: str
    published: str
    language: str


def list_articles(*entries: Entry) -> list[ListedArticle]:
    """Make the rows of entries."""
    return [ListedArticle(entry.title, entry.link, entry.published.isoformat(), entry.language) for entry in entries]


def group_by_year(articles: Sequence[ListedArticle]) -> list[tuple[int, list[ListedArticle]]]:
    """Part rows by the year in which they were published, the last first."""
    years = sorted({article.published[:4] for article in articles}, reverse=True)
    return [(int(year), [article for article in articles if article.published[:4] == year]) for year in years]


def make_trains() -> Article:
    """Make an article in three languages, with key points, references and a source."""
    english, chinese, arabic = digest_en().entries[0], digest_zh_hans().entries[0], right_to_left().entries[0]
    return make_article(
        replace(
            english,
            authors=(Person(name="Ann Author", uri="https://ann.example/"), Person(name="Bob & Co")),
            categories=(Category(term="travel", label="Travel"),),
        ),
        chinese,
        arabic,
    )


def make_torture() -> Article:
    """Make an article that would be wider than a phone: long words, a table, code, addresses, a long title."""
    columns = "".join(f"<td>Column number {number}</td>" for number in range(12))
    text = entry(
        "torture",
        title="Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft <now>",
        summary="x" * 200,
        body=f"<p>See {'y' * 150}</p><h2>A heading</h2><table><tr>{columns}</tr></table>"
        f"<pre><code>{'z' * 200}</code></pre><blockquote><p>https://works.example/{'path/' * 40}</p></blockquote>",
        references=(Reference(title="W" * 120, publishers=("P" * 80,), url=f"https://works.example/{'a' * 200}"),),
        via=f"https://video.example/{'v' * 150}",
        enclosures=(Enclosure(url=f"https://media.example/{'m' * 100}.mp3", type="audio/mpeg", length=3),),
        categories=(Category(term="C" * 90),),
        rights="© Ann",
    )
    return Article(key="torture", entries={"en": text}, original="en")


def write_pages(public: Path) -> None:
    """Write the sample site: pages, style sheets and feeds."""
    pages = make_pages()
    articles = (make_trains(), make_torture())
    lists: dict[str, list[Entry]] = {
        tag: [article.entries[tag] for article in articles if tag in article.entries] for tag in pages.feeds
    }

    def put(name: str, data: bytes) -> None:
        path = public / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    put("style.css", pages.read_style())
    put("feed.css", pages.make_feed_style())
    put("index.html", pages.render_landing({tag: list_articles(*entries) for tag, entries in lists.items()}))
    feeds = tuple(pages.feeds.values())
    put("feeds.opml", to_opml(pages.config, feeds))
    put("feeds-categories.opml", to_category_opml(pages.config, feeds, {"en": [CATEGORY]}))
    for tag, entries in lists.items():
        put(
            f"{tag}/index.html", pages.render_language(tag, list_articles(*entries[:1]), 2, [("Travel", CATEGORY.link)])
        )
        put(
            f"{tag}/archive/index.html",
            pages.render_archive(tag, group_by_year(list_articles(*entries, *_make_older(tag)))),
        )
        _put_feeds(put, replace(pages.feeds[tag], entries=tuple(entries)))
    put("en/category/travel/atom.xml", feedpub.to_atom(CATEGORY))
    put("en/category/travel/index.html", pages.render_category("en", CATEGORY, list_articles(*lists["en"])))
    for article in articles:
        for tag, text_entry in article.entries.items():
            before = Reference(title="Ferries") if tag == "en" else None
            after = next(iter(list_articles(*(other for other in lists[tag] if other != text_entry))), None)
            page = pages.render_article(article, RenderedEntry(text_entry)).replace(
                NEIGHBOURS_PLACEHOLDER, pages.render_neighbours(tag, before, after)
            )
            put(f"{tag}/{article.key}/index.html", page)


def _make_older(tag: str) -> Sequence[Entry]:
    """Make entries of other years; they have the page of the article."""
    base = make_trains().entries[tag]
    return [replace(base, published=base.published.replace(year=year)) for year in (2025, 2025, 2019)]


def _put_feeds(put: Any, full: Feed) -> None:
    put(f"{full.language}/atom.xml", feedpub.to_atom(full))
    put(f"{full.language}/rss.xml", feedpub.to_rss(full))
    put(f"{full.language}/feed.json", feedpub.to_json(full))
