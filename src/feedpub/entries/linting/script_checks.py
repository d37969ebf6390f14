"""Check whether a text is in the script of its language."""

from __future__ import annotations

import functools
import re
from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from ...language import get_autonym, get_script
from ..language_guess import LETTERS, guess_languages
from ..markdown.code_spans import Spans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..entry_file import EntryFile

_SCRIPTS: Final = frozenset(name for scripts, _, _ in LETTERS for name in scripts)
# Where other scripts are allowed: code, addresses, comments, and elements that state another language. Each alternative
# begins with characters that no other alternative scans over in vain, so that markup without an end costs little.
_EXEMPT = re.compile(
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
# A text about software in another script may be mostly names in Latin letters; a Latin text has few other letters.
_OWN_SHARE: Final = 0.05
_LATIN_SHARE: Final = 0.5
_LONGEST_WORD_CHARACTERS: Final = 40  # of a word that a message quotes twice


def fits_language(file: EntryFile) -> bool:
    """Return True if the letters of a text fit its language."""
    expected_script = get_script(file.language)
    if expected_script not in _SCRIPTS or file.language == "zh":
        return True  # scripts whose letters are not in the table
    sample = _take_sample(file)
    if expected_script == "Latn" and sample.isascii():
        return True
    chinese = expected_script in ("Hans", "Hant")
    likely = guess_languages(sample, ("zh-Hans", "zh-Hant") if chinese else (file.language,))
    if likely or (expected_script != "Latn" and not guess_languages(sample, ("en",))):
        return expected_script in map(get_script, likely)
    own_letters, foreign_letters = (
        len(letters.findall(sample))
        for letters in (_compile_letters(expected_script), _compile_letters(expected_script, inside=False))
    )
    return own_letters > (_LATIN_SHARE if expected_script == "Latn" else _OWN_SHARE) * (own_letters + foreign_letters)


def _take_sample(file: EntryFile) -> str:
    """Return the start of the text without code, addresses, references and words marked as another language."""
    references = file.find_reference_spans()
    stop = min([file.body_start + 4 * _SAMPLE_CHARACTERS, *(start for start, _ in references[:1])])
    text = file.source.text[file.body_start : stop]
    pieces, position = [], 0
    for exempt_start, exempt_end in find_exempt_spans(text):
        pieces.append(text[position:exempt_start])
        position = exempt_end
    text = _TAG.sub(" ", " ".join([*pieces, text[position:]]))
    summary = file.values["summary"] if "summary" in file.matter else ""
    return f"{file.values.get('title', '')} {summary} {text}"[:_SAMPLE_CHARACTERS]


def report_foreign_script(file: EntryFile) -> None:
    """Warn of letters of another script in the text, which are often a word that was not translated."""
    text, pattern = file.source.text, _compile_foreign(get_script(file.language))
    if not pattern.search(text) or any(problem.code == "W104" for problem in file.source.problems):
        return
    exempt = Spans([*find_exempt_spans(text), *_find_references(file)])
    for run in pattern.finditer(text, file.body_start):
        if run.start() in exempt:
            continue
        word = run.group()[:_LONGEST_WORD_CHARACTERS]
        message = f"{word} is not in the script of {get_autonym(file.language)}"
        hint = f'translate it; if it is intended, mark it: <i lang="…">{word}</i>'
        file.source.add("W103", message, hint, *run.span())
    for name in ("title", "summary"):
        value = file.values.get(name, "")
        # Front matter cannot mark a language: a word in another script may be intended, a whole value cannot be.
        if (
            name in file.matter
            and pattern.search(value)
            and not _compile_letters(get_script(file.language)).search(value)
        ):
            message = f"the {name} is not in the script of {get_autonym(file.language)}"
            file.source.add("W103", message, "translate it", *file.find_span(name))


def find_exempt_spans(text: str) -> list[tuple[int, int]]:
    """Return the spans of a text where other scripts are allowed."""
    ends: dict[str, list[int]] | None = None
    spans = []
    position = 0
    while match := _EXEMPT.search(text, position):
        if match["tag"] is None:
            position = match.end()
            spans.append(match.span())
            continue
        position = match.start() + 1  # it may contain addresses
        if _LANG.search(match["attributes"]):
            ends = _find_end_tags(text) if ends is None else ends
            end_tags = ends.get(match["tag"], [])
            number = bisect_left(end_tags, match.end())
            if number < len(end_tags) and end_tags[number] <= match.end() + _LONGEST_MARKED_CHARACTERS:
                position = text.index(">", end_tags[number]) + 1
                spans.append((match.start(), position))
    return spans


def _find_end_tags(text: str) -> dict[str, list[int]]:
    """Return the offsets of the end tags of a text, by their names."""
    ends: dict[str, list[int]] = {}
    for match in _END_TAG.finditer(text):
        ends.setdefault(match[1], []).append(match.start())
    return ends


def _find_references(file: EntryFile) -> Iterator[tuple[int, int]]:
    stop = -1
    for start, end in file.find_reference_spans():
        if stop < end:  # otherwise it ends at the same blank line as the reference before
            stop = file.source.text.find("\n\n", end)
            stop = stop if stop >= 0 else len(file.source.text)
        yield start, stop


@functools.cache
def _compile_foreign(script_code: str) -> re.Pattern[str]:
    """Return the pattern of two or more letters that are not in a script; Latin letters are allowed everywhere."""
    return re.compile(
        f"(?:{'|'.join(_find_letters(script_code, inside=False) - _find_letters('Latn', inside=True))}){{2,}}"
    )


@functools.cache
def _compile_letters(script_code: str, *, inside: bool = True) -> re.Pattern[str]:
    """Return the pattern of a letter in a script, or in all other scripts."""
    return re.compile("|".join(_find_letters(script_code, inside=inside)))


def _find_letters(script_code: str, *, inside: bool) -> set[str]:
    return {letters for scripts, letters, _ in LETTERS if (script_code in scripts) is inside}
