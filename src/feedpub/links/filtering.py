"""Find addresses that get a verdict without a request, in the same way for `check` and `report`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .. import iri
from ..transport import network_addresses
from .classify import ProbeResult, Verdict, classify_result

if TYPE_CHECKING:
    from ..model import LinkSettings

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30}):")
# URLs whose host may be a number; only these are parsed for that, which takes longer.
_MAY_BE_NUMERIC: Final = re.compile(r"https?:[/\\]*(?:[^/?#\\]*@)?[0-9\[%]", re.IGNORECASE)


class AddressFilter:
    """Finds the addresses that need no request: not http, excluded, malformed, or private.

    Args:
        settings: How links are checked.
        refuse_private: Skip addresses of private networks, unless the settings allow them. The transport refuses them
            as well, and also names and redirects that lead there.

    Raises:
        re.error: A pattern of `settings.exclude` is not a regular expression.
    """

    def __init__(self, settings: LinkSettings, *, refuse_private: bool = True) -> None:
        self._exclude = [re.compile(pattern) for pattern in settings.exclude]
        self._refuse_private = refuse_private and not settings.allow_private

    def judge_address(self, url: str) -> Verdict | None:
        """Return the verdict on an address that needs no request; None if a request is needed."""
        scheme = _SCHEME.match(url)
        if scheme and scheme[1].lower() not in ("http", "https"):
            return Verdict(status="skipped", reason=f"{scheme[1].lower()} is not http")
        if self._exclude and self._is_excluded(url):
            return classify_result(ProbeResult(url=url, failure="excluded"))
        fault = iri.find_url_fault(url)
        if fault and iri.find_url_fault(iri.resolve_url("", url) or ""):
            return Verdict(status="suspect", reason=f"malformed: {fault if url else 'the address is empty'}"[:300])
        if self._refuse_private and (_MAY_BE_NUMERIC.match(url) or not url.isascii()):
            literal = network_addresses.parse_numeric_host(iri.find_host(url))
            if literal and not network_addresses.is_public(str(literal)):
                return classify_result(ProbeResult(url=url, failure="private", detail=str(literal)))
        return None

    def _is_excluded(self, url: str) -> bool:
        """Return True if a pattern matches an address as it is written, or as browsers write it."""
        parsed = iri.parse_url(url)
        spellings = (url, parsed.href) if parsed else (url,)
        return any(pattern.search(spelling) for pattern in self._exclude for spelling in spellings)
