"""Read feedpub.toml into a Config. All problems of the file are collected, each with its line and a fix."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from ..errors import ConfigError, FieldError, LanguageTagError, Problem
from ..files import RefusedFileError, read_file
from ..language import canonicalise_tag, match_language
from ..model import Config, HostSettings, LinkSettings
from ..model.settings import find_host_key
from .setting_converters import (
    HEADERS_HINT,
    HOST_SETTINGS,
    LINK_SETTINGS,
    SITE_SETTINGS,
    UnusableValueError,
    is_text,
)
from .settings_file import SettingsFile, strip_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .setting_converters import Converter

FILE_NAME: Final = "feedpub.toml"
LARGEST_SETTINGS_BYTES: Final = 128 * 1024
MOST_LANGUAGES: Final = 100  # each has feeds and pages of its own, and each entry links to all of its translations
_SETTING_NAMES: Final = tuple(field.name for field in fields(Config))
# Required settings, each with an example.
_REQUIRED: Final = {"base_url": "https://example.org/digest/", "authority": "example.org,2026"}
_EXAMPLE_HOST: Final = re.compile(r"https?://([\w.-]+\.)?example\.(org|com|net)([:/]|$)")


def read_config(folder: str) -> tuple[Config, tuple[Problem, ...]]:
    """Read feedpub.toml from an entries folder.

    Returns:
        The settings, and notes about them.

    Raises:
        ConfigError: The file is missing, is not TOML, or has settings that cannot be used; all of them are named.
    """
    path = Path(folder, FILE_NAME).as_posix()
    try:
        text = read_file(folder, FILE_NAME, limit=LARGEST_SETTINGS_BYTES).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([_explain_unreadable(folder, path, error)]) from None
    return _SettingsReader(SettingsFile(path, text)).read_settings()


def _explain_unreadable(folder: str, path: str, error: OSError | UnicodeDecodeError) -> Problem:
    if isinstance(error, UnicodeDecodeError):
        message = f"byte {error.start + 1} is not UTF-8"
        return Problem(code="E002", path=path, message=message, hint="save the file as UTF-8")
    if isinstance(error, FileNotFoundError):
        if Path(folder).is_dir():
            hint = f"run `feedpub init`, or create {FILE_NAME} with base_url and authority"
            return Problem(code="E001", path=path, message="there is no such file", hint=hint)
        hint = "name the folder that contains your entries, or create one with `feedpub init`"
        return Problem(code="E001", path=folder, message="there is no such folder", hint=hint)
    if isinstance(error, RefusedFileError):
        message = str(error.strerror)
        hint = "replace it by a regular file: settings are read only from the entries folder"
        if error.fault == "size":
            message = f"the file is larger than {LARGEST_SETTINGS_BYTES // 1024} KB"
            hint = "keep only settings in it; entries are separate files"
        return Problem(code="E002", path=path, message=message, hint=hint)
    return Problem(code="E001", path=path, message=str(error.strerror))


class _SettingsReader:
    """Converts the data of a settings file into a Config, and collects problems."""

    def __init__(self, file: SettingsFile) -> None:
        self._file = file

    def read_settings(self) -> tuple[Config, tuple[Problem, ...]]:
        """Return the settings and the notes about them; raise all errors together."""
        data = self._file.parse()
        for name in data:
            if name not in _SETTING_NAMES:
                self._add_unknown(name, name, _SETTING_NAMES)
        for name, example in _REQUIRED.items():
            if name not in data:
                self._file.add_problem("E003", name, f"{name} is missing", f'add: {name} = "{example}"')
        values = self._convert_settings(data)
        if any(problem.severity == "error" for problem in self._file.problems):
            raise ConfigError(self._file.problems)
        return Config(**values), tuple(self._file.problems)

    def _add_unknown(self, location: str, name: str, known_names: Sequence[str]) -> None:
        import difflib

        close = difflib.get_close_matches(name, known_names, n=1)
        hint = f"did you mean {close[0]}?" if close else f"known settings: {', '.join(known_names)}"
        self._file.add_problem("E004", location, f"there is no setting {name}", hint, name)

    def _convert_settings(self, data: Mapping[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        languages = self._convert_languages(data.get("languages", ["en"]))
        for name, raw_value in data.items():
            value = self._remove_misplaced(name, raw_value) if isinstance(raw_value, dict) else raw_value
            if name == "languages":
                values[name] = languages
            elif name in ("title", "subtitle"):
                values[name] = self._convert_texts(name, value, languages)
            elif name == "headings":
                values[name] = self._convert_headings(value)
            elif name == "links":
                values[name] = self._convert_links(value)
            elif name in SITE_SETTINGS:
                try:
                    values[name] = SITE_SETTINGS[name](value)
                except UnusableValueError as error:
                    marked = value if isinstance(value, str) else None
                    self._file.add_problem("E005", name, str(error), error.hint, marked)
        self._check_together(values, languages)
        return values

    def _convert_languages(self, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or not value or not all(isinstance(tag, str) for tag in value):
            hint = 'write: languages = ["en", "zh-Hans"]'
            self._file.add_problem("E005", "languages", "is not a list of language tags", hint)
            return ("en",)
        if len(value) > MOST_LANGUAGES:
            message = f"has {len(value):,} languages; a site may have {MOST_LANGUAGES}"
            hint = "remove some: each has its own feeds, and each entry links to all of its translations"
            self._file.add_problem("E005", "languages", message, hint)
            return ("en",)
        languages: list[str] = []
        for tag in value:
            language = self._convert_language(tag, "languages")
            if language in languages:
                self._file.add_problem("E005", "languages", f"lists {tag} twice", "remove one", tag)
            elif language:
                languages.append(language)
        return tuple(languages) or ("en",)

    def _convert_language(self, tag: str, name: str) -> str | None:
        try:
            return canonicalise_tag(tag)
        except LanguageTagError as error:
            suggestion = " or ".join(error.suggestion)
            hint = f"did you mean {suggestion}?" if suggestion else "see BCP 47: en, zh-Hans, pt-BR"
            self._file.add_problem("E006", name, f"{tag!r} is not a language tag", hint, tag)
            return None

    def _convert_texts(self, name: str, value: Any, languages: tuple[str, ...]) -> Mapping[str, str]:
        """Convert a text for all languages, or a table of texts by language."""
        if isinstance(value, str):
            value = dict.fromkeys(languages, value)
        if not isinstance(value, dict) or not all(is_text(text) for text in value.values()):
            hint = f'write [{name}] and below it: {languages[0]} = "…"'
            self._file.add_problem("E005", name, "needs a text, or a text per language", hint)
            return MappingProxyType({})
        texts = {}
        for tag, text in value.items():
            language = self._convert_language(tag, f"{name}.{tag}")
            site_language = match_language(language, languages) if language else None
            if site_language:
                texts[site_language] = text
            elif language:
                hint = f"add it to languages, or use one of them: {', '.join(languages)}"
                self._file.add_problem("E005", f"{name}.{tag}", f"{tag} is not one of the site's languages", hint)
        return MappingProxyType(texts)

    def _remove_misplaced(
        self, location: str, table: Mapping[str, Any], known_names: Iterable[str] = ()
    ) -> dict[str, Any]:
        """Return a table without the settings that belong above all tables, and add a problem for each of these.

        Args:
            location: The name of the table.
            table: The table.
            known_names: Names that the table may have, even if a setting of the site has the same name.
        """
        misplaced = [name for name in table if name in _SETTING_NAMES and name not in known_names]
        hint = "move it above the first [table]: the lines below a table header belong to that table"
        for name in misplaced:
            message = f"{name} is a setting of the whole site"
            self._file.add_problem("E004", f"{location}.{name}", message, hint, name)
        return {name: value for name, value in table.items() if name not in misplaced}

    def _convert_headings(self, value: Any) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        from ..entries.sections.headings import SECTIONS

        hint = f'write [headings.en] and below it: summary = ["In short"]; sections: {", ".join(SECTIONS)}'
        if not isinstance(value, dict) or not all(isinstance(sections, dict) for sections in value.values()):
            self._file.add_problem("E005", "headings", "is not a table of headings per language", hint)
            return MappingProxyType({})
        headings: dict[str, dict[str, tuple[str, ...]]] = {}
        for tag, sections in value.items():
            language = self._convert_language(tag, f"headings.{tag}") or tag
            for section, words in self._remove_misplaced(f"headings.{tag}", sections, SECTIONS).items():
                is_list_of_texts = isinstance(words, list) and all(is_text(word) for word in words)
                if section not in SECTIONS or not is_list_of_texts:
                    location, message = f"headings.{tag}.{section}", "is not a section with a list of headings"
                    self._file.add_problem("E005", location, message, hint)
                else:
                    headings.setdefault(language, {})[section] = tuple(words)
        return MappingProxyType(headings)

    def _convert_links(self, value: Any) -> LinkSettings:
        if not isinstance(value, dict):
            hint = "write [links] and below it: per_host = 4"
            self._file.add_problem("E005", "links", "is not a table of settings", hint)
            return LinkSettings()
        values = self._convert_table("links", value, LINK_SETTINGS)
        if values.get("ca_bundle"):
            values["ca_bundle"] = str(Path(self._file.path).parent / values["ca_bundle"])
        if "hosts" in values:
            values["hosts"] = self._convert_hosts(values["hosts"])
        return LinkSettings(**values)

    def _convert_hosts(self, tables: Mapping[str, Any]) -> Mapping[str, HostSettings]:
        """Convert the tables ``[links.hosts."example.org"]``."""
        hosts: dict[str, HostSettings] = {}
        for name, table in tables.items():
            location = f"links.hosts.{strip_key(name)}"
            host = find_host_key(name)
            if not host or not isinstance(table, dict):
                hint = 'write [links.hosts."example.org"] or [links.hosts."*.example.org"], and settings below it'
                self._file.add_problem("E005", location, "is not a host with a table of settings", hint)
                continue
            values = self._convert_table(location, self._remove_misplaced(location, table), HOST_SETTINGS)
            if "token" in values:
                values["token_env"] = values.pop("token")
            try:
                hosts[host] = HostSettings(**values)
            except FieldError as error:
                self._file.add_problem("E005", f"{location}.headers", error.reason, HEADERS_HINT)
        return MappingProxyType(hosts)

    def _convert_table(
        self, location: str, table: Mapping[str, Any], converters: Mapping[str, Converter]
    ) -> dict[str, Any]:
        """Return the values of a table of settings, and add a problem for each that is unknown or wrong."""
        values: dict[str, Any] = {}
        for name, value in table.items():
            if name not in converters:
                self._add_unknown(f"{location}.{name}", name, tuple(converters))
                continue
            try:
                values[name] = converters[name](value)
            except UnusableValueError as error:
                # A value of a host is not marked in the message, as it may be secret.
                marked = value if isinstance(value, str) and location == "links" else None
                self._file.add_problem("E005", f"{location}.{name}", str(error), error.hint, marked)
        return values

    def _check_together(self, values: Mapping[str, Any], languages: tuple[str, ...]) -> None:
        """Add problems of settings that do not fit each other."""
        permalink = values.get("permalink")
        if permalink and len(languages) > 1 and "{language}" not in permalink:
            hint = "add {language}, so that each language has its own pages"
            self._file.add_problem("E005", "permalink", "gives all languages the same address", hint, permalink)
        if values.get("pages") is False and not permalink:
            message = "is false, and there is no permalink: every link of the feeds would lead nowhere"
            hint = 'set permalink = "https://…/{language}/{key}/" to where the articles are, or pages = true'
            self._file.add_problem("E005", "pages", message, hint)
        if _EXAMPLE_HOST.match(values.get("base_url", "")):
            hint = "write the address where you will publish; every link that subscribers get starts with it"
            message = "is an address for examples only"
            self._file.add_problem("N001", "base_url", message, hint, values["base_url"])
