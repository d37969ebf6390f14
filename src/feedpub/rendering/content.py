"""Entry → safe HTML, the same for feeds and pages.

In this order: summary, body, key points, references, source, the other languages; headings in the entry's language.
Feed readers show content and hide the summary, so content starts with it.
"""

from __future__ import annotations

import functools
from html import escape
from typing import TYPE_CHECKING, Final

from ..errors import FieldError
from ..language import DEFAULT_LANGUAGE, get_autonym, get_direction, get_words, has_words, match_language
from ..model.key_points import KeyPointList
from .sanitiser import SafeHtml, find_excess, sanitise_html

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ..model import Entry, KeyPoint
    from .renderer import EscapedReference, RenderedEntry

# Tags that name no language, or several: no note can say what the reader misses.
_NO_LANGUAGE: Final = frozenset({"mul", "und", "zxx"})


def note_language(entry: Entry, reader_language: str | None) -> str | None:
    """Return the language of the note that an entry of another language needs; None if it needs none."""
    if reader_language is None or reader_language == entry.language:
        return None
    if reader_language in _NO_LANGUAGE or entry.language in _NO_LANGUAGE:
        return None
    return None if match_language(entry.language, (reader_language,)) else reader_language


def render_for_page(rendered: RenderedEntry, ways: Mapping[str, str]) -> str:
    """Return the entry's content for its own page: headings start at h2, below the title.

    Args:
        rendered: As for `render_content`.
        ways: Link of a translation → where its page is, relative to this one; links that are not in it stay.
    """
    return render_content(rendered, ways)


def render_content(rendered: RenderedEntry, ways: Mapping[str, str] | None = None) -> str:
    """Return an entry's content as an HTML fragment; for its page if `ways` are given.

    Raises:
        FieldError: The HTML of body and key points would become huge (more than 5 MB and 20 times its size), or take
            long (docs/reference/limits.md).
    """
    entry = rendered.entry
    for_page = ways is not None
    level = 2 if for_page else 3
    towards = get_direction(entry.language)
    opening = '<{} dir="rtl">'.format if towards == "rtl" else "<{}>".format
    heading, end_of_heading = opening(f"h{level}"), f"</h{level}>"
    body, points = _clean_body(entry, for_page=for_page), _clean_points(entry, opening("ul"), for_page=for_page)
    parts = []
    if not (body and "summary" in entry.in_body):
        parts += [f"{opening('p')}{text}</p>" for text in rendered.paragraphs]
    if body:
        parts.append(body)
    has_references = bool(entry.references) and not (body and "references" in entry.in_body)
    if points or has_references or entry.via or entry.translations:
        labels = get_words(entry.language)
        if points:
            parts += [f"{heading}{labels['key_points']}{end_of_heading}", points]
        if has_references:
            items = "".join(map(_write_reference, rendered.references))
            parts += [f"{heading}{labels['references']}{end_of_heading}", f"{opening('ol')}\n{items}</ol>"]
        if entry.via:
            shown = escape(entry.via)
            if towards == "rtl":
                shown = f'<bdi dir="ltr">{shown}</bdi>'
            link = f'<a href="{escape(entry.via)}">{shown}</a>'
            parts.append(f"{opening('p')}{labels['source_line'].format(link=link)}</p>")
        if entry.translations:
            links = _write_translations(entry, labels["translations_line"], labels["list_separator"], ways or {})
            parts.append(f"{opening('p')}{links}</p>")
    return "\n".join(parts)


def _clean_body(entry: Entry, *, for_page: bool) -> str:
    """Return the body as safe HTML; one that was read from a file is safe already, but not made for a page."""
    body = entry.body
    if type(body) is SafeHtml:
        return (
            sanitise_html(body, entry.link, direction=get_direction(entry.language), for_page=True)
            if for_page
            else body
        )
    points = () if isinstance(entry.key_points, KeyPointList) else entry.key_points
    if reason := find_excess(joined_html(body, points), entry.link):
        raise FieldError(f"Entry {entry.id[:200]!r}", "body", reason)
    return (
        sanitise_html(body, entry.link, direction=get_direction(entry.language), for_page=for_page).strip()
        if body
        else ""
    )


def joined_html(body: str, points: Iterable[KeyPoint]) -> str:
    """Return all HTML of an entry that is not ours: its body and its key points."""
    return "\n".join([body, *_iterate_texts(points)])


def _clean_points(entry: Entry, opening: str, *, for_page: bool) -> str:
    points = entry.key_points
    clean = functools.partial(
        sanitise_html, base=entry.link, direction=get_direction(entry.language), for_page=for_page
    )
    if isinstance(points, KeyPointList):
        return points.html if type(points.html) is SafeHtml else clean(points.html)
    return f"{opening}\n{_point_items(points, opening, clean)}</ul>" if points else ""


def _point_items(points: Iterable[KeyPoint], opening: str, clean: Callable[[str], str]) -> str:
    items = []
    for point in points:
        text = point.text
        if "<" in text or "&" in text:
            text = clean(text)
        elif ">" in text:
            text = escape(text, quote=False)
        finer = f"\n{opening}\n{_point_items(point.children, opening, clean)}</ul>" if point.children else ""
        items.append(f"<li>{text}{finer}</li>\n")
    return "".join(items)


def _iterate_texts(points: Iterable[KeyPoint]) -> Iterator[str]:
    for point in points:
        yield point.text
        yield from _iterate_texts(point.children)


def _write_reference(reference: EscapedReference) -> str:
    url, title, rest = reference
    return f'<li><a href="{url}">{title}</a>{rest}</li>\n' if url else f"<li>{title}{rest}</li>\n"


def _write_translations(entry: Entry, line: str, separator: str, ways: Mapping[str, str]) -> str:
    links = [
        f'<a href="{escape(ways.get(other.link, other.link))}">{_own_name(other.language)}</a>'
        for other in entry.translations
    ]
    return line.format(links=separator.join(links))


@functools.lru_cache(maxsize=1024)
def _own_name(language: str) -> str:
    return f'<bdi lang="{language}">{escape(get_autonym(language))}</bdi>'


def render_note(entry: Entry, language: str) -> str:
    """Return the note of an entry that is not in the reader's language, in that language."""
    text = get_words(language)["fallback_note"].format(
        language=get_autonym(language), original=get_autonym(entry.language)
    )
    written = language if has_words(language) else DEFAULT_LANGUAGE
    towards = (
        f' dir="{get_direction(written)}"' if "rtl" in (get_direction(written), get_direction(entry.language)) else ""
    )
    return f'<p lang="{written}"{towards}><em>{escape(text)}</em></p>\n'
