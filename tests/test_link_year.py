"""A year of daily checks of 1,000 links on 200 hosts, simulated: no false death, no true one missed, few requests.

Nothing is sent: what the hosts would answer goes through `classify_result`, `describe_evidence` and `advance_record`,
as in a run. Of the scheduler it is assumed that a host is asked again, alone, before an answer to haste counts, and
that such an answer counts for nothing if the host also gave good ones in the same run (docs/reference/links.md).
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from feedpub.links.classify import ProbeResult, Redirect, Verdict, classify_result
from feedpub.links.lifecycle import CONFIRMATIONS, Record, advance_record, needs_confirmation
from feedpub.links.own_network import FROM_HOST, UNREACHED, describe_evidence, is_network_down, needs_canaries

START: Final = datetime(2026, 3, 1, 4, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LINKS_PER_HOST: Final = 5
OVERLOADS: Final[list[dict[str, Any]]] = [
    {"code": 429},
    {"code": 429, "headers": {"retry-after": "30"}},
    {"code": 503},
    {"code": 503, "headers": {"retry-after": "30"}},
    {"failure": "reset"},
]
TROUBLES: Final[list[dict[str, Any]]] = [
    {"code": 500}, {"code": 502}, {"code": 504}, {"failure": "refused"}, {"failure": "tls"}, {"failure": "timeout"},
]  # fmt: skip
STATEMENTS: Final[list[dict[str, Any]]] = [{"code": 404}, {"code": 410}, {"failure": "no-host"}]
KINDS: Final = ["limited"] * 40 + ["overloaded"] * 30 + ["flaky"] * 40 + ["moved"] * 20 + ["dying"] * 30 + ["good"] * 40


@dataclass
class Host:
    """A host, and what it answers at which time."""

    name: str
    kind: str
    chance: random.Random
    overload: dict[str, Any]
    outages: list[tuple[datetime, datetime, dict[str, Any]]] = field(default_factory=list)
    changes_at: datetime = START
    death: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def make(cls, number: int, kind: str, chance: random.Random) -> Host:
        host = cls(f"host{number}.test", kind, chance, OVERLOADS[number % len(OVERLOADS)])
        host.changes_at = START + chance.uniform(60, 300) * DAY
        host.death = chance.choice(TROUBLES[:5] + STATEMENTS)
        for _ in range(chance.randint(0, 3)):  # trouble of up to six days, statements of up to two
            begin = START + chance.uniform(0, 365) * DAY
            is_trouble = chance.random() < 0.7
            days = chance.uniform(0, 6 if is_trouble else 2)
            host.outages.append((begin, begin + days * DAY, chance.choice(TROUBLES if is_trouble else STATEMENTS[:1])))
        return host

    def is_dead(self, now: datetime) -> bool:
        return self.kind == "dying" and now >= self.changes_at

    def answer(self, url: str, now: datetime, *, asked_before: int) -> ProbeResult:
        """Answer a request.

        Args:
            url: One of its links.
            now: When.
            asked_before: How many other requests came right before.
        """
        if self.is_dead(now):
            return ProbeResult(url=url, **self.death)
        for begin, end, trouble in self.outages:
            if begin <= now < end:
                return ProbeResult(url=url, **trouble)
        if self.kind == "limited" and asked_before >= 2 and self.chance.random() < 0.8:
            return ProbeResult(url=url, **self.overload)
        if self.kind == "overloaded" and self.chance.random() < 0.1:
            return ProbeResult(url=url, **self.chance.choice([*OVERLOADS, *TROUBLES[:3]]))
        if self.kind == "flaky" and self.chance.random() < 0.04:
            return ProbeResult(url=url, **self.chance.choice(TROUBLES + STATEMENTS[:1]))
        if self.kind == "moved" and now >= self.changes_at:
            return ProbeResult(url=url, code=200, redirects=(Redirect(code=301, url=url.replace("host", "new")),))
        return ProbeResult(url=url, code=200)


class Year:
    """Daily runs over all links, and their results."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.hosts = [Host.make(number, kind, self.chance) for number, kind in enumerate(KINDS)]
        self.records = {
            f"https://{host.name}/{number}": Record(url=f"https://{host.name}/{number}")
            for host in self.hosts for number in range(LINKS_PER_HOST)
        }  # fmt: skip
        self.count: Counter[str] = Counter()
        self.failed_since: dict[str, datetime] = {}
        self.found_after: dict[str, timedelta] = {}
        self.false_deaths: list[str] = []
        self.network_down: list[int] = []

    def run(self, day: int, *, is_offline: bool) -> None:
        now = START + timedelta(days=day, minutes=self.chance.uniform(0, 20))
        verdicts: dict[str, Verdict] = {}
        says: dict[str, str] = {}
        for host in self.hosts:
            urls = [f"https://{host.name}/{number}" for number in range(LINKS_PER_HOST)]
            due = [url for url in urls if (at := self.records[url].due) is None or at <= now]
            self.count["due"] += len(due)
            for answer in self.ask(host, due, now, is_offline=is_offline):
                said = describe_evidence(answer, reached=answer.code is not None)
                says[host.name] = FROM_HOST if says.get(host.name) == FROM_HOST else said
                verdicts[answer.url] = classify_result(answer)
        if needs_canaries(says):
            canaries = 3 * [UNREACHED if is_offline else FROM_HOST]  # hosts that were good the last time
            self.count["requests"] += len(canaries)
            if is_network_down(says, canaries):
                self.network_down.append(day)
                return
        for url, verdict in verdicts.items():
            self.settle(url, verdict, now)

    def ask(self, host: Host, urls: list[str], now: datetime, *, is_offline: bool) -> list[ProbeResult]:
        if is_offline:
            self.count["requests"] += len(urls)
            return [ProbeResult(url=url, failure=self.chance.choice(["refused", "no-host", "timeout"])) for url in urls]
        answers, is_good = [], False
        for number, url in enumerate(urls):
            answer = self.request(host, url, now, number)
            if self.records[url].state == "dead":
                pass  # asked once
            elif is_overload(answer):  # the host rests, and is asked once more
                answer = self.request(host, url, now + timedelta(seconds=5), 0)
            elif is_failure(answer):  # HEAD; now GET
                answer = self.request(host, url, now + timedelta(seconds=1), 0)
            if needs_confirmation(self.records[url], classify_result(answer), now):
                for again in range(CONFIRMATIONS):
                    confirmed = self.request(host, url, now + timedelta(minutes=1 + again), 0)
                    if not is_failure(confirmed):
                        answer = confirmed
                        break
            is_good = is_good or answer.code == 200
            answers.append(answer)
        self.count["requests"] += is_good  # the random path of its soft-404 probe
        return [ProbeResult(url=one.url, failure="busy") if is_good and is_overload(one) else one for one in answers]

    def request(self, host: Host, url: str, now: datetime, asked_before: int) -> ProbeResult:
        self.count["requests"] += 1
        return host.answer(url, now, asked_before=asked_before)

    def settle(self, url: str, verdict: Verdict, now: datetime) -> None:
        before = self.records[url]
        record = self.records[url] = advance_record(before, verdict, now)
        host = self.hosts[int(url.removeprefix("https://host").partition(".")[0])]
        if host.is_dead(now) and verdict.status == "dead":
            self.failed_since.setdefault(url, now)
        if record.state == "dead" != before.state:
            if host.is_dead(now):
                self.found_after[url] = now - self.failed_since[url]
            else:
                self.false_deaths.append(f"{url} on {now}: {verdict.reason}")


def is_overload(answer: ProbeResult) -> bool:
    return answer.failure in ("reset", "timeout") or answer.code == 429 or (500 <= (answer.code or 0) < 600)


def is_failure(answer: ProbeResult) -> bool:
    return answer.code != 200


@pytest.mark.parametrize("seed", range(3))
def test_a_year(seed: int) -> None:
    year = Year(seed)
    outages = {100, 250, 251}
    for day in range(365):
        year.run(day, is_offline=day in outages)
    assert year.false_deaths == []
    dying = [host for host in year.hosts if host.kind == "dying"]
    assert len(year.found_after) == LINKS_PER_HOST * len(dying)  # each was found
    for host in dying:
        is_statement = host.death in STATEMENTS
        for number in range(LINKS_PER_HOST):
            found_after = year.found_after[f"https://{host.name}/{number}"]
            assert found_after < (4 if is_statement else 9) * DAY + HOUR, (host.death, found_after)
    assert set(year.network_down) == outages
    assert year.count["requests"] <= 1.3 * year.count["due"], year.count
    assert year.count["due"] > 15_000
