"""Extension elements: elements of other namespaces in entries and feeds, such as those of podcasts and licences."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ..errors import FieldError
from .checks import FieldChecker, quote_value

if TYPE_CHECKING:
    from collections.abc import Iterable

# An NCName (Namespaces in XML 1.0, section 3), in ASCII only: parsers that follow an XML 1.0 before its fifth edition
# reject many other letters, and no vocabulary for feeds uses any.
_NAME_PATTERN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9._-]*")
_PREFIX_PATTERN: Final = re.compile(
    r"[A-Za-z][A-Za-z0-9_-]*"
)  # JSON Feed: the name of an extension object is "_" and a letter
# An absolute URI (RFC 3986) that libxml2 accepts as a namespace: without brackets, and without an empty port.
_NAMESPACE_PATTERN: Final = re.compile(
    r"""
    [A-Za-z][A-Za-z0-9+.-]*:                                       # scheme
    (?!//[^/?\#]*:(?:[/?\#]|$))                                    # no empty port
    (?:[A-Za-z0-9._~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+
    (?:\#(?:[A-Za-z0-9._~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)?     # fragment
    """,
    re.VERBOSE,
)
# The namespaces that feedpub writes itself, by prefix. Entry and Feed have fields for everything in them.
_RESERVED_PREFIXES: Final[Mapping[str, str]] = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "fh": "http://purl.org/syndication/history/1.0",
    "xml": "http://www.w3.org/XML/1998/namespace",
    "xmlns": "http://www.w3.org/2000/xmlns/",
}
_RESERVED_NAMESPACES: Final = frozenset(_RESERVED_PREFIXES.values())
# Declared in every document, since feedpub writes the picture of an entry with it. Its other elements are free for
# extensions.
_MEDIA_PREFIX: Final = "media"
_MEDIA_NAMESPACE: Final = "http://search.yahoo.com/mrss/"
_JSON_PREFIX: Final = "feedpub"  # names feedpub's own object in JSON Feed
DEEPEST_EXTENSION_LEVELS: Final = 10
MOST_EXTENSIONS: Final = 100  # of an entry, a feed, or an element


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """An element of another namespace. Atom and RSS write it as it is, JSON Feed as a member of an object ``_prefix``.

    Args:
        namespace: An absolute URI; not one that feedpub writes itself, except for Media RSS.
        prefix: Prefix of the namespace, such as ``itunes``; the same in the whole document. Media RSS needs ``media``.
        name: Name of the element without prefix, such as ``duration``.
        text: Plain text inside the element.
        attributes: Name → plain text; names without prefix.
        children: Elements inside the element, with the same namespace and prefix; at most 10 levels in all.

    Raises:
        FieldError: A name, a namespace or a text that no feed can carry.
    """

    namespace: str
    prefix: str
    name: str
    text: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict, hash=False)
    children: tuple[Extension, ...] = ()

    def __post_init__(self) -> None:
        checker = FieldChecker(self, f"{self.prefix}:{self.name}")
        _check_namespace(checker, self.namespace)
        _check_name(checker, "prefix", self.prefix, _PREFIX_PATTERN)
        _check_name(checker, "name", self.name)
        if self.prefix in _RESERVED_PREFIXES or self.prefix == _JSON_PREFIX or self.prefix.lower().startswith("xml"):
            checker.reject("prefix", f"{self.prefix!r} is used by feedpub or XML itself; choose another")
        if (self.prefix == _MEDIA_PREFIX) != (self.namespace == _MEDIA_NAMESPACE):
            checker.reject("prefix", f"{_MEDIA_PREFIX!r} means {_MEDIA_NAMESPACE} and nothing else")
        checker.check_texts("text")
        self._check_attributes(checker)
        checker.check_tuple(Extension, "children")
        checker.check_length(MOST_EXTENSIONS, "values", "children")
        for child in self.children:
            if (child.namespace, child.prefix) != (self.namespace, self.prefix):
                checker.reject("children", f"{child.prefix}:{child.name} has another namespace or prefix")
        if _count_levels(self) > DEEPEST_EXTENSION_LEVELS:
            checker.reject("children", f"are nested more than {DEEPEST_EXTENSION_LEVELS} levels deep")

    def _check_attributes(self, checker: FieldChecker) -> None:
        """Check the attributes, and replace them by a copy that their owner cannot change."""
        if not isinstance(self.attributes, Mapping):
            checker.reject("attributes", f"is {quote_value(self.attributes)}, not a mapping of name to text")
        object.__setattr__(self, "attributes", dict(self.attributes))
        for name, value in self.attributes.items():
            _check_name(checker, "attributes", name)
            if name.lower().startswith("xml"):
                checker.reject("attributes", f"{name!r} starts with xml, which is reserved for XML itself")
            checker.check_text("attributes", value)


def _check_namespace(checker: FieldChecker, namespace: object) -> None:
    if not isinstance(namespace, str) or not _NAMESPACE_PATTERN.fullmatch(namespace):
        checker.reject(
            "namespace",
            f"{quote_value(namespace)} is not an absolute URI such as https://podcastindex.org/namespace/1.0",
        )
    if namespace.startswith(("http://", "https://")):
        checker.check_url("namespace", namespace)
    if namespace in _RESERVED_NAMESPACES:
        checker.reject("namespace", f"{namespace} is written by feedpub itself; use the fields of Entry or Feed")


def _check_name(checker: FieldChecker, field_name: str, name: object, pattern: re.Pattern[str] = _NAME_PATTERN) -> None:
    if not isinstance(name, str) or not pattern.fullmatch(name):
        hint = "start with a letter, and use only ASCII letters, digits, '-' and '_'"
        checker.reject(field_name, f"{quote_value(name)} is not a name that every XML parser accepts; {hint}")


def _count_levels(extension: Extension) -> int:
    return 1 + max(map(_count_levels, extension.children), default=0)


def collect_namespaces(extensions: Iterable[Extension], inherited: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the namespaces of extension elements, sorted by prefix, as a document declares them.

    Args:
        extensions: Elements of one document; their children have the same namespaces.
        inherited: Other namespaces of the document, by prefix.

    Raises:
        FieldError: A prefix stands for two namespaces.
    """
    declared = dict(inherited or {})
    for extension in extensions:
        other = declared.setdefault(extension.prefix, extension.namespace)
        if other != extension.namespace:
            owner = f"Extension '{extension.prefix}:{extension.name}'"
            raise FieldError(owner, "prefix", f"means {extension.namespace} here and {other} elsewhere; choose another")
    return dict(sorted(declared.items()))


def check_extensions(checker: FieldChecker) -> None:
    """Check the field `extensions` of an entry or a feed."""
    checker.check_tuple(Extension, "extensions")
    checker.check_length(MOST_EXTENSIONS, "values", "extensions")
