"""Draft → the text of an entry file: front matter and Markdown that `sections` reads back, and code hosts show well.

Text is escaped only where Markdown would take it for something else. What has several forms (HTML in key points, the
body) is tried in the most readable one first, read back, and written in a plainer one if it came back changed.
"""

from __future__ import annotations

import json
import re
from html import escape, unescape
from typing import TYPE_CHECKING, Final

import yaml

from ..language import DEFAULT_LANGUAGE, match
from ..model import KeyPoint
from ..rendering.text import html_to_text, one_line
from .headings import default_table
from .labels import split_label
from .lines import split_link
from .markdown import strip_positions
from .sections import read_sections
from .source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..model import Draft, Reference
    from .headings import HeadingTable, Section
    from .sections import Sections


def write_entry(
    draft: Draft,
    *,
    published: str | None = None,
    via: str | None = None,
    previous: Reference | None = None,
    next: Reference | None = None,
    headings: HeadingTable | None = None,
) -> str:
    """Write a draft as an entry file; read again, it says the same.

    Layout does not survive: blank lines of the body outside of ``<pre>``, line ends and runs of spaces elsewhere. A
    body that no HTML element opens gets a ``<div>`` around it. In addresses, what a URI must percent-encode may come
    back percent-encoded (``é`` as ``%C3%A9``).

    Args:
        draft: What to write; its language chooses the headings.
        published: ISO 8601, as `parse_date` takes it.
        via: Address of the source.
        previous: The article before it; title and address are written.
        next: The article after it.
        headings: The table that will read the file; the package's own if not given.

    Returns:
        The text; lines end in a line feed.
    """
    table = headings or default_table()
    language = match(draft.language, table.languages()) or DEFAULT_LANGUAGE
    contents: dict[Section, str] = {
        "summary": "\n\n".join(line for part in _PARAGRAPH.split(draft.summary) if (line := _line(part))),
        "key_points": "\n".join(_key_points(draft.key_points)),
        "references": "\n".join(_references(draft.references)),
    }
    blocks = [f"## {_line(table.word(language, name))}\n\n{text}" for name, text in contents.items() if text]
    body = _body(draft.body)
    is_digest = bool(body and blocks)  # else it would be a post: the body stands before the sections
    front = _front_matter(draft.title, published, None, via, previous, next, is_digest=is_digest)
    return front + "\n\n".join([*([body] if body else []), *blocks]) + "\n"


def write_markdown_entry(
    draft: Draft,
    markdown: str,
    *,
    published: str | None = None,
    author: str | None = None,
    via: str | None = None,
    previous: Reference | None = None,
    next: Reference | None = None,
    is_digest: bool = False,
) -> str:
    """Write an entry file of a draft that was read from Markdown: front matter, and that Markdown as it is.

    Args as of `write_entry`; `author` is a name, `is_digest` says in the front matter that the text is a digest.
    """
    return _front_matter(draft.title, published, author, via, previous, next, is_digest=is_digest) + markdown


def _front_matter(
    title: str | None,
    published: str | None,
    author: str | None,
    via: str | None,
    previous: Reference | None,
    next: Reference | None,
    *,
    is_digest: bool = False,
) -> str:
    matter = {
        "title": _scalar(one_line(title or "")),
        "published": _date(published or ""),
        "author": _scalar(one_line(author or "")),
        "source": _scalar(via or ""),
        "previous": _neighbour(previous),
        "next": _neighbour(next),
        "digest": "true" if is_digest else "",
    }
    lines = [f"{key}: {value}\n" for key, value in matter.items() if value]
    return f"---\n{''.join(lines)}---\n" if lines else ""


def _scalar(text: str) -> str:
    """Write text as YAML: plain where every YAML reader takes it for the same text, else in double quotes."""
    try:
        plain = yaml.safe_load(f"key: {text}") == {"key": text}
    except (yaml.YAMLError, ValueError):  # ValueError: looks like a date and is none
        plain = False
    return text if plain or not text else _quoted(text)


def _quoted(text: str) -> str:
    return _NOT_IN_YAML.sub(lambda found: f"\\u{ord(found.group()):04x}", json.dumps(text, ensure_ascii=False))


# YAML 1.1, section 5.1; JSON's own escapes are YAML's, too.
_NOT_IN_YAML: Final = re.compile("[\x7f-\x9f\ufeff]")


def _date(text: str) -> str:
    return text if _ISO_DATE.fullmatch(text) else _scalar(text)


_ISO_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d(?:[T ][0-9:.]+(?:Z|[+-][0-9:]+)?)?", re.ASCII)


def _neighbour(reference: Reference | None) -> str:
    """Write a neighbour as its title, or as a link; as a mapping if these would be read as something else."""
    if reference is None:
        return ""
    title, url = one_line(reference.title), reference.url
    text = f"[{title}]({url})" if url else title
    if split_link(text) == (title, url):
        return _scalar(text)
    address = f", url: {_quoted(url)}" if url else ""
    return f"{{title: {_quoted(title)}{address}}}"


def _body(html: str) -> str:
    """Write HTML as it is if it reads back; a blank line would end it, save in ``<pre>`` at the start of a line."""
    html = html.replace("\r\n", "\n").strip()
    if not html or _reads_back(html, html):
        return html
    apart = html.replace("\n<pre", "\n\n<pre")
    if _reads_back(apart, html):
        return apart
    parts = _PRE.split(html)
    parts[::2] = [_BLANK_LINES.sub("\n", part) for part in parts[::2]]
    html = _BLANK_LINES.sub(lambda found: "\n" + "&#10;" * (found.group().count("\n") - 1), "".join(parts))
    return html if _reads_back(html, html) else f"<div>\n{html}\n</div>"


# Neither goes on past where it could begin anew, so that marks without end cost little.
_PRE: Final = re.compile(r"(<pre\b(?:(?!<pre\b).)*?</pre>)", re.DOTALL | re.IGNORECASE)
_BLANK_LINES: Final = re.compile(r"\n(?:[ \t]*\n)+")


def _reads_back(text: str, html: str) -> bool:
    """Return True if Markdown is read as this body, and what follows it is still read."""
    found = _read(f"{text}\n\n## Summary\n\nEnd\n")
    return strip_positions(found.body).strip() == html and html_to_text(found.summary) == "End"


def _read(text: str) -> Sections:
    return read_sections(Source("", text), 0, default_table(), has_title=True, is_digest=True)


def _key_points(points: Iterable[KeyPoint], indent: str = "") -> Iterator[str]:
    for point in points:
        yield f"{indent}- {_write_inline(one_line(point.text), has_children=bool(point.children))}"
        yield from _key_points(point.children, f"{indent}  ")


def _write_inline(html: str, *, has_children: bool) -> str:
    """Write inline HTML: as Markdown, else with its tags as they are, else without them."""
    if "<" not in html:
        return _line(unescape(html)) or _NOTHING
    parts = _TAG.split(_BREAK.sub("<br>", html))
    raw, expected = list(parts), list(parts)
    raw[::2] = [_escaped(unescape(part)) for part in parts[::2]]
    expected[::2] = [escape(unescape(part), quote=False) for part in parts[::2]]
    below, children = ("  - \\-\n", (KeyPoint(text="-"),)) if has_children else ("", ())
    points = (KeyPoint(text=one_line("".join(expected)), children=children),)
    plain = _OPENING.sub(r"\1\\\2", one_line("".join(raw)))
    for text in (_readable(plain), plain, _NOTHING + plain):  # behind a character reference no tag opens a block
        if _read(f"## Key Points\n\n- {text}\n{below}").key_points == points:
            return text
    return _line(html_to_text(html)) or _NOTHING


_NOTHING: Final = "&#32;"
_TAG: Final = re.compile(
    r"""(<!--(?:(?!<!--).)*?-->|<\?(?:(?!<\?).)*?\?>|<![A-Za-z\[][^<>]*>|</?[A-Za-z](?:[^<>"']|"[^"]*"|'[^']*')*+>)"""
)
_BREAK: Final = re.compile(r"<br ?/>")


def _readable(text: str) -> str:
    """Turn the tags that Markdown has marks for into these."""
    text = _LINK.sub(_readable_link, text)
    text = _IMAGE.sub(lambda found: f"!{_link(_escaped(unescape(found[2])), unescape(found[1]))}", text)
    text = _CODE.sub(lambda found: f"`{_ESCAPE.sub('', found[1])}`", text)
    return _MARKED.sub(lambda found: _MARKS[found[1]], text)


def _readable_link(found: re.Match[str]) -> str:
    url = unescape(found[1])
    return f"<{url}>" if url == _ESCAPE.sub("", found[2]) else _link(found[2], url)


_LINK: Final = re.compile(r'<a href="([^"]*)">([^<]*)</a>')
_IMAGE: Final = re.compile(r'<img src="([^"]*)" alt="([^"]*)" />')
_CODE: Final = re.compile(r"<code>([^<]*)</code>")
_ESCAPE: Final = re.compile(r"\\(?=[!-/:-@\[-`{-~])")
_MARKS: Final = {"strong": "**", "em": "*", "del": "~~"}
_MARKED: Final = re.compile(rf"</?({'|'.join(_MARKS)})>")


def _references(references: Iterable[Reference]) -> Iterator[str]:
    for number, reference in enumerate(references, start=1):
        title, url = one_line(reference.title), reference.url
        publishers = tuple(publisher for publisher in map(one_line, reference.publishers) if publisher)
        label = f"{title} - {' / '.join(publishers)}" if publishers else title
        text, names = _line(title), [_escaped(publisher) for publisher in publishers]
        if split_label(label) != (title, publishers):
            text = _SEPARATOR.sub(_meaningless, text)
            names = [_BETWEEN_PUBLISHERS.sub(_meaningless, name) for name in names]
        if url:
            alone = url == title and not names and not _BRACKET.search(url)
            text = f"<{url}>" if alone else _link(text, url)
        yield f"{number}. {text} - {' / '.join(names)}" if names else f"{number}. {text}"


# What `labels` splits at.
_SEPARATOR: Final = re.compile(r"(?<!\S)[-–—－](?!\S)|—(?=—)|(?<=—)—")
_BETWEEN_PUBLISHERS: Final = re.compile(r"(?<!\S)/(?!\S)|／")
_BRACKET: Final = re.compile("[<>]")


def _meaningless(found: re.Match[str]) -> str:
    """Write a character so that it separates nothing: escaped, or in an element of its own."""
    return f"\\{found.group()}" if found.group().isascii() else f"<span>{found.group()}</span>"


def _link(text: str, url: str) -> str:
    """Write a link; `text` is Markdown."""
    address = _NOT_IN_ADDRESS.sub(lambda match: "&amp;" if match[0] == "&" else f"\\{match[0]}", url)
    if not _PAIRED.fullmatch(address):
        address = _PARENTHESIS.sub(r"\\\g<0>", address)
    return f"[{text}]({address})"


_NOT_IN_ADDRESS: Final = re.compile(r"[\\<>`]|&(?=#?\w+;)")
_PARENTHESIS: Final = re.compile("[()]")
_PAIRED: Final = re.compile(r"[^()]*(?:\([^()]*\)[^()]*)*")


def _line(text: str) -> str:
    """Write plain text as a line of its own."""
    return _OPENING.sub(r"\1\\\2", _escaped(one_line(text)))


def _escaped(text: str) -> str:
    """Escape what Markdown reads as marks, within a line; an escaped address is no link."""
    return _SPECIAL.sub(r"\\\g<0>", text)


_PARAGRAPH: Final = re.compile(r"\n[ \t]*\n")
_SPECIAL: Final = re.compile(
    r"[\\`*\[\]<~$]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)|(?:(?<=http)|(?<=https)):(?=//)", re.IGNORECASE
)
# What opens a heading, a quotation or a list at the start of a line.
_OPENING: Final = re.compile(r"^(\d{1,9}(?=[.)]))?([.)](?!\S)|#{1,6}(?!\S)|>|[-+](?![^\s-]))")
