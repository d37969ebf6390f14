"""Rewrite HTML before it is sanitised, so that what readers cannot show leaves something that they can.

`rewrite_html` reads the output of an HTML parser (nh3 with more elements than are published): in it "<" starts nothing
but a tag, every element has its end, and values stand in double quotes. So a tag is what stands between "<" and ">", and
one walk over the tags is enough. Nothing here makes HTML safe; the sanitiser comes after it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape, unescape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Scripts do not run in readers, so what stands in `noscript` is content. A parser takes it for text, unless the element
# has another name.
_NOSCRIPT_MARK: Final = "x-noscript"
_NOSCRIPT = re.compile(r"<(/?)noscript(?=[ \t\n\f\r/>])", re.IGNORECASE)

_EMBEDS: Final = frozenset({"iframe", "video", "audio", "object"})
REWRITTEN_TAGS: Final = frozenset(
    "h1 h2 h5 h6 div section article header footer main aside nav center address form fieldset legend option button"
    f" hgroup menu span picture source embed s strike annotation {_NOSCRIPT_MARK}".split()
).union(_EMBEDS)
_LAZY_SOURCES: Final = ("data-src", "data-original", "data-lazy-src")
_SOURCE_SETS: Final = ("srcset", "data-srcset", "data-lazy-srcset")
# Where the address of a picture may stand.
PICTURE_ADDRESSES: Final = ("src", *_LAZY_SOURCES, *_SOURCE_SETS)
REWRITTEN_ATTRIBUTES: Final[Mapping[str, set[str]]] = {
    "*": {"aria-hidden"},
    "a": {"class"},
    "img": {*_LAZY_SOURCES, *_SOURCE_SETS},
    "source": {"src", *_SOURCE_SETS},
    "iframe": {"src", "data-src", "title"},
    "video": {"src", "data-src", "title"},
    "audio": {"src", "data-src", "title"},
    "embed": {"src", "title"},
    "object": {"data", "title"},
    "annotation": {"encoding"},
    "td": {"style"},
    "th": {"style"},
}

# What `rewrite_html` is for stands in few articles. To look for words costs less than to look at tags, and most words
# stand only where others do.
_TRIGGERS: Final = {
    "src": ("<iframe", "<video", "<audio", "<embed", "srcset", "data-src", "data-lazy-src"),
    "#": ("headerlink", "anchor", "permalink"),
    "": ("<s>", "<s ", "<strike", "<object", "<noscript", "<math", "data-original", "text-align"),
}
_EMPTY_LINK_TEXT: Final = r"(?:[\s¶#§🔗\ufe0e\ufe0f]|&para;|&sect;|&#[0-9xa-f]{2,6};)*+"
_LINK_OF_A_SIGN = re.compile(rf"""href=["']?#[^<>]{{0,500}}>{_EMPTY_LINK_TEXT}</a>""")

_TOKEN = re.compile(r"<iframe([^<>]*)>.*?</iframe>|<(/?)([^\s/<>]+)([^<>]*)>", re.DOTALL)
_ATTRIBUTE = re.compile(r' ([^\s="<>/]+)="([^"<>]*)"')
_VOID: Final = frozenset({"img", "br", "hr", "source", "embed"})
_RENAMED: Final = {"s": "del", "strike": "del"}
_UNWRAPPED: Final = frozenset({"picture", "source", _NOSCRIPT_MARK})
# Where a link that stands for an embed needs a paragraph of its own.
_HOLDS_BLOCKS: Final = frozenset("div section article main aside center figure blockquote".split())
_HEADINGS: Final = frozenset("h1 h2 h3 h4 h5 h6".split())
_HEADING_LINK_CLASS = re.compile(
    r"(?<![\w-])(?:headerlink|anchor|header-anchor|heading-anchor|anchor-link|permalink)\b"
)
_HEADING_LINK_TEXT = re.compile(r"[\s¶#§🔗\ufe0e\ufe0f]*")
_MOST_TOKENS_OF_A_SIGN: Final = 6  # in a link that is nothing but a sign
_TEXT_ALIGN = re.compile(r"(?:^|;)\s*text-align\s*:\s*(left|center|right)\s*(?:;|$)", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")


def needs_rewriting(html: str) -> bool:
    """Return True if HTML may hold something that `rewrite_html` changes."""
    lower = html.lower()
    words = (word for rarer, words in _TRIGGERS.items() if rarer in lower for word in words)
    return any(word in lower for word in words) or ("#" in lower and _LINK_OF_A_SIGN.search(lower) is not None)


def mark_noscript(html: str) -> str:
    """Rename `noscript`, so that a parser reads its content as HTML."""
    return _NOSCRIPT.sub(rf"<\1{_NOSCRIPT_MARK}", html)


def rewrite_html(html: str, resolve: Callable[[str], str | None]) -> str:
    """Return HTML in which what readers cannot show is replaced by what they can.

    * ``img`` takes its address from the attributes of scripts that load pictures late, or from ``srcset``; without
      address it is left out, as is the copy in a ``noscript`` behind it.
    * ``iframe``, ``video``, ``audio``, ``object`` and ``embed`` become a link to their address.
    * ``s`` and ``strike`` become ``del``; ``style="text-align:…"`` of table cells becomes ``align``.
    * The TeX source of a formula becomes its ``alttext``; the visual copy beside a formula is left out.
    * Links of headings to themselves (``¶``, ``#``) are left out.

    Args:
        html: As nh3 writes it.
        resolve: Returns the absolute address for one that stands in the HTML; None if readers may not follow it.
    """
    rewriter = _Rewriter(resolve)
    end = 0
    for token in _TOKEN.finditer(html):
        rewriter.add_text(html[end : token.start()])
        rewriter.add_tag(token)
        end = token.end()
    rewriter.add_text(html[end:])
    return "".join(rewriter.parts)


@dataclass(slots=True)
class _Element:
    """An open element.

    Attributes:
        name: Its name in lower case.
        start: Which of the written parts is its start tag.
        has_formula: A formula stands in it, or in an element directly below it.
        source: Of ``picture``, the first address of a ``source``.
        is_heading_link: A link within the page, of a heading to itself if its text is nothing but a sign.
    """

    name: str
    start: int
    has_formula: bool = False
    source: str = ""
    is_heading_link: bool = False


@dataclass(slots=True)
class _Omission:
    """An element that is left out with all it holds: which address it has, and what replaces it."""

    name: str
    depth: int = 1
    address: str | None = None
    title: str = ""
    text: list[str] | None = None  # of an annotation


@dataclass(slots=True)
class _WrittenPicture:
    number: int  # of parts up to and with it
    address: str | None
    is_lazy: bool


class _Rewriter:
    """One walk over the tags of a document."""

    def __init__(self, resolve: Callable[[str], str | None]) -> None:
        self.parts: list[str] = []
        self._resolve = resolve
        self._open = [_Element("", 0)]
        self._omitted: _Omission | None = None
        self._picture = _WrittenPicture(-1, None, is_lazy=False)
        self._headings = 0

    def add_text(self, text: str) -> None:
        if self._omitted is None:
            if text:
                self.parts.append(text)
        elif self._omitted.text is not None:
            self._omitted.text.append(text)

    def add_tag(self, token: re.Match[str]) -> None:
        if token[3] is None:  # an iframe, whose content is not HTML
            if self._omitted is None:
                attributes = _read_attributes(token[1])
                self._write_link(self._find_address(attributes), attributes.get("title", ""))
            return
        name, is_end = token[3], bool(token[2])
        if self._omitted is not None:
            self._omit_tag(self._omitted, name, token[4], is_end=is_end)
        elif is_end:
            self._close_element(name)
        elif name in _VOID:
            self._add_void(name, token[4], token[0])
        else:
            self._add_start(name, token[4], token[0])

    def _add_start(self, name: str, written: str, tag: str) -> None:
        attributes = _read_attributes(written)
        if attributes.get("aria-hidden") == "true" and self._open[-1].has_formula:
            self._omitted = _Omission(name)
            return
        if name in _EMBEDS:
            self._omitted = _Omission(name, address=self._find_address(attributes), title=attributes.get("title", ""))
            return
        if name == "annotation":
            is_tex = attributes.get("encoding", "").lower() in ("application/x-tex", "tex", "latex")
            self._omitted = _Omission(name, text=[] if is_tex else None)
            return
        element = _Element(name, len(self.parts))
        if name == "a" and attributes.get("href", "#").startswith("#"):
            has_class = _HEADING_LINK_CLASS.search(attributes.get("class", "")) is not None
            element.is_heading_link = has_class or self._headings > 0
        elif name in _HEADINGS:
            self._headings += 1
        elif name in ("td", "th") and "align" not in attributes:
            aligned = _TEXT_ALIGN.search(attributes.get("style", ""))
            if aligned:
                tag = f'{tag[:-1]} align="{aligned[1].lower()}">'
        self._open.append(element)
        if name not in _UNWRAPPED:
            self.parts.append(f"<{_RENAMED[name]}>" if name in _RENAMED else tag)

    def _close_element(self, name: str) -> None:
        if len(self._open) > 1 and self._open[-1].name == name:
            element = self._open.pop()
            if name in _HEADINGS:
                self._headings -= 1
                self._strip_heading(element)
            elif name == "math":
                for ancestor in self._open[-2:]:
                    ancestor.has_formula = True
            elif element.is_heading_link and len(self.parts) - element.start <= _MOST_TOKENS_OF_A_SIGN:
                text = unescape(_TAG.sub("", "".join(self.parts[element.start :])))
                if _HEADING_LINK_TEXT.fullmatch(text) and "<img" not in "".join(self.parts[element.start :]):
                    del self.parts[element.start :]
                    return
        if name not in _UNWRAPPED:
            self.parts.append(f"</{_RENAMED.get(name, name)}>")

    def _strip_heading(self, heading: _Element) -> None:
        """Remove the white space that stood between a heading and its link to itself."""
        if len(self.parts) > heading.start + 1:
            self.parts[heading.start + 1] = self.parts[heading.start + 1].lstrip()
            self.parts[-1] = self.parts[-1].rstrip()

    def _add_void(self, name: str, written: str, tag: str) -> None:
        attributes = _read_attributes(written) if name in ("img", "source", "embed") else {}
        if attributes.get("aria-hidden") == "true" and self._open[-1].has_formula:
            return
        if name == "img":
            self._add_picture(attributes)
        elif name == "embed":
            self._write_link(self._find_address(attributes), attributes.get("title", ""))
        elif name == "source":
            if self._open[-1].name == "picture" and not self._open[-1].source:
                self._open[-1].source = _first_of_sets(attributes)
        else:
            self.parts.append(tag)

    def _add_picture(self, attributes: dict[str, str]) -> None:
        written = attributes.get("src", "")
        late = next((attributes[name] for name in _LAZY_SOURCES if name in attributes), "")
        of_picture = self._open[-1].source if self._open[-1].name == "picture" else ""
        candidates = (written, late, _first_of_sets(attributes), of_picture)
        address = next(filter(None, map(self._resolve, filter(None, candidates))), None)
        if address is None or self._is_copy(address):
            return
        kept = "".join(
            f' {name}="{escape(value)}"'
            for name, value in attributes.items()
            if name in ("alt", "title", "width", "height", "dir", "lang")
        )
        self.parts.append(f'<img src="{escape(address)}"{kept}>')
        self._picture = _WrittenPicture(len(self.parts), address, is_lazy=bool(late) or not self._resolve(written))

    def _is_copy(self, address: str) -> bool:
        """Return True if a picture in `noscript` is the one before it, for readers without scripts."""
        if self._open[-1].name != _NOSCRIPT_MARK:
            return False
        before, number = self._picture, len(self.parts)
        if not 0 < before.number <= number <= before.number + 2 or "".join(self.parts[before.number :]).strip():
            return False
        return before.is_lazy or before.address == address

    def _omit_tag(self, omitted: _Omission, name: str, written: str, *, is_end: bool) -> None:
        """Pass over a tag within an element that is left out; its address may stand in one of them."""
        if omitted.address is None and omitted.name in _EMBEDS and name in ("source", "embed"):
            omitted.address = self._find_address(_read_attributes(written))
        if name == omitted.name:
            omitted.depth += -1 if is_end else 1
        if omitted.depth:
            return
        self._omitted = None
        if omitted.name in _EMBEDS:
            self._write_link(omitted.address, omitted.title)
        elif omitted.text:
            self._set_alternative("".join(omitted.text))

    def _set_alternative(self, source: str) -> None:
        """Give the formula that is open its source as text, unless it has one."""
        formula = next((element for element in reversed(self._open[-4:]) if element.name == "math"), None)
        if formula and " alttext=" not in self.parts[formula.start]:
            text = escape(" ".join(unescape(source).split()))
            self.parts[formula.start] = f'{self.parts[formula.start][:-1]} alttext="{text}">'

    def _write_link(self, address: str | None, title: str) -> None:
        if address is None:
            return
        link = f'<a href="{escape(address)}">{escape(" ".join(title.split()) or address)}</a>'
        is_block = self._open[-1].name in _HOLDS_BLOCKS or len(self._open) == 1
        self.parts.append(f"<p>{link}</p>" if is_block else link)

    def _find_address(self, attributes: Mapping[str, str]) -> str | None:
        written = (attributes.get(name, "") for name in ("src", "data", "data-src"))
        return next(filter(None, map(self._resolve, filter(None, written))), None)


def _read_attributes(written: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in _ATTRIBUTE.findall(written)} if written else {}


def _first_of_sets(attributes: Mapping[str, str]) -> str:
    """Return the first address of ``srcset`` and its like (HTML Standard, section 4.8.4.2.1)."""
    for name in _SOURCE_SETS:
        words = attributes.get(name, "").split(maxsplit=1)
        if words:
            return words[0].rstrip(",")
    return ""
