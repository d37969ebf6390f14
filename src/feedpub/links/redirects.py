"""Find the target of a redirect, and of a page that redirects its readers (Refresh)."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from .. import iri
from .pages import LONGEST_REFRESH_SECONDS, read_refresh

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .classify import Failure
    from .pages import Page

# No browser follows a redirect to these; others, such as mailto, open a program if there is one.
_REFUSED_SCHEMES: Final = frozenset({"about", "blob", "data", "file", "filesystem", "javascript", "vbscript"})


def find_redirect_target(url: str, location: str) -> tuple[Failure | None, str]:
    """Return where browsers would follow a redirect to (RFC 9110, section 10.2.2).

    Args:
        url: The URL that is redirected.
        location: The field Location.

    Returns:
        Why the redirect cannot be followed (else None), and the target in ASCII (else the empty string).
    """
    with contextlib.suppress(UnicodeError):
        location = location.encode("latin-1").decode("utf-8")
    if len(location) > iri.LONGEST_URL_CHARACTERS:
        return "limit", ""
    target, base = iri.parse_url(location, url), iri.parse_url(url)
    if not location.strip() or any(character in location for character in "\0\r\n") or target is None or base is None:
        return "invalid-redirect", ""
    if target.protocol not in ("http:", "https:"):
        return ("refused-scheme" if target.protocol[:-1] in _REFUSED_SCHEMES else "other-program"), ""
    if iri.find_host_fault(target.href):
        return "invalid-redirect", ""
    if target.origin != base.origin:  # credentials in a redirect to another server are dropped
        target.username = target.password = ""
    elif not target.has_credentials():
        target.username, target.password = base.username, base.password
    uri = iri.to_uri(target.href)
    if len(uri) > iri.LONGEST_URL_CHARACTERS:  # a character may take twelve when it is percent-encoded
        return "limit", ""
    return None, uri


def find_refresh_target(url: str, headers: Mapping[str, str], page: Page | None) -> str:
    """Return where a page sends its readers within ten seconds; the empty string if it does not.

    Args:
        url: Of the page.
        headers: Names in lower case; the field Refresh counts.
        page: What the page says; the element meta counts.
    """
    header = read_refresh(headers.get("refresh", ""))
    location = ""
    if header and header[1] and header[0] <= LONGEST_REFRESH_SECONDS:
        location = header[1]
    elif page and page.refresh:
        base = iri.resolve_url(url, page.refresh[1]) or url
        location = iri.resolve_url(base, page.refresh[0]) or page.refresh[0]
    failure, target = find_redirect_target(url, location) if location else (None, "")
    # A page that reloads itself, or runs a script, does not send its readers on.
    return "" if failure or target.partition("#")[0] == url else target
