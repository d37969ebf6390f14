"""Time link checks against lychee, side by side in one run; servers on the loopback network answer after 100 ms.

    python benchmarks/links.py [--urls 10000] [--rounds 3]

Rows: http with 256 and 512 requests in flight, https with 256, and one busy host that holds a fifth of the addresses;
and https with 256 while another process keeps one core busy.
Both checkers are processes of their own and take turns; the servers are two more. Both must find every address good.
feedpub runs as its users run it, without history; beside each address it asks each host for a path that nobody made
(soft 404). lychee asks by HEAD, without pauses between requests to a host, and is not asked to verify certificates.
Output: medians of wall clock, CPU seconds for 1,000 addresses, and peak memory, and the ratio of the wall clocks;
"least" is what latency alone allows; "connections" are those that the servers have seen, in the last round. Needs
`ulimit -n 4096`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import trustme

if TYPE_CHECKING:
    from collections.abc import Iterator

LATENCY_SECONDS = 0.1
HOSTS = [f"127.0.{1 + number // 250}.{1 + number % 250}" for number in range(500)]
PER_HOST = 6
ROWS = (  # scheme, in flight, one busy host, one busy core
    ("http", 256, False, False),
    ("http", 512, False, False),
    ("https", 256, False, False),
    ("http", 256, False, True),
    ("https", 256, False, True),
    ("http", 256, True, False),
    ("http", 32, True, False),
)
BODY = b"x" * 8192
HEAD = (
    b"HTTP/1.1 %b\r\nServer: bench\r\nDate: Tue, 24 Nov 2026 07:00:00 GMT\r\nContent-Type: text/html; charset=utf-8\r\n"
    b'ETag: "abc"\r\nCache-Control: max-age=60\r\nContent-Length: 8192\r\n\r\n'
)


class Server(asyncio.Protocol):
    """Answer 200 to /p/…, 404 to all else, after the latency; /connections at once, and begin to count anew."""

    connections = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        Server.connections += 1
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._buffer = transport, b""

    def data_received(self, data: bytes) -> None:
        """Take requests."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            request, self._buffer = self._buffer[:end], self._buffer[end + 4 :]
            if request.startswith(b"GET /connections "):
                count, Server.connections = str(Server.connections - 1), 0
                self._transport.write(f"HTTP/1.0 200 OK\r\nContent-Length: {len(count)}\r\n\r\n{count}".encode())
                continue
            asyncio.get_running_loop().call_later(LATENCY_SECONDS, self._answer, request)

    def _answer(self, request: bytes) -> None:
        if not self._transport.is_closing():
            head = HEAD % (b"200 OK" if b" /p/" in request else b"404 Not Found")
            self._transport.write(head if request.startswith(b"HEAD") else head + BODY)


async def serve(folder: Path, scheme: str) -> None:
    """Listen on all hosts; print the port."""
    loop = asyncio.get_running_loop()
    context = None
    if scheme == "https":
        # One certificate for all would be so large that reading it would be all that is measured.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "0.pem")
    first = await loop.create_server(Server, HOSTS[0], 0, backlog=1024, ssl=context)
    port = first.sockets[0].getsockname()[1]
    servers = [first]
    for number, host in enumerate(HOSTS[1:], start=1):
        if context:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(folder / f"{number}.pem")
        servers.append(await loop.create_server(Server, host, port, backlog=1024, ssl=context))
    print(port, flush=True)
    await asyncio.sleep(3600)


def certificates(folder: Path) -> None:
    """Make a certificate for each host, and the file of the one who signed them."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    for number, host in enumerate(HOSTS):
        authority.issue_cert(host).private_key_and_cert_chain_pem.write_to_path(str(folder / f"{number}.pem"))


def measure(command: list[str], folder: Path, good: str) -> tuple[float, float, float]:
    """Run a checker; return wall clock, CPU seconds, peak memory in MB."""
    begun = time.perf_counter()
    environment = os.environ | {"SSL_CERT_FILE": str(folder / "ca.pem")}
    with (folder / "out").open("w+b") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=environment, cwd=folder)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        said = out.read().decode()
    if process.returncode or good not in said:
        sys.exit(f"{command[0]} did not find all addresses good:\n{said[:2000]}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def checkers(file: Path, count: int, in_flight: int) -> dict[str, tuple[list[str], str]]:
    """Return the commands, and what they say when all is good."""
    feedpub = [
        sys.executable, "-m", "feedpub", "links", "check", "--urls", str(file), "--no-history", "--allow-private",
        "--concurrency", str(in_flight), "--per-host", str(PER_HOST),
    ]  # fmt: skip
    lychee = [
        str(Path(sys.executable).with_name("lychee")), "--no-progress", "--insecure", "--method", "head",
        "--include-verbatim", "--max-concurrency", str(in_flight), "--host-concurrency", str(PER_HOST),
        "--host-request-interval", "0s", str(file),
    ]  # fmt: skip
    return {"feedpub": (feedpub, f"{count} links: {count} ok"), "lychee": (lychee, f"{count} Total")}


def addresses(scheme: str, port: int, count: int, hot: bool) -> list[str]:
    """Spread addresses over the hosts; with `hot`, every fifth is of the first one."""
    hosts = [HOSTS[0] if hot and number % 5 == 0 else HOSTS[number % len(HOSTS)] for number in range(count)]
    return [f"{scheme}://{host}:{port}/p/{number}" for number, host in enumerate(hosts)]


def main() -> None:
    """Measure all rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--urls", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve(Path(options.serve[0]), options.serve[1]))
    count = options.urls
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        certificates(folder)
        servers = {
            scheme: subprocess.Popen([sys.executable, __file__, "--serve", name, scheme], stdout=subprocess.PIPE)
            for scheme in ("http", "https")
        }
        try:
            ports = {scheme: int(server.stdout.readline()) for scheme, server in servers.items() if server.stdout}
            print(f"{count} addresses on {len(HOSTS)} hosts, {LATENCY_SECONDS * 1000:.0f} ms, {options.rounds} rounds")
            for scheme, in_flight, hot, is_busy in ROWS:
                file = folder / "urls.txt"
                file.write_text("\n".join(addresses(scheme, ports[scheme], count, hot)) + "\n", encoding="utf-8")
                title = f"{scheme}, {in_flight} in flight{', one core busy' if is_busy else ''}"
                with busy_core() if is_busy else contextlib.nullcontext():
                    row(
                        file,
                        count,
                        in_flight,
                        options.rounds,
                        title,
                        folder,
                        hot,
                        f"{scheme}://{HOSTS[0]}:{ports[scheme]}",
                    )
        finally:
            for server in servers.values():
                server.terminate()
                server.wait()


@contextlib.contextmanager
def busy_core() -> Iterator[None]:
    """Keep one core busy with something else."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def count_connections(server: str) -> int:
    """Return how many connections a server has seen since it was last asked."""
    context = ssl._create_unverified_context()  # its own certificate, which this process does not know
    with urllib.request.urlopen(f"{server}/connections", context=context) as answer:
        return int(answer.read())


def row(file: Path, count: int, in_flight: int, rounds: int, title: str, folder: Path, hot: bool, server: str) -> None:
    """Measure one row, and print it."""
    connections: dict[str, int] = {}
    found: dict[str, list[tuple[float, float, float]]] = {"feedpub": [], "lychee": []}
    for _ in range(rounds):
        for name, (command, good) in checkers(file, count, in_flight).items():
            count_connections(server)
            found[name].append(measure(command, folder, good))
            connections[name] = count_connections(server)
    least = max(count / in_flight, count / 5 / PER_HOST if hot else 0) * LATENCY_SECONDS
    ratio = statistics.median(
        ours[0] / theirs[0] for ours, theirs in zip(found["feedpub"], found["lychee"], strict=True)
    )
    print(f"{title}{', one busy host' if hot else ''}: least {least:.2f} s, feedpub / lychee {ratio:.2f}")
    for name, runs in found.items():
        wall, cpu, memory = (statistics.median(column) for column in zip(*runs, strict=True))
        print(
            f"  {name:8} {wall:6.2f} s   {cpu / count * 1000:.3f} CPU-s for 1,000   {memory:4.0f} MB"
            f"   {connections[name]:5} connections",
            flush=True,
        )


if __name__ == "__main__":
    main()
