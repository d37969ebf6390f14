"""Read one entry file: its name, front matter and sections."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from ..language import DEFAULT_LANGUAGE
from .dates import parse_date
from .entry_file import File
from .front_matter import fields
from .front_matter.converters import Context
from .front_matter.reader import read_front_matter
from .identity import determine_language, name_parts, settle_key, take_date_of_name
from .sections.reader import read_sections
from .source import read_source

if TYPE_CHECKING:
    from ..model import Config
    from .sections.headings import HeadingTable
    from .sections.reader import Sections
    from .source import Source

_TITLE = re.compile(r"^title: +\S", re.MULTILINE)
_CHINESE = re.compile(r"""^lang(?:uage)?: *["']?zh\b""", re.MULTILINE | re.IGNORECASE)


def read_file(
    path: str,
    shown: str,
    headings: HeadingTable,
    config: Config,
    *,
    glance: bool = False,
    source: Source | None = None,
) -> File:
    """Read an entry file with all its problems.

    Args:
        path: ``<key>.<language>.md``, or ``<key>.md``.
        shown: The path, as problems shall name it.
        headings: The words of sections.
        config: The site's settings.
        glance: Leave the Markdown unread, unless the title stands in it, or the script must be told by it.
        source: What to read instead of the file's own text.
    """
    key, suffix = name_parts(os.path.basename(path))
    source = source or read_source(path, shown, head=glance)
    if glance and (suffix.casefold() == "zh" or not _TITLE.search(source.text) or _CHINESE.search(source.text)):
        source, glance = read_source(path, shown), False
    file = File(source=source, key=key)
    if not source.failed:
        file.matter, file.body_start = read_front_matter(source)
        file.readable = not any(problem.code in ("E108", "E109") for problem in source.problems)
    file.language = determine_language(file, suffix, config)
    date_of_name = take_date_of_name(file, path, config) if file.readable else ""
    settle_key(file)
    if file.readable:
        context = Context(source=source, timezone=config.timezone, base_url=config.base_url, authority=config.authority)
        file.values = fields.read_values(context, file.matter)
        if not glance:
            file.sections = _read_sections(file, headings, config)
        if date_of_name and "published" not in file.matter:
            file.values["published"] = parse_date(date_of_name, config.timezone)
            hint = f"nothing to do; or add published: {date_of_name}, and key: for another name"
            file.source.add("N124", f"the date is that of the file's name; the article is called {file.key}", hint)
        _take_sections(file)
    return file


def _read_sections(file: File, headings: HeadingTable, config: Config) -> Sections:
    given = file.matter.get("title")
    title = given.content if given and isinstance(given.content, str) else ""
    return read_sections(
        file.source,
        file.body_start,
        headings,
        has_title=given is not None,
        title=title,
        is_digest=file.values.get("digest"),
        language=file.language or DEFAULT_LANGUAGE,
        hard_breaks=file.values.get("hard_breaks", config.hard_breaks),
    )


def _take_sections(file: File) -> None:
    """Take what the sections say and the front matter does not; where both speak, nothing is lost unsaid."""
    values, sections = file.values, file.sections
    if sections.via and values.get("source", sections.via) != sections.via:
        message = f"the front matter names another source: {values['source']}"
        place = file.source.span_of(sections.start_line + sections.via_place[0], sections.via_place[1])
        file.source.add("W108", message, "keep one of them; the front matter's is taken", *place)
    for name, value in (("title", sections.title), ("previous", sections.previous), ("next", sections.next)):
        if value and values.get(name, value) != value:
            message = f"{name} stands in the front matter and, otherwise, in a section of the text"
            file.source.add("W110", message, "keep one of them; the front matter's is taken", *file.place(name))
    for name, value in (
        ("title", sections.title),
        ("source", sections.via),
        ("previous", sections.previous),
        ("next", sections.next),
    ):
        if value:
            values.setdefault(name, value)
