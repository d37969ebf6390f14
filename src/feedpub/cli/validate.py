"""The command `feedpub validate`: its options, output and exit code. The work is done by the public API."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

import feedpub

from ..files import read_input
from .output import EXIT_FINDINGS, EXIT_FINE, count_problems, echo, echo_problems, format_option

if TYPE_CHECKING:
    from collections.abc import Sequence

LARGEST_INPUT_BYTES = 64_000_000  # of standard input
_EPILOG = "Exit codes: 0 fine, 1 problems found, 2 wrong usage, 130 interrupted."


@click.command("validate", epilog=_EPILOG, short_help="Check feeds: files, folders, addresses.")
@click.argument("sources", nargs=-1, required=True)
@click.option("--url", metavar="URL", help="Where the document is served, to compare its links to itself with it.")
@click.option("--ignore", "ignored", metavar="CODE", multiple=True, help="Leave out problems with this code.")
@click.option("--all", "is_complete", is_flag=True, help="Show every problem, however many there are.")
@format_option
def validate_feeds(
    sources: Sequence[str], url: str | None, ignored: Sequence[str], is_complete: bool, output_format: str
) -> None:
    """Check feeds: Atom 1.0, RSS 2.0, JSON Feed 1.1, and lists of feeds in OPML.

    SOURCES are files ("-": standard input), folders and addresses. The feeds of a folder, and those of a list, are also
    compared with each other: languages, ids, archive documents, formats. Nothing is fetched unless an address is given;
    then what the server says is checked as well.

    Exits with 1 if there is an error or a warning; notes do not count. `feedpub explain CODE` explains a code.
    """
    ignored_codes = {code.upper() for code in ignored}
    problems = [
        problem
        for source in sources
        for problem in _validate_source(source, url or "")
        if problem.code not in ignored_codes
    ]
    echo_problems(problems, output_format, may_summarise=not is_complete)
    if output_format == "text":
        echo(count_problems(problems))
    sys.exit(EXIT_FINDINGS if any(problem.severity != "note" for problem in problems) else EXIT_FINE)


def _validate_source(source: str, url: str) -> list[feedpub.Problem]:
    if source == "-":
        data = read_input(source, limit=LARGEST_INPUT_BYTES)
        return [replace(problem, path="standard input") for problem in feedpub.validate(data, url=url)]
    is_address = re.match(r"https?://", source, re.IGNORECASE)
    return feedpub.validate(source if is_address else Path(source), url=url)
