"""A preview on this machine: the published folder as a web server shows it, rebuilt while its entries change."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import re
import socket
import socketserver
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote_to_bytes

from ..building.builder import build_preview
from ..display import escape_for_terminal
from ..errors import ConfigError, EntryError, Problem
from ..files import RefusedFileError, read_file
from ..formats import find_format
from ..site.settings import read_config
from .responses import respond

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..building.builder import BuildResult
    from ..site.scheduling import ScheduledEntry

POLL_SECONDS: Final = 0.25  # a change is built when two looks in a row show the same: half-written files are let be
_IDLE_SECONDS: Final = 30.0  # of a connection that asks nothing
_PATIENCE_SECONDS: Final = 2.0
_HEARTBEAT_SECONDS: Final = 10.0  # a browser that left is noticed when it is written to
RELOAD_PATH: Final = "/.feedpub/reload"  # no published name starts with a dot

# What web servers send for these names unless they are told otherwise; browsers show XML and JSON of these types.
_TYPES: Final[Mapping[str, str]] = {
    ".html": "text/html", ".xml": "application/xml", ".json": "application/json", ".opml": "text/x-opml",
    ".css": "text/css", ".js": "text/javascript", ".txt": "text/plain", ".svg": "image/svg+xml", ".png": "image/png",
    ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp", ".ico": "image/x-icon",
    ".woff2": "font/woff2", ".mp3": "audio/mpeg", ".mp4": "video/mp4", ".pdf": "application/pdf",
}  # fmt: skip


def media_type_of(path: Path) -> str:
    """Return the media type of a published file for a browser: feeds go as plain XML or JSON, which browsers show."""
    form = find_format(path.name)
    if form is None:
        return _TYPES.get(path.suffix, "application/octet-stream")
    _, plus, syntax = form.media_type.partition("+")
    return f"application/{syntax}" if plus else form.media_type


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewEvent:
    """Say how a build of the preview ended.

    Args:
        address: Where the preview is.
        result: What the build did; None if it failed, and the last good one is still shown.
        problems: What was found; notes are left to `lint`.
        error: Why it failed, if that is no finding about the entries, such as a full disk; else empty.
    """

    address: str
    result: BuildResult | None = None
    problems: tuple[Problem, ...] = ()
    error: str = ""


def serve(
    folder: str | os.PathLike[str] = "entries",
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    on_event: Callable[[PreviewEvent], None] | None = None,
) -> None:
    """Show a site on this machine until Ctrl-C: built into a temporary folder, again whenever its entries change.

    Articles that are scheduled are shown, too, with a mark: every link to one is followed by its date. Pages in a
    browser load themselves anew after a build; one that fails shows its problems on every page, while the
    last good feeds are still served. Links stay inside the preview. Nobody but this machine can ask it.

    Args:
        folder: The entries folder.
        host: A name or address of this machine for itself.
        port: 0 takes any that is free.
        on_event: Called after each build; the first time from this thread, later from another.

    Raises:
        ConfigError: There is no such folder, or the port cannot be used.
        ValueError: `host` can be reached from elsewhere.
        KeyboardInterrupt: Ctrl-C; the temporary folder is gone by then.
    """
    if not os.path.isdir(folder):  # a slip of the pen; what is missing in a folder may come while we wait
        read_config(os.fspath(folder))  # says so
    with tempfile.TemporaryDirectory(prefix="feedpub-", ignore_cleanup_errors=True) as output:
        Preview(os.fspath(folder), output, host, port, on_event).run()


class Preview:
    """The preview of one folder: its server, its builds, and who waits for the next one."""

    def __init__(
        self, folder: str, output: str, host: str, port: int, on_event: Callable[[PreviewEvent], None] | None = None
    ) -> None:
        self.folder, self.output = folder, output
        self.server = _listen(self, host, port)
        shown = f"[{host}]" if ":" in host else host
        self.address = f"http://{shown}:{self.server.server_port}/"
        self.hosts = frozenset({"localhost", "127.0.0.1", "[::1]", shown.casefold()})
        self.event = PreviewEvent(address=self.address)
        self.files: frozenset[str] = frozenset()  # what may be asked for: the names of the last good build
        self._scheduled: tuple[ScheduledEntry, ...] = ()  # of the last good build
        # Another number for each build; not the same after a restart, when pages of the last preview ask again.
        self.number = time.time_ns() // 1_000_000
        self.stopping = threading.Event()
        self._changed = threading.Condition()
        self._on_event = on_event

    def scheduled(self, now: datetime) -> dict[str, datetime]:
        """Return what is shown that a build of now would hold back: the path of its page, and when it comes out."""
        return {
            f"{entry.language}/{entry.key}/index.html": entry.published
            for entry in self._scheduled
            if entry.published > now
        }

    def run(self) -> None:
        """Build, then answer until `stop` or Ctrl-C, and build again whenever the folder changes."""
        before = _snapshot(self.folder)
        watcher = threading.Thread(target=self._watch, args=(before,), name="feedpub preview", daemon=True)
        try:
            self._build()  # browsers that ask already wait in the queue of the socket
            watcher.start()
            self.server.serve_forever(poll_interval=0.1)
        finally:
            self.stopping.set()
            with self._changed:
                self._changed.notify_all()
            self.server.server_close()
            if watcher.is_alive():  # a build under way would write into a folder that is being removed
                watcher.join(timeout=_PATIENCE_SECONDS)

    def stop(self) -> None:
        """End `run`, from another thread."""
        self.server.shutdown()

    def wait(self, number: int, seconds: float) -> int:
        """Return the number of the last build as soon as it is not `number`, or after so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self.number != number or self.stopping.is_set(), timeout=seconds)
            return self.number

    def _watch(self, built: dict[str, tuple[int, int]]) -> None:
        before = built
        while not self.stopping.wait(POLL_SECONDS):
            now = _snapshot(self.folder)
            if now == before != built:
                built = now
                self._build()
            before = now

    def _build(self) -> None:
        event = self._built()
        with self._changed:
            if event.result:
                self.files = frozenset((*event.result.written, *event.result.kept))
                self._scheduled = event.result.scheduled
            self.event = event
            self.number += 1
            self._changed.notify_all()
        if self._on_event and not self.stopping.is_set():
            self._on_event(event)

    def _built(self) -> PreviewEvent:
        try:
            result = build_preview(self.folder, self.output, base_url=self.address, progress=self._go_on)
        except (ConfigError, EntryError) as error:
            return PreviewEvent(address=self.address, problems=error.problems)
        except Exception as error:  # the preview goes on: a full disk, a broken template, a fault of ours
            return PreviewEvent(address=self.address, error=f"{type(error).__name__}: {error}")
        return PreviewEvent(address=self.address, result=result, problems=result.problems)

    def _go_on(self, *_: object) -> None:
        if self.stopping.is_set():
            raise InterruptedError("the preview has ended")


def _snapshot(folder: str) -> dict[str, tuple[int, int]]:
    """Return date and size of every file below a folder; hidden ones, such as an editor's, do not count."""
    found: dict[str, tuple[int, int]] = {}
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = os.path.join(place, name)
            if not name.startswith("."):
                with contextlib.suppress(OSError):  # gone since, or a link that leads nowhere
                    status = os.stat(path)
                    found[path] = status.st_mtime_ns, status.st_size
    return found


def _listen(preview: Preview, host: str, port: int) -> _Server:
    if host != "localhost" and not ip_address(host).is_loopback:
        raise ValueError(f"{host} can be reached from elsewhere; a preview is for this machine alone: 127.0.0.1")
    try:
        return (_Server6 if ":" in host else _Server)(preview, host, port)
    except OSError as error:
        in_use = error.errno == errno.EADDRINUSE
        reason = "is in use, perhaps by another preview" if in_use else f"cannot be used: {error.strerror or error}"
        hint = "choose another with --port, or take any that is free: --port 0"
        raise ConfigError([Problem(code="E013", message=f"port {port} of {host} {reason}", hint=hint)]) from None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    allow_reuse_address = os.name != "nt"  # there, two servers would share one port

    def __init__(self, preview: Preview, host: str, port: int) -> None:
        self.preview = preview
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        """Bind without looking up our own name, which takes seconds where there is no network."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore browsers that leave while they are answered; raise all other errors, which end the thread."""
        if not isinstance(sys.exception(), OSError):
            raise


class _Server6(_Server):
    address_family = socket.AF_INET6


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True  # headers and body are two packets; the second must not wait

    def answer(self) -> None:
        """Answer one request."""
        if self.headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in self.headers:
            self.close_connection = True  # a body, which nobody reads, is no next request
        absolute = re.match(r"https?://([^/?#]*)", self.path, re.IGNORECASE)  # RFC 9112, 3.2.2
        path, _, query = self.path.removeprefix(absolute[0] if absolute else "").partition("?")
        if not self._is_for_us(absolute[1] if absolute else None):
            return
        if self.command not in ("GET", "HEAD"):
            self._send(*respond(b"", "text/plain", {}, method=self.command))
        elif path == RELOAD_PATH:
            self._tell_next_build(query)
        else:
            # Raw or percent-encoded, UTF-8 is meant; http.server has read the line as Latin-1.
            name = unquote_to_bytes(path.encode("latin-1")).decode("utf-8", "replace").removeprefix("/")
            self._show(name, f"?{query}" if query else "")

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer  # noqa: N815

    def _is_for_us(self, authority: str | None) -> bool:
        """Refuse requests by other names: a page that had its own name point here could read the preview."""
        given = self.headers.get_all("Host", [])
        if len(given) != 1:  # RFC 9112, 3.2
            self._send_page(400, "Bad request", "<p>It must have one Host field.</p>")
            return False
        name = re.sub(r":\d*$", "", authority or given[0].strip()).casefold()
        if name not in self.server.preview.hosts:
            self._send_page(421, "Misdirected request", f"<p>This is {escape(self.server.preview.address)}</p>")
            return False
        return True

    def _show(self, name: str, query: str) -> None:
        preview = self.server.preview
        number = preview.number  # first: a page that is newer than its number loads once too often, not too rarely
        event, files = preview.event, preview.files
        if not files:
            self._send_page(503, "The site cannot be built", _shown_problems(event), number)
            return
        if f"{name}/index.html" in files:
            # For now: browsers keep 301 for ever, and the port may be another site's tomorrow.
            self._send(302, {"Location": f"/{quote(name)}/{query}", "Content-Length": "0"})
            return
        if name.endswith("/") or not name:
            name += "index.html"
        path = Path(preview.output, name)
        try:
            if name not in files:
                raise FileNotFoundError
            data, seconds = read_file(preview.output, name), path.stat().st_mtime
        except (FileNotFoundError, RefusedFileError):
            text = f'<p>There is nothing at <code>/{escape(name)}</code>.</p><p><a href="/">Home</a></p>'
            self._send_page(404, "Not found", text + (_panel(event) if not event.result else ""), number)
            return
        media_type = media_type_of(path)
        modified = None
        if media_type == "text/html":
            scheduled = preview.scheduled(datetime.now(UTC))
            data = _with_reload(data, number, _write_marks(scheduled, name) + ("" if event.result else _panel(event)))
        else:
            modified = datetime.fromtimestamp(seconds, UTC)
        self._send(*respond(data, media_type, self.headers, method=self.command, last_modified=modified))

    def _tell_next_build(self, query: str) -> None:
        """Keep a browser waiting until there is another build than the one that it shows (HTML, 9.2)."""
        preview = self.server.preview
        shown = query.removeprefix("build=")
        self.close_connection = True
        self._send(200, {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "Connection": "close"})
        while self.command == "GET":
            number = preview.wait(int(shown) if shown.isdecimal() else 0, _HEARTBEAT_SECONDS)
            if preview.stopping.is_set():
                return
            if str(number) != shown:
                self.wfile.write(b"data: build\n\n")
                return
            self.wfile.write(b":\n\n")

    def _send_page(self, status: int, title: str, body: str, number: int | None = None) -> None:
        page = _PAGE.format(title=title, body=body).encode()
        if number is not None:
            page = _with_reload(page, number)
        headers = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(page))}
        self._send(status, headers | {"Cache-Control": "no-store"}, page if self.command != "HEAD" else b"")

    def _send(self, status: int, headers: Mapping[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def version_string(self) -> str:
        """Name the server."""
        return "feedpub"

    def log_message(self, *given: object) -> None:
        """Say nothing: the terminal is for builds."""


_PAGE = """\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>:root {{ color-scheme: light dark }} body {{ max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
font: 1.05rem/1.6 system-ui, sans-serif }} pre {{ overflow-x: auto; font-size: .9rem }}</style></head>
<body><h1>{title}</h1>{body}</body>
</html>
"""
_PANEL = """\
<aside role="alert" lang="en" dir="ltr" style="position:fixed;inset:auto 0 0;max-height:60vh;overflow:auto;padding:1rem;
background:#fff;color:#222;border-top:.3rem solid #c00;font:1rem/1.5 system-ui,sans-serif;text-align:left">
<strong>The last change cannot be built; this is the page before it.</strong>{problems}</aside>
"""
_SCHEDULED = """\
<aside role="note" lang="en" dir="ltr" style="padding:.5rem 1rem;background:#fe9;color:#222;font:1rem/1.5 system-ui,\
sans-serif;text-align:left">Scheduled: builds before {published} leave this article out.</aside>
"""
_MOST_MARKED: Final = 100  # links; more are not marked in lists, but on their own page
_PRE = "overflow-x:auto;margin:1rem 0;padding:0;border:0;color:inherit;background:none"  # whatever the site's style is
# Hidden pages do not wait: a browser opens six connections to a server at most, for all its tabs.
_RELOAD = """\
<script>(() => {{
let source;
const watch = () => {{
  source?.close();
  source = document.hidden ? null : new EventSource("{path}?build={number}");
  if (source) source.onmessage = () => location.reload();
}};
document.addEventListener("visibilitychange", watch);
watch();
}})()</script>
"""


def _panel(event: PreviewEvent) -> str:
    return _PANEL.format(problems=_shown_problems(event))


def _write_marks(scheduled: Mapping[str, datetime], name: str) -> str:
    """Return what marks scheduled articles: a rule for links to each, whatever the templates are, and a note on its own
    page.
    """
    rules = [
        f'a[href$="{_in_style(path)}"]::after{{content:" ({published.isoformat(" ", "minutes")})";font-style:italic}}'
        for path, published in itertools.islice(scheduled.items(), _MOST_MARKED)
    ]
    style = f"<style>{''.join(rules)}</style>" if rules else ""
    own = scheduled.get(name)
    return style + (_SCHEDULED.format(published=own.isoformat()) if own else "")


def _in_style(path: str) -> str:
    """Return the end of an address to a page as a string of CSS holds it: its signs escaped by number."""
    address = quote(path, safe="/")
    return re.sub(r"[^A-Za-z0-9/._-]", lambda found: f"\\{ord(found[0]):x} ", address)


def _shown_problems(event: PreviewEvent) -> str:
    """Write problems as the terminal shows them: place, the line, the fix."""
    texts = [escape_for_terminal(event.error)] if event.error else [str(problem) for problem in event.problems]
    return "".join(f"<pre style='{_PRE}'>{escape(text)}</pre>" for text in texts)


def _with_reload(page: bytes, number: int, panel: str = "") -> bytes:
    before, end, after = page.rpartition(b"</body>")
    added = (panel + _RELOAD.format(path=RELOAD_PATH, number=number)).encode()
    return before + added + end + after if end else page + added
