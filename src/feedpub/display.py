r"""Write text of others so that it is only shown: on a terminal, in the log of a workflow, in JSON.

Titles, addresses, file names and answers of servers are such text. Nothing is left out: characters that would act are
written as escapes that people can read, such as ``\x1b`` or ``\u202e``.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

# Of the characters that are not printable (``str.isprintable``), only these are shown as they are: white space other
# than U+0020; joiners, which are part of Persian and Hindi words; visible signs of Arabic and Syriac. All others steer
# a terminal, turn the direction of the text around them, end a line, cannot be encoded, or cannot be seen.
_SHOWN: Final = frozenset(
    "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
    "\u200c\u200d"
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2"
)
_NAMES: Final = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
# The commands that CI runners obey: GitHub looks for ``::`` after the white space at the start of a line, and for
# ``##[`` anywhere in it (``TryParseV2`` and ``TryParse`` in actions/runner, src/Runner.Common/ActionCommand.cs); Azure
# Pipelines look for ``##vso[``, TeamCity for ``##teamcity[``. GitLab's ``section_start:…`` needs a carriage return,
# which is escaped.
_COMMAND_AT_START: Final = re.compile(r"(\s*):(?=:)")
_COMMAND_ANYWHERE: Final = re.compile(r"#(?=#\w*\[)")


def escape_for_terminal(text: str) -> str:
    """Return text as one line in which neither a terminal nor a CI runner finds anything to obey.

    Line feeds and tabs are escaped, too. Escaping twice gives the same as escaping once.
    """
    if text.isprintable() and "##" not in text and not text.lstrip().startswith("::"):
        return text
    text = "".join(_escape_character(character) for character in text)
    if found := _COMMAND_AT_START.match(text):
        text = f"{found[1]}\\x3a{text[found.end() :]}"
    return _COMMAND_ANYWHERE.sub(r"\\x23", text)


def format_json(values: Any, *, indent: int | None = None) -> str:
    """Return JSON in which neither a terminal nor a CI runner finds anything to obey; parsers read the same values.

    Args:
        values: What `json.dumps` takes.
        indent: Of each level; None for a single line.
    """
    text = json.dumps(values, ensure_ascii=False, indent=indent)
    lines = text.split("\n")  # those within strings are escaped already
    text = "\n".join(line if line.isprintable() else "".join(map(_escape_in_json, line)) for line in lines)
    return _COMMAND_ANYWHERE.sub(r"\\u0023", text)


def format_annotation(
    severity: str, message: str, *, title: str = "", file: str = "", line: int = 0, column: int = 0
) -> str:
    """Return a workflow command of GitHub Actions that shows a message at its place.

    See https://docs.github.com/actions/reference/workflow-commands-for-github-actions.

    Args:
        severity: ``error``, ``warning``, or anything else for a notice.
        message: What is shown.
        title: Shown above it.
        file: Path in the repository; the message belongs to no file if empty.
        line: From 1; 0 for the whole file.
        column: From 1; 0 for the whole line.
    """
    kind = severity if severity in ("error", "warning") else "notice"
    place = {"file": file, "line": line, "col": column, "title": title}
    properties = ",".join(f"{name}={_escape_property(str(value))}" for name, value in place.items() if value)
    return f"::{kind}{' ' if properties else ''}{properties}::{_escape_message(message)}"


def _escape_character(character: str) -> str:
    """Return a character, or its escape as Python writes it if it must not be shown."""
    if character.isprintable() or character in _SHOWN:
        return character
    if name := _NAMES.get(character):
        return name
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _escape_in_json(character: str) -> str:
    return character if character.isprintable() or character in _SHOWN else json.dumps(character)[1:-1]


def _escape_message(text: str) -> str:
    return escape_for_terminal(text).replace("%", "%25")


def _escape_property(text: str) -> str:
    return _escape_message(text).replace(":", "%3A").replace(",", "%2C")
