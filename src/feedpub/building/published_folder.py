"""Bring a published folder up to date: write new and changed files, remove stale files."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..errors import ConfigError, Problem
from ..files import RefusedFileError, check_target, remove_file, remove_leftovers, write_file
from ..formats import FORMATS
from ..site.marks import has_mark
from .changes import UNVERIFIED
from .manifest_schema import PublishedFile
from .plan import PublishingPlan
from .published_paths import STATE_FOLDER
from .stale_files import digest_content, is_as_written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from .ingest import Ingester
    from .options import BuildOptions
    from .plan import FileGroup

# Files in the way that are named at once.
MOST_OBSTACLES: Final = 20
# They carry no mark: they belong to feedpub if the pages and feeds beside them do.
_UNMARKED_FILES: Final = ("style.css", "feed.css")


class PublishedFolder:
    """Brings a published folder up to date after the articles were read.

    Attributes:
        written: The files that were written, in this order.
        kept: The files that held the same bytes already.
        removed: The stale files that were removed.
        unproven: The stale files of which it is not proven that feedpub wrote them.
    """

    def __init__(self, output: Path, ingester: Ingester, options: BuildOptions) -> None:
        self.output = output
        self._root = os.fspath(output)
        self._ingester, self._options = ingester, options
        self._manifest, self._fragments, self._feeds = ingester.manifest, ingester.fragments, ingester.feeds
        self._plan = PublishingPlan(
            ingester.config,
            ingester.feeds,
            ingester.pages,
            ingester.manifest,
            ingester.fragments,
            has_pages=ingester.has_pages,
        )
        self.written: list[str] = []
        self.kept: list[str] = []
        self.removed: list[str] = []
        self.unproven: list[str] = []
        self._recorded_files: dict[str, PublishedFile] = {}
        self._known_folders: set[str] = set()

    def update(self, recorded_files: Mapping[str, PublishedFile]) -> None:
        """Write new and changed files, then remove stale files.

        Args:
            recorded_files: The files that earlier builds wrote, as `changes.verify_published_files` returns them.

        Raises:
            ConfigError: The path of a file to be written is taken by something else; nothing is written.
        """
        self._recorded_files = dict(recorded_files)
        if self._manifest.is_new or UNVERIFIED in self._recorded_files.values():
            remove_leftovers(self._root, is_deep=True)
            self._refuse_obstacles(self._plan.list_all_files())  # of all files, before any is written
        stale_files = dict(self._recorded_files)
        for language in self._feeds:
            self._update_files(list(self._plan.list_language_files(language)), stale_files)
        self._update_files(list(self._plan.list_site_files()), stale_files)
        self._remove_stale(stale_files)
        self._manifest.commit()

    def _update_files(self, groups: Sequence[FileGroup], stale_files: dict[str, PublishedFile]) -> None:
        """Write those of some files whose inputs changed; none of them is stale."""
        outdated = []
        for group in groups:
            for path in group.paths:
                stale_files.pop(path, None)
            recorded = (self._recorded_files.get(path, UNVERIFIED) for path in group.paths)
            if any(file.input_digest != group.input_digest for file in recorded):
                outdated.append(group)
            else:
                self.kept += group.paths
        if not outdated:
            return
        self._refuse_obstacles(outdated)
        self._render_missing_fragments(outdated)
        # Recorded before they are written: a build that is killed leaves no file of which the next one knows nothing.
        self._manifest.add_published_files((path, UNVERIFIED) for group in outdated for path in group.paths)
        self._manifest.commit()
        for count, group in enumerate(outdated):
            self._options.progress("write", count, len(outdated))
            self._manifest.add_published_files(self._write_group(group))

    def _refuse_obstacles(self, groups: Iterable[FileGroup]) -> None:
        """Refuse to write over a link, a special file or a file that feedpub did not write.

        Raises:
            ConfigError: There are such files; the first of them are named.
        """
        if all(name == STATE_FOLDER for name in os.listdir(self._root)):
            return  # nothing can be in the way
        problems: dict[str, Problem] = {}
        for group in groups:
            for path in group.paths:
                if len(problems) < MOST_OBSTACLES and (problem := self._check_obstacle(path)):
                    problems[problem.path] = problem  # a folder is in the way of many files
        if problems:
            raise ConfigError(problems.values())

    def _check_obstacle(self, path: str) -> Problem | None:
        """Return the problem that prevents a file from being written; None if there is none."""
        try:
            state = check_target(self._root, path, self._known_folders)
        except (RefusedFileError, NotADirectoryError) as error:
            obstacle, message = Path(error.filename).as_posix(), f"{error.strerror}, but feedpub has to write here"
            hint = "remove it, or choose another --output; the published folder itself may be a link"
            return Problem(code="E014", path=obstacle, message=message, hint=hint)
        if state is None or path in self._recorded_files or has_mark(self._root, path):
            return None
        if path in _UNMARKED_FILES and any(has_mark(self._root, name) for name in ("index.html", *self._list_feeds())):
            return None
        hint = "move or remove it, or choose another --output"
        message = "has the path of a published file, but feedpub did not write it"
        return Problem(code="E014", path=(self.output / path).as_posix(), message=message, hint=hint)

    def _list_feeds(self) -> list[str]:
        return [f"{language}/{feed_format.file_name}" for language in self._feeds for feed_format in FORMATS]

    def _render_missing_fragments(self, groups: Iterable[FileGroup]) -> None:
        """Render the entries that did not change, but are part of files that did."""
        keys = {with_page: set[str]() for with_page in (True, False)}
        for group in groups:
            with_page = group.with_pages
            row_ids = group.list_row_ids()
            missing = [row_id for row_id in row_ids if not self._fragments.has_fragments(row_id, with_page=with_page)]
            if missing:
                keys[with_page] |= self._manifest.find_keys(missing)
        self._ingester.render_articles(sorted(keys[True]), with_pages=True)
        self._ingester.render_articles(sorted(keys[False] - keys[True]), with_pages=False)

    def _write_group(self, group: FileGroup) -> Iterator[tuple[str, PublishedFile]]:
        for path, data in zip(group.paths, group.render(), strict=True):
            (self.written if write_file(self._root, path, data) else self.kept).append(path)
            state = os.stat(f"{self._root}/{path}")
            yield path, PublishedFile(state.st_mtime_ns, state.st_size, group.input_digest, digest_content(data))

    def _remove_stale(self, stale_files: Mapping[str, PublishedFile]) -> None:
        """Remove stale files that are as a build wrote them and carry the mark of feedpub.

        Neither of the two alone proves that feedpub wrote a file: an attacker who crafts a manifest may know the
        contents of another file, and a user may have made a page from a copy of one of feedpub's pages. Such files are
        reported, and removed on request.
        """
        recorded_files = self._manifest.list_published_files() if stale_files else {}
        for path in sorted(stale_files):
            with contextlib.suppress(RefusedFileError, NotADirectoryError):  # not feedpub's
                if check_target(self._root, path) is None:
                    remove_file(self._root, path)  # the folders that were made for it
                    continue
                proofs = is_as_written(self._root, path, recorded_files[path]), has_mark(self._root, path)
                if all(proofs) or (self._options.prune and any(proofs)):
                    remove_file(self._root, path)
                    self.removed.append(path)
                elif any(proofs):
                    self.unproven.append(path)
        self._manifest.forget_published_files(stale_files.keys() - self.unproven)
