"""The interface of a transport, which sends requests (`Request`) and returns their responses (`Response`).

`SocketTransport` (in `sockets`) is feedpub's own; `SessionTransport` (in `sessions`) uses a session of the caller.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# Why there is no response. "private": the address is not public, and private ones are refused; "identity": the server
# requires a client certificate; "chain": its certificate chain is incomplete; "lookup": DNS failed for now; "limit": a
# limit of this client; "busy": a session gave up after responses such as 429; "overloaded": a verdict of the scheduler.
Failure = Literal[
    "no-host", "lookup", "refused", "reset", "timeout", "certificate", "chain", "tls", "identity", "malformed",
    "limit", "private", "unreachable", "proxy", "busy", "overloaded",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """A request.

    Args:
        method: GET or HEAD.
        url: In ASCII.
        headers: To send, beside Host and Authorization.
        max_body_bytes: How much of the body to read, after decompression.
        until: When the response must be complete, by `time.monotonic`.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    max_body_bytes: int
    until: float


@dataclass(slots=True)
class Response:
    """The response to a request, or why there is none.

    Args:
        code: Status, 101 or 200 to 999; None if there is no response.
        headers: Those that feedpub uses, names in lower case; several of one name are joined by a comma.
        cookies: The fields Set-Cookie.
        body: The body or its beginning, decompressed.
        is_complete: Whether that is the whole body.
        failure: Why there is no response, else None.
        detail: More about the failure, in the words of the operating system or of OpenSSL.
        has_connected: Whether a connection to the host was made.
    """

    code: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Sequence[str] = ()
    body: bytes = b""
    is_complete: bool = True
    failure: Failure | None = None
    detail: str = ""
    has_connected: bool = True


class NoResponseError(Exception):
    """There is no response; the arguments are those of `Response`."""

    def __init__(self, failure: Failure, detail: str = "", *, has_connected: bool = True) -> None:
        super().__init__(failure)
        self.failure, self.detail, self.has_connected = failure, detail, has_connected


class ExhaustedError(Exception):
    """This machine has no descriptors, ports, threads or memory left for connections; it is not a fault of the host."""


class Transport(Protocol):
    """Sends requests and returns their responses; `SocketTransport` and `SessionTransport` are the two of feedpub."""

    def send(self, key: object, request: Request) -> None:
        """Send a request; `wait` returns its response with `key`."""

    def wait(self, seconds: float | None) -> Iterable[tuple[object, Response | ExhaustedError]]:
        """Wait for responses and return them with the keys of their requests.

        Args:
            seconds: How long to wait at most; None: until there is one, or `wake` is called.
        """

    def wake(self) -> None:
        """End a `wait`, from another thread."""

    def release(self, url: str) -> None:
        """Close the idle connections to the server of a URL: no further request to it is expected."""

    def close(self) -> None:
        """Close all connections; requests under way get no response."""
