"""Debian's Chromium without a window and without any driver: load pages in frames, run a script in each of them.

What the scripts find is written into the page around the frames, and Chromium prints that page.
"""

from __future__ import annotations

import contextlib
import html
import http.server
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from support.http_server import serve

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

AXE = "axe-core@4.10.3"
PHONE = (375, 812)
DESKTOP = (1200, 900)
DEADLINE_SECONDS = 120
# Where Chromium is wanted for sure, its absence is a failure: in CI, and where .ci/run has installed it.
REQUIRED = bool(os.environ.get("CI")) or os.environ.get("FEEDPUB_BROWSER") == "required"

_FLAGS = (
    "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update"
    " --disable-sync --disable-dev-shm-usage --hide-scrollbars --virtual-time-budget=600000"
).split()


def found(program: str) -> str:
    """Return the path of a program; without it the test is skipped, or fails where it is required."""
    path = shutil.which(program)
    if path is None:
        _do_without(f"{program} is not installed (apt-get install {program})")
    return path


def _do_without(message: str) -> NoReturn:
    if REQUIRED:
        pytest.fail(message)
    pytest.skip(message)


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on 127.0.0.1; give its address."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        extensions_map = {".html": "text/html", ".css": "text/css", ".xml": "application/xml", "": "text/plain"}  # noqa: RUF012

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, directory=str(folder), **kwargs)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with serve(Handler) as address:
        yield f"{address}/"


def measure(public: Path, jobs: Sequence[tuple[str, str, tuple[int, int]]], *, dark: bool = False) -> list[Any]:
    """Run scripts in the pages of a folder, and return what they return.

    Args:
        public: The published folder. A page of frames is written into it for a while.
        jobs: A page or feed; the body of an async function, which runs in it; width and height of the frame: windows
            narrower than 500 px are refused by Chromium, frames are not.
        dark: What the reader prefers.
    """
    data = json.dumps([{"page": page, "script": script, "size": size} for page, script, size in jobs])
    (public / "frames.html").write_text(_FRAMES.replace("JOBS", data.replace("</", r"<\/")), encoding="utf-8")
    with served(public) as address:
        shown = _dom(f"{address}frames.html", dark=dark)
    (public / "frames.html").unlink()
    result = re.search(r'<pre id="measured">(.*?)</pre>', shown, re.DOTALL)
    assert result, shown[-2000:]
    found: list[Any] = json.loads(html.unescape(result[1]))
    assert len(found) == len(jobs)
    return found


# Frames have the preferences of the page around them, if that lets them.
_FRAMES = """<!doctype html><meta charset="utf-8"><style>:root { color-scheme: light dark; }</style><body><script>
addEventListener("load", async () => {
    const found = [];
    for (const {page, script, size} of JOBS) {
        const frame = document.createElement("iframe");
        [frame.width, frame.height] = size; frame.style.border = 0; frame.src = page;
        const loaded = new Promise(done => frame.addEventListener("load", done));
        document.body.replaceChildren(frame);
        await loaded;
        try { found.push(await frame.contentWindow.eval(`(async () => { ${script} })()`)); }
        catch (error) { found.push({failed: String(error)}); }
    }
    document.body.innerHTML = '<pre id="measured"></pre>';
    document.body.firstChild.textContent = JSON.stringify(found);
});
</script>"""


def _dom(address: str, *, dark: bool) -> str:
    """Load an address and return the document as it stands in the end."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [
            found("chromium"), *_FLAGS, f"--user-data-dir={profile}", "--window-size=1300,1000",
            f"--blink-settings=preferredColorScheme={0 if dark else 1}", "--dump-dom", address,
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, timeout=DEADLINE_SECONDS, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout.decode()


def axe(cache: Path) -> str:
    """Return axe-core, an accessibility checker; from npm, once."""
    script = cache / f"{AXE}.js"
    if not script.is_file():
        command = [found("npm"), "pack", AXE, "--silent"]
        done = subprocess.run(command, cwd=cache, capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=False)
        if done.returncode:
            _do_without(f"npm cannot fetch {AXE}: {done.stderr.strip()[-200:]}")
        with tarfile.open(cache / done.stdout.split()[-1]) as archive:
            member = archive.extractfile("package/axe.min.js")
            assert member
            script.write_bytes(member.read())
    return script.read_text(encoding="utf-8")


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (WCAG 2.2, contrast ratio), as CSS computes them: ``rgb(1, 2, 3)``."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
