"""Site → published folder: what changed is read, rendered and written; the rest is left alone."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..database import DamagedError
from ..entries.scanning import scan_folder
from ..errors import ConfigError, EntryError, Problem
from ..files import check_target, remove_file, remove_leftovers
from ..formats import FORMATS
from ..model import Site
from ..site.marks import has_mark
from ..site.scheduling import LAST_MOMENT, read_until
from ..site.settings import read_config
from ..site.theme import Theme
from .changes import UNFINISHED, compare, trusted
from .manifest import FOLDER, STATE_NAMES, Manifest
from .stale_files import candidates
from .versions import package_digest, versions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from ..site.scheduling import ScheduledEntry

    Progress = Callable[[str, int, int], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildResult:
    """Say what a build did.

    Args:
        output: The published folder, as the caller named it.
        written: Files that are new or changed, relative to it, with ``/`` between folders.
        kept: Files that held these bytes already, and were not touched.
        removed: Files of earlier builds that belong to nothing any more.
        stale: Files that this build would not write and cannot prove to be its own: what earlier builds remembered is
            lost, or they were changed since, or do not carry the mark of feedpub; `prune` removes them.
        articles: Language → number of articles that it shows.
        scheduled: Entries that were held back, the next first.
        problems: Warnings of the entries that were read, and errors of those that were left out; `lint` tells all.
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
    """Write feeds, pages and OPML of a site into a folder.

    The bytes depend on the site and on `until` alone: not on clock, time zone, locale or machine. Each file is replaced
    in one step, pages before the feeds that link to them; a build that dies leaves every file whole, old or new, and
    the next one completes it. Files that earlier builds wrote, and that belong to nothing any more, are removed if they
    are as they were written and carry the mark of feedpub; others never. Nothing is read or written through a symbolic
    link in the published folder.

    Of an entries folder only what changed since the last build, or has come due, is read, and no more than one article
    is held in memory. A Site, such as `load` returns or a program makes, is rendered whole.

    Args:
        source: An entries folder, or a Site.
        output: The published folder; what the next build wants to know stands in ``.feedpub`` below it.
        until: Entries that are published later are held back; now, if not given. An aware moment, or a date as front
            matter has it, without offset in the site's time zone.
        keep_going: Leave articles with errors out instead of raising.
        base_url: Where the folder is served, in place of the setting; ends with ``/``.
        prune: Also remove files at a path of feedpub's own that this build would not write, if they carry the mark of
            feedpub or are recorded: one of the two proves less than both.
        progress: Called with ``read`` or ``write``, how many are done, and of how many.

    Raises:
        ConfigError: feedpub.toml or a template cannot be used; `until` is no date; the output folder is the entries
            folder, holds it, or stands in it; another build is at work there; or something is in the place of a file
            that is to be written: a link, a named pipe, a file of somebody else.
        EntryError: Some entries cannot be published, or nothing in the folder is an entry; nothing is written.
        FieldError: Two entries of a Site have one id.
        OSError: A file cannot be written.
        ValueError: `until` has no time zone.
    """
    site, notes = _site(source)
    options = _Options(
        until=read_until(until, site.config.timezone), keep_going=keep_going, prune=prune, progress=progress or _silent
    )
    return _run_build(site, output, notes, not isinstance(source, Site), base_url, options)


def build_preview(folder: str, output: str, *, base_url: str, progress: Progress) -> BuildResult:
    """Build an entries folder with what is scheduled, as it will be; `BuildResult.scheduled` tells what that is."""
    site, notes = _site(folder)
    options = _Options(until=read_until(None, site.config.timezone), holds_back=False, progress=progress)
    return _run_build(site, output, notes, True, base_url, options)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    """How to build; see `build`.

    Args:
        until: Entries that are published later are scheduled.
        holds_back: Whether those are held back, or shown nevertheless.
        keep_going: As of `build`.
        prune: As of `build`.
        progress: As of `build`.
    """

    until: datetime
    holds_back: bool = True
    keep_going: bool = False
    prune: bool = False
    progress: Progress

    @property
    def shown_until(self) -> datetime:
        """The moment until which entries are shown."""
        return self.until if self.holds_back else LAST_MOMENT


def _run_build(
    site: Site,
    output: str | os.PathLike[str],
    notes: Sequence[Problem],
    from_folder: bool,
    base_url: str | None,
    options: _Options,
) -> BuildResult:
    if base_url:
        site = replace(site, config=replace(site.config, base_url=base_url))
    _refuse_entries(site, Path(output))
    if from_folder:
        remove_leftovers(site.folder)
    try:
        return _build(site, output, notes, from_folder, options)
    except DamagedError:  # it is gone now
        return _build(site, output, notes, from_folder, options)


def _build(
    site: Site, output: str | os.PathLike[str], notes: Sequence[Problem], from_folder: bool, options: _Options
) -> BuildResult:
    place, prune, until = Path(output), options.prune, options.shown_until
    theme = Theme(site.folder)
    _check_state(os.fspath(place))
    with Manifest(place, _fingerprint(site, theme, from_folder), site.config.authority) as manifest:
        outputs = trusted(place, manifest.outputs())
        perhaps_stale = candidates(os.fspath(place)) if manifest.is_new or prune else []
        changes = None
        if from_folder:
            states, passed_over = scan_folder(site.folder)
            if any(problem.severity == "error" for problem in passed_over):
                raise EntryError((*notes, *passed_over))
            changes = compare(states, manifest, until)
            del states  # it is large, and `changes` will release it
            notes = (*notes, *passed_over)
            is_finished = not changes and not manifest.starts_over and outputs and UNFINISHED not in outputs.values()
            if is_finished and not prune:
                result = _result(output, site, manifest, options, notes, kept=sorted(outputs))
                return _pruned(result, perhaps_stale, prune)
        from .pipeline import work  # what follows is most of feedpub, and takes a while to load

        folder, problems = work(
            site, theme, place, manifest, changes, outputs, until, options.keep_going, prune, options.progress
        )
        problems = (*notes, *problems)
        result = _result(output, site, manifest, options, problems, folder.written, sorted(folder.kept), folder.removed)
        return _pruned(replace(result, stale=tuple(folder.unproven)), perhaps_stale, prune)


def _result(
    output: str | os.PathLike[str],
    site: Site,
    manifest: Manifest,
    options: _Options,
    problems: Iterable[Problem],
    written: Sequence[str] = (),
    kept: Sequence[str] = (),
    removed: Sequence[str] = (),
) -> BuildResult:
    counts = manifest.languages()
    return BuildResult(
        output=os.fspath(output),
        written=tuple(written),
        kept=tuple(kept),
        removed=tuple(removed),
        articles=MappingProxyType({language: counts.get(language, 0) for language in site.config.languages}),
        scheduled=tuple(manifest.scheduled(options.until)),
        problems=tuple(problem for problem in problems if problem.severity != "note"),
    )


def _pruned(result: BuildResult, paths: Sequence[str], prune: bool) -> BuildResult:
    """Return the result with the stale files among some paths, or without them, if they are to be removed."""
    if not paths:
        return result
    written = {*result.written, *result.kept, *result.removed}
    stale = [path for path in paths if path not in written and has_mark(result.output, path)]
    if not prune:
        return replace(result, stale=(*result.stale, *stale))
    for path in stale:
        remove_file(result.output, path)
    return replace(result, removed=(*result.removed, *stale))


def _check_state(output: str) -> None:
    """Refuse to keep what builds remember behind a link, or in something that is no file.

    Raises:
        RefusedFileError: It is such.
    """
    for name in STATE_NAMES:
        check_target(output, f"{FOLDER}/{name}")


def _fingerprint(site: Site, theme: Theme, from_folder: bool) -> bytes:
    """Digest what shapes the bytes besides the articles: programs, formats, settings, templates and their place."""
    seed = repr((package_digest(), versions(), FORMATS, from_folder, site.config))
    digest = hashlib.blake2b(seed.encode("utf-8", "surrogatepass"), digest_size=16)
    for name, source in theme.sources():
        digest.update(f"{name} {len(source)} ".encode("utf-8", "surrogateescape") + source)
    return digest.digest()


def _silent(*_: object) -> None:
    pass


def _site(source: Site | str | os.PathLike[str]) -> tuple[Site, tuple[Problem, ...]]:
    if isinstance(source, Site):
        return source, source.problems
    config, notes = read_config(os.fspath(source))
    return Site(config=config, folder=os.fspath(source)), notes


def _refuse_entries(site: Site, folder: Path) -> None:
    entries = Path(os.path.realpath(site.folder)) if site.folder else None
    output = Path(os.path.realpath(folder))  # `resolve` raises RuntimeError for a link to itself
    if entries and (output in (entries, *entries.parents) or entries in output.parents):
        message = "the published folder may not be the entries folder, nor hold it, nor stand in it"
        raise ConfigError([Problem(code="E007", path=str(folder), message=message, hint="choose another --output")])
