"""The documentation site: pages keep their promises, commands and code in them run, tables are complete."""

from __future__ import annotations

import dataclasses
import functools
import re
import shlex
import shutil
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
import yaml
from click.testing import CliRunner

import feedpub
from feedpub.cli.main import cli
from feedpub.entries.front_matter.fields import TABLE
from support.offline import offline_session

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
# Pages of the other language, of contributors, and those that the program writes have other beginnings.
PAGES = sorted(
    path.relative_to(DOCS).as_posix()
    for path in (DOCS / "index.md", DOCS / "tutorial.md", *DOCS.glob("guides/*.md"), *DOCS.glob("reference/**/*.md"),
                 *DOCS.glob("explanation/*.md"), *DOCS.glob("zh-Hans/*.md"))
)  # fmt: skip
ENGLISH_PAGES = [page for page in PAGES if not page.startswith("zh-Hans/")]
PROMISES = ("After reading this page, you", "After this tutorial, you", "After this page you", "Look up here ")
# These need a network, a terminal or a history: their options are compared with --help.
NOT_RUN = ("serve", "ping", "links")
REQUIRED = {"base_url": '"https://site.test/"', "authority": '"site.test,2026"', "languages": '["en", "zh-Hans", "ja"]'}


class Block(NamedTuple):
    """A fenced block: its language, the file that it stands for, and its text."""

    kind: str
    title: str
    text: str


def find_blocks(page: str) -> Iterator[Block]:
    text = (DOCS / page).read_text(encoding="utf-8")
    for match in re.finditer(r'^( *)```(\w*)(?: title="([^"]*)")?\n(.*?)^\1```$', text, re.MULTILINE | re.DOTALL):
        yield Block(match[2], match[3] or "", textwrap.dedent(match[4]))


def run_feedpub(*arguments: str) -> str:
    """Run a command in the current folder, and return what it prints."""
    result = CliRunner().invoke(cli, arguments, prog_name="feedpub", terminal_width=200)
    assert result.exit_code == 0, result.output
    return result.stdout


@functools.cache
def help_of(*command: str) -> str:
    return run_feedpub(*command, "--help")


def check_options(arguments: list[str]) -> None:
    """Compare the options of a command with its --help."""
    command = arguments[:2] if arguments[0] == "links" else arguments[:1]
    for option in arguments:
        if option.startswith("--"):
            assert option.partition("=")[0] in help_of(*command), arguments
    help_of(*command)


def run_session(text: str) -> None:
    """Run the commands of a console block, and compare what they print with what stands below them."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        line, _, expected = part.partition("\n")
        program, *arguments = shlex.split(line, comments=True)
        assert program == "feedpub", line
        check_options(arguments)
        if arguments[0] not in NOT_RUN:
            assert expected in run_feedpub(*arguments)


def write_settings(folder: Path, settings: str) -> None:
    folder.mkdir(exist_ok=True)
    required = "".join(f"{key} = {value}\n" for key, value in REQUIRED.items() if f"\n{key} " not in f"\n{settings}")
    (folder / "feedpub.toml").write_text(required + settings, encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_code_of_a_page_run(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = [block for block in find_blocks(page) if "--8<--" not in block.text]
    monkeypatch.chdir(tmp_path)
    check = functools.partial(feedpub.check_links, session=offline_session(lambda _: 200))
    monkeypatch.setattr(feedpub, "check_links", check)
    if any(block.kind == "python" for block in blocks):
        shutil.copytree(ROOT / "entries", tmp_path / "entries")
    elif not any("feedpub init" in block.text for block in blocks):
        write_settings(tmp_path / "entries", "")
    names: dict[str, object] = {}
    for block in blocks:
        if block.title:
            path = tmp_path / block.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        elif block.kind == "console":
            run_session(block.text)
        elif block.kind == "sh":
            for command in re.findall(r"feedpub (build|lint|ping|links \w+)", block.text):
                help_of(*command.split())
        elif block.kind == "python":
            exec(block.text, names)
    if any(block.title.startswith("entries/templates/") for block in blocks):
        run_feedpub("build")


@pytest.mark.parametrize("page", ["../README.md", "../README.zh-Hans.md"])
def test_commands_of_a_readme_run(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for block in find_blocks(page):
        if block.kind == "console":
            run_session(block.text)
        if block.kind == "markdown":
            (tmp_path / "entries" / "open-models.md").write_text(block.text, encoding="utf-8")
            assert {article.key for article in feedpub.load("entries").articles} == {"first-article", "open-models"}
    assert (tmp_path / "public" / "index.html").is_file()


def test_readmes_hold_the_same_code() -> None:
    english, chinese = (list(find_blocks(f"../README{name}.md")) for name in ("", ".zh-Hans"))
    assert [block.kind for block in english] == [block.kind for block in chinese]
    assert [block.text for block in english[:2]] == [block.text for block in chinese[:2]]


@pytest.mark.parametrize("page", PAGES)
def test_settings_of_a_page_are_settings(page: str, tmp_path: Path) -> None:
    for number, block in enumerate(find_blocks(page)):
        if block.kind == "toml":
            write_settings(tmp_path / str(number), block.text)
            feedpub.load(tmp_path / str(number))


@pytest.mark.parametrize("page", ENGLISH_PAGES)
def test_page_begins_with_what_it_is_good_for(page: str) -> None:
    lines = (DOCS / page).read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# ")
    paragraphs = [paragraph for paragraph in "\n".join(lines[1:]).split("\n\n")[:4] if paragraph]
    assert any(paragraph.strip().startswith(PROMISES) for paragraph in paragraphs), paragraphs


def test_navigation_holds_every_page() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2].partition("\n\n")[0]
    named = set(re.findall(r"[\w/.-]+\.md", navigation))
    assert [page for page in PAGES if page not in named] == []
    assert [page for page in named if not (DOCS / page).is_file()] == []


@pytest.mark.parametrize("path", ["README.md", "README.zh-Hans.md", "SECURITY.md", "CHANGELOG.md"])
def test_links_of_a_document_lead_to_files(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#\s]+)", text):
        assert link.startswith("https://") or (ROOT / link).exists(), link


def test_the_readme_is_short() -> None:
    assert (ROOT / "README.md").read_text(encoding="utf-8").count("\n") <= 120


def test_pictures_are_light() -> None:
    for path in (DOCS / "images").iterdir():
        assert path.stat().st_size <= 150_000, path.name


def test_every_public_name_is_in_the_api_reference() -> None:
    pages = [path.read_text(encoding="utf-8") for path in (DOCS / "reference" / "api").glob("*.md")]
    documented = sorted(name for page in pages for name in re.findall(r"^::: feedpub\.(\w+)$", page, re.MULTILINE))
    assert documented == sorted(name for name in feedpub.__all__ if not name.startswith("_"))


@pytest.mark.parametrize("page", PAGES)
def test_names_that_a_page_links_to_are_public(page: str) -> None:
    names = set(re.findall(r"\]\[feedpub\.(\w+)\]", (DOCS / page).read_text(encoding="utf-8")))
    assert names <= set(feedpub.__all__)


def find_rows(page: str, heading: str) -> dict[str, list[str]]:
    """Return the rows of the tables below a heading by the names in their first column."""
    text = (DOCS / page).read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in text.splitlines() if line[:1] == "|"]
    return {name: row for row in rows for name in re.findall(r"`(\w+)`", row[0])}


@pytest.mark.parametrize(
    ("heading", "settings", "not_set"),
    [("Site", feedpub.Config, {"links"}), ("Links", feedpub.LinkSettings, set())],
)
def test_table_of_settings_is_complete(heading: str, settings: type, not_set: set[str]) -> None:
    rows = find_rows("reference/settings.md", heading)
    fields = {field.name: field for field in dataclasses.fields(settings) if field.name not in not_set}
    assert fields.keys() <= rows.keys()
    for name, field in fields.items():
        default = rows[name][1].strip("`")
        if field.default is dataclasses.MISSING or field.default in (None, ()):
            assert default in ("–", "required", "[]"), name
        elif isinstance(field.default, tuple):
            assert default == str(list(field.default)).replace("'", '"')
        elif isinstance(field.default, str):
            assert default == f'"{field.default}"'
        elif isinstance(field.default, float):
            assert float(default) == field.default
        else:
            assert default == str(field.default).lower(), name


def test_table_of_settings_of_a_host_is_complete() -> None:
    names = {field.name for field in dataclasses.fields(feedpub.HostSettings)}
    assert find_rows("reference/settings.md", "Hosts").keys() == (names - {"token_env"}) | {"token"}


def test_table_of_front_matter_keys_is_complete() -> None:
    rows = find_rows("reference/front-matter.md", "Keys")
    for row in TABLE.rows:
        aliases = " ".join(rows[row.name][:2])
        for name in (row.name, *row.aliases):
            assert f"`{name}`" in aliases, name


def test_workflows_in_examples_are_yaml_and_name_existing_commands() -> None:
    for path in (ROOT / "examples").glob("*.yml"):
        text = path.read_text(encoding="utf-8")
        assert yaml.safe_load(text)["jobs"]
        for command in re.findall(r"feedpub (build|lint|ping|links \w+)", text):
            help_of(*command.split())
