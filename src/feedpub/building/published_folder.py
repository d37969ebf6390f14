"""The published folder: which files it holds, which of them are to be made anew, and which are not needed any more."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from ..errors import ConfigError, Problem
from ..feeds import write_document
from ..files import RefusedFileError, check_target, remove_file, remove_leftovers, write_file
from ..formats import FORMATS
from ..model import Reference
from ..site.documents import ARCHIVE, Shelf, category_shelves
from ..site.marks import has_mark
from ..site.opml import to_category_opml, to_opml
from ..site.pages import NEIGHBOURS
from .changes import UNFINISHED
from .fragments import PAGE
from .manifest import FOLDER, Known
from .stale_files import CATEGORY_OPML, OPML, digest, is_as_written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ..model import Feed
    from ..site.documents import Document
    from ..site.entry_index import Rows
    from ..site.pages import Pages
    from .ingest import Intake
    from .manifest import Manifest

# Articles of a language on the landing page.
NEWEST: Final = 5
# Files in the way that are named at once.
MOST_OBSTACLES: Final = 20
# They carry no mark, and belong to the pages and feeds beside them.
_UNMARKED: Final = ("style.css", "feed.css")


class _Work(NamedTuple):
    """Hold files that are made together.

    Args:
        paths: Relative to the published folder.
        recipe: The same recipe gives the same bytes.
        needs: The numbers of the entries whose fragments they hold.
        with_pages: Whether they hold the pages of these entries; else their fragments for feeds.
        make: Returns their bytes, in the order of `paths`.
    """

    paths: tuple[str, ...]
    recipe: bytes
    needs: Callable[[], Sequence[int]]
    with_pages: bool
    make: Callable[[], Iterable[bytes]]


class PublishedFolder:
    """Bring a published folder up to date, after an `Intake`."""

    def __init__(
        self,
        place: Path,
        feeds: Mapping[str, Feed],
        pages: Pages,
        manifest: Manifest,
        intake: Intake,
        progress: Callable[[str, int, int], object],
    ) -> None:
        self.place, self.feeds, self.pages, self.manifest, self.intake = place, feeds, pages, manifest, intake
        self._root = os.fspath(place)
        self.config, self.spool, self.progress = intake.config, intake.spool, progress
        self.written: list[str] = []
        self.kept: list[str] = []
        self.removed: list[str] = []
        self.unproven: list[str] = []
        self._known: dict[str, Known] = {}
        self._newest: dict[str, Rows] = {}
        self._subjects: dict[str, list[Feed]] = {}
        self._folders: set[str] = set()

    def publish(self, outputs: Mapping[str, Known], *, prune: bool) -> None:
        """Write what is new or changed, then remove what is not needed any more.

        Args:
            outputs: What is known of its files, by `changes.trusted`.
            prune: Also remove files that carry the mark of feedpub or are as recorded, but not both.
        """
        self._known = dict(outputs)
        if self.manifest.is_new or UNFINISHED in self._known.values():
            remove_leftovers(self._root, is_deep=True)
            self._refuse_obstacles(self._all_works())  # all of them, before anything is written
        stale = dict(self._known)
        for language in self.feeds:
            self._bring_up(list(self._works_of(language)), stale)
        self._bring_up(list(self._common_works()), stale)
        self._remove(stale, prune=prune)
        self.manifest.keep()

    def _bring_up(self, works: Sequence[_Work], stale: dict[str, Known]) -> None:
        """Do those works that are not done; what they make is not stale."""
        waiting = []
        for work in works:
            for path in work.paths:
                stale.pop(path, None)
            if any(self._known.get(path, UNFINISHED).recipe != work.recipe for path in work.paths):
                waiting.append(work)
            else:
                self.kept += work.paths
        if not waiting:
            return
        self._refuse_obstacles(waiting)
        self._complete_spool(waiting)
        self.manifest.add_outputs((path, UNFINISHED) for work in waiting for path in work.paths)
        self.manifest.keep()
        for done, work in enumerate(waiting):
            self.progress("write", done, len(waiting))
            self.manifest.add_outputs(self._write(work))

    def _all_works(self) -> Iterator[_Work]:
        if all(name == FOLDER for name in os.listdir(self._root)):
            return  # nothing can be in the way
        for language in self.feeds:
            yield from self._works_of(language)
        yield from self._common_works()

    def _refuse_obstacles(self, works: Iterable[_Work]) -> None:
        """Refuse to write where a link, a special file or a file of somebody else is.

        Raises:
            ConfigError: There are such; the first of them are named.
        """
        problems: dict[str, Problem] = {}
        for work in works:
            for path in work.paths:
                if len(problems) < MOST_OBSTACLES and (problem := self._obstacle(path)):
                    problems[problem.path] = problem  # a folder is in the way of many files
        if problems:
            raise ConfigError(problems.values())

    def _obstacle(self, path: str) -> Problem | None:
        """Return the problem with what stands in the place of a file."""
        try:
            found = check_target(self._root, path, self._folders)
        except (RefusedFileError, NotADirectoryError) as error:
            shown, message = Path(error.filename).as_posix(), f"{error.strerror}, and feedpub writes there"
            hint = "remove it, or choose another --output; the published folder itself may be a link"
            return Problem(code="E014", path=shown, message=message, hint=hint)
        if found is None or path in self._known or has_mark(self._root, path):
            return None
        if path in _UNMARKED and any(has_mark(self._root, one) for one in ("index.html", *self._feeds())):
            return None
        hint = "move it elsewhere or remove it, if nobody needs it; or choose another --output"
        message = "is a file that feedpub did not write, in the place of one that it writes"
        return Problem(code="E014", path=(self.place / path).as_posix(), message=message, hint=hint)

    def _feeds(self) -> list[str]:
        return [f"{language}/{form.file_name}" for language in self.feeds for form in FORMATS]

    def _complete_spool(self, works: Iterable[_Work]) -> None:
        missing = {with_pages: set[str]() for with_pages in (True, False)}
        for work in works:
            numbers = [number for number in work.needs() if not self.spool.has(number, with_page=work.with_pages)]
            if numbers:
                missing[work.with_pages] |= self.manifest.keys_of(numbers)
        self.intake.render(sorted(missing[True]), with_pages=True)
        self.intake.render(sorted(missing[False] - missing[True]), with_pages=False)

    def _write(self, work: _Work) -> Iterator[tuple[str, Known]]:
        for path, data in zip(work.paths, work.make(), strict=True):
            (self.written if write_file(self._root, path, data) else self.kept).append(path)
            state = os.stat(f"{self._root}/{path}")
            yield path, Known(state.st_mtime_ns, state.st_size, work.recipe, digest(data))

    def _remove(self, stale: Mapping[str, Known], *, prune: bool) -> None:
        """Remove files that belong to nothing any more, if they are as a build left them and carry the mark of feedpub.

        One of the two is no proof: who crafts a manifest may know what a file of somebody else holds, and somebody may
        have made a page out of ours. They are reported, and removed on request.
        """
        recorded = self.manifest.outputs() if stale else {}
        for path in sorted(stale):
            with contextlib.suppress(RefusedFileError, NotADirectoryError):  # not ours
                if check_target(self._root, path) is None:
                    remove_file(self._root, path)  # the folders that were made for it
                    continue
                proofs = is_as_written(self._root, path, recorded[path]), has_mark(self._root, path)
                if all(proofs) or (prune and any(proofs)):
                    remove_file(self._root, path)
                    self.removed.append(path)
                elif any(proofs):
                    self.unproven.append(path)
        self.manifest.forget_outputs(stale.keys() - self.unproven)

    def _works_of(self, language: str) -> Iterator[_Work]:
        """Yield the files of one language, those that others link to first."""
        shelf = Shelf(self.feeds[language], f"{language}/", self.manifest.entries(language))
        if self.intake.has_pages:
            yield from self._article_works(shelf)
        subjects = list(category_shelves(shelf)) if self.config.categories else []
        for _, subject in subjects:
            yield from self._feed_works(subject)
            page = partial(self.pages.category, language, subject.feed)
            yield self._list(f"{subject.folder}index.html", page, subject.entries, subject.feed)
        yield from self._feed_works(shelf)
        archive = partial(self._archive, language)
        yield self._list(f"{shelf.folder}{ARCHIVE}/index.html", archive, shelf.entries)
        named = [(label, subject.feed.link) for label, subject in subjects]
        total = len(shelf.entries)
        page = partial(self.pages.language, language, total=total, categories=named)
        yield self._list(f"{shelf.folder}index.html", page, shelf.entries[-self.config.limit :], total, named)
        self._newest[language] = shelf.entries[-NEWEST:]
        self._subjects[language] = [subject.feed for _, subject in subjects]

    def _common_works(self) -> Iterator[_Work]:
        newest = {language: entries[::-1] for language, entries in self._newest.items()}
        feeds = list(self.feeds.values())
        lists = [entries.listings for entries in newest.values()]
        files: list[tuple[str, Callable[[], bytes], object]] = [
            ("style.css", self.pages.style, None),
            ("feed.css", self.pages.feed_style, None),
            (OPML, partial(to_opml, self.config, feeds), None),
            ("index.html", partial(self.pages.landing, newest), lists),
        ]
        if any(self._subjects.values()):
            opml = partial(to_category_opml, self.config, feeds, self._subjects)
            files.append((CATEGORY_OPML, opml, self._subjects))
        for path, render, depends in files:
            yield _Work((path,), self._recipe(path, depends), tuple, False, partial(_one, render))

    def _archive(self, language: str, entries: Rows) -> bytes:
        return self.pages.archive(language, entries.by_year())

    def _list(self, path: str, render: Callable[[Rows], bytes], entries: Rows, *depends: object) -> _Work:
        """Make a page that lists entries, newest first."""
        recipe = self._recipe(path, entries.listings, *depends)
        return _Work((path,), recipe, tuple, False, lambda: _one(partial(render, entries[::-1])))

    def _feed_works(self, shelf: Shelf) -> Iterator[_Work]:
        for document in shelf.documents(self.config):
            recipe = self._recipe(document.shape, document.entries.digests)
            needs = partial(getattr, document.entries, "numbers")
            yield _Work(document.paths, recipe, needs, False, partial(self._join, document))

    def _join(self, document: Document) -> Iterator[bytes]:
        feed, numbers = document.feed(), document.entries.numbers[::-1]
        namespaces = self.spool.namespaces(numbers)
        for form in FORMATS:
            yield write_document(feed, [self.spool.get(number, form.name) for number in numbers], form, namespaces)

    def _article_works(self, shelf: Shelf) -> Iterator[_Work]:
        language = shelf.feed.language
        places, keys, stated = list[int](), list[str](), dict[int, str]()
        for place, entry in enumerate(shelf.entries):
            if entry.language == language:
                if entry.neighbours:
                    stated[len(keys)] = entry.neighbours
                places.append(place)
                keys.append(entry.key)
        own = shelf.entries.at(places)
        named = _Named(keys, self.manifest) if stated else None
        for place, key in enumerate(keys):
            near: dict[str, int | Reference | None] = {
                "previous": place - 1 if place else None,
                "next": place + 1 if place + 1 < len(keys) else None,
            }
            if named and place in stated:
                near |= named.neighbours(stated[place])
            shown = [own.listing(one) if isinstance(one, int) else one for one in near.values()]
            recipe = self._recipe(own.digest(place), shown)
            needs = partial(tuple, (own.number(place),))
            make = partial(self._article, own, place, near)
            yield _Work((f"{language}/{key}/index.html",), recipe, needs, True, make)

    def _article(self, own: Rows, place: int, near: Mapping[str, int | Reference | None]) -> list[bytes]:
        shown = {side: own[one] if isinstance(one, int) else one for side, one in near.items()}
        neighbours = self.pages.neighbours(own[place].language, shown["previous"], shown["next"])
        return [self.spool.get(own.number(place), PAGE).replace(NEIGHBOURS, neighbours)]

    def _recipe(self, *values: object) -> bytes:
        seed = repr((self.manifest.fingerprint, *values)).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(seed, digest_size=16).digest()


class _Named:
    """Find the neighbours that entries name: by title, since a digest names its neighbours so."""

    def __init__(self, keys: Iterable[str], manifest: Manifest) -> None:
        self.places = {key: place for place, key in enumerate(keys)}
        self.keys = manifest.titles()

    def neighbours(self, stated: str) -> dict[str, int | Reference | None]:
        """Return what an entry names, by side; as the place of the article of that title, if there is one."""
        found: dict[str, int | Reference | None] = {}
        for side, (title, url) in json.loads(stated).items():
            known = None if url else self.places.get(self.keys.get(title, ""))
            found[side] = Reference(title=title, url=url) if known is None else known
        return found


def _one(render: Callable[[], bytes]) -> tuple[bytes]:
    return (render(),)
