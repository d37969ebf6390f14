"""One entry file, read for itself: its name, front matter and sections."""

from __future__ import annotations

import os
import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ..errors import LanguageTagError
from ..language import DEFAULT_LANGUAGE, KNOWN_LANGUAGES, canonicalise_tag, get_direction, match_language
from ..model.checks import LONGEST_KEY_BYTES, is_legal_xml, is_usable_key
from ..model.key_points import KeyPointList
from ..rendering.sanitiser import find_excess, sanitise_html
from ..rendering.text import html_to_text, join_lines, paragraphs_to_text
from . import fields
from .blocks import NOTE_MARK, first_text
from .converters import Context
from .dates import parse_date
from .front_matter import read_front_matter
from .headings import likely_languages
from .sections import Sections, read_sections
from .source import read_source
from .summaries import LONGEST_FIRST_WORDS_GRAPHEMES, derive_summary, excerpt
from .value import read_text

if TYPE_CHECKING:
    from ..model import Config, Entry
    from .headings import HeadingTable
    from .source import Source
    from .value import Value

_TITLE = re.compile(r"^title: +\S", re.MULTILINE)
_CHINESE = re.compile(r"""^lang(?:uage)?: *["']?zh\b""", re.MULTILINE | re.IGNORECASE)
_FIRST_PART: Final = re.compile(r"[A-Za-z]+(?=[-_])")
_COMMON_LANGUAGES: Final = frozenset(tag.partition("-")[0] for tag in KNOWN_LANGUAGES)
_LOOKS_LIKE_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")


@dataclass(slots=True, eq=False)
class File:
    """Hold one entry file while its article is put together.

    Args:
        source: Its text and problems.
        key: The article's name.
        language: One of the site's languages; empty if it cannot be told.
        readable: Whether text and front matter could be read: else nothing can be said about what is missing.
        matter: The front matter, with places.
        body_start: Where the Markdown begins, in characters.
        sections: What the Markdown says.
        values: What front matter and sections say together, by the names of front matter.
        has_title: Whether it has a title of its own; else that is made of its first words.
        kept_points: The list of key points, sanitised.
        live: Whether it will be published once its errors are mended: no draft, nor the translation of one.
        entry: What it became.
    """

    source: Source
    key: str
    language: str = ""
    readable: bool = False
    matter: dict[str, Value] = field(default_factory=dict)
    body_start: int = 0
    sections: Sections = field(default_factory=Sections)
    values: dict[str, Any] = field(default_factory=dict)
    has_title: bool = True
    kept_points: str = ""
    live: bool = False
    entry: Entry | None = None

    def place(self, key: str) -> tuple[int, int]:
        """Return where a value of the front matter stands; the whole file if it does not."""
        value = self.matter.get(key)
        return (value.start, value.end) if value else (-1, -1)

    def find_references(self) -> list[tuple[int, int]]:
        """Return where the references stand, in characters."""
        start = self.sections.start_line
        return [self.source.span_of(start + line, column) for line, column in self.sections.reference_places]


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
    file.language = _language(file, suffix, config)
    date_of_name = _take_date_of_name(file, path, config) if file.readable else ""
    _settle_key(file)
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


def name_parts(name: str) -> tuple[str, str]:
    """Part a file's name into key and what looks like a language tag; ``notes.v2.md`` has none.

    Nor has ``crates.io-incident.md``: tags of several parts are those that exist, and those that are nearly one.
    """
    stem = unicodedata.normalize("NFC", name[: -len(".md")])
    key, _, suffix = stem.rpartition(".")
    if not key or not _LOOKS_LIKE_TAG.fullmatch(suffix):
        return stem, ""
    first = _FIRST_PART.match(suffix)
    if first and first[0].casefold() not in _COMMON_LANGUAGES:
        try:
            canonicalise_tag(suffix)
        except LanguageTagError as error:
            return (key, suffix) if error.suggestion else (stem, "")
    return key, suffix


def _take_date_of_name(file: File, path: str, config: Config) -> str:
    """Return the date in the name of a file whose article has no other, and take it out of the article's name.

    Jekyll names files so: ``2026-02-03-hello.md``. A date in the front matter of the original decides otherwise:
    translations often have none, and an article has one name in all languages.
    """
    found = _DATED_NAME.fullmatch(file.key)
    if not found or _original_has_date(file, path, config):
        return ""
    try:
        parse_date(found[1], config.timezone)
    except ValueError:
        return ""
    file.key = found[2] or file.key
    return found[1]


_DATED_NAME: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:[-_](.+))?", re.ASCII | re.DOTALL)


def _original_has_date(file: File, path: str, config: Config) -> bool:
    folder, own_name = os.path.split(path)
    first, *others = config.languages
    for name in (f"{file.key}.{first}.md", f"{file.key}.md", *(f"{file.key}.{language}.md" for language in others)):
        if name == own_name:
            break
        if os.path.exists(original := os.path.join(folder, name)):
            return "published" in read_front_matter(read_source(original, name, head=True))[0]
    return "published" in file.matter


def _language(file: File, suffix: str, config: Config) -> str:
    """Return the language of the file name, the front matter or the settings; empty if one of them is invalid."""
    named = _named_language(file, suffix, config) if suffix else None
    stated = _stated_language(file, config)
    if named and stated and named != stated:
        hint = f"rename the file to {file.key}.{stated}.md, or remove this line"
        file.source.add("W104", f"the file's name says {named}", hint, *file.place("language"))
    return next((language for language in (named, stated) if language is not None), config.default_language)


def _named_language(file: File, suffix: str, config: Config) -> str:
    ending = f"the name ends in .{suffix}.md, and {suffix}"
    try:
        tag = canonicalise_tag(suffix)
    except LanguageTagError as error:
        known = [found for meant in error.suggestion if (found := match_language(meant, config.languages))]
        if error.suggestion and not known:
            hint = f"did you mean {' or '.join(error.suggestion)}? Add it to languages in feedpub.toml"
        else:
            # `post.cn.md` was meant for a language, `node.js.md` was not.
            name = file.key if known else f"{file.key}.{suffix}"
            hint = f"rename it to {name}.{next(iter(known), config.default_language)}.md"
        file.source.add("E113", f"{ending} is not a language tag", hint)
        return ""
    language = _site_language(tag, file, config)
    if not language:
        kept = ", ".join(f"{file.key}.{known}.md" for known in config.languages[:3])
        hint = f'rename it, e.g. to {kept}; or add "{tag}" to languages in feedpub.toml'
        file.source.add("E113", f"{ending} is not one of the site's languages ({', '.join(config.languages)})", hint)
    return language or ""


def _stated_language(file: File, config: Config) -> str | None:
    value = file.matter.get("language")
    if value is None:
        return None
    given = read_text(file.source, value, "language")
    if given is None:
        return ""
    try:
        tag = canonicalise_tag(given)
    except LanguageTagError as error:
        meant = " or ".join(error.suggestion)
        hint = f"did you mean {meant}?" if meant else "see BCP 47: en, zh-Hans, pt-BR"
        file.source.add("E112", f"{given!r} is not a language tag", hint, value.start, value.end)
        return ""
    language = _site_language(tag, file, config)
    if not language:
        hint = f'add "{tag}" to languages in feedpub.toml'
        file.source.add("E112", f"{tag} is not one of the site's languages", hint, value.start, value.end)
    return language or ""


def _site_language(tag: str, file: File, config: Config) -> str | None:
    """Return the site's language for a tag; Chinese without script is told by its characters."""
    if tag == "zh" and tag not in config.languages:
        chinese = tuple(language for language in config.languages if language.startswith("zh-"))
        for likely in likely_languages(file.source.text[file.body_start :], ("zh-Hans", "zh-Hant")):
            if chinese and (found := match_language(likely, chinese)):
                return found
    return match_language(tag, config.languages)


def _settle_key(file: File) -> None:
    name = "key" if "key" in file.matter else "slug"
    if value := file.matter.get(name):
        file.key = unicodedata.normalize("NFC", read_text(file.source, value, name) or file.key)
    shown = repr(file.key) if is_legal_xml(file.key) else ascii(file.key)
    hint = "choose another name for the article; archive, category and the like are names of the published folder"
    if not is_usable_key(file.key):
        file.source.add("E115", f"{shown} cannot be the name of an article", hint, *file.place(name))
        file.language = ""
    elif len(file.key.encode()) > LONGEST_KEY_BYTES:
        message = f"the name of the article is longer than {LONGEST_KEY_BYTES} bytes"
        file.source.add("E115", message, "choose a shorter one", *file.place(name))
        file.language = ""


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


def check_dates(file: File) -> None:
    """Record a problem if dates contradict each other."""
    values = file.values
    if "updated" in values and "published" in values and values["updated"] < values["published"]:
        file.source.add("W107", "updated is before published", "correct one of them", *file.place("updated"))


def clean_texts(file: File, base: str, copies: int) -> None:
    """Sanitise what the Markdown says, once, and derive the summary from what was kept.

    Args:
        file: Whose `values` take body, key points and summary.
        base: Address of the entry's page.
        copies: How many feeds of a language show it.
    """
    sections, values = file.sections, file.values
    body, points, summary = sections.body, sections.points, sections.summary
    plain_summary = summary if sections.is_plain_summary else ""  # else the body begins with it
    in_body = {"references"} if sections.has_references_in_body else set()
    html = f"{plain_summary}\n{body}\n{points}"
    if reason := find_excess(html, base, copies=copies, is_closed=not sections.has_raw_html):
        file.source.add("E120", reason, "close the tags that stay open, or split the article")
        body = points = summary = ""
    towards = get_direction(file.language)
    if body:
        body = sanitise_html(body, base, direction=towards)
    values["body"] = body
    if points:
        file.kept_points = sanitise_html(points, base, direction=towards)
        values["key_points"] = KeyPointList(file.kept_points)
    written: str = values.get("summary") or ""
    if summary and not written:
        is_plain = sections.is_plain_summary
        values["summary"] = paragraphs_to_text(summary if is_plain else NOTE_MARK.sub("", sanitise_html(summary, base)))
        in_body |= set() if is_plain else {"summary"}
    elif summary and sections.is_plain_summary and html_to_text(summary) != join_lines(written):
        values["body"] = sanitise_html(f"{summary}\n{sections.body}", base, direction=towards)
    elif not written:
        values["summary"] = excerpt(body)
        in_body.add("summary")
    elif any(start.startswith(join_lines(written)) for start in (first_text(body), _first_block_text(body))):
        in_body.add("summary")  # the author has copied the start of the text
    values["in_body"] = frozenset(in_body)


def _first_block_text(body: str) -> str:
    """Return the text of what comes first, also of a quotation."""
    return html_to_text(body.partition("</p>")[0])


def ask_for_title(file: File, config: Config) -> None:
    """Ask for a title; with `untitled = true` the first words of the text stand in for one."""
    if config.untitled and not file.values.get("title") and file.values.get("summary"):
        file.has_title = False
        file.values["title"] = derive_summary(file.values["summary"], LONGEST_FIRST_WORDS_GRAPHEMES)
    if not file.values.get("title") and "title" not in file.matter and not file.values.get("draft"):
        hint = "add title: to the front matter, or begin the text with a line # Title"
        place = (0, 3) if file.body_start else (-1, -1)
        file.source.add("E101", "this entry has no title", hint, *place)
