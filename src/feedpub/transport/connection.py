"""One connection to a server: connect, shake hands, send, read. Each step yields where it would wait."""

from __future__ import annotations

import contextlib
import errno
import os
import selectors
import socket
import ssl
from typing import TYPE_CHECKING, Final

import certifi

from .base import ExhaustedError, NoResponseError
from .http1 import Reading

if TYPE_CHECKING:
    from collections.abc import Generator

    from .base import Failure, Response
    from .http1 import Origin
    from .sockets import SocketTransport

    Steps = Generator[None, None, Response]

_PIECE: Final = 64 * 1024
_MOST_BYTES: Final = 8 * 1024 * 1024  # of one answer, as they come: what is wanted of it is 2 MiB at most
# All answers that are being read hold no more than this together, or else each of them this much: those that have more
# are cut off.
MOST_HELD_BYTES: Final = 8 * 1024 * 1024
_FAIR_BYTES: Final = 64 * 1024
_UNREACHABLE: Final = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EACCES})
_UNDER_WAY: Final = frozenset({errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EALREADY})
_UNTRUSTED: Final = frozenset({20, 21})  # X509_V_ERR: the issuer's certificate is missing
_OP_LEGACY_SERVER_CONNECT: Final = 0x4  # as browsers do; `ssl` has the name from 3.12
# As browsers offer for TLS 1.2: with static RSA and CBC-SHA, which old servers need, and without Diffie-Hellman over
# finite fields: servers that prefer it may have a prime of 1,024 bits, which OpenSSL refuses once it is chosen.
_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:RSA+AESGCM:RSA+AES:!AESCCM:!aNULL:!eNULL:!aDSS:!PSK:!SRP"
# Ends of a handshake that say what this client lacks: no cipher, version or protocol in common.
_NOT_IN_COMMON: Final = frozenset(
    {
        "SSLV3_ALERT_HANDSHAKE_FAILURE", "TLSV1_ALERT_INSUFFICIENT_SECURITY", "TLSV1_ALERT_NO_APPLICATION_PROTOCOL",
        "TLSV1_ALERT_PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL", "WRONG_SSL_VERSION", "BAD_PROTOCOL_VERSION_NUMBER",
        "DH_KEY_TOO_SMALL", "WRONG_CIPHER_RETURNED", "UNKNOWN_CIPHER_RETURNED", "NO_SHARED_CIPHER",
    }
)  # fmt: skip
# How servers end a handshake of TLS 1.2 in which the client has sent no certificate.
_NO_CERTIFICATE_ALERTS: Final = frozenset(
    {
        "SSLV3_ALERT_HANDSHAKE_FAILURE", "SSLV3_ALERT_BAD_CERTIFICATE", "SSLV3_ALERT_NO_CERTIFICATE",
        "SSLV3_ALERT_CERTIFICATE_UNKNOWN", "TLSV1_ALERT_ACCESS_DENIED", "TLSV1_ALERT_UNKNOWN_CA",
    }
)  # fmt: skip
_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL})


def create_tls_context(ca_bundle: str | None) -> ssl.SSLContext:
    """Make the context that all connections share: reading the certificates takes 25 ms.

    Args:
        ca_bundle: File of certificates in PEM; by default SSL_CERT_FILE of the environment, or those of certifi.

    Raises:
        OSError: It cannot be read, or holds none; with the name of the file.
    """
    file = ca_bundle or os.environ.get("SSL_CERT_FILE") or certifi.where()
    if os.path.exists(file) and not os.path.isfile(file):  # OpenSSL would wait for a named pipe
        raise OSError(errno.EINVAL, "is not a regular file", file)
    try:
        context = ssl.create_default_context(cafile=file)
    except ssl.SSLError as error:
        raise OSError(errno.EINVAL, "holds no certificates in PEM", file) from error
    except OSError as error:
        raise OSError(error.errno, error.strerror, file) from error
    context.options |= _OP_LEGACY_SERVER_CONNECT
    context.set_ciphers(_CIPHERS)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # on from Python 3.13; browsers do not ask for so much
    context.set_alpn_protocols(["http/1.1"])
    return context


class Task:
    """One request under way."""

    __slots__ = ("key", "steps", "until")

    def __init__(self, key: object, until: float) -> None:
        self.key, self.until = key, until
        self.steps: Steps


class Connection:
    """One connection to a server, and the request that uses it just now."""

    __slots__ = ("_closed", "_mode", "_selector", "_session", "_socket", "_wire", "held_bytes", "origin", "task")

    def __init__(
        self, wire: SocketTransport, selector: selectors.BaseSelector, opened: socket.socket, origin: Origin, task: Task
    ) -> None:
        self._wire, self._selector, self._socket, self.origin = wire, selector, opened, origin
        self.task: Task | None = task
        self._mode = 0
        self.held_bytes = 0  # of the answer that is being read
        self._closed = False
        self._session: ssl.SSLSession | None = None
        opened.setblocking(False)
        with contextlib.suppress(OSError):
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connect(self, place: str, port: int) -> None:
        """Begin to connect to an address; `has_connected` says when that is done.

        Raises:
            OSError: It is not possible.
        """
        code = self._socket.connect_ex((place, port))
        if code in _UNDER_WAY:
            self._watch(_WRITE)
        elif code:
            raise OSError(code, os.strerror(code))

    def has_connected(self) -> bool:
        """Return True if the connection is made, False if it is under way.

        Raises:
            OSError: It is not possible.
        """
        code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))
        try:
            self._socket.getpeername()
        except OSError:
            return False
        return True

    def tunnel(self, authorization: str | None) -> Generator[None, None, None]:
        """Have a proxy connect to the server (RFC 9110, section 9.3.6)."""
        place = f"{self.origin.host}:{self.origin.port}"
        credentials = f"Proxy-Authorization: {authorization}\r\n" if authorization else ""
        reading = Reading("HEAD", 0)
        message = f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{credentials}\r\n".encode("ascii")
        yield from self.exchange(message, reading)
        response = reading.response
        if response is None or response.code is None or response.code >= 300:
            raise NoResponseError(
                "proxy", f"the proxy answered {response.code if response else 'nothing'}", connected=False
            )

    def session(self) -> ssl.SSLSession | None:
        """Return what makes the next handshake with this server a short one (RFC 8446, section 2.2).

        Kept from the first call on; that call takes 0.15 ms, a quarter of a whole handshake.
        """
        if self._session is None and isinstance(self._socket, ssl.SSLSocket):
            self._session = self._socket.session
        return self._session

    def secure(self, context: ssl.SSLContext, session: ssl.SSLSession | None) -> Generator[None, None, None]:
        """Shake hands (TLS); the certificate must be the host's."""
        host = self.origin.host
        name = host[1:-1] if host.startswith("[") else host.removesuffix(".")
        if self._mode:
            self._selector.unregister(self._socket)
            self._mode = 0
        try:
            secured = context.wrap_socket(
                self._socket, server_hostname=name, do_handshake_on_connect=False, session=session
            )
        except ValueError as error:  # a host that no certificate can name
            raise NoResponseError("tls", str(error)) from error
        self._socket = secured
        while True:
            try:
                secured.do_handshake()
                return
            except ssl.SSLWantReadError:
                yield from self._until(_READ)
            except ssl.SSLWantWriteError:
                yield from self._until(_WRITE)
            except ssl.SSLError as error:
                # The cipher is known from the server's first message on: the handshake went on until we should show
                # a certificate.
                if error.reason in _NO_CERTIFICATE_ALERTS and secured.cipher():
                    raise NoResponseError("identity") from error
                raise

    def exchange(self, message: bytes, reading: Reading) -> Generator[None, None, None]:
        """Send a request, and read what the reading wants.

        Raises:
            NoResponseError: What comes is no answer.
            OSError: The connection breaks.
        """
        while message:
            try:
                message = message[self._socket.send(message) :]
            except (BlockingIOError, ssl.SSLWantWriteError):
                yield from self._until(_WRITE)
            except ssl.SSLWantReadError:
                yield from self._until(_READ)
        yield from self._until(_READ)
        spent = 0
        while True:
            if spent > _MOST_BYTES:
                raise NoResponseError("limit", "too much for what it says")
            piece = yield from self._receive()
            spent += len(piece)
            is_done = reading.feed(piece)
            del piece  # many answers wait below, each with its last one
            self._wire.note_held(self, 0 if is_done else reading.held_bytes)
            if is_done:
                return
            if self.held_bytes > _FAIR_BYTES and self._wire.held_bytes > MOST_HELD_BYTES:
                raise NoResponseError("limit", "too many long answers at once")
            if not self._has_read_ahead():  # others have their turn, however fast this one sends
                yield from self._until(_READ)

    def _receive(self) -> Generator[None, None, bytes]:
        """Read what has come; nothing at the end of the connection."""
        while True:
            try:
                return self._socket.recv(_PIECE)
            except (BlockingIOError, ssl.SSLWantReadError):
                yield from self._until(_READ)
            except ssl.SSLWantWriteError:
                yield from self._until(_WRITE)
            except ssl.SSLError as error:
                if not isinstance(error, ssl.SSLEOFError) and error.reason != "UNEXPECTED_EOF_WHILE_READING":
                    raise
                return b""

    def _has_read_ahead(self) -> bool:
        """Return True if TLS holds bytes that were decrypted already: nothing tells that these can be read."""
        return isinstance(self._socket, ssl.SSLSocket) and self._socket.pending() > 0

    def _until(self, mode: int) -> Generator[None, None, None]:
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

    def close(self, *, resumable: bool = True) -> None:
        """End it; if it is not `resumable`, nothing more is to be asked of the server."""
        if self._closed:
            return
        self._closed = True
        self.task = None
        self._wire.note_held(self, 0)
        self._wire.forget(self, resumable=resumable)
        if self._mode:
            self._selector.unregister(self._socket)
            self._mode = 0
        with contextlib.suppress(OSError):
            self._socket.close()


def meaning_of(error: OSError, *, connected: bool) -> NoResponseError | ExhaustedError:
    """Say what an error of the system means."""
    if isinstance(error, ssl.SSLCertVerificationError):
        kind: Failure = "chain" if error.verify_code in _UNTRUSTED else "certificate"
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
        return NoResponseError("timeout", connected=connected)
    if isinstance(error, ConnectionRefusedError):
        return NoResponseError("refused", connected=False)
    if error.errno in EXHAUSTED:
        return ExhaustedError(error.strerror or str(error))
    if error.errno in _UNREACHABLE:
        return NoResponseError("unreachable", error.strerror or "", connected=False)
    if not connected:  # a firewall of ours, no IPv6: nothing that the host has said
        return NoResponseError("unreachable", error.strerror or str(error), connected=False)
    return NoResponseError("reset", error.strerror or str(error))
