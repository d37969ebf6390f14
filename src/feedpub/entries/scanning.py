"""List the entry files of a folder with their state on disk, without reading them."""

from __future__ import annotations

import errno
import os
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MARKDOWN_ENDING: Final = ".md"
# Endings of text files that other tools publish.
_OTHER_TEXT_ENDINGS: Final = (
    ".adoc", ".asciidoc", ".htm", ".html", ".ipynb", ".markdown", ".mdown", ".mdtext", ".mdwn", ".mdx", ".mkd", ".mkdn",
    ".org", ".qmd", ".rmd", ".rst", ".textile", ".txt",
)  # fmt: skip
_TEMPLATES_FOLDER: Final = "templates"
_MOST_LISTED_FILES: Final = 20_000  # files below a folder without entries
_MOST_NAMED_KINDS: Final = 5  # of files and folders, in one message
_SIZE_BITS: Final = 48
# The state of a file whose metadata cannot be read; reading the file reports the error.
_UNKNOWN_STATE: Final = -1

# Without UTF-8 mode (PEP 540) Python decodes file names by the locale, on which ids and links must not depend.
_IS_NOT_UTF_8: Final = sys.getfilesystemencoding() != "utf-8"


def pack_state(mtime_ns: int, size: int) -> int:
    """Pack the time of change and the size of a file into one number, which takes half the memory of a pair."""
    return mtime_ns << _SIZE_BITS | size


def unpack_state(state: int) -> tuple[int, int]:
    """Return the time of change in nanoseconds and the size in bytes."""
    return state >> _SIZE_BITS, state & (1 << _SIZE_BITS) - 1


def scan_folder(folder: str) -> tuple[dict[str, int], tuple[Problem, ...]]:
    """Return the entry files of a folder, in no order, without those in subfolders.

    README.md, and files whose names begin with ``.`` or ``_``, are not entries.

    Returns:
        Name → state (see `pack_state`), and notes on files that look like entries but are not. If there is no entry,
        but a file that looks like one, the first of the notes is an error.

    Raises:
        OSError: The folder cannot be read, or the locale does not decode names as UTF-8.
    """
    states: dict[str, int] = {}
    other_files: list[os.DirEntry[str]] = []
    with os.scandir(folder) as directory:
        for entry in directory:
            name = entry.name
            if name[0] in "._":
                continue
            if _IS_NOT_UTF_8 and not name.isascii():
                message = f"cannot be read under this locale ({sys.getfilesystemencoding()}); set PYTHONUTF8=1"
                raise OSError(errno.EILSEQ, message, entry.path)
            if (name.endswith(_MARKDOWN_ENDING) and name[0] not in "Rr") or _is_entry(name):
                try:
                    state = entry.stat()
                    states[name] = state.st_mtime_ns << _SIZE_BITS | state.st_size
                except OSError:
                    states[name] = _UNKNOWN_STATE
            elif name.casefold().endswith(_OTHER_TEXT_ENDINGS) or entry.is_dir():
                other_files.append(entry)
    notes = tuple(_note_ignored(folder, other_files))
    return states, notes if states else (*_explain_no_entries(folder), *notes)


def _is_entry(name: str) -> bool:
    return name[-len(_MARKDOWN_ENDING) :].casefold() == _MARKDOWN_ENDING and name[:7].casefold() != "readme."


def make_display_path(folder: str, name: str) -> str:
    """Return a path as problems name it; bytes of a name that are not UTF-8 are replaced."""
    return f"{Path(folder).as_posix()}/{make_display_name(name)}"


def make_display_name(name: str) -> str:
    """Return the name of a file as problems name it."""
    return name if name.isascii() else os.fsencode(name).decode("utf-8", "replace")


def _explain_no_entries(folder: str) -> Iterator[Problem]:
    """Report which other texts are in a folder without entries, and in its subfolders."""
    endings, folders = Counter[str](), Counter[str]()
    looked_at = 0
    for path, subfolders, names in os.walk(folder):
        is_top = path == folder
        subfolders[:] = sorted(
            name for name in subfolders if name[0] != "." and not (is_top and name == _TEMPLATES_FOLDER)
        )
        looked_at += len(names)
        if looked_at > _MOST_LISTED_FILES:
            break
        for name in names:
            ending = os.path.splitext(name)[1].casefold()
            if name[0] in "._" or not (ending in _OTHER_TEXT_ENDINGS or (ending == _MARKDOWN_ENDING and not is_top)):
                continue
            if is_top:
                endings[ending] += 1
            else:
                folders[os.path.relpath(path, folder).split(os.sep)[0]] += 1
    counts = [
        _format_count(number, f"file *{ending}", f"files *{ending}") for ending, number in sorted(endings.items())
    ]
    counts += [
        f"{make_display_name(name)}/ with {_format_count(number, 'text', 'texts')}"
        for name, number in sorted(folders.items())
    ]
    if not counts:
        return
    more = f" and {len(counts) - _MOST_NAMED_KINDS} more" if len(counts) > _MOST_NAMED_KINDS else ""
    message = f"this folder has no entry files; it contains {', '.join(counts[:_MOST_NAMED_KINDS])}{more}"
    hint = "put the articles directly into this folder, and name them article.md or article.en.md"
    yield Problem(code="E121", path=Path(folder).as_posix(), message=message, hint=hint)


def _format_count(number: int, singular: str, plural: str) -> str:
    return f"{number:,} {singular if number == 1 else plural}"


def _note_ignored(folder: str, other_files: Iterable[os.DirEntry[str]]) -> Iterator[Problem]:
    """Note likely entries that are not read: text files with other endings, and subfolders with Markdown files."""
    for entry in sorted(other_files, key=lambda entry: entry.name):
        path = make_display_path(folder, entry.name)
        if entry.is_symlink() and entry.is_dir():
            continue  # its files do not belong to the site
        if not entry.is_dir():
            hint = f"if it is an article, rename it to {Path(entry.name).stem}.md"
            yield Problem(code="N110", path=path, message="is not an entry: its name does not end in .md", hint=hint)
        elif any(Path(entry.path).glob("*.md")):
            hint = "move its entries up: all entries of a site are in one folder"
            yield Problem(code="N110", path=path, message="entries in subfolders are not read", hint=hint)
