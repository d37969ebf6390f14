"""The pages of a site: plain HTML, so that every link of the feeds leads somewhere."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any

from ..content import note_language, render
from ..feeds import FEED_TYPES
from ..language import autonym, direction, isolate, words
from ..model import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    import jinja2

    from ..model import Article, Entry, Feed, Reference, Site

_FORMAT_NAMES = {"atom": "Atom", "rss": "RSS", "json": "JSON Feed"}


class Pages:
    """Render the pages of one site."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.templates = _environment()
        self.feeds = {language: site.feed(language) for language in site.config.languages}
        self.by_title = {
            entry.title: article for article in reversed(site.articles) for entry in article.entries.values()
        }

    def style(self) -> bytes:
        """Return the style sheet of the pages."""
        return _resource("style.css").encode()

    def feed_style(self) -> bytes:
        """Return the style sheet of feeds that are opened in a browser, with a hint in each language."""
        hints = [(language, _css_string(words(language)["feed_hint"])) for language in self.site.config.languages]
        return self._render("feed.css", hints=hints)

    def landing(self, feeds: Sequence[Feed]) -> bytes:
        """Return the page of all languages, in the default language."""
        return self._page("landing.html", feeds[0], "", feeds=feeds, canonical=self.site.config.base_url)

    def language(self, feed: Feed) -> bytes:
        """Return the page of one language: its articles and its feeds."""
        return self._page("language.html", feed, "../", feed=feed, canonical=feed.link)

    def category(self, subject: Feed, feed: Feed) -> bytes:
        """Return the page of one category of a language."""
        return self._page("language.html", feed, "../../../", feed=subject, canonical=subject.link)

    def article(self, article: Article, entry: Entry) -> bytes:
        """Return the page of an article in one language."""
        feed = self.feeds[entry.language]
        return self._page(
            "article.html",
            feed,
            "../../",
            entry=entry,
            content=render(entry),
            previous=self._neighbour(entry, entry.previous),
            next=self._neighbour(entry, entry.next),
            alternates=[(language, other.link) for language, other in article.entries.items()],
            default=article.entries[article.original].link,
            canonical=entry.link,
        )

    def _neighbour(self, entry: Entry, reference: Reference | None) -> tuple[str, str | None] | None:
        """Return a neighbour's title and page; in the entry's language, though translations inherit the original's."""
        if reference is None:
            return None
        article = self.by_title.get(reference.title)
        own = article.entries.get(entry.language) if article else None
        if own and not reference.url:
            return isolate(own.title), own.link
        return isolate(reference.title), reference.url

    def _page(self, template: str, home: Feed, root: str, **values: Any) -> bytes:
        """Render a page in the language of `home`; `root` leads from the page to the published folder."""
        languages = self.site.config.languages
        order = [home.language, *(language for language in languages if language != home.language)]
        return self._render(
            template,
            language=home.language,
            direction=direction(home.language),
            words=words(home.language),
            home=home,
            root=root,
            languages=languages,
            discovery=list(_discovery(self.feeds[language] for language in order)),
            **values,
        )

    def _render(self, template: str, **values: Any) -> bytes:
        return self.templates.get_template(template).render(values).encode()


def _discovery(feeds: Iterable[Feed]) -> Iterator[dict[str, str]]:
    """Yield the autodiscovery links of feeds; the title names the language, which readers show when they ask."""
    for feed in feeds:
        for form in FORMATS:
            title = words(feed.language)["feed_link"].format(
                title=feed.title, language=autonym(feed.language), format=_FORMAT_NAMES[form]
            )
            yield {
                "type": FEED_TYPES[form],
                "title": title,
                "href": feed.addresses[form],
                "language": feed.language,
                "name": _FORMAT_NAMES[form],
            }


def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("feedpub.site"),
        autoescape=jinja2.select_autoescape(["html"]),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters.update(
        autonym=autonym, direction=direction, isolate=isolate, words=words, day=_day, line=_line, note=_note
    )
    return environment


def _day(moment: datetime) -> str:
    """Write a date as ISO 8601, which all languages can read."""
    return moment.date().isoformat()


def _line(text: str) -> str:
    return " ".join(text.split())


def _note(entry: Entry, language: str) -> str | None:
    """Return the language of an entry that is shown among those of another language."""
    return autonym(entry.language) if note_language(entry, language) else None


def _css_string(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'


def _resource(name: str) -> str:
    return resources.files("feedpub.site").joinpath("templates", name).read_text(encoding="utf-8")
