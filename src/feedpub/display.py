r"""Escape untrusted text for terminals, for the logs of CI workflows, and for JSON.

Titles, addresses, file names and responses of servers are such text. Nothing is removed: characters that a program
would act on are written as escapes that people can read, such as ``\x1b`` or ``\u202e``.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

# The only characters that are shown unchanged though they are not printable (``str.isprintable``): white space other
# than U+0020; joiners, which are part of Persian and Hindi words; visible signs of Arabic and Syriac. All others
# control a terminal, change the direction of the text around them, end a line, cannot be encoded, or are invisible.
_SHOWN_UNCHANGED: Final = frozenset(
    "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
    "\u200c\u200d"
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2"
)
_SHORT_ESCAPES: Final = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
# The commands of CI runners: GitHub looks for ``::`` after the white space at the start of a line, and for
# ``##[`` anywhere in it (``TryParseV2`` and ``TryParse`` in actions/runner, src/Runner.Common/ActionCommand.cs); Azure
# Pipelines look for ``##vso[``, TeamCity for ``##teamcity[``. GitLab's ``section_start:…`` needs a carriage return,
# which is escaped.
_COMMAND_AT_START: Final = re.compile(r"(\s*):(?=:)")
_COMMAND_ANYWHERE: Final = re.compile(r"#(?=#\w*\[)")


def escape_for_terminal(text: str) -> str:
    """Return text as one line without anything that a terminal or a CI runner would act on.

    Line feeds and tabs are escaped too. Escaping twice gives the same text as escaping once.
    """
    if text.isprintable() and "##" not in text and not text.lstrip().startswith("::"):
        return text
    text = "".join(_escape_character(character) for character in text)
    if match := _COMMAND_AT_START.match(text):
        text = f"{match[1]}\\x3a{text[match.end() :]}"
    return _COMMAND_ANYWHERE.sub(r"\\x23", text)


def format_json(values: Any, *, indent: int | None = None) -> str:
    """Return JSON without anything that a terminal or a CI runner would act on. Parsers read the same values.

    Args:
        values: Any value that `json.dumps` accepts.
        indent: Number of spaces per level; None for a single line.
    """
    text = json.dumps(values, ensure_ascii=False, indent=indent)
    lines = text.split("\n")  # line feeds within strings are already escaped
    text = "\n".join(line if line.isprintable() else "".join(map(_escape_in_json, line)) for line in lines)
    return _COMMAND_ANYWHERE.sub(r"\\u0023", text)


def format_annotation(
    severity: str, message: str, *, title: str = "", file: str = "", line: int = 0, column: int = 0
) -> str:
    """Return a workflow command of GitHub Actions that shows a message at a place in a file.

    See https://docs.github.com/actions/reference/workflow-commands-for-github-actions.

    Args:
        severity: ``error`` or ``warning``; any other text means a notice.
        message: The message.
        title: The title above the message.
        file: Path in the repository; empty if the message is not about a file.
        line: Line from 1; 0 for the whole file.
        column: Column from 1; 0 for the whole line.
    """
    kind = severity if severity in ("error", "warning") else "notice"
    values = {"file": file, "line": line, "col": column, "title": title}
    properties = ",".join(f"{name}={_escape_property(str(value))}" for name, value in values.items() if value)
    return f"::{kind}{' ' if properties else ''}{properties}::{_escape_message(message)}"


def _escape_character(character: str) -> str:
    """Return a character, or its Python escape if it must not be shown."""
    if character.isprintable() or character in _SHOWN_UNCHANGED:
        return character
    if name := _SHORT_ESCAPES.get(character):
        return name
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _escape_in_json(character: str) -> str:
    return character if character.isprintable() or character in _SHOWN_UNCHANGED else json.dumps(character)[1:-1]


def _escape_message(text: str) -> str:
    return escape_for_terminal(text).replace("%", "%25")


def _escape_property(text: str) -> str:
    return _escape_message(text).replace(":", "%3A").replace(",", "%2C")
