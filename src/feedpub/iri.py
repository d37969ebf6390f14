r"""Check, resolve and write web addresses as browsers read them (WHATWG URL Standard, section 4.4).

Programs disagree about ``https://evil.example\@good.example/`` and ``http://0x7f.1/``. Here one parser, that of
Node.js, reads all addresses; and an address is rejected if a browser opens another host than the one that people see.
"""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urljoin

import can_ada

from .redaction import hide_secrets

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST_URL_CHARACTERS: Final = 8_000  # servers should accept this many (RFC 9110, section 4.1); few accept more

# A common host, for patterns that match addresses without parsing them: no number, no Punycode.
PLAIN_HOST: Final = r"(?:(?![Xx][Nn]--)[A-Za-z0-9-]{1,63}+\.)++(?![Xx][Nn]--)[A-Za-z][A-Za-z0-9-]{0,62}+"

# A common address, in which all programs read the same host. This check takes a quarter of the time of parsing.
_PLAIN_URL = re.compile(rf"(?=.{{8,200}}\Z)https?://{PLAIN_HOST}(?:[/?#][A-Za-z0-9._~!$&'()*+,;=:@%/?#-]*+)?+")

# The parts of an absolute address (RFC 3986): scheme, user information with "@", host, port, path, query, fragment.
_URL_PARTS = re.compile(
    r"""
    (?P<scheme>[Hh][Tt][Tt][Pp][Ss]?)://
    (?P<userinfo>[^/?#@\\\[\]]*@)?
    (?P<host>\[[^/?#@\\\[\]]*\]|[^/?#@\\:\[\]]*)
    (?P<port>:[0-9]*)?
    (?P<path>(?:/[^?#\\]*)?)
    (?P<query>(?:\?[^#]*)?)
    (?P<fragment>(?:\#.*)?)
    """,
    re.VERBOSE | re.DOTALL,
)
_DNS_NAME = re.compile(r"(?=.{1,254}\Z)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?")  # RFC 1035, section 2.3.4
_PLAIN_BYTES = bytes(code for code in range(0x21, 0x7F) if chr(code) not in '"%<>[\\]^`{|}')
_VALID_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2}|[^%])*")
# Controls, spaces, what XML cannot carry, and bidirectional controls (RFC 3987, section 4.1), which change the order in
# which an address is shown.
_FORBIDDEN_CHARACTERS = re.compile(
    r"[\x00-\x20\x7f-\xa0\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_IRI_WITH_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
# Characters that are not escaped in path, query and fragment (RFC 3986, sections 2.2 and 2.3).
_PATH_CHARACTERS = "/!$&'()*+,;=:@-._~%"
_QUERY_CHARACTERS = _PATH_CHARACTERS + "?"
_EXAMPLE: Final = "write an absolute address, e.g. https://example.org/page"


def parse_url(address: str, base: str = "") -> can_ada.URL | None:
    """Parse an address as browsers do; return None if they cannot open it, or if it is too long.

    Args:
        address: An absolute address, or one that is relative to `base`.
        base: An absolute address; empty if there is none.
    """
    if len(address) > LONGEST_URL_CHARACTERS or len(base) > LONGEST_URL_CHARACTERS:
        return None
    try:
        return can_ada.parse(base) + address if base else can_ada.parse(address)
    except (ValueError, TypeError):  # TypeError: a lone surrogate
        return None


def resolve_url(base: str, address: str) -> str | None:
    """Return the absolute address that a browser opens for a link, spelled as the link is if possible.

    Args:
        base: Absolute address of the page with the link; empty if the link is absolute.
        address: The address in the link.

    Returns:
        An address with any scheme; None if browsers cannot open it.
    """
    if not find_url_fault(address):
        return address
    parsed = parse_url(address, base)
    if parsed is None:
        return None
    if not base:
        return parsed.href
    try:
        joined = urljoin(base, address)  # keeps letters that are not ASCII
    except ValueError:
        return parsed.href
    joined_parsed = parse_url(joined)
    return joined if joined_parsed and joined_parsed.href == parsed.href and not find_url_fault(joined) else parsed.href


def normalise_url(url: str) -> str:
    """Return an absolute address in the spelling of browsers; unchanged if they cannot open it."""
    parsed = parse_url(url)
    return parsed.href if parsed else url


def find_url_fault(url: str) -> str:
    """Return why an address is not an absolute http(s) address that all programs read alike; "" if it is one."""
    if not url:
        return "is empty"
    if _PLAIN_URL.fullmatch(url):
        return ""
    if len(url) > LONGEST_URL_CHARACTERS:
        start = hide_secrets(url[: 2 * LONGEST_URL_CHARACTERS])[:60]
        return f"{start!r}… has {len(url):,} characters; an address may have {LONGEST_URL_CHARACTERS:,} at most"
    match = _FORBIDDEN_CHARACTERS.search(url)
    if match:
        return f"{_quote_url(url)} has {match.group()!r}, which is not allowed in addresses; write it percent-encoded"
    return find_host_fault(url)


def find_host_fault(url: str) -> str:
    """Return why an address has no host, or another host than it shows; "" if it is fine."""
    parsed = parse_url(url)
    if parsed is None and url[:4].lower() == "http":
        return f"{_quote_url(url)} is not an address that browsers can open"
    if parsed is None or parsed.protocol not in ("https:", "http:"):
        return f"{_quote_url(url)} is not an absolute http or https address"
    if parsed.port == "0":
        return f"{_quote_url(url)} has no usable port"
    host = parsed.hostname
    parts = _URL_PARTS.fullmatch(url)
    if parts is None or not _is_same_host(parts["host"], host):
        return f"{_quote_url(url)} is read differently by different programs; browsers open {_quote_url(parsed.href)}"
    if host[0] != "[" and not _DNS_NAME.fullmatch(host):
        return f"{host[:200]!r} is not a host name"
    return ""


def suggest_url(url: str) -> str:
    """Return a hint how to write a faulty address."""
    parsed = parse_url(url)
    if parsed is None or parsed.protocol not in ("https:", "http:"):
        return _EXAMPLE
    uri = hide_secrets(to_uri(parsed.href))
    return f"write {uri}, the address that a browser opens" if not find_url_fault(parsed.href) else _EXAMPLE


def find_host(url: str) -> str:
    """Return the host of an address as browsers read it, in ASCII; an empty string if there is none."""
    parsed = parse_url(url)
    return parsed.hostname if parsed else ""


def are_plain_uris(urls: Sequence[str]) -> bool:
    """Return True if all of these http(s) addresses are already URIs."""
    text = "".join(urls)
    return text.isascii() and not text.encode("ascii").translate(None, _PLAIN_BYTES)


def is_iri(text: str) -> bool:
    """Return True if a text is an absolute IRI with any scheme, as ids in Atom are (RFC 4287, section 4.2.6)."""
    if not _IRI_WITH_SCHEME.fullmatch(text):
        return False
    return text.isprintable() or not _FORBIDDEN_CHARACTERS.search(
        text
    )  # no forbidden character is printable, except space


def to_uri(url: str) -> str:
    """Write a valid http(s) IRI as a URI: the host in its ASCII form (UTS 46), the rest percent-encoded.

    Existing percent-encoding is kept byte for byte (RFC 3987, section 3.1).
    """
    if url.startswith("http") and are_plain_uris((url,)):
        return url
    parts = _URL_PARTS.fullmatch(url)
    if parts is None:
        return quote(url, safe=_QUERY_CHARACTERS + "#")  # not a usable address, but nothing is lost
    host = parts["host"] if parts["host"].isascii() else find_host(url)
    return (
        f"{parts['scheme'].lower()}://{quote(parts['userinfo'] or '', safe=_USERINFO_CHARACTERS)}"
        f"{host}{parts['port'] or ''}"
        f"{_encode_part(parts['path'], _PATH_CHARACTERS)}{_encode_part(parts['query'], _QUERY_CHARACTERS)}"
        f"{_encode_part(parts['fragment'], _QUERY_CHARACTERS)}"
    )


_USERINFO_CHARACTERS: Final = "!$&'()*+,;=:@-._~%"


def encode_iri(text: str) -> str:
    """Write an IRI that is only a name, such as an id, as a URI: all characters but ASCII are percent-encoded.

    RFC 4287 allows IRIs as ids, but RFC 4151 (tag URIs) and many readers do not.
    """
    return text if text.isascii() else quote(text, safe=_PRINTABLE_ASCII)


_PRINTABLE_ASCII: Final = "".join(map(chr, range(0x21, 0x7F)))


def fold_id(text: str) -> str:
    """Return a form that is equal for all ids that readers may take for the same: ids that differ only in escaping.

    It is the form that feeds publish, without character references (some readers decode them twice), and with
    percent-encoding in upper case (RFC 3986, section 6.2.2.1). Different Unicode normal forms stay different.
    """
    for _ in range(_MOST_DECODINGS):
        if "&" not in text:
            break
        text = _REFERENCE.sub(lambda found: unescape(found[0]), text)
    text = encode_iri(text)
    return _PERCENT_ESCAPE.sub(lambda found: found[0].upper(), text) if "%" in text else text


_MOST_DECODINGS: Final = (
    4  # "&amp;amp;" is decoded twice; nobody escapes more often than this, and each time costs time
)
_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,30}[0-9]{0,2});")
_PERCENT_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")


def _encode_part(part: str, safe: str) -> str:
    if not _VALID_ESCAPES.fullmatch(part):  # a percent sign that starts no escape
        part = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", part)
    return part[:1] + quote(part[1:], safe=safe)  # the first one is the delimiter


def _is_same_host(written_host: str, parsed_host: str) -> bool:
    """Return True if a parsed host is the written one, apart from case, Unicode form and the form of IPv6 addresses."""
    if written_host.isascii():
        if written_host.lower() == parsed_host:
            return True
        return written_host[:1] == "[" == parsed_host[:1] and _parse_ip(written_host[1:-1]) == _parse_ip(
            parsed_host[1:-1]
        )
    return unicodedata.normalize("NFC", written_host.lower()) == ".".join(map(_decode_label, parsed_host.split(".")))


def _decode_label(label: str) -> str:
    """Return a label of a parsed host in Unicode (RFC 3492)."""
    return label[4:].encode("ascii").decode("punycode") if label.startswith("xn--") else label


def _parse_ip(text: str) -> object:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _quote_url(url: str) -> str:
    return repr(
        hide_secrets(url[: 2 * LONGEST_URL_CHARACTERS])[:200]
    )  # before the cut, which could remove what shows that a part is secret
