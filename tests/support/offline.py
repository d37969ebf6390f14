"""Check links without a network: an adapter of requests that answers at once."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import requests

if TYPE_CHECKING:
    from collections.abc import Callable


class OfflineAdapter(requests.adapters.BaseAdapter):
    """Answers each address with a status code; 301 leads to /new of its host, which is there.

    Args:
        find_code: Address → status code.
    """

    def __init__(self, find_code: Callable[[str], int]) -> None:
        super().__init__()
        self.find_code = find_code
        self.asked: list[str] = []

    def send(self, request: requests.PreparedRequest, *_: object, **__: object) -> requests.Response:
        url = str(request.url)
        self.asked.append(url)
        response = requests.Response()
        response.request, response.url = request, url
        response.status_code = 200 if url.endswith("/new") else self.find_code(url)
        response.headers["Content-Type"] = "text/html"
        if response.status_code == 301:
            response.headers["Location"] = "/new"
        response.raw = io.BytesIO(b"" if request.method == "HEAD" else b"<title>A page</title>")
        return response

    def close(self) -> None:
        pass


def offline_session(find_code: Callable[[str], int]) -> requests.Session:
    """Return a session whose requests are answered at once."""
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, OfflineAdapter(find_code))
    return session
