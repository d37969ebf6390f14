"""Read an entries folder into a Site."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..entries.folder import read_folder
from ..errors import ConfigError, EntryError, Problem
from ..model import Site
from .scheduling import read_until
from .settings import read_config
from .theme import Theme

if TYPE_CHECKING:
    from datetime import datetime


def load(folder: str | os.PathLike[str] = "entries", *, keep_going: bool = False) -> Site:
    """Read a folder of entry files and its feedpub.toml.

    Args:
        folder: A folder with ``feedpub.toml`` and files such as ``<key>.<language>.md``.
        keep_going: Leave out articles with errors instead of raising; `Site.problems` has the errors.

    Raises:
        ConfigError: feedpub.toml cannot be used.
        EntryError: Some entries cannot be published; its `problems` include warnings and notes.
    """
    path = os.fspath(folder)
    config, notes = read_config(path)
    articles, problems = read_folder(path, config)
    all_problems = (*notes, *problems)
    if not keep_going and any(problem.severity == "error" for problem in all_problems):
        raise EntryError(all_problems)
    return Site(config=config, articles=articles, folder=path, problems=all_problems)


def lint(folder: str | os.PathLike[str] = "entries", *, until: datetime | str | None = None) -> tuple[Problem, ...]:
    """Return all problems of the settings, templates and entries in a folder, each with its location and a fix.

    Writes nothing.

    Args:
        folder: As in `load`.
        until: As in `build`; there is a note for each entry that is published later.

    Raises:
        ValueError: `until` has no time zone.
    """
    path = os.fspath(folder)
    try:
        config, notes = read_config(path)
        _, problems = read_folder(path, config, until=read_until(until, config.timezone))
    except ConfigError as error:
        return error.problems
    return (*notes, *Theme(path).list_problems(), *problems)
