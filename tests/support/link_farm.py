"""A server with bad manners on the loopback network: behaviours that a link checker meets."""

from __future__ import annotations

import asyncio
import datetime
import ssl
import tempfile
import threading
import zlib
from collections.abc import Awaitable, Callable
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING

import trustme

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGE = b"<!DOCTYPE html><title>Notes</title><h1>Notes</h1>" + b"<p>Text of the notes." * 300
FORTY_KB = b"x" * 40_000


class Exchange:
    """One request, and the connection that it came over."""

    def __init__(self, farm: Farm, host: str, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self.farm, self.host, self.head, self.reader, self.writer = farm, host, head, reader, writer
        self.method, self.target = head.split()[:2]
        self.fields = dict(line.lower().split(": ", 1) for line in head.splitlines()[1:] if ": " in line)
        self.times = sum(1 for one in farm.requests if one[1:] == (host, self.target))  # this one included

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(
        self, status: str | int = 200, fields: Mapping[str, str] | None = None, body: bytes = PAGE
    ) -> None:
        given = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(body)), **(fields or {})}
        lines = "".join(f"{name}: {value}\r\n" for name, value in given.items() if value)
        reason = "" if " " in str(status) else " Status"
        data = f"HTTP/1.1 {status}{reason}\r\n{lines}\r\n".encode("latin-1")
        await self.send(data if self.method == "HEAD" or status in (204, 304) else data + body)


Behaviour = Callable[[Exchange], Awaitable[None]]


class Farm:
    """HTTP on one port of all loopback addresses, HTTPS on one for each kind of certificate."""

    def __init__(self, behaviours: Mapping[str, Behaviour]) -> None:
        self.behaviours = behaviours
        self.everywhere: dict[str, Behaviour] = {}  # by host: for every path
        self.requests: list[tuple[str, str, str]] = []  # method, host, target
        self.heads: list[str] = []
        self.resumed: list[bool] = []  # for each request over TLS: was its handshake a short one
        self.ports: dict[str, int] = {}
        self._folder = tempfile.TemporaryDirectory()
        self.ca = str(Path(self._folder.name) / "ca.pem")
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run_loop)
        self._thread.start()
        assert self._ready.wait(20)

    def url(self, case: str, host: str, *, kind: str = "http", path: str = "") -> str:
        scheme = "http" if kind == "http" else "https"
        return f"{scheme}://{host}:{self.ports[kind]}/{case}{path}"

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(20)
        self._folder.cleanup()

    def _run_loop(self) -> None:
        self._loop.run_until_complete(self._serve_until_closed())
        self._loop.close()

    async def _serve_until_closed(self) -> None:
        self._over, self._tasks = asyncio.Event(), set[asyncio.Task[None]]()
        servers = []
        for kind, context in {"http": None, **self._make_contexts()}.items():
            server = await asyncio.start_server(self._handle_connection, "0.0.0.0", 0, ssl=context, limit=2**20)
            self.ports[kind] = server.sockets[0].getsockname()[1]
            servers.append(server)
        # Never shakes hands.
        mute = await asyncio.start_server(self._keep_silent, "0.0.0.0", 0)
        self.ports["mute"] = mute.sockets[0].getsockname()[1]
        self._ready.set()
        await self._over.wait()
        for server in [*servers, mute]:
            server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0.05)

    def _make_contexts(self) -> dict[str, ssl.SSLContext]:
        ca, other = trustme.CA(), trustme.CA()
        ca.cert_pem.write_to_path(self.ca)
        hosts = [f"127.0.4.{number}" for number in range(1, 250)]
        past = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=3)
        certificates = {
            "good": ca.issue_cert(*hosts),
            "expired": ca.issue_cert(*hosts, not_before=past, not_after=past + datetime.timedelta(days=1)),
            "stranger": ca.issue_cert("other.example"),
            "selfmade": other.issue_cert(*hosts),
            "incomplete": ca.create_child_ca().issue_cert(*hosts),
        }
        contexts = {}
        for kind, certificate in certificates.items():
            context = contexts[kind] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            file = Path(self._folder.name) / f"{kind}.pem"
            chain = certificate.cert_chain_pems[:1] if kind == "incomplete" else certificate.cert_chain_pems
            file.write_bytes(certificate.private_key_pem.bytes() + b"".join(pem.bytes() for pem in chain))
            context.load_cert_chain(file)
        alone = Path(self._folder.name) / "alone.pem"
        alone.write_bytes(other.private_key_pem.bytes() + other.cert_pem.bytes())
        contexts["alone"] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        contexts["alone"].load_cert_chain(alone)
        return contexts

    async def _keep_silent(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._track_task(writer, asyncio.sleep(60))

    async def _handle_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._track_task(writer, self._answer_requests(reader, writer))

    async def _track_task(self, writer: asyncio.StreamWriter, work: Awaitable[None]) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        try:
            await work
        except (asyncio.IncompleteReadError, OSError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _answer_requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = writer.get_extra_info("sockname")[0]
        while not writer.is_closing():
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            self.heads.append(f"{host} {head}")
            method, target = head.split()[:2]
            self.requests.append((method, host, target))
            if secured := writer.get_extra_info("ssl_object"):
                self.resumed.append(secured.session_reused)
            exchange = Exchange(self, host, head, reader, writer)
            name = target.partition("?")[0].split("/")[1]
            behaviour = self.behaviours.get(name)
            if host in self.everywhere:
                behaviour = self.everywhere[host]
            if behaviour:
                await behaviour(exchange)
            else:
                await exchange.answer("404 Not Found", body=b"<title>404</title>")


def respond(status: str | int = 200, body: bytes = PAGE, **fields: str) -> Behaviour:
    """Return a behaviour that always sends this response; underscores in names of fields become hyphens."""

    async def behave(exchange: Exchange) -> None:
        await exchange.answer(status, {name.replace("_", "-"): value for name, value in fields.items()}, body)

    return behave


def send(*pieces: bytes, pause: float = 0.0, then: str = "close") -> Behaviour:
    """Return a behaviour that sends bytes, then closes, resets or hangs."""

    async def behave(exchange: Exchange) -> None:
        for piece in pieces:
            await exchange.send(piece)
            await asyncio.sleep(pause)
        if then == "hang":
            await asyncio.sleep(60)
        if then == "reset":
            exchange.writer.transport.abort()
        exchange.writer.close()

    return behave


def drip(start: bytes, piece: bytes, pause: float = 0.0) -> Behaviour:
    async def behave(exchange: Exchange) -> None:
        await exchange.send(start)
        while True:
            await exchange.send(piece)
            await asyncio.sleep(pause)

    return behave


def by_method(head: Behaviour, get: Behaviour) -> Behaviour:
    async def behave(exchange: Exchange) -> None:
        await (head if exchange.method == "HEAD" else get)(exchange)

    return behave


def by_path(path: str, there: Behaviour, soft404_probe: Behaviour) -> Behaviour:
    async def behave(exchange: Exchange) -> None:
        await (there if exchange.target == path else soft404_probe)(exchange)

    return behave


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """Return a behaviour that is another one for each request; the last one stays."""

    async def behave(exchange: Exchange) -> None:
        await behaviours[min(exchange.times, len(behaviours)) - 1](exchange)

    return behave


def redirect(location: str, status: int = 302) -> Behaviour:
    return respond(status, b"", Location=location)


async def require_cookie(exchange: Exchange) -> None:
    if "seen=1" in exchange.fields.get("cookie", ""):
        await exchange.answer()
    else:
        await exchange.answer(302, {"Location": exchange.target, "Set-Cookie": "seen=1; Path=/"}, b"")


async def count_down(exchange: Exchange) -> None:
    number = exchange.target.rpartition("/")[2]
    if not number.isdigit():
        await exchange.answer(404)
    else:
        await (redirect(f"{int(number) - 1}", 301) if int(number) else respond())(exchange)


def compress(size: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(b"\0" * 2**20) for _ in range(size)) + packer.flush()


def deflate(text: bytes, wbits: int) -> bytes:
    packer = zlib.compressobj(9, wbits=wbits)
    return packer.compress(text) + packer.flush()


def format_later(seconds: int) -> str:
    return format_datetime(datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds), usegmt=True)
