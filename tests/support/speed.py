"""Spare the tests what they do thousands of times and what none of them looks at.

Half of the time of a build of three articles went into flushing files to the disk, and a third into compiling the same
templates again (measured 2026-11-30). Tests that count or fail `os.fsync` replace it themselves.
"""

from __future__ import annotations

import functools
import itertools
import os
import sqlite3
from typing import TYPE_CHECKING, Any, TypeVar

import jinja2

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

# `FEEDPUB_THOROUGH=1` (`make explore`): every moment, every case and full sizes, in place of the usual selection.
THOROUGH = bool(os.environ.get("FEEDPUB_THOROUGH"))

T = TypeVar("T")
U = TypeVar("U")


def sample(values: Iterable[T], most: int) -> list[T]:
    """Return at most so many of some values, spread evenly and always the same; all of them in a thorough run."""
    everything = list(values)
    assert everything, "a sample of nothing passes without a case"
    if THOROUGH or len(everything) <= most:
        return everything
    return [everything[number * len(everything) // most] for number in range(most)]


def by_turns(values: Iterable[T], others: Iterable[U]) -> list[tuple[T, U]]:
    """Return each value with one of the others, by turns; with all of them in a thorough run."""
    everything, turns = list(values), list(others)
    assert len(everything) >= len(turns) > 0, "not each of the others would have its turn"
    if THOROUGH:
        return list(itertools.product(everything, turns))
    return list(zip(everything, itertools.cycle(turns), strict=False))


def skip_flushing(patch: pytest.MonkeyPatch) -> None:
    """Let no file wait for the disk: neither files that are written nor databases; nobody pulls the plug of tests."""
    patch.setattr(os, "fsync", lambda descriptor: None)
    connect = sqlite3.connect
    patch.setattr(
        sqlite3, "connect", lambda *values, **named: connect(*values, **{"factory": _UnflushedConnection} | named)
    )


class _UnflushedConnection(sqlite3.Connection):
    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        return super().execute(statement.replace("synchronous = NORMAL", "synchronous = OFF"), *values)


def read_package_once(patch: pytest.MonkeyPatch) -> None:
    """Read feedpub's own files, of which each build takes a digest, once in a process."""
    from feedpub.building import builder, versions

    patch.setattr(builder, "digest_package", functools.cache(versions.digest_package))


def compile_templates_once(patch: pytest.MonkeyPatch) -> None:
    """Compile each template once in a process, not once in a build: its code depends on its text, name and path."""
    compile_template = jinja2.Environment.compile
    compiled: dict[tuple[Any, ...], Any] = {}

    def compile_once(
        self: jinja2.Environment, source: str, name: str | None = None, filename: str | None = None, *rest: Any
    ) -> Any:
        key = type(self), source, name, filename, rest
        if key not in compiled:
            compiled[key] = compile_template(self, source, name, filename, *rest)
        return compiled[key]

    patch.setattr(jinja2.Environment, "compile", compile_once)
