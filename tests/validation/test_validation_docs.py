"""docs/reference/validation.md lists every rule; what follows its comment is made of the rules."""

from __future__ import annotations

import re
from pathlib import Path

from test_validation_rules import RULES

import feedpub

DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "validation.md"
GROUPS = {
    "xml": "XML and encodings",
    "values": "Values and HTML",
    "atom": "Atom, and links in all feeds",
    "rss": "RSS",
    "json": "JSON Feed",
    "sets": "Sets of feeds",
    "server": "Servers",
}


def escape_markdown(page: str) -> str:
    """Return plain text as Markdown: indented lines are code in both."""
    return "".join(
        line if line.startswith("    ") else re.sub(r"([<*&]|(?<!\w)_|_(?!\w))", r"\\\1", line)
        for line in page.splitlines(keepends=True)
    )


def describe_rules() -> str:
    """Return the part of the document that is made of the rules."""
    parts = []
    for file, title in GROUPS.items():
        parts.append(f"\n## {title}\n")
        for code in feedpub.problem_codes():
            if RULES.get(code, {}).get("file") == file:
                head, _, page = feedpub.explain(code).partition("\n\n")
                parts.append(f"\n### {escape_markdown(head)}\n\n{escape_markdown(page)}")
    return "".join(parts)


def test_document_lists_the_rules(update_golden: bool) -> None:
    start, mark, rest = DOCUMENT.read_text(encoding="utf-8").partition("-->\n")
    if update_golden:
        DOCUMENT.write_text(start + mark + describe_rules(), encoding="utf-8")
        return
    assert rest == describe_rules(), "run pytest tests/validation --update-golden"


def test_every_group_is_listed() -> None:
    assert {rule["file"] for rule in RULES.values()} == set(GROUPS)
