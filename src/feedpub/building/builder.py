"""Build a site into a published folder: read, render and write only what has changed."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..database import DamagedError
from ..entries.scanning import scan_folder
from ..errors import ConfigError, EntryError, Problem
from ..files import check_target, remove_file, remove_leftovers
from ..formats import FORMATS
from ..model import Site
from ..site.marks import has_mark
from ..site.scheduling import read_until
from ..site.settings import read_config
from ..site.theme import Theme
from .changes import UNVERIFIED, find_changes, verify_published_files
from .manifest import STATE_FILE_NAMES, Manifest
from .options import BuildOptions
from .published_paths import STATE_FOLDER
from .stale_files import list_possible_files
from .versions import digest_package, list_package_versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from ..site.scheduling import ScheduledEntry
    from .changes import Changes
    from .options import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildResult:
    """What a build did.

    Args:
        output: The published folder, as the caller named it.
        written: Files that are new or changed, relative to the folder, with ``/`` between folders.
        kept: Files that already had the same bytes, and were not touched.
        removed: Stale files: earlier builds wrote them, and they are no longer part of the site.
        stale: Files that are not part of the site, but cannot be removed, since feedpub cannot prove that it wrote
            them: there is no record of them, they have been changed, or they do not have the mark of feedpub. With
            `prune`, they are removed.
        articles: Language → number of articles that are shown in it.
        scheduled: Entries that are published later, the next one first.
        problems: Warnings about the entries that were read, and errors in those left out. `lint` returns all problems.
    """

    output: str
    written: tuple[str, ...]
    kept: tuple[str, ...]
    removed: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    articles: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    scheduled: tuple[ScheduledEntry, ...] = ()
    problems: tuple[Problem, ...] = ()


def build(
    source: Site | str | os.PathLike[str] = "entries",
    output: str | os.PathLike[str] = "public",
    *,
    until: datetime | str | None = None,
    keep_going: bool = False,
    base_url: str | None = None,
    prune: bool = False,
    progress: Progress | None = None,
) -> BuildResult:
    """Write the feeds, pages and OPML files of a site into a folder.

    The bytes depend only on the site and on `until`, not on the clock, time zone, locale or machine. Each file is
    replaced in one step, and pages are written before the feeds that link to them. If a build is killed, each file is
    complete, old or new, and the next build finishes the work. Files that earlier builds wrote and that are no longer
    part of the site are removed if they are unchanged and have the mark of feedpub; other files are never removed.
    Nothing is read or written through a symbolic link in the published folder.

    From an entries folder, only articles that have changed since the last build or have come due are read, and at most
    one article is in memory at a time. A Site, whether `load` returned it or a program created it, is rendered
    completely.

    Args:
        source: An entries folder, or a Site.
        output: The published folder; ``.feedpub`` in it has the records for the next build.
        until: Entries that are published after this moment are held back; the default is now. An aware datetime, or a
            date as in front matter; a date without offset is in the site's time zone.
        keep_going: Leave out articles with errors instead of raising.
        base_url: The address where the folder is served, in place of the setting; ends with ``/``.
        prune: Also remove the files of `BuildResult.stale`.
        progress: Called with the stage (``read`` or ``write``), the number of steps done, and their total number.

    Raises:
        ConfigError: feedpub.toml or a template cannot be used; `until` is not a date; the output folder is the entries
            folder, contains it, or is inside it; another build is running in it; or the path of a file to be written is
            taken by something else: a link, a named pipe, or a file that feedpub did not write.
        EntryError: Some entries cannot be published, or the folder has no entries; nothing is written.
        FieldError: Two entries of a Site have the same id.
        OSError: A file cannot be written.
        ValueError: `until` has no time zone.
    """
    site, notes = _read_site(source)
    options = BuildOptions(
        until=read_until(until, site.config.timezone),
        keep_going=keep_going,
        prune=prune,
        progress=progress or _ignore_progress,
    )
    return _run_build(site, output, notes, not isinstance(source, Site), base_url, options)


def build_preview(folder: str, output: str, *, base_url: str, progress: Progress) -> BuildResult:
    """Build an entries folder with its scheduled articles; `BuildResult.scheduled` names them."""
    site, notes = _read_site(folder)
    until = read_until(None, site.config.timezone)
    return _run_build(
        site, output, notes, True, base_url, BuildOptions(until=until, shows_scheduled=True, progress=progress)
    )


def _run_build(
    site: Site,
    output: str | os.PathLike[str],
    notes: Sequence[Problem],
    from_folder: bool,
    base_url: str | None,
    options: BuildOptions,
) -> BuildResult:
    if base_url:
        site = replace(site, config=replace(site.config, base_url=base_url))
    _refuse_overlap(site, Path(output))
    if from_folder:
        remove_leftovers(site.folder)
    try:
        return _build_once(site, output, notes, from_folder, options)
    except DamagedError:  # the manifest was removed
        return _build_once(site, output, notes, from_folder, options)


def _build_once(
    site: Site, output: str | os.PathLike[str], notes: Sequence[Problem], from_folder: bool, options: BuildOptions
) -> BuildResult:
    folder, prune = Path(output), options.prune
    theme = Theme(site.folder)
    _refuse_unsafe_state(os.fspath(folder))
    with Manifest(folder, _compute_fingerprint(site, theme, from_folder), site.config.authority) as manifest:
        recorded_files = verify_published_files(folder, manifest.list_published_files())
        possibly_stale = list_possible_files(os.fspath(folder)) if manifest.is_new or prune else []
        changes = None
        if from_folder:
            changes, scan_notes = _scan_folder(site, manifest, options, notes)
            notes = (*notes, *scan_notes)
            is_complete = recorded_files and UNVERIFIED not in recorded_files.values()
            if is_complete and not changes and not manifest.starts_over and not prune:
                result = _make_result(output, site, manifest, options, notes, kept=sorted(recorded_files))
                return _add_stale(result, possibly_stale, prune=prune)
        from .pipeline import run_pipeline  # imports most of feedpub, which takes a while

        published, problems = run_pipeline(site, theme, folder, manifest, changes, recorded_files, options)
        problems = (*notes, *problems)
        result = _make_result(
            output, site, manifest, options, problems, published.written, sorted(published.kept), published.removed
        )
        return _add_stale(replace(result, stale=tuple(published.unproven)), possibly_stale, prune=prune)


def _scan_folder(
    site: Site, manifest: Manifest, options: BuildOptions, notes: Sequence[Problem]
) -> tuple[Changes, Sequence[Problem]]:
    """Return the changes of the entries folder, and notes on files that are not entries."""
    states, scan_notes = scan_folder(site.folder)
    if any(problem.severity == "error" for problem in scan_notes):
        raise EntryError((*notes, *scan_notes))
    return find_changes(states, manifest, options.shown_until), scan_notes


def _make_result(
    output: str | os.PathLike[str],
    site: Site,
    manifest: Manifest,
    options: BuildOptions,
    problems: Iterable[Problem],
    written: Sequence[str] = (),
    kept: Sequence[str] = (),
    removed: Sequence[str] = (),
) -> BuildResult:
    counts = manifest.count_by_language()
    return BuildResult(
        output=os.fspath(output),
        written=tuple(written),
        kept=tuple(kept),
        removed=tuple(removed),
        articles=MappingProxyType({language: counts.get(language, 0) for language in site.config.languages}),
        scheduled=tuple(manifest.list_scheduled(options.until)),
        problems=tuple(problem for problem in problems if problem.severity != "note"),
    )


def _add_stale(result: BuildResult, paths: Sequence[str], *, prune: bool) -> BuildResult:
    """Return the result with the stale files among some paths; remove these files if `prune` is set."""
    if not paths:
        return result
    current = {*result.written, *result.kept, *result.removed}
    stale = [path for path in paths if path not in current and has_mark(result.output, path)]
    if not prune:
        return replace(result, stale=(*result.stale, *stale))
    for path in stale:
        remove_file(result.output, path)
    return replace(result, removed=(*result.removed, *stale))


def _refuse_unsafe_state(output: str) -> None:
    """Refuse a manifest that is behind a link, or that is not a regular file.

    Raises:
        RefusedFileError: The manifest is behind a link, or is not a regular file.
    """
    for name in STATE_FILE_NAMES:
        check_target(output, f"{STATE_FOLDER}/{name}")


def _compute_fingerprint(site: Site, theme: Theme, from_folder: bool) -> bytes:
    """Return a digest of all that the bytes depend on besides articles: programs, formats, settings, templates."""
    seed = repr((digest_package(), list_package_versions(), FORMATS, from_folder, site.config))
    digest = hashlib.blake2b(seed.encode("utf-8", "surrogatepass"), digest_size=16)
    for name, source in theme.list_sources():
        digest.update(f"{name} {len(source)} ".encode("utf-8", "surrogateescape") + source)
    return digest.digest()


def _ignore_progress(*_: object) -> None:
    pass


def _read_site(source: Site | str | os.PathLike[str]) -> tuple[Site, tuple[Problem, ...]]:
    if isinstance(source, Site):
        return source, source.problems
    config, notes = read_config(os.fspath(source))
    return Site(config=config, folder=os.fspath(source)), notes


def _refuse_overlap(site: Site, folder: Path) -> None:
    entries = Path(os.path.realpath(site.folder)) if site.folder else None
    output = Path(os.path.realpath(folder))  # `resolve` raises RuntimeError for a link to itself
    if entries and (output in (entries, *entries.parents) or entries in output.parents):
        message = "the published folder must not be the entries folder, contain it, or be inside it"
        raise ConfigError([Problem(code="E007", path=str(folder), message=message, hint="choose another --output")])
