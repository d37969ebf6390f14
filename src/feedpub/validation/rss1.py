"""RSS 1.0 and 0.90, which are RDF: checks that the required elements are there and that each is where it belongs.

New feeds should not use these formats. The checks are for people who have to read old ones.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from .addresses import check_uri, check_uri_reference
from .dates import check_rfc3339
from .extensions import EXTENSIONS
from .schema import OPEN, Attribute, Child, Schema, Vocabulary, required, several, single, text_of
from .summaries import FeedSummary
from .text_constructs import check_html_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .elements import Element
    from .report import Report

_CLOSED_PREFIXES: Final = frozenset(("content", "slash", "sy"))
_TEXT: Final = text_of()
_HTML: Final = text_of(None, check_html_text)
_URI: Final = text_of(check_uri)
_RESOURCE: Final = MappingProxyType({"rdf:resource": Attribute(check=check_uri_reference, is_required=True)})
_LIST_ITEM: Final = Schema(attributes=MappingProxyType({"rdf:resource": Attribute(), "resource": Attribute()}))
_SEQUENCE: Final = Schema(children=MappingProxyType({"rdf:li": several(_LIST_ITEM)}))
_LIST: Final = Schema(children=MappingProxyType({"rdf:Seq": single(_SEQUENCE)}))


def _name_children(prefix: str, **children: Child) -> Mapping[str, Child]:
    return MappingProxyType({f"{prefix}:{name}": child for name, child in children.items()})


def _build_document(prefix: str, about: Attribute | None) -> tuple[Schema, Schema]:
    """Return the schemas of the document and of an item.

    Args:
        prefix: Of the core elements.
        about: The attribute ``rdf:about`` of channel, image and item; None if they need none.
    """
    attributes = MappingProxyType({"rdf:about": about} if about else {})
    channel = Schema(
        attributes=attributes,
        children=_name_children(
            prefix, title=required(_TEXT), link=required(_URI), description=required(_HTML),
            items=Child(schema=_LIST, is_required=about is not None, is_single=True),
            image=single(OPEN), textinput=single(OPEN),
        ),
    )  # fmt: skip
    image = Schema(
        attributes=attributes,
        children=_name_children(prefix, title=required(_TEXT), url=required(_URI), link=required(_URI)),
    )
    text_input = Schema(
        attributes=attributes,
        children=_name_children(
            prefix, title=required(_TEXT), description=required(_TEXT), name=required(_TEXT), link=required(_URI)
        ),
    )
    item = Schema(
        attributes=attributes,
        children=_name_children(prefix, title=required(_TEXT), link=required(_URI), description=single(_HTML)),
    )
    document = Schema(
        children=_name_children(
            prefix, channel=required(channel), image=single(image), textinput=single(text_input), item=several(item)
        ),
        rules=(_check_core_namespace,),
    )
    return document, item


def _check_core_namespace(document: Element, report: Report) -> None:
    for child in document.children:
        if child.name.rpartition("}")[2] in ("channel", "item", "image"):
            report.add("E311", f"{child.name.rpartition('}')[2]} is not in the namespace of RSS 1.0", child)


def _describe_vocabulary(prefix: str) -> Vocabulary:
    extensions = {
        **{name: _open_to_rdf(child) for name, child in EXTENSIONS.items()},
        "dcterms:modified": several(OPEN),
        "content:encoded": single(_HTML),
        "atom:updated": single(text_of(check_rfc3339)),
        "trackback:ping": several(Schema(attributes=_RESOURCE, has_text=True)),
        "trackback:about": several(Schema(attributes=_RESOURCE, has_text=True)),
    }
    return Vocabulary(
        missing="E501", repeated="E502", prefix=f"{prefix}:", extensions=MappingProxyType(extensions),
        closed_prefixes=_CLOSED_PREFIXES,
    )  # fmt: skip


def _open_to_rdf(child: Child) -> Child:
    """Return an element that may also contain elements of RDF, if it may contain any text."""
    is_any_text = child.schema.has_text and child.schema.text is None
    return Child(schema=OPEN, is_single=child.is_single) if is_any_text else child


_ABOUT: Final = Attribute(check=check_uri_reference, is_required=True)
_BY_PREFIX: Final = {
    "rss1": (_describe_vocabulary("rss1"), *_build_document("rss1", _ABOUT)),
    "rss090": (_describe_vocabulary("rss090"), *_build_document("rss090", None)),
}  # fmt: skip


class Rss1Handler:
    """Checks a feed of RSS 1.0 or 0.90."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.summary = FeedSummary(format="rss1")
        self.root: Element | None = None

    def start_root(self, root: Element) -> None:
        """Take the element ``rdf:RDF``."""
        self.root = root

    def is_entry(self, element: Element) -> bool:
        """Return True for an item beside the channel."""
        return element.parent is self.root and element.name in ("rss1:item", "rss090:item")

    def check_entry(self, entry: Element) -> None:
        """Check an item."""
        vocabulary, _, item = _BY_PREFIX[entry.name.partition(":")[0]]
        vocabulary.check_element(entry, item, self.report)

    def check_document(self, root: Element) -> None:
        """Check all but the items."""
        is_old = any(child.name.startswith("rss090:") for child in root.children)
        vocabulary, document, _ = _BY_PREFIX["rss090" if is_old else "rss1"]
        vocabulary.check_element(root, document, self.report)
