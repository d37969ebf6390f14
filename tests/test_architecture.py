"""The page about the architecture, held against the code: layers, and the ways of an entry, a build and a link."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
import threading
import tomllib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import feedpub
from feedpub.building.versions import digest_package
from support.http_server import Handler, serve
from support.sample_sites import write_site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "contributing" / "architecture.md").read_text(encoding="utf-8")
NAME = re.compile(r"`([a-z_0-9]+(?:\.\w+)+)`")
DIGEST = {
    "trains.en.md": "---\ntitle: Trains\npublished: 2026-02-01\n---\n## Summary\n\nThey are back.\n\n## Key points\n\n"
    "- One\n\n"
    "## References\n\n1. [Feeds](https://feeds.test/page) - RFC\n",
    "trains.zh-Hans.md": "---\ntitle: 火车\n---\n## 摘要\n\n它们回来了。\n",
}


def read_steps(heading: str) -> list[str]:
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.split(r"^\d+\. ", section, flags=re.MULTILINE)[1:]


def find_object(name: str) -> Any:
    """Return what a dotted name below `feedpub` names, such as `entries.source.read_source`."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(["feedpub", *parts[:end]]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            found = getattr(found, part)
        return found
    raise LookupError(name)


@contextmanager
def traced() -> Iterator[list[object]]:
    """Yield a list to which the code of each function is added when it is called for the first time."""
    calls: dict[object, None] = {}

    def note(frame: FrameType, event: str, value: object) -> None:
        if event == "call":
            calls.setdefault(frame.f_code)

    codes: list[object] = []
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield codes
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
        codes += calls


def load_entry(folder: Path) -> None:
    feedpub.load(folder)


def build_site(folder: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:  # tests keep this digest: see `read_package_once`
        patch.setattr("feedpub.building.builder.digest_package", digest_package)
        feedpub.build(folder, folder.parent / "public")


class Page(Handler):
    def do_GET(self) -> None:
        self.send(200 if self.path == "/page" else 404, {"Content-Type": "text/html"}, b"<title>Feeds</title>")

    do_HEAD = do_GET


def check_link(folder: Path) -> None:
    settings = feedpub.LinkSettings(allow_private=True)
    with serve(Page) as address:
        write_site(folder, {"trains.en.md": DIGEST["trains.en.md"].replace("https://feeds.test", address)})
        report = feedpub.check_links(feedpub.load(folder), history=folder.parent / "links.sqlite", settings=settings)
    assert [link.status for link in report.links] == ["ok"]
    feedpub.format_report(report)


@pytest.mark.parametrize(
    ("heading", "act"),
    [("Follow an entry", load_entry), ("Follow a build", build_site), ("Follow a link", check_link)],
)
def test_the_way_is_the_one_that_a_trace_shows(heading: str, act: Callable[[Path], None], tmp_path: Path) -> None:
    folder = write_site(tmp_path / "entries", DIGEST)
    with traced() as codes:
        act(folder)

    steps = read_steps(heading)
    assert len(steps) == 10
    order = []
    for number, step in enumerate(steps, start=1):
        for name in NAME.findall(step):
            named = find_object(name)
            function = named.__init__ if inspect.isclass(named) else named
            code = getattr(inspect.unwrap(function), "__code__", None)
            assert code in codes, f"step {number}: {name} is never called"
            order.append((number, codes.index(code), name))
    firsts = {number: min(call for at, call, _ in order if at == number) for number, _, _ in order}
    assert list(firsts.values()) == sorted(firsts.values()), "\n".join(map(str, sorted(order, key=lambda row: row[1])))


def test_the_layers_are_those_that_are_checked() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    checked = [
        {name.strip().removeprefix("feedpub.") for name in layer.split("|")}
        for layer in next(contract for contract in contracts if contract["type"] == "layers")["layers"]
    ]
    rows = re.findall(r"^\| (`[a-z_`· ]+) \|", PAGE.partition("## Layers")[2].partition("\n## ")[0], re.MULTILINE)
    assert [set(re.findall(r"`(\w+)`", row)) for row in rows] == checked[1:]  # the first one is __main__


def test_each_named_file_exists() -> None:
    for path in re.findall(r"`([a-z_0-9]+/[a-z_0-9/]*(?:\.(?:py|toml))?)`", PAGE):
        assert (ROOT / "src" / "feedpub" / path).exists(), path
