"""The commands `feedpub links …`: their options, output and exit codes. The work is done by the public API."""

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
from ..interrupts import defer_interrupts, find_exit_code, find_interrupt, raise_again
from .output import echo, echo_lines, echo_utf8, fail
from .progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

EXIT_FINE, EXIT_DEAD_LINKS, EXIT_NOT_CHECKED = 0, 1, 3
LARGEST_LIST_BYTES = 50_000_000  # shorter than the longest value of the history, so that any address fits in there
_FIRST_YEAR, _LAST_YEAR = 1970, 9000
_DEFAULT_HISTORY = Path(".feedpub", "links.sqlite")
_EPILOG = "Exit codes: 0 no dead links, 1 dead links, 2 usage or settings, 3 not checked, 130 interrupted."

_entries_argument = click.argument("entries", default="entries", type=click.Path(file_okay=False))
_urls_option = click.option(
    "--urls", metavar="FILE", help='Check the addresses in FILE ("-": standard input), one per line, instead of a site.'
)


def _make_history_option(folder: str) -> Callable[[Any], Any]:
    return click.option(
        "--history", type=click.Path(dir_okay=False),
        help=f"File with the history of results.  [default: .feedpub/links.sqlite {folder}]",
    )  # fmt: skip


def _parse_moment(_context: click.Context, _parameter: click.Parameter, text: str | None) -> datetime | None:
    if text is None:
        return None
    from dateutil.parser import isoparse

    try:
        moment = isoparse(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a date; write 2026-02-01 or 2026-02-01T09:00:00+08:00") from None
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:  # there must be room to add and subtract days
        raise click.BadParameter(f"{text!r} is not between the years {_FIRST_YEAR} and {_LAST_YEAR}")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _parse_headers(
    _context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, dict[str, str]]:
    """Return the headers of each host; messages do not show values, which may be secrets."""
    headers: dict[str, dict[str, str]] = {}
    for value in values:
        parts = _HEADER_OPTION.fullmatch(value)
        if not parts:
            raise click.BadParameter("write HOST:NAME=VALUE, such as example.org:Accept=text/html")
        headers.setdefault(parts["host"].lower(), {})[parts["name"]] = parts["value"]
    return headers


_HEADER_OPTION = re.compile(r"(?P<host>\[[^\]]*\]|[^:=]+):(?P<name>[^:=]+)=(?P<value>.*)")
_now_option = click.option(
    "--now", metavar="ISO", callback=_parse_moment, help="Use this as the current time (for tests)."
)
_format_option = click.option(
    "--format", "format_name", type=click.Choice(list(feedpub.report_formats())), default="text", show_default=True,
    help="Format of the report: for people, for programs, for GitHub Actions, or for an issue.",
)  # fmt: skip
_exclude_option = click.option(
    "--exclude", multiple=True, metavar="PATTERN", help="Skip addresses that match this regular expression."
)
_allow_private_option = click.option("--allow-private", is_flag=True, help="Also check addresses in private networks.")
_fail_if_empty_option = click.option("--fail-if-empty", is_flag=True, help="Exit with 1 if there are no links at all.")


@click.group(epilog=_EPILOG)
def links() -> None:
    """Check the outbound links of a site, and remember the results."""


@links.command(epilog=_EPILOG, short_help="Check every link that is due, and print a report.")
@_entries_argument
@_urls_option
@_format_option
@click.option("--quiet", is_flag=True, help="Print nothing if nothing has changed since the last run (for cron).")
@click.option(
    "--feed",
    "folder",
    metavar="DIR",
    type=click.Path(file_okay=False),
    help="Write the dead links of a site as feeds into DIR: atom.xml, rss.xml.",
)
@click.option("--strict", is_flag=True, help="Report a link as dead on its first confirmed failure.")
@click.option("--all/--due", "everything", help="Check all links, or only those that are due.  [default: --due]")
@click.option("--concurrency", type=click.IntRange(1, 1000), help="Maximum number of requests at once.  [default: 128]")
@click.option(
    "--per-host", type=click.IntRange(1, 100), help="Maximum number of requests at once to one host.  [default: 6]"
)
@click.option(
    "--spacing", type=click.FloatRange(0, 600), help="Minimum seconds between requests to one host.  [default: 0]"
)
@click.option(
    "--patience",
    type=click.FloatRange(0, 3600),
    help="Maximum seconds to wait for a host that answers 429, 503 or similar.  [default: 120]",
)
@click.option("--deadline", type=click.FloatRange(1, 600), help="Maximum seconds for one address.  [default: 30]")
@click.option(
    "--max-time", metavar="MINUTES", type=click.FloatRange(0, 10_000),
    help="End the check after this time; the remaining links stay due.",
)  # fmt: skip
@click.option(
    "--header",
    "headers",
    multiple=True,
    metavar="HOST:NAME=VALUE",
    callback=_parse_headers,
    help="Send a header to one host, or to all below it (*.example.org:Accept=text/html).",
)
@_exclude_option
@_allow_private_option
@_fail_if_empty_option
@click.option("--ca-bundle", type=click.Path(exists=True, dir_okay=False), help="File of certificates to trust (PEM).")
@click.option("--proxy", metavar="URL", help="Send all requests through this HTTP proxy.")
@_make_history_option("beside ENTRIES; with --urls, in the current folder")
@click.option("--no-history", is_flag=True, help="Remember nothing; implies --strict.")
@_now_option
def check(
    entries: str, urls: str | None, format_name: str, quiet: bool, folder: str | None, strict: bool, everything: bool,
    max_time: float | None, fail_if_empty: bool, history: str | None, no_history: bool, now: datetime | None,
    **options: Any,
) -> None:  # fmt: skip
    """Check every outbound link of ENTRIES (default: entries) that is due, and print a report.

    A link is reported dead only after it has failed for several days and failed again within the same run. Links that
    refuse robots, or could not be checked, are never reported dead.
    """
    if history and no_history:
        raise click.UsageError("--history and --no-history exclude each other; leave one of them out")
    target, settings = _load_target(entries, urls)
    if isinstance(target, feedpub.Site) and not quiet:
        _warn_of_missing_links(target)
    if folder and not (isinstance(target, feedpub.Site) and not no_history):
        raise click.UsageError("--feed needs a site and a history; leave --urls and --no-history out")
    run = feedpub.iter_checked_links(
        target, history=None if no_history else _find_history(entries, urls, history),
        settings=_apply_options(settings, options), everything=everything, strict=strict or no_history,
        max_seconds=None if max_time is None else 60 * max_time, now=now,
    )  # fmt: skip
    _run_check(run, feedpub.report_formats()[format_name], quiet=quiet)
    if folder and isinstance(target, feedpub.Site):
        try:
            feedpub.write_incident_feed(target, run.report, folder)
        except feedpub.ConfigError as error:  # the report is printed already, perhaps as JSON
            (problem,) = error.problems
            raise click.UsageError(f"{problem.path} {problem.message}; {problem.hint}") from None
    _exit_with(run.report, fail_if_empty=fail_if_empty)


def _run_check(run: feedpub.LinkCheck, report_format: feedpub.ReportFormat, *, quiet: bool) -> None:
    """Check links and print the report; if interrupted, or if the history fails, print the results so far, and exit."""
    printed = set[str]()
    is_reported = False
    try:
        with Progress() as progress:
            dead = 0
            for number, link in enumerate(run, start=1):
                raise_again()
                dead += link.broken
                progress("Checking links", number, run.total, partial(_describe_progress, run, number, dead))
                if report_format.has_line_per_link and (link.change or not quiet):
                    with defer_interrupts():
                        echo_utf8(report_format.write_link(link))
                        printed.add(link.url)
        if not report_format.has_line_per_link:
            with defer_interrupts():
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
            _echo_unprinted(run.report, report_format, printed, quiet=quiet)
        if not interrupt:
            fail(message, EXIT_NOT_CHECKED)
        if message:
            echo(f"feedpub: {message}", err=True)
        echo(f"interrupted; results for {len(run.report.links)} of {run.total} links", err=True)
        sys.exit(find_exit_code(interrupt))


@links.command(epilog=_EPILOG)
@_entries_argument
@_urls_option
@_format_option
@click.option("--quiet", is_flag=True, help="Print nothing if nothing has changed since the last run.")
@_exclude_option
@_allow_private_option
@_fail_if_empty_option
@_make_history_option("beside ENTRIES; with --urls, in the current folder")
@_now_option
def report(
    entries: str, urls: str | None, format_name: str, quiet: bool, fail_if_empty: bool, history: str | None,
    now: datetime | None, **options: Any,
) -> None:  # fmt: skip
    """Show the last results of the links of ENTRIES, without checking them again."""
    target, settings = _load_target(entries, urls)
    report_format = feedpub.report_formats()[format_name]
    try:
        link_report = feedpub.report_links(
            target, history=_find_history(entries, urls, history), settings=_apply_options(settings, options), now=now
        )
    except feedpub.HistoryError as error:
        fail(str(error), EXIT_NOT_CHECKED)
    if report_format.has_line_per_link:
        _echo_unprinted(link_report, report_format, (), quiet=quiet)
    else:
        _echo_report(link_report, report_format, quiet=quiet)
    _exit_with(link_report, fail_if_empty=fail_if_empty)


@links.command(epilog=_EPILOG)
@_entries_argument
@_make_history_option("beside ENTRIES")
@click.option("--write", is_flag=True, help="Rewrite the files; without this, only show the changes.")
def fix(entries: str, history: str | None, write: bool) -> None:
    """Rewrite addresses in ENTRIES that have moved permanently.

    An address is rewritten if the last two checks led to the same page. It is never replaced by the home page of a
    site, nor https by http.
    """
    target, _ = _load_target(entries, None)
    assert isinstance(target, feedpub.Site)
    try:
        fixes = feedpub.fix_links(target, history=_find_history(entries, None, history))
        if write:
            feedpub.write_fixes(fixes)
    except feedpub.HistoryError as error:
        fail(str(error), EXIT_NOT_CHECKED)
    for fix_of_file in fixes:
        echo_lines(fix_of_file.diff())
        for note in fix_of_file.notes():
            echo(note, err=True)
    changes = sum(len(fix_of_file.changes) for fix_of_file in fixes)
    if not fixes:
        message = "no link has moved permanently"
    else:
        addresses = "1 address" if changes == 1 else f"{changes} addresses"
        message = f"{addresses} changed" if write else f"{addresses} to change; --write rewrites the files"
    echo(message, err=True)


@links.command(epilog=_EPILOG)
@click.argument("url")
@click.option(
    "--until",
    required=True,
    metavar="DATE",
    callback=_parse_moment,
    help="Date until which the link is accepted; ISO 8601, such as 2026-06-01.",
)
@click.option("--why", required=True, metavar="TEXT", help="Why the link is accepted.")
@_make_history_option("in the current folder")
def ack(url: str, until: datetime, why: str, history: str | None) -> None:
    """Accept the link URL as it is: it is not reported until DATE.

    The link may be dead, suspect, moved, blocked or unsure. URL is its address, or the address as a report shows it.
    """
    if until <= datetime.now(UTC):
        raise click.BadParameter(f"{until:%Y-%m-%d} is in the past; write a later date", param_hint="--until")
    try:
        status = feedpub.accept_link(url, history=_find_history("entries", None, history), until=until, why=why)
    except feedpub.HistoryError as error:
        fail(str(error), EXIT_NOT_CHECKED)
    if status is None:
        raise click.UsageError("there are no results for this address; `feedpub links report` lists the addresses")
    if status == "ok":
        raise click.UsageError("this link works: there is nothing to accept")
    echo(f"accepted until {until:%Y-%m-%d}: {status}")


@links.command(epilog=_EPILOG)
@click.argument("url")
@_make_history_option("in the current folder")
def forget(url: str, history: str | None) -> None:
    """Delete all results of the link URL from the history.

    URL is the address, or the address as a report shows it.
    """
    try:
        is_forgotten = feedpub.forget_link(url, history=_find_history("entries", None, history))
    except feedpub.HistoryError as error:
        fail(str(error), EXIT_NOT_CHECKED)
    if not is_forgotten:
        raise click.UsageError("there are no results for this address; `feedpub links report` lists the addresses")


def _describe_progress(run: feedpub.LinkCheck, number: int, dead: int, seconds: float) -> str:
    return f": {dead} dead, {number / seconds:.0f} a second, {run.hosts_waiting} hosts waiting"


def _load_target(entries: str, urls: str | None) -> tuple[feedpub.Site | list[str], feedpub.LinkSettings]:
    if urls is not None and click.get_current_context().get_parameter_source("entries") is not ParameterSource.DEFAULT:
        raise click.UsageError("ENTRIES and --urls exclude each other; leave one of them out")
    if urls is None:
        site = feedpub.load(entries, keep_going=True)
        return site, site.config.links
    try:
        data = io.BytesIO(read_input(urls, limit=LARGEST_LIST_BYTES))
        lines = [line.strip() for line in io.TextIOWrapper(data, encoding="utf-8-sig")]
    except (OSError, UnicodeDecodeError) as error:
        fault = getattr(error, "strerror", None) or "is not UTF-8; save it as UTF-8"
        raise click.UsageError(f"--urls {urls}: {fault}") from None
    return [line for line in lines if line and not line.startswith("#")], feedpub.LinkSettings()


def _warn_of_missing_links(site: feedpub.Site) -> None:
    """Print a note if files have errors, so that their links are not checked."""
    bad = {problem.path for problem in site.problems if problem.severity == "error"}
    if bad:
        files = (
            "1 file has errors: its links are" if len(bad) == 1 else f"{len(bad)} files have errors: their links are"
        )
        echo(f"{files} not checked; run `feedpub lint` to see the errors", err=True)


def _apply_options(settings: feedpub.LinkSettings, options: dict[str, Any]) -> feedpub.LinkSettings:
    """Return settings with the options of the command line in place of those of the site."""
    for pattern in options["exclude"]:
        if not pattern:
            raise click.UsageError("--exclude: an empty pattern would skip all addresses")
        try:
            re.compile(pattern)
        except (re.error, OverflowError, RecursionError) as error:
            raise click.UsageError(f"--exclude {pattern[:100]!r} is not a regular expression: {error}") from None
    changes = {name: value for name, value in options.items() if value or (value == 0 and value is not False)}
    headers = changes.pop("headers", {})
    if "exclude" in changes:
        changes["exclude"] = (*settings.exclude, *changes["exclude"])
    try:
        settings = replace(settings, **changes)
    except feedpub.FieldError:
        raise click.UsageError("--proxy: write http://host:port") from None  # the value may contain a password
    hosts = dict(settings.hosts)
    try:
        for host, own_headers in headers.items():
            host_settings = hosts.get(host, feedpub.HostSettings())
            hosts[host] = replace(host_settings, headers={**host_settings.headers, **own_headers})
        return replace(settings, hosts=hosts)
    except feedpub.FieldError:
        raise click.UsageError(
            "--header: write HOST:NAME=VALUE, in ASCII, such as example.org:Accept=text/html"
        ) from None


def _find_history(entries: str, urls: str | None, history: str | None) -> Path:
    if history:
        return Path(history)
    return _DEFAULT_HISTORY if urls is not None else Path(entries).absolute().parent / _DEFAULT_HISTORY


def _echo_report(link_report: feedpub.LinkReport, report_format: feedpub.ReportFormat, *, quiet: bool) -> None:
    """Print a report that is written at the end; nothing if `quiet` and nothing has changed."""
    if quiet and not link_report.has_changes:
        return
    text = feedpub.format_report(link_report, report_format.name)
    if report_format.is_for_programs:
        echo_utf8(text.removesuffix("\n"))
    else:
        echo_lines(text, may_annotate=report_format.may_annotate)


def _echo_unprinted(
    link_report: feedpub.LinkReport, report_format: feedpub.ReportFormat, printed: Collection[str], *, quiet: bool
) -> None:
    """Print the results that were not printed yet."""
    if not report_format.has_line_per_link:
        if link_report.links:
            _echo_report(link_report, report_format, quiet=quiet)
        return
    for link in link_report.links:
        if link.url not in printed and (link.change or not quiet):
            echo_utf8(report_format.write_link(link))


def _exit_with(link_report: feedpub.LinkReport, *, fail_if_empty: bool) -> NoReturn:
    if link_report.network_down:
        sys.exit(EXIT_NOT_CHECKED)
    sys.exit(EXIT_DEAD_LINKS if link_report.broken or (fail_if_empty and not link_report.links) else EXIT_FINE)
