"""Secrets in addresses are hidden, however they are written, and wherever addresses are shown."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

import feedpub
from feedpub import iri
from feedpub.links.classify import Redirect
from feedpub.links.reports import format_link, format_report
from feedpub.links.result import Link, LinkReport
from feedpub.redaction import HIDDEN, hide_secrets, hide_secrets_in_line
from support.case_files import load_cases
from support.sample_feeds import entry

CASES = load_cases("redaction")


@pytest.mark.parametrize("case", CASES)
def test_secrets_are_hidden_and_nothing_else(case: dict[str, Any]) -> None:
    assert hide_secrets(case["text"]) == case.get("shown", case["text"])
    assert "S3CRET" not in hide_secrets(case["text"])
    assert hide_secrets(hide_secrets(case["text"])) == hide_secrets(case["text"])


@pytest.mark.parametrize("form", list(feedpub.report_formats()))
@pytest.mark.parametrize("case", [one for one in CASES if one.values[0]["text"].startswith("http")])
def test_reports_show_no_secrets(case: dict[str, Any], form: Any) -> None:
    url = case["text"]
    chain = (Redirect(code=301, url=url),)
    link = Link(url=url, status="moved", state="ok", reason=f"redirects to {url}", final_url=url, chain=chain)
    report = LinkReport(at=datetime(2026, 3, 1, tzinfo=UTC), links=(link,))
    assert "S3CRET" not in format_report(report, form)
    assert "S3CRET" not in format_link(link)


@pytest.mark.parametrize("case", CASES)
def test_faults_of_addresses_show_no_secrets(case: dict[str, Any]) -> None:
    for url in (case["text"], f"{case['text']} ", case["text"].replace("://", ":/")):
        assert "S3CRET" not in iri.find_url_fault(url)
        assert "S3CRET" not in iri.suggest_url(url)


@given(
    secret=st.text("abcXYZ019_~*!$-/?;%&=+", min_size=8, max_size=20).map(lambda text: f"qQq{text}"),
    name=st.sampled_from(["token", "X-Amz-Signature", "pw", "PHPSESSID", "client_secret", "ticket"]),
    times=st.integers(0, 4),
)
def test_a_secret_that_is_encoded_is_hidden_at_any_depth(secret: str, name: str, times: int) -> None:
    inner = f"https://b.test/?{name}={quote(secret)}&b=1"
    for _ in range(times):
        inner = f"https://a.test/?to={quote(inner, safe='')}"
    assert "qQq" not in hide_secrets(inner)


@pytest.mark.parametrize(
    "piece",
    [
        "?token=", "token", "%", "%25", "%3Ftoken%3D", "?a=%253F", "&", "&amp;", ";", "a;", "?", "=", "@", "//", "//a@",
        "https:", "https:\\", "a=1&token=2;", "<", " https://a.test/?token=1", "%2F%2Fa%40",
    ],
)  # fmt: skip
def test_long_texts_take_linear_time(piece: str) -> None:
    def measure_seconds(size: int) -> float:
        text = f"https://a.test/{piece * (size // len(piece))}"
        best = float("inf")
        for _ in range(3):
            start = time.process_time()
            hide_secrets(text)
            best = min(best, time.process_time() - start)
        return best

    small, large = 20_000, 160_000
    assert measure_seconds(large) < 24 * max(
        measure_seconds(small), 0.0005
    )  # 8 times the text; quadratic time would be 64 times


@pytest.mark.parametrize("case", CASES)
def test_in_a_line_each_character_keeps_its_column(case: dict[str, str]) -> None:
    shown = hide_secrets_in_line(case["text"])
    assert len(shown) == len(case["text"])
    assert "S3CRET" not in shown
    assert all(one in (other, HIDDEN) for one, other in zip(shown, case["text"], strict=True))
    assert hide_secrets_in_line(shown) == shown


@pytest.mark.parametrize("text", [case.values[0]["text"] for case in CASES if "shown" in case.values[0]])
@pytest.mark.parametrize("before", [0, 90, 300])
def test_problems_quote_no_secret(text: str, before: int) -> None:
    line = f"{'x' * before} {text} {'y' * 300}"
    problem = feedpub.Problem(
        code="E111", message=f"{text} is bad", hint=f"write {text}", path="a.md", line=1, column=before + 2,
        end_column=before + 5, excerpt=line,
    )  # fmt: skip
    assert "S3CRET" not in repr(problem) + str(problem)
    place = problem.column - problem.excerpt_column
    assert problem.excerpt[place] in (line[before + 1], HIDDEN)


@pytest.mark.parametrize("name", ["via", "image", "link"])
def test_values_that_are_cut_in_a_message_are_hidden_before(name: str) -> None:
    for address in (f"http:/me:{'S3CRET' * 100}@a.test/", f"http:/{'S3CRET' * 1500}@a.test/"):
        assert "S3CRET" not in iri.find_url_fault(address)
        with pytest.raises(feedpub.FieldError) as caught:
            entry(**{name: address})
        assert "S3CRET" not in str(caught.value)
