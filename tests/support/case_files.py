"""Cases as data: each file in ``tests/cases/`` is a TOML file with one ``[[case]]`` table per input.

Every case has an ``id`` that starts with the number of the report it belongs to (``S1-nbsp``); the other keys are up to
the test module that reads the file.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

_FOLDER = Path(__file__).parents[1] / "cases"


def load_cases(name: str) -> list[Any]:
    """Return the cases of ``tests/cases/<name>.toml`` as parameters for `pytest.mark.parametrize`."""
    cases = tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))["case"]
    assert len({case["id"] for case in cases}) == len(cases), f"two cases of {name}.toml have the same id"
    return [pytest.param(case, id=case["id"]) for case in cases]
