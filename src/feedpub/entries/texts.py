"""The texts of an entry: sanitise them once, derive the summary, find a title, check the dates."""

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
    """Record a problem if dates contradict each other."""
    values = file.values
    if "updated" in values and "published" in values and values["updated"] < values["published"]:
        file.source.add("W107", "updated is before published", "correct one of them", *file.find_position("updated"))


def sanitise_texts(file: EntryFile, base: str, copies: int) -> None:
    """Sanitise what the Markdown says, once, and derive the summary from what was kept.

    Args:
        file: Whose `values` take body, key points and summary.
        base: Address of the entry's page.
        copies: How many feeds of a language show it.
    """
    sections, values = file.sections, file.values
    body, points, summary = sections.body, sections.points, sections.summary
    plain_summary = summary if sections.is_plain_summary else ""  # else the body begins with it
    in_body = {"references"} if sections.has_references_in_body else set()
    html = f"{plain_summary}\n{body}\n{points}"
    if reason := find_excess(html, base, copies=copies, is_closed=not sections.has_raw_html):
        file.source.add("E120", reason, "close the tags that stay open, or split the article")
        body = points = summary = ""
    towards = get_direction(file.language)
    if body:
        body = sanitise_html(body, base, direction=towards)
    values["body"] = body
    if points:
        file.sanitised_points = sanitise_html(points, base, direction=towards)
        values["key_points"] = KeyPointList(file.sanitised_points)
    stated_summary: str = values.get("summary") or ""
    if summary and not stated_summary:
        is_plain = sections.is_plain_summary
        values["summary"] = paragraphs_to_text(summary if is_plain else NOTE_MARK.sub("", sanitise_html(summary, base)))
        in_body |= set() if is_plain else {"summary"}
    elif summary and sections.is_plain_summary and html_to_text(summary) != join_lines(stated_summary):
        values["body"] = sanitise_html(f"{summary}\n{sections.body}", base, direction=towards)
    elif not stated_summary:
        values["summary"] = make_excerpt(body)
        in_body.add("summary")
    elif any(
        start.startswith(join_lines(stated_summary)) for start in (read_first_text(body), _first_block_text(body))
    ):
        in_body.add("summary")  # the author has copied the start of the text
    values["in_body"] = frozenset(in_body)


def _first_block_text(body: str) -> str:
    """Return the text of what comes first, also of a quotation."""
    return html_to_text(body.partition("</p>")[0])


def ensure_title(file: EntryFile, config: Config) -> None:
    """Ask for a title; with `untitled = true` the first words of the text stand in for one."""
    if config.untitled and not file.values.get("title") and file.values.get("summary"):
        file.has_title = False
        file.values["title"] = derive_summary(file.values["summary"], LONGEST_FIRST_WORDS_GRAPHEMES)
    if not file.values.get("title") and "title" not in file.matter and not file.values.get("draft"):
        hint = "add title: to the front matter, or begin the text with a line # Title"
        span = (0, 3) if file.body_start else (-1, -1)
        file.source.add("E101", "this entry has no title", hint, *span)
