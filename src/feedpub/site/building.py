"""Site → published folder: what changed is read, rendered and written; the rest is left alone."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..database import DamagedError
from ..entries.scanning import scan
from ..errors import ConfigError, Problem
from ..model import Site
from .changes import UNFINISHED, compare, trusted
from .config import read_config
from .manifest import Manifest
from .theme import Theme
from .versions import versions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

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
        FieldError: Two entries of a Site have one id.
        OSError: A file cannot be written.
    """
    site, notes = _site(source)
    if base_url:
        site = replace(site, config=replace(site.config, base_url=base_url))
    _refuse_entries(site, Path(output))
    from_folder = not isinstance(source, Site)
    try:
        return _build(site, output, notes, from_folder, keep_going, progress or _silent)
    except DamagedError:  # it is gone now
        return _build(site, output, notes, from_folder, keep_going, progress or _silent)


def _build(
    site: Site,
    output: str | os.PathLike[str],
    notes: Sequence[Problem],
    from_folder: bool,
    keep_going: bool,
    progress: Progress,
) -> BuildResult:
    place = Path(output)
    theme = Theme(site.folder)
    with Manifest(place, _fingerprint(site, theme, from_folder)) as manifest:
        outputs = trusted(place, manifest.outputs())
        changes = None
        if from_folder:
            states, passed_over = scan(site.folder)
            changes = compare(states, manifest)
            del states  # it is large, and `changes` will release it
            notes = (*notes, *passed_over)
            if not changes and not manifest.starts_over and outputs and UNFINISHED not in outputs.values():
                return _result(output, site, manifest, notes, kept=sorted(outputs))
        from .work import work  # what follows is most of feedpub, and takes a while to load

        folder, problems = work(site, theme, place, manifest, changes, outputs, keep_going, progress)
        return _result(output, site, manifest, (*notes, *problems), folder.written, sorted(folder.kept), folder.removed)


def _result(
    output: str | os.PathLike[str],
    site: Site,
    manifest: Manifest,
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
        problems=tuple(problem for problem in problems if problem.severity != "note"),
    )


def _fingerprint(site: Site, theme: Theme, from_folder: bool) -> bytes:
    """Digest all that shapes the bytes besides the articles: programs, settings, templates; and where those are."""
    seed = repr((versions(), from_folder, site.config))
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
    entries = Path(site.folder).resolve() if site.folder else None
    output = folder.resolve()
    if entries and (output in (entries, *entries.parents) or entries in output.parents):
        message = "the published folder may not be the entries folder, nor hold it, nor stand in it"
        raise ConfigError([Problem(code="E007", path=str(folder), message=message, hint="choose another --output")])
