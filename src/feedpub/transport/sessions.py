"""Send requests over a session of the caller, which blocks: in threads, as many as there are requests at once."""

from __future__ import annotations

import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, cast

from .base import ExhaustedError, Response

if TYPE_CHECKING:
    from . import requests_client
    from .base import Failure, Request


class SessionTransport:
    """Send requests and wait for their answers, as a `SocketTransport` does."""

    def __init__(self, session: requests_client.Session) -> None:
        from . import requests_client

        self._session, self._probe = session, requests_client.probe
        self._asked: SimpleQueue[tuple[object, Request] | None] = SimpleQueue()
        self._answered: SimpleQueue[tuple[object, Response | ExhaustedError | BaseException] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._under_way = 0

    def send(self, key: object, request: Request) -> None:
        """Begin with a request; `wait` returns its answer with `key`."""
        self._under_way += 1
        if self._under_way > len(self._threads):
            thread = threading.Thread(target=self._work, daemon=True)
            try:
                thread.start()
            except RuntimeError as error:
                if not self._threads:
                    self._answered.put((key, ExhaustedError(str(error))))
                    return
            else:
                self._threads.append(thread)
        self._asked.put((key, request))

    def wait(self, seconds: float | None) -> list[tuple[object, Response | ExhaustedError]]:
        """Wait until there are answers, somebody calls `wake`, or the time is over; return the answers."""
        found: list[tuple[object, Response | ExhaustedError]] = []
        try:
            one = self._answered.get(timeout=seconds)
            while True:
                if one is not None:
                    self._under_way -= 1
                    key, result = one
                    if isinstance(result, BaseException) and not isinstance(result, ExhaustedError):
                        raise result
                    found.append((key, result))
                one = self._answered.get_nowait()
        except Empty:
            return found

    def wake(self) -> None:
        """End a `wait`."""
        self._answered.put(None)

    def release(self, url: str) -> None:
        """Leave connections to the session."""

    def close(self) -> None:
        """End the threads, each after what it does just now; the session stays as it is."""
        for _ in self._threads:
            self._asked.put(None)

    def _work(self) -> None:
        while (one := self._asked.get()) is not None:
            key, request = one
            try:
                self._answered.put((key, self._ask(request)))
            except BaseException as error:
                self._answered.put((key, error))

    def _ask(self, request: Request) -> Response:
        seconds = max(0.001, request.until - time.monotonic())
        sent = self._probe(
            self._session, request.method, request.url, request.headers, most=request.most, seconds=seconds
        )
        return Response(
            sent.code, sent.headers, (), sent.page, sent.whole, cast("Failure | None", sent.failure or None),
            sent.detail, sent.connected,
        )  # fmt: skip
