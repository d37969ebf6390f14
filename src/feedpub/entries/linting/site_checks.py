"""The checks of `feedpub lint`: one file, the languages of an article, and all articles of a site."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from ...language import get_autonym, has_words
from ..markdown.positions import POSITION
from .html_checks import inspect_html
from .script_checks import fits_language, report_foreign_script

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from ...model import Config, KeyPoint
    from ..entry_file import EntryFile
    from ..sections.headings import HeadingTable

_MOST_NUMBERS: Final = 20  # of references in one message


def inspect_file(file: EntryFile, headings: HeadingTable) -> None:
    """Report everything doubtful in one file."""
    source = file.source
    inspect_html(file)
    _note_missing_addresses(file)
    _note_mistyped_headings(file, headings)
    _note_joined_lines(file)
    if not fits_language(file):
        message = f"the text does not look like {get_autonym(file.language)} ({file.language})"
        source.add("W104", message, "name the file after its language, or translate it", *file.find_span("title"))


def compare_languages(files: Sequence[EntryFile]) -> None:
    """Compare the languages of an article, which should have the same key points, references and addresses."""
    for file in files[1:]:
        _compare_translation(files[0], file)
    if len(files) > 1:
        for file in files:
            report_foreign_script(file)


def compare_articles(groups: Iterable[Mapping[str, EntryFile]], config: Config) -> None:
    """Compare the articles of a site: report missing translations, equal dates and equal titles."""
    live: list[EntryFile] = []
    for group in groups:
        original = next(iter(group.values()))
        lacking = [language for language in config.languages if language not in group]
        if lacking and original.is_live:
            name = f"{original.key}.{lacking[0]}.md"
            original.source.add("N104", f"there is no translation into {', '.join(lacking)}", f"write it in {name}")
        live += [file for file in group.values() if file.is_live and file.is_readable]
    live.sort(key=lambda file: file.source.path)
    for language in config.languages:
        _compare_language([file for file in live if file.language == language], language, config)


def note_scheduled_entries(groups: Iterable[Mapping[str, EntryFile]], until: datetime) -> None:
    """Note the entries that are published after a moment, each in the file that states the date."""
    for group in groups:
        original = next(iter(group.values()))
        for file in group.values():
            published = file.values.get("published")
            is_stated = file is original or "published" in file.matter
            if file.entry and is_stated and published and published > until:
                message = f"builds before {published.isoformat()} leave this out"
                hint = "nothing to do if it should appear then"
                file.source.add("N125", message, hint, *file.find_span("published"))


def _compare_language(files: Sequence[EntryFile], language: str, config: Config) -> None:
    if files and not has_words(language):
        message = f"feedpub has no words in {language}; headings such as References will be English"
        files[0].source.add(
            "N106", message, "nothing to do; CONTRIBUTING.md in feedpub's repository says how to add a language"
        )
    titles: dict[str, EntryFile] = {}
    for file in files:
        twin = titles.setdefault(file.values.get("title", file.source.path), file)
        if twin is not file:
            message = f"{twin.source.path} has the same title"
            file.source.add(
                "N109",
                message,
                "give one of them another title: readers cannot tell them apart",
                *file.find_span("title"),
            )
    dated = [file for file in files if "published" in file.values]
    _note_same_moments(dated)
    _note_old_translations(dated, config)


def _note_same_moments(files: Iterable[EntryFile]) -> None:
    moments = [(file.values.get("updated", file.values["published"]), file) for file in files]
    for (first_moment, first), (second_moment, second) in pairwise(sorted(moments, key=lambda pair: pair[0])):
        # If both took the date from their originals, it is noted there.
        file, twin = (second, first) if "published" in second.matter or "updated" in second.matter else (first, second)
        if first_moment == second_moment and ("published" in file.matter or "updated" in file.matter):
            hint = "add a time of day: some readers sort by it, and the W3C validator warns"
            span = file.find_span("updated" if "updated" in file.matter else "published")
            file.source.add("N103", f"{twin.source.path} was updated at the same moment", hint, *span)


def _note_old_translations(files: Iterable[EntryFile], config: Config) -> None:
    newest_first = sorted(files, key=lambda file: (file.values["published"], file.key), reverse=True)
    old = [file for file in newest_first[config.limit :] if "published" not in file.matter]
    if old:
        others = len(old) - 1
        more = f" (nor {'is 1 other' if others == 1 else f'are {others:,} others'})" if others else ""
        message = f"this translation has the date of its original and is not among the newest {config.limit}{more}"
        hint = "give a translation that is added later its own published:, or subscribers will not see it"
        old[0].source.add("N105", message, hint)


def _note_missing_addresses(file: EntryFile) -> None:
    source, spans = file.source, file.find_reference_spans()
    unusable = {problem.line for problem in source.problems if problem.code in ("E111", "W105", "W106")}
    missing = [
        number
        for number, (reference, (start, _)) in enumerate(zip(file.sections.references, spans, strict=True), start=1)
        if reference.url is None and not (unusable and source.find_line(start) in unusable)
    ]
    if missing:
        more = f" and {len(missing) - _MOST_NUMBERS:,} more" if len(missing) > _MOST_NUMBERS else ""
        numbers = ", ".join(map(str, missing[:_MOST_NUMBERS])) + more
        subject = f"references {numbers} have" if len(missing) > 1 else f"reference {numbers} has"
        hint = "nothing to do if there is none; otherwise write [title](https://…) - publisher"
        source.add("N102", f"{subject} no address", hint, *spans[missing[0] - 1])


_PARAGRAPH: Final = re.compile(rf'<p{POSITION}([0-9]+):[0-9]+-([0-9]+):[0-9]+">((?:(?!</p>).)*+)</p>', re.DOTALL)
_LETTER_AT_END: Final = re.compile(r"[\u3041-\u30fa\u3400-\u9fff\uf900-\ufaff](?=[ \t]*\Z)")
_LETTER_AT_START: Final = re.compile(r"[ \t>]*+[\u3041-\u30fa\u3400-\u9fff\uf900-\ufaff]")


def _note_joined_lines(file: EntryFile) -> None:
    """Note the first line of Chinese or Japanese that ends without punctuation and is joined with the next line."""
    source = file.source
    lines = source.text[file.body_start :].split("\n")
    for paragraph in _PARAGRAPH.finditer(f"{file.sections.summary}\n{file.sections.body}"):
        first, last = int(paragraph[1]), int(paragraph[2])
        if first == last or "<br" in paragraph[3]:
            continue
        for number in range(first, min(last, len(lines))):
            end = _LETTER_AT_END.search(lines[number - 1])
            if end and _LETTER_AT_START.match(lines[number]):
                start = source.find_offset(source.find_line(file.body_start) + number - 1, 1) + end.start()
                hint = "nothing to do in prose; in verse, add hard_breaks: true"
                source.add("N134", "this line and the next are published as one", hint, start, start + 1)
                return


def _compare_translation(original: EntryFile, file: EntryFile) -> None:
    sections, original_sections = file.sections, original.sections
    for kind, count, original_count in _count_parts(file, original):
        if count != original_count:
            message = f"{count} {kind}, but {original.source.path} has {original_count}"
            file.source.add("W101", message, "translate the same points and references, in the same order")
            return
    for number, (reference, original_reference) in enumerate(
        zip(sections.references, original_sections.references, strict=True), start=1
    ):
        if reference.url != original_reference.url and reference.url and original_reference.url:
            span = file.find_reference_spans()[number - 1]
            message = f"reference {number} links to another address than in {original.source.path}"
            file.source.add("W102", message, f"there it is {original_reference.url}", *span)


def _count_parts(file: EntryFile, original: EntryFile) -> Iterator[tuple[str, int, int]]:
    sections, original_sections = file.sections, original.sections
    yield "key points", len(sections.key_points), len(original_sections.key_points)
    for number, (point, original_point) in enumerate(
        zip(sections.key_points, original_sections.key_points, strict=False), start=1
    ):
        yield (
            f"points under key point {number}",
            _count_children(point.children),
            _count_children(original_point.children),
        )
    yield "references", len(sections.references), len(original_sections.references)


def _count_children(points: Iterable[KeyPoint]) -> int:
    return sum(1 + _count_children(point.children) for point in points)


# Each heading is compared with dozens of names of sections, letter by letter.
MOST_COMPARED_HEADINGS: Final = 200


def _note_mistyped_headings(file: EntryFile, headings: HeadingTable) -> None:
    """Note why a text is not a digest, and headings that are nearly the name of a section that the entry lacks."""
    sections = file.sections
    if sections.near_digest:
        reason, line, column = sections.near_digest
        message = f"this text is published as an ordinary post: {reason}"
        hint = "to publish it as a digest, fix this; or write digest: true or false in the front matter"
        file.source.add("N130", message, hint, *file.source.find_line_span(sections.start_line + line, column))
    filled_sections = {
        name
        for name, value in (
            ("summary", sections.summary), ("key_points", sections.points), ("references", sections.references)
        )
        if value
    }  # fmt: skip
    for text, line, column in sections.other_headings[:MOST_COMPARED_HEADINGS]:
        near = headings.find_nearest(text)
        if near and near[0].section not in filled_sections:
            message = f"is not the heading of a section, but nearly “{near[1]}”"
            hint = f"if a section is meant, write: ## {near[1].capitalize()}"
            file.source.add("N111", message, hint, *file.source.find_line_span(sections.start_line + line, column))
