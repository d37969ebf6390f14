"""A folder of entry files → Articles, with every problem of every file."""

from __future__ import annotations

import mimetypes
import os
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from ..errors import FieldError, LanguageTagError
from ..language import canonical, match, script
from ..model import Article, Category, Config, Enclosure, Entry, Person, Reference, Translation
from .dates import ISO_HINT, parse_date
from .headings import HeadingTable, likely_languages, table
from .lines import split_link
from .lint import compare_articles, compare_languages, inspect_entry
from .matter import Value, items_of, read_matter, text_of, url_of
from .sections import Sections, read_sections
from .source import Source, read_source
from .summaries import derive_summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from ..errors import Problem

# What the published folder needs for itself, beside the articles.
RESERVED_KEYS: Final = frozenset(
    ["archive", "category", "index.html", "atom.xml", "rss.xml", "feed.json", "style.css", "feed.css", "feeds.opml"]
)
_UNUSABLE_IN_KEYS = re.compile(r"[/\\\x00-\x1f]|^\.+$|^$")
_LOOKS_LIKE_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")


@dataclass(slots=True)
class File:
    """Hold one entry file while its article is put together."""

    source: Source
    key: str
    language: str
    matter: dict[str, Value] = field(default_factory=dict)
    sections: Sections = field(default_factory=Sections)
    values: dict[str, Any] = field(default_factory=dict)
    entry: Entry | None = None

    def place(self, key: str) -> tuple[int, int]:
        """Return where a value of the front matter stands; the whole file if it does not."""
        value = self.matter.get(key)
        return (value.start, value.end) if value else (-1, -1)


def read_folder(folder: str, config: Config) -> tuple[tuple[Article, ...], tuple[Problem, ...]]:
    """Read the entry files of a folder: ``<key>.<language>.md``, not those below it.

    Files that begin with ``.`` or ``_`` and README.md are no entries.

    Args:
        folder: As problems shall name it.
        config: The site's settings.

    Returns:
        The articles that can be published, newest first, and the problems, by file and line. An article whose
        original has an error is left out; of others only the entries that have one.
    """
    headings = table(config.headings)
    sources: list[Source] = []
    files: list[File] = []
    for path in _entry_paths(folder):
        source = read_source(path, f"{Path(folder).as_posix()}/{path.name}")
        sources.append(source)
        file = _named(source, path.name, config) if source.text and not source.failed else None
        if file:
            _read(file, headings, config)
            files.append(file)
    articles = _articles(files, config)
    _refuse_same_ids(files)
    published = tuple(article for article in articles if article.entries)
    compare_articles(files, config)
    problems = [problem for source in sources for problem in source.problems]
    order = {source.path: place for place, source in enumerate(sources)}
    problems.sort(key=lambda problem: (order[problem.path], problem.line, problem.column, problem.code))
    return tuple(sorted(published, key=lambda one: (one.published, one.key), reverse=True)), tuple(problems)


def _entry_paths(folder: str) -> list[Path]:
    with os.scandir(folder) as found:
        names = [entry.name for entry in found if entry.name.endswith(".md")]
    return [
        Path(folder, name) for name in sorted(names) if name[0] not in "._" and not name.casefold().startswith("readme.")
    ]


def _named(source: Source, name: str, config: Config) -> File | None:
    """Tell key and language by a file's name; E113 if its ending is a language that the site does not have."""
    stem = unicodedata.normalize("NFC", name.removesuffix(".md"))
    key, dot, suffix = stem.rpartition(".")
    language = None
    if dot and key and _LOOKS_LIKE_TAG.fullmatch(suffix):
        try:
            tag = canonical(suffix)
        except LanguageTagError as error:
            meant = [tag for tag in error.suggestion if match(tag, config.languages)] or list(config.languages[:1])
            hint = f"rename it to {key}.{match(meant[0], config.languages) or meant[0]}.md"
            source.add("E113", f"the name ends in .{suffix}.md, and {suffix} is not a language tag", hint)
            return None
        language = match(tag, config.languages)
        if language is None:
            hint = f'add "{tag}" to languages in feedpub.toml, or rename the file ({", ".join(config.languages)})'
            source.add("E113", f"the file is in {tag}, which is none of the site's languages", hint)
            return None
    return File(source=source, key=key if language else stem, language=language or "")


def _read(file: File, headings: HeadingTable, config: Config) -> None:
    """Read one file for itself: front matter, sections, language and key."""
    source = file.source
    file.matter, offset = read_matter(source)
    if source.failed:
        file.language = file.language or config.default_language
        return
    file.sections = read_sections(source, offset, headings, has_title="title" in file.matter)
    _settle_language(file, config)
    if value := file.matter.get("key"):
        file.key = unicodedata.normalize("NFC", text_of(source, value, "key") or file.key)
    if file.key.casefold() in RESERVED_KEYS or _UNUSABLE_IN_KEYS.search(file.key):
        hint = "choose another name for the article; archive, category and the like are names of the published folder"
        source.add("E115", f"{file.key!r} cannot be the name of an article", hint, *file.place("key"))
    for name, convert in _CONVERTERS.items():
        if value := file.matter.get(name):
            converted = convert(source, value, name)
            if converted is not None:
                file.values[name] = converted
    for name in ("published", "updated"):
        if value := file.matter.get(name):
            _read_date(file, value, name, config)
    _take_sections(file)


def _settle_language(file: File, config: Config) -> None:
    """Take the language of the name, of the front matter, or the default one."""
    source, value = file.source, file.matter.get("language")
    given = text_of(source, value, "language") if value else None
    if value and given:
        try:
            tag = canonical(given)
        except LanguageTagError as error:
            hint = f"did you mean {' or '.join(error.suggestion)}?" if error.suggestion else "see BCP 47: en, zh-Hans, pt-BR"
            source.add("E112", f"{given!r} is not a language tag", hint, value.start, value.end)
            tag = ""
        found = _resolved(tag, file.sections, config) if tag else None
        if tag and not found:
            hint = f'add "{tag}" to languages in feedpub.toml'
            source.add("E112", f"{tag} is none of the site's languages", hint, value.start, value.end)
        elif found and file.language and found != file.language:
            hint = f"rename the file to {file.key}.{found}.md, or remove this line"
            source.add("W104", f"the file's name says {file.language}", hint, value.start, value.end)
        file.language = file.language or found or ""
    file.language = file.language or config.default_language


def _resolved(tag: str, sections: Sections, config: Config) -> str | None:
    """Return the site's language for a tag; Chinese without script is told by its characters."""
    if tag == "zh":
        chinese = [language for language in config.languages if language.startswith("zh")]
        text = sections.summary + sections.body
        return next(iter(likely_languages(text, chinese, config.languages)), None) if chinese else None
    return match(tag, config.languages)


def _read_date(file: File, value: Value, name: str, config: Config) -> None:
    text = text_of(file.source, value, name)
    if text is None:
        return
    try:
        file.values[name] = parse_date(text, config.timezone)
    except ValueError as error:
        file.source.add("E102", str(error), ISO_HINT, value.start, value.end)


def _take_sections(file: File) -> None:
    """Let the sections say what the front matter does not."""
    values, sections = file.values, file.sections
    values.setdefault("title", sections.title)
    if "summary" not in values:
        values["summary"] = sections.summary or derive_summary(sections.first_paragraph)
    elif sections.summary and sections.summary != values["summary"]:
        sections.body = f"{_paragraphs(sections.summary)}\n{sections.body}".strip()
    if sections.via and values.get("source", sections.via) != sections.via:
        message = f"the front matter names another source: {values['source']}"
        file.source.add("W108", message, "keep one of them; the front matter's is taken", *sections.via_place)
    for name, value in (("source", sections.via), ("previous", sections.previous), ("next", sections.next)):
        if value:
            values.setdefault(name, value)


def _paragraphs(text: str) -> str:
    from html import escape

    return "\n".join(f"<p>{escape(part, quote=False)}</p>" for part in text.split("\n\n"))


def _articles(files: Sequence[File], config: Config) -> list[Article]:
    by_key: dict[str, dict[str, File]] = {}
    spelled: dict[str, str] = {}
    for file in files:
        other = spelled.setdefault(file.key.casefold(), file.key)
        twin = by_key.get(other, {}).get(file.language)
        if other != file.key:
            message = f"{file.key} and {other} differ in case only"
            file.source.add("E114", message, "rename one: many disks and web servers hold them for the same")
        elif twin:
            message = f"{twin.source.path} is the same article in the same language"
            file.source.add("E114", message, "give one of them another name")
        else:
            by_key.setdefault(file.key, {})[file.language] = file
    return [_article(key, found, config) for key, found in by_key.items()]


def _article(key: str, found: Mapping[str, File], config: Config) -> Article:
    ordered = {language: found[language] for language in config.languages if language in found}
    original = next(iter(ordered))
    first = ordered[original]
    for language, file in ordered.items():
        if language != original and not file.source.failed:
            _inherit(file, first)
    _fill_urls(ordered.values())
    drafts = [file for file in ordered.values() if file.values.get("draft")]
    for file in drafts:
        file.source.add("N108", "this is a draft and is left out", "remove `draft: true` to publish it", *file.place("draft"))
    if first in drafts or first.source.failed:
        live: dict[str, File] = {}
        _check_without_original(ordered, first, config)
    else:
        live = {language: file for language, file in ordered.items() if file not in drafts}
    links = {language: _link(key, language, config) for language in live}
    titles = {language: file.values.get("title", "") for language, file in live.items() if not file.source.failed}
    for language, file in live.items():
        others = {other: title for other, title in titles.items() if other != language and title}
        file.entry = _entry(file, key, links, others, config)
    complete = [file for file in live.values() if file.entry]
    compare_languages(complete)
    if first.entry is None:
        complete = []
        for file in live.values():
            file.entry = None
    entries = {file.language: _with_living_translations(file.entry, complete) for file in complete if file.entry}
    return Article(
        key=key,
        entries=MappingProxyType(entries),
        original=original,
        fallback=first.values.get("fallback"),
        paths=MappingProxyType({file.language: file.source.path for file in complete}),
    )


def _check_without_original(ordered: Mapping[str, File], first: File, config: Config) -> None:
    """Find what else is wrong with the translations of an original that cannot be published."""
    for file in ordered.values():
        if file is not first and not file.source.failed and not file.values.get("title"):
            _missing_title(file)
    if first.source.text and not first.values.get("title") and not first.values.get("draft") and first.sections.body:
        _missing_title(first)


def _with_living_translations(entry: Entry, complete: Sequence[File]) -> Entry:
    from dataclasses import replace

    alive = {file.language for file in complete}
    kept = tuple(other for other in entry.translations if other.language in alive)
    return entry if len(kept) == len(entry.translations) else replace(entry, translations=kept)


_INHERITED: Final = ("published", "updated", "source", "authors", "categories", "image", "enclosures", "rights",
                     "previous", "next")  # fmt: skip


def _inherit(file: File, original: File) -> None:
    own_date = "published" in file.values
    for name in _INHERITED:
        if name in original.values and name not in file.values and not (name == "updated" and own_date):
            file.values[name] = original.values[name]


def _fill_urls(files: Iterable[File]) -> None:
    """Take addresses that a language lacks from the same number in another, if they have equally many references."""
    found = [file for file in files if file.sections.references]
    for file in found:
        taken = 0
        references = list(file.sections.references)
        for other in found:
            if other is file or len(other.sections.references) != len(references):
                continue
            for place, reference in enumerate(references):
                url = other.sections.references[place].url
                if reference.url is None and url:
                    references[place] = Reference(title=reference.title, publishers=reference.publishers, url=url)
                    taken += 1
        if taken:
            file.sections.references = tuple(references)
            what = "1 reference takes its address" if taken == 1 else f"{taken} references take their addresses"
            file.source.add("N107", f"{what} from another language", "nothing to do, if the numbers mean the same works")


def _link(key: str, language: str, config: Config) -> str:
    quoted = quote(key, safe="")
    if config.permalink:
        return config.permalink.replace("{key}", quoted).replace("{language}", language)
    return f"{config.base_url}{language}/{quoted}/"


def _entry(
    file: File, key: str, links: Mapping[str, str], others: Mapping[str, str], config: Config
) -> Entry | None:
    source, values, sections = file.source, file.values, file.sections
    if source.failed:
        return None
    if not values.get("title"):
        _missing_title(file)
    if "published" not in values:
        source.add("E103", "there is no date of publication", f"add published: to the front matter; {ISO_HINT}")
    if source.failed:
        return None
    try:
        entry = Entry(
            id=values.get("id") or f"tag:{config.authority}:{quote(key, safe='')}/{file.language}",
            language=file.language,
            title=values["title"],
            link=links[file.language],
            published=values["published"],
            updated=values.get("updated", values["published"]),
            summary=values["summary"],
            body=sections.body,
            key_points=sections.key_points,
            references=sections.references,
            via=values.get("source"),
            translations=tuple(
                Translation(language=language, title=title, link=links[language]) for language, title in others.items()
            ),
            authors=values.get("authors", (config.author,) if config.author else _site_author(config)),
            categories=values.get("categories", ()),
            enclosures=values.get("enclosures", ()),
            image=values.get("image"),
            rights=values.get("rights", config.rights),
            previous=values.get("previous"),
            next=values.get("next"),
        )
    except FieldError as error:
        source.add("E110", f"{error.field}: {error.reason}", "", *file.place(error.field))
        return None
    inspect_entry(file, entry)
    return entry


def _site_author(config: Config) -> tuple[Person, ...]:
    """Return the site as author: Atom asks for one (RFC 4287, section 4.2.1)."""
    return (Person(name=config.title.get(config.default_language) or config.authority.partition(",")[0]),)


def _missing_title(file: File) -> None:
    hint = "add title: to the front matter, or begin the text with a line # Title"
    file.source.add("E101", "this entry has no title", hint, *((0, 3) if file.source.text.startswith("---") else (-1, -1)))


def _refuse_same_ids(files: Sequence[File]) -> None:
    seen: dict[str, File] = {}
    for file in files:
        if file.entry is None:
            continue
        other = seen.setdefault(file.entry.id, file)
        if other is not file:
            message = f"{other.source.path} has the same id {file.entry.id}"
            file.source.add("E116", message, "an id belongs to one entry for ever; change the newer one", *file.place("id"))


def _text(source: Source, value: Value, key: str) -> str | None:
    text = text_of(source, value, key)
    return "\n\n".join(" ".join(part.split()) for part in re.split(r"\n\s*\n", text)) if text else None


def _line(source: Source, value: Value, key: str) -> str | None:
    text = text_of(source, value, key)
    return " ".join(text.split()) if text else None


def _truth(source: Source, value: Value, key: str) -> bool | None:
    text = (text_of(source, value, key) or "").casefold()
    if text in ("true", "yes", "on"):
        return True
    if text not in ("false", "no", "off"):
        source.add("E110", f"{key} must be true or false", f"write {key}: true", value.start, value.end)
    return None


def _choice(source: Source, value: Value, key: str) -> str | None:
    text = text_of(source, value, key)
    if text in ("omit", "original"):
        return text
    source.add("E110", f"{key} must be omit or original", f"write {key}: original", value.start, value.end)
    return None


def _neighbour(source: Source, value: Value, key: str) -> Reference | None:
    if isinstance(value.content, dict):
        parts = {name: text_of(source, part, name) for name, part in value.content.items()}
        title, url = parts.get("title") or parts.get("url"), parts.get("url")
    else:
        title, url = split_link(text_of(source, value, key) or "")
    made: Reference | None = _made(source, value, key, lambda: Reference(title=" ".join((title or "").split()), url=url or None))
    return made


def _authors(source: Source, value: Value, key: str) -> tuple[Person, ...] | None:
    made = [_made(source, item, key, lambda item=item: _person(source, item)) for item in items_of(value)]  # type: ignore[misc]
    return tuple(person for person in made if person) or None


def _person(source: Source, value: Value) -> Person:
    if not isinstance(value.content, dict):
        return Person(name=text_of(source, value, "author") or "")
    parts = {name: text_of(source, part, name) for name, part in value.content.items()}
    return Person(name=parts.get("name") or "", uri=parts.get("url") or parts.get("uri") or None, email=parts.get("email") or None)


def _categories(source: Source, value: Value, key: str) -> tuple[Category, ...] | None:
    made = [_made(source, item, key, lambda item=item: _category(source, item)) for item in items_of(value)]  # type: ignore[misc]
    return tuple(dict.fromkeys(category for category in made if category)) or None


def _category(source: Source, value: Value) -> Category:
    if not isinstance(value.content, dict):
        return Category(term=text_of(source, value, "categories") or "")
    parts = {name: text_of(source, part, name) for name, part in value.content.items()}
    return Category(term=parts.get("term") or "", scheme=parts.get("scheme") or None, label=parts.get("label") or None)


def _enclosures(source: Source, value: Value, key: str) -> tuple[Enclosure, ...] | None:
    made = [_made(source, item, key, lambda item=item: _enclosure(source, item)) for item in items_of(value)]  # type: ignore[misc]
    return tuple(enclosure for enclosure in made if enclosure) or None


def _enclosure(source: Source, value: Value) -> Enclosure:
    if isinstance(value.content, dict):
        parts = {name: text_of(source, part, name) or "" for name, part in value.content.items()}
    else:
        parts = {"url": text_of(source, value, "enclosures") or ""}
    url = parts.get("url", "")
    kind = parts.get("type") or _TYPES.guess_type(url.partition("?")[0])[0] or "application/octet-stream"
    length = parts.get("length", "0")
    if not length.isdecimal():
        raise FieldError("Enclosure", "length", f"{length!r} is not a number of bytes")
    return Enclosure(url=url, type=kind, length=int(length))


# The machine's own tables would make the bytes of a feed depend on it.
_TYPES = mimetypes.MimeTypes(filenames=())


def _made(source: Source, value: Value, key: str, make: Callable[[], Any]) -> Any:
    try:
        return make()
    except FieldError as error:
        code = "E111" if error.field in ("url", "uri") else "E110"
        source.add(code, f"{error.field}: {error.reason}", "", value.start, value.end)
        return None


def _iri(source: Source, value: Value, key: str) -> str | None:
    from ..iri import is_iri

    text = text_of(source, value, key)
    if text and not is_iri(text):
        hint = "write a whole IRI, e.g. tag:example.org,2026:name/en; or remove it, and one is made"
        source.add("E111", f"{text!r} is not an absolute IRI", hint, value.start, value.end)
        return None
    return text


_CONVERTERS: Final[Mapping[str, Callable[[Source, Value, str], Any]]] = MappingProxyType(
    {
        "title": _line,
        "summary": _text,
        "source": url_of,
        "image": url_of,
        "authors": _authors,
        "categories": _categories,
        "enclosures": _enclosures,
        "rights": _line,
        "id": _iri,
        "previous": _neighbour,
        "next": _neighbour,
        "draft": _truth,
        "fallback": _choice,
    }
)
