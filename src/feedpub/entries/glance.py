"""Articles of which lists need a title and a date, no more: of thousands, where feeds show fifty.

One regular expression reads front matter of the usual form. All other, and all that may be wrong with it, is left to
`file` and `folder`, which make the same entries of it (a property test holds both to it).
"""

from __future__ import annotations

import functools
import os
import re
import stat
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from ..language import canonical
from ..model import Article, checked_entry
from .dates import parse_date
from .file import LONGEST_KEY_BYTES, RESERVED_KEYS
from .ids import automatic_id, automatic_link
from .matter import FIRST, IN_LIST, NULLS
from .source import LARGEST_ENTRY_BYTES, READ_ONLY, read_head

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..model import Config, Entry

# Of texts without colon, quotation mark and the like, as `matter.plain_pairs` takes them; each key at most once.
_TEXT: Final = rf"{FIRST}[^\x00-\x1f:#\"]*+"
_HEAD: Final = re.compile(
    rf"---\n(?:title: ({_TEXT})\n|(?:published|date): ([0-9T:+-]++Z?)\n|(author: {_TEXT}\n)"
    r"|((?:source|via): https?://[A-Za-z0-9-]++(?:\.[A-Za-z0-9-]++)++(?:/[A-Za-z0-9_./=?-]{0,1000}+)?\n)"
    rf"|((?:categories|tags): \[{IN_LIST}(?:, {IN_LIST})*+\]\n))++---"
)
_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def glance(place: str, names: Sequence[str], key: str, config: Config) -> tuple[Article, list[bytes]] | None:
    """Read title and date of an article's files.

    Args:
        place: The folder, with a separator at its end.
        names: The article's files.
        key: The article.
        config: The site's settings.

    Returns:
        The article, its entries without texts, and what was read of each file; None if one of them is not usual.
    """
    if not _KEY.fullmatch(key) or key.casefold() in RESERVED_KEYS or len(key) > LONGEST_KEY_BYTES:
        return None
    languages = _endings(config.languages)
    found: dict[str, Entry] = {}
    heads = []
    for name in names:
        language = languages.get(name[len(key) :])
        head = _head(place + name) if language else b""
        entry = _entry(head, key, language, config) if language and head else None
        if not language or not entry or language in found:
            return None
        found[language] = entry
        heads.append(head)
    entries = {language: found[language] for language in config.languages if language in found}
    return Article(key=key, entries=MappingProxyType(entries), original=next(iter(entries))), heads


@functools.lru_cache(maxsize=16)
def _endings(languages: Sequence[str]) -> Mapping[str, str]:
    """Return what the names of files in each language end in; Chinese without script is told by the text."""
    return {f".{language}.md": language for language in languages if canonical(language) == language != "zh"}


def _head(path: str) -> bytes:
    """Return a file's front matter; nothing if it is of another form, or no ordinary file."""
    try:
        opened = os.open(path, READ_ONLY)
    except OSError:
        return b""
    try:
        found = os.fstat(opened)
        usual = stat.S_ISREG(found.st_mode) and found.st_size <= LARGEST_ENTRY_BYTES
        return read_head(opened) if usual else b""
    except OSError:
        return b""
    finally:
        os.close(opened)


def _entry(head: bytes, key: str, language: str, config: Config) -> Entry | None:
    try:
        text = head.decode()
        matter = _HEAD.fullmatch(text)
        if not matter or len(matter.groups()) - matter.groups().count(None) != text.count("\n") - 1:
            return None
        title, date = matter.group(1, 2)
        if not title or not date or "  " in text or any(map(text.__contains__, NULLS)):
            return None
        if not text.replace("\n", "").isprintable():
            return None
        published = parse_date(date, config.timezone)
    except ValueError:  # no UTF-8, no date
        return None
    return checked_entry(
        id=automatic_id(key, language, config),
        language=language,
        title=title.strip(),
        link=automatic_link(key, language, config),
        published=published,
        updated=published,
    )
