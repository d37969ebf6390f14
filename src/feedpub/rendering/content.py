"""The content of an entry as safe HTML, the same in feeds and on pages.

Its order is: summary, body, key points, references, source, other languages. Headings are in the language of the entry.
The content starts with the summary because feed readers that show the content hide the summary.
"""

from __future__ import annotations

import functools
from html import escape
from typing import TYPE_CHECKING, Final

from ..errors import FieldError
from ..language import DEFAULT_LANGUAGE, get_autonym, get_direction, get_words, has_words, match_language
from ..model.key_points import KeyPointList
from .html_limits import find_excess
from .sanitiser import SafeHtml, sanitise_html

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ..model import Entry, KeyPoint
    from .rendered_entry import EscapedReference, RenderedEntry

# Tags for no language, or for several: a note cannot name what the reader does not understand.
_NO_LANGUAGE: Final = frozenset({"mul", "und", "zxx"})


def render_for_reader(rendered: RenderedEntry, reader_language: str | None = None) -> bytes:
    """Render the content of an entry for a feed or a page in a language, as UTF-8.

    Args:
        rendered: The entry; its content is rendered once and cached there.
        reader_language: If the entry is in another language, the content starts with a note in this one.
    """
    content = rendered.get_cached("content", lambda: _render_content(rendered).encode())
    note_language = find_note_language(rendered.entry, reader_language)
    return content if note_language is None else _render_note(rendered.entry, note_language).encode() + content


def render_for_page(rendered: RenderedEntry, page_links: Mapping[str, str]) -> str:
    """Render the content of an entry for its own page, with headings from h2 on: h1 is the title.

    Args:
        rendered: The entry.
        page_links: Link of a translation → relative address of its page. Other links stay as they are.
    """
    return _render_content(rendered, page_links)


def find_note_language(entry: Entry, reader_language: str | None) -> str | None:
    """Return the language in which a note has to say that an entry is in another language; None for no note."""
    if reader_language is None or reader_language == entry.language:
        return None
    if reader_language in _NO_LANGUAGE or entry.language in _NO_LANGUAGE:
        return None
    return None if match_language(entry.language, (reader_language,)) else reader_language


def _render_content(rendered: RenderedEntry, page_links: Mapping[str, str] | None = None) -> str:
    """Render the content of an entry as an HTML fragment; for its own page if `page_links` is not None.

    Raises:
        FieldError: The HTML of body and key points would become too large (more than 5 MB and 20 times its size), or
            take too long (docs/reference/limits.md).
    """
    entry = rendered.entry
    for_page = page_links is not None
    open_tag = '<{} dir="rtl">'.format if get_direction(entry.language) == "rtl" else "<{}>".format
    body, points = _clean_body(entry, for_page=for_page), _clean_points(entry, open_tag("ul"), for_page=for_page)
    parts = []
    if not (body and "summary" in entry.in_body):
        parts += [f"{open_tag('p')}{text}</p>" for text in rendered.paragraphs]
    if body:
        parts.append(body)
    has_references = bool(entry.references) and not (body and "references" in entry.in_body)
    if not (points or has_references or entry.via or entry.translations):
        return "\n".join(parts)
    level = 2 if for_page else 3
    words = get_words(entry.language)
    if points:
        parts += [f"{open_tag(f'h{level}')}{words['key_points']}</h{level}>", points]
    if has_references:
        items = "".join(map(_render_reference, rendered.references))
        parts += [f"{open_tag(f'h{level}')}{words['references']}</h{level}>", f"{open_tag('ol')}\n{items}</ol>"]
    if entry.via:
        parts.append(f"{open_tag('p')}{_render_source(entry.via, entry.language)}</p>")
    if entry.translations:
        parts.append(f"{open_tag('p')}{_render_translations(entry, page_links or {})}</p>")
    return "\n".join(parts)


def _clean_body(entry: Entry, *, for_page: bool) -> str:
    """Return the body as safe HTML. A body that was read from a file is already safe, but not made for a page."""
    body = entry.body
    direction = get_direction(entry.language)
    if type(body) is SafeHtml:
        return sanitise_html(body, entry.link, direction=direction, for_page=True) if for_page else body
    points = () if isinstance(entry.key_points, KeyPointList) else entry.key_points
    if reason := find_excess("\n".join([body, *_iterate_texts(points)]), entry.link):
        raise FieldError(f"Entry {entry.id[:200]!r}", "body", reason)
    return sanitise_html(body, entry.link, direction=direction, for_page=for_page).strip() if body else ""


def _clean_points(entry: Entry, list_tag: str, *, for_page: bool) -> str:
    points = entry.key_points
    clean = functools.partial(
        sanitise_html, base=entry.link, direction=get_direction(entry.language), for_page=for_page
    )
    if isinstance(points, KeyPointList):
        return points.html if type(points.html) is SafeHtml else clean(points.html)
    return f"{list_tag}\n{_render_points(points, list_tag, clean)}</ul>" if points else ""


def _render_points(points: Iterable[KeyPoint], list_tag: str, clean: Callable[[str], str]) -> str:
    items = []
    for point in points:
        text = point.text
        if "<" in text or "&" in text:
            text = clean(text)
        elif ">" in text:
            text = escape(text, quote=False)
        children = f"\n{list_tag}\n{_render_points(point.children, list_tag, clean)}</ul>" if point.children else ""
        items.append(f"<li>{text}{children}</li>\n")
    return "".join(items)


def _iterate_texts(points: Iterable[KeyPoint]) -> Iterator[str]:
    for point in points:
        yield point.text
        yield from _iterate_texts(point.children)


def _render_reference(reference: EscapedReference) -> str:
    url, title, publishers = reference
    return f'<li><a href="{url}">{title}</a>{publishers}</li>\n' if url else f"<li>{title}{publishers}</li>\n"


def _render_source(url: str, language: str) -> str:
    text = escape(url)
    if get_direction(language) == "rtl":
        text = f'<bdi dir="ltr">{text}</bdi>'
    line: str = get_words(language)["source_line"]
    return line.format(link=f'<a href="{escape(url)}">{text}</a>')


def _render_translations(entry: Entry, page_links: Mapping[str, str]) -> str:
    words = get_words(entry.language)
    links = [
        f'<a href="{escape(page_links.get(other.link, other.link))}">{_render_autonym(other.language)}</a>'
        for other in entry.translations
    ]
    line: str = words["translations_line"]
    return line.format(links=words["list_separator"].join(links))


@functools.lru_cache(maxsize=1024)
def _render_autonym(language: str) -> str:
    return f'<bdi lang="{language}">{escape(get_autonym(language))}</bdi>'


def _render_note(entry: Entry, language: str) -> str:
    """Render the note that says, in the language of the reader, that an entry is in another language."""
    words = get_words(language)
    text = words["fallback_note"].format(language=get_autonym(language), original=get_autonym(entry.language))
    note_language = language if has_words(language) else DEFAULT_LANGUAGE
    direction = get_direction(note_language)
    direction_attribute = f' dir="{direction}"' if "rtl" in (direction, get_direction(entry.language)) else ""
    return f'<p lang="{note_language}"{direction_attribute}><em>{escape(text)}</em></p>\n'
