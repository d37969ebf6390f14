"""Elements of other namespaces that entries and feeds carry: podcasts, licences, and whatever a reader may want."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ..errors import FieldError
from .checks import FieldChecker, quote_value

if TYPE_CHECKING:
    from collections.abc import Iterable

# Namespaces in XML 1.0, section 3: an NCName. ASCII alone: the parsers that XML 1.0 had before its fifth edition refuse
# others, and no vocabulary of feeds has them.
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9._-]*")
_PREFIX: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")  # names of objects in JSON Feed: "_", then a letter
# An absolute URI (RFC 3986), without brackets and with a port that is not empty: what libxml2 takes for a namespace.
_NAMESPACE: Final = re.compile(
    r"""
    [A-Za-z][A-Za-z0-9+.-]*:                                       # scheme
    (?!//[^/?\#]*:(?:[/?\#]|$))                                    # no empty port
    (?:[A-Za-z0-9._~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+
    (?:\#(?:[A-Za-z0-9._~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)?     # fragment
    """,
    re.VERBOSE,
)
# What feedpub writes itself, by prefix; Entry and Feed have fields for all that is in them.
_OWN: Final[Mapping[str, str]] = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "fh": "http://purl.org/syndication/history/1.0",
    "xml": "http://www.w3.org/XML/1998/namespace",
    "xmlns": "http://www.w3.org/2000/xmlns/",
}
_OWN_NAMESPACES: Final = frozenset(_OWN.values())
# Declared in every document, since feedpub writes the picture of an entry in it; all else in it is for extensions.
_MEDIA_PREFIX: Final = "media"
_MEDIA_NAMESPACE: Final = "http://search.yahoo.com/mrss/"
_FOR_JSON: Final = "feedpub"  # the prefix of what feedpub adds to JSON Feed
DEEPEST_EXTENSION: Final = 10
MOST_EXTENSIONS: Final = 100  # of an entry, a feed, or an element


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """An element of another namespace, as Atom and RSS write it; JSON Feed has it in an object ``_prefix``.

    Args:
        namespace: An absolute URI; none of those that feedpub writes itself, but Media RSS.
        prefix: Stands for the namespace in a whole document: ``itunes``; that of Media RSS is ``media``.
        name: Of the element, without prefix: ``duration``.
        text: Plain text.
        attributes: Name → plain text; names without prefix.
        children: Elements in it, of the same namespace and prefix; `DEEPEST_EXTENSION` levels in all.

    Raises:
        FieldError: A name, a namespace or a text that no feed could carry.
    """

    namespace: str
    prefix: str
    name: str
    text: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict, hash=False)
    children: tuple[Extension, ...] = ()

    def __post_init__(self) -> None:
        check = FieldChecker(self, f"{self.prefix}:{self.name}")
        _check_namespace(check, self.namespace)
        _check_name(check, "prefix", self.prefix, _PREFIX)
        _check_name(check, "name", self.name)
        if self.prefix in _OWN or self.prefix == _FOR_JSON or self.prefix.lower().startswith("xml"):
            check.fail("prefix", f"{self.prefix!r} is one that feedpub or XML needs itself; choose another")
        if (self.prefix == _MEDIA_PREFIX) != (self.namespace == _MEDIA_NAMESPACE):
            check.fail("prefix", f"{_MEDIA_PREFIX!r} stands for {_MEDIA_NAMESPACE}, and for nothing else")
        check.texts("text")
        self._check_attributes(check)
        check.tuples(Extension, "children")
        check.at_most(MOST_EXTENSIONS, "values", "children")
        for child in self.children:
            if (child.namespace, child.prefix) != (self.namespace, self.prefix):
                check.fail("children", f"{child.prefix}:{child.name} is of another namespace or prefix")
        if _count_levels(self) > DEEPEST_EXTENSION:
            check.fail("children", f"are nested more than {DEEPEST_EXTENSION} levels deep")

    def _check_attributes(self, check: FieldChecker) -> None:
        """Check the attributes, and keep a copy: the caller's may change."""
        if not isinstance(self.attributes, Mapping):
            check.fail("attributes", f"is {quote_value(self.attributes)}, not a mapping of name to text")
        object.__setattr__(self, "attributes", dict(self.attributes))
        for name, value in self.attributes.items():
            _check_name(check, "attributes", name)
            if name.lower().startswith("xml"):
                check.fail("attributes", f"{name!r} is a name that XML keeps for itself")
            check.text("attributes", value)


def _check_namespace(check: FieldChecker, namespace: object) -> None:
    if not isinstance(namespace, str) or not _NAMESPACE.fullmatch(namespace):
        check.fail(
            "namespace",
            f"{quote_value(namespace)} is not an absolute URI such as https://podcastindex.org/namespace/1.0",
        )
    if namespace.startswith(("http://", "https://")):
        check.url("namespace", namespace)
    if namespace in _OWN_NAMESPACES:
        check.fail("namespace", f"{namespace} is one that feedpub writes itself; use the fields of Entry or Feed")


def _check_name(check: FieldChecker, field_name: str, name: object, pattern: re.Pattern[str] = _NAME) -> None:
    if not isinstance(name, str) or not pattern.fullmatch(name):
        hint = "begin with a letter, and use ASCII letters, digits, '-' and '_'"
        check.fail(field_name, f"{quote_value(name)} is not a name that every XML parser takes; {hint}")


def _count_levels(extension: Extension) -> int:
    return 1 + max(map(_count_levels, extension.children), default=0)


def collect_namespaces(extensions: Iterable[Extension], known: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return prefix → namespace of some elements, as a document declares them.

    Args:
        extensions: Of one document.
        known: What the document declares besides.

    Raises:
        FieldError: A prefix stands for two namespaces.
    """
    declared = dict(known or {})
    for one in extensions:
        other = declared.setdefault(one.prefix, one.namespace)
        if other != one.namespace:
            owner = f"Extension '{one.prefix}:{one.name}'"
            raise FieldError(owner, "prefix", f"stands for {one.namespace}, and for {other} elsewhere; choose another")
    return dict(sorted(declared.items()))


def check_extensions(check: FieldChecker) -> None:
    """Check the field `extensions` of an entry or a feed."""
    check.tuples(Extension, "extensions")
    check.at_most(MOST_EXTENSIONS, "values", "extensions")
