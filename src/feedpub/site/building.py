"""Site → published folder: what changed is read, rendered and written; the rest is left alone."""

from __future__ import annotations

import hashlib
import os
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError, EntryError, Problem
from ..model import Site
from .config import read_config
from .folder import PublishedFolder
from .intake import Intake
from .loading import load
from .manifest import Manifest
from .pages import Pages
from .spool import Spool
from .versions import versions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Progress = Callable[[str, int, int], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildResult:
    """Say what a build did.

    Args:
        output: The published folder, as the caller named it.
        written: Files that are new or changed, relative to it, with ``/`` between folders.
        kept: Files that held these bytes already, and were not touched.
        removed: Files of earlier builds that belong to nothing any more.
        articles: Language → number of articles that its feed shows.
        problems: Warnings of the entries that were read, and errors of those that were left out; `lint` tells all.
    """

    output: str
    written: tuple[str, ...]
    kept: tuple[str, ...]
    removed: tuple[str, ...] = ()
    articles: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    problems: tuple[Problem, ...] = ()


def build(
    source: Site | str | os.PathLike[str] = "entries",
    output: str | os.PathLike[str] = "public",
    *,
    keep_going: bool = False,
    base_url: str | None = None,
    progress: Progress | None = None,
) -> BuildResult:
    """Write feeds, pages and OPML of a site into a folder.

    The bytes depend on the site alone: not on clock, time zone, locale or machine. Each file is replaced in one step,
    pages before the feeds that link to them; a build that dies leaves every file whole, old or new, and the next one
    completes it. Files of earlier builds that belong to nothing any more are removed, others never.

    Of an entries folder only what changed since the last build is read, and no more than one article is held in memory.
    A Site, such as `load` returns or a program makes, is rendered whole.

    Args:
        source: An entries folder, or a Site.
        output: The published folder; what the next build wants to know stands in ``.feedpub`` below it.
        keep_going: Leave articles with errors out instead of raising.
        base_url: Where the folder is served, in place of the setting; ends with ``/``.
        progress: Called with ``read`` or ``write``, how many are done, and of how many.

    Raises:
        ConfigError: feedpub.toml or a template cannot be used; the output folder is the entries folder, holds it, or
            stands in it; or another build is at work there.
        EntryError: Some entries cannot be published; nothing is written.
        OSError: A file cannot be written.
    """
    site, notes = _site(source)
    if base_url:
        site = replace(site, config=replace(site.config, base_url=base_url))
    place = Path(output)
    _refuse_entries(site, place)
    empty = Site(config=site.config)
    feeds = {language: empty.feed(language) for language in site.config.languages}
    pages = Pages(site.config, feeds, site.folder)
    seed = repr((versions(), site.config)).encode("utf-8", "surrogatepass") + pages.fingerprint()
    fingerprint = hashlib.blake2b(seed, digest_size=16).digest()
    with Manifest(place, fingerprint) as manifest, closing(Spool(manifest.folder)) as spool:
        intake = Intake(site.config, feeds, pages, manifest, spool, progress or _silent)
        problems = [*notes, *_read(source, site, intake, keep_going=keep_going)]
        folder = PublishedFolder(place, feeds, pages, manifest, intake, progress or _silent)
        folder.publish()
        counts = manifest.languages()
    return BuildResult(
        output=os.fspath(output),
        written=tuple(folder.written),
        kept=tuple(folder.kept),
        removed=tuple(folder.removed),
        articles=MappingProxyType({language: counts.get(language, 0) for language in site.config.languages}),
        problems=tuple(problem for problem in problems if problem.severity != "note"),
    )


def _silent(*_: object) -> None:
    pass


def _site(source: Site | str | os.PathLike[str]) -> tuple[Site, tuple[Problem, ...]]:
    if isinstance(source, Site):
        return source, source.problems
    config, notes = read_config(os.fspath(source))
    return Site(config=config, folder=os.fspath(source)), notes


def _refuse_entries(site: Site, folder: Path) -> None:
    entries = Path(site.folder).resolve() if site.folder else None
    output = folder.resolve()
    if entries and (output in (entries, *entries.parents) or entries in output.parents):
        message = "the published folder may not be the entries folder, nor hold it, nor stand in it"
        raise ConfigError([Problem(code="E007", path=str(folder), message=message, hint="choose another --output")])


def _read(
    source: Site | str | os.PathLike[str], site: Site, intake: Intake, *, keep_going: bool
) -> tuple[Problem, ...]:
    """Read what changed; return what was found.

    Raises:
        EntryError: Some entries cannot be published.
    """
    if isinstance(source, Site):
        intake.take_articles(source.articles)
        return ()
    intake.take_folder(site.folder)
    problems = tuple(intake.problems)
    if intake.changed and intake.manifest.same_ids():
        whole = load(site.folder, keep_going=keep_going)  # all files together tell where
        intake.take_articles(whole.articles)
        problems = whole.problems
    if not keep_going and any(problem.severity == "error" for problem in problems):
        raise EntryError(problems)
    return problems
