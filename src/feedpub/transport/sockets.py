"""Ask many servers at once over sockets, in one thread: each answer ends in time, whatever a server sends.

Threads would hand the interpreter's lock to each other sixteen times for each request; one loop over the sockets that
have something to say asks three times as many addresses in the same CPU time. Each request is a generator that runs
until it would wait.
"""

from __future__ import annotations

import contextlib
import errno
import selectors
import socket
import threading
import time
from collections import deque
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from . import network_addresses
from .base import ExhaustedError, NoResponseError, Response
from .connection import EXHAUSTED, Connection, Task, create_tls_context, meaning_of
from .http1 import Reading, split

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from .base import Failure, Request
    from .connection import Steps
    from .http1 import Origin

_SPARE_DESCRIPTORS: Final = 32
_SWEEP_SECONDS: Final = 0.1  # how exact deadlines are
_NEXT_ADDRESS_SECONDS: Final = 0.25  # after that the next address of a host is tried as well (RFC 8305, section 8)
_MOST_ADDRESSES: Final = 8  # of one host
_FEW_OPEN: Final = 1000  # connections: fewer leave ports
_AGAIN_SECONDS: Final = 0.4  # after that a name that was not found is looked up again
# What failures to connect to the addresses of a host say of it: the weightiest is told.
_WEIGHTS: Final[Mapping[Failure, int]] = MappingProxyType({"refused": 1, "reset": 1, "timeout": 2})


def _most_open() -> int:
    """Return how many connections there may be; some descriptors are left for files."""
    try:
        import resource
    except ImportError:  # not a Unix
        return 400
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 65536 if soft == resource.RLIM_INFINITY else max(4, soft - _SPARE_DESCRIPTORS)


class SocketTransport:
    """Send requests and wait for their answers; connections are kept as long as they are of use.

    All methods but `wake` and `looked_up` are for one thread.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        allow_private: bool = False,
        ca_bundle: str | None = None,
        proxy: str | None = None,
    ) -> None:
        """Prepare to ask.

        Args:
            user_agent: Says who asks.
            allow_private: Also connect to addresses that are not public.
            ca_bundle: File of certificates in PEM; by default see `create_tls_context`.
            proxy: http address of a proxy.

        Raises:
            OSError: The certificates cannot be read.
        """
        self._ca_bundle = ca_bundle
        self._tls = create_tls_context(ca_bundle) if ca_bundle else None  # a file that cannot be read is told at once
        self._agent = f"User-Agent: {user_agent}\r\n"
        self.allow_private = allow_private
        self._proxy = split(proxy) if proxy else None
        self._idle: dict[Origin, list[Connection]] = {}
        self._secured: dict[Origin, Connection] = {}  # one that has answered, perhaps closed
        self._names: dict[tuple[str, int], _Name] = {}
        self._tasks: set[Task] = set()
        self._finished: list[tuple[object, Response | ExhaustedError]] = []
        self._looked_up: deque[_Name] = deque()
        self._selector = selectors.DefaultSelector()
        self._ear, self._mouth = socket.socketpair()
        self._ear.setblocking(False)
        self._mouth.setblocking(False)
        self._selector.register(self._ear, selectors.EVENT_READ, None)
        self._swept = 0.0
        self.held_bytes = 0  # of all answers that are being read
        self._open, self._most_open = 0, _most_open()

    def send(self, key: object, request: Request) -> None:
        """Begin with a request; `wait` returns its answer with `key`."""
        task = Task(key, request.until)
        task.steps = self._answer_request(task, request)
        self._tasks.add(task)
        self.step(task)

    def wait(self, seconds: float | None) -> Iterator[tuple[object, Response | ExhaustedError]]:
        """Wait until there are answers, somebody calls `wake`, or the time is over; yield the answers.

        Each at once, so that the next request is sent before all others have been read.
        """
        if self._finished:
            seconds = 0.0
        elif self._tasks:
            seconds = _SWEEP_SECONDS if seconds is None else min(seconds, _SWEEP_SECONDS)
        for key, _ in self._selector.select(seconds):
            connection: Connection | None = key.data
            if connection is None:
                self._hear()
            elif connection.task:
                self.step(connection.task)
            else:  # an idle connection that the server ends, or talks into
                connection.close()
            if self._finished:
                yield from self._answers()
        self._sweep()
        yield from self._answers()

    def note_held(self, connection: Connection, held_bytes: int) -> None:
        """Take note of how much memory the answer on a connection takes."""
        self.held_bytes += held_bytes - connection.held_bytes
        connection.held_bytes = held_bytes

    def _answers(self) -> Iterator[tuple[object, Response | ExhaustedError]]:
        finished, self._finished = self._finished, []
        return iter(finished)

    def wake(self) -> None:
        """End a `wait`, from any thread."""
        with contextlib.suppress(OSError):
            self._mouth.send(b"\0")

    def looked_up(self, name: _Name) -> None:
        """Go on with those who wait for a name, from its own thread."""
        self._looked_up.append(name)
        self.wake()

    def release(self, url: str) -> None:
        """Close the idle connections to the server of an address: nothing is left to be asked of it."""
        with contextlib.suppress(ValueError):
            self._close_idle(split(url)[0])

    def _close_idle(self, origin: Origin) -> None:
        for connection in self._idle.pop(origin, ()):
            connection.close(resumable=False)

    def close(self) -> None:
        """End all connections; who waits for an answer gets none."""
        for task in self._tasks:
            task.steps.close()
        self._tasks.clear()
        for origin in list(self._idle):
            self._close_idle(origin)
        self._selector.close()
        self._ear.close()
        self._mouth.close()

    def step(self, task: Task, error: BaseException | None = None) -> None:
        """Go on with a request as far as it comes without waiting."""
        try:
            if error:
                task.steps.throw(error)
            else:
                next(task.steps)
            return
        except StopIteration as end:
            result = end.value
        except NoResponseError as failed:
            result = Response(failure=failed.failure, detail=failed.detail, connected=failed.connected)
        except ExhaustedError as exhausted:
            result = exhausted
        self._tasks.discard(task)
        self._finished.append((task.key, result))

    def _hear(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._ear.recv(4096)
        while self._looked_up:
            name = self._looked_up.popleft()
            waiting, name.waiting = name.waiting, []
            for task in waiting:
                if task in self._tasks:
                    self.step(task)

    def _sweep(self) -> None:
        """End what takes too long."""
        now = time.monotonic()
        if now - self._swept < _SWEEP_SECONDS:
            return
        self._swept = now
        for task in [task for task in self._tasks if task.until <= now]:
            self.step(task, TimeoutError())

    def _answer_request(self, task: Task, request: Request) -> Steps:
        """Send a request over an idle connection or a new one, and read the answer."""
        try:
            origin, target, authorization = split(request.url)
        except ValueError as error:
            raise NoResponseError("no-host", str(error), connected=False) from error
        message = self._message(request, origin, target, authorization)
        while True:
            connection = self._take_idle(origin)
            used = connection is not None
            if connection is None:
                connection = yield from self._make_connection(task, origin, request.until)
            connection.task = task
            reading = Reading(request.method, request.most)
            try:
                yield from connection.exchange(message, reading)
            except (NoResponseError, OSError) as error:
                connection.close()
                partial = reading.cut()
                if partial:
                    return partial
                failure = error if isinstance(error, NoResponseError) else meaning_of(error, connected=True)
                # A server may end an idle connection at any time (RFC 9112, section 9.3.1), or go on with a body that
                # HEAD has none of: of a fresh one that tells nothing.
                if used and isinstance(failure, NoResponseError) and failure.failure in ("reset", "malformed"):
                    continue
                raise failure from error
            except BaseException:
                connection.close()
                raise
            connection.task = None
            if origin.scheme == "https":
                self._secured.setdefault(origin, connection)
            if reading.keeps:
                self._idle.setdefault(origin, []).append(connection)
            else:
                connection.close()
            assert reading.response is not None
            return reading.response

    def _message(self, request: Request, origin: Origin, target: str, authorization: str | None) -> bytes:
        if self._proxy and origin.scheme == "http":
            target = f"http://{origin.header}{target}"
        lines = [f"{request.method} {target} HTTP/1.1\r\nHost: {origin.header}\r\n"]
        if "User-Agent" not in request.headers:
            lines.append(self._agent)
        if authorization and "Authorization" not in request.headers:
            lines.append(f"Authorization: {authorization}\r\n")
        if self._proxy and origin.scheme == "http" and self._proxy[2]:
            lines.append(f"Proxy-Authorization: {self._proxy[2]}\r\n")
        lines += [f"{name}: {value}\r\n" for name, value in request.headers.items()]
        lines.append("\r\n")
        return "".join(lines).encode("latin-1", "replace")

    def _take_idle(self, origin: Origin) -> Connection | None:
        idle = self._idle.get(origin)
        return idle.pop() if idle else None

    def forget(self, connection: Connection, *, resumable: bool) -> None:
        """Drop a connection that is about to be closed."""
        self._open -= 1
        if resumable and self._secured.get(connection.origin) is connection:
            connection.session()
        idle = self._idle.get(connection.origin)
        if idle and connection in idle:
            idle.remove(connection)

    def _make_connection(self, task: Task, origin: Origin, until: float) -> Generator[None, None, Connection]:
        server = origin
        if origin.scheme == "https":
            self._tls = self._tls or create_tls_context(
                self._ca_bundle
            )  # what cannot be read ends the run: no host is to blame
        if self._proxy:
            server = self._proxy[0]
            literal = network_addresses.spelled(origin.host)
            if literal and not self.allow_private and not network_addresses.is_public(str(literal)):
                raise NoResponseError("private", str(literal), connected=False)
        places = yield from self._places(task, server, guard=not self._proxy)
        try:
            connection = yield from self._connect_first(task, origin, places, server.port, until)
        except NoResponseError as error:
            if self._proxy:  # says nothing about the host
                raise NoResponseError("proxy", error.detail or error.failure, connected=False) from error
            raise
        try:
            if self._tls and origin.scheme == "https":
                if self._proxy:
                    yield from connection.tunnel(self._proxy[2])
                known = self._secured.get(origin)
                yield from connection.secure(self._tls, known.session() if known else None)
        except OSError as error:
            connection.close()
            raise meaning_of(error, connected=True) from error
        except BaseException:
            connection.close()
            raise
        return connection

    def _places(self, task: Task, server: Origin, *, guard: bool) -> Generator[None, None, list[str]]:
        """Return where a server may be asked: resolved once in a run, so that nothing else is asked later.

        What was not found is looked up again at the next try.
        """
        name = self._names.get((server.host, server.port))
        if name is None or (name.error and time.monotonic() - name.failed > _AGAIN_SECONDS):
            name = self._names[server.host, server.port] = _Name(server, self)
        try:
            while not name.done:
                name.waiting.append(task)
                yield
        except TimeoutError as error:
            raise NoResponseError("lookup", "no answer in time", connected=False) from error
        if name.error:
            raise NoResponseError(name.error.failure, name.error.detail, connected=False)
        if not guard or self.allow_private:
            return name.found
        public = [place for place in name.found if network_addresses.is_public(place)]
        if not public:
            raise NoResponseError("private", name.found[0], connected=False)
        return public

    def _connect_first(
        self, task: Task, origin: Origin, places: list[str], port: int, until: float
    ) -> Generator[None, None, Connection]:
        """Connect to the first address that answers: all of them are tried, one after the other (RFC 8305, section 5).

        Raises:
            NoResponseError: None does; what weighs most is told: a network that this machine lacks says nothing.
            ExhaustedError: This machine cannot connect for now.
        """
        waiting = deque(places[:_MOST_ADDRESSES])
        attempts: dict[Connection, str] = {}
        failures: list[NoResponseError] = []
        winner = None
        try:
            while winner is None and (waiting or attempts):
                if waiting:
                    place = waiting.popleft()
                    try:
                        attempts[self._begin_connecting(task, origin, place, port)] = place
                    except OSError as error:
                        failures.append(self._unreached(error, six=":" in place))
                task.until = min(until, time.monotonic() + _NEXT_ADDRESS_SECONDS) if waiting else until
                winner = yield from self._find_connected(task, attempts, failures, has_more=bool(waiting), until=until)
        finally:
            task.until = until
            for connection in attempts:
                if connection is not winner:
                    connection.close()
        if winner is not None:
            if len(places) > 1:  # the next connection begins with the address that has answered
                places.insert(0, places.pop(places.index(attempts[winner])))
            return winner
        raise max(failures, key=lambda failure: _WEIGHTS.get(failure.failure, 0))

    def _begin_connecting(self, task: Task, origin: Origin, place: str, port: int) -> Connection:
        connection = self._open_socket(task, origin, ":" in place)
        try:
            connection.connect(place, port)
        except BaseException:
            connection.close()
            raise
        return connection

    def _find_connected(
        self,
        task: Task,
        attempts: dict[Connection, str],
        failures: list[NoResponseError],
        *,
        has_more: bool,
        until: float,
    ) -> Generator[None, None, Connection | None]:
        """Wait for one of several attempts to connect; return None if the next one is to begin, or all have failed."""
        while True:
            has_failed = False
            for connection, place in list(attempts.items()):
                try:
                    if connection.has_connected():
                        return connection
                except OSError as error:
                    del attempts[connection]
                    connection.close()
                    failures.append(self._unreached(error, six=":" in place))
                    has_failed = True
            if not attempts or (has_failed and has_more):
                return None
            try:
                yield
            except TimeoutError as error:
                if has_more and time.monotonic() < until:
                    return None
                failures.append(self._unreached(error, six=False))
                for connection in attempts:
                    connection.close()
                attempts.clear()
                return None

    def _unreached(self, error: OSError, *, six: bool) -> NoResponseError:
        """Return why a connection was not made.

        Raises:
            ExhaustedError: This machine cannot make one for now.
        """
        # Ports are used up only by many connections; with few, this machine has no IPv6 (as in many containers).
        if six and error.errno == errno.EADDRNOTAVAIL and self._open < _FEW_OPEN:
            return NoResponseError("unreachable", error.strerror or "", connected=False)
        meaning = meaning_of(error, connected=False)
        if isinstance(meaning, ExhaustedError):
            raise meaning from error
        return meaning

    def _open_socket(self, task: Task, origin: Origin, six: bool) -> Connection:
        if self._open >= self._most_open:
            self._make_room()
        family = socket.AF_INET6 if six else socket.AF_INET
        try:
            opened = socket.socket(family, socket.SOCK_STREAM)
        except OSError as error:
            if error.errno in EXHAUSTED:
                for known in list(self._idle):
                    self._close_idle(known)
            raise
        self._open += 1
        return Connection(self, self._selector, opened, origin, task)

    def _make_room(self) -> None:
        """End a connection that is only kept for later."""
        for idle in self._idle.values():
            if idle:
                idle[0].close()
                return
        raise ExhaustedError("too many connections")


class _Name:
    """Look a host up, in a thread of its own: getaddrinfo(3) knows no deadline."""

    def __init__(self, server: Origin, wire: SocketTransport) -> None:
        self._host, self._port, self._wire = server.host, server.port, wire
        self.done = False
        self.found: list[str] = []
        self.error: NoResponseError | None = None
        self.failed = 0.0  # when
        self.waiting: list[Task] = []
        literal = network_addresses.spelled(server.host)
        if literal:
            self.found, self.done = [str(literal)], True
            return
        try:
            threading.Thread(target=self._look_up, daemon=True).start()
        except RuntimeError as error:
            raise ExhaustedError(str(error)) from error

    def _look_up(self) -> None:
        try:
            self.found = list(dict.fromkeys(network_addresses.resolve(self._host, self._port)))
        except socket.gaierror as error:
            unknown = error.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
            self.error = NoResponseError("no-host") if unknown else NoResponseError("lookup", str(error.strerror))
        except (UnicodeError, ValueError):
            self.error = NoResponseError("no-host")
        except OSError as error:
            self.error = NoResponseError("lookup", str(error.strerror))
        finally:
            if not self.found and self.error is None:
                self.error = NoResponseError("no-host")
            self.failed = time.monotonic()
            self.done = True
            self._wire.looked_up(self)
