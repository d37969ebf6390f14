"""What the command line prints: each line through `echo`, so that no text of others acts on who reads it.

Nothing else in the command line writes to stdout or stderr (ruff holds it: TID251, T20).
"""

from __future__ import annotations

import io
import os
import sys
import threading
import traceback
import warnings
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import click

from ..display import escape_for_terminal, format_annotation, format_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import TracebackType

    import feedpub

MOST_PROBLEMS_SHOWN = 50  # one by one; of more, an example of each kind
_MOST_MESSAGES = 10  # of a code, in a summary
_COLOURS = {"error": "red", "warning": "yellow", "note": "cyan"}
_ANNOTATIONS = ("::error", "::warning", "::notice")


def echo(line: str, *, err: bool = False, colour: str | None = None) -> None:
    """Print one line; line feeds in it are escaped, as is all else that is not only shown."""
    line = escape_for_terminal(line)
    if colour:
        line = click.style(line, fg=colour, bold=True)
    click.echo(line, err=err, color=False if os.environ.get("NO_COLOR") else None)


def echo_lines(text: str, *, err: bool = False, may_annotate: bool = False) -> None:
    """Print each line of a text.

    Args:
        text: With or without a line feed at its end.
        err: Whether to stderr.
        may_annotate: Whether annotations of GitHub Actions, at the start of lines, are meant.
    """
    for line in text.removesuffix("\n").split("\n") if text else ():
        if may_annotate and line.startswith(_ANNOTATIONS):
            click.echo(f"::{escape_for_terminal(line[2:])}", err=err)
        else:
            echo(line, err=err)


def echo_annotation(severity: str, message: str, **place: Any) -> None:
    """Print an annotation of GitHub Actions; see `format_annotation`."""
    echo_lines(format_annotation(severity, message, **place), may_annotate=True)


def echo_json(**values: Any) -> None:
    """Print one JSON object."""
    echo_utf8(format_json({"schema": 1, **values}, indent=2))


def echo_utf8(text: str) -> None:
    """Print what programs read: in UTF-8, whatever the encoding of the terminal is (RFC 8259, section 8.1)."""
    click.echo(f"{text}\n".encode(errors="backslashreplace"), nl=False)


def echo_problems(problems: Sequence[feedpub.Problem], form: str, *, may_summarise: bool = True) -> None:
    """Print problems in one of the formats ``text``, ``json`` and ``github``.

    Args:
        problems: What was found.
        form: The format.
        may_summarise: Whether text about more than `MOST_PROBLEMS_SHOWN` shows an example of each kind, and numbers.
    """
    if form == "json":
        echo_json(problems=problem_values(problems))
        return
    if form == "text" and may_summarise and len(problems) > MOST_PROBLEMS_SHOWN:
        _echo_summary(problems)
        return
    for problem in problems:
        if form == "github":
            hint = f" ({problem.hint})" if problem.hint else ""
            echo_annotation(
                problem.severity, problem.message + hint, title=f"{problem.code} {problem.title}",
                file=problem.path, line=problem.line, column=problem.column,
            )  # fmt: skip
        else:
            first, _, rest = str(problem).partition("\n")
            echo(first, colour=_COLOURS[problem.severity])
            echo_lines(f"{rest}\n\n")


def _echo_summary(problems: Sequence[feedpub.Problem]) -> None:
    """Print of each code how many problems there are, an example, and what is said of many files alike."""
    by_code: dict[str, list[feedpub.Problem]] = {}
    for problem in problems:
        by_code.setdefault(problem.code, []).append(problem)
    severities = list(_COLOURS)
    kinds = sorted(by_code.values(), key=lambda found: (severities.index(found[0].severity), -len(found)))
    for found in kinds:
        first, _, example = str(found[0]).partition("\n")
        echo(f"{first}: {_count_of_kind(found)}", colour=_COLOURS[found[0].severity])
        echo_lines(example)
        _echo_repeated(found)
        echo("")
    echo(f"{len(problems):,} problems, of each kind an example; `feedpub lint --all` shows every one")


def _count_of_kind(problems: Sequence[feedpub.Problem]) -> str:
    """Return how many problems of one code there are, in how many files, in words."""
    number = sum(not problem.counts_others for problem in problems)
    files = len({problem.path for problem in problems})
    at_least = "more than " if number < len(problems) else ""
    return f"{at_least}{number:,} in {files:,} file{'' if files == 1 else 's'}"


def _echo_repeated(problems: Sequence[feedpub.Problem]) -> None:
    """Print each message that several problems of one code have, once; nothing if all of them have the same."""
    counted = Counter(problem.message for problem in problems if not problem.counts_others)
    repeated = [(message, number) for message, number in counted.most_common() if number > 1 and len(counted) > 1]
    for message, number in repeated[:_MOST_MESSAGES]:
        echo(f"  {number:,} × {message}")
    if len(repeated) > _MOST_MESSAGES:
        echo(f"  … and {len(repeated) - _MOST_MESSAGES:,} other messages that stand in several places")


def problem_values(problems: Iterable[feedpub.Problem]) -> list[dict[str, Any]]:
    """Return problems as they stand in JSON."""
    return [{**asdict(problem), "severity": problem.severity, "title": problem.title} for problem in problems]


def count_problems(problems: Iterable[feedpub.Problem]) -> str:
    """Return how many problems there are of each severity, in words."""
    severities = [problem.severity for problem in problems]
    parts = [
        f"{number} {severity}{'' if number == 1 else 's'}"
        for severity in ("error", "warning", "note")
        if (number := severities.count(severity))
    ]
    return ", ".join(parts) or "no problems"


def echo_usage_error(error: click.ClickException) -> None:
    """Print what click says of a wrong command line, which quotes arguments and names of files."""
    text = io.StringIO()
    error.show(file=text)
    echo_lines(text.getvalue().replace(error.message, escape_for_terminal(error.message)), err=True)


def fail(message: str, code: int) -> NoReturn:
    """Print why the command ends, and exit."""
    echo(f"feedpub: {message}", err=True)
    sys.exit(code)


def install_hooks() -> None:
    """Let tracebacks and warnings of Python, which quote texts of others, be printed by `echo` as well."""

    def show_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        echo_lines("".join(traceback.format_exception(kind, error, trace)), err=True)

    def show_error_of_thread(arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value and not isinstance(arguments.exc_value, SystemExit):
            show_error(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)

    def show_warning(
        message: Warning | str, category: type[Warning], filename: str, lineno: int,
        file: TextIO | None = None, line: str | None = None,
    ) -> None:  # fmt: skip
        echo_lines(warnings.formatwarning(message, category, filename, lineno, line), err=True)

    sys.excepthook = show_error
    threading.excepthook = show_error_of_thread
    warnings.showwarning = show_warning
