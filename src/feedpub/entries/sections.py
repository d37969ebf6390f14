"""Markdown → sections: title, summary, key points, references, source, neighbours, and the body."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from html import escape, unescape
from itertools import takewhile
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from ..checks import is_legal, without_illegal
from ..content import plain_text
from ..model import KeyPoint, Reference
from .labels import split_label
from .lines import BARE_URL, is_url, join, split_url, trimmed_url, without_separator
from .lists import DEEPEST_KEY_POINT
from .matter import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import pyromark

    from .headings import HeadingTable, Section
    from .source import Source

Event = Any  # a dict or a str of pyromark.event; matched by shape
Events = list[tuple[Event, int, int]]  # with the bytes of the Markdown that they stand for


@dataclass(slots=True)
class Block:
    """Hold one block of the top level: its kind, its number in the text, the bytes where it stands, its events."""

    kind: str
    number: int
    start: int
    end: int
    events: Events


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


def read_sections(source: Source, offset: int, headings: HeadingTable, *, has_title: bool, title: str = "") -> Sections:
    """Read the Markdown of a file.

    Args:
        source: The file; problems are added to it.
        offset: Where the Markdown begins, in characters.
        headings: The words of sections.
        has_title: Whether the front matter has a title; else a leading heading of level 1 is one.
        title: That title: a leading heading that repeats it is left out.
    """
    return _Parser(source, offset, headings).parse(has_title, title)


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
        self.notes: dict[str, int] = {}
        self.last_place = (0, offset)

    def parse(self, has_title: bool, title: str) -> Sections:
        blocks = list(_blocks(self.text))
        self._number_notes(blocks)
        self._refuse_illegal(blocks)
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
            elif place == 0 and _level(block) == 1 and (not has_title or _plain(block.events).split() == title.split()):
                self.found.title = "" if has_title else _plain(block.events)
            else:
                content.append(block)
        self._close(section, heading, content)
        self._render_body()
        return self.found

    def _number_notes(self, blocks: list[Block]) -> None:
        """Number the footnotes in the order of the text: its parts are rendered on their own, and in another order."""
        if "[^" in self.text:
            for block in blocks:
                for event, _, _ in block.events:
                    if label := _note_label(event):
                        self._note(label)

    def _refuse_illegal(self, blocks: list[Block]) -> None:
        """Find what XML cannot carry, however it is written: Markdown reads ``&#1;`` as that character."""
        if "&#" not in self.text:
            return
        for block in blocks:
            for event, start, _ in block.events:
                if isinstance(event, dict) and "Text" in event and not is_legal(event["Text"]):
                    message = f"U+{ord(event['Text'][0]):04X} cannot stand in a feed"
                    self.source.add("E105", message, "remove the character", *self._place(start))
                    event["Text"] = without_illegal(event["Text"])

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
        paragraphs = list(takewhile(lambda block: block.kind == "Paragraph", content))
        self.found.summary = "\n\n".join(text for block in paragraphs if (text := _plain(block.events)))
        if any(_is_rich(block) for block in paragraphs):
            self.start_of_body = paragraphs
        return content[len(paragraphs) :]

    def _read_key_points(self, content: list[Block]) -> list[Block]:
        return self._one_list(content, self._points)

    def _read_references(self, content: list[Block]) -> list[Block]:
        return self._one_list(content, self._references)

    def _one_list(self, content: list[Block], read: Callable[[Block], None]) -> list[Block]:
        """Read the first list of a section; other blocks, and lists that hold more than text, are body."""
        rest = []
        done = False
        for block in content:
            alien = next((name for event, _, _ in block.events if (name := _opens(event)) in _NOT_IN_ITEMS), "")
            if block.kind == "List" and not done and not alien:
                read(block)
                done = True
                continue
            rest.append(block)
            if block.kind == "List":
                message = f"this list holds {_NOT_IN_ITEMS[alien]}" if alien else "this is another list of its section"
                hint = "it is published as text; a section is one list of plain items"
                self.source.add("W111", message, hint, *self._place(block.start))
        return rest

    def _points(self, block: Block) -> None:
        self.found.key_points = tuple(self._key_point(item) for item in _items(block))

    def _key_point(self, item: _Item) -> KeyPoint:
        children = tuple(self._key_point(child) for child in item.children)
        return KeyPoint(text=self._inline(item.events), children=children)

    def _inline(self, events: Events) -> str:
        """Return an item's text as inline HTML."""
        joined = _joined(events)
        parts: list[str] = []
        images: list[tuple[int, str]] = []
        for event, start, _ in events:
            if isinstance(event, str):
                parts.append("<br>" if event == "HardBreak" else "" if start in joined else " ")
                continue
            ((kind, tag),) = event.items()
            name = _name(tag) if kind in ("Start", "End") else kind
            if name == "Text":
                hidden = tag[:1] == ":" and self.data[start - 1 : start] == b"\\"
                parts.append(f"{_MARK if hidden else ''}{escape(tag, quote=False)}")
            elif name == "Code":
                parts.append(f"<code>{escape(tag, quote=False)}</code>")
            elif name == "InlineHtml":
                parts.append(tag.replace("://", f":{_MARK}//"))
            elif name == "FootnoteReference":
                parts.append(self._note(tag))
            elif name == "Paragraph":
                parts += ["<br>"] if kind == "Start" and parts else []
            elif name == "Image" and kind == "Start":
                images.append((len(parts), tag["Image"]["dest_url"]))
            elif name == "Image":
                place, url = images.pop()
                alternative = unescape(_TAG.sub("", "".join(parts[place:])))
                parts[place:] = [f'<img src="{escape(url)}" alt="{escape(alternative)}" />']
            elif name == "Link":
                parts.append("</a>" if kind == "End" else f'<a href="{escape(_address(tag["Link"]))}">')
            else:
                parts.append(f"<{'/' if kind == 'End' else ''}{_INLINE_TAGS[name]}>")
        html = _linked("".join(parts)).replace(_MARK, "")
        return one_line(without_illegal(_BREAK.sub("<br>", html)))

    def _note(self, label: str) -> str:
        """Return the number of a footnote: readers drop addresses within a page."""
        return f"<sup>{self.notes.setdefault(label.casefold(), len(self.notes) + 1)}</sup>"

    def _references(self, block: Block) -> None:
        references = []
        for item in _items(block):
            reference = self._reference(item)
            if reference:
                references.append(reference)
                self.found.reference_places.append(self._place(item.start))
        self.found.references = tuple(references)

    def _reference(self, item: _Item) -> Reference | None:
        place = self._place(item.start)
        events = item.all_events()
        label, urls = self._label(events)
        if not urls:
            label, bare = split_url(label)
            urls = [bare] if bare else []
        usable = self._usable(urls, place)
        warnings = [
            (bool(item.children), "part of this reference is a list below it, read as one text with it"),
            (any(_note_label(event) for event, _, _ in events), "part of this reference is a footnote, left out"),
            (len(usable) > 1, f"this reference has {len(usable)} addresses; the first is taken"),
        ]
        for found, message in warnings:
            if found:
                self.source.add("W109", message, "write a reference on one line, each work with its own number", *place)
        title, publishers = split_label(label)
        title, publishers = _shown(title), tuple(_shown(publisher) for publisher in publishers)
        if not title and not usable:
            self.source.add("W109", "this reference is empty", "write a title, or remove it", *place)
            return None
        return Reference(title=title or usable[0], publishers=publishers, url=usable[0] if usable else None)

    def _usable(self, urls: list[str], place: tuple[int, int]) -> list[str]:
        """Return the addresses that a feed can link to; the others are errors."""
        usable = []
        for url in urls:
            if is_url(url):
                usable.append(url)
            else:
                hint = "write an absolute address, e.g. https://example.org/page"
                self.source.add("E111", f"{url!r} is not an absolute http or https address", hint, *place)
        return usable

    def _read_source(self, content: list[Block]) -> list[Block]:
        self.found.via = self._lone_url(content[0])
        self.found.via_place = self._place(content[0].start)
        return content[1:]

    def _lone_url(self, block: Block) -> str | None:
        """Return the address of a paragraph that is nothing but it, or a link."""
        if block.kind != "Paragraph":
            return None
        label, urls = self._label(block.events)
        if not urls:
            label, bare = split_url(label)
            return bare if bare and not label else None
        return urls[0] if len(urls) == 1 and is_url(urls[0]) and not _outside_links(block.events) else None

    def _read_previous(self, content: list[Block]) -> list[Block]:
        return self._neighbour(content, "previous")

    def _read_next(self, content: list[Block]) -> list[Block]:
        return self._neighbour(content, "next")

    def _neighbour(self, content: list[Block], name: str) -> list[Block]:
        if not content or content[0].kind != "Paragraph":
            return content
        label, urls = self._label(content[0].events)
        if not urls:
            label, bare = split_url(label)
            urls = [bare] if bare else []
        url = next(iter(self._usable(urls, self._place(content[0].start))), None)
        title = _shown(label) or url
        if not title:
            return content
        setattr(self.found, name, Reference(title=title, url=url))
        return content[1:]

    def _label(self, events: Events) -> tuple[str, list[str]]:
        """Return the text of a reference and the addresses of its links; an address that stands for itself is no text.

        A character that is escaped, or written by its number, is hidden: it separates nothing. Neither does one in a
        link that the text begins with, which is the title.
        """
        joined = _joined(events)
        texts: list[str] = []
        urls: list[str] = []
        bare = autolinked = title = begun = False
        for event, start, end in events:
            tag = event.get("Start") if isinstance(event, dict) else None
            if isinstance(tag, dict) and "Link" in tag:
                urls.append(tag["Link"]["dest_url"])
                bare = tag["Link"]["link_type"] == "Autolink"
                title = not bare and not begun
                autolinked = autolinked or bare
            elif _closes(event) == "Link":
                bare = title = False
            elif not bare and start not in joined:
                text = "".join(_texts([(event, start, end)]))
                begun = begun or bool(text.strip())
                escaped = self.data[start - 1 : start] == b"\\" or self.data[start : start + 2] == b"&#"
                if title:
                    text = _SEPARATING.sub(_hide, text)
                texts.append(f"{_hidden(text[0])}{text[1:]}" if escaped and text[:1] not in ("", _MARK) else text)
        label = one_line("".join(texts))
        return (without_separator(label) if autolinked else label), urls

    def _render_body(self) -> None:
        blocks = sorted(self.body, key=lambda block: (block.kind == "FootnoteDefinition", block.number))
        html = (self._rendered(run) for run in [*_runs(self.start_of_body), *_runs(blocks)])
        self.found.body = without_illegal("\n".join(part for part in html if part))
        if not self.found.first_paragraph and not self.notes and (opening := _HTML_PARAGRAPH.search(self.found.body)):
            self.found.first_paragraph = plain_text(self.found.body[opening.end() :].partition("</p>")[0])

    def _rendered(self, blocks: Sequence[Block]) -> str:
        """Render blocks that follow each other, with the definitions of their links before them."""
        events = [event for block in blocks for event in block.events]
        pieces = []
        done = self.data.rfind(b"\n", 0, blocks[0].start) + 1  # where the indent of code begins
        for start, end, text in self._edits(events):
            pieces += [self.data[done:start].decode(), text]
            done = end
        pieces.append(self.data[done : blocks[-1].end].decode())
        html = to_html(_definitions(events) + "".join(pieces).strip("\n")).replace(_JOINED, "").strip()
        return _NOTE.sub(self._note_text, html) if self.notes else html

    def _note_text(self, found: re.Match[str]) -> str:
        number = self._note(unescape(found[1]))
        return f"<div>\n<p>{number} " if found[2] else f"<div>\n<p>{number}</p>\n"

    def _edits(self, events: Events) -> Iterator[tuple[int, int, str]]:
        """Yield what stands otherwise in the Markdown of the body: from where to where, and the text."""
        joined = _joined(events)
        for place, (event, start, end) in enumerate(events):
            if not isinstance(event, dict):
                if start in joined:
                    while self.data[start - 1 : start] in (b" ", b"\t"):
                        start -= 1
                    yield start, events[place + 1][1], _JOINED
            elif label := _note_label(event):
                yield start, end, self._note(label)
            elif "Html" in event or "InlineHtml" in event:  # HTML stays as it is
                html = self.data[start:end].decode()
                if "://" in html:
                    yield start, end, html.replace("://", f":{_MARK}//")

    def _place(self, start: int) -> tuple[int, int]:
        """Turn a byte of the Markdown into the characters from there to the end of the line."""
        known, place = self.last_place if start >= self.last_place[0] else (0, self.offset)
        place += len(self.data[known:start].decode())
        self.last_place = (start, place)
        end = self.source.text.find("\n", place)
        line = self.source.text[place : end if end >= 0 else len(self.source.text)]
        return place + len(line) - len(line.lstrip()), place + len(line.rstrip())


@dataclass(slots=True)
class _Item:
    """An item of a list: where it begins, in bytes; its events, the items below it."""

    start: int
    events: Events = field(default_factory=list)
    children: list[_Item] = field(default_factory=list)

    def all_events(self) -> Events:
        """Return its events and those below it, a space between."""
        events = list(self.events)
        for child in self.children:
            events += [("HardBreak", child.start, child.start), *child.all_events()]
        return events


# A soft break between two characters that need no space. Markdown takes it for space, XML cannot carry it.
_JOINED: Final = "\f"
_NOT_IN_ITEMS: Final = MappingProxyType(
    {
        "CodeBlock": "a block of code",
        "Table": "a table",
        "BlockQuote": "a quotation",
        "HtmlBlock": "HTML",
        "Heading": "a heading",
        "FootnoteDefinition": "a footnote",
        "Rule": "a line across",
    }
)
_INLINE_TAGS: Final = MappingProxyType({"Emphasis": "em", "Strong": "strong", "Strikethrough": "del"})
_BREAK = re.compile(r"<br ?/?>\n?")
_HTML_PARAGRAPH = re.compile(r"<p\b[^<>]*>")
_NOTE = re.compile(
    r'<div class="footnote-definition" id="([^"]*)"><sup class="footnote-definition-label">[0-9]+</sup>\n(<p>)?'
)


def _blocks(text: str) -> Iterator[Block]:
    """Yield the blocks of the top level, each with all its events."""
    depth = number = 0
    block = Block("", 0, 0, 0, [])
    for event, place in markdown().events_with_range(text):
        start, end = place["start"], place["end"]
        if depth == 0:
            block = Block(_opens(event) or _name(event), number, start, end, [])
            number += 1
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


def _closes(event: Event) -> str:
    """Return what an end event closes, such as ``Link``; else nothing."""
    return _name(event["End"]) if isinstance(event, dict) and "End" in event else ""


def _note_label(event: Event) -> str:
    """Return the label of a footnote that a text points to; else nothing."""
    return str(event.get("FootnoteReference", "")) if isinstance(event, dict) else ""


def _level(block: Block) -> int:
    return int(block.events[0][0]["Start"]["Heading"]["level"][1]) if block.kind == "Heading" else 0


def _runs(blocks: Iterable[Block]) -> list[list[Block]]:
    """Part blocks where others stood between them: those must not run together."""
    runs: list[list[Block]] = []
    for block in blocks:
        if runs and runs[-1][-1].number + 1 == block.number:
            runs[-1].append(block)
        else:
            runs.append([block])
    return runs


def _definitions(events: Events) -> str:
    """Return the definitions of the links and images, for a part of the text that is rendered on its own."""
    lines = {}
    for event, _, _ in events:
        tag = event["Start"] if isinstance(event, dict) and "Start" in event else None
        if isinstance(tag, dict) and (link := tag.get("Link") or tag.get("Image")) and link["id"]:
            lines[link["id"]] = f"[{link['id']}]: <{_IN_BRACKETS.sub(_escape, link['dest_url'])}>\n"
    return f"{''.join(lines.values())}\n" if lines else ""


_IN_BRACKETS = re.compile(r"[\\<>&]")


def _escape(found: re.Match[str]) -> str:
    return f"\\{found.group()}"


def _address(link: Event) -> str:
    return f"mailto:{link['dest_url']}" if link["link_type"] == "Email" else str(link["dest_url"])


def _joined(events: Events) -> frozenset[int]:
    """Return where the soft breaks stand that are no space: between two Chinese or Japanese characters."""
    if not any(event == "SoftBreak" for event, _, _ in events):
        return frozenset()
    found = set()
    before, waiting = "", -1
    for event, start, _ in events:
        if event == "SoftBreak":
            waiting = start
        elif isinstance(event, dict) and (text := event.get("Text") or event.get("Code")):
            if waiting >= 0 and before and join((before, text[0]), spaced=True) == before + text[0]:
                found.add(waiting)
            before, waiting = text[-1], -1
        elif _closes(event):
            waiting = -1
    return frozenset(found)


def _plain(events: list[tuple[Event, int, int]]) -> str:
    """Return the text of events without markup."""
    return one_line("".join(_texts(events)))


def _hidden(character: str) -> str:
    return f"{_MARK}{ord(character):x}{_MARK}"


def _hide(found: re.Match[str]) -> str:
    return _hidden(found.group())


def _shown(text: str) -> str:
    """Return text with what `_label` hid."""
    return one_line(_HIDDEN.sub(lambda found: chr(int(found[1], 16)), text))


_HIDDEN = re.compile(f"{_MARK}([0-9a-f]+){_MARK}")
_SEPARATING = re.compile("[-\N{EN DASH}\N{EM DASH}\N{FULLWIDTH HYPHEN-MINUS}/\N{FULLWIDTH SOLIDUS}]")


def _outside_links(events: Events) -> str:
    """Return the text around links, save punctuation."""
    links = 0
    around: Events = []
    for event in events:
        links += (_opens(event[0]) == "Link") - (_closes(event[0]) == "Link")
        around += [] if links else [event]
    return _plain(around).strip(_PUNCTUATION)


_PUNCTUATION: Final = ".,;:()<>。，；：（）"


def _texts(events: Events) -> Iterator[str]:
    joined = _joined(events)
    for event, start, _ in events:
        if isinstance(event, str):
            if event in ("SoftBreak", "HardBreak") and start not in joined:
                yield " "
        elif "Text" in event:
            yield event["Text"]
        elif "Code" in event:
            yield event["Code"]
        elif _closes(event) == "Paragraph":
            yield " "


def _is_rich(block: Block) -> bool:
    """Tell whether plain text would lose something of a paragraph."""
    for event, _, _ in block.events:
        if event == "HardBreak" or _opens(event) in ("Link", "Image", *_INLINE_TAGS):
            return True
        if isinstance(event, dict) and ("Code" in event or "InlineHtml" in event or _note_label(event)):
            return True
        if isinstance(event, dict) and "Text" in event and BARE_URL.search(event["Text"]):
            return True
    return False


def _items(block: Block) -> list[_Item]:
    """Nest the items of a list; deeper than `DEEPEST_KEY_POINT` they are siblings there."""
    top = _Item(block.start)
    stack = [top]
    for event, start, end in block.events:
        opened = event.get("Start") if isinstance(event, dict) else None
        closed = event.get("End") if isinstance(event, dict) else None
        if opened == "Item":
            item = _Item(start)
            stack[min(len(stack), DEEPEST_KEY_POINT) - 1].children.append(item)
            stack.append(item)
        elif closed == "Item":
            stack.pop()
        elif not (isinstance(tag := opened or closed, dict) and "List" in tag):
            stack[-1].events.append((event, start, end))
    return top.children


def _linked(html: str) -> str:
    """Turn bare addresses into links, outside of links and code."""
    if "://" not in html:
        return html
    parts = _TAG.split(html)
    closing = ""
    for place, part in enumerate(parts):
        if place % 2 == 0:
            if not closing and "://" in part:
                parts[place] = BARE_URL.sub(_link, part)
        elif closing:
            closing = "" if part.casefold().startswith(closing) else closing
        elif opening := _LINK_OR_CODE.match(part):
            closing = f"</{opening[1].casefold()}"
    return "".join(parts)


_ENTITY_AFTER_URL = re.compile("&(?:quot|lt|gt);")
_TAG = re.compile(r"(<[^<>]*>)")
_LINK_OR_CODE = re.compile(r"<(a|code|pre)\b", re.IGNORECASE)


def _link(found: re.Match[str]) -> str:
    url = _ENTITY_AFTER_URL.split(found.group(), maxsplit=1)[0]
    rest = found.group()[len(url) :]
    trimmed = trimmed_url(url)
    if not is_url(trimmed.replace("&amp;", "&")):
        return found.group()
    return f'<a href="{trimmed}">{trimmed}</a>{url[len(trimmed) :]}{rest}'
