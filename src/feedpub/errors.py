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
import textwrap
import tomllib
from dataclasses import dataclass, replace
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from .display import escape_for_terminal
from .redaction import hide_secrets, hide_secrets_in_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Severity = Literal["error", "warning", "note"]
_SEVERITIES: dict[str, Severity] = {"E": "error", "W": "warning", "N": "note"}
# What a problem may hold, so that a file with many mistakes, or with one line of a megabyte, gives a report that can be
# read: of a longer line the characters around the column, of a longer message its start and its end.
LONGEST_EXCERPT_CHARACTERS: Final = 100
LONGEST_MESSAGE_CHARACTERS: Final = 500
_MESSAGE_START_CHARACTERS: Final = 200
_MESSAGE_END_CHARACTERS: Final = 150
_LONGEST_SECRET_CHARACTERS: Final = 8_000
MOST_PROBLEMS_OF_A_CODE: Final = 20  # in one file; one more says how many others there are
_REST_START: Final = "… and "  # of the message of that one


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
        excerpt: The text of that line, for messages; of a long line, the 100 characters around the column. What gives
            access in addresses is hidden here, as in message and hint.
        excerpt_column: 1-based column of the first character of the excerpt.
    """

    code: str
    message: str
    hint: str = ""
    path: str = ""
    line: int = 0
    column: int = 0
    end_column: int = 0
    excerpt: str = ""
    excerpt_column: int = 1

    def __post_init__(self) -> None:
        for name in ("message", "hint"):
            object.__setattr__(self, name, shorten(hide_secrets(getattr(self, name))))
        start = 0
        if len(self.excerpt) > LONGEST_EXCERPT_CHARACTERS:
            place = self.column - self.excerpt_column  # in the excerpt as it was given
            start = 0 if place < LONGEST_EXCERPT_CHARACTERS - 20 else place - LONGEST_EXCERPT_CHARACTERS // 2
        before = max(0, start - _LONGEST_SECRET_CHARACTERS)  # an address is known by how it begins and ends
        end = start + LONGEST_EXCERPT_CHARACTERS
        around = hide_secrets_in_line(self.excerpt[before : end + _LONGEST_SECRET_CHARACTERS])
        object.__setattr__(self, "excerpt", around[start - before : end - before])
        object.__setattr__(self, "excerpt_column", self.excerpt_column + start)

    @property
    def severity(self) -> Severity:
        """``error``, ``warning`` or ``note``, from the letter of the code."""
        return _SEVERITIES[self.code[0]]

    @property
    def title(self) -> str:
        """The name of this kind of problem, the same wherever the code appears."""
        return _pages()[self.code]["title"]

    @property
    def counts_others(self) -> bool:
        """True for a problem that stands for those of its kind that its file has too many of."""
        return self.message.startswith(_REST_START)

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


class ProblemList(list[Problem]):
    """The problems of one file: at most 20 of each code, and one that says how many more there are.

    It stands where the first of those stood that are left out.
    """

    def __init__(self, problems: Iterable[Problem] = ()) -> None:
        super().__init__()
        self._counts: dict[str, int] = {}
        self._rests: dict[str, int] = {}
        for problem in problems:
            self.add(problem)

    @property
    def total(self) -> int:
        """How many problems were added, with those that are left out."""
        return sum(self._counts.values())

    @property
    def total_errors(self) -> int:
        """How many errors were added, with those that are left out."""
        return sum(count for code, count in self._counts.items() if code.startswith("E"))

    def is_full(self, code: str) -> bool:
        """Return True if more problems of a code are only counted: then nobody needs to look for their places."""
        return code in self._rests

    def add(self, problem: Problem, number: int = 1) -> None:
        """Add a problem.

        Args:
            problem: What was found.
            number: How many there are of the kind, of which this is the first; only one is shown.
        """
        before = self._counts.get(problem.code, 0)
        self._counts[problem.code] = before + number
        if before < MOST_PROBLEMS_OF_A_CODE:
            self.append(problem)
            return
        place = self._rests.setdefault(problem.code, len(self))
        if place == len(self):
            self.append(problem)
        left_out = before + number - MOST_PROBLEMS_OF_A_CODE
        self[place] = replace(self[place], message=f"{_REST_START}{left_out:,} more of this kind in this file", hint="")


def shorten(text: str) -> str:
    """Return the start and the end of a long text, which quotes something long between them."""
    if len(text) <= LONGEST_MESSAGE_CHARACTERS:
        return text
    return f"{text[:_MESSAGE_START_CHARACTERS]}…{text[-_MESSAGE_END_CHARACTERS:]}"


def explain(code: str) -> str:
    """Return the page of one problem code: what it means, an example, the fix.

    Args:
        code: A code as it stands in messages, such as ``E102``; case does not matter.

    Raises:
        KeyError: There is no such code.
    """
    page = _pages()[code.upper()]
    return f"{code.upper()} {page['title']}\n\n{page['text'].strip()}\n"


def find_fix(code: str) -> str:
    """Return how to fix problems of a code, if it is a rule of the feed validator; else the empty string."""
    return _pages()[code].get("fix", "")


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
        self.owner, self.field, self.reason = shorten(owner), field, shorten(reason)
        super().__init__(self.owner, self.field, self.reason)

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
    folder = Path(__file__).parent
    pages: dict[str, Mapping[str, str]] = tomllib.loads((folder / "problems.toml").read_text(encoding="utf-8"))
    for path in (folder / "validation" / "rules").glob("*.toml"):
        rules = tomllib.loads(path.read_text(encoding="utf-8"))
        pages |= {code: {**rule, "text": _describe_rule(rule)} for code, rule in rules.items()}
    return dict(sorted(pages.items(), key=lambda item: (list(_SEVERITIES).index(item[0][0]), item[0])))


def _describe_rule(rule: Mapping[str, str]) -> str:
    """Return the page of a rule of the feed validator: what readers do, the fix, an example, the standard."""
    paragraphs = [textwrap.fill(rule["readers"], 110), textwrap.fill(rule["fix"], 110)]
    examples = [
        textwrap.fill(line, 110, initial_indent=indent, subsequent_indent=" " * 12, break_long_words=False)
        for name in ("wrong", "right")
        for indent, line in zip(
            chain([f"    {name}   "], repeat(" " * 12)), rule.get(name, "").strip("\n").splitlines(), strict=False
        )
    ]
    if examples:
        paragraphs.append("\n".join(examples))
    return "\n\n".join([*paragraphs, f"Standard: {rule['standard']}."])


def _quoted(problem: Problem) -> list[str]:
    number, message = f"  {problem.line} | ", escape_for_terminal(problem.message)
    excerpt = escape_for_terminal(problem.excerpt)
    if not problem.column:
        return [number + excerpt, f"  {message}"]
    start = problem.column - problem.excerpt_column
    before = escape_for_terminal(problem.excerpt[:start])
    marked = problem.excerpt[start : start + max(1, problem.end_column - problem.column)]
    carets = "^" * max(1, _cells(escape_for_terminal(marked)))
    return [number + excerpt, f"{' ' * (len(number) + _cells(before))}{carets} {message}"]


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
