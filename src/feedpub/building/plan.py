"""The plan of a published folder: which files it consists of, what each depends on, and how it is rendered.

To add a file, yield it from `list_language_files` or `list_site_files`; one at the top of the folder also has a row in
`published_paths.SITE_FILES`.
"""

from __future__ import annotations

import hashlib
import json
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from ..feeds import write_document
from ..formats import FORMATS
from ..model import Reference
from ..site.documents import ARCHIVE_FOLDER, PublishedFeed, list_category_feeds
from ..site.opml import to_category_opml, to_opml
from ..site.pages import NEIGHBOURS_PLACEHOLDER
from .fragments import PAGE
from .published_paths import CATEGORY_OPML, OPML

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ..model import Config, Feed
    from ..site.documents import FeedDocument
    from ..site.entry_index import EntryIndex
    from ..site.pages import Pages
    from .fragments import FragmentStore
    from .manifest import Manifest

# Articles of a language on the landing page.
LANDING_ARTICLES: Final = 5


class FileGroup(NamedTuple):
    """Files that are rendered together: one page, or one feed document in every format.

    Args:
        paths: Relative to the published folder.
        input_digest: Digest of their inputs: the same digest means the same bytes.
        list_row_ids: Returns the row ids of the entries whose fragments they contain.
        with_pages: Whether they contain the pages of these entries; else their fragments for feeds.
        render: Returns their bytes, in the order of `paths`.
    """

    paths: tuple[str, ...]
    input_digest: bytes
    list_row_ids: Callable[[], Sequence[int]]
    with_pages: bool
    render: Callable[[], Iterable[bytes]]


class PublishingPlan:
    """The files that a published folder consists of, for the entries in a manifest."""

    def __init__(
        self,
        config: Config,
        feeds: Mapping[str, Feed],
        pages: Pages,
        manifest: Manifest,
        fragments: FragmentStore,
        *,
        has_pages: bool,
    ) -> None:
        """Make a plan.

        Args:
            config: The settings of the site.
            feeds: Language → its feed, without entries.
            pages: Renders the pages.
            manifest: The entries.
            fragments: What was rendered of them; must hold the row ids of a group when its `render` is called.
            has_pages: Whether articles have pages.
        """
        self._config, self._feeds, self._pages = config, feeds, pages
        self._manifest, self._fragments, self._has_pages = manifest, fragments, has_pages
        self._newest: dict[str, EntryIndex] = {}
        self._category_feeds: dict[str, list[Feed]] = {}

    def list_all_files(self) -> Iterator[FileGroup]:
        """Yield all files, those that others link to first."""
        for language in self._feeds:
            yield from self.list_language_files(language)
        yield from self.list_site_files()

    def list_language_files(self, language: str) -> Iterator[FileGroup]:
        """Yield the files in the folder of a language."""
        source = PublishedFeed(self._feeds[language], f"{language}/", self._manifest.index_entries(language))
        if self._has_pages:
            yield from self._list_article_pages(source)
        categories = list(list_category_feeds(source)) if self._config.categories else []
        for _, category in categories:
            yield from self._list_feed_documents(category)
            render = partial(self._pages.render_category, language, category.feed)
            yield self._plan_list(f"{category.folder}index.html", render, category.entries, category.feed)
        yield from self._list_feed_documents(source)
        archive = partial(self._render_archive, language)
        yield self._plan_list(f"{source.folder}{ARCHIVE_FOLDER}/index.html", archive, source.entries)
        links = [(label, category.feed.link) for label, category in categories]
        total = len(source.entries)
        render = partial(self._pages.render_language, language, total=total, categories=links)
        newest = source.entries[-self._config.limit :]
        yield self._plan_list(f"{source.folder}index.html", render, newest, total, links)
        self._newest[language] = source.entries[-LANDING_ARTICLES:]
        self._category_feeds[language] = [category.feed for _, category in categories]

    def list_site_files(self) -> Iterator[FileGroup]:
        """Yield the files at the top of the folder, after those of all languages."""
        newest = {language: entries[::-1] for language, entries in self._newest.items()}
        listing_digests = [entries.listing_digests for entries in newest.values()]
        feeds = list(self._feeds.values())
        # path, how it is made, what it is made of besides settings and templates
        files: list[tuple[str, Callable[[], bytes], object]] = [
            ("style.css", self._pages.read_style, None),
            ("feed.css", self._pages.make_feed_style, None),
            (OPML, partial(to_opml, self._config, feeds), None),
            ("index.html", partial(self._pages.render_landing, newest), listing_digests),
        ]
        if any(self._category_feeds.values()):
            category_opml = partial(to_category_opml, self._config, feeds, self._category_feeds)
            files.append((CATEGORY_OPML, category_opml, self._category_feeds))
        for path, render, inputs in files:
            yield FileGroup((path,), self._digest_inputs(path, inputs), tuple, False, partial(_render_one, render))

    def _list_article_pages(self, source: PublishedFeed) -> Iterator[FileGroup]:
        language = source.feed.language
        positions, keys, named_neighbours = list[int](), list[str](), dict[int, str]()
        for position, entry in enumerate(source.entries):
            if entry.language == language:  # a fallback has its page in its own language
                if entry.neighbours:
                    named_neighbours[len(keys)] = entry.neighbours
                positions.append(position)
                keys.append(entry.key)
        entries = source.entries.select(positions)
        finder = _NeighbourFinder(keys, self._manifest) if named_neighbours else None
        for index, key in enumerate(keys):
            neighbours: dict[str, int | Reference | None] = {
                "previous": index - 1 if index else None,
                "next": index + 1 if index + 1 < len(keys) else None,
            }
            if finder and index in named_neighbours:
                neighbours |= finder.find_neighbours(named_neighbours[index])
            listing_digests = [
                entries.get_listing_digest(neighbour) if isinstance(neighbour, int) else neighbour
                for neighbour in neighbours.values()
            ]
            yield FileGroup(
                (f"{language}/{key}/index.html",),
                self._digest_inputs(entries.get_digest(index), listing_digests),
                partial(tuple, (entries.get_row_id(index),)),
                True,
                partial(self._render_article, entries, index, neighbours),
            )

    def _render_article(
        self, entries: EntryIndex, index: int, neighbours: Mapping[str, int | Reference | None]
    ) -> list[bytes]:
        articles = {
            side: entries[neighbour] if isinstance(neighbour, int) else neighbour
            for side, neighbour in neighbours.items()
        }
        html = self._pages.render_neighbours(entries[index].language, articles["previous"], articles["next"])
        page = self._fragments.read_fragment(entries.get_row_id(index), PAGE)
        return [page.replace(NEIGHBOURS_PLACEHOLDER, html)]

    def _list_feed_documents(self, source: PublishedFeed) -> Iterator[FileGroup]:
        for document in source.list_documents(self._config):
            input_digest = self._digest_inputs(document.dependencies, document.entries.digests)
            list_row_ids = partial(getattr, document.entries, "row_ids")
            yield FileGroup(document.paths, input_digest, list_row_ids, False, partial(self._join_document, document))

    def _join_document(self, document: FeedDocument) -> Iterator[bytes]:
        feed, row_ids = document.make_feed(), document.entries.row_ids[::-1]
        namespaces = self._fragments.join_namespaces(row_ids)
        for feed_format in FORMATS:
            fragments = [self._fragments.read_fragment(row_id, feed_format.name) for row_id in row_ids]
            yield write_document(feed, fragments, feed_format, namespaces)

    def _plan_list(
        self, path: str, render: Callable[[EntryIndex], bytes], entries: EntryIndex, *inputs: object
    ) -> FileGroup:
        """Return the plan of a page that lists entries, newest first."""
        input_digest = self._digest_inputs(path, entries.listing_digests, *inputs)
        return FileGroup((path,), input_digest, tuple, False, lambda: _render_one(partial(render, entries[::-1])))

    def _render_archive(self, language: str, entries: EntryIndex) -> bytes:
        return self._pages.render_archive(language, entries.group_by_year())

    def _digest_inputs(self, *inputs: object) -> bytes:
        seed = repr((self._manifest.fingerprint, *inputs)).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(seed, digest_size=16).digest()


class _NeighbourFinder:
    """Finds the articles that an entry names as its neighbours: by title, since a digest names only titles."""

    def __init__(self, keys: Iterable[str], manifest: Manifest) -> None:
        self._indexes = {key: index for index, key in enumerate(keys)}
        self._keys = manifest.map_titles()

    def find_neighbours(self, named: str) -> dict[str, int | Reference | None]:
        """Return the neighbours that an entry names, by side: the index of an article, else title and address."""
        neighbours: dict[str, int | Reference | None] = {}
        for side, (title, url) in json.loads(named).items():
            index = None if url else self._indexes.get(self._keys.get(title, ""))
            neighbours[side] = Reference(title=title, url=url) if index is None else index
        return neighbours


def _render_one(render: Callable[[], bytes]) -> tuple[bytes]:
    return (render(),)
