"""Network addresses: which of them are public, and which hosts of URLs are addresses rather than names.

The author of a link must not be able to make a link checker send requests to hosts behind its firewall. So a host is
resolved once, and feedpub connects only to an address that passed `is_public`. Names that resolve to another address
the next time (DNS rebinding) and spellings such as ``http://2130706433/`` do not get around that.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

# The special-purpose addresses that are not globally reachable (RFC 6890, and what IANA has added since). The list is
# our own because what `ipaddress` calls global changed between Python 3.11 and 3.13.
_PRIVATE_IPV4: Final = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",
            "100.64.0.0/10",  # shared by the customers of a provider (CGNAT)
            "127.0.0.0/8",
            "169.254.0.0/16",  # link-local, with the metadata service of clouds
            "168.63.129.16/32",  # the platform of Azure, as its machines see it
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)
_PUBLIC_IPV6: Final = IPv6Network("2000::/3")
_PRIVATE_IPV6: Final = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # Teredo, ORCHID and other protocols
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4
            "3fff::/20",  # documentation
        ),
    )
)
_NAT64: Final = IPv6Network("64:ff9b::/96")
_MAPPED: Final = IPv6Network("::ffff:0:0/96")


def is_public(address: str) -> bool:
    """Return True if an address, as `resolve_host` returns it, is one of the public Internet.

    An IPv4 address within an IPv6 one (mapped, or through NAT64) is judged as the IPv4 address.

    Raises:
        ValueError: The text is not an address.
    """
    parsed = ip_address(address)  # with a zone (fe80::1%eth0) it is link-local, or invalid
    if isinstance(parsed, IPv4Address):
        return not any(parsed in network for network in _PRIVATE_IPV4)
    if parsed.scope_id is not None:
        return False
    if parsed in _MAPPED or parsed in _NAT64:
        return is_public(str(IPv4Address(int(parsed) & 0xFFFFFFFF)))
    return parsed in _PUBLIC_IPV6 and not any(parsed in network for network in _PRIVATE_IPV6)


def resolve_host(host: str, port: int) -> Iterator[str]:
    """Yield the addresses of a host, in the order in which they should be tried.

    Args:
        host: A name in ASCII, or an address (also as a number); IPv6 addresses with or without brackets.
        port: As in the link.

    Raises:
        socket.gaierror: The name does not exist, or could not be looked up.
        UnicodeError: The text is not a name.
    """
    name = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    for _, _, _, _, address in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM):
        yield str(address[0])


def parse_numeric_host(host: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a host of a URL is; None if it is a name.

    Programs read ``127.1``, ``0x7f000001``, ``0177.0.0.1`` and ``2130706433`` as 127.0.0.1 (inet_aton(3)).
    """
    name = host[1:-1] if host.startswith("[") and host.endswith("]") else host.removesuffix(".")
    try:
        return ip_address(name)
    except ValueError:
        pass
    if not name or not name[-1].isalnum() or not name.isascii() or not name[0].isdigit():
        return None
    try:
        return IPv4Address(socket.inet_aton(name))
    except OSError:
        return None
