"""The texts of an entry: sanitise them once, derive a summary and a title, check the dates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..language import get_direction
from ..model.key_points import KeyPointList
from ..rendering.html_limits import find_excess
from ..rendering.sanitiser import sanitise_html
from ..rendering.text import html_to_text, join_lines, paragraphs_to_text
from .sections.blocks import NOTE_MARK, read_first_text
from .summaries import LONGEST_FIRST_WORDS_GRAPHEMES, derive_summary, make_excerpt

if TYPE_CHECKING:
    from ..model import Config
    from .entry_file import EntryFile


def check_dates(file: EntryFile) -> None:
    """Warn if the entry was updated before it was published, in the file that states one of the dates."""
    values = file.values
    if not file.matter.keys() & {"updated", "published"}:
        return
    if "updated" in values and "published" in values and values["updated"] < values["published"]:
        file.source.add("W107", "updated is before published", "correct one of them", *file.find_span("updated"))


def sanitise_texts(file: EntryFile, base: str, copies: int) -> None:
    """Sanitise body and key points once, and derive the summary from the sanitised text.

    Args:
        file: The file; its `values` get body, key points and summary.
        base: The address of the entry's page, which relative addresses start from.
        copies: In how many feeds of a language the entry is published.
    """
    sections, values = file.sections, file.values
    body, points, summary = sections.body, sections.points, sections.summary
    plain_summary = summary if sections.is_plain_summary else ""  # else the body begins with it
    in_body = {"references"} if sections.has_references_in_body else set()
    html = f"{plain_summary}\n{body}\n{points}"
    if reason := find_excess(html, base, copies=copies, is_closed=not sections.has_raw_html):
        file.source.add("E120", reason, "close the open tags, or split the article")
        body = points = summary = ""
    text_direction = get_direction(file.language)
    if body:
        body = sanitise_html(body, base, direction=text_direction)
    values["body"] = body
    if points:
        file.sanitised_points = sanitise_html(points, base, direction=text_direction)
        values["key_points"] = KeyPointList(file.sanitised_points)
    stated_summary: str = values.get("summary") or ""
    if summary and not stated_summary:
        is_plain = sections.is_plain_summary
        values["summary"] = paragraphs_to_text(summary if is_plain else NOTE_MARK.sub("", sanitise_html(summary, base)))
        in_body |= set() if is_plain else {"summary"}
    elif summary and sections.is_plain_summary and html_to_text(summary) != join_lines(stated_summary):
        values["body"] = sanitise_html(f"{summary}\n{sections.body}", base, direction=text_direction)
    elif not stated_summary:
        values["summary"] = make_excerpt(body)
        in_body.add("summary")
    elif any(
        start.startswith(join_lines(stated_summary)) for start in (read_first_text(body), _read_first_block(body))
    ):
        in_body.add("summary")  # the author has copied the start of the text
    values["in_body"] = frozenset(in_body)


def _read_first_block(body: str) -> str:
    """Return the text of the first block, even if it is a quotation."""
    return html_to_text(body.partition("</p>")[0])


def ensure_title(file: EntryFile, config: Config) -> None:
    """Report a missing title; with the setting `untitled`, use the first words of the text instead."""
    if config.untitled and not file.values.get("title") and file.values.get("summary"):
        file.has_title = False
        file.values["title"] = derive_summary(file.values["summary"], LONGEST_FIRST_WORDS_GRAPHEMES)
    if not file.values.get("title") and "title" not in file.matter and not file.values.get("draft"):
        hint = "add title: to the front matter, or begin the text with a line # Title"
        span = (0, 3) if file.body_start else (-1, -1)
        file.source.add("E101", "this entry has no title", hint, *span)
