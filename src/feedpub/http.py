"""The one door to `requests`: a session that says who asks, never waits without end, and hides no second try."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final, cast

import certifi
import requests
from requests import Session as Session
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.structures import CaseInsensitiveDict

from . import __version__
from .wire import ExhaustedError as ExhaustedError
from .wire import NoReplyError, Wire, trusting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .wire import Reply

CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 10.0
USER_AGENT: Final = f"feedpub/{__version__}"
ROBOT: Final = f"Mozilla/5.0 (compatible; {USER_AGENT}; link check)"  # of link checks: some servers want "Mozilla"
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


class WireError(requests.ConnectionError):
    """An adapter of ours got no answer; `failure`, `detail` and `connected` say why."""

    def __init__(self, error: NoReplyError, request: requests.PreparedRequest) -> None:
        super().__init__(str(error), request=request)
        self.failure, self.detail, self.connected = error.failure, error.detail, error.connected


class WireAdapter(BaseAdapter):
    """Send requests over a `Wire`: the time-out is for the whole of an answer, private addresses are refused."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self.wire = wire

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: object = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send one request; `timeout` is in seconds, for all of it. What else may be said, the wire knows already."""
        seconds = timeout if isinstance(timeout, int | float) else READ_SECONDS
        until = time.monotonic() + seconds
        try:
            reply = self.wire.ask(request.method or "GET", request.url or "", request.headers, until)
        except NoReplyError as error:
            raise WireError(error, request) from error
        response = requests.Response()
        response.status_code, response.headers = reply.code, reply.headers  # type: ignore[assignment]
        response.request, response.url, response.raw = request, request.url or "", reply
        return response

    def close(self) -> None:
        """End all connections."""
        self.wire.close()


def wire_session(*, allow_private: bool, ca_bundle: str | None, proxy: str | None) -> Session:
    """Make a session for asking many addresses: nothing of the environment counts but SSL_CERT_FILE.

    Args:
        allow_private: Also ask hosts of private networks.
        ca_bundle: File of certificates; by default those of certifi.
        proxy: http address of a proxy.
    """
    lock = threading.Lock()
    made_context: list[ssl.SSLContext] = []

    def context() -> ssl.SSLContext:
        with lock:
            if not made_context:
                made_context.append(trusting(bundle))
            return made_context[0]

    bundle = ca_bundle or os.environ.get("SSL_CERT_FILE") or certifi.where()
    if ca_bundle:
        context()  # a file that cannot be read is told at once
    made = Session()
    made.trust_env = False
    made.adapters.clear()
    adapter = WireAdapter(Wire(context, allow_private=allow_private, proxy=proxy))
    for scheme in ("http://", "https://"):
        made.mount(scheme, adapter)
    return made


@dataclass(slots=True)
class Sent:
    """Hold the head of an answer and the start of its body, whoever sent the request.

    Args:
        code: Status; None if there is no answer.
        headers: Names in lower case.
        cookies: The fields Set-Cookie.
        page: Start of the body.
        whole: Whether that is all of it.
        failure: Why there is no answer, one of ``links.policy.Failure``; else empty.
        detail: Of the failure.
        connected: Whether the host was reached.
    """

    code: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: list[str] = field(default_factory=list)
    page: bytes = b""
    whole: bool = True
    failure: str = ""
    detail: str = ""
    connected: bool = True


def probe(on: Session, method: str, url: str, headers: Mapping[str, str], *, most: int, until: float) -> Sent:
    """Ask for an address over a session of ours or of the caller; a failure is an answer, too.

    Args:
        on: Of `wire_session`: then nothing but its adapter is used. Or another one, which is used as it is; then each
            step ends in time, but all of them together may last longer.
        method: GET or HEAD.
        url: In ASCII.
        headers: To send.
        most: Bytes of the body to read.
        until: When it must be over, by `time.monotonic`.

    Raises:
        ExhaustedError: This machine can make no more connections.
    """
    left = max(0.001, until - time.monotonic())
    adapter = on.adapters.get("http://")
    try:
        if not isinstance(adapter, WireAdapter):
            return _probe_with(on, method, url, headers, most, left)
        request = requests.PreparedRequest()
        request.method, request.url = method, url
        request.headers = {"User-Agent": ROBOT, **headers}  # type: ignore[assignment]
        reply = cast("Reply", adapter.send(request, timeout=left).raw)
        page, whole = reply.read(most) if most else (b"", True)
        if not most:
            reply.close()
        return Sent(reply.code, reply.headers, reply.cookies, page, whole)
    except (WireError, NoReplyError) as error:
        return Sent(failure=error.failure, detail=error.detail, connected=error.connected)
    except requests.RequestException as error:
        return _unsent(error, left)


def _probe_with(on: Session, method: str, url: str, headers: Mapping[str, str], most: int, seconds: float) -> Sent:
    request = on.prepare_request(requests.Request(method, url, headers=dict(headers)))
    settings = on.merge_environment_settings(url, {}, True, None, None)
    with on.send(request, timeout=seconds, allow_redirects=False, **settings) as response:
        page = next(response.iter_content(most), b"") if most else b""
        found = {name.lower(): value for name, value in response.headers.items()}
        return Sent(response.status_code, found, [], page, len(page) < most)


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
