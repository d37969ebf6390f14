"""The command line: what it prints and how it exits; all else is the public API."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, NoReturn

import click

import feedpub

from ..files import read_input
from ..interrupts import find_exit_code, find_interrupt
from .links import links
from .output import (
    count_problems,
    echo,
    echo_annotation,
    echo_json,
    echo_lines,
    echo_problems,
    echo_usage_error,
    fail,
    problem_values,
)
from .progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MOST_NAMED = 10  # files
LARGEST_TEXT_BYTES = 10_000_000  # of a file that a command is given
FINE, FINDINGS, USAGE = 0, 1, 2

_EPILOG = """\b
Exit codes: 0 fine, 1 findings, 2 usage or configuration, 130 interrupted.
Completion: eval "$(_FEEDPUB_COMPLETE=bash_source feedpub)", likewise zsh_source, fish_source.
"""

_entries = click.argument("entries", default="entries", type=click.Path(file_okay=False))
_format = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    help="How findings are written: for people, as one JSON object, or as annotations of GitHub Actions.",
    show_default=True,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}, epilog=_EPILOG)
@click.version_option(feedpub.__version__, prog_name="feedpub")
def cli() -> None:
    """Publish articles in several languages as Atom, RSS and JSON feeds, one feed set per language."""


@cli.command(epilog=_EPILOG)
@click.argument("folder", default=".", type=click.Path(file_okay=False))
@click.option(
    "--languages", default="en", metavar="TAG,TAG", help="BCP 47 tags, the first is the default.  [default: en]"
)
def init(folder: str, languages: str) -> None:
    """Make FOLDER/entries with feedpub.toml and a sample article, to start from.

    FOLDER defaults to the current one. Nothing that exists is overwritten.
    """
    from datetime import UTC, date, datetime

    # The author's own day, unless that has not begun yet in the sample's time zone: then the sample would be held back.
    today = min(date.today(), datetime.now(UTC).date())
    tags = [tag.strip() for tag in languages.split(",") if tag.strip()]
    for path in feedpub.init(folder, today=today, languages=tags or ["en"]):
        echo(path)
    entries = os.path.join(folder, "entries")
    settings = os.path.normpath(os.path.join(entries, "feedpub.toml"))
    echo(f"Next: edit {settings}, then run: {_command('serve', entries)} (a preview), {_command('build', entries)}")


@cli.command("import", epilog=_EPILOG)
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, exists=True))
@click.option(
    "--entries", default="entries", show_default=True, type=click.Path(file_okay=False), help="The entries folder."
)
@click.option("--key", help="Name of the article in file names and addresses.  [default: made of the title]")
@click.option("--published", metavar="DATE", help="ISO 8601, such as 2026-02-01 or 2026-02-01T09:00:00+08:00.")
@click.option("--title", "titles", multiple=True, metavar="LANG=TEXT", help="Title of a language; once for each.")
@click.option("--language", metavar="LANG", help="Language of a text without headings, to import it as it stands.")
@click.option("--author", metavar="NAME", help="Name of the author.")
@_format
def import_(
    file: str,
    entries: str,
    key: str | None,
    published: str | None,
    titles: Sequence[str],
    language: str | None,
    author: str | None,
    form: str,
) -> None:
    """Turn a pasted digest into entry files, one per language.

    FILE is plain text or Markdown ("-" is standard input): summary, key points, references, a source; one or many
    languages. What the text does not tell must be given: --published, and a --title for each language without one. The
    report accounts for every line; nothing is overwritten.
    """
    text = _decoded(read_input(file, limit=LARGEST_TEXT_BYTES), file)
    try:
        done = feedpub.import_pasted(
            text, entries, key=key, published=published, titles=_titles(titles), language=language, author=author
        )
    except feedpub.EntryError as error:  # problems of the text name its lines, but cannot know its file
        name = _input_name(file)
        raise feedpub.EntryError(
            replace(problem, path=name) if problem.line and not problem.path else problem for problem in error.problems
        ) from None
    if form == "json":
        lines = [
            {name: value for name, value in asdict(line).items() if value or name != "hint"}
            for line in done.pasted.lines
        ]
        echo_json(key=done.key, written=done.paths, lines=lines, problems=[])
        return
    for line in done.pasted.lines:
        if line.fate == "ambiguous":
            hint = f" ({line.hint})" if line.hint else ""
            message = f"line {line.number} was taken for {line.role}: {line.text.strip()}{hint}"
            if form == "github":
                echo_annotation("warning", message, file=file, line=line.number)
            else:
                echo(f"warning: {message}", err=True)
    if done.pasted.author and not author:
        echo(f'note: the text names an author; to publish the name, add "author: {done.pasted.author}"', err=True)
    for path in done.paths:
        echo(path)
    echo_lines(_ledger(done.pasted))


@cli.command(epilog=_EPILOG, short_help="Show every problem of every entry, with its place and a fix.")
@_entries
@click.option("--all", "is_complete", is_flag=True, help="Show every problem, however many there are.")
@_format
def lint(entries: str, is_complete: bool, form: str) -> None:
    """Show every problem of every entry in ENTRIES (default: entries), with its place and a fix. Writes nothing.

    If there are more than 50, text shows an example of each kind, how many there are, and what is said of many files
    alike; the other formats are complete.

    Exits with 1 if there is an error or a warning; notes are never a failure. Each code has a page: feedpub explain.
    """
    problems = feedpub.lint(entries)
    echo_problems(problems, form, may_summarise=not is_complete)
    if form == "text":
        echo(count_problems(problems))
    if any(problem.code.startswith("E0") for problem in problems):
        sys.exit(USAGE)
    sys.exit(FINDINGS if any(problem.severity != "note" for problem in problems) else FINE)


@cli.command(epilog=_EPILOG)
@_entries
@click.option(
    "--output", default="public", show_default=True, type=click.Path(file_okay=False), help="The folder to publish."
)
@click.option(
    "--until",
    default="now",
    metavar="DATE",
    help="Hold back what is published later; an ISO date, or now.",
    show_default=True,
)
@click.option("--keep-going", is_flag=True, help="Leave entries with errors out and publish the others.")
@click.option(
    "--prune", is_flag=True, help="Also remove files that look like feedpub's and that this build would not write."
)
@_format
def build(entries: str, output: str, until: str, keep_going: bool, prune: bool, form: str) -> None:
    """Write feeds and pages of ENTRIES (default: entries).

    If an entry has an error, all problems are shown and nothing is written, unless --keep-going is given. Files whose
    bytes would not change are not touched. Files of earlier builds that are not needed any more are removed, if it is
    sure that they are as feedpub wrote them.

    Articles whose date of publication is later than now, or than --until, are held back; the first build after that
    date publishes them.
    """
    moment = None if until.strip().casefold() == "now" else until
    with Progress() as progress:
        done = feedpub.build(entries, output, until=moment, keep_going=keep_going, prune=prune, progress=progress)
    failed = any(problem.severity == "error" for problem in done.problems)
    if form == "json":
        echo_json(
            output=done.output, written=done.written, kept=done.kept, removed=done.removed, stale=done.stale,
            scheduled=[{**asdict(one), "published": one.published.isoformat()} for one in done.scheduled],
            problems=problem_values(done.problems),
        )  # fmt: skip
    else:
        echo_problems(done.problems, form)
        _say_built(done)
    sys.exit(FINDINGS if failed else FINE)


@cli.command(epilog=_EPILOG, short_help="Show the site on this machine, and again whenever its entries change.")
@_entries
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Where on 127.0.0.1; 0 takes any that is free.",
)
def serve(entries: str, port: int) -> None:
    """Show the site of ENTRIES (default: entries) on this machine, and again whenever its entries change.

    Nothing is published: feeds and pages are built into a temporary folder, with links that stay inside the preview.
    Pages that are open in a browser load themselves anew. Problems are shown here and on the pages, while the last good
    feeds are still there. Ctrl-C ends it.
    """
    try:
        feedpub.serve(entries, port=port, on_event=_say_previewed(entries))
    except KeyboardInterrupt as interrupt:
        echo("stopped", err=True)
        sys.exit(find_exit_code(interrupt))


@cli.command(epilog=_EPILOG)
@_entries
@click.option(
    "--output", default="public", show_default=True, type=click.Path(file_okay=False), help="The published folder."
)
@_format
def ping(entries: str, output: str, form: str) -> None:
    """Tell the WebSub hub of ENTRIES (default: entries) about feeds whose bytes have changed.

    Do so when the published folder has been uploaded: the hub fetches the feeds at once, and tells their subscribers.
    What it was told is remembered in the published folder. Exits with 1 if the hub did not accept something.
    """
    pings = feedpub.ping(entries, output, progress=_say_pinged(form))
    failed = [one for one in pings if one.outcome == "failed"]
    if form == "json":
        echo_json(pings=[asdict(one) for one in pings], problems=[])
    else:
        accepted, unchanged = (sum(one.outcome == kind for one in pings) for kind in ("accepted", "unchanged"))
        echo(f"{pings[0].hub}: {accepted} accepted, {unchanged} unchanged, {len(failed)} failed")
    sys.exit(FINDINGS if failed else FINE)


@cli.command(epilog=_EPILOG)
@click.argument(
    "code",
    required=False,
    shell_complete=lambda context, parameter, start: [
        code for code in feedpub.problem_codes() if code.startswith(start.upper())
    ],
)
def explain(code: str | None) -> None:
    """Show the page of one problem CODE, such as E102; without one, list them all."""
    if code is None:
        for known in feedpub.problem_codes():
            echo(feedpub.explain(known).splitlines()[0])
        return
    try:
        echo_lines(feedpub.explain(code))
    except KeyError:
        fail(f"there is no problem code {code!r}; `feedpub explain` lists them", USAGE)


cli.add_command(links)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and exit: 0 fine, 1 findings, 2 usage or configuration, 130 after Ctrl-C, 143 after SIGTERM."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that lacks a character must not end the program
            stream.reconfigure(errors="backslashreplace")
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        cli.main(given, prog_name="feedpub", standalone_mode=False)
        sys.exit(FINE)
    except SystemExit:
        raise
    except BaseException as error:
        interrupt = find_interrupt(error)
        if interrupt or isinstance(error, click.Abort):
            fail(
                "interrupted; no partially written files were left behind",
                find_exit_code(interrupt or KeyboardInterrupt()),
            )
        _fail_with(error, given)


def _fail_with(error: BaseException, arguments: Sequence[str]) -> NoReturn:
    """Print what is wrong, and exit; an error that nobody foresaw is raised again."""
    if isinstance(error, feedpub.ConfigError):
        _refused(error.problems, USAGE, _asked_format(arguments))
    if isinstance(error, feedpub.EntryError):
        _refused(error.problems, FINDINGS, _asked_format(arguments))
    if isinstance(error, feedpub.FeedpubError):
        fail(str(error), USAGE)
    if isinstance(error, click.ClickException):
        echo_usage_error(error)
        sys.exit(USAGE)
    if isinstance(error, OSError):
        fail(f"{error.filename or 'file'}: {error.strerror or error}", USAGE)
    raise error


def _refused(problems: Sequence[feedpub.Problem], code: int, form: str) -> NoReturn:
    echo_problems(problems, form)
    if form == "text":
        undone = {
            "E011": "nothing was told",
            "E012": "nothing was told",
            "E013": "not started",
            "E014": "not published",
        }
        said = next((undone[problem.code] for problem in problems if problem.code in undone), "nothing was written")
        echo(f"{count_problems(problems)}; {said}", err=True)
    sys.exit(code)


def _asked_format(arguments: Sequence[str]) -> str:
    """Return the --format of the command that failed, whose values are gone by then."""
    for place, argument in enumerate(arguments):
        if argument.startswith("--format="):
            return argument.partition("=")[2]
        if argument == "--format" and place + 1 < len(arguments):
            return arguments[place + 1]
    return "text"


def _say_built(done: feedpub.BuildResult) -> None:
    for language, count in done.articles.items():
        place = os.path.join(done.output, language)
        names = "  ".join(form.file_name for form in feedpub.feed_formats())
        echo(f"{language:10} {count:5} article{'' if count == 1 else 's'}   {place}/{names}")
    removed = f", {len(done.removed)} removed" if done.removed else ""
    echo(f"{done.output}: {_number(done.written, 'file')} written, {len(done.kept)} unchanged{removed}")
    if done.scheduled:
        echo(_describe_scheduled(done.scheduled))
    if done.stale:
        _say_stale(done.stale)
    echo(f"Look at {os.path.join(done.output, 'index.html')}")


def _describe_scheduled(entries: Sequence[feedpub.ScheduledEntry]) -> str:
    """Return how many articles are scheduled, and which comes next."""
    number, first = len({entry.key for entry in entries}), entries[0]
    languages = [entry.language for entry in entries if entry.key == first.key and entry.published == first.published]
    said = "1 article is scheduled, for" if number == 1 else f"{number} articles are scheduled, the next for"
    return f"{said} {first.published.isoformat()}: {first.key} ({', '.join(languages)})"


def _say_stale(paths: Sequence[str]) -> None:
    look, them = ("looks", "it") if len(paths) == 1 else ("look", "them")
    echo(
        f"{_number(paths, 'file')} that this build would not write {look} like feedpub's:"
        f" run `feedpub build --prune` to remove {them}"
    )
    for path in paths[:MOST_NAMED]:
        echo(f"  {path}")
    if len(paths) > MOST_NAMED:
        echo(f"  and {len(paths) - MOST_NAMED} more")


def _say_previewed(entries: str) -> Callable[[feedpub.PreviewEvent], None]:
    """Return what tells of the builds of a preview; the first time also where it is."""
    first = True

    def say(event: feedpub.PreviewEvent) -> None:
        nonlocal first
        echo_problems([problem for problem in event.problems if problem.severity != "note"], "text")
        if event.result:
            echo(f"built: {_number(event.result.written, 'file')} written, {len(event.result.kept)} unchanged")
            if event.result.scheduled:
                echo(f"{_describe_scheduled(event.result.scheduled)}; shown here with a mark")
        else:
            echo(event.error or f"{count_problems(event.problems)}; not built", err=bool(event.error))
        if first:
            echo(f"{event.address} shows {entries}, and again when it changes; Ctrl-C ends it")
            first = False

    return say


def _say_pinged(form: str) -> Callable[[feedpub.PingResult], None]:
    """Return what tells of each ping as it comes; nothing if all are told at the end, as JSON."""

    def say(done: feedpub.PingResult) -> None:
        if form == "github" and done.outcome == "failed":
            echo_annotation("error", f"{done.topic}: {done.reason}", title="ping failed")
        elif form != "json":
            echo(f"{done.outcome:9}  {done.topic}" + (f"  {done.reason}" if done.reason else ""))

    return say


def _ledger(pasted: feedpub.PastedText) -> str:
    fates = [line.fate for line in pasted.lines]
    languages = ", ".join(
        f"{draft.language}: {_number(draft.key_points, 'key point')}, {_number(draft.references, 'reference')}"
        for draft in pasted.drafts
    )
    left_out = [line.text.strip() for line in pasted.lines if line.fate == "dropped" and line.text.strip()]
    dropped = f"\nleft out: {'  '.join(text[:60] for text in left_out)}" if left_out else ""
    return (
        f"{languages}{dropped}\n{len(fates)} lines: {fates.count('kept')} kept, "
        f"{fates.count('dropped')} dropped (blank, dividers, page furniture), {fates.count('ambiguous')} ambiguous"
    )


def _number(things: Sequence[object], name: str) -> str:
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"


def _titles(given: Sequence[str]) -> dict[str, str]:
    titles = {}
    for text in given:
        language, equals, title = text.partition("=")
        if not equals or not title.strip():
            raise click.UsageError(f'--title {text!r}: write LANG=TEXT, such as en="Open models"')
        if language.strip() in titles:
            raise click.UsageError(f"--title {text!r}: there are two titles in {language.strip()}")
        titles[language.strip()] = title.strip()
    return titles


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        name = _input_name(name)
        hint = "save the text as UTF-8, or convert it: iconv -f gbk -t utf-8"
        fail(f"{name}: byte {error.start + 1} is not UTF-8; {hint}", FINDINGS)


def _input_name(file: str) -> str:
    return "standard input" if file == "-" else file


def _command(name: str, folder: str) -> str:
    import shlex

    default = folder in ("entries", os.path.join(".", "entries"))
    return f"feedpub {name}" if default else f"feedpub {name} {shlex.quote(folder)}"
