"""Report links, HTML, template markup and tags that readers will not see as they were written."""

from __future__ import annotations

import re
from bisect import bisect_right
from html import unescape
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from ... import iri
from ...rendering.sanitiser import SCHEMES, trim_address
from ..markdown.checks import find_outside_of_code
from ..markdown.positions import strip_positions
from ..summaries import has_content

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable

    from ..entry_file import EntryFile
    from .losses import Loss

_ADDRESSES = re.compile(
    r"""<(?!(?:code|del|em|h[1-6]|li|[ou]l|p|pre|span|strong|t[dhr])\b)[a-z][a-z0-9]*+  # these have no address
    (?:[ ]data-sourcepos="([0-9:-]+)")?(?:[^<>"']|"[^"]*+"|'[^']*+')*?
    (?<![\w-])(?:href|src)=(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))""",
    re.IGNORECASE | re.VERBOSE,
)
_LINK_OR_PICTURE = re.compile("<(?:a|img) ")
_POSITION_OF_BLOCK = re.compile(r' data-sourcepos="(\d+):')
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")


def inspect_html(file: EntryFile) -> None:
    """Report content that readers will not see as it was written. Builds do this, too, since it costs little."""
    source, values = file.source, file.values
    sections = file.sections
    _report_bare_tags(file)
    _report_template_markup(file)
    if any(problem.code == "E120" for problem in source.problems):
        return
    _note_nothing_to_read(file)
    html = f"{sections.body}\n{sections.points}"
    if sections.has_raw_html or _LINK_OR_PICTURE.search(html):
        removed = None
        if sections.has_raw_html:  # Markdown can lose only addresses
            from .losses import find_losses  # takes 5 ms to import

            losses = find_losses(strip_positions(html), f"{values.get('body', '')}\n{file.sanitised_points}")
            removed = {trim_address(loss.address) for loss in losses if loss.kind in ("address", "removed")}
            _report_losses(file, losses)
        _inspect_addresses(file, html, iri.find_host_fault, removed)
    if sections.unused_links:
        _inspect_addresses(file, sections.unused_links, iri.find_url_fault, None)


def _note_nothing_to_read(file: EntryFile) -> None:
    values, sections = file.values, file.sections
    if values.get("summary") or values.get("source") or sections.references or sections.via or file.sanitised_points:
        return
    if not has_content(values.get("body", "")):
        file.source.add("W130", "there is nothing to read in this entry", "write some text, or add draft: true")


def _report_losses(file: EntryFile, losses: Iterable[Loss]) -> None:
    """Report elements and attributes that are not published, where they begin in the Markdown."""
    from .losses import is_followed

    by_name: dict[str, list[Loss]] = {}
    for loss in losses:
        if loss.kind != "address" and is_followed(loss.address):  # `_inspect_addresses` reports the others
            by_name.setdefault(loss.element.lower(), []).append(loss)
    if not by_name:
        return
    from ..markdown.code_spans import Spans
    from .script_checks import find_exempt_spans

    text = file.source.text
    at_home = Spans(find_exempt_spans(text))
    spans_by_name: dict[str, list[tuple[int, int]]] = {}
    for match in _START_OF_TAG.finditer(text, file.body_start):
        if (name := match[1].lower()) in by_name and match.start() not in at_home:
            spans_by_name.setdefault(name, []).append(match.span())
    for name, group in by_name.items():
        for loss in group:
            spans = spans_by_name.get(name, _NO_SPAN)
            is_each = loss.kind != "attribute" and len(spans) == loss.count
            for span in spans if is_each else spans[:1]:
                file.source.add(*loss.describe_problem(), *span)


def _report_template_markup(file: EntryFile) -> None:
    reported = [markup for markup in file.sections.template_markup if markup.is_reported]
    if reported:
        markdown = file.source.text[file.body_start :]
        for markup in reported:
            span = file.body_start + markup.start, file.body_start + markup.end
            file.source.add(*markup.describe_problem(markdown), *span)


_NO_SPAN: Final = [(-1, -1)]
_START_OF_TAG = re.compile(r"<([A-Za-z][^\s/<>]*+)(?=[\s/>])")


def _inspect_addresses(
    file: EntryFile, html: str, find_fault: Callable[[str], str], removed: Container[str] | None
) -> None:
    """Report addresses that readers cannot follow, each where its link is written.

    Args:
        file: The file with the links; problems are added to it.
        html: Its HTML with positions.
        find_fault: Returns why an address cannot be published; empty if it can.
        removed: The addresses with other schemes that the sanitiser removed; None if it removed all of them.
    """
    source = file.source
    link_positions = _LinkPositions(file, html)
    for match in _ADDRESSES.finditer(html):
        address = trim_address(unescape(match[2] or match[3] or match[4] or ""))
        scheme = _SCHEME.match(address)
        name = scheme[1].casefold() if scheme else ""
        if name in ("http", "https") and (reason := find_fault(address)):
            span = (-1, -1) if source.problems.is_full("E111") else link_positions.find_span(match, address)
            source.add("E111", reason, iri.suggest_url(address), *span)
        is_kept = scheme and removed is not None and address.split()[0] not in removed
        if address.startswith("#") or name in SCHEMES or is_kept:
            continue
        span = (
            (-1, -1)
            if source.problems.is_full("W106" if scheme else "W105")
            else link_positions.find_span(match, address)
        )
        if scheme:
            source.add("W106", f"{scheme[1]}: links are removed", "link to a web page", *span)
        else:
            message = f"{unquote(address)} is a relative address"
            hint = "files beside an entry are not published; write the absolute address, https://…"
            if not address:
                message, hint = "this link has no address", "write its address, https://…, or remove the link"
            elif address.startswith("//"):
                hint = f"write https:{unquote(address)}"
            source.add("W105", message, hint, *span)


class _LinkPositions:
    """The positions in the Markdown of the links in its HTML."""

    def __init__(self, file: EntryFile, html: str) -> None:
        self._source, self._start_line = file.source, file.sections.start_line
        blocks = list(_POSITION_OF_BLOCK.finditer(html))
        self._starts = [match.start() for match in blocks]
        self._lines = [int(match[1]) for match in blocks]
        self._next: dict[str, int] = {}  # where to look for the same address in raw HTML again

    def find_span(self, match: re.Match[str], address: str) -> tuple[int, int]:
        """Return start and end of an address in its link; of the link, if the address is written in another way."""
        return self._find_in_link(match[1], address) if match[1] else self._find_in_html(match, address)

    def _find_in_link(self, position: str, address: str) -> tuple[int, int]:
        line, column, end_line, end_column = map(int, _NUMBER.findall(position))
        start = self._source.find_offset(self._start_line + line, column)
        end = self._source.find_offset(self._start_line + end_line, end_column) + 1
        text = self._source.text[start:end]
        for spelling in (address, unquote(address)):
            if spelling and (index := text.rfind(spelling)) >= 0:  # the last one: the label may be the same
                return start + index, start + index + len(spelling)
        return start, end

    def _find_in_html(self, match: re.Match[str], address: str) -> tuple[int, int]:
        index = bisect_right(self._starts, match.start()) - 1
        block_start = self._source.find_offset(self._start_line + max(1, self._lines[index] if index >= 0 else 1), 1)
        start = max(block_start, self._next.get(address, 0))
        address_text = match[2] or match[3] or match[4] or ""
        attribute = re.compile(rf"""(?:href|src)\s*=\s*["']?({re.escape(address_text)})""", re.IGNORECASE)
        attribute_match = attribute.search(self._source.text, start)
        if not attribute_match:
            return block_start, block_start + 1
        self._next[address] = attribute_match.end()
        return attribute_match.span(1) if address_text else attribute_match.span()


_NUMBER = re.compile(r"\d+")


def _report_bare_tags(file: EntryFile) -> None:
    """Note tags that were read as text, each where it is written outside code."""
    source, tags, after = file.source, file.sections.bare_tags, 0
    for index, (tag, line) in enumerate(tags):
        message, hint = f"{tag} was read as text", f"put it between backticks: `{tag}`"
        if source.problems.is_full("N131"):
            source.add("N131", message, hint, number=len(tags) - index)
            return
        start = max(after, source.find_offset(file.sections.start_line + line, 1))
        span = find_outside_of_code(source.text, tag, start)
        after = max(after, span[1])
        source.add("N131", message, hint, *span)
