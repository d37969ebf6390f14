"""The group of all commands, and the commands for entries and sites."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import click

import feedpub

from ..files import read_input
from ..interrupts import find_exit_code
from .output import (
    EXIT_FINDINGS,
    EXIT_FINE,
    EXIT_USAGE,
    count_problems,
    echo,
    echo_json,
    echo_lines,
    echo_problems,
    fail,
    format_option,
    make_problem_values,
)
from .progress import Progress

if TYPE_CHECKING:
    from collections.abc import Sequence

# `summaries` is imported by the commands that need it: shell completion runs this module at each key.
LARGEST_TEXT_BYTES = 10_000_000  # of a file that a command reads

_EPILOG = """\b
Exit codes: 0 fine, 1 problems found, 2 wrong usage or settings, 130 interrupted.
Completion: eval "$(_FEEDPUB_COMPLETE=bash_source feedpub)", likewise zsh_source, fish_source.
"""

_entries = click.argument("entries", default="entries", type=click.Path(file_okay=False))


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}, epilog=_EPILOG)
@click.version_option(feedpub.__version__, prog_name="feedpub")
def cli() -> None:
    """Publish articles in several languages as Atom, RSS and JSON feeds, one set of feeds per language."""


@cli.command("init", epilog=_EPILOG)
@click.argument("folder", default=".", type=click.Path(file_okay=False))
@click.option(
    "--languages",
    default="en",
    metavar="TAG,TAG",
    help="BCP 47 language tags; the first is the default language.  [default: en]",
)
def init_site(folder: str, languages: str) -> None:
    """Create FOLDER/entries with feedpub.toml and a sample article to start from.

    FOLDER defaults to the current folder. Existing files are not overwritten.
    """
    from datetime import UTC, date, datetime

    # The local date, unless that day has not begun yet in UTC, the time zone of the sample: a build would hold it back.
    today = min(date.today(), datetime.now(UTC).date())
    tags = [tag.strip() for tag in languages.split(",") if tag.strip()]
    for path in feedpub.init(folder, today=today, languages=tags or ["en"]):
        echo(path)
    entries = os.path.join(folder, "entries")
    settings = os.path.normpath(os.path.join(entries, "feedpub.toml"))
    serve, build = _format_command("serve", entries), _format_command("build", entries)
    echo(f"Next: edit {settings}, then run: {serve} (a preview), {build}")


@cli.command("import", epilog=_EPILOG)
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, exists=True))
@click.option(
    "--entries", default="entries", show_default=True, type=click.Path(file_okay=False), help="The entries folder."
)
@click.option("--key", help="Name of the article in file names and addresses.  [default: made from the title]")
@click.option("--published", metavar="DATE", help="ISO 8601, such as 2026-02-01 or 2026-02-01T09:00:00+08:00.")
@click.option(
    "--title",
    "titles",
    multiple=True,
    metavar="LANG=TEXT",
    help="Title in a language; repeat the option for each language.",
)
@click.option("--language", metavar="LANG", help="Language of a text without headings, which is imported unchanged.")
@click.option("--author", metavar="NAME", help="Name of the author.")
@format_option
def import_text(
    file: str,
    entries: str,
    key: str | None,
    published: str | None,
    titles: Sequence[str],
    language: str | None,
    author: str | None,
    output_format: str,
) -> None:
    """Turn a pasted digest into entry files, one per language.

    FILE is plain text or Markdown ("-" is standard input) with a summary, key points, references and a source, in one
    or more languages. Pass the values that the text does not contain: --published, and a --title for each language
    without one. The report accounts for every line of the text. Existing files are not overwritten.
    """
    from .summaries import echo_import

    text = _decode_text(read_input(file, limit=LARGEST_TEXT_BYTES), file)
    try:
        result = feedpub.import_pasted(
            text, entries, key=key, published=published, titles=_parse_titles(titles), language=language, author=author
        )
    except feedpub.EntryError as error:  # problems in the text have its lines, but not its file
        name = _name_input(file)
        raise feedpub.EntryError(
            replace(problem, path=name) if problem.line and not problem.path else problem for problem in error.problems
        ) from None
    if output_format == "json":
        lines = [
            {name: value for name, value in asdict(line).items() if value or name != "hint"}
            for line in result.pasted.lines
        ]
        echo_json(key=result.key, written=result.paths, lines=lines, problems=[])
    else:
        echo_import(result, file, output_format, has_author=bool(author))


@cli.command("lint", epilog=_EPILOG, short_help="Show every problem of every entry, with its location and a fix.")
@_entries
@click.option("--all", "is_complete", is_flag=True, help="Show every problem, however many there are.")
@format_option
def lint_entries(entries: str, is_complete: bool, output_format: str) -> None:
    """Show every problem of every entry in ENTRIES (default: entries), with its location and a fix. Writes nothing.

    If there are more than 50 problems, the text format shows a summary: an example of each kind, how many there are,
    and the messages that several files have in common. The other formats always show every problem.

    Exits with 1 if there is an error or a warning; notes do not count. `feedpub explain CODE` explains a code.
    """
    problems = feedpub.lint(entries)
    echo_problems(problems, output_format, may_summarise=not is_complete)
    if output_format == "text":
        echo(count_problems(problems))
    if any(problem.code.startswith("E0") for problem in problems):
        sys.exit(EXIT_USAGE)
    sys.exit(EXIT_FINDINGS if any(problem.severity != "note" for problem in problems) else EXIT_FINE)


@cli.command("build", epilog=_EPILOG)
@_entries
@click.option(
    "--output", default="public", show_default=True, type=click.Path(file_okay=False), help="The published folder."
)
@click.option(
    "--until",
    default="now",
    metavar="DATE",
    help="Hold back articles that are published later; an ISO date, or now.",
    show_default=True,
)
@click.option("--keep-going", is_flag=True, help="Leave out entries with errors and publish the others.")
@click.option(
    "--prune",
    is_flag=True,
    help="Also remove other files that look as if feedpub wrote them and that this build does not write.",
)
@format_option
def build_site(entries: str, output: str, until: str, keep_going: bool, prune: bool, output_format: str) -> None:
    """Write the feeds and pages of ENTRIES (default: entries).

    Without --keep-going, an entry with an error stops the build: all problems are shown and nothing is written. Files
    whose content would not change are not touched. Files of earlier builds that are no longer needed are removed if
    they have certainly not changed since feedpub wrote them.

    Articles with a date of publication after now, or after --until, are held back. The first build after that date
    publishes them.
    """
    from .summaries import echo_build

    moment = None if until.strip().casefold() == "now" else until
    with Progress() as progress:
        result = feedpub.build(entries, output, until=moment, keep_going=keep_going, prune=prune, progress=progress)
    if output_format == "json":
        scheduled = [{**asdict(entry), "published": entry.published.isoformat()} for entry in result.scheduled]
        echo_json(
            output=result.output, written=result.written, kept=result.kept, removed=result.removed, stale=result.stale,
            scheduled=scheduled, problems=make_problem_values(result.problems),
        )  # fmt: skip
    else:
        echo_problems(result.problems, output_format)
        echo_build(result)
    has_errors = any(problem.severity == "error" for problem in result.problems)
    sys.exit(EXIT_FINDINGS if has_errors else EXIT_FINE)


@cli.command("serve", epilog=_EPILOG, short_help="Preview the site on this machine while you edit its entries.")
@_entries
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port on 127.0.0.1; 0 chooses a free one.",
)
def serve_preview(entries: str, port: int) -> None:
    """Preview the site of ENTRIES (default: entries) on this machine while you edit its entries.

    Nothing is published: feeds and pages are built into a temporary folder, again whenever an entry changes, and their
    links stay inside the preview. Pages that are open in a browser reload themselves. If a build fails, the problems
    are shown here and on the pages, and the feeds of the last good build stay available. Press Ctrl-C to stop.
    """
    from .summaries import make_preview_printer

    try:
        feedpub.serve(entries, port=port, on_event=make_preview_printer(entries))
    except KeyboardInterrupt as interrupt:
        echo("stopped", err=True)
        sys.exit(find_exit_code(interrupt))


@cli.command("ping", epilog=_EPILOG)
@_entries
@click.option(
    "--output", default="public", show_default=True, type=click.Path(file_okay=False), help="The published folder."
)
@format_option
def ping_hub(entries: str, output: str, output_format: str) -> None:
    """Notify the WebSub hub of ENTRIES (default: entries) about feeds that have changed.

    Run it after you have uploaded the published folder: the hub fetches the feeds at once, and sends them to their
    subscribers. The published folder records what the hub has accepted. Exits with 1 if the hub did not accept a feed.
    """
    from .summaries import make_ping_printer

    results = feedpub.ping(entries, output, progress=make_ping_printer(output_format))
    failed = [result for result in results if result.outcome == "failed"]
    if output_format == "json":
        echo_json(pings=[asdict(result) for result in results], problems=[])
    else:
        outcomes = [result.outcome for result in results]
        accepted, unchanged = outcomes.count("accepted"), outcomes.count("unchanged")
        echo(f"{results[0].hub}: {accepted} accepted, {unchanged} unchanged, {len(failed)} failed")
    sys.exit(EXIT_FINDINGS if failed else EXIT_FINE)


@cli.command("explain", epilog=_EPILOG)
@click.argument(
    "code",
    required=False,
    shell_complete=lambda context, parameter, start: [
        code for code in feedpub.problem_codes() if code.startswith(start.upper())
    ],
)
def explain_code(code: str | None) -> None:
    """Explain one problem CODE, such as E102; without a code, list all of them."""
    if code is None:
        for each_code in feedpub.problem_codes():
            echo(feedpub.explain(each_code).splitlines()[0])
        return
    try:
        echo_lines(feedpub.explain(code))
    except KeyError:
        fail(f"there is no problem code {code!r}; `feedpub explain` lists them", EXIT_USAGE)


def _parse_titles(options: Sequence[str]) -> dict[str, str]:
    titles = {}
    for option in options:
        language, equals, title = option.partition("=")
        if not equals or not title.strip():
            raise click.UsageError(f'--title {option!r}: write LANG=TEXT, such as en="Open models"')
        if language.strip() in titles:
            raise click.UsageError(f"--title {option!r}: there are two titles in {language.strip()}")
        titles[language.strip()] = title.strip()
    return titles


def _decode_text(data: bytes, file: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        hint = "save the text as UTF-8, or convert it: iconv -f gbk -t utf-8"
        fail(f"{_name_input(file)}: byte {error.start + 1} is not UTF-8; {hint}", EXIT_FINDINGS)


def _name_input(file: str) -> str:
    return "standard input" if file == "-" else file


def _format_command(name: str, entries: str) -> str:
    """Return a command line that the user can copy."""
    import shlex

    is_default = entries in ("entries", os.path.join(".", "entries"))
    return f"feedpub {name}" if is_default else f"feedpub {name} {shlex.quote(entries)}"
