"""Announce changed feeds to a WebSub hub, which tells their subscribers (https://www.w3.org/TR/websub/)."""

from __future__ import annotations

import json
import os
import re
import time
from dataclasses import dataclass
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from ..errors import ConfigError, Problem
from ..files import read_file, remove_leftovers, write_file
from ..formats import FORMATS
from ..iri import to_uri
from ..links.pace import parse_retry_after
from ..model import Site
from ..redaction import hide_secrets
from ..site.settings import FILE_NAME, read_config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..model import Config
    from ..transport.requests_client import Session

    # Hub → address of a feed document → SHA-256 of the bytes that the hub has accepted.
    AcceptedDigests = dict[str, dict[str, str]]

PAUSES_SECONDS: Final = (1.0, 2.0, 4.0)  # before the second, third and fourth attempt
LONGEST_PAUSE_SECONDS: Final = 30.0  # a hub that wants a longer one is pinged by the next run
TOTAL_SECONDS: Final = 120.0
STATE_NAME: Final = ".feedpub/pings.json"
_LINK: Final = re.compile(r"<(?:atom:)?link\b[^<>]*>")
_SELF: Final = re.compile(r"""\srel=["']self["']""")
_HREF: Final = re.compile(r"""\shref=(?:"([^"]*)"|'([^']*)')""")


@dataclass(frozen=True, slots=True, kw_only=True)
class PingResult:
    """The result of notifying a hub of one feed document.

    Args:
        topic: The document's own address (``rel="self"``), which subscribers use.
        hub: The address of the hub, without secrets.
        outcome: ``accepted``, ``unchanged`` (the hub has already accepted these bytes; nothing was sent) or ``failed``.
        status: The HTTP status of the hub's response; None if nothing was sent or no response came.
        reason: Why it failed; else empty.
    """

    topic: str
    hub: str
    outcome: Literal["accepted", "unchanged", "failed"]
    status: int | None = None
    reason: str = ""


def ping(
    source: Site | str | os.PathLike[str] = "entries",
    output: str | os.PathLike[str] = "public",
    *,
    progress: Callable[[PingResult], None] | None = None,
    session: Session | None = None,
    sleep: Callable[[float], None] = time.sleep,
    total_seconds: float = TOTAL_SECONDS,
) -> tuple[PingResult, ...]:
    """Announce to the site's hub each published feed whose bytes have changed since the last ping.

    Call this after you have uploaded the published folder: the hub fetches the feeds at once. Archive documents are not
    announced, since nobody subscribes to them. The feeds that the hub has accepted are recorded in
    ``.feedpub/pings.json`` in the published folder; without that file, the hub is notified of all feeds again.

    Args:
        source: A site, or its entries folder; only the settings count.
        output: The published folder.
        progress: Called with each result as it comes.
        session: Sends the requests; by default one with feedpub's User-Agent and the proxies of the environment.
        sleep: Called to wait before another attempt (for tests).
        total_seconds: The time limit for all requests together; feeds for which no time is left have failed.

    Returns:
        One result per document, in the order of the site's languages.

    Raises:
        ConfigError: There is no hub, or nothing has been published.
    """
    config, folder = (source.config, source.folder) if isinstance(source, Site) else _read_settings(source)
    if not config.hub:
        settings = Path(folder, FILE_NAME).as_posix() if folder else ""
        hint = 'add hub = "https://…", the address of a WebSub hub, and build again'
        raise ConfigError([Problem(code="E012", path=settings, message="the site has no hub", hint=hint)])
    paths = list(_list_documents(Path(output), config))
    if not paths:
        hint = "run `feedpub build` first, or name the published folder with --output"
        message = "contains no feed of this site"
        raise ConfigError([Problem(code="E011", path=Path(output).as_posix(), message=message, hint=hint)])
    hub = _Hub(to_uri(config.hub), session, sleep, time.monotonic() + total_seconds)
    return _ping_documents(hub, paths, config, Path(output), progress)


def _ping_documents(
    hub: _Hub, paths: list[Path], config: Config, output: Path, progress: Callable[[PingResult], None] | None
) -> tuple[PingResult, ...]:
    accepted = _read_accepted(os.fspath(output))
    results: list[PingResult] = []
    try:
        for path in paths:
            data = read_file(os.fspath(output), path.relative_to(output).as_posix())
            results.append(_ping_document(hub, data, path, config, accepted))
            if progress:
                progress(results[-1])
    finally:  # also after Ctrl-C: the hub is not told again what it has accepted
        if any(result.outcome == "accepted" for result in results):
            _write_accepted(os.fspath(output), accepted)
    return tuple(results)


def _read_settings(folder: str | os.PathLike[str]) -> tuple[Config, str]:
    path = os.fspath(folder)
    return read_config(path)[0], path


def _list_documents(output: Path, config: Config) -> Iterator[Path]:
    """Yield the feed documents to which people subscribe: for each language its own, then those of its categories."""
    for language in config.languages:
        home = output / language
        for folder in (home, *sorted(home.glob("category/*"))):
            for feed_format in FORMATS:
                path = folder / feed_format.file_name
                if os.path.lexists(path):
                    yield path


def _ping_document(hub: _Hub, data: bytes, path: Path, config: Config, accepted: AcceptedDigests) -> PingResult:
    """Announce one document to the hub unless it has accepted these bytes; record it in `accepted` if it does now."""
    topic, hub_name = _find_self_address(data, path), hide_secrets(hub.url)
    if not topic.startswith(to_uri(config.base_url)):
        reason = f"{path.as_posix()} says that it is served at {topic or 'no address'}; build it for {config.base_url}"
        return PingResult(topic=topic, hub=hub_name, outcome="failed", reason=reason)
    digest = sha256(data).hexdigest()
    accepted_by_hub = accepted.setdefault(hub.url, {})
    if accepted_by_hub.get(topic) == digest:
        return PingResult(topic=topic, hub=hub_name, outcome="unchanged")
    status, reason = hub.announce(topic)
    if reason:
        return PingResult(topic=topic, hub=hub_name, outcome="failed", status=status, reason=hide_secrets(reason))
    accepted_by_hub[topic] = digest
    return PingResult(topic=topic, hub=hub_name, outcome="accepted", status=status)


def _find_self_address(data: bytes, path: Path) -> str:
    """Return the address that a document states as its own; the empty string if it states none."""
    if path.suffix == ".json":
        try:
            address = json.loads(data)["feed_url"]
        except (ValueError, LookupError, TypeError):
            return ""
        return address if isinstance(address, str) else ""
    for link in _LINK.finditer(data.decode("utf-8", "replace")):  # entries have no link to themselves
        if _SELF.search(link[0]) and (href := _HREF.search(link[0])):
            return unescape(href[1] or href[2] or "")
    return ""


def _read_accepted(output: str) -> AcceptedDigests:
    """Return what hubs have accepted. If the file is lost or damaged, they are notified again."""
    try:
        hubs: Any = json.loads(read_file(output, STATE_NAME))["hubs"]
        return {hub: {topic: str(digest) for topic, digest in digests.items()} for hub, digests in hubs.items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return {}


def _write_accepted(output: str, accepted: AcceptedDigests) -> None:
    text = json.dumps({"schema": 1, "hubs": accepted}, indent=1, sort_keys=True)
    write_file(output, STATE_NAME, f"{text}\n".encode())
    remove_leftovers(os.path.join(output, os.path.dirname(STATE_NAME)))


class _Hub:
    """A WebSub hub. Requests are repeated as long as it seems to be working."""

    def __init__(self, url: str, session: Session | None, sleep: Callable[[float], None], deadline: float) -> None:
        self.url, self._session, self._sleep, self._deadline = url, session, sleep, deadline
        self._pauses: tuple[float, ...] = PAUSES_SECONDS
        self._closed_reason = ""

    def announce(self, topic: str) -> tuple[int | None, str]:
        """Announce to the hub that a feed has changed.

        Returns:
            The status of the last response, if there was one, and why the hub did not accept; empty if it did.
        """
        if self._closed_reason:
            return None, f"nothing was sent: {self._closed_reason}"
        fields = {"hub.mode": "publish", "hub.url": topic, "hub.topic": topic}  # hubs differ in which they read
        pauses = iter(self._pauses)
        while True:
            status, reason, wait_seconds = self._send_ping(fields)
            if wait_seconds is None:
                return status, reason
            pause = next(pauses, None)
            wait_seconds = max(wait_seconds, pause or 0.0)
            if wait_seconds > LONGEST_PAUSE_SECONDS:
                self._closed_reason = f"the hub asks to wait for {wait_seconds:.0f} seconds"
                return status, f"{reason}; {self._closed_reason}"
            if pause is None or time.monotonic() + wait_seconds > self._deadline:
                self._pauses = ()  # the hub is down: the other feeds get one attempt each
                return status, reason
            self._sleep(wait_seconds)

    def _send_ping(self, fields: dict[str, str]) -> tuple[int | None, str, float | None]:
        """Send one request.

        Returns:
            The status, why the hub did not accept, and how many seconds to wait at least before another attempt; None
            if another attempt would be useless.
        """
        from ..transport import requests_client

        self._session = self._session or requests_client.make_session()
        seconds = self._deadline - time.monotonic()
        if seconds <= 0:
            return None, "nothing was sent: there was no time left", None
        try:
            response = requests_client.post_form(self._session, self.url, fields, seconds=seconds)
        except requests_client.FormError as error:
            return None, str(error), 0.0
        if 200 <= response.status < 300:
            return response.status, "", None
        if 300 <= response.status < 400:
            location = response.headers.get("Location", "an unknown address")
            return response.status, f"the hub has moved to {location}: change hub in {FILE_NAME}, and build again", None
        reason = f"the hub responded with {response.status}" + (f": {response.text}" if response.text else "")
        is_temporary = response.status == 429 or response.status >= 500
        return response.status, reason, (parse_retry_after(response.headers) or 0.0) if is_temporary else None
