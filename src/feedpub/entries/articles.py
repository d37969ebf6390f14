"""Entry files → articles: group the files of an article, complete them from each other, and make their entries."""

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
from .ids import make_entry_id, make_entry_link
from .linting.html_checks import inspect_html
from .reader import read_entry_file
from .sections.headings import make_heading_table
from .source import read_source
from .texts import check_dates, ensure_title, sanitise_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .entry_file import EntryFile


def group_files(files: Iterable[EntryFile], config: Config) -> list[dict[str, EntryFile]]:
    """Group files by article, in the order of the site's languages; the first file of a group is the original.

    Files whose language is unknown, and files that repeat the key and language of another, are left out.
    """
    groups: dict[str, dict[str, EntryFile]] = {}
    spelled: dict[str, str] = {}
    for file in files:
        if not file.language:
            continue
        first_spelling = spelled.setdefault(file.key.casefold(), file.key)
        twin = groups.get(first_spelling, {}).get(file.language)
        if first_spelling != file.key:
            message = f"{file.key} and {first_spelling} differ in case only"
            file.source.add(
                "E114", message, "rename one of them: many file systems and web servers do not tell them apart"
            )
        elif twin:
            message = f"{twin.source.path} is the same article in the same language"
            file.source.add("E114", message, "give one of them another name", *file.find_span("key"))
        else:
            groups.setdefault(file.key, {})[file.language] = file
    return [
        {language: files_by_language[language] for language in config.languages if language in files_by_language}
        for files_by_language in groups.values()
    ]


def complete_files(
    group: Mapping[str, EntryFile], config: Config, *, should_lint: bool, front_matter_only: bool = False
) -> None:
    """Complete the files of an article from each other, check them, and set their entries.

    Args:
        group: Language → file, the original first.
        config: The site's settings.
        should_lint: Report all problems; otherwise only those that change what readers see.
        front_matter_only: Make entries without texts, for lists.
    """
    files = list(group.values())
    original = files[0]
    _mark_drafts(files)
    for file in files[1:]:
        _inherit_values(file, original)
    live_files = [file for file in files if file.is_live]
    _fill_missing_urls(live_files)
    readable = [file for file in live_files if file.is_readable]
    for file in readable:
        _complete_file(file, config, should_lint=should_lint, front_matter_only=front_matter_only)
    if should_lint and original.is_readable:
        from .linting import site_checks

        site_checks.compare_languages(readable)
    if original in readable and "published" not in original.values and "published" not in original.matter:
        hint = f"add published: to the front matter; {ISO_HINT}"
        original.source.add("E103", "there is no publication date", hint)
    publishable = [file for file in readable if not file.source.has_errors and "published" in file.values]
    links = {}
    if len(publishable) > 1 and not front_matter_only:
        links = {file.language: _make_translation(file, config) for file in publishable}
    for file in publishable:
        links_to_others = [link for language, link in links.items() if link and language != file.language]
        file.entry = _make_entry(file, tuple(links_to_others), config)


def _complete_file(file: EntryFile, config: Config, *, should_lint: bool, front_matter_only: bool) -> None:
    """Sanitise the texts of a file, and check it; for the arguments see `complete_files`."""
    if not front_matter_only:
        copies = 1 + len(file.values.get("categories", ())) if config.categories else 1
        sanitise_texts(file, make_entry_link(file.key, file.language, config), copies)
    ensure_title(file, config)
    check_dates(file)
    if should_lint:
        from .linting import site_checks

        site_checks.inspect_file(file, make_heading_table(config.headings))
    elif not front_matter_only:
        inspect_html(file)


def _mark_drafts(files: Sequence[EntryFile]) -> None:
    """Note drafts; if the original is a draft, its translations are not live either."""
    original = files[0]
    for file in files:
        if file.values.get("draft"):
            span = file.find_span("draft")
            file.source.add("N108", "this is a draft and is left out", "remove this line to publish it", *span)
        file.is_live = not (file.values.get("draft") or original.values.get("draft"))


def _inherit_values(file: EntryFile, original: EntryFile) -> None:
    """Copy the values that a translation lacks from its original, by `Field.is_inherited`."""
    published = original.values.get("published")
    own_date = "published" in file.matter or file.values.get("published", published) != published
    for name in fields.TABLE.inherited:
        if name in original.values and name not in file.values and not (name == "updated" and own_date):
            file.values[name] = original.values[name]


def _fill_missing_urls(files: Sequence[EntryFile]) -> None:
    """Copy missing addresses of references from the same number in another language with equally many references."""
    all_references = [file.sections.references for file in files]
    if len(all_references) < 2 or all(reference.url for references in all_references for reference in references):
        return
    for file, references in zip(files, all_references, strict=True):
        completed = list(references)
        for translated_references in all_references:
            for index, (reference, translated) in enumerate(zip(completed, translated_references, strict=False)):
                if len(translated_references) == len(references) and reference.url is None and translated.url:
                    completed[index] = Reference(
                        title=reference.title, publishers=reference.publishers, url=translated.url
                    )
        count = sum(before is not after for before, after in zip(references, completed, strict=True))
        if count:
            file.sections.references = tuple(completed)
            subject = "1 reference takes its address" if count == 1 else f"{count} references take their addresses"
            hint = "nothing to do if the same numbers refer to the same works"
            file.source.add("N107", f"{subject} from another language", hint)


def _make_entry(file: EntryFile, translations: tuple[Translation, ...], config: Config) -> Entry | None:
    """Return the entry of a file; None, and a problem, if a value is not allowed."""
    source, values, sections = file.source, file.values, file.sections
    values_of_entry = {
        "id": values.get("id") or make_entry_id(file.key, file.language, config),
        "language": file.language,
        "title": values["title"],
        "link": make_entry_link(file.key, file.language, config),
        "published": values["published"],
        "updated": values.get("updated", values["published"]),
    }
    values_of_entry |= {
        "summary": values.get("summary", ""),
        "body": values.get("body", ""),
        "key_points": values.get("key_points", ()),
        "in_body": values.get("in_body", frozenset()),
        "references": sections.references,
        "translations": translations,
        "authors": _choose_authors(config, file.language),
        "rights": config.rights,
        "has_title": file.has_title,
    }
    values_of_entry |= fields.TABLE.select_entry_fields(values)
    try:
        return Entry(**values_of_entry)
    except FieldError as error:
        span = file.find_span(fields.TABLE.find_key(error.field))
        source.add("E110", f"{error.field}: {error.reason}", "", *span)
        return None


def _make_translation(file: EntryFile, config: Config) -> Translation | None:
    """Return the link to an entry; None if the entry will have an error."""
    link = make_entry_link(file.key, file.language, config)
    with contextlib.suppress(FieldError):
        return Translation(language=file.language, title=file.values["title"], link=link)
    return None


def _choose_authors(config: Config, language: str) -> tuple[Person, ...]:
    """Return the site's author, or else the site itself: Atom requires an author (RFC 4287, section 4.2.1)."""
    if config.author:
        return (config.author,)
    title = config.title.get(language) or config.title.get(config.default_language)
    return (Person(name=title or config.authority.partition(",")[0]),)


def make_article(group: Mapping[str, EntryFile], config: Config) -> Article | None:
    """Return the article of the files without errors; None if the original has an error or is a draft."""
    original = next(iter(group))
    alive = {language: file.entry for language, file in group.items() if file.entry and not file.source.has_errors}
    if original not in alive:
        return None
    paths = MappingProxyType({language: group[language].source.path for language in alive})
    return Article(
        key=group[original].key,
        entries=MappingProxyType({language: _update_translations(entry, alive) for language, entry in alive.items()}),
        original=original,
        fallback=group[original].values.get("fallback"),
        paths=paths,
        find_mentions=partial(_find_mentions, paths, config),
    )


def _find_mentions(paths: Mapping[str, str], config: Config) -> dict[str, tuple[Mention, ...]]:
    """Return where the addresses that an article publishes are written; see `Article.find_mentions`."""
    from .mentions import MentionFinder  # builds do not need it

    finder, headings = MentionFinder(), make_heading_table(config.headings)
    files = {
        language: read_entry_file(path, path, headings, config, source=finder.add_marks(read_source(path, path)))
        for language, path in paths.items()
    }
    complete_files(files, config, should_lint=False)
    return finder.find_mentions(file.entry for file in files.values() if file.entry)


def _update_translations(entry: Entry, alive: Mapping[str, Entry]) -> Entry:
    """Return an entry that links only to the translations that became entries; nearly always these are all."""
    if len(entry.translations) in (0, len(alive) - 1):
        return entry
    translations = tuple([translation for translation in entry.translations if translation.language in alive])
    return replace(entry, translations=translations)
