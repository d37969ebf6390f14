"""Read a folder of entry files: all at once with every problem, or article by article."""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from ..iri import fold_id
from .articles import complete_files, group_files, make_article
from .front_matter import fields
from .identity import split_file_name
from .reader import read_entry_file
from .scanning import make_display_name, make_display_path, scan_folder
from .sections.headings import make_heading_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from ..errors import Problem
    from ..model import Article, Config
    from .entry_file import EntryFile
    from .front_matter.value import Value


def read_folder(
    folder: str, config: Config, *, until: datetime | None = None
) -> tuple[tuple[Article, ...], tuple[Problem, ...]]:
    """Read all entry files of a folder, ``<key>.<language>.md``, with everything that `feedpub lint` reports.

    Subfolders, README.md, and files whose names begin with ``.`` or ``_`` are not read.

    Args:
        folder: The path, as problems name it.
        config: The site's settings.
        until: Note entries that are published after this moment.

    Returns:
        The articles that can be published, newest first, and the problems, by file and line. An article whose
        original has an error is left out; if a translation has an error, only that translation is left out.
    """
    from .linting import site_checks  # builds do not need it

    headings = make_heading_table(config.headings)
    names, notes = scan_folder(folder)
    files = [
        read_entry_file(os.path.join(folder, name), make_display_path(folder, name), headings, config)
        for name in sorted(names)
    ]
    groups = group_files(files, config)
    for group in groups:
        complete_files(group, config, should_lint=True)
    _refuse_same_ids(files)
    _note_unknown_keys(files)
    site_checks.compare_articles(groups, config)
    if until:
        site_checks.note_scheduled_entries(groups, until)
    articles = [article for group in groups if (article := make_article(group, config))]
    articles.sort(key=lambda article: (article.published, article.key), reverse=True)
    return tuple(articles), (*_sort_problems(files), *notes)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleReading:
    """One article as it was read, with its problems.

    Args:
        key: The name of the article.
        files: The names of its files.
        article: The article; None if it cannot be published.
        problems: The problems, by file and line.
        digest: A digest of the names and contents of its files.
    """

    key: str
    files: tuple[str, ...]
    article: Article | None
    problems: tuple[Problem, ...]
    digest: bytes


# Files are looked up for this many articles at a time: lists for all articles would take as much memory as the names.
_KEYS_PER_LOOKUP: Final = 1000


class ArticleReader:
    """A reader of the articles of a folder, one at a time, so that memory does not grow with the site.

    It reports all errors of an article, but neither the problems that `lint` finds by comparing texts, nor errors that
    need all articles at once: equal ids, and keys that differ only in case.
    """

    def __init__(self, folder: str, config: Config, keys: dict[str, str]) -> None:
        """Prepare to read; no file is opened yet.

        Args:
            folder: The path, as problems name it.
            config: The site's settings.
            keys: File name → the key of its article when it was last read; `find_article_key` of the name for new
                files. Only these files are read. The reader updates the mapping.
        """
        self.config = config
        self._path, self._display_path = os.path.join(folder, ""), make_display_path(folder, "")
        self.headings = make_heading_table(config.headings)
        self.keys = keys

    def _find_files(self, keys: Iterable[str]) -> dict[str, list[str]]:
        """Return the names of the files of some articles."""
        names: dict[str, list[str]] = {key: [] for key in keys}
        for name, key in self.keys.items():
            if key in names:
                names[key].append(name)
        return names

    def read_articles(self, keys: Iterable[str], *, front_matter_only: bool = False) -> Iterator[ArticleReading]:
        """Yield the articles of these keys, and those that their files belong to by their front matter.

        A key comes twice if a later file names it in its front matter; the last reading counts.

        Args:
            keys: The keys of articles.
            front_matter_only: Read the front matter only, if the title is in it.
        """
        queue = list(dict.fromkeys(keys))
        queue.reverse()
        names: dict[str, list[str]] = {}
        while queue:
            if queue[-1] not in names:
                names = self._find_files(queue[-_KEYS_PER_LOOKUP:])
            key = queue.pop()
            files = []
            for name in sorted(names[key]):
                path, display_path = self._path + name, self._display_path + make_display_name(name)
                file = read_entry_file(
                    path, display_path, self.headings, self.config, front_matter_only=front_matter_only
                )
                if file.key == key:
                    files.append((name, file))
                    continue
                names[key].remove(name)
                self.keys[name] = file.key
                names |= self._find_files([file.key])
                if file.key not in queue:
                    queue.insert(0, file.key)
            yield self._make_reading(key, files, front_matter_only=front_matter_only)

    def _make_reading(
        self, key: str, named_files: Sequence[tuple[str, EntryFile]], *, front_matter_only: bool
    ) -> ArticleReading:
        files = [file for _, file in named_files]
        group = next(iter(group_files(files, self.config)), None)
        if group:
            complete_files(group, self.config, should_lint=False, front_matter_only=front_matter_only)
        article = make_article(group, self.config) if group else None
        return ArticleReading(
            key=key,
            files=tuple(name for name, _ in named_files),
            article=article,
            problems=tuple(_sort_problems(files)),
            digest=_digest_files((name, file.source.data) for name, file in named_files),
        )


def _digest_files(files: Iterable[tuple[str, bytes]]) -> bytes:
    digest = blake2b(digest_size=16)
    for name, data in files:
        digest.update(f"{name}\n{len(data)}\n".encode("utf-8", "surrogateescape"))
        digest.update(data)
    return digest.digest()


def find_article_key(name: str) -> str:
    """Return the key of the article that a file belongs to by its name: ``open-models.en.md`` → ``open-models``."""
    return split_file_name(name)[0]


def _sort_problems(files: Iterable[EntryFile]) -> Iterable[Problem]:
    for file in files:
        yield from sorted(file.source.problems, key=lambda problem: (problem.line, problem.column, problem.code))


def _note_unknown_keys(files: Iterable[EntryFile]) -> None:
    """Note each unknown key of front matter once for the whole site, where it appears first."""
    uses_by_key: dict[str, list[tuple[EntryFile, Value]]] = {}
    for file in files:
        for key in fields.find_unknown_keys(file.matter):
            uses_by_key.setdefault(str(key.content), []).append((file, key))
    for word, uses in uses_by_key.items():
        file, key = uses[0]
        count = f" (in {len(uses):,} files)" if len(uses) > 1 else ""
        message = f"feedpub does not know {word[:100]!r} and ignores it{count}"
        hint = "" if file.source.problems.is_full("N101") else fields.suggest_key(word)
        file.source.add("N101", message, hint, key.start, key.end)


def _refuse_same_ids(files: Iterable[EntryFile]) -> None:
    file_by_id: dict[str, EntryFile] = {}
    for file in files:
        if file.entry is None:
            continue
        first_file = file_by_id.setdefault(fold_id(file.entry.id), file)
        if first_file is not file and first_file.entry:
            alike = "" if first_file.entry.id == file.entry.id else f" but for escaping: {first_file.entry.id}"
            message = f"{first_file.source.path} has the same id {file.entry.id}{alike}"
            span = file.find_span("id")
            file.source.add(
                "E116", message, "an id belongs to one entry forever; change the id of the newer one", *span
            )
