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

from .. import iri
from ..content import POINT_MARKUP, marked_reference
from ..model import checked_key_point, checked_reference
from .labels import split_label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ..model import KeyPoint
    from .headings import HeadingTable, Section
    from .sections import Sections
    from .source import Source

    _Reader = Callable[[str, int, bool, Sections], bool]

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
# One whose host nobody can read in two ways (`iri.host_fault`).
_ADDRESS: Final = (
    rf"https?://{iri.PLAIN_HOST}(?::[1-9][0-9]{{0,3}})?"
    r"(?:[/?#](?:[^\s\x00-\x20\x7f-\xa0\\`*\[\]<>&()\"']++|&(?!#|\w*;))*+)?"
)
_LABEL: Final = rf"(?![\s^]){_TEXT}(?<!\s)"
_MARKED: Final = rf"{_EMPHASIS}|{_CODE}|(?<!!)\[{_LABEL}\]\({_ADDRESS}\)"

_HEADING: Final = re.compile(rf"(?!\s|.*#){_TEXT}")
_ENTITY: Final = re.compile(r"&(?:#|\w*;)")
_PARAGRAPH: Final = re.compile(_START + _TEXT)
_SIMPLE_PARAGRAPH: Final = re.compile(f"{_START}.+")


@functools.cache
def _items(mark: str, *, simple: bool) -> re.Pattern[str]:
    text = ".+" if simple else f"(?:{_CHARACTER}++|{_ALONE}|{_MARKED})++"
    return re.compile(rf"^( *+)[{mark}] ({_START}{text})$", re.MULTILINE)


_MARKUP: Final = re.compile(rf"{_MARKED}|[&<>]", re.MULTILINE)


@functools.cache
def _references(*, simple: bool) -> re.Pattern[str]:
    label, text = (r"[^\n\[\]]++(?<! )", r"[^\n\[\]]++") if simple else (_LABEL, _TEXT)
    return re.compile(
        rf"^[0-9]{{1,9}}\. (?:\[(?![ ^])({label})\]\(({_ADDRESS})\)({text})?|{_START}({text}))$", re.MULTILINE
    )


def read_plain(source: Source, offset: int, headings: HeadingTable, found: Sections) -> bool:
    """Read Markdown that is of the plain form, all of it.

    Args:
        source: The file.
        offset: Where the Markdown begins, in characters.
        headings: The words of sections.
        found: Takes what is found.

    Returns:
        Whether it is of that form; if not, `found` is of no use.
    """
    text = source.text
    before, *parts = text[offset:].split("\n## ")
    if before.strip("\n") or not parts:
        return False
    if not source.is_printable and any(map(text.__contains__, _NOT_PLAIN)):
        return False
    clean = source.is_printable and not any(map(text.__contains__, _MARKS))
    place = offset + len(before)
    known: list[_Reader] = []
    for part in parts:
        place += len("\n## ")
        heading, line_end, content = part.partition("\n")
        read = _reader_of(heading, headings)
        if not read or read in known or not read(content, place + len(heading) + len(line_end), clean, found):
            return False
        known.append(read)
        place += len(part)
    return True


@functools.lru_cache(maxsize=256)  # a site has the same headings again and again
def _reader_of(heading: str, headings: HeadingTable) -> _Reader | None:
    named = headings.find(heading) if _HEADING.fullmatch(heading) else ()
    return _READERS.get(named[0].section) if named else None


# None of these, and no control: nothing but brackets, underscores and entities can mean anything within a line.
_MARKS: Final = r"\`*<~"
_NOT_PLAIN: Final = "\u2028\u2029\ufffe\uffff"  # line ends, and what XML cannot carry


def _read_summary(content: str, start: int, clean: bool, found: Sections) -> bool:
    if "  " in content or "://" in content:
        return False
    paragraphs = content.strip("\n").split("\n\n")
    found.summary = "\n\n".join([paragraph.rstrip() for paragraph in paragraphs])
    form = _SIMPLE_PARAGRAPH if clean and _is_simple(content) else _PARAGRAPH
    return all(map(form.fullmatch, paragraphs))


def _is_simple(text: str) -> bool:
    """Tell whether all characters of a clean text mean nothing within a line; no regular expression is as fast."""
    return not any(map(text.__contains__, "[]_")) and not ("&" in text and _ENTITY.search(text))


def _read_key_points(content: str, start: int, clean: bool, found: Sections) -> bool:
    lines = content.strip("\n")
    simple = clean and _is_simple(lines)
    if simple and _read_usual_points(lines, found):
        return True
    items = _items(lines[0], simple=simple).findall(lines) if lines[:1] in _BULLETS else []
    if not items or len(items) != lines.count("\n") + 1:
        return False
    indents = [indent for indent, _ in items]
    if lines.count("  ") != len("".join(indents)) // 2:
        return False
    if "://" in lines and lines.count("://") != lines.count("](http"):
        return False
    texts = [text.rstrip() for _, text in items]
    if not simple:
        texts = [_MARKUP.sub(_html, text) for text in texts]
    elif ">" in lines or "&" in lines:
        texts = [escape(text, quote=False) for text in texts]
    depths = _DEPTHS.get(min(filter(None, indents), default="  "), {})
    given = [depths.get(indent, _DEEPEST) for indent in indents]
    found.key_points = _nested(texts, given)
    return bool(found.key_points)


def _read_usual_points(lines: str, found: Sections) -> bool:
    """Read points of one level or two, without markup, as content marks them; as values when somebody asks for them."""
    if ("/" in lines and "://" in lines) or not _USUAL_POINTS.fullmatch(lines):
        return False
    point, finer, end_of_finer, end_of_point = POINT_MARKUP
    between, end = f"{end_of_point}{point}", f"{end_of_point}{end_of_finer}"
    items = []
    for text, below in _usual_points(escape(lines, quote=False) if ">" in lines or "&" in lines else lines):
        items.append(f"{text}{finer}{point}{between.join(below)}{end}" if below else text)
    marked = f"{point}{between.join(items)}{end_of_point}"
    if _TWO_SPACES.search(marked):
        return False
    found.marked_points = marked
    found.make_points = functools.partial(_made_points, lines)
    del found.key_points
    return True


_USUAL_POINTS: Final = re.compile(rf"- {_START}.*\S(?:\n(?:  )?- {_START}.*\S)*+")
_TWO_SPACES: Final = re.compile("  ")  # faster than str.find


def _usual_points(lines: str) -> Iterator[tuple[str, list[str]]]:
    for item in lines[2:].split("\n- "):
        text, *below = item.split("\n  - ")
        yield text, below


def _made_points(lines: str) -> tuple[KeyPoint, ...]:
    points = _usual_points(escape(lines, quote=False))
    return tuple([checked_key_point(text, tuple(map(checked_key_point, below))) for text, below in points])


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


def _nested(texts: list[str], depths: list[int]) -> tuple[KeyPoint, ...]:
    """Make points from the last to the first: what stands below one is complete when its turn comes.

    None at all if one is not indented by whole steps, or by more than one step: that may mean the same, but is rare.
    """
    waiting: list[list[KeyPoint]] = [[] for _ in range(_DEEPEST + 1)]
    last = 0
    for text, depth in zip(reversed(texts), reversed(depths), strict=True):
        if depth < last - 1 or depth == _DEEPEST:
            return ()
        last = depth
        if children := waiting[depth + 1]:
            waiting[depth + 1] = []
            waiting[depth].append(checked_key_point(text, tuple(children[::-1])))
        else:
            waiting[depth].append(checked_key_point(text))
    return () if last else tuple(waiting[0][::-1])


_DEEPEST: Final = 8
# What the first step is indented by → indents → depths.
_DEPTHS: Final = {step: {step * depth: depth for depth in range(_DEEPEST)} for step in ("  ", "    ")}


def _read_references(content: str, start: int, clean: bool, found: Sections) -> bool:
    lines = content.strip("\n")
    if "  " in lines:
        return False
    found.reference_lines = (start + content.find(lines), lines)
    if clean and _read_usual_references(lines, found):
        return True
    items = _found_references(lines, clean)
    if not items or len(items) != lines.count("\n") + 1:
        return False
    references = []
    for label, url, rest, text in items:
        if "://" in text or (url and iri.fault(url)):
            return False
        if label:  # it is the title: nothing in it separates
            title, publishers = split_label(f"\x01{rest}")
            title = label + title[1:]
        else:
            title, publishers = split_label(text)
        if not title.strip():
            return False
        references.append(checked_reference(title, publishers, url or None))
    found.references = tuple(references)
    return True


def _read_usual_references(lines: str, found: Sections) -> bool:
    """Read references that all are ``1. [Title](https://usual.address/) - Publisher``, also as content marks them."""
    items = _USUAL_REFERENCE.findall(lines)
    if not items or len(items) != lines.count("\n") + 1 or ("&" in lines and _ENTITY.search(lines)):
        return False
    if "/ /" in lines or "\N{FULLWIDTH SOLIDUS}" in lines:
        return False
    if "_" in lines and any("_" in title or "_" in publisher for title, _, publisher in items):
        return False  # in addresses it means nothing
    found.references = tuple(
        [checked_reference(title, tuple(publisher.split(" / ")), url) for title, url, publisher in items]
    )
    marked = "".join([marked_reference(title, f" - {publisher}", url) for title, url, publisher in items])
    found.marked_references = escape(marked) if any(map(marked.__contains__, "&\"'>")) else marked
    return True


def _found_references(lines: str, clean: bool) -> list[tuple[str, str, str, str]]:
    """Return label, address, what follows them, and text without address, of each reference."""
    if clean:
        items: list[tuple[str, str, str, str]] = _references(simple=True).findall(lines)
        texts = "".join([f"{label}{rest}{text}" for label, _, rest, text in items])
        if "_" not in texts and "&" not in texts:  # in addresses they mean nothing
            return items
    return _references(simple=False).findall(lines)


_USUAL_REFERENCE: Final = re.compile(
    r"^[0-9]{1,9}\. \[(?![ ^])([^\n\[\]]++(?<! ))\]\("
    rf"(https?://{iri.PLAIN_HOST}(?:/[A-Za-z0-9_./=?-]{{0,1000}}+)?)\)"
    r" - ([^\n\[\]/ ](?:[^\n\[\]]*[^\n\[\]/ ])?) ?$",
    re.MULTILINE,
)


_READERS: Final[Mapping[Section, _Reader]] = MappingProxyType(
    {"summary": _read_summary, "key_points": _read_key_points, "references": _read_references}
)
