"""The one door to `requests`: a session that says who asks, never waits without end, and hides no second try."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final

import requests
import urllib3
from requests import Session as Session
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict

from .._version import __version__
from ..errors import FeedpubError

if TYPE_CHECKING:
    from collections.abc import Mapping

CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 10.0
USER_AGENT: Final = f"feedpub/{__version__}"
_TEXT_BYTES = 200  # of an answer: enough to say why


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Hold what a server said.

    Args:
        status: 100 to 599.
        headers: Names in any case.
        text: The start of the body in one line, from status 400 on: servers say there what is wrong.
    """

    status: int
    headers: Mapping[str, str]
    text: str = ""


class NoAnswerError(Exception):
    """A server gave no answer; the text says why."""


def session() -> Session:
    """Make a session: proxies and certificates as the environment says, no redirects followed, no second tries."""
    made = Session()
    made.headers["User-Agent"] = USER_AGENT
    for scheme in ("http://", "https://"):
        made.mount(scheme, HTTPAdapter(max_retries=0))
    return made


def check_session(on: Session) -> None:
    """Refuse a session that would stall.

    Raises:
        FeedpubError: urllib3-future stands in for urllib3: in threads, its connections wait for each other.
    """
    given = urllib3.__version__  # type: ignore[attr-defined]
    version = given.split(".")
    future = len(version) > 2 and version[2].isdecimal() and int(version[2]) >= 900  # so its authors number it
    if future and any(isinstance(adapter, HTTPAdapter) for adapter in on.adapters.values()):
        raise FeedpubError(
            f"urllib3-future {given} is installed in place of urllib3, and `requests` stalls with it in"
            " threads: install urllib3 itself (pip uninstall urllib3-future; pip install --force-reinstall urllib3),"
            " or check without a session of your own"
        )


@dataclass(slots=True)
class Sent:
    """Hold the head of an answer and the start of its body, or say why there is none.

    Args:
        code: Status; None if there is no answer.
        headers: Names in lower case.
        page: Start of the body.
        whole: Whether that is all of it.
        failure: Why there is no answer, one of ``transport.Failure``; else empty.
        detail: Of the failure.
        connected: Whether the host was reached.
    """

    code: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    page: bytes = b""
    whole: bool = True
    failure: str = ""
    detail: str = ""
    connected: bool = True


def probe(on: Session, method: str, url: str, headers: Mapping[str, str], *, most: int, seconds: float) -> Sent:
    """Ask for an address over a session of the caller, which is used as it is; a failure is an answer, too.

    Args:
        on: With its proxies, authentication, adapters.
        method: GET or HEAD.
        url: In ASCII.
        headers: To send.
        most: Bytes of the body to read.
        seconds: For each step, such as connecting or reading; all of them together may last longer.
    """
    try:
        return _probe(on, method, url, headers, most, seconds)
    except requests.RequestException as error:
        return _unsent(error, seconds)


def _probe(on: Session, method: str, url: str, headers: Mapping[str, str], most: int, seconds: float) -> Sent:
    request = on.prepare_request(requests.Request(method, url, headers=dict(headers)))
    settings = on.merge_environment_settings(url, {}, True, None, None)
    with on.send(request, timeout=seconds, allow_redirects=False, **settings) as response:
        found = {name.lower(): value for name, value in response.headers.items()}
        try:
            page = next(response.iter_content(most), b"") if most else b""
        except requests.RequestException:  # the status was told: a body that breaks off takes nothing of that away
            return Sent(response.status_code, found, whole=False)
        return Sent(response.status_code, found, page, len(page) < most)


def _unsent(error: requests.RequestException, seconds: float) -> Sent:
    """Say what `requests` means by an error."""
    inner = _innermost_error(error)
    if isinstance(error, requests.Timeout):
        return Sent(failure="timeout", connected=not isinstance(error, requests.ConnectTimeout))
    if isinstance(error, requests.exceptions.ProxyError):
        return Sent(failure="proxy", detail=str(inner))
    if isinstance(inner, ssl.SSLCertVerificationError):
        kind = "chain" if inner.verify_code in (20, 21) else "certificate"
        return Sent(failure=kind, detail=inner.verify_message)
    if isinstance(error, requests.exceptions.SSLError):
        return Sent(failure="tls", detail=_innermost(error))
    if isinstance(inner, socket.gaierror):
        unknown = inner.errno == socket.EAI_NONAME
        return Sent(failure="no-host" if unknown else "lookup", connected=False)
    if isinstance(inner, ConnectionRefusedError):
        return Sent(failure="refused", connected=False)
    if isinstance(error, requests.exceptions.RetryError):  # of an adapter that tries again itself: it had answers
        return Sent(failure="busy", detail=_innermost(error))
    if isinstance(inner, OSError) and inner.errno and not isinstance(inner, ConnectionError | ssl.SSLError):
        return Sent(failure="unreachable", detail=_innermost(error), connected=False)
    if isinstance(error, requests.ConnectionError | requests.exceptions.ChunkedEncodingError):
        return Sent(failure="reset", detail="" if isinstance(inner, ConnectionResetError) else _innermost(error))
    return Sent(failure="malformed", detail=_reason(error, (seconds, seconds)))


def post_form(on: Session, url: str, fields: Mapping[str, str], *, seconds: float) -> Answer:
    """Send a form, wait for the answer.

    Args:
        on: A session.
        url: Where to; a redirect is an answer like others.
        fields: Sent as application/x-www-form-urlencoded.
        seconds: For all of it. The time-outs of sockets bound each step, but neither the look-up of a name nor a
            server that sends one byte now and then.

    Raises:
        NoAnswerError: There was none in time, or no connection.
    """
    until = time.monotonic() + seconds
    timeout = (min(CONNECT_SECONDS, seconds), min(READ_SECONDS, seconds))

    def ask() -> None:
        try:
            with on.post(url, data=fields, timeout=timeout, allow_redirects=False, stream=True) as response:
                done.put(_answer(response, until))
        except Exception as error:  # nobody else would hear of it
            done.put(error)

    done: SimpleQueue[Answer | Exception] = SimpleQueue()
    threading.Thread(target=ask, daemon=True).start()
    try:
        result = done.get(timeout=max(0.0, seconds))
    except Empty:
        raise NoAnswerError(f"no answer within {seconds:.3g} seconds") from None
    if isinstance(result, requests.RequestException):
        raise NoAnswerError(_reason(result, timeout)) from result
    if isinstance(result, Exception):
        raise result
    return result


def _answer(response: requests.Response, until: float) -> Answer:
    text = b""
    if response.status_code >= 400:
        with contextlib.suppress(requests.RequestException):  # the status came; the rest may be missing
            for byte in response.iter_content(1):
                text += byte
                if len(text) >= _TEXT_BYTES or time.monotonic() > until:
                    break
    return Answer(
        status=response.status_code,
        headers=CaseInsensitiveDict(response.headers),
        text=" ".join(text.decode("utf-8", "replace").split()),
    )


def _reason(error: requests.RequestException, timeout: tuple[float, float]) -> str:
    """Say in a few words what `requests` says in nested ones."""
    if isinstance(error, requests.ConnectTimeout):
        return f"no connection within {timeout[0]:g} seconds"
    if isinstance(error, requests.Timeout):
        return f"no answer within {timeout[1]:g} seconds"
    if isinstance(error, requests.exceptions.SSLError):
        return f"no TLS connection ({_innermost(error)})"
    if isinstance(error, requests.exceptions.ProxyError):
        return f"the proxy does not answer ({_innermost(error)})"
    if isinstance(error, requests.ConnectionError):
        return f"no connection ({_innermost(error)})"
    return str(error)


def _innermost(error: BaseException) -> str:
    """Return the message of the error that all others were made of."""
    inner = _innermost_error(error)
    return str(getattr(inner, "strerror", None) or inner)


def _innermost_error(error: BaseException) -> BaseException:
    seen = [error]
    while True:
        inner = seen[-1]
        candidates = (inner.__cause__, inner.__context__, getattr(inner, "reason", None), *inner.args)
        deeper = next((one for one in candidates if isinstance(one, BaseException) and one not in seen), None)
        if deeper is None:
            return inner
        seen.append(deeper)
