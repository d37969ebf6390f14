"""feedpub.toml → Config; every problem of the file is collected, with its line and a fix."""

from __future__ import annotations

import functools
import re
import tomllib
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from .. import iri
from ..errors import ConfigError, FieldError, LanguageTagError, Problem, ProblemList
from ..files import RefusedFileError, read_file
from ..language import canonicalise_tag, match_language
from ..model import Config, HostSettings, LinkSettings, Person
from ..model.checks import is_legal_xml
from ..model.settings import find_host_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

FILE_NAME: Final = "feedpub.toml"
LARGEST_SETTINGS_BYTES: Final = 128 * 1024
_MOST_DOTS: Final = 5000  # in a line: tomllib takes the square of the number of parts of a dotted key
MOST_LANGUAGES: Final = 100  # each has feeds and pages of its own, and each entry links to all of its translations
_DEEPEST_SETTING: Final = 3  # [headings.<language>] summary
REQUIRED: Final = ("base_url", "authority")
# RFC 4151, section 2.1: a domain name or e-mail address, a comma, a date on which it was the tagger's.
_AUTHORITY = re.compile(
    r"(?:[A-Za-z0-9._-]+@)?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?,\d{4}(?:-(?:0[1-9]|1[0-2])(?:-[0-3]\d)?)?",
    re.ASCII,
)
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_EXAMPLE_HOST = re.compile(r"https?://([\w.-]+\.)?example\.(org|com|net)([:/]|$)")


def read_config(folder: str) -> tuple[Config, tuple[Problem, ...]]:
    """Read feedpub.toml from an entries folder.

    Returns:
        The settings, and notes about them.

    Raises:
        ConfigError: The file is missing, is no TOML, or holds settings that cannot be used; all of them are named.
    """
    path = Path(folder, FILE_NAME)
    shown = path.as_posix()
    try:
        text = read_file(folder, FILE_NAME, limit=LARGEST_SETTINGS_BYTES).decode("utf-8-sig")
    except FileNotFoundError:
        if Path(folder).is_dir():
            hint = f"`feedpub init` makes a folder with one; or write {FILE_NAME} with base_url and authority"
            raise ConfigError([Problem(code="E001", path=shown, message="there is no such file", hint=hint)]) from None
        hint = "name the folder that holds your entries, or make one with `feedpub init`"
        raise ConfigError([Problem(code="E001", path=folder, message="there is no such folder", hint=hint)]) from None
    except UnicodeDecodeError as error:
        message = f"byte {error.start + 1} is not UTF-8"
        raise ConfigError([Problem(code="E002", path=shown, message=message, hint="save the file as UTF-8")]) from None
    except RefusedFileError as error:
        message = str(error.strerror)
        hint = "put a regular file there: settings are read from the entries folder alone"
        if error.fault == "size":
            message = f"the file is larger than {LARGEST_SETTINGS_BYTES // 1024} KB"
            hint = "settings are a few lines; entries are files of their own"
        raise ConfigError([Problem(code="E002", path=shown, message=message, hint=hint)]) from None
    except OSError as error:
        raise ConfigError([Problem(code="E001", path=shown, message=str(error.strerror))]) from None
    return _Reader(shown, text).read()


class _Reader:
    """Turn the text of one file into a Config, collecting problems."""

    def __init__(self, path: str, text: str) -> None:
        self.path, self.text = path, text
        self.lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n")  # as TOML counts them
        self.problems = ProblemList()

    def read(self) -> tuple[Config, tuple[Problem, ...]]:
        """Return the settings and the notes, or raise all errors together."""
        data = self._parsed()
        self._refuse_unknown(data)
        for name in REQUIRED:
            if name not in data:
                example = {"base_url": "https://example.org/digest/", "authority": "example.org,2026"}[name]
                self.add("E003", name, f"{name} is missing", f'add: {name} = "{example}"')
        values = self._values(data)
        errors = [problem for problem in self.problems if problem.severity == "error"]
        if errors:
            raise ConfigError(self.problems)
        return Config(**values), tuple(self.problems)

    def add(self, code: str, name: str, message: str, hint: str = "", value: object = None) -> None:
        """Record a problem at the line where a setting stands."""
        if self.problems.is_full(code):
            self.problems.add(Problem(code=code, message=message))
            return
        line, column, end = self._place(name, value)
        excerpt = self._excerpt(line)
        end = min(end, len(excerpt) + 1)  # of a value that is not shown
        self.problems.add(
            Problem(
                code=code, path=self.path, line=line, column=column, end_column=end, excerpt=excerpt,
                message=message, hint=hint,
            )
        )  # fmt: skip

    def _excerpt(self, number: int) -> str:
        """Return a line to be shown, without the value if it is of a host of [links]: that may be a secret."""
        if not 0 < number <= len(self.lines):
            return ""
        line = self.lines[number - 1]
        key, equals, _ = line.partition("=")
        table = next((one for one in reversed(self.lines[: number - 1]) if one.lstrip().startswith("[")), "")
        return f"{key}= …" if equals and ("hosts" in key or "hosts" in table) else line

    def _parsed(self) -> dict[str, Any]:
        for text in self.lines:
            if text.count(".") > _MOST_DOTS:
                hint = "no setting takes more than a list of texts, or a table"
                raise self._unreadable(text, f"holds more than {_MOST_DOTS:,} dots", hint)
        try:
            return tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"\(at (?:line (\d+), column (\d+)|end of document)\)", str(error))
            line = int(found[1]) if found and found[1] else len(self.lines)
            column = int(found[2]) if found and found[2] else 0
            message = re.sub(r" \(at .*\)", "", str(error)).lower()
            hint = "text stands in quotes, lists in [ ]; each setting on a line of its own"
            excerpt = self._excerpt(line)
            column = column if excerpt in self.lines else 0  # of what is not shown
            problem = Problem(
                code="E002", path=self.path, line=line, column=column, excerpt=excerpt, message=message, hint=hint
            )
            raise ConfigError([problem]) from None
        except RecursionError:
            deepest = max(self.lines, key=lambda line: line.count("[") + line.count("{"))
            raise self._unreadable(deepest, "is nested too deeply", "no setting needs more than three levels") from None
        except ValueError as error:  # Python reads no numbers of thousands of digits
            longest = max(self.lines, key=lambda line: sum(map(str.isalnum, line)))
            raise self._unreadable(longest, f"cannot be read ({error})", "write a shorter number") from None

    def _unreadable(self, line: str, message: str, hint: str) -> ConfigError:
        number = self.lines.index(line) + 1
        problem = Problem(
            code="E002", path=self.path, line=number, excerpt=self._excerpt(number), message=message, hint=hint
        )
        return ConfigError([problem])

    def _place(self, name: str, value: object) -> tuple[int, int, int]:
        """Find a setting: `name`, or `table.name`; in its line the value, or the name if that is given as value."""
        if name not in self._lines_of_settings:
            parent = name.rpartition(".")[0]
            return self._place(parent, value) if parent else (0, 0, 0)
        number, behind = self._lines_of_settings[name]
        line = self.lines[number - 1]
        if not behind:  # the header of a table
            return number, 1, len(line) + 1
        shown = str(value) if value is not None else ""
        start = line.find(shown, 0 if shown == _plain_key(line[: line.find("=")]) else behind) if shown else -1
        if start >= 0:
            return number, start + 1, start + 1 + len(shown)
        return number, behind + 1, len(line.rstrip()) + 1

    @functools.cached_property
    def _lines_of_settings(self) -> dict[str, tuple[int, int]]:
        """Tables and settings → line from 1, and where the value begins; 0 for the header of a table."""
        places: dict[str, tuple[int, int]] = {}
        table = ""
        for number, line in enumerate(self.lines, start=1):
            if line.lstrip().startswith("["):
                table = _plain_key(line.strip().strip("[").partition("]")[0])
                places.setdefault(table, (number, 0))
                continue
            key, equals, rest = line.partition("=")
            if equals:
                place = number, len(line) - len(rest.lstrip())
                names = f"{table}.{_plain_key(key)}".lstrip(".").split(".", _DEEPEST_SETTING)
                for depth in range(1, len(names) + 1):  # `links.proxy = …` is a place of `links`, too
                    places.setdefault(".".join(names[:depth]), place)
        return places

    def _refuse_unknown(self, data: Mapping[str, Any]) -> None:
        known = [setting.name for setting in fields(Config)]
        for name in data:
            if name not in known:
                self._add_unknown(name, name, known)

    def _add_unknown(self, place: str, name: str, known: Sequence[str]) -> None:
        import difflib

        close = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"known settings: {', '.join(known)}"
        self.add("E004", place, f"there is no setting {name}", hint, name)

    def _values(self, data: Mapping[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        languages = self._languages(data.get("languages", ["en"]))
        for name, given in data.items():
            convert = _CONVERTERS.get(name)
            if name == "languages":
                values[name] = languages
            elif convert is not None:
                try:
                    values[name] = convert(given)
                except _Unusable as error:
                    self.add("E005", name, str(error), error.hint, given if isinstance(given, str) else None)
            elif name in ("title", "subtitle"):
                values[name] = self._texts(name, given, languages)
            elif name == "headings":
                values[name] = self._headings(given)
            elif name == "links":
                values[name] = self._links(given)
        self._check_together(values, languages)
        return values

    def _languages(self, given: Any) -> tuple[str, ...]:
        if not isinstance(given, list) or not given or not all(isinstance(tag, str) for tag in given):
            self.add("E005", "languages", "is not a list of language tags", 'write: languages = ["en", "zh-Hans"]')
            return ("en",)
        if len(given) > MOST_LANGUAGES:
            hint = "each has feeds of its own, and each entry names all of its translations"
            self.add("E005", "languages", f"are {len(given):,}; a site may have {MOST_LANGUAGES}", hint)
            return ("en",)
        found: list[str] = []
        for tag in given:
            known = self._language(tag, "languages")
            if known in found:
                self.add("E005", "languages", f"{tag} stands there twice", "remove one", tag)
            elif known:
                found.append(known)
        return tuple(found) or ("en",)

    def _language(self, tag: str, name: str) -> str | None:
        try:
            return canonicalise_tag(tag)
        except LanguageTagError as error:
            meant = " or ".join(error.suggestion)
            hint = f"did you mean {meant}?" if meant else "see BCP 47: en, zh-Hans, pt-BR"
            self.add("E006", name, f"{tag!r} is not a language tag", hint, tag)
            return None

    def _texts(self, name: str, given: Any, languages: tuple[str, ...]) -> Mapping[str, str]:
        if isinstance(given, str):
            given = dict.fromkeys(languages, given)
        if isinstance(given, dict):
            given = {key: text for key, text in given.items() if not self._is_setting(name, key)}
        if not isinstance(given, dict) or not all(_is_text(text) for text in given.values()):
            self.add("E005", name, "is not text per language", f'write [{name}] and below it: {languages[0]} = "…"')
            return MappingProxyType({})
        found = {}
        for tag, text in given.items():
            language = self._language(tag, f"{name}.{tag}")
            known = match_language(language, languages) if language else None
            if known:
                found[known] = text
            elif language:
                hint = f"add it to languages, or use one of them: {', '.join(languages)}"
                self.add("E005", f"{name}.{tag}", f"{tag} is not one of the site's languages", hint)
        return MappingProxyType(found)

    def _is_setting(self, table: str, key: str) -> bool:
        """Tell whether a key of a table was meant for the settings above it, and record that."""
        known = key in {setting.name for setting in fields(Config)}
        if known:
            hint = f"move it above [{table}]: what stands below belongs to that table"
            self.add("E004", f"{table}.{key}", f"{key} is a setting, not a language", hint, key)
        return known

    def _headings(self, given: Any) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        from ..entries.sections.headings import SECTIONS

        hint = f'write [headings.en] and below it: summary = ["In short"]; sections: {", ".join(SECTIONS)}'
        if not isinstance(given, dict) or not all(isinstance(sections, dict) for sections in given.values()):
            self.add("E005", "headings", "is not a table of headings per language", hint)
            return MappingProxyType({})
        found: dict[str, dict[str, tuple[str, ...]]] = {}
        for tag, sections in given.items():
            language = self._language(tag, f"headings.{tag}") or tag
            for section, words in sections.items():
                usable = isinstance(words, list) and all(_is_text(word) for word in words)
                if section not in SECTIONS or not usable:
                    self.add("E005", f"headings.{tag}.{section}", "is not a section with a list of headings", hint)
                else:
                    found.setdefault(language, {})[section] = tuple(words)
        return MappingProxyType(found)

    def _links(self, given: Any) -> LinkSettings:
        if not isinstance(given, dict):
            self.add("E005", "links", "is not a table of settings", "write [links] and below it: per_host = 4")
            return LinkSettings()
        values = self._convert_table("links", given, _LINK_CONVERTERS)
        if values.get("ca_bundle"):
            values["ca_bundle"] = str(Path(self.path).parent / values["ca_bundle"])
        if "hosts" in values:
            values["hosts"] = self._link_hosts(values["hosts"])
        return LinkSettings(**values)

    def _link_hosts(self, given: Mapping[str, Any]) -> Mapping[str, HostSettings]:
        """Read the tables ``[links.hosts."example.org"]``."""
        hosts: dict[str, HostSettings] = {}
        for name, table in given.items():
            host = find_host_key(name)
            if not host or not isinstance(table, dict):
                hint = 'write [links.hosts."example.org"] or [links.hosts."*.example.org"], and settings below it'
                self.add("E005", f"links.hosts.{_plain_key(name)}", "is not a host with a table of settings", hint)
                continue
            place = f"links.hosts.{_plain_key(name)}"
            values = self._convert_table(place, table, _HOST_CONVERTERS)
            if "token" in values:
                values["token_env"] = values.pop("token")
            try:
                hosts[host] = HostSettings(**values)
            except FieldError as error:
                self.add("E005", f"{place}.headers", error.reason, _HEADERS_HINT)
        return MappingProxyType(hosts)

    def _convert_table(
        self, place: str, table: Mapping[str, Any], converters: Mapping[str, Callable[[Any], Any]]
    ) -> dict[str, Any]:
        """Return the values of a table of settings, and add a problem for each that is unknown or wrong."""
        values: dict[str, Any] = {}
        for name, value in table.items():
            convert = converters.get(name)
            if convert is None:
                self._add_unknown(f"{place}.{name}", name, tuple(converters))
                continue
            try:
                values[name] = convert(value)
            except _Unusable as error:
                # What stands in the table of a host may be a secret.
                shown = value if isinstance(value, str) and place == "links" else None
                self.add("E005", f"{place}.{name}", str(error), error.hint, shown)
        return values

    def _check_together(self, values: Mapping[str, Any], languages: tuple[str, ...]) -> None:
        permalink = values.get("permalink")
        if permalink and len(languages) > 1 and "{language}" not in permalink:
            hint = "add {language}, so that each language has a page of its own"
            self.add("E005", "permalink", "gives all languages the same address", hint, permalink)
        if values.get("pages") is False and not permalink:
            hint = 'set permalink = "https://…/{language}/{key}/" to where the articles are, or pages = true'
            self.add("E005", "pages", "without pages every link of the feeds would lead nowhere", hint)
        if _EXAMPLE_HOST.match(values.get("base_url", "")):
            hint = "put in the address where you will publish; subscribers get every link from it"
            self.add("N001", "base_url", "is an address that only examples have", hint, values["base_url"])


def _plain_key(text: str) -> str:
    """Return a key of TOML without quotes and white space."""
    return text.translate(_NOT_PART_OF_KEYS)


_NOT_PART_OF_KEYS: Final = dict.fromkeys(map(ord, "\"' \t"))


class _Unusable(Exception):  # noqa: N818  # a signal within this module
    """A value that a setting cannot take."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def _is_text(given: object) -> bool:
    return isinstance(given, str) and bool(given.strip()) and is_legal_xml(given)


def _text(given: Any) -> str:
    if not _is_text(given):
        raise _Unusable("is not text", "write text in quotes, without control characters")
    return str(given)


def _address(given: Any) -> str:
    reason = iri.find_url_fault(_text(given))
    if reason:
        raise _Unusable(reason, iri.suggest_url(str(given)))
    return str(given)


def _base_url(given: Any) -> str:
    address = _address(given)
    if "?" in address or "#" in address:
        raise _Unusable("has a query or fragment; files cannot be served below it", "end it with /")
    return iri.to_uri(address if address.endswith("/") else f"{address}/")


def _authority(given: Any) -> str:
    if not _AUTHORITY.fullmatch(_text(given)):
        hint = 'a domain (or e-mail address) that is yours, a comma, the year since when: "example.org,2026" (RFC 4151)'
        raise _Unusable("is not an authority of tag URIs", hint)
    return str(given)


def _timezone(given: Any) -> str:
    from ..entries.dates import find_time_zone

    try:
        find_time_zone(_text(given))
    except ValueError:
        raise _Unusable("is not a known time zone", 'write an IANA name, such as "Asia/Shanghai" or "UTC"') from None
    return str(given)


def _author(given: Any) -> Person:
    if isinstance(given, str):
        given = {"name": given}
    if not isinstance(given, dict) or not set(given) <= {"name", "url", "uri", "email"} or "name" not in given:
        raise _Unusable("is not an author", _AUTHOR_HINT)
    if not all(isinstance(given.get(key, ""), str) for key in ("url", "uri", "email")):
        raise _Unusable("is not an author", _AUTHOR_HINT)
    uri = given.get("url", given.get("uri"))
    try:
        return Person(name=given["name"], uri=uri or None, email=given.get("email") or None)
    except FieldError as error:
        field = "url" if error.field == "uri" else error.field
        raise _Unusable(f"{field}: {error.reason}", _AUTHOR_HINT) from None


_AUTHOR_HINT = 'write: author = { name = "…", url = "…", email = "…" }'


def _permalink(given: Any) -> str:
    pattern = _text(given)
    names = _PLACEHOLDER.findall(pattern)
    if "key" not in names or not set(names) <= {"key", "language"}:
        hint = 'write where the articles are, such as "https://example.org/{language}/{key}/"'
        raise _Unusable("must hold {key}, may hold {language}, and nothing else in braces", hint)
    _address(_PLACEHOLDER.sub("x", pattern))
    return pattern


def _choice(*choices: str) -> Callable[[Any], str]:
    def convert(given: Any) -> str:
        if given not in choices:
            raise _Unusable(f"is not one of {', '.join(choices)}", f'write "{choices[0]}" or "{choices[1]}"')
        return str(given)

    return convert


def _truth(given: Any) -> bool:
    if not isinstance(given, bool):
        raise _Unusable("is neither true nor false", "write true or false, without quotes")
    return given


_LARGEST_LIMIT: Final = 1_000_000


def _limit(given: Any) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= _LARGEST_LIMIT:
        hint = f"write a whole number from 1 to {_LARGEST_LIMIT}, such as 50"
        raise _Unusable("is not a number of entries", hint)
    return given


def _number(least: float, most: float, *, whole: bool) -> Callable[[Any], float]:
    def convert(given: Any) -> float:
        kinds = (int,) if whole else (int, float)
        if isinstance(given, bool) or not isinstance(given, kinds) or not least <= given <= most:
            what = "a whole number" if whole else "a number"
            hint = "write it without quotes" if isinstance(given, str) else "leave it out for the usual value"
            raise _Unusable(f"is not {what} from {least:g} to {most:g}", hint)
        return given

    return convert


def _patterns(given: Any) -> tuple[str, ...]:
    if isinstance(given, str):
        given = [given]
    if not isinstance(given, list) or not all(isinstance(one, str) and one for one in given):
        raise _Unusable("is not a list of patterns", 'write: exclude = ["^https://example\\\\.org/private/"]')
    for one in given:
        try:
            re.compile(one)
        except (re.error, OverflowError, RecursionError) as error:
            hint = "a regular expression of Python; within double quotes each backslash is doubled"
            raise _Unusable(f"{one[:100]!r} is no pattern ({error})", hint) from None
    return tuple(given)


def _proxy(given: Any) -> str:
    address = _address(given)
    if not address.startswith("http://"):
        raise _Unusable("is not the address of an HTTP proxy", "write http://host:port")
    return address


def _table(given: Any) -> Mapping[str, Any]:
    if not isinstance(given, dict):
        raise _Unusable("is not a table", 'write [links.hosts."example.org"] and settings below it')
    return given


def _codes(given: Any) -> tuple[int, ...]:
    codes = given if isinstance(given, list) else [given]
    if not all(isinstance(code, int) and not isinstance(code, bool) and 200 <= code <= 999 for code in codes):
        raise _Unusable("is not a list of status codes", "write: accept = [403, 429]")
    return tuple(codes)


def _headers(given: Any) -> Mapping[str, str]:
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise _Unusable("is not a table of headers", _HEADERS_HINT)
    return MappingProxyType(dict(given))


_HEADERS_HINT: Final = 'write: headers = { Accept = "application/json" }, in ASCII'


def _token(given: Any) -> str:
    name = given.get("env") if isinstance(given, dict) and len(given) == 1 else None
    if not isinstance(name, str) or not _VARIABLE.fullmatch(name):
        raise _Unusable("does not name an environment variable", 'write: token = { env = "EXAMPLE_TOKEN" }')
    return name


_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}")
_SPACING: Final = _number(0, 600, whole=False)
_PER_HOST: Final = _number(1, 100, whole=True)
_PATIENCE: Final = _number(0, 3600, whole=False)
_DEADLINE: Final = _number(1, 600, whole=False)


def _command(given: Any) -> str:
    import shlex  # seldom wanted

    try:
        if shlex.split(_text(given)):
            return str(given)
    except ValueError as error:
        raise _Unusable("is no command line", "close its quotation marks") from error
    raise _Unusable("is no command line", 'write a program and its arguments: "my-check --quiet"')


_LINK_CONVERTERS: Final[Mapping[str, Callable[[Any], object]]] = MappingProxyType(
    {
        "concurrency": _number(1, 1000, whole=True),
        "per_host": _PER_HOST,
        "spacing": _SPACING,
        "patience": _PATIENCE,
        "deadline": _DEADLINE,
        "hosts": _table,
        "exclude": _patterns,
        "allow_private": _truth,
        "ca_bundle": _text,
        "proxy": _proxy,
        "statement_failures": _number(1, 100, whole=True),
        "statement_days": _number(0, 365, whole=False),
        "trouble_failures": _number(1, 100, whole=True),
        "trouble_days": _number(0, 365, whole=False),
        "second_opinion": _command,
    }
)
_HOST_CONVERTERS: Final[Mapping[str, Callable[[Any], object]]] = MappingProxyType(
    {
        "per_host": _PER_HOST,
        "spacing": _SPACING,
        "patience": _PATIENCE,
        "deadline": _DEADLINE,
        "user_agent": _text,
        "accept": _codes,
        "headers": _headers,
        "token": _token,
    }
)
_CONVERTERS: Final[Mapping[str, Callable[[Any], object]]] = MappingProxyType(
    {
        "base_url": _base_url,
        "authority": _authority,
        "timezone": _timezone,
        "author": _author,
        "fallback": _choice("omit", "original"),
        "pages": _truth,
        "permalink": _permalink,
        "rights": _text,
        "hub": _address,
        "icon": _address,
        "limit": _limit,
        "categories": _truth,
        "untitled": _truth,
        "hard_breaks": _truth,
        "archives": _truth,
        "reference_links": _choice("related", "none"),
    }
)
