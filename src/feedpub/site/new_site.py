"""Create an entries folder with settings and a sample article."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..entries.sections.headings import load_heading_table
from ..entries.writer import write_entry_file
from ..errors import ConfigError, Problem
from ..language import DEFAULT_LANGUAGE, canonicalise_tag, get_words, has_words, match_language
from .new_files import FilesExistError, write_missing_files
from .settings import FILE_NAME

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from datetime import date

_SAMPLE_KEY = "first-article"
# The address and the publisher of each reference of the sample.
_SAMPLE_LINKS = (
    ("https://www.rfc-editor.org/rfc/rfc4287", "IETF"),
    ("https://www.rssboard.org/rss-specification", "RSS Advisory Board"),
)


def init(folder: str | os.PathLike[str] = ".", *, today: date, languages: Sequence[str] = ("en",)) -> tuple[str, ...]:
    """Create an entries folder with feedpub.toml and a sample article.

    Args:
        folder: ``entries`` is created in it.
        today: The date of the sample; its year is the year of the authority.
        languages: BCP 47 tags; the first is the default.

    Returns:
        The files that were written.

    Raises:
        ConfigError: One of the files exists; nothing is written.
        LanguageTagError: One of the languages is not a language tag.
    """
    tags = tuple(dict.fromkeys(canonicalise_tag(tag) for tag in languages))
    contents = {FILE_NAME: _make_settings(tags, today.year)}
    for language in tags:
        published = today.isoformat() if language == tags[0] else None
        contents[f"{_SAMPLE_KEY}.{language}.md"] = write_entry_file(*_make_sample(language), published=published)
    try:
        return write_missing_files(Path(folder, "entries"), {name: text.encode() for name, text in contents.items()})
    except FilesExistError as error:
        hint = "edit it, or name another folder"
        problem = Problem(code="E008", path=error.paths[0], message="this file exists", hint=hint)
        raise ConfigError([problem]) from None


def _make_settings(tags: Sequence[str], year: int) -> str:
    quoted_tags = ", ".join(f'"{tag}"' for tag in tags)
    languages = f"[{quoted_tags}]".ljust(27)
    titles = "\n".join(f'{tag} = "{get_words(tag)["latest"]}"' for tag in tags)
    return _SETTINGS.format(year=year, languages=languages, titles=titles)


def _make_sample(language: str) -> tuple[str, str]:
    """Return the title and the Markdown of the sample."""
    sample = get_words(language)["sample"]
    headings = load_heading_table()
    tag = (has_words(language) and match_language(language, headings.list_languages())) or DEFAULT_LANGUAGE
    points = [line for text, finer in sample["points"] for line in (f"- {text}", *(f"  - {point}" for point in finer))]
    links = zip(sample["reference_titles"], _SAMPLE_LINKS, strict=True)
    references = [f"{n}. [{title}]({url}) - {publisher}" for n, (title, (url, publisher)) in enumerate(links, start=1)]
    sections = {
        headings.find_word(tag, "summary"): sample["summary"],
        headings.find_word(tag, "key_points"): "\n".join(points),
        headings.find_word(tag, "references"): "\n".join(references),
    }
    return sample["title"], "\n".join(f"## {heading}\n\n{text}\n" for heading, text in sections.items())


_SETTINGS = """\
# The settings of this site. Only base_url and authority are required; docs/reference/settings.md lists all.

base_url  = "https://example.org/"      # where the published folder will be served; every link starts with it
authority = "example.org,{year}"          # a domain of yours and a year: the start of all ids, never change it
languages = {languages} # the first is the default
timezone  = "UTC"                       # for dates without offset, such as "Asia/Shanghai"
# author  = {{ name = "…", url = "…", email = "…" }}

[title]
{titles}
"""
