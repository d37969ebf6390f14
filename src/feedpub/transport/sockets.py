"""Send many requests at once over sockets, in one thread; each ends in time, even if a server misbehaves.

Threads would hand the interpreter's lock to each other sixteen times for each request; one loop over the sockets that
have something to say sends three times as many requests in the same CPU time. Each request is a generator that runs
until it would wait.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import time
from collections import deque
from typing import TYPE_CHECKING, Final

from .base import ExhaustedError, NoResponseError, Response
from .connection import Connection, Task, describe_error
from .connection_pool import ConnectionPool
from .http1 import ResponseReader, split_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .base import Request
    from .connection import Steps
    from .host_lookup import HostLookup
    from .http1 import Origin

_TIMEOUT_CHECK_SECONDS: Final = 0.1  # how exact deadlines are


class SocketTransport:
    """Sends requests and returns their responses, all in one thread; connections are kept while they are of use."""

    def __init__(
        self,
        *,
        user_agent: str,
        allow_private: bool = False,
        ca_bundle: str | None = None,
        proxy: str | None = None,
    ) -> None:
        """Prepare to send.

        Args:
            user_agent: The field User-Agent.
            allow_private: Also connect to addresses that are not public.
            ca_bundle: File of certificates in PEM; by default see `create_tls_context`.
            proxy: http address of a proxy.

        Raises:
            OSError: The certificates cannot be read.
        """
        self._user_agent_line = f"User-Agent: {user_agent}\r\n"
        self._selector = selectors.DefaultSelector()
        self._pool = ConnectionPool(
            self._selector, self._note_lookup, allow_private=allow_private, ca_bundle=ca_bundle, proxy=proxy
        )
        self._tasks: set[Task] = set()
        self._finished: list[tuple[object, Response | ExhaustedError]] = []
        self._ended_lookups: deque[HostLookup] = deque()
        # A byte on this pair of sockets ends a wait for all others.
        self._wake_receiver, self._wake_sender = socket.socketpair()
        self._wake_receiver.setblocking(False)
        self._wake_sender.setblocking(False)
        self._selector.register(self._wake_receiver, selectors.EVENT_READ, None)
        self._timeouts_checked_at = 0.0

    def send(self, key: object, request: Request) -> None:
        """Send a request; `wait` returns its response with `key`."""
        task = Task(key, request.until)
        task.steps = self._fetch_response(task, request)
        self._tasks.add(task)
        self._advance_task(task)

    def wait(self, seconds: float | None) -> Iterator[tuple[object, Response | ExhaustedError]]:
        """Wait until there are responses, another thread calls `wake`, or the time is over; yield the responses.

        Each is yielded at once, so that the next request is sent before all others have been read.
        """
        if self._finished:
            seconds = 0.0
        elif self._tasks:
            seconds = _TIMEOUT_CHECK_SECONDS if seconds is None else min(seconds, _TIMEOUT_CHECK_SECONDS)
        for key, _ in self._selector.select(seconds):
            connection: Connection | None = key.data
            if connection is None:
                self._handle_wake()
            elif connection.task:
                self._advance_task(connection.task)
            else:  # an idle connection that the server ends, or sends something on
                connection.close()
            if self._finished:
                yield from self._take_finished()
        self._end_late_tasks()
        yield from self._take_finished()

    def _take_finished(self) -> Iterator[tuple[object, Response | ExhaustedError]]:
        finished, self._finished = self._finished, []
        yield from finished

    def wake(self) -> None:
        """End a `wait`, from any thread."""
        with contextlib.suppress(OSError):
            self._wake_sender.send(b"\0")

    def _note_lookup(self, lookup: HostLookup) -> None:
        """Let the tasks that wait for a lookup go on; called from the thread of the lookup."""
        self._ended_lookups.append(lookup)
        self.wake()

    def release(self, url: str) -> None:
        """Close the idle connections to the server of a URL: no further request to it is expected."""
        with contextlib.suppress(ValueError):
            self._pool.close_idle(split_url(url)[0])

    def close(self) -> None:
        """Close all connections; requests under way get no response."""
        for task in self._tasks:
            task.steps.close()
        self._tasks.clear()
        self._pool.close()
        self._selector.close()
        self._wake_receiver.close()
        self._wake_sender.close()

    def _advance_task(self, task: Task, error: BaseException | None = None) -> None:
        """Run a task until it has to wait again, or ends."""
        try:
            if error:
                task.steps.throw(error)
            else:
                next(task.steps)
            return
        except StopIteration as end:
            result = end.value
        except NoResponseError as failed:
            result = Response(failure=failed.failure, detail=failed.detail, has_connected=failed.has_connected)
        except ExhaustedError as exhausted:
            result = exhausted
        self._tasks.discard(task)
        self._finished.append((task.key, result))

    def _handle_wake(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._wake_receiver.recv(4096)
        while self._ended_lookups:
            lookup = self._ended_lookups.popleft()
            waiting, lookup.waiting = lookup.waiting, []
            for task in waiting:
                if task in self._tasks:
                    self._advance_task(task)

    def _end_late_tasks(self) -> None:
        """Raise TimeoutError in tasks whose time is over."""
        now = time.monotonic()
        if now - self._timeouts_checked_at < _TIMEOUT_CHECK_SECONDS:
            return
        self._timeouts_checked_at = now
        for task in [task for task in self._tasks if task.until <= now]:
            self._advance_task(task, TimeoutError())

    def _fetch_response(self, task: Task, request: Request) -> Steps:
        """Send a request over an idle connection or a new one, and read the response."""
        try:
            origin, target, authorization = split_url(request.url)
        except ValueError as error:
            raise NoResponseError("no-host", str(error), has_connected=False) from error
        message = self._format_message(request, origin, target, authorization)
        while True:
            connection = self._pool.take_idle(origin)
            is_reused = connection is not None
            if connection is None:
                connection = yield from self._pool.open_connection(task, origin, request.until)
            connection.task = task
            reader = ResponseReader(request.method, request.max_body_bytes)
            try:
                yield from connection.exchange(message, reader)
            except (NoResponseError, OSError) as error:
                connection.close()
                partial = reader.take_partial()
                if partial:
                    return partial
                failure = error if isinstance(error, NoResponseError) else describe_error(error, has_connected=True)
                # A server may end an idle connection at any time (RFC 9112, section 9.3.1), or go on with a body that
                # a response to HEAD must not have: that says nothing about a fresh connection.
                if is_reused and isinstance(failure, NoResponseError) and failure.failure in ("reset", "malformed"):
                    continue
                raise failure from error
            except BaseException:
                connection.close()
                raise
            connection.task = None
            self._pool.keep_session(connection)
            if reader.is_reusable:
                self._pool.keep_idle(connection)
            else:
                connection.close()
            assert reader.response is not None
            return reader.response

    def _format_message(self, request: Request, origin: Origin, target: str, authorization: str | None) -> bytes:
        proxy = self._pool.proxy if origin.scheme == "http" else None
        if proxy:
            target = f"http://{origin.host_header}{target}"
        lines = [f"{request.method} {target} HTTP/1.1\r\nHost: {origin.host_header}\r\n"]
        if "User-Agent" not in request.headers:
            lines.append(self._user_agent_line)
        if authorization and "Authorization" not in request.headers:
            lines.append(f"Authorization: {authorization}\r\n")
        if proxy and proxy[2]:
            lines.append(f"Proxy-Authorization: {proxy[2]}\r\n")
        lines += [f"{name}: {value}\r\n" for name, value in request.headers.items()]
        lines.append("\r\n")
        return "".join(lines).encode("latin-1", "replace")
