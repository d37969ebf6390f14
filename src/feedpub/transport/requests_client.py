"""The only module that uses `requests`: sessions that neither retry nor follow redirects, and time limits for them."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final

import requests
import urllib3
from requests import Session as Session
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict

from .._version import __version__
from ..errors import FeedpubError
from .base import Response
from .connection import UNTRUSTED_ISSUER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .base import Request

CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 10.0
USER_AGENT: Final = f"feedpub/{__version__}"
_TEXT_BYTES: Final = 200  # of a response with an error: enough to say what is wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class FormResponse:
    """The response to a form.

    Args:
        status: 100 to 599.
        headers: Names in any case.
        text: The start of the body in one line, if `status` is 400 or more: servers say there what is wrong.
    """

    status: int
    headers: Mapping[str, str]
    text: str = ""


class FormError(Exception):
    """There was no response to a form; the text says why."""


def make_session() -> Session:
    """Return a session without retries; proxies and certificates are those of the environment."""
    session = Session()
    session.headers["User-Agent"] = USER_AGENT
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=0))
    return session


def check_session(session: Session) -> None:
    """Refuse a session that would stall.

    Raises:
        FeedpubError: urllib3-future is installed in place of urllib3: in threads, its connections wait for each other.
    """
    version: str = urllib3.__version__  # type: ignore[attr-defined]
    numbers = version.split(".")
    is_future = len(numbers) > 2 and numbers[2].isdecimal() and int(numbers[2]) >= 900  # as its authors number it
    if is_future and any(isinstance(adapter, HTTPAdapter) for adapter in session.adapters.values()):
        raise FeedpubError(
            f"urllib3-future {version} is installed in place of urllib3, and `requests` stalls with it in"
            " threads: install urllib3 itself (pip uninstall urllib3-future; pip install --force-reinstall urllib3),"
            " or check without a session of your own"
        )


def send_request(session: Session, request: Request, *, seconds: float) -> Response:
    """Send a request over a session of the caller, as it is; return the response, or why there is none.

    Args:
        session: With its proxies, authentication, adapters.
        request: Its `until` is ignored.
        seconds: For each step, such as connecting or reading; all of them together may last longer.
    """
    try:
        return _fetch_response(session, request, seconds)
    except requests.RequestException as error:
        return _describe_failure(error, seconds)


def _fetch_response(session: Session, request: Request, seconds: float) -> Response:
    prepared = session.prepare_request(requests.Request(request.method, request.url, headers=dict(request.headers)))
    settings = session.merge_environment_settings(request.url, {}, True, None, None)
    with session.send(prepared, timeout=seconds, allow_redirects=False, **settings) as response:
        headers = {name.lower(): value for name, value in response.headers.items()}
        most = request.max_body_bytes
        try:
            body = next(response.iter_content(most), b"") if most else b""
        except requests.RequestException:  # the status is known: a body that breaks off does not change it
            return Response(response.status_code, headers, is_complete=False)
        return Response(response.status_code, headers, body=body, is_complete=len(body) < most)


def _describe_failure(error: requests.RequestException, seconds: float) -> Response:
    """Return the failure that an error of `requests` means."""
    inner = _find_innermost_error(error)
    detail = _describe_innermost(error)
    if isinstance(error, requests.Timeout):
        return Response(failure="timeout", has_connected=not isinstance(error, requests.ConnectTimeout))
    if isinstance(error, requests.exceptions.ProxyError):
        return Response(failure="proxy", detail=str(inner))
    if isinstance(inner, ssl.SSLCertVerificationError):
        is_incomplete = inner.verify_code in UNTRUSTED_ISSUER
        return Response(failure="chain" if is_incomplete else "certificate", detail=inner.verify_message)
    if isinstance(error, requests.exceptions.SSLError):
        return Response(failure="tls", detail=detail)
    if isinstance(inner, socket.gaierror):
        is_unknown = inner.errno == socket.EAI_NONAME
        return Response(failure="no-host" if is_unknown else "lookup", has_connected=False)
    if isinstance(inner, ConnectionRefusedError):
        return Response(failure="refused", has_connected=False)
    if isinstance(error, requests.exceptions.RetryError):  # of an adapter that tries again itself: it had responses
        return Response(failure="busy", detail=detail)
    if isinstance(inner, OSError) and inner.errno and not isinstance(inner, ConnectionError | ssl.SSLError):
        return Response(failure="unreachable", detail=detail, has_connected=False)
    if isinstance(error, requests.ConnectionError | requests.exceptions.ChunkedEncodingError):
        return Response(failure="reset", detail="" if isinstance(inner, ConnectionResetError) else detail)
    return Response(failure="malformed", detail=_describe_error(error, (seconds, seconds)))


def post_form(session: Session, url: str, fields: Mapping[str, str], *, seconds: float) -> FormResponse:
    """Send a form and return the response.

    Args:
        session: Sends it.
        url: Where to; a redirect is returned, not followed.
        fields: Sent as application/x-www-form-urlencoded.
        seconds: For all of it. The time-outs of sockets limit each step, but neither the lookup of a name nor a
            server that sends one byte now and then.

    Raises:
        FormError: There was no response in time, or no connection.
    """
    until = time.monotonic() + seconds
    timeout = (min(CONNECT_SECONDS, seconds), min(READ_SECONDS, seconds))

    def send_form() -> None:
        try:
            with session.post(url, data=fields, timeout=timeout, allow_redirects=False, stream=True) as response:
                results.put(_read_form_response(response, until))
        except Exception as error:  # raised again in the thread of the caller
            results.put(error)

    results: SimpleQueue[FormResponse | Exception] = SimpleQueue()
    threading.Thread(target=send_form, daemon=True).start()
    try:
        result = results.get(timeout=max(0.0, seconds))
    except Empty:
        raise FormError(f"no response within {seconds:.3g} seconds") from None
    if isinstance(result, requests.RequestException):
        raise FormError(_describe_error(result, timeout)) from result
    if isinstance(result, Exception):
        raise result
    return result


def _read_form_response(response: requests.Response, until: float) -> FormResponse:
    text = b""
    if response.status_code >= 400:
        with contextlib.suppress(requests.RequestException):  # the status is known; the text may be missing
            for byte in response.iter_content(1):
                text += byte
                if len(text) >= _TEXT_BYTES or time.monotonic() > until:
                    break
    return FormResponse(
        status=response.status_code,
        headers=CaseInsensitiveDict(response.headers),
        text=" ".join(text.decode("utf-8", "replace").split()),
    )


def _describe_error(error: requests.RequestException, timeout: tuple[float, float]) -> str:
    """Return a short form of the nested messages of `requests`; `timeout` is for connecting and reading."""
    if isinstance(error, requests.ConnectTimeout):
        return f"no connection within {timeout[0]:g} seconds"
    if isinstance(error, requests.Timeout):
        return f"no response within {timeout[1]:g} seconds"
    if isinstance(error, requests.exceptions.SSLError):
        return f"no TLS connection ({_describe_innermost(error)})"
    if isinstance(error, requests.exceptions.ProxyError):
        return f"the proxy does not respond ({_describe_innermost(error)})"
    if isinstance(error, requests.ConnectionError):
        return f"no connection ({_describe_innermost(error)})"
    return str(error)


def _describe_innermost(error: BaseException) -> str:
    """Return the message of the error that caused all others."""
    inner = _find_innermost_error(error)
    return str(getattr(inner, "strerror", None) or inner)


def _find_innermost_error(error: BaseException) -> BaseException:
    chain = [error]
    while True:
        inner = chain[-1]
        candidates = (inner.__cause__, inner.__context__, getattr(inner, "reason", None), *inner.args)
        errors = (candidate for candidate in candidates if isinstance(candidate, BaseException))
        deeper = next((candidate for candidate in errors if candidate not in chain), None)
        if deeper is None:
            return inner
        chain.append(deeper)
