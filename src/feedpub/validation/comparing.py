"""Turn the findings about a set of feeds into problems with a line and a column."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from .decoding import decode
from .feed_sets import FeedSet, Member, check_set
from .report import Report
from .source import Source

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..errors import Problem


def compare_documents(
    members: list[Member], readers: dict[str, Callable[[], bytes]], *, is_complete: bool
) -> list[Problem]:
    """Return what is wrong in a set of documents.

    Args:
        members: The documents.
        readers: Return the content of a document, by its path.
        is_complete: Whether they are all that their publisher publishes.
    """
    problems: list[Problem] = []
    findings = sorted(check_set(FeedSet(members, is_complete=is_complete)), key=attrgetter("path"))
    for path, group in groupby(findings, key=attrgetter("path")):
        of_document = list(group)
        has_positions = path in readers and any(finding.offset >= 0 for finding in of_document)
        report = Report(Source(decode(readers[path]()).data if has_positions else b"", path))
        for finding in of_document:
            location = finding.offset if has_positions and finding.offset >= 0 else None
            report.add(finding.code, finding.message, location)
        problems += report.finish()
    return problems
