"""Read a page: its title, the names that fragments point to, and where it redirects its readers.

The thread that serves all sockets also reads the pages. So `read_page` is a generator that yields every few
milliseconds; the caller decides when to go on, or gives up when the time is over. The work is linear in the size of the
page, and done once, however many fragments are looked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import TYPE_CHECKING, Final

from .. import iri
from .charsets import decode_page

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Mapping

MOST_SOURCE_CHARACTERS: Final = 64 * 1024  # of a page, kept to look for markers and to compare pages
LONGEST_REFRESH_SECONDS: Final = 10  # a page that sends its readers on sooner counts as a redirect
_STEPS_TOGETHER: Final = 500  # tags and attributes; one to two milliseconds
_CHARACTERS_PER_STEP: Final = 1000  # of a long attribute
_LONGEST_NAME_CHARACTERS: Final = 1000  # of a title or heading
_LONGEST_CONTENT_CHARACTERS: Final = iri.LONGEST_URL_CHARACTERS + 100
_READABLE_CODINGS: Final = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
_MEDIA_TYPES: Final = frozenset({"", "text/html", "application/xhtml+xml"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a page says about itself; empty if it could not be read.

    Args:
        source: Its beginning, decoded.
        title: Of the document; on one line, in lower case.
        heading: The first heading that has a text; on one line, in lower case.
        refresh: Where it sends its readers within seconds, and the base of that URL (the element base).
        status_code: The status code that it declares (`<meta name="prerender-status-code">`), else None.
        has_password_field: Whether it asks for a password.
        text_characters: Length of the text in `source`.
        names: The targets of fragments that were looked for and are there.
    """

    source: str = ""
    title: str = ""
    heading: str = ""
    refresh: tuple[str, str] | None = None
    status_code: int | None = None
    has_password_field: bool = False
    text_characters: int = 0
    names: frozenset[str] = frozenset()

    @property
    def titles(self) -> tuple[str, ...]:
        """The title and the heading, as far as there are any."""
        return tuple(text for text in (self.title, self.heading) if text)


NO_PAGE: Final = Page()


def is_page(headers: Mapping[str, str]) -> bool:
    """Return True if a response is an HTML page that can be read."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind in _MEDIA_TYPES and is_decoded(headers)


def is_decoded(headers: Mapping[str, str]) -> bool:
    """Return True if the body was decoded; bodies in other codings (br, zstd, two at once) are not judged."""
    return headers.get("content-encoding", "").strip().lower() in _READABLE_CODINGS


def read_page(
    body: bytes, headers: Mapping[str, str], names_to_find: Collection[str] = ()
) -> Generator[None, None, Page]:
    """Read a page and return it; yield every few milliseconds.

    Args:
        body: The page, or its beginning, decompressed.
        headers: Names in lower case.
        names_to_find: Targets of fragments to look for (see `fragments.find_names`).
    """
    if not is_page(headers):
        return Page()
    text = yield from decode_page(body, headers.get("content-type", ""))
    is_xml = headers.get("content-type", "").strip().lower().startswith("application/xhtml+xml")
    scanner = _Scanner(text, frozenset(names_to_find), is_xml=is_xml)
    yield from scanner.scan_tokens()
    return scanner.make_page()


def read_refresh(value: str) -> tuple[float, str] | None:
    """Return seconds and address of a field Refresh, or of `<meta http-equiv=refresh>` (HTML, section 4.2.5.3)."""
    match = _REFRESH.match(value[:_LONGEST_CONTENT_CHARACTERS])
    if not match:
        return None
    quote, url = match["quote"], match["url"]
    url = url.partition(quote)[0] if quote else url
    return float(match["seconds"] or 0), url.strip()


_REFRESH: Final = re.compile(
    r"""
    \s*+(?P<seconds>[0-9]{0,9}+)[0-9.]*+
    (?:\s*+[;,]\s*+|\s++)
    (?:url\s*+=\s*+)?+
    (?P<quote>["']?+)(?P<url>.*)
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)


# Tokens of HTML (section 13.2.5), as far as they matter here. Each pattern reads a limited number of characters, and a
# token without an end ends the page, as in browsers, so that nothing is read twice.


_TAG_NAME: Final = re.compile(r"[^\s/>]{1,100}")
_BETWEEN: Final = re.compile(r"[\s/]{0,1000}")
_ATTRIBUTE_NAME: Final = re.compile(r"=?[^\s/>=]{0,1000}")
_EQUALS: Final = re.compile(r"\s{0,1000}=\s{0,1000}")
_BARE_VALUE: Final = re.compile(r"[^\s>]{0,8000}")
# The attributes of a usual tag at once, in half of the time of reading them one by one. Possessive quantifiers make it
# fail in linear time.
_USUAL_ATTRIBUTES: Final = re.compile(
    r"""
    (?:
        [\s/]++
        [^\s/>="'][^\s/>=]*+
        (?:\s*+=\s*+ (?:"[^"]*+" | '[^']*+' | [^\s"'>][^\s>]*+))?+
    ){0,50}+
    [\s/]*+>
    """,
    re.VERBOSE,
)
_ID: Final = re.compile(r"""[\s/"']id[\s=]""", re.IGNORECASE)
_READ_ELEMENTS: Final = frozenset({"a", "base", "input", "meta"})  # other attributes than "id" are read of these
_COMMENT_END: Final = re.compile(r"--!?>")
# Elements whose content is not markup for a browser that runs scripts.
_RAW_TEXT_ELEMENTS: Final = frozenset(
    {"script", "style", "xmp", "iframe", "noembed", "noframes", "noscript", "textarea", "title", "plaintext"}
)
_USED_ATTRIBUTES: Final = frozenset({"id", "name", "http-equiv", "content", "type", "href"})


@dataclass(slots=True)
class _Scanner:
    """Goes once through the tokens of a page, and collects what `Page` contains."""

    text: str
    names_to_find: frozenset[str]
    is_xml: bool = False
    position: int = 0
    title: str | None = None
    heading: str = ""
    base: str = ""
    refresh: str | None = None
    status_code: int | None = None
    has_password_field: bool = False
    text_characters: int = 0
    found_names: set[str] = field(default_factory=set)
    templates: int = 0
    _heading_start: int | None = None
    _heading_parts: list[str] = field(default_factory=list)
    _steps: int = 0

    def make_page(self) -> Page:
        """Return the page."""
        return Page(
            source=self.text[:MOST_SOURCE_CHARACTERS], title=self.title or "", heading=self.heading,
            refresh=(self.refresh, self.base) if self.refresh is not None else None, status_code=self.status_code,
            has_password_field=self.has_password_field, text_characters=self.text_characters,
            names=frozenset(self.found_names),
        )  # fmt: skip

    def scan_tokens(self) -> Generator[None, None, None]:
        """Read all tokens; yield every `_STEPS_TOGETHER`."""
        text, end = self.text, len(self.text)
        while 0 <= self.position < end:
            self._steps += 1
            if self._steps >= _STEPS_TOGETHER:
                self._steps = 0
                yield
            opening = text.find("<", self.position)
            self._take_text(self.position, opening if opening >= 0 else end)
            if opening < 0:
                return
            following = text[opening + 1 : opening + 2]
            if following.isascii() and following.isalpha():
                yield from self._read_tag(opening + 1)
            elif following == "/":
                yield from self._read_end_tag(opening + 2)
            elif text.startswith("!--", opening + 1):
                match = _COMMENT_END.search(text, opening + 2)
                self.position = match.end() if match else -1
            elif following in ("!", "?"):
                self.position = text.find(">", opening) + 1 or -1
            else:
                self.position = opening + 1

    def _take_text(self, start: int, end: int) -> None:
        if end <= start or start >= MOST_SOURCE_CHARACTERS:
            return
        part = self.text[start : min(end, MOST_SOURCE_CHARACTERS)]
        self.text_characters += len(part.strip())
        if self._heading_start is not None:
            self._heading_parts.append(part[:_LONGEST_NAME_CHARACTERS])

    def _read_tag(self, start: int) -> Generator[None, None, None]:
        match = _TAG_NAME.match(self.text, start)
        assert match  # it begins with a letter
        name = match[0].lower()
        attributes: dict[str, str] = {}
        usual = _USUAL_ATTRIBUTES.match(self.text, match.end())
        if usual and not self._needs_attributes(name, usual[0]):
            self.position = usual.end()
            self._steps += len(usual[0]) // _CHARACTERS_PER_STEP
            closes_itself = usual[0].endswith("/>")
        else:
            closes_itself = yield from self._read_attributes(match.end(), attributes)
        if self.position < 0:
            return
        if name == "template":
            self.templates += not closes_itself
        if not self.templates:
            self._take_tag(name, attributes)
        if name in _RAW_TEXT_ELEMENTS and not (self.is_xml and closes_itself):
            yield from self._skip_raw(name)

    def _needs_attributes(self, name: str, source: str) -> bool:
        if name in _READ_ELEMENTS:
            return name != "a" or bool(self.names_to_find)
        return bool(self.names_to_find) and "id" in source.lower() and _ID.search(source) is not None

    def _read_end_tag(self, start: int) -> Generator[None, None, None]:
        match = _TAG_NAME.match(self.text, start)
        if not match or not match[0][0].isalpha():
            self.position = self.text.find(">", start) + 1 or -1
            return
        name = match[0].lower()
        if name == "h1":
            self._end_heading(start)
        elif name == "template":
            self.templates = max(0, self.templates - 1)
        if self.text.startswith(">", match.end()):
            self.position = match.end() + 1
        else:
            yield from self._read_attributes(match.end(), None)

    def _read_attributes(self, position: int, attributes: dict[str, str] | None) -> Generator[None, None, bool]:
        """Read to the end of a tag; return whether it closes itself. Of two attributes of a name, the first counts."""
        text, end, last = self.text, len(self.text), position
        while True:
            self._steps += 1 + (position - last) // _CHARACTERS_PER_STEP
            last = position
            if self._steps >= _STEPS_TOGETHER:
                self._steps = 0
                yield
            between = _BETWEEN.match(text, position)
            assert between  # it may be empty
            position = between.end()
            if position >= end:
                self.position = -1
                return False
            if text[position] == ">":
                self.position = position + 1
                return between[0].endswith("/")
            match = _ATTRIBUTE_NAME.match(text, position)
            assert match  # it may be empty
            position = match.end()
            equals = _EQUALS.match(text, position)
            value = ""
            if equals:
                position = equals.end()
                start = position
                if text[position : position + 1] in ('"', "'"):
                    start, position = position + 1, text.find(text[position], position + 1)
                    if position < 0:
                        self.position = -1
                        return False
                    value = text[start : min(position, start + _LONGEST_CONTENT_CHARACTERS)]
                    position += 1
                else:
                    bare = _BARE_VALUE.match(text, position)
                    assert bare  # it may be empty
                    value, position = bare[0], bare.end()
            name = match[0].lower()
            if attributes is not None and name in _USED_ATTRIBUTES:
                attributes.setdefault(name, _unescape_value(value))

    def _take_tag(self, name: str, attributes: Mapping[str, str]) -> None:
        if attributes:
            if attributes.get("id") in self.names_to_find:
                self.found_names.add(attributes["id"])
            if name == "a" and attributes.get("name") in self.names_to_find:
                self.found_names.add(attributes["name"])
            if name == "base" and not self.base:
                self.base = attributes.get("href", "")
            elif name == "input":
                self.has_password_field |= attributes.get("type", "").strip().lower() == "password"
            elif name == "meta":
                self._take_meta(attributes)
        if name == "h1" and not self.heading:
            self._heading_start, self._heading_parts = self.position, []

    def _take_meta(self, attributes: Mapping[str, str]) -> None:
        content = attributes.get("content", "")
        if attributes.get("http-equiv", "").strip().lower() == "refresh" and self.refresh is None:
            refresh = read_refresh(content)
            if refresh and refresh[1] and refresh[0] <= LONGEST_REFRESH_SECONDS:
                self.refresh = refresh[1]
        elif attributes.get("name", "").strip().lower() == "prerender-status-code":
            code = content.strip()
            self.status_code = int(code) if len(code) == 3 and code.isascii() and code.isdecimal() else None

    def _end_heading(self, end: int) -> None:
        start, self._heading_start = self._heading_start, None
        if start is not None and end - start <= _LONGEST_NAME_CHARACTERS:
            self.heading = _normalise_name(" ".join(self._heading_parts))

    def _skip_raw(self, name: str) -> Generator[None, None, None]:
        """Skip to the end tag of an element whose content is not markup."""
        text, start, position = self.text, self.position, self.position
        length = len(name)
        while True:
            self._steps += 1
            if self._steps >= _STEPS_TOGETHER:
                self._steps = 0
                yield
            position = text.find("</", position)
            if position < 0 or name == "plaintext":
                self.position = -1
                return
            ends = text[position + 2 + length : position + 3 + length]
            if (not ends or ends in "/> \t\n\r\f") and text[position + 2 : position + 2 + length].lower() == name:
                break
            position += 2
        if name == "title" and self.title is None and not self.templates:
            content = text[start : min(position, start + _LONGEST_NAME_CHARACTERS + 1)]
            self.title = _normalise_name(content) if len(content) <= _LONGEST_NAME_CHARACTERS else ""
        elif name == "textarea":
            self._take_text(start, position)
        self.position = position  # the end tag is read like others


def _unescape_value(text: str) -> str:
    if "&" not in text or len(text) > _LONGEST_CONTENT_CHARACTERS:
        return text
    try:
        return unescape(text)
    except ValueError:  # of a number with thousands of digits
        return text


def _normalise_name(text: str) -> str:
    return " ".join(_unescape_value(text).split()).casefold()
