"""Write pasted text into an entries folder, as the entry files of one article."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..entries.dates import parse_date
from ..entries.pasted.reader import read_pasted
from ..entries.sections.headings import make_heading_table
from ..entries.slugs import make_slug
from ..entries.writer import write_entry_file
from ..errors import EntryError, LanguageTagError, Problem
from ..language import canonicalise_tag, get_autonym, match_language
from ..model.checks import RESERVED_KEYS
from .new_files import FilesExistError, find_existing, write_missing_files
from .settings import FILE_NAME, read_config

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from ..entries.sections.headings import HeadingTable
    from ..model import Config, Draft, PastedText

_NO_TITLES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """What an import did.

    Args:
        key: The name of the article.
        paths: The entry files that were written.
        pasted: The parsed text, with an account of each line.
    """

    key: str
    paths: tuple[str, ...]
    pasted: PastedText


def import_pasted(
    text: str,
    folder: str | os.PathLike[str] = "entries",
    *,
    published: str | date | None = None,
    titles: Mapping[str, str] = _NO_TITLES,
    key: str | None = None,
    language: str | None = None,
    author: str | None = None,
) -> ImportResult:
    """Write the entry files of a pasted digest.

    Args:
        text: The digest, in one or more languages.
        folder: An entries folder with its feedpub.toml.
        published: ISO 8601 text, a `date` or a `datetime`. Required, since a digest does not state it reliably.
        titles: Language → title, for languages whose title is not in the text.
        key: The name of the article; by default, made from the title in the site's default language.
        language: The language of a text without headings, which is imported unchanged.
        author: The name of the author. A name in the text ("By Ann") is not used, but is in `PastedText.author`.

    Raises:
        ConfigError: feedpub.toml cannot be used.
        EntryError: There is no title or no date, the text is in a language that the site does not have, the files
            exist, or most lines of the text are not below a known heading; nothing is written.
    """
    if published is not None and not isinstance(published, str):
        published = published.isoformat()
    config, _ = read_config(os.fspath(folder))
    headings = make_heading_table(config.headings)
    text_language = _read_language(language)
    read = read_pasted(
        text, headings=headings, languages=config.languages, language=text_language, titles=tuple(titles.values())
    )
    pasted = read.pasted
    problems = [] if text_language else _check_lines(pasted, headings)
    drafts = _add_titles(pasted.drafts, titles, config, problems)
    problems += _check_date(published, config, pasted)
    original = next((draft for draft in drafts if draft.language == config.default_language), drafts[0])
    key = make_slug(key or original.title or "")
    problems += _check_key(key)
    names = {draft.language: f"{key}.{draft.language}.md" for draft in drafts}
    if problems:
        raise EntryError([*problems, *_list_existing(find_existing(Path(folder), names.values()))])
    contents: dict[str, bytes] = {}
    for draft, markdown, is_digest in zip(drafts, read.markdown, read.is_digest, strict=True):
        shared = _collect_shared_keys(pasted, published, author) if draft is original else {}
        content = write_entry_file(draft.title, markdown, is_digest=is_digest, **shared)
        contents[names[draft.language]] = content.encode()
    return ImportResult(key=key, paths=_write_entries(Path(folder), contents), pasted=pasted)


def _check_key(key: str) -> list[Problem]:
    """Return a problem if an article cannot have this name."""
    if key not in RESERVED_KEYS:
        return []
    message, hint = f"{key!r} is reserved for the published folder", "give the article another name with --key"
    return [Problem(code="E115", message=message, hint=hint)]


def _collect_shared_keys(pasted: PastedText, published: str | None, author: str | None) -> dict[str, Any]:
    """Return the front matter that the original has for all languages."""
    return {
        "published": published,
        "author": author,
        "via": pasted.via,
        "previous": pasted.previous,
        "next": pasted.next,
    }


def _read_language(language: str | None) -> str | None:
    try:
        return canonicalise_tag(language) if language else None
    except LanguageTagError as error:
        raise EntryError([Problem(code="E224", message=str(error), hint="write --language TAG, such as en")]) from None


def _check_lines(pasted: PastedText, headings: HeadingTable) -> list[Problem]:
    """Return a problem if most lines of a text are not below a known heading."""
    lines = [line for line in pasted.lines if line.fate != "dropped"]
    ambiguous = [line for line in lines if line.fate == "ambiguous"]
    if 2 * len(ambiguous) <= len(lines):
        return []
    language = pasted.drafts[0].language
    words = [headings.find_word(language, section) for section in ("summary", "key_points", "references")]
    examples = ", ".join(f"“{word}”" for word in words)
    nearest = next((f"line {line.number} is {line.hint}; " for line in ambiguous if line.hint), "")
    return [
        Problem(
            code="E205",
            message=f"{len(ambiguous)} of {len(lines)} lines are not below a known heading; feedpub looked for headings"
            f" such as {examples}, each on its own line",
            hint=f"{nearest}correct the headings, or import the text as it is with --language {language}",
            line=ambiguous[0].number,
            excerpt=ambiguous[0].text,
        )
    ]


def _list_existing(paths: Iterable[str]) -> list[Problem]:
    """Return a problem for each file that exists."""
    hint = "give another name with --key, or remove the file first"
    return [Problem(code="E225", path=path, message="this file exists", hint=hint) for path in paths]


def _write_entries(folder: Path, contents: Mapping[str, bytes]) -> tuple[str, ...]:
    """Write the entry files of an article, all or none; return their paths."""
    try:
        write_missing_files(folder, contents)
    except FilesExistError as error:
        raise EntryError(_list_existing(error.paths)) from None
    return tuple((folder / name).as_posix() for name in contents)


def _add_titles(
    drafts: Sequence[Draft], titles: Mapping[str, str], config: Config, problems: list[Problem]
) -> tuple[Draft, ...]:
    """Return drafts with the titles that the user gave; add a problem for each that has none, or a wrong language."""
    given_titles = dict(_read_titles(titles, drafts, problems))
    titled = []
    for draft in drafts:
        title = given_titles.get(draft.language) or draft.title
        if not title or not title.strip():
            hint = f'add --title {draft.language}="…"; feedpub never invents a title'
            message = f"the text has no title in {get_autonym(draft.language)} ({draft.language})"
            problems.append(Problem(code="E221", message=message, hint=hint))
        if draft.language not in config.languages:
            hint = f'add "{draft.language}" to languages in {FILE_NAME}, or remove that part from the text'
            message = f"part of the text is in {draft.language}, which is not one of the site's languages"
            problems.append(Problem(code="E223", message=message, hint=hint))
        titled.append(replace(draft, title=title))
    return tuple(titled)


def _read_titles(
    titles: Mapping[str, str], drafts: Sequence[Draft], problems: list[Problem]
) -> Iterator[tuple[str, str]]:
    """Yield the language of a draft and its title, for each title that the user gave."""
    languages = tuple(draft.language for draft in drafts)
    for tag, title in titles.items():
        try:
            language = match_language(canonicalise_tag(tag), languages)
        except LanguageTagError as error:
            problems.append(Problem(code="E224", message=str(error), hint="write --title LANGUAGE=TEXT"))
            continue
        if language:
            yield language, title.strip()
        else:
            message = f"there is a title in {tag}, but no text in that language"
            problems.append(Problem(code="E224", message=message, hint=f"the text is in {', '.join(languages)}"))


def _check_date(published: str | None, config: Config, pasted: PastedText) -> list[Problem]:
    """Return a problem if there is no date of publication, or it is not a date."""
    if published is None:
        hint = (
            "add --published with an ISO date, e.g. 2026-02-01 or 2026-02-01T09:00:00+08:00;"
            " feedpub never invents a date"
        )
        if pasted.published:
            hint = f"the text names a date; if it is the right one, add --published {pasted.published}"
        if pasted.author:
            hint += f'; it also names an author: --author "{pasted.author}"'
        return [Problem(code="E222", message="there is no date of publication", hint=hint)]
    try:
        parse_date(published, config.timezone)
    except ValueError as error:
        hint = "write an ISO date, e.g. 2026-02-01 or 2026-02-01T09:00:00+08:00"
        return [Problem(code="E222", message=f"{published}: {error}", hint=hint)]
    return []
