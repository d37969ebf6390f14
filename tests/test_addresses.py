"""Only hosts of the public Internet are contacted, however an address is written."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedpub.transport.network_addresses import is_public, parse_numeric_host, resolve_host

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.0.1",
    "172.32.0.1",
    "192.0.1.1",
]
PUBLIC += ["198.17.255.255", "198.20.0.1", "223.255.255.255", "2606:4700::1111", "2a00:1450:4001:81b::200e"]
PUBLIC += ["::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2001:4860:4860::8888"]
PRIVATE = ["0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254"]
PRIVATE += [
    "168.63.129.16",
    "::ffff:168.63.129.16",
    "64:ff9b::168.63.129.16",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
]
PRIVATE += ["198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1"]
PRIVATE += ["255.255.255.255", "::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1"]
PRIVATE += ["::ffff:0:127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b:1::8.8.8.8", "100::1"]
PRIVATE += ["2001::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1", "fd00::1"]
PRIVATE += ["fd00:ec2::254", "fe80::1", "fe80::1%1", "2606:4700::1111%1", "fec0::1", "ff02::1", "4000::1", "e000::1"]


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_private(address: str) -> None:
    assert not is_public(address)


def test_no_address() -> None:
    with pytest.raises(ValueError, match="localhost"):
        is_public("localhost")


LOOPBACK = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
]
LOOPBACK += ["127.0.0.1.", "127.00.00.01"]


@pytest.mark.parametrize("host", LOOPBACK)
def test_every_spelling_of_loopback_is_one(host: str) -> None:
    assert str(parse_numeric_host(host)) == "127.0.0.1"
    found = list(resolve_host(host.removesuffix("."), 80))
    assert found
    assert not any(map(is_public, found))


@pytest.mark.parametrize(("host", "address"), [("[::1]", "::1"), ("::1", "::1"), ("[::FFFF:7f00:1]", "::ffff:7f00:1")])
def test_ipv6(host: str, address: str) -> None:
    assert str(parse_numeric_host(host)) in (address, "::ffff:127.0.0.1")
    found = list(resolve_host(host, 80))
    assert found
    assert not any(map(is_public, found))


@pytest.mark.parametrize(
    "host", ["works.test", "1.works.test", "127.0.0.1.works.test", "1e100.net", "", ".", "-1", "256.1.1.1"]
)
def test_names(host: str) -> None:
    assert parse_numeric_host(host) is None


def test_names_are_resolved() -> None:
    assert set(resolve_host("localhost", 80)) <= {"127.0.0.1", "::1"}
    with pytest.raises(socket.gaierror):
        list(resolve_host("no-such-host.invalid", 80))


@given(st.integers(0, 2**32 - 1))
def test_an_address_within_another_counts_as_itself(number: int) -> None:
    address = str(parse_numeric_host(str(number)))
    assert is_public(address) == is_public(f"::ffff:{address}") == is_public(f"64:ff9b::{address}")
    assert str(parse_numeric_host(hex(number))) == address


@given(st.text(max_size=20))
def test_no_host_breaks_it(host: str) -> None:
    found = parse_numeric_host(host)
    assert found is None or isinstance(is_public(str(found)), bool)
