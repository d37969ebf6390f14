"""Read HTTP/1.1 responses (RFC 9112) from bytes, wherever they come from; nothing here waits.

http.client is no alternative: it refuses more than 100 headers, and takes a 103 for the final response. This reader is
as lenient as browsers are (a bare LF, folded fields, no reason phrase) and as strict: contradicting lengths, for
example, are malformed.
"""

from __future__ import annotations

import re
import zlib
from base64 import b64encode
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote_to_bytes

from ..iri import parse_url
from .base import NoResponseError, Response

if TYPE_CHECKING:
    from collections.abc import Generator

    from .base import Failure


LONGEST_HEAD_BYTES: Final = 256 * 1024  # of all headers, with those of interim responses; the limit of Chromium
LONGEST_LINE_BYTES: Final = 8 * 1024  # of the line of a chunk size; of blank lines before a response
MOST_CHUNKS: Final = 50_000  # of one response: each takes time, and may hold a single byte
# All other headers are dropped: a host may send 60,000 of them, and thousands of responses wait in memory.
_USED_HEADERS: Final = frozenset(
    {
        "cf-mitigated", "connection", "content-encoding", "content-length", "content-type", "etag", "last-modified",
        "location", "refresh", "retry-after", "set-cookie", "transfer-encoding", "x-amzn-waf-action",
    }
)  # fmt: skip
_MOST_COOKIES: Final = 50  # of one response
_STATUS_LINE: Final = re.compile(rb"(?:HTTP/([0-9])(?:\.([0-9]))?|ICY) +([1-9][0-9]{2})(?: [^\r\n]*)?\r?\n")
_STATUS_LINE_STARTS: Final = (b"HTTP/", b"ICY ")
_HEAD_END: Final = re.compile(rb"\r?\n\r?\n")
_USUAL_FIELD: Final = re.compile(
    r"^([!#-'*+.0-9A-Z^-z|~-]++):[ \t]*+([!-~]*+(?:[ \t]++[!-~]++)*+)[ \t]*+\r?\n", re.MULTILINE
)
_ZLIB_HEADER: Final = re.compile(rb"[\x08\x18\x28\x38\x48\x58\x68\x78]")  # first byte of RFC 1950: method 8, a window
_FRAME_HEAD_BYTES: Final = 9
# The first frame of a server that speaks HTTP/2: SETTINGS or GOAWAY (RFC 9113, section 4.1), on stream 0.
_HTTP2_SETTINGS: Final = re.compile(rb"\0[\0-\x3f][\0-\xff](?:\x04[\0\x01]|\x07\0)\0\0\0\0", re.DOTALL)
_GZIP_FIRST_BYTE: Final = b"\x1f"  # of RFC 1952; the second byte may be in the next piece
_MOST_GZIP_MEMBERS: Final = 100
_CHUNK_SIZE_LINE: Final = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\n]*)?\r?\n")


class Origin(NamedTuple):
    """A server: scheme, host in ASCII (IPv6 in brackets), port."""

    scheme: str
    host: str
    port: int

    @property
    def host_header(self) -> str:
        """The value of the field Host (RFC 9110, section 7.2)."""
        usual = 443 if self.scheme == "https" else 80
        return self.host if self.port == usual else f"{self.host}:{self.port}"


def split_url(url: str) -> tuple[Origin, str, str | None]:
    """Split a URL in ASCII into the server, the target of a request, and the field Authorization of its userinfo.

    The server is the one that browsers would contact, however the URL is written.

    Raises:
        ValueError: It is not an http(s) URL.
    """
    parsed = parse_url(url)
    if parsed is None or parsed.protocol not in _DEFAULT_PORTS or parsed.port == "0":
        raise ValueError("is not an http(s) URL")
    origin = Origin(parsed.protocol[:-1], parsed.hostname, int(parsed.port or _DEFAULT_PORTS[parsed.protocol]))
    query = parsed.search or ("?" if "?" in url.partition("#")[0] else "")
    authorization = _format_basic_auth(parsed.username, parsed.password) if parsed.has_credentials() else None
    return origin, parsed.pathname + query, authorization


_DEFAULT_PORTS: Final = {"http:": 80, "https:": 443}


def _format_basic_auth(name: str, password: str) -> str:
    return "Basic " + b64encode(unquote_to_bytes(name) + b":" + unquote_to_bytes(password)).decode("ascii")


class ResponseReader:
    """Reads one response: pass received bytes to `feed` until `is_done`, then use `response`.

    Args:
        method: Of the request; a response to HEAD has no body.
        max_body_bytes: How much of the body to read, after decompression.
    """

    def __init__(self, method: str, max_body_bytes: int) -> None:
        self.response: Response | None = None
        self.is_done = False
        self.is_reusable = False  # whether the connection can take another request
        self._method, self._max_body_bytes = method, max_body_bytes
        self._buffer = bytearray()
        self._position = 0  # in the buffer: what is before it has been read
        self._has_ended = False
        self._body_bytes = bytearray()
        self._reading = self._read_response()
        next(self._reading)

    def feed(self, piece: bytes) -> bool:
        """Read a piece, empty at the end of the connection; return True if no more is needed.

        Raises:
            NoResponseError: The bytes are not a response.
        """
        self._has_ended = not piece
        # Bytes that were read are dropped when they are the larger half, so that this takes linear time in all: a
        # response may come in a million pieces, or consist of as many chunks.
        if self._position * 2 >= len(self._buffer):
            del self._buffer[: self._position]
            self._position = 0
        self._buffer += piece
        try:
            self._reading.send(None)
        except StopIteration:
            self.is_done = True
            self.is_reusable = self.is_reusable and self._position == len(self._buffer)
        except NoResponseError:
            if not self.response:
                raise
            # The status is known. A body that is malformed or cut off does not change it.
            self.is_done, self.is_reusable = True, False
        if self._position == len(self._buffer):
            self._buffer.clear()
            self._position = 0
        if self.is_done:
            if self.response:
                self.response.body = bytes(self._body_bytes)
            self._free_buffers()
        return self.is_done

    @property
    def held_bytes(self) -> int:
        """How much memory the response takes."""
        return len(self._buffer) + len(self._body_bytes)

    def take_partial(self) -> Response | None:
        """End a response that comes too slowly or breaks off; return what is there, None without a status."""
        if self.response and not self.is_done:
            self.response.body = bytes(self._body_bytes)
        self._free_buffers()
        return self.response

    def _free_buffers(self) -> None:
        """Free memory at once: reader and generator refer to each other, so garbage collection would come too late."""
        self._reading.close()
        self._buffer, self._body_bytes = bytearray(), bytearray()

    def _read_response(self) -> Generator[None, None, None]:
        yield
        response, is_reusable = yield from self._read_head()
        self.is_reusable = is_reusable
        self.response = response
        headers = response.headers
        if self._method == "HEAD" or response.code in (204, 304):  # RFC 9112, section 6.3
            return
        if "transfer-encoding" in headers:
            kind, length = "chunked", 0
        elif "content-length" in headers:
            kind, length = "length", int(headers["content-length"].partition(",")[0])
            if not length:
                return
        else:
            kind, length, self.is_reusable = "rest", 0, False
        response.is_complete = False
        yield from self._read_body(kind, length, headers.get("content-encoding", "").strip().lower())

    def _wait_for_bytes(self, failure: Failure) -> Generator[None, None, None]:
        yield
        if self._has_ended:
            raise NoResponseError(failure, "the response breaks off")

    def _read_head(self) -> Generator[None, None, tuple[Response, bool]]:
        """Read the head of the final response, skipping interim ones; return it, and whether the connection lasts."""
        spent = 0
        while True:
            head = yield from self._take_head_bytes(LONGEST_HEAD_BYTES - spent)
            spent += len(head)
            status = _STATUS_LINE.match(head)
            if not status:
                raise NoResponseError("malformed")
            code = int(status[3])
            if code >= 200 or code == 101:
                break
        headers, cookies = _parse_fields(head[status.end() :].decode("latin-1"))
        _check_length(headers)
        connection = headers.get("connection", "").lower()
        modern = status[1] == b"1" and status[2] == b"1"
        return Response(code, headers, cookies), "close" not in connection and (modern or "keep-alive" in connection)

    def _take_head_bytes(self, most: int) -> Generator[None, None, bytes]:
        """Remove one head from the buffer and return it, with the line end of its last field."""
        scanned = blank = 0  # bytes of the head; bytes of blank lines before it
        while True:
            buffer = self._buffer
            if scanned == 0:
                while self._position < len(buffer) and buffer[self._position] in b"\r\n":
                    self._position += 1
                    blank += 1
                if blank > LONGEST_LINE_BYTES:
                    raise NoResponseError("malformed")
                if _HTTP2_SETTINGS.match(buffer, self._position):
                    raise NoResponseError("limit", "the server speaks HTTP/2 only")
                start = bytes(buffer[self._position : self._position + 5])
                if start[:1] == b"\0" and len(buffer) - self._position < _FRAME_HEAD_BYTES:
                    yield from self._wait_for_bytes("malformed")
                    continue
                if start and not any(
                    prefix.startswith(start) or start.startswith(prefix) for prefix in _STATUS_LINE_STARTS
                ):
                    raise NoResponseError("malformed")
            end = _HEAD_END.search(buffer, self._position + max(0, scanned - 3))
            if end and end.end() - self._position <= most:
                head = bytes(buffer[self._position : end.start()])
                self._position = end.end()
                return head + b"\r\n"
            scanned = len(buffer) - self._position
            if scanned >= most:
                raise NoResponseError("limit", f"more than {LONGEST_HEAD_BYTES // 1024} KiB of headers")
            # A server that has ended an idle connection sends nothing at all.
            yield from self._wait_for_bytes("malformed" if scanned else "reset")

    def _read_body(self, kind: str, length: int, encoding: str) -> Generator[None, None, None]:
        """Read a body (RFC 9112, sections 6 and 7) up to the limit.

        Args:
            kind: How it ends: ``chunked``, ``length``, or ``rest`` (with the connection).
            length: Of the body, for ``length``.
            encoding: Its content coding.
        """
        response = self.response
        assert response is not None
        decoder = _Decoder(encoding) if encoding in ("gzip", "x-gzip", "deflate") else None
        is_readable = decoder is not None or encoding in ("", "identity")
        held, chunks = 0, 0
        while held < self._max_body_bytes and chunks < MOST_CHUNKS:
            if not length and kind != "rest":
                chunks += 1
                length = (yield from self._read_chunk_size()) if kind == "chunked" else 0
                if not length:
                    response.is_complete = is_readable and (decoder is None or decoder.is_at_end)
                    return
            while self._position == len(self._buffer):
                yield
                if self._has_ended:
                    response.is_complete = kind == "rest" and is_readable and (decoder is None or decoder.is_at_end)
                    self.is_reusable = False
                    return
            most = self._max_body_bytes - held if kind == "rest" else min(self._max_body_bytes - held, length)
            piece = bytes(self._buffer[self._position : self._position + most])
            self._position += len(piece)
            if kind != "rest":
                length -= len(piece)
                if kind == "chunked" and not length:
                    yield from self._read_line(skip=True)
            if decoder:
                piece = decoder.decode(piece, self._max_body_bytes - held)
            held += len(piece)
            if is_readable:
                self._body_bytes += piece
            piece = b""  # many responses wait here, each with its last piece
        response.is_complete = (
            kind == "length" and not length and is_readable and (decoder is None or decoder.is_at_end)
        )
        self.is_reusable = self.is_reusable and response.is_complete

    def _read_chunk_size(self) -> Generator[None, None, int]:
        """Read and return the size of the next chunk (RFC 9112, section 7.1); 0 after the last one and its trailers."""
        match = _CHUNK_SIZE_LINE.fullmatch((yield from self._read_line()))
        if not match:
            raise NoResponseError("malformed", "a chunk has no size")
        size = int(match[1], 16)
        if not size:
            for _ in range(LONGEST_LINE_BYTES):
                if not (yield from self._read_line()).strip():
                    break
        return size

    def _read_line(self, *, skip: bool = False) -> Generator[None, None, bytes]:
        while (end := self._buffer.find(b"\n", self._position)) < 0:
            if len(self._buffer) - self._position > LONGEST_LINE_BYTES:
                raise NoResponseError("malformed", "a chunk has no size")
            yield from self._wait_for_bytes("reset")
        line = bytes(self._buffer[self._position : end + 1])
        self._position = end + 1
        if skip and line.strip():
            raise NoResponseError("malformed", "a chunk is longer than it says")
        return line


class _Decoder:
    """A decoder of a content coding: gzip, of one member or several (RFC 1952, section 2.2), or deflate."""

    def __init__(self, encoding: str) -> None:
        self._is_gzip = encoding != "deflate"
        self._inflate: zlib._Decompress | None = None
        self._members = 0
        self._is_cut = False

    @property
    def is_at_end(self) -> bool:
        """Whether all that was received has been decoded."""
        return not self._is_cut and (self._inflate is None or not self._inflate.unconsumed_tail)

    def decode(self, piece: bytes, most: int) -> bytes:
        """Return the decoded bytes of a piece, at most `most`; what follows the end is ignored, as in browsers."""
        decoded = b""
        try:
            while piece and len(decoded) < most:
                if self._inflate is None or self._inflate.eof:
                    if self._members and not (self._is_gzip and piece.startswith(_GZIP_FIRST_BYTE)):
                        break
                    if self._members >= _MOST_GZIP_MEMBERS:
                        self._is_cut = True
                        break
                    self._members += 1
                    # Some servers send raw deflate data without the zlib header; browsers accept that.
                    is_bare = not self._is_gzip and not _ZLIB_HEADER.match(piece)
                    self._inflate = zlib.decompressobj(wbits=-15 if is_bare else 47)
                decoded += self._inflate.decompress(piece, most - len(decoded))
                piece = self._inflate.unused_data
        except zlib.error as error:
            raise NoResponseError("malformed", str(error)) from error
        return decoded


def _parse_fields(text: str) -> tuple[dict[str, str], list[str]]:
    """Return the header fields that are used, and the cookies (RFC 9112, section 5).

    Fields that end in a bare LF or are folded are read as browsers read them.
    """
    usual = _USUAL_FIELD.findall(text)
    if len(usual) == text.count("\n"):
        fields = {name.lower(): value for name, value in usual}
        if len(fields) == len(usual) and "set-cookie" not in fields:
            return {name: fields[name] for name in _USED_HEADERS & fields.keys()}, []
    parts: dict[str, list[str]] = {}  # joined at the end: there may be 80,000 of one name
    cookies: list[str] = []
    last = ""
    for line in text.split("\n"):
        name, colon, value = line.partition(":")
        if line[:1] in (" ", "\t"):
            if last:
                parts[last] += [" ", line.strip()]
            continue
        if not colon:
            continue
        name, value = name.strip().lower(), value.strip()
        last = name if name in _USED_HEADERS and name != "set-cookie" else ""
        if name == "set-cookie":
            cookies.append(value)
        elif last in parts and last != "location":
            parts[last] += [", ", value]
        elif last:
            parts[last] = [value]
    return {name: "".join(values) for name, values in parts.items()}, cookies[:_MOST_COOKIES]


_LONGEST_LENGTH_CHARACTERS: Final = 60


def _check_length(headers: dict[str, str]) -> None:
    """Drop a length that is not a number, as browsers do, and refuse lengths that contradict each other.

    RFC 9112, section 6.3, is stricter: a body of unknown length lasts until the connection ends.

    Raises:
        NoResponseError: There are several different lengths.
    """
    value = headers.get("content-length")
    if value is None or (value.isascii() and value.isdecimal() and len(value) < _LONGEST_LENGTH_CHARACTERS):
        return
    lengths = {length.strip() for length in value.split(",")}
    if all(length.isascii() and length.isdecimal() for length in lengths) and len(value) < _LONGEST_LENGTH_CHARACTERS:
        if len(lengths) > 1 and "transfer-encoding" not in headers:
            raise NoResponseError("malformed", "its lengths contradict each other")
        headers["content-length"] = lengths.pop()
    else:
        del headers["content-length"]
