"""Names and connections: what this machine lacks, and errors that pass, say nothing about a host."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import ssl
import threading
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import trustme

import feedpub
from feedpub.links.check import check_links
from feedpub.model import HostSettings, LinkSettings
from feedpub.transport import network_addresses
from support.link_farm import Farm, redirect, respond
from test_link_check import Handler, base

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from feedpub.links.result import Link

__all__ = ["base"]  # the fixture
NOBODY = "http://works.test:9/"  # no server listens at port 9
NAME = socket.gaierror(socket.EAI_NONAME, "no such name")
BUSY = socket.gaierror(socket.EAI_AGAIN, "try again")


def check_link(url: str, *, patience: float = 120.0) -> Link:
    settings = LinkSettings(allow_private=True, deadline=8.0, patience=patience)
    return check_links([url], settings=settings, strict=False).links[0]


def resolve_host(monkeypatch: pytest.MonkeyPatch, *answers: list[str] | OSError) -> list[str]:
    """Answer lookups of names with these results, in turn; return the names that were looked up."""
    asked: list[str] = []

    def given(host: str, _: int) -> Iterator[str]:
        asked.append(host)
        answer = answers[min(len(asked), len(answers)) - 1]
        if isinstance(answer, OSError):
            raise answer
        return iter(answer)

    monkeypatch.setattr(network_addresses, "resolve_host", given)
    return asked


def sockets(monkeypatch: pytest.MonkeyPatch, *, connect: dict[int, int] | None = None, make: int = 0) -> None:
    """Let sockets fail: connections of a family, or the creation of any."""

    class Socket(socket.socket):
        def __init__(self, family: int = -1, *arguments: Any, **more: Any) -> None:
            if make and family in (socket.AF_INET, socket.AF_INET6):
                raise OSError(make, os.strerror(make))
            super().__init__(family, *arguments, **more)

        def connect_ex(self, place: Any) -> int:
            return (connect or {}).get(self.family) or super().connect_ex(place)

    monkeypatch.setattr(socket, "socket", Socket)


@pytest.mark.parametrize("failure", [NAME, BUSY], ids=["no such name", "busy"])
def test_a_name_is_looked_up_again(base: str, failure: OSError, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = resolve_host(monkeypatch, failure, failure, ["127.0.0.1"])
    assert check_link(base.replace("127.0.0.1", "works.test") + "/page").status == "ok"
    assert asked == ["works.test"] * 3


def test_a_name_that_was_found_is_never_looked_up_again(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = resolve_host(monkeypatch, ["127.0.0.1"], ["127.0.0.2"])
    assert check_link(base.replace("127.0.0.1", "works.test") + "/500").status == "dead"  # asked for again and again
    assert asked == ["works.test"]


@pytest.mark.parametrize(
    ("found", "six", "status", "reason"),
    [
        (["::1"], errno.EADDRNOTAVAIL, "unsure", "cannot be reached"),  # as in containers without IPv6
        (["::1"], errno.ENETUNREACH, "unsure", "cannot be reached"),
        (["::1"], errno.EPERM, "unsure", "cannot be reached"),  # a firewall of ours
        (["::1"], errno.ETIMEDOUT, "unsure", "in time"),
        (["127.0.0.1", "::1"], errno.EADDRNOTAVAIL, "dead", "refused"),
        (["::1", "127.0.0.1"], errno.ENETUNREACH, "dead", "refused"),
        (["127.0.0.1", "::1"], errno.ETIMEDOUT, "unsure", "in time"),
        (["::1", "127.0.0.1"], errno.ETIMEDOUT, "unsure", "in time"),
    ],
)
def test_a_host_is_not_blamed_for_this_machine(
    found: list[str], six: int, status: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_host(monkeypatch, found)
    sockets(monkeypatch, connect={socket.AF_INET6: six})
    link = check_link(NOBODY, patience=0.0)
    assert (link.status, reason in link.reason) == (status, True), link


@pytest.mark.parametrize("family", [errno.EAFNOSUPPORT, errno.EACCES])
def test_sockets_that_cannot_be_made_kill_nothing(family: int, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_host(monkeypatch, ["::1", "127.0.0.1"])
    sockets(monkeypatch, make=family)
    assert check_link(NOBODY, patience=0.0).status == "unsure"


def test_a_run_ends_though_no_connection_can_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_host(monkeypatch, ["127.0.0.1"])
    sockets(monkeypatch, make=errno.EMFILE)
    monkeypatch.setattr("feedpub.links.scheduler._EXHAUSTED_LIMIT", 3)
    link = check_link(NOBODY)
    assert (link.status, link.reason) == ("unsure", f"a limit of feedpub was reached ({os.strerror(errno.EMFILE)})")


def test_who_wants_a_certificate_of_ours_is_there(tmp_path: Path) -> None:
    authority, host = trustme.CA(), "127.0.4.251"
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED

    def refuse() -> None:
        while True:
            connection = server.accept()[0]
            connection.settimeout(2)
            with context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False) as secured:
                with contextlib.suppress(ssl.SSLError):
                    secured.do_handshake()
                with contextlib.suppress(OSError):  # to close with something unread would reset what was said
                    while socket.socket.recv(secured, 4096):
                        pass

    def refuse_all() -> None:
        with contextlib.suppress(OSError):
            refuse()

    with socket.create_server((host, 0)) as server:
        threading.Thread(target=refuse_all, daemon=True).start()
        settings = LinkSettings(allow_private=True, deadline=4.0, ca_bundle=str(tmp_path / "ca.pem"))
        url = f"https://{host}:{server.getsockname()[1]}/"
        (link,) = check_links([url], settings=settings, strict=False).links
        server.shutdown(socket.SHUT_RDWR)
    assert (link.status, link.reason) == ("blocked", "requires a client certificate")


def test_nothing_of_the_environment_is_used(base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text("default login me password hush", encoding="utf-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, NOBODY)
    assert check_link(f"{base}/page").status == "ok"
    assert Handler.authorizations == {None}


def test_certificates_of_the_environment_are_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Farm({"page": respond()})) as farm:
        url = farm.url("page", "127.0.4.1", kind="good")
        assert check_link(url).status == "suspect"
        monkeypatch.setenv("SSL_CERT_FILE", farm.ca)
        assert check_link(url).status == "ok"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, os.strerror(errno.ENOENT)),
        ("no certificate", "contains no PEM certificates"),
        ("a pipe", "is not a regular file"),
        ("a folder", "is not a regular file"),
    ],
)
def test_certificates_that_cannot_be_read_kill_nothing(
    text: str | None, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "ca.pem"
    if text == "a pipe":
        os.mkfifo(file)
    elif text == "a folder":
        file.mkdir()
    elif text:
        file.write_text(text, encoding="utf-8")
    settings = LinkSettings(allow_private=True, ca_bundle=str(file))
    with closing(Farm({"page": respond()})) as farm:
        url = farm.url("page", "127.0.4.1", kind="good")
        with pytest.raises(OSError, match=said) as raised:
            check_links([url], settings=settings)
        assert raised.value.filename == str(file)
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        with pytest.raises(OSError, match=said):
            check_links([url], settings=replace(settings, ca_bundle=None))


@pytest.mark.parametrize(
    ("found", "silent"),
    [
        (["10.9.9.1", "127.0.0.1"], 1),
        (["10.9.9.1", "10.9.9.2", "10.9.9.3", "127.0.0.1"], 3),
        (["127.0.0.1", "10.9.9.1"], 0),
        (["10.9.9.1", "127.0.0.9", "127.0.0.1"], 1),  # the second one refuses: the next is tried at once
    ],
)
def test_the_next_address_is_tried_soon(
    base: str, found: list[str], silent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []
    resolve_host(monkeypatch, found)

    class Socket(socket.socket):
        def connect_ex(self, place: Any) -> int:
            tried.append(place[0])
            return errno.EINPROGRESS if place[0].startswith("10.") else super().connect_ex(place)

    monkeypatch.setattr(socket, "socket", Socket)
    settings = LinkSettings(allow_private=True, deadline=20.0)
    urls = [base.replace("127.0.0.1", "works.test") + f"/page{number}" for number in range(12)]
    report = check_links(urls, settings=settings, strict=False)
    assert report.summary == {"ok": 12}
    assert (
        len([place for place in tried if place.startswith("10.")]) <= 2 * silent
    )  # two at once; then the one that answers
    if silent:
        assert tried[:1] == found[:1]


def test_what_is_set_for_a_host_is_sent_to_it_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXAMPLE_TOKEN", "sesame")
    here, there = "127.0.4.1", "127.0.4.2"
    own = HostSettings(
        token_env="EXAMPLE_TOKEN", user_agent="Agent/1", headers={"X-Own": "1"}, accept=(403,), spacing=0.01
    )
    behaviours = {"page": respond(), "refused": respond(403, b"")}
    with closing(Farm(behaviours)) as farm:
        behaviours["away"] = redirect(farm.url("back", there))
        behaviours["back"] = redirect(farm.url("page", here, path="/again"))
        urls = [farm.url(name, here) for name in ("page", "refused", "away")] + [farm.url("refused", there)]
        report = check_links(urls, settings=LinkSettings(allow_private=True, hosts={here: own}), strict=False)
        heads = {head.splitlines()[0]: head for head in farm.heads}
    assert [link.status for link in report.links] == ["ok", "ok", "ok", "blocked"]
    for line, head in heads.items():
        is_own = line.startswith(here)
        assert ("Authorization: Bearer sesame" in head) == (is_own and "/again" not in line), line
        assert ("User-Agent: Agent/1" in head) == ("X-Own: 1" in head) == is_own
        assert head.lower().count("user-agent:") == 1
    assert "sesame" not in feedpub.format_report(report, "json")


@pytest.mark.parametrize(
    ("value", "words"), [(None, "is not set"), ("", "is not set"), ("a b", "does not contain a token")]
)
def test_a_token_that_is_missing_is_told_before_anything_is_asked(
    base: str, value: str | None, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Handler.asked.clear()
    if value is not None:
        monkeypatch.setenv("EXAMPLE_TOKEN", value)
    settings = LinkSettings(allow_private=True, hosts={"127.0.0.1": HostSettings(token_env="EXAMPLE_TOKEN")})
    with pytest.raises(feedpub.FeedpubError, match=f"EXAMPLE_TOKEN {words}"):
        check_links([f"{base}/page"], settings=settings)
    assert Handler.asked == []


def test_settings_of_hosts() -> None:
    exact, below, deeper = (HostSettings(per_host=number) for number in (1, 2, 3))
    settings = LinkSettings(hosts={"example.org": exact, "*.example.org": below, "*.api.example.org": deeper})
    expected = {
        "example.org": exact, "example.org.": exact, "www.example.org": below, "api.example.org": below,
        "v1.api.example.org": deeper, "a.v1.api.example.org": deeper, "example.com": HostSettings(),
        "badexample.org": HostSettings(),
    }  # fmt: skip
    assert {host: settings.for_host(host) for host in expected} == expected
    for host in ("Example.org", "a b", "", "b\u00fccher.example", "*.", "example.org/"):
        with pytest.raises(feedpub.FieldError):
            LinkSettings(hosts={host: exact})
    for headers in ({"X Y": "1"}, {"X": "a\r\nb"}, {"": "x"}, {"X": "ü"}):
        with pytest.raises(feedpub.FieldError):
            HostSettings(headers=headers)


@pytest.mark.parametrize(
    "spelling", ["http://127.0.0.1{port}\\@example.org/", "http://127.0.0.1{port}\\\\@example.org/page",
                 "http:\\\\127.0.0.1{port}\\@example.org", "http://127.0.0.1{port}/\\@example.org/"],
)  # fmt: skip
def test_a_backslash_is_read_as_browsers_read_it(base: str, spelling: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = resolve_host(monkeypatch, ["127.0.0.9"])
    Handler.asked.clear()
    check_links([spelling.format(port=base.rpartition("127.0.0.1")[2])], settings=LinkSettings(allow_private=True))
    assert asked == []  # the host is an address, and example.org a part of the path
    paths = [path for _, path in Handler.asked if "feedpub" not in path]
    assert paths
    assert all(path.startswith("/") and "example.org" in path for path in paths)
