"""Turn the findings about a set of feeds into problems with a line and a column."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import Problem, ProblemList, find_fix
from .decoding import decode
from .feed_sets import FeedSet, Member, check_set
from .source import Source

if TYPE_CHECKING:
    from collections.abc import Callable


def compare_documents(
    members: list[Member], readers: dict[str, Callable[[], bytes]], *, is_complete: bool
) -> list[Problem]:
    """Return what is wrong in a set of documents.

    Args:
        members: The documents.
        readers: Return the content of a document, by its path.
        is_complete: Whether they are all that their publisher publishes.
    """
    problems = [
        (
            Problem(code=finding.code, message=finding.message, hint=find_fix(finding.code), path=finding.path),
            finding.offset,
        )
        for finding in check_set(FeedSet(members, is_complete=is_complete))
    ]
    located: dict[str, ProblemList] = {}
    sources: dict[str, Source] = {}
    for problem, offset in sorted(problems, key=lambda pair: pair[0].path):
        path = problem.path
        if offset >= 0 and path in readers:
            if path not in sources:
                sources = {path: Source(decode(readers[path]()).data)}  # one at a time
            problem = _add_position(problem, sources[path], offset)
        located.setdefault(path, ProblemList()).add(problem)
    return [problem for listed in located.values() for problem in listed]


def _add_position(problem: Problem, source: Source, offset: int) -> Problem:
    line, column = source.find_position(offset)
    excerpt, excerpt_column = source.find_excerpt(offset)
    return replace(problem, line=line, column=column, excerpt=excerpt, excerpt_column=excerpt_column)
