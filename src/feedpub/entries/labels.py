"""The grammar of a reference's label: ``title - publisher / publisher``."""

from __future__ import annotations

import re

# The first " - ", " – ", " — " or "——" parts title and publishers: "GPT-OSS" and "A/B" never split. Full-width marks
# bring their own space. No quantifier on the spaces: a long run of them would be scanned again from each of its places.
# The mark comes first in the expressions, and what is before it is looked back for: so they are searched fast.
_SEPARATOR = re.compile(
    r"[-\N{EN DASH}\N{EM DASH}\N{FULLWIDTH HYPHEN-MINUS}](?:(?<=\s.)(?=\s)|(?<=\N{EM DASH})\N{EM DASH})"
)
_BETWEEN_PUBLISHERS = re.compile(r"[/\N{FULLWIDTH SOLIDUS}](?:(?<=\s/)(?=\s)|(?<=\N{FULLWIDTH SOLIDUS}))")


def split_label(label: str) -> tuple[str, tuple[str, ...]]:
    """Part a label into its title and its publishers; no publishers if nothing separates them.

    >>> split_label("Cursor - Cursor Official Website / Codex Plugin")
    ('Cursor', ('Cursor Official Website', 'Codex Plugin'))
    """
    label = label.strip()
    found = _SEPARATOR.search(label)
    if not found:
        return label, ()
    title, rest = label[: found.start()].rstrip(), label[found.end() :].lstrip()
    if not title or not rest:
        return label, ()
    if "/" not in rest and "\N{FULLWIDTH SOLIDUS}" not in rest:
        return title, (rest,)
    return title, tuple([part for part in map(str.strip, _BETWEEN_PUBLISHERS.split(rest)) if part])
