"""Print the results of commands, for people and for GitHub Actions."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import feedpub

from .output import count_problems, echo, echo_annotation, echo_lines, echo_problems

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MOST_FILES_LISTED = 10


def echo_import(result: feedpub.ImportResult, file: str, output_format: str, *, has_author: bool) -> None:
    """Print which files were written, what is doubtful, and how many lines of the text were kept.

    Args:
        result: The result of the import.
        file: The text, as the user named it.
        output_format: ``text``, or ``github`` for annotations.
        has_author: Whether the user named an author; if not, one that is in the text is suggested.
    """
    for line in result.pasted.lines:
        if line.fate == "ambiguous":
            hint = f" ({line.hint})" if line.hint else ""
            message = f"line {line.number} was read as {line.role}: {line.text.strip()}{hint}"
            if output_format == "github":
                echo_annotation("warning", message, file=file, line=line.number)
            else:
                echo(f"warning: {message}", err=True)
    if result.pasted.author and not has_author:
        author = result.pasted.author
        echo(f'note: the text names an author; to publish the name, add "author: {author}" to the entry', err=True)
    for path in result.paths:
        echo(path)
    echo_lines(_summarise_lines(result.pasted))


def _summarise_lines(pasted: feedpub.PastedText) -> str:
    fates = [line.fate for line in pasted.lines]
    languages = ", ".join(
        f"{draft.language}: {_count_items(draft.key_points, 'key point')},"
        f" {_count_items(draft.references, 'reference')}"
        for draft in pasted.drafts
    )
    dropped_texts = [line.text.strip() for line in pasted.lines if line.fate == "dropped" and line.text.strip()]
    left_out = f"\nleft out: {'  '.join(text[:60] for text in dropped_texts)}" if dropped_texts else ""
    return (
        f"{languages}{left_out}\n{len(fates)} lines: {fates.count('kept')} kept, "
        f"{fates.count('dropped')} dropped (blank, dividers, page furniture), {fates.count('ambiguous')} ambiguous"
    )


def echo_build(result: feedpub.BuildResult) -> None:
    """Print what a build wrote: the feeds of each language, files, scheduled articles and stale files."""
    for language, count in result.articles.items():
        folder = os.path.join(result.output, language)
        names = "  ".join(feed_format.file_name for feed_format in feedpub.feed_formats())
        echo(f"{language:10} {count:5} article{'' if count == 1 else 's'}   {folder}/{names}")
    removed = f", {len(result.removed)} removed" if result.removed else ""
    echo(f"{result.output}: {_count_items(result.written, 'file')} written, {len(result.kept)} unchanged{removed}")
    if result.scheduled:
        echo(_describe_scheduled(result.scheduled))
    if result.stale:
        _echo_stale(result.stale)
    echo(f"Open {os.path.join(result.output, 'index.html')}")


def _describe_scheduled(entries: Sequence[feedpub.ScheduledEntry]) -> str:
    """Return how many articles are scheduled, and which is the next."""
    count, first = len({entry.key for entry in entries}), entries[0]
    languages = [entry.language for entry in entries if entry.key == first.key and entry.published == first.published]
    start = "1 article is scheduled, for" if count == 1 else f"{count} articles are scheduled, the next for"
    return f"{start} {first.published.isoformat()}: {first.key} ({', '.join(languages)})"


def _echo_stale(paths: Sequence[str]) -> None:
    look, them = ("looks", "it") if len(paths) == 1 else ("look", "them")
    echo(
        f"{_count_items(paths, 'file')} that this build does not write {look} like feedpub's:"
        f" run `feedpub build --prune` to remove {them}"
    )
    for path in paths[:MOST_FILES_LISTED]:
        echo(f"  {path}")
    if len(paths) > MOST_FILES_LISTED:
        echo(f"  and {len(paths) - MOST_FILES_LISTED} more")


def make_preview_printer(entries: str) -> Callable[[feedpub.PreviewEvent], None]:
    """Return a function that prints each build of a preview; the first time also its address."""
    is_first = True

    def echo_event(event: feedpub.PreviewEvent) -> None:
        nonlocal is_first
        echo_problems([problem for problem in event.problems if problem.severity != "note"], "text")
        if event.result:
            written = _count_items(event.result.written, "file")
            echo(f"built: {written} written, {len(event.result.kept)} unchanged")
            if event.result.scheduled:
                echo(f"{_describe_scheduled(event.result.scheduled)}; marked in the preview")
        else:
            echo(event.error or f"{count_problems(event.problems)}; not built", err=bool(event.error))
        if is_first:
            echo(f"{event.address} is a preview of {entries}, rebuilt after each change; press Ctrl-C to stop")
            is_first = False

    return echo_event


def make_ping_printer(output_format: str) -> Callable[[feedpub.PingResult], None]:
    """Return a function that prints each result of `feedpub.ping`; as JSON, they are all printed at the end."""

    def echo_result(result: feedpub.PingResult) -> None:
        if output_format == "github" and result.outcome == "failed":
            echo_annotation("error", f"{result.topic}: {result.reason}", title="ping failed")
        elif output_format != "json":
            echo(f"{result.outcome:9}  {result.topic}" + (f"  {result.reason}" if result.reason else ""))

    return echo_result


def _count_items(items: Sequence[object], name: str) -> str:
    return f"{len(items)} {name}{'' if len(items) == 1 else 's'}"
