"""Judge a redirect by its URLs alone: whether it leads to a home page, a login or an error page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal, NamedTuple
from urllib.parse import unquote

from ..iri import parse_url, resolve_url, to_uri

if TYPE_CHECKING:
    from collections.abc import Iterable

# Query fields that say where a reader came from, and do not change the page.
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
# Names that other pages have as well.
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
# Hosts of services that show advertisements in place of the former site.
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
        """The path and the query fields that decide which page the host shows."""
        fields = tuple(field for field in self.fields if not _TRACKING_FIELD.fullmatch(field[0].lower()))
        return self.path.rstrip("/"), fields


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
    """Return True if a URL is that of a home page, such as `/`, `/index.html` or `/?utm_source=mail`."""
    parts = _split_url(url)
    return parts is not None and parts.page_key == ("", ())


def is_same_page(url: str, other: str) -> bool:
    """Return True if two URLs have the same path and query, whatever their hosts are.

    A slash at the end, `index.html`, and fields that only track visitors make no difference.
    """
    first, second = _split_url(url), _split_url(other)
    if first is None or second is None:
        return url == other
    return first.page_key == second.page_key


def differ_only_in_spelling(url: str, other: str) -> bool:
    """Return True if two URLs differ only in case, `.html`, or what `is_same_page` ignores."""
    return is_same_page(_normalise_spelling(url), _normalise_spelling(other))


def _normalise_spelling(url: str) -> str:
    path, question_mark, query = url.lower().partition("?")
    return _EXTENSION.sub("", path) + question_mark + query


def find_common_target(url: str, targets: Iterable[str], other: str, other_targets: Iterable[str]) -> str:
    """Return a target that two URLs are both redirected to; the empty string if there is none.

    Query fields that repeat the URL, as in `/login?next=PATH`, or have generated values, as in `/error?id=5f0c2be1d4`,
    are not compared.

    Args:
        url: A link.
        targets: Where it is redirected to, in order.
        other: A random path of the same host.
        other_targets: Where that is redirected to, in order.
    """
    other_parts = [_split_url(target) for target in other_targets if not is_same_page(target, other)]
    for target in targets:
        parts = _split_url(target)
        if parts is None or is_same_page(target, url):
            continue
        if any(other_part is not None and _is_same_target(parts, url, other_part, other) for other_part in other_parts):
            return target
    return ""


def _is_same_target(parts: _Parts, url: str, other_parts: _Parts, other: str) -> bool:
    if (parts.host, parts.path.rstrip("/")) != (other_parts.host, other_parts.path.rstrip("/")) or len(
        parts.fields
    ) != len(other_parts.fields):
        return False
    return all(
        name == other_name
        and (
            value == other_value
            or (_has_path_of(value, url) and _has_path_of(other_value, other))
            or (bool(_GENERATED_VALUE.fullmatch(value)) and bool(_GENERATED_VALUE.fullmatch(other_value)))
        )
        for (name, value), (other_name, other_value) in zip(parts.fields, other_parts.fields, strict=True)
    )


def is_url_in_query(target: str, url: str) -> bool:
    """Return True if a query field of a target repeats the URL that was redirected."""
    parts = _split_url(target)
    return parts is not None and any(_has_path_of(value, url) for _, value in parts.fields)


def _has_path_of(value: str, url: str) -> bool:
    parsed = parse_url(url)
    if parsed is None:
        return False
    path = unquote(parsed.pathname).strip("/")
    return bool(path) and f"/{path}" in f"/{unquote(unquote(value))}"


def rate_login_name(url: str) -> Literal["", "possible", "certain"]:
    """Return how likely it is that a URL is a login page, judged by its name; empty if it is not."""
    parts = _split_url(url)
    if parts is None:
        return ""
    names = [parts.host.partition(".")[0].lower()]
    names += [_EXTENSION.sub("", unquote(name).lower()) for name in parts.path.split("/") if name][-3:]
    if any(name in _LOGIN_NAMES for name in names):
        return "certain"
    return "possible" if any(name in _POSSIBLE_LOGIN_NAMES for name in names) else ""


def is_error_address(url: str) -> bool:
    """Return True if the name of a page says that it is an error page, such as `/404.html`."""
    parts = _split_url(url)
    if parts is None:
        return False
    name = _EXTENSION.sub("", unquote(parts.path).rstrip("/").rpartition("/")[2].lower())
    return name in _ERROR_PAGE_NAMES or any(name.lower() in _ERROR_FIELDS for name, _ in parts.fields)


def is_parking_host(url: str) -> bool:
    """Return True if a host belongs to a service that shows parked domains."""
    parts = _split_url(url)
    host = parts.host.partition(":")[0].lower() if parts else ""
    labels = host.split(".")
    return any(".".join(labels[start:]) in _PARKING_HOSTS for start in range(len(labels)))


def find_folder(url: str) -> str:
    """Return the path of a URL up to its last slash."""
    parsed = parse_url(url)
    return parsed.pathname.rstrip("/").rpartition("/")[0] + "/" if parsed else "/"


def split_fragment(url: str) -> tuple[str, str]:
    """Split a URL, as browsers read it, into the requested URL and the fragment ("" for none)."""
    href = resolve_url("", url) or url
    page, _, fragment = href.partition("#")
    return to_uri(page), fragment.partition(":~:")[0]
