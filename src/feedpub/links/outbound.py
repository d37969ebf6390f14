"""Where the links of a site stand: each outbound address once, with file, line and entry."""

from __future__ import annotations

import os
import re
from html import unescape
from itertools import islice
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from ..files import read_file
from ..iri import LONGEST_URL_CHARACTERS, resolve_url
from .result import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..model import Entry, KeyPoint, Site

# Both match whatever follows, up to where they cannot go on, and are searched for from there: in linear time.
_TAG: Final = re.compile(r"""<(?:a|img)\b((?:[^<>"']|"[^"]*"|'[^']*')*+)""", re.IGNORECASE)
_ADDRESS: Final = re.compile(
    r"""(?<=\s)(?:href|src)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))|"[^"]*"|'[^']*'""", re.IGNORECASE
)
# What may follow an address in a text without being a part of it: else it is the beginning of a longer one.
_LONGER: Final = re.compile(r"[.,;:!*$]*+[A-Za-z0-9/?#&=%_~+@-]")


def outbound(site: Site) -> dict[str, tuple[Place, ...]]:
    """Return the outbound links of a site: references, sources, links and images in bodies and key points, enclosures.

    Addresses of the site's own pages are left out, and so is what is not http(s).

    Returns:
        Address → where it stands, in the order of files and lines.
    """
    found: dict[str, dict[Place, None]] = {}
    home = site.config.base_url.partition("://")[2]
    for article in site.articles:
        own = {entry.link for entry in article.entries.values()}
        for language, entry in article.entries.items():
            path = article.paths.get(language, "")
            lines = _Lines(path)
            for url in dict.fromkeys(_addresses(entry)):
                scheme, _, rest = url.partition("://")
                ours = url in own or rest.startswith(home) or rest == home.removesuffix("/")
                if ours or scheme not in ("http", "https"):
                    continue
                numbers = lines.numbers_of(url)
                places = [Place(path=path, line=number, entry=entry.id) for number in numbers or [0]]
                found.setdefault(url, {}).update(dict.fromkeys(places))
    # A translation takes what its original says: there is no line of its own for that.
    pairs = [
        (url, tuple(sorted([one for one in places if one.line] or places, key=_order))) for url, places in found.items()
    ]
    return dict(sorted(pairs, key=lambda pair: _order(pair[1][0])))


def _order(place: Place) -> tuple[str, int, str]:
    return place.path, place.line, place.entry


def _addresses(entry: Entry) -> Iterator[str]:
    yield from (reference.url for reference in entry.references if reference.url)
    if entry.via:
        yield entry.via
    for html in (entry.body, *_texts(entry.key_points)):
        for tag in _TAG.finditer(html):
            found = next(filter(any, _ADDRESS.findall(tag[1])), ())
            address = unescape("".join(found)).strip()
            if address and not address.startswith("#"):
                yield resolve_url(entry.link, address) or ""
    yield from (enclosure.url for enclosure in entry.enclosures)
    yield from (url for url in (entry.image,) if url)
    yield from (other.url for other in (entry.previous, entry.next) if other and other.url)


def _texts(points: Iterable[KeyPoint]) -> Iterator[str]:
    for point in points:
        yield point.text
        yield from _texts(point.children)


class _Lines:
    """The lines of an entry file, by the addresses that stand in them: there may be thousands of both.

    Args:
        path: The file; one that cannot be read any more has no lines.
    """

    def __init__(self, path: str) -> None:
        self._numbers: dict[str, list[int]] = {}
        self._searches = _MOST_SEARCHES
        self._lines: list[str] = []
        try:
            text = read_file(*os.path.split(path)).decode("utf-8-sig", "replace") if path else ""
        except OSError:
            return
        self._lines = text.splitlines()
        for number, line in enumerate(self._lines, start=1):
            for found in _WRITTEN.finditer(line) if "://" in line else ():
                for end in _ends(found[0]):
                    numbers = self._numbers.setdefault(found[0][:end], [])
                    if not numbers or numbers[-1] != number:
                        numbers.append(number)

    def numbers_of(self, url: str) -> list[int]:
        """Return the lines in which an address stands, as such or without its escapes."""
        forms = {url, unquote(url), url.replace("&", "&amp;")}
        numbers = {number for form in forms for number in self._numbers.get(form, ())}
        if not numbers and self._searches:  # it holds what ends an address elsewhere, such as a blank
            self._searches -= 1
            numbers = {
                number
                for number, line in enumerate(self._lines, start=1)
                if "://" in line and any(_stands_in(line, form) for form in forms)
            }
        return sorted(numbers)


# Of addresses that are written in a way that no pattern finds: each takes a search through the whole file.
_MOST_SEARCHES: Final = 200
_WRITTEN: Final = re.compile(rf"""https?://[^\s<>"']{{1,{LONGEST_URL_CHARACTERS}}}""")
_MOST_ENDS: Final = 16


def _ends(written: str) -> Iterator[int]:
    """Yield where an address may end in what was written without a blank."""
    yield len(written)
    for found in islice(_END.finditer(written, len("https://")), _MOST_ENDS):
        yield from dict.fromkeys((found.start(), found.end(1)))


# Punctuation, as far as it goes, before something that continues no address; see `_LONGER`.
_END: Final = re.compile(r"(?<![.,;:!*$])([.,;:!*$]*+)(?:[^A-Za-z0-9/?#&=%_~+@.,;:!*$-]|\Z)")


def _stands_in(line: str, url: str) -> bool:
    start = line.find(url)
    while start >= 0:
        end = start + len(url)
        if not _LONGER.match(line, end):
            return True
        start = line.find(url, end)
    return False
