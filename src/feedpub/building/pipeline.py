"""The part of a build that does something: read what changed, then bring the published folder up to date."""

from __future__ import annotations

import errno
from contextlib import closing
from typing import TYPE_CHECKING, Final

from ..entries.scanning import scan_folder
from ..errors import EntryError
from ..model import Site
from ..site.loading import load
from ..site.pages import Pages
from .changes import compare, trusted
from .fragments import Spool
from .ingest import Intake, Unsettled
from .published_folder import PublishedFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from ..errors import Problem
    from ..site.theme import Theme
    from .changes import Changes
    from .manifest import Known, Manifest

# Of a folder whose files change while they are read.
_ATTEMPTS: Final = 5


def work(
    site: Site,
    theme: Theme,
    place: Path,
    manifest: Manifest,
    changes: Changes | None,
    outputs: Mapping[str, Known],
    until: datetime,
    keep_going: bool,
    prune: bool,
    progress: Callable[[str, int, int], object],
) -> tuple[PublishedFolder, Sequence[Problem]]:
    """Do a build.

    Args:
        site: Its settings and folder; its articles, if there is no folder to read.
        theme: Its templates.
        place: The published folder.
        manifest: What it was made of.
        changes: What changed in the entries folder; None if the articles are in memory.
        outputs: What is known of the files of the published folder.
        until: What is published later is held back.
        keep_going: Whether articles with errors are left out.
        prune: As of `build`.
        progress: As of `build`.

    Raises:
        EntryError: Some entries cannot be published; nothing is written.
        FieldError: Two entries of a Site have one id.
        OSError: A file cannot be written, or the entries do not come to rest.
    """
    empty = Site(config=site.config)
    feeds = {language: empty.feed(language) for language in site.config.languages}
    pages = Pages(site.config, feeds, theme)
    written: dict[str, None] = {}
    for _ in range(_ATTEMPTS):
        with closing(Spool(manifest.folder)) as spool:
            intake = Intake(site.config, feeds, pages, manifest, spool, until, progress)
            folder = PublishedFolder(place, feeds, pages, manifest, intake, progress)
            try:
                problems = _read(site, intake, changes, keep_going=keep_going)
                folder.publish(outputs, prune=prune)
            except Unsettled:
                written |= dict.fromkeys(folder.written)
                changes = compare(scan_folder(site.folder)[0], manifest, until)
                outputs = trusted(place, manifest.outputs())
                continue
        if written:
            folder.written = [*(written | dict.fromkeys(folder.written))]
            folder.kept = [path for path in folder.kept if path not in written]
        return folder, problems
    raise OSError(errno.EAGAIN, "changes again and again; build it when it is at rest", site.folder)


def _read(site: Site, intake: Intake, changes: Changes | None, *, keep_going: bool) -> Sequence[Problem]:
    if changes is None:
        intake.take_articles(site.articles)
        if intake.manifest.has_twins(has_new_keys=True):
            for language in site.config.languages:
                site.feed(language)  # tells which, if they meet in one feed
        return site.problems
    intake.take_folder(site.folder, changes)
    problems: Sequence[Problem] = intake.problems
    if changes and intake.manifest.has_twins(has_new_keys=intake.has_new_keys):
        whole = load(site.folder, keep_going=True)  # all files together tell where
        intake.take_articles(whole.articles)
        intake.manifest.distrust()
        problems = whole.problems
    if any(problem.severity == "error" for problem in problems):
        if scan_folder(site.folder)[0] != changes.states:
            raise Unsettled(site.folder)  # a file that vanished, or was half written, is no error
        if not keep_going:
            raise EntryError(problems)
    changes.release()
    intake.release()
    return problems
