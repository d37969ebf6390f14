"""The part of a build that does something: read what changed, then bring the published folder up to date."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from ..errors import EntryError
from ..model import Site
from .folder import PublishedFolder
from .intake import Intake
from .loading import load
from .pages import Pages
from .spool import Spool

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from ..errors import Problem
    from .changes import Changes
    from .manifest import Known, Manifest


def work(
    site: Site,
    place: Path,
    manifest: Manifest,
    changes: Changes | None,
    outputs: Mapping[str, Known],
    keep_going: bool,
    progress: Callable[[str, int, int], object],
) -> tuple[PublishedFolder, Sequence[Problem]]:
    """Do a build.

    Args:
        site: Its settings and folder; its articles, if there is no folder to read.
        place: The published folder.
        manifest: What it was made of.
        changes: What changed in the entries folder; None if the articles are in memory.
        outputs: What is known of the files of the published folder.
        keep_going: Whether articles with errors are left out.
        progress: As of `build`.

    Raises:
        EntryError: Some entries cannot be published; nothing is written.
    """
    empty = Site(config=site.config)
    feeds = {language: empty.feed(language) for language in site.config.languages}
    pages = Pages(site.config, feeds, site.folder)
    with closing(Spool(manifest.folder)) as spool:
        intake = Intake(site.config, feeds, pages, manifest, spool, progress)
        problems = _read(site, intake, changes, keep_going=keep_going)
        folder = PublishedFolder(place, feeds, pages, manifest, intake, progress)
        folder.publish(outputs)
    return folder, problems


def _read(site: Site, intake: Intake, changes: Changes | None, *, keep_going: bool) -> Sequence[Problem]:
    if changes is None:
        intake.take_articles(site.articles)
        return site.problems
    intake.take_folder(site.folder, changes)
    problems: Sequence[Problem] = intake.problems
    if changes and intake.manifest.same_ids():
        whole = load(site.folder, keep_going=keep_going)  # all files together tell where
        intake.take_articles(whole.articles)
        problems = whole.problems
    if not keep_going and any(problem.severity == "error" for problem in problems):
        raise EntryError(problems)
    return problems
