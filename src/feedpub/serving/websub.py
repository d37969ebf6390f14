"""Tell a WebSub hub which feeds have changed, so that it tells their subscribers (https://www.w3.org/TR/websub/)."""

from __future__ import annotations

import json
import os
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from ..errors import ConfigError, Problem
from ..files import read_file, remove_leftovers, write_file
from ..formats import FORMATS
from ..iri import to_uri
from ..model import Site
from ..redaction import hide_secrets
from ..site.settings import FILE_NAME, read_config
from .responses import parse_http_date

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..model import Config
    from ..transport.requests_client import FormResponse, Session

PAUSES_SECONDS: Final = (1.0, 2.0, 4.0)  # before the second, third and fourth try
LONGEST_PAUSE_SECONDS: Final = 30.0  # a hub that wants more is asked another day
TOTAL_SECONDS: Final = 120.0
STATE_NAME: Final = ".feedpub/pings.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class PingResult:
    """Say what became of telling a hub about one feed document.

    Args:
        topic: The document's own address (``rel="self"``), which subscribers know.
        hub: Whom it was told, without what gives access in that address.
        outcome: ``accepted``, ``unchanged`` (the hub knows these bytes, nothing was sent) or ``failed``.
        status: What the hub answered; None if it was not asked or gave no answer.
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
    """Tell the site's hub about each published feed whose bytes have changed since the hub was last told.

    Do so when the published folder is on the web: the hub fetches the feeds at once. Archive pages are not told, as
    nobody subscribes to them. What was told is remembered in ``.feedpub/pings.json`` in the published folder; without
    that file the hub is told once more.

    Args:
        source: A site, or its entries folder; of either only the settings count.
        output: The published folder.
        progress: Called with each result as it comes.
        session: Asks the hub; by default one with feedpub's User-Agent, and proxies as the environment says.
        sleep: Waits before the next try; for tests.
        total_seconds: For all of it; feeds that it does not suffice for have failed.

    Returns:
        One result per document, in the order of the site's languages.

    Raises:
        ConfigError: There is no hub, or nothing has been published.
    """
    config, folder = (source.config, source.folder) if isinstance(source, Site) else _settings(source)
    if not config.hub:
        settings = Path(folder, FILE_NAME).as_posix() if folder else ""
        hint = 'add hub = "https://…", the address of a WebSub hub, and build again'
        raise ConfigError([Problem(code="E012", path=settings, message="the site has no hub to ping", hint=hint)])
    paths = list(_documents(Path(output), config))
    if not paths:
        shown = Path(output).as_posix()
        hint = "run `feedpub build` first, or name the published folder with --output"
        raise ConfigError([Problem(code="E011", path=shown, message="holds no feed of this site", hint=hint)])
    known = _known(os.fspath(output))
    hub = _Hub(to_uri(config.hub), session, sleep, time.monotonic() + total_seconds)
    pings: list[PingResult] = []
    try:
        for path in paths:
            data = read_file(os.fspath(output), path.relative_to(output).as_posix())
            pings.append(_tell(hub, data, path, config, known))
            if progress:
                progress(pings[-1])
    finally:  # after Ctrl-C, too: what the hub has accepted is not told again
        if any(one.outcome == "accepted" for one in pings):
            _remember(os.fspath(output), known)
    return tuple(pings)


def _settings(folder: str | os.PathLike[str]) -> tuple[Config, str]:
    name = os.fspath(folder)
    return read_config(name)[0], name


def _documents(output: Path, config: Config) -> Iterator[Path]:
    """Yield the feed documents that people subscribe to: of each language, then of its categories."""
    for language in config.languages:
        home = output / language
        for place in (home, *sorted(home.glob("category/*"))):
            yield from (path for form in FORMATS if os.path.lexists(path := place / form.file_name))


def _tell(hub: _Hub, data: bytes, path: Path, config: Config, known: dict[str, dict[str, str]]) -> PingResult:
    """Tell the hub about one document unless it knows these bytes; record what it has accepted in `known`."""
    topic, name = _own_address(data, path), hide_secrets(hub.url)
    if not topic.startswith(to_uri(config.base_url)):
        reason = f"{path.as_posix()} says that it is served at {topic or 'no address'}; build it for {config.base_url}"
        return PingResult(topic=topic, hub=name, outcome="failed", reason=reason)
    digest = sha256(data).hexdigest()
    told = known.setdefault(hub.url, {})
    if told.get(topic) == digest:
        return PingResult(topic=topic, hub=name, outcome="unchanged")
    status, reason = hub.tell(topic)
    if reason:
        return PingResult(topic=topic, hub=name, outcome="failed", status=status, reason=hide_secrets(reason))
    told[topic] = digest
    return PingResult(topic=topic, hub=name, outcome="accepted", status=status)


_LINK = re.compile(r"<(?:atom:)?link\b[^<>]*>")
_SELF = re.compile(r"""\srel=["']self["']""")
_HREF = re.compile(r"""\shref=(?:"([^"]*)"|'([^']*)')""")


def _own_address(data: bytes, path: Path) -> str:
    """Return the address that a document gives as its own; the empty string if it gives none."""
    if path.suffix == ".json":
        try:
            address = json.loads(data)["feed_url"]
        except (ValueError, LookupError, TypeError):
            return ""
        return address if isinstance(address, str) else ""
    for link in _LINK.finditer(data.decode("utf-8", "replace")):  # entries have no link to themselves
        if _SELF.search(link[0]) and (found := _HREF.search(link[0])):
            return unescape(found[1] or found[2] or "")
    return ""


def _known(output: str) -> dict[str, dict[str, str]]:
    """Read what hubs were told: hub → address → SHA-256. A file that is lost or damaged costs one more ping."""
    try:
        hubs: Any = json.loads(read_file(output, STATE_NAME))["hubs"]
        return {hub: {topic: str(digest) for topic, digest in told.items()} for hub, told in hubs.items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return {}


def _remember(output: str, known: dict[str, dict[str, str]]) -> None:
    text = json.dumps({"schema": 1, "hubs": known}, indent=1, sort_keys=True)
    write_file(output, STATE_NAME, f"{text}\n".encode())
    remove_leftovers(os.path.join(output, os.path.dirname(STATE_NAME)))


class _Hub:
    """A hub, asked with patience as long as it seems to be there."""

    def __init__(self, url: str, session: Session | None, sleep: Callable[[float], None], until: float) -> None:
        self.url, self.session, self.sleep, self.until = url, session, sleep, until
        self.pauses: tuple[float, ...] = PAUSES_SECONDS
        self.closed = ""

    def tell(self, topic: str) -> tuple[int | None, str]:
        """Return the status of the last answer, if there was one, and why the hub did not accept; "" if it did."""
        if self.closed:
            return None, f"not asked: {self.closed}"
        fields = {"hub.mode": "publish", "hub.url": topic, "hub.topic": topic}  # hubs differ in which they read
        pauses = iter(self.pauses)
        while True:
            status, reason, wait = self._ask(fields)
            if wait is None:
                return status, reason
            pause = next(pauses, None)
            wait = max(wait, pause or 0.0)
            if wait > LONGEST_PAUSE_SECONDS:
                self.closed = f"it wants to be left alone for {wait:.0f} seconds"
                return status, f"{reason}; {self.closed}"
            if pause is None or time.monotonic() + wait > self.until:
                self.pauses = ()  # it is down: the other feeds get one try each
                return status, reason
            self.sleep(wait)

    def _ask(self, fields: dict[str, str]) -> tuple[int | None, str, float | None]:
        """Return status, reason, and how long to wait at least before another try; None if that would be no use."""
        from ..transport import requests_client

        self.session = self.session or requests_client.make_session()
        seconds = self.until - time.monotonic()
        if seconds <= 0:
            return None, "not asked: there was no time left", None
        try:
            answer = requests_client.post_form(self.session, self.url, fields, seconds=seconds)
        except requests_client.FormError as error:
            return None, str(error), 0.0
        if 200 <= answer.status < 300:
            return answer.status, "", None
        if 300 <= answer.status < 400:
            place = answer.headers.get("Location", "an address that it does not tell")
            return answer.status, f"the hub has moved to {place}: change hub in {FILE_NAME}, and build again", None
        reason = f"the hub answered {answer.status}" + (f": {answer.text}" if answer.text else "")
        again = answer.status == 429 or answer.status >= 500
        return answer.status, reason, _retry_after(answer) if again else None


def _retry_after(answer: FormResponse) -> float:
    """Return the seconds of Retry-After (RFC 9110, 10.2.3), given as such or as a date; 0 if there is none."""
    given = answer.headers.get("Retry-After", "").strip()
    if given.isascii() and given.isdecimal():
        return float(given)
    now = datetime.now(UTC)
    moment = parse_http_date(given, now)
    return max(0.0, (moment - now).total_seconds()) if moment else 0.0
