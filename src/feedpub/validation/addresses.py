"""Checks of addresses: URIs and IRIs, absolute or not, ids, tag URIs, URNs."""

from __future__ import annotations

import re
from typing import Final

from .faults import Fault, quote

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_FORBIDDEN_IN_IRI = re.compile(r"""[\x00-\x20<>"{}|\\^`\x7f-\xa0\u2028\u2029\u202a-\u202e\ufffd]""")
# The usual address, which is checked in a third of the time.
_PLAIN_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]{1,253}(?::\d{1,5})?(?:[/?#][A-Za-z0-9._~!$&'()*+,;=:@%/?#-]*+)?")
_TAG_URI = re.compile(
    r"""
    tag:
    (?: [A-Za-z0-9._-]{1,100} @ )? [A-Za-z0-9] (?: [A-Za-z0-9.-]{0,250} [A-Za-z0-9] )?   # authority
    , \d{4} (?: -\d{2} (?: -\d{2} )? )?
    : (?: [^\s#<>"{}|\\^`\[\]]* ) (?: \# [^\s#<>"{}|\\^`\[\]]* )?
    """,
    re.VERBOSE | re.ASCII,
)
_URN = re.compile(r"urn:[a-z0-9][a-z0-9-]{1,31}:[^\s<>\"{}|\\^`#\[\]]+", re.IGNORECASE | re.ASCII)
_UUID_URN = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_AUTHORITY_SCHEMES: Final = ("http:", "https:", "ftp:")
# Registered at IANA and met in feeds.
_KNOWN_SCHEMES: Final = frozenset(
    """about acct bitcoin cid crid data dav dns doi ed2k facetime file ftp geo git gopher http https im imap info
    ipfs ipp irc ircs javascript ldap lightning magnet mailto matrix mid mms news nfs nntp payto pop rtmp rtsp sip sips
    sms snmp ssh steam svn tag tel telnet urn view-source vnd wais web+ap webcal ws wss xmpp""".split()
)


def check_iri_reference(value: str) -> Fault | None:
    """Check an address that may be relative, and may hold letters of all scripts (RFC 3987)."""
    if _PLAIN_ADDRESS.fullmatch(value):
        return None
    if value.startswith("tag:"):
        return _check_scheme(value)
    character = _FORBIDDEN_IN_IRI.search(value)
    if character:
        return "E317", f"{quote(value)} holds {character[0]!r}, which no address may"
    if not value:
        return "W302", "the address is empty"
    return _check_scheme(value)


def check_iri(value: str) -> Fault | None:
    """Check an absolute address that may hold letters of all scripts (RFC 3987)."""
    if _PLAIN_ADDRESS.fullmatch(value):
        return None
    return _check_absolute(value) if not value else check_iri_reference(value) or _check_absolute(value)


def check_uri(value: str) -> Fault | None:
    """Check an absolute address of ASCII characters (RFC 3986), as RSS has them."""
    if not value.isascii() and not _FORBIDDEN_IN_IRI.search(value):
        return "E318", f"{quote(value)} holds letters that are not ASCII; RSS allows none in an address"
    return check_iri(value)


def check_uri_reference(value: str) -> Fault | None:
    """Check an address of ASCII characters that may be relative."""
    if not value.isascii():
        return "E318", f"{quote(value)} holds letters that are not ASCII"
    return check_iri_reference(value)


def check_web_address(value: str) -> Fault | None:
    """Check an absolute address of HTTP, as enclosures of RSS must have."""
    fault = check_uri(value)
    if fault is None and not value.lower().startswith(("http://", "https://")):
        return "E317", f"{quote(value)} is not an http or https address"
    return fault


def check_id(value: str) -> Fault | None:
    """Check an id of Atom: an absolute IRI (RFC 4287, section 4.2.6)."""
    if not value:
        return "E407", "the id is empty"
    fault = check_iri(value)
    if fault and fault[0] == "W319":  # nobody opens it
        return None
    return ("E407", fault[1]) if fault and fault[0] in ("E317", "E319") else fault


def _check_absolute(value: str) -> Fault | None:
    scheme = _SCHEME.match(value)
    if not scheme:
        return "E319", f"{quote(value)} is not an absolute address"
    return ("E317", f"{quote(value)} is a scheme and nothing else") if scheme.end() == len(value) else None


def _check_scheme(value: str) -> Fault | None:
    match = _SCHEME.match(value)
    if not match:
        return None
    scheme = match[0].lower()
    if scheme == "tag:":
        return None if _is_tag_uri(value) else ("E414", f"{quote(value)} is not a tag URI")
    if scheme == "urn:":
        return _check_urn(value)
    if scheme in _AUTHORITY_SCHEMES and not re.match(r"[A-Za-z]+://[^/?#]", value):
        return "E317", f"{quote(value)} names no host"
    if scheme[:-1] not in _KNOWN_SCHEMES:
        return "W319", f"{quote(scheme)} is not a known scheme of addresses"
    if scheme == "javascript:":
        return "W308", f"{quote(value)} is a program"
    return None


def _is_tag_uri(value: str) -> bool:
    if not value.startswith("tag:") or not _TAG_URI.fullmatch(value):
        return False
    if not value.isascii():  # letters of other scripts are allowed in an IRI, in the specific part
        return value.split(",", 1)[0].isascii()
    return True


def _check_urn(value: str) -> Fault | None:
    if value.lower().startswith("urn:uuid:"):
        return None if _UUID_URN.fullmatch(value) else ("E415", f"{quote(value)} is not a UUID")
    return None if _URN.fullmatch(value) else ("E415", f"{quote(value)} is not a URN")
