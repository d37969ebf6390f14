"""Send requests over a session of the caller, which blocks: in threads, as many as there are requests at once."""

from __future__ import annotations

import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from .base import ExhaustedError

if TYPE_CHECKING:
    from . import requests_client
    from .base import Request, Response


class SessionTransport:
    """Sends requests and returns their responses, as `SocketTransport` does, over a session of `requests`."""

    def __init__(self, session: requests_client.Session) -> None:
        from . import requests_client

        self._session, self._send_request = session, requests_client.send_request
        self._requests: SimpleQueue[tuple[object, Request] | None] = SimpleQueue()
        self._results: SimpleQueue[tuple[object, Response | ExhaustedError | BaseException] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._under_way = 0

    def send(self, key: object, request: Request) -> None:
        """Send a request; `wait` returns its response with `key`."""
        self._under_way += 1
        if self._under_way > len(self._threads):
            thread = threading.Thread(target=self._serve_requests, daemon=True)
            try:
                thread.start()
            except RuntimeError as error:
                if not self._threads:
                    self._results.put((key, ExhaustedError(str(error))))
                    return
            else:
                self._threads.append(thread)
        self._requests.put((key, request))

    def wait(self, seconds: float | None) -> list[tuple[object, Response | ExhaustedError]]:
        """Wait until there are responses, another thread calls `wake`, or the time is over; return the responses."""
        responses: list[tuple[object, Response | ExhaustedError]] = []
        try:
            item = self._results.get(timeout=seconds)
            while True:
                if item is not None:
                    self._under_way -= 1
                    key, result = item
                    if isinstance(result, BaseException) and not isinstance(result, ExhaustedError):
                        raise result
                    responses.append((key, result))
                item = self._results.get_nowait()
        except Empty:
            return responses

    def wake(self) -> None:
        """End a `wait`."""
        self._results.put(None)

    def release(self, url: str) -> None:
        """Do nothing: the session manages its connections."""

    def close(self) -> None:
        """End each thread after its current request; the session stays open."""
        for _ in self._threads:
            self._requests.put(None)

    def _serve_requests(self) -> None:
        while (item := self._requests.get()) is not None:
            key, request = item
            try:
                seconds = max(0.001, request.until - time.monotonic())
                self._results.put((key, self._send_request(self._session, request, seconds=seconds)))
            except BaseException as error:
                self._results.put((key, error))
