"""The recipes for scheduled checks: they can be read, name options that exist, and do what they say."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from feedpub.cli import cli
from feedpub.cli_links import links

EXAMPLES = Path(__file__).parent.parent / "examples"
RECIPES = ("links-github-actions.yml", "feedpub-links.service", "links.cron")
# Answers as `gh` does, and notes what it was told; the file "issue" is the open one.
GH = """#!/bin/bash
echo "$@" >> gh.log
case "$2" in list) cat issue 2>/dev/null;; create) echo 7 > issue;; close) rm issue;; esac; exit 0
"""


def workflow() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((EXAMPLES / RECIPES[0]).read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("name", RECIPES)
def test_commands_and_options_exist(name: str) -> None:
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    commands = re.findall(r"(?<![\w-])feedpub (links check[^\n|>]*)", text)
    assert commands
    for command in commands:
        words = shlex.split(command)
        assert words[0] == "links"
        # A command keeps the names of its help from its first context: here too, those of all commands.
        links.commands[words[1]].make_context(
            words[1], words[2:], help_option_names=cli.context_settings["help_option_names"]
        )


def test_the_workflow_keeps_one_issue(tmp_path: Path) -> None:
    steps = {step.get("name"): step for step in workflow()["jobs"]["check"]["steps"]}
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, script in {
        "gh": GH,
        "feedpub": "#!/bin/bash\necho report $CODE_WANTED; exit $CODE_WANTED\n",
    }.items():
        (tools / name).write_text(script, encoding="utf-8")
        (tools / name).chmod(0o755)

    def night(wanted: int) -> int:
        environment = os.environ | {
            "PATH": f"{tools}:{os.environ['PATH']}", "CODE_WANTED": str(wanted),
            "GITHUB_OUTPUT": str(tmp_path / "output"), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        }  # fmt: skip
        (tmp_path / "output").write_text("", encoding="utf-8")
        bash = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"]
        done = subprocess.run([*bash, steps["Check"]["run"]], cwd=tmp_path, env=environment, check=False)
        code = (tmp_path / "output").read_text(encoding="utf-8").strip().removeprefix("code=")
        assert f"report {wanted}" in (tmp_path / "summary").read_text(encoding="utf-8")
        if code in ("0", "1"):  # what `if:` of the step says
            script = steps["Keep one issue up to date"]["run"]
            subprocess.run([*bash, script], cwd=tmp_path, env=environment | {"CODE": code}, check=True)
        return done.returncode

    assert "'0'" in steps["Keep one issue up to date"]["if"]
    assert [night(wanted) for wanted in (0, 1, 1, 3, 0, 0, 1)] == [0] * 7
    assert night(2) != 0
    told = (tmp_path / "gh.log").read_text(encoding="utf-8").splitlines()
    assert [line.split()[1] for line in told if " list " not in line] == ["create", "edit", "close", "create"]


def test_systemd_units_can_be_read() -> None:
    service, timer = configparser.ConfigParser(interpolation=None), configparser.ConfigParser(interpolation=None)
    for unit, name in ((service, "feedpub-links.service"), (timer, "feedpub-links.timer")):
        unit.optionxform = str  # type: ignore[method-assign,assignment]
        unit.read(EXAMPLES / name, encoding="utf-8")
    assert service["Service"]["Type"] == "oneshot"
    assert service["Service"]["SuccessExitStatus"] == "1"
    assert timer["Timer"]["Persistent"] == "yes"


def test_the_line_of_cron_is_silent_without_news(tmp_path: Path) -> None:
    (line,) = (one for one in (EXAMPLES / "links.cron").read_text(encoding="utf-8").splitlines() if one[0].isdigit())
    assert len(line.split()[:5]) == 5
    entries = tmp_path / "digest" / "entries"
    entries.mkdir(parents=True)
    (entries / "feedpub.toml").write_text(
        'base_url = "https://digest.example/"\nauthority = "digest.example,2026"\n', encoding="utf-8"
    )
    (entries / "one.en.md").write_text("---\ntitle: One\npublished: 2026-01-01\n---\nText.\n", encoding="utf-8")
    environment = os.environ | {
        "HOME": str(tmp_path),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    command = line.split(maxsplit=5)[5]
    done = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_the_program_says_what_it_finds(tmp_path: Path) -> None:
    program = [sys.executable, str(EXAMPLES / "links_from_python.py"), str(tmp_path / "links.sqlite")]
    done = subprocess.run(
        [*program, "mailto:someone@a.example", "http://10.0.0.1/"],
        capture_output=True, encoding="utf-8", check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "skipped: mailto:someone@a.example mailto is not http\nskipped: http://10.0.0.1/ a private address (10.0.0.1)\n"
    )
