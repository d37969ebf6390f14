"""Tables of the settings in feedpub.toml: how the value of each is checked and converted.

To add a setting of the site, add a field to `model.Config` and a row to `SITE_SETTINGS`; of link checks, a field to
`LinkSettings` or `HostSettings` and a row to `LINK_SETTINGS` or `HOST_SETTINGS`.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from .. import iri
from ..errors import FieldError
from ..model import Person
from ..model.checks import is_legal_xml

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Converter = Callable[[Any], object]

# RFC 4151, section 2.1: a domain name or e-mail address, a comma, and a date on which it belonged to the author.
_AUTHORITY: Final = re.compile(
    r"""
    (?: [A-Za-z0-9._-]+ @ )?
    [A-Za-z0-9] (?: [A-Za-z0-9.-]* [A-Za-z0-9] )?
    , \d{4} (?: - (?:0[1-9]|1[0-2]) (?: - [0-3]\d )? )?
    """,
    re.ASCII | re.VERBOSE,
)
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}")
_LARGEST_LIMIT: Final = 1_000_000
_AUTHOR_HINT: Final = 'write: author = { name = "…", url = "…", email = "…" }'
HEADERS_HINT: Final = 'write: headers = { Accept = "application/json" }, in ASCII'


class UnusableValueError(Exception):
    """A value that a setting cannot have.

    The message continues a sentence that begins with the setting and its value: ``is not text``. The hint says what to
    write instead.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def is_text(value: object) -> bool:
    """Return True for text that feeds can carry and that is not blank."""
    return isinstance(value, str) and bool(value.strip()) and is_legal_xml(value)


def _convert_text(value: Any) -> str:
    if not is_text(value):
        raise UnusableValueError("is not text", "write text in quotes, without control characters")
    return str(value)


def _convert_address(value: Any) -> str:
    reason = iri.find_url_fault(_convert_text(value))
    if reason:
        raise UnusableValueError(reason, iri.suggest_url(str(value)))
    return str(value)


def _convert_base_url(value: Any) -> str:
    address = _convert_address(value)
    if "?" in address or "#" in address:
        raise UnusableValueError("has a query or fragment; files cannot be served below it", "end it with /")
    return iri.to_uri(address if address.endswith("/") else f"{address}/")


def _convert_authority(value: Any) -> str:
    if not _AUTHORITY.fullmatch(_convert_text(value)):
        hint = 'write a domain or e-mail address of yours, a comma, and a year in which it is yours: "example.org,2026"'
        raise UnusableValueError("is not an authority of tag URIs (RFC 4151)", hint)
    return str(value)


def _convert_timezone(value: Any) -> str:
    from ..entries.dates import find_time_zone

    try:
        find_time_zone(_convert_text(value))
    except ValueError:
        hint = 'write an IANA name, such as "Asia/Shanghai" or "UTC"'
        raise UnusableValueError("is not a known time zone", hint) from None
    return str(value)


def _convert_author(value: Any) -> Person:
    if isinstance(value, str):
        value = {"name": value}
    if not isinstance(value, dict) or not set(value) <= {"name", "url", "uri", "email"} or "name" not in value:
        raise UnusableValueError("is not an author", _AUTHOR_HINT)
    if not all(isinstance(value.get(key, ""), str) for key in ("url", "uri", "email")):
        raise UnusableValueError("is not an author", _AUTHOR_HINT)
    uri = value.get("url", value.get("uri"))
    try:
        return Person(name=value["name"], uri=uri or None, email=value.get("email") or None)
    except FieldError as error:
        field = "url" if error.field == "uri" else error.field
        raise UnusableValueError(f"{field}: {error.reason}", _AUTHOR_HINT) from None


def _convert_permalink(value: Any) -> str:
    pattern = _convert_text(value)
    names = _PLACEHOLDER.findall(pattern)
    if "key" not in names or not set(names) <= {"key", "language"}:
        hint = 'write where the articles are, such as "https://example.org/{language}/{key}/"'
        raise UnusableValueError("must contain {key}, may contain {language}, and nothing else in braces", hint)
    _convert_address(_PLACEHOLDER.sub("x", pattern))
    return pattern


def _make_choice_converter(*choices: str) -> Converter:
    def convert_choice(value: Any) -> str:
        if value not in choices:
            raise UnusableValueError(f"is not one of {', '.join(choices)}", f'write "{choices[0]}" or "{choices[1]}"')
        return str(value)

    return convert_choice


def _convert_boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise UnusableValueError("is neither true nor false", "write true or false, without quotes")
    return value


def _convert_limit(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _LARGEST_LIMIT:
        hint = f"write a whole number from 1 to {_LARGEST_LIMIT}, such as 50"
        raise UnusableValueError("is not a number of entries", hint)
    return value


def _make_number_converter(least: float, most: float, *, is_whole: bool) -> Converter:
    def convert_number(value: Any) -> float:
        types = (int,) if is_whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, types) or not least <= value <= most:
            kind = "a whole number" if is_whole else "a number"
            hint = "write it without quotes" if isinstance(value, str) else "leave it out for the usual value"
            raise UnusableValueError(f"is not {kind} from {least:g} to {most:g}", hint)
        return value

    return convert_number


def _convert_patterns(value: Any) -> tuple[str, ...]:
    patterns = [value] if isinstance(value, str) else value
    if not isinstance(patterns, list) or not all(isinstance(pattern, str) and pattern for pattern in patterns):
        raise UnusableValueError("is not a list of patterns", 'write: exclude = ["^https://example\\\\.org/private/"]')
    for pattern in patterns:
        try:
            re.compile(pattern)
        except (re.error, OverflowError, RecursionError) as error:
            hint = "write a regular expression of Python; within double quotes each backslash is doubled"
            raise UnusableValueError(f"{pattern[:100]!r} is not a regular expression ({error})", hint) from None
    return tuple(patterns)


def _convert_proxy(value: Any) -> str:
    address = _convert_address(value)
    if not address.startswith("http://"):
        raise UnusableValueError("is not the address of an HTTP proxy", "write http://host:port")
    return address


def _convert_table(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise UnusableValueError("is not a table", 'write [links.hosts."example.org"] and settings below it')
    return value


def _convert_status_codes(value: Any) -> tuple[int, ...]:
    codes = value if isinstance(value, list) else [value]
    if not all(isinstance(code, int) and not isinstance(code, bool) and 200 <= code <= 999 for code in codes):
        raise UnusableValueError("is not a list of status codes", "write: accept = [403, 429]")
    return tuple(codes)


def _convert_headers(value: Any) -> Mapping[str, str]:
    if not isinstance(value, dict) or not all(isinstance(header, str) for header in value.values()):
        raise UnusableValueError("is not a table of headers", HEADERS_HINT)
    return MappingProxyType(dict(value))


def _convert_token(value: Any) -> str:
    name = value.get("env") if isinstance(value, dict) and len(value) == 1 else None
    if not isinstance(name, str) or not _VARIABLE.fullmatch(name):
        raise UnusableValueError("does not name an environment variable", 'write: token = { env = "EXAMPLE_TOKEN" }')
    return name


def _convert_command(value: Any) -> str:
    import shlex  # few sites have such a setting

    try:
        if shlex.split(_convert_text(value)):
            return str(value)
    except ValueError as error:
        raise UnusableValueError("is not a command line", "close its quotation marks") from error
    raise UnusableValueError("is not a command line", 'write a program and its arguments: "my-check --quiet"')


_PACE_SETTINGS: Final[Mapping[str, Converter]] = MappingProxyType(
    {
        "per_host": _make_number_converter(1, 100, is_whole=True),
        "spacing": _make_number_converter(0, 600, is_whole=False),
        "patience": _make_number_converter(0, 3600, is_whole=False),
        "deadline": _make_number_converter(1, 600, is_whole=False),
    }
)
# The table [links]: fields of `LinkSettings`.
LINK_SETTINGS: Final[Mapping[str, Converter]] = MappingProxyType(
    {
        "concurrency": _make_number_converter(1, 1000, is_whole=True),
        **_PACE_SETTINGS,
        "hosts": _convert_table,
        "exclude": _convert_patterns,
        "allow_private": _convert_boolean,
        "ca_bundle": _convert_text,
        "proxy": _convert_proxy,
        "statement_failures": _make_number_converter(1, 100, is_whole=True),
        "statement_days": _make_number_converter(0, 365, is_whole=False),
        "trouble_failures": _make_number_converter(1, 100, is_whole=True),
        "trouble_days": _make_number_converter(0, 365, is_whole=False),
        "second_opinion": _convert_command,
    }
)
# The tables [links.hosts."…"]: fields of `HostSettings`; `token` is its `token_env`.
HOST_SETTINGS: Final[Mapping[str, Converter]] = MappingProxyType(
    {
        **_PACE_SETTINGS,
        "user_agent": _convert_text,
        "accept": _convert_status_codes,
        "headers": _convert_headers,
        "token": _convert_token,
    }
)
# The settings above all tables: fields of `Config`. Those with values per language are in `settings`.
SITE_SETTINGS: Final[Mapping[str, Converter]] = MappingProxyType(
    {
        "base_url": _convert_base_url,
        "authority": _convert_authority,
        "timezone": _convert_timezone,
        "author": _convert_author,
        "fallback": _make_choice_converter("omit", "original"),
        "pages": _convert_boolean,
        "permalink": _convert_permalink,
        "rights": _convert_text,
        "hub": _convert_address,
        "icon": _convert_address,
        "limit": _convert_limit,
        "categories": _convert_boolean,
        "untitled": _convert_boolean,
        "hard_breaks": _convert_boolean,
        "archives": _convert_boolean,
        "reference_links": _make_choice_converter("related", "none"),
    }
)
