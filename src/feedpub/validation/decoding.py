"""From the bytes of an XML document to UTF-8: byte order mark, HTTP charset, declaration (RFC 7303, section 3)."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Final, NamedTuple

_BYTE_ORDER_MARKS: Final = (  # the longer ones first: that of UTF-32 begins like that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_STARTS: Final = (  # of a document in UTF-16 without a byte order mark (XML 1.0, appendix F)
    (b"<\x00?\x00", "utf-16-le"),
    (b"\x00<\x00?", "utf-16-be"),
)
_DECLARATION = re.compile(rb"""\s{0,200}<\?xml[^>]{0,200}?encoding\s{0,20}=\s{0,20}["']([^"'>]{1,100})["']""")
# Names that Python takes for encodings, and that no document is in; some of them decode in quadratic time.
_UNUSABLE: Final = frozenset(
    "idna punycode unicode_escape raw_unicode_escape undefined mbcs oem palmos utf_7 utf-7 utf-8-sig".split()
)
# RFC 7303 asks for UTF-8; programs that are not made for feeds read these as well.
_COMMON: Final = frozenset(("utf-8", "utf-16", "utf-16-le", "utf-16-be", "ascii", "iso8859-1", "cp1252"))


class Finding(NamedTuple):
    """What is wrong with the encoding, and at which byte."""

    code: str
    message: str
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A document in UTF-8.

    Args:
        data: Without a byte order mark.
        encoding: What it was written in, by the name that Python has for it.
        declared: The encoding that the XML declaration names; empty if it names none.
        findings: What is wrong.
    """

    data: bytes
    encoding: str
    declared: str = ""
    findings: tuple[Finding, ...] = ()


def decode(data: bytes, charset: str = "") -> Decoded:
    """Return a document in UTF-8, with what is wrong about its encoding; bytes that are wrong become U+FFFD.

    Args:
        data: The document.
        charset: The parameter of the HTTP header Content-Type; empty if there is none.
    """
    mark, marked = _find_byte_order_mark(data)
    data = data[len(mark) :]
    encoding = marked or next((name for start, name in _STARTS if data.startswith(start)), "")
    declared, declaration_offset = _find_declaration(data, encoding)
    findings = _compare_declared(encoding, declared, declaration_offset)
    if not encoding:
        encoding, unknown = _look_up_encoding(charset or declared or "utf-8")
        if unknown:
            findings.append(Finding("E303", f"there is no encoding {unknown[:50]!r}", declaration_offset))
    if encoding not in _COMMON:
        findings.append(Finding("W304", f"the document is in {encoding}, which few programs read", declaration_offset))
    elif not encoding.startswith(("utf-", "ascii")):
        findings.append(Finding("N302", f"the document is in {encoding}", declaration_offset))
    if encoding in ("utf-8", "ascii"):
        return _decode_utf8(data, encoding, declared, findings)
    text, error_position = _decode_text(data, encoding)
    converted = text.encode("utf-8", "surrogatepass")
    if error_position >= 0:
        offset = len(text[: text.find("\ufffd")].encode("utf-8", "surrogatepass"))
        findings.append(_describe_wrong_byte(data, error_position, encoding, offset))
    return Decoded(data=converted, encoding=encoding, declared=declared, findings=tuple(findings))


def decode_json(data: bytes) -> Decoded:
    """Return a document of JSON in UTF-8, which it must be in (RFC 8259, section 8.1)."""
    mark, marked = _find_byte_order_mark(data)
    encoding = marked or "utf-8"
    findings = [Finding("W601", "the document starts with a byte order mark")] if marked == "utf-8" else []
    if encoding == "utf-8":
        return _decode_utf8(data[len(mark) :], encoding, "", findings)
    findings.append(Finding("E302", f"JSON is in UTF-8, not in {encoding}"))
    text, _ = _decode_text(data[len(mark) :], encoding)
    return Decoded(data=text.encode("utf-8", "surrogatepass"), encoding=encoding, findings=tuple(findings))


def _find_byte_order_mark(data: bytes) -> tuple[bytes, str]:
    """Return the byte order mark of a document, and the encoding that it stands for; both empty if it has none."""
    return next(((mark, name) for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), (b"", ""))


def is_same_encoding(first: str, second: str) -> bool:
    """Return True if two names are names of one encoding, such as ``utf8`` and ``UTF-8``."""
    if first.lower() == second.lower():
        return True
    (encoding, unknown), (other, other_unknown) = _look_up_encoding(first), _look_up_encoding(second)
    return not unknown and not other_unknown and encoding == other


def _find_declaration(data: bytes, encoding: str) -> tuple[str, int]:
    start = data[:1000]
    if encoding.startswith(("utf-16", "utf-32")):
        start = start.decode(encoding, "ignore").encode("ascii", "replace")
    match = _DECLARATION.match(start)
    return (match[1].decode("ascii", "replace"), match.start(1)) if match else ("", 0)


def _compare_declared(encoding: str, declared: str, offset: int) -> list[Finding]:
    """Return what is wrong if the start of the bytes says something else than the declaration."""
    if not encoding or not declared:
        return []
    name, unknown = _look_up_encoding(declared)
    if not unknown and encoding.startswith(name.removesuffix("-le").removesuffix("-be")):
        return []
    return [Finding("E302", f"the bytes are {encoding}, and the declaration says {declared}", offset)]


def _look_up_encoding(name: str) -> tuple[str, str]:
    """Return the name that Python has for an encoding, and the name as it was given if there is none."""
    try:
        codec = codecs.lookup(name.strip()).name
        b" ".decode(codec, "replace")  # a codec that is not for text, such as base64, raises LookupError
    except (LookupError, ValueError, UnicodeError):
        return "utf-8", name
    return ("utf-8", name) if codec.replace("-", "_") in _UNUSABLE or codec in _UNUSABLE else (codec, "")


def _decode_utf8(data: bytes, encoding: str, declared: str, findings: list[Finding]) -> Decoded:
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        repaired = data.decode("utf-8", "replace").encode()
        offset = len(data[: error.start].decode("utf-8", "replace").encode())
        findings.append(_describe_wrong_byte(data, error.start, encoding, offset))
        data = repaired
    return Decoded(data=data, encoding=encoding, declared=declared, findings=tuple(findings))


def _decode_text(data: bytes, encoding: str) -> tuple[str, int]:
    """Return the text, and the first byte that is wrong; -1 if there is none."""
    try:
        return data.decode(encoding), -1
    except UnicodeDecodeError as error:
        return data.decode(encoding, "replace"), error.start


def _describe_wrong_byte(data: bytes, position: int, encoding: str, offset: int) -> Finding:
    return Finding("E302", f"byte {position + 1} (0x{data[position]:02X}) is not {encoding}", offset)
