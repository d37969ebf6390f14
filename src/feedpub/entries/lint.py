"""What is right in each file and wrong between them: an entry's links and scripts, its languages, its neighbours."""

from __future__ import annotations

import functools
import re
from bisect import bisect_left, bisect_right
from html import unescape
from itertools import pairwise
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from .. import iri
from ..language import autonym, has_words, script
from ..sanitiser import SCHEMES, trim_address
from .headings import likely_languages
from .losses import find_losses, is_followed
from .markdown import strip_positions
from .markdown_checks import find_outside_of_code
from .summaries import has_content
from .templates import find_template_remains

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from ..model import Config, KeyPoint
    from .file import File
    from .headings import HeadingTable
    from .losses import Loss

_ADDRESSES = re.compile(
    r"""<(?!(?:code|del|em|h[1-6]|li|[ou]l|p|pre|span|strong|t[dhr])\b)[a-z][a-z0-9]*  # these have no address
    (?:[ ]data-sourcepos="([0-9:-]+)")?[^<>]*?(?<![\w-])(?:href|src)=(?:"([^"]*)"|'([^']*)')""",
    re.IGNORECASE | re.VERBOSE,
)
_POSITION_OF_BLOCK = re.compile(r' data-sourcepos="(\d+):')
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
# Letters of scripts, each run of two or more; Latin is at home everywhere.
_LETTERS: Final = {
    "Han": "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff",
    "Kana": "\u3041-\u3096\u30a1-\u30fa",
    "Hangul": "\u1100-\u11ff\uac00-\ud7a3",
    "Cyrillic": "\u0400-\u052f",
    "Greek": "\u0370-\u03ff",
    "Hebrew": "\u05d0-\u05ea",
    "Arabic": "\u0620-\u06ff",
    "Devanagari": "\u0900-\u097f",
    "Thai": "\u0e01-\u0e5b",
    "Latin": "A-Za-z\u00c0-\u024f\u1e00-\u1eff",
}
_OF_SCRIPT: Final = {
    "Hans": ("Han",),
    "Hant": ("Han",),
    "Jpan": ("Han", "Kana"),
    "Kore": ("Han", "Hangul"),
    "Cyrl": ("Cyrillic",),
    "Grek": ("Greek",),
    "Hebr": ("Hebrew",),
    "Arab": ("Arabic",),
    "Deva": ("Devanagari",),
    "Thai": ("Thai",),
    "Latn": ("Latin",),
}
# Where other scripts are in place: code, addresses, comments, and tags, which may mark another language. All begin at
# signs that nothing before them can have passed over in vain, so that marks without end cost little.
_AT_HOME = re.compile(
    r"(?P<fence>`{3,}|~{3,}).*?(?:(?P=fence)|\Z)"
    r"|(?P<tick>``?)(?!`)(?:(?!\n[ \t]*\n).){1,2000}?(?P=tick)"
    r"|<!--.*?(?:-->|\Z)|https?://\S+"
    r"|<(?P<tag>\w+)\b(?P<attributes>[^<>]*+)>",
    re.DOTALL,
)
_LANG = re.compile(r"\blang=.")
_END_TAG = re.compile(r"</(\w+)>")
_LONGEST_MARKED_CHARACTERS: Final = 5000  # between a tag with lang= and its end tag
_TAG = re.compile(r"<[^<>]*>")
_SAMPLE_CHARACTERS: Final = 600
# A text about software in a script of its own may be mostly names in Latin letters; the other way round it is not.
_OWN_SHARE: Final = 0.05
_LATIN_SHARE: Final = 0.5
_MOST_NUMBERS: Final = 20  # of references, in one message
_LONGEST_WORD_CHARACTERS: Final = 40  # of a word that a message quotes twice


def inspect_file(file: File, headings: HeadingTable) -> None:
    """Find all that may be wrong with one file by itself."""
    source = file.source
    inspect_html(file)
    _note_missing_addresses(file)
    _note_mistyped_headings(file, headings)
    _report_template_remains(file)
    if not _fits(file):
        message = f"the text does not look like {autonym(file.language)} ({file.language})"
        source.add("W104", message, "name the file after its language, or translate it", *file.place("title"))


def inspect_html(file: File) -> None:
    """Find what readers will not see as it was written: links, HTML, dates. It costs little: builds do it, too."""
    source, values = file.source, file.values
    if "updated" in values and "published" in values and values["updated"] < values["published"]:
        source.add("W107", "updated is before published", "correct one of them", *file.place("updated"))
    sections = file.sections
    _report_bare_tags(file)
    if any(problem.code == "E120" for problem in source.problems):
        return
    _note_nothing_to_read(file)
    html = f"{sections.body}\n{sections.points}"
    if sections.has_raw_html or "<a " in html or "<img " in html:
        losses = find_losses(strip_positions(html), f"{values.get('body', '')}\n{file.kept_points}")
        removed = {loss.address for loss in losses if loss.kind in ("address", "removed")}
        _inspect_addresses(file, html, removed)
        _report_losses(file, losses)
    if sections.unused_links:
        _inspect_addresses(file, sections.unused_links, None)


def _note_nothing_to_read(file: File) -> None:
    values, sections = file.values, file.sections
    if values.get("summary") or values.get("source") or sections.references or sections.via or file.kept_points:
        return
    if not has_content(values.get("body", "")):
        file.source.add("W130", "there is nothing to read in this entry", "write a text, or say draft: true")


def _report_losses(file: File, losses: Iterable[Loss]) -> None:
    """Report elements and attributes that are not published, at each place in the Markdown where one begins."""
    by_name: dict[str, list[Loss]] = {}
    for loss in losses:
        if loss.kind != "address" and is_followed(loss.address):  # others are reported where the address stands
            by_name.setdefault(loss.element.lower(), []).append(loss)
    if not by_name:
        return
    text = file.source.text
    at_home = _Spans(_spans_at_home(text))
    places: dict[str, list[tuple[int, int]]] = {}
    for found in _START_OF_TAG.finditer(text, file.body_start):
        if (name := found[1].lower()) in by_name and found.start() not in at_home:
            places.setdefault(name, []).append(found.span())
    for name, group in by_name.items():
        for loss in group:
            found_places = places.get(name, _NOWHERE)
            is_each = loss.kind != "attribute" and len(found_places) == loss.count
            for place in found_places if is_each else found_places[:1]:
                file.source.add(*loss.describe(), *place)


def _report_template_remains(file: File) -> None:
    markdown = file.source.text[file.body_start :]
    for remain in find_template_remains(markdown):
        if remain.is_reported:
            place = file.body_start + remain.start, file.body_start + remain.end
            file.source.add(*remain.describe(markdown), *place)


_NOWHERE: Final = [(-1, -1)]
_START_OF_TAG = re.compile(r"<([A-Za-z][^\s/<>]*+)(?=[\s/>])")


def _inspect_addresses(file: File, html: str, removed: Container[str] | None) -> None:
    """Report addresses that no reader can follow, each where its link stands.

    Args:
        file: Whose text holds the links; problems are added to it.
        html: With positions.
        removed: Addresses that the sanitiser has removed; None of HTML that is not published.
    """
    source = file.source
    places = _LinkPlaces(file, html)
    for found in _ADDRESSES.finditer(html):
        address = trim_address(unescape(found[2] or found[3] or ""))
        scheme = _SCHEME.match(address)
        name = scheme[1].casefold() if scheme else ""
        find_fault = iri.fault if removed is None else iri.host_fault
        if name in ("http", "https") and (reason := find_fault(address)):
            source.add("E111", reason, iri.suggest_url(address), *places.find(found, address))
        is_kept = scheme and removed is not None and address not in removed
        if address.startswith("#") or name in SCHEMES or is_kept:
            continue
        place = (-1, -1) if source.problems.is_full("W106" if scheme else "W105") else places.find(found, address)
        if scheme:
            source.add("W106", f"{scheme[1]}: links are removed", "link to a web page", *place)
        else:
            message = f"{unquote(address)} is a relative address" if address else "a link without address"
            hint = "nothing is published beside an entry; write the whole address, https://…"
            source.add("W105", message, hint, *place)


def compare_languages(files: Sequence[File]) -> None:
    """Compare the languages of an article: they should have the same points, references and addresses."""
    for file in files[1:]:
        _compare(files[0], file)
    if len(files) > 1:
        for file in files:
            _find_foreign_script(file)


def compare_articles(groups: Iterable[Mapping[str, File]], config: Config) -> None:
    """Compare the articles of a site: missing translations, dates and titles that readers cannot tell apart."""
    live: list[File] = []
    for group in groups:
        original = next(iter(group.values()))
        lacking = [language for language in config.languages if language not in group]
        if lacking and original.live:
            name = f"{original.key}.{lacking[0]}.md"
            original.source.add("N104", f"there is no translation into {', '.join(lacking)}", f"it would be {name}")
        live += [file for file in group.values() if file.live and file.readable]
    live.sort(key=lambda file: file.source.path)
    for language in config.languages:
        _compare_language([file for file in live if file.language == language], language, config)


def note_scheduled(groups: Iterable[Mapping[str, File]], until: datetime) -> None:
    """Note what is published later than a moment; a translation that only waits for its original is noted there."""
    for group in groups:
        original = next(iter(group.values()))
        for file in group.values():
            published = file.values.get("published")
            is_stated = file is original or "published" in file.matter
            if file.entry and is_stated and published and published > until:
                message = f"builds before {published.isoformat()} leave this out"
                hint = "nothing to do, if it is to appear then"
                file.source.add("N125", message, hint, *file.place("published"))


def _compare_language(files: Sequence[File], language: str, config: Config) -> None:
    if files and not has_words(language):
        message = f"feedpub has no words in {language}; headings such as References will be English"
        files[0].source.add(
            "N106", message, "nothing to do; to add the language, see docs/design.md where feedpub is developed"
        )
    titles: dict[str, File] = {}
    for file in files:
        twin = titles.setdefault(file.values.get("title", file.source.path), file)
        if twin is not file:
            message = f"{twin.source.path} has the same title"
            file.source.add("N109", message, "readers see two alike", *file.place("title"))
    dated = [file for file in files if "published" in file.values]
    _note_same_moments(dated)
    _note_old_translations(dated, config)


def _note_same_moments(files: Iterable[File]) -> None:
    moments = [(file.values.get("updated", file.values["published"]), file) for file in files]
    for (one, first), (other, second) in pairwise(sorted(moments, key=lambda pair: pair[0])):
        # A date that both took from their originals is noted there.
        file, twin = (second, first) if "published" in second.matter or "updated" in second.matter else (first, second)
        if one == other and ("published" in file.matter or "updated" in file.matter):
            hint = "give a time of day as well; some readers order by it, and the W3C validator warns"
            place = file.place("updated" if "updated" in file.matter else "published")
            file.source.add("N103", f"{twin.source.path} was updated at the same moment", hint, *place)


def _note_old_translations(files: Iterable[File], config: Config) -> None:
    newest_first = sorted(files, key=lambda file: (file.values["published"], file.key), reverse=True)
    old = [file for file in newest_first[config.limit :] if "published" not in file.matter]
    if old:
        others = f" (nor are {len(old) - 1} others)" if len(old) > 1 else ""
        message = f"this translation has the date of its original and is not among the newest {config.limit}{others}"
        hint = "a translation that is added later needs a published: of its own, or subscribers will not see it"
        old[0].source.add("N105", message, hint)


def _note_missing_addresses(file: File) -> None:
    source, places = file.source, _find_references(file)
    unusable = {problem.line for problem in source.problems if problem.code in ("E111", "W105", "W106")}
    missing = [
        number
        for number, (one, (start, _)) in enumerate(zip(file.sections.references, places, strict=True), start=1)
        if one.url is None and not (unusable and source.line_of(start) in unusable)
    ]
    if missing:
        more = f" and {len(missing) - _MOST_NUMBERS:,} more" if len(missing) > _MOST_NUMBERS else ""
        numbers = ", ".join(map(str, missing[:_MOST_NUMBERS])) + more
        what = f"references {numbers} have" if len(missing) > 1 else f"reference {numbers} has"
        hint = "fine if there is none; else write [title](https://…) - publisher"
        source.add("N102", f"{what} no address", hint, *places[missing[0] - 1])


def _compare(original: File, file: File) -> None:
    ours, theirs = file.sections, original.sections
    for what, mine, other in _counts(file, original):
        if mine != other:
            message = f"{mine} {what}, but {original.source.path} has {other}"
            file.source.add("W101", message, "translate the same points and references, in the same order")
            return
    for number, (mine_one, other_one) in enumerate(zip(ours.references, theirs.references, strict=True), start=1):
        if mine_one.url != other_one.url and mine_one.url and other_one.url:
            place = _find_references(file)[number - 1]
            message = f"reference {number} links to another address than in {original.source.path}"
            file.source.add("W102", message, f"there it is {other_one.url}", *place)


def _counts(file: File, original: File) -> Iterator[tuple[str, int, int]]:
    mine, other = file.sections, original.sections
    yield "key points", len(mine.key_points), len(other.key_points)
    for number, (one, two) in enumerate(zip(mine.key_points, other.key_points, strict=False), start=1):
        yield f"points under key point {number}", _below(one.children), _below(two.children)
    yield "references", len(mine.references), len(other.references)


def _below(points: Iterable[KeyPoint]) -> int:
    return sum(1 + _below(point.children) for point in points)


def _find_references(file: File) -> list[tuple[int, int]]:
    """Return where the references stand, in characters."""
    start = file.sections.start_line
    return [file.source.span_of(start + line, column) for line, column in file.sections.reference_places]


class _LinkPlaces:
    """Find where links of the HTML stand in the Markdown."""

    def __init__(self, file: File, html: str) -> None:
        self._source, self._start_line = file.source, file.sections.start_line
        blocks = list(_POSITION_OF_BLOCK.finditer(html))
        self._starts = [match.start() for match in blocks]
        self._lines = [int(match[1]) for match in blocks]
        self._next: dict[str, int] = {}  # where to look for the same address in raw HTML again

    def find(self, match: re.Match[str], address: str) -> tuple[int, int]:
        """Return the place of an address within its link; of the link, if the address is written in another way."""
        return self._find_in_link(match[1], address) if match[1] else self._find_in_html(match, address)

    def _find_in_link(self, position: str, address: str) -> tuple[int, int]:
        line, column, end_line, end_column = map(int, _NUMBER.findall(position))
        start = self._source.offset_of(self._start_line + line, column)
        end = self._source.offset_of(self._start_line + end_line, end_column) + 1
        text = self._source.text[start:end]
        for written in (address, unquote(address)):
            if written and (index := text.rfind(written)) >= 0:  # the label before it may be the same
                return start + index, start + index + len(written)
        return start, end

    def _find_in_html(self, match: re.Match[str], address: str) -> tuple[int, int]:
        index = bisect_right(self._starts, match.start()) - 1
        begin = self._source.offset_of(self._start_line + max(1, self._lines[index] if index >= 0 else 1), 1)
        start = max(begin, self._next.get(address, 0))
        written = match[2] or match[3] or ""
        attribute = re.compile(rf"""(?:href|src)\s*=\s*["']?({re.escape(written)})""", re.IGNORECASE)
        found = attribute.search(self._source.text, start)
        if not found:
            return begin, begin + 1
        self._next[address] = found.end()
        return found.span(1) if written else found.span()


_NUMBER = re.compile(r"\d+")


def _report_bare_tags(file: File) -> None:
    """Note tags that were read as text, each where it stands outside of code."""
    source, tags, after = file.source, file.sections.bare_tags, 0
    for index, (tag, line) in enumerate(tags):
        message, hint = f"{tag} was read as text", f"put it between backticks: `{tag}`"
        if source.problems.is_full("N131"):
            source.add("N131", message, hint, number=len(tags) - index)
            return
        start = max(after, source.offset_of(file.sections.start_line + line, 1))
        place = find_outside_of_code(source.text, tag, start)
        after = max(after, place[1])
        source.add("N131", message, hint, *place)


# With the names of sections, for a hint: each is compared with dozens of words, letter by letter.
MOST_COMPARED_HEADINGS: Final = 200


def _note_mistyped_headings(file: File, headings: HeadingTable) -> None:
    """Note why a text is no digest, and headings of the text that nearly name a section which the entry lacks."""
    sections = file.sections
    if sections.near_digest:
        reason, line, column = sections.near_digest
        message = f"this text is published as an ordinary post: {reason}"
        hint = "to publish it as a digest, mend that; write digest: true or false in the front matter to decide"
        file.source.add("N130", message, hint, *file.source.span_of(sections.start_line + line, column))
    known = {
        name
        for name, value in (
            ("summary", sections.summary), ("key_points", sections.points), ("references", sections.references)
        )
        if value
    }  # fmt: skip
    for text, line, column in sections.headlines[:MOST_COMPARED_HEADINGS]:
        near = headings.nearest(text)
        if near and near[0].section not in known:
            message = f"is a heading of the text, and nearly “{near[1]}”"
            hint = f"if a section is meant, write: ## {near[1].capitalize()}"
            file.source.add("N111", message, hint, *file.source.span_of(sections.start_line + line, column))


def _fits(file: File) -> bool:
    """Tell whether a text could be in its language, by its letters."""
    own = script(file.language)
    if own not in _OF_SCRIPT or file.language == "zh":
        return True  # letters that are not told apart here
    sample = _sample(file)
    if own == "Latn" and sample.isascii():
        return True
    chinese = own in ("Hans", "Hant")
    likely = likely_languages(sample, ("zh-Hans", "zh-Hant") if chinese else (file.language,))
    if likely or (own != "Latn" and not likely_languages(sample, ("en",))):
        return own in map(script, likely)
    mine, others = (len(letters.findall(sample)) for letters in (_letters(own), _other_letters(own)))
    return mine > (_LATIN_SHARE if own == "Latn" else _OWN_SHARE) * (mine + others)


def _sample(file: File) -> str:
    """Return the start of what a reader reads, without code, addresses, references and words marked as foreign."""
    references = _find_references(file)
    stop = min([file.body_start + 4 * _SAMPLE_CHARACTERS, *(start for start, _ in references[:1])])
    text = file.source.text[file.body_start : stop]
    pieces, done = [], 0
    for begin, end in _spans_at_home(text):
        pieces.append(text[done:begin])
        done = end
    text = _TAG.sub(" ", " ".join([*pieces, text[done:]]))
    start = file.values["summary"] if "summary" in file.matter else ""
    return f"{file.values.get('title', '')} {start} {text}"[:_SAMPLE_CHARACTERS]


def _find_foreign_script(file: File) -> None:
    """Warn of letters of another script in running text: often a word that was left untranslated."""
    text, pattern = file.source.text, _foreign(script(file.language))
    if not pattern.search(text) or any(problem.code == "W104" for problem in file.source.problems):
        return
    at_home = _Spans([*_spans_at_home(text), *_references(file)])
    for run in pattern.finditer(text, file.body_start):
        if run.start() in at_home:
            continue
        word = run.group()[:_LONGEST_WORD_CHARACTERS]
        message = f"{word} is not in the script of {autonym(file.language)}"
        hint = f'translate it; if it is meant, mark it: <i lang="…">{word}</i>'
        file.source.add("W103", message, hint, *run.span())
    for name in ("title", "summary"):
        value = file.values.get(name, "")
        # No mark can stand in front matter: a word in it may be meant, the whole cannot be.
        if name in file.matter and pattern.search(value) and not _letters(script(file.language)).search(value):
            message = f"the {name} is not in the script of {autonym(file.language)}"
            file.source.add("W103", message, "translate it", *file.place(name))


def _spans_at_home(text: str) -> list[tuple[int, int]]:
    """Return where other scripts are in place."""
    ends: dict[str, list[int]] | None = None
    spans = []
    place = 0
    while found := _AT_HOME.search(text, place):
        if found["tag"] is None:
            place = found.end()
            spans.append(found.span())
            continue
        place = found.start() + 1  # addresses may stand in it
        if _LANG.search(found["attributes"]):
            ends = _ends_by_tag(text) if ends is None else ends
            known = ends.get(found["tag"], [])
            number = bisect_left(known, found.end())
            if number < len(known) and known[number] <= found.end() + _LONGEST_MARKED_CHARACTERS:
                place = text.index(">", known[number]) + 1
                spans.append((found.start(), place))
    return spans


def _ends_by_tag(text: str) -> dict[str, list[int]]:
    """Return where the end tags of a text begin, by their names."""
    ends: dict[str, list[int]] = {}
    for found in _END_TAG.finditer(text):
        ends.setdefault(found[1], []).append(found.start())
    return ends


def _references(file: File) -> Iterator[tuple[int, int]]:
    stop = -1
    for start, end in _find_references(file):
        if stop < end:  # else it is the same blank line as that of the reference before
            stop = file.source.text.find("\n\n", end)
            stop = stop if stop >= 0 else len(file.source.text)
        yield start, stop


class _Spans:
    """Parts of a text, in which a place is found by bisection: there may be as many places as parts."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in sorted(spans):
            if self._ends and start <= self._ends[-1]:
                self._ends[-1] = max(end, self._ends[-1])
            else:
                self._starts.append(start)
                self._ends.append(end)

    def __contains__(self, place: int) -> bool:
        number = bisect_right(self._starts, place)
        return number > 0 and place < self._ends[number - 1]


@functools.cache
def _foreign(own: str) -> re.Pattern[str]:
    """Return runs of letters that a script does not have."""
    at_home = (*_OF_SCRIPT.get(own, ()), "Latin")
    return re.compile(f"[{_all_but(at_home)}]{{2,}}")


@functools.cache
def _letters(own: str) -> re.Pattern[str]:
    """Return one letter of a script."""
    return re.compile(f"[{''.join(_LETTERS[name] for name in _OF_SCRIPT.get(own, ()))}]")


@functools.cache
def _other_letters(own: str) -> re.Pattern[str]:
    """Return one letter of another script."""
    return re.compile(f"[{_all_but(_OF_SCRIPT.get(own, ()))}]")


def _all_but(names: Sequence[str]) -> str:
    return "".join(letters for name, letters in _LETTERS.items() if name not in names)
