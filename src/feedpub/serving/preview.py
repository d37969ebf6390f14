"""The preview: a web server on this machine for a site that is built again whenever its entries change."""

from __future__ import annotations

import contextlib
import errno
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
from ..errors import ConfigError, EntryError, Problem
from ..files import RefusedFileError, read_file
from ..formats import find_format
from ..site.settings import read_config
from .preview_pages import RELOAD_PATH, add_reload, format_error, format_problems, make_page, make_panel, mark_scheduled
from .responses import respond

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..building.builder import BuildResult
    from ..site.scheduling import ScheduledEntry

# A change is built when two snapshots in a row are the same, so that half-written files are not read.
POLL_SECONDS: Final = 0.25
_IDLE_SECONDS: Final = 30.0  # until a connection without requests is closed
_STOP_SECONDS: Final = 2.0  # for a build that is running when the preview ends
_HEARTBEAT_SECONDS: Final = 10.0  # a browser that left is noticed when something is sent to it

# The media types that web servers send for these endings by default; browsers display XML and JSON of these types.
_MEDIA_TYPES: Final[Mapping[str, str]] = {
    ".html": "text/html", ".xml": "application/xml", ".json": "application/json", ".opml": "text/x-opml",
    ".css": "text/css", ".js": "text/javascript", ".txt": "text/plain", ".svg": "image/svg+xml", ".png": "image/png",
    ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp", ".ico": "image/x-icon",
    ".woff2": "font/woff2", ".mp3": "audio/mpeg", ".mp4": "video/mp4", ".pdf": "application/pdf",
}  # fmt: skip


def choose_media_type(path: Path) -> str:
    """Return the media type of a published file for a browser: plain XML or JSON for feeds, which browsers show."""
    feed_format = find_format(path.name)
    if feed_format is None:
        return _MEDIA_TYPES.get(path.suffix, "application/octet-stream")
    _, plus, syntax = feed_format.media_type.partition("+")
    return f"application/{syntax}" if plus else feed_format.media_type


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewEvent:
    """The end of a build of the preview.

    Args:
        address: The address of the preview.
        result: What the build did; None if it failed, and the last good build is still shown.
        problems: Errors and warnings; notes are left to `lint`.
        error: Why it failed, if the cause is not an entry but, for example, a full disk; else empty.
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
    """Show a site on this machine until Ctrl-C: build it into a temporary folder, again whenever its entries change.

    Scheduled articles are shown, too, with a mark: every link to one is followed by its date. Pages in a browser reload
    after a build. If a build fails, its problems are shown on every page, and the last good feeds are still served.
    Links stay inside the preview. Only this machine can reach it.

    Args:
        folder: The entries folder.
        host: A loopback name or address of this machine.
        port: 0 chooses a free port.
        on_event: Called after each build; the first time from this thread, later from another.

    Raises:
        ConfigError: There is no such folder, or the port cannot be used.
        ValueError: `host` can be reached from other machines.
        KeyboardInterrupt: Ctrl-C; the temporary folder has been removed by then.
    """
    if not os.path.isdir(folder):  # probably a typing error; what is missing in a folder may still be added
        read_config(os.fspath(folder))  # raises the error that says so
    with tempfile.TemporaryDirectory(prefix="feedpub-", ignore_cleanup_errors=True) as output:
        Preview(os.fspath(folder), output, host, port, on_event).run()


class Preview:
    """The preview of one folder: its server, its builds, and the browsers that wait for the next one.

    Attributes:
        address: The address of the preview.
        hosts: The names by which a request may call it.
        event: The end of the last build.
        files: The paths that may be requested: those of the last good build.
        number: The number of the last build.
        stopping: Set when the preview ends.
    """

    def __init__(
        self, folder: str, output: str, host: str, port: int, on_event: Callable[[PreviewEvent], None] | None = None
    ) -> None:
        self.folder, self.output = folder, output
        self.server = _open_server(self, host, port)
        url_host = f"[{host}]" if ":" in host else host
        self.address = f"http://{url_host}:{self.server.server_port}/"
        self.hosts = frozenset({"localhost", "127.0.0.1", "[::1]", url_host.casefold()})
        self.event = PreviewEvent(address=self.address)
        self.files: frozenset[str] = frozenset()
        self._scheduled: tuple[ScheduledEntry, ...] = ()  # of the last good build
        # Builds after a restart have other numbers, as pages of the last preview may still ask.
        self.number = time.time_ns() // 1_000_000
        self.stopping = threading.Event()
        self._has_changed = threading.Condition()
        self._on_event = on_event

    def list_scheduled(self, now: datetime) -> dict[str, datetime]:
        """Return the pages that a build would hold back now: the path of each, and when it is published."""
        return {
            f"{entry.language}/{entry.key}/index.html": entry.published
            for entry in self._scheduled
            if entry.published > now
        }

    def run(self) -> None:
        """Build, then answer requests until `stop` or Ctrl-C, and build again whenever the folder changes."""
        snapshot = _take_snapshot(self.folder)
        watcher = threading.Thread(target=self._watch, args=(snapshot,), name="feedpub preview", daemon=True)
        try:
            self._build()  # browsers that ask already wait in the queue of the socket
            watcher.start()
            self.server.serve_forever(poll_interval=0.1)
        finally:
            self.stopping.set()
            with self._has_changed:
                self._has_changed.notify_all()
            self.server.server_close()
            if watcher.is_alive():  # a running build would write into a folder that is being removed
                watcher.join(timeout=_STOP_SECONDS)

    def stop(self) -> None:
        """End `run`, from another thread."""
        self.server.shutdown()

    def wait_for_build(self, number: int, seconds: float) -> int:
        """Return the number of the last build as soon as it is not `number`, or after so many seconds."""
        with self._has_changed:
            self._has_changed.wait_for(lambda: self.number != number or self.stopping.is_set(), timeout=seconds)
            return self.number

    def _watch(self, built: dict[str, tuple[int, int]]) -> None:
        before = built
        while not self.stopping.wait(POLL_SECONDS):
            now = _take_snapshot(self.folder)
            if now == before != built:
                built = now
                self._build()
            before = now

    def _build(self) -> None:
        event = self._try_build()
        with self._has_changed:
            if event.result:
                self.files = frozenset((*event.result.written, *event.result.kept))
                self._scheduled = event.result.scheduled
            self.event = event
            self.number += 1
            self._has_changed.notify_all()
        if self._on_event and not self.stopping.is_set():
            self._on_event(event)

    def _try_build(self) -> PreviewEvent:
        try:
            result = build_preview(self.folder, self.output, base_url=self.address, progress=self._check_stopping)
        except (ConfigError, EntryError) as error:
            return PreviewEvent(address=self.address, problems=error.problems)
        except Exception as error:  # the preview goes on after a full disk, a broken template, or a bug
            return PreviewEvent(address=self.address, error=f"{type(error).__name__}: {error}")
        return PreviewEvent(address=self.address, result=result, problems=result.problems)

    def _check_stopping(self, *_: object) -> None:
        if self.stopping.is_set():
            raise InterruptedError("the preview has ended")


def _take_snapshot(folder: str) -> dict[str, tuple[int, int]]:
    """Return time and size of every file below a folder, except for hidden files, such as those of editors."""
    states: dict[str, tuple[int, int]] = {}
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = os.path.join(parent, name)
            if not name.startswith("."):
                with contextlib.suppress(OSError):  # removed since, or a dangling link
                    state = os.stat(path)
                    states[path] = state.st_mtime_ns, state.st_size
    return states


def _open_server(preview: Preview, host: str, port: int) -> _Server:
    if host != "localhost" and not ip_address(host).is_loopback:
        raise ValueError(f"{host} can be reached from other machines; use a loopback address: 127.0.0.1")
    try:
        return (_Ipv6Server if ":" in host else _Server)(preview, host, port)
    except OSError as error:
        is_in_use = error.errno == errno.EADDRINUSE
        reason = "is in use, perhaps by another preview" if is_in_use else f"cannot be used: {error.strerror or error}"
        hint = "choose another port with --port; --port 0 chooses a free one"
        raise ConfigError([Problem(code="E013", message=f"port {port} of {host} {reason}", hint=hint)]) from None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    allow_reuse_address = os.name != "nt"  # there, two servers would share one port

    def __init__(self, preview: Preview, host: str, port: int) -> None:
        self.preview = preview
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        """Bind without looking up the name of this machine, which takes seconds without a network."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore browsers that close the connection; raise all other errors, which end the thread."""
        if not isinstance(sys.exception(), OSError):
            raise


class _Ipv6Server(_Server):
    address_family = socket.AF_INET6


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True  # headers and body are two packets; the second must not wait

    def answer_request(self) -> None:
        """Answer one request."""
        if self.headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in self.headers:
            self.close_connection = True  # nobody reads the body, which would be taken for the next request
        absolute = re.match(r"https?://([^/?#]*)", self.path, re.IGNORECASE)  # RFC 9112, 3.2.2
        path, _, query = self.path.removeprefix(absolute[0] if absolute else "").partition("?")
        if not self._check_host(absolute[1] if absolute else None):
            return
        if self.command not in ("GET", "HEAD"):
            self._send_response(*respond(b"", "text/plain", {}, method=self.command))
        elif path == RELOAD_PATH:
            self._wait_for_build(query)
        else:
            # Raw or percent-encoded, paths are UTF-8; http.server has read the line as Latin-1.
            name = unquote_to_bytes(path.encode("latin-1")).decode("utf-8", "replace").removeprefix("/")
            self._send_file(name, f"?{query}" if query else "")

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer_request  # noqa: N815

    def _check_host(self, authority: str | None) -> bool:
        """Refuse requests for other hosts: a web page whose own name leads here could read the preview."""
        fields = self.headers.get_all("Host", [])
        if len(fields) != 1:  # RFC 9112, 3.2
            self._send_page(400, "Bad request", "<p>It must have one Host field.</p>")
            return False
        name = re.sub(r":\d*$", "", authority or fields[0].strip()).casefold()
        if name not in self.server.preview.hosts:
            self._send_page(421, "Misdirected request", f"<p>This is {escape(self.server.preview.address)}</p>")
            return False
        return True

    def _send_file(self, name: str, query: str) -> None:
        preview = self.server.preview
        # Read first: a page that is newer than its number reloads once too often, not once too rarely.
        number = preview.number
        event, files = preview.event, preview.files
        if not files:
            self._send_page(503, "The site cannot be built", format_problems(_list_problems(event)), number)
            return
        if f"{name}/index.html" in files:
            # Temporary: browsers keep 301 for ever, and tomorrow another site may use the port.
            self._send_response(302, {"Location": f"/{quote(name)}/{query}", "Content-Length": "0"})
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
            self._send_page(404, "Not found", text + _make_failure_panel(event), number)
            return
        media_type = choose_media_type(path)
        modified = None
        if media_type == "text/html":
            marks = mark_scheduled(preview.list_scheduled(datetime.now(UTC)), name)
            data = add_reload(data, number, marks + _make_failure_panel(event))
        else:
            modified = datetime.fromtimestamp(seconds, UTC)
        self._send_response(*respond(data, media_type, self.headers, method=self.command, last_modified=modified))

    def _wait_for_build(self, query: str) -> None:
        """Keep a browser waiting until there is another build than the one that it shows (HTML, 9.2)."""
        preview = self.server.preview
        shown_number = query.removeprefix("build=")
        self.close_connection = True
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "Connection": "close"}
        self._send_response(200, headers)
        while self.command == "GET":
            number = preview.wait_for_build(int(shown_number) if shown_number.isdecimal() else 0, _HEARTBEAT_SECONDS)
            if preview.stopping.is_set():
                return
            if str(number) != shown_number:
                self.wfile.write(b"data: build\n\n")
                return
            self.wfile.write(b":\n\n")

    def _send_page(self, status: int, title: str, body: str, number: int | None = None) -> None:
        page = make_page(title, body)
        if number is not None:
            page = add_reload(page, number)
        headers = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(page))}
        self._send_response(status, headers | {"Cache-Control": "no-store"}, page if self.command != "HEAD" else b"")

    def _send_response(self, status: int, headers: Mapping[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def version_string(self) -> str:
        """Return the name of the server."""
        return "feedpub"

    def log_message(self, *_: object) -> None:
        """Print nothing: the terminal is for builds."""


def _list_problems(event: PreviewEvent) -> list[str]:
    return [format_error(event.error)] if event.error else [str(problem) for problem in event.problems]


def _make_failure_panel(event: PreviewEvent) -> str:
    """Return a panel with the problems of the last build, if it failed."""
    return "" if event.result else make_panel(_list_problems(event))
