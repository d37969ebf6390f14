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
from urllib.parse import urljoin

from .checks import without_illegal
from .language import DEFAULT_LANGUAGE, autonym, direction, has_words, isolate, match, words

if TYPE_CHECKING:
    from collections.abc import Callable

    import nh3

    from .model import Entry, KeyPoint, Reference

# What feed readers keep; everything else is dropped by one or another of them (or by all).
TAGS: Final = frozenset(
    "h3 h4 p ul ol li a strong em b i small code pre blockquote br hr cite abbr sub sup del ins kbd mark dl dt dd"
    " ruby rt rp bdi table caption thead tbody tfoot tr td th img figure figcaption".split()
)
SCHEMES: Final = frozenset({"http", "https", "mailto", "tel"})
# Tags that name no language, or several: no note can say what the reader misses.
_NO_LANGUAGE: Final = frozenset({"mul", "und", "zxx"})
_ATTRIBUTES: Final = {
    "*": {"dir", "lang"},
    "a": {"href"},
    "img": {"src", "alt"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
# Dropped with all they hold; of other tags the text stays.
_DROPPED: Final = frozenset({"script", "style", "iframe", "object", "template", "noembed", "noframes", "title"})

# Most bodies hold none but these tags. No IGNORECASE: it would cost "<" its fast search.
# What the sanitiser gives back as it is (a test holds it to that): most bodies that were pasted, most key points.
_TEXT = r"[^<>&\xa0\r]*+(?:&(?:amp|lt|gt);[^<>&\xa0\r]*+)*+"
_INLINE = rf"{_TEXT}(?:<(strong|em|code)>{_TEXT}</\1>{_TEXT})*+"
_PLAIN = re.compile(rf"(?:<p>{_INLINE}</p>[ \n]*+)++|{_INLINE.replace('1', '2')}")
_WITHOUT_TAGS = re.compile(_TEXT)
_SPECIAL: Final = "<>&\xa0\r"
_OTHER_TAG = re.compile(r"<(?!/?(?:p|a|em|li|ul|ol|strong|code|h3)[ >])")
_HEADING = re.compile(r"<(/?)[hH]([1256])\b")
# The sanitiser glues the text of neighbours whose tags it drops: "<div>a</div><div>b</div>" becomes "ab".
_GLUED = re.compile(
    r"<(?=/?(?:div|section|article|header|footer|main|aside|nav|center|address|details|summary|form|fieldset|legend"
    r"|option|button|hgroup|menu|video|audio)\b)",
    re.IGNORECASE,
)
# What does not hold an absolute address, behind `href`, `src`, or a space; also text: it only must not miss one.
# Possessive, since a long run of spaces would take quadratic time.
_PERHAPS_RELATIVE = re.compile(r"""=(?<=[fFcC\s]=)\s*+["']?+\s*+(?!["']|https?://|mailto:|tel:)""")
_NAMES_OF_ADDRESSES: Final = ("href", "src")
_LOOKED_BACK_CHARACTERS: Final = 50  # for the name, behind which spaces may stand
_BLOCK = re.compile(r"<(p|ul|ol|h3|h4|blockquote|table|dl|figure)\b(?![^>]*\bdir=)")
_PRE = re.compile(r"<pre\b(?![^>]*\bdir=)")
_PARAGRAPH = re.compile(r"\n[ \t]*\n")
_TAG = re.compile(r"<[^<>]*>")
_LINE_BREAK = re.compile(r"<br\b[^<>]*>")


def render(entry: Entry, reader_language: str | None = None) -> str:
    """Return the entry's content as an HTML fragment.

    Args:
        entry: Its body may be HTML of any origin; what is not in `TAGS` is removed.
        reader_language: The language of the feed or page around it. If the entry is in another one, the content
            starts with a note that says so, in that language.

    Returns:
        HTML with absolute addresses, no scripts, styles, classes or ids.
    """
    return encoded(entry, reader_language).decode()


def encoded(entry: Entry, reader_language: str | None = None) -> bytes:
    """Return what `render` returns, as UTF-8; kept with the entry, since feeds and pages show the same."""
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


def sanitise(html: str, base: str) -> str:
    """Return HTML that every reader can show: only `TAGS`, absolute addresses, text that XML can carry.

    Args:
        html: Of any origin; holds no character that XML cannot carry, save as a reference (``&#x1F;``).
        base: Address that relative ones are resolved against; addresses within the page (``#note``) are dropped.
    """
    if _PLAIN.fullmatch(html):
        return html
    if "\r" in html:
        html = html.replace("\r\n", "\n").replace("\r", "\n")
    if _OTHER_TAG.search(html):
        html = _HEADING.sub(lambda found: f"<{found[1]}h{'3' if found[2] in '12' else '4'}", html)
        html = _GLUED.sub("\n<", html)
    if "=" in html and any(map(_names_address, _PERHAPS_RELATIVE.finditer(html))):
        clean = _cleaner(functools.partial(_absolute, base)).clean(html)
    else:
        clean = _shared_cleaner().clean(html)
    return without_illegal(clean) if "&#" in html else clean


def _names_address(found: re.Match[str]) -> bool:
    """Tell whether an address may stand behind a sign of equality: the sanitiser keeps no other attributes with one."""
    name = found.string[max(found.start() - _LOOKED_BACK_CHARACTERS, 0) : found.start()].rstrip()[-4:].lower()
    return len(name) < 4 or name.endswith(_NAMES_OF_ADDRESSES)  # of a shorter one too many spaces hide the rest


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


def _article(entry: Entry) -> str:
    base = entry.link
    body = sanitise(entry.body, base).strip() if entry.body else ""
    parts = []
    if not (body and _repeats(entry.summary, body)):
        parts += [f"<p>{text}</p>" for text in escaped_paragraphs(entry)]
    if body:
        parts.append(body)
    points = _points(entry, base)
    if points or entry.references or entry.via or entry.translations:
        labels = words(entry.language)
        if points:
            parts += [f"<h3>{labels['key_points']}</h3>", points]
        if entry.references:
            parts += [f"<h3>{labels['references']}</h3>", _references(entry)]
        if entry.via:
            shown = escape(entry.via)
            if direction(entry.language) == "rtl":
                shown = f'<bdi dir="ltr">{shown}</bdi>'
            link = f'<a href="{escape(entry.via)}">{shown}</a>'
            parts.append(f"<p>{labels['source_line'].format(link=link)}</p>")
        if entry.translations:
            parts.append(_translations(entry, labels["translations_line"], labels["list_separator"]))
    html = "\n".join(parts)
    return _right_to_left(html) if direction(entry.language) == "rtl" else html


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


def _points(entry: Entry, base: str) -> str:
    items: str = entry._rendered.pop("points", "")
    if items:
        return f"<ul>\n{items}</ul>"
    items = _marked_points(entry.key_points)
    if any(map(items.__contains__, _SPECIAL)) and not _WITHOUT_TAGS.fullmatch(items):
        items = _marked_points(entry.key_points, base)
    for sign, markup in zip(_POINT_SIGNS, POINT_MARKUP, strict=True):
        items = items.replace(sign, markup)
    return f"<ul>\n{items}</ul>" if items else ""


# A point, the list of finer ones below it, the end of that list, the end of the point. The signs stand for them until
# the points are known to be safe.
POINT_MARKUP: Final = ("<li>", "\n<ul>\n", "</ul>", "</li>\n")
_POINT_SIGNS: Final = ("\1", "\2", "\3", "\4")
_POINT, _FINER, _END_OF_FINER, _END_OF_POINT = _POINT_SIGNS


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


def _marked_points(points: tuple[KeyPoint, ...], base: str | None = None) -> str:
    """Return a list of points with signs for its tags, each point as it is or, with a base, safe by itself."""
    items = []
    for point in points:
        text = point.text if base is None else _point(point.text, base)
        finer = f"{_FINER}{_marked_points(point.children, base)}{_END_OF_FINER}" if point.children else ""
        items.append(f"{_POINT}{text}{finer}{_END_OF_POINT}")
    return "".join(items)


def _point(html: str, base: str) -> str:
    return sanitise(html, base) if "<" in html or "&" in html else _escape(html, quote=False)


def _references(entry: Entry) -> str:
    items = marked_references(entry)
    for sign, markup in _ITEM_MARKUP:
        items = items.replace(sign, markup)
    return f"<ol>\n{items}</ol>"


_ITEM_MARKUP = ((ADDRESS, '<li><a href="'), (TITLE, '">'), (REST, "</a>"), (END, "</li>\n"), (NO_ADDRESS, "<li>"))


def _translations(entry: Entry, line: str, separator: str) -> str:
    links = [f'<a href="{escape(other.link)}">{_own_name(other.language)}</a>' for other in entry.translations]
    return f"<p>{line.format(links=separator.join(links))}</p>"


@functools.lru_cache(maxsize=1024)
def _own_name(language: str) -> str:
    return f'<bdi lang="{language}">{escape(autonym(language))}</bdi>'


def _note(entry: Entry, language: str) -> str:
    text = words(language)["fallback_note"].format(language=autonym(language), original=autonym(entry.language))
    written = language if has_words(language) else DEFAULT_LANGUAGE
    towards = f' dir="{direction(written)}"' if "rtl" in (direction(written), direction(entry.language)) else ""
    return f'<p lang="{written}"{towards}><em>{escape(text)}</em></p>\n'


def _right_to_left(html: str) -> str:
    """Give each block its direction: readers show content in pages of their own language."""
    return _PRE.sub('<pre dir="ltr"', _BLOCK.sub(r'<\1 dir="rtl"', html))


def _absolute(base: str, address: str) -> str | None:
    address = address.strip()
    if not address or address.startswith("#"):
        return None
    try:
        return urljoin(base, address)
    except ValueError:  # "//[" and the like, which lead nowhere
        return None


@functools.cache
def _shared_cleaner() -> nh3.Cleaner:
    return _cleaner("deny")


def _cleaner(url_relative: str | Callable[[str], str | None]) -> nh3.Cleaner:
    import nh3

    return nh3.Cleaner(
        tags=set(TAGS),
        clean_content_tags=set(_DROPPED),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        url_schemes=set(SCHEMES),
        url_relative=url_relative,  # type: ignore[arg-type]  # None, to drop an address, is missing in its stub
        link_rel=None,
    )
