"""HTTP/1.1 on sockets, for asking ten thousand addresses: every step ends in time, whatever a server sends.

Beside http.client, which has no end to a whole answer, refuses more than 100 headers and takes a 103 for the answer.
Read: RFC 9112 (messages), RFC 9110 (what they mean). `http.WireAdapter` makes it an adapter of `requests`.
"""

from __future__ import annotations

import contextlib
import errno
import re
import socket
import ssl
import threading
import time
import zlib
from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes, urlsplit

from . import addresses

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LONGEST_HEAD_BYTES: Final = 256 * 1024  # of all headers, with those of interim answers; Chromium takes as much
LONGEST_LINE_BYTES: Final = 8 * 1024  # of a chunk's size
_PIECE: Final = 64 * 1024
_LARGEST_NUMBER: Final = 1 << 62
_STATUS: Final = re.compile(rb"(?:HTTP/([0-9])(?:\.([0-9]))?|ICY) +([1-9][0-9]{2})(?: [^\r\n]*)?\r?\n")
_BEGINNINGS: Final = (b"HTTP/", b"ICY ")
_HEAD_END: Final = re.compile(rb"\r?\n\r?\n")
_SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\n]*)?\r?\n")
_EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL})
_UNREACHABLE: Final = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EACCES})
_UNTRUSTED: Final = frozenset({20, 21})  # X509_V_ERR: the issuer's certificate is missing
_OP_LEGACY_SERVER_CONNECT: Final = 0x4  # as browsers do; `ssl` has the name from 3.12


class NoReplyError(Exception):
    """There is no answer.

    Args:
        failure: One of ``policy.Failure``.
        detail: In the words of the system; may be empty.
        connected: Whether the host was reached at all.
    """

    def __init__(self, failure: str, detail: str = "", *, connected: bool = False) -> None:
        super().__init__(f"{failure}: {detail}" if detail else failure)
        self.failure, self.detail, self.connected = failure, detail, connected


class ExhaustedError(Exception):
    """This machine has no more file descriptors, ports or memory for connections: nothing is wrong with the address."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Name a server: scheme, host in ASCII (IPv6 in brackets), port."""

    scheme: str
    host: str
    port: int

    @property
    def header(self) -> str:
        """The field Host (RFC 9110, section 7.2)."""
        usual = 443 if self.scheme == "https" else 80
        return self.host if self.port == usual else f"{self.host}:{self.port}"


def split(url: str) -> tuple[Origin, str, str | None]:
    """Part an address in ASCII into the server, the target of a request, and the field Authorization of its userinfo.

    Raises:
        ValueError: The port is none.
    """
    parts = urlsplit(url)
    userinfo, _, _ = parts.netloc.rpartition("@")
    host = parts.hostname or ""
    origin = Origin(
        parts.scheme, f"[{host}]" if ":" in host else host, parts.port or (443 if parts.scheme == "https" else 80)
    )
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query or "?" in url.partition("#")[0] else "")
    return origin, target, _basic(userinfo) if userinfo else None


def _basic(userinfo: str) -> str:
    name, _, password = userinfo.partition(":")
    return "Basic " + b64encode(unquote_to_bytes(name) + b":" + unquote_to_bytes(password)).decode("ascii")


def trusting(ca_bundle: str | None) -> ssl.SSLContext:
    """Make the context that all connections share: reading the certificates takes 25 ms.

    Args:
        ca_bundle: File of certificates in PEM.

    Raises:
        OSError: It cannot be read, or holds none.
    """
    context = ssl.create_default_context(cafile=ca_bundle)
    context.options |= _OP_LEGACY_SERVER_CONNECT
    context.set_alpn_protocols(["http/1.1"])
    return context


class Wire:
    """Ask servers, over connections that are kept as long as they are of use. For any number of threads."""

    def __init__(
        self, context: Callable[[], ssl.SSLContext], *, allow_private: bool = False, proxy: str | None = None
    ) -> None:
        """Prepare to ask.

        Args:
            context: Returns the shared context, when it is first needed.
            allow_private: Also connect to addresses that are not public.
            proxy: http address of a proxy.
        """
        self._context, self._allow_private = context, allow_private
        self._proxy = split(proxy) if proxy else None
        self._idle: dict[Origin, list[_Connection]] = {}
        self._open: set[_Connection] = set()
        self._names: dict[tuple[str, int], _Name] = {}
        self._lock = threading.Lock()
        self._closed = False

    def ask(self, method: str, url: str, headers: Mapping[str, str], until: float) -> Reply:
        """Send a request; return what comes back when its headers are there.

        Args:
            method: GET or HEAD.
            url: In ASCII.
            headers: Beside Host and Authorization.
            until: When all must be over, by `time.monotonic`; also for what is read of the body later.

        Raises:
            NoReplyError: There is no answer.
            ExhaustedError: This machine cannot make another connection.
        """
        origin, target, authorization = split(url)
        lines = [f"{method} {self._target(origin, target)} HTTP/1.1\r\nHost: {origin.header}\r\n"]
        if authorization and "Authorization" not in headers:
            lines.append(f"Authorization: {authorization}\r\n")
        if self._proxy and origin.scheme == "http" and self._proxy[2]:
            lines.append(f"Proxy-{'Authorization'}: {self._proxy[2]}\r\n")
        lines += [f"{name}: {value}\r\n" for name, value in headers.items()]
        lines.append("\r\n")
        message = "".join(lines).encode("ascii")
        while True:
            connection, used = self._connection(origin, until)
            try:
                return connection.exchange(method, message, until)
            except NoReplyError as error:
                connection.close()
                # A server may end an idle connection at any time (RFC 9112, section 9.3.1), or go on with a body that
                # HEAD has none of: of a fresh one that tells nothing.
                if not used or error.failure not in ("reset", "malformed"):
                    raise
            except BaseException:
                connection.close()
                raise

    def _target(self, origin: Origin, target: str) -> str:
        return f"http://{origin.header}{target}" if self._proxy and origin.scheme == "http" else target

    def _connection(self, origin: Origin, until: float) -> tuple[_Connection, bool]:
        """Return an idle connection, or a new one, and which of them."""
        with self._lock:
            idle = self._idle.get(origin)
            if idle:
                return idle.pop(), True
            if self._closed:
                raise NoReplyError("network", "stopped")
        return self._connect(origin, until), False

    def _connect(self, origin: Origin, until: float) -> _Connection:
        try:
            if self._proxy:
                literal = addresses.spelled(origin.host)
                if literal and not self._allow_private and not addresses.is_public(str(literal)):
                    raise NoReplyError("private", str(literal))
                connected = self._dialled(self._proxy[0], self._addresses(self._proxy[0], until, guard=False), until)
            else:
                connected = self._dialled(origin, self._addresses(origin, until, guard=True), until)
        except OSError as error:
            raise _said(error, connected=False) from error
        connection = _Connection(connected, origin, self)
        with self._lock:
            self._open.add(connection)
        try:
            if origin.scheme == "https":
                if self._proxy:
                    connection.tunnel(self._proxy[2], until)
                connection.secure(self._context(), until)
        except BaseException:
            connection.close()
            raise
        return connection

    def _addresses(self, origin: Origin, until: float, *, guard: bool) -> list[str]:
        """Return where a server may be asked: resolved once in a run, so that nothing else is asked later."""
        with self._lock:
            name = self._names.get((origin.host, origin.port))
            if name is None:
                name = self._names[origin.host, origin.port] = _Name(origin.host, origin.port)
        found = name.wait(until)
        if not guard or self._allow_private:
            return found
        public = [address for address in found if addresses.is_public(address)]
        if not public:
            raise NoReplyError("private", found[0])
        return public

    def _dialled(self, origin: Origin, places: list[str], until: float) -> socket.socket:
        """Connect to the first address that answers; those before the last get half of the time that is left."""
        for number, place in enumerate(places):
            left = _left(until)
            last = number == len(places) - 1
            try:
                return socket.create_connection((place, origin.port), timeout=left if last else left / 2)
            except OSError as error:
                if last or error.errno in _EXHAUSTED:
                    raise
        raise NoReplyError("no-host")

    def keep(self, connection: _Connection) -> None:
        """Take back a connection that is ready for the next request."""
        with self._lock:
            if not self._closed:
                self._idle.setdefault(connection.origin, []).append(connection)
                return
        connection.close()

    def drop(self, connection: _Connection) -> None:
        """Forget a connection that was closed."""
        with self._lock:
            self._open.discard(connection)

    def release(self, host: str | None = None) -> None:
        """Close idle connections: of a host that nothing is left to be asked of, or all."""
        with self._lock:
            origins = [origin for origin in self._idle if host is None or origin.host == host]
            idle = [connection for origin in origins for connection in self._idle.pop(origin)]
        for connection in idle:
            connection.close()

    def close(self) -> None:
        """End all connections; who waits for an answer gets none."""
        with self._lock:
            self._closed = True
            left = list(self._open)
        for connection in left:
            connection.abort()
        self.release()


class _Name:
    """Look a host up, in a thread of its own: getaddrinfo(3) knows no deadline."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._done = threading.Event()
        self._found: list[str] = []
        self._error: NoReplyError | None = None
        literal = addresses.spelled(host)
        if literal:
            self._found = [str(literal)]
            self._done.set()
        else:
            threading.Thread(target=self._look_up, daemon=True).start()

    def wait(self, until: float) -> list[str]:
        """Return the addresses.

        Raises:
            NoReplyError: There are none, or they cannot be had in time.
        """
        if not self._done.wait(_left(until)):
            raise NoReplyError("lookup", "no answer in time")
        if self._error:
            raise NoReplyError(self._error.failure, self._error.detail)
        return self._found

    def _look_up(self) -> None:
        try:
            self._found = list(dict.fromkeys(addresses.resolve(self._host, self._port)))
        except socket.gaierror as error:
            unknown = error.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
            self._error = NoReplyError("no-host") if unknown else NoReplyError("lookup", str(error.strerror))
        except (UnicodeError, ValueError):
            self._error = NoReplyError("no-host")
        except OSError as error:
            self._error = NoReplyError("lookup", str(error.strerror))
        finally:
            if not self._found and self._error is None:
                self._error = NoReplyError("no-host")
            self._done.set()


@dataclass(slots=True)
class Reply:
    """Hold an answer: its head, and a body that is still to be read.

    Args:
        code: Status, 200 to 999.
        headers: Names in lower case; several of a name are joined by a comma.
        cookies: The fields Set-Cookie.
        body: Reads the rest.
    """

    code: int
    headers: dict[str, str]
    cookies: list[str] = field(default_factory=list)
    body: _Body | None = None

    def read(self, most: int) -> tuple[bytes, bool]:
        """Return up to `most` bytes of the body, decompressed, and whether that is all; then end it.

        Raises:
            NoReplyError: The body breaks off or comes too slowly; what came so far is lost.
        """
        return self.body.read(most) if self.body else (b"", True)

    def close(self) -> None:
        """Leave the rest unread."""
        if self.body:
            self.body.close()


class _Connection:
    """One connection to a server, and what has come over it and was not read yet."""

    def __init__(self, connected: socket.socket, origin: Origin, wire: Wire) -> None:
        self.origin, self._socket, self._wire = origin, connected, wire
        self.buffer = b""
        with contextlib.suppress(OSError):
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def tunnel(self, authorization: str | None, until: float) -> None:
        """Have a proxy connect to the server (RFC 9110, section 9.3.6)."""
        place = f"{self.origin.host}:{self.origin.port}"
        credentials = f"Proxy-Authorization: {authorization}\r\n" if authorization else ""
        self._send(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{credentials}\r\n".encode("ascii"), until)
        reply, _ = self._head(until)
        if reply.code >= 300:
            raise NoReplyError("proxy", f"the proxy answered {reply.code}")
        if self.buffer:
            raise NoReplyError("proxy", "the proxy sent something else")

    def secure(self, context: ssl.SSLContext, until: float) -> None:
        """Shake hands (TLS); the certificate must be the host's."""
        try:
            self._socket.settimeout(_left(until))
            host = self.origin.host
            self._socket = context.wrap_socket(
                self._socket, server_hostname=host[1:-1] if host.startswith("[") else host.removesuffix(".")
            )
        except OSError as error:
            raise _said(error, connected=True) from error
        except ValueError as error:  # a host that no certificate can name
            raise NoReplyError("tls", str(error), connected=True) from error

    def exchange(self, method: str, message: bytes, until: float) -> Reply:
        """Send a request, and read the head of the answer."""
        self._send(message, until)
        reply, keeps = self._head(until)
        body = self._body(method, reply, until)
        if body is None:
            if keeps and not self.buffer:
                self._wire.keep(self)
            else:
                self.close()
        else:
            body.keeps = keeps and body.kind != "rest"
            reply.body = body
        return reply

    def _send(self, message: bytes, until: float) -> None:
        try:
            self._socket.settimeout(_left(until))
            self._socket.sendall(message)
        except OSError as error:
            raise _said(error, connected=True) from error

    def more(self, until: float) -> bool:
        """Read what has come; False at the end of the connection."""
        try:
            self._socket.settimeout(_left(until))
            piece = self._socket.recv(_PIECE)
        except ssl.SSLError as error:
            if error.reason == "UNEXPECTED_EOF_WHILE_READING" or isinstance(error, ssl.SSLEOFError):
                return False
            raise _said(error, connected=True) from error
        except OSError as error:
            raise _said(error, connected=True) from error
        self.buffer = self.buffer + piece if self.buffer else piece
        return bool(piece)

    def _head(self, until: float) -> tuple[Reply, bool]:
        """Read the head of the final answer (interim ones go by), and tell whether the connection lasts."""
        spent = 0
        while True:
            head = self._head_bytes(until, LONGEST_HEAD_BYTES - spent)
            spent += len(head)
            status = _STATUS.match(head)
            if not status:
                raise NoReplyError("malformed", connected=True)
            code = int(status[3])
            if code >= 200 or code == 101:
                break
        text = head[status.end() :].decode("latin-1")
        headers, cookies = _fields(text)
        _check_lengths(headers)
        connection = headers.get("connection", "").lower()
        modern = status[1] == b"1" and status[2] == b"1"
        keeps = "close" not in connection and (modern or "keep-alive" in connection)
        return Reply(code, headers, cookies), keeps

    def _head_bytes(self, until: float, most: int) -> bytes:
        """Take one head off the buffer, with the line end of its last field."""
        scanned = 0
        while True:
            if scanned == 0 and self.buffer:
                self.buffer = self.buffer.lstrip(b"\r\n") if self.buffer[0] in b"\r\n" else self.buffer
                start = self.buffer[:5]
                if start and not any(one.startswith(start) or start.startswith(one) for one in _BEGINNINGS):
                    raise NoReplyError("malformed", connected=True)
            end = _HEAD_END.search(self.buffer, max(0, scanned - 3))
            if end and end.end() <= most:
                head, self.buffer = self.buffer[: end.start()] + b"\r\n", self.buffer[end.end() :]
                return head
            if len(self.buffer) >= most:
                raise NoReplyError("limit", f"more than {LONGEST_HEAD_BYTES // 1024} KiB of headers", connected=True)
            scanned = len(self.buffer)
            if not self.more(until):
                # Nothing at all is what a server says that has ended an idle connection.
                raise NoReplyError("malformed" if self.buffer else "reset", connected=True)

    def _body(self, method: str, reply: Reply, until: float) -> _Body | None:
        """Tell how the body ends (RFC 9112, section 6.3); None if there is none."""
        if method == "HEAD" or reply.code in (204, 304):
            return None
        headers = reply.headers
        encoding = headers.get("content-encoding", "").strip().lower()
        if "transfer-encoding" in headers:
            return _Body(self, "chunked", 0, encoding, until)
        if "content-length" in headers:
            length = int(headers["content-length"].partition(",")[0])
            return _Body(self, "length", length, encoding, until) if length else None
        return _Body(self, "rest", 0, encoding, until)

    def finish(self, *, keeps: bool) -> None:
        """Keep the connection for the next request, or end it."""
        if keeps and not self.buffer:
            self._wire.keep(self)
        else:
            self.close()

    def abort(self) -> None:
        """End it while another thread may be waiting for it."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End it."""
        self._wire.drop(self)
        with contextlib.suppress(OSError):
            self._socket.close()


class _Body:
    """Read a body up to a limit."""

    def __init__(self, connection: _Connection, kind: str, length: int, encoding: str, until: float) -> None:
        self._connection, self.kind, self._length, self._until = connection, kind, length, until
        self._decoder = zlib.decompressobj(wbits=47) if encoding in ("gzip", "x-gzip", "deflate") else None
        self.keeps = False

    def read(self, most: int) -> tuple[bytes, bool]:
        """Return the start of the body, and whether that is all."""
        pieces: list[bytes] = []
        held = 0
        whole = False
        try:
            while held < most:
                piece = self._piece(most - held)
                if piece is None:
                    whole = True
                    break
                if self._decoder:
                    piece = self._decoder.decompress(piece, most - held)
                pieces.append(piece)
                held += len(piece)
            if held >= most:
                whole = self.kind == "length" and not self._length
        except zlib.error as error:
            raise NoReplyError("malformed", str(error), connected=True) from error
        finally:
            self._connection.finish(keeps=self.keeps and whole)
        return b"".join(pieces), whole

    def close(self) -> None:
        """Leave it unread."""
        self._connection.close()

    def _piece(self, most: int) -> bytes | None:
        """Return some bytes of the body as it was sent, None at its end."""
        if self.kind == "chunked" and not self._length and not self._next_chunk():
            return None
        if self.kind == "length" and not self._length:
            return None
        connection = self._connection
        if not connection.buffer and not connection.more(self._until):
            if self.kind == "rest":
                return None
            raise NoReplyError("reset", "the answer breaks off", connected=True)
        most = most if self.kind == "rest" else min(most, self._length)
        piece, connection.buffer = connection.buffer[:most], connection.buffer[most:]
        if self.kind != "rest":
            self._length -= len(piece)
            if self.kind == "chunked" and not self._length:
                self._line(skip=True)
        return piece

    def _next_chunk(self) -> bool:
        """Read the size of the next chunk (RFC 9112, section 7.1); False after the last."""
        found = _SIZE.fullmatch(self._line())
        if not found:
            raise NoReplyError("malformed", "a chunk has no size", connected=True)
        self._length = int(found[1], 16)
        if self._length:
            return True
        while self._line().strip():  # trailers
            pass
        return False

    def _line(self, *, skip: bool = False) -> bytes:
        connection = self._connection
        while (end := connection.buffer.find(b"\n")) < 0:
            if len(connection.buffer) > LONGEST_LINE_BYTES:
                raise NoReplyError("malformed", "a chunk has no size", connected=True)
            if not connection.more(self._until):
                raise NoReplyError("reset", "the answer breaks off", connected=True)
        line, connection.buffer = connection.buffer[: end + 1], connection.buffer[end + 1 :]
        if skip and line.strip():
            raise NoReplyError("malformed", "a chunk is longer than it says", connected=True)
        return line


def _fields(text: str) -> tuple[dict[str, str], list[str]]:
    """Read header fields (RFC 9112, section 5): also those that end in a bare LF or are folded, as browsers do."""
    headers: dict[str, str] = {}
    cookies: list[str] = []
    last = ""
    for line in text.split("\n"):
        name, colon, value = line.partition(":")
        if line[:1] in (" ", "\t") and last:
            headers[last] = f"{headers[last]} {line.strip()}"
            continue
        if not colon:
            continue
        name, value = name.strip().lower(), value.strip()
        if name == "set-cookie":
            cookies.append(value)
        elif name in headers and name != "location":
            headers[name] = f"{headers[name]}, {value}"
        else:
            headers[name] = value
        last = name if name != "set-cookie" else ""
    return headers, cookies


def _check_lengths(headers: Mapping[str, str]) -> None:
    """Refuse lengths that contradict each other (RFC 9112, section 6.3)."""
    given = headers.get("content-length")
    if given is None or "transfer-encoding" in headers:
        return
    lengths = {one.strip() for one in given.split(",")}
    if len(lengths) > 1 or not given.partition(",")[0].strip().isdecimal() or len(given) > 60:
        raise NoReplyError("malformed", "its length is none", connected=True)


def _left(until: float) -> float:
    """Return the seconds that are left.

    Raises:
        NoReplyError: There are none.
    """
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _said(error: OSError, *, connected: bool) -> NoReplyError | ExhaustedError:
    """Say what an error of the system means."""
    if isinstance(error, ssl.SSLCertVerificationError):
        kind = "chain" if error.verify_code in _UNTRUSTED else "certificate"
        return NoReplyError(kind, error.verify_message, connected=True)
    if isinstance(error, ssl.SSLEOFError | ConnectionResetError | BrokenPipeError | ConnectionAbortedError):
        return NoReplyError("reset", connected=True)
    if isinstance(error, ssl.SSLError):
        return NoReplyError("tls", (error.reason or str(error)).replace("_", " ").lower(), connected=True)
    if isinstance(error, TimeoutError):
        return NoReplyError("timeout", connected=connected)
    if isinstance(error, ConnectionRefusedError):
        return NoReplyError("refused")
    if error.errno in _EXHAUSTED:
        return ExhaustedError(error.strerror or str(error))
    if error.errno in _UNREACHABLE:
        return NoReplyError("unreachable", error.strerror or "")
    return NoReplyError("reset", error.strerror or str(error), connected=connected)
