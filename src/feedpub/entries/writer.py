"""Write entry files: front matter and Markdown, so that reading them gives the same values."""

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
    """Return the text of an entry file: front matter, and the Markdown unchanged.

    Args:
        title: The title; line ends in it become spaces.
        markdown: The text below the front matter.
        published: A date in ISO 8601, as `parse_date` reads it.
        author: A name.
        via: The address of the source.
        previous: The previous article; its title and address are written.
        next: The next article.
        is_digest: Write ``digest: true`` into the front matter.
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
    """Return text as YAML: plain if YAML reads it as the same text, otherwise in double quotes."""
    try:
        plain = yaml.safe_load(f"key: {text}") == {"key": text}
    except (yaml.YAMLError, ValueError):  # ValueError: it looks like a date, but is not one
        plain = False
    return text if plain or not text else _quote_text(text)


def _quote_text(text: str) -> str:
    return _NOT_IN_YAML.sub(lambda match: f"\\u{ord(match.group()):04x}", json.dumps(text, ensure_ascii=False))


# YAML 1.1, section 5.1. The escapes of JSON are also escapes of YAML.
_NOT_IN_YAML: Final = re.compile("[\x7f-\x9f\ufeff]")


def _write_date(text: str) -> str:
    return text if _ISO_DATE.fullmatch(text) else _write_scalar(text)


_ISO_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d(?:[T ][0-9:.]+(?:Z|[+-][0-9:]+)?)?", re.ASCII)


def _write_neighbour(reference: Reference | None) -> str:
    """Return a neighbour as its title or as a link; as a mapping if these would be read as something else."""
    if reference is None:
        return ""
    title, url = join_lines(reference.title), reference.url
    text = f"[{title}]({url})" if url else title
    if split_link(text) == (title, url):
        return _write_scalar(text)
    address = f", url: {_quote_text(url)}" if url else ""
    return f"{{title: {_quote_text(title)}{address}}}"
