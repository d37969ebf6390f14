"""The settings of a site and of its link checks: the contents of feedpub.toml, checked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from .. import iri
from .checks import FieldChecker

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .values import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSettings:
    """Settings for the links to one host: a table ``[links.hosts."example.org"]``.

    None means the value that `LinkSettings` has for all hosts.

    Args:
        spacing: Seconds between two requests.
        per_host: Most requests at the same time.
        patience: Most seconds to wait for the host in one run, after responses such as 429 or 503.
        deadline: Seconds for one address.
        user_agent: User-Agent header instead of feedpub's own.
        accept: Status codes that count as ok.
        headers: Headers of each request to this host.
        token_env: Environment variable with a token that is sent as ``Authorization: Bearer …``. It is sent only over
            https or to this machine, and not after a redirect from another server.

    Raises:
        FieldError: A header that cannot be sent.
    """

    spacing: float | None = None
    per_host: int | None = None
    patience: float | None = None
    deadline: float | None = None
    user_agent: str | None = None
    accept: tuple[int, ...] = ()
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    token_env: str | None = None

    def __post_init__(self) -> None:
        for name, value in (*self.headers.items(), ("User-Agent", self.user_agent or "")):
            if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
                FieldChecker(self, "").reject("headers", f"{name[:100]!r} is not a header that can be sent")


# RFC 9110, sections 5.1 and 5.5. ASCII only, since servers read other letters in different ways.
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_HEADER_VALUE: Final = re.compile(r"[\t -~]{0,8000}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSettings:
    """Settings of link checks: the table ``[links]`` of feedpub.toml.

    Args:
        concurrency: Most requests at the same time, in all.
        per_host: Most requests at the same time to one host. A run starts with 2, and more as responses arrive.
        spacing: Seconds between two requests to one host.
        patience: Most seconds to wait for one host in a run, after responses such as 429 or 503.
        deadline: Seconds for one address, with all redirects and confirmations. Time spent waiting for the host (see
            `patience`) does not count.
        hosts: Host → its own settings. ``*.example.org`` stands for all hosts below one. Only one row counts: that of
            the host itself, or else the longest that matches.
        exclude: Regular expressions (Python's `re`); addresses in which one is found are not checked.
        allow_private: Also check hosts in private networks.
        ca_bundle: File of trusted certificates, instead of certifi's.
        proxy: Address of an HTTP proxy for all requests.
        statement_failures: Failures in a row after which a link is dead if the server says that nothing is there (404,
            or a redirect to a scheme that browsers refuse). For 410 and hosts that do not exist it is 2, one day apart.
        statement_days: Least days between the first and the last of them.
        trouble_failures: The same for all other failures: 5xx, refused, reset, TLS, malformed responses.
        trouble_days: Least days between the first and the last of them.
        second_opinion: Command that is run before a link is reported dead: without a shell, with the address as its
            last argument. Exit status 0 means that the address can be reached.

    Raises:
        FieldError: A host that is not in ASCII, or an address that is not that of a proxy.
    """

    concurrency: int = 128
    per_host: int = 6
    spacing: float = 0.0
    patience: float = 120.0
    deadline: float = 30.0
    hosts: Mapping[str, HostSettings] = field(default_factory=lambda: MappingProxyType({}))
    exclude: tuple[str, ...] = ()
    allow_private: bool = False
    ca_bundle: str | None = None
    proxy: str | None = None
    statement_failures: int = 3
    statement_days: float = 3.0
    trouble_failures: int = 4
    trouble_days: float = 7.0
    second_opinion: str | None = None

    def __post_init__(self) -> None:
        for host in self.hosts:
            if not host or find_host_key(host) != host:
                FieldChecker(self, "").reject("hosts", f"{host[:200]!r} is not a host in ASCII")
        if self.proxy is not None:
            checker = FieldChecker(self, "")
            checker.check_urls("proxy")
            if not self.proxy.startswith("http://"):
                checker.reject("proxy", "is not the address of an HTTP proxy; write http://host:port")

    def for_host(self, host: str) -> HostSettings:
        """Return the settings of a host, by its name in ASCII."""
        name = host.removesuffix(".")
        if name in self.hosts:
            return self.hosts[name]
        while "." in name:
            name = name.partition(".")[2]
            if f"*.{name}" in self.hosts:
                return self.hosts[f"*.{name}"]
        return _NO_HOST_SETTINGS


_NO_HOST_SETTINGS: Final = HostSettings()


def find_host_key(text: str) -> str:
    """Return the key of `LinkSettings.hosts` for a host, or for ``*.`` and a host: in ASCII; "" if it is not a host."""
    wildcard, host = ("*.", text[2:]) if text.startswith("*.") else ("", text)
    url = f"http://{host}/"
    name = iri.find_host(url)
    return f"{wildcard}{name.removesuffix('.')}" if name and not iri.find_url_fault(iri.to_uri(url)) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings of a site: the contents of feedpub.toml, checked.

    Args:
        base_url: Address of the published folder; ends with ``/``.
        authority: Authority and date of tag URIs (RFC 4151), such as ``example.org,2026``: the start of every id.
        languages: BCP 47 tags; the first is the default language.
        timezone: IANA name of the time zone of dates without offset.
        author: Author of the articles that name none.
        fallback: ``"omit"`` leaves an article out of the feeds of languages without a translation, ``"original"`` shows
            the original there.
        pages: Write a page for each article.
        permalink: Address of articles that are not on feedpub's own pages; contains ``{language}`` and ``{key}``.
        rights: Copyright notice of all feeds and entries, as plain text.
        hub: Address of a WebSub hub.
        icon: Address of a square picture.
        limit: Number of entries in an archive document (RFC 5005, section 4); the newest document has at least as many.
        archives: Publish older entries in archive documents. Without them, a feed has only the newest `limit` entries.
        categories: Write a set of feeds for each category too.
        untitled: Accept entries without a title.
        hard_breaks: Publish each line end of a text as a line break, as verse needs.
        reference_links: ``"related"`` also writes references as data, ``"none"`` writes them in the content only.
        title: Language → title of the feed.
        subtitle: Language → subtitle of the feed.
        headings: Language → section → words that are headings of this section, besides those of the package.
        links: Settings of link checks.
    """

    base_url: str
    authority: str
    languages: tuple[str, ...] = ("en",)
    timezone: str = "UTC"
    author: Person | None = None
    fallback: Literal["omit", "original"] = "omit"
    pages: bool = True
    permalink: str | None = None
    rights: str | None = None
    hub: str | None = None
    icon: str | None = None
    limit: int = 50
    archives: bool = True
    categories: bool = False
    untitled: bool = False
    hard_breaks: bool = False
    reference_links: Literal["related", "none"] = "related"
    title: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    subtitle: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    headings: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=lambda: MappingProxyType({}))
    links: LinkSettings = field(default_factory=LinkSettings)

    @property
    def default_language(self) -> str:
        """The first of `languages`."""
        return self.languages[0]
