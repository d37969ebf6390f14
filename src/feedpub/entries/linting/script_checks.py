"""Whether a text is in the script of its language, and where other scripts are in place."""

from __future__ import annotations

import functools
import re
from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from ...language import get_autonym, get_script
from ..language_guess import LETTERS, likely_languages
from ..markdown.code_spans import Spans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..entry_file import File

_SCRIPTS: Final = frozenset(name for scripts, _, _ in LETTERS for name in scripts)
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
_LONGEST_WORD_CHARACTERS: Final = 40  # of a word that a message quotes twice


def fits_language(file: File) -> bool:
    """Return True if the letters of a text fit its language."""
    own = get_script(file.language)
    if own not in _SCRIPTS or file.language == "zh":
        return True  # letters that are not told apart here
    sample = _take_sample(file)
    if own == "Latn" and sample.isascii():
        return True
    chinese = own in ("Hans", "Hant")
    likely = likely_languages(sample, ("zh-Hans", "zh-Hant") if chinese else (file.language,))
    if likely or (own != "Latn" and not likely_languages(sample, ("en",))):
        return own in map(get_script, likely)
    mine, others = (
        len(letters.findall(sample)) for letters in (_compile_letters(own), _compile_letters(own, is_own=False))
    )
    return mine > (_LATIN_SHARE if own == "Latn" else _OWN_SHARE) * (mine + others)


def _take_sample(file: File) -> str:
    """Return the start of what a reader reads, without code, addresses, references and words marked as foreign."""
    references = file.find_references()
    stop = min([file.body_start + 4 * _SAMPLE_CHARACTERS, *(start for start, _ in references[:1])])
    text = file.source.text[file.body_start : stop]
    pieces, done = [], 0
    for begin, end in find_spans_at_home(text):
        pieces.append(text[done:begin])
        done = end
    text = _TAG.sub(" ", " ".join([*pieces, text[done:]]))
    start = file.values["summary"] if "summary" in file.matter else ""
    return f"{file.values.get('title', '')} {start} {text}"[:_SAMPLE_CHARACTERS]


def report_foreign_script(file: File) -> None:
    """Warn of letters of another script in running text: often a word that was left untranslated."""
    text, pattern = file.source.text, _compile_foreign(get_script(file.language))
    if not pattern.search(text) or any(problem.code == "W104" for problem in file.source.problems):
        return
    at_home = Spans([*find_spans_at_home(text), *_find_references(file)])
    for run in pattern.finditer(text, file.body_start):
        if run.start() in at_home:
            continue
        word = run.group()[:_LONGEST_WORD_CHARACTERS]
        message = f"{word} is not in the script of {get_autonym(file.language)}"
        hint = f'translate it; if it is meant, mark it: <i lang="…">{word}</i>'
        file.source.add("W103", message, hint, *run.span())
    for name in ("title", "summary"):
        value = file.values.get(name, "")
        # No mark can stand in front matter: a word in it may be meant, the whole cannot be.
        if (
            name in file.matter
            and pattern.search(value)
            and not _compile_letters(get_script(file.language)).search(value)
        ):
            message = f"the {name} is not in the script of {get_autonym(file.language)}"
            file.source.add("W103", message, "translate it", *file.place(name))


def find_spans_at_home(text: str) -> list[tuple[int, int]]:
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


def _find_references(file: File) -> Iterator[tuple[int, int]]:
    stop = -1
    for start, end in file.find_references():
        if stop < end:  # else it is the same blank line as that of the reference before
            stop = file.source.text.find("\n\n", end)
            stop = stop if stop >= 0 else len(file.source.text)
        yield start, stop


@functools.cache
def _compile_foreign(own: str) -> re.Pattern[str]:
    """Return runs of letters that a script does not have; Latin is at home everywhere."""
    return re.compile(f"(?:{'|'.join(_find_letters(own, is_own=False) - _find_letters('Latn', is_own=True))}){{2,}}")


@functools.cache
def _compile_letters(own: str, *, is_own: bool = True) -> re.Pattern[str]:
    """Return one letter of a script, or one of all others."""
    return re.compile("|".join(_find_letters(own, is_own=is_own)))


def _find_letters(own: str, *, is_own: bool) -> set[str]:
    return {letters for scripts, letters, _ in LETTERS if (own in scripts) is is_own}
