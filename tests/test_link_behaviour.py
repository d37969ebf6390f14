"""What every response means: one run over a server with bad manners, one row for each case.

No link that works is dead, no server that refuses robots is dead, no soft 404 is ok, and no link exceeds its deadline.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pytest

from feedpub.links.check import iter_checked_links
from feedpub.model import LinkSettings
from feedpub.transport import network_addresses
from support.link_farm import (
    FORTY_KB,
    PAGE,
    Behaviour,
    Exchange,
    Farm,
    by_method,
    by_path,
    compress,
    count_down,
    deflate,
    drip,
    format_later,
    in_turn,
    redirect,
    require_cookie,
    respond,
    send,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from feedpub.links.result import Link

DEADLINE: Final = 8.0  # fifteen redirects in a row must fit into it, also where all cores are busy
OK_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
NOT_FOUND = b"<title>Page not found | Example</title><h1>Oops</h1>"
NOT_HTTP = b"SSH-2.0-OpenSSH_9.6\r\n"
FRAGMENTS = (
    b"<!DOCTYPE html><title>Notes</title><p id=\"double\"><p id='single'><p id=bare><a name=old></a>"
    + '<p id="größe"><p id="a&amp;b"><p id="user-content-hub">'.encode()
)


@dataclass(frozen=True)
class Case:
    """One URL: how its host behaves, the expected verdict, and the end of the URL."""

    name: str
    status: str
    behaviour: Behaviour | None = None
    path: str = ""
    reason: str = ""
    kind: str = "http"
    everywhere: bool = False


def case(name: str, status: str, behaviour: Behaviour | None = None, path: str = "", **more: str | bool) -> Case:
    return Case(name, status, behaviour, path, **more)  # type: ignore[arg-type]


def list_code_cases() -> Iterator[Case]:
    found = {
        "ok": (200, 203, 204, 206),
        "dead": (404, 410, 500, 501, 502, 503, 504, 520),
        "blocked": (401, 403, 407, 429, 451, 999),
        "suspect": (300, 400, 402, 405, 406, 408, 409, 416, 418, 421, 426),
    }
    for status, numbers in found.items():
        for number in numbers:
            yield case(f"code-{number}", status, respond(number), reason="" if status == "ok" else str(number))


HEADS = [
    case(f"head-{code}", "ok", by_method(respond(code), respond())) for code in (400, 403, 404, 405, 410, 500, 501, 503)
] + [
    case("head-hangs", "ok", by_method(send(then="hang"), respond())),
    case("head-resets", "ok", by_method(send(then="reset"), respond())),
    case("head-with-body", "ok", by_method(send(OK_HEAD + b"Content-Length: 6\r\n\r\nunasked"), respond())),
    case("head-without-length", "ok", by_method(send(OK_HEAD + b"\r\n"), respond())),
    case(
        "head-says-more", "suspect", by_method(respond(Content_Length="100"), respond(200, NOT_FOUND)), everywhere=True
    ),
]
REDIRECTS = [
    case("for-good", "moved", redirect("/page", 301)),
    case("for-good-308", "moved", redirect("/page", 308)),
    case("for-now", "ok", redirect("/page", 302)),
    case("for-now-307", "ok", redirect("/page", 307)),
    case("see-other", "ok", redirect("/page", 303)),
    case("relative", "moved", redirect("page", 301)),
    case("query-only", "moved", redirect("page?a=1", 301)),
    case("long", "moved", count_down, "/15"),
    case("too-long", "dead", count_down, "/30", reason="too many"),
    case("loop", "dead", redirect("loop"), reason="in a loop"),
    case("cookie-wall", "ok", require_cookie),
    case("out-file", "dead", redirect("file:///etc/passwd", 301), reason="scheme that browsers refuse"),
    case("out-script", "dead", redirect("javascript:alert(1)", 301), reason="scheme that browsers refuse"),
    case("out-mail", "suspect", redirect("mailto:someone@example.org", 301), reason="another program"),
    case("out-app", "suspect", redirect("itms-apps://example.org/app"), reason="another program"),
    case("no-location", "dead", respond(301, b""), reason="invalid address"),
    case("empty-location", "dead", redirect(" "), reason="invalid address"),
    case("nul-location", "dead", send(b"HTTP/1.1 302 Found\r\nLocation: /pa\0ge\r\nContent-Length: 0\r\n\r\n")),
    case("spaced-location", "moved", redirect("/page?a b", 301)),
    case("raw-location", "moved", send("HTTP/1.1 301 M\r\nLocation: /page?ü\r\nContent-Length: 0\r\n\r\n".encode())),
    case("split-location", "ok", send(b"HTTP/1.1 302 F\r\nLocation: /page\r\nX: y\r\nContent-Length: 0\r\n\r\n")),
    case("no-host-location", "dead", redirect("http://")),
    case("to-gone", "dead", redirect("/gone", 301)),
    case("home", "suspect", redirect("/", 301), reason="home page"),
]
TROUBLE = [
    case("429-heals", "ok", in_turn(respond(429, b"", Retry_After="1"), respond())),
    case("503-heals", "ok", in_turn(respond(503, b"", Retry_After="1"), respond(503, b"", Retry_After="1"), respond())),
    case("429-date-heals", "ok", in_turn(respond(429, b"", Retry_After=format_later(1)), respond())),
    case("429-day", "blocked", respond(429, b"", Retry_After="86400")),
    case("503-day", "blocked", respond(503, b"", Retry_After=format_later(86400))),
    case("503-nonsense", "blocked", respond(503, b"", Retry_After="soon")),
    case("429-negative", "blocked", respond(429, b"", Retry_After="-5")),
    case("500-heals", "ok", in_turn(respond(500), respond(500), respond())),
    case("reset-heals", "ok", in_turn(send(then="reset"), send(then="reset"), respond())),
    case("close-heals", "ok", in_turn(send(), send(), respond())),
    case("reset", "dead", send(then="reset"), reason="reset"),
    case("closes", "dead", send(), reason="reset"),
    case("hangs", "unsure", send(then="hang"), reason="in time"),
    case("hangs-in-status", "unsure", send(b"HTTP/1.", then="hang")),
    case("hangs-in-head", "unsure", send(OK_HEAD, then="hang")),
    case("drips-head", "unsure", drip(OK_HEAD, b"X: y\r\n", 0.1)),
    case("hangs-in-body", "ok", by_method(send(OK_HEAD + b"\r\n"), send(OK_HEAD + b"\r\nStart", then="hang"))),
    case("drips-body", "ok", by_method(send(OK_HEAD + b"\r\n"), drip(OK_HEAD + b"\r\n", b"x", 0.1))),
    case("breaks-off", "ok", by_method(send(OK_HEAD + b"\r\n"), send(OK_HEAD + b"Content-Length: 9999\r\n\r\nStart"))),
    case(
        "404-hangs", "dead", by_method(respond(404), send(b"HTTP/1.1 404 N\r\nContent-Length: 9\r\n\r\n", then="hang"))
    ),
]
BOMBS = [
    case("endless-head", "unsure", drip(OK_HEAD, b"X-Filler: " + b"y" * 8000 + b"\r\n"), reason="limit"),
    case("long-field", "ok", respond(X_Long="y" * 100_000)),
    case("too-long-field", "unsure", respond(X_Long="y" * 1_000_000), reason="limit"),
    case("many-fields", "ok", send(OK_HEAD + b"X: y\r\n" * 5000 + b"Content-Length: 0\r\n\r\n")),
    case("endless-body", "ok", by_method(send(OK_HEAD + b"\r\n"), drip(OK_HEAD + b"\r\n", FORTY_KB))),
    case(
        "endless-chunks", "ok",
        by_method(send(OK_HEAD + b"\r\n"), drip(OK_HEAD + CHUNKED, b"1\r\nx\r\n" * 999)),
    ),
    case(
        "bomb", "ok", by_method(send(OK_HEAD + b"\r\n"), respond(200, compress(100), Content_Encoding="gzip")),
    ),
    case("ten-gigabytes", "ok", by_method(respond(Content_Length=""), respond(Content_Length="10000000000"))),
    case(
        "unknown-coding", "ok",
        by_method(respond(Content_Length=""), respond(200, b"\x01\x02", Content_Encoding="br")),
    ),
    case("bad-gzip", "ok", by_method(respond(Content_Length=""), respond(200, b"no gzip", Content_Encoding="gzip"))),
    case("flood-heals", "ok", send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 500 + OK_HEAD + b"\r\n")),
    case("flood", "unsure", drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100), reason="limit"),
]  # fmt: skip
MALFORMED = [
    case("two-lengths", "dead", send(OK_HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx"), reason="HTTP"),
    case("same-length-twice", "ok", send(OK_HEAD + b"Content-Length: 5000\r\nContent-Length: 5000\r\n\r\n")),
    case("no-number-length", "ok", send(OK_HEAD + b"Content-Length: many\r\n\r\n")),
    case("http-0.9", "dead", send(b"<html>Hello</html>"), reason="HTTP"),
    case("ssh", "dead", send(NOT_HTTP, then="hang"), reason="HTTP"),
    case("code-of-letters", "dead", send(b"HTTP/1.1 abc\r\n\r\n"), reason="HTTP"),
    case("code-99", "dead", send(b"HTTP/1.1 99 Low\r\n\r\n")),
    case("code-1000", "dead", send(b"HTTP/1.1 1000 High\r\n\r\n")),
    case("no-reason", "ok", send(b"HTTP/1.1 200\r\nContent-Length: 5000\r\n\r\n")),
    case("bare-lf", "ok", send(b"HTTP/1.1 200 OK\nContent-Type: text/plain\nContent-Length: 0\n\n")),
    case("icy", "ok", send(b"ICY 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n")),
    case("http-1.0", "ok", send(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n")),
    case("folded", "ok", send(OK_HEAD + b"X-Folded: a\r\n b\r\nContent-Length: 5000\r\n\r\n")),
    case("nul-in-field", "ok", send(OK_HEAD + b"X: a\0b\r\nContent-Length: 5000\r\n\r\n")),
    case("no-colon", "ok", send(OK_HEAD + b"nonsense\r\nContent-Length: 5000\r\n\r\n")),
    case("both-lengths", "ok", send(OK_HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n0\r\n\r\n")),
    case(
        "bad-chunks", "ok",
        by_method(respond(Content_Length=""), send(OK_HEAD + CHUNKED + b"zz\r\nx\r\n")),
    ),
]  # fmt: skip
PAGES = [
    case("there", "ok", respond(200, FRAGMENTS), "#double"),
    case("there-single", "ok", respond(200, FRAGMENTS), "#single"),
    case("there-bare", "ok", respond(200, FRAGMENTS), "#bare"),
    case("there-name", "ok", respond(200, FRAGMENTS), "#old"),
    case("there-encoded", "ok", respond(200, FRAGMENTS), "#gr%C3%B6%C3%9Fe"),
    case("there-entity", "ok", respond(200, FRAGMENTS), "#a&b"),
    case("there-hub", "ok", respond(200, FRAGMENTS), "#hub"),
    case("top", "ok", respond(200, FRAGMENTS), "#top"),
    case("text", "ok", respond(200, FRAGMENTS), "#:~:text=Notes"),
    case("route", "ok", respond(200, FRAGMENTS), "#/route"),
    case("bang", "ok", respond(200, FRAGMENTS), "#!/route"),
    case("missing", "suspect", respond(200, FRAGMENTS), "#elsewhere", reason="fragment"),
    case("beyond", "ok", respond(200, FRAGMENTS + b" " * 3_000_000), "#elsewhere"),
    case("pdf", "ok", respond(200, b"%PDF-1.7", Content_Type="application/pdf"), "#page3"),
    case("replaced", "moved", redirect("/there#single", 301), "#elsewhere"),
    case("replaced-missing", "suspect", redirect("/there#none", 301), "#elsewhere", reason="fragment"),
    case("inherited", "suspect", redirect("/there", 301), "#elsewhere", reason="fragment"),
    case("astray", "suspect", by_path("/en/", respond(), redirect("/en/", 301)), reason="every path", everywhere=True),
    case("soft-404-403", "suspect", by_path("/soft-404-403", respond(200, NOT_FOUND), respond(403)), everywhere=True),
    case(
        "soft-404-deflated",
        "suspect",
        respond(200, deflate(NOT_FOUND, 15), Content_Encoding="deflate"),
        everywhere=True,
    ),
    case(
        "soft-404-bare", "suspect", respond(200, deflate(NOT_FOUND, -15), Content_Encoding="deflate"), everywhere=True
    ),
    case("soft-404", "suspect", respond(200, NOT_FOUND), reason="not found", everywhere=True),
    case("same-everywhere", "suspect", respond(200, PAGE), reason="same", everywhere=True),
    case("about-404", "ok", respond(200, NOT_FOUND)),
    case("parked", "suspect", respond(200, b"<title>example.org is for sale</title><h1>This domain is for sale</h1>")),
    case("mitigated", "blocked", respond(403, cf_mitigated="challenge"), reason="robots"),
    case("mitigated-200", "blocked", respond(200, cf_mitigated="challenge")),
    case("just-a-moment", "blocked", respond(503, b"<title>Just a moment...</title>", cf_mitigated="challenge")),
]
TLS = [
    case("tls", "ok", respond(), kind="good"),
    case("tls-expired", "dead", respond(), kind="expired", reason="expired"),
    case("tls-stranger", "dead", respond(), kind="stranger", reason="certificate"),
    case("tls-selfmade", "suspect", respond(), kind="selfmade", reason="chain"),
    case("tls-incomplete", "suspect", respond(), kind="incomplete", reason="chain"),
    case("tls-alone", "dead", respond(), kind="alone", reason="self-signed"),
    case("tls-hangs", "unsure", respond(), kind="mute", reason="in time"),
    case("tls-big", "ok", by_method(respond(Content_Length=""), respond(200, PAGE * 20)), kind="good"),
]
CASES = [*list_code_cases(), *HEADS, *REDIRECTS, *TROUBLE, *BOMBS, *MALFORMED, *PAGES, *TLS]
HOST_OF = {one.name: f"127.0.4.{number}" for number, one in enumerate(CASES, start=1)}


@dataclass
class Found:
    """The results of one run over all cases."""

    farm: Farm
    links: dict[str, Link]
    seconds: float


@pytest.fixture(scope="module")
def found() -> Iterator[Found]:
    behaviours = {one.name: one.behaviour for one in CASES if one.behaviour} | {"page": respond(), "": respond()}
    with closing(Farm(behaviours)) as farm:
        for one in CASES:
            if one.everywhere and one.behaviour:
                farm.everywhere[HOST_OF[one.name]] = one.behaviour
        urls = {
            farm.url(one.name, HOST_OF[one.name], kind=one.kind, path=one.path).replace(
                "http:", _scheme(one), 1
            ): one.name
            for one in CASES
        }
        settings = LinkSettings(allow_private=True, ca_bundle=farm.ca, deadline=DEADLINE, concurrency=256)
        begun = time.monotonic()
        links = {urls[link.url]: link for link in iter_checked_links(urls, settings=settings, strict=False)}
        yield Found(farm, links, time.monotonic() - begun)


def _scheme(one: Case) -> str:
    return "http:" if one.kind == "http" else "https:"


@pytest.mark.parametrize("one", CASES, ids=lambda one: one.name)
def test_verdict(found: Found, one: Case) -> None:
    link = found.links[one.name]
    assert link.status == one.status, link
    assert one.reason in link.reason


def test_nothing_takes_longer_than_its_deadline(found: Found) -> None:
    assert found.seconds < DEADLINE * 10  # one after the other would be many deadlines


def test_hosts_are_where_they_are_said_to_be(found: Found) -> None:
    assert len(HOST_OF) == len(CASES) < 250
    asked = {host for _, host, _ in found.farm.requests}
    silent = {HOST_OF[one.name] for one in CASES if one.kind not in ("http", "good")}
    assert asked | silent == set(HOST_OF.values())


def test_credentials_stay_with_their_server() -> None:
    behaviours: dict[str, Behaviour] = {"page": respond()}
    with closing(Farm(behaviours)) as farm:
        behaviours["away"] = redirect(farm.url("page", "127.0.4.2").replace("//", "//thief:key@"), 301)
        behaviours["stays"] = redirect("/page", 301)
        urls = [farm.url(name, "127.0.4.1").replace("//", "//me:secret@") for name in ("away", "stays")]
        settings = LinkSettings(allow_private=True)
        assert [link.status for link in iter_checked_links(urls, settings=settings, strict=False)] == ["moved", "moved"]
        for head in farm.heads:
            given = "authorization: basic" in head.lower()
            assert given == head.startswith("127.0.4.1 "), head


@pytest.mark.parametrize(
    ("domain", "status"), [("; Domain=.works.test", "ok"), ("; domain = works.test", "ok"), ("; Domain=test", "dead")]
)
def test_a_gate_on_another_host_of_the_domain(domain: str, status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of publishers that ask who we are, take "nobody" for an answer, and remember it in a cookie."""

    async def send_article(exchange: Exchange) -> None:
        assert "other=1" not in exchange.fields.get("cookie", "")
        passed = "session=1" in exchange.fields.get("cookie", "")
        await (respond() if passed else redirect(exchange.farm.url("gate", "id.works.test")))(exchange)

    async def wait_for_others(exchange: Exchange) -> None:
        fields = {
            "Location": exchange.farm.url("article", "www.works.test"),
            "Set-Cookie": f"session=1{domain}; Path=/",
        }
        data = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        own = "Set-Cookie: other=1\r\nContent-Length: 0\r\n\r\n"
        await exchange.send(f"HTTP/1.1 302 Found\r\n{data}{own}".encode())

    monkeypatch.setattr(network_addresses, "resolve_host", lambda *_: iter(["127.0.4.1"]))
    with closing(Farm({"article": send_article, "gate": wait_for_others})) as farm:
        urls = [farm.url("article", "www.works.test")]
        (link,) = iter_checked_links(urls, settings=LinkSettings(allow_private=True, deadline=DEADLINE), strict=False)
        assert link.status == status, link


def test_a_host_that_leads_every_path_astray_is_found_out() -> None:
    behaviours: dict[str, Behaviour] = {"en": respond()}
    with closing(Farm(behaviours)) as farm:
        farm.everywhere["127.0.4.1"] = redirect(farm.url("en", "127.0.4.2", path="/"), 301)
        urls = [farm.url(f"page{number}", "127.0.4.1") for number in range(3)] + [farm.url("", "127.0.4.1")]
        links = list(iter_checked_links(urls, settings=LinkSettings(allow_private=True), strict=False))
        assert {link.url: link.status for link in links} == dict.fromkeys(urls[:3], "suspect") | {urls[3]: "moved"}
        probes = [host for _, host, target in farm.requests if "feedpub-" in target]
        assert sorted(probes) == ["127.0.4.1", "127.0.4.2"]


@pytest.mark.parametrize(("ends", "per_host"), [("close", 1), ("keep-alive", 4)])
def test_the_next_handshake_with_a_server_is_a_short_one(ends: str, per_host: int) -> None:
    async def respond_slowly(exchange: Exchange) -> None:
        await asyncio.sleep(0.05)
        await exchange.answer(fields={"Connection": ends})

    with closing(Farm({"page": respond_slowly})) as farm:
        urls = [farm.url("page", "127.0.4.1", kind="good", path=f"/{number}") for number in range(12)]
        settings = LinkSettings(allow_private=True, ca_bundle=farm.ca, per_host=per_host)
        assert [link.status for link in iter_checked_links(urls, settings=settings, strict=False)] == ["ok"] * 12
        assert farm.resumed.count(True) >= (12 if ends == "close" else 2)


def test_every_hop_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    places = [
        "http://127.0.4.9:{port}/page", "http://2130707465:{port}/", "http://0x7f000409:{port}/", "http://127.1033:{port}/",
        "http://0177.0.4.9:{port}/", "http://[::ffff:127.0.4.9]:{port}/", "http://[::1]:{port}/",
        "http://[64:ff9b::7f00:409]:{port}/", "http://10.0.0.1/", "http://169.254.169.254/latest/meta-data/",
        "http://[fe80::1%25lo]/", "http://localhost:{port}/", "https://127.0.4.9:{port}/",
        # S12: what browsers read otherwise than urllib does
        "http:\\\\127.0.4.9:{port}/", "http:/127.0.4.9:{port}/", "http:///127.0.4.9:{port}/", "http://%3127.0.4.9:{port}/",
        "http://127.0.4.9:{port}\\@127.0.4.1:{port}/", "http://127.0.4.1@127.0.4.9:{port}/",
        "http:/\\127.0.4.9:{port}/",
    ]  # fmt: skip
    behaviours: dict[str, Behaviour] = {}
    # Only the first server counts as public, here.
    monkeypatch.setattr(network_addresses, "is_public", lambda place: place == "127.0.4.1")
    with closing(Farm(behaviours)) as farm:
        targets = [place.format(port=farm.ports["http"]) for place in places]
        behaviours.update({f"hop{number}": redirect(target) for number, target in enumerate(targets)})
        urls = [farm.url(name, "127.0.4.1") for name in behaviours]
        links = list(iter_checked_links([*urls, *targets], settings=LinkSettings(deadline=DEADLINE), strict=False))
        assert {host for _, host, _ in farm.requests} == {"127.0.4.1"}
        assert {link.status for link in links} <= {"skipped", "dead", "suspect"}, [
            (link.url, link.status, link.reason) for link in links if link.status == "unsure"
        ]
        assert sum(link.status == "skipped" for link in links) >= 2 * len(places) - 3
