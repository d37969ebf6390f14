"""Names and connections: what this machine lacks, or what heals, is no fact about a host."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import ssl
import threading
import time
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from feedpub import addresses
from feedpub.links.check import check_links
from feedpub.model import LinkSettings
from link_farm import Farm, says
from test_link_check import Handler, base

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from feedpub.links.result import Link

__all__ = ["base"]  # the fixture
NOBODY = "http://works.test:9/"  # no server listens at port 9
NAME = socket.gaierror(socket.EAI_NONAME, "no such name")
BUSY = socket.gaierror(socket.EAI_AGAIN, "try again")


def check(url: str, *, patience: float = 120.0) -> Link:
    settings = LinkSettings(allow_private=True, deadline=8.0, patience=patience)
    return check_links([url], settings=settings, strict=False).links[0]


def resolve(monkeypatch: pytest.MonkeyPatch, *answers: list[str] | OSError) -> list[str]:
    """Let names be looked up by these answers, in turn; return those that were asked for."""
    asked: list[str] = []

    def given(host: str, _: int) -> Iterator[str]:
        asked.append(host)
        answer = answers[min(len(asked), len(answers)) - 1]
        if isinstance(answer, OSError):
            raise answer
        return iter(answer)

    monkeypatch.setattr(addresses, "resolve", given)
    return asked


def sockets(monkeypatch: pytest.MonkeyPatch, *, connect: dict[int, int] | None = None, make: int = 0) -> None:
    """Let sockets fail: connections by family, or the making of any for a network."""

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
    asked = resolve(monkeypatch, failure, failure, ["127.0.0.1"])
    assert check(base.replace("127.0.0.1", "works.test") + "/page").status == "ok"
    assert asked == ["works.test"] * 3


def test_a_name_that_was_found_is_never_looked_up_again(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = resolve(monkeypatch, ["127.0.0.1"], ["127.0.0.2"])
    assert check(base.replace("127.0.0.1", "works.test") + "/500").status == "dead"  # asked for again and again
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
    resolve(monkeypatch, found)
    sockets(monkeypatch, connect={socket.AF_INET6: six})
    link = check(NOBODY, patience=0.0)
    assert (link.status, reason in link.reason) == (status, True), link


@pytest.mark.parametrize("family", [errno.EAFNOSUPPORT, errno.EACCES])
def test_sockets_that_cannot_be_made_kill_nothing(family: int, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve(monkeypatch, ["::1", "127.0.0.1"])
    sockets(monkeypatch, make=family)
    assert check(NOBODY, patience=0.0).status == "unsure"


def test_a_run_ends_though_no_connection_can_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve(monkeypatch, ["127.0.0.1"])
    sockets(monkeypatch, make=errno.EMFILE)
    monkeypatch.setattr("feedpub.links.scheduler._HOPELESS_AFTER", 3)
    begun = time.monotonic()
    link = check(NOBODY)
    assert (link.status, link.reason) == ("unsure", f"a limit was reached ({os.strerror(errno.EMFILE)})")
    assert time.monotonic() - begun < 5


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
    assert check(f"{base}/page").status == "ok"
    assert Handler.authorizations == {None}


def test_certificates_of_the_environment_are_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Farm({"page": says()})) as farm:
        url = farm.url("page", "127.0.4.1", kind="good")
        assert check(url).status == "suspect"
        monkeypatch.setenv("SSL_CERT_FILE", farm.ca)
        assert check(url).status == "ok"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, os.strerror(errno.ENOENT)),
        ("no certificate", "holds no certificates"),
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
    with closing(Farm({"page": says()})) as farm:
        url = farm.url("page", "127.0.4.1", kind="good")
        with pytest.raises(OSError, match=said) as raised:
            check_links([url], settings=settings)
        assert raised.value.filename == str(file)
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        with pytest.raises(OSError, match=said):
            check_links([url], settings=replace(settings, ca_bundle=None))
