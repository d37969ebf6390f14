"""The connections of a run: opened to the first address that answers, kept while they are idle, closed to make room."""

from __future__ import annotations

import errno
import socket
import time
from collections import deque
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from . import network_addresses
from .base import ExhaustedError, NoResponseError
from .connection import EXHAUSTED, Connection, Task, create_tls_context, describe_error
from .host_lookup import HostLookup
from .http1 import split_url

if TYPE_CHECKING:
    import selectors
    from collections.abc import Callable, Generator, Mapping

    from .base import Failure
    from .http1 import Origin

_SPARE_DESCRIPTORS: Final = 32
_DEFAULT_MOST_OPEN: Final = 400
_NEXT_ADDRESS_SECONDS: Final = 0.25  # after that the next address of a host is tried as well (RFC 8305, section 8)
_MOST_ADDRESSES: Final = 8  # of one host
_FEW_OPEN: Final = 1000  # with so few connections, ports are not used up
_REPEAT_LOOKUP_SECONDS: Final = 0.4  # a lookup that failed longer ago is repeated
# If several addresses of a host fail, the failure with the highest weight is reported.
_WEIGHTS: Final[Mapping[Failure, int]] = MappingProxyType({"refused": 1, "reset": 1, "timeout": 2})


def _find_most_open() -> int:
    """Return how many connections may be open; some descriptors are left for files."""
    try:
        import resource
    except ImportError:  # not a Unix
        return _DEFAULT_MOST_OPEN
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 65536 if soft == resource.RLIM_INFINITY else max(4, soft - _SPARE_DESCRIPTORS)


class ConnectionPool:
    """Open and idle connections, all in one thread.

    Args:
        selector: Watches the sockets.
        on_lookup_done: Called with each `HostLookup` that has ended, from its own thread.
        allow_private: Also connect to addresses that are not public.
        ca_bundle: File of certificates in PEM; by default see `create_tls_context`.
        proxy: http address of a proxy.

    Raises:
        OSError: The certificates cannot be read.
    """

    def __init__(
        self,
        selector: selectors.BaseSelector,
        on_lookup_done: Callable[[HostLookup], None],
        *,
        allow_private: bool = False,
        ca_bundle: str | None = None,
        proxy: str | None = None,
    ) -> None:
        self._selector, self._on_lookup_done = selector, on_lookup_done
        self._allow_private, self._ca_bundle = allow_private, ca_bundle
        # A file that the caller names is read at once, so that an error in it is reported before anything is sent.
        self._tls = create_tls_context(ca_bundle) if ca_bundle else None
        self.proxy = split_url(proxy) if proxy else None
        self._idle: dict[Origin, list[Connection]] = {}
        self._secured: dict[Origin, Connection] = {}  # one that has answered, perhaps closed: its session is reused
        self._lookups: dict[tuple[str, int], HostLookup] = {}
        self.held_bytes = 0  # of all responses that are being read
        self._open, self._most_open = 0, _find_most_open()

    def take_idle(self, origin: Origin) -> Connection | None:
        """Remove an idle connection to a server from the pool and return it; None if there is none."""
        idle = self._idle.get(origin)
        return idle.pop() if idle else None

    def keep_idle(self, connection: Connection) -> None:
        """Keep a connection for the next request to its server."""
        self._idle.setdefault(connection.origin, []).append(connection)

    def keep_session(self, connection: Connection) -> None:
        """Reuse the TLS session of a connection that has answered for later connections to its server."""
        if connection.origin.scheme == "https":
            self._secured.setdefault(connection.origin, connection)

    def close_idle(self, origin: Origin) -> None:
        """Close the idle connections to a server: no further request to it is expected."""
        for connection in self._idle.pop(origin, ()):
            connection.close(is_resumable=False)

    def close(self) -> None:
        """Close all idle connections."""
        for origin in list(self._idle):
            self.close_idle(origin)

    def note_held(self, connection: Connection, held_bytes: int) -> None:
        """Record how much memory the response on a connection takes."""
        self.held_bytes += held_bytes - connection.held_bytes
        connection.held_bytes = held_bytes

    def forget_connection(self, connection: Connection, *, is_resumable: bool) -> None:
        """Remove a connection that is about to be closed."""
        self._open -= 1
        if is_resumable and self._secured.get(connection.origin) is connection:
            connection.load_session()
        idle = self._idle.get(connection.origin)
        if idle and connection in idle:
            idle.remove(connection)

    def open_connection(self, task: Task, origin: Origin, until: float) -> Generator[None, None, Connection]:
        """Look up a server, connect to it (through the proxy, if there is one), and shake hands.

        Args:
            task: The request that needs the connection.
            origin: The server.
            until: When the connection must be established, by `time.monotonic`.

        Raises:
            NoResponseError: The server cannot be reached, or must not be.
            ExhaustedError: This machine cannot make a connection for now.
        """
        server = origin
        if origin.scheme == "https":
            # Certificates that cannot be read end the run: no host is to blame.
            self._tls = self._tls or create_tls_context(self._ca_bundle)
        if self.proxy:
            server = self.proxy[0]
            literal = network_addresses.parse_numeric_host(origin.host)
            if literal and not self._allow_private and not network_addresses.is_public(str(literal)):
                raise NoResponseError("private", str(literal), has_connected=False)
        addresses = yield from self._look_up(task, server, refuse_private=not (self.proxy or self._allow_private))
        try:
            connection = yield from self._connect_first(task, origin, addresses, server.port, until)
        except NoResponseError as error:
            if self.proxy:  # says nothing about the host
                raise NoResponseError("proxy", error.detail or error.failure, has_connected=False) from error
            raise
        try:
            if self._tls and origin.scheme == "https":
                if self.proxy:
                    yield from connection.open_tunnel(self.proxy[2])
                earlier = self._secured.get(origin)
                yield from connection.start_tls(self._tls, earlier.load_session() if earlier else None)
        except OSError as error:
            connection.close()
            raise describe_error(error, has_connected=True) from error
        except BaseException:
            connection.close()
            raise
        return connection

    def _look_up(self, task: Task, server: Origin, *, refuse_private: bool) -> Generator[None, None, list[str]]:
        """Return the network addresses of a server.

        A server is looked up once in a run, so that a name cannot lead to another address later (DNS rebinding). Only
        a lookup that failed is repeated, by the next request.
        """
        lookup = self._lookups.get((server.host, server.port))
        if lookup is None or (lookup.error and time.monotonic() - lookup.failed_at > _REPEAT_LOOKUP_SECONDS):
            lookup = HostLookup(server.host, server.port, self._on_lookup_done)
            self._lookups[server.host, server.port] = lookup
        try:
            while not lookup.is_done:
                lookup.waiting.append(task)
                yield
        except TimeoutError as error:
            raise NoResponseError("lookup", "no response in time", has_connected=False) from error
        if lookup.error:
            raise NoResponseError(lookup.error.failure, lookup.error.detail, has_connected=False)
        if not refuse_private:
            return lookup.addresses
        public = [address for address in lookup.addresses if network_addresses.is_public(address)]
        if not public:
            raise NoResponseError("private", lookup.addresses[0], has_connected=False)
        return public

    def _connect_first(
        self, task: Task, origin: Origin, addresses: list[str], port: int, until: float
    ) -> Generator[None, None, Connection]:
        """Connect to the first address that answers, trying one after the other (RFC 8305, section 5).

        Raises:
            NoResponseError: No address answers. A network that this machine lacks (IPv6) says nothing about the host,
                so the failure with the highest weight is raised.
            ExhaustedError: This machine cannot connect for now.
        """
        waiting = deque(addresses[:_MOST_ADDRESSES])
        attempts: dict[Connection, str] = {}
        failures: list[NoResponseError] = []
        winner = None
        try:
            while winner is None and (waiting or attempts):
                if waiting:
                    address = waiting.popleft()
                    try:
                        attempts[self._begin_connecting(task, origin, address, port)] = address
                    except OSError as error:
                        failures.append(self._describe_unreached(error, is_ipv6=":" in address))
                task.until = min(until, time.monotonic() + _NEXT_ADDRESS_SECONDS) if waiting else until
                winner = yield from self._find_connected(task, attempts, failures, has_more=bool(waiting), until=until)
        finally:
            task.until = until
            for connection in attempts:
                if connection is not winner:
                    connection.close()
        if winner is not None:
            if len(addresses) > 1:  # the next connection begins with the address that has answered
                addresses.insert(0, addresses.pop(addresses.index(attempts[winner])))
            return winner
        raise max(failures, key=lambda failure: _WEIGHTS.get(failure.failure, 0))

    def _begin_connecting(self, task: Task, origin: Origin, address: str, port: int) -> Connection:
        connection = self._open_socket(task, origin, is_ipv6=":" in address)
        try:
            connection.connect(address, port)
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
            for connection, address in list(attempts.items()):
                try:
                    if connection.is_established():
                        return connection
                except OSError as error:
                    del attempts[connection]
                    connection.close()
                    failures.append(self._describe_unreached(error, is_ipv6=":" in address))
                    has_failed = True
            if not attempts or (has_failed and has_more):
                return None
            try:
                yield
            except TimeoutError as error:
                if has_more and time.monotonic() < until:
                    return None
                failures.append(self._describe_unreached(error, is_ipv6=False))
                for connection in attempts:
                    connection.close()
                attempts.clear()
                return None

    def _describe_unreached(self, error: OSError, *, is_ipv6: bool) -> NoResponseError:
        """Return why a connection was not made.

        Raises:
            ExhaustedError: This machine cannot make one for now.
        """
        # Only many connections use up the ports. With few, this error means that this machine has no IPv6, as in many
        # containers.
        if is_ipv6 and error.errno == errno.EADDRNOTAVAIL and self._open < _FEW_OPEN:
            return NoResponseError("unreachable", error.strerror or "", has_connected=False)
        failure = describe_error(error, has_connected=False)
        if isinstance(failure, ExhaustedError):
            raise failure from error
        return failure

    def _open_socket(self, task: Task, origin: Origin, *, is_ipv6: bool) -> Connection:
        if self._open >= self._most_open:
            self._make_room()
        try:
            opened = socket.socket(socket.AF_INET6 if is_ipv6 else socket.AF_INET, socket.SOCK_STREAM)
        except OSError as error:
            if error.errno in EXHAUSTED:
                self.close()
            raise
        self._open += 1
        return Connection(self, self._selector, opened, origin, task)

    def _make_room(self) -> None:
        """Close one idle connection."""
        for idle in self._idle.values():
            if idle:
                idle[0].close()
                return
        raise ExhaustedError("too many connections")
