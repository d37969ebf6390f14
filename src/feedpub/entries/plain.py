"""The plain form of an entry's Markdown, read by a few regular expressions: what digests are made of.

A Markdown parser tells each word, mark and break apart, in as many Python objects; most files need none of that. Here
are read: ``## `` headings of summary, key points and references, and nothing else; paragraphs and items of one line;
in key points ``**strong**``, ``*emphasis*``, code and links, none within another. In what is let through no character
means anything else to CommonMark, or to `events.linked`; the rest is left to `sections`, which reads the plain form in
the same way (a property test holds both to it).
"""

from __future__ import annotations

import functools
import re
from html import escape
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from ..errors import FieldError
from ..iri import LONGEST_URL_CHARACTERS
from ..model import KeyPoint, Reference
from .labels import split_label

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .headings import HeadingTable, Section
    from .sections import Sections

# Regular expressions without characters beyond Latin-1 in their sets: Python takes a millisecond to compile such a set.
# Characters that mean nothing within a line, and others where they mean nothing: no entity, no tag, within a word (no
# emphasis), "about" (no strikethrough).
_CHARACTER: Final = r"[^\x00-\x1f\x7f-\x9f\\`*_\[\]<&~]"
_ALONE: Final = r"&(?!#|\w*;)|<(?=[ \d])|(?<=[^\W_])_++(?=[^\W_])|(?<=[ (])~(?=[0-9])"
_TEXT: Final = rf"(?:{_CHARACTER}++|{_ALONE})++"
# No character in front of which Markdown looks for another block, and no number of an item.
_START: Final = r"(?![\s!#%+,./:;=>?@^{|}-]|[0-9]{1,9}[.)])"
# Marks next to a letter open and close emphasis whatever stands around them; those behind a sign need space behind
# them (CommonMark, section 6.2, left- and right-flanking).
_EMPHASIS: Final = "|".join(
    rf"(?<!\*){mark}(?=[^\W_]){_CHARACTER}++(?:(?<=[^\W_]){mark}(?!\*)|(?<=[:.,;!?)]){mark}(?= |$))"
    for mark in (r"\*\*", r"\*")
)
_CODE: Final = rf"(?<!`)`(?! )(?:{_CHARACTER}++|_++)++(?<! )`(?!`)"
_ADDRESS: Final = r"https?://(?:[^\s\x00-\x20\x7f-\xa0\\`*\[\]<>&()\"']++|&(?!#|\w*;))++"
_LABEL: Final = rf"(?<!!)\[(?![\s^]){_TEXT}(?<!\s)\]"
_MARKED: Final = rf"{_EMPHASIS}|{_CODE}|{_LABEL}\({_ADDRESS}\)"

_HEADING: Final = re.compile(rf"(?!\s|.*#){_TEXT}")
_SPECIAL: Final = r"\`*_[]<&~"
_PARAGRAPH: Final = re.compile(_START + _TEXT)
_SIMPLE_PARAGRAPH: Final = re.compile(f"{_START}.+")


@functools.cache
def _items(mark: str, *, simple: bool) -> re.Pattern[str]:
    text = ".+" if simple else f"(?:{_CHARACTER}++|{_ALONE}|{_MARKED})++"
    return re.compile(rf"^( *+)[{mark}] ({_START}{text})$", re.MULTILINE)


_MARKUP: Final = re.compile(rf"{_MARKED}|[&<>]", re.MULTILINE)
_REFERENCE: Final = re.compile(
    rf"^[0-9]{{1,9}}\. (?:({_LABEL})\(({_ADDRESS})\)({_TEXT})?|{_START}({_TEXT}))$", re.MULTILINE
)


def read_plain(text: str, offset: int, headings: HeadingTable, found: Sections) -> bool:
    """Read Markdown that is of the plain form, all of it.

    Args:
        text: The file.
        offset: Where the Markdown begins, in characters.
        headings: The words of sections.
        found: Takes what is found.

    Returns:
        Whether it is of that form; if not, `found` is of no use.
    """
    before, *parts = text[offset:].split("\n## ")
    if before.strip("\n") or not parts or any(map(text.__contains__, _NOT_PLAIN)):
        return False
    readers = []
    for part in parts:
        heading = part.partition("\n")[0]
        named = headings.find(heading) if _HEADING.fullmatch(heading) else ()
        readers.append(_READERS.get(named[0].section) if named else None)
    if None in readers or len(set(readers)) != len(readers):
        return False
    place = offset + len(before)
    for part, read in zip(parts, readers, strict=True):
        place += len("\n## ")
        heading, line_end, content = part.partition("\n")
        if not read or not read(content, place + len(heading) + len(line_end), found):
            return False
        place += len(part)
    return True


_NOT_PLAIN: Final = "\u2028\u2029\ufffe\uffff"  # line ends, and what XML cannot carry


def _read_summary(content: str, start: int, found: Sections) -> bool:
    if "  " in content or "://" in content:
        return False
    paragraphs = content.strip("\n").split("\n\n")
    found.summary = "\n\n".join([paragraph.rstrip() for paragraph in paragraphs])
    form = _SIMPLE_PARAGRAPH if _is_simple(content) else _PARAGRAPH
    return all(map(form.fullmatch, paragraphs))


def _is_simple(text: str) -> bool:
    """Tell whether all characters of a text mean nothing within a line; no regular expression tells it as fast."""
    return not any(map(text.__contains__, _SPECIAL)) and text.replace("\n", "").isprintable()


def _read_key_points(content: str, start: int, found: Sections) -> bool:
    lines = content.strip("\n")
    simple = _is_simple(lines)
    items = _items(lines[0], simple=simple).findall(lines) if lines[:1] in _BULLETS else []
    if not items or len(items) != lines.count("\n") + 1:
        return False
    indents = [indent for indent, _ in items]
    if lines.count("  ") != len("".join(indents)) // 2:
        return False
    if "://" in lines and lines.count("://") != lines.count("](http"):
        return False
    texts = [text.rstrip() for _, text in items]
    if not simple or ">" in lines:
        texts = [_MARKUP.sub(_html, text) for text in texts]
    points = _nested(texts, indents)
    found.key_points = tuple(points)
    return bool(points)


def _html(found: re.Match[str]) -> str:
    """Write what has a mark as HTML, as `events` does."""
    text = found.group()
    if text[0] == "[":
        label, _, address = text[1:-1].partition("](")
        return f'<a href="{escape(address)}">{escape(label, quote=False)}</a>'
    for mark, tag in _TAGS:
        if text.startswith(mark):
            return f"<{tag}>{escape(text[len(mark) : -len(mark)], quote=False)}</{tag}>"
    return escape(text, quote=False)


_BULLETS: Final = ("-", "*", "+")
_TAGS: Final = (("**", "strong"), ("*", "em"), ("`", "code"))


def _nested(texts: list[str], indents: list[str]) -> list[KeyPoint]:
    """Make points from the last to the first: what stands below one is complete when its turn comes.

    None at all if one is not indented by whole steps, or by more than one step: that may mean the same, but is rare.
    """
    depths = _DEPTHS.get(min(filter(None, indents), default="  "), {})
    waiting: list[list[KeyPoint]] = [[] for _ in range(_DEEPEST + 2)]
    last = 0
    for text, indent in zip(reversed(texts), reversed(indents), strict=True):
        depth = depths.get(indent)
        if depth is None or depth < last - 1:
            return []
        last = depth
        if children := waiting[depth + 1]:
            waiting[depth + 1] = []
            waiting[depth].append(KeyPoint(text=text, children=tuple(children[::-1])))
        else:
            waiting[depth].append(KeyPoint(text=text))
    return [] if last else waiting[0][::-1]


_DEEPEST: Final = 8
# What the first step is indented by → indents → depths.
_DEPTHS: Final = {step: {step * depth: depth for depth in range(_DEEPEST + 1)} for step in ("  ", "    ")}


def _read_references(content: str, start: int, found: Sections) -> bool:
    lines = content.strip("\n")
    items = _REFERENCE.findall(lines)
    if not items or len(items) != lines.count("\n") + 1 or "  " in lines:
        return False
    references = []
    for link, url, rest, text in items:
        if "://" in text or len(url) > LONGEST_URL_CHARACTERS:
            return False
        publisher = rest[3:].strip()
        publishers: tuple[str, ...]
        if publisher and rest[:3] == " - " and "/" not in rest and "\N{FULLWIDTH SOLIDUS}" not in rest:
            title, publishers = link[1:-1], (publisher,)
        elif link:  # it is the title: nothing in it separates
            title, publishers = split_label(f"\x01{rest}")
            title = link[1:-1] + title[1:]
        else:
            title, publishers = split_label(text)
        try:
            references.append(Reference(title=title, publishers=publishers, url=url or None))
        except FieldError:
            return False
    found.references = tuple(references)
    place = start + content.find(lines)
    for line in lines.split("\n"):
        found.reference_places.append((place, place + len(line.rstrip())))
        place += len(line) + 1
    return True


_READERS: Final[Mapping[Section, Callable[[str, int, Sections], bool]]] = MappingProxyType(
    {"summary": _read_summary, "key_points": _read_key_points, "references": _read_references}
)
