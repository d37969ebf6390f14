"""A folder of entry files → Articles, with every problem of every file."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from ..errors import FieldError, Problem
from ..iri import fold_id
from ..model import Article, Config, Entry, Mention, Person, Reference, Translation
from .dates import ISO_HINT
from .entry_file import File, ask_for_title, check_dates, clean_texts, name_parts, read_file
from .front_matter import fields
from .ids import automatic_id, automatic_link
from .linting.html_checks import inspect_html
from .scanning import scan, shown_name, shown_path
from .sections.headings import table
from .source import read_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from .front_matter.value import Value


def read_folder(
    folder: str, config: Config, *, until: datetime | None = None
) -> tuple[tuple[Article, ...], tuple[Problem, ...]]:
    """Read the entry files of a folder: ``<key>.<language>.md``, not those below it.

    Files that begin with ``.`` or ``_`` and README.md are no entries.

    Args:
        folder: As problems shall name it.
        config: The site's settings.
        until: Note entries that are published later.

    Returns:
        The articles that can be published, newest first, and the problems, by file and line. An article whose
        original has an error is left out; of others only the entries that have one.
    """
    from .linting import site_checks  # builds do not need it

    headings = table(config.headings)
    names, notes = scan(folder)
    files = [
        read_file(os.path.join(folder, name), shown_path(folder, name), headings, config) for name in sorted(names)
    ]
    groups = _by_article(files, config)
    for group in groups:
        _settle(group, config, inspect=True)
    _refuse_same_ids(files)
    _note_unknown_keys(files)
    site_checks.compare_articles(groups, config)
    if until:
        site_checks.note_scheduled(groups, until)
    articles = [article for group in groups if (article := _article(group, config))]
    articles.sort(key=lambda article: (article.published, article.key), reverse=True)
    return tuple(articles), (*_problems(files), *notes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Hold what was read of one article.

    Args:
        key: The article's name.
        files: Names of the files that make it up.
        article: None if it cannot be published.
        problems: By file and line.
        digest: Of the text of its files; the same text gives the same article under the same settings.
    """

    key: str
    files: tuple[str, ...]
    article: Article | None
    problems: tuple[Problem, ...]
    digest: bytes


# Articles whose files are looked up together: of all at once the lists would take as much memory as the names.
_NAMED_AT_ONCE: Final = 1000


class Reader:
    """Read the articles of a folder one by one: no more than one is held at a time.

    What `read_folder` finds besides, by comparing texts, is for `lint`. Errors are found here, too, but those that only
    all articles together show: two ids that are the same, two keys that differ in case.
    """

    def __init__(self, folder: str, config: Config, keys: dict[str, str]) -> None:
        """Prepare to read.

        Args:
            folder: As problems shall name it.
            config: The site's settings.
            keys: File name → the article that it was found to belong to when it was last read; for new files
                `article_key` of the name; only files of this mapping are looked at. It is kept up to date.
        """
        self.config = config
        self._place, self._shown = os.path.join(folder, ""), shown_path(folder, "")
        self.headings = table(config.headings)
        self.keys = keys

    def _names(self, keys: Iterable[str]) -> dict[str, list[str]]:
        """Return the names of the files of some articles."""
        found: dict[str, list[str]] = {key: [] for key in keys}
        for name, key in self.keys.items():
            if key in found:
                found[key].append(name)
        return found

    def read(self, keys: Iterable[str], *, glance: bool = False) -> Iterator[Reading]:
        """Yield the articles of these keys, and those that their files turn out to belong to.

        A key may come twice, when a later file says in its front matter that it belongs there: the last one counts.

        Args:
            keys: Of articles.
            glance: Read what front matter says, and none of what stands below it.
        """
        waiting = list(dict.fromkeys(keys))
        waiting.reverse()
        names: dict[str, list[str]] = {}
        while waiting:
            if waiting[-1] not in names:
                names = self._names(waiting[-_NAMED_AT_ONCE:])
            key = waiting.pop()
            files = []
            for name in sorted(names[key]):
                place, shown = self._place + name, self._shown + shown_name(name)
                file = read_file(place, shown, self.headings, self.config, glance=glance)
                if file.key == key:
                    files.append((name, file))
                    continue
                names[key].remove(name)
                self.keys[name] = file.key
                names |= self._names([file.key])
                if file.key not in waiting:
                    waiting.insert(0, file.key)
            yield self._reading(key, files, glance=glance)

    def _reading(self, key: str, named: Sequence[tuple[str, File]], *, glance: bool) -> Reading:
        files = [file for _, file in named]
        group = next(iter(_by_article(files, self.config)), None)
        if group:
            _settle(group, self.config, inspect=False, glance=glance)
        article = _article(group, self.config) if group else None
        return Reading(
            key=key,
            files=tuple(name for name, _ in named),
            article=article,
            problems=tuple(_problems(files)),
            digest=_digest((name, file.source.data) for name, file in named),
        )


def _digest(files: Iterable[tuple[str, bytes]]) -> bytes:
    digest = blake2b(digest_size=16)
    for name, data in files:
        digest.update(f"{name}\n{len(data)}\n".encode("utf-8", "surrogateescape"))
        digest.update(data)
    return digest.digest()


def article_key(name: str) -> str:
    """Return the article that a file belongs to by its name: ``open-models.en.md`` → ``open-models``."""
    return name_parts(name)[0]


def _problems(files: Iterable[File]) -> Iterable[Problem]:
    for file in files:
        yield from sorted(file.source.problems, key=lambda problem: (problem.line, problem.column, problem.code))


def _by_article(files: Iterable[File], config: Config) -> list[dict[str, File]]:
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


def _settle(group: Mapping[str, File], config: Config, *, inspect: bool, glance: bool = False) -> None:
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


def _note_unknown_keys(files: Iterable[File]) -> None:
    """Note each key that feedpub does not know once for the whole site, where it stands first."""
    found: dict[str, list[tuple[File, Value]]] = {}
    for file in files:
        for key in fields.unknown_keys(file.matter):
            found.setdefault(str(key.content), []).append((file, key))
    for word, places in found.items():
        file, key = places[0]
        count = f" (in {len(places):,} files)" if len(places) > 1 else ""
        message = f"feedpub does not know {word[:100]!r} and ignores it{count}"
        hint = "" if file.source.problems.is_full("N101") else fields.suggest_key(word)
        file.source.add("N101", message, hint, key.start, key.end)


def _refuse_same_ids(files: Iterable[File]) -> None:
    seen: dict[str, File] = {}
    for file in files:
        if file.entry is None:
            continue
        other = seen.setdefault(fold_id(file.entry.id), file)
        if other is not file and other.entry:
            alike = "" if other.entry.id == file.entry.id else f" but for escaping: {other.entry.id}"
            message = f"{other.source.path} has the same id {file.entry.id}{alike}"
            place = file.place("id")
            file.source.add("E116", message, "an id belongs to one entry for ever; change the newer one", *place)


def _article(group: Mapping[str, File], config: Config) -> Article | None:
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
        find_mentions=partial(_find_places, paths, config),
    )


def _find_places(paths: Mapping[str, str], config: Config) -> dict[str, tuple[Mention, ...]]:
    """Return where the addresses stand that an article publishes; see `Article.find_mentions`."""
    from .link_places import LinkMarks  # builds do without

    marks, headings = LinkMarks(), table(config.headings)
    files = {
        language: read_file(path, path, headings, config, source=marks.mark(read_source(path, path)))
        for language, path in paths.items()
    }
    _settle(files, config, inspect=False)
    return marks.find(file.entry for file in files.values() if file.entry)


def _with_translations(entry: Entry, alive: Mapping[str, Entry]) -> Entry:
    """Return an entry with links to those translations that have become entries: nearly always all of them."""
    if len(entry.translations) in (0, len(alive) - 1):
        return entry
    others = tuple([translation for translation in entry.translations if translation.language in alive])
    return replace(entry, translations=others)
