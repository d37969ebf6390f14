"""What the documents say is true: commands exist, code runs, tables are complete."""

from __future__ import annotations

import dataclasses
import functools
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import feedpub
from feedpub import errors, iri
from feedpub.building import published_folder
from feedpub.cli import commands, links
from feedpub.entries import source
from feedpub.entries.front_matter import reader as front_matter
from feedpub.entries.linting import site_checks
from feedpub.entries.markdown import positions, renderer
from feedpub.entries.pasted import markdown_writer
from feedpub.links import probe
from feedpub.model import checks, entry, key_points, values
from feedpub.serving import websub
from feedpub.site import incidents, settings, theme
from feedpub.transport import http1
from support.offline import offline_session

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_first_two_blocks_of_the_readme_are_the_two_commands() -> None:
    (first_kind, first), (second_kind, second) = BLOCKS[:2]
    assert first_kind == second_kind == "sh"
    assert first.count("\n") == second.count("\n") == 1  # each is one line
    assert first.rstrip().endswith("feedpub build entries --output public")
    assert second.rstrip().endswith("-m pytest -q -n auto")


def test_python_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = next(code for kind, code in BLOCKS if kind == "python")
    monkeypatch.chdir(tmp_path)
    check = functools.partial(feedpub.check_links, session=offline_session(lambda _: 200))
    monkeypatch.setattr(feedpub, "check_links", check)
    (tmp_path / "entries").symlink_to(ROOT / "entries")
    names: dict[str, object] = {}
    exec(code, names)
    assert isinstance(names["atom"], bytes)
    assert (tmp_path / "public" / "zh-Hans" / "atom.xml").read_bytes() == names["atom"]


def test_the_web_application_of_the_guide_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "entries").symlink_to(ROOT / "entries")
    names: dict[str, Any] = {}
    guide = (ROOT / "docs" / "guides" / "web-application.md").read_text(encoding="utf-8")
    exec(re.findall(r"^```python\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL)[0], names)
    said: list[tuple[str, dict[str, str]]] = []

    def ask(**fields: str) -> bytes:
        asked = {"REQUEST_METHOD": "GET", **fields}
        return b"".join(names["application"](asked, lambda status, headers: said.append((status, dict(headers)))))

    assert ask() == names["atom"]
    assert ask(HTTP_IF_NONE_MATCH=said[0][1]["ETag"]) == b""
    assert [status for status, _ in said] == ["200 OK", "304 Not Modified"]


def test_markdown_of_the_readme_is_an_entry(tmp_path: Path) -> None:
    entry = next(code for kind, code in BLOCKS if kind == "markdown")
    (tmp_path / "open-models.en.md").write_text(entry, encoding="utf-8")
    (tmp_path / "feedpub.toml").write_text(
        'base_url = "https://example.org/"\nauthority = "example.org,2026"\n', encoding="utf-8"
    )
    site = feedpub.load(tmp_path)
    found = site.articles[0].entries["en"]
    assert (found.title, len(found.key_points), len(found.references)) == ("Open models in 2026", 1, 1)
    assert found.key_points[0].children
    assert [problem.code for problem in site.problems] == ["N001"]


@pytest.mark.parametrize("command", sorted(set(re.findall(r"(?:bin/|\$ |`)feedpub (\w+)", README))))
def test_commands_of_the_readme_exist(command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "feedpub", command, "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_field_of_entry_and_feed_is_in_the_mapping() -> None:
    mapping = (ROOT / "docs" / "reference" / "feeds.md").read_text(encoding="utf-8")
    rows = "\n".join(line for line in mapping.splitlines() if line.startswith("|"))
    shown_in_content = {"body", "key_points"}
    of_the_file = {"entries", "authors", "updated", "stylesheet", "reference_links"}
    for owner, skip in ((feedpub.Entry, shown_in_content), (feedpub.Feed, of_the_file)):
        for field in dataclasses.fields(owner):
            if not field.name.startswith("_") and field.name not in skip:
                assert re.search(rf"{owner.__name__}\.(\w+, )?{field.name}\b", rows), f"{owner.__name__}.{field.name}"


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("an entry file", source.LARGEST_ENTRY_BYTES),
        ("its front matter", front_matter.LONGEST_FRONT_MATTER_CHARACTERS),
        ("pasted text", source.LARGEST_ENTRY_BYTES),
        ("a file for `import`", commands.LARGEST_TEXT_BYTES),
        ("a list of `--urls`", links.LARGEST_LIST_BYTES),
        ("a template", theme.LARGEST_TEMPLATE_BYTES),
        ("feedpub.toml", settings.LARGEST_SETTINGS_BYTES),
        ("languages of a site", settings.MOST_LANGUAGES),
        ("categories and tags of an entry", entry.MOST_VALUES_PER_FIELD),
        ("authors, enclosures, translations of an entry", entry.MOST_VALUES_PER_FIELD),
        ("a title, a category's name", values.LONGEST_TITLE_CHARACTERS),
        ("key points", key_points.DEEPEST_LIST_LEVELS),
        ("key points of pasted text", markdown_writer.DEEPEST_KEY_POINT),
        ("headings compared with section names", site_checks.MOST_COMPARED_HEADINGS),
        ("quotations", positions.DEEPEST_QUOTATION),
        ("footnote marks", renderer.MOST_FOOTNOTE_MARKS),
        ("the name of an article", checks.LONGEST_KEY_BYTES),
        ("an address", iri.LONGEST_URL_CHARACTERS),
        ("the target of a redirect", iri.LONGEST_URL_CHARACTERS),
        ("problems of one code in one file", errors.MOST_PROBLEMS_OF_A_CODE),
        ("the excerpt of a problem", errors.LONGEST_EXCERPT_CHARACTERS),
        ("the message of a problem", errors.LONGEST_MESSAGE_CHARACTERS),
        ("headers of a response", http1.LONGEST_HEAD_BYTES // 1024),
        ("a page of a link check", probe.PAGE_BYTES // 1024),
        ("redirects", probe.MOST_REDIRECTS),
        ("files in the way of a build", published_folder.MOST_OBSTACLES),
        ("all requests of `feedpub ping`", int(websub.TOTAL_SECONDS)),
        ("a pause that a WebSub hub requests", int(websub.LONGEST_PAUSE_SECONDS)),
        ("links in the feed of dead links (`links check --feed`)", incidents.MOST_INCIDENTS),
        ("time for one link", int(feedpub.LinkSettings().deadline)),
    ],
)
def test_the_table_of_limits_says_what_the_code_does(what: str, value: int) -> None:
    text = (ROOT / "docs" / "reference" / "limits.md").read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in text.splitlines()]
    (limit,) = [row[1] for row in rows if row[0] == f"| {what}"]
    assert re.search(rf"(?<![0-9,]){value:,}(?!,?[0-9])", limit)
