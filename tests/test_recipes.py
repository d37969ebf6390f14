"""The recipes for scheduled checks: they can be read, name options that exist, and do what they say."""

from __future__ import annotations

import configparser
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from feedpub.cli.links import links
from feedpub.cli.main import cli

EXAMPLES = Path(__file__).parent.parent / "examples"
RECIPES = ("links-github-actions.yml", "feedpub-links.service", "links.cron")
# Does what `gh` does, with the issues of a file; `--jq` is a program of its own here.
GH = """#!{python}
import json, os, subprocess, sys
from pathlib import Path
arguments = sys.argv[1:]
def option(name):
    return arguments[arguments.index(name) + 1] if name in arguments else None
issues = json.loads(Path("issues.json").read_text())
kind, verb = arguments[:2]
with open("gh.log", "a") as log:
    log.write(json.dumps(arguments) + "\\n")
if (kind, verb) == ("issue", "list"):
    found = [one for one in issues if one["state"] == option("--state") and option("--label") in one["labels"]]
    found = [{{name: one[name] for name in option("--json").split(",")}} for one in found]
    sys.exit(subprocess.run(["jq", "-r", option("--jq")], input=json.dumps(found), text=True).returncode)
if (kind, verb) == ("issue", "create"):
    issues.append({{
        "number": len(issues) + 1, "title": option("--title"), "labels": [option("--label")], "state": "open",
        "body": Path(option("--body-file")).read_text(),
    }})
for one in issues:
    if kind == "issue" and str(one["number"]) == arguments[2]:
        if verb == "close":
            one["state"] = "closed"
        if verb == "edit":
            one["body"] = Path(option("--body-file")).read_text()
Path("issues.json").write_text(json.dumps(issues))
"""
# Of others: they stay as they are.
LABEL = "feedpub-links"
ISSUES = [
    {"title": "Dead links", "labels": [], "state": "open"},
    {"title": "Dead links", "labels": ["bug"], "state": "open"},
    {"title": "Dead links in chapter 3", "labels": [LABEL], "state": "open"},
    {"title": "dead links", "labels": [LABEL], "state": "open"},
    {"title": 'Dead links" or 1 == 1', "labels": [LABEL], "state": "open"},
    {"title": "Dead links", "labels": [LABEL], "state": "closed"},
]


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
        # In the context of the whole, since a command remembers the names of its help option.
        with cli.make_context("feedpub", words) as whole, links.make_context("links", words[1:], parent=whole) as above:
            links.commands[words[1]].make_context(words[1], words[2:], parent=above)


@pytest.mark.skipif(not shutil.which("jq") or not shutil.which("bash"), reason="needs jq and bash")
def test_the_workflow_keeps_one_issue_and_leaves_all_others_alone(tmp_path: Path) -> None:
    steps = {step.get("name"): step for step in workflow()["jobs"]["check"]["steps"]}
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, script in {
        "gh": GH.format(python=sys.executable),
        "feedpub": "#!/bin/bash\necho report $NIGHT; exit $CODE_WANTED\n",
    }.items():
        (tools / name).write_text(script, encoding="utf-8")
        (tools / name).chmod(0o755)
    others = [{"number": number, "body": "mine", **issue} for number, issue in enumerate(ISSUES, start=1)]
    (tmp_path / "issues.json").write_text(json.dumps(others), encoding="utf-8")
    keep = steps["Keep one issue up to date"]

    def night(number: int, wanted: int) -> tuple[int, list[tuple[str, str]]]:
        """Run both steps; return the code of the first, and state and text of the issues that were not there before."""
        environment = os.environ | {
            "PATH": f"{tools}:{os.environ['PATH']}", "CODE_WANTED": str(wanted), "NIGHT": str(number),
            "GITHUB_OUTPUT": str(tmp_path / "output"), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        }  # fmt: skip
        (tmp_path / "output").write_text("", encoding="utf-8")
        bash = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"]
        done = subprocess.run([*bash, steps["Check"]["run"]], cwd=tmp_path, env=environment, check=False)
        code = (tmp_path / "output").read_text(encoding="utf-8").strip().removeprefix("code=")
        assert f"report {number}" in (tmp_path / "summary").read_text(encoding="utf-8")
        if code in ("0", "1"):  # what `if:` of the step says
            environment |= {name: value for name, value in keep["env"].items() if name != "CODE"} | {"CODE": code}
            subprocess.run([*bash, keep["run"]], cwd=tmp_path, env=environment, check=True)
        issues = json.loads((tmp_path / "issues.json").read_text(encoding="utf-8"))
        assert issues[: len(others)] == others
        return done.returncode, [(issue["state"], issue["body"].strip()) for issue in issues[len(others) :]]

    assert "'0'" in keep["if"]
    assert night(1, 0) == (0, [])
    assert night(2, 1) == (0, [("open", "report 2")])
    assert night(3, 1) == (0, [("open", "report 3")])
    assert night(4, 3) == (0, [("open", "report 3")])  # our network was down
    assert night(5, 0) == (0, [("closed", "report 3")])
    assert night(6, 0) == (0, [("closed", "report 3")])
    assert night(7, 1) == (0, [("closed", "report 3"), ("open", "report 7")])
    for code in (2, 130, 143):
        assert night(8, code) == (1, [("closed", "report 3"), ("open", "report 7")])


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
