"""Lines above an article that name its author or its date: offered, never used unasked."""

from __future__ import annotations

import re
from datetime import date
from typing import Final, NamedTuple


class Byline(NamedTuple):
    """What a line names: an author, an ISO date, or both."""

    author: str | None
    published: str | None


def read_byline(text: str) -> Byline | None:
    """Return what a line such as ``By Ann · May 3, 2026`` names; None if it holds anything else."""
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
_WEEKDAY: Final = r"(?:\w{3,10},? )?"
_DAY_FIRST: Final = re.compile(
    rf"{_WEEKDAY}(\d{{1,2}})(?:st|nd|rd|th|er|\.)?(?: de)? (\w{{3,10}})\.?,?(?: de)? (\d{{4}})", re.IGNORECASE
)
_MONTH_FIRST: Final = re.compile(rf"{_WEEKDAY}(\w{{3,10}})\.? (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})", re.IGNORECASE)
_YEAR_FIRST: Final = re.compile(r"(\d{4})(?:-|/|\. ?|年|년 ?)(\d{1,2})(?:-|/|\. ?|月|월 ?)(\d{1,2})(?:日|일|\.)?")
# The first letters that tell the months apart: English, German, French, Spanish, Portuguese, Italian, Dutch, Russian.
_MONTHS: Final = (
    ("jan", "jän", "ene", "gen", "янв"),
    ("feb", "fév", "fev", "фев"),
    ("mar", "mär", "maa", "mrt", "мар"),
    ("apr", "avr", "abr", "апр"),
    ("may", "mai", "mag", "mei", "мая", "май"),
    ("jun", "juin", "giu", "июн"),
    ("jul", "juil", "lug", "июл"),
    ("aug", "aoû", "aou", "ago", "авг"),
    ("sep", "set", "сен"),
    ("oct", "okt", "out", "ott", "окт"),
    ("nov", "ноя"),
    ("dec", "dez", "déc", "dic", "дек"),
)


def _read_name(text: str) -> str | None:
    """Return the author's name; "by night" is none."""
    found = _AUTHOR.fullmatch(text)
    if not found or (found["preposition"] and found["name"][0].islower()):
        return None
    return found["name"].strip()


def _read_day(text: str) -> str | None:
    """Return an ISO date; none whose day and month could be taken for each other."""
    text = _DATE_LABEL.sub("", text, count=1)
    if found := _YEAR_FIRST.fullmatch(text):
        year, month, day = map(int, found.groups())
    elif found := _MONTH_FIRST.fullmatch(text):
        year, month, day = int(found[3]), _find_month(found[1]), int(found[2])
    elif found := _DAY_FIRST.fullmatch(text):
        year, month, day = int(found[3]), _find_month(found[2]), int(found[1])
    else:
        return None
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _find_month(name: str) -> int:
    name = name.casefold()
    return next((place for place, starts in enumerate(_MONTHS, start=1) if name.startswith(starts)), 0)
