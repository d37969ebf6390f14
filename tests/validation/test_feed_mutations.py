"""Single faults in clean feeds: each is found, with its code and line, and nothing else is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from skeletons import NOW

from feedpub.validation.validator import check_bytes
from support.case_files import load_cases

CLEAN = Path(__file__).parent / "clean"


@pytest.mark.parametrize("case", load_cases("feed_mutations"))
def test_fault_is_found_with_its_line(case: dict[str, Any]) -> None:
    text = (CLEAN / case["feed"]).read_text(encoding="utf-8")
    assert text.count(case["old"]) >= 1
    place = text.index(case["old"])
    changed = text.replace(case["old"], case["new"], 1)
    if "at" in case:
        place = changed.index(case["at"])
    else:
        place += len(case["new"]) - len(case["new"].lstrip(" "))
    problems = check_bytes(changed.encode("utf-8"), path=case["feed"], now=NOW)
    found = [problem for problem in problems if problem.severity != "note"]
    expected_line = changed.count("\n", 0, place) + 1
    assert (case["code"], expected_line) in [(problem.code, problem.line) for problem in found], found
    assert {problem.code for problem in found} <= {case["code"], *case.get("also", [])}
