"""RSS 2.0: its elements as tables, with the rules of the specification and of the Best Practices Profile.

RSS 0.91, 0.92 and 0.93 are read as RSS 2.0 with fewer demands. The profile is at https://www.rssboard.org/rss-profile.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from .addresses import check_iri_reference, check_uri, check_web_address
from .atom import ENTRY as ATOM_ENTRY
from .atom import FEED as ATOM_FEED
from .dates import check_rfc822, check_w3c_date
from .extensions import CLOSED_PREFIXES, EXTENSIONS
from .links import check_paging, check_self
from .rss_rules import (
    CHANNEL_RULES,
    DAY,
    ENCLOSURE_RULES,
    GUID_RULES,
    HOUR,
    IMAGE_RULES,
    ITEM_RULES,
    check_description,
    check_plain_text_of_rss,
    check_plausible_date,
    check_skipped,
)
from .schema import OPEN, Attribute, Child, Schema, Vocabulary, required, several, single, text_of
from .text_constructs import check_xhtml_element
from .values import (
    at_most,
    check_email_with_name,
    check_language,
    check_media_type,
    check_not_blank,
    check_positive,
    check_positive_number,
    matching,
    one_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .elements import Element
    from .report import Report

_URI: Final = text_of(check_uri)
_DATE: Final = text_of(check_rfc822, check_plausible_date)
_PLAIN: Final = text_of(None, check_plain_text_of_rss)
_NAME: Final = text_of(check_not_blank, check_plain_text_of_rss)
_PERSON: Final = text_of(check_email_with_name, check_plain_text_of_rss)
_CATEGORY: Final = text_of(check_not_blank, check_plain_text_of_rss, domain=Attribute())

IMAGE: Final = Schema(
    children=MappingProxyType(
        {
            "url": required(_URI),
            "title": required(_NAME),
            "link": required(_URI),
            "width": single(text_of(at_most(144))),
            "height": single(text_of(at_most(400))),
            "description": single(_PLAIN),
        }
    ),
    rules=IMAGE_RULES,
)
TEXT_INPUT: Final = Schema(
    children=MappingProxyType(
        {
            "title": required(_NAME),
            "description": required(_PLAIN),
            "name": required(text_of(matching(r"[A-Za-z][A-Za-z0-9:._-]{0,200}", "a name of a form field"))),
            "link": required(_URI),
        }
    )
)
_CLOUD: Final = Schema(
    attributes=MappingProxyType(
        {
            "domain": Attribute(is_required=True),
            "port": Attribute(check=check_positive_number, is_required=True),
            "path": Attribute(is_required=True),
            "registerProcedure": Attribute(is_required=True),
            "protocol": Attribute(is_required=True),
        }
    )
)
_ENCLOSURE: Final = Schema(
    attributes=MappingProxyType(
        {
            "url": Attribute(check=check_web_address, is_required=True),
            "length": Attribute(is_required=True),
            "type": Attribute(check=check_media_type, is_required=True),
        }
    ),
    rules=ENCLOSURE_RULES,
)
_GUID: Final = text_of(
    None, *GUID_RULES, isPermaLink=Attribute(check=one_of("true", "false"))
)  # fmt: skip

ITEM: Final = Schema(
    children=MappingProxyType(
        {
            "title": single(_NAME),
            "link": single(_URI),
            "description": single(text_of(None, check_description)),
            "author": single(_PERSON),
            "category": several(_CATEGORY),
            "comments": single(_URI),
            "enclosure": several(_ENCLOSURE),
            "guid": single(_GUID),
            "pubDate": single(_DATE),
            "source": single(
                text_of(None, check_plain_text_of_rss, url=Attribute(check=check_uri, is_required=True))
            ),
            "rating": single(OPEN),
        }
    ),
    rules=ITEM_RULES,
)  # fmt: skip


def _check_self(channel: Element, report: Report) -> None:
    version = channel.parent.attributes.get("version", "") if channel.parent else ""
    if version.startswith("2"):
        check_self(channel, report, "W502")


CHANNEL: Final = Schema(
    children=MappingProxyType(
        {
            "title": required(_NAME),
            "link": required(_URI),
            "description": required(_PLAIN),
            "language": single(text_of(check_language)),
            "copyright": single(_PLAIN),
            "managingEditor": single(_PERSON),
            "webMaster": single(_PERSON),
            "pubDate": single(_DATE),
            "lastBuildDate": single(_DATE),
            "category": several(_CATEGORY),
            "generator": single(text_of()),
            "docs": single(_URI),
            "cloud": single(_CLOUD),
            "ttl": single(text_of(check_positive)),
            "image": single(IMAGE),
            "rating": single(OPEN),
            "textInput": single(TEXT_INPUT),
            "dc:date": single(text_of(check_w3c_date)),
            "skipHours": single(
                Schema(children=MappingProxyType({"hour": several(text_of(HOUR))}), rules=(check_skipped,))
            ),
            "skipDays": single(
                Schema(
                    children=MappingProxyType({"day": several(text_of(DAY), is_required=True)}), rules=(check_skipped,)
                )
            ),
        }
    ),
    rules=(*CHANNEL_RULES, _check_self, check_paging),
)
RSS: Final = Schema(
    attributes=MappingProxyType({"version": Attribute(is_required=True)}),
    children=MappingProxyType({"channel": required(CHANNEL)}),
)


def _allow_atom() -> dict[str, Child]:
    """Return the elements of Atom that a channel or an item may contain; none is required."""
    return {
        name: Child(schema=child.schema, is_single=child.is_single)
        for name, child in {**ATOM_FEED.children, **ATOM_ENTRY.children}.items()
    }


_EXTENSIONS: Final[Mapping[str, Child]] = MappingProxyType(
    {
        **EXTENSIONS,
        **_allow_atom(),
        "wfw:commentRss": single(text_of(check_iri_reference)),
        "xhtml:body": several(Schema(has_text=True, is_open=True, rules=(check_xhtml_element,))),
        "xhtml:div": several(Schema(has_text=True, is_open=True, rules=(check_xhtml_element,))),
        "trackback:ping": several(_URI),
        "trackback:about": several(_URI),
    }
)
VOCABULARY: Final = Vocabulary(
    missing="E501", repeated="E502", prefix="", extensions=_EXTENSIONS, closed_prefixes=CLOSED_PREFIXES | {"atom"},
)  # fmt: skip
