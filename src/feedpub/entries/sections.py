"""Markdown → sections: title, summary, key points, references, source, neighbours, and the body."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, Final

from ..content import plain_text
from ..model import KeyPoint, Reference
from .labels import split_label
from .lines import BARE_URL, is_url, split_url, trimmed_url, without_separator
from .lists import DEEPEST_KEY_POINT
from .matter import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyromark

    from .headings import HeadingTable, Section
    from .source import Source

Event = Any  # a dict or a str of pyromark.event; matched by shape


@dataclass(slots=True)
class Block:
    """Hold one block of the top level: its kind, where it stands in the bytes of the Markdown, its events."""

    kind: str
    start: int
    end: int
    events: list[tuple[Event, int, int]]


@dataclass(slots=True)
class Sections:
    """Hold what the Markdown of an entry says; places are characters of the file."""

    title: str = ""
    summary: str = ""
    body: str = ""
    key_points: tuple[KeyPoint, ...] = ()
    references: tuple[Reference, ...] = ()
    reference_places: list[tuple[int, int]] = field(default_factory=list)
    via: str | None = None
    via_place: tuple[int, int] = (-1, -1)
    previous: Reference | None = None
    next: Reference | None = None
    first_paragraph: str = ""


def read_sections(source: Source, offset: int, headings: HeadingTable, *, has_title: bool) -> Sections:
    """Read the Markdown of a file.

    Args:
        source: The file; problems are added to it.
        offset: Where the Markdown begins, in characters.
        headings: The words of sections.
        has_title: Whether the front matter has a title; else a leading heading of level 1 is one.
    """
    return _Parser(source, offset, headings).parse(has_title)


@functools.cache
def markdown() -> pyromark.Markdown:
    """Return the Markdown of entries: CommonMark with tables, strikethrough and footnotes."""
    import pyromark

    options = pyromark.Options
    return pyromark.Markdown(options=options.ENABLE_TABLES | options.ENABLE_STRIKETHROUGH | options.ENABLE_FOOTNOTES)


def to_html(text: str) -> str:
    """Render Markdown; bare addresses become links, save those with a backslash before their ``://``."""
    return _linked(markdown().html(_ESCAPED_ADDRESS.sub(rf"\g<0>{_MARK}", text))).replace(_MARK, "")


# Stands in addresses that become no links, and around the numbers of hidden characters. XML cannot carry it: no text
# of an entry holds it.
_MARK: Final = "\x01"
_ESCAPED_ADDRESS: Final = re.compile(r"(?<!(?<!\\)\]\()https?\\:(?=//)", re.IGNORECASE)


class _Parser:
    def __init__(self, source: Source, offset: int, headings: HeadingTable) -> None:
        self.source, self.offset, self.headings = source, offset, headings
        self.text = source.text[offset:]
        self.data = self.text.encode()
        self.found = Sections()
        self.body: list[Block] = []
        self.start_of_body: list[Block] = []
        self.known: set[Section] = set()

    def parse(self, has_title: bool) -> Sections:
        blocks = list(_blocks(self.text))
        section: Section | None = None
        content: list[Block] = []
        heading: Block | None = None
        for place, block in enumerate(blocks):
            name = self._section(block, blocks[place + 1 : place + 2]) if block.kind == "Heading" else None
            if name:
                self._close(section, heading, content)
                section, heading, content = name, block, []
            elif block.kind == "Heading" and section:
                self._close(section, heading, content)
                section, heading, content = None, None, [block]
            elif place == 0 and block.kind == "Heading" and not has_title and _level(block) == 1:
                self.found.title = _plain(block.events)
            else:
                content.append(block)
        self._close(section, heading, content)
        self._render_body()
        return self.found

    def _section(self, block: Block, following: list[Block]) -> Section | None:
        """Tell which section a heading opens, if any; each section counts once, a second one is body."""
        for heading in self.headings.find(_plain(block.events)):
            section = heading.section
            if section == "source" and not (following and self._lone_url(following[0])):
                section = "references"  # the same word in many languages; a source is an address
            if section not in ("translation", "furniture") and section not in self.known:
                self.known.add(section)
                return section
        return None

    def _close(self, section: Section | None, heading: Block | None, content: list[Block]) -> None:
        if section is None:
            self._keep(content)
            return
        rest = getattr(self, f"_read_{section}")(content)
        if content and len(rest) == len(content) and heading:
            rest = [heading, *rest]  # nothing of it was of the section's form: it stays as it was written
        self._keep(rest)

    def _keep(self, blocks: list[Block]) -> None:
        self.body += blocks
        if not self.found.first_paragraph:
            self.found.first_paragraph = next(
                (text for block in blocks if block.kind == "Paragraph" and (text := _plain(block.events))), ""
            )

    def _read_title(self, content: list[Block]) -> list[Block]:
        return self._first_paragraph(content, "title")

    def _first_paragraph(self, content: list[Block], name: str) -> list[Block]:
        if not content or content[0].kind != "Paragraph":
            return content
        setattr(self.found, name, _plain(content[0].events))
        return content[1:]

    def _read_summary(self, content: list[Block]) -> list[Block]:
        paragraphs = [block for block in content if block.kind == "Paragraph"]
        self.found.summary = "\n\n".join(text for block in paragraphs if (text := _plain(block.events)))
        if any(_is_rich(block) for block in paragraphs):
            self.start_of_body = paragraphs
        return [block for block in content if block.kind != "Paragraph"]

    def _read_key_points(self, content: list[Block]) -> list[Block]:
        return self._one_list(content, self._points)

    def _read_references(self, content: list[Block]) -> list[Block]:
        return self._one_list(content, self._references)

    def _one_list(self, content: list[Block], read: Any) -> list[Block]:
        """Read the first list of a section; other blocks, and lists that hold more than text, are body."""
        for place, block in enumerate(content):
            if block.kind == "List" and not any(_opens(event) in _NOT_IN_ITEMS for event, _, _ in block.events):
                read(block)
                return content[:place] + content[place + 1 :]
        return content

    def _points(self, block: Block) -> None:
        self.found.key_points = tuple(self._key_point(item) for item in _items(block))

    def _key_point(self, item: _Item) -> KeyPoint:
        return KeyPoint(text=self._inline(item), children=tuple(self._key_point(child) for child in item.children))

    def _inline(self, item: _Item) -> str:
        """Return an item's text as inline HTML: its own Markdown, rendered on its own."""
        text = self.data[item.start : item.end].decode()
        text = _MARKER.sub("", text, count=1)
        if not _MARKED_UP.search(text):
            return escape(one_line(text), quote=False)
        html = to_html(_dedented(text) + self._definitions()).strip()
        html = _BETWEEN.sub("<br>", html).removeprefix("<p>").removesuffix("</p>")
        return one_line(_BREAK.sub("<br>", html))

    def _references(self, block: Block) -> None:
        references = []
        for item in _items(block):
            reference = self._reference(item)
            if reference:
                references.append(reference)
                self.found.reference_places.append(self._span(item.start, item.end))
        self.found.references = tuple(references)

    def _reference(self, item: _Item) -> Reference | None:
        events = [*item.events, *(event for child in item.children for event in child.all_events())]
        label, urls = self._label(events)
        if not urls:
            label, bare = split_url(label)
            urls = [bare] if bare else []
        place = self._span(item.start, item.end)
        usable = [url for url in urls if is_url(url)]
        for url in urls:
            if url not in usable:
                hint = "write an absolute address, e.g. https://example.org/page"
                self.source.add("E111", f"{url!r} is not an absolute http or https address", hint, *place)
        if len(usable) > 1:
            hint = "give each work a number of its own"
            self.source.add("W109", f"this reference has {len(usable)} addresses; the first is taken", hint, *place)
        title, publishers = split_label(label)
        title, publishers = _shown(title), tuple(_shown(publisher) for publisher in publishers)
        if not title and not usable:
            self.source.add("W109", "this reference is empty", "write a title, or remove it", *place)
            return None
        return Reference(title=title or usable[0], publishers=publishers, url=usable[0] if usable else None)

    def _read_source(self, content: list[Block]) -> list[Block]:
        self.found.via = self._lone_url(content[0])
        self.found.via_place = self._span(content[0].start, content[0].end)
        return content[1:]

    def _lone_url(self, block: Block) -> str | None:
        if block.kind != "Paragraph":
            return None
        label, urls = self._label(block.events)
        if not urls:
            label, bare = split_url(label)
            return bare if bare and not label else None
        return urls[0] if len(urls) == 1 and is_url(urls[0]) else None

    def _read_previous(self, content: list[Block]) -> list[Block]:
        return self._neighbour(content, "previous")

    def _read_next(self, content: list[Block]) -> list[Block]:
        return self._neighbour(content, "next")

    def _neighbour(self, content: list[Block], name: str) -> list[Block]:
        if not content or content[0].kind != "Paragraph":
            return content
        label, urls = self._label(content[0].events)
        if title := _shown(label):
            url = urls[0] if urls and is_url(urls[0]) else None
            setattr(self.found, name, Reference(title=title, url=url))
        return content[1:]

    def _label(self, events: list[tuple[Event, int, int]]) -> tuple[str, list[str]]:
        """Return the text of a reference and the addresses of its links; an address that stands for itself is no text.

        A character that is escaped, or written by its number, is hidden: it separates nothing.
        """
        texts: list[str] = []
        urls: list[str] = []
        bare = autolinked = False
        for event, start, end in events:
            tag = event.get("Start") if isinstance(event, dict) else None
            if isinstance(tag, dict) and "Link" in tag:
                urls.append(tag["Link"]["dest_url"])
                bare = tag["Link"]["link_type"] == "Autolink"
                autolinked = autolinked or bare
            elif isinstance(event, dict) and event.get("End") == "Link":
                bare = False
            elif not bare:
                text = "".join(_texts([(event, start, end)]))
                escaped = self.data[start - 1 : start] == b"\\" or self.data[start : start + 2] == b"&#"
                texts.append(f"{_MARK}{ord(text[0]):x}{_MARK}{text[1:]}" if escaped and text else text)
        label = one_line("".join(texts))
        return (without_separator(label) if autolinked else label), urls

    def _render_body(self) -> None:
        blocks = self.start_of_body + sorted(self.body, key=lambda block: block.start)
        if not blocks:
            return
        parts = []
        for block in blocks:
            text = self.data[block.start : block.end].decode().strip("\n")
            parts.append(
                text.replace("://", f":{_MARK}//") if block.kind == "HtmlBlock" else text
            )  # HTML stays as it is
        self.found.body = to_html("\n\n".join(parts) + self._definitions()).strip()
        if not self.found.first_paragraph and (found := _HTML_PARAGRAPH.search(self.found.body)):
            self.found.first_paragraph = plain_text(found[1])

    @functools.cached_property
    def _defined(self) -> str:
        if "]:" not in self.text:
            return ""
        definitions = markdown().reference_definitions(self.text)
        lines = [f"[{label}]: <{link['dest']}>" for label, link in definitions.items()]
        return "\n\n" + "\n".join(lines) if lines else ""

    def _definitions(self) -> str:
        """Return the link definitions of the document, for parts of it that are rendered on their own."""
        return self._defined

    def _span(self, start: int, end: int) -> tuple[int, int]:
        """Turn bytes of the Markdown into characters of the file."""
        text = self.data[start:end].decode().rstrip()
        begin = self.offset + len(self.data[:start].decode())
        lead = len(text) - len(text.lstrip())
        return begin + lead, begin + len(text.partition("\n")[0])


@dataclass(slots=True)
class _Item:
    """An item of a list: the bytes of its own text, its events, the items below it."""

    start: int
    end: int
    events: list[tuple[Event, int, int]] = field(default_factory=list)
    children: list[_Item] = field(default_factory=list)

    def all_events(self) -> Iterator[tuple[Event, int, int]]:
        yield from self.events
        for child in self.children:
            yield from child.all_events()


_NOT_IN_ITEMS: Final = frozenset(
    ["CodeBlock", "Table", "BlockQuote", "HtmlBlock", "Heading", "FootnoteDefinition", "Rule"]
)
_INLINE_MARKUP: Final = frozenset(["Emphasis", "Strong", "Strikethrough", "Link", "Image"])
_MARKER = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])(?:[ \t]+|\n|$)")
_MARKED_UP = re.compile(r"[\\`*_<>&\[\]!~|#]|https?://|\n[ \t]*\n|^[ \t]*(?:[-+=]|\d+[.)])", re.MULTILINE)
_BETWEEN = re.compile(r"</p>\s*<p>")
_BREAK = re.compile(r"<br ?/?>\n?")
_HTML_PARAGRAPH = re.compile(r"<p\b[^>]*>(.*?)</p>", re.DOTALL)


def _blocks(text: str) -> Iterator[Block]:
    """Yield the blocks of the top level, each with all its events."""
    depth = 0
    block = Block("", 0, 0, [])
    for event, place in markdown().events_with_range(text):
        start, end = place["start"], place["end"]
        if depth == 0:
            block = Block(_opens(event) or _name(event), start, end, [])
        block.events.append((event, start, end))
        if isinstance(event, dict):
            depth += ("Start" in event) - ("End" in event)
        if depth == 0:
            yield block


def _opens(event: Event) -> str:
    """Return what a start event opens, such as ``Paragraph``; a rule is named too; else nothing."""
    if event == "Rule":
        return "Rule"
    if not isinstance(event, dict) or "Start" not in event:
        return ""
    return _name(event["Start"])


def _name(tag: Event) -> str:
    return tag if isinstance(tag, str) else next(iter(tag))


def _level(block: Block) -> int:
    return int(block.events[0][0]["Start"]["Heading"]["level"][1])


def _plain(events: list[tuple[Event, int, int]]) -> str:
    """Return the text of events without markup."""
    return one_line("".join(_texts(events)))


def _shown(text: str) -> str:
    """Return text with what `_label` hid."""
    return one_line(_HIDDEN.sub(lambda found: chr(int(found[1], 16)), text))


_HIDDEN = re.compile(f"{_MARK}([0-9a-f]+){_MARK}")


def _texts(events: list[tuple[Event, int, int]]) -> Iterator[str]:
    for event, _, _ in events:
        if isinstance(event, str):
            if event in ("SoftBreak", "HardBreak"):
                yield " "
        elif "Text" in event:
            yield event["Text"]
        elif "Code" in event:
            yield event["Code"]
        elif "End" in event and event["End"] == "Paragraph":
            yield " "


def _is_rich(block: Block) -> bool:
    """Tell whether plain text would lose something of a paragraph."""
    for event, _, _ in block.events:
        if _opens(event) in _INLINE_MARKUP or event == "HardBreak":
            return True
        if isinstance(event, dict) and ("Code" in event or "InlineHtml" in event or "FootnoteReference" in event):
            return True
        if isinstance(event, dict) and "Text" in event and _BARE_IN_TEXT.search(event["Text"]):
            return True
    return False


def _items(block: Block) -> list[_Item]:
    """Nest the items of a list; deeper than `DEEPEST_KEY_POINT` they are siblings there."""
    top = _Item(block.start, block.end)
    stack = [top]
    for event, start, end in block.events:
        kind = event.get("Start") if isinstance(event, dict) else None
        closed = event.get("End") if isinstance(event, dict) else None
        if kind == "Item":
            item = _Item(start, end)
            parent = stack[min(len(stack), DEEPEST_KEY_POINT) - 1]
            parent.children.append(item)
            stack.append(item)
        elif closed == "Item":
            stack.pop()
        elif isinstance(kind, dict) and "List" in kind:
            stack[-1].end = min(stack[-1].end, start)  # an item's own text ends where its list begins
        elif not (isinstance(closed, dict) and "List" in closed):
            stack[-1].events.append((event, start, end))
    return top.children


def _dedented(text: str) -> str:
    """Undo the indent of an item's further lines, so that they are no code."""
    return re.sub(r"\n[ \t]+(?=\S)", "\n", text).strip()


def _linked(html: str) -> str:
    """Turn bare addresses into links, outside of links and code."""
    if "://" not in html or not _BARE_IN_TEXT.search(html):
        return html
    parts = _TAGS_AND_CODE.split(html)
    parts[::2] = [BARE_URL.sub(_link, part) if "://" in part else part for part in parts[::2]]
    return "".join(parts)


_BARE_IN_TEXT = re.compile(r"""(?<!["'=])https?://""", re.IGNORECASE)
_ENTITY_AFTER_URL = re.compile("&(?:quot|lt|gt);")
_TAGS_AND_CODE = re.compile(r"(<a\b.*?</a>|<code\b.*?</code>|<pre\b.*?</pre>|<[^>]*>)", re.DOTALL)


def _link(found: re.Match[str]) -> str:
    url = _ENTITY_AFTER_URL.split(found.group(), maxsplit=1)[0]
    rest = found.group()[len(url) :]
    trimmed = trimmed_url(url)
    if not is_url(trimmed.replace("&amp;", "&")):
        return found.group()
    return f'<a href="{trimmed}">{trimmed}</a>{url[len(trimmed) :]}{rest}'
