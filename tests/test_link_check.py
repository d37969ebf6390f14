"""Link checks over real sockets: a small server on the loopback address, with and without a history."""

from __future__ import annotations

import errno
import io
import ssl
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

import pytest
import requests

import feedpub
from feedpub.links.check import check_links, iter_checked_links
from feedpub.links.classify import ProbeResult, classify_result
from feedpub.links.history import History
from feedpub.links.lifecycle import advance_record
from feedpub.links.outbound import find_outbound_links
from feedpub.model import LinkSettings
from feedpub.transport.connection import create_tls_context
from support import http_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("short_rests")
SETTINGS = LinkSettings(allow_private=True, deadline=4.0)
PAGE = b"<!DOCTYPE html><title>Notes</title><h1>Notes</h1><p id=first>One<p id='zwei \xc3\xa9'>Two" + b" " * 5000


FIXED: dict[str, tuple[int, dict[str, str], bytes]] = {
    "moved": (301, {"Location": "/page"}, b""),
    "loop": (302, {"Location": "/loop"}, b""),
    "script": (302, {"Location": "javascript:alert(1)"}, b""),
    "private": (302, {"Location": "http://10.0.0.1/"}, b""),
    "wait": (503, {"Retry-After": "3600"}, b""),
    "bad-gzip": (200, {"Content-Encoding": "gzip"}, b"no gzip"),
}


class Handler(http_server.Handler):
    protocol_version = "HTTP/1.1"
    asked: ClassVar[list[tuple[str, str]]] = []
    gone: ClassVar[set[str]] = set()
    conditions: ClassVar[list[str | None]] = []
    authorizations: ClassVar[set[str | None]] = set()

    def do_HEAD(self) -> None:
        self.answer(with_body=False)

    def do_GET(self) -> None:
        self.answer(with_body=True)

    def answer(self, *, with_body: bool) -> None:
        self.asked.append((self.command, self.path))
        self.authorizations.add(self.headers.get("Authorization"))
        name = self.path.strip("/")
        code, headers, body = 404, {"Content-Type": "text/html"}, b"<title>404</title>"
        if name.startswith("page") and name not in self.gone:
            code, body = 200, PAGE
        elif name == "tagged":
            self.conditions.append(given := self.headers.get("If-None-Match"))
            code, headers, body = (304, {}, b"") if given == '"v1"' else (200, {"ETag": '"v1"'}, PAGE)
        elif name in FIXED:
            code, headers, body = FIXED[name]
        elif name.isdecimal():
            code = int(name)
        elif name == "no-head":
            code, body = (200, PAGE) if with_body else (405, b"")
        elif name == "slow":
            time.sleep(6)
        self.send(code, headers, body)


@pytest.fixture
def base() -> Iterator[str]:
    Handler.asked.clear()
    Handler.authorizations.clear()
    Handler.gone.clear()
    with http_server.serve(Handler) as address:
        yield address


EXPECTED = {
    "/page": "ok", "/page#first": "ok", "/page#zwei%20%C3%A9": "ok", "/page#third": "suspect",
    "/page#:~:text=One": "ok",
    "/moved": "moved", "/loop": "dead", "/script": "dead", "/404": "dead", "/410": "dead", "/500": "dead",
    "/403": "blocked", "/401": "blocked", "/451": "blocked", "/999": "blocked", "/wait": "blocked", "/400": "suspect",
    "/no-head": "ok", "/slow": "unsure",
}  # fmt: skip


def test_what_answers_mean(base: str) -> None:
    others = {"mailto:someone@example.org": "skipped", "http://127.0.0.1:9/": "dead", "http://a b/": "suspect"}
    settings = replace(SETTINGS, patience=6.0)
    report = check_links([*(base + path for path in EXPECTED), *others], settings=settings, strict=False)
    found = {link.url.removeprefix(base): link.status for link in report.links}
    assert found == EXPECTED | others
    assert not report.broken  # a first failure kills nothing
    moved = next(link for link in report.links if link.url == f"{base}/moved")
    assert moved.final_url == f"{base}/page"
    assert [redirect.code for redirect in moved.chain] == [301]
    assert Handler.asked.count(("GET", "/page")) == 2, "a page with several fragments is asked for once, and by /moved"


def test_nothing_private_is_asked(base: str) -> None:
    report = check_links([f"{base}/page", "http://2130706433/", "http://[::1]/", "http://169.254.169.254/"])
    assert {link.status for link in report.links} == {"skipped"}
    assert Handler.asked == []


def test_without_a_history_a_failure_that_lasts_is_death(base: str) -> None:
    report = check_links([f"{base}/404", f"{base}/page"], settings=SETTINGS)
    assert [link.url for link in report.broken] == [f"{base}/404"]
    assert [path for _, path in Handler.asked].count("/404") == 4  # HEAD, GET, and twice to be sure


def test_a_link_dies_and_comes_back(base: str, tmp_path: Path) -> None:
    path, url = tmp_path / "links.sqlite", f"{base}/page"
    begun = datetime(2026, 3, 1, 6, tzinfo=UTC)

    def check_on_day(day: float) -> tuple[str | None, str, str | None, bool]:
        now = begun + timedelta(days=day)
        (link,) = check_links([url], settings=SETTINGS, history=path, now=now, everything=True).links
        return link.status, link.state, link.change, link.incident is not None

    assert check_on_day(0) == ("ok", "ok", None, False)
    Handler.gone.add("page")
    assert [check_on_day(day) for day in (1, 2, 3)] == [("dead", "failing", None, False)] * 3
    assert check_on_day(4) == ("dead", "dead", "died", True)
    assert check_on_day(5) == ("dead", "dead", None, True)
    Handler.gone.clear()
    assert check_on_day(6) == ("ok", "ok", "recovered", True)
    assert check_on_day(7) == ("ok", "ok", None, False)
    with History(path) as history:
        (incident,) = history.list_incidents()
    assert incident.closed == begun + timedelta(days=6)


def test_only_what_is_due_is_asked(base: str, tmp_path: Path) -> None:
    path, now = tmp_path / "links.sqlite", datetime(2026, 3, 1, 6, tzinfo=UTC)
    urls = [f"{base}/page", f"{base}/wait"]
    check_links(urls, settings=SETTINGS, history=path, now=now)
    Handler.asked.clear()
    report = check_links(urls, settings=SETTINGS, history=path, now=now + timedelta(minutes=50))
    assert Handler.asked == []
    assert [(link.status, link.remembered) for link in report.links] == [("ok", True), ("blocked", True)]


def test_what_has_not_changed_is_not_sent_again(base: str, tmp_path: Path) -> None:
    Handler.conditions.clear()
    for day in range(4):
        now = datetime(2026, 3, 1 + day, 6, tzinfo=UTC)
        (link,) = check_links(
            [f"{base}/tagged"], settings=SETTINGS, history=tmp_path / "h", now=now, everything=True
        ).links
        assert (link.status, link.code) == ("ok", 304 if day else 200)
    assert set(Handler.conditions) == {None, '"v1"'}


def test_our_own_network_is_no_reason_to_die(tmp_path: Path) -> None:
    path, now = tmp_path / "links.sqlite", datetime(2026, 3, 1, 6, tzinfo=UTC)
    urls = [f"http://127.0.0.{number}:9/" for number in range(1, 9)]  # nobody listens there
    settings = replace(SETTINGS, patience=0.0)
    for day in range(6):
        report = check_links(urls, settings=settings, history=path, now=now + timedelta(days=day), everything=True)
        assert report.network_down
        assert {(link.status, link.state) for link in report.links} == {("unsure", "ok")}
    with History(path) as history:
        assert history.load_links() == {}


def test_a_session_of_the_caller_is_used_as_it_is(base: str) -> None:
    with requests.Session() as session:
        session.trust_env = False
        session.headers["X-Mine"] = "1"
        report = check_links([f"{base}/page#first", f"{base}/404", "http://127.0.0.1:9/"], session=session)
    assert [link.status for link in report.links] == ["ok", "dead", "dead"]


def test_a_session_that_would_stall_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("urllib3.__version__", "2.25.904")  # as urllib3-future says it
    with requests.Session() as session, pytest.raises(feedpub.FeedpubError, match="install urllib3 itself"):
        check_links(["http://127.0.0.1:9/"], session=session)


NO_ROUTE = requests.ConnectionError(OSError(errno.ENETUNREACH, "Network is unreachable"))
TRIED_OUT = requests.exceptions.RetryError("too many 503 error responses")


DEAF = [f"http://127.0.1.{number}:9" for number in range(1, 4)]  # nobody listens there


@pytest.mark.parametrize(
    ("good", "asked", "down"),
    [
        (
            [f"{DEAF[0]}/1", f"{DEAF[0]}/2", f"{DEAF[0]}/3", "BASE"],
            [f"{DEAF[0]}/4"],
            False,
        ),  # its other links tell nothing
        ([f"{DEAF[0]}/1", f"{DEAF[0]}/2"], [f"{DEAF[0]}/1"], False),  # a lone host may die
        ([f"{DEAF[0]}/1", f"{DEAF[1]}/1"], [f"{DEAF[0]}/1", f"{DEAF[1]}/1"], False),  # so may two
        ([f"{DEAF[0]}/1", f"{DEAF[1]}/1", "BASE"], [f"{DEAF[0]}/1", f"{DEAF[1]}/1"], False),
        ([f"{DEAF[0]}/1", f"{DEAF[1]}/1"], [f"{DEAF[0]}/1"], True),
    ],
)
def test_other_hosts_tell_whether_our_network_is_up(
    base: str, tmp_path: Path, good: list[str], asked: list[str], down: bool
) -> None:
    path, now = tmp_path / "links.sqlite", datetime(2026, 3, 1, 6, tzinfo=UTC)
    verdict = classify_result(ProbeResult(url="", code=200))
    with History(path) as history:
        for number, url in enumerate(f"{base}/page" if url == "BASE" else url for url in good):
            at = now - timedelta(hours=number)
            history.add_check(advance_record(history.load_record(url), verdict, at), verdict, at)
    report = check_links(asked, settings=SETTINGS, history=path, now=now, everything=True)
    assert report.network_down is down
    assert {link.state for link in report.links} == {"ok" if down else "failing"}


@pytest.mark.parametrize(("error", "reason"), [(NO_ROUTE, "cannot be reached"), (TRIED_OUT, "no further requests")])
def test_what_a_session_of_the_caller_fails_at_kills_nothing(error: Exception, reason: str) -> None:
    class Fails(requests.adapters.HTTPAdapter):
        def send(self, *_: object, **__: object) -> requests.Response:
            raise error

    with requests.Session() as session:
        session.mount("http://", Fails())
        (link,) = check_links(["http://a.example/"], session=session, settings=SETTINGS, strict=False).links
    assert link.status == "unsure"
    assert reason in link.reason


def test_a_body_that_breaks_off_takes_nothing_away_from_its_status(base: str) -> None:
    with requests.Session() as session:
        session.trust_env = False
        (link,) = check_links([f"{base}/bad-gzip#part"], session=session, settings=SETTINGS, strict=False).links
    assert link.status == "ok", link


def test_adapters_of_the_caller_answer() -> None:
    class Answers(requests.adapters.BaseAdapter):
        def send(self, request: requests.PreparedRequest, *_: object, **__: object) -> requests.Response:
            response = requests.Response()
            response.status_code = 200 if "/page" in str(request.url) else 404
            response.request, response.url, response.raw = request, str(request.url), io.BytesIO(PAGE)
            return response

        def close(self) -> None:
            pass

    with requests.Session() as session:
        session.mount("http://", Answers())
        report = check_links(["http://a.example/page", "http://a.example/gone"], session=session, strict=False)
    assert [link.status for link in report.links] == ["ok", "dead"]


def test_results_come_one_by_one_and_what_is_known_is_kept(base: str, tmp_path: Path) -> None:
    path = tmp_path / "links.sqlite"
    run = iter_checked_links([f"{base}/page", f"{base}/slow"], settings=SETTINGS, history=path)
    assert next(run).url == f"{base}/page"
    assert [link.url for link in run.report.links] == [f"{base}/page"]
    run.close()
    with History(path) as history:
        assert list(history.load_links()) == [f"{base}/page"]


def test_patterns_leave_addresses_out(base: str) -> None:
    settings = LinkSettings(allow_private=True, exclude=(r"/page$",))
    (link,) = check_links([f"{base}/page"], settings=settings).links
    assert (link.status, link.reason) == ("skipped", "excluded")
    assert Handler.asked == []


def test_one_string_is_no_list() -> None:
    with pytest.raises(TypeError, match="list of addresses"):
        check_links("https://example.org/")


def test_the_links_of_a_site_stand_where_they_stand(tmp_path: Path) -> None:
    (tmp_path / "feedpub.toml").write_text(
        'base_url = "https://digest.example/"\nauthority = "digest.example,2026"\n', encoding="utf-8"
    )
    (tmp_path / "one.en.md").write_text(
        "---\ntitle: One\npublished: 2026-01-01\nsource: https://a.example/talk?v=1&t=2\n---\n"
        "[a](https://b.example/x) and [longer](https://b.example/x/y), [own](https://digest.example/en/two/)\n\n"
        "![p](https://c.example/p.png) again [a](https://b.example/x) [m](mailto:a@b.example)\n\n"
        '<img alt="1 > 0" src="https://c.example/q.png"> <a title=\'href="x>\' href=https://c.example/t>t</a>\n\n'
        "[home](https://digest.example) [http](http://digest.example/en/one/) [like](https://digest.example.org/)\n\n"
        "## References\n1. [R](https://d.example/r#part)\n",
        encoding="utf-8",
    )
    found = {
        url: [place.line for place in places] for url, places in find_outbound_links(feedpub.load(tmp_path)).items()
    }
    assert found == {
        "https://a.example/talk?v=1&t=2": [4],
        "https://b.example/x": [6, 8],
        "https://b.example/x/y": [6],
        "https://c.example/p.png": [8],
        "https://c.example/q.png": [10],
        "https://c.example/t": [10],
        "https://digest.example.org/": [12],
        "https://d.example/r#part": [15],
    }


def test_certificates_are_judged_as_browsers_do() -> None:
    assert not create_tls_context(None).verify_flags & ssl.VERIFY_X509_STRICT  # Python 3.13 sets it
