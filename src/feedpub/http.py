"""The one door to `requests`: a session that says who asks, never waits without end, and hides no second try."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final

import requests
from requests import Session as Session
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict

from . import __version__

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
    seen = [error]
    while True:
        inner = seen[-1]
        candidates = (inner.__cause__, inner.__context__, getattr(inner, "reason", None), *inner.args)
        deeper = next((one for one in candidates if isinstance(one, BaseException) and one not in seen), None)
        if deeper is None:
            strerror = getattr(inner, "strerror", None)
            return str(strerror or inner)
        seen.append(deeper)
