"""The part of a build that reads entries and writes documents; it runs only if something changed."""

from __future__ import annotations

import errno
from contextlib import closing
from typing import TYPE_CHECKING, Final

from ..entries.scanning import scan_folder
from ..errors import EntryError
from ..model import Site
from ..site.loading import load
from ..site.pages import Pages
from .changes import find_changes, verify_published_files
from .fragments import FragmentStore
from .ingest import EntriesChangedError, Ingester
from .published_folder import PublishedFolder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ..errors import Problem
    from ..site.theme import Theme
    from .changes import Changes
    from .manifest import Manifest
    from .manifest_schema import PublishedFile
    from .options import BuildOptions

# For a folder whose files change while they are read.
_MOST_ATTEMPTS: Final = 5


def run_pipeline(
    site: Site,
    theme: Theme,
    output: Path,
    manifest: Manifest,
    changes: Changes | None,
    recorded_files: Mapping[str, PublishedFile],
    options: BuildOptions,
) -> tuple[PublishedFolder, Sequence[Problem]]:
    """Read the changed articles, then bring the published folder up to date.

    Args:
        site: The settings and the folder; the articles, if there is no folder to read.
        theme: The templates.
        output: The published folder.
        manifest: Its manifest.
        changes: What changed in the entries folder; None if the articles are in memory.
        recorded_files: The files of the published folder, as `verify_published_files` returns them.
        options: How to build.

    Returns:
        The published folder, which says what was written and removed, and the problems of the articles.

    Raises:
        EntryError: Some entries cannot be published; nothing is written.
        FieldError: Two entries of a Site have one id.
        OSError: A file cannot be written, or the entries change all the time.
    """
    empty_site = Site(config=site.config)
    feeds = {language: empty_site.feed(language) for language in site.config.languages}
    pages = Pages(site.config, feeds, theme)
    written: dict[str, None] = {}  # in all attempts
    for _ in range(_MOST_ATTEMPTS):
        with closing(FragmentStore(manifest.folder)) as fragments:
            ingester = Ingester(site.config, feeds, pages, manifest, fragments, options)
            folder = PublishedFolder(output, ingester, options)
            try:
                problems = _read_articles(site, ingester, changes, keep_going=options.keep_going)
                folder.update(recorded_files)
            except EntriesChangedError:
                written |= dict.fromkeys(folder.written)
                changes = find_changes(scan_folder(site.folder)[0], manifest, options.shown_until)
                recorded_files = verify_published_files(output, manifest.list_published_files())
                continue
        if written:
            folder.written = [*(written | dict.fromkeys(folder.written))]
            folder.kept = [path for path in folder.kept if path not in written]
        return folder, problems
    raise OSError(errno.EAGAIN, "its files keep changing; build again when no other program writes to it", site.folder)


def _read_articles(site: Site, ingester: Ingester, changes: Changes | None, *, keep_going: bool) -> Sequence[Problem]:
    if changes is None:
        return _take_articles(site, ingester)
    ingester.ingest_folder(site.folder, changes)
    problems: Sequence[Problem] = ingester.problems
    if changes and ingester.manifest.has_duplicates(has_new_keys=ingester.has_new_keys):
        # Only all files together tell which entries have the same id.
        full_site = load(site.folder, keep_going=True)
        ingester.ingest_articles(full_site.articles)
        ingester.manifest.invalidate()
        problems = full_site.problems
    if any(problem.severity == "error" for problem in problems):
        if scan_folder(site.folder)[0] != changes.states:
            raise EntriesChangedError(site.folder)  # a file that vanished, or was half written, is not an error
        if not keep_going:
            raise EntryError(problems)
    changes.release_states()
    ingester.release_reader()
    return problems


def _take_articles(site: Site, ingester: Ingester) -> Sequence[Problem]:
    ingester.ingest_articles(site.articles)
    if ingester.manifest.has_duplicates(has_new_keys=True):
        for language in site.config.languages:
            site.feed(language)  # raises FieldError if two entries with one id are in one feed
    return site.problems
