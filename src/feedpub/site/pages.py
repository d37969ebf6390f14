"""The pages of a site: plain HTML, so that every link of the feeds leads somewhere.

A page is made of short list items and at most one entry, so that a build need not have all articles in memory at once.
"""

from __future__ import annotations

import functools
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, Protocol

from ..feeds.xml_text import round_date
from ..formats import FORMATS, PREFERRED
from ..language import get_autonym, get_direction, get_region, get_words, isolate_bidi
from ..model import Reference
from ..rendering.content import render_for_page
from .documents import ARCHIVE_FOLDER
from .theme import OLD_VALUE_NAMES, Theme

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized

    from ..formats import FeedFormat
    from ..model import Article, Config, Feed
    from ..rendering.rendered_entry import RenderedEntry

# Stands in the page of an article where the links to its neighbours go. No text can contain it: what is shown is
# escaped, and comments in bodies are removed.
NEIGHBOURS_PLACEHOLDER: Final = b"<!--feedpub:neighbours-->"
# The relative paths from the pages to the published folder.
_FROM_LANDING, _FROM_LANGUAGE, _FROM_ARTICLE, _FROM_CATEGORY = "", "../", "../../", "../../../"
# Search engines show about half of it; link previews of messengers show more.
_DESCRIPTION_CHARACTERS = 300


class ListedArticle(Protocol):
    """The values of an article that lists show."""

    @property
    def title(self) -> str:
        """Plain text."""

    @property
    def link(self) -> str:
        """The address of the article."""

    @property
    def published(self) -> str:
        """ISO 8601; lists show the date."""

    @property
    def language(self) -> str:
        """The language of the entry, which may be another one than that of the page."""


# An article in a list, as templates take it: title, link, date, language, direction of the language, and the name of
# the language if readers do not expect it. The last three are empty if the entry is in the language of the page.
_ListItem = tuple[str, str, str, str, str, str]


class _ListItems:
    """The items of a list, made while a template iterates over them, so that thousands are not in memory at once."""

    def __init__(self, articles: Sized, make_items: Callable[[], Iterator[_ListItem]]) -> None:
        self._articles, self._make_items = articles, make_items

    def __len__(self) -> int:
        return len(self._articles)

    def __iter__(self) -> Iterator[_ListItem]:
        return self._make_items()


class Pages:
    """Renders the pages of one site.

    Args:
        config: The settings of the site.
        feeds: Language → Feed without entries, in the order of the site's languages.
        theme: The templates; by default, feedpub's own.
    """

    def __init__(self, config: Config, feeds: Mapping[str, Feed], theme: Theme | None = None) -> None:
        self.config = config
        self.feeds = feeds
        self._theme = theme or Theme()
        self._shared_values: dict[tuple[str, str], dict[str, Any]] = {}

    def read_style(self) -> bytes:
        """Return the style sheet of the pages."""
        return self._theme.read_source("style.css")

    def make_feed_style(self) -> bytes:
        """Return the style sheet of feeds that are opened in a browser, with a hint in each language."""
        rules = []
        directions = {language: get_direction(language) for language in self.feeds}
        for language in self.feeds:
            hint = _quote_for_css(get_words(language)["feed_hint"])
            rules.append(f":lang({language}):root::before {{ content: {hint}; }}\n")
            if "rtl" in directions.values():  # a feed may contain a fallback of the other direction
                rules.append(f":lang({language}) {{ direction: {directions[language]}; }}\n")
        return self._theme.read_source("feed.css") + "".join(rules).encode()

    def render_landing(self, newest: Mapping[str, Sequence[ListedArticle]]) -> bytes:
        """Return the page of all languages, in the default language; `newest` has a few articles of each language."""
        home = self.feeds[self.config.default_language]
        cards = [
            {
                "feed": self._describe_feed(feed, _FROM_LANDING),
                "language": language,
                "direction": get_direction(language),
                "autonym": get_autonym(language),
                "words": _get_words(language),
                "page": f"{language}/index.html",
                "articles": self._list_items(newest.get(language, ()), language, _FROM_LANDING),
            }
            for language, feed in self.feeds.items()
        ]
        return self._render_page(
            "landing.html",
            home,
            _FROM_LANDING,
            title=isolate_bidi(home.title),
            description=_make_description(home.subtitle),
            canonical=self.config.base_url,
            alternates=self._list_language_homes(),
            cards=cards,
        )

    def render_language(
        self, language: str, articles: Sequence[ListedArticle], total: int, categories: Sequence[tuple[str, str]] = ()
    ) -> bytes:
        """Return the page of one language: its newest articles and its feeds.

        Args:
            language: One of the site's languages.
            articles: The newest articles, newest first.
            total: How many articles there are; if more than `articles`, the page links to the archive.
            categories: The label and the address of each category that has a page.
        """
        feed = self.feeds[language]
        return self._render_page(
            "language.html",
            feed,
            _FROM_LANGUAGE,
            title=isolate_bidi(feed.title),
            description=_make_description(feed.subtitle),
            canonical=feed.link,
            alternates=self._list_language_homes(),
            feed=self._describe_feed(feed, _FROM_LANGUAGE),
            articles=self._list_items(articles, language, _FROM_LANGUAGE),
            total=total,
            categories=[(isolate_bidi(label), self._make_relative(link, _FROM_LANGUAGE)) for label, link in categories],
        )

    def render_archive(self, language: str, years: Sequence[tuple[int, Sequence[ListedArticle]]]) -> bytes:
        """Return the list of all articles of a language, by year; years and articles newest first."""
        feed = self.feeds[language]
        archives = [(other, f"{other_feed.link}{ARCHIVE_FOLDER}/") for other, other_feed in self.feeds.items()]
        return self._render_page(
            "archive.html",
            feed,
            _FROM_ARTICLE,
            title=f"{_get_words(language).all_articles} · {isolate_bidi(feed.title)}",
            description=_make_description(feed.subtitle),
            canonical=f"{feed.link}{ARCHIVE_FOLDER}/",
            alternates=[*archives, ("x-default", dict(archives)[self.config.default_language])],
            switch=_list_languages([(other, self._make_relative(link, _FROM_ARTICLE)) for other, link in archives]),
            years=[(year, self._list_items(articles, language, _FROM_ARTICLE)) for year, articles in years],
            total=sum(len(articles) for _, articles in years),
        )

    def render_category(self, language: str, category_feed: Feed, articles: Sequence[ListedArticle]) -> bytes:
        """Return the page of one category of a language: all of its articles, newest first."""
        return self._render_page(
            "category.html",
            self.feeds[language],
            _FROM_CATEGORY,
            title=isolate_bidi(category_feed.title),
            description=_make_description(category_feed.subtitle),
            canonical=category_feed.link,
            alternates=(),
            feed_links=self._list_feed_links([category_feed], FORMATS),
            feed=self._describe_feed(category_feed, _FROM_CATEGORY),
            articles=self._list_items(articles, language, _FROM_CATEGORY),
            total=len(articles),
            categories=(),
        )

    def render_article(
        self, article: Article, rendered: RenderedEntry, categories: Sequence[tuple[str, str]] = ()
    ) -> bytes:
        """Return the page of an article in one language, with `NEIGHBOURS_PLACEHOLDER` for `render_neighbours`.

        Args:
            article: Its other entries are the other languages.
            rendered: One of its entries.
            categories: The label and the address of each category that has a page; if not given, the categories of the
                entry are shown without links.
        """
        entry = rendered.entry
        links = [(language, translation.link) for language, translation in article.entries.items()]
        hrefs = {link: self._make_article_href(link, _FROM_ARTICLE) for _, link in links}
        linked = [(isolate_bidi(label), self._make_relative(link, _FROM_ARTICLE)) for label, link in categories]
        feed = self.feeds[entry.language]
        return self._render_page(
            "article.html",
            feed,
            _FROM_ARTICLE,
            title=isolate_bidi(entry.title),
            description=_make_description(entry.summary),
            canonical=entry.link,
            alternates=[*links, ("x-default", article.entries[article.original].link)],
            switch=_list_languages([(language, hrefs[link]) for language, link in links]),
            entry=entry,
            published=round_date(entry.published).isoformat(timespec="seconds"),
            updated=round_date(entry.updated).isoformat(timespec="seconds"),
            authors=[(isolate_bidi(author.name), author.uri) for author in entry.authors or feed.authors],
            content=_mark_safe(render_for_page(rendered, hrefs)),
            categories=linked or [(isolate_bidi(category.label or category.term), "") for category in entry.categories],
            neighbours=_mark_safe(NEIGHBOURS_PLACEHOLDER.decode()),
        )

    def render_neighbours(
        self, language: str, previous: ListedArticle | Reference | None, next: ListedArticle | Reference | None
    ) -> bytes:
        """Return the replacement for `NEIGHBOURS_PLACEHOLDER`: links to the previous and next article, if any."""
        if previous is None and next is None:
            return b""
        return self._theme.render_template(
            "neighbours.html",
            {
                "words": _get_words(language),
                "previous": self._make_neighbour_item(previous, language),
                "next": self._make_neighbour_item(next, language),
            },
        )

    def _make_neighbour_item(self, neighbour: ListedArticle | Reference | None, language: str) -> _ListItem | None:
        if neighbour is None:
            return None
        if isinstance(neighbour, Reference):
            return (isolate_bidi(neighbour.title), neighbour.url or "", "", "", "", "")
        return next(iter(self._list_items([neighbour], language, _FROM_ARTICLE)))

    def _list_items(self, articles: Sequence[ListedArticle], language: str, root: str) -> _ListItems:
        return _ListItems(articles, functools.partial(self._make_items, articles, language, root))

    def _make_items(self, articles: Iterable[ListedArticle], language: str, root: str) -> Iterator[_ListItem]:
        """Yield list items; an archive has thousands."""
        language_columns = {language: ("", "", "")}
        for article in articles:
            tag = article.language
            if tag not in language_columns:
                name = get_autonym(tag)
                language_columns[tag] = (tag, get_direction(tag), name if name != get_autonym(language) else "")
            link = self._make_article_href(article.link, root)
            yield (isolate_bidi(article.title), link, article.published[:10], *language_columns[tag])

    def _make_article_href(self, link: str, root: str) -> str:
        """Return the link to an article: relative, so that it needs no server, if its page is on this site."""
        return link if self.config.permalink else self._make_relative(link, root)

    def _make_relative(self, address: str, root: str) -> str:
        """Return a relative link to a file of the published folder, which works wherever that is served or opened."""
        base = self.config.base_url
        if not address.startswith(base):
            return address
        return f"{root}{address[len(base) :]}{'index.html' if address.endswith('/') else ''}"

    def _describe_feed(self, feed: Feed, root: str) -> SimpleNamespace:
        """Return the values of a feed for templates; its texts cannot change the direction of the text around them."""
        return SimpleNamespace(
            title=isolate_bidi(feed.title),
            subtitle=isolate_bidi(feed.subtitle),
            rights=isolate_bidi(feed.rights or ""),
            addresses=[
                (feed_format.label, self._make_relative(address, root), address)
                for feed_format in FORMATS
                if (address := feed.addresses.get(feed_format.name)) is not None
            ],
        )

    def _list_language_homes(self) -> list[tuple[str, str]]:
        homes = [(language, feed.link) for language, feed in self.feeds.items()]
        return [*homes, ("x-default", self.config.base_url)]

    def _render_page(self, template: str, feed: Feed, root: str, /, **values: Any) -> bytes:
        """Render a page in the language of `feed`; `root` is the relative path from it to the published folder."""
        all_values = self._get_shared_values(feed, root) | values
        old_values = {old: all_values[new] for old, new in OLD_VALUE_NAMES.items()}
        return self._theme.render_template(template, all_values | old_values)

    def _get_shared_values(self, feed: Feed, root: str) -> dict[str, Any]:
        """Return the values that are the same for all pages of a language and depth."""
        values = self._shared_values.get((feed.language, root))
        if values is None:
            other_feeds = [other for other in self.feeds.values() if other.language != feed.language]
            values = self._shared_values[feed.language, root] = {
                "language": feed.language,
                "direction": get_direction(feed.language),
                "words": _get_words(feed.language),
                "home": self._describe_feed(feed, root),
                "root": root,
                "icon": self.config.icon,
                "feed_links": self._list_feed_links([feed], FORMATS),
                "other_feed_links": self._list_feed_links(other_feeds, (PREFERRED,)),
                "locale": _make_locale(feed.language),
                "switch": _list_languages([(language, f"{root}{language}/index.html") for language in self.feeds]),
            }
        return values

    def _list_feed_links(self, feeds: Iterable[Feed], formats: Sequence[FeedFormat]) -> Any:
        """Return the autodiscovery links of feeds, as HTML; titles name the language, as readers let people choose."""
        links = [
            {
                "type": feed_format.media_type,
                "title": get_words(feed.language)["feed_link"].format(
                    title=isolate_bidi(feed.title), language=get_autonym(feed.language), format=feed_format.label
                ),
                "href": feed.addresses[feed_format.name],
                "language": feed.language,
            }
            for feed in feeds
            for feed_format in formats
            if feed_format.name in feed.addresses
        ]
        return _mark_safe(self._theme.render_template("discovery.html", {"links": links}).decode())


def _list_languages(links: Sequence[tuple[str, str]]) -> list[tuple[str, str, str, str]]:
    """Return the links to other languages, by their own names; none if there is only one."""
    return [(tag, link, get_autonym(tag), get_direction(tag)) for tag, link in links if len(links) > 1]


@functools.cache
def _get_words(language: str) -> SimpleNamespace:
    """Return the words of a language as attributes, which templates find faster than keys."""
    return SimpleNamespace(**get_words(language))


def _make_description(text: str) -> str:
    """Return a text as one line for search engines and link previews, cut between words if it is long."""
    line = isolate_bidi(" ".join(text.split()))
    if len(line) <= _DESCRIPTION_CHARACTERS:
        return line
    cut = line[:_DESCRIPTION_CHARACTERS]
    head, space, tail = cut.rpartition(" ")
    return (head if space and len(tail) < 40 else cut).rstrip(" ,;:-") + "…"  # Chinese has no spaces


@functools.cache
def _make_locale(tag: str) -> str:
    """Return a language as Open Graph names it, ``zh_CN``: with the most likely country of its tag."""
    country = get_region(tag)
    return f"{tag.partition('-')[0]}_{country}" if country else ""


def _mark_safe(html: str) -> Any:
    from markupsafe import Markup

    return Markup(html)  # noqa: S704  # feedpub's own, or sanitised


def _quote_for_css(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'
