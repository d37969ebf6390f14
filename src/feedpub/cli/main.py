"""Run the command line, and turn its errors into messages and exit codes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn

import click

import feedpub

from ..interrupts import find_exit_code, find_interrupt
from .commands import cli as cli
from .links import links
from .output import EXIT_FINDINGS, EXIT_FINE, EXIT_USAGE, count_problems, echo, echo_problems, echo_usage_error, fail
from .validate import validate_feeds

if TYPE_CHECKING:
    from collections.abc import Sequence

cli.add_command(links)
cli.add_command(validate_feeds)

# What a command that failed did not do, by the code of the problem; all others wrote no file.
_CONSEQUENCES = {
    "E011": "the hub was not notified",
    "E012": "the hub was not notified",
    "E013": "not started",
    "E014": "not published",
}


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and exit: 0 fine, 1 problems found, 2 wrong usage or settings, 130 Ctrl-C, 143 SIGTERM.

    Args:
        arguments: The arguments after the name of the command; by default, those of the process.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a character that the terminal cannot show must not end the program
            stream.reconfigure(errors="backslashreplace")
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        cli.main(arguments, prog_name="feedpub", standalone_mode=False)
        sys.exit(EXIT_FINE)
    except SystemExit:
        raise
    except BaseException as error:
        interrupt = find_interrupt(error)
        if interrupt or isinstance(error, click.Abort):
            fail(
                "interrupted; no partially written files were left behind",
                find_exit_code(interrupt or KeyboardInterrupt()),
            )
        _exit_with_error(error, arguments)


def _exit_with_error(error: BaseException, arguments: Sequence[str]) -> NoReturn:
    """Print an error and exit; raise unexpected errors again."""
    if isinstance(error, feedpub.ConfigError):
        _exit_with_problems(error.problems, EXIT_USAGE, _find_format(arguments))
    if isinstance(error, feedpub.EntryError):
        _exit_with_problems(error.problems, EXIT_FINDINGS, _find_format(arguments))
    if isinstance(error, feedpub.FeedpubError):
        fail(str(error), EXIT_USAGE)
    if isinstance(error, click.ClickException):
        echo_usage_error(error)
        sys.exit(EXIT_USAGE)
    if isinstance(error, OSError):
        fail(f"{error.filename or 'file'}: {error.strerror or error}", EXIT_USAGE)
    raise error


def _exit_with_problems(problems: Sequence[feedpub.Problem], code: int, output_format: str) -> NoReturn:
    echo_problems(problems, output_format)
    if output_format == "text":
        consequences = (_CONSEQUENCES[problem.code] for problem in problems if problem.code in _CONSEQUENCES)
        echo(f"{count_problems(problems)}; {next(consequences, 'nothing was written')}", err=True)
    sys.exit(code)


def _find_format(arguments: Sequence[str]) -> str:
    """Return the --format among the arguments: click does not keep the options of a command that failed."""
    for index, argument in enumerate(arguments):
        if argument.startswith("--format="):
            return argument.partition("=")[2]
        if argument == "--format" and index + 1 < len(arguments):
            return arguments[index + 1]
    return "text"
