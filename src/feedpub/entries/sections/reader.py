"""Cut the HTML of an entry at its headings: title, summary, key points, references, source, neighbours and body.

Sections become data only in a digest: nothing but the title comes before the first section, every heading opens a
section, no section comes twice, and each has the form that its name requires. Any other text is a post, which is
published as it was written; the list under a heading such as References is also read as references.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from ...language import DEFAULT_LANGUAGE
from ...model.key_points import parse_key_points
from ...rendering.text import html_to_text, paragraphs_to_text
from ..markdown.checks import report_lost_markdown
from ..markdown.positions import strip_positions
from ..markdown.renderer import MOST_FOOTNOTE_MARKS, render_markdown
from .blocks import Block, read_before_list, split_blocks, split_group, split_items, split_list, split_tail, tidy_list
from .references import find_lone_url, read_neighbour, read_reference

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ...model import KeyPoint, Reference
    from ..markdown.template_markup import TemplateMarkup
    from ..source import Source
    from .headings import HeadingTable, Section


@dataclass(slots=True)
class Sections:
    """The parts of the Markdown of an entry, as HTML with positions that is not sanitised.

    Args:
        title: The title in a leading heading, or in a section.
        summary: The summary section.
        is_plain_summary: Whether the summary is only paragraphs of plain text; otherwise the body begins with it.
        body: The text outside sections; the whole text of a post.
        points: The list of key points.
        unused_links: References and neighbours of a digest whose links are not published.
        references: The references of a digest or a post.
        reference_positions: Line and column of each reference, in the Markdown.
        via: The address of the source.
        via_position: Line and column of the source.
        previous: The previous article.
        next: The next article.
        is_digest: Whether the text was cut into sections.
        near_digest: Why a text with the sections of a digest is not one, and line and column of what does not fit.
        other_headings: Headings that open no section: text, line and column.
        bare_tags: Tags that were read as text; see `RenderedMarkdown`.
        has_raw_html: Whether the Markdown may contain HTML.
        template_markup: Markup of other programs that was removed from the Markdown.
        has_references_in_body: Whether the body shows the references, as a post's does.
        start_line: How many lines of the file are before the Markdown.
    """

    title: str = ""
    summary: str = ""
    is_plain_summary: bool = True
    body: str = ""
    points: str = ""
    unused_links: str = ""
    references: tuple[Reference, ...] = ()
    reference_positions: list[tuple[int, int]] = field(default_factory=list)
    via: str | None = None
    via_position: tuple[int, int] = (0, 0)
    previous: Reference | None = None
    next: Reference | None = None
    is_digest: bool = False
    near_digest: tuple[str, int, int] | None = None
    other_headings: list[tuple[str, int, int]] = field(default_factory=list)
    bare_tags: list[tuple[str, int]] = field(default_factory=list)
    has_raw_html: bool = False
    template_markup: list[TemplateMarkup] = field(default_factory=list)
    has_references_in_body: bool = False
    start_line: int = 0

    @property
    def summary_text(self) -> str:
        """The summary as plain text, with a blank line between paragraphs."""
        return paragraphs_to_text(self.summary)

    @property
    def key_points(self) -> tuple[KeyPoint, ...]:
        """The key points, parsed at each access."""
        html = strip_positions(self.points)
        if "&quot;" in html:  # comrak escapes quotation marks in text, too
            html = _TAG_OR_QUOTE.sub(lambda match: match[1] or '"', html)
        return parse_key_points(html)


_TAG_OR_QUOTE: Final = re.compile(r"(<[^<>]*>)|&quot;")


def read_sections(
    source: Source,
    offset: int,
    headings: HeadingTable,
    *,
    has_title: bool,
    title: str = "",
    is_digest: bool | None = None,
    language: str = DEFAULT_LANGUAGE,
    hard_breaks: bool = False,
) -> Sections:
    """Render the Markdown of a file and cut it into sections.

    Args:
        source: The file; problems are added to it.
        offset: Where the Markdown begins, in characters.
        headings: The words for sections.
        has_title: Whether the front matter has a title; otherwise a leading heading of level 1 is the title.
        title: The title in the front matter; a leading heading that repeats it is left out.
        is_digest: Whether the text is a digest or a post; None decides by its form.
        language: See `render_markdown`.
        hard_breaks: See `render_markdown`.
    """
    text = source.text[offset:]
    footnote_marks = text.count("[^")
    if footnote_marks > MOST_FOOTNOTE_MARKS:
        message = f"has {footnote_marks:,} footnote marks; at most {MOST_FOOTNOTE_MARKS:,} are published"
        source.add("E120", message, "split the article")
        return Sections()
    text, markup = _remove_template_markup(text)
    rendered = render_markdown(text, language=language, hard_breaks=hard_breaks)
    report_lost_markdown(source, offset, rendered)
    start_line = source.text.count("\n", 0, offset)
    cutter = _Cutter(source, start_line, headings, has_raw_html=rendered.has_raw_html)
    sections = cutter.cut_sections(rendered.html, has_title=has_title, title=title, is_digest=is_digest)
    sections.template_markup = markup
    sections.bare_tags, sections.has_raw_html = rendered.bare_tags, rendered.has_raw_html
    return sections


# Template markup of other programs contains one of these, except for imports.
_SIGNS_OF_TEMPLATES: Final = ("{", ":::", "<", "_TOC_")
_SIGN_IN_BRACKETS: Final = re.compile(r"\[(?:\[|(?:toc|TOC|Toc)\])")
_IMPORT: Final = re.compile(r"\s*+(?:im|ex)port ")


def _remove_template_markup(text: str) -> tuple[str, list[TemplateMarkup]]:
    has_sign = any(sign in text for sign in _SIGNS_OF_TEMPLATES) or _SIGN_IN_BRACKETS.search(text)
    if not has_sign and not _IMPORT.match(text):
        return text, []
    from ..markdown.template_markup import find_template_markup, remove_template_markup  # takes 20 ms to load

    markup = find_template_markup(text)
    return remove_template_markup(text, markup), markup


@dataclass(slots=True)
class _HeadedPart:
    """A heading with the blocks below it; the first part of a text has no heading."""

    heading: Block | None
    text: str = ""
    section: Section | None = None
    blocks: list[Block] = field(default_factory=list)


# Title, previous and next are titles of articles; longer text is a paragraph.
_LONGEST_LINE_CHARACTERS: Final = 200
_DIGEST_SECTIONS: Final = ("summary", "key_points", "references")
_REQUIRED_FORMS: Final[Mapping[Section, str]] = MappingProxyType(
    {
        "title": "be one line and nothing else",
        "summary": "begin with a paragraph",
        "key_points": "be one list and nothing else",
        "references": "be one list and nothing else",
        "source": "be one address, or one list, and nothing else",  # such a list is the references
        "previous": "be one title and nothing else",
        "next": "be one title and nothing else",
    }
)


class _Cutter:
    def __init__(self, source: Source, start_line: int, headings: HeadingTable, *, has_raw_html: bool) -> None:
        self._source, self._headings, self._has_raw_html = source, headings, has_raw_html
        self._start_line = start_line
        self._references: list[tuple[tuple[int, int], str]] = []  # of the digest that is read
        self._readers: dict[Section, Callable[[list[Block], Sections], list[Block]]] = {
            "title": self._read_title,
            "summary": self._read_summary,
            "key_points": self._read_key_points,
            "references": self._read_references,
            "source": self._read_source,
            "previous": self._read_previous,
            "next": self._read_next,
        }

    def cut_sections(self, html: str, *, has_title: bool, title: str, is_digest: bool | None) -> Sections:
        before, blocks = split_blocks(html)
        sections = Sections(start_line=self._start_line)
        if blocks and blocks[0].tag == "h1" and not _COMMENT.sub("", before).strip():
            heading, tail = split_tail(blocks[0])
            text = html_to_text(heading)
            is_section = any(meaning.section in _DIGEST_SECTIONS for meaning in self._headings.find_headings(text))
            if text.split() == title.split() or not (has_title or is_section):
                sections.title = "" if has_title else text
                before, blocks = before + tail, blocks[1:]
        parts = self._split_parts(blocks)
        sections.other_headings = [
            (part.text, part.heading.line, part.heading.column) for part in parts if part.heading and not part.section
        ]
        if is_digest is not False:
            digest = self._read_digest(parts, before, sections, is_forced=bool(is_digest))
            if digest:
                return digest
        sections.body = before + "".join(block.html for block in blocks)
        self._read_references_of_post(parts, sections)
        return sections

    def _split_parts(self, blocks: Sequence[Block]) -> list[_HeadedPart]:
        parts = [_HeadedPart(None)]
        for block in blocks:
            if block.tag in _HEADINGS:
                parts.append(_HeadedPart(block, html_to_text(split_tail(block)[0])))
            else:
                parts[-1].blocks.append(block)
        for part in parts:
            if part.heading:
                part.section = self._find_section(part)
        return parts

    def _find_section(self, part: _HeadedPart) -> Section | None:
        """Return the section that a heading opens, if any."""
        for heading in self._headings.find_headings(part.text):
            section = heading.section
            if section == "source" and not (part.blocks and find_lone_url(part.blocks[0])):
                section = "references"  # many languages use one word for both; a source is an address
            if section not in ("translation", "furniture"):
                return section
        return None

    def _read_digest(
        self, parts: Sequence[_HeadedPart], before: str, post: Sections, *, is_forced: bool
    ) -> Sections | None:
        """Return the sections of a digest; None if the text is not a digest and `is_forced` is not set."""
        names = [part.section for part in parts if part.section in _DIGEST_SECTIONS]
        if not names and not is_forced:
            return None
        digest = Sections(
            title=post.title, is_digest=True, start_line=self._start_line, other_headings=post.other_headings
        )
        body = [before]
        fault: tuple[str, Block | None] | None = None
        if _COMMENT.sub("", before).strip():
            fault = ("HTML comes before the first section", None)
        seen_sections: set[str] = set()
        for part in parts:
            reason, unfit = self._read_part(part, digest, seen_sections)
            if unfit and not fault:
                fault = (reason, unfit[0])
            body += [block.html for block in unfit]
        if fault and not is_forced:
            if len(set(names)) > 1:
                reason, block = fault
                post.near_digest = (reason, block.line if block else 1, block.column if block else 1)
            return None
        self._take_references(self._references, digest)
        digest.is_plain_summary = not _IN_PARAGRAPH.search(digest.summary)
        if not digest.is_plain_summary:
            body.insert(0, digest.summary)
        digest.body = "".join([*body, digest.body]).strip()  # it has the footnotes
        return digest

    def _read_part(self, part: _HeadedPart, digest: Sections, seen_sections: set[str]) -> tuple[str, list[Block]]:
        """Read a part into a digest, and its footnotes into the body.

        Returns:
            Why blocks of it do not fit, and these blocks.
        """
        notes = [block for block in part.blocks if block.tag == "section"]
        blocks = [block for block in part.blocks if block.tag != "section"]
        all_blocks = [part.heading, *part.blocks] if part.heading else part.blocks
        if part.heading is None:
            reason = "text comes before the first section"
            unfit = blocks
        elif part.section is None:
            return f"the heading {part.text[:60]!r} is not the name of a section", all_blocks
        elif part.section in seen_sections or (part.section == "title" and digest.title):
            return f"a second section {part.text[:60]!r}", all_blocks
        else:
            is_source = any(heading.section == "source" for heading in self._headings.find_headings(part.text))
            required_form = _REQUIRED_FORMS["source" if is_source else part.section]
            reason = f"the section {part.text[:60]!r} must {required_form}"
            unfit = self._readers[part.section](blocks, digest)
            if split_tail(part.heading)[1].strip():
                unfit = [part.heading, *unfit]
            elif blocks and len(unfit) == len(blocks):
                return reason, all_blocks  # nothing has the form of the section: it stays as it was written
            seen_sections.add(part.section)
        digest.body += "".join(block.html for block in notes)
        return reason, unfit

    def _read_title(self, blocks: list[Block], digest: Sections) -> list[Block]:
        if len(blocks) != 1 or not _is_line(blocks[0]):
            return blocks
        digest.title = html_to_text(blocks[0].html)
        return []

    def _read_summary(self, blocks: list[Block], digest: Sections) -> list[Block]:
        if not blocks or blocks[0].tag != "p" or not _TEXT.search(blocks[0].html):
            return blocks
        digest.summary = "".join(block.html for block in blocks)
        return []

    def _read_key_points(self, blocks: list[Block], digest: Sections) -> list[Block]:
        html, unfit = self._take_list(blocks)
        digest.points = tidy_list(html)
        return unfit

    def _read_references(self, blocks: list[Block], digest: Sections) -> list[Block]:
        html, unfit = self._take_list(blocks)
        items = split_items(html)
        if any("<li" in item and split_group(item) for _, item in items):
            return blocks
        self._references = items  # read later: in a post their problems do not matter
        return unfit

    def _take_list(self, blocks: list[Block]) -> tuple[str, list[Block]]:
        """Return the first list that has nothing but text and nested lists, and the other blocks."""
        for index, block in enumerate(blocks):
            if block.tag in ("ul", "ol") and block.inner <= _BLOCKS_IN_POINTS:
                html, tail = split_list(block)
                if html and not (self._has_raw_html and _HTML_NOT_IN_POINTS.search(block.html)):
                    other_blocks = [*blocks[:index], *blocks[index + 1 :]]
                    return html, [block._replace(html=tail), *other_blocks] if tail.strip() else other_blocks
        return "", blocks

    def _read_references_of_post(self, parts: Sequence[_HeadedPart], sections: Sections) -> None:
        """Read the list under a heading for references, and leave it in the text."""
        for part in parts:
            if part.section == "references":
                html, _ = self._take_list(part.blocks)
                items = [
                    pair
                    for position, item in split_items(html)
                    for pair in ("<li" in item and split_group(item)) or [(position, item)]
                ]
                if all(read_before_list(item).count("<a ") <= 1 for _, item in items):  # otherwise they are sentences
                    self._take_references(items, sections)
                    sections.has_references_in_body = bool(sections.references)
                if html:
                    return

    def _take_references(self, items: Sequence[tuple[tuple[int, int], str]], sections: Sections) -> None:
        references, positions = [], []
        for (line, column), item in items:
            reference = read_reference(item, self._source, (self._start_line + line, column))
            if reference:
                references.append(reference)
                positions.append((line, column))
            if sections.is_digest and "<a " in item and not (reference and reference.url):
                sections.unused_links += f'<li data-sourcepos="{line}:{column}-{line}:{column}">{item}</li>'
        sections.references, sections.reference_positions = tuple(references), positions

    def _read_source(self, blocks: list[Block], digest: Sections) -> list[Block]:
        if not blocks or not (url := find_lone_url(blocks[0])) or split_tail(blocks[0])[1].strip():
            return blocks
        digest.via = url
        digest.via_position = (blocks[0].line, blocks[0].column)
        return blocks[1:]

    def _read_previous(self, blocks: list[Block], digest: Sections) -> list[Block]:
        digest.previous, unfit = self._read_neighbour(blocks, digest)
        return unfit

    def _read_next(self, blocks: list[Block], digest: Sections) -> list[Block]:
        digest.next, unfit = self._read_neighbour(blocks, digest)
        return unfit

    def _read_neighbour(self, blocks: list[Block], digest: Sections) -> tuple[Reference | None, list[Block]]:
        if not blocks or not _is_line(blocks[0]):
            return None, blocks
        neighbour = read_neighbour(blocks[0].html)
        if not neighbour:
            return None, blocks
        digest.unused_links += blocks[0].html
        return neighbour, blocks[1:]


_HEADINGS: Final = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
_COMMENT: Final = re.compile(r"<!--.*?-->", re.DOTALL)
_BLOCKS_IN_POINTS: Final = frozenset(["p", "ul", "ol"])
# Raw HTML that is more than text and nested lists.
_HTML_NOT_IN_POINTS: Final = re.compile(
    r"<(?:article|aside|audio|blockquote|details|div|dl|figure|form|h[1-6r]|iframe|pre|section|table|video)\b",
    re.IGNORECASE,
)
_TEXT: Final = re.compile(r">\s*[^\s<]")
# Markup within paragraphs; escaped characters are text.
_IN_PARAGRAPH: Final = re.compile(r"<(?!/?p\b|span data-escaped-char|/span>)", re.IGNORECASE)


def _is_line(block: Block) -> bool:
    """Return True if a block is one short paragraph."""
    html, tail = split_tail(block)
    text = html_to_text(html)
    return block.tag == "p" and not tail.strip() and bool(text) and len(text) <= _LONGEST_LINE_CHARACTERS
