"""What changed in an entries folder → entries in the manifest, their fragments in the spool."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ..entries.folder import Reader, article_key
from ..entries.ids import automatic_id
from ..entries.scanning import parts_of
from ..feeds import write_entry
from ..formats import FORMATS
from ..model.checks import is_legal_xml
from ..model.extensions import collect_namespaces
from ..rendering.renderer import Renderer
from ..site.documents import category_link, named_categories
from ..site.entry_index import DIGEST_BYTES, LISTING_BYTES
from .manifest import Recorded, to_microseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from ..entries.folder import Reading
    from ..errors import Problem
    from ..model import Article, Config, Entry, Feed
    from ..site.pages import Pages
    from .changes import Changes
    from .fragments import Pieces, Spool
    from .manifest import Manifest

# File systems count time in ticks: a file that changed this short a time ago may change again without a trace.
_TICK_NS: Final = 100_000_000
# No file is in this state: what was read of it is read again by the next build.
_READ_AGAIN: Final = (-1, -2)
# Recorded at once; it costs less than one by one.
_FILES_AT_ONCE: Final = 500
# Articles that were read; after more of them most fragments are set aside.
_FEW: Final = 1000


class Unsettled(Exception):  # noqa: N818  # a signal within builds
    """Entries changed while they were read; what was recorded still stands, and a new look at the folder helps."""


class Intake:
    """Read articles, and hold what reading them found."""

    def __init__(
        self,
        config: Config,
        feeds: Mapping[str, Feed],
        pages: Pages,
        manifest: Manifest,
        spool: Spool,
        until: datetime,
        progress: Callable[[str, int, int], object],
    ) -> None:
        self.config, self.feeds, self.pages = config, feeds, pages
        self.manifest, self.spool, self.progress = manifest, spool, progress
        self._renderer = Renderer()
        self._until = until
        self.has_pages = config.pages and not config.permalink
        # Only the newest articles are shown anywhere: of others lists need what front matter says.
        self._glances = not (self.has_pages or config.archives or config.categories)
        self._problems: dict[str, Sequence[Problem]] = {}
        self._read_articles = 0
        self._reader: Reader | None = None
        self._folder = ""
        self.has_new_keys = False

    @property
    def problems(self) -> list[Problem]:
        """Errors and warnings of the articles that were read, by file."""
        found = [problem for problems in self._problems.values() for problem in problems]
        return sorted(found, key=lambda problem: (problem.path, problem.line, problem.column, problem.code))

    def take_folder(self, folder: str, changes: Changes) -> None:
        """Read the articles of an entries folder whose files changed, and those that have come due."""
        self._folder = folder
        if changes.gone:
            self.manifest.forget_files(changes.gone)
        if not changes:
            return
        keys = _keys(changes)
        touched = list(dict.fromkeys([*(keys[name] for name in changes.changed), *changes.gone.values(), *changes.due]))
        self._reader = Reader(folder, self.config, keys)
        self._read(touched, changes, whole=not self._glances)
        while self._glances and (unread := self._unread()):
            self._read(unread, changes, whole=True)

    def _unread(self) -> list[str]:
        """Return articles that feeds show, not read whole yet; one that turns out to have an error makes room."""
        shown = [self.manifest.unread(language, self.config.limit) for language in self.config.languages]
        return sorted(set().union(*shown))

    def _read(self, keys: Collection[str], changes: Changes, *, whole: bool) -> None:
        assert self._reader
        files: list[tuple[str, str, int, int]] = []
        for done, reading in enumerate(self._reader.read(keys, glance=not whole)):
            self.progress("read", done, len(keys))
            self._take(reading, changes, files, whole=whole)
        self.manifest.add_files(files)

    def release(self) -> None:
        """Forget the names of files, if hardly any article will be read again: what follows needs the memory."""
        if self._read_articles > _FEW:
            self._reader = None

    def take_articles(self, articles: Sequence[Article]) -> None:
        """Take articles that are in memory, in place of all that was recorded.

        Raises:
            FieldError: A prefix of their extensions stands for two namespaces: some feed would hold both.
        """
        entries = (entry for article in articles for entry in article.entries.values())
        collect_namespaces(one for entry in entries for one in entry.extensions)
        for key in self.manifest.keys() - {article.key for article in articles}:
            self.manifest.replace_article(key, ())
        for done, article in enumerate(articles):
            self.progress("read", done, len(articles))
            live = article.without_scheduled(self._until)
            self._record_article(article.key, live, b"", _held_back(article, live), whole=True)

    def render(self, keys: Collection[str], *, with_pages: bool) -> None:
        """Read articles that did not change, since documents that they stand in did; set their fragments aside.

        Raises:
            Unsettled: One of them did change, this very moment.
        """
        if not keys:
            return
        if self._reader is None:
            files = dict(sorted((name, key) for name, key, _, _ in self.manifest.files()))
            self._reader = Reader(self._folder, self.config, files)
        for done, reading in enumerate(self._reader.read(keys)):
            self.progress("read", done, len(keys))
            known = [entry for entry in self.manifest.article(reading.key) if entry.shown]
            article = reading.article and reading.article.without_scheduled(self._until)
            if not article or not known or known[0].digest != _digest_of(reading, article):
                raise Unsettled(reading.key)
            shown = self._shown(article)
            rendered = self._fragments(article, shown, with_pages=with_pages)
            for recorded, entry, parts in zip(known, shown.values(), rendered, strict=True):
                self.spool.add(recorded.number, parts, collect_namespaces(entry.extensions))

    def _take(self, reading: Reading, changes: Changes, files: list[tuple[str, str, int, int]], *, whole: bool) -> None:
        serious = [problem for problem in reading.problems if problem.severity != "note"] if reading.problems else ()
        if serious or reading.key in self._problems:  # a key that comes twice was not complete the first time
            self._problems[reading.key] = serious
        self._read_articles += 1
        article = reading.article and reading.article.without_scheduled(self._until)
        digest = _digest_of(reading, article)
        self._record_article(reading.key, article, digest, _held_back(reading.article, article), whole=whole)
        settled = time.time_ns() - _TICK_NS
        if len(files) > _FILES_AT_ONCE:
            self.manifest.add_files(files)
            files.clear()
        for name in reading.files:
            self.has_new_keys = self.has_new_keys or changes.keys.get(name) != reading.key
            state = parts_of(changes.states[name])
            if serious or state[0] >= settled:  # problems are told again until they are mended
                state = _READ_AGAIN
            files.append((name, reading.key, *state))

    def _record_article(
        self, key: str, article: Article | None, digest: bytes, held_back: Sequence[Entry], *, whole: bool
    ) -> None:
        """Put an article's entries into the manifest, if they are not there as they are, and set them aside.

        Args:
            key: The article's name.
            article: What is shown of it.
            digest: Of what it was read from; empty for an article that is in memory.
            held_back: Its entries that are scheduled: nothing is rendered of them.
            whole: Whether more than its front matter was read.
        """
        if not key.isprintable() and not is_legal_xml(key):
            return  # an error told it; nothing of that name can be recorded
        shown = self._shown(article) if article else {}
        parts = self._fragments(article, shown, with_pages=self.has_pages) if article and whole else []
        if not digest:
            rendered = b"".join(piece for each in parts for pieces in each for piece in pieces)
            namespaces = [collect_namespaces(entry.extensions) for entry in shown.values() if entry.extensions]
            rendered += repr(namespaces).encode() if namespaces else b""  # they stand at the top of documents
            digest = hashlib.blake2b(rendered, digest_size=DIGEST_BYTES).digest()
        rows = [_row(key, language, entry, digest, self.config, whole=whole) for language, entry in shown.items()]
        rows += [_scheduled_row(key, entry, digest, self.config) for entry in held_back]
        known = self.manifest.article(key)
        numbers = [entry.number for entry in known]
        if [entry[1:] for entry in known] != rows:
            numbers = self.manifest.replace_article(key, rows)
        for number, entry, each in zip(numbers[: len(shown)], shown.values(), parts, strict=whole):
            self.spool.add(number, each, collect_namespaces(entry.extensions))

    def _shown(self, article: Article) -> dict[str, Entry]:
        """Return the languages that show an article, and what they show."""
        falls_back = (article.fallback or self.config.fallback) == "original"
        shown = {}
        for language in self.config.languages:
            entry = article.entries.get(language) or (article.entries[article.original] if falls_back else None)
            if entry:
                shown[language] = entry
        return shown

    def _fragments(self, article: Article, shown: Mapping[str, Entry], *, with_pages: bool) -> list[list[Pieces]]:
        """Render what the languages show, in the order of `spool.PARTS`."""
        fragments = []
        for language, entry in shown.items():
            feed, rendered = self.feeds[language], self._renderer.render(entry)
            parts = [write_entry(rendered, feed, form) for form in FORMATS]
            own = with_pages and entry.language == language
            parts.append((self.pages.article(article, rendered, self._categories(entry)),) if own else ())
            fragments.append(parts)
        self._renderer.clear()
        return fragments

    def _categories(self, entry: Entry) -> list[tuple[str, str]]:
        """Return name and address of an entry's categories that have pages of their own."""
        if not self.config.categories:
            return []
        home = self.feeds[entry.language].link
        return [(label, category_link(home, name)) for name, label in named_categories(entry.categories).items()]


def _keys(changes: Changes) -> dict[str, str]:
    """Return the article of each file, by what is known of the file, or its name."""
    same: dict[str, str] = {}  # the languages of an article have one key, held once
    keys = {}
    for name in changes.states:
        key = changes.keys.get(name) or article_key(name)
        keys[name] = same.setdefault(key, key)
    return keys


def _held_back(article: Article | None, live: Article | None) -> list[Entry]:
    """Return the entries of an article that are not among those that are shown, each as due as it is.

    Args:
        article: As it was read.
        live: What is shown of it; None if nothing is.
    """
    if article is None or article is live:
        return []
    first = article.entries[article.original].published  # no translation comes before it
    return [
        entry if entry.published >= first else replace(entry, published=first)
        for language, entry in article.entries.items()
        if live is None or language not in live.entries
    ]


def _digest_of(reading: Reading, live: Article | None) -> bytes:
    """Return a digest that changes whenever what is shown of an article may change, also because another one is due."""
    if live is None or live is reading.article:
        return reading.digest
    seed = reading.digest + repr(tuple(live.entries)).encode()
    return hashlib.blake2b(seed, digest_size=DIGEST_BYTES).digest()


def _scheduled_row(key: str, entry: Entry, digest: bytes, config: Config) -> tuple[object, ...]:
    """Return what is recorded of an entry that is held back: no title, as the published folder holds the manifest."""
    row = Recorded._make((0, *_row(key, "", entry, digest, config, whole=True)))
    return row._replace(title="", link="", neighbours=None, categories=None)[1:]


def _row(key: str, shown: str, entry: Entry, digest: bytes, config: Config, *, whole: bool) -> tuple[object, ...]:
    """Return what is recorded of an entry: `Recorded` without its number."""
    stated = {
        side: [reference.title, reference.url]
        for side, reference in (("previous", entry.previous), ("next", entry.next))
        if reference
    }
    categories = named_categories(entry.categories) if config.categories else {}
    published, moment = entry.published.isoformat(), to_microseconds(entry.published)
    is_changed = entry.updated is not entry.published
    listing = f"{entry.title}\0{entry.link}\0{published}\0{entry.language}".encode()
    return (
        shown,
        entry.id,
        entry.id != automatic_id(key, entry.language, config),
        moment,
        whole,
        key,
        entry.language,
        published,
        entry.updated.isoformat() if is_changed else None,
        entry.title,
        entry.link,
        json.dumps(stated, ensure_ascii=False) if stated else None,
        json.dumps(list(categories.items()), ensure_ascii=False) if categories else None,
        digest,
        hashlib.blake2b(listing, digest_size=LISTING_BYTES).digest(),
        to_microseconds(entry.updated) if is_changed else moment,
        entry.published.year,
        entry.is_in_feeds,
    )
