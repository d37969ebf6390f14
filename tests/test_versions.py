"""What programs shape the bytes of a build: feedpub's own files, and packages, by the folders that pip makes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import feedpub
from feedpub import __version__
from feedpub.building.versions import digest_package, list_package_versions
from support.sample_sites import post, write_site


@pytest.mark.parametrize(
    ("folder", "is_seen"),
    [
        ("feedgen-1.0.0.dist-info", True),
        ("feedgen2-2.0.1.dist-info", True),  # the fork: it installs the same package `feedgen`
        ("PyYAML-6.0.1.dist-info", True),
        ("pyyaml-6.0.4.dist-info", True),
        ("lxml-6.1.3.dist-info", True),
        ("comrak_ext-0.2.8.dist-info", True),
        ("lxml_stubs-0.5.1.dist-info", False),
        ("feedgen20-1.dist-info", False),
        ("requests-2.32.2.dist-info", False),
        ("feedgen", False),
    ],
)
def test_what_shapes_bytes_is_seen(
    folder: str, is_seen: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    (tmp_path / folder).mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert list_package_versions() == ((__version__, folder) if is_seen else (__version__,))


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Return a copy of feedpub that a test may change."""
    copy = tmp_path / "path" / "feedpub"
    shutil.copytree(Path(feedpub.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


@pytest.mark.parametrize("name", ["model/values.py", "problems.toml", "site/templates/style.css", "py.typed"])
def test_every_file_of_feedpub_counts(package: Path, name: str) -> None:
    before = digest_package(str(package))
    file = package / name
    state = file.stat()
    file.write_bytes(bytes(byte ^ 1 for byte in file.read_bytes()) or b"x")  # of the same size, and the same time
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert digest_package(str(package)) != before


def test_a_new_name_counts(package: Path) -> None:
    before = digest_package(str(package))
    (package / "_version.py").rename(package / "models.py")
    assert digest_package(str(package)) != before


def test_times_and_compiled_files_do_not_count(package: Path) -> None:
    before = digest_package(str(package))
    os.utime(package / "_version.py", ns=(0, 0))
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "model.pyc").write_bytes(b"x")
    assert digest_package(str(package)) == before == digest_package()


@pytest.mark.parametrize(
    ("name", "before", "after", "changed"),
    [
        ("site/templates/style.css", b"{", b" {", "style.css"),
        ("feeds/jsonfeed.py", b"version/1.1", b"version/1.0", "en/feed.json"),
        ("catalogue.toml", b'"All articles"', b'"Every article"', "en/archive/index.html"),
    ],
)
def test_a_changed_feedpub_of_the_same_version_builds_anew(
    package: Path, tmp_path: Path, name: str, before: bytes, after: bytes, changed: str
) -> None:
    write_site(tmp_path / "entries", {"a.en.md": post()})

    def build() -> dict[str, list[str]]:
        command = [sys.executable, "-m", "feedpub", "build", "--format", "json"]
        environment = {**os.environ, "PYTHONPATH": str(package.parent), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=True)
        written: dict[str, list[str]] = json.loads(done.stdout)
        return written

    assert changed in build()["written"]
    assert build()["written"] == []
    file = package / name
    data = file.read_bytes()
    assert before in data
    file.write_bytes(data.replace(before, after))
    assert changed in build()["written"]
