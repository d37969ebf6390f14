"""Read pasted text: text copied from a page, in one or several languages, becomes drafts.

`lines` cleans the lines, `verbatim` finds those that are Markdown, `splitting` finds the headings and assigns the lines
to blocks, and `markdown_writer` writes each block as Markdown, which `sections` reads as in entry files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from ...errors import EntryError, Problem
from ...language import get_autonym, get_script, match_language
from ...model import Draft, PastedLine, PastedText
from ..language_guess import guess_languages
from ..markdown.positions import strip_positions
from ..sections.headings import HeadingTable, load_heading_table
from ..sections.reader import read_sections
from ..source import LARGEST_ENTRY_BYTES, Source
from .joining import has_cjk_spacing, join_lines
from .lines import MOST_PROBLEMS, Line, decode_entities, read_lines
from .markdown_writer import write_lines
from .splitting import Block, Splitter
from .verbatim import mark_verbatim

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from .splitting import RawDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class PastedMarkdown:
    """A pasted text with the Markdown of each draft.

    Args:
        pasted: The drafts.
        markdown: The Markdown that each draft was read from.
        is_digest: Whether the front matter of each draft must state ``digest: true``, since it has text outside its
            sections.
    """

    pasted: PastedText
    markdown: tuple[str, ...]
    is_digest: tuple[bool, ...]


def parse_pasted(
    text: str,
    *,
    headings: HeadingTable | None = None,
    languages: Sequence[str] = (),
    language: str | None = None,
) -> PastedText:
    """Read the drafts in a pasted text; docs/guides/import.md has the rules.

    Only a line under a heading such as "Title", or a Markdown heading ``# Title``, becomes the title.

    Args:
        text: One text, or several in different languages, each with its headings; with any line ends.
        headings: The words of headings; by default those of the package.
        languages: The language tags of the site. A language of the text gets the tag that it matches.
        language: The language of text without headings.

    Returns:
        The drafts, and an account of every line. Key points nest up to 32 levels deep.

    Raises:
        EntryError: E117 the text is longer than an entry file may be; E201 there is nothing to import; E202 a character
            is not allowed in XML; E203 the language is unknown; E204 there are two texts in one language.
    """
    return read_pasted(text, headings=headings, languages=languages, language=language).pasted


def read_pasted(
    text: str,
    *,
    headings: HeadingTable | None = None,
    languages: Sequence[str] = (),
    language: str | None = None,
    titles: Collection[str] = (),
) -> PastedMarkdown:
    """Read drafts as `parse_pasted` does, with their Markdown; a first line that is one of `titles` is the title."""
    table = headings or load_heading_table()
    if len(text) > LARGEST_ENTRY_BYTES:
        message = f"the text has {len(text):,} characters; at most {LARGEST_ENTRY_BYTES:,} are read"
        raise EntryError([Problem(code="E117", message=message, hint="paste one article at a time")])
    lines = read_lines(text)
    mark_verbatim(lines, table)
    splitter = Splitter(table, lines)
    for line in lines:
        splitter.assign_line(line)
    raw_drafts = splitter.finish_drafts()
    if not any(block.lines or block.kind == "body" for draft in raw_drafts for block in draft.blocks):
        hint = "paste the text with its headings, such as Summary, Key Points and References"
        raise EntryError([Problem(code="E201", message="there is no text for an article", hint=hint)])
    drafts = _group_by_language(raw_drafts, table, languages, language)
    for draft in drafts.values():
        _take_repeated_title(draft, titles)
    texts = [_write_draft(draft, tag, table) for tag, draft in drafts.items()]
    if language and not any(draft.sections - {"title"} for draft in raw_drafts):
        for line in lines:  # the user says what it is: text without sections
            line.fate = "kept" if line.fate == "ambiguous" else line.fate
    results = [
        _read_draft(tag, title, markdown, table, has_sections_only=_has_sections_only(draft))
        for (tag, draft), (title, markdown) in zip(drafts.items(), texts, strict=True)
    ]
    pasted = PastedText(
        drafts=tuple(draft for draft, _ in results),
        via=splitter.via,
        previous=splitter.neighbours.get("previous"),
        next=splitter.neighbours.get("next"),
        author=splitter.author,
        published=splitter.published,
        lines=tuple(_account_for_lines(lines, table)),
    )
    return PastedMarkdown(
        pasted=pasted,
        markdown=tuple(markdown for _, markdown in texts),
        is_digest=tuple(is_forced for _, is_forced in results),
    )


def _has_sections_only(draft: RawDraft) -> bool:
    """Return True if a draft has sections, and no other headings."""
    return bool(draft.sections - {"title"}) and not any(
        block.kind == "body" and block.heading for block in draft.blocks
    )


def _account_for_lines(lines: Sequence[Line], table: HeadingTable) -> Iterator[PastedLine]:
    """Yield the account of each line, with a hint for lines that are nearly the heading of a section."""
    compared = 0
    for line in lines:
        hint = ""
        is_alone = line.role in ("summary", "body") and (line.after_blank or line.text.startswith("#"))
        is_candidate = line.fate == "ambiguous" or (line.fate == "kept" and is_alone)
        if is_candidate and compared < _MOST_COMPARED_LINES and 0 < len(line.text) <= _LONGEST_COMPARED_CHARACTERS:
            compared += 1
            near = table.find_nearest(line.text)
            hint = f"nearly the heading “{near[1]}”" if near else ""
        fate = "ambiguous" if hint else line.fate
        yield PastedLine(number=line.number, text=line.raw, fate=fate, role=line.role, hint=hint)


# Each line is compared with dozens of words, letter by letter; headings are short.
_MOST_COMPARED_LINES: Final = 200
_LONGEST_COMPARED_CHARACTERS: Final = 60


def _group_by_language(
    raw_drafts: Sequence[RawDraft], table: HeadingTable, languages: Sequence[str], default_language: str | None
) -> dict[str, RawDraft]:
    """Find the language of each raw draft, and merge drafts of one language that do not repeat more than one section.

    Two drafts that share a single section ("Highlights", "Key Insights") are one text; those that share more are two.
    A draft without headings whose language is unknown belongs to the draft before it, or else to the one after it.
    """
    drafts: dict[str, RawDraft] = {}
    strays: list[RawDraft] = []
    problems: list[Problem] = []
    last: RawDraft | None = None
    for draft in raw_drafts:
        language = _find_language(draft, table, languages, default_language)
        if not language:
            strays = [] if last else [*strays, draft]
            if last:
                last.add_blocks(*draft.blocks)
            continue
        last = drafts.setdefault(language, draft)
        if last is not draft and len(last.sections & draft.sections) >= _MOST_REPEATED_SECTIONS:
            problems.append(_describe_same_language(language, last, draft))
        elif last is not draft:
            last.add_blocks(*draft.blocks)
        last.blocks[:0] = [block for stray in strays for block in stray.blocks]
        strays = []
    if not drafts:
        problems = [_describe_unknown_language(raw_drafts[0], table)]
    if problems:
        raise EntryError(problems[:MOST_PROBLEMS])
    return drafts


_MOST_REPEATED_SECTIONS: Final = 2


def _find_language(
    draft: RawDraft, table: HeadingTable, languages: Sequence[str], default_language: str | None
) -> str | None:
    """Return the language of a draft: of its headings, or of its text if they fit several languages or none."""
    if default_language and not draft.languages:
        return match_language(default_language, tuple(languages)) or default_language
    text = " ".join(draft.list_texts())
    likely = guess_languages(text, draft.languages, languages)
    if not likely:
        likely = guess_languages(text, table.list_languages(), languages)
        if not likely or get_script(likely[0]) == "Latn":
            likely = draft.languages  # texts in every script contain Latin names and terms
        elif not draft.languages:
            likely = likely[: len(likely) == 1]
    return (match_language(likely[0], tuple(languages)) or likely[0]) if likely else None


def _describe_unknown_language(draft: RawDraft, table: HeadingTable) -> Problem:
    candidates = [text for text in draft.list_texts() if len(text) <= _LONGEST_COMPARED_CHARACTERS][
        :_MOST_COMPARED_LINES
    ]
    near = next((nearest_match[1] for text in candidates if (nearest_match := table.find_nearest(text))), None)
    nearest = f" (one line is nearly “{near}”)" if near else ""
    return Problem(
        code="E203",
        message=f"the language of this text is unknown: it has none of the headings that feedpub knows{nearest}",
        hint="put a heading above each section, in the language of the text, such as Summary or Key Points; "
        "or name the language with --language",
        line=draft.first.number,
        excerpt=draft.first.raw,
    )


def _describe_same_language(language: str, first: RawDraft, second: RawDraft) -> Problem:
    return Problem(
        code="E204",
        message=f"a second text in {get_autonym(language)} begins here; the first begins on line {first.first.number}",
        hint="paste one article at a time",
        line=second.first.number,
        excerpt=second.first.raw,
    )


def _read_draft(
    language: str, title: str | None, markdown: str, table: HeadingTable, *, has_sections_only: bool
) -> tuple[Draft, bool]:
    """Read a draft from its Markdown; return it, and whether its front matter must state that it is a digest.

    Pasted digests have lines outside sections: a title that is not marked, a date, a greeting. In an entry file, these
    lines would make it a post.
    """
    read = partial(read_sections, Source("", markdown), 0, table, has_title=True, title=title or "", language=language)
    sections = read()
    is_forced = has_sections_only and not sections.is_digest
    if is_forced:
        sections = read(is_digest=True)
    draft = Draft(
        language=language,
        title=title,
        summary=sections.summary_text,
        body=strip_positions(sections.body).strip(),
        key_points=sections.key_points,
        references=sections.references,
    )
    return draft, is_forced


def _write_draft(draft: RawDraft, language: str, table: HeadingTable) -> tuple[str | None, str]:
    """Return the title and the Markdown of a draft."""
    cjk_spacing = has_cjk_spacing(draft.list_texts())
    title: str | None = None
    lines_out: list[str] = []
    for block, following in pairwise([*_join_sections(draft.blocks), None]):
        if block is None:
            break
        lines: Sequence[Line] = block.lines
        if block.kind == "title":
            if title is None:
                title, lines = _read_title(lines, cjk_spacing)
            _mark_stray_lines(lines)
            lines_out += _end_with_blank_line(write_lines([lines], "body", cjk_spacing=cjk_spacing))
            _mark_stray_lines(lines)
            continue
        is_section = block.kind != "body"
        heading = table.find_word(language, "references") if is_section and not block.heading else block.heading
        markdown = write_lines([lines, *block.more_runs], block.kind, cjk_spacing=cjk_spacing)
        if not is_section and not block.heading:
            _mark_stray_lines(lines)
        if is_section and not markdown and not _has_own_heading(following):
            continue
        if heading:
            lines_out += _end_with_blank_line([heading if heading.startswith("#") else f"## {heading}"])
        lines_out += _end_with_blank_line(markdown)
    return title, _rewrite_notes("\n".join(lines_out).strip("\n") + "\n", draft)


def _take_repeated_title(draft: RawDraft, titles: Collection[str]) -> None:
    """Make the first line of a draft its title if it is one of the given titles."""
    block = next((block for block in draft.blocks if block.lines or block.heading), None)
    if block is None or block.kind != "body" or block.heading or "title" in draft.sections:
        return
    line = block.lines[0]
    if any(line.text.strip("*_ ").casefold() == " ".join(title.split()).casefold() for title in titles):
        block.lines.remove(line)
        line.text = line.text.strip("*_ ")
        draft.blocks.insert(0, Block("title", lines=[line]))
        draft.sections.add("title")


def _end_with_blank_line(lines: Sequence[str]) -> list[str]:
    return [*lines, ""] if lines else []


def _has_own_heading(block: Block | None) -> bool:
    """Return True if a block has a heading of the text, which may belong to the section before it."""
    return block is not None and block.kind == "body" and bool(block.heading)


def _join_sections(blocks: Sequence[Block]) -> list[Block]:
    """Join sections of one kind ("Highlights" and "Key Insights"), if there are only sections."""
    blocks = [block for block in blocks if block.kind != "body" or block.heading or block.lines]
    if any(block.kind == "body" for block in blocks):
        return blocks
    joined: dict[str, Block] = {}
    for block in blocks:
        first = joined.setdefault(block.kind, block)
        if first is not block and block.kind != "title":
            first.more_runs.append(block.lines)
    return [block for block in blocks if block.kind == "title" or joined[block.kind] is block]


def _mark_stray_lines(lines: Iterable[Line]) -> None:
    """Mark lines below no heading as ambiguous, so that the user reviews them."""
    for line in lines:
        line.record_fate("ambiguous", "body")


def _rewrite_notes(markdown: str, draft: RawDraft) -> str:
    """Return Markdown with ``[1]`` for each ``[^1]`` whose note has become a reference."""
    notes = {
        line.text.partition("]")[0][2:]
        for block in draft.blocks
        if block.kind == "references"
        for line in block.lines
        if line.text.startswith("[^")
    }
    return _NOTE.sub(lambda match: f"[{match[1]}]" if match[1] in notes else match[0], markdown) if notes else markdown


_NOTE: Final = re.compile(r"\[\^([0-9]{1,3})\]")


def _read_title(lines: Sequence[Line], cjk_spacing: bool) -> tuple[str | None, Sequence[Line]]:
    """Return the title, and the lines after it.

    The title is the first line, and the lines after it that may have been wrapped since it was too wide.
    """
    end = 0
    while end < len(lines) and (not end or (not lines[end].after_blank and _is_wide(lines[end - 1].text))):
        lines[end].record_fate("kept", "title")
        end += 1
    return decode_entities(join_lines((line.text for line in lines[:end]), cjk_spacing=cjk_spacing)) or None, lines[
        end:
    ]


def _is_wide(text: str) -> bool:
    return sum(1 if character < "\u2e80" else 2 for character in text) >= _NARROWEST_WRAP_COLUMNS


_NARROWEST_WRAP_COLUMNS: Final = 40
