"""New files in an entries folder: a site to start from, and articles from pasted text."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..entries.dates import parse_date
from ..entries.pasted.reader import read_pasted
from ..entries.sections.headings import default_table, table
from ..entries.slugs import slug
from ..entries.writer import write_entry
from ..errors import ConfigError, EntryError, LanguageTagError, Problem
from ..files import read_file, remove_leftovers, write_new_files
from ..language import DEFAULT_LANGUAGE, canonicalise_tag, get_autonym, get_words, has_words, match_language
from ..model.checks import RESERVED_KEYS
from .settings import FILE_NAME, read_config

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from ..entries.sections.headings import HeadingTable
    from ..model import Config, Draft, PastedText

_SAMPLE_KEY = "first-article"
_SAMPLE_LINKS = (
    ("https://www.rfc-editor.org/rfc/rfc4287", "IETF"),
    ("https://www.rssboard.org/rss-specification", "RSS Advisory Board"),
)
_NO_TITLES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """Say what an import did.

    Args:
        key: The article's name.
        paths: The entry files that were written.
        pasted: What the text says, with the ledger of its lines.
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
        text: The digest, one or many languages.
        folder: An entries folder with its feedpub.toml.
        published: ISO 8601 text, a `date` or a `datetime`; a digest never tells it reliably, so it must be given.
        titles: Language → title, for languages whose title the text does not give.
        key: The article's name; made of the title in the site's default language if not given.
        language: The language of a text without headings, which is then imported as it stands.
        author: The author's name. One that the text names ("By Ann") is only offered, as `PastedText.author`.

    Raises:
        ConfigError: feedpub.toml cannot be used.
        EntryError: No title or date, a language that the site does not have, files that exist, or a text most of whose
            lines stand below no heading; nothing is written.
    """
    place = Path(folder)
    if published is not None and not isinstance(published, str):
        published = published.isoformat()
    config, _ = read_config(os.fspath(folder))
    headings = table(config.headings)
    problems: list[Problem] = []
    read = read_pasted(
        text,
        headings=headings,
        languages=config.languages,
        language=_read_language(language),
        titles=tuple(titles.values()),
    )
    pasted = read.pasted
    if not language:  # else somebody says that it is an article as it stands
        _check_fates(pasted, headings, problems)
    drafts = _titled(pasted.drafts, titles, config, problems)
    _check_date(published, config, problems, pasted)
    original = next((draft for draft in drafts if draft.language == config.default_language), drafts[0])
    key = slug(key or original.title or "")
    if key in RESERVED_KEYS:
        hint = "give the article another name with --key"
        problems.append(Problem(code="E115", message=f"{key!r} is a name that the published folder needs", hint=hint))
    names = {draft.language: f"{key}.{draft.language}.md" for draft in drafts}
    if problems:
        raise EntryError([*problems, *_existing(place, names.values())])
    contents: dict[str, bytes] = {}
    for draft, markdown, is_digest in zip(drafts, read.markdown, read.is_digest, strict=True):
        shared: dict[str, Any] = {}
        if draft is original:
            shared = {
                "published": published,
                "author": author,
                "via": pasted.via,
                "previous": pasted.previous,
                "next": pasted.next,
            }
        contents[names[draft.language]] = write_entry(draft.title, markdown, is_digest=is_digest, **shared).encode()
    remove_leftovers(os.fspath(place))
    _write_all(place, contents)
    return ImportResult(key=key, paths=tuple((place / name).as_posix() for name in contents), pasted=pasted)


def _read_language(language: str | None) -> str | None:
    try:
        return canonicalise_tag(language) if language else None
    except LanguageTagError as error:
        raise EntryError([Problem(code="E224", message=str(error), hint="write --language TAG, such as en")]) from None


def _check_fates(pasted: PastedText, headings: HeadingTable, problems: list[Problem]) -> None:
    """Refuse a text most of whose lines stand below no heading that is known."""
    lines = [line for line in pasted.lines if line.fate != "dropped"]
    stray = [line for line in lines if line.fate == "ambiguous"]
    if 2 * len(stray) <= len(lines):
        return
    language = pasted.drafts[0].language
    words = [headings.word(language, section) for section in ("summary", "key_points", "references")]
    near = next((f"line {line.number} is {line.hint}; " for line in stray if line.hint), "")
    looked_for = (
        f"headings such as {', '.join(f'“{word}”' for word in words)} were looked for, each on a line of its own"
    )
    problems.append(
        Problem(
            code="E205",
            message=f"{len(stray)} of {len(lines)} lines stand below no heading that is known: {looked_for}",
            hint=f"{near}mend the headings, or import the text as it stands with --language {language}",
            line=stray[0].number,
            excerpt=stray[0].text,
        )
    )


def _existing(place: Path, names: Iterable[str]) -> list[Problem]:
    """Return a problem for each file that exists, or whose name something else has."""
    hint = "give another name with --key, or remove the file first"
    return [
        Problem(code="E225", path=(place / name).as_posix(), message="this file exists", hint=hint)
        for name in names
        if os.path.lexists(place / name)
    ]


def _write_all(place: Path, contents: Mapping[str, bytes]) -> None:
    """Write the entry files of an article: all of them, or none.

    An import that was killed between two of them is completed; see `_find_missing`.
    """
    missing = _find_missing(place, contents)
    if problems := _existing(place, missing):
        raise EntryError(problems)
    try:
        write_new_files(os.fspath(place), missing)
    except FileExistsError:  # it came in this very moment
        raise EntryError(_existing(place, missing)) from None


def _find_missing(place: Path, contents: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """Return the files that do not hold the very same bytes already: those are not in the way, unless all are there."""
    return {name: data for name, data in contents.items() if not _holds(place, name, data)} or contents


def _holds(place: Path, name: str, data: bytes) -> bool:
    try:
        return read_file(os.fspath(place), name) == data
    except OSError:
        return False


def _titled(
    drafts: Sequence[Draft], titles: Mapping[str, str], config: Config, problems: list[Problem]
) -> tuple[Draft, ...]:
    given = dict(_canonical_titles(titles, drafts, problems))
    titled = []
    for draft in drafts:
        title = given.get(draft.language) or draft.title
        if not title or not title.strip():
            hint = f'add --title {draft.language}="…"; a title is never invented'
            message = f"the text has no title in {get_autonym(draft.language)} ({draft.language})"
            problems.append(Problem(code="E221", message=message, hint=hint))
        if draft.language not in config.languages:
            hint = f'add "{draft.language}" to languages in {FILE_NAME}, or take that part out of the text'
            message = f"part of the text is in {draft.language}, which is not one of the site's languages"
            problems.append(Problem(code="E223", message=message, hint=hint))
        titled.append(replace(draft, title=title))
    return tuple(titled)


def _canonical_titles(
    titles: Mapping[str, str], drafts: Sequence[Draft], problems: list[Problem]
) -> Iterable[tuple[str, str]]:
    languages = tuple(draft.language for draft in drafts)
    for tag, title in titles.items():
        try:
            known = match_language(canonicalise_tag(tag), languages)
        except LanguageTagError as error:
            problems.append(Problem(code="E224", message=str(error), hint="write --title LANGUAGE=TEXT"))
            continue
        if known:
            yield known, title.strip()
        else:
            message = f"there is a title in {tag}, but no text in that language"
            problems.append(Problem(code="E224", message=message, hint=f"the text is in {', '.join(languages)}"))


def _check_date(published: str | None, config: Config, problems: list[Problem], pasted: PastedText) -> None:
    if published is None:
        hint = (
            "add --published with an ISO date, e.g. 2026-02-01 or 2026-02-01T09:00:00+08:00; a date is never invented"
        )
        if pasted.published:
            hint = f"the text names a date; if it is the right one, add --published {pasted.published}"
        if pasted.author:
            hint += f'; it also names an author: --author "{pasted.author}"'
        problems.append(Problem(code="E222", message="no date of publication was given", hint=hint))
        return
    try:
        parse_date(published, config.timezone)
    except ValueError as error:
        hint = "write an ISO date, e.g. 2026-02-01 or 2026-02-01T09:00:00+08:00"
        problems.append(Problem(code="E222", message=f"{published}: {error}", hint=hint))


def init(folder: str | os.PathLike[str] = ".", *, today: date, languages: Sequence[str] = ("en",)) -> tuple[str, ...]:
    """Make an entries folder with feedpub.toml and a sample article to start from.

    Args:
        folder: ``entries`` is made below it.
        today: The sample's date, and the year of the authority.
        languages: BCP 47 tags; the first is the default.

    Returns:
        The files that were written.

    Raises:
        ConfigError: There is one of the files already; nothing is written.
        LanguageTagError: One of the languages is none.
    """
    entries = Path(folder, "entries")
    tags = tuple(dict.fromkeys(canonicalise_tag(tag) for tag in languages))
    files = {FILE_NAME: _CONFIG.format(year=today.year, languages=f"[{_quoted(tags)}]".ljust(27), titles=_titles(tags))}
    for language in tags:
        published = today.isoformat() if language == tags[0] else None
        files[f"{_SAMPLE_KEY}.{language}.md"] = write_entry(*_sample(language), published=published)
    missing = _find_missing(
        entries, {name: text.encode() for name, text in files.items()}
    )  # one that was killed is completed
    for name in missing:
        if os.path.lexists(entries / name):
            hint = "edit it, or name another folder"
            path = (entries / name).as_posix()
            raise ConfigError([Problem(code="E008", path=path, message="this file exists", hint=hint)])
    remove_leftovers(os.fspath(entries))
    write_new_files(os.fspath(entries), missing)
    return tuple((entries / name).as_posix() for name in missing)


def _sample(language: str) -> tuple[str, str]:
    """Return the title and the Markdown of the sample."""
    sample = get_words(language)["sample"]
    headings = default_table()
    tag = (has_words(language) and match_language(language, headings.languages())) or DEFAULT_LANGUAGE
    points = [line for text, finer in sample["points"] for line in (f"- {text}", *(f"  - {point}" for point in finer))]
    links = zip(sample["reference_titles"], _SAMPLE_LINKS, strict=True)
    references = [f"{n}. [{title}]({url}) - {name}" for n, (title, (url, name)) in enumerate(links, start=1)]
    sections = {
        headings.word(tag, "summary"): sample["summary"],
        headings.word(tag, "key_points"): "\n".join(points),
        headings.word(tag, "references"): "\n".join(references),
    }
    return sample["title"], "\n".join(f"## {heading}\n\n{text}\n" for heading, text in sections.items())


def _quoted(tags: Sequence[str]) -> str:
    return ", ".join(f'"{tag}"' for tag in tags)


def _titles(tags: Sequence[str]) -> str:
    return "\n".join(f'{tag} = "{get_words(tag)["latest"]}"' for tag in tags)


_CONFIG = """\
# The settings of this site. Only base_url and authority are required; docs/reference/settings.md lists all.

base_url  = "https://example.org/"      # where the published folder will be served; every link starts with it
authority = "example.org,{year}"          # a domain of yours and a year: the start of all ids, never change it
languages = {languages} # the first is the default
timezone  = "UTC"                       # for dates without offset, such as "Asia/Shanghai"
# author  = {{ name = "…", url = "…", email = "…" }}

[title]
{titles}
"""
