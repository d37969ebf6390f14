"""What can go wrong, as values and as exceptions.

FeedpubError
├── ConfigError(ValueError)        feedpub.toml: one or more Problems
├── EntryError(ValueError)         entry files or pasted text: one or more Problems
├── FieldError(ValueError)         a value that cannot stand in a feed: type, field and reason
└── LanguageTagError(ValueError)   not a BCP 47 language tag

A finding about somebody's text is a `Problem`; problems are collected and raised together, never first-only.
"""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from .display import escape_for_terminal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Severity = Literal["error", "warning", "note"]
_SEVERITIES: dict[str, Severity] = {"E": "error", "W": "warning", "N": "note"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Hold one finding with its place and its fix.

    Args:
        code: ``E102`` and the like; the letter is the severity (E error, W warning, N note).
        message: What is wrong here, in one line.
        hint: How to mend it; empty if there is nothing to add.
        path: The file as the caller named it, with ``/`` between folders; empty if there is none.
        line: 1-based line; 0 if the finding is about the whole file.
        column: 1-based column in characters; 0 if the finding is about the whole line.
        end_column: Column behind the last character concerned; 0 if unknown.
        excerpt: The text of that line, for messages.
    """

    code: str
    message: str
    hint: str = ""
    path: str = ""
    line: int = 0
    column: int = 0
    end_column: int = 0
    excerpt: str = ""

    @property
    def severity(self) -> Severity:
        """``error``, ``warning`` or ``note``, from the letter of the code."""
        return _SEVERITIES[self.code[0]]

    @property
    def title(self) -> str:
        """The name of this kind of problem, the same wherever the code appears."""
        return _pages()[self.code]["title"]

    @property
    def place(self) -> str:
        """``path:line:column``, as far as they are known."""
        return ":".join(str(part) for part in (self.path, self.line, self.column) if part)

    def __str__(self) -> str:
        """Say it like a compiler: code, place, the line itself, the fix."""
        lines = [f"{self.severity}[{self.code}] {self.title}"]
        if self.place:
            lines.append(f"  {escape_for_terminal(self.place)}")
        if self.excerpt and self.line:
            lines.extend(_quoted(self))
        else:
            lines.append(f"  {escape_for_terminal(self.message)}")
        if self.hint:
            lines.append(f"  help: {escape_for_terminal(self.hint)}")
        return "\n".join(lines)


def explain(code: str) -> str:
    """Return the page of one problem code: what it means, an example, the fix.

    Args:
        code: A code as it stands in messages, such as ``E102``; case does not matter.

    Raises:
        KeyError: There is no such code.
    """
    page = _pages()[code.upper()]
    return f"{code.upper()} {page['title']}\n\n{page['text'].strip()}\n"


def problem_codes() -> tuple[str, ...]:
    """Return every problem code, in order."""
    return tuple(_pages())


class FeedpubError(Exception):
    """Anything that feedpub raises on purpose."""


class _ProblemsError(FeedpubError, ValueError):
    """One or more Problems; ``problems`` holds them in the order of their places."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type, tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)


class ConfigError(_ProblemsError):
    """feedpub.toml cannot be used."""


class EntryError(_ProblemsError):
    """Entry files, or pasted text, that cannot be published."""


class FieldError(FeedpubError, ValueError):
    """A value that cannot stand in a feed.

    Attributes:
        owner: The value it belongs to, such as ``Entry 'tag:example.org,2026:a/en'``.
        field: The field's name.
        reason: What is wrong with it, with the fix.
    """

    def __init__(self, owner: str, field: str, reason: str) -> None:
        self.owner, self.field, self.reason = owner, field, reason
        super().__init__(owner, field, reason)

    def __str__(self) -> str:
        return f"{self.owner}: {self.field}: {self.reason}"


class HistoryError(FeedpubError):
    """The history of link checks cannot be used: it is no history, is written by another run, or cannot be written."""


class LanguageTagError(FeedpubError, ValueError):
    """Not a language tag of BCP 47 (RFC 5646).

    Attributes:
        tag: What was given.
        suggestion: Tags that were probably meant; may be empty.
    """

    def __init__(self, tag: str, suggestion: tuple[str, ...] = ()) -> None:
        self.tag, self.suggestion = tag, suggestion
        super().__init__(tag, suggestion)

    def __str__(self) -> str:
        meant = f"; did you mean {' or '.join(self.suggestion)}?" if self.suggestion else ""
        return f"{self.tag[:100]!r} is not a language tag (BCP 47){meant}"


@functools.cache
def _pages() -> Mapping[str, Mapping[str, str]]:
    text = Path(__file__).with_name("problems.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


# Longer lines are shown around the column: a 12 MB line must not flood a terminal.
_EXCERPT_CHARACTERS = 100


def _quoted(problem: Problem) -> list[str]:
    start = 0
    if problem.column > _EXCERPT_CHARACTERS - 20:
        start = problem.column - _EXCERPT_CHARACTERS // 2
    excerpt = problem.excerpt[start : start + _EXCERPT_CHARACTERS]
    number, message = f"  {problem.line} | ", escape_for_terminal(problem.message)
    if not problem.column:
        return [number + escape_for_terminal(excerpt), f"  {message}"]
    before = excerpt[: problem.column - 1 - start]
    marked = problem.excerpt[problem.column - 1 : max(problem.end_column - 1, problem.column)]
    marked = escape_for_terminal(marked[: _EXCERPT_CHARACTERS - len(before)])
    indent = " " * (len(number) + _cells(escape_for_terminal(before)))
    return [number + escape_for_terminal(excerpt), f"{indent}{'^' * max(1, _cells(marked))} {message}"]


def _cells(text: str) -> int:
    """Width on a terminal: East Asian wide characters take two cells, marks and joiners none."""
    import unicodedata

    return sum(
        0
        if unicodedata.category(character) in ("Mn", "Me", "Cf")
        else 2
        if unicodedata.east_asian_width(character) in "WF"
        else 1
        for character in text
    )
