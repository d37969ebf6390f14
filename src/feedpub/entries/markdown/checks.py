"""Report Markdown that is not published as its author meant it, by comparing it with its HTML."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Final

from .positions import POSITION
from .renderer import NUMERIC_REFERENCE, is_illegal_reference

if TYPE_CHECKING:
    from ..source import Source
    from .renderer import RenderedMarkdown


def report_lost_markdown(source: Source, offset: int, rendered: RenderedMarkdown) -> None:
    """Report emphasis that does not close, footnotes that nothing refers to, and characters not allowed in XML.

    Args:
        source: The file; problems are added to it.
        offset: Where the Markdown begins, in characters.
        rendered: The HTML of the whole Markdown.
    """
    start_line = source.text.count("\n", 0, offset)
    if rendered.illegal_lines:
        _report_illegal_references(source, start_line, rendered.illegal_lines)
    if "**" in rendered.html:
        _report_asterisks(source, start_line, rendered.html)
    if "[^" in source.text:
        _report_unused_footnotes(source, offset, rendered.html)


_REFERENCE: Final = re.compile(NUMERIC_REFERENCE)


def _report_illegal_references(source: Source, start_line: int, lines: list[int]) -> None:
    position = 0
    for line in lines:
        position = max(position, source.find_offset(start_line + line, 1))
        while match := _REFERENCE.search(source.text, position):
            position = match.end()
            if is_illegal_reference(match[0]):
                message = f"{match[0]} is not allowed in feeds and is removed"
                source.add("W121", message, "remove it, or write a visible character", *match.span())
                break


_TEXT_BLOCK: Final = re.compile(rf"<(?:p|h[1-6]|li|t[hd])\b[^<>]*?{POSITION}(\d+):")
# Where asterisks are intended: code, formulas, and escaped characters.
_NOT_EMPHASIS: Final = re.compile(
    r"<(pre|code)\b(?:(?!</?\1\b).)*+</\1>|<span data-escaped-char[^<>]*>[^<]*</span>|<!--.*?-->", re.DOTALL
)
_TAG: Final = re.compile(r"<[^<>]*>")
_ASTERISKS: Final = re.compile(r"(?<!\*)(?<![0-9](?=\*\*[0-9]))\*\*(?!\*)")
_SAMPLE_CHARACTERS: Final = 8


def _report_asterisks(source: Source, start_line: int, html: str) -> None:
    """Report each block that shows two pairs of asterisks; a single pair may be a power, or Python's ``**kwargs``."""
    starts = [(match.start(), int(match[1])) for match in _TEXT_BLOCK.finditer(html)]
    for (start, line), (end, _) in zip([(0, 1), *starts], [*starts, (len(html), 0)], strict=True):
        if html.count("**", start, end) < 2:
            continue
        text = unescape(_TAG.sub("", _NOT_EMPHASIS.sub(" ", html[start:end])))
        pairs = list(_ASTERISKS.finditer(text))
        if len(pairs) < 2:
            continue
        sample = text[pairs[0].start() : pairs[0].end() + _SAMPLE_CHARACTERS].partition("\n")[0]
        block_start = source.find_offset(start_line + line, 1)
        span = find_outside_of_code(source.text, sample, block_start)
        if span[0] < 0:
            span = find_outside_of_code(source.text, "**", block_start)
        span = (span[0], span[0] + len("**")) if span[0] >= 0 else span
        hint = "put spaces outside the asterisks, not inside; or write <strong>…</strong>"
        source.add("W132", "emphasis is shown as asterisks", hint, *span)


def find_outside_of_code(text: str, phrase: str, start: int) -> tuple[int, int]:
    """Return start and end of a phrase in Markdown, from an offset on, outside code and not escaped; or -1 and -1."""
    pattern = re.compile(rf"(`+)[^`\n]{{0,300}}\1|\\[!-/:-@\[-`{{-~]|({re.escape(phrase)})")
    return next((match.span(2) for match in pattern.finditer(text, start) if match[2]), (-1, -1))


_DEFINITION: Final = re.compile(r"^[ >]{0,20}\[\^([^\]\s]+)\]:", re.MULTILINE)
_DEFINITION_IN_HTML: Final = re.compile(r"\[\^([^\]\s<]+)\]:")
_MARK: Final = re.compile(r"\[\^([^\]\s]+)\]")


def _report_unused_footnotes(source: Source, offset: int, html: str) -> None:
    definitions = list(_DEFINITION.finditer(source.text, offset))
    if not definitions:
        return
    starts = {match.start(1) for match in definitions}
    used = {match[1].casefold() for match in _MARK.finditer(source.text, offset) if match.start(1) not in starts}
    in_code = {unescape(match[1]) for match in _DEFINITION_IN_HTML.finditer(html)}
    for match in definitions:
        if match[1].casefold() not in used and match[1] not in in_code:
            message = f"nothing refers to the footnote {match[1][:60]!r}, so it is left out"
            source.add("N133", message, f"write [^{match[1][:60]}] in the text, or remove it", *match.span())
