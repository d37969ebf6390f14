"""Links that entries accept as they are: ``<!-- feedpub: accept URL until DATE because TEXT -->``."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from html import unescape
from typing import TYPE_CHECKING, Final

from .. import iri
from ..errors import Problem, ProblemList
from ..files import read_file
from .result import Acceptance

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from ..model import Site
    from .result import Mention

_START, _END, _MARK = "<!--", "-->", "feedpub:"
_CODE: Final = "W140"
_ACCEPT: Final = re.compile(r"accept\s+(\S+)\s+until\s+(\S+)\s+because\s+(\S.*)", re.DOTALL | re.IGNORECASE)
_FORM: Final = "<!-- feedpub: accept URL until 2026-12-31 because TEXT -->"


def find_acceptances(
    site: Site, links: Mapping[str, Sequence[Mention]], now: datetime
) -> tuple[dict[str, Acceptance], tuple[Problem, ...]]:
    """Read the comments of a site's entries that accept links.

    Args:
        site: With entries from files.
        links: Of the site: address → where it stands.
        now: The time; aware.

    Returns:
        Address → acceptance, and the comments that are wrong.
    """
    by_path: dict[str, set[str]] = {}
    for url, places in links.items():
        for place in places:
            by_path.setdefault(place.path, set()).add(url)
    accepted: dict[str, Acceptance] = {}
    problems: list[Problem] = []
    for article in site.articles:
        for language, path in article.paths.items():
            text = _read_text(path)
            wrong = ProblemList()
            entry = article.entries.get(language)
            body = unescape(entry.body) if entry and _MARK in text else ""
            for start, comment in _find_comments(text):
                if f"{_MARK}{comment}" in body:
                    continue  # in code: it is published as text
                found = _read_comment(comment, by_path.get(path, set()), now)
                if isinstance(found, str):
                    is_counted = wrong.is_full(_CODE)
                    wrong.add(
                        Problem(code=_CODE, message=found) if is_counted else _make_problem(found, path, text, start)
                    )
                    continue
                url, acceptance = found
                if url not in accepted or accepted[url].until < acceptance.until:
                    accepted[url] = acceptance
            problems += wrong
    return accepted, tuple(problems)


def _read_text(path: str) -> str:
    try:
        return read_file(*os.path.split(path)).decode("utf-8-sig", "replace") if path else ""
    except OSError:  # removed since it was loaded
        return ""


def _find_comments(text: str) -> Iterator[tuple[int, str]]:
    """Yield the comments that are meant for feedpub: where they start, and what follows the mark; in linear time."""
    end = 0
    while (start := text.find(_START, end)) >= 0:
        end = text.find(_END, start + len(_START))
        if end < 0:
            return
        comment = text[start + len(_START) : end].lstrip()
        if comment.startswith(_MARK):
            yield start, comment.removeprefix(_MARK).rstrip()


def _read_comment(comment: str, urls: Collection[str], now: datetime) -> tuple[str, Acceptance] | str:
    """Return what a comment accepts, or what is wrong with it."""
    match = _ACCEPT.fullmatch(comment.strip())
    if not match:
        return f"this comment cannot be read; write {_FORM}"
    address, date, why = match[1].removeprefix("<").removesuffix(">"), match[2], " ".join(match[3].split())
    try:
        until = datetime.fromisoformat(date)
    except ValueError:
        return f"{date!r} is not a date; write it like 2026-12-31"
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    if until <= now:
        return f"{date} is over; choose a later date, or remove the comment"
    spellings = (address, unescape(address), iri.resolve_url("", unescape(address)) or "")
    url = next((spelling for spelling in spellings if spelling in urls), None)
    if url is None:
        return f"this entry has no link to {address}; copy the address from the link, or remove the comment"
    return url, Acceptance(until=until, why=why)


def _make_problem(message: str, path: str, text: str, start: int) -> Problem:
    what, _, hint = message.partition("; ")
    line = text.count("\n", 0, start) + 1
    column = start - text.rfind("\n", 0, start)
    first_line = text[start - column + 1 :].partition("\n")[0].rstrip("\r")
    end_column = min(text.find(_END, start) + len(_END) - start + column, len(first_line) + 1)
    return Problem(
        code=_CODE, message=what, hint=hint, path=path, line=line, column=column, end_column=end_column,
        excerpt=first_line,
    )  # fmt: skip
