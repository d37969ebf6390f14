"""What other programs' templates leave in Markdown: tags of Liquid and Hugo, attribute lists, wiki links, components.

`find_template_remains` looks outside code, formulas and comments only. It runs before Markdown is read.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Kind = Literal["tag", "attributes", "heading id", "wiki link", "contents", "block", "component", "import", "verbatim"]

_DESCRIPTIONS: Final[dict[Kind, str]] = {
    "tag": "is a template tag of another program",
    "attributes": "is an attribute list of another program",
    "wiki link": "is a wiki link; its text is published",
    "contents": "stands for a table of contents, which is not made",
    "block": "marks a block of another program; the text in it is published",
    "component": "is a component of another program; the text in it is published",
    "import": "is an import of another program",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateRemain:
    """A piece of Markdown that means nothing to readers.

    Attributes:
        start: Where it begins.
        end: Where it ends.
        kind: What it is.
        replacement: The Markdown that is published instead.
    """

    start: int
    end: int
    kind: Kind
    replacement: str = ""

    @property
    def is_reported(self) -> bool:
        """True if something may be missing; ids of headings and tags around code are not needed by anybody."""
        return self.kind in _DESCRIPTIONS

    def describe(self, markdown: str) -> tuple[str, str, str]:
        """Return code, message and hint of the problem that it is, with the Markdown that it was match in."""
        written = " ".join(markdown[self.start : self.end].split())
        hint = "write what it stands for; write backticks around it, if it is meant as text"
        return "W131", f"{written} {_DESCRIPTIONS[self.kind]}", hint


def find_template_remains(markdown: str) -> list[TemplateRemain]:
    """Return what templates of other programs left in Markdown, in order.

    Args:
        markdown: The text of an entry without front matter; its lines end in a line feed.
    """
    pieces = _find_pieces(markdown)
    imports = list(_find_imports(markdown))
    if not pieces and not imports:
        return []
    code = list(_find_code(markdown))
    verbatim = list(_find_verbatim(markdown, _Ranges(code)))
    guarded = _Ranges(code + [(tags[0].start, tags[-1].end) for tags in verbatim])
    remains = [*imports, *(tag for tags in verbatim for tag in tags)]
    context = _Context(markdown)
    for piece, kind in pieces:
        if piece.start() not in guarded and context.is_remain(piece, kind):
            remains.append(_make_remain(markdown, piece, kind))
    return _without_overlaps(remains)


def _find_pieces(markdown: str) -> list[tuple[re.Match[str], Kind]]:
    """Return what may be a remain, in order. Most texts hold none of the words that patterns begin with."""
    pieces = [
        (match, kind)
        for words, kind, pattern in _PATTERNS
        if any(word in markdown for word in words)
        for match in pattern.finditer(markdown)
        if not markdown.startswith(("\\", "$"), max(0, match.start() - 1))
    ]
    return sorted(pieces, key=lambda piece: piece[0].start())


def remove_template_remains(markdown: str, remains: Sequence[TemplateRemain]) -> str:
    """Return Markdown without what `find_template_remains` found.

    Lines keep their numbers. Columns stay where blanks within a line may stand for what is gone: at the start of a line
    they would make code of it, and at its end a line break.
    """
    if not remains:
        return markdown
    parts: list[str] = []
    done = 0
    is_first = True  # nothing but blanks stands before in the line
    for remain in remains:
        before = markdown[done : remain.start]
        lines = markdown.count("\n", remain.start, remain.end)
        rest = _BLANKS_AT_END.match(markdown, remain.end)
        done = rest.end() if rest else remain.end
        is_first = not before.rpartition("\n")[2].strip(" \t>") and (is_first or "\n" in before)
        parts.append(before)
        if remain.replacement or lines:
            parts.append(remain.replacement + "\n" * lines)
            is_first = not remain.replacement
        elif rest:
            while not parts[-1].strip(" \t") and len(parts) > 1:
                parts.pop()
            parts[-1] = parts[-1].rstrip(" \t")
        elif not is_first and (markdown[remain.start - 1] in " \t" or markdown[done] in " \t"):
            parts.append(" " * (remain.end - remain.start))
    return "".join([*parts, markdown[done:]])


_BLANKS_AT_END = re.compile(r"[ \t]*+(?=\n|\Z)")


# --- Patterns ---------------------------------------------------------------------------------------------------------

# Words of which one must stand in the text, what the pattern finds, the pattern. Each pattern stops where it may begin
# anew, so that marks without end cost little.
_PATTERNS: Final[tuple[tuple[tuple[str, ...], Kind, re.Pattern[str]], ...]] = (
    (("{%",), "tag", re.compile(r"\{%[^{}%]*+(?:%(?!\})[^{}%]*+)*+%\}")),  # {% include x %}
    (("{{<", "{{%"), "tag", re.compile(r"\{\{(?:<[^{}]*?>|%[^{}]*?%)\}\}")),  # {{< figure >}}, {{% note %}}
    (
        ("{{",),
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
    (("{/*",), "verbatim", re.compile(r"\{/\*[^{}]*?\*/\}")),  # a comment of MDX
    (
        ("[toc]", "[TOC]", "[Toc]", "_TOC_", "{:toc}", "{: toc"),
        "contents",
        re.compile(
            r"^[ \t]*+(?:\[\[_?toc_?\]\]|\[toc\]|[*+-] +toc\n\{:[ \t]*toc[^{}\n]*\})[ \t]*$",
            re.IGNORECASE | re.MULTILINE,
        ),
    ),
    # ## Title {#id}
    (("{#",), "heading id", re.compile(r"\{(?<=[ \t]\{)#[^\s{}]++[^{}\n]*+\}(?=[ \t]*#*[ \t]*$)", re.MULTILINE)),
    (
        ("{:",),
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
    (("[[",), "wiki link", re.compile(r"\[\[(?![\s^])[^\[\]\n|]++(?:\|[^\[\]\n]*+)?\]\](?![(\[:\]])")),
    ((":::",), "block", re.compile(r"^[ \t]*+:{3,}+[ \t]*+(?:\{?\.?[A-Za-z][^\n]*+)?$", re.MULTILINE)),
    (("<",), "component", re.compile(r"</?(?P<name>[A-Z][A-Za-z0-9]*+(?:\.[A-Z]\w*+)*+)(?:\s[^<>]*+)?/?>")),
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
# Tags of HTML may be written in capitals; "image" is read as "img".
_HTML_NAMES: Final = frozenset(
    "a abbr address area article aside audio b base bdi bdo big blockquote body br button canvas caption center cite"
    " code col colgroup data dd del details dfn dialog dir div dl dt em embed fieldset figcaption figure font footer"
    " form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe image img input ins kbd label legend"
    " li link main map mark menu meta nav nobr noscript object ol option p param picture pre q rp rt ruby s samp"
    " script section select small source span strike strong style sub summary sup svg table tbody td template textarea"
    " tfoot th thead time title tr track tt u ul var video wbr math".split()
)


class _Context:
    """What a text says elsewhere, which decides whether a piece of it is a remain."""

    def __init__(self, markdown: str) -> None:
        self._definitions = {label.casefold() for label in _DEFINITION.findall(markdown)}
        tags = set(_COMPONENT.findall(markdown))
        self._pairs = {name for start, name in tags if start == "<" and ("</", name) in tags}
        self._has_block = False

    def is_remain(self, piece: re.Match[str], kind: Kind) -> bool:
        """Return True unless a piece is ordinary text; pieces must be given in order."""
        written, before = piece.group(), piece.string[max(0, piece.start() - 1) : piece.start()]
        if kind == "wiki link":
            label = written.strip("[]")
            return before != "[" and not _CITATION.fullmatch(label) and label.casefold() not in self._definitions
        if kind == "block":
            is_end = not written.strip(" \t:")
            self._has_block = self._has_block or not is_end
            return self._has_block
        if kind == "attributes" and written[2:-1].strip(":/").replace("-", "").isalnum():
            return _is_first(piece.string, piece.start())  # {:toc}; elsewhere it may be a value of Ruby or Elixir
        if kind == "component":
            name = piece["name"]
            if name.isupper() or (name.lower() in _HTML_NAMES and "={" not in written):
                return False
            if before.isalnum():  # Vec<String>
                return False
            return written.endswith("/>") or "=" in written or name in self._pairs
        return True


def _is_first(markdown: str, offset: int) -> bool:
    """Return True if nothing but blanks and signs of quotations stand before an offset in its line."""
    while offset and markdown[offset - 1] in " \t>":
        offset -= 1
    return not offset or markdown[offset - 1] == "\n"


def _make_remain(markdown: str, piece: re.Match[str], kind: Kind) -> TemplateRemain:
    start, written, replacement = piece.start(), piece.group(), ""
    if kind == "wiki link":
        if markdown.startswith("!", max(0, start - 1)):  # a picture or another note is shown there
            start -= 1
        else:
            replacement = written.strip("[]").rpartition("|")[2].strip()
    elif kind == "block" and (titled := _BLOCK_TITLE.match(written)):
        replacement = f"**{titled[1].strip()}**"
    return TemplateRemain(start=start, end=piece.end(), kind=kind, replacement=replacement)


def _find_imports(markdown: str) -> Iterator[TemplateRemain]:
    """Yield the imports and exports that an MDX file begins with."""
    offset = 0
    while match := _IMPORTS.match(markdown, offset, offset + _LONGEST_IMPORT_CHARACTERS):
        offset = match.end()
        line = match.group().rstrip()
        if line:
            yield TemplateRemain(start=match.start(), end=match.start() + len(line), kind="import")


# --- Text that is no template -----------------------------------------------------------------------------------------

_VERBATIM_TAG = re.compile(
    r"\{%-?[ \t]*(?P<liquid>(?:end)?(?:raw|highlight|comment))\b[ \t]*(?P<language>[\w+-]*)[^{}%\n]*%\}"
    r"|\{\{[<%][ \t]*(?P<hugo>/?[ \t]*highlight)\b[ \t]*\"?(?P<hugo_language>[\w+-]*)[^{}\n]*[>%]\}\}"
)


def _find_verbatim(markdown: str, code: _Ranges) -> Iterator[list[TemplateRemain]]:
    """Yield the tags around each text that is no template; those around code become marks of code."""
    opening: re.Match[str] | None = None
    wanted = ""
    for match in _VERBATIM_TAG.finditer(markdown):
        name = (match["liquid"] or match["hugo"]).replace("/", "end").replace(" ", "")
        if opening is None:
            if not name.startswith("end") and match.start() not in code:
                opening, wanted = match, f"end{name}"
        elif name == wanted:
            first, last, opening = opening, match, None
            if name == "endcomment":
                yield [TemplateRemain(start=first.start(), end=last.end(), kind="verbatim")]
                continue
            marks = _marks_of_code(markdown, first, last) if name == "endhighlight" else ("", "")
            yield [
                TemplateRemain(start=tag.start(), end=tag.end(), kind="verbatim", replacement=mark)
                for tag, mark in zip((first, last), marks, strict=True)
            ]


def _marks_of_code(markdown: str, first: re.Match[str], last: re.Match[str]) -> tuple[str, str]:
    if _is_alone(markdown, first) and _is_alone(markdown, last):
        return f"```{first['language'] or first['hugo_language'] or ''}", "```"
    return ("`", "`") if markdown.find("\n", first.end(), last.start()) < 0 else ("", "")


def _is_alone(markdown: str, tag: re.Match[str]) -> bool:
    return _is_first(markdown, tag.start()) and _BLANKS_AT_END.match(markdown, tag.end()) is not None


_FENCE = re.compile(r"[ \t>]*(?:(?:[-*+]|[0-9]{1,9}[.)])[ \t]+)*(`{3,}|~{3,})([^\n]*)")
_LIST_ITEM = re.compile(r"[ \t>]*(?:[-*+]|[0-9]{1,9}[.)])(?:[ \t]|$)")
_RAW_HTML = re.compile(r"<!--.*?(?:-->|\Z)|<(pre|script|style|code)\b.*?(?:</\1|\Z)", re.DOTALL | re.IGNORECASE)
_FORMULA = re.compile(r"\$\$.+?\$\$|(?<![\\$\w])\$[^\s$][^$\n]*\$(?!\d)", re.DOTALL)
_TICKS = re.compile(r"`+|\n[ \t>]*(?=\n)")


def _find_code(markdown: str) -> Iterator[tuple[int, int]]:
    """Yield what stands in blocks and spans of code, in HTML that is no prose, and in formulas, in no order."""
    prose = 0
    for start, end in _find_code_blocks(markdown):
        yield start, end
        yield from _find_code_spans(markdown, prose, start)
        prose = end
    yield from _find_code_spans(markdown, prose, len(markdown))
    for pattern in (_RAW_HTML, _FORMULA):
        for match in pattern.finditer(markdown):
            yield match.span()


def _find_code_blocks(markdown: str) -> Iterator[tuple[int, int]]:
    """Yield fenced and indented blocks; deeper lines of a list are taken for its text."""
    fence = ""
    start = offset = 0
    is_after_blank, is_list, is_code = True, False, False
    for line in markdown.splitlines(keepends=True):
        end = offset + len(line)
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not mark[2].strip():
                yield start, end
                fence = ""
        elif mark and not (mark[1][0] == "`" and "`" in mark[2]):
            fence, start = mark[1], offset
        elif not line.strip():
            is_after_blank = True
            offset = end
            continue
        elif (is_after_blank or is_code) and not is_list and line.startswith(("    ", "\t")):
            is_code = True
            yield offset, end
        else:
            is_code = False
            is_list = _LIST_ITEM.match(line) is not None or (is_list and (line[0] in " \t" or not is_after_blank))
        is_after_blank = False
        offset = end
    if fence:
        yield start, offset


def _find_code_spans(markdown: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield spans of code: from a run of backticks to the next one of the same length in the paragraph."""
    runs: list[re.Match[str]] = []
    for match in _TICKS.finditer(markdown, start, end):
        if match[0][0] == "`":
            runs.append(match)
        else:
            yield from _pair_runs(runs)
            runs = []
    yield from _pair_runs(runs)


def _pair_runs(runs: list[re.Match[str]]) -> Iterator[tuple[int, int]]:
    partners: dict[int, int] = {}
    nearest: dict[int, int] = {}
    for number in range(len(runs) - 1, -1, -1):
        length = len(runs[number][0])
        if length in nearest:
            partners[number] = nearest[length]
        nearest[length] = number
    number = 0
    while number < len(runs):
        partner = partners.get(number)
        if partner is not None:
            yield runs[number].start(), runs[partner].end()
            number = partner
        number += 1


class _Ranges:
    """Ranges of a text, for the question whether an offset is in one of them."""

    def __init__(self, ranges: Iterable[tuple[int, int]]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in sorted(ranges):
            if self._ends and start <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._starts.append(start)
                self._ends.append(end)

    def __contains__(self, offset: int) -> bool:
        number = bisect_right(self._starts, offset) - 1
        return number >= 0 and offset < self._ends[number]


def _without_overlaps(remains: list[TemplateRemain]) -> list[TemplateRemain]:
    kept: list[TemplateRemain] = []
    for remain in sorted(remains, key=lambda remain: remain.start):
        if not kept or remain.start >= kept[-1].end:
            kept.append(remain)
    return kept
