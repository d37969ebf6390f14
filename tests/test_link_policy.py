"""What a result means, and when a link is dead."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from feedpub.links.classify import ProbeResult, Redirect, Verdict, classify_result
from feedpub.links.lifecycle import CONFIRMATIONS, Record, advance_record, needs_confirmation
from feedpub.links.own_network import (
    FROM_HOST,
    UNANSWERED,
    UNREACHED,
    describe_evidence,
    is_network_down,
    needs_canaries,
)
from feedpub.model import LinkSettings
from support.link_pages import read_page_at_once

if TYPE_CHECKING:
    from feedpub.links.pages import Page

URL = "https://works.test/a/page"
HOME = "https://works.test/"
NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def make_result(code: int | None = 200, **fields: Any) -> ProbeResult:
    return ProbeResult(**{"url": URL, "code": code} | fields)


def make_source(text: str) -> Page:
    return read_page_at_once(text.encode(), {})


def make_page(title: str, heading: str = "") -> Page:
    return make_source(
        f"<!doctype html><html><head><title>\n {title}</title></head><body><h1 class='a'>{heading}</h1><p>Text.</p>"
    )


def make_redirects(*codes: int, to: str = "https://other.test/page") -> tuple[Redirect, ...]:
    return tuple(
        Redirect(code=code, url=to if place == len(codes) else f"{URL}/{place}") for place, code in enumerate(codes, 1)
    )


MISSING = make_result(404)
ASTRAY = make_result(
    302, url="https://works.test/feedpub-1", redirects=make_redirects(302, to="https://works.test/en/")
)
EN = make_redirects(301, to="https://works.test/en/#top")
CASES: dict[str, tuple[ProbeResult, str, str]] = {
    "fine": (make_result(), "ok", ""),
    "no content": (make_result(204), "ok", ""),
    "not modified": (make_result(304), "ok", ""),
    "moved permanently": (make_result(redirects=make_redirects(301, 308)), "moved", "moved permanently"),
    "moved for now": (make_result(redirects=make_redirects(301, 302)), "ok", ""),
    "to http": (make_result(redirects=make_redirects(302, to="http://works.test/page")), "ok", "from https to http"),
    "to http for good": (
        make_result(redirects=make_redirects(301, to="http://works.test/page")),
        "moved",
        "from https to http",
    ),
    "over http": (
        make_result(redirects=(Redirect(code=302, url="http://works.test/page"), Redirect(code=302, url=f"{URL}/2"))),
        "ok",
        "from https to http",
    ),
    "to the home page": (make_result(redirects=make_redirects(301, to=HOME)), "suspect", "home page"),
    "home to home": (make_result(url=HOME, redirects=make_redirects(301, to="https://www.works.test/")), "moved", ""),
    "not found": (MISSING, "dead", "404 not found"),
    "gone": (make_result(410), "dead", "410 gone"),
    "server error": (make_result(500), "dead", "500 server error"),
    "Cloudflare's own": (make_result(522), "dead", "522 server error"),
    "down": (make_result(503), "dead", "503"),
    "another version of HTTP": (make_result(505), "unsure", "505"),
    "down for a while": (make_result(503, headers={"retry-after": "120"}), "blocked", "503 busy"),
    "unauthorised": (make_result(401), "blocked", "401"),
    "forbidden": (make_result(403), "blocked", "403 forbidden"),
    "too many": (make_result(429), "blocked", "429"),
    "by law": (make_result(451), "blocked", "451"),
    "LinkedIn": (make_result(999), "blocked", "999"),
    "bad request": (make_result(400), "suspect", "400 bad request"),
    "no such method": (make_result(405), "suspect", "405"),
    "teapot": (make_result(418), "suspect", "418 refused"),
    "no redirect": (make_result(304 - 1), "suspect", "unexpected status 303"),
    "continue": (make_result(100), "suspect", "unexpected status 100"),
    "challenge": (
        make_result(403, headers={"cf-mitigated": "challenge"}),
        "blocked",
        "a challenge that robots cannot pass",
    ),
    "challenge that is 200": (
        make_result(page=make_source("<script>window._cf_chl_opt={}")),
        "blocked",
        "a challenge that robots cannot pass",
    ),
    "challenge that is 404": (
        make_result(404, headers={"x-amzn-waf-action": "captcha"}),
        "blocked",
        "a challenge that robots cannot pass",
    ),
    "page with a challenge's script": (make_result(page=make_source("cf_chl_opt" + " " * 40_000)), "ok", ""),
    "says so in its title": (
        make_result(page=make_page("Page not found | Works")),
        "suspect",
        "says that it was not found",
    ),
    "says so in its heading": (
        make_result(page=make_page("Works", "<b>404</b>")),
        "suspect",
        "says that it was not found",
    ),
    "says so with an arrow": (
        make_result(page=make_page("Page not found › Works")),
        "suspect",
        "says that it was not found",
    ),
    "says so as in WordPress": (
        make_result(page=make_page("W", "Oops! That page can&rsquo;t be found.")),
        "suspect",
        "not found",
    ),
    "says so with its number": (
        make_result(page=make_page("Works :: Not Found (404)")),
        "suspect",
        "says that it was not found",
    ),
    "says so in Chinese": (make_result(page=make_page("页面不存在 - 作品")), "suspect", "says that it was not found"),
    "about such pages": (make_result(page=make_page("Page not found"), soft404_probe=MISSING), "ok", ""),
    "says so, and the host was busy": (
        make_result(page=make_page("Page not found"), soft404_probe=make_result(503)),
        "suspect",
        "says that it was not found",
    ),
    "says so, and the host refuses robots": (
        make_result(page=make_page("Page not found"), soft404_probe=make_result(403)),
        "suspect",
        "says that it was not found",
    ),
    "every path to one page": (make_result(redirects=EN, soft404_probe=ASTRAY), "suspect", "redirects every path"),
    "every path of the old host": (
        make_result(redirects=EN, soft404_probe=MISSING, redirect_probes=(ASTRAY,)),
        "suspect",
        "redirects every path",
    ),
    "the front page in English": (make_result(url=HOME, redirects=EN, soft404_probe=ASTRAY), "moved", ""),
    "the very page": (make_result(url="http://works.test/en", redirects=EN, soft404_probe=ASTRAY), "moved", ""),
    "every path elsewhere": (make_result(redirects=make_redirects(301), soft404_probe=ASTRAY), "moved", ""),
    "about a car": (make_result(page=make_page("Peugeot 404 – Wikipedia")), "ok", ""),
    "about a search": (make_result(page=make_page("Life not found on Mars | News")), "ok", ""),
    "same for every path": (
        make_result(page=make_page("Works"), soft404_probe=make_result(page=make_page("Works"))),
        "suspect",
        "the same page for every",
    ),
    "same for every path, nameless": (
        make_result(page=make_source("<p>Hello"), soft404_probe=make_result(page=make_source("<p>Hello"))),
        "suspect",
        "the same page for every",
    ),
    "nameless": (
        make_result(page=make_source("<p>Hello"), soft404_probe=make_result(page=make_source("<p>Other"))),
        "ok",
        "",
    ),
    "own title": (make_result(page=make_page("A")), "ok", ""),
    "another title elsewhere": (
        make_result(page=make_page("A"), soft404_probe=make_result(page=make_page("Works"))),
        "ok",
        "",
    ),
    "parked": (make_result(page=make_page("works.test", "This domain is for sale!")), "suspect", "for sale"),
    "fragment there": (make_result(fragment_is_there=True), "ok", ""),
    "fragment missing": (make_result(fragment_is_there=False), "suspect", "does not contain the fragment"),
    "no host": (make_result(None, failure="no-host"), "dead", "no such host"),
    "look-up": (make_result(None, failure="lookup"), "unsure", "DNS lookup failed"),
    "refused": (make_result(None, failure="refused"), "dead", "refused"),
    "reset": (make_result(None, failure="reset"), "dead", "reset"),
    "time-out": (make_result(None, failure="timeout", detail="30 s"), "unsure", "no response in time (30 s)"),
    "certificate": (make_result(None, failure="certificate", detail="expired"), "dead", "certificate (expired)"),
    "chain": (make_result(None, failure="chain"), "suspect", "incomplete"),
    "wants a certificate": (make_result(None, failure="identity"), "blocked", "client certificate"),
    "program": (make_result(None, failure="other-program"), "suspect", "opens another program"),
    "handshake": (make_result(None, failure="tls"), "dead", "secure"),
    "SSH": (make_result(None, failure="malformed"), "dead", "not HTTP"),
    "our network": (make_result(None, failure="network-down"), "unsure", "network of this computer"),
    "a limit": (make_result(None, failure="limit"), "unsure", "limit"),
    "private": (make_result(None, failure="private"), "skipped", "private"),
    "excluded": (make_result(None, failure="excluded"), "skipped", "excluded"),
    "javascript": (
        make_result(None, failure="refused-scheme", redirects=make_redirects(302)),
        "dead",
        "scheme that browsers refuse",
    ),
    "in a loop": (make_result(None, failure="redirect-loop", redirects=make_redirects(302)), "dead", "in a loop"),
    "no end": (make_result(None, failure="too-many-redirects"), "dead", "too many"),
    "no Location": (make_result(302, failure="invalid-redirect"), "dead", "invalid address"),
}


@pytest.mark.parametrize(("result", "status", "reason"), CASES.values(), ids=CASES)
def test_verdicts(result: ProbeResult, status: str, reason: str) -> None:
    verdict = classify_result(result)
    assert verdict.status == status
    assert reason in verdict.reason
    assert verdict.reason or status == "ok"
    assert (verdict.code, verdict.final_url) == (result.code, result.final_url)


def test_what_failures_rest_on() -> None:
    evidence = {name: classify_result(result).evidence for name, (result, _, _) in CASES.items()}
    assert {name for name, value in evidence.items() if value == "gone"} == {"gone", "no host"}
    assert {name for name, value in evidence.items() if value == "statement"} == {"not found", "javascript"}
    assert {name for name, value in evidence.items() if value} == {
        name for name, (result, status, _) in CASES.items() if status == "dead"
    }


# The states

OK = classify_result(make_result())
DEAD = classify_result(MISSING)
GONE = classify_result(make_result(410))
BLOCKED = classify_result(make_result(429))
UNSURE = classify_result(make_result(None, failure="timeout"))


def advance_all(*events: tuple[Verdict, timedelta]) -> Record:
    """Return the record after some verdicts, each with its time after `NOW`."""
    record = Record(url=URL)
    for verdict, after in events:
        record = advance_record(record, verdict, NOW + after)
    return record


def test_good_links_are_asked_ever_more_seldom() -> None:
    record, now, waits = Record(url=URL), NOW, []
    for _ in range(8):
        record = advance_record(record, OK, now)
        assert record.due
        waits.append(record.due - now)
        now = record.due
    for wait, days in zip(waits, (1, 2, 4, 7, 14, 30, 30, 30), strict=True):
        assert 0.9 * days * DAY <= wait <= days * DAY
    assert (record.state, record.streak, record.last_ok) == ("ok", 8, record.checked)


def test_links_are_not_all_due_at_once() -> None:
    due = {advance_record(Record(url=f"{URL}/{number}"), OK, NOW).due for number in range(100)}
    assert len(due) > 90
    assert advance_record(Record(url=URL), OK, NOW) == advance_record(Record(url=URL), OK, NOW)


def test_a_first_failure_is_no_death() -> None:
    record = advance_all((OK, -DAY), (DEAD, 0 * DAY))
    assert (record.state, record.failures, record.failing_since) == ("failing", 1, NOW)
    assert record.due == NOW + HOUR
    assert record.last_ok == NOW - DAY
    assert advance_record(Record(url=URL), DEAD, NOW, strict=True).state == "dead"


@pytest.mark.parametrize(
    ("verdict", "days", "state"),
    [
        (DEAD, (0, 1, 2), "failing"),
        (DEAD, (0, 3), "failing"),
        (DEAD, (0, 2.9, 2.95), "failing"),
        (DEAD, (0, 1, 3), "dead"),
        (DEAD, (0, 1, 2, 3), "dead"),
        (GONE, (0, 0.5), "failing"),
        (GONE, (0, 1), "dead"),
        (classify_result(make_result(None, failure="no-host")), (0, 1), "dead"),
    ],
)
def test_death_takes_failures_and_days(verdict: Verdict, days: tuple[float, ...], state: str) -> None:
    assert advance_all(*((verdict, day * DAY) for day in days)).state == state


TROUBLE = classify_result(make_result(503))


@pytest.mark.parametrize(
    ("verdicts", "state"),
    [
        ([(TROUBLE, 0), (TROUBLE, 2), (TROUBLE, 4), (TROUBLE, 6.9)], "failing"),
        ([(TROUBLE, 0), (TROUBLE, 3), (TROUBLE, 7)], "failing"),
        ([(TROUBLE, 0), (TROUBLE, 2), (TROUBLE, 4), (TROUBLE, 7)], "dead"),
        ([(TROUBLE, 0), (TROUBLE, 2), (TROUBLE, 4), (DEAD, 6)], "failing"),  # restored from a backup, say
        ([(TROUBLE, 0), (TROUBLE, 2), (GONE, 4)], "failing"),
        ([(TROUBLE, 0), (DEAD, 2), (DEAD, 4), (DEAD, 5)], "dead"),
        ([(DEAD, 0), (DEAD, 2), (TROUBLE, 3), (DEAD, 4)], "failing"),
        ([(DEAD, 0), (TROUBLE, 2), (DEAD, 4), (TROUBLE, 7)], "dead"),
        ([(TROUBLE, 0), (GONE, 2), (GONE, 3)], "dead"),
    ],
)
def test_trouble_needs_more_patience_than_statements(verdicts: list[tuple[Verdict, float]], state: str) -> None:
    assert advance_all(*((verdict, day * DAY) for verdict, day in verdicts)).state == state


def test_how_much_patience_is_a_setting() -> None:
    settings = LinkSettings(statement_failures=2, statement_days=1, trouble_failures=2, trouble_days=0.5)
    for verdict, days in ((DEAD, 1), (TROUBLE, 0.5)):
        record = advance_record(Record(url=URL), verdict, NOW, settings=settings)
        assert advance_record(record, verdict, NOW + 0.4 * DAY, settings=settings).state == "failing"
        assert advance_record(record, verdict, NOW + days * DAY, settings=settings).state == "dead"
        assert needs_confirmation(record, verdict, NOW + days * DAY, settings)
        assert not needs_confirmation(record, verdict, NOW + days * DAY)


def test_one_good_answer_makes_it_ok_again() -> None:
    dead = advance_all((DEAD, 0 * DAY), (DEAD, 2 * DAY), (DEAD, 4 * DAY))
    assert dead.state == "dead"
    well = advance_record(dead, OK, NOW + 5 * DAY)
    assert (well.state, well.failures, well.failing_since, well.streak) == ("ok", 0, None, 1)
    assert advance_record(well, DEAD, NOW + 6 * DAY).state == "failing"


@pytest.mark.parametrize("verdict", [BLOCKED, UNSURE, classify_result(make_result(400))])
def test_what_proves_nothing_changes_nothing(verdict: Verdict) -> None:
    for before in (
        advance_all((OK, 0 * DAY)),
        advance_all((DEAD, 0 * DAY)),
        advance_all((DEAD, -4 * DAY), (DEAD, -DAY), (DEAD, 0 * DAY)),
    ):
        after = advance_record(before, verdict, NOW + HOUR)
        assert (after.state, after.failures, after.streak) == (before.state, before.failures, before.streak)
        assert (after.status, after.reason, after.checked) == (verdict.status, verdict.reason, NOW + HOUR)
        assert after.due
        assert after.due > NOW + HOUR


def test_a_server_that_asks_us_to_stay_away_is_obeyed() -> None:
    away = advance_record(Record(url=URL), BLOCKED, NOW, retry_after=9 * DAY)
    assert away.due == NOW + 9 * DAY
    soon = advance_record(Record(url=URL), BLOCKED, NOW, retry_after=HOUR)
    assert soon.due == NOW + HOUR
    assert advance_record(Record(url=URL), BLOCKED, NOW).due == NOW + 2 * DAY
    failing = advance_record(Record(url=URL, state="failing"), UNSURE, NOW, retry_after=HOUR)
    assert failing.due == NOW + 6 * HOUR


def test_death_is_confirmed_first() -> None:
    failing = advance_all((DEAD, 0 * DAY), (DEAD, 2 * DAY))
    assert not needs_confirmation(failing, DEAD, NOW + 2.5 * DAY)
    assert needs_confirmation(failing, DEAD, NOW + 3 * DAY)
    assert not needs_confirmation(failing, OK, NOW + 3 * DAY)
    assert not needs_confirmation(advance_record(failing, DEAD, NOW + 3 * DAY), DEAD, NOW + 4 * DAY)


# Our own network


BAD_GATEWAY = "502 Bad Gateway"


@pytest.mark.parametrize(
    ("hosts", "canaries", "asked", "down"),
    [
        ([], [], False, False),
        ([FROM_HOST] * 9, [], False, False),
        ([FROM_HOST] + [UNREACHED] * 12, [], False, False),  # one that answers is enough
        ([UNREACHED] * 4, [], True, False),
        ([UNREACHED] * 5, [], True, True),
        ([UNREACHED] * 12, [UNREACHED, FROM_HOST], True, False),
        ([UNREACHED] * 12, [UNREACHED] * 3, True, True),
        ([UNREACHED], [UNREACHED], True, True),
        ([UNREACHED], [FROM_HOST], True, False),
        ([UNREACHED] * 3 + [UNANSWERED] * 2, [], False, False),
        ([UNREACHED] * 4 + [UNANSWERED] * 2, [], True, True),
        ([UNANSWERED] * 9, [], False, False),
        ([BAD_GATEWAY] * 8, [], True, True),
        ([BAD_GATEWAY] * 8, [FROM_HOST], True, False),
        ([BAD_GATEWAY] * 8, ["502 another"], True, False),
        ([BAD_GATEWAY] * 4 + [UNREACHED] * 4, [BAD_GATEWAY], True, True),
        ([BAD_GATEWAY] * 7 + ["503 Busy"], [], False, False),
        ([BAD_GATEWAY] * 4, [], True, False),
        (["511"], [], True, True),
        (["511", FROM_HOST], [], False, False),
    ],
)
def test_our_own_network(hosts: list[str], canaries: list[str], asked: bool, down: bool) -> None:
    named = {str(number): said for number, said in enumerate(hosts)}
    assert needs_canaries(named) is asked
    assert is_network_down(named, canaries) is down


def test_a_proxy_that_was_set_needs_fewer_hosts() -> None:
    assert is_network_down({"a": BAD_GATEWAY, "b": BAD_GATEWAY}, [], has_proxy=True)
    assert is_network_down({"a": "407 "}, [], has_proxy=True)
    assert not is_network_down({"a": BAD_GATEWAY}, [], has_proxy=True)
    assert not is_network_down({"a": UNREACHED, "b": UNREACHED}, [], has_proxy=True)


PORTAL = make_redirects(302, to="https://portal.test/login?from=works")
TO_PORTAL = make_result(302, url="https://works.test/feedpub-1", redirects=PORTAL)
DESCRIBED: dict[str, tuple[ProbeResult, bool, str]] = {
    "ok": (make_result(), True, FROM_HOST),
    "404": (make_result(404), True, FROM_HOST),
    "refused": (make_result(None, failure="refused"), False, UNREACHED),
    "no such host": (make_result(None, failure="no-host"), False, UNREACHED),
    "late": (make_result(None, failure="timeout"), True, UNANSWERED),
    "reset": (make_result(None, failure="reset"), True, UNANSWERED),
    "redirect to a host that refuses": (make_result(None, failure="refused", redirects=PORTAL), True, FROM_HOST),
    "511": (make_result(511), True, "511"),
    "503": (make_result(503, page=make_page("works.test is busy")), True, "503  is busy"),
    "502": (make_result(502), True, "502 "),
    "500": (make_result(500), True, FROM_HOST),
    "portal": (make_result(redirects=PORTAL, redirect_probes=(TO_PORTAL,)), True, "portal portal.test"),
    "no portal": (make_result(redirects=PORTAL, redirect_probes=(make_result(404, url=HOME),)), True, FROM_HOST),
    "same site": (
        make_result(redirects=make_redirects(302, to="https://id.works.test/"), redirect_probes=(TO_PORTAL,)),
        True, FROM_HOST,
    ),
    "new domain": (
        make_result(
            redirects=make_redirects(301, to="https://new.test/a/page"),
            redirect_probes=(make_result(url=HOME + "x", redirects=make_redirects(301, to="https://new.test/x")),),
        ), True, FROM_HOST,
    ),
    "one page": (
        make_result(page=make_page("Log in"), soft404_probe=make_result(page=make_page("Log in"))), True, "200 log in",
    ),
    "pages": (make_result(page=make_page("A"), soft404_probe=make_result(page=make_page("B"))), True, FROM_HOST),
    "interception": (make_result(None, failure="certificate", detail="self-signed"), True, "certificate self-signed"),
}  # fmt: skip


@pytest.mark.parametrize(("result", "reached", "said"), DESCRIBED.values(), ids=DESCRIBED)
def test_what_an_answer_says_about_our_network(result: ProbeResult, reached: bool, said: str) -> None:
    assert describe_evidence(result, reached=reached) == said


# Deaths and recoveries (test_link_year.py has a whole year)


def check_until_sure(record: Record, request: Any, now: datetime) -> Record:
    """Do what a run does with a link: check it, confirm a death, return the new record."""
    verdict = request(now)
    if needs_confirmation(record, verdict, now):
        again = [request(now + timedelta(minutes=1 + number)) for number in range(CONFIRMATIONS)]
        verdict = next((one for one in again if one.status != "dead"), verdict)
    return advance_record(record, verdict, now)


@pytest.mark.parametrize("seed", range(5))
def test_true_deaths_are_found_in_time_and_recoveries_at_once(seed: int) -> None:
    chance = random.Random(seed)
    for number, verdict in enumerate(
        [DEAD, DEAD, GONE, classify_result(make_result(None, failure="no-host")), classify_result(make_result(500))]
    ):
        record = Record(url=f"{URL}/{number}")
        failed = died = None
        for day in range(120):
            now = NOW + timedelta(days=day, minutes=chance.uniform(0, 20))
            if record.due is None or record.due <= now:
                record = check_until_sure(record, lambda at: verdict if 40 <= (at - NOW).days < 90 else OK, now)  # noqa: B023
            if record.state == "failing" and not failed:
                failed = now
            if record.state == "dead" and not died:
                died = now
            if day == 91:
                assert record.state == "ok"
        assert failed
        assert died
        days = {"gone": 2, "statement": 4, "trouble": 9}
        assert died - failed < days[verdict.evidence] * DAY + HOUR
        assert record.state == "ok"
