"""`feedpub.validate`: one document, a file, a folder, a list of feeds, or an address."""

from __future__ import annotations

import os
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..errors import FeedpubError
from ..iri import parse_url
from .comparing import compare_documents
from .feed_sets import Member
from .validator import check_document
from .xml_reader import MOST_DOCUMENT_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from ..errors import Problem
    from .summaries import FeedSummary

MOST_DOCUMENTS_OF_A_SET: Final = 10_000
_ENDINGS: Final = (".xml", ".json", ".rss", ".atom", ".rdf", ".opml")
_NAMES_OF_FEEDS: Final = re.compile(
    r"(?:atom|rss|feed|feeds)(?:-\d{1,9})?\.(?:xml|json|opml)|.{1,200}\.(?:atom|rss|opml)"
)
_HEAD_BYTES: Final = 8_000
# What a folder may hold beside feeds, such as sitemaps and settings, is told from feeds by how it begins.
_FEED_START = re.compile(rb"<(?:\w{1,20}:)?(?:feed|rss|RDF|opml)[\s>]|https?:\\?/\\?/jsonfeed\.org\\?/version")


def validate(source: bytes | str | os.PathLike[str], *, url: str = "", now: datetime | None = None) -> list[Problem]:
    """Check feeds: Atom 1.0, RSS 2.0, JSON Feed 1.1, and lists of feeds in OPML.

    Nothing is fetched unless an address is given.

    Args:
        source: A document as bytes or text; the path of a file or of a folder, as a `Path`; or an address that begins
            with http:// or https://, which is fetched. The feeds of a folder, and those that an OPML document at an
            address names, are also compared with each other.
        url: Where a single document is served; then its links to itself are compared with that. Ignored for folders,
            lists of feeds and addresses.
        now: The current time, for dates that lie in the future.

    Returns:
        What is wrong, in the order of documents and positions; of each code at most 20 for a document, and one that
        says how many others there are. Each has the line and the column, if it is about a place.

    Raises:
        FeedpubError: There is no such file or folder, or a path is given as text.
    """
    if isinstance(source, bytes):
        return check_document(source, url=url, now=now).problems
    if isinstance(source, os.PathLike):
        return _validate_path(Path(source), url, now)
    if re.match(r"https?://", source, re.IGNORECASE):
        from .server import validate_address

        return validate_address(source, now=now)
    if _names_a_file(source):
        raise FeedpubError(f"{source}: this is a path, not a document; write pathlib.Path({source!r})")
    return check_document(source.encode("utf-8", "surrogatepass"), url=url, now=now).problems


def _names_a_file(source: str) -> bool:
    """Return True if a text that is given as a document is the path of one."""
    return (
        0 < len(source) < 500 and source.isprintable() and not re.search(r"[<{\[]", source) and os.path.exists(source)
    )


def _validate_path(path: Path, url: str, now: datetime | None) -> list[Problem]:
    try:
        if path.is_dir():
            files = [(file.as_posix(), partial(_read_document, file)) for file in _find_files(path)]
            return validate_documents(files, now=now)
        document = check_document(_read_document(path), path=path.as_posix(), url=url, now=now)
        if document.summary is None or document.summary.format != "opml":
            return document.problems
        listed = dict.fromkeys([path, *_find_listed_files(path, document.summary)])  # each once, in order
        files = [(file.as_posix(), partial(_read_document, file)) for file in listed]
        return validate_documents(files, is_complete=False, now=now)
    except OSError as error:
        raise FeedpubError(f"{error.filename or path}: {error.strerror or error}") from error


def _find_listed_files(path: Path, summary: FeedSummary) -> Iterator[Path]:
    """Yield the feeds of a list that are beside it, at the end of their addresses: ``…/en/atom.xml`` is en/atom.xml."""
    for link in summary.links:
        parsed = parse_url(link.address)
        names = [name for name in (parsed.pathname if parsed else "").split("/") if name not in ("", ".", "..")]
        files = (path.parent.joinpath(*names[start:]) for start in range(len(names)))
        file = next((file for file in files if file.is_file()), None)
        if file is not None:
            yield file


def validate_documents(
    documents: Sequence[tuple[str, Callable[[], bytes]]], *, is_complete: bool = True, now: datetime | None = None
) -> list[Problem]:
    """Check documents, and compare them with each other.

    Args:
        documents: Name and content of each; the content may be asked for twice.
        is_complete: Whether they are all that their publisher publishes.
        now: The current time.
    """
    problems: list[Problem] = []
    members: list[Member] = []
    for path, read in documents:
        data = read()
        if not _is_feed(path, data):
            continue
        document = check_document(data, path=path, now=now)
        problems.extend(document.problems)
        if document.summary is not None:
            members.append(Member(path=path, feed=document.summary))
    return problems + compare_documents(members, dict(documents), is_complete=is_complete)


def _is_feed(path: str, data: bytes) -> bool:
    """Return True if a file of a folder is a feed, or should be one by its name."""
    return bool(_NAMES_OF_FEEDS.fullmatch(path.rpartition("/")[2]) or _FEED_START.search(data[:_HEAD_BYTES]))


def _find_files(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder that may be feeds, in order, without hidden ones and links to folders."""
    number = 0
    for parent, folders, names in os.walk(folder, onerror=_raise_error):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and name.lower().endswith(_ENDINGS):
                path = Path(parent, name)
                if not path.is_file():  # a pipe would be read without end
                    continue
                number += 1
                if number > MOST_DOCUMENTS_OF_A_SET:
                    raise FeedpubError(f"{folder}: more than {MOST_DOCUMENTS_OF_A_SET:,} files that may be feeds")
                yield path


def _raise_error(error: OSError) -> None:
    """Refuse a folder that cannot be read: without this, its feeds would pass as checked."""
    raise error


def _read_document(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_DOCUMENT_BYTES + 1)
