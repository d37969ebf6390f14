"""Read answers of HTTP/1.1 (RFC 9112) from bytes, wherever they come from; nothing here waits.

Beside http.client, which refuses more than 100 headers and takes a 103 for the answer. Lenient where browsers are: a
bare LF, folded fields, no reason. What browsers refuse, such as lengths that contradict each other, is malformed.
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


LONGEST_HEAD_BYTES: Final = 256 * 1024  # of all headers, with those of interim answers; Chromium takes as much
LONGEST_LINE_BYTES: Final = 8 * 1024  # of a chunk's size; of blank lines before an answer
MOST_CHUNKS: Final = 50_000  # of one answer: each takes time, and may hold a single byte
# Of a header nothing else is looked at: a host may send 60,000 others, and thousands of answers wait in memory.
_LOOKED_AT: Final = frozenset(
    {
        "cf-mitigated", "connection", "content-encoding", "content-length", "content-type", "etag", "last-modified",
        "location", "refresh", "retry-after", "set-cookie", "transfer-encoding", "x-amzn-waf-action",
    }
)  # fmt: skip
_MOST_COOKIES: Final = 50  # of one answer
_STATUS: Final = re.compile(rb"(?:HTTP/([0-9])(?:\.([0-9]))?|ICY) +([1-9][0-9]{2})(?: [^\r\n]*)?\r?\n")
_BEGINNINGS: Final = (b"HTTP/", b"ICY ")
_HEAD_END: Final = re.compile(rb"\r?\n\r?\n")
_FIELD: Final = re.compile(r"^([!#-'*+.0-9A-Z^-z|~-]++):[ \t]*+([!-~]*+(?:[ \t]++[!-~]++)*+)[ \t]*+\r?\n", re.MULTILINE)
_ZLIB: Final = re.compile(rb"[\x08\x18\x28\x38\x48\x58\x68\x78]")  # how RFC 1950 begins: method 8, a window
_FRAME_HEAD_BYTES: Final = 9
# How a server that speaks HTTP/2 begins: a frame of type SETTINGS, or GOAWAY (RFC 9113, section 4.1), of stream 0.
_HTTP2_SETTINGS: Final = re.compile(rb"\0[\0-\x3f][\0-\xff](?:\x04[\0\x01]|\x07\0)\0\0\0\0", re.DOTALL)
_GZIP: Final = b"\x1f"  # how RFC 1952 begins; the second byte may be in the next piece
_MOST_MEMBERS: Final = 100
_SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\n]*)?\r?\n")


class Origin(NamedTuple):
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

    The server is the one that browsers would ask, however the address is spelled.

    Raises:
        ValueError: It is no http(s) address.
    """
    parsed = parse_url(url)
    if parsed is None or parsed.protocol not in _PORTS or parsed.port == "0":
        raise ValueError("is no address")
    origin = Origin(parsed.protocol[:-1], parsed.hostname, int(parsed.port or _PORTS[parsed.protocol]))
    query = parsed.search or ("?" if "?" in url.partition("#")[0] else "")
    authorization = _basic(parsed.username, parsed.password) if parsed.has_credentials() else None
    return origin, parsed.pathname + query, authorization


_PORTS: Final = {"http:": 80, "https:": 443}


def _basic(name: str, password: str) -> str:
    return "Basic " + b64encode(unquote_to_bytes(name) + b":" + unquote_to_bytes(password)).decode("ascii")


class Reading:
    """Read one answer: `feed` it what comes until `response` says what it is and `done` that no more is wanted."""

    def __init__(self, method: str, most: int) -> None:
        self.response: Response | None = None
        self.done = False
        self.keeps = False  # whether the connection can take another request
        self._method, self._most = method, most
        self._buffer = bytearray()
        self._start = 0  # in the buffer: what is before it has been read
        self._ended = False
        self._page = bytearray()
        self._steps = self._read()
        next(self._steps)

    def feed(self, piece: bytes) -> bool:
        """Take some bytes, none at the end of the connection; return True if no more is wanted.

        Raises:
            NoResponseError: What has come is no answer.
        """
        self._ended = not piece
        # What was read is dropped when it is the larger half: an answer may come in a million pieces, or hold as many.
        if self._start * 2 >= len(self._buffer):
            del self._buffer[: self._start]
            self._start = 0
        self._buffer += piece
        try:
            self._steps.send(None)
        except StopIteration:
            self.done = True
            self.keeps = self.keeps and self._start == len(self._buffer)
        except NoResponseError:
            if not self.response:
                raise
            # The status was told. What is wrong with the body, or cut off, takes nothing of that away.
            self.done, self.keeps = True, False
        if self._start == len(self._buffer):
            self._buffer.clear()
            self._start = 0
        if self.done:
            if self.response:
                self.response.page = bytes(self._page)
            self._drop()
        return self.done

    @property
    def held_bytes(self) -> int:
        """How much memory it takes."""
        return len(self._buffer) + len(self._page)

    def cut(self) -> Response | None:
        """Return what is known of an answer that comes too slowly, or breaks off."""
        if self.response and not self.done:
            self.response.page = bytes(self._page)
        self._drop()
        return self.response

    def _drop(self) -> None:
        """Free what was read: the garbage collector would come too late, as steps and reading refer to each other."""
        self._steps.close()
        self._buffer, self._page = bytearray(), bytearray()

    def _read(self) -> Generator[None, None, None]:
        yield
        response, keeps = yield from self._head()
        self.keeps = keeps
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
            kind, length, self.keeps = "rest", 0, False
        response.whole = False
        yield from self._body(kind, length, headers.get("content-encoding", "").strip().lower())

    def _more(self, broken: Failure) -> Generator[None, None, None]:
        yield
        if self._ended:
            raise NoResponseError(broken, "the answer breaks off")

    def _head(self) -> Generator[None, None, tuple[Response, bool]]:
        """Read the head of the final answer (interim ones go by), and tell whether the connection lasts."""
        spent = 0
        while True:
            head = yield from self._head_bytes(LONGEST_HEAD_BYTES - spent)
            spent += len(head)
            status = _STATUS.match(head)
            if not status:
                raise NoResponseError("malformed")
            code = int(status[3])
            if code >= 200 or code == 101:
                break
        headers, cookies = _fields(head[status.end() :].decode("latin-1"))
        _check_length(headers)
        connection = headers.get("connection", "").lower()
        modern = status[1] == b"1" and status[2] == b"1"
        return Response(code, headers, cookies), "close" not in connection and (modern or "keep-alive" in connection)

    def _head_bytes(self, most: int) -> Generator[None, None, bytes]:
        """Take one head off the buffer, with the line end of its last field."""
        scanned = blank = 0  # of what is unread; of what is before it
        while True:
            buffer = self._buffer
            if scanned == 0:
                while self._start < len(buffer) and buffer[self._start] in b"\r\n":
                    self._start += 1
                    blank += 1
                if blank > LONGEST_LINE_BYTES:
                    raise NoResponseError("malformed")
                if _HTTP2_SETTINGS.match(buffer, self._start):
                    raise NoResponseError("limit", "the server speaks HTTP/2 only")
                start = bytes(buffer[self._start : self._start + 5])
                if start[:1] == b"\0" and len(buffer) - self._start < _FRAME_HEAD_BYTES:
                    yield from self._more("malformed")
                    continue
                if start and not any(one.startswith(start) or start.startswith(one) for one in _BEGINNINGS):
                    raise NoResponseError("malformed")
            end = _HEAD_END.search(buffer, self._start + max(0, scanned - 3))
            if end and end.end() - self._start <= most:
                head = bytes(buffer[self._start : end.start()])
                self._start = end.end()
                return head + b"\r\n"
            scanned = len(buffer) - self._start
            if scanned >= most:
                raise NoResponseError("limit", f"more than {LONGEST_HEAD_BYTES // 1024} KiB of headers")
            # Nothing at all is what a server says that has ended an idle connection.
            yield from self._more("malformed" if scanned else "reset")

    def _body(self, kind: str, length: int, encoding: str) -> Generator[None, None, None]:
        """Read a body (RFC 9112, sections 6 and 7) up to the limit."""
        response = self.response
        assert response is not None
        decoder = _Decoder(encoding) if encoding in ("gzip", "x-gzip", "deflate") else None
        is_readable = decoder is not None or encoding in ("", "identity")
        held, chunks = 0, 0
        while held < self._most and chunks < MOST_CHUNKS:
            if not length and kind != "rest":
                chunks += 1
                length = (yield from self._chunk()) if kind == "chunked" else 0
                if not length:
                    response.whole = is_readable and (decoder is None or decoder.is_at_end)
                    return
            while self._start == len(self._buffer):
                yield
                if self._ended:
                    response.whole = kind == "rest" and is_readable and (decoder is None or decoder.is_at_end)
                    self.keeps = False
                    return
            most = self._most - held if kind == "rest" else min(self._most - held, length)
            piece = bytes(self._buffer[self._start : self._start + most])
            self._start += len(piece)
            if kind != "rest":
                length -= len(piece)
                if kind == "chunked" and not length:
                    yield from self._line(skip=True)
            if decoder:
                piece = decoder.decode(piece, self._most - held)
            held += len(piece)
            if is_readable:
                self._page += piece
            piece = b""  # many answers wait here, each with the last one
        response.whole = kind == "length" and not length and is_readable and (decoder is None or decoder.is_at_end)
        self.keeps = self.keeps and response.whole

    def _chunk(self) -> Generator[None, None, int]:
        """Read the size of the next chunk (RFC 9112, section 7.1); 0 after the last and its trailers."""
        found = _SIZE.fullmatch((yield from self._line()))
        if not found:
            raise NoResponseError("malformed", "a chunk has no size")
        size = int(found[1], 16)
        if not size:
            for _ in range(LONGEST_LINE_BYTES):
                if not (yield from self._line()).strip():
                    break
        return size

    def _line(self, *, skip: bool = False) -> Generator[None, None, bytes]:
        while (end := self._buffer.find(b"\n", self._start)) < 0:
            if len(self._buffer) - self._start > LONGEST_LINE_BYTES:
                raise NoResponseError("malformed", "a chunk has no size")
            yield from self._more("reset")
        line = bytes(self._buffer[self._start : end + 1])
        self._start = end + 1
        if skip and line.strip():
            raise NoResponseError("malformed", "a chunk is longer than it says")
        return line


class _Decoder:
    """Undo one content coding: gzip, of one member or several (RFC 1952, section 2.2), or deflate."""

    def __init__(self, encoding: str) -> None:
        self._is_gzip = encoding != "deflate"
        self._inflate: zlib._Decompress | None = None
        self._members = 0
        self._is_cut = False

    @property
    def is_at_end(self) -> bool:
        """Whether nothing is left that was not decoded."""
        return not self._is_cut and (self._inflate is None or not self._inflate.unconsumed_tail)

    def decode(self, piece: bytes, most: int) -> bytes:
        """Return what a piece stands for, so many bytes at most; what follows the end is ignored, as in browsers."""
        decoded = b""
        try:
            while piece and len(decoded) < most:
                if self._inflate is None or self._inflate.eof:
                    if self._members and not (self._is_gzip and piece.startswith(_GZIP)):
                        break
                    if self._members >= _MOST_MEMBERS:
                        self._is_cut = True
                        break
                    self._members += 1
                    # Some servers leave the wrapping of deflate out; browsers bear it.
                    is_bare = not self._is_gzip and not _ZLIB.match(piece)
                    self._inflate = zlib.decompressobj(wbits=-15 if is_bare else 47)
                decoded += self._inflate.decompress(piece, most - len(decoded))
                piece = self._inflate.unused_data
        except zlib.error as error:
            raise NoResponseError("malformed", str(error)) from error
        return decoded


def _fields(text: str) -> tuple[dict[str, str], list[str]]:
    """Read header fields (RFC 9112, section 5): also those that end in a bare LF or are folded, as browsers do."""
    usual = _FIELD.findall(text)
    if len(usual) == text.count("\n"):
        fields = {name.lower(): value for name, value in usual}
        if len(fields) == len(usual) and "set-cookie" not in fields:
            return {name: fields[name] for name in _LOOKED_AT & fields.keys()}, []
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
        last = name if name in _LOOKED_AT and name != "set-cookie" else ""
        if name == "set-cookie":
            cookies.append(value)
        elif last in parts and last != "location":
            parts[last] += [", ", value]
        elif last:
            parts[last] = [value]
    return {name: "".join(values) for name, values in parts.items()}, cookies[:_MOST_COOKIES]


_LONGEST_LENGTH_CHARACTERS: Final = 60


def _check_length(headers: dict[str, str]) -> None:
    """Drop a length that is no number, as browsers do, and refuse those that contradict each other.

    RFC 9112, section 6.3, is stricter: a body of unknown length lasts until the connection ends.

    Raises:
        NoResponseError: There are several lengths.
    """
    given = headers.get("content-length")
    if given is None or (given.isascii() and given.isdecimal() and len(given) < _LONGEST_LENGTH_CHARACTERS):
        return
    lengths = {length.strip() for length in given.split(",")}
    if all(length.isascii() and length.isdecimal() for length in lengths) and len(given) < _LONGEST_LENGTH_CHARACTERS:
        if len(lengths) > 1 and "transfer-encoding" not in headers:
            raise NoResponseError("malformed", "its lengths contradict each other")
        headers["content-length"] = lengths.pop()
    else:
        del headers["content-length"]
