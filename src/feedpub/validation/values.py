"""Checks of single values: each takes a text and returns what is wrong with it, or None.

A check is a function from the text to a pair of code and message. Tables of elements and attributes name them, so that
each kind of value is checked in one place for all formats. `dates` and `addresses` have those of their kind.
"""

from __future__ import annotations

import functools
import re
from urllib.parse import unquote

from ..errors import LanguageTagError
from ..language import canonicalise_tag
from .faults import Fault, ValueCheck, quote
from .html_checks import HTML_TAGS

_MEDIA_TYPE = re.compile(
    r"""
    [^\s()<>,;:\\"/\[\]?=]{1,127} / [^\s()<>,;:\\"/\[\]?=]{1,127}
    (?: \s* ; \s* [^\s()<>,;:\\"/\[\]?=]{1,127} = (?: "[^"]{0,200}" | [^\s()<>,;:\\"/\[\]?=]{1,127} ) ){0,10} \s*
    """,
    re.VERBOSE,
)
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,20}", re.ASCII)
_EMAIL_WITHIN = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,20}")
_HTML = re.compile(r"</([A-Za-z][A-Za-z0-9]*)>|<(?:br|hr|img)\b", re.IGNORECASE)
# References that nobody writes in plain text, unless it was escaped once too often.
_HTML_REFERENCE = re.compile(
    r"&(?:#\d{2,7}|#x[0-9a-f]{2,6}|nbsp|[lr][sd]quo|[mn]dash|hellip|[aeiou](?:acute|grave|circ|uml|tilde));",
    re.IGNORECASE,
)


@functools.lru_cache(maxsize=1_000)
def check_media_type(value: str) -> Fault | None:
    """Check a media type, such as ``text/html`` or ``audio/mpeg; codecs=1``."""
    return None if _MEDIA_TYPE.fullmatch(value) else ("E320", f"{quote(value)} is not a media type like text/html")


@functools.lru_cache(maxsize=1_000)
def check_language(value: str) -> Fault | None:
    """Check a language tag (BCP 47)."""
    if "_" in value:
        return "E322", f"{quote(value)} has an underscore; write {value.replace('_', '-')[:50]}"
    try:
        canonicalise_tag(value)
    except LanguageTagError as error:
        meant = f"; did you mean {' or '.join(error.suggestion)}?" if error.suggestion else ""
        return "E322", f"{quote(value)} is not a language tag{meant}"
    return None


def check_email(value: str) -> Fault | None:
    """Check an e-mail address without a name."""
    return None if _EMAIL.fullmatch(value) else ("E323", f"{quote(value)} is not an e-mail address")


def check_email_with_name(value: str) -> Fault | None:
    """Check a person of RSS: ``ann@example.org (Ann Author)``."""
    if value[:7].lower() == "mailto:":
        value = unquote(value[7:].partition("?")[0])
    address, _, name = value.partition(" ")
    if not _EMAIL_WITHIN.search(value[:1000]):
        return "E323", f"{quote(value)} has no e-mail address"
    if _EMAIL.fullmatch(value):
        return "W506", f"{quote(value)} has no name"
    if _EMAIL.fullmatch(address) and re.fullmatch(r"\s*\([^()]{1,200}\)", name):
        return None
    at_end = re.fullmatch(r"[^()]{1,200}\((?P<inner>[^()]{1,200})\)", value)
    if at_end and not _EMAIL.fullmatch(value.partition("(")[0].strip()):
        return "E323", f"{quote(value)} does not begin with an e-mail address"
    return "W506", f"{quote(value)} is not written like ann@example.org (Ann Author)"


def check_not_blank(value: str) -> Fault | None:
    """Check that there is a text."""
    return None if value.strip() else ("W302", "there is no text")


def check_plain_text(value: str) -> Fault | None:
    """Check that a text, which may be empty, holds no HTML."""
    matches = _HTML.finditer(value) if "<" in value else ()
    match = next((match for match in matches if not match[1] or match[1].lower() in HTML_TAGS), None)
    return ("W306", f"{quote(match[0])} in plain text is markup") if match else None


def check_undeclared_html(value: str) -> Fault | None:
    """Check that a text that is not declared as HTML holds neither tags nor references of it."""
    match = _HTML_REFERENCE.search(value) if "&" in value else None
    return check_plain_text(value) or (("W306", f"{quote(match[0])} in plain text is markup") if match else None)


def check_plain_name(value: str) -> Fault | None:
    """Check that there is a text, and that it holds no HTML."""
    return check_not_blank(value) or check_plain_text(value)


def check_non_negative(value: str) -> Fault | None:
    """Check a whole number from 0."""
    return None if re.fullmatch(r"\d{1,18}", value, re.ASCII) else ("E316", f"{quote(value)} is not a whole number")


def check_positive(value: str) -> Fault | None:
    """Check a whole number from 1."""
    if not value:
        return "W302", "there is no number"
    fault = check_non_negative(value)
    return fault or (("E316", "the number must be at least 1") if int(value) < 1 else None)


def check_positive_number(value: str) -> Fault | None:
    """Check a whole number from 1; unlike `check_positive`, an empty text is an error."""
    return check_positive(value) if value else ("E316", "there is no number")


def at_most(most: int) -> ValueCheck:
    """Return a check of a whole number from 1 to a limit."""

    def check(value: str) -> Fault | None:
        fault = check_positive_number(value)
        return fault or (("E316", f"{value} is more than {most}") if int(value) > most else None)

    return check


def one_of(*values: str, code: str = "E316", any_case: bool = False) -> ValueCheck:
    """Return a check of a value that is one of a few."""
    allowed = {value.lower() for value in values} if any_case else set(values)

    def check(value: str) -> Fault | None:
        if (value.lower() if any_case else value) in allowed:
            return None
        return code, f"{quote(value)} is not one of {', '.join(values)}"

    return check


def number_between(least: float, most: float) -> ValueCheck:
    """Return a check of a decimal number in a range."""

    def check(value: str) -> Fault | None:
        if not re.fullmatch(r"[+-]?\d{1,15}(\.\d{0,20})?", value, re.ASCII):
            return "E316", f"{quote(value)} is not a number"
        return None if least <= float(value) <= most else ("E316", f"{value} is not between {least:g} and {most:g}")

    return check


def matching(pattern: str, expected: str, code: str = "E316") -> ValueCheck:
    """Return a check of a value against a regular expression.

    Args:
        pattern: For the whole value.
        expected: What is expected, for the message: ``a duration like 1:02:03``.
        code: Of the rule.
    """
    compiled = re.compile(pattern, re.ASCII)

    def check(value: str) -> Fault | None:
        return None if compiled.fullmatch(value) else (code, f"{quote(value)} is not {expected}")

    return check
