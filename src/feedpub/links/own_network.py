"""Whether it is our own network that fails, and not the hosts: pure functions.

The answers of the run itself are the best evidence. One answer that only its host can have given proves that the
network is up. Else hosts that cannot be reached, and answers that a proxy or a captive portal gives in place of the
host, are held back until the end of the run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .. import iri
from ..transport import network_addresses
from .destinations import is_same_page

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from .classify import ProbeResult

FEWEST_HOSTS: Final = 5
_FEWEST_BEHIND_PROXY: Final = 2  # of a proxy that was set it is known that it may answer in place of hosts
_SHARE_FAILED: Final = 0.6
# What one answer says about the network. Anything else is an answer that somebody on the way may have given, such as
# "503 Service Unavailable": two that differ come from the hosts.
FROM_HOST: Final = "host"  # only the host itself can have given it
UNREACHED: Final = "unreached"  # it failed at the look-up of the name, or before there was a connection
UNANSWERED: Final = "unanswered"
NETWORK_LOGIN: Final = "511"  # RFC 6585, section 6

_UNREACHED: Final = frozenset({"no-host", "lookup", "refused", "timeout", "unreachable", "network-down"})
_UNANSWERED: Final = frozenset({"timeout", "reset", "limit", "busy", "proxy", "malformed", "tls"})
# What proxies and portals show of their own: a certificate that is not the host's.
_INTERCEPTED: Final = frozenset({"certificate", "chain"})
_OF_GATEWAYS: Final = frozenset({407, 502, 503, 504})
_COMPARED_CHARACTERS: Final = 4000


def describe_evidence(answer: ProbeResult, *, reached: bool) -> str:
    """Return what an answer says about our own network: one of the values above, or what others may answer, too.

    Args:
        answer: Of a link.
        reached: Whether a connection to the host was made.
    """
    failure = answer.failure
    if failure and not answer.redirects:
        if failure in _UNREACHED and not reached:
            return UNREACHED
        if failure in _INTERCEPTED:
            return f"{failure} {answer.detail}"
        return UNANSWERED if failure in _UNANSWERED else FROM_HOST
    if failure:
        return FROM_HOST  # the host has sent a redirect
    code = answer.code or 0
    if code == 511:
        return NETWORK_LOGIN
    if code in _OF_GATEWAYS:
        return f"{code} {_describe_page(answer)}"
    if host := _find_portal(answer):
        return f"portal {host}"
    other = answer.soft404_probe
    if other and 200 <= code < 300 and other.code == code and answer.page.source and not answer.redirects:
        mine, its = _describe_page(answer), _describe_page(other)
        return f"{code} {mine}" if mine == its else FROM_HOST
    return FROM_HOST


def _describe_page(answer: ProbeResult) -> str:
    """Return what a page says, without the address that it was asked for."""
    page = answer.page
    text = "\n".join(page.titles) or page.source[:_COMPARED_CHARACTERS]
    parsed = iri.parse_url(answer.final_url)
    for part in (parsed.href, parsed.host, parsed.hostname, parsed.pathname) if parsed else ():
        text = text.replace(part, "") if len(part) > 1 else text
    return text


def _find_portal(answer: ProbeResult) -> str:
    """Return the foreign host that a link and a random path of its host are redirected to; the empty string if none."""
    host = iri.find_host(answer.final_url)
    if not answer.redirects or _is_same_site(host, iri.find_host(answer.url)):
        return ""
    first = iri.find_host(answer.url)
    for other in (*answer.redirect_probes, answer.soft404_probe):
        if other is None or iri.find_host(other.url) != first or is_same_page(other.final_url, other.url):
            continue
        if iri.find_host(other.final_url) == host:
            return host
    return ""


def _is_same_site(host: str, other: str) -> bool:
    if host == other:
        return True
    if network_addresses.parse_numeric_host(host) or network_addresses.parse_numeric_host(other):
        return False
    return host.split(".")[-2:] == other.split(".")[-2:]


def needs_canaries(hosts: Mapping[str, str]) -> bool:
    """Return True if so many hosts fail that our own network may be the reason, and none has answered for itself.

    Args:
        hosts: What the answers of each host say (see `describe_answer`).
    """
    values = list(hosts.values())
    shared = set(values) - {UNREACHED, UNANSWERED}
    if FROM_HOST in shared or len(shared) > 1:
        return False
    failed = len(values) - values.count(UNANSWERED)
    return failed > _SHARE_FAILED * len(values)


def is_network_down(hosts: Mapping[str, str], canaries: Collection[str], *, has_proxy: bool = False) -> bool:
    """Return True if it is our own network that fails; then no failure counts.

    Args:
        hosts: As of `needs_canaries`.
        canaries: The same of up to three hosts that were good the last time, asked in this run; empty if none is known.
        has_proxy: All requests go through a proxy that was set.
    """
    if not needs_canaries(hosts):
        return False
    shared = set(hosts.values()) - {UNREACHED, UNANSWERED}
    if canaries:
        return len((shared | set(canaries)) - {UNREACHED, UNANSWERED}) <= 1 and FROM_HOST not in canaries
    if NETWORK_LOGIN in shared or (has_proxy and any(one.startswith("407") for one in shared)):
        return True
    return len(hosts) >= (_FEWEST_BEHIND_PROXY if has_proxy and shared else FEWEST_HOSTS)
