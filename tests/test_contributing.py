"""The how-tos for contributors, followed to the letter: their changes apply, touch what they name, and work."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted(ROOT.glob("docs/contributing/add-*.md"))
BLOCK = re.compile(r"^```(diff|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE_ROW = re.compile(r"^\| `([^`]+)` \|", re.MULTILINE)


def read_blocks(page: Path, language: str) -> list[str]:
    return [match[2] for match in BLOCK.finditer(page.read_text(encoding="utf-8")) if match[1] == language]


def run(command: list[str], folder: Path, **environment: str) -> None:
    done = subprocess.run(
        command, cwd=folder, env=os.environ | environment, check=False, text=True, capture_output=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the repository once: what is compiled of it serves all pages."""
    folder = tmp_path_factory.mktemp("copy")
    for name in ("src", "tests", "docs", "entries"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "browser", ".*"))
    (folder / ".gitignore").write_text("__pycache__/\n.pytest_cache/\n", encoding="utf-8")
    run(["git", "init", "-q"], folder)
    run(["git", "add", "-A"], folder)
    run(["git", "-c", "user.name=a", "-c", "user.email=a@b.test", "commit", "-q", "-m", "copy"], folder)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_changes_of_a_how_to_apply_and_work(page: Path, copy: Path) -> None:
    run(["git", "reset", "-q", "--hard"], copy)
    run(["git", "clean", "-q", "-d", "--force"], copy)

    for diff in read_blocks(page, "diff"):
        (copy / "change.diff").write_text(diff, encoding="utf-8")
        # Where a change belongs is found by the lines around it: those of a page have no true line numbers.
        run(["git", "apply", "--recount", "-C1", "change.diff"], copy)

    tools = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    checks = read_blocks(page, "sh")
    assert checks
    for check in checks:
        run(["bash", "-euo", "pipefail", "-c", check], copy, PYTHONPATH=str(copy / "src"), PATH=tools)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_how_to_names_each_file_that_it_changes(page: Path) -> None:
    changed = re.findall(r"^\+\+\+ b/(.+)$", "".join(read_blocks(page, "diff")), re.MULTILINE)
    assert changed
    assert sorted(set(changed)) == sorted(FILE_ROW.findall(page.read_text(encoding="utf-8")))


def test_the_guide_links_to_every_how_to() -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"\(docs/contributing/(add-[a-z-]+\.md)\)", guide)) == [page.name for page in PAGES]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_each_test_that_a_how_to_names_exists(page: Path) -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("tests/**/test_*.py"))
    for name in re.findall(r"`(test_\w+)`", page.read_text(encoding="utf-8")):
        assert f"def {name}(" in tests, name


@pytest.mark.parametrize(
    "page", [ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/contributing/*.md")], ids=lambda page: page.stem
)
def test_each_link_leads_to_a_file(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", BLOCK.sub("", page.read_text(encoding="utf-8"))):
        assert (page.parent / target).is_file(), target


def test_each_slow_module_exists() -> None:
    """A name that is misspelt or out of date would bring a slow module back into `make quick`."""
    from conftest import SLOW_MODULES

    assert {path.stem for path in ROOT.glob("tests/**/test_*.py")} >= SLOW_MODULES
