"""What is right in each file and wrong between them: an entry's links and scripts, its languages, its neighbours."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from ..content import SCHEMES, plain_text
from ..language import autonym, has_words, script
from .headings import likely_languages

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ..model import Config, Entry, KeyPoint
    from .folder import File

_ADDRESSES = re.compile(r"""\b(?:href|src)="([^"]*)\"""")
_DROPPED = re.compile(r"<(script|style|iframe|object|embed|form|input|svg|video|audio)\b", re.IGNORECASE)
# Letters of scripts, each run of two or more; Latin is at home everywhere.
_RUNS: Final = {
    "Han": "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff",
    "Kana": "\u3041-\u3096\u30a1-\u30fa",
    "Hangul": "\u1100-\u11ff\uac00-\ud7a3",
    "Cyrillic": "\u0400-\u052f",
    "Greek": "\u0370-\u03ff",
    "Hebrew": "\u05d0-\u05ea",
    "Arabic": "\u0620-\u06ff",
    "Devanagari": "\u0900-\u097f",
    "Thai": "\u0e01-\u0e5b",
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
}
# Where other scripts are in place: code, addresses, and what is marked as being in another language.
_AT_HOME = re.compile(
    r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]*`|https?://\S+|<(\w+)[^>]*\blang=[^>]*>.*?</\1>", re.DOTALL
)
_FOREIGN: dict[str, re.Pattern[str]] = {}
_SAMPLE_CHARACTERS: Final = 600


def inspect_entry(file: File, entry: Entry) -> None:
    """Find what readers will not see as it was written: links, HTML, dates, script of the text."""
    source = file.source
    if entry.updated < entry.published:
        source.add("W107", "updated is before published", "correct one of them", *file.place("updated"))
    missing = [str(number) for number, one in enumerate(entry.references, start=1) if one.url is None]
    if missing:
        place = file.sections.reference_places[int(missing[0]) - 1]
        what = f"references {', '.join(missing)} have" if len(missing) > 1 else f"reference {missing[0]} has"
        hint = "fine if there is none; else write [title](https://…) - publisher"
        source.add("N102", f"{what} no address", hint, *place)
    _inspect_html(file, entry.body)
    text = f"{entry.title} {entry.summary or plain_text(entry.body[:2000])}"[:_SAMPLE_CHARACTERS]
    if not likely_languages(text, (entry.language,)):
        message = f"the text does not look like {autonym(entry.language)} ({entry.language})"
        source.add("W104", message, "name the file after its language, or translate it", *file.place("title"))


def compare_languages(files: Sequence[File]) -> None:
    """Compare the languages of an article: they should have the same points, references and addresses."""
    for file in files[1:]:
        _compare(files[0], file)
    if len(files) > 1:
        for file in files:
            _find_foreign_script(file)


def compare_articles(files: Sequence[File], config: Config) -> None:
    """Compare the articles of a site: missing translations, dates and titles that readers cannot tell apart."""
    live = [file for file in files if file.entry]
    by_key: dict[str, list[File]] = {}
    for file in live:
        by_key.setdefault(file.key, []).append(file)
    for found in by_key.values():
        there = {file.language: file for file in found}
        lacking = [language for language in config.languages if language not in there]
        original = next(there[language] for language in config.languages if language in there)
        if lacking:
            name = f"{original.key}.{lacking[0]}.md"
            original.source.add("N104", f"there is no translation into {', '.join(lacking)}", f"it would be {name}")
    for language in config.languages:
        _compare_language([file for file in live if file.language == language], language, config)


def _compare_language(files: Sequence[File], language: str, config: Config) -> None:
    if files and not has_words(language):
        message = f"feedpub has no words in {language}; headings such as References will be English"
        files[0].source.add("N106", message, "docs/design.md tells how to add a language")
    dated = sorted((file for file in files if file.entry), key=lambda file: (file.entry.updated, file.key))  # type: ignore[union-attr]
    for one, other in pairwise(dated):
        if one.entry and other.entry and one.entry.updated == other.entry.updated:
            message = f"{one.source.path} was updated at the same moment"
            hint = "give a time of day as well; some readers order by it, and the W3C validator warns"
            other.source.add("N103", message, hint, *(other.place("updated") if "updated" in other.matter else other.place("published")))
    titles: dict[str, File] = {}
    for file in files:
        twin = titles.setdefault(str(file.values.get("title")), file)
        if twin is not file:
            file.source.add("N109", f"{twin.source.path} has the same title", "readers see two alike", *file.place("title"))
    _note_old_translations(dated, config)


def _note_old_translations(dated: Sequence[File], config: Config) -> None:
    old = [file for file in dated[: -config.limit] if "published" not in file.matter]
    if old:
        message = f"{len(old)} translations have the date of their original and are not among the newest {config.limit}"
        hint = "a translation that is added later needs a published: of its own, or subscribers will not see it"
        old[-1].source.add("N105", message, hint)


def _compare(original: File, file: File) -> None:
    ours, theirs = file.sections, original.sections
    for what, mine, other in _counts(file, original):
        if mine != other:
            message = f"{mine} {what}, but {original.source.path} has {other}"
            file.source.add("W101", message, "translate the same points and references, in the same order")
            return
    for number, (mine_one, other_one) in enumerate(zip(ours.references, theirs.references, strict=True), start=1):
        if mine_one.url != other_one.url and mine_one.url and other_one.url:
            place = ours.reference_places[number - 1]
            message = f"reference {number} links to another address than in {original.source.path}"
            file.source.add("W102", message, f"there it is {other_one.url}", *place)


def _counts(file: File, original: File) -> Iterator[tuple[str, int, int]]:
    mine, other = file.sections, original.sections
    yield "key points", len(mine.key_points), len(other.key_points)
    for number, (one, two) in enumerate(zip(mine.key_points, other.key_points, strict=False), start=1):
        yield f"sub-points under key point {number}", _below(one.children), _below(two.children)
    yield "references", len(mine.references), len(other.references)


def _below(points: Iterable[KeyPoint]) -> int:
    return sum(1 + _below(point.children) for point in points)


def _inspect_html(file: File, body: str) -> None:
    if "<" not in body:
        return
    for found in _ADDRESSES.finditer(body):
        address = found[1].replace("&amp;", "&")
        scheme, colon, _ = address.partition(":")
        if address.startswith("#") or (colon and scheme.casefold() in SCHEMES):
            continue
        place = _place(file, address)
        if colon and scheme.isalnum():
            file.source.add("W106", f"{scheme}: links are removed", "link to a web page", *place)
        else:
            hint = "nothing is published beside an entry; write the whole address, https://…"
            file.source.add("W105", f"{address} is a relative address", hint, *place)
    for found in _DROPPED.finditer(body):
        message = f"<{found[1].lower()}> is removed: it would not work in feed readers"
        file.source.add("W106", message, "link to a page that has it", *_place(file, found.group()))


def _place(file: File, text: str) -> tuple[int, int]:
    start = file.source.text.find(text)
    return (start, start + len(text)) if start >= 0 else (-1, -1)


def _find_foreign_script(file: File) -> None:
    """Warn of letters of another script in running text: often a word that was left untranslated."""
    text = file.source.text
    pattern = _foreign(script(file.language))
    if not pattern.search(text):
        return
    at_home = [found.span() for found in _AT_HOME.finditer(text)] + file.sections.reference_places
    matter = [(value.start, value.end) for key, value in file.matter.items() if key not in ("title", "summary")]
    for found in pattern.finditer(text):
        if not any(start <= found.start() < end for start, end in (*at_home, *matter)):
            message = f"{found.group()} is not in the script of {autonym(file.language)}"
            hint = f'translate it; if it is meant, mark it: <i lang="…">{found.group()}</i>'
            file.source.add("W103", message, hint, *found.span())


def _foreign(own: str) -> re.Pattern[str]:
    pattern = _FOREIGN.get(own)
    if pattern is None:
        letters = "".join(letters for name, letters in _RUNS.items() if name not in _OF_SCRIPT.get(own, ()))
        pattern = _FOREIGN[own] = re.compile(f"[{letters}]{{2,}}")
    return pattern
