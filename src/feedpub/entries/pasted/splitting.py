"""Split pasted text at its headings, and assign the lines to the blocks of drafts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from ...model import Reference
from ..urls import AROUND_URL, find_url, read_lone_url, split_link
from .bylines import read_byline
from .lines import decode_entities, is_rule, is_underline
from .list_marks import ListMark, read_bullet, read_number, read_sign
from .markdown_writer import LIST_SECTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..sections.headings import Heading, HeadingTable, Section
    from .lines import Line


@dataclass(slots=True)
class Block:
    """The lines below one heading; `heading` is Markdown, and empty if the text has none."""

    kind: Section | Literal["body"]
    heading: str = ""
    heading_line: Line | None = None
    languages: tuple[str, ...] = ()
    lines: list[Line] = field(default_factory=list)
    more_runs: list[list[Line]] = field(default_factory=list)  # of sections that were joined with this one
    last_mark: ListMark | None = None


@dataclass(slots=True)
class RawDraft:
    """A draft while it is read: the languages that fit its headings, and its blocks."""

    first: Line
    languages: tuple[str, ...] = ()
    blocks: list[Block] = field(default_factory=list)
    sections: set[str] = field(default_factory=set)

    def add_blocks(self, *blocks: Block) -> None:
        """Add blocks at the end."""
        self.blocks += blocks
        self.sections.update(block.kind for block in blocks if block.kind != "body")

    def list_texts(self) -> list[str]:
        """Return the text of its lines."""
        return [line.text for block in self.blocks for line in block.lines]


class Splitter:
    """A splitter that assigns lines to the blocks of drafts, one after the other.

    Blocks before the first heading of a draft wait in `_waiting`: only the next heading shows whether they begin a new
    draft or end the current one.
    """

    def __init__(self, table: HeadingTable, lines: Sequence[Line]) -> None:
        self.via: str | None = None
        self.neighbours: dict[str, Reference] = {}
        self.author: str | None = None
        self.published: str | None = None
        self._table = table
        self._following = _find_following(lines)
        self._drafts: list[RawDraft] = []
        self._draft: RawDraft | None = None
        self._block: Block | None = None
        self._waiting: list[Block] = []
        self._between_parts = True
        self._below_heading = False
        self._is_furniture = False
        self._long_furniture: Line | None = None
        self._heading_number: ListMark | None = None

    def assign_line(self, line: Line) -> None:
        """Assign the next line."""
        below_heading, self._below_heading = self._below_heading, False
        if line.verbatim is not None:
            self._add_line(line)
        elif line.is_underline:
            line.record_fate("kept", "heading")
        elif not line.text:
            line.record_fate("dropped", "blank")
        elif below_heading and is_underline(line.text):
            line.record_fate("kept", "heading")
        elif is_rule(line.text):
            line.record_fate("dropped", "divider")
            self._between_parts, self._block = True, None
        elif not (self._take_heading(line) or self._take_furniture(line) or self._take_byline(line)):
            self._add_line(line)

    def finish_drafts(self) -> list[RawDraft]:
        """Return the drafts."""
        self._end_part()
        return self._drafts

    # --- headings

    def _take_heading(self, line: Line) -> bool:
        text = decode_entities(line.text)
        if (
            not self._could_be_item(line)
            and not self._is_wrapped_word(line)
            and (headings := self._table.find_headings(text))
        ):
            line.record_fate("kept", "heading")
            self._open_known_heading(line, headings)
            self._below_heading = True
            return True
        return self._take_inline_source(line) or self._take_inline_heading(line) or self._take_other_heading(line)

    def _could_be_item(self, line: Line) -> bool:
        """Return True if a line that looks like a heading may be a list item: "1. Overview" above "2. Links"."""
        following = self._following.get(line.number)
        block = self._block
        if mark := read_bullet(line.text) or read_sign(line.text):
            is_used = block is not None and block.last_mark is not None and block.last_mark.style == mark.style
            return is_used or (following is not None and following.text.startswith(mark.style))
        number = read_number(line.text)
        if not number:
            return False
        last = self._heading_number
        if last and (number.style, number.value) == (last.style, last.value + 1):
            return False
        successor = read_number(following.text) if following else None
        if successor and (successor.style, successor.value) == (number.style, number.value + 1):
            return True
        if not block or block.kind not in LIST_SECTIONS:
            return False
        return block.last_mark is None or block.last_mark.style == number.style

    def _is_wrapped_word(self, line: Line) -> bool:
        """Return True for the last word of a wrapped paragraph or item: "… a first / overview"."""
        if self._block is None or not self._block.lines or line.after_blank:
            return False
        above = self._block.lines[-1]
        return line.text[0].islower() or (_is_item(above) and line.indent > above.indent and line.text[0] not in "#*")

    def _open_known_heading(self, line: Line, headings: tuple[Heading, ...]) -> None:
        section, languages = self._choose_meaning(headings)
        if section == "furniture":
            line.record_fate("dropped", "furniture")
            if self._block and self._block.kind in ("previous", "next"):
                self._block = None
            return
        self._is_furniture = False
        self._heading_number = read_number(line.text)
        if section == "translation":
            line.record_fate("dropped", "divider")
            self._end_part()
        elif section in ("source", "previous", "next"):
            self._block = Block(section, languages=languages)  # belongs to the document, not to a draft
        else:
            self._start_section(section, languages, line, _write_heading(line.text))

    def _choose_meaning(self, headings: tuple[Heading, ...]) -> tuple[Section, tuple[str, ...]]:
        """Choose the section of a word that languages use for different sections, by the language of the draft."""
        preferred = [heading for heading in headings if self._draft and heading.language in self._draft.languages]
        section = (preferred or headings)[0].section
        return section, tuple(heading.language for heading in headings if heading.section == section)

    def _start_section(self, section: Section, languages: tuple[str, ...], line: Line, heading: str) -> None:
        draft = self._draft
        shared = tuple(language for language in draft.languages if language in languages) if draft else ()
        if draft is None or not shared or section in draft.sections:
            draft = self._draft = RawDraft(line, languages)
            self._drafts.append(draft)
            self._take_title(draft)
        else:
            draft.languages = shared
        self._add_waiting_blocks(draft)
        self._open_block(Block(section, heading, line))

    def _take_title(self, draft: RawDraft) -> None:
        """Make the first ``# Heading`` before a draft its title."""
        for block in self._waiting:
            if block.heading.startswith("# ") and block.heading_line:
                title = Block("title", lines=[block.heading_line])
                block.heading_line.text = _strip_heading_marks(block.heading)
                block.heading_line.record_fate("kept", "heading")
                block.heading, block.heading_line = "", None
                draft.add_blocks(title)
                return

    def _add_waiting_blocks(self, draft: RawDraft) -> None:
        draft.add_blocks(*self._waiting)
        self._waiting, self._between_parts = [], False

    def _end_part(self) -> None:
        """Close the current draft; text between dividers is one even without headings."""
        if self._waiting:
            if self._draft is None:
                self._draft = RawDraft(_first_line(self._waiting))
                self._drafts.append(self._draft)
                self._take_title(self._draft)
            self._add_waiting_blocks(self._draft)
        self._draft, self._block, self._between_parts = None, None, True

    def _open_block(self, block: Block) -> Block:
        if self._between_parts or self._draft is None:
            self._waiting.append(block)
        else:
            self._draft.add_blocks(block)
        self._block = block
        return block

    def _take_inline_source(self, line: Line) -> bool:
        """Read ``Source: https://example.org/`` and ``Source: [Words](https://example.org/)``."""
        url = find_url(line.text)
        if not url:
            return False
        before, _, after = line.text.partition(url)
        word = before[:_LONGEST_LABEL_CHARACTERS].replace("：", ":").partition(":")[0].rstrip("<([（ ")
        if not any(heading.section == "source" for heading in self._table.find_headings(word)):
            return False
        is_bare = not f"{before[len(word) :]}{after}".strip(AROUND_URL)
        url = decode_entities(url)
        if self.via in (None, url):
            self._take_source(line, url, is_bare=is_bare)
        else:
            self._open_block(Block("body", lines=[line]))
        return True

    def _take_source(self, line: Line, url: str, *, is_bare: bool) -> None:
        # A draft cannot keep the words of a Markdown link: the user reviews them.
        line.record_fate("kept" if is_bare else "ambiguous", "source")
        self.via, self._block = url, None

    def _take_inline_heading(self, line: Line) -> bool:
        """Read ``Title: Words``, ``**TL;DR:** Words`` and other headings with text on the same line."""
        label, text = _split_label(line.text) if not line.text.startswith("#") else ("", "")
        headings = self._table.find_headings(label) if text and not read_bullet(line.text) else ()
        if not headings:
            return False
        section, languages = self._choose_meaning(headings)
        if not self._is_inline_section(section, line, text):
            return False
        if section in ("previous", "next"):
            line.text = text
            self._block = Block(section)
        else:
            self._start_section(section, languages, line, _write_heading(label))
            line.text = text
        self._is_furniture = False
        self._add_line(line)
        return True

    def _is_inline_section(self, section: Section, line: Line, text: str) -> bool:
        """Return True if a word before a colon is a heading there, and not the beginning of a sentence."""
        if section == "title":
            return True
        block = self._block
        is_apart = line.after_blank or block is None or not block.lines or block.kind in ("title", *LIST_SECTIONS)
        draft = self._draft
        is_new = draft is None or section not in draft.sections or self._between_parts
        if section == "summary":
            return is_apart and is_new
        if section in LIST_SECTIONS:
            return is_apart and is_new and bool(read_bullet(text) or read_number(text) or "://" in text)
        if section in ("previous", "next"):
            return is_apart and draft is not None and section not in self.neighbours and text[-1] not in _SENTENCE_ENDS
        return False

    def _take_other_heading(self, line: Line) -> bool:
        """Read a Markdown heading that is not of a section; ``# Title`` may begin the next draft."""
        match = _HEADING.match(line.text)
        if not match or not _strip_heading_marks(line.text) or self._table.opens_furniture(line.text):
            return False
        self._is_furniture = False
        self._between_parts = self._between_parts or match[0] == "# "
        line.record_fate("kept", "body")
        self._open_block(Block("body", line.text, line))
        return True

    # --- page furniture, and lines above an article

    def _take_furniture(self, line: Line) -> bool:
        if self._is_furniture or self._continues_furniture(line):
            line.record_fate("dropped", "furniture")
            return True
        if _is_item(line) or not self._may_be_furniture(line):
            return False
        if self._table.opens_furniture(line.text):
            self._is_furniture = not _split_label(line.text)[1]
        elif not self._table.is_furniture(line.text):
            return False
        line.record_fate("dropped", "furniture")
        if len(line.text) > _LONGEST_LABEL_CHARACTERS:
            self._long_furniture = line
        return True

    def _continues_furniture(self, line: Line) -> bool:
        """Return True for the rest of a sentence of page furniture that continues in this line."""
        above = self._long_furniture
        if above is None or above.number != line.number - 1 or _is_item(line):
            return False
        self._long_furniture = line
        return True

    def _may_be_furniture(self, line: Line) -> bool:
        """Return True between blocks, after lists, and for the last paragraph of a text."""
        if self._block is None or self._block.kind in ("title", *LIST_SECTIONS) or not self._block.lines:
            return True
        following = self._following.get(line.number)
        return line.after_blank and (following is None or self._is_end(following.text))

    def _is_end(self, text: str) -> bool:
        table = self._table
        return is_rule(text) or any(
            test(text) for test in (table.find_headings, table.is_furniture, table.opens_furniture)
        )

    def _take_byline(self, line: Line) -> bool:
        """Take ``By Ann`` and ``May 3, 2026`` from above an article, to offer them to the user."""
        is_above = self._draft is None or self._between_parts or self._draft.sections <= {"title"}
        byline = read_byline(line.text) if is_above and not self._is_among_text() else None
        if not byline:
            return False
        self.author, self.published = self.author or byline.author, self.published or byline.published
        line.record_fate("dropped", "byline")
        return True

    def _is_among_text(self) -> bool:
        return self._block is not None and self._block.kind == "body" and bool(self._block.lines)

    # --- other lines

    def _add_line(self, line: Line) -> None:
        block = self._block
        if block and block.kind == "source":
            block = self._read_source(block, line)
        elif block and (block.kind == "previous" or block.kind == "next"):
            block = self._take_neighbour(block, line)
        elif not block:
            block = self._open_block(Block("body"))
        if block:
            block.lines.append(line)
            block.last_mark = (
                read_bullet(line.text) or read_number(line.text) or read_sign(line.text) or block.last_mark
            )

    def _read_source(self, block: Block, line: Line) -> Block | None:
        """Take the address under "Source"; if there is a list, it is the references."""
        words, url = split_link(line.text)
        lone_url = read_lone_url(line.text)
        url = lone_url or (url if line.text.startswith(f"[{words}](") else None)
        url = decode_entities(url) if url else None
        if url and self.via in (None, url):
            self._take_source(line, url, is_bare=bool(lone_url))
            return None
        if url or (self._draft and "references" in self._draft.sections):
            return self._open_block(Block("body"))
        if self._draft is None or self._between_parts:
            self._start_section("references", block.languages, line, "")
            return self._block
        return self._open_block(Block("references", "", line))

    def _take_neighbour(self, block: Block, line: Line) -> Block | None:
        self._block = None
        title, url = split_link(line.text)
        reference = Reference(title=decode_entities(title), url=decode_entities(url) if url else None)
        if self.neighbours.setdefault(block.kind, reference) != reference:
            return self._open_block(Block("body"))
        line.record_fate("kept", block.kind)
        return None


_LONGEST_LABEL_CHARACTERS: Final = 60
_SENTENCE_ENDS: Final = tuple(".。!！?？:：")


def _find_following(lines: Sequence[Line]) -> dict[int, Line]:
    """Return the next line that is not blank, by the number of each line."""
    following_lines: dict[int, Line] = {}
    following: Line | None = None
    for line in reversed(lines):
        if following:
            following_lines[line.number] = following
        if line.text:
            following = line
    return following_lines


def _is_item(line: Line) -> bool:
    return read_bullet(line.text) is not None or read_number(line.text) is not None


def _first_line(blocks: Sequence[Block]) -> Line:
    return next(line for block in blocks for line in (block.heading_line, *block.lines) if line)


_HEADING: Final = re.compile("#{1,6} ")


def _strip_heading_marks(heading: str) -> str:
    """Return the text of a Markdown heading."""
    return heading.strip("# ").strip("*").strip()


def _write_heading(text: str) -> str:
    """Return the heading of a section as Markdown, at level 2 or deeper; level 1 is for titles."""
    if text.startswith("##") and _HEADING.match(text):
        return text
    words = text.replace("**", "").replace("__", "").strip("#*_:： \u00a0")
    return f"## {words}"


_LABEL: Final = re.compile(r"(?P<marks>\*\*|__|\*|_)?(?P<label>[^:：\n]{1,60}?)(?:[:：]| [—–] )")


def _split_label(text: str) -> tuple[str, str]:
    """Split ``**TL;DR:** Words`` into the label and the text after it; both are empty if there is no label."""
    match = _LABEL.match(text.lstrip("# "))
    if not match:
        return "", ""
    label, text_after = match["label"], text.lstrip("# ")[match.end() :].lstrip()
    if emphasis := match["marks"]:
        if label.rstrip().endswith(emphasis):
            label = label.rstrip().removesuffix(emphasis)
        elif text_after.startswith(emphasis):
            text_after = text_after.removeprefix(emphasis).lstrip()
        else:
            label = match["marks"] + label
    return label, text_after
