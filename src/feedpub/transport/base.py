"""What a transport is: it sends requests (`Request`) and returns what came of them (`Response`).

`SocketTransport` (in `sockets`) is feedpub's own; `SessionTransport` (in `sessions`) uses a session of the caller.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Failure = Literal[
    "no-host", "lookup", "refused", "reset", "timeout", "certificate", "chain", "tls", "identity", "malformed",
    "limit", "private", "unreachable", "proxy", "overloaded",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """One request to be sent.

    Args:
        method: GET or HEAD.
        url: In ASCII.
        headers: To send, beside Host and Authorization.
        most: Bytes of the body to read.
        until: When all of the answer must be there, by `time.monotonic`.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    most: int
    until: float


@dataclass(slots=True)
class Response:
    """What came of a request.

    Args:
        code: Status, 101 or 200 to 999; None if there is no answer.
        headers: Those that count, names in lower case; several of a name are joined by a comma.
        cookies: The fields Set-Cookie.
        page: Start of the body, decompressed.
        whole: Whether that is all of it.
        failure: Why there is no answer, else None.
        detail: Of the failure, in the words of the system.
        connected: Whether the host was reached.
    """

    code: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Sequence[str] = ()
    page: bytes = b""
    whole: bool = True
    failure: Failure | None = None
    detail: str = ""
    connected: bool = True


class NoResponseError(Exception):
    """There is no answer; the arguments are those of a `Response`."""

    def __init__(self, failure: Failure, detail: str = "", *, connected: bool = True) -> None:
        super().__init__(failure)
        self.failure, self.detail, self.connected = failure, detail, connected


class ExhaustedError(Exception):
    """This machine has no more descriptors, ports, threads or memory for connections: the address is not to blame."""


class Transport(Protocol):
    """Send requests and return their answers: a `sockets.SocketTransport`, or a `sessions.SessionTransport`."""

    def send(self, key: object, request: Request) -> None:
        """Begin with a request."""

    def wait(self, seconds: float | None) -> Iterable[tuple[object, Response | ExhaustedError]]:
        """Wait for answers; hand them out with the keys of their requests."""

    def wake(self) -> None:
        """End a `wait`, from another thread."""

    def release(self, url: str) -> None:
        """Take note that nothing is left to be asked of the server of an address."""

    def close(self) -> None:
        """End all."""
