"""Decode pages as browsers do (HTML, section 13.2.3.2): by byte order mark, Content-Type, or meta element."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Final

import webencodings

if TYPE_CHECKING:
    from collections.abc import Generator

_PIECE_BYTES: Final = 128 * 1024  # decoded at once; a millisecond for the slowest codec
_CHARSET: Final = re.compile(r"""charset\s*+=\s*+["']?([^\s"';,<>]{1,40})""", re.IGNORECASE)
_META: Final = re.compile(rb"<meta[\s/][^>]{0,1000}", re.IGNORECASE)
_PRESCANNED_BYTES: Final = 2048


def decode_page(body: bytes, content_type: str) -> Generator[None, None, str]:
    """Return the text of a page; yield every few milliseconds.

    Args:
        body: The page, or its beginning.
        content_type: The field Content-Type.
    """
    encoding = (
        _sniff_encoding(body) or _find_encoding(content_type) or _find_declared_encoding(body[:_PRESCANNED_BYTES])
    )
    if encoding is None:  # no label: UTF-8 if it is valid, else what browsers assume in Western locales
        encoding = webencodings.UTF8 if (yield from _is_utf8(body)) else webencodings.lookup("windows-1252")
    if encoding and encoding.name == "gbk":
        encoding = webencodings.lookup("gb18030")  # Encoding Standard, section 10.1.1; webencodings does not do this
    decoder = webencodings.IncrementalDecoder(encoding or webencodings.UTF8, "replace")
    parts = []
    for start in range(0, len(body), _PIECE_BYTES):
        if start:
            yield
        parts.append(decoder.decode(body[start : start + _PIECE_BYTES]))
    parts.append(decoder.decode(b"", final=True))
    return "".join(parts)


def _is_utf8(body: bytes) -> Generator[None, None, bool]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(body), _PIECE_BYTES):
        if start:
            yield
        try:
            decoder.decode(body[start : start + _PIECE_BYTES])
        except UnicodeDecodeError:
            return False
    return True


def _sniff_encoding(body: bytes) -> webencodings.Encoding | None:
    for byte_order_mark, label in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16le"),
        (codecs.BOM_UTF16_BE, "utf-16be"),
    ):
        if body.startswith(byte_order_mark):
            return webencodings.lookup(label)
    return None


def _find_encoding(text: str) -> webencodings.Encoding | None:
    match = _CHARSET.search(text[:1000])
    return webencodings.lookup(match[1]) if match else None


def _find_declared_encoding(start: bytes) -> webencodings.Encoding | None:
    """Return the encoding that a meta element declares; UTF-16 means UTF-8, since the element was read as ASCII."""
    for match in _META.finditer(start):
        encoding = _find_encoding(match[0].decode("latin-1"))
        if encoding and encoding.name.startswith("utf-16"):
            return webencodings.UTF8
        if encoding:
            return encoding
    return None
