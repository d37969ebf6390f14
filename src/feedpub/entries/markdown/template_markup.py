"""Find and remove the template markup of other programs in Markdown.

It can be tags of Liquid and Hugo, attribute lists, wiki links, components and more. Code, formulas and comments are
left alone. This runs before the Markdown is rendered.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from .bare_tags import HTML_NAMES
from .code_spans import Spans, find_code_spans

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Kind = Literal["tag", "attributes", "heading id", "wiki link", "contents", "block", "component", "import", "verbatim"]

_DESCRIPTIONS: Final[dict[Kind, str]] = {
    "tag": "is a template tag of another program",
    "attributes": "is an attribute list of another program",
    "wiki link": "is a wiki link; its text is published",
    "contents": "asks for a table of contents, which feedpub does not make",
    "block": "marks a block of another program; the text in it is published",
    "component": "is a component of another program; the text in it is published",
    "import": "is an import of another program",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateMarkup:
    """A piece of Markdown that only another program understands.

    Args:
        start: Where it begins.
        end: Where it ends.
        kind: The kind of markup.
        replacement: The Markdown that is published instead.
    """

    start: int
    end: int
    kind: Kind
    replacement: str = ""

    @property
    def is_reported(self) -> bool:
        """Whether readers may miss something; nobody needs ids of headings, or tags around code."""
        return self.kind in _DESCRIPTIONS

    def describe_problem(self, markdown: str) -> tuple[str, str, str]:
        """Return code, message and hint of the problem; `markdown` is the text that the markup was found in."""
        text = " ".join(markdown[self.start : self.end].split())
        hint = "write out what it stands for; if it is meant as text, put it between backticks"
        return "W131", f"{text} {_DESCRIPTIONS[self.kind]}", hint


def find_template_markup(markdown: str) -> list[TemplateMarkup]:
    """Return the template markup of other programs in Markdown, in order.

    Args:
        markdown: The text of an entry without front matter; its lines end in a line feed.
    """
    pieces = _find_pieces(markdown)
    imports = list(_find_imports(markdown))
    if not pieces and not imports:
        return []
    code = [*find_code_spans(markdown), *(match.span() for match in _RAW_HTML.finditer(markdown))]
    verbatim = list(_find_verbatim_tags(markdown, Spans(code)))
    guarded = Spans([*code, *((tags[0].start, tags[-1].end) for tags in verbatim)])
    markup = [*imports, *(tag for tags in verbatim for tag in tags)]
    context = _Context(markdown)
    for piece, kind in pieces:
        if piece.start() not in guarded and context.is_markup(piece, kind):
            markup.append(_make_markup(markdown, piece, kind))
    return _without_overlaps(markup)


def _find_pieces(markdown: str) -> list[tuple[re.Match[str], Kind]]:
    """Return the pieces that may be template markup, in order."""
    pieces = [
        (match, kind)
        for kind, pattern in _PATTERNS
        for match in pattern.finditer(markdown)
        if not markdown.startswith(("\\", "$"), max(0, match.start() - 1))
    ]
    return sorted(pieces, key=lambda piece: piece[0].start())


def remove_template_markup(markdown: str, found_markup: Sequence[TemplateMarkup]) -> str:
    """Return Markdown without the pieces that `find_template_markup` returned.

    Lines keep their numbers. Within a line, spaces replace a removed piece, so that columns stay the same. At the start
    of a line they would turn it into code, and at its end into a line break, so there is no replacement.
    """
    if not found_markup:
        return markdown
    parts: list[str] = []
    position = 0
    is_first = True  # there are only spaces before it in the line
    for piece in found_markup:
        before = markdown[position : piece.start]
        lines = markdown.count("\n", piece.start, piece.end)
        blanks = _BLANKS_AT_END.match(markdown, piece.end)
        position = blanks.end() if blanks else piece.end
        is_first = not before.rpartition("\n")[2].strip(" \t>") and (is_first or "\n" in before)
        parts.append(before)
        if piece.replacement or lines:
            parts.append(piece.replacement + "\n" * lines)
            is_first = not piece.replacement
        elif blanks:
            while not parts[-1].strip(" \t") and len(parts) > 1:
                parts.pop()
            parts[-1] = parts[-1].rstrip(" \t")
        elif not is_first and (markdown[piece.start - 1] in " \t" or markdown[position] in " \t"):
            parts.append(" " * (piece.end - piece.start))
    return "".join([*parts, markdown[position:]])


_BLANKS_AT_END = re.compile(r"[ \t]*+(?=\n|\Z)")


# --- Patterns ---------------------------------------------------------------------------------------------------------

# Each pattern stops where it may begin again, so that markup without an end costs little.
_PATTERNS: Final[tuple[tuple[Kind, re.Pattern[str]], ...]] = (
    ("tag", re.compile(r"\{%[^{}%]*+(?:%(?!\})[^{}%]*+)*+%\}")),  # {% include x %}
    ("tag", re.compile(r"\{\{(?:<[^{}]*?>|%[^{}]*?%)\}\}")),  # {{< figure >}}, {{% note %}}
    (
        "tag",
        re.compile(
            r"""
            \{\{-?(?:
                [ \t]+(?:[A-Za-z_][\w.-]*+|"[^"{}\n]*+"|'[^'{}\n]*+')[^{}\n]*+  # {{ page.title }}
                |(?:site|page|post|layout|include)\.[^{}\n]*+                   # {{site.url}}
            )\}\}
            """,
            re.VERBOSE,
        ),
    ),
    ("verbatim", re.compile(r"\{/\*[^{}]*?\*/\}")),  # a comment of MDX
    (
        "contents",
        re.compile(
            r"^[ \t]*+(?:\[\[_?toc_?\]\]|\[toc\]|[*+-] +toc\n\{:[ \t]*toc[^{}\n]*\})[ \t]*$",
            re.IGNORECASE | re.MULTILINE,
        ),
    ),
    # ## Title {#id}
    ("heading id", re.compile(r"\{(?<=[ \t]\{)#[^\s{}]++[^{}\n]*+\}(?=[ \t]*#*[ \t]*$)", re.MULTILINE)),
    (
        "attributes",
        re.compile(
            r"""
            \{:(?:
                [ \t]*+(?:(?:[.\#][\w:-]++|[\w-]++=(?:"[^"\n]*+"|'[^'\n]*+'|[^\s"'{}]++))[ \t]*+)++\}    # {: .lead #id}
                |(?:/?[\w-]*|:[^{}\n]*)\}(?=[ \t]*$)                                                     # {:toc}
            )
            """,
            re.VERBOSE | re.MULTILINE,
        ),
    ),
    ("wiki link", re.compile(r"\[\[(?![\s^])[^\[\]\n|]++(?:\|[^\[\]\n]*+)?\]\](?![(\[:\]])")),
    ("block", re.compile(r"^[ \t]*+:{3,}+[ \t]*+(?:\{?\.?[A-Za-z][^\n]*+)?$", re.MULTILINE)),
    ("component", re.compile(r"</?(?P<name>[A-Z][A-Za-z0-9]*+(?:\.[A-Z]\w*+)*+)(?:\s[^<>]*+)?/?>")),
)
_IMPORTS = re.compile(
    r"""
    import[ ]+(?:[\w*$,{}\s]+?[ \n]from[ ]+)?(?:'[^'\n]*'|"[^"\n]*");?[ \t]*(?:\n|\Z)
    |export[ ]+(?:const|let|default|function)\b[^\n]*(?:\n|\Z)
    |[ \t]*\n
    """,
    re.VERBOSE,
)
# The title of a block: ":::note Title", ":::note[Title]", "::: {.note} Title".
_BLOCK_TITLE = re.compile(
    r"""
    [ \t]*+:{3,}+[ \t]*+(?:\{[^{}]*+\}|\.?[A-Za-z][\w-]*+)[ \t]*+(?:\{[^{}]*+\}[ \t]*+)?
    \[?([^\s\[\]{}:][^\[\]{}]*+)\]?
    """,
    re.VERBOSE,
)
_LONGEST_IMPORT_CHARACTERS: Final = 2_000
_DEFINITION = re.compile(r"^ {0,3}\[([^\[\]\n]+)\]:", re.MULTILINE)
_CITATION = re.compile(r"[\d\s,;–-]+")
_COMPONENT = re.compile(r"(</?)([A-Z][A-Za-z0-9]*)")
_TAGS_IN_CAPITALS: Final = HTML_NAMES | {"image"}  # read as "img"


class _Context:
    """Facts about a text that decide whether a piece of it is template markup."""

    def __init__(self, markdown: str) -> None:
        self._definitions = {label.casefold() for label in _DEFINITION.findall(markdown)}
        tags = set(_COMPONENT.findall(markdown))
        self._pairs = {name for start, name in tags if start == "<" and ("</", name) in tags}
        self._has_block = False

    def is_markup(self, piece: re.Match[str], kind: Kind) -> bool:
        """Return True unless a piece is ordinary text; must be called in the order of the pieces."""
        text, before = piece.group(), piece.string[max(0, piece.start() - 1) : piece.start()]
        if kind == "wiki link":
            label = text.strip("[]")
            return before != "[" and not _CITATION.fullmatch(label) and label.casefold() not in self._definitions
        if kind == "block":
            is_end = not text.strip(" \t:")
            self._has_block = self._has_block or not is_end
            return self._has_block
        if kind == "attributes" and text[2:-1].strip(":/").replace("-", "").isalnum():
            return _is_first(piece.string, piece.start())  # {:toc}; elsewhere it may be code in Ruby or Elixir
        if kind == "component":
            name = piece["name"]
            if name.isupper() or (name.lower() in _TAGS_IN_CAPITALS and "={" not in text):
                return False
            if before.isalnum():  # Vec<String>
                return False
            return text.endswith("/>") or "=" in text or name in self._pairs
        return True


def _is_first(markdown: str, offset: int) -> bool:
    """Return True if there are only spaces and ``>`` before an offset in its line."""
    while offset and markdown[offset - 1] in " \t>":
        offset -= 1
    return not offset or markdown[offset - 1] == "\n"


def _make_markup(markdown: str, piece: re.Match[str], kind: Kind) -> TemplateMarkup:
    start, text, replacement = piece.start(), piece.group(), ""
    if kind == "wiki link":
        if markdown.startswith("!", max(0, start - 1)):  # a picture or another note is shown there
            start -= 1
        else:
            replacement = text.strip("[]").rpartition("|")[2].strip()
    elif kind == "block" and (titled := _BLOCK_TITLE.match(text)):
        replacement = f"**{titled[1].strip()}**"
    return TemplateMarkup(start=start, end=piece.end(), kind=kind, replacement=replacement)


def _find_imports(markdown: str) -> Iterator[TemplateMarkup]:
    """Yield the imports and exports that an MDX file begins with."""
    offset = 0
    while match := _IMPORTS.match(markdown, offset, offset + _LONGEST_IMPORT_CHARACTERS):
        offset = match.end()
        line = match.group().rstrip()
        if line:
            yield TemplateMarkup(start=match.start(), end=match.start() + len(line), kind="import")


# --- Text that is no template -----------------------------------------------------------------------------------------

_VERBATIM_TAG = re.compile(
    r"\{%-?[ \t]*(?P<liquid>(?:end)?(?:raw|highlight|comment))\b[ \t]*(?P<language>[\w+-]*)[^{}%\n]*%\}"
    r"|\{\{[<%][ \t]*(?P<hugo>/?[ \t]*highlight)\b[ \t]*\"?(?P<hugo_language>[\w+-]*)[^{}\n]*[>%]\}\}"
)


def _find_verbatim_tags(markdown: str, code: Spans) -> Iterator[list[TemplateMarkup]]:
    """Yield the tags around each text that is not a template; tags around code become code marks of Markdown."""
    opening: re.Match[str] | None = None
    end_name = ""
    for match in _VERBATIM_TAG.finditer(markdown):
        name = (match["liquid"] or match["hugo"]).replace("/", "end").replace(" ", "")
        if opening is None:
            if not name.startswith("end") and match.start() not in code:
                opening, end_name = match, f"end{name}"
        elif name == end_name:
            first, last, opening = opening, match, None
            if name == "endcomment":
                yield [TemplateMarkup(start=first.start(), end=last.end(), kind="verbatim")]
                continue
            replacements = _choose_code_marks(markdown, first, last) if name == "endhighlight" else ("", "")
            yield [
                TemplateMarkup(start=tag.start(), end=tag.end(), kind="verbatim", replacement=replacement)
                for tag, replacement in zip((first, last), replacements, strict=True)
            ]


def _choose_code_marks(markdown: str, first: re.Match[str], last: re.Match[str]) -> tuple[str, str]:
    if _is_alone(markdown, first) and _is_alone(markdown, last):
        return f"```{first['language'] or first['hugo_language'] or ''}", "```"
    return ("`", "`") if markdown.find("\n", first.end(), last.start()) < 0 else ("", "")


def _is_alone(markdown: str, tag: re.Match[str]) -> bool:
    return _is_first(markdown, tag.start()) and _BLANKS_AT_END.match(markdown, tag.end()) is not None


_RAW_HTML = re.compile(r"<!--.*?(?:-->|\Z)|<(pre|script|style|code)\b.*?(?:</\1|\Z)", re.DOTALL | re.IGNORECASE)


def _without_overlaps(pieces: list[TemplateMarkup]) -> list[TemplateMarkup]:
    apart: list[TemplateMarkup] = []
    for piece in sorted(pieces, key=lambda piece: piece.start):
        if not apart or piece.start >= apart[-1].end:
            apart.append(piece)
    return apart
