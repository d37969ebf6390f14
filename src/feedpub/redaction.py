"""Hide what gives access in addresses that are shown: user information, and the values of fields such as ``token``."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote

HIDDEN: Final = "…"

# Names that hold one of these, whatever stands between the letters: `user[token]`, `X-Amz-Signature`, `PHPSESSID`.
_PARTS_OF_NAMES: Final = (
    "token", "secret", "password", "passwd", "passphrase", "passcode", "signature", "credential", "session", "sessid",
    "apikey", "accesskey", "authkey", "privatekey", "assertion", "samlresponse", "verifier", "appkey", "consumerkey",
    "feedkey", "functionskey", "licensekey", "rsskey", "subscriptionkey", "userkey",
)  # fmt: skip
# Names that hold one of these as a word: `user_pw`, `login-ticket`.
_WORDS: Final = frozenset("auth hdnea hdnts hmac jwt otp pass pw pwd sid sig ticket totp".split())
_WHOLE_NAMES: Final = frozenset({"authorization", "code", "cookie", "csrf", "key", "xsrf"})
# Names of which plain values say something else: `?key=chapter-1`, `?code=404`, `?session=keynote`.
_MANIFOLD: Final = frozenset({"code", "key", "session"})
_PLAIN_VALUE: Final = re.compile(
    r"(?=.{1,24}\Z)(?:[a-z]{1,12}|[0-9]{1,3})(?:[_-](?:[a-z]{1,12}|[0-9]{1,3}))*", re.DOTALL
)

# What cannot stand in an address, and ends one in a text.
_CHUNK: Final = re.compile(r"[^\s\"<>]+")
# What may begin a field; "?" and ";" only before a name and "=", since values hold them, too.
_DELIMITER: Final = re.compile(r"(&(?:amp;|\#38;|\#x26;)?|\#|[?;](?=[^?&\#;=]*=))", re.IGNORECASE)
# What stands before the last "@" is name and password; browsers want no slashes before it, others one or two. Where
# there is no "@", all is taken as well, so that it is read once.
_USERINFO: Final = re.compile(r"(https?:[/\\]*|:?//|:/)([^/?#\\]*@|[^/?#\\]*)", re.IGNORECASE)
# As proxies are often written; not the addresses of people.
_BARE_USERINFO: Final = re.compile(
    r"(['(\[=]*)(?!(?:acct|https?|mailto|sips?|tag|xmpp):)[\w.+~%-]++:[^/?#\\]*@", re.IGNORECASE
)
# A path may hold fields, and keys of webhooks: of Slack, of Discord and many others, of Telegram.
_FIELD_OF_PATH: Final = re.compile(r"(?<=/)([^/=]+)=([^/]*)")
_WEBHOOK: Final = re.compile(
    r"(?<=/)(services/T\w+/B\w+/|(?:web)?hooks/(?:[^/]+/)?|bot[0-9]{5,}(?::|%3A))[\w-]{20,}",
    re.ASCII | re.IGNORECASE,
)
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_AFTER_ADDRESS: Final = "').,]"  # of the text around it
_DEEPEST: Final = 6  # times that an address may be percent-encoded; of what is deeper nothing is shown


def hide_secrets(text: str) -> str:
    """Return an address, or a text that holds some, without what gives access.

    That is user information and the values of fields with such names: in queries, fragments and paths, and in addresses
    that stand percent-encoded within others.
    """
    if not _may_hold_secrets(text):
        return text
    return _CHUNK.sub(lambda chunk: _hide(chunk[0], 0), text)


def hide_secrets_in_line(line: str) -> str:
    """Return a line of a file as `hide_secrets` does, with each character that is shown in its column."""
    if not _may_hold_secrets(line):
        return line
    return _CHUNK.sub(lambda chunk: _write_dots(chunk[0], _hide(chunk[0], 0)), line)


def _write_dots(text: str, shown: str) -> str:
    """Write what is between the first and the last difference of two texts as dots, as many as it has characters."""
    if text == shown:
        return text
    start = _count_alike(text, shown)
    end = _count_alike(text[start:][::-1], shown[start:][::-1])
    return f"{text[:start]}{HIDDEN * (len(text) - start - end)}{text[len(text) - end :]}"


def _count_alike(one: str, other: str) -> int:
    """Return how many characters two texts begin with that are the same."""
    pairs = zip(one, other, strict=False)
    return next((number for number, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _may_hold_secrets(text: str) -> bool:
    return "=" in text or "@" in text or "%" in text or "/" in text


def _hide(text: str, depth: int) -> str:
    """Hide the secrets of a text without blanks that was percent-decoded `depth` times."""
    if not _may_hold_secrets(text):
        return text
    if "@" in text:
        text = _USERINFO.sub(lambda found: f"{found[1]}{HIDDEN}@" if found[2][-1:] == "@" else found[0], text)
        if bare := _BARE_USERINFO.match(text):
            text = f"{bare[1]}{HIDDEN}@{text[bare.end() :]}"
    pieces = _DELIMITER.split(text)
    pieces[0] = _WEBHOOK.sub(rf"\1{HIDDEN}", _FIELD_OF_PATH.sub(_hide_field, pieces[0]))
    for place in range(0, len(pieces), 2):
        name, equals, value = pieces[place].partition("=")
        is_field = bool(equals) and (place > 0 or (depth > 0 and "/" not in name))
        if is_field and is_secret(name, value):
            pieces[place] = f"{name}={HIDDEN}{value[len(value.rstrip(_AFTER_ADDRESS)) :]}"
        elif is_field:
            pieces[place] = f"{name}={_hide_encoded(value, depth)}"
        else:
            pieces[place] = _hide_encoded(pieces[place], depth)
    return "".join(pieces)


def _hide_field(field: re.Match[str]) -> str:
    return f"{field[1]}={HIDDEN}" if is_secret(field[1], field[2]) else field[0]


def _hide_encoded(text: str, depth: int) -> str:
    """Hide the secrets of what is percent-encoded; what holds none stays as it is written."""
    decoded = unquote(text) if "%" in text else text
    if decoded == text:
        return text
    if depth == _DEEPEST:
        return HIDDEN
    shown = _hide(decoded, depth + 1)
    return text if shown == decoded else HIDDEN.join(quote(part, safe=":/") for part in shown.split(HIDDEN))


def is_secret(name: str, value: str) -> bool:
    """Return True if a field of this name, with this value, gives access."""
    for _ in range(_DEEPEST):
        if "%" not in name:
            break
        name = unquote(name)
    letters = "".join(filter(str.isalnum, name.casefold()))
    if letters in _MANIFOLD and _PLAIN_VALUE.fullmatch(value.rstrip(_AFTER_ADDRESS)):
        return False
    if letters in _WHOLE_NAMES or any(part in letters for part in _PARTS_OF_NAMES):
        return True
    return not _WORDS.isdisjoint(word.casefold() for word in _WORD.findall(name))
