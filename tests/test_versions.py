"""Which installed packages shape the bytes of a build; their names are those of the folders that pip makes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from feedpub import __version__
from feedpub.site.versions import versions

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("folder", "is_seen"),
    [
        ("feedgen-1.0.0.dist-info", True),
        ("feedgen2-2.0.1.dist-info", True),  # the fork: it installs the same package `feedgen`
        ("PyYAML-6.0.1.dist-info", True),
        ("pyyaml-6.0.4.dist-info", True),
        ("lxml-6.1.3.dist-info", True),
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
    assert versions() == ((__version__, folder) if is_seen else (__version__,))
