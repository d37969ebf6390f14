"""Recognise lines above an article that name its author or date, to offer them to the user."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from ..dates import find_days


class Byline(NamedTuple):
    """The author, the ISO date, or both, that a line names."""

    author: str | None
    published: str | None


def read_byline(text: str) -> Byline | None:
    """Return the author and date in a line such as ``By Ann · May 3, 2026``; None if it has any other text."""
    if not text or len(text) > _LONGEST_CHARACTERS:
        return None
    author = published = None
    for part in _BETWEEN.split(_MARKS.sub("", text)):
        if author is None and (name := _read_name(part.strip())):
            author = name
        elif (day := _read_day(part.strip())) and published is None:
            published = day
        elif not _READING_TIME.fullmatch(part.strip()):
            return None
    return Byline(author, published) if author or published else None


_LONGEST_CHARACTERS: Final = 120
_MARKS: Final = re.compile(r"[*_#]|[\u2600-\u27bf\U0001f000-\U0001faff]\ufe0f?")
_BETWEEN: Final = re.compile(r"[|·•｜]|\s[—–-]\s")
_AUTHOR: Final = re.compile(
    r"""
    (?: (?P<preposition>by|von|par|por|di|door)\s+
      | (?:(?:written|posted)\ by | author|autor|autora|auteur|autore|yazar|penulis|tác\ giả|автор
          | 作者|文|著者|저자|글)\s*[:：]\s* )
    (?P<name>[^\W\d_](?:[^\W\d_]|[ .'’-]){1,60})
    """,
    re.VERBOSE | re.IGNORECASE,
)
_READING_TIME: Final = re.compile(r"[0-9]{1,3}[ -]?min(?:ute)?s?(?: read)?", re.IGNORECASE)
_DATE_LABEL: Final = re.compile(
    r"(?:published|posted|date|updated|veröffentlicht|datum|publié|publicado|fecha|data|发布|發布|日期|公開日|дата)"
    r"[^\d:：]{0,9}[:：]?\s*",
    re.IGNORECASE,
)


def _read_name(text: str) -> str | None:
    """Return the name of the author; "by night" has none."""
    match = _AUTHOR.fullmatch(text)
    if not match or (match["preposition"] and match["name"][0].islower()):
        return None
    return match["name"].strip()


def _read_day(text: str) -> str | None:
    """Return an ISO date; None if day and month could be confused."""
    days = find_days(_DATE_LABEL.sub("", text, count=1), is_whole=True)
    return days[0].isoformat() if len(days) == 1 else None
