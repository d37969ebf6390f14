"""The marks in published files by which a later build recognises them as feedpub's own."""

from __future__ import annotations

import re
from typing import Final

from ..files import read_file
from ..formats import find_format

# A mark counts only in the head of a document: further on, the mark of another document may be quoted.
_PAGE_MARK: Final = b'<meta name="generator" content="feedpub">'
_PAGE_HEAD_END: Final = re.compile(rb"<!--|<body")
OPML_MARK: Final = b"<!-- feedpub -->"  # OPML 2.0 has no element for it
_OPML_HEAD_END: Final = re.compile(rb"<opml")
BEGINNING_BYTES: Final = 32_768


def has_mark(output: str, path: str) -> bool:
    """Return True if a file of the published folder carries the mark of feedpub; False also if it cannot be read."""
    if path.endswith(".html"):
        mark, head_end = _PAGE_MARK, _PAGE_HEAD_END
    elif path.endswith(".opml"):
        mark, head_end = OPML_MARK, _OPML_HEAD_END
    elif feed_format := find_format(path):
        mark, head_end = feed_format.generator_mark, feed_format.head_end_pattern
    else:
        return False
    try:
        beginning = read_file(output, path, first=BEGINNING_BYTES)
    except OSError:
        return False
    end = head_end.search(beginning)
    return mark in beginning[: end.start() if end else None]
