"""Read one entry file: its name, front matter and sections."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from ..language import DEFAULT_LANGUAGE
from .dates import parse_date
from .entry_file import EntryFile
from .front_matter import fields
from .front_matter.converters import Context
from .front_matter.reader import read_front_matter
from .identity import determine_key, determine_language, extract_date_of_name, split_file_name
from .sections.reader import read_sections
from .source import read_source

if TYPE_CHECKING:
    from ..model import Config
    from .sections.headings import HeadingTable
    from .sections.reader import Sections
    from .source import Source

_TITLE = re.compile(r"^title: +\S", re.MULTILINE)
_CHINESE = re.compile(r"""^lang(?:uage)?: *["']?zh\b""", re.MULTILINE | re.IGNORECASE)


def read_entry_file(
    path: str,
    display_path: str,
    headings: HeadingTable,
    config: Config,
    *,
    front_matter_only: bool = False,
    source: Source | None = None,
) -> EntryFile:
    """Read an entry file; all problems are collected in its source.

    Args:
        path: The path of ``<key>.<language>.md`` or ``<key>.md``.
        display_path: The path, as problems name it.
        headings: The words for sections.
        config: The site's settings.
        front_matter_only: Do not read the Markdown, unless it has the title, or its script decides the language.
        source: A text to read instead of the file.
    """
    key, suffix = split_file_name(os.path.basename(path))
    source = source or read_source(path, display_path, head=front_matter_only)
    if front_matter_only and (
        suffix.casefold() == "zh" or not _TITLE.search(source.text) or _CHINESE.search(source.text)
    ):
        source, front_matter_only = read_source(path, display_path), False
    file = EntryFile(source=source, key=key)
    if not source.has_errors:
        file.matter, file.body_start = read_front_matter(source)
        file.is_readable = not any(problem.code in ("E108", "E109") for problem in source.problems)
    file.language = determine_language(file, suffix, config)
    date_of_name = extract_date_of_name(file, path, config) if file.is_readable else ""
    determine_key(file)
    if file.is_readable:
        context = Context(source=source, timezone=config.timezone, base_url=config.base_url, authority=config.authority)
        file.values = fields.read_values(context, file.matter)
        if not front_matter_only:
            file.sections = _read_sections(file, headings, config)
        if date_of_name and "published" not in file.matter:
            file.values["published"] = parse_date(date_of_name, config.timezone)
            hint = f"nothing to do; or add published: {date_of_name}, and key: for another name"
            file.source.add("N124", f"the date is taken from the file name; the article is called {file.key}", hint)
        _merge_sections(file)
    return file


def _read_sections(file: EntryFile, headings: HeadingTable, config: Config) -> Sections:
    title_value = file.matter.get("title")
    title = title_value.content if title_value and isinstance(title_value.content, str) else ""
    return read_sections(
        file.source,
        file.body_start,
        headings,
        has_title=title_value is not None,
        title=title,
        is_digest=file.values.get("digest"),
        language=file.language or DEFAULT_LANGUAGE,
        hard_breaks=file.values.get("hard_breaks", config.hard_breaks),
    )


def _merge_sections(file: EntryFile) -> None:
    """Add the values of sections that the front matter lacks; warn where both have a value and differ."""
    values, sections = file.values, file.sections
    if sections.via and values.get("source", sections.via) != sections.via:
        message = f"the front matter names another source: {values['source']}"
        span = file.source.find_line_span(sections.start_line + sections.via_position[0], sections.via_position[1])
        file.source.add("W108", message, "keep one of them; the one in the front matter is used", *span)
    for name, value in (("title", sections.title), ("previous", sections.previous), ("next", sections.next)):
        if value and values.get(name, value) != value:
            message = f"{name} is not the same in the front matter and in a section of the text"
            file.source.add(
                "W110", message, "keep one of them; the one in the front matter is used", *file.find_span(name)
            )
    for name, value in (
        ("title", sections.title),
        ("source", sections.via),
        ("previous", sections.previous),
        ("next", sections.next),
    ):
        if value:
            values.setdefault(name, value)
