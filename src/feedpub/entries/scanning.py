"""Which files of a folder are entries, and their state on disk: nothing is read."""

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

_MARKDOWN: Final = ".md"
# Of texts that other tools publish.
_OTHER_TEXT: Final = (
    ".adoc", ".asciidoc", ".htm", ".html", ".ipynb", ".markdown", ".mdown", ".mdtext", ".mdwn", ".mdx", ".mkd", ".mkdn",
    ".org", ".qmd", ".rmd", ".rst", ".textile", ".txt",
)  # fmt: skip
_OWN_FOLDER: Final = "templates"
_MOST_LOOKED_AT: Final = 20_000  # files below a folder without entries
_MOST_NAMED: Final = 5  # kinds of files, and folders
_SIZE_BITS: Final = 48
# Of a file that cannot be looked at; an error tells it.
_UNKNOWN: Final = -1

# Python reads names by the locale, but for UTF-8 mode (PEP 540); ids and links that are made of them must not.
_IS_NOT_UTF_8: Final = sys.getfilesystemencoding() != "utf-8"


def pack_state(mtime_ns: int, size: int) -> int:
    """Return time of change and size of a file as one number: of thousands, pairs would take twice the memory."""
    return mtime_ns << _SIZE_BITS | size


def unpack_state(state: int) -> tuple[int, int]:
    """Return time of change in nanoseconds and size in bytes."""
    return state >> _SIZE_BITS, state & (1 << _SIZE_BITS) - 1


def scan_folder(folder: str) -> tuple[dict[str, int], tuple[Problem, ...]]:
    """Return the entry files of a folder, not those below it, in no order.

    Files that begin with ``.`` or ``_`` and README.md are no entries.

    Returns:
        Name → its state, by `pack_state`; and notes on what looks like entries but is none. If nothing is an entry, but
        something looks like one, the first of them is an error.

    Raises:
        OSError: The folder cannot be read, or the locale reads a name otherwise than as UTF-8.
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
            if (name.endswith(_MARKDOWN) and name[0] not in "Rr") or _is_entry(name):
                try:
                    state = entry.stat()
                    states[name] = state.st_mtime_ns << _SIZE_BITS | state.st_size
                except OSError:
                    states[name] = _UNKNOWN
            elif name.casefold().endswith(_OTHER_TEXT) or entry.is_dir():
                other_files.append(entry)
    notes = tuple(_note_ignored(folder, other_files))
    return states, notes if states else (*_explain_no_entries(folder), *notes)


def _is_entry(name: str) -> bool:
    return name[-len(_MARKDOWN) :].casefold() == _MARKDOWN and name[:7].casefold() != "readme."


def make_display_path(folder: str, name: str) -> str:
    """Return a path as problems name it; bytes of a name that are no UTF-8 are replaced."""
    return f"{Path(folder).as_posix()}/{make_display_name(name)}"


def make_display_name(name: str) -> str:
    """Return the name of a file as problems name it."""
    return name if name.isascii() else os.fsencode(name).decode("utf-8", "replace")


def _explain_no_entries(folder: str) -> Iterator[Problem]:
    """Report which texts a folder without entries holds instead, in it and below it."""
    endings, folders = Counter[str](), Counter[str]()
    looked_at = 0
    for path, subfolders, names in os.walk(folder):
        is_top = path == folder
        subfolders[:] = sorted(name for name in subfolders if name[0] != "." and not (is_top and name == _OWN_FOLDER))
        looked_at += len(names)
        if looked_at > _MOST_LOOKED_AT:
            break
        for name in names:
            ending = os.path.splitext(name)[1].casefold()
            if name[0] in "._" or not (ending in _OTHER_TEXT or (ending == _MARKDOWN and not is_top)):
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
    more = f" and {len(counts) - _MOST_NAMED} more" if len(counts) > _MOST_NAMED else ""
    message = f"nothing in this folder is an entry; it holds {', '.join(counts[:_MOST_NAMED])}{more}"
    hint = "put the articles side by side into the folder itself, and name them article.md or article.en.md"
    yield Problem(code="E121", path=Path(folder).as_posix(), message=message, hint=hint)


def _format_count(number: int, singular: str, plural: str) -> str:
    return f"{number:,} {singular if number == 1 else plural}"


def _note_ignored(folder: str, other_files: Iterable[os.DirEntry[str]]) -> Iterator[Problem]:
    """Note what looks like entries but is none: text by another name, and folders with entries in them."""
    for entry in sorted(other_files, key=lambda entry: entry.name):
        path = make_display_path(folder, entry.name)
        if entry.is_symlink() and entry.is_dir():
            continue  # what is in it is not the site's
        if not entry.is_dir():
            hint = f"if it is an entry, name it {Path(entry.name).stem}.md"
            yield Problem(code="N110", path=path, message="is no entry: it does not end in .md", hint=hint)
        elif any(Path(entry.path).glob("*.md")):
            hint = "move its entries up: all of a site stand side by side"
            yield Problem(code="N110", path=path, message="entries in folders are not read", hint=hint)
