"""Entry → safe HTML, the same for feeds and pages.

In this order: summary, body, key points, references, source, the other languages; headings in the entry's language.
Feed readers show content and hide the summary, so content starts with it.
"""

from __future__ import annotations

import functools
import re
from html import escape as _escape
from html import unescape
from itertools import islice
from typing import TYPE_CHECKING, Final

from .errors import FieldError
from .language import DEFAULT_LANGUAGE, autonym, direction, has_words, isolate, match, words
from .sanitiser import find_excess, sanitise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from .model import Entry, KeyPoint, Reference

# Tags that name no language, or several: no note can say what the reader misses.
_NO_LANGUAGE: Final = frozenset({"mul", "und", "zxx"})
_PARAGRAPH = re.compile(r"\n[ \t]*\n")
_TAG = re.compile(r"<[^<>]*>")
_LINE_BREAK = re.compile(r"<br\b[^<>]*>")


def render(entry: Entry, reader_language: str | None = None) -> str:
    """Return the entry's content as an HTML fragment.

    Args:
        entry: Its body may be HTML of any origin; what is not in `sanitiser.TAGS` is removed.
        reader_language: The language of the feed or page around it. If the entry is in another one, the content
            starts with a note that says so, in that language.

    Returns:
        HTML with absolute addresses, no scripts, styles, classes or ids.

    Raises:
        FieldError: The HTML of body and key points would become huge (more than 5 MB and 20 times its size), or take
            long (docs/limits.md).
    """
    return encoded(entry, reader_language).decode()


def render_for_page(entry: Entry, ways: Mapping[str, str]) -> str:
    """Return the entry's content for its own page: headings start at h2, below the title.

    Args:
        entry: As for `render`.
        ways: Link of a translation → where its page is, relative to this one; links that are not in it stay.
    """
    return _article(entry, ways)


def encoded(entry: Entry, reader_language: str | None = None) -> bytes:
    """Return what `render` returns, as UTF-8; kept with the entry, since all feeds show the same."""
    article: bytes | None = entry._rendered.get("article")
    if article is None:
        article = entry._rendered["article"] = _article(entry).encode()
    language = note_language(entry, reader_language)
    return article if language is None else _note(entry, language).encode() + article


def note_language(entry: Entry, reader_language: str | None) -> str | None:
    """Return the language of the note that an entry of another language needs; None if it needs none."""
    if reader_language is None or reader_language == entry.language:
        return None
    if reader_language in _NO_LANGUAGE or entry.language in _NO_LANGUAGE:
        return None
    return None if match(entry.language, (reader_language,)) else reader_language


def plain_text(html: str) -> str:
    """Return the text of an HTML fragment, white space collapsed."""
    if "<br" in html:
        html = _LINE_BREAK.sub(" ", html)
    return " ".join(unescape(_TAG.sub("", html)).split())


def paragraphs(text: str) -> list[str]:
    """Part plain text at its blank lines."""
    parts = _PARAGRAPH.split(text) if "\n" in text else (text,)
    return [line for line in map(collapsed, parts) if line]


def escaped_paragraphs(entry: Entry) -> list[str]:
    """Return the paragraphs of an entry's summary, escaped for HTML; kept, since content and RSS both need them."""
    known: list[str] | None = entry._rendered.get("paragraphs")
    if known is None:
        known = entry._rendered["paragraphs"] = [_escape(text, quote=False) for text in paragraphs(entry.summary)]
    return known


def collapsed(text: str) -> str:
    """Return text on one line, without white space at its ends or twice in a row."""
    if "  " not in text and text.isprintable():  # blanks are the only white space that is printable
        return text.strip(" ")
    return " ".join(text.split())


def escape(text: str) -> str:
    """Escape plain text for HTML, also within attributes."""
    return _escape(text, quote=True)


# Where markup belongs between the parts of lists. No value can hold these characters; escaping all of a list at once
# takes a third of the time.
ADDRESS, TITLE, REST, END, NO_ADDRESS = "\1\2\3\4\5"


def reference_markup(references: tuple[Reference, ...]) -> str:
    """Return references escaped for HTML and XML, with signs where each writer puts its markup.

    That is ``ADDRESS address TITLE title REST publishers END``, or ``NO_ADDRESS title publishers END``, one after the
    other, without spaces.
    """
    return escape("".join([_parts(reference) for reference in references]))


def marked_references(entry: Entry) -> str:
    """Return an entry's references as `reference_markup` gives them; kept, since content and links both need them."""
    known: str | None = entry._rendered.get("references")
    if known is None:
        known = entry._rendered["references"] = reference_markup(entry.references)
    return known


def marked_reference(title: str, rest: str, url: str | None) -> str:
    """Return one reference with signs where each writer puts its markup; nothing in it is escaped."""
    return f"{ADDRESS}{url}{TITLE}{title}{REST}{rest}{END}" if url else f"{NO_ADDRESS}{title}{rest}{END}"


def _parts(reference: Reference) -> str:
    title, publishers, url = reference.title, " / ".join(reference.publishers), reference.url
    if not f"{title}{publishers}".isprintable():  # so are bidirectional controls
        title, publishers = isolate(title), isolate(publishers)
    rest = f" - {publishers}" if publishers else ""
    return marked_reference(title, rest, url)


def _article(entry: Entry, ways: Mapping[str, str] | None = None) -> str:
    for_page = ways is not None
    level = 2 if for_page else 3
    towards = direction(entry.language)
    opening = '<{} dir="rtl">'.format if towards == "rtl" else "<{}>".format
    paragraph, heading, end_of_heading = opening("p"), opening(f"h{level}"), f"</h{level}>"
    body = entry.body
    points_of_others = () if "points" in entry._rendered else entry.key_points
    if reason := find_excess(joined_html(body, points_of_others), entry.link):
        raise FieldError(f"Entry {entry.id[:200]!r}", "body", reason)
    body = sanitise(body, entry.link, direction=towards, for_page=for_page).strip() if body else ""
    points = _points(entry, opening("ul"), towards, for_page=for_page)
    parts = []
    if not (body and _repeats(entry.summary, body)):
        parts += [f"{paragraph}{text}</p>" for text in escaped_paragraphs(entry)]
    if body:
        parts.append(body)
    if points or entry.references or entry.via or entry.translations:
        labels = words(entry.language)
        if points:
            parts += [f"{heading}{labels['key_points']}{end_of_heading}", points]
        if entry.references:
            parts += [f"{heading}{labels['references']}{end_of_heading}", _references(entry, opening("ol"))]
        if entry.via:
            shown = escape(entry.via)
            if towards == "rtl":
                shown = f'<bdi dir="ltr">{shown}</bdi>'
            link = f'<a href="{escape(entry.via)}">{shown}</a>'
            parts.append(f"{paragraph}{labels['source_line'].format(link=link)}</p>")
        if entry.translations:
            links = _translations(entry, labels["translations_line"], labels["list_separator"], ways or {})
            parts.append(f"{paragraph}{links}</p>")
    return "\n".join(parts)


def joined_html(body: str, points: Iterable[KeyPoint]) -> str:
    """Return all HTML of an entry that is not ours: its body and its key points."""
    return "\n".join([body, *_texts(points)])


def _repeats(summary: str, body: str) -> bool:
    """Tell whether a body, or one of its paragraphs, begins with the summary: so it was derived from it.

    A heading, a picture, a quotation may stand before the first paragraph.
    """
    start = collapsed(summary).rstrip("…").rstrip()
    found = _WORD.match(start)
    first = found[1] if found else ""
    if _begins(body, 0, start, first):
        return True
    if body.startswith("<p>") and body[3:4] != "<":  # it is the first paragraph, and holds text
        return False
    starts = islice(_START_OF_PARAGRAPH.finditer(body), _PARAGRAPHS_COMPARED)
    return any(_begins(body, opening.end(), start, first) for opening in starts)


def _begins(body: str, place: int, start: str, first: str) -> bool:
    found = _FIRST_WORD.match(body, place)
    if first and found and not first.startswith(found[1]) and not found[1].startswith(first):
        return False  # a glance tells most texts from the summary; markup may part a word
    # Tags and entities make HTML longer than its text, but hardly ten times. Numbers of footnotes are not in summaries.
    html = body[place : place + 10 * len(start) + 1000]
    return plain_text(_NOTE_NUMBER.sub("", html) if "<sup>" in html else html).startswith(start)


_PARAGRAPHS_COMPARED: Final = 50
_START_OF_PARAGRAPH = re.compile(r"<p\b[^<>]*>")
_NOTE_NUMBER = re.compile(r"<sup>[0-9]+</sup>")
_WORD = re.compile(r"\s*+(\w{1,8})")
_FIRST_WORD = re.compile(r"(?:\s|<[^>]*>)*+(\w{1,8})")


def _points(entry: Entry, opening: str, towards: str, *, for_page: bool) -> str:
    items: str = entry._rendered.get("points", "")
    if not items or towards == "rtl":
        clean = functools.partial(sanitise, base=entry.link, direction=towards, for_page=for_page)
        items = _point_items(entry.key_points, opening, clean)
    return f"{opening}\n{items}</ul>" if items else ""


def _point_items(points: Iterable[KeyPoint], opening: str, clean: Callable[[str], str]) -> str:
    items = []
    for point in points:
        text = point.text
        if "<" in text or "&" in text:
            text = clean(text)
        elif ">" in text:
            text = _escape(text, quote=False)
        finer = f"\n{opening}\n{_point_items(point.children, opening, clean)}</ul>" if point.children else ""
        items.append(f"<li>{text}{finer}</li>\n")
    return "".join(items)


def _texts(points: Iterable[KeyPoint]) -> Iterator[str]:
    for point in points:
        yield point.text
        yield from _texts(point.children)


# A point, the list of finer ones below it, the end of that list, the end of the point.
POINT_MARKUP: Final = ("<li>", "\n<ul>\n", "</ul>", "</li>\n")


def mark(entry: Entry, points: str, references: str) -> None:
    """Keep what is known of an entry's content, so that it is not made again.

    Args:
        entry: What will be rendered.
        points: Its key points as a list's items, in `POINT_MARKUP`; plain text that was escaped.
        references: As `reference_markup` returns them.
    """
    if points:
        entry._rendered["points"] = points
    if references:
        entry._rendered["references"] = references


def _references(entry: Entry, opening: str) -> str:
    items = marked_references(entry)
    for sign, markup in _ITEM_MARKUP:
        items = items.replace(sign, markup)
    return f"{opening}\n{items}</ol>"


_ITEM_MARKUP = ((ADDRESS, '<li><a href="'), (TITLE, '">'), (REST, "</a>"), (END, "</li>\n"), (NO_ADDRESS, "<li>"))


def _translations(entry: Entry, line: str, separator: str, ways: Mapping[str, str]) -> str:
    links = [
        f'<a href="{escape(ways.get(other.link, other.link))}">{_own_name(other.language)}</a>'
        for other in entry.translations
    ]
    return line.format(links=separator.join(links))


@functools.lru_cache(maxsize=1024)
def _own_name(language: str) -> str:
    return f'<bdi lang="{language}">{escape(autonym(language))}</bdi>'


def _note(entry: Entry, language: str) -> str:
    text = words(language)["fallback_note"].format(language=autonym(language), original=autonym(entry.language))
    written = language if has_words(language) else DEFAULT_LANGUAGE
    towards = f' dir="{direction(written)}"' if "rtl" in (direction(written), direction(entry.language)) else ""
    return f'<p lang="{written}"{towards}><em>{escape(text)}</em></p>\n'
