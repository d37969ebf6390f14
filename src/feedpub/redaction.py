"""Hide what gives access in addresses that are shown: user information, and the values of fields such as ``token``."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote

HIDDEN: Final = "…"

# Names that hold one of these, whatever stands between the letters: `user[token]`, `X-Amz-Signature`, `PHPSESSID`.
_PARTS_OF_NAMES: Final = (
    "token", "secret", "password", "passwd", "passphrase", "passcode", "signature", "credential", "session", "sessid",
    "apikey", "accesskey", "authkey", "privatekey", "assertion", "samlresponse", "verifier",
)  # fmt: skip
# Names that hold one of these as a word: `user_pw`, `login-ticket`.
_WORDS: Final = frozenset("auth hdnea hdnts hmac jwt otp pass pw pwd sid sig ticket totp".split())
_WHOLE_NAMES: Final = frozenset({"authorization", "code", "cookie", "csrf", "key", "xsrf"})

# What cannot stand in an address, and ends one in a text.
_CHUNK: Final = re.compile(r"[^\s\"<>]+")
# What may begin a field; "?" and ";" only before a name and "=", since values hold them, too.
_DELIMITER: Final = re.compile(r"(&(?:amp;|\#38;|\#x26;)?|\#|[?;](?=[^?&\#;=]*=))", re.IGNORECASE)
# What stands before the last "@" is name and password; browsers want no slashes before it, others one or two.
_USERINFO: Final = re.compile(r"(https?:[/\\]*|:/|//)[^/?#\\]*@", re.IGNORECASE)
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_AFTER_ADDRESS: Final = "').,]"  # of the text around it
_DEEPEST: Final = 6  # times that an address may be percent-encoded; of what is deeper nothing is shown


def hide_secrets(text: str) -> str:
    """Return an address, or a text that holds some, without what gives access.

    That is user information and the values of fields with such names: in queries, fragments and paths, and in addresses
    that stand percent-encoded within others.
    """
    if not ("=" in text or "@" in text or "%" in text):
        return text
    return _CHUNK.sub(lambda chunk: _hide(chunk[0], 0), text)


def _hide(text: str, depth: int) -> str:
    """Hide the secrets of a text without blanks that was percent-decoded `depth` times."""
    if not ("=" in text or "@" in text or "%" in text):
        return text
    pieces = _DELIMITER.split(_USERINFO.sub(rf"\1{HIDDEN}@", text))
    for place in range(0, len(pieces), 2):
        name, equals, value = pieces[place].partition("=")
        is_field = bool(equals) and (place > 0 or (depth > 0 and "/" not in name))
        if is_field and is_secret(name):
            pieces[place] = f"{name}={HIDDEN}{value[len(value.rstrip(_AFTER_ADDRESS)) :]}"
        elif is_field:
            pieces[place] = f"{name}={_hide_encoded(value, depth)}"
        else:
            pieces[place] = _hide_encoded(pieces[place], depth)
    return "".join(pieces)


def _hide_encoded(text: str, depth: int) -> str:
    """Hide the secrets of what is percent-encoded; what holds none stays as it is written."""
    decoded = unquote(text) if "%" in text else text
    if decoded == text:
        return text
    if depth == _DEEPEST:
        return HIDDEN
    shown = _hide(decoded, depth + 1)
    return text if shown == decoded else HIDDEN.join(quote(part, safe=":/") for part in shown.split(HIDDEN))


def is_secret(name: str) -> bool:
    """Return True if a field of this name gives access."""
    for _ in range(_DEEPEST):
        if "%" not in name:
            break
        name = unquote(name)
    letters = "".join(filter(str.isalnum, name.casefold()))
    if letters in _WHOLE_NAMES or any(part in letters for part in _PARTS_OF_NAMES):
        return True
    return not _WORDS.isdisjoint(word.casefold() for word in _WORD.findall(name))
