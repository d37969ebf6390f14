"""Debian's Chromium without a window: load a page, measure what it shows, without any driver.

A copy of the page gets one script more, which writes what it finds into the page; Chromium prints the page.
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
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

AXE = "axe-core@4.10.3"
PHONE = (375, 812)
DESKTOP = (1200, 900)
DEADLINE_SECONDS = 120
# Where Chromium is wanted for sure, its absence is a failure: in CI, and where .ci/run has installed it.
REQUIRED = bool(os.environ.get("CI")) or os.environ.get("FEEDPUB_BROWSER") == "required"

_FLAGS = (
    "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update"
    " --disable-sync --disable-dev-shm-usage --hide-scrollbars --virtual-time-budget=30000"
).split()


def found(program: str) -> str:
    """Return the path of a program; without it the test is skipped, or fails where it is required."""
    path = shutil.which(program)
    if path is None:
        message = f"{program} is not installed (apt-get install {program})"
        pytest.fail(message) if REQUIRED else pytest.skip(message)
    return path


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on 127.0.0.1; give its address."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        extensions_map = {".html": "text/html", ".css": "text/css", ".xml": "application/xml", "": "text/plain"}  # noqa: RUF012

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, directory=str(folder), **kwargs)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def dom(address: str, *, size: tuple[int, int] = DESKTOP, dark: bool = False) -> str:
    """Load an address and return the document as it stands in the end."""
    with tempfile.TemporaryDirectory() as profile:
        command = [
            found("chromium"), *_FLAGS, f"--user-data-dir={profile}", f"--window-size={size[0]},{size[1]}",
            f"--blink-settings=preferredColorScheme={0 if dark else 1}", "--dump-dom", address,
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, timeout=DEADLINE_SECONDS, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout.decode()


def measure(public: Path, address: str, page: str, script: str, **view: Any) -> Any:
    """Run a script in a copy of a page, and return what it returns.

    Args:
        public: The folder that is served.
        address: Where it is served.
        page: The page, or the feed.
        script: The body of an async function.
        view: `size` and `dark`, as for `dom`.
    """
    original = public / page
    text = original.read_text(encoding="utf-8")
    code = f"""addEventListener("load", async () => {{
        const put = (value) => {{
            const pre = document.createElementNS("http://www.w3.org/1999/xhtml", "pre");
            pre.id = "measured"; pre.textContent = JSON.stringify(value); document.documentElement.append(pre);
        }};
        try {{ put(await (async () => {{ {script} }})()); }} catch (error) {{ put({{failed: String(error)}}); }}
    }});"""
    end = re.search(r"</(html|feed|rss)>\s*$", text)
    assert end
    element = f'<script xmlns="http://www.w3.org/1999/xhtml"><![CDATA[{code}]]></script>'
    if page.endswith(".html"):
        element = f"<script>{code}</script>"
    copy = original.with_name(f"measured-{original.name}")
    copy.write_text(text[: end.start()] + element + text[end.start() :], encoding="utf-8")
    shown = dom(f"{address}{copy.relative_to(public).as_posix()}", **view)
    copy.unlink()
    result = re.search(r'<pre [^>]*id="measured"[^>]*>(.*?)</pre>', shown, re.DOTALL)
    assert result, shown[-2000:]
    value = json.loads(html.unescape(result[1]))
    assert not (isinstance(value, dict) and "failed" in value), value
    return value


def axe(cache: Path) -> str:
    """Return axe-core, an accessibility checker; from npm, once."""
    script = cache / AXE / "package" / "axe.min.js"
    if not script.is_file():
        script.parent.parent.mkdir(parents=True, exist_ok=True)
        command = [found("npm"), "pack", AXE, "--silent", "--pack-destination", str(script.parent.parent)]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=False, cwd=script.parent.parent
        )
        if done.returncode:
            message = f"npm cannot fetch {AXE}: {done.stderr.strip()[-200:]}"
            pytest.fail(message) if REQUIRED else pytest.skip(message)
        with tarfile.open(script.parent.parent / done.stdout.split()[-1]) as archive:
            archive.extract("package/axe.min.js", script.parent.parent, filter="data")
    return script.read_text(encoding="utf-8")


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (WCAG 2.2, contrast ratio), as CSS computes them: ``rgb(1, 2, 3)``."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
