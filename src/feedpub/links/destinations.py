"""Where a redirect leads, by its address alone: home page, log-in, error page, or where every path leads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal, NamedTuple
from urllib.parse import unquote

from .. import iri
from ..iri import parse_url

if TYPE_CHECKING:
    from collections.abc import Iterable

# Fields that say where a reader came from, not what is shown.
_TRACKING_FIELD: Final = re.compile(
    r"utm_\w*|fbclid|gclid|dclid|msclkid|yclid|twclid|igshid|mc_[ce]id|_hs\w+|mkt_tok|ref|ref_src|ref_url|source|"
    r"from|cmpid|spm|wt_\w+|pk_\w+|mtm_\w+|at_\w+"
)
_INDEX_PAGE: Final = re.compile(r"/(?:index|default)\.(?:html?|xhtml|php[345]?|aspx?|jsp|cgi|cfm)\Z", re.IGNORECASE)
_EXTENSION: Final = re.compile(r"\.(?:html?|xhtml|php[345]?|aspx?|jsp|jsf|do|cgi|cfm|action)\Z", re.IGNORECASE)
_LOGIN_NAMES: Final = frozenset(
    "login log-in log_in signin sign-in sign_in logon userlogin user-login wp-login servicelogin loginpage login-page "
    "accountlogin memberlogin members-login anmelden anmeldung connexion iniciar-sesion inicio-sesion acceso entrar "
    "accedi inloggen logowanie zaloguj".split()
)
# Names that other pages have, too.
_POSSIBLE_LOGIN_NAMES: Final = frozenset(
    "auth authenticate authentication authorize authorization oauth oauth2 openid oidc sso saml saml2 cas adfs idp "
    "account accounts session sessions identity passport register signup sign-up members subscribe".split()
)
_ERROR_PAGE_NAMES: Final = frozenset(
    "404 404page 404-page page404 page-404 error404 error-404 error_404 http404 notfound not-found not_found "
    "pagenotfound page-not-found page_not_found filenotfound file-not-found 404notfound 404-not-found "
    "404error 404-error".split()
)
_ERROR_FIELDS: Final = frozenset({"aspxerrorpath"})
# Hosts of services that show advertisements in place of what was there.
_PARKING_HOSTS: Final = frozenset(
    "sedo.com sedoparking.com parkingcrew.net bodis.com dan.com undeveloped.com afternic.com hugedomains.com "
    "domainmarket.com above.com parklogic.com dsparking.com voodoo.com skenzo.com domainsponsor.com smartname.com "
    "buydomains.com domainnamesales.com uniregistry.com brandbucket.com squadhelp.com atom.com sav.com efty.com "
    "parkingpage.namecheap.com forsale.godaddy.com namebright.com expireddomains.com 4.cn domain.com.cn "
    "perfectdomain.com dynadot.com".split()
)
_GENERATED_VALUE: Final = re.compile(r"(?=[^0-9]*[0-9])[A-Za-z0-9_.~+/=%-]{8,}")


class _Parts(NamedTuple):
    host: str
    path: str
    fields: tuple[tuple[str, str], ...]

    @property
    def page_key(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """What the host shows for it: path, and the fields that count."""
        counting = tuple(one for one in self.fields if not _TRACKING_FIELD.fullmatch(one[0].lower()))
        return self.path.rstrip("/"), counting


def _split_url(url: str) -> _Parts | None:
    parsed = parse_url(url)
    if parsed is None:
        return None
    fields = (field.partition("=") for field in parsed.search.removeprefix("?").split("&") if field)
    return _Parts(
        parsed.host,
        _INDEX_PAGE.sub("/", parsed.pathname),
        tuple((name, value) for name, _, value in fields),
    )


def is_home_page(url: str) -> bool:
    """Return True if an address is that of a home page: also `/index.html` and `/?utm_source=mail`."""
    parts = _split_url(url)
    return parts is not None and parts.page_key == ("", ())


def is_same_page(url: str, other: str) -> bool:
    """Return True if two addresses have the same path and query, on whatever hosts.

    A slash at the end, `index.html`, and fields that only count visitors make no difference.
    """
    first, second = _split_url(url), _split_url(other)
    if first is None or second is None:
        return url == other
    return first.page_key == second.page_key


def differ_only_in_spelling(url: str, other: str) -> bool:
    """Return True if two addresses differ in case or `.html` alone, or in what `is_same_page` ignores."""
    return is_same_page(_normalise_spelling(url), _normalise_spelling(other))


def _normalise_spelling(url: str) -> str:
    start, mark, query = url.lower().partition("?")
    return _EXTENSION.sub("", start) + mark + query


def find_common_target(url: str, targets: Iterable[str], other: str, other_targets: Iterable[str]) -> str:
    """Return where two addresses are both redirected to, the empty string if nowhere.

    Targets are compared without what repeats the address that was asked for, as in `/login?next=PATH`, and without
    values that are made anew each time, as in `/error?id=5f0c2be1d4`.

    Args:
        url: A link.
        targets: Where it is redirected to, in order.
        other: A random path of the same host.
        other_targets: Likewise.
    """
    seen = [_split_url(target) for target in other_targets if not is_same_page(target, other)]
    for target in targets:
        parts = _split_url(target)
        if parts is None or is_same_page(target, url):
            continue
        if any(two is not None and _is_same_target(parts, url, two, other) for two in seen):
            return target
    return ""


def _is_same_target(one: _Parts, url: str, two: _Parts, other: str) -> bool:
    if (one.host, one.path.rstrip("/")) != (two.host, two.path.rstrip("/")) or len(one.fields) != len(two.fields):
        return False
    return all(
        name == name_two
        and (
            value == value_two
            or (_has_path_of(value, url) and _has_path_of(value_two, other))
            or (bool(_GENERATED_VALUE.fullmatch(value)) and bool(_GENERATED_VALUE.fullmatch(value_two)))
        )
        for (name, value), (name_two, value_two) in zip(one.fields, two.fields, strict=True)
    )


def is_url_in_query(target: str, url: str) -> bool:
    """Return True if a field of an address repeats the address that was asked for."""
    parts = _split_url(target)
    return parts is not None and any(_has_path_of(value, url) for _, value in parts.fields)


def _has_path_of(value: str, url: str) -> bool:
    parsed = parse_url(url)
    if parsed is None:
        return False
    path = unquote(parsed.pathname).strip("/")
    return bool(path) and f"/{path}" in f"/{unquote(unquote(value))}"


def rate_login_name(url: str) -> Literal["", "possible", "certain"]:
    """Return whether an address is a login page, judged by its name."""
    parts = _split_url(url)
    if parts is None:
        return ""
    names = [parts.host.partition(".")[0].lower()]
    names += [_EXTENSION.sub("", unquote(name).lower()) for name in parts.path.split("/") if name][-3:]
    if any(name in _LOGIN_NAMES for name in names):
        return "certain"
    return "possible" if any(name in _POSSIBLE_LOGIN_NAMES for name in names) else ""


def is_error_address(url: str) -> bool:
    """Return True if an address says that it is where errors are told, as `/404.html` does."""
    parts = _split_url(url)
    if parts is None:
        return False
    name = _EXTENSION.sub("", unquote(parts.path).rstrip("/").rpartition("/")[2].lower())
    return name in _ERROR_PAGE_NAMES or any(name.lower() in _ERROR_FIELDS for name, _ in parts.fields)


def is_parking_host(url: str) -> bool:
    """Return True if a host is one that shows parked domains, or belongs to one."""
    parts = _split_url(url)
    host = parts.host.partition(":")[0].lower() if parts else ""
    labels = host.split(".")
    return any(".".join(labels[start:]) in _PARKING_HOSTS for start in range(len(labels)))


def find_folder(url: str) -> str:
    """Return the path of an address up to its last slash."""
    parsed = parse_url(url)
    return parsed.pathname.rstrip("/").rpartition("/")[0] + "/" if parsed else "/"


def split_fragment(url: str) -> tuple[str, str]:
    """Split a URL, as browsers read it, into what is requested and the fragment of that page ("" for none)."""
    href = iri.resolve_url("", url) or url
    page, _, fragment = href.partition("#")
    return iri.to_uri(page), fragment.partition(":~:")[0]
