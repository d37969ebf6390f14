"""Articles from entry files: group the languages of an article, complete them from each other, make the entries."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..errors import FieldError
from ..model import Article, Config, Entry, Mention, Person, Reference, Translation
from .dates import ISO_HINT
from .front_matter import fields
from .ids import automatic_id, automatic_link
from .linting.html_checks import inspect_html
from .reader import read_file
from .sections.headings import table
from .source import read_source
from .texts import ask_for_title, check_dates, clean_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .entry_file import File


def group_files(files: Iterable[File], config: Config) -> list[dict[str, File]]:
    """Put the files of an article together, in the order of the site's languages: the first is the original."""
    groups: dict[str, dict[str, File]] = {}
    spelled: dict[str, str] = {}
    for file in files:
        if not file.language:
            continue
        other = spelled.setdefault(file.key.casefold(), file.key)
        twin = groups.get(other, {}).get(file.language)
        if other != file.key:
            message = f"{file.key} and {other} differ in case only"
            file.source.add("E114", message, "rename one: many disks and web servers hold them for the same")
        elif twin:
            message = f"{twin.source.path} is the same article in the same language"
            file.source.add("E114", message, "give one of them another name", *file.place("key"))
        else:
            groups.setdefault(file.key, {})[file.language] = file
    return [
        {language: found[language] for language in config.languages if language in found} for found in groups.values()
    ]


def complete_files(group: Mapping[str, File], config: Config, *, inspect: bool, glance: bool = False) -> None:
    """Complete the files of an article from each other, inspect them, and make the entries that can be made.

    Args:
        group: Language → file, the original first.
        config: The site's settings.
        inspect: Find all that may be wrong; else only what readers would not see as it was written.
        glance: Of entries only what lists need is wanted.
    """
    files = list(group.values())
    original = files[0]
    for file in files:
        if file.values.get("draft"):
            place = file.place("draft")
            file.source.add("N108", "this is a draft and is left out", "remove this line to publish it", *place)
        file.live = not (file.values.get("draft") or original.values.get("draft"))
    for file in files[1:]:
        _inherit(file, original)
    live = [file for file in files if file.live]
    _fill_urls(live)
    readable = [file for file in live if file.readable]
    for file in readable:
        if not glance:
            copies = 1 + len(file.values.get("categories", ())) if config.categories else 1
            clean_texts(file, automatic_link(file.key, file.language, config), copies)
        ask_for_title(file, config)
        check_dates(file)
        if inspect:
            from .linting import site_checks

            site_checks.inspect_file(file, table(config.headings))
        elif not glance:
            inspect_html(file)
    if inspect and original.readable:
        from .linting import site_checks

        site_checks.compare_languages(readable)
    for file in readable:
        if file is original and "published" not in file.values and "published" not in file.matter:
            hint = f"add published: to the front matter; {ISO_HINT}"
            file.source.add("E103", "there is no date of publication", hint)
    able = [file for file in readable if not file.source.failed and "published" in file.values]
    links = {file.language: _translation(file, config) for file in able} if len(able) > 1 and not glance else {}
    for file in able:
        others = [link for language, link in links.items() if link and language != file.language]
        file.entry = _entry(file, tuple(others), config, glance=glance)


def _inherit(file: File, original: File) -> None:
    published = original.values.get("published")
    own_date = "published" in file.matter or file.values.get("published", published) != published
    for name in fields.TABLE.inherited:
        if name in original.values and name not in file.values and not (name == "updated" and own_date):
            file.values[name] = original.values[name]


def _fill_urls(files: Sequence[File]) -> None:
    """Take addresses that a language lacks from the same number in another, if they have equally many references."""
    given = [file.sections.references for file in files]
    if len(given) < 2 or all(one.url for own in given for one in own):
        return
    for file, own in zip(files, given, strict=True):
        filled = list(own)
        for others in given:
            for place, (one, other) in enumerate(zip(filled, others, strict=False)):
                if len(others) == len(own) and one.url is None and other.url:
                    filled[place] = Reference(title=one.title, publishers=one.publishers, url=other.url)
        taken = sum(one is not other for one, other in zip(own, filled, strict=True))
        if taken:
            file.sections.references = tuple(filled)
            what = "1 reference takes its address" if taken == 1 else f"{taken} references take their addresses"
            hint = "nothing to do, if the numbers mean the same works"
            file.source.add("N107", f"{what} from another language", hint)


def _entry(file: File, translations: tuple[Translation, ...], config: Config, *, glance: bool) -> Entry | None:
    """Make the entry of a file; None if it has an error."""
    source, values, sections = file.source, file.values, file.sections
    named = {
        "id": values.get("id") or automatic_id(file.key, file.language, config),
        "language": file.language,
        "title": values["title"],
        "link": automatic_link(file.key, file.language, config),
        "published": values["published"],
        "updated": values.get("updated", values["published"]),
    }
    named |= {
        "summary": values.get("summary", ""),
        "body": values.get("body", ""),
        "key_points": values.get("key_points", ()),
        "in_body": values.get("in_body", frozenset()),
        "references": sections.references,
        "translations": translations,
        "authors": _site_authors(config, file.language),
        "rights": config.rights,
        "has_title": file.has_title,
    }
    named |= fields.TABLE.entry_values(values)
    try:
        return Entry(**named)
    except FieldError as error:
        place = file.place(fields.TABLE.name_of(error.field))
        source.add("E110", f"{error.field}: {error.reason}", "", *place)
        return None


def _translation(file: File, config: Config) -> Translation | None:
    """Make the link to an entry; None if that will have an error."""
    link = automatic_link(file.key, file.language, config)
    with contextlib.suppress(FieldError):
        return Translation(language=file.language, title=file.values["title"], link=link)
    return None


def _site_authors(config: Config, language: str) -> tuple[Person, ...]:
    """Return the site's author; the site itself if it names none: Atom asks for one (RFC 4287, section 4.2.1)."""
    if config.author:
        return (config.author,)
    title = config.title.get(language) or config.title.get(config.default_language)
    return (Person(name=title or config.authority.partition(",")[0]),)


def make_article(group: Mapping[str, File], config: Config) -> Article | None:
    """Make the article of those files that have no error; None if the original has one, or is a draft."""
    original = next(iter(group))
    alive = {language: file.entry for language, file in group.items() if file.entry and not file.source.failed}
    if original not in alive:
        return None
    paths = MappingProxyType({language: group[language].source.path for language in alive})
    return Article(
        key=group[original].key,
        entries=MappingProxyType({language: _with_translations(entry, alive) for language, entry in alive.items()}),
        original=original,
        fallback=group[original].values.get("fallback"),
        paths=paths,
        find_mentions=partial(_find_mentions, paths, config),
    )


def _find_mentions(paths: Mapping[str, str], config: Config) -> dict[str, tuple[Mention, ...]]:
    """Return where the addresses stand that an article publishes; see `Article.find_mentions`."""
    from .link_places import LinkMarks  # builds do without

    marks, headings = LinkMarks(), table(config.headings)
    files = {
        language: read_file(path, path, headings, config, source=marks.mark(read_source(path, path)))
        for language, path in paths.items()
    }
    complete_files(files, config, inspect=False)
    return marks.find(file.entry for file in files.values() if file.entry)


def _with_translations(entry: Entry, alive: Mapping[str, Entry]) -> Entry:
    """Return an entry with links to those translations that have become entries: nearly always all of them."""
    if len(entry.translations) in (0, len(alive) - 1):
        return entry
    others = tuple([translation for translation in entry.translations if translation.language in alive])
    return replace(entry, translations=others)
