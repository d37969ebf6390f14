"""Problems and exceptions.

FeedpubError
├── ConfigError(ValueError)        the settings or the published folder cannot be used: one or more Problems
├── EntryError(ValueError)         entry files or pasted text cannot be published: one or more Problems
├── FieldError(ValueError)         a value that no feed can carry: its owner, field and reason
├── HistoryError                   the history of link checks cannot be used
└── LanguageTagError(ValueError)   not a BCP 47 language tag

A `Problem` is a finding in a text. Problems are collected and raised together, not only the first one.
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
# Limits that keep a report readable if a file has many mistakes, or a line of a megabyte. A longer line is cut to the
# characters around the column, a longer message to its start and its end.
LONGEST_EXCERPT_CHARACTERS: Final = 100
LONGEST_MESSAGE_CHARACTERS: Final = 500
_MESSAGE_START_CHARACTERS: Final = 200
_MESSAGE_END_CHARACTERS: Final = 150
_LONGEST_SECRET_CHARACTERS: Final = 8_000
MOST_PROBLEMS_OF_A_CODE: Final = 20  # in one file; one more problem says how many others there are
_SUMMARY_START: Final = "… and "  # the start of its message


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A finding in a text, with its location and a fix.

    Passwords and tokens in addresses are hidden in `message`, `hint` and `excerpt`.

    Args:
        code: Code such as ``E102``. The letter is the severity: E error, W warning, N note.
        message: What is wrong here, in one line; at most 500 characters.
        hint: How to fix it; empty if there is nothing to add.
        path: The file as the caller named it, with ``/`` between folders; empty if there is none.
        line: Line from 1; 0 if the problem is about the whole file.
        column: Column in characters from 1; 0 if the problem is about the whole line.
        end_column: Column after the last character concerned; 0 if unknown.
        excerpt: The text of the line; of a long line, the 100 characters around the column.
        excerpt_column: Column of the first character of the excerpt, from 1.
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
            object.__setattr__(self, name, shorten_message(hide_secrets(getattr(self, name))))
        start = 0
        if len(self.excerpt) > LONGEST_EXCERPT_CHARACTERS:
            column_in_excerpt = self.column - self.excerpt_column  # before the cut
            start = (
                0
                if column_in_excerpt < LONGEST_EXCERPT_CHARACTERS - 20
                else column_in_excerpt - LONGEST_EXCERPT_CHARACTERS // 2
            )
        context_start = max(0, start - _LONGEST_SECRET_CHARACTERS)  # whole addresses, to recognise secrets in them
        end = start + LONGEST_EXCERPT_CHARACTERS
        context = hide_secrets_in_line(self.excerpt[context_start : end + _LONGEST_SECRET_CHARACTERS])
        object.__setattr__(self, "excerpt", context[start - context_start : end - context_start])
        object.__setattr__(self, "excerpt_column", self.excerpt_column + start)

    @property
    def severity(self) -> Severity:
        """The severity by the letter of the code: ``error``, ``warning`` or ``note``."""
        return _SEVERITIES[self.code[0]]

    @property
    def title(self) -> str:
        """The title of the code, the same for all problems with this code."""
        return _get_page(self.code)["title"]

    @property
    def counts_others(self) -> bool:
        """True if the problem only counts further problems with this code in the file."""
        return self.message.startswith(_SUMMARY_START)

    @property
    def place(self) -> str:
        """The place as ``path:line:column``, without the parts that are unknown."""
        return ":".join(str(part) for part in (self.path, self.line, self.column) if part)

    def __str__(self) -> str:
        """Return the problem as compilers write it: code, title, place, the line, the fix."""
        lines = [f"{self.severity}[{self.code}] {self.title}"]
        if self.place:
            lines.append(f"  {escape_for_terminal(self.place)}")
        if self.excerpt and self.line:
            lines.extend(_quote_line(self))
        else:
            lines.append(f"  {escape_for_terminal(self.message)}")
        if self.hint:
            lines.append(f"  help: {escape_for_terminal(self.hint)}")
        return "\n".join(lines)


class ProblemList(list[Problem]):
    """The problems of one file: at most 20 with each code, and one that counts the others.

    That one is in the position of the first problem that is left out.
    """

    def __init__(self, problems: Iterable[Problem] = ()) -> None:
        super().__init__()
        self._counts: dict[str, int] = {}
        self._summary_indexes: dict[str, int] = {}
        for problem in problems:
            self.add(problem)

    @property
    def total(self) -> int:
        """The number of problems that were added, including those that are left out."""
        return sum(self._counts.values())

    @property
    def total_errors(self) -> int:
        """The number of errors that were added, including those that are left out."""
        return sum(count for code, count in self._counts.items() if code.startswith("E"))

    def is_full(self, code: str) -> bool:
        """Return True if further problems with a code are only counted. Their places need not be searched."""
        return code in self._summary_indexes

    def add(self, problem: Problem, count: int = 1) -> None:
        """Add a problem.

        Args:
            problem: The problem.
            count: The number of such problems, of which this is the first. Only this one is shown.
        """
        previous_count = self._counts.get(problem.code, 0)
        self._counts[problem.code] = previous_count + count
        if previous_count < MOST_PROBLEMS_OF_A_CODE:
            self.append(problem)
            return
        index = self._summary_indexes.setdefault(problem.code, len(self))
        if index == len(self):
            self.append(problem)
        left_out = previous_count + count - MOST_PROBLEMS_OF_A_CODE
        self[index] = replace(
            self[index], message=f"{_SUMMARY_START}{left_out:,} more of this kind in this file", hint=""
        )


def shorten_message(text: str) -> str:
    """Return a message; of a long message, which quotes something long, the start and the end."""
    if len(text) <= LONGEST_MESSAGE_CHARACTERS:
        return text
    return f"{text[:_MESSAGE_START_CHARACTERS]}…{text[-_MESSAGE_END_CHARACTERS:]}"


def explain(code: str) -> str:
    """Return the page of a problem code: what it means, an example, and the fix.

    Args:
        code: A code such as ``E102``, in any case.

    Raises:
        KeyError: There is no such code.
    """
    page = _get_page(code.upper())
    return f"{code.upper()} {page['title']}\n\n{page['text'].strip()}\n"


def find_fix(code: str) -> str:
    """Return how to fix problems of a code, if it is a rule of the feed validator; else the empty string."""
    return _get_page(code).get("fix", "")


def problem_codes() -> tuple[str, ...]:
    """Return all problem codes, in order."""
    severities = list(_SEVERITIES)
    return tuple(sorted([*_read_pages(), *_read_rules()], key=lambda code: (severities.index(code[0]), code)))


class FeedpubError(Exception):
    """The base class of all exceptions of feedpub."""


class _ProblemsError(FeedpubError, ValueError):
    """One or more Problems.

    Attributes:
        problems: The problems, in the order of their places.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type, tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)


class ConfigError(_ProblemsError):
    """The settings, a template or the published folder cannot be used.

    Attributes:
        problems: The problems, in the order of their places.
    """


class EntryError(_ProblemsError):
    """Entry files or pasted text cannot be published.

    Attributes:
        problems: The problems, in the order of their places.
    """


class FieldError(FeedpubError, ValueError):
    """A value that no feed can carry.

    Attributes:
        owner: The value with the field, such as ``Entry 'tag:example.org,2026:a/en'``.
        field: Name of the field.
        reason: What is wrong with it, and how to fix it.
    """

    def __init__(self, owner: str, field: str, reason: str) -> None:
        self.owner, self.field, self.reason = shorten_message(owner), field, shorten_message(reason)
        super().__init__(self.owner, self.field, self.reason)

    def __str__(self) -> str:
        return f"{self.owner}: {self.field}: {self.reason}"


class HistoryError(FeedpubError):
    """The history of link checks cannot be used: it is another kind of file, not writable, or in use by another run."""


class LanguageTagError(FeedpubError, ValueError):
    """Not a BCP 47 language tag (RFC 5646).

    Attributes:
        tag: The text that is not a language tag.
        suggestion: The tags that were probably meant; may be empty.
    """

    def __init__(self, tag: str, suggestion: tuple[str, ...] = ()) -> None:
        self.tag, self.suggestion = tag, suggestion
        super().__init__(tag, suggestion)

    def __str__(self) -> str:
        question = f"; did you mean {' or '.join(self.suggestion)}?" if self.suggestion else ""
        return f"{self.tag[:100]!r} is not a language tag (BCP 47){question}"


def _get_page(code: str) -> Mapping[str, str]:
    """Return the page of a code. The rules of the validator, which take 40 ms to read, are read only if needed."""
    pages = _read_pages()
    return pages[code] if code in pages else _read_rules()[code]


@functools.cache
def _read_pages() -> Mapping[str, Mapping[str, str]]:
    """Return the pages of the codes for settings, entries and pasted text."""
    pages: dict[str, Mapping[str, str]] = tomllib.loads(
        Path(__file__).with_name("problems.toml").read_text(encoding="utf-8")
    )
    return pages


@functools.cache
def _read_rules() -> Mapping[str, Mapping[str, str]]:
    """Return the pages of the rules of the feed validator."""
    pages: dict[str, Mapping[str, str]] = {}
    for path in (Path(__file__).parent / "validation" / "rules").glob("*.toml"):
        rules = tomllib.loads(path.read_text(encoding="utf-8"))
        pages |= {code: {**rule, "text": _describe_rule(rule)} for code, rule in rules.items()}
    return pages


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
    if rule["standard"]:
        paragraphs.append(f"Standard: {rule['standard']}.")
    return "\n\n".join(paragraphs)


def _quote_line(problem: Problem) -> list[str]:
    line_number, message = f"  {problem.line} | ", escape_for_terminal(problem.message)
    excerpt = escape_for_terminal(problem.excerpt)
    if not problem.column:
        return [line_number + excerpt, f"  {message}"]
    start = problem.column - problem.excerpt_column
    before = escape_for_terminal(problem.excerpt[:start])
    marked = problem.excerpt[start : start + max(1, problem.end_column - problem.column)]
    carets = "^" * max(1, _count_cells(escape_for_terminal(marked)))
    return [line_number + excerpt, f"{' ' * (len(line_number) + _count_cells(before))}{carets} {message}"]


def _count_cells(text: str) -> int:
    """Return the width of a text on a terminal: wide East Asian characters take two cells, marks and joiners none."""
    import unicodedata

    return sum(
        0
        if unicodedata.category(character) in ("Mn", "Me", "Cf")
        else 2
        if unicodedata.east_asian_width(character) in "WF"
        else 1
        for character in text
    )
