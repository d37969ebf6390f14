"""The examples run, and give what their first lines say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import feedparser
import pytest

ROOT = Path(__file__).parent.parent
DIGEST = "# {title}\n\nSummary\nA summary.\n\nKey Points\n• One point\n\nReferences\n1. A work - Its publisher\n"


def run(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, *map(str, arguments)], capture_output=True, timeout=60, cwd=ROOT, check=False
    )


@pytest.mark.parametrize(
    ("arguments", "title", "languages"),
    [
        (["examples/own_objects.py"], "Digest", {"en"}),
        (["examples/one_feed_for_all.py", "entries"], "The feedpub digest", {"en", "zh-Hans", "ja", "ar"}),
    ],
)
def test_examples_that_write_a_feed(arguments: list[str], title: str, languages: set[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 0, done.stderr.decode()
    feed = feedparser.parse(done.stdout)
    assert not feed.bozo
    assert feed.feed.title == title
    assert {entry.content[0].language for entry in feed.entries} == languages


def test_import_many_takes_dates_and_titles_from_names_and_says_what_it_refused(tmp_path: Path) -> None:
    texts, site = tmp_path / "texts", tmp_path / "site"
    texts.mkdir()
    (texts / "2026-02-01 Open models.txt").write_text(DIGEST.format(title="In the text"), encoding="utf-8")
    (texts / "yesterday Bad.txt").write_text(DIGEST.format(title="Bad"), encoding="utf-8")
    subprocess.run([sys.executable, "-m", "feedpub", "init", str(site)], check=True, capture_output=True)
    done = run("examples/import_many.py", texts, site / "entries")
    assert done.returncode == 1
    assert b"E222" in done.stderr
    written = (site / "entries" / "open-models.en.md").read_text(encoding="utf-8")
    assert "title: Open models" in written
    assert not list((site / "entries").glob("bad*"))
