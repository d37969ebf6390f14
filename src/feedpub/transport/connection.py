"""One connection to a server: connect, shake hands, send, read. Each method yields where it would wait."""

from __future__ import annotations

import contextlib
import errno
import os
import selectors
import socket
import ssl
from typing import TYPE_CHECKING, Final, Protocol

import certifi

from .base import ExhaustedError, NoResponseError
from .http1 import ResponseReader

if TYPE_CHECKING:
    from collections.abc import Generator

    from .base import Failure, Response
    from .http1 import Origin

    Steps = Generator[None, None, Response]

_PIECE_BYTES: Final = 64 * 1024
_MOST_RESPONSE_BYTES: Final = 8 * 1024 * 1024  # of one response, as received; at most 2 MiB of it are used
# When all responses that are being read hold more than the first together, those that hold more than the second are
# cut off.
MOST_HELD_BYTES: Final = 8 * 1024 * 1024
_FAIR_BYTES: Final = 64 * 1024
_UNREACHABLE: Final = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EACCES})
_UNDER_WAY: Final = frozenset({errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EALREADY})
UNTRUSTED_ISSUER: Final = frozenset({20, 21})  # X509_V_ERR: the issuer's certificate is missing
_OP_LEGACY_SERVER_CONNECT: Final = 0x4  # as browsers do; `ssl` has the name from 3.12
# As browsers offer for TLS 1.2: with static RSA and CBC-SHA, which old servers need, and without Diffie-Hellman over
# finite fields: servers that prefer it may have a prime of 1,024 bits, which OpenSSL refuses once it is chosen.
_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:RSA+AESGCM:RSA+AES:!AESCCM:!aNULL:!eNULL:!aDSS:!PSK:!SRP"
# Errors of a handshake that mean that client and server have no cipher, version or protocol in common.
_NOT_IN_COMMON: Final = frozenset(
    {
        "SSLV3_ALERT_HANDSHAKE_FAILURE", "TLSV1_ALERT_INSUFFICIENT_SECURITY", "TLSV1_ALERT_NO_APPLICATION_PROTOCOL",
        "TLSV1_ALERT_PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL", "WRONG_SSL_VERSION", "BAD_PROTOCOL_VERSION_NUMBER",
        "DH_KEY_TOO_SMALL", "WRONG_CIPHER_RETURNED", "UNKNOWN_CIPHER_RETURNED", "NO_SHARED_CIPHER",
    }
)  # fmt: skip
# Alerts with which servers end a handshake of TLS 1.2 in which the client has sent no certificate.
_NO_CERTIFICATE_ALERTS: Final = frozenset(
    {
        "SSLV3_ALERT_HANDSHAKE_FAILURE", "SSLV3_ALERT_BAD_CERTIFICATE", "SSLV3_ALERT_NO_CERTIFICATE",
        "SSLV3_ALERT_CERTIFICATE_UNKNOWN", "TLSV1_ALERT_ACCESS_DENIED", "TLSV1_ALERT_UNKNOWN_CA",
    }
)  # fmt: skip
_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL})


def create_tls_context(ca_bundle: str | None) -> ssl.SSLContext:
    """Return the TLS context that all connections share: reading the certificates takes 25 ms.

    Args:
        ca_bundle: File of certificates in PEM; by default SSL_CERT_FILE of the environment, or those of certifi.

    Raises:
        OSError: The file cannot be read, or contains no certificates; the error has the name of the file.
    """
    file = ca_bundle or os.environ.get("SSL_CERT_FILE") or certifi.where()
    if os.path.exists(file) and not os.path.isfile(file):  # OpenSSL would wait for a named pipe
        raise OSError(errno.EINVAL, "is not a regular file", file)
    try:
        context = ssl.create_default_context(cafile=file)
    except ssl.SSLError as error:
        raise OSError(errno.EINVAL, "contains no PEM certificates", file) from error
    except OSError as error:
        raise OSError(error.errno, error.strerror, file) from error
    context.options |= _OP_LEGACY_SERVER_CONNECT
    context.set_ciphers(_CIPHERS)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # on from Python 3.13; browsers are less strict
    context.set_alpn_protocols(["http/1.1"])
    return context


class Task:
    """A request under way: its key, its steps, and when it must have ended (`time.monotonic`)."""

    __slots__ = ("key", "steps", "until")

    def __init__(self, key: object, until: float) -> None:
        self.key, self.until = key, until
        self.steps: Steps


class ConnectionOwner(Protocol):
    """What a connection needs of the pool that it belongs to."""

    held_bytes: int

    def note_held(self, connection: Connection, held_bytes: int) -> None:
        """Record how much memory the response on a connection takes."""

    def forget_connection(self, connection: Connection, *, is_resumable: bool) -> None:
        """Remove a connection that is about to be closed."""


class Connection:
    """One connection to a server, and the request that uses it at the moment (`task`; None while it is idle)."""

    __slots__ = ("_closed", "_mode", "_owner", "_selector", "_session", "_socket", "held_bytes", "origin", "task")

    def __init__(
        self,
        owner: ConnectionOwner,
        selector: selectors.BaseSelector,
        opened: socket.socket,
        origin: Origin,
        task: Task,
    ) -> None:
        self._owner, self._selector, self._socket, self.origin = owner, selector, opened, origin
        self.task: Task | None = task
        self._mode = 0
        self.held_bytes = 0  # of the answer that is being read
        self._closed = False
        self._session: ssl.SSLSession | None = None
        opened.setblocking(False)
        with contextlib.suppress(OSError):
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connect(self, address: str, port: int) -> None:
        """Begin to connect to a network address; `is_established` returns True when that is done.

        Raises:
            OSError: The address cannot be connected to.
        """
        code = self._socket.connect_ex((address, port))
        if code in _UNDER_WAY:
            self._watch(_WRITE)
        elif code:
            raise OSError(code, os.strerror(code))

    def is_established(self) -> bool:
        """Return True if the connection is established, False if that is still under way.

        Raises:
            OSError: The address cannot be connected to.
        """
        code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))
        try:
            self._socket.getpeername()
        except OSError:
            return False
        return True

    def open_tunnel(self, authorization: str | None) -> Generator[None, None, None]:
        """Ask a proxy to connect to the server (RFC 9110, section 9.3.6)."""
        target = f"{self.origin.host}:{self.origin.port}"
        credentials = f"Proxy-Authorization: {authorization}\r\n" if authorization else ""
        reader = ResponseReader("HEAD", 0)
        message = f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{credentials}\r\n".encode("ascii")
        yield from self.exchange(message, reader)
        response = reader.response
        if response is None or response.code is None or response.code >= 300:
            raise NoResponseError(
                "proxy", f"the proxy returned {response.code if response else 'nothing'}", has_connected=False
            )

    def load_session(self) -> ssl.SSLSession | None:
        """Return the TLS session, which shortens the next handshake with this server (RFC 8446, section 2.2).

        The first call takes 0.15 ms, a quarter of a whole handshake; the session is kept for later calls.
        """
        if self._session is None and isinstance(self._socket, ssl.SSLSocket):
            self._session = self._socket.session
        return self._session

    def start_tls(self, context: ssl.SSLContext, session: ssl.SSLSession | None) -> Generator[None, None, None]:
        """Shake hands (TLS) and check that the certificate is the host's."""
        host = self.origin.host
        server_name = host[1:-1] if host.startswith("[") else host.removesuffix(".")
        if self._mode:
            self._selector.unregister(self._socket)
            self._mode = 0
        try:
            secured = context.wrap_socket(
                self._socket, server_hostname=server_name, do_handshake_on_connect=False, session=session
            )
        except ValueError as error:  # a host that no certificate can name
            raise NoResponseError("tls", str(error)) from error
        self._socket = secured
        while True:
            try:
                secured.do_handshake()
                return
            except ssl.SSLWantReadError:
                yield from self._wait_until(_READ)
            except ssl.SSLWantWriteError:
                yield from self._wait_until(_WRITE)
            except ssl.SSLError as error:
                # The cipher is known after the server's first message. If it is, the handshake got as far as the
                # client's certificate.
                if error.reason in _NO_CERTIFICATE_ALERTS and secured.cipher():
                    raise NoResponseError("identity") from error
                raise

    def exchange(self, message: bytes, reader: ResponseReader) -> Generator[None, None, None]:
        """Send a request, and feed the reader until it has enough.

        Raises:
            NoResponseError: What comes is not an HTTP response, or too long.
            OSError: The connection breaks.
        """
        while message:
            try:
                message = message[self._socket.send(message) :]
            except (BlockingIOError, ssl.SSLWantWriteError):
                yield from self._wait_until(_WRITE)
            except ssl.SSLWantReadError:
                yield from self._wait_until(_READ)
        yield from self._wait_until(_READ)
        received_bytes = 0
        while True:
            if received_bytes > _MOST_RESPONSE_BYTES:
                raise NoResponseError("limit", "the response is too long")
            piece = yield from self._receive()
            received_bytes += len(piece)
            is_done = reader.feed(piece)
            del piece  # many responses wait below, each with its last piece
            self._owner.note_held(self, 0 if is_done else reader.held_bytes)
            if is_done:
                return
            if self.held_bytes > _FAIR_BYTES and self._owner.held_bytes > MOST_HELD_BYTES:
                raise NoResponseError("limit", "too many long responses at once")
            if not self._has_read_ahead():  # let others have their turn, however fast this server sends
                yield from self._wait_until(_READ)

    def _receive(self) -> Generator[None, None, bytes]:
        """Return the received bytes; the empty string at the end of the connection."""
        while True:
            try:
                return self._socket.recv(_PIECE_BYTES)
            except (BlockingIOError, ssl.SSLWantReadError):
                yield from self._wait_until(_READ)
            except ssl.SSLWantWriteError:
                yield from self._wait_until(_WRITE)
            except ssl.SSLError as error:
                if not isinstance(error, ssl.SSLEOFError) and error.reason != "UNEXPECTED_EOF_WHILE_READING":
                    raise
                return b""

    def _has_read_ahead(self) -> bool:
        """Return True if TLS holds decrypted bytes: the selector does not report those."""
        return isinstance(self._socket, ssl.SSLSocket) and self._socket.pending() > 0

    def _wait_until(self, mode: int) -> Generator[None, None, None]:
        """Wait until the socket can be read or written."""
        self._watch(mode)
        yield

    def _watch(self, mode: int) -> None:
        if self._mode != mode:
            if self._mode:
                self._selector.modify(self._socket, mode, self)
            else:
                self._selector.register(self._socket, mode, self)
            self._mode = mode

    def close(self, *, is_resumable: bool = True) -> None:
        """Close it. If `is_resumable` is False, no further connection to the server is expected."""
        if self._closed:
            return
        self._closed = True
        self.task = None
        self._owner.note_held(self, 0)
        self._owner.forget_connection(self, is_resumable=is_resumable)
        if self._mode:
            self._selector.unregister(self._socket)
            self._mode = 0
        with contextlib.suppress(OSError):
            self._socket.close()


def describe_error(error: OSError, *, has_connected: bool) -> NoResponseError | ExhaustedError:
    """Return the failure that an error of the operating system or of OpenSSL stands for."""
    if isinstance(error, ssl.SSLCertVerificationError):
        kind: Failure = "chain" if error.verify_code in UNTRUSTED_ISSUER else "certificate"
        return NoResponseError(kind, error.verify_message)
    if isinstance(error, ssl.SSLEOFError | ConnectionResetError | BrokenPipeError | ConnectionAbortedError):
        return NoResponseError("reset")
    if isinstance(error, ssl.SSLError):
        if error.reason == "TLSV13_ALERT_CERTIFICATE_REQUIRED":
            return NoResponseError("identity")
        if error.reason in _NOT_IN_COMMON:
            return NoResponseError("limit", f"TLS: {error.reason.replace('_', ' ').lower()}")
        return NoResponseError("tls", (error.reason or str(error)).replace("_", " ").lower())
    if isinstance(error, TimeoutError):
        return NoResponseError("timeout", has_connected=has_connected)
    if isinstance(error, ConnectionRefusedError):
        return NoResponseError("refused", has_connected=False)
    if error.errno in EXHAUSTED:
        return ExhaustedError(error.strerror or str(error))
    if error.errno in _UNREACHABLE:
        return NoResponseError("unreachable", error.strerror or "", has_connected=False)
    if not has_connected:  # such as a local firewall, or no IPv6: the host has said nothing
        return NoResponseError("unreachable", error.strerror or str(error), has_connected=False)
    return NoResponseError("reset", error.strerror or str(error))
