"""Articles of the usual form, all of whose files are: most of a large site, in a third of the time.

One regular expression reads the front matter, `plain` the Markdown; nothing can be wrong with them. All
others, and all that may be wrong with them, are left to `file` and `folder`, which read a usual one in the same way (a
property test holds both to it).
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from ..checks import LONGEST_KEY_BYTES, RESERVED_KEYS
from ..content import mark
from ..files import read_file
from ..iri import PLAIN_HOST
from ..language import canonical
from ..model import LONGEST_TITLE_CHARACTERS, MOST_VALUES, Article, Person, checked_entry, checked_translation
from .converters import named_categories
from .dates import parse_date
from .front_matter import LONGEST_FRONT_MATTER_CHARACTERS as LONGEST_MATTER_CHARACTERS
from .ids import automatic_id, automatic_link
from .plain import read_plain
from .sections import Sections
from .source import LARGEST_ENTRY_BYTES, Source, read_head

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ..model import Category, Config, Entry
    from .headings import HeadingTable

NULLS: Final = ("null", "Null", "NULL")  # YAML 1.1, null
# Of ASCII: letters, digits, "("; within lists also " &')+-./_".
FIRST: Final = r"[^\x00-')-/:-@\[-`{-\xa0]"
IN_LIST: Final = rf"{FIRST}[^\x00-\x1f!-%*,:-@\[-^`{{-\xa0]*+"
# Of texts without colon, quotation mark and the like, as `front_matter` takes them; each key at most once.
_TEXT: Final = rf"{FIRST}[^\x00-\x1f:#\"<\ufffd]*+"
_MATTER: Final = re.compile(
    rf"---\n(?:title: ({_TEXT})\n|(?:published|date): ([0-9T:+-]++Z?)\n|author: ({_TEXT})\n"
    rf"|(?:source|via): (https?://{PLAIN_HOST}(?:/[A-Za-z0-9_./=?-]{{0,1000}}+)?)\n"
    rf"|(?:categories|tags): \[({IN_LIST}(?:, {IN_LIST})*+)\]\n)++---(?=\n|\Z)"
)
_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Hold what the reading of usual articles depends on.

    Args:
        folder: Of entry files, with a separator at its end.
        shown: The same, as problems name it.
        config: The site's settings.
        headings: The words of sections.
        authors: Language → authors of entries that name none.
    """

    folder: str
    shown: str
    config: Config
    headings: HeadingTable
    authors: Mapping[str, tuple[Person, ...]]


@dataclass(slots=True)
class _Text:
    """Hold what one file says."""

    data: bytes
    title: str
    published: datetime
    authors: tuple[Person, ...]
    via: str | None
    categories: tuple[Category, ...]
    sections: Sections | None


def read_usual(
    key: str, names: Sequence[str], form: Form, *, glance: bool = False
) -> tuple[Article, list[bytes]] | None:
    """Read an article of the usual form.

    Args:
        key: Its name.
        names: Its files.
        form: What the reading depends on.
        glance: Read title and date alone, of which lists are made; the entries are without texts.

    Returns:
        The article, and what was read of each file; None if one of them is not usual.
    """
    if not _KEY.fullmatch(key) or key.casefold() in RESERVED_KEYS or len(key) > LONGEST_KEY_BYTES:
        return None
    endings = _endings(form.config.languages)
    texts: dict[str, _Text] = {}
    for name in names:
        language = endings.get(name[len(key) :], "")
        text = _text(_data(form.folder, name, glance=glance), form, glance=glance)
        if not language or not text or language in texts:
            return None
        texts[language] = text
    ordered = {language: texts[language] for language in form.config.languages if language in texts}
    article = Article(
        key=key,
        entries=MappingProxyType(_entries(key, ordered, form.config, form.authors)),
        original=next(iter(ordered)),
        paths=MappingProxyType({language: f"{form.shown}{key}.{language}.md" for language in ordered}),
    )
    return article, [text.data for text in texts.values()]


@functools.lru_cache(maxsize=16)
def _endings(languages: Sequence[str]) -> Mapping[str, str]:
    """Return what the names of files in each language end in; Chinese without script is told by the text."""
    return {f".{language}.md": language for language in languages if canonical(language) == language != "zh"}


def _data(folder: str, name: str, *, glance: bool) -> bytes:
    """Return what is read of an ordinary file; nothing of others."""
    try:
        return read_head(folder + name) if glance else read_file(folder, name, limit=LARGEST_ENTRY_BYTES)
    except OSError:
        return b""


def _text(data: bytes, form: Form, *, glance: bool) -> _Text | None:
    try:
        text = data.decode()
        matter = _MATTER.match(text)
        if not matter or matter.end() > LONGEST_MATTER_CHARACTERS:
            return None
        front = matter[0]
        title, date, author, via, categories = given = matter.groups()
        if (
            not title
            or len(title) > LONGEST_TITLE_CHARACTERS
            or not date
            or len(given) - given.count(None) != front.count("\n") - 1
        ):
            return None
        if categories and categories.count(",") >= MOST_VALUES:
            return None
        source = Source(form.shown, text)
        if not source.is_printable or "  " in front or any(map(front.__contains__, NULLS)):
            return None
        published = parse_date(date, form.config.timezone)
    except ValueError:  # no UTF-8, no date
        return None
    sections = None if glance else _sections(source, matter.end(), form.headings)
    if not glance and not sections:
        return None
    return _Text(
        data=data,
        title=title.strip(),
        published=published,
        authors=_author(author.strip()) if author else (),
        via=via,
        categories=(named_categories(tuple(map(str.strip, categories.split(",")))) or ()) if categories else (),
        sections=sections,
    )


def _sections(source: Source, offset: int, headings: HeadingTable) -> Sections | None:
    found = Sections()
    if not read_plain(source, offset, headings, found):
        return None
    lacks_address = found.references and not found.marked_references  # perhaps
    return None if lacks_address or not found.summary else found


@functools.lru_cache(maxsize=256)
def _author(name: str) -> tuple[Person, ...]:
    return (Person(name=name),)


def _entries(
    key: str, texts: Mapping[str, _Text], config: Config, authors: Mapping[str, tuple[Person, ...]]
) -> dict[str, Entry]:
    """Make the entries of an article; texts that one language lacks come from the original, the first."""
    original = next(iter(texts.values()))
    links = {language: automatic_link(key, language, config) for language in texts}
    known = [
        checked_translation(language, text.title, links[language]) for language, text in texts.items() if text.sections
    ]
    entries = {}
    for place, (language, text) in enumerate(texts.items()):
        named: dict[str, Any] = {
            "id": automatic_id(key, language, config),
            "language": language,
            "title": text.title,
            "link": links[language],
            "published": text.published,
            "updated": text.published,
        }
        sections = text.sections
        if sections is None:
            entries[language] = checked_entry(**named)
            continue
        if sections.make_points is None:
            named["key_points"] = sections.key_points
        entry = entries[language] = checked_entry(
            sections.make_points,
            **named,
            summary=sections.summary,
            body=sections.body,
            references=sections.references,
            via=text.via or original.via,
            translations=(*known[:place], *known[place + 1 :]),
            authors=text.authors or original.authors or authors[language],
            categories=text.categories or original.categories,
            rights=config.rights,
        )
        mark(entry, sections.marked_points, sections.marked_references)
    return entries
