"""Hide secrets in addresses that are shown: user information, and the values of fields such as ``token``."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote

HIDDEN: Final = "…"

# Names that contain one of these, ignoring all but letters and digits: `user[token]`, `X-Amz-Signature`, `PHPSESSID`.
_PARTS_OF_NAMES: Final = (
    "token", "secret", "password", "passwd", "passphrase", "passcode", "signature", "credential", "session", "sessid",
    "apikey", "accesskey", "authkey", "privatekey", "assertion", "samlresponse", "verifier", "appkey", "consumerkey",
    "feedkey", "functionskey", "licensekey", "rsskey", "subscriptionkey", "userkey",
)  # fmt: skip
# Names that contain one of these as a word: `user_pw`, `login-ticket`.
_WORDS: Final = frozenset("auth hdnea hdnts hmac jwt otp pass pw pwd sid sig ticket totp".split())
_WHOLE_NAMES: Final = frozenset({"authorization", "code", "cookie", "csrf", "key", "xsrf"})
# Names that are no secret with a plain value: `?key=chapter-1`, `?code=404`, `?session=keynote`.
_AMBIGUOUS_NAMES: Final = frozenset({"code", "key", "session"})
_PLAIN_VALUE: Final = re.compile(
    r"(?=.{1,24}\Z)(?:[a-z]{1,12}|[0-9]{1,3})(?:[_-](?:[a-z]{1,12}|[0-9]{1,3}))*", re.DOTALL
)

# An address in a text ends at a character that no address contains.
_CHUNK: Final = re.compile(r"[^\s\"<>]+")
# The beginning of a field; "?" and ";" only before a name and "=", since values may contain them.
_DELIMITER: Final = re.compile(r"(&(?:amp;|\#38;|\#x26;)?|\#|[?;](?=[^?&\#;=]*=))", re.IGNORECASE)
# Name and password stand before the last "@". Browsers need no slashes before them, other programs one or two. The
# pattern also matches without "@", so that the text is read only once.
_USERINFO: Final = re.compile(r"(https?:[/\\]*|:?//|:/)([^/?#\\]*@|[^/?#\\]*)", re.IGNORECASE)
# Without a scheme, as proxies are often written; not mail addresses.
_BARE_USERINFO: Final = re.compile(
    r"(['(\[=]*)(?!(?:acct|https?|mailto|sips?|tag|xmpp):)[\w.+~%-]++:[^/?#\\]*@", re.IGNORECASE
)
# A path may contain fields, and the keys of webhooks (Slack, Discord, Telegram and others).
_FIELD_OF_PATH: Final = re.compile(r"(?<=/)([^/=]+)=([^/]*)")
_WEBHOOK: Final = re.compile(
    r"(?<=/)(services/T\w+/B\w+/|(?:web)?hooks/(?:[^/]+/)?|bot[0-9]{5,}(?::|%3A))[\w-]{20,}",
    re.ASCII | re.IGNORECASE,
)
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_AFTER_ADDRESS: Final = "').,]"  # characters of the text around an address
_DEEPEST: Final = 6  # how often an address may be percent-encoded; anything deeper is hidden


def hide_secrets(text: str) -> str:
    """Return an address, or a text with addresses, without secrets.

    Secrets are user information and the values of fields with certain names: in queries, fragments and paths, and in
    addresses that are percent-encoded within others.
    """
    if not _may_hold_secrets(text):
        return text
    return _CHUNK.sub(lambda chunk: _hide_in_chunk(chunk[0], 0), text)


def hide_secrets_in_line(line: str) -> str:
    """Return a line of a file without secrets, as `hide_secrets`, with all other characters in their columns."""
    if not _may_hold_secrets(line):
        return line
    return _CHUNK.sub(lambda chunk: _write_dots(chunk[0], _hide_in_chunk(chunk[0], 0)), line)


def _write_dots(text: str, redacted: str) -> str:
    """Return a text with everything between its first and last difference from another one as dots."""
    if text == redacted:
        return text
    start = _count_alike(text, redacted)
    end = _count_alike(text[start:][::-1], redacted[start:][::-1])
    return f"{text[:start]}{HIDDEN * (len(text) - start - end)}{text[len(text) - end :]}"


def _count_alike(text: str, other: str) -> int:
    """Return how many characters two texts have in common at the beginning."""
    pairs = zip(text, other, strict=False)
    return next((number for number, (a, b) in enumerate(pairs) if a != b), min(len(text), len(other)))


def _may_hold_secrets(text: str) -> bool:
    return "=" in text or "@" in text or "%" in text or "/" in text


def _hide_in_chunk(text: str, depth: int) -> str:
    """Return a text without blanks, and without secrets, that was percent-decoded `depth` times."""
    if not _may_hold_secrets(text):
        return text
    if "@" in text:
        text = _USERINFO.sub(lambda match: f"{match[1]}{HIDDEN}@" if match[2][-1:] == "@" else match[0], text)
        if bare := _BARE_USERINFO.match(text):
            text = f"{bare[1]}{HIDDEN}@{text[bare.end() :]}"
    pieces = _DELIMITER.split(text)
    pieces[0] = _WEBHOOK.sub(rf"\1{HIDDEN}", _FIELD_OF_PATH.sub(_hide_field, pieces[0]))
    for index in range(0, len(pieces), 2):
        name, equals, value = pieces[index].partition("=")
        is_field = bool(equals) and (index > 0 or (depth > 0 and "/" not in name))
        if is_field and is_secret(name, value):
            pieces[index] = f"{name}={HIDDEN}{value[len(value.rstrip(_AFTER_ADDRESS)) :]}"
        elif is_field:
            pieces[index] = f"{name}={_hide_encoded(value, depth)}"
        else:
            pieces[index] = _hide_encoded(pieces[index], depth)
    return "".join(pieces)


def _hide_field(field: re.Match[str]) -> str:
    return f"{field[1]}={HIDDEN}" if is_secret(field[1], field[2]) else field[0]


def _hide_encoded(text: str, depth: int) -> str:
    """Return percent-encoded text without secrets; text without any stays as it is written."""
    decoded = unquote(text) if "%" in text else text
    if decoded == text:
        return text
    if depth == _DEEPEST:
        return HIDDEN
    redacted = _hide_in_chunk(decoded, depth + 1)
    return text if redacted == decoded else HIDDEN.join(quote(part, safe=":/") for part in redacted.split(HIDDEN))


def is_secret(name: str, value: str) -> bool:
    """Return True if the value of a field of this name is a secret."""
    for _ in range(_DEEPEST):
        if "%" not in name:
            break
        name = unquote(name)
    letters = "".join(filter(str.isalnum, name.casefold()))
    if letters in _AMBIGUOUS_NAMES and _PLAIN_VALUE.fullmatch(value.rstrip(_AFTER_ADDRESS)):
        return False
    if letters in _WHOLE_NAMES or any(part in letters for part in _PARTS_OF_NAMES):
        return True
    return not _WORDS.isdisjoint(word.casefold() for word in _WORD.findall(name))
