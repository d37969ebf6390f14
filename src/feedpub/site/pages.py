"""The pages of a site: plain HTML, so that every link of the feeds leads somewhere.

A page is made of small rows and of one entry at most, so that a build need not hold all articles at once.
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
from .documents import ARCHIVE
from .theme import Theme

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized

    from ..formats import FeedFormat
    from ..model import Article, Config, Feed
    from ..rendering.rendered_entry import RenderedEntry

# Stands in the page of an article where the way to its neighbours goes. No text can hold it: what is shown is escaped,
# and of bodies no comment is kept.
NEIGHBOURS: Final = b"<!--feedpub:neighbours-->"
# From a page to the published folder.
_LANDING, _LANGUAGE, _ARTICLE, _CATEGORY = "", "../", "../../", "../../../"
# Search engines show about half of it; link previews of messengers show more.
_DESCRIPTION_CHARACTERS = 300


class Row(Protocol):
    """Name an article in a list."""

    @property
    def title(self) -> str:
        """Plain text."""

    @property
    def link(self) -> str:
        """Where the article is."""

    @property
    def published(self) -> str:
        """ISO 8601; its date stands in the list."""

    @property
    def language(self) -> str:
        """Of the entry; another one than the page's if the original stands in for a translation."""


# A row as templates show it: title, link, day; its language, that language's direction, and its name for those who do
# not expect it, all three empty if it is the page's own.
_Item = tuple[str, str, str, str, str, str]


class _Items:
    """Make the items of a list when a template asks for them, so that not all of thousands are there at once."""

    def __init__(self, rows: Sized, make: Callable[[], Iterator[_Item]]) -> None:
        self._rows, self._make = rows, make

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[_Item]:
        return self._make()


class Pages:
    """Render the pages of one site.

    Args:
        config: Its settings.
        feeds: Language → Feed without entries, in the order of the site's languages.
        theme: The templates; ours, if not given.
    """

    def __init__(self, config: Config, feeds: Mapping[str, Feed], theme: Theme | None = None) -> None:
        self.config = config
        self.feeds = feeds
        self._theme = theme or Theme()
        # Articles that live elsewhere (`permalink`) are linked as they are. No address starts with a space.
        self._pages_at = " " if config.permalink else config.base_url
        self._shells: dict[tuple[str, str], dict[str, Any]] = {}

    def style(self) -> bytes:
        """Return the style sheet of the pages."""
        return self._theme.source("style.css")

    def feed_style(self) -> bytes:
        """Return the style sheet of feeds that are opened in a browser, with a hint in each language."""
        rules = []
        directions = {language: get_direction(language) for language in self.feeds}
        for language in self.feeds:
            hint = _style_string(get_words(language)["feed_hint"])
            rules.append(f":lang({language}):root::before {{ content: {hint}; }}\n")
            if "rtl" in directions.values():  # then an original may stand in a feed of the other direction
                rules.append(f":lang({language}) {{ direction: {directions[language]}; }}\n")
        return self._theme.source("feed.css") + "".join(rules).encode()

    def landing(self, newest: Mapping[str, Sequence[Row]]) -> bytes:
        """Return the page of all languages, in the default language; `newest` holds a few articles of each."""
        feed = self.feeds[self.config.default_language]
        cards = [
            {
                "feed": self._shown(other, _LANDING),
                "language": language,
                "direction": get_direction(language),
                "autonym": get_autonym(language),
                "words": _words(language),
                "page": f"{language}/index.html",
                "articles": self._items(newest.get(language, ()), language, _LANDING),
            }
            for language, other in self.feeds.items()
        ]
        return self._page(
            "landing.html",
            feed,
            _LANDING,
            title=isolate_bidi(feed.title),
            description=_description(feed.subtitle),
            canonical=self.config.base_url,
            alternates=self._homes(),
            cards=cards,
        )

    def language(
        self, language: str, rows: Sequence[Row], total: int, categories: Sequence[tuple[str, str]] = ()
    ) -> bytes:
        """Return the page of one language: its newest articles and its feeds.

        Args:
            language: One of the site's.
            rows: The newest articles, newest first.
            total: How many articles there are; if more than `rows`, the page leads to the archive.
            categories: The name and address of each category that has a page.
        """
        feed = self.feeds[language]
        return self._page(
            "language.html",
            feed,
            _LANGUAGE,
            title=isolate_bidi(feed.title),
            description=_description(feed.subtitle),
            canonical=feed.link,
            alternates=self._homes(),
            feed=self._shown(feed, _LANGUAGE),
            articles=self._items(rows, language, _LANGUAGE),
            total=total,
            categories=[(isolate_bidi(name), self._near(link, _LANGUAGE)) for name, link in categories],
        )

    def archive(self, language: str, years: Sequence[tuple[int, Sequence[Row]]]) -> bytes:
        """Return the list of all articles of a language, by year; years and articles newest first."""
        feed = self.feeds[language]
        lists = [(other, f"{home.link}{ARCHIVE}/") for other, home in self.feeds.items()]
        return self._page(
            "archive.html",
            feed,
            _ARTICLE,
            title=f"{_words(language).all_articles} · {isolate_bidi(feed.title)}",
            description=_description(feed.subtitle),
            canonical=f"{feed.link}{ARCHIVE}/",
            alternates=[*lists, ("x-default", dict(lists)[self.config.default_language])],
            switch=self._switch([(other, self._near(link, _ARTICLE)) for other, link in lists]),
            years=[(year, self._items(rows, language, _ARTICLE)) for year, rows in years],
            total=sum(len(rows) for _, rows in years),
        )

    def category(self, language: str, subject: Feed, rows: Sequence[Row]) -> bytes:
        """Return the page of one category of a language; `subject` is the category's own feed."""
        return self._page(
            "category.html",
            self.feeds[language],
            _CATEGORY,
            title=isolate_bidi(subject.title),
            description=_description(subject.subtitle),
            canonical=subject.link,
            alternates=(),
            own=self._list_discovery_links([subject], FORMATS),
            feed=self._shown(subject, _CATEGORY),
            articles=self._items(rows, language, _CATEGORY),
            total=len(rows),
            categories=(),
        )

    def article(self, article: Article, rendered: RenderedEntry, categories: Sequence[tuple[str, str]] = ()) -> bytes:
        """Return the page of an article in one language, with `NEIGHBOURS` where `neighbours` belongs.

        Args:
            article: Its other entries are the other languages.
            rendered: One of them.
            categories: The name and address of each category that has a page; the entry's own, unlinked, if not given.
        """
        entry = rendered.entry
        links = [(language, other.link) for language, other in article.entries.items()]
        ways = {link: self._way(link, _ARTICLE) for _, link in links}
        named = [(isolate_bidi(name), self._near(link, _ARTICLE)) for name, link in categories]
        feed = self.feeds[entry.language]
        return self._page(
            "article.html",
            feed,
            _ARTICLE,
            title=isolate_bidi(entry.title),
            description=_description(entry.summary),
            canonical=entry.link,
            alternates=[*links, ("x-default", article.entries[article.original].link)],
            switch=self._switch([(language, ways[link]) for language, link in links]),
            entry=entry,
            published=round_date(entry.published).isoformat(timespec="seconds"),
            updated=round_date(entry.updated).isoformat(timespec="seconds"),
            authors=[(isolate_bidi(author.name), author.uri) for author in entry.authors or feed.authors],
            content=_markup(render_for_page(rendered, ways)),
            categories=named or [(isolate_bidi(one.label or one.term), "") for one in entry.categories],
            neighbours=_markup(NEIGHBOURS.decode()),
        )

    def neighbours(self, language: str, previous: Row | Reference | None, next: Row | Reference | None) -> bytes:
        """Return what stands in for `NEIGHBOURS`: the way to the article before and the one after, if any."""
        if previous is None and next is None:
            return b""
        return self._theme.render(
            "neighbours.html",
            {
                "words": _words(language),
                "previous": self._neighbour(previous, language),
                "next": self._neighbour(next, language),
            },
        )

    def _neighbour(self, other: Row | Reference | None, language: str) -> _Item | None:
        if other is None:
            return None
        if isinstance(other, Reference):
            return (isolate_bidi(other.title), other.url or "", "", "", "", "")
        return next(iter(self._items([other], language, _ARTICLE)))

    def _items(self, rows: Sequence[Row], language: str, root: str) -> _Items:
        """Return rows as templates show them."""
        return _Items(rows, functools.partial(self._shown_rows, rows, language, root))

    def _shown_rows(self, rows: Iterable[Row], language: str, root: str) -> Iterator[_Item]:
        """Yield rows as templates show them; an archive has thousands, so the loop does little."""
        base = self._pages_at
        start = len(base)
        own = {language: ("", "", "")}
        for row in rows:
            tag, link, title = row.language, row.link, row.title
            if tag not in own:
                name = get_autonym(tag)
                own[tag] = (tag, get_direction(tag), name if name != get_autonym(language) else "")
            if link.startswith(base) and link.endswith("/"):  # as `_way` does, but faster
                link = f"{root}{link[start:]}index.html"
            shown = title if title.isprintable() else isolate_bidi(title)  # bidirectional controls are not printable
            yield (shown, link, row.published[:10], *own[tag])

    def _way(self, link: str, root: str) -> str:
        """Return the way to an article: on our pages one that needs no server, else its address."""
        return self._near(link, root) if link.startswith(self._pages_at) else link

    def _near(self, address: str, root: str) -> str:
        """Return the way to what stands in the published folder, the same wherever that is served, or opened."""
        base = self.config.base_url
        if not address.startswith(base):
            return address
        return f"{root}{address[len(base) :]}{'index.html' if address.endswith('/') else ''}"

    def _shown(self, feed: Feed, root: str) -> SimpleNamespace:
        """Return what templates show of a feed: text that cannot turn its surroundings; addresses and ways to them."""
        return SimpleNamespace(
            title=isolate_bidi(feed.title),
            subtitle=isolate_bidi(feed.subtitle),
            rights=isolate_bidi(feed.rights or ""),
            addresses=[
                (form.label, self._near(feed.addresses[form.name], root), feed.addresses[form.name])
                for form in FORMATS
                if form.name in feed.addresses
            ],
        )

    def _homes(self) -> list[tuple[str, str]]:
        homes = [(language, feed.link) for language, feed in self.feeds.items()]
        return [*homes, ("x-default", self.config.base_url)]

    def _switch(self, links: Sequence[tuple[str, str]]) -> list[tuple[str, str, str, str]]:
        """Return the way to other languages, by their own names; none if there is but one."""
        return [(tag, link, get_autonym(tag), get_direction(tag)) for tag, link in links if len(links) > 1]

    def _page(self, template: str, home: Feed, root: str, /, **values: Any) -> bytes:
        """Render a page in the language of `home`; `root` leads from the page to the published folder."""
        return self._theme.render(template, self._shell(home, root) | values)

    def _shell(self, feed: Feed, root: str) -> dict[str, Any]:
        """Return what is the same for all pages of a language and depth; made once."""
        known = self._shells.get((feed.language, root))
        if known is None:
            others = [other for other in self.feeds.values() if other.language != feed.language]
            known = self._shells[feed.language, root] = {
                "language": feed.language,
                "direction": get_direction(feed.language),
                "words": _words(feed.language),
                "home": self._shown(feed, root),
                "root": root,
                "icon": self.config.icon,
                "own": self._list_discovery_links([feed], FORMATS),
                "discovery": self._list_discovery_links(others, (PREFERRED,)),
                "locale": _locale(feed.language),
                "switch": self._switch([(language, f"{root}{language}/index.html") for language in self.feeds]),
            }
        return known

    def _list_discovery_links(self, feeds: Iterable[Feed], forms: Sequence[FeedFormat]) -> Any:
        """Return the autodiscovery links of feeds; the title names the language, which readers show when they ask."""
        links = [
            {
                "type": form.media_type,
                "title": get_words(feed.language)["feed_link"].format(
                    title=isolate_bidi(feed.title), language=get_autonym(feed.language), format=form.label
                ),
                "href": feed.addresses[form.name],
                "language": feed.language,
            }
            for feed in feeds
            for form in forms
            if form.name in feed.addresses
        ]
        return _markup(self._theme.render("discovery.html", {"links": links}).decode())


@functools.cache
def _words(language: str) -> SimpleNamespace:
    """Return the words of a language as attributes, which templates find faster than keys."""
    return SimpleNamespace(**get_words(language))


def _description(text: str) -> str:
    """Return a text as one line for search engines and link previews, cut between words if it is long."""
    line = isolate_bidi(" ".join(text.split()))
    if len(line) <= _DESCRIPTION_CHARACTERS:
        return line
    cut = line[:_DESCRIPTION_CHARACTERS]
    head, space, tail = cut.rpartition(" ")
    return (head if space and len(tail) < 40 else cut).rstrip(" ,;:-") + "…"  # Chinese has no spaces


@functools.cache
def _locale(tag: str) -> str:
    """Return a language as Open Graph names it, ``zh_CN``: with the country that its tag means most likely."""
    country = get_region(tag)
    return f"{tag.partition('-')[0]}_{country}" if country else ""


def _markup(html: str) -> Any:
    from markupsafe import Markup

    return Markup(html)  # noqa: S704  # ours, or sanitised


def _style_string(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'
