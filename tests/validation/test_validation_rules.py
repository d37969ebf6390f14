"""Every rule of the validator: its example is caught, the corrected example is not, and it has a page."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from skeletons import NOW, make_document

import feedpub
from feedpub.validation import validator
from feedpub.validation.validator import check_bytes

if TYPE_CHECKING:
    from feedpub.validation.elements import Element
    from feedpub.validation.report import Report

PACKAGE = Path(feedpub.__file__).parent / "validation"
RULES = {
    code: {**rule, "file": path.stem}
    for path in sorted((PACKAGE / "rules").glob("*.toml"))
    for code, rule in tomllib.loads(path.read_text(encoding="utf-8")).items()
}
WITH_EXAMPLE = [code for code, rule in RULES.items() if "wrong" in rule]
# Rules that need more than a document: its size, its address, a server, other documents. Tested elsewhere.
WITHOUT_EXAMPLE = {"E604", "W315", "W316", "W402"}  # test_limits_of_documents
ELSEWHERE = ("sets", "server")  # test_feed_sets, test_feed_servers
KEYS = {"title", "readers", "fix", "standard", "into", "wrong", "right", "file"}


def codes_of(data: bytes) -> dict[str, int]:
    """Return the codes of the problems of a document, each with the first line that has one."""
    codes: dict[str, int] = {}
    for problem in check_bytes(data, now=NOW):
        codes.setdefault(problem.code, problem.line)
    return codes


@pytest.mark.parametrize("code", WITH_EXAMPLE)
def test_example_is_caught(code: str) -> None:
    data = make_document(RULES[code]["into"], RULES[code]["wrong"])
    assert code in codes_of(data)


@pytest.mark.parametrize("code", WITH_EXAMPLE)
def test_corrected_example_is_not_caught(code: str) -> None:
    data = make_document(RULES[code]["into"], RULES[code]["right"])
    assert code not in codes_of(data)


@pytest.mark.parametrize("code", WITH_EXAMPLE)
def test_correction_brings_no_other_error(code: str) -> None:
    if RULES[code]["into"] == "document":
        pytest.skip("the corrected example is not a whole feed")
    codes = codes_of(make_document(RULES[code]["into"], RULES[code]["right"]))
    assert not [code for code in codes if code.startswith("E")], codes


@pytest.mark.parametrize("code", RULES)
def test_rule_is_complete(code: str) -> None:
    rule = RULES[code]
    assert set(rule) <= KEYS
    assert {"title", "readers", "fix", "standard"} <= set(rule)
    assert ("wrong" in rule) == ("right" in rule) == ("into" in rule)
    assert rule["title"][0].isupper() is False or rule["title"].split()[0].isupper() or "HTML" in rule["title"]
    assert all(text.rstrip('"').endswith((".", "…", ">")) for text in (rule["readers"], rule["fix"]))


def test_rules_without_an_example_are_known() -> None:
    rules = {code for code, rule in RULES.items() if rule["file"] not in ELSEWHERE}
    assert rules - set(WITH_EXAMPLE) == WITHOUT_EXAMPLE


def test_every_rule_is_used() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in PACKAGE.glob("*.py"))
    assert set(re.findall(r'"([EWN]\d{3})"', source)) == set(RULES)


def test_modules_are_small() -> None:
    assert all(path.read_text(encoding="utf-8").count("\n") <= 400 for path in PACKAGE.glob("*.py"))


def test_format_is_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    class Handler:
        summary = None

        def __init__(self, report: Report) -> None:
            self.report = report

        def start_root(self, root: Element) -> None:
            self.report.add("N304", "a map", root)

        def is_entry(self, element: Element) -> bool:
            return False

        def check_entry(self, entry: Element) -> None:
            raise AssertionError

        def check_document(self, root: Element) -> None:
            pass

    monkeypatch.setattr(validator, "HANDLERS", {**validator.HANDLERS, "map": Handler})
    assert [problem.message for problem in check_bytes(b"<map/>")] == ["a map"]
