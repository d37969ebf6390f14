"""The elements of other namespaces that feeds use: Dublin Core, content, slash, syndication, media, iTunes, podcast …

Each row is an element that a feed, a channel, an entry or an item may contain. An element of one of these namespaces
that has no row is reported as undefined, if the namespace is in `CLOSED_PREFIXES`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from .addresses import check_iri, check_iri_reference, check_uri
from .dates import check_rfc3339, check_w3c_date
from .schema import OPEN, Attribute, Child, Schema, required, several, single, text_of
from .text_constructs import check_html_text, check_media_text
from .values import (
    check_email,
    check_language,
    check_media_type,
    check_non_negative,
    check_not_blank,
    check_plain_name,
    check_positive,
    matching,
    number_between,
    one_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .faults import ValueCheck

CLOSED_PREFIXES: Final = frozenset(("dc", "content", "slash", "sy", "media", "itunes", "thr", "fh"))

_TEXT: Final = text_of()
_NAME: Final = text_of(check_plain_name)
_NUMBER: Final = text_of(check_non_negative)
_DURATION: Final = matching(r"\d{1,9}(?::[0-5]?\d){0,2}(?:\.\d{1,9})?", "a duration like 3723 or 1:02:03")
_YES_OR_NO: Final = one_of("yes", "no", any_case=True)
_TRUE_OR_FALSE: Final = one_of("true", "false")


def _make_attributes(**checks: ValueCheck | None) -> Mapping[str, Attribute]:
    return MappingProxyType({name: Attribute(check=check) for name, check in checks.items()})


_DUBLIN_CORE: Final = {
    **{
        f"dc:{name}": several(_TEXT)
        for name in "contributor coverage creator description format identifier publisher relation source subject "
        "title type".split()
    },
    "dc:date": several(text_of(check_w3c_date)),
    "dc:language": single(text_of(check_language)),
    "dc:rights": single(_TEXT),
    **{
        f"dcterms:{name}": several(text_of(check_w3c_date))
        for name in "created issued modified dateAccepted dateCopyrighted dateSubmitted".split()
    },
}

_SYNDICATION: Final = {
    "content:encoded": single(text_of(None, check_html_text)),
    "content:items": several(OPEN),
    "slash:comments": single(_NUMBER),
    "slash:department": single(_TEXT),
    "slash:section": single(_TEXT),
    "slash:hit_parade": single(text_of(matching(r"\d{1,9}(?:,\s?\d{1,9}){0,50}", "a list of numbers like 9,3,1"))),
    "sy:updateBase": single(text_of(check_w3c_date)),
    "sy:updateFrequency": single(text_of(check_positive)),
    "sy:updatePeriod": single(text_of(one_of("hourly", "daily", "weekly", "monthly", "yearly"))),
    "wfw:comment": single(text_of(check_iri)),
    "wfw:commentRss": single(text_of(check_iri)),
}

_REFERENCE_ATTRIBUTES: Final = MappingProxyType(
    {
        "ref": Attribute(check=check_iri, is_required=True),
        "href": Attribute(check=check_iri_reference),
        "source": Attribute(check=check_iri_reference),
        "type": Attribute(check=check_media_type),
    }
)
_THREADING: Final = {
    "thr:in-reply-to": several(Schema(has_text=True, attributes=_REFERENCE_ATTRIBUTES)),
    "thr:total": single(_NUMBER),
    "fh:archive": single(Schema()),
    "fh:complete": single(Schema()),
    "fh:incremental": single(OPEN),
    "app:edited": single(text_of(check_rfc3339)),
    "app:control": single(OPEN),
}

_MEDIA_CONTENT_ATTRIBUTES: Final = _make_attributes(
    url=check_uri, fileSize=check_non_negative, type=check_media_type,
    medium=one_of("image", "audio", "video", "document", "executable"), isDefault=_TRUE_OR_FALSE,
    expression=one_of("sample", "full", "nonstop"), bitrate=number_between(0, 1e9), framerate=number_between(0, 1e6),
    samplingrate=number_between(0, 1e6), channels=check_non_negative, duration=number_between(0, 1e9),
    height=check_non_negative, width=check_non_negative, lang=check_language,
)  # fmt: skip
_MEDIA_TEXT: Final = text_of(None, check_media_text, type=Attribute(check=one_of("plain", "html")))
_MEDIA_THUMBNAIL: Final = Schema(
    attributes=MappingProxyType(
        {
            "url": Attribute(check=check_uri, is_required=True),
            "width": Attribute(check=check_non_negative),
            "height": Attribute(check=check_non_negative),
            "time": Attribute(check=check_not_blank),
        }
    )
)
_MEDIA_OPTIONAL: Final[dict[str, Child]] = {
    "media:adult": single(text_of(_TRUE_OR_FALSE)),
    "media:rating": several(text_of(None, scheme=Attribute())),
    "media:restriction": several(
        text_of(
            None,
            type=Attribute(check=one_of("country", "uri", "sharing")),
            relationship=Attribute(check=one_of("allow", "deny"), is_required=True),
        )
    ),
    "media:text": several(
        text_of(
            None,
            check_media_text,
            type=Attribute(check=one_of("plain", "html")),
            lang=Attribute(check=check_language),
            start=Attribute(),
            end=Attribute(),
        )
    ),
    "media:title": single(_MEDIA_TEXT),
    "media:description": single(_MEDIA_TEXT),
    "media:keywords": single(_TEXT),
    "media:thumbnail": several(_MEDIA_THUMBNAIL),
    "media:category": several(text_of(None, scheme=Attribute(), label=Attribute())),
    "media:hash": several(text_of(None, algo=Attribute(check=one_of("md5", "sha-1")))),
    "media:player": single(
        Schema(
            attributes=MappingProxyType(
                {
                    "url": Attribute(check=check_uri, is_required=True),
                    "height": Attribute(check=check_non_negative),
                    "width": Attribute(check=check_non_negative),
                }
            )
        )
    ),
    "media:credit": several(text_of(None, role=Attribute(), scheme=Attribute(check=check_iri))),
    "media:copyright": single(text_of(None, url=Attribute(check=check_uri))),
    **{
        f"media:{name}": several(OPEN)
        for name in """community comments embed responses backLinks status price license subTitle
        peerLink location rights scenes""".split()
    },
}
_MEDIA_CONTENT: Final = Schema(
    attributes=_MEDIA_CONTENT_ATTRIBUTES, children=MappingProxyType(_MEDIA_OPTIONAL), has_text=True
)
_MEDIA: Final = {
    **_MEDIA_OPTIONAL,
    "media:content": several(_MEDIA_CONTENT),
    "media:group": several(
        Schema(children=MappingProxyType({**_MEDIA_OPTIONAL, "media:content": several(_MEDIA_CONTENT)}))
    ),
}

_ITUNES_CATEGORY: Final = Schema(
    attributes=MappingProxyType({"text": Attribute(check=check_not_blank, is_required=True)}),
    children=MappingProxyType(
        {
            "itunes:category": several(
                Schema(attributes=MappingProxyType({"text": Attribute(check=check_not_blank, is_required=True)}))
            )
        }
    ),
)
_PODCASTS: Final = {
    **{f"itunes:{name}": single(_NAME) for name in "author subtitle title".split()},
    "itunes:summary": single(_TEXT),
    "itunes:keywords": single(_TEXT),
    "itunes:block": single(_TEXT),
    "itunes:complete": single(_TEXT),
    "itunes:isClosedCaptioned": single(_TEXT),
    "itunes:applepodcastsverify": single(_TEXT),
    "itunes:new-feed-url": single(text_of(check_uri)),
    "itunes:duration": single(text_of(_DURATION)),
    "itunes:explicit": single(
        text_of(one_of("true", "false", "yes", "no", "clean", "explicit", code="E316", any_case=True))
    ),
    "itunes:image": single(
        Schema(attributes=MappingProxyType({"href": Attribute(check=check_uri, is_required=True)}), has_text=True)
    ),
    "itunes:category": several(_ITUNES_CATEGORY),
    "itunes:owner": single(
        Schema(
            children=MappingProxyType(
                {"itunes:name": single(_NAME), "itunes:email": required(text_of(check_email))}
            )
        )
    ),
    "itunes:type": single(text_of(one_of("episodic", "serial", any_case=True))),
    "itunes:episodeType": single(text_of(one_of("full", "trailer", "bonus", any_case=True))),
    "itunes:episode": single(text_of(check_positive)),
    "itunes:season": single(text_of(check_positive)),
    "itunes:order": single(_NUMBER),
    "podcast:guid": single(text_of(matching(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", "a UUID"))),
    "podcast:locked": single(text_of(one_of("yes", "no"), owner=Attribute(check=check_email), id=Attribute())),
    "podcast:transcript": several(
        Schema(
            has_text=True,
            attributes=MappingProxyType(
                {
                    "url": Attribute(check=check_uri, is_required=True),
                    "type": Attribute(check=check_media_type, is_required=True),
                    "language": Attribute(check=check_language),
                    "rel": Attribute(),
                }
            ),
        )
    ),
    "podcast:chapters": single(
        Schema(
            has_text=True,
            attributes=MappingProxyType(
                {
                    "url": Attribute(check=check_uri, is_required=True),
                    "type": Attribute(check=check_media_type, is_required=True),
                }
            ),
        )
    ),
    "podcast:funding": several(text_of(None, url=Attribute(check=check_uri, is_required=True))),
    "podcast:season": single(text_of(check_non_negative, name=Attribute())),
    "podcast:episode": single(text_of(number_between(0, 1e9), display=Attribute())),
    "podcast:person": several(
        text_of(
            check_not_blank, role=Attribute(), group=Attribute(), img=Attribute(check=check_uri),
            href=Attribute(check=check_uri),
        )
    ),
}  # fmt: skip

_OTHERS: Final = {
    "creativeCommons:license": several(text_of(check_iri)),
    "geo:lat": single(text_of(number_between(-90, 90))),
    "geo:long": single(text_of(number_between(-180, 180))),
    "geourl:latitude": single(text_of(number_between(-90, 90))),
    "geourl:longitude": single(text_of(number_between(-180, 180))),
    "icbm:latitude": single(text_of(number_between(-90, 90))),
    "icbm:longitude": single(text_of(number_between(-180, 180))),
    "blogChannel:blogRoll": single(text_of(check_iri)),
    "blogChannel:blink": single(text_of(check_iri)),
    "blogChannel:mySubscriptions": single(text_of(check_iri)),
    "blogChannel:changes": single(text_of(check_iri)),
    "admin:errorReportsTo": single(OPEN),
    "admin:generatorAgent": single(OPEN),
}

EXTENSIONS: Final[Mapping[str, Child]] = MappingProxyType(
    {**_DUBLIN_CORE, **_SYNDICATION, **_THREADING, **_MEDIA, **_PODCASTS, **_OTHERS}
)
