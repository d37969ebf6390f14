"""The settings of a site and of its link checks: what feedpub.toml holds, checked."""

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
    """How one host is asked for links, other than all others: a table ``[links.hosts."example.org"]``.

    Args:
        spacing: Seconds between two requests; None: as for all hosts. Likewise `per_host`, `patience`, `deadline`.
        per_host: Requests at once, at most.
        patience: Seconds that the host may rest in one run.
        deadline: Seconds for one address.
        user_agent: Sent instead of feedpub's own.
        accept: Status codes that count as ok.
        headers: Sent with each request to this host.
        token_env: Environment variable that holds a token, sent as ``Authorization: Bearer …``: over https or to this
            machine only, and not after a redirect from another server.
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
                FieldChecker(self, "").fail("headers", f"{name[:100]!r} is not a header that can be sent")


# RFC 9110, sections 5.1 and 5.5; in ASCII, as servers read other letters in different ways.
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")


_HEADER_VALUE: Final = re.compile(r"[\t -~]{0,8000}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSettings:
    """Hold how outbound links are checked: the table ``[links]`` of feedpub.toml.

    Args:
        concurrency: Requests at once, in all.
        per_host: Requests at once to one host, at most; it starts with 2 and goes up as answers come.
        spacing: Seconds between two requests to one host.
        patience: Seconds that one host may rest in a run, after answers such as 429 or 503.
        deadline: Seconds for one address, with all redirects and confirmations; the time that its host rests does not
            count.
        hosts: Host, or ``*.example.org`` for all hosts below one → how it is asked other than all others. The host
            itself goes before the longest of the others; only one of them counts.
        exclude: Addresses that are not asked: regular expressions (Python's `re`), searched for in the address.
        allow_private: Also ask hosts of private networks.
        ca_bundle: File of certificates to trust instead of certifi's.
        proxy: Address of an HTTP proxy, for all requests.
        statement_failures: A link is dead after so many failures in a row, if the server says that nothing is there
            (404, a redirect to a scheme that browsers refuse); after 2 over 1 day for 410 and hosts that do not exist.
        statement_days: The first and the last of them are at least so many days apart.
        trouble_failures: The same of all other failures: 5xx, refused, reset, TLS, malformed answers.
        trouble_days: Likewise.
        second_opinion: Command that is run before a link is pronounced dead, without a shell, with the address as its
            last argument; exit status 0 says that it is reachable.
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
                FieldChecker(self, "").fail("hosts", f"{host[:200]!r} is not a host in ASCII")
        if self.proxy is not None:
            check = FieldChecker(self, "")
            check.urls("proxy")
            if not self.proxy.startswith("http://"):
                check.fail("proxy", "is not the address of an HTTP proxy; write http://host:port")

    def for_host(self, host: str) -> HostSettings:
        """Return what is set for a host, by its name in ASCII."""
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
    """Return a host, or ``*.`` and a host, as `LinkSettings.hosts` names it: in ASCII; "" if it is none."""
    wildcard, host = ("*.", text[2:]) if text.startswith("*.") else ("", text)
    url = f"http://{host}/"
    name = iri.find_host(url)
    return f"{wildcard}{name.removesuffix('.')}" if name and not iri.find_url_fault(iri.to_uri(url)) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Hold the settings of a site: the contents of feedpub.toml, checked.

    Args:
        base_url: Where the published folder is served; ends with ``/``.
        authority: RFC 4151 authority and date, such as ``example.org,2026``: the start of every id.
        languages: BCP 47 tags; the first is the default.
        timezone: IANA name, for dates without offset.
        author: Of articles that name none.
        fallback: ``omit`` leaves an article out of the feeds of languages that it lacks, ``original`` shows it there.
        pages: Write a page per article.
        permalink: Where articles live if not on our pages; holds ``{language}`` and ``{key}``.
        rights: Plain text, for every feed and entry.
        hub: Address of a WebSub hub.
        icon: Address of a square picture.
        limit: Entries of an archive document, and at least in the newest one (RFC 5005, section 4).
        archives: Publish older entries in archive documents; else a feed holds the newest `limit` entries only.
        categories: Write one more feed set per category.
        untitled: Publish entries without title; else each needs one.
        hard_breaks: Publish each line end of a text as a line break, as in verse.
        reference_links: ``related`` also links references as data, ``none`` only shows them.
        title: Language → title of the feed.
        subtitle: Language → subtitle of the feed.
        headings: Language → section → words, more headings than the package knows.
        links: How outbound links are checked.
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
