"""Look up the network addresses of a host in a separate thread: getaddrinfo(3) has no time limit."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

from . import network_addresses
from .base import ExhaustedError, NoResponseError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .connection import Task


class HostLookup:
    """The lookup of one host, its result, and the tasks that wait for it.

    Args:
        host: A name in ASCII, or an address; IPv6 addresses may be in brackets.
        port: Port of the server.
        on_done: Called with this lookup, in its own thread, when it has ended. Not called for a host that is an
            address: then the lookup is done at once.

    Raises:
        ExhaustedError: No thread can be started.
    """

    def __init__(self, host: str, port: int, on_done: Callable[[HostLookup], None]) -> None:
        self._host, self._port, self._on_done = host, port, on_done
        self.is_done = False
        self.addresses: list[str] = []
        self.error: NoResponseError | None = None
        self.failed_at = 0.0
        self.waiting: list[Task] = []
        address = network_addresses.parse_numeric_host(host)
        if address:
            self.addresses, self.is_done = [str(address)], True
            return
        try:
            threading.Thread(target=self._look_up, daemon=True).start()
        except RuntimeError as error:
            raise ExhaustedError(str(error)) from error

    def _look_up(self) -> None:
        try:
            self.addresses = list(dict.fromkeys(network_addresses.resolve_host(self._host, self._port)))
        except socket.gaierror as error:
            is_unknown = error.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
            self.error = NoResponseError("no-host") if is_unknown else NoResponseError("lookup", str(error.strerror))
        except (UnicodeError, ValueError):
            self.error = NoResponseError("no-host")
        except OSError as error:
            self.error = NoResponseError("lookup", str(error.strerror))
        finally:
            if not self.addresses and self.error is None:
                self.error = NoResponseError("no-host")
            self.failed_at = time.monotonic()
            self.is_done = True
            self._on_done(self)
