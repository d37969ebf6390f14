"""The commands `feedpub links …`: what they print and how they exit; all else is the public API."""

from __future__ import annotations

import io
import re
import sys
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click
from click.core import ParameterSource

import feedpub

from ..files import read_input
from ..interrupts import deferred, exit_code, find_interrupt, raise_again
from .output import echo, echo_lines, echo_utf8, fail
from .progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

FINE, FINDINGS, NOT_CHECKED = 0, 1, 3
LARGEST_LIST_BYTES = 50_000_000  # no address in it can be longer than what the history takes
_FIRST_YEAR, _LAST_YEAR = 1970, 9000
_HISTORY = Path(".feedpub", "links.sqlite")
_EPILOG = "Exit codes: 0 fine, 1 dead links, 2 usage or configuration, 3 could not check, 130 interrupted."

_entries = click.argument("entries", default="entries", type=click.Path(file_okay=False))
_urls = click.option(
    "--urls", metavar="FILE", help='Addresses, one per line ("-" is standard input), instead of a site\'s links.'
)


def _history(place: str) -> Callable[[Any], Any]:
    return click.option(
        "--history", type=click.Path(dir_okay=False),
        help=f"File that remembers what was found.  [default: .feedpub/links.sqlite {place}]",
    )  # fmt: skip


def _moment(_context: click.Context, _parameter: click.Parameter, text: str | None) -> datetime | None:
    if text is None:
        return None
    from dateutil.parser import isoparse

    try:
        moment = isoparse(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no date; write 2026-02-01 or 2026-02-01T09:00:00+08:00") from None
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:  # there must be room for what is added and subtracted
        raise click.BadParameter(f"{text!r} is not between the years {_FIRST_YEAR} and {_LAST_YEAR}")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _headers(
    _context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, dict[str, str]]:
    """Return the headers of each host; a message never holds a value, which may be a secret."""
    headers: dict[str, dict[str, str]] = {}
    for value in values:
        parts = _HEADER_OPTION.fullmatch(value)
        if not parts:
            raise click.BadParameter("write HOST:NAME=VALUE, such as example.org:Accept=text/html")
        headers.setdefault(parts["host"].lower(), {})[parts["name"]] = parts["value"]
    return headers


_HEADER_OPTION = re.compile(r"(?P<host>\[[^\]]*\]|[^:=]+):(?P<name>[^:=]+)=(?P<value>.*)")
_now = click.option("--now", metavar="ISO", callback=_moment, help="Use this as the current time (for tests).")
_form = click.option(
    "--format", "form", type=click.Choice(list(feedpub.report_formats())), default="text", show_default=True,
    help="How the report is written: for people, for programs, as annotations, as the text of an issue.",
)  # fmt: skip
_exclude = click.option(
    "--exclude", multiple=True, metavar="PATTERN", help="Addresses not to ask for; a regular expression."
)
_allow_private = click.option("--allow-private", is_flag=True, help="Also ask hosts of private networks.")
_fail_if_empty = click.option("--fail-if-empty", is_flag=True, help="Exit with 1 if there are no links at all.")


@click.group(epilog=_EPILOG)
def links() -> None:
    """Check the outbound links of a site, and remember what was found."""


@links.command(epilog=_EPILOG, short_help="Ask for every outbound link that is due, and report.")
@_entries
@_urls
@_form
@click.option("--quiet", is_flag=True, help="Print nothing if nothing has changed since the last run (for cron).")
@click.option(
    "--feed",
    "folder",
    metavar="DIR",
    type=click.Path(file_okay=False),
    help="Write the incidents of a site as feeds: atom.xml, rss.xml.",
)
@click.option("--strict", is_flag=True, help="Report a link as dead on its first confirmed failure.")
@click.option("--all/--due", "everything", help="Ask for all links, or only for those that are due.  [default: --due]")
@click.option("--concurrency", type=click.IntRange(1, 1000), help="Requests at once.  [default: 128]")
@click.option("--per-host", type=click.IntRange(1, 100), help="Of them to one host, at most.  [default: 6]")
@click.option(
    "--spacing", type=click.FloatRange(0, 600), help="Seconds between two requests to one host.  [default: 0]"
)
@click.option(
    "--patience",
    type=click.FloatRange(0, 3600),
    help="Seconds that one host may rest, after answers such as 429 or 503.  [default: 120]",
)
@click.option("--deadline", type=click.FloatRange(1, 600), help="Seconds for one address.  [default: 30]")
@click.option(
    "--max-time", metavar="MINUTES", type=click.FloatRange(0, 10_000),
    help="End asking after this time; the other links stay due.",
)  # fmt: skip
@click.option(
    "--header",
    "headers",
    multiple=True,
    metavar="HOST:NAME=VALUE",
    callback=_headers,
    help="Header for one host, or for all below it (*.example.org:Accept=text/html).",
)
@_exclude
@_allow_private
@_fail_if_empty
@click.option("--ca-bundle", type=click.Path(exists=True, dir_okay=False), help="Certificates to trust.")
@click.option("--proxy", metavar="URL", help="HTTP proxy for all requests.")
@_history("beside ENTRIES; with --urls, in the current folder")
@click.option("--no-history", is_flag=True, help="Remember nothing; implies --strict.")
@_now
def check(
    entries: str, urls: str | None, form: str, quiet: bool, folder: str | None, strict: bool, everything: bool,
    max_time: float | None, fail_if_empty: bool, history: str | None, no_history: bool, now: datetime | None,
    **given: Any,
) -> None:  # fmt: skip
    """Ask for every outbound link of ENTRIES (default: entries) that is due, once, and report.

    A link is reported dead only after it has failed for several days and failed again within the same run. Links that
    are blocked for robots, or could not be checked, are never dead.
    """
    if history and no_history:
        raise click.UsageError("--history and --no-history exclude each other")
    target, settings = _target(entries, urls)
    if isinstance(target, feedpub.Site) and not quiet:
        _tell_left_out(target)
    if folder and not (isinstance(target, feedpub.Site) and not no_history):
        raise click.UsageError("--feed is for the links of a site, with a history: its ids begin with the authority")
    run = feedpub.iter_checked_links(
        target, history=None if no_history else _history_of(entries, urls, history),
        settings=_changed(settings, given), everything=everything, strict=strict or no_history,
        max_seconds=None if max_time is None else 60 * max_time, now=now,
    )  # fmt: skip
    _run(run, feedpub.report_formats()[form], quiet=quiet)
    if folder and isinstance(target, feedpub.Site):
        try:
            feedpub.write_incident_feed(target, run.report, folder)
        except feedpub.ConfigError as error:  # the report is printed already, perhaps as JSON
            (problem,) = error.problems
            raise click.UsageError(f"{problem.path} {problem.message}; {problem.hint}") from None
    _exit(run.report, fail_if_empty=fail_if_empty)


def _run(run: feedpub.LinkCheck, report_format: feedpub.ReportFormat, *, quiet: bool) -> None:
    """Check links and print the report; if that is interrupted, or the history fails, print what is known, and exit."""
    printed = set[str]()
    is_reported = False
    try:
        with Progress() as progress:
            dead = 0
            for number, link in enumerate(run, start=1):
                raise_again()
                dead += link.broken
                progress("Asking for links", number, run.total, partial(_more, run, number, dead))
                if report_format.has_line_per_link and (link.change or not quiet):
                    with deferred():
                        echo_utf8(report_format.write_link(link))
                        printed.add(link.url)
        if not report_format.has_line_per_link:
            with deferred():
                _echo_report(run.report, report_format, quiet=quiet)
                is_reported = True
    except BaseException as error:
        interrupt = find_interrupt(error)
        if not interrupt and not isinstance(error, feedpub.HistoryError):
            raise
        message = str(error) if isinstance(error, feedpub.HistoryError) else ""
        try:
            run.close()
        except feedpub.HistoryError as failure:
            message = str(failure)
        if not is_reported:
            _echo_rest(run.report, report_format, printed, quiet=quiet)
        if not interrupt:
            fail(message, NOT_CHECKED)
        if message:
            echo(f"feedpub: {message}", err=True)
        echo(f"interrupted; {len(run.report.links)} of {run.total} links are known", err=True)
        sys.exit(exit_code(interrupt))


@links.command(epilog=_EPILOG)
@_entries
@_urls
@_form
@click.option("--quiet", is_flag=True, help="Print nothing if nothing has changed since the last run.")
@_exclude
@_allow_private
@_fail_if_empty
@_history("beside ENTRIES; with --urls, in the current folder")
@_now
def report(
    entries: str, urls: str | None, form: str, quiet: bool, fail_if_empty: bool, history: str | None,
    now: datetime | None, **given: Any,
) -> None:  # fmt: skip
    """Show what is remembered of the links of ENTRIES, and what the last run has changed. Nothing is asked."""
    target, settings = _target(entries, urls)
    report_format = feedpub.report_formats()[form]
    try:
        found = feedpub.report_links(
            target, history=_history_of(entries, urls, history), settings=_changed(settings, given), now=now
        )
    except feedpub.HistoryError as error:
        fail(str(error), NOT_CHECKED)
    if report_format.has_line_per_link:
        _echo_rest(found, report_format, (), quiet=quiet)
    else:
        _echo_report(found, report_format, quiet=quiet)
    _exit(found, fail_if_empty=fail_if_empty)


@links.command(epilog=_EPILOG)
@_entries
@_history("beside ENTRIES")
@click.option("--write", is_flag=True, help="Rewrite the files; else only show what would change.")
def fix(entries: str, history: str | None, write: bool) -> None:
    """Rewrite addresses in ENTRIES that have moved for good, to the same page in the last two checks.

    Never to the front page of a site, nor from https to http.
    """
    target, _ = _target(entries, None)
    assert isinstance(target, feedpub.Site)
    try:
        fixes = feedpub.fix_links(target, history=_history_of(entries, None, history))
        if write:
            feedpub.write_fixes(fixes)
    except feedpub.HistoryError as error:
        fail(str(error), NOT_CHECKED)
    for one in fixes:
        echo_lines(one.diff())
        for note in one.notes():
            echo(note, err=True)
    changes = sum(len(one.changes) for one in fixes)
    said = "nothing has moved for good" if not fixes else f"{changes} changed" if write else f"{changes} to be changed"
    hint = "; --write rewrites the files" if changes and not write else ""
    echo(f"{said}{hint}", err=True)


@links.command(epilog=_EPILOG)
@click.argument("url")
@click.option("--until", required=True, metavar="DATE", callback=_moment, help="ISO 8601, such as 2026-06-01.")
@click.option("--why", required=True, metavar="TEXT", help="For those who ask later.")
@_history("in the current folder")
def ack(url: str, until: datetime, why: str, history: str | None) -> None:
    """Accept URL as it is (dead, suspect, moved, blocked …): until then it is not reported.

    URL is the address, or what a report shows of it.
    """
    if until <= datetime.now(UTC):
        raise click.BadParameter(f"{until:%Y-%m-%d} is over already", param_hint="--until")
    try:
        status = feedpub.accept_link(url, history=_history_of("entries", None, history), until=until, why=why)
    except feedpub.HistoryError as error:
        fail(str(error), NOT_CHECKED)
    if status is None:
        raise click.UsageError("nothing is remembered of this address; `feedpub links report` shows what is known")
    if status == "ok":
        raise click.UsageError("this link works: there is nothing to accept")
    echo(f"accepted until {until:%Y-%m-%d}: {status}")


@links.command(epilog=_EPILOG)
@click.argument("url")
@_history("in the current folder")
def forget(url: str, history: str | None) -> None:
    """Forget all that is remembered of URL.

    URL is the address, or what a report shows of it.
    """
    try:
        known = feedpub.forget_link(url, history=_history_of("entries", None, history))
    except feedpub.HistoryError as error:
        fail(str(error), NOT_CHECKED)
    if not known:
        raise click.UsageError("nothing is remembered of this address")


def _more(run: feedpub.LinkCheck, number: int, dead: int, seconds: float) -> str:
    return f": {dead} dead, {number / seconds:.0f} a second, {run.hosts_waiting} hosts waiting"


def _target(entries: str, urls: str | None) -> tuple[feedpub.Site | list[str], feedpub.LinkSettings]:
    if urls is not None and click.get_current_context().get_parameter_source("entries") is not ParameterSource.DEFAULT:
        raise click.UsageError("ENTRIES and --urls exclude each other")
    if urls is None:
        site = feedpub.load(entries, keep_going=True)
        return site, site.config.links
    try:
        data = io.BytesIO(read_input(urls, limit=LARGEST_LIST_BYTES))
        lines = [line.strip() for line in io.TextIOWrapper(data, encoding="utf-8-sig")]
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"--urls {urls}: {getattr(error, 'strerror', None) or 'is not UTF-8'}") from None
    return [line for line in lines if line and not line.startswith("#")], feedpub.LinkSettings()


def _tell_left_out(site: feedpub.Site) -> None:
    """Say that there are links of which nothing can be known."""
    bad = {problem.path for problem in site.problems if problem.severity == "error"}
    if bad:
        files = (
            "1 file has errors: its links are" if len(bad) == 1 else f"{len(bad)} files have errors: their links are"
        )
        echo(f"{files} not checked; `feedpub lint` tells what is wrong", err=True)


def _changed(settings: feedpub.LinkSettings, given: dict[str, Any]) -> feedpub.LinkSettings:
    """Return settings with the options that are given."""
    for pattern in given["exclude"]:
        if not pattern:
            raise click.UsageError("--exclude: an empty pattern would leave all addresses out")
        try:
            re.compile(pattern)
        except (re.error, OverflowError, RecursionError) as error:
            raise click.UsageError(f"--exclude {pattern[:100]!r} is no pattern: {error}") from None
    changes = {name: value for name, value in given.items() if value or (value == 0 and value is not False)}
    headers = changes.pop("headers", {})
    if "exclude" in changes:
        changes["exclude"] = (*settings.exclude, *changes["exclude"])
    try:
        settings = replace(settings, **changes)
    except feedpub.FieldError:
        raise click.UsageError("--proxy: write http://host:port") from None  # what was given may hold a password
    hosts = dict(settings.hosts)
    try:
        for host, own in headers.items():
            known = hosts.get(host, feedpub.HostSettings())
            hosts[host] = replace(known, headers={**known.headers, **own})
        return replace(settings, hosts=hosts)
    except feedpub.FieldError:
        raise click.UsageError(
            "--header: write HOST:NAME=VALUE, in ASCII, such as example.org:Accept=text/html"
        ) from None


def _history_of(entries: str, urls: str | None, history: str | None) -> Path:
    if history:
        return Path(history)
    return _HISTORY if urls is not None else Path(entries).absolute().parent / _HISTORY


def _echo_report(found: feedpub.LinkReport, report_format: feedpub.ReportFormat, *, quiet: bool) -> None:
    """Print a report that is written as a whole; nothing if there are no news and nobody wants to hear of that."""
    if quiet and not found.has_changes:
        return
    text = feedpub.format_report(found, report_format.name)
    if report_format.is_for_programs:
        echo_utf8(text.removesuffix("\n"))
    else:
        echo_lines(text, may_annotate=report_format.may_annotate)


def _echo_rest(
    found: feedpub.LinkReport, report_format: feedpub.ReportFormat, printed: Collection[str], *, quiet: bool
) -> None:
    """Print what is known and was not printed yet."""
    if not report_format.has_line_per_link:
        if found.links:
            _echo_report(found, report_format, quiet=quiet)
        return
    for link in found.links:
        if link.url not in printed and (link.change or not quiet):
            echo_utf8(report_format.write_link(link))


def _exit(found: feedpub.LinkReport, *, fail_if_empty: bool) -> NoReturn:
    if found.network_down:
        sys.exit(NOT_CHECKED)
    sys.exit(FINDINGS if found.broken or (fail_if_empty and not found.links) else FINE)
