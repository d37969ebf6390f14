"""Pasted text → drafts: what a person copies from a page, one or several languages in one text.

Three steps: `lines` cleans and measures, `_Splitter` finds the headings and deals the lines out to blocks, and each
kind of block is then read in its own form (`lists` has those of lists). What is not of the form of its section goes to
the body, marked in the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Final, Literal

from ..errors import EntryError, Problem
from ..language import autonym, match, script
from ..model import Draft, KeyPoint, Pasted, PastedLine, Reference
from .headings import Heading, HeadingTable, Section, default_table, likely_languages
from .lines import (
    MOST_PROBLEMS,
    Line,
    bullet,
    is_rule,
    is_underline,
    join,
    lone_url,
    number,
    read_lines,
    split_link,
    split_url,
    writes_spaces,
)
from .lists import read_key_points, read_references
from .source import LARGEST_ENTRY_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


def parse_pasted(text: str, *, headings: HeadingTable | None = None, languages: Sequence[str] = ()) -> Pasted:
    """Read the drafts out of a pasted text; docs/entries.md, "Pasted text", has the grammar.

    No title is made up: only a line under a heading such as "Title", or a Markdown ``# Title``, is one.

    Args:
        text: With any line ends; one or several languages, each with its headings.
        headings: More words for headings; the package's own if not given.
        languages: The site's tags. A language of the text takes the tag that readers take for the same.

    Returns:
        The drafts, and a ledger that accounts for every line. Key points nest 32 deep, deeper ones are siblings there.

    Raises:
        EntryError: E117 a text longer than an entry file may be, E201 nothing to import, E202 characters that XML
            cannot carry, E203 a language that cannot be told, E204 two texts in one language.
    """
    table = headings or default_table()
    if len(text) > LARGEST_ENTRY_BYTES:
        message = f"the text has {len(text):,} characters; at most {LARGEST_ENTRY_BYTES:,} are read"
        raise EntryError([Problem(code="E117", message=message, hint="paste one article at a time")])
    lines = read_lines(text)
    document = _Splitter(table)
    for line in lines:
        document.take(line)
    parts = document.finish()
    if not parts:
        hint = "paste the text with its headings, such as Summary, Key Points and References"
        raise EntryError([Problem(code="E201", message="there is no text for an article", hint=hint)])
    drafts = [_draft(language, part) for language, part in _by_language(parts, table, languages).items()]
    return Pasted(
        drafts=tuple(drafts),
        via=document.via,
        previous=document.neighbours.get("previous"),
        next=document.neighbours.get("next"),
        lines=tuple(PastedLine(number=line.number, text=line.raw, fate=line.fate, role=line.role) for line in lines),
    )


@dataclass(slots=True)
class _Block:
    """The lines below one heading; `heading` is set if the heading is one of the text's own, to be published."""

    kind: Section | Literal["body"]
    heading: Line | None = None
    languages: tuple[str, ...] = ()
    lines: list[Line] = field(default_factory=list)
    item_column: int | None = None


@dataclass(slots=True)
class _Part:
    """A draft while it is read: the languages that its headings leave possible, and its blocks."""

    first: Line
    languages: tuple[str, ...] = ()
    blocks: list[_Block] = field(default_factory=list)
    sections: set[str] = field(default_factory=set)

    def add(self, *blocks: _Block) -> None:
        self.blocks += blocks
        self.sections.update(block.kind for block in blocks if block.kind != "body")

    def texts(self) -> list[str]:
        return [line.text for block in self.blocks for line in block.lines]


class _Splitter:
    """Deal lines out to the blocks of drafts.

    What stands before a draft's first heading waits in `_waiting`: whether it opens a new draft or ends the current
    one shows only at the next heading.
    """

    def __init__(self, table: HeadingTable) -> None:
        self.via: str | None = None
        self.neighbours: dict[str, Reference] = {}
        self._table = table
        self._parts: list[_Part] = []
        self._part: _Part | None = None
        self._block: _Block | None = None
        self._waiting: list[_Block] = []
        self._between_parts = True
        self._below_heading = False

    def take(self, line: Line) -> None:
        """Read the next line."""
        below_heading, self._below_heading = self._below_heading, False
        if not line.text:
            line.settle("dropped", "blank")
        elif below_heading and is_underline(line.text):
            line.settle("kept", "heading")
        elif is_rule(line.text):
            line.settle("dropped", "divider")
            self._between_parts, self._block = True, None
        elif self._continues_item(line) or not self._take_heading(line):
            self._add(line)

    def finish(self) -> list[_Part]:
        """Return the drafts."""
        self._end_part()
        return self._parts

    def _continues_item(self, line: Line) -> bool:
        """Tell whether a word of the table is only the last word of a wrapped item: "… useful / links"."""
        column = self._block.item_column if self._block else None
        return column is not None and line.indent >= column and not line.after_blank and line.text[0] not in "#*"

    def _take_heading(self, line: Line) -> bool:
        if line.text.startswith("* "):  # a bullet, though the table takes "*" for emphasis
            return False
        if found := self._table.find(line.text):
            line.settle("kept", "heading")
            self._known_heading(line, found)
            self._below_heading = True
            return True
        return self._inline_source(line) or self._inline_title(line) or self._own_heading(line)

    def _known_heading(self, line: Line, found: tuple[Heading, ...]) -> None:
        section, languages = self._meaning(found)
        if section == "furniture":
            line.settle("dropped", "furniture")
            if self._block and self._block.kind in ("previous", "next"):
                self._block = None
        elif section == "translation":
            line.settle("dropped", "divider")
            self._end_part()
        elif section in ("source", "previous", "next"):
            self._block = _Block(section, languages=languages)  # belongs to the document, not to a draft
        else:
            self._start(section, languages, line)

    def _meaning(self, found: tuple[Heading, ...]) -> tuple[Section, tuple[str, ...]]:
        """Choose the section of a word that languages use for different ones: as the current draft's language does."""
        own = [heading for heading in found if self._part and heading.language in self._part.languages]
        section = (own or found)[0].section
        return section, tuple(heading.language for heading in found if heading.section == section)

    def _start(self, section: Section, languages: tuple[str, ...], line: Line) -> None:
        part = self._part
        shared = tuple(language for language in part.languages if language in languages) if part else ()
        if part is None or not shared or section in part.sections:
            part = self._part = _Part(line, languages)
            self._parts.append(part)
            self._name(part)
        else:
            part.languages = shared
        self._settle_waiting(part)
        self._open(_Block(section))

    def _name(self, part: _Part) -> None:
        """Take the first ``# Heading`` before a draft for its title."""
        for block in self._waiting:
            if block.heading and block.heading.text.startswith("# "):
                title = _Block("title", lines=[block.heading])
                block.heading.text = _without_marks(block.heading.text)
                block.heading = None
                part.add(title)
                return

    def _settle_waiting(self, part: _Part) -> None:
        part.add(*self._waiting)
        self._waiting, self._between_parts = [], False

    def _end_part(self) -> None:
        """Close the current draft; text between dividers is one even without headings."""
        if self._waiting:
            if self._part is None:
                self._part = _Part(_first_line(self._waiting))
                self._parts.append(self._part)
                self._name(self._part)
            self._settle_waiting(self._part)
        self._part, self._block, self._between_parts = None, None, True

    def _open(self, block: _Block) -> _Block:
        if self._between_parts or self._part is None:
            self._waiting.append(block)
        else:
            self._part.add(block)
        self._block = block
        return block

    def _inline_source(self, line: Line) -> bool:
        """Read ``Source: https://example.org/`` and ``Source: [Words](https://example.org/)``."""
        label, url = split_link(line.text)
        if not url:
            label, url = split_url(line.text)
        word = label[:_LONGEST_LABEL_CHARACTERS].replace("：", ":").partition(":")[0]
        if not url or not any(heading.section == "source" for heading in self._table.find(word)):
            return False
        if self.via in (None, url):
            self._take_source(line, url, bare=word == label)
        else:
            self._open(_Block("body", lines=[line]))
        return True

    def _take_source(self, line: Line, url: str, *, bare: bool) -> None:
        # The words of a Markdown link have no place in a draft: let somebody look.
        line.settle("kept" if bare else "ambiguous", "source")
        self.via, self._block = url, None

    def _inline_title(self, line: Line) -> bool:
        """Read ``Title: Words``."""
        label, colon, rest = line.text[:_LONGEST_LABEL_CHARACTERS].replace("：", ":").partition(":")
        found = self._table.find(label) if colon and rest.strip(" *_") else ()
        if not found or self._meaning(found)[0] != "title":
            return False
        self._start("title", self._meaning(found)[1], line)
        line.text = line.text[len(label) + 1 :].strip(" *_")
        self._add(line)
        return True

    def _own_heading(self, line: Line) -> bool:
        """Read a Markdown heading that is none of ours; ``# Title`` may open the next draft."""
        marks = line.text[: len(line.text) - len(line.text.lstrip("#"))]
        if not 1 <= len(marks) <= 6 or not line.text[len(marks) :].startswith(" ") or not _without_marks(line.text):
            return False
        self._between_parts = self._between_parts or marks == "#"
        self._open(_Block("body", heading=line))
        return True

    def _add(self, line: Line) -> None:
        block = self._block
        if block and block.kind == "source":
            block = self._source(block, line)
        elif block and (block.kind == "previous" or block.kind == "next"):
            block = self._neighbour(block, line)
        elif not block:
            block = self._open(_Block("body"))
        if block:
            block.lines.append(line)
            if block.kind in ("key_points", "references") and (item := bullet(line.text) or number(line.text)):
                block.item_column = line.indent + len(line.text) - len(item.text)

    def _source(self, block: _Block, line: Line) -> _Block | None:
        """Take the address under "Source"; a list under "Reference" is the references."""
        words, url = split_link(line.text)
        bare = lone_url(line.text)
        url = bare or (url if line.text.startswith(f"[{words}](") else None)
        if url and self.via in (None, url):
            self._take_source(line, url, bare=bool(bare))
            return None
        if url or (self._part and "references" in self._part.sections):
            return self._open(_Block("body"))
        if self._part is None or self._between_parts:
            self._start("references", block.languages, line)
            return self._block
        return self._open(_Block("references"))

    def _neighbour(self, block: _Block, line: Line) -> _Block | None:
        self._block = None
        title, url = split_link(line.text)
        reference = Reference(title=title, url=url)
        if self.neighbours.setdefault(block.kind, reference) != reference:
            return self._open(_Block("body"))
        line.settle("kept", block.kind)
        return None


_LONGEST_LABEL_CHARACTERS: Final = 60


def _first_line(blocks: Sequence[_Block]) -> Line:
    return next(line for block in blocks for line in (block.heading, *block.lines) if line)


def _without_marks(heading: str) -> str:
    """Return the words of a Markdown heading."""
    return heading.strip("# ").strip("*").strip()


def _by_language(parts: Sequence[_Part], table: HeadingTable, languages: Sequence[str]) -> dict[str, _Part]:
    """Find the language of each part; parts of one language that have no section in common are one draft.

    A part without headings whose language cannot be told belongs to the part before it, or else behind it.
    """
    found: dict[str, _Part] = {}
    strays: list[_Part] = []
    problems: list[Problem] = []
    last: _Part | None = None
    for part in parts:
        language = _language(part, table, languages)
        if not language:
            strays = [] if last else [*strays, part]
            if last:
                last.add(*part.blocks)
            continue
        last = found.setdefault(language, part)
        if last is not part and last.sections & part.sections:
            problems.append(_same_language(language, last, part))
        elif last is not part:
            last.add(*part.blocks)
        last.blocks[:0] = [block for stray in strays for block in stray.blocks]
        strays = []
    if not found:
        problems = [_unknown_language(parts[0])]
    if problems:
        raise EntryError(problems[:MOST_PROBLEMS])
    return found


def _language(part: _Part, table: HeadingTable, languages: Sequence[str]) -> str | None:
    """Tell a part's language: by its headings, and by its text if they leave several, or if its script belies them."""
    text = " ".join(part.texts())
    likely = likely_languages(text, part.languages, languages)
    if not likely:
        likely = likely_languages(text, table.languages(), languages)
        if not likely or script(likely[0]) == "Latn":
            likely = part.languages  # Latin names and terms stand in texts of every script
        elif not part.languages:
            likely = likely[: len(likely) == 1]
    return (match(likely[0], tuple(languages)) or likely[0]) if likely else None


def _unknown_language(part: _Part) -> Problem:
    return Problem(
        code="E203",
        message="the language of this text cannot be told: it has none of the headings that feedpub knows",
        hint="put a heading above each section, in the language of the text, such as Summary or Key Points",
        line=part.first.number,
        excerpt=part.first.raw,
    )


def _same_language(language: str, one: _Part, other: _Part) -> Problem:
    return Problem(
        code="E204",
        message=f"a second text in {autonym(language)} begins here; the first begins in line {one.first.number}",
        hint="paste one article at a time, with each heading once per language",
        line=other.first.number,
        excerpt=other.first.raw,
    )


def _draft(language: str, part: _Part) -> Draft:
    spaced = writes_spaces(part.texts())
    title, summary = None, ""
    points: tuple[KeyPoint, ...] = ()
    references: tuple[Reference, ...] = ()
    body: list[str] = []
    for block in part.blocks:
        rest: Sequence[Line] = block.lines
        if block.kind == "title" and title is None:
            title, rest = _title(block.lines, spaced)
        elif block.kind == "summary":
            summary, rest = _summary(block.lines, spaced), []
        elif block.kind == "key_points":
            points, rest = read_key_points(block.lines, spaced=spaced)
        elif block.kind == "references":
            references, rest = read_references(block.lines, spaced=spaced)
        body += _body(block.heading, rest, spaced)
    return Draft(
        language=language,
        title=title,
        summary=summary,
        body="\n".join(body),
        key_points=points,
        references=references,
    )


def _title(lines: Sequence[Line], spaced: bool) -> tuple[str | None, Sequence[Line]]:
    """Take the first line; also the next ones, if each could be the rest of one that was too wide."""
    end = 0
    while end < len(lines) and (not end or (not lines[end].after_blank and _is_wide(lines[end - 1].text))):
        lines[end].settle("kept", "title")
        end += 1
    return join((line.text for line in lines[:end]), spaced=spaced) or None, lines[end:]


def _is_wide(text: str) -> bool:
    return sum(1 if character < "\u2e80" else 2 for character in text) >= _NARROWEST_WRAP_COLUMNS


_NARROWEST_WRAP_COLUMNS: Final = 40


def _summary(lines: Sequence[Line], spaced: bool) -> str:
    for line in lines:
        line.settle("kept", "summary")
    return "\n\n".join(join(paragraph, spaced=spaced) for paragraph in _paragraphs(lines))


def _body(heading: Line | None, lines: Iterable[Line], spaced: bool) -> Iterator[str]:
    """Return text of no known form as HTML, to be looked at."""
    if heading:
        heading.settle("ambiguous", "body")
        yield f"<h2>{escape(_without_marks(heading.text), quote=False)}</h2>"
    lines = list(lines)
    for line in lines:
        line.settle("ambiguous", "body")
    for paragraph in _paragraphs(lines, items=True):
        yield f"<p>{escape(join(paragraph, spaced=spaced), quote=False)}</p>"


def _paragraphs(lines: Sequence[Line], *, items: bool = False) -> Iterator[list[str]]:
    """Part text at blank lines and where lines were taken out; with `items` also at bullets and numbers."""
    paragraph: list[str] = []
    last = 0
    for line in lines:
        parted = line.after_blank or line.number != last + 1 or (items and (bullet(line.text) or number(line.text)))
        if paragraph and parted:
            yield paragraph
            paragraph = []
        paragraph.append(line.text)
        last = line.number
    if paragraph:
        yield paragraph
