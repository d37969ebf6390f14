"""Articles, and the site that holds them."""

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
    """Hold an article: one Entry per language.

    Args:
        key: Its name in file names and addresses.
        entries: Language → Entry, in the order of the site's languages.
        original: The language that it was written in.
        fallback: What languages that it lacks show: as in `Config`; None leaves it to the site.
        paths: Language → the file that it was read from; empty for articles made in memory.
        find_mentions: Reads these files again and returns address → its mentions in them; empty for articles in memory.
    """

    key: str
    entries: Mapping[str, Entry]
    original: str
    fallback: Literal["omit", "original"] | None = None
    paths: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    find_mentions: Callable[[], Mapping[str, tuple[Mention, ...]]] = field(default=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        check = FieldChecker(self, self.key)
        check.text("key", self.key)
        if not is_usable_key(self.key):
            check.fail("key", "cannot stand in file names and addresses, or is a name that the published folder needs")
        if len(self.key.encode()) > LONGEST_KEY_BYTES:
            check.fail("key", f"is longer than {LONGEST_KEY_BYTES} bytes")

    @property
    def published(self) -> datetime:
        """When it was first published, in any language."""
        return min(entry.published for entry in self.entries.values())

    def without_scheduled(self, until: datetime) -> Article | None:
        """Return the article as it is to be shown at a moment; None if it is not to be shown at all.

        A translation that is published later is left out, and no other language links to it, as if its file were not
        there yet. An article whose original is published later is left out with all its translations, as with drafts.
        """
        if self.entries[self.original].published > until:
            return None
        held = {language for language, entry in self.entries.items() if entry.published > until}
        if not held:
            return self
        entries = {
            language: replace(
                entry, translations=tuple(other for other in entry.translations if other.language not in held)
            )
            for language, entry in self.entries.items()
            if language not in held
        }
        return replace(self, entries=MappingProxyType(entries))


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Hold a site: its settings and its articles.

    Args:
        config: Its settings.
        articles: Newest first.
        folder: Where it was read from, as the caller named it; empty for sites made in memory.
        problems: What was found while reading, notes and warnings; with `keep_going` also errors.
    """

    config: Config
    articles: tuple[Article, ...] = ()
    folder: str = ""
    problems: tuple[Problem, ...] = ()

    def without_scheduled(self, until: datetime) -> Site:
        """Return the site as it is to be shown at a moment: without what is published later.

        `load` reads all articles and `feed` shows all of them; `build` does this by itself.
        """
        articles = (article.without_scheduled(until) for article in self.articles)
        return replace(self, articles=tuple(article for article in articles if article))

    def entries(self, language: str) -> tuple[Entry, ...]:
        """Return the entries that a language shows, newest first; with ``fallback = "original"`` also originals."""
        shown = []
        for article in self.articles:
            entry = article.entries.get(language)
            if entry is None and (article.fallback or self.config.fallback) == "original":
                entry = article.entries[article.original]
            if entry is not None:
                shown.append(entry)
        return tuple(sorted(shown, key=lambda entry: (entry.published, entry.id), reverse=True))

    def feed(self, language: str) -> Feed:
        """Return the feed of one of the site's languages, newest entry first, without entries that are in no feed.

        Raises:
            KeyError: The site has no such language.
        """
        if language not in self.config.languages:
            raise KeyError(f"{language} is not one of the site's languages ({', '.join(self.config.languages)})")
        siblings = tuple(self._feed(other) for other in self.config.languages if other != language)
        entries = tuple(entry for entry in self.entries(language) if entry.is_in_feeds)
        return self._feed(language, entries, siblings)

    def _feed(self, language: str, entries: tuple[Entry, ...] = (), siblings: tuple[Feed, ...] = ()) -> Feed:
        config = self.config
        home = f"{config.base_url}{language}/"
        return Feed(
            id=f"tag:{config.authority}:{language}",
            language=language,
            title=config.title.get(language) or config.title.get(config.default_language) or config.base_url,
            link=home,
            entries=entries,
            subtitle=config.subtitle.get(language, ""),
            addresses={form.name: home + form.file_name for form in FORMATS},
            siblings=siblings,
            authors=(config.author,) if config.author else (),
            rights=config.rights,
            hub=config.hub,
            icon=config.icon,
            stylesheet="../feed.css",
            reference_links=config.reference_links,
        )
