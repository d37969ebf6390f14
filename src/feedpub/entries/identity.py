"""The key and the language of an entry file, from its name, its front matter and the settings."""

from __future__ import annotations

import os
import re
import unicodedata
from typing import TYPE_CHECKING, Final

from ..errors import LanguageTagError
from ..language import KNOWN_LANGUAGES, canonicalise_tag, match_language
from ..model.checks import LONGEST_KEY_BYTES, is_legal_xml, is_usable_key
from .dates import parse_date
from .front_matter.reader import read_front_matter
from .front_matter.value import read_text
from .language_guess import guess_languages
from .source import read_source

if TYPE_CHECKING:
    from ..model import Config
    from .entry_file import EntryFile

_FIRST_PART: Final = re.compile(r"[A-Za-z]+(?=[-_])")
_COMMON_LANGUAGES: Final = frozenset(tag.partition("-")[0] for tag in KNOWN_LANGUAGES)
_LOOKS_LIKE_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")


def split_file_name(name: str) -> tuple[str, str]:
    """Split a file name into the key and what looks like a language tag.

    ``notes.v2.md`` has no language. Nor has ``crates.io-incident.md``: a tag of several subtags counts only if it
    exists, or nearly exists (`LanguageTagError.suggestion`).
    """
    stem = unicodedata.normalize("NFC", name[: -len(".md")])
    key, _, suffix = stem.rpartition(".")
    if not key or not _LOOKS_LIKE_TAG.fullmatch(suffix):
        return stem, ""
    first = _FIRST_PART.match(suffix)
    if first and first[0].casefold() not in _COMMON_LANGUAGES:
        try:
            canonicalise_tag(suffix)
        except LanguageTagError as error:
            return (key, suffix) if error.suggestion else (stem, "")
    return key, suffix


def extract_date_of_name(file: EntryFile, path: str, config: Config) -> str:
    """Return the date in a file name such as Jekyll's ``2026-02-03-hello.md``, and remove it from the key.

    If the original has a date in its front matter, the file name stays as it is: translations often have no date, and
    an article has the same key in all languages.
    """
    dated_name = _DATED_NAME.fullmatch(file.key)
    if not dated_name or _original_has_date(file, path, config):
        return ""
    try:
        parse_date(dated_name[1], config.timezone)
    except ValueError:
        return ""
    file.key = dated_name[2] or file.key
    return dated_name[1]


_DATED_NAME: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:[-_](.+))?", re.ASCII | re.DOTALL)


def _original_has_date(file: EntryFile, path: str, config: Config) -> bool:
    folder, name_of_file = os.path.split(path)
    first, *others = (f"{file.key}.{language}.md" for language in config.languages)
    for name in (first, f"{file.key}.md", *others):
        if name == name_of_file:
            break
        if os.path.exists(original := os.path.join(folder, name)):
            return "published" in read_front_matter(read_source(original, name, head=True))[0]
    return "published" in file.matter


def determine_language(file: EntryFile, suffix: str, config: Config) -> str:
    """Return the language in the file name, the front matter or the settings; empty, and a problem, if it is invalid.

    Args:
        file: The file; problems are added to it.
        suffix: The second result of `split_file_name`.
        config: The site's settings.
    """
    language_of_name = _read_language_of_name(file, suffix, config) if suffix else None
    language_of_front_matter = _read_language_of_front_matter(file, config)
    if language_of_name and language_of_front_matter and language_of_name != language_of_front_matter:
        hint = f"rename the file to {file.key}.{language_of_front_matter}.md, or remove this line"
        file.source.add("W104", f"the file name says {language_of_name}", hint, *file.find_span("language"))
    return next(
        (language for language in (language_of_name, language_of_front_matter) if language is not None),
        config.default_language,
    )


def _read_language_of_name(file: EntryFile, suffix: str, config: Config) -> str:
    ending = f"the name ends in .{suffix}.md, and {suffix}"
    try:
        tag = canonicalise_tag(suffix)
    except LanguageTagError as error:
        matches = [match for tag in error.suggestion if (match := match_language(tag, config.languages))]
        if error.suggestion and not matches:
            hint = f"did you mean {' or '.join(error.suggestion)}? Add it to languages in feedpub.toml"
        else:
            # `post.cn.md` is meant as a language, `node.js.md` is not.
            name = file.key if matches else f"{file.key}.{suffix}"
            hint = f"rename it to {name}.{next(iter(matches), config.default_language)}.md"
        file.source.add("E113", f"{ending} is not a language tag", hint)
        return ""
    language = _match_site_language(tag, file, config)
    if not language:
        examples = ", ".join(f"{file.key}.{matching_languages}.md" for matching_languages in config.languages[:3])
        hint = f'rename it, e.g. to {examples}; or add "{tag}" to languages in feedpub.toml'
        file.source.add("E113", f"{ending} is not one of the site's languages ({', '.join(config.languages)})", hint)
    return language or ""


def _read_language_of_front_matter(file: EntryFile, config: Config) -> str | None:
    value = file.matter.get("language")
    if value is None:
        return None
    text = read_text(file.source, value, "language")
    if text is None:
        return ""
    try:
        tag = canonicalise_tag(text)
    except LanguageTagError as error:
        meant = " or ".join(error.suggestion)
        hint = f"did you mean {meant}?" if meant else "see BCP 47: en, zh-Hans, pt-BR"
        file.source.add("E112", f"{text!r} is not a language tag", hint, value.start, value.end)
        return ""
    language = _match_site_language(tag, file, config)
    if not language:
        hint = f'add "{tag}" to languages in feedpub.toml'
        file.source.add("E112", f"{tag} is not one of the site's languages", hint, value.start, value.end)
    return language or ""


def _match_site_language(tag: str, file: EntryFile, config: Config) -> str | None:
    """Return the site's language that matches a tag; for ``zh`` without script, the characters of the text decide."""
    if tag == "zh" and tag not in config.languages:
        chinese = tuple(language for language in config.languages if language.startswith("zh-"))
        for likely in guess_languages(file.source.text[file.body_start :], ("zh-Hans", "zh-Hant")):
            if chinese and (site_language := match_language(likely, chinese)):
                return site_language
    return match_language(tag, config.languages)


def determine_key(file: EntryFile) -> None:
    """Set the key that the front matter states, if it does; a key that is not allowed becomes a problem."""
    key_name = "key" if "key" in file.matter else "slug"
    if value := file.matter.get(key_name):
        file.key = unicodedata.normalize("NFC", read_text(file.source, value, key_name) or file.key)
    display_key = repr(file.key) if is_legal_xml(file.key) else ascii(file.key)
    hint = "choose another name; archive, category and others are folders of the published site"
    if not is_usable_key(file.key):
        file.source.add("E115", f"{display_key} cannot be the name of an article", hint, *file.find_span(key_name))
        file.language = ""
    elif len(file.key.encode()) > LONGEST_KEY_BYTES:
        message = f"the name of the article is longer than {LONGEST_KEY_BYTES} bytes"
        file.source.add("E115", message, "choose a shorter one", *file.find_span(key_name))
        file.language = ""
