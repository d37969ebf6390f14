"""How runs end: when their time is over, at the limits of one link, and with a slow reader of the results."""

from __future__ import annotations

import asyncio
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from feedpub.links.check import check_links, iter_checked_links
from feedpub.links.classify import ProbeResult, classify_result
from feedpub.links.history import History
from feedpub.links.lifecycle import Record
from feedpub.links.pages import Page
from feedpub.links.probe import MOST_REQUESTS, LinkProbe
from feedpub.links.records import LinkRecords
from feedpub.links.redirects import find_refresh_target
from feedpub.model import HostSettings, LinkSettings
from support.link_farm import Exchange, Farm, redirect, respond

if TYPE_CHECKING:
    from pathlib import Path

HOST = "127.0.8.1"
NOW = datetime(2026, 3, 1, tzinfo=UTC)
SETTINGS = LinkSettings(allow_private=True, deadline=20.0)
pytestmark = pytest.mark.usefixtures("short_rests")


async def move_each(exchange: Exchange) -> None:
    """Redirect each page to one of its own; the last one never answers."""
    name = exchange.target.rpartition("/")[2]
    if name == "silent":
        await asyncio.sleep(30)
    elif "/new/" in exchange.target:
        await exchange.answer()
    elif name.isdigit():
        await redirect(f"/new/{name}", 301)(exchange)
    else:
        await exchange.answer(404)


def test_links_that_have_moved_are_recorded_when_the_time_is_over(tmp_path: Path) -> None:
    with closing(Farm({"page": move_each, "new": move_each})) as farm:
        urls = [farm.url("page", HOST, path=f"/{name}") for name in ("0", "1", "2", "silent")]
        report = check_links(urls, settings=SETTINGS, history=tmp_path / "links.sqlite", max_seconds=6.0, now=NOW)
    assert [link.status for link in report.links] == ["moved", "moved", "moved", None]
    assert report.not_asked == 1


def test_nothing_is_asked_when_the_time_is_over() -> None:
    with closing(Farm({"page": respond()})) as farm:
        urls = [farm.url("page", HOST, path=f"/{number}") for number in range(200)]
        run = iter_checked_links(urls, settings=LinkSettings(allow_private=True, spacing=0.05), max_seconds=0.5)
        links = list(run)
        asked = len(farm.requests)
        time.sleep(0.3)  # nothing may come: there is no event to wait for
        assert len(farm.requests) == asked
    assert len(links) == 200
    assert 0 < run.report.not_asked < 200 or asked == 0


def test_a_slow_reader_of_results_takes_no_time_from_confirmations() -> None:
    with closing(Farm({"page": respond(404)})) as farm:
        urls = [farm.url("page", f"127.0.8.{number}") for number in range(1, 5)]
        for _ in iter_checked_links(urls, settings=LinkSettings(allow_private=True, deadline=4.0)):
            time.sleep(1.3)
        methods: dict[str, list[str]] = {}
        for method, host, target in farm.requests:
            if target == "/page":
                methods.setdefault(host, []).append(method)
    assert methods == {f"127.0.8.{number}": ["HEAD", "GET", "GET", "GET"] for number in range(1, 5)}


def test_a_chain_that_takes_too_many_requests_is_unsure() -> None:
    async def stumble(exchange: Exchange) -> None:
        number = exchange.target.rpartition("/")[2]
        if not number.isdigit():
            await exchange.answer(404)
        elif exchange.times <= 2:
            await exchange.answer(503)
        else:
            host = f"127.0.8.{int(number) + 1}"  # each of its own: else this one would be taken for overloaded
            await redirect(exchange.farm.url("chain", host, path=f"/{int(number) - 1}"), 301)(exchange)

    with closing(Farm({"chain": stumble})) as farm:
        (link,) = check_links([farm.url("chain", "127.0.8.21", path="/19")], settings=SETTINGS).links
        assert len(farm.requests) <= MOST_REQUESTS
    assert (link.status, link.reason) == (
        "unsure",
        f"a limit of feedpub was reached (it took {MOST_REQUESTS} requests)",
    )


def test_what_had_moved_before_and_is_asked_again_counts_as_it_is_now(tmp_path: Path) -> None:
    redirected = {"a"}

    async def behave(exchange: Exchange) -> None:
        name = exchange.target.rpartition("/")[2]
        if name in redirected:
            await redirect("/page/new", 301)(exchange)
        else:
            await exchange.answer(200 if name in ("a", "b", "new") else 404)

    with closing(Farm({"page": behave})) as farm:
        urls = [farm.url("page", HOST, path=f"/{name}") for name in "ab"]
        for day, statuses in enumerate([["moved", "ok"], ["ok", "moved"]]):
            now = NOW + timedelta(days=day)
            report = check_links(urls, settings=SETTINGS, history=tmp_path / "links.sqlite", now=now, everything=True)
            assert [link.status for link in report.links] == statuses
            redirected.symmetric_difference_update("ab")


@pytest.mark.parametrize("name", ["accept", "ACCEPT", "Accept"])
def test_a_header_of_the_settings_replaces_the_usual_one(name: str) -> None:
    own = HostSettings(headers={name: "application/json"})
    with closing(Farm({"page": respond()})) as farm:
        check_links([farm.url("page", HOST)], settings=LinkSettings(allow_private=True, hosts={HOST: own}))
        lines = [line for line in farm.heads[0].splitlines() if line.lower().startswith("accept:")]
    assert lines == ["Accept: application/json"]


def test_excluded_addresses_may_be_malformed() -> None:
    urls = ["http://exa mple.org/bad", "http://999.999.999.999/"]
    report = check_links(urls, settings=LinkSettings(exclude=("bad", "999")))
    assert [link.reason for link in report.links] == ["excluded", "excluded"]


@pytest.mark.parametrize("failure", ["private", "excluded"])
def test_a_dead_link_that_leads_where_nothing_is_asked_stays_dead(failure: str, tmp_path: Path) -> None:
    url = "https://old.test/"
    dead = classify_result(ProbeResult(url=url, code=404))
    record = Record(url=url, state="dead", status="dead", failures=3, failing_since=NOW, checked=NOW)
    with History(tmp_path / "links.sqlite") as history:
        history.add_check(record, dead, NOW, before="failing")
        records = LinkRecords(history, {url: ()}, settings=SETTINGS, strict=False, started=NOW + timedelta(days=1))
        answer = ProbeResult(url=url, failure=failure)  # type: ignore[arg-type]  # both are failures
        probe = LinkProbe(url, (), lambda _: None, seconds=1.0, clock=time.monotonic)  # type: ignore[arg-type,return-value]  # not asked
        link = records.add_verdict(url, answer, classify_result(answer), probe)
        assert history.load_record(url) == record
    assert (link.status, link.state, link.broken) == ("skipped", "dead", True)
    assert link.incident is not None


@pytest.mark.parametrize(
    ("base", "location", "target"),
    [
        ("http://u:p@victim.test/", "x", "http://victim.test/x"),
        ("http://victim.test/", "http://u:p@victim.test/x", "http://victim.test/x"),
        ("", "http://u:p@page.test/x", "http://u:p@page.test/x"),  # the page's own server
        ("http://page.test/folder/", "x", "http://page.test/folder/x"),
    ],
)
def test_a_page_cannot_have_its_credentials_sent_elsewhere(base: str, location: str, target: str) -> None:
    page = Page(refresh=(location, base))
    assert find_refresh_target("http://page.test/a", {}, page) == target
