"""Pure functions that decide whether our own network is down, and not the hosts.

The results of the run itself are the best evidence. One response that only its host can have sent proves that the
network is up. As long as there is none, hosts that cannot be reached, and responses that a proxy or a captive portal
may have sent in place of the host, are not judged. At the end of the run, up to three hosts that were good the last
time (canaries) are checked to decide.
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
_FEWEST_BEHIND_PROXY: Final = 2  # a proxy of the settings is known to answer in place of hosts
_SHARE_FAILED: Final = 0.6
# What one result shows about the network. Any other value describes a response that something between may have sent,
# such as "503 Service Unavailable"; if two hosts have different ones, the hosts have sent them.
FROM_HOST: Final = "host"  # only the host itself can have sent the response
UNREACHED: Final = "unreached"  # the lookup of the name or the connection failed
UNANSWERED: Final = "unanswered"  # connected, but there was no response
NETWORK_LOGIN: Final = "511"  # RFC 6585, section 6

_UNREACHED_FAILURES: Final = frozenset({"no-host", "lookup", "refused", "timeout", "unreachable", "network-down"})
_UNANSWERED_FAILURES: Final = frozenset({"timeout", "reset", "limit", "busy", "proxy", "malformed", "tls"})
# Proxies and portals show a certificate that is not the host's.
_CERTIFICATE_FAILURES: Final = frozenset({"certificate", "chain"})
_GATEWAY_CODES: Final = frozenset({407, 502, 503, 504})
_COMPARED_CHARACTERS: Final = 4000


def describe_evidence(result: ProbeResult, *, reached: bool) -> str:
    """Return the evidence of a result about our own network: a value above, or a description of the response.

    Args:
        result: Of a link.
        reached: Whether a connection to the host was made.
    """
    failure = result.failure
    if failure and not result.redirects:
        if failure in _UNREACHED_FAILURES and not reached:
            return UNREACHED
        if failure in _CERTIFICATE_FAILURES:
            return f"{failure} {result.detail}"
        return UNANSWERED if failure in _UNANSWERED_FAILURES else FROM_HOST
    if failure:
        return FROM_HOST  # the host has sent a redirect
    code = result.code or 0
    if code == 511:
        return NETWORK_LOGIN
    if code in _GATEWAY_CODES:
        return f"{code} {_describe_page(result)}"
    if host := _find_portal(result):
        return f"portal {host}"
    other = result.soft404_probe
    if other and 200 <= code < 300 and other.code == code and result.page.source and not result.redirects:
        page, random_page = _describe_page(result), _describe_page(other)
        return f"{code} {page}" if page == random_page else FROM_HOST
    return FROM_HOST


def _describe_page(result: ProbeResult) -> str:
    """Return a description of a page, without its own URL."""
    page = result.page
    text = "\n".join(page.titles) or page.source[:_COMPARED_CHARACTERS]
    parsed = iri.parse_url(result.final_url)
    for part in (parsed.href, parsed.host, parsed.hostname, parsed.pathname) if parsed else ():
        text = text.replace(part, "") if len(part) > 1 else text
    return text


def _find_portal(result: ProbeResult) -> str:
    """Return the other host that a link and a random path of its host are redirected to; empty if there is none."""
    host = iri.find_host(result.final_url)
    if not result.redirects or _is_same_site(host, iri.find_host(result.url)):
        return ""
    first_host = iri.find_host(result.url)
    for other in (*result.redirect_probes, result.soft404_probe):
        if other is None or iri.find_host(other.url) != first_host or is_same_page(other.final_url, other.url):
            continue
        if iri.find_host(other.final_url) == host:
            return host
    return ""


def _is_same_site(host: str, other_host: str) -> bool:
    if host == other_host:
        return True
    if network_addresses.parse_numeric_host(host) or network_addresses.parse_numeric_host(other_host):
        return False
    return host.split(".")[-2:] == other_host.split(".")[-2:]


def needs_canaries(hosts: Mapping[str, str]) -> bool:
    """Return True if so many hosts fail that our own network may be the reason, and none has answered for itself.

    Args:
        hosts: Host → what its results show (see `describe_evidence`).
    """
    values = list(hosts.values())
    shared = set(values) - {UNREACHED, UNANSWERED}
    if FROM_HOST in shared or len(shared) > 1:
        return False
    failed = len(values) - values.count(UNANSWERED)
    return failed > _SHARE_FAILED * len(values)


def is_network_down(hosts: Mapping[str, str], canaries: Collection[str], *, has_proxy: bool = False) -> bool:
    """Return True if our own network is down; then no failure counts.

    Args:
        hosts: As of `needs_canaries`.
        canaries: What the results of up to three hosts show that were good the last time; empty if there are none.
        has_proxy: Whether all requests go through a proxy of the settings.
    """
    if not needs_canaries(hosts):
        return False
    shared = set(hosts.values()) - {UNREACHED, UNANSWERED}
    if canaries:
        return len((shared | set(canaries)) - {UNREACHED, UNANSWERED}) <= 1 and FROM_HOST not in canaries
    if NETWORK_LOGIN in shared or (has_proxy and any(value.startswith("407") for value in shared)):
        return True
    return len(hosts) >= (_FEWEST_BEHIND_PROXY if has_proxy and shared else FEWEST_HOSTS)
