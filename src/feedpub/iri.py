"""Web addresses (RFC 3986, RFC 3987): check them, and write them as URIs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit, urlunsplit

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST_URL_CHARACTERS: Final = 8_000  # of addresses in texts; browsers and servers take no more

# The usual address, told by one match: a plain host and characters that every URI may hold.
_PLAIN = re.compile(
    r"https?://[A-Za-z0-9-]++(?:\.[A-Za-z0-9-]++)*+(?::(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}))?(?:[/?#][!$&(-;=?-Z_a-z~]*)?"
)
_PLAIN_BYTES = bytes(code for code in range(0x21, 0x7F) if chr(code) not in '"%<>[\\]^`{|}')
_ESCAPED = re.compile(r"(?:%[0-9A-Fa-f]{2}|[^%])*")
# Controls, spaces, what XML cannot carry; bidirectional controls (RFC 3987, section 4.1), which turn what is shown.
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
# RFC 3986, section 2.2 and 2.3: what stands unescaped in path, query and fragment.
_PATH = "/!$&'()*+,;=:@-._~%"
_QUERY = _PATH + "?"


def fault(url: str) -> str:
    """Say why `url` is no absolute http(s) address; the empty string if it is one."""
    if _PLAIN.fullmatch(url):
        return ""
    if not url:
        return "is empty"
    found = _FORBIDDEN.search(url)
    if found:
        return f"{url[:200]!r} holds {found.group()!r}, which no address may; write it percent-encoded"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        return f"{url[:200]!r} is not an address ({error})"
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return f"{url[:200]!r} is not an absolute http or https address"
    if not parts.hostname or port == 0:
        return f"{url[:200]!r} has no usable host"
    return _host_fault(parts.hostname)


def is_plain(url: str | None) -> bool:
    """Tell whether `url` is a usual http(s) address, in ASCII and without anything to escape; None is plain."""
    return url is None or _PLAIN.fullmatch(url) is not None


def all_plain(urls: Sequence[str]) -> bool:
    """Tell whether none of these addresses, known to be http(s) ones, needs a change to be a URI."""
    text = "".join(urls)
    return text.isascii() and not text.encode("ascii").translate(None, _PLAIN_BYTES)


def is_iri(text: str) -> bool:
    """Tell whether `text` is an absolute IRI of any scheme, as Atom's ids are (RFC 4287, section 4.2.6)."""
    if not _SCHEME.fullmatch(text):
        return False
    return text.isprintable() or not _FORBIDDEN.search(text)  # printable and no space: nothing of what is forbidden


def to_uri(url: str) -> str:
    """Write an http(s) IRI as a URI: host in its ASCII form (IDNA 2008, UTS 46), the rest percent-encoded.

    What is percent-encoded already is kept byte for byte (RFC 3987, section 3.1).
    """
    if _PLAIN.fullmatch(url):
        return url
    parts = urlsplit(url)
    userinfo, at, host_port = parts.netloc.rpartition("@")
    host, port = _split_port(host_port)
    netloc = quote(userinfo, safe="!$&'()*+,;=:-._~%") + at + _ascii_host(host) + port
    path, query, fragment = (
        _encode(part, safe) for part, safe in ((parts.path, _PATH), (parts.query, _QUERY), (parts.fragment, _QUERY))
    )
    return urlunsplit((parts.scheme, netloc, path, query, fragment))


def _split_port(host_port: str) -> tuple[str, str]:
    found = re.fullmatch(r"(.*?)(:[0-9]*)?", host_port, re.DOTALL)
    assert found is not None  # both parts may be empty: it matches everything
    return found[1], found[2] or ""


def _encode(part: str, safe: str) -> str:
    escaped = _ESCAPED.fullmatch(part)
    if not escaped:  # a stray percent sign
        part = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", part)
    return quote(part, safe=safe)


def _ascii_host(host: str) -> str:
    if host.isascii():
        return host
    import idna  # 10 ms of tables that most sites never need

    return idna.encode(host, uts46=True).decode("ascii")


def _host_fault(host: str) -> str:
    if re.search(r"[<>\"{}|\\^`%]", host) or ".." in host:
        return f"{host!r} is not a host name"
    if host.isascii():
        return ""
    import idna

    try:
        idna.encode(host, uts46=True)
    except idna.IDNAError as error:
        return f"{host!r} is not a host name ({error})"
    return ""
