"""Comments in entries that accept links as they are: ``<!-- feedpub: accept URL until DATE because TEXT -->``."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from html import unescape
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from .. import iri
from ..errors import Problem, ProblemList
from ..files import read_file
from .result import Acceptance

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ..model import Site
    from .result import Mention

_COMMENT_START, _COMMENT_END, _PREFIX = "<!--", "-->", "feedpub:"
_PROBLEM_CODE: Final = "W140"
_ACCEPT: Final = re.compile(r"accept\s+(<[^<>]+>|\S+)\s+until\s+(\S+)\s+because\s+(\S.*)", re.DOTALL | re.IGNORECASE)
_SYNTAX: Final = "<!-- feedpub: accept URL until 2026-12-31 because TEXT -->"


def find_acceptances(
    site: Site, links: Mapping[str, Sequence[Mention]], now: datetime
) -> tuple[dict[str, Acceptance], tuple[Problem, ...]]:
    """Return the links that comments in a site's entries accept.

    Args:
        site: Its entries may come from files.
        links: Of the site: address → where it was written.
        now: The current time; aware.

    Returns:
        Address → acceptance, and a problem for each comment that accepts nothing.
    """
    urls_by_path: dict[str, set[str]] = {}
    for url, mentions in links.items():
        for mention in mentions:
            urls_by_path.setdefault(mention.path, set()).add(url)
    accepted: dict[str, Acceptance] = {}
    problems: list[Problem] = []
    for article in site.articles:
        for language, path in article.paths.items():
            text = _read_text(path)
            file_problems = ProblemList()
            urls = _index_spellings(urls_by_path.get(path, ())) if _PREFIX in text else {}
            entry = article.entries.get(language)
            body = unescape(entry.body) if entry and _PREFIX in text else ""
            for start, comment in _find_comments(text):
                if f"{_PREFIX}{comment}" in body:
                    continue  # in code: it is published as text
                try:
                    url, acceptance = _parse_comment(comment, urls, now)
                except _CommentError as error:
                    file_problems.add(
                        Problem(code=_PROBLEM_CODE, message=error.message)
                        if file_problems.is_full(_PROBLEM_CODE)  # then it is only counted
                        else _make_problem(error, path, text, start)
                    )
                    continue
                if url not in accepted or accepted[url].until < acceptance.until:
                    accepted[url] = acceptance
            problems += file_problems
    return accepted, tuple(problems)


class _CommentError(Exception):
    """A comment accepts nothing; `message` says why, and `hint` what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


def _read_text(path: str) -> str:
    try:
        return read_file(*os.path.split(path)).decode("utf-8-sig", "replace") if path else ""
    except OSError:  # the file was removed after it was loaded
        return ""


def _find_comments(text: str) -> Iterator[tuple[int, str]]:
    """Yield the comments for feedpub, in linear time: where each starts, and the text behind `feedpub:`."""
    end = 0
    while (start := text.find(_COMMENT_START, end)) >= 0:
        end = text.find(_COMMENT_END, start + len(_COMMENT_START))
        if end < 0:
            return
        comment = text[start + len(_COMMENT_START) : end].lstrip()
        if comment.startswith(_PREFIX):
            yield start, comment.removeprefix(_PREFIX).rstrip()


def _index_spellings(urls: Iterable[str]) -> dict[str, str]:
    """Return URLs by each spelling that means one of them: published URLs are escaped, those in comments may not be."""
    index: dict[str, str] = {}
    for url in urls:
        spelling = _normalise_spelling(url)
        index[spelling] = "" if spelling in index else url  # "": the spelling means two of them
    return {**{spelling: url for spelling, url in index.items() if url}, **{url: url for url in urls}}


def _normalise_spelling(url: str) -> str:
    parsed = iri.parse_url(url)
    return unquote(parsed.href if parsed else url)


def _parse_comment(comment: str, urls: Mapping[str, str], now: datetime) -> tuple[str, Acceptance]:
    """Return the link that a comment accepts, and until when.

    Args:
        comment: The text behind `feedpub:`.
        urls: The links of the same file, as `_index_spellings` returns them.
        now: The current time.

    Raises:
        _CommentError: The comment accepts nothing.
    """
    match = _ACCEPT.fullmatch(comment.strip())
    if not match:
        raise _CommentError("this comment cannot be read", f"write {_SYNTAX}")
    address, date, why = match[1].removeprefix("<").removesuffix(">"), match[2], " ".join(match[3].split())
    try:
        until = datetime.fromisoformat(date)
    except ValueError:
        raise _CommentError(f"{date!r} is not a date", "write it like 2026-12-31") from None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    if until <= now:
        raise _CommentError(f"this acceptance ended on {date}", "choose a later date, or remove the comment")
    plain = unescape(address)
    spellings = (address, plain, iri.resolve_url("", plain) or "", _normalise_spelling(plain))
    url = next((urls[spelling] for spelling in spellings if spelling in urls), None)
    if url is None:
        hint = "copy the address from the link, or remove the comment"
        raise _CommentError(f"this entry has no link to {address}", hint)
    return url, Acceptance(until=until, why=why)


def _make_problem(error: _CommentError, path: str, text: str, start: int) -> Problem:
    line = text.count("\n", 0, start) + 1
    column = start - text.rfind("\n", 0, start)
    first_line = text[start - column + 1 :].partition("\n")[0].rstrip("\r")
    end_column = min(text.find(_COMMENT_END, start) + len(_COMMENT_END) - start + column, len(first_line) + 1)
    return Problem(
        code=_PROBLEM_CODE, message=error.message, hint=error.hint, path=path, line=line, column=column,
        end_column=end_column, excerpt=first_line,
    )  # fmt: skip
