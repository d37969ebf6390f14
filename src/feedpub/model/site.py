"""Articles, and the site that they belong to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from ..formats import FORMATS
from .checks import LONGEST_KEY_BYTES, FieldChecker, is_usable_key
from .feed import Feed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from ..errors import Problem
    from .entry import Entry
    from .settings import Config
    from .values import Mention


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An article: one Entry per language.

    Args:
        key: Name of the article in file names and addresses.
        entries: Language → Entry, in the order of the languages of the site.
        original: The language that the article was written in.
        fallback: What the feeds of languages without a translation show, as in `Config`; None for the setting of the
            site.
        paths: Language → the file that the entry was read from; empty for articles made in memory.
        find_mentions: Reads these files again and returns address → its mentions in them; returns nothing for articles
            made in memory.

    Raises:
        FieldError: The key cannot be the name of a folder, or is reserved.
    """

    key: str
    entries: Mapping[str, Entry]
    original: str
    fallback: Literal["omit", "original"] | None = None
    paths: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    find_mentions: Callable[[], Mapping[str, tuple[Mention, ...]]] = field(default=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        checker = FieldChecker(self, self.key)
        checker.check_text("key", self.key)
        if not is_usable_key(self.key):
            checker.reject(
                "key", "cannot be used in file names and addresses, or is reserved for files of the published folder"
            )
        if len(self.key.encode()) > LONGEST_KEY_BYTES:
            checker.reject("key", f"is longer than {LONGEST_KEY_BYTES} bytes")

    @property
    def published(self) -> datetime:
        """When the article was first published, in any language."""
        return min(entry.published for entry in self.entries.values())

    def without_scheduled(self, until: datetime) -> Article | None:
        """Return the article without scheduled entries; None if no entry is left.

        A translation that is published later is left out as if its file did not exist yet: no other language links to
        it. If the original is published later, the whole article is left out, as with drafts.

        Args:
            until: Entries that are published after this moment are scheduled; aware.
        """
        if self.entries[self.original].published > until:
            return None
        scheduled = {language for language, entry in self.entries.items() if entry.published > until}
        if not scheduled:
            return self
        entries = {
            language: replace(
                entry, translations=tuple(other for other in entry.translations if other.language not in scheduled)
            )
            for language, entry in self.entries.items()
            if language not in scheduled
        }
        return replace(self, entries=MappingProxyType(entries))


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site: its settings and its articles.

    Args:
        config: The settings.
        articles: The articles, newest first.
        folder: The folder that the site was read from, as the caller named it; empty for sites made in memory.
        problems: Notes and warnings about the files that were read; with ``keep_going`` also errors.
    """

    config: Config
    articles: tuple[Article, ...] = ()
    folder: str = ""
    problems: tuple[Problem, ...] = ()

    def without_scheduled(self, until: datetime) -> Site:
        """Return the site without scheduled entries; see `Article.without_scheduled`.

        `load` reads all articles and `feed` shows all of them; only `build` leaves out scheduled entries by itself.

        Args:
            until: Entries that are published after this moment are scheduled; aware.
        """
        articles = (article.without_scheduled(until) for article in self.articles)
        return replace(self, articles=tuple(article for article in articles if article))

    def entries(self, language: str) -> tuple[Entry, ...]:
        """Return the entries that the pages and feeds of a language show, newest first.

        With ``fallback = "original"``, articles without a translation are shown in their original language.

        Args:
            language: One of the languages of the site.
        """
        entries = []
        for article in self.articles:
            entry = article.entries.get(language)
            if entry is None and (article.fallback or self.config.fallback) == "original":
                entry = article.entries[article.original]
            if entry is not None:
                entries.append(entry)
        return tuple(sorted(entries, key=lambda entry: (entry.published, entry.id), reverse=True))

    def feed(self, language: str) -> Feed:
        """Return the feed of a language, newest entry first, without entries that have `is_in_feeds` False.

        Args:
            language: One of the languages of the site.

        Raises:
            KeyError: The site does not have this language.
        """
        if language not in self.config.languages:
            raise KeyError(f"{language} is not one of the site's languages ({', '.join(self.config.languages)})")
        siblings = tuple(self._make_feed(other) for other in self.config.languages if other != language)
        entries = tuple(entry for entry in self.entries(language) if entry.is_in_feeds)
        return self._make_feed(language, entries, siblings)

    def _make_feed(self, language: str, entries: tuple[Entry, ...] = (), siblings: tuple[Feed, ...] = ()) -> Feed:
        config = self.config
        front_page = f"{config.base_url}{language}/"
        return Feed(
            id=f"tag:{config.authority}:{language}",
            language=language,
            title=config.title.get(language) or config.title.get(config.default_language) or config.base_url,
            link=front_page,
            entries=entries,
            subtitle=config.subtitle.get(language, ""),
            addresses={feed_format.name: front_page + feed_format.file_name for feed_format in FORMATS},
            siblings=siblings,
            authors=(config.author,) if config.author else (),
            rights=config.rights,
            hub=config.hub,
            icon=config.icon,
            stylesheet="../feed.css",
            reference_links=config.reference_links,
        )
