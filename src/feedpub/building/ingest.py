"""Read the changed articles of an entries folder: entries go into the manifest, fragments into the fragment store."""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ..entries.folder import ArticleReader, find_article_key
from ..entries.scanning import unpack_state
from ..feeds import write_entry
from ..formats import FORMATS
from ..model.checks import is_legal_xml
from ..model.extensions import collect_namespaces
from ..rendering.renderer import Renderer
from ..site.documents import label_categories, make_category_url
from ..site.entry_index import DIGEST_BYTES
from .entry_rows import make_entry_row, make_scheduled_row

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from ..entries.folder import ArticleReading
    from ..errors import Problem
    from ..model import Article, Config, Entry, Feed
    from ..site.pages import Pages
    from .changes import Changes
    from .fragments import Fragment, FragmentStore
    from .manifest import Manifest
    from .manifest_schema import FileRow
    from .options import BuildOptions

# File systems count time in ticks: a file that changed this short a time ago may change again with the same date.
_TICK_NS: Final = 100_000_000
# No file has this date and size: the next build reads a file again that is recorded so.
_READ_AGAIN: Final = (-1, -2)
# Rows are recorded together, which costs less than one by one.
_FILES_PER_INSERT: Final = 500
# If more articles were read, most fragments are in the store, and hardly any article is read a second time.
_MANY_ARTICLES: Final = 1000


class EntriesChangedError(Exception):
    """Entries changed while they were read. What was recorded is still valid; the folder has to be scanned again."""


class Ingester:
    """Reads and renders articles, and collects their problems.

    Attributes:
        has_pages: Whether articles have pages on this site.
        has_new_keys: Whether some file has another key than in the last build, or had none.
    """

    def __init__(
        self,
        config: Config,
        feeds: Mapping[str, Feed],
        pages: Pages,
        manifest: Manifest,
        fragments: FragmentStore,
        options: BuildOptions,
    ) -> None:
        self.config, self.feeds, self.pages = config, feeds, pages
        self.manifest, self.fragments = manifest, fragments
        self._until, self._progress = options.shown_until, options.progress
        self._renderer = Renderer()
        self.has_pages = config.pages and not config.permalink
        # Then only the newest articles are published in full; lists need only the front matter of the others.
        self._reads_front_matter_only = not (self.has_pages or config.archives or config.categories)
        self._problems: dict[str, Sequence[Problem]] = {}
        self._article_count = 0
        self._reader: ArticleReader | None = None
        self._folder = ""
        self.has_new_keys = False

    @property
    def problems(self) -> list[Problem]:
        """Errors and warnings of the articles that were read, by file."""
        all_problems = [problem for problems in self._problems.values() for problem in problems]
        return sorted(all_problems, key=lambda problem: (problem.path, problem.line, problem.column, problem.code))

    def ingest_folder(self, folder: str, changes: Changes) -> None:
        """Read the articles of an entries folder whose files changed, and those that have come due."""
        self._folder = folder
        if changes.removed:
            self.manifest.forget_files(changes.removed)
        if not changes:
            return
        file_keys = _map_file_keys(changes)
        keys = [*(file_keys[name] for name in changes.changed), *changes.removed.values(), *changes.due]
        self._reader = ArticleReader(folder, self.config, file_keys)
        self._read_articles(list(dict.fromkeys(keys)), changes, is_complete=not self._reads_front_matter_only)
        while self._reads_front_matter_only and (incomplete := self._find_incomplete()):
            self._read_articles(incomplete, changes, is_complete=True)

    def _find_incomplete(self) -> list[str]:
        """Return the articles in feeds of which only the front matter was read.

        After these are read, there may be more: another article takes the position of one with an error.
        """
        limit, languages = self.config.limit, self.config.languages
        return sorted(set().union(*(self.manifest.find_incomplete(language, limit) for language in languages)))

    def _read_articles(self, keys: Collection[str], changes: Changes, *, is_complete: bool) -> None:
        assert self._reader
        files: list[FileRow] = []
        for count, reading in enumerate(self._reader.read_articles(keys, front_matter_only=not is_complete)):
            self._progress("read", count, len(keys))
            self._ingest_reading(reading, changes, files, is_complete=is_complete)
        self.manifest.add_files(files)

    def release_reader(self) -> None:
        """Drop the names of files if hardly any article will be read again, to free their memory for later steps."""
        if self._article_count > _MANY_ARTICLES:
            self._reader = None

    def ingest_articles(self, articles: Sequence[Article]) -> None:
        """Replace everything in the manifest by articles that are in memory.

        Raises:
            FieldError: A prefix of their extensions stands for two namespaces, and some feed would contain both.
        """
        entries = (entry for article in articles for entry in article.entries.values())
        collect_namespaces(extension for entry in entries for extension in entry.extensions)
        for key in self.manifest.list_keys() - {article.key for article in articles}:
            self.manifest.replace_article(key, ())
        for count, article in enumerate(articles):
            self._progress("read", count, len(articles))
            live = article.without_scheduled(self._until)
            self._record_article(article.key, live, b"", _list_held_back(article, live), is_complete=True)

    def render_articles(self, keys: Collection[str], *, with_pages: bool) -> None:
        """Render articles that did not change, but are part of documents that did.

        Raises:
            EntriesChangedError: One of them has just been changed.
        """
        if not keys:
            return
        if self._reader is None:
            file_keys = dict(sorted((name, key) for name, key, _, _ in self.manifest.list_files()))
            self._reader = ArticleReader(self._folder, self.config, file_keys)
        for count, reading in enumerate(self._reader.read_articles(keys)):
            self._progress("read", count, len(keys))
            rows = [row for row in self.manifest.get_article(reading.key) if row.shown_in]
            article = reading.article and reading.article.without_scheduled(self._until)
            if not article or not rows or rows[0].digest != _digest_reading(reading, article):
                raise EntriesChangedError(reading.key)
            shown_entries = self._select_entries(article)
            rendered = self._render_fragments(article, shown_entries, with_pages=with_pages)
            for row, entry, fragments in zip(rows, shown_entries.values(), rendered, strict=True):
                self.fragments.add(row.row_id, fragments, collect_namespaces(entry.extensions))

    def _ingest_reading(
        self, reading: ArticleReading, changes: Changes, files: list[FileRow], *, is_complete: bool
    ) -> None:
        problems = [problem for problem in reading.problems if problem.severity != "note"] if reading.problems else ()
        if problems or reading.key in self._problems:  # a key that comes twice was not complete the first time
            self._problems[reading.key] = problems
        self._article_count += 1
        article = reading.article and reading.article.without_scheduled(self._until)
        digest = _digest_reading(reading, article)
        held_back = _list_held_back(reading.article, article)
        self._record_article(reading.key, article, digest, held_back, is_complete=is_complete)
        unsettled_since = time.time_ns() - _TICK_NS
        if len(files) > _FILES_PER_INSERT:
            self.manifest.add_files(files)
            files.clear()
        for name in reading.files:
            self.has_new_keys = self.has_new_keys or changes.keys.get(name) != reading.key
            state = unpack_state(changes.states[name])
            if problems or state[0] >= unsettled_since:  # each build reports problems until they are fixed
                state = _READ_AGAIN
            files.append((name, reading.key, *state))

    def _record_article(
        self, key: str, article: Article | None, digest: bytes, held_back: Sequence[Entry], *, is_complete: bool
    ) -> None:
        """Put the entries of an article into the manifest unless they are there already, and store their fragments.

        Args:
            key: The name of the article.
            article: What is shown of it.
            digest: Digest of the files that it was read from; empty for an article that is in memory.
            held_back: Its scheduled entries, of which nothing is rendered.
            is_complete: Whether more than its front matter was read.
        """
        if not key.isprintable() and not is_legal_xml(key):
            return  # reported as an error; nothing can be recorded under such a name
        shown_entries = self._select_entries(article) if article else {}
        rendered: list[list[Fragment]] = []
        if article and is_complete:
            rendered = self._render_fragments(article, shown_entries, with_pages=self.has_pages)
        digest = digest or _digest_fragments(rendered, shown_entries)
        rows = [
            make_entry_row(key, language, entry, digest, self.config, is_complete=is_complete)
            for language, entry in shown_entries.items()
        ]
        rows += [make_scheduled_row(key, entry, digest, self.config) for entry in held_back]
        recorded_rows = self.manifest.get_article(key)
        row_ids = [row.row_id for row in recorded_rows]
        if [row[1:] for row in recorded_rows] != rows:
            row_ids = self.manifest.replace_article(key, rows)
        pairs = zip(row_ids[: len(shown_entries)], shown_entries.values(), rendered, strict=is_complete)
        for row_id, entry, fragments in pairs:
            self.fragments.add(row_id, fragments, collect_namespaces(entry.extensions))

    def _select_entries(self, article: Article) -> dict[str, Entry]:
        """Return language → the entry that it shows of an article; languages that show none are left out."""
        falls_back = (article.fallback or self.config.fallback) == "original"
        shown_entries = {}
        for language in self.config.languages:
            entry = article.entries.get(language) or (article.entries[article.original] if falls_back else None)
            if entry:
                shown_entries[language] = entry
        return shown_entries

    def _render_fragments(
        self, article: Article, shown_entries: Mapping[str, Entry], *, with_pages: bool
    ) -> list[list[Fragment]]:
        """Render the entry of an article that each language shows, in the order of `FRAGMENT_NAMES`."""
        rendered_entries = []
        for language, entry in shown_entries.items():
            feed, rendered = self.feeds[language], self._renderer.render(entry)
            fragments = [write_entry(rendered, feed, feed_format) for feed_format in FORMATS]
            has_page = with_pages and entry.language == language
            categories = self._list_category_links(entry) if has_page else []
            fragments.append((self.pages.render_article(article, rendered, categories),) if has_page else ())
            rendered_entries.append(fragments)
        self._renderer.clear()
        return rendered_entries

    def _list_category_links(self, entry: Entry) -> list[tuple[str, str]]:
        """Return label and address of the categories of an entry that have pages."""
        if not self.config.categories:
            return []
        home = self.feeds[entry.language].link
        return [(label, make_category_url(home, slug)) for slug, label in label_categories(entry.categories).items()]


def _map_file_keys(changes: Changes) -> dict[str, str]:
    """Return name → key of all entry files, as earlier builds read them, or else by their names."""
    shared_keys: dict[str, str] = {}  # one string for the languages of an article, to save memory
    file_keys = {}
    for name in changes.states:
        key = changes.keys.get(name) or find_article_key(name)
        file_keys[name] = shared_keys.setdefault(key, key)
    return file_keys


def _list_held_back(article: Article | None, live: Article | None) -> list[Entry]:
    """Return the scheduled entries of an article, none of them published before the original.

    Args:
        article: The article as it was read.
        live: What is shown of it; None if nothing is.
    """
    if article is None or article is live:
        return []
    first = article.entries[article.original].published
    return [
        entry if entry.published >= first else replace(entry, published=first)
        for language, entry in article.entries.items()
        if live is None or language not in live.entries
    ]


def _digest_reading(reading: ArticleReading, live: Article | None) -> bytes:
    """Return a digest that changes whenever the published content of an article may change, also at a date."""
    if live is None or live is reading.article:
        return reading.digest
    seed = reading.digest + repr(tuple(live.entries)).encode()
    return hashlib.blake2b(seed, digest_size=DIGEST_BYTES).digest()


def _digest_fragments(rendered: Sequence[Sequence[Fragment]], shown_entries: Mapping[str, Entry]) -> bytes:
    """Return a digest of the rendered fragments of an article that is in memory."""
    seed = b"".join(piece for fragments in rendered for pieces in fragments for piece in pieces)
    namespaces = [collect_namespaces(entry.extensions) for entry in shown_entries.values() if entry.extensions]
    seed += repr(namespaces).encode() if namespaces else b""  # they are declared at the top of documents
    return hashlib.blake2b(seed, digest_size=DIGEST_BYTES).digest()
