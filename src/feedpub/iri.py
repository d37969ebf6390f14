r"""Web addresses as browsers read them (WHATWG URL Standard, section 4.4): check, resolve, and write them as URIs.

Programs disagree about ``https://evil.example\@good.example/`` or ``http://0x7f.1/``. Here one parser reads all
addresses, the one of Node.js; and what people write is refused where its host is not the one that stands there.
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

LONGEST_URL_CHARACTERS: Final = 8_000  # RFC 9110, section 4.1, asks servers for this much; few take more

# The usual host, for patterns that read addresses without parsing them: no number, no Punycode.
PLAIN_HOST: Final = r"(?:(?![Xx][Nn]--)[A-Za-z0-9-]{1,63}+\.)++(?![Xx][Nn]--)[A-Za-z][A-Za-z0-9-]{0,62}+"

# The usual address, of which no program can read another host than all others; checked in a quarter of the time.
_PLAIN_URL = re.compile(rf"(?=.{{8,200}}\Z)https?://{PLAIN_HOST}(?:[/?#][A-Za-z0-9._~!$&'()*+,;=:@%/?#-]*+)?+")

# An absolute address as RFC 3986 parts it: scheme, user information with "@", host, port, path, query, fragment.
_PARTS = re.compile(
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
_ESCAPED = re.compile(r"(?:%[0-9A-Fa-f]{2}|[^%])*")
# Controls, spaces, what XML cannot carry; bidirectional controls (RFC 3987, section 4.1), which turn what is shown.
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
# RFC 3986, section 2.2 and 2.3: what stands unescaped in path, query and fragment.
_PATH = "/!$&'()*+,;=:@-._~%"
_QUERY = _PATH + "?"
_EXAMPLE: Final = "write an absolute address, e.g. https://example.org/page"


def parse_url(address: str, base: str = "") -> can_ada.URL | None:
    """Return an address as browsers read it; None if they cannot open it, or it is too long.

    Args:
        address: Absolute, or relative to `base`.
        base: An absolute address.
    """
    if len(address) > LONGEST_URL_CHARACTERS or len(base) > LONGEST_URL_CHARACTERS:
        return None
    try:
        return can_ada.parse(base) + address if base else can_ada.parse(address)
    except (ValueError, TypeError):  # TypeError: a lone surrogate
        return None


def resolve_url(base: str, address: str) -> str | None:
    """Return the absolute address that a browser opens for a link, in the letters that it is written in.

    Args:
        base: The absolute address of the page that the link stands in; "" if the link is absolute.
        address: What the link says.

    Returns:
        An address of any scheme; None if it leads nowhere.
    """
    if not find_url_fault(address):
        return address
    parsed = parse_url(address, base)
    if parsed is None:
        return None
    if not base:
        return parsed.href
    try:
        joined = urljoin(base, address)  # keeps letters as they are written
    except ValueError:
        return parsed.href
    same = parse_url(joined)
    return joined if same and same.href == parsed.href and not find_url_fault(joined) else parsed.href


def normalise_url(url: str) -> str:
    """Return an absolute address as browsers write it; unchanged if they cannot open it."""
    parsed = parse_url(url)
    return parsed.href if parsed else url


def find_url_fault(url: str) -> str:
    """Return why `url` is not an absolute http(s) address that all programs read alike; "" if it is one."""
    if not url:
        return "is empty"
    if _PLAIN_URL.fullmatch(url):
        return ""
    if len(url) > LONGEST_URL_CHARACTERS:
        start = hide_secrets(url[: 2 * LONGEST_URL_CHARACTERS])[:60]
        return f"{start!r}… has {len(url):,} characters; an address has {LONGEST_URL_CHARACTERS:,} at most"
    found = _FORBIDDEN.search(url)
    if found:
        return f"{_quote_url(url)} holds {found.group()!r}, which no address may; write it percent-encoded"
    return find_host_fault(url)


def find_host_fault(url: str) -> str:
    """Return why an address leads to no host, or to another one than it shows; "" if it leads there."""
    parsed = parse_url(url)
    if parsed is None and url[:4].lower() == "http":
        return f"{_quote_url(url)} is not an address that browsers can open"
    if parsed is None or parsed.protocol not in ("https:", "http:"):
        return f"{_quote_url(url)} is not an absolute http or https address"
    if parsed.port == "0":
        return f"{_quote_url(url)} has no usable port"
    host = parsed.hostname
    parts = _PARTS.fullmatch(url)
    if parts is None or not _is_same_host(parts["host"], host):
        return f"{_quote_url(url)} is not read alike by all programs; browsers open {_quote_url(parsed.href)}"
    if host[0] != "[" and not _DNS_NAME.fullmatch(host):
        return f"{host[:200]!r} is not a host name"
    return ""


def suggest_url(url: str) -> str:
    """Return a hint that says how to write a faulty address."""
    parsed = parse_url(url)
    if parsed is None or parsed.protocol not in ("https:", "http:"):
        return _EXAMPLE
    meant = hide_secrets(to_uri(parsed.href))
    return f"write {meant}, the address that a browser opens" if not find_url_fault(parsed.href) else _EXAMPLE


def find_host(url: str) -> str:
    """Return the host of an address, as browsers read it, in ASCII; the empty string if there is none."""
    parsed = parse_url(url)
    return parsed.hostname if parsed else ""


def are_plain_uris(urls: Sequence[str]) -> bool:
    """Return True if none of these addresses, known to be http(s) ones, needs a change to be a URI."""
    text = "".join(urls)
    return text.isascii() and not text.encode("ascii").translate(None, _PLAIN_BYTES)


def is_iri(text: str) -> bool:
    """Return True if `text` is an absolute IRI of any scheme, as Atom's ids are (RFC 4287, section 4.2.6)."""
    if not _SCHEME.fullmatch(text):
        return False
    return text.isprintable() or not _FORBIDDEN.search(text)  # printable and no space: nothing of what is forbidden


def to_uri(url: str) -> str:
    """Write an http(s) IRI without fault as a URI: host in its ASCII form (UTS 46), the rest percent-encoded.

    What is percent-encoded already is kept byte for byte (RFC 3987, section 3.1).
    """
    if url.startswith("http") and are_plain_uris((url,)):
        return url
    parts = _PARTS.fullmatch(url)
    if parts is None:
        return quote(url, safe=_QUERY + "#")  # of no use as an address, but nothing is lost
    host = parts["host"] if parts["host"].isascii() else find_host(url)
    return (
        f"{parts['scheme'].lower()}://{quote(parts['userinfo'] or '', safe=_USERINFO)}{host}{parts['port'] or ''}"
        f"{_encode_part(parts['path'], _PATH)}{_encode_part(parts['query'], _QUERY)}"
        f"{_encode_part(parts['fragment'], _QUERY)}"
    )


_USERINFO: Final = "!$&'()*+,;=:@-._~%"


def encode_iri(text: str) -> str:
    """Write an IRI that only names something, such as an id, as a URI: other than ASCII is percent-encoded.

    RFC 4287 allows IRIs there, but RFC 4151 (tag URIs) and many readers do not.
    """
    return text if text.isascii() else quote(text, safe=_ASCII)


_ASCII: Final = "".join(map(chr, range(0x21, 0x7F)))


def fold_id(text: str) -> str:
    """Return what ids have in common that readers may take for one: those that differ by escaping alone.

    That is the form in which feeds publish it, without character references (some readers decode them twice), and with
    percent-encoding in upper case (RFC 3986, section 6.2.2.1). Letters composed in another way remain different.
    """
    for _ in range(_MOST_DECODINGS):
        if "&" not in text:
            break
        text = _REFERENCE.sub(lambda found: unescape(found[0]), text)
    text = encode_iri(text)
    return _ESCAPE.sub(lambda found: found[0].upper(), text) if "%" in text else text


_MOST_DECODINGS: Final = 4  # "&amp;amp;" is one more of "&amp;"; each costs time, and nobody escapes so often
_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,30}[0-9]{0,2});")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")


def _encode_part(part: str, safe: str) -> str:
    if not _ESCAPED.fullmatch(part):  # a stray percent sign
        part = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", part)
    return part[:1] + quote(part[1:], safe=safe)  # the first one is the delimiter


def _is_same_host(written: str, read: str) -> bool:
    """Return True if a host is read as it is written, except for case and the form of letters and IPv6 addresses."""
    if written.isascii():
        if written.lower() == read:
            return True
        return written[:1] == "[" == read[:1] and _parse_ip(written[1:-1]) == _parse_ip(read[1:-1])
    return unicodedata.normalize("NFC", written.lower()) == ".".join(map(_decode_label, read.split(".")))


def _decode_label(label: str) -> str:
    """Return a label of a host in ASCII, which the parser has judged, in its own letters (RFC 3492)."""
    return label[4:].encode("ascii").decode("punycode") if label.startswith("xn--") else label


def _parse_ip(text: str) -> object:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _quote_url(url: str) -> str:
    return repr(hide_secrets(url[: 2 * LONGEST_URL_CHARACTERS])[:200])  # first: a cut would hide what is secret
