"""The cookies of one chain of redirects (RFC 6265, section 5): some sites require that they are returned."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from .. import iri
from ..transport import network_addresses

if TYPE_CHECKING:
    from collections.abc import Iterable

# All of them are sent in one request; servers accept no longer ones.
_MOST_CHARACTERS: Final = 16_000
_LONGEST_CHARACTERS: Final = 4_096  # of one, as in browsers


class _Key(NamedTuple):
    domain: str  # with a leading dot if subdomains get it as well
    path: str
    name: str


class Cookies:
    """The cookies that servers have set; `str` of it contains all of them."""

    __slots__ = ("_cookies",)

    def __init__(self) -> None:
        self._cookies: dict[_Key, tuple[str, bool]] = {}  # value, and whether it is sent over https only

    def __str__(self) -> str:
        return str(self._cookies)

    def store_cookies(self, url: str, fields: Iterable[str]) -> None:
        """Add, change or delete cookies as the response for a URL says (the fields Set-Cookie)."""
        parsed = iri.parse_url(url)
        if parsed is None:
            return
        for field in fields:
            pair, _, attributes_text = field.partition(";")
            name, equals, value = map(str.strip, pair.partition("="))
            if not equals or len(field) > _LONGEST_CHARACTERS or not (field.isascii() and field.isprintable()):
                continue
            attributes = _read_attributes(attributes_text)
            domain = _find_domain(attributes.get("domain", ""), parsed.hostname)
            path = attributes.get("path", "")
            if not path.startswith("/"):
                path = parsed.pathname.rpartition("/")[0] or "/"  # section 5.1.4
            key = _Key(domain, path, name)
            self._cookies.pop(key, None)
            size = sum(len(key.name) + len(value) for key, (value, _) in self._cookies.items())
            if not _is_expired(attributes) and size + len(name) + len(value) <= _MOST_CHARACTERS:
                self._cookies[key] = (value, "secure" in attributes)

    def format_header(self, url: str) -> str:
        """Return the field Cookie for a URL; the empty string if there is none to send."""
        if not self._cookies:
            return ""
        parsed = iri.parse_url(url)
        if parsed is None:
            return ""
        is_secure = parsed.protocol == "https:"
        sent = [
            (key, value)
            for key, (value, needs_https) in self._cookies.items()
            if (is_secure or not needs_https)
            and _matches_domain(key.domain, parsed.hostname)
            and _matches_path(key.path, parsed.pathname)
        ]
        sent.sort(key=lambda cookie: -len(cookie[0].path))  # section 5.4
        return "; ".join(f"{key.name}={value}" for key, value in sent)


def _read_attributes(text: str) -> dict[str, str]:
    """Return the attributes of a cookie; of two with the same name, the last one counts."""
    attributes = {}
    for part in text.split(";"):
        name, _, value = part.partition("=")
        attributes[name.strip().lower()] = value.strip()
    return attributes


def _is_expired(attributes: dict[str, str]) -> bool:
    """Return True if a cookie should be deleted; Max-Age counts before Expires (section 5.3)."""
    seconds = attributes.get("max-age", "")
    if seconds.removeprefix("-").isdecimal():
        return seconds.startswith("-") or not seconds.strip("0")
    if "expires" not in attributes:
        return False
    from email.utils import parsedate_to_datetime  # takes 10 ms to load, and is seldom needed

    try:
        moment = parsedate_to_datetime(attributes["expires"])
    except (ValueError, TypeError, IndexError, OverflowError):
        return False
    return moment.replace(tzinfo=moment.tzinfo or UTC) <= datetime.now(UTC)


def _find_domain(domain: str, host: str) -> str:
    """Return which hosts get a cookie: one host, or a domain with a leading dot that the host belongs to."""
    domain = f".{domain.strip('.').lower()}"
    is_wide = domain.count(".") > 1 and not network_addresses.parse_numeric_host(host) and f".{host}".endswith(domain)
    return domain if is_wide else host


def _matches_domain(domain: str, host: str) -> bool:
    return domain == host or (domain.startswith(".") and f".{host}".endswith(domain))


def _matches_path(path: str, requested: str) -> bool:
    """Return True if a cookie of a path is sent with a request for another path (section 5.1.4)."""
    return requested == path or (requested.startswith(path) and (path.endswith("/") or requested[len(path)] == "/"))
