"""Rewrite HTML before it is sanitised: replace elements that readers cannot show by elements that they can.

`rewrite_html` reads the output of an HTML parser (nh3 with more elements than are published). In it, "<" only starts a
tag, every element has an end tag, and attribute values are in double quotes. So everything between "<" and ">" is a
tag, and one pass over the tags is enough. Nothing here makes HTML safe; the sanitiser runs after it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape, unescape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Scripts do not run in readers, so the content of `noscript` counts. A parser reads it as text, unless the element has
# another name.
_NOSCRIPT_MARK: Final = "x-noscript"
_NOSCRIPT = re.compile(r"<(/?)noscript(?=[ \t\n\f\r/>])", re.IGNORECASE)

_EMBEDS: Final = frozenset({"iframe", "video", "audio", "object"})
REWRITTEN_TAGS: Final = frozenset(
    "h1 h2 h5 h6 div section article header footer main aside nav center address form fieldset legend option button"
    f" hgroup menu span picture source embed s strike annotation {_NOSCRIPT_MARK}".split()
).union(_EMBEDS)
_LAZY_SOURCES: Final = ("data-src", "data-original", "data-lazy-src")
_SOURCE_SETS: Final = ("srcset", "data-srcset", "data-lazy-srcset")
# Attributes that may have the address of a picture.
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

# Few articles have anything to rewrite. Searching for words costs less than reading tags, and most words (the values)
# occur only together with another one (the key).
_TRIGGER_WORDS: Final = {
    "src": ("<iframe", "<video", "<audio", "<embed", "srcset", "data-src", "data-lazy-src"),
    "#": ("headerlink", "anchor", "permalink"),
    "": ("<s>", "<s ", "<strike", "<object", "<noscript", "<math", "data-original", "text-align"),
}
_EMPTY_LINK_TEXT: Final = r"(?:[\s¶#§🔗\ufe0e\ufe0f]|&para;|&sect;|&#[0-9xa-f]{2,6};)*+"
_SYMBOL_LINK = re.compile(rf"""href=["']?#[^<>]{{0,500}}>{_EMPTY_LINK_TEXT}</a>""")

_TOKEN = re.compile(r"<iframe([^<>]*)>.*?</iframe>|<(/?)([^\s/<>]+)([^<>]*)>", re.DOTALL)
_ATTRIBUTE = re.compile(r' ([^\s="<>/]+)="([^"<>]*)"')
_VOID: Final = frozenset({"img", "br", "hr", "source", "embed"})
_RENAMED: Final = {"s": "del", "strike": "del"}
_UNWRAPPED: Final = frozenset({"picture", "source", _NOSCRIPT_MARK})
# Elements in which a link that replaces an embed needs a paragraph of its own.
_HOLDS_BLOCKS: Final = frozenset("div section article main aside center figure blockquote".split())
_HEADINGS: Final = frozenset("h1 h2 h3 h4 h5 h6".split())
_HEADING_LINK_CLASS = re.compile(
    r"(?<![\w-])(?:headerlink|anchor|header-anchor|heading-anchor|anchor-link|permalink)\b"
)
_HEADING_LINK_TEXT = re.compile(r"[\s¶#§🔗\ufe0e\ufe0f]*")
_MOST_PARTS_OF_SYMBOL_LINK: Final = 6  # of a link whose text is only a symbol
_TEXT_ALIGN = re.compile(r"(?:^|;)\s*text-align\s*:\s*(left|center|right)\s*(?:;|$)", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")


def needs_rewriting(html: str) -> bool:
    """Return True if HTML may contain something that `rewrite_html` changes."""
    lower = html.lower()
    words = (word for rarer, words in _TRIGGER_WORDS.items() if rarer in lower for word in words)
    return any(word in lower for word in words) or ("#" in lower and _SYMBOL_LINK.search(lower) is not None)


def mark_noscript(html: str) -> str:
    """Rename ``noscript`` elements, so that a parser reads their content as HTML."""
    return _NOSCRIPT.sub(rf"<\1{_NOSCRIPT_MARK}", html)


def rewrite_html(html: str, resolve: Callable[[str], str | None]) -> str:
    """Replace elements that readers cannot show by elements that they can.

    * ``img`` gets its address from ``srcset`` or from the attributes of lazy-loading scripts. Without an address it is
      removed, and so is the copy in a ``noscript`` after it.
    * ``iframe``, ``video``, ``audio``, ``object`` and ``embed`` become a link to their address.
    * ``s`` and ``strike`` become ``del``; ``style="text-align:…"`` of table cells becomes ``align``.
    * The TeX source of a formula becomes its ``alttext``; the visual copy beside a formula is removed.
    * Links of headings to themselves (``¶``, ``#``) are removed.

    Args:
        html: HTML as nh3 writes it.
        resolve: Returns the absolute address for an address in the HTML, or None if readers may not follow it.
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
        start: Index of its start tag in the written parts.
        has_formula: It contains a formula, directly or in one of its children.
        source: Of a ``picture``, the first address of a ``source``.
        is_heading_link: It is a link within the page, and a link of a heading to itself if its text is only a symbol.
    """

    name: str
    start: int
    has_formula: bool = False
    source: str = ""
    is_heading_link: bool = False


@dataclass(slots=True)
class _Omission:
    """An element that is removed with its content: its address, and what replaces it."""

    name: str
    depth: int = 1
    address: str | None = None
    title: str = ""
    text: list[str] | None = None  # content of a TeX annotation


@dataclass(slots=True)
class _WrittenPicture:
    """The picture that was written last."""

    number: int  # of written parts, including the picture
    address: str | None
    is_lazy: bool


class _Rewriter:
    """One pass over the tags of a document, which collects the parts of the result."""

    def __init__(self, resolve: Callable[[str], str | None]) -> None:
        self.parts: list[str] = []
        self._resolve = resolve
        self._open = [_Element("", 0)]
        self._omission: _Omission | None = None
        self._picture = _WrittenPicture(-1, None, is_lazy=False)
        self._headings = 0

    def add_text(self, text: str) -> None:
        if self._omission is None:
            if text:
                self.parts.append(text)
        elif self._omission.text is not None:
            self._omission.text.append(text)

    def add_tag(self, token: re.Match[str]) -> None:
        if token[3] is None:  # an iframe, whose content is not HTML
            if self._omission is None:
                attributes = _read_attributes(token[1])
                self._write_link(self._find_address(attributes), attributes.get("title", ""))
            return
        name, is_end = token[3], bool(token[2])
        if self._omission is not None:
            self._omit_tag(self._omission, name, token[4], is_end=is_end)
        elif is_end:
            self._close_element(name)
        elif name in _VOID:
            self._add_void(name, token[4], token[0])
        else:
            self._add_start(name, token[4], token[0])

    def _add_start(self, name: str, attribute_text: str, tag: str) -> None:
        attributes = _read_attributes(attribute_text)
        if attributes.get("aria-hidden") == "true" and self._open[-1].has_formula:
            self._omission = _Omission(name)
            return
        if name in _EMBEDS:
            self._omission = _Omission(name, address=self._find_address(attributes), title=attributes.get("title", ""))
            return
        if name == "annotation":
            is_tex = attributes.get("encoding", "").lower() in ("application/x-tex", "tex", "latex")
            self._omission = _Omission(name, text=[] if is_tex else None)
            return
        element = _Element(name, len(self.parts))
        if name == "a" and attributes.get("href", "#").startswith("#"):
            has_class = _HEADING_LINK_CLASS.search(attributes.get("class", "")) is not None
            element.is_heading_link = has_class or self._headings > 0
        elif name in _HEADINGS:
            self._headings += 1
        elif name in ("td", "th") and "align" not in attributes:
            alignment = _TEXT_ALIGN.search(attributes.get("style", ""))
            if alignment:
                tag = f'{tag[:-1]} align="{alignment[1].lower()}">'
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
            elif element.is_heading_link and len(self.parts) - element.start <= _MOST_PARTS_OF_SYMBOL_LINK:
                text = unescape(_TAG.sub("", "".join(self.parts[element.start :])))
                if _HEADING_LINK_TEXT.fullmatch(text) and "<img" not in "".join(self.parts[element.start :]):
                    del self.parts[element.start :]
                    return
        if name not in _UNWRAPPED:
            self.parts.append(f"</{_RENAMED.get(name, name)}>")

    def _strip_heading(self, heading: _Element) -> None:
        """Remove the white space between the text of a heading and its link to itself."""
        if len(self.parts) > heading.start + 1:
            self.parts[heading.start + 1] = self.parts[heading.start + 1].lstrip()
            self.parts[-1] = self.parts[-1].rstrip()

    def _add_void(self, name: str, attribute_text: str, tag: str) -> None:
        attributes = _read_attributes(attribute_text) if name in ("img", "source", "embed") else {}
        if attributes.get("aria-hidden") == "true" and self._open[-1].has_formula:
            return
        if name == "img":
            self._add_picture(attributes)
        elif name == "embed":
            self._write_link(self._find_address(attributes), attributes.get("title", ""))
        elif name == "source":
            if self._open[-1].name == "picture" and not self._open[-1].source:
                self._open[-1].source = _find_first_of_srcset(attributes)
        else:
            self.parts.append(tag)

    def _add_picture(self, attributes: dict[str, str]) -> None:
        src = attributes.get("src", "")
        lazy_source = next((attributes[name] for name in _LAZY_SOURCES if name in attributes), "")
        picture_source = self._open[-1].source if self._open[-1].name == "picture" else ""
        candidates = (src, lazy_source, _find_first_of_srcset(attributes), picture_source)
        address = next(filter(None, map(self._resolve, filter(None, candidates))), None)
        if address is None or self._is_copy(address):
            return
        other_attributes = "".join(
            f' {name}="{escape(value)}"'
            for name, value in attributes.items()
            if name in ("alt", "title", "width", "height", "dir", "lang")
        )
        self.parts.append(f'<img src="{escape(address)}"{other_attributes}>')
        self._picture = _WrittenPicture(len(self.parts), address, is_lazy=bool(lazy_source) or not self._resolve(src))

    def _is_copy(self, address: str) -> bool:
        """Return True if a picture in ``noscript`` is a copy of the picture before it."""
        if self._open[-1].name != _NOSCRIPT_MARK:
            return False
        previous, number = self._picture, len(self.parts)
        if not 0 < previous.number <= number <= previous.number + 2 or "".join(self.parts[previous.number :]).strip():
            return False
        return previous.is_lazy or previous.address == address

    def _omit_tag(self, omission: _Omission, name: str, attribute_text: str, *, is_end: bool) -> None:
        """Skip a tag within an element that is removed; read the address of the element from it if it has one."""
        if omission.address is None and omission.name in _EMBEDS and name in ("source", "embed"):
            omission.address = self._find_address(_read_attributes(attribute_text))
        if name == omission.name:
            omission.depth += -1 if is_end else 1
        if omission.depth:
            return
        self._omission = None
        if omission.name in _EMBEDS:
            self._write_link(omission.address, omission.title)
        elif omission.text:
            self._set_alternative("".join(omission.text))

    def _set_alternative(self, source: str) -> None:
        """Set the TeX source as ``alttext`` of the open formula, unless it has one."""
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
        candidates = (attributes.get(name, "") for name in ("src", "data", "data-src"))
        return next(filter(None, map(self._resolve, filter(None, candidates))), None)


def _read_attributes(attribute_text: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in _ATTRIBUTE.findall(attribute_text)} if attribute_text else {}


def _find_first_of_srcset(attributes: Mapping[str, str]) -> str:
    """Return the first address in ``srcset`` or its lazy-loading variants (HTML Standard, section 4.8.4.2.1)."""
    for name in _SOURCE_SETS:
        words = attributes.get(name, "").split(maxsplit=1)
        if words:
            return words[0].rstrip(",")
    return ""
