"""An entries folder → Site."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..entries.folder import read_folder
from ..errors import ConfigError, EntryError, Problem
from ..model import Site
from .scheduling import read_until
from .settings import read_config

if TYPE_CHECKING:
    from datetime import datetime


def load(folder: str | os.PathLike[str] = "entries", *, keep_going: bool = False) -> Site:
    """Read a folder of entry files and its feedpub.toml.

    Args:
        folder: Holds ``feedpub.toml`` and ``<key>.<language>.md`` files.
        keep_going: Leave articles with errors out instead of raising; the errors stand in `Site.problems`.

    Raises:
        ConfigError: feedpub.toml cannot be used.
        EntryError: Some entries cannot be published; all their problems, warnings and notes too.
    """
    name = os.fspath(folder)
    config, notes = read_config(name)
    articles, problems = read_folder(name, config)
    found = (*notes, *problems)
    if not keep_going and any(problem.severity == "error" for problem in found):
        raise EntryError(found)
    return Site(config=config, articles=articles, folder=name, problems=found)


def lint(folder: str | os.PathLike[str] = "entries", *, until: datetime | str | None = None) -> tuple[Problem, ...]:
    """Return every problem of a folder's settings and entries, each with its place and a fix. Writes nothing.

    Args:
        folder: As of `load`.
        until: As of `build`: entries that are published later are noted.

    Raises:
        ValueError: `until` has no time zone.
    """
    name = os.fspath(folder)
    try:
        config, notes = read_config(name)
        _, problems = read_folder(name, config, until=read_until(until, config.timezone))
    except ConfigError as error:
        return error.problems
    return (*notes, *problems)
