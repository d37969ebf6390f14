"""Front matter and Markdown → the text of an entry file, which is read back as it was written."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

import yaml

from ..rendering.text import join_lines
from .urls import split_link

if TYPE_CHECKING:
    from ..model import Reference


def write_entry_file(
    title: str | None,
    markdown: str,
    *,
    published: str | None = None,
    author: str | None = None,
    via: str | None = None,
    previous: Reference | None = None,
    next: Reference | None = None,
    is_digest: bool = False,
) -> str:
    """Return an entry file: front matter, and Markdown as it is.

    Args:
        title: On one line, whatever it holds.
        markdown: The text below the front matter.
        published: ISO 8601, as `parse_date` takes it.
        author: A name.
        via: Address of the source.
        previous: The article before it; title and address are written.
        next: The article after it.
        is_digest: Say in the front matter that the text is a digest.
    """
    matter = {
        "title": _write_scalar(join_lines(title or "")),
        "published": _write_date(published or ""),
        "author": _write_scalar(join_lines(author or "")),
        "source": _write_scalar(via or ""),
        "previous": _write_neighbour(previous),
        "next": _write_neighbour(next),
        "digest": "true" if is_digest else "",
    }
    lines = [f"{key}: {value}\n" for key, value in matter.items() if value]
    return f"---\n{''.join(lines)}---\n{markdown}" if lines else markdown


def _write_scalar(text: str) -> str:
    """Write text as YAML: plain where every YAML reader takes it for the same text, else in double quotes."""
    try:
        plain = yaml.safe_load(f"key: {text}") == {"key": text}
    except (yaml.YAMLError, ValueError):  # ValueError: looks like a date and is none
        plain = False
    return text if plain or not text else _quote_text(text)


def _quote_text(text: str) -> str:
    return _NOT_IN_YAML.sub(lambda match: f"\\u{ord(match.group()):04x}", json.dumps(text, ensure_ascii=False))


# YAML 1.1, section 5.1; JSON's own escapes are YAML's, too.
_NOT_IN_YAML: Final = re.compile("[\x7f-\x9f\ufeff]")


def _write_date(text: str) -> str:
    return text if _ISO_DATE.fullmatch(text) else _write_scalar(text)


_ISO_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d(?:[T ][0-9:.]+(?:Z|[+-][0-9:]+)?)?", re.ASCII)


def _write_neighbour(reference: Reference | None) -> str:
    """Write a neighbour as its title, or as a link; as a mapping if these would be read as something else."""
    if reference is None:
        return ""
    title, url = join_lines(reference.title), reference.url
    text = f"[{title}]({url})" if url else title
    if split_link(text) == (title, url):
        return _write_scalar(text)
    address = f", url: {_quote_text(url)}" if url else ""
    return f"{{title: {_quote_text(title)}{address}}}"
