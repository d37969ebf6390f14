"""Render Markdown to HTML with comrak, once per entry, with the source position of every block and link.

It is CommonMark with tables, strikethrough, footnotes, task lists, attributes of headings (``{#id}``), and emphasis
that closes next to Chinese, Japanese and Korean characters. `positions` has the format of source positions.
"""

from __future__ import annotations

import functools
import re
import sys
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from ...language import DEFAULT_LANGUAGE, get_words
from ...model.checks import XML_ILLEGAL_PATTERN, is_legal_xml
from .bare_urls import link_bare_urls
from .cjk_lines import join_cjk_lines
from .positions import POSITION, prepare_text, remove_matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import comrak

    from .bare_tags import BareTag

# Each footnote mark adds 300 bytes of HTML: 1 MB of "[^1]" would become 79 MB.
MOST_FOOTNOTE_MARKS: Final = 10_000


@dataclass(slots=True)
class RenderedMarkdown:
    """The HTML of an entry's Markdown.

    Args:
        html: The HTML with positions, not sanitised.
        bare_tags: Tags that were read as text, each with the line of its block.
        has_raw_html: Whether the Markdown may contain HTML.
        illegal_lines: For each removed character that is not allowed in XML, the line of its block.
    """

    html: str = ""
    bare_tags: list[tuple[str, int]] = field(default_factory=list)
    has_raw_html: bool = False
    illegal_lines: list[int] = field(default_factory=list)


def render_markdown(text: str, *, language: str = DEFAULT_LANGUAGE, hard_breaks: bool = False) -> RenderedMarkdown:
    """Render Markdown to HTML.

    Args:
        text: The Markdown, with at most `MOST_FOOTNOTE_MARKS` footnote marks.
        language: The language of the titles of alerts that have no title of their own.
        hard_breaks: Publish line ends as line breaks, as in verse.
    """
    text = prepare_text(text)
    html = convert_to_html(text, hard_breaks=hard_breaks)
    bare_tags: list[tuple[str, int]] = []
    has_raw_html = _HTML_IN_MARKDOWN.search(text) is not None
    if has_raw_html:
        html, bare_tags = _escape_tags(text, html, hard_breaks=hard_breaks)
    if "~" in text:
        html = _undo_single_tildes(html, text)
    if "$" in text:
        html = _MATH.sub(r"<code>\1</code>", html)
    if _BRACKETS.search(text):
        html = _rewrite_brackets(html, language)
    if "%" in html:
        html = _ENCODED_HOST.sub(_decode_host, html)
    illegal_lines: list[int] = []
    if "&#" in text:
        html, illegal_lines = _remove_illegal(html)
    html = link_bare_urls(html)
    if not text.isascii():
        html = join_cjk_lines(html)
    return RenderedMarkdown(html, bare_tags, has_raw_html, illegal_lines)


# Each time a block is read as text, another one may appear in it.
_MOST_RENDERINGS: Final = 10


def _escape_tags(text: str, html: str, *, hard_breaks: bool) -> tuple[str, list[tuple[str, int]]]:
    """Return HTML in which bare tags are text, and these tags with the lines of their blocks.

    If such a tag opens an HTML block, the Markdown in the block would not be rendered: the tag is escaped in the
    Markdown, which is rendered again.
    """
    from .bare_tags import escape_bare_tags  # most texts have no HTML

    tags: list[tuple[str, int]] = []
    for _ in range(_MOST_RENDERINGS):
        escaped, bare_tags = escape_bare_tags(html)
        lines = text.split("\n")
        openings = _find_openings(lines, [tag for tag in bare_tags if tag.opening])
        if not openings:
            break
        for index, tag in openings.items():
            tags.append((tag.text, index + 1))
            column = lines[index].index("<")
            lines[index] = f"{lines[index][:column]}\\{lines[index][column:]}"
        text = "\n".join(lines)
        html = convert_to_html(text, hard_breaks=hard_breaks)
    else:
        escaped, bare_tags = escape_bare_tags(html)
    return escaped, sorted([*tags, *((tag.text, tag.line) for tag in bare_tags)], key=lambda tag: tag[1])


def _find_openings(lines: Sequence[str], tags: Iterable[BareTag]) -> dict[int, BareTag]:
    """Return the tags that open a block, by the index of the line of the Markdown that begins with them."""
    indexes_by_text: dict[str, list[int]] = {}
    for index, line in enumerate(lines):
        text = line.lstrip(_CONTAINERS)
        # After an end tag it is within a block of HTML, where a backslash would be shown.
        if text.startswith("<") and not (index and "</" in lines[index - 1]):
            indexes_by_text.setdefault(text.rstrip(), []).append(index)
    tags_by_index: dict[int, BareTag] = {}
    for tag in tags:
        indexes = indexes_by_text.get(tag.opening, [])
        number = bisect_left(indexes, tag.line - 1)
        if number < len(indexes) and indexes[number] < tag.line + _LONGEST_BLOCK_LINES:
            tags_by_index.setdefault(indexes[number], tag)
    return tags_by_index


_LONGEST_BLOCK_LINES: Final = 5000  # of the block before a tag that opens a block
_CONTAINERS: Final = " \t>-+*.)0123456789"


# A tag, a comment or the like, but not an address in "<>".
_HTML_IN_MARKDOWN: Final = re.compile(r"<(?!https?:)[A-Za-z/!?]")


def convert_to_html(text: str, *, hard_breaks: bool) -> str:
    """Return the HTML that comrak makes from prepared Markdown."""
    import comrak

    has_math = "$" in text
    html = comrak.markdown_to_html(text, *_make_options(hard_breaks=hard_breaks, has_math=has_math))
    if has_math and "data-math-style" in html and _NO_MATH.search(html):
        html = comrak.markdown_to_html(text, *_make_options(hard_breaks=hard_breaks, has_math=False))
    return html


# comrak reads "5$/GB or 6$/month", "$(a)/$(b)" and "$5 and `$PATH`" as mathematics. If a formula follows a letter or
# the like, contains code or another dollar, or precedes a letter or the like, every dollar of the text is a dollar.
_NO_MATH: Final = re.compile(
    r"""(?<![\s>(\[{"'“‘„«;:,–—])(?<![^\x00-\u2fff])<span[ ]data-math-style
    |<span[ ]data-math-style="inline"[^<>]*>[^<`$]*
        (?:[`$]|</span>(?![\s.,;:!?)\]}"'”’“»…–—-]|<(?!span[ ]data-escaped)|&|[^\x00-\u2fff]|\Z))""",
    re.VERBOSE,
)


@functools.cache
def _make_options(
    *, hard_breaks: bool, has_math: bool
) -> tuple[comrak.ExtensionOptions, comrak.ParseOptions, comrak.RenderOptions]:
    import comrak

    extension = comrak.ExtensionOptions(
        table=True, strikethrough=True, footnotes=True, tasklist=True, header_attributes=True,
        cjk_friendly_emphasis=True, math_dollars=has_math,
    )  # fmt: skip
    parse = comrak.ParseOptions(escaped_char_spans=True)
    render = comrak.RenderOptions(unsafe_=True, sourcepos=True, escaped_char_spans=True, hardbreaks=hard_breaks)
    return extension, parse, render


# comrak percent-encodes host names like paths: "https://%E4%BE%8B.test/", which few programs can open.
_ENCODED_HOST: Final = re.compile(
    r"""(data-sourcepos="[0-9:-]+"[ ](?:href|src)="https?://)([^/?#"%<>]*%[^/?#"<>]*)""", re.IGNORECASE | re.VERBOSE
)
_ENCODED_ASCII: Final = re.compile("%[0-7]")


def _decode_host(match: re.Match[str]) -> str:
    """Return an address with its host decoded again; comrak encodes only characters that are not ASCII."""
    return match[0] if _ENCODED_ASCII.search(match[2]) else match[1] + escape(unquote(match[2]))


def is_illegal_reference(reference: str) -> bool:
    """Return True if a reference such as ``&#1;`` is a character that is not allowed in XML."""
    number = int(reference[3:-1], 16) if reference[2] in "xX" else int(reference[2:-1])
    return number > 0 and (number > sys.maxunicode or not is_legal_xml(chr(number)))


def _remove_illegal(html: str) -> tuple[str, list[int]]:
    """Return HTML without the characters that are not allowed in XML, and the lines of their blocks."""
    if is_legal_xml(html) and "&#" not in html:
        return html, []
    blocks = list(_BLOCK_LINE.finditer(html))
    starts = [match.start() for match in blocks]
    lines: list[int] = []

    def remove_character(match: re.Match[str]) -> str:
        if len(match[0]) > 1 and not is_illegal_reference(match[0]):
            return match[0]
        index = bisect_right(starts, match.start()) - 1
        lines.append(int(blocks[index][1]) if index >= 0 else 1)
        return ""

    removed = remove_matches(_ILLEGAL, remove_character, html)
    return removed, lines


NUMERIC_REFERENCE: Final = r"&#(?:[0-9]{1,7}|[xX][0-9a-fA-F]{1,6});"
_ILLEGAL: Final = re.compile(f"{XML_ILLEGAL_PATTERN.pattern}|{NUMERIC_REFERENCE}")
_BLOCK_LINE: Final = re.compile(rf"{POSITION}(\d+):")


_MATH: Final = re.compile(r'<span data-math-style="\w+" data-sourcepos="[0-9:-]+">([^<]*)</span>')


def _undo_single_tildes(html: str, text: str) -> str:
    """Return HTML in which only text between double tildes is deleted: ``H~2~O`` stays as it is."""
    lines = text.encode().split(b"\n")

    def restore_tildes(match: re.Match[str]) -> str:
        return match[0] if lines[int(match[1]) - 1].startswith(b"~~", int(match[2]) - 1) else f"~{match[3]}~"

    return _STRUCK.sub(restore_tildes, html)


_STRUCK: Final = re.compile(r'<del data-sourcepos="(\d+):(\d+)-[0-9:]+">((?:(?!</?del\b).)*+)</del>', re.DOTALL)


def _rewrite_brackets(html: str, language: str) -> str:
    """Return HTML with task boxes, alerts and footnotes as elements that feed readers keep."""
    if '<input type="checkbox"' in html:
        html = _TASK.sub(lambda match: f"{match[1]}{'☑' if match[2] else '☐'} ", html)
    if "[!" in html:
        html = _ALERT.sub(partial(_write_alert, language), html)
    if 'class="footnote-' in html:
        html = remove_matches(_BACK_LINK, lambda _: "", html)
        html = _NOTE_MARK.sub(r"<sup>[\1]</sup>", html)
        html = _NOTES.sub(r"\g<0><hr />\n", html)
    return html


_BRACKETS: Final = re.compile(r"\[[ xX!^]")
_TASK: Final = re.compile(r'(<li data-sourcepos="[0-9:-]+">(?:\n<p data-sourcepos="[0-9:-]+">)?)'
                          r'<input type="checkbox"( checked="")? disabled="" /> ')  # fmt: skip
_ALERT: Final = re.compile(
    r'(<blockquote data-sourcepos="[0-9:-]+">\n<p data-sourcepos="[0-9:-]+">)'
    r"\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\][ \t]*([^\n<]*)(?:<br [^<>]*>)?(\n|(?=</p>))",
    re.IGNORECASE,
)


def _write_alert(language: str, match: re.Match[str]) -> str:
    title = f"{match[1]}<strong>{match[3].strip() or get_words(language)[match[2].casefold()]}</strong>"
    return f"{title}</p>\n<p>" if match[4] else title


# Feed readers remove links within an entry, so that only the number of a footnote mark is left. The brackets
# distinguish it from "m²".
_NOTE_MARK: Final = re.compile(r'<sup data-sourcepos="[0-9:-]+" class="footnote-ref"><a [^<>]*>([^<]*)</a></sup>')
# Feeds have no styles: a rule separates the notes from the text, which may end in a numbered list.
_NOTES: Final = re.compile(r'<section data-sourcepos="[0-9:-]+" class="footnotes" data-footnotes>\n')
_BACK_LINK: Final = re.compile(
    r' <a (?>[^<>]*?class="footnote-backref")[^<>]*+>(?:[^<]++|<sup[^<>]*+>[^<]*+</sup>)*+</a>'
)
