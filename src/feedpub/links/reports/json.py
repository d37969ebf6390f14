"""Reports for programs: one JSON document, with a line for each link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ...display import format_json
from .jsonl import format_link

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..result import LinkReport

_SCHEMA: Final = 1


def write_report(report: LinkReport) -> Iterator[str]:
    """Yield the lines of the document.

    json.dumps with `indent` would encode in Python, not in C, which takes four times as long.
    """
    yield "{"
    head = {
        "schema": _SCHEMA,
        "network_down": report.network_down,
        "not_asked": report.not_asked,
        "summary": dict(report.summary),
    }
    for name, value in head.items():
        yield f'  "{name}": {format_json(value)},'
    problems = (
        {
            "code": problem.code,
            "path": problem.path,
            "line": problem.line,
            "message": problem.message,
            "hint": problem.hint,
        }
        for problem in report.problems
    )
    yield from _write_list("problems", map(format_json, problems), ",")
    yield from _write_list("links", map(format_link, report.links), "")
    yield "}"


def _write_list(name: str, values: Iterable[str], end: str) -> Iterator[str]:
    line = f'  "{name}": ['
    is_empty = True
    for value in values:
        yield line if is_empty else f"{line},"
        line, is_empty = f"    {value}", False
    yield f"{line}]{end}" if is_empty else line
    if not is_empty:
        yield f"  ]{end}"
