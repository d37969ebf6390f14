"""Print for the command line. Every line goes through `echo`, which escapes untrusted text.

Nothing else in the command line writes to stdout or stderr; ruff checks this (TID251, T20).
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

EXIT_FINE, EXIT_FINDINGS, EXIT_USAGE = 0, 1, 2
MOST_PROBLEMS_SHOWN = 50  # one by one; of more problems, an example of each kind
_MOST_MESSAGES_OF_CODE = 10  # in a summary
_COLOURS = {"error": "red", "warning": "yellow", "note": "cyan"}
_ANNOTATIONS = ("::error", "::warning", "::notice")
# For commands that print with `echo_problems`.
format_option = click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    help="Format of the output: text for people, one JSON object, or annotations for GitHub Actions.",
    show_default=True,
)


def echo(line: str, *, err: bool = False, colour: str | None = None) -> None:
    """Print one line. Line feeds and all other characters that a terminal would act on are escaped.

    Args:
        line: The text.
        err: Print to stderr.
        colour: A colour of click, for terminals.
    """
    line = escape_for_terminal(line)
    if colour:
        line = click.style(line, fg=colour, bold=True)
    click.echo(line, err=err, color=False if os.environ.get("NO_COLOR") else None)


def echo_lines(text: str, *, err: bool = False, may_annotate: bool = False) -> None:
    """Print each line of a text.

    Args:
        text: With or without a line feed at its end.
        err: Print to stderr.
        may_annotate: Lines may start with an annotation of GitHub Actions.
    """
    for line in text.removesuffix("\n").split("\n") if text else ():
        if may_annotate and line.startswith(_ANNOTATIONS):
            click.echo(f"::{escape_for_terminal(line[2:])}", err=err)
        else:
            echo(line, err=err)


def echo_annotation(severity: str, message: str, **location: Any) -> None:
    """Print an annotation of GitHub Actions; see `format_annotation`."""
    echo_lines(format_annotation(severity, message, **location), may_annotate=True)


def echo_json(**values: Any) -> None:
    """Print one JSON object."""
    echo_utf8(format_json({"schema": 1, **values}, indent=2))


def echo_utf8(text: str) -> None:
    """Print text for programs: in UTF-8, in every locale (RFC 8259, section 8.1)."""
    click.echo(f"{text}\n".encode(errors="backslashreplace"), nl=False)


def echo_problems(problems: Sequence[feedpub.Problem], output_format: str, *, may_summarise: bool = True) -> None:
    """Print problems in one of the formats ``text``, ``json`` and ``github``.

    Args:
        problems: The problems.
        output_format: The format.
        may_summarise: Print a summary as text if there are more than `MOST_PROBLEMS_SHOWN` problems.
    """
    if output_format == "json":
        echo_json(problems=make_problem_values(problems))
        return
    if output_format == "text" and may_summarise and len(problems) > MOST_PROBLEMS_SHOWN:
        _echo_summary(problems)
        return
    for problem in problems:
        if output_format == "github":
            hint = f" ({problem.hint})" if problem.hint else ""
            echo_annotation(
                problem.severity, problem.message + hint, title=f"{problem.code} {problem.title}",
                file=problem.path, line=problem.line, column=problem.column,
            )  # fmt: skip
        else:
            first, _, details = str(problem).partition("\n")
            echo(first, colour=_COLOURS[problem.severity])
            echo_lines(f"{details}\n\n")


def _echo_summary(problems: Sequence[feedpub.Problem]) -> None:
    """Print for each code the number of problems, an example, and the messages that several files have in common."""
    by_code: dict[str, list[feedpub.Problem]] = {}
    for problem in problems:
        by_code.setdefault(problem.code, []).append(problem)
    severities = list(_COLOURS)
    groups = sorted(by_code.values(), key=lambda group: (severities.index(group[0].severity), -len(group)))
    for group in groups:
        first, _, example = str(group[0]).partition("\n")
        echo(f"{first}: {_describe_count(group)}", colour=_COLOURS[group[0].severity])
        echo_lines(example)
        _echo_repeated(group)
        echo("")
    echo(f"{len(problems):,} problems, an example of each kind; --all shows all of them")


def _describe_count(problems: Sequence[feedpub.Problem]) -> str:
    """Return in words how many problems of one code there are, and in how many files."""
    count = sum(not problem.counts_others for problem in problems)
    files = len({problem.path for problem in problems})
    at_least = "more than " if count < len(problems) else ""
    return f"{at_least}{count:,} in {files:,} file{'' if files == 1 else 's'}"


def _echo_repeated(problems: Sequence[feedpub.Problem]) -> None:
    """Print each message that several problems of one code have, once; nothing if all have the same message."""
    counts = Counter(problem.message for problem in problems if not problem.counts_others)
    repeated = [(message, count) for message, count in counts.most_common() if count > 1 and len(counts) > 1]
    for message, count in repeated[:_MOST_MESSAGES_OF_CODE]:
        echo(f"  {count:,} × {message}")
    if len(repeated) > _MOST_MESSAGES_OF_CODE:
        echo(f"  … and {len(repeated) - _MOST_MESSAGES_OF_CODE:,} other messages that occur more than once")


def make_problem_values(problems: Iterable[feedpub.Problem]) -> list[dict[str, Any]]:
    """Return problems as values for JSON."""
    return [{**asdict(problem), "severity": problem.severity, "title": problem.title} for problem in problems]


def count_problems(problems: Iterable[feedpub.Problem]) -> str:
    """Return in words how many problems of each severity there are."""
    severities = [problem.severity for problem in problems]
    parts = [
        f"{count} {severity}{'' if count == 1 else 's'}"
        for severity in ("error", "warning", "note")
        if (count := severities.count(severity))
    ]
    return ", ".join(parts) or "no problems"


def echo_usage_error(error: click.ClickException) -> None:
    """Print click's message about a wrong command line. It quotes arguments and file names, which are escaped."""
    text = io.StringIO()
    error.show(file=text)
    echo_lines(text.getvalue().replace(error.message, escape_for_terminal(error.message)), err=True)


def fail(message: str, code: int) -> NoReturn:
    """Print why the command fails, and exit with a code."""
    echo(f"feedpub: {message}", err=True)
    sys.exit(code)


def install_hooks() -> None:
    """Print Python's tracebacks and warnings with `echo` as well, since they may quote untrusted text."""

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
